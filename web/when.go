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
	add(f.list(f.slots(o.Grid)))
	add(f.days(o))
	return parts
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
	case o.StartsOn != "" && (o.EndsOn == o.StartsOn || o.EndsOn == "" && o.Commitment == "einmalig"):
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

// slots names the slots of the week. Neighboring days with the same dayparts are named together: "Montag bis Mittwoch vormittags".
func (f format) slots(g engagement.Grid) []string {
	days := engagement.Weekdays.Codes()
	parts := func(i int) string {
		var names []string
		for _, part := range engagement.Dayparts.Codes() {
			if g.Has(engagement.Slot(days[i], part)) {
				names = append(names, f.code("daypart", part))
			}
		}
		if len(names) == len(engagement.Dayparts.Terms) {
			return f.t("when.allday")
		}
		return strings.Join(names, ", ")
	}
	var slots []string
	for i := 0; i < len(days); {
		last, name := i, parts(i)
		for last+1 < len(days) && parts(last+1) == name {
			last++
		}
		if name != "" {
			slots = append(slots, f.t("when.slot", "days", f.weekdays(days[i:last+1]), "parts", name))
		}
		i = last + 1
	}
	for _, flag := range engagement.TimeFlags.Codes() {
		if bit, _ := engagement.ParseGrid([]engagement.Code{flag}); g.Has(bit) {
			slots = append(slots, f.code("time_flag", flag))
		}
	}
	return slots
}

func (f format) weekdays(days []engagement.Code) string {
	first, last := f.code("weekday", days[0]), f.code("weekday", days[len(days)-1])
	switch len(days) {
	case 1:
		return first
	case 2:
		return f.list([]string{first, last})
	case 7:
		return f.t("when.daily")
	}
	return f.t("when.days", "from", first, "until", last)
}

// labels are the labels of codes.
func (f format) labels(vocabulary string, codes []engagement.Code) []string {
	labels := make([]string, len(codes))
	for i, c := range codes {
		labels[i] = f.code(vocabulary, c)
	}
	return labels
}
