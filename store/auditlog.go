package store

import (
	"time"

	"seestern/engagement"
)

// AuditQuery narrows the audit log. Zero fields do not.
type AuditQuery struct {
	Kind    string        // first word of the action: "instance"
	Account engagement.ID // who acted, or whose data it was
	From    time.Time     // not before
	Until   time.Time     // before
	Before  int64         // number of an entry: only older ones
}

// AuditRow is an entry with its number, by which a list goes on.
type AuditRow struct {
	engagement.AuditEntry
	N int64
}

// AuditLog are the entries of a query, newest first.
func (tx *Tx) AuditLog(q AuditQuery, limit int) ([]AuditRow, error) {
	until, before := int64(1)<<62, int64(1)<<62
	if !q.Until.IsZero() {
		until = ms(q.Until)
	}
	if q.Before > 0 {
		before = q.Before
	}
	kind, whole := "%", ""
	if q.Kind != "" {
		kind, whole = `%"Action":"`+likeText(q.Kind)+`.%`, `%"Action":"`+likeText(q.Kind)+`"%`
	}
	return list(tx, func(row func(...any) error) (r AuditRow, err error) {
		var text []byte
		if err := row(&r.N, &text); err != nil {
			return r, err
		}
		return r, decode(text, &r.AuditEntry)
	}, `SELECT n, doc FROM audit WHERE n < $1 AND at >= $2 AND at < $3 AND ($4 = '' OR account = $4 OR person = $4) AND (doc LIKE $5 ESCAPE '\' OR doc LIKE $6 ESCAPE '\') ORDER BY n DESC LIMIT $7`,
		before, ms(q.From), until, string(q.Account), kind, whole, limit)
}
