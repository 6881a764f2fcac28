package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"seestern/web/webtest"
)

// register makes an account up to its first sign-in.
func (h *house) register(c *webtest.Client, name, password string) *webtest.Page {
	h.t.Helper()
	c.Get("/registrieren").Form(mainForm).Set("email", name+"@mail.example").Submit().Want(200)
	return c.Get(h.link(h.mail(name+"@mail.example"))).Want(200).Form(mainForm).Set("name", name).Set("passwort", password).Submit().Want(200)
}

const goodPassword = "Ein ganzer Satz mit Seestern"

// WEB-09: passwords are tried for one account ten times in a quarter of an hour, from wherever; who was signed in from somewhere lately
// still gets in from there.
func TestPasswordsAreNotTriedForEver(t *testing.T) {
	h := newHouse(t)
	ada, n := h.visitor(), 0
	h.register(ada, "ada", goodPassword)
	h.register(h.visitor(), "berta", goodPassword)
	try := func(c *webtest.Client, login, password string) *webtest.Page {
		return c.Get("/anmelden").Form(mainForm).Set("login", login).Set("passwort", password).Submit()
	}
	guess := func(login string) (refused int) {
		for range 25 {
			n++
			page := try(h.Another().Header("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", n)), login, "Falsches Passwort Nummer")
			if page.Status == http.StatusTooManyRequests && strings.Contains(page.Text("#fehler"), "zu oft") && page.Has(`main a[href^="/anmelden/link"]`) {
				refused++
			} else if page.Status != 422 {
				t.Fatalf("attempt %d: got %d", n, page.Status)
			}
		}
		return refused
	}
	if got := guess("ada@mail.example"); got != 15 {
		t.Errorf("%d of 25 guesses were refused, want 15", got)
	}
	if got := guess("nobody@mail.example"); got != 15 {
		t.Errorf("%d of 25 guesses for no account were refused: that tells it from one", got)
	}
	try(h.visitor(), "ada@mail.example", goodPassword).Want(429)
	try(h.visitor(), "berta@mail.example", goodPassword).Want(200)
	ada.Get("/meine").Form("form[action*=/abmelden]").Submit()
	if page := try(ada, "ada@mail.example", goodPassword); page.Path != "/meine" {
		t.Errorf("from where she was signed in she gets %d %s", page.Status, page.Path)
	}
	h.clock.Forward(2 * time.Minute)
	if page := try(h.visitor(), "ada@mail.example", goodPassword); page.Path != "/meine" {
		t.Errorf("two minutes later she gets %d %s", page.Status, page.Path)
	}
}

// WEB-06 (the cookie of an ended session), WEB-23 (only the newest link, once, by POST)
func TestAnAccount(t *testing.T) {
	h := newHouse(t)
	ada := h.visitor()
	t.Run("begins with an address and the link in the mail", func(t *testing.T) {
		if got := h.register(ada, "ada", goodPassword); got.Path != "/meine" || len(ada.Cookies()) != 1 {
			t.Errorf("got %s with %d cookies", got.Path, len(ada.Cookies()))
		}
	})
	t.Run("ends a session at sign-out, also for who kept the cookie", func(t *testing.T) {
		kept := ada.Cookies()[0]
		ada.Get("/meine").Form("form[action*=/abmelden]").Submit()
		if got := len(ada.Cookies()); got != 0 {
			t.Errorf("%d cookies left", got)
		}
		thief := h.visitor()
		thief.SetCookie(kept)
		if got := thief.Get("/meine"); !strings.HasPrefix(got.Path, "/anmelden") {
			t.Errorf("the old cookie opens %s", got.Path)
		}
	})
	t.Run("is opened by address and password, and leads on", func(t *testing.T) {
		page := h.visitor().Get("/meine/anfragen")
		if page.Path != "/anmelden?weiter=%2Fmeine%2Fanfragen" {
			t.Fatalf("got %s", page.Path)
		}
		if got := page.Form(mainForm).Set("login", "ADA@mail.example").Set("passwort", goodPassword).Submit(); got.Path != "/meine/anfragen" {
			t.Errorf("got %s", got.Path)
		}
	})
	t.Run("is opened by a link that works once", func(t *testing.T) {
		c := h.visitor()
		c.Get("/anmelden/link").Form(mainForm).Set("login", "ada@mail.example").Submit().Want(200)
		link := h.link(h.mail("ada@mail.example"))
		c.Get(link).Want(200) // programs that check mail open links
		if got := c.Get(link).Form(mainForm).Submit(); got.Path != "/meine" {
			t.Errorf("got %s", got.Path)
		}
		h.visitor().Get(link).Form(mainForm).Submit().Want(410)
	})
	t.Run("gets a new password by mail", func(t *testing.T) {
		c := h.visitor()
		c.Get("/passwort-vergessen").Form(mainForm).Set("login", "ada@mail.example").Submit().Want(200)
		link := h.link(h.mail("ada@mail.example"))
		form := c.Get(link).Form(mainForm)
		form.Set("passwort", "kurz").Submit().Want(422)
		if got := c.Get(link).Form(mainForm).Set("passwort", "Noch ein Satz für den Seestern").Submit(); got.Path != "/meine" {
			t.Errorf("got %s", got.Path)
		}
		c.Get(link).Want(410)
	})
	t.Run("changes its password only with the old one", func(t *testing.T) {
		c := h.visitor()
		h.register(c, "grace", goodPassword)
		c.Get("/konto/sicherheit/passwort").Form(mainForm).Set("passwort-alt", "falsch geraten").Set("passwort", "Ein anderer ganzer Satz").Submit().Want(422)
		c.Get("/konto/sicherheit/passwort").Form(mainForm).Set("passwort-alt", goodPassword).Set("passwort", "Ein anderer ganzer Satz").Submit().Want(200)
		h.visitor().Get("/anmelden").Form(mainForm).Set("login", "grace@mail.example").Set("passwort", goodPassword).Submit().Want(422)
		h.visitor().Get("/anmelden").Form(mainForm).Set("login", "grace@mail.example").Set("passwort", "Ein anderer ganzer Satz").Submit().Want(200)
	})
}

func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	h := newHouse(t)
	h.register(h.visitor(), "ada", goodPassword)
	for name, ask := range map[string]func(email string) *webtest.Page{
		"by signing in": func(email string) *webtest.Page {
			return h.visitor().Get("/anmelden").Form(mainForm).Set("login", email).Set("passwort", "falsch geraten").Submit().Want(422)
		},
		"by asking for a link": func(email string) *webtest.Page {
			return h.visitor().Get("/anmelden/link").Form(mainForm).Set("login", email).Submit().Want(200)
		},
		"by asking for a password": func(email string) *webtest.Page {
			return h.visitor().Get("/passwort-vergessen").Form(mainForm).Set("login", email).Submit().Want(200)
		},
		"by registering": func(email string) *webtest.Page {
			return h.visitor().Get("/registrieren").Form(mainForm).Set("email", email).Submit().Want(200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			known, unknown := ask("ada@mail.example"), ask("nobody@mail.example")
			if known.Path != unknown.Path || known.Text("main") != unknown.Text("main") {
				t.Errorf("known: %s %q\nunknown: %s %q", known.Path, known.Text("main"), unknown.Path, unknown.Text("main"))
			}
		})
	}
	t.Run("and who has one is told by mail", func(t *testing.T) {
		h.post()
		h.clock.Forward(2 * time.Hour) // mails to one address are limited
		h.visitor().Get("/registrieren").Form(mainForm).Set("email", "ada@mail.example").Submit()
		if got := h.mail("ada@mail.example"); got.Subject != "Sie haben schon ein Konto" {
			t.Errorf("got %q", got.Subject)
		}
	})
}

// WEB-19 on the real sign-in
func TestASignInLeadsNowhereElse(t *testing.T) {
	h := newHouse(t)
	h.register(h.visitor(), "ada", goodPassword)
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/%2F/evil.example"} {
		got := h.visitor().Get("/anmelden").Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Set("weiter", to).Submit()
		if got.Path != "/meine" {
			t.Errorf("weiter=%q leads to %s", to, got.Path)
		}
	}
}
