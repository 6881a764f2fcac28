//go:build browser

package web_test

import (
	"testing"

	"seestern/web/webtest"
)

func TestMain(m *testing.M) { webtest.Main(m) }

func TestSmokeLook(t *testing.T) {
	s := start(t)
	tab := webtest.Chromium(t)
	for name, path := range map[string]string{"list": "/angebote", "ask": "/muster/frage", "thing": "/", "error": "/nix", "easy": "/ls/angebote"} {
		for look, l := range map[string]webtest.Look{"1280": {}, "390": {Width: 390}, "1280-dark": {Dark: true}, "390-dark": {Width: 390, Dark: true}} {
			tab.As(l).Open(s.Base + path)
			tab.Screenshot(name + "-" + look)
		}
	}
	tab.As(webtest.Look{})
	tab.Open(s.Base + "/muster/frage")
	tab.Press("main form button")
	tab.Screenshot("errors-1280")
	tab.As(webtest.Look{Width: 390}).Screenshot("errors-390")
	t.Log(tab.Problems(), tab.Bytes())
}
