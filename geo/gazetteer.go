package geo

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
)

// Gazetteer answers where a name or postal code is. It never changes after it was made, so anybody may use it at any time.
type Gazetteer struct {
	places []Place
	keys   []string // by place: its first spelling, "" for a postal code
	byID   map[string]int
	names  map[string][]int // by spelling, without postal codes
	codes  map[string][]int // by postal code; more than one if several countries use the number
	ranges []codeRange      // towns whose codes are known as ranges only
	sorted struct{ names, codes []string }
	north  []int  // all places from south to north
	parts  []bool // by place: smaller places with a name are known in it
}

// codeRange says that the postal codes from first to last belong to a town.
type codeRange struct {
	first, last string
	place       int
}

// New makes a gazetteer of places. The first of several with one ID counts.
func New(places []Place) *Gazetteer {
	g := &Gazetteer{byID: make(map[string]int, len(places)), names: make(map[string][]int, 2*len(places)), codes: map[string][]int{}}
	for _, p := range places {
		if _, known := g.byID[p.ID]; known {
			continue
		}
		i := len(g.places)
		g.places, g.byID[p.ID] = append(g.places, p), i
		g.north = append(g.north, i)
		if p.Level == PLZ {
			g.codes[p.Name], g.keys = append(g.codes[p.Name], i), append(g.keys, "")
			continue
		}
		spellings := p.spellings()
		g.keys = append(g.keys, spellings[0])
		for _, key := range spellings {
			if !slices.Contains(g.names[key], i) {
				g.names[key] = append(g.names[key], i)
			}
		}
		for _, code := range p.Postcodes {
			if first, last, ok := strings.Cut(code, "-"); ok {
				g.ranges = append(g.ranges, codeRange{first, last, i})
			}
		}
	}
	g.sorted.names, g.sorted.codes = sortedKeys(g.names), sortedKeys(g.codes)
	slices.SortFunc(g.north, func(a, b int) int { return cmp.Compare(g.places[a].Point.Lat, g.places[b].Point.Lat) })
	g.findParts()
	return g
}

func sortedKeys(m map[string][]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// findParts marks towns, Bezirke and postal codes of which quarters or villages are known.
func (g *Gazetteer) findParts() {
	type area struct{ country, land, town, district string }
	divided := map[area]bool{}
	for _, p := range g.places {
		if p.Level == Bezirk || p.Level == Ortsteil {
			divided[area{p.Country, p.Land, p.Town, ""}] = true
		}
		if p.Level == Ortsteil && p.District != "" {
			divided[area{p.Country, p.Land, p.Town, p.District}] = true
		}
	}
	g.parts = make([]bool, len(g.places))
	for i, p := range g.places {
		switch p.Level {
		case Gemeinde:
			g.parts[i] = divided[area{p.Country, p.Land, p.Name, ""}]
		case Bezirk:
			g.parts[i] = divided[area{p.Country, p.Land, p.Town, p.Name}]
		case PLZ:
			g.parts[i] = len(p.Quarters) > 0
		}
	}
}

// With is g with more places, usually imported ones. A place that g knows keeps its name, regions and point and gains the postal codes;
// a postal code that g knows moves to the new point, unless that is more than 5 km away or stands for several codes: then the file
// knows only the town.
func (g *Gazetteer) With(more []Place) *Gazetteer {
	if len(more) == 0 {
		return g
	}
	sharing := map[Point]int{}
	for _, p := range more {
		if p.Level == PLZ {
			sharing[p.Point]++
		}
	}
	all := slices.Clone(g.places)
	for _, p := range more {
		i := g.same(p)
		switch {
		case i < 0:
			all = append(all, p)
		case p.Level != PLZ:
			all[i].Postcodes = union(all[i].Postcodes, p.Postcodes)
		case sharing[p.Point] == 1 && Distance(p.Point, all[i].Point) <= 5:
			all[i].Point = p.Point
		}
	}
	return New(all)
}

// same is the number of the place in g that p is, or -1. Names may have different qualifiers ("Halle", "Halle (Saale)") if they are in the
// same Land and at most 15 km apart, and what is a quarter here may have only its own name in a file if it is at most 5 km away.
func (g *Gazetteer) same(p Place) int {
	if i, ok := g.byID[p.ID]; ok {
		return i
	}
	if p.Level == PLZ {
		return -1 // it has the ID of its code
	}
	key := squeeze(Normalize(p.Name))
	for _, name := range []string{key, squeeze(Normalize(head(p.Name)))} {
		for _, i := range g.names[name] {
			q := g.places[i]
			if q.Country != p.Country || q.Land != p.Land || key != g.keys[i] && head(q.Name) != head(p.Name) {
				continue
			}
			away := Distance(q.Point, p.Point)
			if q.Level == p.Level && head(q.Town) == head(p.Town) && away <= 15 || q.Level == Ortsteil && p.Town == "" && away <= 5 {
				return i
			}
		}
	}
	return -1
}

// Places are all places of g in the order they were given. The slice is the gazetteer's own: it is for reading.
func (g *Gazetteer) Places() []Place { return g.places }

// ByID is the place with an ID.
func (g *Gazetteer) ByID(id string) (Place, bool) {
	i, ok := g.byID[id]
	if !ok {
		return Place{}, false
	}
	return g.places[i], true
}

// ByPostcode are the areas that have a postal code, one for each country that uses the number. Where only the codes of the whole town
// are known it is the town.
func (g *Gazetteer) ByPostcode(code string) []Place {
	var found []Place
	for _, i := range g.codes[code] {
		found = append(found, g.places[i])
	}
	if found != nil {
		return found
	}
	for _, r := range g.ranges {
		if len(code) == len(r.first) && r.first <= code && code <= r.last {
			found = append(found, g.places[r.place])
		}
	}
	return found
}

// Nearest is the place around p that people would name, a quarter rather than its town, and how far its middle is in km. Without any
// place the distance is infinite.
func (g *Gazetteer) Nearest(p Point) (Place, float64) {
	best, least := Place{}, math.Inf(1)
	look := func(i int) (more bool) {
		q := g.places[g.north[i]]
		if q.Level != Land && q.Level != Kreis && !g.parts[g.north[i]] {
			if d := Distance(p, q.Point); d < least {
				best, least = q, d
			}
		}
		return math.Abs(q.Point.Lat-p.Lat)*kmPerDegree < least
	}
	from := g.from(p.Lat)
	for i := from; i < len(g.north) && look(i); i++ {
	}
	for i := from - 1; i >= 0 && look(i); i-- {
	}
	return best, least
}

// from is where in north places at or above a latitude start.
func (g *Gazetteer) from(lat float64) int {
	return sort.Search(len(g.north), func(i int) bool { return g.places[g.north[i]].Point.Lat >= lat })
}

// townMap is the height of a map in km from which on it names towns, below it their quarters.
const townMap = 40

// Labels are up to n places that a map of box should name, the most important first; of two alike the one nearer to the middle.
// A map of up to 40 km names quarters instead of the town they are in, a larger one towns.
func (g *Gazetteer) Labels(box Box, n int) []Place {
	large := (box.North-box.South)*kmPerDegree > townMap
	var found []Place
	for i := g.from(box.South); i < len(g.north); i++ {
		p := g.places[g.north[i]]
		if p.Point.Lat > box.North {
			break
		}
		named := p.Level == Gemeinde
		if !large {
			named = (named || p.Level == Bezirk || p.Level == Ortsteil) && !g.parts[g.north[i]]
		}
		if named && box.Contains(p.Point) {
			found = append(found, p)
		}
	}
	middle := box.Center()
	slices.SortFunc(found, func(a, b Place) int {
		return cmp.Or(cmp.Compare(b.size(), a.size()), cmp.Compare(Distance(a.Point, middle), Distance(b.Point, middle)), strings.Compare(a.ID, b.ID))
	})
	return found[:min(max(n, 0), len(found))]
}
