package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"seestern/web/webtest"
)

// crawler follows every link as one reader.
type crawler struct {
	reader  *webtest.Client
	another func() *webtest.Client // when the limit of a visitor is reached; nil: the reader is signed in
	german  bool                   // only German pages
	base    string

	from  map[string]string          // path → the page with the first link to it
	ids   map[string]map[string]bool // path → what can be jumped to; of pages only
	jumps []jump
	pages map[string]int // path without query → how many queries of it were read
	dead  []string
}

// jump is a link to a place in a page.
type jump struct{ from, path, id string }

// sameQuery is how many addresses are read that differ in their query only: filters lead to each other without end.
const sameQuery = 4

// crawl returns what is wrong with links, and how many pages were read.
func (c *crawler) crawl(first ...string) (dead []string, read int) {
	c.base = c.reader.Base
	c.from, c.ids, c.pages = map[string]string{}, map[string]map[string]bool{}, map[string]int{}
	queue := []string{}
	add := func(from, path string) {
		plain, _, _ := strings.Cut(path, "?")
		if c.from[path] != "" || c.pages[plain] == sameQuery || c.german && (strings.HasPrefix(path, "/ls") || strings.HasPrefix(path, "/en")) {
			return
		}
		c.pages[plain]++
		c.from[path] = from
		queue = append(queue, path)
	}
	for _, path := range first {
		add("the start", path)
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, to := range c.read(queue[0]) {
			add(queue[0], to)
		}
	}
	for _, j := range c.jumps {
		if ids, ok := c.ids[j.path]; ok && !ids[j.id] {
			c.dead = append(c.dead, fmt.Sprintf("%s leads to #%s of %s, which is not there", j.from, j.id, j.path))
		}
	}
	return c.dead, len(c.from)
}

// read opens a page and returns where its links lead on this site.
func (c *crawler) read(path string) (links []string) {
	page := c.reader.Get(path)
	if page.Status == http.StatusTooManyRequests && c.another != nil {
		c.reader = c.another()
		page = c.reader.Get(path)
	}
	if page.Status == http.StatusForbidden && page.Has(".s-acting") {
		return nil // who acts for somebody is told what that does not reach, and how to end it
	}
	if page.Status != http.StatusOK {
		c.dead = append(c.dead, fmt.Sprintf("%s has a dead link: %s answers %d", c.from[path], path, page.Status))
		return nil
	}
	if c.another == nil && strings.HasPrefix(page.Path, "/anmelden") && !strings.HasPrefix(path, "/anmelden") {
		c.dead = append(c.dead, fmt.Sprintf("%s leads somebody who is signed in to %s, which asks to sign in", c.from[path], path))
	}
	if !strings.Contains(page.Body, "<html") {
		return nil
	}
	ids := map[string]bool{}
	for _, n := range page.Find("[id]") {
		ids[webtest.Attr(n, "id")] = true
	}
	c.ids[path] = ids
	here, err := url.Parse(page.Path)
	if err != nil {
		c.dead = append(c.dead, err.Error())
		return nil
	}
	for _, a := range page.Find("a[href], link[rel=alternate], link[rel=stylesheet], link[rel=icon], script[src], img[src]") {
		href := webtest.Attr(a, "href") + webtest.Attr(a, "src")
		to, err := here.Parse(href)
		switch {
		case err != nil:
			c.dead = append(c.dead, fmt.Sprintf("%s has a link that is no address: %q", path, href))
		case to.Scheme == "http" && "http://"+to.Host == c.base || to.Host == "":
			if to.Scheme != "" && to.Host == "" { // tel, mailto
				continue
			}
			if strings.HasPrefix(to.Path, "/ap/") { // answered by the package of the wire
				continue
			}
			if to.Fragment != "" {
				c.jumps = append(c.jumps, jump{path, to.RequestURI(), to.Fragment})
			}
			if to.RequestURI() != here.RequestURI() {
				links = append(links, to.RequestURI())
			}
		case a.Data == "a" && strings.HasPrefix(to.Scheme, "http"):
			rel := strings.Fields(webtest.Attr(a, "rel"))
			if !slices.Contains(rel, "noopener") || !slices.Contains(rel, "noreferrer") {
				c.dead = append(c.dead, fmt.Sprintf("%s tells %s where its reader comes from: rel=%q", path, to.Host, rel))
			}
		}
	}
	return links
}

// TestEveryLinkLeadsSomewhere is A-14: whoever follows every link, in every role, comes to no page that is not there, or that is not for them.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	h := newHouse(t)
	pages := map[*webtest.Client][]string{}
	for _, l := range h.looks() {
		pages[l.who] = append(pages[l.who], l.path)
	}
	for who, first := range pages {
		name, c := strings.TrimPrefix(first[0], "/"), &crawler{reader: who, german: true}
		if who == nil {
			name, c = "a visitor", &crawler{reader: h.visitor(), another: h.visitor}
		}
		t.Run(name, func(t *testing.T) {
			dead, read := c.crawl(append(first, "/")...)
			for _, d := range dead {
				t.Error(d)
			}
			if read < 40 {
				t.Errorf("only %d pages were read", read)
			}
			t.Logf("%d pages", read)
		})
	}
	t.Run("and what is dead is found", func(t *testing.T) {
		c := webtest.Serve(t, func(string) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/away" {
					http.NotFound(w, r)
					return
				}
				fmt.Fprint(w, `<html><body id="here"><a href="/away">A</a><a href="/other#there">B</a><a href="/other#here">C</a><a href="https://m.example/">D</a>`)
			})
		})
		dead, _ := (&crawler{reader: c}).crawl("/")
		for _, want := range []string{"/away answers 404", "#there of /other", "m.example"} {
			if !strings.Contains(strings.Join(dead, "\n"), want) {
				t.Errorf("%q is not among %q", want, dead)
			}
		}
		if len(dead) != 5 { // two pages lead to m.example and to #there
			t.Errorf("got %q", dead)
		}
	})
}
