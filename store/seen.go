package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"seestern/engagement"
)

// Seen marks an activity of an actor as handled, in the transaction of its effect. fresh is false if it was marked before; then same says
// whether it had the same bytes.
func (tx *Tx) Seen(actor, activity string, body []byte) (fresh, same bool, err error) {
	key, sum := pairHash(actor, activity), sha256.Sum256(body)
	n, err := tx.exec(`INSERT INTO seen (hash, sha256, at) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING`, key, sum[:], ms(tx.now))
	if err != nil || n == 1 {
		return n == 1, true, err
	}
	var old []byte
	err = tx.scan(`SELECT sha256 FROM seen WHERE hash = $1`, []any{key}, &old)
	return false, bytes.Equal(old, sum[:]), err
}

// WasSeen says whether the activity was marked, without marking it.
func (tx *Tx) WasSeen(actor, activity string) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM seen WHERE hash = $1`, pairHash(actor, activity))
	return n > 0, err
}

// Remember keeps for 30 days that an actor deleted or took back something we do not have (protocol.md D6).
func (tx *Tx) Remember(actor, object string) error {
	return tx.run(`INSERT INTO remembered (hash, at) VALUES ($1, $2) ON CONFLICT (hash) DO UPDATE SET at = excluded.at`, pairHash(actor, object), ms(tx.now))
}

// Remembered says whether that actor did.
func (tx *Tx) Remembered(actor, object string) (bool, error) {
	return tx.RememberedAfter(actor, object, time.Time{})
}

// RememberedAfter says whether that actor did after a time.
func (tx *Tx) RememberedAfter(actor, object string, since time.Time) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM remembered WHERE hash = $1 AND at > $2`, pairHash(actor, object), max(ms(since), ms(tx.now.Add(-rememberLife))))
	return n > 0, err
}

// pairHash names a pair without keeping it.
func pairHash(actor, object string) []byte {
	sum := sha256.Sum256([]byte(actor + "\n" + object))
	return sum[:]
}

// Tombstone is what stays of something deleted.
type Tombstone struct {
	Noun string
	At   time.Time
}

// Tombstone finds it by the id or IRI that the thing had.
func (tx *Tx) Tombstone(id string) (t Tombstone, err error) {
	var when int64
	err = tx.scan(`SELECT noun, at FROM tombstone WHERE hash = $1`, []any{idHash(id)}, &t.Noun, &when)
	t.At = at(when)
	return t, err
}

// Bury records that an actor or object of another server is gone.
func (tx *Tx) Bury(noun, iri string) error { return tx.bury(noun, iri, false) }

func (tx *Tx) bury(noun, id string, own bool) error {
	return tx.run(`INSERT INTO tombstone (hash, noun, at, own) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING`, idHash(id), noun, ms(tx.now), bit(own))
}

func idHash(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// Buried says whether something with that id or IRI was deleted here.
func (tx *Tx) Buried(id string) (bool, error) {
	_, err := tx.Tombstone(id)
	if errors.Is(err, engagement.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
