package web

import (
	"cmp"
	"errors"
	"slices"
	"time"

	ics "github.com/arran4/golang-ical"

	"seestern/engagement"
	"seestern/store"
)

// ownCalendarArea are the dates of a person: as a list, as a month, and as a secret address for calendar programs.
var ownCalendarArea = area{
	name:   "owncalendar",
	simple: true,
	pages:  map[string]any{"owncalendar": ownCalendarPage{}, "owncalendar-address": calendarAddressPage{}, "owncalendar-made": calendarMadePage{}},
	routes: []route{
		{path: ownCalendar, get: (*Server).ownCalendar, who: signedIn, helps: helpsDates},
		{path: ownCalendar + "/adresse", get: (*Server).calendarAddress, post: (*Server).calendarAddress, who: signedIn},
		{path: ownCalendar + "/adresse/beenden", post: (*Server).closeCalendar, who: signedIn, ends: true},
		{path: "/kalender/{token:[0-9a-f]{32}}.ics", get: (*Server).calendarFeed, token: true},
	},
}

const ownCalendar = "/meine/kalender"

// What of a person's dates is told to programs: so far back, so far ahead.
const (
	ownDaysBack    = 30
	ownDaysAhead   = calendarDays
	ownListMonths  = 3 // that the page lists unless a month is asked for
	ownMonthsReach = 24
)

// ownDate is one thing that takes place at a time and concerns a person.
type ownDate struct {
	Starts, Ends time.Time
	Time         string // "15–17 Uhr"; empty: only the days are known
	Title, Where string
	Path         string // of the page with more; empty: it is not for the viewer
	State        Words  // no key: it is certain
	event        func(*ics.Calendar)
}

// hoursOf are the clock times of something, whose day is told beside it.
func (f format) hoursOf(from, to time.Time) string {
	if engagement.DateOf(from) == engagement.DateOf(to) {
		return f.span(from, to)
	}
	return f.t("owncalendar.span", "from", f.clock(from), "to", f.clock(to))
}

// ownDates finds the dates of an account that touch a time, the first to begin first, and agreements without any time.
func (s *Server) ownDates(tx *store.Tx, r *Request, account engagement.ID, from, until time.Time) (dates []ownDate, loose []ownDate, err error) {
	shifts, busy, err := s.ownShiftDates(tx, r, account)
	if err != nil {
		return nil, nil, err
	}
	agreed, loose, err := s.agreedDates(tx, r, account, busy, from, until)
	if err != nil {
		return nil, nil, err
	}
	occasions, err := s.ownOccasions(tx, r, account)
	dates = slices.DeleteFunc(slices.Concat(shifts, agreed, occasions), func(d ownDate) bool { return !d.Ends.After(from) || !d.Starts.Before(until) })
	for _, list := range [][]ownDate{dates, loose} {
		for i := range list {
			if !r.mayOpen(list[i].Path) {
				list[i].Path = ""
			}
		}
	}
	slices.SortStableFunc(dates, func(a, b ownDate) int { return cmp.Or(a.Starts.Compare(b.Starts), cmp.Compare(a.Title, b.Title)) })
	return dates, loose, err
}

// ownShiftDates are the shifts of an account, and the opportunities whose times are told by shifts.
func (s *Server) ownShiftDates(tx *store.Tx, r *Request, account engagement.ID) (dates []ownDate, busy map[engagement.ID]bool, err error) {
	list, err := tx.ShiftSignUpsOf(account)
	if err != nil {
		return nil, nil, err
	}
	busy = map[engagement.ID]bool{}
	known := map[engagement.ID]engagement.Opportunity{}
	for _, u := range list {
		shift, err := tx.Shift(u.Shift)
		if err != nil {
			return nil, nil, err
		}
		o, err := shiftOpportunity(tx, known, shift.Opportunity)
		if err != nil {
			return nil, nil, err
		}
		state, status := Words{}, ics.ObjectStatusConfirmed
		switch {
		case u.State == engagement.ShiftOffered:
			state, status = say("shift.state.offered"), ics.ObjectStatusTentative
		case u.State == engagement.ShiftNotComing && u.By == engagement.ByOrganization:
			state, status = say("shift.canceled"), ics.ObjectStatusCancelled
		case u.State == engagement.ShiftNotComing || u.State == engagement.ShiftWaitlisted:
			continue
		}
		if status != ics.ObjectStatusCancelled {
			busy[o.ID] = true
		} else if u.Updated.Before(r.Now.AddDate(0, 0, -ownDaysBack)) {
			continue
		}
		m, err := tx.MatchRequest(u.Request)
		if err != nil {
			return nil, nil, err
		}
		d := ownDate{Starts: shift.Starts, Ends: shift.Ends, Time: r.format().hoursOf(shift.Starts, shift.Ends), Title: o.Title, Where: shiftPlace(shift, o), Path: "/meine/anfragen/" + string(m.ID) + "/schichten", State: state}
		details := ""
		if engagement.Can(engagement.Actor{Account: account}, engagement.Read, m.DetailsThing()) {
			details = o.Details
		}
		d.event = func(c *ics.Calendar) {
			event := c.AddEvent(string(u.ID) + "@" + s.base.Hostname())
			writeOwn(event, d, r, later(shift.Updated, u.Updated), shift.Sequence+u.Version, status)
			event.SetDescription(clean(details, true))
		}
		dates = append(dates, d)
	}
	return dates, busy, nil
}

// writeOwn writes a date of a person with the time by the clock in Berlin.
func writeOwn(event *ics.VEvent, d ownDate, r *Request, changed time.Time, sequence int, status ics.ObjectStatus) {
	event.SetDtStampTime(changed)
	event.SetLastModifiedAt(changed)
	event.SetSequence(sequence)
	event.SetSummary(clean(d.Title, false))
	if d.Where != "" {
		event.SetLocation(clean(d.Where, false))
	}
	event.SetURL(r.Absolute(d.Path))
	event.SetStatus(status)
	event.SetProperty(ics.ComponentPropertyDtStart, d.Starts.In(engagement.Berlin()).Format(calendarHour), ics.WithTZID(Zone))
	event.SetProperty(ics.ComponentPropertyDtEnd, d.Ends.In(engagement.Berlin()).Format(calendarHour), ics.WithTZID(Zone))
}

// agreedDates are the times of what a person agreed to help with, unless shifts tell them, and the agreements whose time is to be arranged.
func (s *Server) agreedDates(tx *store.Tx, r *Request, account engagement.ID, busy map[engagement.ID]bool, from, until time.Time) (dates, loose []ownDate, err error) {
	requests, err := tx.RequestsOfAccount(account)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range requests {
		if m.Answers() || m.State != engagement.Agreed && m.State != engagement.Active || busy[m.Opportunity] {
			continue
		}
		o, err := tx.Opportunity(m.Opportunity)
		if errors.Is(err, engagement.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		org, err := tx.Organization(m.Organization)
		if err != nil {
			return nil, nil, err
		}
		base := ownDate{Title: o.Title, Where: shiftPlace(engagement.Shift{}, o), Path: "/meine/anfragen/" + string(m.ID)}
		open, err := tx.ShiftsAhead([]engagement.ID{o.ID})
		if err != nil {
			return nil, nil, err
		}
		if len(open[o.ID]) > 0 || !dated(o) {
			base.State = say("owncalendar.arrange")
			if len(open[o.ID]) > 0 {
				base.State, base.Path = say("owncalendar.choose"), base.Path+"/schichten"
			}
			loose = append(loose, base)
			continue
		}
		dates = append(dates, s.agreedTimes(r, m, o, org, base, from, until)...)
	}
	return dates, loose, nil
}

// agreedTimes writes out when somebody helps who has an agreement: the same entries as in the file of that request.
func (s *Server) agreedTimes(r *Request, m engagement.MatchRequest, o engagement.Opportunity, org engagement.Organization, base ownDate, from, until time.Time) (dates []ownDate) {
	details := ""
	if engagement.Can(engagement.Actor{Account: m.Account}, engagement.Read, m.DetailsThing()) {
		details = o.Details
	}
	entry := calendarEntry{o, org.Name, string(m.ID), true, details}
	if entry.status() == ics.ObjectStatusTentative {
		base.State = say("owncalendar.arrange")
	}
	write := func(c *ics.Calendar) { s.writeEntry(c, r, entry, true) }
	for _, t := range entry.times(r.Now) {
		for _, day := range t.days(engagement.DateOf(until)) {
			d := base
			d.Starts, d.Ends = t.at(day, t.from), t.at(day, t.until)
			if d.Time = r.format().hoursOf(d.Starts, d.Ends); t.allDay {
				d.Time, d.Starts, d.Ends = "", t.first.Time(), t.last.Add(1).Time()
			}
			if d.Ends.After(from) {
				d.event, write = write, nil // one entry with its rule
				dates = append(dates, d)
			}
		}
	}
	return dates
}

// days are those on which it takes place, to a last one.
func (t calendarTime) days(last engagement.Date) []engagement.Date {
	if t.rule != "" {
		if rule, err := engagement.ParseRecurrence(t.rule, t.first); err == nil {
			return rule.Days(t.first, last)
		}
	}
	return []engagement.Date{t.first}
}

// at is an hour of a day in Berlin.
func (t calendarTime) at(day engagement.Date, hour int) time.Time {
	d := day.Time()
	return time.Date(d.Year(), d.Month(), d.Day(), hour, 0, 0, 0, d.Location())
}

// ownOccasions are those that a person signed up for.
func (s *Server) ownOccasions(tx *store.Tx, r *Request, account engagement.ID) (dates []ownDate, err error) {
	guests, err := tx.SignUpsOf(account)
	if err != nil {
		return nil, err
	}
	for _, g := range guests {
		if g.State != engagement.SignUpAccepted {
			continue
		}
		o, err := tx.Occasion(g.Occasion)
		if err != nil {
			return nil, err
		}
		if o.State == engagement.OccasionWithdrawn || o.State == engagement.OccasionHidden {
			continue
		}
		items, err := r.occasionItems(tx, []engagement.Occasion{o})
		if err != nil {
			return nil, err
		}
		entry := occasionEntry{o, items[0], o.Link}
		d := ownDate{Starts: o.Starts, Ends: o.Ends, Time: r.format().hoursOf(o.Starts, o.Ends), Title: o.Title, Where: items[0].Where, Path: "/anmeldung/" + tx.LinkToken(g.ID)}
		switch o.State {
		case engagement.OccasionCanceled:
			d.State = say("event.canceled")
		case engagement.OccasionPostponed:
			d.State = say("event.postponed")
		}
		d.event = func(c *ics.Calendar) { entry.write(c.AddEvent(string(o.ID)+"@"+s.base.Hostname()), r) }
		dates = append(dates, d)
	}
	return dates, nil
}

// ---- the page ----

// ownCalendarPage are the dates of the signed-in person: a list first, then the month as a table.
type ownCalendarPage struct {
	Page
	Days       []ownDay // of the list
	Loose      []ownDate
	One        bool // a month was asked for
	Month      engagement.Date
	Weeks      [][]monthDay
	Prev, Next string // paths; empty: no further
	Address    bool   // there is an address for programs
	Requests   bool   // there is anything agreed at all
}

// ownDay are the dates of one day.
type ownDay struct {
	Day    engagement.Date
	Anchor string // id on the page
	Dates  []ownDate
}

// monthDay is a cell of the table; the zero value stands for days of other months.
type monthDay struct {
	Day   engagement.Date
	N     int // day of the month
	Count int // dates
	Path  string
	Today bool
}

func (s *Server) ownCalendar(w *Response, r *Request) error {
	p := &ownCalendarPage{Page: r.Page("owncalendar.title")}
	p.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}}
	p.chooseMonth(r)
	today := engagement.DateOf(r.Now)
	next := monthAfter(p.Month, 1)
	first, last := today, monthAfter(today, ownListMonths)
	if p.One {
		first, last = p.Month, next
	}
	var dates []ownDate
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		from, until := min(first, p.Month), max(last, next)
		if dates, p.Loose, err = s.ownDates(tx, r, r.Session.Account.ID, from.Time(), until.Time()); err != nil {
			return err
		}
		_, err = tx.CalendarFeed(r.Session.Account.ID)
		if p.Address = err == nil; errors.Is(err, engagement.ErrNotFound) {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	counts := map[engagement.Date]int{}
	for _, d := range dates {
		for day := engagement.DateOf(d.Starts); day.Time().Before(d.Ends); day = day.Add(1) {
			counts[day]++
		}
		if day := max(engagement.DateOf(d.Starts), first); day < last && d.Ends.After(first.Time()) {
			if n := len(p.Days); n == 0 || p.Days[n-1].Day != day {
				p.Days = append(p.Days, ownDay{Day: day, Anchor: dayAnchor(day)})
			}
			p.Days[len(p.Days)-1].Dates = append(p.Days[len(p.Days)-1].Dates, d)
		}
	}
	p.table(counts, today)
	return w.Page(p)
}

// chooseMonth reads which month is asked for, with its neighbors.
func (p *ownCalendarPage) chooseMonth(r *Request) {
	this := monthAfter(engagement.DateOf(r.Now), 0)
	p.Month = this
	if asked := engagement.Date(r.URL.Query().Get("monat") + "-01"); asked.Valid() && asked >= monthAfter(this, -ownMonthsReach) && asked <= monthAfter(this, ownMonthsReach) {
		p.Month, p.One = asked, true
	}
	path := func(n int) string {
		m := monthAfter(p.Month, n)
		if m < monthAfter(this, -ownMonthsReach) || m > monthAfter(this, ownMonthsReach) {
			return ""
		}
		return monthPath(m)
	}
	p.Prev, p.Next = path(-1), path(1)
}

func dayAnchor(d engagement.Date) string { return "tag-" + string(d) }

func monthPath(d engagement.Date) string { return ownCalendar + "?monat=" + string(d[:len("2006-01")]) }

// monthAfter is the first day of the month n months after that of a day.
func monthAfter(d engagement.Date, n int) engagement.Date {
	t := d.Time()
	return engagement.DateOf(time.Date(t.Year(), t.Month()+time.Month(n), 1, 12, 0, 0, 0, t.Location()))
}

// table lays the month out in weeks.
func (p *ownCalendarPage) table(counts map[engagement.Date]int, today engagement.Date) {
	next := monthAfter(p.Month, 1)
	for monday := p.Month.Add(-weekday(p.Month)); monday < next; monday = monday.Add(7) {
		week := make([]monthDay, 7)
		for i := range week {
			day := monday.Add(i)
			if day < p.Month || day >= next {
				continue
			}
			week[i] = monthDay{Day: day, N: day.Time().Day(), Count: counts[day], Today: day == today}
			if week[i].Count > 0 {
				week[i].Path = monthPath(p.Month) + "#" + dayAnchor(day)
			}
		}
		p.Weeks = append(p.Weeks, week)
	}
}

// MonthName is the heading of the table: "Dezember 2026".
func (p *ownCalendarPage) MonthName() Words {
	if p.Month == "" {
		return Words{}
	}
	t := p.Month.Time()
	return say("owncalendar.month."+t.Format("1"), "year", t.Format("2006"))
}

// Weekdays are the headings of the columns.
func (p *ownCalendarPage) Weekdays() []engagement.Code { return engagement.Weekdays.Codes() }

// ---- the address for programs ----

// calendarAddressPage makes the address of the calendar.
type calendarAddressPage struct {
	Page
	Form    *Form
	Since   time.Time // of the one that there is; zero: none
	Neutral bool
	End     *Action
}

// calendarMadePage shows the address, this once.
type calendarMadePage struct {
	Page
	Address string
	File    string // its path
}

func (s *Server) calendarAddress(w *Response, r *Request) error {
	p := &calendarAddressPage{Page: r.Page("owncalendar.address")}
	p.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}, {Path: ownCalendar, Words: say("owncalendar.title")}}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		c, err := tx.CalendarFeed(r.Session.Account.ID)
		if errors.Is(err, engagement.ErrNotFound) {
			return nil
		}
		p.Since, p.Neutral = c.Created, c.Neutral
		return err
	})
	if err != nil {
		return err
	}
	p.Form = r.Form([]Field{{Name: "neutral", Kind: Box, Label: "owncalendar.neutral", Hint: "owncalendar.neutral.hint"}})
	f := p.Form
	f.Set("neutral", tick(p.Neutral))
	if !f.OK() {
		if !p.Since.IsZero() {
			end := r.Action(ownCalendar+"/adresse/beenden", "owncalendar.end")
			end.Sure, p.End = "owncalendar.end.sure", &end
		}
		return w.Page(p)
	}
	token := ""
	if err := r.update(func(tx *store.Tx) (err error) {
		token, err = engagement.OpenCalendar(tx, r.Actor(), f.On("neutral"))
		return err
	}); err != nil {
		return err
	}
	path := "/kalender/" + token + ".ics"
	return w.Page(&calendarMadePage{
		Page: Page{Title: p.Title, Crumbs: p.Crumbs}, Address: s.base.String() + r.Language.To(path), File: path,
	})
}

func (s *Server) closeCalendar(w *Response, r *Request) error {
	if err := r.update(func(tx *store.Tx) error { return engagement.CloseCalendar(tx, r.Actor()) }); err != nil {
		return err
	}
	return w.SeeOther(ownCalendar)
}

// calendarFeed is what a calendar program reads. Whoever has the address can, so people may choose that it names nothing.
func (s *Server) calendarFeed(w *Response, r *Request) error {
	var feed engagement.CalendarFeed
	var dates []ownDate
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if feed, err = tx.CalendarFeedBySecret(engagement.Hash(r.Var("token"))); err != nil {
			return err
		}
		dates, _, err = s.ownDates(tx, r, feed.Account, r.Now.AddDate(0, 0, -ownDaysBack), r.Now.AddDate(0, 0, ownDaysAhead))
		return err
	})
	if err != nil {
		return err
	}
	c := newCalendar(r.T("owncalendar.name", "site", s.instance.Load().Name))
	for _, d := range dates {
		if d.event != nil {
			d.event(c)
		}
	}
	if feed.Neutral {
		for _, event := range c.Events() {
			neutral(event, r)
		}
	}
	text, err := calendarText(c)
	if err != nil {
		return err
	}
	return w.File(calendarType, "", text)
}

// neutral takes everything out of an entry but its time. Its own link would name it, so it leads to the calendar.
func neutral(event *ics.VEvent, r *Request) {
	event.SetSummary(r.T("owncalendar.neutral.summary"))
	event.SetURL(r.Absolute(ownCalendar))
	for _, p := range []ics.ComponentProperty{ics.ComponentPropertyDescription, ics.ComponentPropertyLocation, ics.ComponentPropertyGeo, ics.ComponentPropertyCategories} {
		event.RemoveProperty(p)
	}
}
