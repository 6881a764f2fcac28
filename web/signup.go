package web

import (
	"errors"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// signUpArea is how people sign up for an occasion, with an account or without, and how they say later that they do not come.
var signUpArea = area{
	name:   "signup",
	simple: true,
	pages:  map[string]any{"occasion-form": SignUpPage{}, "occasion-status": SignUpStatusPage{}},
	routes: []route{
		{path: "/termine/" + codeVar + "/anmelden", get: whenPublic((*Server).signUp), post: whenPublic((*Server).signUp), limit: signUps},
		{path: "/termine/" + codeVar + "/anmelden/gesendet", get: whenPublic((*Server).signUpSent)},
		{path: "/anmeldung/bestaetigen/{token:[0-9a-f]{32}}", get: (*Server).confirmSignUp, post: (*Server).confirmSignUp, token: true},
		{path: signUpLink, get: (*Server).signUpStatus, token: true},
		{path: signUpLink + "/absagen", post: (*Server).cancelSignUp, token: true, ends: true},
		{path: signUpLink + "/termin.ics", get: (*Server).signUpCalendar, token: true},
	},
}

const signUpLink = "/anmeldung/{link:[0-9a-f]{32}}"

// SignUpPage is the form, or the confirmation of what was typed in it.
type SignUpPage struct {
	Page
	Item   OccasionItem
	Lead   Words // what happens then
	Form   *Form
	Button string
	Other  *Link // signing in first
}

// SignUpStatusPage is what became of a sign-up.
type SignUpStatusPage struct {
	Page
	Item     OccasionItem
	Status   Words
	People   int
	Link     string // where those meet online who come; empty: nowhere, or not yet
	Calendar string
	Cancel   *Action
}

// signUpFields are the questions. Name and address are asked of visitors only.
func signUpFields(r *Request) []Field {
	fields := []Field{
		{Name: "people", Kind: Number, Label: "event.people", Hint: "event.people.hint", Need: "error.number.shape"},
		{Name: "text", Kind: Area, Label: "event.text", Hint: "event.text.hint", Max: engagement.SignUpTextLimit, Rows: 3},
	}
	if r.Session == nil {
		email := emailField
		email.Hint = "event.email.hint"
		fields = append([]Field{{Name: "name", Label: "account.name", Need: "error.name.empty", Auto: "name", Max: 100}, email}, fields...)
	}
	return fields
}

// signUp asks the questions and signs up.
func (s *Server) signUp(w *Response, r *Request) error {
	var o engagement.Occasion
	page := &SignUpPage{Page: r.Page("event.come"), Button: "event.come", Form: r.Form(signUpFields(r))}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		var org engagement.Organization
		var err error
		if o, org, err = seeOccasion(tx, r); err != nil {
			return err
		}
		page.Item, page.Lead = r.occasionItem(o, org), say("event.come.lead")
		guests, err := tx.SignUpsFor(o.ID)
		if free, limited := o.Free(guests); limited && free == 0 {
			page.Lead = say("event.come.full")
		}
		if o.Restricted() {
			page.Lead = say("event.come.restricted")
		}
		return err
	})
	if err != nil {
		return err
	}
	if !o.Open(r.Now) {
		return w.SeeOther(occasionPath(o))
	}
	page.Crumbs = []Link{{Path: "/termine", Words: say("nav.events")}, {Path: occasionPath(o), Text: o.Title}}
	page.NoIndex = true
	f := page.Form
	f.Set("people", "1")
	if r.Session == nil {
		page.Other = &Link{Path: "/anmelden?weiter=" + r.Path, Words: say("event.signin")}
	}
	if f.OK() {
		var made engagement.SignUp
		link := ""
		err := r.update(func(tx *store.Tx) (err error) {
			made, err = engagement.SignUpFor(tx, r.Actor(), o.ID, engagement.Guest{
				Name: f.Text("name"), Email: f.Text("email"), Text: f.Text("text"), People: f.Int("people"), Lang: r.Language.Lang,
			})
			link = tx.LinkToken(made.ID)
			return err
		})
		switch {
		case err == nil && r.Session == nil:
			return w.SeeOther("/termine/" + o.Code + "/anmelden/gesendet")
		case err == nil, errors.Is(err, engagement.ErrConflict) && made.ID != "":
			return w.SeeOther("/anmeldung/" + link)
		case errors.Is(err, engagement.ErrGone):
			return w.SeeOther(occasionPath(o))
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(page)
}

// signUpSent says that a mail is on its way; the same for every address.
func (s *Server) signUpSent(w *Response, r *Request) error {
	return w.Page(&accountSentPage{Page: r.Page("account.sent"), Text: "event.sent"})
}

// confirmSignUp is the page of the link in the mail.
func (s *Server) confirmSignUp(w *Response, r *Request) error {
	token := r.Var("token")
	page := &SignUpPage{Page: r.Page("event.confirm"), Lead: say("event.confirm.lead"), Form: r.Form(nil), Button: "event.confirm.button"}
	if r.Method == "POST" {
		link := ""
		err := r.update(func(tx *store.Tx) error {
			made, err := engagement.ConfirmSignUp(tx, token)
			link = tx.LinkToken(made.ID)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther("/anmeldung/" + link)
		case errors.Is(err, engagement.ErrConflict):
			return engagement.ErrGone
		}
		return s.expiredSignUp(w, r, err)
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		t, err := tx.Token(engagement.Hash(token), engagement.TokenSignUp)
		if err != nil {
			return err
		}
		guest, err := tx.SignUp(t.Subject)
		if err != nil {
			return err
		}
		page.Item, err = r.signedUpFor(tx, guest)
		return err
	})
	if err != nil {
		return s.expiredSignUp(w, r, err)
	}
	return w.Page(page)
}

func (s *Server) expiredSignUp(w *Response, r *Request, err error) error {
	if !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	w.Status = 410
	return w.Page(&accountSentPage{Page: r.Page("account.expired.title"), Text: "event.confirm.expired"})
}

// signedUpFor is the occasion of a sign-up.
func (r *Request) signedUpFor(tx *store.Tx, guest engagement.SignUp) (OccasionItem, error) {
	o, err := tx.Occasion(guest.Occasion)
	if err != nil {
		return OccasionItem{}, err
	}
	org, err := tx.Organization(o.Organization)
	item := r.occasionItem(o, org)
	if o.State == engagement.OccasionWithdrawn {
		item.Path, item.State, item.Title = "", engagement.OccasionCanceled, r.T("event.removed")
	}
	if !o.Live() {
		item.Path = ""
	}
	return item, err
}

// guestOf is the sign-up whose link the path holds.
func guestOf(tx *store.Tx, r *Request) (engagement.SignUp, error) {
	return tx.SignUpBySecret(engagement.Hash(r.Var("link")))
}

// signUpStatus shows what became of it.
func (s *Server) signUpStatus(w *Response, r *Request) error {
	page := &SignUpStatusPage{Page: r.Page("event.status")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		guest, err := guestOf(tx, r)
		if err != nil {
			return err
		}
		o, err := tx.Occasion(guest.Occasion)
		if err != nil {
			return err
		}
		page.Item, err = r.signedUpFor(tx, guest)
		page.Status, page.People = say("event.status."+string(guest.State)), guest.People
		page.Link, page.Calendar, page.Cancel = "", "", nil
		if o.State == engagement.OccasionWithdrawn || o.Over(r.Now) || guest.State.Ended() || guest.State == engagement.SignUpUnconfirmed {
			return err
		}
		cancel := r.Action(r.Path+"/absagen", "event.cancel")
		cancel.Sure = "event.cancel.sure"
		page.Cancel = &cancel
		if guest.State == engagement.SignUpAccepted {
			page.Link, page.Calendar = o.Link, r.Path+"/termin.ics"
		}
		return err
	})
	if errors.Is(err, engagement.ErrNotFound) {
		return s.expiredSignUp(w, r, err)
	}
	if err != nil {
		return err
	}
	return w.Page(page)
}

// cancelSignUp is a person who does not come after all.
func (s *Server) cancelSignUp(w *Response, r *Request) error {
	return r.updateThen(w, strings.TrimSuffix(r.Path, "/absagen"), func(tx *store.Tx) error {
		guest, err := guestOf(tx, r)
		if err != nil {
			return err
		}
		_, err = engagement.CancelSignUp(tx, engagement.Actor{Account: r.Actor().Account, Request: guest.ID}, guest.ID)
		return err
	})
}

// signUpCalendar is the occasion for the calendar of somebody who comes, with the address of an online meeting.
func (s *Server) signUpCalendar(w *Response, r *Request) error {
	var e occasionEntry
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		guest, err := guestOf(tx, r)
		if err != nil {
			return err
		}
		if e.Occasion, err = tx.Occasion(guest.Occasion); err != nil {
			return err
		}
		if guest.State != engagement.SignUpAccepted || !e.Live() {
			return engagement.ErrNotFound
		}
		e.item, err = r.signedUpFor(tx, guest)
		e.link = e.Link
		return err
	})
	if err != nil {
		return err
	}
	return s.occasionsFile(w, r, e.Title, "termin.ics", []occasionEntry{e})
}

// ownOccasions are those to come that an account signed up for, with the links to what became of it.
func ownOccasions(tx *store.Tx, r *Request) (links []Link, err error) {
	all, err := tx.SignUpsOf(r.Session.Account.ID)
	for _, guest := range all {
		if guest.State.Ended() {
			continue
		}
		o, err := tx.Occasion(guest.Occasion)
		if err != nil {
			return nil, err
		}
		if o.Live() && !o.Over(r.Now) {
			links = append(links, Link{Path: "/anmeldung/" + tx.LinkToken(guest.ID), Text: o.Title})
		}
	}
	return links, err
}
