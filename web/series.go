package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// seriesQuestions say whether an occasion takes place again. They are folded away until somebody wants that.
var seriesQuestions = []Field{
	{Name: "repeat", Kind: Select, Label: "event.f.repeat", Options: vocabularyOptions(engagement.Repeats)},
	{Name: "every", Kind: Number, Label: "event.f.every", Hint: "event.f.every.hint"},
	{Name: "weekdays", Kind: Boxes, Label: "event.f.weekdays", Hint: "event.f.weekdays.hint", Options: vocabularyOptions(engagement.Weekdays)},
	{Name: "last", As: "until", Kind: Day, Label: "event.f.last", Hint: "event.f.last.hint"},
	{Name: "times", Kind: Number, Label: "event.f.times", Hint: "event.f.times.hint"},
	{Name: "except", Kind: Area, Label: "event.f.except", Hint: "event.f.except.hint", Max: 1500, Rows: 3},
}

// scopeQuestion is about one of a series.
var scopeQuestion = Field{Name: "scope", Kind: Radio, Label: "event.f.scope", Need: "error.choice.empty", Options: []Option{
	{Value: "dieser", Key: "event.f.scope.one"},
	{Value: "folgende", Key: "event.f.scope.all", Hint: "event.f.scope.all.hint"},
}}

// recurrenceOf reads the answers. What is no day becomes an error.
func recurrenceOf(f *Form) (r engagement.Recurrence, times int) {
	r = engagement.Recurrence{Repeat: engagement.Code(f.Text("repeat")), Every: max(1, f.Int("every")), Weekdays: codesOf(f, "weekdays"), Until: f.Date("last")}
	if f.Text("every") != "" {
		r.Every = f.Int("every")
		if r.Every == 0 {
			r.Every = -1 // not what is meant where nothing is said
		}
	}
	if len(r.Weekdays) == 0 {
		r.Weekdays = nil
	}
	for line := range strings.FieldsFuncSeq(f.Text("except"), func(c rune) bool { return strings.ContainsRune(" \n\r\t,;", c) }) {
		t, err := time.Parse("2.1.2006", line)
		if err != nil {
			f.Bad("except", "error.repeat.days", "x", line)
			return r, 0
		}
		r.Except = append(r.Except, engagement.Date(t.Format(time.DateOnly)))
	}
	if r.Repeat == "" && (f.Text("every") != "" || len(r.Weekdays) > 0 || r.Until != "" || f.Text("times") != "" || len(r.Except) > 0) {
		f.Bad("repeat", "error.choice.empty")
	}
	return r, f.Int("times")
}

// setRecurrence fills the form.
func setRecurrence(f *Form, r engagement.Recurrence) {
	f.Set("repeat", string(r.Repeat))
	f.Set("last", string(r.Until))
	if r.Every > 1 {
		f.Set("every", strconv.Itoa(r.Every))
	}
	var days []string
	for _, d := range r.Weekdays {
		days = append(days, string(d))
	}
	f.Set("weekdays", days...)
	var except []string
	for _, d := range r.Except {
		except = append(except, d.Time().Format("2.1.2006"))
	}
	f.Set("except", strings.Join(except, "\n"))
}

// Asked are the fields about an occasion itself, and Again those about when it takes place again.
func (p *occasionEditPage) Asked() []*FieldView { return p.fields(false) }

// Again are the folded fields.
func (p *occasionEditPage) Again() []*FieldView { return p.fields(true) }

// Scope asks what is to change, of one of a series.
func (p *occasionEditPage) Scope() *FieldView {
	if p.Form == nil || p.Form.field(scopeQuestion.Name) == nil {
		return nil
	}
	return p.Form.Field(scopeQuestion.Name)
}

func (p *occasionEditPage) fields(again bool) (views []*FieldView) {
	for _, v := range p.Form.All() {
		if v.Name != scopeQuestion.Name && slices.ContainsFunc(seriesQuestions, func(q Field) bool { return q.Name == v.Name }) == again {
			views = append(views, v)
		}
	}
	return views
}

// Repeats says whether the folded fields are open: something is answered there, or wrong.
func (p *occasionEditPage) Repeats() bool {
	return slices.ContainsFunc(p.Again(), func(v *FieldView) bool { return v.Value != "" || v.Error != nil })
}

// recurrence says when something takes place again: "jede Woche am Dienstag, bis 30. Juni 2027".
func (f format) recurrence(s engagement.Series) string {
	first := s.First.Time()
	index := (int(first.Weekday()) + 6) % 7
	args := []any{"n", s.Rule.Every, "d", first.Day(), "day", f.code("weekday", engagement.Weekdays.Terms[index].Code)}
	nth := strconv.Itoa((first.Day()-1)/7 + 1)
	if s.Rule.Repeat == "monatlich-letzter" {
		nth = "last"
	}
	if s.Rule.Repeat == "woechentlich" && len(s.Rule.Weekdays) > 0 {
		var days []int
		for i, term := range engagement.Weekdays.Terms {
			if slices.Contains(s.Rule.Weekdays, term.Code) {
				days = append(days, i)
			}
		}
		args = append(args[:4], "day", f.weekdays(days))
	}
	text := f.t("event.repeat."+strings.TrimSuffix(strings.TrimSuffix(string(s.Rule.Repeat), "-letzter"), "-wochentag"), args...)
	if s.Rule.Repeat == "monatlich-letzter" || s.Rule.Repeat == "monatlich-wochentag" {
		text = f.t("event.repeat.weekday", append(args, "nth", f.t("event.nth."+nth))...)
	}
	if s.Rule.Until != "" {
		day, _ := f.day(s.Rule.Until.Time()) // a time always is a day
		text = f.t("event.repeat.until", "x", text, "day", day)
	}
	return text
}

// fewInSeries is how many of a series the page of one of them names.
const fewInSeries = 5

// readSeries shows what an occasion belongs to: when it takes place again.
func (p *OccasionPage) readSeries(tx *store.Tx, r *Request, o engagement.Occasion) error {
	if o.Series == "" {
		return nil
	}
	if o.Local() {
		s, err := tx.Series(engagement.ID(o.Series))
		if err != nil {
			return err
		}
		p.Repeats = r.format().recurrence(s)
	}
	list, err := tx.OccasionsInSeries(o.Series)
	for _, other := range list {
		if other.ID != o.ID && other.Author == o.Author && other.Live() && !other.Over(r.Now) && len(p.More) < fewInSeries {
			p.More = append(p.More, r.occasionItem(other, engagement.Organization{}))
		}
	}
	return err
}
