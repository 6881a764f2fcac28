package store_test

import (
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestWhatWasAskedForLately(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		var ids []engagement.ID
		ask := func(state engagement.RequestState) {
			o := putOpportunity(t, s, org.ID, "Vorlesen", nil)
			ids = append(ids, o.ID)
			update(t, s, func(tx *store.Tx) error {
				m := newRequest(tx, o)
				m.State = state
				return tx.PutMatchRequest(&m)
			})
		}
		ask(engagement.Interested)
		clock.Forward(15 * day)
		ask(engagement.Interested)
		ask(engagement.Unconfirmed)
		for name, tc := range map[string]struct {
			ids   []engagement.ID
			since time.Time
			want  []engagement.ID
		}{
			"in a fortnight":              {ids, clock.Now().Add(-14 * day), ids[1:2]},
			"in a month":                  {ids, clock.Now().Add(-30 * day), ids[:2]},
			"of those that are asked for": {ids[:1], clock.Now().Add(-30 * day), ids[:1]},
			"nothing":                     {nil, clock.Now().Add(-30 * day), nil},
		} {
			got := get(t, s, func(tx *store.Tx) (map[engagement.ID]bool, error) { return tx.AskedFor(tc.ids, tc.since) })
			if len(got) != len(tc.want) {
				t.Errorf("%s: got %v, want %v", name, got, tc.want)
			}
			for _, id := range tc.want {
				if !got[id] {
					t.Errorf("%s: %s is missing", name, id)
				}
			}
		}
	})
}

// In an earlier version the clock of an opportunity ran also while people helped with it.
func TestAnOldClockEndsNoAgreement(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "Vorlesen", func(o *engagement.Opportunity) { o.State, o.Taken = engagement.Expired, 1 })
		var m engagement.MatchRequest
		update(t, s, func(tx *store.Tx) error {
			m = newRequest(tx, o)
			m.State, m.AgreedAt = engagement.Active, tx.Now()
			return tx.PutMatchRequest(&m)
		})
		store.Exec(t, s, `UPDATE opportunity SET due = 1 WHERE id = $1`, string(o.ID))
		update(t, s, func(tx *store.Tx) error { _, err := engagement.Tick(tx, 10); return err })
		if now := get(t, s, func(tx *store.Tx) (engagement.MatchRequest, error) { return tx.MatchRequest(m.ID) }); now.State != engagement.Active {
			t.Errorf("the agreement is %s", now.State)
		}
		due := get(t, s, func(tx *store.Tx) ([]engagement.Opportunity, error) { return tx.DueOpportunities(clock.Now(), 10) })
		if len(due) != 0 {
			t.Error("the clock is as it was")
		}
	})
}
