package store

import "seestern/engagement"

// Followed is an actor on another server whose events are shown here.
func (tx *Tx) Followed(actor string) (engagement.Followed, error) {
	return doc[engagement.Followed](tx, `SELECT doc FROM followed WHERE actor = $1`, actor)
}

// FollowedBy finds it by the activity id of our Follow.
func (tx *Tx) FollowedBy(follow engagement.ID) (engagement.Followed, error) {
	return doc[engagement.Followed](tx, `SELECT doc FROM followed WHERE follow = $1`, string(follow))
}

// AllFollowed are all of them, by address.
func (tx *Tx) AllFollowed() ([]engagement.Followed, error) {
	return docs[engagement.Followed](tx, `SELECT doc FROM followed ORDER BY host, actor`)
}

// PutFollowed writes it.
func (tx *Tx) PutFollowed(f *engagement.Followed) error {
	return tx.put("followed", "actor", f.Actor, &f.Version, f,
		column{"host", f.Host},
		column{"follow", string(f.Follow)},
		column{"state", string(f.State)})
}

// DeleteFollowed ends it, with the copies of the actor's events.
func (tx *Tx) DeleteFollowed(actor string) error {
	if err := tx.run(`DELETE FROM followed WHERE actor = $1`, actor); err != nil {
		return err
	}
	return tx.DeleteOccasionsBy(actor)
}
