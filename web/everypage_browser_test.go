//go:build browser

package web_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"seestern/web/webtest"
)

// sight is one page of a site as one person sees it.
type sight struct {
	name, base, path string
	session          *http.Cookie // without a value: a visitor's
}

// sights are all pages: those behind a sign-in, a link or a flow, and those of a living site. A page that looks has is among them by itself.
func sights(t *testing.T) (all []sight) {
	t.Helper()
	s, h := realSite(t, withProxy).furnish(), newHouse(t)
	for name, path := range publicPages(s) {
		all = append(all, sight{name, s.Base, path, sessionCookie(s.Client, "")})
	}
	slices.SortFunc(all, func(a, b sight) int { return strings.Compare(a.name, b.name) })
	for _, l := range slices.Concat(h.looks(), h.openLooks()) {
		session := sessionCookie(h.Client, "")
		if l.who != nil {
			session = l.who.Cookies()[0]
		}
		all = append(all, sight{l.name, h.Base, strings.TrimPrefix(l.path, h.Base), session})
	}
	return all
}

// manner is one way to look at a page.
type manner struct {
	webtest.Look
	simple bool
}

func (m manner) String() string {
	var b strings.Builder
	fmt.Fprint(&b, m.Width)
	for _, part := range []struct {
		is   bool
		name string
	}{{m.Forced, "-forced"}, {m.Dark, "-dark"}, {m.simple, "-simple"}} {
		if part.is {
			b.WriteString(part.name)
		}
	}
	return b.String()
}

// everyManner: two widths, light and dark, the colors of the page and forced ones, normal and simple language.
func everyManner() (all []manner) {
	for i := range 16 {
		all = append(all, mannerOf(i))
	}
	return all
}

func mannerOf(bits int) manner {
	width := 1280
	if bits&1 != 0 {
		width = 390
	}
	return manner{webtest.Look{Width: width, Dark: bits&2 != 0, Forced: bits&8 != 0, Reduced: true}, bits&4 != 0}
}

var everyLook = os.Getenv("SEESTERN_EVERY_LOOK") != ""

// mannersOf are the ways in which the n-th page is looked at: with SEESTERN_EVERY_LOOK=1 all of them (`make gallery`), in every other run one,
// and for every third page another one with forced colors. Which width, colors and language it is differs from page to page.
func mannersOf(n int) []manner {
	switch {
	case everyLook:
		return everyManner()
	case n%3 == 0:
		return []manner{mannerOf(n % 8), mannerOf((n%8 ^ 5 ^ n>>3&1<<1) | 8)}
	}
	return []manner{mannerOf(n % 8)}
}

// open shows a page in a manner, in its own language if it has one in its address.
func (s sight) open(t *testing.T, tab *webtest.Tab, m manner) {
	t.Helper()
	path := s.path
	if own := strings.HasPrefix(path, "/ls/") || strings.HasPrefix(path, "/en/"); m.simple && !own {
		path = "/ls" + path
	}
	tab.SetCookie(s.base, s.session.Name, s.session.Value)
	want := map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[s.name == "missing"]
	if s.name == "search-error" {
		want = http.StatusUnprocessableEntity
	}
	if got := tab.As(m.Look).Open(s.base + path); got != want {
		t.Fatalf("%s: status %d, want %d", path, got, want)
	}
}

// TestEveryPage is for icons, A-03, A-04, A-06, A-07, A-12 and A-18 on every page, and A-09 but for the number of sheets. A page is
// opened once in a manner for all of them. With forced colors the rules, the focus and the widths are the same; there, what is asked in every
// run is whether icons can be seen.
func TestEveryPage(t *testing.T) {
	reviewed, rtl := readReviewed(t), manifest(t)["rtl.css"].File
	needAssets(t)
	all := sights(t)
	browser := webtest.Chromium(t)
	for n, s := range all {
		browser.From(fmt.Sprintf("2001:db8:0:%x::1", n)) // an address of its own: one visitor has a limit
		for _, m := range mannersOf(n) {
			t.Run(s.name+" "+m.String(), func(t *testing.T) {
				tab := browser.For(t)
				requests, problems := len(tab.Requests()), len(tab.Problems())
				s.open(t, tab, m)
				if !m.Forced || everyLook {
					followsTheRules(t, tab, reviewed)
				}
				if m.Forced {
					faint, _ := tab.FaintIcons()
					for _, icon := range faint {
						t.Errorf("nothing to be seen of the icon in %s", icon)
					}
				}
				tab.Screenshot(s.name + "-" + m.String())
				if !m.Forced && s.name != "slide" { // a slide has no controls, and is a sheet of its own size
					part := "main" // what is around it is the same on most pages
					if n%8 == 0 || everyLook {
						part = "body"
					}
					worksWithTheKeyboard(t, tab, part)
					fits(t, tab, s, m, rtl)
				}
				for _, p := range tab.Problems()[problems:] {
					t.Error(p)
				}
				for _, address := range tab.Requests()[requests:] {
					if !strings.HasPrefix(address, s.base+"/") {
						t.Errorf("asked %s", address)
					}
				}
				var want []string
				if s.session.Value != "" {
					want = []string{s.session.Name}
				}
				if got := tab.Cookies(s.base); !slices.Equal(got, want) {
					t.Errorf("cookies %q, want %q", got, want)
				}
				if kept := webtest.Eval[int](tab, "localStorage.length + sessionStorage.length"); kept != 0 {
					t.Errorf("%d things are stored in the browser", kept)
				}
			})
		}
	}
}

func followsTheRules(t *testing.T, tab *webtest.Tab, reviewed map[string]bool) {
	t.Helper()
	violations, doubts := tab.AxeAndDoubts()
	for _, v := range violations {
		t.Errorf("%s: %s: %+v", v.ID, v.Help, v.Nodes)
	}
	for _, doubt := range doubts {
		if !reviewed[doubt] {
			t.Errorf("axe cannot decide, and nobody has: %s\nlook at it, then add the line to %s", doubt, reviewedFile)
		}
	}
}

const reviewedFile = "testdata/axe-reviewed.txt"

// readReviewed is what axe cannot decide and somebody has looked at: "rule why element", and after a tab what was found.
func readReviewed(t *testing.T) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(reviewedFile)
	if err != nil {
		t.Fatal(err)
	}
	reviewed := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		doubt, finding, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || finding == "" {
			t.Errorf("%s: %q says nothing about what was found", reviewedFile, line)
		}
		reviewed[doubt] = true
	}
	return reviewed
}

func worksWithTheKeyboard(t *testing.T, tab *webtest.Tab, part string) {
	t.Helper()
	problems, stops := tab.KeyboardProblems(part)
	for _, p := range problems {
		t.Error(p)
	}
	if part == "body" && stops < 6 {
		t.Errorf("only %d stops", stops)
	}
}

// cellsWithoutHead are the cells of tables whose head cannot be read in front of them. In a week and a month the columns stay.
const cellsWithoutHead = `[...document.querySelectorAll("main table:not(.s-week, .s-month) td")]
	.filter(cell => cell.innerText.trim() && !cell.querySelector(".s-head")?.getClientRects().length).map(cell => cell.innerText)`

func fits(t *testing.T, tab *webtest.Tab, s sight, m manner, rtl string) {
	t.Helper()
	paper := m.Look
	paper.Print, paper.Width = true, 680 // 180 mm
	tab.As(paper)
	for _, p := range tab.PrintProblems() {
		t.Errorf("on paper: %s", p)
	}
	if n := webtest.Eval[int](tab, "document.documentElement.scrollWidth - 681"); n > 0 { // 180 mm are 680.3 pixels
		t.Errorf("on paper: %d pixels too wide", n)
	}
	if strings.HasPrefix(s.name, "poster") {
		return // it is a sheet of paper
	}
	at := func(how string, widths ...int) {
		t.Helper()
		for _, width := range widths {
			narrow := m.Look
			narrow.Width = width
			if wide := tab.As(narrow).Overflow(); wide != "" {
				t.Errorf("%s at %d: %s", how, width, wide)
			}
		}
	}
	at("left to right", 1280, 640, 390, 320)
	for _, cell := range webtest.Eval[[]string](tab, cellsWithoutHead) {
		t.Errorf("a cell on a phone does not say what it is: %s", cell)
	}
	tab.Do(chromedp.Evaluate[chromedp.Void](`document.documentElement.dir = "rtl"; document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", id: "rtl", href: "/stil/` + rtl + `"}))`))
	tab.Until(`document.getElementById("rtl").sheet`)
	at("right to left", 320, 1280)
}
