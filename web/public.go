package web

import (
	"errors"
	"net/http"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// publicArea is what belongs to all public pages: the guard before the set-up is finished, short addresses, the list for search engines.
var publicArea = area{
	name:   "public",
	simple: true,
	routes: []route{
		{path: "/a/{code:[0-9A-Za-z]{8}}", get: whenPublic((*Server).shortAddress)},
		{path: "/@{handle:[a-z0-9_]{2,30}}", get: whenPublic((*Server).handleAddress)},
		{path: "/sitemap.xml", get: whenPublic((*Server).sitemap), limit: searches},
	},
}

// whenPublic shows a page to visitors only when the instance is public. Before that it is being set up, and only signed-in
// people see content.
func whenPublic(show handler) handler {
	return func(s *Server, w *Response, r *Request) error {
		if s.instance.Load().Public || r.Session != nil {
			return show(s, w, r)
		}
		if r.route.open {
			return errSetUp
		}
		w.Status = http.StatusServiceUnavailable
		page := &statusPage{Page: r.Page("public.setup.title"), Text: say("public.setup.text")}
		page.NoIndex = true
		return w.Page(page)
	}
}

// shortAddress leads from a printed address to the page. Whether the page may be seen is decided there.
func (s *Server) shortAddress(w *Response, r *Request) error {
	code := strings.ToLower(r.Var("code"))
	var noun string
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		noun, _, err = tx.Code(code)
		return err
	})
	if err != nil {
		return err
	}
	return w.SeeOther(map[string]string{
		store.NounOpportunity: "/angebote/", store.NounOrganization: "/organisationen/", store.NounAnnouncement: "/neuigkeiten/",
		store.NounOccasion:  "/termine/",
		store.NounHelpOffer: "/ich-biete/",
	}[noun] + code)
}

// handleAddress leads from @name to the page of the organization, board or person.
func (s *Server) handleAddress(w *Response, r *Request) error {
	path := ""
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		org, err := tx.OrganizationByHandle(r.Var("handle"))
		if path = "/organisationen/" + org.Code; !errors.Is(err, engagement.ErrNotFound) {
			return err
		}
		b, err := tx.BoardByHandle(r.Var("handle"))
		if path = boardPath(b); !errors.Is(err, engagement.ErrNotFound) {
			return err
		}
		p, err := tx.PresenceByHandle(r.Var("handle"))
		path = presencePath(p)
		return err
	})
	if err != nil {
		return err
	}
	return w.SeeOther(path)
}

// goneOr turns "not found" into "gone" if the code of the path once stood for something public.
func goneOr(tx *store.Tx, code string, err error) error {
	if !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	if _, _, known := tx.Code(code); known == nil {
		return engagement.ErrGone
	}
	return err
}

// rightPath moves a browser to the path with the right slug. It returns true if it did.
func (r *Request) rightPath(w *Response, path string) (bool, error) {
	if r.Path == path {
		return false, nil
	}
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return true, w.Moved(path)
}
