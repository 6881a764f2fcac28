package store

import (
	"time"

	"seestern/engagement"
)

// RemoteActor is an actor of another server as its own document describes it.
type RemoteActor struct {
	IRI         string
	Host        string
	Type        string
	Name        string
	Handle      string // @name@host
	URL         string
	Inbox       string
	SharedInbox string // empty for none
	Followers   string
	Outbox      string
	Keys        []RemoteKey
	Document    []byte // as it was read
	Implements  []string
	Aliases     []string // alsoKnownAs
	Indexable   bool
	Published   time.Time
	Fetched     time.Time
	Refreshed   time.Time // last forced refresh
	Gone        time.Time // answered 410, or was deleted
	First       time.Time // known since
}

// RemoteKey is a key that the actor's own document lists.
type RemoteKey struct {
	ID     string
	Public string // PEM, or Multikey
}

// RemoteActor finds an actor by IRI.
func (tx *Tx) RemoteActor(iri string) (RemoteActor, error) {
	return doc[RemoteActor](tx, `SELECT doc FROM remote_actor WHERE iri = $1`, iri)
}

// RemoteActorByKey finds the actor whose document lists a key id.
func (tx *Tx) RemoteActorByKey(id string) (RemoteActor, error) {
	return doc[RemoteActor](tx, `SELECT a.doc FROM remote_key k JOIN remote_actor a ON a.iri = k.actor WHERE k.id = $1`, id)
}

// PutRemoteActor writes an actor with exactly the keys its document lists now. A key id that was another actor's is this one's from now
// on: the caller has made sure that it may be.
func (tx *Tx) PutRemoteActor(a RemoteActor) error {
	if a.First.IsZero() {
		a.First = tx.now
	}
	text, err := encode(a)
	if err != nil {
		return err
	}
	if err := tx.run(`INSERT INTO remote_actor (iri, host, gone, fetched, first, doc) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (iri) DO UPDATE SET host = excluded.host, gone = excluded.gone, fetched = excluded.fetched, doc = excluded.doc`,
		a.IRI, a.Host, ms(a.Gone), ms(a.Fetched), ms(a.First), text); err != nil {
		return err
	}
	if err := tx.run(`DELETE FROM remote_key WHERE actor = $1`, a.IRI); err != nil {
		return err
	}
	for _, k := range a.Keys {
		if err := tx.run(`INSERT INTO remote_key (id, actor) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET actor = excluded.actor`, k.ID, a.IRI); err != nil {
			return err
		}
	}
	return nil
}

// DeleteRemoteActor removes an actor with its follows, reactions and keys; the hash of its id stays.
func (tx *Tx) DeleteRemoteActor(iri string) error {
	for _, sql := range []string{
		`DELETE FROM remote_actor WHERE iri = $1`,
		`DELETE FROM follower WHERE actor = $1`,
		`DELETE FROM reaction WHERE actor = $1`,
	} {
		if err := tx.run(sql, iri); err != nil {
			return err
		}
	}
	return tx.bury("actor", iri, false)
}

// CountNewActors counts the actors of a host that became known since a time.
func (tx *Tx) CountNewActors(host string, since time.Time) (int, error) {
	return tx.count(`SELECT count(*) FROM remote_actor WHERE host = $1 AND first >= $2`, host, ms(since))
}

// Follower is somebody who follows one of our actors.
type Follower struct {
	Owner       string // our actor: see ActorKey.Owner
	Actor       string // IRI
	Host        string
	Inbox       string
	SharedInbox string // empty for none
	Follow      string // IRI of the Follow
	State       FollowState
	Since       time.Time
}

// FollowState is pending until the Follow is accepted.
type FollowState string

const (
	FollowPending  FollowState = "pending"
	FollowAccepted FollowState = "accepted"
)

const followerColumns = `owner, actor, host, inbox, shared, follow, state, since`

func scanFollower(row func(...any) error) (f Follower, err error) {
	var since int64
	err = row(&f.Owner, &f.Actor, &f.Host, &f.Inbox, &f.SharedInbox, &f.Follow, &f.State, &since)
	f.Since = at(since)
	return f, err
}

// PutFollower stores a follower, once per actor; a repeated Follow replaces the older one and keeps its date.
func (tx *Tx) PutFollower(f Follower) error {
	if f.Since.IsZero() {
		f.Since = tx.now
	}
	return tx.run(`INSERT INTO follower (`+followerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (owner, actor) DO UPDATE SET host = excluded.host, inbox = excluded.inbox, shared = excluded.shared, follow = excluded.follow, state = excluded.state`,
		f.Owner, f.Actor, f.Host, f.Inbox, f.SharedInbox, f.Follow, string(f.State), ms(f.Since))
}

// Follower is one follower.
func (tx *Tx) Follower(owner, actor string) (Follower, error) {
	return scanFollower(func(targets ...any) error {
		return tx.scan(`SELECT `+followerColumns+` FROM follower WHERE owner = $1 AND actor = $2`, []any{owner, actor}, targets...)
	})
}

// FollowerByFollow finds a follower by the actor and the id of its Follow.
func (tx *Tx) FollowerByFollow(actor, iri string) (Follower, error) {
	return scanFollower(func(targets ...any) error {
		return tx.scan(`SELECT `+followerColumns+` FROM follower WHERE follow = $1 AND actor = $2 ORDER BY owner LIMIT 1`, []any{iri, actor}, targets...)
	})
}

// Followers are the followers of one of our actors, in both states, oldest first.
func (tx *Tx) Followers(owner string) ([]Follower, error) {
	return list(tx, scanFollower, `SELECT `+followerColumns+` FROM follower WHERE owner = $1 ORDER BY since, actor`, owner)
}

// CountFollowers counts the accepted ones.
func (tx *Tx) CountFollowers(owner string) (int, error) {
	return tx.count(`SELECT count(*) FROM follower WHERE owner = $1 AND state = 'accepted'`, owner)
}

// FollowerInboxes are the distinct inboxes of the accepted followers of an actor: the shared one where there is one.
func (tx *Tx) FollowerInboxes(owner string) ([]Recipient, error) {
	return list(tx, func(row func(...any) error) (r Recipient, err error) { return r, row(&r.Host, &r.Inbox) },
		`SELECT DISTINCT host, CASE WHEN shared <> '' THEN shared ELSE inbox END AS box FROM follower WHERE owner = $1 AND state = 'accepted' ORDER BY host, box`, owner)
}

// MoveFollower changes where an actor gets what it follows.
func (tx *Tx) MoveFollower(actor, inbox, sharedInbox string) error {
	return tx.run(`UPDATE follower SET inbox = $2, shared = $3 WHERE actor = $1`, actor, inbox, sharedInbox)
}

// FollowersAt are the actors that get what they follow at an inbox, their own or a shared one.
func (tx *Tx) FollowersAt(inbox string) ([]string, error) {
	return list(tx, func(row func(...any) error) (actor string, err error) { return actor, row(&actor) },
		`SELECT DISTINCT actor FROM follower WHERE inbox = $1 OR shared = $1 ORDER BY actor`, inbox)
}

// DeleteFollower removes one; it does nothing if there is none.
func (tx *Tx) DeleteFollower(owner, actor string) error {
	return tx.run(`DELETE FROM follower WHERE owner = $1 AND actor = $2`, owner, actor)
}

// DeleteFollowersOf removes an actor everywhere, or with an empty actor everybody of a host.
func (tx *Tx) DeleteFollowersOf(host, actor string) error {
	if actor != "" {
		return tx.run(`DELETE FROM follower WHERE actor = $1`, actor)
	}
	return tx.run(`DELETE FROM follower WHERE host = $1`, host)
}

// ActorKey is a signing key of one of our actors.
type ActorKey struct {
	Owner    string // "instance", "org/<id>", "person/<32 hex>"
	Fragment string // key id without the actor: "main-key", "key-2" …
	Private  []byte // PKCS#8 PEM; encrypted in the database
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

// PutActorKey stores a key, or the time when it was retired.
func (tx *Tx) PutActorKey(k ActorKey) error {
	sealed, err := tx.encrypt(k.Private, k.Owner+"#"+k.Fragment)
	if err != nil {
		return err
	}
	if k.Created.IsZero() {
		k.Created = tx.now
	}
	return tx.run(`INSERT INTO actor_key (owner, fragment, secret, public, created, retired) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (owner, fragment) DO UPDATE SET retired = excluded.retired`, k.Owner, k.Fragment, sealed, k.Public, ms(k.Created), ms(k.Retired))
}

// DeleteActorKeys erases the keys of an actor.
func (tx *Tx) DeleteActorKeys(owner string) error {
	return tx.run(`DELETE FROM actor_key WHERE owner = $1`, owner)
}

// DeleteRetiredKeys erases the keys that were retired before a time.
func (tx *Tx) DeleteRetiredKeys(before time.Time) error {
	return tx.run(`DELETE FROM actor_key WHERE retired > 0 AND retired < $1`, ms(before))
}

// PutRaw keeps the document of a copy as it was read.
func (tx *Tx) PutRaw(iri string, subject engagement.ID, document []byte) error {
	return tx.run(`INSERT INTO raw_document (iri, subject, bytes, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (iri) DO UPDATE SET subject = excluded.subject, bytes = excluded.bytes, at = excluded.at`, iri, string(subject), document, ms(tx.now))
}

// Raw is the document of a copy as it was read.
func (tx *Tx) Raw(iri string) (document []byte, err error) {
	err = tx.scan(`SELECT bytes FROM raw_document WHERE iri = $1`, []any{iri}, &document)
	return document, err
}

// PutAlias remembers that an IRI means one of our things: a note in its conversation, an Announce of it.
func (tx *Tx) PutAlias(iri string, subject engagement.ID) error {
	return tx.run(`INSERT INTO alias (iri, subject, at) VALUES ($1, $2, $3) ON CONFLICT (iri) DO UPDATE SET subject = excluded.subject, at = excluded.at`,
		iri, string(subject), ms(tx.now))
}

// Alias is what an IRI means.
func (tx *Tx) Alias(iri string) (subject engagement.ID, err error) {
	err = tx.scan(`SELECT subject FROM alias WHERE iri = $1`, []any{iri}, &subject)
	return subject, err
}
