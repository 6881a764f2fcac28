package store

import (
	"math"
	"slices"

	"seestern/geo"
)

// point is on the unit sphere: how far two are apart is compared by the straight line between them, without trigonometry.
type point struct{ x, y, z float64 }

// place is where an opportunity is.
type place struct {
	point
	cell cell
	i    int16 // in Opportunity.Places
}

func newPoint(p geo.Point) point {
	lat, lon := p.Lat*math.Pi/180, p.Lon*math.Pi/180
	return point{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

// away is the square of the straight line between two points.
func (a point) away(b point) float64 {
	x, y, z := a.x-b.x, a.y-b.y, a.z-b.z
	return x*x + y*y + z*z
}

// chord is the square of the straight line between places that are km kilometres apart.
func chord(km float64) float64 {
	half := math.Sin(min(km/earthKM/2, math.Pi/2))
	return 4 * half * half
}

const earthKM = 6371.0088 // mean radius, as in geo

// placeGrid keeps the places of all rows by cells of a tenth of a degree, about 11 by 7 km, so that a search with a place looks at few. Rows
// without a known place are in the cell nowhere.
type placeGrid map[cell][]located

type cell int32

const (
	nowhere      cell = -1
	cellsPerTurn cell = 3600
)

func cellOf(lat, lon float64) cell {
	return cell(math.Floor((lat+90)*10))*cellsPerTurn + cell(math.Floor((lon+180)*10))%cellsPerTurn // 180° east is 180° west
}

// located is a place of the row at a position. All of a neighbourhood are looked at, so it is small.
type located struct {
	point
	row   int32
	i     int16 // in Opportunity.Places
	alone bool  // the only place of the row
}

func (g placeGrid) add(places []place, row int) {
	if len(places) == 0 {
		places = []place{{cell: nowhere}}
	}
	for _, p := range places {
		g[p.cell] = append(g[p.cell], located{p.point, int32(row), p.i, len(places) == 1})
	}
}

func (g placeGrid) remove(places []place, row int) {
	g.each(places, row, func(list []located, i int) []located {
		last := len(list) - 1
		list[i] = list[last]
		return list[:last]
	})
}

// move tells that a row has another position now.
func (g placeGrid) move(places []place, from, to int) {
	g.each(places, from, func(list []located, i int) []located {
		list[i].row = int32(to)
		return list
	})
}

func (g placeGrid) each(places []place, row int, change func(list []located, i int) []located) {
	if len(places) == 0 {
		places = []place{{cell: nowhere}}
	}
	for _, p := range places {
		i := slices.IndexFunc(g[p.cell], func(l located) bool { return l.row == int32(row) && l.i == p.i })
		g[p.cell] = change(g[p.cell], i)
	}
}

// around calls f for every cell that may have places within a box.
func (g placeGrid) around(box geo.Box, f func([]located)) {
	south, west, north, east := cellOf(box.South, 0)/cellsPerTurn, cellOf(0, box.West)%cellsPerTurn, cellOf(box.North, 0)/cellsPerTurn, cellOf(0, box.East)%cellsPerTurn
	if west > east || box.East-box.West >= 360 || int((north-south+1)*(east-west+1)) > len(g) { // over the date line, around a pole, or larger than looking at all
		for c, list := range g {
			if c != nowhere {
				f(list)
			}
		}
		return
	}
	for lat := south; lat <= north; lat++ {
		for lon := west; lon <= east; lon++ {
			if list := g[lat*cellsPerTurn+lon]; len(list) > 0 {
				f(list)
			}
		}
	}
}
