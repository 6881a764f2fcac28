package store

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// termCache keeps which rows have the common words, so that only the first search for one reads its long list from the database. A row
// that changes is changed here too.
type termCache struct {
	mu    sync.Mutex
	terms map[term]rowSet
	size  int // bytes of the sets
}

const (
	commonTerm = 500      // rows; the list of a rarer word is read in less than half a millisecond
	maxTerms   = 16 << 20 // bytes
	fewRows    = 200      // candidates; of fewer the words are read, whatever is searched
)

// rowSet is a set of numbers of rows, as bits.
type rowSet []uint64

func (s rowSet) has(n int64) bool { return int(n>>6) < len(s) && s[n>>6]&(1<<(n&63)) != 0 }

func (s *rowSet) add(n int64) {
	for int(n>>6) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[n>>6] |= 1 << (n & 63)
}

func (s rowSet) remove(n int64) {
	if int(n>>6) < len(s) {
		s[n>>6] &^= 1 << (n & 63)
	}
}

// keep leaves what is in the other set too.
func (s rowSet) keep(other rowSet) {
	for i := range s {
		if i >= len(other) {
			s[i] = 0
		} else {
			s[i] &= other[i]
		}
	}
}

// join takes in what is in the other set.
func (s *rowSet) join(other rowSet) {
	for len(*s) < len(other) {
		*s = append(*s, 0)
	}
	for i, b := range other {
		(*s)[i] |= b
	}
}

func (s rowSet) count() (n int) {
	for _, b := range s {
		n += bits.OnesCount64(b)
	}
	return n
}

// filter keeps the candidates that have the words: of a few by reading theirs, of many by the lists of the words. Lists that an old snapshot
// reads are not kept.
func (x *searchIndex) filter(tx *Tx, q wordQuery, list []candidate, keep bool) ([]candidate, error) {
	if len(list) <= fewRows {
		return x.filterFew(tx, q, list)
	}
	var fits rowSet
	for i, w := range q {
		var or rowSet // one meaning is enough
		for _, m := range w.meanings {
			var and rowSet // and all terms of it
			for k, t := range m {
				set, err := x.terms.rows(tx, t, keep)
				if err != nil {
					return nil, err
				}
				if k == 0 {
					and = slices.Clone(set) // others use it, too
				} else {
					and.keep(set)
				}
			}
			or.join(and)
		}
		if i == 0 {
			fits = or
		} else {
			fits.keep(or)
		}
	}
	return slices.DeleteFunc(list, func(c candidate) bool { return !fits.has(x.rows[c.row].n) }), nil
}

// rows is the set of rows that have a term.
func (c *termCache) rows(tx *Tx, t term, keep bool) (rowSet, error) {
	c.mu.Lock()
	set, ok := c.terms[t]
	c.mu.Unlock()
	if ok {
		return set, nil
	}
	numbers, err := tx.store.engine.matchTerm(tx.conn, t)
	if err != nil {
		return nil, tx.translate(err)
	}
	for _, n := range numbers {
		set.add(n)
	}
	if keep && len(numbers) >= commonTerm {
		c.keep(t, set)
	}
	return set, nil
}

// keep makes room by dropping any others: the common words of a language are fewer than fit.
func (c *termCache) keep(t term, set rowSet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terms == nil {
		c.terms = map[term]rowSet{}
	}
	for other, old := range c.terms {
		if c.size+8*len(set) <= maxTerms {
			break
		}
		c.size -= 8 * len(old)
		delete(c.terms, other)
	}
	c.terms[t] = set
	c.size += 8 * len(set)
}

// change writes the words that a row has now into the kept sets; words are in order. Nobody searches meanwhile.
func (c *termCache) change(n int64, words []string) {
	for t, set := range c.terms {
		if t.in(words) {
			c.size -= 8 * len(set)
			set.add(n)
			c.size += 8 * len(set)
			c.terms[t] = set
		} else {
			set.remove(n)
		}
	}
}

// in says whether words, which are in order, have the term.
func (t term) in(words []string) bool {
	i, found := slices.BinarySearch(words, t.word)
	return found || t.prefix && i < len(words) && strings.HasPrefix(words[i], t.word)
}

// filterFew reads the words of the candidates.
func (x *searchIndex) filterFew(tx *Tx, q wordQuery, few []candidate) ([]candidate, error) {
	type row struct {
		n     int64
		words string
	}
	fits := make(map[int64]bool, len(few))
	for in, numbers := range portions(few, func(c candidate) any { return x.rows[c.row].n }) {
		rows, err := list(tx, func(scan func(...any) error) (r row, err error) { return r, scan(&r.n, &r.words) },
			`SELECT n, words FROM search_words WHERE n IN `+in, numbers...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			fits[r.n] = q.in(strings.Fields(r.words))
		}
	}
	return slices.DeleteFunc(few, func(c candidate) bool { return !fits[x.rows[c.row].n] }), nil
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
