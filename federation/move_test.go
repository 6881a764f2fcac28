package federation_test

import (
	"errors"
	"slices"
	"testing"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// elsewhere is an account as an instance reads it.
func (s *peer) elsewhere(address string) engagement.Elsewhere {
	s.t.Helper()
	found, err := s.service.Elsewhere(s.t.Context(), address)
	if err != nil {
		s.t.Fatalf("%s: %v", address, err)
	}
	return found
}

// formerly names an account as a former one of an organization.
func (s *peer) formerly(o engagement.Organization, address string) {
	s.t.Helper()
	former := s.elsewhere(address)
	s.update(func(tx *store.Tx) error { return engagement.AddAlias(tx, engagement.System, o.ID, former) })
}

// tryMove reads an account and moves an organization there.
func (s *peer) tryMove(o engagement.Organization, address string) error {
	to, err := s.service.Elsewhere(s.t.Context(), address)
	if err != nil {
		return err
	}
	return s.store.Update(s.t.Context(), func(tx *store.Tx) error {
		return engagement.MoveOrganization(tx, engagement.System, o.ID, s.base.OrganizationID(o), to)
	})
}

// followersOf are the followers of an organization.
func (s *peer) followersOf(o engagement.Organization) (actors []string) {
	s.t.Helper()
	s.view(func(tx *store.Tx) error {
		list, err := tx.Followers("org/" + string(o.ID))
		for _, f := range list {
			actors = append(actors, f.Actor)
		}
		return err
	})
	return actors
}

// goAlong does what Mastodon does with a Move: it reads the old and the new account, and if each names the other, follows the new one and
// leaves the old one.
func goAlong(t testing.TB, reader *fedtest.Actor, move map[string]any) {
	t.Helper()
	object, target := str(move, "object"), str(move, "target")
	if object != str(move, "actor") {
		t.Fatalf("%v moves somebody else", move)
	}
	before, after := reader.Get(object).JSON(), reader.Get(target).JSON()
	if str(before, "movedTo") != target || str(after, "id") != target || !slices.Contains(strs(after["alsoKnownAs"]), object) {
		t.Fatalf("movedTo %v, id %v, alsoKnownAs %v", before["movedTo"], after["id"], after["alsoKnownAs"])
	}
	if _, got := reader.Follow(target); got.Status != 202 {
		t.Fatalf("the Follow of the new account is answered %d", got.Status)
	}
	undo := reader.Activity("Undo", map[string]any{"type": "Follow", "actor": reader.ID, "object": object})
	if got := reader.Post(object+"/inbox", undo); got.Status != 202 {
		t.Fatalf("leaving the old account is answered %d", got.Status)
	}
}

func TestAnOrganizationMovesWithItsFollowers(t *testing.T) {
	open := map[string]func(testing.TB) store.Config{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres}
	for name, config := range open {
		t.Run(name, func(t *testing.T) {
			w, clock := newWorld(t)
			a, b := newPeer(t, w, clock, "a.test", config(t)), newPeer(t, w, clock, "b.test", config(t))
			c := newPeer(t, w, clock, "c.test", config(t))
			before, after, follower := a.organization("verein"), b.organization("verein_neu"), c.organization("freunde")
			old, next := a.base.OrganizationID(before), b.base.OrganizationID(after)
			reader := w.Host("mastodon.test").Actor("reader")
			a.follow(before, reader)
			partners(t, a, c)
			o := a.opportunity(before, "Vorlesen in der Grundschule")
			settle(t, a, c)
			c.update(func(tx *store.Tx) error { // the organization of c.test is followed by the one that moves
				return tx.PutFollower(store.Follower{
					Owner: "org/" + string(follower.ID), Actor: old, Host: "a.test", Inbox: old + "/inbox", Follow: "https://a.test/f/1", State: store.FollowAccepted,
				})
			})
			if err := a.tryMove(before, "@verein_neu@b.test"); !errors.As(err, new(*engagement.Invalid)) {
				t.Fatalf("it moves to an account that does not know it: %v", err)
			}
			b.formerly(after, "@verein@a.test")
			if got := strs(b.get(next).JSON()["alsoKnownAs"]); !slices.Equal(got, []string{old}) {
				t.Fatalf("the new account is also known as %v", got)
			}
			seen := len(reader.Inbox())
			if err := a.tryMove(before, next); err != nil {
				t.Fatal(err)
			}
			settle(t, a, b, c)

			t.Run("and says so where it was", func(t *testing.T) {
				d := a.get(old).JSON()
				if d["movedTo"] != next || d["discoverable"] != false {
					t.Errorf("got %v", d)
				}
				if got := a.get(a.base.OpportunityID(o)).Status; got != 410 {
					t.Errorf("its opportunity is answered %d", got)
				}
				if _, ok := c.copyOf(a, o); ok {
					t.Error("a partner still has its opportunity")
				}
				copied := engagement.Organization{}
				c.view(func(tx *store.Tx) (err error) {
					copied, err = tx.OrganizationByIRI(old)
					return err
				})
				if copied.MovedTo != next {
					t.Errorf("a partner thinks it is at %q", copied.MovedTo)
				}
			})
			t.Run("and to everybody who follows", func(t *testing.T) {
				var got []string
				for _, m := range reader.Inbox()[seen:] {
					got = append(got, m.Type())
				}
				if u, m := slices.Index(got, "Update"), slices.Index(got, "Move"); u < 0 || m < u || !slices.Contains(got, "Delete") || len(got) != 3 {
					t.Fatalf("got %v", got)
				}
				move := of("Move", reader.Inbox())[0]
				if to := strs(move.JSON["to"]); !slices.Equal(to, []string{old + "/followers"}) {
					t.Errorf("it is for %v", to)
				}
				if got := a.get(str(move.JSON, "id")); got.Status != 200 {
					t.Errorf("the Move is answered %d", got.Status)
				}
				goAlong(t, reader, move.JSON)
				settle(t, a, b)
				if left, there := a.followersOf(before), b.followersOf(after); len(left) != 0 || !slices.Equal(there, []string{reader.ID}) {
					t.Errorf("followers here %v, there %v", left, there)
				}
			})
			t.Run("whose own follows come along on another instance", func(t *testing.T) {
				if got := c.followersOf(follower); !slices.Equal(got, []string{next}) {
					t.Errorf("got %v", got)
				}
			})
			t.Run("and cannot be followed where it was", func(t *testing.T) {
				late := w.Host("late.test").Actor("late")
				a.follow(before, late)
				if got := late.Inbox(); len(got) != 1 || got[0].Type() != "Reject" || len(a.followersOf(before)) != 0 {
					t.Errorf("got %v, followers %v", got, a.followersOf(before))
				}
			})
			t.Run("until it comes back", func(t *testing.T) {
				a.update(func(tx *store.Tx) error { return engagement.ReturnOrganization(tx, engagement.System, before.ID) })
				if d := a.get(old).JSON(); d["movedTo"] != nil || d["discoverable"] != true {
					t.Errorf("got %v", d)
				}
				a.follow(before, w.Host("again.test").Actor("again"))
				if got := a.followersOf(before); len(got) != 1 {
					t.Errorf("followers %v", got)
				}
			})
		})
	}
}

// ORG-20 from the other side: an organization of ours sends its followers to nobody who does not say that it is the same.
func TestORG20AnOrganizationMovesOnlyToWhoNamesIt(t *testing.T) {
	s, org := newInstance(t)
	own := s.base.OrganizationID(org)
	reader := s.world.Host("good.test").Actor("reader")
	s.follow(org, reader)
	account := func(host string, change func(map[string]any)) string {
		a := s.world.Host(host).Actor("club")
		a.Change(change)
		return a.ID
	}
	knows := account("real.test", func(d map[string]any) { d["alsoKnownAs"] = []string{own} })
	s.update(func(tx *store.Tx) error {
		return tx.PutPeer(store.Peer{Host: "bad.test", Standing: store.Suspended})
	})
	for name, address := range map[string]string{
		"one that names nobody":                     account("nobody.test", func(map[string]any) {}),
		"one that names another one":                account("other.test", func(d map[string]any) { d["alsoKnownAs"] = []string{own + "0"} }),
		"one that names its page":                   account("page.test", func(d map[string]any) { d["alsoKnownAs"] = []string{own + "/"} }),
		"one that is served under another id":       account("liar.test", func(d map[string]any) { d["id"], d["alsoKnownAs"] = knows+"2", []string{own} }),
		"a document that is no account":             account("note.test", func(d map[string]any) { d["type"], d["alsoKnownAs"] = "Note", []string{own} }),
		"one of a suspended host":                   account("bad.test", func(d map[string]any) { d["alsoKnownAs"] = []string{own} }),
		"itself":                                    own,
		"the handle of itself":                      "@beispielverein@me.test",
		"an address with a port":                    "https://real.test:8443/u/club",
		"an address without encryption":             "http://real.test/u/club",
		"an address inside of the operator's house": "https://127.0.0.1/u/club",
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.tryMove(org, address); err == nil {
				t.Error("it has moved")
			}
		})
	}
	settle(t, s)
	if got := of("Move", reader.Inbox()); len(got) != 0 || s.get(own).JSON()["movedTo"] != nil {
		t.Errorf("the followers were sent away: %v", got)
	}
	if err := s.tryMove(org, knows); err != nil {
		t.Errorf("the account that names it: %v", err)
	}
}
