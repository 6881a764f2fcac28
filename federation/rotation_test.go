package federation_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// keyIDs are the key ids of what an actor got, by activity type in order of arrival.
func keyIDsOf(list []fedtest.Activity) (ids []string) {
	for _, a := range list {
		ids = append(ids, a.Type()+" "+a.KeyID())
	}
	return ids
}

func TestARotatedKeyIsAnnouncedByTheOldOne(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		actor := s.base.OrganizationID(org)
		there, away := s.world.Host("good.test").Actor("reader"), s.world.Host("away.test").Actor("reader")
		s.follow(org, there, away)
		s.announce(org, "Mit dem alten Schlüssel")
		settle(t, s)
		oldKey := s.publicKey(actor)
		away.Host.Close()

		id, err := s.service.RotateKey(t.Context(), actor, false)
		if err != nil || id != actor+"#key-2" {
			t.Fatalf("got %q, %v", id, err)
		}
		newKey := s.publicKey(actor)
		shown := s.get(actor).JSON()["publicKey"].(map[string]any)["id"]
		if shown != id {
			t.Errorf("the document shows %v", shown)
		}
		s.announce(org, "Mit dem neuen Schlüssel")
		settle(t, s)

		updates := of("Update", there.Inbox())
		if len(updates) != 1 || updates[0].KeyID() != actor+"#main-key" {
			t.Fatalf("got %v", keyIDsOf(there.Inbox()))
		}
		if _, err := updates[0].Verify(oldKey, s.clock.Now()); err != nil {
			t.Errorf("the Update is not signed with the old key: %v", err)
		}
		if !bytes.Contains(updates[0].Body, []byte(`"id":"`+id+`"`)) {
			t.Errorf("the Update does not show the new key: %s", updates[0].Body)
		}
		news := of("Create", there.Inbox())
		if _, err := news[1].Verify(newKey, s.clock.Now()); err != nil || news[1].KeyID() != id {
			t.Errorf("the next activity is signed by %s: %v", news[1].KeyID(), err)
		}

		t.Run("a second rotation within the day has to be forced", func(t *testing.T) {
			if id, err := s.service.RotateKey(t.Context(), actor, false); !errors.Is(err, engagement.ErrConflict) {
				t.Errorf("got %q, %v", id, err)
			}
		})
		t.Run("who was away gets the Update signed with the old key all the same", func(t *testing.T) {
			away.Host.Reopen()
			pass(t, 2*time.Hour, 10*time.Minute, s)
			late := of("Update", away.Inbox())
			if len(late) != 1 || late[0].KeyID() != actor+"#main-key" {
				t.Errorf("got %v", keyIDsOf(away.Inbox()))
			}
		})
		t.Run("after a day the old key is erased", func(t *testing.T) {
			pass(t, 23*time.Hour, time.Hour, s)
			s.view(func(tx *store.Tx) error {
				keys, err := tx.ActorKeys("org/" + string(org.ID))
				if len(keys) != 1 || keys[0].Fragment != "key-2" {
					t.Errorf("there are %d keys, the first is %s", len(keys), keys[0].Fragment)
				}
				return err
			})
		})
		t.Run("the next key has another id again", func(t *testing.T) {
			if id, err := s.service.RotateKey(t.Context(), actor, false); err != nil || id != actor+"#key-3" {
				t.Errorf("got %q, %v", id, err)
			}
		})
	})
}

func TestAPartnerFollowsTheRotationOfTheInstanceKey(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		if _, err := a.service.RotateKey(t.Context(), a.base.Actor(), false); err != nil {
			t.Fatal(err)
		}
		settle(t, a, b)
		fetched := b.server.Asked("/ap/actor") // what a asks b for
		o := a.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
		settle(t, a, b)
		mustCopy(t, b, a, o)
		if got := b.server.Asked("/ap/actor"); got > fetched+1 {
			t.Errorf("the partner's actor was read %d times", got-fetched)
		}
		// Reading from the partner is signed with the new key of the instance, which the partner learned from the Update.
		before := a.server.Asked("/ap/actor")
		if _, err := a.service.LookupActor(t.Context(), b.base.OrganizationID(b.organization("nachbarn"))); err != nil {
			t.Fatal(err)
		}
		if got := a.server.Asked("/ap/actor") - before; got != 0 {
			t.Errorf("the partner had to look the new key up %d times", got)
		}
	})
}

func TestThePublicPersonsKeyIsRotatedForFollowersAlone(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p, ada := h.public("ada_liest")
		actor, kim, lou := h.base.PresenceID(p), h.actor("good.test", "kim", person), h.actor("social.test", "lou", person)
		h.meet(kim, lou)
		h.want(kim, kim.Activity("Follow", actor), 202)
		h.update(func(tx *store.Tx) error { return engagement.AnswerFollow(tx, ada, kim.ID, true) })
		settle(t, h.peer)
		actors, err := h.service.RotatingActors(t.Context())
		if err != nil || !slices.Contains(actors, actor) {
			t.Errorf("actors with keys: %v, %v", actors, err)
		}
		old := h.publicKey(actor)
		id, err := h.service.RotateKey(t.Context(), actor, false)
		if err != nil || id != actor+"#key-2" {
			t.Fatalf("got %q, %v", id, err)
		}
		settle(t, h.peer)
		updates := of("Update", kim.Inbox())
		if len(updates) != 1 || updates[0].KeyID() != actor+"#main-key" || !bytes.Contains(updates[0].Body, []byte(`"id":"`+id+`"`)) {
			t.Fatalf("the follower got %v", keyIDsOf(kim.Inbox()))
		}
		if _, err := updates[0].Verify(old, h.clock.Now()); err != nil {
			t.Error(err)
		}
		if len(lou.Inbox()) != 0 || h.get(actor).JSON()["publicKey"].(map[string]any)["id"] != id {
			t.Errorf("somebody else got %v", keyIDsOf(lou.Inbox()))
		}
		h.update(func(tx *store.Tx) error { return engagement.EndPresence(tx, ada, p.ID) })
		h.clock.Forward(25 * time.Hour)
		if id, err := h.service.RotateKey(t.Context(), actor, false); !errors.Is(err, engagement.ErrNotFound) {
			t.Errorf("one that has ended has the new key %q, %v", id, err)
		}
	})
}

func TestPersonsAndStrangersHaveNoKeyToRotate(t *testing.T) {
	s, _ := newInstance(t)
	for _, actor := range []string{s.base.String() + "/ap/person/5f0c6e1d8a9b4c2e8f7a6b5c4d3e2f10", "https://good.test/u/x", s.base.String() + "/ap/org/x", ""} {
		if id, err := s.service.RotateKey(t.Context(), actor, false); err == nil {
			t.Errorf("%q has the new key %s", actor, id)
		}
	}
}

func TestKeysOfPersonsOutliveTheirRequestsByAMonth(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		o := a.opportunity(a.organization("verein"), "Vorlesen in der Grundschule")
		settle(t, a, b)
		m := b.wish(mustCopy(t, b, a, o).ID)
		settle(t, a, b)
		owner := "person/" + m.Person
		keys := func() (n int) {
			b.view(func(tx *store.Tx) error {
				list, err := tx.ActorKeys(owner)
				n = len(list)
				return err
			})
			return n
		}
		b.update(func(tx *store.Tx) error {
			_, err := engagement.WithdrawRequest(tx, engagement.Actor{Request: m.ID}, m.ID, "")
			return err
		})
		settle(t, a, b)
		pass(t, engagement.CardLife, 30*24*time.Hour, a, b)
		b.update(func(tx *store.Tx) error { return tx.DeleteMatchRequest(m.ID) })
		pass(t, 28*24*time.Hour, 14*24*time.Hour, b)
		if keys() != 1 {
			t.Error("the key was erased too early")
		}
		pass(t, 3*24*time.Hour, 24*time.Hour, b)
		if keys() != 0 {
			t.Error("the key is still there")
		}
	})
}

func TestAnAdminRenewsAllKeys(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		reader := h.actor("reader.test", "reader")
		h.follow(h.org, reader)
		h.announce(h.org, "Neuigkeit")
		settle(t, h.peer)
		renew := func() error {
			return h.store.Update(t.Context(), func(tx *store.Tx) error { return engagement.RenewKeys(tx, engagement.System) })
		}
		if err := renew(); err != nil {
			t.Fatal(err)
		}
		settle(t, h.peer)
		for _, actor := range []string{h.base.Actor(), h.orgIRI()} {
			if shown := h.get(actor).JSON()["publicKey"].(map[string]any)["id"]; shown != actor+"#key-2" {
				t.Errorf("%s shows %v", actor, shown)
			}
		}
		if updates := of("Update", reader.Inbox()); len(updates) != 1 || updates[0].KeyID() != h.orgIRI()+"#main-key" {
			t.Errorf("the follower got %v", keyIDsOf(reader.Inbox()))
		}
		actors, err := h.service.RotatingActors(t.Context())
		if err != nil || !slices.Contains(actors, h.base.Actor()) || !slices.Contains(actors, h.orgIRI()) {
			t.Errorf("actors with keys: %v, %v", actors, err)
		}
		if err := renew(); !errors.Is(err, engagement.ErrConflict) {
			t.Errorf("a second time within the day: %v", err)
		}
		if err := h.store.Update(t.Context(), func(tx *store.Tx) error { return engagement.RenewKeys(tx, engagement.Actor{}) }); !errors.Is(err, engagement.ErrForbidden) {
			t.Errorf("somebody: %v", err)
		}
		pass(t, 25*time.Hour, 5*time.Hour, h.peer)
		if err := renew(); err != nil {
			t.Errorf("a day later: %v", err)
		}
	})
}

func TestHowAHostWantsItsQueriesSignedIsKept(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		old := s.world.Host("old.test")
		actor := old.Actor("old")
		for _, path := range []string{"/a?n=1", "/a?n=2"} {
			document := actor.Document()
			document["id"], document["publicKey"] = old.URL(path), nil
			old.Handle(path, func(w http.ResponseWriter, r *http.Request) {
				asked := fedtest.Request{Host: r.Host, Method: r.Method, Target: r.URL.Path, Header: r.Header}
				if _, err := asked.Verify(s.publicKey(s.base.Actor()), s.clock.Now()); err != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				w.Header().Set("Content-Type", "application/activity+json")
				_, _ = w.Write(mustJSON(t, document))
			})
		}
		look := func(path string, want int) {
			t.Helper()
			before := old.Asked("/a")
			if _, err := s.service.LookupActor(t.Context(), old.URL(path)); err != nil {
				t.Fatal(err)
			}
			if got := old.Asked("/a") - before; got != want {
				t.Errorf("%s was asked for %d times, want %d", path, got, want)
			}
		}
		look("/a?n=1", 2)
		s.start()
		look("/a?n=2", 1)
	})
}
