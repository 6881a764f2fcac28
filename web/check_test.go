package web_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

// said are answers that are found again wherever they are written.
var said = map[string]string{"place": "12555", "topics": "lesepate", "activities": "vorlesen", "slots": "di-nachmittag", "age": "27-59", "access": "stufenlos-eingang"}

// answer goes from a page of the check to the next with an answer.
func next(page *webtest.Page, name string, values ...string) *webtest.Page {
	form := page.Want(200).Form(mainForm)
	if name != "" {
		form.Set(name, values...)
	}
	return form.Submit()
}

// checked answers all questions one after the other, up to the result.
func (h *house) checked(c *webtest.Client) *webtest.Page {
	page := c.Get("/check/1")
	for _, name := range []string{"place", "topics", "activities", "", "slots", "", "", "", "access", "", "", "age"} {
		page = next(page, name, slices.DeleteFunc([]string{said[name]}, func(s string) bool { return s == "" })...)
	}
	return page.Want(200)
}

func TestTheCheck(t *testing.T) {
	h := newHouse(t)
	h.real.opportunity("Ein Abend beim Schach", h.org, func(o *engagement.Opportunity) {
		o.Areas, o.Topics, o.Activities = []engagement.Code{"freizeit"}, []engagement.Code{"spieletreff"}, []engagement.Code{"moderieren"}
	})
	t.Run("leads through twelve questions to what fits, with reasons", func(t *testing.T) {
		page := h.checked(h.visitor())
		if page.Path != "/check/ergebnis" || !strings.Contains(page.Text(".s-hit h3"), "Kindern vorlesen") || page.Text(".s-fit .s-chip") == "" || !strings.Contains(page.Text(".s-fit"), "Passt:") {
			t.Errorf("got %s with %q", page.Path, page.Texts(".s-hit"))
		}
		for _, problem := range page.Problems() {
			t.Error(problem)
		}
		all := page.Form(mainForm).Press("Weniger passende zeigen").Want(200)
		if got := len(all.Find(".s-hit")); got != len(page.Find(".s-hit"))+1 {
			t.Errorf("%d with what fits less", got)
		}
	})
	t.Run("has no question that must be answered", func(t *testing.T) {
		c := h.visitor()
		page := c.Get("/check/1").Want(200)
		for range 12 {
			page = page.Form(mainForm).Press("Weiß ich noch nicht").Want(200)
		}
		if page.Path != "/check/ergebnis" || len(page.Find(".s-hit")) != 2 {
			t.Errorf("got %s with %d hits", page.Path, len(page.Find(".s-hit")))
		}
	})
	t.Run("forgets an answer that is skipped later", func(t *testing.T) {
		page := next(h.visitor().Get("/check/2"), "topics", "lesepate").Form(mainForm).Press("Zurück").Want(200)
		if got := page.Form(mainForm).Values["topics"]; !slices.Equal(got, []string{"lesepate"}) {
			t.Fatalf("on the way back: %q", got)
		}
		page = page.Form(mainForm).Press("Weiß ich noch nicht").Want(200).Form(mainForm).Press("Alle Fragen auf einer Seite").Want(200)
		if got := page.Form(mainForm).Values["topics"]; got != nil {
			t.Errorf("got %q", got)
		}
	})
	t.Run("says on the same question what is wrong with an answer", func(t *testing.T) {
		page := h.visitor().Get("/check/1").Form(mainForm).Set("place", "Atlantis").Submit().Want(422)
		if page.Text("#place-error") == "" || page.Text("h1") != "Ort" || page.Form(mainForm).Values.Get("place") != "Atlantis" {
			t.Errorf("got %q with %q", page.Text("h1"), page.Text("#place-error"))
		}
		if got := h.visitor().Get("/check/2").Form(mainForm).Set("topics", "lesepate").Press("Zurück").Want(200).Text("h1"); got != "Ort" {
			t.Errorf("back leads to %q", got)
		}
		many := h.visitor().Get("/check/11").Form(mainForm).Set("double", "topic", "time", "distance", "frame").Submit().Want(422)
		if many.Text("#double-error") == "" {
			t.Error("four things count double")
		}
	})
	t.Run("counts double what is said to", func(t *testing.T) {
		far := map[string][]string{"place": {"12555"}, "radius": {"5"}, "topics": {"lesepate"}, "activities": {"moderieren"}}
		words := func(double string) []string {
			form := h.visitor().Get("/check/alles").Form(mainForm)
			for name, values := range far {
				form.Set(name, values...)
			}
			if double != "" {
				form.Set("double", double)
			}
			return form.Submit().Want(200).Texts(".s-hit h3")
		}
		if topic, activity := words("topic"), words("activity"); len(topic) == 0 || slices.Equal(topic, activity) {
			t.Errorf("topic %q, activity %q", topic, activity)
		}
	})
	t.Run("puts on paper what was marked", func(t *testing.T) {
		form := h.checked(h.visitor()).Form(mainForm)
		sheet := form.Set("a", h.opportunity.Code).Press("Ausdrucken").Want(200)
		if got := sheet.Texts(".s-sheet h2"); !slices.Equal(got, []string{"Kindern vorlesen in der Kita"}) || !sheet.Has(".s-sheet .s-qr") || !strings.Contains(sheet.Text(".s-sheet"), "/a/"+h.opportunity.Code) {
			t.Errorf("got %q", got)
		}
		if back := sheet.Form("main form").Submit().Want(200); !back.Has("#a-" + h.opportunity.Code + "[checked]") {
			t.Error("the mark is lost on the way back")
		}
	})
}

// TestTheCheckStoresNothing reads what an instance remembers: its cookies, rows, addresses and log.
func TestTheCheckStoresNothing(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		var log bytes.Buffer
		h := newHouseOn(t, config, func(o *web.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		before := storetest.Rows(t, config)
		c := h.visitor()
		page := h.checked(c)
		sheet := page.Form(mainForm).Press("Ausdrucken").Want(200)
		keep := page.Form(mainForm).Press("Als Profil speichern").Want(200)
		english := c.Get("/en/check/2").Form(mainForm).Set("topics", "lesepate").Submit().Want(200)
		if got := c.Cookies(); len(got) > 0 {
			t.Errorf("cookies %v", got)
		}
		if after := storetest.Rows(t, config); before != after {
			t.Errorf("rows changed:\n%s\nto\n%s", before, after)
		}
		for _, page := range []*webtest.Page{page, sheet, keep, english} {
			for _, hop := range append(page.Hops, page.Path) {
				for name, value := range said {
					if strings.Contains(hop, value) || strings.Contains(hop, "?") {
						t.Errorf("%s stands in the address %q", name, hop)
					}
				}
			}
			if got := page.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
				t.Errorf("%s may be kept: %q", page.Path, got)
			}
		}
		for name, value := range said {
			if strings.Contains(log.String(), value) {
				t.Errorf("%s stands in the log", name)
			}
		}
		if !strings.Contains(log.String(), "/check/ergebnis") {
			t.Error("the log was not read")
		}
	})
}

// TestTheCheckBecomesAProfile follows the answers through sign-in and registration.
func TestTheCheckBecomesAProfile(t *testing.T) {
	h := newHouse(t)
	// kept saves the answers that wait on a page after a sign-in.
	kept := func(t *testing.T, c *webtest.Client, page *webtest.Page) {
		t.Helper()
		page = page.Form(mainForm).Submit().Want(200)
		if !strings.Contains(page.Text(".s-summary"), "12555") {
			t.Fatalf("shown is %q", page.Text(".s-summary"))
		}
		page.Form("main form[action*=speichern/ja]").Submit().Want(200)
		wants(t, c.Get("/meine/angaben").Want(200), "12555", "Lesepate", "Vorlesen", "Dienstag nachmittags", "27", "stufenloser Eingang")
	}
	t.Run("of somebody who registers, after the mail", func(t *testing.T) {
		c := h.visitor()
		keep := h.checked(c).Form(mainForm).Press("Als Profil speichern").Want(200)
		form := keep.Form("main form[action*=registrieren]").Submit().Want(200).Form("main form[novalidate]")
		form.Set("email", "neu@mail.example").Submit().Want(200)
		there := h.visitor() // the mail is opened elsewhere
		done := there.Get(h.link(h.mail("neu@mail.example"))).Want(200).Form(mainForm).Set("name", "Neu").Submit().Want(200)
		kept(t, there, done)
	})
	t.Run("of somebody who has an account, and of no other field", func(t *testing.T) {
		ada := h.place(h.person("ada", withProfile(func(p *engagement.Profile) { p.Skills = []engagement.Skill{{Code: "gesang"}} })))
		c := h.visitor()
		keep := h.checked(c).Form(mainForm).Press("Als Profil speichern").Want(200)
		in := keep.Form("main form[action*=anmelden]").Submit().Want(200).Form("main form[action*=anmelden/link]").Submit().Want(200).Form("main form[novalidate]")
		in.Set("login", "ada@mail.example").Submit().Want(200)
		done := c.Get(h.link(h.mail("ada@mail.example"))).Want(200).Form(mainForm).Submit().Want(200)
		kept(t, c, done)
		wants(t, ada.Get("/meine/angaben").Want(200), "Gesang")
	})
	t.Run("of somebody who registers again", func(t *testing.T) {
		h.person("bela")
		c := h.visitor()
		keep := h.checked(c).Form(mainForm).Press("Als Profil speichern").Want(200)
		keep.Form("main form[action*=registrieren]").Submit().Want(200).Form("main form[novalidate]").Set("email", "bela@mail.example").Submit().Want(200)
		kept(t, c, c.Get(h.link(h.mail("bela@mail.example"))).Want(200).Form(mainForm).Submit().Want(200))
	})
	t.Run("only if it was sealed here", func(t *testing.T) {
		c := h.visitor()
		form := c.Get("/registrieren").Form(mainForm).Set("email", "carl@mail.example")
		form.Values.Set("entwurf", strings.Repeat("x", 2000))
		form.Submit().Want(200)
		if got := c.Get(h.link(h.mail("carl@mail.example"))).Want(200).Form(mainForm).Set("name", "Carl").Submit().Want(200).Path; got != "/meine" {
			t.Errorf("leads to %s", got)
		}
	})
}
