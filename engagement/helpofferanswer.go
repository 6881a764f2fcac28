package engagement

import (
	"slices"
	"strings"
)

// An answer to a help offer is a match request with the roles swapped: an organization asks, the side of the volunteer decides. The
// center asks its volunteer, who is nobody to the organization until the yes.

// Answers says whether the request is an organization's answer to a help offer.
func (m MatchRequest) Answers() bool { return m.HelpOffer != "" }

// offeredToAnswers are the events that a page may offer, and from which states: first those of the volunteer's side, then those of
// the organization. To release contact data is the yes.
var offeredToAnswers = map[RequestEvent][]RequestState{
	EventRelease: {Interested, ContactWanted, ContactShared, Agreed, Active},
	EventUnshare: {ContactShared, Agreed, Active},
	EventAgree:   {ContactShared},
	EventDecline: {Interested, ContactWanted, ContactShared},
	EventCancel:  {Agreed, Active},

	EventWithdraw: {Interested, ContactWanted, ContactShared, Agreed, Active},
	EventFinish:   {Agreed, Active},
}

// No is the event by which the volunteer's side ends the request now.
func (m MatchRequest) No() RequestEvent {
	switch {
	case !m.Answers():
		return EventWithdraw
	case m.holdsPlace():
		return EventCancel
	}
	return EventDecline
}

// OwnerThing describes an answer to [Can] as the organization sees it that offers help itself.
func (m MatchRequest) OwnerThing() Thing {
	t := Thing{Noun: AMatchRequest, Person: m.Account, Request: m.ID}
	if m.Answers() && m.Account == "" && m.HomeHere() {
		t.Organization = m.Center
	}
	return t
}

// mayHome says whether somebody may act for the volunteer's side: the person, or the team of an organization that offers help itself.
func (m MatchRequest) mayHome(by Actor, on Thing) error {
	if m.Answers() && m.Account == "" {
		return must(by, Decide, m.OwnerThing())
	}
	return must(by, Change, on)
}

// MayHome says whether somebody may act for the volunteer's side.
func (m MatchRequest) MayHome(by Actor) bool { return m.mayHome(by, m.Thing()) == nil }

// AnswerHelpOffer asks on behalf of an organization for help that somebody offers, here or on another instance.
//
// It returns ErrGone if the help offer takes no answers, ErrConflict if the organization already has an open one for it, ErrTooMany over
// a limit and ErrForbidden if the other instance is no partner for requests now.
func AnswerHelpOffer(tx Tx, by Actor, organization, id ID, text string) (MatchRequest, error) {
	h, err := tx.HelpOffer(id)
	if err != nil {
		return MatchRequest{}, err
	}
	if err := must(by, Decide, Thing{Noun: AMatchRequest, Organization: organization}); err != nil {
		return MatchRequest{}, err
	}
	org, err := tx.Organization(organization)
	if err != nil {
		return MatchRequest{}, err
	}
	m := MatchRequest{
		ID: tx.NewSecretID(), Direction: "invitation", HelpOffer: h.ID, Organization: org.ID, Center: h.Organization, SeenVersion: h.VersionTime(),
		Home: h.Origin, Account: h.Account, Via: "direkt", Quantity: 1, Text: strings.TrimSpace(text), SendText: true, Delivery: DeliveryLocal,
		State: Interested, SentAt: tx.Now(), Created: tx.Now(), Updated: tx.Now(),
	}
	var bad Invalids
	bad.Text("text", m.Text, 20, RequestTextLimit)
	if err := bad.Err(); err != nil {
		return m, err
	}
	switch {
	case !org.Local() || org.State != OrganizationActive || org.ID == h.Organization:
		return m, ErrForbidden
	case !h.Open(tx.Now()) || !h.Thing().Public:
		return m, ErrGone
	case h.Origin != "":
		p, err := tx.Partner(h.Origin)
		if err != nil || !p.MayMatch() {
			return m, ErrForbidden
		}
	}
	if err := m.mayAnswer(tx); err != nil {
		return m, err
	}
	code, err := tx.NewCode()
	if err != nil {
		return m, err
	}
	m.Number = "A-" + strings.ToUpper(code)
	m.waitForPerson(tx.Now(), m.ExpiresAt, false)
	if err := m.tell(tx, EventSend, Step{Text: m.Text, Until: m.ExpiresAt}); err != nil {
		return m, err
	}
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, err
	}
	if err := audit(tx, by, Member, AuditEntry{Action: "help-offer.answer", Object: m.ID, New: string(m.State)}); err != nil || !m.HomeHere() {
		return m, err
	}
	return m, mail(tx, MailHelpOfferAnswer, m.ID, m.person(), nil)
}

// mayAnswer checks the limits: one open answer of an organization, three in all, and thirty open ones of everybody.
func (m MatchRequest) mayAnswer(tx Tx) error {
	all, err := tx.RequestsFor(m.HelpOffer)
	if err != nil {
		return err
	}
	theirs := slices.DeleteFunc(slices.Clone(all), func(r MatchRequest) bool { return r.Organization != m.Organization })
	switch {
	case openCount(theirs) > 0:
		return ErrConflict
	case len(theirs) >= maxPerPerson, undecided(all) >= maxOpen:
		return ErrTooMany
	}
	return nil
}

// ReceiveAnswer records the answer of an organization of a partner to a help offer of this instance. m holds what its Offer says, and the
// copy of the organization; see [ReceiveOffer].
func ReceiveAnswer(tx Tx, m MatchRequest) (MatchRequest, error) {
	h, err := tx.HelpOffer(m.HelpOffer)
	if err != nil {
		return m, err
	}
	code, err := tx.NewCode()
	if err != nil {
		return m, err
	}
	now := tx.Now()
	m.ID, m.Number, m.Direction, m.Center, m.Account = tx.NewSecretID(), "A-"+strings.ToUpper(code), "invitation", h.Organization, h.Account
	m.State, m.SentAt, m.Created, m.Updated, m.Delivery = Interested, now, now, now, DeliveryLocal
	busy := m.mayAnswer(tx)
	m.waitForPerson(now, m.ExpiresAt, false)
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, err
	}
	switch {
	case !h.Open(now):
		return m, m.apply(tx, EventDecline, Step{Reason: "angebot-beendet"})
	case busy != nil:
		return m, m.apply(tx, EventDecline, Step{Reason: "besetzt"})
	}
	return m, mail(tx, MailHelpOfferAnswer, m.ID, m.person(), nil)
}

// sayYes is the first half of the yes: the organization learns that there is somebody, and as whom the card will come.
func (m *MatchRequest) sayYes(tx Tx) error {
	if m.Origin != "" {
		m.Person = tx.NewToken()
	}
	return m.apply(tx, EventAsk, Step{})
}

// AgreeToAnswer says for the volunteer's side that it is agreed.
func AgreeToAnswer(tx Tx, by Actor, id ID) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := m.mayHome(by, m.Thing()); err != nil {
		return m, err
	}
	if !m.Answers() || !m.HomeHere() || !m.Offers(EventAgree) {
		return m, ErrConflict
	}
	if err := notStopped(tx, m.Organization); err != nil {
		return m, err
	}
	if err := helped(tx, by, "agree", m.ID); err != nil {
		return m, err
	}
	return m, m.apply(tx, EventAgree, Step{})
}

// WithdrawAnswer takes the answer of an organization back, also after an agreement.
func WithdrawAnswer(tx Tx, by Actor, id ID, reason Code) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := must(by, Decide, m.Thing()); err != nil {
		return m, err
	}
	if !m.Answers() || !m.OriginHere() || !m.Offers(EventWithdraw) {
		return m, ErrConflict
	}
	var bad Invalids
	bad.reason(reason, FlagOrganization)
	if err := bad.Err(); err != nil {
		return m, err
	}
	if err := m.apply(tx, EventWithdraw, Step{Reason: reason}); err != nil {
		return m, err
	}
	return m, audit(tx, by, Member, AuditEntry{Action: "request.withdraw", Object: m.ID, Person: m.Account, New: string(m.State), Reason: reason})
}

// notifyOfAnswer mails the side that must learn of a change: the organization what the volunteer's side says, and the other way round.
func (m *MatchRequest) notifyOfAnswer(tx Tx, e RequestEvent, before MatchRequest) error {
	switch {
	case e == EventAsk: // the card follows at once
		return nil
	case (m.FromHome(e) || e == EventExpire) && m.OriginHere() && before.EndedAt.IsZero():
		return mail(tx, MailRequestChanged, m.ID, Recipient{Organization: m.Organization}, nil)
	case (e == EventWithdraw || e == EventFinish) && m.HomeHere() && m.State != before.State:
		return mail(tx, MailRequestNews, m.ID, m.person(), nil)
	}
	return nil
}
