package web

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// postingArea is "Angebot einstellen": four short pages, each saved when it is left, and the last one shows everything before it is
// published. The same pages change an opportunity later.
var postingArea = area{
	name: "posting",
	pages: map[string]any{
		"posting-start": postingStartPage{},
		"posting-form":  postingFormPage{},
		"posting-check": postingCheckPage{},
		"posting-done":  postingDonePage{},
	},
	routes: []route{
		{path: "/angebot-einstellen", get: (*Server).startPosting},
		{path: "/angebot-einstellen/neu/" + codeVar, get: (*Server).newPosting, post: (*Server).newPosting, who: signedIn},
		{path: posting + "/{step:[123]}", get: (*Server).editPosting, post: (*Server).editPosting, who: signedIn},
		{path: posting + "/4", get: (*Server).checkPosting, post: (*Server).checkPosting, who: signedIn},
		{path: posting + "/fertig", get: (*Server).donePosting, who: signedIn},
	},
}

const posting = "/angebot-einstellen/" + codeVar

// postingStartPage tells visitors what it takes, and lets people choose among their organizations.
type postingStartPage struct {
	Page
	Organizations []engagement.Organization
}

func (s *Server) startPosting(w *Response, r *Request) error {
	p := &postingStartPage{Page: r.Page("nav.post")}
	if r.Session == nil {
		return w.Page(p)
	}
	if code := r.URL.Query().Get("organisation"); len(code) == 8 {
		return w.SeeOther("/angebot-einstellen/neu/" + code)
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p.Organizations, err = tx.OrganizationsOf(r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Organizations) == 1 {
		return w.SeeOther("/angebot-einstellen/neu/" + p.Organizations[0].Code)
	}
	return w.Page(p)
}

// postingFormPage is one of the three pages with questions.
type postingFormPage struct {
	Page
	Organization engagement.Organization
	Form         *Form
	Step         int
	Week         *week // step 2
	Live         bool  // it is public: saving changes it at once
	Back         string
}

// Steps is how many pages there are.
func (p *postingFormPage) Steps() int { return 4 }

// steps are the questions of the three pages.
func (s *Server) steps(step string) []Field {
	version := Field{Name: "version", Kind: Hidden}
	switch step {
	case "1":
		return []Field{
			{Name: "title", Label: "posting.title", Hint: "posting.title.hint", Need: "error.text.empty", Max: 80},
			{Name: "summary", Label: "posting.summary", Max: 200},
			{Name: "description", Kind: Area, Label: "posting.description", Hint: "posting.description.hint", Max: 4000, Rows: 10, Quiet: true},
			{Name: "areas", Kind: Boxes, Label: "posting.areas", Hint: "posting.areas.hint", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Areas)},
			{Name: "topics", Kind: Boxes, Label: "posting.topics", Hint: "posting.topics.hint", Options: groupedOptions(engagement.Topics, engagement.Areas)},
			{Name: "activities", Kind: Boxes, Label: "posting.activities", Hint: "posting.activities.hint", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Activities)},
			{Name: "target_groups", Kind: Boxes, Label: "posting.targets", Hint: "posting.topics.hint", Options: folded(vocabularyOptions(engagement.TargetGroups))},
			version,
		}
	case "2":
		fields := []Field{
			{Name: "commitment", Kind: Radio, Label: "posting.commitment", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Commitments)},
			{Name: "rhythm", Kind: Select, Label: "posting.rhythm", Options: vocabularyOptions(engagement.Rhythms)},
			{Name: "hours_min", As: "hours", Label: "posting.hours.min", Hint: "posting.hours.hint", Max: 5},
			{Name: "hours_max", Label: "posting.hours.max", Max: 5},
			{Name: "slots", As: "grid", Kind: Boxes, Label: "posting.slots", Hint: "posting.slots.hint", Options: slotOptions()},
			{Name: "starts_on", Kind: Day, Label: "posting.starts"},
			{Name: "ends_on", Kind: Day, Label: "posting.ends"},
			{Name: "mode", Kind: Radio, Label: "posting.mode", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Modes)},
			{Name: "place", As: "places", Label: "search.place", Hint: "posting.place.hint", Max: 100},
			{Name: "street", Label: "posting.street", Max: 100, Auto: "street-address"},
			{Name: "house", Label: "posting.house", Max: 20},
			{Name: "precision", Kind: Radio, Label: "posting.precision", Options: vocabularyOptions(engagement.PublicPrecisions)},
		}
		for _, term := range engagement.AccessFeatures.Terms {
			fields = append(fields, Field{Name: "access-" + string(term.Code), Kind: Select, Label: "code.access." + string(term.Code), Options: []Option{
				{Value: "ja", Key: "code.access_answer.ja"}, {Value: "nein", Key: "code.access_answer.nein"},
			}})
		}
		return append(fields, version)
	}
	return []Field{
		{Name: "capacity", Kind: Number, Label: "posting.capacity", Hint: "posting.capacity.hint"},
		{Name: "waitlist", Kind: Box, Label: "posting.waitlist"},
		{Name: "taster", Kind: Box, Label: "posting.taster"},
		{Name: "min_age", Kind: Select, Label: "posting.age", Options: vocabularyOptions(engagement.MinAges)},
		{Name: "minor_policy", Kind: Select, Label: "posting.minors", Options: vocabularyOptions(engagement.MinorPolicies)},
		{Name: "language", Kind: Select, Label: "posting.language", Options: vocabularyOptions(engagement.LanguageLevels)},
		{Name: "skills_required", As: "skills", Kind: Boxes, Label: "posting.skills", Hint: "posting.topics.hint", Options: groupedOptions(engagement.Skills, engagement.SkillGroups)},
		{Name: "proofs", Kind: Boxes, Label: "posting.proofs", Options: vocabularyOptions(engagement.Proofs)},
		{Name: "proof_basis", Kind: Select, Label: "posting.basis", Hint: "posting.basis.hint", Options: vocabularyOptions(engagement.ProofBases)},
		{Name: "expenses", Kind: Radio, Label: "posting.expenses", Options: vocabularyOptions(engagement.Expenses)},
		{Name: "insurance", Kind: Boxes, Label: "posting.insurance", Hint: "posting.insurance.hint", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Insurances)},
		{Name: "induction", Label: "posting.induction", Max: 300},
		{Name: "details", Kind: Area, Label: "posting.details", Hint: "posting.details.hint", Max: 1000, Rows: 3},
		{Name: "contact_role", Label: "workspace.f.role", Hint: "workspace.f.role.hint", Max: 100},
		{Name: "contact_mail", Kind: Email, Label: "workspace.f.mail"},
		{Name: "contact_phone", Kind: Tel, Label: "workspace.f.phone", Max: 50},
		version,
	}
}

// slotOptions are the 28 parts of the week.
func slotOptions() []Option {
	var options []Option
	for _, day := range engagement.Weekdays.Terms {
		for _, part := range engagement.Dayparts.Terms {
			options = append(options, Option{Value: string(day.Code + "-" + part.Code), Key: "code.daypart." + string(part.Code)})
		}
	}
	return options
}

// fill puts an opportunity into the form of a page.
func fill(f *Form, step string, o engagement.Opportunity) {
	f.Set("version", strconv.Itoa(o.Version))
	place := engagement.Place{Precision: "ortsteil"}
	if len(o.Places) > 0 {
		place = o.Places[0]
	}
	level := engagement.Code("")
	for _, n := range o.Languages {
		if n.Code == "de" {
			level = n.Level
		}
	}
	var skills []string
	for _, n := range o.Skills {
		if n.Required {
			skills = append(skills, string(n.Code))
		}
	}
	values := map[string]map[string][]string{
		"1": {
			"title": {o.Title}, "summary": {o.Summary}, "description": {o.Description}, "areas": texts(o.Areas), "topics": texts(o.Topics),
			"activities": texts(o.Activities), "target_groups": texts(o.TargetGroups),
		},
		"2": {
			"commitment": {string(o.Commitment)}, "rhythm": {string(o.Rhythm)}, "hours_min": {decimals(o.HoursMin)}, "hours_max": {decimals(o.HoursMax)},
			"slots": texts(o.Grid.Codes()), "starts_on": {string(o.StartsOn)}, "ends_on": {string(o.EndsOn)}, "mode": {string(o.Mode)},
			"place": {place.Locality}, "street": {place.Street}, "house": {place.House}, "precision": {string(place.Precision)},
		},
		"3": {
			"capacity": {countText(o.Capacity)}, "waitlist": {tick(o.Waitlist)}, "taster": {tick(o.Taster)}, "min_age": {strconv.Itoa(o.MinAge)},
			"minor_policy": {string(o.MinorPolicy)}, "language": {string(level)}, "skills_required": skills, "proofs": texts(o.Proofs), "proof_basis": {string(o.ProofBasis)},
			"expenses": {string(o.Expenses)}, "insurance": texts(o.Insurance), "induction": {o.Induction}, "details": {o.Details},
			"contact_role": {o.ContactRole}, "contact_mail": {o.ContactMail}, "contact_phone": {o.ContactPhone},
		},
	}[step]
	for name, v := range values {
		f.Set(name, v...)
	}
	if step == "2" {
		for code, answer := range o.Access {
			f.Set("access-"+string(code), string(answer))
		}
	}
}

func countText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// read puts the answers of a page into an opportunity.
func (s *Server) read(f *Form, step string, o *engagement.Opportunity) {
	code := func(name string) engagement.Code { return engagement.Code(f.Text(name)) }
	switch step {
	case "1":
		o.Title, o.Summary, o.Description = f.Text("title"), f.Text("summary"), f.Text("description")
		o.Areas, o.Topics, o.Activities, o.TargetGroups = codesOf(f, "areas"), codesOf(f, "topics"), codesOf(f, "activities"), codesOf(f, "target_groups")
	case "2":
		o.Commitment, o.Rhythm, o.Mode = code("commitment"), code("rhythm"), code("mode")
		o.HoursMin, o.HoursMax = hoursOf(f, "hours_min"), hoursOf(f, "hours_max")
		flags := slices.DeleteFunc(o.Grid.Codes(), func(c engagement.Code) bool { return !engagement.TimeFlags.Has(c) }) // not asked here
		o.Grid, _ = engagement.ParseGrid(append(flags, codesOf(f, "slots")...))                                          // the form knows only these codes
		o.StartsOn, o.EndsOn = f.Date("starts_on"), f.Date("ends_on")
		s.readPlace(f, o)
		o.Access = map[engagement.Code]engagement.Code{}
		for _, term := range engagement.AccessFeatures.Terms {
			if answer := code("access-" + string(term.Code)); answer != "" {
				o.Access[term.Code] = answer
			}
		}
	case "3":
		o.Capacity, o.Waitlist, o.Taster, o.MinAge = f.Int("capacity"), f.On("waitlist"), f.On("taster"), f.Int("min_age")
		o.MinorPolicy, o.ProofBasis, o.Expenses = code("minor_policy"), code("proof_basis"), code("expenses")
		o.Languages = slices.DeleteFunc(slices.Clone(o.Languages), func(n engagement.LanguageNeed) bool { return n.Code == "de" })
		if level := code("language"); level != "" {
			o.Languages = append(o.Languages, engagement.LanguageNeed{Code: "de", Level: level})
		}
		o.Skills = slices.DeleteFunc(slices.Clone(o.Skills), func(n engagement.SkillNeed) bool { return n.Required })
		for _, c := range codesOf(f, "skills_required") {
			o.Skills = append(o.Skills, engagement.SkillNeed{Code: c, Required: true})
		}
		o.Proofs, o.Insurance, o.Induction, o.Details = codesOf(f, "proofs"), codesOf(f, "insurance"), f.Text("induction"), f.Text("details")
		o.ContactRole, o.ContactMail, o.ContactPhone = f.Text("contact_role"), f.Text("contact_mail"), f.Text("contact_phone")
	}
}

func (s *Server) readPlace(f *Form, o *engagement.Opportunity) {
	text := f.Text("place")
	if text == "" {
		o.Places = nil
		return
	}
	var place engagement.Place
	var more []engagement.Place // imported opportunities may have several; this form shows the first
	if len(o.Places) > 0 {
		more = o.Places[1:]
	}
	if len(o.Places) > 0 && o.Places[0].Locality == text {
		place = o.Places[0]
	} else if found, ok := s.placeOf(f, "place"); ok {
		place = found
	}
	place.Street, place.House = f.Text("street"), f.Text("house")
	if place.Precision = engagement.Code(f.Text("precision")); place.Precision == "" {
		place.Precision = "ortsteil"
	}
	o.Places = append([]engagement.Place{place}, more...)
}

// newPosting is the first page for an opportunity that does not exist yet.
func (s *Server) newPosting(w *Response, r *Request) error {
	b, err := s.viewBench(r, nil)
	if err != nil {
		return err
	}
	f := r.Form(s.steps("1"))
	if f.OK() {
		o := engagement.Opportunity{Organization: b.Organization.ID, License: "cc-by-4.0", Lang: "de"}
		s.read(f, "1", &o)
		var made engagement.Opportunity // apart from o, which a second run of the transaction needs as it was
		err := r.update(func(tx *store.Tx) (err error) {
			made, err = engagement.SaveOpportunity(tx, r.Actor(), o)
			return err
		})
		if err == nil {
			return w.SeeOther("/angebot-einstellen/" + made.Code + "/2")
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(&postingFormPage{Page: r.Page("posting.step1"), Organization: b.Organization, Form: f, Step: 1, Back: b.Root + "/angebote"})
}

// posted finds the opportunity of the path for somebody who may change it.
func (s *Server) posted(r *Request) (o engagement.Opportunity, org engagement.Organization, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		if o, err = tx.OpportunityByCode(r.Var("id")); err != nil {
			return err
		}
		if !o.Local() || !engagement.Can(r.Actor(), engagement.Change, o.Thing()) {
			return engagement.ErrNotFound
		}
		org, err = tx.Organization(o.Organization)
		return err
	})
	return o, org, err
}

func (s *Server) editPosting(w *Response, r *Request) error {
	o, org, err := s.posted(r)
	if err != nil {
		return err
	}
	step := r.Var("step")
	f := r.Form(s.steps(step))
	fill(f, step, o)
	if f.OK() {
		changed := o
		s.read(f, step, &changed)
		changed.Version = f.Int("version")
		if f.OK() {
			err := r.update(func(tx *store.Tx) error {
				_, err := engagement.SaveOpportunity(tx, r.Actor(), changed)
				return err
			})
			switch {
			case err == nil && o.Live():
				return w.SeeOther("/meine/organisationen/" + org.Code + "/angebote")
			case err == nil:
				return w.SeeOther("/angebot-einstellen/" + o.Code + "/" + strconv.Itoa(stepNumber(step)+1))
			case errors.Is(err, engagement.ErrStale):
				f.Conflict(o.Version, map[string]string{"title": o.Title, "summary": o.Summary, "description": o.Description})
			case !s.refusedPosting(f, err):
				return err
			}
		}
	}
	p := &postingFormPage{Page: r.Page(stepTitles[stepNumber(step)-1]), Organization: org, Form: f, Step: stepNumber(step), Live: o.Live(), Back: "/meine/organisationen/" + org.Code + "/angebote"}
	if p.Step > 1 {
		p.Back = "/angebot-einstellen/" + o.Code + "/" + strconv.Itoa(p.Step-1)
	}
	if step == "2" {
		p.Week = weekOf(f)
	}
	return w.Page(p)
}

// refusedPosting is [Form.Refused] for one page of several: what is wrong on another page is named by its question.
func (s *Server) refusedPosting(f *Form, err error) bool {
	found := invalids(err)
	for _, e := range found {
		label := ""
		for _, step := range []string{"1", "2", "3"} {
			if field := (&Form{fields: s.steps(step)}).field(e.Field); field != nil {
				label = field.Label
			}
		}
		if f.field(e.Field) != nil || label == "" {
			f.Refused(e)
			continue
		}
		f.Bad("", "error.posting.elsewhere", "question", f.request.T(label), "x", f.request.server.words.Say(f.request.Language.Lang, Words{Key: e.Key, Args: e.Args}))
	}
	return len(found) > 0
}

var stepTitles = []string{"posting.step1", "posting.step2", "posting.step3"}

func stepNumber(step string) int {
	n, _ := strconv.Atoi(step) // the route admits 1 to 3
	return n
}

// Access are the questions about access.
func (p *postingFormPage) Access() (views []*FieldView) {
	for _, v := range p.Form.All() {
		if strings.HasPrefix(v.Name, "access-") {
			views = append(views, v)
		}
	}
	return views
}

// Before and After are the fields of a page without those that have their own layout.
func (p *postingFormPage) Before() []*FieldView { return aroundWeek(p.Form, false) }

// After are the fields behind the table of the week.
func (p *postingFormPage) After() []*FieldView { return aroundWeek(p.Form, true) }

// ---- last page ----

type postingCheckPage struct {
	Page
	Organization engagement.Organization
	Opportunity  engagement.Opportunity
	Parts        []postingPart
	Form         *Form
	Problems     []problem // what keeps it from being published
	Minors       bool      // works with minors and asks for no proof
	Back         string
}

// postingPart is what was answered on one of the pages.
type postingPart struct {
	Title   string // locale key
	Answers []Answer
	Open    []string // locale keys of the questions without an answer
	Change  string   // path of the page
}

// problem is an answer that is missing or wrong, with the way to it.
type problem struct {
	Label string // locale key of the question; empty: the opportunity as a whole
	Words
	Path string
}

// parts are the answers of all pages of an opportunity, and the problems with them. base is the path above the pages.
func (s *Server) parts(r *Request, o engagement.Opportunity, base string) (parts []postingPart, problems []problem) {
	bad := invalids(o.Check(engagement.DateOf(r.Now)))
	for i, title := range stepTitles {
		step := strconv.Itoa(i + 1)
		part := postingPart{Title: title, Change: base + "/" + step}
		f := &Form{Path: r.Path, fields: s.steps(step), values: map[string][]string{}, request: r}
		fill(f, step, o)
		for _, a := range f.Answers(part.Change) {
			if a.Key == "posting.slots" {
				a.Values = r.format().slots(o.Grid)
			}
			if len(a.Values) > 0 {
				part.Answers = append(part.Answers, a)
			} else if !strings.HasPrefix(a.Key, "code.access.") {
				part.Open = append(part.Open, a.Key)
			}
		}
		bad = slices.DeleteFunc(bad, func(e *engagement.Invalid) bool {
			field := f.field(e.Field)
			if field != nil {
				problems = append(problems, problem{field.Label, Words{Key: e.Key, Args: e.Args}, part.Change + "#" + f.controlID(e.Field)})
			}
			return field != nil
		})
		parts = append(parts, part)
	}
	for _, e := range bad {
		problems = append(problems, problem{Words: Words{Key: e.Key, Args: e.Args}})
	}
	return parts, problems
}

// Step and Steps say where in the flow the page is.
func (p *postingCheckPage) Step() int { return 4 }

// Steps is how many pages there are.
func (p *postingCheckPage) Steps() int { return 4 }

func (s *Server) checkPosting(w *Response, r *Request) error {
	o, org, err := s.posted(r)
	if err != nil {
		return err
	}
	f := r.Form([]Field{
		{Name: "visibility", Kind: Radio, Label: "posting.visibility", Need: "error.choice.empty", Options: []Option{
			{Value: "intern", Key: "code.visibility.intern"},
			{Value: "instanz", Key: "code.visibility.instanz"},
			{Value: "verbund", Key: "code.visibility.verbund"},
			{Value: "offen", Key: "code.visibility.offen"},
		}},
		{Name: "simple", Kind: Area, Label: "posting.simple", Hint: "posting.simple.hint", Max: 2000, Rows: 5},
		{Name: "version", Kind: Hidden},
	})
	f.Set("visibility", string(o.Visibility))
	f.Set("simple", o.Simple)
	f.Set("version", strconv.Itoa(o.Version))
	if f.OK() {
		changed := o
		changed.Visibility, changed.Simple, changed.Version = engagement.Code(f.Text("visibility")), f.Text("simple"), f.Int("version")
		err := r.update(func(tx *store.Tx) error {
			saved, err := engagement.SaveOpportunity(tx, r.Actor(), changed)
			if err != nil || saved.Live() {
				return err
			}
			_, err = engagement.SubmitOpportunity(tx, r.Actor(), saved.ID)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther("/angebot-einstellen/" + o.Code + "/fertig")
		case errors.Is(err, engagement.ErrStale):
			f.Conflict(o.Version, map[string]string{"simple": o.Simple})
		case len(invalids(err)) == 0:
			return err
		default: // the problems below say more
			f.Bad("", "error.posting.incomplete")
		}
	}
	p := &postingCheckPage{Page: r.Page("posting.step4"), Organization: org, Opportunity: o, Form: f, Back: "/angebot-einstellen/" + o.Code + "/3"}
	p.Parts, p.Problems = s.parts(r, o, "/angebot-einstellen/"+o.Code)
	minors, _ := o.WorksWith()
	p.Minors = minors && len(o.Proofs) == 0
	return w.Page(p)
}

type postingDonePage struct {
	Page
	Organization engagement.Organization
	Opportunity  engagement.Opportunity
	Link         string
	Short        string // address that can be read aloud
}

func (s *Server) donePosting(w *Response, r *Request) error {
	o, org, err := s.posted(r)
	if err != nil {
		return err
	}
	return w.Page(&postingDonePage{Page: r.Page("posting.done"), Organization: org, Opportunity: o, Link: opportunityPath(o), Short: s.base.Host + "/a/" + o.Code})
}
