package engagement

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// AdviceRequest is a case of the volunteer center (UI: Fall): somebody would like to be called or advised, sends a shortlist, or a request
// stayed without answer. It stays on this instance.
type AdviceRequest struct {
	ID        ID          `class:"tec"` // secret
	Number    string      `class:"per"` // for people: "F-K3V9QD2X"
	Kind      Code        `class:"per"` // vocabulary advice_kind
	Account   ID          `class:"per"` // who asks, or whose request it is about, with an account
	Name      string      `class:"per"` // what to be called
	Email     string      `class:"per"` // lower case
	Phone     string      `class:"per"`
	Hours     string      `class:"per"` // when to call, in the person's words
	Text      string      `class:"per"` // ≤ AdviceTextLimit
	Shortlist []ID        `class:"per"` // opportunities
	Request   ID          `class:"per"` // match request
	Lang      Lang        `class:"per"`
	Agreed    time.Time   `class:"per"` // the person agreed to be contacted; zero: was not asked
	State     AdviceState `class:"org"`
	Desk      Role        `class:"org"` // Moderator or Admin: there was no adviser, and they stand in; empty: the advisers
	Adviser   ID          `class:"per"` // who took the case
	Note      string      `class:"per"` // what came of it, ≤ AdviceTextLimit
	News      string      `class:"tec"` // kind nachricht: the kind of the mail for which the person has no address
	Closed    Code        `class:"org"` // why it ended by itself, vocabulary advice_end; empty: an adviser closed it, or it is open
	Received  time.Time   `class:"tec"`
	Ended     time.Time   `class:"tec"`
	Version   int         `class:"tec"`
}

// AdviceState is the life of a case.
type AdviceState string

const (
	AdviceReceived AdviceState = "received"
	AdviceAssigned AdviceState = "assigned"
	AdviceDone     AdviceState = "done"
)

// Limits of cases.
const (
	AdviceTextLimit = 500
	AdviceLife      = 90 * 24 * time.Hour // after the end
	MostShortlisted = 30                  // as many as an address holds and a counter can print

	mostCases = 1000      // that wait; whoever asks after them is told to call
	allCases  = 1_000_000 // of requests without answer there may be more
)

// Thing describes the case to [Can].
func (a AdviceRequest) Thing() Thing { return Thing{Noun: AnAdvice, Person: a.Account, Desk: a.Desk} }

// desk is whose the case is.
func (a AdviceRequest) desk() Recipient { return Recipient{Role: cmp.Or(a.Desk, Adviser)} }

// actsAs is the role in which somebody works on the case.
func (a AdviceRequest) actsAs(by Actor) Role {
	if by.Has(Adviser) {
		return Adviser
	}
	return a.desk().Role
}

// deskOf is the first of some roles that somebody has, or else the last.
func deskOf(tx Tx, roles ...Role) (Role, error) {
	for _, role := range roles[:len(roles)-1] {
		if staff, err := tx.AccountsWithRole(role); err != nil || len(staff) > 0 {
			return role, err
		}
	}
	return roles[len(roles)-1], nil
}

// AskAdvice records that somebody wishes to hear from the volunteer center: of w it takes kind, name, addresses, hours, text, shortlist and
// language. agreed is the consent to be contacted. It returns ErrTooMany if too many wait already.
func AskAdvice(tx Tx, by Actor, w AdviceRequest, agreed bool) (AdviceRequest, error) {
	if err := must(by, Create, Thing{Noun: AnAdvice}); err != nil {
		return w, err
	}
	a := AdviceRequest{
		Kind: w.Kind, Account: by.Account, Name: strings.TrimSpace(w.Name), Email: w.Email, Phone: strings.TrimSpace(w.Phone),
		Hours: strings.TrimSpace(w.Hours), Text: strings.TrimSpace(w.Text), Lang: w.Lang, Agreed: tx.Now(),
	}
	if err := a.check(agreed); err != nil {
		return a, err
	}
	if err := a.shortlist(tx, by, w.Shortlist); err != nil {
		return a, err
	}
	waiting, err := tx.AdviceToDo(mostCases)
	if err != nil {
		return a, err
	}
	if len(waiting) >= mostCases {
		return a, ErrTooMany
	}
	if err := a.open(tx); err != nil {
		return a, err
	}
	if err := errors.Join(mail(tx, MailNewCase, a.ID, a.desk(), nil), helped(tx, by, "advice", a.ID)); err != nil {
		return a, err
	}
	return a, a.receipt(tx)
}

// check completes and checks what somebody wrote.
func (a *AdviceRequest) check(agreed bool) error {
	var bad Invalids
	if !AdviceKinds.Any(FlagVolunteer, a.Kind) {
		bad.Add("kind", "error.choice.unknown", "codes", string(a.Kind))
	}
	if a.Name == "" {
		bad.Add("name", "error.name.empty")
	}
	bad.Text("name", a.Name, 0, 100)
	if a.Email != "" {
		mail, err := NormalizeEmail(a.Email)
		if err != nil {
			bad.Rename("email", err)
		}
		a.Email = mail
	}
	bad.Text("phone", a.Phone, 0, 40)
	switch {
	case a.Phone != "":
	case a.Kind == "rueckruf":
		bad.Add("phone", "error.advice.phone")
	case a.Email == "" && len(bad) == 0:
		bad.Add("email", "error.advice.reach")
	}
	bad.Text("hours", a.Hours, 0, 100)
	bad.Text("text", a.Text, 0, AdviceTextLimit)
	if !agreed {
		bad.Add("agreed", "error.advice.agreed")
	}
	return bad.Err()
}

// shortlist takes the opportunities that exist and that the person may see.
func (a *AdviceRequest) shortlist(tx Tx, by Actor, ids []ID) error {
	for _, id := range ids {
		o, err := tx.Opportunity(id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if Can(by, Read, o.Thing()) && !slices.Contains(a.Shortlist, id) && len(a.Shortlist) < MostShortlisted {
			a.Shortlist = append(a.Shortlist, id)
		}
	}
	if a.Kind == "merkliste" && len(a.Shortlist) == 0 {
		return &Invalid{Key: "error.advice.shortlist"}
	}
	return nil
}

// open stores a new case, for the advisers or for who stands in for them.
func (a *AdviceRequest) open(tx Tx) error {
	desk, err := deskOf(tx, Adviser, Moderator, Admin)
	if err != nil {
		return err
	}
	if desk != Adviser {
		a.Desk = desk
	}
	code, err := tx.NewCode()
	if err != nil {
		return err
	}
	a.ID, a.Number, a.State, a.Received = tx.NewSecretID(), "F-"+strings.ToUpper(code), AdviceReceived, tx.Now()
	return tx.PutAdvice(a)
}

// receipt tells the person by mail that the case has arrived, within the limits of mail to strangers.
func (a *AdviceRequest) receipt(tx Tx) error {
	if a.Email == "" {
		return nil
	}
	if ok, err := mayMail(tx, a.Email); err != nil || !ok {
		return err
	}
	return mail(tx, MailAdviceReceived, a.ID, Recipient{Address: a.Email, Lang: a.Lang}, nil)
}

// ClaimAdvice takes a case, also from another adviser: the center works together.
func ClaimAdvice(tx Tx, by Actor, id ID) error {
	a, err := decidable(tx, by, id)
	if err != nil {
		return err
	}
	a.State, a.Adviser = AdviceAssigned, by.Account
	if err := tx.PutAdvice(&a); err != nil {
		return err
	}
	return audit(tx, by, a.actsAs(by), AuditEntry{Action: "advice.claim", Object: a.ID, Person: a.Account})
}

// CloseAdvice ends a case with a note of what came of it.
func CloseAdvice(tx Tx, by Actor, id ID, note string) error {
	a, err := decidable(tx, by, id)
	if err != nil {
		return err
	}
	var bad Invalids
	bad.Text("note", note, 0, AdviceTextLimit)
	if err := bad.Err(); err != nil {
		return err
	}
	a.State, a.Adviser, a.Note, a.Ended = AdviceDone, by.Account, strings.TrimSpace(note), tx.Now()
	if err := tx.PutAdvice(&a); err != nil {
		return err
	}
	return audit(tx, by, a.actsAs(by), AuditEntry{Action: "advice.close", Object: a.ID, Person: a.Account})
}

// decidable is a case that the actor may work on and that has not ended.
func decidable(tx Tx, by Actor, id ID) (AdviceRequest, error) {
	a, err := tx.Advice(id)
	if err != nil {
		return a, err
	}
	if err := must(by, Decide, a.Thing()); err != nil {
		return a, err
	}
	if a.State == AdviceDone {
		return a, ErrConflict
	}
	return a, nil
}

// MailShortlist sends somebody who was advised the opportunities that were found together, once. Nothing is kept of it but that an adviser
// did so, without whom it went to.
func MailShortlist(tx Tx, by Actor, email string, lang Lang, codes []string) error {
	if err := must(by, Decide, Thing{Noun: AnAdvice}); err != nil {
		return err
	}
	email, err := NormalizeEmail(email)
	if err != nil {
		return err
	}
	if len(codes) == 0 || len(codes) > MostShortlisted {
		return &Invalid{Key: "error.advice.shortlist"}
	}
	if ok, err := mayMail(tx, email); err != nil || !ok {
		return errors.Join(err, ErrTooMany)
	}
	if err := mail(tx, MailShortlisted, "", Recipient{Address: email, Lang: lang}, map[string]string{"codes": strings.Join(codes, " ")}); err != nil {
		return err
	}
	return audit(tx, by, Adviser, AuditEntry{Action: "advice.mail"})
}

// handOver gives a request to the volunteer center.
func (m *MatchRequest) handOver(tx Tx) error {
	m.EscalatedAt = tx.Now()
	if least := tx.Now().Add(afterHandOver); m.ExpiresAt.Before(least) {
		m.ExpiresAt = least
	}
	a := AdviceRequest{Kind: "anfrage", Account: m.Account, Request: m.ID, Lang: m.Lang}
	if err := a.open(tx); err != nil {
		return err
	}
	return mail(tx, MailRequestHandover, m.ID, a.desk(), nil)
}

// closeCase ends the case about a request that was handed over, as soon as there is nothing left to ask after: the organization has
// answered, or the request is over.
func (m *MatchRequest) closeCase(tx Tx, e RequestEvent) error {
	why := Code("beantwortet")
	switch {
	case m.EscalatedAt.IsZero():
		return nil
	case slices.Contains(answers, e):
	case m.State.Final():
		why = "beendet"
	default:
		return nil
	}
	waiting, err := tx.AdviceToDo(allCases)
	if err != nil {
		return err
	}
	for _, a := range waiting {
		if a.Request != m.ID || a.Kind != "anfrage" {
			continue
		}
		a.State, a.Closed, a.Ended = AdviceDone, why, tx.Now()
		if err := tx.PutAdvice(&a); err != nil {
			return err
		}
	}
	return nil
}

// answers are the events with which an organization answers a request.
var answers = []RequestEvent{EventAsk, EventWait, EventTalk, EventTry, EventAgree, EventDecline, EventCancel}

// MayHandOver says whether the person may give the request to the volunteer center: it was sent to another instance, the days for its answer
// are over, and the center does not have it yet. Requests to organizations of this instance come there by themselves.
func (m MatchRequest) MayHandOver(i Instance, now time.Time) bool {
	if !m.HomeHere() || m.OriginHere() || m.Answers() || !m.State.unanswered() || !m.EscalatedAt.IsZero() {
		return false
	}
	clock := i.answerClock()
	return !now.Before(AddWorkingDays(m.SentAt, clock[len(clock)-1], i.Land))
}

// HandOver gives the request to the volunteer center because the person wishes it.
func HandOver(tx Tx, by Actor, id ID) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := m.mayHome(by, m.Thing()); err != nil {
		return m, err
	}
	i, err := tx.Instance()
	if err != nil {
		return m, err
	}
	if !m.MayHandOver(i, tx.Now()) {
		return m, ErrConflict
	}
	if err := errors.Join(m.handOver(tx), helped(tx, by, "handover", m.ID)); err != nil {
		return m, err
	}
	return m, tx.PutMatchRequest(&m)
}
