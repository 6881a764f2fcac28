package store

import (
	"cmp"
	"encoding/base64"
	"errors"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unique"

	"seestern/engagement"
	"seestern/geo"
)

// scan is a search in the terms of the index.
type scan struct {
	q            engagement.Search
	now          int64
	today        int32
	from         int64  // appeared since
	to           int64  // and before
	shown        []bool // by number of the origin
	organization unique.Handle[string]
	teams        map[unique.Handle[string]]bool
	words        wordQuery
	center       point
	radius       float64 // as a chord, like the next
	outer        float64 // of the wider radius
	wider        float64 // kilometres

	filters [dimensions][]int // columns that were asked for
	active  []dimension       // those with any
	with    []int             // columns that what is found must have
	without []int             // and must not have
	picky   bool              // more is asked for than columns say: see wants
	after   *sortKey
}

// certificates are the proofs of good conduct.
var certificates = slices.DeleteFunc(engagement.Proofs.Codes(), func(c engagement.Code) bool { return !strings.HasPrefix(string(c), "fuehrungszeugnis") })

// radiusSteps are the radiuses that pages offer, in kilometres.
var radiusSteps = []float64{1, 3, 5, 10, 25, 50, 100}

func newScan(q engagement.Search, viewer Viewer, now time.Time) *scan {
	s := &scan{
		q: q, now: ms(now), today: day(engagement.DateOf(now)), from: ms(q.AppearedFrom), to: ms(q.AppearedTo),
		organization: unique.Make(string(q.Organization)), teams: map[unique.Handle[string]]bool{},
		words: parseQuery(q.Text), after: parseCursor(q.After),
	}
	for _, id := range viewer.Organizations {
		s.teams[unique.Make(string(id))] = true
	}
	s.filters = [dimensions][]int{
		topicsDimension:      topicColumns(q.Topics),
		activitiesDimension:  columnsOf(activityColumn, engagement.Activities, q.Activities...),
		targetsDimension:     columnsOf(targetColumn, engagement.TargetGroups, q.TargetGroups...),
		commitmentsDimension: columnsOf(commitmentColumn, engagement.Commitments, q.Commitments...),
		accessDimension:      columnsOf(accessColumn, engagement.AccessFeatures, q.Access...),
		modesDimension:       columnsOf(modeColumn, engagement.Modes, q.Modes...),
	}
	if q.Source == engagement.OnlyHere {
		s.filters[sourceDimension] = []int{hereColumn}
	}
	for d, columns := range s.filters {
		if columns != nil {
			s.active = append(s.active, dimension(d))
		}
	}
	s.narrow()
	if s.near() {
		s.wider = q.RadiusKM
		if i := slices.IndexFunc(radiusSteps, func(km float64) bool { return km > q.RadiusKM }); i >= 0 {
			s.wider = radiusSteps[i]
		}
		s.center, s.radius, s.outer = newPoint(q.Center), chord(q.RadiusKM), chord(s.wider)
	}
	switch {
	case s.near(), q.Order == engagement.Soonest:
	case q.Order == engagement.Nearest:
		s.q.Order = engagement.Newest
	case q.Order != engagement.Newest:
		s.q.Order = engagement.Soonest
	}
	return s
}

// narrow reads what else must be or must not be.
func (s *scan) narrow() {
	q := &s.q
	s.with = columnsOf(languageColumn, engagement.Languages, engagement.Code(q.Language))
	if q.Open {
		s.with = append(s.with, openColumn)
	}
	s.without = slices.Concat(topicColumns(q.Excluded), columnsOf(targetColumn, engagement.TargetGroups, q.Excluded...), columnsOf(proofColumn, engagement.Proofs, q.Excluded...))
	if slices.Contains(q.Excluded, engagement.WithoutCertificate) {
		s.without = append(s.without, columnsOf(proofColumn, engagement.Proofs, certificates...)...)
	}
	if slices.Contains(q.Excluded, engagement.WithoutSkills) {
		s.without = append(s.without, skilledColumn)
	}
	if q.Age != 0 && q.Age < 18 {
		s.without = append(s.without, adultsColumn)
	}
	s.picky = s.from != 0 || s.to != 0 || q.Slots != 0 || q.Urgent || q.Soon || q.Age != 0 || q.Organization != ""
}

// public says whether a document may be shown to the viewer.
func (s *scan) public(o engagement.Opportunity) bool {
	return public(o) && (o.Visibility != "intern" || s.teams[unique.Make(string(o.Organization))]) && (o.Visibility == "offen" || !s.q.Open)
}

// near says whether the search has a place.
func (s *scan) near() bool { return s.q.Center != geo.Point{} }

// topicColumns are those of topics and areas.
func topicColumns(codes []engagement.Code) []int {
	return append(columnsOf(areaColumn, engagement.Areas, codes...), columnsOf(topicColumn, engagement.Topics, codes...)...)
}

// dimension is one way of filtering; a row that fails in exactly one still counts for the facet of that one.
type dimension uint8

const (
	topicsDimension dimension = iota
	activitiesDimension
	targetsDimension
	commitmentsDimension
	accessDimension
	modesDimension
	sourceDimension
	dimensions
)

// fits are the rows of a block that pass the filter of a dimension.
func (s *scan) fits(b *block, d dimension) (rows uint64) {
	for i, c := range s.filters[d] {
		switch {
		case i == 0:
			rows = b.columns[c]
		case d == accessDimension: // everything that was asked for
			rows &= b.columns[c]
		default:
			rows |= b.columns[c]
		}
	}
	return rows
}

// candidates are those of the rows of a block that may be found and fail in one dimension at most, without text and place.
func (s *scan) candidates(x *searchIndex, at int, rows uint64) uint64 {
	b := x.blocks[at]
	for _, c := range s.with {
		rows &= b.columns[c]
	}
	for _, c := range s.without {
		rows &^= b.columns[c]
	}
	var once, twice uint64
	for _, d := range s.active {
		fails := ^s.fits(b, d)
		once, twice = once|fails, twice|once&fails
	}
	rows &^= twice
	for i := range ones(rows &^ b.columns[hereColumn]) {
		if !s.shown[b.origin[i]] {
			rows &^= 1 << i
		}
	}
	for i := range ones(rows & b.columns[teamColumn]) {
		if !s.teams[x.rest[at*blockRows+i].organization] {
			rows &^= 1 << i
		}
	}
	if b.firstEnd <= s.now || s.picky {
		for i := range ones(rows) {
			if b.ends[i] <= s.now || s.picky && !s.wants(b, i, &x.rest[at*blockRows+i]) {
				rows &^= 1 << i
			}
		}
	}
	return rows
}

// wants says whether a row has what is asked for seldom.
func (s *scan) wants(b *block, i int, r *rest) bool {
	q := &s.q
	return b.appeared[i] >= s.from && (s.to == 0 || b.appeared[i] < s.to) &&
		(q.Slots == 0 || b.grid[i] == 0 || b.grid[i]&uint32(q.Slots) != 0) &&
		(!q.Urgent || b.urgent[i] >= s.today) &&
		(!q.Soon || b.urgent[i] >= s.today || b.from[i] == s.today || b.from[i] == s.today+1) &&
		(q.Age == 0 || int(b.minAge[i]) <= q.Age) &&
		(q.Organization == "" || r.organization == s.organization)
}

// sortKey orders hits; the number of the row decides between equals.
type sortKey struct {
	by [3]float64
	n  int64
}

func (a sortKey) compare(b sortKey) int {
	return cmp.Or(cmp.Compare(a.by[0], b.by[0]), cmp.Compare(a.by[1], b.by[1]), cmp.Compare(a.by[2], b.by[2]), cmp.Compare(a.n, b.n))
}

func (k sortKey) cursor() string {
	text := strconv.FormatInt(k.n, 36)
	for _, v := range k.by {
		text += "," + strconv.FormatFloat(v, 'g', -1, 64)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// parseCursor reads a cursor; nil, the first page, for anything else.
func parseCursor(cursor string) *sortKey {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(text), ",")
	if err != nil || len(parts) != 4 {
		return nil
	}
	var k sortKey
	k.n, err = strconv.ParseInt(parts[0], 36, 64)
	for i := range k.by {
		value, e := strconv.ParseFloat(parts[i+1], 64)
		k.by[i], err = value, errors.Join(err, e)
	}
	if err != nil {
		return nil
	}
	return &k
}

// key is the place of a row in the order of the search.
func (s *scan) key(b *block, i int, away float64) sortKey {
	fresh, next := -float64(b.published[i]), float64(b.next(i, s.today))
	switch s.q.Order {
	case engagement.Newest:
		return sortKey{[3]float64{fresh, away, 0}, b.n[i]}
	case engagement.Soonest:
		return sortKey{[3]float64{next, away, fresh}, b.n[i]}
	}
	return sortKey{[3]float64{away, next, fresh}, b.n[i]}
}

// best is a place in that order that no row of a block is before, or with a place of the search none so far away.
func (s *scan) best(latest int64, away float64) sortKey {
	switch s.q.Order {
	case engagement.Newest:
		return sortKey{[3]float64{-float64(latest), away, 0}, 0}
	case engagement.Soonest:
		return sortKey{[3]float64{float64(s.today), away, -float64(latest)}, 0}
	}
	return sortKey{[3]float64{away, float64(s.today), -float64(latest)}, 0}
}

// work is what a search writes while it looks.
type work struct {
	rows   rowSet // that may be found; at the end, that are
	inside rowSet // within the radius, if there is a place
	cells  []neighbourhood
}

// neighbourhood is a cell of the grid with places within the radius.
type neighbourhood struct {
	places  []located
	nearest float64 // chord from the center
}

// works are used again: a search would otherwise leave behind a bit for every row.
var works = sync.Pool{New: func() any { return new(work) }}

// find runs the search, for a transaction whose snapshot reaches to the horizon and which may see the origins shown.
func (x *searchIndex) find(tx *Tx, s *scan, shown []string, horizon int64) (found []hit, hits Hits, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.shown = make([]bool, len(x.hosts))
	for i, host := range x.hosts {
		s.shown[i] = host == "" || slices.Contains(shown, host)
	}
	w := works.Get().(*work)
	defer works.Put(w)
	s.gather(x, w)
	for at, rows := range w.rows {
		if rows != 0 {
			w.rows[at] = s.candidates(x, at, rows)
		}
	}
	if len(s.words) > 0 {
		if err := x.filter(tx, s.words, w.rows, x.seenBy(horizon)); err != nil {
			return nil, hits, err
		}
	}
	top := page{limit: s.q.Limit, after: s.after}
	outside := s.count(x, w, &hits, &top)
	if s.near() {
		s.outwards(x, w, &top)
	}
	if s.wider > s.q.RadiusKM {
		hits.WiderKM, hits.Wider = s.wider, hits.Total+outside
	}
	found, hits.Next = top.result()
	for i := range found {
		found[i].id = x.rest[found[i].row].id
	}
	return found, hits, nil
}

// gather finds the rows that are where they may be on the page, or count outside of it.
func (s *scan) gather(x *searchIndex, w *work) {
	w.cells = w.cells[:0]
	if !s.near() {
		w.rows = emptied(w.rows, len(x.blocks))
		for at := range w.rows {
			w.rows[at] = math.MaxUint64
		}
		if over := len(x.blocks)*blockRows - len(x.rest); over > 0 {
			w.rows[len(x.blocks)-1] >>= over
		}
		return
	}
	w.rows, w.inside = emptied(w.rows, len(x.blocks)), emptied(w.inside, len(x.blocks))
	x.places.around(geo.Around(s.q.Center, s.wider), func(places []located) {
		nearest := math.Inf(1)
		for i := range places {
			p := &places[i]
			away := s.center.away(p.point)
			if away > s.outer {
				continue
			}
			at, bit := p.row/blockRows, uint64(1)<<(p.row%blockRows)
			w.rows[at] |= bit
			if away <= s.radius {
				w.inside[at] |= bit
				if away < nearest {
					nearest = away
				}
			}
		}
		if nearest <= s.radius {
			w.cells = append(w.cells, neighbourhood{places, nearest})
		}
	})
	if s.filters[modesDimension] != nil {
		for _, p := range x.places[nowhere] {
			w.rows.add(int(p.row))
			w.inside.add(int(p.row))
		}
		w.cells = append(w.cells, neighbourhood{x.places[nowhere], math.MaxFloat64})
	}
}

// emptied is a set without rows, with room for so many blocks.
func emptied(s rowSet, blocks int) rowSet {
	s = slices.Grow(s[:0], blocks)[:blocks]
	clear(s)
	return s
}

// count counts what was found and how many there are outside of the radius; without a place it fills the page.
func (s *scan) count(x *searchIndex, w *work, hits *Hits, top *page) (outside int) {
	counts := newFacetCounts()
	for at, rows := range w.rows {
		if rows == 0 {
			continue
		}
		b := x.blocks[at]
		inside := rows
		if s.near() {
			inside &= w.inside[at]
		}
		var fits [dimensions]uint64
		all := rows
		for _, d := range s.active {
			fits[d] = s.fits(b, d)
			all &= fits[d]
		}
		outside += bits.OnesCount64(all &^ inside)
		all &= inside
		hits.Total += bits.OnesCount64(all)
		for d := range dimensions {
			counted := all
			if s.filters[d] != nil { // what there would be without that filter
				counted = inside
				for _, other := range s.active {
					if other != d {
						counted &= fits[other]
					}
				}
			}
			counts.add(b, d, counted)
		}
		w.rows[at] = all
		if all == 0 || s.near() || top.full(s.best(b.latest, 0)) { // most are not for this page
			continue
		}
		for i := range ones(all) {
			top.add(hit{key: s.key(b, i, 0), row: int32(at*blockRows + i)})
		}
	}
	hits.Facets = counts.facets()
	return outside
}

// outwards fills the page from the center on, which ends soon if it goes by distance.
func (s *scan) outwards(x *searchIndex, w *work, top *page) {
	slices.SortFunc(w.cells, func(a, b neighbourhood) int { return cmp.Compare(a.nearest, b.nearest) })
	for _, c := range w.cells {
		if top.full(s.best(math.MaxInt64, c.nearest)) {
			return
		}
		known := c.nearest != math.MaxFloat64
		for i := range c.places {
			p := &c.places[i]
			if !w.rows.has(int(p.row)) {
				continue
			}
			away := c.nearest
			if known {
				away = s.center.away(p.point)
			}
			key := s.key(x.blocks[p.row/blockRows], int(p.row%blockRows), away)
			if !top.full(key) && (p.alone || s.nearest(x.rest[p.row].places, p, away)) {
				top.add(hit{key: key, row: p.row, place: p.i, known: known})
			}
		}
	}
}

// nearest says whether a place, so far away, is the nearest of all of its row; of equal ones the first.
func (s *scan) nearest(places []place, p *located, away float64) bool {
	for _, other := range places {
		if d := s.center.away(other.point); d < away || d == away && other.i < p.i {
			return false
		}
	}
	return true
}

// hit is an opportunity that was found.
type hit struct {
	key   sortKey
	row   int32  // position in the index
	place int16  // the nearest one
	known bool   // the distance is known
	id    string // set at the end
}

// page keeps the first ones after the cursor, without sorting all.
type page struct {
	limit int
	after *sortKey
	list  []hit
	worst *sortKey // what is behind cannot be on the page
}

// full says that there are enough before a place in the order.
func (p *page) full(before sortKey) bool { return p.worst != nil && before.compare(*p.worst) > 0 }

func (p *page) add(h hit) {
	if p.after != nil && h.key.compare(*p.after) <= 0 || p.full(h.key) {
		return
	}
	p.list = append(p.list, h)
	if len(p.list) > 4*p.limit+100 {
		p.cut()
	}
}

// cut sorts and keeps one more than the page has, to know whether there is a next one.
func (p *page) cut() {
	slices.SortFunc(p.list, func(a, b hit) int { return a.key.compare(b.key) })
	if len(p.list) > p.limit {
		p.list = p.list[:p.limit+1]
		worst := p.list[p.limit].key
		p.worst = &worst
	}
}

// result is the page with the cursor of the next one.
func (p *page) result() (found []hit, next string) {
	p.cut()
	if len(p.list) <= p.limit {
		return p.list, ""
	}
	return p.list[:p.limit], p.list[p.limit-1].key.cursor()
}
