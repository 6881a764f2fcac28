package federation

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// meansBlock is somebody who does not want to have to do with one of us: their follow ends, nothing more goes to them alone, and what they
// wrote below its things does not show any more. Nobody is told. An instance that blocks this one is no partner any more (P-9).
func (s *Service) meansBlock(a arrival) (effect, error) {
	return func(tx *store.Tx) error {
		if err := s.blockable(tx, a.ObjectID); err != nil {
			return err
		}
		undone, err := tx.Remembered(a.Actor, a.ID)
		switch {
		case err != nil:
			return err
		case undone:
			return violation("D6", "%s was taken back before it came", a.ID)
		}
		by, err := s.sender(tx, a)
		if err != nil {
			return err
		}
		owner := s.Base.owner(a.ObjectID)
		if err := tx.DeleteFollower(owner, a.Actor); err != nil {
			return err
		}
		if err := tx.PutBlock(store.Block{Owner: owner, Actor: a.Actor, Activity: a.ID}, by.Inbox); err != nil {
			return err
		}
		p, err := tx.Partner(a.From.Host)
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		if owner != ownerInstance || p.Actor != a.Actor || p.State == engagement.PartnerEnded {
			return nil
		}
		return engagement.PartnerLeft(tx, p.Host)
	}, nil
}

// blockable says whether an id is one of ours that somebody can have to do with.
func (s *Service) blockable(tx *store.Tx, iri string) error {
	if iri == s.Base.Actor() {
		return nil
	}
	_, err := s.board(tx, iri)
	if errors.Is(err, ErrIgnored) {
		_, err = s.organization(tx, iri)
	}
	return err
}

// undoBlock lifts a block, found by its id or by whom it was about.
func (s *Service) undoBlock(tx *store.Tx, a arrival, about Reply) (bool, error) {
	b, err := tx.BlockByActivity(a.Actor, about.ID)
	if errors.Is(err, engagement.ErrNotFound) && about.Type == "Block" && about.Actor == a.Actor {
		b, err = tx.Block(s.Base.owner(about.Object), a.Actor)
	}
	if err != nil {
		return false, ignore(err, engagement.ErrNotFound)
	}
	return true, tx.DeleteBlock(b.Owner, b.Actor)
}

// hasBlocked says whether somebody has blocked one of our actors, or all of this instance.
func (s *Service) hasBlocked(tx *store.Tx, ours, by string) (bool, error) {
	for _, owner := range []string{s.Base.owner(ours), ownerInstance} {
		if _, err := tx.Block(owner, by); !errors.Is(err, engagement.ErrNotFound) {
			return err == nil, err
		}
	}
	return false, nil
}
