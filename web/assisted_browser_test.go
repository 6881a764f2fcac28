//go:build browser

package web_test

import (
	"regexp"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/web/webtest"
)

// TestSomebodyIsHelpedInABrowser goes the whole way with keys for what matters: paper, account, acting for the person, request, answer, and the
// account becomes the person's own.
func TestSomebodyIsHelpedInABrowser(t *testing.T) {
	needAssets(t)
	h := newHouse(t)
	tab := webtest.Chromium(t)
	look := func(name string) {
		t.Helper()
		for suffix, width := range map[string]int{"-390": 390, "-1280": 1280} {
			tab.As(webtest.Look{Width: width})
			wellFormed(t, tab, "assisted-"+name+suffix)
		}
	}
	text := func() string { return webtest.Eval[string](tab, `document.body.innerText`) }
	says := func(parts ...string) {
		t.Helper()
		for _, part := range parts {
			if got := text(); !strings.Contains(got, part) {
				t.Errorf("%s does not say %q: %q", webtest.Eval[string](tab, "location.pathname"), part, got)
			}
		}
	}

	tab.Become(h.adviser)
	tab.Open(h.Base + "/vermittlung/begleitkonten/einwilligung")
	look("paper")
	if n := len(regexp.MustCompile(`/Type /Page\b[^s]`).FindAll(tab.PDF(), -1)); n == 0 || n > 2 {
		t.Errorf("the paper has %d pages, want 1 or 2", n)
	}
	tab.Open(h.Base + "/vermittlung/begleitkonten/neu")
	now := h.clock.Now()
	tab.Fill(map[string]string{
		"name": "Karl K.", "phone": "030 1234", "age": "60-plus", "lang": "de", "form": "B-17", "sure": "1", "purposes": "by-volunteer-center",
		"signed-tag": now.Format("2"), "signed-monat": now.Format("1"), "signed-jahr": now.Format("2006"),
	})
	look("new")
	tab.Press("main form button.kern-btn--primary")
	says("Begleitkonto: Karl K.", "Papier B-17")
	account := webtest.Eval[string](tab, "location.pathname")
	look("account")
	tab.KeyTo("form[action^='/meine/handeln/'] button")
	tab.Until(`location.pathname === "/meine"`)
	says("Sie handeln für:", "Karl K.")
	look("home")
	tab.Open(h.Base + "/angebote/" + h.opportunity.Code + "/helfen")
	tab.Fill(map[string]string{"via": "beratung", "available": "ab sofort"})
	look("ask")
	tab.Press("main form button")
	tab.Press("form[action*='/pruefen'] button")
	status := webtest.Eval[string](tab, "location.pathname")
	look("status")
	tab.KeyTo(".s-acting button")
	tab.Until(`location.pathname === "` + account + `"`)

	tab.Become(h.manager)
	tab.Open(h.Base + h.teamPath())
	says("über das Freiwilligenzentrum")
	look("team")
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name", "phone") })

	h.adviser = h.place(h.person("adviser2", withRole(engagement.Adviser)))
	tab.Become(h.adviser)
	tab.Open(h.Base + h.adviser.Get("/vermittlung").Want(200).Click("Karl K.").Path)
	says("Bitte sagen Sie der Person Bescheid", "030 1234")
	look("case")
	tab.Open(h.Base + account)
	tab.Press("form[action^='/meine/handeln/'] button")
	tab.Open(h.Base + status + "/kontakt")
	tab.Fill(map[string]string{"fields": "name"})
	look("release")
	tab.Press("main form button")
	says("Kontakt freigegeben", "Sie handeln für:")
	tab.Open(h.Base + "/meine/daten/zugriffe")
	says("hat für Sie angefragt:", "hat für Sie Kontaktdaten freigegeben:")
	look("log")
	tab.Open(h.Base + "/konto/sicherheit")
	says("Das kann die Person nur selbst tun")
	look("refused")
	tab.Press(".s-acting button")
	tab.Open(h.Base + account + "/uebergeben")
	tab.Fill(map[string]string{"email": "karl@mail.example"})
	look("offer")
	tab.Press("main form button")
	tab.Open(h.Base + account + "/protokoll")
	look("print")

	tab.SetCookie(h.Base, h.adviser.Cookies()[0].Name, "")
	tab.Open(h.Base + strings.TrimPrefix(h.link(h.mail("karl@mail.example")), h.Base))
	says("niemand handelt mehr für Sie")
	look("take-over")
	tab.Press("main form button")
	tab.Until(`location.pathname === "/meine"`)
	if strings.Contains(text(), "Sie handeln für") {
		t.Error("somebody still acts for the person")
	}
	tab.Open(h.Base + status)
	says("Kontakt freigegeben")
}
