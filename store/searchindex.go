package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	"seestern/engagement"
	"seestern/geo"
)

// searchIndex is what search needs of every public opportunity, in memory: some 250 bytes each. The table "search" is its truth; before
// every search the rows that changed since the last one are read, whichever process changed them.
type searchIndex struct {
	first   sync.Mutex // is held while everything is read, which takes seconds and memory with a million: others wait instead of doing it too
	mu      sync.RWMutex
	horizon int64           // changes below are in
	newest  int64           // highest number of a change that is in
	version int             // counts what was taken over
	gone    map[int64]int64 // rows that are not there any more, with the numbers of their changes, as long as an older snapshot could bring them back
	blocks  []*block        // what is looked at in every search
	rest    []rest          // what else there is about the rows
	byN     positions       // by the number of the row in the table
	places  placeGrid
	hosts   []string // origins by number; the first is this instance
	terms   termCache

	spellings spellings
}

// facts are what the table keeps of an opportunity, as JSON.
type facts struct {
	Areas        uint16       `json:"a,omitempty"` // its own and those of its topics
	Topics       [2]uint64    `json:"b"`
	Activities   uint32       `json:"c,omitempty"`
	TargetGroups uint32       `json:"d,omitempty"`
	Commitment   uint8        `json:"e,omitempty"`
	Access       uint16       `json:"f,omitempty"` // answered "ja"
	Mode         uint8        `json:"g,omitempty"`
	Languages    uint64       `json:"l,omitempty"`
	Confirmed    int64        `json:"r,omitempty"`
	Until        int64        `json:"u,omitempty"`
	Published    int64        `json:"q,omitempty"`
	From         int32        `json:"s,omitempty"` // first day
	Urgent       int32        `json:"x,omitempty"` // last day on which it is urgent
	Grid         uint32       `json:"w,omitempty"`
	Shifts       uint32       `json:"v,omitempty"` // slots of free shifts, with [shiftsOnly]; 0: there are no shifts
	MinAge       uint8        `json:"m,omitempty"`
	Team         bool         `json:"t,omitempty"` // only for the team
	Open         bool         `json:"k,omitempty"` // for everywhere
	Adults       bool         `json:"n,omitempty"` // nobody under 18
	Proofs       uint8        `json:"y,omitempty"` // asked for
	Skilled      bool         `json:"j,omitempty"` // asks for skills that must be there, or licenses
	Organization string       `json:"o"`
	Origin       string       `json:"h,omitempty"`
	Points       [][2]float64 `json:"p,omitempty"` // latitude and longitude of all places; 0, 0 for an unknown one
}

// shiftsOnly stands among slots that are those of shifts, so that they are some even if no shift is free.
const shiftsOnly = 1 << 31

// when are the slots at which something can be done.
func (x facts) when() uint32 {
	if x.Shifts != 0 {
		return x.Shifts
	}
	return x.Grid
}

// staleAfter is how long a confirmation lasts (domain.md §3.12).
const staleAfter = 90 * 24 * time.Hour

// index writes what search knows of an opportunity, in the transaction that writes the opportunity.
func (tx *Tx) index(o engagement.Opportunity, org engagement.Organization) error {
	if !public(o) || org.State != engagement.OrganizationActive {
		return tx.unindex(o.ID)
	}
	change, err := tx.change()
	if err != nil {
		return err
	}
	x := newFacts(o)
	if o.Origin == "" { // copies have no shifts
		if x.Shifts, err = tx.shiftSlots(o.ID); err != nil {
			return err
		}
	}
	text, err := encode(x)
	if err != nil {
		return err
	}
	list := tx.words(o, org)
	words := strings.Join(list, " ")
	sum := sha256.Sum256([]byte(words))
	mark := hex.EncodeToString(sum[:8])
	var n int64
	var known string
	err = tx.scan(`SELECT n, words FROM search WHERE opportunity = $1`, []any{string(o.ID)}, &n, &known)
	switch {
	case errors.Is(err, engagement.ErrNotFound):
		err = tx.scan(`INSERT INTO search (opportunity, changed, gone, words, doc, appeared) VALUES ($1, $2, 0, $3, $4, $5) RETURNING n`,
			[]any{string(o.ID), change, mark, text, ms(tx.now)}, &n)
	case err == nil:
		err = tx.run(`UPDATE search SET changed = $2, gone = 0, words = $3, doc = $4 WHERE n = $1`, n, change, mark, text)
	}
	if err != nil || mark == known {
		return err
	}
	if err := tx.store.engine.putWords(tx.conn, n, words); err != nil {
		return tx.translate(err)
	}
	return tx.putSpellings(list)
}

// shiftSlots are the slots of the free shifts of an opportunity as search keeps them.
func (tx *Tx) shiftSlots(id engagement.ID) (slots uint32, err error) {
	times, err := tx.ShiftTimes([]engagement.ID{id})
	for _, t := range times[id] {
		slots |= shiftsOnly | uint32(t.Grid())
	}
	return slots, err
}

// indexShifts writes when the free shifts of an opportunity are, if that is something new to search.
func (tx *Tx) indexShifts(id engagement.ID) error {
	var n int64
	var text []byte
	err := tx.scan(`SELECT n, doc FROM search WHERE opportunity = $1 AND gone = 0`, []any{string(id)}, &n, &text)
	if errors.Is(err, engagement.ErrNotFound) {
		return nil
	}
	var x facts
	if err := errors.Join(err, decode(text, &x)); err != nil {
		return err
	}
	slots, err := tx.shiftSlots(id)
	if err != nil || slots == x.Shifts {
		return err
	}
	x.Shifts = slots
	changed, err := tx.change()
	if err != nil {
		return err
	}
	doc, err := encode(x)
	if err != nil {
		return err
	}
	return tx.run(`UPDATE search SET changed = $2, doc = $3 WHERE n = $1`, n, changed, doc)
}

// public says whether search may find it at all.
func public(o engagement.Opportunity) bool {
	return (o.State == engagement.Published || o.State == engagement.Filled) && o.Visibility != "anfrage"
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
	all := append(publicTexts(o), org.Name)
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
	change, err := tx.change()
	if err != nil {
		return err
	}
	if err := tx.run(`UPDATE search SET words = '', changed = $1`, change); err != nil {
		return err
	}
	if err := tx.run(`DELETE FROM search_spelling`); err != nil {
		return err
	}
	for _, org := range orgs {
		if err := tx.run(`UPDATE organization SET kind = $2, place = $3, areas = $4 WHERE id = $1`, string(org.ID), string(org.Kind), org.Place.Public().Locality, areasColumn(org)); err != nil {
			return err
		}
		if err := tx.reindexOf(org); err != nil {
			return err
		}
	}
	return nil
}

func newFacts(o engagement.Opportunity) facts {
	x := facts{
		Organization: string(o.Organization), Origin: o.Origin, Team: o.Visibility == "intern", Open: o.Visibility == "offen",
		Areas: uint16(bitsOf(engagement.Areas, o.Areas...)), Activities: uint32(bitsOf(engagement.Activities, o.Activities...)),
		TargetGroups: uint32(bitsOf(engagement.TargetGroups, o.TargetGroups...)),
		Commitment:   uint8(bitsOf(engagement.Commitments, o.Commitment)), Mode: uint8(bitsOf(engagement.Modes, o.Mode)),
		Grid: uint32(o.Grid), MinAge: uint8(o.MinAge), Adults: o.MinorPolicy == "keine",
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
			x.Areas |= uint16(bitsOf(engagement.Areas, engagement.AreaOf(t)))
		}
	}
	for feature, answer := range o.Access {
		if answer == "ja" {
			x.Access |= uint16(bitsOf(engagement.AccessFeatures, feature))
		}
	}
	for _, l := range o.Languages {
		x.Languages |= bitsOf(engagement.Languages, engagement.Code(l.Code))
	}
	if len(o.Languages) == 0 {
		x.Languages = bitsOf(engagement.Languages, "de")
	}
	x.Proofs = uint8(bitsOf(engagement.Proofs, o.Proofs...))
	x.Skilled = len(o.Licenses) > 0 || slices.ContainsFunc(o.Skills, func(s engagement.SkillNeed) bool { return s.Required && s.Mandatory })
	return x
}

// bitsOf is a set of codes as bits. A test keeps the vocabularies within the widths of the fields that hold them.
func bitsOf(v *engagement.Vocabulary, codes ...engagement.Code) (set uint64) {
	for _, c := range codes {
		if i := v.Index(c); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// day counts calendar days since 1970; 0 for none.
func day(d engagement.Date) int32 {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0
	}
	return int32(t.Unix() / 86400)
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
	n, changed, gone, appeared int64
	id, words                  string
	facts
}

// ReadIndex reads what search keeps in memory, before anybody searches or while somebody waits for it.
func (s *Store) ReadIndex(ctx context.Context) error {
	return s.View(ctx, func(tx *Tx) error {
		_, err := s.index.refresh(tx)
		return err
	})
}

// refresh reads what changed, and returns how far the snapshot reaches. An older one than the index was read from has nothing to add.
func (x *searchIndex) refresh(tx *Tx) (horizon int64, err error) {
	horizon, err = tx.store.engine.horizon(tx.conn)
	if err != nil {
		return 0, tx.translate(err)
	}
	if since, _ := x.state(); since == 0 {
		x.first.Lock()
		defer x.first.Unlock()
	}
	for {
		since, version := x.state()
		if horizon < since {
			return horizon, nil
		}
		changes, err := x.changes(tx, since)
		if err != nil {
			return 0, err
		}
		if len(changes) == 0 && horizon == since || x.apply(changes, version, horizon) {
			return horizon, nil
		}
	}
}

func (x *searchIndex) state() (horizon int64, version int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.horizon, x.version
}

// changes reads the rows that a transaction sees and an index with that horizon may not have.
func (x *searchIndex) changes(tx *Tx, since int64) ([]change, error) {
	query := `SELECT n, opportunity, changed, gone, appeared, doc, '' FROM search WHERE changed >= $1`
	if since > 0 { // the words are for the terms and spellings that are kept; there are none before the first search
		query = `SELECT s.n, s.opportunity, s.changed, s.gone, s.appeared, s.doc, coalesce(w.words, '') FROM search s LEFT JOIN search_words w ON w.n = s.n WHERE s.changed >= $1`
	}
	return list(tx, scanChange, query, since)
}

// seenBy says whether a snapshot that reaches to a horizon shows everything that is in. On PostgreSQL the horizon alone does not say so: while
// an older transaction is at work it stays where it is, and each of two snapshots may see what the other does not.
func (x *searchIndex) seenBy(horizon int64) bool { return horizon > x.newest }

// apply takes the changes over and reports true, unless another search came first: then they may be older than the index and lack the words
// of terms that are kept by now.
func (x *searchIndex) apply(changes []change, version int, horizon int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.version != version {
		return false
	}
	news := x.horizon != horizon // not on PostgreSQL while an older transaction is at work
	if x.places == nil {
		x.places, x.hosts, x.rest, x.gone = placeGrid{}, []string{""}, make([]rest, 0, len(changes)), map[int64]int64{}
		// Neighbours stand beside each other, because searches look at whole neighbourhoods and memory is read in blocks.
		for _, i := range byCell(changes) {
			x.put(changes[i])
		}
		changes, news = nil, true
	}
	for _, c := range changes {
		news = x.put(c) || news
	}
	x.horizon = horizon
	maps.DeleteFunc(x.gone, func(_, changed int64) bool { return changed < horizon }) // nobody reads what is older again
	if news {
		x.version++
	}
	return true
}

// byCell is the order of changes by their cells. They are large, so they are not moved.
func byCell(changes []change) []int {
	cells, order := make([]cell, len(changes)), make([]int, len(changes))
	for i, c := range changes {
		cells[i], order[i] = c.cell(), i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(cells[a], cells[b]), cmp.Compare(a, b)) })
	return order
}

// cell is that of the first place.
func (c change) cell() cell {
	if len(c.Points) == 0 || c.Points[0] == [2]float64{} {
		return nowhere
	}
	return cellOf(c.Points[0][0], c.Points[0][1])
}

func scanChange(row func(...any) error) (c change, err error) {
	var text []byte
	if err := row(&c.n, &c.id, &c.changed, &c.gone, &c.appeared, &text, &c.words); err != nil || c.gone > 0 {
		return c, err
	}
	return c, decode(text, &c.facts)
}

// put replaces, adds or removes one row, unless a newer version of it is there already.
func (x *searchIndex) put(c change) bool {
	at := x.byN.get(c.n)
	known := at >= 0
	if known && x.rest[at].changed >= c.changed || !known && x.gone[c.n] >= c.changed {
		return false
	}
	x.newest = max(x.newest, c.changed)
	if c.gone > 0 {
		x.gone[c.n] = c.changed
		if known {
			x.remove(at)
		}
		return true
	}
	delete(x.gone, c.n)
	if !known {
		at = len(x.rest)
		x.rest = append(x.rest, rest{})
		x.byN.put(c.n, at)
		if at%blockRows == 0 {
			x.blocks = append(x.blocks, newBlock())
		}
	}
	x.set(at, c, known)
	return true
}

// set writes a row, a new one or one that is known. One that stays where it was costs its cell nothing, however many are in it.
func (x *searchIndex) set(at int, c change, known bool) {
	x.blocks[at/blockRows].put(at%blockRows, c, x.host(c.Origin))
	r := rest{id: c.id, organization: unique.Make(c.Organization), changed: c.changed}
	for i, p := range c.Points {
		if p != [2]float64{} {
			r.places = append(r.places, place{newPoint(geo.Point{Lat: p[0], Lon: p[1]}), cellOf(p[0], p[1]), int16(i)})
		}
	}
	switch before := x.rest[at].places; {
	case !known:
		x.places.add(r.places, at)
	case !slices.Equal(before, r.places):
		x.places.remove(before, at)
		x.places.add(r.places, at)
	}
	x.rest[at] = r
	words := strings.Fields(c.words)
	x.terms.change(at, words)
	x.spellings.change(words)
}

// remove fills the gap with the last row.
func (x *searchIndex) remove(at int) {
	last := len(x.rest) - 1
	to := x.blocks[at/blockRows]
	x.places.remove(x.rest[at].places, at)
	x.byN.put(to.n[at%blockRows], -1)
	if at != last {
		x.places.move(x.rest[last].places, last, at)
		to.take(at%blockRows, x.blocks[last/blockRows], last%blockRows)
		x.rest[at] = x.rest[last]
		x.byN.put(to.n[at%blockRows], at)
	}
	x.terms.move(last, at)
	x.rest[last] = rest{}
	if x.rest = x.rest[:last]; last%blockRows == 0 {
		x.blocks = slices.Delete(x.blocks, len(x.blocks)-1, len(x.blocks))
	}
}

// host is the number of an origin.
func (x *searchIndex) host(name string) uint16 {
	i := slices.Index(x.hosts, name)
	if i < 0 {
		i = len(x.hosts)
		x.hosts = append(x.hosts, name)
	}
	return uint16(i)
}
