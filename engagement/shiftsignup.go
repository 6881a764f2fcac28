package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// ShiftSignUp is somebody with an agreement who wants to be at a shift (UI: Schicht-Eintragung). That somebody signed up, that the organization
// counts on them, and that they were there are three facts.
type ShiftSignUp struct {
	ID           ID               `class:"tec"`
	Shift        ID               `class:"per"`
	Request      ID               `class:"per"` // the match request that was agreed on
	Opportunity  ID               `class:"per"`
	Organization ID               `class:"per"`
	Account      ID               `class:"per"` // empty: without account, or of another instance
	People       int              `class:"per"` // who come together, as many as were agreed on at most
	State        ShiftSignUpState `class:"per"`
	Asked        bool             `class:"per"` // offered by the organization itself: a yes is a confirmation
	Until        time.Time        `class:"per"` // offered: the place is kept until then; zero: until the beginning
	By           CanceledBy       `class:"per"`
	Text         string           `class:"per"` // what the person said when giving it back late, ≤ 500
	Created      time.Time        `class:"per"`
	Updated      time.Time        `class:"per"`
	Version      int              `class:"tec"`
}

// ShiftSignUpState is a state of domain.md §3.16.
type ShiftSignUpState string

const (
	ShiftWaitlisted ShiftSignUpState = "waitlisted"
	ShiftOffered    ShiftSignUpState = "offered" // a place is kept until the person has said yes
	ShiftSignedUp   ShiftSignUpState = "signed_up"
	ShiftConfirmed  ShiftSignUpState = "confirmed"
	ShiftAttended   ShiftSignUpState = "attended"
	ShiftExcused    ShiftSignUpState = "absent_excused"
	ShiftAbsent     ShiftSignUpState = "absent"
	ShiftNotComing  ShiftSignUpState = "canceled"
)

// ShiftSignUpStates are all states, as they follow each other.
var ShiftSignUpStates = []ShiftSignUpState{
	ShiftWaitlisted, ShiftOffered, ShiftSignedUp, ShiftConfirmed, ShiftAttended, ShiftExcused, ShiftAbsent, ShiftNotComing,
}

// Attendances are the states that say what came of it.
var Attendances = []ShiftSignUpState{ShiftAttended, ShiftExcused, ShiftAbsent}

// Open says whether it is before the shift, and stands.
func (s ShiftSignUpState) Open() bool {
	return s == ShiftWaitlisted || s == ShiftOffered || s.Comes()
}

// Comes says whether the organization can count on somebody.
func (s ShiftSignUpState) Comes() bool { return s == ShiftSignedUp || s == ShiftConfirmed }

// CanceledBy is who ended a sign-up.
type CanceledBy string

const (
	ByPerson       CanceledBy = "person"
	ByOrganization CanceledBy = "organization"
	BySystem       CanceledBy = "system" // nobody answered in time, or the agreement has ended
)

// Limits of sign-ups for shifts.
const (
	shiftOfferLife  = 48 * time.Hour
	shiftOfferShort = 2 * time.Hour // when the shift begins within shiftOfferLife
	ShiftTextLimit  = 500
	shiftDayHours   = 10 * time.Hour // in a day, from which on people are warned
)

// holds is the number of places that are taken or kept.
func (u ShiftSignUp) holds() int {
	if u.State == ShiftWaitlisted || u.State == ShiftNotComing {
		return 0
	}
	return u.People
}

// Thing describes the sign-up of a match request to [Can].
func (u ShiftSignUp) Thing(m MatchRequest) Thing {
	t := m.Thing()
	t.Noun = AShiftSignUp
	return t
}

// TakesShifts says whether the person can be at shifts now: it is agreed, and the shifts are of this instance.
func (m MatchRequest) TakesShifts() bool { return m.holdsPlace() && m.OriginHere() && !m.Answers() }

// ChoosesShifts says whether the person takes shifts here themselves. Of partner instances only the organization does so for them.
func (m MatchRequest) ChoosesShifts() bool {
	return m.TakesShifts() && m.HomeHere() && m.Via != "fediverse"
}

// TakeShift signs a person up for a shift, or puts them onto its waiting list.
func TakeShift(tx Tx, by Actor, request, shift ID, people int) (ShiftSignUp, error) {
	m, s, err := agreedShift(tx, request, shift)
	if err != nil {
		return ShiftSignUp{}, err
	}
	u := ShiftSignUp{Shift: s.ID, Request: m.ID, Opportunity: s.Opportunity, Organization: s.Organization, Account: m.Account, People: people}
	if err := must(by, Change, u.Thing(m)); err != nil {
		return u, err
	}
	if !m.ChoosesShifts() || m.Assignment.Paused {
		return u, ErrConflict
	}
	if old, err := u.prepare(tx, m, s); err != nil || old.ID != "" {
		return old, err
	}
	switch {
	case u.People <= s.Free():
		u.State = ShiftSignedUp
	case s.Waitlist:
		u.State = ShiftWaitlisted
	default:
		return u, &Invalid{Field: "shift", Key: "error.shift.full"}
	}
	if err := u.enter(tx, s); err != nil {
		return u, err
	}
	return u, helped(tx, by, "shift-take", m.ID)
}

// AssignShift is the organization that plans somebody in: the person is asked. Who has no account and no mail address here was asked otherwise.
func AssignShift(tx Tx, by Actor, request, shift ID, people int) (ShiftSignUp, error) {
	m, s, err := agreedShift(tx, request, shift)
	if err != nil {
		return ShiftSignUp{}, err
	}
	u := ShiftSignUp{Shift: s.ID, Request: m.ID, Opportunity: s.Opportunity, Organization: s.Organization, Account: m.Account, People: people, Asked: true}
	if err := must(by, Decide, u.Thing(m)); err != nil {
		return u, err
	}
	if !m.TakesShifts() {
		return u, ErrConflict
	}
	old, err := u.prepare(tx, m, s)
	if err != nil {
		return u, err
	}
	if old.ID != "" && old.State != ShiftWaitlisted {
		return old, ErrConflict
	}
	if old.ID != "" {
		u, u.Asked = old, true
	}
	if u.People > s.Free() {
		return u, &Invalid{Field: "shift", Key: "error.shift.full"}
	}
	u.State = ShiftConfirmed
	if m.ChoosesShifts() {
		err = u.offer(tx, s, false)
	}
	if err != nil {
		return u, err
	}
	if err := u.enter(tx, s); err != nil {
		return u, err
	}
	return u, audit(tx, by, m.actsAs(by), AuditEntry{Action: "shift.assign", Object: u.ID, Person: m.Account, New: string(u.State)})
}

// agreedShift reads a match request and a shift of what it is about.
func agreedShift(tx Tx, request, shift ID) (m MatchRequest, s Shift, err error) {
	if m, err = tx.MatchRequest(request); err != nil {
		return m, s, err
	}
	if s, err = tx.Shift(shift); err == nil && s.Opportunity != m.Opportunity {
		err = ErrNotFound
	}
	if err != nil {
		return m, s, err
	}
	return m, s, notStopped(tx, s.Organization)
}

// prepare checks a new sign-up, and returns the one that there is already.
func (u *ShiftSignUp) prepare(tx Tx, m MatchRequest, s Shift) (old ShiftSignUp, err error) {
	if !s.Ahead(tx.Now()) {
		return old, &Invalid{Field: "shift", Key: "error.shift.begun"}
	}
	if u.People < 1 || u.People > m.Quantity {
		return old, &Invalid{Field: "people", Key: "error.people.range", Args: map[string]any{"from": 1, "to": m.Quantity}}
	}
	others, err := openSignUps(tx, m)
	if err != nil {
		return old, err
	}
	for _, other := range others {
		if other.Shift.ID == s.ID {
			return other.ShiftSignUp, nil
		}
		if other.State != ShiftWaitlisted && other.Shift.Overlaps(s) {
			return old, &Invalid{Field: "shift", Key: "error.shift.overlap"}
		}
	}
	return old, nil
}

// OwnShift is a sign-up with its shift.
type OwnShift struct {
	ShiftSignUp
	Shift Shift
}

// openSignUps are those that the person of a match request has, also for other opportunities here, for shifts that take place.
func openSignUps(tx Tx, m MatchRequest) (open []OwnShift, err error) {
	var list []ShiftSignUp
	if m.Account != "" {
		list, err = tx.ShiftSignUpsOf(m.Account)
	} else {
		list, err = tx.ShiftSignUpsBy(m.ID)
	}
	if err != nil {
		return nil, err
	}
	for _, u := range list {
		if !u.State.Open() {
			continue
		}
		s, err := tx.Shift(u.Shift)
		if err != nil {
			return nil, err
		}
		open = append(open, OwnShift{u, s})
	}
	return open, nil
}

// enter stores a new sign-up, or another state of it, and counts the places again.
func (u *ShiftSignUp) enter(tx Tx, s Shift) error {
	if u.ID == "" {
		u.ID, u.Created = tx.NewSecretID(), tx.Now()
	}
	if err := u.put(tx); err != nil {
		return err
	}
	return s.settle(tx)
}

func (u *ShiftSignUp) put(tx Tx) error {
	if u.ID == "" { // its mail names it
		u.ID, u.Created = tx.NewSecretID(), tx.Now()
	}
	u.Updated = tx.Now()
	return tx.PutShiftSignUp(u)
}

// offer keeps a place for the person, who has to say yes. With lapses the place goes on to the next one after a time.
func (u *ShiftSignUp) offer(tx Tx, s Shift, lapses bool) error {
	at, err := s.mailAt(tx)
	if err != nil {
		return err
	}
	u.State, u.Until = ShiftOffered, time.Time{}
	if lapses {
		life := shiftOfferLife
		if s.Starts.Sub(at) <= shiftOfferLife {
			life = shiftOfferShort
		}
		if u.Until = at.Add(life); u.Until.After(s.Starts) {
			u.Until = s.Starts
		}
	}
	if err := u.put(tx); err != nil {
		return err
	}
	return u.tell(tx, MailShiftNews, at)
}

// askAgain asks everybody who counts on a shift that is at another time or place now. Nothing is canceled by itself if they say nothing.
func (s Shift) askAgain(tx Tx) error {
	list, err := tx.ShiftSignUpsFor(s.ID)
	if err != nil {
		return err
	}
	for _, u := range list {
		switch {
		case u.State.Comes():
			err = u.offer(tx, s, false)
		case u.State == ShiftOffered:
			err = u.inform(tx, s, MailShiftNews)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// AcceptShift is the yes of the person to a place that is kept for them.
func AcceptShift(tx Tx, by Actor, id ID) (ShiftSignUp, error) {
	u, m, s, err := signUpForShift(tx, by, Change, id)
	if err != nil {
		return u, err
	}
	if u.State != ShiftOffered || !s.Ahead(tx.Now()) || !m.TakesShifts() {
		return u, ErrConflict
	}
	if err := notStopped(tx, s.Organization); err != nil {
		return u, err
	}
	u.State, u.Until = ShiftSignedUp, time.Time{}
	if u.Asked {
		u.State = ShiftConfirmed
	}
	if err := u.enter(tx, s); err != nil {
		return u, err
	}
	return u, helped(tx, by, "shift-take", m.ID)
}

// GiveBackShift is the person who does not come after all. Shortly before the beginning the organization is told at once, with a reason.
func GiveBackShift(tx Tx, by Actor, id ID, text string) (ShiftSignUp, error) {
	u, m, s, err := signUpForShift(tx, by, Change, id)
	if err != nil {
		return u, err
	}
	if !u.State.Open() || !s.Ahead(tx.Now()) {
		return u, ErrConflict
	}
	text = strings.TrimSpace(text)
	late := u.Late(s, tx.Now())
	var bad Invalids
	bad.Text("text", text, map[bool]int{true: 1, false: 0}[late], ShiftTextLimit)
	if err := bad.Err(); err != nil {
		return u, err
	}
	if late {
		if err := mail(tx, MailShiftGivenBack, s.ID, Recipient{Organization: s.Organization}, nil); err != nil {
			return u, err
		}
	}
	u.Text = text
	if err := u.end(tx, s, ByPerson, ""); err != nil {
		return u, err
	}
	if err := s.settle(tx); err != nil {
		return u, err
	}
	return u, helped(tx, by, "shift-back", m.ID)
}

// Late says whether the person has to tell the organization why they do not come.
func (u ShiftSignUp) Late(s Shift, now time.Time) bool {
	return u.State.Comes() && now.After(s.QuitUntil())
}

// ConfirmShift is the organization that counts on somebody: who signed up, or said yes otherwise.
func ConfirmShift(tx Tx, by Actor, id ID) (ShiftSignUp, error) {
	u, m, s, err := signUpForShift(tx, by, Decide, id)
	if err != nil {
		return u, err
	}
	if u.State != ShiftSignedUp && u.State != ShiftOffered || s.State != ShiftPlanned || !m.TakesShifts() {
		return u, ErrConflict
	}
	if err := notStopped(tx, s.Organization); err != nil {
		return u, err
	}
	u.State, u.Until = ShiftConfirmed, time.Time{}
	if err := u.enter(tx, s); err != nil {
		return u, err
	}
	if err := u.inform(tx, s, MailShiftNews); err != nil {
		return u, err
	}
	return u, audit(tx, by, m.actsAs(by), AuditEntry{Action: "shift.confirm", Object: u.ID, Person: m.Account, New: string(u.State)})
}

// TakeOffShift is the organization that does not need somebody at a shift.
func TakeOffShift(tx Tx, by Actor, id ID) (ShiftSignUp, error) {
	u, m, s, err := signUpForShift(tx, by, Decide, id)
	if err != nil {
		return u, err
	}
	if !u.State.Open() || !s.Ahead(tx.Now()) {
		return u, ErrConflict
	}
	if err := u.end(tx, s, ByOrganization, MailShiftCanceled); err != nil {
		return u, err
	}
	if err := s.settle(tx); err != nil {
		return u, err
	}
	return u, audit(tx, by, m.actsAs(by), AuditEntry{Action: "shift.release", Object: u.ID, Person: m.Account, New: string(u.State)})
}

// RecordAttendance notes what came of sign-ups for a shift that has begun, and with that the hours of who was there. It can be corrected.
func RecordAttendance(tx Tx, by Actor, shift ID, came map[ID]ShiftSignUpState) error {
	s, err := tx.Shift(shift)
	if err != nil {
		return err
	}
	o, err := tx.Opportunity(s.Opportunity)
	if err != nil {
		return err
	}
	if err := must(by, Change, s.Thing(o)); err != nil {
		return err
	}
	if s.State != ShiftPlanned || !s.Started(tx.Now()) {
		return ErrConflict
	}
	if err := notStopped(tx, s.Organization); err != nil {
		return err
	}
	list, err := tx.ShiftSignUpsFor(shift)
	if err != nil {
		return err
	}
	for _, u := range list {
		state, said := came[u.ID]
		if !said || state == u.State {
			continue
		}
		if !slices.Contains(Attendances, state) {
			return &Invalid{Field: string(u.ID), Key: "error.choice.unknown", Args: map[string]any{"codes": string(state)}}
		}
		m, err := tx.MatchRequest(u.Request)
		if err != nil {
			return err
		}
		if !u.Recordable(s) {
			return ErrConflict
		}
		old := u.State
		u.State = state
		if err := u.put(tx); err != nil {
			return err
		}
		if err := u.hours(tx, by, s); err != nil {
			return err
		}
		if state == ShiftAttended {
			if err := u.start(tx); err != nil {
				return err
			}
		}
		if err := audit(tx, by, m.actsAs(by), AuditEntry{Action: "shift.attendance", Object: u.ID, Person: m.Account, Old: string(old), New: string(state)}); err != nil {
			return err
		}
	}
	return nil
}

// hours are those of who was at a shift, and none of who was not.
func (u ShiftSignUp) hours(tx Tx, by Actor, s Shift) error {
	if u.State != ShiftAttended {
		return TakeBackHours(tx, by, u.ID)
	}
	_, err := ProposeHours(tx, by, HoursEntry{
		Account: u.Account, Request: u.Request, Organization: u.Organization, Cause: u.ID, Day: DateOf(s.Starts), Minutes: int(s.Ends.Sub(s.Starts) / time.Minute),
		Kind: "einsatz", Source: "organisation",
	})
	return err
}

// Recordable says whether it can be noted what came of it. Who had not said yes when the shift began may have been there all the same.
func (u ShiftSignUp) Recordable(s Shift) bool {
	unsaid := u.State == ShiftNotComing && u.By == BySystem && !u.Updated.Before(s.Starts)
	return u.State.Comes() || slices.Contains(Attendances, u.State) || unsaid
}

// signUpForShift reads a sign-up with what it belongs to and asks whether somebody may act on it.
func signUpForShift(tx Tx, by Actor, do Action, id ID) (u ShiftSignUp, m MatchRequest, s Shift, err error) {
	if u, err = tx.ShiftSignUp(id); err != nil {
		return u, m, s, err
	}
	if m, err = tx.MatchRequest(u.Request); err != nil {
		return u, m, s, err
	}
	if err = must(by, do, u.Thing(m)); err != nil {
		return u, m, s, err
	}
	s, err = tx.Shift(u.Shift)
	return u, m, s, err
}

// end says that somebody does not come, and mails it unless they know.
func (u *ShiftSignUp) end(tx Tx, s Shift, by CanceledBy, kind string) error {
	u.State, u.By, u.Until = ShiftNotComing, by, time.Time{}
	if err := u.put(tx); err != nil || kind == "" {
		return err
	}
	return u.inform(tx, s, kind)
}

// start begins the assignment of who comes.
func (u *ShiftSignUp) start(tx Tx) error {
	m, err := tx.MatchRequest(u.Request)
	if err != nil || m.State != Agreed {
		return err
	}
	return m.apply(tx, EventStart, Step{})
}

// canceledBy is who ends the sign-ups of a match request with an event.
func canceledBy(e RequestEvent) CanceledBy {
	switch e {
	case EventWithdraw:
		return ByPerson
	case EventCancel, EventFinish:
		return ByOrganization
	}
	return BySystem
}

// leaveShifts ends the sign-ups of a match request that is over, for all shifts that have not begun.
func (m *MatchRequest) leaveShifts(tx Tx, by CanceledBy) error {
	if !m.OriginHere() || m.AgreedAt.IsZero() {
		return nil
	}
	list, err := tx.ShiftSignUpsBy(m.ID)
	if err != nil {
		return err
	}
	for _, u := range list {
		s, err := tx.Shift(u.Shift)
		if err != nil {
			return err
		}
		if !u.State.Open() || s.Started(tx.Now()) {
			continue
		}
		if err := u.end(tx, s, by, ""); err != nil {
			return err
		}
		if err := s.settle(tx); err != nil {
			return err
		}
	}
	return nil
}

// inform mails the person as soon as they are not left alone.
func (u ShiftSignUp) inform(tx Tx, s Shift, kind string) error {
	at, err := s.mailAt(tx)
	if err != nil {
		return err
	}
	return u.tell(tx, kind, at)
}

// mailAt is when people can be mailed about a shift: at once if it begins within a day, else not while they are left alone.
func (s Shift) mailAt(tx Tx) (time.Time, error) {
	i, err := tx.Instance()
	at := tx.Now()
	if s.Starts.Sub(at) <= 24*time.Hour {
		return at, err
	}
	for Quiet(at, i.Land) {
		at = at.Truncate(time.Hour).Add(time.Hour)
	}
	return at, err
}

// tell mails the person at a time, unless they do not want to be told this or it is not this instance that mails them. Whom the volunteer center
// has to tell hears of everything but what was known before.
func (u ShiftSignUp) tell(tx Tx, kind string, at time.Time) error {
	m, err := tx.MatchRequest(u.Request)
	if err != nil || !m.HomeHere() || m.Via == "fediverse" || m.Account == "" && m.Contact.Email == "" {
		return err
	}
	if quiet, err := noShiftMails(tx, m); err != nil || quiet && kind != MailShiftCanceled {
		return err
	}
	a, err := tx.Account(m.Account)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound): // there is none without an account
		return err
	case a.Assisted && kind == MailShiftRemind:
		return nil
	case a.Assisted:
		return a.callBack(tx, kind, m.ID)
	}
	if !at.After(tx.Now()) {
		at = time.Time{}
	}
	return tx.Emit(Event{ID: tx.NewID(), For: Mail, Kind: kind, Subject: u.ID, At: tx.Now(), After: at, To: m.person()})
}

// noShiftMails says whether the person has ended mails with reminders and changes of shifts.
func noShiftMails(tx Tx, m MatchRequest) (bool, error) {
	if m.Account == "" {
		return m.NoShiftMail, nil
	}
	a, err := tx.Account(m.Account)
	return a.NoShiftMail, err
}

// MailShifts says whether a person wants mails with reminders and changes of shifts: for all agreements of an account, else for the one.
func MailShifts(tx Tx, by Actor, request ID, on bool) error {
	m, err := tx.MatchRequest(request)
	if err != nil {
		return err
	}
	if err := must(by, Change, ShiftSignUp{}.Thing(m)); err != nil {
		return err
	}
	if m.Account == "" {
		m.NoShiftMail = !on
		return tx.PutMatchRequest(&m)
	}
	a, err := tx.Account(m.Account)
	if err != nil {
		return err
	}
	if !by.May(ConsentAssisted) { // how they are told is theirs to say
		return ErrForbidden
	}
	a.NoShiftMail = !on
	return tx.PutAccount(&a)
}

// Overwork is what a shift would make too much for a person: more than ten hours in its day, or more in its week than they want.
func Overwork(tx Tx, m MatchRequest, s Shift) (day, week bool, err error) {
	own, err := openSignUps(tx, m)
	if err != nil {
		return false, false, err
	}
	hours := func(same func(Date) bool) (sum time.Duration) {
		for _, u := range own {
			if u.State != ShiftWaitlisted && u.Shift.ID != s.ID && same(DateOf(u.Shift.Starts)) {
				sum += u.Shift.Ends.Sub(u.Shift.Starts)
			}
		}
		return sum + s.Ends.Sub(s.Starts)
	}
	date := DateOf(s.Starts)
	day = hours(func(d Date) bool { return d == date }) > shiftDayHours
	if m.Account == "" {
		return day, false, nil
	}
	p, err := tx.Profile(m.Account)
	monday := date.Add(-Weekdays.Index(weekdayOf(date)))
	most := time.Duration(p.HoursPerWeek * float64(time.Hour))
	return day, most > 0 && hours(func(d Date) bool { return d >= monday && d < monday.Add(7) }) > most, err
}
