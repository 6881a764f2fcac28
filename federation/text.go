package federation

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	htmlrenderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	nethtml "golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
)

// sentHTML is all that may stand in a content of ours.
var sentHTML = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "ul", "ol", "li")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^nofollow noopener$`)).OnElements("a")
	p.AllowURLSchemes("https")
	p.RequireParseableURLs(true)
	return p
}()

// markdownParser knows paragraphs, lists, emphasis and links; every other mark stays the character it is.
var markdownParser = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(parser.NewEmphasisParser(), 500),
	),
)

var markdownRenderer = renderer.NewRenderer(renderer.WithNodeRenderers(
	util.Prioritized(htmlrenderer.NewRenderer(htmlrenderer.WithHardWraps()), 1000)))

// markdownHTML is the HTML of a text that somebody of this instance wrote.
func markdownHTML(source string) string {
	src := []byte(source)
	tree := markdownParser.Parse(text.NewReader(src))
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		var to []byte
		switch n := n.(type) {
		case *ast.Link:
			to = n.Destination
		case *ast.AutoLink:
			to = n.URL(src)
		}
		if bytes.HasPrefix(to, []byte("https://")) { // the policy removes every other link and leaves its text
			n.SetAttributeString("rel", []byte("nofollow noopener"))
		}
		return ast.WalkContinue, nil
	})
	var b bytes.Buffer
	if err := markdownRenderer.Render(&b, src, tree); err != nil { // a buffer takes everything
		return ""
	}
	return strings.ReplaceAll(strings.TrimSpace(sentHTML.Sanitize(b.String())), "\n", "")
}

// plainHTML is the HTML of a plain text: paragraphs are separated by blank lines.
func plainHTML(plain string) string {
	var b strings.Builder
	for _, p := range strings.Split(strings.ReplaceAll(plain, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}

// link is an HTML link of ours; rel says what it is.
func link(address, rel, label string) string {
	return `<a href="` + html.EscapeString(address) + `" rel="` + rel + `">` + html.EscapeString(label) + `</a>`
}

// readHTML is what of the HTML of others is looked at; the content of scripts, styles and frames is dropped with them.
var readHTML = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "ul", "ol", "li", "div", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http")
	p.RequireParseableURLs(true)
	return p
}()

// plainText turns the HTML of others into plain text: paragraphs separated by a blank line, list items as lines that begin with
// "- ", links followed by their address unless they show it. The addresses of all links are returned too.
func plainText(source string) (plain string, links []string) {
	w := &textWriter{}
	z := nethtml.NewTokenizer(strings.NewReader(readHTML.Sanitize(source)))
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return cleanText(w.text.String()), w.links
		case nethtml.TextToken:
			w.words(string(z.Text()))
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			name, _ := z.TagName()
			w.open(string(name), z)
		case nethtml.EndTagToken:
			name, _ := z.TagName()
			w.close(string(name))
		}
	}
}

// textWriter collects the text of an HTML document.
type textWriter struct {
	text  strings.Builder
	links []string
	href  string // of the link we are in
	from  int    // where the text of that link begins
}

func (w *textWriter) words(s string) {
	if s == "" {
		return
	}
	words := strings.Join(strings.Fields(s), " ")
	if first, _ := utf8.DecodeRuneInString(s); unicode.IsSpace(first) && w.text.Len() > 0 && !strings.HasSuffix(w.text.String(), "\n") {
		w.text.WriteByte(' ')
	}
	w.text.WriteString(words)
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsSpace(last) && words != "" {
		w.text.WriteByte(' ')
	}
}

func (w *textWriter) open(name string, z *nethtml.Tokenizer) {
	switch name {
	case "br":
		w.text.WriteByte('\n')
	case "li":
		w.text.WriteString("\n- ")
	case "a":
		w.href, w.from = "", w.text.Len()
		for more := true; more; {
			var key, value []byte
			key, value, more = z.TagAttr()
			if string(key) == "href" {
				w.href = string(value)
			}
		}
	default:
		w.text.WriteString("\n\n")
	}
}

func (w *textWriter) close(name string) {
	switch name {
	case "li", "br":
	case "a":
		if w.href == "" {
			return
		}
		w.links = append(w.links, w.href)
		_, bare, _ := strings.Cut(strings.TrimSuffix(w.href, "/"), "://")
		shown := strings.TrimSpace(w.text.String()[w.from:])
		if !strings.HasPrefix(shown, "@") && !strings.HasPrefix(shown, "#") && !strings.Contains(shown, bare) {
			w.text.WriteString(" (" + w.href + ")")
		}
		w.href = ""
	default:
		w.text.WriteString("\n\n")
	}
}

// cleanText brings plain text of others into the form in which it is stored: Unicode NFC, no control and no invisible characters
// (so that nothing can turn the direction of what stands around it), no blanks at line ends, at most one blank line in a row.
func cleanText(s string) string {
	s = norm.NFC.String(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\u200c', r == '\u200d', r == '\u00ad': // line feed; joiners that scripts and emoji need; soft hyphen
			return r
		case r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s))
	lines := strings.Split(s, "\n")
	out := lines[:0]
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// cleanLine is cleanText in one line.
func cleanLine(s string) string { return strings.Join(strings.Fields(cleanText(s)), " ") }

// characters is the length of a text as its limits count it.
func characters(s string) int { return utf8.RuneCountInString(s) }
