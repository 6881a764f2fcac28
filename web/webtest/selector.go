package webtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// A selector is a comma list of chains like `main form.s-search > input[name=ort]:checked`: tag, #id, .class, [name],
// [name=value], [name^=value], [name*=value], descendant and child. Values may be quoted.
type selector []chain

// chain is read from right to left: the last step is the element itself.
type chain []step

type step struct {
	tag   string
	tests []func(*html.Node) bool
	child bool // the step before must be the parent, not any ancestor
}

var stepPart = regexp.MustCompile(`^(?:#([\w-]+)|\.([\w-]+)|\[([\w-]+)(?:([~^*]?=)(?:"([^"]*)"|'([^']*)'|([^\]]*)))?\])`)

func parseSelector(text string) (selector, error) {
	var s selector
	for _, part := range splitOutside(text, ',') {
		var c chain
		child := false
		for _, word := range splitOutside(strings.TrimSpace(strings.ReplaceAll(part, ">", " > ")), ' ') {
			if word == ">" {
				child = true
				continue
			}
			st, err := parseStep(word)
			if err != nil {
				return nil, fmt.Errorf("selector %q: %w", text, err)
			}
			st.child, child = child, false
			c = append(c, st)
		}
		if len(c) == 0 {
			return nil, fmt.Errorf("selector %q has an empty part", text)
		}
		s = append(s, c)
	}
	return s, nil
}

// splitOutside splits at a separator that is not inside brackets, and drops empty parts.
func splitOutside(text string, separator rune) []string {
	depth := 0
	return strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		}
		return r == separator && depth == 0
	})
}

var tagName = regexp.MustCompile(`^[a-z][a-z0-9]*|^\*`)

func parseStep(word string) (step, error) {
	tag := tagName.FindString(word)
	st := step{tag: tag}
	for rest := word[len(tag):]; rest != ""; {
		m := stepPart.FindStringSubmatch(rest)
		if m == nil {
			return st, fmt.Errorf("cannot read %q", rest)
		}
		rest = rest[len(m[0]):]
		switch {
		case m[1] != "":
			st.tests = append(st.tests, hasAttr("id", "=", m[1]))
		case m[2] != "":
			st.tests = append(st.tests, hasAttr("class", "~=", m[2]))
		default:
			st.tests = append(st.tests, hasAttr(m[3], m[4], m[5]+m[6]+m[7]))
		}
	}
	return st, nil
}

func hasAttr(name, operator, value string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
		if i < 0 {
			return false
		}
		have := n.Attr[i].Val
		switch operator {
		case "=":
			return have == value
		case "~=":
			return slices.Contains(strings.Fields(have), value)
		case "^=":
			return strings.HasPrefix(have, value)
		case "*=":
			return strings.Contains(have, value)
		}
		return true
	}
}

func (s selector) matches(n *html.Node) bool {
	return slices.ContainsFunc(s, func(c chain) bool { return c.matches(n) })
}

func (c chain) matches(n *html.Node) bool {
	last := len(c) - 1
	if !c[last].matches(n) {
		return false
	}
	if last == 0 {
		return true
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if c[:last].matches(p) {
			return true
		}
		if c[last].child {
			return false
		}
	}
	return false
}

func (st step) matches(n *html.Node) bool {
	if n.Type != html.ElementNode || st.tag != "" && st.tag != "*" && st.tag != n.Data {
		return false
	}
	return !slices.ContainsFunc(st.tests, func(test func(*html.Node) bool) bool { return !test(n) })
}
