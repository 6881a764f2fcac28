package web_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

func TestAProfile(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada"))
	part := func(name string) *webtest.Form { return ada.Get("/meine/angaben/" + name).Want(200).Form(mainForm) }
	t.Run("begins with a short form that keeps what was typed when a place is unknown", func(t *testing.T) {
		page := ada.Get("/meine/angaben").Form(mainForm).Set("place", "Atlantis").Set("areas", "schule-kita").Submit().Want(422)
		form := page.Form(mainForm)
		if page.Text("#place-error") == "" || !slices.Equal(form.Values["areas"], []string{"schule-kita"}) || form.Values.Get("place") != "Atlantis" {
			t.Errorf("got %v", form.Values)
		}
		if got := len(page.Texts("main form legend")) + len(page.Texts("main form label[for=place], main form label[for=age]")); got > 6 {
			t.Errorf("asks %d questions", got)
		}
	})
	t.Run("is stored and leads to what fits", func(t *testing.T) {
		page := ada.Get("/meine/angaben").Form(mainForm).Set("place", "12555").Set("travel", "rad").Set("areas", "schule-kita").Set("slots", "di-nachmittag", "do-nachmittag").Submit().Want(200)
		if !strings.HasPrefix(page.Path, "/meine/angaben?") || !page.Has("#passt li a") || !strings.Contains(page.Text("#passt"), "Vorher waren es 0") {
			t.Errorf("got %s: %s", page.Path, page.Text("#passt"))
		}
		if got := page.Text("#teil-zeiten"); !strings.Contains(got, "Dienstag und Donnerstag nachmittags") {
			t.Errorf("times: %s", got)
		}
	})
	t.Run("every answer is changed on a small page and shown in words", func(t *testing.T) {
		part("ort").Set("radius", "5").Submit().Want(200)
		part("themen").Set("topics", "lesepate").Submit().Want(200)
		part("taetigkeiten").Set("activities", "vorlesen").Set("target_groups", "kinder-6-12").Submit().Want(200)
		part("zeiten").Set("holidays", "ferien").Set("commitments", "regelmaessig").Set("hours", "3").Submit().Want(200)
		part("rahmen").Set("team", "tandem").Set("guidance", "anfangs").Set("taster", "1").Set("expenses", "1").Submit().Want(200)
		part("kenntnisse").Set("skills", "holz", "lesefoerderung").Submit().Want(200).Click("Genauer angeben").Want(200).Form(mainForm).Set("stufe-holz", "sicher").Set("anleiten-holz", "1").Submit().Want(200)
		part("lernen").Set("learn", "metall").Submit().Want(200)
		part("scheine").Set("licenses", "juleica").Submit().Want(200)
		part("scheine/genauer").Set("gilt-bis-juleica-tag", "1").Set("gilt-bis-juleica-monat", "5").Set("gilt-bis-juleica-jahr", "2030").Submit().Want(200)
		part("sprachen").Set("german", "C1").Set("languages", "tr").Submit().Want(200)
		part("sprachen/genauer").Set("niveau-tr", "B1").Submit().Want(200)
		part("zugang").Set("access", "aufzug").Set("access_wish", "ruheraum", "aufzug").Submit().Want(200)
		part("ausschluss").Set("not_areas", "politik").Set("not_topics", "hospiz").Set("not_activities", "recht").Set("not_target_groups", "tiere").Set("not_proofs", "masernschutz").Submit().Want(200)
		part("alter").Set("age", "60-plus").Submit().Want(200)
		page := part("ueber-mich").Set("motivations", "lernen").Set("expertise", "Dreißig Jahre Verkehrsplanung.").Submit().Want(200)
		for name, want := range map[string]string{
			"ort": "12555 Rad 5 km", "themen": "Lesepat", "taetigkeiten": "Kinder", "zeiten": "Schulferien regelmäßig 3", "rahmen": "Anfang Ja",
			"kenntnisse": "Holz (sicher, kann andere anleiten)", "lernen": "Metall", "scheine": "01.05.2030", "sprachen": "Türkisch (B1", "zugang": "Aufzug Was wäre vor Ort hilfreich? Ruheraum",
			"ausschluss": "Masern", "alter": "60", "ueber-mich": "Verkehrsplanung",
		} {
			got := page.Text("#teil-" + name)
			for _, word := range strings.Fields(want) {
				if !strings.Contains(got, word) {
					t.Errorf("%s: got %q, want %q in it", name, got, want)
					break
				}
			}
			if !strings.Contains(got, "Wer sieht das? Niemand") {
				t.Errorf("%s is not said to be seen by nobody: %q", name, got)
			}
		}
		if !slices.Equal(part("zeiten").Values["slots"], []string{"di-nachmittag", "do-nachmittag"}) {
			t.Error("the holidays replace the week")
		}
		if got := part("kenntnisse").Set("skills", "holz").Submit().Text("#teil-kenntnisse"); !strings.Contains(got, "Holz (sicher, kann andere anleiten)") {
			t.Errorf("what was said more precisely is lost: %s", got)
		}
	})
	t.Run("a change changes the suggestions at once", func(t *testing.T) {
		ben := h.place(h.person("ben", withProfile()))
		part := func(name string) *webtest.Form { return ben.Get("/meine/angaben/" + name).Want(200).Form(mainForm) }
		page := part("ausschluss").Set("not_areas", textsOf(engagement.Areas.Codes())...).Submit().Want(200)
		if got := page.Text("#passt"); !strings.Contains(got, "0 Angebote passen") || !strings.Contains(got, "Vorher waren es") {
			t.Errorf("with everything excluded: %s", got)
		}
		page = part("ausschluss").Set("not_areas").Set("not_topics").Set("not_activities").Set("not_target_groups").Set("not_proofs").Submit().Want(200)
		if got := page.Text("#passt"); !strings.Contains(got, "Vorher waren es 0") {
			t.Errorf("and nothing: %s", got)
		}
		if got := part("lernen").Submit().Want(200).Text("#passt"); !strings.Contains(got, "ändert das nichts") {
			t.Errorf("saved as it was: %s", got)
		}
	})
	t.Run("is asked again for the age after a year", func(t *testing.T) {
		hint := func() bool {
			return strings.Contains(ada.Get("/meine/angaben").Want(200).Text("main"), "Stimmt Ihre Altersgruppe noch?")
		}
		if hint() {
			t.Error("at once")
		}
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("ada@mail.example")
			if err != nil {
				return err
			}
			p, err := tx.Profile(a.ID)
			if err != nil {
				return err
			}
			p.AgeSaid = tx.Now().AddDate(-1, 0, -1)
			return tx.PutProfile(&p)
		})
		if !hint() {
			t.Error("not after a year")
		}
		part("lernen").Submit().Want(200)
		if !hint() {
			t.Error("another answer counts as one about the age")
		}
		part("alter").Submit().Want(200)
		if hint() {
			t.Error("after it was said again")
		}
	})
	t.Run("CON-05 is changed in one place at a time", func(t *testing.T) {
		first, second := part("ort"), part("ort")
		first.Set("radius", "10").Submit().Want(200)
		again := second.Set("radius", "20").Submit().Want(409)
		if !strings.Contains(again.Text(mainForm), "10 km") {
			t.Errorf("what is stored now is not shown: %s", again.Text(mainForm))
		}
	})
	t.Run("can be emptied", func(t *testing.T) {
		part("ort").Set("place", "").Submit().Want(200)
		part("themen").Set("topics").Submit().Want(200)
		if got := part("ort").Values.Get("place") + strings.Join(part("themen").Values["topics"], ""); got != "" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("there is no other page", func(t *testing.T) {
		ada.Get("/meine/angaben/nix").Want(404)
		ada.Get("/meine/angaben/ort/genauer").Want(404)
		if got := ada.Get("/meine/angaben/lernen/genauer").Status; got != 404 {
			t.Errorf("got %d", got)
		}
	})
}

func textsOf(list []engagement.Code) (values []string) {
	for _, c := range list {
		values = append(values, string(c))
	}
	return values
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
	ada.Get("/meine/angaben/alter").Form(mainForm).Set("age", "16-17").Submit().Want(200)
	old.Submit().Want(422)
	if got := ada.Get(reach).Want(200); got.Has(mainForm) || !strings.Contains(got.Text("main"), "erst ab 18") {
		t.Error("somebody younger gets the form")
	}
	ada.Get("/meine/angaben/alter").Form(mainForm).Set("age", "27-59").Submit().Want(200)
	if got := switches(); got != nil {
		t.Errorf("after a younger age: %v", got)
	}
}

func TestWhoSeesAProfile(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada", withProfile()))
	show := func(part, to string) {
		ada.Get("/meine/angaben/"+part).Want(200).Form(mainForm).Set("visible", to).Submit().Want(200)
	}
	preview := func() string { return ada.Get("/meine/angaben/vorschau").Want(200).Text("main") }
	ada.Get("/meine/angaben/kenntnisse").Form(mainForm).Set("skills", "holz").Submit().Want(200)
	if got := preview(); strings.Contains(got, "Holz") {
		t.Errorf("from the beginning others see %q", got)
	}
	show("kenntnisse", "beteiligte")
	if got := preview(); !strings.Contains(got, "Holz") || strings.Contains(got, "Friedrichshagen") {
		t.Errorf("the preview is %q", got)
	}
	if page := ada.Get("/meine/angaben/alter"); page.Has("[name=visible]") {
		t.Error("the age can be shown")
	}

	status := ada.Get("/angebote/"+h.opportunity.Code+"/helfen").Form(mainForm).Set("age", "ab-18").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
	team := func() string { return h.manager.Get(h.teamPath()).Want(200).Text("main") }
	if got := team(); strings.Contains(got, "Holz") {
		t.Errorf("before the contact was given the organization sees %q", got)
	}
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
	h.release(ada, status)
	if got := team(); !strings.Contains(got, "Holz") || strings.Contains(got, "Friedrichshagen") {
		t.Errorf("then it sees %q", got)
	}
	show("kenntnisse", "niemand")
	if got := team(); strings.Contains(got, "Holz") {
		t.Errorf("after it was taken back it sees %q", got)
	}
	show("kenntnisse", "beteiligte")
	h.answer("absagen", func(f *webtest.Form) { f.Set("reason", "besetzt") })
	if got := team(); strings.Contains(got, "Holz") {
		t.Errorf("after the end it sees %q", got)
	}
}

// Whoever changes what people agree to makes another version of it ([engagement.ConsentText]).
func TestWhatPeopleAgreeToHasAVersion(t *testing.T) {
	keys := []string{"reach.lead", "profile.sensitive", "profile.sensitive.hint"}
	for _, s := range engagement.Switches.Codes() {
		keys = append(keys, "code.switch."+string(s), "reach.hint."+string(s))
	}
	sum := sha256.New()
	for _, lang := range []string{"de", "en", "de-simple"} {
		all := readTexts(t, lang)
		for _, key := range keys {
			fmt.Fprintln(sum, all[key][""])
		}
	}
	versions := map[string]string{"2026-11": "3acdd65ccddc"}
	if got := fmt.Sprintf("%x", sum.Sum(nil))[:12]; got != versions[engagement.ConsentText] {
		t.Errorf("the words have the sum %s, in version %s it was %q", got, engagement.ConsentText, versions[engagement.ConsentText])
	}
}

func TestWhatIsLeftOutSaysWhy(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada", withProfile(func(p *engagement.Profile) { p.Excluded.Areas = []engagement.Code{"schule-kita"} })))
	list := ada.Get("/angebote?sortierung=passend").Want(200)
	if slices.Contains(titles(list), h.opportunity.Title) {
		t.Errorf("%s is suggested", h.opportunity.Title)
	}
	link := list.Find("#treffer p a[href*='sortierung=neu']")
	if len(link) != 1 || !strings.Contains(webtest.TextOf(link[0]), "schlagen wir Ihnen nicht vor") {
		t.Fatalf("no link to what is left out: %s", list.Text("#treffer"))
	}
	all := ada.Get(webtest.Attr(link[0], "href")).Want(200)
	if got := all.Text("#treffer"); !strings.Contains(got, "Das schlagen wir Ihnen nicht vor: Sie haben das ausgeschlossen: Schule oder Kindergarten.") {
		t.Errorf("the reason is not in the list: %s", got)
	}
	page := ada.Get("/angebote/" + h.opportunity.Code).Want(200)
	if got := page.Text("main"); !strings.Contains(got, "Warum sehe ich dieses Angebot nicht?") || !strings.Contains(got, "Sie haben das ausgeschlossen") {
		t.Errorf("the page says %s", got)
	}
	if got := h.visitor().Get("/angebote/" + h.opportunity.Code).Want(200).Text("main"); strings.Contains(got, "Warum sehe ich") {
		t.Error("a visitor is told about a profile")
	}
}
