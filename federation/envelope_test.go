package federation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/federation"
)

func TestEnvelopeOfAnActivity(t *testing.T) {
	raw := []byte(`{
		"@context": ["https://www.w3.org/ns/activitystreams", {"ID": "x", "content": "https://evil.test/x", "@id": "y"}],
		"id": "https://GOOD.test:443/a/1", "type": "Create", "actor": {"id": "https://good.test/u/a", "type": "Person"},
		"object": {"@context": "https://evil.test/ctx.json", "id": "https://good.test/n/1", "type": "Note", "nested": {"@context": [], "x": 1}},
		"to": ["as:Public", "https://good.test/u/b", "Public", 7, {"id": "https://good.test/u/c"}, "nonsense"],
		"cc": "https://good.test/u/a/followers", "published": "2026-03-01T12:00:00.5+02:00", "signature": {"type": "RsaSignature2017"}}`)
	e, err := federation.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	got := e
	got.Raw, got.Bytes = nil, nil
	want := federation.Envelope{
		ID: "https://good.test/a/1", Type: "Create", Actor: "https://good.test/u/a", ObjectID: "https://good.test/n/1",
		Object: federation.Map{"id": "https://good.test/n/1", "type": "Note", "nested": map[string]any{"x": json.Number("1")}},
		To:     []string{federation.Public, "https://good.test/u/b", "https://good.test/u/c"},
		Cc:     []string{"https://good.test/u/a/followers"}, Published: time.Date(2026, 3, 1, 10, 0, 0, 5e8, time.UTC),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if string(e.Bytes) != string(raw) || e.Raw["@context"] == nil {
		t.Error("the envelope lost its bytes or its document")
	}
}

// Member by member on a right activity; what gives no error is accepted and may be ignored later.
func TestShapeOfActivities(t *testing.T) {
	type change map[string]string
	many := func(n int, entry string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]"
	}
	for _, tt := range []struct {
		name   string
		change change
		ok     bool
	}{
		{"as it is", nil, true},
		{"ORG-10 no actor in an array", change{"actor": `[]`}, false},
		{"ORG-10 two actors", change{"actor": `["https://good.test/u/a","https://victim.test/u/b"]`}, false},
		{"ORG-10 null as actor", change{"actor": `null`}, false},
		{"ORG-10 without actor", change{"actor": ``}, false},
		{"ORG-10 an empty actor", change{"actor": `""`}, false},
		{"ORG-10 a name as actor", change{"actor": `"remote_good"`}, false},
		{"ORG-10 a number as actor", change{"actor": `7`}, false},
		{"ORG-10 an embedded actor without id", change{"actor": `{"type":"Person"}`}, false},
		{"one actor in an array", change{"actor": `["https://good.test/u/a"]`}, true},
		{"ORG-21 a graph", change{"@graph": `[]`}, false},
		{"ORG-21 @id instead of id", change{"id": ``, "@id": `"https://good.test/a/1"`}, false},
		{"ORG-21 @type beside type", change{"@type": `"Delete"`}, false},
		{"ORG-21 a keyword deep inside", change{"object": `{"id":"https://good.test/n/1","tag":[{"@reverse":{}}]}`}, false},
		{"ORG-21 an alias of type", change{"type": ``, "kind": `"Follow"`}, false},
		{"ORG-21 a context of any kind is not read", change{"@context": `"https://evil.test/ctx.json"`}, true},
		{"ORG-21 a keyword in a word of ours", change{"object": `{"id":"https://good.test/n/1","seestern:details":{"@type":"x"}}`}, false},
		{"keywords in a word of somebody else's, as Friendica has them in addresses", change{"object": `{"id":"https://good.test/n/1","vcard:hasAddress":{"@type":"vcard:Home","vcard:locality":"Berlin"}}`}, true},
		{"ORG-21 keywords in a context are not read", change{"@context": `{"id":"@id","@id":"x","ID":"x"}`}, true},
		{"ORG-21 nor deep inside one", change{"@context": `[{"content":{"@id":"x","ID":1}}]`}, true},
		{"ORG-22 an unknown type", change{"type": `"Foo"`}, true},
		{"ORG-22 two known types", change{"type": `["Create","Delete"]`}, false},
		{"ORG-22 one known type twice", change{"type": `["Create","Create"]`}, false},
		{"ORG-22 one known type among others", change{"type": `["Create","https://example.com/Foo"]`}, true},
		{"ORG-22 no known type among several", change{"type": `["Foo","Bar"]`}, false},
		{"ORG-22 a type as IRI is an unknown one", change{"type": `"https://www.w3.org/ns/activitystreams#Create"`}, true},
		{"without type", change{"type": ``}, false},
		{"a number as type", change{"type": `1`}, false},
		{"ORG-23 a relative id", change{"id": `"relative"`}, false},
		{"ORG-23 a number as id", change{"id": `7`}, false},
		{"ORG-23 an array as id", change{"id": `["https://good.test/a/1"]`}, false},
		{"ORG-23 an object as id", change{"id": `{"id":"https://good.test/a/1"}`}, false},
		{"without id", change{"id": ``}, false},
		{"ORG-23 an empty array of objects", change{"object": `[]`}, true},
		{"ORG-23 a thousand objects", change{"object": many(1000, "{}")}, true},
		{"ORG-23 without object", change{"object": ``}, true},
		{"ORG-23 to is a word", change{"to": `"as:Public"`}, true},
		{"a case variant of a reserved name", change{"Actor": `"https://evil.test/u/x"`}, false},
		{"a case variant of a reserved name deep inside", change{"object": `{"id":"https://good.test/n/1","attributedto":"x"}`}, false},
		{"a case variant of another name", change{"Name": `"x"`}, true},
		{"an unknown member", change{"x": `{"y":[1,2.5e3,true,null]}`}, true},
		{"an id over 2,048 bytes", change{"id": `"https://good.test/` + strings.Repeat("x", 2048) + `"`}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			members := map[string]string{
				"id": `"https://good.test/a/1"`, "type": `"Follow"`, "actor": `"https://good.test/u/a"`, "object": `"https://me.test/ap/actor"`,
			}
			maps.Copy(members, tt.change)
			var parts []string
			for _, name := range slices.Sorted(maps.Keys(members)) {
				if members[name] != "" {
					parts = append(parts, fmt.Sprintf("%q:%s", name, members[name]))
				}
			}
			_, err := federation.Parse([]byte("{" + strings.Join(parts, ",") + "}"))
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, federation.ErrMalformed) {
				t.Errorf("got %v, want accepted %v", err, tt.ok)
			}
		})
	}
}

func TestObjectOfAnActivity(t *testing.T) {
	for _, tt := range []struct {
		object, id string
		embedded   bool
	}{
		{`"https://good.test/n/1"`, "https://good.test/n/1", false},
		{`["https://good.test/n/1"]`, "https://good.test/n/1", false},
		{`{"id":"https://good.test/n/1"}`, "https://good.test/n/1", true},
		{`[{"id":"https://good.test/n/1"}]`, "https://good.test/n/1", true},
		{`{"type":"Note"}`, "", true},
		{`["https://good.test/n/1","https://good.test/n/2"]`, "", false},
		{`[]`, "", false},
		{`7`, "", false},
		{`null`, "", false},
		{`[[{}]]`, "", false},
	} {
		t.Run(tt.object, func(t *testing.T) {
			e, err := federation.Parse([]byte(`{"id":"https://good.test/a/1","type":"Like","actor":"https://good.test/u/a","object":` + tt.object + `}`))
			if err != nil || e.ObjectID != tt.id || (e.Object != nil) != tt.embedded {
				t.Errorf("got %q, %v, %v", e.ObjectID, e.Object, err)
			}
		})
	}
}

func TestRecipientsAreReadUpToAHundred(t *testing.T) {
	var list []string
	for i := range 80 {
		list = append(list, fmt.Sprintf("https://good.test/u/%d", i))
	}
	raw := mustJSON(t, map[string]any{"id": "https://good.test/a/1", "type": "Create", "actor": "https://good.test/u/a", "to": list, "cc": append(list, "x")})
	e, err := federation.Parse(raw)
	if err != nil || len(e.To) != 80 || len(e.Cc) != 20 {
		t.Errorf("got %d and %d recipients, %v", len(e.To), len(e.Cc), err)
	}
}

// Bodies at and just over every limit (C10).
func TestBudgetOfADocument(t *testing.T) {
	repeat := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	nested := func(open, close string, n int) string {
		return `{"x":` + strings.Repeat(open, n) + strings.Repeat(close, n) + `}`
	}
	// 2 braces, then 2 tokens for each member
	members := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"m%d":0,`, i)
		}
		return "{" + strings.TrimSuffix(b.String(), ",") + "}"
	}
	for _, tt := range []struct {
		name, raw string
		ok        bool
	}{
		{"depth 32", nested("[", "]", 31), true},
		{"RES-06 depth 33", nested("[", "]", 32), false},
		{"RES-06 depth 33 of objects", `{"x":` + strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 33), false},
		{"depth 32 of objects", `{"x":` + strings.Repeat(`{"a":`, 31) + "1" + strings.Repeat("}", 32), true},
		{"RES-06 depth 100,000 without end", `{"x":` + strings.Repeat("[", 100_000), false},
		{"1,000 array elements", `{"x":[` + repeat(1000, "1") + `]}`, true},
		{"RES-07 1,001 array elements", `{"x":[` + repeat(1001, "1") + `]}`, false},
		{"RES-07 1,001 array elements in two arrays", `{"x":[` + repeat(500, "1") + `],"y":[` + repeat(501, "1") + `]}`, false},
		{"RES-07 5,000 tags", `{"tag":[` + repeat(5000, "{}") + `]}`, false},
		{"RES-07 10,000 recipients", `{"to":[` + repeat(10_000, `"https://a.example/u"`) + `]}`, false},
		{"5,000 tokens", members(2499), true},
		{"5,002 tokens", members(2500), false},
		{"a string of 64 KiB", `{"x":"` + strings.Repeat("a", 64<<10) + `"}`, true},
		{"RES-08 a string over 64 KiB", `{"x":"` + strings.Repeat("a", 64<<10+1) + `"}`, false},
		{"a name of 256 bytes", `{"` + strings.Repeat("a", 256) + `":1}`, true},
		{"a name of 257 bytes", `{"` + strings.Repeat("a", 257) + `":1}`, false},
		{"a number of 64 digits", `{"x":` + strings.Repeat("1", 64) + `}`, true},
		{"a number of 65 digits", `{"x":` + strings.Repeat("1", 65) + `}`, false},
		{"a repeated member", `{"a":1,"a":1}`, false},
		{"a repeated member in another spelling", `{"a":1,"\u0061":1}`, false},
		{"a repeated member deep inside", `{"x":[{"a":1,"a":2}]}`, false},
		{"a repeated nested context", `{"x":{"@context":1,"@context":2}}`, false},
		{"trailing data", `{"a":1}x`, false},
		{"a second document", `{"a":1}{"b":1}`, false},
		{"trailing blanks", " {\"a\":1}\n\t ", true},
		{"a byte-order mark", "\xef\xbb\xbf{}", false},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", false},
		{"invalid UTF-8 in a name", "{\"\xff\":1}", false},
		{"half of a pair is a character like others", `{"a":"\ud800"}`, true},
		{"U+0000", `{"a":"\u0000"}`, false},
		{"U+0000 in a name", `{"a\u0000":1}`, false},
		{"a missing comma", `{"a":1 "b":2}`, false},
		{"a trailing comma", `{"a":1,}`, false},
		{"a name that is no string", `{1:2}`, false},
		{"an unclosed object", `{"a":1`, false},
		{"an array", `[]`, false},
		{"a string", `"x"`, false},
		{"null", `null`, false},
		{"nothing", ``, false},
		{"an empty object", `{}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := federation.Decode([]byte(tt.raw))
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, federation.ErrMalformed) {
				t.Errorf("got %v, want accepted %v", err, tt.ok)
			}
		})
	}
}

func TestBudgetOfAPage(t *testing.T) {
	item := func(n int) string { return `{"tag":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}` }
	items := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	for _, tt := range []struct {
		name, raw string
		ok        bool
	}{
		{"many items of a usual size", `{"orderedItems":[` + items(20, item(400)) + `]}`, true},
		{"in items too", `{"items":[` + items(20, item(400)) + `]}`, true},
		{"an item of 1,000 elements", `{"orderedItems":[` + item(1000) + `]}`, true},
		{"an item of 1,001 elements", `{"orderedItems":[` + item(1001) + `]}`, false},
		{"an item of 32 levels", `{"orderedItems":[` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `]}`, true},
		{"an item of 33 levels", `{"orderedItems":[` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `]}`, false},
		{"an item of over 5,000 tokens", `{"orderedItems":[` + `{"x":"` + `"` + manyMembers(2500) + `}` + `]}`, false},
		{"48,000 tokens in all", `{"orderedItems":[` + items(10, `{"x":0`+manyMembers(2400)+`}`) + `]}`, true},
		{"52,800 tokens in all", `{"orderedItems":[` + items(11, `{"x":0`+manyMembers(2400)+`}`) + `]}`, false},
		{"10,001 elements in all", `{"orderedItems":[` + items(25, item(400)) + `]}`, false},
		{"items that are not those of the page have no budget of their own", `{"x":{"orderedItems":[` + items(20, item(400)) + `]}}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := federation.DecodePage([]byte(tt.raw)); (err == nil) != tt.ok {
				t.Errorf("got %v, want accepted %v", err, tt.ok)
			}
			if len(tt.raw) > 20_000 {
				if _, err := federation.Decode([]byte(tt.raw)); err == nil {
					t.Error("the budget of a single document allows it too")
				}
			}
		})
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":0`, i)
	}
	return b.String()
}

func TestTypedAccess(t *testing.T) {
	m, err := federation.Decode([]byte(`{
		"string":"x","number":52.25,"whole":7,"huge":1e999,"bool":false,"null":null,"object":{"id":"https://A.example/1","type":"Note"},
		"one":["x"],"two":["x","y"],"mixed":["x",{"id":"https://a.example/2"},7,"https://a.example/2","https://a.example/3"],
		"time":"2026-03-01T10:00:00Z","minutes":"2026-03-01T10:00+01:00","date":"2026-03-01","old":"0000-01-01T00:00:00Z",
		"types":{"type":["Foo","Service","Person","Organization"]},"foreign":{"type":["Foo","Bar"]},"untyped":{"type":7}}`))
	if err != nil {
		t.Fatal(err)
	}
	pair := func(v any, ok bool) []any { return []any{v, ok} }
	f := func(name string) any { v, ok := m.Float(name); return pair(v, ok) }
	i := func(name string) any { v, ok := m.Int(name); return pair(v, ok) }
	b := func(name string) any { v, ok := m.Bool(name); return pair(v, ok) }
	tm := func(name string) any { v, ok := m.Time(name); return pair(v.Format(time.RFC3339), ok) }
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"a string", m.String("string"), "x"},
		{"a number is no string", m.String("whole"), ""},
		{"an array is no string", m.String("one"), ""},
		{"a number", f("number"), pair(52.25, true)},
		{"a number without end", f("huge"), pair(0.0, false)},
		{"a string is no number", f("string"), pair(0.0, false)},
		{"a whole number", i("whole"), pair(int64(7), true)},
		{"a fraction is no whole number", i("number"), pair(int64(0), false)},
		{"a truth", b("bool"), pair(false, true)},
		{"no truth", b("null"), pair(false, false)},
		{"a time", tm("time"), pair("2026-03-01T10:00:00Z", true)},
		{"a time without seconds", tm("minutes"), pair("2026-03-01T09:00:00Z", true)},
		{"a date is no time", tm("date"), pair("0001-01-01T00:00:00Z", false)},
		{"a year out of range", tm("old"), pair("0001-01-01T00:00:00Z", false)},
		{"an object", m.Map("object").String("type"), "Note"},
		{"no object", m.Map("string") == nil, true},
		{"a list of one value", m.List("string"), []any{"x"}},
		{"null is an empty list", len(m.List("null")), 0},
		{"the strings of a list", m.Strings("mixed"), []string{"x", "https://a.example/2", "https://a.example/3"}},
		{"the objects of a list", m.Maps("mixed"), []federation.Map{{"id": "https://a.example/2"}}},
		{"the ids of a list, each once", m.IRIs("mixed"), []string{"https://a.example/2", "https://a.example/3"}},
		{"the id of an embedded object", m.IRI("object"), "https://a.example/1"},
		{"no id among several", m.IRI("mixed"), ""},
		{"no id in a word", m.IRI("string"), ""},
		{"the first of our types", m.Map("types").Type(), "Organization"},
		{"the first of foreign types", m.Map("foreign").Type(), "Foo"},
		{"no type", m.Map("untyped").Type(), ""},
		{"what is missing", m.String("missing") + m.IRI("missing") + m.Map("missing").Type(), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !reflect.DeepEqual(tt.got, tt.want) {
				t.Errorf("got %#v, want %#v", tt.got, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u","object":{"type":"Note"},"to":["as:Public"]}`,
		`{"id":"https://a.example/1","type":["Offer"],"actor":{"id":"https://a.example/u"},"object":[{}],"cc":{}}`,
		`{"@context":{"a":"@id"},"orderedItems":[{"tag":[1,2,{"x":"\ud800\u0000"}]}],"published":"2026-03-01T10:00Z"}`,
		`[[[[`, `{"a":1}x`, "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, err := federation.Parse(raw); err == nil {
			if e.ID == "" || e.Type == "" || e.Actor == "" || len(e.To)+len(e.Cc) > 100 {
				t.Errorf("accepted without what every activity has: %+v", e)
			}
			if _, err := json.Marshal(e.Raw); err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, federation.ErrMalformed) {
			t.Error(err)
		}
		_, single := federation.Decode(raw)
		if _, page := federation.DecodePage(raw); single == nil && page != nil {
			t.Errorf("fits a document but not a page: %v", page)
		}
	})
}
