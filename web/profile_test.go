package web_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"seestern/engagement"
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

func TestWhoMayAsk(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada", withProfile()))
	const reach = "/meine/angaben/erreichbarkeit"
	switches := func() (on []string) {
		values := ada.Get(reach).Want(200).Form(mainForm).Values
		for _, s := range engagement.Switches.Codes() {
			if values.Get(string(s)) == "1" {
				on = append(on, string(s))
			}
		}
		return on
	}
	if got := switches(); got != nil {
		t.Errorf("from the beginning: %v", got)
	}
	page := ada.Get("/meine/angaben").Click("Wer darf mich fragen?").Want(200).Form(mainForm).Set("by-volunteer-center", "1").Set("expertise-searchable", "1").Submit().Want(200)
	if got := strings.Join(switches(), " "); got != "by-volunteer-center expertise-searchable" {
		t.Errorf("got %s", got)
	}
	if got := page.Texts(".s-note"); len(got) != 2 || !strings.HasPrefix(got[0], "Gilt bis") {
		t.Errorf("until when: got %q", got)
	}
	page.Form(mainForm).Set("by-volunteer-center").Submit().Want(200)
	if got := strings.Join(switches(), " "); got != "expertise-searchable" {
		t.Errorf("after one was turned off: %s", got)
	}
	tomorrow := h.clock.Now().AddDate(0, 0, 1)
	page = ada.Get(reach).Form(mainForm).Set("pause-tag", strconv.Itoa(tomorrow.Day())).Set("pause-monat", strconv.Itoa(int(tomorrow.Month()))).Set("pause-jahr", strconv.Itoa(tomorrow.Year())).Submit().Want(200)
	if !strings.Contains(page.Text("main"), "Sie haben gerade Pause") {
		t.Error("the pause is not shown")
	}
	ada.Get(reach).Form(mainForm).Set("pause-jahr", "2020").Submit().Want(422)

	old := ada.Get(reach).Form(mainForm)
	ada.Get("/meine/angaben").Form(mainForm).Set("age", "16-17").Submit().Want(200)
	old.Submit().Want(422)
	if got := ada.Get(reach).Want(200); got.Has(mainForm) || !strings.Contains(got.Text("main"), "erst ab 18") {
		t.Error("somebody younger gets the form")
	}
	ada.Get("/meine/angaben").Form(mainForm).Set("age", "27-59").Submit().Want(200)
	if got := switches(); got != nil {
		t.Errorf("after a younger age: %v", got)
	}
}
