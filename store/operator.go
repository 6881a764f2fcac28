package store

import "seestern/engagement"

// LocalOrganizations are all organizations of this instance in every state, for the operator's command line.
func (tx *Tx) LocalOrganizations() ([]engagement.Organization, error) {
	return docs[engagement.Organization](tx, `SELECT doc FROM organization WHERE origin = '' ORDER BY id`)
}

// Opportunities are all opportunities of this instance, with copies those of partners too, for the operator's command line.
func (tx *Tx) Opportunities(copies bool) ([]engagement.Opportunity, error) {
	return docs[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE origin = '' OR $1 = 1 ORDER BY id`, bit(copies))
}
