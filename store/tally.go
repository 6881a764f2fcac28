package store

import "seestern/engagement"

// Tally adds n to how often something happened this year.
func (tx *Tx) Tally(what string, code engagement.Code, n int) error {
	return tx.run(`INSERT INTO tally (year, what, code, n) VALUES ($1, $2, $3, $4) ON CONFLICT (year, what, code) DO UPDATE SET n = tally.n + $4`,
		tx.now.Year(), what, string(code), n)
}

const talliesRead = 500

// Tallies are those of the last years, the latest first, and in it the most frequent.
func (tx *Tx) Tallies() ([]engagement.Tally, error) {
	return list(tx, func(row func(...any) error) (t engagement.Tally, err error) {
		err = row(&t.Year, &t.What, &t.Code, &t.N)
		return t, err
	}, `SELECT year, what, code, n FROM tally WHERE year > $1 AND n > 0 ORDER BY year DESC, what, n DESC, code LIMIT $2`, tx.now.Year()-10, talliesRead)
}
