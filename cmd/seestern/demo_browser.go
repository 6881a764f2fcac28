package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// browser is a person at an instance of the demo: it opens pages, fills in forms and keeps cookies, without JavaScript.
type browser struct {
	base   string
	client *http.Client
}

// browserAgent tells what a person did from what instances say to each other in the recorded traffic.
const browserAgent = "seestern-demo-person"

func newBrowser(base string) *browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &browser{base: base, client: &http.Client{Jar: jar}}
}

// page is what a browser shows.
type page struct {
	browser *browser
	url     *url.URL
	status  int
	body    string
	root    *html.Node
}

func (b *browser) get(ctx context.Context, path string) (*page, error) {
	if !strings.HasPrefix(path, "http") {
		path = b.base + path
	}
	return b.do(ctx, http.MethodGet, path, nil)
}

func (b *browser) do(ctx context.Context, method, address string, fields url.Values) (*page, error) {
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", browserAgent)
	r.Header.Set("Accept", "text/html")
	if fields != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.base)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(strings.NewReader(string(text)))
	return &page{b, answer.Request.URL, answer.StatusCode, string(text), root}, err
}

// form is a form of a page with the values it would send.
type form struct {
	page   *page
	action string
	fields url.Values
}

// errNoForm says that a page lacks the form it should have.
var errNoForm = errors.New("form is not on the page")

// form finds the form that is posted to an address that ends like this.
func (p *page) form(action string) (*form, error) {
	for _, n := range all(p.root, "form") {
		if attr(n, "method") != "post" || !strings.HasSuffix(attr(n, "action"), action) {
			continue
		}
		f := &form{page: p, action: attr(n, "action"), fields: url.Values{}}
		for _, input := range all(n, "input") {
			kind := attr(input, "type")
			if kind == "radio" || kind == "checkbox" {
				if !slices.ContainsFunc(input.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
					continue
				}
			}
			f.fields.Add(attr(input, "name"), attr(input, "value"))
		}
		for _, area := range all(n, "textarea") {
			f.fields.Add(attr(area, "name"), strings.TrimPrefix(text(area), "\n"))
		}
		for _, list := range all(n, "select") {
			for _, option := range all(list, "option") {
				if slices.ContainsFunc(option.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
					f.fields.Set(attr(list, "name"), attr(option, "value"))
				}
			}
		}
		return f, nil
	}
	return nil, fmt.Errorf("%s on %s (%d): %w", action, p.url, p.status, errNoForm)
}

// set fills a field.
func (f *form) set(name string, values ...string) *form {
	f.fields[name] = values
	return f
}

// submit sends the form and follows to the next page. A page that shows the form again with errors is a failure.
func (f *form) submit(ctx context.Context) (*page, error) {
	p, err := f.page.browser.do(ctx, http.MethodPost, f.page.browser.base+f.action, f.fields)
	if err != nil {
		return nil, err
	}
	if p.status != http.StatusOK {
		return p, fmt.Errorf("%s answered %d: %s", f.action, p.status, strings.Join(strings.Fields(p.text("main")), " "))
	}
	return p, nil
}

// fill opens a page, fills in a form and sends it.
func (b *browser) fill(ctx context.Context, path, action string, values map[string]string) (*page, error) {
	p, err := b.get(ctx, path)
	if err != nil {
		return nil, err
	}
	return p.fill(ctx, action, values)
}

// fill fills in a form of the page and sends it.
func (p *page) fill(ctx context.Context, action string, values map[string]string) (*page, error) {
	f, err := p.form(action)
	if err != nil {
		return nil, err
	}
	for name, value := range values {
		f.set(name, strings.Split(value, "|")...)
	}
	return f.submit(ctx)
}

// text is what stands in the first element of a name.
func (p *page) text(element string) string {
	for _, n := range all(p.root, element) {
		return strings.TrimSpace(text(n))
	}
	return ""
}

// byID is what stands in the element with an id.
func (p *page) byID(id string) string {
	var found string
	walk(p.root, func(n *html.Node) {
		if n.Type == html.ElementNode && attr(n, "id") == id {
			found = strings.TrimSpace(text(n))
		}
	})
	return found
}

// link is the first link whose text holds these words.
func (p *page) link(words string) string {
	for _, n := range all(p.root, "a") {
		if strings.Contains(text(n), words) {
			return attr(n, "href")
		}
	}
	return ""
}

func walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

func all(root *html.Node, element string) (list []*html.Node) {
	walk(root, func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == element {
			list = append(list, n)
		}
	})
	return list
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	walk(n, func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	})
	return b.String()
}
