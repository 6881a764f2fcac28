package web_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

func TestTheSetUp(t *testing.T) {
	h := &house{}
	h.real = realSite(t)
	var key string
	h.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Public = false
		if err := tx.PutInstance(&i); err != nil {
			return err
		}
		key, err = engagement.InviteSetup(tx)
		return err
	})
	path := "/einrichten?schluessel=" + key
	t.Run("does not exist without the key", func(t *testing.T) {
		h.visitor().Get("/einrichten").Want(404)
		h.visitor().Get("/einrichten?schluessel=" + strings.Repeat("0", 32)).Want(404)
	})
	admin := h.visitor()
	t.Run("keeps what was typed when the password is weak", func(t *testing.T) {
		page := admin.Get(path).Want(200).Form(mainForm).Set("site", "Mitmachen in Köpenick").Set("kind", "bezirk").Set("place", "Köpenick").Set("person", "ada").
			Set("email", "ada@mail.example").Set("passwort", "kurz").Submit().Want(422)
		if got := page.Form(mainForm).Values; got.Get("site") != "Mitmachen in Köpenick" || got.Get("passwort") != "" {
			t.Errorf("kept %v", got)
		}
	})
	t.Run("makes the first admin and names the site", func(t *testing.T) {
		page := admin.Get(path).Form(mainForm).Set("site", "Mitmachen in Köpenick").Set("kind", "bezirk").Set("place", "Köpenick").Set("person", "ada").
			Set("email", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
		if page.Path != "/verwaltung" || !strings.Contains(page.Text("title"), "Mitmachen in Köpenick") {
			t.Errorf("got %s %q", page.Path, page.Text("title"))
		}
	})
	t.Run("works once", func(t *testing.T) { h.visitor().Get(path).Want(404) })
	t.Run("lists what is still to do", func(t *testing.T) {
		if got := admin.Get("/verwaltung").Texts(".s-panel li a"); len(got) < 3 {
			t.Errorf("got %q", got)
		}
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
		if got := h.admin.Get("/verwaltung/personen").Texts(".s-hit h2"); !slices.Contains(got, "ada") {
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
		h.found = engagement.Partner{Host: "pankow.example", Actor: "https://pankow.example/ap/instance", Name: "Mitmachen in Pankow", Capability: "profile-1"}
		page := h.admin.Get("/verwaltung/netzwerk").Form("main form[action=/verwaltung/netzwerk]").Set("address", "pankow.example").Submit().Want(200)
		if got := partner("pankow.example"); got.State != engagement.PartnerRequested || page.Text("h1") != "Mitmachen in Pankow" {
			t.Errorf("got %q, %q", got.State, page.Text("h1"))
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
	if !strings.Contains(usual, "Bereich und Thema 26 %") || !strings.Contains(usual, "bis zu 25 %") || !strings.Contains(usual, "Fassung v1") || strings.Contains(usual, "des üblichen Werts") {
		t.Errorf("as usual: %s", usual)
	}
	for _, field := range []string{"topic", "attention"} {
		if got := form().Set(field, "201").Submit().Want(422); got.Text("#"+field+"-error") == "" {
			t.Errorf("%s takes 201 percent", field)
		}
	}
	form().Set("effort", "49").Submit().Want(422)
	form().Set("topic", "150").Set("attention", "0").Submit().Want(200)
	if got := page(); !strings.Contains(got, "Bereich und Thema 35 % (auf dieser Seite 150 % des üblichen Werts)") || !strings.Contains(got, "spielt auf dieser Seite keine Rolle") || !strings.Contains(got, "Fassung v1-") {
		t.Errorf("then: %s", got)
	}
	form().Set("topic", "100").Set("attention", "100").Submit().Want(200)
	if got := page(); got != usual {
		t.Errorf("and back: %s", got)
	}
	h.manager.Get("/verwaltung/vorschlaege").Want(403)
}
