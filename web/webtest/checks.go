//go:build browser

package webtest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stop is an element that the Tab key reached.
type stop struct {
	What, Name            string
	Visible, In, OnTop    bool
	Small, Positive, Body bool
}

const lookAtStop = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body || e === document.documentElement) return {Body: true};
	const box = e.getBoundingClientRect(), style = getComputedStyle(e), card = e.closest(".s-hit, .s-tiles > *");
	const shown = s => s && ((parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== "none" && s.outlineColor !== "rgba(0, 0, 0, 0)") || s.boxShadow !== "none");
	const x = box.left + Math.min(box.width / 2, 200), y = box.top + box.height / 2, top = document.elementFromPoint(x, y);
	const labels = [...(e.labels ?? [])].map(l => l.textContent).join(" ");
	return {
		What: e.outerHTML.slice(0, 120),
		Name: (e.getAttribute("aria-label") || labels || e.textContent || e.value || "").trim(),
		Visible: shown(style) || (e.classList.contains("s-whole") && shown(getComputedStyle(card))),
		In: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
		OnTop: !!top && (e.contains(top) || top.contains(e) || [...(e.labels ?? [])].some(l => l.contains(top))),
		Small: style.display !== "inline" && (box.width < 24 || box.height < 24),
		Positive: e.tabIndex > 0,
	};
})()`

// KeyboardProblems walks through the page with the Tab key. Each stop must have a name, a focus that can be seen, lie in the
// window, not be covered and be large enough; links inside of sentences may be small.
func (tab *Tab) KeyboardProblems() (problems []string, stops int) {
	tab.t.Helper()
	tab.Do(chromedp.Evaluate[chromedp.Void](`document.activeElement?.blur(); scrollTo(0, 0)`))
	for range 200 {
		tab.Do(chromedp.KeyEvent(kb.Tab))
		s := Eval[stop](tab, lookAtStop)
		if s.Body {
			return problems, stops
		}
		stops++
		for says, wrong := range map[string]bool{
			"has no name": s.Name == "", "has no visible focus": !s.Visible, "is outside of the window": !s.In, "is covered": s.In && !s.OnTop, "is smaller than 24 pixels": s.Small, "has a positive tabindex": s.Positive,
		} {
			if wrong {
				problems = append(problems, fmt.Sprintf("%s %s", s.What, says))
			}
		}
	}
	return append(problems, "the walk does not end"), stops
}

// Overflow is how many pixels the page is wider than the window, also with the text spacing of WCAG 1.4.12.
func (tab *Tab) Overflow() int {
	tab.t.Helper()
	return Eval[int](tab, `(() => {
		const over = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
		const sheet = new CSSStyleSheet();
		sheet.replaceSync("*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}");
		const plain = over();
		document.adoptedStyleSheets = [sheet];
		const spaced = over();
		document.adoptedStyleSheets = [];
		return Math.max(plain, spaced, 0);
	})()`)
}

// Pixels decodes a picture of [Tab.Shot].
func (tab *Tab) Pixels(shot []byte) image.Image {
	tab.t.Helper()
	picture, err := png.Decode(bytes.NewReader(shot))
	tab.must(err)
	return picture
}

// Different counts the pixels in which two pictures of the same size differ.
func Different(a, b image.Image) int {
	n := 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}

// Colors counts the colors in the last width pixels of a picture, without the outermost six: borders do not count.
func Colors(picture image.Image, width int) int {
	found := map[color.Color]bool{}
	b := picture.Bounds().Inset(6)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := max(b.Min.X, b.Max.X-width); x < b.Max.X; x++ {
			found[picture.At(x, y)] = true
		}
	}
	return len(found)
}
