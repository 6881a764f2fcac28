package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// WEB-23: only the newest link sets a password, once, by POST, within half an hour, for that purpose, and it leaves no trace elsewhere.
func TestALinkThatSetsAPassword(t *testing.T) {
	h := newHouse(t)
	h.register(h.visitor(), "ada", goodPassword)
	ask := func() string {
		t.Helper()
		h.visitor().Get("/passwort-vergessen").Form(mainForm).Set("login", "ada@mail.example").Submit().Want(200)
		return h.link(h.mail("ada@mail.example"))
	}
	first, second := ask(), ask()
	h.visitor().Get(first).Want(410)
	token := second[strings.LastIndex(second, "/")+1:]
	if len(token)*4 < 128 {
		t.Errorf("the token has %d bits", len(token)*4)
	}
	h.update(func(tx *store.Tx) error {
		if _, err := tx.Token(token, engagement.TokenReset); err == nil {
			t.Error("it is stored as it is")
		}
		_, err := tx.Token(engagement.Hash(token), engagement.TokenReset)
		return err
	})
	for _, other := range []string{"/anmelden/link/", "/registrieren/bestaetigen/", "/konto/email/", "/konto/email/zurueck/", "/konto/behalten/"} {
		page := h.visitor().Get(other + token)
		if page.Status == 200 && page.Has(mainForm) {
			page = page.Form(mainForm).Submit()
		}
		page.Want(410)
	}
	for range 2 { // programs that check mail open links
		if got := h.visitor().Get(second).Want(200).Header.Get("Referrer-Policy"); got != "no-referrer" && got != "same-origin" {
			t.Errorf("Referrer-Policy %q", got)
		}
	}
	c := h.visitor()
	c.Get(second).Form(mainForm).Set("passwort", "Noch ein Satz für den Seestern").Submit().Want(200)
	h.visitor().Get(second).Want(410)
	h.mail("ada@mail.example") // that the password was changed

	h.clock.Forward(2 * time.Hour) // mails to one address are limited
	late := ask()
	h.clock.Forward(29 * time.Minute)
	h.visitor().Get(late).Want(200)
	h.clock.Forward(2 * time.Minute)
	h.visitor().Get(late).Want(410)
}

// WEB-08: whoever may not come in does not come in by any door, and is told no more than who has no account.
func TestWhoMayNotComeIn(t *testing.T) {
	h := newHouse(t)
	ada := h.visitor()
	h.register(ada, "ada", goodPassword)
	made := ada.Get("/meine/kalender/adresse").Want(200).Form(bigForm).Submit().Want(200)
	feed := regexp.MustCompile(`/kalender/[0-9a-f]{32}\.ics`).FindString(made.Body)
	h.visitor().Get(feed).Want(200)
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin("ada@mail.example")
		if err != nil {
			return err
		}
		_, err = engagement.AskDeletion(tx, engagement.Actor{Account: a.ID}, a.ID)
		return err
	})
	h.post()
	h.clock.Forward(engagement.DeletionGrace + time.Hour)
	h.update(func(tx *store.Tx) error { _, err := engagement.Tick(tx, 100); return err })
	h.post()
	if page := ada.Get("/meine"); page.Path == "/meine" {
		t.Error("the session is still there")
	}
	h.visitor().Get(feed).Want(404)
	wrong := h.visitor().Get("/anmelden").Form(mainForm).Set("login", "nobody@mail.example").Set("passwort", goodPassword).Submit().Want(422)
	erased := h.visitor().Get("/anmelden").Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(422)
	if wrong.Text("#fehler") != erased.Text("#fehler") {
		t.Errorf("who was erased is told %q, a stranger %q", erased.Text("#fehler"), wrong.Text("#fehler"))
	}
	for _, path := range []string{"/anmelden/link", "/passwort-vergessen"} {
		h.visitor().Get(path).Form(mainForm).Set("login", "ada@mail.example").Submit().Want(200)
	}
	if mails := h.post(); len(mails) != 0 {
		t.Errorf("got %+v", mails)
	}
}

// WEB-20, WEB-27: requests that say twice, or not, whom or what they mean.
func TestRequestsThatTwoServersWouldReadDifferently(t *testing.T) {
	s := start(t)
	address := strings.TrimPrefix(s.Base, "http://")
	for name, test := range map[string]struct {
		request string
		status  int
	}{
		"a target of another host":     {"GET http://evil.test/angebote HTTP/1.1\r\nHost: " + address + "\r\n\r\n", 421},
		"no host":                      {"GET /hilfe HTTP/1.1\r\n\r\n", 400},
		"two hosts":                    {"GET /hilfe HTTP/1.1\r\nHost: " + address + "\r\nHost: evil.test\r\n\r\n", 400},
		"two lengths":                  {"POST /muster/frage HTTP/1.1\r\nHost: " + address + "\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 400},
		"a length that is none":        {"POST /muster/frage HTTP/1.1\r\nHost: " + address + "\r\nContent-Length: +1\r\n\r\nx", 400},
		"an unknown transfer encoding": {"POST /muster/frage HTTP/1.1\r\nHost: " + address + "\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
		"two transfer encodings":       {"POST /muster/frage HTTP/1.1\r\nHost: " + address + "\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501},
		"a space before the colon":     {"GET /hilfe HTTP/1.1\r\nHost: " + address + "\r\nX-A : b\r\n\r\n", 400},
		"a chunk without its end":      {"POST /muster/frage HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxGET", 400},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := fmt.Fprint(conn, test.request); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.status {
				t.Errorf("got %d, want %d", answer.StatusCode, test.status)
			}
		})
	}
}
