package web

import (
	"time"

	"seestern/engagement"
)

// Page is what every page has. Each page struct embeds it; the handler sets the first part, [Response.Page] the second.
type Page struct {
	Title     string       // of this page alone; "Fehler: " and the name of the site are added
	Crumbs    []Link       // from the home page to the page above this one; empty: none are shown
	Errors    []FieldError // in field order; those of the request's form are taken over
	Wide      bool         // the page uses the full width: lists with filters, tables, dashboards
	Canonical string       // copies of partner content: address of the original; such a page is not indexed
	NoIndex   bool         // search engines stay away; set for all pages that are not public
	Feeds     Feeds        // where programs read what is new on it
	Linked    string       // path of the same in the words of schema.org
	WireID    string       // address by which other servers know what the page shows to everybody, see [Server.wireID]

	Style    string // path of the style sheet of the theme; empty: it is the usual one
	Lang     Language
	Path     string              // without the language prefix
	Query    string              // with "?", or empty; the language switch keeps it
	Base     string              // "https://host", for addresses on paper and canonical links
	Site     engagement.Instance // this instance; zero on error pages before the first one was read
	Viewer   Viewer
	Nav      []Link
	Areas    []Link // private and staff areas of the viewer
	Footer   []LinkGroup
	Now      time.Time
	Easy     bool // the page is in simple language
	Versions []Version

	request *Request
	theme   *engagement.Theme // that the page wears instead of the one of the site
}

func (p *Page) frame() *Page { return p }

// pager is a pointer to a struct that embeds Page.
type pager interface{ frame() *Page }

// bare is a page with nothing around it, on which no script runs: a screen, or a frame on another site.
type bare interface{ bare() }

// Once is the value of the hidden field "once" of a form that is posted to path. It protects against other sites and double
// clicks. A page that calls it is private: nobody else may get the same value from a cache.
func (p *Page) Once(path string) string {
	if p.request == nil {
		return ""
	}
	return p.request.once(path)
}

// Viewer is who looks at the page. The zero value is a visitor.
type Viewer struct {
	SignedIn bool
	Helper   string // who acts for the person, by name; empty: they do themselves
	Name     string
	Actor    engagement.Actor
	Theme    string // "light", "dark" or "": as the system says
	Unread   int
}

// Link leads to a path of this site. It is named by a locale key, or by the Text that somebody wrote.
type Link struct {
	Path string // without language prefix
	Words
	Text    string
	Current bool // the page itself
}

// LinkGroup is a column of the footer.
type LinkGroup struct {
	Key   string
	Links []Link
}

// Version is the same page in another language.
type Version struct {
	Language
	Path string // with prefix and query
}

// FieldError is shown in the summary and at the field. ID is the id of the control to go to; empty: the form as a whole.
type FieldError struct {
	ID    string
	Label Words // of the field: the summary names it, because "Bitte wählen Sie eine Antwort." fits many; no key: it is not named
	Words
}

// Pages leads through a long list. Empty paths are not shown.
type Pages struct {
	Prev, Next string // path and query
	Part       string // id of the part that a script swaps; empty: whole pages
}

// Answer is one row of a summary list: what was asked, what was answered, where to change it.
type Answer struct {
	Key    string // locale key of the question
	Args   map[string]any
	Values []string // as text; none: "keine Angabe"
	Change string   // path of the page with the question; empty: cannot be changed
}

// Action is a form that is only a button.
type Action struct {
	Path    string // posted to
	Key     string // locale key on the button
	Args    map[string]any
	Style   string        // "primary", "secondary" (default) or "tertiary"
	Sure    string        // locale key of a sentence that stands before the button, which is shown on demand: what cannot be undone
	Hidden  []HiddenField // further fields
	request *Request
}

// Once is the value of its hidden field, see [Page.Once].
func (a Action) Once() string {
	if a.request == nil {
		return ""
	}
	return a.request.once(a.Path)
}

// area is what one file of pages adds to the program.
type area struct {
	name   string         // of its Go file, its locale files and the first part of its template names
	simple bool           // public, legal and account pages: every word exists in simple language
	pages  map[string]any // template name → zero value of its struct
	routes []route
}
