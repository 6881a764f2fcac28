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

// PRV-12: whether a mail goes out or not, as much is written; else the time of the answer would tell.
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
