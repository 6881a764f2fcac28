package web

import (
	"time"

	"seestern/engagement"
	"seestern/store"
)

// helperArea is where people say who may act for them, and find for whom they may act.
var helperArea = area{
	name:   "helper",
	simple: true,
	pages:  map[string]any{"helper": helperPage{}, "helper-form": helperFormPage{}},
	routes: []route{
		{path: ownHelpers, get: (*Server).helpers, who: signedIn},
		{path: ownHelpers + "/neu", get: (*Server).askHelper, post: (*Server).askHelper, who: signedIn, limit: rareForms, fresh: true},
		{path: ownHelpers + "/{id:[0-9a-f-]{36}}/annehmen", post: changesHelper(engagement.AcceptHelping), who: signedIn},
		{path: ownHelpers + "/{id:[0-9a-f-]{36}}/beenden", post: changesHelper(engagement.EndHelping), who: signedIn, ends: true},
	},
}

const ownHelpers = "/meine/helfer"

// helperPage lists both sides.
type helperPage struct {
	Page
	Mine []helperRow // who may act for the person
	For  []helperRow // for whom the person may act
}

type helperRow struct {
	Name   string // of the other one; as long as they have not accepted, what the person knows them by
	Scopes []engagement.Code
	Since  time.Time // accepted; zero: not yet
	Until  time.Time // not accepted: the question ends by itself
	Yes    *Action   // accepts
	Act    *Action   // begins to act
	End    Action
}

func (s *Server) helpers(w *Response, r *Request) error {
	p := &helperPage{Page: r.Page("helperlink.title")}
	p.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		p.Mine, p.For = nil, nil
		links, err := tx.HelperLinksOf(r.Session.Account.ID)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := p.add(tx, r, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

func (p *helperPage) add(tx *store.Tx, r *Request, l engagement.HelperLink) error {
	until := l.Asked.Add(engagement.HelperAskedLife)
	if l.Accepted.IsZero() && r.Now.After(until) {
		return nil
	}
	row := helperRow{Name: l.Login, Scopes: l.Scopes, Since: l.Accepted, Until: until}
	mine := l.Person == r.Session.Account.ID
	other, end := l.Person, "helperlink.leave"
	switch {
	case mine && l.Accepted.IsZero():
		other, end = "", "helperlink.cancel"
	case mine:
		other, end = l.Helper, "helperlink.remove"
	case l.Accepted.IsZero():
		end = "helperlink.decline"
	}
	if other != "" {
		a, err := tx.Account(other)
		if err != nil {
			return err
		}
		row.Name = a.Name
		if _, err := engagement.ActFor(tx, r.Actor(), a); err == nil && !mine {
			row.Act = actFor(r, a)
		}
	}
	if !mine && l.Accepted.IsZero() {
		yes := r.Action(helperPath(l)+"/annehmen", "helperlink.accept", "name", row.Name)
		yes.Style, row.Yes = "primary", &yes
	}
	row.End = r.Action(helperPath(l)+"/beenden", end, "name", row.Name)
	if mine {
		p.Mine = append(p.Mine, row)
	} else {
		p.For = append(p.For, row)
	}
	return nil
}

func helperPath(l engagement.HelperLink) string { return ownHelpers + "/" + string(l.ID) }

// helperFormPage asks somebody to act for the person.
type helperFormPage struct {
	Page
	Form *Form
}

func (s *Server) askHelper(w *Response, r *Request) error {
	f := r.Form([]Field{
		{Name: "login", Label: "helperlink.login", Hint: "helperlink.login.hint", Need: "error.login.empty", Auto: "off", Max: 254},
		{Name: "scopes", Kind: Boxes, Label: "helperlink.scopes", Need: "error.choice.empty", Options: vocabularyOptions(engagement.HelperScopes)},
		{Name: "agree", Kind: Box, Label: "helperlink.agree", Hint: "helperlink.agree.hint", Need: "error.helper.agree"},
	})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.AskHelper(tx, r.Actor(), f.Text("login"), codesOf(f, "scopes"))
		})
		if err == nil {
			return w.SeeOther(ownHelpers)
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &helperFormPage{Page: r.Page("helperlink.new"), Form: f}
	p.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}, {Path: ownHelpers, Words: say("helperlink.title")}}
	return w.Page(p)
}

// changesHelper runs a rule for the link of the path.
func changesHelper(rule func(engagement.Tx, engagement.Actor, engagement.ID) error) handler {
	return func(_ *Server, w *Response, r *Request) error {
		return r.updateThen(w, ownHelpers, func(tx *store.Tx) error { return rule(tx, r.Actor(), engagement.ID(r.Var("id"))) })
	}
}

// helpsSomebody says whether who has signed in may act for other people, so that it is not sure for whom they typed something. When that
// cannot be found out, they may.
func (r *Request) helpsSomebody() bool {
	if r.Session == nil || r.server.store == nil {
		return false
	}
	may := r.Actor().Helper != "" || r.Actor().Has(engagement.Adviser)
	err := r.server.store.View(r.Context(), func(tx *store.Tx) error {
		links, err := tx.HelperLinksOf(r.Session.owner())
		for _, l := range links {
			may = may || l.Helper == r.Session.owner()
		}
		return err
	})
	return may || err != nil
}

// mayOpen says whether the viewer, who perhaps acts for somebody else, may open a page of the person.
func (r *Request) mayOpen(path string) bool {
	if r.Actor().Helper == "" {
		return true
	}
	found, _ := r.server.router.find(r.Request, path)
	return found != nil && found.forOthers(r.Actor(), "GET")
}
