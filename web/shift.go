package web

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// shiftArea is where the team of an organization plans shifts, sees who comes and records who was there (shiftsignup.go), and says what
// one person does (assignment.go).
var shiftArea = area{
	name: "shift",
	pages: map[string]any{
		"shift-bench": shiftBenchPage{}, "shift-edit": shiftEditPage{}, "shift-team": shiftTeamPage{}, "shift-list": shiftListPage{},
		"shift-attendance": attendancePage{}, "shift-assignment": assignmentPage{},
	},
	routes: []route{
		{path: workspace + shiftTab, get: (*Server).shiftBench, who: signedIn},
		{path: workspace + shiftTab + "/schichten", get: (*Server).shiftBench, who: signedIn},
		{path: workspace + shiftTab + "/schichten/neu", get: (*Server).planShift, post: (*Server).planShift, who: signedIn},
		{path: workspaceShift, get: (*Server).shiftTeam, post: (*Server).shiftTeam, who: signedIn},
		{path: workspaceShift + "/aendern", get: (*Server).editShift, post: (*Server).editShift, who: signedIn},
		{path: workspaceShift + "/liste", get: (*Server).shiftList, who: signedIn},
		{path: workspaceShift + "/{act}", post: (*Server).cancelShift, who: signedIn, ends: true},
		{path: workspaceShift + "/{coming:[0-9a-f-]{36}}/{act}", post: (*Server).moveComing, who: signedIn, ends: true},
		{path: workspace + shiftTab + "/anwesenheit", get: (*Server).shiftBench, who: signedIn},
		{path: workspace + shiftTab + "/anwesenheit/{shift:[0-9a-f-]{36}}", get: (*Server).attendance, post: (*Server).attendance, who: signedIn},
		{path: workspaceAssignment, get: (*Server).assignment, post: (*Server).assignment, who: signedIn},
		{path: workspaceAssignment + "/{act}", post: (*Server).pauseAssignment, who: signedIn},
	},
}

const (
	shiftTab            = "/einsaetze"
	workspaceShift      = workspace + shiftTab + "/schichten/{shift:[0-9a-f-]{36}}"
	workspaceAssignment = workspace + shiftTab + "/{request:[0-9a-f-]{36}}"
)

// shiftItem is a shift as lists show it.
type shiftItem struct {
	engagement.Shift
	When  string // day and time
	Title string // of the opportunity
	Where string
	Free  Words
	Path  string
	Open  int // sign-ups of which nobody has recorded what came of them
}

// shiftItem describes a shift of an opportunity.
func (r *Request) shiftItem(s engagement.Shift, o engagement.Opportunity) shiftItem {
	item := shiftItem{Shift: s, When: r.format().stretch(s.Starts, s.Ends), Title: o.Title, Where: shiftPlace(s, o)}
	switch free := s.Free(); {
	case s.State == engagement.ShiftCanceled:
		item.Free = say("shift.canceled")
	case free == 0 && s.Waitlist:
		item.Free = say("shift.full.waitlist")
	case free == 0:
		item.Free = say("shift.full")
	default:
		item.Free = say("shift.free", "n", free, "m", s.Capacity)
	}
	return item
}

// shiftPlace is where a shift is: a place of its own, or the first of the opportunity.
func shiftPlace(s engagement.Shift, o engagement.Opportunity) string {
	if s.Place != (engagement.Place{}) {
		o.Places = []engagement.Place{s.Place}
	}
	if lines := placeLines(o); len(lines) > 0 {
		return lines[0]
	}
	return ""
}

// shiftOpportunity is the opportunity of a shift; opportunities that were read before are not read again.
func shiftOpportunity(tx *store.Tx, known map[engagement.ID]engagement.Opportunity, id engagement.ID) (engagement.Opportunity, error) {
	if o, ok := known[id]; ok {
		return o, nil
	}
	o, err := tx.Opportunity(id)
	known[id] = o
	return o, err
}

// shiftBenchPage are the shifts of an organization, and the people with whom it has agreed on something.
type shiftBenchPage struct {
	Page
	bench
	Part   string // "": overview; "schichten": all shifts; "anwesenheit": those that are over
	Next   []shiftItem
	Over   []shiftItem
	Open   int // shifts of which attendance is to be recorded
	More   int // shifts to come that are not shown
	People []assignmentRow
	Plan   string // path of the form; empty: there is no opportunity to plan for
}

type assignmentRow struct {
	Path, Name, Title, Role string
	State                   engagement.AssignmentState
	Elsewhere               string // host of a partner instance; empty: this one
}

// benchShifts is how many shifts to come the overview shows.
const benchShifts = 8

func (s *Server) shiftBench(w *Response, r *Request) error {
	p := &shiftBenchPage{Page: r.Page("shift.title")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		p.Next, p.Over, p.Open, p.More, p.People, p.Plan = nil, nil, 0, 0, nil, ""
		p.Part = strings.TrimPrefix(strings.TrimPrefix(r.Path, b.Root+shiftTab), "/")
		known := map[engagement.ID]engagement.Opportunity{}
		list, err := tx.ShiftsOf(b.Organization.ID, r.Now.Add(-engagement.ShiftLife), r.Now.AddDate(3, 0, 0))
		if err != nil {
			return err
		}
		for _, shift := range list {
			if err := p.add(tx, r, b, known, shift); err != nil {
				return err
			}
		}
		slices.Reverse(p.Over)
		if p.Part == "" && len(p.Next) > benchShifts {
			p.More, p.Next = len(p.Next)-benchShifts, p.Next[:benchShifts]
		}
		if p.Part == "" {
			if err := p.people(tx, b, known); err != nil {
				return err
			}
		}
		opportunities, err := tx.OpportunitiesOf(b.Organization.ID)
		if slices.ContainsFunc(opportunities, engagement.Opportunity.Plannable) {
			p.Plan = b.Root + shiftTab + "/schichten/neu"
		}
		return err
	})
	if err != nil {
		return err
	}
	switch p.Part {
	case "schichten":
		p.Title = r.T("shift.all")
	case "anwesenheit":
		p.Title = r.T("shift.attendance")
	}
	return w.Page(p)
}

// add shows a shift where it belongs.
func (p *shiftBenchPage) add(tx *store.Tx, r *Request, b bench, known map[engagement.ID]engagement.Opportunity, s engagement.Shift) error {
	o, err := shiftOpportunity(tx, known, s.Opportunity)
	if err != nil || !o.Plannable() {
		return err
	}
	item := r.shiftItem(s, o)
	item.Path = b.Root + shiftTab + "/schichten/" + string(s.ID)
	if !s.Over(r.Now) {
		p.Next = append(p.Next, item)
		return nil
	}
	if s.State != engagement.ShiftPlanned {
		return nil
	}
	list, err := tx.ShiftSignUpsFor(s.ID)
	for _, u := range list {
		if u.State.Comes() {
			item.Open++
		}
	}
	if item.Open > 0 {
		p.Open++
	}
	if p.Part != "schichten" {
		item.Path = b.Root + shiftTab + "/anwesenheit/" + string(s.ID)
	}
	p.Over = append(p.Over, item)
	return err
}

// people are those with an agreement.
func (p *shiftBenchPage) people(tx *store.Tx, b bench, known map[engagement.ID]engagement.Opportunity) error {
	list, err := tx.AgreedWith(b.Organization.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		if !m.TakesShifts() {
			continue
		}
		o, err := shiftOpportunity(tx, known, m.Opportunity)
		if err != nil {
			return err
		}
		p.People = append(p.People, assignmentRow{
			Path: b.Root + shiftTab + "/" + string(m.ID), Name: helperName(m), Title: o.Title, Role: m.Assignment.Role, State: m.AssignmentState(), Elsewhere: m.Home,
		})
	}
	return nil
}

// helperName is what the organization calls somebody: by the name they released, else by the number of the request.
func helperName(m engagement.MatchRequest) string { return cmp.Or(m.Card["name"], m.Number) }

// ---- one shift: when and where ----

// shiftEditPage is the form about a shift.
type shiftEditPage struct {
	Page
	bench
	Form  *Form
	Fresh bool
	Back  string
}

// shiftQuestions are about a shift itself.
var shiftQuestions = []Field{
	{Name: "starts_on", As: "starts", Kind: Day, Label: "shift.f.day", Need: "error.date.empty"},
	{Name: "starts_at", Label: "event.f.starts.at", Hint: "event.f.clock.hint", Need: "error.clock.shape", Max: 9},
	{Name: "ends_at", As: "ends", Label: "event.f.ends.at", Hint: "shift.f.ends.hint", Need: "error.clock.shape", Max: 9},
	{Name: "capacity", Kind: Number, Label: "shift.f.capacity", Need: "error.number.shape"},
	{Name: "least", Kind: Number, Label: "shift.f.least", Hint: "shift.f.least.hint"},
	{Name: "waitlist", Kind: Box, Label: "shift.f.waitlist", Hint: "shift.f.waitlist.hint"},
	{Name: "quit", Kind: Number, Label: "shift.f.quit", Hint: "shift.f.quit.hint", Need: "error.number.shape"},
}

// shiftPlaceQuestions are folded away: most shifts are where the opportunity is.
var shiftPlaceQuestions = []Field{
	{Name: "place", Label: "search.place", Hint: "posting.place.hint", Max: 100},
	{Name: "name", Label: "event.f.house", Hint: "event.f.house.hint", Max: 100},
	{Name: "street", Label: "posting.street", Max: 100},
	{Name: "house", Label: "posting.house", Max: 20},
}

var shiftScopeQuestion = Field{Name: "scope", Kind: Radio, Label: "shift.f.scope", Need: "error.choice.empty", Options: []Option{
	{Value: "diese", Key: "shift.f.scope.one"},
	{Value: "folgende", Key: "shift.f.scope.all"},
}}

// Asked, Elsewhere and Again are the fields about the shift itself, another place, and when there are more of them.
func (p *shiftEditPage) Asked() []*FieldView {
	return p.views(func(name string) bool {
		return !in(shiftPlaceQuestions, name) && !in(seriesQuestions, name)
	})
}

func (p *shiftEditPage) Elsewhere() []*FieldView {
	return p.views(func(name string) bool { return in(shiftPlaceQuestions, name) })
}

func (p *shiftEditPage) Again() []*FieldView {
	return p.views(func(name string) bool { return in(seriesQuestions, name) })
}

func in(fields []Field, name string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name })
}

func (p *shiftEditPage) views(which func(name string) bool) (views []*FieldView) {
	for _, v := range p.Form.All() {
		if which(v.Name) {
			views = append(views, v)
		}
	}
	return views
}

// Answered says whether something is answered in folded fields, or wrong.
func (p *shiftEditPage) Answered(views []*FieldView) bool {
	return slices.ContainsFunc(views, func(v *FieldView) bool { return v.Value != "" || v.Error != nil })
}

// shiftOf reads the form onto a shift. One that ends before it begins goes on until the next day.
func (s *Server) shiftOf(f *Form, shift engagement.Shift) engagement.Shift {
	day := f.Date("starts_on")
	shift.Starts, shift.Ends = instantOf(f, day, "starts_at"), instantOf(f, day, "ends_at")
	if shift.Ends.Before(shift.Starts) && !shift.Ends.IsZero() {
		shift.Ends = instantOf(f, day.Add(1), "ends_at")
	}
	shift.Capacity, shift.Least, shift.Waitlist, shift.QuitHours = f.Int("capacity"), f.Int("least"), f.On("waitlist"), f.Int("quit")
	place := engagement.Place{}
	if f.Text("place") == shift.Place.Locality && shift.Place.Known() {
		place = shift.Place
	} else if found, ok := s.placeOf(f, "place"); ok {
		place = found
	}
	if place != (engagement.Place{}) {
		place.Name, place.Street, place.House, place.Precision = f.Text("name"), f.Text("street"), f.Text("house"), "genau"
	} else if f.Text("name")+f.Text("street")+f.Text("house") != "" && len(f.Errors) == 0 {
		f.Bad("place", "error.place.empty")
	}
	shift.Place = place
	return shift
}

// setShift fills the form.
func setShift(f *Form, s engagement.Shift) {
	for name, value := range map[string]string{
		"capacity": countText(s.Capacity), "waitlist": tick(s.Waitlist), "quit": strconv.Itoa(s.QuitHours), "place": s.Place.Locality, "name": s.Place.Name,
		"street": s.Place.Street, "house": s.Place.House, "version": countText(s.Version), "scope": "diese",
	} {
		if f.field(name) != nil {
			f.Set(name, value)
		}
	}
	if s.Least > 0 {
		f.Set("least", strconv.Itoa(s.Least))
	}
	if !s.Starts.IsZero() {
		f.Set("starts_on", string(engagement.DateOf(s.Starts)))
		f.Set("starts_at", s.Starts.In(engagement.Berlin()).Format("15:04"))
		f.Set("ends_at", s.Ends.In(engagement.Berlin()).Format("15:04"))
	}
}

// planShift makes a shift, or several.
func (s *Server) planShift(w *Response, r *Request) error {
	p := &shiftEditPage{Page: r.Page("shift.plan"), Fresh: true}
	which := Field{Name: "angebot", Kind: Select, Label: "shift.f.opportunity", Need: "error.choice.empty"}
	ids := map[string]engagement.ID{}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		which.Options = nil
		list, err := tx.OpportunitiesOf(b.Organization.ID)
		for _, o := range list {
			if o.Plannable() && !o.Over(r.Now) {
				which.Options = append(which.Options, Option{Value: o.Code, Text: o.Title})
				ids[o.Code] = o.ID
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Back = p.Root + shiftTab
	if len(which.Options) == 0 {
		return w.SeeOther(p.Back)
	}
	which.Always = len(which.Options) == 1
	p.Form = r.Form(slices.Concat([]Field{which}, shiftQuestions, shiftPlaceQuestions, seriesQuestions))
	f := p.Form
	setShift(f, engagement.Shift{Capacity: 1, Waitlist: true, QuitHours: engagement.ShiftQuitHours})
	if chosen := r.URL.Query().Get("angebot"); ids[chosen] != "" {
		f.Set("angebot", chosen)
	} else if which.Always {
		f.Set("angebot", which.Options[0].Value)
	}
	shift := engagement.Shift{Opportunity: ids[f.Text("angebot")]}
	var rule engagement.Recurrence
	var times int
	if f.OK() {
		shift = s.shiftOf(f, shift)
		rule, times = recurrenceOf(f)
	}
	if f.OK() {
		var made engagement.Shift
		err := r.update(func(tx *store.Tx) (err error) {
			made, err = engagement.PlanShift(tx, r.Actor(), shift, rule, times)
			return err
		})
		if err == nil {
			return w.SeeOther(p.Root + shiftTab + "/schichten/" + string(made.ID))
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

// shiftOfBench is the shift that the path names, with its opportunity, if it is one of the organization.
func shiftOfBench(tx *store.Tx, r *Request, b bench) (s engagement.Shift, o engagement.Opportunity, err error) {
	if s, err = tx.Shift(engagement.ID(r.Var("shift"))); err != nil {
		return s, o, err
	}
	if s.Organization != b.Organization.ID {
		return s, o, engagement.ErrNotFound
	}
	o, err = tx.Opportunity(s.Opportunity)
	return s, o, err
}

func (s *Server) editShift(w *Response, r *Request) error {
	p := &shiftEditPage{Page: r.Page("shift.edit")}
	var shift engagement.Shift
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) (err error) {
		shift, _, err = shiftOfBench(tx, r, b)
		return err
	})
	if err != nil {
		return err
	}
	p.Back = p.Root + shiftTab + "/schichten/" + string(shift.ID)
	if !shift.Ahead(r.Now) {
		return w.SeeOther(p.Back)
	}
	fields := slices.Concat(shiftQuestions, shiftPlaceQuestions, []Field{versionField})
	if shift.Series != "" {
		fields = append(fields, shiftScopeQuestion)
	}
	p.Form = r.Form(fields)
	f := p.Form
	setShift(f, shift)
	changed := shift
	if f.OK() {
		changed = s.shiftOf(f, shift)
		changed.Version = f.Int("version")
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.EditShift(tx, r.Actor(), changed, shift.Series != "" && f.Text("scope") == "folgende")
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(p.Back)
		case errors.Is(err, engagement.ErrStale):
			f.Conflict(shift.Version, map[string]string{"capacity": strconv.Itoa(shift.Capacity)})
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(p)
}

func (s *Server) cancelShift(w *Response, r *Request) error {
	following, known := map[string]bool{"absagen": false, "absagen-folgende": true}[r.Var("act")]
	if !known {
		return engagement.ErrNotFound
	}
	return s.benchAct(w, r, shiftTab, func(tx *store.Tx, b bench) error {
		shift, _, err := shiftOfBench(tx, r, b)
		if err != nil {
			return err
		}
		_, err = engagement.CancelShift(tx, r.Actor(), shift.ID, following)
		return err
	})
}
