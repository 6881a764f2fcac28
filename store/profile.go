package store

import "seestern/engagement"

// Profile is what a volunteer told; the zero Profile of the account if nothing was saved.
func (tx *Tx) Profile(account engagement.ID) (engagement.Profile, error) {
	p, err := doc[engagement.Profile](tx, `SELECT doc FROM profile WHERE account = $1`, string(account))
	return orZero(p, err, engagement.Profile{Account: account})
}

// PutProfile writes it.
func (tx *Tx) PutProfile(p *engagement.Profile) error {
	return tx.put("profile", "account", string(p.Account), &p.Version, p)
}
