package engagement

import (
	"errors"
	"slices"
	"time"
)

// person is the account of somebody here whose word was reported: of a public profile, or of a help offer that a center published for them.
func (r Reportable) person() ID {
	if r.Origin != "" {
		return ""
	}
	return ID(string(r.Presence.Account) + string(r.HelpOffer.Account)) // it is one of them
}

// suspendAccount keeps a person from signing in, ends their public profile and their help offers, and takes back what they asked for; or, with
// on false, lets them in again: what has ended stays so. Staff lose their roles first.
func suspendAccount(tx Tx, by Actor, id ID, on bool) error {
	a, err := tx.Account(id)
	if errors.Is(err, ErrNotFound) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	if on && len(a.Roles) > 0 {
		return &Invalid{Field: "outcome", Key: "error.account.staff"}
	}
	action := "account.restore"
	if a.Suspended = (time.Time{}); on {
		a.Suspended, action = tx.Now(), "account.suspend"
	}
	if err := tx.PutAccount(&a); err != nil {
		return err
	}
	if on {
		if err := a.silence(tx); err != nil {
			return err
		}
	}
	return audit(tx, by, Moderator, AuditEntry{Action: action, Object: a.ID, Person: a.ID})
}

// silence ends what a suspended person has before others.
func (a Account) silence(tx Tx) error {
	if err := errors.Join(endAccess(tx, a.ID, ""), endHelpers(tx, a.ID)); err != nil {
		return err
	}
	p, err := tx.PresenceOf(a.ID)
	if err == nil {
		err = p.Retire(tx)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	offers, err := tx.HelpOffersOfAccount(a.ID)
	if err != nil {
		return err
	}
	for _, h := range offers {
		if !h.over() || h.State == Expired {
			if err := h.end(tx, Suspended); err != nil {
				return err
			}
			if err := tx.PutHelpOffer(&h); err != nil {
				return err
			}
		}
	}
	requests, err := tx.RequestsOfAccount(a.ID)
	if err != nil {
		return err
	}
	for _, m := range requests {
		if m.State != Unconfirmed && !m.State.Final() {
			if err := m.apply(tx, m.No(), Step{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// suspends says whether a ruling about the report is about the person and not about what they wrote, now or before.
func (r Report) suspends(before Outcome, d Ruling) bool {
	return d.Outcome == MakeAccountSuspended || before == MakeAccountSuspended && d.Outcome == NoAction
}

// suspend makes such a ruling true.
func (r *Report) suspend(tx Tx, by Actor, about Reportable, before Outcome, d Ruling) error {
	if d.Outcome == before {
		return nil
	}
	if r.Person == "" {
		r.Person = about.person()
	}
	return suspendAccount(tx, by, r.Person, d.Outcome == MakeAccountSuspended)
}

// withPerson adds what can be done about the person to what can be done about their words.
func (r Reportable) withPerson(can []Outcome) []Outcome {
	if r.person() != "" && (r.Noun == APresence && r.Presence.Open() || slices.Contains(can, MakeHidden)) {
		return append(can, MakeAccountSuspended)
	}
	return can
}
