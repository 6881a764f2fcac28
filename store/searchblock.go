package store

import (
	"iter"
	"math/bits"
	"slices"
	"unique"

	"seestern/engagement"
)

// blockRows is how many rows stand together: as many as a word has bits.
const blockRows = 64

// block is what a search looks at of 64 opportunities. Each code has a column: a word with a bit for each of the rows that have it, so that a
// search filters and counts them all at once. Codes that we do not know are left out, because nobody can search for them.
type block struct {
	ends, published, appeared [blockRows]int64 // ends: not shown from then on, because it is over or not confirmed any more; appeared: here
	n                         [blockRows]int64 // number of the row in the table
	grid                      [blockRows]uint32
	from, urgent              [blockRows]int32 // days since 1970
	origin                    [blockRows]uint16
	minAge                    [blockRows]uint8
	columns                   []uint64

	firstEnd int64 // no row ends before; 0 while places are free
	latest   int64 // none was published later
}

// Where the columns of every vocabulary begin; those up to hereColumn are counted as facets.
var (
	areaColumn       = 0
	topicColumn      = areaColumn + len(engagement.Areas.Terms)
	activityColumn   = topicColumn + len(engagement.Topics.Terms)
	targetColumn     = activityColumn + len(engagement.Activities.Terms)
	commitmentColumn = targetColumn + len(engagement.TargetGroups.Terms)
	accessColumn     = commitmentColumn + len(engagement.Commitments.Terms)
	modeColumn       = accessColumn + len(engagement.AccessFeatures.Terms)
	hereColumn       = modeColumn + len(engagement.Modes.Terms) // of this instance
	languageColumn   = hereColumn + 1
	proofColumn      = languageColumn + len(engagement.Languages.Terms)
	teamColumn       = proofColumn + len(engagement.Proofs.Terms) // only for the team
	openColumn       = teamColumn + 1                             // for everywhere
	adultsColumn     = openColumn + 1                             // nobody under 18
	skilledColumn    = adultsColumn + 1                           // asks for skills that must be there, or licenses
	columnCount      = skilledColumn + 1
)

// columnsOf are the columns of the codes that we know.
func columnsOf(first int, v *engagement.Vocabulary, codes ...engagement.Code) (all []int) {
	for _, c := range codes {
		if i := v.Index(c); i >= 0 {
			all = append(all, first+i)
		}
	}
	return all
}

func newBlock() *block { return &block{columns: make([]uint64, columnCount)} }

// put writes a row.
func (b *block) put(i int, c change, origin uint16) {
	b.ends[i], b.published[i], b.appeared[i], b.n[i] = c.ends(), c.Published, c.appeared, c.n
	b.grid[i], b.from[i], b.urgent[i], b.origin[i], b.minAge[i] = c.when(), c.From, c.Urgent, origin, c.MinAge
	b.clear(i)
	for _, set := range []struct {
		column, end int
		bits        uint64
	}{
		{areaColumn, topicColumn, uint64(c.Areas)},
		{topicColumn, min(topicColumn+64, activityColumn), c.Topics[0]},
		{topicColumn + 64, activityColumn, c.Topics[1]},
		{activityColumn, targetColumn, uint64(c.Activities)},
		{targetColumn, commitmentColumn, uint64(c.TargetGroups)},
		{commitmentColumn, accessColumn, uint64(c.Commitment)},
		{accessColumn, modeColumn, uint64(c.Access)},
		{modeColumn, hereColumn, uint64(c.Mode)},
		{languageColumn, proofColumn, c.Languages},
		{proofColumn, teamColumn, uint64(c.Proofs)},
	} {
		for code := range ones(set.bits) {
			if column := set.column + code; column < set.end {
				b.columns[column] |= 1 << i
			}
		}
	}
	for _, flag := range []struct {
		column int
		is     bool
	}{{hereColumn, origin == 0}, {teamColumn, c.Team}, {openColumn, c.Open}, {adultsColumn, c.Adults}, {skilledColumn, c.Skilled}} {
		if flag.is {
			b.columns[flag.column] |= 1 << i
		}
	}
	b.bound()
}

// bound looks for the bounds anew.
func (b *block) bound() {
	b.firstEnd, b.latest = slices.Min(b.ends[:]), slices.Max(b.published[:])
}

// take copies a row of another block, or of this one.
func (b *block) take(i int, other *block, j int) {
	b.ends[i], b.published[i], b.appeared[i], b.n[i] = other.ends[j], other.published[j], other.appeared[j], other.n[j]
	b.grid[i], b.from[i], b.urgent[i], b.origin[i], b.minAge[i] = other.grid[j], other.from[j], other.urgent[j], other.origin[j], other.minAge[j]
	for c, column := range other.columns {
		b.columns[c] = b.columns[c]&^(1<<i) | column>>j&1<<i
	}
	b.bound()
}

// clear takes a row out of all columns.
func (b *block) clear(i int) {
	for c := range b.columns {
		b.columns[c] &^= 1 << i
	}
}

// ends is the instant from which it is not shown: when it is over, or its confirmation is older than [staleAfter].
func (x facts) ends() int64 {
	stale := x.Confirmed + staleAfter.Milliseconds() + 1
	if x.Until == 0 {
		return stale
	}
	return min(x.Until, stale)
}

// someDay is the next date of what has none.
const someDay = 1 << 30

// next is the next day on which something takes place: the first day, or from then on the next weekday of the grid.
func (b *block) next(i int, today int32) int32 {
	const week, slots = 7, 4
	if b.from[i] > today {
		return b.from[i]
	}
	monday := int(today+3) % week * slots // 1970-01-01 was a Thursday
	grid := b.grid[i] & (1<<(week*slots) - 1)
	if grid = (grid>>monday | grid<<(week*slots-monday)) & (1<<(week*slots) - 1); grid != 0 { // beginning today
		return today + int32(bits.TrailingZeros32(grid)/slots)
	}
	if b.from[i] == today {
		return today
	}
	return someDay
}

// rest is what else the index knows of a row, for the few that are found.
type rest struct {
	id           string
	organization unique.Handle[string] // most have several opportunities
	changed      int64
	places       []place // known ones at public precision
}

// rowSet is a set of small numbers, mostly of rows by their positions in the index, with a word for each block. The zero value is empty.
type rowSet []uint64

func (s rowSet) has(at int) bool { return at>>6 < len(s) && s[at>>6]&(1<<(at&63)) != 0 }

func (s *rowSet) add(at int) {
	for at>>6 >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[at>>6] |= 1 << (at & 63)
}

func (s rowSet) remove(at int) {
	if at>>6 < len(s) {
		s[at>>6] &^= 1 << (at & 63)
	}
}

// keep leaves what is in the other set too.
func (s rowSet) keep(other rowSet) {
	n := min(len(s), len(other))
	for i, word := range other[:n] {
		s[i] &= word
	}
	clear(s[n:])
}

// join takes in what is in the other set.
func (s *rowSet) join(other rowSet) {
	for len(*s) < len(other) {
		*s = append(*s, 0)
	}
	for i, word := range other {
		(*s)[i] |= word
	}
}

func (s rowSet) count() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// all are the positions in the set, in order.
func (s rowSet) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s {
			for bit := range ones(word) {
				if !yield(i*blockRows + bit) {
					return
				}
			}
		}
	}
}

// ones are the places of the bits that are set.
func ones(word uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; word != 0; word &= word - 1 {
			if !yield(bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

// positions say where in the index the rows of the table are. The numbers of a table grow as rows come and go, so there are pages only for
// those that were in use.
type positions [][]int32

const positionsPage = 1024

// get is -1 for a row that is not in the index.
func (p positions) get(n int64) int {
	if page := int(n / positionsPage); page < len(p) && p[page] != nil {
		return int(p[page][n%positionsPage]) - 1
	}
	return -1
}

// put keeps a position; -1 forgets it.
func (p *positions) put(n int64, at int) {
	page := int(n / positionsPage)
	for page >= len(*p) {
		*p = append(*p, nil)
	}
	if (*p)[page] == nil {
		(*p)[page] = make([]int32, positionsPage)
	}
	(*p)[page][n%positionsPage] = int32(at + 1)
}
