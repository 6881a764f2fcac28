package engagement

import (
	"errors"
	"net/url"
	"time"
)

// Occasion is something that takes place at a time (UI: Termin; on the wire: Event). A copy of another server's has Origin, IRI and
// Author, and is changed only by what that server sends.
type Occasion struct {
	ID           ID            `class:"tec"`
	Code         string        `class:"pub"` // short public id, unique on this instance
	Organization ID            `class:"pub"` // who invites; copies: empty
	Origin       string        `class:"pub"` // host of the server it lives on; empty: this one
	IRI          string        `class:"pub"` // copies: ActivityPub id
	URL          string        `class:"pub"` // copies: page at the origin
	Author       string        `class:"pub"` // copies: IRI of the actor that invites
	Poster       string        `class:"pub"` // copies: IRI of the actor that wrote it for the author, and may change it too; empty: the author
	Organizer    string        `class:"pub"` // copies: name of the author
	Series       string        `class:"pub"` // the series it is one of: its ID, of a copy the IRI; empty: none
	Day          Date          `class:"pub"` // own ones of a series: the day in it, whichever day it was moved to
	Told         time.Time     `class:"tec"` // own ones of a series: when other servers were first told of it; zero: not yet
	Kind         Code          `class:"pub"` // vocabulary event_kind; copies of other software: empty
	Title        string        `class:"pub"` // 3–120 characters; copies ≤ 200
	Teaser       string        `class:"pub"` // ≤ 200
	Text         string        `class:"pub"` // Markdown subset, ≤ 4,000; copies: plain text with paragraphs
	Lang         Lang          `class:"pub"`
	Starts       time.Time     `class:"pub"`
	Ends         time.Time     `class:"pub"` // after Starts
	Zone         string        `class:"pub"` // IANA name of the time zone of the place; copies with another one: the offset, "+02:00"
	Online       bool          `class:"pub"`
	Link         string        `class:"org"` // https address of an online meeting, for those who take part; never on the wire
	Place        Place         `class:"pub"` // none if Online
	Capacity     int           `class:"pub"` // places in all, 1–10,000; 0: unlimited
	SignUp       Code          `class:"pub"` // vocabulary sign_up; copies: empty
	Note         bool          `class:"pub"` // own ones: followers of the organization get a note about it
	State        OccasionState `class:"pub"`
	Said         OccasionState `class:"org"` // queued or hidden: the state that its owner says
	Reason       Code          `class:"org"` // why a moderator hid it
	Published    time.Time     `class:"pub"`
	Updated      time.Time     `class:"pub"` // zero until the first change
	Received     time.Time     `class:"tec"` // copies: when the last version came
	Version      int           `class:"tec"`
}

// OccasionState is the life of an occasion; that it is over is told by its end. A copy may be queued, too.
type OccasionState string

const (
	OccasionScheduled OccasionState = "scheduled"
	OccasionPostponed OccasionState = "postponed" // to a day that is not known yet
	OccasionCanceled  OccasionState = "canceled"
	OccasionWithdrawn OccasionState = "withdrawn" // removed, here and everywhere it went
	OccasionQueued    OccasionState = "queued"    // copy that waits for a moderator
	OccasionHidden    OccasionState = "hidden"    // a moderator does not show it
)

// Limits of an occasion.
const (
	OccasionTitleLimit  = 120
	OccasionTeaserLimit = 200
	OccasionTextLimit   = 4000
	OccasionPlaces      = 10_000
	OccasionLength      = 31 * 24 * time.Hour
	occasionYears       = 2 // ahead
)

// Local says whether the occasion lives on this instance.
func (o Occasion) Local() bool { return o.Origin == "" }

// Live says whether it is before the public, even if it does not take place.
func (o Occasion) Live() bool {
	return o.State == OccasionScheduled || o.State == OccasionPostponed || o.State == OccasionCanceled
}

// Standing says whether its organization has it: before the public, or hidden by a moderator.
func (o Occasion) Standing() bool { return o.Live() || o.State == OccasionHidden }

// Over says whether it has ended.
func (o Occasion) Over(now time.Time) bool { return !o.Ends.After(now) }

// Open says whether somebody can sign up here now; whether there are places left is another question.
func (o Occasion) Open(now time.Time) bool {
	return o.Local() && o.State == OccasionScheduled && o.SignUp != "ohne" && !o.Over(now)
}

// Restricted says whether the organization decides about everybody who wants to come.
func (o Occasion) Restricted() bool { return o.SignUp == "mit-zusage" }

// VersionTime is when the present version was made.
func (o Occasion) VersionTime() time.Time {
	if o.Updated.IsZero() {
		return o.Published
	}
	return o.Updated
}

// Located is the time zone that its times are told in.
func (o Occasion) Located() *time.Location {
	if zone, err := time.LoadLocation(o.Zone); err == nil && o.Zone != "" && o.Zone != "Local" {
		return zone
	}
	if t, err := time.Parse("-07:00", o.Zone); err == nil {
		return t.Location()
	}
	return Berlin()
}

// check finds everything that keeps the occasion from being public. What is over may be corrected, but not moved.
func (o *Occasion) check(tx Tx, old Occasion) error {
	var bad Invalids
	bad.Text("title", o.Title, 3, OccasionTitleLimit)
	bad.Text("teaser", o.Teaser, 0, OccasionTeaserLimit)
	bad.Text("text", o.Text, 0, OccasionTextLimit)
	bad.Code("kind", OccasionKinds, o.Kind, true)
	bad.Code("sign_up", SignUpKinds, o.SignUp, true)
	switch now := tx.Now(); {
	case o.Starts.IsZero():
		bad.Add("starts", "error.date.empty")
	case o.Ends.IsZero():
		bad.Add("ends", "error.date.empty")
	case !o.Starts.Equal(old.Starts) && o.Starts.Before(now):
		bad.Add("starts", "error.date.past")
	case o.Starts.After(now.AddDate(occasionYears, 0, 0)):
		bad.Add("starts", "error.event.far", "n", occasionYears)
	case !o.Ends.After(o.Starts):
		bad.Add("ends", "error.event.order")
	case o.Ends.Sub(o.Starts) > OccasionLength:
		bad.Add("ends", "error.event.long", "n", int(OccasionLength/(24*time.Hour)))
	}
	if o.Online {
		o.Place = Place{}
	} else if !o.Place.Known() {
		bad.Add("place", "error.place.empty")
	}
	if o.Link != "" {
		if u, err := url.Parse(o.Link); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			bad.Add("link", "error.link.shape")
		}
	}
	if o.Capacity < 0 || o.Capacity > OccasionPlaces {
		bad.Add("capacity", "error.capacity.range", "from", 1, "to", OccasionPlaces)
	}
	return bad.Err()
}

// AddOccasion publishes an occasion of an organization.
func AddOccasion(tx Tx, by Actor, o Occasion) (Occasion, error) {
	o.Series, o.Day, o.Told = "", "", time.Time{}
	return addOccasion(tx, by, o)
}

func addOccasion(tx Tx, by Actor, o Occasion) (Occasion, error) {
	if err := must(by, Create, Thing{Noun: AnOccasion, Organization: o.Organization}); err != nil {
		return o, err
	}
	if err := o.begin(tx); err != nil {
		return o, err
	}
	o.Zone = Berlin().String()
	if o.Lang == "" {
		o.Lang = "de"
	}
	if err := o.check(tx, Occasion{}); err != nil {
		return o, err
	}
	o.State = OccasionScheduled
	if err := tx.PutOccasion(&o); err != nil {
		return o, err
	}
	return o, emit(tx, WireCreate, o.ID)
}

// begin makes it something new. Organizations that are not active publish nothing.
func (o *Occasion) begin(tx Tx) error {
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	if !org.Local() || org.State != OrganizationActive || org.Moved() {
		return ErrForbidden
	}
	if o.Code, err = tx.NewCode(); err != nil {
		return err
	}
	o.ID, o.Published, o.Updated, o.Note, o.Version = tx.NewID(), tx.Now(), time.Time{}, org.EventNotes, 0
	return nil
}

// again publishes a copy of one that was removed, in its series and as its organization said of it last. Other servers need not hear of what is over.
func (o Occasion) again(tx Tx) error {
	if err := o.begin(tx); err != nil {
		return err
	}
	if err := o.letIn(tx); err != nil {
		return err
	}
	o.State, o.Said, o.Reason, o.Told = o.Said, "", "", time.Time{}
	if o.Series != "" {
		return o.announce(tx)
	}
	if err := tx.PutOccasion(&o); err != nil || o.Over(tx.Now()) {
		return err
	}
	return emit(tx, WireCreate, o.ID)
}

// EditOccasion replaces what its organization may change. Who signed up learns of another time, place or address of a meeting; one that was postponed and gets
// another time takes place again.
func EditOccasion(tx Tx, by Actor, o Occasion) (Occasion, error) {
	old, err := tx.Occasion(o.ID)
	if err != nil {
		return o, err
	}
	if err := must(by, Change, old.Thing()); err != nil {
		return o, err
	}
	if !old.Local() {
		return o, ErrForbidden
	}
	if old.State != OccasionScheduled && old.State != OccasionPostponed {
		return o, ErrConflict
	}
	edited := old
	edited.Kind, edited.Title, edited.Teaser, edited.Text = o.Kind, o.Title, o.Teaser, o.Text
	edited.Starts, edited.Ends, edited.Online, edited.Link, edited.Place = o.Starts, o.Ends, o.Online, o.Link, o.Place
	edited.Capacity, edited.SignUp, edited.Version = o.Capacity, o.SignUp, o.Version
	if err := edited.check(tx, old); err != nil {
		return o, err
	}
	return edited, edited.follow(tx, old)
}

// follow stores an occasion that was changed, and tells whom it concerns.
func (o *Occasion) follow(tx Tx, old Occasion) error {
	guests, err := tx.SignUpsFor(o.ID)
	if err != nil {
		return err
	}
	if taken := Guests(guests).Taken(); o.Capacity > 0 && o.Capacity < taken {
		return &Invalid{Field: "capacity", Key: "error.capacity.taken", Args: map[string]any{"n": taken}}
	}
	moved := !o.Starts.Equal(old.Starts) || !o.Ends.Equal(old.Ends)
	if moved {
		o.State = OccasionScheduled
	}
	if err := o.change(tx); err != nil {
		return err
	}
	if err := o.moveUp(tx); err != nil {
		return err
	}
	if moved || o.Place != old.Place || o.Online != old.Online || o.Link != old.Link {
		return o.tellGuests(tx)
	}
	return nil
}

// change stores a new version and has other servers learn of it.
func (o *Occasion) change(tx Tx) error {
	now := tx.Now()
	for _, before := range []time.Time{o.Published, o.Updated} { // later by a second at least: see [Opportunity.changed]
		if least := before.Add(time.Second); now.Before(least) {
			now = least
		}
	}
	o.Updated = now
	if o.unheard() {
		return o.announce(tx)
	}
	if err := tx.PutOccasion(o); err != nil {
		return err
	}
	return emit(tx, WireUpdate, o.ID)
}

// occasionMoves are the states that an organization can put an occasion in, by the states from which.
var occasionMoves = map[OccasionState][]OccasionState{
	OccasionScheduled: {OccasionPostponed, OccasionCanceled},
	OccasionPostponed: {OccasionScheduled},
	OccasionCanceled:  {OccasionScheduled, OccasionPostponed},
}

// MoveOccasion says that an occasion is canceled, postponed, or takes place after all. Who signed up learns of it.
func MoveOccasion(tx Tx, by Actor, id ID, to OccasionState) (Occasion, error) {
	o, err := tx.Occasion(id)
	if err != nil {
		return o, err
	}
	if err := must(by, Change, o.Thing()); err != nil {
		return o, err
	}
	possible := false
	for _, from := range occasionMoves[to] {
		possible = possible || o.State == from
	}
	if !o.Local() || !possible || o.Over(tx.Now()) {
		return o, ErrConflict
	}
	o.State = to
	if err := o.change(tx); err != nil {
		return o, err
	}
	return o, o.tellGuests(tx)
}

// RemoveOccasion takes an occasion back, here and everywhere it went.
func RemoveOccasion(tx Tx, by Actor, id ID) error {
	o, err := tx.Occasion(id)
	if err != nil {
		return err
	}
	if err := must(by, Remove, o.Thing()); err != nil {
		return err
	}
	if !o.Local() || !o.Standing() {
		return ErrConflict
	}
	if err := o.leaveOut(tx); err != nil {
		return err
	}
	return o.withdraw(tx)
}

// withdraw leaves nothing of an occasion but its id and its time. Guests of one that is still to come learn of it.
func (o *Occasion) withdraw(tx Tx) error {
	if o.State != OccasionCanceled && !o.Over(tx.Now()) {
		if err := o.tellGuests(tx); err != nil {
			return err
		}
	}
	o.Title, o.Teaser, o.Text, o.Link, o.Place = "", "", "", "", Place{}
	o.State, o.Said, o.Updated = OccasionWithdrawn, "", tx.Now()
	if err := tx.PutOccasion(o); err != nil {
		return err
	}
	return emit(tx, WireDelete, o.ID)
}

// DecideOccasion is the decision of a moderator: hide or restore it, remove an own one for good, show a copy.
func DecideOccasion(tx Tx, by Actor, id ID, d Decision, reason Code) (Occasion, error) {
	return decideOccasion(tx, by, id, d, reason, true)
}

// decideOccasion is the same, with or without a mail to the organization.
func decideOccasion(tx Tx, by Actor, id ID, d Decision, reason Code, tell bool) (Occasion, error) {
	o, err := tx.Occasion(id)
	if err != nil {
		return o, err
	}
	if err := must(by, Decide, o.Thing()); err != nil {
		return o, err
	}
	var bad Invalids
	bad.Code("reason", DecisionReasons, reason, d == DecideHide || d == DecideSuspend)
	if err := bad.Err(); err != nil {
		return o, err
	}
	old := o.State
	switch {
	case d == DecideSuspend && o.Local() && o.Standing():
		o.Reason = reason
		if err = o.leaveOut(tx); err == nil {
			err = o.withdraw(tx)
		}
	case d == DecideHide && (o.Live() || o.State == OccasionQueued):
		if o.State != OccasionQueued {
			o.Said = o.State
		}
		o.Reason = reason
		err = o.turn(tx, OccasionHidden)
	case d == DecideApprove && o.State == OccasionQueued, d == DecideRestore && o.State == OccasionHidden:
		said := o.Said
		o.Said, o.Reason = "", ""
		if err = o.turn(tx, said); err == nil && old == OccasionQueued {
			err = o.releaseSeries(tx)
		}
	default:
		return o, ErrConflict
	}
	if err == nil && tell && o.Local() {
		err = mail(tx, MailOccasionDecision, o.ID, Recipient{Organization: o.Organization}, nil)
	}
	if err != nil {
		return o, err
	}
	return o, audit(tx, by, Moderator, AuditEntry{Action: "event.decide", Object: o.ID, Old: string(old), New: string(o.State)})
}

// turn hides or shows it, here and everywhere it went; of a copy others hear nothing.
func (o *Occasion) turn(tx Tx, to OccasionState) error {
	o.State = to
	if !o.Local() {
		return tx.PutOccasion(o)
	}
	return o.change(tx)
}

// MirrorOccasion stores an occasion of another server as its owner describes it now; IRI identifies it. One that comes for the first time
// waits for a moderator, unless trusted. The decision of this instance's moderators stays. A version that is not newer has no effect.
func MirrorOccasion(tx Tx, o Occasion, trusted bool) (Occasion, error) {
	old, err := tx.OccasionByIRI(o.IRI)
	switch {
	case errors.Is(err, ErrNotFound):
		o.ID = tx.NewID()
		if o.Code, err = tx.NewCode(); err != nil {
			return o, err
		}
		if !trusted {
			if trusted, err = o.known(tx); err != nil {
				return o, err
			}
		}
		if !trusted {
			o.State, o.Said = OccasionQueued, o.State
		}
	case err != nil:
		return o, err
	case !o.VersionTime().After(old.VersionTime()):
		return old, nil
	default:
		o.ID, o.Code, o.Version, o.Reason = old.ID, old.Code, old.Version, old.Reason
		if old.State == OccasionQueued || old.State == OccasionHidden {
			o.State, o.Said = old.State, o.State
		}
	}
	o.Received = tx.Now()
	return o, tx.PutOccasion(&o)
}

// UnmirrorOccasion removes a copy because its owner deleted it.
func UnmirrorOccasion(tx Tx, iri string) error {
	o, err := tx.OccasionByIRI(iri)
	if err != nil {
		return err
	}
	return tx.DeleteOccasion(o.ID)
}
