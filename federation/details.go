package federation

import (
	"encoding/json"
	"slices"

	"seestern/engagement"
)

// firstText is a text that may be given as array; the first counts.
func firstText(m Map, name string) string {
	if list := m.Strings(name); len(list) > 0 {
		return list[0]
	}
	return ""
}

// codeOf is one vocabulary code as it came, known to us or not; empty if it cannot be one.
func codeOf(m Map, name string) engagement.Code {
	s := cleanLine(m.String(name))
	if len(s) > maxCode {
		return ""
	}
	return engagement.Code(s)
}

// codesOf are the codes of a list without repetition, nil if there are none or more than anybody could mean.
func codesOf(m Map, name string) []engagement.Code {
	list := m.Strings(name)
	if len(list) > maxCodes {
		return nil
	}
	var codes []engagement.Code
	for _, s := range list {
		c := engagement.Code(cleanLine(s))
		if c != "" && len(c) <= maxCode && !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

// dateOf is a calendar day.
func dateOf(m Map, name string) engagement.Date {
	d := engagement.Date(m.String(name))
	if d == "" || !d.Valid() {
		return ""
	}
	return d
}

// within is a number in a range, 0 otherwise.
func within(m Map, name string, least, most float64) float64 {
	f, ok := m.Float(name)
	if !ok || f < least || f > most {
		return 0
	}
	return f
}

// numberText is a JSON number as it was written.
func numberText(v any) json.Number {
	n, _ := v.(json.Number)
	return n
}
