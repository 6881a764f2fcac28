package web

import (
	"errors"
	"strconv"

	"seestern/engagement"
	"seestern/store"
)

// teamCertificatesPage are the certificates that an organization is asked for, and those it confirmed.
type teamCertificatesPage struct {
	Page
	bench
	Waiting, Decided []certificateRow
	Thank            string // path of the form for a card of thanks; empty: there is nobody to thank
}

func (s *Server) teamCertificates(w *Response, r *Request) error {
	p := &teamCertificatesPage{Page: r.Page("certificate.team.title")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		people, err := thankable(tx, b)
		if err != nil {
			return err
		}
		if p.Thank = ""; len(people) > 0 {
			p.Thank = b.Root + certificateTab + "/danke"
		}
		p.Waiting, p.Decided = nil, nil
		list, err := tx.CertificatesFor(b.Organization.ID, certificatesMax)
		for _, c := range list {
			row := certificateRow{Certificate: c, Organization: b.Organization.Name, Path: b.Root + certificateTab + "/" + string(c.ID)}
			if c.State == engagement.CertificateRequested {
				p.Waiting = append(p.Waiting, row)
			} else {
				p.Decided = append(p.Decided, row)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// thankable are the people to whom the organization can give a card of thanks, the last agreement first.
func thankable(tx *store.Tx, b bench) (options []Option, err error) {
	list, err := tx.RequestsOfOrganization(b.Organization.ID, certificatesMax)
	n := newNames(tx)
	for _, m := range list {
		if m.Thankable() {
			options = append(options, Option{Value: string(m.ID), Text: m.Card["name"] + " – " + n.title(m.Subject())})
		}
	}
	return options, err
}

// thank writes a card of thanks.
func (s *Server) thank(w *Response, r *Request) error {
	var people []Option
	b, err := s.viewBench(r, func(tx *store.Tx, b bench) (err error) {
		people, err = thankable(tx, b)
		return err
	})
	if err != nil {
		return err
	}
	if len(people) == 0 {
		return w.SeeOther(b.Root + certificateTab)
	}
	f := r.Form([]Field{
		{Name: "person", Kind: Select, Label: "certificate.thank.who", Need: "error.choice.empty", Options: people},
		{Name: "text", Kind: Area, Label: "certificate.thank.text", Hint: "certificate.thank.text.hint", Need: "error.text.empty", Max: engagement.CertificateTaskLimit, Rows: 5},
	})
	if f.OK() {
		var made engagement.Certificate
		err := r.update(func(tx *store.Tx) (err error) {
			made, err = engagement.Thank(tx, r.Actor(), engagement.ID(f.Text("person")), f.Text("text"))
			return err
		})
		if err == nil {
			return w.SeeOther(b.Root + certificateTab + "/" + string(made.ID))
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(&workspaceFormPage{Page: r.Page("certificate.thank"), bench: b, Lead: say("certificate.thank.lead"), Form: f, Button: "certificate.thank.button"})
}

// certificateCasePage is one certificate for the team.
type certificateCasePage struct {
	Page
	bench
	Certificate engagement.Certificate
	Paper       certificatePaper
	Back        string
	Own         bool // the reader's own: somebody else decides
	Issue       *Action
	Decline     string // path
	Revoke      string // path
}

// teamCertificate reads the certificate of the path for the team.
func (s *Server) teamCertificate(r *Request) (p *certificateCasePage, err error) {
	p = &certificateCasePage{Page: r.Page("certificate.team.title")}
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		c, err := tx.Certificate(engagement.ID(r.Var("certificate")))
		if err == nil && (c.Organization != b.Organization.ID || !engagement.Can(r.Actor(), engagement.Read, c.Thing())) {
			err = engagement.ErrNotFound
		}
		if err != nil {
			return err
		}
		if c.State == engagement.CertificateRequested && c.Hours { // as they are confirmed up to now
			sum, err := engagement.SumHours(tx, c.Account)
			if err != nil {
				return err
			}
			c.Minutes = sum.Minutes(c.Organization, c.From, c.Until)
		}
		p.Certificate = c
		return nil
	})
	p.Back = p.Root + certificateTab
	return p, err
}

func (s *Server) certificateCase(w *Response, r *Request) error {
	p, err := s.teamCertificate(r)
	if err != nil {
		return err
	}
	c, path := p.Certificate, p.Back+"/"+string(p.Certificate.ID)
	may := engagement.Can(r.Actor(), engagement.Decide, c.Thing())
	p.Own = !may && c.State == engagement.CertificateRequested
	switch {
	case may && c.State == engagement.CertificateRequested:
		a := r.Action(path+"/bestaetigen", "certificate.issue")
		a.Style, a.Hidden = "primary", []HiddenField{{"version", strconv.Itoa(c.Version)}}
		p.Issue, p.Decline = &a, path+"/ablehnen"
	case c.State == engagement.CertificateIssued && engagement.Can(r.Actor(), engagement.Decide, c.RevocationThing()):
		p.Revoke = path + "/widerrufen"
	}
	if c.Issuer == "" {
		c.Issuer = p.Organization.Name
	}
	c.Code = "" // it is the person's to give away
	if p.Paper, err = s.certificatePaper(r, c); err != nil {
		return err
	}
	return w.Page(p)
}

func (s *Server) issueCertificate(w *Response, r *Request) error {
	p, err := s.teamCertificate(r)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.PostForm.Get("version")) // anything else is no version
	err = r.update(func(tx *store.Tx) error {
		_, err := engagement.IssueCertificate(tx, r.Actor(), p.Certificate.ID, version)
		return err
	})
	if err != nil && !errors.Is(err, engagement.ErrConflict) { // the page says what became of it
		return err
	}
	return w.SeeOther(p.Back + "/" + string(p.Certificate.ID))
}

// certificateAnswerPage declines or revokes, with the reason.
type certificateAnswerPage struct {
	Page
	bench
	Back   string
	Lead   string // locale key
	Form   *Form
	Button string
}

func (s *Server) endCertificate(w *Response, r *Request) error {
	c, err := s.teamCertificate(r)
	if err != nil {
		return err
	}
	act := r.Var("act")
	if act != "ablehnen" && act != "widerrufen" {
		return engagement.ErrNotFound
	}
	on := c.Certificate.Thing()
	id, key, lead, rule, state := c.Certificate.ID, "certificate.decline", "certificate.decline.lead", engagement.DeclineCertificate, engagement.CertificateRequested
	if act == "widerrufen" {
		key, lead, rule, state = "certificate.revoke", "certificate.revoke.lead", engagement.RevokeCertificate, engagement.CertificateIssued
		on = c.Certificate.RevocationThing()
	}
	if !engagement.Can(r.Actor(), engagement.Decide, on) {
		return engagement.ErrForbidden
	}
	p := &certificateAnswerPage{Page: r.Page(key), bench: c.bench, Back: c.Back + "/" + string(id), Lead: lead, Button: key}
	if c.Certificate.State != state { // from an old page
		return w.SeeOther(p.Back)
	}
	p.Form = r.Form([]Field{{Name: "reason", Kind: Area, Label: "hours.decide.reason", Hint: "hours.decide.reason.hint", Need: "error.text.empty", Max: engagement.HoursReasonLimit, Rows: 3}})
	if p.Form.OK() {
		err := r.update(func(tx *store.Tx) error { return rule(tx, r.Actor(), id, p.Form.Text("reason")) })
		switch {
		case err == nil:
			return w.SeeOther(p.Back)
		case !p.Form.Refused(err):
			return err
		}
	}
	return w.Page(p)
}
