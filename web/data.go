package web

import (
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// dataArea is what somebody can do with the data about themselves.
var dataArea = area{
	name:   "data",
	simple: true,
	pages:  map[string]any{"data": dataPage{}, "data-consents": consentsPage{}},
	routes: []route{
		{path: ownData, get: (*Server).data, who: signedIn},
		{path: ownName, get: (*Server).rename, post: (*Server).rename, who: signedIn},
		{path: ownConsents, get: (*Server).consents, who: signedIn},
		{path: ownConsents + "/{purpose:[a-z0-9-]+}/widerrufen", post: (*Server).withdrawConsent, who: signedIn, ends: true},
	},
}

const (
	ownData     = "/meine/daten"
	ownConsents = ownData + "/einwilligungen"
	ownName     = ownData + "/name"
)

// dataPage leads to the parts.
type dataPage struct {
	Page
	Name     string
	Consents int       // that hold
	Kept     time.Time // since when the profile is only kept; zero: it is used
	Until    time.Time // the account is deleted then; zero: it stays
}

func (s *Server) data(w *Response, r *Request) error {
	p := &dataPage{Page: r.Page("data.own.title"), Name: r.Session.Account.Name, Until: r.Session.Account.DeleteAfter}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		profile, err := tx.Profile(r.Session.Account.ID)
		p.Consents, p.Kept = 0, profile.RestrictedAt
		for _, c := range profile.Consents {
			if c.Active(tx.Now()) {
				p.Consents++
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// rename changes what somebody is called.
func (s *Server) rename(w *Response, r *Request) error {
	f := r.Form([]Field{nameField})
	f.Set("name", r.Session.Account.Name)
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.Rename(tx, r.Actor(), r.Session.Account.ID, f.Text("name"))
		})
		if err == nil {
			return w.SeeOther(ownData)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(&accountPage{Page: r.Page("data.name.title"), Lead: say("data.name.lead"), Form: f, Button: "button.save"})
}

// consentsPage lists to what somebody agreed, those that hold first.
type consentsPage struct {
	Page
	Rows []consentRow
}

type consentRow struct {
	engagement.Consent
	Switch   bool // its words are those of a switch; else those about sensitive wishes
	Ended    time.Time
	Withdraw *Action // nil: it has ended
}

func (s *Server) consents(w *Response, r *Request) error {
	p := &consentsPage{Page: r.Page("consent.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		profile, err := tx.Profile(r.Session.Account.ID)
		p.Rows = nil
		for _, c := range profile.Consents {
			row := consentRow{Consent: c, Switch: engagement.Switches.Has(c.Purpose), Ended: c.Withdrawn}
			if c.Active(tx.Now()) {
				off := r.Action(ownConsents+"/"+string(c.Purpose)+"/widerrufen", "consent.withdraw")
				row.Withdraw = &off
			} else if row.Ended.IsZero() {
				row.Ended = c.Until
			}
			p.Rows = append(p.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(p.Rows, func(a, b consentRow) int {
		if (a.Withdraw == nil) != (b.Withdraw == nil) {
			if a.Withdraw != nil {
				return -1
			}
			return 1
		}
		return b.Given.Compare(a.Given)
	})
	return w.Page(p)
}

func (s *Server) withdrawConsent(w *Response, r *Request) error {
	return r.updateThen(w, ownConsents, func(tx *store.Tx) error {
		return engagement.Withdraw(tx, r.Actor(), engagement.Code(r.Var("purpose")))
	})
}
