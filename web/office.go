package web

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
	"seestern/store"
)

// officeArea is where officers of the administration ask people for what they have in hand, and find out whether there are any.
var officeArea = area{
	name:  "office",
	pages: map[string]any{"expertise": expertisePage{}},
	routes: []route{
		{path: officeCalls, get: (*Server).calls, who: role(engagement.Officer)},
		{path: officeCalls + "/neu", get: (*Server).writeProject, post: (*Server).writeProject, who: role(engagement.Officer)},
		{path: officeCalls + "/pruefen", post: (*Server).sendProject, who: role(engagement.Officer), limit: rareForms},
		{path: officeCalls + oneCall, post: (*Server).moveCall, who: role(engagement.Officer), ends: true},
		{path: officeSearch, get: (*Server).expertise, post: (*Server).expertise, who: role(engagement.Officer), fresh: true},
	},
}

const (
	officeCalls  = "/amt/projektanfragen"
	officeSearch = "/amt/suche"
)

// offices are those of the officer, by name.
func offices(tx *store.Tx, r *Request) ([]engagement.Organization, error) {
	list, err := tx.OrganizationsOf(r.Session.Account.ID)
	list = slices.DeleteFunc(list, func(o engagement.Organization) bool { return !o.MayCall(r.Actor(), engagement.ByAdministration) })
	slices.SortFunc(list, func(a, b engagement.Organization) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// officeField asks on behalf of which office, for who belongs to several.
func (d desk) officeField() Field {
	f := Field{Name: "office", Kind: Select, Always: true, Label: "office.f.office"}
	for _, o := range d.Offices {
		f.Options = append(f.Options, Option{Value: o.Code, Text: o.Name})
	}
	if len(f.Options) == 1 {
		f.Kind, f.Options, f.Always = Hidden, nil, false
	}
	return f
}

// office is the chosen one.
func (d desk) office(f *Form) engagement.Organization {
	for _, o := range d.Offices {
		if o.Code == f.Text("office") {
			return o
		}
	}
	return d.Offices[0]
}

// projectForm is the form of a project request; nil for an officer without office.
func (s *Server) projectForm(r *Request) (d desk, f *Form, err error) {
	var partners []engagement.Partner
	err = s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if d, err = s.desk(tx, r); err != nil {
			return err
		}
		all, err := tx.Partners()
		partners = slices.DeleteFunc(all, func(p engagement.Partner) bool { return !p.MayDirect() || !s.instance.Load().Federates() })
		return err
	})
	if err != nil || !d.May {
		return d, nil, err
	}
	fields := append([]Field{d.officeField()}, directedFields(partners, r.Now)...)
	hosts := slices.IndexFunc(fields, func(f Field) bool { return f.Name == "hosts" })
	fields[hosts].Need, fields[hosts].Label = "", "office.f.hosts"
	if len(partners) == 0 {
		fields = slices.Delete(fields, hosts, hosts+1)
	}
	fields = append(fields, narrowFields()...)
	fields = append(fields, Field{Name: "text", Kind: Area, Label: "call.f.text", Hint: "call.f.text.hint", Max: 1000, Rows: 4})
	f = r.Form(fields)
	f.Path = d.List + "/neu"
	return d, f, nil
}

// projectOf reads the form.
func (s *Server) projectOf(r *Request, d desk, f *Form) (o engagement.Opportunity, c engagement.Call) {
	o = s.directedOf(f, bench{Organization: d.office(f)}, r.Language.Lang)
	return o, engagement.Call{Way: d.Way, Text: f.Text("text"), Narrow: narrowOf(f, o.Places)}
}

// narrowNames are the fields of a search that a project request goes on with.
var narrowNames = []string{"skill", "place", "radius", "time", "language", "office"}

func (s *Server) writeProject(w *Response, r *Request) error {
	d, f, err := s.projectForm(r)
	if err != nil {
		return err
	}
	p := &callFormPage{Page: r.Page("office.new"), desk: d, Lead: say("office.lead"), Form: f}
	if f == nil {
		p.Lead = say("office.none")
		return w.Page(p)
	}
	f.Set("contact_role", d.Offices[0].ContactRole)
	f.Set("capacity", "1")
	f.Set("ask", "name", "email")
	for _, name := range narrowNames {
		if value := r.URL.Query().Get(name); value != "" {
			f.Set(name, value)
		}
	}
	if f.OK() {
		check := &callCheckPage{Page: r.Page("form.check"), desk: d, edit: r}
		err := s.checkProject(r, d, f, check)
		switch {
		case err != nil && !f.Refused(err):
			return err
		case f.OK():
			check.Answers, check.Hidden = f.Answers(""), f.Carry()
			return w.Page(check)
		}
	}
	return w.Page(p)
}

// checkProject fills the page before sending.
func (s *Server) checkProject(r *Request, d desk, f *Form, p *callCheckPage) error {
	o, c := s.projectOf(r, d, f)
	if !f.OK() {
		return nil
	}
	return r.update(func(tx *store.Tx) error {
		people, err := s.fits(tx, c.Way, o, c.Narrow)
		if err != nil {
			return err
		}
		checked, err := engagement.PrepareProject(tx, r.Actor(), o, c, people)
		if err != nil {
			return err
		}
		names, err := partnerNames(tx)
		if err != nil {
			return err
		}
		p.Reach, p.Alone, p.Hosts = fitsRoughly(checked.Rough), checked.Alone(), nil
		for _, host := range o.Hosts {
			p.Hosts = append(p.Hosts, names[host])
		}
		p.Asked, err = askedFor(tx, checked, o)
		return err
	})
}

func (s *Server) sendProject(w *Response, r *Request) error {
	d, f, err := s.projectForm(r)
	if err != nil {
		return err
	}
	if f == nil {
		return engagement.ErrForbidden
	}
	if f.OK() {
		o, c := s.projectOf(r, d, f)
		if f.OK() {
			err = r.update(func(tx *store.Tx) error {
				people, err := s.fits(tx, c.Way, o, c.Narrow)
				if err != nil {
					return err
				}
				_, _, err = engagement.StartProject(tx, r.Actor(), o, c, people)
				return err
			})
		}
		switch {
		case err == nil && f.OK():
			return w.SeeOther(d.List)
		case err != nil && !f.Refused(err):
			return err
		}
	}
	return w.Page(&callFormPage{Page: r.Page("office.new"), desk: d, Lead: say("office.lead"), Form: f})
}

// expertisePage answers how many people can do something, and from five on what they are like, without a name.
type expertisePage struct {
	Page
	Form   *Form // nil: the officer belongs to no office
	Found  Words // empty key: nothing was asked yet
	Cards  []engagement.Glimpse
	Invite string // path of the form of a project request with the same criteria
	List   string
}

// expertiseFields are the questions of a search.
func (d desk) expertiseFields() []Field {
	purpose := Field{Name: "purpose", Kind: Area, Label: "office.f.purpose", Hint: "office.f.purpose.hint", Need: "error.text.empty", Max: engagement.PurposeMost, Rows: 2}
	fields := append([]Field{d.officeField(), purpose}, narrowFields()...)
	for i := range fields {
		switch fields[i].Name {
		case "skill":
			fields[i].Need, fields[i].Label = "error.choice.empty", "office.f.skill"
		case "radius":
			fields[i].Hint = "office.f.radius.hint"
		}
	}
	return append(fields, Field{Name: "place", As: "places", Label: "search.place", Hint: "workspace.f.place.hint", Max: 100})
}

func (s *Server) expertise(w *Response, r *Request) error {
	p := &expertisePage{Page: r.Page("office.search"), List: officeCalls}
	var d desk
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		d, err = s.desk(tx, r)
		return err
	})
	if err != nil || !d.May {
		return errors.Join(err, w.Page(p))
	}
	p.Form = r.Form(d.expertiseFields())
	if !p.Form.OK() {
		return w.Page(p)
	}
	l := s.lookupOf(d, p.Form)
	if !p.Form.OK() {
		return w.Page(p)
	}
	err = r.update(func(tx *store.Tx) error {
		profiles, err := tx.ReachableProfiles(l.Way)
		if err != nil {
			return err
		}
		profiles = matching.Narrow(l.Criteria, slices.DeleteFunc(profiles, func(p engagement.Profile) bool { return p.Hides(l.Organization) }))
		people := make([]engagement.ID, len(profiles))
		for i, one := range profiles {
			people[i] = one.Account
		}
		found, shown, err := engagement.LookUp(tx, r.Actor(), l, engagement.Opportunity{}, people)
		if err != nil {
			return err
		}
		var cards []engagement.Profile
		for _, who := range shown {
			cards = append(cards, profiles[slices.Index(people, who)])
		}
		p.Found, p.Cards = foundRoughly(found.Rough), engagement.Glimpses(cards, s.coarse)
		return nil
	})
	if err != nil && !p.Form.Refused(err) {
		return err
	}
	if err == nil {
		query := url.Values{}
		for _, name := range narrowNames {
			if value := p.Form.Text(name); value != "" {
				query.Set(name, value)
			}
		}
		p.Invite = officeCalls + "/neu?" + query.Encode()
	}
	return w.Page(p)
}

// lookupOf reads the form of a search.
func (s *Server) lookupOf(d desk, f *Form) engagement.Lookup {
	var places []engagement.Place
	if f.Text("place") != "" {
		place, _ := s.placeOf(f, "place")
		places = []engagement.Place{place}
	}
	return engagement.Lookup{
		Organization: d.office(f).ID, Way: engagement.ExpertiseSearchable, Purpose: f.Text("purpose"), Criteria: narrowOf(f, places),
	}
}

// foundRoughly says how many people a search has found.
func foundRoughly(n int) Words {
	if n == 0 {
		return say("office.found.few")
	}
	return say("office.found.about", "n", strconv.Itoa(n))
}

// coarse names the district or town of somebody's home.
func (s *Server) coarse(p engagement.Profile) string {
	found := s.places.Lookup(p.HomeName)
	switch {
	case p.HomeName == "" || len(found) == 0:
		return ""
	case found[0].Level == geo.Bezirk || found[0].Level == geo.Gemeinde || found[0].Town == "":
		return found[0].Name
	}
	return cmp.Or(found[0].District, found[0].Town)
}
