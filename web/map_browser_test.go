//go:build browser

package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// TestTheMapMovesForWhoeverAsks opens the map, uses every button with the keyboard, and closes it again.
func TestTheMapMovesForWhoeverAsks(t *testing.T) {
	needAssets(t)
	maker := &tileMaker{answer: tilePNG(t)}
	h, _ := newTileHouse(t, maker)
	h.real.outline("teil", square...)
	h.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Tiles = engagement.Tiles{Template: "https://tiles.example/{z}/{x}/{y}.png", Attribution: "© Landesamt", Terms: "https://tiles.example/terms", MaxZoom: 18, RadiusKM: 50, CacheMB: 100}
		return tx.PutInstance(&i)
	})
	for suffix, look := range map[string]webtest.Look{"1280": {}, "390": {Width: 390}} {
		t.Run(suffix, func(t *testing.T) {
			tab := webtest.Chromium(t)
			tab.As(look).Open(h.Base + "/angebote?ort=12555&umkreis=10")
			for _, r := range tab.Requests() {
				if strings.Contains(r, "leaflet") || strings.Contains(r, "/kacheln/") || strings.Contains(r, "map.") {
					t.Errorf("loaded before anybody asked: %s", r)
				}
			}
			if webtest.Eval[string](tab, `document.querySelector(".s-map-credit").hidden ? "" : "shown"`) != "" {
				t.Error("tiles are credited that are not there")
			}
			use := func(element string) {
				webtest.Eval[bool](tab, element+`.focus() ?? true`)
				tab.Do(chromedp.KeyEvent(kb.Enter))
			}
			focus := func() string { return webtest.Eval[string](tab, `document.activeElement.textContent.trim()`) }
			use(`document.querySelector("seestern-map > button")`)
			tab.Until(`document.querySelectorAll(".s-map-live img.leaflet-tile-loaded").length > 0 && document.querySelector(".s-map-pin")`)
			if got := focus(); got != "Vergrößern" {
				t.Errorf("focus on %q", got)
			}
			if got := webtest.Eval[string](tab, `document.querySelector(".s-map-credit a").innerText`); got != "Kartendaten: © Landesamt (tiles.example)" {
				t.Errorf("the link away says %q", got)
			}
			wellFormed(t, tab, "map-"+suffix)
			if problems, _ := tab.KeyboardProblems("body"); len(problems) > 0 {
				t.Error(problems)
			}
			if got := webtest.Eval[string](tab, `document.querySelector(".s-map-pin").getAttribute("aria-label")`); got != "1: Kindern vorlesen in der Kita" {
				t.Errorf("a marker says %q", got)
			}
			for _, name := range []string{"Vergrößern", "Nach Norden", "Nach Westen", "Verkleinern", "Nach Süden", "Nach Osten", "Ganze Karte"} {
				const tiles = `[...document.querySelectorAll(".s-map-live img")].map((tile) => tile.src + tile.getBoundingClientRect().left + " " + tile.getBoundingClientRect().top).sort().join()`
				webtest.Eval[bool](tab, `(window.before = `+tiles+`) !== ""`)
				use(`[...document.querySelectorAll(".s-map-bar button")].find((b) => b.textContent === "` + name + `")`)
				tab.Until(`window.before !== ` + tiles)
			}
			use(`document.querySelector(".s-map-pin")`)
			if got := focus(); got != "Kindern vorlesen in der Kita" {
				t.Errorf("the marker leads to %q", got)
			}
			use(`[...document.querySelectorAll(".s-map-bar button")].at(-1)`)
			tab.Until(`!document.querySelector(".s-map-live")`)
			if got := focus(); got != "Karte bewegen" {
				t.Errorf("closed: focus on %q", got)
			}
			if webtest.Eval[bool](tab, `document.querySelector("seestern-map > svg").hasAttribute("hidden")`) {
				t.Error("the drawn map did not come back")
			}
			for _, p := range tab.Problems() {
				t.Error(p)
			}
		})
	}
}
