package web_test

import (
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// postPages answers the first three pages and returns the last.
func (h *house) postPages(title string) *webtest.Page {
	h.t.Helper()
	page := h.manager.Get("/angebot-einstellen").Want(200).Form(mainForm).Set("title", title).Set("summary", "Wir backen Plätzchen mit Kindern.").
		Set("description", strings.Repeat("Wir backen zusammen und erzählen dabei Geschichten. ", 7)).Set("areas", "freizeit").Set("activities", "kochen-backen").Submit().Want(200)
	page = page.Form(mainForm).Set("commitment", "regelmaessig").Set("hours_max", "2,5").Set("slots", "mi-nachmittag").Set("mode", "vor-ort").Set("place", "12555").Submit().Want(200)
	return page.Form(mainForm).Set("capacity", "3").Set("min_age", "16").Set("insurance", "offen").Submit().Want(200)
}

func TestPosting(t *testing.T) {
	h := newHouse(t)
	const title = "Plätzchen backen im Advent"
	check := h.postPages(title)
	code := strings.Split(check.Path, "/")[2]
	t.Run("takes four pages, and the last shows everything", func(t *testing.T) {
		text := check.Text("main")
		for _, want := range []string{title, "Schritt 4 von 4", "2,5", "mittwoch nachmittag", "Berlin", "ab 16 Jahren"} {
			if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
				t.Errorf("the check page lacks %q: %q", want, text)
			}
		}
		if check.Has(".s-panel h2") {
			t.Errorf("something is missing: %q", check.Text(".s-panel"))
		}
	})
	t.Run("is a draft until it is sent", func(t *testing.T) {
		h.visitor().Get("/angebote/" + code).Want(404)
	})
	t.Run("goes to a moderator once, however often it is sent", func(t *testing.T) {
		form := check.Form(mainForm)
		first, second := form.Submit().Want(200), form.Submit().Want(200)
		if first.Path != second.Path || !strings.HasSuffix(first.Path, "/fertig") {
			t.Errorf("got %s and %s", first.Path, second.Path)
		}
		h.mail("moderator1@mail.example")
		h.visitor().Get("/angebote/" + code).Want(404)
	})
	t.Run("needs a reason when the moderator asks", func(t *testing.T) {
		page := h.moderator.Get("/moderation").Click(title).Form(mainForm).Set("decision", "ask").Submit().Want(422)
		if page.Text("#reason-error") == "" {
			t.Error("no sentence at the reason")
		}
		page.Form(mainForm).Set("reason", "unvollstaendig").Set("text", "Wo genau ist die Küche?").Submit().Want(200)
		h.mail(h.org.ContactMail)
		if got := h.manager.Get("/meine/organisationen/" + h.org.Code + "/angebote").Text("main"); !strings.Contains(got, "Wo genau ist die Küche?") {
			t.Errorf("the team reads %q", got)
		}
	})
	t.Run("is public after the moderator agrees", func(t *testing.T) {
		h.manager.Get("/angebot-einstellen/" + code + "/4").Form(mainForm).Submit().Want(200)
		h.moderator.Get("/moderation").Click(title).Form(mainForm).Set("decision", "approve").Submit().Want(200)
		if got := h.visitor().Get("/angebote/" + code).Want(200).Text("h1"); got != title {
			t.Errorf("got %q", got)
		}
	})
	t.Run("is changed at once when it is public", func(t *testing.T) {
		h.manager.Get("/angebot-einstellen/"+code+"/1").Form(mainForm).Set("title", "Plätzchen und Geschichten").Submit().Want(200)
		if got := h.visitor().Get("/angebote/" + code).Want(200).Text("h1"); got != "Plätzchen und Geschichten" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("CON-05 shows both texts when two people change it", func(t *testing.T) {
		path := "/angebot-einstellen/" + code + "/1"
		first, second := h.manager.Get(path).Form(mainForm), h.manager.Get(path).Form(mainForm)
		first.Set("title", "Backen am Mittwoch").Submit().Want(200)
		page := second.Set("title", "Backen am Nachmittag").Submit().Want(409)
		if got := page.Text("main"); !strings.Contains(got, "Backen am Mittwoch") || page.Form(mainForm).Values.Get("title") != "Backen am Nachmittag" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("of a copy from elsewhere is not possible", func(t *testing.T) {
		h.update(func(tx *store.Tx) error {
			o, err := tx.Opportunity(h.opportunity.ID)
			o.Origin = "pankow.example"
			if err != nil {
				return err
			}
			return tx.PutOpportunity(&o)
		})
		h.manager.Get("/angebot-einstellen/" + h.opportunity.Code + "/1").Want(404)
	})
}

func TestPostingNamesWhatIsMissing(t *testing.T) {
	h := newHouse(t)
	page := h.manager.Get("/angebot-einstellen").Form(mainForm).Set("title", "Backen").Set("areas", "freizeit").Set("activities", "kochen-backen").Submit().Want(200)
	code := strings.Split(page.Path, "/")[2]
	t.Run("at once, where a field cannot be read", func(t *testing.T) {
		got := page.Form(mainForm).Set("commitment", "flexibel").Set("hours_max", "zwei").Set("mode", "vor-ort").Set("place", "Atlantis").Submit().Want(422)
		if got.Text("#hours_max-error") == "" || got.Text("#place-error") == "" || got.Form(mainForm).Values.Get("hours_max") != "zwei" {
			t.Errorf("got %q", got.Text("main"))
		}
	})
	t.Run("on the last page, with links to the fields", func(t *testing.T) {
		check := h.manager.Get("/angebot-einstellen/" + code + "/4").Want(200)
		links := check.Texts(".s-panel a")
		for _, want := range []string{"Beschreibung", "Wie sind Freiwillige versichert?"} {
			if !slices.Contains(links, want) {
				t.Errorf("no link %q, only %q", want, links)
			}
		}
		if got := check.Form(mainForm).Submit().Want(422).Text("#fehler"); got == "" {
			t.Error("no sentence")
		}
		h.visitor().Get("/angebote/" + code).Want(404)
	})
	t.Run("and, when it is public, says on which page", func(t *testing.T) {
		h.update(func(tx *store.Tx) error {
			o, err := tx.Opportunity(h.opportunity.ID)
			o.Proofs, o.ProofBasis = []engagement.Code{"fuehrungszeugnis-erweitert"}, ""
			if err != nil {
				return err
			}
			return tx.PutOpportunity(&o)
		})
		got := h.manager.Get("/angebot-einstellen/" + h.opportunity.Code + "/1").Form(mainForm).Submit().Want(422).Text("#fehler")
		if !strings.Contains(got, "Grundlage für das Führungszeugnis") {
			t.Errorf("got %q", got)
		}
	})
}
