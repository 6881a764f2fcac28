package store

import (
	"time"

	"seestern/engagement"
)

// Report is what somebody reported.
func (tx *Tx) Report(id engagement.ID) (engagement.Report, error) {
	return doc[engagement.Report](tx, `SELECT doc FROM report WHERE id = $1`, string(id))
}

// ReportBySecret finds it by the hash of the link token of its ID or of its Statement.
func (tx *Tx) ReportBySecret(hash string) (engagement.Report, error) {
	return doc[engagement.Report](tx, `SELECT doc FROM report WHERE secret = $1 OR author = $1`, hash)
}

// ReportsAbout are all reports about a thing, oldest first.
func (tx *Tx) ReportsAbout(object engagement.ID) ([]engagement.Report, error) {
	return docs[engagement.Report](tx, `SELECT doc FROM report WHERE object = $1 ORDER BY received, id`, string(object))
}

// ReportsToDecide are those that wait for a moderator: where somebody may be in danger first, then the oldest.
func (tx *Tx) ReportsToDecide(limit int) ([]engagement.Report, error) {
	return docs[engagement.Report](tx, `SELECT doc FROM report WHERE waits = 1 ORDER BY urgent DESC, received, id LIMIT $1`, limit)
}

// PutReport writes it.
func (tx *Tx) PutReport(r *engagement.Report) error {
	author := ""
	if r.Statement != "" {
		author = engagement.Hash(tx.LinkToken(r.Statement))
	}
	var ended time.Time
	if !r.Open() {
		ended = r.Last().At
	}
	return tx.put("report", "id", string(r.ID), &r.Version, r,
		column{"number", r.Number},
		column{"object", string(r.Object)},
		column{"waits", bit(r.Open())},
		column{"urgent", bit(r.Urgent())},
		column{"account", string(r.Account)},
		column{"person", string(r.Person)},
		column{"email", r.Email},
		column{"secret", engagement.Hash(tx.LinkToken(r.ID))},
		column{"author", null(author)},
		column{"received", ms(r.Received)},
		column{"ended", ms(ended)})
}

// blankReports takes an account that is deleted out of its reports.
func (tx *Tx) blankReports(a engagement.Account) error {
	list, err := docs[engagement.Report](tx, `SELECT doc FROM report WHERE account = $1 AND account <> '' OR person = $1 AND person <> '' OR email = $2 AND email <> ''`, string(a.ID), a.Email)
	for _, r := range list {
		if r.Person == a.ID {
			r.Person = ""
		}
		if r.Account == a.ID || a.Email != "" && r.Email == a.Email {
			r.Account, r.Email = "", ""
		}
		if err := tx.PutReport(&r); err != nil {
			return err
		}
	}
	return err
}

// ReportsDecided are those that were decided or wait for a second moderator, the latest decision first; before that of a time and id.
func (tx *Tx) ReportsDecided(before time.Time, id engagement.ID, limit int) ([]engagement.Report, error) {
	return docs[engagement.Report](tx, `SELECT doc FROM report WHERE ended > 0 AND (ended, id) < ($1, $2) ORDER BY ended DESC, id DESC LIMIT $3`, beforeMS(before), string(id), limit)
}

// Unsend takes back events that nobody has begun to handle.
func (tx *Tx) Unsend(events []engagement.ID) error {
	for _, id := range events {
		if err := tx.run(`DELETE FROM event WHERE id = $1 AND state = 'waiting'`, string(id)); err != nil {
			return err
		}
	}
	return nil
}
