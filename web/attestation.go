package web

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// attestationArea is where offices, volunteer centers and the instance vouch for organizations. What they say stands on the page of the
// organization.
var attestationArea = area{
	name:  "attestation",
	pages: map[string]any{"attestation": attestationPage{}},
	routes: []route{
		{path: attesting, get: (*Server).attest, post: (*Server).attest, who: signedIn},
		{path: attesting + "/{attestation:[0-9a-f-]{36}}/widerrufen", post: (*Server).revokeAttestation, who: signedIn, ends: true},
	},
}

const attesting = "/organisationen/" + codeVar + "/bestaetigung"

// attestationPage says something about an organization, and takes it back.
type attestationPage struct {
	Page
	Name string
	Link string
	List []AttestationItem
	Form *Form // nil: the person may only take back
}

// AttestationItem is who vouches for an organization, how far, when and why.
type AttestationItem struct {
	Level  engagement.Code
	Other  string // a level of another instance that nobody here knows, instead
	By     Words
	Basis  string
	Until  Words
	Revoke *Action
}

// instanceVoice stands for the instance among the offices that can vouch.
const instanceVoice = "seite"

// attestations are what counts about an organization.
func (s *Server) attestations(tx *store.Tx, r *Request, o engagement.Organization) (items []AttestationItem, err error) {
	list, err := tx.Attestations(o.ID)
	if err != nil {
		return nil, err
	}
	f := r.format()
	for _, a := range list {
		var p engagement.Partner
		if !a.Local() {
			if p, err = tx.Partner(a.Issuer); err != nil && !errors.Is(err, engagement.ErrNotFound) {
				return nil, err
			}
		}
		if !a.Shows(p, r.Now) {
			continue
		}
		stated, err := f.day(a.Stated)
		if err != nil {
			return nil, err
		}
		until, err := f.day(a.Until)
		if err != nil {
			return nil, err
		}
		item := AttestationItem{
			Level: a.Level, Basis: a.Basis, By: say("attestation.by", "who", s.voice(a, p), "day", stated), Until: say("attestation.until", "day", until),
		}
		if !engagement.AttestationLevels.Has(a.Level) {
			item.Level, item.Other = "", string(a.Level)
		}
		if a.Local() {
			act := r.Action("/organisationen/"+o.Code+"/bestaetigung/"+string(a.ID)+"/widerrufen", "attestation.revoke")
			act.Sure = "attestation.revoke.sure"
			item.Revoke = &act
		}
		items = append(items, item)
	}
	return items, nil
}

// voice is the name of who vouches.
func (s *Server) voice(a engagement.Attestation, p engagement.Partner) string {
	switch {
	case a.By != "" && a.Local():
		return a.By
	case a.By != "":
		return a.By + " (" + a.Issuer + ")"
	case a.Local():
		return s.instance.Load().Name
	case p.Name != "":
		return p.Name + " (" + a.Issuer + ")"
	}
	return a.Issuer
}

// attest asks for a statement about an organization.
func (s *Server) attest(w *Response, r *Request) error {
	var o engagement.Organization
	var offices []engagement.Organization
	p := &attestationPage{Page: r.Page("attestation.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if o, err = tx.OrganizationByCode(r.Var("id")); err != nil {
			return err
		}
		if !engagement.Can(r.Actor(), engagement.Decide, o.AttestationThing()) || !o.Local() || o.State != engagement.OrganizationActive {
			return engagement.ErrNotFound
		}
		if p.List, err = s.attestations(tx, r, o); err != nil {
			return err
		}
		offices, err = tx.OrganizationsOf(r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	p.Name, p.Link = o.Name, organizationPage(o)
	if !engagement.Can(r.Actor(), engagement.Create, o.AttestationThing()) || o.Moved() {
		return w.Page(p)
	}
	p.Form = r.Form(s.attestationFields(r, o, offices))
	p.Form.Set("until", string(engagement.DateOf(r.Now).Add(365)))
	if p.Form.OK() {
		statement := engagement.Statement{
			Level: engagement.Code(p.Form.Text("level")), Basis: p.Form.Text("basis"), Until: p.Form.Date("until"), Consent: p.Form.On("consent"),
		}
		if by := p.Form.Text("by"); by != instanceVoice {
			statement.By = engagement.ID(by)
		}
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.Attest(tx, r.Actor(), o.ID, statement)
			return err
		})
		if err == nil {
			return w.SeeOther(p.Link)
		}
		if !p.Form.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

// attestationFields are the questions about a statement; consent is asked where the organization is nothing but persons.
func (s *Server) attestationFields(r *Request, about engagement.Organization, offices []engagement.Organization) []Field {
	by := Field{Name: "by", Kind: Radio, Label: "attestation.f.by", Hint: "attestation.f.by.hint", Need: "error.choice.empty"}
	for _, o := range offices {
		if o.Vouches() && o.ID != about.ID {
			by.Options = append(by.Options, Option{Value: string(o.ID), Text: o.Name})
		}
	}
	if r.Actor().Has(engagement.Adviser) {
		by.Options = append(by.Options, Option{Value: instanceVoice, Text: s.instance.Load().Name})
	}
	fields := []Field{
		by,
		{Name: "level", Kind: Radio, Label: "attestation.f.level", Need: "error.choice.empty", Options: vocabularyOptions(engagement.AttestationLevels)},
		{Name: "basis", Kind: Area, Label: "attestation.f.basis", Hint: "attestation.f.basis.hint", Need: "error.text.empty", Max: engagement.AttestationBasisLimit, Rows: 3},
		{Name: "until", Kind: Day, Label: "attestation.f.until", Hint: "attestation.f.until.hint", Need: "error.date.unknown"},
	}
	if about.OfPersons() {
		fields = append(fields, Field{Name: "consent", Kind: Box, Label: "attestation.f.consent", Need: "error.attestation.consent"})
	}
	return fields
}

func (s *Server) revokeAttestation(w *Response, r *Request) error {
	var o engagement.Organization
	err := r.update(func(tx *store.Tx) (err error) {
		if o, err = tx.OrganizationByCode(r.Var("id")); err != nil {
			return err
		}
		a, err := tx.Attestation(engagement.ID(r.Var("attestation")))
		if err == nil && a.Organization != o.ID {
			err = engagement.ErrNotFound
		}
		if err != nil {
			return err
		}
		return engagement.RevokeAttestation(tx, r.Actor(), a.ID)
	})
	if err != nil {
		return err
	}
	return w.SeeOther(organizationPage(o))
}
