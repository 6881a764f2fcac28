package web

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// directedArea is what organizations ask of partners, in their workspaces, and what partners ask of this instance.
var directedArea = area{
	name: "directed",
	pages: map[string]any{
		"directed-list":  directedListPage{},
		"directed-check": directedCheckPage{},
		"directed-came":  directedCamePage{},
	},
	routes: []route{
		{path: workspace + directedTab, get: (*Server).directed, who: signedIn},
		{path: workspace + directedTab + "/neu", get: (*Server).writeDirected, post: (*Server).writeDirected, who: signedIn},
		{path: workspace + directedTab + "/pruefen", post: (*Server).sendDirected, who: signedIn, limit: rareForms},
		{path: workspace + directedTab + "/{request:[23456789abcdefghjkmnpqrstuvwxyz]{8}}/{act}", post: (*Server).moveDirected, who: signedIn},
		{path: "/vermittlung" + directedTab, get: (*Server).directedCame, who: role(engagement.Adviser, engagement.Admin)},
		{path: "/vermittlung" + directedTab + "/" + codeVar + "/ablehnen", post: (*Server).declineDirected, who: role(engagement.Adviser, engagement.Admin)},
	},
}

const directedTab = "/gezielte-anfragen"

// directedListPage are the requests of an organization.
type directedListPage struct {
	Page
	bench
	Rows []directedRow
}

type directedRow struct {
	engagement.Opportunity
	Partners []string
	Answers  int // open requests of people who said yes
	Actions  []Action
}

func (s *Server) directed(w *Response, r *Request) error {
	p := &directedListPage{Page: r.Page("directed.title")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		list, err := tx.OpportunitiesOf(b.Organization.ID)
		if err != nil {
			return err
		}
		names, err := partnerNames(tx)
		if err != nil {
			return err
		}
		open, err := tx.CountOpenRequests(b.Organization.ID)
		for _, o := range list {
			if !o.Directed() || o.State == engagement.Archived {
				continue
			}
			row := directedRow{Opportunity: o, Answers: open[o.ID]}
			for _, host := range o.Hosts {
				row.Partners = append(row.Partners, names[host])
			}
			base := b.Root + directedTab + "/" + o.Code
			if o.Live() && o.State != engagement.Expired {
				a := r.Action(base+"/beenden", "directed.close")
				a.Sure = "directed.close.sure"
				row.Actions = append(row.Actions, a)
			}
			if b.Manager && (o.Live() || o.State == engagement.Hidden) {
				a := r.Action(base+"/zurueckziehen", "directed.withdraw")
				a.Sure = "directed.withdraw.sure"
				row.Actions = append(row.Actions, a)
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

// partnerNames are the names of partners by host.
func partnerNames(tx *store.Tx) (map[string]string, error) {
	all, err := tx.Partners()
	names := make(map[string]string, len(all))
	for _, p := range all {
		if names[p.Host] = p.Name; p.Name == "" {
			names[p.Host] = p.Host
		}
	}
	return names, err
}

// directedFields are the questions; hosts are the partners that can be asked.
func directedFields(partners []engagement.Partner, now time.Time) []Field {
	var hosts []Option
	for _, p := range partners {
		hosts = append(hosts, Option{Value: p.Host, Text: p.Name + " (" + p.Host + ")"})
	}
	_, last := engagement.DirectedDays(now)
	return []Field{
		{Name: "hosts", Kind: Boxes, Label: "directed.f.hosts", Hint: "directed.f.hosts.hint", Need: "error.directed.nobody", Options: hosts},
		{Name: "title", Label: "directed.f.title", Need: "error.text.empty", Max: 80},
		{Name: "description", Kind: Area, Label: "directed.f.text", Hint: "directed.f.text.hint", Need: "error.text.empty", Max: 4000, Rows: 6},
		{Name: "goal", Label: "directed.f.goal", Need: "error.text.empty", Max: 200},
		{Name: "effort", Label: "directed.f.effort", Hint: "directed.f.effort.hint", Need: "error.text.empty", Max: 200},
		{Name: "results", Kind: Box, Label: "directed.f.results"},
		{Name: "areas", Kind: Boxes, Label: "offer.f.areas", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Areas)},
		{Name: "activities", Kind: Boxes, Label: "offer.f.activities", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Activities)},
		{Name: "skills", Kind: Boxes, Label: "directed.f.skills", Options: groupedOptions(engagement.Skills, engagement.SkillGroups)},
		{Name: "languages", Kind: Boxes, Label: "directed.f.languages", Options: folded(vocabularyOptions(engagement.Languages))},
		{Name: "mode", Kind: Radio, Label: "offer.f.mode", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Modes)},
		{Name: "place", As: "places", Label: "search.place", Hint: "directed.f.place.hint", Max: 100},
		{Name: "capacity", Kind: Number, Label: "directed.f.capacity"},
		{Name: "contact_role", Label: "directed.f.contact", Hint: "directed.f.contact.hint", Need: "error.text.empty", Max: 100},
		{Name: "ask", Kind: Boxes, Label: "directed.f.ask", Hint: "directed.f.ask.hint", Need: "error.choice.empty", Options: cardOptions()},
		{Name: "until", Kind: Day, Label: "directed.f.until", Hint: "directed.f.until.hint", Args: pairs([]any{"day", string(last)}), Need: "error.date.empty"},
	}
}

// directedOf reads the form.
func (s *Server) directedOf(f *Form, b bench, lang Lang) engagement.Opportunity {
	o := engagement.Opportunity{
		Organization: b.Organization.ID, Title: f.Text("title"), Description: f.Text("description"), Areas: codesOf(f, "areas"), Activities: codesOf(f, "activities"),
		Mode: engagement.Code(f.Text("mode")), Capacity: f.Int("capacity"), ContactRole: f.Text("contact_role"), Hosts: f.Texts("hosts"),
		Project: engagement.Project{Goal: f.Text("goal"), Effort: f.Text("effort"), Results: f.On("results"), Ask: f.Texts("ask")},
		Lang:    map[bool]engagement.Lang{true: "en", false: "de"}[lang == English],
	}
	for _, c := range codesOf(f, "skills") {
		o.Skills = append(o.Skills, engagement.SkillNeed{Code: c, Required: true})
	}
	for _, c := range codesOf(f, "languages") {
		o.Languages = append(o.Languages, engagement.LanguageNeed{Code: string(c)})
	}
	if f.Text("place") != "" {
		if place, ok := s.placeOf(f, "place"); ok {
			o.Places = []engagement.Place{place}
		}
	}
	if day := f.Date("until"); day != "" {
		o.Expires = day.Time().Add(12 * time.Hour)
	}
	return o
}

// directable is the workspace with the partners that can be asked; only managers ask.
func (s *Server) directable(r *Request) (b bench, partners []engagement.Partner, err error) {
	b, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		all, err := tx.Partners()
		partners = slices.DeleteFunc(all, func(p engagement.Partner) bool { return !p.MayDirect() })
		return err
	})
	if err == nil && !b.Manager {
		err = engagement.ErrForbidden
	}
	return b, partners, err
}

func (s *Server) writeDirected(w *Response, r *Request) error {
	b, partners, err := s.directable(r)
	if err != nil {
		return err
	}
	p := &workspaceFormPage{Page: r.Page("directed.new"), bench: b, Lead: say("directed.lead"), Button: "button.next"}
	if len(partners) == 0 {
		p.Lead = say("directed.none")
		return w.Page(p)
	}
	f := r.Form(directedFields(partners, r.Now))
	f.Set("contact_role", b.Organization.ContactRole)
	f.Set("capacity", "1")
	f.Set("ask", "name", "email")
	p.Form = f
	if f.OK() {
		s.directedOf(f, b, r.Language.Lang)
	}
	if f.OK() {
		return w.Page(&directedCheckPage{Page: r.Page("form.check"), bench: b, Answers: f.Answers(""), Hidden: f.Carry(), edit: r})
	}
	return w.Page(p)
}

// directedCheckPage shows what was written before it is sent, and to whom.
type directedCheckPage struct {
	Page
	bench
	Answers []Answer
	Hidden  []HiddenField
	edit    *Request
}

// EditOnce protects the button that leads back to the form.
func (p *directedCheckPage) EditOnce() string { return p.once("/neu") }

// SendOnce protects the button that sends.
func (p *directedCheckPage) SendOnce() string { return p.once("/pruefen") }

func (p *directedCheckPage) once(path string) string {
	if p.edit == nil {
		return ""
	}
	return p.edit.once(p.Root + directedTab + path)
}

func (s *Server) sendDirected(w *Response, r *Request) error {
	b, partners, err := s.directable(r)
	if err != nil {
		return err
	}
	f := r.Form(directedFields(partners, r.Now))
	f.Path = b.Root + directedTab + "/neu"
	var o engagement.Opportunity
	if f.OK() {
		o = s.directedOf(f, b, r.Language.Lang)
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.DirectPartners(tx, r.Actor(), o)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(b.Root + directedTab)
		case errors.Is(err, engagement.ErrForbidden):
			f.Bad("", "error.organization.first")
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(&workspaceFormPage{Page: r.Page("directed.new"), bench: b, Lead: say("directed.lead"), Form: f, Button: "button.next"})
}

func (s *Server) moveDirected(w *Response, r *Request) error {
	return s.benchAct(w, r, directedTab, func(tx *store.Tx, b bench) error {
		o, err := tx.OpportunityByCode(r.Var("request"))
		if err != nil {
			return err
		}
		if o.Organization != b.Organization.ID || !o.Directed() {
			return engagement.ErrNotFound
		}
		switch r.Var("act") {
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

// directedCamePage are the requests that partners directed to this instance.
type directedCamePage struct {
	Page
	Rows []directedCame
}

type directedCame struct {
	engagement.Opportunity
	By      string // organization
	Partner string
	Text    []string
	Reach   Words // how many were asked, roughly: nobody is to be found out
	Decline *Action
}

// reach says roughly how many people were asked.
func reach(n int) Words {
	switch {
	case n == 0:
		return say("directed.reach.nobody")
	case n < 5:
		return say("directed.reach.few")
	}
	return say("directed.reach.about", "n", strconv.Itoa(max(10, (n+5)/10*10)))
}

// directedKept is how long an ended request is listed.
const directedKept = 45 * 24 * time.Hour

func (s *Server) directedCame(w *Response, r *Request) error {
	p := &directedCamePage{Page: r.Page("directed.came")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		list, err := tx.DirectedRequests(r.Now.Add(-directedKept))
		if err != nil {
			return err
		}
		names, err := partnerNames(tx)
		if err != nil {
			return err
		}
		for _, o := range list {
			if o.Local() {
				continue
			}
			org, err := tx.Organization(o.Organization)
			if err != nil {
				return err
			}
			asked, err := tx.InvitationsTo(o.ID)
			if err != nil {
				return err
			}
			row := directedCame{Opportunity: o, By: org.Name, Partner: names[o.Origin], Text: paragraphs(o.Description), Reach: reach(len(asked))}
			if o.Declinable() {
				a := r.Action("/vermittlung"+directedTab+"/"+o.Code+"/ablehnen", "directed.decline")
				a.Sure = "directed.decline.sure"
				row.Decline = &a
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

func (s *Server) declineDirected(w *Response, r *Request) error {
	err := r.update(func(tx *store.Tx) error {
		o, err := tx.OpportunityByCode(r.Var("id"))
		if err != nil {
			return err
		}
		_, err = engagement.DeclineDirected(tx, r.Actor(), o.ID)
		return err
	})
	if err != nil && !errors.Is(err, engagement.ErrConflict) { // over, or declined by somebody else
		return err
	}
	return w.SeeOther("/vermittlung" + directedTab)
}
