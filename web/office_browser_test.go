//go:build browser

package web_test

import (
	"strings"
	"testing"

	"seestern/web/webtest"
)

// TestAnOfficeFindsAndAsksPeopleInABrowser goes the whole way: search, project request, check, invitation, yes, what the office sees of it.
func TestAnOfficeFindsAndAsksPeopleInABrowser(t *testing.T) {
	h := newHouse(t)
	_, officer := h.officer("Bezirksamt Nord (Demo)", "officer1")
	people := h.skilled(8)
	tab := webtest.Chromium(t)
	look := func(name string) {
		t.Helper()
		for suffix, width := range map[string]int{"-390": 390, "-1280": 1280} {
			tab.As(webtest.Look{Width: width})
			for _, v := range tab.Axe() {
				t.Errorf("%s: %+v", name, v)
			}
			if got := webtest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); got > 0 {
				t.Errorf("%s is %d pixels wider than the window", name, got)
			}
			tab.Screenshot("office-" + name + suffix)
		}
	}
	text := func() string { return webtest.Eval[string](tab, `document.querySelector("main").innerText`) }

	tab.Become(officer)
	tab.Open(h.Base + "/amt/suche")
	tab.Fill(map[string]string{"purpose": "Bürgerwerkstatt zum sicheren Schulweg", "skill": "moderation"})
	tab.Press("main form button")
	if got := text(); !strings.Contains(got, "Rund 10 Menschen") || strings.Contains(got, "expert") {
		t.Fatalf("got %q", got)
	}
	look("found")
	tab.Press("#ergebnis a.kern-btn")
	day := h.clock.Now().AddDate(0, 0, 7)
	tab.Fill(map[string]string{
		"title": "Moderation für Bürgerwerkstatt", "goal": "Sicherer Schulweg", "effort": "zwei Abende", "description": "Für eine Bürgerwerkstatt zum Schulweg suchen wir zwei Menschen mit Erfahrung.",
		"areas": "lokales", "activities": "moderieren", "mode": "vor-ort", "place": "12555", "contact_role": "Anlaufstelle Beteiligung",
		"until-tag": day.Format("2"), "until-monat": day.Format("1"), "until-jahr": day.Format("2006"),
	})
	tab.Press("main form button.kern-btn--primary")
	if got := text(); !strings.Contains(got, "So sehen es die Menschen") || !strings.Contains(got, "rund 10") {
		t.Fatalf("got %q", got)
	}
	look("check")
	tab.Press("form[action*='/pruefen'] button")
	h.rings()
	tab.Become(people[0])
	tab.Open(h.Base + "/meine")
	webtest.Eval[bool](tab, `([...document.querySelectorAll("main a")].find(a => a.textContent.includes("Bürgerwerkstatt")).id = "frage", true)`)
	tab.Press("#frage")
	if got := text(); !strings.Contains(got, "Die Verwaltung darf mich fragen") {
		t.Errorf("got %q", got)
	}
	look("asked")
	tab.Press(".s-actions a")
	tab.Fill(map[string]string{"fields": "name"})
	look("yes")
	tab.Press("main form button")
	if got := webtest.Eval[string](tab, `document.getElementById("stand").textContent`); got != "Kontakt freigegeben" {
		t.Errorf("got %q", got)
	}
	tab.Open(h.Base + "/meine/daten/zugriffe")
	look("access")
	tab.Become(officer)
	tab.Open(h.Base + "/amt/projektanfragen")
	if got := text(); !strings.Contains(got, "1 Mensch hat Ja gesagt") || !strings.Contains(got, "rund 10") {
		t.Errorf("got %q", got)
	}
	look("list")
	for _, p := range tab.Problems() {
		t.Error(p)
	}
}
