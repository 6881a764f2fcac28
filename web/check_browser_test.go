//go:build browser

package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"seestern/web/webtest"
)

// wellFormed looks at the page that the tab shows.
func wellFormed(t *testing.T, tab *webtest.Tab, name string) {
	t.Helper()
	for _, v := range tab.Axe() {
		t.Errorf("%s: %+v", name, v)
	}
	for _, p := range tab.Problems() {
		t.Errorf("%s: %s", name, p)
	}
	if got := webtest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); got > 0 {
		t.Errorf("%s: %d pixels wider than the window", name, got)
	}
	tab.Screenshot(name)
}

// TestTheCheckWithTheKeyboard walks from the first page to a printed list and a profile, with keys alone, with and without scripts.
func TestTheCheckWithTheKeyboard(t *testing.T) {
	needAssets(t)
	h := newHouse(t)
	tab := webtest.Chromium(t)
	for suffix, look := range map[string]webtest.Look{"1280": {}, "390": {Width: 390}, "without-script": {NoScript: true}} {
		wellFormed := func(t *testing.T, tab *webtest.Tab, name string) {
			t.Helper()
			if !look.NoScript { // those who look are scripts, too
				wellFormed(t, tab, name)
			}
		}
		t.Run(suffix, func(t *testing.T) {
			tab.As(look).Open(h.Base + "/")
			title := func() string { return webtest.Eval[string](tab, `document.querySelector("h1").textContent`) }
			on := func(selector, want string) {
				t.Helper()
				tab.KeyTo(selector)
				if got := title(); got != want {
					t.Fatalf("%s leads to %q, not %q", selector, got, want)
				}
			}
			on("a[href='/check/1']", "Ort")
			tab.Key("#place", "12555")
			on("main form .kern-btn--primary", "Themen")
			tab.Key("#areas", " ")
			wellFormed(t, tab, "check-walk-topics-"+suffix)
			on("main form .kern-btn--primary", "Tätigkeiten")
			on("button[name=zurueck]", "Themen")
			if !webtest.Eval[bool](tab, `document.querySelector("#areas").checked`) {
				t.Error("the answer is lost on the way back")
			}
			on("main form .kern-btn--primary", "Tätigkeiten")
			on("button[name=ohne]", "Menschen")
			on("button[formaction='/check/ergebnis']", "Das passt zu Ihren Antworten")
			wellFormed(t, tab, "check-walk-result-"+suffix)
			on("button[name=weniger]", "Das passt zu Ihren Antworten")
			tab.Key(".s-mark input", " ")
			on("button[formaction='/check/druck']", "Angebote, die passen")
			wellFormed(t, tab, "check-walk-sheet-"+suffix)
			on("main form .kern-btn", "Das passt zu Ihren Antworten")
			on("button[formaction='/check/speichern']", "Antworten als Profil speichern")
			wellFormed(t, tab, "check-walk-keep-"+suffix)
			on("form[action='/anmelden'] button", "Anmelden")
		})
	}
}

// TestTheCheckForgets waits at a page that nobody uses any more, in a shorter time than there.
func TestTheCheckForgets(t *testing.T) {
	needAssets(t)
	h := newHouse(t)
	tab := webtest.Chromium(t)
	tab.As(webtest.Look{}).Open(h.Base + "/check/1")
	warn := func() {
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-idle]").dataset.idle = "0.05"`), chromedp.KeyEvent(kb.Shift))
		tab.Until(`document.querySelector(".s-idle[role=alert] button") !== null`)
	}
	warn()
	wellFormed(t, tab, "check-idle")
	tab.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-idle]").dataset.idle = "300"`), chromedp.Click(".s-idle button"))
	if webtest.Eval[bool](tab, `document.querySelector(".s-idle") !== null`) || !strings.HasSuffix(webtest.Eval[string](tab, "location.pathname"), "/check/1") {
		t.Error("the warning stays")
	}
	tab.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-idle]").dataset.more = "0.05"`))
	warn()
	tab.Until(`location.pathname === "/" && document.readyState === "complete"`)
}

func TestTheSheetIsPaper(t *testing.T) {
	needAssets(t)
	h := newHouse(t)
	for i := range 12 {
		h.real.opportunity("Vorlesen am Nachmittag "+strings.Repeat("I", i+1), h.org)
	}
	tab := webtest.Chromium(t)
	tab.As(webtest.Look{}).Open(h.Base + "/check/alles")
	tab.Do(chromedp.Evaluate[chromedp.Void](`(() => { const f = document.querySelector("main form"); f.action = "/check/druck"; f.submit() })()`))
	tab.Until(`document.querySelectorAll(".s-sheet > li").length === 10`)
	tab.As(webtest.Look{Print: true, Width: 680})
	if got := webtest.Eval[float64](tab, "document.documentElement.scrollWidth"); got > 681 {
		t.Errorf("%g pixels wide, want 680", got)
	}
	if got := webtest.Eval[float64](tab, `document.querySelector(".s-sheet .s-qr").getBoundingClientRect().width`); got < 113 { // 30 mm
		t.Errorf("a code is %g pixels wide", got)
	}
	tab.Screenshot("check-print")
}
