package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

// fresh gives a browser the next address, and so a budget that nobody has used.
func (h *house) fresh(c *webtest.Client) *webtest.Client {
	h.browsers++
	return c.Header("X-Forwarded-For", fmt.Sprintf("2001:db8:%x:%x::1", h.browsers>>16, h.browsers&0xffff))
}

// sending is a form of a page, and whose browser shows it.
type sending struct {
	*webtest.Form
	who      *webtest.Client
	to, path string // address and path that it is sent to
}

// everyForm are the forms of pages that change something, each once for everybody to whom it is shown.
func (h *house) everyForm(looks []look) (all []sending) {
	h.t.Helper()
	seen, nobody := map[string]bool{}, h.visitor()
	for _, l := range looks {
		who := l.who
		if who == nil {
			who = h.fresh(nobody)
		}
		for _, f := range who.Get(l.path).Want(200).Forms("form[method=post]") {
			at, err := url.Parse(f.Action())
			if err != nil {
				h.t.Fatal(err)
			}
			if key := fmt.Sprintf("%p %s", who, at.Path); !seen[key] {
				seen[key] = true
				all = append(all, sending{f, who, f.Action(), at.Path})
			}
		}
	}
	return all
}

// raw sends a form with exactly these headers, and does not follow.
func (s sending) raw(t *testing.T, values url.Values, header http.Header) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.to, strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header[name] = value
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, _ := s.who.Raw(req)
	return resp.StatusCode
}

// sameRows fails the test when the database is not as it was, but for the entries that somebody looked at data of others.
func sameRows(t *testing.T, before, after string) {
	t.Helper()
	lines := func(rows string) map[string]bool {
		all := map[string]bool{}
		for line := range strings.SplitSeq(rows, "\n") {
			all[line] = !strings.HasPrefix(line, "audit|")
		}
		return all
	}
	old, now := lines(before), lines(after)
	for line, counts := range now {
		if _, there := old[line]; counts && !there {
			t.Errorf("new row: %.300q", line)
		}
	}
	for line, counts := range old {
		if _, there := now[line]; counts && !there {
			t.Errorf("row is gone: %.300q", line)
		}
	}
}

// cookieHash is the hash of the session of a browser, "" of a visitor.
func cookieHash(c *webtest.Client) string {
	if cookies := c.Cookies(); len(cookies) > 0 {
		return engagement.Hash(cookies[0].Value)
	}
	return ""
}

// WEB-01: no form that another site sends, or that is not the one which the site gave to this browser today, does anything.
func TestNoRouteActsForAnotherSite(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		h := newHouseOn(t, config)
		forms, shown := h.everyForm(h.looks()), map[string]bool{}
		bare := map[string]bool{}
		for _, r := range web.Routes() {
			bare[r.Pattern] = r.Bare
		}
		before := storetest.Rows(t, config)
		ours, evil := []string{h.Base}, []string{"https://evil.test"}
		foreign := []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}, "Origin": evil}, {"Sec-Fetch-Site": {"same-site"}, "Origin": ours}, {"Origin": evil}, {"Origin": {"null"}},
		}
		own := []http.Header{{"Sec-Fetch-Site": {"same-origin"}, "Origin": ours}, {}}
		check := func(f sending, says string, values url.Values, header http.Header, want ...int) {
			t.Helper()
			h.fresh(f.who)
			if got := f.raw(t, values, header); !slices.Contains(want, got) {
				t.Errorf("%s, %s, %v: %d, want %d", f.path, says, header, got, want)
			}
		}
		for _, f := range forms {
			pattern := web.PatternOf(h.handler, f.path)
			shown[pattern] = true
			for _, header := range foreign {
				check(f, "of another site", f.Values, header, 403)
			}
			if bare[pattern] {
				continue
			}
			now, session := h.clock.Now(), cookieHash(f.who)
			for says, once := range map[string]string{
				"without token": "", "with an invented token": strings.Repeat("A", 43), "with the token of yesterday": web.Once(h.handler, f.path, session, now.Add(-26*time.Hour)),
				"with the token of another session": web.Once(h.handler, f.path, "x"+session, now), "with the token of another form": web.Once(h.handler, f.path+"/x", session, now),
			} {
				values := url.Values{}
				for name, all := range f.Values {
					values[name] = all
				}
				values.Set("once", once)
				for _, header := range own {
					check(f, says, values, header, 403)
				}
			}
		}
		for _, r := range web.Routes() { // also those of which the house shows no form
			if !r.Post || shown[r.Pattern] {
				continue
			}
			for _, who := range []*webtest.Client{h.visitor(), h.manager, h.admin, h.moderator, h.adviser} {
				f := sending{nil, who, h.Base + r.Path, r.Path}
				for _, header := range foreign {
					check(f, "of another site", url.Values{}, header, 403)
				}
				if !r.Bare {
					check(f, "without token", url.Values{}, own[0], 303, 403)
				}
			}
		}
		sameRows(t, before, storetest.Rows(t, config))
		if len(forms) < 250 || len(shown) < 100 {
			t.Errorf("only %d forms of %d routes were sent", len(forms), len(shown))
		}
		t.Logf("%d forms of %d routes", len(forms), len(shown))
	})
}

// WEB-02: whoever looks, and whatever they look at, changes nothing. What they have looked at is all that is noted.
func TestLookingChangesNothing(t *testing.T) {
	h, config := newHouseRows(t)
	looks := h.looks()
	readers := map[string]*webtest.Client{
		"a visitor": nil, "a volunteer": h.place(h.person("volunteer99")), "the manager": h.manager, "the adviser": h.adviser, "the moderator": h.moderator, "the admin": h.admin,
		"who acts for another person": h.helper("Kai"),
	}
	for _, l := range looks { // what is noted of the first look
		if l.who != nil {
			l.who.Get(l.path).Want(200)
		}
	}
	nobody := h.visitor()
	look := func(who *webtest.Client, method, path string) {
		if who == nil {
			who = h.fresh(nobody)
		}
		if got := who.Do(method, path, nil); got.Status >= 500 {
			t.Errorf("%s %s: %d", method, path, got.Status)
		}
	}
	before := storetest.Rows(t, config)
	for _, l := range looks {
		look(l.who, "GET", l.path)
		look(l.who, "HEAD", l.path)
	}
	sameRows(t, before, storetest.Rows(t, config))
	for name, who := range readers {
		t.Run(name, func(t *testing.T) {
			for _, l := range looks {
				look(who, "GET", l.path)
			}
			for _, r := range web.Routes() {
				if r.Get {
					look(who, "GET", r.Path)
				}
				look(who, "HEAD", r.Path)
			}
			sameRows(t, before, storetest.Rows(t, config))
		})
	}
}

func newHouseRows(t *testing.T) (*house, store.Config) {
	t.Helper()
	config := storetest.SQLite(t)
	return newHouseOn(t, config), config
}

// WEB-18: which roles a route lets in, to look at and to send a form to. The table is read by people; to write it anew after a look at every
// line, set SEESTERN_UPDATE=1. What of a single thing they may see is in access.txt ([TestPagesOfOthers]).
func TestWhomARouteLetsIn(t *testing.T) {
	h := newHouse(t)
	_, officer := h.officer("Bezirksamt Nord (Demo)", "officer1")
	readers := []struct {
		name string
		who  *webtest.Client
	}{
		{"visitor", h.visitor()},
		{"volunteer", h.person("volunteer99")},
		{"minor", h.person("minor1", withProfile(func(p *engagement.Profile) { p.AgeBand = "14-15" }))},
		{"helper", h.helper("Kai")},
		{"member", h.person("member99", memberOf(h.org, engagement.Member))},
		{"manager", h.manager},
		{"adviser", h.adviser},
		{"officer", officer},
		{"facilitator", h.person("facilitator1", withRole(engagement.Facilitator))},
		{"moderator", h.moderator},
		{"mediator", h.person("mediator1", withRole(engagement.Mediator))},
		{"admin", h.admin},
	}
	var table strings.Builder
	line := func(method, pattern string, answer func(*webtest.Client) string) {
		var order []string
		who := map[string][]string{}
		for _, r := range readers {
			a := answer(h.fresh(r.who))
			if who[a] == nil {
				order = append(order, a)
			}
			who[a] = append(who[a], r.name)
		}
		most := slices.MaxFunc(order, func(a, b string) int { return len(who[a]) - len(who[b]) })
		fmt.Fprintf(&table, "%s %s:", method, pathPattern.ReplaceAllString(pattern, "{$1}"))
		for _, a := range order {
			if a != most {
				fmt.Fprintf(&table, " %s %s,", a, strings.Join(who[a], " "))
			}
		}
		fmt.Fprintf(&table, " %s all the others\n", most)
	}
	for _, r := range web.Routes() {
		if r.Get {
			line("GET", r.Pattern, func(c *webtest.Client) string {
				page := c.Get(r.Path)
				if strings.HasPrefix(page.Path, "/anmelden?") && r.Path != "/anmelden" {
					return "sign-in"
				}
				return fmt.Sprint(page.Status)
			})
		}
		if r.Post {
			line("POST", r.Pattern, func(c *webtest.Client) string {
				page := c.Post(r.Path, url.Values{"once": {"x"}})
				switch {
				case strings.HasPrefix(page.Path, "/anmelden") && !strings.HasPrefix(r.Path, "/anmelden"):
					return "sign-in"
				case page.Status == 403 && strings.Contains(page.Text("main"), "lange offen"): // let in, had the form been one of today
					return "taken"
				}
				return fmt.Sprint(page.Status)
			})
		}
	}
	sameTable(t, "testdata/routes.txt", table.String())
}

// pathPattern is the shape that a variable of a path must have: for programs, not for readers of a table.
var pathPattern = regexp.MustCompile(`\{(\w+):(?:[^{}]|\{[^{}]*\})*\}`)

// sameTable compares a table with the one that people have read, or writes it anew.
func sameTable(t *testing.T, file, table string) {
	t.Helper()
	if os.Getenv("SEESTERN_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, got := strings.Split(string(text), "\n"), strings.Split(table, "\n")
	for _, l := range got {
		if !slices.Contains(want, l) {
			t.Errorf("not in %s: %s", file, l)
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			t.Errorf("only in %s: %s", file, l)
		}
	}
}

// WEB-13, WEB-15, WEB-16, WEB-28: every answer of the site says by what browsers protect it, no page can be framed, none has code in it, and
// nothing that belongs to one person is kept by a cache, whatever file the address pretends to be.
func TestEveryAnswerIsGuarded(t *testing.T) {
	h := newHouse(t)
	nobody := h.visitor()
	open := map[string]bool{}
	var all []look
	for _, r := range web.Routes() {
		open[r.Pattern] = r.Open
		all = append(all, look{r.Pattern, r.Path, nil}, look{r.Pattern, r.Path, h.admin})
	}
	for _, l := range h.looks() {
		all = append(all, l)
		if l.who != nil {
			for _, end := range []string{"/style.css", ";.js", "%2Fstyle.css", ".css", "/..%2Fstyle.css"} {
				all = append(all, look{l.name, l.path + end, l.who})
			}
		}
	}
	for _, path := range []string{"/nirgendwo", "/angebote/", "/%2Fevil.test", "//evil.test", "/angebote/%2Fevil.test", "/redirect?u=https://evil.test", "/stil/nix.css", "/stil/", "/bilder/nix", "/robots.txt", "/sitemap.xml", "/favicon.ico", "/api/v1/nix"} {
		all = append(all, look{path, path, nil}, look{path, path, h.manager})
	}
	for _, link := range h.Get("/").Find("link[rel=stylesheet], script[src], link[rel=icon]") {
		all = append(all, look{"asset", webtest.Attr(link, "href") + webtest.Attr(link, "src"), nil})
	}
	for _, l := range all {
		c := l.who
		if c == nil {
			c = h.fresh(nobody)
		}
		l.path = strings.TrimPrefix(l.path, h.Base)
		req, err := http.NewRequestWithContext(t.Context(), "GET", h.Base+l.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://evil.test")
		resp, body := c.Raw(req)
		pattern := web.PatternOf(h.handler, req.URL.Path)
		public := open[pattern] || strings.HasPrefix(l.path, "/api/")
		want := map[string]string{
			"Content-Security-Policy": web.Policy, "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), interest-cohort=(), browsing-topics=()",
			"Server":             "", "X-Powered-By": "", "Access-Control-Allow-Credentials": "", "Access-Control-Allow-Origin": "",
		}
		if pattern == "/einbetten/angebote" { // made to be framed: TestTheFrameForOtherWebSites
			continue
		}
		if public { // the same for everybody
			want["Access-Control-Allow-Origin"], want["Cross-Origin-Resource-Policy"] = "*", "cross-origin"
		}
		for name, value := range want {
			if got := resp.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", l.path, name, got, value)
			}
		}
		if resp.Header.Get("Referrer-Policy") == "" {
			t.Errorf("%s has no Referrer-Policy", l.path)
		}
		if to, err := url.Parse(resp.Header.Get("Location")); err != nil || to.Host != "" {
			t.Errorf("%s leads to %q", l.path, resp.Header.Get("Location"))
		}
		if l.who != nil && resp.StatusCode == 200 && !public && !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") && !strings.HasPrefix(l.path, "/stil/") {
			t.Errorf("%s may be kept: %q", l.path, resp.Header.Get("Cache-Control"))
		}
		if strings.Contains(body, "<html") {
			for _, p := range webtest.Parse(t, body).Problems() {
				if strings.Contains(p, "inline") {
					t.Errorf("%s: %s", l.path, p)
				}
			}
		}
	}
	if len(all) < 1000 {
		t.Errorf("only %d answers were looked at", len(all))
	}
}
