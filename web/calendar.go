package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"seestern/engagement"
	"seestern/store"
)

// calendarEntry is an opportunity in a calendar file.
type calendarEntry struct {
	engagement.Opportunity
	organization string
	uid          string // permanent, without host
	agreed       bool   // in the own calendar of a participant, for whom it takes place although nobody else is looked for
	details      string // private: for a participant
}

const calendarType = "text/calendar; charset=utf-8"

// Limits of a calendar that follows a search.
const (
	calendarHits = 200
	calendarDays = 180
)

// calendarOf is the file for the own calendar of somebody who agreed to help: the opportunity with its private details.
// Without any date it stands on the present day, with the note that the time is to be arranged.
func (s *Server) calendarOf(r *Request, o engagement.Opportunity, org engagement.Organization, uid, details string) ([]byte, error) {
	return s.calendar(r, o.Title, []calendarEntry{{o, org.Name, uid, true, details}}, true)
}

// opportunityCalendar is one opportunity as a calendar file.
func (s *Server) opportunityCalendar(w *Response, r *Request) error {
	var o seen
	var shifts []engagement.Shift
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if o, err = see(tx, r); err != nil {
			return err
		}
		shifts, err = tx.ShiftsFor(o.ID)
		return err
	})
	if err != nil {
		return err
	}
	shifts = told(shifts, r.Now)
	if !dated(o.Opportunity) && len(shifts) == 0 {
		return engagement.ErrNotFound
	}
	e := calendarEntry{o.Opportunity, o.organization.Name, string(o.ID), false, ""}
	c := newCalendar(o.Title)
	for _, shift := range shifts {
		e.writeShift(c.AddEvent(string(shift.ID)+"@"+s.base.Hostname()), r, shift.Public(o.Opportunity))
	}
	if len(shifts) == 0 { // otherwise they are its times
		s.writeEntry(c, r, e, false)
	}
	file, err := calendarText(c)
	if err != nil {
		return err
	}
	return w.File(calendarType, strings.TrimPrefix(slug(o.Title), "-")+".ics", file)
}

// told are the shifts that a calendar tells: those to come, and for a while those that do not take place, so that calendars learn of it.
func told(shifts []engagement.Shift, now time.Time) []engagement.Shift {
	return slices.DeleteFunc(shifts, func(s engagement.Shift) bool {
		return s.Over(now) || s.Starts.After(now.AddDate(0, 0, calendarDays)) || s.State == engagement.ShiftCanceled && s.Updated.Before(now.AddDate(0, 0, -30))
	})
}

// writeShift writes a shift of the opportunity. Nobody who takes part is named.
func (e calendarEntry) writeShift(event *ics.VEvent, r *Request, s engagement.Shift) {
	e.describe(event, r)
	event.SetDtStampTime(s.Updated)
	event.SetLastModifiedAt(later(s.Updated, e.VersionTime()))
	event.SetSequence(s.Sequence + e.Material)
	if where := shiftPlace(s, e.Opportunity); where != "" {
		event.SetLocation(clean(where, false))
	}
	if s.Place.Known() {
		event.RemoveProperty(ics.ComponentPropertyGeo)
	}
	event.SetStatus(ics.ObjectStatusConfirmed)
	if s.State == engagement.ShiftCanceled || e.status() == ics.ObjectStatusCancelled {
		event.SetStatus(ics.ObjectStatusCancelled)
	}
	event.SetProperty(ics.ComponentPropertyDtStart, s.Starts.In(engagement.Berlin()).Format(calendarHour), ics.WithTZID(Zone))
	event.SetProperty(ics.ComponentPropertyDtEnd, s.Ends.In(engagement.Berlin()).Format(calendarHour), ics.WithTZID(Zone))
}

// searchCalendar is a search as a calendar that programs subscribe to.
func (s *Server) searchCalendar(w *Response, r *Request) error {
	a := s.askSearch(r)
	if err := a.err(); err != nil {
		return err
	}
	a.search.Limit, a.search.After, a.search.Order, a.search.Exact = calendarHits, "", engagement.Soonest, true
	all, err := s.find(r, a)
	if err != nil {
		return err
	}
	return s.hitsCalendar(w, r, r.T("search.calendar.name", "site", s.instance.Load().Name), all.List)
}

// hitsCalendar writes those opportunities that have a day as a calendar.
func (s *Server) hitsCalendar(w *Response, r *Request, name string, hits []store.Hit) error {
	file, err := s.calendar(r, name, soonEntries(hits, r.Now), false)
	if err != nil {
		return err
	}
	return w.File(calendarType, "", file)
}

// soonEntries are those that have a day, without what begins after the last day of calendars.
func soonEntries(hits []store.Hit, now time.Time) (entries []calendarEntry) {
	last := engagement.DateOf(now.AddDate(0, 0, calendarDays))
	for _, h := range hits {
		if dated(h.Opportunity) && h.StartsOn <= last {
			entries = append(entries, calendarEntry{h.Opportunity, h.Organizer.Name, string(h.ID), false, ""})
		}
	}
	return entries
}

// dated says whether there is any day or time to write down.
func dated(o engagement.Opportunity) bool { return o.StartsOn != "" || o.Grid.Slots() > 0 }

// calendar writes a file (RFC 5545). The library escapes texts and folds lines at 75 octets between characters.
func (s *Server) calendar(r *Request, name string, entries []calendarEntry, arranged bool) ([]byte, error) {
	c := newCalendar(name)
	s.addEntries(c, r, entries, arranged)
	return calendarText(c)
}

// addEntries writes opportunities into a calendar.
func (s *Server) addEntries(c *ics.Calendar, r *Request, entries []calendarEntry, arranged bool) {
	for _, e := range entries {
		s.writeEntry(c, r, e, arranged)
	}
}

// organizationCalendar are the dates of an organization: its opportunities that have a day, and its events.
func (s *Server) organizationCalendar(w *Response, r *Request) error {
	var c *ics.Calendar
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		o, err := seeOrganization(tx, r)
		if err != nil {
			return err
		}
		hits, err := tx.Search(engagement.Search{Organization: o.ID, Order: engagement.Soonest, Limit: calendarHits}, store.Viewer{})
		if err != nil {
			return err
		}
		c = newCalendar(o.Name)
		s.addEntries(c, r, soonEntries(hits.List, r.Now), false)
		occasions, _, err := tx.Occasions(store.OccasionSearch{From: r.Now, Until: r.Now.AddDate(0, 0, calendarDays), Organization: o.ID, Limit: calendarHits})
		for _, e := range occasions {
			occasionEntry{e, r.occasionItem(e, o), ""}.write(c.AddEvent(string(e.ID)+"@"+s.base.Hostname()), r)
		}
		return err
	})
	if err != nil {
		return err
	}
	text, err := calendarText(c)
	if err != nil {
		return err
	}
	return w.File(calendarType, "", text)
}

// writeEntry writes all times of an opportunity.
func (s *Server) writeEntry(c *ics.Calendar, r *Request, e calendarEntry, arranged bool) {
	for i, t := range e.times(r.Now) {
		if t.allDay && e.StartsOn == "" && !arranged {
			continue
		}
		uid := e.uid
		if i > 0 {
			uid += "-" + strconv.Itoa(i)
		}
		event := c.AddEvent(uid + "@" + s.base.Hostname())
		e.describe(event, r)
		t.write(event)
	}
}

func newCalendar(name string) *ics.Calendar {
	c := ics.NewCalendarFor("Seestern")
	c.SetProductId("-//Seestern//Seestern//DE")
	c.SetCalscale("GREGORIAN")
	c.SetMethod(ics.MethodPublish)
	c.SetXWRCalName(clean(name, false))
	c.AddVTimezone(berlinTime())
	return c
}

func calendarText(c *ics.Calendar) ([]byte, error) {
	var b strings.Builder
	if err := c.SerializeTo(&b, ics.WithNewLine("\r\n")); err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	return []byte(b.String()), nil
}

// describe writes everything but the time. Nobody who takes part is named.
func (e calendarEntry) describe(event *ics.VEvent, r *Request) {
	f := r.format()
	changed := e.VersionTime()
	event.SetDtStampTime(changed)
	event.SetLastModifiedAt(changed)
	event.SetSequence(e.Material)
	event.SetSummary(clean(e.Title, false))
	about := []string{e.organization, e.Summary, strings.Join(append(f.when(e.Opportunity), f.effort(e.Opportunity)), ", "), e.details}
	if !dated(e.Opportunity) {
		about = append(about, f.t("opp.arrange"))
	}
	about = slices.DeleteFunc(about, func(s string) bool { return strings.Trim(s, ", ") == "" })
	event.SetDescription(clean(strings.Join(about, "\n\n"), true))
	if lines := placeLines(e.Opportunity); len(lines) > 0 {
		event.SetLocation(clean(lines[0], false))
	} else if e.Mode != "" {
		event.SetLocation(f.code("mode", e.Mode))
	}
	if p := nearestKnown(e.Opportunity); p.Known() && p.Precision == "genau" {
		event.SetProperty(ics.ComponentPropertyGeo, fmt.Sprintf("%.5f;%.5f", p.Point.Lat, p.Point.Lon))
	}
	event.SetURL(r.Absolute(opportunityPath(e.Opportunity)))
	for _, label := range f.labels("area", e.Areas) {
		event.AddCategory(label)
	}
	event.SetStatus(e.status())
}

func (e calendarEntry) status() ics.ObjectStatus {
	switch {
	case !e.agreed && (!e.Live() || e.State == engagement.Paused || e.State == engagement.Expired):
		return ics.ObjectStatusCancelled
	case e.Grid.Slots() > 1 && !e.AllSlots: // one of these times is enough: which, is arranged
		return ics.ObjectStatusTentative
	}
	return ics.ObjectStatusConfirmed
}

// calendarTime is when an entry is: whole days, or hours in Berlin that may come back.
type calendarTime struct {
	allDay      bool
	first, last engagement.Date // all day: both included
	from, until int             // hours of first
	rule        string          // RRULE; empty: once
}

const (
	calendarDay  = "20060102"
	calendarHour = "20060102T150405"
)

func (t calendarTime) write(event *ics.VEvent) {
	if t.allDay {
		event.SetAllDayStartAt(t.first.Time())
		event.SetAllDayEndAt(t.last.Add(1).Time())
		return
	}
	day := t.first.Time().Format(calendarDay)
	event.SetProperty(ics.ComponentPropertyDtStart, fmt.Sprintf("%sT%02d0000", day, t.from), ics.WithTZID(Zone))
	event.SetProperty(ics.ComponentPropertyDtEnd, fmt.Sprintf("%sT%02d0000", day, t.until), ics.WithTZID(Zone))
	if t.rule != "" {
		event.AddRrule(t.rule)
	}
}

// times are the slots of the week as hours, or else whole days. Slots without a first day begin with the publication, so that
// every reading of the file gives the same dates.
func (e calendarEntry) times(now time.Time) []calendarTime {
	begin := e.StartsOn
	if begin == "" {
		if begin = engagement.DateOf(e.Published); e.Published.IsZero() || !dated(e.Opportunity) {
			begin = engagement.DateOf(now)
		}
	}
	once := e.Commitment == "einmalig"
	var times []calendarTime
	for _, block := range blocks(e.Grid) {
		t := calendarTime{from: block.from, until: block.until, first: next(begin, block.days)}
		if e.EndsOn != "" && t.first > e.EndsOn || once && e.StartsOn != "" && t.first != e.StartsOn {
			continue
		}
		if !once {
			t.rule = rule(e.Opportunity, block.days, t.first)
		}
		times = append(times, t)
	}
	if times != nil {
		return times
	}
	end := e.EndsOn
	if end == "" || end < begin || !once && e.Commitment != "kurz" {
		end = begin
	}
	return []calendarTime{{allDay: true, first: begin, last: end}}
}

// weekBlock are hours that are the same on several days of the week.
type weekBlock struct {
	days        []int // 0 is Monday
	from, until int
}

// blocks joins neighboring dayparts of a day, and days with the same hours.
func blocks(g engagement.Grid) []weekBlock {
	var all []weekBlock
	for d, day := range engagement.Weekdays.Codes() {
		var open *weekBlock
		for _, part := range engagement.Dayparts.Codes() {
			from, until := engagement.DaypartHours(part)
			switch {
			case !g.Has(engagement.Slot(day, part)):
				open = nil
			case open != nil:
				open.until = until
			default:
				all = append(all, weekBlock{[]int{d}, from, until})
				open = &all[len(all)-1]
			}
		}
	}
	var joined []weekBlock
	for _, b := range all {
		i := slices.IndexFunc(joined, func(o weekBlock) bool { return o.from == b.from && o.until == b.until })
		if i < 0 {
			joined = append(joined, b)
		} else {
			joined[i].days = append(joined[i].days, b.days...)
		}
	}
	return joined
}

// weekday of a day, 0 is Monday.
func weekday(d engagement.Date) int { return (int(d.Time().Weekday()) + 6) % 7 }

// next is the first of the days of the week from begin on.
func next(begin engagement.Date, days []int) engagement.Date {
	for !slices.Contains(days, weekday(begin)) {
		begin = begin.Add(1)
	}
	return begin
}

var ruleDays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// rule says how often a block comes back, until the last day if there is one.
func rule(o engagement.Opportunity, days []int, first engagement.Date) string {
	nth := ""
	rule := "FREQ=WEEKLY"
	switch o.Rhythm {
	case "pro-zwei-wochen":
		rule += ";INTERVAL=2"
	case "pro-monat":
		rule = "FREQ=MONTHLY"
		nth = strconv.Itoa(min((first.Time().Day()-1)/7+1, 4)) // the fifth Tuesday is in few months
	}
	names := make([]string, len(days))
	for i, d := range days {
		names[i] = nth + ruleDays[d]
	}
	rule += ";BYDAY=" + strings.Join(names, ",")
	if o.EndsOn != "" {
		rule += ";UNTIL=" + o.EndsOn.Add(1).Time().Add(-time.Second).UTC().Format(calendarHour) + "Z"
	}
	return rule
}

// berlinTime is the time zone with both of its rules; the library writes none.
func berlinTime() *ics.VTimezone {
	zone := ics.NewTimezone(Zone)
	part := func(c *ics.ComponentBase, name, start, from, to, rule string) {
		c.SetProperty(ics.ComponentPropertyDtStart, start)
		c.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), from)
		c.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), to)
		c.SetProperty(ics.ComponentProperty(ics.PropertyTzname), name)
		c.AddRrule(rule)
	}
	summer, winter := &ics.Daylight{}, &ics.Standard{}
	part(&summer.ComponentBase, "CEST", "19810329T020000", "+0100", "+0200", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU")
	part(&winter.ComponentBase, "CET", "19961027T030000", "+0200", "+0100", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU")
	zone.Components = append(zone.Components, summer, winter)
	return zone
}
