package store

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"seestern/engagement"
)

// Words with one typing error: a letter missing, too much, wrong, or two exchanged. All spellings that are one error away are made and the
// text index is asked which of them occur, so the cost does not grow with the words that it holds.
const (
	shortestMended = 6   // letters; of shorter words too many others are one letter away
	longestMended  = 30  // letters
	mostMended     = 2   // words of a search
	fewHits        = 5   // with so many, nothing is mended
	sampleRows     = 100 // in which spellings are counted
)

// mended is a search with other spellings, by the words that were typed; nil if there is nothing to mend.
func (x *searchIndex) mended(tx *Tx, q wordQuery) (better wordQuery, spellings map[string]string, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for i, w := range q {
		if n := utf8.RuneCountInString(w.word); n < shortestMended || n > longestMended || len(spellings) == mostMended {
			continue
		}
		n, err := x.terms.count(tx, w)
		if err != nil {
			return nil, nil, err
		}
		if n >= fewHits {
			continue
		}
		other, err := x.spelling(tx, w.word, n)
		if err != nil {
			return nil, nil, err
		}
		if other == "" {
			continue
		}
		if spellings == nil {
			spellings, better = map[string]string{}, slices.Clone(q)
		}
		better[i], spellings[w.word] = newWanted(other, false), other
	}
	return better, spellings, nil
}

// spelling is the word one typing error away that most opportunities have, and more than so many; empty if there is none. The error is in
// one half of the word: words that begin like the first half are looked through first, because that asks for one word and not for hundreds.
func (x *searchIndex) spelling(tx *Tx, word string, more int) (string, error) {
	front, back := neighbours(word)
	half := []rune(word)[:utf8.RuneCountInString(word)/2]
	best, whole, err := tx.common(back, more, term{string(half), true})
	if best != "" || err != nil {
		return best, err
	}
	ask := front
	if !whole {
		ask = slices.Concat(front, back)
	}
	terms := make([]term, len(ask))
	for i, w := range ask {
		terms[i] = term{word: w}
	}
	if best, _, err = tx.common(ask, more, terms...); best != "" || more > 0 || err != nil {
		return best, err
	}
	for _, w := range slices.Concat(front, back) { // a compound that nobody wrote so, of parts that occur
		if decompound(w) == nil {
			continue
		}
		if n, err := x.terms.count(tx, newWanted(w, false)); err != nil || n > 0 {
			return w, err
		}
	}
	return "", nil
}

// common is the one of the words that most rows have, and more than so many, among rows that have one of the terms; whole if these are
// all of them.
func (tx *Tx) common(words []string, more int, terms ...term) (best string, whole bool, err error) {
	rows, err := tx.store.engine.matchAny(tx.conn, terms, sampleRows)
	if err != nil {
		return "", false, tx.translate(err)
	}
	counts, err := tx.countWords(words, rows)
	if err != nil {
		return "", false, err
	}
	best = slices.MaxFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(counts[a], counts[b]), cmp.Compare(b, a)) })
	if counts[best] <= more {
		best = ""
	}
	return best, len(rows) < sampleRows, nil
}

// count is the number of rows that have a word.
func (c *termCache) count(tx *Tx, w wanted) (n int, err error) {
	var found rowSet
	for _, m := range w.meanings {
		var all rowSet
		for i, t := range m {
			set, err := c.rows(tx, t, false)
			if err != nil {
				return 0, err
			}
			if i == 0 {
				all = slices.Clone(set)
			}
			all.keep(set)
		}
		found.join(all)
	}
	return found.count(), nil
}

// countWords counts in how many of the rows each of the words occurs.
func (tx *Tx) countWords(words []string, rows []int64) (map[string]int, error) {
	counts := make(map[string]int, len(words))
	for _, w := range words {
		counts[w] = 0
	}
	for chunk := range slices.Chunk(rows, maxIn) {
		args := make([]any, len(chunk))
		for i, n := range chunk {
			args[i] = n
		}
		texts, err := list(tx, func(scan func(...any) error) (text string, err error) { return text, scan(&text) },
			`SELECT words FROM search_words WHERE n IN `+inList(len(args)), padded(args)...)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			for w := range strings.FieldsSeq(text) {
				if _, asked := counts[w]; asked {
					counts[w]++
				}
			}
		}
	}
	return counts, nil
}

// neighbours are all spellings one typing error away from a folded word: with the error in its first half, and behind that.
func neighbours(word string) (front, back []string) {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	runes := []rune(word)
	add := func(at int, parts ...[]rune) {
		switch w := string(slices.Concat(parts...)); {
		case w == word:
		case at < len(runes)/2:
			front = append(front, w)
		default:
			back = append(back, w)
		}
	}
	for i := range len(runes) + 1 {
		before, after := runes[:i], runes[i:]
		for _, l := range letters {
			add(i, before, []rune{l}, after)
		}
		if len(after) == 0 {
			break
		}
		add(i, before, after[1:])
		for _, l := range letters {
			add(i, before, []rune{l}, after[1:])
		}
		if len(after) > 1 {
			add(i, before, []rune{after[1], after[0]}, after[2:])
		}
	}
	slices.Sort(front)
	slices.Sort(back)
	return slices.Compact(front), slices.Compact(back)
}

// spelled is what was typed with other spellings, written as the hits write them.
func spelled(text string, spellings map[string]string, hits []Hit) string {
	var b strings.Builder
	for word := range wordsAndGaps(text) {
		if other, ok := spellings[fold(word)]; ok {
			word = written(other, hits)
		}
		b.WriteString(word)
	}
	return b.String()
}

// wordsAndGaps cuts a text between words and what stands between them.
func wordsAndGaps(text string) func(func(string) bool) {
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) }
	return func(yield func(string) bool) {
		for len(text) > 0 {
			first, _ := utf8.DecodeRuneInString(text)
			end := strings.IndexFunc(text, func(r rune) bool { return inWord(r) != inWord(first) })
			if end < 0 {
				end = len(text)
			}
			if !yield(text[:end]) {
				return
			}
			text = text[end:]
		}
	}
}

// written is a folded word as one of the hits writes it, or else another form of it.
func written(folded string, hits []Hit) string {
	form := folded
	for _, h := range hits {
		for _, text := range append(publicTexts(h.Opportunity), h.Organizer.Name) {
			for word := range wordsAndGaps(text) {
				switch plain := fold(word); {
				case plain == folded:
					return word
				case form == folded && strings.HasPrefix(plain, folded) && stem(plain) == folded:
					form = word
				}
			}
		}
	}
	return form
}

// publicTexts are what an opportunity says in words.
func publicTexts(o engagement.Opportunity) []string {
	all := []string{o.Title, o.Summary, o.Description, o.Simple}
	for _, p := range o.PublicPlaces() {
		all = append(all, p.Name, p.Street, p.Postcode, p.Locality)
	}
	return all
}
