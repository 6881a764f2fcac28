package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/matching"
	"seestern/store"
)

// invitationArea is what somebody is asked: because of a call here, or on behalf of an organization of a partner.
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
	},
}

const oneInvitation = "/meine/einladungen/{id:[0-9a-f-]{36}}"

// invitationPage is one invitation, with three answers of the same size.
type invitationPage struct {
	Page
	Invitation engagement.Invitation
	Asked      appeal
	Answers    []invitationAnswer // none when it is over
}

// appeal is what somebody is asked, as the page shows it to them, and before to who asks.
type appeal struct {
	Opportunity  engagement.Opportunity
	Organization engagement.Organization
	Partner      string          // name of the partner page; empty: this one
	Way          engagement.Code // the switch that lets the person be asked
	Center       bool            // it is the volunteer center that asks
	Text         string          // a few words of who asks
	Ask          []string        // card fields that are wished
	Places       []string
	Link         string // page of a public opportunity
	Until        time.Time
}

// askedFor is what a call asks.
func askedFor(tx *store.Tx, c engagement.Call, o engagement.Opportunity) (a appeal, err error) {
	a = appeal{Opportunity: o, Way: c.Way, Center: c.Way == engagement.ByVolunteerCenter, Text: c.Text, Ask: c.Ask, Until: c.LastMoment()}
	if o.Thing().Public {
		a.Link = opportunityPath(o)
	}
	for _, place := range o.PublicPlaces() {
		a.Places = append(a.Places, place.Locality)
	}
	a.Organization, err = tx.Organization(o.Organization)
	return a, err
}

// askedBy is what an invitation asks.
func askedBy(tx *store.Tx, i engagement.Invitation) (appeal, error) {
	o, err := tx.Opportunity(i.Opportunity)
	if err != nil {
		return appeal{}, err
	}
	c := engagement.Call{Way: i.By(), Ask: o.Project.Ask, Until: o.Expires}
	if i.Call != "" {
		if c, err = tx.Call(i.Call); err != nil {
			return appeal{}, err
		}
	}
	a, err := askedFor(tx, c, o)
	if err != nil || o.Local() {
		return a, err
	}
	partner, err := tx.Partner(o.Origin)
	a.Partner = partner.Name
	return a, err
}

type invitationAnswer struct {
	Path, Key string
	Once      string // of what is posted; a yes leads to a form first
}

// invited is the invitation of the path with what it asks.
func invited(tx *store.Tx, r *Request) (i engagement.Invitation, a appeal, err error) {
	if i, err = tx.Invitation(engagement.ID(r.Var("id"))); err != nil {
		return i, a, err
	}
	if !engagement.Can(r.Actor(), engagement.Read, i.Thing()) {
		return i, a, engagement.ErrNotFound
	}
	a, err = askedBy(tx, i)
	return i, a, err
}

func (s *Server) invitation(w *Response, r *Request) error {
	p := &invitationPage{Page: r.Page("invitation.title")}
	err := r.update(func(tx *store.Tx) (err error) {
		if _, err = engagement.SeeInvitation(tx, r.Actor(), engagement.ID(r.Var("id"))); err != nil {
			return err
		}
		p.Invitation, p.Asked, err = invited(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	if p.Invitation.Answerable(p.Asked.Opportunity, r.Now) {
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
	var about appeal
	var profile engagement.Profile
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if i, about, err = invited(tx, r); err != nil {
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
			list, err := candidates(tx, []*engagement.Opportunity{&about.Opportunity})
			if err != nil {
				return err
			}
			m, err = engagement.AcceptInvitation(tx, r.Actor(), i.ID, releasedCard(f), matching.PassedGates(profile, list[0], tx.Now()))
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
	return w.Page(&contactPage{Page: r.Page("invitation.yes"), requestPageBase: requestPageBase{base, about.Organization, about.Ask}, Form: f})
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

// invitationOffPage turns the one switch off by which somebody was asked who has only the mail. Programs open links: so there is a button.
type invitationOffPage struct {
	Page
	Way  engagement.Code
	Done bool
	Off  *Action
}

func (s *Server) stopInvitations(w *Response, r *Request) error {
	p := &invitationOffPage{Page: r.Page("invitation.off.title"), Done: r.Method == http.MethodPost}
	err := r.update(func(tx *store.Tx) error {
		i, err := tx.InvitationBySecret(engagement.Hash(r.Var("token")))
		if p.Way = i.By(); err != nil || !p.Done {
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
		o, err := tx.Opportunity(i.Opportunity)
		if err != nil {
			return nil, err
		}
		if i.Answerable(o, r.Now) {
			links = append(links, Link{Path: "/meine/einladungen/" + string(i.ID), Text: o.Title})
		}
	}
	return links, nil
}
