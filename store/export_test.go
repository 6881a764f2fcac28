package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
)

// Pragma reads a setting of the writing and of a reading connection.
func Pragma(t testing.TB, s *Store, name string) map[string]string {
	t.Helper()
	values := map[string]string{}
	read := func(who string) func(c conn) error {
		return func(c conn) error {
			var value string
			err := c.row("PRAGMA "+name, nil, &value)
			values[who] = value
			return err
		}
	}
	ctx := context.Background()
	if err := s.engine.view(ctx, read("reader")); err != nil {
		t.Fatal(err)
	}
	if err := s.engine.update(ctx, read("writer")); err != nil {
		t.Fatal(err)
	}
	return values
}

// WriterPragma runs a PRAGMA on the writing connection, outside of a transaction.
func WriterPragma(t testing.TB, s *Store, pragma string) {
	t.Helper()
	err := s.engine.(*sqliteEngine).writer.alone(context.Background(), func(session *session) error {
		_, err := session.Conn.ExecContext(context.Background(), "PRAGMA "+pragma)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Columns are the columns of all tables, "table.column".
func Columns(t testing.TB, s *Store) []string {
	t.Helper()
	var all []string
	err := s.View(context.Background(), func(tx *Tx) error {
		tables, err := s.engine.tables(tx.conn)
		if err != nil {
			return err
		}
		for _, table := range tables {
			columns, err := s.engine.columns(tx.conn, table)
			if err != nil {
				return err
			}
			for _, c := range columns {
				all = append(all, table+"."+c)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Apart are the tables that a person's own file leaves out.
func Apart() (out []string) {
	for table := range apart {
		out = append(out, table)
	}
	return out
}

// MigrationFiles are the texts of all migrations by path.
func MigrationFiles(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range []string{"migrations", "migrations/sqlite", "migrations/postgres"} {
		entries, err := migrationFiles.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				continue
			}
			text, err := migrationFiles.ReadFile(dir + "/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			all[strings.TrimPrefix(dir+"/"+e.Name(), "migrations/")] = string(text)
		}
	}
	return all
}

// MigrateTo makes an empty database with the schema of a number (0: the table of versions only), and returns it open.
func MigrateTo(t testing.TB, c Config, version int64) *sql.DB {
	t.Helper()
	ctx := context.Background()
	var e engine
	var err error
	if isPostgres(c.DSN) {
		e, err = openPostgres(ctx, c)
	} else {
		e, err = openSQLite(ctx, c)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.close() })
	m := e.migrations()
	provider, err := goose.NewProvider(m.dialect, m.db, m.files)
	if err != nil {
		t.Fatal(err)
	}
	if version == 0 {
		_, err = provider.GetDBVersion(ctx) // makes the table of versions
	} else {
		_, err = provider.UpTo(ctx, version)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.db
}

// Exec runs SQL beside all methods.
func Exec(t testing.TB, s *Store, query string, args ...any) {
	t.Helper()
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.run(query, args...) }); err != nil {
		t.Fatal(err)
	}
}

// Analyse gives tests the words of a text, and whether a query finds them.
func Analyse(texts ...string) []string { return analyse(texts...) }

func Finds(query string, text string) bool {
	q := parseQuery(query)
	return len(split(query)) > 0 && q.in(analyse(text))
}

// Statements are the SQL texts that an SQLite database has run.
func Statements(s *Store) []string {
	e := s.engine.(*sqliteEngine)
	var all []string
	for query := range e.writer.session.statements {
		all = append(all, query)
	}
	for range maxReaders {
		r := <-e.idle
		if r != nil {
			for query := range r.statements {
				all = append(all, query)
			}
		}
		e.idle <- r
	}
	return all
}

// Plan is how SQLite runs a statement.
func Plan(t testing.TB, s *Store, query string) (steps []string) {
	t.Helper()
	err := s.engine.view(context.Background(), func(c conn) error {
		var args []any
		for strings.Contains(query, placeholder(len(args)+1)) {
			args = append(args, 1)
		}
		rows, err := c.db.(*session).Conn.QueryContext(c.ctx, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				return err
			}
			steps = append(steps, step)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return steps
}

// KeptTerms are the terms that are left of some with so many rows, where there is room for so many bytes.
func KeptTerms(room int, rows map[string]int) (left []string, size int) {
	var c termCache
	for word, n := range rows {
		set := &termRows{read: n}
		for at := range n {
			set.add(at * 1000 / n) // of as many bytes as all others
		}
		c.keep(term{word: word}, set, room)
	}
	for t := range c.terms {
		left = append(left, t.word)
	}
	slices.Sort(left)
	return left, c.size
}

// Unapplied is what a search has read of the index and not yet taken over.
type Unapplied struct {
	index   *searchIndex
	changes []change
	version int
	horizon int64
}

// ReadChanges is the first half of a search.
func ReadChanges(tx *Tx) (u Unapplied, err error) {
	x := &tx.store.index
	u = Unapplied{index: x, version: x.version}
	if u.horizon, err = tx.store.engine.horizon(tx.conn); err == nil {
		u.changes, err = x.changes(tx, x.horizon)
	}
	return u, err
}

// Rows is how many rows it is about.
func (u Unapplied) Rows() int { return len(u.changes) }

// Apply is the other half; it reports whether there was nothing to read again.
// Indexed is how many opportunities the index has.
func (u Unapplied) Indexed() int { return len(u.index.rest) }

func (u Unapplied) Apply() bool { return u.index.apply(u.changes, u.version, u.horizon) }

// Space is how many bytes are free.
func (s *Store) Space() (uint64, error) { return s.config.Space() }

// Retention are the rules of what is deleted when.
func Retention() (rules []struct{ What, SQL string }) {
	for _, r := range retention {
		rules = append(rules, struct{ What, SQL string }{r.what, r.sql})
	}
	return rules
}

// WithoutParents lets a test put rows whose parents are missing (see PutRow).
func WithoutParents(t testing.TB, s *Store) {
	t.Helper()
	if _, ok := s.engine.(*sqliteEngine); ok {
		WriterPragma(t, s, "foreign_keys = OFF")
	}
}

// PutRow writes a row of which nothing matters but what is given: its texts are the mark, and its numbers now.
func PutRow(t testing.TB, s *Store, table, mark string, now time.Time, given map[string]any) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *Tx) error {
		if _, ok := s.engine.(*postgresEngine); ok {
			if err := tx.run(`SET LOCAL session_replication_role = replica`); err != nil { // no triggers, so no parents
				return err
			}
		}
		var names, places []string
		var args []any
		types, err := columnTypes(tx, table)
		if err != nil {
			return err
		}
		for _, c := range types {
			value, ok := given[c[0]]
			switch {
			case ok:
			case c[0] == "n":
				rowsPut++
				value = rowsPut
			case c[1] == "bigint":
				value = ms(now)
			case c[1] == "text":
				value = mark
			default:
				value = []byte(mark)
			}
			args = append(args, value)
			names, places = append(names, c[0]), append(places, placeholder(len(args)))
		}
		return tx.run(`INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(places, ", ")+`)`, args...)
	})
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

var rowsPut = 1000 // of the last row put

// Marked counts the rows with a mark of PutRow.
func Marked(t testing.TB, s *Store, table, mark string) (n int) {
	t.Helper()
	err := s.View(context.Background(), func(tx *Tx) error {
		types, err := columnTypes(tx, table)
		if err != nil {
			return err
		}
		first := types[slices.IndexFunc(types, func(c [2]string) bool { return c[1] != "bigint" })]
		var value any = mark
		if first[1] != "text" {
			value = []byte(mark)
		}
		n, err = tx.count(`SELECT count(*) FROM `+table+` WHERE `+first[0]+` = $1`, value)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
	return n
}

// columnTypes are the columns that every row has to have, with their types in small letters.
func columnTypes(tx *Tx, table string) ([][2]string, error) {
	query := `SELECT name, lower(type) FROM pragma_table_info($1) WHERE "notnull" = 1 OR pk > 0 ORDER BY cid`
	if _, ok := tx.store.engine.(*postgresEngine); ok {
		query = `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND is_nullable = 'NO' ORDER BY ordinal_position`
	}
	return list(tx, func(row func(...any) error) (c [2]string, err error) {
		err = row(&c[0], &c[1])
		if c[1] == "integer" {
			c[1] = "bigint"
		}
		return c, err
	}, query, table)
}
