package web

import (
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// assistedArea are the accounts that the volunteer center keeps for people without e-mail: the paper on which they agree, the accounts, what
// was done for a person, and the way to an account of their own.
var assistedArea = area{
	name:   "assisted",
	simple: true,
	pages: map[string]any{
		"assisted-list": assistedListPage{}, "assisted": assistedPage{}, "assisted-form": assistedFormPage{}, "assisted-paper": assistedPaperPage{}, "assisted-log": assistedLogPage{},
		"assisted-place": placePage{},
	},
	routes: []route{
		{path: assistedAccounts, get: (*Server).assistedList, post: (*Server).assistedList, who: role(engagement.Adviser), bare: true, ends: true},
		{path: assistedAccounts + "/neu", get: (*Server).openAssisted, post: (*Server).openAssisted, who: role(engagement.Adviser)},
		{path: assistedAccounts + "/einwilligung", get: (*Server).assistedPaper, who: role(engagement.Adviser)},
		{path: assistedOne, get: (*Server).assisted, who: role(engagement.Adviser)},
		{path: assistedOne + "/angaben", get: (*Server).changeAssisted, post: (*Server).changeAssisted, who: role(engagement.Adviser)},
		{path: assistedOne + "/einwilligung", get: (*Server).recordPaper, post: (*Server).recordPaper, who: role(engagement.Adviser)},
		{path: assistedOne + "/widerruf", post: (*Server).withdrawPaper, who: role(engagement.Adviser), ends: true},
		{path: assistedOne + "/uebergeben", get: (*Server).offerTakeOver, post: (*Server).offerTakeOver, who: role(engagement.Adviser)},
		{path: assistedOne + "/uebergeben/zurueck", post: assistedAct(func(tx *store.Tx, by engagement.Actor, id engagement.ID) error {
			return engagement.OfferTakeOver(tx, by, id, "")
		}), who: role(engagement.Adviser), ends: true},
		{path: assistedOne + "/beenden", post: assistedAct(func(tx *store.Tx, by engagement.Actor, id engagement.ID) error {
			return engagement.EndAssisted(tx, by, id)
		}), who: role(engagement.Adviser), ends: true},
		{path: assistedOne + "/behalten", post: assistedAct(func(tx *store.Tx, by engagement.Actor, id engagement.ID) error {
			return engagement.KeepAssisted(tx, by, id)
		}), who: role(engagement.Adviser)},
		{path: assistedOne + "/protokoll", get: (*Server).assistedLog, who: role(engagement.Adviser)},
		{path: placed + "gesendet", get: sent("assisted.place.sent"), who: role(engagement.Adviser)}, // before the codes, of whose letters the word is
		{path: placed + codeVar, get: (*Server).place, post: (*Server).place, who: role(engagement.Adviser)},
		{path: "/konto/uebernehmen/{token:[0-9a-f]{32}}", get: (*Server).takeOver, post: (*Server).takeOver, token: true, limit: signIns},
	},
}

const (
	assistedAccounts = "/vermittlung/begleitkonten"
	assistedOne      = assistedAccounts + "/{id:[0-9a-f-]{36}}"
	assistedShown    = 500 // accounts in the list
	placed           = "/vermittlung/anfragen/"
)

func assistedPath(id engagement.ID) string { return assistedAccounts + "/" + string(id) }

// assistedAct runs a rule for the account of the path and goes back to its page.
func assistedAct(rule func(*store.Tx, engagement.Actor, engagement.ID) error) handler {
	return func(_ *Server, w *Response, r *Request) error {
		id := engagement.ID(r.Var("id"))
		if err := r.update(func(tx *store.Tx) error { return rule(tx, r.Actor(), id) }); err != nil {
			return err
		}
		return w.SeeOther(assistedPath(id))
	}
}

// crumbs of the pages about one account.
func assistedCrumbs(more ...Link) []Link {
	return append([]Link{{Path: "/vermittlung", Words: say("nav.mediation")}, {Path: assistedAccounts, Words: say("assisted.title")}}, more...)
}

// ---- the list ----

type assistedListPage struct {
	Page
	Rows    []assistedRow
	Direct  []Link // forms that ask for who has an e-mail address, for each opportunity of a shortlist
	For     bool   // somebody is chosen for whom is gone on with a shortlist, or the answers of a check
	Opening Action // opens a new one, with what is carried
}

type assistedRow struct {
	Account engagement.Account
	Path    string
	Act     *Action
}

// assistedList shows all accounts; behind a shortlist or a check it asks for whom.
func (s *Server) assistedList(w *Response, r *Request) error {
	p := &assistedListPage{Page: r.Page("assisted.title")}
	p.Crumbs = []Link{{Path: "/vermittlung", Words: say("nav.mediation")}}
	carried := carriedFor(r)
	p.For = len(carried) > 0
	p.Opening = r.Action(assistedAccounts+"/neu", "assisted.new.title")
	p.Opening.Hidden = append(carried, HiddenField{showOnly, "1"})
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		hits, err := shortlisted(tx, r, markedCodes(r.URL.Query()))
		if err != nil {
			return err
		}
		for _, h := range hits {
			p.Direct = append(p.Direct, Link{Path: placed + h.Code, Text: h.Title})
		}
		accounts, err := tx.AssistedAccounts("", assistedShown)
		p.Rows = make([]assistedRow, len(accounts))
		for i, a := range accounts {
			p.Rows[i] = assistedRow{Account: a, Path: assistedPath(a.ID)}
			if _, err := r.Actor().HelpFor(a); err == nil {
				p.Rows[i].Act = actFor(r, a, carried...)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(p.Rows, func(a, b assistedRow) int {
		return strings.Compare(strings.ToLower(a.Account.Name), strings.ToLower(b.Account.Name))
	})
	return w.Page(p)
}

// carriedFor is what waits for somebody to be chosen: the shortlist in the address, or the sealed answers of a check.
func carriedFor(r *Request) (carried []HiddenField) {
	if codes := markedCodes(r.URL.Query()); len(codes) > 0 {
		carried = append(carried, HiddenField{"weiter", shortlistPath(codes)})
	}
	if next := r.PostFormValue("weiter"); localPath(next) {
		carried = append(carried, HiddenField{"weiter", next})
	}
	if sealed := r.PostFormValue(draftField); sealed != "" {
		carried = append(carried, HiddenField{draftField, sealed})
	}
	return carried
}

// actFor is the button by which somebody begins to act for a person.
func actFor(r *Request, a engagement.Account, carried ...HiddenField) *Action {
	act := r.Action(actPath(a.ID), "assisted.act", "name", a.Name)
	act.Style, act.Hidden = "primary", carried
	return &act
}

// ---- the paper ----

// assistedPaperPage is the form of consent that is printed and signed.
type assistedPaperPage struct {
	Page
	Purposes []engagement.Code
	Days     int // of grace before an account is erased
	Months   int // after which an unused account is deleted
}

// Lines are what the person fills in.
func (*assistedPaperPage) Lines() []string {
	return []string{"assisted.line.name", "assisted.line.phone", "assisted.line.age", "assisted.line.signed", "assisted.line.signature"}
}

// CenterLines are what the volunteer center fills in.
func (*assistedPaperPage) CenterLines() []string {
	return []string{"assisted.line.form", "assisted.line.taken", "assisted.line.kept"}
}

func (s *Server) assistedPaper(w *Response, r *Request) error {
	p := &assistedPaperPage{Page: r.Page("assisted.paper.title"), Purposes: engagement.PaperPurposes.Codes(), Days: int(engagement.DeletionGrace.Hours() / 24), Months: 12}
	p.Crumbs = assistedCrumbs()
	return w.Page(p)
}

// ---- opening and changing ----

type assistedFormPage struct {
	Page
	Lead   Words
	Form   *Form
	Hidden []HiddenField
	Button string // locale key
	Back   string
	Paper  bool // the form to be printed is linked
}

var (
	assistedName  = Field{Name: "name", Label: "assisted.name", Hint: "assisted.name.hint", Need: "error.name.empty", Max: 100}
	assistedPhone = Field{Name: "phone", Kind: Tel, Auto: "off", Label: "advice.phone", Hint: "assisted.phone.hint", Max: 40}
)

// paperFields ask what stands on a paper.
func paperFields() []Field {
	return []Field{
		{Name: "signed", Kind: Day, Label: "assisted.signed", Need: "error.date.unknown"},
		{Name: "form", Label: "assisted.form", Hint: "assisted.form.hint", Need: "error.text.empty", Max: 40},
		{Name: "purposes", Kind: Boxes, Label: "assisted.purposes", Hint: "assisted.purposes.hint", Options: vocabularyOptions(engagement.PaperPurposes)},
	}
}

// paperOf is what was written down of a paper.
func paperOf(f *Form) engagement.Paper {
	return engagement.Paper{Signed: f.Date("signed"), Form: f.Text("form"), Purposes: codesOf(f, "purposes")}
}

// helpedAges are the age groups of people with an assisted account.
func helpedAges() []Option {
	return slices.DeleteFunc(vocabularyOptions(engagement.AgeBands), func(o Option) bool {
		_, oldest, _ := engagement.Ages(engagement.Code(o.Value))
		return oldest < 16
	})
}

// openAssisted makes an account for who has signed the paper, and goes on with what was carried, acting for the person.
func (s *Server) openAssisted(w *Response, r *Request) error {
	var languages []Option
	for _, l := range Languages {
		languages = append(languages, Option{Value: string(l.Lang), Key: "assisted.lang." + string(l.Lang)})
	}
	fields := append([]Field{
		assistedName, assistedPhone,
		{Name: "age", Kind: Radio, Label: "assisted.age", Hint: "assisted.age.hint", Need: "error.choice.empty", Options: helpedAges()},
		{Name: "lang", Kind: Radio, Label: "assisted.lang", Need: "error.choice.empty", Options: languages},
	}, paperFields()...)
	f := r.Form(append(fields, Field{Name: "sure", Kind: Box, Label: "assisted.sure", Need: "error.assisted.sure"}))
	f.Set("lang", string(r.Language.Lang))
	if f.OK() {
		var a engagement.Account
		err := r.update(func(tx *store.Tx) (err error) {
			a, err = engagement.OpenAssisted(tx, r.Actor(), engagement.Assisting{
				Name: f.Text("name"), Phone: f.Text("phone"), AgeBand: engagement.Code(f.Text("age")), Lang: engagement.Lang(f.Text("lang")), Paper: paperOf(f),
			})
			return err
		})
		switch {
		case err == nil && len(carriedFor(r)) > 0:
			return s.actAs(w, r, a.ID)
		case err == nil:
			return w.SeeOther(assistedPath(a.ID))
		case !f.Refused(err):
			return err
		}
	}
	p := &assistedFormPage{Page: r.Page("assisted.new.title"), Lead: say("assisted.new.lead"), Form: f, Button: "assisted.new.button", Hidden: carriedFor(r), Paper: true}
	p.Crumbs = assistedCrumbs()
	return w.Page(p)
}

// assistedForm shows a form about one account and calls the rule with what was filled in.
func (s *Server) assistedForm(w *Response, r *Request, p *assistedFormPage, fill func(engagement.Account), rule func(*store.Tx, engagement.ID) error) error {
	id := engagement.ID(r.Var("id"))
	var a engagement.Account
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if a, err = tx.Account(id); err == nil && !engagement.Can(r.Actor(), engagement.Change, a.AssistedThing()) {
			err = engagement.ErrNotFound
		}
		return err
	})
	if err != nil {
		return err
	}
	if fill != nil {
		fill(a)
	}
	if p.Form.OK() {
		err := r.update(func(tx *store.Tx) error { return rule(tx, id) })
		switch {
		case err == nil:
			return w.SeeOther(assistedPath(id))
		case !p.Form.Refused(err):
			return err
		}
	}
	p.Crumbs, p.Back = assistedCrumbs(Link{Path: assistedPath(id), Text: a.Name}), assistedPath(id)
	return w.Page(p)
}

func (s *Server) changeAssisted(w *Response, r *Request) error {
	f := r.Form([]Field{assistedName, assistedPhone})
	p := &assistedFormPage{Page: r.Page("assisted.change.title"), Form: f, Button: "button.save"}
	return s.assistedForm(w, r, p, func(a engagement.Account) {
		f.Set("name", a.Name)
		f.Set("phone", a.Phone)
	}, func(tx *store.Tx, id engagement.ID) error {
		return engagement.ChangeAssisted(tx, r.Actor(), id, f.Text("name"), f.Text("phone"))
	})
}

func (s *Server) recordPaper(w *Response, r *Request) error {
	fields := paperFields()
	fields[2].Need = "error.choice.empty"
	f := r.Form(fields)
	p := &assistedFormPage{Page: r.Page("assisted.record.title"), Lead: say("assisted.record.lead"), Form: f, Button: "button.save", Paper: true}
	return s.assistedForm(w, r, p, nil, func(tx *store.Tx, id engagement.ID) error {
		return engagement.RecordPaper(tx, r.Actor(), id, paperOf(f))
	})
}

func (s *Server) offerTakeOver(w *Response, r *Request) error {
	f := r.Form([]Field{{Name: "email", Kind: Email, Auto: "off", Label: "assisted.offer.email", Need: "error.email.empty", Max: 254}})
	p := &assistedFormPage{Page: r.Page("assisted.offer.title"), Lead: say("assisted.offer.lead"), Form: f, Button: "assisted.offer.button"}
	return s.assistedForm(w, r, p, nil, func(tx *store.Tx, id engagement.ID) error {
		return engagement.OfferTakeOver(tx, r.Actor(), id, f.Text("email"))
	})
}

func (s *Server) withdrawPaper(w *Response, r *Request) error {
	return assistedAct(func(tx *store.Tx, by engagement.Actor, id engagement.ID) error {
		return engagement.WithdrawPaper(tx, by, id, engagement.Code(r.PostForm.Get("purpose")))
	})(s, w, r)
}

// ---- one account ----

// assistedPage is what advisers know of somebody who has an assisted account.
type assistedPage struct {
	Page
	Account  engagement.Account
	Age      engagement.Code
	Root     string
	Papers   []paperRow
	Requests []requestRow
	Act      *Action // nil: nobody may act for the person now
	End      *Action // nil: it ends
	Keep     *Action
	OfferOff *Action
}

// paperRow is a consent that holds.
type paperRow struct {
	engagement.Consent
	TakenBy  string  // name of who took the paper
	Withdraw *Action // nil: it goes with the account
}

func (s *Server) assisted(w *Response, r *Request) error {
	p := &assistedPage{}
	err := r.update(func(tx *store.Tx) error { // who reads about somebody is written down
		*p = assistedPage{}
		return p.read(tx, r)
	})
	if err != nil {
		return err
	}
	a := p.Account
	p.Title, p.Root = r.T("assisted.of", "name", a.Name), assistedPath(a.ID)
	p.Crumbs = assistedCrumbs()
	if _, err := r.Actor().HelpFor(a); err == nil {
		p.Act = actFor(r, a)
	}
	if a.DeleteAfter.IsZero() || a.Deletion == engagement.DeletionUnused {
		end := r.Action(p.Root+"/beenden", "assisted.end")
		end.Sure = "assisted.end.sure"
		p.End = &end
	}
	if !a.DeleteAfter.IsZero() {
		keep := r.Action(p.Root+"/behalten", "assisted.keep")
		p.Keep = &keep
	}
	if a.Offered != "" {
		off := r.Action(p.Root+"/uebergeben/zurueck", "assisted.offer.back")
		p.OfferOff = &off
	}
	return w.Page(p)
}

func (p *assistedPage) read(tx *store.Tx, r *Request) (err error) {
	if p.Account, err = engagement.ReadAssisted(tx, r.Actor(), engagement.ID(r.Var("id"))); err != nil {
		return err
	}
	profile, err := tx.Profile(p.Account.ID)
	if err != nil {
		return err
	}
	p.Age = profile.AgeBand
	for _, c := range profile.Consents {
		if !c.Active(tx.Now()) || c.Paper == "" {
			continue
		}
		row := paperRow{Consent: c}
		if by, err := tx.Account(c.TakenBy); err == nil {
			row.TakenBy = by.Name
		}
		if engagement.PaperPurposes.Has(c.Purpose) {
			a := r.Action(assistedPath(p.Account.ID)+"/widerruf", "assisted.withdraw")
			a.Hidden = []HiddenField{{"purpose", string(c.Purpose)}}
			row.Withdraw = &a
		}
		p.Papers = append(p.Papers, row)
	}
	p.Requests, err = requestRows(tx, p.Account.ID)
	return err
}

// assistedLogPage is what was done for a person, on paper for who cannot look it up.
type assistedLogPage struct {
	Page
	Name string
	Back string
	Rows []accessRow
}

func (s *Server) assistedLog(w *Response, r *Request) error {
	id := engagement.ID(r.Var("id"))
	p := &assistedLogPage{}
	err := r.update(func(tx *store.Tx) error {
		a, err := engagement.ReadAssisted(tx, r.Actor(), id)
		if err != nil {
			return err
		}
		*p = assistedLogPage{Page: r.Page("assisted.log.title", "name", a.Name), Name: a.Name, Back: assistedPath(id)}
		p.Rows, err = accesses(tx, id)
		return err
	})
	if err != nil {
		return err
	}
	p.Crumbs = assistedCrumbs(Link{Path: p.Back, Text: p.Name})
	return w.Page(p)
}

// ---- asking for who has an e-mail address ----

// viaField asks how somebody was advised.
var viaField = Field{Name: "via", Kind: Radio, Label: "assisted.via", Hint: "assisted.agreed.hint", Need: "error.choice.empty", Options: []Option{
	{Value: "beratung", Key: "assisted.agreed.here"}, {Value: "telefon", Key: "assisted.agreed.phone"},
}}

// placePage asks for somebody without an account, who gets a mail.
type placePage struct {
	Page
	helpAbout
	Form *Form
}

// place asks the questions of a request for somebody else. Instead of a check before sending, the person sees it all and sends it.
func (s *Server) place(w *Response, r *Request) error {
	a, err := s.about(r)
	if err != nil {
		return err
	}
	name, email := assistedName, emailField
	name.Hint, email.Label, email.Auto = "", "assisted.offer.email", "off"
	fields := requestFields(a)
	fields[0].Label = "assisted.offer.age"
	f := r.Form(append([]Field{name, email, viaField}, fields...))
	if f.OK() {
		wish := wishOf(r, a, f)
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.RequestFor(tx, r.Actor(), a.Opportunity.ID, wish)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(placed + "gesendet")
		case !a.refused(f, err):
			return err
		}
	}
	p := &placePage{Page: r.Page("assisted.ask"), helpAbout: a, Form: f}
	p.Crumbs = []Link{{Path: "/vermittlung", Words: say("nav.mediation")}}
	return w.Page(p)
}

// ---- taking over ----

// takeOver is the page of the link by which the account becomes the person's own: with a password, or without one.
func (s *Server) takeOver(w *Response, r *Request) error {
	token := r.Var("token")
	var a engagement.Account
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		t, err := tx.Token(engagement.Hash(token), engagement.TokenTakeOver)
		if err != nil {
			return err
		}
		a, err = engagement.OfferedTakeOver(tx, t)
		return err
	})
	if err != nil {
		return s.expiredLink(w, r, err, "takeover")
	}
	f := r.Form([]Field{newPassword})
	if f.OK() && f.Text("passwort") != "" {
		checkPassword(f, "passwort", false, a.Name)
	}
	if f.OK() {
		done, err := s.finishWith(w, r, f, func(tx *store.Tx, hash string) (engagement.Account, string, error) {
			a, err := engagement.TakeOver(tx, token, hash)
			return a, "/meine", err
		})
		if done || err != nil {
			return err
		}
	}
	return w.Page(&accountPage{Page: r.Page("assisted.takeover.title", "name", a.Name), Lead: say("assisted.takeover.lead"), Form: f, Button: "assisted.takeover.button"})
}

// ---- acting for a person ----

// helpingArea is how somebody begins and ends to act for a person: an adviser, or whom the person has asked. It is a matter of the session,
// and ends with it.
var helpingArea = area{
	name: "helping",
	routes: []route{
		{path: acting + "/{id:[0-9a-f-]{36}}", post: (*Server).actFor, who: signedIn},
		{path: acting + "/beenden", post: (*Server).stopActing, who: helping, helps: helpsAny, ends: true},
	},
}

const acting = "/meine/handeln"

func actPath(person engagement.ID) string { return acting + "/" + string(person) }

func (s *Server) actFor(w *Response, r *Request) error {
	return s.actAs(w, r, engagement.ID(r.Var("id")))
}

// actAs lets who has signed in act for somebody from now on, and goes on with what waited for it.
func (s *Server) actAs(w *Response, r *Request, id engagement.ID) error {
	token, next := newSessionToken(), *r.Session
	err := r.update(func(tx *store.Tx) error {
		a, as, err := engagement.StartHelping(tx, r.Actor(), id)
		if err != nil {
			return err
		}
		next = *r.Session
		next.Helper, next.Account, next.Actor = r.Session.Account, a, as
		return next.renew(tx, token, a.ID)
	})
	if err != nil {
		return err
	}
	path := "/meine"
	if to := r.PostFormValue("weiter"); localPath(to) {
		path = to
	}
	w.SignIn(token, next)
	return w.Resume(r.PostFormValue(draftField), path)
}

// renew puts a session for another person, or for oneself again, into the place of the old one: forms of the old one are good for nothing.
func (s *Session) renew(tx *store.Tx, token string, helps engagement.ID) error {
	if err := tx.DeleteSession(s.Hash); err != nil {
		return err
	}
	s.Hash, s.Helps, s.LastUsed = engagement.Hash(token), helps, tx.Now()
	s.Staff = helps != "" || len(s.Account.Roles) > 0 // it ends after half an hour without use
	return tx.PutSession(s.Session)
}

// stopActing ends it.
func (s *Server) stopActing(w *Response, r *Request) error {
	token, next, back := newSessionToken(), *r.Session, ownHelpers
	if r.Session.Account.Assisted {
		back = assistedPath(r.Session.Account.ID)
	}
	err := r.update(func(tx *store.Tx) error {
		if err := engagement.StopHelping(tx, r.Actor()); err != nil {
			return err
		}
		next = *r.Session
		next.Account, next.Helper = r.Session.Helper, engagement.Account{}
		return next.renew(tx, token, "")
	})
	if err != nil {
		return err
	}
	w.SignIn(token, next)
	return w.SeeOther(back)
}
