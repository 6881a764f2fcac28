package geo

import "math"

// The map is drawn in a view box of these units.
const (
	MapWidth  = 360
	MapHeight = 270
)

// leastView is the smallest half height of a map in km: nearer, a place known by its middle only would look exact.
const leastView = 0.8

// Projection turns points into units of the view box: equirectangular around its centre, x = (λ−λ₀)·cos φ₀, y = φ₀−φ.
// Distances on it are good to about 100 km from the centre.
type Projection struct {
	center Point
	scale  float64 // units per km
}

// CircleView shows the circle of km around center with a margin of 25 %.
func CircleView(center Point, km float64) Projection {
	return Projection{center: center, scale: MapHeight / 2 / max(1.25*km, leastView)}
}

// BoxView shows a box with a margin of 10 % on every side.
func BoxView(b Box) Projection {
	p := Projection{center: b.Center(), scale: MapHeight / 2 / leastView}
	x, y := p.kilometres(Point{Lat: b.North, Lon: b.East})
	p.scale = min(p.scale, MapWidth/2/(1.2*math.Abs(x)), MapHeight/2/(1.2*math.Abs(y))) // a side of 0 gives +Inf, which min leaves out
	return p
}

// kilometres are the offsets of q from the centre to the east and to the south.
func (p Projection) kilometres(q Point) (x, y float64) {
	return wrap(q.Lon-p.center.Lon) * math.Cos(p.center.Lat*degree) * kmPerDegree, (p.center.Lat - q.Lat) * kmPerDegree
}

// XY is where q is drawn: x to the right, y down, both from the upper left corner. Points outside of the view give values outside of it.
func (p Projection) XY(q Point) (x, y float64) {
	x, y = p.kilometres(q)
	return MapWidth/2 + x*p.scale, MapHeight/2 + y*p.scale
}

// Units is the length of km on the map.
func (p Projection) Units(km float64) float64 { return km * p.scale }

// Box is the area that the map shows.
func (p Projection) Box() Box {
	dLat := MapHeight / 2 / p.scale / kmPerDegree
	dLon := min(MapWidth/2/p.scale/kmPerDegree/math.Cos(p.center.Lat*degree), 180)
	return Box{South: max(p.center.Lat-dLat, -90), West: wrap(p.center.Lon - dLon), North: min(p.center.Lat+dLat, 90), East: wrap(p.center.Lon + dLon)}
}

// ScaleBar is the longest of 1, 2, 5, 10, 20 and 50 km that takes no more than a third of the width, at least 1 km, and its length.
func (p Projection) ScaleBar() (km int, units float64) {
	km = 1
	for _, n := range []int{2, 5, 10, 20, 50} {
		if p.Units(float64(n)) <= MapWidth/3 {
			km = n
		}
	}
	return km, p.Units(float64(km))
}
