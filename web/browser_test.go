//go:build browser

package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"seestern/engagement"
	"seestern/web"
	"seestern/web/webtest"
)

func TestMain(m *testing.M) { webtest.Main(m) }

// samplePages have every part of the frame.
var samplePages = map[string]string{"list": "/angebote", "ask": "/muster/frage", "thing": "/", "error": "/nix", "gone": "/muster/fehler/gone", "conflict": "/muster/fehler/conflict", "crash": "/muster/fehler/panic", "easy": "/ls/angebote", "english": "/en/muster/frage"}

// looks are the ways in which every page must work.
var looks = map[string]webtest.Look{
	"1280": {}, "390": {Width: 390}, "1280-dark": {Dark: true}, "390-dark": {Width: 390, Dark: true},
	"forced-light": {Forced: true}, "forced-dark": {Forced: true, Dark: true},
}

// broken serves a page with planted faults under the style and policy of the site, to see the checks fail.
func broken(t *testing.T, head, body string) string {
	t.Helper()
	files := manifest(t)
	c := webtest.Serve(t, func(string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if name, ok := strings.CutPrefix(r.URL.Path, "/stil/"); ok {
				http.ServeFile(w, r, "static/"+name)
				return
			}
			if r.URL.Path == "/large" {
				w.Header().Set("Content-Type", "text/css")
				_, _ = w.Write(bytes.Repeat([]byte(" "), 400_000))
				return
			}
			w.Header().Set("Content-Security-Policy", web.Policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><html lang="de" dir="ltr"><head><title>T</title><link rel="stylesheet" href="/stil/%s">%s</head><body><main><h1>X</h1>%s</main></body></html>`,
				files["kern.css"].File, strings.ReplaceAll(head, "site.css", "/stil/"+files["site.css"].File), body)
		})
	})
	return c.Base + "/"
}

const withSite = `<link rel="stylesheet" href="site.css">`

func TestPagesAreAccessible(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	check := func(t *testing.T, name string) {
		t.Helper()
		for _, v := range tab.Axe() {
			t.Errorf("%s: %s: %+v", v.ID, v.Help, v.Nodes)
		}
		tab.Screenshot(name)
	}
	for look, l := range looks {
		tab.As(l)
		for name, path := range samplePages {
			t.Run(name+" "+look, func(t *testing.T) {
				tab.Open(s.Base + path)
				check(t, name+"-"+look)
			})
		}
		t.Run("errors "+look, func(t *testing.T) {
			tab.Open(s.Base + "/muster/frage")
			tab.Press("main form button")
			check(t, "errors-"+look)
		})
	}
	t.Run("and a page with faults is found", func(t *testing.T) {
		tab.As(webtest.Look{}).Open(broken(t, withSite, `<input><img src="/x"><p class="kern-hint">Text</p><h4>Lücke</h4>`))
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.documentElement.removeAttribute("lang"); document.querySelector(".kern-hint").style.color = "#999"`))
		var ids []string
		for _, v := range tab.Axe() {
			ids = append(ids, v.ID)
		}
		for _, want := range []string{"label", "image-alt", "heading-order", "html-has-lang", "color-contrast"} {
			if !slices.Contains(ids, want) {
				t.Errorf("%s is not among %q", want, ids)
			}
		}
	})
}

func TestForcedColorsShowStates(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	states := func(t *testing.T, radio string) int {
		t.Helper()
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.activeElement?.blur()`))
		before := tab.Pixels(tab.Shot(radio))
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("` + radio + `").checked = true`))
		return webtest.Different(before, tab.Pixels(tab.Shot(radio)))
	}
	for name, look := range map[string]webtest.Look{"light": {Forced: true}, "dark": {Forced: true, Dark: true}} {
		t.Run(name, func(t *testing.T) {
			tab.As(look).Open(s.Base + "/muster/frage")
			for _, control := range []string{"#alter", "#wo", "#ja"} {
				if n := states(t, control); n < 20 {
					t.Errorf("%s: checked and unchecked differ in %d pixels", control, n)
				}
			}
			if n := webtest.Colors(tab.Pixels(tab.Shot(".kern-form-input__select-wrapper")), 40); n < 2 {
				t.Errorf("the arrow of the select has %d color", n)
			}
			if faint, seen := tab.FaintIcons(); len(faint) > 0 || seen < 3 {
				t.Errorf("%d icons can be seen, not those of %q", seen, faint)
			}
		})
	}
	t.Run("and an icon that cannot be seen is found", func(t *testing.T) {
		tab.As(webtest.Look{Forced: true}).Open(broken(t, withSite, `<p><svg class="s-icon" viewBox="0 0 24 24" width="24" height="24"><rect width="24" height="24" fill="#fff"/></svg></p>`))
		if faint, _ := tab.FaintIcons(); len(faint) != 1 {
			t.Errorf("got %q", faint)
		}
	})
	t.Run("which KERN alone does not", func(t *testing.T) {
		tab.As(webtest.Look{Forced: true}).Open(broken(t, "", `<div class="kern-form-check"><input class="kern-form-check__radio" type="radio" id="a"><label for="a">A</label></div>`))
		if n := states(t, "#a"); n != 0 {
			t.Errorf("%d pixels differ: the fix in site.scss is no longer needed", n)
		}
	})
}

func TestPagesWorkWithTheKeyboard(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	for _, width := range []int{390, 1280} {
		for name, path := range samplePages {
			t.Run(fmt.Sprint(name, " at ", width), func(t *testing.T) {
				tab.As(webtest.Look{Width: width, Reduced: true}).Open(s.Base + path)
				problems, stops := tab.KeyboardProblems("body")
				for _, p := range problems {
					t.Error(p)
				}
				if stops < 6 {
					t.Errorf("only %d stops", stops)
				}
			})
		}
	}
	t.Run("and faults are found", func(t *testing.T) {
		tab.As(webtest.Look{Reduced: true}).Open(broken(t, withSite, `<p><a href="/a" id="a">A</a></p><p><a href="/b" tabindex="3">B</a></p><p><button class="s-plain"></button></p><p class="s-hero"><a href="/c" id="c">C</a></p>`))
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#a").style.outline = "none"; const c = document.createElement("div"); c.style.cssText = "position:fixed;inset:0;top:60%"; document.body.append(c); document.querySelector(".s-hero").style.marginTop = "600px"`))
		problems, _ := tab.KeyboardProblems("body")
		all := strings.Join(problems, "\n")
		for _, want := range []string{"no visible focus", "positive tabindex", "no name", "is covered"} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is not among\n%s", want, all)
			}
		}
	})
}

func TestPagesFitNarrowWindows(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	for _, width := range []int{320, 640} {
		tab.As(webtest.Look{Width: width})
		for name, path := range samplePages {
			t.Run(fmt.Sprint(name, " at ", width), func(t *testing.T) {
				tab.Open(s.Base + path)
				if wide := tab.Overflow(); wide != "" {
					t.Error(wide)
				}
			})
		}
	}
	t.Run("and a wide table is found", func(t *testing.T) {
		tab.Open(broken(t, withSite, `<svg width="900" height="10" class="wide"></svg><table><tr><td><pre>`+strings.Repeat("breit", 100)+`</pre></td></tr></table>`))
		if wide := tab.Overflow(); !strings.Contains(wide, "breit") {
			t.Errorf("got %q", wide)
		}
	})
	t.Run("from right to left, too", func(t *testing.T) {
		for _, width := range []int{320, 1280} {
			tab.As(webtest.Look{Width: width}).Open(s.Base + "/muster/frage")
			tab.Press("main form button")
			tab.Do(chromedp.Evaluate[chromedp.Void](`document.documentElement.dir = "rtl"`))
			const padding = `(() => { const s = getComputedStyle(document.querySelector(".kern-form-input__select")); return s.paddingLeft + " " + s.paddingRight })()`
			if got := webtest.Eval[string](tab, padding); got != "16px 40px" {
				t.Errorf("%d: without rtl.css the arrow of the select has its room on the right side: %s", width, got)
			}
			tab.Do(chromedp.Evaluate[chromedp.Void](`document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", id: "rtl", href: "/stil/` + manifest(t)["rtl.css"].File + `"}))`))
			tab.Until(`document.getElementById("rtl").sheet`)
			if got := webtest.Eval[string](tab, padding); got != "40px 16px" {
				t.Errorf("%d: the arrow of the select has its room on the wrong side: %s", width, got)
			}
			if wide := tab.Overflow(); wide != "" {
				t.Errorf("%d: %s", width, wide)
			}
			if gap := webtest.Eval[float64](tab, `(() => { const f = document.querySelector(".kern-fieldset--error"), l = f.querySelector("legend"); return f.getBoundingClientRect().right - l.getBoundingClientRect().right })()`); gap > 40 {
				t.Errorf("%d: the legend is %.0f pixels away from the right", width, gap)
			}
			if side := webtest.Eval[string](tab, `getComputedStyle(document.querySelector(".kern-form-input--error")).borderRightWidth`); side != "4px" {
				t.Errorf("%d: the error bar is on the wrong side: %s", width, side)
			}
			tab.Screenshot(fmt.Sprint("rtl-", width))
		}
	})
}

func TestPagesWorkWithoutScript(t *testing.T) {
	s := start(t)
	tab := webtest.Chromium(t)
	tab.As(webtest.Look{NoScript: true}).Open(s.Base + "/muster/frage")
	if status := tab.Press("main form button"); status != http.StatusUnprocessableEntity {
		t.Errorf("empty form: status %d", status)
	}
	tab.Type("#name", "Ada")
	tab.Type("#email", "ada@mail.example")
	tab.Do(chromedp.Click("label[for=alter]"))
	if status := tab.Press("main form button"); status != 200 || webtest.Eval[string](tab, "location.pathname") != "/hilfe" {
		t.Errorf("full form: status %d at %s", status, webtest.Eval[string](tab, "location.pathname"))
	}
	tab.Open(s.Base + "/angebote")
	tab.Type("#q", "vorlesen")
	if status := tab.Press("main form button"); status != 200 || !strings.Contains(webtest.Eval[string](tab, "location.search"), "q=vorlesen") {
		t.Errorf("search: status %d at %s", status, webtest.Eval[string](tab, "location.search"))
	}
}

func TestPagesAskOnlyTheirOwnSite(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	for _, path := range samplePages {
		tab.Open(s.Base + path)
	}
	for _, address := range tab.Requests() {
		if !strings.HasPrefix(address, s.Base+"/") && !strings.HasPrefix(address, "chrome") {
			t.Errorf("asked %s", address)
		}
	}
	if kept := webtest.Eval[int](tab, "localStorage.length + sessionStorage.length + document.cookie.length"); kept != 0 {
		t.Errorf("%d things are stored in the browser", kept)
	}
	if got := tab.Cookies(s.Base); len(got) > 0 {
		t.Errorf("cookies %q", got)
	}
	t.Run("and a cookie is found", func(t *testing.T) {
		tab.SetCookie(s.Base, "planted", "1")
		if got := tab.Cookies(s.Base); !slices.Equal(got, []string{"planted"}) {
			t.Errorf("got %q", got)
		}
		tab.SetCookie(s.Base, "planted", "")
	})
	for _, p := range tab.Problems() {
		t.Error(p)
	}
	t.Run("and violations of the policy are found", func(t *testing.T) {
		tab.Open(broken(t, `<script>window.ran = true</script>`, `<p style="color:red"><img alt="" src="https://evil.test/x.png"></p>`))
		tab.Do(chromedp.Evaluate[chromedp.Void](`try { document.body.innerHTML = "x" } catch {}`))
		all := strings.Join(tab.Problems(), "\n")
		for _, want := range []string{"inline", "evil.test"} {
			if !strings.Contains(strings.ToLower(all), want) {
				t.Errorf("%q is not among\n%s", want, all)
			}
		}
	})
}

func TestFocusGoesWhereItHelps(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	tab.Open(s.Base + "/muster/frage")
	tab.Press("main form button")
	tab.Until(`document.activeElement.id === "fehler"`)
	tab.Do(chromedp.Click("#fehler li:nth-child(3) a"))
	tab.Until(`document.activeElement.id === "alter"`)
	tab.Do(chromedp.Evaluate[chromedp.Void](`window.same = true`), chromedp.Click("#fehler li:nth-child(1) a"))
	tab.Until(`document.activeElement.id === "name"`)
	if !webtest.Eval[bool](tab, `window.same === true`) {
		t.Error("a link within the page loads it again")
	}
	t.Run("which it does not without a summary that takes it", func(t *testing.T) {
		tab.Open(broken(t, `<script type="module" src="/stil/`+manifest(t)["app.js"].File+`"></script>`, `<div id="fehler">Text</div>`))
		tab.Until(`document.readyState === "complete"`)
		if webtest.Eval[bool](tab, `document.activeElement.id === "fehler"`) {
			t.Error("the focus is on it")
		}
	})
	tab.Open(s.Base + "/angebote")
	tab.Do(chromedp.Click(".s-pages a[rel=next]"))
	tab.Until(`location.search === "?ab=20"`)
	if got := webtest.Eval[string](tab, `document.activeElement.tagName + " " + !!document.activeElement.closest("#treffer")`); got != "H2 true" {
		t.Errorf("after paging focus is on %s", got)
	}
	if got := webtest.Eval[string](tab, `document.getElementById("meldung").textContent`); got != "3 Angebote im Umkreis von 5 km" {
		t.Errorf("announced %q", got)
	}
}

func TestAPartFollowsItsForm(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	tab.Open(s.Base + "/angebote")
	tab.Do(chromedp.Evaluate[chromedp.Void](`window.same = true`))
	tab.Type("#q", "vorlesen")
	tab.Until(`location.search === "?q=vorlesen"`)
	if !webtest.Eval[bool](tab, `window.same === true && document.activeElement.id === "q" && document.querySelectorAll("#treffer").length === 1`) {
		t.Error("the whole page was loaded, or focus was moved, or the part is there twice")
	}
	t.Run("and loads the whole page when the answer is no part", func(t *testing.T) {
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.getElementById("ort").value = "Atlanti"`))
		tab.Type("#ort", "s")
		tab.Until(`window.same === undefined && document.activeElement?.id === "fehler"`)
	})
	t.Run("and going back shows the list before", func(t *testing.T) {
		tab.Open(s.Base + "/angebote")
		tab.Do(chromedp.Click(".s-pages a[rel=next]"))
		tab.Until(`location.search === "?ab=20"`)
		tab.Do(chromedp.Evaluate[chromedp.Void](`window.same = true; history.back()`))
		tab.Until(`window.same === undefined && location.search === "" && document.readyState === "complete"`)
	})
	t.Run("and leaves the list alone after too many requests", func(t *testing.T) {
		tab.Open(s.Base + "/angebote")
		for range 80 {
			s.Get("/angebote")
		}
		tab.Do(chromedp.Evaluate[chromedp.Void](`window.same = true; const real = fetch; window.fetch = (...a) => real(...a).then(r => { window.answered = r.status; return r })`))
		tab.Type("#q", "x")
		tab.Until(`window.answered === 429`)
		before := len(tab.Requests())
		tab.Type("#q", "y")
		if !webtest.Eval[bool](tab, `new Promise(done => setTimeout(() => done(window.same === true && location.search === "" && document.getElementById("treffer").ariaBusy === null), 500))`) || len(tab.Requests()) != before {
			t.Error("the page was loaded, or asked again")
		}
	})
}

func TestPagesPrint(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	for _, dark := range []bool{false, true} {
		tab.As(webtest.Look{Print: true, Dark: dark}).Open(s.Base + "/angebote")
		if shown := webtest.Eval[int](tab, `[...document.querySelectorAll(".s-header,.s-nav,.s-filter,.s-footer,.s-pages,.kern-btn,.s-skip")].filter(e => e.getClientRects().length).length`); shown != 0 {
			t.Errorf("%d things that can only be clicked are printed", shown)
		}
		if got := webtest.Eval[string](tab, `getComputedStyle(document.querySelector(".s-map-marker rect")).fill + " " + getComputedStyle(document.querySelector(".s-map-marker text")).fill`); got != "rgb(0, 0, 0) rgb(255, 255, 255)" {
			t.Errorf("dark %t: markers of the map %s", dark, got)
		}
		if got := webtest.Eval[string](tab, `getComputedStyle(document.body).backgroundColor + " " + getComputedStyle(document.querySelector("h1")).color + " " + getComputedStyle(document.querySelector(".s-hit p")).color`); got != "rgb(255, 255, 255) rgb(0, 0, 0) rgb(0, 0, 0)" {
			t.Errorf("dark %t: colors %s", dark, got)
		}
	}
	t.Run("and what is not fit for paper is found", func(t *testing.T) {
		tab.As(webtest.Look{Print: true}).Open(broken(t, withSite, `<p id="light">Text</p><p id="dark">Text</p><button class="s-pages">Los</button>`))
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.getElementById("light").style.color = "#fff"; document.getElementById("dark").style.background = "#123"; document.querySelector("button").style.setProperty("display", "block", "important")`))
		all := strings.Join(tab.PrintProblems(), "\n")
		for _, want := range []string{"light text", "dark background", "is printed"} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is not among\n%s", want, all)
			}
		}
		tab.Open(s.Base + "/angebote")
	})
	if pages := bytes.Count(tab.PDF(), []byte("/Type /Page\n")); pages < 1 || pages > 2 {
		t.Errorf("%d pages", pages)
	}
	tab.Screenshot("print")
}

func TestPagesDoNotJump(t *testing.T) {
	needAssets(t)
	s := start(t)
	tab := webtest.Chromium(t)
	for _, path := range []string{"/angebote", "/"} {
		before, bytesBefore := len(tab.Requests()), tab.Bytes()
		tab.As(webtest.Look{Width: 390}).Open(s.Base + path)
		_, shift := tab.Paint()
		requests, weight := len(tab.Requests())-before, tab.Bytes()-bytesBefore
		t.Logf("%s: shift %.3f, %d requests, %d bytes", path, shift, requests, weight)
		if shift > 0.05 || requests > 8 || weight > 100_000 {
			t.Errorf("%s: shift %.3f of 0.05, %d requests of 8, %d bytes of 100000", path, shift, requests, weight)
		}
	}
}

func TestAHeavyPageIsFound(t *testing.T) {
	tab := webtest.Chromium(t)
	tab.Open(broken(t, withSite+`<link rel="stylesheet" href="/large">`, `<div></div>`+strings.Repeat(`<p>Text, der sich bewegt</p>`, 12)))
	tab.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("div").style.height = "300px"`))
	if _, shift := tab.Paint(); shift <= 0.05 {
		t.Errorf("things moved by %.3f only", shift)
	}
	if weight := tab.Bytes(); weight <= 400_000 {
		t.Errorf("only %d bytes", weight)
	}
}

func TestPagesOfSignedInPeople(t *testing.T) {
	needAssets(t)
	s := start(t)
	s.sessions[engagement.Hash("token-1")] = web.Session{Session: engagement.Session{Created: s.now, LastUsed: s.now}, Account: engagement.Account{ID: "account-1", Name: "volunteer1"}, Actor: engagement.Actor{Account: "account-1", Roles: engagement.StaffRoles}}
	tab := webtest.Chromium(t)
	tab.Open(s.Base + "/anmelden")
	tab.Type("#wer", "token-1")
	if status := tab.Press("main form button"); status != 200 {
		t.Fatalf("sign-in: status %d", status)
	}
	for name, look := range looks {
		tab.As(look).Open(s.Base + "/meine")
		for _, v := range tab.Axe() {
			t.Errorf("%s: %s: %s", name, v.ID, v.Help)
		}
		tab.Screenshot("own-" + name)
	}
	if tab.Press(".s-tools form button"); webtest.Eval[bool](tab, `!!document.querySelector('.s-tools a[href="/anmelden"]')`) != true {
		t.Error("not signed out")
	}
}
