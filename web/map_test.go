package web_test

import (
	"context"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

// square is an outline around the middle of Köpenick, far larger than any map of it on one side.
var square = []geo.Line{{{Lat: 52.43, Lon: 13.0}, {Lat: 52.43, Lon: 13.6}, {Lat: 52.47, Lon: 13.6}, {Lat: 52.47, Lon: 13.0}, {Lat: 52.43, Lon: 13.0}}}

func (s *real) outline(layer engagement.Code, lines ...geo.Line) {
	s.update(func(tx *store.Tx) error {
		l := engagement.OutlineLayer{Layer: layer, Attribution: "Vermessungsamt " + string(layer), Licence: "dl-de/zero-2-0", Date: "2026-01-01"}
		return engagement.ImportOutlines(tx, engagement.System, l, lines)
	})
}

func TestMapsShowTheOutlinesThatLieOnThem(t *testing.T) {
	h := newHouse(t)
	page := func() []string { return h.visitor().Get("/angebote?ort=12555&umkreis=5").Want(200).Texts(".s-map p") }
	if got := page(); strings.Contains(strings.Join(got, ""), "Kartendaten") {
		t.Errorf("before: %q", got)
	}
	h.real.outline("teil", square...)
	h.real.outline("region", geo.Line{{Lat: 48, Lon: 9}, {Lat: 48.1, Lon: 9.1}}) // far away
	p := h.visitor().Get("/angebote?ort=12555&umkreis=5").Want(200)
	if n := len(p.Find(".s-map-line")); n != 1 || p.Has(".s-map-thick") {
		t.Errorf("%d outlines, want the one that is seen", n)
	}
	if got := strings.Join(p.Texts(".s-map p"), ""); !strings.Contains(got, "Vermessungsamt teil") || strings.Contains(got, "Vermessungsamt region") {
		t.Errorf("named: %s", got)
	}
	form := h.admin.Get("/verwaltung/karte").Want(200)
	if got := form.Text("main"); !strings.Contains(got, "Grenzen der Ortsteile") || !strings.Contains(got, "Stand 01.01.2026") || !strings.Contains(got, "5 Punkte") {
		t.Errorf("the admin sees %s", got)
	}
	form.Form(`form[action="/verwaltung/karte/umrisse/teil/entfernen"]`).Submit().Want(200)
	if got := page(); strings.Contains(strings.Join(got, ""), "Kartendaten") {
		t.Errorf("removed: %q", got)
	}
	h.manager.Post("/verwaltung/karte/umrisse/region/entfernen", url.Values{"once": {"x"}}).Want(403)
	h.admin.Get("/verwaltung/karte").Want(200).Form(`form[action="/verwaltung/karte/umrisse/region/entfernen"]`).Submit().Want(200)
}

// On a canvas of 360 × 270 around the middle of 10 km: what crosses it is cut at its rim, and goes on as one line inside.
func TestOutlinesAreCutToTheCanvas(t *testing.T) {
	view := geo.CircleView(geo.Point{Lat: 52, Lon: 13}, 10)
	at := func(x, y float64) geo.Point { // km to the east and south
		return geo.Point{Lat: 52 - y/111.195, Lon: 13 + x/111.195/0.61566}
	}
	for name, row := range map[string]struct {
		line geo.Line
		want string
	}{
		"inside":            {geo.Line{at(0, 0), at(1, 0), at(1, 1)}, "M180.0 135.0L190.8 135.0L190.8 145.8"},
		"across":            {geo.Line{at(-100, 0), at(100, 0)}, "M-2.0 135.0L362.0 135.0"},
		"out and in again":  {geo.Line{at(0, 0), at(0, 50), at(10, 50), at(10, 0)}, "M180.0 135.0L180.0 272.0M288.0 272.0L288.0 135.0"},
		"never":             {geo.Line{at(-100, 50), at(100, 50)}, ""},
		"past a corner":     {geo.Line{at(-40, 0), at(0, -40)}, ""},
		"finer than a hair": {geo.Line{at(0, 0), at(0.01, 0), at(0.02, 0), at(1, 0)}, "M180.0 135.0L190.8 135.0"},
	} {
		if got := web.DrawLine(view, row.line); got != row.want {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}

// tileMaker answers like a server of tiles.
type tileMaker struct {
	mu     sync.Mutex
	asked  []string
	broken bool
	answer []byte
}

func (m *tileMaker) picture(_ context.Context, address string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, address)
	if m.broken {
		return nil, errors.New("nobody there")
	}
	return m.answer, nil
}

func (m *tileMaker) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

func tilePNG(t *testing.T) []byte {
	var b strings.Builder
	if err := png.Encode(&b, pale(256)); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func newTileHouse(t *testing.T, maker *tileMaker) (h *house, dir string) {
	dir = t.TempDir()
	h = newHouse(t, func(o *web.Options) { o.Tiles, o.Network.Picture = dir, maker.picture })
	h.update(func(tx *store.Tx) error { return setLegalTexts(tx) })
	return h, dir
}

func setLegalTexts(tx *store.Tx) error {
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	i.Texts = map[string]string{}
	for _, page := range engagement.RequiredTexts {
		i.Texts[page+".de"] = strings.Repeat("Text ", 10)
	}
	return tx.PutInstance(&i)
}

func TestTilesComeThroughTheInstance(t *testing.T) {
	maker := &tileMaker{answer: tilePNG(t)}
	h, dir := newTileHouse(t, maker)
	const shown = "/kacheln/12/2202/1344"
	h.visitor().Get(shown).Want(404)
	form := func() *webtest.Form { return h.admin.Get("/verwaltung/karte").Want(200).Form(mainForm) }

	t.Run("only as far as the terms allow", func(t *testing.T) {
		for _, row := range []struct{ field, value, want string }{
			{"template", "http://tiles.example/{z}/{x}/{y}.png", "https://"},
			{"template", "https://tiles.example/{z}/{x}.png", "https://"},
			{"template", "https://{z}.tiles.example/{x}/{y}.png", "https://"},
			{"terms", "irgendwo", "https://"},
			{"attribution", "", "Zeichen"},
			{"zoom", "21", "10 bis 20"},
			{"tiles_radius", "4", "5 bis 200"},
			{"cache", "0", "10 bis 10"},
			{"allowed", "", "zwischenspeichern"},
		} {
			f := form().Set("template", "https://tiles.example/{z}/{x}/{y}.png").Set("attribution", "© Landesamt").Set("terms", "https://tiles.example/terms").Set("allowed", "1")
			if row.value == "" && row.field == "allowed" {
				f.Values.Del("allowed")
			} else {
				f.Set(row.field, row.value)
			}
			if got := f.Submit().Want(422).Text("#fehler"); !strings.Contains(got, row.want) && row.field != "attribution" {
				t.Errorf("%s %q: %s", row.field, row.value, got)
			}
		}
		if maker.count() != 0 {
			t.Errorf("asked before it was clear: %v", maker.asked)
		}
	})
	fill := func() *webtest.Form {
		return form().Set("template", "https://tiles.example/{z}/{x}/{y}.png").Set("attribution", "© Landesamt").Set("terms", "https://tiles.example/terms").Set("allowed", "1")
	}
	t.Run("only from where some come", func(t *testing.T) {
		maker.broken = true
		if got := fill().Submit().Want(422).Text("#template-error"); !strings.Contains(got, "kein Kartenbild") {
			t.Errorf("said %s", got)
		}
		maker.broken, maker.asked = false, nil
	})
	fill().Submit().Want(200)
	maker.asked = nil

	get := func(status int, path string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, h.Base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := h.visitor().Raw(req)
		if answer.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, answer.StatusCode, status)
		}
		return answer
	}
	answer := get(200, shown)
	for name, want := range map[string]string{"Content-Type": "image/png", "Cache-Control": "public, max-age=604800", "X-Content-Type-Options": "nosniff"} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	get(200, shown)
	if got := maker.asked; len(got) != 1 || got[0] != "https://tiles.example/12/2202/1344.png" {
		t.Errorf("asked for %v", got)
	}
	for _, path := range []string{"/kacheln/12/100/1344", "/kacheln/19/281856/172032", "/kacheln/12/9999/1344", "/kacheln/x/1/1"} {
		get(404, path)
	}
	if maker.count() != 1 {
		t.Errorf("asked for what is not shown: %v", maker.asked)
	}
	t.Run("a week later anew, or the old one", func(t *testing.T) {
		h.clock.Forward(8 * 24 * time.Hour)
		maker.broken = true
		get(200, shown)
		if maker.count() != 2 {
			t.Errorf("asked %d times", maker.count())
		}
		h.clock.Forward(23 * 24 * time.Hour)
		get(404, shown)
		maker.broken = false
		get(200, shown)
	})
	t.Run("what is no picture is not passed on", func(t *testing.T) {
		for _, answer := range [][]byte{[]byte("<html>Zu viele Anfragen</html>"), append(tilePNG(t), make([]byte, 513<<10)...), []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), nil} {
			maker.answer = answer
			get(404, "/kacheln/12/2201/1344")
		}
		maker.answer = tilePNG(t)
	})
	t.Run("the disk is not filled", func(t *testing.T) {
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			i.Tiles.CacheMB = 10
			return errors.Join(err, tx.PutInstance(&i))
		})
		maker.answer = append(tilePNG(t), make([]byte, 500<<10)...)
		h.visitor().Get("/verwaltung") // the instance is read anew
		for x := 8798; x < 8823; x++ {
			get(200, "/kacheln/14/"+strconv.Itoa(x)+"/5378")
			h.clock.Forward(time.Minute)
		}
		var size int64
		err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			size += info.Size()
			return err
		})
		if err != nil || size > 10<<20 || size < 8<<20 {
			t.Errorf("%d bytes, %v", size, err)
		}
		before := maker.count()
		get(200, "/kacheln/14/8822/5378") // the newest is still there
		if maker.count() != before {
			t.Error("the newest was removed")
		}
	})
}

// pale is a picture as light as those of maps are.
func pale(size int) image.Image {
	p := image.NewGray(image.Rect(0, 0, size, size))
	for i := range p.Pix {
		p.Pix[i] = 0xe8
	}
	return p
}
