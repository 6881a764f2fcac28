package geo

import (
	"slices"
	"strings"
)

// Region codes: ags:<8 digits> is the Amtliche Gemeindeschlüssel of a Gemeinde, filled up with zeros for a Kreis or Land; lor:<2 digits>
// a Bezirk of Berlin; ort:<8 digits>:<slug> a part of a Gemeinde.

// regions are the codes of the Gemeinde, Kreis or Land with an official key of 8, 5 or 2 digits and of what it lies in, smallest first.
func regions(key string) []string {
	var codes []string
	for _, digits := range []int{8, 5, 2} {
		if len(key) >= digits {
			codes = append(codes, "ags:"+key[:digits]+strings.Repeat("0", 8-digits))
		}
	}
	return slices.Compact(codes) // a kreisfreie Stadt is its own Kreis
}

// partCode is the code of a part of a Gemeinde that has a key.
func partCode(town *Place, name string) string {
	return "ort:" + strings.TrimPrefix(town.Regions[0], "ags:") + ":" + slug(name)
}

func slug(name string) string { return strings.ReplaceAll(Normalize(name), " ", "-") }

// common are the codes of a that b has too.
func common(a, b []string) []string {
	var both []string
	for _, code := range a {
		if slices.Contains(b, code) {
			both = append(both, code)
		}
	}
	return both
}

// identify makes an ID of a place that has no region code of its own: its name or number with its country and first postal code.
func identify(p Place) string {
	country := strings.ToLower(p.Country)
	if p.Level == PLZ {
		return "plz:" + country + "-" + p.Name
	}
	if len(p.Postcodes) > 0 {
		code, _, _ := strings.Cut(p.Postcodes[0], "-")
		country += "-" + code
	}
	return "ort:" + country + ":" + slug(strings.TrimSpace(p.Town+" "+p.Name))
}
