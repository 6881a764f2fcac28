package store

import (
	"time"

	"seestern/engagement"
)

// Message is what somebody on another server wrote to one of our actors.
func (tx *Tx) Message(id engagement.ID) (engagement.Message, error) {
	return doc[engagement.Message](tx, `SELECT doc FROM message WHERE id = $1`, string(id))
}

// MessagesTo are the messages to an organization, oldest first; for the empty ID those that moderators read.
func (tx *Tx) MessagesTo(organization engagement.ID) ([]engagement.Message, error) {
	return docs[engagement.Message](tx, `SELECT doc FROM message WHERE organization = $1 ORDER BY received, id`, string(organization))
}

// MessagesByNote are the messages that one note became: one for each of those it was for.
func (tx *Tx) MessagesByNote(actor, note string) ([]engagement.Message, error) {
	return docs[engagement.Message](tx, `SELECT doc FROM message WHERE actor = $1 AND note = $2 ORDER BY id`, actor, note)
}

// CountMessagesFrom counts the messages of somebody since a time.
func (tx *Tx) CountMessagesFrom(actor string, since time.Time) (int, error) {
	return tx.count(`SELECT count(*) FROM message WHERE actor = $1 AND received >= $2`, actor, ms(since))
}

// PutMessage writes it. Its author must be a stored actor.
func (tx *Tx) PutMessage(m *engagement.Message) error {
	last := m.Received
	if m.Answered.After(last) {
		last = m.Answered
	}
	return tx.put("message", "id", string(m.ID), &m.Version, m,
		column{"organization", string(m.Organization)},
		column{"actor", m.From.Actor},
		column{"note", m.From.Note},
		column{"received", ms(m.Received)},
		column{"last", ms(last)})
}

// DeleteMessage erases it. It does nothing if there is none.
func (tx *Tx) DeleteMessage(id engagement.ID) error {
	return tx.run(`DELETE FROM message WHERE id = $1`, string(id))
}

// DeleteMessagesByNote erases what a note became, for its author.
func (tx *Tx) DeleteMessagesByNote(actor, note string) error {
	return tx.run(`DELETE FROM message WHERE actor = $1 AND note = $2`, actor, note)
}
