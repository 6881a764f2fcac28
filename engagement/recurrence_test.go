package engagement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "seestern/engagement"
)

func TestTheDaysOfARecurrence(t *testing.T) {
	for _, c := range []struct {
		name, rule  string
		first, last Date
		want        string
	}{
		{"each day", "FREQ=DAILY", "2026-12-30", "2027-01-02", "2026-12-30 2026-12-31 2027-01-01 2027-01-02"},
		{"each third day", "FREQ=DAILY;INTERVAL=3", "2026-12-30", "2027-01-06", "2026-12-30 2027-01-02 2027-01-05"},
		{"each week, through the change of the clocks", "FREQ=WEEKLY", "2027-03-23", "2027-04-06", "2027-03-23 2027-03-30 2027-04-06"},
		{"each second week on two days, from the later of them", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "2026-12-03", "2026-12-31", "2026-12-03 2026-12-15 2026-12-17 2026-12-29 2026-12-31"},
		{"on working days", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-12-03", "2026-12-08", "2026-12-03 2026-12-04 2026-12-07 2026-12-08"},
		{"so many", "FREQ=WEEKLY;COUNT=3", "2026-12-03", "2030-01-01", "2026-12-03 2026-12-10 2026-12-17"},
		{"until a day", "RRULE:FREQ=WEEKLY;UNTIL=20261217T230000Z", "2026-12-03", "2030-01-01", "2026-12-03 2026-12-10 2026-12-17"},
		{"a date that not every month has", "FREQ=MONTHLY", "2026-12-31", "2027-05-31", "2026-12-31 2027-01-31 2027-03-31 2027-05-31"},
		{"each twelfth month in February of leap years", "FREQ=MONTHLY;INTERVAL=12", "2028-02-29", "2036-12-31", "2028-02-29 2032-02-29 2036-02-29"},
		{"each second Monday", "FREQ=MONTHLY;BYDAY=2MO", "2026-12-14", "2027-03-31", "2026-12-14 2027-01-11 2027-02-08 2027-03-08"},
		{"each fifth Thursday", "FREQ=MONTHLY;BYDAY=5TH", "2026-12-31", "2027-07-31", "2026-12-31 2027-04-29 2027-07-29"},
		{"each last Friday", "FREQ=MONTHLY;BYDAY=-1FR", "2026-12-25", "2027-03-31", "2026-12-25 2027-01-29 2027-02-26 2027-03-26"},
		{"nothing before the first day", "FREQ=WEEKLY", "2026-12-03", "2026-12-02", ""},
	} {
		r, err := ParseRecurrence(c.rule, c.first)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, d := range r.Days(c.first, c.last) {
			got = append(got, string(d))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	r := Recurrence{Repeat: "woechentlich", Every: 1, Except: []Date{"2026-12-24", "2026-12-31"}}
	if got := r.Days("2026-12-17", "2027-01-07"); !slices.Equal(got, []Date{"2026-12-17", "2027-01-07"}) {
		t.Errorf("without the holidays: %v", got)
	}
	if got := (Recurrence{}).Days("2026-12-17", "2027-01-07"); !slices.Equal(got, []Date{"2026-12-17"}) {
		t.Errorf("without a rule: %v", got)
	}
	forever := Recurrence{Repeat: "taeglich", Every: 1}
	if got := forever.Days("2026-12-17", "9999-12-31"); len(got) != RecurrenceDays {
		t.Errorf("for ever there are %d days", len(got))
	}
}

// INP-04
func TestWhatIsNoRecurrence(t *testing.T) {
	for rule, key := range map[string]string{
		"":                                    "error.repeat.rule",
		"FREQ=YEARLY":                         "error.repeat.rule",
		"INTERVAL=2":                          "error.repeat.rule",
		"FREQ=DAILY;BYSECOND=1":               "error.repeat.rule",
		"FREQ=DAILY;COUNT=x":                  "error.repeat.rule",
		"FREQ=DAILY;COUNT=0":                  "error.repeat.rule",
		"FREQ=DAILY;COUNT=2;UNTIL=20270101":   "error.repeat.rule",
		"FREQ=DAILY;UNTIL=20270231":           "error.repeat.rule",
		"FREQ=DAILY;INTERVAL=2;BYDAY=TH":      "error.repeat.rule",
		"FREQ=MONTHLY;BYDAY=2TH":              "error.repeat.rule", // the day is the first Thursday
		"FREQ=MONTHLY;BYDAY=1TH,1FR":          "error.repeat.rule",
		"FREQ=WEEKLY;BYDAY=1TH":               "error.repeat.rule",
		"FREQ=DAILY;COUNT=1000000000":         "error.repeat.times",
		"FREQ=DAILY;COUNT=-1":                 "error.repeat.times",
		"FREQ=DAILY;INTERVAL=0":               "",
		"FREQ=DAILY;INTERVAL=13":              "error.repeat.every",
		"FREQ=DAILY;INTERVAL=-1":              "error.repeat.every",
		"FREQ=DAILY;UNTIL=20261202":           "error.repeat.until",
		"FREQ=DAILY;UNTIL=99991231":           "",
		"FREQ=WEEKLY;BYDAY=MO":                "error.repeat.weekday",
		"FREQ=WEEKLY;BYDAY=MO,MO,TH":          "error.choice.twice",
		"FREQ=DAILY;INTERVAL=999999999999999": "error.repeat.every",
	} {
		_, err := ParseRecurrence(rule, "2026-12-03")
		var bad *Invalid
		if got := ""; errors.As(err, &bad) {
			if got = bad.Key; got != key {
				t.Errorf("%q: got %q, want %q", rule, got, key)
			}
		} else if err != nil || key != "" {
			t.Errorf("%q: got %v, want %q", rule, err, key)
		}
	}
}
