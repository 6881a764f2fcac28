package federation_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// silence is a partner whose instance shows a new key that its old one has not announced.
type silence struct {
	*house
	partner *fedtest.Actor
	oldID   string
	old     fedtest.Signing
}

func newSilence(t *testing.T, h *house) *silence {
	t.Helper()
	s := &silence{house: h, partner: h.world.Host("good.test").Actor("instance")}
	s.partner.Change(func(d map[string]any) { d["type"] = "Application" })
	h.meet(s.partner)
	s.oldID, s.old = s.partner.KeyID, fedtest.Signing{Key: s.partner.Key(), KeyID: s.partner.KeyID}
	s.partner.SetKey(fedtest.RSAKey("good.test", 300), s.partner.ID+"#key-2")
	return s
}

func (s *silence) suspects() []string { return s.peer.partner("good.test").Suspects }

// parked is how many activities wait for an admin.
func (s *silence) parked() (n int) {
	s.view(func(tx *store.Tx) error {
		list, err := tx.Jobs("arrival", store.Parked, 1000)
		n = len(list)
		return err
	})
	return n
}

// partnersOnly is an opportunity that partners see and nobody else.
func (s *silence) partnersOnly() engagement.Opportunity {
	return s.opportunity(s.org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
}

func (s *silence) leave() map[string]any {
	return s.partner.Activity("Undo", map[string]any{"id": "https://good.test/a/follow", "type": "Follow", "actor": s.partner.ID, "object": s.base.Actor()})
}

func TestC7ANewKeyWithoutAWordIsParked(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		volunteer := h.actor("good.test", "volunteer", person)
		h.want(volunteer, h.offer(volunteer), http.StatusAccepted)
		s := newSilence(t, h)
		s.want(s.partner, s.leave(), http.StatusAccepted)
		settle(t, h.peer)
		if got := h.peer.partner("good.test").State; got != engagement.PartnerActive {
			t.Fatalf("whoever has the new key ended the partnership: it is %s", got)
		}
		if got := s.suspects(); len(got) != 1 || got[0] != s.partner.ID || s.parked() != 1 {
			t.Fatalf("suspects are %v, %d activities are parked", got, s.parked())
		}
		t.Run("the old key alone does nothing either", func(t *testing.T) {
			if got := s.partner.PostSigned(h.base.Inbox(), s.leave(), s.old).Status; got != http.StatusAccepted {
				t.Errorf("got %d", got)
			}
			settle(t, h.peer)
			if h.peer.partner("good.test").State != engagement.PartnerActive || s.parked() != 2 {
				t.Errorf("it is %s, %d are parked", h.peer.partner("good.test").State, s.parked())
			}
		})
		t.Run("an Update with the old key that shows a third key does nothing", func(t *testing.T) {
			document := s.partner.Document()
			key := document["publicKey"].(map[string]any)
			key["publicKeyPem"] = fedtest.PublicPEM(fedtest.RSAKey("good.test", 301).Public())
			s.partner.PostSigned(h.base.Inbox(), s.partner.Activity("Update", document), s.old)
			settle(t, h.peer)
			if len(s.suspects()) != 1 {
				t.Error("it was believed")
			}
		})
		t.Run("nothing private goes there", func(t *testing.T) {
			h.answer(h.requestFor(h.opp.ID).ID, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name"}})
			settle(t, h.peer)
			if got := of("TentativeAccept", volunteer.Inbox()); len(got) != 0 {
				t.Error("the other side got an answer")
			}
			if got := volunteer.Get(h.base.ID(federation.KindOpportunity, string(s.partnersOnly().ID))).Status; got != http.StatusNotFound {
				t.Errorf("what is for partners is answered with %d", got)
			}
		})
		t.Run("what it publishes is not copied", func(t *testing.T) {
			h.update(func(tx *store.Tx) error { return tx.PutJob(store.Job{Queue: "partner", Key: "good.test"}) })
			s.partner.Change(func(d map[string]any) { d["type"], d["name"] = "Application", "Jemand anders" })
			h.clock.Forward(time.Hour)
			settle(t, h.peer)
			if got := h.peer.partner("good.test").Name; got == "Jemand anders" {
				t.Error("it was described anew")
			}
		})
		t.Run("nobody but an admin says that it is right", func(t *testing.T) {
			err := h.store.Update(t.Context(), func(tx *store.Tx) error {
				_, err := engagement.TrustKeys(tx, engagement.Actor{}, "good.test")
				return err
			})
			if !errors.Is(err, engagement.ErrNotFound) { // what partners there are is not said
				t.Errorf("got %v", err)
			}
		})
		t.Run("then what was parked has its effect", func(t *testing.T) {
			h.update(func(tx *store.Tx) error {
				_, err := engagement.TrustKeys(tx, engagement.System, "good.test")
				return err
			})
			settle(t, h.peer)
			if h.peer.partner("good.test").State != engagement.PartnerEnded || len(s.suspects()) != 0 || s.parked() != 0 {
				t.Errorf("it is %s, suspects are %v, %d are parked", h.peer.partner("good.test").State, s.suspects(), s.parked())
			}
			if got := s.partner.PostSigned(h.base.Inbox(), s.leave(), s.old).Status; got != http.StatusUnauthorized {
				t.Errorf("the old key is still good for %d", got)
			}
		})
	})
}

func TestC7TheUpdateMayComeAfterTheFirstActivityWithTheNewKey(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSilence(t, h)
		s.want(s.partner, s.leave(), http.StatusAccepted)
		if len(s.suspects()) != 1 {
			t.Fatal("nothing is suspected")
		}
		s.partner.PostSigned(h.base.Inbox(), s.partner.Activity("Update", s.partner.Document()), s.old)
		settle(t, h.peer)
		if len(s.suspects()) != 0 || s.parked() != 0 || h.peer.partner("good.test").State != engagement.PartnerEnded {
			t.Errorf("suspects are %v, %d are parked, it is %s", s.suspects(), s.parked(), h.peer.partner("good.test").State)
		}
	})
}

func TestC7WhereNothingPrivateIsSharedANewKeyIsTaken(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		reader := h.actor("reader.test", "reader")
		reader.SetKey(fedtest.RSAKey("reader.test", 300), reader.ID+"#key-2")
		h.follow(h.org, reader)
		settle(t, h.peer)
		if got := h.followers(); len(got) != 1 {
			t.Errorf("followers: %v", got)
		}
		t.Run("a person with contact data here is not such", func(t *testing.T) {
			c := h.atOrigin(engagement.Agreed)
			c.theirs.SetKey(fedtest.RSAKey("good.test", 302), "")
			h.clock.Forward(25 * time.Hour)
			document := c.theirs.Document()
			document["id"], document["type"], document["inbox"] = c.person, "Person", c.person+"/inbox"
			document["publicKey"].(map[string]any)["id"], document["publicKey"].(map[string]any)["owner"] = c.keyID, c.person
			c.theirs.Host.Document(c.person[len("https://good.test"):], document)
			c.send(c.activity("UO"))
			if got := c.now().State; got != engagement.Agreed {
				t.Errorf("it is %s", got)
			}
			if got := h.peer.partner("good.test").Suspects; len(got) != 1 || got[0] != c.person {
				t.Errorf("suspects are %v", got)
			}
		})
	})
}

func TestAnEditedActorWithinADayOfTheRotationIsAnnouncedByTheOldKey(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		reader := h.actor("reader.test", "reader")
		h.follow(h.org, reader)
		if _, err := h.service.RotateKey(t.Context(), h.orgIRI(), false); err != nil {
			t.Fatal(err)
		}
		h.update(func(tx *store.Tx) error {
			o, err := tx.Organization(h.org.ID)
			if err != nil {
				return err
			}
			o.Summary = "Wir lesen vor."
			_, err = engagement.EditOrganization(tx, engagement.System, o)
			return err
		})
		settle(t, h.peer)
		for _, u := range of("Update", reader.Inbox()) {
			if u.KeyID() != h.orgIRI()+"#main-key" {
				t.Errorf("signed with %s", u.KeyID())
			}
		}
	})
}
