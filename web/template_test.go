package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"golang.org/x/net/html"

	"seestern/web"
	"seestern/web/webtest"
)

// sentences finds words in a template that are no action: in text, and in attributes that people see or hear.
func sentences(source string) []string {
	source = attributeBlock.ReplaceAllString(source, "")
	var found []string
	z := html.NewTokenizer(strings.NewReader(action.ReplaceAllString(source, "")))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return found
		case html.TextToken:
			if text := strings.TrimSpace(html.UnescapeString(string(z.Raw()))); strings.ContainsFunc(text, unicode.IsLetter) {
				found = append(found, text)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			for _, a := range token.Attr {
				seen := slices.Contains([]string{"alt", "title", "aria-label", "placeholder"}, a.Key) || a.Key == "value" && token.Data == "button"
				if seen && strings.ContainsFunc(a.Val, unicode.IsLetter) {
					found = append(found, a.Val)
				}
			}
		}
	}
}

var (
	action = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	// Blocks named …-attributes stand inside of a tag.
	attributeBlock = regexp.MustCompile(`\{\{define "[a-z-]+-attributes"\}\}.*`)
)

func TestTemplatesContainNoSentence(t *testing.T) {
	for _, file := range templateFiles(t) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sentences(string(source)) {
			t.Errorf("%s says %q; sentences live in the locale files", file, s)
		}
	}
	for name, planted := range map[string]string{"in text": `<p>{{.X}} Hallo</p>`, "in an attribute": `<img alt="Ein Bild">`} {
		t.Run("and one planted "+name+" is found", func(t *testing.T) {
			if len(sentences(planted)) != 1 {
				t.Errorf("found %q", sentences(planted))
			}
		})
	}
}

// INP-21, HTML
func TestOnlyMarkupMakesHTML(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	unsafe := regexp.MustCompile(`template\.(HTML|HTMLAttr|JS|JSStr|CSS|URL|Srcset)\b`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if made := unsafe.FindAllString(string(source), -1); len(made) > 0 && file != "markup.go" && file != "template_test.go" {
			t.Errorf("%s uses %q", file, made)
		} else if file == "markup.go" && len(made) == 0 {
			t.Error("markup.go makes no HTML: the pattern of this test is wrong")
		}
	}
}

// TestTemplatesShowNoForeignMedia: there are no pictures but the drawn ones of the site, so nothing that others publish can load any
// (federation keeps none either: TestMediaOfOthersAreNotLoaded).
func TestTemplatesShowNoForeignMedia(t *testing.T) {
	files, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := filepath.Glob("templates/parts/*.html")
	if err != nil {
		t.Fatal(err)
	}
	media := regexp.MustCompile(`(?i)<(img|picture|source|video|audio|iframe|object|embed|image|use)\b|\bsrcset=|\bposter=`)
	for _, name := range append(files, parts...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := media.FindString(strings.ReplaceAll(string(text), `<img src="/bilder/`, "")); found != "" {
			t.Errorf("%s has %q", name, found)
		}
	}
	for _, text := range []string{"![Bild](https://media.test/x.png)", "<img src=https://media.test/x.png>", "[![Bild](https://media.test/x.png)](https://good.test)"} {
		if shown, err := web.Markdown(text, "seestern.example"); err != nil || media.MatchString(shown) {
			t.Errorf("%q becomes %s, %v", text, shown, err)
		}
	}
}

func TestEveryTemplateBelongsToAPage(t *testing.T) {
	known := map[string]bool{"layout": true, "mail": true, "file": true, "mailbox": true} // the mailbox of the demo is no page of the site
	for _, a := range web.Areas() {
		for _, name := range a.Pages {
			known[name] = true
		}
	}
	files, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".html"); !known[name] {
			t.Errorf("%s is the template of no page in an area's table", file)
		}
	}
}

func TestNoPageHidesWhatTheFrameShows(t *testing.T) {
	for _, hidden := range web.PagesThatHideTheFrame() {
		t.Error(hidden)
	}
}

func TestEveryPageIsWellFormed(t *testing.T) {
	r := web.NewRenderer(t)
	for _, name := range r.Names() {
		for _, l := range web.Languages {
			t.Run(name+" with zero values in "+string(l.Lang), func(t *testing.T) {
				for _, p := range webtest.Parse(t, r.Zero(t, name, l)).Problems() {
					if p != "title or h1 is empty" { // there is nothing yet to put in
						t.Error(p)
					}
				}
			})
			t.Run(name+" with full values in "+string(l.Lang), func(t *testing.T) {
				page := webtest.Parse(t, r.Full(t, name, l, formFields(t, name)))
				for _, p := range page.Problems() {
					t.Error(p)
				}
				if got := webtest.Attr(page.One("html"), "lang"); got != l.HTML {
					t.Errorf("lang is %q, want %q", got, l.HTML)
				}
			})
		}
	}
}

func TestWhatATemplateAlwaysSaysIsEscaped(t *testing.T) {
	s := start(t)
	page := s.Get("/en/").Want(200)
	if want := `<p title="Sports &amp; &lt;games&gt; &#34;in the yard&#34;">Sports &amp; &lt;games&gt; &#34;in the yard&#34;</p>`; !strings.Contains(page.Body, want) {
		t.Errorf("not there: %s", want)
	}
	if to := webtest.Attr(page.One(".s-actions a"), "href"); to != "/en/muster/frage" || !page.Has("dt svg") || !slices.Contains(page.Texts("dt"), "When") {
		t.Errorf("link to %q, terms %q", to, page.Texts("dt"))
	}
}

// formFields are the names that a template asks its form for; "*" stands for all in order.
func formFields(t *testing.T, name string) []string {
	t.Helper()
	var names []string
	file := "templates/" + name + ".html"
	if _, err := os.Stat(file); err != nil {
		file = "testdata/" + file
	}
	for _, tree := range parseTemplate(t, file) {
		walk(tree.Root, func(n parse.Node) {
			if part, ok := n.(*parse.TemplateNode); ok && part.Name == "fields" {
				names = append(names, "*")
			}
			c, ok := n.(*parse.CommandNode)
			if !ok || len(c.Args) != 2 || !strings.HasSuffix(c.Args[0].String(), ".Field") {
				return
			}
			if s, ok := c.Args[1].(*parse.StringNode); ok && !slices.Contains(names, s.Text) {
				names = append(names, s.Text)
			}
		})
	}
	return names
}
