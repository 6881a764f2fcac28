package web

import (
	"html"
	"net/url"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// embedArea is the list of opportunities as a frame for web sites of clubs and municipalities, and how to put it there. The frame is the only
// page that others may show. It has no script, no form and no cookie, so that nobody can be led to click on something they do not see.
var embedArea = area{
	name:   "embed",
	simple: true,
	pages:  map[string]any{"embed": embedPage{}, "embed-help": embedHelpPage{}},
	routes: []route{
		{path: embedded, get: whenPublic((*Server).embed), limit: searches, open: true},
		{path: embedHelp, get: whenPublic((*Server).embedHelp), limit: searches},
	},
}

const (
	embedHelp = "/einbetten"
	embedded  = "/einbetten/angebote"
)

// embedField narrows the list to one organization.
var embedField = Field{Name: "organisation", Kind: Hidden, Max: 8}

// embedHits is how many opportunities the frame shows.
const embedHits = 20

// embedCache is how long others may keep the frame.
const embedCache = "public, max-age=300"

type embedPage struct {
	Page
	Count Words
	Cards []Card
	All   string // path of everything
}

func (*embedPage) bare() {}

// embeds is a search for the frame: everything a search can ask, or what one organization has.
type embeds struct {
	asked
	organization engagement.Organization // zero: of all
}

func (s *Server) askEmbed(tx *store.Tx, r *Request) (e embeds, err error) {
	e.asked = s.askSearch(r, embedField)
	if code := e.form.Text("organisation"); code != "" {
		if e.organization, err = tx.OrganizationByCode(code); err != nil {
			return e, err
		}
		if o := e.organization; !o.Local() || o.State != engagement.OrganizationActive {
			return e, engagement.ErrNotFound
		}
		e.search.Organization = e.organization.ID
	}
	return e, e.err()
}

// all is the page with everything that the list is about.
func (e embeds) all() string {
	if e.organization.ID != "" {
		return organizationPage(e.organization)
	}
	return e.path("/angebote", "organisation", "")
}

func (r *Request) embedTitle(e embeds) string {
	if e.organization.ID != "" {
		return r.T("embed.of", "x", e.organization.Name)
	}
	return r.T("embed.of", "x", r.server.instance.Load().Name)
}

// embed shows the frame.
func (s *Server) embed(w *Response, r *Request) error {
	var e embeds
	page := &embedPage{}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if e, err = s.askEmbed(tx, r); err != nil {
			return err
		}
		e.search.After, e.search.Limit = "", embedHits
		if e.search.Order == engagement.Fitting {
			e.search.Order = engagement.Nearest
		}
		hits, err := tx.Search(e.search, store.Viewer{})
		page.Count, page.Cards = e.count(hits.Total), nil
		for _, h := range hits.List {
			page.Cards = append(page.Cards, r.card(h))
		}
		return err
	})
	if err != nil {
		return err
	}
	page.Title, page.All = r.embedTitle(e), e.all()
	page.NoIndex = true
	w.frameable(embedders(s.instance.Load().Embedders, e.organization))
	return w.Page(page)
}

// frameable lets pages of these origins show this one. Nothing runs on it, and nothing is sent from it.
func (w *Response) frameable(origins []string) {
	policy := w.header.Get("Content-Security-Policy")
	for _, change := range [][2]string{{"script-src 'self'", "script-src 'none'"}, {"form-action 'self'", "form-action 'none'"}} {
		policy = strings.Replace(policy, change[0], change[1], 1)
	}
	if len(origins) > 0 {
		policy = strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors "+strings.Join(origins, " "), 1)
		w.header.Del("X-Frame-Options") // which knows no list
	}
	w.header.Set("Content-Security-Policy", policy)
	w.header.Set("Cache-Control", embedCache)
}

// embedders are the origins that may show the frame: those that the operator lists, and the web site of an organization for its own list.
func embedders(listed []string, o engagement.Organization) []string {
	if slices.Contains(listed, "*") {
		return []string{"*"}
	}
	all := slices.Clone(listed)
	if u, err := url.Parse(o.Web); err == nil && u.Scheme == "https" {
		host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
		for _, origin := range []string{"https://" + host, "https://www." + host} {
			if engagement.Origin(origin) && !slices.Contains(all, origin) {
				all = append(all, origin)
			}
		}
	}
	return all
}

// embedHelpPage is the text to be copied into another web site.
type embedHelpPage struct {
	Page
	Of      string // organization
	Count   Words
	Frame   string // path
	HTML    string
	Origins []string // who may show it; none: nobody yet
	Any     bool     // everybody may
}

// embedHelp shows how a list comes onto another web site.
func (s *Server) embedHelp(w *Response, r *Request) error {
	page := &embedHelpPage{Page: r.Page("embed.help.title")}
	var e embeds
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if e, err = s.askEmbed(tx, r); err != nil {
			return err
		}
		e.search.Limit = 1
		hits, err := tx.Search(e.search, store.Viewer{})
		page.Count = e.count(hits.Total)
		return err
	})
	if err != nil {
		return err
	}
	page.Of, page.Frame = e.organization.Name, e.path(embedded)
	page.HTML = `<iframe src="` + html.EscapeString(r.Absolute(page.Frame)) + `" title="` + html.EscapeString(r.embedTitle(e)) + `" width="100%" height="600" loading="lazy"></iframe>`
	page.Origins = embedders(s.instance.Load().Embedders, e.organization)
	page.Any = slices.Equal(page.Origins, []string{"*"})
	page.Feeds = Feeds{Calendar: e.path("/angebote.ics", "organisation", ""), Atom: e.path("/angebote.atom", "organisation", "")}
	page.Crumbs = []Link{{Path: e.all(), Words: say("nav.search")}}
	if e.organization.ID != "" {
		page.Feeds, page.Crumbs = organizationFeeds(e.organization), []Link{{Path: e.all(), Text: e.organization.Name}}
	}
	page.NoIndex = true
	return w.Page(page)
}
