package store

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"seestern/engagement"
)

// Words with one typing error: a letter missing, too much, wrong, or two exchanged. All spellings that are one error away are made, many
// hundreds, and the text index is asked about those of them that occur, so the cost does not grow with the words that it holds.
const (
	shortestMended = 6   // letters; of shorter words too many others are one letter away
	longestMended  = 30  // letters
	mostMended     = 2   // words of a search
	fewHits        = 5   // with so many, nothing is mended
	sampleRows     = 100 // in which spellings are counted
)

// mended is a search with other spellings, by the words that were typed; nil if there is nothing to mend.
func (x *searchIndex) mended(tx *Tx, q wordQuery, horizon int64) (better wordQuery, spellings map[string]string, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for i, w := range q {
		if n := utf8.RuneCountInString(w.word); n < shortestMended || n > longestMended || len(spellings) == mostMended {
			continue
		}
		fresh := x.seenBy(horizon)
		rows, err := x.having(tx, w, fresh)
		if err != nil {
			return nil, nil, err
		}
		n := rows.count()
		if n >= fewHits {
			continue
		}
		other, err := x.spelling(tx, w.word, n, fresh)
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

// spelling is the word one typing error away that most opportunities have, and more than so many; empty if there is none.
func (x *searchIndex) spelling(tx *Tx, word string, more int, fresh bool) (string, error) {
	all := neighbours(word)
	written, err := x.spellings.those(tx, all, fresh)
	if err != nil {
		return "", err
	}
	if best, err := tx.common(written, more); best != "" || more > 0 || err != nil {
		return best, err
	}
	for _, w := range all { // a compound that nobody wrote so, of parts that occur
		if decompound(w) == nil {
			continue
		}
		if rows, err := x.having(tx, newWanted(w, false), fresh); err != nil || rows.count() > 0 {
			return w, err
		}
	}
	return "", nil
}

// common is the one of the words that most rows have, and more than so many.
func (tx *Tx) common(words []string, more int) (best string, err error) {
	if len(words) == 0 {
		return "", nil
	}
	terms := make([]term, len(words))
	for i, w := range words {
		terms[i] = term{word: w}
	}
	rows, err := tx.store.engine.matchAny(tx.conn, terms, sampleRows)
	if err != nil {
		return "", tx.translate(err)
	}
	counts, err := tx.countWords(words, rows)
	if err != nil {
		return "", err
	}
	best = slices.MaxFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(counts[a], counts[b]), cmp.Compare(b, a)) })
	if counts[best] <= more {
		best = ""
	}
	return best, nil
}

// spellings says of most words that no opportunity has them, without asking the database: a bit for every hash that a word of the index has.
// Bits are only added, so a word may seem to be there that is not, but none that is there is missed. Nothing is kept before it is needed.
type spellings struct {
	mu   sync.Mutex
	bits rowSet // 2 MB
}

// spellingBits is the size of a hash. Half a million words leave some 3 % of all others in doubt, and so many hide behind each hash that
// nobody can tell from it which word it was.
const spellingBits = 24

// hashes are those of the words that can be meant by a typing error, in order. Words have letters and digits of one byte or more.
func hashes(words []string) (all []int64) {
	for _, w := range words {
		if n := utf8.RuneCountInString(w); n < shortestMended-1 || n > longestMended+1 {
			continue
		}
		h := uint32(2166136261) // FNV-1a
		for i := range len(w) {
			h = (h ^ uint32(w[i])) * 16777619
		}
		all = append(all, int64(h>>spellingBits^h&(1<<spellingBits-1)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// those keeps the words that opportunities may have. What an old snapshot reads is not kept, and then all of them may be.
func (s *spellings) those(tx *Tx, words []string, fresh bool) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bits == nil && !fresh {
		return words, nil
	}
	if s.bits == nil {
		all, err := tx.store.engine.spellings(tx.conn)
		if err != nil {
			return nil, tx.translate(err)
		}
		s.bits = make(rowSet, 1<<spellingBits/64)
		for _, h := range all {
			s.bits.add(int(h))
		}
	}
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		h := hashes([]string{w})
		return len(h) == 0 || !s.bits.has(int(h[0]))
	}), nil
}

// change takes in the words of a row that changed. Nobody searches meanwhile.
func (s *spellings) change(words []string) {
	if s.bits == nil {
		return
	}
	for _, h := range hashes(words) {
		s.bits.add(int(h))
	}
}

// putSpellings writes down which words there are, in order, so that two that write at once do not wait for each other.
func (tx *Tx) putSpellings(words []string) error {
	for in, args := range portions(hashes(words), number) {
		rows := strings.ReplaceAll(strings.Trim(in, "()"), ",", "),(")
		if err := tx.run(`INSERT INTO search_spelling (hash) VALUES (`+rows+`) ON CONFLICT (hash) DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

// countWords counts in how many of the rows each of the words occurs.
func (tx *Tx) countWords(words []string, rows []int64) (map[string]int, error) {
	counts := make(map[string]int, len(words))
	for _, w := range words {
		counts[w] = 0
	}
	for in, args := range portions(rows, number) {
		texts, err := list(tx, func(scan func(...any) error) (text string, err error) { return text, scan(&text) },
			`SELECT words FROM search_words WHERE n IN `+in, args...)
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

// neighbours are all spellings one typing error away from a folded word.
func neighbours(word string) (all []string) {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	runes := []rune(word)
	add := func(parts ...[]rune) {
		if w := string(slices.Concat(parts...)); w != word {
			all = append(all, w)
		}
	}
	for i := range len(runes) + 1 {
		before, after := runes[:i], runes[i:]
		for _, l := range letters {
			add(before, []rune{l}, after)
		}
		if len(after) == 0 {
			break
		}
		add(before, after[1:])
		for _, l := range letters {
			add(before, []rune{l}, after[1:])
		}
		if len(after) > 1 {
			add(before, []rune{after[1], after[0]}, after[2:])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
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
