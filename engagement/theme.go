package engagement

import (
	"fmt"
	"math"
	"strconv"
)

// Theme is the look of an instance as its operator chose it. The zero value is the look that the program comes with.
type Theme struct {
	Brand       Color  `class:"pub"` // bar of the navigation, and of the header in style "farbig"
	ActionLight Color  `class:"pub"` // links and buttons on light ground
	ActionDark  Color  `class:"pub"` // the same on dark ground
	FocusLight  Color  `class:"pub"` // ring around what has the focus
	FocusDark   Color  `class:"pub"`
	Radius      Code   `class:"pub"` // vocabulary theme_radius
	Font        Code   `class:"pub"` // vocabulary theme_font
	Header      Code   `class:"pub"` // vocabulary theme_header
	Logo        ID     `class:"pub"` // of a [Picture]; empty: the star
	LogoAlt     string `class:"pub"` // what the logo shows, for who cannot see it
	LogoWidth   int    `class:"pub"` // pixels
	LogoHeight  int    `class:"pub"`
}

// Color is "#rrggbb" in sRGB.
type Color string

// UsualTheme is the zero theme with everything written out.
func UsualTheme() Theme {
	return Theme{
		Brand: "#0b5a66", ActionLight: "#0b5a66", ActionDark: "#83d3db", FocusLight: "#14262b", FocusDark: "#eaf2f3",
		Radius: "rund", Font: "fira-sans", Header: "hell",
	}
}

// Full is the theme with what was not chosen written out.
func (t Theme) Full() Theme {
	usual := UsualTheme()
	for _, f := range []struct{ to, usual *Color }{
		{&t.Brand, &usual.Brand}, {&t.ActionLight, &usual.ActionLight}, {&t.ActionDark, &usual.ActionDark}, {&t.FocusLight, &usual.FocusLight}, {&t.FocusDark, &usual.FocusDark},
	} {
		if *f.to == "" {
			*f.to = *f.usual
		}
	}
	for _, f := range []struct{ to, usual *Code }{{&t.Radius, &usual.Radius}, {&t.Font, &usual.Font}, {&t.Header, &usual.Header}} {
		if *f.to == "" {
			*f.to = *f.usual
		}
	}
	return t
}

// Grounds that pages have behind words: those of the style sheet, in light and in dark. A test compares them with it.
var (
	LightGrounds = []Color{"#ffffff", "#f2f7f7", "#f4f8f8"}
	DarkGrounds  = []Color{"#0e1a1d", "#182a2e", "#15252a", "#1d3237"}
)

// TintLight and TintDark are the hues of the brand that stand behind words.
func (t Theme) TintLight() Color { return t.Full().Brand.Mix("#ffffff", .9) }

// TintDark see [Theme.TintLight].
func (t Theme) TintDark() Color { return t.Full().Brand.Mix("#0e1a1d", .85) }

// Least contrasts of WCAG 2.2: of words (1.4.3), and of what shows where the focus is (1.4.11).
const (
	ContrastText  = 4.5
	ContrastShape = 3.0
)

// Check finds colors that somebody could not see. For each it names the nearest color that passes.
func (t Theme) Check() error {
	var bad Invalids
	t = t.Full()
	light, dark := append([]Color{t.TintLight()}, LightGrounds...), append([]Color{t.TintDark()}, DarkGrounds...)
	for _, c := range []struct {
		field   string
		color   Color
		grounds []Color
		least   float64
	}{
		{"brand", t.Brand, nil, 0},
		{"action_light", t.ActionLight, light, ContrastText},
		{"action_dark", t.ActionDark, dark, ContrastText},
		{"focus_light", t.FocusLight, light, ContrastShape},
		{"focus_dark", t.FocusDark, dark, ContrastShape},
	} {
		if !c.color.valid() {
			bad.Add(c.field, "error.color.shape")
			continue
		}
		if !t.Brand.valid() { // the tints come of it
			continue
		}
		if have := c.color.worst(c.grounds); have < c.least {
			bad.Add(c.field, "error.color.contrast", "have", shortly(have), "need", shortly(c.least), "x", string(c.color.Nearest(c.grounds, c.least)))
		}
	}
	bad.Code("radius", ThemeRadii, t.Radius, true)
	bad.Code("font", ThemeFonts, t.Font, true)
	bad.Code("header", ThemeHeaders, t.Header, true)
	if t.Logo != "" {
		bad.Text("logo_alt", t.LogoAlt, 2, 100)
	}
	return bad.Err()
}

// shortly is a contrast with one digit, never rounded up to what it does not reach.
func shortly(contrast float64) string {
	return strconv.FormatFloat(math.Floor(contrast*10)/10, 'f', 1, 64)
}

func (c Color) valid() bool {
	if len(c) != 7 || c[0] != '#' {
		return false
	}
	_, err := strconv.ParseUint(string(c[1:]), 16, 32)
	return err == nil
}

// RGB are its channels, 0–255; black if it is no color.
func (c Color) RGB() (rgb [3]int) {
	if !c.valid() {
		return rgb
	}
	n, _ := strconv.ParseUint(string(c[1:]), 16, 32) // valid
	return [3]int{int(n >> 16), int(n >> 8 & 255), int(n & 255)}
}

// Mix is the color with a share of another, 0–1, channel by channel.
func (c Color) Mix(other Color, share float64) Color {
	a, b := c.RGB(), other.RGB()
	var m [3]int
	for i := range m {
		m[i] = int(math.Round(float64(a[i])*(1-share) + float64(b[i])*share))
	}
	return Color(fmt.Sprintf("#%02x%02x%02x", m[0], m[1], m[2]))
}

// luminance is the relative luminance of WCAG 2.2, 0–1.
func (c Color) luminance() float64 {
	sum := 0.0
	for i, n := range c.RGB() {
		x := float64(n) / 255
		if x <= .04045 {
			x /= 12.92
		} else {
			x = math.Pow((x+.055)/1.055, 2.4)
		}
		sum += x * [3]float64{.2126, .7152, .0722}[i]
	}
	return sum
}

// Contrast is the contrast ratio of WCAG 2.2 between two colors, 1–21.
func Contrast(a, b Color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// worst is the lowest contrast of the color with any of the grounds; 21 without grounds.
func (c Color) worst(grounds []Color) float64 {
	least := 21.0
	for _, g := range grounds {
		least = min(least, Contrast(c, g))
	}
	return least
}

// Nearest is the first color on the way to black or to white, whichever is shorter, that has the contrast with all grounds.
func (c Color) Nearest(grounds []Color, least float64) Color {
	const steps = 200
	for i := range steps + 1 {
		for _, end := range []Color{"#000000", "#ffffff"} {
			if m := c.Mix(end, float64(i)/steps); m.worst(grounds) >= least {
				return m
			}
		}
	}
	return c
}

// On is what can be read on the color: black or white.
func (c Color) On() Color {
	if Contrast(c, "#ffffff") >= Contrast(c, "#000000") {
		return "#ffffff"
	}
	return "#000000"
}

// Under is the color, darkened until white words on it are as easy to read as least says.
func (c Color) Under(least float64) Color {
	const steps = 100
	for i := range steps + 1 {
		if m := c.Mix("#000000", float64(i)/steps); Contrast(m, "#ffffff") >= least {
			return m
		}
	}
	return "#000000"
}

// Picture is an image that was checked, freed of everything but its pixels, and encoded anew.
type Picture struct {
	ID            ID     `class:"pub"` // random: also the name under which everybody can read it
	Type          string `class:"pub"` // "image/png" or "image/jpeg"
	Width, Height int    `class:"pub"` // pixels
	Bytes         []byte `class:"pub"`
}

// SetTheme stores the look of the instance.
func SetTheme(tx Tx, by Actor, t Theme, version int) error {
	if err := must(by, Change, Thing{Noun: AnInstance}); err != nil {
		return err
	}
	if err := t.Check(); err != nil {
		return err
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	if i.Version != version {
		return ErrStale
	}
	if t.Logo == "" {
		t.LogoAlt, t.LogoWidth, t.LogoHeight = "", 0, 0
	}
	if err := tx.KeepPicture(t.Logo, i.Theme.Logo); err != nil {
		return err
	}
	i.Theme, i.Updated = t, tx.Now()
	if err := tx.PutInstance(&i); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "instance.theme"})
}
