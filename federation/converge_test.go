package federation_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// wire is the line to an instance, which loses, repeats and reorders what others post to it.
type wire struct {
	inner  http.Handler
	fate   func() fate
	held   []*http.Request
	failed []string // answers that nobody made up
}

type fate int

const (
	arrives fate = iota
	lost         // the sender is told to come again
	unsure       // it arrives, and the sender is told to come again
	twice        // it arrives two times
	later        // the sender believes that it arrived; it does, after others
)

func (w *wire) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.inner.ServeHTTP(out, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	again := func() *http.Request {
		copied := r.Clone(context.Background())
		copied.Body = io.NopCloser(bytes.NewReader(body))
		return copied
	}
	switch w.fate() {
	case lost:
		out.WriteHeader(http.StatusServiceUnavailable)
	case unsure:
		w.deliver(again())
		out.WriteHeader(http.StatusServiceUnavailable)
	case twice:
		w.deliver(again())
		w.inner.ServeHTTP(out, again())
	case later:
		w.held = append(w.held, again())
		out.WriteHeader(http.StatusAccepted)
	default:
		w.inner.ServeHTTP(out, again())
	}
}

func (w *wire) deliver(r *http.Request) {
	answer := httptest.NewRecorder()
	w.inner.ServeHTTP(answer, r)
	if answer.Code != http.StatusAccepted {
		w.failed = append(w.failed, fmt.Sprintf("%d for %s", answer.Code, r.URL))
	}
}

// release delivers what was held, the last first.
func (w *wire) release() {
	for len(w.held) > 0 {
		last := len(w.held) - 1
		r := w.held[last]
		w.held = w.held[:last]
		w.deliver(r)
	}
}

// few sets how many examples rapid tries where nobody asked for another number.
func few(t *testing.T, n int) {
	t.Helper()
	for name, value := range map[string]string{"rapid.checks": fmt.Sprint(n), "rapid.nofailfile": "true"} {
		f := flag.Lookup(name)
		if before := f.Value.String(); before == f.DefValue {
			if err := flag.Set(name, value); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = flag.Set(name, before) })
		}
	}
}

func TestC5TwoInstancesConverge(t *testing.T) {
	few(t, 6)
	rapid.Check(t, func(rt *rapid.T) { newDuel(t, rt).run() })
}

// duel are an organization and some volunteers on two instances, who do what comes to their mind.
type duel struct {
	t            *testing.T
	rt           *rapid.T
	a, b         *peer // origin, home
	toA, toB     *wire
	opportunity  engagement.Opportunity // at a
	copied       engagement.ID          // at b
	volunteers   int
	released     map[string]bool                           // by Offer: the volunteer has released contact data
	home         map[engagement.ID]engagement.MatchRequest // as seen last
	origin       map[string]engagement.RequestState        // by Offer, as seen last
	rough        bool                                      // the line is bad
	organization engagement.Actor
}

func newDuel(t *testing.T, rt *rapid.T) *duel {
	w, clock := newWorld(t)
	d := &duel{t: t, rt: rt, released: map[string]bool{}, home: map[engagement.ID]engagement.MatchRequest{}, origin: map[string]engagement.RequestState{}}
	relaxed := func() store.Config { // nobody pulls the plug here
		c := storetest.SQLite(t)
		c.Sync = "normal"
		return c
	}
	d.a, d.b = newPeer(t, w, clock, "a.test", relaxed()), newPeer(t, w, clock, "b.test", relaxed())
	partners(t, d.a, d.b)
	org := d.a.organization("verein")
	d.organization = engagement.Actor{Account: "0199aaaa-0000-7000-8000-00000000000a", Members: map[engagement.ID]engagement.Role{org.ID: engagement.Member}}
	d.opportunity = d.a.opportunity(org, "Vorlesen in der Grundschule", func(o *engagement.Opportunity) {
		o.Capacity, o.Waitlist = rapid.IntRange(1, 2).Draw(rt, "capacity"), true
	})
	settle(t, d.a, d.b)
	d.copied = mustCopy(t, d.b, d.a, d.opportunity).ID
	d.toA, d.toB = d.intercept(d.a), d.intercept(d.b)
	return d
}

func (d *duel) intercept(p *peer) *wire {
	w := &wire{inner: p.handler}
	w.fate = func() fate {
		if !d.rough {
			return arrives
		}
		return fate(rapid.IntRange(int(arrives), int(later)).Draw(d.rt, "fate"))
	}
	p.handler = w
	return w
}

func (d *duel) run() {
	d.rough = true
	for range rapid.IntRange(10, 40).Draw(d.rt, "actions") {
		action := rapid.SampledFrom(d.actions()).Draw(d.rt, "action")
		action.do()
		d.invariants()
	}
	d.rough = false
	d.flush()
	for day := 10; day <= 200; day += 10 { // everything that waits is delivered, and what nobody answers any more runs out
		d.pass(10 * 24 * time.Hour)
		d.invariants()
		if day == 30 {
			d.compare("after 30 days", func(home, origin engagement.RequestState) bool { return holds(home) == holds(origin) })
		}
	}
	d.compare("in the end", func(home, origin engagement.RequestState) bool {
		if holds(home) || holds(origin) { // what was agreed outlasts the search
			return holds(home) && holds(origin)
		}
		return home.Final() && (origin == "" || origin.Final()) // an Offer that never came is as good as ended
	})
}

func holds(s engagement.RequestState) bool { return s == engagement.Agreed || s == engagement.Active }

type action struct {
	name string
	do   func()
}

func (a action) String() string { return a.name }

// actions are what can happen now, the more often the higher their weight: what leads to an agreement, and bringing it across, before
// what ends everything.
func (d *duel) actions() (list []action) {
	add := func(weight int, name string, do func()) {
		for range weight {
			list = append(list, action{name, do})
		}
	}
	add(3, "deliver", func() { settle(d.t, d.a, d.b); d.flush() })
	add(1, "a works", func() { settle(d.t, d.a) })
	add(1, "b works", func() { settle(d.t, d.b) })
	add(2, "minutes pass", func() { d.pass(10 * time.Minute) })
	add(1, "hours pass", func() { d.pass(6 * time.Hour) })
	add(1, "days pass", func() { d.pass(5 * 24 * time.Hour) })
	if d.volunteers < 3 {
		add(3, "somebody wants to help", d.wish)
	}
	organization := map[engagement.RequestEvent]int{
		engagement.EventAsk: 5, engagement.EventWait: 1, engagement.EventTalk: 1, engagement.EventAgree: 8, engagement.EventDecline: 1,
		engagement.EventCancel: 1, engagement.EventFinish: 1,
	}
	for i, m := range d.all(d.a) {
		for _, e := range engagement.RequestEvents {
			if organization[e] > 0 && m.Offers(e) {
				add(organization[e], fmt.Sprintf("organization: %s %d", e, i), func() { d.answer(m.ID, e) })
			}
		}
	}
	volunteer := map[engagement.RequestEvent]int{engagement.EventRelease: 5, engagement.EventUnshare: 1, engagement.EventWithdraw: 1}
	for i, m := range d.all(d.b) {
		for _, e := range engagement.RequestEvents {
			if volunteer[e] > 0 && m.Offers(e) {
				add(volunteer[e], fmt.Sprintf("volunteer: %s %d", e, i), func() { d.decide(m, e) })
			}
		}
	}
	return list
}

func (d *duel) all(p *peer) (list []engagement.MatchRequest) {
	p.view(func(tx *store.Tx) (err error) {
		list, err = tx.MatchRequests("", 100)
		return err
	})
	return list
}

// try does something that a rule may refuse.
func (d *duel) try(p *peer, f func(*store.Tx) error) bool {
	err := p.store.Update(context.Background(), f)
	refused := errors.Is(err, engagement.ErrConflict) || errors.Is(err, engagement.ErrGone) || errors.Is(err, engagement.ErrForbidden)
	if err != nil && !refused {
		d.t.Fatal(err)
	}
	return err == nil
}

func (d *duel) wish() {
	d.volunteers++
	d.try(d.b, func(tx *store.Tx) error {
		account := engagement.Account{ID: tx.NewID(), Name: "Volunteer", Email: fmt.Sprintf("v%d@mail.example", d.volunteers), Lang: "de", Created: tx.Now()}
		if err := tx.PutAccount(&account); err != nil {
			return err
		}
		_, err := engagement.Request(tx, engagement.Actor{Account: account.ID}, d.copied, engagement.Wish{AgeBand: "ab-18"})
		return err
	})
}

func (d *duel) answer(id engagement.ID, e engagement.RequestEvent) {
	d.try(d.a, func(tx *store.Tx) error {
		_, err := engagement.AnswerRequest(tx, d.organization, id, engagement.Answer{Event: e, Ask: []string{"name"}})
		return err
	})
}

func (d *duel) decide(m engagement.MatchRequest, e engagement.RequestEvent) {
	by := engagement.Actor{Account: m.Account}
	done := d.try(d.b, func(tx *store.Tx) (err error) {
		switch e {
		case engagement.EventRelease:
			_, err = engagement.ReleaseContact(tx, by, m.ID, engagement.Card{"name": "Volunteer"})
		case engagement.EventUnshare:
			_, err = engagement.UnshareContact(tx, by, m.ID)
		default:
			_, err = engagement.WithdrawRequest(tx, by, m.ID, "")
		}
		return err
	})
	if done && e == engagement.EventRelease {
		d.released[d.b.request(m.ID).Offer] = true
	}
}

// pass lets time go by for both, with the clocks of their requests. What was held is delivered before its signature is too old.
func (d *duel) pass(span time.Duration) {
	d.flush()
	d.a.clock.Forward(span)
	for _, p := range []*peer{d.a, d.b} {
		p.update(func(tx *store.Tx) error {
			_, err := engagement.Tick(tx, 100)
			return err
		})
	}
	settle(d.t, d.a, d.b)
	d.flush()
}

func (d *duel) flush() {
	d.toA.release()
	d.toB.release()
}

func (d *duel) invariants() {
	taken := 0
	for _, m := range d.all(d.b) {
		d.home[m.ID] = m
	}
	for _, m := range d.all(d.a) {
		d.origin[m.Offer] = m.State
		if m.State == engagement.Agreed || m.State == engagement.Active {
			taken += m.Quantity
		}
		if len(m.Card) > 0 && (len(m.Ask) == 0 && !m.AcceptSent() || !d.released[m.Offer]) {
			d.rt.Fatalf("a card is stored: asked for %v, accepted %v, released %v", m.Ask, m.AcceptSent(), d.released[m.Offer])
		}
		if len(m.Card) > 0 && m.CardUntil.Before(d.a.clock.Now().Add(-11*24*time.Hour)) { // a tick later it is gone
			d.rt.Fatalf("a card is kept since %s", m.CardUntil)
		}
	}
	if taken > d.opportunity.Capacity {
		d.rt.Fatalf("%d agreed for %d places", taken, d.opportunity.Capacity)
	}
	for _, w := range []*wire{d.toA, d.toB} {
		if len(w.failed) > 0 {
			d.rt.Fatalf("answered with %v", w.failed)
		}
	}
}

// compare looks at both sides of every request, as they were seen last: ended ones are erased after a while.
func (d *duel) compare(when string, agree func(home, origin engagement.RequestState) bool) {
	for _, m := range d.home {
		if origin := d.origin[m.Offer]; !agree(m.State, origin) {
			d.rt.Fatalf("%s %s is %s at home and %q at the origin", when, m.Offer, m.State, origin)
		}
	}
}
