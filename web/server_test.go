package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/web"
	"seestern/web/webtest"
)

func TestALanguageHasItsPrefix(t *testing.T) {
	s := start(t)
	for path, want := range map[string]string{"/angebote": "Angebote finden", "/en/angebote": "Find opportunities", "/ls/angebote": "Angebote finden", "/en": "Read to children"} {
		t.Run(path, func(t *testing.T) {
			page := s.Get(path).Want(200)
			if got := page.Text("h1"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("the switch keeps path and query", func(t *testing.T) {
		page := s.Get("/en/angebote?q=a+b")
		if got, want := webtest.Attr(page.One(".s-tools a[hreflang=de]"), "href"), "/angebote?q=a+b"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := webtest.Attr(page.One(`link[hreflang=x-default]`), "href"), s.Base+"/angebote?q=a+b"; got != want {
			t.Errorf("x-default: got %q, want %q", got, want)
		}
	})
	t.Run("links stay in the language", func(t *testing.T) {
		if got, want := webtest.Attr(s.Get("/ls/angebote").One(`.s-nav a[aria-current]`), "href"), "/ls/angebote"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("simple language is German to a screen reader", func(t *testing.T) {
		page := s.Get("/ls/angebote")
		if page.Has("html[lang=de]") != true || !page.Has(".s-tools a[hreflang=en]") {
			t.Error("wrong lang or no switch")
		}
	})
}

// WEB-19, the path
func TestThePathOfAPage(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		says, path string
		status     int
		location   string
	}{
		{"loses its last slash", "/angebote/", 301, "/angebote"},
		{"keeps language and query on the way", "/en/angebote/?q=1", 301, "/en/angebote?q=1"},
		{"loses the slash of a bare prefix", "/en/", 301, "/en"},
		{"does not lead to another host", "//evil.test/", 404, ""},
		{"does not lead to another host, encoded", "/%2Fevil.test/", 404, ""},
		{"has no backslash", "/%5Cevil.test", 404, ""},
		{"has no backslash on the way to a better one", "/%5Cevil.test/", 404, ""},
		{"has no parent", "/angebote/../hilfe", 404, ""},
		{"is lower case", "/Angebote", 404, ""},
		{"matches a public code", "/angebote/7k3m9p2x-kindern-vorlesen", 200, ""},
		{"refuses what is no code", "/angebote/7k3m9p1l-vorlesen", 404, ""},
		{"is no prefix of another word", "/english", 404, ""},
	} {
		t.Run(test.says, func(t *testing.T) {
			resp := s.raw(t, "GET", test.path, nil, nil)
			if resp.StatusCode != test.status || resp.Header.Get("Location") != test.location {
				t.Errorf("%s: got %d to %q, want %d to %q", test.path, resp.StatusCode, resp.Header.Get("Location"), test.status, test.location)
			}
		})
	}
}

// raw sends a request exactly as given and does not follow.
func (s *site) raw(t *testing.T, method, path string, header http.Header, body io.Reader) *http.Response {
	t.Helper()
	base, err := url.Parse(s.Base)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.Base, body)
	if err != nil {
		t.Fatal(err)
	}
	opaque, query, _ := strings.Cut(path, "?")
	req.URL = &url.URL{Scheme: "http", Host: base.Host, Opaque: "//" + base.Host + opaque, RawQuery: query}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, _ := s.Raw(req)
	return resp
}

// INP-13, methods
func TestMethods(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"HEAD", "/angebote", 200, ""},
		{"DELETE", "/angebote", 405, "GET, HEAD"},
		{"POST", "/angebote", 405, "GET, HEAD"},
		{"GET", "/abmelden", 405, "POST"},
		{"PUT", "/muster/frage", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/muster/frage", 405, "GET, HEAD, POST"},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			resp := s.raw(t, test.method, test.path, nil, nil)
			if resp.StatusCode != test.status || resp.Header.Get("Allow") != test.allow {
				t.Errorf("got %d, Allow %q, want %d, %q", resp.StatusCode, resp.Header.Get("Allow"), test.status, test.allow)
			}
		})
	}
	t.Run("HEAD has the headers of GET and no body", func(t *testing.T) {
		plain := http.Header{"Accept-Encoding": {"identity"}}
		get, head := s.raw(t, "GET", "/angebote", plain, nil), s.raw(t, "HEAD", "/angebote", plain, nil)
		if get.Header.Get("ETag") == "" || get.Header.Get("ETag") != head.Header.Get("ETag") || head.ContentLength != get.ContentLength {
			t.Errorf("GET %q %d, HEAD %q %d", get.Header.Get("ETag"), get.ContentLength, head.Header.Get("ETag"), head.ContentLength)
		}
	})
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types seestern default",
		"X-Content-Type-Options":       "nosniff",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), interest-cohort=(), browsing-topics=()",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
		"Server":                       "",
		"X-Powered-By":                 "",
		"Access-Control-Allow-Origin":  "",
	}
	s := start(t)
	paths := []string{"/", "/angebote", "/nix", "/angebote/", "/muster/fehler/panic", "/meine", "/anfrage/abc", "/robots.txt", "/stil/nix.css", "//x"}
	for _, link := range s.Get("/").Find("link[rel=stylesheet]") {
		paths = append(paths, webtest.Attr(link, "href"))
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			resp := s.raw(t, "GET", path, http.Header{"Origin": {"https://evil.test"}}, nil)
			for name, value := range want {
				if got := resp.Header.Get(name); got != value {
					t.Errorf("%s: got %q, want %q", name, got, value)
				}
			}
			if resp.Header.Get("Referrer-Policy") == "" || resp.Header.Get("Cache-Control") == "" {
				t.Errorf("Referrer-Policy %q, Cache-Control %q", resp.Header.Get("Referrer-Policy"), resp.Header.Get("Cache-Control"))
			}
		})
	}
	t.Run("over https transport security and upgrade are added", func(t *testing.T) {
		h := headersOver(t, "https://seestern.example")
		if !strings.HasSuffix(h.Get("Content-Security-Policy"), "; upgrade-insecure-requests") || h.Get("Strict-Transport-Security") != "max-age=63072000; includeSubDomains" {
			t.Errorf("got %q and %q", h.Get("Content-Security-Policy"), h.Get("Strict-Transport-Security"))
		}
	})
}

// headersOver are those of the home page of a site with another base URL.
func headersOver(t *testing.T, base string) http.Header {
	t.Helper()
	var do web.SampleDo
	server, err := web.SampleSite(web.Options{Base: base, Secret: make([]byte, 32), Instance: func(context.Context) (engagement.Instance, error) { return engagement.Instance{}, nil }}, &do)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest("GET", base+"/", nil))
	return w.Result().Header
}

func TestCaching(t *testing.T) {
	s := start(t)
	signedIn := s.Another()
	s.signIn(signedIn, "token-1", engagement.Actor{Account: "account-1"})
	stranger := s.Another()
	stranger.SetCookie(sessionCookie(stranger, "of nobody"))
	for _, test := range []struct {
		says, path string
		client     *webtest.Client
		want       string
		referrer   string
		robots     string
	}{
		{"a public page may be kept for a minute", "/angebote", s.Client, "public, max-age=60", "same-origin", ""},
		{"a page with a form that acts may not", "/muster/frage", s.Client, "private, no-store", "same-origin", ""},
		{"a public page for a signed-in person may not", "/angebote", signedIn, "private, no-store", "same-origin", ""},
		{"a public page for a browser with any cookie may not", "/angebote", stranger, "private, no-store", "same-origin", ""},
		{"a private page may not", "/meine", signedIn, "private, no-store", "same-origin", ""},
		{"a token page may not, and tells nobody where it is", "/anfrage/abc", s.Client, "private, no-store", "same-origin", "noindex, nofollow"},
		{"an error may not", "/nix", s.Client, "no-store", "same-origin", ""},
		{"a redirect to the sign-in may not", "/meine", s.Client, "private, no-store", "same-origin", ""},
	} {
		t.Run(test.says, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), "GET", s.Base+test.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, _ := test.client.Raw(req)
			if got := resp.Header.Get("Cache-Control"); got != test.want {
				t.Errorf("Cache-Control %q, want %q", got, test.want)
			}
			if got := resp.Header.Get("Referrer-Policy"); got != test.referrer {
				t.Errorf("Referrer-Policy %q, want %q", got, test.referrer)
			}
			if got := resp.Header.Get("X-Robots-Tag"); got != test.robots {
				t.Errorf("X-Robots-Tag %q, want %q", got, test.robots)
			}
			if vary := resp.Header.Get("Vary"); !strings.Contains(vary, "Cookie") {
				t.Errorf("Vary %q", vary)
			}
		})
	}
	t.Run("a public page that has not changed is not sent again", func(t *testing.T) {
		etag := s.raw(t, "GET", "/angebote", nil, nil).Header.Get("ETag")
		resp := s.raw(t, "GET", "/angebote", http.Header{"If-None-Match": {`"other", ` + etag}}, nil)
		if resp.StatusCode != http.StatusNotModified || resp.ContentLength > 0 {
			t.Errorf("got %d with %d bytes", resp.StatusCode, resp.ContentLength)
		}
		if resp := s.raw(t, "GET", "/angebote?q=x", http.Header{"If-None-Match": {etag}}, nil); resp.StatusCode != 200 {
			t.Errorf("another page: got %d", resp.StatusCode)
		}
	})
}

func TestCompression(t *testing.T) {
	s := start(t)
	for accept, want := range map[string]string{"gzip, br": "gzip", "gzip;q=0": "", "br": ""} {
		resp := s.raw(t, "GET", "/angebote", http.Header{"Accept-Encoding": {accept}}, nil)
		if got := resp.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", accept, got, want)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.Base+"/angebote", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	_, body := s.Raw(req)
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !strings.Contains(string(text), "</html>") {
		t.Errorf("body is not the zipped page: %v", err)
	}
}

// WEB-20
func TestTheHostMustBeTheSitesOwn(t *testing.T) {
	s := start(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.Base+"/angebote", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.test"
	if resp, _ := s.Raw(req); resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("got %d, want 421", resp.StatusCode)
	}
	page := s.Client.Header("X-Forwarded-Host", "evil.test").Get("/angebote").Want(200)
	if strings.Contains(page.Body, "evil.test") {
		t.Error("X-Forwarded-Host is in the page")
	}
}

func TestErrorsHaveTheirAnswers(t *testing.T) {
	s := start(t)
	for name, status := range map[string]int{
		"notfound": 404, "forbidden": 403, "conflict": 409, "stale": 409, "gone": 410, "toomany": 429, "invalid": 422, "bad": 400, "large": 413, "timeout": 503, "busy": 503, "full": 503, "panic": 500,
	} {
		t.Run(name, func(t *testing.T) {
			page := s.Get("/en/muster/fehler/" + name).Want(status)
			if problems := page.Problems(); len(problems) > 0 {
				t.Error(problems)
			}
			if page.Text("h1") == "" || strings.Contains(page.Text("main"), "status.") || strings.Contains(page.Body, "a secret of somebody") || strings.Contains(page.Text("main"), "{n}") {
				t.Errorf("main says %q", page.Text("main"))
			}
			if got := page.Has(`main a[href="/en/muster/fehler/` + name + `"]`); got != (status == http.StatusConflict) {
				t.Errorf("a link to the page as it is now: %v", got)
			}
			if got, want := page.Header.Get("Retry-After"), map[int]string{429: "3600", 503: "60"}[status]; got != want {
				t.Errorf("Retry-After %q, want %q", got, want)
			}
			if !page.Has("meta[name=robots]") {
				t.Error("search engines may index it")
			}
		})
	}
	t.Run("every sentinel of the rules is in the table", func(t *testing.T) {
		for _, name := range sentinels(t) {
			if _, known := sentinelValues[name]; !known {
				t.Errorf("engagement.%s is not in this test", name)
			}
		}
		for name, err := range sentinelValues {
			if status := web.AnswerTo(err); status == 500 {
				t.Errorf("engagement.%s is answered by 500", name)
			}
		}
	})
}

var sentinelValues = map[string]error{
	"ErrNotFound": engagement.ErrNotFound, "ErrForbidden": engagement.ErrForbidden, "ErrConflict": engagement.ErrConflict, "ErrGone": engagement.ErrGone,
	"ErrTooMany": engagement.ErrTooMany, "ErrStale": engagement.ErrStale, "Invalid": &engagement.Invalid{Field: "a", Key: "error.name.empty"},
}

// sentinels are the names Err… that engagement exports.
func sentinels(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../engagement/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, n := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(n.Name, "Err") {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	if len(names) < 5 {
		t.Fatalf("found only %q", names)
	}
	return names
}

func TestErrorPagesNeedNoDatabase(t *testing.T) {
	s := start(t)
	s.Get("/angebote").Want(200)
	s.failing = errors.New("database is gone")
	page := s.Get("/angebote").Want(500)
	if page.Text("h1") != "Da ist bei uns etwas schiefgegangen" || !strings.Contains(page.Text("header"), "Mitmachen in Treptow-Köpenick") {
		t.Errorf("got %q under %q", page.Text("h1"), page.Text("header"))
	}
	if strings.Contains(page.Body, "database") {
		t.Error("the page tells about the database")
	}
}

// logs collects what the program writes.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTheLogHoldsNoPersonalData(t *testing.T) {
	var out logs
	s := start(t, func(o *web.Options) {
		o.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.signIn(s.Client, "canary-cookie", engagement.Actor{Account: "account-1"})
	s.Client.Header("X-Forwarded-For", "203.0.113.77").Header("User-Agent", "canary-agent").Header("Referer", s.Base+"/canary-referer")
	s.Get("/angebote?q=canary-query")
	s.Get("/anfrage/canary-token")
	s.Get("/canary-path")
	s.Get("/muster/frage").Form("main form").Set("name", "canary-name").Submit()
	page := s.Get("/muster/fehler/panic")
	got := out.String()
	for _, canary := range []string{"canary", "203.0.113.77", "token-1"} {
		if strings.Contains(got, canary) {
			t.Errorf("the log holds %q:\n%s", canary, got)
		}
	}
	for _, want := range []string{`"route":"/anfrage/{token}"`, `"status":404`, `"msg":"page failed"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %s:\n%s", want, got)
		}
	}
	_, reference, _ := strings.Cut(page.Text(".s-muted"), ": ")
	if reference == "" || strings.Count(got, `"request":"`+reference+`"`) != 2 {
		t.Errorf("the reference %q of the error page is not in the log:\n%s", reference, got)
	}
}

// WEB-21
func TestTheClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		says, peer string
		forwarded  []string
		want       string
	}{
		{"is the peer when that is no proxy", "198.51.100.1:4000", []string{"1.2.3.4"}, "198.51.100.1"},
		{"is what the proxy says", "10.0.0.1:4000", []string{"1.2.3.4"}, "1.2.3.4"},
		{"is the right-most hop that is no proxy", "10.0.0.1:4000", []string{"6.6.6.6, 1.2.3.4, 10.0.0.9"}, "1.2.3.4"},
		{"comes from several lines, too", "10.0.0.1:4000", []string{"6.6.6.6", "1.2.3.4, 10.0.0.9"}, "1.2.3.4"},
		{"may have a port", "10.0.0.1:4000", []string{"[2001:db8::7]:99"}, "2001:db8::7"},
		{"is the proxy when it says nonsense", "10.0.0.1:4000", []string{"garbage"}, "10.0.0.1"},
		{"is the proxy when it says nothing", "[fd00::1]:4000", nil, "fd00::1"},
		{"is the last hop when all are proxies", "10.0.0.1:4000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
	} {
		t.Run(test.says, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = test.peer
			r.Header["X-Forwarded-For"] = test.forwarded
			r.Header.Set("Forwarded", "for=9.9.9.9")
			if got := web.ClientAddress(r, proxies).String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	statuses := func(s *site, n int, get func() *webtest.Page) (ok int) {
		for range n {
			if get().Status != http.StatusTooManyRequests {
				ok++
			}
		}
		return ok
	}
	from := func(s *site, address string) *webtest.Client { return s.Another().Header("X-Forwarded-For", address) }
	t.Run("searches of one address end after the burst and go on later", func(t *testing.T) {
		s := start(t)
		c := from(s, "198.51.100.1")
		if got := statuses(s, 70, func() *webtest.Page { return c.Get("/angebote") }); got != 60 {
			t.Errorf("%d searches, want 60", got)
		}
		page := c.Get("/angebote").Want(429)
		if page.Header.Get("Retry-After") != "60" || !strings.Contains(page.Text("main"), "Bitte warten Sie eine Minute") {
			t.Errorf("Retry-After %q, main %q", page.Header.Get("Retry-After"), page.Text("main"))
		}
		c.Get("/hilfe").Want(200)
		s.now = s.now.Add(2 * time.Second)
		c.Get("/angebote").Want(200)
	})
	t.Run("RES-20 no spelling of the path has a budget of its own", func(t *testing.T) {
		s := start(t)
		c := from(s, "198.51.100.1")
		paths := []string{"/angebote", "/en/angebote", "/ls/angebote?q=1", "/angebote?q=2", "/%61ngebote", "/angebote/"}
		i := 0
		if got := statuses(s, 80, func() *webtest.Page {
			i++
			return c.Header("User-Agent", fmt.Sprint("browser ", i)).Get(paths[i%len(paths)])
		}); got != 60 {
			t.Errorf("%d searches, want 60", got)
		}
	})
	t.Run("RES-20 what is no spelling of a page has one budget together", func(t *testing.T) {
		s := start(t)
		c := from(s, "198.51.100.1")
		paths := []string{"/Angebote", "/angebote;x", "/angebote/%2e", "/./angebote", "/ANGEBOTE", "/nix"}
		i := 0
		if got := statuses(s, 130, func() *webtest.Page { i++; return c.Get(paths[i%len(paths)]) }); got != 120 {
			t.Errorf("%d requests, want 120", got)
		}
	})
	t.Run("CON-10 a limit holds however many come at once", func(t *testing.T) {
		for range 500 {
			taken, wait := web.TakenAtOnce(100, 10, time.Now())
			if taken != 10 {
				t.Fatalf("%d of 100 were let through, want 10", taken)
			}
			if wait != 6*time.Minute {
				t.Fatalf("the next has to wait for %s, want 6m0s: those that were refused cost something", wait)
			}
		}
	})
	t.Run("RES-20 a network of IPv6 counts as one, another does not", func(t *testing.T) {
		s := start(t)
		a, b, other := from(s, "2001:db8::1"), from(s, "2001:db8::ffff:2"), from(s, "2001:db8:0:1::1")
		statuses(s, 40, func() *webtest.Page { return a.Get("/angebote") })
		if got := statuses(s, 40, func() *webtest.Page { return b.Get("/angebote") }); got != 20 {
			t.Errorf("%d searches of the same network, want 20", got)
		}
		other.Get("/angebote").Want(200)
	})
	t.Run("signed-in people may look as often as they like", func(t *testing.T) {
		s := start(t)
		s.signIn(s.Client, "token-1", engagement.Actor{Account: "account-1"})
		if got := statuses(s, 130, func() *webtest.Page { return s.Get("/angebote") }); got != 130 {
			t.Errorf("%d, want 130", got)
		}
	})
	t.Run("a rare form counts when it is sent, for signed-in people, too", func(t *testing.T) {
		s := start(t)
		s.signIn(s.Client, "token-1", engagement.Actor{Account: "account-1"})
		if got := statuses(s, 10, func() *webtest.Page { return s.Get("/muster/selten") }); got != 10 {
			t.Errorf("looked %d times, want 10", got)
		}
		form := s.Get("/muster/selten").Form("main form")
		if got := statuses(s, 7, form.Submit); got != 5 {
			t.Errorf("sent %d times, want 5", got)
		}
	})
}

func TestPagesForOthersAreShut(t *testing.T) {
	s := start(t)
	volunteer, admin := s.Another(), s.Another()
	s.signIn(volunteer, "token-1", engagement.Actor{Account: "account-1"})
	s.signIn(admin, "token-2", engagement.Actor{Account: "account-2", Roles: []engagement.Role{engagement.Admin}})
	t.Run("a visitor is sent to the sign-in and back", func(t *testing.T) {
		page := s.Get("/en/meine?x=1")
		if want := []string{"/en/anmelden?weiter=%2Fmeine%3Fx%3D1"}; !slices.Equal(page.Hops, want) {
			t.Errorf("got %q, want %q", page.Hops, want)
		}
	})
	t.Run("a signed-in person sees the own area", func(t *testing.T) {
		page := volunteer.Get("/meine").Want(200)
		if !slices.Contains(page.Texts(".s-tools a"), "Mein Bereich") || slices.Contains(page.Texts(".s-tools a"), "Verwaltung") || slices.Contains(page.Texts(".s-tools a"), "Anmelden") {
			t.Errorf("tools: %q", page.Texts(".s-tools a"))
		}
	})
	t.Run("a staff page refuses others and takes the role", func(t *testing.T) {
		volunteer.Get("/verwaltung").Want(403)
		page := admin.Get("/verwaltung").Want(200)
		if !slices.Contains(page.Texts(".s-tools a"), "Verwaltung") {
			t.Errorf("tools: %q", page.Texts(".s-tools a"))
		}
	})
	t.Run("an unknown cookie is a visitor", func(t *testing.T) {
		c := s.Another()
		c.SetCookie(sessionCookie(c, "nobody"))
		if page := c.Get("/meine"); len(page.Hops) != 1 {
			t.Errorf("hops %q, status %d", page.Hops, page.Status)
		}
	})
}

func TestLinksOfTheFrameLeadToPagesThatExist(t *testing.T) {
	s := start(t)
	page := s.Get("/")
	if got, want := page.Texts(".s-nav a"), []string{"Angebote finden", "Hilfe"}; !slices.Equal(got, want) {
		t.Errorf("navigation %q, want %q", got, want)
	}
	if got, want := page.Texts(".s-footer section li"), []string{"Telefon: +49 30 23125 000", "E-Mail: hallo@seestern.example", "Hilfe", "Impressum"}; !slices.Equal(got, want) {
		t.Errorf("footer %q, want %q", got, want)
	}
}

func TestSmallFiles(t *testing.T) {
	s := start(t)
	if page := s.Get("/robots.txt").Want(200); !strings.Contains(page.Body, "Disallow: /meine") {
		t.Errorf("robots.txt: %q", page.Body)
	}
	page := s.Get("/.well-known/security.txt").Want(200)
	for _, want := range []string{"Contact: mailto:hallo@seestern.example\n", "Expires: 2027-05-25T10:00:00Z\n", "Canonical: " + s.Base} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("security.txt lacks %q: %q", want, page.Body)
		}
	}
}

func TestNoRouteHidesAnother(t *testing.T) {
	for _, problem := range web.HiddenRoutes() {
		t.Error(problem)
	}
}

func TestAScriptGetsOnlyThePartItAsksFor(t *testing.T) {
	s := start(t)
	s.Client.Header("Seestern-Part", "treffer")
	page := s.Get("/angebote").Want(200)
	if !strings.HasPrefix(strings.TrimSpace(page.Body), `<section id="treffer" data-message="3 Angebote im Umkreis von 5 km">`) || page.Has("footer") {
		t.Errorf("got %.80q", page.Body)
	}
	t.Run("but a whole page when something is wrong", func(t *testing.T) {
		if page := s.Get("/angebote?ort=Atlantis").Want(422); !page.Has("footer") {
			t.Error("only a part")
		}
	})
	for _, part := range []string{"main", "field", "layout.html", "nix", "MAIN"} {
		t.Run("and a whole page for "+part, func(t *testing.T) {
			s.Client.Header("Seestern-Part", part)
			if page := s.Get("/hilfe").Want(200); !page.Has("footer") {
				t.Error("only a part")
			}
		})
	}
}
