package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/store/storetest"
)

// putOccasion adds one of tomorrow that lasts two hours.
func putOccasion(t *testing.T, s *store.Store, org engagement.ID, title string, change ...func(*engagement.Occasion)) engagement.Occasion {
	t.Helper()
	var o engagement.Occasion
	update(t, s, func(tx *store.Tx) error {
		o = engagement.Occasion{
			ID: tx.NewID(), Code: newCode(tx), Organization: org, Title: title, Kind: "treffen", SignUp: "hier", State: engagement.OccasionScheduled,
			Starts: tx.Now().Add(day), Ends: tx.Now().Add(day + 2*hour), Published: tx.Now(),
		}
		for _, f := range change {
			f(&o)
		}
		return tx.PutOccasion(&o)
	})
	return o
}

// copyOf makes it one of another server.
func copyOf(host, author string) func(*engagement.Occasion) {
	return func(o *engagement.Occasion) {
		o.Organization, o.Origin, o.Author, o.IRI = "", host, "https://"+host+"/"+author, "https://"+host+"/e/"+string(o.ID)
	}
}

func TestOccasionsAreFound(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org, gone := putOrganization(t, s, "verein"), putOrganization(t, s, "weg")
		gone.State = engagement.OrganizationSuspended
		update(t, s, func(tx *store.Tx) error { return tx.PutOrganization(&gone) })
		here := geo.Point{Lat: 52.45, Lon: 13.57}
		in := func(d time.Duration) func(*engagement.Occasion) {
			return func(o *engagement.Occasion) { o.Starts, o.Ends = clock.Now().Add(d), clock.Now().Add(d+2*hour) }
		}
		at := func(km float64) func(*engagement.Occasion) {
			return func(o *engagement.Occasion) {
				o.Place = engagement.Place{Locality: "Ort", Point: geo.Point{Lat: here.Lat + km/111.2, Lon: here.Lon}, Precision: "genau"}
			}
		}
		state := func(state engagement.OccasionState) func(*engagement.Occasion) {
			return func(o *engagement.Occasion) { o.State = state }
		}
		putOccasion(t, s, org.ID, "läuft", in(-hour), at(1))
		putOccasion(t, s, org.ID, "vorbei", in(-3*hour), at(1))
		putOccasion(t, s, org.ID, "später", in(40*day), at(4))
		putOccasion(t, s, org.ID, "abgesagt", in(2*day), state(engagement.OccasionCanceled), at(6))
		putOccasion(t, s, org.ID, "zurückgezogen", in(2*day), state(engagement.OccasionWithdrawn))
		putOccasion(t, s, org.ID, "online", in(3*day), func(o *engagement.Occasion) { o.Online, o.Kind = true, "onlinetreffen" })
		putOccasion(t, s, gone.ID, "gesperrt", in(day))
		for _, host := range []string{"fest.example", "leise.example", "laut.example"} {
			putOccasion(t, s, "", "von "+host, copyOf(host, "group"), in(5*day))
		}
		putOccasion(t, s, "", "wartet", copyOf("fest.example", "group"), state(engagement.OccasionQueued))
		update(t, s, func(tx *store.Tx) error {
			p := engagement.Partner{Host: "leise.example", State: engagement.PartnerPaused}
			if err := tx.PutPartner(&p); err != nil {
				return err
			}
			return tx.PutPeer(store.Peer{Host: "laut.example", Standing: store.Limited})
		})
		for name, c := range map[string]struct {
			change func(*store.OccasionSearch)
			want   string
		}{
			"everything that is to come": {func(*store.OccasionSearch) {}, "läuft abgesagt online von fest.example später"},
			"from a day on":              {func(q *store.OccasionSearch) { q.From = clock.Now().Add(4 * day) }, "von fest.example später"},
			"until a day":                {func(q *store.OccasionSearch) { q.Until = clock.Now().Add(3 * day) }, "läuft abgesagt"},
			"of a kind":                  {func(q *store.OccasionSearch) { q.Kind = "onlinetreffen" }, "online"},
			"near a place":               {func(q *store.OccasionSearch) { q.Center, q.RadiusKM = here, 5 }, "läuft später"},
			"in the box, but too far": {func(q *store.OccasionSearch) {
				q.Center, q.RadiusKM = geo.Point{Lat: here.Lat, Lon: here.Lon + 0.05}, 3.6
			}, "läuft"},
			"of an organization":          {func(q *store.OccasionSearch) { q.Organization = org.ID }, "läuft abgesagt online später"},
			"of this instance":            {func(q *store.OccasionSearch) { q.OnlyHere = true }, "läuft abgesagt online später"},
			"after a cursor of something": {func(q *store.OccasionSearch) { q.After = "quatsch" }, "läuft abgesagt online von fest.example später"},
		} {
			q := store.OccasionSearch{From: clock.Now(), Limit: 9}
			c.change(&q)
			var titles []string
			view(t, s, func(tx *store.Tx) error {
				list, next, err := tx.Occasions(q)
				for _, o := range list {
					titles = append(titles, o.Title)
				}
				if next != "" {
					t.Errorf("%s: more after everything: %s", name, next)
				}
				return err
			})
			if got := strings.Join(titles, " "); got != c.want {
				t.Errorf("%s: got %q, want %q", name, got, c.want)
			}
		}
		t.Run("page by page, each once", func(t *testing.T) {
			same := clock.Now().Add(7 * day)
			for n := range 5 {
				putOccasion(t, s, org.ID, fmt.Sprint("gleich ", n), func(o *engagement.Occasion) { o.Starts, o.Ends = same, same.Add(hour) })
			}
			var titles []string
			q := store.OccasionSearch{From: clock.Now().Add(6 * day), Until: clock.Now().Add(8 * day), Limit: 2}
			for pages := 1; ; pages++ {
				view(t, s, func(tx *store.Tx) error {
					list, next, err := tx.Occasions(q)
					for _, o := range list {
						titles = append(titles, o.Title)
					}
					q.After = next
					return err
				})
				if q.After == "" {
					if pages != 3 {
						t.Errorf("%d pages", pages)
					}
					break
				}
			}
			slices.Sort(titles)
			if got := strings.Join(titles, " "); got != "gleich 0 gleich 1 gleich 2 gleich 3 gleich 4" {
				t.Errorf("got %q", got)
			}
		})
	})
}

func TestGuestsAndCopiesAreErased(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org, a := putOrganization(t, s, "verein"), putAccount(t, s, "person")
		o := putOccasion(t, s, org.ID, "Treffen")
		guest := func(change func(*engagement.SignUp)) engagement.ID {
			g := engagement.SignUp{Occasion: o.ID, Name: "Gast", State: engagement.SignUpAccepted, People: 1}
			update(t, s, func(tx *store.Tx) error {
				g.ID, g.Created, g.Version = tx.NewSecretID(), tx.Now(), 0
				change(&g)
				return tx.PutSignUp(&g)
			})
			return g.ID
		}
		there := func(id engagement.ID) bool {
			err := s.View(ctx, func(tx *store.Tx) error { return second(tx.SignUp(id)) })
			return !errors.Is(err, engagement.ErrNotFound)
		}
		accepted := guest(func(*engagement.SignUp) {})
		unconfirmed := guest(func(g *engagement.SignUp) { g.State = engagement.SignUpUnconfirmed })
		person := guest(func(g *engagement.SignUp) { g.Account = a.ID })
		remote := guest(func(g *engagement.SignUp) { g.Actor = "https://weg.example/users/a" })
		copies := map[string]engagement.Occasion{}
		for _, host := range []string{"weg.example", "partner.example", "gefolgt.example"} {
			copies[host] = putOccasion(t, s, "", host, copyOf(host, "group"))
		}
		left := func() string {
			var hosts []string
			view(t, s, func(tx *store.Tx) error {
				for host, o := range copies {
					if _, err := tx.OccasionByIRI(o.IRI); err == nil {
						hosts = append(hosts, host)
					}
				}
				return nil
			})
			slices.Sort(hosts)
			return strings.Join(hosts, " ")
		}
		want := func(what, hosts string) {
			t.Helper()
			if got := left(); got != hosts {
				t.Errorf("%s: %q is left, want %q", what, got, hosts)
			}
		}
		bySecret := get(t, s, func(tx *store.Tx) (engagement.SignUp, error) {
			return tx.SignUpBySecret(engagement.Hash(tx.LinkToken(accepted)))
		})
		if bySecret.ID != accepted {
			t.Errorf("the link leads to %q", bySecret.ID)
		}

		update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(a.ID) })
		if there(person) {
			t.Error("a deleted account still comes")
		}
		update(t, s, func(tx *store.Tx) error {
			f := engagement.Followed{Actor: copies["gefolgt.example"].Author, Host: "gefolgt.example", Follow: "f", State: engagement.FollowedAccepted}
			if err := tx.PutFollowed(&f); err != nil {
				return err
			}
			if err := tx.PutRemoteActor(store.RemoteActor{IRI: "https://weg.example/users/a", Host: "weg.example", Fetched: tx.Now()}); err != nil {
				return err
			}
			if err := tx.DeleteCopiesOf("gefolgt.example", true); err != nil {
				return err
			}
			return tx.DeleteCopiesOf("partner.example", false)
		})
		want("partners that go on, and who is followed", "gefolgt.example partner.example weg.example")
		update(t, s, func(tx *store.Tx) error { return tx.DeleteCopiesOf("partner.example", true) })
		want("the end of a partnership", "gefolgt.example weg.example")
		update(t, s, func(tx *store.Tx) error { return tx.ForgetHost("weg.example") })
		want("a suspended host", "gefolgt.example")
		if there(remote) || !there(accepted) {
			t.Error("suspending a host erases its guests, and nobody else")
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteFollowed(copies["gefolgt.example"].Author) })
		want("who is followed no more", "")

		late := putOccasion(t, s, "", "spät", copyOf("spaet.example", "group"))
		for _, step := range []struct {
			after time.Duration
			there []bool // unconfirmed, accepted, copy
		}{
			{3*day - hour, []bool{true, true, true}},
			{2 * hour, []bool{false, true, true}},
			{28*day - 2*hour, []bool{false, true, true}}, // 31 days after the day of the occasion
			{4 * hour, []bool{false, false, true}},
			{59 * day, []bool{false, false, true}},
			{2 * day, []bool{false, false, false}},
		} {
			clock.Forward(step.after)
			if _, err := s.Purge(ctx); err != nil {
				t.Fatal(err)
			}
			err := s.View(ctx, func(tx *store.Tx) error { return second(tx.Occasion(late.ID)) })
			if got := []bool{there(unconfirmed), there(accepted), err == nil}; !slices.Equal(got, step.there) {
				t.Errorf("after %s more: %v, want %v", step.after, got, step.there)
			}
		}
		if err := s.View(ctx, func(tx *store.Tx) error { return second(tx.Occasion(o.ID)) }); err != nil {
			t.Errorf("the own one: %v", err)
		}
	})
}
