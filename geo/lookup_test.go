package geo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seestern/geo"
)

func TestLookup(t *testing.T) {
	const koepenick, treptow, mueggelheim = "Köpenick, Berlin", "Alt-Treptow, Berlin", "Müggelheim, Berlin"
	for _, c := range []struct {
		q    string
		want []string // labels in order
	}{
		// postal codes
		{"12555", []string{"12555 Berlin-Köpenick"}},
		{" 12555 ", []string{"12555 Berlin-Köpenick"}},
		{"D-12555", []string{"12555 Berlin-Köpenick"}},
		{"12555 Berlin", []string{"12555 Berlin-Köpenick"}},
		{"12555 berlin-köpenick", []string{"12555 Berlin-Köpenick"}},
		{"Berlin 12555", []string{"12555 Berlin-Köpenick"}},
		{"12435", []string{"12435 Berlin (Alt-Treptow, Plänterwald)"}},
		{"59755", []string{"59755 Arnsberg-Neheim"}},
		{"52062", []string{"52062 Aachen-Mitte"}},
		{"81541", []string{"München, Bayern"}}, // known as a range of the town
		{"15537", []string{"15537 Erkner, Gosen-Neu Zittau, Grünheide (Mark)"}},
		{"15537 Erkner", []string{"Erkner, Landkreis Oder-Spree"}}, // smaller than the area of the code
		{"12559 Müggelheim", []string{mueggelheim}},
		{"12559 Köpenick", []string{"12559 Berlin (Köpenick, Müggelheim)"}}, // Köpenick is larger than the code
		{"6291", []string{"6291 Vaals"}},
		{"NL-6291", []string{"6291 Vaals"}},
		{"D-6291", nil},
		{"1255", []string{"12555 Berlin-Köpenick", "12557 Berlin-Köpenick", "12559 Berlin (Köpenick, Müggelheim)"}},
		{"99999", nil},
		// quarters and towns in all spellings
		{"Köpenick", []string{koepenick}},
		{"koepenick", []string{koepenick}},
		{"Kopenick", []string{koepenick}},
		{"KÖPENICK ", []string{koepenick}},
		{"Ko\u0308penick", []string{koepenick}}, // decomposed
		{"Berlin-Köpenick", []string{koepenick}},
		{"köpenick (berlin)", []string{koepenick}},
		{"Alt-Treptow", []string{treptow}},
		{"alt treptow", []string{treptow}},
		{"alttreptow", []string{treptow}},
		{"Prenzlauerberg", []string{"Prenzlauer Berg, Berlin"}},
		{"weissensee", []string{"Weißensee, Berlin"}},
		{"WEIẞENSEE", []string{"Weißensee, Berlin"}},
		{"Treptow-Köpenick", []string{"Bezirk Treptow-Köpenick, Berlin"}},
		{"Stolberg", []string{"Stolberg (Rheinland), Städteregion Aachen"}},
		{"Aachen-Mitte", []string{"Bezirk Aachen-Mitte, Aachen"}},
		{"Neheim", []string{"Neheim, Arnsberg"}},
		{"menden", []string{"Menden (Sauerland), Märkischer Kreis"}},
		{"Sankt Wendel", []string{"Landkreis St. Wendel"}},
		{"Vaals", []string{"Vaals, Niederlande"}},
		{"Berlin", []string{"Berlin"}},
		// what may mean several, the larger first
		{"Mitte", []string{"Bezirk Aachen-Mitte, Aachen", "Mitte, Berlin", "Menden-Mitte, Menden (Sauerland)"}},
		{"Frankfurt", []string{"Frankfurt am Main, Hessen", "Frankfurt (Oder), Brandenburg"}},
		{"Frankfurt Oder", []string{"Frankfurt (Oder), Brandenburg"}},
		{"Frankfurt a. M.", []string{"Frankfurt am Main, Hessen"}},
		{"Brandenburg", []string{"Land Brandenburg", "Brandenburg an der Havel, Brandenburg"}},
		{"12555 Hamburg", []string{"12555 Berlin-Köpenick", "Hamburg"}}, // a contradiction
		// an area of the same name as something smaller in it is asked for by its kind
		{"Neukölln", []string{"Neukölln, Berlin"}},
		{"Bezirk Neukölln", []string{"Bezirk Neukölln, Berlin"}},
		{"Rostock", []string{"Rostock, Mecklenburg-Vorpommern"}},
		{"Landkreis Rostock", []string{"Landkreis Rostock"}},
		{"Bremen", []string{"Bremen"}},
		{"Land Bremen", []string{"Land Bremen"}},
		{"Barnim", []string{"Landkreis Barnim"}},
		// a whole name wins over the beginning of others
		{"Karow", []string{"Karow, Berlin"}},
		{"Essen", []string{"Essen, Nordrhein-Westfalen"}},
		{"Friedrichsh", []string{"Bezirk Friedrichshain-Kreuzberg, Berlin", "Friedrichshain, Berlin", "Friedrichshafen, Bodenseekreis", "Friedrichshagen, Berlin"}},
		// nothing
		{"", nil},
		{" \t\n", nil},
		{"-", nil},
		{"ke", nil},
		{"Atlantis", nil},
		{"Köpenick Hamburg", nil},
		{strings.Repeat("a ", 1000), nil},
		{"\xff\xfe", nil},
	} {
		t.Run(fmt.Sprintf("%.40q", c.q), func(t *testing.T) {
			if got := labels(geo.Builtin().Lookup(c.q)); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestLookupOfLabels(t *testing.T) {
	place := func(name, town, district string, lat float64) geo.Place {
		level := geo.Gemeinde
		if town != "" {
			level = geo.Ortsteil
		}
		return geo.Place{ID: name + town, Level: level, Name: name, Town: town, District: district, Land: "Brandenburg", Country: "DE", Point: geo.Point{Lat: lat, Lon: 14}}
	}
	g := geo.New([]geo.Place{
		place("Gusow-Platkow", "", "Landkreis Märkisch-Oderland", 52.5), place("Gusow", "Gusow-Platkow", "", 52.51), place("Platkow", "Gusow-Platkow", "", 52.52),
		place("Osterode am Harz", "", "Landkreis Göttingen", 51.7), place("Osterode", "", "Landkreis Harz", 51.8),
		place("Roth", "", "Landkreis Roth", 49.2), place("Roth an der Our", "", "Landkreis Roth", 50),
	})
	for _, p := range g.Places() {
		t.Run(p.Label()+" is told from places with a similar name", func(t *testing.T) {
			if got := g.Lookup(p.Label()); len(got) != 1 || got[0].ID != p.ID {
				t.Errorf("got %q", labels(got))
			}
		})
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		prefix string
		n      int
		want   []string
	}{
		{"köp", 8, []string{"Köpenick, Berlin"}},
		{"kop", 8, []string{"Köpenick, Berlin"}},
		{"ne", 3, []string{"Neukölln, Berlin", "Neuss, Nordrhein-Westfalen", "Neumünster, Schleswig-Holstein"}},
		{"n", 8, nil},
		{"1258", 8, []string{"12587 Berlin-Friedrichshagen", "12589 Berlin-Rahnsdorf"}},
		{"12587", 8, []string{"12587 Berlin-Friedrichshagen"}},
		{"Berlin-R", 3, []string{"Reinickendorf, Berlin", "Rudow, Berlin", "Rummelsburg, Berlin"}},
		{"Essen", 8, []string{"Essen, Nordrhein-Westfalen"}},
		{"köp", 0, nil},
		{"köp", -1, nil},
	} {
		t.Run(c.prefix, func(t *testing.T) {
			got := labels(geo.Builtin().Suggest(c.prefix, c.n))
			if c.prefix == "Essen" {
				got = got[:1] // the whole name comes before names that begin with it
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	for name, want := range map[string]string{
		"Berlin-KÖPENICK ":       "berlin koepenick",
		"Groß-Gerau":             "gross gerau",
		"St. Wendel":             "sankt wendel",
		"Frankfurt (Oder)":       "frankfurt oder",
		"Genève":                 "geneve",
		"Citroën":                "citroen",
		"L'Aquila":               "laquila",
		"Ko\u0308ln":             "koeln",
		"  Neustadt\u00a0/ Harz": "neustadt harz",
		"59755 Neheim":           "59755 neheim",
		"…":                      "",
	} {
		if got := geo.Normalize(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, q := range []string{"12555", "D-12555 Berlin", "Köpenick", "Neustadt, Hamburg", "Bezirk Mitte", "\xff", "a a a a a a a a a a", "1 2 3", "ẞ\u0308", "00Ǿ"} {
		f.Add(q)
	}
	g := geo.Builtin()
	f.Fuzz(func(t *testing.T, q string) {
		for _, p := range g.Lookup(q) {
			if again := g.Lookup(p.Label()); len(again) != 1 || again[0].ID != p.ID {
				t.Errorf("%q finds %s, whose label %q finds %v", q, p.ID, p.Label(), labels(again))
			}
		}
		if got := g.Suggest(q, 8); len(got) > 8 {
			t.Errorf("got %d suggestions for %q, want 8 at most", len(got), q)
		}
		if once := geo.Normalize(q); geo.Normalize(once) != once {
			t.Errorf("%q becomes %q and then %q", q, once, geo.Normalize(once))
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	g := geo.Builtin()
	for _, q := range []string{"12555", "koepenick", "Neustadt an der Weinstraße, Rheinland-Pfalz", "Friedr"} {
		b.Run(q, func(b *testing.B) {
			for b.Loop() {
				g.Lookup(q)
			}
		})
	}
}
