package web_test

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"strings"
	"testing"

	qr "github.com/piglig/go-qr"

	"seestern/engagement"
	"seestern/web"
)

// WEB-12, WEB-14: nothing but the allowlist is left, and links to others say where they lead.
func TestMarkdown(t *testing.T) {
	for says, test := range map[string][2]string{
		"paragraphs and emphasis":               {"Ein *Satz* und **noch einer**.\n\nAbsatz", "<p>Ein <em>Satz</em> und <strong>noch einer</strong>.</p>\n<p>Absatz</p>\n"},
		"lists":                                 {"- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"},
		"links to the own site stay plain":      {"[Hilfe](/hilfe) [hier](https://seestern.example/x)", `<p><a href="/hilfe">Hilfe</a> <a href="https://seestern.example/x">hier</a></p>` + "\n"},
		"links to other hosts say which":        {"[Bank](https://bank.example/x)", `<p><a href="https://bank.example/x" rel="nofollow ugc noopener noreferrer">Bank</a> (bank.example)</p>` + "\n"},
		"naked addresses of other hosts":        {"<https://bank.example/>", `<p><a href="https://bank.example/" rel="nofollow ugc noopener noreferrer">https://bank.example/</a></p>` + "\n"},
		"a link text that lies is shown as one": {"[https://gut.example](https://boese.example)", `<p><a href="https://boese.example" rel="nofollow ugc noopener noreferrer">https://gut.example</a> (boese.example)</p>` + "\n"},
		"mail addresses":                        {"[Mail](mailto:a@b.example)", `<p><a href="mailto:a@b.example">Mail</a></p>` + "\n"},
		"no code in links":                      {"[x](javascript:alert(1)) [y](data:text/html,x) [z](vbscript:x)", "<p>x y z</p>\n"},
		"no HTML":                               {"a <b onclick=x>b</b> <img src=x onerror=y> <svg onload=z>", "<p>a b  </p>\n"},
		"no HTML blocks":                        {"<script>alert(1)</script>\n\n<style>p{}</style>\n\n<iframe src=x></iframe>\n\n<form><input></form>", ""},
		"no images":                             {"![Bild](https://x.example/a.png)", "<p></p>\n"},
		"no headings":                           {"# Groß", "Groß\n"},
		"no classes or ids":                     {"<p class=\"kern-btn\" id=\"fehler\">x</p>", ""},
	} {
		t.Run(says, func(t *testing.T) {
			got, err := web.Markdown(test[0], "seestern.example")
			if err != nil || strings.TrimSpace(got) != strings.TrimSpace(test[1]) {
				t.Errorf("got %q, %v, want %q", got, err, test[1])
			}
		})
	}
}

// RES-15: a text of thousands of brackets is not parsed, because each costs as much as all before it.
func TestATextWithTooMuchMarkupStaysPlain(t *testing.T) {
	for _, hostile := range []string{
		"[", "[[[[[[", "![](", "[a](<", "*_", "_a*", "**a ", "> ", "- ", "+ ", "1. ", "1) ", "`a", "<http://a.example> ", "<a ", "*a_b*c_", "- a\n", "[a]: x\n", "[^", "![a][",
	} {
		t.Run(hostile, func(t *testing.T) {
			text := strings.Repeat(hostile, 50_000/len(hostile))
			want := "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n") + "</p>\n"
			if got, err := web.Markdown(text, "seestern.example"); got != want || err != nil {
				t.Errorf("got %.80q, %v, want %.80q", got, err, want)
			}
			if got, err := web.Markdown(text[:len(hostile)*100], "seestern.example"); got != "" && strings.HasPrefix(want, got) || err != nil {
				t.Errorf("a short one stays plain, too: %.80q, %v", got, err)
			}
		})
	}
	t.Run("a long report does not", func(t *testing.T) {
		report := strings.Repeat("## Am 25. November\n\nWir lesen **vor**, mehr dazu [hier](https://verein.example/vorlesen) (und dort). Es war schön. Danke!\n\n- Bilderbücher\n- Märchen\n\n", 130)
		got, err := web.Markdown(report, "seestern.example")
		if n := strings.Count(got, "<strong>vor</strong>"); n != 130 || err != nil || len(report) < engagement.LongAnnouncementLimit*9/10 {
			t.Errorf("%d of 130 words are strong, %v; %d bytes", n, err, len(report))
		}
	})
}

func TestASentenceWithLinks(t *testing.T) {
	c, err := web.LoadCatalogueFrom(locale(map[string]string{"a": `{"a":"Mehr in der [Hilfe für {name}](1) und [hier](2) <b>.","b":{"one":"[eine](1) Antwort","other":"[{n}](1) Antworten"}}`}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		says string
		key  string
		args []any
		want string // "": an error
	}{
		{"escapes all but its links", "a", []any{"1", "/hilfe?a=1&b=2", "2", "https://x.example", "name", "<i>Ada</i>"}, `Mehr in der <a class="kern-link" href="/hilfe?a=1&amp;b=2">Hilfe für &lt;i&gt;Ada&lt;/i&gt;</a> und <a class="kern-link" href="https://x.example" rel="noopener noreferrer">hier</a> &lt;b&gt;.`},
		{"does not read an argument as a link", "a", []any{"1", "/hilfe", "2", "/x", "name", "[x](2)"}, `Mehr in der <a class="kern-link" href="/hilfe">Hilfe für [x](2)</a> und <a class="kern-link" href="/x">hier</a> &lt;b&gt;.`},
		{"has plurals", "b", []any{"1", "/x", "n", 3}, `<a class="kern-link" href="/x">3</a> Antworten`},
		{"needs all its addresses", "a", []any{"1", "/hilfe", "name", "Ada"}, ""},
		{"refuses code as an address", "b", []any{"1", "javascript:alert(1)", "n", 1}, ""},
	} {
		t.Run(test.says, func(t *testing.T) {
			got, err := web.Tlink(c, web.German, test.key, test.args)
			if (err != nil) != (test.want == "") || got != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestIcons(t *testing.T) {
	files, err := filepath.Glob("frontend/icons/*.svg")
	if err != nil || len(files) == 0 || len(files) > 25 {
		t.Fatalf("%d icons, want 1 to 25: %v", len(files), err)
	}
	for _, file := range files {
		drawing, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(drawing, []byte("currentColor")) || bytes.Contains(drawing, []byte("style=")) || bytes.Contains(drawing, []byte("#")) {
			t.Errorf("%s does not follow the color of the text", file)
		}
		shown, err := web.Icon(strings.TrimSuffix(filepath.Base(file), ".svg"))
		if err != nil || !strings.Contains(shown, `aria-hidden="true" focusable="false"`) {
			t.Errorf("%s: %q, %v", file, shown, err)
		}
	}
	if _, err := web.Icon("nix"); err == nil {
		t.Error("an icon that does not exist is no error")
	}
}

func TestAQRCode(t *testing.T) {
	const address = "https://seestern.example/a/7k3m9p2x"
	code, err := web.NewQRCode(address)
	if err != nil {
		t.Fatal(err)
	}
	if code.Says != "seestern.example/a/7k3m9p2x" {
		t.Errorf("says %q", code.Says)
	}
	const scale = 4 // pixels per module
	drawn := image.NewGray(image.Rect(0, 0, scale*code.Size, scale*code.Size))
	draw.Draw(drawn, drawn.Bounds(), image.White, image.Point{}, draw.Src)
	for run := range strings.FieldsFuncSeq(code.Path, func(r rune) bool { return r == 'z' }) { // M4 4h7v1h-7
		var x, y, length, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &length, &back); err != nil || back != length {
			t.Fatalf("%q: %v", run, err)
		}
		if x < 4 || y < 4 || x+length > code.Size-4 || y >= code.Size-4 {
			t.Fatalf("%q lies in the quiet zone of four modules", run)
		}
		draw.Draw(drawn, image.Rect(scale*x, scale*y, scale*(x+length), scale*(y+1)), image.Black, image.Point{}, draw.Src)
	}
	if read, err := qr.Decode(drawn); err != nil || read != address {
		t.Errorf("a camera reads %q, %v", read, err)
	}
	if _, err := web.NewQRCode(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that does not fit is no error")
	}
}

func TestMarkersOfAMap(t *testing.T) {
	got := web.MergeMarkers([][2]float64{{100, 100}, {110, 100}, {200, 100}, {105, 105}, {-5, 10}, {200, 110}})
	want := []web.MapMarker{{X: 100, Y: 100, First: 1, Last: 4, Loose: true}, {X: 200, Y: 100, First: 3, Last: 6, Loose: true}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := web.MergeMarkers([][2]float64{{100, 100}, {110, 100}, {115, 100}}); len(got) != 1 || got[0].Loose || got[0].Last != 3 {
		t.Errorf("consecutive numbers: got %+v", got)
	}
	// 1 and 3 become wide enough to cover 2, which is no neighbor of either; 4 stays clear of all
	if got := web.MergeMarkers([][2]float64{{100, 100}, {130, 100}, {105, 100}, {100, 130}}); len(got) != 2 || got[0] != (web.MapMarker{X: 100, Y: 100, First: 1, Last: 3}) || got[1].First != 4 {
		t.Errorf("a wide marker beside others: got %+v", got)
	}
}

func TestLabelsOfAMapStayClear(t *testing.T) {
	markers := web.MergeMarkers([][2]float64{{100, 100}})
	got := web.PlaceLabels([]web.MapLabel{
		{X: 100, Y: 100, Name: "unter dem Zeichen"}, {X: 250, Y: 100, Name: "Adlershof"}, {X: 255, Y: 105, Name: "Überlappend"}, {X: 5, Y: 200, Name: "über den Rand"}, {X: 200, Y: 5, Name: "oben"}, {X: 180, Y: 200, Name: "Grünau"}, {X: 60, Y: 255, Name: "Rudow"},
	}, markers, web.MapScale{KM: 2, Width: 60})
	if len(got) != 2 || got[0].Name != "Adlershof" || got[1].Name != "Grünau" {
		t.Errorf("got %+v", got)
	}
}
