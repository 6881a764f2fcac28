package web

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// MapView is the map of a list, drawn by the template part "map" as SVG. All lengths are units of the canvas, 360 × 270, with
// the origin at the top left; package geo projects.
type MapView struct {
	Says        Words        // what it shows; no key: opportunities
	Total       int          // hits that the map stands for
	RadiusKM    int          // of the search; 0: without a place
	Circle      *MapCircle   // nil: without a place
	Markers     []MapMarker  // in the order of the list
	Labels      []MapLabel   // place names
	Outlines    []MapOutline // borders, thick ones first
	Scale       MapScale
	Attribution string // of outlines and place names
	Closed      bool   // begins closed: simple language

	projection geo.Projection
	points     []geo.Point // of the hits, in the order of the list; zero where it is not drawn
	center     geo.Point
	tiles      engagement.Tiles
	lines      bool
}

// Moves says whether there is something to see when the map is moved.
func (m MapView) Moves() bool { return m.lines || m.tiles.On() }

// Data is what the map that can be moved needs to know, as JSON.
func (m MapView) Data() (string, error) {
	data := struct {
		Center [2]float64   `json:"center"`
		Radius int          `json:"radius"` // metres
		Points [][3]float64 `json:"points"` // number in the list, latitude, longitude
		Tiles  string       `json:"tiles"`
		Zoom   int          `json:"zoom"`
		Lines  string       `json:"lines"`
	}{Center: [2]float64{m.center.Lat, m.center.Lon}, Radius: 1000 * m.RadiusKM, Zoom: linesZoom}
	for i, p := range m.points {
		if p != (geo.Point{}) {
			data.Points = append(data.Points, [3]float64{float64(i + 1), p.Lat, p.Lon})
		}
	}
	if m.tiles.On() {
		data.Tiles, data.Zoom = tilePath, m.tiles.MaxZoom
	}
	if m.lines {
		data.Lines = linesPath
	}
	text, err := json.Marshal(data)
	return string(text), err
}

// linesZoom is how near one comes where there is nothing but lines.
const linesZoom = 15

// Credit names who made the tiles, and the host to which the link to their terms leads.
func (m MapView) Credit() *Link {
	if !m.tiles.On() {
		return nil
	}
	text := m.tiles.Attribution
	if u, err := url.Parse(m.tiles.Terms); err == nil {
		text += " (" + u.Hostname() + ")"
	}
	return &Link{Path: m.tiles.Terms, Text: text}
}

// MapCircle is the radius of the search.
type MapCircle struct{ X, Y, R float64 }

// MapMarker is a hit with its number in the list, or several that lie together.
type MapMarker struct {
	X, Y        float64
	First, Last int  // numbers; equal for a single hit
	Loose       bool // the numbers between First and Last do not all belong to it: "3 u. a."
}

// Width of the drawn marker.
func (m MapMarker) Width() float64 {
	switch {
	case m.Loose:
		return 52
	case m.Last > m.First:
		return 40
	}
	return 2 * markerRadius
}

// Half of its width.
func (m MapMarker) Half() float64 { return m.Width() / 2 }

// MapLabel is the name of a place, centered at its point.
type MapLabel struct {
	X, Y float64
	Name string
}

// MapOutline is a border as SVG path data.
type MapOutline struct {
	Path  string
	Thick bool
}

// thickLayer is the one that is drawn thick: the region itself.
const thickLayer = "region"

// outline draws the borders that are to be seen, and names whom their terms want named.
func (m *MapView) outline(tx *store.Tx) error {
	if !m.Shown() {
		return nil
	}
	seen, err := tx.Outlines(m.projection.Box())
	if m.lines = len(seen) > 0; err != nil || !m.lines {
		return err
	}
	layers, err := tx.OutlineLayers()
	if err != nil {
		return err
	}
	for _, l := range layers {
		var path strings.Builder
		for _, o := range seen {
			if o.Layer == l.Layer {
				drawLine(&path, m.projection, o.Line)
			}
		}
		if path.Len() > 0 {
			m.Outlines = append(m.Outlines, MapOutline{Path: path.String(), Thick: l.Layer == thickLayer})
			m.Attribution = strings.TrimPrefix(m.Attribution+"; "+l.Attribution, "; ")
		}
	}
	return nil
}

// drawLine adds what lies on the canvas of a line to the path of an SVG. Points that nobody could tell apart are left out.
func drawLine(path *strings.Builder, projection geo.Projection, line geo.Line) {
	const finest = 0.5 // units
	write := func(command byte, p [2]float64) {
		path.WriteByte(command)
		path.WriteString(strconv.FormatFloat(p[0], 'f', 1, 64))
		path.WriteByte(' ')
		path.WriteString(strconv.FormatFloat(p[1], 'f', 1, 64))
	}
	var from, pen [2]float64
	drawing := false
	for i, point := range line {
		var to [2]float64
		to[0], to[1] = projection.XY(point)
		if i > 0 && i < len(line)-1 && math.Hypot(to[0]-from[0], to[1]-from[1]) < finest {
			continue
		}
		if i > 0 {
			a, b, seen := clip(from, to)
			switch {
			case !seen:
				drawing = false
			case !drawing || a != pen:
				write('M', a)
				fallthrough
			default:
				write('L', b)
				pen, drawing = b, true
			}
		}
		from = to
	}
}

// clip is the part of a straight line that lies on the canvas or a little outside (Liang and Barsky); false if nothing does.
func clip(a, b [2]float64) (from, to [2]float64, seen bool) {
	const rim = 2 // so that thick lines end where nobody sees it
	first, last := 0.0, 1.0
	dx, dy := b[0]-a[0], b[1]-a[1]
	for _, side := range [][2]float64{{-dx, a[0] + rim}, {dx, MapWidth + rim - a[0]}, {-dy, a[1] + rim}, {dy, MapHeight + rim - a[1]}} {
		switch p, q := side[0], side[1]; {
		case p == 0 && q < 0:
			return a, b, false
		case p < 0:
			first = max(first, q/p)
		case p > 0:
			last = min(last, q/p)
		}
	}
	if first > last {
		return a, b, false
	}
	at := func(t float64) [2]float64 {
		switch t { // exactly, so that lines go on where they ended
		case 0:
			return a
		case 1:
			return b
		}
		return [2]float64{a[0] + t*dx, a[1] + t*dy}
	}
	return at(first), at(last), true
}

// MapScale is a bar that shows a round distance.
type MapScale struct {
	KM    int
	Width float64
}

// Canvas of every map.
const (
	MapWidth  = 360
	MapHeight = 270
)

const markerRadius = 12

// mergeMarkers joins markers that are nearer than 20 units or would cover each other, so that every number can be read. The
// first one keeps its place. Numbers are those of the list, counted from 1; what lies outside of the canvas is left out.
func mergeMarkers(points [][2]float64) []MapMarker {
	var markers []MapMarker
	var hits []int // how many each marker stands for
	for i, p := range points {
		if p[0] >= 0 && p[0] <= MapWidth && p[1] >= 0 && p[1] <= MapHeight {
			markers, hits = append(markers, MapMarker{X: p[0], Y: p[1], First: i + 1, Last: i + 1}), append(hits, 1)
		}
	}
	for joined := true; joined; { // a marker of several numbers is wider and may now reach the next
		joined = false
		for i := range markers {
			for j := len(markers) - 1; j > i; j-- {
				if !markers[i].touches(markers[j]) {
					continue
				}
				hits[i] += hits[j]
				m := &markers[i]
				m.Last = max(m.Last, markers[j].Last)
				m.Loose = hits[i] != m.Last-m.First+1
				markers, hits, joined = slices.Delete(markers, j, j+1), slices.Delete(hits, j, j+1), true
			}
			if joined {
				break
			}
		}
	}
	return markers
}

// touches says whether two markers lie too close together.
func (m MapMarker) touches(o MapMarker) bool {
	const near = 20
	dx, dy := math.Abs(m.X-o.X), math.Abs(m.Y-o.Y)
	wide := m.First != m.Last || o.First != o.Last // two circles may overlap a little, and both can be read
	return math.Hypot(dx, dy) < near || wide && dx < m.Half()+o.Half() && dy < 2*markerRadius
}

// placeLabels keeps the labels that are free of markers, of the scale bar, of labels before them and of the edge: at most 12, in
// order of rank.
func placeLabels(labels []MapLabel, markers []MapMarker, scale MapScale) []MapLabel {
	const most, height, letter = 12, 14, 6.4 // units of the canvas at font size 12
	type box struct{ left, top, right, bottom float64 }
	taken := []box{{0, MapHeight - 28, scale.Width + 90, MapHeight}} // the bar begins at 12 and ends with words
	for _, m := range markers {
		taken = append(taken, box{m.X - m.Half(), m.Y - markerRadius, m.X + m.Half(), m.Y + markerRadius})
	}
	var kept []MapLabel
	for _, l := range labels {
		half := letter * float64(utf8.RuneCountInString(l.Name)) / 2
		b := box{l.X - half, l.Y - height, l.X + half, l.Y + 3}
		free := b.left >= 0 && b.right <= MapWidth && b.top >= 0 && b.bottom <= MapHeight
		for _, o := range taken {
			free = free && (b.right < o.left || b.left > o.right || b.bottom < o.top || b.top > o.bottom)
		}
		if free && len(kept) < most {
			taken, kept = append(taken, b), append(kept, l)
		}
	}
	return kept
}

// Shown says whether there is anything to draw.
func (m MapView) Shown() bool { return m.Circle != nil || len(m.Markers) > 0 }

// ViewBox of the SVG.
func (MapView) ViewBox() string {
	return "0 0 " + strconv.Itoa(MapWidth) + " " + strconv.Itoa(MapHeight)
}
