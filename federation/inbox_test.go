package federation_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

func TestControlsPerMode(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good, evil := h.actor("good.test", "remote_good"), h.actor("evil.test", "remote_evil")
		for _, tt := range []struct {
			mode                                 engagement.Code
			followGood, followEvil, offer, alien int
		}{
			{"open", 202, 202, 202, 403},
			{"partners", 202, 403, 202, 403},
			{"off", 404, 404, 404, 404},
		} {
			t.Run("mode "+string(tt.mode), func(t *testing.T) {
				h.setMode(tt.mode)
				helper := h.world.Host("good.test").Actor("p-" + string(tt.mode))
				h.wantAt(good, h.inbox(), good.Activity("Follow", h.orgIRI()), tt.followGood)
				h.wantAt(evil, h.inbox(), evil.Activity("Follow", h.orgIRI()), tt.followEvil)
				h.wantAt(helper, h.inbox(), h.offer(helper), tt.offer)
				h.unchanged(func() { h.wantAt(evil, h.inbox(), h.offer(evil), tt.alien) })
			})
		}
		if got := len(h.requests()); got != 2 {
			t.Errorf("got %d match requests, want one of each mode that has them", got)
		}
	})
}

func TestModePartnersHearsStrangersOnlyAskToBePartners(t *testing.T) {
	h := newHouse(t)
	h.setMode("partners")
	stranger := h.world.Host("new.test").Actor("instance")
	stranger.Change(func(d map[string]any) { d["type"] = "Application" })
	for _, kind := range []string{"Like", "Announce", "Create", "Undo", "Accept", "Delete"} {
		h.unchanged(func() { h.want(stranger, stranger.Activity(kind, h.oppIRI()), 403) })
	}
	if got := len(h.world.Host("new.test").Requests()); got != 0 {
		t.Errorf("the stranger was asked for its key %d times", got)
	}
	ask := stranger.Activity("Follow", h.base.Actor())
	h.want(stranger, ask, 202)
	h.unchanged(func() { h.want(stranger, stranger.Activity("Follow", h.orgIRI()), 403) })
	h.want(stranger, stranger.Activity("Undo", ask), 202)
	if got := h.partner("new.test").State; got != engagement.PartnerEnded {
		t.Errorf("after the Undo the partner is %s", got)
	}
}

func TestFrozenInstanceAsksEverybodyToComeAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		freeze := func(on bool) {
			h.update(func(tx *store.Tx) error { return engagement.Freeze(tx, engagement.System, on) })
		}
		freeze(true)
		follow := good.Activity("Follow", h.orgIRI())
		h.unchanged(func() {
			if got := good.Post(h.inbox(), follow); got.Status != 503 || got.Header.Get("Retry-After") == "" {
				t.Errorf("got status %d, Retry-After %q", got.Status, got.Header.Get("Retry-After"))
			}
		})
		freeze(false)
		h.want(good, follow, 202)
		if len(h.followers()) != 1 {
			t.Errorf("got followers %v", h.followers())
		}
	})
}

func TestSizeAndMediaType(t *testing.T) {
	h := newHouse(t)
	good := h.actor("good.test", "remote_good")
	follow := func(size int) []byte {
		raw := mustJSON(t, good.Activity("Follow", h.orgIRI()))
		return append(raw, []byte(strings.Repeat(" ", size-len(raw)))...)
	}
	mediaType := func(value string) fedtest.Signing {
		return fedtest.Signing{Rewrite: func(header http.Header) { header.Set("Content-Type", value) }}
	}
	for _, tt := range []struct {
		name string
		body []byte
		s    fedtest.Signing
		want int
	}{
		{"256 KiB are taken", follow(256 << 10), fedtest.Signing{}, 202},
		{"one byte more is not", follow(256<<10 + 1), fedtest.Signing{}, 413},
		{"ld+json with the profile is taken", follow(1000), mediaType(`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`), 202},
		{"plain JSON is not", follow(1000), mediaType("application/json"), 415},
		{"a compressed body is not", follow(1000), fedtest.Signing{Header: http.Header{"Content-Encoding": {"gzip"}}}, 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := good.PostSigned(h.inbox(), tt.body, tt.s); got.Status != tt.want {
				t.Errorf("got status %d, want %d", got.Status, tt.want)
			}
		})
	}
	t.Run("a match activity over 16 KiB is dropped", func(t *testing.T) {
		helper := h.actor("good.test", "p")
		h.unchanged(func() { h.want(helper, h.offer(helper, map[string]any{"x": strings.Repeat("x", 17<<10)}), 202) })
	})
}

func TestInboxesThatDoNotExist(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		h.update(func(tx *store.Tx) error { return engagement.DissolveOrganization(tx, engagement.System, h.other.ID) })
		for path, want := range map[string]int{
			"/ap/org/01890a5d-ac96-774b-bcce-b302099a8057/inbox": 404,
			"/ap/org/x/inbox": 404,
			"/ap/board/01890a5d-ac96-774b-bcce-b302099a8057/inbox": 404,
			"/ap/actor/inbox":                          405,
			"/ap/actor/outbox":                         405,
			"/ap/org/" + string(h.org.ID) + "/outbox":  405,
			"/ap/org/" + string(h.other.ID) + "/inbox": 410,
		} {
			h.unchanged(func() { h.wantAt(good, h.base.String()+path, good.Activity("Follow", h.orgIRI()), want) })
		}
	})
}

func TestRES12AStrangersWordAboutItselfCostsNothing(t *testing.T) {
	h := newHouse(t)
	for _, kind := range []string{"Delete", "Update"} {
		stranger := h.world.Host("big.test").Actor("somebody-" + kind)
		for _, object := range []any{stranger.ID, map[string]any{"id": stranger.ID, "type": "Person"}} {
			h.unchanged(func() { h.want(stranger, stranger.Activity(kind, object), 202) })
		}
	}
	if got := len(h.world.Host("big.test").Requests()); got != 0 {
		t.Errorf("%d retrievals", got)
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		most  int
		again time.Duration // after which the next one is taken
		send  func(h *house, i int) (*fedtest.Actor, map[string]any)
	}{
		{"300 activities of one registrable domain in five minutes", 300, time.Second, func(h *house, i int) (*fedtest.Actor, map[string]any) {
			a := h.world.Host(fmt.Sprintf("s%d.many.test", i%3)).Actor("a")
			return a, a.Activity("View", h.oppIRI())
		}},
		{"60 offers of a host in an hour", 60, time.Minute, func(h *house, i int) (*fedtest.Actor, map[string]any) {
			a := h.world.Host("good.test").Actor("p")
			return a, h.offer(a)
		}},
		{"300 follows of a host in an hour", 300, 12 * time.Second, func(h *house, i int) (*fedtest.Actor, map[string]any) {
			a := h.world.Host("good.test").Actor("f")
			return a, a.Activity("Follow", h.orgIRI())
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			for i := range tt.most {
				a, activity := tt.send(h, i)
				h.want(a, activity, 202)
			}
			a, activity := tt.send(h, 0)
			h.unchanged(func() {
				if got := a.Post(h.base.Inbox(), activity); got.Status != 429 || got.Header.Get("Retry-After") == "" {
					t.Errorf("got status %d, Retry-After %q", got.Status, got.Header.Get("Retry-After"))
				}
			})
			h.clock.Forward(tt.again)
			h.want(a, activity, 202)
		})
	}
	t.Run("200 actors of one registrable domain that nobody knew, in an hour", func(t *testing.T) {
		h := newHouse(t)
		a := h.world.Host("s.crowd.test").Actor("a")
		taken := 0
		for i := range 250 {
			if i%10 == 9 {
				h.clock.Forward(time.Second) // strangers' keys are looked up ten a second
			}
			document := a.Document()
			id := fmt.Sprintf("https://s.crowd.test/v/%d", i)
			document["id"], document["publicKey"].(map[string]any)["id"], document["publicKey"].(map[string]any)["owner"] = id, id+"#main-key", id
			a.Host.Document(fmt.Sprintf("/v/%d", i), document)
			got := a.PostSigned(h.base.Inbox(), a.Activity("View", h.oppIRI(), map[string]any{"actor": id}), fedtest.Signing{KeyID: id + "#main-key"})
			if got.Status == 202 {
				taken++
			} else if got.Status != 429 {
				t.Fatalf("actor %d: got status %d", i, got.Status)
			}
		}
		if taken < 200 || taken > 202 { // the bucket fills while the clock moves
			t.Errorf("%d actors were taken, want 200", taken)
		}
	})
	t.Run("CON-10 as many as may come, also at the same instant", func(t *testing.T) {
		for range 500 {
			if got := federation.TakenAtOnce(100, 10, time.Now()); got != 10 {
				t.Fatalf("%d of 100 were let through, want 10", got)
			}
		}
	})
	t.Run("RES-17 1200 readings of one network, whatever is read and however it is signed", func(t *testing.T) {
		h := newHouse(t)
		source := netip.MustParseAddr("198.51.100.1")
		h.configure = func(c *federation.Config) { c.Source = func(*http.Request) netip.Addr { return source } }
		h.start()
		addresses := []string{h.orgIRI() + "/outbox?cursor=0", h.oppIRI(), h.base.String() + "/nodeinfo/2.1", h.base.String() + "/.well-known/webfinger?resource=acct:x@me.test", h.base.String() + "/ap/collections/opportunities"}
		read := func(i int, forged bool) int {
			r := httptest.NewRequest("GET", addresses[i%len(addresses)], nil)
			if forged {
				r.Header.Set("Signature", `keyId="https://good.test/u/remote_good#main-key",signature="AAAA"`)
			}
			w := httptest.NewRecorder()
			h.handler.ServeHTTP(w, r)
			return w.Code
		}
		for i := range 1200 {
			if got := read(i, i%2 == 0); got == 429 {
				t.Fatalf("the %d. got 429", i+1)
			}
		}
		for i := range 10 {
			if got := read(i/2, i%2 == 0); got != 429 {
				t.Errorf("too many of %s: got %d", addresses[i/2], got)
			}
		}
		source = netip.MustParseAddr("198.51.100.2")
		if got := read(1, false); got != 200 {
			t.Errorf("another network: got %d", got)
		}
		source = netip.MustParseAddr("198.51.100.1")
		h.clock.Forward(time.Second)
		if got := read(1, false); got != 200 {
			t.Errorf("a second later: got %d", got)
		}
	})
	t.Run("300 requests of one network that nobody signed", func(t *testing.T) {
		h := newHouse(t)
		source := netip.MustParseAddr("2001:db8:1:2::1")
		h.configure = func(c *federation.Config) { c.Source = func(*http.Request) netip.Addr { return source } }
		h.start()
		good := h.actor("good.test", "remote_good")
		follow := good.Activity("Follow", h.orgIRI())
		for range 300 {
			good.PostSigned(h.inbox(), follow, fedtest.Signing{None: true})
		}
		source = netip.MustParseAddr("2001:db8:1:2:3::4") // the same /64
		h.want(good, follow, 429)
		source = netip.MustParseAddr("2001:db8:1:3::1")
		h.want(good, follow, 202)
		h.configure = nil // nobody knows where requests come from: then nobody pays for others
		h.start()
		for range 301 {
			good.PostSigned(h.inbox(), follow, fedtest.Signing{None: true})
		}
		h.want(good, good.Activity("Follow", h.orgIRI()), 202)
	})
}

// RES-21: with little space left nothing new is taken in, and what ends something is.
func TestLittleSpaceIsKeptForWhatEnds(t *testing.T) {
	w, clock := newWorld(t)
	free := uint64(1 << 40)
	c := storetest.SQLite(t)
	c.Space = func() (uint64, error) { return free, nil }
	h := furnish(newPeer(t, w, clock, "me.test", c))
	good, other := h.actor("good.test", "remote_good"), h.actor("good.test", "other")
	follow, more := good.Activity("Follow", h.orgIRI()), other.Activity("Follow", h.orgIRI())
	h.want(good, follow, 202)

	free = 1 << 20
	h.unchanged(func() {
		if got := other.Post(h.inbox(), more); got.Status != 503 || got.Header.Get("Retry-After") == "" {
			t.Errorf("got status %d, Retry-After %q", got.Status, got.Header.Get("Retry-After"))
		}
	})
	h.want(good, good.Activity("Undo", follow), 202)
	if got := h.followers(); len(got) != 0 {
		t.Errorf("after the Undo there are the followers %v", got)
	}
	free = 1 << 40
	h.want(other, more, 202)
	if got := h.followers(); len(got) != 1 {
		t.Errorf("got followers %v", got)
	}
}

func TestOverloadIsAnsweredQuickly(t *testing.T) {
	h := newHouse(t)
	good := h.actor("good.test", "remote_good")
	entered, leave := make(chan struct{}, 300), make(chan struct{})
	h.service.OnStep(func(step string) error {
		if step == "I2" {
			entered <- struct{}{}
			<-leave
		}
		return nil
	})
	var wg sync.WaitGroup
	statuses := make([]int, 288)
	for i := range statuses {
		activity := good.Activity("View", h.oppIRI())
		wg.Go(func() { statuses[i] = good.Post(h.base.Inbox(), activity).Status })
	}
	for range statuses {
		<-entered
	}
	if got := good.Post(h.base.Inbox(), good.Activity("View", h.oppIRI())); got.Status != 503 || got.Header.Get("Retry-After") != "30" {
		t.Errorf("got status %d, Retry-After %q", got.Status, got.Header.Get("Retry-After"))
	}
	close(leave)
	wg.Wait()
	for i, got := range statuses {
		if got != 202 {
			t.Fatalf("request %d: got status %d", i, got)
		}
	}
	h.service.OnStep(func(string) error { return nil })
	h.want(good, good.Activity("Follow", h.orgIRI()), 202)
}

func TestWhatFailsThreeTimesIsPutAside(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		for name, fail := range map[string]func() error{
			"an error": func() error { return errors.New("disk on fire") },
			"a panic":  func() error { panic("nobody thought of this") },
		} {
			t.Run(name, func(t *testing.T) {
				h.service.OnStep(func(step string) error {
					if step == "I5" {
						return fail()
					}
					return nil
				})
				follow := good.Activity("Follow", h.orgIRI())
				for range 2 {
					h.unchanged(func() { h.want(good, follow, 500) })
				}
				h.want(good, follow, 202)
				if len(h.followers()) != 0 {
					t.Errorf("got followers %v", h.followers())
				}
				h.service.OnStep(func(string) error { return nil })
				h.unchanged(func() { h.want(good, follow, 202) })
				var parked []store.JobRow
				h.view(func(tx *store.Tx) (err error) {
					parked, err = tx.Jobs("arrival", store.Parked, 10)
					return err
				})
				if len(parked) != 1 || !strings.Contains(parked[0].Data["activity"], follow["id"].(string)) || parked[0].Error == "" {
					t.Fatalf("parked: %+v", parked)
				}
				h.update(func(tx *store.Tx) error { return tx.PutJob(parked[0].Job) }) // an admin says: again
				settle(t, h.peer)
				if len(h.followers()) != 1 {
					t.Errorf("after another try: followers %v", h.followers())
				}
				h.want(good, good.Activity("Undo", follow), 202)
			})
		}
	})
}

func TestAnActorThatIsNotStoredIsRetrievedFirst(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		h.update(func(tx *store.Tx) error { return tx.DeleteRemoteActor(good.ID) }) // its key is still in memory
		h.want(good, good.Activity("Follow", h.orgIRI()), 202)
		if got := h.followers(); len(got) != 0 {
			t.Errorf("got followers %v at once", got)
		}
		settle(t, h.peer)
		if got := h.followers(); len(got) != 1 || len(of("Accept", good.Inbox())) != 1 {
			t.Errorf("got followers %v, inbox %v", got, good.Inbox())
		}
	})
}

func TestALimitedHostBothersNobody(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		rude := h.actor("rude.test", "somebody", person)
		h.setStanding("rude.test", store.Limited)
		h.unchanged(func() {
			h.want(rude, rude.Activity("Like", h.oppIRI()), 202)
			h.want(rude, noteOf(rude, "Hallo", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()}), 202)
		})
		h.want(rude, rude.Activity("Follow", h.orgIRI()), 202)
		settle(t, h.peer)
		if got := rude.Inbox(); len(got) != 0 {
			t.Errorf("it was answered: %v", got)
		}
		h.view(func(tx *store.Tx) error {
			f, err := tx.Follower("org/"+string(h.org.ID), rude.ID)
			if f.State != store.FollowPending {
				t.Errorf("its follow is %s", f.State)
			}
			return err
		})
	})
}
