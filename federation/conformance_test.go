package federation_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// The group C13 of protocol.md §9, beside the main job of partnership_test.go: what two complete instances have to agree on.

// release is the volunteer's consent to tell the organization something, or later something else.
func (s *peer) release(m engagement.MatchRequest, card engagement.Card) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		_, err := engagement.ReleaseContact(tx, engagement.Actor{Request: m.ID}, m.ID, card)
		return err
	})
}

// states waits until both sides have heard of each other and compares how they see a request.
func states(t *testing.T, a, b *peer, origin, home engagement.ID, want engagement.RequestState) (atA, atB engagement.MatchRequest) {
	t.Helper()
	settle(t, a, b)
	atA, atB = a.request(origin), b.request(home)
	if atA.State != want || atB.State != want {
		t.Errorf("the organization sees %s, the volunteer %s, want %s", atA.State, atB.State, want)
	}
	return atA, atB
}

func TestC13TheWholeConversationBetweenTwoInstances(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		o := a.opportunity(org, "Vorlesen in der Grundschule", func(o *engagement.Opportunity) { o.Capacity, o.Waitlist = 1, true })
		settle(t, a, b)
		copied := mustCopy(t, b, a, o)
		first := b.wish(copied.ID)
		settle(t, a, b)
		origin := a.requestFor(o.ID).ID
		a.answer(origin, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name", "email"}})
		states(t, a, b, origin, first.ID, engagement.ContactWanted)
		full := engagement.Card{"name": canaryName, "email": canaryEmail}
		b.release(first, full)
		if got, _ := states(t, a, b, origin, first.ID, engagement.ContactShared); len(got.Card) != 2 {
			t.Errorf("the card is %v", got.Card)
		}

		t.Run("R9 fewer fields replace the card", func(t *testing.T) {
			b.release(first, engagement.Card{"name": canaryName})
			if got, _ := states(t, a, b, origin, first.ID, engagement.ContactShared); len(got.Card) != 1 || got.Card["name"] != canaryName {
				t.Errorf("the card is %v", got.Card)
			}
		})
		t.Run("R10 a consent taken back erases it", func(t *testing.T) {
			b.update(func(tx *store.Tx) error {
				_, err := engagement.UnshareContact(tx, engagement.Actor{Request: first.ID}, first.ID)
				return err
			})
			if got, at := states(t, a, b, origin, first.ID, engagement.ContactWanted); len(got.Card)+len(at.Card) != 0 {
				t.Errorf("the cards are %v and %v", got.Card, at.Card)
			}
			b.release(first, full)
			states(t, a, b, origin, first.ID, engagement.ContactShared)
		})
		a.answer(origin, engagement.Answer{Event: engagement.EventAgree})
		states(t, a, b, origin, first.ID, engagement.Agreed)

		a.clock.Forward(time.Minute) // requests are told apart by their time
		second := b.wish(copied.ID, func(w *engagement.Wish) { w.Contact.Email = "second@mail.example" })
		settle(t, a, b)
		waiting := a.requestFor(o.ID).ID
		t.Run("M5 who comes when the last place is gone waits", func(t *testing.T) {
			states(t, a, b, waiting, second.ID, engagement.Waitlisted)
		})
		t.Run("an agreement canceled by the organization frees the place", func(t *testing.T) {
			a.answer(origin, engagement.Answer{Event: engagement.EventCancel, Reason: "angebot-beendet"})
			if got, at := states(t, a, b, origin, first.ID, engagement.Canceled); at.Reason != got.Reason {
				t.Errorf("the reasons are %q and %q", got.Reason, at.Reason)
			}
		})
		t.Run("R6 the next one is asked, and says yes by the card", func(t *testing.T) {
			if _, at := states(t, a, b, waiting, second.ID, engagement.ContactWanted); len(at.Ask) != 0 || !within(at.ExpiresAt.Sub(b.clock.Now()), 48*time.Hour) {
				t.Errorf("asked for %v until %s", at.Ask, at.ExpiresAt)
			}
			a.server.Close()
			b.release(second, full)
			settle(t, b)
			b.release(second, engagement.Card{"name": canaryName}) // before the first card has arrived (DEL-10)
			a.server.Reopen()
			pass(t, time.Hour, 10*time.Minute, a, b)
			if got, _ := states(t, a, b, waiting, second.ID, engagement.ContactShared); len(got.Card) != 1 || got.StepSeen != 3 {
				t.Errorf("the card is %v after step %d", got.Card, got.StepSeen)
			}
		})
		t.Run("a refusal arrives with its reason and words", func(t *testing.T) {
			a.answer(waiting, engagement.Answer{Event: engagement.EventDecline, Reason: "besetzt", Text: "Leider doch nicht."})
			got, at := states(t, a, b, waiting, second.ID, engagement.Declined)
			if at.Reason != "besetzt" || at.Message != "Leider doch nicht." {
				t.Errorf("got %q, %q", at.Reason, at.Message)
			}
			a.clock.Forward(engagement.CardLife + time.Hour)
			for _, p := range []*peer{a, b} {
				p.update(func(tx *store.Tx) error { _, err := engagement.Tick(tx, 100); return err })
			}
			a.view(func(tx *store.Tx) error {
				if m, err := tx.MatchRequest(got.ID); err == nil && len(m.Card) > 0 {
					t.Errorf("ninety days later there is the card %v", m.Card)
				}
				return nil
			})
		})
	})
}

// CON-03: while the organization agrees and its opportunity ends, the volunteer of another instance withdraws. Once both have heard of each
// other nobody believes in an agreement that the other side does not know of.
func TestCON03AnAgreementMeetsAWithdrawalOnAnotherInstance(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		manager := engagement.Actor{Account: "0199aaaa-0000-7000-8000-00000000000a", Members: map[engagement.ID]engagement.Role{org.ID: engagement.Manager}}
		for n, ends := range []bool{true, false} {
			o := a.opportunity(org, fmt.Sprintf("Vorlesen in der Grundschule %d", n))
			settle(t, a, b)
			m := b.wish(mustCopy(t, b, a, o).ID, func(w *engagement.Wish) { w.Contact.Email = fmt.Sprintf("v%d@mail.example", n) })
			settle(t, a, b)
			origin := a.requestFor(o.ID).ID
			a.answer(origin, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name"}})
			settle(t, a, b)
			b.release(m, engagement.Card{"name": canaryName})
			states(t, a, b, origin, m.ID, engagement.ContactShared)

			start := make(chan struct{})
			var wg sync.WaitGroup
			at := func(p *peer, act func(tx *store.Tx) error) {
				wg.Go(func() {
					<-start
					if err := p.store.Update(t.Context(), act); err != nil && !errors.Is(err, engagement.ErrConflict) {
						t.Errorf("%s: %v", p.base.Host, err)
					}
					if err := p.service.Work(t.Context()); err != nil {
						t.Errorf("%s: %v", p.base.Host, err)
					}
				})
			}
			at(a, func(tx *store.Tx) error {
				_, err := engagement.AnswerRequest(tx, manager, origin, engagement.Answer{Event: engagement.EventAgree})
				return err
			})
			at(b, func(tx *store.Tx) error {
				_, err := engagement.WithdrawRequest(tx, engagement.Actor{Request: m.ID}, m.ID, "keine-zeit")
				return err
			})
			if ends {
				at(a, func(tx *store.Tx) error {
					_, err := engagement.WithdrawOpportunity(tx, manager, o.ID)
					return err
				})
			}
			close(start)
			wg.Wait()
			settle(t, a, b)
			here, there := a.request(origin), b.request(m.ID)
			if !here.State.Final() || !there.State.Final() {
				t.Errorf("%d: the organization sees %s, the volunteer %s", n, here.State, there.State)
			}
			a.view(func(tx *store.Tx) error {
				o, err := tx.Opportunity(o.ID)
				if o.Taken != 0 {
					t.Errorf("%d: %d places are taken by nobody", n, o.Taken)
				}
				return err
			})
		}
	})
}

func TestC13AnUnansweredRequestEndsOnBothSides(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		silent, asked := a.opportunity(org, "Vorlesen in der Grundschule"), a.opportunity(org, "Garten pflegen am Nachmittag")
		settle(t, a, b)
		first, second := b.wish(mustCopy(t, b, a, silent).ID), b.wish(mustCopy(t, b, a, asked).ID)
		settle(t, a, b)
		a.answer(a.requestFor(asked.ID).ID, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name"}})
		settle(t, a, b)
		for range 60 {
			pass(t, 24*time.Hour, 24*time.Hour, a, b)
			for _, p := range []*peer{a, b} {
				p.update(func(tx *store.Tx) error { _, err := engagement.Tick(tx, 100); return err })
			}
			settle(t, a, b)
		}
		for _, pair := range [][2]engagement.MatchRequest{{a.requestFor(silent.ID), b.request(first.ID)}, {a.requestFor(asked.ID), b.request(second.ID)}} {
			if !pair[0].State.Final() || !pair[1].State.Final() {
				t.Errorf("after sixty days the organization sees %s, the volunteer %s", pair[0].State, pair[1].State)
			}
		}
	})
}

// The way over the wire is the same on every engine.
func TestC13ThousandOpportunitiesAreCopiedAtTheStart(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w, clock := newWorld(t)
	a, b := newPeer(t, w, clock, "a.test", storetest.SQLite(t)), newPeer(t, w, clock, "b.test", storetest.SQLite(t))
	org := a.organization("verein")
	a.update(func(tx *store.Tx) error {
		for n := range 1000 {
			o, err := engagement.SaveOpportunity(tx, engagement.System, draft(org, fmt.Sprintf("Vorlesen in Gruppe %04d", n)))
			if err == nil {
				_, err = engagement.SubmitOpportunity(tx, engagement.System, o.ID)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	settle(t, a)
	before := a.server.Asked("/ap/collections/opportunities")
	partners(t, a, b)
	b.view(func(tx *store.Tx) error {
		copies, err := tx.CopiesOf("a.test")
		if len(copies) != 1000 {
			t.Errorf("%d are copied", len(copies))
		}
		return err
	})
	// The collection, twenty full pages, and the one that says that it was the last.
	if got := a.server.Asked("/ap/collections/opportunities") - before; got != 22 {
		t.Errorf("%d requests", got)
	}
}

// An end takes everything with it that was shared: copies, open requests, contact data (P-9, D3, R13).
func TestC13WhatIsSharedEndsOnBothSides(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, a, b *peer, org engagement.Organization){
		"the home ends the partnership": func(t *testing.T, a, b *peer, _ engagement.Organization) {
			b.update(func(tx *store.Tx) error { _, err := engagement.EndPartner(tx, engagement.System, "a.test"); return err })
		},
		"the origin ends the partnership": func(t *testing.T, a, b *peer, _ engagement.Organization) {
			a.update(func(tx *store.Tx) error { _, err := engagement.EndPartner(tx, engagement.System, "b.test"); return err })
		},
		"the organization is dissolved": func(t *testing.T, a, b *peer, org engagement.Organization) {
			a.update(func(tx *store.Tx) error { return engagement.DissolveOrganization(tx, engagement.System, org.ID) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachPair(t, func(t *testing.T, a, b *peer) {
				partners(t, a, b)
				org := a.organization("verein")
				o, other := a.opportunity(org, "Vorlesen in der Grundschule"), a.opportunity(org, "Garten pflegen am Nachmittag")
				settle(t, a, b)
				copied := mustCopy(t, b, a, o)
				open, agreed := b.wish(mustCopy(t, b, a, other).ID), b.wish(copied.ID)
				settle(t, a, b)
				origin := a.requestFor(o.ID).ID
				a.answer(origin, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name"}})
				settle(t, a, b)
				b.release(agreed, engagement.Card{"name": canaryName})
				settle(t, a, b)
				a.answer(origin, engagement.Answer{Event: engagement.EventAgree})
				states(t, a, b, origin, agreed.ID, engagement.Agreed)

				end(t, a, b, org)
				settle(t, a, b)
				for _, m := range []engagement.MatchRequest{a.request(origin), a.requestFor(other.ID), b.request(open.ID), b.request(agreed.ID)} {
					if !m.State.Final() {
						t.Errorf("a request is still %s", m.State)
					}
				}
				for _, o := range []engagement.Opportunity{o, other} {
					if _, there := b.copyOf(a, o); there {
						t.Errorf("the copy of %q is still there", o.Title)
					}
				}
				if name != "the organization is dissolved" && (len(a.request(origin).Card) != 0 || len(b.request(agreed.ID).Card) != 0) {
					t.Error("the card is still there")
				}
				if slices.ContainsFunc(append(a.deliveries(store.Waiting), b.deliveries(store.Waiting)...), func(d store.DeliveryRow) bool { return d.State == store.Waiting }) {
					t.Errorf("left over: %v, %v", a.deliveries(store.Waiting), b.deliveries(store.Waiting))
				}
			})
		})
	}
}
