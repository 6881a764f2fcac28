package federation

import (
	"cmp"
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// meansPost is something that somebody publishes who may be followed here. Of others it is news or a note like any other.
func (s *Service) meansPost(a arrival) (effect, error) {
	otherwise := (*Service).meansNote
	if IsAnnouncement(a.Object) {
		otherwise = (*Service).meansAnnouncement
	}
	other, notOther := otherwise(s, a)
	found, err := ReadPost(a.Object, a.Actor, a.Now)
	if err == nil && a.Limited {
		err = violation("§1.4", "%s may not bother people", a.From.Host)
	}
	return func(tx *store.Tx) error {
		f, followErr := tx.Followed(a.Actor)
		p, partnerErr := tx.Partner(a.From.Host)
		switch failed := cmp.Or(ignore(followErr, engagement.ErrNotFound), ignore(partnerErr, engagement.ErrNotFound)); {
		case failed != nil:
			return failed
		case f.State == engagement.FollowedAccepted && !active(p):
			if err != nil {
				return err
			}
			return receivePost(tx, a.Actor, found)
		case notOther != nil:
			return notOther
		}
		return other(tx)
	}, nil
}

func receivePost(tx *store.Tx, author string, p engagement.FollowedPost) error {
	if deleted, err := tx.Remembered(author, p.IRI); deleted || err != nil {
		return cmp.Or(err, violation("D6", "%s was deleted before", p.IRI))
	}
	err := engagement.PostFollowed(tx, author, p)
	if errors.Is(err, engagement.ErrConflict) {
		return violation("O12", "%s is not newer", p.IRI)
	}
	return err
}

// deletePost forgets a post of a followed actor, on its own word alone.
func deletePost(tx *store.Tx, a arrival) error {
	return engagement.UnpostFollowed(tx, a.Actor, a.ObjectID)
}
