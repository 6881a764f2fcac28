package web_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
	"seestern/store"
	"seestern/web"
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

// DEL-12: a profile that is only kept is compared with nothing and shown to nobody, until the person says otherwise; nothing of it is lost.
func TestAProfileIsOnlyKept(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada", withProfile(func(p *engagement.Profile) {
		p.Visible, p.Skills = []engagement.Code{"kenntnisse"}, []engagement.Skill{{Code: "holz", Level: "sicher"}}
	}))
	status := ada.Get("/angebote/"+h.opportunity.Code+"/helfen").Form(mainForm).Set("age", "ab-18").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
	h.release(ada, status)
	team := h.teamPath()
	h.waking()
	ada = h.again("ada")
	ada.Get("/meine/angaben/erreichbarkeit").Form(mainForm).Set("expertise-searchable", "1").Submit().Want(200)
	ada.Get("/meine/benachrichtigungen").Form(mainForm).Set("matches", "gruende").Submit().Want(200)
	h.clock.Forward(time.Minute)
	h.real.opportunity("Märchen vorlesen", h.org)
	h.morning(7)
	ada = h.again("ada")

	const keeps = "/meine/angaben/nur-aufbewahren"
	uses := func() map[string]bool {
		t.Helper()
		own, preview := ada.Get("/meine/angaben").Want(200), ada.Get("/meine/angaben/vorschau").Want(200).Text("main")
		var found int
		h.update(func(tx *store.Tx) error {
			all, err := tx.ReachableProfiles(engagement.ExpertiseSearchable)
			found = len(all)
			return err
		})
		return map[string]bool{
			"suggestions":            own.Has("#passt"),
			"reasons at a search":    strings.Contains(ada.Get("/angebote?sortierung=passend").Want(200).Text("main"), "passt"),
			"reasons of opportunity": strings.Contains(ada.Get("/angebote/"+h.opportunity.Code).Want(200).Text("main"), "passt"),
			"the preview":            strings.Contains(preview, "Holz"),
			"the organization":       strings.Contains(h.again("manager1").Get(team).Want(200).Text("main"), "Holz"),
			"the office":             found > 0,
		}
	}
	want := func(want bool) {
		t.Helper()
		for what, got := range uses() {
			if got != want {
				t.Errorf("%s: uses the profile: %v", what, got)
			}
		}
	}
	want(true)
	kept := ada.Get("/meine/daten").Want(200).Click("Angaben nur aufbewahren").Want(200).Form("main form").Submit().Want(200)
	if got := kept.Text("main"); kept.Path != keeps || !strings.Contains(got, "nur noch aufbewahrt") || !kept.Has("main form") {
		t.Errorf("got %s: %q", kept.Path, got)
	}
	want(false)
	if mails := h.post(); slices.ContainsFunc(mails, func(m web.Message) bool { return strings.Contains(m.Text, "Märchen") }) {
		t.Errorf("what waited to be sent was sent: %+v", mails)
	}
	h.real.opportunity("Geschichten vorlesen", h.org)
	h.morning(7)
	ada = h.again("ada")
	if mails := h.post(); slices.ContainsFunc(mails, func(m web.Message) bool { return strings.Contains(m.Text, "Geschichten") }) {
		t.Errorf("got %+v", mails)
	}
	t.Run("can be changed, and stays so", func(t *testing.T) {
		ada.Get("/meine/angaben/rahmen").Want(200).Form(mainForm).Set("taster", "1").Submit().Want(200)
		if got := ada.Get("/meine/angaben").Text("main"); !strings.Contains(got, "nur noch aufbewahrt") || !strings.Contains(got, "Holz") {
			t.Errorf("got %q", got)
		}
		want(false)
	})
	t.Run("a request tells no more than the age", func(t *testing.T) {
		o := h.real.opportunity("Bänke bauen", h.org, func(o *engagement.Opportunity) {
			o.MinAge, o.Skills = 18, []engagement.SkillNeed{{Code: "holz", Required: true, Mandatory: true}}
		})
		ada.Get("/angebote/"+o.Code+"/helfen").Want(200).Form(mainForm).Set("age", "ab-18").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("ada@mail.example")
			if err != nil {
				return err
			}
			all, err := tx.RequestsOfAccount(a.ID)
			for _, m := range all {
				if m.Opportunity == o.ID && !slices.Equal(m.Gates, []string{"min-age-ok"}) {
					t.Errorf("it tells %q", m.Gates)
				}
			}
			return err
		})
	})
	ada.Get(keeps).Want(200).Form("main form").Submit().Want(200)
	want(true)
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

// fullAnswers say everything that a profile can say, one answer at a time.
var fullAnswers = map[string]func(*engagement.Profile){
	"place":         func(p *engagement.Profile) { p.Home, p.HomeName = geo.Point{Lat: 52.4455, Lon: 13.5745}, "12555" },
	"travel":        func(p *engagement.Profile) { p.Travel = "rad" },
	"radius":        func(p *engagement.Profile) { p.RadiusKM = 7 },
	"areas":         func(p *engagement.Profile) { p.Areas = []engagement.Code{"kultur"} },
	"topics":        func(p *engagement.Profile) { p.Topics = []engagement.Code{"lesepate"} },
	"sensitive":     func(p *engagement.Profile) { p.Sensitive = true },
	"activities":    func(p *engagement.Profile) { p.Activities = []engagement.Code{"vorlesen"} },
	"target_groups": func(p *engagement.Profile) { p.TargetGroups = []engagement.Code{"tiere"} },
	"slots":         func(p *engagement.Profile) { p.Grid |= engagement.AllSlots },
	"holidays":      func(p *engagement.Profile) { p.Grid |= engagement.SchoolHolidays },
	"commitments":   func(p *engagement.Profile) { p.Commitments = []engagement.Code{"kurz"} },
	"hours":         func(p *engagement.Profile) { p.HoursPerWeek = 3 },
	"team":          func(p *engagement.Profile) { p.TeamSizes = []engagement.Code{"tandem"} },
	"guidance":      func(p *engagement.Profile) { p.Guidance = []engagement.Code{"eng"} },
	"taster":        func(p *engagement.Profile) { p.Taster = true },
	"expenses":      func(p *engagement.Profile) { p.Expenses = true },
	"skills":        func(p *engagement.Profile) { p.Skills = []engagement.Skill{{Code: "holz"}} },
	"learn":         func(p *engagement.Profile) { p.Learn = []engagement.Code{"metall"} },
	"licenses":      func(p *engagement.Profile) { p.Licenses = []engagement.License{{Code: "juleica"}} },
	"german": func(p *engagement.Profile) {
		p.Languages = append(p.Languages, engagement.LanguageSkill{Code: "de", Level: "C1"})
	},
	"languages": func(p *engagement.Profile) { p.Languages = append(p.Languages, engagement.LanguageSkill{Code: "tr"}) },
	"access": func(p *engagement.Profile) {
		p.AccessNeeds = append(p.AccessNeeds, engagement.AccessNeed{Code: "aufzug", Hard: true})
	},
	"access_wish": func(p *engagement.Profile) {
		p.AccessNeeds = append(p.AccessNeeds, engagement.AccessNeed{Code: "ruheraum"})
	},
	"not_areas":         func(p *engagement.Profile) { p.Excluded.Areas = []engagement.Code{"politik"} },
	"not_topics":        func(p *engagement.Profile) { p.Excluded.Topics = []engagement.Code{"hospiz"} },
	"not_activities":    func(p *engagement.Profile) { p.Excluded.Activities = []engagement.Code{"recht"} },
	"not_target_groups": func(p *engagement.Profile) { p.Excluded.TargetGroups = []engagement.Code{"familien"} },
	"not_proofs":        func(p *engagement.Profile) { p.Excluded.Proofs = []engagement.Code{"masernschutz"} },
	"age":               func(p *engagement.Profile) { p.AgeBand = "60-plus" },
	"motivations":       func(p *engagement.Profile) { p.Motivations = []engagement.Code{"bewegung"} },
	"expertise":         func(p *engagement.Profile) { p.Expertise = "Dreißig Jahre Verkehrsplanung." },
}

// What others are really shown is what [engagement.ProfileAnswers] says.
func TestOthersSeeOfAProfileWhatTheTableSays(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada", withProfile()))
	says := func(change ...func(*engagement.Profile)) {
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("ada@mail.example")
			if err != nil {
				return err
			}
			old, err := tx.Profile(a.ID)
			if err != nil {
				return err
			}
			p := engagement.Profile{Account: a.ID, Version: old.Version, Updated: tx.Now(), AgeBand: "27-59"} // who may be found is of age
			for _, s := range engagement.Switches.Codes() {
				p.Consents = append(p.Consents, engagement.Consent{Purpose: s, Text: engagement.ConsentText, Given: tx.Now(), Until: tx.Now().AddDate(1, 0, 0)})
			}
			for _, f := range change {
				f(&p)
			}
			return tx.PutProfile(&p)
		})
	}
	everything := slices.Collect(maps.Values(fullAnswers))
	shown := func(p *engagement.Profile) {
		for _, part := range engagement.ProfileParts.Codes() {
			if engagement.MayShow(part) {
				p.Visible = append(p.Visible, part)
			}
		}
	}
	status := ada.Get("/angebote/"+h.opportunity.Code+"/helfen").Form(mainForm).Set("age", "ab-18").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
	h.release(ada, status)

	says(append(everything, shown)...)
	team, preview, own := h.manager.Get(h.teamPath()).Want(200), ada.Get("/meine/angaben/vorschau").Want(200), ada.Get("/meine/angaben").Want(200)
	left := slices.Collect(maps.Keys(fullAnswers))
	for _, part := range engagement.ProfileParts.Codes() {
		questions := own.Texts("#teil-" + string(part) + " .s-summary dt")
		for _, a := range engagement.ProfileAnswers {
			if a.Part != part {
				continue
			}
			if len(questions) == 0 {
				t.Fatalf("%s has no question", a.Name)
			}
			question := questions[0]
			questions, left = questions[1:], slices.DeleteFunc(left, func(name string) bool { return name == a.Name })
			for who, page := range map[string]*webtest.Page{"the organization": team, "the preview": preview} {
				if got := slices.Contains(page.Texts("dt"), question); got != a.Taking {
					t.Errorf("%s shows %s (%s): %v", who, a.Name, question, got)
				}
			}
			card := func() string { return ada.Get("/meine/angaben/vorschau").Want(200).Text("main") }
			says()
			empty := card()
			if says(fullAnswers[a.Name]); (card() != empty) != a.Card {
				t.Errorf("%s on a card: %s", a.Name, card())
			}
			if got := toldAtRequest(fullAnswers[a.Name]); got != string(a.Gate) {
				t.Errorf("with a request %s tells %q, want %q", a.Name, got, a.Gate)
			}
		}
		if len(questions) > 0 {
			t.Errorf("%s: nobody says who sees %q", part, questions)
		}
	}
	if len(left) > 0 {
		t.Errorf("not in the table: %q", left)
	}

	says(everything...)
	if got := h.manager.Get(h.teamPath()).Want(200).Text("main"); strings.Contains(got, "Verkehrsplanung") || strings.Contains(got, "Welche Themen?") {
		t.Errorf("the organization sees what is shown to nobody: %s", got)
	}
}

// toldAtRequest are the passed gates that somebody with one answer tells opportunities that ask for one thing each.
func toldAtRequest(answer func(*engagement.Profile)) string {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	var p engagement.Profile
	answer(&p)
	told := map[string]bool{}
	for _, c := range []matching.Candidate{
		{Opportunity: &engagement.Opportunity{MinAge: 18}},
		{Opportunity: &engagement.Opportunity{Languages: []engagement.LanguageNeed{{Code: "de", Level: "B1"}}}},
		{Opportunity: &engagement.Opportunity{Languages: []engagement.LanguageNeed{{Code: "tr"}}}},
		{Opportunity: &engagement.Opportunity{Licenses: []engagement.Code{"juleica"}}},
		{Opportunity: &engagement.Opportunity{Skills: []engagement.SkillNeed{{Code: "holz", Required: true, Mandatory: true}}}},
		{Opportunity: &engagement.Opportunity{}, Shifts: []engagement.ShiftTime{{Starts: now.Add(24 * time.Hour), Ends: now.Add(26 * time.Hour)}}},
		{Opportunity: &engagement.Opportunity{Proofs: []engagement.Code{"masernschutz"}, Access: map[engagement.Code]engagement.Code{"aufzug": "ja"}, Mode: "vor-ort"}},
	} {
		for _, gate := range matching.PassedGates(p, c, now) {
			told[gate] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(told)), " ")
}

func TestTheProfileSaysOfEachAnswerWhoSeesIt(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada", withProfile()))
	who := func(part string) []string {
		return ada.Get("/meine/angaben").Want(200).Texts("#teil-" + part + " .s-muted")
	}
	want := func(part, text string) {
		t.Helper()
		if got := strings.Join(who(part), " "); !strings.Contains(got, text) {
			t.Errorf("%s: got %q, want %q in it", part, got, text)
		}
	}
	want("alter", "Wer sieht das? Niemand · Bei einer Anfrage erfährt die Organisation nur: „Das Alter passt“")
	want("rahmen", "Wer sieht das? Niemand")
	want("ort", "Wer sieht das? Niemand")
	want("zeiten", "Wann haben Sie Zeit? Niemand · Bei einer Anfrage erfährt die Organisation nur: „Die Zeit passt“ Auch in diesen Zeiten? Niemand")
	ada.Get("/meine/angaben/erreichbarkeit").Form(mainForm).Set("expertise-searchable", "1").Submit().Want(200)
	ada.Get("/meine/angaben/themen").Form(mainForm).Set("visible", "beteiligte").Submit().Want(200)
	want("ort", "Wie sind Sie unterwegs? Niemand")
	want("ort", "Die Verwaltung, aber ohne Ihren Namen")
	want("themen", "Welche Themen? Nur Organisationen, bei denen ich mitmache")
	want("themen", "dürfen für Vorschläge benutzt werden. Niemand")
}

// Somebody who said to be a child reads why they cannot take it back, nor ask for what is for older people.
func TestAChildReadsWhy(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada"))
	age := func(path, band string) *webtest.Page {
		return ada.Get(path).Want(200).Form(mainForm).Set("age", band).Submit()
	}
	age("/meine/angaben/alter", "12-13").Want(200)
	wants(t, age("/meine/angaben/alter", "27-59").Want(422), "Sie haben gesagt, dass Sie unter 16 sind.", "Bitte rufen Sie uns an")
	wants(t, age("/ls/meine/angaben/alter", "27-59").Want(422), "Sie haben gesagt: Ich bin unter 16.")
	help := "/angebote/" + h.opportunity.Code + "/helfen/mit-konto"
	for path, words := range map[string]string{help: "Für dieses Angebot sind Sie zu jung, sagt Ihr Engagement-Profil.", "/ls" + help: "In Ihrem Profil steht: Sie sind zu jung"} {
		wants(t, age(path, "ab-18").Want(200).Form("main form[action*=/pruefen]").Submit().Want(422), words)
	}
}
