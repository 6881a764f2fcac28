package federation

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// PresenceID is the actor of a public presence. Its address looks like that of a pseudonymous person, so that the two cannot be told apart
// by it.
func (b Base) PresenceID(p engagement.Presence) string { return b.ID(KindPerson, string(p.ID)) }

// Presence is the actor of a volunteer who wants to be public. It says what its person wrote and nothing else, and wants neither to be
// found nor to be searched.
func (c Codec) Presence(p engagement.Presence, key PublicKey) (Doc, error) {
	shown, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	id := c.Base.PresenceID(p)
	return Doc{
		"id": id, "type": "Person", "preferredUsername": p.Handle, "webfinger": c.Base.acct(p.Handle), "name": p.Name,
		"summary": plainHTML(p.Summary), "url": c.page(c.Pages.Presence(p)), "inbox": id + "/inbox", "outbox": id + "/outbox",
		"followers": id + "/followers", "following": id + "/following", "endpoints": Doc{"sharedInbox": c.Base.Inbox()}, "publicKey": shown,
		"manuallyApprovesFollowers": true, "discoverable": false, "indexable": false, "published": stamp(p.Created), "updated": stamp(p.Updated),
		"attachment": []Doc{}, "tag": []Doc{}, "generator": c.generator(),
	}, nil
}

// presence is the open public presence with that id, and ErrIgnored if there is none.
func (s *Service) presence(tx *store.Tx, iri string) (engagement.Presence, error) {
	id, ok := s.Base.ParseID(iri)
	if !ok || id.Kind != KindPerson || id.Part != "" || id.Fragment != "" {
		return engagement.Presence{}, violation("M2", "%s is nobody here to follow", iri)
	}
	p, err := tx.Presence(engagement.ID(id.Key))
	if errors.Is(err, engagement.ErrNotFound) || err == nil && !p.Open() {
		return p, violation("M2", "%s is nobody here to follow", iri)
	}
	return p, err
}

// presenceThing is the actor of a public presence, and a Tombstone once it has ended.
func (s *Service) presenceThing(tx *store.Tx, key string) (thing, error) {
	p, err := tx.Presence(engagement.ID(key))
	if err != nil {
		return thing{}, err
	}
	t := thing{readers: audience{public: true}, public: true}
	if !p.Open() {
		t.gone = Tombstone(s.Base.PresenceID(p), "Person", p.Ended)
		return t, nil
	}
	t.page = s.Pages.Presence(p)
	t.document = func(ctx context.Context, _ reader) (Doc, error) {
		key, err := s.publicKey(ctx, s.Base.PresenceID(p))
		if err != nil {
			return nil, err
		}
		return s.Codec.Presence(p, key)
	}
	return t, nil
}

// PresenceFinger is what WebFinger says about a public presence.
func (c Codec) PresenceFinger(p engagement.Presence) JRD {
	return c.finger(p.Handle, c.Base.PresenceID(p), c.page(c.Pages.Presence(p)))
}

// renderPresence tells those who follow a public presence, and nobody else, what is new about it, or that it has ended.
func (s *Service) renderPresence(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	p, err := tx.Presence(e.Subject)
	if err != nil {
		return err
	}
	switch {
	case e.Kind == engagement.WireDelete:
		return s.renderPresenceEnd(tx, e, p)
	case !p.Open(): // ended meanwhile
		return errMeaningless
	}
	return s.renderActor(tx, i, e, s.Base.PresenceID(p), func(key PublicKey) (Doc, error) { return s.Codec.Presence(p, key) })
}

// renderPresenceEnd goes to whoever asked to follow, was let or not, and to every server that got something of it.
func (s *Service) renderPresenceEnd(tx *store.Tx, e engagement.Event, p engagement.Presence) error {
	actor := s.Base.PresenceID(p)
	out := parcel{doc: s.deleteActor(e.ID, e.At, actor), signer: s.Base.owner(actor), object: actor, subject: p.ID}
	followers, err := tx.Followers(out.signer)
	if err != nil {
		return err
	}
	for _, f := range followers {
		if r := inboxAt(cmp.Or(f.SharedInbox, f.Inbox)); !slices.Contains(out.inboxes, r) {
			out.inboxes = append(out.inboxes, r)
		}
		if err := tx.DeleteFollower(out.signer, f.Actor); err != nil {
			return err
		}
	}
	return s.sayFarewell(tx, out)
}

// renderFollowAnswer is the word of a person to somebody who asked to follow.
func (s *Service) renderFollowAnswer(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	p, err := tx.Presence(e.Subject)
	if err != nil {
		return ifGone(err)
	}
	actor := s.Base.PresenceID(p)
	follower, err := tx.Follower(s.Base.owner(actor), e.Args["actor"])
	if err != nil {
		return ifGone(err)
	}
	f, state := Follow{ID: follower.Follow, Actor: follower.Actor, Object: actor}, store.FollowAccepted
	doc := s.Accept(e.ID, f)
	if e.Kind == engagement.WireRefuseFollow {
		doc, state = s.Reject(e.ID, f), store.FollowRefused
	}
	if !p.Open() || follower.State != state { // another word came after this one
		return errMeaningless
	}
	if state == store.FollowRefused {
		if err := tx.DeleteFollower(follower.Owner, follower.Actor); err != nil {
			return err
		}
	}
	return s.enqueue(tx, parcel{doc: doc, signer: follower.Owner, object: f.ID, inboxes: []store.Recipient{inboxAt(follower.Inbox)}})
}

// followersNow are the inboxes of those who follow one of our actors; in mode "partners" only those of partners.
func (s *Service) followersNow(tx *store.Tx, i engagement.Instance, owner string) (inboxes []store.Recipient, err error) {
	followers, err := tx.FollowerInboxes(owner)
	if err != nil || i.Mode == "open" {
		return followers, err
	}
	_, hosts, err := s.partnerInboxes(tx, full)
	return slices.DeleteFunc(followers, func(f store.Recipient) bool { return !hosts[f.Host] }), err
}
