package store

import (
	"slices"
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
	reach := 0
	for _, s := range engagement.Switches.Codes() {
		if _, on := p.Consent(s, tx.Now()); on { // though perhaps nobody may use it now
			reach |= reachBit(s)
		}
	}
	return tx.put("profile", "account", string(p.Account), &p.Version, p, column{"due", ms(p.Due(tx.Now()))}, column{"reach", reach})
}

// reachBit is the bit of a switch in the column reach; 0 for what is none.
func reachBit(s engagement.Code) int {
	i := engagement.Switches.Index(s)
	if i < 0 {
		return 0
	}
	return 1 << i
}

// ReachableProfiles are those of people who may be invited or found in the way of a switch now.
func (tx *Tx) ReachableProfiles(by engagement.Code) ([]engagement.Profile, error) {
	all, err := docs[engagement.Profile](tx, `SELECT doc FROM profile WHERE reach > 0 AND (reach & $1) > 0 ORDER BY reach, account`, reachBit(by))
	return slices.DeleteFunc(all, func(p engagement.Profile) bool { return !p.Reachable(by, tx.Now()) }), err
}

// DueProfiles are those a timer has to look at: see [engagement.Profile.Due].
func (tx *Tx) DueProfiles(before time.Time, limit int) ([]engagement.Profile, error) {
	return docs[engagement.Profile](tx, `SELECT doc FROM profile WHERE due > 0 AND due <= $1 ORDER BY due, account LIMIT $2`, ms(before), limit)
}
