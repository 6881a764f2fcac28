package engagement

import (
	"net/url"
	"strings"

	"seestern/geo"
)

// Tiles is where the pictures of the map that can be moved come from (UI: Kartenbilder). They pass through this instance, so that whoever
// makes them learns nothing of the visitors.
type Tiles struct {
	Template    string `class:"pub"` // https address with {z}, {x} and {y}; empty: there are none
	Attribution string `class:"pub"` // whom the terms want named, ≤ 200
	Terms       string `class:"pub"` // https address of the terms
	MaxZoom     int    `class:"pub"` // 10–20
	RadiusKM    int    `class:"pub"` // around the middle of the region, 5–200: nothing is asked for farther away
	CacheMB     int    `class:"tec"` // of disk, 10–10,000
}

// On says whether there are tiles.
func (t Tiles) On() bool { return t.Template != "" }

// Address is where a tile is.
func (t Tiles) Address(tile geo.Tile) string {
	z, x, y := tile.Strings()
	return strings.NewReplacer("{z}", z, "{x}", x, "{y}", y).Replace(t.Template)
}

// ShowsTile says whether a tile is one that may be asked for.
func (i Instance) ShowsTile(tile geo.Tile) bool {
	return i.Tiles.On() && tile.Valid() && tile.Zoom <= i.Tiles.MaxZoom && tile.Box().Meets(geo.Around(i.Center, float64(i.Tiles.RadiusKM)))
}

// Bounds of the settings.
const (
	leastZoom, mostZoom       = 10, 20
	leastTilesKM, mostTilesKM = 5, 200
	leastCacheMB, mostCacheMB = 10, 10_000
)

// Check says what is wrong with them.
func (t Tiles) Check() error {
	var bad Invalids
	address, err := url.Parse(strings.NewReplacer("{z}", "1", "{x}", "1", "{y}", "1").Replace(t.Template))
	once := strings.Count(t.Template, "{z}") == 1 && strings.Count(t.Template, "{x}") == 1 && strings.Count(t.Template, "{y}") == 1
	if err != nil || !once || !webAddress(address) || !strings.HasPrefix(t.Template, address.Scheme+"://"+address.Host+"/") {
		bad.Add("template", "error.tiles.template")
	}
	if terms, err := url.Parse(t.Terms); err != nil || !webAddress(terms) {
		bad.Add("terms", "error.link.shape")
	}
	bad.Text("attribution", t.Attribution, 3, 200)
	for _, n := range []struct {
		field              string
		given, least, most int
	}{
		{"zoom", t.MaxZoom, leastZoom, mostZoom}, {"tiles_radius", t.RadiusKM, leastTilesKM, mostTilesKM}, {"cache", t.CacheMB, leastCacheMB, mostCacheMB},
	} {
		if n.given < n.least || n.given > n.most {
			bad.Add(n.field, "error.number.range", "from", n.least, "to", n.most)
		}
	}
	return bad.Err()
}

// webAddress says whether an address can be asked over https; names that are no names of the internet may do without.
func webAddress(u *url.URL) bool {
	host := u.Hostname()
	local := host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".test")
	return host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && local)
}
