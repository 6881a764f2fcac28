package federation_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

func TestWhatIsOverBeforeItWasToldIsNotTold(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		a := s.announce(org, "Gleich wieder weg")
		o := s.opportunity(org, "Vorlesen in der Grundschule")
		erased := s.opportunity(org, "Garten pflegen am Nachmittag")
		s.update(func(tx *store.Tx) error {
			if err := engagement.WithdrawAnnouncement(tx, engagement.System, a.ID); err != nil {
				return err
			}
			if _, err := engagement.WithdrawOpportunity(tx, engagement.System, o.ID); err != nil {
				return err
			}
			return tx.DeleteOpportunity(erased.ID)
		})
		settle(t, s)
		for _, got := range reader.Inbox() {
			if got.Type() != "Accept" {
				t.Errorf("told: %s", got.Body)
			}
		}
		s.view(func(tx *store.Tx) error {
			events, err := tx.Events(engagement.Wire, store.Waiting, 10)
			if len(events) > 0 {
				t.Errorf("left over: %v", events)
			}
			return err
		})
	})
}

func TestALaterEventTellsThePresentState(t *testing.T) {
	s, org := newInstance(t)
	reader := s.world.Host("good.test").Actor("reader")
	s.follow(org, reader)
	o := s.opportunity(org, "Vorlesen in der Grundschule")
	s.clock.Forward(time.Second)
	s.update(func(tx *store.Tx) error {
		_, err := engagement.PauseOpportunity(tx, engagement.System, o.ID, true)
		return err
	})
	settle(t, s)
	created, updated := of("Create", reader.Inbox()), of("Update", reader.Inbox())
	if len(created) != 1 || len(updated) != 1 {
		t.Fatalf("got %v", keyIDsOf(reader.Inbox()))
	}
	for _, a := range []fedtest.Activity{created[0], updated[0]} {
		if status := a.JSON["object"].(map[string]any)["seestern:details"].(map[string]any)["seestern:status"]; status != "paused" {
			t.Errorf("%s says %v", a.Type(), status)
		}
	}
}

func TestTheNumberOfFreePlacesIsToldAtMostEveryTenMinutes(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		o := a.opportunity(org, "Vorlesen in der Grundschule", func(o *engagement.Opportunity) { o.Capacity = 10 })
		settle(t, a, b)
		pass(t, 20*time.Minute, 10*time.Minute, a, b)
		updates := func() int {
			n := 0
			for _, d := range a.deliveries(store.Done) {
				if d.Kind == "Update" {
					n++
				}
			}
			return n
		}
		before := updates()
		for n := range 4 {
			m := a.wishLocal(o.ID, fmt.Sprintf("volunteer%d@mail.example", n))
			a.answer(m.ID, engagement.Answer{Event: engagement.EventAgree})
			settle(t, a, b)
			a.clock.Forward(time.Minute)
		}
		if got := updates() - before; got != 1 {
			t.Errorf("told %d times at once, want 1", got)
		}
		pass(t, 10*time.Minute, time.Minute, a, b)
		if got := updates() - before; got != 2 {
			t.Errorf("told %d times, want 2", got)
		}
		if got := free(mustCopy(t, b, a, o)); got != 6 {
			t.Errorf("%d places are free at the partner, want 6", got)
		}
	})
}

// wishLocal is somebody of this instance whose contact the organization has already.
func (s *peer) wishLocal(opportunity engagement.ID, email string) (m engagement.MatchRequest) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		m, err = engagement.Request(tx, engagement.Actor{}, opportunity, engagement.Wish{
			Contact: engagement.Contact{Name: "V", Email: email}, AgeBand: "ab-18", Lang: "de", ShareNow: true,
		})
		if err != nil {
			return err
		}
		m.State = engagement.ContactShared // as if the address were confirmed
		return tx.PutMatchRequest(&m)
	})
	return m
}

func TestWhoGetsWhat(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		w := a.world
		partners(t, a, b)
		org, other := a.organization("verein"), a.organization("andere")
		follower, stranger := w.Host("good.test").Actor("reader"), w.Host("other.test").Actor("reader")
		a.follow(org, follower)
		a.follow(other, stranger)
		toPartner := func(f func()) []fedtest.Request {
			before := len(b.server.Requests())
			f()
			settle(t, a, b)
			var posts []fedtest.Request
			for _, r := range b.server.Requests()[before:] {
				if r.Method == "POST" {
					posts = append(posts, r)
				}
			}
			return posts
		}
		for _, row := range []struct {
			what              string
			do                func()
			follower, partner int
		}{
			{"a public opportunity", func() { a.opportunity(org, "Vorlesen in der Grundschule") }, 1, 1},
			{"an opportunity for partners", func() {
				a.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
			}, 0, 1},
			{"an opportunity of this instance", func() {
				a.opportunity(org, "Nur hier gesucht wird", func(o *engagement.Opportunity) { o.Visibility = "instanz" })
			}, 0, 0},
			{"news", func() { a.announce(org, "Sprechstunde: mittwochs.") }, 1, 1},
		} {
			t.Run(row.what, func(t *testing.T) {
				before := [2]int{len(follower.Inbox()), len(stranger.Inbox())}
				posts := toPartner(row.do)
				if got := len(follower.Inbox()) - before[0]; got != row.follower {
					t.Errorf("the follower got %d, want %d", got, row.follower)
				}
				if got := len(stranger.Inbox()) - before[1]; got != 0 {
					t.Errorf("the follower of another organization got %d", got)
				}
				if len(posts) != row.partner || row.partner == 1 && posts[0].Path() != "/ap/inbox" {
					t.Errorf("the partner got %d", len(posts))
				}
			})
		}
		t.Run("match traffic goes to the inbox of the one it is for", func(t *testing.T) {
			o := a.opportunity(org, "Garten pflegen am Nachmittag")
			settle(t, a, b)
			m := b.wish(mustCopy(t, b, a, o).ID)
			settle(t, a, b)
			posts := toPartner(func() {
				a.answer(a.requestFor(o.ID).ID, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name"}})
			})
			if len(posts) != 1 || posts[0].Path() != "/ap/person/"+m.Person+"/inbox" || !bytes.Contains(posts[0].Body, []byte(`"to":["https://b.test/ap/person/`+m.Person+`"]`)) {
				t.Errorf("got %v", posts)
			}
		})
	})
}

func TestTheEndOfAnOrganizationIsToldToEverybodyWhoKnowsIt(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		reader := a.world.Host("good.test").Actor("reader")
		a.follow(org, reader)
		o := a.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, a, b)
		mustCopy(t, b, a, o)
		a.update(func(tx *store.Tx) error { return engagement.DissolveOrganization(tx, engagement.System, org.ID) })
		settle(t, a, b)
		var objects []any
		for _, d := range of("Delete", reader.Inbox()) {
			objects = append(objects, d.JSON["object"])
		}
		if len(objects) != 2 || objects[1] != a.base.OrganizationID(org) && objects[0] != a.base.OrganizationID(org) {
			t.Errorf("the follower was told to delete %v", objects)
		}
		if _, ok := b.copyOf(a, o); ok {
			t.Error("the partner still has the opportunity")
		}
		if got := a.get(a.base.OrganizationID(org)); got.Status != 410 {
			t.Errorf("the organization is answered %d", got.Status)
		}
		pass(t, 31*24*time.Hour, 24*time.Hour, a, b)
		a.view(func(tx *store.Tx) error {
			keys, err := tx.ActorKeys("org/" + string(org.ID))
			if len(keys) > 0 {
				t.Error("its key is still there after a month")
			}
			return err
		})
	})
}

func TestChangedActorsAreToldToTheirFollowers(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		reader := a.world.Host("good.test").Actor("reader")
		a.follow(org, reader)
		a.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, a, b)
		org.Name = "Ein neuer Name"
		a.update(func(tx *store.Tx) (err error) {
			org, err = engagement.EditOrganization(tx, engagement.System, mustOrganization(tx, org, "Ein neuer Name"))
			return err
		})
		settle(t, a, b)
		updates := of("Update", reader.Inbox())
		if len(updates) != 1 || updates[0].JSON["object"].(map[string]any)["name"] != "Ein neuer Name" {
			t.Errorf("the follower got %v", keyIDsOf(reader.Inbox()))
		}
		b.view(func(tx *store.Tx) error {
			got, err := tx.OrganizationByIRI(a.base.OrganizationID(org))
			if got.Name != "Ein neuer Name" {
				t.Errorf("the partner calls it %q", got.Name)
			}
			return err
		})
		a.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			if err != nil {
				return err
			}
			i.Name, i.Public, i.ContactMail = "Ein neuer Name der Seite", false, ""
			i.Mode, i.Operator = "open", "Bezirksamt"
			return engagement.EditInstance(tx, engagement.System, i)
		})
		settle(t, a, b)
		if got := b.partner("a.test").Name; got != "Ein neuer Name der Seite" {
			t.Errorf("the partner calls the instance %q", got)
		}
	})
}

func mustOrganization(tx *store.Tx, org engagement.Organization, name string) engagement.Organization {
	o, err := tx.Organization(org.ID)
	if err != nil {
		panic(err) // a mistake in the test itself
	}
	o.Name = name
	return o
}

func TestANarrowerVisibilityTakesBackWhatWasToldToMore(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		reader := a.world.Host("good.test").Actor("reader")
		a.follow(org, reader)
		o := a.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, a, b)
		change := func(visibility engagement.Code) {
			a.clock.Forward(time.Minute)
			a.update(func(tx *store.Tx) (err error) {
				if o, err = tx.Opportunity(o.ID); err != nil {
					return err
				}
				o.Visibility = visibility
				o, err = engagement.SaveOpportunity(tx, engagement.System, o)
				return err
			})
			settle(t, a, b)
		}
		change("verbund")
		if got := len(of("Delete", reader.Inbox())); got != 1 {
			t.Errorf("the follower got %d Deletes, want 1", got)
		}
		if got := mustCopy(t, b, a, o); got.Visibility != "verbund" {
			t.Errorf("the copy is %s", got.Visibility)
		}
		change("verbund")
		if got := len(of("Delete", reader.Inbox())); got != 1 {
			t.Errorf("with the next change the follower got %d Deletes, want none more", got)
		}
		change("offen")
		change("verbund")
		if got := len(of("Delete", reader.Inbox())); got != 2 {
			t.Errorf("after it was shown once more the follower got %d Deletes, want 2", got)
		}
		change("instanz")
		if _, ok := b.copyOf(a, o); ok {
			t.Error("the partner still has a copy")
		}
	})
}
