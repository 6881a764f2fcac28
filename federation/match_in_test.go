package federation_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// stateTable is the table of protocol.md §5.7: "=" stays, "." has no effect. TA to CF come from the owner, CARD to UO from the asker.
const stateTable = `
state          Offer TA             TR         AC     RJ       UA       CF        CARD           DC             UO
interested     .     contact_wanted waitlisted agreed declined canceled completed .              .              withdrawn
contact_wanted .     =              waitlisted agreed declined canceled completed contact_shared =              withdrawn
waitlisted     .     contact_wanted =          agreed declined canceled completed =              =              withdrawn
contact_shared .     =              waitlisted agreed declined canceled completed =              contact_wanted withdrawn
agreed         .     .              .          =      .        canceled completed =              =              withdrawn
completed      .     .              .          .      .        .        =         .              =              .
declined       .     .              .          .      .        .        .         .              =              .
canceled       .     .              .          .      .        .        .         .              =              .
withdrawn      .     .              .          .      .        .        .         .              =              .
expired        .     .              .          .      .        .        .         .              =              .
`

var fromOwner = map[string]bool{"TA": true, "TR": true, "AC": true, "RJ": true, "UA": true, "CF": true}

// conversation is one match request with both actors, for whom activities can be made.
type conversation struct {
	h                    *house
	request              engagement.MatchRequest
	offer, intent        string
	organization, person string // ids
	agreement, accept    string
	theirs               *fedtest.Actor // who signs for the other side
	keyID                string
	step                 int
	organizationSide     bool
}

// activity is the one a column of the table means, as its sender would send it.
func (c *conversation) activity(column string) map[string]any {
	c.step++
	match := map[string]any{"seestern:version": 1, "seestern:step": c.step, "seestern:offer": c.offer}
	about := func(members map[string]any) map[string]any { return with(map[string]any{"object": c.offer}, members) }
	commitment := map[string]any{"type": "Commitment", "satisfies": c.intent, "resourceQuantity": map[string]any{"hasUnit": "one", "hasNumericalValue": "1"}}
	var members map[string]any
	switch column {
	case "Offer":
		members = map[string]any{"type": "Offer", "id": c.offer, "object": map[string]any{"type": "Agreement", "stipulates": commitment}}
	case "TA":
		members = about(map[string]any{"type": "TentativeAccept"})
		match["seestern:ask"] = []string{"name", "email"}
	case "TR":
		members = about(map[string]any{"type": "TentativeReject"})
	case "AC":
		members = about(map[string]any{"type": "Accept", "id": c.accept, "result": map[string]any{
			"type": "Agreement", "id": c.agreement, "attributedTo": c.organization, "stipulates": commitment,
		}})
	case "RJ":
		members = about(map[string]any{"type": "Reject"})
	case "UA":
		members = map[string]any{"type": "Undo", "object": c.accept}
	case "CF":
		members = map[string]any{"type": "Create", "object": map[string]any{
			"type": "Document", "id": c.agreement + "#confirmation", "attributedTo": c.organization, "context": c.agreement,
			"effortQuantity": map[string]any{"hasUnit": "hour", "hasNumericalValue": "9"},
		}}
	case "CARD":
		members = map[string]any{"type": "Create", "object": map[string]any{
			"type": "Profile", "id": c.person + "#card", "attributedTo": c.person, "describes": c.person, "endTime": c.h.stamp(30 * 24 * time.Hour),
			"attachment": []any{map[string]any{"type": "PropertyValue", "name": "name", "value": "Vorname N."}},
		}}
	case "DC":
		members = map[string]any{"type": "Delete", "object": c.person + "#card"}
	case "UO":
		members = about(map[string]any{"type": "Undo"})
	}
	actor, to := c.organization, c.person
	if !fromOwner[column] {
		actor, to = to, actor
	}
	return c.theirs.Activity("", nil, with(map[string]any{"actor": actor, "to": []string{to}, "seestern:match": match}, members))
}

// send posts an activity, signed by the other side, whoever it says it is of.
func (c *conversation) send(activity map[string]any) int {
	return c.theirs.PostSigned(c.h.base.Inbox(), activity, fedtest.Signing{KeyID: c.keyID}).Status
}

// now is the request as it is stored.
func (c *conversation) now() engagement.MatchRequest { return c.h.peer.request(c.request.ID) }

// atOrigin is a request for our opportunity in a state, of a person of good.test that nobody has asked for anything before.
func (h *house) atOrigin(state engagement.RequestState) *conversation {
	h.t.Helper()
	them := h.world.Host("good.test").Actor("somebody")
	n := h.world.NewID()
	person := fmt.Sprintf("https://good.test/p/%d", n)
	document := them.Document()
	document["id"], document["type"], document["inbox"] = person, "Person", person+"/inbox"
	document["publicKey"].(map[string]any)["id"], document["publicKey"].(map[string]any)["owner"] = person+"#main-key", person
	them.Host.Document(fmt.Sprintf("/p/%d", n), document)
	c := &conversation{
		h: h, theirs: them, keyID: person + "#main-key", person: person, organization: h.orgIRI(), intent: h.oppIRI() + "#primary",
		offer: person + "/offer", organizationSide: true,
	}
	h.update(func(tx *store.Tx) error {
		c.request = h.prepared(tx, state)
		m := &c.request
		m.Home, m.Person, m.Offer, m.Opportunity, m.Organization = "good.test", person, c.offer, h.opp.ID, h.org.ID
		m.Accept, m.Agreement = tx.NewSecretID(), string(tx.NewSecretID())
		c.accept, c.agreement = h.base.ActivityID(m.Accept), h.base.ID(federation.KindAgreement, m.Agreement)
		if state == engagement.Interested {
			m.Ask, m.Accept = nil, ""
		}
		return tx.PutMatchRequest(m)
	})
	c.send(them.Activity("View", h.oppIRI(), map[string]any{"actor": person}))
	return c
}

// atHome is a request of a volunteer of ours for an opportunity of good.test.
func (h *house) atHome(state engagement.RequestState) *conversation {
	h.t.Helper()
	them := h.actor("good.test", "org", indexable)
	const opportunity = "https://good.test/opp/match"
	if _, there := h.copied(opportunity); !there {
		h.want(them, carry(them, "Create", h.proposal(them, "/opp/match")), 202)
	}
	n := h.world.NewID()
	c := &conversation{
		h: h, theirs: them, keyID: them.KeyID, organization: them.ID, intent: opportunity + "#primary",
		accept: fmt.Sprintf("https://good.test/accept/%d", n), agreement: fmt.Sprintf("https://good.test/agreement/%d", n),
	}
	copied, _ := h.copied(opportunity)
	h.update(func(tx *store.Tx) error {
		c.request = h.prepared(tx, state)
		m := &c.request
		offer := tx.NewSecretID()
		m.Origin, m.Person, m.Offer, m.Opportunity, m.Organization = "good.test", tx.NewToken(), h.base.ActivityID(offer), copied.ID, copied.Organization
		m.Contact, m.AgeBand, m.Lang = engagement.Contact{Name: "N", Email: fmt.Sprintf("v%d@mail.example", n)}, "ab-18", "de"
		c.person, c.offer = h.base.PersonID(*m), m.Offer
		if !m.AgreedAt.IsZero() {
			m.AcceptIRI, m.Agreement = c.accept, c.agreement
		}
		return tx.PutMatchRequest(m)
	})
	return c
}

// prepared is a request in a state, with what a request in that state has.
func (h *house) prepared(tx *store.Tx, state engagement.RequestState) engagement.MatchRequest {
	now := tx.Now()
	code, err := tx.NewCode()
	h.check(err)
	m := engagement.MatchRequest{
		ID: tx.NewSecretID(), Number: "A-" + strings.ToUpper(code), Direction: "interest", Material: 1, Via: "direkt", Quantity: 1, State: state, SentAt: now, Created: now,
		Updated: now, ExpiresAt: now.Add(14 * 24 * time.Hour), Ask: []string{"name"},
	}
	if state == engagement.ContactShared || state == engagement.Agreed {
		m.Card, m.CardUntil = engagement.Card{"name": "Vorname"}, now.Add(24*time.Hour)
	}
	if state == engagement.Agreed || state == engagement.Completed || state == engagement.Canceled {
		m.AgreedAt = now
	}
	if state.Final() {
		m.EndedAt = now
	}
	return m
}

func TestC5TheStateTable(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(stateTable), "\n")
	columns := strings.Fields(lines[0])[1:]
	eachHouse(t, func(t *testing.T, h *house) {
		for _, line := range lines[1:] {
			row := strings.Fields(line)
			state := engagement.RequestState(row[0])
			for i, column := range columns {
				for side, open := range map[string]func(engagement.RequestState) *conversation{"origin": h.atOrigin, "home": h.atHome} {
					c, cell := open(state), row[i+1]
					want := engagement.RequestState(strings.NewReplacer("=", row[0], ".", row[0]).Replace(cell))
					// An activity of this side, which the other side only pretends to be, has no effect here.
					pretended := fromOwner[column] == c.organizationSide
					if pretended {
						cell, want = ".", state
					}
					h.clock.Forward(time.Second) // the limit of activities fills up again
					before := c.now()
					status := c.send(c.activity(column))
					after := c.now()
					name := fmt.Sprintf("%s in %s at %s", column, state, side)
					if wantStatus := map[bool]int{true: 401, false: 202}[pretended]; status != wantStatus {
						t.Errorf("%s: got status %d, want %d", name, status, wantStatus)
					}
					if after.State != want {
						t.Errorf("%s: got %s, want %s", name, after.State, want)
					}
					if cell == "." && !reflect.DeepEqual(before, after) {
						t.Errorf("%s: it had an effect: %s", name, cmp.Diff(before, after))
					}
					if cell == "=" && before.Version == after.Version {
						t.Errorf("%s: it had no effect", name)
					}
					if (column == "DC" || column == "UO") && cell != "." && len(after.Card) > 0 {
						t.Errorf("%s: the card is kept", name)
					}
				}
			}
		}
	})
}

// Whom moderators have stopped gets nobody's contact data: who gives it is told no. Its own inbox is closed meanwhile; that of the instance,
// where everything may arrive, is not.
func TestASuspendedOrganizationGetsNoCard(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		wanted, shared := h.atOrigin(engagement.ContactWanted), h.atOrigin(engagement.ContactShared)
		h.update(func(tx *store.Tx) error {
			return engagement.SuspendOrganization(tx, engagement.System, h.org.ID, true, "Betrug")
		})
		wanted.send(wanted.activity("CARD"))
		if m := wanted.now(); m.State != engagement.Declined || len(m.Card) > 0 || m.Reason != "angebot-beendet" {
			t.Errorf("the request is %s (%s) with %v", m.State, m.Reason, m.Card)
		}
		shared.send(shared.activity("CARD")) // that may hold less than the one before
		if m := shared.now(); m.State != engagement.ContactShared {
			t.Errorf("another one is %s", m.State)
		}
	})
}

func TestC5NotesOfTheTable(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		t.Run("² an Offer that was withdrawn before it came has no effect", func(t *testing.T) {
			helper := h.actor("good.test", "p2")
			offer := h.offer(helper)
			h.want(helper, helper.Activity("Undo", offer["id"], map[string]any{"to": []string{h.orgIRI()}}), 202)
			h.unchanged(func() { h.want(helper, offer, 202) })
		})
		t.Run("⁴ a card that nobody asked for is not stored", func(t *testing.T) {
			c := h.atOrigin(engagement.Interested)
			h.unchanged(func() { c.send(c.activity("CARD")) })
		})
		t.Run("⁵ off the waiting list with a card there is nothing to release", func(t *testing.T) {
			c := h.atHome(engagement.Waitlisted)
			h.update(func(tx *store.Tx) error {
				m, err := tx.MatchRequest(c.request.ID)
				m.Card = engagement.Card{"name": "x"}
				if err != nil {
					return err
				}
				return tx.PutMatchRequest(&m)
			})
			c.send(c.activity("TA"))
			if got := c.now().State; got != engagement.ContactShared {
				t.Errorf("got %s", got)
			}
		})
		t.Run("⁶ another agreement is ignored", func(t *testing.T) {
			c := h.atHome(engagement.Agreed)
			c.accept, c.agreement = c.accept+"/x", c.agreement+"/x"
			h.unchanged(func() {
				c.send(c.activity("AC"))
				c.send(c.activity("CF"))
			})
		})
		t.Run("⁸ an organization that has not heard of the end is told again, once a day", func(t *testing.T) {
			c := h.atHome(engagement.WithdrawnRequest)
			h.unchanged(func() { c.send(c.activity("TA")) })
			h.clock.Forward(25 * time.Hour)
			for range 3 {
				c.send(c.activity("TA"))
			}
			settle(t, h.peer)
			undone := 0
			for _, a := range of("Undo", h.world.Host("good.test").Actor("org").Inbox()) {
				if a.JSON["object"] == c.offer {
					undone++
				}
			}
			if undone != 1 {
				t.Errorf("told %d times, want once", undone)
			}
		})
		t.Run("⁹ a confirmation completes what was agreed and then withdrawn", func(t *testing.T) {
			c := h.atHome(engagement.Agreed)
			h.update(func(tx *store.Tx) error {
				_, err := engagement.WithdrawRequest(tx, engagement.Actor{Request: c.request.ID}, c.request.ID, "")
				return err
			})
			c.send(c.activity("CF"))
			if got := c.now(); got.State != engagement.Completed || got.Worked.Hours != 9 {
				t.Errorf("got %s, worked %+v", got.State, got.Worked)
			}
		})
		t.Run("a step that is not newer is ignored", func(t *testing.T) {
			c := h.atHome(engagement.Interested)
			ask, wait := c.activity("TA"), c.activity("TR")
			c.send(wait)
			h.unchanged(func() { c.send(ask) })
		})
	})
}

func TestRulesForOffers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		n := 0
		helper := func() *fedtest.Actor {
			n++
			return h.actor("good.test", fmt.Sprintf("p%d", n))
		}
		for name, members := range map[string]map[string]any{
			"M2 to two":                   {"to": []string{h.orgIRI(), h.base.OrganizationID(h.other)}},
			"M2 with a copy to everybody": {"cc": []string{public}},
			"M2 to somebody else":         {"to": []string{"https://good.test/u/x"}},
			"M3 that wants something in return": {"object": map[string]any{
				"type": "Agreement", "stipulates": h.commitment(), "stipulatesReciprocal": h.commitment(),
			}},
			"M4 to another organization": {"to": []string{h.base.OrganizationID(h.other)}},
			"M4 for nothing": {"object": map[string]any{"type": "Agreement", "stipulates": with(h.commitment(), map[string]any{
				"satisfies": h.base.ID(federation.KindOpportunity, "01890a5d-ac96-774b-bcce-b302099a8057") + "#primary",
			})}},
			"M5 for half a person": {"object": map[string]any{"type": "Agreement", "stipulates": with(h.commitment(), map[string]any{
				"resourceQuantity": map[string]any{"hasUnit": "one", "hasNumericalValue": "0.5"},
			})}},
			"M6 that has ended":        {"endTime": h.stamp(-time.Hour)},
			"M6 for a year":            {"endTime": h.stamp(365 * 24 * time.Hour)},
			"M7 with a long text":      {"content": strings.Repeat("x", 1001)},
			"M11 that answers nothing": {"seestern:match": map[string]any{"seestern:direction": "invitation"}},
		} {
			t.Run("an Offer "+name+" has no effect", func(t *testing.T) {
				p := helper()
				h.unchanged(func() { h.want(p, h.offer(p, members), 202) })
			})
		}
		for name, change := range map[string]func(*engagement.Partner){
			"paused":    func(p *engagement.Partner) { p.State = engagement.PartnerPaused },
			"ended":     func(p *engagement.Partner) { p.State = engagement.PartnerEnded },
			"requested": func(p *engagement.Partner) { p.State = engagement.PartnerRequested },
			"read-only": func(p *engagement.Partner) { p.Level = "nur-lesen" },
			"blocked":   func(p *engagement.Partner) { p.Level = "gesperrt" },
		} {
			t.Run("M1 a partner that is "+name+" is refused", func(t *testing.T) {
				h.befriend(name+".test", change)
				p := h.world.Host(name + ".test").Actor("p")
				if got := p.Post(h.base.Inbox(), h.offer(p)).Status; got != 403 || len(h.requests()) != 0 {
					t.Errorf("got status %d and %d requests", got, len(h.requests()))
				}
			})
		}
		t.Run("M5 more than are free wait", func(t *testing.T) {
			p := helper()
			h.want(p, h.offer(p, map[string]any{"object": map[string]any{"type": "Agreement", "stipulates": with(h.commitment(), map[string]any{
				"resourceQuantity": map[string]any{"hasUnit": "one", "hasNumericalValue": "3"},
			})}}), 202)
			if m := h.requestFor(h.opp.ID); m.State != engagement.Waitlisted || m.Quantity != 3 {
				t.Errorf("got %s for %d", m.State, m.Quantity)
			}
			settle(t, h.peer)
			if got := of("TentativeReject", p.Inbox()); len(got) != 1 {
				t.Errorf("got %v", p.Inbox())
			}
		})
		t.Run("M9 the first of two with one id stays", func(t *testing.T) {
			p := helper()
			first := h.offer(p, map[string]any{"content": "<p>eins</p>"})
			h.want(p, first, 202)
			h.unchanged(func() { h.want(p, with(with(map[string]any{}, first), map[string]any{"content": "<p>zwei</p>"}), 202) })
		})
		t.Run("M4 an ended opportunity is answered", func(t *testing.T) {
			ended := h.opportunity(h.org, "Schon vorbei: Vorlesen im Sommer")
			h.update(func(tx *store.Tx) error {
				o, err := tx.Opportunity(ended.ID)
				o.State = engagement.Withdrawn
				if err != nil {
					return err
				}
				return tx.PutOpportunity(&o)
			})
			p := helper()
			h.want(p, h.offer(p, map[string]any{"object": map[string]any{"type": "Agreement", "stipulates": with(h.commitment(), map[string]any{
				"satisfies": h.base.OpportunityID(ended) + "#primary",
			})}}), 202)
			settle(t, h.peer)
			if got := of("Reject", p.Inbox()); len(got) != 1 {
				t.Errorf("got %v", p.Inbox())
			}
		})
		t.Run("M10 the thirty-first open one is refused by its organization", func(t *testing.T) {
			busy := h.opportunity(h.org, "Vorlesen für sehr viele", func(o *engagement.Opportunity) { o.Capacity = 100 })
			h.update(func(tx *store.Tx) error {
				for i := range 30 {
					m := h.prepared(tx, engagement.Interested)
					m.Home, m.Person, m.Offer = "good.test", fmt.Sprintf("https://good.test/crowd/%d", i), fmt.Sprintf("https://good.test/offer/%d", i)
					m.Opportunity, m.Organization = busy.ID, h.org.ID
					if err := tx.PutMatchRequest(&m); err != nil {
						return err
					}
				}
				return nil
			})
			p := helper()
			h.want(p, h.offer(p, map[string]any{"object": map[string]any{"type": "Agreement", "stipulates": with(h.commitment(), map[string]any{
				"satisfies": h.base.OpportunityID(busy) + "#primary",
			})}}), 202)
			settle(t, h.peer)
			if got := of("Reject", p.Inbox()); len(got) != 1 {
				t.Errorf("got %v", p.Inbox())
			}
		})
	})
}

func TestOneActorAsksForSeveral(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		wide := h.opportunity(h.org, "Vorlesen für viele", func(o *engagement.Opportunity) { o.Capacity = 20 })
		about := func(o engagement.Opportunity) map[string]any {
			return map[string]any{"type": "Agreement", "stipulates": with(h.commitment(), map[string]any{"satisfies": h.base.OpportunityID(o) + "#primary"})}
		}
		matches := func(handle string) map[string]any {
			return map[string]any{"object": about(wide), "seestern:match": map[string]any{"seestern:version": 1, "seestern:step": 1, "seestern:via": "beratung", "seestern:handle": handle}}
		}
		of := func(a *fedtest.Actor) (list []engagement.MatchRequest) {
			h.view(func(tx *store.Tx) (err error) {
				list, err = tx.RequestsOfAsker(a.ID)
				return err
			})
			return list
		}
		center := h.actor("good.test", "center")
		t.Run("a volunteer center, each case once", func(t *testing.T) {
			for _, handle := range []string{"8f1b", "27c0", "8f1b"} {
				h.want(center, h.offer(center, matches(handle)), 202)
				h.clock.Forward(time.Second)
			}
			got := of(center)
			if len(got) != 2 || got[0].Handle != "8f1b" || got[1].Handle != "27c0" || got[0].Via != "beratung" {
				t.Fatalf("got %d requests: %+v", len(got), got)
			}
			h.answer(got[0].ID, engagement.Answer{Event: engagement.EventDecline, Reason: "besetzt"})
			if list := of(center); list[0].State != engagement.Declined || list[1].State != engagement.Interested {
				t.Errorf("got %s and %s", list[0].State, list[1].State)
			}
			h.want(center, h.offer(center, matches("8f1b")), 202)
			if got := of(center); len(got) != 3 {
				t.Errorf("after the answer the case has %d requests", len(got))
			}
		})
		t.Run("U1 a pseudonymous person has one request", func(t *testing.T) {
			p := h.actor("good.test", "person-once", person)
			h.want(p, h.offer(p), 202)
			h.unchanged(func() { h.want(p, h.offer(p, map[string]any{"object": about(wide)}), 202) })
		})
		t.Run("an account of other software asks for one thing after the other", func(t *testing.T) {
			h.befriend("other.test", func(p *engagement.Partner) { p.Capability = "fep-0837" })
			p := h.actor("other.test", "person", person)
			for _, o := range []engagement.Opportunity{h.opp, wide, wide} {
				h.want(p, h.offer(p, map[string]any{"object": about(o)}), 202)
			}
			if got := of(p); len(got) != 2 {
				t.Errorf("got %d requests", len(got))
			}
		})
		t.Run("D7 all its requests end with it", func(t *testing.T) {
			center.SetGone()
			h.want(center, center.Activity("Delete", center.ID), 202)
			settle(t, h.peer)
			for _, m := range of(center) {
				if !m.State.Final() {
					t.Errorf("one is still %s", m.State)
				}
			}
		})
	})
}

func TestRulesForAnswersAndCards(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		t.Run("N2 another organization of the host cannot answer", func(t *testing.T) {
			c := h.atHome(engagement.Interested)
			other := h.actor("good.test", "other")
			for _, column := range []string{"TA", "TR", "AC", "RJ", "UA", "CF"} {
				activity := with(c.activity(column), map[string]any{"actor": other.ID})
				if object, ok := activity["object"].(map[string]any); ok {
					object["attributedTo"] = other.ID
				}
				h.refused(other, activity, 202)
			}
		})
		t.Run("N3 an Accept of something else is not taken", func(t *testing.T) {
			c := h.atHome(engagement.Interested)
			for name, change := range map[string]func(agreement, commitment map[string]any){
				"another opportunity": func(_, m map[string]any) { m["satisfies"] = "https://good.test/opp/else#primary" },
				"two persons": func(_, m map[string]any) {
					m["resourceQuantity"] = map[string]any{"hasUnit": "one", "hasNumericalValue": "2"}
				},
				"somebody else's": func(m, _ map[string]any) { m["attributedTo"] = "https://good.test/u/other" },
				"an id of ours": func(m, _ map[string]any) {
					m["id"] = h.base.ID(federation.KindAgreement, "01890a5d-ac96-774b-bcce-b302099a8057")
				},
				"something in return": func(m, _ map[string]any) { m["stipulatesReciprocal"] = map[string]any{"type": "Commitment"} },
			} {
				t.Run(name, func(t *testing.T) {
					accept := c.activity("AC")
					agreement := accept["result"].(map[string]any)
					change(agreement, agreement["stipulates"].(map[string]any))
					h.unchanged(func() { c.send(accept) })
				})
			}
		})
		t.Run("U1 another person of the host cannot speak for this one", func(t *testing.T) {
			c := h.atOrigin(engagement.ContactShared)
			other := h.actor("good.test", "other")
			for _, column := range []string{"CARD", "DC", "UO"} {
				activity := with(c.activity(column), map[string]any{"actor": other.ID})
				if column == "CARD" {
					object := activity["object"].(map[string]any)
					object["attributedTo"], object["describes"], object["id"] = other.ID, other.ID, other.ID+"#card"
				}
				if column == "DC" {
					activity["object"] = other.ID + "#card"
				}
				h.refused(other, activity, 202)
			}
		})
		t.Run("U2 a card of somebody else, or with nothing on it, is not stored", func(t *testing.T) {
			c := h.atOrigin(engagement.ContactWanted)
			for _, change := range []map[string]any{
				{"describes": "https://good.test/u/other"},
				{"attachment": []any{map[string]any{"type": "PropertyValue", "name": "iban", "value": "DE00"}}},
			} {
				card := c.activity("CARD")
				with(card["object"].(map[string]any), change)
				h.unchanged(func() { c.send(card) })
			}
		})
		t.Run("U2 a card is kept ninety days at most", func(t *testing.T) {
			c := h.atOrigin(engagement.ContactWanted)
			card := c.activity("CARD")
			card["object"].(map[string]any)["endTime"] = h.stamp(400 * 24 * time.Hour)
			c.send(card)
			if m := c.now(); m.Card["name"] != "Vorname N." || m.CardUntil.After(h.clock.Now().Add(90*24*time.Hour+time.Hour)) {
				t.Errorf("got %v until %s", m.Card, m.CardUntil)
			}
		})
	})
}
