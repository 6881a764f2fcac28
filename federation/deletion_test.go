package federation_test

import (
	"bytes"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// asksAs is a volunteer with an account who wants to help.
func (s *peer) asksAs(by engagement.Actor, opportunity engagement.ID) (m engagement.MatchRequest) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		m, err = engagement.Request(tx, by, opportunity, engagement.Wish{AgeBand: "ab-18", Text: canaryPhone, SendText: true})
		return err
	})
	return m
}

// erases deletes an account at once.
func (s *peer) erases(by engagement.Actor) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error { _, err := engagement.EraseAccount(tx, by.Account); return err })
}

// DEL-05, D4: every instance that got something of a person is told to delete it, also where the conversation has ended already, and no
// word of that says who it was.
func TestTheDeletionOfAnAccountReachesWhoeverGotSomethingOfIt(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org, center := a.organization("verein"), b.center("zentrum")
		agreed, declined := a.opportunity(org, "Vorlesen in der Grundschule"), a.opportunity(org, "Garten pflegen am Nachmittag")
		settle(t, a, b)
		who := b.volunteer()
		help := b.offers(who, center)
		settle(t, a, b)
		var ids []engagement.ID
		for _, o := range []engagement.Opportunity{agreed, declined} {
			m := b.asksAs(who, mustCopy(t, b, a, o).ID)
			settle(t, a, b)
			ids = append(ids, a.requestFor(o.ID).ID)
			a.answer(ids[len(ids)-1], engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name"}})
			settle(t, a, b)
			b.update(func(tx *store.Tx) error {
				_, err := engagement.ReleaseContact(tx, who, m.ID, engagement.Card{"name": canaryName})
				return err
			})
			settle(t, a, b)
		}
		a.answer(ids[0], engagement.Answer{Event: engagement.EventAgree})
		a.answer(ids[1], engagement.Answer{Event: engagement.EventDecline})
		settle(t, a, b)
		if _, there := a.offered(b, help); !there {
			t.Fatal("the help offer was not copied")
		}
		for _, id := range ids {
			if len(a.request(id).Card) == 0 {
				t.Fatal("the card did not arrive")
			}
		}

		a.server.Close()
		b.erases(who)
		settle(t, b)
		for _, d := range b.deliveries(store.Waiting) {
			b.view(func(tx *store.Tx) error {
				p, err := tx.Payload(d.Activity)
				for _, canary := range canaries {
					if bytes.Contains(p.Bytes, []byte(canary)) {
						t.Errorf("%s says %s", p.Kind, canary)
					}
				}
				return err
			})
		}
		if got := len(b.deliveries(store.Waiting)); got != 4 { // two cards, one agreement, one help offer
			t.Errorf("%d things wait for the instance that is down, want 4", got)
		}
		a.server.Reopen()
		pass(t, 3*time.Hour, time.Hour, b, a)
		for n, want := range []engagement.RequestState{engagement.WithdrawnRequest, engagement.Declined} {
			if got := a.request(ids[n]); got.State != want || len(got.Card) > 0 {
				t.Errorf("got %s with the card %v, want %s without", got.State, got.Card, want)
			}
		}
		if _, there := a.offered(b, help); there {
			t.Error("the help offer is still there")
		}
	})
}

// What was not sent yet is sent without what the person wrote, or not at all.
func TestWhatADeletedPersonWroteDoesNotLeave(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		queued, early := a.opportunity(org, "Vorlesen in der Grundschule"), a.opportunity(org, "Garten pflegen am Nachmittag")
		settle(t, a, b)
		who := b.volunteer()
		a.server.Close()
		b.asksAs(who, mustCopy(t, b, a, queued).ID)
		settle(t, b) // it waits for the other instance
		b.asksAs(who, mustCopy(t, b, a, early).ID)
		b.erases(who)
		a.server.Reopen()
		before := len(leaks(a.world))
		pass(t, 3*time.Hour, time.Hour, b, a)
		if found := leaks(a.world)[before:]; len(found) > 0 {
			t.Errorf("found %v", found)
		}
		a.view(func(tx *store.Tx) error {
			for _, o := range []engagement.Opportunity{queued, early} {
				list, err := tx.RequestsFor(o.ID)
				if err != nil {
					return err
				}
				for _, m := range list {
					if !m.State.Final() || m.Text != "" {
						t.Errorf("%q has a request that is %s and says %q", o.Title, m.State, m.Text)
					}
				}
			}
			return nil
		})
		if left := append(a.deliveries(store.Waiting), b.deliveries(store.Waiting)...); len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
	})
}
