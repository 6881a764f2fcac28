package engagement_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	. "seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// atOnce does everything at the same time, each in a transaction of its own, and returns the errors in the same order.
func (h *house) atOnce(acts ...func(*store.Tx) error) []error {
	errs, start := make([]error, len(acts)), make(chan struct{})
	var wg sync.WaitGroup
	for i, act := range acts {
		wg.Go(func() {
			<-start
			errs[i] = h.s.Update(ctx, act)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// CON-01: the same request is agreed to in two tabs, and by two managers. One of them does it; the others learn that it is done.
func TestARequestIsAgreedToOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity = 0 })
		other := Actor{Account: h.person().Account, Members: map[ID]Role{h.org.ID: Manager}}
		once := ""
		for n := range 15 {
			by := h.person()
			m := h.asks(by, nil)
			h.must(h.answers(m, EventAsk))
			h.releases(by, m)
			h.mails()
			agree := func(by Actor) func(*store.Tx) error {
				return func(tx *store.Tx) error {
					_, err := AnswerRequest(tx, by, m.ID, Answer{Event: EventAgree})
					return err
				}
			}
			if n == 0 { // for comparison
				h.must(h.s.Update(ctx, agree(h.manager)))
				once = strings.Join(h.mails(), " ")
				continue
			}
			done := 0
			for _, err := range h.atOnce(agree(h.manager), agree(h.manager), agree(other), agree(other)) {
				if err == nil {
					done++
				} else if !errors.Is(err, ErrConflict) {
					h.t.Fatalf("got %v, want a conflict", err)
				}
			}
			if now := h.request(m); done != 1 || now.State != Agreed {
				h.t.Fatalf("%d agreed, now %s", done, now.State)
			}
			h.want("mails of one agreement", strings.Join(h.mails(), " "), once)
			if got := h.opportunity().Taken; got != n+1 {
				h.t.Fatalf("%d places are taken, want %d", got, n+1)
			}
		}
	})
}

// CON-03: an agreement, a withdrawal and the end of the opportunity at the same instant are as good as one after the other.
func TestAnAgreementMeetsAWithdrawalAndTheEnd(t *testing.T) {
	eachHouse(t, func(h *house) {
		// meet makes an opportunity with a request, lets three things happen and says what came of it.
		meet := func(happen func(acts []func(*store.Tx) error) []error) string {
			h.update(func(tx *store.Tx) (err error) {
				h.o, err = h.publish(tx, func(o *Opportunity) { o.Capacity = 2 })
				return err
			})
			by := h.person()
			m := h.asks(by, nil)
			h.must(h.answers(m, EventAsk))
			h.releases(by, m)
			h.mails()
			errs := happen([]func(*store.Tx) error{
				func(tx *store.Tx) error {
					_, err := AnswerRequest(tx, h.manager, m.ID, Answer{Event: EventAgree})
					return err
				},
				func(tx *store.Tx) error {
					_, err := WithdrawRequest(tx, by, m.ID, "keine-zeit")
					return err
				},
				func(tx *store.Tx) error {
					_, err := WithdrawOpportunity(tx, h.manager, h.o.ID)
					return err
				},
			})
			for i, err := range errs {
				if err != nil && !errors.Is(err, ErrConflict) {
					h.t.Fatalf("%d: got %v, want a conflict or nothing", i, err)
				}
			}
			o, mails := h.opportunity(), h.mails()
			slices.Sort(mails)
			return fmt.Sprint(errs[0] == nil, errs[1] == nil, errs[2] == nil, " ", h.request(m).State, " ", o.State, " taken ", o.Taken, " ", mails)
		}
		legal := map[string]bool{}
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			legal[meet(func(acts []func(*store.Tx) error) []error {
				errs := make([]error, len(acts))
				for _, i := range order {
					errs[i] = h.s.Update(ctx, acts[i])
				}
				return errs
			})] = true
		}
		if len(legal) < 2 {
			h.t.Fatalf("every order ends the same way: %v", legal)
		}
		for range 10 {
			if got := meet(func(acts []func(*store.Tx) error) []error { return h.atOnce(acts...) }); !legal[got] {
				h.t.Fatalf("got %q, one after the other gives %v", got, legal)
			}
		}
	})
}

// CON-05: of several changes that were begun with the same version one is kept, and the others are told.
func TestOneOfSeveralEditsIsKept(t *testing.T) {
	eachHouse(t, func(h *house) {
		person := h.person()
		for n := range 20 {
			o := h.opportunity()
			var p Profile
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				p, err = tx.Profile(person.Account)
				return err
			}))
			var acts []func(*store.Tx) error
			for i := range 4 {
				acts = append(acts, func(tx *store.Tx) error {
					o := o
					o.Title = fmt.Sprintf("Vorlesen am Nachmittag %d %d", n, i)
					_, err := SaveOpportunity(tx, h.manager, o)
					return err
				}, func(tx *store.Tx) error {
					p := p
					p.Account, p.RadiusKM = person.Account, float64(1+i)
					return SaveProfile(tx, person, &p)
				})
			}
			kept := [2][]int{}
			for i, err := range h.atOnce(acts...) {
				if err == nil {
					kept[i%2] = append(kept[i%2], i/2)
				} else if !errors.Is(err, ErrConflict) {
					h.t.Fatalf("got %v, want a conflict", err)
				}
			}
			if len(kept[0]) != 1 || len(kept[1]) != 1 {
				h.t.Fatalf("%v edits of the opportunity and %v of the profile were kept, want one of each", kept[0], kept[1])
			}
			h.want("title", h.opportunity().Title, fmt.Sprintf("Vorlesen am Nachmittag %d %d", n, kept[0][0]))
		}
	})
}

// CON-11: two nodes look at the same clock; what is due happens once, and nothing happens again when the hour is repeated.
func TestTwoClocksRemindOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		node := storetest.Open(h.t, h.config)
		var all []MatchRequest
		for range 6 {
			all = append(all, h.asks(h.person(), nil))
		}
		h.mails()
		reminded := 0
		for d := 1; d <= 10; d++ {
			h.clock.Forward(day)
			for range 2 {
				start := make(chan struct{})
				var wg sync.WaitGroup
				for _, s := range []*store.Store{h.s, node, h.s, node} {
					wg.Go(func() {
						<-start
						for more := true; more; {
							if err := s.Update(ctx, func(tx *store.Tx) (err error) {
								more, err = Tick(tx, 2)
								return err
							}); err != nil {
								h.t.Error(err)
								return
							}
						}
					})
				}
				close(start)
				wg.Wait()
			}
			count := map[string]int{}
			for _, kind := range h.mails() {
				count[kind]++
			}
			for kind, n := range count {
				if reminded++; n != len(all) && n != 1 { // one for each request, or one for the organization
					h.t.Errorf("day %d: %d mails %s for %d requests", d, n, kind, len(all))
				}
			}
		}
		if reminded == 0 {
			h.t.Error("nobody was reminded of anything")
		}
	})
}

// CON-13: whatever people do at the same time, nobody sees a database that is in its own way.
func TestManyPeopleDoManyThingsAtOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 3, true })
		admin := Actor{Account: h.person().Account, Roles: []Role{Admin}}
		moderator := Actor{Account: h.person().Account, Roles: []Role{Moderator}}
		people := make([]Actor, 12)
		for i := range people {
			people[i] = h.person()
		}
		// some is one of the requests with which this can be done.
		some := func(tx *store.Tx, random *rand.Rand, e RequestEvent) (MatchRequest, error) {
			list, err := tx.RequestsFor(h.o.ID)
			list = slices.DeleteFunc(list, func(m MatchRequest) bool { return !m.Offers(e) })
			if err != nil || len(list) == 0 {
				return MatchRequest{}, errors.Join(err, ErrNotFound)
			}
			return list[random.IntN(len(list))], nil
		}
		acts := []func(tx *store.Tx, random *rand.Rand, me Actor) error{
			func(tx *store.Tx, _ *rand.Rand, me Actor) error {
				_, err := Request(tx, me, h.o.ID, Wish{AgeBand: "ab-18"})
				return err
			},
			func(tx *store.Tx, random *rand.Rand, _ Actor) error {
				e := []RequestEvent{EventAsk, EventAsk, EventAgree, EventAgree, EventDecline}[random.IntN(5)]
				m, err := some(tx, random, e)
				if err != nil {
					return err
				}
				_, err = AnswerRequest(tx, h.manager, m.ID, Answer{Event: e, Ask: []string{"name"}})
				return err
			},
			func(tx *store.Tx, random *rand.Rand, _ Actor) error {
				m, err := some(tx, random, EventRelease)
				if err != nil {
					return err
				}
				_, err = ReleaseContact(tx, Actor{Account: m.Account}, m.ID, Card{"name": "Vorname N."})
				return err
			},
			func(tx *store.Tx, random *rand.Rand, _ Actor) error {
				m, err := some(tx, random, EventWithdraw)
				if err != nil {
					return err
				}
				_, err = WithdrawRequest(tx, Actor{Account: m.Account}, m.ID, "")
				return err
			},
			func(tx *store.Tx, random *rand.Rand, _ Actor) error {
				o, err := tx.Opportunity(h.o.ID)
				if err != nil {
					return err
				}
				o.Title = fmt.Sprintf("Vorlesen am Nachmittag %d", random.IntN(1000))
				_, err = SaveOpportunity(tx, h.manager, o)
				return err
			},
			func(tx *store.Tx, random *rand.Rand, _ Actor) error {
				_, err := Announce(tx, h.manager, h.org.ID, News{Text: fmt.Sprintf("Neuigkeit %d", random.IntN(1000))})
				return err
			},
			func(tx *store.Tx, random *rand.Rand, _ Actor) error {
				return GrantRole(tx, admin, people[random.IntN(2)].Account, Adviser, random.IntN(2) == 0)
			},
			func(tx *store.Tx, _ *rand.Rand, me Actor) error {
				_, err := SendReport(tx, me, Complaint{Object: h.o.ID, Reason: "irrefuehrend"})
				return err
			},
			func(tx *store.Tx, random *rand.Rand, _ Actor) error {
				_, err := DecideOpportunity(tx, moderator, h.o.ID, []Decision{DecideHide, DecideRestore, DecideRestore, DecideRestore}[random.IntN(4)], "irrefuehrend", "")
				return err
			},
			func(tx *store.Tx, _ *rand.Rand, me Actor) error {
				p, err := tx.Profile(me.Account)
				if err != nil {
					return err
				}
				p.Account, p.AgeBand = me.Account, "27-59"
				return SaveProfile(tx, me, &p)
			},
			func(tx *store.Tx, _ *rand.Rand, _ Actor) error {
				_, err := Tick(tx, 10)
				return err
			},
		}
		for _, person := range people[:4] { // so that from the start there is somebody to release, to agree with and to withdraw
			h.must(h.s.Update(ctx, func(tx *store.Tx) error {
				m, err := Request(tx, person, h.o.ID, Wish{AgeBand: "ab-18"})
				if err != nil {
					return err
				}
				_, err = AnswerRequest(tx, h.manager, m.ID, Answer{Event: EventAsk, Ask: []string{"name"}})
				return err
			}))
		}
		done := make([]int, len(acts))
		var mu sync.Mutex
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i, me := range people {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(i), 7))
				<-start
				for range 60 {
					n := random.IntN(len(acts))
					err := h.s.Update(ctx, func(tx *store.Tx) error { return acts[n](tx, random, me) })
					var bad *Invalid
					switch {
					case err == nil:
						mu.Lock()
						done[n]++
						mu.Unlock()
					case errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound), errors.Is(err, ErrTooMany), errors.Is(err, ErrForbidden), errors.Is(err, ErrGone), errors.As(err, &bad):
					default:
						h.t.Errorf("act %d: %v", n, err)
					}
				}
			})
		}
		close(start)
		wg.Wait()
		for n, times := range done {
			if times == 0 {
				h.t.Errorf("act %d was never done", n)
			}
		}
		taken := 0
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			list, err := tx.RequestsFor(h.o.ID)
			for _, m := range list {
				if m.State == Agreed || m.State == Active {
					taken += m.Quantity
				}
			}
			return err
		}))
		if o := h.opportunity(); o.Taken != taken || taken > 3 {
			h.t.Errorf("%d places agreed, %d counted, of 3", taken, o.Taken)
		}
	})
}
