package engagement

import "time"

// MatchRequest is the conversation of one person and one opportunity from first interest to the end (UI: Anfrage). There is
// one record on each side: home is the volunteer's instance, origin the opportunity's; both may be this one.
type MatchRequest struct {
	ID           ID           `class:"tec"` // v4: says nothing about its age
	Number       string       `class:"per"` // reference number for people, "A-7K3M9P"
	Direction    Code         `class:"per"` // interest or invitation
	Opportunity  ID           `class:"per"`
	Organization ID           `class:"per"`
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
	DueAt        time.Time    `class:"per"` // answer expected by
	Reminded     int          `class:"tec"` // reminders sent so far
	EscalatedAt  time.Time    `class:"per"` // handed over to the volunteer center
	ExpiresAt    time.Time    `class:"per"` // end of the clock; zero: none runs
	Reconfirm    time.Time    `class:"per"` // the person is asked to confirm changed terms until then
	Offer        string       `class:"tec"` // IRI of the Offer; empty while nothing was sent over the wire
	Accept       ID           `class:"tec"` // origin: activity id of our Accept
	AcceptIRI    string       `class:"tec"` // home: IRI of the Accept we got
	Agreement    string       `class:"tec"` // origin: id of the agreement; home: its IRI
	Remote       RemotePerson `class:"per"` // via fediverse: who wrote
	AgreedAt     time.Time    `class:"per"`
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
var RequestStates = []RequestState{"", Unconfirmed, AwaitingGuardian, Interested, ContactWanted, Waitlisted, ContactShared, Talking, Trial,
	Agreed, Active, Completed, Declined, Canceled, WithdrawnRequest, ExpiredRequest}

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
var RequestEvents = []RequestEvent{EventSend, EventConfirm, EventConsent, EventAsk, EventWait, EventRelease, EventUnshare, EventTalk, EventTry,
	EventAgree, EventStart, EventFinish, EventDecline, EventCancel, EventWithdraw, EventExpire}
