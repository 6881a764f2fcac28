package web

import (
	"context"
	"errors"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// memory is what the frame asks of the store.
type memory struct {
	store *store.Store
	alone bool // see [Options.StaffAlone]
}

// sessionTouch is how exact the last use of a session is kept: not every page view is worth a write.
const sessionTouch = 5 * time.Minute

func (m memory) instance(ctx context.Context) (i engagement.Instance, err error) {
	err = m.store.View(ctx, func(tx *store.Tx) error {
		i, err = tx.Instance()
		return err
	})
	return i, err
}

// session finds who is signed in. Rights are read anew for every request.
func (m memory) session(ctx context.Context, hash string) (s Session, err error) {
	var touch bool
	err = m.store.View(ctx, func(tx *store.Tx) error {
		s.Hash = hash
		err := s.read(tx, m.alone)
		touch = err == nil && tx.Now().Sub(s.LastUsed) > sessionTouch
		return err
	})
	if errors.Is(err, engagement.ErrGone) && !s.LastUsed.IsZero() {
		if failed := m.store.Update(ctx, func(tx *store.Tx) error { return tx.ExpireSession(hash) }); failed != nil {
			return s, failed
		}
	}
	if err != nil || !touch {
		return s, err
	}
	return s, m.store.Update(ctx, func(tx *store.Tx) error { return tx.TouchSession(hash) })
}

// read finds who is signed in, or for whom they act, with the rights of now; alone is [Options.StaffAlone]. ErrNotFound: nobody, also when
// nobody may act for that person any more. ErrGone: the session of Account has ended.
func (s *Session) read(tx *store.Tx, alone bool) (err error) {
	if s.Session, err = tx.Session(s.Hash); err != nil {
		return err
	}
	if s.Account, err = tx.Account(s.Session.Account); err != nil {
		return err
	}
	if s.Ended(tx.Now()) {
		return engagement.ErrGone
	}
	actor, err := tx.Actor(s.Account.ID)
	if err != nil {
		return err
	}
	if s.act(actor, alone); s.Helps == "" {
		return nil
	}
	s.Helper, s.Resting = s.Account, nil
	if s.Account, err = tx.Account(s.Helps); err != nil {
		return err
	}
	s.Actor, err = engagement.ActFor(tx, s.Actor, s.Account)
	if errors.Is(err, engagement.ErrForbidden) {
		return engagement.ErrNotFound
	}
	return err
}

// claimLife is how long a form that is being answered keeps a second click waiting.
const claimLife = time.Minute

// Claim implements [FormMemory].
func (m memory) Claim(ctx context.Context, key string) (path string, err error) {
	err = m.store.Update(ctx, func(tx *store.Tx) error {
		o, err := tx.Once(key)
		switch {
		case errors.Is(err, engagement.ErrNotFound):
		case err != nil:
			return err
		case o.Location != "":
			path = o.Location
			return nil
		case tx.Now().Sub(o.At) < claimLife:
			return engagement.ErrConflict
		}
		return tx.PutOnce(store.Once{Key: key})
	})
	return path, err
}

// Keep implements [FormMemory].
func (m memory) Keep(ctx context.Context, key, path string) error {
	return m.store.Update(ctx, func(tx *store.Tx) error {
		if path == "" {
			return tx.DropOnce(key)
		}
		return tx.PutOnce(store.Once{Key: key, Location: path})
	})
}
