package engagement

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
)

// MatchRequest is the conversation of one person and one opportunity from first interest to the end (UI: Anfrage). There is
// one record on each side: home is the volunteer's instance, origin the opportunity's; both may be this one.
type MatchRequest struct {
	ID           ID           `class:"tec"` // v4: says nothing about its age
	Number       string       `class:"per"` // reference number for people, "A-7K3M9P"
	Direction    Code         `class:"per"` // interest or invitation
	Opportunity  ID           `class:"per"`
	HelpOffer    ID           `class:"per"` // instead of it: what an organization answers, see [MatchRequest.Answers]
	Organization ID           `class:"per"` // the organization's side
	Center       ID           `class:"per"` // in whose name the help offer is published
	Material     int          `class:"per"` // Opportunity.Material the person saw
	SeenVersion  time.Time    `class:"per"` // updated (else published) of the version the person saw
	Home         string       `class:"per"` // host of the volunteer's instance; empty: this one
	Origin       string       `class:"per"` // host of the opportunity's instance; empty: this one
	Account      ID           `class:"per"` // home: volunteer with an account
	Contact      Contact      `class:"per"` // home: name and address as given; never leaves before release
	AgeBand      Code         `class:"per"` // home: unter-16, 16-17, ab-18
	Lang         Lang         `class:"per"` // home: language of mails to the person
	Secret       string       `class:"tec"` // home: SHA-256 hex of the token of the manage link
	Person       string       `class:"per"` // home: 32 hex digits of our pseudonymous actor; origin: IRI of theirs
	Handle       string       `class:"per"` // tells the cases of one asker apart that asks for others
	Via          Code         `class:"per"`
	Quantity     int          `class:"per"`
	Text         string       `class:"per"` // ≤ 1,000, plain
	SendText     bool         `class:"per"` // the person ticked that Text goes to the other instance
	Gates        []string     `class:"per"` // passed gates the opportunity asked for, "min-age-ok" …
	Ask          []string     `class:"per"` // card fields the organization wishes
	Card         Card         `class:"per"` // released fields
	CardUntil    time.Time    `class:"per"` // the card is erased at this time
	State        RequestState `class:"per"`
	Reason       Code         `class:"per"`
	ReasonText   string       `class:"per"`
	Message      string       `class:"per"` // last words of the organization to the person
	Delivery     Delivery     `class:"tec"` // of our last step to the other instance
	StepSent     int          `class:"tec"`
	StepSeen     int          `class:"tec"` // last step applied from the other side
	SeenAt       time.Time    `class:"per"` // a member opened it
	SentAt       time.Time    `class:"per"` // interested since
	DueAt        time.Time    `class:"per"` // next reminder; see AnswerBy for what people are told
	Reminded     int          `class:"tec"` // reminders sent so far
	EscalatedAt  time.Time    `class:"per"` // handed over to the volunteer center
	ExpiresAt    time.Time    `class:"per"` // end of the clock; zero: none runs
	PlaceUntil   time.Time    `class:"per"` // a place off the waiting list is kept for the person until then
	Reconfirm    time.Time    `class:"per"` // the person is asked to confirm changed terms until then
	Offer        string       `class:"tec"` // IRI of the Offer; empty while nothing was sent over the wire
	Accept       ID           `class:"tec"` // origin: activity id of our Accept
	AcceptIRI    string       `class:"tec"` // home: IRI of the Accept we got
	Agreement    string       `class:"tec"` // origin: id of the agreement; home: its IRI
	Remote       RemotePerson `class:"per"` // via fediverse: who wrote
	AgreedAt     time.Time    `class:"per"`
	Assignment   Assignment   `class:"per"` // what the person does after the agreement
	NoShiftMail  bool         `class:"per"` // home, without account: see [MailShifts]
	Worked       Worked       `class:"per"` // what the organization confirmed at the end
	EndedAt      time.Time    `class:"per"`
	Created      time.Time    `class:"per"`
	Updated      time.Time    `class:"per"`
	Version      int          `class:"tec"`
}

// Contact is how the home instance reaches somebody without an account.
type Contact struct {
	Name, Email, Phone string
	Available          string // "Ab wann haben Sie Zeit?"
}

// CardFields is the allow-list of what a contact card may hold, in the order of pages.
var CardFields = []string{"name", "email", "phone", "note"}

// Card is the released contact data by field name; see CardFields.
type Card map[string]string

// RemotePerson is somebody on another server who wrote about an opportunity (via fediverse).
type RemotePerson struct {
	Actor, Handle, Note string // IRI, @name@host, IRI of the note
	FollowersToo        bool   // the note was readable by the person's followers
}

// Worked is the confirmation at the end of an assignment.
type Worked struct {
	From, Until Date
	Hours       float64
}

// Delivery says how the last step reached the other instance.
type Delivery string

const (
	DeliveryLocal       Delivery = "local"
	DeliveryQueued      Delivery = "queued"
	DeliveryDelivered   Delivery = "delivered"
	DeliveryUnreachable Delivery = "unreachable"
)

// RequestState is a state of domain.md §3.14.
type RequestState string

const (
	Unconfirmed      RequestState = "unconfirmed"
	AwaitingGuardian RequestState = "awaiting_guardian"
	Interested       RequestState = "interested"
	ContactWanted    RequestState = "contact_wanted"
	Waitlisted       RequestState = "waitlisted"
	ContactShared    RequestState = "contact_shared"
	Talking          RequestState = "talking"
	Trial            RequestState = "trial"
	Agreed           RequestState = "agreed"
	Active           RequestState = "active"
	Completed        RequestState = "completed"
	Declined         RequestState = "declined"
	Canceled         RequestState = "canceled"
	WithdrawnRequest RequestState = "withdrawn"
	ExpiredRequest   RequestState = "expired"
)

// RequestStates are all states; the first element "" is a request that does not exist yet.
var RequestStates = []RequestState{
	"", Unconfirmed, AwaitingGuardian, Interested, ContactWanted, Waitlisted, ContactShared, Talking, Trial,
	Agreed, Active, Completed, Declined, Canceled, WithdrawnRequest, ExpiredRequest,
}

// Final says whether nothing more happens in this state.
func (s RequestState) Final() bool {
	switch s {
	case Completed, Declined, Canceled, WithdrawnRequest, ExpiredRequest:
		return true
	}
	return false
}

// RequestEvent is what happens to a match request. The events with a wire form are named after what they mean; their activity
// types are the federation's.
type RequestEvent string

const (
	EventSend     RequestEvent = "send"     // Offer
	EventConfirm  RequestEvent = "confirm"  // the e-mail address was confirmed; then it is sent
	EventConsent  RequestEvent = "consent"  // a guardian agreed
	EventAsk      RequestEvent = "ask"      // TentativeAccept: the organization wants contact
	EventWait     RequestEvent = "wait"     // TentativeReject: waiting list
	EventRelease  RequestEvent = "release"  // Create or Update of the card
	EventUnshare  RequestEvent = "unshare"  // Delete of the card
	EventTalk     RequestEvent = "talk"     // local note
	EventTry      RequestEvent = "try"      // local note
	EventAgree    RequestEvent = "agree"    // Accept
	EventStart    RequestEvent = "start"    // local: first day reached
	EventFinish   RequestEvent = "finish"   // Create of the confirmation
	EventDecline  RequestEvent = "decline"  // Reject
	EventCancel   RequestEvent = "cancel"   // Undo of the Accept
	EventWithdraw RequestEvent = "withdraw" // Undo of the Offer
	EventExpire   RequestEvent = "expire"   // the clock
)

// RequestEvents are all events.
var RequestEvents = []RequestEvent{
	EventSend, EventConfirm, EventConsent, EventAsk, EventWait, EventRelease, EventUnshare, EventTalk, EventTry,
	EventAgree, EventStart, EventFinish, EventDecline, EventCancel, EventWithdraw, EventExpire,
}

// transitions is the state table of domain.md §3.14 and protocol.md §5.7 in one: state → event → next state. A pair that is missing
// is ignored, never an error. It holds for what happens here and for what the other side tells.
var transitions = map[RequestState]map[RequestEvent]RequestState{
	"":               {EventSend: Interested},
	Unconfirmed:      {EventConfirm: Interested, EventWithdraw: WithdrawnRequest, EventExpire: WithdrawnRequest},
	AwaitingGuardian: {EventConsent: Interested, EventWithdraw: WithdrawnRequest, EventExpire: WithdrawnRequest},
	Interested:       before(EventAsk, ContactWanted, EventWait, Waitlisted),
	ContactWanted:    before(EventAsk, ContactWanted, EventWait, Waitlisted, EventRelease, ContactShared, EventUnshare, ContactWanted),
	Waitlisted:       before(EventAsk, ContactWanted, EventWait, Waitlisted, EventRelease, Waitlisted, EventUnshare, Waitlisted),
	ContactShared:    before(EventAsk, ContactShared, EventWait, Waitlisted, EventRelease, ContactShared, EventUnshare, ContactWanted, EventTalk, Talking, EventTry, Trial),
	Talking:          before(EventAsk, Talking, EventWait, Waitlisted, EventRelease, Talking, EventUnshare, ContactWanted, EventTalk, Talking, EventTry, Trial),
	Trial:            before(EventAsk, Trial, EventWait, Waitlisted, EventRelease, Trial, EventUnshare, ContactWanted, EventTalk, Talking, EventTry, Trial),
	Agreed: {
		EventAgree: Agreed, EventStart: Active, EventFinish: Completed, EventCancel: Canceled, EventWithdraw: WithdrawnRequest,
		EventRelease: Agreed, EventUnshare: Agreed,
	},
	Active: {
		EventAgree: Active, EventFinish: Completed, EventCancel: Canceled, EventWithdraw: WithdrawnRequest,
		EventRelease: Active, EventUnshare: Active,
	},
	Completed:        {EventFinish: Completed, EventUnshare: Completed},
	Declined:         {EventUnshare: Declined},
	Canceled:         {EventUnshare: Canceled},
	WithdrawnRequest: {EventUnshare: WithdrawnRequest},
	ExpiredRequest:   {EventUnshare: ExpiredRequest},
}

// before are the transitions of a state before the agreement: the given ones and those all of these states share.
func before(pairs ...any) map[RequestEvent]RequestState {
	row := map[RequestEvent]RequestState{
		EventAgree: Agreed, EventDecline: Declined, EventCancel: Canceled, EventFinish: Completed,
		EventWithdraw: WithdrawnRequest, EventExpire: ExpiredRequest,
	}
	for i := 0; i < len(pairs); i += 2 {
		row[pairs[i].(RequestEvent)] = pairs[i+1].(RequestState)
	}
	return row
}

// After is the state after an event, and whether the event means anything in this state. Two results depend on more than the
// state: see [MatchRequest.after].
func (s RequestState) After(e RequestEvent) (RequestState, bool) {
	next, ok := transitions[s][e]
	return next, ok
}

// after is the state after an event, with what the request itself knows: a place offered to somebody on the waiting list whose card
// is here needs no second release, and a confirmation may still arrive for what was agreed and then withdrawn.
func (m *MatchRequest) after(e RequestEvent) (RequestState, bool) {
	switch {
	case m.State == Waitlisted && e == EventAsk && len(m.Card) > 0:
		return ContactShared, true
	case m.State == WithdrawnRequest && e == EventFinish && !m.AgreedAt.IsZero():
		return Completed, true
	}
	return m.State.After(e)
}

// Refuses says whether the event ends the request without anything having come of it.
func (e RequestEvent) Refuses() bool {
	return e == EventDecline || e == EventCancel || e == EventWithdraw
}

// offered are the events that a page may offer, and from which states: narrower than the table, which also heals what was lost on
// the way. The organization's come first, then the person's.
var offered = map[RequestEvent][]RequestState{
	EventAsk:     {Interested, Waitlisted},
	EventWait:    {Interested, ContactWanted, ContactShared, Talking, Trial},
	EventTalk:    {ContactShared, Trial},
	EventTry:     {ContactShared, Talking},
	EventAgree:   {ContactShared, Talking, Trial},
	EventDecline: {Interested, ContactWanted, Waitlisted, ContactShared, Talking, Trial},
	EventStart:   {Agreed},
	EventCancel:  {Agreed, Active},
	EventFinish:  {Agreed, Active},

	EventRelease:  {ContactWanted, ContactShared, Talking, Trial, Agreed, Active},
	EventUnshare:  {ContactShared, Talking, Trial, Agreed, Active},
	EventWithdraw: {Unconfirmed, AwaitingGuardian, Interested, ContactWanted, Waitlisted, ContactShared, Talking, Trial, Agreed, Active},
}

// Offers says whether a page may offer the event now. Somebody who wrote from another server can only be declined until they
// have filled in the form.
func (m MatchRequest) Offers(e RequestEvent) bool {
	if m.Answers() {
		return slices.Contains(offeredToAnswers[e], m.State)
	}
	if m.Via == "fediverse" && e != EventDecline && e != EventWithdraw {
		return false
	}
	return slices.Contains(offered[e], m.State)
}

// HomeHere says whether the volunteer's side of the request is this instance.
func (m MatchRequest) HomeHere() bool { return m.Home == "" }

// OriginHere says whether the organization's side of the request is this instance.
func (m MatchRequest) OriginHere() bool { return m.Origin == "" }

// Subject is what the request is about: an opportunity or a help offer.
func (m MatchRequest) Subject() ID { return cmp.Or(m.Opportunity, m.HelpOffer) }

// FromHome says whether an event is for the volunteer's side to say. The card is always its, the confirmation never; all other
// events follow the roles of asker and owner, which an answer to a help offer swaps.
func (m MatchRequest) FromHome(e RequestEvent) bool {
	switch e {
	case EventRelease, EventUnshare:
		return true
	case EventFinish, EventStart, EventTalk, EventTry:
		return false
	}
	return (e == EventSend || e == EventWithdraw) != m.Answers()
}

// OwnerHere says whether the side that decides is this instance: the one whose opportunity or help offer it is.
func (m MatchRequest) OwnerHere() bool {
	if m.Answers() {
		return m.HomeHere()
	}
	return m.OriginHere()
}

// counterpart is the host of the other side; empty when both are here.
func (m MatchRequest) counterpart() string { return m.Home + m.Origin }

// Turn is who has to do something next about a request.
type Turn string

const (
	PersonsTurn       Turn = "person" // the volunteer, or a guardian
	OrganizationsTurn Turn = "organization"
	NobodysTurn       Turn = "nobody" // it is agreed, or there is no place
	Ended             Turn = "ended"
)

// Turn says who has to act. A question to who offers help is for them to decide; after their yes the organization calls.
func (m MatchRequest) Turn() Turn {
	switch m.State {
	case Unconfirmed, AwaitingGuardian, ContactWanted:
		return PersonsTurn
	case Interested:
		if m.Answers() {
			return PersonsTurn
		}
		return OrganizationsTurn
	case ContactShared, Talking, Trial:
		return OrganizationsTurn
	}
	switch {
	case m.State.Final():
		return Ended
	case !m.Reconfirm.IsZero():
		return PersonsTurn
	}
	return NobodysTurn
}

// Limits of match requests (domain.md §4.6, §3.14).
const (
	maxPerPerson     = 3  // requests of one person for one opportunity
	maxOpen          = 30 // requests for one opportunity on which somebody has to decide
	RequestTextLimit = 1000
	ConfirmLife      = 72 * time.Hour // an unconfirmed request is erased
	answerLife       = 14 * 24 * time.Hour
	reminderAfterAsk = 5 * 24 * time.Hour
	placeOfferLife   = 48 * time.Hour
	reconfirmLife    = 7 * 24 * time.Hour
	mostAtOnce       = 500                 // people in one request: as many as an opportunity can have places
	CardLife         = 90 * 24 * time.Hour // after the end of the request, and at most at once over the wire
	renewBefore      = 7 * 24 * time.Hour  // of an open request the card is sent again so long before the other side would erase it
	afterHandOver    = 5 * 24 * time.Hour  // time that the volunteer center has at least
	longestClock     = 60 * 24 * time.Hour
)

// answerClock are the two reminders to the organization and the hand-over to the volunteer center, in working days after sending.
func (i Instance) answerClock() []int {
	days := max(leastAnswerDays, i.AnswerDays)
	return []int{days - 2, days, days + 2}
}

// startClock sets the first reminder, and the end unless the other instance has set it.
func (m *MatchRequest) startClock(now time.Time, i Instance) {
	clock := i.answerClock()
	m.DueAt = AddWorkingDays(now, clock[0], i.Land)
	if !m.ExpiresAt.IsZero() {
		return
	}
	m.ExpiresAt = now.Add(answerLife)
	if least := AddWorkingDays(now, clock[len(clock)-1], i.Land).Add(afterHandOver); m.ExpiresAt.Before(least) {
		m.ExpiresAt = least
	}
	if most := now.Add(longestClock); m.ExpiresAt.After(most) {
		m.ExpiresAt = most
	}
}

// Wish is what somebody says when they want to help.
type Wish struct {
	Contact  Contact // without an account: name and e-mail address
	AgeBand  Code    // vocabulary request_age
	Quantity int     // 1 when zero
	Text     string
	SendText bool // the text may go to the other instance
	ShareNow bool // "Meine Kontaktdaten gleich mitschicken"
	Lang     Lang
	Via      Code     // empty: by account or not
	Gates    []string // passed gates that may travel
}

// Request records that by wants to help with an opportunity, here or on another instance. Without an account the request waits for
// the confirmation of the e-mail address and nobody learns of it before.
//
// It returns ErrGone if the opportunity takes no requests, ErrConflict if the account already has an open request for it, ErrTooMany over
// a limit and ErrForbidden if the other instance is no partner for requests now.
func Request(tx Tx, by Actor, opportunity ID, w Wish) (MatchRequest, error) {
	o, err := tx.Opportunity(opportunity)
	if err != nil {
		return MatchRequest{}, err
	}
	if err := w.help(tx, by, o); err != nil {
		return MatchRequest{}, err
	}
	m := MatchRequest{
		ID: tx.NewSecretID(), Direction: "interest", Opportunity: o.ID, Organization: o.Organization, Material: o.Material,
		SeenVersion: o.VersionTime(), Origin: o.Origin, Account: by.Account, Contact: w.Contact, AgeBand: w.AgeBand, Lang: w.Lang, Via: w.Via,
		Quantity: max(1, w.Quantity), Text: strings.TrimSpace(w.Text), SendText: w.SendText, Gates: w.Gates, Delivery: DeliveryLocal,
		Created: tx.Now(), Updated: tx.Now(),
	}
	if err := m.prepare(tx, by, o, w); err != nil {
		return m, err
	}
	if err := TakesRequests(tx, o); err != nil {
		return m, err
	}
	if by.Account != "" { // whoever gives an address may be somebody else: what it asked for is told to those who get its mail
		if _, err := mayAskAgain(tx, m); err != nil {
			return m, err
		}
	}
	code, err := tx.NewCode()
	if err != nil {
		return m, err
	}
	m.Number, m.Secret = "A-"+strings.ToUpper(code), Hash(tx.LinkToken(m.ID))
	if w.ShareNow {
		if err := m.shareNow(tx, o); err != nil {
			return m, err
		}
	}
	if by.Account != "" {
		if err := helped(tx, by, "request", m.ID); err != nil {
			return m, err
		}
		return m, m.send(tx, o)
	}
	m.State = Unconfirmed
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, err
	}
	return m, mailConfirmation(tx, m)
}

// prepare completes and checks the input.
func (m *MatchRequest) prepare(tx Tx, by Actor, o Opportunity, w Wish) error {
	var bad Invalids
	byProfile := false
	if by.Account != "" {
		a, err := tx.Account(by.Account)
		if err != nil {
			return err
		}
		p, err := tx.Profile(by.Account)
		if err != nil {
			return err
		}
		m.AgeBand, byProfile = p.Younger(m.AgeBand)
		m.Contact, m.Lang = Contact{Name: a.Name, Email: a.Email, Phone: a.Phone, Available: w.Contact.Available}, a.Lang
	} else {
		bad.Text("name", m.Contact.Name, 1, 100)
		mail, err := NormalizeEmail(m.Contact.Email)
		if err != nil {
			bad.Rename("email", err)
		}
		m.Contact.Email = mail
	}
	if m.Via == "" {
		m.Via = map[bool]Code{true: "direkt", false: "ohne-konto"}[by.Account != ""]
	}
	bad.Text("text", m.Text, 0, RequestTextLimit)
	bad.Text("available", m.Contact.Available, 0, 200)
	bad.Code("age", RequestAges, m.AgeBand, true)
	_, oldest, known := Ages(m.AgeBand)
	adults := o.MinorPolicy == "keine" || o.MinorPolicy == "klasse" // a class takes part through its teacher
	switch {
	case !known:
	case byProfile && (oldest < max(16, o.MinAge) || adults):
		bad.Add("age", "error.age.profile")
	case oldest < 16: // without the consent of a guardian nothing is sent
		bad.Add("age", "error.age.under16")
	case oldest < o.MinAge:
		bad.Add("age", "error.age.young", "n", o.MinAge)
	case oldest < 18 && adults:
		bad.Add("age", "error.age.adults")
	}
	most := mostAtOnce
	if o.Capacity != 0 {
		most = max(1, o.Capacity)
	}
	if m.Quantity > most {
		bad.Add("quantity", "error.capacity.range", "from", 1, "to", most)
	}
	return bad.Err()
}

// TakesRequests checks what stands against a request of anybody: ErrGone if the opportunity takes none, ErrTooMany if there are too many to
// decide on, and ErrForbidden if the other instance is no partner for requests now.
func TakesRequests(tx Tx, o Opportunity) error {
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	if !o.Open() || o.Over(tx.Now()) || !o.Thing().Public || org.Stopped() {
		return ErrGone
	}
	if o.Origin != "" {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		p, err := tx.Partner(o.Origin)
		if err != nil || !p.MayMatch() || !i.Federates() {
			return errors.Join(ErrForbidden, err)
		}
		return nil
	}
	all, err := tx.RequestsFor(o.ID)
	if err == nil && undecided(all) >= maxOpen {
		err = ErrTooMany
	}
	return err
}

// mayAskAgain checks what a person already asked of an opportunity: with ErrConflict it returns the open request.
func mayAskAgain(tx Tx, m MatchRequest) (MatchRequest, error) {
	mine, err := tx.RequestsOfPerson(m.Account, m.Contact.Email, m.Opportunity)
	if err != nil {
		return MatchRequest{}, err
	}
	mine = slices.DeleteFunc(mine, func(r MatchRequest) bool { return r.State == Unconfirmed })
	if open := slices.IndexFunc(mine, func(r MatchRequest) bool { return !r.State.Final() }); open >= 0 {
		return mine[open], ErrConflict
	}
	if len(mine) >= maxPerPerson {
		return MatchRequest{}, ErrTooMany
	}
	return MatchRequest{}, nil
}

// undecided is the number of those on which somebody has to decide: neither agreed on nor on the waiting list.
func undecided(list []MatchRequest) int {
	return openCount(slices.DeleteFunc(slices.Clone(list), func(m MatchRequest) bool { return m.holdsPlace() || m.State == Waitlisted }))
}

func openCount(list []MatchRequest) (n int) {
	for _, r := range list {
		if !r.State.Final() && r.State != Unconfirmed {
			n++
		}
	}
	return n
}

// shareNow puts the contact onto the card at once: only on this instance, from 16 on, for organizations whose register was checked.
func (m *MatchRequest) shareNow(tx Tx, o Opportunity) error {
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	if !MayShareNow(o, org) {
		return ErrForbidden
	}
	m.Card = Card{"name": m.Contact.Name, "email": m.Contact.Email}
	return nil
}

// MayShareNow says whether a person may be offered to send contact data along with the request.
func MayShareNow(o Opportunity, org Organization) bool {
	return o.Local() && org.Verified()
}

// mailConfirmation sends the link that turns an unconfirmed request into a sent one, within the limits of mail to strangers.
func mailConfirmation(tx Tx, m MatchRequest) error {
	if ok, err := mayMail(tx, m.Contact.Email); err != nil || !ok {
		return err
	}
	token, err := issue(tx, Token{Purpose: TokenConfirm, Subject: m.ID, Email: m.Contact.Email, Lang: m.Lang})
	if err != nil {
		return err
	}
	return mail(tx, MailConfirm, m.ID, Recipient{Address: m.Contact.Email, Lang: m.Lang}, map[string]string{"token": token})
}

// ConfirmRequest takes the token of a confirmation link and sends the request. With ErrConflict it returns the open one that is in the way.
func ConfirmRequest(tx Tx, token string) (MatchRequest, error) {
	t, err := tx.TakeToken(Hash(token), TokenConfirm)
	if err != nil {
		return MatchRequest{}, err
	}
	m, err := tx.MatchRequest(t.Subject)
	if err != nil {
		return m, err
	}
	if m.State != Unconfirmed {
		return m, ErrGone
	}
	o, err := tx.Opportunity(m.Opportunity)
	if err != nil {
		return m, err
	}
	if err := TakesRequests(tx, o); err != nil {
		return m, err
	}
	if open, err := mayAskAgain(tx, m); err != nil {
		return open, err
	}
	return m, m.send(tx, o)
}

// send starts the conversation: the organization, here or on another instance, learns that somebody wants to help.
func (m *MatchRequest) send(tx Tx, o Opportunity) error {
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	now := tx.Now()
	m.State, m.SentAt, m.Updated = Interested, now, now
	m.startClock(now, i)
	if len(m.Card) > 0 { // the organization has to answer all the same: the clock runs on
		m.State, m.CardUntil = ContactShared, now.Add(CardLife)
	}
	if m.Origin != "" {
		m.Person = tx.NewToken()
		if m.Placed() {
			m.Handle = m.Person
		}
	}
	if err := m.tell(tx, EventSend, Step{Text: m.sentText(), Until: m.ExpiresAt}); err != nil {
		return err
	}
	if err := tx.PutMatchRequest(m); err != nil {
		return err
	}
	if m.Account == "" {
		if err := mail(tx, MailRequestSent, m.ID, m.person(), nil); err != nil {
			return err
		}
	}
	if m.Origin != "" {
		return nil
	}
	if err := mail(tx, MailRequestNew, m.ID, Recipient{Organization: m.Organization}, nil); err != nil {
		return err
	}
	return m.waitIfFull(tx, o)
}

// sentText is what of the text may leave the instance.
func (m *MatchRequest) sentText() string {
	if m.SendText {
		return m.Text
	}
	return ""
}

// person is how mail reaches the volunteer, or the organization that offers help itself.
func (m *MatchRequest) person() Recipient {
	switch {
	case m.Account != "":
		return Recipient{Account: m.Account}
	case m.Answers():
		return Recipient{Organization: m.Center}
	}
	return Recipient{Address: m.Contact.Email, Lang: m.Lang}
}

// VersionTime names the version of an opportunity: updated, else published.
func (o Opportunity) VersionTime() time.Time {
	if !o.Updated.IsZero() {
		return o.Updated
	}
	return o.Published
}

// AnswerBy is when the organization should have answered.
func (m MatchRequest) AnswerBy(i Instance) time.Time {
	return AddWorkingDays(m.SentAt, i.AnswerDays, i.Land)
}

// SeenRequest notes that a member opened the request.
func SeenRequest(tx Tx, by Actor, id ID) error {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return err
	}
	if !by.Of(m.Organization) || m.Origin != "" || !m.SeenAt.IsZero() {
		return nil
	}
	m.SeenAt = tx.Now()
	return tx.PutMatchRequest(&m)
}

// Answer is what an organization does with a request: one of its events, with reason, words to the person, wished card fields, and at
// the end what was worked.
type Answer struct {
	Event  RequestEvent
	Reason Code
	Text   string
	Ask    []string
	Worked Worked
}

// AnswerRequest applies an answer of the organization. It returns ErrConflict when the request is not in a state for it or the last
// place has just gone, and ErrForbidden for anything but an end when the organization is suspended.
func AnswerRequest(tx Tx, by Actor, id ID, a Answer) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if m.Origin != "" {
		return m, ErrNotFound
	}
	if err := must(by, Decide, m.Thing()); err != nil {
		return m, err
	}
	if m.FromHome(a.Event) || !m.Offers(a.Event) {
		return m, ErrConflict
	}
	if !a.Event.Refuses() {
		if err := notStopped(tx, m.Organization); err != nil {
			return m, err
		}
	}
	var bad Invalids
	bad.Text("text", a.Text, 0, RequestTextLimit)
	bad.reason(a.Reason, FlagOrganization)
	for _, f := range a.Ask {
		if !slices.Contains(CardFields, f) {
			bad.Add("ask", "error.choice.unknown", "codes", f)
		}
	}
	if a.Event == EventAsk && len(a.Ask) == 0 && m.State == Interested {
		bad.Add("ask", "error.choice.few", "n", 1)
	}
	if a.Event == EventFinish {
		bad.worked(a.Worked)
	}
	if err := bad.Err(); err != nil {
		return m, err
	}
	if a.Event == EventFinish {
		m.Worked = a.Worked
	}
	if err := m.apply(tx, a.Event, Step{Reason: a.Reason, Text: strings.TrimSpace(a.Text), Ask: a.Ask}); err != nil {
		return m, err
	}
	return m, audit(tx, by, m.actsAs(by), AuditEntry{Action: "request." + string(a.Event), Object: m.ID, Person: m.Account, New: string(m.State), Reason: a.Reason})
}

// reason adds a failure unless the reason is one that people of this side can choose, or none.
func (es *Invalids) reason(reason Code, side Flag) {
	if reason != "" && !DeclineReasons.Any(side, reason) {
		es.Add("reason", "error.choice.unknown", "codes", string(reason))
	}
}

// actsAs is the role in which somebody deals with the requests of an organization.
func (m MatchRequest) actsAs(by Actor) Role {
	for _, desk := range []Role{Adviser, Moderator, Admin} {
		if by.Has(desk) && !by.Of(m.Organization) {
			return desk
		}
	}
	return Member
}

func (es *Invalids) worked(w Worked) {
	if w == (Worked{}) {
		return
	}
	if !w.From.Valid() || !w.Until.Valid() || w.Until < w.From {
		es.Add("from", "error.date.order")
	}
	if w.Hours < 0 || w.Hours > 5000 || w.Hours*4 != math.Trunc(w.Hours*4) {
		es.Add("hours", "error.hours.range", "from", 0.25, "to", 5000)
	}
}

// ReleaseContact gives the organization the named fields of the person's contact. Giving fewer than before takes the others back.
func ReleaseContact(tx Tx, by Actor, id ID, card Card) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := m.mayHome(by, m.ContactThing()); err != nil {
		return m, err
	}
	if !m.HomeHere() || !m.Offers(EventRelease) {
		return m, ErrConflict
	}
	if err := notStopped(tx, m.Organization); err != nil {
		return m, err
	}
	var bad Invalids
	bad.card(card)
	if err := bad.Err(); err != nil {
		return m, err
	}
	if m.Answers() && m.State == Interested {
		if err := m.sayYes(tx); err != nil {
			return m, err
		}
	}
	m.Card = card
	if err := helped(tx, by, "release", m.ID); err != nil {
		return m, err
	}
	return m, m.apply(tx, EventRelease, Step{Until: tx.Now().Add(CardLife)})
}

// card finds what cannot be released.
func (es *Invalids) card(card Card) {
	for f, value := range card {
		most := 200
		if f == "note" {
			most = 500
		}
		if !slices.Contains(CardFields, f) {
			es.Add("fields", "error.choice.unknown", "codes", f)
			continue
		}
		es.Text(f, value, 1, most)
	}
	if len(card) == 0 {
		es.Add("fields", "error.choice.few", "n", 1)
	}
}

// UnshareContact takes the released contact back; the other side erases it.
func UnshareContact(tx Tx, by Actor, id ID) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := m.mayHome(by, m.ContactThing()); err != nil {
		return m, err
	}
	if !m.HomeHere() || !m.Offers(EventUnshare) {
		return m, ErrConflict
	}
	if err := helped(tx, by, "unshare", m.ID); err != nil {
		return m, err
	}
	return m, m.apply(tx, EventUnshare, Step{})
}

// WithdrawRequest is the no of the volunteer's side: a request is taken back, or the answer of an organization refused; what was
// released is recalled. An unconfirmed one is erased.
func WithdrawRequest(tx Tx, by Actor, id ID, reason Code) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := m.mayHome(by, m.Thing()); err != nil {
		return m, err
	}
	no := m.No()
	if !m.HomeHere() || !m.Offers(no) {
		return m, ErrConflict
	}
	var bad Invalids
	bad.reason(reason, FlagVolunteer)
	switch {
	case bad != nil:
		return m, bad.Err()
	case m.State == Unconfirmed:
		return m, tx.DeleteMatchRequest(m.ID)
	}
	if err := helped(tx, by, "no", m.ID); err != nil {
		return m, err
	}
	return m, m.apply(tx, no, Step{Reason: reason})
}

// withdrawRequests takes back whatever an account asked for or answered, without a reason.
func withdrawRequests(tx Tx, account ID) error {
	requests, err := tx.RequestsOfAccount(account)
	if err != nil {
		return err
	}
	for _, m := range requests {
		if m.State == Unconfirmed {
			err = tx.DeleteMatchRequest(m.ID)
		} else {
			err = m.takeBack(tx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeBack recalls what was released, also from where the conversation has ended, and ends it where it has not.
func (m *MatchRequest) takeBack(tx Tx) error {
	if _, ok := m.after(EventUnshare); ok && len(m.Card) > 0 && (m.counterpart() != "" || m.State.Final()) { // here the end erases the card of an open one
		if err := m.apply(tx, EventUnshare, Step{}); err != nil {
			return err
		}
	}
	if m.State.Final() {
		return nil
	}
	return m.apply(tx, m.No(), Step{})
}

// Reconfirm says that the person still agrees after the terms changed.
func Reconfirm(tx Tx, by Actor, id ID) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := must(by, Change, m.Thing()); err != nil {
		return m, err
	}
	if m.Reconfirm.IsZero() {
		return m, ErrConflict
	}
	o, err := tx.Opportunity(m.Opportunity)
	if err != nil {
		return m, err
	}
	m.Reconfirm, m.Material, m.SeenVersion, m.Updated = time.Time{}, o.Material, o.VersionTime(), tx.Now()
	if err := helped(tx, by, "reconfirm", m.ID); err != nil {
		return m, err
	}
	return m, tx.PutMatchRequest(&m)
}

// apply is the one way a request changes because of somebody on this instance: the transition, its effects here, and the word to
// the other side.
func (m *MatchRequest) apply(tx Tx, e RequestEvent, s Step) error {
	next, ok := m.after(e)
	if !ok {
		return ErrConflict
	}
	before := *m
	if err := m.enter(tx, e, next, s); err != nil {
		return err
	}
	if err := m.tell(tx, e, s); err != nil {
		return err
	}
	if err := tx.PutMatchRequest(m); err != nil {
		return err
	}
	if err := m.notify(tx, e, before); err != nil {
		return err
	}
	return m.moveUp(tx, before)
}

// enter changes the fields that follow from an event and reserves or frees places.
func (m *MatchRequest) enter(tx Tx, e RequestEvent, next RequestState, s Step) error {
	now, had, from := tx.Now(), m.holdsPlace(), m.State
	m.State, m.Updated = next, now
	if s.Reason != "" {
		m.Reason = s.Reason
	}
	switch e {
	case EventAsk, EventWait, EventDecline, EventCancel, EventAgree:
		m.Message, m.DueAt = s.Text, time.Time{}
	}
	switch e {
	case EventAsk:
		m.Ask, m.Reminded, m.ExpiresAt, m.PlaceUntil = s.Ask, 0, time.Time{}, time.Time{}
		if offer := len(s.Ask) == 0 && !m.Answers(); next == ContactWanted || offer { // a card that is here already answers every other question
			m.waitForPerson(now, s.Until, offer)
		}
	case EventRelease:
		m.CardUntil = s.Until
		if from == ContactWanted || !m.PlaceUntil.IsZero() { // otherwise it is the organization that has to answer
			m.DueAt, m.ExpiresAt, m.PlaceUntil = time.Time{}, time.Time{}, time.Time{}
		}
	case EventUnshare:
		m.eraseCard()
		if next == ContactWanted && m.ExpiresAt.IsZero() {
			m.waitForPerson(now, time.Time{}, false)
		}
	case EventWait:
		m.ExpiresAt, m.PlaceUntil = time.Time{}, time.Time{}
	case EventTalk, EventTry:
		m.DueAt, m.ExpiresAt, m.PlaceUntil = time.Time{}, time.Time{}, time.Time{}
	case EventAgree:
		m.PlaceUntil = time.Time{}
		m.DueAt, m.ExpiresAt = time.Time{}, time.Time{}
		if m.AgreedAt.IsZero() {
			m.AgreedAt = now
			if m.OwnerHere() {
				m.Agreement = string(tx.NewSecretID())
			}
			if err := m.startsWith(tx); err != nil {
				return err
			}
			if err := m.assign(tx); err != nil {
				return err
			}
		}
	case EventWithdraw:
		m.eraseCard()
	case EventDecline, EventCancel:
		if m.Answers() { // the volunteer does not want to any more
			m.eraseCard()
		}
	}
	if next.Final() && m.EndedAt.IsZero() {
		m.EndedAt, m.DueAt, m.ExpiresAt, m.PlaceUntil, m.Reconfirm = now, time.Time{}, time.Time{}, time.Time{}, time.Time{}
		if len(m.Card) > 0 && (m.CardUntil.IsZero() || m.CardUntil.After(now.Add(CardLife))) {
			m.CardUntil = now.Add(CardLife)
		}
		if err := m.leaveShifts(tx, canceledBy(e)); err != nil {
			return err
		}
	}
	if err := m.closeCase(tx, e); err != nil {
		return err
	}
	return m.reserve(tx, had)
}

// waitForPerson starts the clock of somebody who was asked for contact, or to whom a place off the waiting list is offered.
func (m *MatchRequest) waitForPerson(now, until time.Time, offer bool) {
	life := answerLife
	if offer {
		life = placeOfferLife
	}
	if until.IsZero() {
		until = now.Add(life)
	}
	m.ExpiresAt = until
	if offer {
		m.PlaceUntil = until
	} else {
		m.DueAt = now.Add(reminderAfterAsk)
	}
}

// startsWith sets the clock of an agreement to the first day of the opportunity, if that is still to come.
func (m *MatchRequest) startsWith(tx Tx) error {
	m.DueAt = time.Time{}
	o, err := tx.Opportunity(m.Opportunity)
	if err == nil && o.StartsOn > DateOf(tx.Now()) {
		m.DueAt = o.StartsOn.Time()
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// holdsPlace says whether the request occupies places of the opportunity.
func (m *MatchRequest) holdsPlace() bool { return m.State == Agreed || m.State == Active }

// reserve takes or frees places when holding one has changed. Only the origin counts places.
func (m *MatchRequest) reserve(tx Tx, had bool) error {
	has := m.holdsPlace()
	if had == has || !m.OriginHere() || m.Answers() { // a help offer counts no places
		return nil
	}
	o, err := tx.Opportunity(m.Opportunity)
	if errors.Is(err, ErrNotFound) && !has {
		return nil
	}
	if err != nil {
		return err
	}
	n := m.Quantity
	if !has {
		n = -n
	}
	return take(tx, &o, n)
}

func (m *MatchRequest) eraseCard() { m.Card, m.CardUntil = nil, time.Time{} }

// wireless are the events that the other instance is not told.
var wireless = map[RequestEvent]bool{EventConfirm: true, EventConsent: true, EventTalk: true, EventTry: true, EventStart: true}

// tell sends a step of this side to the other instance, if there is one.
func (m *MatchRequest) tell(tx Tx, e RequestEvent, s Step) error {
	if m.Via == "fediverse" && e == EventDecline {
		s.Event = e
		return m.write(tx, s, nil)
	}
	if m.counterpart() == "" || wireless[e] {
		return nil
	}
	m.StepSent++
	s.Event, s.Number = e, m.StepSent
	ev := Event{ID: tx.NewSecretID(), For: Wire, Kind: WireMatch, Subject: m.ID, At: tx.Now(), Step: &s}
	switch e {
	case EventAgree:
		m.Accept = ev.ID
	case EventCancel:
		s.Undoes = m.Accept
	}
	m.Delivery = DeliveryQueued
	return tx.Emit(ev)
}

// notify mails those of this instance who must learn of the change.
func (m *MatchRequest) notify(tx Tx, e RequestEvent, before MatchRequest) error {
	changed := m.State != before.State
	if m.Answers() {
		return m.notifyOfAnswer(tx, e, before)
	}
	switch e {
	case EventAsk, EventWait, EventDecline, EventCancel, EventAgree, EventFinish, EventExpire:
		if m.HomeHere() && m.Via != "fediverse" && (changed || e == EventAsk) {
			return mail(tx, MailRequestNews, m.ID, m.person(), nil)
		}
	case EventRelease, EventWithdraw, EventUnshare:
		if m.OriginHere() && before.EndedAt.IsZero() {
			return mail(tx, MailRequestChanged, m.ID, Recipient{Organization: m.Organization}, nil)
		}
	}
	return nil
}

// endRequests ends every open request of an opportunity that is gone.
func endRequests(tx Tx, o Opportunity) error {
	if err := endTalks(tx, o); err != nil {
		return err
	}
	return endAgreements(tx, o, EventCancel)
}

// endAgreements cancels or completes everything that was agreed.
func endAgreements(tx Tx, o Opportunity, e RequestEvent) error {
	list, err := tx.RequestsFor(o.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.holdsPlace() {
			if err := m.end(tx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// endTalks ends every request about which nothing is agreed.
func endTalks(tx Tx, o Opportunity) error {
	list, err := tx.RequestsFor(o.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		switch {
		case m.State == Unconfirmed:
			err = tx.DeleteMatchRequest(m.ID)
		case m.State.Final(), m.holdsPlace():
			continue
		default:
			err = m.end(tx, EventDecline)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// end closes a request because there is nothing left to agree on. When the other instance ended it, its own word is on the way, and
// nothing is sent.
func (m *MatchRequest) end(tx Tx, e RequestEvent) error {
	if m.OwnerHere() {
		return m.apply(tx, e, Step{Reason: "angebot-beendet"})
	}
	next, ok := m.after(e)
	if !ok {
		return nil
	}
	before := *m
	if err := m.enter(tx, e, next, Step{Reason: "angebot-beendet"}); err != nil {
		return err
	}
	if err := tx.PutMatchRequest(m); err != nil {
		return err
	}
	return m.notify(tx, e, before)
}

// askAgain asks everybody who agreed to confirm the changed terms.
func askAgain(tx Tx, o Opportunity) error {
	list, err := tx.RequestsFor(o.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		if !m.holdsPlace() {
			continue
		}
		m.Reconfirm = tx.Now().Add(reconfirmLife)
		if m.State == Agreed {
			if err := m.startsWith(tx); err != nil {
				return err
			}
		}
		if err := tx.PutMatchRequest(&m); err != nil {
			return err
		}
		if m.HomeHere() {
			if err := mail(tx, MailRequestReminder, m.ID, m.person(), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// ReceiveOffer records a pseudonymous request that a partner's volunteer sent. m holds what the offer says: Home, Person, Offer,
// Opportunity, Quantity, Text, Gates, Via, ExpiresAt, SeenVersion, StepSeen. The caller has checked the wire rules; this one decides by the
// state of the opportunity: ended → declined, over the limit → declined, full → waiting list. Whoever answers an invitation was asked for
// contact data by it.
func ReceiveOffer(tx Tx, m MatchRequest) (MatchRequest, error) {
	o, err := tx.Opportunity(m.Opportunity)
	if err != nil {
		return m, err
	}
	i, err := tx.Instance()
	if err != nil {
		return m, err
	}
	code, err := tx.NewCode()
	if err != nil {
		return m, err
	}
	now := tx.Now()
	m.ID, m.Number, m.Direction, m.Organization, m.Material = tx.NewSecretID(), "A-"+strings.ToUpper(code), "interest", o.Organization, o.Material
	m.State, m.SentAt, m.Created, m.Updated, m.Delivery = Interested, now, now, now, DeliveryLocal
	if o.Directed() { // it has asked for contact already
		m.Direction, m.State, m.Ask = "invitation", ContactWanted, o.Project.Ask
		m.waitForPerson(now, m.ExpiresAt, false)
	} else {
		m.startClock(now, i)
	}
	all, err := tx.RequestsFor(o.ID)
	if err != nil {
		return m, err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return m, err
	}
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, err
	}
	switch {
	case !o.Open() || o.Over(now) || org.Stopped():
		return m, m.apply(tx, EventDecline, Step{Reason: "angebot-beendet"})
	case undecided(all) >= maxOpen:
		return m, m.apply(tx, EventDecline, Step{Reason: "besetzt"})
	}
	if !o.Directed() { // otherwise the card follows at once
		if err := mail(tx, MailRequestNew, m.ID, Recipient{Organization: m.Organization}, nil); err != nil {
			return m, err
		}
	}
	return m, m.waitIfFull(tx, o)
}

// Receive applies a step of the other side, which the caller has verified to come from it. It reports whether the step had an effect:
// an old, repeated or meaningless one has none and is no error.
func (m *MatchRequest) Receive(tx Tx, s Step, card Card) (bool, error) {
	if s.Number != 0 && s.Number <= m.StepSeen {
		return false, nil
	}
	if m.FromHome(s.Event) == m.HomeHere() {
		return false, nil
	}
	next, ok := m.after(s.Event)
	if !ok {
		return false, m.repeatWithdrawal(tx, s.Event)
	}
	if s.Event == EventRelease {
		if m.State == Waitlisted && len(m.Ask) == 0 && !m.AcceptSent() {
			return false, nil // nobody asked for it
		}
		if m.State == ContactWanted {
			switch err := notStopped(tx, m.Organization); {
			case errors.Is(err, ErrForbidden): // here nobody may give it to them any more
				m.StepSeen = max(m.StepSeen, s.Number)
				return true, m.apply(tx, EventDecline, Step{Reason: "angebot-beendet"})
			case err != nil:
				return false, err
			}
		}
		m.Card = card
	}
	before := *m
	m.StepSeen = max(m.StepSeen, s.Number)
	if err := m.enter(tx, s.Event, next, s); err != nil {
		return false, err
	}
	if err := tx.PutMatchRequest(m); err != nil {
		return false, err
	}
	if err := m.notify(tx, s.Event, before); err != nil {
		return false, err
	}
	return true, m.moveUp(tx, before)
}

// AcceptSent says whether the organization agreed at least once.
func (m MatchRequest) AcceptSent() bool { return m.Accept != "" || !m.AgreedAt.IsZero() }

// repeatWithdrawal answers an organization that has not heard of the end: the asker sends its withdrawal again, once a day.
func (m *MatchRequest) repeatWithdrawal(tx Tx, e RequestEvent) error {
	ended := m.State == WithdrawnRequest || m.State == ExpiredRequest
	asks := e == EventAsk || e == EventWait || e == EventAgree
	if !ended || !asks || !m.HomeHere() || tx.Now().Sub(m.Updated) < 24*time.Hour {
		return nil
	}
	m.Updated = tx.Now()
	if err := m.tell(tx, EventWithdraw, Step{Reason: m.Reason}); err != nil {
		return err
	}
	return tx.PutMatchRequest(m)
}

// Undelivered notes that the other instance could not be reached for good and tells the people on this side.
func (m *MatchRequest) Undelivered(tx Tx) error {
	m.Delivery, m.Updated = DeliveryUnreachable, tx.Now()
	if err := tx.PutMatchRequest(m); err != nil {
		return err
	}
	to := m.person()
	if !m.HomeHere() {
		to = Recipient{Organization: m.Organization}
	}
	return mail(tx, MailUndelivered, m.ID, to, nil)
}

// ReadContact records that somebody read the contact data of a request; the person sees it.
func ReadContact(tx Tx, by Actor, m MatchRequest) error {
	return audit(tx, by, m.actsAs(by), AuditEntry{Action: ActionReadContact, Object: m.ID, Person: m.Account})
}
