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
	today  int32
	stale  int64  // confirmed before: not shown
	from   int64  // appeared since
	to     int64  // and before
	shown  []bool // by number of the origin
	teams  map[string]bool
	words  wordQuery
	center place
	radius float64 // as a chord, like the next
	outer  float64 // of the wider radius
	wider  float64 // kilometres

	topics              [2]uint64
	language            uint64
	activities, targets uint32
	areas, access       uint16
	commitments, modes  uint8
	withoutTopics       [2]uint64
	withoutTargets      uint32
	withoutAreas        uint16
	withoutProofs       uint8
	withoutSkills       bool
	after               *sortKey
}

// certificates are the proofs of good conduct.
var certificates = slices.DeleteFunc(engagement.Proofs.Codes(), func(c engagement.Code) bool { return !strings.HasPrefix(string(c), "fuehrungszeugnis") })

// radiusSteps are the radiuses that pages offer, in kilometres.
var radiusSteps = []float64{1, 3, 5, 10, 25, 50, 100}

func newScan(q engagement.Search, viewer Viewer, now time.Time) *scan {
	s := &scan{
		q: q, now: ms(now), today: day(engagement.DateOf(now)), stale: ms(now.Add(-staleAfter)), from: ms(q.AppearedFrom), to: ms(q.AppearedTo), teams: map[string]bool{},
		activities: uint32(bitsOf(engagement.Activities, q.Activities...)), targets: uint32(bitsOf(engagement.TargetGroups, q.TargetGroups...)),
		commitments: uint8(bitsOf(engagement.Commitments, q.Commitments...)), access: uint16(bitsOf(engagement.AccessFeatures, q.Access...)),
		modes: uint8(bitsOf(engagement.Modes, q.Modes...)), language: bitsOf(engagement.Languages, engagement.Code(q.Language)),
		withoutTargets: uint32(bitsOf(engagement.TargetGroups, q.Excluded...)),
		withoutProofs:  uint8(bitsOf(engagement.Proofs, q.Excluded...)),
		withoutSkills:  slices.Contains(q.Excluded, engagement.WithoutSkills),
		words:          parseQuery(q.Text), after: parseCursor(q.After),
	}
	if slices.Contains(q.Excluded, engagement.WithoutCertificate) {
		s.withoutProofs |= uint8(bitsOf(engagement.Proofs, certificates...))
	}
	for _, id := range viewer.Organizations {
		s.teams[string(id)] = true
	}
	s.areas, s.topics = topicBits(q.Topics)
	s.withoutAreas, s.withoutTopics = topicBits(q.Excluded)
	if s.near() {
		s.wider = q.RadiusKM
		if i := slices.IndexFunc(radiusSteps, func(km float64) bool { return km > q.RadiusKM }); i >= 0 {
			s.wider = radiusSteps[i]
		}
		s.center, s.radius, s.outer = newPlace(q.Center, 0), chord(q.RadiusKM), chord(s.wider)
	}
	if q.Order == engagement.Nearest && !s.near() {
		s.q.Order = engagement.Newest
	}
	return s
}

// public says whether a document may be shown to the viewer.
func (s *scan) public(o engagement.Opportunity) bool {
	return public(o) && (o.Visibility != "intern" || s.teams[string(o.Organization)]) && (o.Visibility == "offen" || !s.q.Open)
}

// near says whether the search has a place.
func (s *scan) near() bool { return s.q.Center != geo.Point{} }

func topicBits(codes []engagement.Code) (areas uint16, topics [2]uint64) {
	for _, c := range codes {
		if i := engagement.Topics.Index(c); i >= 0 {
			topics[i/64] |= 1 << (i % 64)
		}
	}
	return uint16(bitsOf(engagement.Areas, codes...)), topics
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
func (s *scan) fails(x *searchIndex, at int32) (failed dimension) {
	r, q := &x.rows[at], &s.q
	switch {
	case r.appeared < s.from, s.to != 0 && r.appeared >= s.to, !s.shown[r.origin], r.confirmed < s.stale, r.until != 0 && r.until <= s.now,
		r.team && !s.teams[x.rest[at].organization], q.Open && !r.open,
		r.areas&s.withoutAreas != 0, r.targetGroups&s.withoutTargets != 0, r.topics[0]&s.withoutTopics[0]|r.topics[1]&s.withoutTopics[1] != 0,
		r.proofs&s.withoutProofs != 0, s.withoutSkills && r.skilled,
		q.Slots != 0 && r.grid != 0 && r.grid&uint32(q.Slots) == 0,
		s.language != 0 && r.languages&s.language == 0,
		q.Urgent && r.urgent < s.today,
		q.Soon && r.urgent < s.today && r.from != s.today && r.from != s.today+1,
		q.Age != 0 && (int(r.minAge) > q.Age || q.Age < 18 && r.adults),
		q.Organization != "" && x.rest[at].organization != string(q.Organization):
		return hidden
	}
	if s.areas != 0 || s.topics != [2]uint64{} {
		if r.areas&s.areas == 0 && r.topics[0]&s.topics[0]|r.topics[1]&s.topics[1] == 0 {
			failed |= topicsDimension
		}
	}
	if s.activities != 0 && r.activities&s.activities == 0 {
		failed |= activitiesDimension
	}
	if s.targets != 0 && r.targetGroups&s.targets == 0 {
		failed |= targetsDimension
	}
	if s.commitments != 0 && r.commitment&s.commitments == 0 {
		failed |= commitmentsDimension
	}
	if r.access&s.access != s.access {
		failed |= accessDimension
	}
	if s.modes != 0 && r.mode&s.modes == 0 {
		failed |= modesDimension
	}
	if q.Source == engagement.OnlyHere && r.origin != 0 {
		failed |= sourceDimension
	}
	return failed
}

// candidate is a row that may fit. There may be as many as rows, so it is small.
type candidate struct {
	away   float64 // chord; the largest number if no place is known
	row    int32   // position
	place  int16   // the nearest one
	failed dimension
	known  bool // the distance is known
}

// candidates are buffers of find, for searches with words.
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
func (s *scan) key(r *indexed, away float64) sortKey {
	fresh := -float64(r.published)
	switch s.q.Order {
	case engagement.Newest:
		return sortKey{[3]float64{fresh, away, 0}, r.n}
	case engagement.Soonest:
		return sortKey{[3]float64{float64(r.next(s.today)), away, fresh}, r.n}
	}
	return sortKey{[3]float64{away, float64(r.next(s.today)), fresh}, r.n}
}

// first is the first part of that key.
func (s *scan) first(r *indexed, away float64) float64 {
	switch s.q.Order {
	case engagement.Newest:
		return -float64(r.published)
	case engagement.Soonest:
		return float64(r.next(s.today))
	}
	return away
}

// someDay is the next date of what has none.
const someDay = 1 << 30

// next is the next day on which something takes place: the first day, or from then on the next weekday of the grid.
func (r *indexed) next(today int32) int32 {
	if r.from > today {
		return r.from
	}
	for d := today; d < today+7; d++ {
		monday := (d + 3) % 7 // 1970-01-01 was a Thursday; 0 is Monday
		if r.grid>>(4*monday)&0xf != 0 {
			return d
		}
	}
	if r.from == today {
		return today
	}
	return someDay
}

// find runs the search, for a transaction whose snapshot reaches to the horizon and which may see the origins shown.
func (x *searchIndex) find(tx *Tx, s *scan, shown []string, horizon int64) (found []hit, hits Hits, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.shown = make([]bool, len(x.hosts))
	for i, host := range x.hosts {
		s.shown[i] = host == "" || slices.Contains(shown, host)
	}
	var count facetCounts
	top := page{limit: s.q.Limit, after: s.after}
	outside := 0
	take := func(c candidate) {
		r := &x.rows[c.row]
		if c.known && c.away > s.radius {
			if c.failed == 0 {
				outside++
			}
			return
		}
		if c.failed == 0 {
			hits.Total++
			if top.worst == nil || s.first(r, c.away) <= top.worst.by[0] { // most are not for this page
				top.add(hit{key: s.key(r, c.away), candidate: c})
			}
		}
		count.add(r, c.failed)
	}
	if len(s.words) == 0 {
		s.gather(x, take)
	} else {
		buffer := candidates.Get().(*[]candidate)
		defer candidates.Put(buffer)
		*buffer = (*buffer)[:0]
		s.gather(x, func(c candidate) { *buffer = append(*buffer, c) })
		list, err := x.filter(tx, s.words, *buffer, horizon >= x.horizon)
		if err != nil {
			return nil, hits, err
		}
		for _, c := range list {
			take(c)
		}
	}
	if s.wider > s.q.RadiusKM {
		hits.WiderKM, hits.Wider = s.wider, hits.Total+outside
	}
	hits.Facets = count.facets()
	found, hits.Next = top.result()
	for i := range found {
		found[i].id = x.rest[found[i].row].id
	}
	return found, hits, nil
}

// gather finds the rows that may be on the page, or count outside of it, without looking at their words.
func (s *scan) gather(x *searchIndex, take func(candidate)) {
	add := func(c candidate) {
		if c.failed = s.fails(x, c.row); c.failed&(c.failed-1) == 0 && c.failed != hidden {
			take(c)
		}
	}
	if !s.near() {
		for i := range x.rows {
			add(candidate{row: int32(i)})
		}
		return
	}
	x.places.around(geo.Around(s.q.Center, s.wider), func(places []located) {
		for i := range places {
			p := &places[i]
			if away := s.center.away(p.place); away <= s.outer && (p.alone || s.nearest(x.rest[p.row].places, p, away)) {
				add(candidate{row: p.row, place: p.i, away: away, known: true})
			}
		}
	})
	if s.modes != 0 {
		for _, p := range x.places[nowhere] {
			add(candidate{row: p.row, away: math.MaxFloat64})
		}
	}
}

// nearest says whether a place, so far away, is the nearest of all of its row; of equal ones the first.
func (s *scan) nearest(places []place, p *located, away float64) bool {
	for _, other := range places {
		if d := s.center.away(other); d < away || d == away && other.i < p.i {
			return false
		}
	}
	return true
}

// hit is an opportunity that was found.
type hit struct {
	key sortKey
	candidate
	id string // set at the end
}

// page keeps the first ones after the cursor, without sorting all.
type page struct {
	limit int
	after *sortKey
	list  []hit
	worst *sortKey // what is behind cannot be on the page
}

func (p *page) add(h hit) {
	if p.after != nil && h.key.compare(*p.after) <= 0 || p.worst != nil && h.key.compare(*p.worst) > 0 {
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
