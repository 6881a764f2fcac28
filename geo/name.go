package geo

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalize writes a name the way names are compared: lower case, ä ö ü ß as ae oe ue ss, other accents dropped, "St." as "sankt",
// everything that is not a letter or digit as one space. "Berlin-KÖPENICK " becomes "berlin koepenick".
func Normalize(name string) string { return normalize(name, "e") }

// letters are written as two.
var letters = map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "oe"}

// normalize writes umlaut after a, o and u with a diaeresis.
func normalize(name, umlaut string) string {
	var b strings.Builder
	last := ' '
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r == '\u0308' && strings.ContainsRune("aou", last):
			b.WriteString(umlaut)
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
		case letters[r] != "":
			b.WriteString(letters[r])
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
		last = r
	}
	words := strings.Fields(b.String())
	for i, w := range words {
		if w == "st" {
			words[i] = "sankt"
		}
	}
	return strings.Join(words, " ")
}

// squeeze takes the spaces out, so that "Alt Treptow", "Alt-Treptow" and "Alttreptow" have one key.
func squeeze(normal string) string { return strings.ReplaceAll(normal, " ", "") }

// qualifiers begin the part of a name that people leave out: "Frankfurt (Oder)", "Neustadt an der Weinstraße".
var qualifiers = []string{" (", "/", ", ", " an der ", " an den ", " am ", " auf ", " bei ", " im ", " in ", " ob ", " unter ", " vor ", " a.", " i."}

// head is a name without its qualifier.
func head(name string) string {
	end := len(name)
	for _, q := range qualifiers {
		if i := strings.Index(name, q); i > 0 {
			end = min(end, i)
		}
	}
	return name[:end]
}

// kinds begin the official name of a Kreis; people often leave them out.
var kinds = []string{"Landkreis ", "Kreis ", "Region ", "Regionalverband ", "Städteregion ", "Eifelkreis ", "Altmarkkreis "}

// bare is a name without the kind of area before it.
func bare(name string) string {
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(name, k); ok {
			return rest
		}
	}
	return name
}

// spellings are the keys a place is found under: its name, first; the name without kind, qualifier or town ("Mitte" for "Aachen-Mitte");
// each also with umlauts written as plain vowels.
func (p Place) spellings() []string {
	names := []string{p.Name, bare(p.Name), head(p.Name)}
	if rest, ok := strings.CutPrefix(p.Name, head(p.Town)+"-"); ok && p.Town != "" {
		names = append(names, rest)
	}
	var keys []string
	for i, n := range names {
		if i > 0 && n == p.Name {
			continue
		}
		keys = append(keys, squeeze(normalize(n, "e")))
		if strings.ContainsAny(n, "äöüÄÖÜ") {
			keys = append(keys, squeeze(normalize(n, "")))
		}
	}
	return keys
}
