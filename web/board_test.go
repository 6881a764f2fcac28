package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/web"
)

// withIDs gives things the ids that other servers know.
func withIDs(o *web.Options) {
	o.Network.Wanted = func(*http.Request) bool { return false }
	o.Network.ID = func(noun string, id engagement.ID) string { return o.Base + "/ap/" + noun + "/" + string(id) }
}

func (s *real) board(b engagement.Board) engagement.Board {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		b, err = engagement.AddBoard(tx, engagement.System, b)
		return err
	})
	return b
}

func koepenickBoard() engagement.Board {
	return engagement.Board{
		Kind: engagement.PlaceBoard, Handle: "koepenick", Name: "Mitmachen in Köpenick", Summary: "Was in Köpenick los ist.",
		Place: berlinPlace("12555", "Berlin-Köpenick", 52.4455, 13.5745), RadiusKM: 3,
	}
}

func TestThePageOfABoard(t *testing.T) {
	s := realSite(t, withIDs)
	reading := s.organization("Leseinsel Dahmeufer e. V.")
	far := s.organization("Alter Speicher", func(o *engagement.Organization) {
		o.Place = berlinPlace("52066", "Aachen-Burtscheid", 50.77, 6.08)
	})
	s.opportunity("Vorlesen in der Kita", reading)
	s.opportunity("Archiv ordnen", far, func(o *engagement.Opportunity) {
		o.Places[0], o.Areas, o.Topics = far.Place, []engagement.Code{"kultur"}, []engagement.Code{"geschichte"}
	})
	for _, org := range []engagement.Organization{reading, far} {
		s.update(func(tx *store.Tx) error {
			_, err := engagement.Announce(tx, engagement.System, org.ID, engagement.News{Text: "Neues aus: " + org.Name})
			return err
		})
	}
	s.board(koepenickBoard())
	s.board(engagement.Board{Kind: engagement.TopicBoard, Handle: "geschichte", Name: "Geschichte", Topics: []engagement.Code{"geschichte"}})

	t.Run("stands in the list of its kind", func(t *testing.T) {
		if got := s.Get("/orte").Want(200).Texts(".s-hit h2"); !slices.Equal(got, []string{"Mitmachen in Köpenick"}) {
			t.Errorf("places: %q", got)
		}
		if got := s.Get("/orte").Click("Alle Themen").Want(200).Texts(".s-hit h2"); !slices.Equal(got, []string{"Geschichte"}) {
			t.Errorf("topics: %q", got)
		}
	})
	t.Run("shows what is near, and the news from there", func(t *testing.T) {
		page := s.Get("/orte/koepenick").Want(200).Text("main")
		for _, want := range []string{"Vorlesen in der Kita", "Neues aus: Leseinsel", "3 Kilometer"} {
			if !strings.Contains(page, want) {
				t.Errorf("without %q", want)
			}
		}
		if strings.Contains(page, "Archiv ordnen") || strings.Contains(page, "Alter Speicher") {
			t.Errorf("shows what is elsewhere: %s", page)
		}
	})
	t.Run("of a topic shows what belongs to it", func(t *testing.T) {
		page := s.Get("/themen/geschichte").Want(200).Text("main")
		if !strings.Contains(page, "Archiv ordnen") || strings.Contains(page, "Vorlesen in der Kita") || strings.Contains(page, "Neues aus") {
			t.Errorf("got %s", page)
		}
	})
	t.Run("of a topic shows news and events of those who are active in its area", func(t *testing.T) {
		var org engagement.Organization
		s.update(func(tx *store.Tx) (err error) {
			org, err = tx.OrganizationByHandle("leseinsel_dahmeufer_e_v")
			return err
		})
		for handle, area := range map[string]engagement.Code{"bereich": org.Areas[0], "anderes": "sport"} {
			s.board(engagement.Board{Kind: engagement.TopicBoard, Handle: handle, Name: "Bereich " + handle, Areas: []engagement.Code{area}})
		}
		s.occasion(org, "Lesetreff im Bereich", func(o *engagement.Occasion) { o.Online, o.Place = true, engagement.Place{} })
		if got := s.Get("/themen/bereich").Want(200).Text("main"); !strings.Contains(got, "Lesetreff im Bereich") || !strings.Contains(got, "Neues aus: Leseinsel") {
			t.Errorf("got %s", got)
		}
		if got := s.Get("/themen/anderes").Want(200).Text("main"); strings.Contains(got, "Lesetreff im Bereich") || strings.Contains(got, "Neues aus") {
			t.Errorf("another topic shows %s", got)
		}
	})
	t.Run("says how to follow it, in every language", func(t *testing.T) {
		for _, path := range []string{"/orte/koepenick", "/en/orte/koepenick", "/ls/orte/koepenick"} {
			page := s.Get(path).Want(200)
			if got := page.Text(".s-address code"); !strings.HasPrefix(got, "@koepenick@") {
				t.Errorf("%s: address %q", path, got)
			}
			for _, jargon := range []string{"ActivityPub", "Fediverse", "Fediversum", "Actor", "Instanz"} {
				if strings.Contains(page.Text("main"), jargon) {
					t.Errorf("%s says %s", path, jargon)
				}
			}
		}
	})
	t.Run("is a feed and a calendar", func(t *testing.T) {
		if got := string(s.Get("/orte/koepenick.atom").Want(200).Body); !strings.Contains(got, "Vorlesen in der Kita") || strings.Contains(got, "Archiv") || !strings.Contains(got, "<title>Mitmachen in Köpenick</title>") {
			t.Errorf("feed: %s", got)
		}
		if got := string(s.Get("/themen/geschichte.ics").Want(200).Body); !strings.Contains(got, "Archiv ordnen") || strings.Contains(got, "Kita") {
			t.Errorf("calendar: %s", got)
		}
	})
	t.Run("is found by its name", func(t *testing.T) {
		if got := s.Get("/@koepenick").Want(200).Path; got != "/orte/koepenick" {
			t.Errorf("got %s", got)
		}
		s.Get("/@leseinsel_dahmeufer_e_v").Want(200)
		s.Get("/@niemand").Want(404)
	})
	t.Run("is not the page of another kind", func(t *testing.T) {
		s.Get("/themen/koepenick").Want(404)
		s.Get("/orte/koepenic").Want(404)
		s.Get("/themen/koepenick.atom").Want(404)
	})
	t.Run("has more pages when there is more", func(t *testing.T) {
		for n := range 21 {
			s.opportunity("Helfen beim Fest "+string(rune('A'+n)), reading)
		}
		next := s.Get("/orte/koepenick").Click("Nächste Seite").Want(200)
		if got := len(next.Texts(".s-hit h3")); got != 2 || strings.Contains(next.Text("main"), "Neues aus") {
			t.Errorf("got %d hits", got)
		}
	})
	t.Run("is in the sitemap", func(t *testing.T) {
		if got := string(s.Get("/sitemap.xml").Body); !strings.Contains(got, "/orte/koepenick") || !strings.Contains(got, "/themen</loc>") {
			t.Error("it is not")
		}
	})
}

func TestBoardsInTheAdministration(t *testing.T) {
	h := newHouse(t)
	page := func() (b engagement.Board) {
		h.update(func(tx *store.Tx) (err error) {
			b, err = tx.BoardByHandle("koepenick")
			return err
		})
		return b
	}
	t.Run("are opened by admins", func(t *testing.T) {
		if got := h.moderator.Get("/verwaltung/orte-und-themen").Status; got != 403 {
			t.Errorf("a moderator gets %d", got)
		}
		page := h.admin.Get("/verwaltung/orte-und-themen").Want(200).Form(mainForm).Set("name", "Köpenick").Set("kind", "ort").Set("place", "Nirgendwo").Submit().Want(422)
		if page.Text("#place-error") == "" {
			t.Errorf("no word about the place: %s", page.Text("#fehler"))
		}
		page = page.Form(mainForm).Set("place", "Köpenick").Set("radius", "4").Set("organization", "niemand").Submit().Want(422)
		if page.Text("#organization-error") == "" {
			t.Errorf("no word about the organization: %s", page.Text("#fehler"))
		}
		page = page.Form(mainForm).Set("organization", h.org.Handle).Submit().Want(200)
		if got := page.Texts(".s-hit h2"); !slices.Equal(got, []string{"Köpenick"}) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("share their names with nobody", func(t *testing.T) {
		for _, handle := range []string{"koepenick", h.org.Handle} {
			page := h.admin.Get("/verwaltung/orte-und-themen").Form(mainForm).Set("name", "Noch eine").Set("kind", "thema").Set("areas", "sport").Set("handle", handle).Submit().Want(422)
			if page.Text("#handle-error") == "" {
				t.Errorf("%s: %s", handle, page.Text("#fehler"))
			}
		}
	})
	t.Run("are changed by who looks after them", func(t *testing.T) {
		const form = "main form[action=/verwaltung/orte-und-themen/koepenick]"
		old := h.admin.Get("/verwaltung/orte-und-themen/koepenick").Want(200)
		edit := h.manager.Get("/orte/koepenick").Click("Diese Seite bearbeiten").Want(200)
		edit.Form(form).Set("name", "Köpenick hilft").Set("radius", "6").Submit().Want(200)
		if got := page(); got.Name != "Köpenick hilft" || got.RadiusKM != 6 || got.Organization != h.org.ID || got.Place.Point == (geo.Point{}) {
			t.Errorf("got %+v", got)
		}
		old.Form(form).Set("name", "Zu spät").Submit().Want(409)
		ada := h.place(h.person("ada"))
		ada.Get("/verwaltung/orte-und-themen/koepenick").Want(404)
		if strings.Contains(ada.Get("/orte/koepenick").Text("main"), "bearbeiten") {
			t.Error("anybody is offered to edit")
		}
	})
	t.Run("are ended and opened again by moderators and admins", func(t *testing.T) {
		h.moderator.Get("/orte/koepenick").Click("Diese Seite bearbeiten").Form("main form[action*=schliessen]").Submit().Want(200)
		if got := page().State; got != engagement.BoardArchived {
			t.Errorf("got %s", got)
		}
		if got := h.visitor().Get("/orte/koepenick").Want(200).Text("main"); !strings.Contains(got, "nicht mehr weitergeführt") || strings.Contains(got, "Folgen") {
			t.Errorf("got %s", got)
		}
		h.visitor().Get("/orte/koepenick.atom").Want(410)
		if got := h.visitor().Get("/orte").Texts(".s-hit h2"); len(got) != 0 {
			t.Errorf("still listed: %q", got)
		}
		h.admin.Get("/verwaltung/orte-und-themen/koepenick").Form("main form[action*=oeffnen]").Submit().Want(200)
		if got := page().State; got != engagement.BoardActive {
			t.Errorf("got %s", got)
		}
	})
}
