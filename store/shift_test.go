package store_test

import (
	"errors"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestShiftsByOpportunityOrganizationAndTime(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		a, b, c := putOpportunity(t, s, org.ID, "A", nil), putOpportunity(t, s, org.ID, "B", nil), putOpportunity(t, s, org.ID, "C", nil)
		now := clock.Now()
		put := func(id string, o engagement.Opportunity, starts time.Duration, change func(*engagement.Shift)) {
			shift := engagement.Shift{
				ID: engagement.ID(id), Opportunity: o.ID, Organization: org.ID, Starts: now.Add(starts), Ends: now.Add(starts + 2*hour),
				Capacity: 3, State: engagement.ShiftPlanned,
			}
			if change != nil {
				change(&shift)
			}
			update(t, s, func(tx *store.Tx) error { return tx.PutShift(&shift) })
		}
		put("later", a, 3*hour, func(s *engagement.Shift) { s.Series, s.DueAt = "series", now.Add(2*hour) })
		put("soon", a, hour, func(s *engagement.Shift) { s.Series, s.DueAt = "series", now.Add(hour) })
		put("now", a, 0, nil)
		put("canceled", a, 2*hour, func(s *engagement.Shift) { s.State = engagement.ShiftCanceled })
		put("other", b, 150*time.Minute, nil)
		ids := func(list []engagement.Shift) (all string) {
			for _, s := range list {
				all += " " + string(s.ID)
			}
			return all
		}
		view(t, s, func(tx *store.Tx) error {
			ahead, err := tx.ShiftsAhead([]engagement.ID{a.ID, b.ID, c.ID})
			if err != nil {
				return err
			}
			if _, some := ahead[c.ID]; some || len(ahead) != 2 {
				t.Errorf("got shifts of %d opportunities, want 2", len(ahead))
			}
			for what, got := range map[string]struct{ got, want string }{
				"ahead of A": {ids(ahead[a.ID]), " soon later"},
				"ahead of B": {ids(ahead[b.ID]), " other"},
			} {
				if got.got != got.want {
					t.Errorf("%s: got%s, want%s", what, got.got, got.want)
				}
			}
			for _, c := range []struct {
				what, want string
				find       func() ([]engagement.Shift, error)
			}{
				{"of A", " now soon canceled later", func() ([]engagement.Shift, error) { return tx.ShiftsFor(a.ID) }},
				{"in the series", " soon later", func() ([]engagement.Shift, error) { return tx.ShiftsInSeries("series") }},
				{"of the empty series", "", func() ([]engagement.Shift, error) { return tx.ShiftsInSeries("") }},
				{"due in an hour", " soon", func() ([]engagement.Shift, error) { return tx.DueShifts(now.Add(hour), 9) }},
				{"due in two", " soon later", func() ([]engagement.Shift, error) { return tx.DueShifts(now.Add(2*hour), 9) }},
				{"that end in a time", " soon canceled other", func() ([]engagement.Shift, error) { return tx.ShiftsOf(org.ID, now.Add(3*hour), now.Add(5*hour)) }},
			} {
				list, err := c.find()
				if err != nil || ids(list) != c.want {
					t.Errorf("%s: got%s, %v, want%s", c.what, ids(list), err, c.want)
				}
			}
			return nil
		})
		clock.Forward(150 * time.Minute)
		view(t, s, func(tx *store.Tx) error {
			ahead, err := tx.ShiftsAhead([]engagement.ID{a.ID, b.ID})
			if err != nil || len(ahead) != 1 || ids(ahead[a.ID]) != " later" {
				t.Errorf("later: %v, %v", ahead, err)
			}
			return nil
		})
	})
}

func TestSignUpsEndWithTheirShiftAndTheirRequest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "A", nil)
		a := putAccount(t, s, "person")
		put := func(shift, request string) engagement.ShiftSignUp {
			u := engagement.ShiftSignUp{ID: engagement.ID(shift + request), Shift: engagement.ID(shift), Request: engagement.ID(request), Account: a.ID, People: 1, State: engagement.ShiftSignedUp}
			update(t, s, func(tx *store.Tx) error {
				if _, err := tx.Shift(u.Shift); errors.Is(err, engagement.ErrNotFound) {
					if err := tx.PutShift(&engagement.Shift{ID: u.Shift, Opportunity: o.ID, Organization: org.ID, Starts: tx.Now(), Ends: tx.Now().Add(hour)}); err != nil {
						return err
					}
				}
				if _, err := tx.MatchRequest(u.Request); errors.Is(err, engagement.ErrNotFound) {
					m := newRequest(tx, o)
					m.ID, m.Account = u.Request, a.ID
					if err := tx.PutMatchRequest(&m); err != nil {
						return err
					}
				}
				return errors.Join(tx.PutShiftSignUp(&u), tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Subject: u.ID, At: tx.Now(), To: engagement.Recipient{Account: a.ID}}))
			})
			return u
		}
		one, two, three := put("s1", "m1"), put("s1", "m2"), put("s2", "m3")
		bySecret := get(t, s, func(tx *store.Tx) (engagement.ShiftSignUp, error) {
			return tx.ShiftSignUpBySecret(engagement.Hash(tx.LinkToken(two.ID)))
		})
		if bySecret.ID != two.ID {
			t.Errorf("got %s, want %s", bySecret.ID, two.ID)
		}
		left := func() (n int) {
			return len(get(t, s, func(tx *store.Tx) ([]engagement.ShiftSignUp, error) { return tx.ShiftSignUpsOf(a.ID) }))
		}
		if left() != 3 {
			t.Fatalf("got %d sign-ups, want 3", left())
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteShiftSignUps(one.Request) })
		events, err := s.LeaseEvents(ctx, engagement.Mail, "postman", 9, time.Minute)
		if err != nil || len(events) != 2 || left() != 2 {
			t.Errorf("got %d mails and %d sign-ups, %v; want 2 and 2", len(events), left(), err)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteMatchRequest(two.Request) })
		if left() != 1 {
			t.Errorf("the sign-up of a request that was erased is left")
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })
		if left() != 0 {
			t.Errorf("%s is left of an opportunity that is gone", three.ID)
		}
	})
}
