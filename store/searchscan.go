package store

import (
	"cmp"
	"encoding/base64"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"seestern/engagement"
	"seestern/geo"
)

// scan is a search in the terms of the index.
type scan struct {
	q      engagement.Search
	now    int64
	today  int64
	stale  int64 // confirmed before: not shown
	shown  map[string]bool
	teams  map[string]bool
	words  wordQuery
	center place
	radius float64 // as a chord, like the next
	outer  float64 // of the wider radius
	wider  float64 // kilometres

	areas, activities, targets, commitments, access, modes, language uint64
	topics                                                           [2]uint64
	not                                                              struct {
		areas, targets uint64
		topics         [2]uint64
		certificate    bool
	}
	after *sortKey
}

// radiusSteps are the radiuses that pages offer, in kilometres.
var radiusSteps = []float64{1, 3, 5, 10, 25, 50, 100}

func newSearch(q engagement.Search, viewer Viewer, shown []string, now time.Time) *scan {
	s := &scan{
		q: q, now: ms(now), today: day(engagement.DateOf(now)), stale: ms(now.Add(-staleAfter)), shown: map[string]bool{}, teams: map[string]bool{},
		activities: bitsOf(engagement.Activities, q.Activities), targets: bitsOf(engagement.TargetGroups, q.TargetGroups),
		commitments: bitsOf(engagement.Commitments, q.Commitments), access: bitsOf(engagement.AccessFeatures, q.Access),
		modes: bitsOf(engagement.Modes, q.Modes), language: bitsOf(engagement.Languages, []engagement.Code{engagement.Code(q.Language)}),
		after: parseCursor(q.After),
	}
	for _, host := range shown {
		s.shown[host] = true
	}
	for _, id := range viewer.Organizations {
		s.teams[string(id)] = true
	}
	s.areas, s.topics = topicBits(q.Topics)
	s.not.areas, s.not.topics = topicBits(q.Excluded)
	s.not.targets = bitsOf(engagement.TargetGroups, q.Excluded)
	s.not.certificate = slices.Contains(q.Excluded, "fuehrungszeugnis")
	if s.near() {
		s.wider = q.RadiusKM
		if i := slices.IndexFunc(radiusSteps, func(km float64) bool { return km > q.RadiusKM }); i >= 0 {
			s.wider = radiusSteps[i]
		}
		s.center, s.radius, s.outer = newPlace(q.Center.Lat, q.Center.Lon, 0), chord(q.RadiusKM), chord(s.wider)
	}
	if q.Order == engagement.Nearest && !s.near() {
		s.q.Order = engagement.Newest
	}
	return s
}

// near says whether the search has a place.
func (s *scan) near() bool { return s.q.Center != geo.Point{} }

func topicBits(codes []engagement.Code) (areas uint64, topics [2]uint64) {
	for _, c := range codes {
		if i := engagement.Topics.Index(c); i >= 0 {
			topics[i/64] |= 1 << (i % 64)
		}
	}
	return bitsOf(engagement.Areas, codes), topics
}

// dimension is one way of filtering; a row that fails in exactly one still counts for the facet of that one.
type dimension uint8

const (
	topicsDimension dimension = 1 << iota
	activitiesDimension
	targetsDimension
	commitmentsDimension
	accessDimension
	modesDimension
	sourceDimension
	hidden // not to be found at all
)

// fails are the dimensions in which a row does not fit, without text and place.
func (s *scan) fails(x *indexed) (failed dimension) {
	if x.Team && !s.teams[x.Organization] || x.Origin != "" && !s.shown[x.Origin] ||
		x.Confirmed < s.stale || x.Until != 0 && x.Until <= s.now {
		return hidden
	}
	if x.Areas&s.not.areas != 0 || x.TargetGroups&s.not.targets != 0 || x.Topics[0]&s.not.topics[0] != 0 || x.Topics[1]&s.not.topics[1] != 0 ||
		s.not.certificate && x.Certificate {
		return hidden
	}
	q := &s.q
	if q.Slots != 0 && x.Grid != 0 && x.Grid&uint32(q.Slots) == 0 || s.language != 0 && x.Languages&s.language == 0 ||
		q.Urgent && x.Urgent < s.today || q.Age != 0 && (x.MinAge > q.Age || q.Age < 18 && x.Adults) || q.Organization != "" && x.Organization != string(q.Organization) {
		return hidden
	}
	if s.areas|s.topics[0]|s.topics[1] != 0 && x.Areas&s.areas == 0 && x.Topics[0]&s.topics[0] == 0 && x.Topics[1]&s.topics[1] == 0 {
		failed |= topicsDimension
	}
	if s.activities != 0 && x.Activities&s.activities == 0 {
		failed |= activitiesDimension
	}
	if s.targets != 0 && x.TargetGroups&s.targets == 0 {
		failed |= targetsDimension
	}
	if s.commitments != 0 && x.Commitment&s.commitments == 0 {
		failed |= commitmentsDimension
	}
	if x.Access&s.access != s.access {
		failed |= accessDimension
	}
	if s.modes != 0 && x.Mode&s.modes == 0 {
		failed |= modesDimension
	}
	if q.Source == engagement.OnlyHere && x.Origin != "" {
		failed |= sourceDimension
	}
	return failed
}

// nearest is the nearest place of a row, if it has any within the wider radius.
func (s *scan) nearest(x *indexed) (i int, away float64, ok bool) {
	away = s.outer
	for _, p := range x.places {
		if d := s.center.away(p); d <= away {
			i, away, ok = p.i, d, true
		}
	}
	return i, away, ok
}

// candidate is a row that may fit. There may be as many as rows, so it is small.
type candidate struct {
	away   float64 // chord; the largest number if no place is known
	row    int32   // position
	place  int16   // the nearest one
	failed dimension
	known  bool // the distance is known
}

// candidates are buffers of find.
var candidates = sync.Pool{New: func() any { return new([]candidate) }}

// sortKey orders candidates; the number of the row decides between equals.
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
func (s *scan) key(x *indexed, away float64) sortKey {
	fresh := -float64(x.Published)
	switch s.q.Order {
	case engagement.Newest:
		return sortKey{[3]float64{fresh, away, 0}, x.n}
	case engagement.Soonest:
		return sortKey{[3]float64{float64(x.next(s.today)), away, fresh}, x.n}
	}
	return sortKey{[3]float64{away, float64(x.next(s.today)), fresh}, x.n}
}

// someDay is the next date of what has none.
const someDay = 1 << 30

// next is the next day on which something takes place: the first day, or from then on the next weekday of the grid.
func (x *indexed) next(today int64) int64 {
	from := max(x.From, today)
	if x.From > today {
		return x.From
	}
	for d := from; d < from+7; d++ {
		monday := (d + 3) % 7 // 1970-01-01 was a Thursday; 0 is Monday
		if x.Grid>>(4*monday)&0xf != 0 {
			return d
		}
	}
	if x.From > 0 && x.From == today {
		return today
	}
	return someDay
}

// find runs the search over all rows, for a transaction whose snapshot reaches to the horizon.
func (x *searchIndex) find(tx *Tx, s *scan, horizon int64) (found []located, hits Hits, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	buffer := candidates.Get().(*[]candidate)
	defer candidates.Put(buffer)
	list := (*buffer)[:0]
	for i := range x.rows {
		if c, ok := s.consider(&x.rows[i]); ok {
			c.row = int32(i)
			list = append(list, c)
		}
	}
	*buffer = list
	if len(s.words) > 0 {
		if list, err = x.filter(tx, s.words, list, horizon >= x.horizon); err != nil {
			return nil, hits, err
		}
	}
	var count facetCounts
	top := page{limit: s.q.Limit, after: s.after}
	outside := 0
	for _, c := range list {
		row := &x.rows[c.row]
		if c.known && c.away > s.radius {
			if c.failed == 0 {
				outside++
			}
			continue
		}
		if c.failed == 0 {
			hits.Total++
			top.add(located{s.key(row, c.away), row.id, int(c.place), c.known})
		}
		count.add(row, c.failed)
	}
	if s.wider > s.q.RadiusKM {
		hits.WiderKM, hits.Wider = s.wider, hits.Total+outside
	}
	hits.Facets = count.facets()
	found, hits.Next = top.result()
	return found, hits, nil
}

// consider says whether a row may be on the page, or count outside of it, without looking at its words.
func (s *scan) consider(row *indexed) (c candidate, ok bool) {
	c.away = math.MaxFloat64
	if s.near() {
		if i, away, ok := s.nearest(row); ok {
			c.place, c.away, c.known = int16(i), away, true
		} else if s.modes == 0 || len(row.places) > 0 {
			return c, false
		}
	}
	c.failed = s.fails(row)
	return c, c.failed&(c.failed-1) == 0 && c.failed != hidden
}

// located is an opportunity that was found, with the place that made it near.
type located struct {
	key   sortKey
	id    string
	place int
	known bool
}

// page keeps the first ones after the cursor, without sorting all.
type page struct {
	limit int
	after *sortKey
	list  []located
	worst *sortKey // what is behind cannot be on the page
}

func (p *page) add(l located) {
	if p.after != nil && l.key.compare(*p.after) <= 0 || p.worst != nil && l.key.compare(*p.worst) > 0 {
		return
	}
	p.list = append(p.list, l)
	if len(p.list) > 4*p.limit+100 {
		p.cut()
	}
}

// cut sorts and keeps one more than the page has, to know whether there is a next one.
func (p *page) cut() {
	slices.SortFunc(p.list, func(a, b located) int { return a.key.compare(b.key) })
	if len(p.list) > p.limit {
		p.list = p.list[:p.limit+1]
		worst := p.list[p.limit].key
		p.worst = &worst
	}
}

// result is the page with the cursor of the next one.
func (p *page) result() (found []located, next string) {
	p.cut()
	if len(p.list) <= p.limit {
		return p.list, ""
	}
	return p.list[:p.limit], p.list[p.limit-1].key.cursor()
}
