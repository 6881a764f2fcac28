package web

import (
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
		{path: "/organisationen/" + codeVar + "-{slug}", get: whenPublic((*Server).organization)},
	},
}

// DirectoryPage is the list of organizations by name.
type DirectoryPage struct {
	Page
	Form  *Form
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
}

var directoryFields = []Field{
	{Name: "q", Label: "org.q", Quiet: true, Max: 100},
	{Name: "bereich", Kind: Select, Label: "org.area", Quiet: true, Options: vocabularyOptions(engagement.Areas)},
	{Name: "ab", Kind: Hidden},
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
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		found, err = organizationsOf(tx, f.Text("q"), engagement.Code(f.Text("bereich")), engagement.ID(f.Text("ab")), pageSize)
		return err
	})
	if err != nil {
		return err
	}
	if len(found) > pageSize {
		found = found[:pageSize]
		query := url.Values{"q": {f.Text("q")}, "bereich": {f.Text("bereich")}, "ab": {string(found[pageSize-1].ID)}}
		page.Pages = Pages{Next: "/organisationen?" + query.Encode(), Part: "treffer"}
	}
	for _, o := range found {
		page.List = append(page.List, organizationItem(o))
	}
	page.NoIndex = r.URL.RawQuery != ""
	return w.Page(page)
}

// organizationsOf reads one more than a page of that size has. The area is compared here, because it is a list inside of the record.
func organizationsOf(tx *store.Tx, text string, area engagement.Code, after engagement.ID, size int) ([]engagement.Organization, error) {
	d := store.Directory{Text: text, After: after, Limit: size + 1}
	if area != "" {
		d.Limit = 200
	}
	var found []engagement.Organization
	for {
		list, err := tx.Organizations(d)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if area == "" || slices.Contains(o.Areas, area) {
				found = append(found, o)
			}
		}
		if len(found) > size || len(list) < d.Limit {
			return found, nil
		}
		d.After = list[len(list)-1].ID
	}
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
