package engagement_test

import (
	"errors"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

func TestWhoWasRemovedComesBackWithNoOlderInvitation(t *testing.T) {
	eachHouse(t, func(h *house) {
		who, other := h.person(), h.person()
		invite := func(name string, role Role) string {
			h.clock.Forward(day) // past the limit of mails to an address
			h.update(func(tx *store.Tx) error {
				return InviteMember(tx, h.manager, h.org.ID, name+"@mail.example", role, "de")
			})
			return h.mailed(MailInvite).Args["token"]
		}
		join := func(by Actor, token string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := JoinTeam(tx, by, token); return err })
		}
		gone := func(what string, err error) {
			if !errors.Is(err, ErrNotFound) {
				h.t.Errorf("%s: %v", what, err)
			}
		}
		first, second := invite("volunteer1", Manager), invite("volunteer1", Member)
		gone("an older invitation", join(who, first))
		h.must(join(who, second))
		again, theirs := invite("volunteer1", Manager), invite("volunteer2", Member)
		h.update(func(tx *store.Tx) error { return LeaveTeam(tx, h.manager, who.Account, h.org.ID) })
		gone("after the removal", join(who, again))
		h.must(join(other, theirs))
		h.must(join(who, invite("volunteer1", Member)))
	})
}
