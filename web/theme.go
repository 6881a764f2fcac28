package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// themeArea is the look of the instance: chosen, looked at, stored.
var themeArea = area{
	name:  "theme",
	pages: map[string]any{"theme": themePage{}, "theme-check": themeCheckPage{}},
	routes: []route{
		{path: themePath, get: (*Server).theme, post: (*Server).theme, who: role(engagement.Admin), upload: logoBytes},
		{path: themePath + "/speichern", post: (*Server).saveTheme, who: role(engagement.Admin)},
		{path: themeSample, get: themeSampleSheet},
	},
}

const (
	themePath   = "/verwaltung/aussehen"
	themeSample = assetPrefix + "probe.css" // for everybody: it says nothing but what its address does
)

// ---- the style sheet ----

// styleSheet is a style sheet of ours beside those that are built.
type styleSheet struct {
	theme engagement.Theme
	text  []byte
	path  string
}

// sheetOf is the style sheet of a theme, nil if nothing differs from the usual.
func sheetOf(t engagement.Theme) *styleSheet {
	text := themeCSS(t)
	if text == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(text))
	return &styleSheet{theme: t, text: []byte(text), path: assetPrefix + "thema." + hex.EncodeToString(sum[:5]) + ".css"}
}

// styleOf is that of this instance, made anew when the theme has changed.
func (s *Server) styleOf(t engagement.Theme) *styleSheet {
	kept := s.themeSheet.Load()
	if kept == nil || kept.theme != t {
		if kept = sheetOf(t); kept == nil {
			kept = &styleSheet{theme: t}
		}
		s.themeSheet.Store(kept)
	}
	return kept
}

// serveTheme answers GET of the style sheet. A page that was kept somewhere may ask for an older one: it gets the one of today.
func (s *Server) serveTheme(out http.ResponseWriter, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, assetPrefix+"thema.") {
		return false
	}
	i, err := s.options.Instance(context.WithoutCancel(r.Context()))
	if err != nil {
		return false
	}
	sheet := s.styleOf(i.Theme)
	if sheet.path == "" {
		return false
	}
	h := out.Header()
	h.Set("Content-Type", contentTypes[".css"])
	h.Set("Cache-Control", "no-store")
	if r.URL.Path == sheet.path {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	writeBody(out, r, http.StatusOK, sheet.text)
	return true
}

// themeCSS is what a theme changes. On paper and with colors forced by the system the colors stay what they are there.
func themeCSS(t engagement.Theme) string {
	usual := engagement.UsualTheme()
	t = t.Full()
	var b strings.Builder
	root := ""
	switch t.Radius {
	case "klein":
		root += "--s-radius:6px;--s-round:8px;--kern-metric-border-radius-default:4px;--kern-metric-border-radius-small:3px;"
	case "eckig":
		root += "--s-radius:0;--s-round:0;--kern-metric-border-radius-default:0;--kern-metric-border-radius-small:0;"
	}
	if t.Font == "system" {
		root += `--kern-typography-font-family-fira-sans:system-ui,"Segoe UI",Roboto,Arial,sans-serif;`
	}
	if root != "" {
		b.WriteString(":root{" + root + "}")
	}
	if t.Brand == usual.Brand && t.ActionLight == usual.ActionLight && t.ActionDark == usual.ActionDark && t.FocusLight == usual.FocusLight && t.FocusDark == usual.FocusDark && t.Header == usual.Header {
		return b.String()
	}
	light, dark := themeColors(t, false), themeColors(t, true)
	fmt.Fprintf(&b, "@media screen and (forced-colors:none){@media (prefers-color-scheme:light){:root{%s}}@media (prefers-color-scheme:dark){:root{%s}}[data-kern-theme=light]{%s}[data-kern-theme=dark]{%s}}",
		light, dark, light, dark)
	return b.String()
}

// Shares of black, and in dark of white, that what can be pressed takes when a pointer is over it and when it is pressed; and how much of it
// lies over the ground then.
const (
	hoverLight, activeLight = .12, .24
	hoverDark, activeDark   = .12, .16
)

func themeColors(t engagement.Theme, dark bool) string {
	action, focus, end, hover, active, tint, bar := t.ActionLight, t.FocusLight, engagement.Color("#000000"), hoverLight, activeLight, t.TintLight(), t.Brand
	over, pressed := ".08", ".16"
	if dark {
		action, focus, end, hover, active, tint, bar = t.ActionDark, t.FocusDark, "#ffffff", hoverDark, activeDark, t.TintDark(), t.Brand.Under(9)
		over, pressed = ".12", ".24"
	}
	rgb := action.RGB()
	var b strings.Builder
	for _, v := range [][2]string{
		{"kern-color-action-default", string(action)},
		{"kern-color-action-on-default", string(action.On())},
		{"kern-color-action-focus-default", string(focus)},
		{"kern-color-action-state-indicator-shade-hover", string(action.Mix(end, hover))},
		{"kern-color-action-state-indicator-shade-active", string(action.Mix(end, active))},
		{"kern-color-action-state-indicator-tint-hover-opacity", fmt.Sprintf("rgb(%d %d %d/%s)", rgb[0], rgb[1], rgb[2], over)},
		{"kern-color-action-state-indicator-tint-active-opacity", fmt.Sprintf("rgb(%d %d %d/%s)", rgb[0], rgb[1], rgb[2], pressed)},
		{"s-bar", string(bar)},
		{"s-on-bar", string(bar.On())},
		{"s-tint", string(tint)},
		{"s-star", string(action)},
	} {
		b.WriteString("--" + v[0] + ":" + v[1] + ";")
	}
	if !dark {
		b.WriteString("--s-foot:" + string(t.Brand.Under(9)) + ";--s-on-foot:#fff;")
	}
	if t.Header == "farbig" {
		b.WriteString("--s-head:" + string(bar) + ";--s-on-head:" + string(bar.On()) + ";")
	}
	return strings.TrimSuffix(b.String(), ";")
}

// ---- the form ----

type themePage struct {
	Page
	Back string // path of the page above, in the set-up
	Form *Form
	Logo engagement.Theme // with a logo: that of the form
}

// themeCheckPage wears what was chosen, before it is stored.
type themeCheckPage struct {
	Page
	Hidden []HiddenField
	Colors []themeColor
	Logo   engagement.Theme
	Store  string // path that the button to store is posted to
	edit   *Request
	back   string
}

// themeColor is a color that was chosen, for the eye.
type themeColor struct {
	Key   string // locale key
	Color engagement.Color
}

// EditOnce protects the button that leads back to the form.
func (p *themeCheckPage) EditOnce() string {
	if p.edit == nil {
		return ""
	}
	return p.edit.once(p.back)
}

// Back is the path of the form.
func (p *themeCheckPage) Back() string { return p.back }

var colorFields = []Field{
	{Name: "brand", Label: "theme.brand", Hint: "theme.brand.hint"},
	{Name: "action_light", Label: "theme.action.light", Hint: "theme.action.hint"},
	{Name: "action_dark", Label: "theme.action.dark", Hint: "theme.action.hint"},
	{Name: "focus_light", Label: "theme.focus.light", Hint: "theme.focus.hint"},
	{Name: "focus_dark", Label: "theme.focus.dark", Hint: "theme.focus.hint"},
}

// themeForm reads what was chosen; the logo of a form stays the one that is there, unless another file came or it is to go.
func (s *Server) themeForm(by founder) (f *Form, t engagement.Theme, version int) {
	i := s.instance.Load()
	t, version = i.Theme.Full(), i.Version
	fields := make([]Field, 0, len(colorFields)+8)
	for _, field := range colorFields {
		field.Need, field.Max = "error.color.shape", 7
		fields = append(fields, field)
	}
	fields = append(fields,
		Field{Name: "radius", Kind: Radio, Label: "theme.radius", Need: "error.choice.empty", Options: vocabularyOptions(engagement.ThemeRadii)},
		Field{Name: "font", Kind: Radio, Label: "theme.font", Need: "error.choice.empty", Options: vocabularyOptions(engagement.ThemeFonts)},
		Field{Name: "header", Kind: Radio, Label: "theme.header", Need: "error.choice.empty", Options: vocabularyOptions(engagement.ThemeHeaders)},
		Field{Name: "file", Kind: File, Label: "theme.logo", Hint: "theme.logo.hint"},
		Field{Name: "logo_alt", Label: "theme.logo.alt", Hint: "theme.logo.alt.hint", Max: 100},
		Field{Name: "logo_off", Kind: Box, Label: "theme.logo.off"},
		Field{Name: "logo", Kind: Hidden, Max: 32},
		Field{Name: "version", Kind: Hidden},
	)
	f = by.form(fields...)
	colors := map[string]*engagement.Color{"brand": &t.Brand, "action_light": &t.ActionLight, "action_dark": &t.ActionDark, "focus_light": &t.FocusLight, "focus_dark": &t.FocusDark}
	for name, color := range colors {
		f.Set(name, string(*color))
		*color = engagement.Color(strings.ToLower(f.Text(name)))
	}
	for name, code := range map[string]*engagement.Code{"radius": &t.Radius, "font": &t.Font, "header": &t.Header} {
		f.Set(name, string(*code))
		*code = engagement.Code(f.Text(name))
	}
	f.Set("logo", string(t.Logo))
	f.Set("logo_alt", t.LogoAlt)
	f.Set("version", strconv.Itoa(version))
	t.Logo, t.LogoAlt, version = engagement.ID(f.Text("logo")), f.Text("logo_alt"), f.Int("version")
	if f.On("logo_off") {
		t.Logo, t.LogoAlt = "", ""
	}
	return f, t, version
}

// looking is where the form of the look stands: in the administration or in the set-up.
type looking struct {
	founder
	form, done string // paths of the form, and of the page after it
}

func (at looking) page(f *Form, t engagement.Theme) *themePage {
	p := &themePage{Page: at.Page("theme.title"), Form: f, Logo: t}
	if at.done == setupPath {
		p.Back = at.to(setupPath)
	}
	return p
}

// theme asks for the look, and shows it on a page that wears it.
func (s *Server) theme(w *Response, r *Request) error {
	return s.chooseTheme(w, looking{founder{r, ""}, themePath, "/verwaltung"})
}

func (s *Server) chooseTheme(w *Response, at looking) error {
	f, t, _ := s.themeForm(at.founder)
	if f.OK() {
		if err := s.takeLogo(at.founder, f, &t); err != nil {
			return err
		}
	}
	s.sizeLogo(at.Request, f, &t)
	if f.OK() {
		if err := t.Check(); err != nil && !f.Refused(err) {
			return err
		}
	}
	if !f.OK() {
		return w.Page(at.page(f, t))
	}
	p := &themeCheckPage{Page: at.Page("theme.check"), Logo: t, Store: at.form + "/speichern", edit: at.Request, back: at.form}
	p.Hidden = f.Carry()
	for _, field := range colorFields {
		p.Colors = append(p.Colors, themeColor{field.Label, engagement.Color(strings.ToLower(f.Text(field.Name)))})
	}
	p.Style, p.theme = themeSample+"?"+themeQuery(t), &t
	return w.Page(p)
}

// takeLogo stores the file of the form. From then on the form carries its name.
func (s *Server) takeLogo(by founder, f *Form, t *engagement.Theme) error {
	file := by.File("file")
	if len(file) == 0 || f.On("logo_off") {
		return nil
	}
	picture, err := readPicture(file, logoBox)
	if err != nil {
		f.Bad("file", "error.picture."+err.Error())
		return nil
	}
	err = by.change(func(tx *store.Tx, _ engagement.Actor) error {
		picture.ID = engagement.ID(tx.NewToken())
		return tx.AddPicture(picture)
	})
	if err == nil {
		t.Logo = picture.ID
		f.values.Set("logo", string(picture.ID))
	}
	return err
}

// sizeLogo completes a theme by the size of its logo. A form that was sent a day later has none any more.
func (s *Server) sizeLogo(r *Request, f *Form, t *engagement.Theme) {
	if t.Logo == "" {
		return
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		p, err := tx.Picture(t.Logo)
		t.LogoWidth, t.LogoHeight = p.Width, p.Height
		return err
	})
	if err != nil {
		f.values.Del("logo")
		t.Logo, t.LogoAlt = "", ""
		if f.submitted {
			f.Bad("file", "error.picture.gone")
		}
	}
}

// saveTheme stores what the page before showed.
func (s *Server) saveTheme(w *Response, r *Request) error {
	return s.storeTheme(w, looking{founder{r, ""}, themePath, "/verwaltung"})
}

func (s *Server) storeTheme(w *Response, at looking) error {
	f, t, version := s.themeForm(at.founder)
	f.Path = at.form
	s.sizeLogo(at.Request, f, &t)
	if f.OK() {
		if t == engagement.UsualTheme() {
			t = engagement.Theme{}
		}
		err := at.change(func(tx *store.Tx, actor engagement.Actor) error { return engagement.SetTheme(tx, actor, t, version) })
		switch {
		case err == nil:
			return w.SeeOther(at.to(at.done))
		case errors.Is(err, engagement.ErrStale):
			f.Conflict(s.instance.Load().Version, map[string]string{"brand": string(s.instance.Load().Theme.Full().Brand)})
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(at.page(f, t))
}

// themeQuery is a theme in the address of its sample.
func themeQuery(t engagement.Theme) string {
	return url.Values{
		"brand": {string(t.Brand)}, "action_light": {string(t.ActionLight)}, "action_dark": {string(t.ActionDark)}, "focus_light": {string(t.FocusLight)}, "focus_dark": {string(t.FocusDark)},
		"radius": {string(t.Radius)}, "font": {string(t.Font)}, "header": {string(t.Header)},
	}.Encode()
}

// themeSampleSheet is the style sheet of a theme that is not stored. Only what would be accepted becomes one.
func themeSampleSheet(_ *Server, w *Response, r *Request) error {
	q := r.URL.Query()
	color := func(name string) engagement.Color { return engagement.Color(q.Get(name)) }
	t := engagement.Theme{
		Brand: color("brand"), ActionLight: color("action_light"), ActionDark: color("action_dark"), FocusLight: color("focus_light"), FocusDark: color("focus_dark"),
		Radius: engagement.Code(q.Get("radius")), Font: engagement.Code(q.Get("font")), Header: engagement.Code(q.Get("header")),
	}
	if t.Check() != nil {
		return engagement.ErrNotFound
	}
	return w.File(contentTypes[".css"], "", []byte(cmp.Or(themeCSS(t), "/**/")))
}
