package store

import (
	"seestern/engagement"
)

// Presence is the public presence of a volunteer, open or ended.
func (tx *Tx) Presence(id engagement.ID) (engagement.Presence, error) {
	return doc[engagement.Presence](tx, `SELECT doc FROM presence WHERE id = $1`, string(id))
}

// PresenceOf is the open one of an account.
func (tx *Tx) PresenceOf(account engagement.ID) (engagement.Presence, error) {
	return doc[engagement.Presence](tx, `SELECT doc FROM presence WHERE account = $1 AND account <> ''`, string(account))
}

// PresenceByHandle finds one by its name in addresses, open or ended.
func (tx *Tx) PresenceByHandle(handle string) (engagement.Presence, error) {
	return doc[engagement.Presence](tx, `SELECT doc FROM presence WHERE handle = $1`, idHash(handle))
}

// PutPresence writes it. It returns ErrConflict when another one has its handle, or its account has another one.
func (tx *Tx) PutPresence(p *engagement.Presence) error {
	if p.Handle != "" {
		p.Hash = idHash(p.Handle)
	}
	return tx.put("presence", "id", string(p.ID), &p.Version, p,
		column{"account", string(p.Account)},
		column{"handle", p.Hash})
}

func presenceOwner(id engagement.ID) string { return "person/" + string(id) }

// FollowWishes are those who follow a public presence or would like to, oldest first.
func (tx *Tx) FollowWishes(presence engagement.ID) (wishes []engagement.FollowWish, err error) {
	followers, err := tx.Followers(presenceOwner(presence))
	for _, f := range followers {
		if f.State != FollowRefused {
			wishes = append(wishes, engagement.FollowWish{Actor: f.Actor, Host: f.Host, Accepted: f.State == FollowAccepted, Since: f.Since})
		}
	}
	return wishes, err
}

// AnswerFollow lets somebody follow, or not.
func (tx *Tx) AnswerFollow(presence engagement.ID, actor string, yes bool) error {
	f, err := tx.Follower(presenceOwner(presence), actor)
	if err != nil {
		return err
	}
	if f.State = FollowRefused; yes {
		f.State = FollowAccepted
	}
	return tx.PutFollower(f)
}
