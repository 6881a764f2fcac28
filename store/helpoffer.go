package store

import (
	"time"

	"seestern/engagement"
)

// HelpOffer is one of this instance or a copy.
func (tx *Tx) HelpOffer(id engagement.ID) (engagement.HelpOffer, error) {
	return doc[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE id = $1`, string(id))
}

// HelpOfferByCode finds one by its short public id.
func (tx *Tx) HelpOfferByCode(code string) (engagement.HelpOffer, error) {
	return doc[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE code = $1`, code)
}

// HelpOfferByIRI finds a copy.
func (tx *Tx) HelpOfferByIRI(iri string) (engagement.HelpOffer, error) {
	return doc[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE iri = $1`, iri)
}

// HelpOffersOf are all in the name of an organization, newest first.
func (tx *Tx) HelpOffersOf(organization engagement.ID) ([]engagement.HelpOffer, error) {
	return docs[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE organization = $1 ORDER BY id DESC`, string(organization))
}

// HelpOffersOfAccount are those of a volunteer, newest first.
func (tx *Tx) HelpOffersOfAccount(account engagement.ID) ([]engagement.HelpOffer, error) {
	return docs[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE account = $1 AND account <> '' ORDER BY id DESC`, string(account))
}

// HelpOffersByState are those in a state, the longest submitted first; copies are among them.
func (tx *Tx) HelpOffersByState(state engagement.OpportunityState, limit int) ([]engagement.HelpOffer, error) {
	return docs[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE state = $1 ORDER BY submitted, id LIMIT $2`, string(state), limit)
}

// OpenHelpOffers are what is offered here and at partners whose content is shown, the latest version first.
func (tx *Tx) OpenHelpOffers(limit int) ([]engagement.HelpOffer, error) {
	return docs[engagement.HelpOffer](tx, `SELECT h.doc FROM help_offer h WHERE h.state = 'published'
		AND (h.origin = '' OR h.origin IN (SELECT host FROM partner WHERE shown = 1))
		AND EXISTS (SELECT 1 FROM organization o WHERE o.id = h.organization AND o.state = 'active')
		ORDER BY h.changed DESC, h.id DESC LIMIT $1`, limit)
}

// HelpOffersChanged are own ones that partners may have, as [Tx.OpportunitiesChanged] lists opportunities.
func (tx *Tx) HelpOffersChanged(publicOnly bool, before time.Time, id engagement.ID, limit int) ([]engagement.HelpOffer, error) {
	if before.IsZero() {
		before = time.UnixMilli(1 << 52)
	}
	return docs[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE origin = '' AND state IN ('published', 'expired')
		AND (visibility = 'offen' OR visibility = 'verbund' AND $1 = 0) AND (changed, id) < ($2, $3)
		ORDER BY changed DESC, id DESC LIMIT $4`, bit(publicOnly), ms(before), string(id), limit)
}

// CountSharedHelpOffers counts what [Tx.HelpOffersChanged] lists.
func (tx *Tx) CountSharedHelpOffers(publicOnly bool) (int, error) {
	return tx.count(`SELECT count(*) FROM help_offer WHERE origin = '' AND state IN ('published', 'expired')
		AND (visibility = 'offen' OR visibility = 'verbund' AND $1 = 0)`, bit(publicOnly))
}

// PutHelpOffer writes a help offer.
func (tx *Tx) PutHelpOffer(h *engagement.HelpOffer) error {
	err := tx.put("help_offer", "id", string(h.ID), &h.Version, h,
		column{"code", h.Code},
		column{"organization", string(h.Organization)},
		column{"account", string(h.Account)},
		column{"origin", h.Origin},
		column{"iri", null(h.IRI)},
		column{"state", string(h.State)},
		column{"visibility", string(h.Visibility)},
		column{"submitted", ms(h.Submitted)},
		column{"published", ms(h.Published)},
		column{"changed", ms(h.VersionTime())},
		column{"due", ms(h.Due())})
	if err != nil {
		return err
	}
	return tx.putCode(h.Code, NounHelpOffer, h.ID)
}

// nounShared stands on tombstones of own help offers that were for partners only.
const nounShared = "help offer for partners"

// DeleteHelpOffer erases a help offer. If it was ever public, the hash of its id stays.
func (tx *Tx) DeleteHelpOffer(id engagement.ID) error {
	h, err := tx.HelpOffer(id)
	if err != nil {
		return err
	}
	for _, sql := range []string{
		`DELETE FROM help_offer WHERE id = $1`,
		`DELETE FROM raw_document WHERE subject = $1`,
		`DELETE FROM event WHERE audience = 'mail' AND subject = $1`,
	} {
		if err := tx.run(sql, string(id)); err != nil {
			return err
		}
	}
	switch {
	case !h.Local():
		return tx.bury(NounHelpOffer, h.IRI, false)
	case !h.Published.IsZero() && h.Visibility != "offen":
		return tx.bury(nounShared, string(h.ID), true)
	case !h.Published.IsZero():
		return tx.bury(NounHelpOffer, string(h.ID), true)
	}
	return nil
}

// DueHelpOffers are those a timer has to look at: see [engagement.HelpOffer.Due].
func (tx *Tx) DueHelpOffers(before time.Time, limit int) ([]engagement.HelpOffer, error) {
	return docs[engagement.HelpOffer](tx, `SELECT doc FROM help_offer WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}
