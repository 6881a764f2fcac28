package storetest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"seestern/store"
)

// Rows are all rows of a database as text, in an order of their own: for tests that nothing was stored, or what.
func Rows(t testing.TB, c store.Config) string {
	t.Helper()
	db, tables := tablesOf(t, c.DSN)
	defer db.Close()
	var all []string
	for _, table := range tables {
		rows, err := db.Query("SELECT * FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(sql.RawBytes)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			line := table
			for _, v := range values {
				line += fmt.Sprintf("|%s", *v.(*sql.RawBytes))
			}
			all = append(all, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// tablesOf opens a database beside the program, and names its tables.
func tablesOf(t testing.TB, dsn string) (db *sql.DB, tables []string) {
	t.Helper()
	query, err := "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()", error(nil)
	if strings.HasPrefix(dsn, "postgres") {
		db, err = open(dsn)
	} else {
		query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
		db, err = sql.Open("sqlite", dsn)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return db, tables
}
