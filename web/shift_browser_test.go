//go:build browser

package web_test

import (
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// TestShiftsWithTheKeyboard goes the whole way on a phone with keys alone, with and without scripts: two people and one place, the waiting list,
// who was there, and the hours.
func TestShiftsWithTheKeyboard(t *testing.T) {
	needAssets(t)
	for suffix, look := range map[string]webtest.Look{"390": {Width: 390}, "390-without-script": {Width: 390, NoScript: true}} {
		t.Run(suffix, func(t *testing.T) {
			h := newHouse(t)
			tab := webtest.Chromium(t)
			o := h.real.opportunity("Café am Ufer", h.org)
			first, second := h.place(h.person("volunteer1")), h.place(h.person("volunteer2"))
			h.agreement("volunteer1", o)
			m := h.agreement("volunteer2", o)
			bench := h.Base + "/meine/organisationen/" + h.org.Code + "/einsaetze"
			see := func(name string, parts ...string) {
				t.Helper()
				text := webtest.Eval[string](tab, `document.querySelector("main").innerText`)
				for _, part := range parts {
					if !strings.Contains(text, part) {
						t.Fatalf("%s does not say %q: %s", name, part, text)
					}
				}
				if !look.NoScript { // those who look are scripts, too
					wellFormed(t, tab, "shift-walk-"+name)
				}
			}
			const save = "main form[novalidate] .kern-btn--primary"
			// takes goes from the page of the opportunity to the first shift that somebody can have.
			takes := func(name string, who *webtest.Client, says string) {
				t.Helper()
				tab.Become(who)
				tab.Open(h.Base + "/angebote/" + o.Code)
				tab.KeyTo(`main a[href$="/schichten"]`)
				tab.KeyTo(".s-hit .kern-btn--primary")
				see(name + "-take")
				tab.KeyTo(save)
				see(name, says)
			}

			tab.As(look).Become(h.manager)
			tab.Open(bench)
			tab.KeyTo(`main a[href$="/neu"]`)
			day := h.clock.Now().AddDate(0, 0, 3)
			for _, field := range [][2]string{
				{"angebot", "Café"}, {"starts_on-tag", day.Format("2")}, {"starts_on-monat", day.Format("1")}, {"starts_on-jahr", day.Format("2006")}, {"starts_at", "10"}, {"ends_at", "12:30"},
			} {
				tab.Key("[name="+field[0]+"]", field[1])
			}
			see("plan")
			tab.KeyTo(save)
			see("planned", "10–12:30 Uhr", "0 von 1 Plätzen vergeben")

			takes("first", first, "Eingetragen")
			takes("waiting", second, "Warteliste")
			tab.Become(first)
			tab.Open(h.Base + "/angebote/" + o.Code)
			tab.KeyTo(`main a[href$="/schichten"]`)
			tab.KeyTo(`main a[href$="/abgeben"]`)
			see("back")
			tab.KeyTo(save)
			see("given-back", "Abgegeben")

			tab.Become(second)
			tab.Open(h.Base + strings.TrimPrefix(h.link(h.mail("volunteer2@mail.example")), h.Base))
			see("offered", "Zusage steht noch aus")
			tab.KeyTo(`main form[action$="/zusagen"] button`)
			see("accepted", "Eingetragen")

			h.clockStrikes(4 * 24 * time.Hour)
			tab.Become(h.again("manager1"))
			tab.Open(bench)
			see("bench", "Anwesenheit (1)")
			tab.KeyTo(`main a[href$="/anwesenheit"]`)
			tab.KeyTo(`.s-hit a[href*="/anwesenheit/"]`)
			tab.Key("main input[type=radio][value="+string(engagement.ShiftAttended)+"]", " ")
			see("attendance")
			tab.KeyTo(save)

			tab.Become(h.again("volunteer2"))
			tab.Open(h.Base + "/meine/stunden")
			see("hours", "2,5 Stunden", "Café am Ufer")
			h.update(func(tx *store.Tx) error {
				hours, err := tx.HoursOf(m.Account)
				if err == nil && (len(hours) != 1 || hours[0].State != engagement.HoursConfirmed) {
					t.Errorf("got %+v", hours)
				}
				return err
			})
		})
	}
}
