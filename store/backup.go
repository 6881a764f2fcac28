package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"seestern/engagement"
)

// A backup is an SQLite file with all tables, whichever engine it comes from, and can be restored into either: that is also the way from
// one to the other. It holds no secret of the configuration.

// Backup writes a copy of the database to a new file and verifies it: integrity, foreign keys, number of rows. The server goes on meanwhile.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.backup(ctx, path); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fs.ErrExist, err)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var before map[string]int
	if err := s.View(ctx, func(tx *Tx) (err error) {
		before, err = tx.rowCounts()
		return err
	}); err != nil {
		return err
	}
	defer os.Remove(part) // what is left after a failure
	if err := s.engine.copyTo(ctx, s, part); err != nil {
		return err
	}
	if err := verify(ctx, part, before); err != nil {
		return fmt.Errorf("the copy is not good: %w", err)
	}
	return os.Rename(part, path)
}

// verify reads a backup as a stranger would.
func verify(ctx context.Context, path string, before map[string]int) error {
	db, err := readFile(path)
	if err != nil {
		return err
	}
	defer db.Close()
	c := conn{ctx, db}
	problems, err := texts(c, `PRAGMA integrity_check`)
	if err != nil {
		return fmt.Errorf("not a whole backup: %w", err)
	}
	if !slices.Equal(problems, []string{"ok"}) {
		return fmt.Errorf("not a whole backup: %s", strings.Join(problems, "; "))
	}
	if named, err := texts(c, `SELECT name FROM sqlite_master WHERE name = 'meta'`); err != nil || len(named) == 0 {
		return errors.Join(err, ErrForeign)
	}
	if loose, err := texts(c, `SELECT "table" FROM pragma_foreign_key_check`); err != nil || len(loose) > 0 {
		return errors.Join(err, fmt.Errorf("rows of %v belong to nothing", loose))
	}
	for table, was := range before {
		var n int
		if err := c.row(`SELECT count(*) FROM `+table, nil, &n); err != nil {
			return err
		}
		if n < was*99/100 {
			return fmt.Errorf("table %s has %d rows instead of %d", table, n, was)
		}
	}
	return nil
}

// readFile opens an SQLite file that nobody writes, without leaving anything beside it.
func readFile(path string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&immutable=1&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)")
}

// ErrNotEmpty says that a backup can only be restored into an empty database.
var ErrNotEmpty = errors.New("database is not empty")

// Restore brings a backup into an empty database. Sessions and tokens are revoked, and nothing goes out until the operator confirms with
// [Store.Claim] that this is the one live instance. What the deletion journal says was deleted since is deleted again; again is how much
// of it the backup had. The backup is not changed.
func Restore(ctx context.Context, config Config, file string) (again int, err error) {
	if again, err = restore(ctx, config, file); err != nil {
		return 0, fmt.Errorf("restore %s: %w", file, err)
	}
	return again, nil
}

func restore(ctx context.Context, config Config, file string) (again int, err error) {
	if err := verify(ctx, file, nil); err != nil {
		return 0, err
	}
	graves, err := readJournal(config.Journal)
	if err != nil {
		return 0, err
	}
	finish := func(tx *Tx) (err error) {
		if err := tx.restored(); err != nil {
			return err
		}
		again, err = tx.deleteAgain(graves)
		return err
	}
	if isPostgres(config.DSN) {
		err = restorePostgres(ctx, config, file, finish)
	} else {
		err = restoreSQLite(ctx, config, file, finish)
	}
	return again, err
}

// restoreSQLite makes a copy in a folder beside the place and moves it there when it is finished: a restore that is interrupted leaves no
// database that would send mail.
func restoreSQLite(ctx context.Context, config Config, file string, finish func(*Tx) error) error {
	path := sqlitePath(config.DSN)
	for _, there := range []string{path, path + "-wal"} { // changes of a killed server would go into the new database
		if info, err := os.Stat(there); err == nil && info.Size() > 0 {
			return fmt.Errorf("%w: move %s away first", ErrNotEmpty, there)
		}
	}
	dir, err := ScratchFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	config.DSN = filepath.Join(dir, "copy.db")
	if err := copyFile(ctx, file, config.DSN); err != nil {
		return err
	}
	s, err := Open(ctx, config)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Update(ctx, finish), s.Close()); err != nil {
		return err
	}
	return os.Rename(config.DSN, path)
}

// copyFile copies an SQLite file to a new one by SQLite itself.
func copyFile(ctx context.Context, from, to string) error {
	db, err := readFile(from)
	if err != nil {
		return err
	}
	defer db.Close()
	return vacuumInto(ctx, db, to)
}

// vacuumInto writes a compact copy that only its owner can read.
func vacuumInto(ctx context.Context, db *sql.DB, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, path)
	return err
}

// restorePostgres brings a copy of the file up to date and then copies it row by row.
func restorePostgres(ctx context.Context, config Config, file string, finish func(*Tx) error) error {
	dir, err := ScratchFolder("")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	old := config
	old.DSN = filepath.Join(dir, "copy.db")
	if err := copyFile(ctx, file, old.DSN); err != nil {
		return err
	}
	from, err := Open(ctx, old)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := Open(ctx, config)
	if err != nil {
		return err
	}
	defer to.Close()
	return to.Update(ctx, func(tx *Tx) error {
		if n, err := tx.count(`SELECT (SELECT count(*) FROM instance) + (SELECT count(*) FROM account) + (SELECT count(*) FROM organization)`); err != nil || n > 0 {
			return errors.Join(err, ErrNotEmpty)
		}
		return errors.Join(from.View(ctx, tx.copyFrom), finish(tx))
	})
}

// derived tables are written anew by Reindex, empty ones have nothing to copy.
var derived = []string{"search", "search_words", "search_spelling", "search_text", "turnstile", goose.DefaultTablename}

// parentTables must have their rows before others.
var parentTables = []string{"account", "board", "organization", "occasion", "payload", "remote_actor"}

// copied are the tables of a backup, parents first.
func (tx *Tx) copied() ([]string, error) {
	all, err := tx.store.engine.tables(tx.conn)
	all = slices.DeleteFunc(all, func(t string) bool { return slices.Contains(derived, t) || slices.Contains(parentTables, t) })
	return append(slices.Clone(parentTables), all...), tx.translate(err)
}

// rowCounts are the numbers of rows of all tables that a backup has.
func (tx *Tx) rowCounts() (map[string]int, error) {
	tables, err := tx.copied()
	if err != nil {
		return nil, err
	}
	all := map[string]int{}
	for _, t := range tables {
		if all[t], err = tx.count(`SELECT count(*) FROM ` + t); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// copyFrom replaces all rows by those of another database with the same schema.
func (tx *Tx) copyFrom(from *Tx) error {
	tables, err := tx.copied()
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := tx.copyTable(from, t); err != nil {
			return fmt.Errorf("copy table %s: %w", t, err)
		}
	}
	return tx.Reindex()
}

func (tx *Tx) copyTable(from *Tx, table string) error {
	columns, err := tx.store.engine.columns(tx.conn, table)
	if err != nil {
		return tx.translate(err)
	}
	if err := tx.run(`DELETE FROM ` + table); err != nil {
		return err
	}
	values := make([]string, len(columns))
	for i := range columns {
		values[i] = placeholder(i + 1)
	}
	insert := `INSERT INTO ` + table + ` (` + strings.Join(columns, ", ") + `) VALUES (` + strings.Join(values, ", ") + `)`
	_, err = list(from, func(row func(...any) error) (_ struct{}, err error) {
		cells, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			targets[i] = &cells[i]
		}
		if err := row(targets...); err != nil {
			return struct{}{}, err
		}
		for i, cell := range cells {
			if b, ok := cell.([]byte); ok && b == nil { // no bytes, which is not NULL
				cells[i] = []byte{}
			}
		}
		return struct{}{}, tx.run(insert, cells...)
	}, `SELECT `+strings.Join(columns, ", ")+` FROM `+table)
	if err != nil {
		return err
	}
	return tx.translate(tx.store.engine.renumber(tx.conn, table, columns))
}

// restored marks the database as one that came out of a backup.
func (tx *Tx) restored() error {
	for _, sql := range []string{`DELETE FROM session`, `DELETE FROM token`} {
		if err := tx.run(sql); err != nil {
			return err
		}
	}
	epoch, err := tx.Epoch()
	if err != nil {
		return err
	}
	if err := tx.setMeta("epoch", strconv.Itoa(epoch+1)); err != nil {
		return err
	}
	return tx.setMeta("paused", "1")
}

// Epoch counts how often the database came out of a backup.
func (tx *Tx) Epoch() (int, error) {
	text, err := tx.meta("epoch")
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.Atoi(text)
}

// Paused says whether nothing goes out because the database came out of a backup and nobody has claimed it yet.
func (tx *Tx) Paused() (bool, error) {
	text, err := tx.meta("paused")
	return text == "1", err
}

// Claim confirms that this is the one live instance: mail and federation go out again. It returns ErrConflict if nothing was paused.
func (s *Store) Claim(ctx context.Context) error {
	return s.Update(ctx, func(tx *Tx) error {
		paused, err := tx.Paused()
		if err != nil {
			return err
		}
		if !paused {
			return engagement.ErrConflict
		}
		tx.woke = true
		return tx.setMeta("paused", "0")
	})
}

// scratch begins the names of folders in which a readable copy of the database lies for a moment.
const scratch = "seestern-copy-"

// ScratchFolder makes a folder for a copy of the database below the given one, or below that of the system. The caller removes it; what a
// killed process could not remove, [RemoveScratch] does.
func ScratchFolder(below string) (string, error) { return os.MkdirTemp(below, scratch) }

// scratchLife is longer than any copy takes.
const scratchLife = 24 * time.Hour

// RemoveScratch removes what killed processes have left in such folders a day ago: what was deleted since is in it.
func RemoveScratch(below string, now time.Time) error {
	left, err := filepath.Glob(filepath.Join(cmp.Or(below, os.TempDir()), scratch+"*"))
	for _, path := range left {
		if info, statErr := os.Stat(path); statErr == nil && now.Sub(info.ModTime()) > scratchLife {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}
