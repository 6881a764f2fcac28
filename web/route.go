package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"seestern/engagement"
)

// handler reads a request, does one thing and shows the result. It returns an error instead of writing one:
// the sentinels and [engagement.Invalid] have their answers in errors.go, everything else is a 500.
type handler func(s *Server, w *Response, r *Request) error

// route is one path of the site.
type route struct {
	path   string  // "/angebote/{id}", German, without language prefix; public ids are written codeVar
	get    handler // nil: the path is only posted to
	post   handler // nil: the path is only read
	who    access  // nil: everybody
	limit  limit   // of visitors; zero: anonymousPages
	token  bool    // the path holds a secret: never cached, indexed or logged
	ends   bool    // POST signs in or out, takes something back, or stores nothing: done even when little space is left
	fresh  bool    // POST only by who has signed in within [engagement.StepUpAge]
	helps  helps   // also by who acts for another person and was granted one of these; nil: they only look at what is public
	bare   bool    // POST without the field "once": one-click unsubscription, whose path holds the secret, or nothing is stored
	upload int64   // POST may be multipart, as with files: bytes of the whole form; 0: it may not
	open   bool    // for programs and pages of others: nobody is known, so that everybody gets the same, and every site may read it
}

// codeVar is the path variable for the short public code of a thing.
const codeVar = "{id:[23456789abcdefghjkmnpqrstuvwxyz]{8}}"

// access decides whether an actor may use a route at all; what they may see there is asked of engagement by the rule.
type access func(engagement.Actor) error

// errSignIn sends a visitor to the sign-in page and back.
var errSignIn = errors.New("sign-in needed")

// errStepUp asks somebody to sign in again before what they want is done.
var errStepUp = errors.New("fresh sign-in needed")

func signedIn(a engagement.Actor) error {
	if a.Account == "" {
		return errSignIn
	}
	return nil
}

// role lets in whoever has one of the staff roles.
func role(roles ...engagement.Role) access {
	return func(a engagement.Actor) error {
		if err := signedIn(a); err != nil {
			return err
		}
		if !slices.ContainsFunc(roles, a.Has) {
			return engagement.ErrForbidden
		}
		return nil
	}
}

// errHelping refuses what nobody may do for another person.
var errHelping = errors.New("not for another person")

// helping lets in whoever acts for another person.
func helping(a engagement.Actor) error {
	if err := signedIn(a); err != nil {
		return err
	}
	if a.Helper == "" {
		return engagement.ErrForbidden
	}
	return nil
}

// helps are the scopes, vocabulary helper_scope, of which one lets somebody use a route for another person.
type helps []engagement.Code

// What somebody can be granted. To advisers, on the ground of a paper, all of it is.
var (
	helpsAny      = helps(engagement.HelperScopes.Codes())
	helpsSearch   = helps{engagement.HelpSearch}
	helpsRequests = helps{engagement.HelpRequests}
	helpsDates    = helps{engagement.HelpDates}
	helpsHours    = helps{engagement.HelpHours}
	helpsPaper    = helps{engagement.ConsentAssisted}
)

// forOthers says whether somebody may use the route who acts for another person: public pages and what stores nothing, and what was granted.
func (r *route) forOthers(a engagement.Actor, method string) bool {
	if r.helps != nil {
		return slices.ContainsFunc(r.helps, a.May)
	}
	return r.who == nil && !r.token && (method != http.MethodPost || r.bare)
}

// private says whether answers of the route belong to one person.
func (r *route) private() bool { return r.who != nil || r.token }

// methods are the methods of the route, for the Allow header.
func (r *route) methods() string {
	var m []string
	if r.get != nil {
		m = append(m, http.MethodGet, http.MethodHead)
	}
	if r.post != nil {
		m = append(m, http.MethodPost)
	}
	return strings.Join(m, ", ")
}

// router finds the route of a path without language prefix. Paths of every area are one table; the first that fits wins.
type router struct {
	mux    *mux.Router
	routes map[*mux.Route]*route
	paths  map[string]bool // literal paths that can be opened: the navigation links only to those
}

func newRouter(areas []area) *router {
	r := &router{mux: mux.NewRouter().SkipClean(true), routes: map[*mux.Route]*route{}, paths: map[string]bool{}}
	for _, a := range areas {
		for i := range a.routes {
			row := &a.routes[i]
			r.routes[r.mux.Path(row.path)] = row
			if row.get != nil {
				r.paths[row.path] = true
			}
		}
	}
	return r
}

// find is the route of a path and the request with its variables, or nil.
func (rt *router) find(req *http.Request, path string) (*route, *http.Request) {
	if !plainPath(path) {
		return nil, req
	}
	u := *req.URL
	u.Path, u.RawPath = path, ""
	asked := *req
	asked.URL = &u
	var match mux.RouteMatch
	if !rt.mux.Match(&asked, &match) || match.Route == nil {
		return nil, req
	}
	return rt.routes[match.Route], mux.SetURLVars(req, match.Vars)
}
