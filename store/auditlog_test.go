package store_test

import (
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestTheAuditLogIsNarrowed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error {
			for _, e := range []engagement.AuditEntry{{Account: "ada", Action: "instance.change"}, {Account: "eve", Person: "ada", Action: "role.grant"}, {Account: "eve", Action: "instancex.change"}} {
				e.At = tx.Now()
				if err := tx.Audit(e); err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range []struct {
			name string
			q    store.AuditQuery
			want int
		}{{"by nothing", store.AuditQuery{}, 3}, {"by kind", store.AuditQuery{Kind: "instance"}, 1}, {"by person", store.AuditQuery{Account: "ada"}, 2}, {"by number", store.AuditQuery{Before: 1}, 0}} {
			if got := get(t, s, func(tx *store.Tx) ([]store.AuditRow, error) { return tx.AuditLog(c.q, 10) }); len(got) != c.want {
				t.Errorf("%s: %d, want %d", c.name, len(got), c.want)
			}
		}
	})
}
