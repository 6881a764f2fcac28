package federation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// RemoteActor is what is stored of an actor of another server.
type RemoteActor struct {
	ID        string
	Document  []byte    // JSON, as read from its id or sent in an Update that the actor signed
	KeyIDs    []string  // of the acceptable keys the document lists
	FetchedAt time.Time //
}

// KeyStore is where actors of other servers are kept. The bool is false for what is not there.
type KeyStore interface {
	RemoteActor(ctx context.Context, id string) (RemoteActor, bool, error)
	RemoteActorByKey(ctx context.Context, keyID string) (RemoteActor, bool, error)
	PutRemoteActor(ctx context.Context, a RemoteActor) error // replaces the one with this id, with all its keys
}

// How long what we know of keys is believed, and how much looking for them may cost.
const (
	actorLife      = 24 * time.Hour
	keyMemory      = 5 * time.Minute // in this process; another node may have learned of a withdrawal
	goneMemory     = 24 * time.Hour
	refreshEvery   = time.Hour // per actor
	keysPerHost    = 4         // lookups at once
	strangersPer   = 10        // lookups of unknown actors per second, in total
	keysPerActor   = 10
	rememberedKeys = 10_000
)

// KeyringConfig is what a Keyring needs to know from others.
type KeyringConfig struct {
	// Partner reports whether a host is exempt from the limit for strangers. Nil exempts nobody.
	Partner func(ctx context.Context, host string) bool
	// Gone is told when the answer to the question for a stored actor's key was 410. It may be nil.
	Gone func(ctx context.Context, actor string)
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Keyring finds keys of other servers' actors: in memory, in the store, or by asking. An actor and its key have to name each
// other, on one origin; the document that names the actor is never believed about that alone.
type Keyring struct {
	client    *Client
	store     KeyStore
	config    KeyringConfig
	memory    *lru.Cache[string, rememberedKey] // by key id
	refreshed *lru.Cache[string, time.Time]     // by actor: the last forced refresh
	strangers *rate.Limiter

	mu   sync.Mutex
	busy map[string]int // lookups in work, by host
}

// rememberedKey is a key, or that there is none.
type rememberedKey struct {
	key   PublicKey
	err   error
	until time.Time
}

// NewKeyring makes the keyring of an instance.
func NewKeyring(client *Client, store KeyStore, config KeyringConfig) (*Keyring, error) {
	if config.Partner == nil {
		config.Partner = func(context.Context, string) bool { return false }
	}
	if config.Gone == nil {
		config.Gone = func(context.Context, string) {}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	memory, err := lru.New[string, rememberedKey](rememberedKeys)
	if err != nil {
		return nil, err
	}
	refreshed, err := lru.New[string, time.Time](rememberedKeys)
	if err != nil {
		return nil, err
	}
	return &Keyring{
		client: client, store: store, config: config, memory: memory, refreshed: refreshed,
		strangers: rate.NewLimiter(strangersPer, strangersPer), busy: map[string]int{},
	}, nil
}

// Known reports whether the actor is stored.
func (k *Keyring) Known(ctx context.Context, actor string) (bool, error) {
	_, known, err := k.store.RemoteActor(ctx, actor)
	return known, err
}

// Key is described at KeySource.
func (k *Keyring) Key(ctx context.Context, keyID string, refresh bool) (PublicKey, error) {
	now := k.config.Now()
	remembered, ok := k.memory.Get(keyID)
	if ok && !refresh && now.Before(remembered.until) {
		return remembered.key, remembered.err
	}
	stored, known, err := k.store.RemoteActorByKey(ctx, keyID)
	if err != nil {
		return PublicKey{}, fmt.Errorf("stored key %s: %w", keyID, err)
	}
	if known && now.Sub(stored.FetchedAt) < actorLife {
		if key, ok := storedKey(stored, keyID); ok && !(refresh && sameKey(key.Key, remembered.key.Key)) {
			k.remember(key)
			return key, nil
		}
	}
	if refresh && known && !k.mayRefresh(stored.ID) {
		return PublicKey{}, notAccepted("key %s was refreshed within the hour", keyID)
	}
	return k.retrieve(ctx, keyID, stored.ID)
}

// Learn stores an actor's document: one that Client.Get read, or the object of an Update the actor itself signed.
// From now on exactly the keys it lists are valid.
func (k *Keyring) Learn(ctx context.Context, d Document) error {
	keys := actorKeys(d)
	a := RemoteActor{ID: d.ID, Document: d.Bytes, FetchedAt: k.config.Now()}
	for _, key := range keys {
		a.KeyIDs = append(a.KeyIDs, key.ID)
	}
	if err := k.store.PutRemoteActor(ctx, a); err != nil {
		return fmt.Errorf("store actor %s: %w", d.ID, err)
	}
	k.Forget(d.ID)
	for _, key := range keys {
		k.remember(key)
	}
	return nil
}

// Forget drops an actor's keys from memory, after the store has changed.
func (k *Keyring) Forget(actor string) {
	for _, id := range k.memory.Keys() {
		if m, ok := k.memory.Peek(id); ok && m.key.Owner == actor {
			k.memory.Remove(id)
		}
	}
}

func (k *Keyring) remember(key PublicKey) {
	k.memory.Add(key.ID, rememberedKey{key: key, until: k.config.Now().Add(keyMemory)})
}

// refuse remembers that there is no such key.
func (k *Keyring) refuse(keyID string, d time.Duration, err error) (PublicKey, error) {
	err = notAccepted("key %s: %s", keyID, err.Error()) // the cause must not decide about the answer
	k.memory.Add(keyID, rememberedKey{err: err, until: k.config.Now().Add(d)})
	return PublicKey{}, err
}

func (k *Keyring) mayRefresh(actor string) bool {
	last, ok := k.refreshed.Get(actor)
	return !ok || k.config.Now().Sub(last) >= refreshEvery
}

// retrieve asks for the key. Known is the id of the stored actor that has (or had) it, or "".
func (k *Keyring) retrieve(ctx context.Context, keyID, known string) (PublicKey, error) {
	host := HostOf(keyID)
	if known == "" && !k.config.Partner(ctx, host) && !k.strangers.AllowN(k.config.Now(), 1) {
		return PublicKey{}, fmt.Errorf("keys of strangers: %w", ErrOverloaded)
	}
	if !k.enter(host) {
		return PublicKey{}, fmt.Errorf("keys of %s: %w", host, ErrOverloaded)
	}
	defer k.leave(host)

	actor, err := k.resolve(ctx, keyID)
	switch class := ClassOf(err); {
	case class == ClassOwn:
		return PublicKey{}, fmt.Errorf("key %s: %w: %w", keyID, ErrOverloaded, err)
	case class.Passing():
		return PublicKey{}, fmt.Errorf("key %s: %w: %w", keyID, ErrKeyTrouble, err) // the client remembers it for a while
	}
	if known != "" {
		k.refreshed.Add(known, k.config.Now())
	}
	switch {
	case ClassOf(err) == ClassGone && known != "":
		k.config.Gone(ctx, known)
		return k.refuse(keyID, keyMemory, err)
	case ClassOf(err) == ClassGone:
		return k.refuse(keyID, goneMemory, err)
	case err != nil:
		return k.refuse(keyID, keyMemory, err)
	}
	if err := k.Learn(ctx, actor); err != nil {
		return PublicKey{}, err
	}
	for _, key := range actorKeys(actor) {
		if key.ID == keyID {
			return key, nil
		}
	}
	return k.refuse(keyID, keyMemory, errors.New("its owner does not list it"))
}

// resolve finds the actor that claims the key. Whether its document really lists the key, and what kind of key it is, is
// looked at afterwards.
func (k *Keyring) resolve(ctx context.Context, keyID string) (Document, error) {
	d, err := k.client.Get(ctx, keyID)
	if err != nil {
		return Document{}, err
	}
	owner, described := ownerOf(d, keyID)
	if owner != d.ID {
		if !SameOrigin(owner, keyID) {
			return Document{}, errors.New("owner of another origin than the key")
		}
		if d, err = k.client.Get(ctx, owner); err != nil {
			return Document{}, err
		}
		// A key document and the actor it names must mean the same key.
		if _, listed := ownerOf(d, keyID); described != listed {
			return Document{}, errors.New("key document and owner describe different keys")
		}
	}
	switch {
	case d.ID != owner || !SameOrigin(d.ID, keyID):
		return Document{}, errors.New("owner is another actor")
	case !slices.Contains(actorTypes, d.Raw.Type()):
		return Document{}, errors.New("owner is no actor")
	}
	return d, nil
}

var actorTypes = []string{"Application", "Group", "Organization", "Person", "Service"}

// ownerOf is who a document says owns the key, and the text of the key: a key document by its own members, a stub by its
// publicKey, an actor by listing it. A document that says nothing of the key is left as its owner.
func ownerOf(d Document, keyID string) (owner, text string) {
	if d.ID == keyID && d.Raw.String("publicKeyPem") != "" {
		return d.Raw.IRI("owner"), d.Raw.String("publicKeyPem")
	}
	for _, key := range d.Raw.Maps("publicKey") {
		if key.ID() == keyID {
			return key.IRI("owner"), key.String("publicKeyPem")
		}
	}
	return d.ID, ""
}

// actorKeys are the acceptable keys of an actor's document: its own, of its own origin. Everything else is left out.
func actorKeys(d Document) []PublicKey {
	var keys []PublicKey
	add := func(m Map, owner string, parse func() (crypto.PublicKey, error)) {
		id := m.ID()
		taken := slices.ContainsFunc(keys, func(k PublicKey) bool { return k.ID == id })
		if id == "" || taken || owner != d.ID || !SameOrigin(id, d.ID) {
			return
		}
		if key, err := parse(); err == nil {
			keys = append(keys, PublicKey{ID: id, Owner: d.ID, Key: key})
		}
	}
	for _, m := range firstKeys(d.Raw.Maps("publicKey")) {
		add(m, m.IRI("owner"), func() (crypto.PublicKey, error) { return ParsePublicKey(m.String("publicKeyPem")) })
	}
	for _, m := range firstKeys(d.Raw.Maps("assertionMethod")) {
		if m.Type() == "Multikey" {
			add(m, m.IRI("controller"), func() (crypto.PublicKey, error) { return ParseMultikey(m.String("publicKeyMultibase")) })
		}
	}
	return keys
}

func firstKeys(keys []Map) []Map { return keys[:min(len(keys), keysPerActor)] }

func storedKey(a RemoteActor, keyID string) (PublicKey, bool) {
	m, err := Decode(a.Document)
	if err != nil {
		return PublicKey{}, false
	}
	for _, key := range actorKeys(Document{ID: a.ID, Raw: m}) {
		if key.ID == keyID {
			return key, true
		}
	}
	return PublicKey{}, false
}

func sameKey(a, b crypto.PublicKey) bool {
	switch a := a.(type) {
	case *rsa.PublicKey:
		return b != nil && a.Equal(b)
	case ed25519.PublicKey:
		b, ok := b.(ed25519.PublicKey)
		return ok && bytes.Equal(a, b)
	}
	return false
}

func (k *Keyring) enter(host string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.busy[host] >= keysPerHost {
		return false
	}
	k.busy[host]++
	return true
}

func (k *Keyring) leave(host string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.busy[host]--; k.busy[host] == 0 {
		delete(k.busy, host)
	}
}
