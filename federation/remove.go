package federation

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// meansDelete is somebody who deletes something of theirs, or themselves. Only the author of what we hold can do that; the same server
// is not enough (D5).
func (s *Service) meansDelete(a arrival) (effect, error) {
	switch {
	case a.ObjectID == "":
		return nil, violation("D5", "%s deletes nothing", a.ID)
	case a.ObjectID == a.Actor:
		return func(tx *store.Tx) error { return s.forgetActor(tx, a.Actor) }, nil
	case MatchEvent(a.Envelope) != "":
		return s.meansMatch(a)
	case !SameOrigin(a.ObjectID, a.Actor):
		return nil, violation("D5", "%s is not of %s", a.ObjectID, a.Actor)
	}
	return func(tx *store.Tx) error { return s.deleteObject(tx, a) }, nil
}

// deleteObject removes our copy. That it was deleted is remembered in any case: a Create or Update of it may still be on its way, and
// must not bring it back (D6).
func (s *Service) deleteObject(tx *store.Tx, a arrival) error {
	for _, remove := range []func(*store.Tx, arrival) error{deleteOther, deleteOpportunity, deleteHelpOffer, deleteOccasion, deleteAnnouncement, deletePost, deleteInterest, deleteReply, deleteMessage} {
		if err := remove(tx, a); ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
	}
	return tx.Remember(a.Actor, a.ObjectID)
}

// deleteOther keeps an actor from deleting another one.
func deleteOther(tx *store.Tx, a arrival) error {
	if _, err := tx.RemoteActor(a.ObjectID); err != nil {
		return err
	}
	return violation("D5", "%s is not %s", a.ObjectID, a.Actor)
}

func deleteOpportunity(tx *store.Tx, a arrival) error {
	o, err := tx.OpportunityByIRI(a.ObjectID)
	if err != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	switch {
	case err != nil:
		return err
	case org.IRI != a.Actor:
		return violation("D5", "%s is %s's", a.ObjectID, org.IRI)
	}
	return engagement.UnmirrorOpportunity(tx, a.ObjectID)
}

func deleteInterest(tx *store.Tx, a arrival) error {
	m, err := tx.MatchRequestByNote(a.ObjectID)
	if err != nil || m.Remote.Actor != a.Actor {
		return err
	}
	return engagement.DropInterest(tx, m)
}

func deleteReply(tx *store.Tx, a arrival) error { return tx.DeleteReaction(a.Actor, a.ObjectID) }

// forgetActor removes what an actor that is gone left here (D7): follows, reactions, texts, events, sign-ups, copies of an organization, and its part in
// match requests; a partner whose instance is gone is none any more.
func (s *Service) forgetActor(tx *store.Tx, actor string) error {
	interests, err := tx.InterestsOf(actor)
	if err != nil {
		return err
	}
	for _, m := range interests {
		if err := engagement.DropInterest(tx, m); err != nil {
			return err
		}
	}
	if err := engagement.UnmirrorOrganization(tx, actor); ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	if _, err := s.leave(tx, actor, func(engagement.SignUp) bool { return true }); err != nil {
		return err
	}
	if err := tx.DeleteFollowed(actor); err != nil {
		return err
	}
	asked, err := tx.RequestsOfAsker(actor)
	if err != nil {
		return err
	}
	for _, m := range asked {
		if err := personGone(tx, m); err != nil {
			return err
		}
	}
	p, err := tx.Partner(HostOf(actor))
	if err == nil && p.Actor == actor {
		err = engagement.PartnerLeft(tx, p.Host)
	}
	if ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	return tx.DeleteRemoteActor(actor)
}

// personGone ends the match request of a pseudonymous person that exists no more, and erases the card.
func personGone(tx *store.Tx, m engagement.MatchRequest) error {
	for _, e := range []engagement.RequestEvent{m.No(), engagement.EventUnshare} {
		if _, err := m.Receive(tx, engagement.Step{Event: e}, nil); err != nil && !errors.Is(err, engagement.ErrConflict) {
			return err
		}
	}
	return nil
}
