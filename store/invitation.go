package store

import "seestern/engagement"

// Invitation is somebody who was asked here on behalf of a partner's organization.
func (tx *Tx) Invitation(id engagement.ID) (engagement.Invitation, error) {
	return doc[engagement.Invitation](tx, `SELECT doc FROM invitation WHERE id = $1`, string(id))
}

// InvitationBySecret finds it by the hash of the token of its link.
func (tx *Tx) InvitationBySecret(hash string) (engagement.Invitation, error) {
	return doc[engagement.Invitation](tx, `SELECT doc FROM invitation WHERE secret = $1`, hash)
}

// InvitationsOf are those of an account, newest first.
func (tx *Tx) InvitationsOf(account engagement.ID) ([]engagement.Invitation, error) {
	return docs[engagement.Invitation](tx, `SELECT doc FROM invitation WHERE account = $1 ORDER BY created DESC, id`, string(account))
}

// InvitationsTo are those to a directed request, oldest first.
func (tx *Tx) InvitationsTo(opportunity engagement.ID) ([]engagement.Invitation, error) {
	return docs[engagement.Invitation](tx, `SELECT doc FROM invitation WHERE opportunity = $1 ORDER BY created, id`, string(opportunity))
}

// PutInvitation writes it.
func (tx *Tx) PutInvitation(i *engagement.Invitation) error {
	return tx.put("invitation", "id", string(i.ID), &i.Version, i,
		column{"account", string(i.Account)},
		column{"opportunity", string(i.Opportunity)},
		column{"secret", engagement.Hash(tx.LinkToken(i.ID))},
		column{"state", string(i.State)},
		column{"created", ms(i.Created)},
		column{"ended", ms(i.Ended)})
}
