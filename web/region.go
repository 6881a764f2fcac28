package web

import (
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/geo"
)

// regionArea is where this instance is for: the middle, how far it reaches, and which places count as the region.
var regionArea = area{
	name:   "region",
	pages:  map[string]any{"region": regionPage{}},
	routes: []route{{path: "/verwaltung/region", get: (*Server).region, post: (*Server).region, who: role(engagement.Admin)}},
}

type regionPage struct {
	Page
	Form *Form
	Map  MapView
}

// mostRegions is how many places may count as the region: as many as partners read.
const mostRegions = 20

func (s *Server) region(w *Response, r *Request) error {
	i := *s.instance.Load()
	f := r.Form([]Field{
		{Name: "place", Label: "admin.place", Hint: "admin.place.hint", Need: "error.place.empty", Max: 100},
		{Name: "radius", Kind: Number, Label: "admin.radius", Need: "error.number.shape"},
		{Name: "rural", Kind: Box, Label: "admin.rural"},
		{Name: "land", Kind: Select, Label: "admin.land", Hint: "admin.land.hint", Options: vocabularyOptions(engagement.Lands)},
		{Name: "places", As: "regions", Kind: Area, Label: "region.places", Hint: "region.places.hint", Rows: 6},
		{Name: "version", Kind: Hidden},
	})
	for name, value := range map[string]string{
		"place": i.Place, "radius": countText(int(i.RadiusKM)), "rural": tick(i.Rural), "land": i.Land, "places": strings.Join(s.regionLabels(i.Regions), "\n"), "version": countText(i.Version),
	} {
		f.Set(name, value)
	}
	p := &regionPage{Page: r.Page("region.title"), Form: f, Map: s.mapOfRegion(i)}
	if !f.OK() {
		return w.Page(p)
	}
	changed := s.regionAround(f, i)
	changed.RadiusKM, changed.Rural, changed.Version = float64(f.Int("radius")), f.On("rural"), f.Int("version")
	if f.Text("land") != "" {
		changed.Land = f.Text("land")
	}
	if said := f.Text("places"); said != "" && said != strings.Join(s.regionLabels(i.Regions), "\n") {
		changed.Regions = s.regionsOf(f, said)
	}
	return s.saveInstance(w, r, f, changed, p)
}

// regionAround takes the place of a form for the middle of the region. A place that is there already stays as it is.
func (s *Server) regionAround(f *Form, i engagement.Instance) engagement.Instance {
	text := f.Text("place")
	if text == i.Place && len(i.Regions) > 0 {
		return i
	}
	found := s.places.Lookup(text)
	if len(found) == 0 {
		f.Bad("place", "error.place.unknown", "x", text)
		return i
	}
	p := found[0]
	i.Place, i.Center, i.Regions = engagement.PlaceOf(p).Locality, p.Point, p.Regions[:min(1, len(p.Regions))]
	for _, land := range engagement.Lands.Codes() {
		if s.words.T(German, "code.land."+string(land), nil) == p.Land {
			i.Land = string(land)
		}
	}
	return i
}

// regionsOf are the codes of places, one a line. A code that no place of ours has stays as it is.
func (s *Server) regionsOf(f *Form, text string) (codes []string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		code := ""
		if kept := slices.Contains(s.instance.Load().Regions, line); kept {
			code = line
		} else if found := s.places.Lookup(line); len(found) > 0 {
			code = found[0].Region()
		}
		if code == "" {
			f.Bad("places", "error.place.unknown", "x", line)
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if len(codes) > mostRegions {
		f.Bad("places", "error.region.many", "n", mostRegions)
	}
	return codes
}

// regionLabels are the names of places by their codes, in a form in which they are found again.
func (s *Server) regionLabels(codes []string) []string {
	labels := make([]string, len(codes))
	for n, code := range codes {
		labels[n] = code
		if p, ok := s.places.ByID(code); ok {
			labels[n] = p.Label()
		}
	}
	return labels
}

// mapOfRegion draws how far the region reaches, and the places that count as it.
func (s *Server) mapOfRegion(i engagement.Instance) MapView {
	if i.Center == (geo.Point{}) || i.RadiusKM <= 0 {
		return MapView{}
	}
	view := s.mapOf(nil, 0, i.Center, i.RadiusKM)
	view.Says = say("region.map", "x", i.Place, "km", int(i.RadiusKM))
	return view
}
