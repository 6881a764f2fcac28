package web

import (
	"strings"
	"time"
)

// jsonFeed is a feed as JSON Feed 1.1 wants it, with the same entries as in Atom.
type jsonFeed struct {
	Version  string       `json:"version"`
	Title    string       `json:"title"`
	Home     string       `json:"home_page_url,omitempty"`
	Self     string       `json:"feed_url,omitempty"`
	Language string       `json:"language"`
	Authors  []jsonAuthor `json:"authors"`
	Items    []jsonItem   `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	HTML      string       `json:"content_html,omitempty"`
	Text      string       `json:"content_text,omitempty"`
	Summary   string       `json:"summary,omitempty"`
	Published string       `json:"date_published,omitempty"`
	Modified  string       `json:"date_modified,omitempty"`
	Authors   []jsonAuthor `json:"authors"`
	Tags      []string     `json:"tags,omitempty"`
}

// Endings of the addresses of feeds.
const (
	atomSuffix = ".atom"
	jsonSuffix = ".json"
)

// jsonPath is the address of a feed as JSON Feed, by that in Atom.
func jsonPath(atom string) string {
	path, query, found := strings.Cut(atom, "?")
	path = strings.TrimSuffix(path, atomSuffix) + jsonSuffix
	if found {
		path += "?" + query
	}
	return path
}

// feed writes a feed in the format that the address names.
func (w *Response) feed(feed atomFeed, updated time.Time) error {
	if !strings.HasSuffix(w.request.Path, jsonSuffix) {
		return w.atom(feed, updated)
	}
	out := jsonFeed{Version: "https://jsonfeed.org/version/1.1", Title: feed.Title, Language: feed.Lang, Authors: []jsonAuthor{{feed.Author}}, Items: []jsonItem{}}
	for _, link := range feed.Links {
		if link.Rel == "self" {
			out.Self = jsonPath(link.Href)
		} else {
			out.Home = link.Href
		}
	}
	for _, e := range feed.Entries {
		item := jsonItem{ID: e.ID, URL: e.Link.Href, Title: e.Title, Summary: e.Summary, Published: e.Published, Modified: e.Updated, Authors: []jsonAuthor{{e.Author}}}
		switch {
		case e.Content == nil: // each entry has a content
			item.Text = e.Summary
		case e.Content.Type == "html":
			item.HTML = e.Content.HTML
		default:
			item.Text = e.Content.HTML
		}
		for _, c := range e.Categories {
			item.Tags = append(item.Tags, c.Label)
		}
		out.Items = append(out.Items, item)
	}
	return w.JSON("application/feed+json", out)
}
