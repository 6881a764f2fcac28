package web

import (
	"encoding/json"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// openDataArea is what anybody may take along and use elsewhere: whole files of what is of this site, shown everywhere and under a free licence, of
// organizations that are no natural persons, without anybody's name; and the catalogue from which data portals learn of them.
var openDataArea = area{
	name:   "opendata",
	simple: true,
	pages:  map[string]any{"opendata": OpenDataPage{}},
	routes: openDataRoutes(),
}

const openDataPath = "/offene-daten"

// dataset is one of them.
type dataset struct {
	name     string // in addresses
	title    string // locale key
	about    string // locale key: what is in it
	themes   []string
	keywords []string
	read     func(*Request, *store.Tx) (table, error)
}

// table is a dataset that was read: its entries as JSON, as rows of a CSV file, and as points on a map.
type table struct {
	Items   []any
	columns []string
	rows    [][]string
	points  []feature
}

var datasets = []dataset{
	{name: "angebote", title: "data.opportunities", about: "data.opportunities.about", themes: []string{"SOCI"}, keywords: []string{"Ehrenamt", "Engagement", "Freiwillige"}, read: (*Request).openOpportunities},
	{name: "organisationen", title: "data.organizations", about: "data.organizations.about", themes: []string{"SOCI", "GOVE"}, keywords: []string{"Ehrenamt", "Vereine", "Organisationen"}, read: (*Request).openOrganizations},
	{name: "termine", title: "data.events", about: "data.events.about", themes: []string{"SOCI", "EDUC"}, keywords: []string{"Ehrenamt", "Termine", "Veranstaltungen"}, read: (*Request).openOccasions},
}

// dataFormat is a form in which a dataset is handed out.
type dataFormat struct {
	suffix, media string
	fileType      string // in the list of the EU's Publications Office
	write         func(*Request, table) ([]byte, error)
}

var dataFormats = []dataFormat{
	{"csv", "text/csv", "CSV", func(_ *Request, t table) ([]byte, error) { return csvFile(t.columns, t.rows), nil }},
	{"json", "application/json", "JSON", (*Request).jsonData},
	{"geojson", "application/geo+json", "GEOJSON", (*Request).geoJSON},
}

func openDataRoutes() []route {
	routes := []route{
		{path: openDataPath, get: whenPublic((*Server).openData)},
		{path: openDataPath + ".jsonld", get: whenPublic((*Server).catalogueJSON), limit: searches, open: true},
		{path: openDataPath + ".ttl", get: whenPublic((*Server).catalogueTurtle), limit: searches, open: true},
	}
	for _, d := range datasets {
		for _, f := range dataFormats {
			routes = append(routes, route{path: d.path(f), get: whenPublic(dataFile(d, f)), limit: searches, open: true})
		}
	}
	return routes
}

func (d dataset) path(f dataFormat) string { return openDataPath + "/" + d.name + "." + f.suffix }

// OpenDataPage says what there is.
type OpenDataPage struct {
	Page
	Sets      []DataItem
	Catalogue []DataLink
	Most      int
	Source    string // how the licence wants this site to be named
}

// DataItem is a dataset on the page.
type DataItem struct {
	Title, About string // locale keys
	Files        []DataLink
}

// DataLink leads to a file.
type DataLink struct{ Path, Name string }

func (s *Server) openData(w *Response, r *Request) error {
	p := &OpenDataPage{Page: r.Page("footer.data"), Most: dataSize, Source: s.attribution(), Catalogue: []DataLink{{openDataPath + ".jsonld", "JSON-LD"}, {openDataPath + ".ttl", "Turtle"}}}
	for _, d := range datasets {
		item := DataItem{Title: d.title, About: d.about}
		for _, f := range dataFormats {
			item.Files = append(item.Files, DataLink{d.path(f), f.name()})
		}
		p.Sets = append(p.Sets, item)
	}
	return w.Page(p)
}

func (f dataFormat) name() string {
	if f.suffix == "geojson" {
		return "GeoJSON"
	}
	return f.fileType
}

// attribution is how the licence wants this site to be named.
func (s *Server) attribution() string {
	site := s.instance.Load()
	return clean(site.Name, false) + ", " + s.base.Host
}

// The licence of what is handed out, and where it can be read.
const (
	dataLicense     = engagement.Code("cc-by-4.0")
	dataLicensePage = "https://creativecommons.org/licenses/by/4.0/"
)

// dataFile hands out a dataset.
func dataFile(d dataset, f dataFormat) handler {
	return func(s *Server, w *Response, r *Request) error {
		var all table
		err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
			all, err = d.read(r, tx)
			return err
		})
		if err != nil {
			return err
		}
		file, err := f.write(r, all)
		if err != nil {
			return err
		}
		w.header.Set("Link", "<"+dataLicensePage+`>; rel="license"`)
		contentType := f.media
		if f.suffix == "csv" {
			contentType += "; charset=utf-8; header=present"
		}
		return w.File(contentType, d.name+"."+f.suffix, file)
	}
}

// What is read for a file: so many entries at most, the newest or the next, a batch at a time. Whoever needs more pages through the lists below /api/v1.
const (
	dataSize  = 5000
	dataBatch = 500
)

// openOpportunities are those of this site that may be shown everywhere and used by everybody, and are not over.
func (r *Request) openOpportunities(tx *store.Tx) (t table, err error) {
	t.columns = opportunityColumns
	var before time.Time
	var id engagement.ID
	for len(t.Items) < dataSize {
		batch, err := tx.OpportunitiesChanged(true, before, id, dataBatch)
		if err != nil {
			return t, err
		}
		orgs, err := tx.OrganizationsByID(each(batch, func(o store.ChangedOpportunity) engagement.ID { return o.Organization }))
		if err != nil {
			return t, err
		}
		for _, c := range batch {
			before, id = c.Changed, c.ID
			o, org := c.Opportunity, orgs[c.Organization]
			if o.License != dataLicense || o.State == engagement.Expired || o.Over(r.Now) || !free(org) || len(t.Items) == dataSize {
				continue
			}
			item := r.apiOpportunity(o, organizer(org))
			t.Items, t.rows = append(t.Items, item), append(t.rows, opportunityCells(item, o.Visibility))
			for _, p := range item.Places {
				t.point(p, map[string]any{"id": item.ID, "title": item.Title, "summary": item.Summary, "organization": item.Organization.Name, "areas": item.Areas, "activities": item.Activities, "page": item.Page})
			}
		}
		if len(batch) < dataBatch {
			break
		}
	}
	return t, nil
}

// free says whether what belongs to an organization is handed out: it is before the public, of this site, and certainly no natural person.
func free(o engagement.Organization) bool {
	return o.Local() && o.State == engagement.OrganizationActive && o.LegalPerson()
}

func (r *Request) openOrganizations(tx *store.Tx) (t table, err error) {
	t.columns = organizationColumns
	d := store.Directory{OnlyHere: true, Limit: dataBatch}
	for len(t.Items) < dataSize {
		batch, err := tx.Organizations(d)
		if err != nil {
			return t, err
		}
		for _, o := range batch {
			if d.After = o.ID; !free(o) || len(t.Items) == dataSize {
				continue
			}
			item := r.apiOrganization(o)
			t.Items, t.rows = append(t.Items, item), append(t.rows, organizationCells(item))
			if item.Place != nil {
				t.point(*item.Place, map[string]any{"id": item.ID, "name": item.Name, "kind": item.Kind, "areas": item.Areas, "page": item.Page})
			}
		}
		if len(batch) < dataBatch {
			break
		}
	}
	return t, nil
}

func (r *Request) openOccasions(tx *store.Tx) (t table, err error) {
	t.columns = occasionColumns
	q := store.OccasionSearch{From: r.Now, OnlyHere: true, Limit: dataBatch}
	for len(t.Items) < dataSize {
		batch, next, err := tx.Occasions(q)
		if err != nil {
			return t, err
		}
		orgs, err := tx.OrganizationsByID(each(batch, func(o engagement.Occasion) engagement.ID { return o.Organization }))
		if err != nil {
			return t, err
		}
		for _, o := range batch {
			if !free(orgs[o.Organization]) || len(t.Items) == dataSize {
				continue
			}
			item := r.apiEvent(o, orgs[o.Organization])
			t.Items, t.rows = append(t.Items, item), append(t.rows, occasionCells(item))
			if item.Place != nil {
				t.point(*item.Place, map[string]any{"id": item.ID, "title": item.Title, "starts": item.Starts, "ends": item.Ends, "status": item.Status, "organization": item.Organization.Name, "page": item.Page})
			}
		}
		if q.After = next; next == "" {
			break
		}
	}
	return t, nil
}

// jsonData has the entries as the interface for programs has them.
func (r *Request) jsonData(t table) ([]byte, error) {
	if t.Items == nil {
		t.Items = []any{}
	}
	return json.Marshal(struct {
		License     string `json:"license"`
		Attribution string `json:"attribution"`
		Items       []any  `json:"items"`
	}{dataLicensePage, r.server.attribution(), t.Items})
}

// feature is a point with what stands there (RFC 7946).
type feature struct {
	Type       string         `json:"type"`
	Geometry   geometry       `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

type geometry struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"` // longitude first
}

// point adds a place of which it is known where it is.
func (t *table) point(p apiPlace, properties map[string]any) {
	if p.Lat == nil {
		return
	}
	properties["locality"], properties["precision"] = p.Locality, p.Precision
	t.points = append(t.points, feature{"Feature", geometry{"Point", [2]float64{*p.Lon, *p.Lat}}, properties})
}

func (r *Request) geoJSON(t table) ([]byte, error) {
	if t.points == nil {
		t.points = []feature{}
	}
	return json.Marshal(struct {
		Type        string    `json:"type"`
		License     string    `json:"license"`
		Attribution string    `json:"attribution"`
		Features    []feature `json:"features"`
	}{"FeatureCollection", dataLicensePage, r.server.attribution(), t.points})
}

// listed puts several codes into one cell.
func listed[T ~string](codes []T) string {
	return strings.Join(each(codes, func(c T) string { return string(c) }), "|")
}
