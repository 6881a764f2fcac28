package federation

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
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

// keyOverlap is how long a replaced key is kept, for the retries of the Update that announces the new one.
const keyOverlap = 24 * time.Hour

// owner is the name of one of our actors in the store; empty if the IRI is none.
func (b Base) owner(actor string) string {
	if actor == b.Actor() {
		return ownerInstance
	}
	id, ok := b.ParseID(actor)
	if !ok || id.Part != "" || id.Fragment != "" || id.Kind != KindOrganization && id.Kind != KindPerson {
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
	read := func(tx *store.Tx) error {
		keys, err = tx.ActorKeys(owner)
		return err
	}
	if err := s.store.View(ctx, read); err != nil || len(keys) > 0 {
		return keys, err
	}
	made, err := s.makeKey(owner, mainKey)
	if err != nil {
		return nil, err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		if err := read(tx); err != nil || len(keys) > 0 { // somebody else was first
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

// RotateKey gives one of our actors (an organization or the instance) a new key under a new id. Everybody who follows it is told,
// signed with the old key; everything else is signed with the new one from now on. It returns the id of the new key.
func (s *Service) RotateKey(ctx context.Context, actor string) (string, error) {
	owner := s.Base.owner(actor)
	if owner == "" || strings.HasPrefix(owner, ownerPerson) {
		return "", fmt.Errorf("rotate key of %q: %w", actor, engagement.ErrNotFound)
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
		old := keys[0]
		made.Fragment = nextFragment(old.Fragment)
		old.Retired = tx.Now()
		if err := errors.Join(tx.PutActorKey(old), tx.PutActorKey(made)); err != nil {
			return err
		}
		if err := tx.PutJob(store.Job{Queue: jobKey, Key: "retired", At: tx.Now().Add(keyOverlap)}); err != nil {
			return err
		}
		return s.announceKey(tx, owner+"#"+old.Fragment, actor, made)
	})
	s.signing.Remove(owner)
	return actor + "#" + made.Fragment, err
}

// nextFragment is "key-2" after "main-key", then "key-3" and so on; no id is used twice.
func nextFragment(old string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(old, "key-"))
	if err != nil {
		n = 1
	}
	return "key-" + strconv.Itoa(n+1)
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
	var document Doc
	if actor == s.Base.Actor() {
		document, err = s.Codec.Instance(i, shown)
	} else {
		id, _ := s.Base.ParseID(actor)
		var o engagement.Organization
		if o, err = tx.Organization(engagement.ID(id.Key)); err != nil {
			return err
		}
		document, err = s.Codec.Organization(o, shown, o.State != engagement.OrganizationActive)
	}
	if err != nil {
		return err
	}
	p.doc = s.UpdateActor(tx.NewID(), tx.Now(), document)
	if p.inboxes, err = s.publicAudience(tx, i, s.Base.owner(actor)); err != nil {
		return err
	}
	return s.enqueue(tx, p)
}
