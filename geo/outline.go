package geo

import (
	"container/heap"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Line is a border: of two regions, or of one where nothing is known on the other side. Its last point is its first if it goes all around.
// As JSON it is one list, latitude and longitude in turn, in 1e-5 degrees (about a metre).
type Line []Point

// OutlineReport is what became of a file of outlines.
type OutlineReport struct {
	Areas  int // polygons
	Lines  int // borders, each counted once
	Before int // points that were read
	After  int // points that are kept
}

// Limits of a file of outlines and of what is kept of it: about 100 KB.
const (
	mostOutlineBytes  = 20 << 20
	mostAreas         = 2000 // features
	mostOutlinePoints = 6000
)

// ReadOutlines reads the borders of a GeoJSON FeatureCollection (RFC 7946: WGS84) of polygons, at most 20 MiB and 2,000 features. Where two
// regions have the same points, the border between them is one line, so that it stays the same for both when it is made simpler: by
// Visvalingam's method, as far as is needed. The error names the first feature that cannot be read.
func ReadOutlines(r io.Reader) ([]Line, OutlineReport, error) {
	rings, report, err := readRings(io.LimitReader(r, mostOutlineBytes+1))
	if err != nil {
		return nil, report, err
	}
	borders := cut(rings)
	lines := simplify(borders, mostOutlinePoints)
	report.Lines = len(lines)
	for _, l := range lines {
		report.After += len(l)
	}
	return lines, report, nil
}

// MarshalJSON writes the one list.
func (l Line) MarshalJSON() ([]byte, error) {
	flat := make([]int32, 0, 2*len(l))
	for _, p := range l {
		v := vertexOf(p)
		flat = append(flat, v.lat, v.lon)
	}
	return json.Marshal(flat)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Line) UnmarshalJSON(text []byte) error {
	var flat []int32
	if err := json.Unmarshal(text, &flat); err != nil {
		return err
	}
	if len(flat)%2 != 0 {
		return errors.New("a latitude without longitude")
	}
	*l = make(Line, 0, len(flat)/2)
	for pair := range slices.Chunk(flat, 2) {
		*l = append(*l, vertex{pair[0], pair[1]}.point())
	}
	return nil
}

// vertex is a point as it is compared and stored.
type vertex struct{ lat, lon int32 } // 1e-5 degrees

const vertices = 1e5 // per degree

func vertexOf(p Point) vertex {
	return vertex{int32(math.Round(p.Lat * vertices)), int32(math.Round(p.Lon * vertices))}
}

func (v vertex) point() Point { return Point{float64(v.lat) / vertices, float64(v.lon) / vertices} }

func (v vertex) before(w vertex) bool { return v.lat < w.lat || v.lat == w.lat && v.lon < w.lon }

// readRings reads the rings of all polygons, without the point that closes them.
func readRings(r io.Reader) (rings [][]vertex, report OutlineReport, err error) {
	var file struct {
		Type     string `json:"type"`
		Features []struct {
			Geometry *struct {
				Type        string          `json:"type"`
				Coordinates json.RawMessage `json:"coordinates"`
			} `json:"geometry"`
		} `json:"features"`
	}
	text, err := io.ReadAll(r)
	switch {
	case err != nil:
		return nil, report, err
	case len(text) > mostOutlineBytes:
		return nil, report, fmt.Errorf("longer than %d MiB", mostOutlineBytes>>20)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, report, fmt.Errorf("not GeoJSON: %w", err)
	}
	switch {
	case file.Type != "FeatureCollection":
		return nil, report, fmt.Errorf("not a FeatureCollection but %q", file.Type)
	case len(file.Features) > mostAreas:
		return nil, report, fmt.Errorf("%d features, at most %d are possible", len(file.Features), mostAreas)
	}
	for i, f := range file.Features {
		var polygons [][][][]float64
		kind := "nothing"
		if f.Geometry != nil {
			kind = f.Geometry.Type
		}
		switch kind {
		case "Polygon":
			polygons = make([][][][]float64, 1)
			err = json.Unmarshal(f.Geometry.Coordinates, &polygons[0])
		case "MultiPolygon":
			err = json.Unmarshal(f.Geometry.Coordinates, &polygons)
		default:
			err = fmt.Errorf("is %s, not Polygon or MultiPolygon", kind)
		}
		for _, polygon := range polygons {
			report.Areas++
			for _, positions := range polygon {
				report.Before += len(positions)
				ring, wrong := ringOf(positions)
				err = errors.Join(err, wrong)
				if len(ring) > 2 {
					rings = append(rings, ring)
				}
			}
		}
		if err != nil {
			return nil, report, fmt.Errorf("feature %d: %w", i+1, err)
		}
	}
	if len(rings) == 0 {
		return nil, report, errors.New("no areas")
	}
	return rings, report, nil
}

// ringOf leaves out what comes twice.
func ringOf(positions [][]float64) (ring []vertex, err error) {
	for _, at := range positions {
		if len(at) < 2 {
			return nil, fmt.Errorf("a position of %d numbers", len(at))
		}
		p := Point{Lat: at[1], Lon: at[0]}
		if !p.Valid() {
			return nil, fmt.Errorf("%v, %v is not on the earth: WGS84 is needed, longitude first", at[0], at[1])
		}
		if v := vertexOf(p); len(ring) == 0 || ring[len(ring)-1] != v {
			ring = append(ring, v)
		}
	}
	if len(ring) > 1 && ring[0] == ring[len(ring)-1] {
		ring = ring[:len(ring)-1]
	}
	return ring, nil
}

// cut makes borders of rings: it cuts them where borders meet, and keeps each border once.
func cut(rings [][]vertex) [][]vertex {
	type neighbors struct {
		a, b vertex
		meet bool // others go on elsewhere
	}
	near := map[vertex]neighbors{}
	around := func(ring []vertex, i int) (before, after vertex) {
		return ring[(i+len(ring)-1)%len(ring)], ring[(i+1)%len(ring)]
	}
	for _, ring := range rings {
		for i, v := range ring {
			a, b := around(ring, i)
			if b.before(a) {
				a, b = b, a
			}
			n, known := near[v]
			near[v] = neighbors{a, b, n.meet || known && (n.a != a || n.b != b)}
		}
	}
	var borders [][]vertex
	seen := map[string]bool{}
	keep := func(border []vertex) {
		last := len(border) - 1
		if border[last].before(border[0]) || border[last] == border[0] && border[last-1].before(border[1]) {
			slices.Reverse(border)
		}
		if key := fmt.Sprint(border); !seen[key] {
			seen[key] = true
			borders = append(borders, border)
		}
	}
	for _, ring := range rings {
		from := slices.IndexFunc(ring, func(v vertex) bool { return near[v].meet })
		if from < 0 { // alone, or an island in just one other: begin at the same point for both
			for i, v := range ring {
				if from < 0 || v.before(ring[from]) {
					from = i
				}
			}
		}
		border := []vertex{ring[from]}
		for i := range ring {
			v := ring[(from+1+i)%len(ring)]
			border = append(border, v)
			if near[v].meet || i == len(ring)-1 {
				keep(border)
				border = []vertex{v}
			}
		}
	}
	return borders
}

// simplify leaves out the points that change the borders least, until no more than most are left. Where borders meet they stay, and what goes
// all around stays an area.
func simplify(borders [][]vertex, most int) []Line {
	var all []float64
	areas := make([][]float64, len(borders))
	for i, border := range borders {
		areas[i] = effectiveAreas(border)
		all = append(all, areas[i]...)
	}
	gone := -1.0 // the largest area that is left out
	if len(all) > most {
		slices.Sort(all)
		gone = all[len(all)-most-1]
	}
	lines := make([]Line, len(borders))
	for i, border := range borders {
		for j, v := range border {
			if areas[i][j] > gone || math.IsInf(areas[i][j], 1) {
				lines[i] = append(lines[i], v.point())
			}
		}
	}
	return lines
}

// effectiveAreas says of each point how large the triangle is that goes with it, never smaller than that of a point that goes before it; infinite for
// those that stay: the ends, and of a ring two more.
func effectiveAreas(border []vertex) []float64 {
	areas := make([]float64, len(border))
	last := len(border) - 1
	corners := &cornerHeap{}
	all := make([]*corner, len(border))
	for i := range border {
		areas[i] = math.Inf(1)
		all[i] = &corner{at: i, before: i - 1, after: i + 1}
	}
	for _, c := range all[1:last] {
		c.area = triangle(border, c)
		heap.Push(corners, c)
	}
	stay := 0
	if border[0] == border[last] {
		stay = 2
	}
	for biggest := 0.0; corners.Len() > stay; {
		c := heap.Pop(corners).(*corner)
		biggest = max(biggest, c.area)
		areas[c.at] = biggest
		all[c.before].after, all[c.after].before = c.after, c.before
		for _, n := range []*corner{all[c.before], all[c.after]} {
			if n.at > 0 && n.at < last {
				n.area = triangle(border, n)
				heap.Fix(corners, n.place)
			}
		}
	}
	return areas
}

// triangle is the area of a point with its neighbors, in square units of a vertex at its latitude.
func triangle(border []vertex, c *corner) float64 {
	a, b, d := border[c.before], border[c.at], border[c.after]
	narrow := math.Cos(float64(b.lat) / vertices * degree)
	return math.Abs(float64(b.lon-a.lon)*float64(d.lat-a.lat)-float64(d.lon-a.lon)*float64(b.lat-a.lat)) * narrow / 2
}

// corner is a point of a border while it is made simpler.
type corner struct {
	at, before, after int // in the border
	area              float64
	place             int // in the heap
}

type cornerHeap []*corner

func (h cornerHeap) Len() int { return len(h) }

func (h cornerHeap) Less(i, j int) bool {
	return h[i].area < h[j].area || h[i].area == h[j].area && h[i].at < h[j].at
}

func (h cornerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *cornerHeap) Push(c any) {
	c.(*corner).place = len(*h)
	*h = append(*h, c.(*corner))
}

func (h *cornerHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
