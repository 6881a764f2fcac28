package engagement_test

import (
	"errors"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"seestern/engagement"
)

type code = engagement.Code

func TestVocabularies(t *testing.T) {
	t.Run("have the agreed number of codes", func(t *testing.T) {
		want := map[string]int{
			"area": 14, "topic": 74, "activity": 29, "skill_group": 14, "skill": 69, "license": 9, "target_group": 24,
			"commitment": 6, "weekday": 7, "daypart": 4, "mode": 5, "travel": 4, "access": 12, "min_age": 6, "proof": 8, "land": 16,
			"opportunity_kind": 10, "organization_kind": 8, "legal_form": 10, "decision_reason": 11, "report_reason": 18, "decline_reason": 11, "gate": 14,
		}
		got := map[string]int{}
		for _, v := range engagement.Vocabularies {
			if _, ok := want[v.Name]; ok {
				got[v.Name] = len(v.Terms)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("have one name each and no code twice", func(t *testing.T) {
		names := map[string]bool{}
		for _, v := range engagement.Vocabularies {
			if names[v.Name] {
				t.Errorf("two vocabularies are called %s", v.Name)
			}
			names[v.Name] = true
			seen := map[code]bool{}
			for _, c := range v.Codes() {
				if seen[c] {
					t.Errorf("%s: %s occurs twice", v.Name, c)
				}
				seen[c] = true
			}
			if len(seen) == 0 {
				t.Errorf("%s is empty", v.Name)
			}
		}
	})
	t.Run("have codes in lower kebab case unless others defined them", func(t *testing.T) {
		kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
		for _, v := range engagement.Vocabularies {
			for _, c := range v.Codes() {
				if !kebab.MatchString(string(c)) && v != engagement.LanguageLevels && v != engagement.Lands {
					t.Errorf("%s: %q", v.Name, c)
				}
			}
		}
	})
	t.Run("find what they contain and nothing else", func(t *testing.T) {
		for _, v := range engagement.Vocabularies {
			for i, c := range v.Codes() {
				if got := v.Index(c); got != i || !v.Has(c) {
					t.Errorf("%s: index of %s: got %d, want %d", v.Name, c, got, i)
				}
			}
			for _, c := range []code{"", "gibt-es-nicht", "Sport"} {
				if v.Has(c) || v.Index(c) != -1 || v.Parent(c) != "" {
					t.Errorf("%s knows %q", v.Name, c)
				}
			}
		}
	})
}

func TestTopicsAndSkillsStandUnderAParent(t *testing.T) {
	for _, tree := range []struct{ children, parents *engagement.Vocabulary }{
		{engagement.Topics, engagement.Areas},
		{engagement.Skills, engagement.SkillGroups},
	} {
		total := 0
		for _, p := range tree.parents.Codes() {
			below := tree.children.Under(p)
			if len(below) == 0 {
				t.Errorf("%s %s has no %s", tree.parents.Name, p, tree.children.Name)
			}
			total += len(below)
		}
		if want := len(tree.children.Terms); total != want {
			t.Errorf("%s: %d of %d have a parent", tree.children.Name, total, want)
		}
	}
	for topic, want := range map[code]code{"lesepate": "schule-kita", "queer": "soziales", "open-data": "lokales", "sport": "sport", "vorlesen": "", "": ""} {
		if got := engagement.AreaOf(topic); got != want {
			t.Errorf("area of %q: got %q, want %q", topic, got, want)
		}
	}
}

func TestSearchTermsBelongToOneVocabulary(t *testing.T) {
	owner := map[code]string{}
	for _, v := range []*engagement.Vocabulary{engagement.Areas, engagement.Topics, engagement.TargetGroups} {
		for _, c := range v.Codes() {
			if owner[c] != "" {
				t.Errorf("%s is in %s and in %s: an exclusion could not tell which", c, owner[c], v.Name)
			}
			owner[c] = v.Name
		}
	}
}

func TestFlags(t *testing.T) {
	sensitive, minors, vulnerable := engagement.FlagSensitive, engagement.FlagMinors, engagement.FlagVulnerable
	for _, c := range []struct {
		name string
		v    *engagement.Vocabulary
		flag engagement.Flag
		want []code
	}{
		{"sensitive areas", engagement.Areas, sensitive, []code{"politik", "beruf", "kirche-religion"}},
		{"sensitive topics are those of sensitive areas and three more", engagement.Topics, sensitive, []code{
			"queer", "selbsthilfe", "suchthilfe",
			"interessenvertretung", "wahlhilfe", "menschenrechte", "berufsverband", "gewerkschaft", "gemeindeleben", "kirchenmusik", "religioese-bildung",
		}},
		{"sensitive target groups", engagement.TargetGroups, sensitive, []code{"suchtbetroffene", "lsbtiq"}},
		{"target groups with minors", engagement.TargetGroups, minors, []code{"kinder-0-6", "kinder-6-12", "jugendliche", "familien"}},
		{"vulnerable target groups", engagement.TargetGroups, vulnerable, []code{
			"hochbetagte-pflegebeduerftige", "menschen-mit-behinderung",
			"menschen-mit-demenz", "kranke-angehoerige", "gefluechtete", "wohnungslose", "suchtbetroffene", "straffaellige-opfer",
		}},
		{"reasons of an organization", engagement.DeclineReasons, engagement.FlagOrganization, []code{
			"besetzt", "passt-zeitlich-nicht",
			"voraussetzung-fehlt", "anderes-angebot", "angebot-beendet", "keine-angabe",
		}},
		{"reasons of a volunteer", engagement.DeclineReasons, engagement.FlagVolunteer, []code{"keine-zeit", "zu-weit", "anderes-gefunden", "keine-angabe"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.v.With(c.flag)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("one flagged code among several is enough", func(t *testing.T) {
		if !engagement.TargetGroups.Any(minors, "tiere", "jugendliche") {
			t.Error("young people among the target groups were overlooked")
		}
		if engagement.TargetGroups.Any(minors, "tiere", "aeltere", "gibt-es-nicht") || engagement.TargetGroups.Any(minors) {
			t.Error("minors were found where there are none")
		}
	})
}

func TestNeighborAreas(t *testing.T) {
	t.Run("are mutual and neither sensitive nor the area itself", func(t *testing.T) {
		pairs := 0
		for _, a := range engagement.Areas.Codes() {
			for _, b := range engagement.NeighborAreas(a) {
				pairs++
				if !slices.Contains(engagement.NeighborAreas(b), a) {
					t.Errorf("%s is a neighbor of %s, but not the other way round", b, a)
				}
				if a == b || engagement.Areas.Any(engagement.FlagSensitive, a, b) {
					t.Errorf("%s must not be a neighbor of %s", b, a)
				}
			}
		}
		if pairs != 2*14 {
			t.Errorf("got %d neighbors, want 14 pairs", pairs)
		}
	})
	t.Run("of culture", func(t *testing.T) {
		if diff := cmp.Diff([]code{"freizeit", "jugend-bildung", "lokales"}, engagement.NeighborAreas("kultur")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPassedGatesAreGates(t *testing.T) {
	for _, c := range engagement.PassedGates.Codes() {
		gate, ok := code(string(c)[:len(c)-len("-ok")]), string(c)[len(c)-len("-ok"):] == "-ok"
		if !ok || !engagement.Gates.Has(gate) {
			t.Errorf("%s does not name a gate", c)
		}
		if gate == "access" || gate == "proof" || gate == "excluded" {
			t.Errorf("%s would tell about access needs, proofs or exclusions", c)
		}
	}
}

func TestChoices(t *testing.T) {
	areas := engagement.Areas
	for _, c := range []struct {
		name        string
		codes       []code
		least, most int
		key         string
		args        map[string]any
	}{
		{"a known code is fine", []code{"sport"}, 1, 3, "", nil},
		{"no code is fine if none is needed", nil, 0, 3, "", nil},
		{"too few", nil, 1, 3, "error.choice.few", map[string]any{"n": 1}},
		{"too many", []code{"sport", "kultur", "justiz"}, 1, 2, "error.choice.many", map[string]any{"n": 2}},
		{"unknown codes are named", []code{"sport", "x", "Kultur"}, 1, 2, "error.choice.unknown", map[string]any{"codes": "x, Kultur"}},
		{"an empty code is unknown", []code{""}, 1, 1, "error.choice.unknown", map[string]any{"codes": ""}},
		{"one code twice", []code{"sport", "sport"}, 1, 2, "error.choice.twice", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var bad engagement.Invalids
			bad.Codes("areas", areas, c.codes, c.least, c.most)
			check(t, bad.Err(), "areas", c.key, c.args)
		})
	}
	t.Run("one required code must be there", func(t *testing.T) {
		var bad engagement.Invalids
		bad.Code("mode", engagement.Modes, "", true)
		check(t, bad.Err(), "mode", "error.choice.empty", nil)
	})
	t.Run("one optional code may be empty", func(t *testing.T) {
		var bad engagement.Invalids
		bad.Code("mode", engagement.Modes, "", false)
		bad.Code("mode", engagement.Modes, "online", true)
		check(t, bad.Err(), "", "", nil)
	})
	t.Run("one code must be known", func(t *testing.T) {
		var bad engagement.Invalids
		bad.Code("mode", engagement.Modes, "dort", false)
		check(t, bad.Err(), "mode", "error.choice.unknown", map[string]any{"codes": "dort"})
	})
}

func check(t *testing.T, err error, field, key string, args map[string]any) {
	t.Helper()
	if key == "" {
		if err != nil {
			t.Errorf("got %v, want no failure", err)
		}
		return
	}
	var invalid *engagement.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want an Invalid", err)
	}
	if diff := cmp.Diff(&engagement.Invalid{Field: field, Key: key, Args: args}, invalid); diff != "" {
		t.Error(diff)
	}
}

func TestGrid(t *testing.T) {
	t.Run("a slot is weekday times four plus daypart", func(t *testing.T) {
		for c, want := range map[code]int{"mo-vormittag": 0, "mo-abend": 3, "di-nachmittag": 6, "so-abend": 27, "ferien": 28, "feiertag": 29} {
			if got, unknown := engagement.ParseGrid([]code{c}); got != 1<<want || unknown != nil {
				t.Errorf("%s: got %b, want bit %d (unknown: %v)", c, got, want, unknown)
			}
		}
		if got, want := engagement.Slot("di", "nachmittag"), engagement.Grid(1<<6); got != want {
			t.Errorf("slot: got %b, want %b", got, want)
		}
		if got := engagement.Slot("xx", "nachmittag") | engagement.Slot("di", "nacht"); got != 0 {
			t.Errorf("unknown slot: got %b, want none", got)
		}
	})
	t.Run("unknown codes are given back", func(t *testing.T) {
		got, unknown := engagement.ParseGrid([]code{"di-nacht", "do-mittag", ""})
		if diff := cmp.Diff([]code{"di-nacht", ""}, unknown); diff != "" || !slices.Equal(got.Codes(), []code{"do-mittag"}) {
			t.Errorf("got %v, unknown %v", got.Codes(), unknown)
		}
	})
	t.Run("all 28 slots and two flags", func(t *testing.T) {
		all := engagement.AllSlots | engagement.SchoolHolidays | engagement.PublicHolidays
		if len(all.Codes()) != 30 || all.Slots() != 28 {
			t.Errorf("got %d codes, %d slots", len(all.Codes()), all.Slots())
		}
	})
	t.Run("codes and bits are the same thing", rapid.MakeCheck(func(t *rapid.T) {
		g := engagement.Grid(rapid.Uint32Range(0, 1<<30-1).Draw(t, "grid"))
		h := engagement.Grid(rapid.Uint32Range(0, 1<<30-1).Draw(t, "other"))
		back, unknown := engagement.ParseGrid(g.Codes())
		if back != g || unknown != nil {
			t.Fatalf("got %b and unknown %v, want %b", back, unknown, g)
		}
		if flags := len((g &^ engagement.AllSlots).Codes()); len(g.Codes()) != g.Slots()+flags {
			t.Fatalf("%d codes are not %d slots and %d flags", len(g.Codes()), g.Slots(), flags)
		}
		if !(g | h).Has(g) || g.Has(h) != (g|h == g) {
			t.Fatalf("%b has %b: got %v", g, h, g.Has(h))
		}
	}))
	t.Run("dayparts cover the day from 8 to 22 without a gap", func(t *testing.T) {
		at := 8
		for _, d := range engagement.Dayparts.Codes() {
			from, until := engagement.DaypartHours(d)
			if from != at || until <= from {
				t.Errorf("%s: got %d–%d, want it to begin at %d", d, from, until, at)
			}
			at = until
		}
		if at != 22 {
			t.Errorf("the day ends at %d, want 22", at)
		}
	})
	for _, c := range []struct {
		name    string
		filters []code
		want    []code
	}{
		{"weekend evenings", []code{"wochenende", "abend"}, []code{"sa-abend", "so-abend"}},
		{"weekday mornings and evenings, and in the holidays", []code{"werktags", "vormittag", "abend", "ferien"}, []code{
			"mo-vormittag", "mo-abend", "di-vormittag", "di-abend", "mi-vormittag", "mi-abend", "do-vormittag", "do-abend", "fr-vormittag", "fr-abend", "ferien",
		}},
		{"a whole weekend", []code{"wochenende"}, []code{"sa-vormittag", "sa-mittag", "sa-nachmittag", "sa-abend", "so-vormittag", "so-mittag", "so-nachmittag", "so-abend"}},
		{"noon of every day", []code{"mittag"}, []code{"mo-mittag", "di-mittag", "mi-mittag", "do-mittag", "fr-mittag", "sa-mittag", "so-mittag"}},
		{"only holidays", []code{"ferien"}, []code{"ferien"}},
		{"nothing known", []code{"nachts"}, nil},
	} {
		t.Run("a visitor asks for "+c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, engagement.FilterGrid(c.filters).Codes()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("every time filter does something", func(t *testing.T) {
		for _, f := range engagement.TimeFilters.Codes() {
			if engagement.FilterGrid([]code{f}) == 0 {
				t.Errorf("%s does nothing", f)
			}
		}
	})
}

func TestNumbersBehindCodes(t *testing.T) {
	t.Run("every way of travel has a default radius, no smaller in the country", func(t *testing.T) {
		for _, c := range engagement.Travels.Codes() {
			town, rural := engagement.DefaultRadiusKM(c, false), engagement.DefaultRadiusKM(c, true)
			if town < 1 || rural < town {
				t.Errorf("%s: got %v and %v km", c, town, rural)
			}
		}
		if got := engagement.DefaultRadiusKM("rad", true); got != 8 {
			t.Errorf("bicycle in the country: got %v km, want 8", got)
		}
	})
	t.Run("age bands follow one another without a gap", func(t *testing.T) {
		for _, v := range []*engagement.Vocabulary{engagement.AgeBands, engagement.RequestAges} {
			next := -1
			for _, c := range v.Codes() {
				youngest, oldest, known := engagement.Ages(c)
				if !known || oldest < youngest || next >= 0 && youngest != next {
					t.Errorf("%s %s: got %d–%d (known: %v), want it to begin at %d", v.Name, c, youngest, oldest, known, next)
				}
				next = oldest + 1
			}
		}
		if _, _, known := engagement.Ages(""); known {
			t.Error("no answer has an age")
		}
	})
	for _, c := range []struct {
		taxType code
		year    int
		euros   int
		ok      bool
	}{
		{"uebungsleiter", 2026, 3300, true},
		{"ehrenamtspauschale", 2026, 960, true},
		{"betreuer", 2026, 3300, true},
		{"ehrenamtspauschale", 2025, 840, true},
		{"uebungsleiter", 2031, 3300, true},
		{"uebungsleiter", 2020, 0, false},
		{"keine", 2026, 0, false},
	} {
		t.Run("tax limit of "+string(c.taxType), func(t *testing.T) {
			euros, law, ok := engagement.TaxLimit(c.taxType, c.year)
			if euros != c.euros || ok != c.ok || ok != (law != "") {
				t.Errorf("%d: got %d € (%q, %v), want %d € (%v)", c.year, euros, law, ok, c.euros, c.ok)
			}
		})
	}
}
