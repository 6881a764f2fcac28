package federation_test

import (
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/geo"
	"seestern/store"
)

// moderate is a decision of a moderator here about a copy.
func (h *house) moderate(id engagement.ID, d engagement.Decision) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		_, err := engagement.DecideOpportunity(tx, engagement.System, id, d, "sonstiges", "")
		return err
	})
}

// What a moderator has to see before others do, and what comes of the decision (protocol.md §5.4, O5, O8, O10, O13, O14).
func TestCopiesThatAModeratorLooksAt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		const lat, lon = 52.45, 13.57
		h.befriend("near.test", func(p *engagement.Partner) { p.Center, p.RadiusKM = geo.Point{Lat: lat, Lon: lon}, 12 })
		near := h.actor("near.test", "org", indexable)
		h.befriend("new.test", func(p *engagement.Partner) { p.Level = "geprueft" })
		fresh := h.actor("new.test", "org", indexable)
		at := func(lat float64) map[string]any {
			return map[string]any{"location": map[string]any{"type": "Place", "name": "Dort", "latitude": lat, "longitude": lon}}
		}
		said := func(status string) map[string]any {
			return map[string]any{"seestern:details": map[string]any{
				"seestern:version": 1, "seestern:kind": "engagement", "seestern:status": status, "seestern:visibility": "offen",
			}}
		}
		tell := func(a *fedtest.Actor, path string, members ...map[string]any) engagement.Opportunity {
			h.t.Helper()
			h.clock.Forward(time.Second)
			all := append([]map[string]any{{"published": "2026-11-01T08:00:00Z", "updated": h.stamp(0)}}, members...)
			h.want(a, carry(a, "Update", h.proposal(a, path, all...)), 202)
			o, there := h.copied(a.Host.URL(path))
			if !there {
				t.Fatalf("%s is not kept", path)
			}
			return o
		}
		state := func(t *testing.T, o engagement.Opportunity, want engagement.OpportunityState, reason engagement.Code) {
			t.Helper()
			if o.State != want || o.Reason != reason {
				t.Errorf("got %s for %q, want %s for %q", o.State, o.Reason, want, reason)
			}
		}
		paid := map[string]any{"reciprocal": map[string]any{"type": "Intent"}}

		t.Run("O8 a place up to 50 km around the region is published", func(t *testing.T) {
			state(t, tell(near, "/opp/near", at(lat+0.5)), engagement.Published, "")
		})
		t.Run("O8 one beyond waits", func(t *testing.T) {
			state(t, tell(near, "/opp/far", at(lat+0.6)), engagement.Queued, "ungewoehnlicher-ort")
		})
		t.Run("O8 one that goes there waits too", func(t *testing.T) {
			state(t, tell(near, "/opp/near", at(lat+5)), engagement.Queued, "ungewoehnlicher-ort")
		})
		t.Run("O5 one that comes to want something in return waits, with the reason", func(t *testing.T) {
			state(t, tell(near, "/opp/paid"), engagement.Published, "")
			state(t, tell(near, "/opp/paid", paid), engagement.Queued, "arbeitsplatz-ersatz")
		})
		t.Run("O13 what was released stays released", func(t *testing.T) {
			for path, members := range map[string]map[string]any{"/opp/paid": paid, "/opp/far": at(lat + 0.6)} {
				o, _ := h.copied(near.Host.URL(path))
				h.moderate(o.ID, engagement.DecideApprove)
				if got := tell(near, path, members); got.State != engagement.Published {
					t.Errorf("%s is %s", path, got.State)
				}
			}
		})
		t.Run("O10 what is released is what its owner says by then", func(t *testing.T) {
			other := map[string]any{"name": "Brote schmieren"} // or it would be the same as those of near.test
			state(t, tell(fresh, "/opp/a", other), engagement.Queued, "")
			state(t, tell(fresh, "/opp/a", other, said("closed")), engagement.Queued, "")
			o, _ := h.copied("https://new.test/opp/a")
			h.moderate(o.ID, engagement.DecideApprove)
			o, _ = h.copied("https://new.test/opp/a")
			state(t, o, engagement.Expired, "")
			state(t, tell(fresh, "/opp/a", other, said("open")), engagement.Published, "")
		})
		t.Run("O13 what was hidden stays hidden, and nobody is told", func(t *testing.T) {
			o := tell(near, "/opp/hidden")
			h.moderate(o.ID, engagement.DecideHide)
			state(t, tell(near, "/opp/hidden", said("paused")), engagement.Hidden, "sonstiges")
			h.moderate(o.ID, engagement.DecideRestore)
			o, _ = h.copied("https://near.test/opp/hidden")
			state(t, o, engagement.Paused, "sonstiges")
			settle(t, h.peer)
			if got := append(near.Inbox(), fresh.Inbox()...); len(got) != 0 {
				t.Errorf("it was told: %v", got)
			}
		})
		t.Run("O14 what stands here already is shown once", func(t *testing.T) {
			twin := h.actor("near.test", "twin", func(d map[string]any) { d["indexable"], d["name"] = true, h.org.Name })
			details := said("open")["seestern:details"].(map[string]any)
			var activities []string
			for _, a := range h.opp.Activities {
				activities = append(activities, string(a))
			}
			details["seestern:activities"] = activities
			state(t, tell(twin, "/opp/twin", map[string]any{
				"name": h.opp.Title, "seestern:details": details, "location": map[string]any{
					"type": "Place", "name": "Dort", "address": map[string]any{"type": "PostalAddress", "postalCode": h.opp.Places[0].Postcode},
				},
			}), engagement.Hidden, "doppelt")
		})
	})
}
