package store

import (
	"time"

	"seestern/engagement"
)

// Audit records who did what.
func (tx *Tx) Audit(e engagement.AuditEntry) error {
	text, err := encode(e)
	if err != nil {
		return err
	}
	return tx.run(`INSERT INTO audit (at, account, object, person, doc) VALUES ($1, $2, $3, $4, $5)`, ms(e.At), string(e.Account), string(e.Object), string(e.Person), text)
}

// AuditEntries are the newest entries before the given time (zero: now).
func (tx *Tx) AuditEntries(before time.Time, limit int) ([]engagement.AuditEntry, error) {
	return docs[engagement.AuditEntry](tx, `SELECT doc FROM audit WHERE at < $1 ORDER BY at DESC, n DESC LIMIT $2`, beforeMS(before), limit)
}

// AuditOf are the entries about a thing, oldest first.
func (tx *Tx) AuditOf(object engagement.ID) ([]engagement.AuditEntry, error) {
	return docs[engagement.AuditEntry](tx, `SELECT doc FROM audit WHERE object = $1 AND object <> '' ORDER BY n`, string(object))
}

// AuditAbout are the entries that concern a person's data, newest first: the person may see them.
func (tx *Tx) AuditAbout(person engagement.ID, limit int) ([]engagement.AuditEntry, error) {
	return docs[engagement.AuditEntry](tx, `SELECT doc FROM audit WHERE person = $1 AND person <> '' ORDER BY n DESC LIMIT $2`, string(person), limit)
}
