package web

import (
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// opportunityArea is the page of one opportunity.
var opportunityArea = area{
	name:   "opportunity",
	simple: true,
	pages:  map[string]any{"opportunity": OpportunityPage{}},
	routes: []route{
		{path: "/angebote/" + codeVar, get: whenPublic((*Server).opportunity)},
		{path: "/angebote/" + codeVar + ".ics", get: whenPublic((*Server).opportunityCalendar)},
		{path: "/angebote/" + codeVar + "-{slug}", get: whenPublic((*Server).opportunity)},
	},
}

// OpportunityPage is everything that everybody may read about an opportunity.
type OpportunityPage struct {
	Page
	Card         Card
	Code         string
	State        Words // why it is not open, or not public; empty key: it is
	Organization Link
	Attested     engagement.Code // highest attestation of the organization
	Summary      string
	Text         string   // Markdown
	Paragraphs   []string // instead of it: lines of simple language
	Hard         bool     // the person reads simple language and there is no such text
	Topics       []string // labels of areas and topics
	Facts        []Fact
	Contact      Contact
	Map          MapView
	Help         string   // path of "Ich möchte helfen"; empty: not now
	WhyNot       []string // sentences: what keeps it from being suggested to the person
	Profile      bool
	Similar      []Card
	Short        string // address that can be read aloud
	Paper        string // path of the page before those of paper.go
	Calendar     string
	Shifts       []shiftItem // the next ones
	MoreShifts   int         // that are not shown
	OwnShifts    string      // path where the person takes them, who has an agreement
	Report       string
	Invite       string // path of the form with which people are asked for it, for who may
}

// Fact is a question with its answers.
type Fact struct {
	Key    string // locale key
	Values []string
}

// Icon beside the question; empty: none.
func (f Fact) Icon() string { return factIcons[f.Key] }

var factIcons = map[string]string{
	"opp.when": "time", "opp.where": "place", "opp.access": "access", "opp.activity": "heart", "offer.activity": "heart", "opp.target": "people", "opp.age": "person",
	"opp.languages": "language", "opp.proofs": "check", "opp.insurance": "lock",
}

// Contact is who answers questions: a role, never a person.
type Contact struct{ Role, Phone, Mail string }

// seen is an opportunity that the viewer may see, with its organization.
type seen struct {
	engagement.Opportunity
	organization engagement.Organization
}

// goneStates are the ends of an opportunity that was public.
var goneStates = []engagement.OpportunityState{engagement.Withdrawn, engagement.Suspended, engagement.Archived, engagement.Deleted}

// see reads the opportunity of the path. What the viewer may not see is not found; what was public and is over for good is gone.
func see(tx *store.Tx, r *Request) (o seen, err error) {
	if o.Opportunity, err = tx.OpportunityByCode(r.Var("id")); err != nil {
		return o, goneOr(tx, r.Var("id"), err)
	}
	if o.organization, err = tx.Organization(o.Opportunity.Organization); err != nil {
		return o, err
	}
	active := o.organization.State == engagement.OrganizationActive
	switch readable := engagement.Can(r.Actor(), engagement.Read, o.Thing()); {
	case readable && (active || r.Actor().Of(o.organization.ID)):
		return o, nil
	case slices.Contains(goneStates, o.State) && !o.Published.IsZero():
		return o, engagement.ErrGone
	}
	return o, engagement.ErrNotFound
}

// opportunity shows one.
func (s *Server) opportunity(w *Response, r *Request) error {
	var o seen
	var page *OpportunityPage
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if o, err = see(tx, r); err != nil || r.Path != opportunityPath(o.Opportunity) {
			return err
		}
		page, err = s.opportunityPage(tx, r, o)
		return err
	})
	if err != nil {
		return err
	}
	if moved, err := r.rightPath(w, opportunityPath(o.Opportunity)); moved {
		return err
	}
	return w.Page(page)
}

func (s *Server) opportunityPage(tx *store.Tx, r *Request, o seen) (*OpportunityPage, error) {
	f := r.format()
	page := &OpportunityPage{
		Page: Page{Title: o.Title}, Code: o.Code, State: stateOf(o.Opportunity), Attested: o.organization.Level, Summary: o.Summary,
		Organization: Link{Path: organizationPage(o.organization), Text: o.organization.Name},
		Card:         r.card(store.Hit{Opportunity: o.Opportunity, Organizer: store.Organizer{Name: o.organization.Name}}),
		Topics:       slices.Concat(f.labels("area", o.Areas), f.labels("topic", o.Topics)), Facts: f.facts(o.Opportunity), Contact: contactOf(o.Opportunity),
		Short: strings.TrimPrefix(strings.TrimPrefix(s.base.String(), "https://"), "http://") + "/a/" + o.Code,
	}
	page.Crumbs = []Link{{Path: "/angebote", Words: say("nav.search")}}
	public := o.Visibility == "offen" && o.Live()
	page.Canonical, page.NoIndex = o.URL, !public
	if public && o.Local() && o.organization.State == engagement.OrganizationActive {
		page.Linked = "/angebote/" + o.Code + linkedSuffix
		page.WireID = s.wireID(store.NounOpportunity, o.ID)
	}
	page.text(r, o)
	page.Map = s.mapOf([]store.Hit{{Opportunity: o.Opportunity}}, 1, geo.Point{}, 0)
	if err := page.Map.outline(tx); err != nil {
		return nil, err
	}
	path := "/angebote/" + o.Code
	page.Paper = path
	if err := page.shifts(tx, r, o.Opportunity); err != nil {
		return nil, err
	}
	if dated(o.Opportunity) || len(page.Shifts) > 0 {
		page.Calendar = path + ".ics"
	}
	if o.Open() && !o.Over(r.Now) && o.organization.State == engagement.OrganizationActive {
		page.Help = path + "/helfen"
	}
	page.Report = reportPath(o.Code)
	page.Invite = mayCallFor(r, o.Opportunity, o.organization)
	if err := page.compare(tx, r, o, *s.instance.Load()); err != nil {
		return nil, err
	}
	return page, page.similar(tx, r, o)
}

// nextShifts is how many shifts the page of an opportunity shows.
const nextShifts = 8

// shifts shows those to come, and where somebody with an agreement takes them.
func (p *OpportunityPage) shifts(tx *store.Tx, r *Request, o engagement.Opportunity) error {
	list, err := tx.ShiftsFor(o.ID)
	if err != nil {
		return err
	}
	list = engagement.NextShifts(list, r.Now)
	p.MoreShifts = max(0, len(list)-nextShifts)
	for _, s := range list[:len(list)-p.MoreShifts] {
		p.Shifts = append(p.Shifts, r.shiftItem(s.Public(o), o))
	}
	if r.Session == nil || !r.Actor().May(engagement.HelpDates) || len(list) == 0 {
		return nil
	}
	requests, err := tx.RequestsOfPerson(r.Session.Account.ID, "", o.ID)
	for _, m := range requests {
		if m.ChoosesShifts() {
			p.OwnShifts = "/meine/anfragen/" + string(m.ID) + "/schichten"
		}
	}
	return err
}

// text chooses what describes the opportunity: simple language if the person reads it and it exists.
func (p *OpportunityPage) text(r *Request, o seen) {
	if r.Language.Lang == Simple && o.Simple != "" {
		p.Paragraphs = paragraphs(o.Simple)
		return
	}
	p.Text, p.Hard = o.Description, r.Language.Lang == Simple
}

// paragraphs of a plain text.
func paragraphs(text string) []string {
	var all []string
	for p := range strings.SplitSeq(text, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// stateOf says why an opportunity is not simply open.
func stateOf(o engagement.Opportunity) Words {
	switch {
	case !o.Live() || o.Visibility == "intern":
		return say("opp.state.team")
	case o.State == engagement.Paused:
		return say("opp.state.paused")
	case o.State == engagement.Expired:
		return say("opp.state.expired")
	case o.State == engagement.Filled && o.Waitlist:
		return say("opp.state.waitlist")
	case o.State == engagement.Filled:
		return say("opp.state.filled")
	}
	return Words{}
}

// contactOf is who may be asked. Copies bring a role only.
func contactOf(o engagement.Opportunity) Contact {
	if o.ContactVia == "agentur" {
		return Contact{}
	}
	return Contact{Role: o.ContactRole, Phone: o.ContactPhone, Mail: o.ContactMail}
}

// compare says how well it fits the person and what keeps it from being suggested.
func (p *OpportunityPage) compare(tx *store.Tx, r *Request, o seen, i engagement.Instance) error {
	m, err := r.matcher(tx, i)
	if err != nil || m == nil {
		return err
	}
	list, err := candidates(tx, []*engagement.Opportunity{&o.Opportunity})
	if err != nil {
		return err
	}
	p.Profile = true
	result := m.Assess(list[0])
	if p.WhyNot = r.format().reasons(m.WhyNot(list[0])); len(p.WhyNot) == 0 {
		p.Card.Fit = r.format().fit(m, &result)
	}
	return nil
}

// Similar ones are of the same areas, the nearest first.
const (
	similarOnes   = 3
	similarRadius = 25
)

func (p *OpportunityPage) similar(tx *store.Tx, r *Request, o seen) (err error) {
	p.Similar, err = similarTo(tx, r, o.Opportunity)
	return err
}

// similarTo are the cards of similar opportunities.
func similarTo(tx *store.Tx, r *Request, o engagement.Opportunity) (cards []Card, err error) {
	q := engagement.Search{Topics: slices.Concat(o.Areas, o.Topics), Limit: similarOnes + 1, RadiusKM: similarRadius}
	if near := nearestKnown(o); near.Known() {
		q.Center, q.Order = near.Point, engagement.Nearest
	}
	hits, err := tx.Search(q, store.Viewer{})
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(hits.List, func(h store.Hit) bool { return h.ID == o.ID })
	for _, h := range others[:min(similarOnes, len(others))] {
		h.Known = false // how far it is from here says nothing about the person
		cards = append(cards, r.card(h))
	}
	return cards, nil
}

// nearestKnown is the first place with coordinates, as the public sees it.
func nearestKnown(o engagement.Opportunity) engagement.Place {
	for _, p := range o.PublicPlaces() {
		if p.Known() {
			return p
		}
	}
	return engagement.Place{}
}

// facts are "Auf einen Blick". What nobody said is left out.
func (f format) facts(o engagement.Opportunity) []Fact {
	var facts []Fact
	add := func(key string, values ...string) {
		if values = slices.DeleteFunc(values, func(v string) bool { return v == "" }); len(values) > 0 {
			facts = append(facts, Fact{Key: key, Values: values})
		}
	}
	code := func(v *engagement.Vocabulary, c engagement.Code) string {
		if c == "" {
			return ""
		}
		return f.code(v.Name, c)
	}
	least := ""
	if o.MinMonths > 0 {
		least = f.t("opp.months", "n", o.MinMonths)
	}
	add("opp.when", append(f.when(o), f.effort(o), least)...)
	add("opp.where", append(placeLines(o), code(engagement.Modes, o.Mode))...)
	add("opp.access", f.labels("access", accessWith(o, "ja"))...)
	add("opp.access.no", f.labels("access", accessWith(o, "nein"))...)
	add("opp.activity", f.labels("activity", o.Activities)...)
	add("opp.target", f.labels("target_group", o.TargetGroups)...)
	add("opp.age", f.ages(o)...)
	add("opp.languages", f.languages(o)...)
	add("opp.skills", f.skills(o, true)...)
	add("opp.skills.helpful", f.skills(o, false)...)
	add("opp.licenses", f.labels("license", o.Licenses)...)
	add("opp.proofs", f.labels("proof", o.Proofs)...)
	add("opp.load", o.Load)
	add("opp.induction", o.Induction, code(engagement.Guidances, o.Guidance))
	add("opp.team", code(engagement.TeamSizes, o.TeamSize))
	if o.Taster {
		add("opp.taster", f.t("form.yes"))
	}
	if o.Membership {
		add("opp.membership", f.t("form.yes"))
	}
	add("opp.expenses", code(engagement.Expenses, o.Expenses))
	if o.Allowance != "" && o.Allowance != "keine" {
		add("opp.allowance", code(engagement.Allowances, o.Allowance))
	}
	add("opp.insurance", f.labels("insurance", o.Insurance)...)
	return facts
}

// placeLines are the places at public precision, one line each.
func placeLines(o engagement.Opportunity) []string {
	var lines []string
	for _, p := range o.PublicPlaces() {
		street := strings.TrimSpace(p.Street + " " + p.House)
		town := strings.TrimSpace(p.Postcode + " " + p.Locality)
		line := strings.Join(slices.DeleteFunc([]string{p.Name, street, town}, func(s string) bool { return s == "" }), ", ")
		if p.Note != "" {
			line += " – " + p.Note
		}
		lines = append(lines, line)
	}
	return lines
}

func (f format) ages(o engagement.Opportunity) (ages []string) {
	if o.MinAge > 0 {
		ages = append(ages, f.t("opp.age.from", "n", o.MinAge))
	}
	if said := o.MinorPolicy == "ab-16" && o.MinAge == 16 || o.MinorPolicy == "keine" && o.MinAge >= 18; o.MinorPolicy != "" && !said {
		ages = append(ages, f.code("minor_policy", o.MinorPolicy))
	}
	return ages
}

func (f format) languages(o engagement.Opportunity) []string {
	var all []string
	for _, l := range o.Languages {
		name := f.code("language", engagement.Code(l.Code))
		if engagement.LanguageLevels.Has(l.Level) {
			name = f.t("opp.language", "x", name, "level", f.code("language_level", l.Level))
		}
		all = append(all, name)
	}
	return all
}

func (f format) skills(o engagement.Opportunity, required bool) []string {
	var all []string
	for _, s := range o.Skills {
		if s.Required != required {
			continue
		}
		name := f.code("skill", s.Code)
		if engagement.SkillLevels.Has(s.Level) {
			name += " (" + f.code("skill_level", s.Level) + ")"
		}
		all = append(all, name)
	}
	return all
}

// shorten cuts a text after the last whole word that fits.
func shorten(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	cut := string(letters[:most])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + " …"
}
