package engagement

import (
	"strings"
	"time"
)

// Message is what somebody on another server wrote directly to an organization, a board or this instance about nothing that is offered (UI:
// Nachricht). It is never a request.
type Message struct {
	ID           ID           `class:"tec"` // secret
	Organization ID           `class:"per"` // whom it is for; empty: moderators read it, for a board or the instance
	Board        ID           `class:"per"`
	From         RemotePerson `class:"per"` // its Note is the message
	Text         string       `class:"per"` // plain, at most MessageLimit characters; untrusted: to be shown as a quotation
	Received     time.Time    `class:"per"`
	Seen         time.Time    `class:"per"` // first opened
	Answer       string       `class:"per"`
	Answered     time.Time    `class:"per"`
	Version      int          `class:"tec"`
}

// Limits of messages. A conversation goes on with further messages.
const (
	MessageLimit = 2000

	messagesPerDay = 10  // of one author, all together
	messagesKept   = 500 // of one recipient; what comes after them is not taken
)

// ReceiveMessage keeps a message until somebody reads it. Whoever reads is told of the first one that waits.
func ReceiveMessage(tx Tx, m Message) error {
	sent, err := tx.CountMessagesFrom(m.From.Actor, tx.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	kept, err := tx.MessagesTo(m.Organization)
	if err != nil {
		return err
	}
	if sent >= messagesPerDay || len(kept) >= messagesKept {
		return ErrTooMany
	}
	m.ID, m.Received, m.Text = tx.NewSecretID(), tx.Now(), shorten(m.Text, MessageLimit)
	if err := tx.PutMessage(&m); err != nil {
		return err
	}
	for _, other := range kept {
		if other.Seen.IsZero() {
			return nil
		}
	}
	if m.Organization == "" {
		return mail(tx, MailNewCase, m.ID, Recipient{Role: Moderator}, nil)
	}
	return mail(tx, MailMessage, m.Organization, Recipient{Organization: m.Organization}, nil)
}

// EditMessage takes over what the author changed, until somebody has read it.
func EditMessage(tx Tx, m Message, text string) error {
	if !m.Seen.IsZero() {
		return nil
	}
	m.Text = shorten(text, MessageLimit)
	return tx.PutMessage(&m)
}

// ReadMessage opens a message, and notes that it was read.
func ReadMessage(tx Tx, by Actor, id ID) (Message, error) {
	m, err := tx.Message(id)
	if err != nil {
		return m, err
	}
	if err := must(by, Read, m.Thing()); err != nil || !m.Seen.IsZero() {
		return m, err
	}
	m.Seen = tx.Now()
	return m, tx.PutMessage(&m)
}

// AnswerMessage sends words back to the author, as a direct message from whom the first one was for.
func AnswerMessage(tx Tx, by Actor, id ID, text string) (Message, error) {
	m, err := tx.Message(id)
	if err != nil {
		return m, err
	}
	if err := must(by, Decide, m.Thing()); err != nil {
		return m, err
	}
	if !m.Answered.IsZero() {
		return m, ErrConflict
	}
	var bad Invalids
	bad.Text("text", text, 1, RequestTextLimit)
	if err := bad.Err(); err != nil {
		return m, err
	}
	m.Answer, m.Answered = strings.TrimSpace(text), tx.Now()
	if m.Seen.IsZero() {
		m.Seen = tx.Now()
	}
	if err := tx.PutMessage(&m); err != nil {
		return m, err
	}
	return m, tx.Emit(Event{ID: tx.NewSecretID(), For: Wire, Kind: WireMessage, Subject: m.ID, At: tx.Now()})
}

// DiscardMessage deletes a message that needs no answer, or no longer.
func DiscardMessage(tx Tx, by Actor, id ID) error {
	m, err := tx.Message(id)
	if err != nil {
		return err
	}
	if err := must(by, Decide, m.Thing()); err != nil {
		return err
	}
	return tx.DeleteMessage(m.ID)
}
