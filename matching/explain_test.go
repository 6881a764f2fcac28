package matching_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

func TestTheWorkedExampleExplainsItself(t *testing.T) {
	m, r := compare(nil, nil)
	want := matching.Explanation{Pro: []matching.Reason{
		{Key: "pro.topic", Vocabulary: "topic", Codes: codes{"lesepate"}},
		{Key: "pro.slots", Grid: slots("di-vormittag")},
		{Key: "pro.activity", Vocabulary: "activity", Codes: codes{"vorlesen"}},
	}}
	if diff := cmp.Diff(want, m.Explain(&r)); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
}

func TestEverySentence(t *testing.T) {
	type (
		person = func(*profile)
		offer  = func(*opportunity)
	)
	only := func(p profile) person { return func(to *profile) { p.Account = to.Account; *to = p } }
	bare := func(o opportunity) offer { // open for everybody and otherwise only as given
		return func(to *opportunity) {
			o.ID, o.State, o.Confirmed, o.Capacity = to.ID, to.State, to.Confirmed, max(1, o.Capacity)
			if o.Mode == "" {
				o.Mode = "online"
			}
			*to = o
		}
	}
	home := profile{Home: friedrichshagen, RadiusKM: 5, Travel: "rad"}
	place := []engagement.Place{at(koepenick)}
	need := func(c, level engagement.Code) []engagement.SkillNeed {
		return []engagement.SkillNeed{{Code: c, Level: level, Required: true, Mandatory: true}}
	}
	required := func(c ...engagement.Code) (needs []engagement.SkillNeed) {
		for _, c := range c {
			needs = append(needs, engagement.SkillNeed{Code: c, Required: true})
		}
		return needs
	}
	km := geo.Distance(friedrichshagen, koepenick)

	seen := map[string]bool{}
	for _, tc := range []struct {
		name string
		p    person
		o    offer
		want matching.Reason
	}{
		{
			"shared topics", only(profile{Topics: codes{"lesepate", "schulweg"}}), bare(opportunity{Topics: codes{"schulweg", "lesepate"}}),
			matching.Reason{Key: "pro.topic", Vocabulary: "topic", Codes: codes{"lesepate", "schulweg"}},
		},
		{
			"shared area", only(profile{Topics: codes{"lesepate"}}), bare(opportunity{Areas: codes{"schule-kita", "sport"}}),
			matching.Reason{Key: "pro.area", Vocabulary: "area", Codes: codes{"schule-kita"}},
		},
		{
			"many neighbours", only(profile{Areas: codes{"freizeit"}}), bare(opportunity{Areas: codes{"sport", "kultur", "soziales"}, Topics: codes{"schulweg"}}),
			matching.Reason{Key: "contra.near", Vocabulary: "area", Codes: codes{"sport", "kultur", "soziales"}},
		},
		{
			"very many neighbours", only(profile{Areas: codes{"freizeit", "gesundheit"}}), bare(opportunity{Areas: codes{"sport", "kultur", "soziales"}, Topics: codes{"feuerwehr"}}),
			matching.Reason{Key: "pro.near", Vocabulary: "area", Codes: codes{"sport", "kultur", "soziales", "rettung-feuerwehr"}},
		},
		{
			"other areas", only(profile{Areas: codes{"sport"}}), bare(opportunity{Topics: codes{"lesepate"}}),
			matching.Reason{Key: "contra.area", Vocabulary: "area", Codes: codes{"schule-kita"}},
		},
		{
			"shared activities", only(profile{Activities: codes{"recht", "vorlesen"}}), bare(opportunity{Activities: codes{"beraten", "vorlesen"}}),
			matching.Reason{Key: "pro.activity", Vocabulary: "activity", Codes: codes{"vorlesen"}},
		},
		{
			"other activities", only(profile{Activities: codes{"recht"}}), bare(opportunity{Activities: codes{"beraten", "andere-angabe"}}),
			matching.Reason{Key: "contra.activity", Vocabulary: "activity", Codes: codes{"beraten"}},
		},
		{
			"skills that are there", only(profile{Skills: []engagement.Skill{{Code: "holz"}, {Code: "metall"}}}), bare(opportunity{Skills: required("holz", "metall", "elektro")}),
			matching.Reason{Key: "pro.skill", Vocabulary: "skill", Codes: codes{"holz", "metall"}},
		},
		{
			"skills that lack", only(profile{Skills: []engagement.Skill{{Code: "holz", Level: "grundkenntnisse"}}}), bare(opportunity{Skills: append(required("elektro"), engagement.SkillNeed{Code: "holz", Level: "profi", Required: true})}),
			matching.Reason{Key: "contra.skill", Vocabulary: "skill", Codes: codes{"holz", "elektro"}},
		},
		{
			"something to learn", only(profile{Learn: codes{"holz", "video"}}), bare(opportunity{Skills: required("holz", "metall")}),
			matching.Reason{Key: "pro.learn", Vocabulary: "skill", Codes: codes{"holz"}},
		},
		{
			"nothing to learn", only(profile{Learn: codes{"video"}}), bare(opportunity{Skills: required("holz", "metall")}),
			matching.Reason{Key: "contra.learn", Vocabulary: "skill", Codes: codes{"holz", "metall"}},
		},
		{
			"common slots", only(profile{Grid: slots("mo-abend", "di-abend")}), bare(opportunity{Grid: slots("di-abend", "mi-abend")}),
			matching.Reason{Key: "pro.slots", Grid: slots("di-abend")},
		},
		{
			"slots without time", only(profile{Grid: slots("mo-abend", "di-abend")}), bare(opportunity{Grid: slots("di-abend", "mi-abend", "do-abend"), AllSlots: true}),
			matching.Reason{Key: "contra.slots", Grid: slots("mi-abend", "do-abend")},
		},
		{
			"times by agreement", only(profile{Grid: slots("mo-abend")}), bare(opportunity{Grid: slots("di-abend"), Commitment: "auf-abruf"}),
			matching.Reason{Key: "pro.flexible", Vocabulary: "commitment", Codes: codes{"auf-abruf"}},
		},
		{
			"the wished commitment", only(profile{Commitments: codes{"kurz", "einmalig"}}), bare(opportunity{Commitment: "einmalig"}),
			matching.Reason{Key: "pro.commitment", Vocabulary: "commitment", Codes: codes{"einmalig"}},
		},
		{
			"another commitment", only(profile{Grid: slots("di-abend"), Commitments: codes{"einmalig"}}), bare(opportunity{Grid: slots("di-abend"), Commitment: "regelmaessig"}),
			matching.Reason{Key: "contra.commitment", Vocabulary: "commitment", Codes: codes{"regelmaessig"}, Wished: codes{"einmalig"}},
		},
		{
			"near", only(home), bare(opportunity{Mode: "vor-ort", Places: place}),
			matching.Reason{Key: "pro.distance", KM: km, RadiusKM: 5, Travel: "rad"},
		},
		{
			"far", only(profile{Home: friedrichshagen, RadiusKM: 3}), bare(opportunity{Mode: "vor-ort", Places: place}),
			matching.Reason{Key: "contra.distance", KM: km, RadiusKM: 3},
		},
		{
			"no way at all", only(home), bare(opportunity{Mode: "zuhause"}),
			matching.Reason{Key: "pro.mode", Vocabulary: "mode", Codes: codes{"zuhause"}},
		},
		{
			"the preferred group", only(profile{TargetGroups: codes{"tiere", "aeltere"}}), bare(opportunity{TargetGroups: codes{"familien", "tiere"}}),
			matching.Reason{Key: "pro.target", Vocabulary: "target_group", Codes: codes{"tiere"}},
		},
		{
			"another group", only(profile{TargetGroups: codes{"aeltere"}}), bare(opportunity{TargetGroups: codes{"familien", "tiere"}}),
			matching.Reason{Key: "contra.target", Vocabulary: "target_group", Codes: codes{"familien", "tiere"}},
		},
		{
			"the team", only(profile{TeamSizes: codes{"tandem"}}), bare(opportunity{TeamSize: "tandem"}),
			matching.Reason{Key: "pro.team", Vocabulary: "team_size", Codes: codes{"tandem"}},
		},
		{
			"another team", only(profile{TeamSizes: codes{"tandem"}}), bare(opportunity{TeamSize: "allein"}),
			matching.Reason{Key: "contra.team", Vocabulary: "team_size", Codes: codes{"allein"}},
		},
		{
			"the guidance", only(profile{Guidance: codes{"eng"}}), bare(opportunity{Guidance: "eng"}),
			matching.Reason{Key: "pro.guidance", Vocabulary: "guidance", Codes: codes{"eng"}},
		},
		{
			"other guidance", only(profile{Guidance: codes{"eng"}}), bare(opportunity{Guidance: "anfangs"}),
			matching.Reason{Key: "contra.guidance", Vocabulary: "guidance", Codes: codes{"anfangs"}},
		},
		{
			"expenses", only(profile{Expenses: true}), bare(opportunity{Expenses: "fahrtkosten"}),
			matching.Reason{Key: "pro.expenses", Vocabulary: "expenses", Codes: codes{"fahrtkosten"}},
		},
		{
			"no expenses", only(profile{Expenses: true}), bare(opportunity{Expenses: "keine"}),
			matching.Reason{Key: "contra.expenses", Vocabulary: "expenses", Codes: codes{"keine"}},
		},
		{"a trial", only(profile{Taster: true}), bare(opportunity{Taster: true}), matching.Reason{Key: "pro.taster"}},
		{"no trial", only(profile{Taster: true}), bare(opportunity{}), matching.Reason{Key: "contra.taster"}},
		{
			"the effort", only(profile{HoursPerWeek: 3}), bare(opportunity{Rhythm: "pro-zwei-wochen", HoursMin: 4}),
			matching.Reason{Key: "pro.effort", Hours: 2, MaxHours: 3},
		},
		{
			"too much effort", only(profile{HoursPerWeek: 3}), bare(opportunity{Rhythm: "pro-woche", HoursMin: 6}),
			matching.Reason{Key: "contra.effort", Hours: 6, MaxHours: 3},
		},

		{"how many places?", only(profile{}), func(o *opportunity) { bare(opportunity{Origin: "b.example"})(o); o.Capacity = 0 }, matching.Reason{Key: "open.capacity"}},
		{"how old are you?", only(profile{}), bare(opportunity{MinAge: 16}), matching.Reason{Key: "open.min-age", Years: 16}},
		{"are you of age?", only(profile{}), bare(opportunity{MinorPolicy: "keine"}), matching.Reason{Key: "open.adult"}},
		{"may minors take part?", only(profile{AgeBand: "16-17"}), bare(opportunity{}), matching.Reason{Key: "open.minor"}},
		{"where do you live?", only(profile{}), bare(opportunity{Mode: "vor-ort", Places: place}), matching.Reason{Key: "open.home"}},
		{"where is it?", only(home), bare(opportunity{Mode: "vor-ort"}), matching.Reason{Key: "open.place"}},
		{
			"how far do you go?", only(profile{Home: friedrichshagen}), bare(opportunity{Mode: "vor-ort", Places: []engagement.Place{at(aachen)}}),
			matching.Reason{Key: "open.radius", KM: geo.Distance(friedrichshagen, aachen)},
		},
		{
			"does one have to be there?", only(home), bare(opportunity{Mode: "andere-angabe", Places: []engagement.Place{at(aachen)}}),
			matching.Reason{Key: "open.mode", KM: geo.Distance(friedrichshagen, aachen)},
		},
		{
			"do you speak it?", only(profile{}), bare(opportunity{Languages: []engagement.LanguageNeed{{Code: "tr", Level: "B1"}}}),
			matching.Reason{Key: "open.language", Vocabulary: "language", Codes: codes{"tr"}, Level: "B1"},
		},
		{
			"what would help is there", only(profile{AccessNeeds: []engagement.AccessNeed{{Code: "aufzug"}}}), bare(opportunity{Mode: "vor-ort", Access: map[engagement.Code]engagement.Code{"aufzug": "ja"}}),
			matching.Reason{Key: "pro.access", Vocabulary: "access", Codes: codes{"aufzug"}},
		},
		{
			"what would help is not there", only(profile{AccessNeeds: []engagement.AccessNeed{{Code: "aufzug"}}}), bare(opportunity{Mode: "vor-ort", Access: map[engagement.Code]engagement.Code{"aufzug": "nein"}}),
			matching.Reason{Key: "contra.access", Vocabulary: "access", Codes: codes{"aufzug"}},
		},
		{
			"do you have it?", only(profile{}), bare(opportunity{Licenses: codes{"juleica", "ersthelfer"}}),
			matching.Reason{Key: "open.license", Vocabulary: "license", Codes: codes{"juleica"}},
		},
		{
			"can you do it?", only(profile{}), bare(opportunity{Skills: need("holz", "profi")}),
			matching.Reason{Key: "open.skill", Vocabulary: "skill", Codes: codes{"holz"}, Level: "profi"},
		},
		{
			"is a proof needed?", only(profile{}), bare(opportunity{Proofs: codes{"fuehrungszeugnis-nach-pruefung"}}),
			matching.Reason{Key: "open.proof", Vocabulary: "proof", Codes: codes{"fuehrungszeugnis-nach-pruefung"}},
		},
		{
			"is there access?", only(profile{AccessNeeds: []engagement.AccessNeed{{Code: "aufzug", Hard: true}}}), bare(opportunity{Mode: "hybrid"}),
			matching.Reason{Key: "open.access", Vocabulary: "access", Codes: codes{"aufzug"}},
		},
		{"what is it about?", only(profile{Areas: codes{"sport"}}), bare(opportunity{}), matching.Reason{Key: "open.topic"}},
		{"what is there to do?", only(profile{Activities: codes{"recht"}}), bare(opportunity{}), matching.Reason{Key: "open.activity"}},
		{"when?", only(profile{Grid: slots("mo-abend"), Commitments: codes{"kurz"}}), bare(opportunity{Commitment: "kurz"}), matching.Reason{Key: "open.slots"}},
		{"for how long?", only(profile{Commitments: codes{"kurz"}}), bare(opportunity{}), matching.Reason{Key: "open.commitment"}},
		{"for whom?", only(profile{TargetGroups: codes{"tiere"}}), bare(opportunity{}), matching.Reason{Key: "open.target"}},
		{"with how many?", only(profile{TeamSizes: codes{"tandem"}}), bare(opportunity{}), matching.Reason{Key: "open.team"}},
		{"with whose help?", only(profile{Guidance: codes{"eng"}}), bare(opportunity{}), matching.Reason{Key: "open.guidance"}},
		{"who pays the way?", only(profile{Expenses: true}), bare(opportunity{}), matching.Reason{Key: "open.expenses"}},
		{"how many hours?", only(profile{HoursPerWeek: 3}), bare(opportunity{}), matching.Reason{Key: "open.effort"}},

		{"closed", nil, func(o *opportunity) { o.State = engagement.Paused }, matching.Reason{Key: "fail.status"}},
		{"full", nil, func(o *opportunity) { o.Taken = 2 }, matching.Reason{Key: "fail.capacity"}},
		{"too young", only(profile{AgeBand: "16-17"}), bare(opportunity{MinAge: 18}), matching.Reason{Key: "fail.min-age", Years: 18}},
		{"not for minors", only(profile{AgeBand: "16-17"}), bare(opportunity{MinorPolicy: "keine"}), matching.Reason{Key: "fail.minor"}},
		{"too far", func(p *profile) { p.RadiusKM = 2 }, nil, matching.Reason{Key: "fail.distance", KM: km}},
		{
			"a language lacks", only(profile{Languages: []engagement.LanguageSkill{{Code: "tr", Level: "A1"}}}), bare(opportunity{Languages: []engagement.LanguageNeed{{Code: "tr", Level: "B1"}}}),
			matching.Reason{Key: "fail.language", Vocabulary: "language", Codes: codes{"tr"}, Level: "B1"},
		},
		{
			"a license lacks", only(profile{Licenses: held("ersthelfer")}), bare(opportunity{Licenses: codes{"ersthelfer", "juleica"}}),
			matching.Reason{Key: "fail.license", Vocabulary: "license", Codes: codes{"juleica"}},
		},
		{
			"a skill lacks", only(profile{Skills: []engagement.Skill{{Code: "metall"}}}), bare(opportunity{Skills: need("holz", "")}),
			matching.Reason{Key: "fail.license", Vocabulary: "skill", Codes: codes{"holz"}},
		},
		{
			"a proof is excluded", only(profile{Excluded: engagement.Exclusions{Proofs: codes{"masernschutz"}}}), bare(opportunity{Proofs: codes{"masernschutz"}}),
			matching.Reason{Key: "fail.proof", Vocabulary: "proof", Codes: codes{"masernschutz"}},
		},
		{
			"a group is excluded", only(profile{Excluded: engagement.Exclusions{TargetGroups: codes{"tiere"}}}), bare(opportunity{TargetGroups: codes{"tiere"}}),
			matching.Reason{Key: "fail.excluded", Vocabulary: "target_group", Codes: codes{"tiere"}},
		},
		{
			"no access", only(profile{AccessNeeds: []engagement.AccessNeed{{Code: "aufzug", Hard: true}}}), bare(opportunity{Mode: "hybrid", Access: map[engagement.Code]engagement.Code{"aufzug": "nein"}}),
			matching.Reason{Key: "fail.access", Vocabulary: "access", Codes: codes{"aufzug"}},
		},
	} {
		t.Run(tc.want.Key+": "+tc.name, func(t *testing.T) {
			m, r := compare(tc.p, tc.o)
			e := m.Explain(&r)
			all := slices.Concat(e.Pro, e.Contra, e.Open, m.WhyNot(r.Candidate))
			i := slices.IndexFunc(all, func(reason matching.Reason) bool { return reason.Key == tc.want.Key })
			if i < 0 {
				t.Fatalf("got %+v, want %+v among them", all, tc.want)
			}
			if diff := cmp.Diff(tc.want, all[i], cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Errorf("reason (-want +got):\n%s", diff)
			}
			seen[tc.want.Key] = true
		})
	}
	for _, grid := range []engagement.Grid{0, slots("mo-abend"), slots("di-nachmittag")} {
		o := reading()
		c := candidate(o)
		c.Shifts = []engagement.ShiftTime{shiftAt(0, 14, 18)}
		m := matching.New(matching.Default(), profile{Grid: grid}, now)
		r := m.Assess(c)
		e := m.Explain(&r)
		for _, reason := range slices.Concat(e.Pro, e.Contra, e.Open, m.WhyNot(c)) {
			seen[reason.Key] = true
		}
	}
	hidden, o := matching.New(matching.Default(), volunteer(), now), reading()
	for _, reason := range hidden.WhyNot(matching.Candidate{Opportunity: &o, Facts: matching.Facts{Blocked: true}}) {
		seen[reason.Key] = true
	}
	for _, key := range matching.Keys {
		if !seen[key] {
			t.Errorf("key %s was never seen", key)
		}
	}
}

func TestUnknownGatesComeBeforeOpenDimensionsAndTheHeavyBeforeTheLight(t *testing.T) {
	for _, tc := range []struct {
		name string
		p    profile
		o    opportunity
		want []string
	}{
		{"dimensions by weight", profile{TargetGroups: codes{"tiere"}, Grid: slots("mo-abend"), Areas: codes{"sport"}}, opportunity{Mode: "online"}, []string{"open.topic", "open.slots"}},
		{"a gate first", profile{Areas: codes{"sport"}, Grid: slots("mo-abend"), AgeBand: "16-17"}, opportunity{Mode: "online"}, []string{"open.minor", "open.topic"}},
		{"the same question once", profile{Home: friedrichshagen, RadiusKM: 5, TargetGroups: codes{"tiere"}}, opportunity{Mode: "vor-ort"}, []string{"open.place", "open.target"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.State, tc.o.Confirmed = engagement.Published, now
			m := matching.New(matching.Default(), tc.p, now)
			r := m.Assess(candidate(tc.o))
			var got []string
			for _, q := range m.Explain(&r).Open {
				got = append(got, q.Key)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// dimensionOf is the dimension that a reason for or against speaks of.
func dimensionOf(key string) matching.Dimension {
	_, name, _ := strings.Cut(key, ".")
	return map[string]matching.Dimension{
		"topic": matching.Topic, "area": matching.Topic, "near": matching.Topic,
		"activity": matching.Activity,
		"skill":    matching.Skill, "learn": matching.Skill,
		"slots": matching.Time, "shift": matching.Time, "flexible": matching.Time, "commitment": matching.Time,
		"distance": matching.Distance, "mode": matching.Distance,
		"target": matching.Target,
		"team":   matching.Frame, "guidance": matching.Frame, "taster": matching.Frame, "expenses": matching.Frame, "access": matching.Frame,
		"effort": matching.Effort,
	}[name]
}

// fitWith is the fit if one dimension had another score.
func fitWith(r matching.Result, d matching.Dimension, score float64) float64 {
	sum, weights := 0.0, 0.0
	r.Terms[d].Score = score
	for _, t := range r.Terms {
		if t.Counts {
			sum, weights = sum+t.Weight*t.Score, weights+t.Weight
		}
	}
	return sum / weights
}

func TestExplanationsAreFaithful(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, o := anyProfile.Draw(t, "profile"), anyOpportunity.Draw(t, "opportunity")
		related(t, p, &o)
		m := matching.New(matching.Default(), p, now)
		r := m.Assess(shifted(t, o))
		e := m.Explain(&r)
		if len(e.Pro) > 3 || len(e.Contra) > 2 || len(e.Open) > 2 {
			t.Errorf("too much: %d for, %d against, %d open", len(e.Pro), len(e.Contra), len(e.Open))
		}
		for _, reason := range slices.Concat(e.Pro, e.Contra, e.Open, m.WhyNot(r.Candidate)) {
			if !slices.Contains(matching.Keys, reason.Key) {
				t.Errorf("%q has no sentence", reason.Key)
			}
			if strings.HasPrefix(reason.Key, "pro.") && reason.Vocabulary != "" && len(reason.Codes) == 0 {
				t.Errorf("%q names nothing", reason.Key)
			}
		}

		check := func(list string, reasons []matching.Reason, most int, size func(matching.Term) float64, kind func(matching.Term) bool, better func(matching.Dimension) bool) {
			named, unnamed := map[matching.Dimension]bool{}, 0
			smallest := 1.0
			for _, reason := range reasons {
				d := dimensionOf(reason.Key)
				if named[d] || !r.Terms[d].Counts {
					t.Errorf("%s: %v is named twice or does not count", list, d)
				}
				if !better(d) {
					t.Errorf("%s: %v makes no difference", list, d)
				}
				named[d] = true
				smallest = min(smallest, size(r.Terms[d]))
			}
			for i, term := range r.Terms {
				if d := matching.Dimension(i); term.Counts && !named[d] && kind(term) {
					unnamed++
					if size(term) > smallest {
						t.Errorf("%s: %v is not named but larger than a named one", list, d)
					}
				}
			}
			if unnamed > 0 && len(reasons) < most {
				t.Errorf("%s: %d are named, %d of the kind are not", list, len(reasons), unnamed)
			}
		}
		check("for", e.Pro, 3, func(t matching.Term) float64 { return t.Weight * t.Score }, func(t matching.Term) bool { return t.Score > .5 },
			func(d matching.Dimension) bool { return fitWith(r, d, 0) < r.Fit })
		check("against", e.Contra, 2, func(t matching.Term) float64 { return t.Weight * (1 - t.Score) }, func(t matching.Term) bool { return t.Score <= .5 },
			func(d matching.Dimension) bool { return fitWith(r, d, 1) > r.Fit })
	})
}
