package web

import (
	"fmt"
	"net/url"
	"time"

	"seestern/engagement"
)

// areas are all pages of the site. Each file of pages adds its own.
func areas() []area {
	return []area{frameArea, accountArea, securityArea, helpArea, requestArea, workspaceArea, moveArea, postingArea, hiddenArea, profileArea, publicArea, apiArea, openDataArea, schemaArea, startArea, checkArea, adviceArea, assistedArea, helpingArea, helperArea, searchArea, subscriptionArea, opportunityArea, organizationArea, attestationArea, intentArea, helpOfferArea, helpOfferTeamArea, directedArea, callArea, officeArea, invitationArea, hoursArea, certificateArea, accessArea, dataArea, exportArea, announcementArea, boardArea, boardAdminArea, mapArea, paperArea, embedArea, presenceArea, deletionArea, reportArea, reportCaseArea, rulingArea, transparencyArea, messageArea, occasionArea, occasionBenchArea, signUpArea, shiftArea, ownShiftArea, ownCalendarArea, followedArea, setupArea, adminArea, themeArea, pictureArea, mailCheckArea, regionArea, barrierArea, barrierDeskArea, auditLogArea, moderationArea, legalArea}
}

// frameArea are the pages that belong to no noun.
var frameArea = area{
	name:   "frame",
	simple: true,
	pages:  map[string]any{"status": statusPage{}},
	routes: []route{
		{path: "/robots.txt", get: (*Server).robots},
		{path: "/favicon.ico", get: (*Server).favicon},
		{path: "/.well-known/security.txt", get: (*Server).securityContact},
	},
}

// navItem is a link of the frame. It is shown when its page exists and the viewer may open it.
type navItem struct {
	path string
	key  string
	who  access
}

// The navigation map of web.md §6.1.
var (
	mainNav = []navItem{
		{path: "/angebote", key: "nav.search"},
		{path: "/organisationen", key: "nav.organizations"},
		{path: "/termine", key: "nav.events"},
		{path: "/angebot-einstellen", key: "nav.post"},
		{path: "/hilfe", key: "nav.help"},
	}
	ownNav = []navItem{
		{path: "/meine", key: "nav.mine", who: signedIn},
		{path: "/vermittlung", key: "nav.mediation", who: role(engagement.Adviser)},
		{path: officeCalls, key: "nav.office", who: role(engagement.Officer)},
		{path: "/moderation", key: "nav.moderation", who: role(engagement.Moderator)},
		{path: "/verwaltung", key: "nav.admin", who: role(engagement.Admin)},
	}
	footer = []struct {
		key   string
		items []navItem
	}{
		{"footer.help", []navItem{
			{path: "/hilfe", key: "nav.help"},
			{path: "/rueckruf", key: "advice.call.title"},
			{path: "/melden", key: "report.title"},
			{path: "/barriere-melden", key: "footer.barrier"},
			{path: "/leichte-sprache", key: "nav.easy"},
			{path: "/gebaerdensprache", key: "nav.sign"},
		}},
		{"footer.about", []navItem{
			{path: "/ich-biete", key: "offer.title"},
			{path: "/orte", key: "board.places"},
			{path: "/themen", key: "board.topics"},
			{path: "/netzwerk", key: "footer.network"},
			{path: "/so-sortieren-wir", key: "footer.sorting"},
			{path: "/offene-daten", key: "footer.data"},
			{path: "/quellcode", key: "footer.source"},
			{path: "/transparenz", key: "transparency.title"},
		}},
		{"footer.legal", []navItem{
			{path: "/impressum", key: "footer.imprint"},
			{path: "/datenschutz", key: "footer.privacy"},
			{path: "/nutzungsbedingungen", key: "footer.terms"},
			{path: "/charta", key: "house.charter.title"},
			{path: "/kontakt", key: "contact.title"},
			{path: "/barrierefreiheit", key: "footer.accessibility"},
		}},
	}
)

// complete fills the part of a page that the frame knows.
func (s *Server) complete(p *Page, r *Request) {
	p.request = r
	p.Lang, p.Path, p.Base, p.Now = r.Language, r.Path, s.base.String(), r.Now
	p.Easy = r.Language.Lang == Simple
	p.Site = *s.instance.Load()
	if p.theme != nil {
		p.Site.Theme = *p.theme
	} else {
		p.Style = s.styleOf(p.Site.Theme).path
	}
	if r.URL.RawQuery != "" && r.Method != "POST" {
		p.Query = "?" + r.URL.RawQuery
	}
	if r.Session != nil {
		p.Viewer = Viewer{SignedIn: true, Name: r.Session.Account.Name, Actor: r.Session.Actor, Theme: r.Session.Theme, Unread: r.Session.Unread, Helper: r.Session.Helper.Name}
	}
	if p.Canonical != "" || r.route == nil || r.route.private() || r.Method == "POST" {
		p.NoIndex = true
	}
	p.Nav = s.links(mainNav, r)
	p.Areas = s.links(ownNav, r)
	for _, column := range footer {
		if links := s.links(column.items, r); len(links) > 0 {
			p.Footer = append(p.Footer, LinkGroup{Key: column.key, Links: links})
		}
	}
	for _, l := range s.languages() {
		p.Versions = append(p.Versions, Version{Language: l, Path: l.To(p.Path) + p.Query})
	}
}

// links are the items whose page exists and may be opened.
func (s *Server) links(items []navItem, r *Request) []Link {
	var links []Link
	for _, item := range items {
		if !s.router.paths[item.path] || item.who != nil && item.who(r.Actor()) != nil {
			continue
		}
		link := Link{Path: item.path, Words: say(item.key), Current: item.path == r.Path}
		if item.path == "/meine" && r.Session != nil && r.Session.Unread > 0 {
			link.Words = say("nav.mine.unread", "n", r.Session.Unread)
		}
		links = append(links, link)
	}
	return links
}

// robots keeps search engines out of what is nobody else's business.
func (s *Server) robots(w *Response, _ *Request) error {
	return w.File("text/plain; charset=utf-8", "", []byte("User-agent: *\nDisallow: /meine\nDisallow: /konto\nDisallow: /anfrage\nDisallow: /vermittlung\nDisallow: /amt\nDisallow: /moderation\nDisallow: /verwaltung\n"))
}

// favicon is for programs that ask without reading a page.
func (s *Server) favicon(w *Response, _ *Request) error {
	path := s.assets.path("icon.svg")
	if path == "" {
		return engagement.ErrNotFound
	}
	w.Status = 302
	w.header.Set("Location", path)
	return nil
}

// securityContact tells where to report a weakness (RFC 9116).
func (s *Server) securityContact(w *Response, r *Request) error {
	mail := s.instance.Load().ContactMail
	if mail == "" {
		return engagement.ErrNotFound
	}
	contact := url.URL{Scheme: "mailto", Opaque: mail}
	expires := r.Now.AddDate(0, 6, 0).UTC().Format(time.RFC3339)
	return w.File("text/plain; charset=utf-8", "", fmt.Appendf(nil, "Contact: %s\nExpires: %s\nPreferred-Languages: de, en\nCanonical: %s/.well-known/security.txt\n", contact.String(), expires, s.base))
}
