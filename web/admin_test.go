package web_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

func TestTheSetUp(t *testing.T) {
	h := &house{}
	h.real = realSite(t, func(o *web.Options) {
		o.Mail = web.MailSetup{Transport: "smtp", Server: "mail.example:587", From: "seite@seestern.example", Post: h}
	})
	var key string
	h.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		fresh := engagement.NewInstance()
		fresh.Version = i.Version
		if err := tx.PutInstance(&fresh); err != nil {
			return err
		}
		key, err = engagement.InviteSetup(tx)
		return err
	})
	instance := func() (i engagement.Instance) {
		h.update(func(tx *store.Tx) (err error) {
			i, err = tx.Instance()
			return err
		})
		return i
	}
	begin := "/einrichten?schluessel=" + key
	founder := h.visitor()
	t.Run("does not exist without the key", func(t *testing.T) {
		for _, path := range []string{"/einrichten", "/einrichten/1", "/einrichten/2", "/einrichten/3", "/einrichten/6", "/einrichten/pruefen"} {
			h.visitor().Get(path).Want(404)
			h.visitor().Get(path + "?schluessel=" + strings.Repeat("0", 32)).Want(404)
		}
		form := founder.Get(begin).Want(200).Click("Name, Region und Sprachen").Want(200).Form(mainForm).Set("name", "Nicht von hier").Set("place", "Köpenick")
		form.Values.Set("schluessel", strings.Repeat("0", 32))
		form.Submit().Want(404)
		if got := instance().Name; got != "" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("tells visitors that the site is being set up", func(t *testing.T) {
		if got := h.visitor().Get("/").Want(503).Text("h1"); got != "Diese Seite wird gerade eingerichtet" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("takes its pages in any order", func(t *testing.T) {
		founder.Get(begin).Click("Netzwerk mit anderen Seiten").Want(200).Form(mainForm).Set("mode", "partners").Submit().Want(200)
		page := founder.Get(begin).Click("Name, Region und Sprachen").Want(200).Form(mainForm).Set("name", "Mitmachen in Köpenick").Set("kind", "bezirk").Set("place", "Köpenick").Set("radius", "12").Set("languages", "ls").Submit().Want(200)
		if got := instance(); got.Mode != "partners" || got.Land != "BE" || len(got.Regions) != 1 || !got.Speaks("ls") || got.Speaks("en") {
			t.Errorf("got %+v", got)
		}
		if !page.Click("Name, Region und Sprachen").Has(".s-map svg .s-map-circle") {
			t.Error("no map of the region")
		}
	})
	t.Run("has the languages that were chosen", func(t *testing.T) {
		if got := h.visitor().Get("/en/hilfe").Want(200); got.Path != "/hilfe" || got.Has("a[hreflang=en]") || !got.Has("a[hreflang=de-simple]") {
			t.Errorf("English is at %s", got.Path)
		}
	})
	t.Run("refuses a color that cannot be read, and takes a logo before there is an account", func(t *testing.T) {
		form := founder.Get(begin).Click("Aussehen").Want(200).Form(mainForm)
		form.Set("action_light", "#ffcc00").Submit().Want(422)
		form = founder.Get(begin).Click("Aussehen").Form(mainForm).Set("brand", "#004b87").Set("logo_alt", "Wappen")
		form.Files = map[string][]byte{"file": picture(t, 80, 60, asPNG)}
		form.Submit().Want(200).Form("main form[action=/einrichten/6/speichern]").Submit().Want(200)
		if got := instance().Theme; got.Brand != "#004b87" || got.Logo == "" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("keeps gaps, and names them before the start", func(t *testing.T) {
		form := founder.Get(begin).Click("Kontakt und Pflicht-Texte").Want(200).Form(mainForm)
		if got := form.Values.Get("texts_barrierefreiheit"); !strings.Contains(got, "Landesbeauftragte für digitale Barrierefreiheit") || !strings.Contains(got, "[…]") {
			t.Errorf("the template is %q", got)
		}
		form.Set("contact_mail", "hallo@mail.example").Submit().Want(200)
		if got := founder.Get(begin).Click("Prüfen und Seite starten").Want(200); got.Has(mainForm) || !strings.Contains(got.Text("main"), "Kontakt und Pflicht-Texte") {
			t.Errorf("got %q", got.Text("main"))
		}
	})
	t.Run("keeps what was typed when the password is weak", func(t *testing.T) {
		page := founder.Get(begin).Click("Erstes Konto").Want(200).Form(mainForm).Set("person", "ada").Set("email", "ada@mail.example").Set("passwort", "kurz").Submit().Want(422)
		if got := page.Form(mainForm).Values; got.Get("person") != "ada" || got.Get("passwort") != "" {
			t.Errorf("kept %v", got)
		}
	})
	t.Run("makes the first admin, and with it the key ends", func(t *testing.T) {
		page := founder.Get(begin).Click("Erstes Konto").Form(mainForm).Set("person", "ada").Set("email", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
		if !strings.HasPrefix(page.Path, secondPath) || strings.Contains(page.Body, key) {
			t.Errorf("got %s", page.Path)
		}
		h.guard(founder)
		founder.Get("/einrichten").Want(200)
		h.visitor().Get(begin).Want(404)
		h.visitor().Get("/einrichten/2?schluessel=" + key).Want(404)
	})
	t.Run("shows what comes of a test mail", func(t *testing.T) {
		h.refuses = errors.New("550 no such user ada@mail.example here")
		page := founder.Get("/einrichten/3").Want(200).Form(mainForm).Submit().Want(200)
		if got := page.Text("main"); !strings.Contains(got, "550 no such user … here") {
			t.Errorf("got %q", got)
		}
		founder.Get("/einrichten/4").Form(mainForm).Set("texts_impressum", fullText).Set("texts_datenschutz", fullText).Set("texts_barrierefreiheit", fullText).Submit().Want(200)
		if got := founder.Get("/einrichten/pruefen").Want(200); got.Has(mainForm) {
			t.Error("starts without mail")
		}
		h.refuses = nil
		page = page.Form(mainForm).Submit().Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Die E-Mail ging hinaus") || len(h.mails) != 1 || h.mails[0].To != "ada@mail.example" {
			t.Errorf("got %q, %d mails", got, len(h.mails))
		}
	})
	t.Run("starts the site", func(t *testing.T) {
		h.visitor().Get("/angebote").Want(503)
		page := founder.Get("/einrichten/pruefen").Want(200)
		if !strings.Contains(page.Text(".s-summary"), "Mitmachen in Köpenick") {
			t.Errorf("got %q", page.Text(".s-summary"))
		}
		page.Form(mainForm).Submit().Want(200)
		if got := h.visitor().Get("/angebote").Want(200); !strings.Contains(got.Text("title"), "Mitmachen in Köpenick") || !got.Has(".s-brand img") {
			t.Errorf("got %q", got.Text("title"))
		}
		if got := founder.Get("/verwaltung").Texts(".s-panel li a"); len(got) != 1 || !strings.Contains(got[0], "Moderation") {
			t.Errorf("still to do: %q", got)
		}
	})
}

// fullText is a legal text without gaps.
const fullText = "**Betreiber**\n\nFreiwilligenzentrum (Demo), Musterweg 1, Berlin"

func TestMailAndRegionOfTheInstance(t *testing.T) {
	h := newHouse(t, func(o *web.Options) {
		o.Mail = web.MailSetup{Transport: "smtp", Server: "mail.example:587", From: "seite@seestern.example"}
	})
	t.Run("shows what waits and what failed", func(t *testing.T) {
		h.ask(h.visitor(), h.opportunity, "reader1")
		h.post()
		page := h.admin.Get("/verwaltung/mail").Want(200)
		if got := page.Text(".s-summary"); !strings.Contains(got, "mail.example:587") || !strings.Contains(got, "0 E-Mails") || strings.Contains(got, "in den letzten 7 Tagen nichts") {
			t.Errorf("got %q", got)
		}
		h.visitor().Get("/registrieren").Want(200).Form(mainForm).Set("email", "neu@mail.example").Submit().Want(200)
		h.refuses = errors.New("451 try again")
		_ = (web.Postman{Server: h.handler.(*web.Server), Store: h.store, Post: h}).Deliver(t.Context())
		if got := h.admin.Get("/verwaltung/mail").Text(".s-summary"); !strings.Contains(got, "1 E-Mail, davon ist 1 schon einmal gescheitert") || !strings.Contains(got, "451 try again") {
			t.Errorf("got %q", got)
		}
		h.refuses = nil
	})
	t.Run("takes places for the region by their names", func(t *testing.T) {
		form := func() *webtest.Form { return h.admin.Get("/verwaltung/region").Want(200).Form(mainForm) }
		if got := form().Values.Get("places"); got != "Bezirk Treptow-Köpenick, Berlin" {
			t.Errorf("the region is %q", got)
		}
		form().Set("places", "Bezirk Treptow-Köpenick, Berlin\nNirgendwo").Submit().Want(422)
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			if err != nil {
				return err
			}
			i.Texts = map[string]string{}
			for _, page := range engagement.RequiredTexts {
				i.Texts[page+".de"] = fullText
			}
			return tx.PutInstance(&i)
		})
		form().Set("places", "Bezirk Treptow-Köpenick, Berlin\nBezirk Neukölln, Berlin").Set("radius", "20").Submit().Want(200)
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			if !slices.Equal(i.Regions, []string{"lor:09", "lor:08"}) || i.RadiusKM != 20 || i.Place != "Treptow-Köpenick" {
				t.Errorf("got %+v", i)
			}
			return err
		})
	})
}

func TestTheAdministration(t *testing.T) {
	h := newHouse(t)
	t.Run("is for admins", func(t *testing.T) {
		for _, path := range []string{"/verwaltung", "/verwaltung/allgemein", "/verwaltung/texte", "/verwaltung/netzwerk", "/verwaltung/zustellung", "/verwaltung/personen"} {
			if got := h.moderator.Get(path).Status; got != 403 && got != 404 {
				t.Errorf("a moderator gets %d at %s", got, path)
			}
			h.admin.Get(path).Want(200)
		}
	})
	t.Run("does not open the site before the legal texts are there", func(t *testing.T) {
		page := h.admin.Get("/verwaltung/allgemein").Form(mainForm).Set("summary", "Neu").Submit().Want(422)
		if got := page.Text("#public-error"); !strings.Contains(got, "Impressum") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("finds a gap in a legal text", func(t *testing.T) {
		page := h.admin.Get("/verwaltung/texte").Form(mainForm).Submit().Want(422)
		if page.Text("#texts_impressum-error") == "" {
			t.Errorf("got %q", page.Text("#fehler"))
		}
	})
	t.Run("publishes the legal texts", func(t *testing.T) {
		text := "**Betreiber**\n\nFreiwilligenzentrum (Demo), Musterweg 1, Berlin"
		h.admin.Get("/verwaltung/texte").Form(mainForm).Set("texts_impressum", text).Set("texts_datenschutz", text).Set("texts_barrierefreiheit", text).Submit().Want(200)
		for _, path := range []string{"/impressum", "/datenschutz", "/barrierefreiheit", "/en/impressum", "/ls/datenschutz"} {
			if got := h.visitor().Get(path).Want(200).Text("main"); !strings.Contains(got, "Musterweg 1") {
				t.Errorf("%s says %q", path, got)
			}
		}
	})
	t.Run("changes the settings", func(t *testing.T) {
		h.admin.Get("/verwaltung/allgemein").Form(mainForm).Set("name", "Köpenick hilft").Submit().Want(200)
		if got := h.visitor().Get("/").Text("title"); !strings.Contains(got, "Köpenick hilft") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("gives and takes a role", func(t *testing.T) {
		ada := h.place(h.person("ada"))
		h.admin.Get("/verwaltung/personen").Form(mainForm).Set("login", "ada@mail.example").Set("role", "moderator").Submit().Want(200)
		if got := h.admin.Get("/verwaltung/personen").Texts(".s-hit h3"); !slices.Contains(got, "ada") {
			t.Errorf("staff is %q", got)
		}
		ada.Get("/moderation").Want(200)
		h.admin.Get("/verwaltung/personen").Form(mainForm).Set("login", "ada@mail.example").Set("role", "moderator").Set("off", "1").Submit().Want(200)
		if got := ada.Get("/moderation"); got.Status == 200 && got.Path == "/moderation" {
			t.Error("still a moderator")
		}
		if got := h.admin.Get("/verwaltung/personen").Form(mainForm).Set("login", "nobody").Set("role", "moderator").Submit().Want(422).Text("#login-error"); got == "" {
			t.Error("no sentence for an unknown name")
		}
		boss := h.place(h.person("boss", withRole(engagement.Admin)))
		if got := h.admin.Get("/verwaltung/personen").Form(mainForm).Set("login", "ada@mail.example").Set("role", "moderator").Submit().Want(200).Texts("#vorgeschlagen h3"); len(got) != 1 || got[0] != "ada" {
			t.Errorf("proposed are %q", got)
		}
		if got := strings.Join(boss.Get("/verwaltung/personen").Texts(".s-action span"), ", "); got != "Zustimmen: Moderation für ada, Ablehnen: Moderation für ada" {
			t.Errorf("the other admin can %s", got)
		}
		if got := h.admin.Get("/verwaltung/personen").Texts(".s-action span"); !slices.Equal(got, []string{"Vorschlag zurücknehmen: Moderation für ada"}) {
			t.Errorf("who proposed can %q", got)
		}
		if got := h.admin.Get("/verwaltung/personen").Form(".s-action").Submit().Want(200).Texts("#vorgeschlagen h3"); len(got) != 0 {
			t.Errorf("taken back, but proposed are %q", got)
		}
		for _, who := range []*webtest.Client{h.admin, boss} {
			who.Get("/verwaltung/personen").Form("main form[novalidate]").Set("login", "ada@mail.example").Set("role", "moderator").Submit().Want(200)
		}
		if got := h.admin.Get("/verwaltung/personen").Texts(".s-hit h3"); !slices.Contains(got, "ada") {
			t.Errorf("staff is %q", got)
		}
	})
}

func TestTheNetworkPage(t *testing.T) {
	h := newHouse(t)
	partner := func(host string) engagement.Partner {
		var p engagement.Partner
		h.update(func(tx *store.Tx) (err error) {
			p, err = tx.Partner(host)
			return err
		})
		return p
	}
	t.Run("says when a page does not answer", func(t *testing.T) {
		h.lost = errors.New("dial tcp: refused")
		page := h.admin.Get("/verwaltung/netzwerk").Form("main form[action=/verwaltung/netzwerk]").Set("address", "pankow.example").Submit().Want(422)
		if got := page.Text("#address-error"); got == "" || strings.Contains(got, "dial") {
			t.Errorf("got %q", got)
		}
		h.lost = nil
	})
	t.Run("asks another page to become a partner", func(t *testing.T) {
		h.found = engagement.Partner{Host: "pankow.example", Actor: "https://pankow.example/ap/instance", Name: "Mitmachen in Pankow", Capability: "profile-1", Regions: []string{"lor:03"}}
		page := h.admin.Get("/verwaltung/netzwerk").Form("main form[action=/verwaltung/netzwerk]").Set("address", "pankow.example").Submit().Want(200)
		if got := partner("pankow.example"); got.State != engagement.PartnerRequested || page.Text("h1") != "Mitmachen in Pankow" {
			t.Errorf("got %q, %q", got.State, page.Text("h1"))
		}
		if got := page.Text(".s-summary"); !strings.Contains(got, "Region Bezirk Pankow, Berlin") || strings.Contains(got, "lor:") {
			t.Errorf("its page says %q", got)
		}
	})
	t.Run("accepts a page that asked", func(t *testing.T) {
		h.update(func(tx *store.Tx) error {
			p := engagement.Partner{Host: "mitte.example", Actor: "https://mitte.example/ap/instance", Name: "Mitte", State: engagement.PartnerProposed, Follower: "https://mitte.example/f/1", Level: "geprueft", Created: tx.Now()}
			return tx.PutPartner(&p)
		})
		page := h.admin.Get("/verwaltung").Click("1 Seite möchte Partner-Seite werden.").Click("Mitte")
		page.Form("main form[action*=/annehmen]").Submit().Want(200)
		if got := partner("mitte.example"); !got.Following || got.Follow == "" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("changes the level", func(t *testing.T) {
		h.admin.Get("/verwaltung/netzwerk/mitte.example").Form("main form[action=/verwaltung/netzwerk/mitte.example]").Set("level", "nur-lesen").Set("note", "Erst einmal ansehen.").Submit().Want(200)
		if got := partner("mitte.example"); got.Level != "nur-lesen" || got.Note == "" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("asks about a key that nobody announced, and accepts it", func(t *testing.T) {
		h.update(func(tx *store.Tx) error {
			changed, err := engagement.KeysChanged(tx, "mitte.example", "https://mitte.example/ap/instance")
			if err == nil && !changed {
				t.Error("it is no matter")
			}
			return err
		})
		page := h.admin.Get("/verwaltung").Want(200).Click("Der Schlüssel der Partner-Seite mitte.example hat sich geändert: bitte nachfragen")
		if got := page.Text("main"); !strings.Contains(got, "https://mitte.example/ap/instance") {
			t.Errorf("got %q", got)
		}
		page = page.Form("main form[action*=/schluessel]").Submit().Want(200)
		if got := partner("mitte.example").Suspects; len(got) != 0 || strings.Contains(page.Text("main"), "Neuer Schlüssel") {
			t.Errorf("suspects are %v", got)
		}
	})
	t.Run("decides whether what a followed actor writes is linked", func(t *testing.T) {
		const title = "Rückblick auf das Sommerfest"
		h.update(func(tx *store.Tx) error {
			f := engagement.Followed{
				Actor: "https://m.example/@kiez", Host: "m.example", Handle: "@kiez@m.example", Name: "Kiezgruppe", Follow: "f", State: engagement.FollowedAccepted,
				Posts: []engagement.FollowedPost{{IRI: "https://m.example/p/1", Title: title, URL: "https://m.example/p/1", Published: tx.Now()}},
			}
			return tx.PutFollowed(&f)
		})
		linked := func() bool {
			return slices.Contains(h.visitor().Get("/neuigkeiten").Texts("main h3 a[rel~=nofollow]"), title)
		}
		if !linked() {
			t.Fatal("visitors do not find it")
		}
		page := h.admin.Get("/verwaltung/netzwerk/termine").Form("main form[action*=/beitrag]").Submit().Want(200)
		if linked() {
			t.Error("it was hidden and is there")
		}
		page.Form("main form[action*=/beitrag]").Submit().Want(200)
		if !linked() {
			t.Error("it was shown again and is not there")
		}
	})
	t.Run("ends a partnership", func(t *testing.T) {
		h.admin.Get("/verwaltung/netzwerk/mitte.example").Form("main form[action*=/beenden]").Submit().Want(200)
		if got := partner("mitte.example").State; got != engagement.PartnerEnded {
			t.Errorf("got %q", got)
		}
	})
	t.Run("pulls the emergency brake, and releases it", func(t *testing.T) {
		for _, want := range []bool{true, false} {
			page := h.admin.Get("/verwaltung/netzwerk").Form("main form[action*=notbremse]").Submit().Want(200)
			if got := strings.Contains(page.Text("main"), "Notbremse lösen"); got != want {
				t.Errorf("pulled: %v, want %v", got, want)
			}
		}
	})
	t.Run("renews the keys, once a day", func(t *testing.T) {
		page := h.admin.Get("/verwaltung/netzwerk").Form("main form[action*=schluessel]").Submit().Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Die Schlüssel wurden erneuert") || strings.Contains(got, "Alle Schlüssel erneuern") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("does not know other hosts", func(t *testing.T) { h.admin.Get("/verwaltung/netzwerk/nowhere.example").Want(404) })
}

func TestWhatCountsForSuggestions(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Texts = map[string]string{}
		for _, page := range engagement.RequiredTexts {
			i.Texts[page+".de"] = strings.Repeat("Text ", 10)
		}
		return tx.PutInstance(&i)
	})
	form := func() *webtest.Form { return h.admin.Get("/verwaltung/vorschlaege").Want(200).Form(mainForm) }
	page := func() string { return h.visitor().Get("/so-sortieren-wir").Want(200).Text("main") }
	if got := form().Values.Get("topic"); got != "100" {
		t.Errorf("from the beginning the topic counts %q percent", got)
	}
	usual := page()
	if !strings.Contains(usual, "Bereich und Thema Anteil: 26 %") || !strings.Contains(usual, "bis zu 25 %") || !strings.Contains(usual, "Fassung v4") || strings.Contains(usual, "des üblichen Werts") {
		t.Errorf("as usual: %s", usual)
	}
	for _, field := range []string{"topic", "attention"} {
		if got := form().Set(field, "201").Submit().Want(422); got.Text("#"+field+"-error") == "" {
			t.Errorf("%s takes 201 percent", field)
		}
	}
	form().Set("effort", "49").Submit().Want(422)
	form().Set("topic", "150").Set("attention", "0").Submit().Want(200)
	if got := page(); !strings.Contains(got, "Bereich und Thema Anteil: 35 % (auf dieser Seite 150 % des üblichen Werts)") || !strings.Contains(got, "spielt auf dieser Seite keine Rolle") || !strings.Contains(got, "Fassung v4-") {
		t.Errorf("then: %s", got)
	}
	form().Set("topic", "100").Set("attention", "100").Submit().Want(200)
	if got := page(); got != usual {
		t.Errorf("and back: %s", got)
	}
	h.manager.Get("/verwaltung/vorschlaege").Want(403)
}
