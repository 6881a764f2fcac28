package federation_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// floods has an actor report something every few minutes for some time, which is more than it may from the eleventh time on.
func (h *house) floods(actor *fedtest.Actor, d, every time.Duration) {
	h.t.Helper()
	for d += every; d > 0; d -= every {
		if got := actor.Post(h.base.Inbox(), actor.Activity("Flag", h.oppIRI())); got.Status != http.StatusTooManyRequests {
			h.t.Fatalf("got %d", got.Status)
		}
		h.clock.Forward(every)
	}
}

// loud is an actor that has used up what it may report in a day.
func (h *house) loud(host string) *fedtest.Actor {
	h.t.Helper()
	actor := h.actor(host, "laut")
	for range 10 {
		h.want(actor, actor.Activity("Flag", h.oppIRI()), http.StatusAccepted)
	}
	settle(h.t, h.peer)
	return actor
}

func (h *house) standing(host string) (p store.Peer) {
	h.t.Helper()
	h.view(func(tx *store.Tx) (err error) {
		p, err = tx.Peer(host)
		return err
	})
	return p
}

// told counts the mails to the admins about hosts that were limited.
func (h *house) told() int {
	h.t.Helper()
	waiting, err := h.store.LeaseEvents(h.t.Context(), engagement.Mail, "test", 1000, time.Nanosecond)
	if err != nil {
		h.t.Fatal(err)
	}
	n := 0
	for _, e := range waiting {
		if e.Kind == engagement.MailHostLimited {
			n++
		}
	}
	return n
}

func TestAHostThatIsOverItsLimitsForAnHourIsLimited(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		w, clock := newWorld(t)
		h := furnish(newPeer(t, w, clock, "me.test", c))
		loud := h.loud("one.loud.test")

		h.floods(loud, 50*time.Minute, 5*time.Minute)
		if got := h.standing("one.loud.test"); got.Standing != store.Ordinary {
			t.Fatalf("after less than an hour it is %s", got.Standing)
		}
		h.floods(loud, 10*time.Minute, 5*time.Minute)
		got := h.standing("one.loud.test")
		if got.Standing != store.Limited || !got.Automatic {
			t.Fatalf("after an hour it is %q", got.Standing)
		}
		h.view(func(tx *store.Tx) error {
			list, err := tx.AuditOf("one.loud.test")
			if len(list) != 1 || list[0].Action != "host.limit-flood" || list[0].Account != "" {
				t.Errorf("the log says %v", list)
			}
			hosts, err2 := tx.FloodingHosts()
			if len(hosts) != 1 || hosts[0] != "one.loud.test" {
				t.Errorf("shown are %v", hosts)
			}
			if err == nil {
				err = err2
			}
			return err
		})
		t.Run("with others of its domain, so many a day and one mail", func(t *testing.T) {
			for n := range 25 {
				h.floods(h.actor(fmt.Sprintf("n%d.loud.test", n), "laut"), 0, time.Second)
				if n == 0 && h.standing("n0.loud.test").Standing != store.Limited {
					t.Error("the next host is not limited at once")
				}
			}
			h.view(func(tx *store.Tx) error {
				hosts, err := tx.FloodingHosts()
				if len(hosts) != 20 {
					t.Errorf("%d are limited", len(hosts))
				}
				return err
			})
			if n := h.told(); n != 1 {
				t.Errorf("%d mails", n)
			}
		})
		t.Run("unless it pauses", func(t *testing.T) {
			now := h.loud("now.test")
			for range 4 {
				h.floods(now, 20*time.Minute, 5*time.Minute)
				h.clock.Forward(11 * time.Minute)
			}
			if got := h.standing("now.test"); got.Standing != store.Ordinary {
				t.Errorf("it is %s", got.Standing)
			}
		})
	})
}
