package engagement

import (
	"slices"
	"time"
)

// Shift is a time at which people help with an opportunity of this instance (UI: Schicht). Who does is a [ShiftSignUp].
type Shift struct {
	ID           ID         `class:"tec"`
	Series       ID         `class:"tec"` // those that follow by one rule; empty: it stands alone
	Opportunity  ID         `class:"pub"`
	Organization ID         `class:"pub"`
	Starts       time.Time  `class:"pub"`
	Ends         time.Time  `class:"pub"` // after Starts, by 24 hours at most
	Place        Place      `class:"pub"` // none: that of the opportunity
	Capacity     int        `class:"pub"` // places, 1–500
	Least        int        `class:"org"` // people without whom it is hard; 0: not said
	Waitlist     bool       `class:"pub"`
	QuitHours    int        `class:"org"` // until so long before the beginning it can be given back without a word, 0–336
	Taken        int        `class:"pub"` // places that are taken, or kept for somebody
	State        ShiftState `class:"pub"`
	Sequence     int        `class:"pub"` // +1 with every change of time or place, and when it is canceled
	Reminded     bool       `class:"tec"` // those who come were
	Begun        bool       `class:"tec"` // what follows from its beginning was done
	Updated      time.Time  `class:"pub"`
	DueAt        time.Time  `class:"tec"` // when a timer has to look at it next; zero: never
	Version      int        `class:"tec"`
}

// ShiftState says whether a shift takes place; that it is over is told by its end.
type ShiftState string

const (
	ShiftPlanned  ShiftState = "planned"
	ShiftCanceled ShiftState = "canceled"
)

// Limits of a shift.
const (
	ShiftLength    = 24 * time.Hour
	ShiftPlaces    = 500
	ShiftQuitHours = 24                  // unless the organization says something else
	shiftQuitMost  = 336                 // hours: two weeks
	ShiftLife      = 90 * 24 * time.Hour // after its end
)

// Over says whether it has ended.
func (s Shift) Over(now time.Time) bool { return !s.Ends.After(now) }

// Started says whether it has begun: then nobody signs up or gives it back any more.
func (s Shift) Started(now time.Time) bool { return !s.Starts.After(now) }

// Ahead says whether it takes place and is still to come.
func (s Shift) Ahead(now time.Time) bool { return s.State == ShiftPlanned && !s.Started(now) }

// Free is the number of places that are left.
func (s Shift) Free() int { return max(0, s.Capacity-s.Taken) }

// QuitUntil is when it can be given back at the latest without saying why.
func (s Shift) QuitUntil() time.Time { return s.Starts.Add(-time.Duration(s.QuitHours) * time.Hour) }

// Overlaps says whether nobody can be at both.
func (s Shift) Overlaps(other Shift) bool {
	return s.Starts.Before(other.Ends) && other.Starts.Before(s.Ends)
}

// ShiftTime stands for the shifts to come of an opportunity that are at the same time of the week and equally long.
type ShiftTime struct {
	Starts, Ends time.Time // of the next of them with a free place; zero: all are taken
}

// Free says whether a place is free.
func (t ShiftTime) Free() bool { return !t.Starts.IsZero() }

// Grid are the slots of the week that a free shift needs: those of which it fills half, and those that hold half of it. None at night.
func (t ShiftTime) Grid() (g Grid) {
	if !t.Free() {
		return 0
	}
	const minutes, day = 60, 24 * 60
	starts := t.Starts.In(Berlin())
	weekday, from := Weekdays.Index(weekdayOf(DateOf(starts))), starts.Hour()*minutes+starts.Minute()
	until := from + int(t.Ends.Sub(t.Starts).Minutes())
	for d := range 2 { // it ends on the next day at the latest
		for part, hours := range daypartHours {
			begin, end := d*day+hours[0]*minutes, d*day+hours[1]*minutes
			if both := min(until, end) - max(from, begin); both > 0 && (2*both >= end-begin || 2*both >= until-from) {
				g |= 1 << ((weekday+d)%len(Weekdays.Terms)*dayparts + part)
			}
		}
	}
	return g
}

// Thing describes a shift of the opportunity to [Can].
func (s Shift) Thing(o Opportunity) Thing {
	return Thing{Noun: AShift, Organization: s.Organization, Public: o.Thing().Public}
}

// Public is the shift as far as everybody may know it: its own place is told no more precisely than those of the opportunity.
func (s Shift) Public(o Opportunity) Shift {
	if s.Place == (Place{}) {
		return s
	}
	for _, p := range o.Places {
		if PublicPrecisions.Index(p.Precision) > PublicPrecisions.Index(s.Place.Precision) {
			s.Place.Precision = p.Precision
		}
	}
	s.Place = s.Place.Public()
	return s
}

// Plannable says whether an organization can plan shifts for the opportunity.
func (o Opportunity) Plannable() bool {
	switch o.State {
	case Withdrawn, Rejected, Hidden, Suspended, Archived, Deleted, Queued:
		return false
	}
	return o.Local() && !o.Directed()
}

// holds says whether a day is one of the opportunity's.
func (o Opportunity) holds(day Date) bool {
	last := o.lastDay()
	return (o.StartsOn == "" || day >= o.StartsOn) && (last == "" || day <= last)
}

// check finds what keeps a shift from being planned.
func (s *Shift) check(now time.Time, o Opportunity, old Shift) error {
	var bad Invalids
	switch {
	case s.Starts.IsZero():
		bad.Add("starts", "error.date.empty")
	case s.Ends.IsZero():
		bad.Add("ends", "error.date.empty")
	case !s.Starts.Equal(old.Starts) && s.Started(now):
		bad.Add("starts", "error.date.past")
	case s.Starts.After(now.AddDate(occasionYears, 0, 0)):
		bad.Add("starts", "error.event.far", "n", occasionYears)
	case !s.Ends.After(s.Starts):
		bad.Add("ends", "error.event.order")
	case s.Ends.Sub(s.Starts) > ShiftLength:
		bad.Add("ends", "error.shift.long", "n", int(ShiftLength/time.Hour))
	case !o.holds(DateOf(s.Starts)):
		bad.Add("starts", "error.shift.outside")
	}
	switch {
	case s.Capacity < 1 || s.Capacity > ShiftPlaces:
		bad.Add("capacity", "error.capacity.range", "from", 1, "to", ShiftPlaces)
	case s.Capacity < s.Taken:
		bad.Add("capacity", "error.capacity.taken", "n", s.Taken)
	case s.Least < 0 || s.Least > s.Capacity:
		bad.Add("least", "error.capacity.range", "from", 1, "to", s.Capacity)
	}
	if s.QuitHours < 0 || s.QuitHours > shiftQuitMost {
		bad.Add("quit", "error.shift.quit", "n", shiftQuitMost)
	}
	return bad.Err()
}

// mayPlan reads the opportunity of a shift and asks whether somebody may plan it.
func mayPlan(tx Tx, by Actor, s Shift) (Opportunity, error) {
	o, err := tx.Opportunity(s.Opportunity)
	if err != nil {
		return o, err
	}
	s.Organization = o.Organization
	if err := must(by, Change, s.Thing(o)); err != nil {
		return o, err
	}
	if !o.Plannable() {
		return o, ErrConflict
	}
	return o, nil
}

// PlanShift makes a shift, and with a rule those that follow it; with times greater than 0 there are so many.
func PlanShift(tx Tx, by Actor, s Shift, rule Recurrence, times int) (Shift, error) {
	o, err := mayPlan(tx, by, s)
	if err != nil {
		return s, err
	}
	if err := notStopped(tx, o.Organization); err != nil {
		return s, err
	}
	s.ID, s.Organization, s.Series, s.Taken, s.Version = tx.NewSecretID(), o.Organization, "", 0, 0
	s.State, s.Sequence, s.Reminded, s.Begun, s.Updated = ShiftPlanned, 0, false, false, tx.Now()
	if err := s.check(tx.Now(), o, Shift{}); err != nil {
		return s, err
	}
	if rule.Repeat == "" {
		return s, s.settle(tx)
	}
	first := DateOf(s.Starts)
	if err := rule.complete(first, times); err != nil {
		return s, err
	}
	series := ShiftSeries{ID: tx.NewID(), Opportunity: o.ID, First: first, Rule: rule, Written: first}
	s.Series = series.ID
	series.Model = s
	if err := s.settle(tx); err != nil {
		return s, err
	}
	return s, series.write(tx)
}

// EditShift changes time, place and places of a shift, and with following also of those that come after it in its series. Who signed up for one
// at another time has to say again whether they come.
func EditShift(tx Tx, by Actor, s Shift, following bool) (Shift, error) {
	old, err := tx.Shift(s.ID)
	if err != nil {
		return s, err
	}
	o, err := mayPlan(tx, by, old)
	if err != nil {
		return s, err
	}
	if !old.Ahead(tx.Now()) || following && old.Series == "" {
		return s, ErrConflict
	}
	if err := notStopped(tx, o.Organization); err != nil {
		return s, err
	}
	edited := old
	edited.take(s)
	edited.Starts, edited.Ends, edited.Version = s.Starts, s.Ends, s.Version
	if err := edited.check(tx.Now(), o, old); err != nil {
		return s, err
	}
	if following && DateOf(edited.Starts) != DateOf(old.Starts) {
		return s, &Invalid{Field: "starts", Key: "error.shift.day"}
	}
	if err := edited.change(tx, old); err != nil || !following {
		return edited, err
	}
	return edited, editFollowing(tx, o, old, edited)
}

// editFollowing changes what comes after a shift in its series as that one was.
func editFollowing(tx Tx, o Opportunity, old, edited Shift) error {
	series, err := tx.ShiftSeries(old.Series)
	if err != nil {
		return err
	}
	series.Model.take(edited)
	series.Model.Starts, series.Model.Ends = edited.on(series.First)
	if err := tx.PutShiftSeries(&series); err != nil {
		return err
	}
	return old.eachFollowing(tx, func(s Shift) error {
		before := s
		s.take(edited)
		s.Starts, s.Ends = edited.on(DateOf(s.Starts))
		if err := s.check(tx.Now(), o, before); err != nil {
			return err
		}
		return s.change(tx, before)
	})
}

// take takes over what shifts of a series have in common, except for their times.
func (s *Shift) take(other Shift) {
	s.Place, s.Capacity, s.Least, s.Waitlist, s.QuitHours = other.Place, other.Capacity, other.Least, other.Waitlist, other.QuitHours
}

// on is when a shift would take place if it began on another day, by the clock in Berlin.
func (s Shift) on(day Date) (starts, ends time.Time) {
	return Occasion{Starts: s.Starts, Ends: s.Ends}.on(day)
}

// eachFollowing does something with every shift of the series that comes after this one and takes place.
func (s Shift) eachFollowing(tx Tx, do func(Shift) error) error {
	list, err := tx.ShiftsInSeries(s.Series)
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.ID == s.ID || !other.Starts.After(s.Starts) || !other.Ahead(tx.Now()) {
			continue
		}
		if err := do(other); err != nil {
			return err
		}
	}
	return nil
}

// change stores a shift that was edited and asks those who signed up again if it is at another time or place.
func (s *Shift) change(tx Tx, old Shift) error {
	if !s.Starts.Equal(old.Starts) || !s.Ends.Equal(old.Ends) || s.Place != old.Place {
		s.Sequence, s.Reminded = s.Sequence+1, false
		if err := s.askAgain(tx); err != nil {
			return err
		}
	}
	s.Updated = tx.Now()
	return s.settle(tx)
}

// CancelShift says that a shift does not take place, and with following that those after it in its series do not either. Whoever signed up learns of it.
func CancelShift(tx Tx, by Actor, id ID, following bool) (Shift, error) {
	s, err := tx.Shift(id)
	if err != nil {
		return s, err
	}
	if _, err := mayPlan(tx, by, s); err != nil {
		return s, err
	}
	if !s.Ahead(tx.Now()) || following && s.Series == "" {
		return s, ErrConflict
	}
	if err := s.cancel(tx); err != nil || !following {
		return s, err
	}
	series, err := tx.ShiftSeries(s.Series)
	if err != nil {
		return s, err
	}
	series.Rule.Until = DateOf(s.Starts).Add(-1)
	if err := s.eachFollowing(tx, func(other Shift) error { return other.cancel(tx) }); err != nil {
		return s, err
	}
	return s, series.write(tx)
}

func (s *Shift) cancel(tx Tx) error {
	list, err := tx.ShiftSignUpsFor(s.ID)
	if err != nil {
		return err
	}
	for _, u := range list {
		if !u.State.Open() {
			continue
		}
		if err := u.end(tx, *s, ByOrganization, MailShiftCanceled); err != nil {
			return err
		}
	}
	s.State, s.Sequence, s.Updated = ShiftCanceled, s.Sequence+1, tx.Now()
	return s.settle(tx)
}

// settle gives places that are free to those who wait, in their order, as long as the opportunity goes on, and stores the shift with the number
// of taken places and the time of the next timer. Who needs more places than are free is passed over.
func (s *Shift) settle(tx Tx) error {
	list, err := tx.ShiftSignUpsFor(s.ID)
	if err != nil {
		return err
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	o, err := tx.Opportunity(s.Opportunity)
	if err != nil {
		return err
	}
	org, err := tx.Organization(s.Organization)
	if err != nil {
		return err
	}
	s.Taken = 0
	for _, u := range list {
		s.Taken += u.holds()
	}
	for n := range list {
		u := &list[n]
		if !o.Plannable() || org.Stopped() || !s.Ahead(tx.Now()) || u.State != ShiftWaitlisted || u.People > s.Free() {
			continue
		}
		if err := u.offer(tx, *s, true); err != nil {
			return err
		}
		s.Taken += u.People
	}
	s.DueAt = s.due(i.Land, list)
	return tx.PutShift(s)
}

// due is when a timer has to look at the shift next.
func (s Shift) due(land string, list []ShiftSignUp) (next time.Time) {
	if s.State != ShiftPlanned || s.Begun {
		return next
	}
	next = s.Starts
	if remind := s.remindAt(land); !s.Reminded && remind.Before(next) {
		next = remind
	}
	for _, u := range list {
		if u.State == ShiftOffered && !u.Until.IsZero() && u.Until.Before(next) {
			next = u.Until
		}
	}
	return next
}

// remindAt is when people are reminded: a day before, or earlier if they are left alone then.
func (s Shift) remindAt(land string) time.Time {
	at := s.Starts.Add(-24 * time.Hour)
	switch clock := at.In(Berlin()); {
	case clock.Hour() < quietTo:
		at = DateOf(at).Time().Add(quietTo * time.Hour)
	case clock.Hour() >= quietFrom:
		at = DateOf(at).Time().Add((quietFrom - 1) * time.Hour)
	}
	for Quiet(at, land) {
		at = at.Add(-24 * time.Hour)
	}
	return at
}

// tick reminds those who come, passes on places that nobody took, and starts what begins with the shift.
func (s *Shift) tick(tx Tx) error {
	list, err := tx.ShiftSignUpsFor(s.ID)
	if err != nil {
		return err
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	now := tx.Now()
	if s.Started(now) {
		s.Begun = true
	}
	remind := !s.Begun && !s.Reminded && past(s.remindAt(i.Land), now)
	s.Reminded = s.Reminded || remind
	for n := range list {
		u := &list[n]
		switch {
		case s.Begun && u.State.Comes():
			err = u.start(tx)
		case s.Begun && u.State.Open(), u.State == ShiftOffered && past(u.Until, now):
			err = u.end(tx, *s, BySystem, "")
		case remind && u.State.Comes():
			err = u.tell(tx, MailShiftRemind, time.Time{})
		}
		if err != nil {
			return err
		}
	}
	return s.settle(tx)
}

// ShiftSeries is the rule by which shifts are planned again and again. A timer writes them out half a year ahead.
type ShiftSeries struct {
	ID          ID         `class:"tec"`
	Opportunity ID         `class:"pub"`
	First       Date       `class:"pub"` // from which the rule counts
	Rule        Recurrence `class:"pub"`
	Model       Shift      `class:"org"` // what those to come are like
	Written     Date       `class:"tec"` // last day to which shifts were written out
	DueAt       time.Time  `class:"tec"` // when a timer has to look at it next; zero: never
	Version     int        `class:"tec"`
}

// write plans what the rule says for the next half year, on days of the opportunity.
func (s *ShiftSeries) write(tx Tx) error {
	o, err := tx.Opportunity(s.Opportunity)
	if err != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	s.DueAt = time.Time{}
	if !o.Plannable() || org.Stopped() {
		if o.State == Hidden || org.State == OrganizationSuspended { // it may be restored
			s.DueAt = tx.Now().AddDate(0, 0, 1)
		}
		return tx.PutShiftSeries(s)
	}
	written := max(s.Written, DateOf(tx.Now()).Add(seriesAhead))
	for _, day := range s.Rule.Days(s.First, farDay) {
		if day > written {
			s.DueAt = day.Add(-seriesAhead).Time()
			break
		}
		starts, ends := s.Model.on(day)
		if day <= s.Written || !starts.After(tx.Now()) || !o.holds(day) {
			continue
		}
		one := s.Model
		one.ID, one.Starts, one.Ends, one.Updated, one.Version = tx.NewSecretID(), starts, ends, tx.Now(), 0
		one.Taken, one.Sequence, one.State, one.Reminded, one.Begun = 0, 0, ShiftPlanned, false, false
		if err := one.settle(tx); err != nil {
			return err
		}
	}
	s.Written = written
	return tx.PutShiftSeries(s)
}

// tickShifts does what is due for shifts and their series, and says for how many at most.
func tickShifts(tx Tx, limit int) (int, error) {
	series, err := tx.DueShiftSeries(tx.Now(), limit)
	if err != nil {
		return 0, err
	}
	for _, s := range series {
		if err := s.write(tx); err != nil {
			return 0, err
		}
	}
	shifts, err := tx.DueShifts(tx.Now(), limit)
	if err != nil {
		return 0, err
	}
	for _, s := range shifts {
		if err := s.tick(tx); err != nil {
			return 0, err
		}
	}
	return max(len(series), len(shifts)), nil
}

// NextShifts are those that take place and have not begun, the first to begin first.
func NextShifts(list []Shift, now time.Time) []Shift {
	return slices.DeleteFunc(slices.Clone(list), func(s Shift) bool { return !s.Ahead(now) })
}
