package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"seestern/engagement"
)

// Kind is what a field looks like and which shapes it accepts.
type Kind string

const (
	Text     Kind = "text"     // one line
	Area     Kind = "area"     // several lines
	Email    Kind = "email"    // an address as [engagement.NormalizeEmail] takes it
	Tel      Kind = "tel"      // one line with the keyboard for phone numbers
	Number   Kind = "number"   // a whole number
	Password Kind = "password" // never shown again, kept exactly as typed
	Radio    Kind = "radio"    // one of the options
	Select   Kind = "select"   // one of many options
	Boxes    Kind = "boxes"    // any of the options
	Box      Kind = "box"      // one box to tick; its value is "1"
	Day      Kind = "date"     // three parts: name-tag, name-monat, name-jahr
	Hidden   Kind = "hidden"
	File     Kind = "file" // see [Request.File]; the form needs enctype="multipart/form-data"
)

// Field declares a field of a form. One declaration decides about label, hint, shape, errors and attributes.
type Field struct {
	Name    string         // in the address or body, and id of the control
	As      string         // name that rules use for it in [engagement.Invalid], when it is another
	Kind    Kind           // Text if empty
	Label   string         // locale key: a question or a noun
	Hint    string         // locale key
	Args    map[string]any // of label and hint
	Need    string         // locale key of the error when it is left empty; "": optional
	Max     int            // characters; 0: 200, several lines 4,000
	Count   bool           // the limit is told: short texts; it always is for several lines
	Rows    int            // of Area
	Auto    string         // autocomplete attribute
	Options []Option       // of Radio, Select and Boxes
	Always  bool           // of Select: one option always is chosen, there is no empty one
	Quiet   bool           // no "(freiwillig)" beside the label: filters, and where it is a name
	Suggest string         // path that answers ?q= with a JSON list of texts, for scripts
}

// Option is one answer to choose.
type Option struct {
	Value string
	Key   string // locale key of its label
	Text  string // the label, when it is a name that somebody wrote
	Hint  string // locale key
	Group string // locale key of the group it stands in; options of a group follow each other
}

// vocabularyOptions are the codes of a vocabulary, in its order.
func vocabularyOptions(v *engagement.Vocabulary) []Option {
	options := make([]Option, len(v.Terms))
	for i, term := range v.Terms {
		options[i] = Option{Value: string(term.Code), Key: "code." + v.Name + "." + string(term.Code)}
	}
	return options
}

// groupedOptions are the codes of a vocabulary below their parents: topics in areas, skills in groups.
func groupedOptions(v, parents *engagement.Vocabulary) []Option {
	options := vocabularyOptions(v)
	for i, term := range v.Terms {
		options[i].Group = "code." + parents.Name + "." + string(term.Parent)
	}
	return options
}

// folded options are shown when somebody asks for them: long lists that few people need.
func folded(options []Option) []Option {
	for i := range options {
		options[i].Group = "form.fold"
	}
	return options
}

// Form is what was typed into declared fields, and what is wrong with it. Fields that were not declared are never read.
type Form struct {
	Path    string       // where it is posted to; the path of the page unless changed
	Errors  []FieldError // in the order of the fields
	Unknown []string     // values of a form in the address that are no option: ignored, but named

	fields    []Field
	values    url.Values
	stored    map[string]string // after a conflict: what is saved now, by field
	submitted bool
	conflict  bool
	request   *Request
}

// Form reads the fields. On a route with a POST handler they come from the body, and a GET begins an empty form; on others
// they come from the query. What a submitted form lacks stands in Errors.
func (r *Request) Form(fields []Field) *Form {
	f := &Form{Path: r.Path, fields: fields, values: url.Values{}, request: r}
	r.form = f
	var typed url.Values
	switch {
	case r.Method == http.MethodPost:
		typed = r.PostForm
		f.submitted = typed.Get(showOnly) == ""
	case r.route.post == nil:
		typed = r.URL.Query()
		f.submitted = len(typed) > 0
	default:
		return f
	}
	for _, field := range fields {
		f.read(field, typed)
	}
	return f
}

// showOnly is the field of a POST that shows a form with its values, but is no answer to it.
const showOnly = "zeigen"

// OK says whether the form was sent and nothing is wrong so far.
func (f *Form) OK() bool { return f.submitted && len(f.Errors) == 0 }

// Bad adds an error at a field; with an unknown name, at the form as a whole. Arguments come in pairs.
func (f *Form) Bad(name, key string, args ...any) {
	f.add(FieldError{ID: f.controlID(name), Words: say(key, args...)})
}

func (f *Form) add(e FieldError) {
	if e.ID != "" && slices.ContainsFunc(f.Errors, func(have FieldError) bool { return have.ID == e.ID }) {
		return // the first thing wrong with a field is enough
	}
	if at := f.place(e.ID); at >= 0 && f.fields[at].Kind != Box { // what a box says is longer than what is wrong with it
		e.Label = Words{Key: f.fields[at].Label, Args: f.fields[at].Args}
	}
	f.Errors = append(f.Errors, e)
	slices.SortStableFunc(f.Errors, func(a, b FieldError) int { return f.place(a.ID) - f.place(b.ID) })
}

// Refused takes over what a rule found wrong ([engagement.Invalid]) and says whether err was such a refusal.
func (f *Form) Refused(err error) bool {
	found := invalids(err)
	for _, e := range found {
		f.add(FieldError{ID: f.controlID(e.Field), Words: Words{Key: e.Key, Args: e.Args}})
	}
	return len(found) > 0
}

// invalids are all refusals in err.
func invalids(err error) []*engagement.Invalid {
	var several engagement.Invalids
	var one *engagement.Invalid
	switch {
	case errors.As(err, &several):
		return several
	case errors.As(err, &one):
		return []*engagement.Invalid{one}
	}
	return nil
}

// Conflict marks the form as based on an old version: the page shows what was typed beside what is stored now, by field, and
// carries the new version, so that sending it again is a decision. The answer is 409.
func (f *Form) Conflict(version int, stored map[string]string) {
	f.conflict, f.stored = true, stored
	f.values.Set("version", strconv.Itoa(version))
	f.add(FieldError{Words: say("form.conflict")})
}

// Text is what was typed into a field, trimmed and without control characters.
func (f *Form) Text(name string) string { return f.values.Get(name) }

// Texts are the ticked values of a field.
func (f *Form) Texts(name string) []string { return f.values[name] }

// On says whether a box is ticked.
func (f *Form) On(name string) bool { return f.values.Get(name) == "1" }

// Int is the number typed into a field, or 0.
func (f *Form) Int(name string) int {
	n, _ := strconv.Atoi(f.values.Get(name)) // the shape was checked when the field was read
	return n
}

// Date is the day typed into a field, or "".
func (f *Form) Date(name string) engagement.Date {
	d, _ := dateOf(f.values, name)
	return d
}

// codesOf are the ticked codes of a field.
func codesOf(f *Form, name string) []engagement.Code {
	codes := make([]engagement.Code, 0, len(f.values[name]))
	for _, v := range f.values[name] {
		codes = append(codes, engagement.Code(v))
	}
	return codes
}

// Set fills a field, unless the form was sent: what was typed stays.
func (f *Form) Set(name string, values ...string) {
	if f.submitted || len(f.values[name]) > 0 {
		return
	}
	if field := f.field(name); field != nil && field.Kind == Day {
		if t, err := time.Parse(time.DateOnly, strings.Join(values, "")); err == nil {
			f.values.Set(name+"-tag", strconv.Itoa(t.Day()))
			f.values.Set(name+"-monat", strconv.Itoa(int(t.Month())))
			f.values.Set(name+"-jahr", strconv.Itoa(t.Year()))
		}
		return
	}
	f.values[name] = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// Once is the value of the hidden field of the same name, see [Page.Once].
func (f *Form) Once() string {
	if f == nil || f.request == nil {
		return ""
	}
	return f.request.once(f.Path)
}

func (f *Form) field(name string) *Field {
	for i := range f.fields {
		if name != "" && (f.fields[i].Name == name || f.fields[i].As == name) {
			return &f.fields[i]
		}
	}
	return nil
}

// controlID is the id of the first control of a field; "" if there is no such field or it cannot be seen.
func (f *Form) controlID(name string) string {
	field := f.field(name)
	switch {
	case field == nil || field.Kind == Hidden:
		return ""
	case field.Kind == Day:
		return field.Name + "-tag"
	}
	return field.Name
}

// place orders errors like their fields; those of the whole form come first.
func (f *Form) place(id string) int {
	for i, field := range f.fields {
		if id == field.Name || field.Kind == Day && strings.HasPrefix(id, field.Name+"-") {
			return i
		}
	}
	return -1
}

// ---- reading ----

func (f *Form) read(field Field, typed url.Values) {
	switch field.Kind {
	case File: // its content is no text
	case Boxes:
		for _, v := range typed[field.Name] {
			if field.has(v) {
				f.values.Add(field.Name, v)
			} else {
				f.unknown(field, v)
			}
		}
		f.need(field, len(f.values[field.Name]) > 0)
	case Radio, Select:
		v := typed.Get(field.Name)
		if v != "" && !field.has(v) {
			f.unknown(field, v)
			return
		}
		f.keep(field, v)
	case Box:
		if typed.Get(field.Name) == "1" {
			f.values.Set(field.Name, "1")
		}
		f.need(field, f.On(field.Name))
	case Day:
		f.readDay(field, typed)
	case Password:
		f.keep(field, norm.NFC.String(typed.Get(field.Name)))
	default:
		f.readText(field, typed.Get(field.Name))
	}
}

func (f *Form) keep(field Field, v string) {
	if v != "" {
		f.values.Set(field.Name, v)
	}
	f.need(field, v != "")
}

func (f *Form) need(field Field, given bool) {
	if f.submitted && !given && field.Need != "" {
		f.Bad(field.Name, field.Need)
	}
}

func (field Field) has(value string) bool {
	return slices.ContainsFunc(field.Options, func(o Option) bool { return o.Value == value })
}

func (f *Form) unknown(field Field, value string) {
	if f.request.Method == http.MethodPost {
		f.Bad(field.Name, "error.choice.unknown", "codes", clean(value, false))
		return
	}
	f.Unknown = append(f.Unknown, clean(value, false))
}

func (f *Form) readText(field Field, typed string) {
	v := clean(typed, field.Kind == Area)
	f.keep(field, v)
	switch limit := field.max(); {
	case v == "" || !f.submitted:
	case field.Kind == Number: // its length says nothing; the rule knows the range
		if _, err := strconv.Atoi(v); err != nil {
			f.Bad(field.Name, "error.number.shape")
		}
	case utf8.RuneCountInString(v) > limit:
		f.Bad(field.Name, "error.text.long", "n", limit)
	case field.Kind == Email:
		address, err := engagement.NormalizeEmail(v)
		for _, e := range invalids(err) {
			f.Bad(field.Name, e.Key)
		}
		if err == nil {
			f.values.Set(field.Name, address)
		}
	}
}

// max is the number of characters the field takes.
func (field Field) max() int {
	switch {
	case field.Max > 0:
		return field.Max
	case field.Kind == Area:
		return 4000
	case field.Kind == Email:
		return 254
	}
	return 200
}

var dayParts = []string{"-tag", "-monat", "-jahr"}

func (f *Form) readDay(field Field, typed url.Values) {
	given := false
	for _, part := range dayParts {
		if v := clean(typed.Get(field.Name+part), false); v != "" {
			f.values.Set(field.Name+part, v)
			given = true
		}
	}
	f.need(field, given)
	if !given || !f.submitted {
		return
	}
	if _, wrong := dateOf(f.values, field.Name); wrong != "" {
		f.add(FieldError{ID: field.Name + wrong, Words: say("error.date.unknown")})
	}
}

// dateOf puts the parts of a day together. It returns the first part that is wrong.
func dateOf(values url.Values, name string) (d engagement.Date, wrong string) {
	limits := [][2]int{{1, 31}, {1, 12}, {1900, 2200}}
	var n [3]int
	for i, part := range dayParts {
		v, err := strconv.Atoi(values.Get(name + part))
		if i == 2 && err == nil && v >= 0 && v < 100 {
			v += 2000 // "26" is 2026
		}
		if err != nil || v < limits[i][0] || v > limits[i][1] {
			return "", part
		}
		n[i] = v
	}
	t := time.Date(n[2], time.Month(n[1]), n[0], 0, 0, 0, 0, time.UTC)
	if t.Day() != n[0] { // 31 November
		return "", dayParts[0]
	}
	return engagement.Date(t.Format(time.DateOnly)), ""
}

// clean is the text as people see it: composed characters, no controls, no invisible reordering, no spaces around it.
func clean(s string, lines bool) string {
	s = strings.ReplaceAll(norm.NFC.String(strings.ToValidUTF8(s, "")), "\r\n", "\n")
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\n' && lines:
			return c
		case c == '\n' || c == '\t':
			return ' '
		case unicode.IsControl(c), c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069, c == 0x200b, c == 0xfeff:
			return -1
		}
		return c
	}, s)
	return strings.TrimSpace(s)
}
