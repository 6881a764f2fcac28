package web

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/matching"
	"seestern/store"
)

// callArea is how people of this instance are asked: by an organization from its workspace, by the volunteer center, and by offices. The
// pages are the same; the path says who asks.
var callArea = area{
	name: "call",
	pages: map[string]any{
		"call-list":  callListPage{},
		"call-form":  callFormPage{},
		"call-check": callCheckPage{},
	},
	routes: []route{
		{path: workspace + callTab, get: (*Server).calls, who: signedIn},
		{path: workspace + callTab + "/neu", get: (*Server).writeCall, post: (*Server).writeCall, who: signedIn},
		{path: workspace + callTab + "/pruefen", post: (*Server).sendCall, who: signedIn, limit: rareForms},
		{path: workspace + callTab + oneCall, post: (*Server).moveCall, who: signedIn, ends: true},
		{path: centerCalls, get: (*Server).calls, who: role(engagement.Adviser)},
		{path: centerCalls + "/neu", get: (*Server).writeCall, post: (*Server).writeCall, who: role(engagement.Adviser)},
		{path: centerCalls + "/pruefen", post: (*Server).sendCall, who: role(engagement.Adviser), limit: rareForms},
		{path: centerCalls + oneCall, post: (*Server).moveCall, who: role(engagement.Adviser), ends: true},
	},
}

const (
	callTab     = "/einladen" // in a workspace
	oneCall     = "/{call:[0-9a-f-]{36}}/{act}"
	centerCalls = "/vermittlung/einladen"
	centerList  = 50 // calls
)

// desk is from where people are asked.
type desk struct {
	bench                             // of a workspace
	List    string                    // path of the list
	Way     engagement.Code           // the switch that lets people be reached
	May     bool                      // new ones can be written
	Offices []engagement.Organization // of an officer: the own ones
}

// desk finds who asks by the path.
func (s *Server) desk(tx *store.Tx, r *Request) (d desk, err error) {
	switch {
	case strings.HasPrefix(r.Path, centerCalls):
		d.List, d.Way, d.May = centerCalls, engagement.ByVolunteerCenter, true
	case strings.HasPrefix(r.Path, "/amt/"):
		d.List, d.Way = officeCalls, engagement.ByAdministration
		d.Offices, err = offices(tx, r)
		d.May = len(d.Offices) > 0
	default:
		if d.bench, err = s.bench(tx, r); err != nil {
			return d, err
		}
		d.List, d.Way = d.Root+callTab, engagement.ByOrganizations
		d.May = d.Organization.MayCall(r.Actor(), d.Way)
	}
	return d, err
}

// list are its calls, newest first.
func (d desk) list(tx *store.Tx) (calls []engagement.Call, err error) {
	if d.Way == engagement.ByVolunteerCenter {
		return tx.CallsInWay(d.Way, centerList)
	}
	for _, o := range append([]engagement.Organization{d.Organization}, d.Offices...) {
		more, err := tx.CallsOf(o.ID)
		if err != nil {
			return nil, err
		}
		calls = append(calls, more...)
	}
	return calls, nil
}

// subjects are the opportunities of an organization that people can be asked for; the volunteer center names one itself.
func (d desk) subjects(tx *store.Tx, now time.Time) ([]engagement.Opportunity, error) {
	if d.Organization.ID == "" {
		return nil, nil
	}
	list, err := tx.OpportunitiesOf(d.Organization.ID)
	return slices.DeleteFunc(list, func(o engagement.Opportunity) bool { return o.Directed() || !o.Callable(now) }), err
}

// callListPage are what was asked, and what came of it: never who was asked.
type callListPage struct {
	Page
	desk
	Rows   []callRow
	New    string // key of the button
	Search string // path of the search for expertise; empty: it is not for the reader
}

type callRow struct {
	engagement.Call
	Opportunity engagement.Opportunity
	By          string // organization
	Link        string // page of a public opportunity
	Answers     int    // requests of people who said yes
	Requests    string // path where they are; empty: it is not for the reader
	Reach       Words
	Actions     []Action
}

func (s *Server) calls(w *Response, r *Request) error {
	p := &callListPage{Page: r.Page("call.title"), New: "call.new"}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if p.desk, err = s.desk(tx, r); err != nil {
			return err
		}
		if p.Way == engagement.ByAdministration {
			p.Page, p.New, p.Search = r.Page("office.calls"), "office.new", officeSearch
		}
		calls, err := p.list(tx)
		for _, c := range calls {
			if !engagement.Can(r.Actor(), engagement.Read, c.Thing()) {
				continue
			}
			row, err := p.row(tx, r, c)
			if err != nil {
				return err
			}
			p.Rows = append(p.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

func (d desk) row(tx *store.Tx, r *Request, c engagement.Call) (row callRow, err error) {
	row.Call = c
	if row.Opportunity, err = tx.Opportunity(c.Opportunity); err != nil {
		return row, err
	}
	org, err := tx.Organization(c.Organization)
	if err != nil {
		return row, err
	}
	row.By = org.Name
	if row.Opportunity.Thing().Public {
		row.Link = opportunityPath(row.Opportunity)
	}
	if row.Reach, err = invitedRoughly(tx, c); err != nil {
		return row, err
	}
	requests, err := tx.RequestsFor(c.Opportunity)
	for _, m := range requests {
		if m.Direction == "invitation" && !m.State.Final() && !m.Created.Before(c.Created) {
			row.Answers++
		}
	}
	if r.Actor().Of(org.ID) {
		row.Requests = "/meine/organisationen/" + org.Code + "/anfragen"
	}
	base := d.List + "/" + string(c.ID)
	if c.State == engagement.CallAwaiting && engagement.Can(r.Actor(), engagement.Decide, c.Thing()) && c.Account != r.Actor().Account {
		a := r.Action(base+"/freigeben", "call.release")
		a.Style = "primary"
		row.Actions = append(row.Actions, a)
	}
	if c.Open() && engagement.Can(r.Actor(), engagement.Change, c.Thing()) {
		a := r.Action(base+"/beenden", "directed.close")
		a.Sure = "directed.close.sure"
		row.Actions = append(row.Actions, a)
	}
	return row, err
}

// invitedRoughly says how many people were asked.
func invitedRoughly(tx *store.Tx, c engagement.Call) (Words, error) {
	list, err := tx.InvitationsTo(c.Opportunity)
	if err != nil {
		return Words{}, err
	}
	var people []engagement.ID
	for _, i := range list {
		if i.Call == c.ID {
			people = append(people, i.Account)
		}
	}
	if n := engagement.Roughly(tx, people); n > 0 {
		return say("call.reached.about", "n", strconv.Itoa(n)), nil
	}
	return say("call.reached.few"), nil
}

// narrowFields are the questions that narrow whom something fits.
func narrowFields() []Field {
	radiuses := make([]Option, len(engagement.CallRadiuses))
	for i, km := range engagement.CallRadiuses {
		text := strconv.FormatFloat(km, 'f', -1, 64)
		radiuses[i] = Option{Value: text, Text: text + " km"}
	}
	return []Field{
		{Name: "skill", Kind: Select, Label: "call.f.skill", Options: groupedOptions(engagement.Skills, engagement.SkillGroups)},
		{Name: "radius", Kind: Select, Label: "call.f.radius", Hint: "call.f.radius.hint", Options: radiuses},
		{Name: "time", Kind: Select, Label: "call.f.time", Options: vocabularyOptions(engagement.TimeFilters)},
		{Name: "language", Kind: Select, Label: "call.f.language", Options: vocabularyOptions(engagement.Languages)},
	}
}

// narrowOf reads them; places are where the radius may be around.
func narrowOf(f *Form, places []engagement.Place) (c engagement.Criteria) {
	c.Skill, c.Language, c.Time = engagement.Code(f.Text("skill")), engagement.Code(f.Text("language")), engagement.Code(f.Text("time"))
	km, _ := strconv.ParseFloat(f.Text("radius"), 64) // one of the options
	switch {
	case km == 0:
	case len(places) == 0:
		f.Bad("radius", "error.place.empty")
	default:
		c.RadiusKM, c.Near, c.Where = km, places[0].Public().Point, places[0].Locality
	}
	return c
}

// callFields are the questions of a call for an opportunity that there is.
func (d desk) callFields(subjects []engagement.Opportunity, now time.Time) []Field {
	about := Field{Name: "angebot", Label: "call.f.opportunity", Hint: "call.f.opportunity.hint", Need: "error.text.empty", Max: 300}
	if d.Organization.ID != "" {
		about.Kind, about.Hint, about.Need = Select, "", "error.choice.empty"
		for _, o := range subjects {
			about.Options = append(about.Options, Option{Value: o.Code, Text: o.Title})
		}
	}
	fields := append([]Field{about}, narrowFields()...)
	fields = append(fields, Field{Name: "place", As: "places", Label: "call.f.place", Hint: "call.f.place.hint", Max: 100})
	_, last := engagement.DirectedDays(now)
	return append(fields,
		Field{Name: "text", Kind: Area, Label: "call.f.text", Hint: "call.f.text.hint", Max: 1000, Rows: 4},
		Field{Name: "ask", Kind: Boxes, Label: "directed.f.ask", Hint: "directed.f.ask.hint", Need: "error.choice.empty", Options: cardOptions()},
		Field{Name: "until", Kind: Day, Label: "directed.f.until", Hint: "directed.f.until.hint", Args: pairs([]any{"day", string(last)}), Need: "error.date.empty"},
	)
}

// callFormPage is the form of a call.
type callFormPage struct {
	Page
	desk
	Lead Words
	Form *Form // nil: there is nothing to write
}

// draftCall is what somebody wrote, with the opportunity it is for.
type draftCall struct {
	engagement.Call
	about engagement.Opportunity
}

// drafted is the call of a form with all whom it fits; none if the form is wrong.
func (s *Server) drafted(tx *store.Tx, f *Form, d desk) (c draftCall, people []engagement.ID, err error) {
	if c, err = s.draftOf(tx, f, d); err != nil || !f.OK() {
		return c, nil, err
	}
	people, err = s.fits(tx, c.Way, c.about, c.Narrow)
	return c, people, err
}

// draftOf reads the form of a call and finds its opportunity.
func (s *Server) draftOf(tx *store.Tx, f *Form, d desk) (c draftCall, err error) {
	code := strings.TrimRight(f.Text("angebot"), "/")
	if i := strings.LastIndex(code, "/a/"); i >= 0 {
		code = code[i+len("/a/"):]
	}
	if i := strings.LastIndex(code, "/angebote/"); i >= 0 {
		code, _, _ = strings.Cut(code[i+len("/angebote/"):], "-")
	}
	c.about, err = tx.OpportunityByCode(code)
	if errors.Is(err, engagement.ErrNotFound) || err == nil && (!c.about.Local() || d.Organization.ID != "" && c.about.Organization != d.Organization.ID) {
		f.Bad("angebot", "error.call.opportunity")
		return c, nil
	}
	c.Opportunity, c.Way, c.Text, c.Ask = c.about.ID, d.Way, f.Text("text"), f.Texts("ask")
	places := c.about.Places
	if f.Text("place") != "" {
		place, _ := s.placeOf(f, "place")
		places = []engagement.Place{place}
	}
	c.Narrow = narrowOf(f, places)
	if day := f.Date("until"); day != "" {
		c.Until = day.Time().Add(12 * time.Hour)
	}
	return c, err
}

// fits are all people whom an opportunity and the criteria fit, of those that can be reached in the way of a switch.
func (s *Server) fits(tx *store.Tx, way engagement.Code, o engagement.Opportunity, narrow engagement.Criteria) ([]engagement.ID, error) {
	o.State, o.Published, o.Confirmed = engagement.Published, tx.Now(), tx.Now() // as it will be
	list, err := candidates(tx, []*engagement.Opportunity{&o})
	if err != nil {
		return nil, err
	}
	profiles, err := tx.ReachableProfiles(way)
	return matching.Whom(matching.Default().For(*s.instance.Load()), list[0], matching.Narrow(narrow, profiles), tx.Now()), err
}

// callCheckPage shows what was written before it is sent, roughly how many people it fits, and what they will see.
type callCheckPage struct {
	Page
	desk
	Answers []Answer
	Hidden  []HiddenField
	Reach   Words
	Alone   bool     // no second person is needed
	Hosts   []string // names of partner pages that are asked, too
	Asked   appeal
	edit    *Request
}

// EditOnce protects the button that leads back to the form.
func (p *callCheckPage) EditOnce() string { return p.once("/neu") }

// SendOnce protects the button that sends.
func (p *callCheckPage) SendOnce() string { return p.once("/pruefen") }

func (p *callCheckPage) once(path string) string {
	if p.edit == nil {
		return ""
	}
	return p.edit.once(p.List + path)
}

// fitsRoughly says how many people something fits.
func fitsRoughly(n int) Words {
	if n == 0 {
		return say("call.fits.few")
	}
	return say("call.fits.about", "n", strconv.Itoa(n))
}

// callForm is the desk with the form for it.
func (s *Server) callForm(r *Request) (d desk, f *Form, err error) {
	var subjects []engagement.Opportunity
	err = s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if d, err = s.desk(tx, r); err != nil {
			return err
		}
		subjects, err = d.subjects(tx, r.Now)
		return err
	})
	if err != nil || !d.May || d.Organization.ID != "" && len(subjects) == 0 {
		return d, nil, err
	}
	f = r.Form(d.callFields(subjects, r.Now))
	f.Path = d.List + "/neu"
	return d, f, nil
}

func (s *Server) writeCall(w *Response, r *Request) error {
	d, f, err := s.callForm(r)
	if err != nil {
		return err
	}
	p := &callFormPage{Page: r.Page("call.new"), desk: d, Lead: say("call.lead"), Form: f}
	if f == nil {
		p.Lead = say("call.none")
		return w.Page(p)
	}
	f.Set("angebot", r.URL.Query().Get("angebot"))
	f.Set("ask", "name", "email")
	if f.OK() {
		check, err := s.checkCall(r, d, f)
		if err != nil || check != nil {
			return errors.Join(err, w.show(check))
		}
	}
	return w.Page(p)
}

// show is Page for what may be nothing.
func (w *Response) show(p *callCheckPage) error {
	if p == nil {
		return nil
	}
	return w.Page(p)
}

// checkCall is the page before sending; nil if the form says what is wrong.
func (s *Server) checkCall(r *Request, d desk, f *Form) (*callCheckPage, error) {
	p := &callCheckPage{Page: r.Page("form.check"), desk: d, edit: r}
	err := r.update(func(tx *store.Tx) error {
		c, people, err := s.drafted(tx, f, d)
		if err != nil || !f.OK() {
			return err
		}
		if c.Call, err = engagement.PrepareCall(tx, r.Actor(), c.Call, people); err != nil {
			return err
		}
		p.Reach, p.Alone = fitsRoughly(c.Rough), c.Alone()
		p.Asked, err = askedFor(tx, c.Call, c.about)
		return err
	})
	if !f.OK() || callRefused(f, err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p.Answers, p.Hidden = f.Answers(""), f.Carry()
	return p, nil
}

// callRefused turns what a rule says against a call into words.
func callRefused(f *Form, err error) bool {
	if errors.Is(err, engagement.ErrConflict) {
		f.Bad("angebot", "error.call.over")
		return true
	}
	return f.Refused(err)
}

func (s *Server) sendCall(w *Response, r *Request) error {
	d, f, err := s.callForm(r)
	if err != nil {
		return err
	}
	if f == nil {
		return engagement.ErrForbidden
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			c, people, err := s.drafted(tx, f, d)
			if err != nil || !f.OK() {
				return err
			}
			_, err = engagement.SendCall(tx, r.Actor(), c.Call, people)
			return err
		})
		switch {
		case err == nil && f.OK():
			return w.SeeOther(d.List)
		case err != nil && !callRefused(f, err):
			return err
		}
	}
	return w.Page(&callFormPage{Page: r.Page("call.new"), desk: d, Lead: say("call.lead"), Form: f})
}

func (s *Server) moveCall(w *Response, r *Request) error {
	var d desk
	err := r.update(func(tx *store.Tx) (err error) {
		if d, err = s.desk(tx, r); err != nil {
			return err
		}
		c, err := tx.Call(engagement.ID(r.Var("call")))
		if err != nil {
			return err
		}
		if d.Organization.ID != "" && c.Organization != d.Organization.ID {
			return engagement.ErrNotFound
		}
		switch r.Var("act") {
		case "freigeben":
			_, err = engagement.ReleaseCall(tx, r.Actor(), c.ID)
		case "beenden":
			_, err = engagement.StopCall(tx, r.Actor(), c.ID)
		default:
			err = engagement.ErrNotFound
		}
		return err
	})
	if err != nil && !errors.Is(err, engagement.ErrConflict) { // somebody else was faster
		return err
	}
	return w.SeeOther(d.List)
}

// mayCallFor is the path of the form for an opportunity, for who may have people asked for it; empty for everybody else.
func mayCallFor(r *Request, o engagement.Opportunity, org engagement.Organization) string {
	query := "/neu?angebot=" + o.Code
	switch {
	case !o.Callable(r.Now):
		return ""
	case org.MayCall(r.Actor(), engagement.ByOrganizations):
		return "/meine/organisationen/" + org.Code + callTab + query
	case org.MayCall(r.Actor(), engagement.ByVolunteerCenter):
		return centerCalls + query
	}
	return ""
}
