package store_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// Whole tables are read by these statements on purpose: the tables are small, or it is an operator who asks for everything.
var wholeTables = []string{
	"SCAN partner", "SCAN board", "SCAN followed", "SCAN CONSTANT ROW", "SCAN meta", "SCAN goose_db_version", "SCAN search_text VIRTUAL TABLE INDEX", "SCAN sqlite_schema", "SCAN lane_hint",
	"SCAN 2-ROW VALUES", "SCAN 3-ROW VALUES", "SCAN 4-ROW VALUES", "SCAN 20-ROW VALUES", "SCAN (subquery", "SCAN ranked", // no tables
}

// wholeLists are lists of everything by their nature, each with the beginning of its statement.
var wholeLists = map[string]string{
	"SELECT doc FROM place ORDER BY":                           "the gazetteer, at the start",
	"SELECT doc FROM account WHERE id > $1":                    "pages of the operator, by key",
	"SELECT doc FROM match_request WHERE id > $1":              "pages of the operator, by key",
	"SELECT doc FROM organization WHERE origin = '' ORDER":     "the operator's list",
	"SELECT doc FROM opportunity WHERE origin = '' OR":         "the operator's list",
	"SELECT b.id, count(*) FROM board b":                       "numbers for the admin, of the few boards",
	"SELECT DISTINCT owner FROM actor_key":                     "all actors get a new key",
	"SELECT count(*) FROM account":                             "a number",
	"SELECT state, count(*) FROM organization":                 "numbers of own organizations",
	"SELECT state, count(*) FROM opportunity WHERE origin":     "numbers of own opportunities",
	"SELECT state, count(*) FROM delivery":                     "numbers for the admin",
	"SELECT doc, open, probe FROM peer WHERE":                  "at most 10,000 hosts, for the admin",
	"SELECT count(*), coalesce(sum(CASE WHEN last_failure":     "at most 10,000 hosts",
	"UPDATE delivery SET state = 'waiting', next":              "the admin retries everything",
	"UPDATE peer SET open = 0, failures = 0 WHERE (host = $1":  "the admin retries everything",
	"SELECT k.host, coalesce(p.doc":                            "the admin looks at other servers",
	"SELECT host FROM partner UNION SELECT host FROM follower": "the admin takes a block list over",
	"SELECT doc FROM match_request WHERE final = 0 AND remote": "the admin suspends a server",
	"SELECT d.n, d.payload":                                    "newest deliveries for the admin, by number",
	"SELECT\n\t\t(SELECT count(*)":                             "public numbers, from indexes alone",
	"SELECT doc FROM report WHERE waits = 1":                   "what waits for a moderator, which is all that its index holds",
	"SELECT doc FROM advice WHERE ended = 0":                   "what waits for an adviser, which is all that its index holds",
	"SELECT doc FROM reaction WHERE kind = 'reply'":            "what waits for a moderator, which is all that its index holds",
	"SELECT doc FROM occasion WHERE state = 'queued'":          "what waits for a moderator, which is all that its index holds",
	"SELECT count(*) FROM announcement WHERE origin":           "a number",
	"SELECT doc FROM export WHERE waits = 1":                   "what waits to be made, which is all that its index holds",
	"SELECT doc FROM barrier WHERE answered = 0":               "what waits for an answer, which is all that its index holds",
	"SELECT layer, points FROM outline":                        "at most some hundred borders, in 100 KB",
	"SELECT doc FROM outline_layer":                            "two at most",
	"SELECT doc FROM announcement WHERE state = 'queued'":      "what waits for a moderator, which is all that its index holds",
	"UPDATE search SET words = ''":                             "reindexing",
	"SELECT doc FROM organization ORDER BY id":                 "reindexing",
	"INSERT INTO lane_hint (host, lane) SELECT":                "the admin retries everything",
	"SELECT s.n, s.opportunity":                                "what changed since the last search; of an empty table the plan does not matter",
}

// found are statements that run for every single delivery or activity, with how they must find their rows: another index that would do as
// well reads all followers, or everybody's reactions, each time.
var found = map[string]string{
	"SELECT host, actor FROM (": "(owner=? AND host=?)",
	"SELECT doc FROM reaction WHERE subject = $1 AND kind = $2 AND actor": "(subject=? AND kind=? AND actor=?)",
}

// Every method of a transaction is called once with made-up arguments; whatever SQL that runs must use indexes.
func TestNoStatementReadsAWholeBigTable(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	populate(t, s)
	callEverything(t, s)
	for _, lease := range []func() error{
		func() error { _, err := s.LeaseEvents(ctx, engagement.Wire, "one", 5, time.Minute); return err },
		func() error { _, err := s.LeaseJobs(ctx, "tick", "one", 5, time.Minute); return err },
		func() error { _, err := s.LeaseDeliveries(ctx, "one", 5, time.Minute); return err },
	} {
		if err := lease(); err != nil {
			t.Fatal(err)
		}
	}
	statements := store.Statements(s)
	if len(statements) < 150 {
		t.Fatalf("got %d statements only", len(statements))
	}
	used := map[string]bool{}
	for _, query := range statements {
		if slices.ContainsFunc([]string{"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA"}, func(w string) bool { return strings.HasPrefix(query, w) }) {
			continue
		}
		plan := store.Plan(t, s, query)
		for beginning, by := range found {
			if strings.HasPrefix(query, beginning) && !strings.Contains(strings.Join(plan, "\n"), by) {
				t.Errorf("not by %s: %q\n\t%s", by, plan, query)
			}
		}
		for _, step := range plan {
			if !strings.HasPrefix(step, "SCAN") || slices.ContainsFunc(wholeTables, func(w string) bool { return strings.HasPrefix(step, w) }) {
				continue
			}
			i := slices.IndexFunc(slices.Collect(maps.Keys(wholeLists)), func(w string) bool { return strings.HasPrefix(query, w) })
			if i < 0 {
				t.Errorf("%s\n\t%s", step, query)
				continue
			}
		}
		for beginning := range wholeLists {
			if strings.HasPrefix(query, beginning) {
				used[beginning] = true
			}
		}
	}
	for beginning := range wholeLists {
		if !used[beginning] {
			t.Errorf("no statement begins with %q any more", beginning)
		}
	}
}

// callEverything calls all methods of a transaction, with made-up arguments and with empty ones, each in a transaction of its own. Whether
// they succeed does not matter.
func callEverything(t *testing.T, s *store.Store) {
	t.Helper()
	seed := 0
	for i := range reflect.TypeFor[*store.Tx]().NumMethod() {
		for _, version := range []int{0, 1, -1} { // new, known, and everything empty
			s.Update(ctx, func(tx *store.Tx) error {
				method := reflect.ValueOf(tx).Method(i)
				args := make([]reflect.Value, method.Type().NumIn())
				for j := range args {
					args[j] = argument(method.Type().In(j), version, &seed)
				}
				method.Call(args)
				return nil
			})
		}
	}
}

func argument(typ reflect.Type, version int, seed *int) reflect.Value {
	arg := reflect.New(typ).Elem()
	if typ.Kind() == reflect.Pointer {
		arg.Set(reflect.New(typ.Elem()))
	}
	if version < 0 {
		return arg
	}
	fill(arg, seed)
	if typ.Kind() == reflect.Pointer && typ.Elem().Kind() == reflect.Struct {
		if field := arg.Elem().FieldByName("Version"); field.IsValid() && field.CanSet() {
			field.SetInt(int64(version))
		}
	}
	return arg
}
