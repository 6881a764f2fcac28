package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"seestern/engagement"
)

// Migrations are written once, in the types of PostgreSQL; what only one engine needs is in a directory with its name. A number is used
// once over all directories, and a file is never changed after its release.
//
//go:embed migrations
var migrationFiles embed.FS

// sqliteTypes is what SQLite reads instead. STRICT makes it as particular about types as PostgreSQL is.
var sqliteTypes = strings.NewReplacer(
	"BIGSERIAL", "INTEGER", // with PRIMARY KEY: numbers the rows by itself
	"BIGINT", "INTEGER",
	"BYTEA", "BLOB",
	"\n);", "\n) STRICT;",
)

// migrationSet are the migrations of one engine.
type migrationSet struct {
	dialect goose.Dialect
	db      *sql.DB
	files   sqlFiles
	options []goose.ProviderOption
	lock    func(context.Context) (release func(), err error) // only one process migrates
}

// sqlFiles is the common directory with the one of an engine laid over it.
type sqlFiles struct {
	dirs  []string
	types *strings.Replacer // nil: as written
}

func (f sqlFiles) ReadDir(string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, dir := range f.dirs {
		entries, err := migrationFiles.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(entries, fs.DirEntry.IsDir)...)
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

func (f sqlFiles) Open(name string) (fs.File, error) {
	for _, dir := range f.dirs {
		file, err := migrationFiles.Open(path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil || f.types == nil {
			return file, err
		}
		text, err := io.ReadAll(file)
		return sqlFile{file, strings.NewReader(f.types.Replace(string(text)))}, err
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

type sqlFile struct {
	fs.File
	text *strings.Reader
}

func (f sqlFile) Read(p []byte) (int, error) { return f.text.Read(p) }

// Schema names the schema that this program makes: a hash over all migrations.
func Schema() string {
	sum := sha256.New()
	err := fs.WalkDir(migrationFiles, "migrations", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := migrationFiles.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// prepare checks that the database is ours and brings it up to date.
func (s *Store) prepare(ctx context.Context) error {
	m := s.engine.migrations()
	release, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	provider, err := goose.NewProvider(m.dialect, m.db, m.files, append(m.options, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return err
	}
	fresh, err := s.ours(ctx, provider)
	if err != nil {
		return err
	}
	status, err := provider.Status(ctx)
	if err != nil {
		return err
	}
	pending := slices.DeleteFunc(status, func(m *goose.MigrationStatus) bool { return m.State != goose.StatePending })
	if len(pending) > 0 && !fresh {
		s.config.Log.Info("saving database before migration")
		if err := s.engine.saveBefore(ctx); err != nil {
			return fmt.Errorf("backup before migration: %w", err)
		}
	}
	for i, m := range pending {
		file, began := path.Base(m.Source.Path), time.Now()
		s.config.Log.Info("migrating database", "file", file, "number", i+1, "of", len(pending))
		if _, err := provider.ApplyVersion(ctx, m.Source.Version, true); err != nil {
			return fmt.Errorf("migration %s was not completed; the database is as it was before this file, and the next start goes on there: %w", file, err)
		}
		s.config.Log.Info("migrated database", "file", file, "took", time.Since(began))
	}
	return s.Update(ctx, func(tx *Tx) error { return tx.introduce() })
}

// ours says whether the database is empty; an error if it belongs to another program or to a newer version of this one.
func (s *Store) ours(ctx context.Context, provider *goose.Provider) (fresh bool, err error) {
	var names []string
	err = s.engine.view(ctx, func(c conn) error {
		names, err = s.engine.tables(c)
		return err
	})
	if err != nil {
		return false, err
	}
	if len(names) == 0 {
		return true, nil
	}
	// Only the version table: an earlier start was killed before the first migration.
	if !slices.Contains(names, "meta") && !slices.Equal(names, []string{goose.DefaultTablename}) {
		return false, ErrForeign
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return false, err
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; version > newest {
		return false, fmt.Errorf("%w: its schema has number %d, this program knows up to %d", ErrNewer, version, newest)
	}
	return version == 0, nil
}

// introduce compares what the database knows about the instance with what the configuration says, and records it at the first opening.
func (tx *Tx) introduce() error {
	base, err := tx.meta("base_url")
	if err != nil {
		return err
	}
	if want := tx.store.config.BaseURL; base == "" {
		if err := tx.setMeta("base_url", want); err != nil {
			return err
		}
	} else if want != base {
		return fmt.Errorf("%w: it was made for %s, not for %s", ErrBaseURL, base, want)
	}
	check, err := tx.meta("secret")
	if err != nil {
		return err
	}
	if want := tx.store.keys.fingerprint(); check == "" {
		if err := tx.setMeta("secret", want); err != nil {
			return err
		}
	} else if check != want {
		return ErrSecret
	}
	// What search finds depends on the analyser and on the order of codes.
	written := strconv.Itoa(searchVersion) + "." + strconv.Itoa(engagement.VocabularyVersion)
	was, err := tx.meta("search")
	if err != nil {
		return err
	}
	var newest int64
	if err := tx.scan(`SELECT coalesce(max(changed), 0) FROM search`, nil, &newest); err != nil {
		return err
	}
	if ahead, err := tx.store.engine.ahead(tx.conn, newest); err != nil || was == written && !ahead {
		return tx.translate(err)
	}
	if err := tx.Reindex(); err != nil {
		return err
	}
	return tx.setMeta("search", written)
}

// meta is a fact about the database itself, empty if it was never set.
func (tx *Tx) meta(key string) (string, error) {
	var value string
	err := tx.scan(`SELECT value FROM meta WHERE key = $1`, []any{key}, &value)
	if errors.Is(err, engagement.ErrNotFound) {
		return "", nil
	}
	return value, err
}

func (tx *Tx) setMeta(key, value string) error {
	return tx.run(`INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}
