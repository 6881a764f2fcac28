package engagement_test

import (
	"testing"

	. "seestern/engagement"
	"seestern/geo"
)

func TestWhichTilesMayBeAskedFor(t *testing.T) {
	i := Instance{Center: geo.Point{Lat: 52.5, Lon: 13.4}, Tiles: Tiles{Template: "https://tiles.example/{z}/{y}/{x}.png", MaxZoom: 16, RadiusKM: 20}}
	if got := i.Tiles.Address(geo.Tile{Zoom: 10, X: 550, Y: 335}); got != "https://tiles.example/10/335/550.png" {
		t.Errorf("got %s", got)
	}
	for tile, shown := range map[geo.Tile]bool{
		{Zoom: 10, X: 550, Y: 335}:      true,
		{}:                              true, // all of the world
		{Zoom: 10, X: 549, Y: 335}:      true, // reaches into it
		{Zoom: 10, X: 540, Y: 335}:      false,
		{Zoom: 10, X: 550, Y: 2000}:     false, // there is none
		{Zoom: 16, X: 35207, Y: 21493}:  true,
		{Zoom: 17, X: 70414, Y: 42986}:  false,
		{Zoom: 16, X: -35207, Y: 21493}: false,
	} {
		if i.ShowsTile(tile) != shown {
			t.Errorf("%v: shown is %v", tile, !shown)
		}
	}
	i.Tiles = Tiles{MaxZoom: 16, RadiusKM: 20}
	if i.ShowsTile(geo.Tile{}) {
		t.Error("without an address there are none")
	}
}
