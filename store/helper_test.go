package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestMain(m *testing.M) {
	slog.SetLogLoggerLevel(slog.LevelWarn)
	if role := os.Getenv("SEESTERN_TEST_ROLE"); role != "" {
		os.Exit(child(role))
	}
	os.Exit(m.Run())
}

var ctx = context.Background()

// update runs f in a transaction that must succeed.
func update(t testing.TB, s *store.Store, f func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Update(ctx, f); err != nil {
		t.Fatal(err)
	}
}

// view is update for reading.
func view(t testing.TB, s *store.Store, f func(tx *store.Tx) error) {
	t.Helper()
	if err := s.View(ctx, f); err != nil {
		t.Fatal(err)
	}
}

// get reads one thing that must exist.
func get[T any](t testing.TB, s *store.Store, read func(tx *store.Tx) (T, error)) (got T) {
	t.Helper()
	view(t, s, func(tx *store.Tx) (err error) {
		got, err = read(tx)
		return err
	})
	return got
}

// withClock opens every engine with a clock that the test moves.
func withClock(t *testing.T, test func(t *testing.T, s *store.Store, clock *storetest.Clock)) {
	t.Helper()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		clock := &storetest.Clock{}
		c.Clock = clock.Now
		test(t, storetest.Open(t, c), clock)
	})
}

// newCode is an unused short code.
func newCode(tx *store.Tx) string {
	code, err := tx.NewCode()
	if err != nil {
		panic(err)
	}
	return code
}

// putOrganization stores an active organization.
func putOrganization(t testing.TB, s *store.Store, handle string) (o engagement.Organization) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		o = engagement.Organization{
			ID: tx.NewID(), Code: newCode(tx), Handle: handle, Name: "Verein " + handle,
			State: engagement.OrganizationActive, Created: tx.Now(),
		}
		return tx.PutOrganization(&o)
	})
	return o
}

// putOpportunity stores a published opportunity; change, if any, comes before.
func putOpportunity(t testing.TB, s *store.Store, org engagement.ID, title string, change func(*engagement.Opportunity)) (o engagement.Opportunity) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		o = engagement.Opportunity{
			ID: tx.NewID(), Code: newCode(tx), Organization: org, Title: title, Mode: "vor-ort", Visibility: "offen",
			State: engagement.Published, Published: tx.Now(), Confirmed: tx.Now(), Fingerprint: title,
		}
		if change != nil {
			change(&o)
		}
		return tx.PutOpportunity(&o)
	})
	return o
}

// putAccount stores an account.
func putAccount(t testing.TB, s *store.Store, name string) (a engagement.Account) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		a = engagement.Account{ID: tx.NewID(), Name: name, Username: name, Email: name + "@mail.example", Created: tx.Now()}
		return tx.PutAccount(&a)
	})
	return a
}

// newRequest is a request to store.
func newRequest(tx *store.Tx, o engagement.Opportunity) engagement.MatchRequest {
	return engagement.MatchRequest{
		ID: tx.NewSecretID(), Number: "A-" + newCode(tx), Opportunity: o.ID, Organization: o.Organization,
		State: engagement.Interested, SentAt: tx.Now(), Created: tx.Now(), Updated: tx.Now(),
	}
}

// parallel runs f n times at once, starting together, and returns the errors by index.
func parallel(n int, f func(i int) error) []error {
	start := make(chan struct{})
	type result struct {
		i   int
		err error
	}
	results := make(chan result)
	for i := range n {
		go func() {
			<-start
			err := fmt.Errorf("did not return")
			defer func() { results <- result{i, err} }()
			err = f(i)
		}()
	}
	close(start)
	errs := make([]error, n)
	for range n {
		r := <-results
		errs[r.i] = r.err
	}
	return errs
}

const hour, day = time.Hour, 24 * time.Hour

func fileMode(t testing.TB, name string) os.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
