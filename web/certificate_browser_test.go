//go:build browser

package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seestern/web/webtest"
)

// TestHoursBecomeACertificateInABrowser goes the whole way: hours, their confirmation, a certificate, its file, the check by code, the end.
func TestHoursBecomeACertificateInABrowser(t *testing.T) {
	h := newHouse(t)
	ada, m := h.active("ada")
	tab := webtest.Chromium(t)
	text := func() string { return webtest.Eval[string](tab, `document.querySelector("main").innerText`) }
	says := func(words ...string) {
		t.Helper()
		got := text()
		for _, w := range words {
			if !strings.Contains(got, w) {
				t.Fatalf("no %q in %q", w, got)
			}
		}
	}
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
			tab.Screenshot("certificate-" + name + suffix)
		}
	}
	today, bench := h.clock.Now(), h.Base+"/meine/organisationen/"+h.org.Code
	day := func(field string) map[string]string {
		return map[string]string{field + "-tag": today.Format("2"), field + "-monat": today.Format("1"), field + "-jahr": today.Format("2006")}
	}
	button := "main form button.kern-btn--primary"

	tab.Become(ada)
	tab.Open(h.Base + "/meine/stunden/neu?fuer=" + string(m.ID))
	tab.Fill(day("day"))
	tab.Fill(map[string]string{"hours": "2,5"})
	tab.Press(button)
	says("Wartet auf die Organisation", "2,5 Stunden")
	look("hours")

	tab.Become(h.manager)
	tab.Open(bench + "/stunden")
	webtest.Eval[bool](tab, `document.querySelector("[name=entry]").checked = true`)
	look("confirm")
	tab.Press(button)
	says("Zurzeit wartet kein Eintrag")

	tab.Become(ada)
	tab.Open(h.Base + "/meine/nachweise/neu?fuer=" + string(m.ID))
	tab.Fill(day("until"))
	tab.Fill(map[string]string{"name": "Ada Beispiel", "role": "Vorlesepatin", "tasks": "Hat jede Woche vorgelesen."})
	tab.Press(button)
	says("2,5 Stunden", h.org.Name)
	look("check")
	tab.Press("main form[action*='/pruefen'] button")
	says("Wartet auf die Organisation")
	own := webtest.Eval[string](tab, "location.href")

	tab.Become(h.manager)
	tab.Open(bench + "/nachweise/" + own[strings.LastIndex(own, "/")+1:])
	look("case")
	tab.Press("form[action*='/bestaetigen'] button")
	says("Bestätigt")

	tab.Become(ada)
	tab.Open(own)
	says("Nachweis, PDF,", "Prüfcode")
	look("issued")
	file := ada.Get(strings.TrimPrefix(own, h.Base) + ".pdf").Want(200).Body
	if dir := os.Getenv("SEESTERN_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "certificate.pdf"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := pdfText(t, file); !strings.Contains(got, "Vorlesepatin") || !strings.Contains(got, "2,5 Stunden") {
		t.Errorf("the file says %q", got)
	}
	code := checkCode.FindString(text())

	tab.Open(h.Base + "/nachweis/" + code)
	says("Dieser Nachweis gilt", h.org.Name)
	if strings.Contains(text(), "Ada Beispiel") {
		t.Error("the name was not released")
	}
	look("valid")

	tab.Become(h.manager)
	tab.Open(bench + "/nachweise/" + own[strings.LastIndex(own, "/")+1:] + "/widerrufen")
	tab.Fill(map[string]string{"reason": "Ein Irrtum."})
	tab.Press(button)
	says("Zurückgenommen")
	tab.Open(h.Base + "/nachweis/" + code)
	says("Dieser Nachweis gilt nicht mehr")
}
