package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/store/storetest"
)

func TestShiftsByOpportunityOrganizationAndTime(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		a, b, c := putOpportunity(t, s, org.ID, "A", nil), putOpportunity(t, s, org.ID, "B", nil), putOpportunity(t, s, org.ID, "C", nil)
		now := clock.Now()
		put := func(id string, o engagement.Opportunity, starts time.Duration, change func(*engagement.Shift)) {
			shift := engagement.Shift{
				ID: engagement.ID(id), Opportunity: o.ID, Organization: org.ID, Starts: now.Add(starts), Ends: now.Add(starts + 2*hour),
				Capacity: 3, State: engagement.ShiftPlanned,
			}
			if change != nil {
				change(&shift)
			}
			update(t, s, func(tx *store.Tx) error { return tx.PutShift(&shift) })
		}
		put("later", a, 3*hour, func(s *engagement.Shift) { s.Series, s.DueAt = "series", now.Add(2*hour) })
		put("soon", a, hour, func(s *engagement.Shift) { s.Series, s.DueAt = "series", now.Add(hour) })
		put("now", a, 0, nil)
		put("canceled", a, 2*hour, func(s *engagement.Shift) { s.State = engagement.ShiftCanceled })
		put("other", b, 150*time.Minute, nil)
		ids := func(list []engagement.Shift) (all string) {
			for _, s := range list {
				all += " " + string(s.ID)
			}
			return all
		}
		view(t, s, func(tx *store.Tx) error {
			ahead, err := tx.ShiftsAhead([]engagement.ID{a.ID, b.ID, c.ID})
			if err != nil {
				return err
			}
			if _, some := ahead[c.ID]; some || len(ahead) != 2 {
				t.Errorf("got shifts of %d opportunities, want 2", len(ahead))
			}
			for what, got := range map[string]struct{ got, want string }{
				"ahead of A": {ids(ahead[a.ID]), " soon later"},
				"ahead of B": {ids(ahead[b.ID]), " other"},
			} {
				if got.got != got.want {
					t.Errorf("%s: got%s, want%s", what, got.got, got.want)
				}
			}
			for _, c := range []struct {
				what, want string
				find       func() ([]engagement.Shift, error)
			}{
				{"of A", " now soon canceled later", func() ([]engagement.Shift, error) { return tx.ShiftsFor(a.ID) }},
				{"in the series", " soon later", func() ([]engagement.Shift, error) { return tx.ShiftsInSeries("series") }},
				{"of the empty series", "", func() ([]engagement.Shift, error) { return tx.ShiftsInSeries("") }},
				{"due in an hour", " soon", func() ([]engagement.Shift, error) { return tx.DueShifts(now.Add(hour), 9) }},
				{"due in two", " soon later", func() ([]engagement.Shift, error) { return tx.DueShifts(now.Add(2*hour), 9) }},
				{"that end in a time", " soon canceled other", func() ([]engagement.Shift, error) { return tx.ShiftsOf(org.ID, now.Add(3*hour), now.Add(5*hour)) }},
			} {
				list, err := c.find()
				if err != nil || ids(list) != c.want {
					t.Errorf("%s: got%s, %v, want%s", c.what, ids(list), err, c.want)
				}
			}
			return nil
		})
		clock.Forward(150 * time.Minute)
		view(t, s, func(tx *store.Tx) error {
			ahead, err := tx.ShiftsAhead([]engagement.ID{a.ID, b.ID})
			if err != nil || len(ahead) != 1 || ids(ahead[a.ID]) != " later" {
				t.Errorf("later: %v, %v", ahead, err)
			}
			return nil
		})
	})
}

func TestSignUpsEndWithTheirShiftAndTheirRequest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "A", nil)
		a := putAccount(t, s, "person")
		put := func(shift, request string) engagement.ShiftSignUp {
			u := engagement.ShiftSignUp{ID: engagement.ID(shift + request), Shift: engagement.ID(shift), Request: engagement.ID(request), Account: a.ID, People: 1, State: engagement.ShiftSignedUp}
			update(t, s, func(tx *store.Tx) error {
				if _, err := tx.Shift(u.Shift); errors.Is(err, engagement.ErrNotFound) {
					if err := tx.PutShift(&engagement.Shift{ID: u.Shift, Opportunity: o.ID, Organization: org.ID, Starts: tx.Now(), Ends: tx.Now().Add(hour)}); err != nil {
						return err
					}
				}
				if _, err := tx.MatchRequest(u.Request); errors.Is(err, engagement.ErrNotFound) {
					m := newRequest(tx, o)
					m.ID, m.Account = u.Request, a.ID
					if err := tx.PutMatchRequest(&m); err != nil {
						return err
					}
				}
				return errors.Join(tx.PutShiftSignUp(&u), tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Subject: u.ID, At: tx.Now(), To: engagement.Recipient{Account: a.ID}}))
			})
			return u
		}
		one, two, three := put("s1", "m1"), put("s1", "m2"), put("s2", "m3")
		bySecret := get(t, s, func(tx *store.Tx) (engagement.ShiftSignUp, error) {
			return tx.ShiftSignUpBySecret(engagement.Hash(tx.LinkToken(two.ID)))
		})
		if bySecret.ID != two.ID {
			t.Errorf("got %s, want %s", bySecret.ID, two.ID)
		}
		left := func() (n int) {
			return len(get(t, s, func(tx *store.Tx) ([]engagement.ShiftSignUp, error) { return tx.ShiftSignUpsOf(a.ID) }))
		}
		if left() != 3 {
			t.Fatalf("got %d sign-ups, want 3", left())
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteShiftSignUps(one.Request) })
		events, err := s.LeaseEvents(ctx, engagement.Mail, "postman", 9, time.Minute)
		if err != nil || len(events) != 2 || left() != 2 {
			t.Errorf("got %d mails and %d sign-ups, %v; want 2 and 2", len(events), left(), err)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteMatchRequest(two.Request) })
		if left() != 1 {
			t.Errorf("the sign-up of a request that was erased is left")
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })
		if left() != 0 {
			t.Errorf("%s is left of an opportunity that is gone", three.ID)
		}
	})
}

// inBerlin is an hour of a day by the clock there.
func inBerlin(day engagement.Date, hour int) time.Time {
	return day.Time().Add(time.Duration(hour) * time.Hour)
}

func TestTimesOfTheWeekOfFreeShifts(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		here := func(o *engagement.Opportunity) { o.Grid = engagement.Slot("mo", "vormittag") }
		weekly, full, none := putOpportunity(t, s, org.ID, "Weekly", here), putOpportunity(t, s, org.ID, "Full", here), putOpportunity(t, s, org.ID, "None", here)
		now := clock.Now()
		tuesday := engagement.DateOf(now).Add(7)
		for tuesday.Time().In(engagement.Berlin()).Weekday() != time.Tuesday {
			tuesday = tuesday.Add(1)
		}
		shifts := map[string]*engagement.Shift{}
		put := func(id string, o engagement.Opportunity, starts, ends time.Time, taken int) {
			shifts[id] = &engagement.Shift{
				ID: engagement.ID(id), Opportunity: o.ID, Organization: org.ID, Starts: starts, Ends: ends, Capacity: 2, Taken: taken, State: engagement.ShiftPlanned,
			}
			update(t, s, func(tx *store.Tx) error { return tx.PutShift(shifts[id]) })
		}
		put("begun", weekly, now.Add(-hour), now.Add(hour), 0)
		put("taken", weekly, inBerlin(tuesday, 14), inBerlin(tuesday, 18), 2)
		put("next", weekly, inBerlin(tuesday.Add(7), 14), inBerlin(tuesday.Add(7), 18), 1)
		put("later", weekly, inBerlin(tuesday.Add(14), 14), inBerlin(tuesday.Add(14), 18), 0)
		put("longer", weekly, inBerlin(tuesday.Add(14), 14), inBerlin(tuesday.Add(14), 22), 0)
		put("full", full, inBerlin(tuesday, 9), inBerlin(tuesday, 12), 2)
		times := func() map[engagement.ID][]engagement.ShiftTime {
			return get(t, s, func(tx *store.Tx) (map[engagement.ID][]engagement.ShiftTime, error) {
				return tx.ShiftTimes([]engagement.ID{weekly.ID, full.ID, none.ID})
			})
		}
		found := func(slot ...engagement.Code) (titles string) {
			grid, _ := engagement.ParseGrid(slot)
			hits := get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{Slots: grid}, store.Viewer{})
			})
			var all []string
			for _, h := range hits.List {
				all = append(all, h.Title)
			}
			slices.Sort(all)
			return strings.Join(all, " ")
		}
		check := func(when string, want map[engagement.ID][]engagement.ShiftTime, found map[string]string) {
			t.Helper()
			if diff := cmp.Diff(want, times()); diff != "" {
				t.Errorf("%s: times (-want +got):\n%s", when, diff)
			}
			for slots, got := range found {
				if slots != got {
					t.Errorf("%s: got %q, want %q", when, got, slots)
				}
			}
		}
		next := engagement.ShiftTime{Starts: shifts["next"].Starts, Ends: shifts["next"].Ends}
		later := engagement.ShiftTime{Starts: shifts["later"].Starts, Ends: shifts["later"].Ends}
		longer := engagement.ShiftTime{Starts: shifts["longer"].Starts, Ends: shifts["longer"].Ends}
		check("at first", map[engagement.ID][]engagement.ShiftTime{weekly.ID: {next, longer}, full.ID: {{}}}, map[string]string{
			"None": found("mo-vormittag"), "Weekly": found("di-nachmittag"), "": found("di-vormittag", "sa-abend"), "None Weekly": found("mo-vormittag", "di-abend"),
		})

		shifts["next"].Taken = 2
		shifts["longer"].State = engagement.ShiftCanceled
		shifts["full"].Taken = 1
		for _, id := range []string{"next", "longer", "full"} {
			update(t, s, func(tx *store.Tx) error { return tx.PutShift(shifts[id]) })
		}
		morning := engagement.ShiftTime{Starts: shifts["full"].Starts, Ends: shifts["full"].Ends}
		check("after some changes", map[engagement.ID][]engagement.ShiftTime{weekly.ID: {later}, full.ID: {morning}}, map[string]string{
			"Weekly": found("di-nachmittag"), "Full": found("di-vormittag"), "": found("di-abend"),
		})

		clock.Forward(shifts["later"].Starts.Sub(now)) // all have begun, and a timer looks at each
		for _, one := range shifts {
			update(t, s, func(tx *store.Tx) error { return tx.PutShift(one) })
		}
		check("when all have begun", map[engagement.ID][]engagement.ShiftTime{}, map[string]string{"Full None Weekly": found("mo-vormittag"), "": found("di-nachmittag")})
	})
}

// Before version 43 there was no column with the places that are free, and none with the exact place of a copy.
func TestPlacesOfAnOldDatabaseAreKnown(t *testing.T) {
	rows, err := os.ReadFile("testdata/frozen-2.sql")
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range migrated {
		t.Run(name, func(t *testing.T) {
			c, clock := config(t), new(storetest.Clock)
			c.Clock = clock.Now
			old := store.MigrateTo(t, c, 2)
			for statement := range strings.SplitSeq(string(rows), ";\n") {
				if _, err := old.Exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			old = store.MigrateTo(t, c, 41)
			now := clock.Now().Truncate(time.Millisecond)
			for n, shift := range []engagement.Shift{
				{ID: "free", Capacity: 3, Taken: 1, State: engagement.ShiftPlanned},
				{ID: "taken", Capacity: 1, Taken: 1, State: engagement.ShiftPlanned},
				{ID: "too many", Capacity: 1, Taken: 2, State: engagement.ShiftPlanned},
				{ID: "canceled", Capacity: 3, State: engagement.ShiftCanceled},
			} {
				starts := now.Add(time.Duration(n+1) * day)
				doc, err := json.Marshal(shift)
				if err != nil {
					t.Fatal(err)
				}
				statement := fmt.Sprintf(`INSERT INTO shift (id, series, opportunity, organization, starts, ends, due, version, doc)
					SELECT '%s', '', id, organization, %d, %d, 0, 1, '%s' FROM opportunity WHERE code = 'abcdefgh'`, shift.ID, starts.UnixMilli(), starts.Add(hour).UnixMilli(), doc)
				if _, err := old.Exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			copied := engagement.Opportunity{ID: "copy", Origin: "b.example", Fingerprint: "one", Places: []engagement.Place{{Point: geo.Point{Lat: 52.4, Lon: -.25}, Exact: true}}}
			district := copied
			district.ID, district.Fingerprint, district.Places = "district", "two", []engagement.Place{{Point: copied.Places[0].Point}}
			for _, o := range []engagement.Opportunity{copied, district} {
				doc, err := json.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				statement := fmt.Sprintf(`INSERT INTO opportunity (id, code, organization, origin, state, visibility, fingerprint, submitted, published, changed, due, version, doc)
					SELECT '%[1]s', '%[1]s', organization, origin, 'published', 'offen', '%[2]s', 0, 0, 0, 0, 1, '%[3]s' FROM
					(SELECT organization, '%[4]s' AS origin FROM opportunity WHERE code = 'abcdefgh') old`, o.ID, o.Fingerprint, doc, o.Origin)
				if _, err := old.Exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			s := storetest.Open(t, c)
			view(t, s, func(tx *store.Tx) error {
				more := copied
				more.ID, more.Fingerprint = "more", "three"
				if n, err := tx.CountAtPoint(more, 9); n != 1 || err != nil {
					t.Errorf("%d are at the point of the copy, %v; want 1", n, err)
				}
				o, err := tx.OpportunityByCode("abcdefgh")
				if err != nil {
					return err
				}
				times, err := tx.ShiftTimes([]engagement.ID{o.ID})
				want := []engagement.ShiftTime{{}, {}, {Starts: now.Add(day), Ends: now.Add(day + hour)}}
				if diff := cmp.Diff(want, times[o.ID]); diff != "" || err != nil {
					t.Errorf("%v\n%s", err, diff)
				}
				return nil
			})
		})
	}
}
