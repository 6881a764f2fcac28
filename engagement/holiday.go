package engagement

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Berlin is the zone of all calendar days and clock times of the project. It is loaded at first use, because the embedded zone data of
// the program are not there yet when this package is initialized; without any zone data it panics and says what is missing.
var Berlin = sync.OnceValue(func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic("engagement: no data of the time zone Europe/Berlin; install tzdata or import time/tzdata: " + err.Error())
	}
	return l
})

// holidayRules are the public holidays by law of the Länder, for 2018 and later. Days that only some municipalities have (Mariä
// Himmelfahrt in Bavaria, Fronleichnam in Saxony and Thuringia, Friedensfest in Augsburg) are left out: a clock that runs one day
// shorter there does no harm. The rows keep the order of the calendar until 2284, when Easter comes too early for it.
var holidayRules = []struct {
	code  Code
	on    func(year int) time.Time
	lands string // codes of Lands; empty: all
	from  int    // first year, 0: always
	until int    // last year, 0: still
}{
	{"neujahr", fixed(time.January, 1), "", 0, 0},
	{"heilige-drei-koenige", fixed(time.January, 6), "BW BY ST", 0, 0},
	{"frauentag", fixed(time.March, 8), "BE", 2019, 0},
	{"frauentag", fixed(time.March, 8), "MV", 2023, 0},
	{"karfreitag", easter(-2), "", 0, 0},
	{"ostersonntag", easter(0), "BB", 0, 0},
	{"ostermontag", easter(1), "", 0, 0},
	{"tag-der-arbeit", fixed(time.May, 1), "", 0, 0},
	{"tag-der-befreiung", fixed(time.May, 8), "BE", 2020, 2020}, // once, 75 years
	{"tag-der-befreiung", fixed(time.May, 8), "BE", 2025, 2025}, // once, 80 years
	{"himmelfahrt", easter(39), "", 0, 0},
	{"pfingstsonntag", easter(49), "BB", 0, 0},
	{"pfingstmontag", easter(50), "", 0, 0},
	{"fronleichnam", easter(60), "BW BY HE NW RP SL", 0, 0},
	{"volksaufstand", fixed(time.June, 17), "BE", 2028, 2028}, // once, 75 years
	{"mariae-himmelfahrt", fixed(time.August, 15), "SL", 0, 0},
	{"weltkindertag", fixed(time.September, 20), "TH", 2019, 0},
	{"tag-der-deutschen-einheit", fixed(time.October, 3), "", 0, 0},
	{"reformationstag", fixed(time.October, 31), "BB HB HH MV NI SN ST SH TH", 0, 0},
	{"allerheiligen", fixed(time.November, 1), "BW BY NW RP SL", 0, 0},
	{"buss-und-bettag", repentance, "SN", 0, 0},
	{"erster-weihnachtstag", fixed(time.December, 25), "", 0, 0},
	{"zweiter-weihnachtstag", fixed(time.December, 26), "", 0, 0},
}

func fixed(month time.Month, day int) func(int) time.Time {
	return func(year int) time.Time { return time.Date(year, month, day, 0, 0, 0, 0, time.UTC) }
}

// easter is the day so many days after Easter Sunday.
func easter(days int) func(int) time.Time {
	return func(year int) time.Time { return easterSunday(year).AddDate(0, 0, days) }
}

// easterSunday follows the anonymous Gregorian computus (Meeus, Astronomical Algorithms, chapter 8).
func easterSunday(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// repentance is the Wednesday before 23 November.
func repentance(year int) time.Time {
	eve := time.Date(year, time.November, 22, 0, 0, 0, 0, time.UTC)
	return eve.AddDate(0, 0, -int(eve.Weekday()-time.Wednesday+7)%7)
}

// Holiday is a public holiday.
type Holiday struct {
	Date Date
	Code Code // "karfreitag"
}

// Holidays are the public holidays of a year in a Land ("BE", see [Lands]), in the order of the calendar. For any other land they are
// those of all Länder.
func Holidays(year int, land string) []Holiday {
	var days []Holiday
	for _, r := range holidayRules {
		if r.lands != "" && !slices.Contains(strings.Fields(r.lands), land) || year < r.from || r.until != 0 && year > r.until {
			continue
		}
		days = append(days, Holiday{Date(r.on(year).Format(time.DateOnly)), r.code})
	}
	return days
}

// IsHoliday says whether the day of t in Berlin is a public holiday of the Land.
func IsHoliday(t time.Time, land string) bool {
	t = t.In(Berlin())
	day := Date(t.Format(time.DateOnly))
	return slices.ContainsFunc(Holidays(t.Year(), land), func(h Holiday) bool { return h.Date == day })
}

// IsWorkingDay says whether the day of t in Berlin is one of Monday to Friday and no public holiday of the Land.
func IsWorkingDay(t time.Time, land string) bool {
	switch t.In(Berlin()).Weekday() {
	case time.Saturday, time.Sunday:
		return false
	}
	return !IsHoliday(t, land)
}

// AddWorkingDays is the same clock time in Berlin n working days after t. The day of t does not count, so what came on a Friday has
// its first working day on Monday, and so has what came on the Sunday after it. n ≤ 0 gives t.
func AddWorkingDays(t time.Time, n int, land string) time.Time {
	t = t.In(Berlin())
	day := t // counted from t each time: a day whose clock skips an hour must not shift the days after it
	for i := 1; n > 0; i++ {
		if day = t.AddDate(0, 0, i); IsWorkingDay(day, land) {
			n--
		}
	}
	return day
}
