package web_test

import (
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// center is a volunteer center on the site of the house.
func (h *house) center() engagement.Organization {
	return h.organization("Sternenfischer-Zentrum (Demo)", func(o *engagement.Organization) { o.Kind = "volunteer-center" })
}

// offers fills in the form of a volunteer and sends it.
func (h *house) offers(c *webtest.Client, fill func(*webtest.Form)) *webtest.Page {
	h.t.Helper()
	form := c.Get("/ich-biete/neu").Want(200).Form(mainForm)
	form.Set("title", "Türkisch übersetzen").Set("text", "Ich helfe beim Übersetzen von Briefen und bei Gesprächen.").Set("areas", "soziales").
		Set("activities", "uebersetzen-dolmetschen").Set("mode", "hybrid").Set("place", "12555").Set("age", "ab-18")
	if fill != nil {
		fill(form)
	}
	return form.Submit()
}

func TestAVolunteerOffersHelpWithoutAName(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada"))
	t.Run("not where there is no volunteer center", func(t *testing.T) {
		if page := ada.Get("/ich-biete/neu").Want(200); page.Has(mainForm) {
			t.Error("there is a form")
		}
	})
	h.center()
	t.Run("not with a name in it, and nothing that was typed is lost", func(t *testing.T) {
		page := h.offers(ada, func(f *webtest.Form) { f.Set("title", "Ada übersetzt Türkisch") }).Want(422)
		if !strings.Contains(page.Text("#fehler"), "Ihr Name soll hier nicht stehen") || page.Form(mainForm).Values.Get("text") == "" {
			t.Errorf("got %q", page.Text("#fehler"))
		}
	})
	t.Run("not under 18", func(t *testing.T) {
		page := h.offers(ada, func(f *webtest.Form) { f.Set("age", "16-17") }).Want(422)
		if !strings.Contains(page.Text("#fehler"), "nur Erwachsene") {
			t.Errorf("got %q", page.Text("#fehler"))
		}
	})
	list := h.offers(ada, nil).Want(200)
	if list.Path != "/meine/ich-biete" || !strings.Contains(list.Text(".s-hit"), "Wird geprüft") {
		t.Fatalf("got %q at %s", list.Text(".s-hit"), list.Path)
	}
	if h.visitor().Get("/ich-biete").Want(200).Has(".s-hit") {
		t.Error("it is shown before the check")
	}
	mail := h.mail("adviser1@mail.example")
	t.Run("an adviser checks it, and does not see who it is", func(t *testing.T) {
		if !strings.HasSuffix(h.link(mail), "/vermittlung") {
			t.Errorf("the mail leads to %s", h.link(mail))
		}
		page := h.adviser.Get("/vermittlung").Want(200).Click("Türkisch übersetzen").Want(200)
		if strings.Contains(page.Body, "ada@") || strings.Contains(page.Text("main"), "ada") {
			t.Error("the case names who offers")
		}
		page.Form(mainForm).Set("decision", "reject").Submit().Want(422)
		page.Form(mainForm).Set("decision", "approve").Submit().Want(200)
		h.place(h.person("grace")).Get(page.Path).Want(403)
	})
	h.mail("ada@mail.example")
	public := h.visitor().Get("/ich-biete").Want(200).Click("Türkisch übersetzen").Want(200)
	t.Run("the page names the center, the district and nobody", func(t *testing.T) {
		for _, want := range []string{"Sternenfischer-Zentrum", "Berlin-Köpenick, im Umkreis von 5 km", "Übersetzen, dolmetschen"} {
			if !strings.Contains(public.Text("main"), want) {
				t.Errorf("%q is missing in %q", want, public.Text("main"))
			}
		}
		if strings.Contains(strings.ToLower(public.Body), "ada") {
			t.Error("it names who offers")
		}
	})
	t.Run("the list is narrowed", func(t *testing.T) {
		for query, want := range map[string]bool{"?thema=soziales": true, "?thema=sport": false, "?taetigkeit=kochen-backen": false, "?ort=12555": true, "?ort=52062": false} {
			if got := h.visitor().Get("/ich-biete" + query).Want(200).Has(".s-hit"); got != want {
				t.Errorf("%s: got %v", query, got)
			}
		}
	})
	t.Run("an organization asks, the volunteer says yes", func(t *testing.T) {
		if page := h.place(h.person("nobody")).Get(public.Path).Click("Hilfe anfragen").Want(200); page.Has(mainForm) {
			t.Error("somebody without an organization can ask")
		}
		form := h.manager.Get(public.Path).Click("Hilfe anfragen").Want(200).Form(mainForm)
		form.Set("text", "zu kurz").Submit().Want(422)
		team := form.Set("text", "Wir suchen jemanden für ein Elterngespräch am Dienstag.").Submit().Want(200)
		if team.Text("#stand") != "Gefragt" || strings.Contains(strings.ToLower(team.Text("main")), "ada") {
			t.Fatalf("the organization sees %q", team.Text("main"))
		}
		m := h.mail("ada@mail.example")
		if !strings.Contains(m.Subject, "Eine Organisation fragt Sie") || strings.Contains(m.Text, "Elterngespräch") {
			t.Errorf("got %q: %s", m.Subject, m.Text)
		}
		status := ada.Get(h.link(m)).Want(200)
		if !strings.Contains(status.Text("main"), "Elterngespräch") || status.Text("#stand") != "Eine Organisation fragt Sie" {
			t.Fatalf("got %q", status.Text("main"))
		}
		contact := status.Click("Kontakt freigeben").Want(200).Form(mainForm)
		if contact.Values.Get("email") != "ada@mail.example" || contact.Values.Has("fields") {
			t.Errorf("the form is filled with %v", contact.Values)
		}
		contact.Submit().Want(422)
		contact.Set("fields", "name").Submit().Want(200)
		if got := h.manager.Get(team.Path).Text("main"); !strings.Contains(got, "ada") || strings.Contains(got, "ada@mail") {
			t.Errorf("after the yes the organization sees %q", got)
		}
		agreed := ada.Get(status.Path).Form("main form[action*=/vereinbaren]").Submit().Want(200)
		if agreed.Text("#stand") != "Vereinbart" {
			t.Errorf("got %q", agreed.Text("#stand"))
		}
		h.manager.Get(team.Path).Click("Beenden und Stunden bestätigen").Want(200).Form(mainForm).Set("hours", "2").Submit()
		ada.Get("/meine/anfragen").Want(200)
		h.place(h.person("mallory")).Get(status.Path).Want(404)
	})
	t.Run("an organization takes its request back, and a volunteer says no", func(t *testing.T) {
		ask := func() string {
			return h.manager.Get(public.Path).Click("Hilfe anfragen").Want(200).Form(mainForm).Set("text", "Wir suchen noch einmal jemanden für ein Gespräch.").Submit().Want(200).Path
		}
		h.update(func(tx *store.Tx) error { return closeAll(tx, h.org.ID) })
		path := ask()
		h.manager.Get(path).Click("Anfrage zurückziehen").Want(200).Form(mainForm).Submit().Want(200)
		if got := h.manager.Get(path).Text("#stand"); got != "Zurückgezogen" {
			t.Errorf("got %q", got)
		}
		path = ask()
		mine := ada.Get(webtest.Attr(ada.Get("/meine/anfragen").Want(200).Find(".s-hit h3 a")[0], "href")).Want(200) // open ones stand first
		mine.Click("Nein, danke").Want(200).Form(mainForm).Submit().Want(200)
		if got := h.manager.Get(path).Text("#stand"); got != "Absage" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("the volunteer changes it, and it is checked again; then ends it", func(t *testing.T) {
		edit := ada.Get("/meine/ich-biete").Want(200).Click("Ändern").Want(200).Form(mainForm)
		if edit.Values.Get("place") == "" || edit.Values.Has("age") {
			t.Errorf("the form has %v", edit.Values)
		}
		edit.Set("text", "Ich helfe beim Übersetzen, auch am Wochenende.").Submit().Want(200)
		h.visitor().Get(public.Path).Want(404)
		h.moderator.Get("/moderation").Want(200).Click("Türkisch übersetzen").Want(200).Form(mainForm).Set("decision", "approve").Submit().Want(200)
		h.visitor().Get(public.Path).Want(200)
		ada.Get("/meine/ich-biete").Form("main form[action*=/beenden]").Submit().Want(200)
		h.visitor().Get(public.Path).Want(410)
	})
}

// closeAll ends every request of an organization, so that others can be made.
func closeAll(tx *store.Tx, org engagement.ID) error {
	list, err := tx.RequestsOfOrganization(org, 100)
	for _, m := range list {
		if err := tx.DeleteMatchRequest(m.ID); err != nil {
			return err
		}
	}
	return err
}

func TestAnOrganizationOffersHelpItself(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error {
		o, err := tx.Organization(h.org.ID)
		if err != nil {
			return err
		}
		o.Trusted = true
		return tx.PutOrganization(&o)
	})
	root := "/meine/organisationen/" + h.org.Code + "/wir-bieten"
	form := h.manager.Get(root).Want(200).Click("Etwas anbieten").Want(200).Form(mainForm)
	form.Set("title", "Ein Teamtag im Garten").Set("text", "Zwölf Leute aus unserem Haus helfen einen Tag lang im Garten.").Set("kind", "csr-teamtag").Set("quantity", "12").
		Set("areas", "umwelt-tiere").Set("activities", "gaertnern-naturpflege").Set("mode", "vor-ort")
	form.Submit().Want(422)
	form.Set("place", "12555").Submit().Want(200)
	public := h.visitor().Get("/ich-biete").Want(200).Click("Ein Teamtag im Garten").Want(200)
	if !strings.HasPrefix(public.Text("h1"), "Wir bieten:") || !strings.Contains(public.Text("main"), "Teamtag") {
		t.Errorf("got %q", public.Text("main"))
	}
	if !strings.Contains(h.visitor().Get("/organisationen/"+h.org.Code).Want(200).Text("main"), "Ein Teamtag im Garten") {
		t.Error("the page of the organization does not show it")
	}
	asks := h.organization("Kiezgarten (Demo)", func(o *engagement.Organization) { o.ContactMail = "kiez@mail.example" })
	kiez := h.place(h.person("kiez", memberOf(asks, engagement.Member)))
	team := kiez.Get(public.Path).Click("Hilfe anfragen").Want(200).Form(mainForm).Set("text", "Wir legen im Frühling ein neues Beet an.").Submit().Want(200)
	m := h.mail(h.org.ContactMail)
	status := h.manager.Get(h.link(m)).Want(200)
	if status.Text("#stand") != "Eine Organisation fragt Sie" || !strings.HasPrefix(status.Path, root) {
		t.Fatalf("got %q at %s", status.Text("#stand"), status.Path)
	}
	kiez.Get(status.Path).Want(404)
	contact := status.Click("Kontakt freigeben").Want(200).Form(mainForm)
	if contact.Values.Get("email") != h.org.ContactMail {
		t.Errorf("the form is filled with %v", contact.Values)
	}
	contact.Set("fields", "email").Submit().Want(200)
	if got := kiez.Get(team.Path).Text("main"); !strings.Contains(got, h.org.ContactMail) {
		t.Errorf("who asked sees %q", got)
	}
	if !strings.Contains(h.manager.Get(root).Want(200).Text("main"), "Kiezgarten") {
		t.Error("the workspace does not list who asks")
	}
	h.manager.Get(root).Form("main form[action*=/beenden]").Submit().Want(200)
	h.visitor().Get(public.Path).Want(410)
}
