package engagement_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// today is the day of the house's clock.
func (h *house) today() (d Date) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) error { d = DateOf(tx.Now()); return nil }))
	return d
}

// helped writes down so many minutes for what a request led to.
func (h *house) helped(by Actor, tie ID, minutes int) (e HoursEntry, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		e, err = EnterHours(tx, by, Time{Tie: tie, Day: DateOf(tx.Now()), Minutes: minutes, Kind: "einsatz"})
		return err
	})
	return e, err
}

// hours are those of an account now.
func (h *house) hours(of Actor) (all []HoursEntry) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.HoursOf(of.Account)
		return err
	}))
	return all
}

func (h *house) confirms(by Actor, list ...HoursEntry) (n int, err error) {
	var seen []SeenHours
	for _, e := range list {
		seen = append(seen, SeenHours{e.ID, e.Version})
	}
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		n, err = ConfirmHours(tx, by, h.org.ID, seen)
		return err
	})
	return n, err
}

func TestHoursFromTheEntryToTheWordOfTheOrganization(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		m := h.agreed(a, nil)
		h.mails()
		first, err := h.helped(a, m.ID, 90)
		h.must(err)
		h.want("the organization hears of the first of a day", strings.Join(h.mails(), " "), MailHoursWaiting)
		second, err := h.helped(a, m.ID, 60)
		h.must(err)
		h.want("and of no other", strings.Join(h.mails(), " "), "")
		if first.Organization != h.org.ID || first.Request != m.ID || first.Source != "selbst" || first.State != HoursOpen {
			t.Errorf("wrote down %+v", first)
		}

		if _, err := h.confirms(a, first); !errors.Is(err, ErrForbidden) {
			t.Errorf("own hours: got %v, want ErrForbidden", err)
		}
		if n, err := h.confirms(h.person(), first); err != nil || n != 0 {
			t.Errorf("a stranger confirmed %d, %v", n, err)
		}
		n, err := h.confirms(h.manager, first, second)
		h.must(err)
		if n != 2 {
			t.Errorf("confirmed %d, want 2", n)
		}
		h.want("for both the person gets one mail", strings.Join(h.mails(), " "), MailHoursDecided)
		if n, err := h.confirms(h.manager, first); err != nil || n != 0 {
			t.Errorf("again: confirmed %d, %v", n, err)
		}
		sum := h.sum(a)
		if got := sum.Minutes(h.org.ID, "2000-01-01", h.today()); got != 150 {
			t.Errorf("%d minutes, want 150", got)
		}
		if years := sum.Years(); len(years) != 1 || years[0].Minutes != 150 || years[0].Year != string(h.today()[:4]) {
			t.Errorf("years %+v", years)
		}
	})
}

func (h *house) sum(of Actor) (s HoursSum) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		s, err = SumHours(tx, of.Account)
		return err
	}))
	return s
}

func TestHoursAreCorrectedOrRejectedWithAReason(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		m := h.agreed(a, nil)
		e, err := h.helped(a, m.ID, 90)
		h.must(err)
		reject := func(seen SeenHours, reason string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return RejectHours(tx, h.manager, h.org.ID, seen, reason) })
		}
		h.refusedAt("no reason", reject(SeenHours{e.ID, e.Version}, " "), "reason")
		h.must(reject(SeenHours{e.ID, e.Version}, "Der Termin fiel aus."))
		rejected := h.hours(a)[0]
		if rejected.State != HoursRejected || rejected.Reason != "Der Termin fiel aus." {
			t.Errorf("rejected %+v", rejected)
		}
		edit := func(by Actor, version, minutes int) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := EditHours(tx, by, e.ID, version, Time{Tie: m.ID, Day: DateOf(tx.Now()), Minutes: minutes, Kind: "schulung"})
				return err
			})
		}
		if err := edit(h.person(), rejected.Version, 60); !errors.Is(err, ErrNotFound) {
			t.Errorf("by somebody else: got %v, want ErrNotFound", err)
		}
		if err := edit(a, e.Version, 60); !errors.Is(err, ErrStale) {
			t.Errorf("from an old page: got %v, want ErrStale", err)
		}
		h.must(edit(a, rejected.Version, 60))
		open := h.hours(a)[0]
		if open.State != HoursOpen || open.Reason != "" || open.Minutes != 60 || open.Kind != "schulung" {
			t.Errorf("changed to %+v", open)
		}
		if n, err := h.confirms(h.manager, rejected); err != nil || n != 0 {
			t.Errorf("as it was before the change: confirmed %d, %v", n, err)
		}
		correct := func(minutes int, reason string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				return CorrectHours(tx, h.manager, h.org.ID, SeenHours{open.ID, open.Version}, minutes, reason)
			})
		}
		h.refusedAt("no reason", correct(45, ""), "reason")
		h.refusedAt("the same", correct(60, "So war es."), "hours")
		h.refusedAt("no quarter", correct(50, "So war es."), "hours")
		h.must(correct(45, "So war es."))
		if got := h.hours(a)[0]; got.State != HoursConfirmed || got.Minutes != 45 || got.Said != 60 {
			t.Errorf("corrected to %+v", got)
		}
		if err := edit(a, open.Version+1, 60); !errors.Is(err, ErrConflict) {
			t.Errorf("after it was confirmed: got %v, want ErrConflict", err)
		}
	})
}

func TestWhatCanBeWrittenDown(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		m := h.agreed(a, nil)
		asked := h.asks(h.person(), nil)
		today := h.today()
		for name, x := range map[string]struct {
			field string
			time  Time
		}{
			"for an organization that somebody has nothing to do with": {"tie", Time{h.org.ID, today, false, 60, "einsatz"}},
			"for a request of somebody else":                           {"tie", Time{asked.ID, today, false, 60, "einsatz"}},
			"tomorrow":                                                 {"day", Time{m.ID, today.Add(1), false, 60, "einsatz"}},
			"long ago":                                                 {"day", Time{m.ID, today.Add(-400), false, 60, "einsatz"}},
			"on no day":                                                {"day", Time{m.ID, "2026-02-30", false, 60, "einsatz"}},
			"nothing":                                                  {"hours", Time{m.ID, today, false, 0, "einsatz"}},
			"more than a day has":                                      {"hours", Time{m.ID, today, false, 24*60 + 15, "einsatz"}},
			"ten minutes":                                              {"hours", Time{m.ID, today, false, 10, "einsatz"}},
			"an unknown kind":                                          {"kind", Time{m.ID, today, false, 60, "schlaf"}},
		} {
			h.refusedAt(name, h.s.Update(ctx, func(tx *store.Tx) error { _, err := EnterHours(tx, a, x.time); return err }), x.field)
		}
		h.update(func(tx *store.Tx) error {
			e, err := EnterHours(tx, a, Time{m.ID, today, true, 60, "gremium"})
			if !e.Month || e.Day != today[:7]+"-01" {
				t.Errorf("a month became %+v", e)
			}
			return err
		})
		_, err := h.helped(h.manager, h.org.ID, 60)
		h.must(err)
		if own := h.hours(h.manager); len(own) != 1 {
			t.Errorf("the team wrote down %+v", own)
		} else if _, err := h.confirms(h.manager, own...); !errors.Is(err, ErrForbidden) {
			t.Errorf("the only manager confirms own hours: %v", err)
		}
	})
}

//
func TestWhatOrganizationsConfirmedStaysAsANumber(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		m := h.agreed(a, nil)
		confirmed, err := h.helped(a, m.ID, 90)
		h.must(err)
		removed, err := h.helped(a, m.ID, 30)
		h.must(err)
		open, err := h.helped(a, m.ID, 15)
		h.must(err)
		_, err = h.confirms(h.manager, confirmed, removed)
		h.must(err)
		if err := h.s.Update(ctx, func(tx *store.Tx) error { return RemoveHours(tx, h.manager, removed.ID) }); !errors.Is(err, ErrForbidden) {
			t.Errorf("removed by the organization: %v", err)
		}
		h.update(func(tx *store.Tx) error { return RemoveHours(tx, a, removed.ID) })
		if got := h.hours(a); len(got) != 2 {
			t.Errorf("the person keeps %+v", got)
		}
		h.update(func(tx *store.Tx) error {
			done, err := EraseAccount(tx, a.Account)
			if done.Hours != 2 {
				t.Errorf("erased %+v", done)
			}
			return err
		})
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			list, err := tx.ConfirmedHours(h.org.ID, "2000-01-01", 10)
			if err != nil || len(list) != 2 {
				t.Fatalf("the organization keeps %+v, %v", list, err)
			}
			for _, e := range list {
				if e.Account != "" || e.Request != "" || !e.Month || !strings.HasSuffix(string(e.Day), "-01") {
					t.Errorf("it still says whose it was: %+v", e)
				}
			}
			years, err := tx.ConfirmedYears(h.org.ID)
			if years[string(h.today()[:4])] != 120 {
				t.Errorf("sums %v", years)
			}
			if _, err := tx.Hours(open.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("what was open: %v", err)
			}
			return err
		}))
	})
}

func TestHoursFollowWhatHappenedElsewhere(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		m := h.agreed(a, nil)
		h.mails()
		propose := func(by Actor, minutes int) (e HoursEntry, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
				e, err = ProposeHours(tx, by, HoursEntry{Account: a.Account, Request: m.ID, Organization: h.org.ID, Cause: "shift", Day: DateOf(tx.Now()), Minutes: minutes, Kind: "einsatz", Source: "schicht-checkin"})
				return err
			})
			return e, err
		}
		checked, err := propose(a, 100)
		h.must(err)
		if checked.State != HoursOpen || checked.Minutes != 105 {
			t.Errorf("who comes says it: %+v", checked)
		}
		if checked.Editable() {
			t.Error("what comes from a shift can be edited")
		}
		said, err := propose(h.manager, 120)
		h.must(err)
		if all := h.hours(a); said.State != HoursConfirmed || len(all) != 1 || all[0].Minutes != 120 {
			t.Errorf("the team says it: %+v", all)
		}
		again, err := propose(a, 240)
		h.must(err)
		if again.Minutes != 120 {
			t.Errorf("after that the person says something else: %+v", again)
		}
		if _, err := propose(h.person(), 60); !errors.Is(err, ErrNotFound) {
			t.Errorf("by a stranger: %v", err)
		}
		if err := h.s.Update(ctx, func(tx *store.Tx) error { return TakeBackHours(tx, a, "shift") }); !errors.Is(err, ErrForbidden) {
			t.Errorf("taken back by the person: %v", err)
		}
		h.update(func(tx *store.Tx) error {
			return errors.Join(TakeBackHours(tx, h.manager, "shift"), TakeBackHours(tx, h.manager, "shift"))
		})
		if all := h.hours(a); len(all) != 0 {
			t.Errorf("taken back, but %+v", all)
		}
	})
}

func TestHoursConfirmedAtTheEndCountOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		m := h.agreed(a, nil)
		h.update(func(tx *store.Tx) error {
			_, err := AnswerRequest(tx, h.manager, m.ID, Answer{Event: EventFinish, Worked: Worked{From: h.today().Add(-1), Until: h.today(), Hours: 9.5}})
			return err
		})
		if s := h.sum(a); s.Minutes("", "2000-01-01", h.today()) != 570 || len(s.AtTheEnd()) != 1 {
			t.Errorf("at the end: %+v", s)
		}
		e, err := h.helped(a, m.ID, 60)
		h.must(err)
		_, err = h.confirms(h.manager, e)
		h.must(err)
		if s := h.sum(a); s.Minutes("", "2000-01-01", h.today()) != 60 || len(s.AtTheEnd()) != 0 {
			t.Errorf("with a single entry: %+v", s)
		}
	})
}

func TestMailsAboutHoursCanBeEnded(t *testing.T) {
	eachHouse(t, func(h *house) {
		a := h.person()
		m := h.agreed(a, nil)
		h.mails()
		_, err := h.helped(a, m.ID, 60)
		h.must(err)
		stop := func() string {
			events, err := h.s.LeaseEvents(ctx, Mail, "test", 100, time.Minute)
			h.must(err)
			if len(events) != 1 || events[0].Args["stop"] == "" {
				t.Fatalf("mails %+v", events)
			}
			h.update(func(tx *store.Tx) error { return tx.EventDone(events[0]) })
			return events[0].Args["stop"]
		}
		link := stop()
		for range 2 { // the link works more than once
			h.update(func(tx *store.Tx) error { return StopHoursMail(tx, link) })
		}
		h.clock.Forward(2 * day)
		e, err := h.helped(a, m.ID, 30)
		h.must(err)
		h.want("the organization wants none", strings.Join(h.mails(), " "), "")
		_, err = h.confirms(h.manager, e)
		h.must(err)
		link = stop()
		h.update(func(tx *store.Tx) error { return StopHoursMail(tx, link) })
		e, err = h.helped(a, m.ID, 45)
		h.must(err)
		_, err = h.confirms(h.manager, e)
		h.must(err)
		h.want("the person wants none", strings.Join(h.mails(), " "), "")
		if err := h.s.Update(ctx, func(tx *store.Tx) error { return TakeTeamHoursMail(tx, a, h.org.ID, true) }); err == nil {
			t.Error("a stranger turned the organization's mails on")
		}
		h.update(func(tx *store.Tx) error {
			return errors.Join(TakeHoursMail(tx, a, true), TakeTeamHoursMail(tx, h.manager, h.org.ID, true))
		})
		h.clock.Forward(2 * day)
		e, err = h.helped(a, m.ID, 15)
		h.must(err)
		_, err = h.confirms(h.manager, e)
		h.must(err)
		h.want("both want them again", strings.Join(h.mails(), " "), MailHoursWaiting+" "+MailHoursDecided)
	})
}
