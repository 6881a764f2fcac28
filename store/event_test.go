package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// emit records a wire event about a subject.
func emit(t testing.TB, s *store.Store, subject engagement.ID) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		return tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Wire, Kind: engagement.WireUpdate, Subject: subject, At: tx.Now()})
	})
}

func leaseEvents(t testing.TB, s *store.Store, owner string, n int) []store.LeasedEvent {
	t.Helper()
	leased, err := s.LeaseEvents(ctx, engagement.Wire, owner, n, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return leased
}

func subjects(events []store.LeasedEvent) (all []engagement.ID) {
	for _, e := range events {
		all = append(all, e.Subject)
	}
	return all
}

func TestEventsAreLeased(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		for _, subject := range []engagement.ID{"a", "b", "c"} {
			emit(t, s, subject)
			clock.Forward(time.Millisecond)
		}
		mine := leaseEvents(t, s, "one", 2)
		if got := subjects(mine); !slices.Equal(got, []engagement.ID{"a", "b"}) {
			t.Fatalf("got %v, want the oldest two in order", got)
		}
		t.Run("to one owner at a time", func(t *testing.T) {
			if got := subjects(leaseEvents(t, s, "two", 5)); !slices.Equal(got, []engagement.ID{"c"}) {
				t.Errorf("got %v, want only c", got)
			}
		})
		t.Run("for a while: a dead owner loses them, and cannot report any more", func(t *testing.T) {
			clock.Forward(61 * time.Second)
			again := leaseEvents(t, s, "two", 5)
			if got := subjects(again); !slices.Equal(got, []engagement.ID{"a", "b", "c"}) {
				t.Fatalf("got %v", got)
			}
			if err := s.Update(ctx, func(tx *store.Tx) error { return tx.EventDone(mine[0]) }); !errors.Is(err, engagement.ErrConflict) {
				t.Errorf("got %v from the old owner, want ErrConflict", err)
			}
			update(t, s, func(tx *store.Tx) error { return tx.EventDone(again[0]) })
			if err := s.Update(ctx, func(tx *store.Tx) error { return tx.EventDone(again[0]) }); !errors.Is(err, engagement.ErrConflict) {
				t.Errorf("got %v from a second report, want ErrConflict", err)
			}
		})
	})
}

func TestAnEventThatFails(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		emit(t, s, "bad")
		emit(t, s, "good")
		bad := leaseEvents(t, s, "one", 1)[0]
		update(t, s, func(tx *store.Tx) error { return tx.EventFailed(bad, "no answer", clock.Now().Add(hour)) })
		t.Run("does not hold up the others", func(t *testing.T) {
			if got := subjects(leaseEvents(t, s, "one", 5)); !slices.Equal(got, []engagement.ID{"good"}) {
				t.Errorf("got %v, want good", got)
			}
		})
		t.Run("comes again at its time, with its failures counted", func(t *testing.T) {
			clock.Forward(hour)
			again := leaseEvents(t, s, "one", 5)
			i := slices.IndexFunc(again, func(e store.LeasedEvent) bool { return e.Subject == "bad" })
			if i < 0 || again[i].Failures != 1 {
				t.Fatalf("got %+v, want bad with one failure", again)
			}
			bad = again[i]
		})
		t.Run("is parked with a reason when its owner gives up", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error { return tx.EventFailed(bad, "never", time.Time{}) })
			clock.Forward(day)
			if got := subjects(leaseEvents(t, s, "one", 5)); slices.Contains(got, "bad") {
				t.Error("it came again")
			}
			parked := get(t, s, func(tx *store.Tx) ([]store.EventRow, error) { return tx.Events(engagement.Wire, store.Parked, 10) })
			if len(parked) != 1 || parked[0].Error != "never" || parked[0].Subject != "bad" {
				t.Errorf("got %+v", parked)
			}
		})
	})
}

func TestAnEventThatKillsWhoeverHandlesItIsTriedEverMoreRarelyAndParkedInTheEnd(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		emit(t, s, "deadly")
		deaths, rested := 0, time.Duration(0)
		for rest := time.Duration(0); rest < 48*time.Hour; rest += time.Minute {
			if len(leaseEvents(t, s, "one", 5)) == 1 {
				if deaths++; deaths > 1 && deaths <= 10 && rest < 2*rested {
					t.Errorf("after %d deaths it rested for %s, and for %s before", deaths-1, rest, rested)
				}
				rested, rest = rest, 0
			}
			clock.Forward(time.Minute)
		}
		if deaths != 20 {
			t.Errorf("it was given out %d times, want 20", deaths)
		}
		emit(t, s, "harmless")
		if got := subjects(leaseEvents(t, s, "one", 5)); !slices.Equal(got, []engagement.ID{"harmless"}) {
			t.Errorf("got %v, want harmless", got)
		}
		parked := get(t, s, func(tx *store.Tx) ([]store.EventRow, error) { return tx.Events(engagement.Wire, store.Parked, 10) })
		if len(parked) != 1 || parked[0].Error == "" {
			t.Errorf("got %+v, want one parked with a reason", parked)
		}
	})
}

func TestMailEvents(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		a := putAccount(t, s, "person")
		for _, to := range []engagement.Recipient{{Account: a.ID}, {Address: "Person@mail.example"}, {Role: engagement.Admin}} {
			update(t, s, func(tx *store.Tx) error {
				return tx.Emit(engagement.Event{
					ID: tx.NewID(), For: engagement.Mail, Kind: engagement.MailSignIn, At: tx.Now(), To: to,
					Args: map[string]string{"token": "geheim"},
				})
			})
			clock.Forward(hour)
		}
		t.Run("are counted per address, whichever way it was named", func(t *testing.T) {
			for since, want := range map[time.Duration]int{4 * hour: 2, 150 * time.Minute: 1, hour: 0} {
				got := get(t, s, func(tx *store.Tx) (int, error) { return tx.CountMails("person@MAIL.example", clock.Now().Add(-since)) })
				if got != want {
					t.Errorf("since %s: got %d, want %d", since, got, want)
				}
			}
		})
		leased, err := s.LeaseEvents(ctx, engagement.Mail, "postman", 10, time.Minute)
		if err != nil || len(leased) != 3 || leased[0].Args["token"] != "geheim" {
			t.Fatalf("got %+v, %v", leased, err)
		}
		t.Run("lose their arguments when they are done or parked, and count still", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error {
				return errors.Join(tx.EventDone(leased[0]), tx.EventFailed(leased[1], "no such mailbox", time.Time{}))
			})
			for _, state := range []store.QueueState{store.Done, store.Parked} {
				rows := get(t, s, func(tx *store.Tx) ([]store.EventRow, error) { return tx.Events(engagement.Mail, state, 10) })
				if len(rows) != 1 || rows[0].Args != nil {
					t.Errorf("%s: got %+v, want one without arguments", state, rows)
				}
			}
			if got := get(t, s, func(tx *store.Tx) (int, error) { return tx.CountMails("person@mail.example", time.Time{}) }); got != 2 {
				t.Errorf("got %d mails, want 2", got)
			}
		})
		t.Run("go with the account", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(a.ID) })
			if got := get(t, s, func(tx *store.Tx) (int, error) { return tx.CountMails("person@mail.example", time.Time{}) }); got != 0 {
				t.Errorf("got %d mails, want 0", got)
			}
		})
	})
}

func TestAnEventWaitsForItsTime(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		update(t, s, func(tx *store.Tx) error {
			return tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Wire, Subject: "later", At: tx.Now(), After: tx.Now().Add(hour)})
		})
		if got := leaseEvents(t, s, "one", 5); len(got) != 0 {
			t.Errorf("got %+v before its time", got)
		}
		clock.Forward(hour)
		if got := leaseEvents(t, s, "one", 5); len(got) != 1 {
			t.Errorf("got %d events at its time, want 1", len(got))
		}
	})
}

func TestJobs(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		put := func(t *testing.T, key string, at time.Time, data string) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				return tx.PutJob(store.Job{Queue: "fetch", Key: key, At: at, Data: map[string]string{"iri": data}})
			})
		}
		lease := func(t *testing.T) []store.LeasedJob {
			t.Helper()
			leased, err := s.LeaseJobs(ctx, "fetch", "one", 10, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return leased
		}
		t.Run("with the same key are one, at the earlier time and with the newer data", func(t *testing.T) {
			put(t, "x", clock.Now().Add(hour), "old")
			put(t, "x", clock.Now(), "new")
			put(t, "x", clock.Now().Add(day), "newest")
			jobs := lease(t)
			if len(jobs) != 1 || jobs[0].Data["iri"] != "newest" || jobs[0].Key != "x" {
				t.Fatalf("got %+v", jobs)
			}
			update(t, s, func(tx *store.Tx) error { return tx.JobDone(jobs[0]) })
			clock.Forward(2 * day)
			if left := lease(t); len(left) != 0 {
				t.Errorf("got %+v after it was done", left)
			}
		})
		t.Run("put again while they run, run once more", func(t *testing.T) {
			put(t, "again", time.Time{}, "1")
			running := lease(t)[0]
			put(t, "again", time.Time{}, "2")
			err := s.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(running) })
			if !errors.Is(err, engagement.ErrConflict) {
				t.Errorf("got %v, want ErrConflict: what it did is out of date", err)
			}
			jobs := lease(t)
			if len(jobs) != 1 || jobs[0].Data["iri"] != "2" {
				t.Fatalf("got %+v", jobs)
			}
			update(t, s, func(tx *store.Tx) error { return tx.JobDone(jobs[0]) })
		})
		t.Run("that tick come again at their next time", func(t *testing.T) {
			put(t, "tick", time.Time{}, "")
			tick := lease(t)[0]
			update(t, s, func(tx *store.Tx) error { return tx.JobAgain(tick, tx.Now().Add(day)) })
			if left := lease(t); len(left) != 0 {
				t.Fatalf("got %+v at once", left)
			}
			clock.Forward(day)
			if again := lease(t); len(again) != 1 {
				t.Errorf("got %d jobs a day later, want 1", len(again))
			}
		})
		t.Run("that fail for good are parked, and wait again when put again", func(t *testing.T) {
			put(t, "bad", time.Time{}, "")
			var bad store.LeasedJob
			for _, j := range lease(t) {
				if j.Key == "bad" {
					bad = j
				}
			}
			update(t, s, func(tx *store.Tx) error { return tx.JobFailed(bad, "gone", time.Time{}) })
			parked := get(t, s, func(tx *store.Tx) ([]store.JobRow, error) { return tx.Jobs("fetch", store.Parked, 10) })
			if len(parked) != 1 || parked[0].Error != "gone" {
				t.Errorf("got %+v", parked)
			}
			put(t, "bad", time.Time{}, "")
			if again := lease(t); len(again) != 1 || again[0].Failures != 0 {
				t.Errorf("got %+v, want it as if new", again)
			}
		})
	})
}

// Two addresses of one mailbox count as one, and each account takes only its own mails along.
func TestAddressesOfOneMailbox(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		count := func() int {
			return get(t, s, func(tx *store.Tx) (int, error) { return tx.CountMails("Ada@mail.example", time.Time{}) })
		}
		var first engagement.Account
		update(t, s, func(tx *store.Tx) error {
			first = engagement.Account{ID: tx.NewID(), Email: "ada+1@mail.example"}
			if err := tx.PutAccount(&first); err != nil {
				return err
			}
			for _, to := range []engagement.Recipient{{Account: first.ID}, {Address: "Ada+1@mail.example"}, {Address: "ada+2@mail.example"}, {Address: "ada@other.example"}, {Address: "adabei@mail.example"}} {
				if err := tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Kind: engagement.MailReset, To: to, At: tx.Now()}); err != nil {
					return err
				}
			}
			return nil
		})
		if got := count(); got != 3 {
			t.Errorf("%d mails to the mailbox, want 3", got)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(first.ID) })
		if got := count(); got != 1 {
			t.Errorf("%d mails are left when the account is deleted, want the one to the other address", got)
		}
	})
}
