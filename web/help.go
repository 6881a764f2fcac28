package web

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/matching"
	"seestern/store"
)

// helpArea is "Ich möchte helfen": from the button to the request that is on its way.
var helpArea = area{
	name:   "help",
	simple: true,
	pages: map[string]any{
		"help-choice":  helpChoicePage{},
		"help-form":    helpFormPage{},
		"help-check":   helpCheckPage{},
		"help-sent":    helpSentPage{},
		"help-confirm": helpConfirmPage{},
	},
	routes: []route{
		{path: "/angebote/" + codeVar + "/helfen", get: whenPublic((*Server).helpChoice)},
		{path: "/angebote/" + codeVar + "/helfen/ohne-konto", get: whenPublic((*Server).help), post: whenPublic((*Server).help)},
		{path: "/angebote/" + codeVar + "/helfen/mit-konto", get: (*Server).help, post: (*Server).help, who: signedIn, helps: helpsRequests},
		{path: "/angebote/" + codeVar + "/helfen/ohne-konto/pruefen", post: whenPublic((*Server).sendHelp), limit: rareForms},
		{path: "/angebote/" + codeVar + "/helfen/mit-konto/pruefen", post: (*Server).sendHelp, who: signedIn, helps: helpsRequests},
		{path: "/angebote/" + codeVar + "/helfen/bestaetigen", get: whenPublic((*Server).helpSent)},
		{path: "/angebote/{id:[23456789abcdefghjkmnpqrstuvwxyz]{8}}-{slug}/interesse", get: whenPublic((*Server).interest)},
		{path: "/anfrage/bestaetigen/{token:[0-9a-f]{32}}", get: (*Server).confirmHelp, post: (*Server).confirmHelp, token: true},
	},
}

// helpAbout is the opportunity that all pages of the flow are about.
type helpAbout struct {
	Opportunity  engagement.Opportunity
	Organization engagement.Organization
	Back         string // path of the opportunity
	Closed       Words  // why nobody can ask now; empty key: everybody can
}

type helpChoicePage struct {
	Page
	helpAbout
}

type helpFormPage struct {
	Page
	helpAbout
	Form     *Form // nil: nobody can ask
	Hidden   []HiddenField
	SignedIn bool
}

type helpCheckPage struct {
	Page
	helpAbout
	Answers []Answer
	Hidden  []HiddenField
	Send    string // path that sends
	Edit    string // path of the form
	Text    bool   // a text was written, and goes to the organization
	edit    *Request
}

// EditOnce protects the button that leads back to the form.
func (p *helpCheckPage) EditOnce() string {
	if p.edit == nil {
		return ""
	}
	return p.edit.once(p.Edit)
}

type helpSentPage struct {
	Page
	helpAbout
}

type helpConfirmPage struct {
	Page
	helpAbout
	Answers []Answer
	Form    *Form
	Open    string // path of the request that is open already
}

// about finds the opportunity of the path for who asks, and why requests are not possible.
func (s *Server) about(r *Request) (a helpAbout, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		if a.Opportunity, err = tx.OpportunityByCode(r.Var("id")); err != nil {
			return err
		}
		if err = a.complete(tx, r); err != nil {
			return err
		}
		err = engagement.TakesRequests(tx, a.Opportunity)
		if a.Closed = a.why(err); a.Closed.Key != "" {
			err = nil
		}
		return err
	})
	return a, err
}

// complete reads what belongs to the opportunity and hides what the viewer may not see. What was public and is over for good is gone.
func (a *helpAbout) complete(tx *store.Tx, r *Request) (err error) {
	if !engagement.Can(r.Actor(), engagement.Read, a.Opportunity.Thing()) {
		if slices.Contains(goneStates, a.Opportunity.State) && !a.Opportunity.Published.IsZero() {
			return engagement.ErrGone
		}
		return engagement.ErrNotFound
	}
	a.Back = opportunityPath(a.Opportunity)
	a.Organization, err = tx.Organization(a.Opportunity.Organization)
	if err == nil && a.Organization.State != engagement.OrganizationActive && !r.Actor().Of(a.Organization.ID) {
		err = engagement.ErrNotFound
	}
	return err
}

// why says why a request is not possible; no words if err is nothing of that kind.
func (a helpAbout) why(err error) Words {
	switch {
	case errors.Is(err, engagement.ErrConflict):
		return say("error.request.open")
	case errors.Is(err, engagement.ErrTooMany), errors.Is(err, engagement.ErrGone):
		return say("error.request.many")
	case errors.Is(err, engagement.ErrForbidden):
		return say("error.request.partner", "host", a.Opportunity.Origin)
	}
	return Words{}
}

func (s *Server) helpChoice(w *Response, r *Request) error {
	a, err := s.about(r)
	if err != nil {
		return err
	}
	if r.Session != nil {
		return w.SeeOther("/angebote/" + a.Opportunity.Code + "/helfen/mit-konto")
	}
	if a.Closed.Key != "" {
		return w.Page(&helpFormPage{Page: r.Page("help.title"), helpAbout: a})
	}
	return w.Page(&helpChoicePage{Page: r.Page("help.title"), helpAbout: a})
}

// interestToken carries the personal link of somebody who wrote from another server.
const interestToken = "t"

// helpFields are the questions. Name and address are asked of visitors only.
func (s *Server) helpFields(r *Request, a helpAbout) []Field {
	fields := requestFields(a)
	if r.assisting() {
		fields[0] = viaField
		fields[0].Label, fields[0].Args, fields[0].Need = "assisted.agreed", map[string]any{"name": r.Session.Account.Name}, "error.assisted.agreed"
	} else if r.Actor().Helper != "" {
		fields = fields[1:]
	} else if engagement.MayShareNow(a.Opportunity, a.Organization) {
		fields = append(fields, Field{Name: "share_now", Kind: Box, Label: "help.share", Hint: "help.share.hint"})
	}
	if r.Session == nil {
		email := emailField
		email.Hint = "help.email.hint"
		fields = append([]Field{{Name: "name", Label: "account.name", Hint: "help.name.hint", Need: "error.name.empty", Auto: "name", Max: 100}, email}, fields...)
	}
	return append(fields, Field{Name: interestToken, Kind: Hidden, Max: 32})
}

// assisting says whether an adviser acts for somebody.
func (r *Request) assisting() bool {
	return r.Actor().Helper != "" && r.Actor().May(engagement.ConsentAssisted)
}

// requestFields are the questions to everybody.
func requestFields(a helpAbout) []Field {
	fields := []Field{
		{Name: "age", Kind: Radio, Label: "help.age", Need: "error.choice.empty", Options: vocabularyOptions(engagement.RequestAges)},
		{Name: "available", Label: "help.available", Hint: "help.available.hint", Max: 200},
		{Name: "text", Kind: Area, Label: "help.text", Hint: "help.text.hint", Max: engagement.RequestTextLimit, Rows: 5},
	}
	if !a.Opportunity.Local() {
		fields = append(fields, Field{Name: "send_text", Kind: Box, Label: "help.send", Hint: "help.send.hint"})
	}
	return fields
}

// wishOf is what was answered.
func wishOf(r *Request, a helpAbout, f *Form) engagement.Wish {
	return engagement.Wish{
		Contact: engagement.Contact{Name: f.Text("name"), Email: f.Text("email"), Available: f.Text("available")}, AgeBand: engagement.Code(f.Text("age")),
		Text: f.Text("text"), SendText: !a.Opportunity.Local() && f.On("send_text"), ShareNow: f.On("share_now"), Lang: r.Language.Lang, Via: engagement.Code(f.Text("via")),
		Gates: matching.PassedGates(engagement.Profile{AgeBand: engagement.Code(f.Text("age"))}, matching.Candidate{Opportunity: &a.Opportunity}, r.Now),
	}
}

// help asks the questions, and when they are answered shows them for a last look.
func (s *Server) help(w *Response, r *Request) error {
	a, err := s.about(r)
	if err != nil {
		return err
	}
	if a.Closed.Key != "" && r.Method == "GET" { // what was written before stays in the page
		return w.Page(&helpFormPage{Page: r.Page("help.title"), helpAbout: a})
	}
	f := r.Form(s.helpFields(r, a))
	f.Set(interestToken, r.URL.Query().Get(interestToken))
	if f.OK() {
		return s.checkHelp(w, r, a, f)
	}
	return w.Page(&helpFormPage{
		Page: r.Page("help.title"), helpAbout: a, Form: f, Hidden: f.Hidden(),
		SignedIn: r.Session != nil,
	})
}

func (s *Server) checkHelp(w *Response, r *Request, a helpAbout, f *Form) error {
	path := strings.TrimSuffix(r.Path, "/pruefen")
	return w.Page(&helpCheckPage{
		Page: r.Page("form.check"), helpAbout: a, Answers: f.Answers(""), Hidden: f.Carry(), Send: path + "/pruefen", Edit: path,
		Text: f.Text("text") != "" && (a.Opportunity.Local() || f.On("send_text")), edit: r,
	})
}

// sendHelp makes the request.
func (s *Server) sendHelp(w *Response, r *Request) error {
	a, err := s.about(r)
	if err != nil {
		return err
	}
	f := r.Form(s.helpFields(r, a))
	f.Path = strings.TrimSuffix(r.Path, "/pruefen")
	if f.OK() {
		m, err := s.request(r, a, f)
		switch {
		case err == nil && m.Account != "":
			return w.SeeOther("/meine/anfragen/" + string(m.ID))
		case err == nil:
			return w.SeeOther("/angebote/" + a.Opportunity.Code + "/helfen/bestaetigen")
		case !a.refused(f, err):
			return err
		}
	}
	return w.Page(&helpFormPage{
		Page: r.Page("help.title"), helpAbout: a, Form: f, Hidden: f.Hidden(),
		SignedIn: r.Session != nil,
	})
}

// refused takes over why a request is not possible, and says whether err was such a refusal.
func (a helpAbout) refused(f *Form, err error) bool {
	if why := a.why(err); why.Key != "" {
		f.add(FieldError{Words: why})
		return true
	}
	return f.Refused(err)
}

// request calls the rule with what was answered.
func (s *Server) request(r *Request, a helpAbout, f *Form) (m engagement.MatchRequest, err error) {
	wish := wishOf(r, a, f)
	err = r.update(func(tx *store.Tx) error {
		if r.Session != nil {
			profile, err := tx.Profile(r.Session.Account.ID)
			if err != nil {
				return err
			}
			if profile.Restricted() {
				profile = engagement.Profile{AgeBand: profile.AgeBand}
			}
			if band, _ := profile.Younger(wish.AgeBand); profile.AgeBand == "" || band != "ab-18" {
				profile.AgeBand = band
			}
			list, err := candidates(tx, []*engagement.Opportunity{&a.Opportunity})
			if err != nil {
				return err
			}
			wish.Gates = matching.PassedGates(profile, list[0], r.Now)
		}
		if token := f.Text(interestToken); token != "" {
			if m, err = engagement.ContinueInterest(tx, r.Actor(), token, wish); !errors.Is(err, engagement.ErrNotFound) {
				return err
			}
		}
		m, err = engagement.Request(tx, r.Actor(), a.Opportunity.ID, wish)
		return err
	})
	return m, err
}

// helpSent says that a mail is on its way; the same for every address.
func (s *Server) helpSent(w *Response, r *Request) error {
	a, err := s.about(r)
	if err != nil {
		return err
	}
	return w.Page(&helpSentPage{Page: r.Page("account.sent"), helpAbout: a})
}

// interest is where the answer to a message from another server leads: the form, with the personal link.
func (s *Server) interest(w *Response, r *Request) error {
	return w.SeeOther("/angebote/" + r.Var("id") + "/helfen/ohne-konto?" + url.Values{interestToken: {r.URL.Query().Get(interestToken)}}.Encode())
}

// confirmHelp sends a request whose address is now confirmed.
func (s *Server) confirmHelp(w *Response, r *Request) error {
	token := r.Var("token")
	p := &helpConfirmPage{Page: r.Page("help.confirm.title"), Form: r.Form(nil)}
	var refused error
	if r.Method == "POST" {
		var path string
		err := r.update(func(tx *store.Tx) error {
			m, err := engagement.ConfirmRequest(tx, token)
			if err == nil || errors.Is(err, engagement.ErrConflict) {
				var lost error
				path, lost = personPath(tx, engagement.Event{Subject: m.ID})
				err = errors.Join(err, lost)
			}
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(path)
		case errors.Is(err, engagement.ErrForbidden):
			return engagement.ErrGone
		case errors.Is(err, engagement.ErrConflict), errors.Is(err, engagement.ErrTooMany):
			p.Open, refused = path, err
		default:
			return s.expiredRequest(w, r, err)
		}
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		t, err := tx.Token(engagement.Hash(token), engagement.TokenConfirm)
		if err != nil {
			return err
		}
		m, err := tx.MatchRequest(t.Subject)
		if err != nil {
			return err
		}
		if p.Opportunity, err = tx.Opportunity(m.Opportunity); err != nil {
			return err
		}
		p.Answers = []Answer{{Key: "help.text", Values: lines(m.Text)}, {Key: "help.available", Values: lines(m.Contact.Available)}}
		return p.complete(tx, r)
	})
	if err != nil {
		return s.expiredRequest(w, r, err)
	}
	if refused != nil {
		p.refused(p.Form, refused)
	}
	return w.Page(p)
}

// lines are the paragraphs of a text; none for an empty one.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// expiredRequest answers a confirmation link that is used or too old.
func (s *Server) expiredRequest(w *Response, r *Request, err error) error {
	if !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	w.Status = 410
	return w.Page(&accountSentPage{Page: r.Page("account.expired.title"), Text: "help.confirm.expired"})
}
