package federation

import (
	"errors"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// meansMatch is a step of a match request (protocol.md §5.7).
func (s *Service) meansMatch(a arrival) (effect, error) {
	move, err := s.ReadMatch(a.Envelope, a.Now)
	if err != nil {
		return nil, err
	}
	if move.Step.Event == engagement.EventSend {
		return func(tx *store.Tx) error { return s.receiveOffer(tx, a, move) }, nil
	}
	return func(tx *store.Tx) error { return s.receiveStep(tx, a, move) }, nil
}

// receiveOffer records the request of a partner's volunteer, by the rules M1, M4, M8, M9 and M11.
func (s *Service) receiveOffer(tx *store.Tx, a arrival, move Move) error {
	p, err := tx.Partner(a.From.Host)
	if ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	if !p.MayMatch() {
		return engagement.ErrForbidden
	}
	undone, err := tx.Remembered(a.Actor, a.ID)
	switch {
	case err != nil:
		return err
	case undone:
		return violation("M8", "%s was withdrawn before it came", a.ID)
	case move.Request.Answers() && move.Request.Direction != "invitation":
		return violation("M11", "%s answers no invitation", a.ID)
	case move.Request.Answers():
		return s.receiveAnswer(tx, a, p, move)
	}
	if err := s.offered(tx, move); err != nil {
		return err
	}
	if _, err := tx.MatchRequestByOffer(a.ID); !errors.Is(err, engagement.ErrNotFound) {
		return orIgnored(err, "M9", a.ID)
	}
	if err := s.mayAskAgain(tx, a, p, move.Request); err != nil {
		return err
	}
	_, err = engagement.ReceiveOffer(tx, move.Request)
	return err
}

// mayAskAgain makes sure that an actor asks once (U1). A volunteer center asks for many, and the accounts of software without our
// pseudonymous persons ask as themselves; of these each case asks once for an opportunity, until it is answered.
func (s *Service) mayAskAgain(tx *store.Tx, a arrival, p engagement.Partner, asked engagement.MatchRequest) error {
	earlier, err := tx.RequestsOfAsker(a.Actor)
	if err != nil || len(earlier) == 0 {
		return err
	}
	actor, err := s.sender(tx, a)
	if err != nil {
		return err
	}
	if actor.Type != "Organization" && full(p) {
		return violation("U1", "%s has asked already", a.Actor)
	}
	if slices.ContainsFunc(earlier, func(m engagement.MatchRequest) bool {
		return m.Opportunity == asked.Opportunity && m.Handle == asked.Handle && !m.State.Final()
	}) {
		return violation("U1", "%s has asked for this case already", a.Actor)
	}
	return nil
}

// orIgnored is an error of the store, or without one the violation of a rule by something that is there already.
func orIgnored(err error, rule, id string) error {
	if err != nil {
		return err
	}
	return violation(rule, "%s is known already", id)
}

// neverSeen are the states of an opportunity in which no other instance can have got to know it.
var neverSeen = []engagement.OpportunityState{
	engagement.Draft, engagement.Submitted, engagement.NeedsChanges, engagement.Rejected, engagement.Suspended, engagement.Deleted,
}

// offered makes sure that an Offer answers an opportunity of ours that partners can see, or could see, and goes to its organization (M4).
func (s *Service) offered(tx *store.Tx, move Move) error {
	o, err := tx.Opportunity(move.Request.Opportunity)
	if ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	if err != nil || !o.Local() || slices.Contains(neverSeen, o.State) || o.Visibility != "offen" && o.Visibility != "verbund" && !o.Directed() {
		return violation("M4", "%s is no opportunity of ours", move.Satisfies)
	}
	invited := move.Request.Direction == "invitation"
	switch {
	case o.Directed() && !slices.Contains(o.Hosts, HostOf(move.Actor)):
		return violation("M4", "%s was not asked by %s", HostOf(move.Actor), move.Satisfies)
	case o.Directed() != invited:
		return violation("M11", "%s answers no invitation", move.Offer)
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	if move.To != s.Base.OrganizationID(org) {
		return violation("M4", "%s is not of %s", move.Satisfies, move.To)
	}
	return nil
}

// receiveStep applies what the other side of a match request says.
func (s *Service) receiveStep(tx *store.Tx, a arrival, move Move) error {
	m, err := findMatch(tx, &move)
	if errors.Is(err, engagement.ErrNotFound) {
		return violation("N1", "%s belongs to no request", a.ID)
	}
	if err != nil {
		return err
	}
	if err := s.maySay(tx, a, move, m); err != nil {
		return err
	}
	if err := s.takeOver(tx, a, move, &m); err != nil {
		return err
	}
	sent := m.StepSent
	applied, err := m.Receive(tx, move.Step, move.Card)
	switch {
	case errors.Is(err, engagement.ErrConflict):
		return violation("N3", "%s: %v", a.ID, err) // an id that is another request's
	case err == nil && !applied && m.StepSent == sent:
		return violation("§5.7", "%s in state %s of request %s", move.Step.Event, m.State, m.ID)
	}
	return err
}

// findMatch finds the request a step belongs to: by the Offer, else by the Accept it undoes or by the agreement. An Undo that names the
// Accept cancels, however it reads.
func findMatch(tx *store.Tx, move *Move) (m engagement.MatchRequest, err error) {
	err = engagement.ErrNotFound
	if move.Offer != "" {
		m, err = tx.MatchRequestByOffer(move.Offer)
	}
	if errors.Is(err, engagement.ErrNotFound) && move.Undoes != "" {
		if m, err = tx.MatchRequestByAccept(move.Undoes); err == nil {
			move.Step.Event = engagement.EventCancel
		}
	}
	if errors.Is(err, engagement.ErrNotFound) && move.Agreement != "" {
		m, err = tx.MatchRequestByAgreement(move.Agreement)
	}
	return m, err
}

// maySay makes sure that a step comes from the actor on the other side of the request and is for the one on this side (N2, U1).
func (s *Service) maySay(tx *store.Tx, a arrival, move Move, m engagement.MatchRequest) error {
	org, err := tx.Organization(m.Organization)
	if err != nil {
		return err
	}
	them, us := m.Person, s.Base.OrganizationID(org)
	if m.HomeHere() {
		them, us = us, s.Base.PersonID(m)
	}
	if m.Answers() {
		if them, us, err = s.sidesOfAnswer(tx, move, m, org); err != nil {
			return err
		}
	}
	if m.HomeHere() == m.OriginHere() || a.Actor != them || move.To != us {
		return violation("N2", "%s is not for %s to say to %s", a.ID, a.Actor, move.To)
	}
	return nil
}

// takeOver checks an Accept and a confirmation against the request and notes what they bring (N3, N4).
func (s *Service) takeOver(tx *store.Tx, a arrival, move Move, m *engagement.MatchRequest) error {
	known := m.Agreement
	if m.OwnerHere() && known != "" { // then it is the key of ours
		known = s.Base.ID(KindAgreement, known)
	}
	other := known != "" && move.Agreement != "" && known != move.Agreement
	switch move.Step.Event {
	case engagement.EventAsk:
		if !m.Answers() {
			return nil
		}
		if !SameOrigin(move.Person, a.Actor) || m.Person != "" && m.Person != move.Person {
			return violation("U1", "%s names %q", a.ID, move.Person)
		}
		m.Person = move.Person
	case engagement.EventAgree:
		intent, err := s.intentOf(tx, *m)
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		undone, undoneErr := tx.Remembered(a.Actor, a.ID)
		switch {
		case undoneErr != nil:
			return undoneErr
		case undone:
			return violation("D6", "%s was taken back before it came", a.ID)
		case err != nil || move.Satisfies != intent || move.Quantity != m.Quantity:
			return violation("N3", "%s accepts something else", a.ID)
		case other:
			return violation("N3", "%s is another agreement", a.ID)
		}
		m.AcceptIRI, m.Agreement = a.ID, move.Agreement
	case engagement.EventFinish:
		if other {
			return violation("N4", "%s confirms another agreement", a.ID)
		}
		m.Worked = move.Worked
		if m.Agreement == "" && !m.OwnerHere() { // the Accept was lost
			m.Agreement = move.Agreement
		}
	}
	return nil
}

// intentOf is the id of what a request is about.
func (s *Service) intentOf(tx *store.Tx, m engagement.MatchRequest) (string, error) {
	if m.Answers() {
		h, err := tx.HelpOffer(m.HelpOffer)
		return s.Base.HelpOfferID(h) + intentFragment, err
	}
	o, err := tx.Opportunity(m.Opportunity)
	return s.Base.OpportunityID(o) + intentFragment, err
}
