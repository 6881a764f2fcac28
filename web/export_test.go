package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// The test site has the frame of the real one and pages of its own, whose templates and words lie in testdata.

// ListPage is a list with search, filter, map and paging.
type ListPage struct {
	Page
	Form  *Form
	Hits  []SampleHit
	Map   MapView
	Pages Pages
}

// SampleHit is an entry of the list.
type SampleHit struct {
	Number                           int
	Organization, Place, Title, Line string
	KM                               float64
	Free, Places                     int
	Confirmed                        time.Time
	Online                           bool
}

// AskPage is a form with every kind of field.
type AskPage struct {
	Page
	Form        *Form
	Step, Steps int
}

// CheckPage shows the answers before they are sent.
type CheckPage struct {
	Page
	Form    *Form
	Answers []Answer
}

// ThingPage is one public thing.
type ThingPage struct {
	Page
	Text     string
	From, To time.Time
	QR       QRCode
	Withdraw Action
	Steps    []string
}

var sampleFields = []Field{
	{Name: "name", Label: "sample.name", Need: "error.name.empty", Max: 80, Auto: "name"},
	{Name: "email", Kind: Email, Label: "sample.email", Hint: "sample.email.hint", Need: "error.email.empty", Auto: "email"},
	{Name: "passwort", As: "password", Kind: Password, Label: "sample.password", Auto: "current-password"},
	{Name: "ab", As: "from", Kind: Day, Label: "sample.from"},
	{Name: "alter", Kind: Radio, Label: "sample.age", Need: "error.choice.empty", Options: []Option{{Value: "16", Key: "sample.age.16"}, {Value: "18", Key: "sample.age.18", Hint: "sample.age.hint"}}},
	{Name: "wo", Kind: Boxes, Label: "sample.where", Options: []Option{{Value: "a", Text: "Müggelheim"}, {Value: "b", Text: "Adlershof"}}},
	{Name: "art", Kind: Select, Label: "sample.kind", Options: []Option{{Value: "x", Key: "sample.kind.x"}, {Value: "y", Text: "Y"}}},
	{Name: "zahl", Kind: Number, Label: "sample.number"},
	{Name: "telefon", Kind: Tel, Label: "sample.phone"},
	{Name: "text", Kind: Area, Label: "sample.text", Max: 100},
	{Name: "ja", Kind: Box, Label: "sample.yes", Hint: "sample.yes.hint"},
	{Name: "version", Kind: Hidden},
}

var sampleFilter = []Field{
	{Name: "q", Label: "sample.q", Quiet: true, Max: 100},
	{Name: "ort", As: "place", Label: "sample.place", Quiet: true, Suggest: "/muster/orte"},
	{Name: "umkreis", Kind: Select, Label: "sample.radius", Quiet: true, Options: []Option{{Value: "3", Text: "3 km"}, {Value: "5", Text: "5 km"}}},
	{Name: "zeit", Kind: Boxes, Label: "sample.when", Quiet: true, Options: []Option{{Value: "vormittag", Key: "sample.when.morning"}, {Value: "abend", Key: "sample.when.evening"}}},
	{Name: "zugang", Kind: Boxes, Label: "sample.access", Quiet: true, Options: []Option{{Value: "stufenlos", Key: "sample.access.step"}}},
}

// SampleHits are what the list shows.
var SampleHits = []SampleHit{
	{1, "Kiezbibliothek Schöneweide (Demo)", "Niederschöneweide", "Kindern vorlesen", "Einmal in der Woche eine Stunde in der Kita, mit Einarbeitung.", 0.8, 2, 6, time.Date(2026, 11, 13, 9, 0, 0, 0, time.UTC), false},
	{2, "Nachbarschaftshaus am Müggelsee (Demo)", "Friedrichshagen", "Mit älteren Menschen spazieren gehen", "Begleiten Sie jemanden an die frische Luft. Zeit und Weg sprechen Sie gemeinsam ab.", 2.4, 4, 4, time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), false},
	{3, "Repair-Café Altglienicke (Demo)", "Altglienicke", "Fahrräder und Toaster reparieren", "Jeden zweiten Samstag im Monat. Werkzeug ist da.", 4.7, 1, 3, time.Date(2026, 10, 2, 9, 0, 0, 0, time.UTC), true},
}

// SampleDo is what a POST of the form does; tests replace it.
type SampleDo func(*Form) (to string, err error)

// SampleArea are the pages of the test site.
// AuditKinds are the kinds by which the audit log is filtered.
var AuditKinds = auditKinds

// Unsaid are the fields that the file of a person has no words for.
var Unsaid = unsaid

func sampleArea(do *SampleDo) area {
	return area{
		name:   "sample",
		simple: true,
		pages:  map[string]any{"sample-list": ListPage{}, "sample-ask": AskPage{}, "sample-check": CheckPage{}, "sample-thing": ThingPage{}},
		routes: []route{
			{path: "/", get: showThing},
			{path: "/angebote", get: showList, limit: searches},
			{path: "/angebote/" + codeVar + "-{slug}", get: showThing},
			{path: "/muster/frage", get: ask, post: answerAsk(do)},
			{path: "/muster/pruefen", post: check},
			{path: "/muster/selten", get: ask, post: answerAsk(do), limit: rareForms},
			{path: "/hilfe", get: showThing},
			{path: "/impressum", get: showThing},
			{path: "/anmelden", get: signInPage, post: signIn, limit: signIns},
			{path: "/abmelden", post: signOut},
			{path: "/meine", get: showThing, who: signedIn},
			{path: "/meine/frage", get: ask, post: answerAsk(do), who: signedIn},
			{path: "/verwaltung", get: showThing, who: role(engagement.Admin)},
			{path: "/anfrage/{token}", get: showThing, token: true},
			{path: "/abbestellen/{token}", get: ask, post: answerAsk(do), token: true, bare: true},
			{path: "/muster/fehler/{name}", get: failing},
			{path: "/muster/langsam", get: showAfter(do)},
		},
	}
}

func showList(_ *Server, w *Response, r *Request) error {
	form := r.Form(sampleFilter)
	if place := form.Text("ort"); place == "Atlantis" {
		form.Bad("place", "error.place.unknown", "x", place)
	}
	page := &ListPage{Page: r.Page("sample.list.title", "n", len(SampleHits), "km", 5), Form: form, Hits: SampleHits}
	page.Wide = true
	page.Map = MapView{Total: 3, RadiusKM: 5, Circle: &MapCircle{180, 135, 96}, Scale: MapScale{2, 40}, Markers: mergeMarkers([][2]float64{{150, 120}, {160, 128}, {250, 170}})}
	page.Map.Labels = placeLabels([]MapLabel{{150, 125, "Verdeckt"}, {110, 60, "Schöneweide"}, {255, 210, "Altglienicke"}, {300, 90, "Müggelsee"}}, page.Map.Markers, page.Map.Scale)
	page.Pages = Pages{Prev: "", Next: "/angebote?ab=20", Part: "treffer"}
	return w.Page(page)
}

// showAfter shows the list when something else is done.
func showAfter(do *SampleDo) handler {
	return func(s *Server, w *Response, r *Request) error {
		if _, err := (*do)(nil); err != nil {
			return err
		}
		return showList(s, w, r)
	}
}

func ask(_ *Server, w *Response, r *Request) error {
	form := r.Form(sampleFields)
	form.Set("version", "3")
	return w.Page(&AskPage{Page: r.Page("sample.ask.title"), Form: form, Step: 1, Steps: 2})
}

func answerAsk(do *SampleDo) handler {
	return func(s *Server, w *Response, r *Request) error {
		form := r.Form(sampleFields)
		to := "/hilfe"
		var err error
		if form.OK() {
			to, err = (*do)(form)
		}
		if form.Refused(err) || !form.OK() {
			return w.Page(&AskPage{Page: r.Page("sample.ask.title"), Form: form, Step: 1, Steps: 2})
		}
		if err != nil {
			return err
		}
		return w.SeeOther(to)
	}
}

func check(_ *Server, w *Response, r *Request) error {
	form := r.Form(sampleFields)
	if !form.OK() {
		return w.Page(&AskPage{Page: r.Page("sample.ask.title"), Form: form, Step: 1, Steps: 2})
	}
	form.Path = "/muster/frage"
	return w.Page(&CheckPage{Page: r.Page("form.check"), Form: form, Answers: form.Answers("/muster/frage")})
}

func showThing(_ *Server, w *Response, r *Request) error {
	qr, err := NewQRCode("https://seestern.example/a/7k3m9p2x")
	if err != nil {
		return err
	}
	page := &ThingPage{Page: r.Page("sample.thing.title"), QR: qr, From: time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC)}
	page.Text = "Wir lesen **vor**. Mehr dazu auf [unserer Seite](https://verein.example/vorlesen).\n\n- Bilderbücher\n- Märchen"
	page.Crumbs = []Link{{Path: "/angebote", Words: say("nav.search")}}
	page.Withdraw = r.Action("/muster/pruefen", "button.cancel")
	page.Steps = []string{"Anfrage gesendet", "Möchte Sie kennenlernen", "Vereinbart"}
	return w.Page(page)
}

// Failures are answered by /muster/fehler/{name}.
var Failures = map[string]error{
	"notfound": engagement.ErrNotFound, "forbidden": engagement.ErrForbidden, "conflict": engagement.ErrConflict, "stale": engagement.ErrStale,
	"gone": engagement.ErrGone, "toomany": engagement.ErrTooMany, "timeout": context.DeadlineExceeded, "busy": store.ErrBusy, "full": store.ErrFull,
	"invalid": &engagement.Invalid{Field: "name", Key: "error.name.empty"}, "bad": errBadRequest, "large": errTooLarge,
}

func failing(_ *Server, _ *Response, r *Request) error {
	if r.Var("name") == "panic" {
		panic("a secret of somebody")
	}
	return Failures[r.Var("name")]
}

// SignInFields are those of the sign-in form of the test site.
var signInFields = []Field{
	{Name: "wer", As: "login", Label: "sample.name", Need: "error.name.empty", Auto: "username"},
	{Name: draftField, Kind: Hidden, Max: 1 << 20},
	{Name: "weiter", Kind: Hidden},
}

func signInPage(_ *Server, w *Response, r *Request) error {
	form := r.Form(signInFields)
	form.Set("weiter", r.URL.Query().Get("weiter"))
	return w.Page(&AskPage{Page: r.Page("nav.signin"), Form: form})
}

func signIn(s *Server, w *Response, r *Request) error {
	form := r.Form(signInFields)
	if !form.OK() {
		return w.Page(&AskPage{Page: r.Page("nav.signin"), Form: form})
	}
	session, err := s.options.Session(r.Context(), engagement.Hash(form.Text("wer")))
	if err != nil {
		return err
	}
	w.SignIn(form.Text("wer"), session)
	return w.Resume(form.Text(draftField), r.next())
}

func signOut(_ *Server, w *Response, _ *Request) error {
	w.SignOut()
	return w.SeeOther("/")
}

// Making is how many answers there are that others would wait for.
func (s *Server) Making() int {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	return len(s.kept.making)
}

// SampleSite is the frame with the pages above.
func SampleSite(o Options, do *SampleDo) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return newServer(o, []area{frameArea, sampleArea(do)}, withTestdata(localeFiles), withTestdata(templateFiles), staticFiles)
}

// withTestdata is an embedded tree with the files of testdata added.
func withTestdata(embedded fs.FS) fs.FS {
	all := fstest.MapFS{}
	for _, from := range []fs.FS{embedded, os.DirFS("testdata")} {
		err := fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(from, path)
			all[path] = &fstest.MapFile{Data: content}
			return err
		})
		if err != nil {
			panic(err)
		}
	}
	return all
}

// TestForms is a [FormMemory] for one process.
type TestForms struct {
	mu   sync.Mutex
	Kept map[string]*string
}

// Claim of FormMemory.
func (m *TestForms) Claim(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if path, claimed := m.Kept[key]; claimed && path == nil {
		return "", engagement.ErrConflict
	} else if claimed {
		return *path, nil
	}
	if m.Kept == nil {
		m.Kept = map[string]*string{}
	}
	m.Kept[key] = nil
	return "", nil
}

// Keep of FormMemory.
func (m *TestForms) Keep(_ context.Context, key, path string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if path == "" {
		delete(m.Kept, key)
	} else {
		m.Kept[key] = &path
	}
	return nil
}

// LoadCatalogueFrom reads words from another tree.
var LoadCatalogueFrom = loadCatalogue

// AreaNames is an area as tests see it.
type AreaNames struct {
	Name   string
	Simple bool
	Pages  []string
}

// Areas of the real site.
func Areas() []AreaNames {
	var all []AreaNames
	for _, a := range areas() {
		n := AreaNames{Name: a.name, Simple: a.simple}
		for name := range a.pages {
			n.Pages = append(n.Pages, name)
		}
		all = append(all, n)
	}
	return all
}

// Format are the formats of one language.
type Format struct {
	t *testing.T
	f format
}

// NewFormat with the words of the program.
func NewFormat(t *testing.T, lang Lang) Format {
	t.Helper()
	words, err := LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(Zone)
	if err != nil {
		t.Fatal(err)
	}
	return Format{t, format{words: words, lang: lang, zone: zone}}
}

func (f Format) ok(s string, err error) string {
	f.t.Helper()
	if err != nil {
		f.t.Error(err)
	}
	return s
}

func (f Format) Day(when any) string              { return f.ok(f.f.day(when)) }
func (f Format) DayShort(when any) string         { return f.ok(f.f.dayShort(when)) }
func (f Format) Clock(t time.Time) string         { return f.f.clock(t) }
func (f Format) Span(from, to time.Time) string   { return f.f.span(from, to) }
func (f Format) Ago(then, now time.Time) string   { return f.f.ago(then, now) }
func (f Format) KM(km float64, exact bool) string { return f.f.km(km, exact) }
func (f Format) Count(n int) string               { return f.f.count(n) }
func (f Format) Hours(minutes int) string         { return f.f.hours(minutes) }
func (f Format) Money(cents int) string           { return f.f.money(cents) }
func (f Format) List(items ...string) string      { return f.f.list(items) }
func (f Format) And(items ...string) string       { return f.f.and(items) }
func (f Format) Code(vocabulary string, code engagement.Code) string {
	return f.f.code(vocabulary, code)
}

// SortByName of texts.
func SortByName(lang Lang, names []string) {
	sortByName(lang, names, func(s string) string { return s })
}

// AnswerTo is the status of an error.
func AnswerTo(err error) int {
	status, _, _ := answerTo(err)
	return status
}

var pathVariable = regexp.MustCompile(`\{\w+(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}`)

// examplePath is a path that a route answers.
func examplePath(r route) string {
	examples := []string{"abc", "7k3m9p2x", strings.Repeat("a", 32), "01234567-89ab-7def-8123-456789abcdef", "1", "7k3m-9p2x-4d5f-6g7h"}
	return pathVariable.ReplaceAllStringFunc(r.path, func(v string) string {
		pattern := pathVariable.FindStringSubmatch(v)[1]
		for _, example := range examples {
			if pattern == "" || regexp.MustCompile("^(?:"+pattern+")$").MatchString(example) {
				return example
			}
		}
		return "no example fits " + v
	})
}

// Readable are paths of all pages and files of the real site.
func Readable() (paths []string) {
	for _, a := range areas() {
		for _, r := range a.routes {
			if r.get != nil {
				paths = append(paths, examplePath(r))
			}
		}
	}
	return paths
}

// RouteOf is a route of the real site as tests see it.
type RouteOf struct {
	Pattern, Path         string // Path: one that it answers
	Get, Post, Bare, Open bool
	Token                 bool // the path holds a secret
}

// Routes of the real site.
func Routes() (all []RouteOf) {
	for _, a := range areas() {
		for _, r := range a.routes {
			all = append(all, RouteOf{r.path, examplePath(r), r.get != nil, r.post != nil, r.bare, r.open, r.token})
		}
	}
	return all
}

// PatternOf is the route that answers a path of the site, with or without language; "" if there is none.
func PatternOf(h http.Handler, path string) string {
	_, path = splitLang(path)
	found, _ := h.(*Server).router.find(httptest.NewRequest("GET", "/", nil), path)
	if found == nil {
		return ""
	}
	return found.path
}

// Once is the token of a form that is posted to a path, made for a session at some time.
func Once(h http.Handler, path, session string, at time.Time) string {
	_, path = splitLang(path)
	r := &Request{server: h.(*Server), Now: at}
	if session != "" {
		r.Session = &Session{Session: engagement.Session{Hash: session}}
	}
	return r.once(path)
}

// ReadByAll are the paths that everybody may read, without those of a single thing, and whether a search stands behind them.
func ReadByAll() map[string]bool {
	paths := map[string]bool{}
	for _, a := range areas() {
		for _, r := range a.routes {
			if r.get != nil && r.who == nil && !r.token && !strings.Contains(r.path, "{") {
				paths[r.path] = r.limit == searches || r.path == "/"
			}
		}
	}
	return paths
}

// PagesThatHideTheFrame have fields of the name of one of [Page]: the frame would show theirs.
func PagesThatHideTheFrame() (hidden []string) {
	for _, a := range areas() {
		for name, page := range a.pages {
			for _, f := range reflect.VisibleFields(reflect.TypeFor[Page]()) {
				if found, ok := reflect.TypeOf(page).FieldByName(f.Name); f.IsExported() && (!ok || found.Type != f.Type || len(found.Index) < 2) {
					hidden = append(hidden, name+": "+f.Name)
				}
			}
		}
	}
	return hidden
}

// HiddenRoutes are paths of the real site that another row of the table would answer.
func HiddenRoutes() []string {
	router := newRouter(areas())
	var problems []string
	for _, a := range areas() {
		for i := range a.routes {
			path := examplePath(a.routes[i])
			found, _ := router.find(httptest.NewRequest("GET", path, nil), path)
			if found == nil || found.path != a.routes[i].path {
				problems = append(problems, fmt.Sprintf("%s is answered by %+v", path, found))
			}
		}
	}
	return problems
}

// NewSessionToken makes the value of a session cookie.
var NewSessionToken = newSessionToken

// SessionCookies are the cookie of a sign-in and the Clear-Site-Data of a sign-out on a site with that base URL.
func SessionCookies(t *testing.T, base string) (cookie, clear string) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	w := &Response{server: &Server{base: u}, header: http.Header{}, request: &Request{}}
	w.SignIn("value", Session{})
	cookie = w.header.Get("Set-Cookie")
	w.SignOut()
	return cookie, w.header.Get("Clear-Site-Data")
}

// OccupyHashing takes all places for hashing until the returned function is called.
func OccupyHashing() (release func()) {
	for range cap(hashing) {
		hashing <- struct{}{}
	}
	return func() {
		for range cap(hashing) {
			<-hashing
		}
	}
}

// TakenAtOnce is how many of n requests that one visitor sends at the same instant a limit of most an hour lets through, and how long the
// next one has to wait.
func TakenAtOnce(n, most int, now time.Time) (taken int, wait time.Duration) {
	l, of := newLimits(), limit{name: "test", count: most, span: time.Hour, burst: most}
	client := netip.MustParseAddr("198.51.100.1")
	var passed atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			if l.take(of, client, now) == nil {
				passed.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	var e tooMany
	errors.As(l.take(of, client, now), &e)
	return int(passed.Load()), e.wait
}

// PasswordError is the key of what checkPassword says.
func PasswordError(password string, staff bool, context ...string) string {
	f := &Form{fields: []Field{{Name: "passwort"}}, values: url.Values{"passwort": {password}}}
	checkPassword(f, "passwort", staff, context...)
	if len(f.Errors) == 0 {
		return ""
	}
	return f.Errors[0].Key
}

// Markdown as a text.
func Markdown(source, own string) (string, error) {
	html, err := markdown(source, own)
	return string(html), err
}

// Tlink as a text.
func Tlink(c Catalogue, lang Lang, key string, args []any) (string, error) {
	html, err := tlink(c, lang, key, args)
	return string(html), err
}

// Icon as a text.
func Icon(name string) (string, error) {
	html, err := icon(name)
	return string(html), err
}

// MergeMarkers and PlaceLabels of a map.
var (
	MergeMarkers = mergeMarkers
	PlaceLabels  = placeLabels
)

// LoadAssets from another tree.
func LoadAssets(static fs.FS) (any, error) { return loadAssets(static) }

// SiteWithStatic is the test site with other assets. It is made twice, because it needs its address; the first time it logs.
func SiteWithStatic(t *testing.T, static fs.FS, log *slog.Logger) func(base string) http.Handler {
	t.Helper()
	made := func(base string, log *slog.Logger) *Server {
		var do SampleDo
		o := Options{Base: base, Secret: make([]byte, 32), Log: log, Instance: func(context.Context) (engagement.Instance, error) { return engagement.Instance{}, nil }}
		s, err := newServer(o, []area{frameArea, sampleArea(&do)}, withTestdata(localeFiles), withTestdata(templateFiles), static)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	made("http://localhost", log)
	return func(base string) http.Handler { return made(base, slog.New(slog.DiscardHandler)) }
}

// Deliver sends all mails that are due now.
func (p Postman) Deliver(ctx context.Context) error {
	for {
		if n, err := p.round(ctx, "test"); n == 0 || err != nil {
			return err
		}
	}
}

// Policy of pages over http.
const Policy = policy

// DrawLine is the path of a line on a map.
func DrawLine(view geo.Projection, line geo.Line) string {
	var path strings.Builder
	drawLine(&path, view, line)
	return path.String()
}
