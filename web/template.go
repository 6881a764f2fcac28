package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"math"
	"net/url"
	"path"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/template/parse"
	"time"
)

//go:embed templates
var templateFiles embed.FS

// templates are all pages in all languages. Names are those of the files without ".html". A page is parsed for a language when it is first
// shown in it: each takes a quarter of a megabyte, and nobody looks at all of them.
type templates struct {
	files fs.FS
	base  map[Lang]*template.Template // layout.html and parts/*.html with the functions of the language
	funcs map[Lang]template.FuncMap
	names map[reflect.Type]string // struct of the page → name
	parts map[string]bool         // blocks of the frame: no page, no part for scripts

	mu    sync.Mutex
	pages map[localized]*parsedPage
}

// parsedPage is the template of a page.
type parsedPage struct {
	*template.Template
	name string
	size atomic.Int64 // bytes of the last one that was rendered: a buffer that grows copies everything each time
}

// localized is a page in a language.
type localized struct {
	lang Lang
	name string
}

// loadTemplates parses the frame once per language. Every page is parsed once too, so that one that does not parse is an error at start.
func loadTemplates(files fs.FS, areas []area, funcs func(Lang) template.FuncMap) (*templates, error) {
	t := &templates{
		files: files, base: map[Lang]*template.Template{}, funcs: map[Lang]template.FuncMap{}, names: map[reflect.Type]string{}, parts: map[string]bool{"main": true},
		pages: map[localized]*parsedPage{},
	}
	for _, l := range Languages {
		t.funcs[l.Lang] = funcs(l.Lang)
		base, err := template.New("layout").Funcs(t.funcs[l.Lang]).ParseFS(files, "templates/layout.html", "templates/parts/*.html")
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		t.base[l.Lang] = base
	}
	for _, block := range t.base[Languages[0].Lang].Templates() {
		t.parts[block.Name()] = true
	}
	for _, a := range areas {
		for name, page := range a.pages {
			if _, err := t.parse(Languages[0].Lang, name); err != nil {
				return nil, err
			}
			t.names[reflect.TypeOf(page)] = name
		}
	}
	return t, nil
}

// page is the template of a page, a pointer to a struct of an area's table, in a language.
func (t *templates) page(lang Lang, page any) (*parsedPage, error) {
	name, ok := t.names[reflect.TypeOf(page).Elem()]
	if !ok {
		return nil, fmt.Errorf("%T is in no area's table of pages", page)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := localized{lang, name}
	if t.pages[key] == nil {
		parsed, err := t.parse(lang, name)
		if err != nil {
			return nil, err
		}
		t.pages[key] = &parsedPage{Template: parsed, name: name}
	}
	return t.pages[key], nil
}

func (t *templates) parse(lang Lang, name string) (*template.Template, error) {
	page, err := t.base[lang].Clone()
	if err != nil {
		return nil, err
	}
	if page, err = page.ParseFS(t.files, path.Join("templates", name+".html")); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	if page.Lookup("main") == nil {
		return nil, fmt.Errorf("template %s does not define main", name)
	}
	for _, block := range page.Templates() {
		if block.Tree != nil {
			settle(block.Tree.Root, t.funcs[lang])
		}
	}
	return page, nil
}

// settle makes text of what a page says the same way every time: sentences without arguments, paths and icons. There are a hundred on a
// page, and executing one takes a microsecond or two.
func settle(list *parse.ListNode, funcs template.FuncMap) {
	if list == nil {
		return
	}
	branch := func(b parse.BranchNode) {
		settle(b.List, funcs)
		settle(b.ElseList, funcs)
	}
	for i, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.IfNode:
			branch(n.BranchNode)
		case *parse.WithNode:
			branch(n.BranchNode)
		case *parse.RangeNode:
			branch(n.BranchNode)
		case *parse.ActionNode:
			if text, ok := settled(n.Pipe, funcs); ok {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(text)}
			}
		}
	}
}

// settled is what an action always says, unless that would have to be escaped.
func settled(p *parse.PipeNode, funcs template.FuncMap) (string, bool) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 2 {
		return "", false
	}
	name, called := p.Cmds[0].Args[0].(*parse.IdentifierNode)
	arg, fixed := p.Cmds[0].Args[1].(*parse.StringNode)
	if !called || !fixed {
		return "", false
	}
	switch name.Ident {
	case "icon":
		shape, err := icon(arg.Text)
		return string(shape), err == nil
	case "t":
		text := funcs["t"].(func(string, ...any) string)(arg.Text)
		return text, !strings.ContainsAny(text, "&<>\"'`=+\x00")
	case "href":
		to := funcs["href"].(func(string) string)(arg.Text)
		return to, (&url.URL{Path: to}).String() == to && !strings.ContainsAny(to, "&'=+")
	}
	return "", false
}

// render writes a page, or only one part of it, into a buffer.
func (t *templates) render(lang Lang, page any, part string) (*bytes.Buffer, error) {
	tmpl, err := t.page(lang, page)
	if err != nil {
		return nil, err
	}
	block := "layout.html"
	if _, ok := page.(bare); ok {
		block = "bare"
	}
	if part != "" {
		block = part
	}
	b := bytes.NewBuffer(make([]byte, 0, tmpl.size.Load()))
	if err := tmpl.ExecuteTemplate(b, block, page); err != nil {
		return nil, fmt.Errorf("render %s: %w", tmpl.name, err)
	}
	tmpl.size.Store(int64(b.Len()))
	return b, nil
}

// hasPart says whether the file of the page defines a block of that name: scripts may ask for it.
func (t *templates) hasPart(lang Lang, page any, part string) bool {
	tmpl, err := t.page(lang, page)
	return err == nil && !t.parts[part] && tmpl.Lookup(part) != nil && tmpl.Lookup(part).Tree != nil
}

// funcs are the functions of all templates, bound to one language.
func (s *Server) funcs(lang Lang) template.FuncMap {
	l := languageOf(lang)
	f := format{words: s.words, lang: lang, zone: s.zone}
	funcs := template.FuncMap{
		"t":        func(key string, args ...any) string { return s.words.T(lang, key, argsOf(args)) },
		"tin":      func(lang Lang, key string) string { return s.words.T(lang, key, nil) },
		"say":      func(w Words) string { return s.words.Say(lang, w) },
		"label":    func(l Link) string { return labelOf(s.words, lang, l) },
		"code":     f.code,
		"href":     func(path string) string { return l.To(path) },
		"asset":    s.assets.path,
		"webcal":   func(path string) any { return webcal(s.base.Host + l.To(path)) },
		"day":      f.day,
		"dayShort": f.dayShort,
		"monthOf":  f.monthOf,
		"iso":      f.iso,
		"clock":    f.clock,
		"span":     f.span,
		"ago":      func(then, now time.Time) string { return f.ago(then, now) },
		"km":       f.km,
		"count":    f.count,
		"hours":    f.hours,
		"money":    f.money,
		"list":     f.list,
		"number":   func(n int) string { return s.words.number(lang, n) },
		"add":      func(a, b int) int { return a + b },
		"site":     s.origins.name,
		"siteFull": s.origins.full,
		"unit":     func(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) },
	}
	maps.Copy(funcs, markupFuncs(s.words, lang, s.base.Hostname()))
	return funcs
}

// argsOf are the arguments of a sentence in a template: pairs of name and value, or one map.
func argsOf(args []any) map[string]any {
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok {
			return m
		}
	}
	return pairs(args)
}

func labelOf(c Catalogue, lang Lang, l Link) string {
	if l.Key == "" {
		return l.Text
	}
	return c.Say(lang, l.Words)
}
