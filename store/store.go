package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"seestern/engagement"
)

// Config says which database to open and how.
type Config struct {
	DSN     string                                // path or "file:" URL of an SQLite file, or "postgres://…"
	BaseURL string                                // recorded at the first opening; a different one later is refused
	Secret  []byte                                // 32 bytes, kept outside the database: encrypts actor keys, derives link tokens
	Sync    string                                // SQLite: "full" (default) survives power loss, "normal" only crashes
	Clock   func() time.Time                      // nil: time.Now
	Random  io.Reader                             // nil: crypto/rand; ids, tokens and codes are made of it
	Words   func(engagement.Opportunity) []string // nil: none; further words to find an opportunity by: labels of its codes
	Log     *slog.Logger                          // nil: slog.Default()
	Journal string                                // "": none; path of the deletion journal
	Space   func() (uint64, error)                // nil: asks the file system; free bytes for the database
	Twice   bool                                  // for tests: every change is made, taken back and made again, as PostgreSQL may ask for
}

// Store is an open database. It is safe for concurrent use, also by several processes.
type Store struct {
	config Config
	engine engine
	keys   secrets
	index  searchIndex
	wakers wakers
	broken chan struct{} // closed at the first error of the disk
	breaks sync.Once

	instance atomic.Pointer[engagement.Instance] // as it was committed last, as far as is known
	shown    *lru.Cache[shownKey, Hit]           // see [Tx.shown]
}

const maxShown = 4000 // some 5 KB each

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	// view runs f in a read-only snapshot, update in a transaction that commits when f returns nil and may run f again, and lease
	// in one that waits for other writers of the same rows instead of starting over.
	view(ctx context.Context, f func(conn) error) error
	// ask runs f, which reads with one statement.
	ask(ctx context.Context, f func(conn) error) error
	update(ctx context.Context, f func(conn) error) error
	lease(ctx context.Context, f func(conn) error) error
	// class says what kind of trouble a driver's error is.
	class(error) trouble
	tables(conn) ([]string, error)
	columns(c conn, table string) ([]string, error)
	// skipLocked ends a SELECT of rows that are about to be leased.
	skipLocked() string
	// Full text: see search.go.
	putWords(c conn, n int64, words string) error
	deleteWords(c conn, n int64) error
	matchTerm(conn, term) ([]int64, error)
	matchAny(c conn, terms []term, most int) ([]int64, error) // rows that have one of the terms, at most so many
	spellings(c conn) ([]int64, error)                        // hashes of the words there are
	// changes numbers the writing transactions: the number of this one, and the one below which everything is visible to it.
	// ahead says whether a number has not been given yet.
	change(conn) (int64, error)
	horizon(conn) (int64, error)
	ahead(c conn, number int64) (bool, error)
	// state names what is committed, see [Store.State].
	state(context.Context) (string, error)
	// space is how many bytes are free for the database.
	space() (uint64, error)
	// notify tells other processes about a commit, listen waits for theirs.
	notify(context.Context)
	listen(ctx context.Context, wake func()) error
	lockServer(context.Context) (release func(), err error)
	migrations() migrationSet
	copyTo(ctx context.Context, s *Store, path string) error // as an SQLite file
	renumber(c conn, table string, columns []string) error   // after rows with numbers were copied
	saveBefore(context.Context) error                        // a migration
	tidy(ctx context.Context, now time.Time) error
	close() error
}

// trouble is a kind of database error.
type trouble int

const (
	otherTrouble trouble = iota
	notUnique            // a unique column has that value already
	noParent             // the row it belongs to does not exist
	tryAgain             // another transaction was in the way
	busy                 // another transaction held the database for too long
	full                 // no space left
	failing              // the disk does not do what it should
)

// Errors of the database itself, beside the sentinels of engagement.
var (
	ErrBusy    = errors.New("database is busy")           // nothing was changed; trying again later helps
	ErrFull    = errors.New("no space for the database")  // nothing was changed; reading still works
	ErrBroken  = errors.New("database cannot be written") // the process must stop: it no longer knows what is on disk
	ErrNewer   = errors.New("database is newer than the program")
	ErrForeign = errors.New("database belongs to something else")
	ErrBaseURL = errors.New("database belongs to another base URL")
	ErrSecret  = errors.New("secret does not belong to this database")
	ErrServed  = errors.New("another server uses this database")
)

// Open opens the database, creates it when it does not exist, and brings its schema up to date. It returns ErrNewer, ErrForeign, ErrBaseURL
// or ErrSecret for a database that this program must not touch.
func Open(ctx context.Context, config Config) (*Store, error) {
	s, err := open(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, config Config) (*Store, error) {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if config.Random == nil {
		config.Random = rand.Reader
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Words == nil {
		config.Words = func(engagement.Opportunity) []string { return nil }
	}
	s := &Store{config: config, broken: make(chan struct{})}
	var err error
	if s.shown, err = lru.New[shownKey, Hit](maxShown); err != nil {
		return nil, err
	}
	if s.keys, err = newSecrets(config.Secret); err != nil {
		return nil, err
	}
	if isPostgres(config.DSN) {
		s.engine, err = openPostgres(ctx, config)
	} else {
		s.engine, err = openSQLite(ctx, config)
	}
	if err != nil {
		return nil, err
	}
	if config.Space == nil {
		s.config.Space = s.engine.space
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Close closes the database. Transactions must have ended.
func (s *Store) Close() error { return s.engine.close() }

// View runs f in a snapshot that cannot write.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.engine.view, func(tx *Tx) error {
		tx.committed = true
		return f(tx)
	})
}

// Update runs f in a transaction that is on disk when Update returns nil, and leaves no trace otherwise. It may run f again, at most three
// times, when another transaction was in the way; never after an error of f itself. It returns ErrBusy, ErrFull or ErrBroken for trouble
// with the database.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	if s.config.Twice {
		back := errors.New("taken back")
		if err := s.write(ctx, s.engine.update, func(tx *Tx) error { return cmp.Or(f(tx), back) }); !errors.Is(err, back) {
			return err
		}
	}
	return s.write(ctx, s.engine.update, f)
}

// write runs a writing transaction and wakes who waits for its events, deliveries or jobs.
func (s *Store) write(ctx context.Context, run func(context.Context, func(conn) error) error, f func(*Tx) error) error {
	select {
	case <-s.broken:
		return ErrBroken
	default:
	}
	var woke bool
	err := s.run(ctx, run, func(tx *Tx) error {
		err := f(tx)
		woke = tx.woke
		return err
	})
	switch {
	case errors.Is(err, ErrBroken):
		s.breaks.Do(func() { close(s.broken) })
	case err == nil && woke:
		s.wakers.wake()
		s.engine.notify(ctx)
	}
	return err
}

func (s *Store) run(ctx context.Context, run func(context.Context, func(conn) error) error, f func(*Tx) error) error {
	err := run(ctx, func(c conn) error {
		return f(&Tx{store: s, conn: c, now: s.now()})
	})
	switch s.engine.class(err) {
	case busy, tryAgain:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case full:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case failing:
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return err
}

// State names what is committed. As long as two calls return the same, every View between them saw the same data, whichever process writes.
// It may change without need, and means nothing to another process.
func (s *Store) State(ctx context.Context) (string, error) {
	state, err := s.engine.state(ctx)
	if err != nil {
		return "", fmt.Errorf("state of the database: %w", err)
	}
	return state, nil
}

// Broken is closed when the disk failed under a change. Nothing is written any more, and the process should end: after such an error nobody
// knows what is on disk before the database was opened anew.
func (s *Store) Broken() <-chan struct{} { return s.broken }

func (s *Store) now() time.Time { return s.config.Clock().UTC().Truncate(time.Millisecond) }

// wakers are the workers that want to know when there may be something to do.
type wakers struct {
	mu   sync.Mutex
	list map[chan struct{}]bool
}

func (w *wakers) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.list {
		select {
		case c <- struct{}{}:
		default: // it has not come round to the last one yet
		}
	}
}

// Wake returns a channel that receives after commits that left something to do: events, jobs, deliveries. Several commits may be one
// receipt. Call stop when done. Commits of other processes count while [Store.Listen] runs.
func (s *Store) Wake() (wake <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	s.wakers.mu.Lock()
	defer s.wakers.mu.Unlock()
	if s.wakers.list == nil {
		s.wakers.list = map[chan struct{}]bool{}
	}
	s.wakers.list[c] = true
	return c, func() {
		s.wakers.mu.Lock()
		defer s.wakers.mu.Unlock()
		delete(s.wakers.list, c)
	}
}

// Listen passes on to [Store.Wake] what other processes commit, until ctx ends. It reconnects by itself.
func (s *Store) Listen(ctx context.Context) error { return s.engine.listen(ctx, s.wakers.wake) }

// LockServer makes this process the only server of an SQLite database until release is called or the process ends; it returns ErrServed
// if another one is. Commands may write beside a server, and PostgreSQL may have many: there it does nothing.
func (s *Store) LockServer(ctx context.Context) (release func(), err error) {
	return s.engine.lockServer(ctx)
}
