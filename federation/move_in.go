package federation

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// jobMove is the queue of accounts that say they have a new address; key: the old one, data: the new one and the id of the Move.
const jobMove = "move"

// meansMove is somebody who now has another account. What the new account says about the old one has to be read first; only follows go
// along, in both directions. Partnerships, requests and what somebody wrote stay with the old account: a Move is no proof of being the
// same to people, and an admin can ask the new address anew.
func (s *Service) meansMove(a arrival) (effect, error) {
	target := a.Raw.IRI("target")
	switch {
	case a.ObjectID != a.Actor:
		return nil, violation("D8", "%s moves somebody else", a.Actor)
	case target == "" || target == a.Actor || HostOf(target) == s.Base.Host:
		return nil, violation("M2", "%s moves nowhere", a.Actor)
	}
	return func(tx *store.Tx) error {
		follows, err := tx.FollowsOf(a.Actor)
		if err != nil {
			return err
		}
		if len(follows) == 0 {
			if _, err := tx.Followed(a.Actor); err != nil {
				return cmp.Or(ignore(err, engagement.ErrNotFound), violation("M2", "%s follows nobody here, and nobody here follows it", a.Actor))
			}
		}
		return tx.PutJob(store.Job{Queue: jobMove, Key: a.Actor, Data: map[string]string{"target": target, "move": a.ID}})
	}, nil
}

// moveJob reads the new account, and if it knows the old one, lets it follow what the old one followed and follows it as the old one was
// followed. Afterwards it is treated as any follower of its server is: one of a limited host waits, as whoever follows a person does, and where nobody may follow from, nothing changes.
func (s *Service) moveJob(ctx context.Context, j store.LeasedJob) error {
	d, err := s.client.Get(ctx, j.Data["target"])
	if err != nil {
		return err
	}
	actor, err := ReadActor(d.Raw)
	if err != nil || actor.Inbox == "" || !slices.Contains(actor.KnownAs, j.Key) {
		s.log.Info("move without effect", "actor", j.Key, "target", j.Data["target"], "why", "the target does not name it")
		return s.store.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(j) })
	}
	if err := s.keyring.Learn(ctx, d); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if err := s.moveFollows(tx, j.Key, j.Data["move"], actor); err != nil {
			return err
		}
		return tx.JobDone(j)
	})
}

func (s *Service) moveFollows(tx *store.Tx, old, move string, actor Actor) error {
	host := HostOf(actor.ID)
	h, err := lookAt(tx, host)
	if err != nil {
		return err
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	follows, err := tx.FollowsOf(old)
	if err != nil {
		return err
	}
	if h.blocked() || i.Mode == "partners" && !active(h.partner) {
		return nil
	}
	if err := engagement.MoveFollowed(tx, old, actor.Elsewhere()); ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	for _, f := range follows {
		if err := tx.DeleteFollower(f.Owner, old); err != nil {
			return err
		}
		_, err := tx.Follower(f.Owner, actor.ID)
		if err == nil {
			continue // it follows already, by a Follow of its own
		}
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		if h.standing == store.Limited {
			f.State = store.FollowPending
		}
		f.Actor, f.Host, f.Inbox, f.SharedInbox, f.Follow = actor.ID, host, actor.Inbox, actor.SharedInbox, move
		switch person, err := s.presence(tx, s.Base.actorOf(f.Owner)); {
		case err == nil: // let one account follow, not whoever it names
			if err := s.askToFollow(tx, person, f); err != nil {
				return err
			}
			continue
		case !errors.Is(err, ErrIgnored):
			return err
		}
		if err := tx.PutFollower(f); err != nil {
			return err
		}
	}
	return nil
}
