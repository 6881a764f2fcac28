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

// shift is one in three days with two places, for three hours, as a form has it.
func (h *house) shift(change ...func(*Shift)) Shift {
	starts := h.clock.Now().Add(3 * day)
	s := Shift{Opportunity: h.o.ID, Starts: starts, Ends: starts.Add(3 * time.Hour), Capacity: 2, Waitlist: true, QuitHours: ShiftQuitHours}
	for _, f := range change {
		f(&s)
	}
	return s
}

func (h *house) tryPlan(by Actor, s Shift, rule Recurrence, times int) (made Shift, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		made, err = PlanShift(tx, by, s, rule, times)
		return err
	})
	return made, err
}

func (h *house) plans(change ...func(*Shift)) Shift {
	h.t.Helper()
	s, err := h.tryPlan(h.manager, h.shift(change...), Recurrence{}, 0)
	h.must(err)
	return s
}

// shiftNow is a shift as it is now.
func (h *house) shiftNow(s Shift) (now Shift) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.Shift(s.ID)
		return err
	}))
	return now
}

func (h *house) allShifts() (list []Shift) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.ShiftsFor(h.o.ID)
		return err
	}))
	return list
}

func (h *house) tryTake(by Actor, m MatchRequest, s Shift) (u ShiftSignUp, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		u, err = TakeShift(tx, by, m.ID, s.ID, 1)
		return err
	})
	h.clock.Forward(time.Minute)
	return u, err
}

func (h *house) takes(by Actor, m MatchRequest, s Shift) ShiftSignUp {
	h.t.Helper()
	u, err := h.tryTake(by, m, s)
	h.must(err)
	return u
}

// does is an act on a sign-up.
func (h *house) does(act func(Tx, Actor, ID) (ShiftSignUp, error), by Actor, u ShiftSignUp) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		_, err := act(tx, by, u.ID)
		return err
	})
}

func (h *house) givesBack(by Actor, u ShiftSignUp, text string) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		_, err := GiveBackShift(tx, by, u.ID, text)
		return err
	})
}

func (h *house) comings(list ...ShiftSignUp) string {
	h.t.Helper()
	var all []string
	for _, u := range list {
		h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
			u, err = tx.ShiftSignUp(u.ID)
			return err
		}))
		all = append(all, string(u.State))
	}
	return strings.Join(all, " ")
}

// team are so many people with an agreement.
func (h *house) team(n int) (people []Actor, requests []MatchRequest) {
	h.t.Helper()
	h.edit(func(o *Opportunity) { o.Capacity = n })
	for range n {
		by := h.person()
		people, requests = append(people, by), append(requests, h.agreed(by, nil))
	}
	h.mails()
	return people, requests
}

func TestWhatAShiftNeeds(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.StartsOn, o.EndsOn = "2026-11-26", "2026-12-20" })
		now := h.clock.Now()
		for name, c := range map[string]struct {
			change     func(*Shift)
			field, key string
		}{
			"no beginning":            {func(s *Shift) { s.Starts = time.Time{} }, "starts", "error.date.empty"},
			"no end":                  {func(s *Shift) { s.Ends = time.Time{} }, "ends", "error.date.empty"},
			"a beginning in the past": {func(s *Shift) { s.Starts = now.Add(-time.Second) }, "starts", "error.date.past"},
			"a beginning in three years": {func(s *Shift) {
				s.Starts = now.AddDate(2, 0, 1)
				s.Ends = s.Starts.Add(time.Hour)
			}, "starts", "error.event.far"},
			"an end at the beginning": {func(s *Shift) { s.Ends = s.Starts }, "ends", "error.event.order"},
			"more than a day":         {func(s *Shift) { s.Ends = s.Starts.Add(ShiftLength + time.Second) }, "ends", "error.shift.long"},
			"before the first day": {func(s *Shift) {
				s.Starts = now.Add(time.Hour)
				s.Ends = s.Starts.Add(time.Hour)
			}, "starts", "error.shift.outside"},
			"after the last day": {func(s *Shift) {
				s.Starts = now.AddDate(0, 0, 26)
				s.Ends = s.Starts.Add(time.Hour)
			}, "starts", "error.shift.outside"},
			"no place":              {func(s *Shift) { s.Capacity = 0 }, "capacity", "error.capacity.range"},
			"too many places":       {func(s *Shift) { s.Capacity = ShiftPlaces + 1 }, "capacity", "error.capacity.range"},
			"more needed than fit":  {func(s *Shift) { s.Least = 3 }, "least", "error.capacity.range"},
			"notice of three weeks": {func(s *Shift) { s.QuitHours = 337 }, "quit", "error.shift.quit"},
		} {
			_, err := h.tryPlan(h.manager, h.shift(c.change), Recurrence{}, 0)
			h.refuses(name, err, c.field, c.key)
		}
		if _, err := h.tryPlan(h.person(), h.shift(), Recurrence{}, 0); !errors.Is(err, ErrForbidden) {
			t.Errorf("a stranger: %v", err)
		}
		s := h.plans()
		if s.State != ShiftPlanned || s.Organization != h.org.ID || s.Free() != 2 {
			t.Errorf("got %+v", s)
		}
		h.update(func(tx *store.Tx) error {
			_, err := WithdrawOpportunity(tx, h.manager, h.o.ID)
			return err
		})
		if _, err := h.tryPlan(h.manager, h.shift(), Recurrence{}, 0); !errors.Is(err, ErrConflict) {
			t.Errorf("an opportunity that was withdrawn: %v", err)
		}
	})
}

func TestPeopleTakeShiftsAndGiveThemBack(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(3)
		s := h.plans()
		h.edit(func(o *Opportunity) { o.Capacity = 4 })
		outsider := h.person()
		open := h.asks(outsider, nil) // nothing is agreed
		if _, err := h.tryTake(outsider, open, s); !errors.Is(err, ErrConflict) {
			t.Errorf("without agreement: %v", err)
		}
		if _, err := h.tryTake(outsider, requests[0], s); !errors.Is(err, ErrNotFound) {
			t.Errorf("for somebody else: %v", err)
		}
		h.mails()
		a, b := h.takes(people[0], requests[0], s), h.takes(people[1], requests[1], s)
		again := h.takes(people[0], requests[0], s)
		if again.ID != a.ID {
			t.Error("who takes a shift twice is there twice")
		}
		c := h.takes(people[2], requests[2], s)
		h.want("three for two places", h.comings(a, b, c), "signed_up signed_up waitlisted")
		if now := h.shiftNow(s); now.Taken != 2 || now.Free() != 0 {
			t.Errorf("taken: %d", now.Taken)
		}
		h.want("nobody is mailed who acted", strings.Join(h.mails(), " "), "")

		h.must(h.givesBack(people[0], a, ""))
		h.want("the next one is asked", h.comings(a, b, c), "canceled signed_up offered")
		h.want("and told", strings.Join(h.mails(), " "), "shift-news")
		if err := h.does(AcceptShift, people[1], c); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else says yes: %v", err)
		}
		h.must(h.does(AcceptShift, people[2], c))
		h.must(h.does(ConfirmShift, h.manager, b))
		h.want("yes of both sides", h.comings(a, b, c), "canceled confirmed signed_up")
		if err := h.does(ConfirmShift, people[2], c); !errors.Is(err, ErrForbidden) {
			t.Errorf("a volunteer confirms: %v", err)
		}

		d := h.takes(people[0], requests[0], s)
		h.want("back on the waiting list", h.comings(d), "waitlisted")
		h.must(h.does(TakeOffShift, h.manager, b))
		h.want("a place becomes free", h.comings(b, c, d), "canceled signed_up offered")
		h.passes(3 * time.Hour)
		h.want("48 hours to answer", h.comings(d), "offered")
		h.passes(46 * time.Hour)
		h.want("then it goes on", h.comings(d), "canceled")
		if free := h.shiftNow(s).Free(); free != 1 {
			t.Errorf("free: %d", free)
		}
	})
}

func TestGivingBackLateIsSaidToTheOrganization(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(1)
		u := h.takes(people[0], requests[0], h.plans())
		h.passes(2*day + time.Hour) // 23 hours before
		h.mails()
		h.refuses("without a word", h.givesBack(people[0], u, " "), "text", "error.text.empty")
		h.must(h.givesBack(people[0], u, "Ich bin krank."))
		h.want("the organization is told", strings.Join(h.mails(), " "), "shift-given-back")

		begun := h.takes(people[0], requests[0], h.plans(func(s *Shift) { s.QuitHours = 0 }))
		h.passes(3 * day)
		if err := h.givesBack(people[0], begun, "x"); !errors.Is(err, ErrConflict) {
			t.Errorf("after the beginning: %v", err)
		}
	})
}

func TestNobodyIsAtTwoShiftsAtOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(1)
		h.takes(people[0], requests[0], h.plans())
		overlapping := h.plans(func(s *Shift) { s.Starts = s.Starts.Add(2 * time.Hour) })
		_, err := h.tryTake(people[0], requests[0], overlapping)
		h.refuses("two at once", err, "shift", "error.shift.overlap")
		after := h.plans(func(s *Shift) { s.Starts, s.Ends = s.Starts.Add(3*time.Hour), s.Ends.Add(8*time.Hour) })
		warned := func() (day, week bool) {
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				day, week, err = Overwork(tx, requests[0], after)
				return err
			}))
			return day, week
		}
		if day, week := warned(); !day || week { // 3 + 8 hours
			t.Errorf("got %v %v, want a warning for the day", day, week)
		}
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(people[0].Account)
			if err != nil {
				return err
			}
			p.HoursPerWeek = 10
			return tx.PutProfile(&p)
		})
		if _, week := warned(); !week {
			t.Error("no warning for the week")
		}
		h.takes(people[0], requests[0], after) // it is a warning
	})
}

func TestTheOrganizationPlansPeopleIn(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(2)
		s := h.plans(func(s *Shift) { s.Capacity = 1 })
		assign := func(m MatchRequest) (u ShiftSignUp, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				u, err = AssignShift(tx, h.manager, m.ID, s.ID, 1)
				return err
			})
			return u, err
		}
		u, err := assign(requests[0])
		h.must(err)
		h.want("the person is asked", h.comings(u)+" "+strings.Join(h.mails(), " "), "offered shift-news")
		_, err = assign(requests[1])
		h.refuses("no place is left", err, "shift", "error.shift.full")
		h.must(h.does(AcceptShift, people[0], u))
		h.want("a yes of the asked is enough", h.comings(u), "confirmed")

		elsewhere := requests[1]
		h.update(func(tx *store.Tx) error { // as if the account were of a partner instance
			m, err := tx.MatchRequest(elsewhere.ID)
			if err != nil {
				return err
			}
			m.Home, m.Person, m.Account, m.Contact = "b.example", "https://b.example/ap/person/1", "", Contact{}
			return tx.PutMatchRequest(&m)
		})
		s = h.plans()
		u, err = assign(elsewhere)
		h.must(err)
		h.want("nobody of elsewhere is asked here", h.comings(u)+strings.Join(h.mails(), " "), "confirmed")
		if _, err := h.tryTake(people[1], elsewhere, s); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody of elsewhere chooses: %v", err)
		}
	})
}

func TestAShiftThatIsMovedOrCanceled(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(2)
		s := h.plans()
		a, b := h.takes(people[0], requests[0], s), h.takes(people[1], requests[1], s)
		edit := func(change func(*Shift)) error {
			now := h.shiftNow(s)
			change(&now)
			return h.s.Update(ctx, func(tx *store.Tx) error {
				again := now
				_, err := EditShift(tx, h.manager, again, false)
				return err
			})
		}
		h.must(edit(func(s *Shift) { s.Least = 1 }))
		h.want("nothing that concerns people", h.comings(a, b)+strings.Join(h.mails(), " "), "signed_up signed_up")
		h.refuses("fewer places than are taken", edit(func(s *Shift) { s.Capacity = 1 }), "capacity", "error.capacity.taken")
		h.must(edit(func(s *Shift) { s.Ends = s.Ends.Add(time.Hour) }))
		h.want("they are asked again", h.comings(a, b)+" "+strings.Join(h.mails(), " "), "offered offered shift-news shift-news")
		h.must(h.does(AcceptShift, people[0], a))
		h.passes(2*day + 12*time.Hour)
		h.want("silence cancels nothing, who said yes is reminded", h.comings(a, b)+" "+strings.Join(h.mails(), " "), "signed_up offered shift-remind")
		stale := s
		if err := h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := EditShift(tx, h.manager, stale, false)
			return err
		}); !errors.Is(err, ErrStale) {
			t.Errorf("an old version: %v", err)
		}
		h.update(func(tx *store.Tx) error { return MailShifts(tx, people[0], requests[0].ID, false) })
		h.update(func(tx *store.Tx) error {
			_, err := CancelShift(tx, h.manager, s.ID, false)
			return err
		})
		h.want("everybody learns that it is canceled, who wants no mails too", h.comings(a, b)+" "+strings.Join(h.mails(), " "), "canceled canceled shift-canceled shift-canceled")
		if now := h.shiftNow(s); now.State != ShiftCanceled || now.Taken != 0 || now.Sequence != 2 {
			t.Errorf("got %+v", now)
		}
	})
}

func TestPeopleAreRemindedADayBefore(t *testing.T) {
	eachHouse(t, func(h *house) { // Wednesday, 11:00 in Berlin
		berlin := Berlin()
		for _, c := range []struct{ starts, want string }{
			{"2026-12-02 14:00", "2026-12-01 14:00"},
			{"2026-12-02 06:30", "2026-12-01 08:00"}, // not before eight
			{"2026-12-02 21:00", "2026-12-01 19:00"}, // not after eight
			{"2026-12-07 09:00", "2026-12-05 09:00"}, // Sunday is quiet
			{"2026-12-26 10:00", "2026-12-24 10:00"}, // so is Christmas
		} {
			people, requests := h.team(1)
			starts, err := time.ParseInLocation("2006-01-02 15:04", c.starts, berlin)
			h.must(err)
			s := h.plans(func(s *Shift) { s.Starts, s.Ends = starts, starts.Add(time.Hour) })
			h.takes(people[0], requests[0], s)
			if got := h.shiftNow(s).DueAt.In(berlin).Format("2006-01-02 15:04"); got != c.want {
				t.Errorf("a shift at %s: reminded at %s, want %s", c.starts, got, c.want)
			}
			h.withdraws(people[0], requests[0])
		}
	})
}

func TestWhoWantsNoRemindersGetsNone(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(2)
		s := h.plans()
		for i := range people {
			h.takes(people[i], requests[i], s)
		}
		h.update(func(tx *store.Tx) error { return MailShifts(tx, people[0], requests[0].ID, false) })
		h.passes(2*day + time.Hour)
		h.want("one of two", strings.Join(h.mails(), " "), "shift-remind")
		h.passes(time.Hour)
		h.want("once", strings.Join(h.mails(), " "), "")
	})
}

func TestNewsOfShiftsWaitForTheMorning(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(1)
		far := h.plans(func(s *Shift) { s.Starts, s.Ends = s.Starts.Add(4*day), s.Ends.Add(4*day) })
		near := h.plans(func(s *Shift) { s.Starts, s.Ends = s.Starts.Add(-52*time.Hour), s.Ends.Add(-52*time.Hour) })
		u, v := h.takes(people[0], requests[0], far), h.takes(people[0], requests[0], near)
		h.clock.Forward(10 * time.Hour) // 21:00 in Berlin
		h.must(h.does(ConfirmShift, h.manager, u))
		h.must(h.does(ConfirmShift, h.manager, v))
		h.want("only what is urgent comes at night", strings.Join(h.mails(), " "), "shift-news")
		h.clock.Forward(11 * time.Hour)
		h.want("the other one in the morning", strings.Join(h.mails(), " "), "shift-news")
	})
}

func TestShiftsBeginAndAttendanceIsRecorded(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(4)
		s := h.plans(func(s *Shift) { s.Capacity = 4 })
		off := h.takes(people[3], requests[3], s)
		h.must(h.givesBack(people[3], off, ""))
		a, b := h.takes(people[0], requests[0], s), h.takes(people[1], requests[1], s)
		var asked ShiftSignUp
		h.update(func(tx *store.Tx) (err error) {
			asked, err = AssignShift(tx, h.manager, requests[2].ID, s.ID, 1)
			return err
		})
		record := func(by Actor, came map[ID]ShiftSignUpState) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return RecordAttendance(tx, by, s.ID, came) })
		}
		if err := record(h.manager, map[ID]ShiftSignUpState{a.ID: ShiftAttended}); !errors.Is(err, ErrConflict) {
			t.Errorf("before the beginning: %v", err)
		}
		h.passes(3 * day)
		h.want("the assignment of who comes has begun", h.states(requests...), "active active agreed agreed")
		h.want("who said nothing does not come", h.comings(a, b, asked), "signed_up signed_up canceled")
		if err := record(people[0], map[ID]ShiftSignUpState{a.ID: ShiftAttended}); !errors.Is(err, ErrForbidden) {
			t.Errorf("a volunteer records: %v", err)
		}
		h.must(record(h.manager, map[ID]ShiftSignUpState{a.ID: ShiftAttended, b.ID: ShiftAbsent}))
		h.must(record(h.manager, map[ID]ShiftSignUpState{b.ID: ShiftExcused}))
		h.want("what came of it", h.comings(a, b), "attended absent_excused")
		hours := func(by Actor) (all string) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				list, err := tx.HoursOf(by.Account)
				for _, e := range list {
					all += fmt.Sprint(e.Day, " ", e.Minutes, " ", e.State)
				}
				return err
			}))
			return all
		}
		h.want("who was there has hours, who was not has none", hours(people[0])+hours(people[1]), "2026-11-28 180 confirmed")
		h.must(record(h.manager, map[ID]ShiftSignUpState{a.ID: ShiftExcused}))
		h.want("a correction takes them back", hours(people[0]), "")
		h.must(record(h.manager, map[ID]ShiftSignUpState{a.ID: ShiftAttended}))
		if err := record(h.manager, map[ID]ShiftSignUpState{off.ID: ShiftAttended}); !errors.Is(err, ErrConflict) {
			t.Errorf("who gave it back: %v", err)
		}
		h.must(record(h.manager, map[ID]ShiftSignUpState{asked.ID: ShiftAttended}))
		h.want("who came without having said so", h.comings(asked)+" "+h.states(requests[2])+" "+hours(people[2]), "attended active 2026-11-28 180 confirmed")
		h.refuses("an unknown word", record(h.manager, map[ID]ShiftSignUpState{a.ID: ShiftWaitlisted}), string(a.ID), "error.choice.unknown")
		h.clock.Forward(ShiftLife + 3*day)
		if _, err := h.s.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if got := len(h.allShifts()); got != 0 {
			t.Errorf("%d shifts are kept for ever", got)
		}
	})
}

func TestTheEndOfAnAgreementFreesItsShifts(t *testing.T) {
	for name, end := range map[string]func(h *house, by Actor, m MatchRequest){
		"withdrawn": func(h *house, by Actor, m MatchRequest) { h.withdraws(by, m) },
		"canceled":  func(h *house, _ Actor, m MatchRequest) { h.must(h.answers(m, EventCancel)) },
		"finished":  func(h *house, _ Actor, m MatchRequest) { h.must(h.answers(m, EventFinish)) },
		"erased": func(h *house, by Actor, _ MatchRequest) {
			h.update(func(tx *store.Tx) error {
				_, err := EraseAccount(tx, by.Account)
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachHouse(t, func(h *house) {
				people, requests := h.team(2)
				s := h.plans(func(s *Shift) { s.Capacity = 1 })
				a, b := h.takes(people[0], requests[0], s), h.takes(people[1], requests[1], s)
				end(h, people[0], requests[0])
				h.want("the next one is asked", h.comings(b), "offered")
				if name == "erased" {
					err := h.s.View(ctx, func(tx *store.Tx) error {
						_, err := tx.ShiftSignUp(a.ID)
						return err
					})
					if !errors.Is(err, ErrNotFound) {
						t.Errorf("the sign-up of an account that was erased: %v", err)
					}
				}
			})
		})
	}
}

func TestNobodyIsOfferedAPlaceInAShiftThatIsNotToBe(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(2)
		s := h.plans(func(s *Shift) { s.Capacity = 1 })
		a, b := h.takes(people[0], requests[0], s), h.takes(people[1], requests[1], s)
		h.update(func(tx *store.Tx) error {
			_, err := WithdrawOpportunity(tx, h.manager, h.o.ID)
			return err
		})
		h.want("both hear of the end, and of nothing else", h.comings(a, b)+" "+strings.Join(h.mails(), " "), "canceled canceled request-news request-news")
	})
}

func TestShiftsThatRepeat(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(1)
		first, err := h.tryPlan(h.manager, h.shift(), Recurrence{Repeat: "woechentlich", Every: 1}, 0)
		h.must(err)
		list := h.allShifts()
		if len(list) != 26 || list[0].ID != first.ID { // 180 days from Saturday on
			t.Fatalf("got %d shifts", len(list))
		}
		for i, s := range list {
			if want := first.Starts.In(Berlin()).AddDate(0, 0, 7*i); !s.Starts.Equal(want) {
				t.Errorf("shift %d begins %v, want %v", i, s.Starts, want)
			}
		}
		h.passes(14 * day)
		if got := len(h.allShifts()); got != 28 {
			t.Errorf("two weeks later: %d shifts", got)
		}
		list = h.allShifts()
		u := h.takes(people[0], requests[0], list[5])
		h.mails()

		later := list[4]
		later.Starts, later.Ends, later.Capacity = later.Starts.Add(time.Hour), later.Ends.Add(time.Hour), 3
		h.update(func(tx *store.Tx) error {
			again := later
			_, err := EditShift(tx, h.manager, again, true)
			return err
		})
		now := h.allShifts()
		if !now[3].Starts.Equal(list[3].Starts) || now[3].Capacity != 2 || !now[5].Starts.Equal(list[5].Starts.Add(time.Hour)) || now[27].Capacity != 3 {
			t.Errorf("got %v, %v", now[3], now[5])
		}
		h.want("who signed up for a following one is asked again", h.comings(u)+" "+strings.Join(h.mails(), " "), "offered shift-news")
		moved := now[4]
		moved.Starts, moved.Ends = moved.Starts.Add(day), moved.Ends.Add(day)
		h.refuses("another day for all", h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := EditShift(tx, h.manager, moved, true)
			return err
		}), "starts", "error.shift.day")

		h.update(func(tx *store.Tx) error {
			_, err := CancelShift(tx, h.manager, now[5].ID, true)
			return err
		})
		h.passes(30 * day)
		ahead := NextShifts(h.allShifts(), h.clock.Now().Add(-46*day))
		if len(ahead) != 5 || slices.ContainsFunc(ahead, func(s Shift) bool { return !s.Starts.Before(now[5].Starts) }) {
			t.Errorf("%d shifts are left", len(ahead))
		}
		_, err = h.tryPlan(h.manager, h.shift(), Recurrence{Repeat: "taeglich", Every: 1}, 3)
		h.must(err)
		if got := len(h.allShifts()); got != 31 {
			t.Errorf("three more: %d", got)
		}
	})
}

func TestTheLifeOfAnAssignment(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.StartsOn, o.EndsOn = "2026-12-01", "2026-12-20" })
		by := h.person()
		m := h.asks(by, nil)
		h.want("before the agreement", string(h.request(m).AssignmentState()), "")
		h.withdraws(by, m)
		m = h.agreed(by, nil)
		if got := fmt.Sprint(m.AssignmentState(), m.Assignment); got != "planned{ 2026-12-01 2026-12-20 false}" {
			t.Errorf("got %s", got)
		}
		edit := func(by Actor, a Assignment) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := EditAssignment(tx, by, m.ID, a)
				return err
			})
		}
		h.must(edit(h.manager, Assignment{Role: " Kasse ", From: "2026-12-02"}))
		if got := h.request(m).Assignment; got != (Assignment{Role: "Kasse", From: "2026-12-02"}) {
			t.Errorf("got %+v", got)
		}
		h.refuses("an end before the beginning", edit(h.manager, Assignment{From: "2026-12-02", Until: "2026-12-01"}), "until", "error.date.order")
		h.refuses("no day", edit(h.manager, Assignment{From: "2026-13-02"}), "from", "error.date.unknown")
		if err := edit(by, Assignment{}); !errors.Is(err, ErrForbidden) {
			t.Errorf("the person: %v", err)
		}
		pause := func(on bool) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := PauseAssignment(tx, h.manager, m.ID, on)
				return err
			})
		}
		s := h.plans(func(s *Shift) { s.Starts, s.Ends = s.Starts.Add(5*day), s.Ends.Add(5*day) })
		h.must(pause(true))
		h.want("it rests", string(h.request(m).AssignmentState()), "paused")
		if _, err := h.tryTake(by, m, s); !errors.Is(err, ErrConflict) {
			t.Errorf("a shift while it rests: %v", err)
		}
		h.must(pause(false))
		if err := pause(false); !errors.Is(err, ErrConflict) {
			t.Errorf("twice: %v", err)
		}
		h.passes(7 * day)
		h.want("the first day", string(h.request(m).AssignmentState()), "active")
		h.must(h.answers(m, EventFinish))
		h.want("the end", string(h.request(m).AssignmentState()), "ended")
	})
}

func TestTheAddressOfACalendar(t *testing.T) {
	eachHouse(t, func(h *house) {
		by := h.person()
		open := func() (token string) {
			h.update(func(tx *store.Tx) (err error) {
				token, err = OpenCalendar(tx, by, true)
				return err
			})
			return token
		}
		reads := func(token string) (account ID) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				c, err := tx.CalendarFeedBySecret(Hash(token))
				if errors.Is(err, ErrNotFound) {
					return nil
				}
				account = c.Account
				return err
			}))
			return account
		}
		first := open()
		if len(first) != 32 || reads(first) != by.Account {
			t.Errorf("got %q", first)
		}
		second := open()
		if reads(first) != "" || reads(second) != by.Account {
			t.Error("the one before is still good")
		}
		h.update(func(tx *store.Tx) error { return CloseCalendar(tx, by) })
		if reads(second) != "" {
			t.Error("it was not ended")
		}
		h.update(func(tx *store.Tx) error { return CloseCalendar(tx, by) }) // once more does nothing
		if err := h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := OpenCalendar(tx, Actor{}, false)
			return err
		}); !errors.Is(err, ErrNotFound) {
			t.Errorf("a visitor: %v", err)
		}
	})
}

func TestTheSlotsOfTheWeekThatAShiftNeeds(t *testing.T) {
	for _, tc := range []struct{ starts, ends, want string }{
		{"2026-12-08T14:00", "2026-12-08T18:00", "di-nachmittag"},           // an hour of Mittag is neither half of that nor of the shift
		{"2026-12-08T13:30", "2026-12-08T18:00", "di-mittag di-nachmittag"}, // half of Mittag
		{"2026-12-08T14:00", "2026-12-08T16:00", "di-mittag di-nachmittag"}, // half of the shift each
		{"2026-12-08T08:00", "2026-12-08T22:00", "di-vormittag di-mittag di-nachmittag di-abend"},
		{"2026-12-13T20:00", "2026-12-14T10:00", "mo-vormittag so-abend"}, // over the end of the week
		{"2026-12-08T22:00", "2026-12-09T06:00", ""},                      // a night
		{"2026-12-08T06:00", "2026-12-08T09:00", ""},                      // mostly before the day begins
		{"2026-03-29T08:00", "2026-03-29T12:00", "so-vormittag"},          // the clock was put forward
		{"", "", ""},
	} {
		var s ShiftTime
		if tc.starts != "" {
			s.Starts, _ = time.ParseInLocation("2006-01-02T15:04", tc.starts, Berlin())
			s.Ends, _ = time.ParseInLocation("2006-01-02T15:04", tc.ends, Berlin())
		}
		want, unknown := ParseGrid(codesOf(tc.want))
		if got := s.Grid(); got != want || len(unknown) > 0 {
			t.Errorf("%s to %s: got %q, want %q", tc.starts, tc.ends, got.Codes(), tc.want)
		}
	}
}

func codesOf(text string) (codes []Code) {
	for _, c := range strings.Fields(text) {
		codes = append(codes, Code(c))
	}
	return codes
}
