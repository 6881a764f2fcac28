package engagement_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// weekly is a rule for so many weeks; 0: it goes on.
func weekly(until Date) Recurrence { return Recurrence{Repeat: "woechentlich", Every: 1, Until: until} }

func (h *house) repeats(o Occasion, rule Recurrence, times int) (made Occasion) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		made, err = AddSeries(tx, h.manager, o, rule, times)
		return err
	})
	return made
}

// series are the occasions that belong to the same series, in order.
func (h *house) series(o Occasion) (list []Occasion) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.OccasionsInSeries(o.Series)
		return err
	}))
	return list
}

// program is a line for each of a series: day, hour, title, and what is unusual.
func (h *house) program(o Occasion) string {
	var lines []string
	for _, each := range h.series(o) {
		line := each.Starts.In(Berlin()).Format("2.1. 15:04-") + each.Ends.In(Berlin()).Format("15:04 ") + each.Title
		if each.State != OccasionScheduled {
			line += " " + string(each.State)
		}
		if each.Place.Name != "" {
			line += " im " + each.Place.Name
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// readings are a series of four Tuesdays from next week on, at five o'clock.
func (h *house) readings() Occasion {
	first := h.clock.Now().In(Berlin()).AddDate(0, 0, 7)
	for first.Weekday() != time.Tuesday {
		first = first.AddDate(0, 0, 1)
	}
	first = time.Date(first.Year(), first.Month(), first.Day(), 17, 0, 0, 0, Berlin())
	return h.repeats(h.occasion(func(o *Occasion) { o.Title, o.Starts, o.Ends = "Lesen", first, first.Add(2*time.Hour) }), weekly(""), 4)
}

func (h *house) dates(o Occasion) (days []string) {
	for _, each := range h.series(o) {
		days = append(days, each.Starts.In(Berlin()).Format("2.1."))
	}
	return days
}

func TestASeriesIsWrittenOutHalfAYearAhead(t *testing.T) {
	eachHouse(t, func(h *house) {
		start := h.clock.Now()
		o := h.repeats(h.occasion(), weekly(""), 0)
		list := h.series(o)
		if want := 1 + 178/7; len(list) != want {
			t.Fatalf("%d occasions, want %d", len(list), want)
		}
		codes := map[string]bool{}
		for n, each := range list {
			if codes[each.Code] || each.Day != o.Day.Add(7*n) || each.State != OccasionScheduled || each.Ends.Sub(each.Starts) != 2*time.Hour {
				t.Errorf("%d: %+v", n, each)
			}
			if got, want := each.Starts.In(Berlin()).Format("15:04"), o.Starts.In(Berlin()).Format("15:04"); got != want {
				t.Errorf("%d begins at %s by the clock, want %s", n, got, want)
			}
			codes[each.Code] = true
		}
		told := func() (n int) {
			for _, each := range h.series(o) {
				if !each.Told.IsZero() {
					n++
				}
			}
			return n
		}
		creates := func() (n int) {
			for _, e := range h.wires() {
				if e.Kind == WireCreate {
					n++
				}
			}
			return n
		}
		creates()
		if told() != 4 { // two days, nine, sixteen, twenty-three
			t.Errorf("%d are told at once", told())
		}
		h.passes(7 * day)
		if got := creates(); told() != 5 || got != 1 {
			t.Errorf("a week later %d are told, %d anew", told(), got)
		}
		if got := len(h.series(o)); got != len(list)+1 {
			t.Errorf("a week later there are %d", got)
		}
		h.passes(365 * day)
		last := h.series(o)[len(h.series(o))-1]
		if ahead := last.Starts.Sub(h.clock.Now()); ahead > 181*day || ahead < 172*day {
			t.Errorf("the last one is %v ahead", ahead)
		}
		for _, each := range h.series(o) {
			if each.Starts.After(start.Add(188*day)) && each.Starts.Before(start.Add(371*day)) {
				t.Errorf("what nobody could have known of was written out: %v", each.Starts)
			}
		}
	})
}

func TestAChangeOfASeries(t *testing.T) {
	eachHouse(t, func(h *house) {
		o := h.readings()
		d := h.dates(o)
		all := h.series(o)
		edit := func(o Occasion, rule Recurrence, change func(*Occasion)) error {
			changed := o
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) { changed, err = tx.Occasion(o.ID); return err }))
			change(&changed)
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := EditSeries(tx, h.manager, changed, rule, 0); return err })
		}
		rule := weekly(all[3].Day)
		guest := h.guest(h.person(), all[2], 1)
		h.mails()

		h.update(func(tx *store.Tx) error {
			own := all[2]
			own.Place.Name = "Garten"
			_, err := EditOccasion(tx, h.manager, own)
			return err
		})
		h.want("who comes to one that was moved learns of it", strings.Join(h.mails(), " "), "event-changed")
		h.must(edit(all[1], rule, func(o *Occasion) { o.Title = "Vorlesen" }))
		h.want("a title, and nothing else", h.program(o), fmt.Sprintf("%s 17:00-19:00 Lesen, %s 17:00-19:00 Vorlesen, %s 17:00-19:00 Vorlesen im Garten, %s 17:00-19:00 Vorlesen", d[0], d[1], d[2], d[3]))
		h.want("of which nobody gets a mail", strings.Join(h.mails(), " "), "")

		h.must(edit(all[1], rule, func(o *Occasion) { o.Starts = o.Starts.Add(time.Hour) }))
		h.want("an hour", h.program(o), fmt.Sprintf("%s 17:00-19:00 Lesen, %s 18:00-19:00 Vorlesen, %s 18:00-19:00 Vorlesen im Garten, %s 18:00-19:00 Vorlesen", d[0], d[1], d[2], d[3]))
		h.want("of which who comes learns", strings.Join(h.mails(), " "), "event-changed")

		next := func(d Date) string { return d.Add(1).Time().Format("2.1.") }
		rule.Until = all[3].Day.Add(1)
		h.must(edit(all[1], rule, func(o *Occasion) { o.Starts, o.Ends = o.Starts.Add(day), o.Ends.Add(day) }))
		h.want("a day", h.program(o), fmt.Sprintf("%s 17:00-19:00 Lesen, %s 18:00-19:00 Vorlesen, %s 18:00-19:00 Vorlesen im Garten, %s 18:00-19:00 Vorlesen", d[0], next(all[1].Day), next(all[2].Day), next(all[3].Day)))
		if got := h.series(o)[2]; got.ID != all[2].ID || h.guestStates(guest) != "accepted" {
			t.Errorf("who came to %s comes to %s, %s", all[2].ID, got.ID, h.guestStates(guest))
		}

		h.mails()
		rule.Except = []Date{all[2].Day.Add(1)}
		rule.Until = all[3].Day.Add(8)
		h.must(edit(all[1], rule, func(*Occasion) {}))
		h.want("a holiday, and a week more", h.program(o), fmt.Sprintf("%s 17:00-19:00 Lesen, %s 18:00-19:00 Vorlesen, %s 18:00-19:00 Vorlesen, %s 18:00-19:00 Vorlesen", d[0], next(all[1].Day), next(all[3].Day), next(all[3].Day.Add(7))))
		h.want("who would have come on the holiday learns of it", strings.Join(h.mails(), " "), "event-changed")

		bad := rule
		bad.Until = all[0].Day
		h.refuses("an end before it begins", edit(all[1], bad, func(o *Occasion) { o.Title = "Nichts" }), "until", "error.repeat.until")
		h.refuses("the same with a number", h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := AddSeries(tx, h.manager, h.occasion(), weekly("2026-01-01"), 3)
			return err
		}), "until", "error.repeat.until")
		h.refuses("without a beginning", h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := AddSeries(tx, h.manager, h.occasion(func(o *Occasion) { o.Starts = time.Time{} }), weekly(""), 3)
			return err
		}), "starts", "error.date.empty")
		if strings.Contains(h.program(o), "Nichts") {
			t.Error("half of a refused change was kept")
		}
		alone := h.hosts()
		h.wiresOf(alone.ID)
		h.must(edit(alone, weekly(DateOf(alone.Starts).Add(14)), func(o *Occasion) { o.Title = "Werkstatt" }))
		h.must(h.s.View(ctx, func(tx *store.Tx) (err error) { alone, err = tx.Occasion(alone.ID); return err }))
		if got := h.program(alone); strings.Count(got, "Werkstatt") != 3 {
			t.Errorf("one that was alone is the first of %q", got)
		}
		h.want("of which others knew", strings.Join(h.wiresOf(alone.ID), " "), "update")
		if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := EditSeries(tx, Actor{}, all[1], rule, 0); return err }); !errors.Is(err, ErrForbidden) {
			t.Errorf("a stranger changes it: %v", err)
		}
	})
}

func TestTheFirstMondayBecomesTheFirstTuesday(t *testing.T) {
	eachHouse(t, func(h *house) {
		first := h.clock.Now().In(Berlin()).AddDate(0, 0, 14)
		for first.Weekday() != time.Monday || first.Day() > 7 {
			first = first.AddDate(0, 0, 1)
		}
		rule := Recurrence{Repeat: "monatlich-wochentag", Every: 1}
		o := h.repeats(h.occasion(func(o *Occasion) { o.Starts, o.Ends = first, first.Add(time.Hour) }), rule, 0)
		before := h.series(o)
		h.update(func(tx *store.Tx) error {
			o, err := tx.Occasion(o.ID)
			if err != nil {
				return err
			}
			o.Starts, o.Ends = o.Starts.Add(day), o.Ends.Add(day)
			_, err = EditSeries(tx, h.manager, o, rule, 0)
			return err
		})
		after := h.series(o)
		for n, each := range after {
			if local := each.Starts.In(Berlin()); local.Weekday() != time.Tuesday || local.Day() > 7 || !slices.ContainsFunc(before, func(b Occasion) bool { return b.ID == each.ID }) && n < len(before) {
				t.Errorf("%d: %v", n, local)
			}
		}
	})
}

func TestTheEndOfASeries(t *testing.T) {
	eachHouse(t, func(h *house) {
		t.Run("one is removed, and stays so", func(t *testing.T) {
			o := h.readings()
			all := h.series(o)
			h.update(func(tx *store.Tx) error { return RemoveOccasion(tx, h.manager, all[1].ID) })
			h.update(func(tx *store.Tx) error {
				s, err := tx.Series(ID(o.Series))
				if err != nil {
					return err
				}
				now, err := tx.Occasion(all[0].ID)
				if err != nil {
					return err
				}
				now.Title = "Lesekreis"
				_, err = EditSeries(tx, h.manager, now, s.Rule, 0)
				return err
			})
			if got := h.series(o); len(got) != 3 || slices.ContainsFunc(got, func(each Occasion) bool { return each.Day == all[1].Day }) {
				t.Errorf("got %s", h.program(o))
			}
		})
		t.Run("it is canceled from one on", func(t *testing.T) {
			o := h.readings()
			all := h.series(o)
			guest := h.guest(h.person(), all[3], 1)
			h.mails()
			h.update(func(tx *store.Tx) error { return EndSeries(tx, h.manager, all[2].ID, false) })
			if got := h.program(o); strings.Count(got, "canceled") != 2 || strings.Count(got, ",") != 3 {
				t.Errorf("got %s", got)
			}
			h.want("who comes learns of it", strings.Join(h.mails(), " "), "event-changed")
			h.want("and stays on the list", h.guestStates(guest), "accepted")
		})
		t.Run("it is removed from one on, and no more is written out", func(t *testing.T) {
			o := h.repeats(h.occasion(), weekly(""), 0)
			all := h.series(o)
			member := Actor{Account: "m", Members: map[ID]Role{h.org.ID: Member}}
			if err := h.s.Update(ctx, func(tx *store.Tx) error { return EndSeries(tx, member, all[2].ID, true) }); !errors.Is(err, ErrForbidden) {
				t.Errorf("a member removes: %v", err)
			}
			h.update(func(tx *store.Tx) error { return EndSeries(tx, h.manager, all[2].ID, true) })
			h.passes(200 * day)
			if got := len(h.series(o)); got != 2 {
				t.Errorf("%d are left", got)
			}
		})
		t.Run("of an organization that is suspended it waits, of one that is dissolved it ends", func(t *testing.T) {
			o := h.repeats(h.occasion(), weekly(""), 0)
			n := len(h.series(o))
			h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, System, h.org.ID, true, "") })
			h.passes(14 * day)
			if got := len(h.series(o)); got != n {
				t.Errorf("%d while it is suspended", got)
			}
			h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, System, h.org.ID, false, "") })
			h.passes(day)
			if got := len(h.series(o)); got <= n {
				t.Errorf("%d afterwards", got)
			}
			h.update(func(tx *store.Tx) error { return DissolveOrganization(tx, System, h.org.ID) })
			h.passes(30 * day)
			if got := h.series(o); len(got) != 0 {
				t.Errorf("%d of nobody", len(got))
			}
		})
	})
}

func TestASeriesInTheHourThatDoesNotExist(t *testing.T) {
	eachHouse(t, func(h *house) {
		begin := time.Date(2027, 3, 27, 2, 45, 0, 0, Berlin())
		h.clock.Forward(begin.AddDate(0, 0, -3).Sub(h.clock.Now()))
		o := h.repeats(h.occasion(func(o *Occasion) { o.Starts, o.Ends = begin, begin.Add(15*time.Minute) }), Recurrence{Repeat: "taeglich", Every: 1}, 3)
		for _, each := range h.series(o) {
			if !each.Ends.After(each.Starts) || each.Ends.Sub(each.Starts) > time.Hour+15*time.Minute {
				t.Errorf("%s: from %v to %v", each.Day, each.Starts.In(Berlin()), each.Ends.In(Berlin()))
			}
		}
	})
}
