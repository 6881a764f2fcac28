package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"seestern/engagement"
	"seestern/store"
)

// occasionArea are the events: what is to come, one of them, and both for calendars and feed readers.
var occasionArea = area{
	name:   "occasion",
	simple: true,
	pages:  map[string]any{"occasion-list": OccasionListPage{}, "occasion": OccasionPage{}},
	routes: []route{
		{path: "/termine", get: whenPublic((*Server).occasions), limit: searches},
		{path: "/termine.ics", get: whenPublic((*Server).occasionsCalendar), limit: searches},
		{path: "/termine.atom", get: whenPublic((*Server).occasionsFeed), limit: searches},
		{path: "/termine.json", get: whenPublic((*Server).occasionsFeed), limit: searches},
		{path: "/termine/" + codeVar, get: whenPublic((*Server).occasion)},
		{path: "/termine/" + codeVar + ".ics", get: whenPublic((*Server).occasionCalendar)},
		{path: "/termine/" + codeVar + "-{slug}", get: whenPublic((*Server).occasion)},
	},
}

// OccasionListPage is what is to come, the next first.
type OccasionListPage struct {
	Page
	Form  *Form
	Items []OccasionItem
	Pages Pages
	First string // path of the first page, on a later one
	All   string // path of everything, when something was asked for
}

// OccasionItem is an occasion in a list.
type OccasionItem struct {
	Path      string
	Title     string
	Kind      engagement.Code
	When      string
	Where     string
	Organizer string
	Origin    string // host; empty: this instance
	Teaser    string
	State     engagement.OccasionState
	Over      bool
}

// OccasionPage is everything that everybody may read about an occasion.
type OccasionPage struct {
	Page
	Item         OccasionItem
	Organization Link     // empty: a copy
	Text         string   // Markdown
	Paragraphs   []string // instead of it, of a copy
	TextLang     string   // of the text
	Place        []string // lines
	Capacity     Words    // how many places there are; no key: unlimited
	Free         Words    // how many are left; no key: not told
	SignUp       engagement.Code
	Repeats      string         // when it takes place again
	More         []OccasionItem // others of the series, the next first
	Come         string         // path of the sign-up; empty: not now
	Source       string         // page at the origin, where one signs up
	Calendar     string
	Paper        string // path of the page before those of paper.go
	Handle       string // @name@host of the organization
	Replies      []PublicReply
	Edit         string // for the team
	Report       string
}

func occasionPath(o engagement.Occasion) string { return "/termine/" + o.Code + slug(o.Title) }

// occasionFields are the parameters of the list.
var occasionFields = []Field{
	{Name: "ort", As: "place", Label: "search.place", Max: 100, Quiet: true, Suggest: "/ortssuche/vorschlag"},
	{Name: "umkreis", Kind: Select, Always: true, Label: "search.radius", Quiet: true, Options: radiusOptions()},
	{Name: "von", Kind: Day, Label: "event.from", Quiet: true},
	{Name: "art", Kind: Select, Label: "event.kind", Quiet: true, Options: vocabularyOptions(engagement.OccasionKinds)},
	{Name: "ab", Kind: Hidden},
}

// askOccasions reads the parameters, with more fields than the page has. What cannot be understood is an error of its field, and there are no
// hits.
func (s *Server) askOccasions(r *Request, more ...Field) (f *Form, q store.OccasionSearch, query url.Values) {
	f = r.Form(slices.Concat(occasionFields, more))
	query = url.Values{}
	for name, values := range r.URL.Query() {
		if f.field(name) != nil || strings.HasPrefix(name, "von-") {
			query[name] = values
		}
	}
	query.Del("ab")
	q = store.OccasionSearch{From: r.Now, Kind: engagement.Code(f.Text("art")), After: f.Text("ab"), Limit: pageSize}
	if d := f.Date("von"); d != "" && d.Time().After(r.Now) {
		q.From = d.Time()
	}
	if place, ok := s.placeOf(f, "ort"); ok {
		q.Center, q.RadiusKM = place.Point, radiusTown
		if km := f.Int("umkreis"); km > 0 {
			q.RadiusKM = float64(km)
		}
	}
	if f.Text("umkreis") == "" {
		f.values.Set("umkreis", strconv.Itoa(radiusTown))
	}
	return f, q, query
}

func withQuery(path string, query url.Values) string {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// occasions shows the list.
func (s *Server) occasions(w *Response, r *Request) error {
	f, q, query := s.askOccasions(r)
	page := &OccasionListPage{Page: r.Page("nav.events"), Form: f}
	page.Feeds = Feeds{Calendar: withQuery("/termine.ics", query), Atom: withQuery("/termine.atom", query)}
	page.NoIndex = r.URL.RawQuery != ""
	if len(f.Errors) > 0 {
		return w.Page(page)
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		list, next, err := tx.Occasions(q)
		if err != nil {
			return err
		}
		page.Items, err = r.occasionItems(tx, list)
		if next != "" {
			query.Set("ab", next)
			page.Pages.Next = withQuery("/termine", query)
			query.Del("ab")
		}
		return err
	})
	if err != nil {
		return err
	}
	if q.After != "" {
		page.First = withQuery("/termine", query)
	}
	if len(query) > 0 {
		page.All = "/termine"
	}
	return w.Page(page)
}

// occasionItems are occasions with the names of who invites.
func (r *Request) occasionItems(tx *store.Tx, list []engagement.Occasion) ([]OccasionItem, error) {
	var ids []engagement.ID
	for _, o := range list {
		if o.Organization != "" {
			ids = append(ids, o.Organization)
		}
	}
	orgs, err := tx.OrganizationsByID(ids)
	items := make([]OccasionItem, len(list))
	for i, o := range list {
		items[i] = r.occasionItem(o, orgs[o.Organization])
	}
	return items, err
}

func (r *Request) occasionItem(o engagement.Occasion, org engagement.Organization) OccasionItem {
	item := OccasionItem{
		Path: occasionPath(o), Title: o.Title, Kind: o.Kind, When: r.format().times(o), Organizer: org.Name, Origin: o.Origin, Teaser: o.Teaser, State: o.State, Over: o.Over(r.Now),
	}
	if !o.Local() {
		item.Organizer = o.Organizer
	}
	if lines := placeLines(engagement.Opportunity{Places: []engagement.Place{o.Place}}); !o.Online && o.Place.Locality != "" {
		item.Where = lines[0]
	} else if o.Online {
		item.Where = r.T("event.online")
	}
	return item
}

// times says when an occasion takes place, in the time zone of its place. If that is not the one of this instance, the offset is told.
func (f format) times(o engagement.Occasion) string {
	here := f.zone
	f.zone = o.Located()
	text := f.stretch(o.Starts, o.Ends)
	if offset := o.Starts.In(f.zone).Format("-07:00"); offset != o.Starts.In(here).Format("-07:00") {
		text += " " + f.t("event.when.offset", "x", offset)
	}
	return text
}

// stretch: "Samstag, 5. Dezember 2026, 10–13 Uhr", or with two days.
func (f format) stretch(from, to time.Time) string {
	day1, _ := f.day(from) // a time always is a day
	day2, _ := f.day(to)
	if day1 == day2 {
		return f.t("event.when.day", "day", day1, "span", f.span(from, to))
	}
	return f.t("event.when.days", "day1", day1, "clock1", f.clock(from), "day2", day2, "clock2", f.clock(to))
}

// seeOccasion is the occasion of the path with who invites, for who may see it.
func seeOccasion(tx *store.Tx, r *Request) (o engagement.Occasion, org engagement.Organization, err error) {
	if o, err = tx.OccasionByCode(r.Var("id")); err != nil {
		return o, org, goneOr(tx, r.Var("id"), err)
	}
	if o.State == engagement.OccasionWithdrawn {
		return o, org, engagement.ErrGone
	}
	if !engagement.Can(r.Actor(), engagement.Read, o.Thing()) {
		return o, org, engagement.ErrNotFound
	}
	if o.Organization != "" {
		if org, err = tx.Organization(o.Organization); err != nil {
			return o, org, err
		}
		if org.State != engagement.OrganizationActive && !r.Actor().Of(org.ID) {
			return o, org, engagement.ErrNotFound
		}
	}
	return o, org, nil
}

// occasion shows one.
func (s *Server) occasion(w *Response, r *Request) error {
	var o engagement.Occasion
	page := &OccasionPage{}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		var org engagement.Organization
		var err error
		if o, org, err = seeOccasion(tx, r); err != nil {
			return err
		}
		*page = OccasionPage{}
		return page.read(tx, r, o, org)
	})
	if err != nil {
		return err
	}
	if moved, err := r.rightPath(w, occasionPath(o)); moved {
		return err
	}
	return w.Page(page)
}

func (p *OccasionPage) read(tx *store.Tx, r *Request, o engagement.Occasion, org engagement.Organization) error {
	p.Title, p.Item, p.TextLang = o.Title, r.occasionItem(o, org), string(o.Lang)
	p.Crumbs = []Link{{Path: "/termine", Words: say("nav.events")}}
	p.Calendar, p.Report, p.Paper = "/termine/"+o.Code+".ics", reportPath(o.Code), "/termine/"+o.Code
	if !o.Online && o.Place.Locality != "" {
		p.Place = placeLines(engagement.Opportunity{Places: []engagement.Place{o.Place}})
	}
	if o.Capacity > 0 {
		p.Capacity = say("event.capacity", "n", o.Capacity)
	}
	if err := p.readSeries(tx, r, o); err != nil {
		return err
	}
	if !o.Local() {
		p.Paragraphs, p.Canonical, p.Source = paragraphs(o.Text), o.URL, o.URL
		return nil
	}
	p.Text, p.SignUp, p.Organization, p.Handle = o.Text, o.SignUp, Link{Path: organizationPage(org), Text: org.Name}, r.server.handle(org)
	if org.State == engagement.OrganizationActive && o.Live() {
		p.Linked = "/termine/" + o.Code + linkedSuffix
		p.WireID = r.server.wireID(store.NounOccasion, o.ID)
	}
	if engagement.Can(r.Actor(), engagement.Change, o.Thing()) {
		p.Edit = "/meine/organisationen/" + org.Code + "/termine/" + o.Code
	}
	if o.Open(r.Now) {
		p.Come = "/termine/" + o.Code + "/anmelden"
		guests, err := tx.SignUpsFor(o.ID)
		if err != nil {
			return err
		}
		if free, limited := o.Free(guests); limited && free == 0 {
			p.Free = say("event.full")
		} else if limited {
			p.Free = say("event.free", "n", free)
		}
	}
	replies, err := tx.Reactions(o.ID, engagement.Reply, true)
	for _, reply := range replies {
		p.Replies = append(p.Replies, PublicReply{Who: reply.Handle, Paragraphs: paragraphs(reply.Text), At: reply.At, Report: reportPath(string(reply.ID))})
	}
	return err
}

// ---- calendar and feed ----

// occasionCalendar is one as a calendar file. One that was canceled stays in it, so that calendars learn of it.
func (s *Server) occasionCalendar(w *Response, r *Request) error {
	var o engagement.Occasion
	var org engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		o, org, err = seeOccasion(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	return s.occasionsFile(w, r, o.Title, strings.TrimPrefix(slug(o.Title), "-")+".ics", []occasionEntry{{o, r.occasionItem(o, org), ""}})
}

// occasionEntry is an occasion in a calendar; link is where those meet online who take part.
type occasionEntry struct {
	engagement.Occasion
	item OccasionItem
	link string
}

// findOccasions are the hits of a search for programs.
func (s *Server) findOccasions(r *Request, limit int) (entries []occasionEntry, query url.Values, err error) {
	f, q, query := s.askOccasions(r)
	if len(f.Errors) > 0 {
		e := f.Errors[0]
		return nil, nil, &engagement.Invalid{Field: e.ID, Key: e.Key, Args: e.Args}
	}
	q.After, q.Limit = "", limit
	if last := r.Now.AddDate(0, 0, calendarDays); q.Until.IsZero() {
		q.Until = last
	}
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		list, _, err := tx.Occasions(q)
		if err != nil {
			return err
		}
		items, err := r.occasionItems(tx, list)
		entries = make([]occasionEntry, len(list))
		for i, o := range list {
			entries[i] = occasionEntry{o, items[i], ""}
		}
		return err
	})
	return entries, query, err
}

func (s *Server) occasionsCalendar(w *Response, r *Request) error {
	entries, _, err := s.findOccasions(r, calendarHits)
	if err != nil {
		return err
	}
	return s.occasionsFile(w, r, r.T("event.feed.name", "site", s.instance.Load().Name), "", entries)
}

func (s *Server) occasionsFile(w *Response, r *Request, name, file string, entries []occasionEntry) error {
	c := newCalendar(name)
	for _, e := range entries {
		e.write(c.AddEvent(string(e.ID)+"@"+s.base.Hostname()), r)
	}
	text, err := calendarText(c)
	if err != nil {
		return err
	}
	return w.File(calendarType, file, text)
}

var occasionStatus = map[engagement.OccasionState]ics.ObjectStatus{
	engagement.OccasionScheduled: ics.ObjectStatusConfirmed, engagement.OccasionPostponed: ics.ObjectStatusTentative, engagement.OccasionCanceled: ics.ObjectStatusCancelled,
}

// write fills a calendar entry. Times in other zones than Berlin are written in UTC, so that the file needs no rules of theirs.
func (e occasionEntry) write(event *ics.VEvent, r *Request) {
	event.SetDtStampTime(e.VersionTime())
	event.SetLastModifiedAt(e.VersionTime())
	event.SetSequence(e.Version)
	event.SetSummary(clean(e.Title, false))
	about := []string{}
	for _, text := range []string{e.item.Organizer, e.Teaser, e.Text, e.link} {
		if text != "" {
			about = append(about, clean(text, true))
		}
	}
	event.SetDescription(strings.Join(about, "\n\n"))
	event.SetLocation(clean(e.item.Where, false))
	if p := e.Place.Public(); p.Known() && p.Exact {
		event.SetProperty(ics.ComponentPropertyGeo, fmt.Sprintf("%.5f;%.5f", p.Point.Lat, p.Point.Lon))
	}
	event.SetURL(r.Absolute(occasionPath(e.Occasion)))
	if e.Kind != "" {
		event.AddCategory(r.format().code("event_kind", e.Kind))
	}
	event.SetStatus(occasionStatus[e.State])
	at := func(property ics.ComponentProperty, t time.Time) {
		if e.Zone == Zone {
			event.SetProperty(property, t.In(e.Located()).Format(calendarHour), ics.WithTZID(Zone))
		} else {
			event.SetProperty(property, t.UTC().Format(calendarHour)+"Z")
		}
	}
	at(ics.ComponentPropertyDtStart, e.Starts)
	at(ics.ComponentPropertyDtEnd, e.Ends)
}

func (s *Server) occasionsFeed(w *Response, r *Request) error {
	entries, query, err := s.findOccasions(r, feedHits)
	if err != nil {
		return err
	}
	site := s.instance.Load()
	feed := r.newFeed(r.T("event.feed.name", "site", site.Name), withQuery("/termine.atom", query), withQuery("/termine", query))
	updated := site.Updated
	for _, e := range entries {
		entry := atomEntry{
			ID: s.wireID(store.NounOccasion, e.ID), Title: clean(e.Title, false), Updated: feedTime(e.VersionTime()), Published: feedTime(e.Published),
			Author: clean(e.item.Organizer, false), Link: atomLink{"alternate", "text/html", r.Absolute(e.item.Path)},
			Summary: clean(strings.Join([]string{e.item.When, e.item.Where, e.Teaser}, "\n"), true),
		}
		switch {
		case !e.Local():
			entry.ID = e.IRI
		case entry.ID == "":
			entry.ID = "urn:uuid:" + string(e.ID)
		}
		if e.Kind != "" {
			entry.Categories = []atomCategory{{string(e.Kind), r.format().code("event_kind", e.Kind)}}
		}
		feed.Entries = append(feed.Entries, entry)
		updated = later(updated, e.VersionTime())
	}
	return w.feed(feed, updated)
}
