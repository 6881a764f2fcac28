package web

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
	"seestern/store"
)

// searchArea is the search for opportunities with everything it asks in its address (web.md §6.3), and the same search as
// calendar and feed.
var searchArea = area{
	name:   "search",
	simple: true,
	pages:  map[string]any{"search": SearchPage{}, "search-place": PlaceChoicePage{}},
	routes: []route{
		{path: "/angebote", get: whenPublic((*Server).search), limit: searches},
		{path: "/angebote.ics", get: whenPublic((*Server).searchCalendar), limit: searches},
		{path: "/angebote.atom", get: whenPublic((*Server).searchFeed), limit: searches},
		{path: "/angebote.json", get: whenPublic((*Server).searchFeed), limit: searches},
		{path: "/ortssuche/vorschlag", get: (*Server).suggestPlaces},
	},
}

// SearchPage is a list of opportunities with its filters.
type SearchPage struct {
	Page
	Form    *Form
	Active  int   // how many filters are set
	Soon    bool  // only what is needed today and tomorrow
	Found   bool  // the search was understood
	Count   Words // the heading of the list
	Cards   []Card
	Map     MapView
	Wider   *Wider
	Typed   string // what was searched and has no hits: these are for what was meant
	Meant   *Link  // another spelling that finds more
	Pages   Pages
	First   string // of the first page of the list, on a later one
	LeftOut Wider  // what is not suggested, with the reasons; no path: nothing
	Less    string // shows what fits less, too; empty: it is shown, or there is nothing
	Profile bool   // the person has one
	Sorting []Link // how the list is sorted, as long as there is such a page

	Paper, Embed string // the same search as a list to be printed, and how to show it on another web site

	filters []FilterGroup
}

// Filters are the parts of the filter.
func (p *SearchPage) Filters() []FilterGroup { return p.filters }

// FilterGroup is a part of the filters that opens and closes.
type FilterGroup struct {
	Field  *FieldView
	Chosen int
	Open   bool
}

// Counts are the hits of every option by the id of its control, "thema=12 thema-sport=3", for a script that swaps only the list.
func (p *SearchPage) Counts() string {
	var counts []string
	for _, group := range p.filters {
		for _, o := range group.Field.Options {
			if o.Count > 0 {
				counts = append(counts, o.ID+"="+strconv.Itoa(o.Count))
			}
		}
	}
	return strings.Join(counts, " ")
}

// Wider is what a larger radius would find.
type Wider struct {
	Words
	Path string
}

// PlaceChoicePage asks which of several places was meant.
type PlaceChoicePage struct {
	Page
	Form *Form
}

// Radiuses in kilometres.
var radiuses = []int{1, 3, 5, 10, 25, 50}

// Default radiuses in kilometres.
const (
	radiusTown  = 5
	radiusRural = 25
)

// searchFields are the parameters of the address in the order of the page; those of the second part stand in the filter.
var searchFields = func() []Field {
	fields := []Field{
		{Name: "q", Label: "search.q", Max: 100},
		{Name: "ort", As: "place", Label: "search.place", Max: 100, Suggest: "/ortssuche/vorschlag"},
		{Name: "umkreis", Kind: Select, Always: true, Label: "search.radius", Options: radiusOptions()},
	}
	for _, filter := range searchFilters {
		fields = append(fields, filter.Field)
	}
	fields = append(fields, Field{Name: "ab", Kind: Hidden}, Field{Name: "weniger", Kind: Hidden})
	for i := range fields {
		fields[i].Quiet = true
	}
	return fields
}()

func radiusOptions() []Option {
	var options []Option
	for _, km := range radiuses {
		options = append(options, Option{Value: strconv.Itoa(km), Text: strconv.Itoa(km) + " km"})
	}
	return options
}

// searchFilter is a field of the filter.
type searchFilter struct {
	Field
	open   bool                                    // open at the beginning
	counts func(store.Facets, engagement.Code) int // hits with that code; nil: not counted
}

var searchFilters = []searchFilter{
	{Field: Field{Name: "sortierung", Kind: Select, Always: true, Label: "search.order", Options: []Option{
		{Value: string(engagement.Nearest), Key: "search.order.near"},
		{Value: string(engagement.Newest), Key: "search.order.new"},
		{Value: string(engagement.Soonest), Key: "search.order.soon"},
		{Value: string(engagement.Fitting), Key: "search.order.fit"},
	}}},
	{Field: Field{Name: "heute", Kind: Box, Label: "search.soon"}},
	{Field: Field{Name: "zeit", Kind: Boxes, Label: "search.time", Options: slices.Concat(vocabularyOptions(engagement.TimeFilters), vocabularyOptions(engagement.Weekdays))}, open: true},
	{
		Field: Field{Name: "aufwand", Kind: Boxes, Label: "search.commitment", Options: vocabularyOptions(engagement.Commitments)}, open: true,
		counts: func(f store.Facets, c engagement.Code) int { return f.Commitments[c] },
	},
	{
		Field:  Field{Name: "thema", Kind: Boxes, Label: "search.topic", Options: slices.Concat(vocabularyOptions(engagement.Areas), vocabularyOptions(engagement.Topics))},
		counts: func(f store.Facets, c engagement.Code) int { return f.Areas[c] + f.Topics[c] },
	},
	{
		Field:  Field{Name: "taetigkeit", Kind: Boxes, Label: "search.activity", Options: vocabularyOptions(engagement.Activities)},
		counts: func(f store.Facets, c engagement.Code) int { return f.Activities[c] },
	},
	{
		Field:  Field{Name: "fuer", Kind: Boxes, Label: "search.target", Options: vocabularyOptions(engagement.TargetGroups)},
		counts: func(f store.Facets, c engagement.Code) int { return f.TargetGroups[c] },
	},
	{
		Field:  Field{Name: "zugang", Kind: Boxes, Label: "search.access", Options: vocabularyOptions(engagement.AccessFeatures)},
		counts: func(f store.Facets, c engagement.Code) int { return f.Access[c] },
	},
	{Field: Field{Name: "von-zuhause", Kind: Box, Label: "search.home"}},
	{Field: Field{Name: "sprache", Kind: Select, Label: "search.language", Options: vocabularyOptions(engagement.Languages)}},
	{Field: Field{Name: "alter", Kind: Select, Label: "search.age", Options: []Option{
		{Value: "12", Key: "search.age.12"}, {Value: "14", Key: "search.age.14"}, {Value: "16", Key: "search.age.16"}, {Value: "18", Key: "search.age.18"},
	}}},
	{Field: Field{Name: "ohne", Kind: Boxes, Label: "search.without", Options: slices.Concat(withoutProofs,
		vocabularyOptions(engagement.Areas), vocabularyOptions(engagement.TargetGroups), vocabularyOptions(engagement.Topics))}},
	{Field: Field{Name: "quelle", Kind: Radio, Label: "search.source", Options: []Option{{Value: "alle", Key: "search.source.all"}, {Value: "hier", Key: "search.source.here"}}}},
}

// withoutProofs are the requirements that somebody may exclude.
var withoutProofs = func() []Option {
	options := []Option{{Value: string(engagement.WithoutCertificate), Key: "search.without.certificate"}, {Value: string(engagement.WithoutSkills), Key: "search.without.skills"}}
	for _, o := range vocabularyOptions(engagement.Proofs) {
		if !strings.HasPrefix(o.Value, string(engagement.WithoutCertificate)) {
			options = append(options, o)
		}
	}
	return options
}()

// asked is a search as it was understood.
type asked struct {
	form   *Form
	query  url.Values // what was typed, for links
	search engagement.Search
	place  *geo.Place
	choice []geo.Place // which one is meant?
	page   int         // Fitting: how many were shown before
}

// askSearch reads the address, with more fields than the page has. What is wrong with it stands in the form.
func (s *Server) askSearch(r *Request, more ...Field) asked {
	return s.ask(r.Form(slices.Concat(searchFields, more)))
}

func (s *Server) ask(f *Form) asked {
	a := asked{form: f, query: url.Values{}}
	for name, values := range f.values {
		a.query[name] = slices.Clone(values)
	}
	a.search = engagement.Search{
		Text: f.Text("q"), Place: f.Text("ort"), Topics: codesOf(f, "thema"), Activities: codesOf(f, "taetigkeit"), TargetGroups: codesOf(f, "fuer"),
		Slots: engagement.FilterGrid(codesOf(f, "zeit")), Commitments: codesOf(f, "aufwand"), Access: codesOf(f, "zugang"),
		Language: f.Text("sprache"), Age: f.Int("alter"), Excluded: codesOf(f, "ohne"), Order: engagement.Order(f.Text("sortierung")), After: f.Text("ab"),
	}
	if f.On("von-zuhause") {
		a.search.Modes = []engagement.Code{"zuhause", "online"}
	}
	a.search.Soon = f.On("heute")
	if f.Text("quelle") == string(engagement.OnlyHere) {
		a.search.Source = engagement.OnlyHere
	}
	a.page = max(0, f.Int("ab"))
	s.askPlace(&a)
	s.askDefaults(&a)
	return a
}

// askPlace finds the place that was typed: none is an error, several are a choice.
func (s *Server) askPlace(a *asked) {
	typed := a.form.Text("ort")
	if typed == "" || s.places == nil {
		return
	}
	found := s.places.Lookup(typed)
	if len(found) == 0 {
		a.form.Bad("place", "error.place.unknown", "x", typed)
		return
	}
	a.place = &found[0]
	a.search.Center = found[0].Point
	if len(found) > 1 {
		a.choice = found
	}
}

// askDefaults chooses what was not chosen.
func (s *Server) askDefaults(a *asked) {
	defaults := map[string]string{"umkreis": strconv.Itoa(radiusTown), "quelle": "alle", "sortierung": string(engagement.Newest)}
	if s.instance.Load().Rural {
		defaults["umkreis"] = strconv.Itoa(radiusRural)
	}
	switch {
	case a.place != nil:
		defaults["sortierung"] = string(engagement.Nearest)
	case a.search.Soon:
		defaults["sortierung"] = string(engagement.Soonest)
	}
	for name, value := range defaults {
		if a.form.Text(name) == "" {
			a.form.values.Set(name, value)
		}
	}
	a.search.RadiusKM = float64(a.form.Int("umkreis"))
	a.search.Order = engagement.Order(a.form.Text("sortierung"))
}

// path is the address of the search with some parameters changed; empty values are left out. Every change begins a new list.
func (a asked) path(page string, change ...string) string {
	query := url.Values{}
	for name, values := range a.query {
		if name != "ab" && name != "weniger" {
			query[name] = values
		}
	}
	for i := 0; i < len(change); i += 2 {
		if query.Del(change[i]); change[i+1] != "" {
			query.Set(change[i], change[i+1])
		}
	}
	if len(query) == 0 {
		return page
	}
	return page + "?" + query.Encode()
}

// active is the number of filters that were set, without order and source.
func (a asked) active() (n int) {
	for _, filter := range searchFilters {
		if filter.Name != "sortierung" {
			n += len(a.query[filter.Name])
		}
	}
	return n
}

// found is what a search gave.
type found struct {
	store.Hits
	matcher *matching.Matcher
	results map[engagement.ID]*matching.Result
	less    bool // there is more that fits less
	out     int  // how many are not suggested
}

// pageSize is the number of hits on a page; fittingPool is how many of the nearest are compared with a profile.
const (
	pageSize    = 20
	fittingPool = 1000
)

// viewer is who searches, with what only their teams see.
func (r *Request) viewer() (v store.Viewer) {
	for id := range r.Actor().Members {
		v.Organizations = append(v.Organizations, id)
	}
	return v
}

// find runs the search for the person.
func (s *Server) find(r *Request, a asked) (all found, err error) {
	viewer := r.viewer()
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		all = found{results: map[engagement.ID]*matching.Result{}}
		if all.matcher, err = r.matcher(tx, *s.instance.Load()); err != nil {
			return err
		}
		if a.search.Order == engagement.Fitting && all.matcher != nil {
			return all.rank(tx, a, viewer)
		}
		if a.search.Order == engagement.Fitting {
			a.search.Order = engagement.Nearest
		}
		if all.Hits, err = tx.Search(a.search, viewer); err != nil || all.matcher == nil {
			return err
		}
		list, err := hitCandidates(tx, all.List)
		for _, c := range list {
			result := all.matcher.Assess(c)
			all.results[c.Opportunity.ID] = &result
		}
		return err
	})
	return all, err
}

// rank orders the nearest hits by how well they fit and keeps one page of them.
func (all *found) rank(tx *store.Tx, a asked, viewer store.Viewer) (err error) {
	if all.List, all.Hits, err = poolFor(tx, all.matcher, a.search, viewer); err != nil {
		return err
	}
	list, err := hitCandidates(tx, all.List)
	if err != nil {
		return err
	}
	byID := make(map[engagement.ID]store.Hit, len(all.List))
	for _, h := range all.List {
		byID[h.ID] = h
	}
	ranking := all.matcher.Rank(list)
	results := ranking.Fitting
	if a.form.On("weniger") {
		results = append(results, ranking.Less...)
	} else {
		all.less = len(ranking.Less) > 0
	}
	all.out = len(list) - len(ranking.Fitting) - len(ranking.Less)
	all.Total, all.Next, all.List = len(results), "", nil
	from, to := min(a.page, len(results)), min(a.page+pageSize, len(results))
	if to < len(results) {
		all.Next = strconv.Itoa(to)
	}
	for _, result := range results[from:to] {
		id := result.Opportunity.ID
		all.List, all.results[id] = append(all.List, byID[id]), result
	}
	return nil
}

// poolFor are the hits of a search that are compared with a profile, and what the search said itself. If there are more than can be
// compared and no place was asked for, they are those that somebody can reach from home, and those that need no way.
func poolFor(tx *store.Tx, m *matching.Matcher, q engagement.Search, viewer store.Viewer) (pool []store.Hit, all store.Hits, err error) {
	q.Order, q.After, q.Limit = engagement.Nearest, "", fittingPool
	if all, err = tx.Search(q, viewer); err != nil {
		return nil, all, err
	}
	home, radius := m.Reach()
	if all.Total <= len(all.List) || q.Center != (geo.Point{}) || home == (geo.Point{}) {
		return all.List, all, nil
	}
	near, remote := q, q
	near.Center, near.RadiusKM = home, radius
	if len(q.Modes) == 0 {
		remote.Modes = []engagement.Code{"online", "zuhause"}
	}
	known := map[engagement.ID]bool{}
	for _, q := range []engagement.Search{near, remote} {
		hits, err := tx.Search(q, viewer)
		if err != nil {
			return nil, all, err
		}
		for _, h := range hits.List {
			if !known[h.ID] {
				known[h.ID], pool = true, append(pool, h)
			}
		}
	}
	return pool, all, nil
}

func hitCandidates(tx *store.Tx, hits []store.Hit) ([]matching.Candidate, error) {
	all := make([]*engagement.Opportunity, len(hits))
	for i := range hits {
		all[i] = &hits[i].Opportunity
	}
	return candidates(tx, all)
}

// search shows the list.
func (s *Server) search(w *Response, r *Request) error {
	a := s.askSearch(r)
	if len(a.choice) > 0 {
		return w.Page(placeChoice(r, a))
	}
	page := &SearchPage{Page: r.Page("search.title"), Form: a.form, Active: a.active()}
	page.Wide = true
	if len(a.form.Errors) > 0 {
		page.filters = filters(r, a, nil, false)
		return w.Page(page)
	}
	all, err := s.find(r, a)
	if err != nil {
		return err
	}
	page.Found, page.Profile = true, all.matcher != nil
	if !page.Profile && a.search.Order == engagement.Fitting {
		a.form.values.Set("sortierung", string(engagement.Nearest))
	}
	page.Count = a.count(all.Total)
	page.Title = s.words.Say(r.Language.Lang, page.Count)
	if page.Soon = a.search.Soon; page.Soon {
		page.Title = r.T("search.soon")
	}
	page.NoIndex = len(a.query) > 1
	page.filters = filters(r, a, &all.Facets, page.Profile)
	page.Cards = r.cards(all.List, all.matcher, all.results)
	page.Map = s.mapOf(all.List, all.Total, a.search.Center, a.search.RadiusKM)
	if err := s.store.View(r.Context(), page.Map.outline); err != nil {
		return err
	}
	page.Map.Closed = page.Map.Closed || r.Language.Lang == Simple
	page.Wider = a.wider(all.Hits)
	page.lead(a, all)
	page.Sorting = s.links([]navItem{{path: "/so-sortieren-wir", key: "footer.sorting"}}, r)
	page.subscribe(a, all)
	return w.Page(page)
}

// count says how many there are, and around which place.
func (a asked) count(n int) Words {
	if a.place == nil {
		return say("search.count", "n", n)
	}
	return say("search.count.near", "n", n, "km", int(a.search.RadiusKM), "place", a.place.Label())
}

// subscribe sets the links to the same search in other forms, which mend no typing errors, and says what was mended here.
func (p *SearchPage) subscribe(a asked, all found) {
	var change []string
	if all.Mended {
		change = []string{"q", all.Meant}
	}
	p.Feeds = Feeds{Calendar: a.path("/angebote.ics", change...), Atom: a.path("/angebote.atom", change...), Mail: a.path(keepSearch, change...)}
	p.Paper, p.Embed = a.path(paperList, change...), a.path(embedHelp, change...)
	if all.Meant == "" {
		return
	}
	p.Meant = &Link{Path: a.path("/angebote", "q", all.Meant), Text: all.Meant}
	if all.Mended {
		p.Typed = a.search.Text
	}
}

// lead sets the links to other parts of the list.
func (p *SearchPage) lead(a asked, all found) {
	less := ""
	if a.form.On("weniger") {
		less = "1"
	}
	if all.Next != "" {
		p.Pages = Pages{Next: a.path("/angebote", "ab", all.Next, "weniger", less), Part: "treffer"}
	}
	if a.search.After != "" {
		p.First = a.path("/angebote")
	}
	if all.out > 0 {
		p.LeftOut = Wider{say("search.out", "n", all.out), a.path("/angebote", "sortierung", string(engagement.Newest))}
	}
	if all.less {
		p.Less = a.path("/angebote", "weniger", "1")
	}
}

// wider proposes the next larger radius if it finds more.
func (a asked) wider(hits store.Hits) *Wider {
	km := int(hits.WiderKM)
	if hits.Wider <= hits.Total || !slices.Contains(radiuses, km) || a.search.Order == engagement.Fitting {
		return nil
	}
	key := "search.wider"
	if hits.Total == 0 {
		key = "search.wider.empty"
	}
	return &Wider{Words: say(key, "n", hits.Wider, "km", km), Path: a.path("/angebote", "umkreis", strconv.Itoa(km))}
}

// filters are the parts of the filter. Codes without hits are left out unless they are chosen; topics and exclusions are
// many, so that they are offered only where something of their kind was chosen.
func filters(r *Request, a asked, facets *store.Facets, profile bool) []FilterGroup {
	var groups []FilterGroup
	for _, filter := range searchFilters {
		view := a.form.Field(filter.Name)
		chosen := len(a.query[filter.Name])
		view.Options = slices.DeleteFunc(view.Options, func(o OptionView) bool { return !o.Chosen && !offered(filter, a, o.Value, facets, profile) })
		if len(view.Options) == 0 && filter.Kind == Boxes {
			continue
		}
		for i := range view.Options {
			if filter.counts != nil && facets != nil {
				view.Options[i].Count = filter.counts(*facets, engagement.Code(view.Options[i].Value))
			}
			if i == 0 {
				view.Options[i].ID = filter.Name // the label of the group and links to it
			}
		}
		groups = append(groups, FilterGroup{Field: view, Chosen: chosen, Open: filter.open || chosen > 0})
	}
	return groups
}

// offered says whether an option of a filter is worth showing.
func offered(filter searchFilter, a asked, value string, facets *store.Facets, profile bool) bool {
	code := engagement.Code(value)
	switch {
	case filter.Name == "sortierung":
		return code != engagement.Code(engagement.Fitting) || profile
	case engagement.Topics.Has(code) && (filter.Name == "ohne" || !slices.Contains(a.form.Texts("thema"), string(engagement.AreaOf(code)))):
		return false
	case filter.counts != nil && facets != nil:
		return filter.counts(*facets, code) > 0
	}
	return true
}

// placeChoice is the page "Welchen Ort meinen Sie?".
func placeChoice(r *Request, a asked) *PlaceChoicePage {
	field := Field{Name: "ort", Kind: Radio, Label: "search.places", Quiet: true}
	for i, p := range a.choice {
		if i == maxChoices {
			break
		}
		field.Options = append(field.Options, Option{Value: p.Label(), Text: p.Label()})
	}
	f := &Form{Path: "/angebote", fields: append([]Field{field}, slices.DeleteFunc(slices.Clone(searchFields), func(other Field) bool { return other.Name == "ort" })...), values: a.query, request: r}
	page := &PlaceChoicePage{Page: r.Page("search.places"), Form: f}
	page.Crumbs = []Link{{Path: "/angebote", Words: say("nav.search")}}
	page.NoIndex = true
	return page
}

// maxChoices is how many places of one name are offered.
const maxChoices = 12

// suggestPlaces completes place names while somebody types, for the script.
func (s *Server) suggestPlaces(w *Response, r *Request) error {
	const most = 8
	labels := []string{}
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if s.places != nil && len([]rune(q)) >= 2 {
		for _, p := range s.places.Suggest(q, most) {
			labels = append(labels, p.Label())
		}
	}
	list, err := json.Marshal(labels)
	if err != nil {
		return err
	}
	return w.File("application/json", "", list)
}

// nearRegion is the region of the instance as a search.
func nearRegion(i engagement.Instance) engagement.Search {
	return engagement.Search{Center: i.Center, RadiusKM: cmp.Or(i.RadiusKM, radiusRural)}
}

// err is what feeds and calendars say of a search that was not understood.
func (a asked) err() error {
	if len(a.form.Errors) == 0 {
		return nil
	}
	e := a.form.Errors[0]
	return &engagement.Invalid{Field: e.ID, Key: e.Key, Args: e.Args}
}
