package federation

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Typed access to what another server wrote. A getter returns the zero value for a member that is missing or of another kind:
// to us these are the same.

// String is a member that is one string.
func (m Map) String(name string) string {
	s, _ := m[name].(string)
	return s
}

// Bool is a member that is true or false; ok is false for anything else.
func (m Map) Bool(name string) (value, ok bool) {
	value, ok = m[name].(bool)
	return value, ok
}

// Float is a finite number.
func (m Map) Float(name string) (value float64, ok bool) {
	n, isNumber := m[name].(json.Number)
	if !isNumber {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(n), 64)
	if err != nil { // out of range; the syntax was checked
		return 0, false
	}
	return value, true
}

// Int is a whole number that fits 64 bits.
func (m Map) Int(name string) (value int64, ok bool) {
	n, isNumber := m[name].(json.Number)
	if !isNumber {
		return 0, false
	}
	value, err := n.Int64()
	return value, err == nil
}

// Time is an xsd:dateTime, with or without seconds, between the years 1 and 9999, in UTC.
func (m Map) Time(name string) (value time.Time, ok bool) {
	s := m.String(name)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Map is an embedded object, also when it is the only element of an array.
func (m Map) Map(name string) Map {
	if list := m.List(name); len(list) == 1 {
		return asMap(list[0])
	}
	return nil
}

// List is a member as a list: ActivityStreams lets a single value stand for an array of one.
func (m Map) List(name string) []any {
	switch v := m[name].(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// Maps are the embedded objects among the values of a member.
func (m Map) Maps(name string) []Map {
	var maps []Map
	for _, v := range m.List(name) {
		if o := asMap(v); o != nil {
			maps = append(maps, o)
		}
	}
	return maps
}

// Strings are the strings among the values of a member.
func (m Map) Strings(name string) []string {
	var list []string
	for _, v := range m.List(name) {
		if s, ok := v.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

// IRI is the id of the one thing a member names or embeds, in normal form; empty if there is none, or more than one.
func (m Map) IRI(name string) string {
	if list := m.List(name); len(list) == 1 {
		return iriOf(list[0])
	}
	return ""
}

// IRIs are the ids of all things a member names or embeds, in normal form, without repetition.
func (m Map) IRIs(name string) []string {
	var iris []string
	for _, v := range m.List(name) {
		if iri := iriOf(v); iri != "" && !slices.Contains(iris, iri) {
			iris = append(iris, iri)
		}
	}
	return iris
}

// Recipients are the ids in to, cc or audience; all spellings of Public become the full one.
func (m Map) Recipients(name string) []string {
	var iris []string
	for _, v := range m.List(name) {
		iri := iriOf(v)
		if v == "as:Public" || v == "Public" {
			iri = Public
		}
		if iri != "" && !slices.Contains(iris, iri) {
			iris = append(iris, iri)
		}
	}
	return iris
}

// typePriority says what an object is whose author gave it several types: the first of these that it has.
var typePriority = []string{
	"Organization", "Group", "Application", "Service", "Person",
	"Event", "Note", "Article", "Page", "Question", "Image", "Video", "Audio", "Document", "Place", "Profile", "Relationship", "Tombstone",
	"OrderedCollectionPage", "CollectionPage", "OrderedCollection", "Collection",
}

// Type is the type of an object: the only one, else the first of a list of ours, else the first of the author's.
func (m Map) Type() string {
	types := m.Strings("type")
	for _, known := range typePriority {
		if slices.Contains(types, known) {
			return known
		}
	}
	if len(types) == 0 {
		return ""
	}
	return types[0]
}

// ID is the id of the object itself, in normal form; empty if it has none.
func (m Map) ID() string {
	s, ok := m["id"].(string)
	if !ok {
		return ""
	}
	iri, err := NormalizeIRI(s)
	if err != nil {
		return ""
	}
	return iri
}

func iriOf(v any) string {
	switch v := v.(type) {
	case string:
		iri, err := NormalizeIRI(v)
		if err != nil {
			return ""
		}
		return iri
	case map[string]any:
		return Map(v).ID()
	}
	return ""
}

func asMap(v any) Map {
	m, _ := v.(map[string]any)
	return m
}
