package store_test

import (
	"fmt"
	"slices"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// DEL-14
func TestTheAuditLogIsAChain(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		seal := func() store.AuditEnd {
			t.Helper()
			end, err := s.SealAudit(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return end
		}
		check := func(what string, broken ...int64) store.AuditCheck {
			t.Helper()
			c, err := s.CheckAudit(ctx)
			if err != nil || !slices.Equal(c.Broken, broken) {
				t.Errorf("%s: broken at %v, %v; want %v", what, c.Broken, err, broken)
			}
			return c
		}
		a := putAccount(t, s, "person")
		write := func(n int) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				for i := range n {
					e := engagement.AuditEntry{At: tx.Now(), Account: a.ID, Role: engagement.Adviser, Action: fmt.Sprintf("act %d", i), Object: "thing", Person: a.ID, New: "x"}
					if err := tx.Audit(e); err != nil {
						return err
					}
				}
				return nil
			})
		}
		check("an empty log")
		write(3)
		if c := check("before the first seal"); c.Waiting != 3 || c.Checked != 0 {
			t.Errorf("got %+v", c)
		}
		first := seal()
		write(600) // more than are sealed at once
		if end := seal(); end.Entries != 603 || end == first || end != seal() {
			t.Errorf("got %+v", end)
		}
		if c := check("sealed"); c.Waiting != 0 || c.Checked != 603 {
			t.Errorf("got %+v", c)
		}
		update(t, s, func(tx *store.Tx) error {
			_, err := engagement.EraseAccount(tx, a.ID)
			return err
		})
		seal()
		c := check("after a deletion")

		store.Exec(t, s, `UPDATE audit SET doc = replace(doc, '"act 7"', '"act 8"') WHERE place = 11`)
		check("an entry was changed", 11)
		store.Exec(t, s, `UPDATE audit SET doc = replace(doc, '"act 8"', '"act 7"') WHERE place = 11`)
		check("and changed back")
		store.Exec(t, s, `UPDATE audit SET at = at, place = -place WHERE place = 12`)
		check("an entry is missing", 13)
		store.Exec(t, s, `UPDATE audit SET place = -place WHERE place = -12`)
		store.Exec(t, s, `UPDATE audit SET place = -place WHERE place = $1`, c.Entries)
		check("the newest is missing", c.Entries)
		store.Exec(t, s, `UPDATE audit SET place = -place WHERE place = $1`, -c.Entries)
		check("all is well")

		clock.Forward(200 * day)
		update(t, s, func(tx *store.Tx) error { return tx.Audit(engagement.AuditEntry{At: tx.Now(), Action: "later"}) })
		seal()
		clock.Forward(200 * day)
		if _, err := s.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if c := check("after the retention of the first"); c.Checked != 1 {
			t.Errorf("got %+v", c)
		}
		clock.Forward(400 * day)
		if _, err := s.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx *store.Tx) error { return tx.Audit(engagement.AuditEntry{At: tx.Now(), Action: "last"}) })
		if end := seal(); end.Entries != c.Entries+2 {
			t.Errorf("got %+v", end)
		}
		check("after the retention of all")
	})
}
