package engagement

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Recurrence says on which days something takes place again after its first day: the part of RFC 5545 that people need.
type Recurrence struct {
	Repeat   Code   // vocabulary repeat; empty: only once
	Every    int    // 2: every second day, week or month; 1–12
	Weekdays []Code // vocabulary weekday, only with "woechentlich"; none: the weekday of the first day
	Until    Date   // last day on which it can be; empty: it goes on
	Except   []Date // days that are left out
}

// Limits of a recurrence.
const (
	RecurrenceDays   = 366 // in all, the first among them
	recurrenceEvery  = 12
	recurrenceExcept = 100
	farDay           = Date("2200-01-01")
)

// check finds what is wrong with it for a first day, and forgets what its kind does not have.
func (r *Recurrence) check(first Date) error {
	var bad Invalids
	bad.Code("repeat", Repeats, r.Repeat, true)
	if r.Every == 0 {
		r.Every = 1
	}
	if r.Every < 1 || r.Every > recurrenceEvery {
		bad.Add("every", "error.repeat.every", "from", 1, "to", recurrenceEvery)
	}
	if r.Repeat != "woechentlich" {
		r.Weekdays = nil
	}
	bad.Codes("weekdays", Weekdays, r.Weekdays, 0, len(Weekdays.Terms))
	if len(r.Weekdays) > 0 && !slices.Contains(r.Weekdays, weekdayOf(first)) {
		bad.Add("weekdays", "error.repeat.weekday")
	}
	if r.Repeat == "monatlich-letzter" && monthOf(first) == monthOf(first.Add(7)) {
		bad.Add("repeat", "error.repeat.last")
	}
	switch {
	case r.Until == "":
	case !r.Until.Valid():
		bad.Add("until", "error.date.unknown")
	case r.Until < first:
		bad.Add("until", "error.repeat.until")
	}
	slices.Sort(r.Except)
	r.Except = slices.Compact(r.Except)
	switch {
	case len(r.Except) > recurrenceExcept:
		bad.Add("except", "error.repeat.many", "n", recurrenceExcept)
	case slices.ContainsFunc(r.Except, func(d Date) bool { return !d.Valid() }):
		bad.Add("except", "error.date.unknown")
	case slices.Contains(r.Except, first):
		bad.Add("except", "error.repeat.first")
	}
	return bad.Err()
}

// Same says whether two recurrences mean the same.
func (r Recurrence) Same(other Recurrence) bool {
	days := func(list []Code) []Code { return slices.Sorted(slices.Values(list)) }
	return r.Repeat == other.Repeat && max(1, r.Every) == max(1, other.Every) && r.Until == other.Until &&
		slices.Equal(days(r.Weekdays), days(other.Weekdays)) && slices.Equal(slices.Sorted(slices.Values(r.Except)), slices.Sorted(slices.Values(other.Except)))
}

// Days are the days on which it takes place, the first among them, to a last one.
func (r Recurrence) Days(first, last Date) []Date {
	days := slices.DeleteFunc(r.all(first, min(last, farDay)), func(d Date) bool { return slices.Contains(r.Except, d) })
	return slices.Compact(days)
}

// all are the days with those that are left out.
func (r Recurrence) all(first, last Date) []Date {
	if r.Until != "" {
		last = min(last, r.Until)
	}
	if last < first {
		return nil
	}
	days := []Date{first}
	if r.Repeat == "" || r.Every < 1 {
		return days
	}
	for n := 0; ; n++ {
		begin, some := r.period(first, n*r.Every)
		if begin > last {
			return days
		}
		for _, d := range some {
			if d <= first || d > last {
				continue
			}
			if days = append(days, d); len(days) == RecurrenceDays {
				return days
			}
		}
	}
}

// period is the n-th day, week or month after that of the first day: its beginning, and its days in order.
func (r Recurrence) period(first Date, n int) (begin Date, days []Date) {
	switch r.Repeat {
	case "taeglich":
		day := first.Add(n)
		return day, []Date{day}
	case "woechentlich":
		monday := first.Add(7*n - Weekdays.Index(weekdayOf(first)))
		for i, term := range Weekdays.Terms {
			if term.Code == weekdayOf(first) && len(r.Weekdays) == 0 || slices.Contains(r.Weekdays, term.Code) {
				days = append(days, monday.Add(i))
			}
		}
		return monday, days
	}
	t, _ := time.Parse(time.DateOnly, string(first)) // a day, by the rules
	begin = Date(time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	day := begin.Add(t.Day() - 1)
	if r.Repeat != "monatlich" { // the same weekday, the same number of times since the month began
		day = begin.Add((Weekdays.Index(weekdayOf(first)) - Weekdays.Index(weekdayOf(begin)) + 7) % 7)
		weeks := (t.Day() - 1) / 7
		for i := 0; r.Repeat == "monatlich-letzter" && monthOf(day.Add(7)) == monthOf(begin) || i < weeks && r.Repeat == "monatlich-wochentag"; i++ {
			day = day.Add(7)
		}
	}
	if monthOf(day) == monthOf(begin) { // not the 31st of April
		days = []Date{day}
	}
	return begin, days
}

func monthOf(d Date) string { return string(d[:len("2006-01")]) }

// weekdayOf is the day of the week.
func weekdayOf(d Date) Code {
	t, _ := time.Parse(time.DateOnly, string(d)) // a day, by the rules
	return Weekdays.Terms[(int(t.Weekday())+6)%7].Code
}

// complete checks a recurrence, and makes it end with the n-th day; those that are left out count. With 0 it ends when it says.
func (r *Recurrence) complete(first Date, n int) error {
	if err := r.check(first); err != nil || n == 0 {
		return err
	}
	if n < 1 || n > RecurrenceDays {
		return &Invalid{Field: "times", Key: "error.repeat.times", Args: map[string]any{"from": 1, "to": RecurrenceDays}}
	}
	all := r.all(first, farDay)
	if last := all[min(n, len(all))-1]; r.Until == "" || last < r.Until {
		r.Until = last
	}
	return nil
}

// frequencies are the kinds of recurrence by their names in RFC 5545.
var frequencies = map[string]Code{"DAILY": "taeglich", "WEEKLY": "woechentlich", "MONTHLY": "monatlich"}

// ParseRecurrence reads a rule of RFC 5545 that begins on a day: FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL, BYDAY, UNTIL and COUNT. What
// else there is, or does not fit the day, is refused.
func ParseRecurrence(rule string, first Date) (r Recurrence, err error) {
	bad := &Invalid{Field: "repeat", Key: "error.repeat.rule"}
	r.Every = 1
	days, times := []string(nil), 0
	for _, part := range strings.Split(strings.TrimPrefix(rule, "RRULE:"), ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "FREQ":
			r.Repeat = frequencies[value]
		case "INTERVAL":
			r.Every, err = strconv.Atoi(value)
		case "COUNT":
			if times, err = strconv.Atoi(value); times == 0 {
				return r, bad
			}
		case "UNTIL":
			var t time.Time
			day, _, _ := strings.Cut(value, "T")
			t, err = time.Parse("20060102", day)
			r.Until = Date(t.Format(time.DateOnly))
		case "BYDAY":
			days = strings.Split(value, ",")
		default:
			return r, bad
		}
		if err != nil {
			return r, bad
		}
	}
	if r.Repeat == "" || r.Until != "" && times > 0 || !r.readDays(days, first) {
		return r, bad
	}
	return r, r.complete(first, times)
}

var weekdayNames = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// readDays reads BYDAY: weekdays of a week, or one of a month with its number.
func (r *Recurrence) readDays(days []string, first Date) bool {
	if len(days) == 0 {
		return true
	}
	if r.Repeat == "monatlich" {
		name := weekdayNames[Weekdays.Index(weekdayOf(first))]
		t, _ := time.Parse(time.DateOnly, string(first)) // a day, by the rules
		r.Repeat = map[string]Code{strconv.Itoa((t.Day()-1)/7+1) + name: "monatlich-wochentag", "-1" + name: "monatlich-letzter"}[days[0]]
		return len(days) == 1 && r.Repeat != ""
	}
	if r.Repeat == "taeglich" { // each day of these is each week on these
		if r.Every != 1 {
			return false
		}
		r.Repeat = "woechentlich"
	}
	for _, day := range days {
		i := slices.Index(weekdayNames, day)
		if i < 0 {
			return false
		}
		r.Weekdays = append(r.Weekdays, Weekdays.Terms[i].Code)
	}
	return true
}
