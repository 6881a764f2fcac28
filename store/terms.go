package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// termCache keeps which rows have the common words, so that only the first search for one reads its long list from the database. A row
// that changes is changed here too.
type termCache struct {
	mu    sync.Mutex
	terms map[term]*termRows
	size  int // bytes of the sets
}

type termRows struct {
	rowSet
	read int // rows that it had when it was read
}

const (
	commonTerm = 500      // rows; the list of a rarer word is read in less than half a millisecond
	maxTerms   = 16 << 20 // bytes of all lists
	termShare  = 32       // bytes for each row, if that is more: the lists of 256 words
	fewRows    = 200      // candidates; of fewer the words are read, whatever is searched
)

// filter keeps those of the rows that have the words: of a few by reading theirs, of many by the lists of the words. Lists that an old snapshot
// reads are not kept.
func (x *searchIndex) filter(tx *Tx, q wordQuery, rows rowSet, keep bool) error {
	if rows.count() <= fewRows {
		return x.filterFew(tx, q, rows)
	}
	for _, w := range q {
		set, err := x.having(tx, w, keep)
		if err != nil {
			return err
		}
		rows.keep(set)
	}
	return nil
}

// having are the rows that have a word. Nobody may change them.
func (x *searchIndex) having(tx *Tx, w wanted, keep bool) (or rowSet, err error) {
	for i, m := range w.meanings { // one is enough
		var and rowSet // all terms of it
		for k, t := range m {
			set, err := x.termRows(tx, t, keep)
			if err != nil {
				return nil, err
			}
			if k == 0 {
				and = set
				continue
			}
			if k == 1 {
				and = slices.Clone(and) // others use it, too
			}
			and.keep(set)
		}
		if i == 0 {
			or = and
			continue
		}
		if i == 1 {
			or = slices.Clone(or)
		}
		or.join(and)
	}
	return or, nil
}

// termRows is the set of rows that have a term.
func (x *searchIndex) termRows(tx *Tx, t term, keep bool) (rowSet, error) {
	x.terms.mu.Lock()
	known, ok := x.terms.terms[t]
	x.terms.mu.Unlock()
	if ok {
		return known.rowSet, nil
	}
	numbers, err := tx.store.engine.matchTerm(tx.conn, t)
	if err != nil {
		return nil, tx.translate(err)
	}
	var set rowSet
	for _, n := range numbers {
		if at := x.byN.get(n); at >= 0 { // the snapshot may be older
			set.add(at)
		}
	}
	if keep && len(numbers) >= commonTerm {
		x.terms.keep(t, &termRows{set, len(numbers)}, max(maxTerms, termShare*len(x.rest)))
	}
	return set, nil
}

// keep makes room by dropping the shortest lists, because they are read again soonest.
func (c *termCache) keep(t term, set *termRows, room int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terms == nil {
		c.terms = map[term]*termRows{}
	}
	if c.terms[t] != nil { // another search was first
		return
	}
	c.terms[t] = set
	c.size += 8 * len(set.rowSet)
	for c.size > room {
		var shortest term
		for other, rows := range c.terms {
			if least := c.terms[shortest]; least == nil || rows.read < least.read {
				shortest = other
			}
		}
		c.size -= 8 * len(c.terms[shortest].rowSet)
		delete(c.terms, shortest)
	}
}

// set says whether a row has the term of a set.
func (c *termCache) set(set *termRows, at int, has bool) {
	before := len(set.rowSet)
	if has {
		set.add(at)
	} else {
		set.remove(at)
	}
	c.size += 8 * (len(set.rowSet) - before)
}

// change writes the words that a row has now into the kept sets; words are in order. Nobody searches meanwhile.
func (c *termCache) change(at int, words []string) {
	for t, set := range c.terms {
		c.set(set, at, t.in(words))
	}
}

// move gives a row the position of another one, which is gone.
func (c *termCache) move(from, to int) {
	for _, set := range c.terms {
		c.set(set, to, set.has(from))
		set.remove(from)
	}
}

// in says whether words, which are in order, have the term.
func (t term) in(words []string) bool {
	i, found := slices.BinarySearch(words, t.word)
	return found || t.prefix && i < len(words) && strings.HasPrefix(words[i], t.word)
}

// filterFew reads the words of the rows.
func (x *searchIndex) filterFew(tx *Tx, q wordQuery, few rowSet) error {
	type row struct {
		n     int64
		words string
	}
	var all []int64
	for at := range few.all() {
		all = append(all, x.blocks[at/blockRows].n[at%blockRows])
	}
	fits := make(map[int64]bool, len(all))
	for in, numbers := range portions(all, number) {
		rows, err := list(tx, func(scan func(...any) error) (r row, err error) { return r, scan(&r.n, &r.words) },
			`SELECT n, words FROM search_words WHERE n IN `+in, numbers...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			fits[r.n] = q.in(strings.Fields(r.words))
		}
	}
	for at := range few.all() {
		if !fits[x.blocks[at/blockRows].n[at%blockRows]] {
			few.remove(at)
		}
	}
	return nil
}

// in says whether words, which are in order, satisfy the query.
func (q wordQuery) in(words []string) bool {
	for _, w := range q {
		if !slices.ContainsFunc(w.meanings, func(m meaning) bool {
			return !slices.ContainsFunc(m, func(t term) bool { return !t.in(words) })
		}) {
			return false
		}
	}
	return true
}

// joined writes terms as one query.
func joined(terms []term, write func(term) string, or string) string {
	all := make([]string, len(terms))
	for i, t := range terms {
		all[i] = write(t)
	}
	return strings.Join(all, or)
}

// numbers reads what matchTerm got as one text.
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
