package store_test

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// sender puts payloads and deliveries.
type sender struct {
	t      testing.TB
	s      *store.Store
	prefix string // of the activities' ids
	n      int
}

// put sends an activity of a kind about an object to an inbox at a host named like it: "b.example/inbox".
func (p *sender) put(kind, object, inbox string, lane store.Lane) {
	p.t.Helper()
	p.n++
	payload := store.Payload{
		Activity: fmt.Sprintf("https://a.example/ap/activity/%s%d", p.prefix, p.n), Signer: "org/1", Object: object, Kind: kind,
		Bytes: fmt.Appendf(nil, "%s %s %d", kind, object, p.n),
	}
	p.send(payload, inbox, lane)
}

func (p *sender) send(payload store.Payload, inbox string, lane store.Lane) {
	p.t.Helper()
	update(p.t, p.s, func(tx *store.Tx) error {
		n, err := tx.PutPayload(payload)
		if err != nil {
			return err
		}
		return tx.PutDelivery(n, payload, hostOf(inbox), inbox, lane)
	})
}

func hostOf(inbox string) string {
	host, _, _ := strings.Cut(inbox, "/")
	return host
}

func (p *sender) lease(n int) []store.LeasedDelivery {
	p.t.Helper()
	leased, err := p.s.LeaseDeliveries(ctx, "worker", n, time.Minute)
	if err != nil {
		p.t.Fatal(err)
	}
	return leased
}

func (p *sender) done(d store.LeasedDelivery) {
	p.t.Helper()
	update(p.t, p.s, func(tx *store.Tx) error { return tx.DeliveryDone(d) })
}

// kinds are what was leased, "Kind object", in order of host and lane.
func kinds(leased []store.LeasedDelivery) (all []string) {
	for _, d := range leased {
		all = append(all, d.Kind+" "+d.Object)
	}
	slices.Sort(all)
	return all
}

func wantKinds(t testing.TB, leased []store.LeasedDelivery, want ...string) {
	t.Helper()
	if got := kinds(leased); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLanes(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		p := &sender{t: t, s: s}
		p.put("Create", "o1", "b.example/inbox", store.Normal)
		p.put("Create", "o2", "b.example/inbox", store.Normal)
		p.put("Delete", "o3", "b.example/inbox", store.Priority)
		p.put("Create", "o1", "c.example/inbox", store.Normal)
		inFlight := p.lease(10)
		wantKinds(t, inFlight, "Create o1", "Create o1", "Delete o3")
		t.Run("have one delivery in flight each", func(t *testing.T) {
			wantKinds(t, p.lease(10))
		})
		t.Run("go on after a report", func(t *testing.T) {
			for _, d := range inFlight {
				p.done(d)
			}
			wantKinds(t, p.lease(10), "Create o2")
		})
		t.Run("give out as many as were asked for", func(t *testing.T) {
			for i := range 5 {
				p.put("Create", "many", fmt.Sprintf("%d.example/inbox", i), store.Normal)
			}
			if first, second := p.lease(3), p.lease(10); len(first) != 3 || len(second) != 2 {
				t.Errorf("got %d and %d, want 3 and 2", len(first), len(second))
			}
		})
		t.Run("of a dead worker go on when its lease is over", func(t *testing.T) {
			clock.Forward(2 * time.Minute)
			if got := len(p.lease(20)); got != 6 {
				t.Errorf("got %d, want the 6 that nobody reported", got)
			}
		})
	})
}

// FLT-12: who slept past the end of a lease has lost it.
func TestTheOldOwnerOfADeliveryCannotReport(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		p := &sender{t: t, s: s}
		p.put("Create", "o1", "b.example/inbox", store.Normal)
		old := p.lease(1)[0]
		clock.Forward(2 * time.Minute)
		now := p.lease(1)[0]
		for name, report := range map[string]func(tx *store.Tx) error{
			"done":    func(tx *store.Tx) error { return tx.DeliveryDone(old) },
			"retry":   func(tx *store.Tx) error { return tx.DeliveryRetry(old, "5xx", "503", clock.Now()) },
			"parked":  func(tx *store.Tx) error { return tx.DeliveryParked(old, "4xx", "400") },
			"dropped": func(tx *store.Tx) error { return tx.DeliveryDropped(old, "gone", "410") },
		} {
			if err := s.Update(ctx, report); !errors.Is(err, engagement.ErrConflict) {
				t.Errorf("%s: got %v, want ErrConflict", name, err)
			}
		}
		p.done(now)
	})
}

func TestOrderAboutOneObject(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		p := &sender{t: t, s: s}
		t.Run("is kept while the first is retried, and others pass", func(t *testing.T) {
			p.put("Create", "o1", "b.example/inbox", store.Normal)
			p.put("Update", "o1", "b.example/inbox", store.Normal)
			p.put("Create", "o2", "b.example/inbox", store.Normal)
			first := p.lease(10)
			wantKinds(t, first, "Create o1")
			update(t, s, func(tx *store.Tx) error { return tx.DeliveryRetry(first[0], "5xx", "503", clock.Now().Add(hour)) })
			other := p.lease(10)
			wantKinds(t, other, "Create o2")
			p.done(other[0])
			wantKinds(t, p.lease(10))
			clock.Forward(hour)
			again := p.lease(10)
			wantKinds(t, again, "Create o1")
			if again[0].Failures != 1 || string(again[0].Bytes) != string(first[0].Bytes) {
				t.Errorf("got %+v, want the same bytes and one failure", again[0])
			}
			p.done(again[0])
			last := p.lease(10)
			wantKinds(t, last, "Update o1")
			p.done(last[0])
		})
		t.Run("is kept across lanes", func(t *testing.T) {
			p.put("Create", "o3", "b.example/inbox", store.Normal)
			creating := p.lease(10)
			p.put("Delete", "o3", "b.example/inbox", store.Priority)
			wantKinds(t, p.lease(10))
			p.done(creating[0])
			clock.Forward(2 * time.Second)
			deleting := p.lease(10)
			wantKinds(t, deleting, "Delete o3")
			p.done(deleting[0])
		})
		t.Run("is no order between inboxes", func(t *testing.T) {
			p.put("Create", "o4", "b.example/inbox", store.Normal)
			p.put("Update", "o4", "c.example/inbox", store.Normal)
			wantKinds(t, p.lease(10), "Create o4", "Update o4")
		})
	})
}

func TestReplacement(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		for _, c := range []struct {
			name string
			put  []string
			want []string // in the order they are sent, with the number in which they were put
		}{
			{"an Update replaces an older one", []string{"Update", "Update", "Update"}, []string{"Update 3"}},
			{"an Update does not replace a Create", []string{"Create", "Update"}, []string{"Create 1", "Update 2"}},
			{"a Delete cancels Create and Update, and is sent", []string{"Create", "Update", "Delete"}, []string{"Delete 3"}},
			{"nothing cancels an Undo", []string{"Offer", "Undo"}, []string{"Offer 1", "Undo 2"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := &sender{t: t, s: s, prefix: c.name + "/"}
				for _, kind := range c.put {
					p.put(kind, c.name, "b.example/inbox", store.Normal)
				}
				var got []string
				for {
					leased := p.lease(10)
					if len(leased) == 0 {
						break
					}
					got = append(got, leased[0].Kind+" "+path.Base(leased[0].Activity))
					p.done(leased[0])
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		}
		t.Run("a contact card takes the place of one that has not arrived, whose bytes go (DEL-10)", func(t *testing.T) {
			p := &sender{t: t, s: s}
			for _, kind := range []string{"Create", "Update"} {
				p.send(store.Payload{Activity: "https://a.example/ap/activity/" + kind, Signer: "person/1", Object: "card", Kind: kind, Private: true, Subject: "match", Bytes: []byte(kind)}, "b.example/inbox", store.Normal)
			}
			first := get(t, s, func(tx *store.Tx) (store.Payload, error) { return tx.Payload("https://a.example/ap/activity/Create") })
			if len(first.Bytes) > 0 {
				t.Errorf("the first one is still there: %s", first.Bytes)
			}
			leased := p.lease(10)
			wantKinds(t, leased, "Update card")
			p.done(leased[0])
		})
		t.Run("what is in flight is left alone", func(t *testing.T) {
			p := &sender{t: t, s: s}
			p.put("Update", "o", "b.example/inbox", store.Normal)
			inFlight := p.lease(1)[0]
			p.put("Update", "o", "b.example/inbox", store.Normal)
			p.done(inFlight)
			wantKinds(t, p.lease(1), "Update o")
		})
	})
}

func TestAPayload(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		p := &sender{t: t, s: s}
		payload := store.Payload{
			Activity: "https://a.example/ap/activity/1", Signer: "person/1", Object: "card", Kind: "Create", Private: true, Subject: "match",
			Bytes: []byte("name and address"),
		}
		t.Run("put again after a crash makes nothing twice", func(t *testing.T) {
			p.send(payload, "b.example/inbox", store.Normal)
			again := payload
			again.Bytes = []byte("rendered again")
			p.send(again, "b.example/inbox", store.Normal)
			p.send(payload, "c.example/inbox", store.Normal)
			leased := p.lease(10)
			if len(leased) != 2 || string(leased[0].Bytes) != "name and address" || leased[0].Subject != "match" {
				t.Fatalf("got %+v", leased)
			}
			p.done(leased[0])
			p.payload(t, "name and address")
			p.done(leased[1])
		})
		t.Run("that is private keeps no bytes once it has arrived everywhere", func(t *testing.T) {
			p.payload(t, "")
		})
		t.Run("of a deleted match request is not sent, except what takes something back", func(t *testing.T) {
			var m engagement.MatchRequest
			update(t, s, func(tx *store.Tx) error {
				m = newRequest(tx, engagement.Opportunity{ID: "o", Organization: "org"})
				return tx.PutMatchRequest(&m)
			})
			p.send(store.Payload{Activity: "card", Object: "x", Kind: "Create", Subject: m.ID, Bytes: []byte("x")}, "d.example/inbox", store.Normal)
			p.send(store.Payload{Activity: "undo", Object: "y", Kind: "Undo", Subject: m.ID, Bytes: []byte("y")}, "d.example/inbox", store.Priority)
			update(t, s, func(tx *store.Tx) error { return tx.DeleteMatchRequest(m.ID) })
			wantKinds(t, p.lease(10), "Undo y")
		})
	})
}

func (p *sender) payload(t *testing.T, want string) {
	t.Helper()
	got := get(t, p.s, func(tx *store.Tx) (store.Payload, error) { return tx.Payload("https://a.example/ap/activity/1") })
	if string(got.Bytes) != want {
		t.Errorf("got bytes %q, want %q", got.Bytes, want)
	}
}

// DEL-05, D1: a Delete goes to every inbox that ever got the object.
func TestRecipientsAreRemembered(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		p := &sender{t: t, s: s}
		p.put("Create", "o", "c.example/inbox", store.Normal)
		p.put("Create", "o", "b.example/inbox", store.Normal)
		p.put("Update", "o", "b.example/inbox", store.Normal)
		p.put("Create", "other", "d.example/inbox", store.Normal)
		for _, kind := range []string{"Accept", "Delete", "Undo"} {
			p.put(kind, "o", "e.example/inbox", store.Normal)
		}
		p.send(store.Payload{Activity: "note", Signer: "org/1", Object: "o", Kind: "Create", Private: true, Bytes: []byte("x")}, "f.example/inbox", store.Normal)
		got := get(t, s, func(tx *store.Tx) ([]store.Recipient, error) { return tx.Recipients("o") })
		want := []store.Recipient{{Host: "b.example", Inbox: "b.example/inbox"}, {Host: "c.example", Inbox: "c.example/inbox"}}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.PutRemoteActor(store.RemoteActor{IRI: "b.example/u", Host: "b.example", Inbox: "b.example/inbox"}), tx.DeleteRemoteActor("b.example/u"))
		})
		if got := get(t, s, func(tx *store.Tx) ([]store.Recipient, error) { return tx.Recipients("o") }); !slices.Equal(got, want[1:]) {
			t.Errorf("after an actor is gone got %v, want %v", got, want[1:])
		}
	})
}

func TestTheBreakerOfAHost(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		p := &sender{t: t, s: s}
		p.put("Create", "o1", "b.example/inbox", store.Normal)
		p.put("Delete", "o2", "b.example/inbox", store.Priority)
		p.put("Create", "o1", "c.example/inbox", store.Normal)
		update(t, s, func(tx *store.Tx) error {
			return tx.PutPeer(store.Peer{Host: "b.example", Open: true, Probe: tx.Now().Add(time.Minute), Failures: 5})
		})
		t.Run("lets nothing out while it is open", func(t *testing.T) {
			leased := p.lease(10)
			if len(leased) != 1 || leased[0].Host != "c.example" {
				t.Errorf("got %v, want only c.example", leased)
			}
		})
		t.Run("lets one probe out when it is due", func(t *testing.T) {
			clock.Forward(time.Minute)
			probe := p.lease(10)
			if len(probe) != 2 { // and c.example, whose worker died
				t.Fatalf("got %v", kinds(probe))
			}
			hosts := map[string]int{}
			for _, d := range probe {
				hosts[d.Host]++
				if d.Host == "b.example" {
					update(t, s, func(tx *store.Tx) error { return tx.DeliveryRetry(d, "network", "refused", clock.Now().Add(hour)) })
				}
			}
			if want := map[string]int{"b.example": 1, "c.example": 1}; !maps.Equal(hosts, want) {
				t.Errorf("got %v, want %v", hosts, want)
			}
		})
		t.Run("releases everything that waits when it closes, whatever its schedule says", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error { return tx.PutPeer(store.Peer{Host: "b.example", LastSuccess: tx.Now()}) })
			leased := p.lease(10)
			if got := len(leased); got != 2 {
				t.Errorf("got %v, want both lanes of b.example", kinds(leased))
			}
		})
	})
}

func TestAdminsCanRetryAndDrop(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		p := &sender{t: t, s: s}
		p.put("Create", "o1", "b.example/inbox", store.Normal)
		p.put("Create", "o2", "c.example/inbox", store.Normal)
		for _, d := range p.lease(10) {
			update(t, s, func(tx *store.Tx) error { return tx.DeliveryParked(d, "refused", "400") })
		}
		parked := get(t, s, func(tx *store.Tx) ([]store.DeliveryRow, error) { return tx.Deliveries(store.Parked, "b.example", 10) })
		if len(parked) != 1 || parked[0].Error != "400" || parked[0].Class != "refused" {
			t.Fatalf("got %+v", parked)
		}
		update(t, s, func(tx *store.Tx) error {
			n, err := tx.RetryDeliveries("b.example")
			if n != 1 {
				t.Errorf("got %d, want 1", n)
			}
			return err
		})
		wantKinds(t, p.lease(10), "Create o1")
		p.put("Create", "o3", "d.example/inbox", store.Normal)
		update(t, s, func(tx *store.Tx) error {
			_, err := tx.DropDeliveries("d.example", "suspended")
			return err
		})
		wantKinds(t, p.lease(10))
		got := get(t, s, func(tx *store.Tx) (map[store.QueueState]int, error) { return tx.CountDeliveries("") })
		if want := map[store.QueueState]int{store.Waiting: 1, store.Parked: 1, store.Dropped: 1}; !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestStandings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for host, standing := range map[string]store.Standing{"bad.example": store.Suspended, "meek.example": store.Limited, "10.0.0.1:8080": store.Suspended} {
			update(t, s, func(tx *store.Tx) error { return tx.PutPeer(store.Peer{Host: host, Standing: standing}) })
		}
		update(t, s, func(tx *store.Tx) error {
			return tx.PutPartner(&engagement.Partner{Host: "barred.example", Level: "gesperrt"})
		})
		for host, want := range map[string]store.Standing{
			"barred.example": store.Suspended, "sub.barred.example": store.Suspended,
			"bad.example": store.Suspended, "sub.bad.example": store.Suspended, "sub.bad.example:8443": store.Suspended, "notbad.example": store.Ordinary,
			"example": store.Ordinary, "meek.example": store.Limited, "sub.meek.example": store.Ordinary, "10.0.0.1:8080": store.Suspended,
		} {
			got := get(t, s, func(tx *store.Tx) (store.Standing, error) { return tx.StandingOf(host) })
			if got != want {
				t.Errorf("%s: got %q, want %q", host, got, want)
			}
		}
	})
}
