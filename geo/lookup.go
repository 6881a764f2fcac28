package geo

import (
	"slices"
	"sort"
	"strings"
)

const (
	queryBytes = 200 // what is longer is not the name of a place
	queryWords = 8
	choices    = 30   // places that Lookup gives at most
	reach      = 3000 // names that are looked at for a beginning
)

// Lookup finds the places that q may mean: a postal code ("12555", "D-12555"), a name ("koepenick", "Alt Treptow", "Frankfurt"), a name
// and what tells it from others ("Neustadt, Hamburg", "Bezirk Mitte", "12555 Berlin"). Exact names win over names that begin with q.
// More than one place are choices, the most likely first; none is nil. A quarter stands for itself and not for the Bezirk or Kreis of
// the same name; that is found as "Bezirk Neukölln".
func (g *Gazetteer) Lookup(q string) []Place {
	asked := parse(q)
	found := g.exact(asked)
	if len(found) == 0 {
		found = g.begins(asked, 3)
	}
	if label := func(p Place) bool { return Normalize(p.Label()) == Normalize(q) }; len(found) > 1 && slices.ContainsFunc(found, label) {
		return found[slices.IndexFunc(found, label):][:1]
	}
	return found[:min(choices, len(found))]
}

// Suggest are up to n places for what was typed so far, at least two letters or digits. Their labels lead back to them by Lookup.
func (g *Gazetteer) Suggest(prefix string, n int) []Place {
	asked, least := parse(prefix), 2
	if len(asked.words) > 1 {
		least = 1 // "Berlin-K": the other words narrow it down
	}
	found := g.exact(asked)
	for _, p := range g.begins(asked, least) {
		if !slices.ContainsFunc(found, func(f Place) bool { return f.ID == p.ID }) {
			found = append(found, p)
		}
	}
	return found[:min(max(n, 0), len(found))]
}

// query is what somebody typed, taken apart.
type query struct {
	code    string // postal code, or the only word if it is a number
	country string // that stood before the code, as in "D-12555"
	words   []string
}

var plates = map[string]string{"d": "DE", "de": "DE", "a": "AT", "at": "AT", "ch": "CH", "b": "BE", "be": "BE", "nl": "NL"}

func parse(q string) query {
	if len(q) > queryBytes {
		q = q[:queryBytes]
	}
	words := strings.Fields(Normalize(strings.ToValidUTF8(q, " ")))
	words = words[:min(queryWords, len(words))]
	var asked query
	for i, w := range words {
		if !isNumber(w) || len(w) > 5 || len(w) < 4 && len(words) > 1 {
			continue
		}
		from := i
		if i > 0 && plates[words[i-1]] != "" {
			asked.country, from = plates[words[i-1]], i-1
		}
		asked.code, words = w, slices.Concat(words[:from], words[i+1:])
		break
	}
	asked.words = words
	return asked
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// exact finds the places that are called as asked.
func (g *Gazetteer) exact(asked query) []Place {
	called := g.called(asked.words, func(key string) []int { return g.names[key] })
	if asked.code == "" {
		return called
	}
	var areas []Place
	for _, p := range g.ByPostcode(asked.code) {
		if asked.country == "" || p.Country == asked.country {
			areas = append(areas, p)
		}
	}
	if len(asked.words) == 0 {
		return areas
	}
	agreeing := slices.DeleteFunc(slices.Clone(areas), func(p Place) bool { return !p.fits(asked.words) })
	if len(agreeing) == 0 {
		return append(areas, called...) // they contradict each other: a choice
	}
	// Of the area of the code and a village that has this code only, the village is smaller; unless several of the area were named.
	villages := slices.DeleteFunc(called, func(p Place) bool { return len(p.Postcodes) != 1 || p.Postcodes[0] != asked.code })
	if len(villages) == 1 && len(agreeing[0].Quarters) > 1 && agreeing[0].named(asked.words) == 1 {
		return villages
	}
	return agreeing
}

// begins finds the places whose name or code begins with what was asked, at least least letters or digits of it.
func (g *Gazetteer) begins(asked query, least int) []Place {
	if asked.code != "" {
		var found []Place
		for _, code := range withPrefix(g.sorted.codes, asked.code, least) {
			for _, p := range g.ByPostcode(code) {
				if (asked.country == "" || p.Country == asked.country) && p.fits(asked.words) {
					found = append(found, p)
				}
			}
		}
		return found
	}
	return g.called(asked.words, func(key string) []int {
		var found []int
		for _, name := range withPrefix(g.sorted.names, key, least) {
			found = append(found, g.names[name]...)
		}
		return found
	})
}

// withPrefix are the keys, sorted, that begin with prefix.
func withPrefix(keys []string, prefix string, least int) []string {
	if len(prefix) < least {
		return nil
	}
	from := sort.SearchStrings(keys, prefix)
	to := from
	for to < len(keys) && to-from < reach && strings.HasPrefix(keys[to], prefix) {
		to++
	}
	return keys[from:to]
}

// called tries the longest run of words as a name; the others must fit the place.
func (g *Gazetteer) called(words []string, find func(key string) []int) []Place {
	for n := len(words); n > 0; n-- {
		seen := map[int]bool{}
		var found []int
		for i := 0; i+n <= len(words); i++ {
			rest := slices.Concat(words[:i], words[i+n:])
			key := strings.Join(words[i:i+n], "")
			for _, place := range find(key) {
				p := g.places[place]
				if key == g.keys[place] {
					p.Name = "" // it is spent: in "Gusow, Gusow-Platkow" the first word is about something else than the town
				}
				if !seen[place] && p.fits(rest) {
					seen[place], found = true, append(found, place)
				}
			}
		}
		if len(found) > 0 {
			return g.rank(found)
		}
	}
	return nil
}

// rank puts the larger of what was found first. An area goes when a smaller one of the same name in it was found too.
func (g *Gazetteer) rank(found []int) []Place {
	same := map[string][]int{}
	for _, i := range found {
		name := bare(g.places[i].Name)
		same[name] = append(same[name], i)
	}
	found = slices.DeleteFunc(found, func(i int) bool {
		return slices.ContainsFunc(same[bare(g.places[i].Name)], func(j int) bool { return g.places[i].holds(g.places[j]) })
	})
	places := make([]Place, len(found))
	for n, i := range found {
		places[n] = g.places[i]
	}
	slices.SortFunc(places, byImportance)
	return places
}

// kindWords tell the levels of one name apart.
var kindWords = map[Level]string{Land: "land bundesland", Kreis: "kreis landkreis", Gemeinde: "stadt gemeinde", Bezirk: "bezirk stadtbezirk", Ortsteil: "ortsteil stadtteil"}

// fits says whether each word begins a word of what is known about the place: its name, kind, town, quarters, district, Land, country.
func (p Place) fits(words []string) bool {
	if len(words) == 0 {
		return true
	}
	known := Normalize(strings.Join([]string{kindWords[p.Level], p.Name, p.Town, p.District, p.Land, countries[p.Country], strings.Join(p.Quarters, " ")}, " "))
	for _, w := range words {
		if !strings.HasPrefix(known, w) && !strings.Contains(known, " "+w) {
			return false
		}
	}
	return true
}

// named counts the quarters of a postal code that words name.
func (p Place) named(words []string) int {
	n, all := 0, " "+strings.Join(words, " ")+" "
	for _, q := range p.Quarters {
		if strings.Contains(all, " "+Normalize(q)+" ") {
			n++
		}
	}
	return n
}
