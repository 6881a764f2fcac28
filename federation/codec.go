package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// Violation says that a document breaks a numbered rule of the protocol. It is dropped: the sender learns nothing, the log the
// number.
type Violation struct {
	Rule string // "O4"
	Why  string
}

func (v *Violation) Error() string { return v.Rule + ": " + v.Why }

// Unwrap makes a violation something that is acknowledged and has no effect.
func (v *Violation) Unwrap() error { return ErrIgnored }

func violation(rule, format string, args ...any) error {
	return &Violation{Rule: rule, Why: fmt.Sprintf(format, args...)}
}

// maxNodes is how many values the library gets to see at once: it needs about 50 µs for each element of an array of objects.
const maxNodes = 1000

// read hands the named members of an object (all, if none is named) to the library and returns it as T, an interface of vocab or
// a part of one. The type given is the one we have settled on; other types of the sender are not shown to the library.
//
// The library reads types, times, numbers and links, and its getters say when a value cannot be one. Two things are taken from the
// Map instead: ids, because the library spells them anew ("/ü" becomes "/%C3%BC") and an id is compared byte for byte, and texts,
// because it takes "Achtung:neu" for an address.
func read[T any](m Map, typeName string, names ...string) (t T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the library fails on a %s: %v", typeName, p)
		}
	}()
	left := maxNodes
	in := map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "type": typeName}
	if len(names) == 0 {
		for name := range m {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if v, ok := m[name]; ok && name != "type" && name != "@context" {
			if in[name], err = copied(v, &left); err != nil {
				return t, err
			}
		}
	}
	v, err := streams.ToType(context.Background(), in)
	if err != nil {
		return t, fmt.Errorf("%s: %w", typeName, err)
	}
	t, ok := v.(T)
	if !ok {
		return t, fmt.Errorf("%s is a %T", typeName, v)
	}
	return t, nil
}

var errNodes = errors.New("too many values for the library")

// copied is a deep copy as the library wants it: numbers as float64, without "duration", of which it panics when it is empty.
func copied(v any, left *int) (any, error) {
	if *left--; *left < 0 {
		return nil, errNodes
	}
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, e := range v {
			if name == "duration" {
				continue
			}
			c, err := copied(e, left)
			if err != nil {
				return nil, err
			}
			m[name] = c
		}
		return m, nil
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			c, err := copied(e, left)
			if err != nil {
				return nil, err
			}
			list[i] = c
		}
		return list, nil
	case json.Number:
		return v.Float64()
	}
	return v, nil
}

// unknownType says whether read failed because the library does not have the type.
func unknownType(err error) bool { return errors.Is(err, streams.ErrUnhandledType) }

// timeOf is the instant of a time property, zero if there is none.
func timeOf(p interface {
	IsXMLSchemaDateTime() bool
	Get() time.Time
},
) time.Time {
	if p == nil || !p.IsXMLSchemaDateTime() || p.Get().Year() < 1970 || p.Get().Year() > 9998 {
		return time.Time{}
	}
	return p.Get().UTC()
}

// numberOf is the value of a number property.
func numberOf(p interface {
	IsXMLSchemaFloat() bool
	Get() float64
},
) (float64, bool) {
	if p == nil || !p.IsXMLSchemaFloat() {
		return 0, false
	}
	return p.Get(), true
}

// pageOf is the address for people: the first usable one of an url property, given as address or as Link.
func pageOf(p vocab.ActivityStreamsUrlProperty) string {
	if p == nil {
		return ""
	}
	for i := range p.Len() {
		e := p.At(i)
		address := ""
		switch {
		case e.IsIRI():
			address = e.GetIRI().String()
		case e.IsXMLSchemaAnyURI():
			address = e.GetXMLSchemaAnyURI().String()
		case e.IsActivityStreamsLink() && e.GetActivityStreamsLink().GetActivityStreamsHref() != nil:
			address = hrefOf(e.GetActivityStreamsLink().GetActivityStreamsHref())
		}
		if page, err := NormalizeIRI(address); err == nil {
			return page
		}
	}
	return ""
}

func hrefOf(p vocab.ActivityStreamsHrefProperty) string {
	if p.IsXMLSchemaAnyURI() {
		return p.Get().String()
	}
	if p.IsIRI() {
		return p.GetIRI().String()
	}
	return ""
}
