package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// sqliteEngine is one file with one writing connection and several reading ones.
type sqliteEngine struct {
	path    string
	writers *sql.DB
	readers *sql.DB
	writer  writer
	idle    chan *session // reading connections that nobody uses; nil ones are still to be opened
	watch   sync.Mutex
	watcher *session // see state; nil until it is asked for
}

// busyTimeout is how long a statement waits for another process. Together with maxWait it keeps a request under 10 seconds (FLT-09).
const (
	busyTimeout = 5 * time.Second
	maxWait     = 4 * time.Second
	maxReaders  = 4
)

// openSQLite opens the file of a DSN: a path, or a "file:" URL without parameters. A new file is readable by its owner only.
func openSQLite(ctx context.Context, config Config) (engine, error) {
	path := sqlitePath(config.DSN)
	if path == "" || strings.ContainsAny(path, "?#") {
		return nil, fmt.Errorf("%q is no path of a database file", config.DSN)
	}
	sync := map[string]string{"": "FULL", "full": "FULL", "normal": "NORMAL"}[config.Sync]
	if sync == "" {
		return nil, fmt.Errorf("unknown sync mode %q", config.Sync)
	}
	// Created here only if it does not exist: closing a file that SQLite has open would drop its locks.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case err == nil:
		if err := file.Close(); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	default:
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is no file", path)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			return nil, fmt.Errorf("%s can be used by others (mode %04o): chmod 600 it", path, mode)
		}
	}
	for _, name := range []string{path, filepath.Dir(path)} { // the log is made beside the file
		if err := syscall.Access(name, readAndWrite); err != nil {
			return nil, fmt.Errorf("%s cannot be read and written by the user of this program: %w", name, err)
		}
	}
	e := &sqliteEngine{path: path, idle: make(chan *session, maxReaders)}
	if e.writers, err = sql.Open("sqlite", sqliteDSN(path, sync)+"&_txlock=immediate"); err != nil {
		return nil, err
	}
	if e.readers, err = sql.Open("sqlite", sqliteDSN(path, sync)+"&_query_only=1"); err != nil {
		return nil, err
	}
	e.writers.SetMaxOpenConns(1)
	for range maxReaders {
		e.idle <- nil
	}
	e.writer.connect = func(ctx context.Context) (*session, error) { return newSession(ctx, e.writers) }
	return e, nil
}

// readAndWrite is R_OK | W_OK of access(2).
const readAndWrite = 4 | 2

func sqlitePath(dsn string) string { return strings.TrimPrefix(dsn, "file:") }

// sqliteDSN lists the settings of every connection; their reasons are in security.md §5.2 and §6.8. busy_timeout comes first, because
// switching to WAL may have to wait already.
func sqliteDSN(path, sync string) string {
	pragmas := []string{
		"busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")",
		"journal_mode(WAL)",
		"synchronous(" + sync + ")",
		"foreign_keys(1)",
		"secure_delete(1)",
		"trusted_schema(0)",
		"temp_store(MEMORY)",
		"cell_size_check(1)",
		"journal_size_limit(67108864)", // bytes; a WAL that grew beyond is cut back
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=" + strings.Join(pragmas, "&_pragma=")
}

// session is one connection of ours with its prepared statements. It is used by one goroutine at a time.
type session struct {
	*sql.Conn
	statements map[string]*sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{Conn: c, statements: map[string]*sql.Stmt{}}, nil
}

// maxStatements bounds what a connection keeps prepared; our fixed texts are fewer.
const maxStatements = 500

func (s *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.statements[query]; ok {
		return stmt, nil
	}
	stmt, err := s.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(s.statements) >= maxStatements {
		for text, old := range s.statements {
			delete(s.statements, text)
			if err := old.Close(); err != nil {
				return nil, err
			}
		}
	}
	s.statements[query] = stmt
	return stmt, nil
}

// close finalizes the statements first: SQLite keeps a connection with open ones, and its log, until the process ends.
func (s *session) close() error {
	var errs []error
	for _, stmt := range s.statements {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.Conn.Close())...)
}

func (s *session) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s *session) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// conn is the session as a transaction sees it. Statements run to their end even if ctx ends: each is short, and a watcher for every one
// would cost more than it.
func (s *session) conn() conn { return conn{ctx: context.Background(), db: s} }

func (e *sqliteEngine) view(ctx context.Context, f func(conn) error) error {
	return e.ask(ctx, func(c conn) error {
		if _, err := c.exec("BEGIN"); err != nil {
			return err
		}
		defer c.exec("ROLLBACK")
		return f(c)
	})
}

func (e *sqliteEngine) ask(ctx context.Context, f func(conn) error) error {
	var s *session
	select {
	case s = <-e.idle:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { e.idle <- s }()
	if s == nil {
		var err error
		if s, err = newSession(ctx, e.readers); err != nil {
			return err
		}
	}
	return f(s.conn())
}

func (e *sqliteEngine) update(ctx context.Context, f func(conn) error) error {
	return e.writer.update(ctx, f)
}

func (e *sqliteEngine) lease(ctx context.Context, f func(conn) error) error { return e.update(ctx, f) }

func (e *sqliteEngine) class(err error) trouble {
	if errors.Is(err, ErrBusy) {
		return busy
	}
	var driver *sqlite.Error
	if !errors.As(err, &driver) {
		return otherTrouble
	}
	switch code := driver.Code(); code {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return notUnique
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return noParent
	default:
		switch code & 0xff { // the primary code
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			return busy
		case lib.SQLITE_FULL:
			return full
		case lib.SQLITE_IOERR, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_READONLY:
			return failing
		}
	}
	return otherTrouble
}

func (e *sqliteEngine) skipLocked() string { return "" }

func (e *sqliteEngine) tables(c conn) ([]string, error) {
	return texts(c, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'search\_text\_%' ESCAPE '\' ORDER BY name`)
}

func (e *sqliteEngine) columns(c conn, table string) ([]string, error) {
	return texts(c, `SELECT name FROM pragma_table_info($1) ORDER BY cid`, table)
}

// putWords writes the words of a row of the search table. The index is told the old words first, because it finds by them what to forget.
func (e *sqliteEngine) putWords(c conn, n int64, words string) error {
	if err := e.deleteWords(c, n); err != nil {
		return err
	}
	if _, err := c.exec(`INSERT INTO search_words (n, words) VALUES ($1, $2)`, n, words); err != nil {
		return err
	}
	_, err := c.exec(`INSERT INTO search_text (rowid, words) VALUES ($1, $2)`, n, words)
	return err
}

func (e *sqliteEngine) deleteWords(c conn, n int64) error {
	if _, err := c.exec(`INSERT INTO search_text (search_text, rowid, words) SELECT 'delete', n, words FROM search_words WHERE n = $1`, n); err != nil {
		return err
	}
	_, err := c.exec(`DELETE FROM search_words WHERE n = $1`, n)
	return err
}

// sqlite is the term as a query. Words are letters and digits only: see split.
func (t term) sqlite() string {
	if t.prefix {
		return `"` + t.word + `"*`
	}
	return `"` + t.word + `"`
}

// matchTerm gets the matches as one text: reading thousands of rows one by one would take longer than finding them.
func (e *sqliteEngine) matchTerm(c conn, t term) ([]int64, error) {
	match := t.sqlite()
	var text sql.NullString
	if err := c.row(`SELECT group_concat(rowid, ' ') FROM search_text WHERE search_text MATCH $1`, []any{match}, &text); err != nil {
		return nil, err
	}
	return numbers(text.String)
}

// matchAny finds rows that have one of the terms, at most so many.
func (e *sqliteEngine) matchAny(c conn, terms []term, most int) ([]int64, error) {
	match := joined(terms, term.sqlite, " OR ")
	var text sql.NullString
	if err := c.row(`SELECT group_concat(rowid, ' ') FROM (SELECT rowid FROM search_text WHERE search_text MATCH $1 LIMIT $2)`, []any{match, most}, &text); err != nil {
		return nil, err
	}
	return numbers(text.String)
}

// spellings gets all hashes as one text, as matchTerm does.
func (e *sqliteEngine) spellings(c conn) ([]int64, error) {
	var text sql.NullString
	if err := c.row(`SELECT group_concat(hash, ' ') FROM search_spelling`, nil, &text); err != nil {
		return nil, err
	}
	return numbers(text.String)
}

func (e *sqliteEngine) change(c conn) (int64, error) {
	var n int64
	err := c.row(`UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'changes' RETURNING CAST(value AS INTEGER)`, nil, &n)
	return n, err
}

// horizon: there is one writer at a time, so what is committed has lower numbers than what comes.
func (e *sqliteEngine) horizon(c conn) (int64, error) {
	var n int64
	err := c.row(`SELECT CAST(value AS INTEGER) + 1 FROM meta WHERE key = 'changes'`, nil, &n)
	return n, err
}

// ahead: the numbers are in the file.
func (e *sqliteEngine) ahead(conn, int64) (bool, error) { return false, nil }

// state is asked on a connection of its own: data_version counts what others have committed since that one was opened.
func (e *sqliteEngine) state(ctx context.Context) (string, error) {
	e.watch.Lock()
	defer e.watch.Unlock()
	if e.watcher == nil {
		s, err := newSession(ctx, e.readers)
		if err != nil {
			return "", err
		}
		e.watcher = s
	}
	var version string
	err := e.watcher.conn().row("PRAGMA data_version", nil, &version)
	return version, err
}

func (e *sqliteEngine) space() (uint64, error) {
	var disk syscall.Statfs_t
	err := syscall.Statfs(filepath.Dir(e.path), &disk)
	return disk.Bavail * uint64(disk.Bsize), err
}

func (e *sqliteEngine) notify(context.Context) {}

// listenEvery is how soon a server notices what a command wrote into its SQLite file.
const listenEvery = 500 * time.Millisecond

// listen watches data_version, which changes when another connection commits. The writer of this process is another connection too:
// then the workers look once more than needed.
func (e *sqliteEngine) listen(ctx context.Context, wake func()) error {
	c, err := e.readers.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	var last int64
	for {
		var version int64
		if err := c.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil && ctx.Err() == nil {
			return err
		}
		if version != last { // at first always: something may have come before
			wake()
		}
		last = version
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (e *sqliteEngine) lockServer(ctx context.Context) (func(), error) {
	release, err := lockFile(ctx, e.path+".server", 0)
	if e.class(err) == busy {
		return nil, ErrServed
	}
	return release, err
}

// lockFile holds an exclusive transaction on a database of its own beside the real one. The system drops the lock when the process ends,
// however it ends.
func lockFile(ctx context.Context, path string, wait time.Duration) (release func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?_pragma=busy_timeout(%d)&_txlock=exclusive", (&url.URL{Path: path}).EscapedPath(), wait.Milliseconds()))
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return sync.OnceFunc(func() {
		tx.Rollback()
		db.Close()
	}), nil
}

// copyTo uses a connection of its own: the writer goes on meanwhile.
func (e *sqliteEngine) copyTo(ctx context.Context, _ *Store, path string) error {
	db, err := sql.Open("sqlite", sqliteDSN(e.path, "FULL"))
	if err != nil {
		return err
	}
	defer db.Close()
	return vacuumInto(ctx, db, path)
}

func (e *sqliteEngine) renumber(conn, string, []string) error { return nil }

func (e *sqliteEngine) saveBefore(ctx context.Context) error {
	return e.copyTo(ctx, nil, e.path+beforeMigration+time.Now().UTC().Format(savedTime))
}

// A copy from before a migration has its time in its name.
const (
	beforeMigration = ".before-migration-"
	savedTime       = "20060102-150405"
	savedLife       = 30 * 24 * time.Hour // like every backup: what was deleted since is in it
)

// dropSaved removes copies from before migrations that have been kept long enough.
func (e *sqliteEngine) dropSaved(now time.Time) error {
	saved, err := filepath.Glob(e.path + beforeMigration + "*")
	for _, path := range saved {
		at, parseErr := time.Parse(savedTime, strings.TrimPrefix(path, e.path+beforeMigration))
		if parseErr == nil && now.Sub(at) >= savedLife {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

func (e *sqliteEngine) migrations() migrationSet {
	return migrationSet{
		dialect: goose.DialectSQLite3,
		db:      e.writers,
		files:   sqlFiles{dirs: []string{"migrations", "migrations/sqlite"}, types: sqliteTypes},
		lock: func(ctx context.Context) (func(), error) {
			return lockFile(ctx, e.path+migrationLock, time.Minute)
		},
	}
}

// migrationLock ends the name of the file that is locked while the schema is checked.
const migrationLock = ".migration"

// tidy removes from the files what was deleted from the tables (security.md §5.2): the index drops its remains, the log is emptied. A
// reader that still needs the log keeps it; the next run tries again.
func (e *sqliteEngine) tidy(ctx context.Context, now time.Time) error {
	if err := e.dropSaved(now); err != nil {
		return err
	}
	err := e.update(ctx, func(c conn) error {
		_, err := c.exec(`INSERT INTO search_text (search_text) VALUES ('optimize')`)
		return err
	})
	if err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		held, err := e.checkpoint(ctx)
		if err != nil || !held || attempt == 5 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second << attempt):
		}
	}
}

// checkpoint empties the log and says whether a reader held it back.
func (e *sqliteEngine) checkpoint(ctx context.Context) (held bool, err error) {
	err = e.writer.alone(ctx, func(s *session) error {
		var log, moved int
		return s.Conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&held, &log, &moved)
	})
	return held, err
}

func (e *sqliteEngine) close() error {
	var errs []error
	if e.writer.session != nil {
		errs = append(errs, e.writer.session.close())
	}
	for range maxReaders {
		if s := <-e.idle; s != nil {
			errs = append(errs, s.close())
		}
	}
	e.watch.Lock()
	defer e.watch.Unlock()
	if e.watcher != nil {
		errs = append(errs, e.watcher.close())
	}
	return errors.Join(append(errs, e.readers.Close(), e.writers.Close())...)
}
