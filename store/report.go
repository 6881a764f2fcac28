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
		column{"email", r.Email},
		column{"secret", engagement.Hash(tx.LinkToken(r.ID))},
		column{"author", null(author)},
		column{"received", ms(r.Received)},
		column{"ended", ms(ended)})
}

// blankReports takes an account that is deleted out of its reports.
func (tx *Tx) blankReports(a engagement.Account) error {
	list, err := docs[engagement.Report](tx, `SELECT doc FROM report WHERE account = $1 AND account <> '' OR email = $2 AND email <> ''`, string(a.ID), a.Email)
	for _, r := range list {
		r.Account, r.Email = "", ""
		if err := tx.PutReport(&r); err != nil {
			return err
		}
	}
	return err
}
