package web_test

import (
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

// signedOut says whether a browser is asked to sign in.
func signedOut(c *webtest.Client) bool { return strings.HasPrefix(c.Get("/meine").Path, "/anmelden") }

// with is somebody new who has a cookie.
func (h *house) with(value string) *webtest.Client {
	c := h.visitor()
	c.SetCookie(sessionCookie(c, value))
	return c
}

// WEB-03, WEB-04: the id of a session is made when somebody signs in, never brought along, and what the database knows of it opens nothing.
func TestNobodyEntersWithACookieOfTheirOwn(t *testing.T) {
	config := storetest.SQLite(t)
	h := newHouseOn(t, config)
	h.register(h.visitor(), "ada", goodPassword)
	ada := h.with("planted-by-somebody")
	signInAs(ada, "ada")
	first := ada.Cookies()[0].Value
	if first == "planted-by-somebody" || len(first) != 43 || !signedOut(h.with("planted-by-somebody")) {
		t.Errorf("the session has the id %q that was there before", first)
	}
	rows := storetest.Rows(t, config)
	if strings.Contains(rows, first) || !strings.Contains(rows, engagement.Hash(first)) {
		t.Error("the database has more than the hash of the session")
	}
	for line := range strings.SplitSeq(rows, "\n") {
		if columns := strings.Split(line, "|"); columns[0] == "session" && !signedOut(h.with(columns[1])) {
			t.Errorf("what stands in the database opens the account: %s", columns[1])
		}
	}
	if signedOut(h.with(first)) {
		t.Error("the id of the session opens nothing, so that this test shows nothing")
	}
	for _, on := range []bool{true, false} {
		t.Run("and it is over when the roles change", func(t *testing.T) {
			signInAs(ada, "ada")
			old := ada.Cookies()[0].Value
			h.update(func(tx *store.Tx) error {
				a, err := tx.AccountByLogin("ada@mail.example")
				if err != nil {
					return err
				}
				return engagement.GrantRole(tx, engagement.System, a.ID, engagement.Adviser, on)
			})
			if !signedOut(h.with(old)) {
				t.Error("the old id still opens the account")
			}
		})
	}
}

// WEB-05: sessions end when nobody uses them, in the end also when somebody does, and do not come back with the clock.
func TestASessionEnds(t *testing.T) {
	h := newHouse(t, func(o *web.Options) { o.StaffAlone = true })
	for _, name := range []string{"ada", "officer9"} {
		h.register(h.visitor(), name, goodPassword)
	}
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin("officer9@mail.example")
		if err != nil {
			return err
		}
		return engagement.GrantRole(tx, engagement.System, a.ID, engagement.Officer, true)
	})
	for _, test := range []struct {
		says, who   string
		step, until time.Duration
		open        bool
	}{
		{"a volunteer is away for 7 hours", "ada", 7 * time.Hour, 7 * time.Hour, true},
		{"a volunteer is away for 9 hours", "ada", 9 * time.Hour, 9 * time.Hour, false},
		{"a volunteer is there for 29 days", "ada", 7 * time.Hour, 29 * 24 * time.Hour, true},
		{"a volunteer is there for 31 days", "ada", 7 * time.Hour, 31 * 24 * time.Hour, false},
		{"an officer is away for 29 minutes", "officer9", 29 * time.Minute, 29 * time.Minute, true},
		{"an officer is away for 31 minutes", "officer9", 31 * time.Minute, 31 * time.Minute, false},
		{"an officer is there for 11 hours", "officer9", 20 * time.Minute, 11 * time.Hour, true},
		{"an officer is there for 13 hours", "officer9", 20 * time.Minute, 13 * time.Hour, false},
	} {
		t.Run(test.says, func(t *testing.T) {
			c := h.visitor()
			signInAs(c, test.who)
			cookie := c.Cookies()[0].Value
			for past := test.step; past <= test.until; past += test.step {
				h.clock.Forward(test.step)
				signedOut(c)
			}
			if open := !signedOut(h.with(cookie)); open != test.open {
				t.Fatalf("the session is open: %v", open)
			}
			h.clock.Forward(-2 * time.Hour)
			if !test.open && !signedOut(h.with(cookie)) {
				t.Error("it came back with the clock")
			}
			h.clock.Forward(26 * time.Hour)
		})
	}
}
