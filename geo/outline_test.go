package geo

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// collection is GeoJSON of polygons, each of rings of "lon,lat" pairs.
func collection(polygons ...[]string) string {
	var features []string
	for _, rings := range polygons {
		var all []string
		for _, ring := range rings {
			all = append(all, "[["+strings.ReplaceAll(ring, " ", "],[")+"]]")
		}
		features = append(features, `{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[`+strings.Join(all, ",")+`]}}`)
	}
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func TestOutlinesKeepEachBorderOnce(t *testing.T) {
	west := "13,52 13.1,52 13.1,52.1 13,52.1 13,52"
	east := "13.1,52 13.2,52 13.2,52.1 13.1,52.1 13.1,52"
	lake := "13.02,52.02 13.04,52.02 13.04,52.04 13.02,52.02" // a hole in the west, and an area of its own the other way around
	island := "13.04,52.04 13.04,52.02 13.02,52.02 13.04,52.04"
	lines, report, err := ReadOutlines(strings.NewReader(collection([]string{west, lake}, []string{east}, []string{island})))
	if err != nil {
		t.Fatal(err)
	}
	if report != (OutlineReport{Areas: 3, Lines: 4, Before: 18, After: 14}) {
		t.Errorf("got %+v", report)
	}
	shared := Line{{52, 13.1}, {52.1, 13.1}}
	if n := len(slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return !slices.Equal(l, shared) })); n != 1 {
		t.Errorf("the border of both is there %d times: %v", n, lines)
	}
}

func TestOutlinesAreMadeSimpler(t *testing.T) {
	// Two halves of a disc whose common border and rims are finer than anybody can see.
	const n = 20_000
	var rim, middle []string
	for i := range n + 1 {
		a := math.Pi * float64(i) / n
		rim = append(rim, fmt.Sprintf("%.6f,%.6f", 13+0.5*math.Cos(a), 52+0.3*math.Sin(a)))
		middle = append(middle, fmt.Sprintf("%.6f,%.6f", 12.5+float64(i)/n, 52+0.01*math.Sin(9*a)))
	}
	upper := strings.Join(append(slices.Clone(rim), middle[1:]...), " ")
	slices.Reverse(middle)
	lower := strings.Join(append(slices.Clone(middle), "12.5,51.6", "13.5,51.6", "13.5,52"), " ")
	lines, report, err := ReadOutlines(strings.NewReader(collection([]string{upper}, []string{lower})))
	if err != nil {
		t.Fatal(err)
	}
	if report.Lines != 3 || report.Before < 3*n || report.After > mostOutlinePoints {
		t.Errorf("got %+v, want 3 lines of at most %d points", report, mostOutlinePoints)
	}
	if text, err := json.Marshal(lines); err != nil || len(text) > 100_000 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	for _, l := range lines {
		for _, p := range l { // nothing is invented
			onRim := math.Abs(math.Hypot((p.Lon-13)/0.5, (p.Lat-52)/0.3)-1) < 0.001
			if !onRim && math.Abs(p.Lat-52-0.01*math.Sin(9*math.Pi*(p.Lon-12.5))) > 0.001 && p.Lat != 51.6 {
				t.Fatalf("%v lies on no border", p)
			}
		}
	}
}

func TestAnAreaStaysAnArea(t *testing.T) {
	ring := []vertex{{0, 0}, {0, 10}, {1, 11}, {10, 10}, {10, 0}, {5, -1}, {0, 0}}
	if got := simplify([][]vertex{ring}, 0); len(got[0]) != 4 {
		t.Errorf("kept %v, want the smallest area: 4 points", got)
	}
	open := ring[:6]
	if got := simplify([][]vertex{open}, 0); len(got[0]) != 2 {
		t.Errorf("kept %v, want its ends", got)
	}
}

func TestOutlinesThatCannotBeRead(t *testing.T) {
	ok := "13,52 13.1,52 13.1,52.1 13,52"
	for text, want := range map[string]string{
		"":                             "not GeoJSON",
		`{"type":"Feature"}`:           `not a FeatureCollection but "Feature"`,
		collection():                   "no areas",
		collection([]string{"13,52"}):  "no areas",
		collection([]string{ok, "13"}): "feature 1: a position of 1 numbers",
		collection([]string{ok}, []string{"392000,5820000 1,1"}):                                                        "feature 2: 392000, 5.82e+06 is not on the earth",
		`{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[13,52]}}]}`:                 "feature 1: is Point, not Polygon",
		`{"type":"FeatureCollection","features":[{"geometry":null}]}`:                                                   "feature 1: is nothing, not Polygon",
		`{"type":"FeatureCollection","features":[` + strings.Repeat(`{"geometry":null},`, 2000) + `{"geometry":null}]}`: "2001 features",
		strings.Repeat(" ", mostOutlineBytes+1):                                                                         "longer than 20 MiB",
	} {
		if _, _, err := ReadOutlines(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: got %v, want %s", text, err, want)
		}
	}
}

func TestALineIsOneListOfNumbers(t *testing.T) {
	line := Line{{52.5, 13.40001}, {-0.00001, -180}}
	text, err := json.Marshal(line)
	if err != nil || string(text) != "[5250000,1340001,-1,-18000000]" {
		t.Fatalf("got %s, %v", text, err)
	}
	var back Line
	if err := json.Unmarshal(text, &back); err != nil || !slices.Equal(back, line) {
		t.Errorf("got %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte("[1,2,3]"), &back); err == nil {
		t.Error("half a point was read")
	}
}
