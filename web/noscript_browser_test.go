//go:build browser

package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"seestern/engagement"
	"seestern/web/webtest"
)

// plainHand goes through pages in a browser without scripts on a phone. It types and clicks only what can be seen.
type plainHand struct {
	t   *testing.T
	h   *house
	tab *webtest.Tab
}

// as goes on as somebody; nil: a visitor.
func (p plainHand) as(who *webtest.Client) {
	p.t.Helper()
	session := sessionCookie(p.h.Client, "")
	if who != nil {
		session = who.Cookies()[0]
	}
	p.tab.SetCookie(p.h.Base, session.Name, session.Value)
}

func (p plainHand) open(path string) {
	p.t.Helper()
	if got := p.tab.Open(p.h.Base + strings.TrimPrefix(path, p.h.Base)); got != http.StatusOK {
		p.t.Fatalf("%s: status %d", path, got)
	}
}

// there fails the test unless a selector finds something that can be seen.
func (p plainHand) there(selector string) string {
	p.t.Helper()
	if !webtest.Eval[bool](p.tab, `!!document.querySelector(`+strconv.Quote(selector)+`)?.getClientRects().length`) {
		p.t.Fatalf("%s has no %s: %s", p.path(), selector, p.text("main"))
	}
	return selector
}

// press clicks what leads to another page and wants it to be there.
func (p plainHand) press(selector string) {
	p.t.Helper()
	if got := p.tab.Press(p.there(selector)); got != http.StatusOK {
		p.t.Fatalf("%s: status %d: %s", selector, got, p.text("main"))
	}
}

// send presses the button of the form in which everything is asked.
func (p plainHand) send() {
	p.t.Helper()
	p.press("main form .kern-btn--primary")
}

func (p plainHand) tick(names ...string) {
	p.t.Helper()
	for _, name := range names {
		field, value, _ := strings.Cut(name, "=")
		p.tab.Do(chromedp.Click(p.there(`main [name="` + field + `"][value="` + value + `"]`)))
	}
}

func (p plainHand) choose(name, value string) {
	p.t.Helper()
	p.tab.Do(chromedp.SetValue(p.there(`main select[name="`+name+`"]`), value))
}

func (p plainHand) write(name, text string) {
	p.t.Helper()
	p.tab.Type(p.there(`main [name="`+name+`"]:not([type=hidden])`), text)
}

func (p plainHand) text(selector string) string {
	p.t.Helper()
	return webtest.Eval[string](p.tab, `document.querySelector("`+selector+`").innerText`)
}

func (p plainHand) path() string {
	p.t.Helper()
	return webtest.Eval[string](p.tab, "location.pathname")
}

// TestTheMainWaysWithoutScript is A-05: what people come for, from the first page to the end, with scripts switched off.
func TestTheMainWaysWithoutScript(t *testing.T) {
	needAssets(t)
	h := newHouse(t)
	tab := webtest.Chromium(t)
	tab.As(webtest.Look{NoScript: true, Width: 390})
	p := plainHand{t, h, tab}

	p.open("/")
	p.write("q", "vorlesen")
	p.write("ort", "12555")
	p.send()
	p.press(".s-hit h3 a")
	p.press(`main a[href*="/helfen"]`)
	p.press(`main a[href$="/ohne-konto"]`)
	p.write("name", "Ada")
	p.write("email", "ada@mail.example")
	p.tick("age=ab-18")
	p.write("text", "Ich lese gern vor.")
	p.send()
	p.press(`form[action*="/pruefen"] .kern-btn--primary`)
	p.open(h.link(h.mail("ada@mail.example")))
	p.send()
	status := p.path()
	if got := p.text("#stand"); got != "Anfrage gesendet" {
		t.Fatalf("got %q at %s", got, status)
	}

	team := h.teamPath()
	p.as(h.manager)
	p.open("/meine")
	p.open(team)
	p.press(`main a[href$="/kontakt"]`)
	if !webtest.Eval[bool](tab, `document.querySelector("[name=ask][value=name]").checked`) {
		p.tick("ask=name")
	}
	p.send()
	p.as(nil)
	p.open(status)
	p.press(`main a[href$="/kontakt"]`)
	p.tick("fields=name")
	p.send()
	p.as(h.manager)
	p.open(team)
	p.press(`main a[href$="/zusagen"]`)
	p.send()
	p.as(nil)
	p.open(status)
	if got := p.text("#stand"); got != "Vereinbart" {
		t.Errorf("got %q", got)
	}

	p.open("/melden?id=" + h.opportunity.Code)
	p.tick("reason=irrefuehrend")
	p.write("text", "Die Adresse stimmt nicht.")
	p.send()
	if p.path() == "/melden" {
		t.Errorf("not sent: %s", p.text("main"))
	}

	o := h.occasion(h.org, "Lesetreff", func(o *engagement.Occasion) { o.SignUp, o.Capacity = "offen", 3 })
	p.open("/termine/" + o.Code)
	p.press(`main a[href$="/anmelden"]`)
	p.write("name", "Ada")
	p.write("email", "ada2@mail.example")
	p.send()
	p.open(h.link(h.mail("ada2@mail.example")))
	p.send()
	if !strings.HasPrefix(p.path(), "/anmeldung/") {
		t.Errorf("at %s: %s", p.path(), p.text("main"))
	}

	p.as(h.manager)
	p.open("/angebot-einstellen?organisation=" + h.org.Code)
	p.write("title", "Plätzchen backen im Advent")
	p.write("summary", "Wir backen Plätzchen mit Kindern.")
	p.write("description", strings.Repeat("Wir backen zusammen und erzählen Geschichten. ", 8))
	p.tick("areas=freizeit", "activities=kochen-backen")
	p.send()
	p.fill("commitment", "regelmaessig")
	p.fill("hours_max", "2,5")
	p.tick("slots=mi-nachmittag")
	p.fill("mode", "vor-ort")
	p.fill("place", "12555")
	p.send()
	p.fill("capacity", "3")
	p.fill("min_age", "16")
	p.fill("insurance", "offen")
	p.send()
	p.send()
	if !strings.HasSuffix(p.path(), "/fertig") {
		t.Errorf("at %s: %s", p.path(), p.text("main"))
	}

	p.as(nil)
	p.open("/registrieren")
	p.write("email", "grace@mail.example")
	p.send()
	p.open(h.link(h.mail("grace@mail.example")))
	p.fill("name", "Grace")
	p.fill("passwort", goodPassword)
	p.send()
	if p.path() != "/meine" {
		t.Errorf("at %s: %s", p.path(), p.text("main"))
	}
	p.press(`main a[href="/meine/angaben"]`)
	p.write("place", "12555")
	p.send()
}

// fill answers a question whatever it is asked with: a box or circle to tick, a list, or a field to write in.
func (p plainHand) fill(name, value string) {
	p.t.Helper()
	kind := webtest.Eval[string](p.tab, `(e => e.localName === "select" ? "list" : e.type === "radio" || e.type === "checkbox" ? "tick" : "text")(document.querySelector("main [name='`+name+`']"))`)
	switch kind {
	case "list":
		p.choose(name, value)
	case "tick":
		p.tick(name + "=" + value)
	default:
		p.write(name, value)
	}
}
