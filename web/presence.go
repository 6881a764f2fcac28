package web

import (
	"errors"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// presenceArea is the public presence of a volunteer: the page for everybody, and the one on which its person decides.
var presenceArea = area{
	name:   "presence",
	simple: true,
	pages:  map[string]any{"presence": presencePage{}, "presence-own": ownPresencePage{}},
	routes: []route{
		{path: "/personen/" + boardVar, get: whenPublic((*Server).presence), limit: searches},
		{path: ownPresence, get: (*Server).ownPresence, post: (*Server).ownPresence, who: signedIn},
		{path: ownPresence + "/folgen/{act}", post: (*Server).answerFollow, who: signedIn, ends: true},
		{path: ownPresence + "/beenden", post: (*Server).endPresence, who: signedIn, ends: true},
	},
}

const ownPresence = "/meine/oeffentlich"

// presencePage is what everybody sees.
type presencePage struct {
	Page
	Lines  []string
	Handle string // @name@host; empty: nobody can follow now
	Report string
}

// ownPresencePage is where somebody opens, changes and ends their public presence, and decides who follows it.
type ownPresencePage struct {
	Page
	Public  string // path of the page for everybody; empty: there is none yet
	Handle  string
	Age     bool // old enough, as far as the profile says
	Form    *Form
	Waiting []presenceFollower
	Follow  []presenceFollower
	End     Action
}

type presenceFollower struct {
	Actor string // address
	Host  string
	Since time.Time
	Do    []Action
}

func presencePath(p engagement.Presence) string { return "/personen/" + p.Handle }

var (
	presenceName    = Field{Name: "name", Label: "presence.name", Hint: "presence.name.hint", Need: "error.name.empty", Max: 60}
	presenceSummary = Field{Name: "summary", Kind: Area, Label: "presence.summary", Hint: "presence.summary.hint", Max: 500}
	presenceHandle  = Field{Name: "handle", Label: "presence.handle", Hint: "presence.handle.hint", Need: "error.handle.shape", Max: 30}
	presenceConsent = Field{Name: "consent", Kind: Box, Label: "presence.consent"}
)

func (s *Server) presence(w *Response, r *Request) error {
	var p engagement.Presence
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p, err = tx.PresenceByHandle(r.Var("handle"))
		return err
	})
	switch {
	case err != nil:
		return err
	case !p.Open():
		return engagement.ErrGone
	}
	page := &presencePage{Page: r.Page(""), Lines: paragraphs(p.Summary), Report: reportPath(string(p.ID))}
	page.Title, page.NoIndex = p.Name, true
	if s.instance.Load().Federates() {
		page.Handle = "@" + p.Handle + "@" + s.base.Host
	}
	return w.Page(page)
}

func (s *Server) ownPresence(w *Response, r *Request) error {
	page := &ownPresencePage{Page: r.Page("presence.title")}
	var own engagement.Presence
	var wishes []engagement.FollowWish
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		profile, err := tx.Profile(r.Session.Account.ID)
		if err != nil {
			return err
		}
		page.Age = profile.MayBePublic()
		if own, err = tx.PresenceOf(r.Session.Account.ID); err != nil {
			if errors.Is(err, engagement.ErrNotFound) {
				err = nil
			}
			return err
		}
		wishes, err = tx.FollowWishes(own.ID)
		return err
	})
	if err != nil {
		return err
	}
	fields := []Field{presenceName, presenceSummary}
	if own.ID == "" {
		fields = []Field{presenceHandle, presenceName, presenceSummary, presenceConsent}
	}
	page.Form = r.Form(fields)
	if own.ID != "" {
		page.Form.Set("name", own.Name)
		page.Form.Set("summary", own.Summary)
	}
	if page.Form.OK() {
		err := r.update(func(tx *store.Tx) (err error) {
			f := page.Form
			if own.ID == "" {
				_, err = engagement.OpenPresence(tx, r.Actor(), engagement.Presence{Handle: f.Text("handle"), Name: f.Text("name"), Summary: f.Text("summary")}, f.On("consent"))
			} else {
				_, err = engagement.EditPresence(tx, r.Actor(), f.Text("name"), f.Text("summary"))
			}
			return err
		})
		if err == nil {
			return w.SeeOther(ownPresence)
		}
		if !page.Form.Refused(err) {
			return err
		}
	}
	if own.ID != "" {
		page.show(s, r, own, wishes)
	}
	return w.Page(page)
}

// show adds what there is once somebody is public.
func (p *ownPresencePage) show(s *Server, r *Request, own engagement.Presence, wishes []engagement.FollowWish) {
	p.Public, p.Handle = presencePath(own), "@"+own.Handle+"@"+s.base.Host
	p.End = r.Action(ownPresence+"/beenden", "presence.end")
	p.End.Sure = "presence.end.sure"
	for _, f := range wishes {
		one := presenceFollower{Actor: f.Actor, Host: f.Host, Since: f.Since}
		answer := func(key, act string) {
			a := r.Action(ownPresence+"/folgen/"+act, key)
			a.Hidden = []HiddenField{{Name: "actor", Value: f.Actor}}
			one.Do = append(one.Do, a)
		}
		if f.Accepted {
			answer("presence.follow.end", "ablehnen")
			p.Follow = append(p.Follow, one)
			continue
		}
		answer("presence.follow.yes", "erlauben")
		answer("presence.follow.no", "ablehnen")
		p.Waiting = append(p.Waiting, one)
	}
}

func (s *Server) answerFollow(w *Response, r *Request) error {
	actor, yes := r.PostForm.Get("actor"), r.Var("act") == "erlauben"
	if !yes && r.Var("act") != "ablehnen" {
		return engagement.ErrNotFound
	}
	return r.updateThen(w, ownPresence, func(tx *store.Tx) error { return engagement.AnswerFollow(tx, r.Actor(), actor, yes) })
}

func (s *Server) endPresence(w *Response, r *Request) error {
	return r.updateThen(w, "/meine", func(tx *store.Tx) error {
		p, err := tx.PresenceOf(r.Session.Account.ID)
		if err != nil {
			return err
		}
		return engagement.EndPresence(tx, r.Actor(), p.ID)
	})
}
