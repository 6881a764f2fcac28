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

// AuditActs are at most limit of the acts of a kind, newest first.
func (tx *Tx) AuditActs(action string, limit int) ([]engagement.AuditEntry, error) {
	entries, err := tx.AuditEntries(time.Time{}, noLimit)
	acts := kept(entries, func(e engagement.AuditEntry) bool { return e.Action == action })
	return acts[:min(limit, len(acts))], err
}

// AuditAbout are the entries that concern a person's data, newest first: the person may see them.
func (tx *Tx) AuditAbout(person engagement.ID, limit int) ([]engagement.AuditEntry, error) {
	return docs[engagement.AuditEntry](tx, `SELECT doc FROM audit WHERE person = $1 AND person <> '' ORDER BY n DESC LIMIT $2`, string(person), limit)
}

// blankAudit puts a pseudonym into the place of an account that is deleted: what it did, and what was done with its data, can still be told
// apart from what others did.
func (tx *Tx) blankAudit(account engagement.ID) error {
	nobody := pseudonym(account)
	type row struct {
		n     int64
		entry engagement.AuditEntry
	}
	rows, err := list(tx, func(scan func(...any) error) (r row, err error) {
		var text []byte
		if err := scan(&r.n, &text); err != nil {
			return r, err
		}
		return r, decode(text, &r.entry)
	}, `SELECT n, doc FROM audit WHERE account = $1 AND account <> '' OR object = $1 AND object <> '' OR person = $1 AND person <> ''`, string(account))
	if err != nil {
		return err
	}
	for _, r := range rows {
		for _, id := range []*engagement.ID{&r.entry.Account, &r.entry.Object, &r.entry.Person} {
			if *id == account {
				*id = nobody
			}
		}
		text, err := encode(r.entry)
		if err != nil {
			return err
		}
		if err := tx.run(`UPDATE audit SET account = $2, object = $3, person = $4, doc = $5 WHERE n = $1`,
			r.n, string(r.entry.Account), string(r.entry.Object), string(r.entry.Person), text); err != nil {
			return err
		}
	}
	return nil
}
