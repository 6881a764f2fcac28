package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// accountArea are registration, sign-in and what belongs to an account itself.
var accountArea = area{
	name:   "account",
	simple: true,
	pages: map[string]any{
		"account-form": accountPage{},
		"account-sent": accountSentPage{},
		"account-home": accountHomePage{},
	},
	routes: []route{
		{path: "/registrieren", get: (*Server).register, post: (*Server).register, limit: rareForms},
		{path: "/registrieren/gesendet", get: sent("account.register.sent")},
		{path: "/registrieren/bestaetigen/{token:[0-9a-f]{32}}", get: (*Server).finishRegistration, post: (*Server).finishRegistration, limit: signIns, token: true},
		{path: "/anmelden", get: (*Server).signIn, post: (*Server).signIn, limit: signIns, ends: true},
		{path: "/anmelden/link", get: (*Server).askLink, post: (*Server).askLink, limit: signIns, ends: true},
		{path: "/anmelden/gesendet", get: sent("account.link.sent")},
		{path: "/anmelden/link/{token:[0-9a-f]{32}}", get: (*Server).useLink, post: (*Server).useLink, limit: signIns, token: true, ends: true},
		{path: "/passwort-vergessen", get: (*Server).forgot, post: (*Server).forgot, limit: signIns, ends: true},
		{path: "/passwort-vergessen/neu/{token:[0-9a-f]{32}}", get: (*Server).reset, post: (*Server).reset, limit: signIns, token: true, ends: true},
		{path: "/abmelden", post: (*Server).signOut, ends: true, helps: helpsAny},
		{path: "/meine", get: (*Server).accountHome, who: signedIn, helps: helpsAny},
	},
}

// accountPage is one form about the account, with a sentence before and links after it.
type accountPage struct {
	Page
	Lead   Words
	Form   *Form
	Hidden []HiddenField
	Button string // locale key
	More   []Link
	Ways   []Action // instead of More, when the way must not lose what a visitor typed
}

// leads sets the links to other pages of the account.
func (p *accountPage) leads(r *Request, links ...Link) *accountPage {
	if _, ok := r.server.open(r.PostFormValue(draftField), "", r.Now); !ok {
		p.More = links
		return p
	}
	for _, l := range links {
		path, _, _ := strings.Cut(l.Path, "?")
		p.Ways = append(p.Ways, Action{Path: path, Key: l.Key, Style: "tertiary", Hidden: append(r.onward(), HiddenField{showOnly, "1"}), request: r})
	}
	return p
}

// accountSentPage says that a mail is on its way, in the same words for every address.
type accountSentPage struct {
	Page
	Text string // locale key
}

func sent(text string) handler {
	return func(_ *Server, w *Response, r *Request) error {
		return w.Page(&accountSentPage{Page: r.Page("account.sent"), Text: text})
	}
}

var (
	emailField    = Field{Name: "email", Kind: Email, Label: "account.email", Need: "error.email.empty", Auto: "email", Max: 254}
	loginField    = Field{Name: "login", Label: "account.login", Need: "error.login.empty", Auto: "username", Max: 254}
	nameField     = Field{Name: "name", Label: "account.name", Hint: "account.name.hint", Need: "error.name.empty", Auto: "name", Max: 100}
	passwordField = Field{Name: "passwort", As: "password", Kind: Password, Label: "account.password", Auto: "current-password", Need: "error.password.empty", Max: 1024}
	newPassword   = Field{Name: "passwort", As: "password", Kind: Password, Label: "account.password.new", Hint: "account.password.hint", Auto: "new-password", Max: 1024}
)

// next is the local path to go on to after signing in.
func (r *Request) next() string {
	if path := r.FormValue("weiter"); localPath(path) {
		return path
	}
	return "/meine"
}

// onward carries what a sign-in must not lose: where to go on, and a form that was typed in an ended session.
func (r *Request) onward() []HiddenField {
	hidden := []HiddenField{{"weiter", r.next()}}
	if d := r.PostFormValue(draftField); d != "" {
		hidden = append(hidden, HiddenField{draftField, d})
	}
	return hidden
}

func withNext(path string, r *Request) string {
	if next := r.next(); next != "/meine" {
		return path + "?weiter=" + url.QueryEscape(next)
	}
	return path
}

// register asks for an e-mail address and nothing else.
func (s *Server) register(w *Response, r *Request) error {
	f := r.Form([]Field{emailField})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.Register(tx, f.Text("email"), r.Language.Lang, r.later())
		})
		if err == nil {
			return w.SeeOther("/registrieren/gesendet")
		}
		if !f.Refused(err) {
			return err
		}
	}
	page := &accountPage{Page: r.Page("account.register.title"), Lead: say("account.register.lead"), Form: f, Hidden: r.onward(), Button: "account.register.button"}
	return w.Page(page.leads(r, Link{Path: withNext("/anmelden", r), Words: say("account.have")}))
}

// finishRegistration is the page of the link in the mail: a name, and a password for those who want one.
func (s *Server) finishRegistration(w *Response, r *Request) error {
	token := r.Var("token")
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Token(engagement.Hash(token), engagement.TokenRegister)
		return err
	})
	if err != nil {
		return s.expiredLink(w, r, err, "/registrieren")
	}
	f := r.Form([]Field{nameField, newPassword})
	if f.OK() && f.Text("passwort") != "" {
		checkPassword(f, "passwort", false, f.Text("name"))
	}
	if f.OK() {
		done, err := s.finishWith(w, r, f, func(tx *store.Tx, hash string) (engagement.Account, string, error) {
			return engagement.FinishRegistration(tx, token, f.Text("name"), hash)
		})
		if done || err != nil {
			return err
		}
	}
	return w.Page(&accountPage{Page: r.Page("account.finish.title"), Lead: say("account.finish.lead"), Form: f, Button: "account.finish.button"})
}

// finishWith hashes the new password of the form, outside of any transaction, does the rule and signs in.
func (s *Server) finishWith(w *Response, r *Request, f *Form, rule func(*store.Tx, string) (engagement.Account, string, error)) (done bool, err error) {
	hash := ""
	if password := f.Text("passwort"); password != "" {
		if hash, err = HashPassword(r.Context(), password); err != nil {
			return false, err
		}
	}
	var a engagement.Account
	var next string
	err = r.update(func(tx *store.Tx) error {
		a, next, err = rule(tx, hash)
		return err
	})
	if err != nil {
		if f.Refused(err) {
			return false, nil
		}
		return false, err
	}
	return true, s.enter(w, r, a, next)
}

// enter signs in whoever has shown the password or link of an account, after the second factor if there is one, and goes on to where they
// wanted: a path, and what waits for it as in [Response.GoOn].
func (s *Server) enter(w *Response, r *Request, a engagement.Account, next string) error {
	var token string
	err := s.store.Update(r.Context(), func(tx *store.Tx) (err error) {
		token, err = engagement.FirstFactor(tx, a.ID, next)
		return err
	})
	if err != nil {
		return err
	}
	if token != "" {
		return w.SeeOther("/anmelden/zweiter-faktor/" + token)
	}
	if err := s.begin(w, r, a, false); err != nil {
		return err
	}
	return w.GoOn(next)
}

// begin makes a session for the account and gives it to the browser; second says that the second factor was shown.
func (s *Server) begin(w *Response, r *Request, a engagement.Account, second bool) error {
	token, device := newSessionToken(), deviceOf(r.UserAgent())
	var session Session
	err := s.store.Update(r.Context(), func(tx *store.Tx) error {
		a, err := engagement.SignedIn(tx, a.ID, device, second)
		if err != nil {
			return err
		}
		actor, err := tx.Actor(a.ID)
		if err != nil {
			return err
		}
		now := tx.Now()
		session = Session{Account: a, Session: engagement.Session{Hash: engagement.Hash(token), Account: a.ID, Device: device, Created: now, LastUsed: now, Verified: now, Staff: actor.Staff()}}
		session.act(actor, s.options.StaffAlone)
		if r.Session != nil { // a new id at every change of rights
			if err := tx.DeleteSession(r.Session.Hash); err != nil {
				return err
			}
		}
		return tx.PutSession(session.Session)
	})
	if err != nil {
		return err
	}
	s.limits.signedIn(a.ID, r.Client)
	w.SignIn(token, session)
	return nil
}

// signIn is by user name or e-mail address and password.
func (s *Server) signIn(w *Response, r *Request) error {
	f := r.Form([]Field{loginField, passwordField})
	if f.OK() {
		a, err := s.checkLogin(r, f.Text("login"), f.Text("passwort"))
		if err == nil {
			err = s.enter(w, r, a, r.next()+waiting+r.PostFormValue(draftField))
			if !f.Refused(err) {
				return err
			}
			return s.showSignIn(w, r, f)
		}
		switch {
		case errors.Is(err, engagement.ErrTooMany):
			w.Status = http.StatusTooManyRequests
			f.Bad("login", "error.login.toomany")
		case errors.Is(err, engagement.ErrNotFound):
			f.Bad("login", "error.login.wrong")
		default:
			return err
		}
	}
	return s.showSignIn(w, r, f)
}

func (s *Server) showSignIn(w *Response, r *Request, f *Form) error {
	page := &accountPage{Page: r.Page("account.signin.title"), Form: f, Hidden: r.onward(), Button: "account.signin.button"}
	return w.Page(page.leads(r, Link{Path: withNext("/anmelden/link", r), Words: say("account.link.title")},
		Link{Path: withNext("/registrieren", r), Words: say("account.register.title")}, Link{Path: "/passwort-vergessen", Words: say("account.forgot.title")}))
}

// checkLogin compares name and password. The work is the same whether the account exists or not.
func (s *Server) checkLogin(r *Request, login, password string) (engagement.Account, error) {
	var a engagement.Account
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		a, err = tx.AccountByLogin(strings.ToLower(login))
		return err
	})
	if err != nil && !errors.Is(err, engagement.ErrNotFound) {
		return a, err
	}
	if err := s.limits.tryPassword(strings.ToLower(login), a.ID, r.Client, r.Now); err != nil {
		return a, err
	}
	ok, err := CheckPassword(r.Context(), a.Password, password)
	if err != nil {
		return a, err
	}
	if !ok {
		return a, engagement.ErrNotFound
	}
	return a, nil
}

// askLink sends a link that signs in.
func (s *Server) askLink(w *Response, r *Request) error {
	p := &accountPage{Page: r.Page("account.link.title"), Lead: say("account.link.lead"), Button: "account.link.button"}
	return s.mailLink(w, r, p, func(tx *store.Tx, login string) error {
		return engagement.SendSignInLink(tx, login, r.later())
	})
}

// forgot sends a link that sets a new password.
func (s *Server) forgot(w *Response, r *Request) error {
	p := &accountPage{Page: r.Page("account.forgot.title"), Lead: say("account.forgot.lead"), Button: "account.forgot.button"}
	return s.mailLink(w, r, p, func(tx *store.Tx, login string) error { return engagement.SendReset(tx, login) })
}

func (s *Server) mailLink(w *Response, r *Request, p *accountPage, send func(*store.Tx, string) error) error {
	p.Form, p.Hidden = r.Form([]Field{loginField}), r.onward()
	if p.Form.OK() {
		if err := r.update(func(tx *store.Tx) error { return send(tx, p.Form.Text("login")) }); err != nil {
			return err
		}
		return w.SeeOther("/anmelden/gesendet")
	}
	return w.Page(p)
}

// useLink signs in by POST, because programs that check mail open links.
func (s *Server) useLink(w *Response, r *Request) error {
	token := r.Var("token")
	if r.Method == "POST" {
		var a engagement.Account
		var next string
		err := r.update(func(tx *store.Tx) (err error) {
			a, next, err = engagement.UseSignInLink(tx, token)
			return err
		})
		if err != nil {
			return s.expiredLink(w, r, err, "/anmelden/link")
		}
		return s.enter(w, r, a, next)
	}
	return w.Page(&accountPage{Page: r.Page("account.use.title"), Lead: say("account.use.lead"), Form: r.Form(nil), Button: "account.signin.button"})
}

// reset sets a new password with the link from the mail.
func (s *Server) reset(w *Response, r *Request) error {
	token := r.Var("token")
	var a engagement.Account
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		t, err := tx.Token(engagement.Hash(token), engagement.TokenReset)
		if err == nil {
			a, err = tx.Account(t.Subject)
		}
		return err
	})
	if err != nil {
		return s.expiredLink(w, r, err, "/passwort-vergessen")
	}
	field := newPassword
	field.Need, field.Hint = "error.password.empty", "account.password.hint.needed"
	f := r.Form([]Field{field})
	if f.OK() {
		checkPassword(f, "passwort", len(a.Roles) > 0, a.Name, a.Username)
	}
	if f.OK() {
		done, err := s.finishWith(w, r, f, func(tx *store.Tx, hash string) (engagement.Account, string, error) {
			a, err := engagement.UseReset(tx, token, hash)
			return a, "/meine", err
		})
		if done || err != nil {
			return err
		}
	}
	return w.Page(&accountPage{Page: r.Page("account.reset.title"), Lead: say("account.reset.lead"), Form: f, Button: "button.save"})
}

// expiredLink answers a link that is used, too old or unknown, with the way to a new one.
func (s *Server) expiredLink(w *Response, r *Request, err error, again string) error {
	if !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	w.Status = 410
	return w.Page(&accountSentPage{Page: r.Page("account.expired.title"), Text: map[string]string{
		"/registrieren": "account.expired.register", "/anmelden/link": "account.expired.link", "/passwort-vergessen": "account.expired.reset", "": "account.expired.invite", "takeover": "assisted.takeover.over",
		"/anmelden": "account.expired.second", ownEmail: "account.expired.email",
	}[again]})
}

// password changes the password of somebody who is signed in and knows the old one, if there is one.
func (s *Server) password(w *Response, r *Request) error {
	a := r.Session.Account
	field := newPassword
	field.Need, field.Hint = "error.password.empty", "account.password.hint.needed"
	fields := []Field{field}
	if a.Password != "" {
		old := passwordField
		old.Name, old.Label = "passwort-alt", "account.password.old"
		fields = []Field{old, field}
	}
	f := r.Form(fields)
	if f.OK() {
		checkPassword(f, "passwort", len(a.Roles) > 0, a.Name, a.Username)
	}
	if f.OK() && a.Password != "" {
		ok, err := CheckPassword(r.Context(), a.Password, f.Text("passwort-alt"))
		if err != nil {
			return err
		}
		if !ok {
			f.Bad("passwort-alt", "error.password.wrong")
		}
	}
	if f.OK() {
		hash, err := HashPassword(r.Context(), f.Text("passwort"))
		if err != nil {
			return err
		}
		if err := r.update(func(tx *store.Tx) error {
			a, err := tx.Account(a.ID)
			if err != nil {
				return err
			}
			return engagement.SetPassword(tx, a, hash, r.Session.Hash)
		}); err != nil {
			return err
		}
		return w.SeeOther(ownSecurity)
	}
	return w.Page(&accountPage{Page: r.Page("account.change.title"), Form: f, Button: "button.save"})
}

// signOut ends the session here and in the database.
func (s *Server) signOut(w *Response, r *Request) error {
	if r.Session != nil {
		if err := s.store.Update(r.Context(), func(tx *store.Tx) error { return tx.DeleteSession(r.Session.Hash) }); err != nil {
			return err
		}
	}
	w.SignOut()
	return w.SeeOther("/")
}

// accountHomePage is "Mein Bereich": what waits for the person.
type accountHomePage struct {
	Page
	Open          int // requests that are not ended
	Organizations []engagement.Organization
	Invitations   []Link            // that can be answered
	Occasions     []Link            // to come, that the person signed up for
	Profile       bool              // a profile was saved
	Helps         bool              // somebody has asked the person to act for them
	Until         time.Time         // the account is deleted then; zero: it stays
	Resting       []engagement.Role // roles that need a second factor
}

func (s *Server) accountHome(w *Response, r *Request) error {
	title := "account.home.title"
	if r.Actor().Helper != "" {
		title = "assisted.home"
	}
	p := &accountHomePage{Page: r.Page(title, "name", r.Session.Account.Name), Resting: r.Session.Resting, Until: r.Session.Account.DeleteAfter}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		requests, err := tx.RequestsOfAccount(r.Session.Account.ID)
		if err != nil {
			return err
		}
		for _, m := range requests {
			if !m.State.Final() {
				p.Open++
			}
		}
		profile, err := tx.Profile(r.Session.Account.ID)
		if err != nil {
			return err
		}
		p.Profile = !profile.Updated.IsZero()
		links, err := tx.HelperLinksOf(r.Session.Account.ID)
		if err != nil {
			return err
		}
		p.Helps = slices.ContainsFunc(links, func(l engagement.HelperLink) bool { return l.Helper == r.Session.Account.ID })
		if p.Occasions, err = ownOccasions(tx, r); err != nil {
			return err
		}
		if p.Invitations, err = openInvitations(tx, r); err != nil {
			return err
		}
		p.Organizations, err = tx.OrganizationsOf(r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}
