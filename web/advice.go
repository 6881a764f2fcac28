package web

import (
	"errors"
	"net/url"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// adviceArea is the way to the volunteer center: a shortlist in the address of its page, a call that somebody wishes, and the cases that
// come of both and of requests without answer.
var adviceArea = area{
	name:   "advice",
	simple: true,
	pages: map[string]any{
		"advice-shortlist": shortlistPage{}, "advice-form": adviceFormPage{}, "advice-sent": adviceSentPage{}, "advice-counter": counterPage{}, "advice-case": adviceCasePage{},
	},
	routes: []route{
		{path: "/merkliste", get: whenPublic((*Server).shortlist), limit: searches},
		{path: "/merkliste/senden", get: whenPublic((*Server).sendShortlist), post: whenPublic((*Server).sendShortlist), limit: rareForms, helps: helpsSearch},
		{path: "/merkliste/gesendet", get: adviceSent},
		{path: "/rueckruf", get: whenPublic((*Server).askCall), post: whenPublic((*Server).askCall), limit: rareForms},
		{path: "/rueckruf/gesendet", get: adviceSent},
		{path: "/vermittlung/beratung", get: counter, who: role(engagement.Adviser)},
		{path: "/vermittlung/beratung/senden", get: (*Server).mailShortlist, post: (*Server).mailShortlist, who: role(engagement.Adviser)},
		{path: "/vermittlung/fall/{id:[0-9a-f-]{36}}", get: (*Server).adviceCase, post: (*Server).adviceCase, who: adviceDesk},
		{path: "/vermittlung/fall/{id:[0-9a-f-]{36}}/uebernehmen", post: (*Server).claimAdvice, who: adviceDesk},
	},
}

// adviceDesk are those who work on cases, advisers and who stands in for them; which ones, the case says.
var adviceDesk = role(engagement.Adviser, engagement.Moderator, engagement.Admin)

// adviceHome is where they find them.
func adviceHome(r *Request) Link {
	switch {
	case r.Actor().Has(engagement.Adviser):
		return Link{Path: "/vermittlung", Words: say("nav.mediation")}
	case r.Actor().Has(engagement.Moderator):
		return Link{Path: "/moderation", Words: say("nav.moderation")}
	}
	return Link{Path: "/verwaltung", Words: say("nav.admin")}
}

// adviceInPlace are the open cases on which the viewer works without being an adviser.
func adviceInPlace(tx *store.Tx, r *Request) (rows []adviceRow, err error) {
	if r.Actor().Has(engagement.Adviser) {
		return nil, nil
	}
	open, err := tx.AdviceToDo(queueLimit)
	if err != nil {
		return nil, err
	}
	return adviceRows(tx, slices.DeleteFunc(open, func(c engagement.AdviceRequest) bool { return !engagement.Can(r.Actor(), engagement.Decide, c.Thing()) }))
}

type shortlistPage struct {
	Page
	Sheet Sheet
	Gone  bool   // something of it cannot be shown any more
	Send  string // path of the form that sends it
	For   string // path where an adviser chooses for whom to ask; empty: nobody is advised
	Mail  string // path of the form by which an adviser mails it to somebody; empty: nobody is advised
}

// shortlisted are the opportunities of a shortlist that the viewer may see, in its order.
func shortlisted(tx *store.Tx, r *Request, codes []string) (hits []store.Hit, err error) {
	for _, code := range codes {
		o, err := tx.OpportunityByCode(code)
		if errors.Is(err, engagement.ErrNotFound) || err == nil && !engagement.Can(r.Actor(), engagement.Read, o.Thing()) {
			continue
		}
		if err != nil {
			return nil, err
		}
		org, err := tx.Organization(o.Organization)
		if err != nil {
			return nil, err
		}
		if org.State == engagement.OrganizationActive {
			hits = append(hits, store.Hit{Opportunity: o, Organizer: store.Organizer{ID: org.ID, Code: org.Code, Name: org.Name, Level: org.Level}})
		}
	}
	return hits, nil
}

// shortlisted is the shortlist of the address, or of a form that carries it on: its codes, and what of it can be seen.
func (s *Server) shortlisted(r *Request) (codes []string, hits []store.Hit, err error) {
	values := r.URL.Query()
	if r.Method == "POST" {
		values = r.PostForm
	}
	codes = markedCodes(values)
	err = s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		hits, err = shortlisted(tx, r, codes)
		return err
	})
	return codes, hits, err
}

// shortlist shows the opportunities that the address names: on the page, and on paper.
func (s *Server) shortlist(w *Response, r *Request) error {
	codes, hits, err := s.shortlisted(r)
	if err != nil {
		return err
	}
	page := &shortlistPage{Page: r.Page("advice.shortlist.title"), Gone: len(hits) < len(codes)}
	page.NoIndex = true
	if page.Sheet, err = s.sheet(r, hits); err != nil {
		return err
	}
	for i, h := range hits {
		page.Sheet[i].Less = shortlistPath(slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return c == h.Code }))
	}
	if len(hits) > 0 {
		query := url.Values{checkMark: codes}.Encode()
		page.Send = "/merkliste/senden?" + query
		if r.Actor().Has(engagement.Adviser) {
			page.Mail, page.For = "/vermittlung/beratung/senden?"+query, assistedAccounts+"?"+query
		}
	}
	return w.Page(page)
}

type adviceFormPage struct {
	Page
	Lead   string // locale key
	Form   *Form
	Hidden []HiddenField
	Titles []string // of the shortlist
	Back   string
}

// carry names something of the shortlist, and has the form carry it on.
func (p *adviceFormPage) carry(h store.Hit) {
	p.Titles, p.Hidden = append(p.Titles, h.Title), append(p.Hidden, HiddenField{checkMark, h.Code})
}

// adviceFields ask how to reach somebody.
func adviceFields(call bool) []Field {
	name, email := nameField, emailField
	name.Hint, email.Need = "", ""
	phone := Field{Name: "phone", Kind: Tel, Label: "advice.phone", Auto: "tel", Max: 40}
	fields := []Field{name, email, phone}
	if call {
		phone.Need = "error.advice.phone"
		fields = []Field{name, phone}
	}
	return append(fields,
		Field{Name: "hours", Label: "advice.hours", Hint: "advice.hours.hint", Max: 100},
		Field{Name: "text", Kind: Area, Label: "advice.text", Hint: "advice.text.hint", Max: engagement.AdviceTextLimit, Rows: 4},
		Field{Name: "agreed", Kind: Box, Label: "advice.agreed", Need: "error.advice.agreed"})
}

// sendShortlist gives a shortlist to the volunteer center.
func (s *Server) sendShortlist(w *Response, r *Request) error {
	codes, hits, err := s.shortlisted(r)
	if err != nil {
		return err
	}
	page := &adviceFormPage{Page: r.Page("advice.send.title"), Lead: "advice.send.lead", Back: shortlistPath(codes)}
	wish := engagement.AdviceRequest{Kind: "merkliste"}
	for _, h := range hits {
		page.carry(h)
		wish.Shortlist = append(wish.Shortlist, h.ID)
	}
	if len(hits) == 0 {
		return w.SeeOther("/merkliste")
	}
	return s.askAdvice(w, r, page, wish, "/merkliste/gesendet")
}

// askCall wishes for a call of the volunteer center.
func (s *Server) askCall(w *Response, r *Request) error {
	page := &adviceFormPage{Page: r.Page("advice.call.title"), Lead: "advice.call.lead"}
	return s.askAdvice(w, r, page, engagement.AdviceRequest{Kind: "rueckruf"}, "/rueckruf/gesendet")
}

func (s *Server) askAdvice(w *Response, r *Request, page *adviceFormPage, wish engagement.AdviceRequest, sent string) error {
	f := r.Form(adviceFields(wish.Kind == "rueckruf"))
	page.Form, page.NoIndex = f, true
	if r.Session != nil {
		a := r.Session.Account
		f.Set("name", a.Name)
		f.Set("email", a.Email)
		f.Set("phone", a.Phone)
	}
	if f.OK() {
		wish.Name, wish.Email, wish.Phone, wish.Hours, wish.Text, wish.Lang = f.Text("name"), f.Text("email"), f.Text("phone"), f.Text("hours"), f.Text("text"), r.Language.Lang
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.AskAdvice(tx, r.Actor(), wish, f.On("agreed"))
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(sent)
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(page)
}

type adviceSentPage struct{ Page }

func adviceSent(_ *Server, w *Response, r *Request) error {
	page := &adviceSentPage{Page: r.Page("advice.sent.title")}
	page.NoIndex = true
	return w.Page(page)
}

// ---- at the counter and on the phone ----

// counterPage begins the check with somebody who came or called.
type counterPage struct{ Page }

func counter(_ *Server, w *Response, r *Request) error {
	page := &counterPage{Page: r.Page("advice.counter.title")}
	page.Crumbs = []Link{{Path: "/vermittlung", Words: say("nav.mediation")}}
	return w.Page(page)
}

// mailShortlist sends a shortlist to somebody who was advised.
func (s *Server) mailShortlist(w *Response, r *Request) error {
	codes, hits, err := s.shortlisted(r)
	if err != nil {
		return err
	}
	email := emailField
	email.Label, email.Auto = "assisted.offer.email", "off"
	page := &adviceFormPage{Page: r.Page("advice.mail.title"), Lead: "advice.mail.lead", Back: shortlistPath(codes), Form: r.Form([]Field{email})}
	codes = nil
	for _, h := range hits {
		page.carry(h)
		codes = append(codes, h.Code)
	}
	if page.Form.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.MailShortlist(tx, r.Actor(), page.Form.Text("email"), r.Language.Lang, codes)
		})
		switch {
		case err == nil:
			return w.SeeOther("/vermittlung/beratung")
		case !page.Form.Refused(err):
			return err
		}
	}
	return w.Page(page)
}

// ---- the cases of the volunteer center ----

// adviceRow is a case in the list.
type adviceRow struct {
	Case    engagement.AdviceRequest
	Title   string // name of the person, or the opportunity of a request
	At      string // path of its page
	Adviser string // who took it
}

// adviceRows are cases for the list.
func adviceRows(tx *store.Tx, cases []engagement.AdviceRequest) ([]adviceRow, error) {
	rows := make([]adviceRow, len(cases))
	for i, c := range cases {
		rows[i] = adviceRow{Case: c, Title: c.Name, At: "/vermittlung/fall/" + string(c.ID)}
		if c.Request != "" && c.Name == "" {
			if m, err := tx.MatchRequest(c.Request); err == nil {
				if o, err := tx.Opportunity(m.Opportunity); err == nil {
					rows[i].Title = o.Title
				}
			} else if !errors.Is(err, engagement.ErrNotFound) {
				return nil, err
			}
		}
		if a, err := tx.Account(c.Adviser); err == nil {
			rows[i].Adviser = a.Name
		}
	}
	return rows, nil
}

type adviceCasePage struct {
	Page
	Row     adviceRow
	Form    *Form // to close it; nil: it is closed
	Claim   *Action
	Cards   []Card // shortlist
	News    string // locale key of what the person should be told; empty: nothing
	For     string // path where an adviser asks for the person with what is on the shortlist; empty: nothing is
	Account string // path of the assisted account that the case is about; empty: of none
	Request *adviceAbout
}

// adviceAbout is the request that a case is about.
type adviceAbout struct {
	Number, State string
	Opportunity   Link
	Organization  engagement.Organization
	Sent          engagement.Date
	Contact       engagement.Contact // of the person; empty: only the other instance knows
}

// adviceCase shows a case, and closes it with a note.
func (s *Server) adviceCase(w *Response, r *Request) error {
	id := engagement.ID(r.Var("id"))
	f := r.Form([]Field{{Name: "note", Kind: Area, Label: "advice.note", Hint: "advice.note.hint", Max: engagement.AdviceTextLimit, Rows: 4}})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error { return engagement.CloseAdvice(tx, r.Actor(), id, f.Text("note")) })
		switch {
		case err == nil:
			return w.SeeOther(adviceHome(r).Path)
		case !f.Refused(err):
			return err
		}
	}
	page := &adviceCasePage{}
	err := r.update(func(tx *store.Tx) error { // who reads contact data of a request is written down
		*page = adviceCasePage{Page: r.Page("advice.case.title")}
		return page.read(tx, r, id)
	})
	if err != nil {
		return err
	}
	page.Crumbs = []Link{adviceHome(r)}
	if page.Row.Case.State != engagement.AdviceDone {
		page.Form = f
		if page.Row.Case.Adviser != r.Session.Account.ID {
			a := r.Action(page.Row.At+"/uebernehmen", "advice.claim")
			a.Style = "primary"
			page.Claim = &a
		}
	}
	return w.Page(page)
}

func (p *adviceCasePage) read(tx *store.Tx, r *Request, id engagement.ID) error {
	c, err := tx.Advice(id)
	if err != nil {
		return err
	}
	if !engagement.Can(r.Actor(), engagement.Read, c.Thing()) {
		return engagement.ErrNotFound
	}
	rows, err := adviceRows(tx, []engagement.AdviceRequest{c})
	if err != nil {
		return err
	}
	p.Row = rows[0]
	var codes []string
	for _, id := range c.Shortlist {
		o, err := tx.Opportunity(id)
		if errors.Is(err, engagement.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		hits, err := shortlisted(tx, r, []string{o.Code})
		if err != nil {
			return err
		}
		for _, h := range hits {
			p.Cards = append(p.Cards, r.card(h))
			codes = append(codes, h.Code)
		}
	}
	adviser := r.Actor().Has(engagement.Adviser)
	if len(codes) > 0 && adviser {
		p.For = assistedAccounts + "?" + url.Values{checkMark: codes}.Encode()
	}
	if c.News != "" {
		p.News = "mail." + c.News + ".subject"
	}
	if a, err := tx.Account(c.Account); err == nil && a.Assisted && adviser {
		p.Account = assistedPath(a.ID)
	} else if err != nil && !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	if c.Request == "" {
		return nil
	}
	return p.about(tx, r, c)
}

// about reads the request of the case; one that is erased meanwhile is left out.
func (p *adviceCasePage) about(tx *store.Tx, r *Request, c engagement.AdviceRequest) error {
	m, err := tx.MatchRequest(c.Request)
	if errors.Is(err, engagement.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	about := &adviceAbout{Number: m.Number, State: string(m.State), Sent: engagement.DateOf(m.SentAt)}
	if o, err := tx.Opportunity(m.Opportunity); err == nil {
		about.Opportunity = Link{Path: opportunityPath(o), Text: o.Title}
	}
	if about.Organization, err = tx.Organization(m.Organization); err != nil {
		return err
	}
	contact := m.ContactThing()
	if contact.Assigned {
		contact.Desk = c.Desk
	}
	if m.HomeHere() && m.Contact != (engagement.Contact{}) && engagement.Can(r.Actor(), engagement.Read, contact) {
		about.Contact = m.Contact
		if err := engagement.ReadContact(tx, r.Actor(), m); err != nil {
			return err
		}
	}
	p.Request = about
	return nil
}

// claimAdvice takes a case.
func (s *Server) claimAdvice(w *Response, r *Request) error {
	id := engagement.ID(r.Var("id"))
	if err := r.update(func(tx *store.Tx) error { return engagement.ClaimAdvice(tx, r.Actor(), id) }); err != nil {
		return err
	}
	return w.SeeOther("/vermittlung/fall/" + string(id))
}
