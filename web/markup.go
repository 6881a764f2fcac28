package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// This file is the only one that makes HTML out of text; everything else goes through the escaping of the templates.

// markupFuncs are the template functions that return HTML.
func markupFuncs(c Catalogue, lang Lang, ownHost string) template.FuncMap {
	return template.FuncMap{
		"icon":     icon,
		"tlink":    func(key string, args ...any) (template.HTML, error) { return tlink(c, lang, key, args) },
		"markdown": func(text string) (template.HTML, error) { return markdown(text, ownHost) },
		"choices":  func(v *FieldView) template.HTML { return choices(c, lang, v) },
		"options":  func(v *FieldView) template.HTML { return selectOptions(c, lang, v) },
		"slots":    func(w *week) template.HTML { return slots(w, format{words: c, lang: lang}) },
	}
}

// webcal is an address that opens calendar programs, of a host with a path.
func webcal(address string) template.URL { return template.URL("webcal://" + address) }

//go:embed frontend/icons/*.svg
var iconFiles embed.FS

var iconShape = regexp.MustCompile(`(?s)^<svg xmlns="http://www\.w3\.org/2000/svg" viewBox="0 0 24 24">(.*)</svg>\s*$`)

var iconsOnce = sync.OnceValues(func() (map[string]template.HTML, error) {
	icons := map[string]template.HTML{}
	entries, err := iconFiles.ReadDir("frontend/icons")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		drawing, err := iconFiles.ReadFile("frontend/icons/" + entry.Name())
		if err != nil {
			return nil, err
		}
		shape := iconShape.FindSubmatch(drawing)
		if shape == nil {
			return nil, fmt.Errorf("icon %s is not a 24 × 24 drawing", entry.Name())
		}
		icons[strings.TrimSuffix(entry.Name(), ".svg")] = template.HTML(`<svg class="s-icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">` + string(shape[1]) + `</svg>`)
	}
	return icons, nil
})

// icon is a drawing of frontend/icons, put into the page itself. It is decoration: a text stands beside it.
func icon(name string) (template.HTML, error) {
	icons, err := iconsOnce()
	if err != nil {
		return "", err
	}
	shape, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return shape, nil
}

const choiceSize = 300 // bytes, about

// choices are the controls of radio buttons or boxes, selectOptions those of a select, and slots those of a week. A page may have hundreds, and a template takes
// a microsecond for every value: longer than all the rest of the page.
func choices(c Catalogue, lang Lang, v *FieldView) template.HTML {
	many := ""
	if v.Many() {
		many = " s-many"
	}
	var b strings.Builder
	b.Grow(choiceSize * len(v.Options))
	for _, g := range v.Groups() {
		if g.Key != "" {
			opened := ""
			if g.Chosen > 0 {
				opened = " open"
			}
			write(&b, "\n", `<details class="s-group"`, opened, ">\n<summary>", template.HTMLEscapeString(c.T(lang, g.Key, nil)))
			if g.Chosen > 0 {
				write(&b, ` <span class="s-count">`, template.HTMLEscapeString(c.T(lang, "form.chosen", map[string]any{"n": g.Chosen})), `</span>`)
			}
			write(&b, `</summary>`)
		}
		write(&b, "\n", `<div class="kern-fieldset__body`, many, `">`)
		for _, o := range g.Options {
			choice(&b, c, lang, v, o)
		}
		write(&b, "\n</div>")
		if g.Key != "" {
			write(&b, "\n</details>")
		}
	}
	return template.HTML(b.String())
}

func choice(b *strings.Builder, c Catalogue, lang Lang, v *FieldView, o OptionView) {
	kind, invalid := "checkbox", ""
	if v.Kind == Radio {
		kind = "radio"
	}
	if v.Error != nil {
		invalid = ` aria-invalid="true"`
	}
	id, more, hint := template.HTMLEscapeString(o.ID), "", ""
	if o.Hint != "" {
		more = ` aria-describedby="` + id + `-more"`
		hint = "\n" + `<div class="kern-hint s-more" id="` + id + `-more">` + template.HTMLEscapeString(c.T(lang, o.Hint, nil)) + `</div>`
	}
	write(b, "\n", `<div class="kern-form-check">`, "\n", `<input class="kern-form-check__`, kind, `" id="`, id, `" name="`, template.HTMLEscapeString(v.Name), `" type="`, kind, `" value="`,
		template.HTMLEscapeString(o.Value), `"`, o.set(" checked"), invalid, more, `>`, "\n", `<label class="kern-label" for="`, id, `">`)
	if label := template.HTMLEscapeString(o.label(c, lang)); o.Key != "" {
		write(b, label)
	} else {
		write(b, `<bdi>`, label, `</bdi>`)
	}
	if o.Count != 0 {
		write(b, ` <span class="s-count">(`, c.number(lang, o.Count), `)</span>`)
	}
	write(b, `</label>`, hint, "\n", `</div>`)
}

func selectOptions(c Catalogue, lang Lang, v *FieldView) template.HTML {
	var b strings.Builder
	for _, o := range v.Options {
		write(&b, "\n", `<option value="`, template.HTMLEscapeString(o.Value), `"`, o.set(" selected"), `>`, template.HTMLEscapeString(o.label(c, lang)))
		if o.Count != 0 {
			write(&b, ` (`, c.number(lang, o.Count), `)`)
		}
		write(&b, `</option>`)
	}
	return template.HTML(b.String())
}

func slots(w *week, f format) template.HTML {
	var b strings.Builder
	for _, row := range w.Rows {
		day := template.HTMLEscapeString(f.code("weekday", row.Day))
		write(&b, `<tr><th scope="row">`, day, `</th>`)
		for _, s := range row.Slots {
			id := template.HTMLEscapeString(s.Option.ID)
			write(&b, "\n", `<td><input class="kern-form-check__checkbox" type="checkbox" id="`, id, `" name="slots" value="`, template.HTMLEscapeString(s.Option.Value), `"`, s.Option.set(" checked"),
				`><label class="s-slot" for="`, id, `"><span class="kern-sr-only">`, day, `, </span>`, template.HTMLEscapeString(f.code("daypart", s.Part)), `</label></td>`)
		}
		write(&b, `</tr>`)
	}
	return template.HTML(b.String())
}

func write(b *strings.Builder, parts ...string) {
	for _, part := range parts {
		b.WriteString(part)
	}
}

var linkSlot = regexp.MustCompile(`\[([^\]]+)\]\(([1-9])\)`)

// tlink is a sentence with links: "Mehr in der [Hilfe](1)." Arguments are pairs; those named "1" to "9" are the addresses.
func tlink(c Catalogue, lang Lang, key string, pairsOfArgs []any) (template.HTML, error) {
	args := pairs(pairsOfArgs)
	pattern := c.pattern(lang, key, args)
	var b strings.Builder
	plain := func(s string) { b.WriteString(template.HTMLEscapeString(c.fill(lang, s, args))) }
	end := 0
	for _, m := range linkSlot.FindAllStringSubmatchIndex(pattern, -1) {
		address, ok := args[pattern[m[4]:m[5]]].(string)
		if u, err := url.Parse(address); !ok || err != nil || !safeSchemes[u.Scheme] {
			return "", fmt.Errorf("%s: link %s leads to %q", key, pattern[m[4]:m[5]], address)
		}
		plain(pattern[end:m[0]])
		rel := ""
		if strings.HasPrefix(address, "http") {
			rel = ` rel="noopener noreferrer"`
		}
		b.WriteString(`<a class="kern-link" href="` + template.HTMLEscapeString(address) + `"` + rel + `>`)
		plain(pattern[m[2]:m[3]])
		b.WriteString(`</a>`)
		end = m[1]
	}
	plain(pattern[end:])
	return template.HTML(b.String()), nil
}

var safeSchemes = map[string]bool{"": true, "https": true, "http": true, "mailto": true, "tel": true}

// foreignRel is on every link to another host that somebody wrote.
const foreignRel = "nofollow ugc noopener noreferrer"

// markdownPolicy is what survives of a text that people wrote.
var markdownPolicy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "ul", "ol", "li", "strong", "em", "a")
	p.AllowURLSchemes("https", "http", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile("^" + foreignRel + "$")).OnElements("a")
	return p
}()

// maxMarks is how much markup a text may have: more than a long report with a list of links needs. Of thousands of brackets, asterisks or
// lists in lists, which nobody writes to be read, each would cost the parser as much as all before it.
const maxMarks = 2000

// marks counts what may begin or end markup.
func marks(source string) (n int) {
	for i := range len(source) {
		switch source[i] {
		case '[', '*', '_', '`', '<', '>':
			n++
		case '-', '+', '.', ')': // before a space: an item of a list
			item := i+1 == len(source) || strings.IndexByte(" \t\n", source[i+1]) >= 0
			if item && (source[i] == '-' || source[i] == '+' || i > 0 && source[i-1] >= '0' && source[i-1] <= '9') {
				n++
			}
		}
	}
	return n
}

// plain is a text as one paragraph with its lines.
func plain(source string) template.HTML {
	return template.HTML("<p>" + strings.ReplaceAll(template.HTMLEscapeString(source), "\n", "<br>\n") + "</p>\n")
}

// markdown turns the text of a person or of the operator into paragraphs, lists, emphasis and links. Links to another host
// than own carry rel and, after their text, the host they lead to. A text with too much markup stays as it was written.
func markdown(source, own string) (template.HTML, error) {
	if marks(source) > maxMarks {
		return plain(source), nil
	}
	md := goldmark.New(goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(foreignLinks{own}, 100))))
	var b bytes.Buffer
	if err := md.Convert([]byte(source), &b); err != nil {
		return "", fmt.Errorf("markdown: %w", err)
	}
	return template.HTML(markdownPolicy.SanitizeBytes(b.Bytes())), nil
}

type foreignLinks struct{ own string }

// Transform marks links before they are rendered, because nothing edits the text after the sanitizer.
func (f foreignLinks) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var links []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker never fails
		if (n.Kind() == ast.KindLink || n.Kind() == ast.KindAutoLink) && entering {
			links = append(links, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range links {
		var destination []byte
		link, named := n.(*ast.Link)
		if named {
			destination = link.Destination
		} else {
			destination = n.(*ast.AutoLink).URL(reader.Source())
		}
		u, err := url.Parse(string(destination))
		if err != nil || u.Host == "" || u.Hostname() == f.own {
			continue
		}
		n.SetAttributeString("rel", []byte(foreignRel))
		if named {
			n.Parent().InsertAfter(n.Parent(), n, ast.NewString([]byte(" ("+u.Hostname()+")")))
		}
	}
}

// appLink is the address by which an app for one-time codes on the same device learns a secret, for the href of a link. Templates trust only
// addresses of the web by themselves.
func appLink(address string) template.URL { return template.URL(address) }
