package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"seestern/engagement"
	"seestern/geo"
)

// searchIndex is what search needs of every public opportunity, in memory: some 200 bytes each. The table "search" is its truth; before
// every search the rows that changed since the last one are read, whichever process changed them.
type searchIndex struct {
	mu      sync.RWMutex
	horizon int64 // changes below are in
	rows    []indexed
	byN     map[int64]int // number of the row in the table → position
	terms   termCache
}

// indexed is one opportunity in the index. Sets of codes are bits by their position in the vocabulary; codes that we do not know are left
// out, because nobody can search for them.
type indexed struct {
	places  []place // known ones at public precision
	n       int64
	changed int64
	id      string
	facts
}

// facts are what the table keeps, as JSON.
type facts struct {
	Areas        uint64       `json:"a,omitempty"` // its own and those of its topics
	Topics       [2]uint64    `json:"b"`
	Activities   uint64       `json:"c,omitempty"`
	TargetGroups uint64       `json:"d,omitempty"`
	Commitment   uint64       `json:"e,omitempty"`
	Access       uint64       `json:"f,omitempty"` // answered "ja"
	Mode         uint64       `json:"g,omitempty"`
	Languages    uint64       `json:"l,omitempty"`
	Confirmed    int64        `json:"r,omitempty"`
	Until        int64        `json:"u,omitempty"` // over from then on; 0: open end
	Published    int64        `json:"q,omitempty"`
	From         int64        `json:"s,omitempty"` // first day, in days since 1970
	Grid         uint32       `json:"w,omitempty"`
	MinAge       int          `json:"m,omitempty"`
	Team         bool         `json:"t,omitempty"` // only for the team
	Adults       bool         `json:"n,omitempty"` // nobody under 18
	Certificate  bool         `json:"z,omitempty"` // asks for a Führungszeugnis
	Urgent       int64        `json:"x,omitempty"` // last day on which it is urgent, in days since 1970
	Organization string       `json:"o"`
	Origin       string       `json:"h,omitempty"`
	Points       [][2]float64 `json:"p,omitempty"` // latitude and longitude of all places; 0, 0 for an unknown one
}

// place is a point on the unit sphere: how far two are apart is compared by the straight line between them, without trigonometry.
type place struct {
	x, y, z float64
	i       int // in Opportunity.Places
}

func newPlace(lat, lon float64, i int) place {
	lat, lon = lat*math.Pi/180, lon*math.Pi/180
	return place{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat), i}
}

// away is the square of the straight line between two places.
func (a place) away(b place) float64 {
	x, y, z := a.x-b.x, a.y-b.y, a.z-b.z
	return x*x + y*y + z*z
}

// chord is the square of the straight line between places that are km kilometres apart.
func chord(km float64) float64 {
	half := math.Sin(min(km/earthKM/2, math.Pi/2))
	return 4 * half * half
}

const earthKM = 6371.0088 // mean radius, as in geo

// staleAfter is how long a confirmation lasts (domain.md §3.12).
const staleAfter = 90 * 24 * time.Hour

// index writes what search knows of an opportunity, in the transaction that writes the opportunity.
func (tx *Tx) index(o engagement.Opportunity, org engagement.Organization) error {
	public := o.State == engagement.Published || o.State == engagement.Filled
	if !public || o.Visibility == "anfrage" || org.State != engagement.OrganizationActive {
		return tx.unindex(o.ID)
	}
	change, err := tx.change()
	if err != nil {
		return err
	}
	text, err := encode(newFacts(o))
	if err != nil {
		return err
	}
	words := strings.Join(tx.words(o, org), " ")
	sum := sha256.Sum256([]byte(words))
	mark := hex.EncodeToString(sum[:8])
	var n int64
	var known string
	err = tx.scan(`SELECT n, words FROM search WHERE opportunity = $1`, []any{string(o.ID)}, &n, &known)
	switch {
	case errors.Is(err, engagement.ErrNotFound):
		err = tx.scan(`INSERT INTO search (opportunity, changed, gone, words, doc) VALUES ($1, $2, 0, $3, $4) RETURNING n`, []any{string(o.ID), change, mark, text}, &n)
	case err == nil:
		err = tx.run(`UPDATE search SET changed = $2, gone = 0, words = $3, doc = $4 WHERE n = $1`, n, change, mark, text)
	}
	if err != nil || mark == known {
		return err
	}
	return tx.translate(tx.store.engine.putWords(tx.conn, n, words))
}

// change is the number of this transaction among those that change what search finds.
func (tx *Tx) change() (n int64, err error) {
	if tx.number == 0 {
		tx.number, err = tx.store.engine.change(tx.conn)
	}
	return tx.number, tx.translate(err)
}

// words are what an opportunity is found by.
func (tx *Tx) words(o engagement.Opportunity, org engagement.Organization) []string {
	all := []string{o.Title, o.Summary, o.Description, o.Simple, org.Name}
	for _, p := range o.PublicPlaces() {
		all = append(all, p.Name, p.Street, p.Postcode, p.Locality)
	}
	return analyse(append(all, tx.store.config.Words(o)...)...)
}

// unindex makes search forget an opportunity. The empty row stays for a while, for other processes to notice.
func (tx *Tx) unindex(id engagement.ID) error {
	var n int64
	err := tx.scan(`SELECT n FROM search WHERE opportunity = $1 AND gone = 0`, []any{string(id)}, &n)
	if errors.Is(err, engagement.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	change, err := tx.change()
	if err != nil {
		return err
	}
	if err := tx.store.engine.deleteWords(tx.conn, n); err != nil {
		return tx.translate(err)
	}
	return tx.run(`UPDATE search SET changed = $2, gone = $3, words = '', doc = '{}' WHERE n = $1`, n, change, ms(tx.now))
}

// reindexOf writes the opportunities of an organization anew whose name or state changed.
func (tx *Tx) reindexOf(org engagement.Organization) error {
	all, err := tx.OpportunitiesOf(org.ID)
	if err != nil {
		return err
	}
	for _, o := range all {
		if err := tx.index(o, org); err != nil {
			return err
		}
	}
	return nil
}

// Reindex writes everything that search knows anew.
func (tx *Tx) Reindex() error {
	orgs, err := docs[engagement.Organization](tx, `SELECT doc FROM organization ORDER BY id`)
	if err != nil {
		return err
	}
	if err := tx.run(`UPDATE search SET words = ''`); err != nil {
		return err
	}
	for _, org := range orgs {
		if err := tx.reindexOf(org); err != nil {
			return err
		}
	}
	return nil
}

func newFacts(o engagement.Opportunity) facts {
	x := facts{
		Organization: string(o.Organization), Origin: o.Origin, Team: o.Visibility == "intern",
		Areas: bitsOf(engagement.Areas, o.Areas), Activities: bitsOf(engagement.Activities, o.Activities),
		TargetGroups: bitsOf(engagement.TargetGroups, o.TargetGroups),
		Commitment:   bitsOf(engagement.Commitments, []engagement.Code{o.Commitment}),
		Mode:         bitsOf(engagement.Modes, []engagement.Code{o.Mode}),
		Grid:         uint32(o.Grid), MinAge: o.MinAge, Adults: o.MinorPolicy == "keine",
		Published: ms(o.Published), Confirmed: ms(o.Confirmed), From: day(o.StartsOn), Until: until(o), Urgent: day(o.UrgentUntil),
	}
	if x.Confirmed == 0 {
		x.Confirmed = ms(o.VersionTime())
	}
	for _, p := range o.PublicPlaces() {
		x.Points = append(x.Points, [2]float64{p.Point.Lat, p.Point.Lon})
	}
	for _, t := range o.Topics {
		if i := engagement.Topics.Index(t); i >= 0 {
			x.Topics[i/64] |= 1 << (i % 64)
			x.Areas |= bitsOf(engagement.Areas, []engagement.Code{engagement.AreaOf(t)})
		}
	}
	for feature, answer := range o.Access {
		if answer == "ja" {
			x.Access |= bitsOf(engagement.AccessFeatures, []engagement.Code{feature})
		}
	}
	for _, l := range o.Languages {
		x.Languages |= bitsOf(engagement.Languages, []engagement.Code{engagement.Code(l.Code)})
	}
	if len(o.Languages) == 0 {
		x.Languages = bitsOf(engagement.Languages, []engagement.Code{"de"})
	}
	x.Certificate = slices.ContainsFunc(o.Proofs, func(c engagement.Code) bool { return strings.HasPrefix(string(c), "fuehrungszeugnis") })
	return x
}

// bitsOf is a set of codes as bits. All vocabularies but the topics have at most 64 codes.
func bitsOf(v *engagement.Vocabulary, codes []engagement.Code) (set uint64) {
	for _, c := range codes {
		if i := v.Index(c); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// day counts calendar days since 1970; 0 for none.
func day(d engagement.Date) int64 {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0
	}
	return t.Unix() / 86400
}

// until is the instant from which an opportunity is over, by the same rule as [engagement.Opportunity.Over].
func until(o engagement.Opportunity) int64 {
	end := ms(o.Expires)
	last := o.EndsOn
	if last == "" && o.Commitment == "einmalig" {
		last = o.StartsOn
	}
	if last != "" {
		if over := ms(last.Add(1).Time()); end == 0 || over < end {
			end = over
		}
	}
	return end
}

// change is a row of the table that the index does not have yet.
type change struct {
	indexed
	gone  int64
	words string
}

// refresh reads what changed, and returns how far the snapshot reaches. An older one than the index was read from has nothing to add.
func (x *searchIndex) refresh(tx *Tx) (horizon int64, err error) {
	horizon, err = tx.store.engine.horizon(tx.conn)
	if err != nil {
		return 0, tx.translate(err)
	}
	x.mu.RLock()
	since, older := x.horizon, horizon < x.horizon
	x.mu.RUnlock()
	if older {
		return horizon, nil
	}
	query := `SELECT n, opportunity, changed, gone, doc, '' FROM search WHERE changed >= $1`
	if since > 0 { // the words are for the terms that are kept; there are none before the first search
		query = `SELECT s.n, s.opportunity, s.changed, s.gone, s.doc, coalesce(w.words, '') FROM search s LEFT JOIN search_words w ON w.n = s.n WHERE s.changed >= $1`
	}
	changes, err := list(tx, scanChange, query, since)
	if err != nil {
		return 0, err
	}
	if len(changes) == 0 && horizon == since {
		return horizon, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.byN == nil {
		x.byN = make(map[int64]int, len(changes))
		x.rows = make([]indexed, 0, len(changes))
	}
	for _, c := range changes {
		if x.put(c.indexed, c.gone > 0) {
			x.terms.change(c.n, strings.Fields(c.words))
		}
	}
	x.horizon = max(x.horizon, horizon)
	return horizon, nil
}

func scanChange(row func(...any) error) (c change, err error) {
	var text []byte
	if err := row(&c.n, &c.id, &c.changed, &c.gone, &text, &c.words); err != nil || c.gone > 0 {
		return c, err
	}
	if err := decode(text, &c.facts); err != nil {
		return c, err
	}
	for i, p := range c.Points {
		if p != [2]float64{} {
			c.places = append(c.places, newPlace(p[0], p[1], i))
		}
	}
	c.Points = nil
	return c, nil
}

// put replaces or removes one row, unless a newer version of it is there already.
func (x *searchIndex) put(row indexed, gone bool) bool {
	i, known := x.byN[row.n]
	switch {
	case known && x.rows[i].changed > row.changed:
		return false
	case known && gone:
		last := len(x.rows) - 1
		x.rows[i] = x.rows[last]
		x.byN[x.rows[i].n] = i
		x.rows = x.rows[:last]
		delete(x.byN, row.n)
	case known:
		x.rows[i] = row
	case !gone:
		x.byN[row.n] = len(x.rows)
		x.rows = append(x.rows, row)
	}
	return true
}

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

// facetCounts count rows by bit.
type facetCounts struct {
	areas, activities, targets, commitments, access, modes [64]int
	topics                                                 [128]int
	here                                                   int
}

func (f *facetCounts) add(x *indexed, failed dimension) {
	if failed&^topicsDimension == 0 {
		countBits(f.areas[:], x.Areas)
		countBits(f.topics[:64], x.Topics[0])
		countBits(f.topics[64:], x.Topics[1])
	}
	if failed&^activitiesDimension == 0 {
		countBits(f.activities[:], x.Activities)
	}
	if failed&^targetsDimension == 0 {
		countBits(f.targets[:], x.TargetGroups)
	}
	if failed&^commitmentsDimension == 0 {
		countBits(f.commitments[:], x.Commitment)
	}
	if failed&^accessDimension == 0 {
		countBits(f.access[:], x.Access)
	}
	if failed&^modesDimension == 0 {
		countBits(f.modes[:], x.Mode)
	}
	if failed&^sourceDimension == 0 && x.Origin == "" {
		f.here++
	}
}

func countBits(counts []int, set uint64) {
	for ; set != 0; set &= set - 1 {
		counts[bits.TrailingZeros64(set)]++
	}
}

func (f *facetCounts) facets() Facets {
	return Facets{
		Areas: byCode(engagement.Areas, f.areas[:]), Topics: byCode(engagement.Topics, f.topics[:]),
		Activities: byCode(engagement.Activities, f.activities[:]), TargetGroups: byCode(engagement.TargetGroups, f.targets[:]),
		Commitments: byCode(engagement.Commitments, f.commitments[:]), Access: byCode(engagement.AccessFeatures, f.access[:]),
		Modes: byCode(engagement.Modes, f.modes[:]), OnlyHere: f.here,
	}
}

func byCode(v *engagement.Vocabulary, counts []int) map[engagement.Code]int {
	all := map[engagement.Code]int{}
	for i, t := range v.Terms {
		if counts[i] > 0 {
			all[t.Code] = counts[i]
		}
	}
	return all
}

func placeholder(n int) string { return "$" + strconv.Itoa(n) }

// numbers reads what matchWords got as one text.
func numbers(text string) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	all := make([]int64, 0, strings.Count(text, " ")+1)
	for field := range strings.SplitSeq(text, " ") {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("number of a row: %w", err)
		}
		all = append(all, n)
	}
	return all, nil
}
