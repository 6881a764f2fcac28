package engagement_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// ally is a partner with which directed requests are exchanged.
func (h *house) ally(host string) (p Partner) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		p = Partner{
			Host: host, Actor: "https://" + host + "/ap/actor", State: PartnerActive, Level: "geprueft", Capability: "profile-1", Directed: true,
			Created: tx.Now(), Contact: tx.Now(),
		}
		return tx.PutPartner(&p)
	})
	return p
}

// workshop is a directed request that can be sent.
func (h *house) workshop() Opportunity {
	return Opportunity{
		Organization: h.org.ID, Title: "Moderation für Bürgerwerkstatt gesucht", Description: strings.Repeat("Wir suchen Menschen mit Erfahrung. ", 3),
		Areas: []Code{"lokales"}, Activities: []Code{"moderieren"}, Mode: "vor-ort", Capacity: 2, ContactRole: "Anlaufstelle Beteiligung",
		Places: []Place{{Locality: "Köpenick", Postcode: "12555", Point: geo.Point{Lat: 52.45, Lon: 13.57}, Precision: "ortsteil"}},
		Hosts:  []string{"b.example"}, Expires: h.clock.Now().Add(10 * day),
		Project: Project{Goal: "Bürgerwerkstatt Schulweg", Effort: "zwei Abende zu drei Stunden", Ask: []string{"name", "email"}},
	}
}

func (h *house) directs(by Actor, change func(*Opportunity)) (o Opportunity, err error) {
	o = h.workshop()
	if change != nil {
		change(&o)
	}
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		sent, err := DirectPartners(tx, by, o)
		if err == nil {
			o = sent
		}
		return err
	})
	h.clock.Forward(time.Second)
	return o, err
}

func (h *house) fresh(id ID) (now Opportunity) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.Opportunity(id)
		return err
	}))
	return now
}

// visits is an organization of a partner, as it is kept here.
func (h *house) visits(p Partner, name string) (o Organization) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		o, err = MirrorOrganization(tx, Organization{Name: name, IRI: "https://" + p.Host + "/ap/org/" + name, Origin: p.Host})
		return err
	})
	return o
}

// comes is a directed request of a partner.
func (h *house) reaches(p Partner, org Organization, key string, change func(*Opportunity)) (o Opportunity, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		o = h.workshop()
		o.Organization, o.IRI, o.State, o.Visibility, o.Hosts = org.ID, org.IRI+"/"+key, Published, "anfrage", nil
		o.Published, o.Confirmed, o.Expires = tx.Now(), tx.Now(), tx.Now().Add(14*day)
		if change != nil {
			change(&o)
		}
		o, err = ReceiveDirected(tx, p, o)
		return err
	})
	h.clock.Forward(time.Second)
	return o, err
}

// willing is somebody of age who may be invited.
func (h *house) willing(age Code) Actor {
	h.t.Helper()
	who := h.person()
	h.update(func(tx *store.Tx) error {
		if err := SaveProfile(tx, who, &Profile{Account: who.Account, AgeBand: age}); err != nil {
			return err
		}
		err := AllowReach(tx, who, ByPartnerInstances, true)
		var bad *Invalid
		if errors.As(err, &bad) { // not of age
			return nil
		}
		return err
	})
	return who
}

func (h *house) invites(o Opportunity, people ...Actor) (n int) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		var ids []ID
		for _, who := range people {
			ids = append(ids, who.Account)
		}
		n, err = Invite(tx, o.ID, ids)
		return err
	})
	return n
}

// invitation is the newest of a person.
func (h *house) invitation(who Actor) (i Invitation) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) error {
		list, err := tx.InvitationsOf(who.Account)
		if err == nil && len(list) > 0 {
			i = list[0]
		}
		return err
	}))
	return i
}

func (h *house) accepts(who Actor) (m MatchRequest, err error) {
	id := h.invitation(who).ID
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		m, err = AcceptInvitation(tx, who, id, Card{"name": "Vorname N."}, []string{"language-ok"})
		return err
	})
	return m, err
}

func (h *house) declines(who Actor, never bool) {
	h.t.Helper()
	id := h.invitation(who).ID
	h.update(func(tx *store.Tx) error { return DeclineInvitation(tx, who, id, never) })
}

func TestARequestIsDirectedToPartners(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.ally("b.example")
		h.wire()
		o, err := h.directs(h.manager, func(o *Opportunity) { o.Hosts = []string{"b.example", "b.example"} })
		h.must(err)
		if o.State != Published || o.Visibility != "anfrage" || o.Kind != "projektanfrage" || len(o.Hosts) != 1 || o.Thing().Public {
			t.Fatalf("got %+v", o)
		}
		h.want("on the wire", strings.Join(h.wire(), " "), WireCreate)
		h.want("its end", string(DateOf(o.Expires.Add(-time.Second))), string(DateOf(h.clock.Now().Add(10*day))))

		t.Run("and what stands against it is said", func(t *testing.T) {
			h.update(func(tx *store.Tx) error {
				return tx.PutPartner(&Partner{Host: "c.example", State: PartnerActive, Level: "vertraut", Capability: "profile-1"})
			})
			for field, change := range map[string]func(*Opportunity){
				"title":        func(o *Opportunity) { o.Title = "Hilf" },
				"description":  func(o *Opportunity) { o.Description = strings.Repeat("Rufen Sie an: 030 1234567. ", 3) },
				"goal":         func(o *Opportunity) { o.Project.Goal = "" },
				"effort":       func(o *Opportunity) { o.Project.Effort = "zum Mindestlohn" },
				"areas":        func(o *Opportunity) { o.Areas = nil },
				"activities":   func(o *Opportunity) { o.Activities = []Code{"zaubern"} },
				"places":       func(o *Opportunity) { o.Places = nil },
				"capacity":     func(o *Opportunity) { o.Capacity = 51 },
				"ask":          func(o *Opportunity) { o.Project.Ask = nil },
				"until":        func(o *Opportunity) { o.Expires = h.clock.Now().Add(14 * day) },
				"hosts":        func(o *Opportunity) { o.Hosts = []string{"c.example"} }, // nobody has agreed to it
				"contact_role": func(o *Opportunity) { o.ContactRole = "x" },
			} {
				_, err := h.directs(h.manager, change)
				h.refusedAt(field, err, field)
			}
			_, err := h.directs(h.manager, func(o *Opportunity) { o.Hosts = nil })
			h.refusedAt("nobody", err, "hosts")
			_, err = h.directs(Actor{Account: h.manager.Account, Members: map[ID]Role{h.org.ID: Member}}, nil)
			if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrForbidden) {
				t.Errorf("a member: %v", err)
			}
		})
		t.Run("it is changed by nobody, and is no way around the check of what is public", func(t *testing.T) {
			for what, try := range map[string]func(*store.Tx) error{
				"save":    func(tx *store.Tx) error { _, err := SaveOpportunity(tx, h.manager, o); return err },
				"pause":   func(tx *store.Tx) error { _, err := PauseOpportunity(tx, h.manager, o.ID, true); return err },
				"confirm": func(tx *store.Tx) error { _, err := ConfirmOpportunity(tx, h.manager, o.ID); return err },
				"draft": func(tx *store.Tx) error {
					_, err := SaveOpportunity(tx, h.manager, Opportunity{Organization: h.org.ID, Visibility: "anfrage"})
					return err
				},
				"hide what was public": func(tx *store.Tx) error {
					was := h.o
					was.Visibility = "anfrage"
					_, err := SaveOpportunity(tx, h.manager, was)
					return err
				},
			} {
				if err := h.s.Update(ctx, try); err == nil {
					t.Errorf("%s: no error", what)
				}
			}
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				n, err := tx.CountPublished(h.org.ID)
				if n != 1 {
					t.Errorf("counted as published: %d", n)
				}
				return err
			}))
		})
		t.Run("three in a month", func(t *testing.T) {
			for range 2 {
				_, err := h.directs(h.manager, nil)
				h.must(err)
			}
			_, err := h.directs(h.manager, nil)
			h.refusedAt("a fourth", err, "hosts")
			h.passes(30 * day)
			h.hears("b.example")
			_, err = h.directs(h.manager, nil)
			h.must(err)
		})
		t.Run("it lapses, and is gone when nobody has answered", func(t *testing.T) {
			h.want("after its end", string(h.fresh(o.ID).State), string(Expired))
			h.passes(90 * day)
			h.want("then", string(h.fresh(o.ID).State), string(Archived))
			h.passes(185 * day)
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				if _, err := tx.Opportunity(o.ID); !errors.Is(err, ErrNotFound) {
					t.Errorf("it is still there: %v", err)
				}
				return nil
			}))
		})
	})
}

// hears takes up contact again with a partner that was silent.
func (h *house) hears(host string) {
	h.update(func(tx *store.Tx) error { return PartnerContact(tx, host) })
}

func TestThirtyRequestsAreDirectedToOnePartnerInAMonth(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.ally("b.example")
		h.ally("c.example")
		for i := range 30 {
			_, err := h.directs(h.manager, func(o *Opportunity) { o.Hosts = []string{"b.example", "c.example"} })
			h.must(err)
			if i%3 != 2 {
				continue
			}
			h.update(func(tx *store.Tx) error { // the next organization
				sent, err := tx.DirectedRequests(time.Time{})
				for _, o := range sent[:3] {
					other, e := MirrorOrganization(tx, Organization{Name: fmt.Sprint(i), IRI: fmt.Sprint("https://x.example/", i), Origin: "x.example"})
					o.Organization = other.ID
					err = errors.Join(err, e, tx.PutOpportunity(&o))
				}
				return err
			})
		}
		_, err := h.directs(h.manager, nil)
		h.refusedAt("one more", err, "hosts")
	})
}

func TestADirectedRequestComesFromAPartner(t *testing.T) {
	eachHouse(t, func(h *house) {
		p := h.ally("b.example")
		org := h.visits(p, "werkstatt")
		ada, minor, unasked := h.willing("27-59"), h.willing("16-17"), h.person()
		o, err := h.reaches(p, org, "1", nil)
		h.must(err)
		if o.State != Published || o.Thing().Public || o.Origin != p.Host || !o.Submitted.Equal(h.clock.Now().Add(-time.Second)) {
			t.Fatalf("got %+v", o)
		}
		h.mails()
		if n := h.invites(o, ada, minor, unasked, ada); n != 1 || h.invitation(ada).State != InvitationDelivered {
			t.Fatalf("invited %d", n)
		}
		h.want("told", strings.Join(h.mails(), " "), MailInvitation)
		if n := h.invites(o, ada); n != 0 {
			t.Errorf("asked again")
		}
		t.Run("what is not newer changes nothing, and what is new nothing that was decided here", func(t *testing.T) {
			same, err := h.reaches(p, org, "1", func(n *Opportunity) { n.Title, n.Published = "Etwas anderes", o.Published })
			h.must(err)
			h.want("title", same.Title, o.Title)
			newer, err := h.reaches(p, org, "1", func(n *Opportunity) {
				n.Title, n.Published, n.Updated = "Etwas anderes", o.Published.Add(time.Second), h.clock.Now()
			})
			h.must(err)
			if newer.Title != "Etwas anderes" || newer.ID != o.ID || !newer.Expires.Equal(o.Published.Add(14*day)) || !newer.Submitted.Equal(o.Submitted) {
				t.Errorf("got %+v", newer)
			}
			h.want("the invitation", string(h.invitation(ada).State), string(InvitationDelivered))
		})
		t.Run("three of an organization and thirty of a partner in a month, taken back or not", func(t *testing.T) {
			for _, key := range []string{"2", "3"} {
				o, err := h.reaches(p, org, key, nil)
				h.must(err)
				h.update(func(tx *store.Tx) error { return UnmirrorOpportunity(tx, o.IRI) })
			}
			if _, err := h.reaches(p, org, "4", nil); !errors.Is(err, ErrTooMany) {
				t.Errorf("a fourth: %v", err)
			}
			for i := range 9 {
				other := h.visits(p, fmt.Sprint("verein", i))
				for j := range 3 {
					_, err := h.reaches(p, other, fmt.Sprint(j), nil)
					h.must(err)
				}
			}
			if _, err := h.reaches(p, h.visits(p, "letzter"), "1", nil); !errors.Is(err, ErrTooMany) {
				t.Errorf("the 31st: %v", err)
			}
			elsewhere := h.ally("c.example")
			_, err := h.reaches(elsewhere, h.visits(elsewhere, "andere"), "1", nil)
			h.must(err)
		})
	})
}

func TestWhoIsInvitedDecides(t *testing.T) {
	eachHouse(t, func(h *house) {
		p := h.ally("b.example")
		org := h.visits(p, "werkstatt")
		o, err := h.reaches(p, org, "1", nil)
		h.must(err)
		ada, ben, cem := h.willing("27-59"), h.willing("18-26"), h.willing("60-plus")
		if n := h.invites(o, ada, ben, cem); n != 3 {
			t.Fatalf("invited %d", n)
		}
		h.wire()
		h.mails()

		h.update(func(tx *store.Tx) error {
			_, err := SeeInvitation(tx, ada, h.invitation(ada).ID)
			return err
		})
		h.want("opened", string(h.invitation(ada).State), string(InvitationSeen))
		for what, try := range map[string]func(*store.Tx) error{
			"see":     func(tx *store.Tx) error { _, err := SeeInvitation(tx, ben, h.invitation(ada).ID); return err },
			"decline": func(tx *store.Tx) error { return DeclineInvitation(tx, ben, h.invitation(ada).ID, true) },
			"accept": func(tx *store.Tx) error {
				_, err := AcceptInvitation(tx, ben, h.invitation(ada).ID, Card{"name": "x"}, nil)
				return err
			},
		} {
			if err := h.s.Update(ctx, try); !errors.Is(err, ErrNotFound) {
				t.Errorf("somebody else may %s: %v", what, err)
			}
		}

		t.Run("yes", func(t *testing.T) {
			err := h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := AcceptInvitation(tx, ada, h.invitation(ada).ID, Card{}, nil)
				return err
			})
			h.refusedAt("nothing released", err, "fields")
			m, err := h.accepts(ada)
			h.must(err)
			if m.State != ContactShared || m.Direction != "invitation" || m.Person == "" || m.Card["name"] == "" || m.StepSent != 2 || m.Origin != p.Host {
				t.Errorf("got %+v", m)
			}
			h.want("on the wire", strings.Join(h.wire(), " "), WireMatch+" "+WireMatch)
			if i := h.invitation(ada); i.State != InvitationAccepted || i.Request != m.ID {
				t.Errorf("got %+v", i)
			}
			if _, err := h.accepts(ada); !errors.Is(err, ErrConflict) {
				t.Errorf("twice: %v", err)
			}
		})
		t.Run("no, and never again: nobody learns of it", func(t *testing.T) {
			h.declines(ben, false)
			h.declines(cem, true)
			h.want("answers", string(h.invitation(ben).State+" "+h.invitation(cem).State), "declined declined")
			h.want("told", strings.Join(append(h.wire(), h.mails()...), " "), "")
			if n := h.invites(o, ben); n != 0 {
				t.Errorf("asked for the same once more")
			}
			next, err := h.reaches(p, org, "2", nil)
			h.must(err)
			if n := h.invites(next, ada, ben, cem); n != 2 {
				t.Errorf("invited %d: who has answered may be asked by the same organization again, who said never may not", n)
			}
		})
		t.Run("no answer: not by the same organization for a quarter", func(t *testing.T) {
			third, err := h.reaches(p, org, "3", nil)
			h.must(err)
			if n := h.invites(third, ben); n != 0 {
				t.Errorf("invited %d", n)
			}
			others := h.visits(p, "andere")
			fourth, err := h.reaches(p, others, "1", nil)
			h.must(err)
			if n := h.invites(fourth, ben); n != 1 {
				t.Errorf("another organization invites %d", n)
			}
			h.declines(ben, false)
			fifth, err := h.reaches(p, others, "2", nil)
			h.must(err)
			if n := h.invites(fifth, ben); n != 0 {
				t.Errorf("a fourth time in a month: %d", n)
			}
		})
		t.Run("the end: who was asked cannot say yes any more, and who has said it is talked to", func(t *testing.T) {
			h.clock.Forward(14 * day)
			if _, err := h.accepts(ada); !errors.Is(err, ErrGone) {
				t.Errorf("a yes before the timer has seen it: %v", err)
			}
			h.passes(0)
			h.want("the request", string(h.fresh(o.ID).State), string(Expired))
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				list, err := tx.InvitationsOf(ben.Account)
				if len(list) != 3 || slices.ContainsFunc(list, Invitation.Open) {
					t.Errorf("still open: %+v", list)
				}
				return err
			}))
			if _, err := h.accepts(ben); !errors.Is(err, ErrConflict) {
				t.Errorf("a late yes: %v", err)
			}
			h.hears(p.Host)
			h.passes(60 * day)
			h.hears(p.Host)
			h.passes(30 * day)
			h.want("with an open talk", string(h.fresh(o.ID).State), string(Expired))
		})
	})
}

func TestNobodyIsInvited(t *testing.T) {
	for name, change := range map[string]func(h *house, p *Partner, o *Opportunity, org *Organization) error{
		"at night": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			h.clock.Forward(9 * time.Hour) // 20:00
			return nil
		},
		"on a Sunday": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			h.clock.Forward(4 * day)
			return nil
		},
		"after the service was switched off": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := AllowDirected(tx, System, p.Host, false); return err })
		},
		"while the partner is paused": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := SetPartner(tx, System, p.Host, "geprueft", true, "")
				return err
			})
		},
		"after the partnership": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := EndPartner(tx, System, p.Host); return err })
		},
		"for what a center declined": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := DeclineDirected(tx, Actor{Account: "adviser", Roles: []Role{Adviser}}, o.ID)
				return err
			})
		},
		"for an organization hidden here": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return SuspendOrganization(tx, System, org.ID, true, "Betrug") })
		},
		"for what was taken back": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return UnmirrorOpportunity(tx, o.IRI) })
		},
		"when the places are full": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			_, err := h.reaches(*p, *org, "1", func(n *Opportunity) { n.State, n.Updated = Filled, h.clock.Now() })
			return err
		},
		"when federation is off": func(h *house, p *Partner, o *Opportunity, org *Organization) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				i, err := tx.Instance()
				if err != nil {
					return err
				}
				i.Mode = "off"
				return tx.PutInstance(&i)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachHouse(t, func(h *house) {
				p := h.ally("b.example")
				org := h.visits(p, "werkstatt")
				o, err := h.reaches(p, org, "1", nil)
				h.must(err)
				early, late := h.willing("27-59"), h.willing("27-59")
				if h.invites(o, early) != 1 {
					t.Fatal("nobody is invited before")
				}
				h.must(change(h, &p, &o, &org))
				err = h.s.Update(ctx, func(tx *store.Tx) error {
					n, err := Invite(tx, o.ID, []ID{late.Account})
					if n != 0 {
						t.Errorf("invited %d", n)
					}
					return err
				})
				if err != nil && !errors.Is(err, ErrNotFound) { // the copy is erased
					t.Error(err)
				}
				if name == "at night" || name == "on a Sunday" {
					return
				}
				if _, err := h.accepts(early); err == nil {
					t.Error("who was invited before can still say yes")
				}
				stays := name == "for an organization hidden here" || name == "while the partner is paused" || name == "when federation is off"
				if h.invitation(early).Open() != stays {
					t.Errorf("the invitation of before is %+v", h.invitation(early))
				}
				if name != "for what a center declined" {
					return
				}
				err = h.s.Update(ctx, func(tx *store.Tx) error { _, err := DeclineDirected(tx, System, o.ID); return err })
				if !errors.Is(err, ErrConflict) {
					t.Errorf("declined twice: %v", err)
				}
			})
		})
	}
}

func TestAPermissionToInviteIsForAYear(t *testing.T) {
	eachHouse(t, func(h *house) {
		who := h.willing("27-59")
		allowed := func() bool {
			var p Profile
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				p, err = tx.Profile(who.Account)
				return err
			}))
			return p.Reachable(ByPartnerInstances, h.clock.Now())
		}
		h.update(func(tx *store.Tx) error { _, err := WithdrawOpportunity(tx, h.manager, h.o.ID); return err })
		h.mails()
		h.lives(who, 334*day)
		h.want("a month before", strings.Join(h.mails(), " "), "")
		h.passes(2 * day)
		h.want("then", strings.Join(h.mails(), " "), MailInviteRemind)
		if !allowed() {
			t.Error("the reminder ends it")
		}
		h.passes(30 * day)
		if allowed() || len(h.mails()) != 0 {
			t.Error("it goes on")
		}
		minor := h.person()
		err := h.s.Update(ctx, func(tx *store.Tx) error { return AllowReach(tx, minor, ByPartnerInstances, true) })
		h.refusedAt("somebody who has not said how old they are", err, string(ByPartnerInstances))
		h.update(func(tx *store.Tx) error { return AllowReach(tx, who, ByPartnerInstances, true) })
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(who.Account)
			if err != nil {
				return err
			}
			p.AgeBand = "16-17"
			return SaveProfile(tx, who, &p)
		})
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(who.Account)
			if err != nil {
				return err
			}
			p.AgeBand = "27-59"
			return SaveProfile(tx, who, &p)
		})
		if allowed() {
			t.Error("it survives a younger age")
		}
		if p := (Profile{AgeBand: "16-17", Consents: []Consent{{Purpose: ByPartnerInstances, Until: h.clock.Now().Add(day)}}}); p.Reachable(ByPartnerInstances, h.clock.Now()) {
			t.Error("a minor may be invited")
		}
	})
}

// The organization's side: the answer to an invitation is in contact_wanted at once, and the card makes it contact_shared.
func TestAnAnswerFromAPartner(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.ally("b.example")
		o, err := h.directs(h.manager, nil)
		h.must(err)
		answer := func(n int) (m MatchRequest) {
			h.update(func(tx *store.Tx) (err error) {
				m, err = ReceiveOffer(tx, MatchRequest{
					Home: "b.example", Person: fmt.Sprint("https://b.example/ap/person/", n), Offer: fmt.Sprint("https://b.example/ap/activity/", n), Opportunity: o.ID,
					Direction: "invitation", Quantity: 1, Via: "direkt", ExpiresAt: tx.Now().Add(14 * day), StepSeen: 1,
				})
				return err
			})
			return h.request(m)
		}
		h.mails()
		m := answer(1)
		if m.State != ContactWanted || m.Direction != "invitation" || !slices.Equal(m.Ask, o.Project.Ask) {
			t.Fatalf("got %+v", m)
		}
		h.want("told", strings.Join(h.mails(), " "), "")
		h.update(func(tx *store.Tx) error {
			_, err := m.Receive(tx, Step{Event: EventRelease, Number: 2, Until: tx.Now().Add(day)}, Card{"name": "Vorname N."})
			return err
		})
		h.want("after the card", h.states(m), string(ContactShared))
		h.want("told", strings.Join(h.mails(), " "), MailRequestChanged)
		second := answer(2)
		h.update(func(tx *store.Tx) error {
			_, err := second.Receive(tx, Step{Event: EventRelease, Number: 2, Until: tx.Now().Add(day)}, Card{"name": "Zweite N."})
			return err
		})
		for _, m := range []MatchRequest{m, second} {
			h.must(h.answers(h.request(m), EventAgree))
		}
		h.want("with both", string(h.fresh(o.ID).State), string(Filled))
		h.want("a third", string(answer(3).State), string(Declined))

		t.Run("the end leaves the talks alone, and taking it back does not", func(t *testing.T) {
			h.passes(15 * day)
			h.want("the request", string(h.fresh(o.ID).State), string(Expired))
			h.want("the talks", h.states(m, second), "agreed agreed")
			h.hears("b.example")
			h.passes(60 * day)
			h.hears("b.example")
			h.passes(31 * day)
			h.want("much later", string(h.fresh(o.ID).State)+" "+h.states(m), "expired agreed")
			h.update(func(tx *store.Tx) error { _, err := WithdrawOpportunity(tx, h.manager, o.ID); return err })
			h.want("taken back", h.states(m, second), "canceled canceled")
		})
	})
}
