package federation

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
)

const (
	matchLife    = 14 * 24 * time.Hour // of an Offer or a TentativeAccept that does not say
	maxMatchLife = 60 * 24 * time.Hour // of an Offer
	cardSlack    = time.Hour           // between two clocks
)

// Match renders a step of a match request for the other instance: one recipient, everything embedded, nothing that would have to be
// retrieved. It is rendered from the step and not from the present state of the request, except for the card, which is an error
// here once it was taken back.
//
// The Offer's id is that of its event; from then on m.Offer has to hold it.
func (c Codec) Match(e engagement.Event, m engagement.MatchRequest, o engagement.Opportunity, org engagement.Organization) (Doc, error) {
	x := exchange{request: m, person: c.Base.PersonID(m), organization: c.Base.OrganizationID(org), intent: c.Base.OpportunityID(o) + intentFragment}
	x.volunteers, x.owner = x.person, x.organization
	return x.activity(c, e)
}

// MatchHelpOffer renders a step of an organization's answer to a help offer, where the roles are swapped: the organization asks, and
// the center in whose name the help offer is published decides. Only the card comes from the pseudonymous person.
func (c Codec) MatchHelpOffer(e engagement.Event, m engagement.MatchRequest, h engagement.HelpOffer, center, org engagement.Organization) (Doc, error) {
	x := exchange{request: m, person: c.Base.PersonID(m), organization: c.Base.OrganizationID(org), intent: c.Base.HelpOfferID(h) + intentFragment}
	x.volunteers = c.Base.OrganizationID(center)
	x.owner = x.volunteers
	return x.activity(c, e)
}

// activity is one step of the exchange.
func (x exchange) activity(c Codec, e engagement.Event) (Doc, error) {
	m, s := x.request, *e.Step
	if s.Event == engagement.EventExpire {
		s.Event = engagement.EventWithdraw
		if m.OwnerHere() {
			s.Event = engagement.EventDecline
		}
	}
	if m.FromHome(s.Event) != m.HomeHere() || m.HomeHere() == m.OriginHere() {
		return nil, fmt.Errorf("match request %s: %s is not for this side to say", m.ID, s.Event)
	}
	x.codec, x.step, x.at, x.id, x.offer = c, s, e.At, c.Base.ActivityID(e.ID), m.Offer
	if s.Event == engagement.EventSend {
		x.offer = x.id
	}
	if x.offer == "" || x.volunteers == "" {
		return nil, fmt.Errorf("match request %s: no offer was sent", m.ID)
	}
	from, to := x.organization, x.volunteers
	if m.HomeHere() {
		from, to = to, from
	}
	if s.Event == engagement.EventRelease || s.Event == engagement.EventUnshare {
		from = x.person
	}
	said, about, err := x.say()
	if err != nil {
		return nil, fmt.Errorf("match request %s: %w", m.ID, err)
	}
	d := Doc{
		"id": x.id, "actor": from, "to": []string{to}, "published": stamp(e.At), "context": x.offer + matchFragment,
		"content": plainHTML(s.Text),
		"seestern:match": Doc{
			"seestern:version": 1, "seestern:step": s.Number, "seestern:reason": string(s.Reason),
		}.with(about),
	}
	if s.Event != engagement.EventSend {
		d["seestern:match"].(Doc)["seestern:offer"] = x.offer
	}
	return d.with(said), nil
}

// exchange is all that the activities of one match request are made of.
type exchange struct {
	codec   Codec
	request engagement.MatchRequest
	step    engagement.Step
	at      time.Time

	id, person, organization, intent, offer string // ids

	volunteers string // who speaks for the volunteer's side: the person, or the center
	owner      string // who decides
}

// say is what distinguishes the activities: type, object, and what the machine of the other side is told.
func (x exchange) say() (said, about Doc, err error) {
	m, s := x.request, x.step
	switch s.Event {
	case engagement.EventSend:
		about = Doc{
			"seestern:direction": string(m.Direction), "seestern:via": wireVia(m.Via), "seestern:gates": wireGates(m.Gates),
			"seestern:seen": stamp(m.SeenVersion),
		}
		if m.Placed() {
			about["seestern:handle"] = m.Handle
		}
		return Doc{"type": "Offer", "object": x.agreement(""), "endTime": stamp(x.until())}, about, nil
	case engagement.EventAsk:
		about = Doc{"seestern:ask": wireFields(s.Ask)}
		if m.Answers() {
			about["seestern:person"] = x.person
		}
		return Doc{"type": "TentativeAccept", "object": x.offer, "endTime": stamp(x.until())}, about, nil
	case engagement.EventWait:
		return Doc{"type": "TentativeReject", "object": x.offer}, nil, nil
	case engagement.EventRelease:
		if len(m.Card) == 0 {
			return nil, nil, engagement.ErrGone
		}
		if s.Number == 2 { // right after the Offer, or after the TentativeAccept to one: the first card
			return Doc{"type": "Create", "object": x.card(time.Time{})}, nil, nil
		}
		return Doc{"type": "Update", "object": x.card(x.at)}, nil, nil
	case engagement.EventUnshare:
		return Doc{"type": "Delete", "object": x.person + cardFragment}, nil, nil
	case engagement.EventAgree:
		return Doc{"type": "Accept", "object": x.offer, "result": x.agreement(m.Agreement)}, Doc{"seestern:seen": stamp(m.SeenVersion)}, nil
	case engagement.EventDecline:
		return Doc{"type": "Reject", "object": x.offer}, nil, nil
	case engagement.EventWithdraw:
		return Doc{"type": "Undo", "object": x.offer}, nil, nil
	case engagement.EventCancel:
		return Doc{"type": "Undo", "object": x.codec.Base.ActivityID(s.Undoes)}, nil, nil
	case engagement.EventFinish:
		confirmation := x.confirmation()
		return Doc{"type": "Create", "object": confirmation, "context": confirmation["context"]}, nil, nil
	}
	return nil, nil, fmt.Errorf("%s has no activity", s.Event)
}

func (x exchange) until() time.Time {
	if x.step.Until.IsZero() {
		return x.at.Add(matchLife)
	}
	return x.step.Until
}

// agreement is the proposed one, or with a key the final one.
func (x exchange) agreement(key string) Doc {
	commitment := Doc{"type": "Commitment", "satisfies": x.intent, "resourceQuantity": quantity("one", float64(max(1, x.request.Quantity)))}
	if key == "" {
		return Doc{"type": "Agreement", "stipulates": commitment}
	}
	id := x.codec.Base.ID(KindAgreement, key)
	return Doc{"type": "Agreement", "id": id, "attributedTo": x.owner, "stipulates": commitment.with(Doc{"id": id + commitmentFragment})}
}

// card is the contact data that the person released for this organization.
func (x exchange) card(updated time.Time) Doc {
	var fields []Doc
	for _, name := range engagement.CardFields {
		if value := x.request.Card[name]; value != "" {
			fields = append(fields, Doc{"type": "PropertyValue", "name": name, "value": value})
		}
	}
	until := x.request.CardUntil
	if until.IsZero() {
		until = x.until()
	}
	return Doc{
		"id": x.person + cardFragment, "type": "Profile", "attributedTo": x.person, "describes": x.person,
		"to": []string{x.organization}, "endTime": stamp(until), "updated": stamp(updated), "attachment": fields,
	}
}

// confirmation says what was worked. Its end is the beginning of the day after the last.
func (x exchange) confirmation() Doc {
	id, worked := x.codec.Base.ID(KindAgreement, x.request.Agreement), x.request.Worked
	own := id
	if x.request.Answers() { // the agreement is the center's, and what is confirmed is the organization's
		id, own = x.request.Agreement, x.id
	}
	d := Doc{
		"id": own + confirmationFragment, "type": "Document", "attributedTo": x.organization, "name": x.codec.Words("").text("wire.confirmation"),
		"context": id, "published": stamp(x.at), "to": []string{x.volunteers},
	}
	if worked.From != "" && worked.Until != "" {
		d["startTime"], d["endTime"] = stamp(worked.From.Time()), stamp(worked.Until.Add(1).Time())
	}
	if worked.Hours > 0 {
		d["effortQuantity"] = quantity("hour", worked.Hours)
	}
	return d
}

// wireVia tells others only whether an adviser stands in between, not how the person reached us.
func wireVia(via engagement.Code) string {
	if via == "beratung" || via == "telefon" {
		return "beratung"
	}
	return "direkt"
}

// wireGates are the passed criteria that may travel.
func wireGates(gates []string) []string {
	return slices.DeleteFunc(slices.Clone(gates), func(g string) bool { return !engagement.PassedGates.Has(engagement.Code(g)) })
}

// wireFields are fields that a card can have.
func wireFields(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !slices.Contains(engagement.CardFields, f) })
}

// Move is a step of a match request as the other side tells it.
type Move struct {
	Step      engagement.Step // Number is 0 if the sender does not count: then Published decides
	Actor     string
	To        string
	Published time.Time // time of arrival if not told
	// Offer is the id of the Offer it belongs to. A peer without our details may leave it out where it undoes an Accept or names the
	// agreement of a confirmation; its Undo of an id is taken for one of an Offer, although that id may be an Accept's.
	Offer  string
	Undoes string // what an Undo names: the Offer, or an Accept

	// Request is what an Offer asks for: Home, Person, Offer, Opportunity, Direction, Quantity, Text, Gates, Via, ExpiresAt,
	// SeenVersion, StepSeen.
	Request engagement.MatchRequest

	Satisfies string          // Offer, Accept: id of the intent
	Quantity  int             // Offer, Accept: persons
	Agreement string          // Accept, confirmation: id of the final agreement
	Person    string          // TentativeAccept to the answer to a help offer: who will send the card
	Card      engagement.Card // card; valid until Step.Until
	Worked    engagement.Worked
}

// MatchEvent says which step of a match request an activity is; empty if it belongs to no match request. Accept, Reject and Undo that
// name nothing but an id may as well be about a Follow: the caller looks there first.
func MatchEvent(e Envelope) engagement.RequestEvent {
	switch object := e.Object.Type(); e.Type {
	case "Offer":
		if object == "Agreement" {
			return engagement.EventSend
		}
	case "TentativeAccept":
		return engagement.EventAsk
	case "TentativeReject":
		return engagement.EventWait
	case "Create", "Update":
		switch object {
		case "Profile":
			return engagement.EventRelease
		case "Document":
			return engagement.EventFinish
		}
	case "Delete":
		if e.ObjectID == e.Actor+cardFragment {
			return engagement.EventUnshare
		}
	case "Accept":
		if object == "" || object == "Offer" {
			return engagement.EventAgree
		}
	case "Reject":
		if object == "" || object == "Offer" {
			return engagement.EventDecline
		}
	case "Undo":
		about := e.Raw.Map("seestern:match")
		switch {
		case object == "Accept", about.IRI("seestern:offer") != "" && about.IRI("seestern:offer") != e.ObjectID:
			return engagement.EventCancel
		case object == "" || object == "Offer":
			return engagement.EventWithdraw
		}
	}
	return ""
}

// ReadMatch reads an activity of a match request by the rules M1 to M7, N1, N3 to N5, U2 and U3, as far as they can be decided without
// the store; now is the time of arrival. That the actor is the one who may say this is the caller's to check (M1, N2, U1), as is
// whether an Accept repeats our Offer (N3: Satisfies, Quantity) and whether the opportunity is open and visible to that host (M4).
func (c Codec) ReadMatch(e Envelope, now time.Time) (Move, error) {
	about := e.Raw.Map("seestern:match")
	v := Move{Actor: e.Actor, Published: e.Published, Offer: e.ObjectID}
	v.Step.Event = MatchEvent(e)
	switch {
	case v.Step.Event == "":
		return v, violation("M3", "%s is no step of a match request", e.ID)
	case len(e.Bytes) > maxMatch:
		return v, violation("M7", "%s has %d bytes", e.ID, len(e.Bytes))
	case !SameOrigin(e.ID, e.Actor):
		return v, violation("M1", "%s is by %s", e.ID, e.Actor)
	case len(e.To) != 1 || len(e.Cc) != 0 || !c.Base.Owns(e.To[0]):
		return v, violation("M2", "%s is not for exactly one of us", e.ID)
	}
	v.To = e.To[0]
	if v.Published.IsZero() {
		v.Published = now
	}
	if n, ok := about.Int("seestern:step"); ok && n > 0 && n <= math.MaxInt32 {
		v.Step.Number = int(n)
	}
	v.Step.Reason = codeOf(about, "seestern:reason")
	v.Step.Text, _ = plainText(e.Raw.String("content"))
	if characters(v.Step.Text) > engagement.RequestTextLimit {
		return v, violation("M7", "%s: text too long", e.ID)
	}
	if err := v.readOffer(about, e); err != nil {
		return v, err
	}
	return v, v.readObject(c, e, about, now)
}

// readOffer finds the Offer an activity belongs to.
func (v *Move) readOffer(about Map, e Envelope) error {
	said := about.IRI("seestern:offer")
	switch v.Step.Event {
	case engagement.EventSend:
		v.Offer = e.ID
		return nil
	case engagement.EventRelease, engagement.EventUnshare, engagement.EventFinish:
		v.Offer = said
	case engagement.EventCancel:
		v.Offer, v.Undoes = said, e.ObjectID
	default:
		if said != "" && said != e.ObjectID {
			return violation("N1", "%s is about %s and %s", e.ID, said, e.ObjectID)
		}
		if v.Step.Event == engagement.EventWithdraw {
			v.Undoes = e.ObjectID
		}
	}
	if v.Offer == "" && v.Step.Event != engagement.EventFinish && v.Undoes == "" {
		return violation("N1", "%s belongs to no Offer", e.ID)
	}
	return nil
}

func (v *Move) readObject(c Codec, e Envelope, about Map, now time.Time) error {
	switch v.Step.Event {
	case engagement.EventSend:
		return v.readProposal(c, e, about, now)
	case engagement.EventAsk:
		v.Step.Ask, v.Person = wireFields(about.Strings("seestern:ask")), about.IRI("seestern:person")
		return v.readUntil(e, now, maxLifetime, "N5")
	case engagement.EventRelease:
		return v.readCard(e, now)
	case engagement.EventAgree:
		return v.readAgreement(e)
	case engagement.EventFinish:
		return v.readConfirmation(e)
	}
	return nil
}

// readProposal reads an Offer.
func (v *Move) readProposal(c Codec, e Envelope, about Map, now time.Time) error {
	agreement := e.Object
	switch {
	case agreement["id"] != nil && !SameOrigin(agreement.ID(), e.Actor):
		return violation("M3", "%s: the agreement is another server's", e.ID)
	case agreement["stipulatesReciprocal"] != nil:
		return violation("M3", "%s asks something in return", e.ID)
	}
	if err := v.readCommitment(agreement, "M3", "M5"); err != nil {
		return err
	}
	id, ok := c.Base.ParseID(v.Satisfies)
	if !ok || id.Kind != KindOpportunity && id.Kind != KindHelpOffer || id.Part != "" || "#"+id.Fragment != intentFragment {
		return violation("M4", "%s is about %q", e.ID, v.Satisfies)
	}
	if err := v.readUntil(e, now, maxMatchLife, "M6"); err != nil {
		return err
	}
	if v.Step.Until.IsZero() {
		v.Step.Until = now.Add(matchLife)
	}
	v.Request = engagement.MatchRequest{
		Home: HostOf(e.Actor), Person: e.Actor, Offer: e.ID, Opportunity: engagement.ID(id.Key), Direction: "interest", Quantity: v.Quantity,
		Text: v.Step.Text, SendText: v.Step.Text != "", Via: engagement.Code(wireVia(codeOf(about, "seestern:via"))),
		Handle: cut(cleanLine(about.String("seestern:handle")), maxCode), Gates: wireGates(about.Strings("seestern:gates")), ExpiresAt: v.Step.Until, StepSeen: v.Step.Number,
	}
	if codeOf(about, "seestern:direction") == "invitation" {
		v.Request.Direction = "invitation"
	}
	v.Request.SeenVersion, _ = about.Time("seestern:seen")
	if id.Kind == KindHelpOffer { // the roles are swapped: the volunteer is here
		v.Request.Opportunity, v.Request.HelpOffer = "", engagement.ID(id.Key)
		v.Request.Home, v.Request.Origin, v.Request.Person = "", HostOf(e.Actor), ""
	}
	return nil
}

// readCommitment reads what is agreed on: whose search for help, and how many persons.
func (v *Move) readCommitment(agreement Map, shape, amount string) error {
	commitment := agreement.Map("stipulates")
	if agreement.Type() != "Agreement" || commitment.Type() != "Commitment" {
		return violation(shape, "no agreement with a commitment")
	}
	v.Satisfies = commitment.IRI("satisfies")
	n, ok := readQuantity(commitment, "resourceQuantity")
	if !ok || n < 1 || n > maxAvailable || n != math.Trunc(n) || commitment.Map("resourceQuantity").String("hasUnit") != "one" {
		return violation(amount, "the amount is not a number of persons")
	}
	v.Quantity = int(n)
	return nil
}

// readUntil reads until when an activity holds.
func (v *Move) readUntil(e Envelope, now time.Time, most time.Duration, rule string) error {
	until, err := endTime(e.Raw, e.Type)
	if err != nil {
		return violation(rule, "%s: %v", e.ID, err)
	}
	if until.After(now.Add(most)) || !until.IsZero() && !until.After(now) {
		return violation(rule, "%s holds until %s", e.ID, stamp(until))
	}
	v.Step.Until = until
	return nil
}

// endTime is the endTime of an activity or object of the given type.
func endTime(m Map, typeName string) (time.Time, error) {
	t, err := read[interface {
		GetActivityStreamsEndTime() vocab.ActivityStreamsEndTimeProperty
	}](m, typeName, "endTime")
	if err != nil {
		return time.Time{}, err
	}
	return timeOf(t.GetActivityStreamsEndTime()), nil
}

// readAgreement reads the result of an Accept.
func (v *Move) readAgreement(e Envelope) error {
	result := e.Raw.Map("result")
	if err := v.readCommitment(result, "N3", "N3"); err != nil {
		return err
	}
	v.Agreement = result.ID()
	commitment := result.Map("stipulates")
	switch {
	case result.IRI("attributedTo") != e.Actor, !SameOrigin(v.Agreement, e.Actor):
		return violation("N3", "%s: the agreement is not the actor's", e.ID)
	case commitment["id"] != nil && !SameOrigin(commitment.ID(), e.Actor):
		return violation("N3", "%s: the commitment is not the actor's", e.ID)
	case result["stipulatesReciprocal"] != nil:
		return violation("N3", "%s asks something in return", e.ID)
	}
	return nil
}

// readCard reads released contact data. Fields that no card has are left out; it is never kept longer than 90 days.
func (v *Move) readCard(e Envelope, now time.Time) error {
	card := e.Object
	if card.IRI("describes") != e.Actor || card.IRI("attributedTo") != e.Actor || !SameOrigin(card.ID(), e.Actor) {
		return violation("U2", "%s does not describe its actor", e.ID)
	}
	v.Card = engagement.Card{}
	for _, field := range card.Maps("attachment") {
		name, value := field.String("name"), cleanText(field.String("value"))
		if value == "" || !slices.Contains(engagement.CardFields, name) {
			continue
		}
		if name != "note" {
			value = strings.Join(strings.Fields(value), " ")
		}
		if limit := map[bool]int{true: 500, false: 200}[name == "note"]; characters(value) > limit {
			return violation("U2", "%s: %s is too long", e.ID, name)
		}
		v.Card[name] = value
	}
	if len(v.Card) == 0 {
		return violation("U2", "%s is empty", e.ID)
	}
	until, err := endTime(card, "Profile")
	if err != nil {
		return violation("U2", "%s: %v", e.ID, err)
	}
	latest := now.Add(engagement.CardLife + cardSlack)
	if until.IsZero() || until.After(latest) {
		until = latest
	}
	v.Step.Until = until
	return nil
}

// readConfirmation reads what was worked.
func (v *Move) readConfirmation(e Envelope) error {
	v.Agreement = e.Object.IRI("context")
	if e.Object.IRI("attributedTo") != e.Actor || !SameOrigin(e.ObjectID, e.Actor) || v.Offer == "" && v.Agreement == "" {
		return violation("N4", "%s is no confirmation of its actor", e.ID)
	}
	t, err := read[vocab.ActivityStreamsDocument](e.Object, "Document", "startTime", "endTime")
	if err != nil {
		return violation("N4", "%s: %v", e.ID, err)
	}
	from, until := timeOf(t.GetActivityStreamsStartTime()), timeOf(t.GetActivityStreamsEndTime())
	if !from.IsZero() && until.After(from) {
		v.Worked.From, v.Worked.Until = engagement.DateOf(from), engagement.DateOf(until.Add(-time.Second))
	}
	hours, ok := readQuantity(e.Object, "effortQuantity")
	if !ok || hours > 5000 || hours > 0 && e.Object.Map("effortQuantity").String("hasUnit") != "hour" {
		return violation("N4", "%s: hours", e.ID)
	}
	v.Worked.Hours = hours
	return nil
}
