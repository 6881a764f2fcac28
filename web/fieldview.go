package web

import (
	"slices"
	"strings"
)

// FieldView is a field as the template part "field" shows it.
type FieldView struct {
	Field
	Value            string
	Options          []OptionView
	Error            *Words
	Wrong            string // id of the control with the error
	Stored           string // after a conflict: what is saved now
	HintID, ErrorID  string // empty: there is none
	Described        string // value of aria-describedby
	Optional         bool
	Day, Month, Year string
}

// OptionView is an option and whether it is chosen.
type OptionView struct {
	Option
	ID     string
	Chosen bool
	Count  int // hits that there would be with it; 0: not shown
}

// label is what it says.
func (o OptionView) label(c Catalogue, lang Lang) string {
	if o.Key != "" {
		return c.T(lang, o.Key, nil)
	}
	return o.Text
}

// set is an attribute that it has while it is chosen.
func (o OptionView) set(attribute string) string {
	if o.Chosen {
		return attribute
	}
	return ""
}

// Field is the view of one field. A form that was not made yet, as in zero pages, shows nothing.
func (f *Form) Field(name string) *FieldView {
	if f == nil {
		return nil
	}
	field := f.field(name)
	if field == nil {
		panic("form has no field " + name) // a mistake in a template; the adapter makes it a 500
	}
	return f.view(*field)
}

// All are the views of all fields that can be seen, in order.
func (f *Form) All() []*FieldView {
	if f == nil {
		return nil
	}
	var views []*FieldView
	for _, field := range f.fields {
		if field.Kind != Hidden {
			views = append(views, f.view(field))
		}
	}
	return views
}

func (f *Form) view(field Field) *FieldView {
	if field.Kind == "" {
		field.Kind = Text
	}
	v := &FieldView{Field: field, Value: f.values.Get(field.Name), Optional: field.Need == "" && !field.Quiet, Stored: f.stored[field.Name]}
	if field.Kind == Password {
		v.Value = ""
	}
	v.Day, v.Month, v.Year = f.values.Get(field.Name+"-tag"), f.values.Get(field.Name+"-monat"), f.values.Get(field.Name+"-jahr")
	if len(field.Options) > 0 { // hundreds on some pages
		v.Options = make([]OptionView, 0, len(field.Options))
	}
	for i, o := range field.Options {
		id := field.Name
		if i > 0 && field.Kind != Select {
			id += "-" + o.Value
		}
		v.Options = append(v.Options, OptionView{Option: o, ID: id, Chosen: slices.Contains(f.values[field.Name], o.Value)})
	}
	v.Max = field.max()
	v.Count = field.Count || field.Kind == Area
	for _, e := range f.Errors {
		if e.ID == field.Name || field.Kind == Day && strings.HasPrefix(e.ID, field.Name+"-") {
			v.Error, v.Wrong, v.ErrorID = &e.Words, e.ID, field.Name+"-error"
		}
	}
	if field.Hint != "" || field.Kind == Day || v.Count {
		v.HintID = field.Name + "-hint"
	}
	v.Described = strings.TrimSpace(v.HintID + " " + v.ErrorID)
	return v
}

// OptionGroup are options that belong together. A field without groups has one, without a key.
type OptionGroup struct {
	Key     string // locale key
	Chosen  int    // how many are chosen
	Options []OptionView
}

// Groups are the options in their groups.
func (v *FieldView) Groups() (groups []OptionGroup) {
	for from := 0; from < len(v.Options); {
		g, until := OptionGroup{Key: v.Options[from].Group}, from
		for ; until < len(v.Options) && v.Options[until].Group == g.Key; until++ {
			if v.Options[until].Chosen {
				g.Chosen++
			}
		}
		g.Options, from = v.Options[from:until], until
		groups = append(groups, g)
	}
	return groups
}

// Many says whether the options need columns.
func (v *FieldView) Many() bool { return len(v.Options) > manyOptions }

const manyOptions = 7

// Ticked says whether a box is ticked.
func (v *FieldView) Ticked() bool { return v.Value == "1" }

// HiddenField is a value that a form carries without showing it.
type HiddenField struct{ Name, Value string }

// Carry are the values of all fields that the page does not show itself: for check pages and flows over several pages.
// Passwords are never carried.
func (f *Form) Carry(shown ...string) []HiddenField {
	if f == nil {
		return nil
	}
	var hidden []HiddenField
	for _, field := range f.fields {
		if slices.Contains(shown, field.Name) || field.Kind == Password {
			continue
		}
		names := []string{field.Name}
		if field.Kind == Day {
			names = []string{field.Name + "-tag", field.Name + "-monat", field.Name + "-jahr"}
		}
		for _, name := range names {
			for _, v := range f.values[name] {
				hidden = append(hidden, HiddenField{name, v})
			}
		}
	}
	return hidden
}

// Hidden are the values of the fields that are never shown.
func (f *Form) Hidden() []HiddenField {
	if f == nil {
		return nil
	}
	var shown []string
	for _, field := range f.fields {
		if field.Kind != Hidden {
			shown = append(shown, field.Name)
		}
	}
	return f.Carry(shown...)
}

// Answers are the rows of a check page: every visible field with what was answered. change is the path of the page with the
// questions, to which "#" and the id of the field are added; empty: there is no way back by a link.
func (f *Form) Answers(change string) []Answer {
	format := format{words: f.request.server.words, lang: f.request.Language.Lang, zone: f.request.server.zone}
	var answers []Answer
	for _, v := range f.All() {
		a := Answer{Key: v.Label, Args: v.Args}
		if change != "" {
			a.Change = change + "#" + f.controlID(v.Name)
		}
		switch v.Kind {
		case Password, File:
			continue
		case Radio, Select, Boxes:
			for _, o := range v.Options {
				if o.Chosen {
					a.Values = append(a.Values, optionLabel(format, o.Option))
				}
			}
		case Box:
			key := "form.no"
			if v.Ticked() {
				key = "form.yes"
			}
			a.Values = []string{format.t(key)}
		case Day:
			if day, _ := format.day(f.Date(v.Name)); day != "" { // a Date is always a day
				a.Values = []string{day}
			}
		default:
			if v.Value != "" {
				a.Values = strings.Split(v.Value, "\n")
			}
		}
		answers = append(answers, a)
	}
	return answers
}

func optionLabel(f format, o Option) string {
	if o.Key == "" {
		return o.Text
	}
	return f.t(o.Key)
}
