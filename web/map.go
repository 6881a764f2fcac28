package web

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// mapArea is what maps are made of: outlines and tiles, and where admins set them.
var mapArea = area{
	name:  "map",
	pages: map[string]any{"map-admin": mapAdminPage{}},
	routes: []route{
		{path: linesPath, get: (*Server).mapLines},
		{path: tilePath + "/{z:[0-9]{1,2}}/{x:[0-9]{1,7}}/{y:[0-9]{1,7}}", get: (*Server).tile, limit: tiles},
		{path: mapAdmin, get: (*Server).mapAdmin, post: (*Server).mapAdmin, who: role(engagement.Admin)},
		{path: mapAdmin + "/umrisse/{layer}/entfernen", post: (*Server).removeOutlines, who: role(engagement.Admin)},
	},
}

const (
	linesPath = "/karte/grenzen.json"
	tilePath  = "/kacheln"
	mapAdmin  = "/verwaltung/karte"
)

// mapLines are all outlines, for the map that can be moved.
func (s *Server) mapLines(w *Response, r *Request) error {
	type line struct {
		Thick  bool     `json:"thick,omitempty"`
		Points geo.Line `json:"points"`
	}
	lines := []line{}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.Outlines(geo.Box{South: -90, West: -180, North: 90, East: 180})
		for _, o := range all {
			lines = append(lines, line{o.Layer == thickLayer, o.Line})
		}
		return err
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(lines)
	if err != nil {
		return err
	}
	return w.File("application/json", "", text)
}

// tile is a picture of the map. Whoever makes it sees this instance asking, and nobody else; where somebody looks is written down nowhere.
func (s *Server) tile(w *Response, r *Request) error {
	var t geo.Tile
	for name, number := range map[string]*int{"z": &t.Zoom, "x": &t.X, "y": &t.Y} {
		*number, _ = strconv.Atoi(r.Var(name)) // digits, by the route
	}
	i := s.instance.Load()
	if !i.ShowsTile(t) {
		return engagement.ErrNotFound
	}
	picture, kind, err := s.tiles.get(r.Context(), i.Tiles, t)
	if err != nil {
		return errors.Join(engagement.ErrNotFound, err)
	}
	w.Header().Set("Cache-Control", "public, max-age=604800")
	return w.File(kind, "", picture)
}

// ---- admins ----

// mapAdminPage shows which outlines there are and asks where tiles come from.
type mapAdminPage struct {
	Page
	Layers  []layerRow
	Command string // that imports outlines
	Form    *Form
}

const importOutlines = `seestern geo outlines umrisse.geojson --layer region --attribution "…" --licence "…" --date 2026-11-01`

type layerRow struct {
	engagement.OutlineLayer
	Remove Action
}

func (s *Server) mapAdmin(w *Response, r *Request) error {
	i := *s.instance.Load()
	f := r.Form([]Field{
		{Name: "template", Label: "map.f.template", Hint: "map.f.template.hint", Max: 300},
		{Name: "attribution", Label: "map.f.attribution", Hint: "map.f.attribution.hint"},
		{Name: "terms", Label: "map.f.terms", Hint: "map.f.terms.hint", Max: 300},
		{Name: "zoom", Kind: Number, Label: "map.f.zoom", Hint: "map.f.zoom.hint"},
		{Name: "tiles_radius", Kind: Number, Label: "map.f.radius", Hint: "map.f.radius.hint"},
		{Name: "cache", Kind: Number, Label: "map.f.cache"},
		{Name: "allowed", Kind: Box, Label: "map.f.allowed"},
		{Name: "version", Kind: Hidden},
	})
	t := i.Tiles
	if !t.On() {
		t.MaxZoom, t.RadiusKM, t.CacheMB = 18, max(25, 2*int(i.RadiusKM)), 500
	}
	f.Set("template", t.Template)
	f.Set("attribution", t.Attribution)
	f.Set("terms", t.Terms)
	f.Set("zoom", strconv.Itoa(t.MaxZoom))
	f.Set("tiles_radius", strconv.Itoa(t.RadiusKM))
	f.Set("cache", strconv.Itoa(t.CacheMB))
	f.Set("allowed", tick(i.Tiles.On()))
	f.Set("version", countText(i.Version))
	if f.OK() {
		i.Version = f.Int("version")
		if i.Tiles = (engagement.Tiles{}); f.Text("template") != "" {
			i.Tiles = engagement.Tiles{
				Template: f.Text("template"), Attribution: f.Text("attribution"), Terms: f.Text("terms"),
				MaxZoom: f.Int("zoom"), RadiusKM: f.Int("tiles_radius"), CacheMB: f.Int("cache"),
			}
			f.Refused(i.Tiles.Check())
			if !f.On("allowed") {
				f.Bad("allowed", "error.tiles.allowed")
			}
		}
	}
	if f.OK() && i.Tiles.On() && i.Tiles != s.instance.Load().Tiles { // whether it works is said now, and not by an empty map later
		if _, err := s.askTile(r.Context(), i.Tiles, geo.TileOf(i.Center, 12)); err != nil {
			s.log.Info("no tile from there", "why", err)
			f.Bad("template", "error.tiles.fetch")
		}
	}
	p := &mapAdminPage{Page: r.Page("map.admin"), Command: importOutlines, Form: f}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		layers, err := tx.OutlineLayers()
		for _, l := range layers {
			remove := r.Action(mapAdmin+"/umrisse/"+string(l.Layer)+"/entfernen", "map.outlines.remove")
			p.Layers = append(p.Layers, layerRow{l, remove})
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.saveInstance(w, r, f, i, p)
}

// askTile asks for a tile of wherever they come from.
func (s *Server) askTile(ctx context.Context, from engagement.Tiles, t geo.Tile) ([]byte, error) {
	if s.options.Network.Picture == nil {
		return nil, errors.New("no network")
	}
	return s.options.Network.Picture(ctx, from.Address(t))
}

func (s *Server) removeOutlines(w *Response, r *Request) error {
	layer := engagement.Code(r.Var("layer"))
	if !engagement.OutlineLayers.Has(layer) {
		return engagement.ErrNotFound
	}
	if err := r.update(func(tx *store.Tx) error { return engagement.RemoveOutlines(tx, r.Actor(), layer) }); err != nil {
		return err
	}
	return w.SeeOther(mapAdmin)
}
