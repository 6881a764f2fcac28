//go:build browser

package web_test

import (
	"regexp"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/web/webtest"
)

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

// cutOff names what lies outside of the elements that a selector finds, or is hidden in them.
const cutOff = `((selector) => [...document.querySelectorAll(selector)].flatMap(box => {
	const b = box.getBoundingClientRect(), all = [...box.querySelectorAll("*")];
	const out = all.filter(e => { const r = e.getBoundingClientRect(); return r.bottom > b.bottom + 1 || r.right > b.right + 1 || r.left < b.left - 1 || r.top < b.top - 1 });
	const hidden = [box, ...all].filter(e => e.clientWidth && getComputedStyle(e).overflow !== "visible" && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1));
	return [...out, ...hidden].map(e => e.tagName + "." + (e.className.baseVal ?? e.className) + " " + e.textContent.slice(0, 60)) }).join("; "))`

func TestThePosterIsOneSheet(t *testing.T) {
	s := realSite(t).furnish()
	org := s.organization("Verein zur Förderung des gemeinsamen Vorlesens und Erzählens am Dahmeufer und in Köpenick e. V. (Demo)")
	long := s.opportunity(strings.TrimSpace(strings.Repeat("Lesepatenschaft ", 5)), org, func(o *engagement.Opportunity) {
		o.Summary = strings.Repeat("Wir lesen gemeinsam vor. ", 8)
		o.Places = append(o.Places, o.Places[0], o.Places[0], o.Places[0])
	}, slots("mo-vormittag", "di-nachmittag", "mi-abend", "do-vormittag", "fr-nachmittag", "sa-abend", "so-vormittag"))
	event := s.occasion(org, strings.TrimSpace(strings.Repeat("Lesefest am Ufer ", 7)), func(o *engagement.Occasion) { o.Teaser = strings.Repeat("Wir feiern das Lesen. ", 9) })
	place := koepenickBoard()
	place.Summary = strings.Repeat("Hier steht alles aus dem Kiez. ", 14)
	board := s.board(place)
	tab := webtest.Chromium(t)
	for name, path := range map[string]string{
		"a short one": "/angebote/" + s.opps[reading].Code, "one with the longest texts": "/angebote/" + long.Code, "an event": "/termine/" + event.Code, "a board": "/orte/" + board.Handle,
		"in simple language": "/ls/angebote/" + long.Code,
	} {
		for _, form := range []struct {
			query string
			width float64 // of the sheet without margins, in CSS pixels of 1/96 inch
			media string
		}{
			{"?format=a4", 680.4, "594 841"}, {"?format=a4&streifen=ohne", 680.4, "594 841"}, {"?format=a5", 483.8, "420 594"}, {"?format=a5&streifen=ohne", 483.8, "420 594"},
		} {
			t.Run(name+form.query, func(t *testing.T) {
				print := webtest.Look{Print: true, Width: int(form.width)}
				tab.As(print).Open(s.Base + path + "/aushang" + form.query)
				if got := webtest.Eval[float64](tab, "document.documentElement.scrollWidth"); got > form.width+1 {
					t.Errorf("%g pixels wide, want %g", got, form.width)
				}
				for _, box := range []string{".s-poster", ".s-strips li"} {
					if got := webtest.Eval[string](tab, cutOff+`("`+box+`")`); got != "" {
						t.Errorf("cut off of %s: %s", box, got)
					}
				}
				if got := webtest.Eval[float64](tab, `document.querySelector(".s-poster .s-qr").getBoundingClientRect().width`); got < 151 { // 40 mm are 151.2 pixels
					t.Errorf("the code is %g pixels wide, want 151", got)
				}
				pdf := tab.As(webtest.Look{}).PDF()
				if got := len(pdfPage.FindAll(pdf, -1)); got != 1 {
					t.Errorf("%d pages, want 1", got)
				}
				if size := regexp.MustCompile(`/MediaBox \[0 0 (\d+)[.\d]* (\d+)`).FindSubmatch(pdf); size == nil || string(size[1])+" "+string(size[2]) != form.media {
					t.Errorf("size %s, want %s", size, form.media)
				}
				tab.As(print).Screenshot("public-print-" + name + strings.NewReplacer("?", "-", "&", "-", "=", "-").Replace(form.query))
			})
		}
	}
	t.Run("and a long address fits on a strip", func(t *testing.T) {
		for _, query := range []string{"?format=a4", "?format=a5"} {
			tab.As(webtest.Look{Print: true, Width: 680}).Open(s.Base + "/angebote/" + long.Code + "/aushang" + query)
			webtest.Eval[bool](tab, `(document.querySelectorAll(".s-strips strong").forEach(e => e.textContent = "freiwilligenzentrum-treptow-koepenick.berlin.example/a/22222222"), true)`)
			if got := webtest.Eval[string](tab, cutOff+`(".s-strips li")`); got != "" {
				t.Errorf("%s: cut off of a strip: %s", query, got)
			}
		}
	})
	t.Run("and strips with logical lengths, which are widths in vertical writing, are too wide", func(t *testing.T) {
		tab.As(webtest.Look{Print: true, Width: 680}).Open(s.Base + "/angebote/" + long.Code + "/aushang")
		webtest.Eval[bool](tab, `(document.querySelectorAll(".s-strips li").forEach(e => e.style.cssText = "height:auto;block-size:55mm;min-width:55mm"), true)`)
		if got := webtest.Eval[string](tab, cutOff+`(".s-poster")`); got == "" {
			t.Error("nothing is cut off")
		}
	})
	t.Run("and a sheet that is too tall is two", func(t *testing.T) {
		tab.As(webtest.Look{}).Open(s.Base + "/angebote/" + long.Code + "/aushang")
		webtest.Eval[bool](tab, `(document.querySelector(".s-poster").style.setProperty("height", "400mm", "important"), document.querySelector(".s-poster").style.setProperty("overflow", "visible", "important"), true)`)
		if got := len(pdfPage.FindAll(tab.PDF(), -1)); got != 2 {
			t.Errorf("%d pages, want 2", got)
		}
	})
}

func TestASlideFillsTheScreen(t *testing.T) {
	s := realSite(t).furnish()
	org := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	long := s.opportunity(strings.TrimSpace(strings.Repeat("Lesepatenschaft ", 5)), org, func(o *engagement.Opportunity) { o.Summary = strings.Repeat("Wir lesen gemeinsam vor. ", 8) })
	tab := webtest.Chromium(t)
	for _, code := range []string{s.opps[reading].Code, long.Code} {
		tab.As(webtest.Look{Width: 1280}).Open(s.Base + "/angebote/" + code + "/folie")
		if got := webtest.Eval[string](tab, cutOff+`(".s-slide")`); got != "" {
			t.Errorf("%s: cut off: %s", code, got)
		}
		if got := webtest.Eval[float64](tab, `(r => r.width / r.height)(document.querySelector(".s-slide").getBoundingClientRect())`); got < 1.76 || got > 1.79 {
			t.Errorf("%s: %g to 1, want 16 to 9", code, got)
		}
		if got := len(pdfPage.FindAll(tab.As(webtest.Look{}).PDF(), -1)); got != 1 {
			t.Errorf("%s: %d pages, want 1", code, got)
		}
		tab.As(webtest.Look{Width: 1280}).Screenshot("paper-slide-" + code)
	}
}
