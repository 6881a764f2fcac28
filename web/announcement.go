package web

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// announcementArea are the news of organizations.
var announcementArea = area{
	name:   "announcement",
	simple: true,
	pages:  map[string]any{"announcement-list": NewsPage{}, "announcement": AnnouncementPage{}},
	routes: []route{
		{path: "/neuigkeiten", get: whenPublic((*Server).news)},
		{path: "/neuigkeiten.atom", get: whenPublic((*Server).newsFeed)},
		{path: "/neuigkeiten.json", get: whenPublic((*Server).newsFeed)},
		{path: "/neuigkeiten/" + codeVar, get: whenPublic((*Server).announcement)},
		{path: "/neuigkeiten/" + codeVar + "-{slug}", get: whenPublic((*Server).announcement)},
	},
}

// NewsPage is the list of all news, newest first.
type NewsPage struct {
	Page
	News      []NewsItem
	Elsewhere []Outside // on the first page
	Pages     Pages
}

// Outside is a link to what a followed actor on another server wrote.
type Outside struct {
	engagement.FollowedPost
	Who  string
	Host string
}

// NewsItem is a piece of news in a list.
type NewsItem struct {
	Path         string
	Title        string // of the long form, else its first words
	Text         string // its teaser, or what follows; empty: nothing
	Urgent       bool   // until an end that has not come
	Organization string
	Origin       string // host; empty: this instance
	Published    time.Time
}

// AnnouncementPage is one piece of news with the replies that a moderator released.
type AnnouncementPage struct {
	Page
	Teaser       string    // of the long form
	Text         string    // Markdown
	Paragraphs   []string  // instead of it, of a copy
	Origin       string    // host; empty: this instance
	Source       string    // page at the origin
	Until        time.Time // last day of an urgent call that goes on; zero: none
	Organization Link
	Published    time.Time
	Updated      time.Time
	Handle       string // @name@host of the organization
	Replies      []PublicReply
	Likes        int
	Shares       int
	Report       string
}

// PublicReply is what somebody on another server wrote, quoted as plain text.
type PublicReply struct {
	Who        string
	Paragraphs []string
	At         time.Time
	Report     string
}

// Lengths of the title and of the text of a piece of news in a list, in characters.
const (
	newsTitle = 80
	newsText  = 200
	outsides  = 10 // links to what followed actors wrote
)

// news shows the list. The parameter "vor" is the time of the last one of the page before, in milliseconds.
func (s *Server) news(w *Response, r *Request) error {
	var before time.Time
	if ms, err := strconv.ParseInt(r.URL.Query().Get("vor"), 10, 64); err == nil && ms > 0 {
		before = time.UnixMilli(ms)
	}
	page := &NewsPage{Page: r.Page("news.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if page.News, err = newsItems(tx, r, before, pageSize+1); err == nil && before.IsZero() {
			page.Elsewhere, err = outside(tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(page.News) > pageSize {
		page.News = page.News[:pageSize]
		page.Pages.Next = "/neuigkeiten?vor=" + strconv.FormatInt(page.News[pageSize-1].Published.UnixMilli(), 10)
	}
	page.NoIndex, page.Feeds = !before.IsZero(), Feeds{Atom: "/neuigkeiten.atom"}
	return w.Page(page)
}

// outside are the newest links to what followed actors wrote.
func outside(tx *store.Tx) (links []Outside, err error) {
	all, err := tx.AllFollowed()
	for _, f := range all {
		for _, p := range f.Posts {
			if !p.Hidden {
				links = append(links, Outside{p, cmp.Or(f.Name, f.Handle), f.Host})
			}
		}
	}
	slices.SortStableFunc(links, func(a, b Outside) int { return engagement.ByNewest(a.FollowedPost, b.FollowedPost) })
	return links[:min(len(links), outsides)], err
}

// newsItems are the news published before a time (zero: now), newest first.
func newsItems(tx *store.Tx, r *Request, before time.Time, limit int) ([]NewsItem, error) {
	all, err := tx.Announcements(before, "", limit)
	if err != nil {
		return nil, err
	}
	return newsList(tx, r, all)
}

// newsList are pieces of news with the names of their organizations.
func newsList(tx *store.Tx, r *Request, all []engagement.Announcement) ([]NewsItem, error) {
	ids := make([]engagement.ID, len(all))
	for i, n := range all {
		ids[i] = n.Organization
	}
	orgs, err := tx.OrganizationsByID(ids)
	items := make([]NewsItem, len(all))
	for i, n := range all {
		items[i] = newsItem(n, orgs[n.Organization], r.Now)
	}
	return items, err
}

func newsItem(n engagement.Announcement, org engagement.Organization, now time.Time) NewsItem {
	title, rest := titleOf(n)
	return NewsItem{Path: announcementPath(n), Title: title, Text: shorten(rest, newsText), Urgent: n.Urgent(now), Organization: org.Name, Origin: n.Origin, Published: n.Published}
}

// titleOf are title and teaser of the long form; the short one begins with its title.
func titleOf(n engagement.Announcement) (title, rest string) {
	if n.Long {
		return n.Title, n.Teaser
	}
	return headline(n.Text)
}

// sentenceEnd is where a sentence ends and another begins. "Am 1. Mai" and "der Leseinsel e. V." go on.
var sentenceEnd = regexp.MustCompile(`[^\s.]{3,}[.!?]( )\p{Lu}`)

// headline takes the first line as title, or its first sentence, without marks of Markdown; a long one is cut and stands in
// the text again.
func headline(text string) (title, rest string) {
	text = strings.NewReplacer("*", "", "_", "", "#", "").Replace(strings.TrimSpace(text))
	title, rest, _ = strings.Cut(text, "\n")
	if at := sentenceEnd.FindStringSubmatchIndex(title); at != nil && len([]rune(title)) > newsTitle {
		title, rest = text[:at[2]], text[at[3]:]
	}
	if title = strings.TrimSpace(title); len([]rune(title)) > newsTitle {
		return shorten(title, newsTitle), text
	}
	return title, strings.TrimSpace(rest)
}

// seeAnnouncement is the piece of news of the path with its organization, for who may see it.
func seeAnnouncement(tx *store.Tx, r *Request) (n engagement.Announcement, org engagement.Organization, err error) {
	if n, err = tx.AnnouncementByCode(r.Var("id")); err != nil {
		return n, org, goneOr(tx, r.Var("id"), err)
	}
	switch {
	case n.State == engagement.AnnouncementWithdrawn:
		return n, org, engagement.ErrGone
	case !engagement.Can(r.Actor(), engagement.Read, n.Thing()):
		return n, org, engagement.ErrNotFound
	}
	if org, err = tx.Organization(n.Organization); err != nil {
		return n, org, err
	}
	if org.State != engagement.OrganizationActive && !r.Actor().Of(org.ID) {
		return n, org, engagement.ErrNotFound
	}
	return n, org, nil
}

// announcement shows one.
func (s *Server) announcement(w *Response, r *Request) error {
	var n engagement.Announcement
	page := &AnnouncementPage{}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		var org engagement.Organization
		if n, org, err = seeAnnouncement(tx, r); err != nil {
			return err
		}
		return page.read(tx, r, n, org)
	})
	if err != nil {
		return err
	}
	if moved, err := r.rightPath(w, announcementPath(n)); moved {
		return err
	}
	return w.Page(page)
}

func (p *AnnouncementPage) read(tx *store.Tx, r *Request, n engagement.Announcement, org engagement.Organization) error {
	p.Title, _ = titleOf(n)
	if n.Urgent(r.Now) {
		p.Until = n.UrgentUntil.Time()
	}
	p.Crumbs = []Link{{Path: "/neuigkeiten", Words: say("news.title")}}
	p.Teaser, p.Organization = n.Teaser, Link{Path: organizationPage(org), Text: org.Name}
	p.Published, p.Updated, p.Report = n.Published, n.Updated, reportPath(n.Code)
	if !n.Local() {
		p.Paragraphs, p.Origin, p.Source, p.Canonical = paragraphs(n.Text), n.Origin, n.URL, n.URL
		return nil
	}
	reactions, err := tx.CountReactions(n.ID)
	if err != nil {
		return err
	}
	replies, err := tx.Reactions(n.ID, engagement.Reply, true)
	for _, reply := range replies {
		p.Replies = append(p.Replies, PublicReply{Who: reply.Handle, Paragraphs: paragraphs(reply.Text), At: reply.At, Report: reportPath(string(reply.ID))})
	}
	if org.State == engagement.OrganizationActive {
		p.WireID = r.server.wireID(store.NounAnnouncement, n.ID)
	}
	p.Text, p.Handle = n.Text, r.server.handle(org)
	p.Likes, p.Shares = reactions[engagement.Like], reactions[engagement.Share]
	return err
}
