package federation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// sample is an activity with an effect that can be counted.
type sample struct {
	name     string
	by       *fedtest.Actor
	activity map[string]any
	effects  func() int // how often it has had its effect, follow-up rows included
}

// samples are activities of every sort that has rows behind it, each of an actor of its own.
func (h *house) samples(n int) []sample {
	h.t.Helper()
	named := func(kind string) string { return fmt.Sprintf("%s-%d", kind, n) }
	fan, helper := h.actor("good.test", named("fan")), h.actor("good.test", named("helper"))
	org, writer := h.actor("good.test", named("org"), indexable), h.actor("social.test", named("writer"), person)
	follow, offer := fan.Activity("Follow", h.orgIRI()), h.offer(helper)
	message := noteOf(writer, "Gern!", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()})
	path := fmt.Sprintf("/opp/f%d", n)
	events := func(audience engagement.Audience, subject engagement.ID) (count int) {
		h.view(func(tx *store.Tx) error {
			list, err := tx.Events(audience, store.Waiting, 10_000)
			for _, e := range list {
				if e.Subject == subject {
					count++
				}
			}
			return err
		})
		return count
	}
	return []sample{
		{"a Follow with its Accept", fan, follow, func() int {
			accepts := 0
			for _, d := range append(h.deliveries(store.Waiting), h.deliveries(store.Done)...) {
				if d.Object == follow["id"] {
					accepts++
				}
			}
			return min(accepts, map[bool]int{true: accepts}[slices.Contains(h.followers(), fan.ID)])
		}},
		{"an Offer with its mail", helper, offer, func() (count int) {
			for _, m := range h.requests() {
				if m.Person == helper.ID {
					count += max(1, events(engagement.Mail, m.ID))
				}
			}
			return count
		}},
		{"a message with mail and answer", writer, message, func() (count int) {
			for _, m := range h.requests() {
				if m.Remote.Actor == writer.ID {
					count += max(1, events(engagement.Mail, m.ID), events(engagement.Wire, m.ID))
				}
			}
			return count
		}},
		{"an opportunity", org, carry(org, "Create", h.proposal(org, path)), func() int {
			_, there := h.copied(org.Host.URL(path))
			return map[bool]int{true: 1}[there]
		}},
	}
}

func TestFLT01AnActivityHasItsEffectOnceWhereverTheProcessDies(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for n, step := range []string{"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8"} {
			for _, x := range h.samples(n) {
				t.Run(x.name+" at "+step, func(t *testing.T) {
					h.stopAt(step, 1, federation.ErrStopped)
					post := func() {
						if got, want := x.by.Post(h.base.Inbox(), x.activity).Status, map[bool]int{true: 202, false: 500}[step == "I8"]; got != want {
							t.Errorf("got status %d, want %d", got, want)
						}
					}
					if committed := step == "I7" || step == "I8"; committed {
						post()
						if got := x.effects(); got != 1 {
							t.Errorf("committed, and %d effects", got)
						}
					} else {
						h.unchanged(post)
					}
					h.start()
					h.want(x.by, x.activity, 202)
					if got := x.effects(); got != 1 {
						t.Errorf("after the sender tried again: %d effects", got)
					}
					h.start()
					h.unchanged(func() { h.want(x.by, x.activity, 202) })
				})
			}
		}
	})
}

func TestFLT01AJobHasItsEffectOnceWhereverTheProcessDies(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for _, step := range []string{"I9", "I10", "I11", "I12"} {
			t.Run(step, func(t *testing.T) {
				a := h.actor("good.test", "late-"+step)
				h.update(func(tx *store.Tx) error { return tx.DeleteRemoteActor(a.ID) })
				h.want(a, a.Activity("Follow", h.orgIRI()), 202)
				h.stopAt(step, 1, federation.ErrStopped)
				settle(t, h.peer)
				h.start()
				pass(t, 30*time.Minute, 5*time.Minute, h.peer)
				if got := of("Accept", a.Inbox()); len(got) != 1 || !slices.Contains(h.followers(), a.ID) {
					t.Errorf("got %d Accepts and followers %v", len(got), h.followers())
				}
			})
		}
	})
}

func TestFLT13AJobThatPanicsHarmsNoOther(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		bad, fine := h.actor("good.test", "bad"), h.actor("good.test", "fine")
		for _, a := range []*fedtest.Actor{bad, fine} {
			h.update(func(tx *store.Tx) error { return tx.DeleteRemoteActor(a.ID) })
			h.want(a, a.Activity("Follow", h.orgIRI()), 202)
		}
		calls := 0
		h.service.OnStep(func(step string) error {
			if step == "I9" {
				if calls++; calls != 2 { // the second one is fine's
					panic("nobody thought of this")
				}
			}
			return nil
		})
		settle(t, h.peer)
		if got := h.followers(); !slices.Equal(got, []string{fine.ID}) {
			t.Errorf("got followers %v", got)
		}
		pass(t, time.Hour, 5*time.Minute, h.peer)
		h.view(func(tx *store.Tx) error {
			parked, err := tx.Jobs("arrival", store.Parked, 10)
			if len(parked) != 1 || calls != 4 || !strings.Contains(parked[0].Error, "panic") {
				t.Errorf("%d attempts, parked: %+v", calls-1, parked)
			}
			return err
		})
	})
}

func TestFLT21RepetitionsChangeNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		var trace []sample
		for n := range 8 {
			trace = append(trace, h.samples(n)...)
		}
		random := rand.New(rand.NewPCG(1, 2))
		var wg sync.WaitGroup
		for _, x := range trace {
			for range 1 + random.IntN(5) {
				inbox := []string{h.inbox(), h.base.Inbox()}[random.IntN(2)]
				wg.Go(func() {
					if got := x.by.Post(inbox, x.activity); got.Status != 202 {
						t.Errorf("%s: got status %d", x.name, got.Status)
					}
				})
			}
		}
		wg.Wait()
		for _, x := range trace {
			if got := x.effects(); got != 1 {
				t.Errorf("%s has %d effects", x.name, got)
			}
		}
		settle(t, h.peer)
		for _, x := range trace {
			if got := of("Accept", x.by.Inbox()); x.activity["type"] == "Follow" && len(got) != 1 {
				t.Errorf("%s got %d Accepts", x.by.ID, len(got))
			}
			if got := answers(x.by); len(got) > 1 {
				t.Errorf("%s got answers %q", x.by.ID, got)
			}
		}
	})
}

// permutations of numbers from 0.
func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, shorter := range permutations(n - 1) {
		for i := range n {
			all = append(all, slices.Insert(slices.Clone(shorter), i, n-1))
		}
	}
	return all
}

func TestFLT22EveryOrderEndsTheSameWay(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		t.Run("at home: Accept, Undo of the Accept, Update and Delete of the opportunity", func(t *testing.T) {
			for i, order := range permutations(4) {
				c := h.atHome(engagement.ContactShared)
				path := fmt.Sprintf("/opp/order%d", i)
				h.want(c.theirs, carry(c.theirs, "Create", h.proposal(c.theirs, path)), 202)
				copied, _ := h.copied(c.theirs.Host.URL(path))
				c.intent = copied.IRI + "#primary"
				h.update(func(tx *store.Tx) error {
					c.request.Opportunity, c.request.Organization = copied.ID, copied.Organization
					return tx.PutMatchRequest(&c.request)
				})
				activities := []map[string]any{
					c.activity("AC"), c.activity("UA"),
					carry(c.theirs, "Update", h.proposal(c.theirs, path, map[string]any{"updated": h.stamp(0)})), c.theirs.Activity("Delete", copied.IRI),
				}
				for _, n := range append(order, order...) {
					h.clock.Forward(100 * time.Millisecond)
					if status := c.send(activities[n]); status != 202 {
						t.Errorf("%v: %v got status %d", order, activities[n]["type"], status)
					}
				}
				m := c.now()
				if _, there := h.copied(copied.IRI); there || !m.State.Final() {
					t.Errorf("%v: the copy is there: %v, the request is %s", order, there, m.State)
				}
			}
		})
		t.Run("at the origin: Offer, card, Delete of the card, Undo of the Offer", func(t *testing.T) {
			for _, order := range permutations(4) {
				c := h.atOrigin(engagement.Interested)
				h.update(func(tx *store.Tx) error { return tx.DeleteMatchRequest(c.request.ID) })
				activities := []map[string]any{c.activity("Offer"), c.activity("CARD"), c.activity("DC"), c.activity("UO")}
				for _, n := range append(order, order...) {
					h.clock.Forward(100 * time.Millisecond)
					if status := c.send(activities[n]); status != 202 {
						t.Errorf("%v: %v got status %d", order, activities[n]["type"], status)
					}
				}
				for _, m := range h.requests() {
					if m.Person == c.person && (m.State != engagement.WithdrawnRequest || len(m.Card) > 0) {
						t.Errorf("%v: the request is %s, card %v", order, m.State, m.Card)
					}
				}
			}
		})
	})
}

// following is what a sequential reader of Follow, Undo and Block knows of one actor.
type following struct {
	now          string // id of the Follow that counts
	seen, undone map[string]bool
}

func (f *following) apply(activity map[string]any) {
	switch about := fmt.Sprint(activity["object"]); activity["type"] {
	case "Follow":
		if id := id(activity); !f.undone[id] && !f.seen[id] {
			f.now, f.seen[id] = id, true
		}
	case "Undo":
		if f.now == about {
			f.now = ""
		} else if !f.seen[about] {
			f.undone[about] = true
		}
	case "Block":
		f.now = ""
	}
}

func TestCON12FollowsAtOnceEqualSomeOrder(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		a := h.actor("good.test", "fickle")
		random := rand.New(rand.NewPCG(3, 4))
		state := following{seen: map[string]bool{}, undone: map[string]bool{}}
		var follows []string
		for round := range 40 {
			var batch []map[string]any
			for range 3 {
				switch n := random.IntN(10); {
				case n < 5 || len(follows) == 0:
					batch = append(batch, a.Activity("Follow", h.orgIRI()))
					follows = append(follows, id(batch[len(batch)-1]))
				case n < 9:
					batch = append(batch, a.Activity("Undo", follows[len(follows)-1-random.IntN(min(2, len(follows)))]))
				default:
					batch = append(batch, a.Activity("Block", h.orgIRI()))
				}
			}
			var wg sync.WaitGroup
			for _, activity := range batch {
				inbox := []string{h.inbox(), h.base.Inbox()}[random.IntN(2)]
				wg.Go(func() {
					if got := a.Post(inbox, activity); got.Status != 202 {
						t.Errorf("got status %d", got.Status)
					}
				})
			}
			wg.Wait()
			h.clock.Forward(time.Minute)
			got := ""
			h.view(func(tx *store.Tx) error {
				f, err := tx.Follower("org/"+string(h.org.ID), a.ID)
				got = f.Follow
				if errors.Is(err, engagement.ErrNotFound) {
					return nil
				}
				return err
			})
			possible := map[string]following{}
			for _, order := range permutations(len(batch)) {
				next := following{now: state.now, seen: copied(state.seen), undone: copied(state.undone)}
				for _, n := range order {
					next.apply(batch[n])
				}
				possible[next.now] = next
			}
			next, ok := possible[got]
			if !ok {
				t.Fatalf("round %d: follow %q, possible are %d others", round, got, len(possible))
			}
			state = next
		}
	})
}

func copied(set map[string]bool) map[string]bool {
	other := map[string]bool{}
	for k, v := range set {
		other[k] = v
	}
	return other
}

// stopAt makes the service fail with an error the n-th time it comes to a step.
func (h *house) stopAt(step string, n int, err error) {
	h.service.OnStep(func(now string) error {
		if now != step {
			return nil
		}
		if n--; n == 0 {
			return err
		}
		return nil
	})
}
