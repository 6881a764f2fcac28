package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestDirectedRequestsStandApart(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		directed := func(o *engagement.Opportunity) { o.Visibility, o.Submitted = "anfrage", clock.Now() }
		own := putOpportunity(t, s, org.ID, "own", directed)
		clock.Forward(hour)
		came := putOpportunity(t, s, org.ID, "came", func(o *engagement.Opportunity) {
			directed(o)
			o.Origin, o.IRI = "b.example", "https://b.example/1"
		})
		putOpportunity(t, s, org.ID, "public", func(o *engagement.Opportunity) { o.Submitted = clock.Now() })
		for since, want := range map[time.Duration]int{0: 1, -hour: 2, time.Minute: 0} {
			got := get(t, s, func(tx *store.Tx) ([]engagement.Opportunity, error) {
				return tx.DirectedRequests(clock.Now().Add(since))
			})
			if len(got) != want || want > 0 && got[0].ID != came.ID {
				t.Errorf("since %s: got %d, want %d", since, len(got), want)
			}
		}
		view(t, s, func(tx *store.Tx) error {
			if n, err := tx.CountPublished(org.ID); n != 1 || err != nil {
				t.Errorf("counted as published: %d, %v", n, err)
			}
			if n, err := tx.CountShared(false); n != 1 || err != nil {
				t.Errorf("shared with partners: %d, %v", n, err)
			}
			return nil
		})

		a, b := putAccount(t, s, "a"), putAccount(t, s, "b")
		var ended engagement.ID
		update(t, s, func(tx *store.Tx) error {
			for _, who := range []engagement.ID{a.ID, b.ID} {
				i := engagement.Invitation{ID: tx.NewSecretID(), Account: who, Opportunity: came.ID, Organization: org.ID, State: engagement.InvitationDelivered, Created: tx.Now()}
				if err := tx.PutInvitation(&i); err != nil {
					return err
				}
			}
			i := engagement.Invitation{ID: tx.NewSecretID(), Account: b.ID, Opportunity: own.ID, State: engagement.InvitationDeclined, Created: tx.Now(), Ended: tx.Now()}
			ended = i.ID
			return tx.PutInvitation(&i)
		})
		invitations := func(read func(*store.Tx) ([]engagement.Invitation, error)) int { return len(get(t, s, read)) }
		to := func(tx *store.Tx) ([]engagement.Invitation, error) { return tx.InvitationsTo(came.ID) }
		of := func(tx *store.Tx) ([]engagement.Invitation, error) { return tx.InvitationsOf(b.ID) }
		if invitations(to) != 2 || invitations(of) != 2 {
			t.Errorf("got %d to the request and %d of the person", invitations(to), invitations(of))
		}
		twice := engagement.Invitation{ID: "twice", Account: a.ID, Opportunity: came.ID, Created: clock.Now()}
		if err := s.Update(ctx, func(tx *store.Tx) error { return tx.PutInvitation(&twice) }); !errors.Is(err, engagement.ErrConflict) {
			t.Errorf("asked twice: %v", err)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(a.ID) })
		if invitations(to) != 1 {
			t.Error("an invitation outlives the account")
		}
		for _, step := range []struct {
			after time.Duration
			there bool
		}{{90*day - time.Minute, true}, {2 * time.Minute, false}} {
			clock.Forward(step.after)
			if _, err := s.Purge(ctx); err != nil {
				t.Fatal(err)
			}
			err := s.View(ctx, func(tx *store.Tx) error { _, err := tx.Invitation(ended); return err })
			if (err == nil) != step.there {
				t.Errorf("after %s more: %v", step.after, err)
			}
		}
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.DeleteOpportunity(came.ID), tx.DeleteOpportunity(own.ID))
		})
		if invitations(of) != 0 {
			t.Error("an invitation outlives the request")
		}
		view(t, s, func(tx *store.Tx) error {
			grave, err := tx.Tombstone(string(own.ID))
			if err != nil || grave.Noun == store.NounOpportunity {
				t.Errorf("the own one left %+v, %v", grave, err)
			}
			return nil
		})
	})
}

// consents are one switch that ends then; the zero time: none.
func consents(until time.Time) []engagement.Consent {
	if until.IsZero() {
		return nil
	}
	return []engagement.Consent{{Purpose: engagement.ByPartnerInstances, Until: until}}
}

func TestProfilesOfWhoMayBeInvited(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		update(t, s, func(tx *store.Tx) error {
			for name, until := range map[string]time.Time{"never": {}, "soon": tx.Now().Add(20 * day), "long": tx.Now().Add(300 * day)} {
				a := engagement.Account{ID: engagement.ID(name), Name: name, Created: tx.Now()}
				if err := tx.PutAccount(&a); err != nil {
					return err
				}
				if err := tx.PutProfile(&engagement.Profile{Account: a.ID, AgeBand: "27-59", Consents: consents(until)}); err != nil {
					return err
				}
			}
			return nil
		})
		reachable := func(by engagement.Code) (names []engagement.ID) {
			for _, p := range get(t, s, func(tx *store.Tx) ([]engagement.Profile, error) { return tx.ReachableProfiles(by) }) {
				names = append(names, p.Account)
			}
			return names
		}
		if got := reachable(engagement.ByPartnerInstances); !slices.Equal(got, []engagement.ID{"long", "soon"}) {
			t.Errorf("got %v", got)
		}
		if got := reachable(engagement.ByAdministration); got != nil {
			t.Errorf("in another way: got %v", got)
		}
		due := get(t, s, func(tx *store.Tx) ([]engagement.Profile, error) { return tx.DueProfiles(tx.Now(), 9) })
		if len(due) != 1 || due[0].Account != "soon" {
			t.Errorf("due: %+v", due)
		}
	})
}
