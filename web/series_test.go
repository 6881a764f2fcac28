package web_test

import (
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

func TestTheTeamRepeatsAnOccasion(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code + "/termine"
	all := func() (list []engagement.Occasion) {
		h.update(func(tx *store.Tx) error {
			list = nil
			own, err := tx.OccasionsOf(h.org.ID)
			for _, o := range own {
				if o.Series != "" {
					list = append([]engagement.Occasion{o}, list...)
				}
			}
			return err
		})
		return list
	}
	days := func() string {
		var days []string
		for _, o := range all() {
			line := o.Starts.In(engagement.Berlin()).Format("2.1. 15:04")
			if o.State != engagement.OccasionScheduled {
				line += " " + string(o.State)
			}
			days = append(days, line)
		}
		return strings.Join(days, ", ")
	}

	t.Run("what is wrong is named at its field", func(t *testing.T) {
		for name, c := range map[string]struct {
			change func(*webtest.Form)
			field  string
		}{
			"answers without a kind":  {func(f *webtest.Form) { f.Set("repeat", "") }, "repeat"},
			"not each time":           {func(f *webtest.Form) { f.Set("every", "0") }, "every"},
			"another weekday":         {func(f *webtest.Form) { f.Set("weekdays", "mo") }, "weekdays"},
			"an end that is no day":   {func(f *webtest.Form) { f.Set("last-tag", "31").Set("last-monat", "2").Set("last-jahr", "2027") }, "last-tag"},
			"an end before it begins": {func(f *webtest.Form) { f.Set("last-tag", "1").Set("last-monat", "12").Set("last-jahr", "2026") }, "last-tag"},
			"too often":               {func(f *webtest.Form) { f.Set("times", "367") }, "times"},
			"a holiday that is none":  {func(f *webtest.Form) { f.Set("except", "Weihnachten") }, "except"},
			"the first day":           {func(f *webtest.Form) { f.Set("except", "5.12.2026") }, "except"},
		} {
			form := typed(h.manager.Get(bench+"/neu").Want(200).Form(mainForm)).Set("repeat", "woechentlich").Set("times", "5")
			c.change(form)
			page := form.Submit().Want(422)
			if got := page.Find("[aria-invalid=true]"); len(got) == 0 || !strings.HasPrefix(webtest.Attr(got[0], "id"), c.field) {
				t.Errorf("%s: %v", name, got)
			}
			if len(page.Find("details[open] #repeat")) != 1 {
				t.Errorf("%s: the fields are folded away", name)
			}
		}
	})
	t.Run("every second week, but for Boxing Day", func(t *testing.T) {
		form := typed(h.manager.Get(bench + "/neu").Want(200).Form(mainForm))
		page := form.Set("repeat", "woechentlich").Set("every", "2").Set("times", "5").Set("except", "19.12.2026\n2.1.2027").Submit().Want(200)
		if got := days(); got != "5.12. 10:00, 16.1. 10:00, 30.1. 10:00" {
			t.Errorf("got %s", got)
		}
		got := page.Text("main")
		if !strings.Contains(got, "alle 2 Wochen: Samstag, bis Samstag, 30. Januar 2027") || !strings.Contains(got, "Weitere Termine dieser Reihe Samstag, 16. Januar 2027, 10–13:30 Uhr Samstag, 30. Januar 2027") {
			t.Errorf("the page says %s", got)
		}
		if len(page.Find(`main a[href="/termine/`+all()[1].Code+`-uferputz"]`)) != 1 {
			t.Error("the next one is not linked")
		}
	})
	form := func(o engagement.Occasion) *webtest.Form {
		path := bench + "/" + o.Code
		return h.manager.Get(path).Want(200).Form("main form[action=" + path + "]")
	}
	t.Run("one is changed alone", func(t *testing.T) {
		form(all()[1]).Set("scope", "dieser").Set("title", "Uferputz im Schnee").Submit().Want(200)
		if list := all(); list[0].Title != "Uferputz" || list[1].Title != "Uferputz im Schnee" || list[2].Title != "Uferputz" {
			t.Errorf("got %v", days())
		}
		page := form(all()[1]).Set("scope", "dieser").Set("every", "1").Submit().Want(422)
		if got := page.Find("[aria-invalid=true]"); len(got) == 0 || !strings.HasPrefix(webtest.Attr(got[0], "id"), "scope") {
			t.Errorf("another rule for one: %v", got)
		}
		if got := webtest.Attr(form(all()[1]).Submit().Want(422).Find("[aria-invalid=true]")[0], "id"); !strings.HasPrefix(got, "scope") {
			t.Errorf("nobody said what is to change: %s", got)
		}
	})
	t.Run("and with those that follow", func(t *testing.T) {
		form(all()[1]).Set("scope", "folgende").Set("starts_at", "11:00").Set("last-tag", "13").Set("last-monat", "2").Set("last-jahr", "2027").Submit().Want(200)
		if got := days(); got != "5.12. 10:00, 16.1. 11:00, 30.1. 11:00, 13.2. 11:00" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("the list shows the next few", func(t *testing.T) {
		page := h.manager.Get(bench).Want(200)
		if got := strings.Count(page.Text("main"), "Termin ändern"); got != 3 {
			t.Errorf("%d rows", got)
		}
		if got := page.Click("Noch 1 Termin aus Ihren Reihen zeigen").Want(200).Text("main"); strings.Count(got, "Termin ändern") != 4 {
			t.Errorf("all are %s", got)
		}
	})
	t.Run("those that follow are canceled, or deleted by a manager", func(t *testing.T) {
		member := h.place(h.person("member", memberOf(h.org, engagement.Member)))
		path := bench + "/" + all()[2].Code
		if got := member.Get(path).Want(200).Find("main form[action*=/entfernen]"); len(got) != 0 {
			t.Error("a member can delete")
		}
		member.Get(path).Form("main form[action*=/absagen-folgende]").Submit().Want(200)
		if got := days(); got != "5.12. 10:00, 16.1. 11:00, 30.1. 11:00 canceled, 13.2. 11:00 canceled" {
			t.Errorf("got %s", got)
		}
		h.manager.Get(bench + "/" + all()[1].Code).Form("main form[action*=/entfernen-folgende]").Submit().Want(200)
		if got := days(); got != "5.12. 10:00" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("one that was alone is repeated from now on", func(t *testing.T) {
		o := h.occasion(h.org, "Lesetreff")
		form(o).Set("repeat", "taeglich").Set("times", "3").Submit().Want(200)
		if got := len(all()); got != 1+3 {
			t.Errorf("%s", days())
		}
	})
}

func TestHowARecurrenceIsTold(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code + "/termine/neu"
	for name, c := range map[string]struct {
		fill func(*webtest.Form)
		want string
	}{
		"days":     {func(f *webtest.Form) { f.Set("repeat", "taeglich").Set("every", "3").Set("times", "2") }, "alle 3 Tage, bis Dienstag, 8. Dezember 2026"},
		"weekdays": {func(f *webtest.Form) { f.Set("repeat", "woechentlich").Set("weekdays", "sa", "so") }, "jede Woche: Samstag und Sonntag"},
		"a date":   {func(f *webtest.Form) { f.Set("repeat", "monatlich") }, "jeden Monat am 5."},
		"a Monday": {func(f *webtest.Form) { f.Set("repeat", "monatlich-wochentag") }, "jeden Monat am ersten Samstag"},
		"the last": {func(f *webtest.Form) { f.Set("repeat", "monatlich-letzter").Set("starts_on-tag", "26") }, "jeden Monat am letzten Samstag"},
	} {
		form := typed(h.manager.Get(bench).Want(200).Form(mainForm))
		c.fill(form)
		if got := form.Submit().Want(200).Text("main dl"); !strings.Contains(got, "Wiederholung "+c.want) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
