package store

import "time"

// ActorKey is a signing key of one of our actors.
type ActorKey struct {
	Owner    string // "instance", "org/<id>", "person/<32 hex>"
	Fragment string // key id without the actor: "main-key", "key-2" …
	Private  []byte // PKCS#8 PEM; encrypted in the database; empty: erased
	Public   string // PEM
	Created  time.Time
	Retired  time.Time // zero: in use
}

// ActorKeys are the keys of an actor, newest first; the first that is not retired signs.
func (tx *Tx) ActorKeys(owner string) ([]ActorKey, error) {
	return list(tx, func(row func(...any) error) (k ActorKey, err error) {
		var sealed []byte
		var created, retired int64
		if err := row(&k.Owner, &k.Fragment, &sealed, &k.Public, &created, &retired); err != nil {
			return k, err
		}
		k.Created, k.Retired = at(created), at(retired)
		k.Private, err = tx.decrypt(sealed, k.Owner+"#"+k.Fragment)
		return k, err
	}, `SELECT owner, fragment, secret, public, created, retired FROM actor_key WHERE owner = $1 ORDER BY created DESC, fragment DESC`, owner)
}

// PutActorKey stores a key, or the time when it was retired and what is left of it.
func (tx *Tx) PutActorKey(k ActorKey) error {
	sealed, err := tx.encrypt(k.Private, k.Owner+"#"+k.Fragment)
	if err != nil {
		return err
	}
	if k.Created.IsZero() {
		k.Created = tx.now
	}
	return tx.run(`INSERT INTO actor_key (owner, fragment, secret, public, created, retired) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (owner, fragment) DO UPDATE SET secret = excluded.secret, retired = excluded.retired`, k.Owner, k.Fragment, sealed, k.Public, ms(k.Created), ms(k.Retired))
}

// DeleteActorKeys erases the keys of an actor.
func (tx *Tx) DeleteActorKeys(owner string) error {
	return tx.run(`DELETE FROM actor_key WHERE owner = $1`, owner)
}

// DeleteRetiredKeys erases the keys that were retired before a time; those of one owner, whose signatures are read longer, before another.
func (tx *Tx) DeleteRetiredKeys(before time.Time, except string, long time.Time) error {
	return tx.run(`DELETE FROM actor_key WHERE retired > 0 AND retired < $1 AND (owner <> $2 OR retired < $3)`, ms(before), except, ms(long))
}

// KeyOwners are the actors that have a key, by name: public persons among them, but not the many pseudonymous ones.
func (tx *Tx) KeyOwners() ([]string, error) {
	return list(tx, func(row func(...any) error) (owner string, err error) { return owner, row(&owner) },
		`SELECT DISTINCT owner FROM actor_key WHERE owner < 'person' UNION SELECT owner FROM actor_key
			WHERE owner IN (SELECT 'person/' || id FROM presence WHERE account <> '') ORDER BY owner`)
}
