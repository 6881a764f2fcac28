//go:build browser

package web_test

import (
	"testing"

	"seestern/web/webtest"
)

// TestPagesOfPeopleInABrowser looks at every page behind a sign-in, a link or a flow: accessibility, page policy, width.
func TestPagesOfPeopleInABrowser(t *testing.T) {
	h := newHouse(t)
	tab := webtest.Chromium(t)
	for _, l := range h.looks() {
		session := sessionCookie(h.Client, "") // a visitor has none
		if l.who != nil {
			session = l.who.Cookies()[0]
		}
		tab.SetCookie(h.Base, session.Name, session.Value)
		for suffix, width := range map[string]int{"-1280": 1280, "-390": 390} {
			t.Run(l.name+suffix, func(t *testing.T) {
				if got := tab.As(webtest.Look{Width: width}).Open(h.Base + l.path); got != 200 {
					t.Fatalf("status %d", got)
				}
				for _, v := range tab.Axe() {
					t.Errorf("%+v", v)
				}
				for _, problem := range tab.Problems() {
					t.Error(problem)
				}
				if got := webtest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); got > 0 {
					t.Errorf("%d pixels wider than the window", got)
				}
				tab.Screenshot("own-" + l.name + suffix)
			})
		}
	}
}
