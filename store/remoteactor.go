package store

import (
	"errors"
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
	Suspect     time.Time // since when it shows keys that the ones above have not announced; zero: it does not
	Pending     []byte    // then the document that shows them
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

// DeleteRemoteActor removes an actor with its follows, reactions and keys, and what its own inbox got; the hash of its id stays.
func (tx *Tx) DeleteRemoteActor(iri string) error {
	a, err := tx.RemoteActor(iri)
	if err != nil && !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	for _, sql := range []string{
		`DELETE FROM remote_actor WHERE iri = $1`,
		`DELETE FROM follower WHERE actor = $1`,
		`DELETE FROM reaction WHERE actor = $1`,
	} {
		if err := tx.run(sql, iri); err != nil {
			return err
		}
	}
	if others, err := tx.FollowersAt(a.Inbox); err != nil || len(others) > 0 || a.Inbox == a.SharedInbox { // it is not its own
		return errors.Join(err, tx.bury("actor", iri, false))
	}
	return errors.Join(tx.run(`DELETE FROM recipient WHERE inbox = $1`, a.Inbox), tx.bury("actor", iri, false))
}

// CountNewActors counts the actors of a host that became known since a time.
func (tx *Tx) CountNewActors(host string, since time.Time) (int, error) {
	return tx.count(`SELECT count(*) FROM remote_actor WHERE host = $1 AND first >= $2`, host, ms(since))
}
