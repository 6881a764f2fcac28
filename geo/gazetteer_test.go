package geo_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"seestern/geo"
)

func TestNearest(t *testing.T) {
	g := geo.Builtin()
	for _, c := range []struct {
		name string
		p    geo.Point
		want string
	}{
		{"in a quarter it is the quarter, not the town", geo.Point{Lat: 52.447, Lon: 13.575}, "Köpenick, Berlin"},
		{"in the middle of Berlin it is Mitte, not Berlin", geo.Point{Lat: 52.517, Lon: 13.389}, "Mitte, Berlin"},
		{"over the border it is the town there", geo.Point{Lat: 52.428, Lon: 13.752}, "Erkner, Landkreis Oder-Spree"},
		{"in a town without quarters it is the town", geo.Point{Lat: 48.10, Lon: 11.50}, "München, Bayern"},
		{"in Aachen it is the Stadtbezirk", geo.Point{Lat: 50.776, Lon: 6.084}, "Bezirk Aachen-Mitte, Aachen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, km := g.Nearest(c.p)
			if got.Label() != c.want {
				t.Errorf("got %q, want %q", got.Label(), c.want)
			}
			if want := geo.Distance(c.p, got.Point); km != want {
				t.Errorf("got %v km, want %v km", km, want)
			}
		})
	}
	t.Run("no other quarter is nearer", func(t *testing.T) {
		random := rand.New(rand.NewPCG(3, 4))
		for range 300 {
			p := geo.Point{Lat: 47 + 8*random.Float64(), Lon: 6 + 9*random.Float64()}
			_, km := g.Nearest(p)
			for _, q := range g.Places() {
				if q.Level == geo.Ortsteil && geo.Distance(p, q.Point) < km {
					t.Fatalf("%v: %s is nearer than %v km", p, q.ID, km)
				}
			}
		}
	})
	t.Run("without places it is infinitely far", func(t *testing.T) {
		if got, km := geo.New(nil).Nearest(koepenick); got.ID != "" || !math.IsInf(km, 1) {
			t.Errorf("got %+v, %v km", got, km)
		}
	})
}

func TestLabels(t *testing.T) {
	g := geo.Builtin()
	names := func(places []geo.Place) (all []string) {
		for _, p := range places {
			all = append(all, p.Name)
		}
		return all
	}
	t.Run("a small map names quarters and the towns next to them", func(t *testing.T) {
		box := geo.CircleView(koepenick, 8).Box()
		got := names(g.Labels(box, 50))
		for _, want := range []string{"Köpenick", "Friedrichshagen", "Erkner", "Schöneiche bei Berlin"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is missing in %v", want, got)
			}
		}
		for _, unwanted := range []string{"Berlin", "Treptow-Köpenick", "12555", "Brandenburg"} {
			if slices.Contains(got, unwanted) {
				t.Errorf("%s is there too", unwanted)
			}
		}
	})
	t.Run("a large map names towns, the largest first", func(t *testing.T) {
		got, want := names(g.Labels(geo.CircleView(koepenick, 50).Box(), 2)), []string{"Berlin", "Potsdam"}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("of two alike the one nearer to the middle comes first", func(t *testing.T) {
		two := geo.New([]geo.Place{
			{ID: "far", Level: geo.Gemeinde, Name: "Fern", Point: geo.Point{Lat: 52.1, Lon: 13}},
			{ID: "near", Level: geo.Gemeinde, Name: "Nah", Point: geo.Point{Lat: 52.01, Lon: 13}},
		})
		if got, want := names(two.Labels(geo.Around(geo.Point{Lat: 52, Lon: 13}, 15), 2)), []string{"Nah", "Fern"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("all lie in the box and are no more than asked for", func(t *testing.T) {
		box := geo.Around(koepenick, 6)
		got := g.Labels(box, 5)
		if len(got) != 5 {
			t.Errorf("got %d, want 5", len(got))
		}
		for _, p := range got {
			if !box.Contains(p.Point) {
				t.Errorf("%s is outside", p.ID)
			}
		}
	})
	t.Run("the middle of the sea has none", func(t *testing.T) {
		if got := g.Labels(geo.Around(geo.Point{Lat: 56, Lon: 3}, 20), 12); len(got) != 0 {
			t.Errorf("got %v", names(got))
		}
	})
}

func TestByPostcode(t *testing.T) {
	t.Run("a number that two countries use gives both places", func(t *testing.T) {
		g := geo.New([]geo.Place{
			{ID: "plz:at-1010", Level: geo.PLZ, Name: "1010", Town: "Wien", Country: "AT"},
			{ID: "plz:ch-1010", Level: geo.PLZ, Name: "1010", Town: "Lausanne", Country: "CH"},
		})
		if got, want := labels(g.Lookup("1010")), []string{"1010 Wien", "1010 Lausanne"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := labels(g.Lookup("CH-1010")), []string{"1010 Lausanne"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("the ends of a range belong to the town, their neighbours do not", func(t *testing.T) {
		for code, want := range map[string]int{"80331": 1, "81929": 1, "80330": 0, "81930": 0, "8033": 0, "803311": 0, "": 0} {
			if got := len(geo.Builtin().ByPostcode(code)); got != want {
				t.Errorf("%q: got %d places, want %d", code, got, want)
			}
		}
	})
}

func TestByID(t *testing.T) {
	g := geo.Builtin()
	for id, want := range map[string]string{"lor:09": "Treptow-Köpenick", "ort:11000000:koepenick": "Köpenick", "plz:de-12555": "12555", "ags:05958004": "Arnsberg", "ort:de-63450:hanau": "Hanau"} {
		if p, ok := g.ByID(id); !ok || p.Name != want {
			t.Errorf("%s: got %q, %v, want %q", id, p.Name, ok, want)
		}
	}
	if _, ok := g.ByID("lor:13"); ok {
		t.Error("there is a 13th Bezirk")
	}
}

func TestWith(t *testing.T) {
	plz := func(code, town string, lat, lon float64) geo.Place {
		return geo.Place{ID: "plz:de-" + code, Level: geo.PLZ, Name: code, Town: town, Country: "DE", Postcodes: []string{code}, Point: geo.Point{Lat: lat, Lon: lon}}
	}
	town := func(name, land string, lat, lon float64, codes ...string) geo.Place {
		return geo.Place{ID: "ort:de-" + codes[0] + ":" + name, Level: geo.Gemeinde, Name: name, Land: land, Country: "DE", Postcodes: codes, Point: geo.Point{Lat: lat, Lon: lon}}
	}
	first := func(t *testing.T, g *geo.Gazetteer, q string) geo.Place {
		t.Helper()
		found := g.Lookup(q)
		if len(found) != 1 {
			t.Fatalf("%q: got %v, want one place", q, labels(found))
		}
		return found[0]
	}
	g := geo.Builtin().With([]geo.Place{
		plz("12555", "Berlin", 52.4627, 13.5791),
		plz("59821", "Arnsberg", 51.3833, 8.0833), plz("59823", "Arnsberg", 51.3833, 8.0833),
		plz("12559", "Berlin", 52.5167, 13.4),
		plz("81541", "München", 48.116, 11.579),
		plz("03159", "Döbern", 51.61, 14.6),
		town("Döbern", "Brandenburg", 51.61, 14.6, "03159"),
		town("Halle", "Sachsen-Anhalt", 51.48, 11.97, "06108", "06110"),
		town("Halle", "Nordrhein-Westfalen", 52.06, 8.36, "33790"),
		town("Reinickendorf", "Berlin", 52.567, 13.333, "13047"),
	})
	t.Run("a known postal code keeps its quarters and moves to the new point", func(t *testing.T) {
		p := first(t, g, "12555")
		if got, want := p.Point, (geo.Point{Lat: 52.4627, Lon: 13.5791}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := p.Label(), "12555 Berlin-Köpenick"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a point that several codes share moves nothing", func(t *testing.T) {
		if got, want := first(t, g, "59821").Point, one(t, "59821", true).Point; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("a point far away moves nothing", func(t *testing.T) {
		if got, want := first(t, g, "12559").Point, one(t, "12559", true).Point; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("a code of its own is better than the range of the town", func(t *testing.T) {
		if got, want := first(t, g, "81541").Label(), "81541 München"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := first(t, g, "80331").Label(), "München, Bayern"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a new town and its code are found", func(t *testing.T) {
		if got, want := first(t, g, "doebern").Label(), "Döbern, Brandenburg"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := first(t, g, "03159").Label(), "03159 Döbern"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a known town without its qualifier is not another one and gains its codes", func(t *testing.T) {
		if got, want := labels(g.Lookup("Halle")), []string{"Halle (Saale), Sachsen-Anhalt", "Halle, Nordrhein-Westfalen"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if p, _ := g.ByID("ags:15002000"); !slices.Contains(p.Postcodes, "06110") {
			t.Errorf("06110 is missing in %v", p.Postcodes)
		}
	})
	t.Run("a known quarter that is listed without its town is not another place", func(t *testing.T) {
		if got, want := first(t, g, "Reinickendorf").Label(), "Reinickendorf, Berlin"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("the built-in gazetteer itself stays as it was", func(t *testing.T) {
		if got := geo.Builtin().Lookup("Döbern"); len(got) != 0 {
			t.Errorf("it knows %v", labels(got))
		}
		if p, _ := geo.Builtin().ByID("ags:15002000"); slices.Contains(p.Postcodes, "06110") {
			t.Errorf("Halle has %v", p.Postcodes)
		}
	})
	t.Run("with nothing more it is the same", func(t *testing.T) {
		if geo.Builtin().With(nil) != geo.Builtin() {
			t.Error("it is another one")
		}
	})
}

func TestLocality(t *testing.T) {
	for q, want := range map[string]string{
		"Köpenick": "Berlin-Köpenick", "12555": "Berlin-Köpenick", "12435": "Berlin", "Erkner": "Erkner", "Aachen-Mitte": "Aachen-Mitte",
		"Alt-Arnsberg": "Alt-Arnsberg", "Menden-Mitte": "Menden-Mitte", "15537": "Erkner, Gosen-Neu Zittau, Grünheide (Mark)", "Berlin": "Berlin",
	} {
		if got := one(t, q, true).Locality(); got != want {
			t.Errorf("%s: got %q, want %q", q, got, want)
		}
	}
}
