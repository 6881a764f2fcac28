package engagement_test

import (
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

func TestAHiddenOrganizationNeitherInvitesNorStaysInvited(t *testing.T) {
	eachHouse(t, func(h *house) {
		p := h.ally("b.example")
		o, err := h.reaches(p, h.visits(p, "amt"), "1", nil)
		h.must(err)
		first, second := h.willing("27-59"), h.willing("27-59")
		hide := func(who Actor) {
			h.update(func(tx *store.Tx) error { return HideOrganization(tx, who, o.Organization) })
		}
		hide(second)
		if n := h.invites(o, first, second); n != 1 {
			h.t.Errorf("%d were asked, want the one who does not hide it", n)
		}
		hide(first)
		hide(first) // again is no error
		if i := h.invitation(first); i.State != InvitationDeclined {
			h.t.Errorf("the open invitation is %s", i.State)
		}
		hidden := func() (n int) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				p, err := tx.Profile(first.Account)
				n = len(p.Excluded.Organizations)
				return err
			}))
			return n
		}
		if got := hidden(); got != 1 {
			h.t.Errorf("%d are hidden, want 1", got)
		}
		for range 2 {
			h.update(func(tx *store.Tx) error { return UnhideOrganization(tx, first, o.Organization) })
		}
		if got := hidden(); got != 0 {
			h.t.Errorf("%d are still hidden", got)
		}
		err = h.s.Update(ctx, func(tx *store.Tx) error { return HideOrganization(tx, first, "nobody") })
		if err == nil {
			h.t.Error("one that does not exist can be hidden")
		}
		h.passes(time.Hour)
	})
}
