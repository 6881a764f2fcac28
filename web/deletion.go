package web

import (
	"errors"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// deletionArea is how somebody has their account deleted, and keeps it after all.
var deletionArea = area{
	name:   "deletion",
	simple: true,
	pages:  map[string]any{"deletion": deletionPage{}, "deletion-said": deletionSaidPage{}},
	routes: []route{
		{path: ownDeletion, get: (*Server).deletion, post: (*Server).deletion, who: signedIn, ends: true, fresh: true},
		{path: ownDeletion + "/behalten", post: (*Server).keepAccount, who: signedIn},
		{path: deletionAsked, get: said("deletion.planned.title", "deletion.planned.text")},
		{path: accountKept, get: said("deletion.kept.title", "deletion.kept.text")},
		{path: "/konto/behalten/{token:[0-9a-f]{32}}", get: (*Server).useKeepLink, post: (*Server).useKeepLink, token: true, limit: signIns},
	},
}

const (
	ownDeletion   = ownData + "/loeschen"
	deletionAsked = "/konto/loeschung-geplant"
	accountKept   = "/konto/bleibt"
)

// deletionPage says what goes with an account, what stays and why, and who else is asked to delete it.
type deletionPage struct {
	Page
	Until    time.Time // planned for then; zero: nothing is planned
	Unused   bool      // planned because nobody uses the account
	Open     int       // requests that would be withdrawn
	Offers   int       // help offers that would be taken back
	Guests   int       // sign-ups that would be canceled
	Hours    bool      // an organization has confirmed hours
	Public   bool      // there is a public presence
	Teams    []string  // organizations that the person would leave
	Hosts    []string  // other servers that know something, by name
	Days     int       // of grace
	Form     *Form
	Keep     Action
	Presence string // path of the page about it
}

// deletionSaidPage says what has happened to somebody who may not be signed in any more.
type deletionSaidPage struct {
	Page
	Text string // locale key
}

func said(title, text string) handler {
	return func(_ *Server, w *Response, r *Request) error {
		return w.Page(&deletionSaidPage{Page: r.Page(title), Text: text})
	}
}

var deletionSure = Field{Name: "sure", Kind: Box, Label: "deletion.sure", Need: "error.deletion.sure"}

func (s *Server) deletion(w *Response, r *Request) error {
	p := &deletionPage{Page: r.Page("deletion.title"), Days: int(engagement.DeletionGrace.Hours() / 24), Form: r.Form([]Field{deletionSure}), Presence: ownPresence}
	if p.Form.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.AskDeletion(tx, r.Actor(), r.Session.Account.ID)
			return err
		})
		if err == nil {
			w.SignOut()
			return w.SeeOther(deletionAsked)
		}
		if !p.Form.Refused(err) {
			return err
		}
	}
	if err := s.store.View(r.Context(), func(tx *store.Tx) error { return p.read(tx, r.Session.Account.ID) }); err != nil {
		return err
	}
	if !p.Until.IsZero() {
		p.Form = nil
	}
	p.Keep = r.Action(ownDeletion+"/behalten", "deletion.keep")
	return w.Page(p)
}

// read finds what there is of a person.
func (p *deletionPage) read(tx *store.Tx, account engagement.ID) error {
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	p.Until, p.Unused = a.DeleteAfter, a.Deletion == engagement.DeletionUnused
	requests, err := tx.RequestsOfAccount(account)
	if err != nil {
		return err
	}
	for _, m := range requests {
		if !m.State.Final() {
			p.Open++
		}
		if m.Origin != "" {
			p.Hosts = append(p.Hosts, m.Origin)
		}
		p.Hours = p.Hours || m.Worked.Hours > 0
	}
	offers, err := tx.HelpOffersOfAccount(account)
	if err != nil {
		return err
	}
	p.Offers = len(offers)
	if slices.ContainsFunc(offers, func(h engagement.HelpOffer) bool { return !h.Published.IsZero() }) {
		partners, err := tx.Partners()
		if err != nil {
			return err
		}
		for _, other := range partners {
			if other.MayMatch() {
				p.Hosts = append(p.Hosts, other.Host)
			}
		}
	}
	hours, err := tx.HoursOf(account)
	if err != nil {
		return err
	}
	p.Hours = p.Hours || slices.ContainsFunc(hours, func(h engagement.HoursEntry) bool { return h.State == engagement.HoursConfirmed })
	guests, err := tx.SignUpsOf(account)
	if err != nil {
		return err
	}
	p.Guests = len(slices.DeleteFunc(guests, func(g engagement.SignUp) bool { return g.State.Ended() }))
	teams, err := tx.OrganizationsOf(account)
	if err != nil {
		return err
	}
	for _, o := range teams {
		p.Teams = append(p.Teams, o.Name)
	}
	return p.readPresence(tx, account)
}

// readPresence finds who follows a public presence.
func (p *deletionPage) readPresence(tx *store.Tx, account engagement.ID) error {
	own, err := tx.PresenceOf(account)
	if err != nil && !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	if p.Public = err == nil; p.Public {
		wishes, err := tx.FollowWishes(own.ID)
		if err != nil {
			return err
		}
		for _, f := range wishes {
			p.Hosts = append(p.Hosts, f.Host)
		}
	}
	slices.Sort(p.Hosts)
	p.Hosts = slices.Compact(p.Hosts)
	return nil
}

func (s *Server) keepAccount(w *Response, r *Request) error {
	return r.updateThen(w, ownDeletion, func(tx *store.Tx) error {
		_, err := engagement.KeepAccount(tx, r.Actor(), r.Session.Account.ID)
		return err
	})
}

// useKeepLink keeps an account by POST, because programs that check mail open links.
func (s *Server) useKeepLink(w *Response, r *Request) error {
	token := r.Var("token")
	if r.Method == "POST" {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.UseKeepLink(tx, token)
			return err
		})
		if err == nil {
			return w.SeeOther(accountKept)
		}
		return s.keepLinkOver(w, r, err)
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Token(engagement.Hash(token), engagement.TokenKeep)
		return err
	})
	if err != nil {
		return s.keepLinkOver(w, r, err)
	}
	return w.Page(&accountPage{Page: r.Page("deletion.link.title"), Lead: say("deletion.link.lead"), Form: r.Form(nil), Button: "deletion.keep"})
}

// keepLinkOver answers a link that was used, or whose account is kept or gone.
func (s *Server) keepLinkOver(w *Response, r *Request, err error) error {
	if !errors.Is(err, engagement.ErrNotFound) && !errors.Is(err, engagement.ErrConflict) {
		return err
	}
	w.Status = 410
	return w.Page(&deletionSaidPage{Page: r.Page("account.expired.title"), Text: "deletion.link.over"})
}
