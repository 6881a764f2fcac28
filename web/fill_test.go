package web

import (
	"log/slog"
	"maps"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
)

// Renderer shows the structs of all areas and of the test site, without handlers.
type Renderer struct {
	server *Server
	pages  map[string]any
}

// NewRenderer of all pages.
func NewRenderer(t *testing.T) Renderer {
	t.Helper()
	var do SampleDo
	r := Renderer{pages: map[string]any{}}
	all := append(areas(), sampleArea(&do))
	for _, a := range all {
		maps.Copy(r.pages, a.pages)
	}
	var err error
	r.server, err = newServer(Options{Base: "https://seestern.example", Secret: make([]byte, 32), Log: slog.New(slog.DiscardHandler)},
		all, withTestdata(localeFiles), withTestdata(templateFiles), staticFiles)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Names of all pages.
func (r Renderer) Names() []string { return slices.Sorted(maps.Keys(r.pages)) }

// Zero is a page of which only the language is known.
func (r Renderer) Zero(t *testing.T, name string, l Language) string {
	t.Helper()
	page := reflect.New(reflect.TypeOf(r.pages[name])).Interface().(pager)
	page.frame().Lang = l
	return r.render(t, page, l)
}

// Full is a page with something in every field.
func (r Renderer) Full(t *testing.T, name string, l Language, fields []string) string {
	t.Helper()
	return r.filled(t, name, l, fields, nil)
}

// Hostile is a page with these texts everywhere, in turn.
func (r Renderer) Hostile(t *testing.T, name string, fields, texts []string) string {
	t.Helper()
	return r.filled(t, name, Languages[0], fields, texts)
}

func (r Renderer) filled(t *testing.T, name string, l Language, fields, texts []string) string {
	t.Helper()
	f := filler{t: t, server: r.server, lang: l, fields: fields, texts: texts}
	v := reflect.New(reflect.TypeOf(r.pages[name]))
	f.fill(v.Elem(), 0)
	page := v.Interface().(pager)
	p := page.frame()
	p.request = f.request()
	p.Title, p.Lang, p.Errors = "Eine Seite", l, nil
	if texts != nil {
		p.Title = f.text("")
	}
	r.server.complete(p, p.request)
	if f.form != nil {
		p.Errors = f.form.Errors
	}
	return r.render(t, page, l)
}

func (r Renderer) render(t *testing.T, page pager, l Language) string {
	t.Helper()
	body, err := r.server.templates.render(l.Lang, page, "")
	if err != nil {
		t.Fatal(err)
	}
	return body.String()
}

// filler puts values into structs: texts are unique, so that ids made of them are, too.
type filler struct {
	t      *testing.T
	server *Server
	lang   Language
	fields []string
	texts  []string // what is written, in turn; nil: something else every time
	count  int
	form   *Form
}

// text is the next one that a page has got from somebody.
func (f *filler) text(plain string) string {
	f.count++
	if f.texts == nil {
		return plain + strconv.Itoa(f.count)
	}
	return f.texts[f.count%len(f.texts)]
}

func (f *filler) request() *Request {
	return &Request{
		Request: httptest.NewRequest("GET", "/seite?x=1", nil), server: f.server, Language: f.lang, Path: "/seite", Now: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC),
		Session: &Session{Account: engagement.Account{ID: "account-1", Name: "volunteer1"}, Actor: engagement.Actor{Account: "account-1", Roles: engagement.StaffRoles}, Unread: 2},
	}
}

func (f *filler) fill(v reflect.Value, depth int) {
	if !v.CanSet() || depth > 9 {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 11, 13, 9, 30, 0, 0, time.UTC)))
		return
	case engagement.Date:
		v.SetString("2026-11-25")
		return
	case *Form:
		f.form = f.makeForm()
		v.Set(reflect.ValueOf(f.form))
		return
	case *FieldView:
		f.count++
		form := &Form{fields: []Field{{Name: "feld" + strconv.Itoa(f.count), Label: "frame.home", Hint: "frame.skip"}}, values: url.Values{}, request: f.request()}
		v.Set(reflect.ValueOf(form.view(form.fields[0])))
		return
	case Words:
		v.Set(reflect.ValueOf(say("frame.home")))
		return
	case QRCode:
		v.Set(reflect.ValueOf(QRCode{Size: 29, Path: "M4 4h1v1h-1z", Says: "seestern.example/a/7k3m9p2x"}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if f.texts != nil && v.Type().PkgPath() == "html/template" {
			return // made by markup: TestMarkdown
		}
		v.SetString(f.text("wert"))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(2.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String || v.Type().Elem().Kind() == reflect.Interface {
			return
		}
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key, depth+1)
		f.fill(value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), depth+1)
		}
	}
}

// makeForm is a form with the fields that the template asks for, of all kinds in turn, filled in, every second one wrong.
func (f *filler) makeForm() *Form {
	kinds := []Kind{Text, Radio, Area, Boxes, Email, Select, Day, Box, Number, Password, Tel}
	names := slices.DeleteFunc(slices.Clone(f.fields), func(n string) bool { return n == "*" })
	if len(names) < len(f.fields) || len(f.fields) == 0 {
		for _, k := range kinds {
			names = append(names, "feld-"+string(k))
		}
	}
	form := &Form{Path: "/seite", values: url.Values{}, request: f.request(), submitted: true, stored: map[string]string{}}
	for i, name := range names {
		field := Field{Name: name, Kind: kinds[i%len(kinds)], Label: "frame.home", Hint: "frame.skip", Auto: "name", Options: []Option{{Value: "a", Key: "form.yes"}, {Value: "b", Text: "B", Hint: "frame.skip"}}}
		form.fields = append(form.fields, field)
		form.values[name] = []string{"a"}
		form.stored[name] = "b"
		if f.texts != nil {
			form.values[name], form.stored[name] = []string{f.text("")}, f.text("")
			field.Options[1].Text = f.text("") // shared with the form
		}
		if i%2 == 0 && len(f.fields) > 0 { // else the template shows no field
			form.Bad(name, "frame.home")
		}
	}
	return form
}

// TestTheFillerLeavesNothingEmpty keeps the other tests from proving nothing.
func TestTheFillerLeavesNothingEmpty(t *testing.T) {
	var page struct {
		Page
		A string
		B []struct{ C *int }
	}
	f := filler{t: t, server: NewRenderer(t).server, lang: Languages[0]}
	f.fill(reflect.ValueOf(&page).Elem(), 0)
	if page.A == "" || len(page.B) != 2 || page.B[1].C == nil || !strings.HasPrefix(page.Title, "wert") {
		t.Errorf("not filled: %+v", page)
	}
}
