package store

import (
	"slices"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// searchVersion grows with every change of what is written into the search tables; at the next opening they are written anew.
const searchVersion = 1

// maxWord cuts what is no word of any language.
const maxWord = 40

// analyse turns a text into the words it is found by, each once: every word as it is written, its stem, and the stems of the parts of
// compounds. The same text finds itself, whatever its case, umlauts and endings.
func analyse(texts ...string) []string {
	var all []string
	for _, text := range texts {
		for _, word := range split(text) {
			all = append(all, word)
			for _, forms := range meanings(word) {
				all = append(all, forms...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// wordQuery is a search: every word must occur in one of its meanings, each of which is one or more words that all must occur.
type wordQuery [][]meaning

// meaning are words that stand together for one that was typed.
type meaning struct {
	words  []string
	prefix bool // the only word may go on: it is the last one, perhaps unfinished
}

// parseQuery reads what somebody typed. Whatever it contains becomes words; nothing of it is an operator.
func parseQuery(text string) wordQuery {
	var q wordQuery
	words := split(text)
	const most = 10 // words of a query; more find nothing anyway
	words = words[:min(len(words), most)]
	for i, word := range words {
		if stopWords[word] && len(words) > 1 {
			continue
		}
		var or []meaning
		for _, forms := range meanings(word) {
			or = append(or, meaning{words: forms})
		}
		last := i == len(words)-1 && len([]rune(word)) >= 3
		or = append(or, meaning{words: []string{word}, prefix: last})
		q = append(q, or)
	}
	return q
}

// text writes the query in the language of an engine: formats of a word and of a beginning, and the words for and and or. Words consist of
// letters and digits only.
func (q wordQuery) text(word, prefix, and, or string) string {
	var all []string
	for _, alternatives := range q {
		var any []string
		for _, m := range alternatives {
			var together []string
			for _, w := range m.words {
				format := word
				if m.prefix {
					format = prefix
				}
				together = append(together, strings.Replace(format, "%s", w, 1))
			}
			any = append(any, "("+strings.Join(together, and)+")")
		}
		all = append(all, "("+strings.Join(any, or)+")")
	}
	return strings.Join(all, and)
}

// matches says whether analysed words satisfy the query: what the engines do.
func (q wordQuery) matches(words []string) bool {
	has := func(m meaning) bool {
		for _, w := range m.words {
			i, found := slices.BinarySearch(words, w)
			if !found && !(m.prefix && i < len(words) && strings.HasPrefix(words[i], w)) {
				return false
			}
		}
		return true
	}
	for _, alternatives := range q {
		if !slices.ContainsFunc(alternatives, has) {
			return false
		}
	}
	return true
}

// split cuts a text into folded words.
func split(text string) []string {
	return strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// fold makes spellings equal: lower case, ß as ss, umlauts as a, o, u however they were typed (ä, a¨, ae), no accents.
func fold(text string) string {
	var b strings.Builder
	var last rune
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case r == 'ß':
			b.WriteString("ss")
		case unicode.Is(unicode.Mn, r): // accents, dots
			continue
		case r == 'e' && (last == 'a' || last == 'o' || last == 'u') && umlautFollows(b.String()):
			continue
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// umlautFollows says whether an e behind this beginning of a word writes out an umlaut: "ae" and "oe" do, "ue" not behind q or a vowel
// ("Quelle", "neue", "Bauer").
func umlautFollows(before string) bool {
	if len(before) < 2 {
		return true
	}
	switch before[len(before)-2] {
	case 'a', 'e', 'i', 'o', 'u', 'q':
		return false
	}
	return true
}

// meanings are the forms of a folded word besides itself: its stem, its synonym, the stems of its parts.
func meanings(word string) [][]string {
	if len(word) > maxWord {
		word = word[:maxWord]
	}
	var all [][]string
	stemmed := stem(word)
	if same, ok := synonyms[stemmed]; ok {
		stemmed = same
	}
	all = append(all, []string{stemmed})
	if parts := decompound(word); parts != nil {
		all = append(all, parts)
	}
	return all
}

// stem cuts the ending off a folded word, the feminine one too: "Patinnen", "Patin" and "Pate" are found alike.
func stem(word string) string {
	for _, ending := range []string{"innen", "in"} {
		if base, ok := strings.CutSuffix(word, ending); ok && len(base) >= 4 {
			word = base
			break
		}
	}
	env := snowballstem.NewEnv(word)
	german.Stem(env)
	return env.Current()
}
