package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// Options are what the program hands to the pages.
type Options struct {
	Base    string         // "https://mitmachen.example": scheme and host, without a path
	Secret  []byte         // ≥ 32 random bytes of this instance, the same on all app nodes: signs forms, seals drafts
	Proxies []netip.Prefix // reverse proxies whose X-Forwarded-For counts
	Log     *slog.Logger
	Now     func() time.Time // time.Now if nil

	Store  *store.Store   // the memory
	Places *geo.Gazetteer // place names and postal codes
	// Instance, Session and Forms are the parts of the memory that the frame itself needs. New takes them from Store when they are nil.
	//
	// Instance is this instance as configured; asked for once per page.
	Instance func(context.Context) (engagement.Instance, error)
	// Session finds who is signed in by the SHA-256 of the cookie ([engagement.Hash]) and notes the use. ErrNotFound: nobody.
	// ErrGone with the Session: it has ended, but may still be named, so that what was typed in it is not lost.
	Session func(ctx context.Context, hash string) (Session, error)
	Forms   FormMemory
	Network Network // what needs other servers
	Mail    MailSetup
	// StaffAlone lets staff do without a second factor. Only for trying things out: never where somebody else could sign in.
	StaffAlone bool
	Tiles      string // folder for pictures of maps; empty: none are kept
}

// Network is what pages need other servers for. The program hands the functions in, because pages never talk to the network.
type Network struct {
	// Partner reads what another instance says about itself; address is a host or an https address.
	Partner func(ctx context.Context, address string) (engagement.Partner, error)
	// Account reads an account on another server, by "@name@host" or its address.
	Account func(ctx context.Context, address string) (engagement.Elsewhere, error)
	// Archive is everything public of an organization in one file (tar).
	Archive func(ctx context.Context, organization engagement.ID) ([]byte, error)
	// Picture retrieves a picture of at most 512 KiB from an address that an admin has set, and tells it nothing of who wants it.
	Picture func(ctx context.Context, address string) ([]byte, error)
	// Sign puts the signature of this instance on claims, which are JSON, as a JWT. Nil: this instance signs nothing for people.
	Sign func(ctx context.Context, claims []byte) ([]byte, error)
	// ID is the address by which other servers know a public thing of this instance, named by noun ([store.NounOpportunity] …) and id;
	// without a noun the instance itself. Wanted says whether a request for a page would rather have what stands there. Nil: nobody asks.
	ID     func(noun string, id engagement.ID) string
	Wanted func(*http.Request) bool
}

// wireID is [Network.ID] while this instance talks to others, else empty.
func (s *Server) wireID(noun string, id engagement.ID) string {
	if s.options.Network.ID == nil || !s.instance.Load().Federates() {
		return ""
	}
	return s.options.Network.ID(noun, id)
}

// Server serves the pages of one instance.
type Server struct {
	options      Options
	store        *store.Store
	places       *geo.Gazetteer
	base         *url.URL
	zone         *time.Location
	log          *slog.Logger
	words        Catalogue
	templates    *templates
	mailTemplate *template.Template

	exportTemplate *template.Template
	assets         *assets
	router         *router
	limits         *limits
	tiles          *tileCache
	kept           *pageCache
	origins        origins
	headers        map[string]string
	foreign        *http.CrossOriginProtection
	themeSheet     atomic.Pointer[styleSheet]          // as last made
	instance       atomic.Pointer[engagement.Instance] // as last read: error pages show it without a database
}

// Zone is the time zone in which days and clock times are shown.
const Zone = "Europe/Berlin"

// New reads words, templates and assets. What is wrong with them is an error at start, not on a page. Missing assets are
// only logged: pages work unstyled.
func New(o Options) (*Server, error) {
	return newServer(o, areas(), localeFiles, templateFiles, staticFiles)
}

func newServer(o Options, areas []area, locale, templates, static fs.FS) (*Server, error) {
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" || base.Path != "" && base.Path != "/" {
		return nil, fmt.Errorf("base URL %q is not scheme and host", o.Base)
	}
	base.Path = ""
	if len(o.Secret) < 32 {
		return nil, errors.New("the secret of the forms has fewer than 32 bytes")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Store != nil {
		m := memory{o.Store, o.StaffAlone}
		o.Instance, o.Session, o.Forms = m.instance, m.session, m
	}
	s := &Server{options: o, store: o.Store, places: o.Places, base: base, log: o.Log, router: newRouter(areas), limits: newLimits(), kept: newPageCache(), origins: newOrigins(o.Store), headers: securityHeaders(base), foreign: http.NewCrossOriginProtection()}
	s.tiles = newTileCache(o.Tiles, o.Now, s.askTile)
	s.instance.Store(&engagement.Instance{})
	if s.zone, err = time.LoadLocation(Zone); err != nil {
		return nil, err
	}
	if s.words, err = loadCatalogue(locale); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(static); errors.Is(err, ErrNoAssets) {
		s.log.Error(err.Error())
	} else if err != nil {
		return nil, err
	}
	if s.mailTemplate, err = loadMailTemplate(templates); err != nil {
		return nil, err
	}
	if s.exportTemplate, err = loadExportTemplate(templates); err != nil {
		return nil, err
	}
	if s.templates, err = loadTemplates(templates, areas, s.funcs); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP answers every request of the site that is not for the federation.
func (s *Server) ServeHTTP(out http.ResponseWriter, req *http.Request) {
	began := s.options.Now()
	w := &Response{server: s, header: out.Header()}
	r := &Request{Request: req, server: s, Language: Languages[0], ID: newReference(), Now: began}
	w.request = r
	defer s.kept.release(w)
	for name, value := range s.headers {
		out.Header().Set(name, value)
	}
	done := s.serveAsset(out, r) || s.store != nil && s.serveTheme(out, req)
	if !done {
		if err := s.recovered(w, r); err != nil {
			s.logFailure(r, err)
			w.fail(err)
		}
		w.cacheHeaders()
		w.send(out)
	}
	s.logAccess(w, r, s.options.Now().Sub(began))
}

// serveAsset answers GET of a file below /stil/.
func (s *Server) serveAsset(out http.ResponseWriter, r *Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, assetPrefix)
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return s.assets.serve(out, r.Request, name)
}

// recovered is answer, with a panic turned into an error.
func (s *Server) recovered(w *Response, r *Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = newPanic(p)
		}
	}()
	return s.answer(w, r)
}

// answer is the way of every request to its handler. The order matters: what costs little comes first, nothing of the
// request is believed before it was checked.
func (s *Server) answer(w *Response, r *Request) error {
	if r.Host != s.base.Host {
		return errHost
	}
	r.Language, r.Path = splitLang(r.URL.Path)
	if moved, to := withoutTrailingSlash(r.URL.Path, r.Path); moved {
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		return w.Moved(to)
	}
	r.Client = ClientAddress(r.Request, s.options.Proxies)
	r.route, r.Request = s.router.find(r.Request, r.Path)
	if r.forProgram() || r.route != nil && r.route.open {
		w.openHeaders()
	}
	ended, err := s.findSession(r)
	if err != nil {
		return err
	}
	if err := s.checkLimit(r); err != nil {
		if r.Method == http.MethodPost && s.foreign.Check(r.Request) == nil {
			_ = r.readForm() // what was typed stays in the page; if it cannot be read, there is nothing to keep
		}
		return err
	}
	if r.route == nil {
		return engagement.ErrNotFound
	}
	if s.kept.find(w, r) {
		return nil
	}
	if err := s.readInstance(r); err != nil {
		return err
	}
	if !s.instance.Load().Speaks(r.Language.Lang) {
		r.Language = Languages[0]
		return w.SeeOther(r.Path)
	}
	if r.rests() {
		return w.SeeOther(ownSecond + "?weiter=" + url.QueryEscape(r.Path))
	}
	switch {
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.route.get != nil:
		if err := r.allowed(); errors.Is(err, errSignIn) {
			return w.signInFirst(nil)
		} else if err != nil {
			return err
		}
		return r.route.get(s, w, r)
	case r.Method == http.MethodPost && r.route.post != nil:
		return s.answerPost(w, r, ended)
	case r.Method == http.MethodOptions && r.route.open:
		return w.preflight()
	}
	w.header.Set("Allow", r.route.methods())
	return errMethod
}

// answerPost takes a form: from this site, of readable size, with a once token, acted on at most once.
func (s *Server) answerPost(w *Response, r *Request, ended *Session) error {
	if err := s.foreign.Check(r.Request); err != nil {
		return errForeign
	}
	if err := r.readForm(); err != nil {
		return err
	}
	if err := r.allowed(); errors.Is(err, errSignIn) {
		return w.signInFirst(ended)
	} else if err != nil {
		return err
	}
	if r.route.fresh && !r.proven() {
		return w.signInAgain()
	}
	if s.store != nil && s.store.Tight() && !r.route.ends && !r.Actor().Staff() {
		return store.ErrFull
	}
	if r.route.bare {
		return r.route.post(s, w, r)
	}
	once := r.PostForm.Get("once")
	if !r.knowsOnce(once) {
		return errOldForm
	}
	key := engagement.Hash(once + " " + r.Path)
	if path, err := r.claim(key); err != nil || path != "" {
		if err != nil {
			return err
		}
		return w.SeeOther(path)
	}
	if err := s.answerClaimed(w, r, key); !errors.Is(err, errStepUp) {
		return err
	}
	return w.signInAgain()
}

// answerClaimed runs the handler and keeps where a successful answer led. If there was none, even by a panic, the form may be
// sent again.
func (s *Server) answerClaimed(w *Response, r *Request, key string) error {
	led := ""
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keepTimeout)
		defer cancel()
		if err := s.options.Forms.Keep(ctx, key, led); err != nil {
			s.log.Error("form answer not kept", "request", r.ID, "error", err)
		}
	}()
	if err := r.route.post(s, w, r); err != nil {
		return err
	}
	led = w.kept
	return nil
}

const keepTimeout = 5 * time.Second

func (r *Request) allowed() error {
	if r.Actor().Helper != "" && !r.route.forOthers(r.Actor(), r.Method) {
		return errHelping
	}
	if r.route.who == nil {
		return nil
	}
	return r.route.who(r.Actor())
}

// findSession reads the cookie. ended is the session it named when that is over.
func (s *Server) findSession(r *Request) (ended *Session, err error) {
	if r.route != nil && r.route.open {
		return nil, nil
	}
	cookie, err := r.Cookie(s.cookieName())
	if err != nil || cookie.Value == "" {
		return nil, nil
	}
	r.hadCookie = true
	found, err := s.options.Session(r.Context(), engagement.Hash(cookie.Value))
	switch {
	case errors.Is(err, engagement.ErrNotFound):
		return nil, nil
	case errors.Is(err, engagement.ErrGone):
		return &found, nil
	case err != nil:
		return nil, fmt.Errorf("find session: %w", err)
	}
	r.Session = &found
	return nil, nil
}

// checkLimit counts the request. Pages of signed-in people are not limited, their sign-ins and rare forms are.
func (s *Server) checkLimit(r *Request) error {
	of := anonymousPages
	if r.route != nil && r.route.limit.name != "" {
		of = r.route.limit
		if of.all && r.Method != http.MethodPost {
			of = anonymousPages // looking at the form is not using it
		}
	}
	if r.Session != nil && !of.all {
		return nil
	}
	return s.limits.take(of, r.Client, r.Now)
}

// rests says whether the page is for a role that the person has, but not before they have a second factor.
func (r *Request) rests() bool {
	if r.Session == nil || len(r.Session.Resting) == 0 {
		return false
	}
	if r.route.who == nil { // the set-up finds out itself who it is for
		return strings.HasPrefix(r.route.path, setupPath) && slices.Contains(r.Session.Resting, engagement.Admin)
	}
	with := r.Session.Actor
	with.Roles = r.Session.Resting
	return r.route.who(with) == nil && r.allowed() != nil
}

// needsSecond says whether the account has a role for which its second factor must stay on.
func (s *Server) needsSecond(a engagement.Account) bool {
	return len(a.Roles) > 0 && !s.options.StaffAlone
}

func (s *Server) readInstance(r *Request) error {
	i, err := s.options.Instance(r.Context())
	if err != nil {
		return fmt.Errorf("read instance: %w", err)
	}
	s.instance.Store(&i)
	return nil
}
