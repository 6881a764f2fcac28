package federation_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// FLT-06, FLT-09: while the database cannot take anything, senders are told to come again, however often they try, and nothing is
// put aside for it.
func TestATroubledDatabaseAcknowledgesNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for name, trouble := range map[string]error{"full": store.ErrFull, "busy": store.ErrBusy} {
			t.Run(name, func(t *testing.T) {
				for _, x := range h.samples(int(h.world.NewID())) {
					h.service.OnStep(func(step string) error {
						if step == "I5" {
							return fmt.Errorf("disk: %w", trouble)
						}
						return nil
					})
					for range 4 {
						h.unchanged(func() {
							if got := x.by.Post(h.base.Inbox(), x.activity); got.Status != 503 || got.Header.Get("Retry-After") == "" {
								t.Errorf("%s: got status %d, Retry-After %q", x.name, got.Status, got.Header.Get("Retry-After"))
							}
						})
					}
					h.service.OnStep(func(string) error { return nil })
					h.want(x.by, x.activity, 202)
					if got := x.effects(); got != 1 {
						t.Errorf("%s: %d effects", x.name, got)
					}
				}
			})
		}
	})
}

// FLT-13: what panics is tried three times and then put aside with the reason; everything else goes on meanwhile.
func TestFLT13WhatPanicsOnItsWayOutHarmsNothingElse(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		bad, fine := s.world.Host("bad.test").Actor("reader"), s.world.Host("fine.test").Actor("reader")
		s.follow(org, bad, fine)
		for _, step := range []string{"send to bad.test", "conclude bad.test"} {
			t.Run(step, func(t *testing.T) {
				before, panics := len(of("Create", fine.Inbox())), 0
				s.service.OnStep(func(at string) error {
					if at == step {
						panics++
						panic("nobody thought of this")
					}
					return nil
				})
				s.announce(org, "Neuigkeit zu "+step)
				settle(t, s)
				s.announce(org, "Noch eine zu "+step)
				pass(t, 2*time.Hour, time.Minute, s)
				if got := of("Create", fine.Inbox())[before:]; len(got) != 2 {
					t.Errorf("the other host got %d, want each of two once", len(got))
				}
				s.service.OnStep(func(string) error { return nil })
				pass(t, 2*time.Hour, time.Minute, s)
				parked := slices.DeleteFunc(s.deliveries(store.Parked), func(d store.DeliveryRow) bool { return d.Host != "bad.test" })
				if left := s.deliveries(store.Waiting); len(left) != 0 || len(parked) != 2 || panics < 6 || parked[0].Error == "" {
					t.Errorf("after %d panics %v wait and %v are put aside", panics, left, parked)
				}
				s.update(func(tx *store.Tx) error { _, err := tx.RetryDeliveries("bad.test"); return err }) // an admin says: again
				settle(t, s)
				if left := s.deliveries(store.Parked); len(left) != 0 {
					t.Errorf("still put aside: %v", left)
				}
			})
		}
	})
}

func TestFLT13AnEventThatPanicsHarmsNoOther(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		for _, step := range []string{"prepare", "queued"} {
			t.Run(step, func(t *testing.T) {
				before, calls, panics := len(of("Create", reader.Inbox())), 0, 0
				s.service.OnStep(func(at string) error {
					if at == step {
						if calls++; calls != 2 { // the second one is the other event's
							panics++
							panic("nobody thought of this")
						}
					}
					return nil
				})
				s.announce(org, "Die erste Neuigkeit")
				s.announce(org, "Die zweite Neuigkeit")
				settle(t, s)
				if got := len(of("Create", reader.Inbox())) - before; got != 1 {
					t.Errorf("%d arrived at once, want the other one", got)
				}
				pass(t, time.Hour, time.Minute, s)
				s.view(func(tx *store.Tx) error {
					parked, err := tx.Events(engagement.Wire, store.Parked, 10)
					if panics != 3 || len(parked) == 0 {
						t.Errorf("after %d panics %d events are put aside", panics, len(parked))
					}
					return err
				})
			})
		}
	})
}

// FLT-16: a redirect is not followed; its actor is read once, and where its inbox is now, there everything goes.
func TestFLT16ARedirectMakesTheActorBeReadOnce(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		stays, moves := s.world.Host("stays.test").Actor("reader"), s.world.Host("moves.test").Actor("reader")
		s.follow(org, stays, moves)
		read := stays.Host.Asked("/u/reader")
		for _, a := range []*fedtest.Actor{stays, moves} {
			a.Host.Reply("/inbox", fedtest.Reply{Status: http.StatusPermanentRedirect, Header: http.Header{"Location": {a.Host.URL("/elsewhere")}}})
			a.Host.Reply("/elsewhere", fedtest.Reply{Status: http.StatusAccepted})
		}
		moves.Change(func(d map[string]any) { delete(d, "endpoints") })
		s.announce(org, "Sprechstunde: mittwochs.")
		settle(t, s)
		pass(t, 12*time.Hour, 10*time.Minute, s)
		if got := len(of("Create", moves.Inbox())); got != 1 {
			t.Errorf("the new inbox got %d", got)
		}
		if got := stays.Host.Asked("/u/reader") - read; got != 1 {
			t.Errorf("the actor that redirects was read %d times, want once", got)
		}
		if got := stays.Host.Asked("/elsewhere") + moves.Host.Asked("/elsewhere"); got != 0 {
			t.Errorf("the redirect was followed %d times", got)
		}
	})
}

// FLT-18, FLT-19: three days of trouble with a host, of every sort, and what waits is there within an hour after it.
func TestTroubleOfThreeDaysIsMadeUpForWithinAnHour(t *testing.T) {
	certificate := func(expires time.Time) func(*fedtest.World, *fedtest.Host) {
		return func(w *fedtest.World, h *fedtest.Host) {
			h.UseTLS(func(c *tls.Config) {
				c.Certificates = []tls.Certificate{w.Certificate(fedtest.CertificateOptions{Name: h.Name, Expires: expires})}
			})
		}
	}
	names := func(err error) func(*fedtest.World, *fedtest.Host) {
		return func(w *fedtest.World, h *fedtest.Host) {
			w.Name(h.Name, func(int) ([]netip.Addr, error) { return nil, err })
			h.Reopen() // there is no connection any more
		}
	}
	right := func(w *fedtest.World, h *fedtest.Host) { w.Name(h.Name, nil) }
	for name, tt := range map[string]struct {
		trouble, end func(*fedtest.World, *fedtest.Host)
	}{
		"an expired certificate":    {certificate(time.Now().Add(-time.Hour)), certificate(time.Time{})},
		"NXDOMAIN":                  {names(&net.DNSError{Err: "no such host", IsNotFound: true}), right},
		"SERVFAIL":                  {names(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), right},
		"a name service that hangs": {names(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), right},
		"a name without an address": {names(nil), right},
		"an answer that is no answer": {
			func(_ *fedtest.World, h *fedtest.Host) { h.Reply("/inbox", fedtest.Reply{Raw: []byte("HTTP/1.1 2")}) },
			func(_ *fedtest.World, h *fedtest.Host) { h.Reply("/inbox", fedtest.Reply{Status: 202}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, org := newInstance(t)
			host := s.world.Host("good.test")
			s.follow(org, host.Actor("reader"))
			tt.trouble(s.world, host)
			s.announce(org, "Sprechstunde: mittwochs.")
			pass(t, 72*time.Hour, time.Hour, s)
			tt.end(s.world, host)
			arrived := host.Asked("/inbox")
			pass(t, 65*time.Minute, 5*time.Minute, s)
			if got := host.Asked("/inbox") - arrived; got != 1 {
				t.Errorf("%d requests arrived", got)
			}
			if left := s.deliveries(store.Waiting); len(left) != 0 {
				t.Errorf("%v wait", left)
			}
			s.view(func(tx *store.Tx) error {
				n, err := tx.CountFollowers("org/" + string(org.ID))
				if n != 1 {
					err = errors.Join(err, fmt.Errorf("%d followers are left", n))
				}
				return err
			})
		})
	}
}
