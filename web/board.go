package web

import (
	"net/url"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// boardArea are the pages of places and topics that people can follow, and their lists.
var boardArea = area{
	name:   "board",
	simple: true,
	pages:  map[string]any{"board-list": BoardListPage{}, "board": BoardPage{}},
	routes: []route{
		{path: "/orte", get: whenPublic((*Server).placeBoards)},
		{path: "/themen", get: whenPublic((*Server).topicBoards)},
		{path: "/orte/" + boardVar, get: whenPublic((*Server).board), limit: searches},
		{path: "/orte/" + boardVar + ".ics", get: whenPublic((*Server).boardCalendar), limit: searches},
		{path: "/orte/" + boardVar + ".atom", get: whenPublic((*Server).boardFeed), limit: searches},
		{path: "/orte/" + boardVar + ".json", get: whenPublic((*Server).boardFeed), limit: searches},
		{path: "/themen/" + boardVar, get: whenPublic((*Server).board), limit: searches},
		{path: "/themen/" + boardVar + ".ics", get: whenPublic((*Server).boardCalendar), limit: searches},
		{path: "/themen/" + boardVar + ".atom", get: whenPublic((*Server).boardFeed), limit: searches},
		{path: "/themen/" + boardVar + ".json", get: whenPublic((*Server).boardFeed), limit: searches},
	},
}

const (
	boardVar   = "{handle:[a-z0-9_]{2,30}}" // in paths
	boardAdmin = "/verwaltung/orte-und-themen"
)

// BoardListPage are the boards of places, or of topics.
type BoardListPage struct {
	Page
	Places bool // else topics
	List   []BoardItem
	Other  string // path of the other list
}

// BoardItem is a board in a list.
type BoardItem struct {
	Path, Name, Line string
	Topics           []TopicLabel
}

// TopicLabel is an area or a topic.
type TopicLabel struct {
	Vocabulary string
	Code       engagement.Code
}

// BoardPage is what stands on a board.
type BoardPage struct {
	Page
	About    BoardItem
	Archived bool
	Place    string // middle of a place; empty: a topic
	KM       int    // how far around it
	Cards    []Card
	Pages    Pages
	First    bool // of the pages
	Next     []OccasionItem
	News     []NewsItem
	Handle   string // @name@host; empty: nobody can follow now
	Report   string
	Paper    string // path of the page before those of paper.go
	Edit     string // for who may change it
}

// What a board shows.
const (
	boardNews     = 5
	boardNewsPool = 200 // news, and events of a topic, that are looked at for those of the board
)

func boardPath(b engagement.Board) string {
	if b.Kind == engagement.PlaceBoard {
		return "/orte/" + b.Handle
	}
	return "/themen/" + b.Handle
}

func boardItem(b engagement.Board) BoardItem {
	item := BoardItem{Path: boardPath(b), Name: b.Name, Line: b.Summary}
	for _, c := range b.Areas {
		item.Topics = append(item.Topics, TopicLabel{"area", c})
	}
	for _, c := range b.Topics {
		item.Topics = append(item.Topics, TopicLabel{"topic", c})
	}
	return item
}

func (s *Server) placeBoards(w *Response, r *Request) error {
	return s.listBoards(w, r, engagement.PlaceBoard, &BoardListPage{Page: r.Page("board.places"), Places: true, Other: "/themen"})
}

func (s *Server) topicBoards(w *Response, r *Request) error {
	return s.listBoards(w, r, engagement.TopicBoard, &BoardListPage{Page: r.Page("board.topics"), Other: "/orte"})
}

func (s *Server) listBoards(w *Response, r *Request, kind engagement.BoardKind, page *BoardListPage) error {
	var all engagement.Boards
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Boards()
		return err
	})
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.Kind == kind {
			page.List = append(page.List, boardItem(b))
		}
	}
	return w.Page(page)
}

// seeBoard is the board that a path names.
func seeBoard(tx *store.Tx, r *Request) (engagement.Board, error) {
	b, err := tx.BoardByHandle(r.Var("handle"))
	switch {
	case err != nil:
		return b, err
	case !strings.HasPrefix(r.Path, boardPath(b)), !engagement.Can(r.Actor(), engagement.Read, b.Thing()):
		return b, engagement.ErrNotFound
	}
	return b, nil
}

// board shows one. The parameter "ab" continues the list of opportunities.
func (s *Server) board(w *Response, r *Request) error {
	var page *BoardPage
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		b, err := seeBoard(tx, r)
		if err != nil {
			return err
		}
		page, err = s.readBoard(tx, r, b)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(page)
}

func (s *Server) readBoard(tx *store.Tx, r *Request, b engagement.Board) (*BoardPage, error) {
	path, after := boardPath(b), r.URL.Query().Get("ab")
	page := &BoardPage{Page: Page{Title: b.Name}, About: boardItem(b), Archived: b.State == engagement.BoardArchived, First: after == ""}
	page.Crumbs = []Link{{Path: "/themen", Words: say("board.topics")}}
	if b.Kind == engagement.PlaceBoard {
		page.Crumbs = []Link{{Path: "/orte", Words: say("board.places")}}
		page.Place, page.KM = b.Place.Public().Locality, int(b.RadiusKM)
	}
	if engagement.Can(r.Actor(), engagement.Change, b.Thing()) || engagement.Can(r.Actor(), engagement.Decide, b.Thing()) {
		page.Edit = boardAdmin + "/" + b.Handle
	}
	page.WireID, page.Report = s.wireID(store.NounBoard, b.ID), reportPath("@"+b.Handle)
	page.NoIndex = !page.First || page.Archived
	if page.Archived {
		return page, nil
	}
	if page.WireID != "" {
		page.Handle = "@" + b.Handle + "@" + s.base.Host
	}
	page.Feeds = Feeds{Calendar: path + ".ics", Atom: path + ".atom"}
	page.Paper = path
	q := b.Search()
	q.Order, q.After, q.Limit = engagement.Newest, after, pageSize
	hits, err := tx.Search(q, store.Viewer{})
	if err != nil {
		return nil, err
	}
	for _, h := range hits.List {
		page.Cards = append(page.Cards, r.card(h))
	}
	if hits.Next != "" {
		page.Pages.Next = path + "?ab=" + url.QueryEscape(hits.Next)
	}
	if page.First {
		next, err := boardOccasions(tx, r, b)
		if err != nil {
			return nil, err
		}
		if page.Next, err = r.occasionItems(tx, next); err != nil {
			return nil, err
		}
	}
	if page.First {
		page.News, err = boardNewsOf(tx, b)
	}
	return page, err
}

// boardOccasions are the next events of a place, or of the organizations of a topic.
func boardOccasions(tx *store.Tx, r *Request, b engagement.Board) (next []engagement.Occasion, err error) {
	if b.Kind == engagement.PlaceBoard {
		q := b.Search()
		next, _, err = tx.Occasions(store.OccasionSearch{From: r.Now, Center: q.Center, RadiusKM: q.RadiusKM, Limit: fewOccasions})
		return next, err
	}
	all, _, err := tx.Occasions(store.OccasionSearch{From: r.Now, OnlyHere: true, Limit: boardNewsPool})
	if err != nil {
		return nil, err
	}
	ids := make([]engagement.ID, len(all))
	for i, o := range all {
		ids[i] = o.Organization
	}
	orgs, err := tx.OrganizationsByID(ids)
	for _, o := range all {
		if len(next) < fewOccasions && b.TakesOccasion(o, orgs[o.Organization]) {
			next = append(next, o)
		}
	}
	return next, err
}

// boardNewsOf are the latest news of the organizations of a place or topic.
func boardNewsOf(tx *store.Tx, b engagement.Board) ([]NewsItem, error) {
	all, err := tx.Announcements(time.Time{}, "", boardNewsPool)
	if err != nil {
		return nil, err
	}
	ids := make([]engagement.ID, len(all))
	for i, n := range all {
		ids[i] = n.Organization
	}
	orgs, err := tx.OrganizationsByID(ids)
	var items []NewsItem
	for _, n := range all {
		if len(items) < boardNews && b.TakesNewsOf(orgs[n.Organization]) {
			items = append(items, newsItem(n, orgs[n.Organization], tx.Now()))
		}
	}
	return items, err
}

// boardHits are the opportunities of a board for programs.
func (s *Server) boardHits(r *Request, order engagement.Order, limit int) (b engagement.Board, list []store.Hit, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		if b, err = seeBoard(tx, r); err != nil {
			return err
		}
		if b.State != engagement.BoardActive {
			return engagement.ErrGone
		}
		q := b.Search()
		q.Order, q.Limit = order, limit
		hits, err := tx.Search(q, store.Viewer{})
		list = hits.List
		return err
	})
	return b, list, err
}

func (s *Server) boardFeed(w *Response, r *Request) error {
	b, hits, err := s.boardHits(r, engagement.Newest, feedHits)
	if err != nil {
		return err
	}
	return s.feed(w, r, b.Name, boardPath(b)+".atom", boardPath(b), hits)
}

func (s *Server) boardCalendar(w *Response, r *Request) error {
	b, hits, err := s.boardHits(r, engagement.Soonest, calendarHits)
	if err != nil {
		return err
	}
	return s.hitsCalendar(w, r, b.Name, hits)
}
