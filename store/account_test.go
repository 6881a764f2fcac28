package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// CON-06: whatever goes on around an account while it is deleted, it is gone afterwards with all that hangs on it.
func TestADeletedAccountDoesNotComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		for n := range 15 {
			name := fmt.Sprintf("volunteer%d", n)
			a := putAccount(t, s, name)
			mail := engagement.Event{For: engagement.Mail, Kind: engagement.MailSignIn, Subject: a.ID, To: engagement.Recipient{Account: a.ID}}
			emit := func(tx *store.Tx) error {
				e := mail
				e.ID, e.At = tx.NewID(), tx.Now()
				return tx.Emit(e)
			}
			update(t, s, emit)
			leased, err := s.LeaseEvents(ctx, engagement.Mail, "postman", 10, hour) // one is being sent
			if err != nil || len(leased) != 1 {
				t.Fatalf("leased %d, %v", len(leased), err)
			}
			acts := map[string]func(tx *store.Tx) error{
				"is deleted": func(tx *store.Tx) error { return tx.DeleteAccount(a.ID) },
				"signs in": func(tx *store.Tx) error {
					if _, err := tx.Actor(a.ID); err != nil {
						return err
					}
					return tx.PutSession(engagement.Session{Hash: "session of " + name, Account: a.ID, Created: tx.Now(), LastUsed: tx.Now()})
				},
				"asks for a link": func(tx *store.Tx) error { return engagement.SendSignInLink(tx, a.Email, "") },
				"gets a role": func(tx *store.Tx) error {
					a, err := tx.Account(a.ID)
					if err != nil {
						return err
					}
					a.Roles = []engagement.Role{engagement.Moderator}
					return tx.PutAccount(&a)
				},
				"describes itself": func(tx *store.Tx) error { return tx.PutProfile(&engagement.Profile{Account: a.ID, AgeBand: "27-59"}) },
				"joins a team": func(tx *store.Tx) error {
					return tx.PutMembership(engagement.Membership{Account: a.ID, Organization: org.ID, Role: engagement.Member, Since: tx.Now()})
				},
				"gets its mail": func(tx *store.Tx) error { return tx.EventDone(leased[0]) },
			}
			start := make(chan struct{})
			var wg sync.WaitGroup
			for says, act := range acts {
				wg.Go(func() {
					<-start
					err := s.Update(ctx, act)
					if err != nil && (says == "is deleted" || !errors.Is(err, engagement.ErrNotFound) && !errors.Is(err, engagement.ErrConflict)) {
						t.Errorf("%s: %v", says, err)
					}
				})
			}
			close(start)
			wg.Wait()
			view(t, s, func(tx *store.Tx) error {
				_, account := tx.Account(a.ID)
				_, actor := tx.Actor(a.ID)
				_, session := tx.Session("session of " + name)
				for what, err := range map[string]error{"account": account, "actor": actor, "session": session} {
					if !errors.Is(err, engagement.ErrNotFound) {
						t.Errorf("%s: got %v, want ErrNotFound", what, err)
					}
				}
				p, err := tx.Profile(a.ID)
				if p.AgeBand != "" || err != nil && !errors.Is(err, engagement.ErrNotFound) {
					t.Errorf("profile: got %+v, %v", p, err)
				}
				members, err := tx.MembershipsOf(a.ID)
				if len(members) > 0 || err != nil {
					t.Errorf("memberships: got %v, %v", members, err)
				}
				mails, err := tx.CountMails(a.Email, time.Time{})
				if mails != 0 || err != nil {
					t.Errorf("mails: got %d, %v", mails, err)
				}
				return nil
			})
		}
	})
}

// Who acts for somebody stops when the sessions of that person end, and when the account goes.
func TestSessionsThatActForSomebody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var adviser, person engagement.Account
		acts := func(hash string) {
			update(t, s, func(tx *store.Tx) error {
				return tx.PutSession(engagement.Session{Hash: hash, Account: adviser.ID, Helps: person.ID, Created: tx.Now(), LastUsed: tx.Now(), Staff: true})
			})
		}
		left := func(hash string) engagement.ID {
			var helps engagement.ID
			update(t, s, func(tx *store.Tx) error {
				session, err := tx.Session(hash)
				if errors.Is(err, engagement.ErrNotFound) {
					return nil
				}
				helps = session.Helps
				return err
			})
			return helps
		}
		update(t, s, func(tx *store.Tx) error {
			adviser, person = engagement.Account{ID: tx.NewID(), Name: "Beratung"}, engagement.Account{ID: tx.NewID(), Name: "Karl", Assisted: true}
			return errors.Join(tx.PutAccount(&adviser), tx.PutAccount(&person))
		})
		if list := get(t, s, func(tx *store.Tx) ([]engagement.Account, error) { return tx.AssistedAccounts("", 10) }); len(list) != 1 || list[0].ID != person.ID {
			t.Errorf("kept by the volunteer center: %+v", list)
		}
		acts("first")
		if got := left("first"); got != person.ID {
			t.Errorf("acts for %q", got)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteSessions(person.ID, "") })
		if got := left("first"); got != "" {
			t.Errorf("after the sessions of the person have ended: acts for %q", got)
		}
		acts("second")
		update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(person.ID) })
		if got := left("second"); got != "" {
			t.Errorf("after the account is gone: acts for %q", got)
		}
	})
}
