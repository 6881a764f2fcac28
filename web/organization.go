package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// organizationArea is the directory of organizations and the public page of each.
var organizationArea = area{
	name:   "organization",
	simple: true,
	pages:  map[string]any{"organization-list": DirectoryPage{}, "organization": OrganizationPage{}},
	routes: []route{
		{path: "/organisationen", get: whenPublic((*Server).directory), limit: searches},
		{path: "/organisationen/" + codeVar, get: whenPublic((*Server).organization)},
		{path: "/organisationen/" + codeVar + ".ics", get: whenPublic((*Server).organizationCalendar), limit: searches},
		{path: "/organisationen/" + codeVar + atomSuffix, get: whenPublic((*Server).organizationFeed), limit: searches},
		{path: "/organisationen/" + codeVar + jsonSuffix, get: whenPublic((*Server).organizationFeed), limit: searches},
		{path: "/organisationen/" + codeVar + "-{slug}", get: whenPublic((*Server).organization)},
	},
}

// DirectoryPage is the list of organizations by name.
type DirectoryPage struct {
	Page
	Form  *Form
	By    []*FieldView // filters with how many there are
	List  []OrganizationItem
	Pages Pages
}

// OrganizationItem is an organization in a list.
type OrganizationItem struct {
	Path, Name, Line, Place string
	Areas                   []engagement.Code
	Level                   engagement.Code
	Origin                  string // host; empty: this instance
}

// OrganizationPage is what everybody may know about an organization.
type OrganizationPage struct {
	Page
	About      OrganizationItem
	Kind       engagement.Code
	LegalForm  engagement.Code
	Charitable bool
	Register   string
	Text       string // Markdown
	Languages  []string
	Web        string
	Contact    Contact
	Handle     string // @name@host
	Cards      []Card
	More       string // path of all its opportunities; empty: all are here
	Occasions  []OccasionItem
	Offers     []HelpOfferItem // what is offered in its name
	News       []NewsItem
	Moved      *moveTarget // where it is now
	Report     string
	Checked    []AttestationItem
	Attest     string // path for who may vouch for it or take that back
	Hide       *Action
	Hidden     bool // from who looks at it
}

var directoryFields = []Field{
	{Name: "q", Label: "org.q", Quiet: true, Max: 100},
	{Name: "bereich", Kind: Select, Label: "org.area", Quiet: true, Options: vocabularyOptions(engagement.Areas)},
	{Name: "art", Kind: Select, Label: "org.kind", Quiet: true, Options: vocabularyOptions(engagement.OrganizationKinds)},
	{Name: "ort", Label: "org.place", Quiet: true, Max: 100},
	{Name: "ab", Kind: Hidden},
}

// directoryOf is the page of the directory that a form asks for.
func directoryOf(f *Form, size int) store.Directory {
	return store.Directory{
		Text: f.Text("q"), Area: engagement.Code(f.Text("bereich")), Kind: engagement.Code(f.Text("art")), Place: f.Text("ort"), After: engagement.ID(f.Text("ab")), Limit: size,
	}
}

// What the page of an organization shows.
const (
	organizationCards = 20
	organizationNews  = 3
	fewOccasions      = 5
)

// directory shows the list.
func (s *Server) directory(w *Response, r *Request) error {
	f := r.Form(directoryFields)
	page := &DirectoryPage{Page: r.Page("org.list.title"), Form: f}
	page.Wide = true
	var found []engagement.Organization
	var counts store.DirectoryCounts
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if found, err = tx.Organizations(directoryOf(f, pageSize+1)); err != nil {
			return err
		}
		counts, err = tx.CountDirectory(directoryOf(f, 0))
		return err
	})
	if err != nil {
		return err
	}
	if len(found) > pageSize {
		found = found[:pageSize]
		query := url.Values{"ab": {string(found[pageSize-1].ID)}}
		for _, name := range []string{"q", "bereich", "art", "ort"} {
			if v := f.Text(name); v != "" {
				query.Set(name, v)
			}
		}
		page.Pages = Pages{Next: "/organisationen?" + query.Encode(), Part: "treffer"}
	}
	page.By = r.directoryFilters(f, counts)
	for _, o := range found {
		page.List = append(page.List, organizationItem(o))
	}
	page.NoIndex = r.URL.RawQuery != ""
	return w.Page(page)
}

// directoryFilters are the filters without what finds nothing, the places by name.
func (r *Request) directoryFilters(f *Form, counts store.DirectoryCounts) []*FieldView {
	area, kind, place := f.Field("bereich"), f.Field("art"), f.Field("ort")
	for view, n := range map[*FieldView]map[engagement.Code]int{area: counts.Areas, kind: counts.Kinds} {
		for i := range view.Options {
			view.Options[i].Count = n[engagement.Code(view.Options[i].Value)]
		}
		view.Options = slices.DeleteFunc(view.Options, func(o OptionView) bool { return o.Count == 0 && !o.Chosen })
	}
	place.Kind = Select
	names := slices.Collect(maps.Keys(counts.Places))
	if chosen := f.Text("ort"); chosen != "" && counts.Places[chosen] == 0 {
		names = append(names, chosen)
	}
	sortByName(r.Language.Lang, names, func(name string) string { return name })
	for _, name := range names {
		place.Options = append(place.Options, OptionView{Option: Option{Value: name, Text: name}, Chosen: name == f.Text("ort"), Count: counts.Places[name]})
	}
	return []*FieldView{area, place, kind}
}

func organizationItem(o engagement.Organization) OrganizationItem {
	return OrganizationItem{Path: organizationPage(o), Name: o.Name, Line: o.Summary, Place: o.Place.Public().Locality, Areas: o.Areas, Level: o.Level, Origin: o.Origin}
}

// handle is the address by which an organization can be followed from elsewhere.
func (s *Server) handle(o engagement.Organization) string {
	host := o.Origin
	if host == "" {
		host = s.base.Host
	}
	if o.Handle == "" {
		return ""
	}
	return "@" + o.Handle + "@" + host
}

// seeOrganization is the organization of the path, for who may see it.
func seeOrganization(tx *store.Tx, r *Request) (o engagement.Organization, err error) {
	if o, err = tx.OrganizationByCode(r.Var("id")); err != nil {
		return o, goneOr(tx, r.Var("id"), err)
	}
	switch {
	case o.State == engagement.OrganizationDissolved:
		return o, engagement.ErrGone
	case !engagement.Can(r.Actor(), engagement.Read, o.Thing()):
		return o, engagement.ErrNotFound
	}
	return o, nil
}

// organization shows one.
func (s *Server) organization(w *Response, r *Request) error {
	var o engagement.Organization
	var page *OrganizationPage
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if o, err = seeOrganization(tx, r); err != nil || r.Path != organizationPage(o) {
			return err
		}
		page, err = s.readOrganization(tx, r, o)
		return err
	})
	if err != nil {
		return err
	}
	if moved, err := r.rightPath(w, organizationPage(o)); moved {
		return err
	}
	return w.Page(page)
}

func (s *Server) readOrganization(tx *store.Tx, r *Request, o engagement.Organization) (*OrganizationPage, error) {
	page := &OrganizationPage{
		Page: Page{Title: o.Name}, About: organizationItem(o), Text: o.Description, Kind: o.Kind, LegalForm: o.LegalForm, Charitable: o.Charitable,
		Register: o.Register, Contact: Contact{Role: o.ContactRole, Phone: o.ContactPhone, Mail: o.ContactMail}, Handle: s.handle(o), Moved: movedTo(o), Report: reportPath(o.Code),
	}
	page.Crumbs = []Link{{Path: "/organisationen", Words: say("nav.organizations")}}
	page.Canonical = o.URL
	if o.Local() && o.State == engagement.OrganizationActive {
		page.Linked, page.Feeds = "/organisationen/"+o.Code+linkedSuffix, organizationFeeds(o)
		page.WireID = s.wireID(store.NounOrganization, o.ID)
	}
	if u, err := url.Parse(o.Web); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		page.Web = o.Web
	}
	f := r.format()
	for _, l := range o.Languages {
		page.Languages = append(page.Languages, f.code("language", engagement.Code(l)))
	}
	var err error
	if page.Hidden, page.Hide, err = hiding(tx, r, o); err != nil {
		return nil, err
	}
	if page.Checked, err = s.attestations(tx, r, o); err != nil {
		return nil, err
	}
	if o.Local() && o.State == engagement.OrganizationActive && engagement.Can(r.Actor(), engagement.Decide, o.AttestationThing()) {
		page.Attest = "/organisationen/" + o.Code + "/bestaetigung"
	}
	hits, err := tx.Search(engagement.Search{Organization: o.ID, Limit: organizationCards}, store.Viewer{})
	if err != nil {
		return nil, err
	}
	for _, h := range hits.List {
		page.Cards = append(page.Cards, r.card(h))
	}
	if hits.Next != "" {
		page.More = "/angebote?q=" + url.QueryEscape(o.Name)
	}
	occasions, _, err := tx.Occasions(store.OccasionSearch{From: r.Now, Organization: o.ID, Limit: fewOccasions})
	if err != nil {
		return nil, err
	}
	if page.Occasions, err = r.occasionItems(tx, occasions); err != nil {
		return nil, err
	}
	offers, err := tx.HelpOffersOf(o.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range offers {
		if h.Open(r.Now) && len(page.Offers) < organizationCards {
			page.Offers = append(page.Offers, r.helpOfferItem(h, o))
		}
	}
	news, err := tx.AnnouncementsOf(o.ID, time.Time{}, organizationNews)
	for _, n := range news {
		page.News = append(page.News, newsItem(n, o, r.Now))
	}
	return page, err
}

// WebHost is the host of its web site, to be shown beside the link.
func (p *OrganizationPage) WebHost() string {
	u, err := url.Parse(p.Web)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
