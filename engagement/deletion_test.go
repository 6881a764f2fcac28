package engagement_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// account is an account as it is now, and whether there is one.
func (h *house) account(who Actor) (a Account, there bool) {
	h.t.Helper()
	err := h.s.View(ctx, func(tx *store.Tx) (err error) {
		a, err = tx.Account(who.Account)
		return err
	})
	if !errors.Is(err, ErrNotFound) {
		h.must(err)
	}
	return a, err == nil
}

// goes asks for the deletion of an account, of one's own or of somebody else's.
func (h *house) goes(by, who Actor) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		_, err := AskDeletion(tx, by, who.Account)
		return err
	})
}

// lives lets time pass in which somebody uses their account.
func (h *house) lives(who Actor, d time.Duration) {
	h.t.Helper()
	for ; d > 0; d -= 100 * day {
		h.update(func(tx *store.Tx) error { _, err := SignedIn(tx, who.Account, "", false); return err })
		h.passes(min(d, 100*day))
	}
}

func (h *house) keeps(by, who Actor) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		_, err := KeepAccount(tx, by, who.Account)
		return err
	})
}

// linkToken is the token in the only mail that waits.
func (h *house) linkToken(kind string) string {
	h.t.Helper()
	events, err := h.s.LeaseEvents(ctx, Mail, "test", 100, time.Minute)
	h.must(err)
	if len(events) != 1 || events[0].Kind != kind {
		h.t.Fatalf("got the mails %v, want one %s", events, kind)
	}
	h.update(func(tx *store.Tx) error { return tx.EventDone(events[0]) })
	return events[0].Args["token"]
}

// DEL-13, R-12
func TestADeletionCanBeTakenBackForTwoWeeks(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, other := h.person(), h.person()
		h.update(func(tx *store.Tx) error {
			return tx.PutSession(Session{Hash: "session", Account: a.Account, Created: tx.Now(), LastUsed: tx.Now()})
		})
		admin := Actor{Account: other.Account, Roles: []Role{Admin, Moderator, Adviser, Officer}}
		if err := h.goes(admin, a); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else: got %v, want ErrNotFound", err)
		}
		h.must(h.goes(a, a))
		if err := h.goes(a, a); !errors.Is(err, ErrConflict) {
			t.Errorf("twice: got %v, want ErrConflict", err)
		}
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			if _, err := tx.Session("session"); !errors.Is(err, ErrNotFound) {
				t.Errorf("the session: got %v, want ErrNotFound", err)
			}
			return nil
		}))
		token := h.linkToken(MailDeletionPlanned)
		if err := h.keeps(admin, a); !errors.Is(err, ErrNotFound) {
			t.Errorf("kept by somebody else: got %v, want ErrNotFound", err)
		}

		h.passes(DeletionGrace - time.Minute)
		if now, there := h.account(a); !there || now.Deletion != DeletionAsked {
			t.Fatalf("got %+v, %t before the time", now, there)
		}
		use := func() error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := UseKeepLink(tx, token); return err })
		}
		h.must(use())
		if err := use(); !errors.Is(err, ErrNotFound) {
			t.Errorf("the link again: got %v, want ErrNotFound", err)
		}
		if err := h.keeps(a, a); !errors.Is(err, ErrConflict) {
			t.Errorf("nothing planned: got %v, want ErrConflict", err)
		}
		h.passes(30 * day)
		if now, there := h.account(a); !there || now.Deletion != "" {
			t.Fatalf("got %+v, %t after it was kept", now, there)
		}

		h.must(h.goes(a, a))
		h.mails()
		h.update(func(tx *store.Tx) error { _, err := SignedIn(tx, a.Account, "", false); return err }) // to look is not to stay
		h.passes(DeletionGrace)
		if _, there := h.account(a); there {
			t.Error("the account is still there")
		}
		h.want("mails", strings.Join(h.mails(), " "), MailAccountDeleted)
		if err := use(); !errors.Is(err, ErrNotFound) {
			t.Errorf("the link afterwards: got %v, want ErrNotFound", err)
		}
	})
}

func TestNobodyLeavesAnOrganizationOrTheInstanceAlone(t *testing.T) {
	eachHouse(t, func(h *house) {
		join := func(who Actor, role Role) {
			h.update(func(tx *store.Tx) error {
				return tx.PutMembership(Membership{Account: who.Account, Organization: h.org.ID, Role: role, Since: tx.Now()})
			})
		}
		second, member := h.person(), h.person()
		join(member, Member)
		h.refusedAt("the only manager", h.goes(h.manager, h.manager), "")
		h.must(h.goes(member, member))
		join(second, Manager)
		h.must(h.goes(h.manager, h.manager))
		h.refusedAt("the only one who stays", h.goes(second, second), "")
		leave := func() error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return LeaveTeam(tx, second, second.Account, h.org.ID) })
		}
		h.refusedAt("the team cannot be left either", leave(), "member")
		h.must(h.keeps(h.manager, h.manager))
		h.must(h.goes(second, second))

		first, next := h.person(), h.person()
		admin := func(who Actor) {
			h.update(func(tx *store.Tx) error { return GrantRole(tx, System, who.Account, Admin, true) })
		}
		admin(first)
		h.refusedAt("the only admin", h.goes(first, first), "")
		admin(next)
		h.must(h.goes(first, first))
		h.refusedAt("the only admin who stays", h.goes(next, next), "")

		h.must(h.goes(System, h.manager)) // the operator knows better
		h.mails()
		h.passes(DeletionGrace)
		if _, there := h.account(h.manager); there {
			t.Error("the account is still there")
		}
	})
}

// DEL-04: nobody is left waiting, and what stays says nothing about the person.
func TestWhatStaysOfADeletedAccount(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 1, true })
		a, waiting := h.person(), h.person()
		worked := h.agreed(a, nil)
		h.update(func(tx *store.Tx) error {
			_, err := AnswerRequest(tx, h.manager, worked.ID, Answer{Event: EventFinish, Worked: Worked{From: "2026-11-01", Until: "2026-11-20", Hours: 12}})
			return err
		})
		agreed := h.agreed(a, func(w *Wish) { w.Text = "Ich lese gern." })
		queued := h.asks(waiting, nil)
		h.want("before", h.states(worked, agreed, queued), "completed agreed waitlisted")
		far := h.away(a, Step{Ask: []string{"name"}})
		h.clock.Forward(time.Minute)
		ended := h.away(a, Step{Ask: []string{"name"}})
		h.releases(a, far)
		h.releases(a, ended)
		h.update(func(tx *store.Tx) error {
			m, err := tx.MatchRequest(ended.ID)
			if err == nil {
				_, err = m.Receive(tx, Step{Event: EventDecline, Number: 2}, nil)
			}
			return err
		})
		h.center()
		public, draft := h.offered(a), HelpOffer{}
		draft, err := h.triesToOffer(a, "ab-18", func(o *HelpOffer) { o.Title = "Noch nicht geprüft" })
		h.must(err)
		party := h.hosts(func(o *Occasion) { o.Capacity, o.Starts, o.Ends = 1, o.Starts.Add(30*day), o.Ends.Add(30*day) })
		h.guest(a, party, 1)
		queue := h.guest(waiting, party, 1)
		h.mails()
		h.told()

		h.must(h.goes(System, a))
		h.mails()
		h.passes(DeletionGrace)
		h.want("told by mail", strings.Join(h.mails(), " "), "request-changed request-news sign-up-news account-deleted")
		h.want("requests", h.states(worked, agreed, queued, far, ended), "completed withdrawn contact_wanted withdrawn declined")
		h.want("the next guest", h.guestStates(queue), "accepted")
		h.want("told on the wire", strings.Join(h.told(), ", "), "unshare , unshare , withdraw ")
		for _, m := range []MatchRequest{worked, agreed, far, ended} {
			now := h.request(m)
			if now.Account == a.Account || now.Account == "" || now.Contact != (Contact{}) || len(now.Card) > 0 || now.Text != "" || now.AgeBand != "" || now.Secret != "" {
				t.Errorf("left of a request: %+v", now)
			}
		}
		if now := h.helpOffer(public); now.State != Withdrawn || now.Account == a.Account || now.Account == "" || now.Title+now.Text != "" || now.Place.Known() {
			t.Errorf("left of a help offer: %+v", now)
		}
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			if _, err := tx.HelpOffer(draft.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("a help offer that nobody knew: got %v, want ErrNotFound", err)
			}
			mine, err := tx.SignUpsOf(a.Account)
			if len(mine) > 0 || err != nil {
				t.Errorf("sign-ups: got %v, %v", mine, err)
			}
			about, err := tx.AuditAbout(a.Account, 10)
			if len(about) > 0 || err != nil {
				t.Errorf("audit: got %v, %v", about, err)
			}
			all, err := tx.AuditEntries(time.Time{}, 1)
			if len(all) != 1 || all[0].Action != "account.erase" || all[0].Person == "" || all[0].Person != all[0].Object || all[0].Person == a.Account {
				t.Errorf("the last entry: got %+v, want a pseudonym", all)
			}
			return err
		}))

		h.passes(91 * day)
		if !h.gone(agreed) || !h.gone(far) || !h.gone(ended) || h.gone(worked) {
			t.Errorf("after the retention: %t %t %t are gone, and the hours %t", h.gone(agreed), h.gone(far), h.gone(ended), h.gone(worked))
		}
	})
}

//
func TestAnUnusedAccountIsAskedAboutAndDeleted(t *testing.T) {
	eachHouse(t, func(h *house) {
		unused, signsIn, keeps, asks, signedInLater := h.person(), h.person(), h.person(), h.person(), h.person()
		signIn := func(who Actor) {
			h.update(func(tx *store.Tx) error { _, err := SignedIn(tx, who.Account, "", false); return err })
		}
		m := h.asks(asks, nil)
		h.mails()
		h.passes(330 * day) // 30 November to 26 October
		for _, who := range []Actor{unused, signsIn, keeps} {
			if now, there := h.account(who); !there || now.Deletion != "" {
				t.Fatalf("too early: %+v, %t", now, there)
			}
		}
		signIn(signedInLater)
		h.mails()
		h.update(func(tx *store.Tx) error { // somebody counts on this one
			now, err := tx.MatchRequest(m.ID)
			now.State, now.EndedAt, now.ExpiresAt = Active, time.Time{}, time.Time{}
			return errors.Join(err, tx.PutMatchRequest(&now))
		})
		h.passes(6 * day)
		h.want("mails", strings.Join(h.mails(), " "), strings.TrimSpace(strings.Repeat(MailAccountUnused+" ", 3)))
		for what, who := range map[string]Actor{"one with an open request": asks, "one that was used": signedInLater, "the only manager": h.manager} {
			if now, _ := h.account(who); now.Deletion != "" {
				t.Errorf("%s is asked: %+v", what, now)
			}
		}
		signIn(signsIn)
		h.must(h.keeps(keeps, keeps))
		h.passes(31 * day)
		for what, c := range map[string]struct {
			who  Actor
			want bool
		}{"the unused one": {unused, false}, "who signed in": {signsIn, true}, "who kept it": {keeps, true}, "who is needed": {asks, true}, "who came later": {signedInLater, true}} {
			if now, there := h.account(c.who); there != c.want || now.Deletion != "" {
				t.Errorf("%s: got %+v, %t", what, now, there)
			}
		}
	})
}

// DEL-07
func TestWhoComesBackIsSomebodyNew(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		h.asks(a, nil)
		before, _ := h.account(a)
		h.must(h.goes(a, a))
		h.must(h.keeps(a, a))
		h.must(h.goes(a, a))
		said := []string{}
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			about, err := tx.AuditAbout(a.Account, 10)
			for _, e := range about {
				said = append(said, e.Action)
			}
			return err
		}))
		h.want("what the person can read about it", strings.Join(said, " "), "account.delete account.keep account.delete")
		h.passes(DeletionGrace)
		var back Account
		h.update(func(tx *store.Tx) (err error) {
			back, err = NewAccount(tx, before.Name, before.Email, "", "", "de")
			return err
		})
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			mine, err := tx.RequestsOfAccount(back.ID)
			about, auditErr := tx.AuditAbout(back.ID, 10)
			if back.ID == before.ID || len(mine) > 0 || len(about) > 0 {
				t.Errorf("got %s with %d requests and %d entries, want a new person", back.ID, len(mine), len(about))
			}
			return errors.Join(err, auditErr)
		}))
	})
}

func TestProofsOfConsentsStayWithoutTheAccount(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, other := h.willing("27-59"), h.willing("27-59")
		var address string
		h.update(func(tx *store.Tx) error {
			who, err := tx.Account(a.Account)
			if err != nil {
				return err
			}
			who.Email, address = "ada@mail.example", "ada@mail.example"
			return tx.PutAccount(&who)
		})
		h.passes(day)
		withdrawn := h.clock.Now()
		h.update(func(tx *store.Tx) error { return AllowReach(tx, a, ByPartnerInstances, false) })
		h.update(func(tx *store.Tx) error { return AllowReach(tx, a, ByAdministration, true) })
		h.passes(day)
		h.update(func(tx *store.Tx) error {
			for _, who := range []Actor{a, other} {
				if _, err := EraseAccount(tx, who.Account); err != nil {
					return err
				}
			}
			return nil
		})
		var proofs []ConsentProof
		h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
			proofs, err = tx.ConsentProofs(ConsentMark(tx, address), "")
			return err
		}))
		if len(proofs) != 2 {
			h.t.Fatalf("got %+v, want two", proofs)
		}
		for i, want := range []struct {
			purpose Code
			ended   time.Time
		}{{ByPartnerInstances, withdrawn}, {ByAdministration, h.clock.Now()}} {
			if p := proofs[i]; p.Purpose != want.purpose || p.Text != ConsentText || p.Given.IsZero() || p.Ended.Sub(want.ended).Abs() > time.Minute {
				h.t.Errorf("got %+v, want %+v", p, want)
			}
			if strings.Contains(proofs[i].Person, "ada") || strings.Contains(proofs[i].Person, string(a.Account)) {
				h.t.Errorf("the mark says who it is: %s", proofs[i].Person)
			}
		}
	})
}
