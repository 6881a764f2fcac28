package engagement_test

import (
	"errors"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

// §3.22, rule 3: an account is suspended by two moderators, who are not the person; the person gets reasons and can object.
func TestAnAccountIsSuspended(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.center()
		person, one, two := h.adult(), h.moderator(), h.moderator()
		h.helps(h.adult(), person, HelpDates)
		offer := h.offered(person)
		p, err := h.shows(person, "18-26", Presence{Handle: "ada_liest", Name: "Ada"}, true)
		h.must(err)
		asked := h.asks(person, nil)
		h.update(func(tx *store.Tx) error {
			return tx.PutSession(Session{Hash: "session", Account: person.Account, Created: tx.Now(), LastUsed: tx.Now()})
		})
		h.mails()
		r := h.reports(h.person(), Complaint{Object: offer.ID})
		h.mails()
		_, err = h.rules(one, r, MakeAccountSuspended, false)
		h.must(err)
		suspended := func() bool {
			a, _ := h.account(person)
			return !a.Suspended.IsZero()
		}
		if suspended() || h.helpOffer(offer).State != Hidden || h.report(r).State != ReportSeconded {
			t.Fatalf("by one moderator: %v, offer %s", suspended(), h.helpOffer(offer).State)
		}
		h.mails()
		self := person
		self.Roles = []Role{Moderator}
		if _, err := h.rules(self, r, NoAction, false); !errors.Is(err, ErrNotFound) {
			t.Errorf("the person about themselves: got %v", err)
		}
		_, err = h.rules(two, r, MakeAccountSuspended, false)
		h.must(err)
		if len(h.links(person)) > 0 {
			t.Error("somebody still acts for the person")
		}
		if !suspended() || h.helpOffer(offer).State != Suspended || h.request(asked).State != WithdrawnRequest {
			t.Errorf("suspended %v, offer %s, request %s", suspended(), h.helpOffer(offer).State, h.request(asked).State)
		}
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			if _, err := tx.Session("session"); !errors.Is(err, ErrNotFound) {
				t.Errorf("still signed in: %v", err)
			}
			if q, err := tx.Presence(p.ID); err != nil || q.Open() {
				t.Errorf("the public profile is there: %v", err)
			}
			return nil
		}))
		if got := strings.Join(h.mails(), " "); !strings.Contains(got, "content-decision report-decided") {
			t.Errorf("mails %s", got)
		}
		signIn := func() error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := SignedIn(tx, person.Account, "", false)
				return err
			})
		}
		if err := signIn(); !errors.As(err, new(*Invalid)) {
			t.Errorf("signs in: %v", err)
		}
		if got := h.report(r); got.Person != person.Account || got.Statement == "" {
			t.Errorf("got %+v", got)
		}
		h.must(h.objects(h.token(h.report(r).Statement), "Das war ich nicht."))
		third := h.moderator()
		_, err = h.rules(third, r, NoAction, false)
		h.must(err)
		if got := h.report(r); got.State != ReportReversed || suspended() {
			t.Errorf("after the objection: %s", got.State)
		}
		h.must(signIn())
		t.Run("not that of staff", func(t *testing.T) {
			staff := h.person()
			offer := h.offered(staff)
			h.update(func(tx *store.Tx) error {
				a, err := tx.Account(staff.Account)
				if a.Roles = []Role{Adviser}; err != nil {
					return err
				}
				return tx.PutAccount(&a)
			})
			r := h.reports(h.person(), Complaint{Object: offer.ID})
			_, err := h.rules(one, r, MakeAccountSuspended, false)
			h.must(err)
			if _, err := h.rules(two, r, MakeAccountSuspended, false); !errors.As(err, new(*Invalid)) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("and the report forgets who is erased", func(t *testing.T) {
			gone := h.person()
			q, err := h.shows(gone, "18-26", Presence{Handle: "grace", Name: "Grace"}, true)
			h.must(err)
			r := h.reports(h.person(), Complaint{Object: q.ID})
			for _, by := range []Actor{one, two} {
				_, err := h.rules(by, r, MakeAccountSuspended, false)
				h.must(err)
			}
			if h.report(r).Person != gone.Account {
				t.Fatal("nobody was suspended")
			}
			h.update(func(tx *store.Tx) error {
				_, err := EraseAccount(tx, gone.Account)
				return err
			})
			if got := h.report(r); got.Person != "" || got.Account == "" {
				t.Errorf("got %+v", got)
			}
			h.must(h.objects(h.token(r.ID), "Hm."))
			_, err = h.rules(third, r, MakeAccountSuspended, false)
			h.must(err)
			if got := h.report(r); got.State != ReportUpheld {
				t.Errorf("the report is %s", got.State)
			}
		})
	})
}
