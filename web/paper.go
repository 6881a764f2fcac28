package web

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"seestern/engagement"
	"seestern/store"
)

// paperArea is what leaves the screen: a poster, a slide for a public screen and texts to pass on, of an opportunity, an event or a board, and
// any search as a list to be printed for a counter.
var paperArea = area{
	name:   "paper",
	simple: true,
	pages:  map[string]any{"paper-poster": PosterPage{}, "paper-slide": slidePage{}, "paper-texts": textsPage{}, "paper-list": paperListPage{}},
	routes: append(noticeRoutes(), route{path: paperList, get: whenPublic((*Server).paperList), limit: searches}),
}

// Paths below that of the thing.
const (
	posterSuffix = "/aushang"
	slideSuffix  = "/folie"
	textsSuffix  = "/weitersagen"
	paperList    = "/angebote/liste"
)

func noticeRoutes() (routes []route) {
	for _, of := range []struct {
		path string
		read func(*store.Tx, *Request) (Notice, error)
	}{
		{"/angebote/" + codeVar, opportunityNotice},
		{"/termine/" + codeVar, occasionNotice},
		{"/orte/" + boardVar, boardNotice},
		{"/themen/" + boardVar, boardNotice},
	} {
		for _, form := range []struct {
			suffix string
			show   func(*Response, *Request, Notice) error
		}{{posterSuffix, showPoster}, {slideSuffix, showSlide}, {textsSuffix, showTexts}} {
			get := func(s *Server, w *Response, r *Request) error {
				var n Notice
				err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
					n, err = of.read(tx, r)
					return err
				})
				if err != nil {
					return err
				}
				if n.QR, err = NewQRCode(s.base.String() + n.short); err != nil {
					return err
				}
				return form.show(w, r, n)
			}
			routes = append(routes, route{path: of.path + form.suffix, get: whenPublic(get)})
		}
	}
	return routes
}

// Notice is what paper and screens say about a thing. Everybody may read all of it.
type Notice struct {
	Heading, TextLang  string // title and its language, if it is not that of the page
	Organization, Text string
	Simple             bool // the text is in simple language
	When, Where, Who   []string
	Examples           []string // titles of opportunities on a board
	Phone              string
	QR                 QRCode // of the short address
	Back               string // path of its page

	short string // path that can be read aloud
}

// Short is the address that can be read aloud.
func (n Notice) Short() string { return n.QR.Says }

// noticeText is how many characters of a description are taken if there is no summary.
const noticeText = 280

// opportunityNotice reads the opportunity of the path. In simple language its simple text stands on it, if there is one.
func opportunityNotice(tx *store.Tx, r *Request) (Notice, error) {
	o, err := see(tx, r)
	if err != nil {
		return Notice{}, err
	}
	f := r.format()
	n := Notice{
		Heading: o.Title, TextLang: r.foreign(o.Lang), Organization: o.organization.Name, Text: cmp.Or(o.Summary, shorten(o.Description, noticeText)),
		When: slices.DeleteFunc([]string{strings.Join(f.when(o.Opportunity), " · "), f.effort(o.Opportunity)}, func(s string) bool { return s == "" }), Where: placeLines(o.Opportunity), Who: f.ages(o.Opportunity),
		Phone: contactOf(o.Opportunity).Phone, Back: opportunityPath(o.Opportunity), short: "/a/" + o.Code,
	}
	if len(n.Where) == 0 && o.Mode != "" {
		n.Where = []string{f.code("mode", o.Mode)}
	}
	if r.Language.Lang == Simple && o.Simple != "" {
		n.Text, n.Simple = strings.Join(strings.Fields(o.Simple), " "), true
	}
	return n, nil
}

func occasionNotice(tx *store.Tx, r *Request) (Notice, error) {
	o, org, err := seeOccasion(tx, r)
	if err != nil {
		return Notice{}, err
	}
	item := r.occasionItem(o, org)
	n := Notice{
		Heading: o.Title, TextLang: r.foreign(o.Lang), Organization: item.Organizer, Text: cmp.Or(o.Teaser, shorten(o.Text, noticeText)), When: []string{item.When},
		Where: lines(item.Where), Back: item.Path, short: "/a/" + o.Code,
	}
	switch o.State {
	case engagement.OccasionCanceled:
		n.When = append(n.When, r.T("event.canceled"))
	case engagement.OccasionPostponed:
		n.When = append(n.When, r.T("event.postponed"))
	}
	if o.Local() {
		n.Phone = org.ContactPhone
	}
	return n, nil
}

// boardExamples is how many opportunities a poster of a board names.
const boardExamples = 4

func boardNotice(tx *store.Tx, r *Request) (Notice, error) {
	b, err := seeBoard(tx, r)
	if err == nil && b.State != engagement.BoardActive {
		err = engagement.ErrGone
	}
	if err != nil {
		return Notice{}, err
	}
	n := Notice{Heading: b.Name, Organization: r.server.instance.Load().Name, Text: b.Summary, Back: boardPath(b), short: "/@" + b.Handle}
	if place := b.Place.Public().Locality; b.Kind == engagement.PlaceBoard && place != "" {
		n.Where = []string{r.T("board.around", "x", place, "n", int(b.RadiusKM))}
	}
	q := b.Search()
	q.Order, q.Limit = engagement.Newest, boardExamples
	hits, err := tx.Search(q, store.Viewer{})
	for _, h := range hits.List {
		n.Examples = append(n.Examples, h.Title)
	}
	return n, err
}

// ---- poster ----

// paperSize is a size of paper with what finds room on it.
type paperSize struct {
	Name    string // "a4"
	Strips  int    // to tear off
	Title   int    // characters of the title on a strip
	Text    int    // characters of the text
	Lines   int    // of an answer such as "Wo"
	Line    int    // characters
	Heading int    // characters from which on a title is set smaller
}

// paperSizes are those that are offered, the usual one first. A5 holds an A4 sheet at 71 %, but for the code, which cameras must read.
var paperSizes = []paperSize{
	{Name: "a4", Strips: 8, Title: 48, Text: 240, Lines: 3, Line: 110, Heading: 45},
	{Name: "a5", Strips: 6, Title: 36, Text: 150, Lines: 2, Line: 90, Heading: 40},
}

// Upper is its name for people.
func (s paperSize) Upper() string { return strings.ToUpper(s.Name) }

// PosterPage is a thing on one sheet of paper, with strips to tear off unless they are unwanted.
type PosterPage struct {
	Page
	Notice
	Size    paperSize
	Strips  []int
	Strip   string // title on a strip
	Long    bool   // the title is
	Choices []Link
}

// Class of the sheet.
func (p *PosterPage) Class() string {
	if p.Long {
		return "s-poster-" + p.Size.Name + " s-poster-long"
	}
	return "s-poster-" + p.Size.Name
}

// showPoster shows the sheet for the notice board. The parameters "format" and "streifen" choose among its forms.
func showPoster(w *Response, r *Request, n Notice) error {
	query := r.URL.Query()
	size := paperSizes[max(0, slices.IndexFunc(paperSizes, func(s paperSize) bool { return s.Name == query.Get("format") }))]
	bare := query.Get("streifen") == "ohne"
	page := &PosterPage{Page: r.Page("poster.title", "x", n.Heading), Size: size, Strip: shorten(n.Heading, size.Title), Long: utf8.RuneCountInString(n.Heading) > size.Heading}
	if !bare {
		page.Strips = make([]int, size.Strips)
	}
	for _, s := range paperSizes {
		for _, without := range []bool{false, true} {
			path, key := r.Path+"?format="+s.Name, "poster.strips"
			if without {
				path, key = path+"&streifen=ohne", "poster.bare"
			}
			page.Choices = append(page.Choices, Link{Path: path, Words: say(key, "x", s.Upper()), Current: s.Name == size.Name && without == bare})
		}
	}
	n.Text = shorten(n.Text, size.Text)
	for _, facts := range []*[]string{&n.When, &n.Where, &n.Who, &n.Examples} {
		*facts = slices.Clone((*facts)[:min(len(*facts), size.Lines)])
		for i, line := range *facts {
			(*facts)[i] = shorten(line, size.Line)
		}
	}
	page.Notice = n
	page.NoIndex, page.Wide = true, true
	return w.Page(page)
}

// ---- slide ----

// slidePage fills a screen in a waiting room, sixteen to nine, with nothing to click. It changes nothing by itself.
type slidePage struct {
	Page
	Notice
}

// slideText is how many characters of the text can be read from afar.
const slideText = 200

func showSlide(w *Response, r *Request, n Notice) error {
	n.Text = shorten(n.Text, slideText)
	for _, facts := range []*[]string{&n.When, &n.Where} {
		*facts = (*facts)[:min(len(*facts), 2)]
	}
	page := &slidePage{Page{Title: n.Heading}, n}
	page.NoIndex = true
	return w.Page(page)
}

func (*slidePage) bare() {}

// ---- texts ----

// textsPage are texts to be passed on: a short one for messages, and two for a local paper.
type textsPage struct {
	Page
	Notice
	Root  string // path of the thing before those of paper and screens
	Texts []ready
}

// ready is a text that can be taken as it is.
type ready struct {
	Words
	Text string
}

// Letters is how long it is, in characters.
func (t ready) Letters() int { return utf8.RuneCountInString(t.Text) }

// paperTexts are the lengths that local papers ask for, in characters.
var paperTexts = []int{300, 600}

func showTexts(w *Response, r *Request, n Notice) error {
	page := &textsPage{Page: r.Page("tell.title", "x", n.Heading), Notice: n, Root: strings.TrimSuffix(r.Path, textsSuffix)}
	page.Crumbs = []Link{{Path: n.Back, Text: n.Heading}}
	about := n.Heading
	if n.Organization != "" {
		about += " (" + n.Organization + ")"
	}
	message := clean(strings.Join(slices.Concat([]string{about}, n.When[:min(1, len(n.When))], []string{r.Absolute(n.short)}), "\n"), true)
	page.Texts = []ready{{say("tell.message"), message}}
	for _, most := range paperTexts {
		page.Texts = append(page.Texts, ready{say("tell.paper", "n", most), r.paperText(n, most)})
	}
	page.NoIndex = true
	return w.Page(page)
}

// paperText is a plain text of at most so many characters. Title and address always stand in it; when, where and the phone number come before
// what is told.
func (r *Request) paperText(n Notice, most int) string {
	title := n.Heading
	if n.Organization != "" {
		title += " – " + n.Organization
	}
	if !strings.HasSuffix(title, ".") && !strings.HasSuffix(title, "!") && !strings.HasSuffix(title, "?") {
		title += "."
	}
	last := r.T("tell.more", "x", n.Short())
	room := most - utf8.RuneCountInString(title+last) - 2
	var facts []string
	add := func(key string, values []string) {
		if len(values) == 0 || values[0] == "" {
			return
		}
		text := r.T(key, "x", strings.Join(values[:min(2, len(values))], ", "))
		if n := utf8.RuneCountInString(text) + 1; n <= room {
			facts, room = append(facts, text), room-n
		}
	}
	add("tell.when", n.When)
	add("tell.where", n.Where)
	add("tell.phone", lines(n.Phone))
	add("tell.examples", n.Examples)
	if text := sentencesOf(n.Text, room-1); text != "" {
		facts = slices.Insert(facts, 0, text)
	}
	return clean(strings.Join(slices.Concat([]string{title}, facts, []string{last}), " "), false)
}

// sentencesOf are the first whole sentences of a text that have room, in characters; else its first words.
func sentencesOf(text string, most int) string {
	const least = 40 // characters: fewer say nothing
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	if most < least {
		return ""
	}
	cut := shorten(text, most-2) // " …"
	for _, end := range slices.Backward(sentenceEnd.FindAllStringSubmatchIndex(cut, -1)) {
		if whole := cut[:end[2]]; utf8.RuneCountInString(whole) >= least {
			return whole
		}
	}
	return cut
}

// ---- list for a counter ----

// paperListSize is how many opportunities a list on paper has.
const paperListSize = 30

// paperListPage is a search on paper: short lines with addresses that can be read aloud.
type paperListPage struct {
	Page
	Count Words
	Sheet Sheet
	Back  string
}

// paperList prints a search.
func (s *Server) paperList(w *Response, r *Request) error {
	a := s.askSearch(r)
	if err := a.err(); err != nil {
		return err
	}
	a.search.After, a.search.Limit = "", paperListSize
	if a.search.Order == engagement.Fitting {
		a.search.Order = engagement.Nearest // paper is for everybody
	}
	var all store.Hits
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Search(a.search, store.Viewer{})
		return err
	})
	if err != nil {
		return err
	}
	page := &paperListPage{Page: r.Page("paper.list.title"), Count: a.count(all.Total), Back: a.path("/angebote")}
	for _, h := range all.List {
		row := sheetRow{Card: r.card(h), Phone: contactOf(h.Opportunity).Phone, Short: s.base.Host + "/a/" + h.Code}
		page.Sheet = append(page.Sheet, row)
	}
	page.NoIndex = true
	return w.Page(page)
}
