package store

import (
	"time"

	"seestern/engagement"
)

// Call is what people of this instance are asked.
func (tx *Tx) Call(id engagement.ID) (engagement.Call, error) {
	return doc[engagement.Call](tx, `SELECT doc FROM call WHERE id = $1`, string(id))
}

// CallsFor are those for an opportunity, newest first.
func (tx *Tx) CallsFor(opportunity engagement.ID) ([]engagement.Call, error) {
	return docs[engagement.Call](tx, `SELECT doc FROM call WHERE opportunity = $1 ORDER BY created DESC, id`, string(opportunity))
}

// CallsOf are those of an organization, newest first.
func (tx *Tx) CallsOf(organization engagement.ID) ([]engagement.Call, error) {
	return docs[engagement.Call](tx, `SELECT doc FROM call WHERE organization = $1 ORDER BY created DESC, id`, string(organization))
}

// CallsInWay are those in the way of a switch, newest first.
func (tx *Tx) CallsInWay(way engagement.Code, limit int) ([]engagement.Call, error) {
	return docs[engagement.Call](tx, `SELECT doc FROM call WHERE way = $1 ORDER BY created DESC, id LIMIT $2`, string(way), limit)
}

// OpenCalls are those that are not closed, oldest first.
func (tx *Tx) OpenCalls() ([]engagement.Call, error) {
	return docs[engagement.Call](tx, `SELECT doc FROM call WHERE ended = 0 ORDER BY created, id`)
}

// PutCall writes it.
func (tx *Tx) PutCall(c *engagement.Call) error {
	return tx.put("call", "id", string(c.ID), &c.Version, c,
		column{"opportunity", string(c.Opportunity)},
		column{"organization", string(c.Organization)},
		column{"way", string(c.Way)},
		column{"created", ms(c.Created)},
		column{"ended", ms(c.Ended)})
}

// LookupsSince are those that asked the same since a time, newest first.
func (tx *Tx) LookupsSince(since time.Time, key string) ([]engagement.Lookup, error) {
	return docs[engagement.Lookup](tx, `SELECT doc FROM lookup WHERE question = $1 AND at >= $2 ORDER BY at DESC, id`, key, ms(since))
}

// CountLookups counts what somebody, or anybody for an organization, has asked since a time.
func (tx *Tx) CountLookups(account, organization engagement.ID, since time.Time) (int, error) {
	return tx.count(`SELECT COUNT(*) FROM lookup WHERE at >= $1 AND (account = $2 AND account <> '' OR organization = $3 AND organization <> '')`,
		ms(since), string(account), string(organization))
}

// PutLookup writes it; key recognizes the same question.
func (tx *Tx) PutLookup(l *engagement.Lookup, key string) error {
	return tx.put("lookup", "id", string(l.ID), &l.Version, l,
		column{"organization", string(l.Organization)},
		column{"account", string(l.Account)},
		column{"question", key},
		column{"at", ms(l.At)})
}

// Show notes that the card of a person may be shown to who asked.
func (tx *Tx) Show(lookup, account engagement.ID) error {
	return tx.run(`INSERT INTO lookup_shown (lookup, account) VALUES ($1, $2)`, string(lookup), string(account))
}

// ShownIn are the people whose cards may be shown, in no order that says anything.
func (tx *Tx) ShownIn(lookup engagement.ID) ([]engagement.ID, error) {
	return list(tx, func(row func(...any) error) (id engagement.ID, err error) { return id, row(&id) },
		`SELECT account FROM lookup_shown WHERE lookup = $1 ORDER BY account`, string(lookup))
}

// LookupsAbout are the searches in which the card of a person was shown, newest first: the person may see them.
func (tx *Tx) LookupsAbout(account engagement.ID, limit int) ([]engagement.Lookup, error) {
	return docs[engagement.Lookup](tx, `SELECT l.doc FROM lookup l JOIN lookup_shown s ON s.lookup = l.id WHERE s.account = $1 ORDER BY l.at DESC, l.id LIMIT $2`,
		string(account), limit)
}
