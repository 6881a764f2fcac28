package store

import "seestern/engagement"

// Hours is time that somebody gave to an organization.
func (tx *Tx) Hours(id engagement.ID) (engagement.HoursEntry, error) {
	return doc[engagement.HoursEntry](tx, `SELECT doc FROM hours WHERE id = $1`, string(id))
}

// HoursFrom is what was proposed because of something.
func (tx *Tx) HoursFrom(cause engagement.ID) (engagement.HoursEntry, error) {
	return doc[engagement.HoursEntry](tx, `SELECT doc FROM hours WHERE cause = $1`, null(cause))
}

// HoursOf are those of an account, the last day first.
func (tx *Tx) HoursOf(account engagement.ID) ([]engagement.HoursEntry, error) {
	return docs[engagement.HoursEntry](tx, `SELECT doc FROM hours WHERE account = $1 ORDER BY day DESC, id`, null(account))
}

// OpenHours are those that an organization has not decided about, the first day first.
func (tx *Tx) OpenHours(organization engagement.ID) ([]engagement.HoursEntry, error) {
	return docs[engagement.HoursEntry](tx, `SELECT doc FROM hours WHERE organization = $1 AND state = 'open' ORDER BY day, id`, string(organization))
}

// ConfirmedHours are at most limit that an organization confirmed, since a day, the last day first.
func (tx *Tx) ConfirmedHours(organization engagement.ID, since engagement.Date, limit int) ([]engagement.HoursEntry, error) {
	return docs[engagement.HoursEntry](tx, `SELECT doc FROM hours WHERE organization = $1 AND state = 'confirmed' AND day >= $2 ORDER BY day DESC, id LIMIT $3`,
		string(organization), string(since), limit)
}

// ConfirmedYears are the minutes that an organization confirmed, by year.
func (tx *Tx) ConfirmedYears(organization engagement.ID) (map[string]int, error) {
	return counts[string](tx, `SELECT substr(day, 1, 4), sum(minutes) FROM hours WHERE organization = $1 AND state = 'confirmed' GROUP BY 1`, string(organization))
}

// nounHours stands on tombstones.
const nounHours = "hours"

// PutHours writes it. One that lost its person is forgotten again when a backup is restored in which it had one.
func (tx *Tx) PutHours(h *engagement.HoursEntry) error {
	if h.Account == "" && h.Request == "" && h.Version > 0 {
		if err := tx.bury(nounHours, string(h.ID), false); err != nil {
			return err
		}
	}
	return tx.put("hours", "id", string(h.ID), &h.Version, h,
		column{"account", null(h.Account)},
		column{"organization", string(h.Organization)},
		column{"cause", null(h.Cause)},
		column{"day", string(h.Day)},
		column{"minutes", h.Minutes},
		column{"state", string(h.State)})
}

// DeleteHours erases it.
func (tx *Tx) DeleteHours(id engagement.ID) error {
	if err := tx.run(`DELETE FROM hours WHERE id = $1`, string(id)); err != nil {
		return err
	}
	return tx.bury(nounHours, string(id), false)
}
