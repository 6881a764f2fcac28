package geo

import (
	"cmp"
	"slices"
	"strings"
)

// Place is an area that people know by a name or a number, and a point in the middle of it. Nobody's address is a Place: a distance
// to one is always "etwa". The slices of a place from a gazetteer are for reading.
type Place struct {
	ID        string   `json:"id"` // unique in a gazetteer and the same tomorrow: the region code if it has one, else "plz:de-12555", "ort:de-15537:kagel"
	Level     Level    `json:"level"`
	Name      string   `json:"name"`               // "Köpenick"; of a postal code the code: "12555"
	Town      string   `json:"town,omitempty"`     // the Gemeinde it is a part of, "Berlin"; empty for a Gemeinde and above, and if several share a postal code
	District  string   `json:"district,omitempty"` // Bezirk of the town ("Treptow-Köpenick"), for a Gemeinde the Landkreis; may be unknown
	Land      string   `json:"land,omitempty"`     // Land or canton, one spelling each; empty outside Germany, Austria and Switzerland
	Country   string   `json:"country"`            // ISO 3166-1: "DE"
	Regions   []string `json:"regions,omitempty"`  // codes ags:…, lor:…, ort:… of the areas it is in, smallest first, with its own if it has one
	Postcodes []string `json:"postcodes,omitempty"`
	Quarters  []string `json:"quarters,omitempty"` // what a postal code covers: Ortsteile of the town, or villages; the main one first
	Point     Point    `json:"point"`              // about the middle
	People    int      `json:"people,omitempty"`   // thousand inhabitants, 0: unknown
}

// Level is the kind of area.
type Level string

const (
	Land     Level = "land"
	Kreis    Level = "kreis"    // Landkreis; a kreisfreie Stadt is a Gemeinde
	Gemeinde Level = "gemeinde" // town or, from imported files, village; Berlin and Hamburg too
	Bezirk   Level = "bezirk"
	Ortsteil Level = "ortsteil"
	PLZ      Level = "plz" // the area of a postal code
)

// Region is the code of the smallest known area that holds the place, "" if none is known.
func (p Place) Region() string {
	if len(p.Regions) == 0 {
		return ""
	}
	return p.Regions[0]
}

// Locality is how an address or a page names the place: "Berlin-Köpenick", "Erkner".
func (p Place) Locality() string {
	switch {
	case p.Level == PLZ && p.Town == "":
		return enough(p.Quarters, p.District)
	case p.Level == PLZ && len(p.Quarters) == 1:
		return join(p.Town, p.Quarters[0])
	case p.Level == PLZ:
		return p.Town
	case p.Level == Bezirk || p.Level == Ortsteil:
		return join(p.Town, p.Name)
	}
	return p.Name
}

// Label tells the place from others of its name: "Köpenick, Berlin", "12435 Berlin (Alt-Treptow, Plänterwald)". Lookup of a label finds
// the place again.
func (p Place) Label() string {
	switch p.Level {
	case Land:
		return "Land " + p.Name
	case Kreis:
		return p.Name
	case Bezirk:
		return "Bezirk " + p.Name + ", " + p.Town
	case Ortsteil:
		return p.Name + ", " + p.Town
	case PLZ:
		label := p.Name + " " + p.Locality()
		if p.Town != "" && len(p.Quarters) > 1 {
			label += " (" + enough(p.Quarters, "") + ")"
		}
		return label
	}
	within := cmp.Or(p.District, p.Land, countries[p.Country])
	if strings.Contains(within, p.Name) {
		within = p.Land
	}
	if within == p.Name { // Berlin, Hamburg, Bremen
		return p.Name
	}
	return p.Name + ", " + within
}

// countries are the German names of countries that places may lie in.
var countries = map[string]string{"DE": "Deutschland", "AT": "Österreich", "CH": "Schweiz", "BE": "Belgien", "NL": "Niederlande"}

// join puts a quarter behind its town unless it names the town itself: "Aachen-Mitte", "Alt-Arnsberg".
func join(town, quarter string) string {
	if strings.Contains(quarter, head(town)) {
		return quarter
	}
	return town + "-" + quarter
}

// enough lists up to four names, or gives otherwise if there is none.
func enough(names []string, otherwise string) string {
	if len(names) == 0 {
		return otherwise
	}
	if len(names) > 4 {
		return strings.Join(names[:4], ", ") + " …"
	}
	return strings.Join(names, ", ")
}

// size orders places of one name and labels of a map: thousand inhabitants, where unknown guessed from the number of postal codes.
func (p Place) size() int {
	if p.People > 0 {
		return p.People
	}
	return 3 * len(p.Postcodes)
}

// holds says whether b lies in a and is smaller, as far as their names tell.
func (a Place) holds(b Place) bool {
	if a.Country != b.Country || a.ID == b.ID {
		return false
	}
	switch a.Level {
	case Land:
		return b.Land == a.Name
	case Kreis:
		return b.Land == a.Land && b.Level != Land && b.Level != Kreis
	case Bezirk:
		return b.Level == Ortsteil && b.Town == a.Town && b.District == a.Name
	}
	return false
}

// byImportance orders the larger first, then by name and ID, so that every answer has one order.
func byImportance(a, b Place) int {
	return cmp.Or(cmp.Compare(b.size(), a.size()), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
}

// union is a with what b has more, in order.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
