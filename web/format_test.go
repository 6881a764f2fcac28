package web_test

import (
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/web"
)

func TestFormats(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour-1, minute, 0, 0, time.UTC) } // winter: Berlin is one hour ahead
	december := time.Date(2026, 12, 7, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name       string
		call       func(web.Format) string
		de, en, ls string
	}{
		{"day", func(f web.Format) string { return f.Day(at(25, 15, 0)) }, "Mittwoch, 25. November 2026", "Wednesday 25 November 2026", "Mittwoch, 25. November 2026"},
		{"day of a date", func(f web.Format) string { return f.Day(engagement.Date("2026-11-25")) }, "Mittwoch, 25. November 2026", "Wednesday 25 November 2026", "Mittwoch, 25. November 2026"},
		{"day just before midnight in Berlin", func(f web.Format) string { return f.Day(at(25, 24, 30)) }, "Donnerstag, 26. November 2026", "Thursday 26 November 2026", "Donnerstag, 26. November 2026"},
		{"no day", func(f web.Format) string { return f.Day(time.Time{}) }, "", "", ""},
		{"short day", func(f web.Format) string { return f.DayShort(at(5, 15, 0)) }, "05.11.2026", "5 Nov 2026", "5. November 2026"},
		{"full hour", func(f web.Format) string { return f.Clock(at(25, 9, 0)) }, "9 Uhr", "09:00", "9 Uhr"},
		{"clock", func(f web.Format) string { return f.Clock(at(25, 15, 30)) }, "15:30 Uhr", "15:30", "15 Uhr 30"},
		{"span of hours", func(f web.Format) string { return f.Span(at(25, 15, 0), at(25, 17, 0)) }, "15–17 Uhr", "15:00–17:00", "von 15 Uhr bis 17 Uhr"},
		{"span with minutes", func(f web.Format) string { return f.Span(at(25, 15, 30), at(25, 17, 0)) }, "15:30–17 Uhr", "15:30–17:00", "von 15 Uhr 30 bis 17 Uhr"},
		{"span of days", func(f web.Format) string { return f.Span(at(5, 9, 0), at(7, 9, 0)) }, "5. bis 7. November 2026", "5 to 7 November 2026", "vom 5. bis 7. November 2026"},
		{"span of months", func(f web.Format) string { return f.Span(at(28, 9, 0), december) }, "28. November bis 7. Dezember 2026", "28 November to 7 December 2026", "vom 28. November bis 7. Dezember 2026"},
		{"span of years", func(f web.Format) string { return f.Span(december, december.AddDate(0, 1, 0)) }, "7. Dezember 2026 bis 7. Januar 2027", "7 December 2026 to 7 January 2027", "vom 7. Dezember 2026 bis 7. Januar 2027"},
		{"today", func(f web.Format) string { return f.Ago(at(25, 1, 0), at(25, 23, 0)) }, "heute", "today", "heute"},
		{"yesterday, an hour ago", func(f web.Format) string { return f.Ago(at(24, 23, 30), at(25, 0, 30)) }, "gestern", "yesterday", "gestern"},
		{"days ago", func(f web.Format) string { return f.Ago(at(13, 9, 0), at(25, 8, 0)) }, "vor 12 Tagen", "12 days ago", "vor 12 Tagen"},
		{"near", func(f web.Format) string { return f.KM(0.3, true) }, "unter 1 km", "less than 1 km", "weniger als 1 Kilometer"},
		{"exact distance", func(f web.Format) string { return f.KM(2.14, true) }, "2,1 km", "2.1 km", "etwa 2 Kilometer"},
		{"far exact distance", func(f web.Format) string { return f.KM(12.6, true) }, "13 km", "13 km", "etwa 13 Kilometer"},
		{"coarse distance", func(f web.Format) string { return f.KM(2.4, false) }, "etwa 2 km", "about 2 km", "etwa 2 Kilometer"},
		{"nobody", func(f web.Format) string { return f.Count(0) }, "0", "0", "keine"},
		{"few", func(f web.Format) string { return f.Count(4) }, "wenige", "a few", "wenige"},
		{"some", func(f web.Format) string { return f.Count(5) }, "rund 10", "about 10", "etwa 10"},
		{"many", func(f web.Format) string { return f.Count(123) }, "rund 120", "about 120", "etwa 120"},
		{"half an hour", func(f web.Format) string { return f.Hours(30) }, "30 Minuten", "30 minutes", "30 Minuten"},
		{"one hour", func(f web.Format) string { return f.Hours(60) }, "1 Stunde", "1 hour", "1 Stunde"},
		{"hours and a half", func(f web.Format) string { return f.Hours(150) }, "2,5 Stunden", "2.5 hours", "2 und eine halbe Stunde"},
		{"odd hours", func(f web.Format) string { return f.Hours(105) }, "1,75 Stunden", "1.75 hours", "1 Stunde und 45 Minuten"},
		{"money", func(f web.Format) string { return f.Money(96000) }, "960\u00a0€", "€960", "960 Euro"},
		{"money with cents", func(f web.Format) string { return f.Money(123405) }, "1.234,05\u00a0€", "€1,234.05", "1.234,05 Euro"},
		{"one thing", func(f web.Format) string { return f.List("A") }, "A", "A", "A"},
		{"two things", func(f web.Format) string { return f.List("A", "B") }, "A und B", "A and B", "A\nB"},
		{"three things", func(f web.Format) string { return f.List("A", "B", "C") }, "A, B und C", "A, B and C", "A\nB\nC"},
		{"things inside a sentence", func(f web.Format) string { return f.And("A", "B", "C") }, "A, B und C", "A, B and C", "A, B und C"},
		{"code of another instance", func(f web.Format) string { return f.Code("topic", "quantenpflege") }, "andere Angabe", "other", "etwas anderes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for lang, want := range map[web.Lang]string{web.German: test.de, web.English: test.en, web.Simple: test.ls} {
				if got := test.call(web.NewFormat(t, lang)); got != want {
					t.Errorf("%s: got %q, want %q", lang, got, want)
				}
			}
		})
	}
}

func TestNamesAreSortedAsPeopleExpect(t *testing.T) {
	got := []string{"Zebra", "Ofen", "Äpfel", "apfel", "Oma", "Österreich"}
	web.SortByName(web.German, got)
	if want := []string{"apfel", "Äpfel", "Ofen", "Oma", "Österreich", "Zebra"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
