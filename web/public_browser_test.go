//go:build browser

package web_test

import (
	"strings"
	"testing"

	"seestern/web/webtest"
)

// publicPages are the pages of this file's tests by name.
func publicPages(s *real) map[string]string {
	return map[string]string{
		"start": "/", "search": "/angebote?ort=12555&umkreis=10", "search-all": "/angebote", "search-error": "/angebote?ort=Atlantis", "place": "/angebote?ort=Frankfurt", "empty": "/angebote?q=Hospizbegleitung&ort=12555",
		"opportunity": s.path("Kindern vorlesen in der Kita"), "copy": s.path("Sprachcafé begleiten"), "poster": s.path("Kindern vorlesen in der Kita") + "/aushang", "poster-small": s.path("Kindern vorlesen in der Kita") + "/aushang?format=a5&streifen=ohne",
		"texts": s.path("Kindern vorlesen in der Kita") + "/weitersagen", "slide": s.path("Kindern vorlesen in der Kita") + "/folie", "paper-list": "/angebote/liste", "embed": "/einbetten/angebote", "embed-help": "/einbetten?ort=12555",
		"organizations": "/organisationen", "organization": "/organisationen/" + s.orgs["Leseinsel Dahmeufer e. V. (Demo)"].Code, "news": "/neuigkeiten", "easy": "/ls/angebote?ort=12555&umkreis=10",
		"announcement": webtest.Attr(s.Get("/neuigkeiten").Find(".s-hits a")[0], "href"), "missing": "/nix", "english": "/en" + s.path("Kindern vorlesen in der Kita"),
		"easy-start": "/ls/", "easy-opportunity": "/ls" + s.path("Kindern vorlesen in der Kita"), "easy-empty": "/ls/angebote?q=Hospizbegleitung",
	}
}

func TestTheListFollowsTheFilter(t *testing.T) {
	s := realSite(t).furnish()
	tab := webtest.Chromium(t)
	tab.Open(s.Base + "/angebote")
	t.Run("while it is used, with the number of hits", func(t *testing.T) {
		webtest.Eval[bool](tab, `(document.getElementById("zeit-wochenende").click(), true)`)
		tab.Until(`document.querySelectorAll("#treffer .s-hit").length === 3`)
		if got, want := webtest.Eval[string](tab, `document.getElementById("meldung").textContent`), "3 Angebote"; got != want {
			t.Errorf("said %q, want %q", got, want)
		}
		if got := webtest.Eval[string](tab, "location.search"); !strings.Contains(got, "zeit=wochenende") {
			t.Errorf("address %q", got)
		}
		if got, want := webtest.Eval[string](tab, `document.querySelector("label[for=aufwand] .s-count").textContent`), "(1)"; got != want {
			t.Errorf("einmalig %q, want %q", got, want)
		}
	})
	t.Run("and offers places", func(t *testing.T) {
		tab.Type("#ort", "Köp")
		tab.Until(`[...document.querySelectorAll("datalist option")].some(o => o.value.includes("Köpenick"))`)
	})
	for _, p := range tab.Problems() {
		t.Error(p)
	}
}
