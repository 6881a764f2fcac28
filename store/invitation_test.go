package store_test

import (
	"errors"
	"fmt"
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

func TestCallsAndQuestionsAboutPeople(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "Vorlesen", nil)
		a, b := putAccount(t, s, "a"), putAccount(t, s, "b")
		put := func(id engagement.ID, way engagement.Code, ended time.Time) {
			update(t, s, func(tx *store.Tx) error {
				return tx.PutCall(&engagement.Call{ID: id, Opportunity: o.ID, Organization: org.ID, Way: way, Created: clock.Now(), Ended: ended})
			})
			clock.Forward(hour)
		}
		put("first", engagement.ByOrganizations, clock.Now())
		put("second", engagement.ByVolunteerCenter, time.Time{})
		put("third", engagement.ByVolunteerCenter, time.Time{})
		for what, calls := range map[string]struct {
			read func(*store.Tx) ([]engagement.Call, error)
			want string
		}{
			"of the organization": {func(tx *store.Tx) ([]engagement.Call, error) { return tx.CallsOf(org.ID) }, "[third second first]"},
			"for the opportunity": {func(tx *store.Tx) ([]engagement.Call, error) { return tx.CallsFor(o.ID) }, "[third second first]"},
			"in a way":            {func(tx *store.Tx) ([]engagement.Call, error) { return tx.CallsInWay(engagement.ByVolunteerCenter, 1) }, "[third]"},
			"open":                {(*store.Tx).OpenCalls, "[second third]"},
		} {
			var ids []engagement.ID
			for _, c := range get(t, s, calls.read) {
				ids = append(ids, c.ID)
			}
			if got := fmt.Sprint(ids); got != calls.want {
				t.Errorf("%s: got %s, want %s", what, got, calls.want)
			}
		}

		start := clock.Now()
		update(t, s, func(tx *store.Tx) error {
			var err error
			for id, l := range map[engagement.ID]engagement.Lookup{"x": {Account: a.ID, Organization: "one"}, "y": {Account: b.ID, Organization: "one"}, "z": {Account: b.ID, Organization: "other"}} {
				l.ID, l.At = id, tx.Now()
				err = errors.Join(err, tx.PutLookup(&l, "key"))
			}
			return errors.Join(err, tx.Show("x", a.ID), tx.Show("x", b.ID), tx.Show("z", b.ID))
		})
		clock.Forward(hour)
		view(t, s, func(tx *store.Tx) error {
			for _, count := range []struct {
				account, organization engagement.ID
				since                 time.Time
				want                  int
			}{{a.ID, "", start, 1}, {b.ID, "", start, 2}, {"", "one", start, 2}, {"", "one", clock.Now(), 0}, {"", "", start, 0}} {
				if n, err := tx.CountLookups(count.account, count.organization, count.since); n != count.want || err != nil {
					t.Errorf("%+v: got %d, %v", count, n, err)
				}
			}
			return nil
		})
		shown := func(tx *store.Tx) ([]engagement.ID, error) { return tx.ShownIn("x") }
		about := func(tx *store.Tx) ([]engagement.Lookup, error) { return tx.LookupsAbout(b.ID, 9) }
		if len(get(t, s, shown)) != 2 || len(get(t, s, about)) != 2 {
			t.Errorf("shown: %v, about: %v", get(t, s, shown), get(t, s, about))
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(a.ID) })
		if got := get(t, s, shown); len(got) != 1 || got[0] != b.ID {
			t.Errorf("a deleted person is still shown: %v", got)
		}

		there := func() (calls, lookups int) {
			return len(get(t, s, func(tx *store.Tx) ([]engagement.Call, error) { return tx.CallsOf(org.ID) })), len(get(t, s, about))
		}
		for _, step := range []struct {
			after          time.Duration
			calls, lookups int
		}{{90*day - 6*hour, 3, 2}, {6 * hour, 2, 2}, {275*day - 2*hour, 2, 2}, {3 * hour, 2, 0}} {
			clock.Forward(step.after)
			if _, err := s.Purge(ctx); err != nil {
				t.Fatal(err)
			}
			if calls, lookups := there(); calls != step.calls || lookups != step.lookups {
				t.Errorf("after %s more: %d calls and %d questions", step.after, calls, lookups)
			}
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })
		if calls, _ := there(); calls != 0 {
			t.Error("a call outlives the opportunity")
		}
	})
}
