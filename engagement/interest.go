package engagement

import (
	"errors"
	"strings"
	"time"
)

// Interest is a direct message of somebody on another server about one of our opportunities.
type Interest struct {
	Opportunity ID
	From        RemotePerson
	Text        string
}

// ReceiveInterest records it as a request via fediverse and reports whether it is new. The organization can answer or decline in words;
// only the form, which the automatic answer links to, makes it a request like any other.
func ReceiveInterest(tx Tx, in Interest) (m MatchRequest, isNew bool, err error) {
	m, err = tx.InterestOf(in.From.Actor, in.Opportunity)
	if err == nil && !m.State.Final() {
		return m, false, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return m, false, err
	}
	o, err := tx.Opportunity(in.Opportunity)
	if err != nil {
		return m, false, err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return m, false, err
	}
	if !o.Local() || !o.Open() || o.Over(tx.Now()) || org.Stopped() {
		return m, false, ErrGone
	}
	i, err := tx.Instance()
	if err != nil {
		return m, false, err
	}
	code, err := tx.NewCode()
	if err != nil {
		return m, false, err
	}
	now := tx.Now()
	m = MatchRequest{
		ID: tx.NewSecretID(), Number: "A-" + strings.ToUpper(code), Direction: "interest", Opportunity: o.ID, Organization: o.Organization, Material: o.Material,
		Via: "fediverse", Quantity: 1, Text: in.Text, Remote: in.From, State: Interested, SentAt: now, Created: now, Updated: now, Delivery: DeliveryLocal,
	}
	m.startClock(now, i)
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, false, err
	}
	return m, true, mail(tx, MailRequestNew, m.ID, Recipient{Organization: m.Organization}, nil)
}

// FollowUpInterest takes a further message of the same author: the newest is what the organization reads.
func FollowUpInterest(tx Tx, m MatchRequest, in Interest) error {
	m.Text, m.Remote, m.SeenAt, m.Updated = in.Text, in.From, time.Time{}, tx.Now()
	if err := tx.PutMatchRequest(&m); err != nil {
		return err
	}
	return mail(tx, MailRequestChanged, m.ID, Recipient{Organization: m.Organization}, nil)
}

// AnswerInterest sends the one automatic answer: thanks, and the personal link with which its author goes on in the form.
func AnswerInterest(tx Tx, m MatchRequest) error {
	token, err := issue(tx, Token{Purpose: TokenInterest, Subject: m.ID})
	if err != nil {
		return err
	}
	return m.write(tx, Step{}, map[string]string{"token": token})
}

// ReplyToInterest sends words of the organization to somebody on another server.
func ReplyToInterest(tx Tx, by Actor, id ID, text string) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := must(by, Decide, m.Thing()); err != nil {
		return m, err
	}
	if m.Via != "fediverse" || m.State.Final() {
		return m, ErrConflict
	}
	if err := notStopped(tx, m.Organization); err != nil {
		return m, err
	}
	var bad Invalids
	bad.Text("text", text, 1, RequestTextLimit)
	if err := bad.Err(); err != nil {
		return m, err
	}
	m.Message, m.DueAt, m.Updated = text, time.Time{}, tx.Now()
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, err
	}
	return m, m.write(tx, Step{Text: text}, nil)
}

// write sends a direct note to the author of an interest.
func (m *MatchRequest) write(tx Tx, s Step, args map[string]string) error {
	return tx.Emit(Event{ID: tx.NewSecretID(), For: Wire, Kind: WireAnswer, Subject: m.ID, At: tx.Now(), Step: &s, Args: args})
}

// ContinueInterest replaces an interest from another server by what its author wrote into the form.
func ContinueInterest(tx Tx, by Actor, token string, w Wish) (MatchRequest, error) {
	t, err := tx.TakeToken(Hash(token), TokenInterest)
	if err != nil {
		return MatchRequest{}, err
	}
	interest, err := tx.MatchRequest(t.Subject)
	if err != nil {
		return interest, err
	}
	m, err := Request(tx, by, interest.Opportunity, w)
	if err != nil || interest.State.Final() {
		return m, err
	}
	interest.State, interest.EndedAt, interest.Updated = WithdrawnRequest, tx.Now(), tx.Now()
	interest.DueAt, interest.ExpiresAt = time.Time{}, time.Time{}
	return m, tx.PutMatchRequest(&interest)
}

// EditInterest replaces the text of an interest until somebody has acted on it.
func EditInterest(tx Tx, m MatchRequest, text string) error {
	if m.State != Interested || !m.SeenAt.IsZero() {
		return nil
	}
	m.Text, m.Updated = text, tx.Now()
	return tx.PutMatchRequest(&m)
}

// DropInterest removes the text after its author deleted the note; an untouched interest ends.
func DropInterest(tx Tx, m MatchRequest) error {
	m.Text, m.Updated = "", tx.Now()
	if m.State == Interested {
		m.State, m.EndedAt, m.DueAt, m.ExpiresAt = WithdrawnRequest, tx.Now(), time.Time{}, time.Time{}
	}
	return tx.PutMatchRequest(&m)
}

// NotifyMention tells an organization that somebody on another server mentioned it in a public post, and where that is to be read.
// Nothing of it is kept or shown here.
func NotifyMention(tx Tx, organization ID, address string) error {
	return mail(tx, MailMention, organization, Recipient{Organization: organization}, map[string]string{"address": address})
}
