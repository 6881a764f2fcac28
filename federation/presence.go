package federation

import (
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
		return engagement.Presence{}, violation("M2", "%s is no public presence", iri)
	}
	p, err := tx.Presence(engagement.ID(id.Key))
	if errors.Is(err, engagement.ErrNotFound) || err == nil && !p.Open() {
		return p, violation("M2", "%s is no public presence", iri)
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

// DeletePresence takes a public presence back from everybody.
func (c Codec) DeletePresence(e engagement.Event, p engagement.Presence) Doc {
	id := c.Base.PresenceID(p)
	return Doc{
		"id": c.Base.ActivityID(e.ID), "type": "Delete", "actor": id, "published": stamp(e.At), "object": id, "to": []string{Public}, "cc": []string{},
	}
}

// renderPresence tells those who follow a public presence, and nobody else, what is new about it, or that it has ended.
func (s *Service) renderPresence(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	p, err := tx.Presence(e.Subject)
	if err != nil {
		return err
	}
	actor := s.Base.PresenceID(p)
	owner := s.Base.owner(actor)
	if e.Kind == engagement.WireDelete {
		return s.renderPresenceEnd(tx, e, p, owner)
	}
	keys, err := tx.ActorKeys(owner)
	if err != nil {
		return err
	}
	if !p.Open() || len(keys) == 0 { // ended meanwhile, or nobody has looked at it so far
		return errMeaningless
	}
	key, err := shownKey(actor, keys[0])
	if err != nil {
		return err
	}
	d, err := s.Codec.Presence(p, key)
	if err != nil {
		return err
	}
	out := parcel{doc: s.UpdateActor(e.ID, e.At, d), signer: owner, object: actor, subject: p.ID}
	if out.inboxes, err = s.followersNow(tx, i, owner); err != nil {
		return err
	}
	return s.enqueue(tx, out)
}

// renderPresenceEnd goes to whoever asked to follow, was let or not, and to every server that got something of it.
func (s *Service) renderPresenceEnd(tx *store.Tx, e engagement.Event, p engagement.Presence, owner string) error {
	out := parcel{doc: s.DeletePresence(e, p), signer: owner, object: s.Base.PresenceID(p), subject: p.ID}
	followers, err := tx.Followers(owner)
	if err != nil {
		return err
	}
	sent, err := tx.DeliveriesSigned(owner)
	if err != nil {
		return err
	}
	told := map[string]bool{} // one inbox of a server is enough to tell it
	tell := func(r store.Recipient) {
		if !told[r.Host] {
			told[r.Host], out.inboxes = true, append(out.inboxes, r)
		}
	}
	for _, f := range followers {
		tell(inboxAt(sharedInbox(store.RemoteActor{Inbox: f.Inbox, SharedInbox: f.SharedInbox})))
		if err := tx.DeleteFollower(owner, f.Actor); err != nil {
			return err
		}
	}
	for _, d := range sent {
		tell(store.Recipient{Host: d.Host, Inbox: d.Inbox})
	}
	if err := tx.PutJob(store.Job{Queue: jobKey, Key: owner, At: tx.Now().Add(deletedKeyLife)}); err != nil {
		return err
	}
	return s.enqueue(tx, out)
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
