package web

import (
	"strings"

	"seestern/engagement"
)

// format of the request's language, for sentences that are put together in Go.
func (r *Request) format() format {
	return format{words: r.server.words, lang: r.Language.Lang, zone: r.server.zone}
}

// when says in a few words when something takes place: how often, which slots of the week, from which day on.
func (f format) when(o engagement.Opportunity) []string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if engagement.Commitments.Has(o.Commitment) {
		add(f.code("commitment", o.Commitment))
	}
	if engagement.Rhythms.Has(o.Rhythm) {
		add(f.code("rhythm", o.Rhythm))
	}
	if one := oneDay(o); one != "" { // the day says the weekday
		add(strings.TrimSuffix(f.days(o)+", "+f.dayparts(o.Grid, weekday(one)), ", "))
		return parts
	}
	add(f.and(f.slots(o.Grid)))
	add(f.days(o))
	return parts
}

// oneDay is the only day of an opportunity; empty if there are several, or none is known.
func oneDay(o engagement.Opportunity) engagement.Date {
	if o.StartsOn.Valid() && (o.EndsOn == o.StartsOn || o.EndsOn == "" && o.Commitment == "einmalig") {
		return o.StartsOn
	}
	return ""
}

// days are the calendar days of an opportunity.
func (f format) days(o engagement.Opportunity) string {
	text := func(d engagement.Date) string {
		day, err := f.day(d)
		if err != nil { // copies may hold anything
			return string(d)
		}
		return day
	}
	switch {
	case oneDay(o) != "":
		return text(o.StartsOn)
	case o.StartsOn != "" && o.EndsOn != "":
		return f.t("when.between", "from", text(o.StartsOn), "until", text(o.EndsOn))
	case o.StartsOn != "":
		return f.t("when.from", "from", text(o.StartsOn))
	case o.EndsOn != "":
		return f.t("when.until", "until", text(o.EndsOn))
	}
	return ""
}

// effort is how long it takes each time.
func (f format) effort(o engagement.Opportunity) string {
	least, most := o.HoursMin, o.HoursMax
	switch {
	case least == 0 && most == 0:
		return ""
	case least == 0 || most == 0 || least == most:
		return f.hours(int(max(least, most) * 60))
	}
	return f.t("when.hours", "from", f.decimal(least, 1), "until", f.hours(int(most*60)))
}

// slots names the slots of the week. Days with the same dayparts are named together: "Dienstag und Donnerstag nachmittags".
func (f format) slots(g engagement.Grid) []string {
	var slots, names []string
	days := map[string][]int{} // by the names of the dayparts, in the order of names
	for i := range engagement.Weekdays.Terms {
		name := f.dayparts(g, i)
		if name != "" && days[name] == nil {
			names = append(names, name)
		}
		days[name] = append(days[name], i)
	}
	for _, name := range names {
		slots = append(slots, f.t("when.slot", "days", f.weekdays(days[name]), "parts", name))
	}
	for _, flag := range engagement.TimeFlags.Codes() {
		if bit, _ := engagement.ParseGrid([]engagement.Code{flag}); g.Has(bit) {
			slots = append(slots, f.code("time_flag", flag))
		}
	}
	return slots
}

// dayparts names those of one day of the week, 0 is Monday.
func (f format) dayparts(g engagement.Grid, day int) string {
	var names []string
	for _, part := range engagement.Dayparts.Codes() {
		if g.Has(engagement.Slot(engagement.Weekdays.Terms[day].Code, part)) {
			names = append(names, f.code("daypart", part))
		}
	}
	if len(names) == len(engagement.Dayparts.Terms) {
		return f.t("when.allday")
	}
	return strings.Join(names, ", ")
}

// weekdays names days; three or more in a row are "Montag bis Freitag".
func (f format) weekdays(days []int) string {
	name := func(day int) string { return f.code("weekday", engagement.Weekdays.Terms[day].Code) }
	if len(days) == len(engagement.Weekdays.Terms) {
		return f.t("when.daily")
	}
	var names []string
	for i := 0; i < len(days); i++ {
		last := i
		for last+1 < len(days) && days[last+1] == days[last]+1 {
			last++
		}
		if last < i+2 {
			names = append(names, name(days[i]))
			continue
		}
		names = append(names, f.t("when.days", "from", name(days[i]), "until", name(days[last])))
		i = last
	}
	return f.and(names)
}

// labels are the labels of codes.
func (f format) labels(vocabulary string, codes []engagement.Code) []string {
	labels := make([]string, len(codes))
	for i, c := range codes {
		labels[i] = f.code(vocabulary, c)
	}
	return labels
}
