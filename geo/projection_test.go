package geo_test

import (
	"math"
	"testing"

	"seestern/geo"
)

func TestProjection(t *testing.T) {
	near := func(a, b, by float64) bool { return math.Abs(a-b) <= by }
	t.Run("the centre is in the middle and north is up", func(t *testing.T) {
		p := geo.CircleView(koepenick, 5)
		if x, y := p.XY(koepenick); x != 180 || y != 135 {
			t.Errorf("centre: got %v, %v, want 180, 135", x, y)
		}
		if x, y := p.XY(walk(koepenick, 2, 0)); !near(x, 180, 0.01) || y >= 135 {
			t.Errorf("2 km north: got %v, %v", x, y)
		}
		if x, y := p.XY(walk(koepenick, 2, 90)); x <= 180 || !near(y, 135, 0.05) {
			t.Errorf("2 km east: got %v, %v", x, y)
		}
	})
	t.Run("a circle leaves a quarter of its radius free at the edge", func(t *testing.T) {
		p := geo.CircleView(koepenick, 5)
		if got, want := p.Units(5*1.25), 135.0; !near(got, want, 1e-9) {
			t.Errorf("got %v units for radius and margin, want %v", got, want)
		}
	})
	t.Run("lengths on the map are true to half a percent at 50 km", func(t *testing.T) {
		p := geo.CircleView(koepenick, 50)
		for course := 0.0; course < 360; course += 15 {
			x, y := p.XY(walk(koepenick, 50, course))
			if got, want := math.Hypot(x-180, y-135), p.Units(50); math.Abs(got/want-1) > 0.005 {
				t.Errorf("course %v: got %.2f units, want %.2f", course, got, want)
			}
		}
	})
	t.Run("a box view shows the whole box with ten percent around it", func(t *testing.T) {
		for _, box := range []geo.Box{geo.BoxOf(treptowerPark, erkner), geo.BoxOf(neheim, altArnsberg, menden), {South: 50, West: 8, North: 53, East: 8.5}, {South: -1, West: 179, North: 1, East: -179}} {
			p := geo.BoxView(box)
			left, top := p.XY(geo.Point{Lat: box.North, Lon: box.West})
			right, bottom := p.XY(geo.Point{Lat: box.South, Lon: box.East})
			if w, h := right-left, bottom-top; left < 0 || top < 0 || right > 360 || bottom > 270 || max(w/360, h/270) > 1/1.19 || max(w/360, h/270) < 1/1.21 {
				t.Errorf("%+v: got %.1f, %.1f to %.1f, %.1f", box, left, top, right, bottom)
			}
		}
	})
	t.Run("one point or a radius of nothing gives a map that is not endlessly large", func(t *testing.T) {
		for name, p := range map[string]geo.Projection{"point": geo.BoxView(geo.BoxOf(koepenick)), "radius": geo.CircleView(koepenick, 0)} {
			if got := p.Units(0.8); !near(got, 135, 1e-9) {
				t.Errorf("%s: got %v units for 0.8 km, want 135", name, got)
			}
		}
	})
	t.Run("the box of a view is what it shows", func(t *testing.T) {
		p := geo.CircleView(koepenick, 10)
		box := p.Box()
		for corner, want := range map[geo.Point][2]float64{{Lat: box.North, Lon: box.West}: {0, 0}, {Lat: box.South, Lon: box.East}: {360, 270}} {
			if x, y := p.XY(corner); !near(x, want[0], 1e-6) || !near(y, want[1], 1e-6) {
				t.Errorf("got %v, %v, want %v", x, y, want)
			}
		}
	})
	t.Run("a map across the antimeridian is one piece", func(t *testing.T) {
		p := geo.CircleView(geo.Point{Lat: 10, Lon: 179.9}, 50)
		if x, _ := p.XY(geo.Point{Lat: 10, Lon: -179.9}); x < 180 || x > 360 {
			t.Errorf("got x = %v, want it right of the middle", x)
		}
	})
}

func TestScaleBar(t *testing.T) {
	for _, c := range []struct {
		radius float64 // km
		want   int     // km
	}{{1, 1}, {2, 2}, {5, 5}, {10, 10}, {25, 20}, {50, 50}, {100, 50}, {0.5, 1}} {
		p := geo.CircleView(koepenick, c.radius)
		km, units := p.ScaleBar()
		if km != c.want {
			t.Errorf("radius %v km: got a bar of %d km, want %d km", c.radius, km, c.want)
		}
		if want := p.Units(float64(km)); units != want {
			t.Errorf("radius %v km: got %v units, want %v", c.radius, units, want)
		}
	}
}
