package federation

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// Keys of our actors are stored under the actor's name: see store.ActorKey.Owner.
const (
	ownerInstance = "instance"
	ownerPerson   = string(KindPerson) + "/"
	mainKey       = "main-key"
)

// owner is the name of one of our actors in the store; empty if the IRI is none.
func (b Base) owner(actor string) string {
	if actor == b.Actor() {
		return ownerInstance
	}
	id, ok := b.ParseID(actor)
	if !ok || id.Part != "" || id.Fragment != "" || !slices.Contains([]Kind{KindOrganization, KindBoard, KindPerson}, id.Kind) {
		return ""
	}
	return string(id.Kind) + "/" + id.Key
}

// actorOf is the id of the actor with that name.
func (b Base) actorOf(owner string) string {
	if owner == ownerInstance {
		return b.Actor()
	}
	return b.String() + "/ap/" + owner
}

// instanceKey signs what is retrieved.
func (s *Service) instanceKey(ctx context.Context) (Key, error) {
	return s.signingKey(ctx, ownerInstance)
}

// keyMoment is how long a key is used without looking whether it was replaced on another node.
const keyMoment = time.Second

// usedKey is a private key that was looked up a moment ago.
type usedKey struct {
	Key
	until time.Time
}

// signingKey is the key of one of our actors, made now if it has none. The signer is an owner, or "owner#fragment" for one certain
// key: the announcement of a new key is signed with the old one.
func (s *Service) signingKey(ctx context.Context, signer string) (Key, error) {
	if used, ok := s.signing.Get(signer); ok && s.now().Before(used.until) {
		return used.Key, nil
	}
	owner, fragment, certain := strings.Cut(signer, "#")
	keys, err := s.actorKeys(ctx, owner)
	if err != nil {
		return Key{}, err
	}
	for _, k := range keys {
		if certain && k.Fragment != fragment || !certain && !k.Retired.IsZero() {
			continue
		}
		private, err := ParsePrivateKey(k.Private)
		if err != nil {
			return Key{}, fmt.Errorf("key of %s: %w", owner, err)
		}
		key := Key{ID: s.Base.actorOf(owner) + "#" + k.Fragment, Private: private}
		s.signing.Add(signer, usedKey{key, s.now().Add(keyMoment)})
		return key, nil
	}
	return Key{}, fmt.Errorf("key %s: %w", signer, engagement.ErrNotFound)
}

// publicKey is what the document of one of our actors shows.
func (s *Service) publicKey(ctx context.Context, actor string) (PublicKey, error) {
	keys, err := s.actorKeys(ctx, s.Base.owner(actor))
	if err != nil {
		return PublicKey{}, err
	}
	for _, k := range keys {
		if k.Retired.IsZero() {
			return shownKey(actor, k)
		}
	}
	return PublicKey{}, fmt.Errorf("key of %s: %w", actor, engagement.ErrNotFound)
}

func shownKey(actor string, k store.ActorKey) (PublicKey, error) {
	public, err := ParsePublicKey(k.Public)
	if err != nil {
		return PublicKey{}, fmt.Errorf("key of %s: %w", actor, err)
	}
	return PublicKey{ID: actor + "#" + k.Fragment, Owner: actor, Key: public}, nil
}

// actorKeys are the keys of one of our actors, newest first; the first one is made when it is first asked for.
func (s *Service) actorKeys(ctx context.Context, owner string) (keys []store.ActorKey, err error) {
	if keys, err = s.storedKeys(ctx, owner); err != nil || len(keys) > 0 {
		return keys, err
	}
	// What somebody publishes first is signed for all followers at once, and a key costs as much as a hundred signatures.
	first, err, _ := s.making.Do(owner, func() (any, error) { return s.firstKey(context.WithoutCancel(ctx), owner) })
	if err != nil {
		return nil, err
	}
	return first.([]store.ActorKey), nil
}

func (s *Service) storedKeys(ctx context.Context, owner string) (keys []store.ActorKey, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		keys, err = tx.ActorKeys(owner)
		return err
	})
	return keys, err
}

func (s *Service) firstKey(ctx context.Context, owner string) (keys []store.ActorKey, err error) {
	if keys, err = s.storedKeys(ctx, owner); err != nil || len(keys) > 0 { // made a moment ago
		return keys, err
	}
	if err := s.fail("make key"); err != nil {
		return nil, err
	}
	made, err := s.makeKey(owner, mainKey)
	if err != nil {
		return nil, err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		if keys, err = tx.ActorKeys(owner); err != nil || len(keys) > 0 { // another node was first
			return err
		}
		keys = []store.ActorKey{made}
		return tx.PutActorKey(made)
	})
	return keys, err
}

// makeKey makes a key pair; those of persons come from the pool.
func (s *Service) makeKey(owner, fragment string) (k store.ActorKey, err error) {
	var private *rsa.PrivateKey
	if strings.HasPrefix(owner, ownerPerson) {
		private, err = s.pool.Take()
	} else {
		private, err = rsa.GenerateKey(rand.Reader, s.config.KeyBits)
	}
	if err != nil {
		return k, fmt.Errorf("make key of %s: %w", owner, err)
	}
	k = store.ActorKey{Owner: owner, Fragment: fragment}
	if k.Private, err = EncodePrivateKey(private); err != nil {
		return k, err
	}
	k.Public, err = EncodePublicKey(private.Public())
	return k, err
}

// RotateKey gives one of our actors (an organization, a board, a public person or the instance) a new key under a new id. Everybody who follows it is told,
// signed with the old key; everything else is signed with the new one from now on. With the instance the key rotates that signs attestations.
// It returns the id of the new key, or ErrConflict
// if the last rotation is not a day ago: two at once are for a key that others have got hold of, and have to be forced.
func (s *Service) RotateKey(ctx context.Context, actor string, force bool) (string, error) {
	owner := s.Base.owner(actor)
	if owner == "" {
		return "", fmt.Errorf("rotate key of %q: %w", actor, engagement.ErrNotFound)
	}
	if strings.HasPrefix(owner, ownerPerson) { // one that is pseudonymous ends with its request, and its key soon after
		if err := s.store.View(ctx, func(tx *store.Tx) error { return ifIgnored(s.presence(tx, actor)) }); err != nil {
			return "", fmt.Errorf("rotate key of %q: %w", actor, err)
		}
	}
	if _, err := s.actorKeys(ctx, owner); err != nil {
		return "", err
	}
	made, err := s.makeKey(owner, "")
	if err != nil {
		return "", err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		keys, err := tx.ActorKeys(owner)
		if err != nil {
			return err
		}
		if !force && slices.ContainsFunc(keys, func(k store.ActorKey) bool { return !k.Retired.IsZero() }) {
			return fmt.Errorf("key of %s was rotated within the day: %w", owner, engagement.ErrConflict)
		}
		old := keys[0]
		made.Fragment = nextFragment(old.Fragment)
		old.Retired = tx.Now()
		if err := errors.Join(tx.PutActorKey(old), tx.PutActorKey(made)); err != nil {
			return err
		}
		if owner == ownerInstance {
			if err := s.rotateAssertionKey(tx); err != nil {
				return err
			}
		}
		if err := tx.PutJob(store.Job{Queue: jobKey, Key: "retired", At: tx.Now().Add(engagement.KeyOverlap)}); err != nil {
			return err
		}
		return s.announceKey(tx, owner+"#"+old.Fragment, actor, made)
	})
	s.signing.Remove(owner)
	return actor + "#" + made.Fragment, err
}

// RotatingActors are our actors with a key that can be rotated: those that have signed something, the instance among them.
func (s *Service) RotatingActors(ctx context.Context) (actors []string, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		owners, err := tx.KeyOwners()
		for _, owner := range owners {
			if actor := s.Base.actorOf(owner); s.Base.owner(actor) == owner {
				actors = append(actors, actor)
			}
		}
		return err
	})
	return actors, err
}

// renderKeys lets a job per actor make its new key, because that takes long.
func (s *Service) renderKeys(tx *store.Tx, _ engagement.Instance, _ engagement.Event) error {
	owners, err := tx.KeyOwners()
	if err != nil {
		return err
	}
	for _, owner := range owners {
		if err := tx.PutJob(store.Job{Queue: jobRotate, Key: owner}); err != nil {
			return err
		}
	}
	return nil
}

// rotateJob rotates the key of one actor. What was done by a try that did not end, or has become needless, is not done again.
func (s *Service) rotateJob(ctx context.Context, j store.LeasedJob) error {
	_, err := s.RotateKey(ctx, s.Base.actorOf(j.Key), false)
	for _, done := range []error{engagement.ErrConflict, engagement.ErrGone, engagement.ErrNotFound} {
		err = ignore(err, done)
	}
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(j) })
}

// nextFragment is "key-2" after "main-key", then "key-3" and so on; no id is used twice.
func nextFragment(old string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(old, "key-"))
	if err != nil {
		n = 1
	}
	return "key-" + strconv.Itoa(n+1)
}

// actorDocument is the document of one of our actors as its followers get it.
func (s *Service) actorDocument(tx *store.Tx, i engagement.Instance, actor string, key PublicKey) (Doc, error) {
	id, _ := s.Base.ParseID(actor)
	switch id.Kind {
	case KindOrganization:
		o, err := tx.Organization(engagement.ID(id.Key))
		if err == nil && o.State == engagement.OrganizationDissolved {
			err = fmt.Errorf("organization %s: %w", o.ID, engagement.ErrGone)
		}
		if err != nil {
			return nil, err
		}
		links, err := s.attestationIDs(tx, o)
		if err != nil {
			return nil, err
		}
		return s.Codec.Organization(o, key, o.State != engagement.OrganizationActive, links...)
	case KindBoard:
		b, err := tx.Board(engagement.ID(id.Key))
		if err != nil {
			return nil, err
		}
		return s.Codec.Board(b, key, false)
	case KindPerson:
		p, err := s.presence(tx, actor)
		if err := ifIgnored(p, err); err != nil {
			return nil, err
		}
		return s.Codec.Presence(p, key)
	}
	return s.instanceDocument(tx, i, key)
}

// ifIgnored is ErrNotFound for what has no meaning here.
func ifIgnored(_ engagement.Presence, err error) error {
	if errors.Is(err, ErrIgnored) {
		return engagement.ErrNotFound
	}
	return err
}

// announceKey sends the actor's document with its new key to everybody who follows the actor.
func (s *Service) announceKey(tx *store.Tx, signer, actor string, k store.ActorKey) error {
	shown, err := shownKey(actor, k)
	if err != nil {
		return err
	}
	p := parcel{signer: signer, object: actor}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	document, err := s.actorDocument(tx, i, actor, shown)
	if err != nil {
		return err
	}
	p.doc = s.UpdateActor(tx.NewID(), tx.Now(), document)
	audience := s.publicAudience
	if strings.HasPrefix(signer, ownerPerson) { // who does not follow a person hears nothing of them
		audience = s.followersNow
	}
	if p.inboxes, err = audience(tx, i, s.Base.owner(actor)); err != nil {
		return err
	}
	return s.enqueue(tx, p)
}
