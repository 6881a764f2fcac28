package federation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// allows agrees to directed requests with a partner, on this side.
func (s *peer) allows(host string, on bool) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		_, err := engagement.AllowDirected(tx, engagement.System, host, on)
		return err
	})
}

// directs is an organization that asks partners.
func (s *peer) directs(org engagement.Organization, hosts ...string) (o engagement.Opportunity) {
	s.t.Helper()
	s.clock.Forward(time.Second)
	s.update(func(tx *store.Tx) (err error) {
		o = testDirected()
		o.Organization, o.Hosts, o.Expires = org.ID, hosts, tx.Now().Add(10*24*time.Hour)
		o, err = engagement.DirectPartners(tx, engagement.System, o)
		return err
	})
	return o
}

// willing is a volunteer of age who may be invited.
func (s *peer) willing(email string) (who engagement.Actor) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		a := engagement.Account{ID: tx.NewID(), Name: canaryName, Email: email, Phone: canaryPhone, Lang: "de"}
		who = engagement.Actor{Account: a.ID}
		if err := tx.PutAccount(&a); err != nil {
			return err
		}
		if err := engagement.SaveProfile(tx, who, &engagement.Profile{Account: who.Account, AgeBand: "27-59"}); err != nil {
			return err
		}
		return engagement.AllowReach(tx, who, engagement.ByPartnerInstances, true)
	})
	return who
}

func (s *peer) invites(o engagement.Opportunity, people ...engagement.Actor) (n int) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		ids := make([]engagement.ID, len(people))
		for i, who := range people {
			ids[i] = who.Account
		}
		n, err = engagement.Invite(tx, o.ID, ids)
		return err
	})
	return n
}

// invitation is the newest of somebody.
func (s *peer) invitation(who engagement.Actor) (i engagement.Invitation) {
	s.t.Helper()
	s.view(func(tx *store.Tx) error {
		list, err := tx.InvitationsOf(who.Account)
		if err == nil && len(list) > 0 {
			i = list[0]
		}
		return err
	})
	return i
}

func (s *peer) agrees(who engagement.Actor, card engagement.Card) (m engagement.MatchRequest) {
	s.t.Helper()
	id := s.invitation(who).ID
	s.update(func(tx *store.Tx) (err error) {
		m, err = engagement.AcceptInvitation(tx, who, id, card, []string{"language-ok"})
		return err
	})
	return m
}

// opp is an opportunity as it is now.
func (s *peer) opp(id engagement.ID) (o engagement.Opportunity) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		o, err = tx.Opportunity(id)
		return err
	})
	return o
}

// answersTo are the requests for an opportunity.
func (s *peer) answersTo(o engagement.Opportunity) (list []engagement.MatchRequest) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		list, err = tx.RequestsFor(o.ID)
		return err
	})
	return list
}

// C13: directed requests.
func TestARequestIsDirectedToAPartner(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		a.allows("b.test", true)
		b.allows("a.test", true)
		org := a.organization("amt")
		fan := a.world.Host("fan.test").Actor("fan")
		a.follow(org, fan)
		o := a.directs(org, "b.test")
		settle(t, a, b)
		copied, ok := b.copyOf(a, o)
		if !ok || copied.State != engagement.Published || !copied.Directed() || copied.Project.Goal != o.Project.Goal || copied.ContactRole != o.ContactRole ||
			!copied.Expires.Equal(o.Expires) || copied.Description != o.Description || copied.Thing().Public {
			t.Fatalf("the copy is %+v", copied)
		}
		t.Run("nobody else learns of it", func(t *testing.T) {
			if got := of("Create", fan.Inbox()); len(got) != 0 {
				t.Errorf("a follower got %s", got[0].Body)
			}
			iri := a.base.OpportunityID(o)
			stranger := a.world.Host("stranger.test").Actor("reader")
			for who, status := range map[string]int{"nobody": a.get(iri).Status, "a stranger": stranger.Get(iri).Status, "a browser": a.get(iri, "Accept", "text/html").Status} {
				if status != http.StatusNotFound {
					t.Errorf("%s is answered %d", who, status)
				}
			}
			for _, path := range []string{a.base.Opportunities() + "?cursor=0", a.base.OrganizationID(org) + "/outbox?cursor=0"} {
				if got := a.get(path); got.Status != 200 || strings.Contains(string(got.Body), string(o.ID)) {
					t.Errorf("%s: %d %s", path, got.Status, got.Body)
				}
			}
		})
		t.Run("what was lost on the way is found at night", func(t *testing.T) {
			b.update(func(tx *store.Tx) error {
				older := copied
				older.Title, older.Published = "Noch der alte Titel", copied.Published.Add(-time.Hour)
				return tx.PutOpportunity(&older)
			})
			pass(t, 24*time.Hour, 6*time.Hour, a, b)
			if got := b.opp(copied.ID); got.State != engagement.Published || got.Title != o.Title {
				t.Errorf("got %s %q", got.State, got.Title)
			}
		})

		ada, ben := b.willing(canaryEmail), b.willing("ben@mail.example")
		if n := b.invites(copied, ada, ben); n != 2 {
			t.Fatalf("invited %d", n)
		}
		b.update(func(tx *store.Tx) error {
			i, err := tx.InvitationsOf(ben.Account)
			if err != nil {
				return err
			}
			return engagement.DeclineInvitation(tx, ben, i[0].ID, true)
		})
		settle(t, a, b)
		t.Run("an invitation and a no leave no trace on the wire", func(t *testing.T) {
			secrets := []string{canaryName, canaryEmail, canaryPhone, string(ada.Account), string(ben.Account), string(b.invitation(ada).ID), string(b.invitation(ben).ID)}
			if found := traces(a.world, secrets...); len(found) > 0 {
				t.Errorf("found %v", found)
			}
			if got := a.answersTo(o); len(got) != 0 {
				t.Errorf("the organization sees %+v", got)
			}
		})
		home := b.agrees(ada, engagement.Card{"email": canaryEmail})
		settle(t, a, b)
		got := a.answersTo(o)
		if len(got) != 1 {
			t.Fatalf("the organization sees %+v", got)
		}
		atA, atB := states(t, a, b, got[0].ID, home.ID, engagement.ContactShared)
		if atA.Card["email"] != canaryEmail || len(atA.Card) != 1 || atA.Direction != "invitation" || atA.Person != b.base.PersonID(atB) || len(atA.Gates) != 1 {
			t.Errorf("the organization has %+v", atA)
		}
		if found := traces(a.world, canaryName, canaryPhone, string(ada.Account), string(b.invitation(ada).ID)); len(found) > 0 {
			t.Errorf("what was not ticked is in %v", found)
		}
		a.update(func(tx *store.Tx) error {
			_, err := engagement.AnswerRequest(tx, engagement.System, atA.ID, engagement.Answer{Event: engagement.EventAgree})
			return err
		})
		states(t, a, b, atA.ID, home.ID, engagement.Agreed)
		a.clock.Forward(time.Hour) // the number of free places alone is told every ten minutes
		settle(t, a, b)
		if free, _ := b.opp(copied.ID).Free(); free != 1 {
			t.Errorf("the partner knows of %d places", free)
		}
		t.Run("it lapses on both sides, and what was agreed goes on", func(t *testing.T) {
			for range 11 {
				a.clock.Forward(24 * time.Hour)
				a.tick()
				b.tick()
				settle(t, a, b)
			}
			if there, here := a.opp(o.ID).State, b.opp(copied.ID).State; there != engagement.Expired || here != engagement.Expired {
				t.Errorf("got %s and %s", there, here)
			}
			states(t, a, b, atA.ID, home.ID, engagement.Agreed)
		})
		t.Run("taken back, it is gone there, and its id is for who was asked", func(t *testing.T) {
			a.update(func(tx *store.Tx) error {
				_, err := engagement.WithdrawOpportunity(tx, engagement.System, o.ID)
				return err
			})
			states(t, a, b, atA.ID, home.ID, engagement.Canceled)
			if got := b.opp(copied.ID); got.State != engagement.Withdrawn || got.Description != "" {
				t.Errorf("got %+v", got)
			}
			if got := a.get(a.base.OpportunityID(o)).Status; got != http.StatusNotFound {
				t.Errorf("its id answers %d to everybody", got)
			}
			if _, err := b.service.Read(t.Context(), a.base.OpportunityID(o)); !answered(err, http.StatusGone) {
				t.Errorf("who was asked reads %v", err)
			}
		})
	})
}

func TestADirectedRequestIsForWhoWasAsked(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("amt")
		a.allows("b.test", true)
		t.Run("without an agreement there it is not taken", func(t *testing.T) {
			o := a.directs(org, "b.test")
			settle(t, a, b)
			if got, ok := b.copyOf(a, o); ok {
				t.Errorf("got %+v", got)
			}
		})
		b.allows("a.test", true)
		o := a.directs(org, "b.test")
		settle(t, a, b)
		copied, _ := b.copyOf(a, o)
		ada := b.willing(canaryEmail)
		b.invites(copied, ada)
		t.Run("the asked server reads it, with its signature", func(t *testing.T) {
			if _, err := b.service.Read(t.Context(), a.base.OpportunityID(o)); err != nil {
				t.Errorf("got %v", err)
			}
		})
		t.Run("hidden at home, it is closed there", func(t *testing.T) {
			a.clock.Forward(time.Minute)
			a.update(func(tx *store.Tx) error {
				_, err := engagement.DecideOpportunity(tx, engagement.System, o.ID, engagement.DecideHide, "irrefuehrend", "")
				return err
			})
			settle(t, a, b)
			if got := b.opp(copied.ID); got.State != engagement.Expired || strings.Contains(got.Description, "Bürgerwerkstatt") || b.invitation(ada).Open() {
				t.Errorf("got %+v, and the invitation is %s", got, b.invitation(ada).State)
			}
		})
		third := a.directs(org, "b.test")
		settle(t, a, b)
		t.Run("after the end of the partnership nothing of it is there", func(t *testing.T) {
			if _, ok := b.copyOf(a, third); !ok {
				t.Fatal("there is no copy")
			}
			b.update(func(tx *store.Tx) error { _, err := engagement.EndPartner(tx, engagement.System, "a.test"); return err })
			settle(t, a, b)
			if got, ok := b.copyOf(a, third); ok {
				t.Errorf("got %+v", got)
			}
			if _, err := b.service.Read(t.Context(), a.base.OpportunityID(third)); !answered(err, http.StatusNotFound) {
				t.Errorf("it can still read it: %v", err)
			}
		})
	})
}

func answered(err error, status int) bool {
	var e *federation.RequestError
	return errors.As(err, &e) && e.Status == status
}

func TestRulesForDirectedRequests(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.allows("good.test", true)
		h.befriend("other.test")
		office := h.actor("good.test", "amt", indexable)
		number := 0
		directed := func(who *fedtest.Actor, change func(object map[string]any)) map[string]any {
			h.clock.Forward(time.Second)
			number++
			var object map[string]any
			o := testDirected()
			o.Published, o.Confirmed, o.Expires = h.clock.Now(), h.clock.Now(), h.clock.Now().Add(10*24*time.Hour)
			raw, err := json.Marshal(testCodec(t, "https://"+who.Host.Name).DirectedRequest(o, h.org, []string{h.base.Actor()}))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &object); err != nil {
				t.Fatal(err)
			}
			id := who.Host.URL(fmt.Sprint("/o/", number))
			object["id"], object["attributedTo"], object["publishes"].(map[string]any)["id"] = id, who.ID, id+"#primary"
			if change != nil {
				change(object)
			}
			return carry(who, "Create", object)
		}
		project := func(object map[string]any) map[string]any {
			return object["seestern:details"].(map[string]any)["seestern:project"].(map[string]any)
		}
		for name, change := range map[string]func(map[string]any){
			"G1 that is over":                func(o map[string]any) { o["endTime"] = h.clock.Now().Add(-time.Minute).Format(time.RFC3339) },
			"G1 that is closed":              func(o map[string]any) { o["seestern:details"].(map[string]any)["seestern:status"] = "closed" },
			"G2 that is for somebody else":   func(o map[string]any) { o["to"] = []any{"https://else.test/ap/actor"} },
			"G3 without a project":           func(o map[string]any) { delete(o["seestern:details"].(map[string]any), "seestern:project") },
			"G3 without a goal":              func(o map[string]any) { delete(project(o), "seestern:goal") },
			"G3 that wishes no contact data": func(o map[string]any) { project(o)["seestern:ask"] = []any{"birthday"} },
			"O1 of another server":           func(o map[string]any) { o["id"] = "https://else.test/o/1" },
			"O3 that asks for something":     func(o map[string]any) { o["publishes"].(map[string]any)["action"] = "consume" },
		} {
			t.Run("one "+name+" has no effect", func(t *testing.T) {
				h.refused(office, directed(office, change), map[bool]int{true: 400, false: 202}[name == "O1 of another server"])
			})
		}
		t.Run("G2 one of a partner without an agreement has no effect", func(t *testing.T) {
			stranger := h.actor("other.test", "amt", indexable)
			h.refused(stranger, directed(stranger, nil), 202)
		})
		t.Run("G2 one of a program has no effect", func(t *testing.T) {
			program := h.actor("good.test", "programm", func(d map[string]any) { d["type"], d["indexable"] = "Service", true })
			h.refused(program, directed(program, nil), 202)
		})
		came := func() (list []engagement.Opportunity) {
			h.view(func(tx *store.Tx) (err error) {
				list, err = tx.DirectedRequests(time.Time{})
				return err
			})
			return list
		}
		t.Run("G1 it lapses after 14 days, whatever it says", func(t *testing.T) {
			h.want(office, directed(office, func(o map[string]any) { o["endTime"] = h.clock.Now().AddDate(0, 0, 80).Format(time.RFC3339) }), 202)
			if list := came(); len(list) != 1 || !list[0].Expires.Equal(list[0].Published.Add(engagement.DirectedLife)) {
				t.Errorf("got %+v", list)
			}
		})
		t.Run("O5 one that asks for something in return waits for a moderator", func(t *testing.T) {
			h.want(office, directed(office, func(o map[string]any) { o["reciprocal"] = map[string]any{"type": "Intent"} }), 202)
			if list := came(); len(list) != 2 || list[0].State != engagement.Queued || list[0].Reason != "arbeitsplatz-ersatz" {
				t.Errorf("got %+v", list)
			}
		})
		t.Run("G4 three of an organization are taken, also when one was taken back", func(t *testing.T) {
			third := directed(office, nil)
			h.want(office, third, 202)
			h.want(office, office.Activity("Delete", third["object"].(map[string]any)["id"]), 202)
			if list := came(); len(list) != 3 || list[0].State != engagement.Withdrawn {
				t.Errorf("got %+v", list)
			}
			h.refused(office, directed(office, nil), 202)
		})
		t.Run("it never becomes public, and what is public never becomes one", func(t *testing.T) {
			h.clock.Forward(time.Second)
			known := came()[2]
			object := directed(office, nil)["object"].(map[string]any)
			object["id"], object["publishes"].(map[string]any)["id"] = known.IRI, known.IRI+"#primary"
			object["published"], object["updated"] = known.Published.Format(time.RFC3339), h.clock.Now().Format(time.RFC3339)
			object["to"] = []any{public}
			object["seestern:details"].(map[string]any)["seestern:visibility"] = "offen"
			h.refused(office, office.Activity("Update", object, map[string]any{"to": object["to"]}), 202)
		})
		t.Run("a copy of one is not made because somebody points to it", func(t *testing.T) {
			n := len(came())
			office := h.actor("good.test", "zweites-amt", indexable)
			object := directed(office, nil)["object"].(map[string]any)
			instance := h.world.Host("good.test").Actor("instance")
			office.Host.Document(strings.TrimPrefix(object["id"].(string), office.Host.URL("")), with(object, map[string]any{"@context": "https://www.w3.org/ns/activitystreams"}))
			h.want(instance, instance.Activity("Announce", object["id"], map[string]any{"to": []string{public}}), 202)
			settle(t, h.peer)
			if got := len(came()); got != n {
				t.Errorf("got %d, had %d", got, n)
			}
		})
	})
}

func TestRulesForAnswersToDirectedRequests(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.allows("good.test", true)
		h.befriend("other.test")
		asked := h.directs(h.org, "good.test")
		settle(t, h.peer)
		invited := map[string]any{"seestern:match": map[string]any{"seestern:version": 1, "seestern:step": 1, "seestern:direction": "invitation"}}
		answer := func(who *fedtest.Actor, o engagement.Opportunity, more map[string]any) map[string]any {
			commitment := with(h.commitment(), map[string]any{"satisfies": h.base.OpportunityID(o) + "#primary"})
			return h.offer(who, map[string]any{"object": map[string]any{"type": "Agreement", "stipulates": commitment}}, more)
		}
		somebody, elsewhere := h.actor("good.test", "p1", person), h.actor("other.test", "p1", person)
		t.Run("M4 a server that was not asked has nobody to send", func(t *testing.T) {
			h.refused(elsewhere, answer(elsewhere, asked, invited), 202)
		})
		t.Run("M11 nobody shows interest in what is not public", func(t *testing.T) {
			h.refused(somebody, answer(somebody, asked, nil), 202)
		})
		t.Run("M11 nobody is invited to what is public", func(t *testing.T) {
			h.refused(somebody, answer(somebody, h.opp, invited), 202)
		})
		t.Run("a yes is asked for contact data already, and its card is stored", func(t *testing.T) {
			offer := answer(somebody, asked, invited)
			h.want(somebody, offer, 202)
			card := map[string]any{
				"type": "Profile", "id": somebody.ID + "#card", "attributedTo": somebody.ID, "describes": somebody.ID, "to": []string{h.orgIRI()},
				"endTime": h.clock.Now().AddDate(0, 0, 80).Format(time.RFC3339), "attachment": []any{map[string]any{"type": "PropertyValue", "name": "name", "value": "Vorname N."}},
			}
			h.want(somebody, somebody.Activity("Create", card, map[string]any{
				"to": []string{h.orgIRI()}, "seestern:match": map[string]any{"seestern:version": 1, "seestern:step": 2, "seestern:offer": offer["id"]},
			}), 202)
			settle(t, h.peer)
			got := h.answersTo(asked)
			if len(got) != 1 || got[0].State != engagement.ContactShared || got[0].Card["name"] != "Vorname N." {
				t.Fatalf("got %+v", got)
			}
			if sent := of("TentativeAccept", somebody.Inbox()); len(sent) != 0 {
				t.Errorf("it is asked once more: %s", sent[0].Body)
			}
		})
	})
}
