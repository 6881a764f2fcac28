package web_test

import (
	"slices"
	"testing"
)

func TestAProfile(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada"))
	t.Run("keeps what was typed when a place is unknown", func(t *testing.T) {
		page := ada.Get("/meine/angaben").Form(mainForm).Set("place", "Atlantis").Set("topics", "lesepate").Submit().Want(422)
		form := page.Form(mainForm)
		if page.Text("#place-error") == "" || !slices.Equal(form.Values["topics"], []string{"lesepate"}) || form.Values.Get("place") != "Atlantis" {
			t.Errorf("got %v", form.Values)
		}
	})
	t.Run("is stored and leads to what fits", func(t *testing.T) {
		page := ada.Get("/meine/angaben").Form(mainForm).Set("place", "12555").Set("radius", "5").Set("topics", "lesepate").Set("slots", "di-nachmittag", "do-nachmittag").
			Set("german", "C1").Set("languages", "tr", "pl").Set("skills", "lesefoerderung").Set("not_areas", "politik").Submit().Want(200)
		if page.Path != "/angebote?sortierung=passend" || !page.Has(".s-fit") {
			t.Errorf("got %s, fit shown: %v", page.Path, page.Has(".s-fit"))
		}
		form := ada.Get("/meine/angaben").Form(mainForm)
		for name, want := range map[string][]string{"place": {"12555"}, "topics": {"lesepate"}, "slots": {"di-nachmittag", "do-nachmittag"}, "german": {"C1"}, "not_areas": {"politik"}} {
			if !slices.Equal(form.Values[name], want) {
				t.Errorf("%s is %q, want %q", name, form.Values[name], want)
			}
		}
	})
	t.Run("CON-05 is changed in one place at a time", func(t *testing.T) {
		first, second := ada.Get("/meine/angaben").Form(mainForm), ada.Get("/meine/angaben").Form(mainForm)
		first.Set("radius", "10").Submit().Want(200)
		second.Set("radius", "20").Submit().Want(409)
	})
	t.Run("can be emptied", func(t *testing.T) {
		form := ada.Get("/meine/angaben").Form(mainForm)
		form.Set("place", "").Set("topics").Submit().Want(200)
		if got := ada.Get("/meine/angaben").Form(mainForm).Values; got.Get("place") != "" || len(got["topics"]) != 0 {
			t.Errorf("got %v", got)
		}
	})
}
