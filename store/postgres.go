package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgresEngine is a database that several processes share.
type postgresEngine struct {
	config *pgx.ConnConfig
	db     *sql.DB
}

const maxConnections = 16 // per process; a server allows 100 by default

func openPostgres(ctx context.Context, config Config) (engine, error) {
	c, err := pgx.ParseConfig(config.DSN)
	if err != nil {
		return nil, err
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "seestern"
	}
	e := &postgresEngine{config: c, db: stdlib.OpenDB(*c)}
	e.db.SetMaxOpenConns(maxConnections)
	e.db.SetMaxIdleConns(maxConnections)
	e.db.SetConnMaxIdleTime(5 * time.Minute)
	if err := e.db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, e.db.Close())
	}
	return e, nil
}

func (e *postgresEngine) view(ctx context.Context, f func(conn) error) error {
	return e.repeat(ctx, func(int) error {
		return e.try(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, "", f)
	})
}

func (e *postgresEngine) ask(ctx context.Context, f func(conn) error) error {
	return e.repeat(ctx, func(int) error { return f(conn{ctx: ctx, db: e.db}) })
}

// update tries three times beside others and once alone: a change that meets others again and again must not starve.
func (e *postgresEngine) update(ctx context.Context, f func(conn) error) error {
	return e.repeat(ctx, func(attempt int) error {
		// LOCK TABLE must be the first statement: it takes no snapshot, so what the transaction sees begins after the waiting.
		lock := "LOCK TABLE turnstile IN ROW SHARE MODE"
		if attempt == attempts-1 {
			lock = "LOCK TABLE turnstile IN EXCLUSIVE MODE"
		}
		return e.try(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, lock, f)
	})
}

// lease waits for rows that others hold instead of failing, which is right for queues: they skip or own the rows they touch.
func (e *postgresEngine) lease(ctx context.Context, f func(conn) error) error {
	return e.repeat(ctx, func(int) error {
		return e.try(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, "", f)
	})
}

const attempts = 4

// repeat runs a transaction again when another one was in the way or the connection broke before the commit.
func (e *postgresEngine) repeat(ctx context.Context, run func(attempt int) error) (err error) {
	for attempt := range attempts {
		if err = run(attempt); e.class(err) != tryAgain {
			return err
		}
		wait := 5 * time.Millisecond << (2 * attempt)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait + rand.N(wait)):
		}
	}
	return err
}

// try runs one transaction.
func (e *postgresEngine) try(ctx context.Context, options *sql.TxOptions, first string, f func(conn) error) error {
	tx, err := e.db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing is left to roll back after the commit
	if first != "" {
		if _, err := tx.ExecContext(ctx, first); err != nil {
			return err
		}
	}
	if err := f(conn{ctx: ctx, db: tx}); err != nil {
		return err
	}
	err = tx.Commit()
	var answer *pgconn.PgError
	if err != nil && !errors.As(err, &answer) {
		return fmt.Errorf("connection broke while committing, with unknown result: %v", err) // not %w: it must not be repeated
	}
	return err
}

func (e *postgresEngine) class(err error) trouble {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		if lost(err) {
			return tryAgain
		}
		return otherTrouble
	}
	switch server.Code {
	case "23505":
		return notUnique
	case "23503":
		return noParent
	case "40001", "40P01", "57P01", "57P02": // serialization failure, deadlock; the server ended the connection, or crashed
		return tryAgain
	case "55P03", "53300", "57P03": // lock timeout, too many connections, the server is starting
		return busy
	case "53100": // disk full
		return full
	}
	if class := server.Code[:2]; class == "58" || class == "XX" { // system error, corruption
		return failing
	}
	return otherTrouble
}

// lost says whether the connection broke or could not be made.
func lost(err error) bool {
	var network *net.OpError
	return err != nil && (pgconn.SafeToRetry(err) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, driver.ErrBadConn))
}

func (e *postgresEngine) skipLocked() string { return " FOR UPDATE SKIP LOCKED" }

func (e *postgresEngine) tables(c conn) ([]string, error) {
	return texts(c, `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name`)
}

func (e *postgresEngine) columns(c conn, table string) ([]string, error) {
	return texts(c, `SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`, table)
}

func (e *postgresEngine) putWords(c conn, n int64, words string) error {
	_, err := c.exec(`INSERT INTO search_words (n, words) VALUES ($1, $2) ON CONFLICT (n) DO UPDATE SET words = excluded.words`, n, words)
	return err
}

func (e *postgresEngine) deleteWords(c conn, n int64) error {
	_, err := c.exec(`DELETE FROM search_words WHERE n = $1`, n)
	return err
}

// postgres is the term as a query. Words are letters and digits only: see split.
func (t term) postgres() string {
	if t.prefix {
		return `'` + t.word + `':*`
	}
	return `'` + t.word + `'`
}

func (e *postgresEngine) matchTerm(c conn, t term) ([]int64, error) {
	match := t.postgres()
	var text sql.NullString
	if err := c.row(`SELECT string_agg(n::text, ' ') FROM search_words WHERE array_to_tsvector(string_to_array(words, ' ')) @@ $1::tsquery`, []any{match}, &text); err != nil {
		return nil, err
	}
	return numbers(text.String)
}

// matchAny finds rows that have one of the terms, at most so many.
func (e *postgresEngine) matchAny(c conn, terms []term, most int) ([]int64, error) {
	match := joined(terms, term.postgres, "|")
	var text sql.NullString
	if err := c.row(`SELECT string_agg(n::text, ' ') FROM (SELECT n FROM search_words WHERE array_to_tsvector(string_to_array(words, ' ')) @@ $1::tsquery LIMIT $2) rows_found`, []any{match, most}, &text); err != nil {
		return nil, err
	}
	return numbers(text.String)
}

func (e *postgresEngine) spellings(c conn) ([]int64, error) {
	var text sql.NullString
	if err := c.row(`SELECT string_agg(hash::text, ' ') FROM search_spelling`, nil, &text); err != nil {
		return nil, err
	}
	return numbers(text.String)
}

func (e *postgresEngine) change(c conn) (int64, error) {
	var n int64
	err := c.row(`SELECT pg_current_xact_id()::text::bigint`, nil, &n)
	return n, err
}

// horizon: transactions with lower numbers have ended, so what they wrote is visible now; higher ones may still commit.
func (e *postgresEngine) horizon(c conn) (int64, error) {
	var n int64
	err := c.row(`SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint`, nil, &n)
	return n, err
}

// ahead: the numbers are those of the server, and rows that pg_restore brought have those of another one.
func (e *postgresEngine) ahead(c conn, number int64) (bool, error) {
	var next int64
	err := c.row(`SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint`, nil, &next)
	return number >= next, err
}

// state is the set of transactions that a snapshot sees.
func (e *postgresEngine) state(ctx context.Context) (state string, err error) {
	return state, e.db.QueryRowContext(ctx, `SELECT pg_current_snapshot()::text`).Scan(&state)
}

// channel is what nodes wake each other by.
const channel = "seestern"

// notify comes after the commit and not in it, because PostgreSQL lets only one transaction at a time commit with a notification. If it is
// lost the others look again by themselves a little later.
func (e *postgresEngine) notify(ctx context.Context) {
	e.db.ExecContext(ctx, "NOTIFY "+channel)
}

// lookEvery is how soon a node looks by itself, without a notification.
const lookEvery = 5 * time.Second

func (e *postgresEngine) listen(ctx context.Context, wake func()) error {
	for ctx.Err() == nil {
		if err := e.listenOnce(ctx, wake); err != nil && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

func (e *postgresEngine) listenOnce(ctx context.Context, wake func()) error {
	c, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for wake(); ctx.Err() == nil; wake() { // something may have come before
		wait, cancel := context.WithTimeout(ctx, lookEvery)
		_, err := c.WaitForNotification(wait)
		cancel()
		if err != nil && !pgconn.Timeout(err) { // a wait that is cancelled before it begins is a timeout too
			return err
		}
	}
	return nil
}

func (e *postgresEngine) lockServer(context.Context) (func(), error) { return func() {}, nil }

func (e *postgresEngine) saveBefore(context.Context) error { return nil }

// copyTo copies row by row, in one snapshot, into a fresh SQLite database.
func (e *postgresEngine) copyTo(ctx context.Context, s *Store, path string) error {
	config := s.config
	config.DSN = path
	to, err := Open(ctx, config)
	if err != nil {
		return err
	}
	err = s.View(ctx, func(from *Tx) error {
		return to.Update(ctx, func(tx *Tx) error { return tx.copyFrom(from) })
	})
	return errors.Join(err, to.Close(), os.Remove(path+migrationLock)) // closing the last connection leaves one file
}

func (e *postgresEngine) renumber(c conn, table string, columns []string) error {
	if !slices.Contains(columns, "n") || table == "place" {
		return nil
	}
	_, err := c.exec(`SELECT setval(pg_get_serial_sequence('` + table + `', 'n'), (SELECT coalesce(max(n), 0) + 1 FROM ` + table + `), false)`)
	return err
}

func (e *postgresEngine) migrations() migrationSet {
	return migrationSet{
		dialect: goose.DialectPostgres,
		db:      e.db,
		files:   sqlFiles{dirs: []string{"migrations", "migrations/postgres"}},
		lock:    e.lockMigration,
	}
}

// lockMigration lets one node migrate while the others wait. The lock belongs to a connection of its own and ends with it.
func (e *postgresEngine) lockMigration(ctx context.Context) (func(), error) {
	c, err := e.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	const number = 0x73656573 // "sees"
	if _, err := c.ExecContext(ctx, "SELECT pg_advisory_lock($1)", number); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return func() {
		c.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", number)
		c.Close()
	}, nil
}

func (e *postgresEngine) tidy(context.Context, time.Time) error { return nil }

func (e *postgresEngine) close() error { return e.db.Close() }
