package store

import (
	"time"

	"seestern/engagement"
)

// Series is what takes place again and again.
func (tx *Tx) Series(id engagement.ID) (engagement.Series, error) {
	return doc[engagement.Series](tx, `SELECT doc FROM series WHERE id = $1`, string(id))
}

// PutSeries writes it.
func (tx *Tx) PutSeries(s *engagement.Series) error {
	return tx.put("series", "id", string(s.ID), &s.Version, s,
		column{"organization", string(s.Organization)},
		column{"due", ms(s.DueAt)})
}

// DueSeries are those of which more occasions have to be written out, or told.
func (tx *Tx) DueSeries(before time.Time, limit int) ([]engagement.Series, error) {
	return docs[engagement.Series](tx, `SELECT doc FROM series WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}
