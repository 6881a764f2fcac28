package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/web/webtest"
)

// officer belongs to an office of the house.
func (h *house) officer(called, name string) (office engagement.Organization, who *webtest.Client) {
	h.t.Helper()
	office = h.organization(called, func(o *engagement.Organization) { o.Kind = "office" })
	return office, h.place(h.person(name, withRole(engagement.Officer), memberOf(office, engagement.Member)))
}

// skilled are people whose expertise may be searched for, so many that a search tells of them.
func (h *house) skilled(n int) (people []*webtest.Client) {
	for i := range n {
		people = append(people, h.reachable(fmt.Sprint("expert", i), engagement.ExpertiseSearchable, engagement.ByAdministration))
	}
	return people
}

func (h *house) searches(who *webtest.Client, fill func(*webtest.Form)) *webtest.Page {
	form := who.Get("/amt/suche").Want(200).Form(mainForm).Set("purpose", "Bürgerwerkstatt zum sicheren Schulweg").Set("skill", "moderation")
	if fill != nil {
		fill(form)
	}
	return form.Submit()
}

func TestOfficersSearchForExpertise(t *testing.T) {
	h := newHouse(t)
	_, officer := h.officer("Bezirksamt Nord (Demo)", "officer1")
	people := h.skilled(8)
	unseen := h.reachable("unseen", engagement.ByAdministration)
	page := h.searches(officer, nil).Want(200)
	if got := page.Text("#ergebnis"); !strings.Contains(got, "Rund 10 Menschen") || len(page.Find("#ergebnis .s-hit")) != 5 || !strings.Contains(got, "Berlin") {
		t.Fatalf("got %q", got)
	}
	for _, secret := range []string{"expert", "@mail", "12555"} {
		if strings.Contains(page.Text("#ergebnis"), secret) || secret != "12555" && strings.Contains(page.Body, secret) {
			t.Errorf("the page holds %q", secret)
		}
	}
	t.Run("those who were shown see it, and nobody else", func(t *testing.T) {
		told := 0
		got := ""
		for _, who := range people {
			page := who.Get("/meine/angaben/erreichbarkeit").Want(200).Click("Wer hat etwas von mir gesehen?").Want(200)
			if page.Has(".s-hit") {
				told, got = told+1, page.Text("main")
			}
		}
		if told != 5 {
			t.Errorf("%d people see it", told)
		}
		for _, want := range []string{"Bezirksamt Nord", "Moderation", "Bürgerwerkstatt zum sicheren Schulweg", h.clock.Now().Format("2. ")} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in %q", want, got)
			}
		}
		if got := unseen.Get("/meine/daten/zugriffe").Want(200).Text("main"); !strings.Contains(got, "Bisher niemand") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("few are as good as none", func(t *testing.T) {
		none := h.searches(officer, func(f *webtest.Form) { f.Set("language", "ar") }).Want(200)
		if got := none.Text("#ergebnis"); !strings.Contains(got, "Niemand oder zu wenige") || none.Has("#ergebnis .s-hit") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("not without purpose", func(t *testing.T) {
		h.searches(officer, func(f *webtest.Form) { f.Set("purpose", "so") }).Want(422)
		h.searches(officer, func(f *webtest.Form) { f.Set("skill") }).Want(422)
		h.searches(officer, func(f *webtest.Form) { f.Set("radius", "10") }).Want(422)
	})
	t.Run("only officers, with an office, signed in lately", func(t *testing.T) {
		h.manager.Get("/amt/suche").Want(403)
		h.admin.Get("/amt/suche").Want(403)
		alone := h.place(h.person("officer2", withRole(engagement.Officer)))
		for _, path := range []string{"/amt/suche", "/amt/projektanfragen/neu"} {
			if got := alone.Get(path).Want(200); got.Has(mainForm) || !strings.Contains(got.Text("main"), "Sie gehören zu keinem Amt") {
				t.Errorf("got %q", got.Text("main"))
			}
		}
		h.clock.Forward(engagement.StepUpAge + time.Minute)
		if got := h.searches(officer, func(f *webtest.Form) { f.Set("language", "tr") }); got.Has("#ergebnis") || !strings.Contains(got.Text("main"), "Das ist ein wichtiger Schritt") {
			t.Errorf("got %q at %s", got.Text("main"), got.Path)
		}
	})
}

func TestAnOfficeAsksForAProject(t *testing.T) {
	h := newHouse(t)
	office, officer := h.officer("Bezirksamt Nord (Demo)", "officer1")
	people := h.skilled(8)
	invite := h.searches(officer, func(f *webtest.Form) { f.Set("language", "tr") }).Want(200).Click("Einladung schreiben").Want(200)
	form := invite.Form(mainForm)
	if form.Values.Get("language") != "tr" || form.Values.Get("skill") != "moderation" {
		t.Errorf("the criteria are %v", form.Values)
	}
	form.Submit().Want(422)
	h.until(form).Set("title", "Moderation für Bürgerwerkstatt").Set("goal", "Sicherer Schulweg").Set("effort", "zwei Abende").Set("results", "1").
		Set("description", "Für eine Bürgerwerkstatt zum Schulweg suchen wir zwei Menschen mit Erfahrung.").Set("areas", "lokales").Set("activities", "moderieren").
		Set("mode", "vor-ort").Set("place", "12555").Set("contact_role", "Anlaufstelle Beteiligung").Set("text", "Ihre Erfahrung hilft uns.")
	check := form.Submit().Want(200)
	for _, want := range []string{"rund 10", "Sicherer Schulweg", "zwei Abende", "werden veröffentlicht", "Anlaufstelle Beteiligung", "Die Verwaltung darf mich fragen", "Ihre Erfahrung hilft uns."} {
		if !strings.Contains(check.Text("main"), want) {
			t.Errorf("%q is missing in %q", want, check.Text("main"))
		}
	}
	list := check.Form("form[action*=/pruefen]").Submit().Want(200)
	if list.Path != "/amt/projektanfragen" || !strings.Contains(list.Text(".s-hit"), "Läuft") || !strings.Contains(list.Text(".s-hit"), office.Name) {
		t.Fatalf("got %q at %s", list.Text("main"), list.Path)
	}
	if got := h.visitor().Get("/angebote?q=Bürgerwerkstatt").Want(200); got.Has(".s-hit") {
		t.Error("it is public")
	}
	h.rings()
	page := people[0].Get("/meine").Want(200).Click("Moderation für Bürgerwerkstatt").Want(200)
	for _, want := range []string{office.Name, "Sicherer Schulweg", "zwei Abende", "Die Verwaltung darf mich fragen"} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("%q is missing in %q", want, page.Text("main"))
		}
	}
	status := page.Click("Ja, gern").Want(200).Form(mainForm).Set("fields", "name").Submit().Want(200)
	if status.Text("#stand") != "Kontakt freigegeben" {
		t.Fatalf("got %q", status.Text("main"))
	}
	if got := people[0].Get("/meine/daten/zugriffe").Want(200).Text("main"); !strings.Contains(got, "hat Sie fragen lassen") || !strings.Contains(got, "Moderation für Bürgerwerkstatt") {
		t.Errorf("got %q", got)
	}
	row := officer.Get("/amt/projektanfragen").Want(200)
	if got := row.Text(".s-hit"); !strings.Contains(got, "1 Mensch hat Ja gesagt") || !strings.Contains(got, "rund 10") {
		t.Errorf("got %q", got)
	}
	if got := row.Click("1 Mensch hat Ja gesagt").Want(200).Text("main"); !strings.Contains(got, "Moderation für Bürgerwerkstatt") {
		t.Errorf("got %q", got)
	}
	t.Run("another office sees nothing of it", func(t *testing.T) {
		_, other := h.officer("Bezirksamt Süd (Demo)", "officer2")
		if got := other.Get("/amt/projektanfragen").Want(200); got.Has(".s-hit") {
			t.Errorf("got %q", got.Text("main"))
		}
	})
	t.Run("stop ends the request, too", func(t *testing.T) {
		page := officer.Get("/amt/projektanfragen").Form("form[action*=/beenden]").Submit().Want(200)
		if !strings.Contains(page.Text(".s-hit"), "Beendet") {
			t.Errorf("got %q", page.Text(".s-hit"))
		}
		if got := people[1].Get("/meine").Want(200).Text("main"); strings.Contains(got, "Moderation für Bürgerwerkstatt") {
			t.Error("somebody is still asked")
		}
		if got := officer.Get("/meine/organisationen/" + office.Code + "/gezielte-anfragen").Want(200).Text(".s-hit"); !strings.Contains(got, "Beendet") {
			t.Errorf("got %q", got)
		}
	})
}
