package web

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// exportArea is the file with everything that is stored about a person.
var exportArea = area{
	name:   "export",
	simple: true,
	pages:  map[string]any{"export": exportPage{}},
	routes: []route{
		{path: ownExport, get: (*Server).export, post: (*Server).askExport, who: signedIn, fresh: true},
		{path: ownExport + "/datei", post: (*Server).exportFile, who: signedIn, fresh: true},
	},
}

const ownExport = ownData + "/export"

type exportPage struct {
	Page
	Waits bool      // it is being made
	Until time.Time // it is ready, and erased then; zero: there is none
	Size  int       // KiB, at least 1
	Ask   Action
	Take  Action
}

func (s *Server) export(w *Response, r *Request) error {
	p := &exportPage{Page: r.Page("export.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		e, err := tx.Export(r.Session.Account.ID)
		switch {
		case errors.Is(err, engagement.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		if p.Waits = e.Ready.IsZero(); !p.Waits && e.Until().After(tx.Now()) {
			p.Until, p.Size = e.Until(), max(1, e.Size/1024)
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Ask, p.Take = r.Action(ownExport, "export.ask"), r.Action(ownExport+"/datei", "export.take", "n", p.Size)
	p.Take.Style = "primary"
	if p.Until.IsZero() {
		p.Ask.Style = "primary"
	} else {
		p.Ask.Key = "export.again"
	}
	return w.Page(p)
}

func (s *Server) askExport(w *Response, r *Request) error {
	return r.updateThen(w, ownExport, func(tx *store.Tx) error { return engagement.AskExport(tx, r.Actor(), r.Session.Account.ID) })
}

func (s *Server) exportFile(w *Response, r *Request) error {
	var file []byte
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		file, err = tx.ExportFile(r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	return w.File("application/zip", "meine-daten.zip", file)
}

// exportsAtOnce is how many files one call of MakeExports makes at most.
const exportsAtOnce = 20

// MakeExports makes the files that people asked for. The program calls it again and again; on several nodes a file may be made twice, and
// one of them is dropped.
func (s *Server) MakeExports(ctx context.Context) error {
	var waiting []engagement.Export
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.WaitingExports(exportsAtOnce)
		return err
	})
	failed := []error{err}
	for _, e := range waiting {
		failed = append(failed, s.makeExport(ctx, e))
	}
	return errors.Join(failed...)
}

func (s *Server) makeExport(ctx context.Context, e engagement.Export) error {
	var x exported
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		x, err = s.collect(tx, e.Account)
		return err
	})
	if errors.Is(err, engagement.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("file of a person: %w", err)
	}
	file, err := s.exportZip(x)
	if err != nil {
		return fmt.Errorf("file of a person: %w", err)
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return engagement.FinishExport(tx, e, file, x.entries) })
}

// exported is what goes into the file, as trees: once with the names of the program for other programs, once in words.
type exported struct {
	Lang    Language
	Title   string
	Lead    string
	Kinds   []exportKind
	data    map[string]any
	entries int
}

type exportKind struct {
	Title   string
	Records []exportRecord
}

type exportRecord struct {
	Title  string // empty: the only one of its kind
	Fields []exportField
}

// exportField is one fact: a text, or facts that belong together.
type exportField struct {
	Label  string
	Text   string
	Fields []exportField
}

// collect reads everything about a person.
func (s *Server) collect(tx *store.Tx, account engagement.ID) (exported, error) {
	found, err := tx.PersonalOf(account)
	if err != nil {
		return exported{}, err
	}
	a, err := tx.Account(account)
	if err != nil {
		return exported{}, err
	}
	l := languageOf(a.Lang)
	t := teller{format: format{words: s.words, lang: l.Lang, zone: s.zone}, tx: tx, names: map[engagement.ID]string{}}
	day, err := t.day(tx.Now())
	if err != nil {
		return exported{}, err
	}
	x := exported{Lang: l, Title: t.t("export.file.title", "x", a.Name), Lead: t.t("export.file.lead", "site", s.instance.Load().Name, "x", day), data: map[string]any{}}
	for _, p := range found {
		kind, plain := exportKind{Title: t.t("export.of." + p.Table)}, []any{}
		for i, record := range p.Records {
			v := reflect.ValueOf(record)
			told := exportRecord{Fields: t.fields(v)}
			if len(p.Records) > 1 {
				told.Title = strconv.Itoa(i + 1)
			}
			kind.Records = append(kind.Records, told)
			plain = append(plain, t.plain(v))
			x.entries++
		}
		x.Kinds = append(x.Kinds, kind)
		x.data[p.Table] = plain
	}
	return x, t.err
}

// exportZip packs both forms.
func (s *Server) exportZip(x exported) ([]byte, error) {
	var page, data, file bytes.Buffer
	if err := s.exportTemplate.Execute(&page, x); err != nil {
		return nil, err
	}
	e := json.NewEncoder(&data)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(x.data); err != nil {
		return nil, err
	}
	z := zip.NewWriter(&file)
	for _, part := range []struct {
		name    string
		content []byte
	}{{"meine-daten.html", page.Bytes()}, {"meine-daten.json", data.Bytes()}} {
		w, err := z.Create(part.name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(part.content); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return file.Bytes(), err
}

func loadExportTemplate(files fs.FS) (*template.Template, error) {
	t, err := template.ParseFS(files, "templates/file.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return t, nil
}

// teller turns records into trees.
type teller struct {
	format
	tx    *store.Tx
	names map[engagement.ID]string
	err   error // the first one
}

// ofPerson calls each with the fields of a struct that belong to the person: all but technical ones, of which only times say something.
func ofPerson(v reflect.Value, each func(reflect.StructField, reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && !v.Field(i).IsZero() && (f.Tag.Get("class") != "tec" || f.Type == reflect.TypeFor[time.Time]()) {
			each(f, v.Field(i))
		}
	}
}

// plain is a value for programs: names of fields as stored, times in RFC 3339, empty fields left out.
func (t *teller) plain(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time:
		return x.Format(time.RFC3339)
	case engagement.Grid:
		return x.Codes()
	case geo.Point:
		return map[string]float64{"Lat": x.Lat, "Lon": x.Lon}
	}
	switch v.Kind() {
	case reflect.Struct:
		fields := map[string]any{}
		ofPerson(v, func(f reflect.StructField, v reflect.Value) {
			fields[f.Name] = t.plain(v)
			if id, ok := v.Interface().(engagement.ID); ok {
				if name := t.name(id); name != "" {
					fields[f.Name+"Name"] = name
				}
			}
		})
		return fields
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, t.plain(v.Index(i)))
		}
		return list
	}
	return v.Interface()
}

// fields are the facts of a struct in words.
func (t *teller) fields(v reflect.Value) (facts []exportField) {
	ofPerson(v, func(f reflect.StructField, v reflect.Value) {
		if slices.Contains(unsaid, f.Name) {
			return
		}
		fact := t.fact(f.Name, v)
		fact.Label = t.t("export.field." + f.Name)
		if fact.Text != "" || len(fact.Fields) > 0 {
			facts = append(facts, fact)
		}
	})
	return facts
}

func (t *teller) fact(name string, v reflect.Value) exportField {
	switch x := v.Interface().(type) {
	case time.Time:
		day, err := t.day(x)
		t.err = errors.Join(t.err, err)
		return exportField{Text: day}
	case engagement.Date:
		day, err := t.day(x.Time())
		t.err = errors.Join(t.err, err)
		return exportField{Text: day}
	case engagement.ID:
		return exportField{Text: t.name(x)}
	case engagement.Grid:
		var times []string
		for _, c := range x.Codes() {
			day, part, _ := strings.Cut(string(c), "-")
			if engagement.Weekdays.Has(engagement.Code(day)) {
				times = append(times, t.code("weekday", engagement.Code(day))+" "+t.code("daypart", engagement.Code(part)))
			} else {
				times = append(times, t.code("time_flag", c))
			}
		}
		return exportField{Text: strings.Join(times, ", ")}
	case geo.Point:
		return exportField{Text: fmt.Sprintf("%.4f, %.4f", x.Lat, x.Lon)}
	case bool:
		return exportField{Text: t.t("export.yes")}
	case float64:
		return exportField{Text: t.decimal(x, 2)}
	case int:
		return exportField{Text: strconv.Itoa(x)}
	}
	switch v.Kind() {
	case reflect.Struct:
		return exportField{Fields: t.fields(v)}
	case reflect.Slice:
		return t.facts(name, v)
	case reflect.Map:
		return t.entriesOf(name, v)
	case reflect.String:
		return exportField{Text: t.word(name, v.String())}
	}
	return exportField{Text: fmt.Sprint(v.Interface())}
}

// facts are the elements of a list: words in a row, or groups of facts below each other.
func (t *teller) facts(name string, v reflect.Value) (all exportField) {
	var words []string
	for i := range v.Len() {
		if one := t.fact(name, v.Index(i)); len(one.Fields) > 0 {
			one.Label = strconv.Itoa(i + 1)
			all.Fields = append(all.Fields, one)
		} else if one.Text != "" {
			words = append(words, one.Text)
		}
	}
	all.Text = strings.Join(words, ", ")
	return all
}

// entriesOf are the fields of a contact card, by their names.
func (t *teller) entriesOf(name string, v reflect.Value) (all exportField) {
	for _, key := range v.MapKeys() {
		one := t.fact(name, v.MapIndex(key))
		one.Label = t.t("request.card." + key.String())
		all.Fields = append(all.Fields, one)
	}
	slices.SortFunc(all.Fields, func(a, b exportField) int { return strings.Compare(a.Label, b.Label) })
	return all
}

// exportCodes are the vocabularies of fields that hold codes.
var exportCodes = map[string][]*engagement.Vocabulary{
	"Activities": {engagement.Activities}, "AgeBand": {engagement.AgeBands, engagement.RequestAges}, "Areas": {engagement.Areas},
	"Code": {engagement.Skills, engagement.Licenses, engagement.Languages, engagement.AccessFeatures}, "Commitments": {engagement.Commitments},
	"Every": {engagement.Cadences}, "Gates": {engagement.PassedGates}, "Guidance": {engagement.Guidances}, "Kind": {engagement.HelpOfferKinds, engagement.AdviceKinds, engagement.HoursKinds},
	"Lang": {engagement.Languages}, "Language": {engagement.Languages}, "Languages": {engagement.Languages}, "Learn": {engagement.Skills}, "Level": {engagement.SkillLevels, engagement.LanguageLevels},
	"Groups": {engagement.TargetGroups}, "Released": {engagement.CertificateParts}, "Source": {engagement.HoursSources}, "Type": {engagement.CertificateTypes},
	"Mode": {engagement.Modes}, "Motivations": {engagement.Motivations}, "Proofs": {engagement.Proofs}, "Purpose": {engagement.Switches},
	"Reason": {engagement.DeclineReasons, engagement.ReportReasons, engagement.DecisionReasons}, "Skill": {engagement.Skills}, "Skills": {engagement.Skills},
	"TargetGroups": {engagement.TargetGroups}, "TeamSizes": {engagement.TeamSizes}, "Time": {engagement.TimeFilters}, "Topics": {engagement.Topics},
	"Travel": {engagement.Travels}, "Scopes": {engagement.HelperScopes}, "Via": {engagement.Vias}, "Visibility": {engagement.Visibilities}, "Visible": {engagement.ProfileParts}, "Way": {engagement.Switches},
}

// unsaid are fields that say nothing in words: numbers for programs, and what stands beside them in other words.
var unsaid = []string{
	"Account", "Also", "By", "Adviser", "ClaimedBy", "Call", "Cause", "Centroid", "Direction", "Exact", "Helper", "ID", "IRI", "Material", "Helps", "Object", "Person", "Search", "SeenVersion", "TakenBy", "URL",
}

// exportStates are, in the order in which they are tried, the keys of words for states.
var exportStates = []string{"certificate.state.", "hours.state.", "request.state.", "offer.state.", "report.state.", "advice.state."}

// word is a code in words if the field holds codes, else the text as it is.
func (t *teller) word(field, text string) string {
	for _, v := range exportCodes[field] {
		if v.Has(engagement.Code(text)) {
			return t.code(v.Name, engagement.Code(text))
		}
	}
	if field == "State" {
		for _, key := range exportStates {
			if t.words.Has(t.lang, key+text) {
				return t.t(key + text)
			}
		}
	}
	return text
}

// name is what people call the thing with an id: an organization, an opportunity, an event, a help offer. Empty: it has none, or is gone.
func (t *teller) name(id engagement.ID) string {
	if name, known := t.names[id]; known {
		return name
	}
	name := ""
	for _, read := range []func() error{
		func() error { o, err := t.tx.Organization(id); name = o.Name; return err },
		func() error { o, err := t.tx.Opportunity(id); name = o.Title; return err },
		func() error { o, err := t.tx.Occasion(id); name = o.Title; return err },
		func() error { h, err := t.tx.HelpOffer(id); name = h.Title; return err },
	} {
		err := read()
		if err == nil {
			break
		}
		if !errors.Is(err, engagement.ErrNotFound) {
			t.err = errors.Join(t.err, err)
			break
		}
	}
	t.names[id] = name
	return name
}
