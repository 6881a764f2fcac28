package federation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// The group SSRF of security-cases.md against a complete instance: where an address comes in from outside, by a person, a signature or
// a document. What the client itself refuses is in client_test.go. Every world fails its test if a canary was touched.

// SSRF-11: these two are all the ways in which people may name an address that is then read.
func TestSSRF01AndSSRF08WhatPeopleEnterLeadsToOtherServersOnly(t *testing.T) {
	h := newHouse(t)
	v4, v6 := h.world.CanaryPorts()
	h.world.Host("good.test").Actor("x")
	before := len(h.world.Requests())
	for _, address := range []string{
		fmt.Sprintf("https://127.0.0.1:%d/", v4), fmt.Sprintf("http://localhost:%d/", v4), fmt.Sprintf("https://[::1]:%d/", v6), fmt.Sprintf("https://0.0.0.0:%d/", v4),
		fmt.Sprintf("acct:x@127.0.0.1:%d", v4), fmt.Sprintf("@x@localhost:%d", v4), "acct:x@good.test/../../admin", "acct:x@good.test#", "acct:x@good.test?x=1",
		"acct:x@user:pw@good.test", "acct:x@good.test:6379", `x@good.test\@127.0.0.1`, "x@good.test\r\nX-Evil: 1", "x@", "@good.test",
	} {
		t.Run(address, func(t *testing.T) {
			h.unchanged(func() {
				if a, err := h.service.LookupActor(t.Context(), address); err == nil {
					t.Errorf("it leads to %s", a.ID)
				}
			})
			if strings.Contains(address, "@") {
				return
			}
			if p, err := h.service.Lookup(t.Context(), address); err == nil {
				t.Errorf("it leads to %s", p.Actor)
			}
		})
	}
	if got := h.world.Requests()[before:]; len(got) != 0 {
		t.Errorf("%d requests went out, the first to %s%s", len(got), got[0].Host, got[0].Target)
	}
	t.Run("whatever a name contains, it stays one question to WebFinger", func(t *testing.T) {
		if _, err := h.service.LookupActor(t.Context(), "x&rel=y/../?#%@good.test"); err == nil {
			t.Error("it leads somewhere")
		}
		for _, r := range h.world.Requests()[before:] {
			if r.Path() != "/.well-known/webfinger" || strings.Count(r.Target, "&")+strings.Count(r.Target, "?") != 1 {
				t.Errorf("asked for %s", r.Target)
			}
		}
	})
	if a, err := h.service.LookupActor(t.Context(), "acct:x@good.test"); err != nil || a.ID != "https://good.test/u/x" {
		t.Errorf("the right one leads to %q, %v", a.ID, err)
	}
}

func TestSSRF02AKeyIsOnAnotherServer(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		v4, v6 := h.world.CanaryPorts()
		evil := h.world.Host("evil.test").Actor("remote_evil")
		h.world.Name("metadata.google.internal", addresses("169.254.169.254"))
		h.world.Name("priv.test", addresses("10.0.0.5"))
		before := len(h.world.Requests())
		for i, origin := range []string{
			"https://169.254.169.254", "https://[fd00:ec2::254]", "https://metadata.google.internal", "https://priv.test", fmt.Sprintf("https://127.0.0.1:%d", v4),
			fmt.Sprintf("https://[::1]:%d", v6), "https://localhost", "https://good.test:6379", "http://good.test",
		} {
			t.Run(origin, func(t *testing.T) {
				actor := origin + "/latest/meta-data"
				follow := evil.Activity("Follow", h.orgIRI(), map[string]any{"id": fmt.Sprintf("%s/a/%d", origin, i), "actor": actor})
				h.unchanged(func() {
					got := evil.PostSigned(h.inbox(), follow, fedtest.Signing{KeyID: actor + "#main-key"})
					if got.Status != http.StatusUnauthorized || string(got.Body) != `{"title":"Unauthorized","status":401}`+"\n" {
						t.Errorf("got status %d %s", got.Status, got.Body)
					}
				})
			})
		}
		for _, r := range h.world.Requests()[before:] {
			if r.Host != "me.test" {
				t.Errorf("asked %s for %s", r.Host, r.Target)
			}
		}
	})
}

func TestSSRF09DiscoveryLeadsToOtherServersOnly(t *testing.T) {
	h := newHouse(t)
	v4, _ := h.world.CanaryPorts()
	for i, href := range []string{
		fmt.Sprintf("http://127.0.0.1:%d/", v4), fmt.Sprintf("https://localhost:%d/", v4), "data:application/activity+json,{}", "https://me.test/ap/actor", "file:///etc/passwd",
	} {
		t.Run(href, func(t *testing.T) {
			host := h.world.Host(fmt.Sprintf("liar%d.test", i))
			links := []any{
				map[string]any{"rel": "self", "type": activityJSON, "href": href},
				map[string]any{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": href},
			}
			body := mustJSON(t, map[string]any{"subject": "acct:x@" + host.Name, "links": links})
			host.Reply("/.well-known/webfinger", fedtest.Reply{Type: "application/jrd+json", Body: body})
			host.Reply("/.well-known/nodeinfo", fedtest.Reply{Type: "application/json", Body: body})
			h.unchanged(func() {
				if a, err := h.service.LookupActor(t.Context(), "@x@"+host.Name); err == nil {
					t.Errorf("the handle leads to %q", a.ID)
				}
				if p, err := h.service.Lookup(t.Context(), host.Name); err == nil {
					t.Errorf("NodeInfo leads to %q", p.Actor)
				}
			})
			if got := len(host.Requests()); got != 2 {
				t.Errorf("%d requests, want the two questions", got)
			}
		})
	}
}

// An actor names addresses of its own. What lies elsewhere is dropped, and what it asked for has no effect where the answer has no way.
func TestSSRF10AnActorsAddressesAreOnItsOwnServer(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		v4, _ := h.world.CanaryPorts()
		h.world.Host("victim.test")
		for i, elsewhere := range []string{
			fmt.Sprintf("http://127.0.0.1:%d/admin/delete", v4), fmt.Sprintf("https://localhost:%d/", v4), "https://victim.test/inbox", h.base.Inbox(),
		} {
			everything := func(d map[string]any) {
				d["inbox"], d["outbox"], d["followers"], d["endpoints"] = elsewhere, elsewhere, elsewhere, map[string]any{"sharedInbox": elsewhere}
				d["icon"] = map[string]any{"type": "Image", "url": elsewhere}
			}
			lost := h.actor("lost.test", fmt.Sprint("a", i), everything)
			h.unchanged(func() { h.want(lost, lost.Activity("Follow", h.orgIRI()), 202) })
			shared := h.actor(fmt.Sprintf("half%d.test", i), "a", func(d map[string]any) {
				everything(d)
				d["inbox"] = fmt.Sprintf("https://half%d.test/u/a/inbox", i)
			})
			h.want(shared, shared.Activity("Follow", h.orgIRI()), 202)
			h.announce(h.org, fmt.Sprintf("Sprechstunde %d", i))
			settle(t, h.peer)
			if got := of("Create", shared.Inbox()); len(got) != 1 || got[0].Target != "/u/a/inbox" {
				t.Errorf("%s: the news came as %v", elsewhere, got)
			}
			h.want(shared, shared.Activity("Undo", shared.Activity("Follow", h.orgIRI())), 202)
		}
		if got := h.world.Host("victim.test").Requests(); len(got) != 0 {
			t.Errorf("somebody else got %d requests", len(got))
		}
		t.Run("SSRF-03 an inbox whose name leads inside is recorded as undeliverable", func(t *testing.T) {
			moved := h.actor("moved.test", "a")
			h.want(moved, moved.Activity("Follow", h.orgIRI()), 202)
			settle(t, h.peer)
			h.world.Name("moved.test", func(int) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil })
			moved.Host.Reopen() // there is no connection any more
			h.announce(h.org, "Und freitags.")
			settle(t, h.peer)
			for _, d := range append(ofKind("Create", h.deliveries(store.Dropped)), ofKind("Create", h.deliveries(store.Parked))...) {
				if d.Host == "moved.test" && d.Class == "policy" {
					return
				}
			}
			t.Error("it is not")
		})
	})
}

// What a person sees of a failed look-up is one sentence, whatever the reason was.
func TestSSRF18AllFailuresLookTheSame(t *testing.T) {
	h := newHouse(t)
	v4, _ := h.world.CanaryPorts()
	h.world.Host("closed.test").Close()
	h.world.Host("empty.test")
	h.world.Name("private.test", addresses("192.168.1.1"))
	sentences := map[string]bool{}
	for _, address := range []string{
		"closed.test", "empty.test", "private.test", "nobody.test", "good.test:22", fmt.Sprintf("127.0.0.1:%d", v4), fmt.Sprintf("localhost:%d", v4), "me.test",
	} {
		_, err := h.service.Lookup(t.Context(), address)
		var bad *engagement.Invalid
		if !errors.As(err, &bad) {
			t.Fatalf("%s: got %v", address, err)
		}
		raw, err := json.Marshal(bad)
		h.check(err)
		sentences[string(raw)] = true
	}
	if len(sentences) != 1 {
		t.Errorf("there are %d sentences: %v", len(sentences), sentences)
	}
}
