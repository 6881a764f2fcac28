package engagement

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Series is something that takes place again and again (UI: Terminreihe). Each time is an [Occasion] of its own, which a timer writes out
// half a year ahead.
type Series struct {
	ID           ID         `class:"tec"`
	Organization ID         `class:"pub"`
	First        Date       `class:"pub"` // from which the rule counts
	Rule         Recurrence `class:"pub"`
	Model        Occasion   `class:"org"` // what those to come are like; it begins and ends as on the first day
	Written      Date       `class:"tec"` // last day to which occasions were written out
	DueAt        time.Time  `class:"tec"` // when a timer has to look at it next; zero: never
	Version      int        `class:"tec"`
}

const (
	seriesAhead = 180 // days that occasions are written out ahead
	// heraldAhead is how long before its beginning other servers are told of an occasion of a series. Partners read all of them in our list;
	// for people who follow the organization half a year of them at once would be a flood.
	heraldAhead = 28 * 24 * time.Hour
)

// AddSeries publishes an occasion that takes place again, and those that follow from it. With times greater than 0 there are so many.
func AddSeries(tx Tx, by Actor, o Occasion, rule Recurrence, times int) (Occasion, error) {
	first := DateOf(o.Starts)
	if !o.Starts.IsZero() { // else the occasion says so
		if err := rule.complete(first, times); err != nil {
			return o, err
		}
	}
	s := Series{ID: tx.NewID(), Organization: o.Organization, First: first, Rule: rule, Written: first}
	o.Series, o.Day, o.Told = string(s.ID), first, tx.Now()
	made, err := addOccasion(tx, by, o)
	if err != nil {
		return made, err
	}
	s.Model = made
	return made, s.write(tx)
}

// EditSeries changes an occasion as [EditOccasion] does, and what follows it in its series: in what is changed of the occasion, and in when they
// take place. What was different in one of them before stays different. Those on days that the rule has no more are withdrawn. One that was alone begins a
// series.
func EditSeries(tx Tx, by Actor, o Occasion, rule Recurrence, times int) (Occasion, error) {
	old, err := tx.Occasion(o.ID)
	if err != nil {
		return o, err
	}
	if old.Local() && old.Series == "" { // it is to be repeated from now on
		old.Series, old.Day, old.Told = string(tx.NewID()), DateOf(old.Starts), old.Published
	}
	s, err := seriesOf(tx, old)
	if err != nil {
		return o, err
	}
	edited, err := EditOccasion(tx, by, o)
	if err != nil {
		return o, err
	}
	edited.Series, edited.Day, edited.Told = old.Series, old.Day, old.Told
	first := old.Day
	if day := DateOf(edited.Starts); day != DateOf(old.Starts) {
		first = day
	}
	if err := rule.complete(first, times); err != nil {
		return o, err
	}
	edited.Day = first
	if err := tx.PutOccasion(&edited); err != nil {
		return edited, err
	}
	shift := int(first.Time().Sub(old.Day.Time()).Round(24*time.Hour) / (24 * time.Hour))
	following, err := s.after(tx, old)
	if err != nil {
		return edited, err
	}
	s.Model.take(old, edited)
	s.Model.Starts, s.Model.Ends = s.Model.on(first)
	s.First, s.Rule, s.Written = first, rule, max(s.Written, DateOf(tx.Now()).Add(seriesAhead))
	if err := s.rearrange(tx, following, old, edited, shift); err != nil {
		return edited, err
	}
	return edited, s.write(tx)
}

// rearrange gives the occasions that follow one their days by the rule, writes out those that are missing, and withdraws those that have no day.
func (s *Series) rearrange(tx Tx, following []Occasion, old, edited Occasion, shift int) error {
	days := slices.DeleteFunc(s.Rule.Days(s.First, s.Written), func(d Date) bool {
		starts, _ := s.Model.on(d)
		return d <= s.First || !starts.After(tx.Now())
	})
	var left []Occasion
	place := func(o Occasion, day Date) error {
		days = slices.DeleteFunc(days, func(d Date) bool { return d == day })
		return o.resettle(tx, day, old, edited)
	}
	for _, o := range following {
		if day := o.Day.Add(shift); slices.Contains(days, day) {
			if err := place(o, day); err != nil {
				return err
			}
			continue
		}
		left = append(left, o)
	}
	for _, o := range left {
		if shift != 0 && len(days) > 0 { // the first Tuesday of a month is not the day after its first Monday
			if err := place(o, days[0]); err != nil {
				return err
			}
		} else if err := o.withdraw(tx); err != nil {
			return err
		}
	}
	for _, day := range days {
		if err := s.add(tx, day); err != nil {
			return err
		}
	}
	return nil
}

// resettle brings an occasion to its day in the series, and to it what was changed of an earlier one. One that does not take place, or is hidden,
// only keeps its day.
func (o *Occasion) resettle(tx Tx, day Date, old, edited Occasion) error {
	before, on := *o, DateOf(o.Starts)
	if day != o.Day {
		on = day
	}
	o.Day = day
	if o.State != OccasionScheduled && o.State != OccasionPostponed {
		return tx.PutOccasion(o)
	}
	o.take(old, edited)
	o.settle(o.on(on))
	if *o == before {
		return nil
	}
	return o.follow(tx, before)
}

// take takes over what is different between two versions of another occasion of the series, but for the day.
func (o *Occasion) take(old, edited Occasion) {
	takeOver(&o.Kind, old.Kind, edited.Kind)
	takeOver(&o.Title, old.Title, edited.Title)
	takeOver(&o.Teaser, old.Teaser, edited.Teaser)
	takeOver(&o.Text, old.Text, edited.Text)
	takeOver(&o.Online, old.Online, edited.Online)
	takeOver(&o.Link, old.Link, edited.Link)
	takeOver(&o.Place, old.Place, edited.Place)
	takeOver(&o.Capacity, old.Capacity, edited.Capacity)
	takeOver(&o.SignUp, old.SignUp, edited.SignUp)
	starts, ends := edited.on(old.Day)
	if s, e := old.on(old.Day); !s.Equal(starts) || !e.Equal(ends) {
		o.settle(edited.on(DateOf(o.Starts)))
	}
}

// settle changes the times of an occasion if they are others.
func (o *Occasion) settle(starts, ends time.Time) {
	if !o.Starts.Equal(starts) || !o.Ends.Equal(ends) {
		o.Starts, o.Ends = starts, ends
	}
}

func takeOver[T comparable](into *T, old, edited T) {
	if old != edited {
		*into = edited
	}
}

// on is when an occasion would take place if it began on another day, by the clock in Berlin.
func (o Occasion) on(day Date) (starts, ends time.Time) {
	at := func(day Date, clock time.Time) time.Time {
		t, clock := day.Time(), clock.In(Berlin())
		return time.Date(t.Year(), t.Month(), t.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, t.Location()).UTC()
	}
	later := int(DateOf(o.Ends).Time().Sub(DateOf(o.Starts).Time()).Round(24*time.Hour) / (24 * time.Hour))
	starts, ends = at(day, o.Starts), at(day.Add(later), o.Ends)
	if !ends.After(starts) { // in the hour that a day in March does not have
		ends = starts.Add(o.Ends.Sub(o.Starts))
	}
	return starts, ends
}

// EndSeries cancels an occasion and all that follow it in its series, or with remove takes them back here and everywhere they went.
func EndSeries(tx Tx, by Actor, id ID, remove bool) error {
	o, err := tx.Occasion(id)
	if err != nil {
		return err
	}
	if err := must(by, map[bool]Action{true: Remove, false: Change}[remove], o.Thing()); err != nil {
		return err
	}
	s, err := seriesOf(tx, o)
	if err != nil {
		return err
	}
	following, err := s.after(tx, o)
	if err != nil {
		return err
	}
	for _, each := range append([]Occasion{o}, following...) {
		switch {
		case remove && each.Standing():
			err = each.withdraw(tx)
		case !remove && slices.Contains(occasionMoves[OccasionCanceled], each.State) && !each.Over(tx.Now()):
			each.State = OccasionCanceled
			if err = each.change(tx); err == nil {
				err = each.tellGuests(tx)
			}
		}
		if err != nil {
			return err
		}
	}
	s.Rule.Until = o.Day.Add(-1)
	return s.write(tx)
}

// seriesOf is the series of an occasion; of one that begins with it, a new one.
func seriesOf(tx Tx, o Occasion) (Series, error) {
	if !o.Local() || o.Series == "" {
		return Series{}, ErrConflict
	}
	s, err := tx.Series(ID(o.Series))
	if errors.Is(err, ErrNotFound) {
		return Series{ID: ID(o.Series), Organization: o.Organization, First: o.Day, Model: o, Written: o.Day}, nil
	}
	return s, err
}

// after are those that follow an occasion and have not begun.
func (s Series) after(tx Tx, o Occasion) ([]Occasion, error) {
	list, err := tx.OccasionsInSeries(string(s.ID))
	list = slices.DeleteFunc(list, func(each Occasion) bool { return each.ID == o.ID || each.Day <= o.Day || !each.Starts.After(tx.Now()) })
	slices.SortFunc(list, func(a, b Occasion) int { return cmp.Compare(a.Day, b.Day) })
	return list, err
}

// write writes out what takes place in the next half year, tells other servers of what is near, and says when to look again.
func (s *Series) write(tx Tx) error {
	s.DueAt = time.Time{}
	org, err := tx.Organization(s.Organization)
	if err != nil {
		return err
	}
	switch {
	case org.State == OrganizationSuspended:
		s.DueAt = tx.Now().AddDate(0, 0, 1)
		return tx.PutSeries(s)
	case org.State != OrganizationActive || org.Moved():
		return tx.PutSeries(s)
	}
	written := max(s.Written, DateOf(tx.Now()).Add(seriesAhead))
	for _, day := range s.Rule.Days(s.First, farDay) {
		if day > written {
			s.DueAt = day.Add(-seriesAhead).Time()
			break
		}
		if starts, _ := s.Model.on(day); day > s.Written && starts.After(tx.Now()) {
			if err := s.add(tx, day); err != nil {
				return err
			}
		}
	}
	s.Written = written
	list, err := tx.OccasionsInSeries(string(s.ID))
	if err != nil {
		return err
	}
	for _, o := range list {
		if !o.Live() || !o.unheard() || o.Over(tx.Now()) {
			continue
		}
		if o.near(tx.Now()) {
			if err := o.announce(tx); err != nil {
				return err
			}
		} else if herald := o.Starts.Add(-heraldAhead); s.DueAt.IsZero() || herald.Before(s.DueAt) {
			s.DueAt = herald
		}
	}
	return tx.PutSeries(s)
}

// add writes out the occasion of a day.
func (s *Series) add(tx Tx, day Date) (err error) {
	o := s.Model
	o.ID, o.State, o.Published, o.Updated, o.Told, o.Day, o.Version = tx.NewID(), OccasionScheduled, tx.Now(), time.Time{}, time.Time{}, day, 0
	o.Starts, o.Ends = s.Model.on(day)
	if o.Code, err = tx.NewCode(); err != nil {
		return err
	}
	return tx.PutOccasion(&o)
}

// unheard says whether other servers have not been told yet.
func (o Occasion) unheard() bool { return o.Local() && o.Series != "" && o.Told.IsZero() }

func (o Occasion) near(now time.Time) bool { return !o.Starts.After(now.Add(heraldAhead)) }

// announce stores an occasion of which others have not heard, and tells them if it is near and before the public.
func (o *Occasion) announce(tx Tx) error {
	if !o.Live() || !o.near(tx.Now()) || o.Over(tx.Now()) {
		return tx.PutOccasion(o)
	}
	o.Told = tx.Now()
	if err := tx.PutOccasion(o); err != nil {
		return err
	}
	return emit(tx, WireCreate, o.ID)
}

// leaveOut keeps the day of an occasion that is removed from being written out again.
func (o Occasion) leaveOut(tx Tx) error {
	if !o.Local() || o.Series == "" {
		return nil
	}
	s, err := tx.Series(ID(o.Series))
	if err != nil {
		return err
	}
	s.Rule.Except = append(s.Rule.Except, o.Day)
	return tx.PutSeries(&s)
}

// letIn takes that back. If its organization has arranged the day otherwise by now, it is no part of the series any more.
func (o *Occasion) letIn(tx Tx) error {
	if o.Series == "" {
		return nil
	}
	s, err := tx.Series(ID(o.Series))
	if err != nil {
		return err
	}
	at := slices.Index(s.Rule.Except, o.Day)
	if at < 0 {
		o.Series, o.Day = "", ""
		return nil
	}
	s.Rule.Except = slices.Delete(s.Rule.Except, at, at+1)
	return tx.PutSeries(&s)
}

// siblings are copies of the same series by the same author.
func (o Occasion) siblings(tx Tx) ([]Occasion, error) {
	if o.Local() || o.Series == "" {
		return nil, nil
	}
	list, err := tx.OccasionsInSeries(o.Series)
	return slices.DeleteFunc(list, func(s Occasion) bool { return s.ID == o.ID || s.Author != o.Author }), err
}

// known says whether a moderator has released another of the series.
func (o Occasion) known(tx Tx) (bool, error) {
	list, err := o.siblings(tx)
	return slices.ContainsFunc(list, Occasion.Live), err
}

// releaseSeries shows what else waits of the series.
func (o Occasion) releaseSeries(tx Tx) error {
	list, err := o.siblings(tx)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.State != OccasionQueued {
			continue
		}
		s.State, s.Said = s.Said, ""
		if err := tx.PutOccasion(&s); err != nil {
			return err
		}
	}
	return nil
}

// tickSeries writes out what repeats, and says of how many series.
func tickSeries(tx Tx, limit int) (int, error) {
	due, err := tx.DueSeries(tx.Now(), limit)
	if err != nil {
		return 0, err
	}
	for _, s := range due {
		if err := s.write(tx); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}
