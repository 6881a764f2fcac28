package matching_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/matching"
)

// tuesday begins four days after now.
var tuesday = engagement.Date("2026-03-24").Time()

// shiftAt is a free shift on that Tuesday, or so many days later.
func shiftAt(days, from, until int) engagement.ShiftTime {
	day := tuesday.AddDate(0, 0, days)
	return engagement.ShiftTime{Starts: day.Add(time.Duration(from) * time.Hour), Ends: day.Add(time.Duration(until) * time.Hour)}
}

// taken are shifts without a free place.
var taken = engagement.ShiftTime{}

// shifted is a candidate that has shifts, often.
func shifted(t *rapid.T, o opportunity) matching.Candidate {
	c := candidate(o)
	for range rapid.IntRange(0, 3).Draw(t, "shifts") {
		days, from := rapid.IntRange(0, 13).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "from")
		c.Shifts = append(c.Shifts, rapid.SampledFrom([]engagement.ShiftTime{taken, shiftAt(days, from, from+4)}).Draw(t, "shift"))
	}
	return c
}

func TestShiftsGateAndScoreTheTime(t *testing.T) {
	type times = []engagement.ShiftTime
	next, later := shiftAt(0, 14, 18), shiftAt(2, 14, 18)
	for _, tc := range []struct {
		name   string
		own    engagement.Grid
		shifts times
		gate   matching.Verdict
		score  float64 // of the time; negative: it does not count
		reason matching.Reason
	}{
		{"no shifts: the grid of the opportunity counts", slots("di-vormittag"), nil, pass, 1, matching.Reason{Key: "pro.slots", Grid: slots("di-vormittag")}},
		{"another time in the grid is no hindrance", slots("mo-abend"), nil, pass, 0, matching.Reason{Key: "contra.slots", Grid: slots("di-vormittag")}},
		{"one fits", slots("di-nachmittag"), times{next}, pass, 1, matching.Reason{Key: "pro.shift", Shift: next}},
		{"only a later one fits", slots("do-nachmittag"), times{next, later}, pass, 1, matching.Reason{Key: "pro.shift", Shift: later}},
		{"the next of those that fit is named", slots("di-nachmittag", "do-nachmittag"), times{taken, next, later}, pass, 1, matching.Reason{Key: "pro.shift", Shift: next}},
		{"none fits, although the grid of the opportunity does", slots("di-vormittag"), times{next, later}, fail, 0, matching.Reason{Key: "fail.time"}},
		{"half of the shift is not enough", slots("di-vormittag"), times{shiftAt(0, 10, 15)}, fail, 0, matching.Reason{Key: "fail.time"}},
		{"those that would fit are taken", slots("di-nachmittag"), times{taken, later}, fail, 0, matching.Reason{Key: "fail.time"}},
		{"all are taken", slots("di-nachmittag"), times{taken}, fail, 0, matching.Reason{Key: "fail.time"}},
		{"the person said no times", 0, times{next}, unknown, -1, matching.Reason{Key: "open.shift"}},
		{"nobody said no to nights", slots("di-nachmittag"), times{shiftAt(0, 22, 28)}, unknown, -1, matching.Reason{Key: "open.shift"}},
		{"it may be in the holidays", engagement.SchoolHolidays, times{next}, unknown, -1, matching.Reason{Key: "open.shift"}},
		{"or on another day", engagement.PublicHolidays | slots("mo-abend"), times{next}, unknown, -1, matching.Reason{Key: "open.shift"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, o := profile{Grid: tc.own, AgeBand: "27-59"}, reading()
			o.Mode = "online"
			c := candidate(o)
			c.Shifts = tc.shifts
			m := matching.New(matching.Default(), p, now)
			r := m.Assess(c)
			if got := r.Verdict("time"); got != tc.gate {
				t.Errorf("gate: got %v, want %v", got, tc.gate)
			}
			if term := r.Terms[matching.Time]; term.Counts != (tc.score >= 0) || term.Counts && term.Score != tc.score {
				t.Errorf("score: got %+v, want %v", term, tc.score)
			}
			reasons := m.WhyNot(c)
			if tc.gate != fail {
				e := m.Explain(&r)
				reasons = append(append(e.Pro, e.Contra...), e.Open...)
			}
			if diff := cmp.Diff([]matching.Reason{tc.reason}, reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAShiftIsNoMatterOfAgreement(t *testing.T) {
	p, o := profile{Grid: slots("di-nachmittag"), Commitments: codes{"regelmaessig"}, AgeBand: "27-59"}, reading()
	for _, tc := range []struct {
		commitment engagement.Code
		want       float64
	}{{"auf-abruf", .5}, {"flexibel", 1}, {"regelmaessig", 1}, {"einmalig", .5}} {
		o.Commitment = tc.commitment
		c := candidate(o)
		c.Shifts = []engagement.ShiftTime{shiftAt(0, 14, 18)}
		if got := matching.New(matching.Default(), p, now).Assess(c).Terms[matching.Time].Score; got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.commitment, got, tc.want)
		}
	}
}

func TestPassingTheTimeIsToldOfShiftsAlone(t *testing.T) {
	p := profile{Grid: slots("di-vormittag", "di-nachmittag")}
	c := candidate(reading())
	if got := matching.PassedGates(p, c, now); got != nil {
		t.Errorf("without shifts: got %q", got)
	}
	c.Shifts = []engagement.ShiftTime{shiftAt(0, 14, 18)}
	if diff := cmp.Diff([]string{"time-ok"}, matching.PassedGates(p, c, now)); diff != "" {
		t.Error(diff)
	}
}

func TestWhoHasNoTimeForAShiftIsNotAsked(t *testing.T) {
	p := volunteer()
	c := candidate(reading())
	c.Shifts = []engagement.ShiftTime{shiftAt(0, 14, 18)}
	if got := matching.Whom(matching.Default(), c, []profile{p}, now); len(got) != 0 {
		t.Errorf("asked: %q", got)
	}
	p.Grid |= slots("di-nachmittag")
	if got := matching.Whom(matching.Default(), c, []profile{p}, now); len(got) != 1 {
		t.Error("not asked, with time for it")
	}
}
