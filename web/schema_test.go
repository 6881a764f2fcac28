package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// schemas checks documents against those parts of JSON Schema that our description uses, more strictly than JSON Schema does: what is not
// described must not be there, and a keyword that this does not know is an error.
type schemas struct {
	components map[string]any
	vocabulary map[string][]string // codes by vocabulary; others may only come from elsewhere
	seen       map[string]bool     // properties that had a value, as "Opportunity.title"
}

// check returns what is wrong with a value, each with the path to it.
func (s schemas) check(at string, schema map[string]any, value any) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, at+": "+fmt.Sprintf(format, args...)) }
	name := ""
	if ref, ok := schema["$ref"].(string); ok {
		name = strings.TrimPrefix(ref, "#/components/schemas/")
		target, ok := s.components[name].(map[string]any)
		if !ok {
			bad("%s leads nowhere", ref)
			return problems
		}
		schema = target
	}
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		want := schema[keyword]
		switch keyword {
		case "description", "$ref", "items", "properties":
		case "type":
			if got := typeOf(value); got != want && (got != "integer" || want != "number") {
				bad("is of type %s, want %v", got, want)
				return problems
			}
		case "enum":
			if !slices.ContainsFunc(want.([]any), func(v any) bool { return reflect.DeepEqual(v, value) }) {
				bad("%v is none of %v", value, want)
			}
		case "format":
			if why := formatProblem(want.(string), value.(string)); why != "" {
				bad("%q is no %s: %s", value, want, why)
			}
		case "x-vocabulary":
			if !slices.Contains(s.vocabulary[want.(string)], value.(string)) {
				bad("%q is no code of %s", value, want)
			}
		case "required":
			for _, key := range want.([]any) {
				if _, there := value.(map[string]any)[key.(string)]; !there {
					bad("lacks %s", key)
				}
			}
		default:
			bad("the schema has a keyword %s that nothing checks", keyword)
		}
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			problems = append(problems, s.check(fmt.Sprintf("%s[%d]", at, i), schema["items"].(map[string]any), item)...)
		}
	case map[string]any:
		properties, ok := schema["properties"].(map[string]any)
		if !ok {
			return problems
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			of, described := properties[key].(map[string]any)
			if !described {
				bad("has %s, which is not described", key)
				continue
			}
			s.seen[name+"."+key] = true
			problems = append(problems, s.check(at+"."+key, of, v[key])...)
		}
	}
	return problems
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)

func formatProblem(format, value string) string {
	var err error
	switch format {
	case "date":
		_, err = time.Parse(time.DateOnly, value)
	case "date-time":
		if _, err = time.Parse(time.RFC3339, value); err == nil && !dateTime.MatchString(value) {
			return "not in UTC and whole seconds"
		}
	case "uri":
		u, bad := url.Parse(value)
		if err = bad; err == nil && (u.Scheme == "" || u.Host == "") {
			return "no scheme or host"
		}
	default:
		return "nothing checks this format"
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// parseJSON reads one document and nothing behind it.
func parseJSON(text string) (v map[string]any, err error) {
	err = json.Unmarshal([]byte(text), &v)
	return v, err
}
