//go:build browser

package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// One browser per test binary, one tab per test.
var browser = sync.OnceValues(func() (context.Context, error) {
	profile, err := os.MkdirTemp("", "chromedp-")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromiumPath()), chromedp.UserDataDir(profile), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless,
	}
	if os.Geteuid() == 0 { // containers: the sandbox does not run as root, and shared memory is small
		options = append(options, chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	}
	for _, flag := range []string{"disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	options = append(options, chromedp.Flag("lang", "de-DE"), chromedp.Flag("force-color-profile", "srgb"))
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	closeBrowser = func() {
		cancel()
		_ = os.RemoveAll(profile) // a leftover in the temporary folder harms nobody
	}
	return ctx, chromedp.Do(ctx)
})

var closeBrowser = func() {}

// Main runs the tests of a package and then closes the browser. A package with browser tests calls it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	closeBrowser()
	os.Exit(code)
}

func chromiumPath() string {
	if path := os.Getenv("SEESTERN_CHROMIUM"); path != "" {
		return path
	}
	return "/usr/bin/chromium"
}

// Tab is a page of Chromium that notes everything it asked for and everything that went wrong.
type Tab struct {
	Context context.Context
	t       testing.TB
	*notes
}

// notes are what happened in a tab.
type notes struct {
	mu       sync.Mutex
	requests []string
	bytes    float64
	problems []string
}

// Chromium opens a tab. Without a browser the test is skipped, or fails when SEESTERN_REQUIRE_BROWSER=1.
func Chromium(t testing.TB) *Tab {
	t.Helper()
	if _, err := os.Stat(chromiumPath()); err != nil {
		if os.Getenv("SEESTERN_REQUIRE_BROWSER") == "1" {
			t.Fatalf("no browser: %v", err)
		}
		t.Skipf("no browser at %s: set SEESTERN_CHROMIUM", chromiumPath())
	}
	parent, err := browser()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	ctx, cancel := chromedp.NewContext(parent)
	ctx, stop := context.WithTimeout(ctx, 3*time.Hour) // every page in every manner on a busy machine; not a measure of anything
	t.Cleanup(func() { stop(); cancel() })
	tab := &Tab{Context: ctx, t: t, notes: &notes{}}
	tab.must(chromedp.Do(ctx))
	tab.must(chromedp.Listen(ctx, tab.note))
	call(tab, network.Enable, network.EnableParams{})
	call(tab, network.ClearBrowserCookies, cdp.Empty{}) // the tests before this one were at the same host
	call(tab, audits.Enable, cdp.Empty{})
	call(tab, runtime.Enable, cdp.Empty{})
	return tab
}

func (tab *Tab) note(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.requests = append(tab.requests, e.Request.URL)
	case *network.EventLoadingFinished:
		tab.bytes += e.EncodedDataLength
	case *runtime.EventExceptionThrown:
		tab.problems = append(tab.problems, e.ExceptionDetails.Text)
	case *audits.EventIssueAdded:
		if strings.HasPrefix(string(e.Issue.Code), "ContentSecurityPolicy") {
			detail, _ := json.Marshal(e.Issue.Details) // only for the message
			tab.problems = append(tab.problems, string(e.Issue.Code)+" "+string(detail))
		}
	}
}

func (tab *Tab) must(err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatal(err)
	}
}

// call sends one command of the protocol.
func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	result, err := chromedp.Call(tab.Context, command, params)
	tab.must(err)
	return result
}

// For is the tab for a subtest, whose failures are then its own.
func (tab *Tab) For(t testing.TB) *Tab {
	other := *tab
	other.t = t
	return &other
}

// Look is how a page is looked at. The zero value is a wide window in light colors.
type Look struct {
	Width        int  // CSS pixels; 0: 1280
	Dark, Forced bool // dark colors; high contrast (forced colors)
	Reduced      bool // reduced motion
	Print        bool
	NoScript     bool
}

// As changes how the tab looks at pages, from now on.
func (tab *Tab) As(l Look) *Tab {
	tab.t.Helper()
	if l.Width == 0 {
		l.Width = 1280
	}
	tab.must(chromedp.Do(tab.Context, chromedp.EmulateViewport(int64(l.Width), 900)))
	scheme, forced, motion, media := "light", "none", "no-preference", ""
	if l.Dark {
		scheme = "dark"
	}
	if l.Forced {
		forced = "active"
	}
	if l.Reduced {
		motion = "reduce"
	}
	if l.Print {
		media = "print"
	}
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: forced}, {Name: "prefers-reduced-motion", Value: motion},
	}})
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoScript})
	return tab
}

// Slow makes the tab a cheap phone with an empty cache in a slow mobile network (slow 4G: 562 ms a request, 1.44 Mbit/s; a quarter of the
// processor).
func (tab *Tab) Slow() *Tab {
	tab.t.Helper()
	call(tab, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	call(tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: 562.5, DownloadThroughput: 180_000, UploadThroughput: 84_375}},
	})
	call(tab, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4})
	return tab
}

// Paint is when the largest thing of the page was painted, in seconds after it was asked for (LCP), and how far things moved (CLS).
func (tab *Tab) Paint() (largest, shift float64) {
	tab.t.Helper()
	tab.Until(`document.readyState === "complete" && document.fonts.status === "loaded"`)
	both := Eval[[]float64](tab, `new Promise(done => {
		let largest = 0, shift = 0;
		new PerformanceObserver(l => l.getEntries().forEach(e => largest = e.startTime / 1000)).observe({type: "largest-contentful-paint", buffered: true});
		new PerformanceObserver(l => l.getEntries().forEach(e => shift += e.value)).observe({type: "layout-shift", buffered: true});
		setTimeout(() => done([largest, shift]), 300);
	})`)
	return both[0], both[1]
}

// Open goes to an address and returns the status of the answer.
func (tab *Tab) Open(address string) int {
	tab.t.Helper()
	answer, err := chromedp.RunResponse(tab.Context, chromedp.Navigate(address))
	tab.must(err)
	return int(answer.Status)
}

// SetCookie plants a cookie for a site; an empty value removes it.
func (tab *Tab) SetCookie(base, name, value string) {
	tab.t.Helper()
	if value == "" {
		call(tab, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: base})
		return
	}
	call(tab, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: base})
}

// Become gives the tab the sign-in of somebody.
func (tab *Tab) Become(who *Client) {
	tab.t.Helper()
	session := who.Cookies()[0]
	tab.SetCookie(who.Base, session.Name, session.Value)
}

// Fill answers a form by the names of its controls: boxes and radio buttons with that value are ticked, the rest gets it as text.
func (tab *Tab) Fill(values map[string]string) {
	tab.t.Helper()
	for name, value := range values {
		Eval[bool](tab, fmt.Sprintf(`((name, value) => {
			const tick = document.querySelector("[name='" + name + "'][value='" + value + "'][type]")
			if (tick && tick.type !== "hidden") tick.checked = true
			else document.querySelector("[name='" + name + "']").value = value
			return true
		})(%q, %q)`, name, value))
	}
}

// From makes the tab come from an address of its own, as far as a server that trusts this machine as a proxy can see.
func (tab *Tab) From(address string) *Tab {
	tab.t.Helper()
	call(tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"X-Forwarded-For": address}})
	return tab
}

// Cookies are the names of the cookies that would be sent to a site.
func (tab *Tab) Cookies(base string) []string {
	tab.t.Helper()
	var names []string
	for _, c := range call(tab, network.GetCookies, network.GetCookiesParams{URLs: []string{base}}).Cookies {
		names = append(names, c.Name)
	}
	return names
}

// Press clicks what leads to another page, and returns the status of the answer.
func (tab *Tab) Press(selector string) int {
	tab.t.Helper()
	answer, err := chromedp.RunResponse(tab.Context, chromedp.Click(selector))
	tab.must(err)
	return int(answer.Status)
}

// Key goes on with the Tab key until it is on what a selector finds, and types keys there.
func (tab *Tab) Key(selector, keys string) {
	tab.t.Helper()
	for range 250 {
		if Eval[bool](tab, `document.activeElement?.matches(`+strconv.Quote(selector)+`) ?? false`) {
			tab.Do(chromedp.KeyEvent(keys))
			return
		}
		tab.Do(chromedp.KeyEvent(kb.Tab))
	}
	tab.t.Fatalf("%s: no way with the keyboard to %s", Eval[string](tab, "location.pathname"), selector)
}

// KeyTo uses with the keyboard what leads to another page, and waits for it.
func (tab *Tab) KeyTo(selector string) {
	tab.t.Helper()
	Eval[bool](tab, `window.left = true`)
	tab.Key(selector, kb.Enter)
	tab.Until(`!window.left && document.readyState === "complete"`)
}

// Type types into a field.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.must(chromedp.Do(tab.Context, chromedp.SendKeys(selector, text)))
}

// Do runs actions of chromedp.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	tab.must(chromedp.Do(tab.Context, actions...))
}

// Eval is the value of an expression in the page; promises are awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	value, err := chromedp.Run(tab.Context, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	tab.must(err)
	return value
}

// Until waits until an expression is true, at most ten seconds, also over loading another page.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	end := time.Now().Add(10 * time.Second)
	for {
		ok, err := chromedp.Run(tab.Context, chromedp.Evaluate[bool](`(() => { try { return !!(`+expression+`) } catch { return false } })()`))
		switch {
		case err == nil && ok:
			return
		case time.Now().After(end):
			tab.t.Fatalf("never became true: %s (%v)", expression, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Screenshot keeps the whole page as PNG under the name in the folder SEESTERN_SCREENSHOTS, if that is set.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	if dir := os.Getenv("SEESTERN_SCREENSHOTS"); dir != "" {
		tab.must(os.MkdirAll(dir, 0o755))
		tab.must(os.WriteFile(filepath.Join(dir, name+".png"), tab.Picture(100), 0o644))
	}
}

// Picture is the whole page: as PNG with quality 100, as JPEG with less.
func (tab *Tab) Picture(quality int) []byte {
	tab.t.Helper()
	picture, err := chromedp.Run(tab.Context, chromedp.FullScreenshot(quality))
	tab.must(err)
	return picture
}

// Shot is a picture of one element as PNG.
func (tab *Tab) Shot(selector string) []byte {
	tab.t.Helper()
	png, err := chromedp.Run(tab.Context, chromedp.Screenshot(selector))
	tab.must(err)
	return png
}

// PDF prints the page on A4.
func (tab *Tab) PDF() []byte {
	tab.t.Helper()
	pdf, err := chromedp.Run(tab.Context, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize()))
	tab.must(err)
	return pdf
}

// Requests are the addresses that were asked for since the tab was opened.
func (tab *Tab) Requests() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string{}, tab.requests...)
}

// Bytes are all that came over the wire since the tab was opened.
func (tab *Tab) Bytes() int {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return int(tab.bytes)
}

// Problems are uncaught exceptions and violations of the page policy since the tab was opened.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string{}, tab.problems...)
}

// Violation is what axe found: the rule, what it asks for, and where.
type Violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe checks the page with axe-core of the frontend's development packages. Evaluation through the protocol is not stopped by
// the page policy.
func (tab *Tab) Axe() []Violation {
	tab.t.Helper()
	found, _ := tab.AxeAndDoubts()
	return found
}

// AxeAndDoubts also returns what axe cannot decide, each kind once: the rule, why, and the element without what differs from page
// to page, as "color-contrast bgOverlap .s-hit a".
func (tab *Tab) AxeAndDoubts() (found []Violation, doubts []string) {
	tab.t.Helper()
	source, err := os.ReadFile(filepath.Join(moduleRoot(tab.t), "web", "frontend", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("SEESTERN_REQUIRE_BROWSER") == "1" {
			tab.t.Fatalf("axe-core missing: run make assets: %v", err)
		}
		tab.t.Skip("axe-core missing: run make assets")
	}
	tab.must(chromedp.Do(tab.Context, chromedp.Evaluate[chromedp.Void](string(source)+";0")))
	result := Eval[string](tab, `axe.run(document,{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r=>JSON.stringify({
		found: r.violations,
		doubts: [...new Set(r.incomplete.flatMap(rule => rule.nodes.map(node => {
			const why = [...node.any, ...node.all, ...node.none].map(check => check.data?.messageKey ?? check.id)[0];
			const e = document.querySelector(node.target[0]);
			const within = e.classList.length ? "" : [...e.closest("[class]").classList].map(name => "." + name).join("") + " ";
			return rule.id + " " + why + " " + within + e.localName + [...e.classList].map(name => "." + name).join("");
		})))],
	}))`)
	var both struct {
		Found  []Violation
		Doubts []string
	}
	tab.must(json.Unmarshal([]byte(result), &both))
	return both.Found, both.Doubts
}

// moduleRoot is the folder with go.mod above the test.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
}
