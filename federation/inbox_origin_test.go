package federation_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// eachMode runs a test on every engine in mode open, and in mode partners, with the actors of the catalogue, whom the instance knows.
func eachMode(t *testing.T, test func(t *testing.T, h *house, c cast)) {
	t.Helper()
	t.Run("mode open", func(t *testing.T) {
		eachHouse(t, func(t *testing.T, h *house) { test(t, h, h.cast()) })
	})
	t.Run("mode partners", func(t *testing.T) {
		h := newHouse(t)
		c := h.cast()
		h.setMode("partners")
		h.mode = "partners"
		test(t, h, c)
	})
}

// cast are the actors of the catalogue.
type cast struct{ good, good2, evil, victim *fedtest.Actor }

func (h *house) cast() cast {
	h.t.Helper()
	return cast{
		h.actor("good.test", "remote_good", indexable), h.actor("good.test", "remote_good2", indexable), h.actor("evil.test", "remote_evil", indexable),
		h.actor("victim.test", "remote_victim", indexable),
	}
}

// refused posts an activity that must not do anything: it gets one of the answers, and the database stays as it is. In mode partners
// strangers are turned away before anybody looks.
func (h *house) refused(by *fedtest.Actor, activity any, want ...int) {
	h.t.Helper()
	if h.mode == "partners" && by.Host.Name != "good.test" {
		want = []int{http.StatusForbidden}
	}
	h.unchanged(func() {
		h.t.Helper()
		if got := by.Post(h.base.Inbox(), activity); !slices.Contains(want, got.Status) {
			h.t.Errorf("%s: got status %d, want %d", kindOf(activity), got.Status, want)
		}
	})
}

// stranger is the answer to somebody who is no partner, where partners get the given one.
func (h *house) stranger(status int) int {
	if h.mode == "partners" {
		return http.StatusForbidden
	}
	return status
}

func TestORG01AndORG02ObjectsOfOthersAreNotBelieved(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		foreign := map[string]any{"id": "https://victim.test/n/7", "type": "Note", "attributedTo": c.victim.ID, "content": "x", "to": h.orgIRI()}
		h.refused(c.evil, carry(c.evil, "Create", foreign), 400)
		foreign["attributedTo"] = c.evil.ID
		h.refused(c.evil, carry(c.evil, "Create", foreign), 400)
		foreign["id"], foreign["attributedTo"] = "https://evil.test/n/7", c.victim.ID
		h.refused(c.evil, carry(c.evil, "Create", foreign), 400)

		h.world.Host("evil.test").Document("/o", map[string]any{"id": "https://victim.test/n/8", "type": "Note", "attributedTo": c.victim.ID, "content": "x"})
		h.refused(c.evil, c.evil.Activity("Create", "https://evil.test/o"), 202)
		if asked := h.world.Host("evil.test").Asked("/o"); asked != 0 {
			t.Errorf("the object was asked for %d times", asked)
		}
	})
}

func TestORG03AnActivityIDBelongsToItsActor(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		stolen := map[string]any{"id": "https://victim.test/a/9"}
		h.refused(c.evil, c.evil.Activity("Follow", h.orgIRI(), stolen), 400)
		h.want(c.victim, c.victim.Activity("Follow", h.orgIRI(), stolen), h.stranger(202))
		if got := h.followers(); h.mode == "open" && len(got) != 1 {
			t.Errorf("the genuine activity had no effect: followers %v", got)
		}
	})
}

func TestORG04AndORG06OnlyTheOwnerUpdates(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.refused(c.evil, c.evil.Activity("Update", c.victim.Document(), map[string]any{"id": "https://victim.test/a/1"}), 400)
		h.refused(c.evil, c.evil.Activity("Update", c.victim.Document()), 400)
		h.refused(c.good2, c.good2.Activity("Update", c.good.Document()), 202)
		h.refused(c.good, carry(c.good, "Update", map[string]any{
			"id": h.oppIRI(), "type": "Note", "attributedTo": c.good.ID, "content": "x", "to": h.orgIRI(),
		}), 400)
		h.refused(c.good, c.good.Activity("Update", map[string]any{"id": h.orgIRI(), "type": "Organization", "inbox": "https://good.test/inbox"}), 400)
		h.refused(c.good, c.good.Activity("Update", h.orgIRI()), 202)

		h.want(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/1")), 202)
		hijack := h.proposal(c.good2, "/opp/1", map[string]any{"updated": h.stamp(0), "name": "Übernommen"})
		h.refused(c.good2, carry(c.good2, "Update", hijack), 202)
		if o, _ := h.copied("https://good.test/opp/1"); o.Title != "Kochen für viele" {
			t.Errorf("got title %q", o.Title)
		}
	})
}

func TestORG05OnlyTheOwnerDeletes(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.want(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/1")), 202)
		for _, object := range []any{"https://good.test/opp/1", map[string]any{"id": "https://good.test/opp/1", "type": "Tombstone"}} {
			h.refused(c.good2, c.good2.Activity("Delete", object), 202)
			h.refused(c.evil, c.evil.Activity("Delete", object), 202)
		}
		h.refused(c.good, c.good.Activity("Delete", h.oppIRI()), 202)
		h.refused(c.evil, c.evil.Activity("Delete", c.good.ID), 202)
		h.refused(c.good2, c.good2.Activity("Delete", c.good.ID), 202)
		if _, there := h.copied("https://good.test/opp/1"); !there {
			t.Error("the opportunity is gone")
		}
		h.want(c.good, c.good.Activity("Delete", "https://good.test/opp/1"), 202)
		if _, there := h.copied("https://good.test/opp/1"); there {
			t.Error("the owner cannot delete")
		}
	})
}

func TestORG07ALookUpBelievesNobodyAboutOthers(t *testing.T) {
	h := newHouse(t)
	c := h.cast()
	h.world.Host("evil.test").Document("/x", map[string]any{
		"id": c.victim.ID, "type": "Organization", "preferredUsername": "remote_victim", "inbox": "https://evil.test/inbox",
		"publicKey": map[string]any{"id": c.victim.KeyID, "owner": c.victim.ID, "publicKeyPem": fedtest.PublicPEM(c.evil.Key().Public())},
	})
	key := func() (document []byte) {
		h.view(func(tx *store.Tx) error {
			a, err := tx.RemoteActor(c.victim.ID)
			document = a.Document
			return err
		})
		return document
	}
	before, asked := key(), c.victim.Host.Asked("/u/remote_victim")
	if a, err := h.service.LookupActor(context.Background(), "https://evil.test/x"); err == nil && (a.ID != c.victim.ID || a.Inbox != c.victim.ID+"/inbox") {
		t.Errorf("found %+v", a)
	}
	if got := c.victim.Host.Asked("/u/remote_victim") - asked; got > 1 {
		t.Errorf("the claimed id was asked for %d times", got)
	}
	if got := key(); string(got) != string(before) {
		t.Errorf("the victim's document is now %s", got)
	}
}

func TestORG08AnUploadIsNoActor(t *testing.T) {
	h := newHouse(t)
	good := h.world.Host("good.test").Actor("uploader")
	document := good.Document()
	document["id"] = "https://good.test/uploads/1.json"
	body := mustJSON(t, document)
	for mediaType, accepted := range map[string]bool{
		"application/json": false, "text/plain": false, "application/octet-stream": false, "text/html": false, "application/ld+json": false,
		"application/activity+json": true, "Application/Activity+JSON; charset=utf-8": true,
		`application/ld+json; charset="utf-8"; profile="https://www.w3.org/ns/activitystreams"`: true,
	} {
		t.Run(mediaType, func(t *testing.T) {
			path := fmt.Sprintf("/uploads/%x.json", mediaType)
			own := strings.ReplaceAll(string(body), "/uploads/1.json", path)
			h.world.Host("good.test").Reply(path, fedtest.Reply{Type: mediaType, Body: []byte(own)})
			_, err := h.service.LookupActor(context.Background(), "https://good.test"+path)
			if (err == nil) != accepted {
				t.Errorf("got error %v", err)
			}
		})
	}
}

func TestORG09AndORG10TheActorIsExactlyOneAndTheSigner(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		for name, actor := range map[string]any{
			"an embedded actor of another host": map[string]any{"type": "Person", "id": c.victim.ID},
			"none":                              []any{},
			"two":                               []any{c.evil.ID, c.victim.ID},
			"null":                              nil,
			"empty":                             "",
			"a name":                            "remote_evil",
			"a number":                          7,
		} {
			t.Run(name, func(t *testing.T) {
				h.unchanged(func() {
					got := c.evil.Post(h.base.Inbox(), c.evil.Activity("Follow", h.orgIRI(), map[string]any{"actor": actor}))
					if want := map[bool]int{true: 401, false: 400}[name == "an embedded actor of another host"]; got.Status != want {
						t.Errorf("got status %d, want %d", got.Status, want)
					}
				})
			})
		}
		missing := c.good.Activity("Follow", h.orgIRI())
		delete(missing, "actor")
		h.refused(c.good, missing, 400)
		h.want(c.good, c.good.Activity("Follow", h.orgIRI(), map[string]any{"actor": c.good.Document()}), 202) // an embedded one is fine
	})
}

func TestORG09ASuspendedActorInsideIsRefused(t *testing.T) {
	h := newHouse(t)
	c := h.cast()
	h.setStanding("evil.test", store.Suspended)
	h.refused(c.good, c.good.Activity("Follow", h.orgIRI(), map[string]any{"actor": map[string]any{"type": "Person", "id": c.evil.ID}}), 401)
}

func TestORG11NobodyAddsToOurCollections(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.want(c.good, c.good.Activity("Follow", h.orgIRI()), 202)
		h.refused(c.evil, c.evil.Activity("Add", c.evil.ID, map[string]any{"target": h.orgIRI() + "/followers"}), 202)
		h.refused(c.evil, c.evil.Activity("Remove", c.good.ID, map[string]any{"target": h.orgIRI() + "/followers"}), 202)
		h.refused(c.good, c.good.Activity("Remove", c.good.ID, map[string]any{"target": h.orgIRI() + "/followers"}), 202)
	})
}

func TestORG12OnlyTheFollowerUnfollows(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		follow := c.good.Activity("Follow", h.orgIRI())
		h.want(c.good, follow, 202)
		h.refused(c.evil, c.evil.Activity("Undo", follow["id"]), 202)
		h.refused(c.evil, c.evil.Activity("Undo", follow), 202)
		h.want(c.good2, c.good2.Activity("Undo", follow), 202)
		if got := h.followers(); len(got) != 1 {
			t.Errorf("got followers %v", got)
		}
		h.want(c.good, c.good.Activity("Undo", follow["id"]), 202)
		if got := h.followers(); len(got) != 0 {
			t.Errorf("got followers %v after the genuine Undo", got)
		}
	})
}

func TestORG13AnswersNobodyMayGive(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		instance := h.world.Host("fresh.test").Actor("instance")
		instance.Change(func(d map[string]any) { d["type"] = "Application" })
		h.update(func(tx *store.Tx) error {
			_, err := engagement.ProposePartner(tx, engagement.System, engagement.Partner{Host: "fresh.test", Actor: instance.ID, Capability: "profile-1"})
			return err
		})
		follow := h.base.ActivityID(h.partner("fresh.test").Follow)
		h.refused(c.evil, c.evil.Activity("Accept", follow), 202)
		h.refused(c.good, c.good.Activity("Accept", follow), 202)
		h.noted("good.test", "activity.answer-ignored", "Accept")
		other := h.world.Host("fresh.test").Actor("somebody")
		h.want(other, other.Activity("Accept", follow), 202)
		if p := h.partner("fresh.test"); p.Followed {
			t.Error("another actor of the host can accept")
		}
		accept := map[string]any{"id": follow, "type": "Follow", "actor": h.base.Actor(), "object": instance.ID}
		h.want(instance, instance.Activity("Accept", accept), 202)
		if p := h.partner("fresh.test"); !p.Followed {
			t.Error("the asked one cannot accept")
		}
		h.unchanged(func() { h.want(instance, instance.Activity("Accept", accept), 202) })
		h.want(instance, instance.Activity("Reject", accept), 202)
		if p := h.partner("fresh.test"); p.State != engagement.PartnerEnded {
			t.Errorf("after Reject the partner is %s", p.State)
		}
		if status := instance.Post(h.base.Inbox(), instance.Activity("Accept", accept)).Status; status != h.stranger(202) || h.partner("fresh.test").State != engagement.PartnerEnded {
			t.Errorf("Accept after Reject: status %d, state %s", status, h.partner("fresh.test").State)
		}
		offer := h.base.ActivityID("0b9d6c4e-9f7e-4a37-8a63-6b8f0d8a1111")
		h.refused(c.good, c.good.Activity("Accept", offer, map[string]any{"to": h.base.ID(federation.KindPerson, strings.Repeat("a", 32))}), 202)
	})
}

func TestAnActivityInTwoVersionsIsNoted(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		follow := c.good.Activity("Follow", h.orgIRI())
		h.want(c.good, follow, 202)
		h.unchanged(func() {
			h.want(c.good, follow, 202)
			if got := h.audit("good.test"); len(got) != 0 {
				t.Errorf("the same again: %v", got)
			}
			h.want(c.good, with(maps.Clone(follow), map[string]any{"type": "Block"}), 202)
		})
		h.noted("good.test", "activity.changed", "Block")
	})
}

// audit is what the admin is told about a host.
func (h *house) audit(host string) (entries []engagement.AuditEntry) {
	h.t.Helper()
	h.view(func(tx *store.Tx) (err error) {
		entries, err = tx.AuditOf(engagement.ID(host))
		return err
	})
	return entries
}

// noted is an error unless the last entry about a host is this.
func (h *house) noted(host, action, kind string) {
	h.t.Helper()
	all := h.audit(host)
	if len(all) == 0 || all[len(all)-1].Action != action || all[len(all)-1].New != kind {
		h.t.Errorf("noted about %s: %v, want %s %s", host, all, action, kind)
	}
}

func TestORG14AndORG15OneSpellingOfAnOrigin(t *testing.T) {
	h := newHouse(t)
	good := h.actor("good.test", "remote_good")
	for actor, want := range map[string]int{
		"https://GOOD.test/u/remote_good":      202,
		"https://good.test:443/u/remote_good":  202,
		"https://good.test./u/remote_good":     400,
		"http://good.test/u/remote_good":       401,
		"https://good.test:8443/u/remote_good": 401,
		"https://user@good.test/u/remote_good": 400,
		"https://gооd.test/u/remote_good":      401, // Cyrillic letters
		"https://good。test/u/remote_good":      400, // ideographic full stop
	} {
		t.Run(actor, func(t *testing.T) {
			follow := good.Activity("Follow", h.orgIRI(), map[string]any{"actor": actor})
			if want == 202 {
				h.want(good, follow, want)
				if got := h.followers(); len(got) != 1 || got[0] != good.ID {
					t.Errorf("got followers %v", got)
				}
				return
			}
			h.refused(good, follow, want)
		})
	}
}

func TestORG16SuffixesGiveNoRights(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		for _, host := range []string{"evilgood.test", "good.test.evil.test", "sub.good.test"} {
			somebody := h.world.Host(host).Actor("somebody")
			h.want(somebody, somebody.Activity("Follow", h.orgIRI()), h.stranger(202))
			h.want(somebody, h.offer(somebody), 403)
		}
		if got := len(h.requests()); got != 0 {
			t.Errorf("got %d match requests", got)
		}
		h.setStanding("evil.test", store.Suspended)
		for _, host := range []string{"evil.test", "sub.evil.test", "good.test.evil.test"} {
			somebody := h.world.Host(host).Actor("another")
			asked := len(h.world.Host(host).Requests())
			h.unchanged(func() { h.want(somebody, somebody.Activity("Follow", h.orgIRI()), 403) })
			if len(h.world.Host(host).Requests()) != asked {
				t.Errorf("suspended %s was asked for its key", host)
			}
		}
		somebody := h.world.Host("notevil.test").Actor("somebody")
		h.want(somebody, somebody.Activity("Follow", h.orgIRI()), h.stranger(202))
	})
}

func TestORG17ASuspendedHostIsNotHeard(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.want(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/1")), 202)
		h.setStanding("good.test", store.Suspended)
		asked := len(h.world.Host("good.test").Requests())
		h.unchanged(func() {
			for _, activity := range []map[string]any{
				c.good.Activity("Follow", h.orgIRI()), h.offer(c.good2), c.good.Activity("Like", h.oppIRI()), c.good.Activity("Delete", c.good.ID),
			} {
				h.want(c.good, activity, 403)
			}
			if got := c.good.Get(h.oppIRI()); got.Status != 403 {
				t.Errorf("GET: got status %d", got.Status)
			}
			for _, address := range []string{"@remote_good@good.test", c.good.ID, "https://sub.good.test/u/x"} {
				if a, err := h.service.LookupActor(t.Context(), address); err == nil {
					t.Errorf("%s leads to %s", address, a.ID)
				}
			}
			if p, err := h.service.Lookup(t.Context(), "good.test"); err == nil {
				t.Errorf("it is found as %s", p.Actor)
			}
			settle(t, h.peer)
		})
		if got := len(h.world.Host("good.test").Requests()); got != asked {
			t.Errorf("the suspended host was asked %d times", got-asked)
		}
	})
}

// The other way to isolate a partner: its level. What it told before is not found any more.
func TestORG17ABlockedPartnerIsNotHeardOrShown(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.want(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/1")), 202)
		found := func() (n int) {
			h.view(func(tx *store.Tx) error {
				hits, err := tx.Search(engagement.Search{Text: "Kochen"}, store.Viewer{})
				n = len(hits.List)
				return err
			})
			return n
		}
		if found() != 1 {
			t.Fatalf("before, %d are found", found())
		}
		h.update(func(tx *store.Tx) error {
			_, err := engagement.SetPartner(tx, engagement.System, "good.test", "gesperrt", false, "")
			return err
		})
		asked := len(h.world.Host("good.test").Requests())
		below := h.world.Host("sub.good.test").Actor("reader")
		h.unchanged(func() {
			h.want(below, below.Activity("Follow", h.orgIRI()), 403) // subdomains included
			if got := below.Get(h.oppIRI()); got.Status != 403 {
				t.Errorf("GET of a subdomain: got status %d", got.Status)
			}
			h.want(c.good, c.good.Activity("Follow", h.orgIRI()), 403)
			h.want(c.good, h.offer(c.good2), 403)
			if got := c.good.Get(h.oppIRI()); got.Status != 403 {
				t.Errorf("GET: got status %d", got.Status)
			}
		})
		h.announce(h.org, "Sprechstunde: mittwochs.")
		settle(t, h.peer)
		if got := len(h.world.Host("good.test").Requests()); got != asked {
			t.Errorf("it was asked %d times", got-asked)
		}
		if found() != 0 {
			t.Error("its opportunity is still found")
		}
	})
}

func TestORG18WhatIsNotPublicCannotBeToldFromNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		h.befriend("far.test")
		far := h.actor("far.test", "org", indexable)
		h.want(far, carry(far, "Create", h.proposal(far, "/opp/1")), 202)
		copied, _ := h.copied("https://far.test/opp/1")
		m := h.wish(copied.ID)
		settle(t, h.peer)
		token := h.peer.request(m.ID).Person
		var draftID engagement.ID
		h.update(func(tx *store.Tx) error {
			o := h.other
			code, err := tx.NewCode()
			o.ID, o.Version, o.Code, o.Handle, o.State = tx.NewID(), 0, code, "entwurf", engagement.OrganizationDraft
			draftID = o.ID
			return errors.Join(err, tx.PutOrganization(&o))
		})
		for name, id := range map[string]string{
			"a volunteer": h.base.ID(federation.KindPerson, token), "a draft": h.base.ID(federation.KindOrganization, string(draftID)),
			"nothing": h.base.ID(federation.KindOrganization, "01890a5d-ac96-774b-bcce-b302099a8057"),
		} {
			t.Run(name, func(t *testing.T) {
				h.unchanged(func() {
					h.wantAt(good, id+"/inbox", good.Activity("Follow", id), 404)
					h.want(good, good.Activity("Follow", id), 202)
				})
				unsigned := good.PostSigned(id+"/inbox", good.Activity("Follow", id), fedtest.Signing{None: true})
				if unsigned.Status != 404 {
					t.Errorf("unsigned: got status %d", unsigned.Status)
				}
			})
		}
		t.Run("the counterpart of the volunteer is heard", func(t *testing.T) {
			h.wantAt(far, h.base.ID(federation.KindPerson, token)+"/inbox", far.Activity("View", h.oppIRI()), 202)
		})
	})
}

func TestORG19TheInstanceIsFollowedOnlyWithConsent(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		forPartners := h.opportunity(h.org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
		settle(t, h.peer)
		instance := h.world.Host("evil.test").Actor("instance")
		instance.Change(func(d map[string]any) { d["type"] = "Application" })
		h.want(instance, instance.Activity("Follow", h.base.Actor(), map[string]any{"seestern:purpose": "partner"}), 202)
		if got := instance.Get(h.base.OpportunityID(forPartners)); got.Status != 404 {
			t.Errorf("what is for partners is answered %d", got.Status)
		}
		if p := h.partner("evil.test"); p.State != engagement.PartnerProposed || p.Following {
			t.Errorf("got state %s, following %v", p.State, p.Following)
		}
		settle(t, h.peer)
		if got := len(instance.Inbox()); got != 0 {
			t.Errorf("it was answered: %v", instance.Inbox())
		}
		h.want(instance, h.offer(instance), 403)
	})
}

func TestORG20AMoveNeedsTheWordOfBothAccounts(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.want(c.good, c.good.Activity("Follow", h.orgIRI()), 202)
		settle(t, h.peer)
		move := func(by *fedtest.Actor, members map[string]any) {
			by.Post(h.base.Inbox(), by.Activity("Move", c.good.ID, members))
			settle(t, h.peer)
		}
		move(c.good, map[string]any{"target": c.evil.ID})
		move(c.evil, map[string]any{"target": c.evil.ID})
		move(c.good, nil)
		move(c.good, map[string]any{"target": c.good.ID})
		move(c.good, map[string]any{"target": h.orgIRI()})
		if got := h.followers(); !slices.Equal(got, []string{c.good.ID}) {
			t.Errorf("without the new account's word: followers %v", got)
		}
		if got := h.partner("good.test"); got.State != engagement.PartnerActive {
			t.Errorf("the partner is %s", got.State)
		}
	})
}

func TestAFollowerMovesWithTheWordOfBothAccounts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		old, next := h.actor("old.test", "reader", person), h.world.Host("new.test").Actor("reader")
		next.Change(func(d map[string]any) { d["type"], d["alsoKnownAs"] = "Person", []string{old.ID} })
		h.follow(h.org, old)
		h.want(old, noteOf(old, "Ich helfe gern!", map[string]any{"to": h.orgIRI(), "inReplyTo": h.oppIRI()}), 202)
		h.want(old, old.Activity("Move", old.ID, map[string]any{"target": next.ID}), 202)
		settle(t, h.peer)
		if got := h.followers(); !slices.Equal(got, []string{next.ID}) {
			t.Fatalf("followers %v", got)
		}
		if got := h.interest(old); got.Remote.Actor != old.ID {
			t.Errorf("the interest moved to %s", got.Remote.Actor)
		}
		before := len(of("Create", old.Inbox()))
		h.announce(h.org, "Sprechstunde: mittwochs.")
		settle(t, h.peer)
		if len(of("Create", next.Inbox())) != 1 || len(of("Create", old.Inbox())) != before {
			t.Errorf("the new account has %d, the old one %d more", len(of("Create", next.Inbox())), len(of("Create", old.Inbox()))-before)
		}
		h.want(next, next.Activity("Undo", map[string]any{"id": next.Host.URL("/follow/1"), "type": "Follow", "actor": next.ID, "object": h.orgIRI()}), 202)
		if got := h.followers(); len(got) != 0 {
			t.Errorf("after leaving: followers %v", got)
		}
	})
}

func TestWhoMovesToALimitedOrSuspendedHostIsTreatedLikeIt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for host, want := range map[string]string{"meek.test": "pending", "evil.test": "old"} {
			old, next := h.actor("old.test", "to-"+host[:4], person), h.world.Host(host).Actor("reader")
			next.Change(func(d map[string]any) { d["type"], d["alsoKnownAs"] = "Person", old.ID })
			h.follow(h.org, old)
			standing := map[string]store.Standing{"pending": store.Limited, "old": store.Suspended}[want]
			h.setStanding(host, standing)
			h.want(old, old.Activity("Move", old.ID, map[string]any{"target": next.ID}), 202)
			pass(t, time.Hour, 10*time.Minute, h.peer)
			h.view(func(tx *store.Tx) error {
				moved, err := tx.FollowsOf(next.ID)
				stayed, err2 := tx.FollowsOf(old.ID)
				if want == "pending" && (len(moved) != 1 || moved[0].State != store.FollowPending || len(stayed) != 0) || want == "old" && (len(moved) != 0 || len(stayed) != 1) {
					t.Errorf("%s: moved %+v, stayed %+v", host, moved, stayed)
				}
				return errors.Join(err, err2)
			})
		}
	})
}

func TestORG21ContextsAreNeverRead(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		follow := func(members map[string]any, without ...string) map[string]any {
			a := c.good.Activity("Follow", h.orgIRI(), members)
			for _, name := range without {
				delete(a, name)
			}
			return a
		}
		h.refused(c.good, follow(map[string]any{"@graph": []any{follow(nil)}}), 400)
		h.refused(c.good, follow(map[string]any{"@id": "https://good.test/a/x"}, "id"), 400)
		h.refused(c.good, follow(map[string]any{"@type": "Follow"}, "type"), 400)
		h.refused(c.good, follow(map[string]any{"@reverse": map[string]any{}}), 400)
		h.refused(c.good, follow(map[string]any{"@context": map[string]any{"kind": "@type"}, "kind": "Follow"}, "type"), 400)
		h.want(c.good, follow(map[string]any{"@context": []any{"https://evil.test/ctx.json", map[string]any{"object": "https://evil.test/x"}}}), 202)
		if len(h.followers()) != 1 || h.world.Host("evil.test").Asked("/ctx.json") != 0 {
			t.Errorf("followers %v, context asked for %d times", h.followers(), h.world.Host("evil.test").Asked("/ctx.json"))
		}
	})
}

func TestORG22AndORG23UnknownAndMalformedActivities(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		many := make([]any, 1001)
		for i := range many {
			many[i] = map[string]any{}
		}
		for _, tt := range []struct {
			name    string
			members map[string]any
			want    int
		}{
			{"an unknown type", map[string]any{"type": "Foo"}, 202},
			{"two known types", map[string]any{"type": []any{"Create", "Delete"}}, 400},
			{"a type as IRI", map[string]any{"type": "https://www.w3.org/ns/activitystreams#Create"}, 202},
			{"an Undo without actor", map[string]any{"type": "Undo", "object": map[string]any{"type": "Follow", "object": h.orgIRI()}}, 202},
			{"an Accept of a Follow without actor", map[string]any{"type": "Accept", "object": map[string]any{"type": "Follow"}}, 202},
			{"a relative id", map[string]any{"id": "a/1"}, 400},
			{"a number as id", map[string]any{"id": 7}, 400},
			{"no object", map[string]any{"object": []any{}}, 202},
			{"two objects", map[string]any{"object": []any{h.orgIRI(), h.oppIRI()}}, 202},
			{"a number as object", map[string]any{"object": 7}, 202},
			{"too many objects", map[string]any{"object": many}, 400},
			{"a Create of null", map[string]any{"type": "Create", "object": nil}, 202},
			{"a Create of a list", map[string]any{"type": "Create", "object": []any{map[string]any{}, map[string]any{}}}, 202},
			{"a Create of an object without anything", map[string]any{"type": "Create", "object": map[string]any{}}, 202},
			{"a Create of a place", map[string]any{"type": "Create", "object": map[string]any{"id": "https://good.test/p", "type": "Place"}}, 202},
			{"an Update of itself without a key", map[string]any{"type": "Update", "object": map[string]any{"id": c.good.ID, "type": "Organization"}}, 202},
			{"a Delete of nothing", map[string]any{"type": "Delete", "object": nil}, 202},
			{"a Like of nothing", map[string]any{"type": "Like", "object": nil}, 202},
			{"an Announce of a list", map[string]any{"type": "Announce", "object": []any{h.oppIRI(), h.orgIRI()}}, 202},
			{"a Block of nothing", map[string]any{"type": "Block", "object": nil}, 202},
			{"an Offer of nothing", map[string]any{"type": "Offer", "object": nil}, 202},
			{"an Offer of a number", map[string]any{"type": "Offer", "object": map[string]any{"type": "Agreement", "stipulates": 7}}, 202},
			{"a Flag of nothing here", map[string]any{"type": "Flag", "object": []any{"https://else.test/1"}}, 202},
		} {
			t.Run(tt.name, func(t *testing.T) { h.refused(c.good, c.good.Activity("Follow", h.orgIRI(), tt.members), tt.want) })
		}
		t.Run("as:Public is an address like any other", func(t *testing.T) {
			h.want(c.good, c.good.Activity("Follow", h.orgIRI(), map[string]any{"to": "as:Public"}), 202)
			if len(h.followers()) != 1 {
				t.Errorf("got followers %v", h.followers())
			}
		})
	})
}

func TestORG24ASuspendedAuthorIsNotReadThroughOthers(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.setStanding("evil.test", store.Suspended)
		post := h.proposal(c.evil, "/opp/1")
		h.world.Host("evil.test").Document("/opp/1", post)
		instance := h.world.Host("good.test").Actor("instance")
		for _, object := range []any{"https://evil.test/opp/1", carry(c.evil, "Create", post), post} {
			h.want(instance, instance.Activity("Announce", object), 202)
		}
		h.want(c.good, noteOf(c.good, "Siehe dort", map[string]any{"inReplyTo": "https://evil.test/opp/1", "to": []string{"https://www.w3.org/ns/activitystreams#Public"}}), 202)
		settle(t, h.peer)
		if a, err := h.service.LookupActor(t.Context(), c.evil.ID); err == nil {
			t.Errorf("its author is found as %s", a.ID)
		}
		if _, there := h.copied("https://evil.test/opp/1"); there || h.world.Host("evil.test").Asked("/opp/1") != 0 {
			t.Errorf("stored: %v, asked for %d times", there, h.world.Host("evil.test").Asked("/opp/1"))
		}
	})
}

func TestORG25WhatAThirdServerKeepsForFollowersIsNotFetched(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		h.world.Host("victim.test").Document("/private", h.proposal(c.victim, "/private", map[string]any{"to": []string{c.victim.ID + "/followers"}}))
		h.refused(c.good, c.good.Activity("Announce", "https://victim.test/private"), 202)
		settle(t, h.peer)
		if asked := h.world.Host("victim.test").Asked("/private"); asked != 0 {
			t.Errorf("asked for %d times", asked)
		}
	})
}

func TestORG26AMessageIsForItsAddresseesWhateverInboxItCameThrough(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.befriend("far.test")
		far := h.actor("far.test", "org", indexable)
		h.want(far, carry(far, "Create", h.proposal(far, "/opp/1")), 202)
		copied, _ := h.copied("https://far.test/opp/1")
		m := h.wish(copied.ID)
		settle(t, h.peer)
		me := h.base.ID(federation.KindPerson, h.peer.request(m.ID).Person)
		writer := h.actor("far.test", "writer", person)
		for _, inbox := range []string{h.inbox(), h.base.Inbox()} {
			message := noteOf(writer, "Nur für dich, wegen "+h.oppIRI(), map[string]any{"to": []string{me}, "inReplyTo": h.oppIRI()})
			h.unchanged(func() { h.wantAt(writer, inbox, message, 202) })
		}
		if got := len(h.requests()); got != 1 {
			t.Errorf("got %d match requests, want the volunteer's alone", got)
		}
	})
}

func TestORG27TheNewerVersionStays(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		version := func(title string, d time.Duration) map[string]any {
			return h.proposal(c.good, "/opp/1", map[string]any{"name": title, "updated": h.stamp(d)})
		}
		h.want(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/1")), 202)
		h.want(c.good, carry(c.good, "Update", version("drei", -time.Minute)), 202)
		h.refused(c.good, carry(c.good, "Update", version("zwei", -2*time.Minute)), 202)
		h.refused(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/1")), 202)
		if o, _ := h.copied("https://good.test/opp/1"); o.Title != "drei" {
			t.Errorf("got title %q", o.Title)
		}
	})
}

func TestORG29OurOwnIdsFromOutsideAreRefused(t *testing.T) {
	eachMode(t, func(t *testing.T, h *house, c cast) {
		asked := len(h.world.Requests())
		h.unchanged(func() {
			got := c.evil.PostSigned(h.base.Inbox(), c.evil.Activity("Follow", h.orgIRI(), map[string]any{"actor": h.orgIRI(), "id": h.orgIRI() + "/a/1"}),
				fedtest.Signing{KeyID: h.orgIRI() + "#main-key"})
			if got.Status != 401 {
				t.Errorf("got status %d", got.Status)
			}
		})
		if got := len(h.world.Requests()) - asked; got != 1 {
			t.Errorf("%d requests, want only the one that was refused", got)
		}
	})
}

func TestAGroupThatNamesWhoRunsItTellsOfItsChanges(t *testing.T) {
	h := newHouse(t)
	group := h.actor("groups.test", "group", func(d map[string]any) {
		d["type"], d["attributedTo"] = "Group", "https://groups.test/u/group/moderators"
	})
	h.want(group, group.Activity("Update", with(group.Document(), map[string]any{"name": "Neuer Name"})), 202)
	h.view(func(tx *store.Tx) error {
		a, err := tx.RemoteActor(group.ID)
		if !strings.Contains(string(a.Document), "Neuer Name") {
			t.Errorf("its document is %s", a.Document)
		}
		return err
	})
}

// §4.4.7: whoever has only lost a key is still there; whoever is gone is forgotten.
func TestAKeyThatIsGoneIsNotItsActor(t *testing.T) {
	h := newHouse(t)
	key := func(a *fedtest.Actor) { // at an address of its own, as some servers have it
		a.SetKey(a.Key(), a.ID+"/main-key")
		a.Host.Document("/u/"+a.Name+"/main-key", map[string]any{
			"id": a.KeyID, "owner": a.ID, "publicKeyPem": a.Document()["publicKey"].(map[string]any)["publicKeyPem"],
		})
	}
	there, gone := h.world.Host("there.test").Actor("reader"), h.world.Host("gone.test").Actor("reader")
	key(there)
	key(gone)
	h.follow(h.org, there, gone)
	for _, a := range []*fedtest.Actor{there, gone} {
		a.Host.Reply("/u/"+a.Name+"/main-key", fedtest.Reply{Status: http.StatusGone})
	}
	gone.SetGone()
	h.clock.Forward(25 * time.Hour)
	h.want(there, there.Activity("View", h.base.Actor()), 401)
	h.want(gone, gone.Activity("View", h.base.Actor()), 401)
	settle(t, h.peer)
	h.view(func(tx *store.Tx) error {
		followers, err := tx.Followers("org/" + string(h.org.ID))
		if len(followers) != 1 || followers[0].Actor != there.ID {
			t.Errorf("followers are %+v, want the one that is there", followers)
		}
		return err
	})
}
