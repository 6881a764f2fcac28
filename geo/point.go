package geo

import "math"

// Point is a place on the earth: WGS84, degrees.
type Point struct{ Lat, Lon float64 }

const (
	earthRadius = 6371.0088     // mean radius in km (IUGG)
	degree      = math.Pi / 180 // in radians
	kmPerDegree = earthRadius * degree
)

// Valid says whether p is on the earth: latitude within ±90, longitude within ±180 degrees.
func (p Point) Valid() bool { return math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 }

// Distance is the great-circle distance in km by the haversine formula.
func Distance(a, b Point) float64 {
	sinLat, sinLon := math.Sin((b.Lat-a.Lat)*degree/2), math.Sin((b.Lon-a.Lon)*degree/2)
	h := sinLat*sinLat + math.Cos(a.Lat*degree)*math.Cos(b.Lat*degree)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// Box is the area between two parallels and two meridians, in degrees. East of the antimeridian it goes on at -180:
// then West is greater than East.
type Box struct{ South, West, North, East float64 }

// Around is the smallest box that holds every point within km of p. A box that reaches a pole goes all around it.
func Around(p Point, km float64) Box {
	angle := max(km, 0) / earthRadius // radians
	b := Box{South: max(p.Lat-angle/degree, -90), West: -180, North: min(p.Lat+angle/degree, 90), East: 180}
	if b.South == -90 || b.North == 90 {
		return b
	}
	// The circle is widest in longitude a little nearer to the pole than its centre, hence not angle/cos.
	dLon := math.Asin(math.Min(1, math.Sin(angle)/math.Cos(p.Lat*degree))) / degree
	b.West, b.East = wrap(p.Lon-dLon), wrap(p.Lon+dLon)
	return b
}

// BoxOf is the smallest box that holds all points; of none it is the zero Box. It does not look across the antimeridian.
func BoxOf(points ...Point) Box {
	if len(points) == 0 {
		return Box{}
	}
	b := Box{South: 90, West: 180, North: -90, East: -180}
	for _, p := range points {
		b = Box{South: min(b.South, p.Lat), West: min(b.West, p.Lon), North: max(b.North, p.Lat), East: max(b.East, p.Lon)}
	}
	return b
}

// Contains says whether p is in the box or on its edge.
func (b Box) Contains(p Point) bool {
	if p.Lat < b.South || p.Lat > b.North {
		return false
	}
	if b.West > b.East {
		return p.Lon >= b.West || p.Lon <= b.East
	}
	return p.Lon >= b.West && p.Lon <= b.East
}

// Center is the middle of the box.
func (b Box) Center() Point {
	width := b.East - b.West
	if width < 0 {
		width += 360
	}
	return Point{Lat: (b.South + b.North) / 2, Lon: wrap(b.West + width/2)}
}

// wrap brings a longitude into [-180, 180].
func wrap(lon float64) float64 { return math.Remainder(lon, 360) }
