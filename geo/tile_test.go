package geo

import (
	"math"
	"testing"
)

func TestWhatATileShows(t *testing.T) {
	// The tile with the middle of Berlin at zoom 10, worked out by hand: x = (13.4+180)/360·1024 = 550.1, y = 335.8.
	tile := Tile{Zoom: 10, X: 550, Y: 335}
	box := tile.Box()
	want := Box{South: 52.4828, West: 13.3594, North: 52.6964, East: 13.7109}
	for name, d := range map[string]float64{"south": box.South - want.South, "west": box.West - want.West, "north": box.North - want.North, "east": box.East - want.East} {
		if math.Abs(d) > 0.0001 {
			t.Errorf("%s: off by %v", name, d)
		}
	}
	if got := TileOf(Point{Lat: 52.5, Lon: 13.4}, 10); got != tile {
		t.Errorf("the middle of Berlin is on %v", got)
	}
	if world := (Tile{}).Box(); world.West != -180 || world.East != 180 || math.Abs(world.North-85.0511) > 0.0001 {
		t.Errorf("the world is %v", world)
	}
	for tile, valid := range map[Tile]bool{{}: true, {1, 1, 1}: true, {1, 2, 0}: false, {1, 0, 2}: false, {-1, 0, 0}: false, {3, -1, 0}: false, {23, 0, 0}: false} {
		if tile.Valid() != valid {
			t.Errorf("%v: valid is %v", tile, !valid)
		}
	}
}

func TestBoxesThatMeet(t *testing.T) {
	box := Box{South: 52, West: 13, North: 53, East: 14}
	for other, meets := range map[Box]bool{
		{52.4, 13.4, 52.5, 13.5}: true, {51, 12, 54, 15}: true, {53, 14, 54, 15}: true,
		{53.1, 13, 54, 14}: false, {50, 13, 51.9, 14}: false, {52, 14.1, 53, 15}: false, {52, 11, 53, 12.9}: false,
	} {
		if box.Meets(other) != meets || other.Meets(box) != meets {
			t.Errorf("%v: meets is %v", other, !meets)
		}
	}
}
