package federation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// digest is what FEP-8fcf makes of a list of actors.
func digest(actors ...string) string {
	sum := make([]byte, sha256.Size)
	for _, actor := range actors {
		one := sha256.Sum256([]byte(actor))
		for i := range sum {
			sum[i] ^= one[i]
		}
	}
	return hex.EncodeToString(sum)
}

const syncHeader = "Collection-Synchronization"

func syncLine(collection, url, digest string) string {
	return fmt.Sprintf(`collectionId=%q, url=%q, digest=%q`, collection, url, digest)
}

func TestTheDigestIsThatOfTheStandard(t *testing.T) {
	got := digest("https://testing.example.org/users/1", "https://testing.example.org/users/2")
	if want := "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAServerIsToldWhichOfItsOwnAccountsFollow(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org, board := s.organization("beispielverein"), s.placeBoard()
		big, other, small := s.world.Host("big.test").Actor("one"), s.world.Host("big.test").Actor("two"), s.world.Host("small.test").Actor("alone")
		stranger := s.world.Host("good.test").Actor("reader")
		s.follow(org, big, other, small)
		s.join(board, small)
		id, list := s.base.OrganizationID(org), s.base.OrganizationID(org)+"/synchronization"

		t.Run("in the signed header of what its followers get", func(t *testing.T) {
			s.announce(org, "Sprechstunde: mittwochs.")
			settle(t, s)
			for host, want := range map[*fedtest.Actor]string{big: digest(big.ID, other.ID), small: digest(small.ID)} {
				news := of("Create", host.Inbox())
				if len(news) != 1 {
					t.Fatalf("%s got %d", host.ID, len(news))
				}
				if got, want := news[0].Header.Get(syncHeader), syncLine(id+"/followers", list, want); got != want {
					t.Errorf("%s is told %s, want %s", host.ID, got, want)
				}
				if _, err := news[0].Verify(s.publicKey(id), s.clock.Now()); err != nil {
					t.Errorf("signature: %v", err)
				}
				if accepts := of("Accept", host.Inbox()); accepts[0].Header.Get(syncHeader) != "" {
					t.Error("an answer to one actor has the header too")
				}
			}
		})
		t.Run("and of what a board points to", func(t *testing.T) {
			s.opportunity(org, "Vorlesen in der Grundschule")
			settle(t, s)
			var got []string
			for _, a := range of("Announce", small.Inbox()) {
				got = append(got, a.Header.Get(syncHeader))
			}
			boardID := s.base.BoardID(board)
			if want := syncLine(boardID+"/followers", boardID+"/synchronization", digest(small.ID)); len(got) == 0 || got[0] != want {
				t.Errorf("got %q, want %s", got, want)
			}
		})
		t.Run("on a list that nobody else gets", func(t *testing.T) {
			for reader, want := range map[*fedtest.Actor][]any{big: {big.ID, other.ID}, other: {big.ID, other.ID}, small: {small.ID}, stranger: {}} {
				answer := reader.Get(list)
				got, _ := answer.JSON()["orderedItems"].([]any)
				if answer.Status != http.StatusOK || !slices.Equal(got, want) || answer.Header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s gets %d %s, want %v", reader.ID, answer.Status, answer.Body, want)
				}
			}
			unknown := s.get("/ap/org/01890a5d-ac96-774b-bcce-b302099a8057/synchronization")
			forged := s.world.Do(small.Request(http.MethodGet, list, nil, fedtest.Signing{Key: fedtest.RSAKey("forger", 1)}))
			for who, got := range map[string]fedtest.Response{"unsigned": s.get(list), "forged": forged} {
				if got.Status != http.StatusNotFound || string(got.Body) != string(unknown.Body) {
					t.Errorf("%s: got %d %s", who, got.Status, got.Body)
				}
			}
			if got := s.get(id + "/followers").JSON()["orderedItems"]; got != nil {
				t.Errorf("the collection itself shows %v", got)
			}
		})
		t.Run("in mode partners not to others", func(t *testing.T) {
			s.setMode("partners")
			defer s.setMode("open")
			if got := small.Get(list); got.Status != http.StatusNotFound {
				t.Errorf("got %d", got.Status)
			}
		})
		more := func(n int, name string) {
			s.update(func(tx *store.Tx) error {
				f, err := tx.Follower("org/"+string(org.ID), small.ID)
				for n := range n {
					f.Actor, f.Follow = fmt.Sprintf("%s%s%d", small.ID, name, n), fmt.Sprintf("%s/f/%s%d", small.ID, name, n)
					if err == nil {
						err = tx.PutFollower(f)
					}
				}
				return err
			})
		}
		t.Run("however long", func(t *testing.T) {
			more(999, strings.Repeat("x", 60))
			got, _ := small.Get(list).JSON()["orderedItems"].([]any)
			if len(got) != 1000 {
				t.Errorf("got %d of 1000", len(got))
			}
		})
		t.Run("not when there are too many for one list", func(t *testing.T) {
			more(1, "y")
			s.announce(org, "Noch eine Sprechstunde.")
			settle(t, s)
			news := of("Create", small.Inbox())
			if got := news[len(news)-1].Header.Get(syncHeader); got != "" {
				t.Errorf("told %s", got)
			}
			if got := small.Get(list); got.Status != http.StatusNotFound {
				t.Errorf("got %d", got.Status)
			}
		})
	})
}

// says has an actor send something with the header, and lets its consequences happen.
func (s *peer) says(actor *fedtest.Actor, line string, change ...func(*fedtest.Signing)) {
	s.t.Helper()
	note := map[string]any{"id": actor.Host.URL(fmt.Sprintf("/n/%d", s.world.NewID())), "type": "Note", "attributedTo": actor.ID, "content": "Hallo"}
	signing := fedtest.Signing{
		Header: http.Header{syncHeader: {line}}, Covered: []string{"(request-target)", "host", "date", "digest", "collection-synchronization"},
	}
	for _, c := range change {
		c(&signing)
	}
	public := map[string]any{"to": []string{federation.Public}}
	if got := actor.PostSigned(s.base.Inbox(), actor.Activity("Create", note, public), signing); got.Status != http.StatusAccepted {
		s.t.Fatalf("got %d", got.Status)
	}
	s.clock.Forward(time.Second)
	settle(s.t, s)
}

func TestAFollowThatOnlyOneSideKnowsIsRepaired(t *testing.T) {
	const path = "/u/kiez/list"
	collection := func(group *fedtest.Actor, members ...string) map[string]any {
		return map[string]any{"id": group.Host.URL(path), "type": "OrderedCollection", "orderedItems": members}
	}
	// fresh is an instance that follows a group.
	fresh := func(t *testing.T) (*peer, *fedtest.Actor, func(...string) string) {
		s, _ := newInstance(t)
		group := s.world.Host("groups.test").Actor("kiez")
		s.followActor(group)
		return s, group, func(members ...string) string {
			return syncLine(group.ID+"/followers", group.Host.URL(path), digest(members...))
		}
	}
	t.Run("agreement asks for nothing", func(t *testing.T) {
		s, group, line := fresh(t)
		s.says(group, line(s.base.Actor()))
		if n := group.Host.Asked(path); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
	t.Run("a follow that the other side has lost ends", func(t *testing.T) {
		s, group, line := fresh(t)
		group.Host.Document(path, collection(group))
		s.says(group, line())
		s.wantFollowed(group, engagement.FollowedRefused)
		r := group.Host.Requests()
		if got := r[len(r)-1]; got.Path() != path || got.KeyID() != s.base.Actor()+"#main-key" {
			t.Errorf("asked for %s as %s", got.Path(), got.KeyID())
		}
	})
	t.Run("a first page that is embedded is read", func(t *testing.T) {
		s, group, line := fresh(t)
		group.Host.Document(path, map[string]any{"id": group.Host.URL(path), "type": "Collection", "first": map[string]any{
			"type": "CollectionPage", "items": []string{group.ID}, "next": group.Host.URL(path + "2"),
		}})
		group.Host.Document(path+"2", map[string]any{"id": group.Host.URL(path + "2"), "type": "CollectionPage", "items": []string{s.base.Actor()}})
		s.says(group, line())
		s.wantFollowed(group, engagement.FollowedAccepted)
		group.Host.Document(path, map[string]any{"id": group.Host.URL(path), "type": "Collection", "first": map[string]any{
			"type": "CollectionPage", "items": []string{s.base.Actor()},
		}})
		s.says(group, line())
		s.wantFollowed(group, engagement.FollowedAccepted)
	})
	t.Run("a header signed by RFC 9421 counts as well", func(t *testing.T) {
		s, group, line := fresh(t)
		group.Host.Document(path, collection(group))
		s.says(group, line(), func(g *fedtest.Signing) {
			g.RFC9421, g.Covered = true, []string{"@method", "@target-uri", "content-digest", "collection-synchronization"}
		})
		s.wantFollowed(group, engagement.FollowedRefused)
	})
	t.Run("a follow that was accepted without our hearing of it begins", func(t *testing.T) {
		s, group, line := fresh(t)
		group.Host.Document(path, collection(group, s.base.Actor()))
		s.update(func(tx *store.Tx) error {
			f, err := tx.Followed(group.ID)
			if err != nil {
				return err
			}
			f.State = engagement.FollowedAsked
			return tx.PutFollowed(&f)
		})
		s.says(group, line(s.base.Actor()))
		s.wantFollowed(group, engagement.FollowedAccepted)
	})
	for what, forget := range map[string]func(*store.Tx, string) error{
		"is unknown here": func(tx *store.Tx, actor string) error { return tx.DeleteFollowed(actor) },
		"was refused":     func(tx *store.Tx, actor string) error { return engagement.FollowedAnswered(tx, actor, false) },
	} {
		t.Run("a follow that "+what+" is taken back", func(t *testing.T) {
			s, group, line := fresh(t)
			group.Host.Document(path, map[string]any{"id": group.Host.URL(path), "type": "Collection", "first": group.Host.URL(path + "1")})
			group.Host.Document(path+"1", map[string]any{"id": group.Host.URL(path + "1"), "type": "CollectionPage", "items": []string{s.base.Actor()}})
			s.update(func(tx *store.Tx) error { return forget(tx, group.ID) })
			s.says(group, line(s.base.Actor()))
			undo := of("Undo", group.Inbox())
			if len(undo) != 1 {
				t.Fatalf("got %d", len(undo))
			}
			about, _ := undo[0].JSON["object"].(map[string]any)
			if about["type"] != "Follow" || about["actor"] != s.base.Actor() || about["object"] != group.ID {
				t.Errorf("got %v", undo[0].JSON)
			}
		})
	}
	t.Run("nothing is believed that the sender could not know or did not sign", func(t *testing.T) {
		s, group, line := fresh(t)
		other := group.Host.Actor("other")
		third := s.world.Host("third.test")
		third.Document("/list", map[string]any{"id": third.URL("/list"), "type": "OrderedCollection", "orderedItems": []string{}})
		group.Host.Reply(path, fedtest.Reply{Status: http.StatusFound, Header: http.Header{"Location": {third.URL("/list")}}})
		group.Host.Document("/endless", map[string]any{"id": group.Host.URL("/endless"), "type": "OrderedCollectionPage", "next": group.Host.URL("/endless")})
		group.Host.Document("/none", map[string]any{"id": group.Host.URL("/none"), "type": "Note"})
		s.says(group, line(), func(g *fedtest.Signing) { g.Covered = g.Covered[:4] })
		s.says(group, syncLine(other.ID+"/followers", group.Host.URL(path), digest()))
		s.says(group, syncLine(group.ID+"/followers", third.URL("/list"), digest()))
		s.says(group, "collectionId=x")
		if n := third.Asked("/list") + group.Host.Asked(path); n != 0 {
			t.Errorf("asked %d times", n)
		}
		for _, url := range []string{path, "/endless", "/none", "/missing"} {
			s.says(group, syncLine(group.ID+"/followers", group.Host.URL(url), digest()))
			if n := group.Host.Asked(url); n == 0 || n > 5 {
				t.Errorf("%s was asked for %d times", url, n)
			}
		}
		s.wantFollowed(group, engagement.FollowedAccepted)
		if parked := jobs(s, store.Parked); len(parked) != 0 {
			t.Errorf("the admin has to look at %v", parked)
		}
	})
	t.Run("partners are not compared", func(t *testing.T) {
		h := newHouse(t)
		partner := h.befriend("friend.test")
		h.meet(partner)
		h.says(partner, syncLine(partner.ID+"/followers", partner.Host.URL(path), digest(h.base.Actor())))
		if n := partner.Host.Asked(path); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
	t.Run("nobody makes us ask all day", func(t *testing.T) {
		s, group, line := fresh(t)
		group.Host.Document(path, collection(group, s.base.Actor()))
		for range 15 {
			s.says(group, line()) // which is not what the list says
			s.clock.Forward(6 * time.Minute)
		}
		before := group.Host.Asked(path)
		if before != 15 {
			t.Errorf("asked %d times in an hour and a half", before)
		}
		for range 15 {
			s.says(group, line())
		}
		if n := group.Host.Asked(path) - before; n > 11 {
			t.Errorf("asked %d times at once", n)
		}
	})
}

func jobs(s *peer, state store.QueueState) (all []store.JobRow) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		all, err = tx.Jobs("follow", state, 10)
		return err
	})
	return all
}

func TestTwoInstancesRepairAFollow(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		org := a.organization("beispielverein")
		account := b.elsewhere("@beispielverein@a.test")
		b.update(func(tx *store.Tx) error {
			_, err := engagement.FollowActor(tx, engagement.System, account)
			return err
		})
		settle(t, a, b)
		if got := a.followersOf(org); !slices.Equal(got, []string{b.base.Actor()}) {
			t.Fatalf("the followers are %v", got)
		}
		b.update(func(tx *store.Tx) error { return tx.DeleteFollowed(a.base.OrganizationID(org)) }) // as a backup from before would
		a.announce(org, "Sprechstunde: mittwochs.")
		settle(t, a, b)
		if got := a.followersOf(org); len(got) != 0 {
			t.Errorf("the followers are %v", got)
		}
	})
}
