package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// certificateArea are certificates: for the person whose they are, for the organization that confirms them in its workspace, and for whoever
// checks one by its code.
var certificateArea = area{
	name:   "certificate",
	simple: true,
	pages: map[string]any{
		"certificate-list": certificateListPage{}, "certificate-form": certificateFormPage{}, "certificate-check": certificateCheckPage{}, "certificate": certificatePage{},
		"certificate-team": teamCertificatesPage{}, "certificate-case": certificateCasePage{}, "certificate-answer": certificateAnswerPage{}, "certificate-public": publicCertificatePage{},
	},
	routes: []route{
		{path: ownCertificates, get: (*Server).certificates, who: signedIn, helps: helpsHours},
		{path: ownCertificates + "/neu", get: (*Server).writeCertificate, post: (*Server).writeCertificate, who: signedIn, helps: helpsHours},
		{path: ownCertificates + "/pruefen", post: (*Server).askCertificate, who: signedIn, helps: helpsHours},
		{path: ownCertificates + "/" + certificateVar, get: (*Server).certificate, post: (*Server).certificate, who: signedIn, helps: helpsHours},
		{path: ownCertificates + "/" + certificateVar + ".pdf", get: (*Server).certificateFile, who: signedIn, helps: helpsHours},
		{path: ownCertificates + "/" + certificateVar + ".jwt", get: (*Server).credentialFile, who: signedIn},
		{path: ownCertificates + "/" + certificateVar + "/loeschen", post: (*Server).removeCertificate, who: signedIn, ends: true},
		{path: workspace + certificateTab, get: (*Server).teamCertificates, who: signedIn},
		{path: workspace + certificateTab + "/danke", get: (*Server).thank, post: (*Server).thank, who: signedIn},
		{path: workspace + certificateTab + "/" + certificateVar, get: (*Server).certificateCase, who: signedIn},
		{path: workspace + certificateTab + "/" + certificateVar + "/bestaetigen", post: (*Server).issueCertificate, who: signedIn},
		{path: workspace + certificateTab + "/" + certificateVar + "/{act}", get: (*Server).endCertificate, post: (*Server).endCertificate, who: signedIn, ends: true},
		{path: certificateCheck + "status/{list:[1-9][0-9]{0,4}}", get: (*Server).statusList, limit: searches, open: true},
		{path: certificateCheck + "{code:[0-9A-Za-z-]{16,19}}", get: (*Server).checkCertificate, limit: certificateChecks, token: true},
	},
}

const (
	ownCertificates  = "/meine/nachweise"
	certificateTab   = "/nachweise" // in a workspace
	certificateVar   = "{certificate:[0-9a-f-]{36}}"
	certificateCheck = "/nachweis/"
	certificatesMax  = 300 // on the page of a workspace
)

// groupedCode is a code as people read and type it: four letters at a time.
func groupedCode(code string) string {
	var groups []string
	for group := range slices.Chunk([]byte(code), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

// certificatePaper is what a certificate says, the same on the page, in the file and, of what was released, on the check page.
type certificatePaper struct {
	Type    engagement.Code
	Lines   []certificateLine
	Level   engagement.Code // how far the organization was checked when it confirmed
	Issued  time.Time
	Note    bool // it is a template: the paper itself comes from somewhere else
	Code    string
	Address string // of the check page, without scheme
	QR      QRCode
}

// certificateLine is what it says about one thing.
type certificateLine struct {
	Key    string
	Values []string
}

// certificateTemplates only prepare what another body issues.
var certificateTemplates = []engagement.Code{"freiwilligenpass-berlin-vorbereitung", "schueler-freiwilligenpass", "eak-nachweis"}

// certificatePaper lays a certificate out in the language of the page.
func (s *Server) certificatePaper(r *Request, c engagement.Certificate) (p certificatePaper, err error) {
	f := r.format()
	p = certificatePaper{Type: c.Type, Level: c.Level, Issued: c.Issued, Note: slices.Contains(certificateTemplates, c.Type)}
	line := func(key string, values ...string) {
		if values = slices.DeleteFunc(values, func(v string) bool { return v == "" }); len(values) > 0 {
			p.Lines = append(p.Lines, certificateLine{key, values})
		}
	}
	labels := func(vocabulary string, codes []engagement.Code) (texts []string) {
		for _, code := range codes {
			texts = append(texts, f.code(vocabulary, code))
		}
		return texts
	}
	from, err := f.dayShort(c.From)
	if err != nil {
		return p, err
	}
	until, err := f.dayShort(c.Until)
	if err != nil {
		return p, err
	}
	line("code.certificate_part.name", c.Name)
	line("certificate.organization", c.Issuer)
	line("certificate.period", f.t("certificate.period.text", "from", from, "until", until))
	line("code.certificate_part.rolle", c.Role)
	if c.Hours && c.Minutes > 0 {
		line("code.certificate_part.stunden", f.hours(c.Minutes))
	}
	line("code.certificate_part.taetigkeiten", c.Tasks)
	line("code.certificate_part.kompetenzen", labels("skill", c.Skills)...)
	line("code.certificate_part.zielgruppen", labels("target_group", c.Groups)...)
	if c.Code == "" {
		return p, nil
	}
	p.Code = groupedCode(c.Code)
	p.QR, err = NewQRCode(s.base.String() + certificateCheck + p.Code)
	p.Address = p.QR.Says
	return p, err
}

// ---- the person ----

type certificateListPage struct {
	Page
	New  string // path of the form; empty: no organization could confirm anything
	Rows []certificateRow
}

type certificateRow struct {
	engagement.Certificate
	Organization string
	Path         string
	Mine         bool // in a workspace: the reader's own, which somebody else decides about
}

func (s *Server) certificates(w *Response, r *Request) error {
	p := &certificateListPage{Page: r.Page("certificate.title")}
	p.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		ties, err := engagement.Ties(tx, r.Session.Account.ID)
		if err != nil {
			return err
		}
		if len(ties) > 0 {
			p.New = ownCertificates + "/neu"
		}
		list, err := tx.CertificatesOf(r.Session.Account.ID)
		known := newNames(tx)
		for _, c := range list {
			p.Rows = append(p.Rows, certificateRow{Certificate: c, Organization: known.organization(c.Organization).Name, Path: ownCertificates + "/" + string(c.ID)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

type certificateFormPage struct {
	Page
	Form *Form // nil: no organization could confirm anything
}

// certificateForm asks what a certificate should say.
func (s *Server) certificateForm(r *Request) (*Form, error) {
	var ties []Option
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		ties, err = tieOptions(tx, r.Session.Account.ID)
		return err
	})
	if err != nil || len(ties) == 0 {
		return nil, err
	}
	var types []Option
	for _, c := range engagement.OfferedCertificates(s.instance.Load().Land) {
		types = append(types, Option{Value: string(c), Key: "code.certificate_type." + string(c)})
	}
	return r.Form([]Field{
		{Name: "tie", Kind: Select, Label: "certificate.f.tie", Need: "error.choice.empty", Options: ties, Always: len(ties) == 1},
		{Name: "type", Kind: Radio, Label: "certificate.f.type", Need: "error.choice.empty", Options: types},
		{Name: "from", Kind: Day, Label: "certificate.f.from", Need: "error.date.empty"},
		{Name: "until", Kind: Day, Label: "certificate.f.until", Need: "error.date.empty"},
		{Name: "name", Label: "certificate.f.name", Hint: "certificate.f.name.hint", Need: "error.name.empty", Max: 100, Auto: "name"},
		{Name: "role", Label: "certificate.f.role", Hint: "certificate.f.role.hint", Need: "error.text.empty", Max: 100},
		{Name: "tasks", Kind: Area, Label: "certificate.f.tasks", Hint: "certificate.f.tasks.hint", Max: engagement.CertificateTaskLimit, Rows: 4},
		{Name: "hours", As: "parts", Kind: Box, Label: "certificate.f.hours", Hint: "certificate.f.hours.hint"},
		{Name: "skills", Kind: Boxes, Label: "certificate.f.skills", Hint: "certificate.f.skills.hint", Quiet: true, Options: groupedOptions(engagement.Skills, engagement.SkillGroups)},
		{Name: "groups", Kind: Boxes, Label: "certificate.f.groups", Hint: "certificate.f.groups.hint", Quiet: true, Options: folded(vocabularyOptions(engagement.TargetGroups))},
	}), nil
}

// certificateOf reads the form.
func certificateOf(r *Request, f *Form) engagement.Certificate {
	return engagement.Certificate{
		Type: engagement.Code(f.Text("type")), Name: f.Text("name"), Role: f.Text("role"), From: f.Date("from"), Until: f.Date("until"), Tasks: f.Text("tasks"),
		Skills: codesOf(f, "skills"), Groups: codesOf(f, "groups"), Hours: f.On("hours"), Lang: r.Language.Lang,
	}
}

// certificateCheckPage shows a certificate before it is sent to the organization.
type certificateCheckPage struct {
	Page
	Paper        certificatePaper
	Organization string
	Answers      []Answer
	Hidden       []HiddenField
	edit         *Request
}

// EditOnce protects the button that leads back to the form.
func (p *certificateCheckPage) EditOnce() string { return p.once("/neu") }

// SendOnce protects the button that sends.
func (p *certificateCheckPage) SendOnce() string { return p.once("/pruefen") }

func (p *certificateCheckPage) once(path string) string {
	if p.edit == nil {
		return ""
	}
	return p.edit.once(ownCertificates + path)
}

func (s *Server) writeCertificate(w *Response, r *Request) error {
	f, err := s.certificateForm(r)
	if err != nil {
		return err
	}
	p := &certificateFormPage{Page: r.Page("certificate.new"), Form: f}
	p.Crumbs = []Link{{Path: ownCertificates, Words: say("certificate.title")}}
	if f == nil {
		return w.Page(p)
	}
	if err := s.suggestCertificate(r, f); err != nil {
		return err
	}
	if f.OK() {
		check := &certificateCheckPage{Page: r.Page("form.check"), Answers: f.Answers(""), Hidden: f.Carry(), edit: r}
		var c engagement.Certificate
		err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
			if c, err = engagement.PrepareCertificate(tx, r.Actor(), engagement.ID(f.Text("tie")), certificateOf(r, f)); err != nil {
				return err
			}
			o, err := tx.Organization(c.Organization)
			check.Organization, c.Issuer = o.Name, o.Name
			return err
		})
		switch {
		case err == nil:
			if check.Paper, err = s.certificatePaper(r, c); err != nil {
				return err
			}
			return w.Page(check)
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(p)
}

// suggestCertificate fills in what is known: the name, and what the person was asked to do.
func (s *Server) suggestCertificate(r *Request, f *Form) error {
	tie := engagement.ID(r.URL.Query().Get("fuer"))
	f.Set("tie", string(tie))
	f.Set("type", "engagementnachweis")
	f.Set("name", r.Session.Account.Name)
	f.Set("hours", "1")
	return s.store.View(r.Context(), func(tx *store.Tx) error {
		ties, err := engagement.Ties(tx, r.Session.Account.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(ties, func(t engagement.Tie) bool { return t.ID() == tie || tie == "" && len(ties) == 1 })
		if i < 0 || ties[i].Request == "" {
			return nil
		}
		m, err := tx.MatchRequest(ties[i].Request)
		if err != nil {
			return err
		}
		f.Set("role", newNames(tx).title(m.Subject()))
		f.Set("from", string(engagement.DateOf(m.AgreedAt)))
		return nil
	})
}

func (s *Server) askCertificate(w *Response, r *Request) error {
	f, err := s.certificateForm(r)
	if err != nil || f == nil {
		return errors.Join(err, engagement.ErrNotFound)
	}
	f.Path = ownCertificates + "/neu"
	if f.OK() {
		var c engagement.Certificate
		err := r.update(func(tx *store.Tx) (err error) {
			c, err = engagement.AskCertificate(tx, r.Actor(), engagement.ID(f.Text("tie")), certificateOf(r, f))
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(ownCertificates + "/" + string(c.ID))
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(&certificateFormPage{Page: r.Page("certificate.new"), Form: f})
}

// certificatePage is a certificate for its person, with what they can do with it.
type certificatePage struct {
	Page
	Certificate  engagement.Certificate
	Organization string
	Paper        certificatePaper
	File         string // path of the PDF; empty: not issued, or the font lacks letters
	Size         string // of it
	Credential   string // path of the signed file
	Form         *Form  // what the check page shows; nil: not issued
	Check        string // path of the check page
	Remove       *Action
}

// ownCertificate is the one of the path, if it is the reader's.
func (s *Server) ownCertificate(r *Request) (c engagement.Certificate, organization string, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		c, err = tx.Certificate(engagement.ID(r.Var("certificate")))
		if err == nil && (c.Account == "" || c.Account != r.Actor().Account || !engagement.Can(r.Actor(), engagement.Read, c.Thing())) {
			err = engagement.ErrNotFound
		}
		organization = newNames(tx).organization(c.Organization).Name
		return err
	})
	return c, organization, err
}

func (s *Server) certificate(w *Response, r *Request) error {
	c, organization, err := s.ownCertificate(r)
	if err != nil {
		return err
	}
	path := ownCertificates + "/" + string(c.ID)
	p := &certificatePage{Page: r.Page("code.certificate_type." + string(c.Type)), Certificate: c, Organization: organization}
	p.Crumbs = []Link{{Path: ownCertificates, Words: say("certificate.title")}}
	var options []Option
	for _, part := range c.Parts() {
		options = append(options, Option{Value: string(part), Key: "code.certificate_part." + string(part)})
	}
	f := r.Form([]Field{{Name: "released", Kind: Boxes, Label: "certificate.release", Hint: "certificate.release.hint", Options: options, Quiet: true}})
	f.Set("released", texts(c.Released)...)
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.ReleaseCertificate(tx, r.Actor(), c.ID, codesOf(f, "released"))
		})
		switch {
		case err == nil:
			return w.SeeOther(path)
		case !f.Refused(err):
			return err
		}
	}
	shown := c
	if shown.Issuer == "" {
		shown.Issuer = organization
	}
	if c.State != engagement.CertificateIssued {
		shown.Code = ""
	}
	if p.Paper, err = s.certificatePaper(r, shown); err != nil {
		return err
	}
	if c.State == engagement.CertificateIssued {
		file, err := s.certificatePDF(r, p.Paper)
		if err != nil {
			return err
		}
		if file != nil {
			p.File, p.Size = path+".pdf", strconv.Itoa((len(file)+1023)/1024)
		}
		if s.signs() && r.Session.Helper.ID == "" {
			p.Credential = path + ".jwt"
		}
		p.Check = certificateCheck + p.Paper.Code
		if engagement.Can(r.Actor(), engagement.Change, c.Thing()) {
			p.Form = f
		}
	}
	if engagement.Can(r.Actor(), engagement.Remove, c.Thing()) {
		a := r.Action(path+"/loeschen", "certificate.remove")
		a.Style, a.Sure = "tertiary", "certificate.remove.sure"
		p.Remove = &a
	}
	return w.Page(p)
}

func (s *Server) removeCertificate(w *Response, r *Request) error {
	return r.updateThen(w, ownCertificates, func(tx *store.Tx) error {
		return engagement.RemoveCertificate(tx, r.Actor(), engagement.ID(r.Var("certificate")))
	})
}

// ---- whoever checks one ----

// certificateChecks keeps anybody from looking for codes by trying.
var certificateChecks = limit{name: "certificate", count: 30, span: time.Minute, burst: 30}

// publicCertificatePage says whether a certificate holds, and what its person released.
type publicCertificatePage struct {
	Page
	State  string // engagement.CertificateIssued, CertificateRevoked or "unknown"
	Paper  certificatePaper
	Ended  time.Time
	Hidden bool // something is not released
}

func (s *Server) checkCertificate(w *Response, r *Request) error {
	p := &publicCertificatePage{Page: r.Page("certificate.check.title"), State: "unknown"}
	p.NoIndex = true
	code := strings.ToLower(strings.ReplaceAll(r.Var("code"), "-", ""))
	var c engagement.Certificate
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		c, err = tx.CertificateByCode(code)
		return err
	})
	switch {
	case errors.Is(err, engagement.ErrNotFound) || err == nil && c.Issued.IsZero(): // nobody learns what was asked for
		w.Status = http.StatusNotFound
		return w.Page(p)
	case err != nil:
		return err
	}
	p.State, p.Ended, p.Hidden = string(c.State), c.Ended, len(c.Released) < len(c.Parts())
	if p.Paper, err = s.certificatePaper(r, c.Public()); err != nil {
		return err
	}
	return w.Page(p)
}
