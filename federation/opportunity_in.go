package federation

import (
	"context"
	"errors"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// meansOpportunity is an opportunity that its owner publishes or changes. Only those of partners are kept (O9).
func (s *Service) meansOpportunity(a arrival) (effect, error) {
	found, err := ReadOpportunity(a.Object, a.Now)
	if err != nil {
		return nil, err
	}
	if found.Author != a.Actor {
		return nil, violation("O1", "%s is by %s", found.IRI, found.Author)
	}
	if found.Visibility == "offen" && !slices.Contains(a.Audience(), Public) {
		found.Visibility = "verbund"
	}
	raw, err := encode(a.Object)
	if err != nil {
		return nil, err
	}
	if found.Directed() {
		return func(tx *store.Tx) error { return s.receiveDirected(tx, a, found) }, nil
	}
	return func(tx *store.Tx) error { return s.receiveOpportunity(tx, a, found, raw) }, nil
}

func (s *Service) receiveOpportunity(tx *store.Tx, a arrival, found Proposal, raw []byte) error {
	p, err := s.receiveCopy(tx, a, found.IRI)
	if err != nil {
		return err
	}
	if err := ownNewer(tx, found); err != nil {
		return err
	}
	if err := s.knownAuthor(tx, p, a); err != nil {
		return err
	}
	_, err = s.mirrorOpportunity(tx, p, found, raw)
	return err
}

// receiveCopy is the partner that sends something to be copied, unless it has deleted it already.
func (s *Service) receiveCopy(tx *store.Tx, a arrival, iri string) (engagement.Partner, error) {
	p, err := tx.Partner(a.From.Host)
	switch {
	case ignore(err, engagement.ErrNotFound) != nil:
		return p, err
	case !active(p):
		return p, violation("O9", "%s is of %s, which is no partner", iri, a.From.Host)
	}
	deleted, err := tx.Remembered(a.Actor, iri)
	if err == nil && deleted {
		err = violation("D6", "%s was deleted before", iri)
	}
	return p, err
}

// knownAuthor keeps a copy of the organization that sent an activity, if there is none.
func (s *Service) knownAuthor(tx *store.Tx, p engagement.Partner, a arrival) error {
	_, err := tx.OrganizationByIRI(a.Actor)
	if errors.Is(err, engagement.ErrNotFound) {
		return s.keepAuthor(tx, p, a)
	}
	return err
}

// ownNewer makes sure that a copy is replaced by its owner alone (D8), and only by a newer version (O12).
func ownNewer(tx *store.Tx, found Proposal) error {
	old, err := tx.OpportunityByIRI(found.IRI)
	if err != nil {
		return ignore(err, engagement.ErrNotFound)
	}
	org, err := tx.Organization(old.Organization)
	switch {
	case err != nil:
		return err
	case org.IRI != found.Author:
		return violation("D8", "%s is %s's", found.IRI, org.IRI)
	case !found.VersionTime().After(old.VersionTime()):
		return violation("O12", "%s of %s is not newer", found.IRI, stamp(found.VersionTime()))
	}
	return nil
}

// keepAuthor keeps a copy of the organization that sent an activity.
func (s *Service) keepAuthor(tx *store.Tx, p engagement.Partner, a arrival) error {
	stored, err := s.sender(tx, a)
	if err != nil {
		return err
	}
	author, err := storedActor(stored)
	if err != nil {
		return err
	}
	_, err = s.mirrorOrganization(tx, p, author)
	return err
}

// meansAnnounce is somebody who shares something. Of ours it counts; the instance actor of a partner points us to something of a
// partner, which we then read at its origin (P-4). What comes embedded is somebody else's word and is not read.
func (s *Service) meansAnnounce(a arrival) (effect, error) {
	if s.Base.Owns(a.ObjectID) {
		return func(tx *store.Tx) error { return s.react(tx, a, engagement.Share) }, nil
	}
	return func(tx *store.Tx) error {
		from, err := tx.Partner(a.From.Host)
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		of, err := tx.Partner(HostOf(a.ObjectID))
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		followed, err := tx.Followed(a.Actor)
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		// A group that is followed points to what one of it wrote on the same server.
		ours := followed.State == engagement.FollowedAccepted && SameOrigin(a.ObjectID, a.Actor)
		if (!active(from) || from.Actor != a.Actor || !active(of)) && !ours {
			return violation("P-4", "%s is pointed to by %s", a.ObjectID, a.Actor)
		}
		_, err = tx.OpportunityByIRI(a.ObjectID)
		if errors.Is(err, engagement.ErrNotFound) {
			_, err = tx.OccasionByIRI(a.ObjectID)
		}
		if !errors.Is(err, engagement.ErrNotFound) {
			return orIgnored(err, "P-4", a.ObjectID)
		}
		if _, err := tx.HelpOfferByIRI(a.ObjectID); !errors.Is(err, engagement.ErrNotFound) {
			return orIgnored(err, "P-4", a.ObjectID)
		}
		if _, err := tx.AnnouncementByIRI(a.ObjectID); !errors.Is(err, engagement.ErrNotFound) {
			return orIgnored(err, "P-4", a.ObjectID)
		}
		return tx.PutJob(store.Job{Queue: jobHint, Key: a.ObjectID})
	}, nil
}

// jobHint is the queue of things of partners that we were pointed to; the key is the IRI.
const jobHint = "hint"

// hintJob reads at its origin what a partner pointed to.
func (s *Service) hintJob(ctx context.Context, j store.LeasedJob) error {
	var p engagement.Partner
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Partner(HostOf(j.Key))
		return ignore(err, engagement.ErrNotFound)
	})
	if err == nil {
		err = s.recheck(ctx, p, j.Key)
	}
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(j) })
}
