package webtest_test

import (
	"slices"
	"testing"

	"seestern/web/webtest"
)

const sample = `<!doctype html><html lang="de" dir="ltr"><head><title>T</title></head><body>
<header><a href="/a">A</a></header>
<main id="m"><h1>Eins</h1><form class="s-x y" action="/go"><p><input name="ort" value="1"><label for="o">Ort</label></p><button>Los</button></form><p>Text <b>fett</b></p></main><footer></footer></body></html>`

func TestSelectors(t *testing.T) {
	page := webtest.Parse(t, sample)
	for selector, want := range map[string]int{
		"p": 2, "main p": 2, "main > p": 1, "form>p>input": 1, "#m": 1, "main#m": 1, ".y": 1, "form.s-x.y": 1, ".s": 0, "[name]": 1, "[name=ort]": 1, `input[name="ort"][value='1']`: 1,
		"[href^=/a]": 1, "[action*=go]": 1, "[class~=y]": 1, "header a, main b": 2, "*[lang]": 1, "footer p": 0, "body main form p input": 1, "header > input": 0, "p > p": 0,
	} {
		if got := len(page.Find(selector)); got != want {
			t.Errorf("%s: %d elements, want %d", selector, got, want)
		}
	}
	if got, want := page.Texts("main p"), []string{"Ort", "Text fett"}; !slices.Equal(got, want) {
		t.Errorf("texts %q, want %q", got, want)
	}
}

func TestProblems(t *testing.T) {
	problem := func(body string) []string { return webtest.Parse(t, body).Problems() }
	head := `<!doctype html><html lang="de" dir="ltr"><head><title>T</title></head><body><header></header><main><h1>X</h1>`
	tail := `</main><footer></footer></body></html>`
	if got := problem(head + tail); len(got) > 0 {
		t.Errorf("a good page has %q", got)
	}
	for says, body := range map[string]string{
		"two h1": `<h1>Y</h1>`, "an id twice": `<p id="a"></p><p id="a"></p>`, "a heading gap": `<h3>Y</h3>`, "a control without label": `<input id="x">`, "a label without control": `<label for="x">L</label>`,
		"a description that is not there": `<p aria-describedby="x"></p>`, "a link into nothing": `<a href="#x">y</a>`, "an inline style": `<p style="x">`, "an event attribute": `<p onclick="x">`,
		"an inline script": `<script>x</script>`, "a script address": `<a href="javascript:x">y</a>`, "a second main": `</main><main>`, "a form in a paragraph": `<p class="x"><a href="/">y</a><form><button>z</button></form></p>`,
		"a form that only a script sends": `<form action="/x"><input type="hidden" name="y"><a href="/">y</a></form>`, "a button for a script": `<form><button>z</button><button type="button">y</button></form>`,
		"a field that browsers cannot fill in": `<label for="x">L</label><input id="x" name="email">`,
	} {
		t.Run("finds "+says, func(t *testing.T) {
			if got := problem(head + body + tail); len(got) != 1 {
				t.Errorf("got %q", got)
			}
		})
	}
	for says, body := range map[string]string{"a missing title": `<html lang="de" dir="ltr"><body><header></header><main><h1>X</h1></main><footer></footer>`, "a missing language": `<html dir="ltr"><title>T</title><body><header></header><main><h1>X</h1></main><footer></footer>`} {
		t.Run("finds "+says, func(t *testing.T) {
			if got := problem(body); len(got) == 0 {
				t.Error("nothing")
			}
		})
	}
}
