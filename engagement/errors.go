package engagement

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The sentinels every edge translates in one table.
var (
	ErrNotFound  = errors.New("not found")                      // no such thing, or not for this actor
	ErrForbidden = errors.New("forbidden")                      // visible, but not allowed
	ErrConflict  = errors.New("conflict")                       // somebody changed it first, or the state does not allow it
	ErrGone      = errors.New("gone")                           // was there, is deleted or closed for good
	ErrTooMany   = errors.New("too many")                       // a limit that protects people or the instance
	ErrStale     = fmt.Errorf("stale version: %w", ErrConflict) // the version shown to the person is not the stored one
)

// Invalid says that one input is not acceptable and which.
type Invalid struct {
	Field string         // name of the form field, flag or document key
	Key   string         // locale key of the sentence, "error.<field>.<reason>"
	Args  map[string]any // arguments of the sentence
}

func (e *Invalid) Error() string {
	if len(e.Args) == 0 {
		return e.Field + ": " + e.Key
	}
	return fmt.Sprintf("%s: %s %v", e.Field, e.Key, e.Args)
}

// Invalids are several [Invalid] of one input, in the order of its fields.
type Invalids []*Invalid

func (es Invalids) Error() string {
	texts := make([]string, len(es))
	for i, e := range es {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap lets errors.As find each of them.
func (es Invalids) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}

// Add appends a failure. Args come in pairs of name and value.
func (es *Invalids) Add(field, key string, args ...any) {
	e := &Invalid{Field: field, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = map[string]any{}
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	*es = append(*es, e)
}

// Text adds a failure unless the trimmed text has from to most characters.
func (es *Invalids) Text(field, text string, from, most int) {
	switch n := utf8.RuneCountInString(strings.TrimSpace(text)); {
	case n == 0 && from > 0:
		es.Add(field, "error.text.empty")
	case n < from:
		es.Add(field, "error.text.short", "n", from)
	case n > most:
		es.Add(field, "error.text.long", "n", most)
	}
}

// Rename adds the failures in err under the name of another field.
func (es *Invalids) Rename(field string, err error) {
	var one *Invalid
	if errors.As(err, &one) {
		*es = append(*es, &Invalid{Field: field, Key: one.Key, Args: one.Args})
	}
}

// Err is nil when nothing failed.
func (es Invalids) Err() error {
	if len(es) == 0 {
		return nil
	}
	return es
}
