package federation_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// public is somebody of age with an account who is public.
func (s *peer) public(handle string) (p engagement.Presence, by engagement.Actor) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		a := engagement.Account{ID: tx.NewID(), Name: canaryName, Email: canaryEmail, Phone: canaryPhone}
		if err := tx.PutAccount(&a); err != nil {
			return err
		}
		if err := tx.PutProfile(&engagement.Profile{Account: a.ID, AgeBand: "18-26"}); err != nil {
			return err
		}
		by = engagement.Actor{Account: a.ID}
		p, err = engagement.OpenPresence(tx, by, engagement.Presence{Handle: handle, Name: "Ada", Summary: "Lese gern vor."}, true)
		return err
	})
	return p, by
}

func TestAPublicPresenceIsFollowedWithThePersonsWordOnly(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p, ada := h.public("ada_liest")
		actor := h.base.PresenceID(p)
		kim, lou := h.actor("good.test", "kim", person), h.actor("social.test", "lou", person)
		h.meet(kim, lou)

		finger := h.get("/.well-known/webfinger?resource=acct:Ada_Liest@me.test")
		if !strings.Contains(string(finger.Body), actor) || finger.Status != 200 {
			t.Errorf("WebFinger answers %d %s", finger.Status, finger.Body)
		}
		d := kim.Get(actor).JSON()
		if d["type"] != "Person" || d["preferredUsername"] != "ada_liest" || d["manuallyApprovesFollowers"] != true || d["discoverable"] != false {
			t.Errorf("the actor is %v", d)
		}
		for _, part := range []string{"outbox", "followers", "following", "inbox"} {
			got := h.get(actor + "/" + part).JSON()
			if _, counted := got["totalItems"]; got["type"] != "OrderedCollection" || counted != (part == "outbox" || part == "inbox") {
				t.Errorf("%s is %v", part, got)
			}
		}

		follow := kim.Activity("Follow", actor)
		h.wantAt(kim, actor+"/inbox", follow, 202)
		h.want(lou, lou.Activity("Follow", actor), 202)
		settle(t, h.peer)
		if len(kim.Inbox())+len(lou.Inbox()) != 0 {
			t.Fatal("somebody got an answer before the person gave one")
		}
		answer := func(who *fedtest.Actor, yes bool) {
			h.update(func(tx *store.Tx) error { return engagement.AnswerFollow(tx, ada, who.ID, yes) })
			settle(t, h.peer)
		}
		answer(kim, true)
		answer(lou, false)
		if got := of("Accept", kim.Inbox()); len(got) != 1 || id(got[0].JSON["object"]) != id(follow) {
			t.Errorf("who may follow got %v", kim.Inbox())
		}
		if got := of("Reject", lou.Inbox()); len(got) != 1 {
			t.Errorf("who may not follow got %v", lou.Inbox())
		}
		h.wantAt(kim, actor+"/inbox", kim.Activity("Follow", actor), 202) // once more
		settle(t, h.peer)
		if got := of("Accept", kim.Inbox()); len(got) != 2 {
			t.Errorf("a repeated Follow was accepted %d times", len(got))
		}

		h.update(func(tx *store.Tx) error { _, err := engagement.EditPresence(tx, ada, "Ada L.", ""); return err })
		settle(t, h.peer)
		if got := of("Update", kim.Inbox()); len(got) != 1 || got[0].JSON["object"].(map[string]any)["name"] != "Ada L." {
			t.Errorf("who follows got %v", got)
		}
		if got := of("Update", lou.Inbox()); len(got) != 0 {
			t.Errorf("who does not follow got %v", got)
		}

		h.update(func(tx *store.Tx) error { return engagement.EndPresence(tx, ada, p.ID) })
		settle(t, h.peer)
		for name, reader := range map[string]*fedtest.Actor{"who followed": kim, "who was refused": lou} {
			if got := of("Delete", reader.Inbox()); len(got) != 1 || got[0].JSON["object"] != actor {
				t.Errorf("%s got %v", name, got)
			}
		}
		if got := kim.Get(actor); got.Status != http.StatusGone || strings.Contains(string(got.Body), "Ada") {
			t.Errorf("its address answers %d %s", got.Status, got.Body)
		}
		h.wantAt(kim, actor+"/inbox", kim.Activity("Follow", actor), 410)
		if got := h.get("/.well-known/webfinger?resource=acct:ada_liest@me.test"); got.Status != 404 {
			t.Errorf("WebFinger answers %d", got.Status)
		}
		if found := leaks(h.world); len(found) > 0 {
			t.Errorf("more than the presence got out: %v", found)
		}
		keys := func() (n int) {
			h.view(func(tx *store.Tx) error {
				all, err := tx.ActorKeys("person/" + string(p.ID))
				n = len(all)
				return err
			})
			return n
		}
		if keys() != 1 {
			t.Error("late receivers cannot verify the Delete")
		}
		pass(t, 31*24*time.Hour, 24*time.Hour, h.peer)
		if keys() != 0 {
			t.Error("the key is still there")
		}
	})
}

func TestNobodyWritesToAPublicPresence(t *testing.T) {
	h := newHouse(t)
	p, _ := h.public("ada_liest")
	kim := h.actor("social.test", "kim", person)
	h.meet(kim)
	h.unchanged(func() {
		h.want(kim, noteOf(kim, "Hallo Ada!", map[string]any{"to": []string{h.base.PresenceID(p)}}), 202)
		h.want(kim, kim.Activity("Like", h.base.PresenceID(p)), 202)
		h.want(kim, kim.Activity("Join", h.base.PresenceID(p)), 202)
	})
	h.setMode("partners")
	if got := kim.Get(h.base.PresenceID(p)); got.Status != http.StatusNotFound {
		t.Errorf("in mode partners a stranger gets %d", got.Status)
	}
}

// RES-11: who asks to follow and takes it back, again and again, causes little mail.
func TestFollowsOfAPresenceCauseLittleMail(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p, _ := h.public("ada_liest")
		kim := h.actor("social.test", "kim", person)
		h.meet(kim)
		for range 6 {
			follow := kim.Activity("Follow", h.base.PresenceID(p))
			h.want(kim, follow, 202)
			h.want(kim, kim.Activity("Undo", follow), 202)
		}
		h.view(func(tx *store.Tx) error {
			list, err := tx.Events(engagement.Mail, store.Waiting, 100)
			list = slices.DeleteFunc(list, func(e store.EventRow) bool { return e.Kind != engagement.MailFollowAsked })
			if len(list) != 3 {
				t.Errorf("%d mails, want 3", len(list))
			}
			return err
		})
	})
}

func TestWhoMovesAsksThePersonAgain(t *testing.T) {
	h := newHouse(t)
	p, ada := h.public("ada_liest")
	actor := h.base.PresenceID(p)
	kim, moved := h.actor("good.test", "kim", person), h.world.Host("social.test").Actor("kim")
	moved.Change(func(d map[string]any) { d["type"], d["alsoKnownAs"] = "Person", []string{kim.ID} })
	h.want(kim, kim.Activity("Follow", actor), 202)
	h.update(func(tx *store.Tx) error { return engagement.AnswerFollow(tx, ada, kim.ID, true) })
	h.want(kim, kim.Activity("Move", kim.ID, map[string]any{"target": moved.ID}), 202)
	settle(t, h.peer)
	want := func(state store.FollowState) {
		t.Helper()
		h.view(func(tx *store.Tx) error {
			f, err := tx.Follower("person/"+string(p.ID), moved.ID)
			if f.State != state {
				t.Errorf("the new account is %q, want %q", f.State, state)
			}
			return err
		})
	}
	want(store.FollowPending)
	h.update(func(tx *store.Tx) error { return engagement.AnswerFollow(tx, ada, moved.ID, true) })
	want(store.FollowAccepted)
}
