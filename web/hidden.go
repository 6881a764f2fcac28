package web

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// hiddenArea is where somebody sees which organizations are not suggested to them any more.
var hiddenArea = area{
	name:   "hidden",
	simple: true,
	pages:  map[string]any{"hidden": hiddenPage{}},
	routes: []route{
		{path: ownHidden, get: (*Server).hidden, who: signedIn},
		{path: "/organisationen/" + codeVar + "/ausblenden", post: hides(engagement.HideOrganization), who: signedIn},
		{path: "/organisationen/" + codeVar + "/einblenden", post: hides(engagement.UnhideOrganization), who: signedIn},
	},
}

const ownHidden = ownProfile + "/ausgeblendet"

// hiddenPage lists them by name.
type hiddenPage struct {
	Page
	List []hiddenRow
}

type hiddenRow struct {
	OrganizationItem
	Show Action
}

func (s *Server) hidden(w *Response, r *Request) error {
	p := &hiddenPage{Page: r.Page("hidden.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		p.List = nil
		profile, err := tx.Profile(r.Session.Account.ID)
		if err != nil {
			return err
		}
		for _, id := range profile.Excluded.Organizations {
			o, err := tx.Organization(id)
			if errors.Is(err, engagement.ErrNotFound) { // it is gone meanwhile
				continue
			}
			if err != nil {
				return err
			}
			p.List = append(p.List, hiddenRow{organizationItem(o), r.Action("/organisationen/"+o.Code+"/einblenden", "hidden.show", "x", o.Name)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	sortByName(r.Language.Lang, p.List, func(row hiddenRow) string { return row.Name })
	return w.Page(p)
}

// hides does one of the two with the organization of the path.
func hides(do func(engagement.Tx, engagement.Actor, engagement.ID) error) handler {
	return func(s *Server, w *Response, r *Request) error {
		err := r.update(func(tx *store.Tx) error {
			o, err := tx.OrganizationByCode(r.Var("id"))
			if err != nil {
				return err
			}
			return do(tx, r.Actor(), o.ID)
		})
		if err != nil {
			return err
		}
		return w.SeeOther(ownHidden)
	}
}

// hiding says whether the signed-in person hides an organization, or else how they can.
func hiding(tx *store.Tx, r *Request, o engagement.Organization) (hidden bool, hide *Action, err error) {
	if r.Session == nil || !r.Actor().May(engagement.HelpSearch) {
		return false, nil, nil
	}
	p, err := tx.Profile(r.Session.Account.ID)
	if err != nil || p.Hides(o.ID) {
		return err == nil, nil, err
	}
	action := r.Action("/organisationen/"+o.Code+"/ausblenden", "hidden.hide")
	action.Style, action.Sure = "tertiary", "hidden.sure"
	return false, &action, nil
}
