package engagement_test

import (
	"fmt"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/geo"
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

// More than twenty opportunities that differ at one exact place are looked at first (domain.md §3.12).
func TestManyOfOnePartnerAtOnePointAreLookedAt(t *testing.T) {
	eachHouse(t, func(h *house) {
		tell := func(host, path string, at Place, title string) (made Opportunity) {
			p := Partner{Host: host, State: PartnerActive, Level: "vertraut"}
			h.update(func(tx *store.Tx) error {
				org, err := MirrorOrganization(tx, Organization{Name: "Anderswo", IRI: "https://" + host + "/ap/org/1", Origin: host})
				if err != nil {
					return err
				}
				o := h.o
				o.ID, o.Code, o.Version, o.Organization, o.Origin, o.IRI, o.Updated = "", "", 0, org.ID, host, "https://"+host+path, tx.Now()
				o.Details, o.ContactMail, o.Title, o.Places = "", "", title, []Place{at}
				made, err = MirrorOpportunity(tx, p, o)
				return err
			})
			h.clock.Forward(time.Second)
			return made
		}
		want := func(what string, o Opportunity, state OpportunityState, reason Code) {
			t.Helper()
			if o.State != state || o.Reason != reason {
				t.Errorf("%s: got %s for %q, want %s for %q", what, o.State, o.Reason, state, reason)
			}
		}
		exact := Place{Locality: "Köpenick", Point: geo.Point{Lat: 52.4455, Lon: 13.5745}, Centroid: geo.Point{Lat: 52.4455, Lon: 13.5745}, Exact: true, Precision: "genau"}
		district, beside := exact, exact
		district.Exact, beside.Point.Lat = false, exact.Point.Lat+.0001
		for n := range 20 {
			want("one of the first", tell("many.example", fmt.Sprint("/", n), exact, fmt.Sprint("Angebot Nummer ", n)), Published, "")
			want("one of a district", tell("many.example", fmt.Sprint("/district/", n), district, fmt.Sprint("Im Ortsteil ", n)), Published, "")
		}
		want("one more of the district", tell("many.example", "/district/20", district, "Im Ortsteil 20"), Published, "")
		want("another one with the same text", tell("many.example", "/same", exact, "Angebot Nummer 3"), Published, "")
		want("one beside it", tell("many.example", "/beside", beside, "Nebenan"), Published, "")
		want("one of another partner", tell("few.example", "/1", exact, "Von anderswo"), Published, "")
		more := tell("many.example", "/20", exact, "Angebot Nummer 20")
		want("the twenty-first", more, Queued, "ungewoehnlicher-ort")
		want("one of the first that changes", tell("many.example", "/3", exact, "Angebot Nummer drei"), Published, "")
		want("one that moves there", tell("many.example", "/beside", exact, "Nebenan"), Queued, "ungewoehnlicher-ort")
		moderator := Actor{Account: h.person().Account, Roles: []Role{Moderator}}
		h.update(func(tx *store.Tx) error {
			_, err := DecideOpportunity(tx, moderator, more.ID, DecideApprove, "", "")
			return err
		})
		want("what was released", tell("many.example", "/20", exact, "Angebot Nummer zwanzig"), Published, "ungewoehnlicher-ort")
	})
}
