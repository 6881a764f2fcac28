// Package storetest opens databases for tests: a fresh one for every test, on SQLite and on PostgreSQL.
//
// PostgreSQL is used if SEESTERN_TEST_POSTGRES is the DSN of a server on which databases may be created (scripts/with-postgres starts one).
// Without it these tests are skipped, and fail where CI=true.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"seestern/store"
)

// Each runs a test on every engine, each time with an empty database.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachConfig(t, func(t *testing.T, c store.Config) { test(t, Open(t, c)) })
}

// EachConfig runs a test on every engine with the configuration of an empty database, for tests that open it themselves: more than once,
// with another clock or base URL, in another process.
func EachConfig(t *testing.T, test func(t *testing.T, c store.Config)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, Postgres(t)) })
}

// Open opens a database until the test ends.
func Open(t testing.TB, c store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Clock is a clock that a test moves. The zero value stands at 2026-11-25 10:00 UTC.
type Clock struct {
	mu    sync.Mutex
	moved time.Duration
}

// Now is the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC).Add(c.moved)
}

// Forward moves it on.
func (c *Clock) Forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += d
}

// SQLite is the configuration of an empty SQLite database.
func SQLite(t testing.TB) store.Config {
	t.Helper()
	return config(filepath.Join(t.TempDir(), "seestern.db"))
}

// Postgres is the configuration of an empty PostgreSQL database with the present schema. It skips the test where there is no server.
func Postgres(t testing.TB) store.Config {
	t.Helper()
	server := needServer(t)
	admin, err := open(server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	template, err := makeTemplate(admin, server)
	if err != nil {
		t.Fatal(err)
	}
	return create(t, server, template)
}

// EmptyPostgres is like Postgres, but without a schema.
func EmptyPostgres(t testing.TB) store.Config {
	t.Helper()
	return create(t, needServer(t), "template0")
}

// needServer is the DSN of the server of this test run.
func needServer(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SEESTERN_TEST_POSTGRES")
	switch {
	case server != "":
	case os.Getenv("CI") == "true":
		t.Fatal("SEESTERN_TEST_POSTGRES names no server, and CI=true")
	default:
		t.Skip("SEESTERN_TEST_POSTGRES names no server")
	}
	return server
}

// create makes a database that is dropped after the test.
func create(t testing.TB, server, template string) store.Config {
	t.Helper()
	admin, err := open(server)
	if err != nil {
		t.Fatal(err)
	}
	name := "seestern_test_" + random()
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	if _, err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal(err)
	}
	return config(database(server, name))
}

func config(dsn string) store.Config {
	return store.Config{
		DSN: dsn, BaseURL: "https://a.example", Secret: []byte("a secret of exactly 32 bytes...."),
		Space: func() (uint64, error) { return math.MaxUint64, nil }, // whatever machine the tests run on
	}
}

// makeTemplate makes, once per server and schema, a database that new ones are copied from. Test processes wait for each other.
func makeTemplate(admin *sql.DB, server string) (name string, err error) {
	ctx := context.Background()
	name = "seestern_template_" + store.Schema()[:16]
	c, err := admin.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "SELECT pg_advisory_lock(7365)"); err != nil {
		return "", err
	}
	defer c.ExecContext(ctx, "SELECT pg_advisory_unlock(7365)")
	var made bool
	if err := c.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&made); err != nil || made {
		return name, err
	}
	draft := name + "_" + random() // a test that is killed meanwhile leaves no half one under the name
	if _, err := c.ExecContext(ctx, "CREATE DATABASE "+draft); err != nil {
		return "", err
	}
	s, err := store.Open(ctx, config(database(server, draft)))
	if err != nil {
		return "", err
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	if err := forget(database(server, draft)); err != nil {
		return "", err
	}
	_, err = c.ExecContext(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return name, err
}

// forget lets a copy of the template belong to any instance.
func forget(dsn string) error {
	db, err := open(dsn)
	if err != nil {
		return err
	}
	_, err = db.Exec("DELETE FROM meta WHERE key IN ('base_url', 'secret')")
	return errors.Join(err, db.Close())
}

func open(server string) (*sql.DB, error) {
	c, err := pgx.ParseConfig(server)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*c), nil
}

// database is the DSN of another database on the same server.
func database(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

func random() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
