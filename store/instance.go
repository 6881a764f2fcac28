package store

import "seestern/engagement"

// Instance is the configured instance, before the set-up a new one.
func (tx *Tx) Instance() (engagement.Instance, error) {
	i, err := doc[engagement.Instance](tx, `SELECT doc FROM instance WHERE id = 1`)
	return orZero(i, err, engagement.NewInstance())
}

// PutInstance writes it.
func (tx *Tx) PutInstance(i *engagement.Instance) error {
	return tx.put("instance", "id", 1, &i.Version, i)
}

// Statistics are public numbers of an instance: for its start page and NodeInfo.
type Statistics struct {
	Opportunities        int // own ones that can be found now
	PartnerOpportunities int // copies that can be found now
	Organizations        int // own, active
	Partners             int // active
	Accounts             int
	Announcements        int // published
	Agreements           int // match requests that were ever agreed
}

// Statistics counts.
func (tx *Tx) Statistics() (s Statistics, err error) {
	err = tx.scan(`SELECT
		(SELECT count(*) FROM opportunity WHERE state IN ('published', 'filled') AND origin = ''),
		(SELECT count(*) FROM opportunity WHERE state IN ('published', 'filled') AND origin <> ''),
		(SELECT count(*) FROM organization WHERE state = 'active' AND origin = ''),
		(SELECT count(*) FROM partner WHERE state = 'active'),
		(SELECT count(*) FROM account),
		(SELECT count(*) FROM announcement WHERE state = 'published' AND origin = ''),
		(SELECT count(*) FROM match_request WHERE state IN ('agreed', 'active', 'completed'))`, nil,
		&s.Opportunities, &s.PartnerOpportunities, &s.Organizations, &s.Partners, &s.Accounts, &s.Announcements, &s.Agreements)
	return s, err
}
