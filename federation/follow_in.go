package federation

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// meansFollow is somebody who wants to follow one of us. Organizations and boards accept everybody; whoever follows the instance asks to be a
// partner, and an admin decides. A Follow of anything else has no effect and no answer, so that nobody can try out what there is.
func (s *Service) meansFollow(a arrival) (effect, error) {
	f, _, err := ReadFollow(a.Envelope)
	if err != nil {
		return nil, err
	}
	if f.Object == s.Base.Actor() {
		return func(tx *store.Tx) error { return s.followInstance(tx, a, f) }, nil
	}
	return func(tx *store.Tx) error { return s.followActor(tx, a, f) }, nil
}

func (s *Service) followActor(tx *store.Tx, a arrival, f Follow) error {
	left := false
	_, err := s.board(tx, f.Object)
	if errors.Is(err, ErrIgnored) {
		var org engagement.Organization
		org, err = s.organization(tx, f.Object)
		left = org.Moved()
	}
	var asked engagement.Presence // waits for the word of its person
	if errors.Is(err, ErrIgnored) {
		asked, err = s.presence(tx, f.Object)
	}
	if err != nil {
		return err
	}
	undone, err := tx.Remembered(f.Actor, f.ID)
	if err != nil {
		return err
	}
	if undone {
		return violation("D6", "%s was taken back before it came", f.ID)
	}
	sender, err := s.sender(tx, a)
	switch {
	case err != nil:
		return err
	case sender.Inbox == "":
		return violation("A3", "%s has no inbox", f.Actor)
	}
	owner := s.Base.owner(f.Object)
	if left { // whoever follows is told so, instead of waiting for what never comes
		refusal := parcel{doc: s.Reject(tx.NewSecretID(), f), signer: owner, object: f.ID, inboxes: []store.Recipient{inboxAt(sender.Inbox)}}
		return errors.Join(tx.DeleteFollower(owner, f.Actor), s.enqueue(tx, refusal))
	}
	follower := store.Follower{
		Owner: owner, Actor: f.Actor, Host: a.From.Host, Inbox: sender.Inbox, SharedInbox: sender.SharedInbox, Follow: f.ID, State: store.FollowAccepted,
	}
	if err := tx.DeleteBlock(owner, f.Actor); err != nil { // who follows has changed their mind
		return err
	}
	if asked.ID != "" {
		return s.askToFollow(tx, asked, follower)
	}
	if a.Limited {
		follower.State = store.FollowPending
		return tx.PutFollower(follower)
	}
	if err := tx.PutFollower(follower); err != nil {
		return err
	}
	return s.enqueue(tx, parcel{doc: s.Accept(tx.NewSecretID(), f), signer: owner, object: f.ID, inboxes: []store.Recipient{inboxAt(sender.Inbox)}})
}

// askToFollow keeps a Follow of a public presence for its person. Who may follow already is told so again.
func (s *Service) askToFollow(tx *store.Tx, p engagement.Presence, f store.Follower) error {
	before, err := tx.Follower(f.Owner, f.Actor)
	if ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	if err == nil && before.State == store.FollowAccepted {
		again := Follow{ID: f.Follow, Actor: f.Actor, Object: s.Base.PresenceID(p)}
		return errors.Join(tx.PutFollower(f), s.enqueue(tx, parcel{doc: s.Accept(tx.NewSecretID(), again), signer: f.Owner, object: f.Follow, inboxes: []store.Recipient{inboxAt(f.Inbox)}}))
	}
	f.State = store.FollowPending
	if err := tx.PutFollower(f); err != nil {
		return err
	}
	if s.inbox.wishes.take(string(p.ID), tx.Now()) != nil { // asking and taking back, again and again, writes no mails
		return nil
	}
	return engagement.FollowAsked(tx, p)
}

// organization is the public organization of ours with that id, and ErrIgnored if there is none.
func (s *Service) organization(tx *store.Tx, iri string) (engagement.Organization, error) {
	id, ok := s.Base.ParseID(iri)
	if !ok || id.Kind != KindOrganization || id.Part != "" || id.Fragment != "" {
		return engagement.Organization{}, violation("M2", "%s is no organization of ours", iri)
	}
	org, err := tx.Organization(engagement.ID(id.Key))
	if errors.Is(err, engagement.ErrNotFound) || err == nil && (!org.Local() || org.State != engagement.OrganizationActive) {
		return org, violation("M2", "%s is no organization of ours", iri)
	}
	return org, err
}

// instanceTypes are the types of actors that speak for a whole server.
var instanceTypes = map[string]bool{"Application": true, "Service": true}

// followInstance is another instance that asks to be a partner (P-2). Everybody else is told that this is not what the instance is for.
func (s *Service) followInstance(tx *store.Tx, a arrival, f Follow) error {
	stored, err := s.sender(tx, a)
	if err != nil {
		return err
	}
	actor, err := storedActor(stored)
	if err != nil {
		return err
	}
	if instanceTypes[actor.Type] {
		return s.proposePartner(tx, a, actor, f)
	}
	if actor.Inbox == "" {
		return violation("A3", "%s has no inbox", f.Actor)
	}
	return s.enqueue(tx, parcel{doc: s.Reject(tx.NewSecretID(), f), signer: ownerInstance, object: f.ID, inboxes: []store.Recipient{inboxAt(actor.Inbox)}})
}

// maxProposals is how many instances that asked to be partners may wait for an admin.
const maxProposals = 50

func (s *Service) proposePartner(tx *store.Tx, a arrival, actor Actor, f Follow) error {
	partners, err := tx.Partners()
	if err != nil {
		return err
	}
	waiting, known := 0, false
	for _, p := range partners {
		known = known || p.Host == a.From.Host
		if p.State == engagement.PartnerProposed {
			waiting++
		}
	}
	if !known && (a.Limited || waiting >= maxProposals) {
		return violation("P-2", "%s has to wait: %d others ask to be partners", a.From.Host, waiting)
	}
	return engagement.FollowedByInstance(tx, partnerOf(actor), f.ID)
}

// meansAnswer is an Accept or Reject: of our Follow, which a partner or somebody whose events are shown here has got, or of an Offer.
func (s *Service) meansAnswer(a arrival) (effect, error) {
	about, move := ReadReply(a.Envelope), s.maybeMatch(a)
	return func(tx *store.Tx) error {
		if done, err := s.followedAnswered(tx, a, about); done || err != nil {
			return err
		}
		p, err := tx.Partner(a.From.Host)
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		if p.Follow == "" || s.Base.ActivityID(p.Follow) != about.ID {
			return move(tx)
		}
		if p.Actor != a.Actor {
			return violation("N2", "%s is not for %s to say", a.ID, a.Actor)
		}
		return s.followAnswered(tx, p, a.Type == "Accept")
	}, nil
}

// maybeMatch is the step of a match request that an activity may be; if it is none, that is what the effect says.
func (s *Service) maybeMatch(a arrival) effect {
	do, err := s.meansMatch(a)
	if err != nil {
		return func(*store.Tx) error { return err }
	}
	return do
}

func (s *Service) followAnswered(tx *store.Tx, p engagement.Partner, accepted bool) error {
	if p.State == engagement.PartnerEnded || accepted && p.Followed {
		return violation("P-1", "%s has answered already", p.Host)
	}
	if err := engagement.FollowAnswered(tx, p.Host, accepted); err != nil {
		return err
	}
	p, err := tx.Partner(p.Host)
	if err != nil {
		return err
	}
	return s.syncPartner(tx, p)
}

// meansUndo is somebody who takes something back: a Follow, a Like, a share, a Block, or a step of a match request.
func (s *Service) meansUndo(a arrival) (effect, error) {
	about, move := ReadReply(a.Envelope), s.maybeMatch(a)
	return func(tx *store.Tx) error {
		for _, undo := range []func(*store.Tx, arrival, Reply) (bool, error){s.undoFollow, s.undoPartner, s.undoReaction, s.undoBlock, s.undoJoin} {
			if done, err := undo(tx, a, about); done || err != nil {
				return err
			}
		}
		var refused *Violation
		if err := move(tx); !errors.As(err, &refused) || refused.Rule == "N2" { // done, failed, or not theirs to take back
			return err
		}
		return s.rememberUndo(tx, a, about)
	}, nil
}

// rememberUndo keeps in mind that something was taken back that has not come yet (M8, D6). Nobody can have done something under an id
// of another server.
func (s *Service) rememberUndo(tx *store.Tx, a arrival, about Reply) error {
	if !SameOrigin(about.ID, a.Actor) {
		return violation("D8", "%s is not %s's to take back", about.ID, a.Actor)
	}
	seen, err := tx.WasSeen(a.Actor, about.ID)
	if err != nil {
		return err
	}
	if seen {
		return violation("D8", "%s has no effect any more", about.ID)
	}
	return tx.Remember(a.Actor, about.ID)
}

// undoFollow ends a follow. It is found by the id of the Follow; some servers make up a new id for the Follow they embed, so an id that
// never came is as good as none.
func (s *Service) undoFollow(tx *store.Tx, a arrival, about Reply) (bool, error) {
	f, err := tx.FollowerByFollow(a.Actor, about.ID)
	if errors.Is(err, engagement.ErrNotFound) && about.Type == "Follow" && about.Actor == a.Actor {
		if seen, err := tx.WasSeen(a.Actor, about.ID); seen || err != nil {
			return false, err // an older one, replaced by a newer Follow
		}
		f, err = tx.Follower(s.Base.owner(about.Object), a.Actor)
	}
	if err != nil {
		return false, ignore(err, engagement.ErrNotFound)
	}
	return true, tx.DeleteFollower(f.Owner, f.Actor)
}

// undoPartner ends a partnership.
func (s *Service) undoPartner(tx *store.Tx, a arrival, about Reply) (bool, error) {
	p, err := tx.Partner(a.From.Host)
	if err != nil || p.Actor != a.Actor || p.State == engagement.PartnerEnded {
		return false, ignore(err, engagement.ErrNotFound)
	}
	if about.ID != p.Follower && !(about.Type == "Follow" && about.Object == s.Base.Actor()) || p.Follower == "" {
		return false, nil
	}
	return true, engagement.PartnerLeft(tx, p.Host)
}
