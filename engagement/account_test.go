package engagement_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// PRV-12: whether a mail goes out or not, something is written; else the time of the answer would tell.
func TestWhoeverAsksForALinkWaitsForTheDisk(t *testing.T) {
	eachHouse(t, func(h *house) {
		known, unknown := "manager@verein.example", "nobody@mail.example"
		for what, ask := range map[string]func(tx Tx, login string) error{
			"sign-in":      func(tx Tx, login string) error { return SendSignInLink(tx, login, "") },
			"reset":        SendReset,
			"registration": func(tx Tx, login string) error { return Register(tx, login, "de", "") },
		} {
			for n := range 5 { // the fourth is one too many
				for _, login := range []string{known, unknown} {
					before, err := h.s.State(ctx)
					h.must(err)
					h.update(func(tx *store.Tx) error { return ask(tx, login) })
					if after, err := h.s.State(ctx); err != nil || after == before {
						t.Errorf("%s %d of %s: nothing was written, %v", what, n+1, login, err)
					}
				}
			}
			h.clock.Forward(time.Hour + time.Minute)
		}
	})
}

// WEB-22: over all kinds of mail, however the address is spelled and wherever the wish comes from.
func TestMailsThatStrangersCauseAreFew(t *testing.T) {
	eachHouse(t, func(h *house) {
		register := func(address string) int {
			h.update(func(tx *store.Tx) error { return Register(tx, address, "de", "") })
			return len(h.mails())
		}
		for n, want := range []int{1, 1, 1, 0} {
			if got := register("ada@mail.example"); got != want {
				t.Errorf("mail %d to one address in an hour: got %d, want %d", n+1, got, want)
			}
		}
		for _, same := range []string{"ADA@mail.example", "ada+1@mail.example", "Ada+shop.2@Mail.Example"} {
			if got := register(same); got != 0 {
				t.Errorf("%s is the same mailbox: got %d mails", same, got)
			}
		}
		sent := 0
		for n := range 300 {
			sent += register(fmt.Sprintf("v%d@mail.example", n))
		}
		if sent != 197 {
			t.Errorf("%d mails to others in the same hour, want 197", sent)
		}
		if err := h.s.Update(ctx, func(tx *store.Tx) error {
			return MailShortlist(tx, Actor{Roles: []Role{Adviser}}, "new@mail.example", "de", []string{"x"})
		}); !errors.Is(err, ErrTooMany) {
			t.Errorf("another kind: got %v", err)
		}
		for n, want := range []int{1, 1, 1, 0} {
			h.update(func(tx *store.Tx) error { return SendSignInLink(tx, "manager@verein.example", "") })
			if got := len(h.mails()); got != want {
				t.Errorf("mail %d to somebody with an account: got %d, want %d", n+1, got, want)
			}
		}
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			if err != nil {
				return err
			}
			i.StrangerMail = 201
			return tx.PutInstance(&i)
		})
		if got := register("one-more@mail.example") + register("too-many@mail.example"); got != 1 {
			t.Errorf("after the setting: got %d", got)
		}
		h.clock.Forward(time.Hour + time.Minute)
		if got := register("later@mail.example"); got != 1 {
			t.Errorf("an hour later: got %d", got)
		}
	})
}

// domain.md §3.22, rule 3: who moderates or administrates is the word of two admins, as soon as there are two.
func TestTwoAdminsGiveTheHighestRoles(t *testing.T) {
	eachHouse(t, func(h *house) {
		one, two, ada := h.person(), h.person(), h.person()
		now := func(who Actor) Account { a, _ := h.account(who); return a }
		as := func(a Actor) Actor { return Actor{Account: a.Account, Roles: now(a).Roles} }
		grants := func(by, who Actor, role Role, on bool) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return GrantRole(tx, as(by), who.Account, role, on) })
		}
		h.update(func(tx *store.Tx) error { return GrantRole(tx, System, one.Account, Admin, true) })
		h.refusedAt("the last admin", grants(one, one, Admin, false), "off")
		h.must(grants(one, two, Admin, true)) // there is nobody to agree
		h.mails()
		h.must(grants(one, ada, Adviser, true))
		for range 2 { // the same one twice is still one
			h.must(grants(one, ada, Moderator, true))
		}
		h.want("after the first", fmt.Sprint(now(ada).Roles), "[adviser]")
		h.want("mails", strings.Join(h.mails(), " "), MailRoleAsked)
		h.must(grants(two, ada, Moderator, true))
		h.want("after the second", fmt.Sprint(now(ada).Roles, now(one).Wishes), "[adviser moderator] []")

		h.must(grants(one, ada, Admin, true))
		h.must(grants(two, ada, Admin, false))
		h.must(grants(two, ada, Admin, true))
		h.want("refused, and wished by the other", fmt.Sprint(now(ada).Roles), "[adviser moderator]")
		h.must(grants(one, two, Admin, false))
		h.must(grants(one, two, Admin, true))
		h.want("the wish of a former admin is over", fmt.Sprint(now(ada).Roles, now(two).Wishes), "[adviser moderator] []")

		h.must(grants(one, ada, Admin, true))
		h.update(func(tx *store.Tx) error { _, err := EraseAccount(tx, ada.Account); return err })
		h.want("and of somebody who is gone", fmt.Sprint(now(one).Wishes), "[]")
	})
}

// WEB-07: whatever takes somebody's access away, or may mean that somebody else had it, ends all that lets in.
func TestWhatEndsAllAccess(t *testing.T) {
	for what, act := range map[string]func(tx Tx, a Account) error{
		"another password": func(tx Tx, a Account) error { return SetPassword(tx, a, "hash", "this one") },
		"a role less":      func(tx Tx, a Account) error { return GrantRole(tx, System, a.ID, Moderator, false) },
		"no second factor": func(tx Tx, a Account) error { return EndSecondFactor(tx, System, a.ID, false) },
		"a planned end":    func(tx Tx, a Account) error { _, err := AskDeletion(tx, Actor{Account: a.ID}, a.ID); return err },
		"another address":  func(tx Tx, a Account) error { return ConfirmEmail(tx, "address") },
		"the old address":  func(tx Tx, a Account) error { return UndoEmail(tx, "back") },
		"a forgotten one":  func(tx Tx, a Account) error { _, err := UseReset(tx, "reset", "hash"); return err },
	} {
		t.Run(what, func(t *testing.T) {
			eachHouse(t, func(h *house) {
				var a Account
				h.update(func(tx *store.Tx) (err error) {
					if a, err = NewAccount(tx, "Ada", "ada@mail.example", "", "", "de"); err != nil {
						return err
					}
					if err := GrantRole(tx, System, a.ID, Moderator, true); err != nil {
						return err
					}
					if a, err = tx.Account(a.ID); err != nil {
						return err
					}
					for _, name := range []string{"this one", "another one"} {
						if err := tx.PutSession(Session{Hash: name, Account: a.ID, Created: tx.Now(), LastUsed: tx.Now()}); err != nil {
							return err
						}
					}
					for name, purpose := range map[string]TokenPurpose{"reset": TokenReset, "sign-in": TokenSignIn, "code": TokenSecondFactor, "address": TokenEmail, "back": TokenEmailBack} {
						email := a.Email
						if purpose == TokenEmail {
							email = "new@mail.example"
						}
						if err := tx.PutToken(Token{Hash: Hash(name), Purpose: purpose, Subject: a.ID, Email: email, Expires: tx.Now().Add(time.Hour)}); err != nil {
							return err
						}
					}
					if err := tx.PutSecondFactor(&SecondFactor{Account: a.ID, Since: tx.Now()}); err != nil {
						return err
					}
					return tx.PutCalendarFeed(&CalendarFeed{Account: a.ID, Secret: "calendar"})
				})
				h.update(func(tx *store.Tx) error { return act(tx, a) })
				left := map[string]error{}
				h.update(func(tx *store.Tx) error {
					_, left["another session"] = tx.Session("another one")
					if what != "another password" {
						_, left["this session"] = tx.Session("this one")
					}
					for name, purpose := range map[string]TokenPurpose{"reset": TokenReset, "sign-in": TokenSignIn, "code": TokenSecondFactor, "address": TokenEmail} {
						_, left["the link "+name] = tx.Token(Hash(name), purpose)
					}
					_, left["the calendar"] = tx.CalendarFeed(a.ID)
					return nil
				})
				for name, err := range left {
					if !errors.Is(err, ErrNotFound) {
						t.Errorf("%s still lets in: %v", name, err)
					}
				}
			})
		})
	}
}
