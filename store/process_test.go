package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// Tests that need several processes start this test binary again, with a role in its environment.

// roles are what a started process does with the database.
var roles = map[string]func(s *store.Store) error{
	"one":   one,
	"write": writeForEver,
	"work":  work,
	"hang":  hang,
}

func child(role string) int {
	s, err := store.Open(ctx, store.Config{DSN: os.Getenv("SEESTERN_TEST_DSN"), BaseURL: "https://a.example", Secret: []byte("a secret of exactly 32 bytes....")})
	if err == nil {
		err = roles[role](s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is a started one; what it prints comes line by line.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, role string, c store.Config) process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SEESTERN_TEST_ROLE="+role, "SEESTERN_TEST_DSN="+c.DSN)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // it has ended already unless the test failed
		cmd.Wait()
	})
	return process{cmd, bufio.NewScanner(out)}
}

// kill ends it the hard way and returns what it had printed by then.
func (p process) kill(t *testing.T) (rest []string) {
	t.Helper()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for p.lines.Scan() {
		rest = append(rest, p.lines.Text())
	}
	return rest
}

// writeForEver writes rows from several goroutines and prints the key of each one that was acknowledged.
func writeForEver(s *store.Store) error {
	var mu sync.Mutex
	errs := parallel(8, func(writer int) error {
		for i := 0; ; i++ {
			key := fmt.Sprintf("%d-%d-%d", os.Getpid(), writer, i)
			if err := s.Update(ctx, func(tx *store.Tx) error {
				if err := tx.PutOnce(store.Once{Key: key}); err != nil {
					return err
				}
				return tx.PutOnce(store.Once{Key: key + "b"})
			}); err != nil {
				return err
			}
			mu.Lock()
			fmt.Println(key)
			mu.Unlock()
		}
	})
	return errors.Join(errs...)
}

// FLT-01, FLT-03: what was acknowledged survives kill -9, whole.
func TestAcknowledgedChangesSurviveKill9(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		cycles := 10
		if testing.Short() {
			cycles = 2
		}
		var acknowledged []string
		for cycle := range cycles {
			p := start(t, "write", c)
			for range 20 + 37*cycle { // another moment every time
				if !p.lines.Scan() {
					t.Fatal("the writer ended by itself")
				}
				acknowledged = append(acknowledged, p.lines.Text())
			}
			rest := p.kill(t)
			if n := len(rest); n > 0 && !complete(rest[n-1]) {
				rest = rest[:n-1] // killed while printing
			}
			acknowledged = append(acknowledged, rest...)
		}
		s := storetest.Open(t, c)
		view(t, s, func(tx *store.Tx) error {
			for _, key := range acknowledged {
				if _, err := tx.Once(key); err != nil {
					t.Errorf("%s: %v", key, err)
				}
				if _, err := tx.Once(key + "b"); err != nil {
					t.Errorf("second half of %s: %v", key, err)
				}
			}
			return nil
		})
		if strings.HasSuffix(c.DSN, ".db") {
			if got := store.Pragma(t, s, "integrity_check")["reader"]; got != "ok" {
				t.Errorf("integrity check: %s", got)
			}
		}
		t.Logf("%d acknowledged changes in %d kills", len(acknowledged), cycles)
	})
}

// complete says whether a line was printed to its end as far as can be seen: three numbers.
func complete(line string) bool {
	parts := strings.Split(line, "-")
	if len(parts) != 3 {
		return false
	}
	_, err := strconv.Atoi(parts[2])
	return err == nil
}

// events of the tests with workers, and how long their leases are.
const (
	manyEvents = 300
	shortLease = time.Second
)

// work handles events and deliveries until there are none, and prints what it did.
func work(s *store.Store) error {
	owner := strconv.Itoa(os.Getpid())
	for idle := time.Now(); time.Since(idle) < shortLease+time.Second; {
		events, err := s.LeaseEvents(ctx, engagement.Wire, owner, 10, shortLease)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := handle(s, "event "+string(e.Subject), func(tx *store.Tx) error { return tx.EventDone(e) }); err != nil {
				return err
			}
			idle = time.Now()
		}
		deliveries, err := s.LeaseDeliveries(ctx, owner, 10, shortLease)
		if err != nil {
			return err
		}
		for _, d := range deliveries {
			if err := handle(s, "delivery "+d.Activity, func(tx *store.Tx) error { return tx.DeliveryDone(d) }); err != nil {
				return err
			}
			idle = time.Now()
		}
		if len(events)+len(deliveries) == 0 {
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// handle has its effect, which can happen once only, in the transaction of the report. Whoever comes too late has no effect.
func handle(s *store.Store, what string, report func(tx *store.Tx) error) error {
	err := s.Update(ctx, func(tx *store.Tx) error {
		if err := report(tx); err != nil {
			return err
		}
		return tx.PutAccount(&engagement.Account{ID: tx.NewID(), Username: what}) // unique
	})
	if errors.Is(err, engagement.ErrConflict) {
		fmt.Println("late")
		return nil
	}
	if err == nil {
		fmt.Println(what)
	}
	return err
}

// hang leases and never reports.
func hang(s *store.Store) error {
	events, err := s.LeaseEvents(ctx, engagement.Wire, "hanging", 30, shortLease)
	if err != nil {
		return err
	}
	deliveries, err := s.LeaseDeliveries(ctx, "hanging", 30, shortLease)
	if err != nil {
		return err
	}
	fmt.Println(len(events), len(deliveries))
	time.Sleep(time.Hour) // it is killed long before
	return nil
}

// Several nodes share one PostgreSQL database: everything happens exactly once, also when one of them is killed in the middle. The same holds
// for processes that share an SQLite file.
func TestProcessesShareAQueueAndOneIsKilled(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		s := storetest.Open(t, c)
		p := &sender{t: t, s: s}
		update(t, s, func(tx *store.Tx) error {
			for i := range manyEvents {
				if err := tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Wire, Subject: engagement.ID(strconv.Itoa(i)), At: tx.Now()}); err != nil {
					return err
				}
			}
			return nil
		})
		for i := range 60 {
			p.put("Create", fmt.Sprint("object", i), fmt.Sprintf("host%d.example/inbox", i%20), store.Normal)
		}
		hanging := start(t, "hang", c)
		if !hanging.lines.Scan() || hanging.lines.Text() != "30 20" {
			t.Fatalf("the hanging worker leased %q, want 30 events and one delivery of each host", hanging.lines.Text())
		}
		workers := []process{start(t, "work", c), start(t, "work", c)}
		hanging.kill(t)
		done := map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, w := range workers {
			wg.Go(func() {
				n := 0
				for w.lines.Scan() {
					mu.Lock()
					done[w.lines.Text()]++
					mu.Unlock()
					n++
				}
				if err := w.Wait(); err != nil {
					t.Error(err)
				}
				t.Logf("worker %d did %d things", w.Process.Pid, n)
			})
		}
		wg.Wait()
		for i := range manyEvents {
			if n := done[fmt.Sprint("event ", i)]; n != 1 {
				t.Errorf("event %d was handled %d times", i, n)
			}
		}
		for i := range 60 {
			if n := done[fmt.Sprint("delivery https://a.example/ap/activity/", i+1)]; n != 1 {
				t.Errorf("delivery %d was handled %d times", i+1, n)
			}
		}
		left := get(t, s, func(tx *store.Tx) (map[store.QueueState]int, error) { return tx.CountDeliveries("") })
		if left[store.Waiting] != 0 {
			t.Errorf("deliveries left: %v", left)
		}
	})
}
