package matching_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

type (
	codes       = []engagement.Code
	profile     = engagement.Profile
	opportunity = engagement.Opportunity
)

var now = time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)

var (
	friedrichshagen = geo.Point{Lat: 52.4574, Lon: 13.6236}
	koepenick       = geo.Point{Lat: 52.4455, Lon: 13.5745} // 3.581 km from Friedrichshagen
	aachen          = geo.Point{Lat: 50.7763, Lon: 6.0836}
)

// volunteer is the person of the worked example.
func volunteer() profile {
	return profile{
		Account: "0195a1b2-0000-7000-8000-000000000001", Home: friedrichshagen, RadiusKM: 5, Travel: "rad",
		Areas: codes{"schule-kita"}, Topics: codes{"lesepate"}, Activities: codes{"vorlesen", "begleiten-besuchen"},
		TargetGroups: codes{"kinder-6-12"}, Grid: slots("di-vormittag", "do-vormittag"),
	}
}

// reading is the opportunity of the worked example.
func reading() opportunity {
	return opportunity{
		ID: "0195a1b2-0000-7000-8000-00000000000a", Organization: "0195a1b2-0000-7000-8000-0000000000f1", State: engagement.Published,
		Areas: codes{"schule-kita"}, Topics: codes{"lesepate"}, Activities: codes{"vorlesen", "organisieren-planen"},
		TargetGroups: codes{"kinder-6-12"}, Grid: slots("di-vormittag"), Mode: "vor-ort", Places: []engagement.Place{at(koepenick)},
		Capacity: 2, Published: now.AddDate(0, 0, -40), Confirmed: now.AddDate(0, 0, -19),
	}
}

func at(p geo.Point) engagement.Place {
	return engagement.Place{Point: p, Centroid: p, Precision: "ortsteil"}
}

func slots(c ...engagement.Code) engagement.Grid {
	grid, unknown := engagement.ParseGrid(c)
	if len(unknown) > 0 {
		panic(unknown)
	}
	return grid
}

func candidate(o opportunity) matching.Candidate {
	return matching.Candidate{Opportunity: &o, Facts: matching.Facts{Visible: true, Asked: true}}
}

// compare assesses the worked example after the changes; nil changes nothing.
func compare(p func(*profile), o func(*opportunity)) (*matching.Matcher, matching.Result) {
	person, offer := volunteer(), reading()
	if p != nil {
		p(&person)
	}
	if o != nil {
		o(&offer)
	}
	m := matching.New(matching.Default(), person, now)
	return m, m.Assess(candidate(offer))
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s: got %.6f, want %.6f", what, got, want)
	}
}

func TestWorkedExample(t *testing.T) {
	m, r := compare(nil, nil)

	near(t, "distance in km", r.KM, 3.581, .0005)
	near(t, "coverage", r.Coverage, .80, 1e-9)
	near(t, "fit", r.Fit, .8567, .00005)
	near(t, "rank value", r.Rank, .8296, .00005)
	near(t, "score of the distance", r.Terms[matching.Distance].Score, .5028, .00005)
	contributions := map[matching.Dimension]float64{
		matching.Topic: .3250, matching.Activity: .1688, matching.Time: .2000, matching.Distance: .0880, matching.Target: .0750,
	}
	for d, term := range r.Terms {
		want, counts := contributions[matching.Dimension(d)]
		if term.Counts != counts {
			t.Errorf("%v counts: got %v, want %v", matching.Dimension(d), term.Counts, counts)
		}
		near(t, fmt.Sprintf("contribution of %v", matching.Dimension(d)), term.Contribution, want, .00005)
	}
	if r.Word != matching.VeryGoodFit {
		t.Errorf("word: got %q, want %q", r.Word, matching.VeryGoodFit)
	}
	if !r.Suggested() {
		t.Errorf("not suggested: %+v", m.WhyNot(r.Candidate))
	}
}

// answers are codes of a vocabulary with now and then one that nobody knows.
func answers(v *engagement.Vocabulary, most int) *rapid.Generator[codes] {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(append(v.Codes(), "andere-angabe")), 0, most, rapid.ID[engagement.Code])
}

// answer is one of them or none.
func answer(v *engagement.Vocabulary) *rapid.Generator[engagement.Code] {
	return rapid.SampledFrom(append(v.Codes(), "", "andere-angabe"))
}

var (
	anyPoint = rapid.SampledFrom([]geo.Point{{}, friedrichshagen, koepenick, {Lat: 52.43, Lon: 13.56}, {Lat: 52.52, Lon: 13.405}, aachen})
	anyGrid  = rapid.Custom(func(t *rapid.T) engagement.Grid {
		return engagement.Grid(rapid.Uint32Range(0, 1<<30-1).Draw(t, "grid"))
	})
	anyLanguage = rapid.SampledFrom([]string{"de", "tr", "gsg"})
)

// held are licenses without an end.
func held(codes ...engagement.Code) (list []engagement.License) {
	for _, c := range codes {
		list = append(list, engagement.License{Code: c})
	}
	return list
}

var anyProfile = rapid.Custom(func(t *rapid.T) profile {
	p := profile{
		Account:      "0195a1b2-0000-7000-8000-000000000001",
		AgeBand:      answer(engagement.AgeBands).Draw(t, "age band"),
		Home:         anyPoint.Draw(t, "home"),
		RadiusKM:     rapid.SampledFrom([]float64{0, 1, 5, 50}).Draw(t, "radius"),
		Travel:       answer(engagement.Travels).Draw(t, "travel"),
		Areas:        answers(engagement.Areas, 3).Draw(t, "areas"),
		Topics:       answers(engagement.Topics, 5).Draw(t, "topics"),
		Activities:   answers(engagement.Activities, 4).Draw(t, "activities"),
		TargetGroups: answers(engagement.TargetGroups, 3).Draw(t, "groups"),
		Learn:        answers(engagement.Skills, 3).Draw(t, "learn"),
		Licenses:     held(answers(engagement.Licenses, 2).Draw(t, "licenses")...),
		Grid:         anyGrid.Draw(t, "times"),
		Commitments:  answers(engagement.Commitments, 2).Draw(t, "commitments"),
		HoursPerWeek: rapid.SampledFrom([]float64{0, 1, 4, 20}).Draw(t, "hours"),
		TeamSizes:    answers(engagement.TeamSizes, 2).Draw(t, "team"),
		Guidance:     answers(engagement.Guidances, 2).Draw(t, "guidance"),
		Taster:       rapid.Bool().Draw(t, "taster"),
		Expenses:     rapid.Bool().Draw(t, "expenses"),
		Sensitive:    rapid.Bool().Draw(t, "consent"),
	}
	for _, c := range answers(engagement.Skills, 4).Draw(t, "skills") {
		p.Skills = append(p.Skills, engagement.Skill{Code: c, Level: answer(engagement.SkillLevels).Draw(t, "level")})
	}
	for _, c := range rapid.SliceOfNDistinct(anyLanguage, 0, 2, rapid.ID[string]).Draw(t, "languages") {
		p.Languages = append(p.Languages, engagement.LanguageSkill{Code: c, Level: answer(engagement.LanguageLevels).Draw(t, "level")})
	}
	for _, c := range answers(engagement.AccessFeatures, 2).Draw(t, "access") {
		p.AccessNeeds = append(p.AccessNeeds, engagement.AccessNeed{Code: c, Hard: rapid.Bool().Draw(t, "hard")})
	}
	if rapid.Bool().Draw(t, "excludes") {
		p.Excluded = engagement.Exclusions{
			Areas: answers(engagement.Areas, 1).Draw(t, "x areas"), Topics: answers(engagement.Topics, 1).Draw(t, "x topics"),
			Activities: answers(engagement.Activities, 1).Draw(t, "x activities"), TargetGroups: answers(engagement.TargetGroups, 1).Draw(t, "x groups"),
			Proofs: answers(engagement.Proofs, 1).Draw(t, "x proofs"),
		}
	}
	return p
})

var anyOpportunity = rapid.Custom(func(t *rapid.T) opportunity {
	day := func(label string, from, to int) time.Time {
		return now.AddDate(0, 0, -rapid.IntRange(from, to).Draw(t, label))
	}
	o := opportunity{
		ID:           engagement.ID(rapid.StringMatching(`[0-9a-f]{8}`).Draw(t, "id")),
		Organization: engagement.ID(rapid.SampledFrom([]string{"o1", "o2", "o3", "o4", "o5", "o6"}).Draw(t, "organization")),
		Origin:       rapid.SampledFrom([]string{"", "", "b.example"}).Draw(t, "origin"),
		State:        rapid.SampledFrom([]engagement.OpportunityState{"published", "published", "published", "filled", "paused"}).Draw(t, "state"),
		Areas:        answers(engagement.Areas, 3).Draw(t, "areas"),
		Topics:       answers(engagement.Topics, 5).Draw(t, "topics"),
		Activities:   answers(engagement.Activities, 4).Draw(t, "activities"),
		TargetGroups: answers(engagement.TargetGroups, 4).Draw(t, "groups"),
		Licenses:     answers(engagement.Licenses, 1).Draw(t, "licenses"),
		Commitment:   answer(engagement.Commitments).Draw(t, "commitment"),
		Rhythm:       answer(engagement.Rhythms).Draw(t, "rhythm"),
		HoursMin:     rapid.SampledFrom([]float64{0, 1, 3}).Draw(t, "least hours"),
		HoursMax:     rapid.SampledFrom([]float64{0, 3, 8}).Draw(t, "most hours"),
		Grid:         anyGrid.Draw(t, "times"),
		AllSlots:     rapid.Bool().Draw(t, "all slots"),
		Mode:         answer(engagement.Modes).Draw(t, "mode"),
		MinAge:       rapid.SampledFrom([]int{0, 0, 12, 14, 16, 18, 21}).Draw(t, "least age"),
		MinorPolicy:  answer(engagement.MinorPolicies).Draw(t, "minors"),
		Proofs:       answers(engagement.Proofs, 2).Draw(t, "proofs"),
		Taster:       rapid.Bool().Draw(t, "taster"),
		TeamSize:     answer(engagement.TeamSizes).Draw(t, "team"),
		Guidance:     answer(engagement.Guidances).Draw(t, "guidance"),
		Expenses:     answer(engagement.Expenses).Draw(t, "expenses"),
		Capacity:     rapid.IntRange(0, 3).Draw(t, "capacity"),
		Taken:        rapid.IntRange(0, 2).Draw(t, "taken"),
		Waitlist:     rapid.Bool().Draw(t, "waitlist"),
		Published:    day("published", 0, 200),
		Confirmed:    day("confirmed", 0, 100),
	}
	for _, p := range rapid.SliceOfN(anyPoint, 0, 2).Draw(t, "places") {
		o.Places = append(o.Places, at(p))
	}
	for _, c := range answers(engagement.Skills, 4).Draw(t, "skills") {
		required := rapid.Bool().Draw(t, "required")
		o.Skills = append(o.Skills, engagement.SkillNeed{
			Code: c, Level: answer(engagement.SkillLevels).Draw(t, "level"), Required: required, Mandatory: required && rapid.Bool().Draw(t, "mandatory"),
		})
	}
	for _, c := range rapid.SliceOfNDistinct(anyLanguage, 0, 2, rapid.ID[string]).Draw(t, "languages") {
		o.Languages = append(o.Languages, engagement.LanguageNeed{Code: c, Level: answer(engagement.LanguageLevels).Draw(t, "level")})
	}
	for _, c := range answers(engagement.AccessFeatures, 4).Draw(t, "access") {
		if o.Access == nil {
			o.Access = map[engagement.Code]engagement.Code{}
		}
		o.Access[c] = answer(engagement.AccessAnswers).Draw(t, "answer")
	}
	return o
})

// related makes the opportunity share some of the person's wishes, which two random drafts rarely do.
func related(t *rapid.T, p profile, o *opportunity) {
	share := func(label string, wished codes, offered *codes) {
		if len(wished) > 0 && rapid.Bool().Draw(t, label) {
			*offered = slices.Concat(wished[:1], *offered)
		}
	}
	share("share area", p.Areas, &o.Areas)
	share("share topic", p.Topics, &o.Topics)
	share("share activity", p.Activities, &o.Activities)
	share("share group", p.TargetGroups, &o.TargetGroups)
	if len(p.Skills) > 0 && rapid.Bool().Draw(t, "share skill") {
		o.Skills = append(o.Skills, engagement.SkillNeed{Code: p.Skills[0].Code, Required: true})
	}
}

var anyFacts = rapid.Custom(func(t *rapid.T) matching.Facts {
	return matching.Facts{
		Visible: rapid.Bool().Draw(t, "visible"), Blocked: rapid.Bool().Draw(t, "blocked"),
		Asked: rapid.Bool().Draw(t, "asked"),
	}
})
