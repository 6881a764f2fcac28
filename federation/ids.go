package federation

import "seestern/engagement"

// What is embedded in a document, or only named, has the document's id with a fragment instead of a route of its own.
const (
	keyFragment          = "#main-key"
	intentFragment       = "#primary"      // of an opportunity or help offer: what is sought or offered
	commitmentFragment   = "#primary"      // of an agreement: what was agreed
	placeFragment        = "#place"        // of an event
	matchFragment        = "#match"        // of an Offer: the context of the whole conversation
	cardFragment         = "#card"         // of a pseudonymous person: the contact data
	confirmationFragment = "#confirmation" // of an agreement: what was done
)

// OrganizationID is the id of an organization's actor, ours or the one its instance gave it.
func (b Base) OrganizationID(o engagement.Organization) string {
	if o.IRI != "" {
		return o.IRI
	}
	return b.ID(KindOrganization, string(o.ID))
}

// BoardID is the id of a board's actor.
func (b Base) BoardID(board engagement.Board) string { return b.ID(KindBoard, string(board.ID)) }

// OpportunityID is the id of an opportunity, ours or the one its instance gave it.
func (b Base) OpportunityID(o engagement.Opportunity) string {
	if o.IRI != "" {
		return o.IRI
	}
	return b.ID(KindOpportunity, string(o.ID))
}

// HelpOfferID is the id of a help offer, ours or the one its instance gave it.
func (b Base) HelpOfferID(h engagement.HelpOffer) string {
	if h.IRI != "" {
		return h.IRI
	}
	return b.ID(KindHelpOffer, string(h.ID))
}

// PersonID is the id of the pseudonymous person of a match request: ours by its token, or the one the volunteer's instance gave.
func (b Base) PersonID(m engagement.MatchRequest) string {
	if m.Home != "" {
		return m.Person
	}
	return b.ID(KindPerson, m.Person)
}

// ActivityID is the id of the activity that announces an event.
func (b Base) ActivityID(event engagement.ID) string { return b.ID(KindActivity, string(event)) }

// Opportunities is the collection from which partners replicate.
func (b Base) Opportunities() string { return b.String() + "/ap/collections/opportunities" }

// instanceFollowers is the collection of the partners and of the other approved followers of the instance.
func (b Base) instanceFollowers() string { return b.Actor() + "/followers" }

// acct is a handle as WebFinger and people write it, without "acct:" and without "@" in front.
func (b Base) acct(name string) string { return name + "@" + b.Host }
