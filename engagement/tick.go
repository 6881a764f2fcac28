package engagement

import (
	"errors"
	"time"
)

// Tick does what is due at the time of the transaction: reminders, hand-overs, expiry, erasure. It handles at most limit records of
// each noun and reports whether more may be due, so that no transaction grows long. Every step moves the record's own due time on, so a
// repetition after a crash does nothing twice.
func Tick(tx Tx, limit int) (more bool, err error) {
	requests, err := tx.DueRequests(tx.Now(), limit)
	if err != nil {
		return false, err
	}
	for _, m := range requests {
		if err := m.tick(tx); err != nil {
			return false, err
		}
	}
	opportunities, err := tx.DueOpportunities(tx.Now(), limit)
	if err != nil {
		return false, err
	}
	for _, o := range opportunities {
		if err := o.tick(tx); err != nil {
			return false, err
		}
	}
	offers, err := tx.DueHelpOffers(tx.Now(), limit)
	if err != nil {
		return false, err
	}
	for _, h := range offers {
		if err := h.tick(tx); err != nil {
			return false, err
		}
	}
	profiles, err := tx.DueProfiles(tx.Now(), limit)
	if err != nil {
		return false, err
	}
	for _, p := range profiles {
		if err := p.tick(tx); err != nil {
			return false, err
		}
	}
	accounts, err := tx.DueAccounts(tx.Now(), limit)
	if err != nil {
		return false, err
	}
	for _, a := range accounts {
		if err := a.tick(tx); err != nil {
			return false, err
		}
	}
	series, err := tickSeries(tx, limit)
	if err != nil {
		return false, err
	}
	shifts, err := tickShifts(tx, limit)
	if err != nil {
		return false, err
	}
	attestations, err := tickAttestations(tx, limit)
	if err != nil {
		return false, err
	}
	exports, err := tickExports(tx, limit)
	if err != nil {
		return false, err
	}
	return max(len(requests), len(opportunities), len(offers), len(profiles), len(accounts), series, shifts, attestations, exports) == limit, errors.Join(tickPartners(tx), tickCalls(tx))
}

// Due is when a timer has to look at the request next; zero: never.
func (m MatchRequest) Due() time.Time {
	var next time.Time
	for _, t := range []time.Time{m.due(), m.ExpiresAt, m.cardDue(), m.purge()} {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

// due is the next reminder.
func (m MatchRequest) due() time.Time {
	if m.State.Final() {
		return time.Time{}
	}
	return m.DueAt
}

// purge is when the request is erased: unconfirmed ones soon, ended ones after their retention. Of what was agreed the record
// of somebody with an account stays theirs, without contact data and texts.
func (m MatchRequest) purge() time.Time {
	switch {
	case m.State == Unconfirmed:
		return m.Created.Add(ConfirmLife)
	case m.State.Final() && !(m.kept() && m.blank()):
		return m.EndedAt.Add(CardLife)
	}
	return time.Time{}
}

// kept says whether the record outlives its retention, as the volunteer's own.
func (m MatchRequest) kept() bool { return m.Account != "" && !m.AgreedAt.IsZero() }

// blank says whether nothing is left in it that somebody wrote.
func (m MatchRequest) blank() bool {
	return m.Contact == (Contact{}) && m.Text == "" && m.Message == "" && m.ReasonText == "" && m.Assignment.Role == "" && len(m.Card) == 0
}

// cardDue is when the card is erased or, as long as the request is open, renewed.
func (m MatchRequest) cardDue() time.Time {
	if m.CardUntil.IsZero() || !m.renews() {
		return m.CardUntil
	}
	return m.CardUntil.Add(-renewBefore)
}

// renews says whether this side keeps the card alive: the volunteer's, until the end.
func (m MatchRequest) renews() bool { return m.HomeHere() && !m.State.Final() }

func past(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

func (m *MatchRequest) tick(tx Tx) error {
	now := tx.Now()
	switch {
	case past(m.purge(), now) && m.kept():
		m.Contact, m.Text, m.Message, m.ReasonText, m.Assignment.Role = Contact{}, "", "", "", ""
		m.eraseCard()
	case past(m.purge(), now):
		return tx.DeleteMatchRequest(m.ID)
	case past(m.cardDue(), now) && m.renews(): // the organization may keep it longer
		m.CardUntil = now.Add(CardLife)
		if err := m.tell(tx, EventRelease, Step{Until: m.CardUntil}); err != nil {
			return err
		}
	case past(m.CardUntil, now):
		m.eraseCard()
	case past(m.ExpiresAt, now):
		return m.runOut(tx)
	case past(m.due(), now):
		if err := m.remind(tx); err != nil {
			return err
		}
	}
	return tx.PutMatchRequest(m)
}

// runOut ends a request whose clock has run out. The side that waited for the other says so honestly.
func (m *MatchRequest) runOut(tx Tx) error {
	switch {
	case m.offeredPlace() && m.OriginHere(): // not taken: the next person is asked
		return m.apply(tx, EventWait, Step{})
	case m.offeredPlace(): // the other side says what comes of it; if its word is lost, this one stops waiting for a card it does not have
		m.PlaceUntil, m.ExpiresAt = time.Time{}, time.Time{}
		if m.State == ContactWanted {
			m.ExpiresAt = tx.Now().Add(answerLife)
		}
		return tx.PutMatchRequest(m)
	case m.State.unanswered() && m.OwnerHere():
		return m.lapse(tx, EventDecline, "keine-antwort")
	case m.State == ContactWanted && m.HomeHere() && !m.Answers():
		return m.lapse(tx, EventWithdraw, "keine-rueckmeldung")
	}
	return m.lapse(tx, "", m.Reason)
}

// unanswered are the states in which it is the organization that has to answer while a clock runs: contact may have been sent along.
func (s RequestState) unanswered() bool { return s == Interested || s == ContactShared }

// lapse sends the given word to the other side and ends the request as expired here.
func (m *MatchRequest) lapse(tx Tx, say RequestEvent, reason Code) error {
	next, ok := m.after(EventExpire)
	if !ok {
		m.ExpiresAt = time.Time{}
		return tx.PutMatchRequest(m)
	}
	before := *m
	if say != "" {
		if err := m.tell(tx, say, Step{Reason: reason}); err != nil {
			return err
		}
	}
	if err := m.enter(tx, EventExpire, next, Step{Reason: reason}); err != nil {
		return err
	}
	if err := tx.PutMatchRequest(m); err != nil {
		return err
	}
	if err := m.notify(tx, EventExpire, before); err != nil {
		return err
	}
	return m.moveUp(tx, before)
}

// remind sends the next reminder and sets the time of the one after it.
func (m *MatchRequest) remind(tx Tx) error {
	now := tx.Now()
	switch {
	case m.State == ContactWanted && m.HomeHere(), m.State == Interested && m.Answers() && m.HomeHere():
		m.DueAt = time.Time{}
		return mail(tx, MailRequestReminder, m.ID, m.person(), nil)
	case m.State == Agreed:
		if err := m.startsWith(tx); err != nil || !m.DueAt.IsZero() { // the first day was put off
			return err
		}
		return m.apply(tx, EventStart, Step{})
	case !m.State.unanswered(), m.Answers():
		m.DueAt = time.Time{}
		return nil
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	clock := i.answerClock()
	m.Reminded++
	m.DueAt = time.Time{}
	if m.Reminded < len(clock) {
		m.DueAt = AddWorkingDays(m.SentAt, clock[m.Reminded], i.Land)
		if m.OriginHere() {
			return mail(tx, MailRequestRemind, m.ID, Recipient{Organization: m.Organization}, nil)
		}
		return nil
	}
	if least := now.Add(afterHandOver); m.ExpiresAt.Before(least) {
		m.ExpiresAt = least
	}
	if m.OriginHere() { // otherwise the person may do so: see [HandOver]
		if err := m.handOver(tx); err != nil {
			return err
		}
	}
	if m.HomeHere() && m.Via != "fediverse" {
		return mail(tx, MailRequestUnanswered, m.ID, m.person(), nil)
	}
	return nil
}

func (o *Opportunity) tick(tx Tx) error {
	if o.Directed() {
		return o.tickDirected(tx)
	}
	now := tx.Now()
	switch o.State {
	case Published, Paused, Filled:
		if o.Over(now) || now.Sub(o.Confirmed) >= ConfirmEvery {
			return o.lapse(tx)
		}
		o.Reminded++
		if err := mail(tx, MailOpportunityRemind, o.ID, Recipient{Organization: o.Organization}, nil); err != nil {
			return err
		}
	case Archived:
		return tx.DeleteOpportunity(o.ID)
	case Expired, Hidden:
		switch {
		case !past(o.Due(), now): // the clock is that of an earlier version: it is set anew
		case o.busy(): // nobody has said so, but it is over since long
			return endAgreements(tx, *o, EventFinish)
		default:
			return withdrawOpportunity(tx, o, Archived)
		}
	default:
		o.State, o.Updated = Archived, now
	}
	return tx.PutOpportunity(o)
}

// lapse ends an opportunity that nobody confirmed or whose last day has passed.
func (o *Opportunity) lapse(tx Tx) error {
	if err := expire(tx, o); err != nil {
		return err
	}
	o.changed(tx.Now())
	if err := tx.PutOpportunity(o); err != nil {
		return err
	}
	if err := settle(tx, o.Fingerprint); err != nil {
		return err
	}
	if o.Over(tx.Now()) { // what only nobody confirmed may come back
		if err := endTalks(tx, *o); err != nil {
			return err
		}
	}
	return mail(tx, MailOpportunityExpired, o.ID, Recipient{Organization: o.Organization}, nil)
}

// tickPartners pauses partners that have been silent for two weeks and drops the copies of those silent for ninety days.
func tickPartners(tx Tx) error {
	partners, err := tx.Partners()
	if err != nil {
		return err
	}
	for _, p := range partners {
		silent := tx.Now().Sub(p.Contact)
		switch {
		case p.State == PartnerActive && silent >= pauseAfter:
			p.State = PartnerPaused
			if err := tx.PutPartner(&p); err != nil {
				return err
			}
		case p.State == PartnerPaused && silent >= dropAfter:
			if err := p.end(tx); err != nil {
				return err
			}
		}
	}
	return nil
}
