package geo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"seestern/geo"
)

// Stations and town centres of the reference distances.
var (
	treptowerPark    = geo.Point{Lat: 52.4938, Lon: 13.4618}
	koellnischeHeide = geo.Point{Lat: 52.4697, Lon: 13.4685}
	wilhelmshagen    = geo.Point{Lat: 52.4386, Lon: 13.7223}
	erkner           = geo.Point{Lat: 52.4293, Lon: 13.7507}
	schoeneweide     = geo.Point{Lat: 52.4549, Lon: 13.5096}
	karlshorst       = geo.Point{Lat: 52.4805, Lon: 13.5272}
	gruenau          = geo.Point{Lat: 52.4124, Lon: 13.5743}
	eichwalde        = geo.Point{Lat: 52.3713, Lon: 13.6154}
	gruenbergallee   = geo.Point{Lat: 52.3992, Lon: 13.5416}
	schoenefeld      = geo.Point{Lat: 52.3910, Lon: 13.5130}
	koepenick        = geo.Point{Lat: 52.4586, Lon: 13.5815}
	friedrichshagen  = geo.Point{Lat: 52.4574, Lon: 13.6236}
	adlershof        = geo.Point{Lat: 52.4346, Lon: 13.5418}
	neheim           = geo.Point{Lat: 51.449, Lon: 7.962}
	menden           = geo.Point{Lat: 51.443, Lon: 7.778}
	altArnsberg      = geo.Point{Lat: 51.396, Lon: 8.064}
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b geo.Point
		want float64 // km
	}{
		{"Treptower Park to Köllnische Heide in the next district", treptowerPark, koellnischeHeide, 2.72},
		{"Treptower Park to Wilhelmshagen in the same district", treptowerPark, wilhelmshagen, 18.68},
		{"Wilhelmshagen to Erkner in the next Land", wilhelmshagen, erkner, 2.19},
		{"Köpenick to Friedrichshagen", koepenick, friedrichshagen, 2.86},
		{"Schöneweide to Karlshorst", schoeneweide, karlshorst, 3.09},
		{"Köpenick to Adlershof", koepenick, adlershof, 3.79},
		{"Grünau to Eichwalde", gruenau, eichwalde, 5.35},
		{"Neheim to Menden", neheim, menden, 12.77},
		{"Grünbergallee to Schönefeld", gruenbergallee, schoenefeld, 2.14},
		{"Neheim to Alt-Arnsberg", neheim, altArnsberg, 9.21},
		{"a place to itself", koepenick, koepenick, 0},
		{"a quarter of the earth along the equator", geo.Point{}, geo.Point{Lon: 90}, 10007.56},
		{"pole to pole", geo.Point{Lat: 90}, geo.Point{Lat: -90}, 20015.11},
		{"two points at the antimeridian", geo.Point{Lon: 179.5}, geo.Point{Lon: -179.5}, 111.20},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := geo.Distance(c.a, c.b); math.Abs(got-c.want) > 0.006 {
				t.Errorf("got %.3f km, want %.2f km", got, c.want)
			}
			if there, back := geo.Distance(c.a, c.b), geo.Distance(c.b, c.a); there != back {
				t.Errorf("there %v km, back %v km", there, back)
			}
		})
	}
}

func TestAround(t *testing.T) {
	centers := []geo.Point{koepenick, {Lat: 0, Lon: 0}, {Lat: 10, Lon: 179.9}, {Lat: -10, Lon: -179.9}, {Lat: 89.5, Lon: 20}, {Lat: -89.95, Lon: 0}, {Lat: 84, Lon: 179}}
	random := rand.New(rand.NewPCG(1, 2))
	t.Run("a box holds every point of its circle, also at a pole and across the antimeridian", func(t *testing.T) {
		for _, c := range centers {
			for _, km := range []float64{1, 12, 100, 500} {
				box := geo.Around(c, km)
				for range 500 {
					if p := walk(c, km*random.Float64()*0.9999, random.Float64()*360); !box.Contains(p) {
						t.Fatalf("%+v of %v km around %v does not hold %v at %.3f km", box, km, c, p, geo.Distance(c, p))
					}
				}
			}
		}
	})
	t.Run("a box is no larger than its circle needs", func(t *testing.T) {
		box := geo.Around(koepenick, 5)
		for name, p := range map[string]geo.Point{
			"north": walk(koepenick, 5.05, 0), "east": walk(koepenick, 5.05, 90), "south": walk(koepenick, 5.05, 180), "west": walk(koepenick, 5.05, 270),
		} {
			if box.Contains(p) {
				t.Errorf("%+v holds a point 5.05 km to the %s", box, name)
			}
		}
	})
	t.Run("a large box near a pole reaches exactly as far as its circle", func(t *testing.T) {
		center, east := geo.Point{Lat: 60, Lon: 10}, -180.0
		for course := 0.0; course < 180; course += 0.1 {
			east = max(east, walk(center, 2000, course).Lon)
		}
		if box := geo.Around(center, 2000); math.Abs(box.East-east) > 0.01 {
			t.Errorf("got %v, want %v", box.East, east)
		}
	})
	t.Run("a box across the antimeridian does not hold the other side of the earth", func(t *testing.T) {
		box := geo.Around(geo.Point{Lat: 10, Lon: 179.9}, 50)
		if box.West < box.East {
			t.Errorf("got %+v, want West greater than East", box)
		}
		if box.Contains(geo.Point{Lat: 10, Lon: 0}) {
			t.Errorf("%+v holds Greenwich", box)
		}
	})
	t.Run("a box of no size holds its centre", func(t *testing.T) {
		if !geo.Around(koepenick, 0).Contains(koepenick) {
			t.Error("it does not")
		}
	})
}

// walk goes km from p on a compass course in degrees.
func walk(p geo.Point, km, course float64) geo.Point {
	const rad = math.Pi / 180
	a, lat, c := km/6371.0088, p.Lat*rad, course*rad
	to := math.Asin(math.Sin(lat)*math.Cos(a) + math.Cos(lat)*math.Sin(a)*math.Cos(c))
	lon := p.Lon*rad + math.Atan2(math.Sin(c)*math.Sin(a)*math.Cos(lat), math.Cos(a)-math.Sin(lat)*math.Sin(to))
	return geo.Point{Lat: to / rad, Lon: math.Remainder(lon/rad, 360)}
}

func TestBoxOf(t *testing.T) {
	t.Run("the box of points reaches from the lowest to the highest", func(t *testing.T) {
		got, want := geo.BoxOf(koepenick, erkner, treptowerPark), geo.Box{South: 52.4293, West: 13.4618, North: 52.4938, East: 13.7507}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("the box of no points is the zero box", func(t *testing.T) {
		if got := geo.BoxOf(); got != (geo.Box{}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestValid(t *testing.T) {
	for p, want := range map[geo.Point]bool{koepenick: true, {Lat: 90, Lon: -180}: true, {Lat: 90.1}: false, {Lon: 181}: false, {Lat: math.Inf(1)}: false} {
		if got := p.Valid(); got != want {
			t.Errorf("%v: got %v, want %v", p, got, want)
		}
	}
	if (geo.Point{Lat: math.NaN()}).Valid() {
		t.Error("NaN is a valid latitude")
	}
}
