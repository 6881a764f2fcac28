package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed locale
var localeFiles embed.FS

// Words is a sentence to be said in the language of whoever reads it: a locale key and its arguments.
type Words struct {
	Key  string
	Args map[string]any
}

// say makes Words. Arguments come in pairs of name and value.
func say(key string, args ...any) Words { return Words{Key: key, Args: pairs(args)} }

func pairs(args []any) map[string]any {
	if len(args)%2 != 0 {
		panic(fmt.Sprintf("arguments of a sentence come in pairs of name and value, not %v", args))
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return m
}

// message is one sentence: a text, or one text per plural category chosen by the argument n.
type message struct {
	text  string
	forms map[plural.Form]string
}

// Catalogue holds the sentences of all languages: language → key → message. It is read-only after [LoadCatalogue].
type Catalogue map[Lang]map[string]message

// LoadCatalogue reads locale/<folder>/<area>.json of every language. A key may stand in one file only.
func LoadCatalogue() (Catalogue, error) { return loadCatalogue(localeFiles) }

func loadCatalogue(files fs.FS) (Catalogue, error) {
	c := make(Catalogue, len(Languages))
	for _, l := range Languages {
		words := map[string]message{}
		names, err := fs.Glob(files, path.Join("locale", l.Folder, "*.json"))
		if err != nil || len(names) == 0 {
			return nil, fmt.Errorf("no words in locale/%s: %w", l.Folder, errors.Join(err, fs.ErrNotExist))
		}
		for _, name := range names {
			if err := readWords(files, name, words); err != nil {
				return nil, err
			}
		}
		c[l.Lang] = words
	}
	return c, nil
}

func readWords(files fs.FS, name string, into map[string]message) error {
	file, err := files.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	d := json.NewDecoder(file)
	if _, err := d.Token(); err != nil { // {
		return fmt.Errorf("%s: %w", name, err)
	}
	for d.More() { // token by token, because a map would hide a key that occurs twice
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%s: %s: %w", name, key, err)
		}
		if _, twice := into[key.(string)]; twice {
			return fmt.Errorf("%s: key %s exists already", name, key)
		}
		if into[key.(string)], err = newMessage(value); err != nil {
			return fmt.Errorf("%s: %s: %w", name, key, err)
		}
	}
	_, err = d.Token() // }
	return err
}

var pluralForms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func newMessage(value any) (message, error) {
	switch v := value.(type) {
	case string:
		return message{text: v}, nil
	case map[string]any:
		m := message{forms: make(map[plural.Form]string, len(v))}
		for name, text := range v {
			form, known := pluralForms[name]
			s, isText := text.(string)
			if !known || !isText {
				return message{}, fmt.Errorf("%q is no plural category with a text", name)
			}
			m.forms[form] = s
		}
		if _, ok := m.forms[plural.Other]; !ok {
			return message{}, errors.New(`plural category "other" is missing`)
		}
		return m, nil
	}
	return message{}, errors.New("neither a text nor plural categories")
}

// Has says whether the language itself, without its chain, has the key.
func (c Catalogue) Has(lang Lang, key string) bool {
	_, ok := c[lang][key]
	return ok
}

// T is the sentence of the key in the language or the next of its chain. A key that nobody has is returned as it is: the
// catalogue tests keep that from happening, and a page with one odd word is better than no page.
func (c Catalogue) T(lang Lang, key string, args map[string]any) string {
	return c.fill(lang, c.pattern(lang, key, args), args)
}

// Say is [Catalogue.T] for Words.
func (c Catalogue) Say(lang Lang, w Words) string { return c.T(lang, w.Key, w.Args) }

// pattern is the text of the key before its arguments are filled in; the argument n chooses among plural categories.
func (c Catalogue) pattern(lang Lang, key string, args map[string]any) string {
	for l := languageOf(lang); ; l = languageOf(l.Then) {
		if m, ok := c[l.Lang][key]; ok {
			return m.choose(l.Tag, args)
		}
		if l.Then == "" {
			return key
		}
	}
}

func (m message) choose(tag language.Tag, args map[string]any) string {
	if m.forms == nil {
		return m.text
	}
	n, _ := args["n"].(int)
	if text, ok := m.forms[plural.Cardinal.MatchPlural(tag, max(n, -n), 0, 0, 0, 0)]; ok {
		return text
	}
	return m.forms[plural.Other]
}

// fill puts the arguments into a pattern, in one pass: an argument is never read as a pattern. What stands in braces and is no argument stays.
func (c Catalogue) fill(lang Lang, pattern string, args map[string]any) string {
	if len(args) == 0 || !strings.Contains(pattern, "{") {
		return pattern
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if value, ok := args[name]; ok && len(after)+len(name) < len(rest) {
			b.WriteString(c.argument(lang, value))
			pattern = after
		} else {
			b.WriteByte('{')
			pattern = rest
		}
	}
}

func (c Catalogue) argument(lang Lang, value any) string {
	switch v := value.(type) {
	case int:
		return c.number(lang, v)
	case string:
		return v
	case Words:
		return c.Say(lang, v)
	}
	return fmt.Sprint(value)
}

// number groups the digits of a whole number from 1,000 on. Years and codes are given to sentences as strings.
func (c Catalogue) number(lang Lang, n int) string {
	digits := strconv.Itoa(n)
	if n > -1000 && n < 1000 {
		return digits
	}
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	group := c.T(lang, "format.group", nil)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}
