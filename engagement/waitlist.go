package engagement

import (
	"errors"
	"slices"
)

// The waiting list of an opportunity: who waits, and who is asked when a place becomes free.

// waitIfFull puts a new request for a full opportunity onto the waiting list. Places that are kept for somebody are not free.
func (m *MatchRequest) waitIfFull(tx Tx, o Opportunity) error {
	list, err := tx.RequestsFor(o.ID)
	if err != nil {
		return err
	}
	if free, limited := freeOf(o, list); !limited || free >= m.Quantity {
		return nil
	}
	return m.apply(tx, EventWait, Step{Reason: "besetzt"})
}

// moveUp offers places that have become free to the first on the waiting list, and a place that somebody did not want to those behind
// them: nobody is asked twice for the same one.
func (m *MatchRequest) moveUp(tx Tx, before MatchRequest) error {
	freed := before.holdsPlace() && !m.holdsPlace()
	refused := before.offeredPlace() && (m.State.Final() || m.State == Waitlisted)
	switch {
	case !m.OriginHere():
		return nil
	case freed:
		return offerPlaces(tx, m.Opportunity, "")
	case refused:
		return offerPlaces(tx, m.Opportunity, m.ID)
	}
	return nil
}

// offerPlaces offers free places in the order of the waiting list, beginning behind the given request. Who needs more places than are
// free is passed over.
func offerPlaces(tx Tx, opportunity, behind ID) error {
	o, err := tx.Opportunity(opportunity)
	if errors.Is(err, ErrNotFound) || err == nil && (o.State != Published && o.State != Filled || o.Over(tx.Now())) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := notStopped(tx, o.Organization); err != nil {
		if errors.Is(err, ErrForbidden) {
			return nil
		}
		return err
	}
	list, err := tx.RequestsFor(o.ID)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b MatchRequest) int { return a.SentAt.Compare(b.SentAt) })
	free, limited := freeOf(o, list)
	list = list[slices.IndexFunc(list, func(m MatchRequest) bool { return m.ID == behind })+1:]
	for _, m := range list {
		if m.State != Waitlisted || m.Via == "fediverse" || limited && free < m.Quantity {
			continue
		}
		if err := m.apply(tx, EventAsk, Step{Until: tx.Now().Add(placeOfferLife)}); err != nil {
			return err
		}
		free -= m.Quantity
	}
	return nil
}

// askWaiting offers what became free while nobody could be asked, of the opportunity and of its shifts: somebody had hidden it, or had suspended
// the organization.
func askWaiting(tx Tx, o Opportunity) error {
	if err := offerPlaces(tx, o.ID, ""); err != nil {
		return err
	}
	shifts, err := tx.ShiftsFor(o.ID)
	if err != nil {
		return err
	}
	for _, s := range shifts {
		if s.Ahead(tx.Now()) {
			if err := s.settle(tx); err != nil {
				return err
			}
		}
	}
	return nil
}

// freeOf is the number of places that are neither taken nor kept for somebody, and false when places are unlimited.
func freeOf(o Opportunity, requests []MatchRequest) (free int, limited bool) {
	free, limited = o.Free()
	for _, m := range requests {
		if m.offeredPlace() {
			free -= m.Quantity
		}
	}
	return free, limited
}

// offeredPlace says whether a place off the waiting list is kept for the person: no fields are wished, only a yes.
func (m MatchRequest) offeredPlace() bool { return !m.PlaceUntil.IsZero() }
