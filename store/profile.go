package store

import (
	"time"

	"seestern/engagement"
)

// Profile is what a volunteer told; the zero Profile of the account if nothing was saved.
func (tx *Tx) Profile(account engagement.ID) (engagement.Profile, error) {
	p, err := doc[engagement.Profile](tx, `SELECT doc FROM profile WHERE account = $1`, string(account))
	return orZero(p, err, engagement.Profile{Account: account})
}

// PutProfile writes it.
func (tx *Tx) PutProfile(p *engagement.Profile) error {
	return tx.put("profile", "account", string(p.Account), &p.Version, p, column{"due", ms(p.Due())})
}

// InvitableProfiles are those of people who allowed that they are invited.
func (tx *Tx) InvitableProfiles() ([]engagement.Profile, error) {
	return docs[engagement.Profile](tx, `SELECT doc FROM profile WHERE due > 0 ORDER BY due, account`)
}

// DueProfiles are those a timer has to look at: see [engagement.Profile.Due].
func (tx *Tx) DueProfiles(before time.Time, limit int) ([]engagement.Profile, error) {
	return docs[engagement.Profile](tx, `SELECT doc FROM profile WHERE due > 0 AND due <= $1 ORDER BY due, account LIMIT $2`, ms(before), limit)
}
