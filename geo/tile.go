package geo

import (
	"math"
	"strconv"
)

// Tile is a square of the map of the world in the Web Mercator projection, as public tile servers number them: at Zoom 0 one tile is all of it,
// and each step divides every tile into four. X counts from the west, Y from the north.
type Tile struct{ Zoom, X, Y int }

// MostZoom is the finest zoom anybody draws.
const MostZoom = 22

// Valid says whether there is such a tile.
func (t Tile) Valid() bool {
	return t.Zoom >= 0 && t.Zoom <= MostZoom && t.X >= 0 && t.Y >= 0 && t.X < 1<<t.Zoom && t.Y < 1<<t.Zoom
}

// TileOf is the tile that shows a point.
func TileOf(p Point, zoom int) Tile {
	n := float64(int(1) << zoom)
	lat := p.Lat * degree
	return Tile{Zoom: zoom, X: int((p.Lon + 180) / 360 * n), Y: int((1 - math.Asinh(math.Tan(lat))/math.Pi) / 2 * n)}
}

// Strings are the numbers in decimal.
func (t Tile) Strings() (zoom, x, y string) {
	return strconv.Itoa(t.Zoom), strconv.Itoa(t.X), strconv.Itoa(t.Y)
}

// Box is what the tile shows.
func (t Tile) Box() Box {
	n := float64(int(1) << t.Zoom)
	lat := func(y int) float64 { return math.Atan(math.Sinh(math.Pi*(1-2*float64(y)/n))) / degree }
	lon := func(x int) float64 { return float64(x)/n*360 - 180 }
	return Box{South: lat(t.Y + 1), West: lon(t.X), North: lat(t.Y), East: lon(t.X + 1)}
}

// Meets says whether two boxes that do not cross the antimeridian have a point in common.
func (b Box) Meets(o Box) bool {
	return b.South <= o.North && o.South <= b.North && b.West <= o.East && o.West <= b.East
}
