package web

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// moveArea is where an organization names the accounts that it had elsewhere before, and leaves for another one.
var moveArea = area{
	name:  "move",
	pages: map[string]any{"move": movePage{}, "move-check": moveCheckPage{}},
	routes: []route{
		{path: workspace + "/umzug", get: (*Server).moving, who: signedIn},
		{path: workspace + "/umzug/frueher", get: (*Server).addAlias, post: (*Server).addAlias, who: signedIn, limit: lookups},
		{path: workspace + "/umzug/frueher/entfernen", post: (*Server).removeAlias, who: signedIn},
		{path: workspace + "/umzug/ziel", get: (*Server).chooseTarget, post: (*Server).chooseTarget, who: signedIn, limit: lookups},
		{path: workspace + "/umzug/los", post: (*Server).moveOrganization, who: signedIn, limit: lookups},
		{path: workspace + "/umzug/archiv", post: (*Server).archive, who: signedIn, limit: rareForms},
		{path: workspace + "/umzug/zurueck", post: (*Server).returnOrganization, who: signedIn},
	},
}

// movePage shows where the organization comes from and whether it has gone.
type movePage struct {
	Page
	bench
	Own     string // id for other servers
	Aliases []moveAlias
	Archive *Action // nil: it cannot be made
	Moved   *moveTarget
	Return  *Action
}

type moveAlias struct {
	IRI    string
	Remove Action
}

// moveTarget is an account on another server.
type moveTarget struct{ Name, Handle, Link string }

// moveCheckPage is the last look before a move.
type moveCheckPage struct {
	Page
	bench
	Target        moveTarget
	Followers     int
	Opportunities int
	Requests      int
	Back          string
	Go            Action
}

var accountField = Field{Name: "address", Label: "move.address", Hint: "move.address.hint", Need: "error.text.empty", Max: 500}

// moveBench is the workspace for who may move the organization.
func (s *Server) moveBench(r *Request, more func(*store.Tx, bench) error) (bench, error) {
	return s.viewBench(r, func(tx *store.Tx, b bench) error {
		switch {
		case !b.Manager:
			return engagement.ErrForbidden
		case s.wireID(store.NounOrganization, b.Organization.ID) == "": // nobody to come from or to go to
			return engagement.ErrNotFound
		case more == nil:
			return nil
		}
		return more(tx, b)
	})
}

func (s *Server) moving(w *Response, r *Request) error {
	p := &movePage{Page: r.Page("move.title")}
	var err error
	if p.bench, err = s.moveBench(r, nil); err != nil {
		return err
	}
	o := p.Organization
	p.Own = s.wireID(store.NounOrganization, o.ID)
	for _, iri := range o.AlsoKnownAs {
		a := r.Action(p.Root+"/umzug/frueher/entfernen", "move.alias.remove")
		a.Hidden = []HiddenField{{Name: "address", Value: iri}}
		p.Aliases = append(p.Aliases, moveAlias{IRI: iri, Remove: a})
	}
	if o.Moved() {
		p.Moved = movedTo(o)
		a := r.Action(p.Root+"/umzug/zurueck", "move.return")
		a.Sure = "move.return.sure"
		p.Return = &a
	}
	if s.options.Network.Archive != nil {
		a := r.Action(p.Root+"/umzug/archiv", "move.archive.button")
		p.Archive = &a
	}
	return w.Page(p)
}

// archive is a file of what the organization has published, to take along.
func (s *Server) archive(w *Response, r *Request) error {
	b, err := s.moveBench(r, nil)
	if err != nil {
		return err
	}
	err = r.update(func(tx *store.Tx) error {
		_, err := engagement.ExportOrganization(tx, r.Actor(), b.Organization.ID)
		return err
	})
	if err != nil {
		return err
	}
	file, err := s.options.Network.Archive(r.Context(), b.Organization.ID)
	if err != nil {
		return err
	}
	return w.File("application/x-tar", b.Organization.Handle+"-"+string(engagement.DateOf(r.Now))+".tar", file)
}

// movedTo is where an organization has gone, as its pages show it; nil if it is here.
func movedTo(o engagement.Organization) *moveTarget {
	if !o.Moved() {
		return nil
	}
	t := moveTarget{Name: o.MovedName, Link: o.MovedPage}
	if t.Link == "" {
		t.Link = o.MovedTo
	}
	if t.Name == "" {
		t.Name = t.Link
	}
	return &t
}

// elsewhere reads the account that somebody has named; what is wrong with the address stands in the form.
func (s *Server) elsewhere(r *Request, f *Form) (found engagement.Elsewhere, ok bool) {
	if !f.OK() {
		return found, false
	}
	found, err := s.options.Network.Account(r.Context(), f.Text("address"))
	if err != nil {
		s.log.Info("account look-up", "request", r.ID, "error", err)
		f.Bad("address", "error.account.unknown")
	}
	return found, err == nil
}

func (s *Server) addAlias(w *Response, r *Request) error {
	b, err := s.moveBench(r, nil)
	if err != nil {
		return err
	}
	f := r.Form([]Field{accountField})
	if found, ok := s.elsewhere(r, f); ok {
		err := s.benchAct(w, r, "/umzug", func(tx *store.Tx, b bench) error {
			return engagement.AddAlias(tx, r.Actor(), b.Organization.ID, found)
		})
		if err == nil || !f.Refused(err) {
			return err
		}
	}
	return w.Page(&workspaceFormPage{Page: r.Page("move.alias.title"), bench: b, Lead: say("move.alias.lead"), Form: f, Button: "move.alias.button"})
}

func (s *Server) removeAlias(w *Response, r *Request) error {
	f := r.Form([]Field{accountField})
	return s.benchAct(w, r, "/umzug", func(tx *store.Tx, b bench) error {
		return engagement.RemoveAlias(tx, r.Actor(), b.Organization.ID, f.Text("address"))
	})
}

// chooseTarget asks for the new account, and shows it for a last look.
func (s *Server) chooseTarget(w *Response, r *Request) error {
	b, err := s.moveBench(r, nil)
	if err != nil {
		return err
	}
	f := r.Form([]Field{accountField})
	if found, ok := s.elsewhere(r, f); ok {
		err := b.Organization.CanMove(s.wireID(store.NounOrganization, b.Organization.ID), found)
		switch {
		case err == nil:
			return s.checkMove(w, r, found)
		case !f.Refused(err):
			return err
		}
	}
	return s.targetForm(w, r, b, f)
}

func (s *Server) targetForm(w *Response, r *Request, b bench, f *Form) error {
	f.Path = b.Root + "/umzug/ziel"
	lead := say("move.target.lead", "x", s.wireID(store.NounOrganization, b.Organization.ID))
	return w.Page(&workspaceFormPage{Page: r.Page("move.target.title"), bench: b, Lead: lead, Form: f, Button: "button.next"})
}

func (s *Server) checkMove(w *Response, r *Request, to engagement.Elsewhere) error {
	p := &moveCheckPage{Page: r.Page("move.check.title"), Target: moveTarget{Name: to.Name, Handle: to.Handle, Link: to.Page}}
	var err error
	p.bench, err = s.moveBench(r, func(tx *store.Tx, b bench) (err error) {
		if p.Followers, err = tx.CountOrganizationFollowers(b.Organization.ID); err != nil {
			return err
		}
		opportunities, err := tx.OpportunitiesOf(b.Organization.ID)
		if err != nil {
			return err
		}
		for _, o := range opportunities {
			if o.Live() {
				p.Opportunities++
			}
		}
		requests, err := tx.CountOpenRequests(b.Organization.ID)
		for _, n := range requests {
			p.Requests += n
		}
		return err
	})
	if err != nil {
		return err
	}
	if p.Target.Link == "" {
		p.Target.Link = to.IRI
	}
	p.Back = p.Root + "/umzug/ziel"
	p.Go = r.Action(p.Root+"/umzug/los", "move.go")
	p.Go.Style, p.Go.Hidden = "primary", []HiddenField{{Name: "address", Value: to.IRI}}
	return w.Page(p)
}

// moveOrganization reads the new account once more and moves.
func (s *Server) moveOrganization(w *Response, r *Request) error {
	b, err := s.moveBench(r, nil)
	if err != nil {
		return err
	}
	f := r.Form([]Field{accountField})
	if found, ok := s.elsewhere(r, f); ok {
		err := s.benchAct(w, r, "/umzug", func(tx *store.Tx, b bench) error {
			return engagement.MoveOrganization(tx, r.Actor(), b.Organization.ID, s.wireID(store.NounOrganization, b.Organization.ID), found)
		})
		switch {
		case err == nil:
			return nil
		case errors.Is(err, engagement.ErrConflict): // it has moved already
			return w.SeeOther(b.Root + "/umzug")
		case !f.Refused(err):
			return err
		}
	}
	return s.targetForm(w, r, b, f)
}

func (s *Server) returnOrganization(w *Response, r *Request) error {
	return s.benchAct(w, r, "/umzug", func(tx *store.Tx, b bench) error {
		return engagement.ReturnOrganization(tx, r.Actor(), b.Organization.ID)
	})
}
