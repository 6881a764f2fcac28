package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// apiArea is what programs of others read: what is public of this site, as JSON. It asks for no key and knows nobody: a session is not looked
// at, so that everybody gets the same. Only what may be shown everywhere is in it. Its table makes the routes and their description.
var apiArea = area{name: "api", simple: true, routes: apiRoutes()}

// apiPath is where it begins. Under it errors are JSON, too.
const apiPath = "/api/v1"

// forProgram says whether a program asks.
func (r *Request) forProgram() bool {
	return r.Path == apiPath || strings.HasPrefix(r.Path, apiPath+"/")
}

// operation is one thing that can be asked.
type operation struct {
	id     string // its name in the description
	path   string // below apiPath
	about  string
	query  []parameter
	answer any // zero value of what is answered
	fails  []int
	do     handler
	limit  limit
}

// parameter is one of the address.
type parameter struct {
	Field
	about string
	day   bool // a day as 2006-01-02
}

// operations are all of them.
func operations() []operation {
	one, list := []int{http.StatusNotFound, http.StatusGone}, []int{http.StatusUnprocessableEntity}
	board := strings.Replace(boardVar, "handle", "id", 1)
	return []operation{
		{id: "listOpportunities", path: "/opportunities", about: "Search for opportunities to help: the search of the site with the same parameters.", query: opportunityQuery, answer: opportunityList{}, fails: list, do: (*Server).apiOpportunities, limit: searches},
		{id: "getOpportunity", path: "/opportunities/" + codeVar, about: "One opportunity.", answer: apiOpportunity{}, fails: one, do: (*Server).apiOneOpportunity},
		{id: "listShifts", path: "/opportunities/" + codeVar + "/shifts", about: "Times at which people help with one opportunity, the first to begin first; without those that are over.", query: pageQuery, answer: shiftList{}, fails: append(one, list...), do: (*Server).apiShifts},
		{id: "listOrganizations", path: "/organizations", about: "Organizations by name.", query: organizationQuery, answer: organizationList{}, fails: list, do: (*Server).apiOrganizations, limit: searches},
		{id: "getOrganization", path: "/organizations/" + codeVar, about: "One organization.", answer: apiOrganization{}, fails: one, do: (*Server).apiOneOrganization},
		{id: "listEvents", path: "/events", about: "Events to come, the next first.", query: occasionQuery, answer: eventList{}, fails: list, do: (*Server).apiOccasions, limit: searches},
		{id: "getEvent", path: "/events/" + codeVar, about: "One event.", answer: apiEvent{}, fails: one, do: (*Server).apiOneOccasion},
		{id: "listAnnouncements", path: "/announcements", about: "News of organizations, newest first.", query: pageQuery, answer: announcementList{}, fails: list, do: (*Server).apiAnnouncements, limit: searches},
		{id: "getAnnouncement", path: "/announcements/" + codeVar, about: "One piece of news.", answer: apiAnnouncement{}, fails: one, do: (*Server).apiOneAnnouncement},
		{id: "listBoards", path: "/boards", about: "Pages of places and topics.", answer: boardList{}, do: (*Server).apiBoards},
		{id: "getBoard", path: "/boards/" + board, about: "One page of a place or a topic.", answer: apiBoard{}, fails: []int{http.StatusNotFound}, do: (*Server).apiOneBoard},
		{id: "listCodes", path: "/codes", about: "All codes with their labels in every language. A code never changes its meaning; new ones may come.", answer: codeList{}, do: (*Server).apiCodes},
		{id: "getDescription", path: "/openapi.json", about: "This description.", answer: openAPI{}, do: (*Server).apiDescription},
	}
}

func apiRoutes() (routes []route) {
	for _, o := range operations() {
		routes = append(routes, route{path: apiPath + o.path, get: whenPublic(o.do), limit: o.limit, open: true})
	}
	return routes
}

// ---- parameters ----

// Entries of a page.
const (
	apiPage     = 20
	apiPageMost = 100
)

var (
	afterField        = parameter{Field: Field{Name: "ab", Kind: Hidden}, about: "Where the page begins: from the address in next of the page before."}
	sizeField         = parameter{Field: Field{Name: "anzahl", Kind: Number, Max: 3}, about: "Entries of a page, 1 to 100; 20 if missing."}
	pageQuery         = []parameter{afterField, sizeField}
	organizationField = parameter{Field: Field{Name: "organisation", Max: 8}, about: "Only of the organization with this short code."}

	opportunityQuery  = append(documented(searchFields, searchAbout), organizationField, sizeField)
	organizationQuery = append(documented(directoryFields, map[string]string{
		"q": "Part of the name.", "bereich": "Area of work.", "art": "Kind of organization.", "ort": "Its quarter or municipality, as the entries name it.", "ab": afterField.about,
	}), sizeField)
	occasionQuery = append(documented(occasionFields, map[string]string{
		"ort": searchAbout["ort"], "umkreis": searchAbout["umkreis"], "von": "First day; today if missing.", "art": "Kind of event.", "ab": afterField.about,
	}), organizationField, sizeField)
)

// searchAbout says what the parameters of the search are.
var searchAbout = map[string]string{
	"q": "Words. All must occur, in the texts or in the labels of the codes.", "ort": "Postcode or name of a place, to search around it.", "umkreis": "Radius around the place in kilometres.",
	"sortierung": "Order: nah (nearest first; without a place as neu), neu (newest first), termin (next date first), passend (as nah: nobody is signed in here).",
	"zeit":       "Times: parts of the day and days narrow each other, several of one kind widen.", "aufwand": "How often; one is enough.", "thema": "Areas and topics; one is enough.", "taetigkeit": "Activities; one is enough.",
	"fuer": "Target groups; one is enough.", "zugang": "Features of access; all are needed.", "von-zuhause": "Only what can be done online or from home.",
	"sprache": "Language of the work, ISO 639.", "alter": "Age of who wants to help: only what is possible then.", "ohne": "Areas, topics, target groups or proofs that must not occur.",
	"heute": "1: only what is urgent today or begins today or tomorrow.", "quelle": "alle: of partner sites, too; hier: only of this site.", "ab": afterField.about,
}

// documented are the fields of a form as parameters. What has no sentence is for pages only.
func documented(fields []Field, about map[string]string) (all []parameter) {
	for _, f := range fields {
		if sentence := about[f.Name]; sentence != "" {
			p := parameter{Field: f, about: sentence, day: f.Kind == Day}
			all = append(all, p)
		}
	}
	return all
}

// apiForm are the fields that an operation has beside those of the page with the same search.
var apiForm = []Field{sizeField.Field, organizationField.Field}

// apiSize is how many entries a page shall have.
func apiSize(f *Form) int {
	if f.Text("anzahl") == "" {
		return apiPage
	}
	n := f.Int("anzahl")
	if n < 1 || n > apiPageMost {
		f.Bad("anzahl", "api.size.range", "from", 1, "to", apiPageMost)
	}
	return n
}

// apiErr are the errors of the parameters. A value that is no option is one, too: what a program asks for must not be left out silently.
func apiErr(f *Form) error {
	var all engagement.Invalids
	for _, e := range f.Errors {
		field := e.ID
		if at := f.place(e.ID); at >= 0 {
			field = f.fields[at].Name // also if the control is a part of it
		}
		all = append(all, &engagement.Invalid{Field: field, Key: e.Key, Args: e.Args})
	}
	if len(f.Unknown) > 0 {
		all.Add("", "error.choice.unknown", "codes", strings.Join(f.Unknown, ", "))
	}
	return all.Err()
}

// apiTeam finds the organization of the parameter. One that is not public has nothing.
func apiTeam(tx *store.Tx, f *Form) (engagement.ID, error) {
	code := f.Text("organisation")
	if code == "" {
		return "", nil
	}
	o, err := tx.OrganizationByCode(code)
	if errors.Is(err, engagement.ErrNotFound) || err == nil && o.State != engagement.OrganizationActive {
		return "", &engagement.Invalid{Field: "organisation", Key: "error.choice.unknown", Args: map[string]any{"codes": code}}
	}
	return o.ID, err
}

// ---- answers ----

type (
	opportunityList struct {
		Total int              `json:"total" about:"How many there are on all pages."`
		Place string           `json:"place,omitempty" about:"The place that was understood."`
		Items []apiOpportunity `json:"items"`
		Next  string           `json:"next,omitempty" about:"Address of the next page; missing on the last one." format:"uri"`
	}
	shiftList struct {
		Items []apiShift `json:"items"`
		Next  string     `json:"next,omitempty" about:"Address of the next page; missing on the last one." format:"uri"`
	}
	organizationList struct {
		Items []apiOrganization `json:"items"`
		Next  string            `json:"next,omitempty" about:"Address of the next page; missing on the last one." format:"uri"`
	}
	eventList struct {
		Items []apiEvent `json:"items"`
		Next  string     `json:"next,omitempty" about:"Address of the next page; missing on the last one." format:"uri"`
	}
	announcementList struct {
		Items []apiAnnouncement `json:"items"`
		Next  string            `json:"next,omitempty" about:"Address of the next page; missing on the last one." format:"uri"`
	}
	boardList struct {
		Items []apiBoard `json:"items"`
	}
	codeList struct {
		Version      int             `json:"version" about:"Grows with every change."`
		Vocabularies []apiVocabulary `json:"vocabularies"`
	}
	apiVocabulary struct {
		Name  string    `json:"name" about:"As the properties name it that hold its codes."`
		Codes []apiCode `json:"codes"`
	}
	apiCode struct {
		Code   engagement.Code `json:"code"`
		Parent engagement.Code `json:"parent,omitempty" about:"Area of a topic, group of a skill."`
		Labels apiLabels       `json:"labels"`
	}
	apiLabels struct {
		German  string `json:"de"`
		English string `json:"en"`
		Simple  string `json:"de-simple"`
	}
)

// apiProblem is an error as RFC 9457 writes it.
type apiProblem struct {
	Type      string            `json:"type" about:"Always about:blank: the status says what kind it is."`
	Title     string            `json:"title"`
	Status    int               `json:"status"`
	Detail    string            `json:"detail"`
	Reference string            `json:"reference" about:"Names the request in our log."`
	Errors    []apiProblemField `json:"errors,omitempty"`
}

type apiProblemField struct {
	Parameter string `json:"parameter,omitempty"`
	Detail    string `json:"detail"`
}

// JSON answers with a document.
func (w *Response) JSON(contentType string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.File(contentType, "", text)
}

const jsonType = "application/json; charset=utf-8"

// problem answers a program with an error.
func (w *Response) problem(status int, text Words, err error) error {
	r := w.request
	p := apiProblem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: r.server.words.Say(r.Language.Lang, text), Reference: r.ID}
	for _, e := range invalids(err) {
		p.Errors = append(p.Errors, apiProblemField{e.Field, r.server.words.T(r.Language.Lang, e.Key, e.Args)})
	}
	return w.JSON("application/problem+json", p)
}

// openHeaders let pages of other sites read an answer that is the same for everybody.
func (w *Response) openHeaders() {
	w.header.Set("Access-Control-Allow-Origin", "*")
	w.header.Set("Access-Control-Expose-Headers", "ETag, Retry-After")
	w.header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.header.Set("Vary", "Accept-Encoding")
}

// preflight tells a browser what pages of other sites may ask.
func (w *Response) preflight() error {
	w.Status = http.StatusNoContent
	w.header.Set("Access-Control-Allow-Methods", "GET, HEAD")
	w.header.Set("Access-Control-Allow-Headers", "If-None-Match")
	w.header.Set("Access-Control-Max-Age", "86400")
	return nil
}

// nextPage is the address of the page behind the cursor, in the same list.
func (r *Request) nextPage(cursor string) string {
	if cursor == "" {
		return ""
	}
	query := r.URL.Query()
	query.Set("ab", cursor)
	return r.Absolute(r.Path + "?" + query.Encode())
}
