package engagement

import (
	"errors"

	"seestern/geo"
)

// MirrorOrganization stores a partner's organization as it describes itself; IRI identifies it. What a moderator has hidden stays hidden.
func MirrorOrganization(tx Tx, o Organization) (Organization, error) {
	old, err := tx.OrganizationByIRI(o.IRI)
	o.State = OrganizationActive
	switch {
	case errors.Is(err, ErrNotFound):
		o.ID, o.Created = tx.NewID(), tx.Now()
		if o.Code, err = tx.NewCode(); err != nil {
			return o, err
		}
	case err != nil:
		return o, err
	default:
		o.ID, o.Code, o.Created, o.Version = old.ID, old.Code, old.Created, old.Version
		if old.State == OrganizationSuspended {
			o.State, o.Reason = old.State, old.Reason
		}
	}
	o.Updated = tx.Now()
	return o, tx.PutOrganization(&o)
}

// MirrorOpportunity stores a partner's opportunity as its owner describes it now; IRI identifies it. What the owner says about status
// arrives as o.State: published, paused, filled or expired; o.Reason is why a moderator has to look at it first, if so. The decision of
// this instance's moderators stays: hidden stays hidden, and released is not asked for the same reason again. A version that is not newer
// than the stored one has no effect.
func MirrorOpportunity(tx Tx, p Partner, o Opportunity) (Opportunity, error) {
	old, err := tx.OpportunityByIRI(o.IRI)
	known, doubt := err == nil, o.Reason
	if err != nil && !errors.Is(err, ErrNotFound) {
		return o, err
	}
	o.Reason = ""
	if known {
		if !o.VersionTime().After(old.VersionTime()) {
			return old, nil
		}
		o.ID, o.Code, o.Version, o.Hidden, o.Reason, o.ReasonText = old.ID, old.Code, old.Version, old.Hidden, old.Reason, old.ReasonText
		o.Material = old.Material
		if o.materially(old) {
			o.Material++
		}
	} else {
		o.ID, o.Material = tx.NewID(), 1
		if o.Code, err = tx.NewCode(); err != nil {
			return o, err
		}
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return o, err
	}
	o.Origin, o.Received = p.Host, tx.Now()
	o.Fingerprint = Fingerprint(o, org.Name)
	if doubt == "" && !o.samePoint(old) {
		others, err := tx.CountAtPoint(o, mostAtPoint)
		if err != nil {
			return o, err
		}
		if others >= mostAtPoint {
			doubt = unusualPlace
		}
	}
	if err := o.stand(p, old, known, doubt); err != nil {
		return o, err
	}
	if err := tx.PutOpportunity(&o); err != nil {
		return o, err
	}
	if known && old.Fingerprint != o.Fingerprint {
		if err := settle(tx, old.Fingerprint); err != nil {
			return o, err
		}
	}
	if err := settle(tx, o.Fingerprint); err != nil {
		return o, err
	}
	if o, err = tx.Opportunity(o.ID); err != nil {
		return o, err
	}
	if known && o.Material != old.Material {
		return o, askAgain(tx, o)
	}
	return o, nil
}

// unusualPlace is why a moderator looks at a place.
const unusualPlace Code = "ungewoehnlicher-ort"

// mostAtPoint is how many opportunities that differ a partner may have at one exact place before somebody looks at the next. Districts and
// postal codes do not count: many have the same middle.
const mostAtPoint = 20

// samePoint says whether another version is at the same place: then a moderator has seen it there, or it came before it was crowded.
func (o *Opportunity) samePoint(other Opportunity) bool {
	return len(o.Places) > 0 && len(other.Places) > 0 && o.Places[0].Exact && other.Places[0].Exact && o.Places[0].Point == other.Places[0].Point
}

// stand decides how a copy is shown here: a moderator's hiding stays, what is doubtful waits until a moderator has released it, and a
// partner of level geprueft waits in the queue at first sight. What the owner says meanwhile is what comes out of the queue.
func (o *Opportunity) stand(p Partner, old Opportunity, known bool, doubt Code) error {
	said := o.State
	if doubt == "" && !o.plausible(p) {
		doubt = unusualPlace
	}
	switch {
	case known && old.State == Hidden:
		o.State, o.Hidden = Hidden, said
		return nil
	case doubt != "" && doubt != old.Reason:
		o.State, o.Hidden, o.Reason = Queued, said, doubt
		return nil
	case known && old.State == Queued, !known && p.Level == "geprueft":
		o.State, o.Hidden = Queued, said
		return nil
	}
	return nil
}

// plausible says whether every place lies within the partner's region and 50 km around it. A partner that declares no centre is believed.
func (o *Opportunity) plausible(p Partner) bool {
	if p.Center == (geo.Point{}) {
		return true
	}
	for _, place := range o.Places {
		if place.Known() && geo.Distance(place.Point, p.Center) > p.RadiusKM+50 {
			return false
		}
	}
	return true
}

// UnmirrorOpportunity removes a copy because its owner deleted it; open requests end.
func UnmirrorOpportunity(tx Tx, iri string) error {
	o, err := tx.OpportunityByIRI(iri)
	if err != nil {
		return err
	}
	if o.Directed() {
		return o.forget(tx)
	}
	if err := endRequests(tx, o); err != nil {
		return err
	}
	if err := tx.DeleteOpportunity(o.ID); err != nil {
		return err
	}
	return settle(tx, o.Fingerprint)
}

// UnmirrorOrganization removes a copy of an organization with all its opportunities, help offers and news.
func UnmirrorOrganization(tx Tx, iri string) error {
	org, err := tx.OrganizationByIRI(iri)
	if err != nil {
		return err
	}
	list, err := tx.OpportunitiesOf(org.ID)
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := endRequests(tx, o); err != nil {
			return err
		}
		if err := tx.DeleteOpportunity(o.ID); err != nil {
			return err
		}
	}
	offers, err := tx.HelpOffersOf(org.ID)
	if err != nil {
		return err
	}
	for _, h := range offers {
		if err := UnmirrorHelpOffer(tx, h.IRI); err != nil {
			return err
		}
	}
	if err := tx.DeleteAnnouncementsOf(org.ID); err != nil {
		return err
	}
	asked, err := tx.OpenRequestsWith(org.Origin)
	if err != nil {
		return err
	}
	for _, m := range asked { // its own word may be lost
		if m.Organization != org.ID || !m.Answers() {
			continue
		}
		if _, err := m.Receive(tx, Step{Event: EventWithdraw, Reason: "angebot-beendet"}, nil); err != nil {
			return err
		}
	}
	org.State, org.Updated = OrganizationDissolved, tx.Now()
	return tx.PutOrganization(&org)
}
