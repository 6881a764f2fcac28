package webtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Page is an answer of the site as the person sees it.
type Page struct {
	Status int
	Header http.Header
	Path   string   // with query, after redirects
	Hops   []string // paths of the redirects on the way
	Body   string

	client *Client
	doc    *html.Node
}

// Parse reads a page that no server sent.
func Parse(t testing.TB, body string) *Page {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return &Page{Body: body, client: &Client{t: t}, doc: doc}
}

// Want fails the test unless the status is the given one.
func (p *Page) Want(status int) *Page {
	p.client.t.Helper()
	if p.Status != status {
		p.client.t.Fatalf("%s: status %d, want %d\n%s", p.Path, p.Status, status, p.Text("main"))
	}
	return p
}

// Find are the elements that a selector matches, in the order of the page.
func (p *Page) Find(sel string) []*html.Node {
	p.client.t.Helper()
	s, err := parseSelector(sel)
	if err != nil {
		p.client.t.Fatal(err)
	}
	var found []*html.Node
	for n := range p.doc.Descendants() {
		if s.matches(n) {
			found = append(found, n)
		}
	}
	return found
}

// One is the only element that a selector matches.
func (p *Page) One(sel string) *html.Node {
	p.client.t.Helper()
	found := p.Find(sel)
	if len(found) != 1 {
		p.client.t.Fatalf("%s: %d elements match %q, want 1", p.Path, len(found), sel)
	}
	return found[0]
}

// Has says whether a selector matches anything.
func (p *Page) Has(sel string) bool {
	p.client.t.Helper()
	return len(p.Find(sel)) > 0
}

// Text is what the first matching element says, with single spaces; "" if there is none.
func (p *Page) Text(sel string) string {
	p.client.t.Helper()
	found := p.Find(sel)
	if len(found) == 0 {
		return ""
	}
	return TextOf(found[0])
}

// Texts are what all matching elements say.
func (p *Page) Texts(sel string) []string {
	p.client.t.Helper()
	var texts []string
	for _, n := range p.Find(sel) {
		texts = append(texts, TextOf(n))
	}
	return texts
}

// TextOf is the text of an element, with single spaces.
func TextOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Attr is an attribute of an element, "" if it has none.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Click follows the only link whose text is the given one.
func (p *Page) Click(text string) *Page {
	p.client.t.Helper()
	var found []string
	for _, n := range p.Find("a[href]") {
		if href := Attr(n, "href"); TextOf(n) == text && !slices.Contains(found, href) {
			found = append(found, href)
		}
	}
	if len(found) != 1 {
		p.client.t.Fatalf("%s: %d links say %q, want 1", p.Path, len(found), text)
	}
	return p.client.Get(p.absolute(found[0]))
}

func (p *Page) absolute(href string) string {
	p.client.t.Helper()
	at, err := url.Parse(p.client.Base + p.Path)
	if err != nil {
		p.client.t.Fatal(err)
	}
	to, err := at.Parse(href)
	if err != nil {
		p.client.t.Fatalf("%s: link %q: %v", p.Path, href, err)
	}
	return to.String()
}

// Form is a form of a page with the values it would send.
type Form struct {
	page   *Page
	node   *html.Node
	Values url.Values
	Files  map[string][]byte // content by field, for forms that take files
}

// Form is the only form that a selector matches.
func (p *Page) Form(sel string) *Form {
	p.client.t.Helper()
	return p.form(p.One(sel))
}

// Forms are all forms that a selector matches.
func (p *Page) Forms(sel string) (found []*Form) {
	p.client.t.Helper()
	for _, n := range p.Find(sel) {
		found = append(found, p.form(n))
	}
	return found
}

func (p *Page) form(n *html.Node) *Form {
	f := &Form{page: p, node: n, Values: url.Values{}}
	for _, control := range controls(n) {
		name, value := Attr(control, "name"), Attr(control, "value")
		switch {
		case name == "" || has(control, "disabled"):
		case control.Data == "textarea":
			f.Values.Add(name, strings.TrimPrefix(rawText(control), "\n"))
		case control.Data == "select":
			f.Values.Add(name, chosen(control))
		case control.Data == "button":
		case Attr(control, "type") == "checkbox" || Attr(control, "type") == "radio":
			if has(control, "checked") {
				f.Values.Add(name, value)
			}
		default:
			f.Values.Add(name, value)
		}
	}
	return f
}

func controls(form *html.Node) []*html.Node {
	var found []*html.Node
	for n := range form.Descendants() {
		if n.Type == html.ElementNode && slices.Contains([]string{"input", "textarea", "select", "button"}, n.Data) {
			found = append(found, n)
		}
	}
	return found
}

func chosen(sel *html.Node) string {
	first, found := "", false
	for n := range sel.Descendants() {
		if n.Type != html.ElementNode || n.Data != "option" {
			continue
		}
		if has(n, "selected") {
			return Attr(n, "value")
		}
		if !found {
			first, found = Attr(n, "value"), true
		}
	}
	return first
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		b.WriteString(d.Data)
	}
	return b.String()
}

func has(n *html.Node, attr string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == attr })
}

// Set types into a field, or chooses an option. The field must be in the form, and an option must exist.
func (f *Form) Set(name string, values ...string) *Form {
	t := f.page.client.t
	t.Helper()
	known := false
	var options []string
	for _, c := range controls(f.node) {
		if Attr(c, "name") != name {
			continue
		}
		known = true
		switch kind := Attr(c, "type"); {
		case kind == "radio" || kind == "checkbox":
			options = append(options, Attr(c, "value"))
		case c.Data == "select":
			for n := range c.Descendants() {
				if n.Type == html.ElementNode && n.Data == "option" {
					options = append(options, Attr(n, "value"))
				}
			}
		}
	}
	if !known {
		t.Fatalf("%s: the form has no field %q", f.page.Path, name)
	}
	for _, v := range values {
		if options != nil && !slices.Contains(options, v) {
			t.Fatalf("%s: field %q has no option %q, only %q", f.page.Path, name, v, options)
		}
	}
	f.Values[name] = values
	return f
}

// Action is the address that the form is sent to.
func (f *Form) Action() string { return f.page.absolute(Attr(f.node, "action")) }

// Empty are the names of the fields that the form would not send as it is: nothing is ticked.
func (f *Form) Empty() (names []string) {
	for _, c := range controls(f.node) {
		if name := Attr(c, "name"); name != "" && c.Data != "button" && f.Values[name] == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// IsText says whether somebody types a text into the field, and sees it again when something is wrong.
func (f *Form) IsText(name string) bool {
	return slices.ContainsFunc(controls(f.node), func(c *html.Node) bool {
		return Attr(c, "name") == name && (c.Data == "textarea" || c.Data == "input" && slices.Contains([]string{"", "text", "email", "tel", "search", "url"}, Attr(c, "type")))
	})
}

// Submit presses the button of the form.
func (f *Form) Submit() *Page {
	f.page.client.t.Helper()
	action := f.Action()
	if strings.EqualFold(Attr(f.node, "method"), "post") {
		if Attr(f.node, "enctype") == "multipart/form-data" && f.Files == nil {
			f.Files = map[string][]byte{}
		}
		return f.page.client.send("POST", action, f.Values, f.Files, nil)
	}
	u, err := url.Parse(action)
	if err != nil {
		f.page.client.t.Fatal(err)
	}
	u.RawQuery = f.Values.Encode()
	return f.page.client.Get(u.String())
}

// Press presses the button of the form with that text: where the button says so, the form goes elsewhere, and its value along.
func (f *Form) Press(text string) *Page {
	f.page.client.t.Helper()
	for _, b := range controls(f.node) {
		if b.Data != "button" || TextOf(b) != text {
			continue
		}
		if name := Attr(b, "name"); name != "" {
			f.Values.Add(name, Attr(b, "value"))
		}
		action := Attr(f.node, "action")
		if has(b, "formaction") {
			action = Attr(b, "formaction")
		}
		return f.page.client.Post(f.page.absolute(action), f.Values)
	}
	f.page.client.t.Fatalf("%s: the form has no button %q", f.page.Path, text)
	return nil
}

// SubmitMeanwhile presses the button, and does something else while the server knows who asks, but waits for what was typed.
func (f *Form) SubmitMeanwhile(do func()) *Page {
	f.page.client.t.Helper()
	return f.page.client.send("POST", f.Action(), f.Values, nil, do)
}

// Problems says what is wrong with the structure of the page: one h1, one main, a title, a language, no id twice, headings
// without gaps, no block in a paragraph, every control labelled, every described-by, label and error link with a target, what browsers can fill
// in said to them, no form that only a script could send, nothing inline that the page policy would refuse.
func (p *Page) Problems() []string {
	p.client.t.Helper()
	var problems []string
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, sel := range []string{"h1", "main", "head > title", "header", "footer", "html[lang]", "html[dir]"} {
		if p.Has("body.s-bare") && (sel == "header" || sel == "footer") {
			continue // nothing is around it
		}
		if n := len(p.Find(sel)); sel != "header" && sel != "footer" && n != 1 || n < 1 {
			add("%d × %s", n, sel)
		}
	}
	if p.Text("title") == "" || p.Text("h1") == "" {
		add("title or h1 is empty")
	}
	ids := map[string]bool{}
	level := 0
	for n := range p.doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := Attr(n, "id"); id != "" && ids[id] {
			add("id %q twice", id)
		} else if id != "" {
			ids[id] = true
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' && !inFooter(n) && Attr(n.Parent.Parent, "id") != "fehler" {
			if now := int(n.Data[1] - '0'); now > level+1 {
				add("heading h%d %q after h%d", now, TextOf(n), level)
			} else {
				level = now
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				add("<%s %s=%q> is inline code", n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "p" && n.FirstChild == nil && len(n.Attr) == 0 { // a browser closes a paragraph before a block, and makes one of the </p>
			add("</p> after what may not stand in a paragraph")
		}
		if n.Data == "script" && Attr(n, "src") == "" || n.Data == "style" {
			add("inline <%s>", n.Data)
		}
	}
	return append(problems, p.controlProblems(ids)...)
}

func inFooter(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.Data == "footer" {
			return true
		}
	}
	return false
}

func (p *Page) controlProblems(ids map[string]bool) []string {
	p.client.t.Helper()
	var problems []string
	labelled := map[string]bool{}
	for _, l := range p.Find("label[for]") {
		labelled[Attr(l, "for")] = true
		if !ids[Attr(l, "for")] {
			problems = append(problems, fmt.Sprintf("label %q without control", TextOf(l)))
		}
	}
	for _, c := range p.Find("input, textarea, select") {
		if Attr(c, "type") != "hidden" && Attr(c, "aria-label") == "" && !labelled[Attr(c, "id")] {
			problems = append(problems, fmt.Sprintf("control %q without label", Attr(c, "name")))
		}
	}
	for _, c := range p.Find("input[name=email], input[name=phone], input[name=login], input[type=password]") { // one's own; those of an organization are others
		if Attr(c, "type") != "hidden" && Attr(c, "autocomplete") == "" {
			problems = append(problems, fmt.Sprintf("control %q does not say what it is about to browsers", Attr(c, "name")))
		}
	}
	for _, f := range p.Find("form") {
		if all := controls(f); len(all) > 0 && !slices.ContainsFunc(all, func(c *html.Node) bool { return c.Data == "button" && Attr(c, "type") != "button" }) {
			problems = append(problems, fmt.Sprintf("the form to %q can only be sent by a script", Attr(f, "action")))
		}
	}
	for _, n := range p.Find("button[type=button], a[href=#]") { // what needs a script is made by a script
		problems = append(problems, fmt.Sprintf("%q does nothing without a script", TextOf(n)))
	}
	for _, n := range p.Find("[aria-describedby], [aria-labelledby]") {
		for _, id := range strings.Fields(Attr(n, "aria-describedby") + " " + Attr(n, "aria-labelledby")) {
			if !ids[id] {
				problems = append(problems, fmt.Sprintf("described by %q, which is not there", id))
			}
		}
	}
	for _, n := range p.Find("a[href^=#]") {
		if id := strings.TrimPrefix(Attr(n, "href"), "#"); !ids[id] {
			problems = append(problems, fmt.Sprintf("link to #%s, which is not there", id))
		}
	}
	return problems
}
