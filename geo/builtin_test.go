package geo_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"seestern/geo"
)

func TestBuiltin(t *testing.T) {
	places := geo.Builtin().Places()
	count := func(is func(geo.Place) bool) (n int) {
		for _, p := range places {
			if is(p) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		name string
		want int
		is   func(geo.Place) bool
	}{
		{"Länder, of which Berlin and Hamburg are towns too", 16, func(p geo.Place) bool {
			return p.Level == geo.Land || p.Level == geo.Gemeinde && p.Name == p.Land && p.Name != "Bremen"
		}},
		{"Landkreise", 294, func(p geo.Place) bool { return p.Level == geo.Kreis }},
		{"kreisfreie Städte with a known key", 106, func(p geo.Place) bool {
			return p.Level == geo.Gemeinde && strings.HasSuffix(p.Region(), "000") && p.ID == p.Region()
		}},
		{"Bezirke of Berlin", 12, func(p geo.Place) bool { return p.Level == geo.Bezirk && p.Town == "Berlin" }},
		{"Ortsteile of Berlin", 97, func(p geo.Place) bool { return p.Level == geo.Ortsteil && p.Town == "Berlin" }},
		{"Ortsteile of Treptow-Köpenick", 15, func(p geo.Place) bool { return p.Level == geo.Ortsteil && p.District == "Treptow-Köpenick" }},
		{"postal codes of Berlin", 190, func(p geo.Place) bool { return p.Level == geo.PLZ && p.Town == "Berlin" }},
		{"Stadtbezirke of Aachen", 7, func(p geo.Place) bool { return p.Level == geo.Bezirk && p.Town == "Aachen" }},
		{"postal codes of Aachen", 10, func(p geo.Place) bool { return p.Level == geo.PLZ && p.Town == "Aachen" }},
		{"Stadtteile of Arnsberg", 15, func(p geo.Place) bool { return p.Level == geo.Ortsteil && p.Town == "Arnsberg" }},
		{"postal codes of Arnsberg", 5, func(p geo.Place) bool { return p.Level == geo.PLZ && p.Town == "Arnsberg" }},
		{"postal codes of Menden", 3, func(p geo.Place) bool { return p.Level == geo.PLZ && p.Town == "Menden (Sauerland)" }},
	} {
		t.Run("it has all "+c.name, func(t *testing.T) {
			if got := count(c.is); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	t.Run("it has the towns of over 50,000 people", func(t *testing.T) {
		if got := count(func(p geo.Place) bool { return p.Level == geo.Gemeinde && p.Country == "DE" && p.People >= 50 }); got < 185 {
			t.Errorf("got %d, want 185 at least", got)
		}
	})
	t.Run("every ID is there once", func(t *testing.T) {
		seen := map[string]bool{}
		for _, p := range places {
			if seen[p.ID] {
				t.Errorf("%s is there twice", p.ID)
			}
			seen[p.ID] = true
		}
	})
	t.Run("every place lies where it is said to lie", func(t *testing.T) {
		for _, p := range places {
			if within := (geo.Box{South: 47.2, West: 5.8, North: 55.1, East: 15.1}); !within.Contains(p.Point) {
				t.Errorf("%s: %v is not in or near Germany", p.ID, p.Point)
			}
			if town := one(t, p.Town, p.Town != ""); p.Town != "" && geo.Distance(p.Point, town.Point) > 27 {
				t.Errorf("%s is %.0f km from the middle of %s", p.ID, geo.Distance(p.Point, town.Point), p.Town)
			}
			if p.Country == "DE" && p.Land == "" {
				t.Errorf("%s has no Land", p.ID)
			}
		}
	})
	t.Run("every quarter of a town with postal codes has one, and is near to one of them", func(t *testing.T) {
		for _, p := range places {
			if p.Level != geo.Ortsteil {
				continue
			}
			near := 100.0
			for _, code := range p.Postcodes {
				near = min(near, geo.Distance(p.Point, geo.Builtin().ByPostcode(code)[0].Point))
			}
			if near > 6 {
				t.Errorf("%s: nearest of its codes %v is %.1f km away", p.ID, p.Postcodes, near)
			}
		}
	})
	t.Run("postal codes are five digits, four abroad, or ranges of them", func(t *testing.T) {
		german, foreign := regexp.MustCompile(`^\d{5}(-\d{5})?$`), regexp.MustCompile(`^\d{4}(-\d{4})?$`)
		for _, p := range places {
			for _, code := range p.Postcodes {
				if !(p.Country == "DE" && german.MatchString(code) || p.Country != "DE" && foreign.MatchString(code)) {
					t.Errorf("%s: %q", p.ID, code)
				}
				if from, to, ok := strings.Cut(code, "-"); ok && from >= to {
					t.Errorf("%s: %q ends before it starts", p.ID, code)
				}
			}
		}
	})
	t.Run("region codes have their shape and go from small to large", func(t *testing.T) {
		shape := regexp.MustCompile(`^(ags:\d{8}|lor:\d\d|ort:\d{8}:[a-z0-9-]+)$`)
		for _, p := range places {
			for _, code := range p.Regions {
				if !shape.MatchString(code) {
					t.Errorf("%s: %q", p.ID, code)
				}
			}
		}
		for q, want := range map[string][]string{
			"Köpenick":                {"ort:11000000:koepenick", "lor:09", "ags:11000000"},
			"Bezirk Treptow-Köpenick": {"lor:09", "ags:11000000"},
			"Neheim":                  {"ort:05958004:neheim", "ags:05958004", "ags:05958000", "ags:05000000"},
			"Potsdam":                 {"ags:12054000", "ags:12000000"},
			"12435":                   {"lor:09", "ags:11000000"}, // two Ortsteile of one Bezirk
			"10435":                   {"ags:11000000"},           // two Bezirke
			"15537":                   {"ags:12067000", "ags:12000000"},
			"Hanau":                   {"ags:06000000"}, // its own key is not known
		} {
			if got := geo.Builtin().Lookup(q)[0].Regions; !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", q, got, want)
			}
		}
	})
	t.Run("the label of every place finds exactly that place", func(t *testing.T) {
		for _, p := range places {
			if got := geo.Builtin().Lookup(p.Label()); len(got) != 1 || got[0].ID != p.ID {
				t.Errorf("%q of %s: got %v", p.Label(), p.ID, labels(got))
			}
		}
	})
}

// one is the first place that a name finds, if asked.
func one(t *testing.T, name string, asked bool) geo.Place {
	t.Helper()
	if !asked {
		return geo.Place{}
	}
	found := geo.Builtin().Lookup(name)
	if len(found) == 0 {
		t.Fatalf("no place for %q", name)
	}
	return found[0]
}

func labels(places []geo.Place) []string {
	var all []string
	for _, p := range places {
		all = append(all, p.Label())
	}
	return all
}
