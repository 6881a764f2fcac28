package engagement

import (
	"time"
)

// SignUp is somebody who wants to come to an occasion (UI: Anmeldung): a person with an account, one with an address that was confirmed, or
// an account of another server. It is erased 30 days after the end.
type SignUp struct {
	ID       ID          `class:"tec"`
	Occasion ID          `class:"org"`
	Account  ID          `class:"per"` // empty: without account
	Name     string      `class:"per"` // ≤ 100
	Email    string      `class:"per"` // without account
	Lang     Lang        `class:"per"`
	Actor    string      `class:"per"` // of another server: IRI
	Handle   string      `class:"per"` // @name@host
	Join     string      `class:"tec"` // IRI of its Join
	People   int         `class:"per"` // who come together, 1–10
	Text     string      `class:"per"` // plain text for the organization, ≤ 500
	State    SignUpState `class:"org"`
	Created  time.Time   `class:"tec"`
	Version  int         `class:"tec"`
}

// SignUpState is how far a sign-up has come.
type SignUpState string

const (
	SignUpUnconfirmed SignUpState = "unconfirmed" // the address is not confirmed
	SignUpAsked       SignUpState = "asked"       // the organization decides
	SignUpWaiting     SignUpState = "waiting"     // there is no place
	SignUpAccepted    SignUpState = "accepted"
	SignUpDeclined    SignUpState = "declined"
	SignUpCanceled    SignUpState = "canceled" // by the person, whose data are erased
)

// Ended says whether nothing comes of the sign-up any more.
func (s SignUpState) Ended() bool { return s == SignUpDeclined || s == SignUpCanceled }

// Limits of a sign-up.
const (
	SignUpPeople    = 10
	SignUpTextLimit = 500
	SignUpLife      = 30 * 24 * time.Hour // after the end of the occasion
)

// Guest is what somebody says who signs up. Name and address are those of the account if there is one.
type Guest struct {
	Name, Email, Text string
	People            int
	Lang              Lang
}

// Guests are the sign-ups for an occasion.
type Guests []SignUp

// Taken is the number of places that are taken.
func (all Guests) Taken() int { return all.People(SignUpAccepted) }

// People is the number of people in a state.
func (all Guests) People(state SignUpState) (n int) {
	for _, s := range all {
		if s.State == state {
			n += s.People
		}
	}
	return n
}

// Free is the number of places left, and false when they are unlimited.
func (o Occasion) Free(guests Guests) (int, bool) {
	if o.Capacity == 0 {
		return 0, false
	}
	return max(0, o.Capacity-guests.Taken()), true
}

// fits says whether there are places for so many.
func (o Occasion) fits(guests Guests, people int) bool {
	free, limited := o.Free(guests)
	return !limited || people <= free
}

// SignUpFor is somebody who wants to come to an occasion. Without an account the address has to be confirmed first.
func SignUpFor(tx Tx, by Actor, occasion ID, g Guest) (SignUp, error) {
	s := SignUp{Occasion: occasion, Account: by.Account, Name: g.Name, Email: g.Email, Lang: g.Lang, People: g.People, Text: g.Text, Created: tx.Now()}
	o, err := tx.Occasion(occasion)
	if err != nil {
		return s, err
	}
	if err := must(by, Read, o.Thing()); err != nil {
		return s, err
	}
	if err := o.takesGuests(tx); err != nil {
		return s, err
	}
	var bad Invalids
	if by.Account != "" {
		a, err := tx.Account(by.Account)
		if err != nil {
			return s, err
		}
		s.Name, s.Email, s.Lang = a.Name, "", a.Lang
		p, err := tx.Profile(by.Account)
		if err != nil {
			return s, err
		}
		if p.child() { // the organization reads name and address, to which a guardian has to consent
			bad.Add("", "error.age.under16")
		}
	} else {
		bad.Text("name", s.Name, 1, 100)
		if s.Email, err = NormalizeEmail(s.Email); err != nil {
			bad.Rename("email", err)
		}
	}
	bad.Text("text", s.Text, 0, SignUpTextLimit)
	most := SignUpPeople
	if o.Capacity > 0 {
		most = min(most, o.Capacity)
	}
	if s.People < 1 || s.People > most {
		bad.Add("people", "error.people.range", "from", 1, "to", most)
	}
	if err := bad.Err(); err != nil {
		return s, err
	}
	guests, err := tx.SignUpsFor(occasion)
	if err != nil {
		return s, err
	}
	for _, other := range guests {
		switch same := s.Account != "" && other.Account == s.Account || s.Account == "" && other.Account == "" && other.Email == s.Email; {
		case !same || other.State.Ended() || other.State == SignUpUnconfirmed:
		case s.Account == "": // whoever asks may be somebody else: nothing is told
			return s, nil
		default:
			return other, ErrConflict
		}
	}
	s.ID = tx.NewSecretID()
	if s.Account != "" {
		return s, s.enter(tx, o, guests)
	}
	if ok, err := mayMail(tx, s.Email); err != nil || !ok { // nor whether a limit held the mail back, which depends on whether there is an account
		return s, err
	}
	s.State = SignUpUnconfirmed
	if err := tx.PutSignUp(&s); err != nil {
		return s, err
	}
	token, err := issue(tx, Token{Purpose: TokenSignUp, Subject: s.ID, Email: s.Email, Lang: s.Lang})
	if err != nil {
		return s, err
	}
	return s, mail(tx, MailSignUpConfirm, s.ID, Recipient{Address: s.Email, Lang: s.Lang}, map[string]string{"token": token})
}

// ConfirmSignUp redeems the link in the mail.
func ConfirmSignUp(tx Tx, token string) (SignUp, error) {
	t, err := tx.TakeToken(Hash(token), TokenSignUp)
	if err != nil {
		return SignUp{}, err
	}
	s, err := tx.SignUp(t.Subject)
	if err != nil {
		return s, err
	}
	if s.State != SignUpUnconfirmed {
		return s, ErrConflict
	}
	o, err := tx.Occasion(s.Occasion)
	if err != nil {
		return s, err
	}
	if err := o.takesGuests(tx); err != nil {
		return s, err
	}
	guests, err := tx.SignUpsFor(o.ID)
	if err != nil {
		return s, err
	}
	for _, other := range guests {
		if other.ID != s.ID && other.Account == "" && other.Email == s.Email && !other.State.Ended() && other.State != SignUpUnconfirmed {
			return other, tx.DeleteSignUp(s.ID) // confirmed twice: the first one counts
		}
	}
	return s, s.enter(tx, o, guests)
}

// takesGuests is ErrGone when nobody can sign up any more.
func (o Occasion) takesGuests(tx Tx) error {
	org, err := tx.Organization(o.Organization)
	if err == nil && (!o.Open(tx.Now()) || org.State != OrganizationActive) {
		err = ErrGone
	}
	return err
}

// enter puts a confirmed sign-up where it belongs: a place, the waiting list, or before the organization.
func (s *SignUp) enter(tx Tx, o Occasion, guests Guests) error {
	switch {
	case o.Restricted():
		s.State = SignUpAsked
	case o.fits(guests, s.People) && guests.People(SignUpWaiting) == 0:
		s.State = SignUpAccepted
	default:
		s.State = SignUpWaiting
	}
	if err := tx.PutSignUp(s); err != nil {
		return err
	}
	if s.State == SignUpAsked {
		if err := mail(tx, MailSignUpNew, o.ID, Recipient{Organization: o.Organization}, nil); err != nil {
			return err
		}
	}
	return s.tell(tx, MailSignUpNews, s.ID)
}

// JoinOccasion is an account of another server that wants to come to an occasion where the organization decides. Name and texts are its own
// words. It returns ErrGone when nobody can sign up, and ErrConflict when the account has.
func JoinOccasion(tx Tx, o Occasion, s SignUp) error {
	if err := o.takesGuests(tx); err != nil {
		return err
	}
	guests, err := tx.SignUpsFor(o.ID)
	if err != nil {
		return err
	}
	for _, other := range guests {
		if other.Actor == s.Actor && !other.State.Ended() {
			return ErrConflict
		}
	}
	s.ID, s.Occasion, s.People, s.Created, s.Version = tx.NewSecretID(), o.ID, 1, tx.Now(), 0
	return s.enter(tx, o, guests)
}

// tell mails a person; an account of another server is told by its answer.
func (s SignUp) tell(tx Tx, kind string, about ID) error {
	switch {
	case s.Actor != "":
		return nil
	case s.Account != "":
		return mail(tx, kind, about, Recipient{Account: s.Account}, nil)
	}
	return mail(tx, kind, about, Recipient{Address: s.Email, Lang: s.Lang}, nil)
}

// AnswerSignUp is the decision of the organization about somebody who asked, or waits.
func AnswerSignUp(tx Tx, by Actor, id ID, yes bool) (SignUp, error) {
	s, err := tx.SignUp(id)
	if err != nil {
		return s, err
	}
	o, err := tx.Occasion(s.Occasion)
	if err != nil {
		return s, err
	}
	if err := must(by, Decide, s.Thing(o)); err != nil {
		return s, err
	}
	if s.State != SignUpAsked && s.State != SignUpWaiting && !(s.State == SignUpAccepted && !yes) || o.Over(tx.Now()) {
		return s, ErrConflict
	}
	guests, err := tx.SignUpsFor(o.ID)
	if err != nil {
		return s, err
	}
	if yes && !o.fits(guests, s.People) {
		return s, &Invalid{Field: "people", Key: "error.event.full"}
	}
	s.State = SignUpDeclined
	if yes {
		s.State = SignUpAccepted
	}
	if err := tx.PutSignUp(&s); err != nil {
		return s, err
	}
	if s.Actor != "" {
		return s, emit(tx, WireJoin, s.ID)
	}
	if err := s.tell(tx, MailSignUpNews, s.ID); err != nil {
		return s, err
	}
	return s, o.moveUp(tx)
}

// CancelSignUp is a person who does not come after all. Nothing of what they said is kept.
func CancelSignUp(tx Tx, by Actor, id ID) (SignUp, error) {
	s, err := tx.SignUp(id)
	if err != nil {
		return s, err
	}
	o, err := tx.Occasion(s.Occasion)
	if err != nil {
		return s, err
	}
	if err := must(by, Change, s.Thing(o)); err != nil {
		return s, err
	}
	if s.State.Ended() || s.State == SignUpUnconfirmed {
		return s, ErrConflict
	}
	s.State, s.Name, s.Email, s.Text = SignUpCanceled, "", "", ""
	if err := tx.PutSignUp(&s); err != nil {
		return s, err
	}
	return s, o.moveUp(tx)
}

// withdrawSignUps takes an account off every list of guests, also off those of the past.
func withdrawSignUps(tx Tx, account ID) error {
	guests, err := tx.SignUpsOf(account)
	if err != nil {
		return err
	}
	for _, s := range guests {
		switch s.State {
		case SignUpCanceled:
			continue
		case SignUpDeclined:
			err = tx.DeleteSignUp(s.ID)
		default:
			_, err = CancelSignUp(tx, Actor{Account: account}, s.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// moveUp gives places that became free to those who wait, in their order; nobody is passed over.
func (o Occasion) moveUp(tx Tx) error {
	if o.Restricted() || o.State != OccasionScheduled || o.Over(tx.Now()) {
		return nil
	}
	guests, err := tx.SignUpsFor(o.ID)
	if err != nil {
		return err
	}
	for i := range guests {
		s := &guests[i]
		if s.State != SignUpWaiting {
			continue
		}
		if !o.fits(guests, s.People) {
			return nil
		}
		s.State = SignUpAccepted
		if err := tx.PutSignUp(s); err != nil {
			return err
		}
		if err := s.tell(tx, MailSignUpNews, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// tellGuests mails everybody who counts on the occasion that something about it is different.
func (o Occasion) tellGuests(tx Tx) error {
	guests, err := tx.SignUpsFor(o.ID)
	if err != nil {
		return err
	}
	for _, s := range guests {
		if s.State.Ended() || s.State == SignUpUnconfirmed {
			continue
		}
		if err := s.tell(tx, MailOccasionChanged, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// ReadGuest records that somebody read the contact data of a sign-up; the person sees it.
func ReadGuest(tx Tx, by Actor, s SignUp) error {
	return audit(tx, by, Member, AuditEntry{Action: ActionReadGuest, Object: s.ID, Person: s.Account})
}
