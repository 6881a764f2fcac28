package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// measured is the contrast of two colors by the formula of WCAG 2.2, written down once more.
func measured(a, b engagement.Color) float64 {
	luminance := func(c engagement.Color) (sum float64) {
		for i, share := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(string(c)[1+2*i:3+2*i], 16, 8)
			if err != nil {
				panic(err)
			}
			if v := float64(n) / 255; v <= 0.03928 { // as the standard has it; no channel of 8 bits lies between this and 0.04045
				sum += share * v / 12.92
			} else {
				sum += share * math.Exp(2.4*math.Log((v+0.055)/1.055))
			}
		}
		return sum
	}
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// TestTheContrastOfAThemeIsThatOfWCAG is A-16.
func TestTheContrastOfAThemeIsThatOfWCAG(t *testing.T) {
	dice := rand.New(rand.NewPCG(2026, 22))
	passes := func(c engagement.Color, grounds []engagement.Color, least float64) bool {
		for _, g := range grounds {
			if measured(c, g) < least {
				return false
			}
		}
		return true
	}
	accepted := 0
	for range 50 {
		c := engagement.Color(fmt.Sprintf("#%06x", dice.IntN(1<<24)))
		for _, of := range []struct {
			field string
			dark  bool
			least float64
		}{{"action_light", false, 4.5}, {"action_dark", true, 4.5}, {"focus_light", false, 3}, {"focus_dark", true, 3}} {
			theme := engagement.UsualTheme()
			*map[string]*engagement.Color{"action_light": &theme.ActionLight, "action_dark": &theme.ActionDark, "focus_light": &theme.FocusLight, "focus_dark": &theme.FocusDark}[of.field] = c
			grounds := append([]engagement.Color{theme.TintLight()}, engagement.LightGrounds...)
			if of.dark {
				grounds = append([]engagement.Color{theme.TintDark()}, engagement.DarkGrounds...)
			}
			err := theme.Check()
			if got, want := err == nil, passes(c, grounds, of.least); got != want {
				t.Errorf("%s as %s: accepted %v, by the formula %v", c, of.field, got, want)
			}
			if accepted++; err == nil {
				continue
			}
			accepted--
			near := c.Nearest(grounds, of.least)
			if !passes(near, grounds, of.least) || !strings.Contains(err.Error(), of.field) {
				t.Errorf("%s as %s: the nearest is %s, which does not pass, or %v", c, of.field, near, err)
			}
		}
		if on := c.On(); measured(c, on) < 4.5 {
			t.Errorf("%s on %s cannot be read", on, c)
		}
		if under := c.Under(9); measured(under, "#ffffff") < 9 {
			t.Errorf("white on %s", under)
		}
	}
	if accepted == 0 || accepted == 200 {
		t.Errorf("%d of 200 accepted: that decides nothing", accepted)
	}
	for _, c := range []engagement.Color{"", "0b5a66", "#0b5a6", "#0b5a6g", "#+b5a66", "red", "#0b5a66;}"} {
		theme := engagement.UsualTheme()
		if theme.Brand = c; c != "" && theme.Check() == nil {
			t.Errorf("%q is a color", c)
		}
	}
}

// TestTheGroundsAreThoseOfTheStyleSheet compares what the contrast is measured against with what pages have.
func TestTheGroundsAreThoseOfTheStyleSheet(t *testing.T) {
	source, err := os.ReadFile("frontend/site.scss")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(source), "@mixin light{")
	light, rest, _ := strings.Cut(rest, "@mixin dark{")
	dark, _, _ := strings.Cut(rest, "@media")
	ground := regexp.MustCompile(`background[a-z0-9-]*:(#[0-9a-f]+);`)
	for name, c := range map[string]struct {
		css  string
		list []engagement.Color
	}{"light": {light, engagement.LightGrounds}, "dark": {dark, engagement.DarkGrounds}} {
		want := map[engagement.Color]bool{}
		for _, m := range ground.FindAllStringSubmatch(c.css, -1) {
			hex := m[1]
			if len(hex) == 4 {
				hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
			}
			want[engagement.Color(hex)] = true
		}
		for _, g := range c.list {
			if !want[g] {
				t.Errorf("%s: %s is no ground", name, g)
			}
			delete(want, g)
		}
		if len(want) > 0 {
			t.Errorf("%s: not compared with %v", name, want)
		}
	}
}

// picture is an image file with a small pattern.
func picture(t *testing.T, width, height int, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			m.Set(x, y, color.NRGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(b *bytes.Buffer, m image.Image) error  { return png.Encode(b, m) }
func asJPEG(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) }

// withComment puts a text into a JPEG, where cameras put their place.
func withComment(file []byte, text string) []byte {
	segment := append([]byte{0xff, 0xfe, byte((len(text) + 2) >> 8), byte(len(text) + 2)}, text...)
	return append(append(bytes.Clone(file[:2]), segment...), file[2:]...)
}

func TestTheLookOfTheSite(t *testing.T) {
	h := newHouse(t)
	form := func() *webtest.Form { return h.admin.Get("/verwaltung/aussehen").Want(200).Form(mainForm) }
	sheet := func(p *webtest.Page) string {
		for _, n := range p.Find("link[rel=stylesheet]") {
			if href := webtest.Attr(n, "href"); strings.Contains(href, "thema.") {
				return href
			}
		}
		return ""
	}
	save := func(p *webtest.Page) *webtest.Page {
		return p.Want(200).Form("main form[action=/verwaltung/aussehen/speichern]").Submit().Want(200)
	}
	theme := func() (found engagement.Theme) {
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			found = i.Theme
			return err
		})
		return found
	}
	t.Run("is the usual one, without a style sheet, as long as nothing differs", func(t *testing.T) {
		save(form().Submit())
		if got := theme(); got != (engagement.Theme{}) || sheet(h.visitor().Get("/")) != "" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("is refused when it cannot be read, and the nearest color is named", func(t *testing.T) {
		page := form().Set("action_light", "#9ad0d8").Set("brand", "blau").Submit().Want(422)
		if got := page.Text("#brand-error"); got == "" {
			t.Error("no word about the color that is none")
		}
		page = form().Set("action_light", "#9ad0d8").Submit().Want(422)
		near := regexp.MustCompile(`#[0-9a-f]{6}`).FindString(page.Text("#action_light-error"))
		if near == "" || page.Form(mainForm).Values.Get("action_light") != "#9ad0d8" {
			t.Fatalf("got %q", page.Text("#action_light-error"))
		}
		page.Form(mainForm).Set("action_light", near).Submit().Want(200)
	})
	var path string
	t.Run("is looked at before it is stored", func(t *testing.T) {
		page := form().Set("brand", "#7a1f3d").Set("action_light", "#7A1F3D").Set("action_dark", "#f3a6bd").Set("radius", "eckig").Set("font", "system").Set("header", "farbig").Submit().Want(200)
		sample := ""
		for _, n := range page.Find("link[rel=stylesheet]") {
			sample = webtest.Attr(n, "href")
		}
		if got := h.admin.Get(sample).Want(200); !strings.Contains(got.Body, "--s-head:#7a1f3d") {
			t.Errorf("the sample at %s is %q", sample, got.Body)
		}
		h.admin.Get(strings.Replace(sample, "7a1f3d", "9ad0d8", 2)).Want(404)
		if theme() != (engagement.Theme{}) {
			t.Error("stored already")
		}
		changed := page.Form("main form[action=/verwaltung/aussehen]").Submit().Want(200).Form(mainForm)
		if got := changed.Values.Get("brand"); got != "#7a1f3d" {
			t.Errorf("back in the form stands %q", got)
		}
		save(page)
		path = sheet(h.visitor().Get("/"))
		css := h.visitor().Get(path).Want(200)
		for _, want := range []string{"--kern-color-action-default:#7a1f3d;--kern-color-action-on-default:#ffffff", "forced-colors:none", "@media screen", "--s-radius:0", "system-ui", "--kern-color-action-on-default:#000000"} {
			if !strings.Contains(css.Body, want) {
				t.Errorf("no %s in %s", want, css.Body)
			}
		}
		var small bytes.Buffer
		z := gzip.NewWriter(&small)
		_, _ = z.Write([]byte(css.Body))
		if _ = z.Close(); small.Len() > 1000 {
			t.Errorf("%d bytes compressed, budget 1000", small.Len())
		}
		if css.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("kept: %q", css.Header.Get("Cache-Control"))
		}
		for _, n := range h.visitor().Get("/").Find("link[rel=preload]") {
			t.Errorf("%s is loaded, and not used", webtest.Attr(n, "href"))
		}
	})
	t.Run("of yesterday is asked for by who kept a page", func(t *testing.T) {
		save(form().Set("header", "hell").Submit())
		old := h.visitor().Get(path).Want(200)
		if old.Header.Get("Cache-Control") != "no-store" || strings.Contains(old.Body, "--s-head") {
			t.Errorf("got %q, %s", old.Header.Get("Cache-Control"), old.Body)
		}
	})
	t.Run("has a logo that was made anew, with words for who does not see it", func(t *testing.T) {
		upload := func(file []byte, alt string) *webtest.Page {
			f := form().Set("logo_alt", alt)
			f.Files = map[string][]byte{"file": file}
			return f.Submit()
		}
		file := withComment(picture(t, 900, 300, asJPEG), "52.4455 N, 13.5745 E")
		if got := upload(file, "").Want(422).Text("#logo_alt-error"); got == "" {
			t.Error("a logo without words")
		}
		save(upload(file, "Wappen"))
		img := h.visitor().Get("/").One(".s-brand img")
		if webtest.Attr(img, "alt") != "Wappen" || webtest.Attr(img, "width") != "480" || webtest.Attr(img, "height") != "160" {
			t.Errorf("shown as %v", img.Attr)
		}
		got := h.visitor().Get(webtest.Attr(img, "src")).Want(200)
		if strings.Contains(got.Body, "52.4455") || got.Header.Get("Content-Type") != "image/jpeg" || got.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("got %v, %d bytes", got.Header, len(got.Body))
		}
		if poster := h.visitor().Get("/angebote/" + h.opportunity.Code + "/aushang").Want(200); !poster.Has(".s-poster img") {
			t.Error("not on paper")
		}
		save(upload(picture(t, 40, 40, asPNG), "Stern"))
		h.visitor().Get(webtest.Attr(img, "src")).Want(404) // gone with the one that took its place
		f := form().Set("logo_off", "1")
		save(f.Submit())
		if got := theme(); got.Logo != "" || got.LogoAlt != "" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("takes nothing else for a logo", func(t *testing.T) {
		bomb := picture(t, 1, 1, asPNG)
		copy(bomb[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60}) // 60,000 × 60,000; its checksum is wrong, too, but is read after the size
		for name, file := range map[string][]byte{
			"SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "HTML": []byte("<!doctype html><p>Hallo"), "GIF": []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
			"a pixel flood": bomb, "five megapixels": picture(t, 2500, 2000, asJPEG), "half a file": picture(t, 300, 300, asPNG)[:400],
		} {
			f := form().Set("logo_alt", "Logo")
			f.Files = map[string][]byte{"file": file}
			if got := f.Submit().Want(422).Text("#file-error"); got == "" {
				t.Errorf("%s: no sentence", name)
			}
		}
		f := form()
		f.Files = map[string][]byte{"file": make([]byte, 4<<20)}
		f.Submit().Want(http.StatusRequestEntityTooLarge)
	})
	t.Run("forgets a logo that was never stored", func(t *testing.T) {
		f := form().Set("logo_alt", "Logo")
		f.Files = map[string][]byte{"file": picture(t, 30, 30, asPNG)}
		src := webtest.Attr(f.Submit().Want(200).One(".s-brand img"), "src")
		h.visitor().Get(src).Want(200)
		h.clock.Forward(25 * time.Hour)
		if _, err := h.store.Purge(context.Background()); err != nil {
			t.Fatal(err)
		}
		h.visitor().Get(src).Want(404)
	})
}
