package web

import (
	"errors"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// requestArea are the requests of a person: the list, the status page with what can be done next, and each thing that can be done.
// The same pages serve people with an account (/meine/anfragen/{id}) and holders of the link from the mail (/anfrage/{token}).
var requestArea = area{
	name:   "request",
	simple: true,
	pages: map[string]any{
		"request-list":     requestListPage{},
		"request-status":   requestPage{},
		"request-contact":  contactPage{},
		"request-withdraw": withdrawPage{},
	},
	routes: append([]route{{path: "/meine/anfragen", get: (*Server).requests, who: signedIn, helps: helpsRequests}},
		append(requestRoutes("/meine/anfragen/{id:[0-9a-f-]{36}}", signedIn, false), requestRoutes("/anfrage/{token:[0-9a-f]{32}}", nil, true)...)...),
}

func requestRoutes(base string, who access, token bool) []route {
	requests := helpsRequests
	if token {
		requests = nil
	}
	return []route{
		{path: base, get: (*Server).requestStatus, who: who, token: token, helps: requests},
		{path: base + "/kontakt", get: (*Server).releaseContact, post: (*Server).releaseContact, who: who, token: token, helps: requests},
		{path: base + "/kontakt/zurueck", post: (*Server).unshareContact, who: who, token: token, helps: requests, ends: true},
		{path: base + "/absagen", get: (*Server).withdrawRequest, post: (*Server).withdrawRequest, who: who, token: token, helps: requests, ends: true},
		{path: base + "/bestaetigen", post: (*Server).reconfirm, who: who, token: token, helps: requests},
		{path: base + "/vereinbaren", post: (*Server).agreeToAnswer, who: who, token: token, helps: requests},
		{path: base + "/abgeben", post: (*Server).handOver, who: who, token: token, helps: requests},
		{path: base + "/termin.ics", get: (*Server).requestCalendar, who: who, token: token, helps: requests},
	}
}

// holder is whoever holds the link of a request, or is signed in, and the path under which they see it.
type holder struct {
	actor engagement.Actor
	id    engagement.ID
	path  string
}

// holder finds out which request a path means. A wrong link is not found, like any other. In the workspace it is the answer to what the
// organization offers itself.
func (s *Server) holder(tx *store.Tx, r *Request) (holder, error) {
	if id := r.Var("request"); id != "" {
		b, err := s.bench(tx, r)
		return holder{r.Actor(), engagement.ID(id), b.Root + "/wir-bieten/anfrage/" + id}, err
	}
	if id := r.Var("id"); id != "" {
		return holder{r.Actor(), engagement.ID(id), "/meine/anfragen/" + id}, nil
	}
	m, err := tx.MatchRequestBySecret(engagement.Hash(r.Var("token")))
	return holder{engagement.Actor{Request: m.ID}, m.ID, "/anfrage/" + r.Var("token")}, err
}

// requestPage is the status of one request: what happened, what comes next, who has to act.
type requestPage struct {
	Page
	Request      engagement.MatchRequest
	Opportunity  engagement.Opportunity
	Gone         bool   // the opportunity is not there any more
	About        string // title of the opportunity or help offer
	Agree        *Action
	Organization engagement.Organization
	Root         string // path of the page; actions are below it
	Link         string // path of the opportunity
	AnswerBy     time.Time
	Details      bool // what only confirmed participants see
	Calendar     bool
	Shifts       bool // there are shifts to take, or were
	Confirm      *Action
	Unshare      *Action
	HandOver     *Action
	Proof        string // path of the form for a certificate, and
	Hours        string // path of the form for them; empty: there are none yet, or nobody has an account
	Similar      []Card // when no answer came, or a no
	Card         []cardField
}

// cardField is one released field of the contact card.
type cardField struct{ Field, Value string }

func (s *Server) requestStatus(w *Response, r *Request) error {
	p, err := s.requestPage(r)
	if err != nil {
		return err
	}
	return w.Page(p)
}

func (s *Server) requestPage(r *Request) (*requestPage, error) {
	p := &requestPage{Page: r.Page("request.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		h, err := s.holder(tx, r)
		if err != nil {
			return err
		}
		p.Root = h.path
		if p.Request, err = tx.MatchRequest(h.id); err != nil {
			return err
		}
		if !p.Request.HomeHere() || !p.Request.MayHome(h.actor) {
			return engagement.ErrNotFound
		}
		if p.Organization, err = tx.Organization(p.Request.Organization); err != nil {
			return err
		}
		p.AnswerBy = p.Request.AnswerBy(*s.instance.Load())
		p.Details = engagement.Can(h.actor, engagement.Read, p.Request.DetailsThing())
		if p.Request.Answers() {
			var offer engagement.HelpOffer
			offer, err = tx.HelpOffer(p.Request.HelpOffer)
			p.About, p.Link = offer.Title, helpOfferPath(offer)
		} else {
			p.Opportunity, err = tx.Opportunity(p.Request.Opportunity)
			p.About, p.Link = p.Opportunity.Title, opportunityPath(p.Opportunity)
			if err == nil && p.Request.ChoosesShifts() {
				shifts, failed := tx.ShiftsFor(p.Opportunity.ID)
				p.Shifts, err = len(shifts) > 0, failed
			}
			if p.Opportunity.Directed() { // it has no page
				p.Link = ""
			}
		}
		if errors.Is(err, engagement.ErrNotFound) || errors.Is(err, engagement.ErrGone) {
			p.Gone, err = true, nil
		}
		if err == nil && alone(p.Request, *s.instance.Load(), r.Now) && !p.Gone {
			p.Similar, err = similarTo(tx, r, p.Opportunity)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	p.Calendar = !p.Gone && !p.Request.Answers() && (p.Request.State == engagement.Agreed || p.Request.State == engagement.Active)
	p.Card = cardOf(p.Request.Card)
	if !p.Request.Reconfirm.IsZero() {
		a := r.Action(p.Root+"/bestaetigen", "request.reconfirm.button")
		a.Style = "primary"
		p.Confirm = &a
	}
	if p.Request.Answers() && p.Request.Offers(engagement.EventAgree) && !p.Organization.Stopped() {
		a := r.Action(p.Root+"/vereinbaren", "answer.agree")
		a.Style = "primary"
		p.Agree = &a
	}
	if p.Request.Account != "" && (p.Request.State == engagement.Active || p.Request.State == engagement.Completed) {
		p.Proof = ownCertificates + "/neu?fuer=" + string(p.Request.ID)
		p.Hours = ownHours + "/neu?fuer=" + string(p.Request.ID)
	}
	if p.Request.MayHandOver(*s.instance.Load(), r.Now) {
		a := r.Action(p.Root+"/abgeben", "advice.handover")
		p.HandOver = &a
	}
	if p.Request.Offers(engagement.EventUnshare) {
		a := r.Action(p.Root+"/kontakt/zurueck", "request.unshare.button")
		p.Unshare = &a
	}
	return p, nil
}

// alone says whether the person is better off with alternatives: no answer came in time, or a no.
func alone(m engagement.MatchRequest, i engagement.Instance, now time.Time) bool {
	ended := m.State == engagement.ExpiredRequest || m.State == engagement.Declined || m.State == engagement.Canceled
	late := !m.State.Final() && (!m.EscalatedAt.IsZero() || m.MayHandOver(i, now))
	return !m.Answers() && (ended || late)
}

// handOver gives the request to the volunteer center.
func (s *Server) handOver(w *Response, r *Request) error {
	var path string
	err := r.update(func(tx *store.Tx) error {
		h, err := s.holder(tx, r)
		if err != nil {
			return err
		}
		path = h.path
		_, err = engagement.HandOver(tx, h.actor, h.id)
		return err
	})
	if err != nil {
		return err
	}
	return w.SeeOther(path)
}

// cardOf are the fields of a card in their order.
func cardOf(card engagement.Card) []cardField {
	var fields []cardField
	for _, name := range engagement.CardFields {
		if value := card[name]; value != "" {
			fields = append(fields, cardField{name, value})
		}
	}
	return fields
}

// requestListPage are all requests of the account.
type requestListPage struct {
	Page
	Groups []turnGroup
}

type requestRow struct {
	Request  engagement.MatchRequest
	Title    string    // of the opportunity or help offer; empty: gone
	Name     string    // of the organization
	AnswerBy time.Time // when the organization should have answered
}

// turnGroup are the requests about which the same side has to act.
type turnGroup struct {
	Turn engagement.Turn
	Rows []requestRow
}

// byTurn groups rows by who has to act, in the order that is given; within a group they stay as they are.
func byTurn(rows []requestRow, order ...engagement.Turn) (groups []turnGroup) {
	for _, turn := range append(order, engagement.NobodysTurn, engagement.Ended) {
		g := turnGroup{Turn: turn}
		for _, row := range rows {
			if row.Request.Turn() == turn {
				g.Rows = append(g.Rows, row)
			}
		}
		if len(g.Rows) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func (s *Server) requests(w *Response, r *Request) error {
	p := &requestListPage{Page: r.Page("request.list.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		rows, err := requestRows(tx, r.Session.Account.ID)
		p.Groups = byTurn(rows, engagement.PersonsTurn, engagement.OrganizationsTurn)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// requestRows are all requests of an account, open ones first, the last changed before others.
func requestRows(tx *store.Tx, account engagement.ID) ([]requestRow, error) {
	list, err := tx.RequestsOfAccount(account)
	rows, n := make([]requestRow, len(list)), newNames(tx)
	for i, m := range list {
		rows[i] = requestRow{Request: m, Title: n.title(m.Subject()), Name: n.organization(m.Organization).Name}
	}
	slices.SortStableFunc(rows, func(a, b requestRow) int {
		if a.Request.State.Final() != b.Request.State.Final() {
			return map[bool]int{true: 1, false: -1}[a.Request.State.Final()]
		}
		return b.Request.Updated.Compare(a.Request.Updated)
	})
	return rows, err
}

// contactPage asks which fields the organization gets. Nothing is ticked before.
type contactPage struct {
	Page
	requestPageBase
	Form *Form
}

// requestPageBase is what the pages of single acts show of the request.
type requestPageBase struct {
	Back         string // path of the status page
	Organization engagement.Organization
	Ask          []string // fields that the organization wishes
}

// cardOptions are the fields that a card can have.
func cardOptions() (options []Option) {
	for _, field := range engagement.CardFields {
		options = append(options, Option{Value: field, Key: "request.card." + field})
	}
	return options
}

func contactFields() []Field {
	return []Field{
		{Name: "fields", Kind: Boxes, Label: "request.fields", Hint: "request.fields.hint", Need: "error.fields.empty", Options: cardOptions()},
		{Name: "name", Label: "request.card.name", Max: 200, Auto: "name"},
		{Name: "email", Kind: Email, Label: "request.card.email", Max: 200, Auto: "email"},
		{Name: "phone", Kind: Tel, Label: "request.card.phone", Max: 200, Auto: "tel"},
		{Name: "note", Kind: Area, Label: "request.card.note", Hint: "request.card.note.hint", Max: 500, Rows: 3},
	}
}

// releasedCard are the ticked fields.
func releasedCard(f *Form) engagement.Card {
	card := engagement.Card{}
	for _, field := range f.Texts("fields") {
		card[field] = f.Text(field)
	}
	return card
}

func (s *Server) releaseContact(w *Response, r *Request) error {
	p, err := s.requestPage(r)
	if err != nil {
		return err
	}
	m := p.Request
	if !m.Offers(engagement.EventRelease) || p.Organization.Stopped() {
		return w.SeeOther(p.Root)
	}
	f := r.Form(contactFields())
	known, err := s.contactOf(r, m)
	if err != nil {
		return err
	}
	for field, value := range map[string]string{"name": known.Name, "email": known.Email, "phone": known.Phone} {
		f.Set(field, value)
	}
	if f.OK() {
		card := releasedCard(f)
		err := r.update(func(tx *store.Tx) error {
			h, err := s.holder(tx, r)
			if err != nil {
				return err
			}
			_, err = engagement.ReleaseContact(tx, h.actor, h.id, card)
			return err
		})
		if err == nil {
			return w.SeeOther(p.Root)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(&contactPage{Page: r.Page("request.release.title"), requestPageBase: requestPageBase{p.Root, p.Organization, m.Ask}, Form: f})
}

// contactOf is what we know already of who releases contact data: what came with the request, what stands in the account, or what an
// organization that offers help itself tells everybody.
func (s *Server) contactOf(r *Request, m engagement.MatchRequest) (c engagement.Contact, err error) {
	if !m.Answers() {
		return m.Contact, nil
	}
	if m.Account != "" {
		a := r.Session.Account
		return engagement.Contact{Name: a.Name, Email: a.Email, Phone: a.Phone}, nil
	}
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		o, err := tx.Organization(m.Center)
		c = engagement.Contact{Name: o.ContactRole, Email: o.ContactMail, Phone: o.ContactPhone}
		return err
	})
	return c, err
}

// agreeToAnswer says that what an organization asked for is agreed.
func (s *Server) agreeToAnswer(w *Response, r *Request) error {
	return s.act(w, r, func(tx *store.Tx, h holder) error {
		_, err := engagement.AgreeToAnswer(tx, h.actor, h.id)
		return err
	})
}

// act runs a rule for the holder of the request and goes back to its page.
func (s *Server) act(w *Response, r *Request, rule func(*store.Tx, holder) error) error {
	var h holder
	err := r.update(func(tx *store.Tx) (err error) {
		if h, err = s.holder(tx, r); err != nil {
			return err
		}
		return rule(tx, h)
	})
	if err != nil {
		return err
	}
	return w.SeeOther(h.path)
}

func (s *Server) unshareContact(w *Response, r *Request) error {
	return s.act(w, r, func(tx *store.Tx, h holder) error {
		_, err := engagement.UnshareContact(tx, h.actor, h.id)
		return err
	})
}

func (s *Server) reconfirm(w *Response, r *Request) error {
	return s.act(w, r, func(tx *store.Tx, h holder) error {
		_, err := engagement.Reconfirm(tx, h.actor, h.id)
		return err
	})
}

// withdrawPage asks once more before a request is taken back.
type withdrawPage struct {
	Page
	requestPageBase
	Form        *Form
	Opportunity string // its title
	Answer      bool   // to a help offer
}

func (s *Server) withdrawRequest(w *Response, r *Request) error {
	p, err := s.requestPage(r)
	if err != nil {
		return err
	}
	if !p.Request.Offers(p.Request.No()) {
		return w.SeeOther(p.Root)
	}
	title := "request.withdraw.title"
	if p.Request.Answers() {
		title = "answer.no"
	}
	var reasons []Option
	for _, c := range engagement.DeclineReasons.With(engagement.FlagVolunteer) {
		reasons = append(reasons, Option{Value: string(c), Key: "code.decline_reason." + string(c)})
	}
	f := r.Form([]Field{{Name: "reason", Kind: Radio, Label: "request.withdraw.reason", Options: reasons}})
	if f.OK() {
		return s.act(w, r, func(tx *store.Tx, h holder) error {
			_, err := engagement.WithdrawRequest(tx, h.actor, h.id, engagement.Code(f.Text("reason")))
			return err
		})
	}
	return w.Page(&withdrawPage{
		Page: r.Page(title), requestPageBase: requestPageBase{Back: p.Root, Organization: p.Organization}, Form: f, Opportunity: p.About,
		Answer: p.Request.Answers(),
	})
}

// requestCalendar is the agreed help as an entry for the person's own calendar.
func (s *Server) requestCalendar(w *Response, r *Request) error {
	p, err := s.requestPage(r)
	if err != nil {
		return err
	}
	if !p.Calendar {
		return engagement.ErrNotFound
	}
	details := ""
	if p.Details {
		details = p.Opportunity.Details
	}
	file, err := s.calendarOf(r, p.Opportunity, p.Organization, string(p.Request.ID), details)
	if err != nil {
		return err
	}
	return w.File("text/calendar; charset=utf-8", "termin.ics", file)
}
