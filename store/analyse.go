package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// searchVersion grows with every change of what is written into the search tables; at the next opening they are written anew.
const searchVersion = 7

// analyse turns a text into the words it is found by, each once: every word as it is written, its stem, and the stems of the parts of
// compounds. The same text finds itself, whatever its case, umlauts and endings.
func analyse(texts ...string) []string {
	var all []string
	for _, text := range texts {
		for _, word := range split(text) {
			all = append(all, cut(word))
			for _, forms := range meanings(word) {
				all = append(all, forms...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// wordQuery is a search: every word that was typed must occur.
type wordQuery []wanted

// wanted is a word that was typed, folded. It occurs in one of its meanings, and a meaning occurs when all of its terms do.
type wanted struct {
	word     string
	meanings []meaning
}

type meaning []term

// term is a word of the index.
type term struct {
	word   string
	prefix bool // or any word that begins so
}

// parseQuery reads what somebody typed. Whatever it contains becomes words; nothing of it is an operator. Words for all that can be found
// here narrow nothing.
func parseQuery(text string) wordQuery {
	all := split(text)
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	words := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return stopWords[w] })
	if len(words) == 0 {
		words = all
	}
	words = slices.DeleteFunc(words, func(w string) bool { return everything[stem(w)] })
	const most = 10 // words; more find nothing anyway
	var q wordQuery
	for i, word := range words[:min(len(words), most)] {
		// The last word that was typed may be unfinished.
		unfinished := i == len(words)-1 && word == last && utf8.RuneCountInString(word) >= 3
		q = append(q, newWanted(word, unfinished))
	}
	return q
}

func newWanted(word string, unfinished bool) wanted {
	w := wanted{word, []meaning{{{cut(word), unfinished}}}}
	for _, forms := range meanings(word) {
		var m meaning
		for _, f := range forms {
			m = append(m, term{word: f})
		}
		w.meanings = append(w.meanings, m)
	}
	return w
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

// meanings are the forms of a folded word besides itself: its base, and the bases of its parts.
func meanings(word string) [][]string {
	all := [][]string{{base(cut(word))}}
	if parts := decompound(word); parts != nil {
		all = append(all, parts)
	}
	return all
}

// base is the stem of a folded word, or of the word that it is a synonym of.
func base(word string) string {
	s := stem(word)
	if same, ok := synonyms[s]; ok {
		return same
	}
	return s
}

// stem cuts the ending off a folded word, the feminine one too: "Patinnen", "Patin" and "Pate" are found alike.
func stem(word string) string {
	s := germanStem(word)
	for _, ending := range []string{"inn", "in"} {
		if male, ok := strings.CutSuffix(s, ending); ok && len(male) >= 3 && male[len(male)-1] != 'e' { // not "Verein", "Stein"
			return germanStem(male)
		}
	}
	return s
}

func germanStem(word string) string {
	env := snowballstem.NewEnv(word)
	german.Stem(env)
	return env.Current()
}

// cut shortens what is no word of any language.
func cut(word string) string {
	const most = 40 // bytes
	if len(word) <= most {
		return word
	}
	return strings.ToValidUTF8(word[:most], "")
}
