package engagement_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"seestern/engagement"
)

// on returns the dates of one holiday in a year and a Land.
func on(year int, land string, holiday code) []engagement.Date {
	var dates []engagement.Date
	for _, h := range engagement.Holidays(year, land) {
		if h.Code == holiday {
			dates = append(dates, h.Date)
		}
	}
	return dates
}

func TestEaster(t *testing.T) {
	// Easter Sunday is a public holiday in Brandenburg only; the dates are those of the calendar.
	for _, want := range []engagement.Date{
		"2018-04-01", "2019-04-21", "2020-04-12", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28",
		"2028-04-16", "2030-04-21", "2035-03-25", "2038-04-25", "2049-04-18", "2076-04-19",
		"2100-03-28",
	} {
		day, err := time.Parse(time.DateOnly, string(want))
		if err != nil {
			t.Fatal(err)
		}
		t.Run("in "+day.Format("2006"), func(t *testing.T) {
			if diff := cmp.Diff([]engagement.Date{want}, on(day.Year(), "BB", "ostersonntag")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHolidays(t *testing.T) {
	for _, c := range []struct {
		name string
		code code
		year int
		date engagement.Date
		in   string // Länder that have it
		not  string // some that do not
	}{
		{"New Year is everywhere", "neujahr", 2026, "2026-01-01", "BE NW SN BY TH", ""},
		{"Epiphany", "heilige-drei-koenige", 2026, "2026-01-06", "BW BY ST", "BE NW SN"},
		{"Women's Day in Berlin since 2019", "frauentag", 2026, "2026-03-08", "BE MV", "BB NW SN"},
		{"Women's Day in Mecklenburg only since 2023", "frauentag", 2022, "2022-03-08", "BE", "MV"},
		{"Good Friday", "karfreitag", 2026, "2026-04-03", "BE NW SN BY", ""},
		{"Ascension", "himmelfahrt", 2026, "2026-05-14", "BE NW SN BY", ""},
		{"Liberation Day once in Berlin", "tag-der-befreiung", 2025, "2025-05-08", "BE", "BB NW"},
		{"Liberation Day not every year", "tag-der-befreiung", 2026, "2026-05-08", "", "BE BB"},
		{"Whit Monday", "pfingstmontag", 2026, "2026-05-25", "BE NW SN BY", ""},
		{"Corpus Christi", "fronleichnam", 2026, "2026-06-04", "BW BY HE NW RP SL", "BE BB SN TH NI"},
		{"17 June once in Berlin", "volksaufstand", 2028, "2028-06-17", "BE", "BB SN"},
		{"Assumption", "mariae-himmelfahrt", 2026, "2026-08-15", "SL", "BY NW"},
		{"Children's Day", "weltkindertag", 2026, "2026-09-20", "TH", "SN BE"},
		{"Unity Day", "tag-der-deutschen-einheit", 2026, "2026-10-03", "BE NW SN BY", ""},
		{"Reformation Day", "reformationstag", 2026, "2026-10-31", "BB HB HH MV NI SN ST SH TH", "BE NW BY HE"},
		{"All Saints", "allerheiligen", 2026, "2026-11-01", "BW BY NW RP SL", "BE BB SN"},
		{"Repentance Day 2026", "buss-und-bettag", 2026, "2026-11-18", "SN", "BE BB NW BY TH"},
		{"Repentance Day 2022, at the earliest", "buss-und-bettag", 2022, "2022-11-16", "SN", "BE"},
		{"Repentance Day 2028, at the latest", "buss-und-bettag", 2028, "2028-11-22", "SN", "BE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, land := range engagement.Lands.Codes() {
				got := on(c.year, string(land), c.code)
				switch {
				case contains(c.in, land):
					if diff := cmp.Diff([]engagement.Date{c.date}, got); diff != "" {
						t.Errorf("%s: %s", land, diff)
					}
				case contains(c.not, land) && got != nil:
					t.Errorf("%s: got %v, want none", land, got)
				}
			}
		})
	}
	t.Run("every Land has its number of holidays", func(t *testing.T) {
		want := map[code]int{
			"BW": 12, "BY": 12, "BE": 10, "BB": 12, "HB": 10, "HH": 10, "HE": 10, "MV": 11, "NI": 10, "NW": 11, "RP": 11,
			"SL": 12, "SN": 11, "ST": 11, "SH": 10, "TH": 11,
		}
		got := map[code]int{}
		for _, land := range engagement.Lands.Codes() {
			got[land] = len(engagement.Holidays(2026, string(land)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("without a Land only what holds in all of them", func(t *testing.T) {
		if got := len(engagement.Holidays(2026, "")); got != 9 {
			t.Errorf("got %d, want 9", got)
		}
	})
	t.Run("come in the order of the calendar and inside their year", rapid.MakeCheck(func(t *rapid.T) {
		year := rapid.IntRange(2018, 2199).Draw(t, "year")
		land := rapid.SampledFrom(engagement.Lands.Codes()).Draw(t, "land")
		last := engagement.Date("")
		for _, h := range engagement.Holidays(year, string(land)) {
			day, err := time.Parse(time.DateOnly, string(h.Date))
			if err != nil || day.Year() != year || h.Date < last {
				t.Fatalf("%s on %s after %s in %d (%v)", h.Code, h.Date, last, year, err)
			}
			last = h.Date
		}
	}))
	t.Run("fall on the weekday they are bound to", rapid.MakeCheck(func(t *rapid.T) {
		year := rapid.IntRange(2018, 2199).Draw(t, "year")
		for _, h := range append(engagement.Holidays(year, "BB"), append(engagement.Holidays(year, "SN"), engagement.Holidays(year, "NW")...)...) {
			want, bound := map[code]time.Weekday{
				"karfreitag": time.Friday, "ostersonntag": time.Sunday, "ostermontag": time.Monday,
				"himmelfahrt": time.Thursday, "pfingstsonntag": time.Sunday, "pfingstmontag": time.Monday, "fronleichnam": time.Thursday,
				"buss-und-bettag": time.Wednesday,
			}[h.Code]
			day, _ := time.Parse(time.DateOnly, string(h.Date))
			if bound && day.Weekday() != want {
				t.Fatalf("%s on %s is a %s, want %s", h.Code, h.Date, day.Weekday(), want)
			}
		}
	}))
}

func contains(lands string, land code) bool {
	for len(lands) >= 2 {
		if lands[:2] == string(land) {
			return true
		}
		lands = lands[min(3, len(lands)):]
	}
	return false
}

func berlin(t *testing.T, clock string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", clock, engagement.Berlin())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWorkingDays(t *testing.T) {
	for _, c := range []struct {
		name string
		from string
		n    int
		land string
		want string
	}{
		{"no day is the same instant", "2026-11-21 10:00", 0, "BE", "2026-11-21 10:00"},
		{"from Monday to Thursday", "2026-11-23 10:00", 3, "BE", "2026-11-26 10:00"},
		{"a weekend does not count", "2026-11-26 10:00", 2, "BE", "2026-11-30 10:00"},
		{"what comes on Sunday has Monday as its first day", "2026-11-22 23:30", 1, "BE", "2026-11-23 23:30"},
		{"Easter is four days", "2026-04-02 09:00", 1, "BE", "2026-04-07 09:00"},
		{"Repentance Day counts in Berlin", "2026-11-17 09:00", 1, "BE", "2026-11-18 09:00"},
		{"and not in Saxony", "2026-11-17 09:00", 1, "SN", "2026-11-19 09:00"},
		{"Corpus Christi does not count in North Rhine-Westphalia", "2026-06-03 09:00", 5, "NW", "2026-06-11 09:00"},
		{"and counts in Berlin", "2026-06-03 09:00", 5, "BE", "2026-06-10 09:00"},
		{"Christmas and New Year", "2026-12-23 16:00", 5, "BE", "2026-12-31 16:00"},
		{"the clock on the wall stays when summer time begins", "2026-03-27 17:00", 1, "BE", "2026-03-30 17:00"},
		{"also at an hour that the night of the change does not have", "2026-03-27 02:30", 1, "BE", "2026-03-30 02:30"},
		{"and when it ends", "2026-10-23 02:30", 1, "BE", "2026-10-26 02:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, want := berlin(t, c.from), berlin(t, c.want)
			if got := engagement.AddWorkingDays(from.UTC(), c.n, c.land); !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	t.Run("the day is the one in Berlin, not in UTC", func(t *testing.T) {
		lateSunday := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // Monday 0:30 in Berlin
		if !engagement.IsWorkingDay(lateSunday, "BE") {
			t.Error("Monday half past midnight is taken for Sunday")
		}
		if eve := time.Date(2026, 12, 24, 23, 30, 0, 0, time.UTC); !engagement.IsHoliday(eve, "BE") {
			t.Error("Christmas Day half past midnight is taken for Christmas Eve")
		}
	})
	t.Run("exactly n working days lie behind, the last one is the result", rapid.MakeCheck(func(t *rapid.T) {
		from := time.UnixMilli(rapid.Int64Range(1514764800000, 4102444800000).Draw(t, "from")) // 2018 to 2099
		n := rapid.IntRange(1, 20).Draw(t, "n")
		land := string(rapid.SampledFrom(engagement.Lands.Codes()).Draw(t, "land"))
		got := engagement.AddWorkingDays(from, n, land)
		if !engagement.IsWorkingDay(got, land) {
			t.Fatalf("%s is no working day", got)
		}
		count := 0
		y, m, d := from.In(engagement.Berlin()).Date()
		for noon := time.Date(y, m, d+1, 12, 0, 0, 0, engagement.Berlin()); noon.Format(time.DateOnly) <= got.Format(time.DateOnly); noon = noon.AddDate(0, 0, 1) {
			if engagement.IsWorkingDay(noon, land) {
				count++
			}
		}
		if count != n {
			t.Fatalf("from %s to %s are %d working days, want %d", from, got, count, n)
		}
		if later := engagement.AddWorkingDays(from.Add(time.Hour), n, land); later.Format(time.DateOnly) < got.Format(time.DateOnly) {
			t.Fatalf("what came an hour later is due on an earlier day: %s before %s", later, got)
		}
	}))
}
