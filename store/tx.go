package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"

	"seestern/engagement"
)

// Tx is a transaction. It satisfies [engagement.Tx]; what pages and the federation ask for are further methods, in the file of their noun.
// Reads of one thing return [engagement.ErrNotFound] if it does not exist.
type Tx struct {
	store *Store
	conn  conn
	now   time.Time
	woke  bool // leaves something to do for a worker

	committed bool // sees only what is committed

	number int64 // see change; 0 until it is needed
}

var _ engagement.Tx = (*Tx)(nil)

// Now is the instant of the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

// conn is the connection of a running transaction.
type conn struct {
	ctx context.Context
	db  interface {
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}
}

func (c conn) query(query string, args ...any) (*sql.Rows, error) {
	return c.db.QueryContext(c.ctx, query, args...)
}

func (c conn) exec(query string, args ...any) (int64, error) {
	result, err := c.db.ExecContext(c.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row scans the first row of a query into targets; sql.ErrNoRows if there is none.
func (c conn) row(query string, args []any, targets ...any) error {
	rows, err := c.query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(targets...); err != nil {
		return err
	}
	return rows.Close()
}

// exec runs a statement and returns how many rows it changed.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	n, err := tx.conn.exec(query, args...)
	return n, tx.translate(err)
}

// run is exec for statements whose number of rows does not matter.
func (tx *Tx) run(query string, args ...any) error {
	_, err := tx.exec(query, args...)
	return err
}

// scan reads one row, ErrNotFound if there is none.
func (tx *Tx) scan(query string, args []any, targets ...any) error {
	return tx.translate(tx.conn.row(query, args, targets...))
}

// count reads one number.
func (tx *Tx) count(query string, args ...any) (int, error) {
	var n int
	err := tx.scan(query, args, &n)
	return n, err
}

// list reads all rows of a query, each through scan.
func list[T any](tx *Tx, scan func(row func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.conn.query(query, args...)
	if err != nil {
		return nil, tx.translate(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, tx.translate(rows.Err())
}

// doc reads the noun in the one column of the first row.
func doc[T any](tx *Tx, query string, args ...any) (T, error) {
	var noun T
	var text []byte
	if err := tx.scan(query, args, &text); err != nil {
		return noun, err
	}
	return noun, decode(text, &noun)
}

// Lists for IN have one of a few lengths, so that few statements are prepared; the rest is filled with the last value.
const maxIn = 500

func inLength(n int) int {
	for _, length := range []int{1, 2, 3, 4, 20, 100} {
		if n <= length {
			return length
		}
	}
	return maxIn
}

func inList(n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range inLength(n) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(placeholder(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}

func padded(values []any) []any {
	for want := inLength(len(values)); len(values) < want; {
		values = append(values, values[len(values)-1])
	}
	return values
}

// portions are values in portions for a query: the list of their placeholders for IN, from $1 on, and the arguments for it.
func portions[T any](values []T, argument func(T) any) iter.Seq2[string, []any] {
	return func(yield func(string, []any) bool) {
		for portion := range slices.Chunk(values, maxIn) {
			args := make([]any, len(portion))
			for i, v := range portion {
				args[i] = argument(v)
			}
			if !yield(inList(len(args)), padded(args)) {
				return
			}
		}
	}
}

func text[T ~string](v T) any { return string(v) }

func number(n int64) any { return n }

// docs reads the nouns in the one column of every row.
func docs[T any](tx *Tx, query string, args ...any) ([]T, error) {
	return list(tx, func(row func(...any) error) (noun T, err error) {
		var text []byte
		if err := row(&text); err != nil {
			return noun, err
		}
		return noun, decode(text, &noun)
	}, query, args...)
}

// put writes a noun by the rule of [engagement.Tx]: version is the noun's own, columns are its columns beside key, version and doc.
func (tx *Tx) put(table, key string, id any, version *int, noun any, columns ...column) error {
	old := *version
	*version++
	err := tx.upsert(table, key, id, old, *version, noun, columns)
	if err != nil {
		*version = old
		return fmt.Errorf("put %s %v: %w", table, id, err)
	}
	return nil
}

// column is a column of a row with its value.
type column struct {
	name  string
	value any
}

func (tx *Tx) upsert(table, key string, id any, old, version int, noun any, columns []column) error {
	text, err := encode(noun)
	if err != nil {
		return err
	}
	columns = append([]column{{key, id}, {"version", version}, {"doc", text}}, columns...)
	args := make([]any, len(columns), len(columns)+1)
	for i, c := range columns {
		args[i] = c.value
	}
	if old == 0 {
		return tx.run(insertSQL(table, columns), args...)
	}
	n, err := tx.exec(updateSQL(table, key, columns), append(args, old)...)
	if err == nil && n == 0 {
		return engagement.ErrStale
	}
	return err
}

// insertSQL and updateSQL write out the statement of a noun; $1 is its key, and for updates the last parameter the version it must have.
func insertSQL(table string, columns []column) string {
	names, values := "", ""
	for i, c := range columns {
		if i > 0 {
			names, values = names+", ", values+", "
		}
		names, values = names+c.name, values+fmt.Sprintf("$%d", i+1)
	}
	return "INSERT INTO " + table + " (" + names + ") VALUES (" + values + ")"
}

func updateSQL(table, key string, columns []column) string {
	sets := ""
	for i, c := range columns[1:] {
		if i > 0 {
			sets += ", "
		}
		sets += fmt.Sprintf("%s = $%d", c.name, i+2)
	}
	return fmt.Sprintf("UPDATE %s SET %s WHERE %s = $1 AND version = $%d", table, sets, key, len(columns)+1)
}

// translate turns what a driver says into the errors of engagement. Trouble that ends the transaction stays as it is for [Store.run].
func (tx *Tx) translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return engagement.ErrNotFound
	}
	switch tx.store.engine.class(err) {
	case notUnique:
		return fmt.Errorf("%w: %w", engagement.ErrConflict, err)
	case noParent:
		return fmt.Errorf("%w: %w", engagement.ErrNotFound, err)
	}
	return err
}

// counts reads pairs of key and number.
func counts[K ~string](tx *Tx, query string, args ...any) (map[K]int, error) {
	all := map[K]int{}
	_, err := list(tx, func(row func(...any) error) (_ struct{}, err error) {
		var key K
		var n int
		err = row(&key, &n)
		all[key] = n
		return struct{}{}, err
	}, query, args...)
	return all, err
}

// texts reads one text per row.
func texts(c conn, query string, args ...any) ([]string, error) {
	rows, err := c.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// orZero is the noun, or the given one if there is none.
func orZero[T any](noun T, err error, zero T) (T, error) {
	if errors.Is(err, engagement.ErrNotFound) {
		return zero, nil
	}
	return noun, err
}

func encode(noun any) (string, error) {
	text, err := json.Marshal(noun)
	return string(text), err
}

// decode reads what encode wrote. The module is the coming encoding/json of Go with today's behavior: it reads the same in less than half
// the time, and every page and every activity reads nouns.
func decode(text []byte, noun any) error { return jsonv1.Unmarshal(text, noun) }

// likeText is a text in which LIKE finds no wildcards; the escape is a backslash.
func likeText(s string) string {
	return strings.NewReplacer("\\", "\\\\", "%", "\\%", "_", "\\_").Replace(s)
}

// ms is a time as it is stored, at the reverse.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// null is NULL for an empty text: unique columns allow many of them.
func null[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// bit is a truth value as it is stored.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func placeholder(n int) string { return "$" + strconv.Itoa(n) }
