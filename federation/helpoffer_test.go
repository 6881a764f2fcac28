package federation_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// center makes a volunteer center that publishes what volunteers offer.
func (s *peer) center(handle string) engagement.Organization {
	s.t.Helper()
	o := s.organization(handle)
	s.update(func(tx *store.Tx) error {
		o.Kind = "volunteer-center"
		return tx.PutOrganization(&o)
	})
	return o
}

// volunteer makes an account that is full of canaries.
func (s *peer) volunteer() engagement.Actor {
	s.t.Helper()
	a := engagement.Account{Name: canaryName, Email: canaryEmail, Phone: canaryPhone, Lang: "de"}
	s.update(func(tx *store.Tx) error {
		a.ID, a.Version = tx.NewID(), 0
		return tx.PutAccount(&a)
	})
	return engagement.Actor{Account: a.ID}
}

// offers publishes what a volunteer offers, after the check of the center.
func (s *peer) offers(by engagement.Actor, center engagement.Organization, change ...func(*engagement.HelpOffer)) engagement.HelpOffer {
	s.t.Helper()
	var h engagement.HelpOffer
	s.update(func(tx *store.Tx) (err error) {
		h = testHelpOffer()
		h.Organization = center.ID
		for _, c := range change {
			c(&h)
		}
		if h, err = engagement.OfferHelp(tx, by, h, "ab-18"); err != nil {
			return err
		}
		h, err = engagement.DecideHelpOffer(tx, engagement.System, h.ID, engagement.DecideApprove, "", "")
		return err
	})
	return h
}

func (s *peer) helpOffer(id engagement.ID) (h engagement.HelpOffer) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		h, err = tx.HelpOffer(id)
		return err
	})
	return h
}

// offered is the copy of a help offer of another instance.
func (s *peer) offered(origin *peer, h engagement.HelpOffer) (found engagement.HelpOffer, exists bool) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		found, err = tx.HelpOfferByIRI(origin.base.HelpOfferID(h))
		exists = err == nil
		return nil
	})
	return found, exists
}

// asksFor is an organization that answers a help offer.
func (s *peer) asksFor(org engagement.Organization, h engagement.HelpOffer) (m engagement.MatchRequest) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		m, err = engagement.AnswerHelpOffer(tx, engagement.System, org.ID, h.ID, "Wir suchen jemanden für ein Elterngespräch am Dienstagabend.")
		return err
	})
	return m
}

func (s *peer) tick() {
	s.t.Helper()
	s.update(func(tx *store.Tx) error { _, err := engagement.Tick(tx, 100); return err })
}

// traces are the personal texts and ids in everything that two instances have said to each other so far.
func traces(w *fedtest.World, secrets ...string) (found []string) {
	for _, r := range w.Requests() {
		for _, secret := range secrets {
			if bytes.Contains(r.Body, []byte(secret)) || bytes.Contains(r.Answer, []byte(secret)) || bytes.Contains([]byte(r.Target+fmt.Sprint(r.Header)), []byte(secret)) {
				found = append(found, secret+" in "+r.Method+" "+r.Target)
			}
		}
	}
	return found
}

// mine is the request on the side of the volunteer.
func (s *peer) mine(by engagement.Actor) (list []engagement.MatchRequest) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		list, err = tx.RequestsOfAccount(by.Account)
		return err
	})
	return list
}

func TestAnOrganizationAnswersTheHelpOfferOfAVolunteerElsewhere(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org, center, volunteer := a.organization("verein"), b.center("zentrum"), b.volunteer()
		h := b.offers(volunteer, center)
		settle(t, a, b)
		copied, ok := a.offered(b, h)
		if !ok || copied.Title != h.Title || copied.Text != h.Text || copied.RadiusKM != 3 || copied.State != engagement.Published || copied.Account != "" {
			t.Fatalf("the copy is %+v", copied)
		}
		secrets := []string{canaryName, canaryEmail, canaryPhone, string(volunteer.Account), secret, "52.4499"}

		origin := a.asksFor(org, copied)
		settle(t, a, b)
		home := b.mine(volunteer)[0]
		if home.State != engagement.Interested || home.Text != origin.Text || home.Direction != "invitation" || home.Origin != "a.test" {
			t.Fatalf("the volunteer sees %+v", home)
		}
		if got := a.request(origin.ID); got.State != engagement.Interested || got.Delivery != engagement.DeliveryDelivered || got.Person != "" || got.Account != "" {
			t.Errorf("before the yes the organization has %+v", got)
		}
		t.Run("nothing personal is on the wire before the yes", func(t *testing.T) {
			if found := traces(a.world, secrets...); len(found) > 0 {
				t.Errorf("found %v", found)
			}
			if found := traces(a.world, "Elterngespräch"); len(found) == 0 {
				t.Error("the record is empty")
			}
		})
		b.update(func(tx *store.Tx) error {
			_, err := engagement.ReleaseContact(tx, volunteer, home.ID, engagement.Card{"name": canaryName})
			return err
		})
		atA, atB := states(t, a, b, origin.ID, home.ID, engagement.ContactShared)
		if len(atA.Card) != 1 || atA.Card["name"] != canaryName || atA.Person != b.base.PersonID(atB) {
			t.Errorf("the organization got %v of %s", atA.Card, atA.Person)
		}
		t.Run("and after it only what was ticked, in one request", func(t *testing.T) {
			if found := traces(a.world, secrets[1:]...); len(found) > 0 {
				t.Errorf("found %v", found)
			}
			if found := traces(a.world, canaryName); len(found) != 1 {
				t.Errorf("the name is in %v", found)
			}
		})
		t.Run("fewer fields replace the card", func(t *testing.T) {
			b.update(func(tx *store.Tx) error {
				_, err := engagement.ReleaseContact(tx, volunteer, home.ID, engagement.Card{"email": canaryEmail})
				return err
			})
			if got, _ := states(t, a, b, origin.ID, home.ID, engagement.ContactShared); got.Card["name"] != "" || got.Card["email"] != canaryEmail {
				t.Errorf("the card is %v", got.Card)
			}
		})
		b.update(func(tx *store.Tx) error {
			_, err := engagement.AgreeToAnswer(tx, volunteer, home.ID)
			return err
		})
		atA, atB = states(t, a, b, origin.ID, home.ID, engagement.Agreed)
		if atA.Agreement == "" || atA.Agreement != b.base.ID("agreement", atB.Agreement) {
			t.Errorf("the agreement is %q here and %q there", atB.Agreement, atA.Agreement)
		}
		a.update(func(tx *store.Tx) error {
			_, err := engagement.AnswerRequest(tx, engagement.System, origin.ID, engagement.Answer{
				Event: engagement.EventFinish, Worked: engagement.Worked{From: "2026-12-01", Until: "2026-12-01", Hours: 2},
			})
			return err
		})
		if _, got := states(t, a, b, origin.ID, home.ID, engagement.Completed); got.Worked.Hours != 2 {
			t.Errorf("worked %+v", got.Worked)
		}
	})
}

func TestTheEndsOfAnAnswerToAHelpOffer(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org, center, volunteer := a.organization("verein"), b.center("zentrum"), b.volunteer()
		ask := func(t *testing.T) (origin, home engagement.ID, h engagement.HelpOffer) {
			t.Helper()
			a.clock.Forward(time.Minute)
			h = b.offers(volunteer, center)
			settle(t, a, b)
			copied, _ := a.offered(b, h)
			origin = a.asksFor(org, copied).ID
			settle(t, a, b)
			return origin, b.mine(volunteer)[0].ID, h
		}
		yes := func(t *testing.T, origin, home engagement.ID) {
			t.Helper()
			b.update(func(tx *store.Tx) error {
				_, err := engagement.ReleaseContact(tx, volunteer, home, engagement.Card{"name": canaryName})
				return err
			})
			states(t, a, b, origin, home, engagement.ContactShared)
		}
		no := func(p *peer, id engagement.ID, reason engagement.Code) {
			p.update(func(tx *store.Tx) error {
				_, err := engagement.WithdrawRequest(tx, volunteer, id, reason)
				return err
			})
		}
		t.Run("a no names a reason and nobody", func(t *testing.T) {
			origin, home, _ := ask(t)
			no(b, home, "keine-zeit")
			got, _ := states(t, a, b, origin, home, engagement.Declined)
			if got.Reason != "keine-zeit" || got.Person != "" || len(got.Card) != 0 {
				t.Errorf("got %+v", got)
			}
		})
		t.Run("a no after the card erases it", func(t *testing.T) {
			origin, home, _ := ask(t)
			yes(t, origin, home)
			no(b, home, "")
			if got, at := states(t, a, b, origin, home, engagement.Declined); len(got.Card)+len(at.Card) != 0 {
				t.Errorf("the cards are %v and %v", got.Card, at.Card)
			}
		})
		t.Run("a consent taken back erases it, and can be given again", func(t *testing.T) {
			origin, home, _ := ask(t)
			yes(t, origin, home)
			b.update(func(tx *store.Tx) error {
				_, err := engagement.UnshareContact(tx, volunteer, home)
				return err
			})
			if got, _ := states(t, a, b, origin, home, engagement.ContactWanted); len(got.Card) != 0 {
				t.Errorf("the card is %v", got.Card)
			}
			yes(t, origin, home)
		})
		t.Run("the center cancels after the agreement", func(t *testing.T) {
			origin, home, _ := ask(t)
			yes(t, origin, home)
			b.update(func(tx *store.Tx) error { _, err := engagement.AgreeToAnswer(tx, volunteer, home); return err })
			settle(t, a, b)
			no(b, home, "keine-zeit")
			states(t, a, b, origin, home, engagement.Canceled)
		})
		t.Run("the organization withdraws", func(t *testing.T) {
			origin, home, _ := ask(t)
			yes(t, origin, home)
			a.update(func(tx *store.Tx) error {
				_, err := engagement.WithdrawAnswer(tx, engagement.System, origin, "")
				return err
			})
			if got, at := states(t, a, b, origin, home, engagement.WithdrawnRequest); len(got.Card)+len(at.Card) != 0 {
				t.Errorf("the cards are %v and %v", got.Card, at.Card)
			}
		})
		t.Run("a help offer taken back ends what is open", func(t *testing.T) {
			origin, home, h := ask(t)
			b.update(func(tx *store.Tx) error { _, err := engagement.CloseHelpOffer(tx, volunteer, h.ID); return err })
			if got, _ := states(t, a, b, origin, home, engagement.Declined); got.Reason != "angebot-beendet" {
				t.Errorf("the reason is %q", got.Reason)
			}
			if _, there := a.offered(b, h); there {
				t.Error("the copy is still there")
			}
			if got := b.get(b.base.HelpOfferID(h)).Status; got != http.StatusGone {
				t.Errorf("its id answers %d", got)
			}
		})
		t.Run("nobody answers", func(t *testing.T) {
			origin, home, _ := ask(t)
			for range 16 {
				a.clock.Forward(24 * time.Hour)
				a.tick()
				b.tick()
				settle(t, a, b)
			}
			if got, at := a.request(origin), b.request(home); !got.State.Final() || !at.State.Final() {
				t.Errorf("the organization sees %s, the volunteer %s", got.State, at.State)
			}
		})
		t.Run("the partnership ends", func(t *testing.T) {
			origin, home, h := ask(t)
			yes(t, origin, home)
			a.update(func(tx *store.Tx) error { _, err := engagement.EndPartner(tx, engagement.System, "b.test"); return err })
			settle(t, a, b)
			if got, at := a.request(origin), b.request(home); !got.State.Final() || !at.State.Final() || len(got.Card) != 0 {
				t.Errorf("the organization sees %s with %v, the volunteer %s", got.State, got.Card, at.State)
			}
			if _, there := a.offered(b, h); there {
				t.Error("the copy is still there")
			}
		})
	})
}

func TestACopyOfAHelpOfferFollowsItsOwner(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		center, volunteer := b.center("zentrum"), b.volunteer()
		early := b.offers(volunteer, center)
		partners(t, a, b)
		settle(t, a, b)
		if got, ok := a.offered(b, early); !ok || got.Title != early.Title {
			t.Fatalf("what was there before the partnership is not copied: %+v", got)
		}
		b.clock.Forward(time.Minute)
		b.update(func(tx *store.Tx) error {
			h, err := tx.HelpOffer(early.ID)
			if err != nil {
				return err
			}
			h.Text = "Ich helfe beim Übersetzen, jetzt auch am Wochenende."
			_, err = engagement.EditHelpOffer(tx, volunteer, h)
			return err
		})
		settle(t, a, b)
		if got, _ := a.offered(b, early); got.State != engagement.Expired || bytes.Contains([]byte(got.Text), []byte("Wochenende")) {
			t.Errorf("what is being checked is %s there: %q", got.State, got.Text)
		}
		b.update(func(tx *store.Tx) error {
			_, err := engagement.DecideHelpOffer(tx, engagement.System, early.ID, engagement.DecideApprove, "", "")
			return err
		})
		settle(t, a, b)
		if got, _ := a.offered(b, early); got.State != engagement.Published || got.Text != "Ich helfe beim Übersetzen, jetzt auch am Wochenende." {
			t.Errorf("got %s: %q", got.State, got.Text)
		}
		t.Run("only partners are told what is for partners", func(t *testing.T) {
			stranger := b.world.Host("good.test").Actor("reader")
			b.follow(center, stranger)
			h := b.offers(volunteer, center, func(h *engagement.HelpOffer) { h.Visibility = "verbund" })
			settle(t, a, b)
			if _, ok := a.offered(b, h); !ok {
				t.Error("the partner has no copy")
			}
			if got := of("Create", stranger.Inbox()); len(got) != 0 {
				t.Errorf("a follower got %s", got[0].Body)
			}
			if got := b.get(b.base.HelpOfferID(h)).Status; got != http.StatusNotFound {
				t.Errorf("a stranger is answered %d", got)
			}
			public := b.offers(volunteer, center)
			settle(t, a, b)
			if got := of("Create", stranger.Inbox()); len(got) != 1 || got[0].JSON["object"].(map[string]any)["id"] != b.base.HelpOfferID(public) {
				t.Errorf("of a public one a follower got %v", got)
			}
		})
		t.Run("a moderator's hiding here stays, and nobody there learns of it", func(t *testing.T) {
			copied, _ := a.offered(b, early)
			a.update(func(tx *store.Tx) error {
				_, err := engagement.DecideHelpOffer(tx, engagement.System, copied.ID, engagement.DecideHide, "irrefuehrend", "")
				return err
			})
			b.clock.Forward(time.Hour)
			b.update(func(tx *store.Tx) error { _, err := engagement.ExtendHelpOffer(tx, volunteer, early.ID); return err })
			settle(t, a, b)
			if got := a.helpOffer(copied.ID); got.State != engagement.Hidden || !got.Expires.After(copied.Expires) {
				t.Errorf("got %s until %s", got.State, got.Expires)
			}
			if got := b.helpOffer(early.ID).State; got != engagement.Published {
				t.Errorf("at home it is %s", got)
			}
		})
		t.Run("it expires, and at last it is gone everywhere", func(t *testing.T) {
			for range 14 {
				b.clock.Forward(16 * 24 * time.Hour)
				a.tick()
				b.tick()
				settle(t, a, b)
			}
			if _, ok := a.offered(b, early); ok {
				t.Error("there is a copy")
			}
			if got := b.get(b.base.HelpOfferID(early)).Status; got != http.StatusGone {
				t.Errorf("its id answers %d", got)
			}
		})
	})
}

func TestRulesForAnswersToHelpOffers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		center, volunteer := h.center("zentrum"), h.volunteer()
		offer := h.offers(volunteer, center)
		settle(t, h.peer)
		ask := func(who *fedtest.Actor, members ...map[string]any) map[string]any {
			commitment := with(h.commitment(), map[string]any{"satisfies": h.base.HelpOfferID(offer) + "#primary"})
			return h.offer(who, append([]map[string]any{{
				"to": []string{h.base.OrganizationID(center)}, "object": map[string]any{"type": "Agreement", "stipulates": commitment},
				"content": "<p>Wir suchen Hilfe.</p>", "seestern:match": map[string]any{"seestern:version": 1, "seestern:step": 1, "seestern:direction": "invitation"},
			}}, members...)...)
		}
		verein := h.actor("good.test", "verein", indexable)
		for name, refused := range map[string]map[string]any{
			"M11 as an interest":           ask(verein, map[string]any{"seestern:match": map[string]any{"seestern:direction": "interest"}}),
			"M4 to another organization":   ask(verein, map[string]any{"to": []string{h.orgIRI()}}),
			"M2 with a copy to everybody":  ask(verein, map[string]any{"cc": []string{public}}),
			"M11 of a person":              ask(h.actor("good.test", "somebody", person)),
			"M4 for what is not published": ask(verein, map[string]any{"object": map[string]any{"type": "Agreement", "stipulates": with(h.commitment(), map[string]any{"satisfies": h.base.ID("help-offer", helpOfferKey) + "#primary"})}}),
		} {
			t.Run("an Offer "+name+" has no effect", func(t *testing.T) {
				signer := verein
				if name == "M11 of a person" {
					signer = h.world.Host("good.test").Actor("somebody")
				}
				h.unchanged(func() { h.want(signer, refused, 202) })
			})
		}
		t.Run("M1 a stranger is refused", func(t *testing.T) {
			stranger := h.actor("stranger.test", "verein", indexable)
			if got := stranger.Post(h.base.Inbox(), ask(stranger)).Status; got != 403 {
				t.Errorf("got %d", got)
			}
		})
		t.Run("an organization has one open answer, and the second is refused by the center", func(t *testing.T) {
			h.want(verein, ask(verein), 202)
			h.want(verein, ask(verein), 202)
			settle(t, h.peer)
			got := h.mine(volunteer)
			if len(got) != 2 || got[0].State == got[1].State {
				t.Fatalf("got %d answers", len(got))
			}
			if rejects := of("Reject", verein.Inbox()); len(rejects) != 1 || rejects[0].JSON["actor"] != h.base.OrganizationID(center) {
				t.Errorf("got %v", rejects)
			}
		})
		t.Run("U1 somebody else of the host can neither withdraw nor send the card", func(t *testing.T) {
			other := h.actor("good.test", "other", indexable)
			var open engagement.MatchRequest
			for _, m := range h.mine(volunteer) {
				if m.State == engagement.Interested {
					open = m
				}
			}
			match := map[string]any{"seestern:version": 1, "seestern:step": 2, "seestern:offer": open.Offer}
			h.refused(other, other.Activity("Undo", open.Offer, map[string]any{"to": []string{h.base.OrganizationID(center)}, "seestern:match": match}), 202)
			h.refused(verein, verein.Activity("Accept", open.Offer, map[string]any{"to": []string{h.base.OrganizationID(center)}, "seestern:match": match}), 202)
		})
		t.Run("D7 with the organization its answers end", func(t *testing.T) {
			verein.SetGone()
			h.want(verein, verein.Activity("Delete", verein.ID), 202)
			settle(t, h.peer)
			for _, m := range h.mine(volunteer) {
				if !m.State.Final() {
					t.Errorf("one is still %s", m.State)
				}
			}
		})
	})
}
