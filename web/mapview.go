package web

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
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
