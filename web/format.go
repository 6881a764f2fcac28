package web

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the program runs in containers without zone files

	"golang.org/x/text/collate"

	"seestern/engagement"
)

// format writes times, distances and amounts in one language and the time zone of the instance. The patterns are words of
// the catalogue (format.…).
type format struct {
	words Catalogue
	lang  Lang
	zone  *time.Location
}

func (f format) t(key string, args ...any) string { return f.words.T(f.lang, key, pairs(args)) }

// dayArgs are the parts of a day that patterns may use: d and dd, mm, month and mon (short), year, weekday.
func (f format) dayArgs(t time.Time) []any {
	month := strconv.Itoa(int(t.Month()))
	return []any{
		"weekday", f.t("format.weekday." + strconv.Itoa(int(t.Weekday()))), "d", strconv.Itoa(t.Day()), "dd", t.Format("02"),
		"mm", t.Format("01"), "month", f.t("format.month." + month), "mon", f.t("format.mon." + month), "year", strconv.Itoa(t.Year()),
	}
}

// day: "Mittwoch, 25. November 2026". It takes a time.Time or an engagement.Date; the zero value gives "".
func (f format) day(when any) (string, error) { return f.dayAs("format.day", when) }

// dayShort is the day for tables: "25.11.2026".
func (f format) dayShort(when any) (string, error) { return f.dayAs("format.day.short", when) }

// monthOf is the month of a day: "November 2026".
func (f format) monthOf(when any) (string, error) { return f.dayAs("format.monthyear", when) }

func (f format) dayAs(key string, when any) (string, error) {
	t, err := f.local(when)
	if err != nil || t.IsZero() {
		return "", err
	}
	return f.t(key, f.dayArgs(t)...), nil
}

// local is the time in the zone of the instance. A calendar day has no zone.
func (f format) local(when any) (time.Time, error) {
	switch v := when.(type) {
	case time.Time:
		if v.IsZero() {
			return v, nil
		}
		return v.In(f.zone), nil
	case engagement.Date:
		if v == "" {
			return time.Time{}, nil
		}
		return time.Parse(time.DateOnly, string(v))
	}
	return time.Time{}, fmt.Errorf("%T is no day", when)
}

// iso is the value of a datetime attribute.
func (f format) iso(when any) (string, error) {
	t, err := f.local(when)
	if err != nil || t.IsZero() {
		return "", err
	}
	if _, day := when.(engagement.Date); day {
		return t.Format(time.DateOnly), nil
	}
	return t.Format(time.RFC3339), nil
}

// clock: "15 Uhr", "15:30 Uhr".
func (f format) clock(t time.Time) string { return f.clockAs("format.clock", t.In(f.zone)) }

func (f format) clockAs(key string, t time.Time) string {
	if t.Minute() == 0 {
		key += ".full"
	}
	return f.t(key, "h", strconv.Itoa(t.Hour()), "hh", t.Format("15"), "m", strconv.Itoa(t.Minute()), "mm", t.Format("04"))
}

// span: "15–17 Uhr" on one day, "5. bis 7. Dezember 2026" over several.
func (f format) span(from, to time.Time) string {
	from, to = from.In(f.zone), to.In(f.zone)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return f.t("format.span", "from", f.clockAs("format.clock.bare", from), "to", f.clockAs("format.clock.bare", to),
			"fromClock", f.clockAs("format.clock", from), "toClock", f.clockAs("format.clock", to))
	}
	args := []any{}
	for i, t := range []time.Time{from, to} {
		parts := f.dayArgs(t)
		for j := 0; j < len(parts); j += 2 {
			args = append(args, parts[j].(string)+strconv.Itoa(i+1), parts[j+1])
		}
	}
	switch {
	case from.Year() != to.Year():
		return f.t("format.days.far", args...)
	case from.Month() != to.Month():
		return f.t("format.days.year", args...)
	}
	return f.t("format.days.month", args...)
}

// ago: "heute", "vor 12 Tagen", in calendar days. The date itself stands beside it or in a title.
func (f format) ago(then, now time.Time) string {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(f.zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	days := int(midnight(now).Sub(midnight(then)).Hours() / 24)
	if days <= 0 {
		return f.t("format.today")
	}
	return f.t("format.ago", "n", days)
}

// km: "unter 1 km"; exact "2,1 km", from 10 km on whole numbers; else, when one end is known by place only, "etwa 2 km".
func (f format) km(km float64, exact bool) string {
	whole := int(math.Round(km))
	switch {
	case km < 1:
		return f.t("format.km.near")
	case !exact:
		return f.t("format.km.about", "n", whole)
	case km < 10:
		return f.t("format.km.exact", "x", f.decimal(km, 1), "n", whole)
	}
	return f.t("format.km.exact", "x", f.words.number(f.lang, whole), "n", whole)
}

// decimal writes x with at most the given digits after the comma, without trailing zeros.
func (f format) decimal(x float64, digits int) string {
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return strings.Replace(s, ".", f.t("format.decimal"), 1)
}

// count is for numbers of people that must not be exact: "0", "wenige", "rund 20".
func (f format) count(n int) string {
	switch {
	case n <= 0:
		return f.t("format.count.none")
	case n < 5:
		return f.t("format.count.few")
	}
	return f.t("format.count.about", "n", (n+5)/10*10)
}

// hours of a number of minutes: "2,5 Stunden"; below one hour "30 Minuten".
func (f format) hours(minutes int) string {
	n, rest := minutes/60, minutes%60
	switch {
	case minutes < 60:
		return f.t("format.minutes", "n", minutes)
	case rest == 0:
		return f.t("format.hours", "n", n)
	case rest == 30:
		return f.t("format.hours.half", "x", f.decimal(float64(minutes)/60, 1), "n", n)
	}
	return f.t("format.hours.part", "x", f.decimal(float64(minutes)/60, 2), "n", n, "m", rest)
}

// money of a number of cents: "960 €", "4,50 €".
func (f format) money(cents int) string {
	euros := f.words.number(f.lang, cents/100)
	if cents%100 != 0 {
		euros += f.t("format.decimal") + fmt.Sprintf("%02d", cents%100)
	}
	return f.t("format.money", "x", euros)
}

// list: "A, B und C"; in simple language one per line.
func (f format) list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return f.t("format.list", "a", strings.Join(items[:last], f.t("format.list.comma")), "b", items[last])
}

// and joins words inside a sentence, in every language: "Dienstag und Donnerstag".
func (f format) and(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return f.t("format.and", "a", strings.Join(items[:last], ", "), "b", items[last])
}

// code is the label of a vocabulary code; codes that only another instance knows are "andere Angabe".
func (f format) code(vocabulary string, code engagement.Code) string {
	key := "code." + vocabulary + "." + string(code)
	if label := f.t(key); label != key {
		return label
	}
	return f.t("code.unknown")
}

// sortByName sorts the way people of the language expect it: "Äpfel" between "Apfel" and "Ofen".
func sortByName[T any](lang Lang, items []T, name func(T) string) {
	c := collate.New(languageOf(lang).Tag)
	slices.SortStableFunc(items, func(a, b T) int { return c.CompareString(name(a), name(b)) })
}
