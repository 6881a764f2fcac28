package federation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// owned is something of good's that is kept here, and how one sees whether it is.
type owned struct {
	name   string
	make   func(h *house) (activity map[string]any) // by good
	object func(activity map[string]any) any        // what an Update, Delete or Undo of it is about, embedded
	there  func(h *house, activity map[string]any) bool
	undo   bool // taken back by Undo instead of Delete
}

func things(c cast) []owned {
	inner := func(activity map[string]any) any { return activity["object"] }
	itself := func(activity map[string]any) any { return activity }
	publish := func(h *house, path string) map[string]any { return carry(c.good, "Create", h.proposal(c.good, path)) }
	return []owned{
		{
			name:   "an opportunity",
			make:   func(h *house) map[string]any { return publish(h, fmt.Sprintf("/opp/%d", h.world.NewID())) },
			object: inner,
			there:  func(h *house, made map[string]any) bool { _, there := h.copied(id(made["object"])); return there },
		},
		{
			name: "a reply",
			make: func(h *house) map[string]any {
				return noteOf(c.good, "Wann?", map[string]any{"to": []string{public}, "inReplyTo": h.oppIRI()})
			},
			object: inner,
			there:  func(h *house, made map[string]any) bool { return len(h.reactions(engagement.Reply)) == 1 },
		},
		{
			name: "a message",
			make: func(h *house) map[string]any {
				return noteOf(c.good, "Gern!", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()})
			},
			object: inner,
			there: func(h *house, made map[string]any) bool {
				return slices.ContainsFunc(h.requests(), func(m engagement.MatchRequest) bool { return m.Remote.Note == id(made["object"]) && m.Text != "" })
			},
		},
		{
			name:   "a follow",
			make:   func(h *house) map[string]any { return c.good.Activity("Follow", h.orgIRI()) },
			object: itself, undo: true,
			there: func(h *house, made map[string]any) bool { return len(h.followers()) == 1 },
		},
		{
			name:   "a like",
			make:   func(h *house) map[string]any { return c.good.Activity("Like", h.oppIRI()) },
			object: itself, undo: true,
			there: func(h *house, made map[string]any) bool { return len(h.reactions(engagement.Like)) == 1 },
		},
		{
			name:   "a share",
			make:   func(h *house) map[string]any { return c.good.Activity("Announce", h.oppIRI()) },
			object: itself, undo: true,
			there: func(h *house, made map[string]any) bool { return len(h.reactions(engagement.Share)) == 1 },
		},
	}
}

func (o owned) back() string {
	if o.undo {
		return "Undo"
	}
	return "Delete"
}

func id(object any) string {
	if m, ok := object.(map[string]any); ok {
		return m["id"].(string)
	}
	return object.(string)
}

func TestC8OnlyTheAuthorTakesBack(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		c := h.cast()
		for _, o := range things(c) {
			t.Run(o.name, func(t *testing.T) {
				for _, embedded := range []bool{true, false} {
					made := o.make(h)
					h.want(c.good, made, 202)
					if !o.there(h, made) {
						t.Fatal("it is not kept")
					}
					about := o.object(made)
					if !embedded {
						about = id(about)
					}
					for _, other := range []*fedtest.Actor{c.good2, c.evil} {
						h.want(other, other.Activity(o.back(), about), 202)
						if !o.there(h, made) {
							t.Fatalf("%s took it back", other.ID)
						}
					}
					local := c.evil.PostSigned(h.base.Inbox(), c.evil.Activity(o.back(), about, map[string]any{"actor": h.orgIRI(), "id": h.orgIRI() + "/x"}), fedtest.Signing{})
					if local.Status != 401 {
						t.Errorf("in the name of one of us: got status %d", local.Status)
					}
					h.want(c.good, c.good.Activity(o.back(), about), 202)
					if o.there(h, made) {
						t.Fatal("its author cannot take it back")
					}
					h.unchanged(func() { // late, and in a new wrapping: it does not come back
						again := with(map[string]any{}, made)
						h.want(c.good, again, 202)
						if !o.undo {
							again["id"] = made["id"].(string) + "/again"
							again["type"] = "Update"
							h.want(c.good, again, 202)
						}
					})
				}
			})
		}
	})
}

func TestC8WhatIsTakenBackEarlyDoesNotCome(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		c := h.cast()
		for _, o := range things(c) {
			t.Run(o.name, func(t *testing.T) {
				made := o.make(h)
				about := id(o.object(made))
				for _, other := range []*fedtest.Actor{c.good2, c.evil} { // nobody can pre-empt what is somebody else's
					h.want(other, other.Activity(o.back(), about), 202)
				}
				h.want(c.good, made, 202)
				if !o.there(h, made) {
					t.Fatal("others have pre-empted it")
				}
				h.want(c.good, c.good.Activity(o.back(), about), 202)

				second := o.make(h)
				h.want(c.good, c.good.Activity(o.back(), id(o.object(second))), 202)
				h.want(c.good, second, 202)
				if o.there(h, second) {
					t.Error("it came although it had been taken back")
				}
			})
		}
	})
}

// DEL-06.
func TestC8AnActorThatDeletesItselfLeavesNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		c := h.cast()
		kept := map[string]map[string]any{}
		for _, o := range things(c) {
			kept[o.name] = o.make(h)
			h.want(c.good, kept[o.name], 202)
		}
		h.want(c.good2, c.good2.Activity("Follow", h.orgIRI()), 202)
		volunteer := func() engagement.MatchRequest {
			copied, _ := h.copied(id(kept["an opportunity"]["object"]))
			return h.wish(copied.ID)
		}()
		h.want(c.good, c.good.Activity("Delete", c.good.ID), 202)
		for _, o := range things(c) {
			there := o.there(h, kept[o.name])
			if o.name == "a follow" {
				there = len(h.followers()) != 1 || h.followers()[0] != c.good2.ID
			}
			if there && o.name != "a message" {
				t.Errorf("%s is still there", o.name)
			}
		}
		if m := h.interest(c.good); m.Text != "" || m.State != engagement.WithdrawnRequest {
			t.Errorf("the message is %q, the request %s", m.Text, m.State)
		}
		if m := h.peer.request(volunteer.ID); !m.State.Final() {
			t.Errorf("the request to it is %s", m.State)
		}
		h.view(func(tx *store.Tx) error {
			buried, err := tx.Buried(c.good.ID)
			if !buried {
				t.Error("nothing reminds of it")
			}
			return err
		})
	})
}

func TestAPersonThatIsGoneHasWithdrawn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		helper := h.actor("good.test", "p")
		h.want(helper, h.offer(helper), 202)
		h.want(helper, helper.Activity("Delete", helper.ID), 202)
		if m := h.requestFor(h.opp.ID); m.State != engagement.WithdrawnRequest {
			t.Errorf("got state %s", m.State)
		}
	})
}

func TestC7AnActorChangesItsDocument(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		c := h.cast()
		h.want(c.good, c.good.Activity("Follow", h.orgIRI()), 202)
		h.want(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/1")), 202)
		old := c.good.Key()
		asked := c.good.Host.Asked("/u/remote_good")
		update := func(change func(map[string]any)) map[string]any {
			document := c.good.Document()
			change(document)
			return c.good.Activity("Update", document)
		}
		t.Run("a new key, announced with the old one, replaces it at once", func(t *testing.T) {
			c.good.SetKey(fedtest.RSAKey("good.test second", 0), "")
			announce := c.good.Activity("Update", c.good.Document())
			if got := c.good.PostSigned(h.base.Inbox(), announce, fedtest.Signing{Key: old}); got.Status != 202 {
				t.Fatalf("got status %d", got.Status)
			}
			h.want(c.good, c.good.Activity("View", h.oppIRI()), 202)
			if got := c.good.PostSigned(h.base.Inbox(), c.good.Activity("Like", h.oppIRI()), fedtest.Signing{Key: old}); got.Status != 401 {
				t.Errorf("the old key: got status %d", got.Status)
			}
			if got := c.good.Host.Asked("/u/remote_good") - asked; got > 1 {
				t.Errorf("asked for %d times", got)
			}
		})
		t.Run("a new inbox is where its follower's mail goes", func(t *testing.T) {
			h.want(c.good, update(func(d map[string]any) { d["inbox"] = "https://good.test/moved"; delete(d, "endpoints") }), 202)
			h.view(func(tx *store.Tx) error {
				f, err := tx.Follower("org/"+string(h.org.ID), c.good.ID)
				if f.Inbox != "https://good.test/moved" || f.SharedInbox != "" {
					t.Errorf("got %+v", f)
				}
				return err
			})
		})
		t.Run("the copy of an organization follows", func(t *testing.T) {
			h.want(c.good, update(func(d map[string]any) { d["name"] = "Neuer Name" }), 202)
			h.view(func(tx *store.Tx) error {
				org, err := tx.OrganizationByIRI(c.good.ID)
				if org.Name != "Neuer Name" {
					t.Errorf("got %q", org.Name)
				}
				return err
			})
		})
		t.Run("its type and its only key stay", func(t *testing.T) {
			h.unchanged(func() {
				h.want(c.good, update(func(d map[string]any) { d["type"] = "Person" }), 202)
				h.want(c.good, update(func(d map[string]any) { delete(d, "publicKey") }), 202)
			})
		})
		t.Run("A6 nor does its type change when its document is read again", func(t *testing.T) {
			writer := h.actor("social.test", "writer", person)
			for i, kind := range []string{"Organization", "Application"} {
				writer.Change(func(d map[string]any) { d["type"], d["indexable"] = kind, true })
				writer.SetKey(fedtest.RSAKey("social.test", 10+i), "")
				h.clock.Forward(2 * time.Hour)
				note := noteOf(writer, "Gern!", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()})
				h.want(writer, note, 202) // signed by the key of the new document
				if m := h.interest(writer); m.Via != "fediverse" {
					t.Errorf("got %+v", m)
				}
				h.want(writer, writer.Activity("Follow", h.base.Actor()), 202)
				if _, err := h.storedPartner("social.test"); err == nil {
					t.Errorf("a person that calls itself %s asks to be a partner", kind)
				}
			}
			helper := h.actor("good.test", "helper", person)
			helper.Change(indexable)
			helper.SetKey(fedtest.RSAKey("good.test", 20), "")
			h.meet(helper)
			h.refused(helper, carry(helper, "Create", h.proposal(helper, "/opp/p")), 202)
		})
		t.Run("a partner's own description follows", func(t *testing.T) {
			instance := h.world.Host("good.test").Actor("instance")
			h.meet(instance)
			document := instance.Document()
			document["name"], document["seestern:regions"] = "Mitmachen nebenan", []string{"ags:09000000"}
			h.want(instance, instance.Activity("Update", document), 202)
			if p := h.partner("good.test"); p.Name != "Mitmachen nebenan" || len(p.Regions) != 1 || p.State != engagement.PartnerActive {
				t.Errorf("got %+v", p)
			}
		})
	})
}

func TestPartnersEndAndAreEnded(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for name, leave := range map[string]func(instance *fedtest.Actor, p engagement.Partner) map[string]any{
			"Undo of the Follow by id": func(instance *fedtest.Actor, p engagement.Partner) map[string]any {
				return instance.Activity("Undo", p.Follower)
			},
			"Undo of the Follow embedded": func(instance *fedtest.Actor, p engagement.Partner) map[string]any {
				return instance.Activity("Undo", map[string]any{"id": p.Follower, "type": "Follow", "actor": instance.ID, "object": h.base.Actor()})
			},
			"Reject of ours": func(instance *fedtest.Actor, p engagement.Partner) map[string]any {
				return instance.Activity("Reject", h.base.ActivityID(p.Follow))
			},
			"Block": func(instance *fedtest.Actor, p engagement.Partner) map[string]any {
				return instance.Activity("Block", h.base.Actor())
			},
			"Delete of the instance": func(instance *fedtest.Actor, p engagement.Partner) map[string]any {
				return instance.Activity("Delete", instance.ID)
			},
		} {
			t.Run(name, func(t *testing.T) {
				instance := h.befriend("leaving.test", func(p *engagement.Partner) {
					if old, err := h.storedPartner(p.Host); err == nil {
						p.Version = old.Version
					}
				})
				h.meet(instance)
				org := h.actor("leaving.test", "org", indexable)
				h.want(org, carry(org, "Create", h.proposal(org, fmt.Sprintf("/opp/%d", h.world.NewID()))), 202)
				h.want(org, leave(org, h.partner("leaving.test")), 202)
				if got := h.partner("leaving.test").State; got != engagement.PartnerActive {
					t.Fatalf("somebody else of the host made it %s", got)
				}
				h.want(instance, leave(instance, h.partner("leaving.test")), 202)
				if got := h.partner("leaving.test").State; got != engagement.PartnerEnded {
					t.Errorf("the partner is %s", got)
				}
				h.want(instance, h.offer(instance), 403)
			})
		}
	})
}

func (h *house) storedPartner(host string) (p engagement.Partner, err error) {
	h.view(func(tx *store.Tx) error {
		p, err = tx.Partner(host)
		return nil
	})
	return p, err
}

func TestFollowOfTheInstance(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		t.Run("by people and organizations is refused", func(t *testing.T) {
			for _, change := range []func(map[string]any){person, indexable, func(d map[string]any) { d["type"] = "Group" }} {
				a := h.actor("social.test", "f", change)
				h.want(a, a.Activity("Follow", h.base.Actor()), 202)
				settle(t, h.peer)
				if got := of("Reject", a.Inbox()); len(got) == 0 {
					t.Errorf("no Reject in %v", a.Inbox())
				}
			}
			if _, err := h.storedPartner("social.test"); err == nil {
				t.Error("it is a partner")
			}
		})
		t.Run("RES-11 by many is told to the admins once a day", func(t *testing.T) {
			mails := func() (n int) {
				h.view(func(tx *store.Tx) error {
					list, err := tx.Events(engagement.Mail, store.Waiting, 100)
					for _, e := range list {
						if e.Kind == engagement.MailPartnerRequest {
							n++
						}
					}
					return err
				})
				return n
			}
			ask := func(i int) (a *fedtest.Actor, follow map[string]any) {
				a = h.actor(fmt.Sprintf("s%d.crowd.test", i), "instance", func(d map[string]any) { d["type"] = "Application" })
				follow = a.Activity("Follow", h.base.Actor())
				h.want(a, follow, 202)
				settle(t, h.peer)
				return a, follow
			}
			for range 3 {
				a, follow := ask(0)
				h.want(a, a.Activity("Undo", follow), 202)
			}
			for i := range 10 {
				ask(i)
			}
			if got := mails(); got != 1 {
				t.Errorf("%d mails, want 1", got)
			}
			h.clock.Forward(24 * time.Hour)
			ask(10)
			if got := mails(); got != 2 {
				t.Errorf("a day later there are %d mails, want 2", got)
			}
		})
		t.Run("at most fifty wait", func(t *testing.T) {
			h.update(func(tx *store.Tx) error {
				for i := range 50 {
					p := engagement.Partner{Host: string(rune('a'+i/26)) + string(rune('a'+i%26)) + ".wait.test", State: engagement.PartnerProposed}
					if err := tx.PutPartner(&p); err != nil {
						return err
					}
				}
				return nil
			})
			a := h.actor("late.test", "instance", func(d map[string]any) { d["type"] = "Application" })
			h.unchanged(func() { h.want(a, a.Activity("Follow", h.base.Actor()), 202) })
		})
	})
}

func TestHintsOfPartnersAreReadAtTheirOrigin(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		instance, org := h.world.Host("good.test").Actor("instance"), h.actor("good.test", "org", indexable)
		h.meet(instance)
		h.world.Host("good.test").Document("/opp/7", h.proposal(org, "/opp/7"))
		h.refused(org, org.Activity("Announce", "https://good.test/opp/7"), 202) // only the instance points
		hint := instance.Activity("Announce", "https://good.test/opp/7")
		h.want(instance, hint, 202)
		if _, there := h.copied("https://good.test/opp/7"); there || h.world.Host("good.test").Asked("/opp/7") != 0 {
			t.Error("the network was asked before the answer")
		}
		settle(t, h.peer)
		if _, there := h.copied("https://good.test/opp/7"); !there {
			t.Error("it was not copied")
		}
		h.unchanged(func() { h.want(instance, instance.Activity("Announce", "https://good.test/opp/7"), 202) })
	})
}

func TestOpportunitiesOfPartners(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		c := h.cast()
		publish := func(a *fedtest.Actor, path string, members ...map[string]any) (engagement.Opportunity, bool) {
			h.want(a, carry(a, "Create", h.proposal(a, path, members...)), 202)
			return h.copied(a.Host.URL(path))
		}
		t.Run("a trusted partner's is published at once", func(t *testing.T) {
			if o, there := publish(c.good, "/opp/a"); !there || o.State != engagement.Published {
				t.Errorf("kept: %v, state %s", there, o.State)
			}
		})
		t.Run("O9 a stranger's is not kept", func(t *testing.T) {
			h.refused(c.evil, carry(c.evil, "Create", h.proposal(c.evil, "/opp/a")), 202)
		})
		t.Run("O9 nor one of somebody who does not want to be found", func(t *testing.T) {
			shy := h.actor("good.test", "shy")
			h.refused(shy, carry(shy, "Create", h.proposal(shy, "/opp/s")), 202)
		})
		t.Run("O10 one of a reviewed partner waits", func(t *testing.T) {
			h.befriend("new.test", func(p *engagement.Partner) { p.Level = "geprueft" })
			org := h.actor("new.test", "org", indexable)
			if o, there := publish(org, "/opp/a"); !there || o.State != engagement.Queued {
				t.Errorf("kept: %v, state %s", there, o.State)
			}
		})
		t.Run("O12 an Update of an unknown one counts as Create", func(t *testing.T) {
			h.want(c.good, carry(c.good, "Update", h.proposal(c.good, "/opp/u", map[string]any{"updated": h.stamp(0)})), 202)
			if _, there := h.copied("https://good.test/opp/u"); !there {
				t.Error("it is not kept")
			}
		})
		t.Run("the narrower audience counts", func(t *testing.T) {
			create := carry(c.good, "Create", h.proposal(c.good, "/opp/n"))
			create["to"], create["cc"] = []string{"https://good.test/ap/actor/followers"}, []string{}
			h.want(c.good, create, 202)
			if o, _ := h.copied("https://good.test/opp/n"); o.Visibility != "verbund" {
				t.Errorf("got visibility %q", o.Visibility)
			}
		})
		t.Run("O5 what wants something in return waits", func(t *testing.T) {
			if o, there := publish(c.good, "/opp/p", map[string]any{"reciprocal": map[string]any{"type": "Intent"}}); there && o.State != engagement.Queued {
				t.Errorf("got state %s", o.State)
			}
		})
		for name, members := range map[string]map[string]any{
			"O2 without an intent":   {"publishes": map[string]any{"type": "Intent", "id": "https://good.test/else#primary"}},
			"O4 with an odd amount":  {"publishes": map[string]any{"type": "Intent", "id": "https://good.test/opp/x#primary", "action": "deliverService", "availableQuantity": map[string]any{"hasUnit": "one", "hasNumericalValue": "-1"}}},
			"O7 from the future":     {"published": h.stamp(time.Hour)},
			"directed to nobody yet": {"seestern:details": map[string]any{"seestern:visibility": "anfrage"}, "to": []string{h.base.Actor()}},
		} {
			t.Run(name+" it is not kept", func(t *testing.T) {
				h.refused(c.good, carry(c.good, "Create", h.proposal(c.good, "/opp/x", members)), 202)
			})
		}
	})
}

func TestBlockEndsAFollowSilently(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		a := h.actor("social.test", "a", person)
		h.want(a, a.Activity("Follow", h.orgIRI()), 202)
		settle(t, h.peer)
		got := len(a.Inbox())
		h.want(a, a.Activity("Block", h.orgIRI()), 202)
		settle(t, h.peer)
		if len(h.followers()) != 0 || len(a.Inbox()) != got {
			t.Errorf("followers %v, inbox %v", h.followers(), a.Inbox())
		}
		h.want(a, a.Activity("Undo", a.Activity("Block", h.orgIRI())), 202)
		h.want(a, a.Activity("Follow", h.orgIRI()), 202)
		if len(h.followers()) != 1 {
			t.Error("it cannot follow again")
		}
	})
}

func TestUndoOfAFollowInItsForms(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		a := h.actor("social.test", "a", person)
		for name, about := range map[string]func(follow map[string]any) any{
			"by id":    func(f map[string]any) any { return f["id"] },
			"embedded": func(f map[string]any) any { return f },
			"embedded with another id": func(f map[string]any) any {
				return map[string]any{"id": "https://social.test/new/" + name(f), "type": "Follow", "actor": a.ID, "object": h.orgIRI()}
			},
			"embedded without id": func(f map[string]any) any {
				return map[string]any{"type": "Follow", "actor": a.ID, "object": h.orgIRI()}
			},
		} {
			t.Run(name, func(t *testing.T) {
				follow := a.Activity("Follow", h.orgIRI())
				h.want(a, follow, 202)
				h.want(a, a.Activity("Undo", about(follow)), 202)
				if got := h.followers(); len(got) != 0 {
					t.Errorf("got followers %v", got)
				}
			})
		}
		t.Run("of an older Follow that a newer one has replaced it does nothing", func(t *testing.T) {
			first, second := a.Activity("Follow", h.orgIRI()), a.Activity("Follow", h.orgIRI())
			h.want(a, first, 202)
			h.want(a, second, 202)
			h.want(a, a.Activity("Undo", first), 202)
			if got := h.followers(); len(got) != 1 {
				t.Errorf("got followers %v", got)
			}
		})
	})
}

func name(activity map[string]any) string { return id(activity)[len("https://social.test/a/"):] }
