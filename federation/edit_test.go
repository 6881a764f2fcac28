package federation_test

import (
	"errors"
	"strings"
	"testing"

	"seestern/federation"
)

// rule is the number of the rule that a document was refused by.
func rule(err error) string {
	var v *federation.Violation
	if !errors.As(err, &v) {
		return ""
	}
	return v.Rule
}

// edit is one change of a golden document. A path leads through objects and the first elements of lists: "publishes.id".
type edit struct {
	path  string
	value any // nil: the member is removed
}

func (e edit) apply(t testing.TB, d obj) {
	t.Helper()
	steps := strings.Split(e.path, ".")
	for _, s := range steps[:len(steps)-1] {
		next, ok := d[s].(obj)
		if list, isList := d[s].([]any); isList {
			next, ok = list[0].(obj)
		}
		if !ok {
			t.Fatalf("%s leads nowhere", e.path)
		}
		d = next
	}
	if last := steps[len(steps)-1]; e.value == nil {
		delete(d, last)
	} else {
		d[last] = e.value
	}
}

func edited(t testing.TB, name string, edits ...edit) []byte {
	t.Helper()
	d := load(t, name)
	for _, e := range edits {
		e.apply(t, d)
	}
	return mustJSON(t, d)
}

func list(n int, value any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = value
	}
	return out
}
