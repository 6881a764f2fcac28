//go:build browser

package web_test

import (
	"strconv"
	"testing"

	"seestern/web/webtest"
)

// publicPages are the pages of this file's tests by name.
func publicPages(s *real) map[string]string {
	return map[string]string{
		"start": "/", "search": "/angebote?ort=12555&umkreis=10", "search-all": "/angebote", "search-error": "/angebote?ort=Atlantis", "place": "/angebote?ort=Frankfurt", "empty": "/angebote?q=Hospizbegleitung&ort=12555",
		"opportunity": s.path("Kindern vorlesen in der Kita"), "copy": s.path("Sprachcafé begleiten"), "poster": s.path("Kindern vorlesen in der Kita") + "/aushang",
		"organizations": "/organisationen", "organization": "/organisationen/" + s.orgs["Leseinsel Dahmeufer e. V. (Demo)"].Code, "news": "/neuigkeiten", "easy": "/ls/angebote?ort=12555&umkreis=10",
	}
}

func TestPublicPagesInABrowser(t *testing.T) {
	s := realSite(t).furnish()
	tab := webtest.Chromium(t)
	for name, path := range publicPages(s) {
		for _, look := range []webtest.Look{{}, {Width: 390}, {Dark: true}} {
			t.Run(name+" at "+strconv.Itoa(look.Width), func(t *testing.T) {
				tab.As(look).Open(s.Base + path)
				for _, v := range tab.Axe() {
					t.Errorf("%+v", v)
				}
				for _, p := range tab.Problems() {
					t.Error(p)
				}
				tab.Screenshot("public-" + name + "-" + strconv.Itoa(look.Width) + map[bool]string{true: "-dark"}[look.Dark])
			})
		}
	}
}
