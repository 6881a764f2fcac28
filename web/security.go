package web

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// securityArea is what protects an account: devices, second factor, password, e-mail address.
var securityArea = area{
	name:   "security",
	simple: true,
	pages: map[string]any{
		"security":       securityPage{},
		"security-sets":  devicesPage{},
		"security-two":   secondPage{},
		"security-codes": codesPage{},
	},
	routes: []route{
		{path: ownSecurity, get: (*Server).security, who: signedIn},
		{path: ownDevices, get: (*Server).devices, who: signedIn},
		{path: ownDevices + "/beenden", post: (*Server).endDevices, who: signedIn, ends: true},
		{path: ownDevices + "/{device}/beenden", post: (*Server).endDevices, who: signedIn, ends: true},
		{path: ownPassword, get: (*Server).password, post: (*Server).password, who: signedIn, limit: signIns},
		{path: ownEmail, get: (*Server).email, post: (*Server).email, who: signedIn, limit: rareForms, fresh: true},
		{path: ownEmail + "/gesendet", get: sent("security.email.sent"), who: signedIn},
		{path: "/konto/email/{token:[0-9a-f]{32}}", get: (*Server).useEmailLink, post: (*Server).useEmailLink, limit: signIns, token: true},
		{path: "/konto/email/zurueck/{token:[0-9a-f]{32}}", get: (*Server).useEmailBack, post: (*Server).useEmailBack, limit: signIns, token: true, ends: true},
		{path: "/konto/email/bestaetigt", get: said("security.email.done.title", "security.email.done")},
		{path: "/konto/email/zurueckgenommen", get: said("security.email.back.title", "security.email.back.done")},
		{path: ownSecond, get: (*Server).second, post: (*Server).confirmSecond, who: signedIn, limit: signIns, fresh: true},
		{path: ownSecond + "/beginnen", post: (*Server).startSecond, who: signedIn, fresh: true},
		{path: ownSecond + "/codes", post: (*Server).renewCodes, who: signedIn, fresh: true},
		{path: ownSecond + "/ausschalten", post: (*Server).endSecond, who: signedIn, fresh: true, ends: true},
		{path: "/anmelden/zweiter-faktor/{token:[0-9a-f]{32}}", get: (*Server).passSecond, post: (*Server).passSecond, limit: signIns, token: true, ends: true},
	},
}

const (
	ownSecurity = "/konto/sicherheit"
	ownDevices  = ownSecurity + "/geraete"
	ownSecond   = ownSecurity + "/zweiter-faktor"
	ownPassword = ownSecurity + "/passwort"
	ownEmail    = ownSecurity + "/email"
)

// securityPage leads to the parts.
type securityPage struct {
	Page
	Sessions int
	Second   time.Time // since when there is a second factor; zero: none
	Needed   bool      // without it, roles of the person rest
	Password bool
	Email    string
}

func (s *Server) security(w *Response, r *Request) error {
	a := r.Session.Account
	p := &securityPage{Page: r.Page("security.title"), Second: a.SecondFactor, Needed: len(r.Session.Resting) > 0, Password: a.Password != "", Email: a.Email}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		sessions, err := openSessions(tx, a.ID)
		p.Sessions = len(sessions)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// devicesPage lists where somebody is signed in.
type devicesPage struct {
	Page
	Rows []deviceRow
	Rest *Action // signs all others out; nil: there are none
}

type deviceRow struct {
	Name    string // "Firefox, Windows"; empty: not known
	Created time.Time
	Used    time.Time
	This    bool
	End     Action
}

func openSessions(tx *store.Tx, account engagement.ID) (open []engagement.Session, err error) {
	sessions, err := tx.SessionsOf(account)
	for _, one := range sessions {
		if !one.Ended(tx.Now()) {
			open = append(open, one)
		}
	}
	return open, err
}

func (s *Server) devices(w *Response, r *Request) error {
	p := &devicesPage{Page: r.Page("security.devices")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		sessions, err := openSessions(tx, r.Session.Account.ID)
		p.Rows = nil
		for _, one := range sessions {
			p.Rows = append(p.Rows, deviceRow{Name: one.Device, Created: one.Created, Used: one.LastUsed, This: one.Hash == r.Session.Hash, End: r.Action(ownDevices+"/"+one.Hash+"/beenden", "security.devices.end")})
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Rows) > 1 {
		rest := r.Action(ownDevices+"/beenden", "security.devices.rest")
		p.Rest = &rest
	}
	return w.Page(p)
}

// endDevices signs out one device, or all but this one.
func (s *Server) endDevices(w *Response, r *Request) error {
	err := r.update(func(tx *store.Tx) error {
		return engagement.EndSession(tx, r.Actor(), r.Session.Account.ID, r.Var("device"), r.Session.Hash)
	})
	if err != nil && !errors.Is(err, engagement.ErrNotFound) { // it has ended meanwhile
		return err
	}
	if r.Var("device") == r.Session.Hash {
		w.SignOut()
		return w.SeeOther("/")
	}
	return w.SeeOther(ownDevices)
}

// secondPage is the second factor in its three states: none, being set up, on.
type secondPage struct {
	Page
	Since  time.Time     // zero: it is not on
	Secret string        // in groups of four, while it is being set up
	QR     QRCode        // the same for a camera
	App    any           // the same as a link that opens an app on this device, see [appLink]
	Form   *Form         // asks for the first code; nil: not now
	Hidden []HiddenField // where to go on to
	Start  Action
	Renew  Action
	Off    *Action // nil: staff cannot do without
	Left   int     // codes on paper
	Role   bool    // the person has a role that needs it
}

var codeField = Field{Name: "code", Label: "security.code", Hint: "security.code.hint", Need: "error.second.empty", Auto: "one-time-code", Max: 40}

func (s *Server) second(w *Response, r *Request) error {
	return s.showSecond(w, r, r.Form([]Field{codeField}))
}

func (s *Server) showSecond(w *Response, r *Request, f *Form) error {
	a := r.Session.Account
	p := &secondPage{Page: r.Page("security.second"), Role: len(a.Roles) > 0, Hidden: []HiddenField{{"weiter", r.next()}}}
	var factor engagement.SecondFactor
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		factor, err = tx.SecondFactor(a.ID)
		return err
	})
	switch {
	case errors.Is(err, engagement.ErrNotFound):
		p.Start = r.Action(ownSecond+"/beginnen", "security.second.start")
		p.Start.Style, p.Start.Hidden = "primary", p.Hidden
	case err != nil:
		return err
	case factor.Since.IsZero():
		address := s.appAddress(a, factor.Secret)
		if p.QR, err = NewQRCode(address); err != nil {
			return err
		}
		p.App, p.QR.Says = appLink(address), r.T("security.second.secret") // of our own making, and escaped
		p.Secret, p.Form = grouped(factor.Secret), f
	default:
		p.Since, p.Left = factor.Since, len(factor.Codes)
		p.Renew = r.Action(ownSecond+"/codes", "security.codes.renew")
		if !s.needsSecond(a) {
			off := r.Action(ownSecond+"/ausschalten", "security.second.off")
			p.Off = &off
		}
	}
	return w.Page(p)
}

// appAddress is how apps for codes learn a secret (Key Uri Format).
func (s *Server) appAddress(a engagement.Account, secret string) string {
	site := strings.ReplaceAll(s.instance.Load().Name, ":", " ")
	if site == "" {
		site = s.base.Hostname()
	}
	name := a.Email
	if name == "" {
		name = a.Username
	}
	return "otpauth://totp/" + url.PathEscape(site+":"+name) + "?secret=" + secret + "&issuer=" + url.PathEscape(site)
}

// grouped writes a secret so that it can be copied by hand.
func grouped(secret string) string {
	var groups []string
	for ; len(secret) > 4; secret = secret[4:] {
		groups = append(groups, secret[:4])
	}
	return strings.Join(append(groups, secret), " ")
}

func (s *Server) startSecond(w *Response, r *Request) error {
	return r.updateThen(w, withNext(ownSecond, r), func(tx *store.Tx) error { return engagement.StartSecondFactor(tx, r.Actor(), r.Session.Account.ID) })
}

// codesPage shows the codes for paper, once.
type codesPage struct {
	Page
	Codes []string
	Next  string
}

// confirmSecond turns the second factor on and shows the codes for paper in the answer itself: no other page has them.
func (s *Server) confirmSecond(w *Response, r *Request) error {
	f := r.Form([]Field{codeField})
	if f.OK() {
		var codes []string
		err := r.update(func(tx *store.Tx) (err error) {
			codes, err = engagement.ConfirmSecondFactor(tx, r.Actor(), r.Session.Account.ID, f.Text("code"))
			return err
		})
		switch {
		case err == nil:
			if err := s.begin(w, r, r.Session.Account, true); err != nil {
				return err
			}
			return w.Page(&codesPage{Page: r.Page("security.codes.title"), Codes: codes, Next: r.next()})
		case errors.Is(err, engagement.ErrConflict), errors.Is(err, engagement.ErrNotFound): // it is on already, or was taken back
			return w.SeeOther(ownSecond)
		case !f.Refused(err):
			return err
		}
	}
	return s.showSecond(w, r, f)
}

func (s *Server) renewCodes(w *Response, r *Request) error {
	var codes []string
	err := r.update(func(tx *store.Tx) (err error) {
		codes, err = engagement.RenewRecoveryCodes(tx, r.Actor(), r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(&codesPage{Page: r.Page("security.codes.title"), Codes: codes, Next: ownSecond})
}

func (s *Server) endSecond(w *Response, r *Request) error {
	err := r.update(func(tx *store.Tx) error {
		return engagement.EndSecondFactor(tx, r.Actor(), r.Session.Account.ID, s.options.StaffAlone)
	})
	if err != nil {
		return err
	}
	if err := s.begin(w, r, r.Session.Account, false); err != nil { // all sessions have ended
		return err
	}
	return w.SeeOther(ownSecond)
}

// passSecond is the second step of a sign-in.
func (s *Server) passSecond(w *Response, r *Request) error {
	token := r.Var("token")
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Token(engagement.Hash(token), engagement.TokenSecondFactor)
		return err
	})
	if err != nil {
		return s.expiredLink(w, r, err, "/anmelden")
	}
	field := codeField
	field.Hint = "security.pass.hint"
	f := r.Form([]Field{field})
	if f.OK() {
		var a engagement.Account
		var next string
		var right bool
		err := r.update(func(tx *store.Tx) (err error) {
			a, next, right, err = engagement.PassSecondFactor(tx, token, f.Text("code"))
			return err
		})
		switch {
		case err == nil && right:
			if err := s.begin(w, r, a, true); err != nil {
				return err
			}
			return w.GoOn(next)
		case err == nil:
			f.Bad("code", "error.second.wrong")
		case !f.Refused(err):
			return s.expiredLink(w, r, err, "/anmelden")
		}
	}
	return w.Page(&accountPage{Page: r.Page("security.pass.title"), Lead: say("security.pass.lead"), Form: f, Button: "account.signin.button"})
}

// email asks for a new address. It counts when the link in the mail is used.
func (s *Server) email(w *Response, r *Request) error {
	field := emailField
	field.Label = "security.email.new"
	f := r.Form([]Field{field})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.ChangeEmail(tx, r.Actor(), r.Session.Account.ID, f.Text("email"))
		})
		if err == nil {
			return w.SeeOther(ownEmail + "/gesendet")
		}
		if !f.Refused(err) {
			return err
		}
	}
	lead := say("security.email.none")
	if a := r.Session.Account; a.Email != "" {
		lead = say("security.email.lead", "x", a.Email)
	}
	return w.Page(&accountPage{Page: r.Page("security.email.title"), Lead: lead, Form: f, Button: "security.email.button"})
}

// useEmailLink makes the new address count, by POST, because programs that check mail open links.
func (s *Server) useEmailLink(w *Response, r *Request) error {
	p := &accountPage{Page: r.Page("security.email.confirm"), Lead: say("security.email.confirm.lead"), Form: r.Form(nil), Button: "security.email.confirm.button"}
	return s.useEmail(w, r, engagement.TokenEmail, engagement.ConfirmEmail, p, "/konto/email/bestaetigt")
}

// useEmailBack gives the account back to its old address.
func (s *Server) useEmailBack(w *Response, r *Request) error {
	p := &accountPage{Page: r.Page("security.email.back"), Lead: say("security.email.back.lead"), Form: r.Form(nil), Button: "security.email.back.button"}
	return s.useEmail(w, r, engagement.TokenEmailBack, engagement.UndoEmail, p, "/konto/email/zurueckgenommen")
}

func (s *Server) useEmail(w *Response, r *Request, purpose engagement.TokenPurpose, use func(engagement.Tx, string) error, p *accountPage, then string) error {
	token := r.Var("token")
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Token(engagement.Hash(token), purpose)
		return err
	})
	if err == nil && r.Method == "POST" {
		err = r.update(func(tx *store.Tx) error { return use(tx, token) })
		if err == nil {
			return w.SeeOther(then)
		}
	}
	if errors.Is(err, engagement.ErrConflict) { // somebody else has the address meanwhile
		err = engagement.ErrNotFound
	}
	if err != nil {
		return s.expiredLink(w, r, err, ownEmail)
	}
	return w.Page(p)
}
