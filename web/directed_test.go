package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/web/webtest"
)

// ally is a partner with which directed requests are agreed.
func (h *house) ally(host, name string) (p engagement.Partner) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		p = engagement.Partner{
			Host: host, Actor: "https://" + host + "/ap/actor", Name: name, State: engagement.PartnerActive, Level: "vertraut", Capability: "profile-1",
			Directed: true, Created: tx.Now(), Contact: tx.Now(),
		}
		return tx.PutPartner(&p)
	})
	return p
}

// waking is an hour at which people may be asked.
func (h *house) waking() {
	h.t.Helper()
	for engagement.Quiet(h.clock.Now(), "BE") {
		h.clock.Forward(time.Hour)
	}
}

// asked is a directed request of an organization of a partner.
func (h *house) asked(p engagement.Partner, title string) (o engagement.Opportunity) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		org, err := engagement.MirrorOrganization(tx, engagement.Organization{Name: "Anlaufstelle Beteiligung", IRI: "https://" + p.Host + "/ap/org/1", Origin: p.Host})
		if err != nil {
			return err
		}
		o, err = engagement.ReceiveDirected(tx, p, engagement.Opportunity{
			Organization: org.ID, IRI: "https://" + p.Host + "/ap/o/" + url.PathEscape(title), Title: title, Visibility: "anfrage", State: engagement.Published,
			Description: "Für eine **Bürgerwerkstatt** zum Schulweg suchen wir Menschen mit Erfahrung.", ContactRole: "Anlaufstelle", Mode: "vor-ort", Capacity: 2,
			Activities: []engagement.Code{"moderieren"}, Places: []engagement.Place{{Locality: "Berlin-Pankow", Point: geo.Point{Lat: 52.5, Lon: 13.4}, Precision: "ortsteil"}},
			Project:   engagement.Project{Goal: "Sicherer Schulweg", Effort: "zwei Abende", Ask: []string{"name", "email"}},
			Published: tx.Now(), Confirmed: tx.Now(), Expires: tx.Now().Add(10 * 24 * time.Hour),
		})
		return err
	})
	return o
}

// invited asks somebody on behalf of a directed request.
func (h *house) invited(o engagement.Opportunity, name string) (id engagement.ID) {
	h.t.Helper()
	h.clock.Forward(time.Second)
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin(name + "@mail.example")
		if err != nil {
			return err
		}
		if err := engagement.AllowReach(tx, engagement.Actor{Account: a.ID}, engagement.ByPartnerInstances, true); err != nil {
			return err
		}
		if _, err := engagement.Invite(tx, o.ID, []engagement.ID{a.ID}); err != nil {
			return err
		}
		list, err := tx.InvitationsOf(a.ID)
		if err == nil {
			id = list[0].ID
		}
		return err
	})
	return id
}

func TestSomebodyIsAskedOnBehalfOfAPartner(t *testing.T) {
	h := newHouse(t)
	h.waking()
	p := h.ally("pankow.example", "Mitmachen in Pankow")
	ada := h.place(h.person("ada", withProfile()))
	if got := ada.Get("/meine").Want(200).Text("main"); strings.Contains(got, "Sie werden gefragt") {
		t.Error("nobody has asked yet")
	}
	first := h.asked(p, "Moderation für Bürgerwerkstatt")
	id := string(h.invited(first, "ada"))
	mail := h.mail("ada@mail.example")
	t.Run("the mail leads to it, names nothing, and can be stopped", func(t *testing.T) {
		if !strings.HasSuffix(h.link(mail), "/meine/einladungen/"+id) || strings.Contains(mail.Text, "Bürgerwerkstatt") || !strings.Contains(mail.Off, "/abbestellen/") {
			t.Errorf("got %+v", mail)
		}
	})
	page := ada.Get("/meine").Want(200).Click("Moderation für Bürgerwerkstatt").Want(200)
	for _, want := range []string{"Anlaufstelle Beteiligung", "Mitmachen in Pankow", "Sicherer Schulweg", "zwei Abende", "Berlin-Pankow", "weil Sie das erlaubt haben", "Organisationen auf verbundenen Seiten dürfen mich fragen lassen"} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("%q is missing in %q", want, page.Text("main"))
		}
	}
	if got := len(page.Find(".s-actions > *")); got != 3 {
		t.Errorf("there are %d answers", got)
	}
	t.Run("nobody else sees it", func(t *testing.T) {
		ben := h.place(h.person("ben", withProfile()))
		ben.Get("/meine/einladungen/" + id).Want(404)
		ben.Get("/meine/einladungen/" + id + "/ja").Want(404)
		if got := h.visitor().Get("/meine/einladungen/" + id).Path; !strings.HasPrefix(got, "/anmelden") {
			t.Errorf("a visitor is at %s", got)
		}
		h.visitor().Get("/a/" + first.Code).Want(404)
		if got := h.visitor().Get("/angebote?q=Bürgerwerkstatt").Want(200); got.Has(".s-hit") {
			t.Error("it is found by search")
		}
	})
	t.Run("yes: with the fields that are ticked", func(t *testing.T) {
		form := page.Click("Ja, gern").Want(200).Form(mainForm)
		form.Submit().Want(422)
		status := form.Set("fields", "name", "email").Submit().Want(200)
		if !strings.HasPrefix(status.Path, "/meine/anfragen/") || status.Text("#stand") != "Kontakt freigegeben" {
			t.Fatalf("got %q at %s", status.Text("#stand"), status.Path)
		}
		if strings.Contains(status.Body, "/a/"+first.Code) || strings.Contains(status.Body, "/angebote/"+first.Code) {
			t.Error("it leads to a page that is none")
		}
		again := ada.Get("/meine/einladungen/" + id).Want(200)
		if again.Has(".s-actions") || !strings.Contains(again.Text("main"), "Sie haben Ja gesagt") {
			t.Errorf("got %q", again.Text("main"))
		}
		if got := ada.Get("/meine/einladungen/" + id + "/ja").Path; got != "/meine/einladungen/"+id {
			t.Errorf("a second yes is at %s", got)
		}
	})
	t.Run("no", func(t *testing.T) {
		id := string(h.invited(h.asked(p, "Noch eine Werkstatt"), "ada"))
		h.post()
		got := ada.Get("/meine/einladungen/" + id).Want(200).Form("form[action*=/nein]").Submit().Want(200)
		if !strings.Contains(got.Text("#stand"), "Niemand erfährt davon") {
			t.Errorf("got %q", got.Text("main"))
		}
	})
	t.Run("never again, by one click in a mail program", func(t *testing.T) {
		id := string(h.invited(h.asked(p, "Eine dritte Werkstatt"), "ada"))
		off := strings.TrimPrefix(h.mail("ada@mail.example").Off, h.Base)
		if got := h.visitor().Get(off).Want(200); !got.Has("form.s-action") {
			t.Error("opening the link is enough, or there is no button")
		}
		if got := ada.Get("/meine/einladungen/" + id).Want(200); !got.Has(".s-actions") {
			t.Error("opening the link has ended it")
		}
		if got := h.oneClick(h.Base+off, asFields); got != 200 {
			t.Errorf("got %d", got)
		}
		if got := ada.Get("/meine/angaben/erreichbarkeit").Form(mainForm).Values.Get("by-partner-instances"); got != "" {
			t.Errorf("the box is %q", got)
		}
		if got := ada.Get("/meine/einladungen/" + id).Want(200); got.Has(".s-actions") {
			t.Error("it can still be answered")
		}
		h.visitor().Get("/abbestellen/" + strings.Repeat("0", 32)).Want(404)
	})
}

func TestAnOrganizationDirectsARequestToPartners(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code
	t.Run("not where nothing is agreed", func(t *testing.T) {
		if page := h.manager.Get(bench + "/gezielte-anfragen").Want(200).Click("Gezielte Anfrage schreiben").Want(200); page.Has(mainForm) {
			t.Error("there is a form")
		}
	})
	h.ally("pankow.example", "Mitmachen in Pankow")
	write := func(fill func(*webtest.Form)) *webtest.Page {
		form := h.manager.Get(bench + "/gezielte-anfragen/neu").Want(200).Form(mainForm)
		day := h.clock.Now().AddDate(0, 0, 7)
		form.Set("hosts", "pankow.example").Set("title", "Moderation für Bürgerwerkstatt").Set("goal", "Sicherer Schulweg").Set("effort", "zwei Abende").
			Set("description", "Für eine Bürgerwerkstatt zum Schulweg suchen wir zwei Menschen mit Erfahrung.").Set("areas", "lokales").Set("activities", "moderieren").
			Set("mode", "vor-ort").Set("place", "12555").Set("capacity", "2").Set("until-tag", day.Format("2")).Set("until-monat", day.Format("1")).Set("until-jahr", day.Format("2006"))
		if fill != nil {
			fill(form)
		}
		return form.Submit()
	}
	t.Run("what is wrong is said, and nothing typed is lost", func(t *testing.T) {
		write(func(f *webtest.Form) { f.Set("hosts") }).Want(422)
		check := write(func(f *webtest.Form) { f.Set("description", "Zu kurz.") }).Want(200)
		page := check.Form("form[action*=/pruefen]").Submit().Want(422)
		if !page.Has("#fehler") || page.Form(mainForm).Values.Get("goal") != "Sicherer Schulweg" {
			t.Errorf("got %q", page.Text("main"))
		}
	})
	check := write(nil).Want(200)
	if got := check.Text("main"); !strings.Contains(got, "Mitmachen in Pankow") || !strings.Contains(got, "Sicherer Schulweg") {
		t.Errorf("the check shows %q", got)
	}
	list := check.Form("form[action*=/pruefen]").Submit().Want(200)
	if list.Path != bench+"/gezielte-anfragen" || !strings.Contains(list.Text(".s-hit"), "Läuft") || !strings.Contains(list.Text(".s-hit"), "Mitmachen in Pankow") ||
		!strings.Contains(list.Text(".s-hit"), h.clock.Now().AddDate(0, 0, 7).Format("2. ")) {
		t.Fatalf("got %q at %s", list.Text("main"), list.Path)
	}
	if got := h.manager.Get(bench + "/angebote").Want(200).Text("main"); strings.Contains(got, "Bürgerwerkstatt") {
		t.Error("it stands among the opportunities")
	}
	if got := h.visitor().Get("/angebote?q=Bürgerwerkstatt").Want(200); got.Has(".s-hit") {
		t.Error("it is public")
	}
	t.Run("a member sees it and does not send", func(t *testing.T) {
		member := h.place(h.person("member", memberOf(h.org, engagement.Member)))
		page := member.Get(bench + "/gezielte-anfragen").Want(200)
		if !page.Has(".s-hit") || page.Has("form[action*=/zurueckziehen]") || strings.Contains(page.Text("main"), "schreiben") {
			t.Errorf("got %q", page.Text("main"))
		}
		member.Get(bench + "/gezielte-anfragen/neu").Want(403)
	})
	t.Run("it can be ended, and withdrawn", func(t *testing.T) {
		page := list.Form("form[action*=/beenden]").Submit().Want(200)
		if !strings.Contains(page.Text(".s-hit"), "Beendet") {
			t.Errorf("got %q", page.Text(".s-hit"))
		}
		page = page.Form("form[action*=/zurueckziehen]").Submit().Want(200)
		if !strings.Contains(page.Text(".s-hit"), "Zurückgezogen") || page.Has("form[action*=/zurueckziehen]") {
			t.Errorf("got %q", page.Text(".s-hit"))
		}
	})
}

func TestWhatPartnersAskIsSeenByAdvisersAndAdmins(t *testing.T) {
	h := newHouse(t)
	h.waking()
	p := h.ally("pankow.example", "Mitmachen in Pankow")
	ada := h.place(h.person("ada", withProfile()))
	o := h.asked(p, "Moderation für Bürgerwerkstatt")
	id := string(h.invited(o, "ada"))
	page := h.adviser.Get("/vermittlung").Want(200).Click("Gezielte Anfragen von Partner-Seiten").Want(200)
	for _, want := range []string{"Moderation für Bürgerwerkstatt", "Anlaufstelle Beteiligung", "Mitmachen in Pankow", "Läuft", "wenige Menschen"} {
		if !strings.Contains(page.Text(".s-hit"), want) {
			t.Errorf("%q is missing in %q", want, page.Text(".s-hit"))
		}
	}
	if strings.Contains(page.Text("main"), "ada") {
		t.Error("who was asked is shown")
	}
	h.manager.Get("/vermittlung/gezielte-anfragen").Want(403)
	h.admin.Get("/verwaltung/netzwerk").Want(200).Click("Gezielte Anfragen von Partner-Seiten").Want(200)
	page = page.Form("form[action*=/ablehnen]").Submit().Want(200)
	if !strings.Contains(page.Text(".s-hit"), "Ausgeblendet") || page.Has("form[action*=/ablehnen]") {
		t.Errorf("got %q", page.Text(".s-hit"))
	}
	if got := ada.Get("/meine/einladungen/" + id).Want(200); got.Has(".s-actions") || !strings.Contains(got.Text("#stand"), "vorbei") {
		t.Errorf("got %q", got.Text("main"))
	}
	t.Run("an admin agrees for each partner, and takes it back", func(t *testing.T) {
		partner := func() (got engagement.Partner) {
			h.update(func(tx *store.Tx) (err error) { got, err = tx.Partner(p.Host); return err })
			return got
		}
		h.admin.Get("/verwaltung/netzwerk/" + p.Host).Want(200).Form("main form[novalidate]").Set("directed").Submit().Want(200)
		if partner().Directed {
			t.Error("it is still agreed")
		}
		h.admin.Get("/verwaltung/netzwerk/"+p.Host).Want(200).Form("main form[novalidate]").Set("directed", "1").Submit().Want(200)
		if !partner().Directed {
			t.Error("it is not agreed")
		}
	})
}
