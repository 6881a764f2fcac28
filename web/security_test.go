package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/net/html"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// app is an app for codes that has learned the secret of a page.
type app struct {
	h      *house
	secret string
}

// code is what it shows now.
func (a app) code() string {
	a.h.t.Helper()
	code, err := totp.GenerateCode(a.secret, a.h.clock.Now())
	if err != nil {
		a.h.t.Fatal(err)
	}
	return code
}

const secondPath = "/konto/sicherheit/zweiter-faktor"

// guard sets up a second factor, and returns the app and the codes on paper.
func (h *house) guard(c *webtest.Client) (app, []string) {
	h.t.Helper()
	page := c.Get(secondPath).Want(200)
	if !page.Has("[name=code]") {
		page = page.Form(mainForm).Submit().Want(200)
	}
	a := app{h, strings.ReplaceAll(page.Text("main code"), " ", "")}
	codes := page.Form(mainForm).Set("code", a.code()).Submit().Want(200).Texts("ol code")
	h.clock.Forward(30 * time.Second) // the code is used up
	return a, codes
}

func signInAs(c *webtest.Client, name string) *webtest.Page {
	return c.Get("/anmelden").Form(mainForm).Set("login", name+"@mail.example").Set("passwort", goodPassword).Submit().Want(200)
}

func formOf(n *html.Node) *html.Node {
	for d := range n.Descendants() {
		if d.Data == "form" {
			return d
		}
	}
	return nil
}

// WEB-24
func TestASecondFactor(t *testing.T) {
	h := newHouse(t)
	ada := h.visitor()
	h.register(ada, "ada", goodPassword)
	other := h.visitor()
	signInAs(other, "ada")
	before := ada.Cookies()[0].Value
	phone, codes := h.guard(ada)
	if len(codes) != 10 || len(codes[0]) != 19 {
		t.Fatalf("codes on paper: %q", codes)
	}
	t.Run("is told by mail, ends the other sessions and gives this one a new id", func(t *testing.T) {
		if got := h.mail("ada@mail.example").Subject; got != "Sicherheit Ihres Kontos" {
			t.Errorf("got mail %q", got)
		}
		if ada.Cookies()[0].Value == before {
			t.Error("the session has its old id")
		}
		ada.Get("/meine").Want(200)
		if got := other.Get("/meine").Path; !strings.HasPrefix(got, "/anmelden") {
			t.Errorf("the other device sees %s", got)
		}
	})
	t.Run("is asked for after the password, and leads on", func(t *testing.T) {
		c := h.visitor()
		page := c.Get("/meine/anfragen").Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
		if page.Text("h1") != "Zweiter Schritt" || len(c.Cookies()) != 0 {
			t.Fatalf("got %q with %d cookies", page.Text("h1"), len(c.Cookies()))
		}
		page.Form(mainForm).Set("code", "000000").Submit().Want(422)
		code := phone.code()
		if got := page.Form(mainForm).Set("code", code).Submit().Want(200); got.Path != "/meine/anfragen" {
			t.Errorf("got %s", got.Path)
		}
		c.Get(page.Path).Want(410)
		again := signInAs(h.visitor(), "ada")
		if got := again.Form(mainForm).Set("code", code).Submit().Want(422); !strings.Contains(got.Text("main"), "nur einmal") {
			t.Error("the same code works twice")
		}
		h.clock.Forward(30 * time.Second)
		again.Form(mainForm).Set("code", " "+phone.code()[:3]+" "+phone.code()[3:]).Submit().Want(200)
	})
	t.Run("is asked for after a link and after a new password", func(t *testing.T) {
		c := h.visitor()
		h.post()
		h.clock.Forward(2 * time.Hour)
		c.Get("/anmelden/link").Form(mainForm).Set("login", "ada@mail.example").Submit().Want(200)
		if got := c.Get(h.link(h.mail("ada@mail.example"))).Form(mainForm).Submit().Want(200); got.Text("h1") != "Zweiter Schritt" {
			t.Errorf("the link leads to %q", got.Text("h1"))
		}
		c.Get("/passwort-vergessen").Form(mainForm).Set("login", "ada@mail.example").Submit().Want(200)
		got := c.Get(h.link(h.mail("ada@mail.example"))).Form(mainForm).Set("passwort", goodPassword).Submit().Want(200)
		if got.Text("h1") != "Zweiter Schritt" || len(c.Cookies()) != 0 {
			t.Errorf("the new password leads to %q", got.Text("h1"))
		}
	})
	t.Run("takes each code on paper once", func(t *testing.T) {
		h.clock.Forward(time.Hour)
		signInAs(h.visitor(), "ada").Form(mainForm).Set("code", strings.ToUpper(codes[3])).Submit().Want(200)
		signInAs(h.visitor(), "ada").Form(mainForm).Set("code", codes[3]).Submit().Want(422)
	})
	t.Run("pauses after five wrong codes, whoever asks", func(t *testing.T) {
		h.clock.Forward(time.Hour)
		page := signInAs(h.visitor(), "ada")
		for range 5 {
			page.Form(mainForm).Set("code", "000000").Submit().Want(422)
		}
		for _, right := range []string{phone.code(), codes[0]} {
			if got := signInAs(h.visitor(), "ada").Form(mainForm).Set("code", right).Submit().Want(422); !strings.Contains(got.Text("main"), "warten Sie 15 Minuten") {
				t.Errorf("got %q", got.Text("main"))
			}
		}
		h.clock.Forward(15 * time.Minute)
		signInAs(h.visitor(), "ada").Form(mainForm).Set("code", codes[0]).Submit().Want(200)
	})
	t.Run("keeps what was typed in an ended session", func(t *testing.T) {
		c := h.visitor()
		signInAs(c, "ada").Form(mainForm).Set("code", phone.code()).Submit().Want(200)
		form := c.Get("/meine/angaben").Form(mainForm).Set("age", "27-59")
		h.clock.Forward(9 * time.Hour)
		second := form.Submit().Want(403).Form(mainForm).Submit().Want(200).Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
		resumed := second.Form(mainForm).Set("code", phone.code()).Submit().Want(200)
		resumed.Form(mainForm).Submit().Want(200)
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("ada@mail.example")
			if err != nil {
				return err
			}
			p, err := tx.Profile(a.ID)
			if p.AgeBand != "27-59" {
				t.Errorf("got %q", p.AgeBand)
			}
			return err
		})
		ada = c
	})
	t.Run("is turned off, or gets new codes, only after a fresh sign-in", func(t *testing.T) {
		h.clock.Forward(11 * time.Minute)
		page := ada.Get(secondPath).Want(200)
		page.Form("main form[action*=faktor/codes]").Submit().Want(403)
		page.Form("main form[action*=ausschalten]").Submit().Want(403)
		h.clock.Forward(time.Hour)
		signInAs(ada, "ada").Form(mainForm).Set("code", phone.code()).Submit().Want(200)
		if got := ada.Get(secondPath).Form("main form[action*=faktor/codes]").Submit().Want(200).Texts("ol code"); len(got) != 10 || got[0] == codes[0] {
			t.Errorf("got %q", got)
		}
		ada.Get(secondPath).Form("main form[action*=ausschalten]").Submit().Want(200)
		if got := signInAs(h.visitor(), "ada"); got.Path != "/meine" {
			t.Errorf("a sign-in leads to %s", got.Path)
		}
	})
}

// WEB-24
func TestStaffNeedASecondFactor(t *testing.T) {
	h := newHouse(t)
	boss := h.visitor()
	h.register(boss, "boss", goodPassword)
	grant := func(on bool) {
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("boss@mail.example")
			if err != nil {
				return err
			}
			return engagement.GrantRole(tx, engagement.System, a.ID, engagement.Admin, on)
		})
	}
	grant(true)
	if got := signInAs(boss, "boss"); !strings.Contains(got.Text("main"), "Vorher ruht Ihre Aufgabe") {
		t.Errorf("got %q", got.Text("main"))
	}
	page := boss.Get("/verwaltung")
	if !strings.HasPrefix(page.Path, secondPath) || page.Has("nav a[href=/verwaltung]") {
		t.Fatalf("got %s", page.Path)
	}
	page = page.Form(mainForm).Submit().Want(200)
	phone := app{h, strings.ReplaceAll(page.Text("main code"), " ", "")}
	if got := page.Form(mainForm).Set("code", phone.code()).Submit().Want(200).Click("Ich habe die Codes"); got.Status != 200 || got.Path != "/verwaltung" {
		t.Fatalf("got %d %s", got.Status, got.Path)
	}
	t.Run("and cannot turn it off", func(t *testing.T) {
		page := boss.Get(secondPath).Want(200)
		if page.Has("form[action*=ausschalten]") {
			t.Error("there is a button")
		}
		form := page.Form("main form[action*=faktor/codes]")
		boss.Post(secondPath+"/ausschalten", form.Values).Want(403) // the token is of another form
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("boss@mail.example")
			if err != nil {
				return err
			}
			if err := engagement.EndSecondFactor(tx, engagement.Actor{Account: a.ID}, a.ID, false); err == nil {
				t.Error("the rule lets them")
			}
			return nil
		})
	})
	t.Run("but if it is lost, the operator takes it away, and the role rests", func(t *testing.T) {
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("boss@mail.example")
			if err != nil {
				return err
			}
			return engagement.EndSecondFactor(tx, engagement.System, a.ID, false)
		})
		if got := signInAs(boss, "boss"); got.Path != "/meine" {
			t.Errorf("got %s", got.Path)
		}
		if got := boss.Get("/verwaltung").Path; !strings.HasPrefix(got, secondPath) {
			t.Errorf("got %s", got)
		}
	})
}

// WEB-06: sessions are listed without their ids, and ended one by one or all at once.
func TestDevices(t *testing.T) {
	h := newHouse(t)
	firefox := h.visitor().Header("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0")
	h.register(firefox, "ada", goodPassword)
	phone := h.visitor().Header("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1")
	if got := h.post(); len(got) != 0 {
		t.Errorf("the first device is told: %+v", got)
	}
	signInAs(phone, "ada")
	if m := h.mail("ada@mail.example"); m.Subject != "Sicherheit Ihres Kontos" || phone.Get(h.link(m)).Path != "/konto/sicherheit/geraete" {
		t.Errorf("got %+v", m)
	}
	signInAs(h.visitor().Header("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Firefox/151.0"), "ada")
	if got := h.post(); len(got) != 0 {
		t.Errorf("a known device is told: %+v", got)
	}
	h.clock.Forward(24 * time.Hour) // idle sessions are over
	signInAs(firefox, "ada")
	signInAs(phone, "ada")
	page := firefox.Get("/konto/sicherheit/geraete").Want(200)
	if got := page.Texts(".s-hit h2"); len(got) != 2 || !strings.Contains(page.Text("main"), "Firefox, Windows (dieses Gerät)") || !strings.Contains(page.Text("main"), "Safari, iPhone") || !strings.Contains(page.Text("main"), "26. November 2026") {
		t.Errorf("got %q", page.Text("main"))
	}
	t.Run("can be signed out one by one", func(t *testing.T) {
		third := h.visitor()
		signInAs(third, "ada")
		page := firefox.Get("/konto/sicherheit/geraete").Want(200)
		for _, row := range page.Find(".s-hit") {
			if strings.Contains(webtest.TextOf(row), "Unbekannter Browser") {
				page.Form(`form[action="` + webtest.Attr(formOf(row), "action") + `"]`).Submit().Want(200)
			}
		}
		gone := func(name string, c *webtest.Client, want bool) {
			t.Helper()
			if got := strings.HasPrefix(c.Get("/meine").Path, "/anmelden"); got != want {
				t.Errorf("%s is signed out: %v, want %v", name, got, want)
			}
		}
		gone("the third", third, true)
		gone("the phone", phone, false)
		phone.Get("/konto/sicherheit/geraete").Form("main form[action*=geraete/beenden]").Submit().Want(200)
		gone("firefox", firefox, true)
		gone("the phone", phone, false)
		if own := phone.Get("/konto/sicherheit/geraete").Form(".s-hit form").Submit(); own.Path != "/" || len(phone.Cookies()) != 0 {
			t.Errorf("signing out here leads to %s", own.Path)
		}
	})
	t.Run("are nobody else's", func(t *testing.T) {
		eve := h.visitor()
		h.register(eve, "eve", goodPassword)
		signInAs(firefox, "ada")
		path := ""
		for _, f := range firefox.Get("/konto/sicherheit/geraete").Find(".s-hit form") {
			path = webtest.Attr(f, "action")
		}
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("eve@mail.example")
			if err != nil {
				return err
			}
			hash := strings.Split(path, "/")[4]
			if err := engagement.EndSession(tx, engagement.Actor{Account: a.ID}, a.ID, hash, ""); err == nil {
				t.Error("somebody else ended it")
			}
			return nil
		})
		firefox.Get("/meine").Want(200)
	})
}

// Whoever knows the password, sets up a second factor and takes the address over does not keep the owner out.
func TestTheOwnerTakesAChangeOfAddressBack(t *testing.T) {
	h := newHouse(t)
	h.register(h.visitor(), "ada", goodPassword)
	thief := h.visitor()
	signInAs(thief, "ada")
	phone, _ := h.guard(thief)
	h.post()
	thief.Get("/konto/sicherheit/email").Want(200).Form(mainForm).Set("email", "thief@mail.example").Submit().Want(200)
	thief.Get(h.link(h.mail("thief@mail.example"))).Want(200).Form(mainForm).Submit().Want(200)
	signInAs(thief, "thief").Form(mainForm).Set("code", phone.code()).Submit().Want(200)
	thief.Get("/meine").Want(200)

	owner := h.visitor()
	back := h.link(h.mail("ada@mail.example"))
	owner.Get(back).Want(200).Form(mainForm).Submit().Want(200)
	if got := thief.Get("/meine").Path; !strings.HasPrefix(got, "/anmelden") {
		t.Errorf("whoever changed it is still signed in, at %s", got)
	}
	reset := ""
	for _, m := range h.post() {
		if m.To == "thief@mail.example" {
			t.Errorf("whoever changed it is told: %+v", m)
		}
		if m.Subject == "Ihr neues Passwort" {
			reset = h.link(m)
		}
	}
	if got := owner.Get(reset).Want(200).Form(mainForm).Set("passwort", "Ein ganz anderer Satz").Submit().Want(200); got.Path != "/meine" || len(owner.Cookies()) == 0 {
		t.Errorf("the new password leads to %s, %q", got.Path, got.Text("h1"))
	}
	for _, name := range []string{"thief", "ada"} {
		h.visitor().Get("/anmelden").Form(mainForm).Set("login", name+"@mail.example").Set("passwort", goodPassword).Submit().Want(422)
	}
	owner.Get(back).Want(410)
}
