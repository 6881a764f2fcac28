package federation

import (
	"time"

	"seestern/engagement"
	"seestern/store"
)

// authorTypes are the types of actors whose opportunities are copied. What a person seeks stays at home.
var authorTypes = map[string]bool{"Organization": true, "Group": true, "Service": true}

// mirrorOrganization keeps a copy of a partner's organization, as its own document describes it.
func (s *Service) mirrorOrganization(tx *store.Tx, p engagement.Partner, a Actor) (engagement.Organization, error) {
	known, err := tx.RemoteActor(a.ID)
	if ignore(err, engagement.ErrNotFound) != nil {
		return engagement.Organization{}, err
	}
	switch {
	case known.Type != "" && known.Type != a.Type:
		return engagement.Organization{}, violation("A6", "%s was a %s", a.ID, known.Type)
	case HostOf(a.ID) != p.Host:
		return engagement.Organization{}, violation("O1", "%s is not of partner %s", a.ID, p.Host)
	case !authorTypes[a.Type]:
		return engagement.Organization{}, violation("O1", "%s is a %s", a.ID, a.Type)
	case !a.Indexable:
		return engagement.Organization{}, violation("O9", "%s does not want to be found", a.ID)
	}
	o, err := engagement.MirrorOrganization(tx, a.Organization())
	if err != nil {
		return o, err
	}
	return o, s.watchAttestations(tx, o, a)
}

// mirrorOpportunity keeps a copy of a partner's opportunity, as its author describes it; raw is what it was read from. The author has to
// be kept already: engagement.ErrNotFound if it is not.
func (s *Service) mirrorOpportunity(tx *store.Tx, p engagement.Partner, found Proposal, raw []byte) (engagement.Opportunity, error) {
	o := found.Opportunity
	switch {
	case HostOf(o.IRI) != p.Host:
		return o, violation("O1", "%s is not of partner %s", o.IRI, p.Host)
	case !found.Matchable:
		return o, violation("O3", "%s asks for something else than help", o.IRI)
	case o.Visibility != "offen" && o.Visibility != "verbund":
		return o, violation("O9", "%s is for somebody else", o.IRI)
	}
	if old, err := tx.OpportunityByIRI(o.IRI); err == nil && old.Directed() {
		return o, violation("G1", "%s was for certain partners", o.IRI)
	}
	if err := notDeleted(tx, found.Author, o.IRI, o.VersionTime()); err != nil {
		return o, err
	}
	org, err := tx.OrganizationByIRI(found.Author)
	if err != nil {
		return o, err
	}
	o.Organization = org.ID
	if found.Paid { // not volunteering, as far as one can see: a moderator looks at it
		o.Reason = "arbeitsplatz-ersatz"
	}
	if o, err = engagement.MirrorOpportunity(tx, p, o); err != nil {
		return o, err
	}
	return o, tx.PutRaw(o.IRI, o.ID, raw)
}

// notDeleted is a violation if an author has deleted something after a version of it was made: a list that was read before does not bring it
// back. What its author shows again has a newer version.
func notDeleted(tx *store.Tx, author, iri string, version time.Time) error {
	deleted, err := tx.RememberedAfter(author, iri, version)
	if deleted {
		return violation("D6", "%s was deleted before", iri)
	}
	return err
}
