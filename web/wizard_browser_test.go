//go:build browser

package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

// TestAnInstanceIsSetUpInABrowser goes from an empty database to a page that everybody sees, without scripts; and looks at the pages of the
// set-up in every way.
func TestAnInstanceIsSetUpInABrowser(t *testing.T) {
	h := &house{}
	h.real = realSite(t, func(o *web.Options) {
		o.StaffAlone = true // the second factor has a way through a browser of its own
		o.Mail = web.MailSetup{Transport: "smtp", Server: "mail.example:587", From: "seite@seestern.example", Post: h}
	})
	key := ""
	h.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		fresh := engagement.NewInstance()
		fresh.Version = i.Version
		if err := tx.PutInstance(&fresh); err != nil {
			return err
		}
		key, err = engagement.InviteSetup(tx)
		return err
	})
	logo := filepath.Join(t.TempDir(), "wappen.png")
	if err := os.WriteFile(logo, picture(t, 300, 200, asPNG), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := webtest.Chromium(t)
	fill := func(values map[string]string) {
		for name, value := range values {
			webtest.Eval[bool](tab, fmt.Sprintf(`((name, value) => {
				const all = [...document.querySelectorAll("main [name='" + name + "']")]
				const tick = all.find(c => ["radio", "checkbox"].includes(c.type) && c.value === value)
				if (tick) tick.checked = true
				else all[0].value = value
				return true
			})(%q, %q)`, name, value))
		}
	}
	look := func(name string) {
		t.Helper()
		for suffix, l := range map[string]webtest.Look{"-390": {Width: 390}, "-dark": {Dark: true}, "-forced": {Forced: true}, "": {}} {
			tab.As(l)
			for _, v := range tab.Axe() {
				t.Errorf("%s%s: %+v", name, suffix, v)
			}
			if got := webtest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); got > 0 {
				t.Errorf("%s is %d pixels wider than the window", name, got)
			}
			tab.Screenshot("setup-" + name + suffix)
		}
		tab.As(webtest.Look{})
	}
	follow := func(text string) {
		t.Helper()
		webtest.Eval[bool](tab, fmt.Sprintf(`([...document.querySelectorAll("main a")].find(a => a.textContent.includes(%q)).id = "weiter-hier", true)`, text))
		tab.Press("#weiter-hier")
	}
	send := func() int { return tab.Press("main form .kern-btn--primary") }
	text := func() string { return webtest.Eval[string](tab, `document.querySelector("main").innerText`) }

	tab.Open(h.Base + "/einrichten?schluessel=" + key)
	look("list")
	follow("Name, Region")
	fill(map[string]string{"name": "Mitmachen in Köpenick", "kind": "bezirk", "place": "Köpenick"})
	look("place")
	send()
	follow("Erstes Konto")
	fill(map[string]string{"person": "Ada", "email": "ada@mail.example", "passwort": goodPassword})
	look("account")
	send()
	follow("E-Mail")
	send()
	if got := text(); !strings.Contains(got, "Die E-Mail ging hinaus") {
		t.Errorf("got %q", got)
	}
	look("mail")
	follow("Zurück")
	follow("Kontakt und Pflicht-Texte")
	look("texts")
	fill(map[string]string{"operator": "Bezirksamt (Demo)", "contact_mail": "hallo@mail.example", "texts_impressum": fullText, "texts_datenschutz": fullText, "texts_barrierefreiheit": fullText})
	send()
	follow("Netzwerk")
	look("network")
	send()
	follow("Aussehen")
	fill(map[string]string{"brand": "#7a1f3d", "action_light": "#7a1f3d", "action_dark": "#f3a6bd", "header": "farbig", "logo_alt": "Wappen"})
	tab.Do(chromedp.SetUploadFiles("#file", []string{logo}))
	look("look")
	send()
	look("look-check")
	send()
	follow("Prüfen")
	look("check")
	if got := send(); got != 200 {
		t.Errorf("the start answers %d: %s", got, text())
	}
	if got := webtest.Eval[string](tab, "location.pathname"); got != "/" {
		t.Errorf("it leads to %s", got)
	}
	tab.SetCookie(h.Base, "s"+h.Base[strings.LastIndex(h.Base, ":")+1:], "")
	tab.Open(h.Base + "/angebote")
	look("started")
	if got := webtest.Eval[string](tab, `getComputedStyle(document.querySelector(".s-header")).backgroundColor`); got != "rgb(122, 31, 61)" {
		t.Errorf("the head is %s", got)
	}
	for _, p := range tab.Problems() {
		t.Error(p)
	}
}

// TestAxeSeesTheContrastOfThemesAsWeDo is the part of A-16 in a browser: what is accepted has no low contrast, what is refused has.
func TestAxeSeesTheContrastOfThemesAsWeDo(t *testing.T) {
	h := newHouse(t)
	tab := webtest.Chromium(t)
	wear := func(theme engagement.Theme) {
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			if err != nil {
				return err
			}
			i.Theme = theme
			return tx.PutInstance(&i)
		})
	}
	opened := 0
	low := func() (found []string) {
		for _, path := range []string{"/", "/angebote", "/angebote/" + h.opportunity.Code} {
			opened++ // a page of a minute ago would wear what was worn then
			tab.Open(fmt.Sprint(h.Base, path, "?mal=", opened))
			for _, v := range tab.Axe() {
				found = append(found, path+": "+v.ID)
			}
		}
		return found
	}
	for _, brand := range []engagement.Color{"#ffcc00", "#ffffff", "#7f7f7f", "#e2007a", "#3aa655", "#000000"} {
		theme := engagement.Theme{Brand: brand, Header: "farbig"}
		light, dark := append([]engagement.Color{theme.TintLight()}, engagement.LightGrounds...), append([]engagement.Color{theme.TintDark()}, engagement.DarkGrounds...)
		theme.ActionLight, theme.ActionDark = brand.Nearest(light, engagement.ContrastText), brand.Nearest(dark, engagement.ContrastText)
		if err := theme.Check(); err != nil {
			t.Fatal(err)
		}
		wear(theme)
		for name, l := range map[string]webtest.Look{"light": {}, "dark": {Dark: true}} {
			tab.As(l)
			if got := low(); len(got) > 0 {
				t.Errorf("%+v in %s: %q", theme, name, got)
			}
			tab.Screenshot("theme-" + strings.TrimPrefix(string(brand), "#") + "-" + name)
		}
	}
	refused := engagement.Theme{ActionLight: "#3a8a96"}
	if refused.Check() == nil {
		t.Fatal("accepted")
	}
	wear(refused)
	tab.As(webtest.Look{})
	if got := low(); !strings.Contains(strings.Join(got, " "), "color-contrast") {
		t.Errorf("axe finds %q", got)
	}
}
