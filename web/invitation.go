package web

import (
	"errors"
	"net/http"
	"strings"

	"seestern/engagement"
	"seestern/matching"
	"seestern/store"
)

// invitationArea is what somebody is asked on behalf of an organization of a partner.
var invitationArea = area{
	name:   "invitation",
	simple: true,
	pages: map[string]any{
		"invitation":     invitationPage{},
		"invitation-off": invitationOffPage{},
	},
	routes: []route{
		{path: oneInvitation, get: (*Server).invitation, who: signedIn},
		{path: oneInvitation + "/ja", get: (*Server).acceptInvitation, post: (*Server).acceptInvitation, who: signedIn},
		{path: oneInvitation + "/nein", post: (*Server).declineInvitation, who: signedIn},
		{path: oneInvitation + "/nie", post: (*Server).declineInvitation, who: signedIn},
		{path: "/abbestellen/{token:[0-9a-f]{32}}", get: (*Server).stopInvitations, post: (*Server).stopInvitations, token: true, bare: true},
	},
}

const oneInvitation = "/meine/einladungen/{id:[0-9a-f-]{36}}"

// invitationPage is one invitation, with three answers of the same size.
type invitationPage struct {
	Page
	Invitation   engagement.Invitation
	Request      engagement.Opportunity
	Organization engagement.Organization
	Places       []string
	Answers      []invitationAnswer // none when it is over
	Partner      string             // name of the partner page
}

type invitationAnswer struct {
	Path, Key string
	Once      string // of what is posted; a yes leads to a form first
}

// invited is the invitation of the path with what it is about.
func invited(tx *store.Tx, r *Request) (i engagement.Invitation, o engagement.Opportunity, org engagement.Organization, err error) {
	if i, err = tx.Invitation(engagement.ID(r.Var("id"))); err != nil {
		return i, o, org, err
	}
	if !engagement.Can(r.Actor(), engagement.Read, i.Thing()) {
		return i, o, org, engagement.ErrNotFound
	}
	if o, err = tx.Opportunity(i.Opportunity); err != nil {
		return i, o, org, err
	}
	org, err = tx.Organization(i.Organization)
	return i, o, org, err
}

func (s *Server) invitation(w *Response, r *Request) error {
	p := &invitationPage{Page: r.Page("invitation.title")}
	err := r.update(func(tx *store.Tx) (err error) {
		if _, err = engagement.SeeInvitation(tx, r.Actor(), engagement.ID(r.Var("id"))); err != nil {
			return err
		}
		if p.Invitation, p.Request, p.Organization, err = invited(tx, r); err != nil {
			return err
		}
		partner, err := tx.Partner(p.Request.Origin)
		p.Partner = partner.Name
		return err
	})
	if err != nil {
		return err
	}
	p.Places = nil
	for _, place := range p.Request.PublicPlaces() {
		p.Places = append(p.Places, place.Locality)
	}
	if p.Invitation.Open() && p.Request.Invites(r.Now) {
		base := "/meine/einladungen/" + string(p.Invitation.ID)
		p.Answers = []invitationAnswer{
			{Path: base + "/ja", Key: "invitation.yes"},
			{Path: base + "/nein", Key: "invitation.no", Once: r.once(base + "/nein")},
			{Path: base + "/nie", Key: "invitation.never", Once: r.once(base + "/nie")},
		}
	}
	return w.Page(p)
}

// acceptInvitation asks what the organization gets, and sends it with the yes.
func (s *Server) acceptInvitation(w *Response, r *Request) error {
	var i engagement.Invitation
	var o engagement.Opportunity
	var org engagement.Organization
	var profile engagement.Profile
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if i, o, org, err = invited(tx, r); err != nil {
			return err
		}
		profile, err = tx.Profile(i.Account)
		return err
	})
	if err != nil {
		return err
	}
	base := "/meine/einladungen/" + string(i.ID)
	if !i.Open() {
		return w.SeeOther(base)
	}
	f := r.Form(contactFields())
	a := r.Session.Account
	for field, value := range map[string]string{"name": a.Name, "email": a.Email, "phone": a.Phone} {
		f.Set(field, value)
	}
	if f.OK() {
		var m engagement.MatchRequest
		err := r.update(func(tx *store.Tx) (err error) {
			m, err = engagement.AcceptInvitation(tx, r.Actor(), i.ID, releasedCard(f), matching.PassedGates(profile, o, tx.Now()))
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther("/meine/anfragen/" + string(m.ID))
		case errors.Is(err, engagement.ErrGone), errors.Is(err, engagement.ErrConflict):
			return w.SeeOther(base)
		case errors.Is(err, engagement.ErrForbidden):
			f.Bad("", "error.invite.partner")
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(&contactPage{Page: r.Page("invitation.yes"), requestPageBase: requestPageBase{base, org, o.Project.Ask}, Form: f})
}

func (s *Server) declineInvitation(w *Response, r *Request) error {
	err := r.update(func(tx *store.Tx) error {
		return engagement.DeclineInvitation(tx, r.Actor(), engagement.ID(r.Var("id")), strings.HasSuffix(r.Path, "/nie"))
	})
	if err != nil && !errors.Is(err, engagement.ErrConflict) { // answered already, or over
		return err
	}
	return w.SeeOther("/meine/einladungen/" + r.Var("id"))
}

// invitationOffPage ends invitations for somebody who has only the mail. Programs open links: so there is a button.
type invitationOffPage struct {
	Page
	Done bool
	Off  *Action
}

func (s *Server) stopInvitations(w *Response, r *Request) error {
	p := &invitationOffPage{Page: r.Page("invitation.off.title"), Done: r.Method == http.MethodPost}
	err := r.update(func(tx *store.Tx) error {
		i, err := tx.InvitationBySecret(engagement.Hash(r.Var("token")))
		if err != nil || !p.Done {
			return err
		}
		return engagement.AllowReach(tx, engagement.Actor{Account: i.Account}, i.By(), false)
	})
	if err != nil {
		return err
	}
	if !p.Done {
		a := r.Action(r.Path, "invitation.never")
		a.Style = "primary"
		p.Off = &a
	}
	return w.Page(p)
}

// openInvitations are those that somebody can answer, as links.
func openInvitations(tx *store.Tx, r *Request) (links []Link, err error) {
	list, err := tx.InvitationsOf(r.Session.Account.ID)
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if !i.Open() {
			continue
		}
		o, err := tx.Opportunity(i.Opportunity)
		if err != nil {
			return nil, err
		}
		if o.Invites(r.Now) {
			links = append(links, Link{Path: "/meine/einladungen/" + string(i.ID), Text: o.Title})
		}
	}
	return links, nil
}
