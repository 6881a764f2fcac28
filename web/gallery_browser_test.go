//go:build browser

package web_test

import (
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seestern/web/webtest"
)

// TestGallery writes pictures of every page into the folder SEESTERN_GALLERY, light and dark, wide and narrow, with an overview to look through
// (`make gallery`).
func TestGallery(t *testing.T) {
	folder := os.Getenv("SEESTERN_GALLERY")
	if folder == "" {
		t.Skip("make gallery runs it")
	}
	needAssets(t)
	all := sights(t)
	tab := webtest.Chromium(t)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	var shown []galleryPage
	for n, s := range all {
		tab.From(fmt.Sprintf("2001:db8:1:%x::1", n))
		page := galleryPage{Name: s.name, Path: s.path}
		for _, bits := range []int{0, 2, 1, 3} {
			m := mannerOf(bits)
			s.open(t, tab, m)
			page.Title = webtest.Eval[string](tab, `document.querySelector("h1").textContent`)
			file := strings.ReplaceAll(s.name, " ", "-") + "-" + m.String() + ".jpeg"
			if err := os.WriteFile(filepath.Join(folder, file), tab.Picture(70), 0o644); err != nil {
				t.Fatal(err)
			}
			page.Pictures = append(page.Pictures, galleryPicture{file, m.String(), m.Width})
		}
		shown = append(shown, page)
	}
	out, err := os.Create(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if err := gallery.Execute(out, shown); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pages: %s", len(shown), filepath.Join(folder, "index.html"))
}

type galleryPage struct {
	Name, Path, Title string
	Pictures          []galleryPicture
}

type galleryPicture struct {
	File, How string
	Width     int
}

var gallery = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Every page</title>
<style>
body{margin:2rem;font:1rem/1.5 sans-serif;background:#ddd}
nav{columns:14rem;margin-block:1rem}
h2{margin:3rem 0 .5rem;scroll-margin-top:1rem}
div{display:flex;gap:1rem;align-items:start;overflow-x:auto}
figure{margin:0;flex:none}
img{display:block;box-shadow:0 1px 6px #0006}
img.w1280{width:640px}img.w390{width:240px}
</style></head><body>
<h1>Every page, {{len .}} in all</h1>
<nav>{{range .}}<a href="#{{.Name}}">{{.Name}}</a><br>{{end}}</nav>
{{range .}}<h2 id="{{.Name}}">{{.Title}} <small>{{.Name}} · {{.Path}}</small></h2>
<div>{{range .Pictures}}<figure><a href="{{.File}}"><img class="w{{.Width}}" src="{{.File}}" loading="lazy" alt=""></a><figcaption>{{.How}}</figcaption></figure>{{end}}</div>
{{end}}</body></html>
`))
