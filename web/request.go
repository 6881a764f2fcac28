package web

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"time"

	"github.com/gorilla/mux"

	"seestern/engagement"
	"seestern/store"
)

// Request is what a handler reads: the HTTP request and what the frame found out about it.
type Request struct {
	*http.Request
	Language Language
	Path     string     // without language prefix, as routed
	ID       string     // names the request in the log and on error pages
	Now      time.Time  // when it came, for display; rules use the time of their transaction
	Client   netip.Addr // who asked: the right-most hop that is no trusted proxy
	Session  *Session   // nil: a visitor

	server    *Server
	route     *route
	form      *Form // read by Form
	hadCookie bool  // the browser sent a session cookie, valid or not
	issued    bool  // a once token was given out: the answer is for this browser only
}

// Session is who is signed in, as [Options.Session] found it for the cookie of this request.
type Session struct {
	engagement.Session
	Account engagement.Account // of the person, also when somebody else acts for them
	Actor   engagement.Actor
	Helper  engagement.Account // who acts for the person; zero: they do themselves
	Resting []engagement.Role  // staff roles of the account that need a second factor first
	Theme   string             // "light", "dark" or "": as the system says
	Unread  int                // notices not read yet
}

// owner is who has signed in, also while they act for somebody.
func (s *Session) owner() engagement.ID {
	if s.Helper.ID != "" {
		return s.Helper.ID
	}
	return s.Account.ID
}

// act makes the account act with the rights that its proofs are good for; alone says that staff may do without a second factor.
func (s *Session) act(actor engagement.Actor, alone bool) {
	s.Actor, s.Resting = actor, nil
	if !alone {
		s.Actor = s.Account.Trusted(actor)
	}
	if len(s.Actor.Roles) == 0 {
		s.Resting = actor.Roles
	}
}

// Actor is who acts: the signed-in person, or the zero Actor of a visitor.
func (r *Request) Actor() engagement.Actor {
	if r.Session == nil {
		return engagement.Actor{}
	}
	return r.Session.Actor
}

// proven says whether the person has proven who they are within the last minutes.
func (r *Request) proven() bool {
	return r.Session != nil && !r.Now.After(r.Session.Verified.Add(engagement.StepUpAge))
}

// update changes something for whoever sent the request. It is refused if their session has ended or their rights have changed since the
// request came: a right that was taken away is used by nobody after that.
func (r *Request) update(change func(*store.Tx) error) error {
	return r.server.store.Update(r.Context(), func(tx *store.Tx) error {
		if err := r.sameRights(tx); err != nil {
			return err
		}
		return change(tx)
	})
}

// updateThen changes something and goes to a page.
func (r *Request) updateThen(w *Response, to string, change func(*store.Tx) error) error {
	if err := r.update(change); err != nil {
		return err
	}
	return w.SeeOther(to)
}

func (r *Request) sameRights(tx *store.Tx) error {
	if r.Session == nil {
		return nil
	}
	now := Session{Session: engagement.Session{Hash: r.Session.Hash}}
	err := now.read(tx, r.server.options.StaffAlone)
	if err == nil && reflect.DeepEqual(now.Actor, r.Session.Actor) {
		return nil
	}
	if err == nil || errors.Is(err, engagement.ErrNotFound) || errors.Is(err, engagement.ErrGone) {
		return errRights
	}
	return err
}

// Var is a variable of the route's path, such as "id".
func (r *Request) Var(name string) string { return mux.Vars(r.Request)[name] }

// T is a sentence in the language of the request. Arguments are pairs.
func (r *Request) T(key string, args ...any) string {
	return r.server.words.T(r.Language.Lang, key, pairs(args))
}

// Page begins a page with the title of a locale key.
func (r *Request) Page(title string, args ...any) Page { return Page{Title: r.T(title, args...)} }

// Action makes a form that is only a button: a POST to path.
func (r *Request) Action(path, key string, args ...any) Action {
	return Action{Path: path, Key: key, Args: pairs(args), request: r}
}

// Absolute is the address of a path of this site in the language of the request, for mails and paper.
func (r *Request) Absolute(path string) string {
	return r.server.base.String() + r.Language.To(path)
}

// localPath says whether a browser that follows the path stays on this site.
func localPath(path string) bool {
	if len(path) < 1 || path[0] != '/' || len(path) > 2000 {
		return false
	}
	for _, c := range path {
		if c <= ' ' || c == '\\' || c == 0x7f {
			return false
		}
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return false
	}
	return plainPath(u.Path)
}

// plainPath says whether a decoded path is one that the router may see: no "//", no "..", no backslash.
func plainPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	segment := ""
	for i := 1; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' || c < ' ':
			return false
		case c == '/':
			if segment == "" || segment == "." || segment == ".." {
				return false
			}
			segment = ""
		default:
			segment += string(c)
		}
	}
	return segment != "." && segment != ".."
}
