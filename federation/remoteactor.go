package federation

import (
	"context"
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// actorStore lets the keyring keep actors of other servers in the store. newcomer is asked before an actor is stored that was not known.
type actorStore struct {
	store    *store.Store
	newcomer func(host string) error
}

func (s actorStore) RemoteActor(ctx context.Context, id string) (RemoteActor, bool, error) {
	return s.find(ctx, func(tx *store.Tx) (store.RemoteActor, error) { return tx.RemoteActor(id) })
}

func (s actorStore) RemoteActorByKey(ctx context.Context, keyID string) (RemoteActor, bool, error) {
	return s.find(ctx, func(tx *store.Tx) (store.RemoteActor, error) { return tx.RemoteActorByKey(keyID) })
}

func (s actorStore) find(ctx context.Context, find func(*store.Tx) (store.RemoteActor, error)) (a RemoteActor, known bool, err error) {
	var stored store.RemoteActor
	err = s.store.View(ctx, func(tx *store.Tx) (err error) {
		stored, err = find(tx)
		return err
	})
	if errors.Is(err, engagement.ErrNotFound) {
		return a, false, nil
	}
	a = RemoteActor{ID: stored.IRI, Document: stored.Document, FetchedAt: stored.Fetched}
	for _, k := range stored.Keys {
		a.KeyIDs = append(a.KeyIDs, k.ID)
	}
	return a, err == nil, err
}

func (s actorStore) PutRemoteActor(ctx context.Context, a RemoteActor) error {
	_, known, err := s.RemoteActor(ctx, a.ID)
	if err == nil && !known {
		err = s.newcomer(HostOf(a.ID))
	}
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if suspect, err := suspects(tx, a); suspect || err != nil {
			return err
		}
		return putActor(tx, a)
	})
}

// putActor stores an actor's document, and beside it what deliveries and pages ask of it. A document that breaks a rule for actors is
// kept for its keys alone.
func putActor(tx *store.Tx, a RemoteActor) error {
	m, err := Decode(a.Document)
	if err != nil {
		return err
	}
	stored := store.RemoteActor{IRI: a.ID, Host: HostOf(a.ID), Document: a.Document, Fetched: a.FetchedAt}
	for _, id := range a.KeyIDs {
		stored.Keys = append(stored.Keys, store.RemoteKey{ID: id})
	}
	if actor, err := ReadActor(m); err == nil {
		stored.Type, stored.Name, stored.Handle, stored.URL = actor.Type, actor.Name, actor.Handle(), actor.URL
		stored.Inbox, stored.SharedInbox, stored.Followers, stored.Outbox = actor.Inbox, actor.SharedInbox, actor.Followers, actor.Outbox
		stored.Implements, stored.Indexable, stored.Published = actor.Implements, actor.Indexable, actor.Published
	}
	if old, err := tx.RemoteActor(a.ID); err == nil {
		stored.First = old.First
		if stored.Type != "" && old.Type != "" {
			stored.Type = old.Type // whoever it was at first it stays (A6)
		}
		if !old.Suspect.IsZero() {
			if err := unsuspect(tx, old); err != nil {
				return err
			}
		}
	} else if !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	return tx.PutRemoteActor(stored)
}

// newcomer counts actors nobody here had heard of: a table that strangers fill must not be filled by one of them.
func (s *Service) newcomer(host string) error {
	return s.inbox.newcomers.take(registrable(host), s.now())
}

// lookFor retrieves an actor anew of which only a key is known to be gone: what its own id answers decides.
func (s *Service) lookFor(ctx context.Context, actor string) {
	err := s.store.Update(ctx, func(tx *store.Tx) error { return tx.PutJob(store.Job{Queue: jobActor, Key: actor}) })
	if err != nil {
		s.log.Error("cannot look for actor whose key is gone", "actor", actor, "err", err)
	}
}

// actorGone forgets an actor whose document answers 410, as if it had said so itself.
func (s *Service) actorGone(ctx context.Context, actor string) {
	err := s.store.Update(ctx, func(tx *store.Tx) error { return s.forgetActor(tx, actor) })
	if err != nil && !errors.Is(err, ErrIgnored) {
		s.log.Error("cannot forget actor that is gone", "actor", actor, "err", err)
	}
}

// sender is the actor of an activity, as its own document describes it.
func (s *Service) sender(tx *store.Tx, a arrival) (store.RemoteActor, error) {
	stored, err := tx.RemoteActor(a.Actor)
	if errors.Is(err, engagement.ErrNotFound) {
		return stored, errStranger
	}
	return stored, err
}

// meansActor is an actor that changed its own document, signed by a key it had until now (A1 to A6).
func (s *Service) meansActor(a arrival) (effect, error) {
	actor, err := ReadActor(a.Object)
	if err != nil {
		return nil, err
	}
	document, err := encode(a.Object)
	if err != nil {
		return nil, err
	}
	d := Document{ID: a.Actor, Raw: a.Object, Bytes: document}
	keys := actorKeys(d)
	if len(keys) == 0 {
		return nil, violation("A4", "%s would have no key", a.Actor)
	}
	return func(tx *store.Tx) error {
		before, err := s.sender(tx, a)
		switch {
		case err != nil:
			return err
		case before.Type != "" && before.Type != actor.Type:
			return violation("A6", "%s was a %s", a.Actor, before.Type)
		}
		if err := putActor(tx, RemoteActor{ID: a.Actor, Document: document, KeyIDs: keyIDs(keys), FetchedAt: a.Now}); err != nil {
			return err
		}
		if err := tx.MoveFollower(a.Actor, actor.Inbox, actor.SharedInbox); err != nil {
			return err
		}
		return s.describes(tx, a, actor)
	}, nil
}

// describes passes on what an actor says about itself to whoever keeps a copy: of an organization, or of a partner.
func (s *Service) describes(tx *store.Tx, a arrival, actor Actor) error {
	p, err := tx.Partner(a.From.Host)
	if ignore(err, engagement.ErrNotFound) != nil || !active(p) {
		return ignore(err, engagement.ErrNotFound)
	}
	if p.Actor == actor.ID {
		return engagement.DescribePartner(tx, partnerOf(actor))
	}
	if _, err := tx.OrganizationByIRI(actor.ID); err != nil {
		return ignore(err, engagement.ErrNotFound)
	}
	o, err := engagement.MirrorOrganization(tx, actor.Organization())
	if err != nil {
		return err
	}
	return s.watchAttestations(tx, o, actor)
}

// partnerOf is an instance as a partner, by its own description.
func partnerOf(a Actor) engagement.Partner {
	return engagement.Partner{
		Host: HostOf(a.ID), Actor: a.ID, Name: a.Name, Regions: a.Regions, Center: a.Place.Point, RadiusKM: a.RadiusKM, Capability: a.Capability(),
	}
}

func keyIDs(keys []PublicKey) []string {
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return ids
}

// storedActor reads a stored document again. The type is the one under which the actor got known.
func storedActor(a store.RemoteActor) (Actor, error) {
	m, err := Decode(a.Document)
	if err != nil {
		return Actor{}, err
	}
	actor, err := ReadActor(m)
	if a.Type != "" {
		actor.Type = a.Type
	}
	return actor, err
}
