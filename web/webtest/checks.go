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

const lookAtStop = `(part => {
	const e = document.activeElement;
	if (!e || e === document.body || !document.querySelector(part).contains(e)) return {Body: true};
	const box = e.getBoundingClientRect(), style = getComputedStyle(e), card = e.closest(".s-hit, .s-tiles > *");
	const shown = s => s && ((parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== "none" && s.outlineColor !== "rgba(0, 0, 0, 0)") || s.boxShadow !== "none");
	const x = box.left + Math.min(box.width / 2, 200), y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2, top = document.elementFromPoint(x, y);
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
})(%q)`

// KeyboardProblems walks with the Tab key through a part of the page: "body" or "main". Each stop must have a name, a focus that can be seen,
// lie in the window, not be covered and be large enough; links inside of sentences may be small.
func (tab *Tab) KeyboardProblems(part string) (problems []string, stops int) {
	tab.t.Helper()
	tab.Do(chromedp.Evaluate[chromedp.Void](`document.activeElement?.blur(); scrollTo(0, 0)`))
	if part != "body" && !Eval[bool](tab, fmt.Sprintf(`(e => { e.tabIndex = -1; e.focus(); return document.activeElement === e })(document.querySelector(%q))`, part)) {
		tab.t.Fatalf("the walk does not begin in %s", part)
	}
	look := fmt.Sprintf(lookAtStop, part)
	for range 700 {
		tab.Do(chromedp.KeyEvent(kb.Tab))
		s := Eval[stop](tab, look)
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

// Overflow says by how much and by what the page is wider than the window, also with the text spacing of WCAG 1.4.12. It is empty if the
// page fits.
func (tab *Tab) Overflow() string {
	tab.t.Helper()
	return Eval[string](tab, `(() => {
		const root = document.documentElement;
		const over = () => {
			const pixels = root.scrollWidth - root.clientWidth;
			if (pixels <= 0) return "";
			const out = [...document.querySelectorAll("body *")].filter(e => { const box = e.getBoundingClientRect(); return box.width && (box.right > root.clientWidth + 1 || box.left < -1) });
			return pixels + " pixels too wide: " + (out.findLast(e => !e.closest("svg")) ?? root).outerHTML.slice(0, 160);
		};
		const sheet = new CSSStyleSheet();
		sheet.replaceSync("*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}");
		const plain = over();
		document.adoptedStyleSheets = [sheet];
		const spaced = over();
		document.adoptedStyleSheets = [];
		return plain || spaced && "with wide spacing " + spaced;
	})()`)
}

// PrintProblems is what would be wrong on paper of the page as it is: what can only be clicked, text that is not dark, a background that
// is not white. The tab must look at it as print.
func (tab *Tab) PrintProblems() []string {
	tab.t.Helper()
	return Eval[[]string](tab, `(() => {
		const problems = new Set(), shown = e => e.getClientRects().length > 0;
		const light = color => { const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number); return a === 0 ? null : (r * 299 + g * 587 + b * 114) / 1000 };
		for (const e of document.querySelectorAll(".s-skip,.s-header,.s-nav,.s-crumbs,.s-filter,.s-footer,.s-pages,.kern-btn")) if (shown(e)) problems.add(e.className + " is printed");
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let node; node = walk.nextNode();) {
			const e = node.parentElement;
			if (!node.textContent.trim() || !shown(e) || e.closest("svg,script,option,.kern-sr-only")) continue;
			if (light(getComputedStyle(e).color) > 130) problems.add(e.localName + "." + e.className + " has light text: " + getComputedStyle(e).color);
			for (let up = e; up; up = up.parentElement) {
				const back = light(getComputedStyle(up).backgroundColor);
				if (back !== null && back < 200) problems.add(up.localName + "." + up.className + " has a dark background");
			}
		}
		return [...problems];
	})()`)
}

// FaintIcons are the icons of which nothing can be seen on a picture of the whole page, and how many can be.
func (tab *Tab) FaintIcons() (faint []string, seen int) {
	tab.t.Helper()
	icons := Eval[[]struct {
		What       string
		X, Y, W, H float64
	}](tab, `[...document.querySelectorAll("svg.s-icon")].filter(e => e.getClientRects().length && e.checkVisibility({opacityProperty: true, visibilityProperty: true})).map(e => {
		const box = e.getBoundingClientRect();
		return {What: e.parentElement.outerHTML.slice(0, 120), X: box.left + scrollX, Y: box.top + scrollY, W: box.width, H: box.height};
	})`)
	if len(icons) == 0 {
		return nil, 0
	}
	page := tab.Pixels(tab.Picture(100))
	for _, icon := range icons {
		area := image.Rect(int(icon.X), int(icon.Y), int(icon.X+icon.W)+1, int(icon.Y+icon.H)+1).Intersect(page.Bounds())
		if area.Empty() {
			continue // scrolled out of something
		}
		if ColorsIn(page, area) < 2 {
			faint = append(faint, icon.What)
		} else {
			seen++
		}
	}
	return faint, seen
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
	b := picture.Bounds().Inset(6)
	b.Min.X = max(b.Min.X, b.Max.X-width)
	return ColorsIn(picture, b)
}

// ColorsIn counts the colors in a part of a picture.
func ColorsIn(picture image.Image, part image.Rectangle) int {
	found := map[color.Color]bool{}
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			found[picture.At(x, y)] = true
		}
	}
	return len(found)
}
