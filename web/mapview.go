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

// mergeMarkers joins markers nearer than 20 units, so that none covers another's number. The first one keeps its place.
// Numbers are those of the list, counted from 1; what lies outside of the canvas is left out.
func mergeMarkers(points [][2]float64) []MapMarker {
	const near = 20
	var markers []MapMarker
	members := map[int]int{} // index of a marker → how many hits it stands for
	for i, p := range points {
		number := i + 1
		if p[0] < 0 || p[0] > MapWidth || p[1] < 0 || p[1] > MapHeight {
			continue
		}
		at := slices.IndexFunc(markers, func(m MapMarker) bool { return math.Hypot(m.X-p[0], m.Y-p[1]) < near })
		if at < 0 {
			at = len(markers)
			markers = append(markers, MapMarker{X: p[0], Y: p[1], First: number})
		}
		members[at]++
		m := &markers[at]
		m.Last, m.Loose = number, members[at] != number-m.First+1
	}
	return markers
}

// placeLabels keeps the labels that are free of markers, of labels before them and of the edge: at most 12, in order of rank.
func placeLabels(labels []MapLabel, markers []MapMarker) []MapLabel {
	const most, height, letter = 12, 14, 6.4 // units of the canvas at font size 12
	type box struct{ left, top, right, bottom float64 }
	var taken []box
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
