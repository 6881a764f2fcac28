package federation_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

func TestSuspendingAHostEndsEverythingWithIt(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		o := a.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, a, b)
		own := b.organization("nachbarn")
		reader := b.world.Host("sub." + a.base.Host).Actor("reader")
		b.follow(own, reader)
		m := b.wish(mustCopy(t, b, a, o).ID)
		settle(t, a, b)
		sent := len(reader.Inbox())
		b.update(func(tx *store.Tx) error {
			_, err := engagement.SuspendHost(tx, engagement.System, b.base.Host, a.base.Host, "Probe")
			return err
		})
		if _, ok := b.copyOf(a, o); ok {
			t.Error("its opportunity is still here")
		}
		b.view(func(tx *store.Tx) error {
			if copied, err := tx.OrganizationByIRI(a.base.OrganizationID(org)); err != nil || copied.State != engagement.OrganizationDissolved {
				t.Errorf("its organization is %q, %v", copied.State, err)
			}
			if n, err := tx.CountFollowers("org/" + string(own.ID)); err != nil || n != 0 {
				t.Errorf("%d followers below it, %v", n, err)
			}
			got, err := tx.MatchRequest(m.ID)
			if err != nil || !got.State.Final() || len(got.Card) > 0 {
				t.Errorf("the request is %q, %v", got.State, err)
			}
			return err
		})
		if got := b.partner(a.base.Host); got.State != engagement.PartnerEnded {
			t.Errorf("the partner is %s", got.State)
		}
		b.announce(own, "Neues von uns")
		a.opportunity(org, "Garten pflegen am Nachmittag")
		settle(t, a, b)
		if got := len(reader.Inbox()); got != sent {
			t.Errorf("%d activities went to it", got-sent)
		}
		b.view(func(tx *store.Tx) error {
			waiting, err := tx.Deliveries(store.Waiting, a.base.Host, 10)
			if len(waiting) > 0 {
				t.Errorf("still waits for it: %+v", waiting)
			}
			copies, listErr := tx.Opportunities(true)
			for _, c := range copies {
				if !c.Local() {
					t.Errorf("came in: %s", c.Title)
				}
			}
			if err == nil {
				err = listErr
			}
			return err
		})
		b.update(func(tx *store.Tx) error {
			_, err := engagement.AllowHost(tx, engagement.System, a.base.Host)
			return err
		})
		b.follow(own, reader)
		if got := len(of("Accept", reader.Inbox())); got < 2 {
			t.Errorf("after the undo a Follow has %d answers", got)
		}
	})
}

func TestAHostIsSuspendedWithItsSubdomainsAndNoOthers(t *testing.T) { // ORG-16 (b)
	eachHouse(t, func(t *testing.T, h *house) {
		below, other := h.actor("sub.evil.test", "a", person), h.actor("notevil.test", "b", person)
		h.want(below, noteOf(below, "Ich helfe gern!", map[string]any{"to": h.orgIRI(), "inReplyTo": h.oppIRI()}), http.StatusAccepted)
		h.want(below, below.Activity("Like", h.oppIRI()), http.StatusAccepted)
		interest := h.interest(below)
		h.update(func(tx *store.Tx) error {
			_, err := engagement.SuspendHost(tx, engagement.System, h.base.Host, "evil.test", "")
			return err
		})
		h.view(func(tx *store.Tx) error {
			got, err := tx.MatchRequest(interest.ID)
			if !got.State.Final() {
				t.Errorf("the interest is %q", got.State)
			}
			return err
		})
		if got := h.reactions(engagement.Like); len(got) != 0 {
			t.Errorf("likes: %v", got)
		}
		h.want(below, below.Activity("Like", h.oppIRI()), http.StatusForbidden)
		h.want(other, other.Activity("Like", h.oppIRI()), http.StatusAccepted)
		if got := h.reactions(engagement.Like); len(got) != 1 {
			t.Errorf("likes of others: %v", got)
		}
	})
}

func TestAPausedHostGetsNothingUntilItIsResumed(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("verein")
		reader, other := s.world.Host("slow.test").Actor("reader"), s.world.Host("other.test").Actor("reader")
		s.follow(org, reader, other)
		pause := func(on bool) {
			s.update(func(tx *store.Tx) error {
				_, err := engagement.PauseHost(tx, engagement.System, "slow.test", on)
				return err
			})
		}
		count := func() int { return len(of("Create", reader.Inbox())) }
		before := count()
		pause(true)
		s.announce(org, "Während der Pause")
		pass(t, 2*time.Hour, 10*time.Minute, s)
		if got := len(of("Create", other.Inbox())); got == 0 {
			t.Error("others wait, too")
		}
		if got := count(); got != before {
			t.Errorf("%d came during the pause", got-before)
		}
		s.update(func(tx *store.Tx) error {
			_, err := engagement.RetryDeliveries(tx, engagement.System, "")
			return err
		})
		settle(t, s)
		if got := count(); got != before {
			t.Errorf("trying everything again ended the pause")
		}
		pause(false)
		settle(t, s)
		if got := count(); got != before+1 {
			t.Errorf("%d came after the pause, want 1", got-before)
		}
	})
}

func TestOneActivityCanBeLookedAt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		reader := h.actor("social.test", "reader", person)
		h.follow(h.org, reader)
		h.announce(h.org, "Neues")
		settle(t, h.peer)
		like := reader.Activity("Like", h.oppIRI())
		h.want(reader, like, http.StatusAccepted)
		trace := func(iri string) (got store.ActivityTrace) {
			h.view(func(tx *store.Tx) (err error) {
				got, err = tx.Trace(iri, "social.test")
				return err
			})
			return got
		}
		if got := trace(like["id"].(string)); got.Out || got.Sender != reader.ID || got.At.IsZero() {
			t.Errorf("of one that came: %+v", got)
		}
		sent := h.deliveries(store.Done)
		i := slices.IndexFunc(sent, func(d store.DeliveryRow) bool { return d.Kind == "Create" })
		if i < 0 {
			t.Fatalf("nothing was sent: %+v", sent)
		}
		if got := trace(sent[i].Activity); !got.Out || len(got.Deliveries) != 2 || len(got.Bytes) == 0 || got.Deliveries[0].State != store.Done {
			t.Errorf("of one that went: %v, %d deliveries, %d bytes", got.Out, len(got.Deliveries), len(got.Bytes))
		}
		h.want(reader, noteOf(reader, "Ich helfe gern!", map[string]any{"to": h.orgIRI(), "inReplyTo": h.oppIRI()}), http.StatusAccepted)
		interest := h.interest(reader)
		h.update(func(tx *store.Tx) error {
			_, err := engagement.ReplyToInterest(tx, engagement.System, interest.ID, "Gern!")
			return err
		})
		settle(t, h.peer)
		private := 0
		for _, d := range h.deliveries(store.Done) {
			if got := trace(d.Activity); got.Private {
				private++
				if len(got.Bytes) > 0 {
					t.Errorf("shows %s", got.Bytes)
				}
			}
		}
		if private == 0 {
			t.Error("nothing private was sent")
		}
	})
}
