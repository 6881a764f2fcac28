package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// workspaceArea is where the team of an organization works: overview, opportunities, requests, news, team and details. Posting an
// opportunity is in posting.go.
var workspaceArea = area{
	name: "workspace",
	pages: map[string]any{
		"workspace-list":          workspaceListPage{},
		"workspace-home":          workspaceHomePage{},
		"workspace-opportunities": workspaceOpportunitiesPage{},
		"workspace-requests":      workspaceRequestsPage{},
		"workspace-request":       workspaceRequestPage{},
		"workspace-answer":        workspaceAnswerPage{},
		"workspace-news":          workspaceNewsPage{},
		"workspace-team":          workspaceTeamPage{},
		"workspace-form":          workspaceFormPage{},
		"workspace-check":         workspaceCheckPage{},
	},
	routes: []route{
		{path: "/meine/organisationen", get: (*Server).workspaces, who: signedIn},
		{path: "/organisation-anmelden", get: (*Server).registerOrganization, post: (*Server).registerOrganization, who: signedIn},
		{path: "/organisation-anmelden/pruefen", post: (*Server).sendOrganization, who: signedIn, limit: rareForms},
		{path: "/einladung/{token:[0-9a-f]{32}}", get: (*Server).joinTeam, post: (*Server).joinTeam, who: signedIn, token: true},
		{path: workspace, get: (*Server).workspaceHome, who: signedIn},
		{path: workspace + "/einreichen", post: (*Server).submitOrganization, who: signedIn},
		{path: workspace + "/angaben", get: (*Server).editOrganization, post: (*Server).editOrganization, who: signedIn},
		{path: workspace + "/angebote", get: (*Server).workspaceOpportunities, who: signedIn},
		{path: workspace + "/angebote/{opportunity:[23456789abcdefghjkmnpqrstuvwxyz]{8}}/{act}", post: (*Server).moveOpportunity, who: signedIn, ends: true},
		{path: workspace + "/anfragen", get: (*Server).workspaceRequests, who: signedIn},
		{path: workspaceRequest, get: (*Server).workspaceRequest, who: signedIn},
		{path: workspaceRequest + "/{act}", get: (*Server).answerRequest, post: (*Server).answerRequest, who: signedIn},
		{path: workspace + "/neuigkeiten", get: (*Server).workspaceNews, post: (*Server).workspaceNews, who: signedIn},
		{path: workspaceNews, get: (*Server).editNews, post: (*Server).editNews, who: signedIn},
		{path: workspaceNews + "/zurueckziehen", post: (*Server).withdrawNews, who: signedIn, ends: true},
		{path: workspace + "/team", get: (*Server).team, post: (*Server).team, who: signedIn},
		{path: workspace + "/team/{account:[0-9a-f-]{36}}/entfernen", post: (*Server).leaveTeam, who: signedIn, ends: true},
	},
}

const (
	workspace        = "/meine/organisationen/" + codeVar
	workspaceRequest = workspace + "/anfragen/{request:[0-9a-f-]{36}}"
	workspaceNews    = workspace + "/neuigkeiten/{news:[23456789abcdefghjkmnpqrstuvwxyz]{8}}"
)

// bench is what every page of a workspace shows.
type bench struct {
	Organization engagement.Organization
	Manager      bool
	Root         string // path of the workspace
	Tabs         []LinkGroup
	Home         bool // its first page
}

// benchTabs lead through a workspace, grouped by what people come for.
var benchTabs = []struct {
	key  string
	tabs []benchTab
}{
	{"", []benchTab{{"", "workspace.home", false}}},
	{"workspace.group.people", []benchTab{
		{"/angebote", "workspace.opportunities", false},
		{"/anfragen", "workspace.requests", false},
		{shiftTab, "shift.title", false},
		{hoursTab, "hours.team.title", false},
		{certificateTab, "certificate.team.title", false},
		{callTab, "call.title", false},
		{directedTab, "directed.title", false},
	}},
	{"workspace.group.public", []benchTab{
		{"/termine", "nav.events", false},
		{"/neuigkeiten", "workspace.news", false},
		{"/nachrichten", "message.title", false},
		{"/wir-bieten", "workspace.offers", false},
	}},
	{"workspace.group.organization", []benchTab{
		{"/team", "workspace.team", false},
		{"/angaben", "workspace.details", true},
		{"/umzug", "move.title", true},
	}},
}

// benchTab is a page of every workspace.
type benchTab struct {
	path, key string
	manager   bool // for managers only
}

// bench finds the organization of the path. Who is not of the team learns nothing of it.
func (s *Server) bench(tx *store.Tx, r *Request) (b bench, err error) {
	if b.Organization, err = tx.OrganizationByCode(r.Var("id")); err != nil {
		return b, err
	}
	id := b.Organization.ID
	if !engagement.Can(r.Actor(), engagement.Read, engagement.Thing{Noun: engagement.AMembership, Organization: id}) {
		return b, engagement.ErrNotFound
	}
	b.Manager = engagement.Can(r.Actor(), engagement.Change, b.Organization.Thing())
	b.Root = "/meine/organisationen/" + b.Organization.Code
	b.Home = r.Path == b.Root
	for _, group := range benchTabs {
		tabs := LinkGroup{Key: group.key}
		for _, tab := range group.tabs {
			if tab.path == "/umzug" && s.wireID(store.NounOrganization, id) == "" {
				continue // there is no other place
			}
			if !tab.manager || b.Manager {
				tabs.Links = append(tabs.Links, Link{Path: b.Root + tab.path, Words: say(tab.key), Current: r.Path == b.Root+tab.path || tab.path != "" && strings.HasPrefix(r.Path, b.Root+tab.path+"/")})
			}
		}
		b.Tabs = append(b.Tabs, tabs)
	}
	return b, nil
}

// viewBench reads the workspace and whatever else a page needs, in one snapshot.
func (s *Server) viewBench(r *Request, more func(*store.Tx, bench) error) (b bench, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		if b, err = s.bench(tx, r); err != nil || more == nil {
			return err
		}
		return more(tx, b)
	})
	return b, err
}

// ---- overview ----

type workspaceListPage struct {
	Page
	Organizations []engagement.Organization
}

func (s *Server) workspaces(w *Response, r *Request) error {
	p := &workspaceListPage{Page: r.Page("account.home.organizations")}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p.Organizations, err = tx.OrganizationsOf(r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

type workspaceHomePage struct {
	Page
	bench
	Open   int // requests that wait for the team
	Live   int
	Drafts int
	Link   string
	Handle string
	Moved  *moveTarget // where the organization is now
	Submit *Action
}

func (s *Server) workspaceHome(w *Response, r *Request) error {
	p := &workspaceHomePage{Page: r.Page("workspace.home")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		requests, err := tx.CountRequests(b.Organization.ID)
		if err != nil {
			return err
		}
		p.Open = requests[engagement.Interested]
		opportunities, err := tx.CountOpportunities(b.Organization.ID)
		p.Live = opportunities[engagement.Published] + opportunities[engagement.Filled]
		p.Drafts = opportunities[engagement.Draft] + opportunities[engagement.NeedsChanges]
		return err
	})
	if err != nil {
		return err
	}
	p.Title, p.Link, p.Handle = p.Organization.Name, organizationPage(p.Organization), "@"+p.Organization.Handle+"@"+s.base.Host
	p.Moved = movedTo(p.Organization)
	if p.Organization.State == engagement.OrganizationDraft && p.Manager {
		a := r.Action(p.Root+"/einreichen", "workspace.submit")
		a.Style = "primary"
		p.Submit = &a
	}
	return w.Page(p)
}

// benchAct runs a rule for the workspace and goes to a path below it.
func (s *Server) benchAct(w *Response, r *Request, to string, rule func(*store.Tx, bench) error) error {
	var b bench
	err := r.update(func(tx *store.Tx) (err error) {
		if b, err = s.bench(tx, r); err != nil {
			return err
		}
		return rule(tx, b)
	})
	if err != nil {
		return err
	}
	return w.SeeOther(b.Root + to)
}

func (s *Server) submitOrganization(w *Response, r *Request) error {
	return s.benchAct(w, r, "", func(tx *store.Tx, b bench) error {
		return engagement.SubmitOrganization(tx, r.Actor(), b.Organization.ID)
	})
}

// ---- registration and details ----

// workspaceFormPage is one form about the organization.
type workspaceFormPage struct {
	Page
	bench
	Lead   Words
	Form   *Form
	Button string
}

// organizationFields are the questions about an organization. The handle is asked once.
func organizationFields(fresh bool) []Field {
	fields := []Field{
		{Name: "name", Label: "workspace.f.name", Need: "error.text.empty", Max: 100, Auto: "organization"},
		{Name: "kind", Kind: Select, Label: "workspace.f.kind", Need: "error.choice.empty", Options: vocabularyOptions(engagement.OrganizationKinds)},
		{Name: "legal_form", Kind: Select, Label: "workspace.f.legal", Need: "error.choice.empty", Options: vocabularyOptions(engagement.LegalForms)},
		{Name: "summary", Kind: Area, Label: "workspace.f.summary", Max: 500, Rows: 3},
		{Name: "description", Kind: Area, Label: "workspace.f.description", Max: 4000},
		{Name: "areas", Kind: Boxes, Label: "workspace.f.areas", Hint: "workspace.f.areas.hint", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Areas)},
		{Name: "place", Label: "search.place", Hint: "workspace.f.place.hint", Need: "error.place.empty", Max: 100},
		{Name: "register", Label: "workspace.f.register", Hint: "workspace.f.register.hint", Max: 200},
		{Name: "web", Label: "workspace.f.web", Max: 200},
		{Name: "contact_role", Label: "workspace.f.role", Hint: "workspace.f.role.hint", Need: "error.text.empty", Max: 100},
		{Name: "contact_mail", Kind: Email, Label: "workspace.f.mail", Hint: "workspace.f.mail.hint", Need: "error.email.empty"},
		{Name: "contact_phone", Kind: Tel, Label: "workspace.f.phone", Max: 50},
		{Name: "protection", Kind: Box, Label: "workspace.f.protection"},
		{Name: "version", Kind: Hidden},
	}
	if !fresh {
		fields = append(fields, Field{Name: "event_notes", Kind: Box, Label: "workspace.f.eventnotes", Hint: "workspace.f.eventnotes.hint"})
	}
	if fresh {
		fields = append(fields, Field{Name: "charter", Kind: Box, Label: "workspace.f.charter", Hint: "workspace.f.charter.hint", Need: "error.charter.empty"})
	}
	return fields
}

// organizationOf reads the form onto an organization. The place must be one that the gazetteer knows.
func (s *Server) organizationOf(f *Form, o engagement.Organization) engagement.Organization {
	o.Name, o.Kind, o.LegalForm = f.Text("name"), engagement.Code(f.Text("kind")), engagement.Code(f.Text("legal_form"))
	o.Summary, o.Description, o.Areas = f.Text("summary"), f.Text("description"), codesOf(f, "areas")
	o.Register, o.Web = f.Text("register"), f.Text("web")
	o.ContactRole, o.ContactMail, o.ContactPhone = f.Text("contact_role"), f.Text("contact_mail"), f.Text("contact_phone")
	o.ChildProtection, o.EventNotes = f.On("protection"), f.On("event_notes")
	if place, ok := s.placeOf(f, "place"); ok {
		o.Place = place
	}
	return o
}

// placeOf is the place that a field names; an unknown one becomes an error of the field.
func (s *Server) placeOf(f *Form, field string) (engagement.Place, bool) {
	text := f.Text(field)
	if text == "" {
		return engagement.Place{}, false
	}
	found := s.places.Lookup(text)
	if len(found) == 0 {
		f.Bad(field, "error.place.unknown", "x", text)
		return engagement.Place{}, false
	}
	return engagement.PlaceOf(found[0]), true
}

func (s *Server) registerOrganization(w *Response, r *Request) error {
	f := r.Form(organizationFields(true))
	if f.OK() {
		s.organizationOf(f, engagement.Organization{})
	}
	if f.OK() {
		return w.Page(&workspaceCheckPage{Page: r.Page("form.check"), Answers: f.Answers(""), Hidden: f.Carry(), edit: r})
	}
	return w.Page(&workspaceFormPage{Page: r.Page("workspace.register.title"), Lead: say("workspace.register.lead"), Form: f, Button: "button.next"})
}

// workspaceCheckPage shows what was answered before it is sent.
type workspaceCheckPage struct {
	Page
	Answers []Answer
	Hidden  []HiddenField
	edit    *Request
}

// EditOnce protects the button that leads back to the form.
func (p *workspaceCheckPage) EditOnce() string {
	if p.edit == nil {
		return ""
	}
	return p.edit.once("/organisation-anmelden")
}

func (s *Server) sendOrganization(w *Response, r *Request) error {
	f := r.Form(organizationFields(true))
	f.Path = "/organisation-anmelden"
	var asked engagement.Organization
	if f.OK() {
		asked = s.organizationOf(f, engagement.Organization{Languages: []string{"de"}})
	}
	if f.OK() {
		var o engagement.Organization // apart from what was asked, which a second run of the transaction needs as it was
		err := r.update(func(tx *store.Tx) (err error) {
			if o, err = engagement.RegisterOrganization(tx, r.Actor(), asked); err != nil {
				return err
			}
			actor, err := tx.Actor(r.Session.Account.ID)
			if err != nil {
				return err
			}
			return engagement.SubmitOrganization(tx, actor, o.ID)
		})
		if err == nil {
			return w.SeeOther("/meine/organisationen/" + o.Code)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(&workspaceFormPage{Page: r.Page("workspace.register.title"), Lead: say("workspace.register.lead"), Form: f, Button: "button.next"})
}

func (s *Server) editOrganization(w *Response, r *Request) error {
	b, err := s.viewBench(r, nil)
	if err != nil {
		return err
	}
	if !b.Manager {
		return engagement.ErrForbidden
	}
	o, f := b.Organization, r.Form(organizationFields(false))
	for field, value := range map[string]string{
		"name": o.Name, "kind": string(o.Kind), "legal_form": string(o.LegalForm), "summary": o.Summary, "description": o.Description,
		"place": o.Place.Locality, "register": o.Register, "web": o.Web, "contact_role": o.ContactRole, "contact_mail": o.ContactMail, "contact_phone": o.ContactPhone,
		"protection": tick(o.ChildProtection), "event_notes": tick(o.EventNotes), "version": strconv.Itoa(o.Version),
	} {
		f.Set(field, value)
	}
	f.Set("areas", texts(o.Areas)...)
	if f.OK() {
		stored := o
		o = s.organizationOf(f, o)
		if f.Text("place") == stored.Place.Locality {
			o.Place = stored.Place
		}
		o.Version = f.Int("version")
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.EditOrganization(tx, r.Actor(), o)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(b.Root)
		case errors.Is(err, engagement.ErrStale):
			f.Conflict(b.Organization.Version, map[string]string{"name": b.Organization.Name, "summary": b.Organization.Summary, "description": b.Organization.Description})
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(&workspaceFormPage{Page: r.Page("workspace.details"), bench: b, Form: f, Button: "button.save"})
}

func tick(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

// ---- opportunities ----

type workspaceOpportunitiesPage struct {
	Page
	bench
	Rows []workspaceOpportunity
}

type workspaceOpportunity struct {
	engagement.Opportunity
	Link    string
	Edit    string // path; empty: cannot be changed any more
	Waiting int    // open requests
	Actions []Action
}

func (s *Server) workspaceOpportunities(w *Response, r *Request) error {
	p := &workspaceOpportunitiesPage{Page: r.Page("workspace.opportunities")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		list, err := tx.OpportunitiesOf(b.Organization.ID)
		if err != nil {
			return err
		}
		waiting, err := tx.CountOpenRequests(b.Organization.ID)
		for _, o := range list {
			if o.State == engagement.Deleted || o.State == engagement.Archived || o.Directed() {
				continue
			}
			row := workspaceOpportunity{Opportunity: o, Link: opportunityPath(o), Waiting: waiting[o.ID]}
			if o.Live() || o.State == engagement.Draft || o.State == engagement.NeedsChanges {
				row.Edit = "/angebot-einstellen/" + o.Code + "/1"
			}
			row.Actions = opportunityActions(r, b, o)
			p.Rows = append(p.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(p.Rows, func(a, b workspaceOpportunity) int { return b.Published.Compare(a.Published) })
	return w.Page(p)
}

// opportunityActions are the buttons beside an opportunity.
func opportunityActions(r *Request, b bench, o engagement.Opportunity) []Action {
	var actions []Action
	for _, a := range []struct {
		act, key, sure string
		shown          bool
	}{
		{"bestaetigen", "workspace.o.confirm", "", o.Live()},
		{"pausieren", "workspace.o.pause", "", o.State == engagement.Published || o.State == engagement.Filled},
		{"fortsetzen", "workspace.o.resume", "", o.State == engagement.Paused},
		{"beenden", "workspace.o.close", "workspace.o.close.sure", o.Live() && o.State != engagement.Expired},
		{"zurueckziehen", "workspace.o.withdraw", "workspace.o.withdraw.sure", b.Manager && (o.Live() || o.State == engagement.Draft || o.State == engagement.Submitted || o.State == engagement.NeedsChanges)},
	} {
		if a.shown {
			action := r.Action(b.Root+"/angebote/"+o.Code+"/"+a.act, a.key)
			action.Sure = a.sure
			actions = append(actions, action)
		}
	}
	return actions
}

func (s *Server) moveOpportunity(w *Response, r *Request) error {
	return s.benchAct(w, r, "/angebote", func(tx *store.Tx, b bench) error {
		o, err := tx.OpportunityByCode(r.Var("opportunity"))
		if err != nil {
			return err
		}
		if o.Organization != b.Organization.ID {
			return engagement.ErrNotFound
		}
		switch r.Var("act") {
		case "bestaetigen":
			_, err = engagement.ConfirmOpportunity(tx, r.Actor(), o.ID)
		case "pausieren", "fortsetzen":
			_, err = engagement.PauseOpportunity(tx, r.Actor(), o.ID, r.Var("act") == "pausieren")
		case "beenden":
			_, err = engagement.CloseOpportunity(tx, r.Actor(), o.ID)
		case "zurueckziehen":
			_, err = engagement.WithdrawOpportunity(tx, r.Actor(), o.ID)
		default:
			err = engagement.ErrNotFound
		}
		return err
	})
}

// ---- requests ----

type workspaceRequestsPage struct {
	Page
	bench
	Groups []turnGroup
}

func (s *Server) workspaceRequests(w *Response, r *Request) error {
	p := &workspaceRequestsPage{Page: r.Page("workspace.requests")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		list, err := tx.RequestsOfOrganization(b.Organization.ID, 200)
		rows, n := make([]requestRow, len(list)), newNames(tx)
		for i, m := range list {
			rows[i] = requestRow{Request: m, Title: n.title(m.Subject()), AnswerBy: m.AnswerBy(*s.instance.Load())}
		}
		p.Groups = byTurn(rows, engagement.OrganizationsTurn, engagement.PersonsTurn)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

type workspaceRequestPage struct {
	Page
	bench
	Request  engagement.MatchRequest
	About    string // title of the opportunity or help offer
	AnswerBy time.Time
	Card     []cardField
	Profile  []profilePart // what the person shows of their profile
	Back     string
	Answers  []Link // what the team can do now
}

// answerAct is one answer.
type answerAct struct {
	act    string
	event  engagement.RequestEvent
	key    string
	ask    bool // which contact fields are wished
	reason bool
	worked bool // from when to when, and how long
}

// answerActs are the answers of an organization: the last part of the path, the event, the words, what is asked.
var answerActs = []answerAct{
	{act: "kontakt", event: engagement.EventAsk, key: "workspace.a.ask", ask: true},
	{act: "zusagen", event: engagement.EventAgree, key: "workspace.a.agree"},
	{act: "gespraech", event: engagement.EventTalk, key: "workspace.a.talk"},
	{act: "schnuppern", event: engagement.EventTry, key: "workspace.a.try"},
	{act: "warteliste", event: engagement.EventWait, key: "workspace.a.wait"},
	{act: "begonnen", event: engagement.EventStart, key: "workspace.a.start"},
	{act: "beenden", event: engagement.EventFinish, key: "workspace.a.finish", worked: true},
	{act: "absagen", event: engagement.EventDecline, key: "workspace.a.decline", reason: true},
	{act: "abbrechen", event: engagement.EventCancel, key: "workspace.a.cancel", reason: true},
	{act: "zurueckziehen", event: engagement.EventWithdraw, key: "workspace.a.withdraw", reason: true},
}

// possible says whether the team can give this answer now.
func (a answerAct) possible(m engagement.MatchRequest, o engagement.Organization) bool {
	return m.Offers(a.event) && !m.FromHome(a.event) && (!o.Stopped() || a.event.Refuses())
}

// teamRequest reads the request of the path for the team. Reading somebody's contact data is recorded for that person.
func (s *Server) teamRequest(r *Request) (p *workspaceRequestPage, err error) {
	p = &workspaceRequestPage{Page: r.Page("workspace.request")}
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		m, err := tx.MatchRequest(engagement.ID(r.Var("request")))
		if err != nil {
			return err
		}
		if !m.OriginHere() || m.Organization != b.Organization.ID || !engagement.Can(r.Actor(), engagement.Read, m.Thing()) {
			return engagement.ErrNotFound
		}
		p.Request, p.AnswerBy = m, m.AnswerBy(*s.instance.Load())
		if engagement.Can(r.Actor(), engagement.Read, m.ContactThing()) {
			p.Card = cardOf(m.Card)
			if p.Profile, err = sharedProfile(tx, r, m); err != nil {
				return err
			}
		}
		if p.About = offerTitle(tx, m); m.Answers() {
			return nil
		}
		o, err := tx.Opportunity(m.Opportunity)
		p.About = o.Title
		if errors.Is(err, engagement.ErrNotFound) || errors.Is(err, engagement.ErrGone) {
			err = nil
		}
		return err
	})
	p.Back = p.Root + "/anfragen/" + string(p.Request.ID)
	return p, err
}

func (s *Server) workspaceRequest(w *Response, r *Request) error {
	p, err := s.teamRequest(r)
	if err != nil {
		return err
	}
	if err := r.update(func(tx *store.Tx) error {
		if err := engagement.SeenRequest(tx, r.Actor(), p.Request.ID); err != nil || len(p.Card) == 0 {
			return err
		}
		return engagement.ReadContact(tx, r.Actor(), p.Request)
	}); err != nil {
		return err
	}
	for _, a := range answerActs {
		if a.possible(p.Request, p.Organization) {
			p.Answers = append(p.Answers, Link{Path: p.Back + "/" + a.act, Words: say(a.key)})
		}
	}
	if p.Request.Via == "fediverse" && !p.Request.State.Final() && !p.Organization.Stopped() {
		p.Answers = append([]Link{{Path: p.Back + "/antworten", Words: say("workspace.a.reply")}}, p.Answers...)
	}
	return w.Page(p)
}

type workspaceAnswerPage struct {
	Page
	bench
	Back        string
	Opportunity string
	Form        *Form
	Button      string
}

func (s *Server) answerRequest(w *Response, r *Request) error {
	p, err := s.teamRequest(r)
	if err != nil {
		return err
	}
	act := r.Var("act")
	i := slices.IndexFunc(answerActs, func(a answerAct) bool { return a.act == act })
	reply := act == "antworten" && p.Request.Via == "fediverse"
	possible := reply && !p.Request.State.Final() || i >= 0 && answerActs[i].possible(p.Request, p.Organization)
	switch {
	case i < 0 && !reply:
		return engagement.ErrNotFound
	case !possible && r.Method != http.MethodPost: // from an old page: the request has moved on, and its page says where to
		return w.SeeOther(p.Back)
	}
	var fields []Field
	key, need := "workspace.a.reply", "error.text.empty"
	answer := engagement.Answer{}
	if !reply {
		a := answerActs[i]
		key, need, answer.Event = a.key, "", a.event
		if a.ask {
			fields = append(fields, Field{Name: "ask", Kind: Boxes, Label: "workspace.ask", Hint: "workspace.ask.hint", Need: "error.choice.empty", Options: []Option{
				{Value: "name", Key: "request.card.name"}, {Value: "email", Key: "request.card.email"}, {Value: "phone", Key: "request.card.phone"},
			}})
		}
		if a.reason {
			var reasons []Option
			for _, c := range engagement.DeclineReasons.With(engagement.FlagOrganization) {
				reasons = append(reasons, Option{Value: string(c), Key: "code.decline_reason." + string(c)})
			}
			fields = append(fields, Field{Name: "reason", Kind: Radio, Label: "workspace.reason", Options: reasons})
		}
		if a.worked {
			fields = append(fields, Field{Name: "from", Kind: Day, Label: "workspace.worked.from"}, Field{Name: "until", Kind: Day, Label: "workspace.worked.until"},
				Field{Name: "hours", Label: "workspace.worked.hours", Max: 8})
		}
	}
	if answer.Event != engagement.EventWithdraw {
		fields = append(fields, Field{Name: "text", Kind: Area, Label: "workspace.words", Hint: "workspace.words.hint", Need: need, Max: engagement.RequestTextLimit, Rows: 4})
	}
	f := r.Form(fields)
	if !possible {
		f.Bad("", "error.answer.late")
	}
	if f.OK() {
		answer.Ask, answer.Reason, answer.Text = f.Texts("ask"), engagement.Code(f.Text("reason")), f.Text("text")
		answer.Worked = engagement.Worked{From: f.Date("from"), Until: f.Date("until"), Hours: hoursOf(f, "hours")}
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) (err error) {
			switch {
			case reply:
				_, err = engagement.ReplyToInterest(tx, r.Actor(), p.Request.ID, answer.Text)
			case answer.Event == engagement.EventWithdraw:
				_, err = engagement.WithdrawAnswer(tx, r.Actor(), p.Request.ID, answer.Reason)
			default:
				_, err = engagement.AnswerRequest(tx, r.Actor(), p.Request.ID, answer)
			}
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(p.Back)
		case errors.Is(err, engagement.ErrConflict):
			f.Bad("", "error.answer.late")
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(&workspaceAnswerPage{Page: r.Page(key), bench: p.bench, Back: p.Back, Opportunity: p.About, Form: f, Button: key})
}

// ---- news ----

type workspaceNewsPage struct {
	Page
	bench
	Form *Form
	Rows []workspaceAnnouncement
}

type workspaceAnnouncement struct {
	NewsItem
	Change                 string // path of the form
	Likes, Shares, Replies int
	Withdraw               *Action
}

func (s *Server) workspaceNews(w *Response, r *Request) error {
	f := r.Form([]Field{newsTextField, newsTitleField, newsTeaserField, newsUrgentField})
	if f.OK() {
		err := s.benchAct(w, r, "/neuigkeiten", func(tx *store.Tx, b bench) error {
			_, err := engagement.Announce(tx, r.Actor(), b.Organization.ID, newsOf(f))
			return err
		})
		if err == nil || !f.Refused(err) {
			return err
		}
	}
	p := &workspaceNewsPage{Page: r.Page("workspace.news"), Form: f}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		list, err := tx.AnnouncementsOf(b.Organization.ID, time.Time{}, 50)
		if err != nil {
			return err
		}
		for _, n := range list {
			row := workspaceAnnouncement{NewsItem: newsItem(n, b.Organization, r.Now), Change: b.Root + "/neuigkeiten/" + n.Code}
			counts, err := tx.CountReactions(n.ID)
			if err != nil {
				return err
			}
			row.Likes, row.Shares, row.Replies = counts[engagement.Like], counts[engagement.Share], counts[engagement.Reply]
			if b.Manager {
				a := r.Action(row.Change+"/zurueckziehen", "workspace.news.withdraw")
				a.Sure = "workspace.news.withdraw.sure"
				row.Withdraw = &a
			}
			p.Rows = append(p.Rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// The questions about a piece of news. One that exists is asked for what its form has.
var (
	newsTextField   = Field{Name: "text", Kind: Area, Label: "workspace.news.text", Hint: "workspace.news.hint", Need: "error.text.empty", Max: engagement.LongAnnouncementLimit}
	newsTitleField  = Field{Name: "title", Label: "workspace.news.title", Hint: "workspace.news.title.hint", Max: engagement.NewsTitleLimit}
	newsTeaserField = Field{Name: "teaser", Kind: Area, Rows: 3, Label: "workspace.news.teaser", Max: engagement.NewsTeaserLimit}
	newsUrgentField = Field{Name: "urgent", As: "urgent_until", Kind: Day, Label: "workspace.news.urgent", Hint: "workspace.news.urgent.hint"}
)

func newsOf(f *Form) engagement.News {
	return engagement.News{Title: f.Text("title"), Teaser: f.Text("teaser"), Text: f.Text("text"), UrgentUntil: f.Date("urgent")}
}

// newsOfBench is the piece of news that the path names, if it is one of the organization and not withdrawn.
func newsOfBench(tx *store.Tx, r *Request, b bench) (engagement.Announcement, error) {
	n, err := tx.AnnouncementByCode(r.Var("news"))
	if err == nil && (n.Organization != b.Organization.ID || n.State != engagement.AnnouncementPublished) {
		return n, engagement.ErrNotFound
	}
	return n, err
}

func (s *Server) editNews(w *Response, r *Request) error {
	var n engagement.Announcement
	b, err := s.viewBench(r, func(tx *store.Tx, b bench) (err error) {
		n, err = newsOfBench(tx, r, b)
		return err
	})
	if err != nil {
		return err
	}
	text, fields := newsTextField, []Field{newsTitleField, newsTeaserField}
	text.Hint = ""
	if n.Long {
		fields[0].Need, fields[0].Hint, fields[1].Need = "error.text.empty", "", "error.text.empty"
		fields = append(fields, text)
	} else {
		text.Max = engagement.AnnouncementLimit
		fields = []Field{text, newsUrgentField}
	}
	f := r.Form(fields)
	for name, value := range map[string]string{"text": n.Text, "title": n.Title, "teaser": n.Teaser, "urgent": string(n.UrgentUntil)} {
		if f.field(name) != nil {
			f.Set(name, value)
		}
	}
	if f.OK() {
		err := s.benchAct(w, r, "/neuigkeiten", func(tx *store.Tx, b bench) error {
			_, err := engagement.EditAnnouncement(tx, r.Actor(), n.ID, newsOf(f))
			return err
		})
		if err == nil || !f.Refused(err) {
			return err
		}
	}
	return w.Page(&workspaceFormPage{Page: r.Page("workspace.news.edit"), bench: b, Form: f, Button: "button.save"})
}

func (s *Server) withdrawNews(w *Response, r *Request) error {
	return s.benchAct(w, r, "/neuigkeiten", func(tx *store.Tx, b bench) error {
		n, err := newsOfBench(tx, r, b)
		if err != nil {
			return err
		}
		return engagement.WithdrawAnnouncement(tx, r.Actor(), n.ID)
	})
}

// ---- team ----

type workspaceTeamPage struct {
	Page
	bench
	Members []teamMember
	Invited []engagement.Token
	Form    *Form // invitation; managers only
}

type teamMember struct {
	Name   string
	Role   engagement.Role
	Self   bool
	Remove *Action
}

func (s *Server) team(w *Response, r *Request) error {
	email := emailField
	email.Label = "workspace.team.email"
	f := r.Form([]Field{email, {Name: "role", Kind: Radio, Label: "workspace.team.role", Need: "error.choice.empty", Options: []Option{
		{Value: string(engagement.Member), Key: "workspace.role.member", Hint: "workspace.role.member.hint"},
		{Value: string(engagement.Manager), Key: "workspace.role.manager", Hint: "workspace.role.manager.hint"},
	}}})
	if f.OK() {
		err := s.benchAct(w, r, "/team", func(tx *store.Tx, b bench) error {
			return engagement.InviteMember(tx, r.Actor(), b.Organization.ID, f.Text("email"), engagement.Role(f.Text("role")), r.Language.Lang)
		})
		switch {
		case err == nil:
			return nil
		case !f.Refused(err):
			return err
		}
	}
	p := &workspaceTeamPage{Page: r.Page("workspace.team"), Form: f}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		members, err := tx.Memberships(b.Organization.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			a, err := tx.Account(m.Account)
			if err != nil {
				return err
			}
			row := teamMember{Name: a.Name, Role: m.Role, Self: a.ID == r.Session.Account.ID}
			if b.Manager || row.Self {
				action := r.Action(b.Root+"/team/"+string(a.ID)+"/entfernen", "workspace.team.remove")
				action.Sure = "workspace.team.remove.sure"
				row.Remove = &action
			}
			p.Members = append(p.Members, row)
		}
		if !b.Manager {
			p.Form = nil
			return nil
		}
		p.Invited, err = tx.TokensFor(b.Organization.ID, engagement.TokenInvite)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

func (s *Server) leaveTeam(w *Response, r *Request) error {
	account := engagement.ID(r.Var("account"))
	to := "/team"
	return s.benchAct(w, r, to, func(tx *store.Tx, b bench) error {
		return engagement.LeaveTeam(tx, r.Actor(), account, b.Organization.ID)
	})
}

// joinTeam is the page of the link in an invitation.
func (s *Server) joinTeam(w *Response, r *Request) error {
	token := r.Var("token")
	p := &workspaceFormPage{Page: r.Page("workspace.join.title"), Form: r.Form(nil), Button: "workspace.join.button"}
	if r.Method == "POST" {
		var o engagement.Organization
		err := r.update(func(tx *store.Tx) error {
			id, err := engagement.JoinTeam(tx, r.Actor(), token)
			if err != nil {
				return err
			}
			o, err = tx.Organization(id)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther("/meine/organisationen/" + o.Code)
		case errors.Is(err, engagement.ErrForbidden):
			p.Form.Bad("", "error.invite.address")
			return w.Page(p)
		}
		return s.expiredLink(w, r, err, "")
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		t, err := tx.Token(engagement.Hash(token), engagement.TokenInvite)
		if err != nil {
			return err
		}
		o, err := tx.Organization(t.Subject)
		p.Lead = say("workspace.join.lead", "name", o.Name)
		return err
	})
	if err != nil {
		return s.expiredLink(w, r, err, "")
	}
	return w.Page(p)
}

// hoursOf reads a number of hours with comma or point; 0 for an empty field. Anything else is an error of the field.
func hoursOf(f *Form, name string) float64 {
	text := f.Text(name)
	if text == "" {
		return 0
	}
	x, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil {
		f.Bad(name, "error.hours.shape")
	}
	return x
}
