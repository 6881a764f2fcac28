package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// A migration that was released is never changed: databases have run it. A new one adds a line here.
func TestReleasedMigrationsDoNotChange(t *testing.T) {
	var got strings.Builder
	files := store.MigrationFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&got, "%x %s\n", sha256.Sum256([]byte(files[name])), name)
	}
	golden(t, "migrations.txt", got.String())
}

func TestMigrationNumbers(t *testing.T) {
	engines := map[string][]string{}
	for name := range store.MigrationFiles(t) {
		number := regexp.MustCompile(`^\d{5}_`).FindString(filepath.Base(name))
		if number == "" {
			t.Errorf("%s has no number of five digits", name)
		}
		engines[number] = append(engines[number], filepath.Dir(name))
	}
	for number, dirs := range engines {
		slices.Sort(dirs)
		if got := strings.Join(dirs, " "); got != "." && got != "postgres sqlite" {
			t.Errorf("%s is in %q; it must be common, or exist once for each engine", number, got)
		}
	}
}

// Both engines end with the same tables and columns, whichever way they came there.
func TestBothEnginesHaveTheSameColumns(t *testing.T) {
	columns := func(c store.Config) []string {
		return slices.DeleteFunc(store.Columns(t, storetest.Open(t, c)), func(column string) bool {
			return strings.HasPrefix(column, "search_text.") || strings.HasPrefix(column, "goose_db_version.")
		})
	}
	sqlite, postgres := columns(storetest.SQLite(t)), columns(storetest.Postgres(t))
	slices.Sort(sqlite)
	slices.Sort(postgres)
	if !slices.Equal(sqlite, postgres) {
		t.Errorf("SQLite has %v\nPostgreSQL has %v", sqlite, postgres)
	}
}

// The frozen database holds rows as version 2 of the schema wrote them.
func TestAFrozenOldDatabaseIsUpgraded(t *testing.T) {
	rows, err := os.ReadFile("testdata/frozen-2.sql")
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range migrated {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			c.Clock = new(storetest.Clock).Now
			db := store.MigrateTo(t, c, 2)
			for statement := range strings.SplitSeq(string(rows), ";\n") {
				if _, err := db.Exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			s := storetest.Open(t, c)
			view(t, s, func(tx *store.Tx) error {
				o, err := tx.OpportunityByCode("abcdefgh")
				if err != nil || o.Title != "Vorlesen in der Grundschule" || len(o.Places) != 1 || o.Places[0].Point.Lat != 52.45 {
					t.Errorf("opportunity: got %+v, %v", o, err)
				}
				a, err := tx.AccountByLogin("volunteer1")
				if err != nil || a.Email != "volunteer1@mail.example" {
					t.Errorf("account: got %+v, %v", a, err)
				}
				hits, err := tx.Search(engagement.Search{Text: "vorlesen"}, store.Viewer{})
				if err != nil || hits.Total != 1 {
					t.Errorf("search: got %d hits, %v; want 1", hits.Total, err)
				}
				return nil
			})
		})
	}
}

func TestADatabaseThatIsNotOursIsRefused(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		s, err := store.Open(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		putAccount(t, s, "somebody")
		t.Run("because it is of another base URL", func(t *testing.T) {
			other := c
			other.BaseURL = "https://b.example"
			refused(t, other, store.ErrBaseURL)
		})
		t.Run("because the secret is another one", func(t *testing.T) {
			other := c
			other.Secret = []byte("another secret of just 32 bytes.")
			refused(t, other, store.ErrSecret)
		})
		t.Run("because the secret is too short", func(t *testing.T) {
			other := c
			other.Secret = []byte("short")
			if _, err := store.Open(ctx, other); err == nil {
				t.Error("it was opened")
			}
		})
		t.Run("because it is newer", func(t *testing.T) {
			store.Exec(t, s, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, `+truth(c)+`)`)
			refused(t, c, store.ErrNewer)
			store.Exec(t, s, `DELETE FROM goose_db_version WHERE version_id = 99999`)
			storetest.Open(t, c)
		})
		t.Run("because it is of another program", func(t *testing.T) {
			store.Exec(t, s, `ALTER TABLE meta RENAME TO something`)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			refused(t, c, store.ErrForeign)
		})
	})
}

func truth(c store.Config) string {
	if strings.HasPrefix(c.DSN, "postgres") {
		return "true"
	}
	return "1"
}

func refused(t *testing.T, c store.Config, want error) {
	t.Helper()
	s, err := store.Open(ctx, c)
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	c := storetest.SQLite(t)
	if err := os.WriteFile(c.DSN, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, c); err == nil {
		t.Error("it was opened")
	}
}

// migrated are the configurations of fresh databases, by engine.
var migrated = map[string]func(testing.TB) store.Config{"SQLite": storetest.SQLite, "PostgreSQL": storetest.EmptyPostgres}

// FLT-26: a start that was killed between or within migrations is completed by the next one.
func TestAnInterruptedMigrationIsCompleted(t *testing.T) {
	for name, config := range migrated {
		t.Run(name, func(t *testing.T) {
			versions := map[int64]bool{0: true}
			for name := range store.MigrationFiles(t) {
				version, err := strconv.ParseInt(filepath.Base(name)[:5], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				versions[version] = true
			}
			for version := range versions {
				c := config(t)
				db := store.MigrateTo(t, c, version)
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				putAccount(t, storetest.Open(t, c), "somebody")
			}
		})
	}
}

// FLT-27: who migrates much data sees what is done, and may abort it.
func TestAnAbortedMigrationSaysWhatIsTrue(t *testing.T) {
	const last = "00005_boards.sql"
	for name, config := range migrated {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			if err := store.MigrateTo(t, c, 2).Close(); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			ctx, abort := context.WithCancel(ctx)
			c.Log = slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
				if bytes.Contains(p, []byte("migrating database")) && bytes.Contains(p, []byte(last)) {
					abort()
				}
				return log.Write(p)
			}), nil))
			_, err := store.Open(ctx, c)
			if !errors.Is(err, context.Canceled) || !strings.Contains(fmt.Sprint(err), "migration "+last+" was not completed; the database is as it was before this file") {
				t.Errorf("got %v", err)
			}
			for _, want := range []string{`msg="migrating database" file=00003_urgent_news.sql number=1 of=`, `msg="migrated database" file=00004_asker.sql took=`} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("no %q in the log:\n%s", want, &log)
				}
			}
			putAccount(t, storetest.Open(t, c), "somebody")
		})
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// BenchmarkMigration brings a database of the second version up to date that holds 100,000 people, as many requests, and a million
// activities: s. FLT-27 gives it five minutes.
func BenchmarkMigration(b *testing.B) {
	rows, err := os.ReadFile("testdata/frozen-2.sql")
	if err != nil {
		b.Fatal(err)
	}
	many := func(n int) string {
		return fmt.Sprintf(`WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < %d) `, n)
	}
	for name, config := range migrated {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				c := config(b)
				db := store.MigrateTo(b, c, 2)
				text := map[bool]string{false: "CAST(%s AS BLOB)", true: "convert_to(%s, 'UTF8')"}[truth(c) == "true"]
				for statement := range strings.SplitSeq(string(rows)+";\n"+
					many(100_000)+`INSERT INTO account (id, email, username, created, delete_after, version, doc)
						SELECT id || i, i || email, username || i, created, delete_after, version, doc FROM account, number;`+"\n"+
					many(100_000)+`INSERT INTO match_request (id, number, opportunity, organization, host, account, email, secret, person, offer, accept, agreement, remote, note, state, final, answer, due, escalated, created, version, doc)
						SELECT id || i, number || i, opportunity, organization, 'b.example', account, '', NULL, CASE WHEN i % 2 = 0 THEN 'https://b.example/' || i ELSE i || '' END, NULL, NULL, NULL, remote, note, state, final, answer, due, escalated, created, version, doc FROM match_request, number;`+"\n"+
					many(1_000_000)+fmt.Sprintf("INSERT INTO seen (hash, sha256, at) SELECT %[1]s, %[1]s, 1795600800000 + i FROM number", fmt.Sprintf(text, "'activity number ' || i")), ";\n") {
					if _, err := db.Exec(statement); err != nil {
						b.Fatalf("%.300s: %v", statement, err)
					}
				}
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				storetest.Open(b, c)
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
		})
	}
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	for name, config := range migrated {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			for _, err := range parallel(5, func(int) error {
				s, err := store.Open(ctx, c)
				if err != nil {
					return err
				}
				return s.Close()
			}) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestASQLiteDatabaseIsSavedBeforeItIsMigrated(t *testing.T) {
	c := storetest.SQLite(t)
	db := store.MigrateTo(t, c, 1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.Open(t, c)
	saved, err := filepath.Glob(c.DSN + ".before-migration-*")
	if err != nil || len(saved) != 1 {
		t.Fatalf("got %v, %v; want one file", saved, err)
	}
	if mode := fileMode(t, saved[0]); mode != 0o600 {
		t.Errorf("it has mode %v, want 0600", mode)
	}
	old, err := sql.Open("sqlite", saved[0])
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	var version int
	if err := old.QueryRow(`SELECT max(version_id) FROM goose_db_version`).Scan(&version); err != nil || version != 1 {
		t.Errorf("got version %d, %v; want 1", version, err)
	}
}

// What was saved before a migration holds what was deleted since, so it is kept as long as a backup.
func TestWhatWasSavedBeforeAMigrationIsRemovedInTime(t *testing.T) {
	c := storetest.SQLite(t)
	clock := &storetest.Clock{}
	c.Clock = clock.Now
	s := storetest.Open(t, c)
	now := clock.Now().UTC()
	save := func(age time.Duration) string {
		path := c.DSN + ".before-migration-" + now.Add(-age).Format("20060102-150405")
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old, young := save(30*24*time.Hour+time.Second), save(29*24*time.Hour)
	if _, err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after 30 days it is still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("after 29 days: %v", err)
	}
}
