package federation

import (
	"context"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// Key continuity (protocol.md §4.5): where private things are shared, a key that was not announced with the old one is not taken over
// before an admin has confirmed it. Until then the actor keeps the document it had, what it sends is parked, and it gets nothing private.

// suspects says whether an actor's document, read from its id, shows a key that must not be believed yet, and makes a note of it.
func suspects(tx *store.Tx, a RemoteActor) (bool, error) {
	old, err := tx.RemoteActor(a.ID)
	if ignore(err, engagement.ErrNotFound) != nil {
		return false, err
	}
	before := documentKeys(a.ID, old.Document)
	if err != nil || len(before) == 0 || subset(documentKeys(a.ID, a.Document), before) {
		return false, nil
	}
	matters, err := engagement.KeysChanged(tx, old.Host, a.ID)
	if !matters || err != nil {
		return false, err
	}
	if old.Suspect.IsZero() {
		old.Suspect = tx.Now()
	}
	old.Pending, old.Fetched = a.Document, a.FetchedAt
	return true, tx.PutRemoteActor(old)
}

// maxReleased is how many parked activities, of whatever reason, are looked through.
const maxReleased = 10_000

// unsuspect is the end of it, because the new document is taken over: what was parked is done now.
func unsuspect(tx *store.Tx, a store.RemoteActor) error {
	if err := engagement.KeysExplained(tx, a.Host, a.IRI); err != nil {
		return err
	}
	parked, err := tx.Jobs(jobArrival, store.Parked, maxReleased)
	if err != nil {
		return err
	}
	for _, j := range parked {
		if j.Data["actor"] == a.IRI {
			if err := tx.PutJob(store.Job{Queue: j.Queue, Key: j.Key, Data: j.Data}); err != nil {
				return err
			}
		}
	}
	return nil
}

// suspicious says whether an activity has to wait until an admin has confirmed the keys of its actor. What ends the doubt need not: an
// Update that is signed with an old key and shows what the actor's own address shows.
func suspicious(actor store.RemoteActor, from Verified, e Envelope) bool {
	if actor.Suspect.IsZero() {
		return false
	}
	before, now := documentKeys(actor.IRI, actor.Document), documentKeys(actor.IRI, actor.Pending)
	announced := actorKeys(Document{ID: actor.IRI, Raw: e.Object})
	explained := e.Type == "Update" && e.ObjectID == e.Actor && len(announced) > 0 && subset(announced, now) &&
		slices.ContainsFunc(before, func(k PublicKey) bool { return fingerprint(k.Key) == from.key })
	return !explained
}

// park keeps an activity for the time when its actor is trusted again. They are few: who floods us is told to come back.
func (s *Service) park(ctx context.Context, a arrival) error {
	if err := s.inbox.parked.take(a.Actor, s.now()); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if fresh, _, err := tx.Seen(a.Actor, a.ID, a.Bytes); err != nil || !fresh {
			return err
		}
		return tx.ParkJob(a.job(), "the key of the actor has changed without a word")
	})
}

// renderTrust takes over the keys that an admin has confirmed.
func (s *Service) renderTrust(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	actor, err := tx.RemoteActor(e.Args["actor"])
	if err != nil {
		return ifGone(err)
	}
	if actor.Suspect.IsZero() {
		return errMeaningless
	}
	s.keyring.Forget(actor.IRI)
	keys := documentKeys(actor.IRI, actor.Pending)
	return putActor(tx, RemoteActor{ID: actor.IRI, Document: actor.Pending, KeyIDs: keyIDs(keys), FetchedAt: tx.Now()})
}

// documentKeys are the acceptable keys in a stored document.
func documentKeys(id string, document []byte) []PublicKey {
	m, err := Decode(document)
	if err != nil {
		return nil
	}
	return actorKeys(Document{ID: id, Raw: m})
}

// subset says whether all of some keys are among others, whatever they are called.
func subset(keys, of []PublicKey) bool {
	return !slices.ContainsFunc(keys, func(k PublicKey) bool {
		return !slices.ContainsFunc(of, func(o PublicKey) bool { return sameKey(k.Key, o.Key) })
	})
}
