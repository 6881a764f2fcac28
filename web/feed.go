package web

import (
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// feedHits is how many entries a feed has.
const feedHits = 50

// Feeds are the ways to learn what is new on a page without looking at it. Paths are empty if there is no such way.
type Feeds struct {
	Calendar, Atom string
	Mail           string // path of the form that asks for mails
}

// JSON is the path of the feed as JSON Feed.
func (f Feeds) JSON() string { return jsonPath(f.Atom) }

// atomFeed is a feed as RFC 4287 wants it.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Updated    string         `xml:"updated"`
	Published  string         `xml:"published,omitempty"`
	Author     string         `xml:"author>name"`
	Link       atomLink       `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary,omitempty"`
	Content    *atomContent
}

// atomContent is the whole text as HTML.
type atomContent struct {
	XMLName xml.Name `xml:"content"`
	Type    string   `xml:"type,attr"`
	HTML    string   `xml:",chardata"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr"`
}

// searchFeed is a search as a feed, newest first.
func (s *Server) searchFeed(w *Response, r *Request) error {
	a := s.askSearch(r)
	if err := a.err(); err != nil {
		return err
	}
	a.search.Order, a.search.After, a.search.Limit, a.search.Exact = engagement.Newest, "", feedHits, true
	all, err := s.find(r, a)
	if err != nil {
		return err
	}
	return s.feed(w, r, r.T("search.calendar.name", "site", s.instance.Load().Name), a.path("/angebote.atom"), a.path("/angebote"), all.List)
}

// feed writes opportunities as a feed, which has a path of its own beside that of the page.
func (s *Server) feed(w *Response, r *Request, title, self, page string, hits []store.Hit) error {
	feed, updated := r.newFeed(title, self, page), s.instance.Load().Updated
	for _, h := range hits {
		feed.Entries = append(feed.Entries, r.feedEntry(h))
		updated = later(updated, h.VersionTime())
	}
	return w.feed(feed, updated)
}

// newFeed is a feed without entries; paths of itself, in Atom, and of the page with the same.
func (r *Request) newFeed(title, self, page string) atomFeed {
	return atomFeed{
		Lang: r.Language.HTML, ID: r.Absolute(page), Title: clean(title, false), Author: r.server.instance.Load().Name,
		Links: []atomLink{{"self", "application/atom+xml", r.Absolute(self)}, {"alternate", "text/html", r.Absolute(page)}},
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// organizationFeed are the opportunities and the news of an organization, the newest first.
func (s *Server) organizationFeed(w *Response, r *Request) error {
	var feed atomFeed
	updated := s.instance.Load().Updated
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		o, err := seeOrganization(tx, r)
		if err != nil {
			return err
		}
		feed = r.newFeed(o.Name, organizationFeeds(o).Atom, organizationPage(o))
		feed.Author = clean(o.Name, false)
		hits, err := tx.Search(engagement.Search{Organization: o.ID, Order: engagement.Newest, Limit: feedHits}, store.Viewer{})
		if err != nil {
			return err
		}
		for _, h := range hits.List {
			feed.Entries, updated = append(feed.Entries, r.feedEntry(h)), later(updated, h.VersionTime())
		}
		news, err := tx.AnnouncementsOf(o.ID, time.Time{}, feedHits)
		if err != nil {
			return err
		}
		for _, n := range news {
			e, err := r.newsEntry(n, o)
			if err != nil {
				return err
			}
			feed.Entries, updated = append(feed.Entries, e), later(updated, later(n.Published, n.Updated))
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(feed.Entries, func(a, b atomEntry) int { return strings.Compare(b.Published, a.Published) })
	feed.Entries = feed.Entries[:min(len(feed.Entries), feedHits)]
	return w.feed(feed, updated)
}

// organizationFeeds are the ways to learn what is new of an organization of this site.
func organizationFeeds(o engagement.Organization) Feeds {
	path := "/organisationen/" + o.Code
	return Feeds{Calendar: path + ".ics", Atom: path + atomSuffix}
}

func (w *Response) atom(feed atomFeed, updated time.Time) error {
	feed.Updated = feedTime(updated)
	text, err := xml.Marshal(feed)
	if err != nil {
		return err
	}
	return w.File("application/atom+xml; charset=utf-8", "", append([]byte(xml.Header), text...))
}

// newsFeed are all news as a feed, with their texts.
func (s *Server) newsFeed(w *Response, r *Request) error {
	site := s.instance.Load()
	feed := r.newFeed(r.T("news.feed.name", "site", site.Name), "/neuigkeiten.atom", "/neuigkeiten")
	updated := site.Updated
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		news, err := tx.Announcements(time.Time{}, "", feedHits)
		if err != nil {
			return err
		}
		ids := make([]engagement.ID, len(news))
		for i, n := range news {
			ids[i] = n.Organization
		}
		orgs, err := tx.OrganizationsByID(ids)
		if err != nil {
			return err
		}
		feed.Entries = nil
		for _, n := range news {
			e, err := r.newsEntry(n, orgs[n.Organization])
			if err != nil {
				return err
			}
			feed.Entries = append(feed.Entries, e)
			updated = later(updated, later(n.Published, n.Updated))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.feed(feed, updated)
}

func (r *Request) newsEntry(n engagement.Announcement, org engagement.Organization) (atomEntry, error) {
	title, _ := titleOf(n)
	e := atomEntry{
		ID: n.IRI, Title: clean(title, false), Updated: feedTime(n.Updated), Published: feedTime(n.Published),
		Author: clean(org.Name, false), Link: atomLink{"alternate", "text/html", r.Absolute(announcementPath(n))}, Summary: clean(n.Teaser, false),
	}
	if n.Local() {
		e.ID = r.server.wireID(store.NounAnnouncement, n.ID)
	}
	if e.ID == "" {
		e.ID = "urn:uuid:" + string(n.ID)
	}
	if e.Updated == "" {
		e.Updated = e.Published
	}
	if !n.Local() {
		e.Content = &atomContent{Type: "text", HTML: clean(n.Text, true)}
		return e, nil
	}
	html, err := markdown(n.Text, r.server.base.Hostname())
	e.Content = &atomContent{Type: "html", HTML: string(html)}
	return e, err
}

func (r *Request) feedEntry(h store.Hit) atomEntry {
	f := r.format()
	e := atomEntry{
		ID: "urn:uuid:" + string(h.ID), Title: clean(h.Title, false), Updated: feedTime(h.VersionTime()), Published: feedTime(h.Published),
		Author: clean(h.Organizer.Name, false), Link: atomLink{"alternate", "text/html", r.Absolute(opportunityPath(h.Opportunity))}, Summary: clean(h.Summary, false),
	}
	if !h.Local() {
		e.ID = h.IRI
	}
	if e.Summary == "" {
		e.Summary = shorten(clean(h.Description, false), noticeText)
	}
	for _, c := range h.Areas {
		e.Categories = append(e.Categories, atomCategory{string(c), f.code("area", c)})
	}
	return e
}

func feedTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// sitemap lists our own public pages for search engines.
func (s *Server) sitemap(w *Response, r *Request) error {
	type address struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod,omitempty"`
	}
	var list struct {
		XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []address `xml:"url"`
	}
	add := func(path string, changed time.Time) {
		list.URLs = append(list.URLs, address{s.base.String() + path, feedTime(changed)})
	}
	for _, path := range []string{"/", "/angebote", "/organisationen", "/neuigkeiten", "/ich-biete", "/orte", "/themen", "/termine"} {
		add(path, time.Time{})
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		opportunities, err := tx.OpportunitiesChanged(true, time.Time{}, "", sitemapSize)
		if err != nil {
			return err
		}
		for _, o := range opportunities {
			if o.State != engagement.Expired {
				add(opportunityPath(o.Opportunity), o.Changed)
			}
		}
		organizations, err := tx.Organizations(store.Directory{OnlyHere: true, Limit: sitemapSize})
		if err != nil {
			return err
		}
		for _, o := range organizations {
			add(organizationPage(o), o.Updated)
		}
		offers, err := tx.OpenHelpOffers(helpOffersRead)
		if err != nil {
			return err
		}
		for _, h := range offers {
			if h.Local() && h.Visibility == "offen" {
				add(helpOfferPath(h), h.VersionTime())
			}
		}
		boards, err := tx.Boards()
		if err != nil {
			return err
		}
		for _, b := range boards {
			add(boardPath(b), b.Updated)
		}
		occasions, _, err := tx.Occasions(store.OccasionSearch{From: r.Now, OnlyHere: true, Limit: sitemapSize})
		if err != nil {
			return err
		}
		for _, o := range occasions {
			add(occasionPath(o), o.VersionTime())
		}
		news, err := tx.Announcements(time.Time{}, "", sitemapSize)
		for _, n := range news {
			if n.Local() {
				add(announcementPath(n), n.Published)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	text, err := xml.Marshal(list)
	if err != nil {
		return err
	}
	return w.File("application/xml; charset=utf-8", "", append([]byte(xml.Header), text...))
}

// sitemapSize is how many of each noun are listed, the newest first.
const sitemapSize = 5000
