package engagement

import (
	"slices"
	"time"
)

// Adult says whether the person said that they are of age.
func (p Profile) Adult() bool {
	youngest, _, known := Ages(p.AgeBand)
	return known && youngest >= 18
}

// Paused says whether the person wants to be left alone now.
func (p Profile) Paused(now time.Time) bool {
	return p.PausedUntil != "" && DateOf(now) <= p.PausedUntil
}

// Reachable says whether the person may be invited or found in the way of a switch now: it is on, the person is of age, wants no pause, and the
// profile is used.
func (p Profile) Reachable(by Code, now time.Time) bool {
	_, on := p.Consent(by, now)
	return on && Switches.Has(by) && p.Adult() && !p.Paused(now) && !p.Restricted()
}

// Due is when a timer has to look at the profile next; zero: never.
func (p Profile) Due(now time.Time) (next time.Time) {
	for _, c := range p.Consents {
		if due := c.due(now); !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	return next
}

// tick reminds the person once of all consents that end soon, ends invitations whose permission has ended, and erases the proof of those
// that ended long ago.
func (p *Profile) tick(tx Tx) error {
	now, remind := tx.Now(), false
	p.Consents = slices.DeleteFunc(p.Consents, func(c Consent) bool { return !c.Active(now) && !now.Before(c.due(now)) })
	for i := range p.Consents {
		if c := &p.Consents[i]; c.Active(now) && !c.Asked && past(c.due(now), now) {
			c.Asked, remind = true, true
		}
	}
	if err := tx.PutProfile(p); err != nil {
		return err
	}
	if err := p.endInvitations(tx); err != nil || !remind {
		return err
	}
	return mail(tx, MailInviteRemind, p.Account, Recipient{Account: p.Account}, nil)
}

// AllowReach turns a switch on for a year, or off; then open invitations that came by it end at once. Turning on what ends soon prolongs it.
func AllowReach(tx Tx, by Actor, s Code, on bool) error {
	if !Switches.Has(s) {
		return &Invalid{Field: string(s), Key: "error.choice.unknown", Args: map[string]any{"codes": string(s)}}
	}
	p, err := ownProfile(tx, by)
	switch {
	case err != nil:
		return err
	case on && !p.Adult():
		return &Invalid{Field: string(s), Key: "error.invite.adult"}
	}
	p.agree(s, on, tx.Now(), tx.Now().AddDate(0, switchLife, 0))
	if err := tx.PutProfile(&p); err != nil {
		return err
	}
	return p.endInvitations(tx)
}

// Pause keeps everybody from inviting or finding the person up to and including a day, or ends that with an empty one. Open invitations end.
func Pause(tx Tx, by Actor, until Date) error {
	p, err := ownProfile(tx, by)
	if err != nil {
		return err
	}
	today := DateOf(tx.Now())
	if until != "" && (!until.Valid() || until < today || until > today.Add(pauseMost)) {
		return &Invalid{Field: "pause", Key: "error.pause.range"}
	}
	p.PausedUntil = until
	if err := tx.PutProfile(&p); err != nil {
		return err
	}
	return p.endInvitations(tx)
}

// pauseMost is how many days a pause can last.
const pauseMost = 2 * 366

func ownProfile(tx Tx, by Actor) (Profile, error) {
	if by.Helper != "" { // only people themselves agree to that, or on paper
		return Profile{}, ErrForbidden
	}
	p, err := tx.Profile(by.Account)
	if err != nil {
		return p, err
	}
	return p, must(by, Change, Thing{Noun: AProfile, Person: p.Account})
}

// endInvitations ends open invitations in whose way the person cannot be reached any more.
func (p Profile) endInvitations(tx Tx) error {
	list, err := tx.InvitationsOf(p.Account)
	if err != nil {
		return err
	}
	for _, i := range list {
		if p.Reachable(i.By(), tx.Now()) {
			continue
		}
		if err := i.end(tx, InvitationDeclined); err != nil {
			return err
		}
	}
	return nil
}
