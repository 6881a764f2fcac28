package engagement_test

import (
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// copyOf is what a partner tells about an opportunity that looks like the one of the house.
func (h *house) copyOf(host, web string, published time.Time) ID {
	h.t.Helper()
	p := Partner{Host: host, State: PartnerActive, Level: "vertraut"}
	h.update(func(tx *store.Tx) error {
		old, err := tx.Partner(host)
		if p.Version = old.Version; err == nil {
			return nil
		}
		return tx.PutPartner(&p)
	})
	var made Opportunity
	h.update(func(tx *store.Tx) error {
		org, err := MirrorOrganization(tx, Organization{Name: h.org.Name, IRI: "https://" + host + "/ap/org/1", Origin: host, Web: web})
		if err != nil {
			return err
		}
		o := h.o
		o.ID, o.Code, o.Version, o.Organization, o.Origin, o.IRI, o.Published, o.Updated = "", "", 0, org.ID, host, "https://"+host+"/ap/o/1", published, tx.Now()
		o.Details, o.ContactMail = "", ""
		made, err = MirrorOpportunity(tx, p, o)
		return err
	})
	h.clock.Forward(time.Minute)
	return made.ID
}

func TestWhatCameOnSeveralWaysIsShownOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		want := func(what string, states map[ID]OpportunityState) {
			t.Helper()
			h.update(func(tx *store.Tx) error {
				for id, state := range states {
					o, err := tx.Opportunity(id)
					if err != nil {
						return err
					}
					if o.State != state || (o.Reason == "doppelt") != (state == Hidden) {
						t.Errorf("%s: %s is %s, reason %q; want %s", what, o.Origin, o.State, o.Reason, state)
					}
				}
				return nil
			})
		}
		own := h.o.ID
		far := h.copyOf("far.example", "", h.clock.Now())
		want("a copy of what is here", map[ID]OpportunityState{own: Published, far: Hidden})
		h.update(func(tx *store.Tx) error {
			_, err := WithdrawOpportunity(tx, h.manager, own)
			return err
		})
		want("the own one is withdrawn", map[ID]OpportunityState{far: Published})
		early := h.copyOf("early.example", "", h.clock.Now().Add(-9*day))
		want("one that was published earlier", map[ID]OpportunityState{early: Published, far: Hidden})
		home := h.copyOf("home.example", "https://www.home.example/verein", h.clock.Now())
		want("the organization's own instance", map[ID]OpportunityState{home: Published, early: Hidden, far: Hidden})
		h.update(func(tx *store.Tx) error {
			list, err := tx.HiddenDuplicates(10)
			if len(list) != 2 {
				t.Errorf("moderators see %d, want 2", len(list))
			}
			return err
		})
		moderator := Actor{Account: h.person().Account, Roles: []Role{Moderator}}
		h.update(func(tx *store.Tx) error {
			_, err := DecideOpportunity(tx, moderator, far, DecideRestore, "", "")
			return err
		})
		h.update(func(tx *store.Tx) error { return UnmirrorOpportunity(tx, "https://home.example/ap/o/1") })
		h.update(func(tx *store.Tx) error { // the moderator's word stays
			o, err := tx.Opportunity(far)
			if o.State != Published {
				t.Errorf("what a moderator released is %s", o.State)
			}
			return err
		})
		again := h.copyOf("home.example", "https://www.home.example/verein", h.clock.Now())
		h.update(func(tx *store.Tx) error {
			_, err := DecideOpportunity(tx, moderator, again, DecideHide, "rechtswidrig", "Das geht nicht.")
			return err
		})
		h.copyOf("other.example", "", h.clock.Now())
		want("what a moderator hid does not come back under another address", map[ID]OpportunityState{early: Hidden})
	})
}
