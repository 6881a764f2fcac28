package web

import (
	"cmp"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// startArea is the first page.
var startArea = area{
	name:   "start",
	simple: true,
	pages:  map[string]any{"start": StartPage{}},
	routes: []route{{path: "/", get: whenPublic((*Server).start)}},
}

// StartPage says what this site is and begins the search.
type StartPage struct {
	Page
	Form   *Form
	Topics []TopicLink
	Urgent []Card
	Soon   int        // needed today and tomorrow
	Total  int        // opportunities of the region; shown from leastNumber on
	Calls  []NewsItem // urgent calls
	News   []NewsItem
}

// Numbers says whether there are enough opportunities to tell how many.
func (p *StartPage) Numbers() bool { return p.Total >= leastNumber }

// TopicLink leads to the opportunities of an area.
type TopicLink struct {
	Path string
	Area engagement.Code
	N    int
}

// What the first page shows.
const (
	startTopics = 6
	startUrgent = 3
	startCalls  = 3
	startNews   = 2
	leastNumber = 10 // smaller numbers say little
	newsOnStart = 30 * 24 * time.Hour
)

// usualAreas stand on the first page as long as there is little to choose from.
var usualAreas = []engagement.Code{"schule-kita", "soziales", "umwelt-tiere", "kultur", "sport", "jugend-bildung"}

// start shows the first page.
func (s *Server) start(w *Response, r *Request) error {
	page := &StartPage{Page: r.Page("start.title"), Form: r.Form([]Field{searchFields[0], searchFields[1]})}
	page.Form.Errors = nil // what stands in the address of this page means nothing
	page.Wide, page.WireID = true, s.wireID("", "")
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		region := nearRegion(*s.instance.Load())
		region.Limit = 1
		all, err := tx.Search(region, store.Viewer{})
		if err != nil {
			return err
		}
		page.Topics, page.Total = topicLinks(all.Facets), all.Total
		region.Urgent, region.Limit, region.Order = true, startUrgent, engagement.Newest
		hits, err := tx.Search(region, store.Viewer{})
		if err != nil {
			return err
		}
		page.Urgent = nil
		for _, h := range hits.List {
			h.Known = false // nobody said from where
			page.Urgent = append(page.Urgent, r.card(h))
		}
		region.Urgent, region.Soon, region.Limit = false, true, 1
		soon, err := tx.Search(region, store.Viewer{})
		if err != nil {
			return err
		}
		page.Soon = soon.Total
		calls, err := tx.UrgentAnnouncements(engagement.DateOf(r.Now), startCalls)
		if err != nil {
			return err
		}
		if page.Calls, err = newsList(tx, r, calls); err != nil {
			return err
		}
		page.News, err = newsItems(tx, r, time.Time{}, startCalls+startNews)
		return err
	})
	if err != nil {
		return err
	}
	page.News = slices.DeleteFunc(page.News, func(n NewsItem) bool {
		return r.Now.Sub(n.Published) > newsOnStart || slices.Contains(page.Calls, n)
	})
	page.News = page.News[:min(len(page.News), startNews)]
	page.NoIndex = r.URL.RawQuery != ""
	return w.Page(page)
}

// topicLinks are the areas with most opportunities, filled up with usual ones.
func topicLinks(f store.Facets) []TopicLink {
	areas := engagement.Areas.Codes()
	slices.SortStableFunc(areas, func(a, b engagement.Code) int { return cmp.Compare(f.Areas[b], f.Areas[a]) })
	areas = slices.DeleteFunc(areas, func(c engagement.Code) bool { return f.Areas[c] == 0 })
	for _, c := range usualAreas {
		if !slices.Contains(areas, c) {
			areas = append(areas, c)
		}
	}
	links := make([]TopicLink, startTopics)
	for i, c := range areas[:startTopics] {
		links[i] = TopicLink{Path: "/angebote?thema=" + string(c), Area: c, N: f.Areas[c]}
	}
	return links
}
