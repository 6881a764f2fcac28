package store

import "seestern/engagement"

// HelperLink is how somebody lets another person act for them.
func (tx *Tx) HelperLink(id engagement.ID) (engagement.HelperLink, error) {
	return doc[engagement.HelperLink](tx, `SELECT doc FROM helper_link WHERE id = $1`, string(id))
}

// HelperLinksOf are those by which somebody acts for the account, or the account for somebody, oldest first.
func (tx *Tx) HelperLinksOf(account engagement.ID) ([]engagement.HelperLink, error) {
	return docs[engagement.HelperLink](tx, `SELECT doc FROM helper_link WHERE person = $1 OR helper = $1 ORDER BY asked, id`, string(account))
}

// PutHelperLink writes it.
func (tx *Tx) PutHelperLink(l *engagement.HelperLink) error {
	return tx.put("helper_link", "id", string(l.ID), &l.Version, l,
		column{"person", string(l.Person)},
		column{"helper", null(string(l.Helper))},
		column{"asked", ms(l.Asked)},
		column{"accepted", ms(l.Accepted)})
}

// DeleteHelperLink ends it. A backup that is restored does not bring it back.
func (tx *Tx) DeleteHelperLink(id engagement.ID) error {
	if err := tx.run(`DELETE FROM helper_link WHERE id = $1`, string(id)); err != nil {
		return err
	}
	return tx.bury(nounHelperLink, string(id), false)
}

// nounHelperLink stands on tombstones.
const nounHelperLink = "helper link"
