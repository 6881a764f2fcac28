package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

func german(t *testing.T) labels {
	t.Helper()
	l, err := readLabels("../../../web/locale/de/codes.json")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var small = size{people: 80, offers: 150, organizations: 60}

func TestSuggestionsOfASmallWorldHold(t *testing.T) {
	l := german(t)
	for _, dist := range []distribution{town, rural} {
		t.Run(dist.name, func(t *testing.T) {
			s := examine(generate(11, dist, small), l)
			if s.suggested == 0 || s.counted < small.people/3 {
				t.Fatalf("%d suggestions, %d people with anything relevant: nothing is measured", s.suggested, s.counted)
			}
			for what, got := range map[string]int{
				"broken constraints": s.violations, "wrong explanations": s.unfaithful, "suggestions without an explanation": s.unnamed,
				"exclusions without a reason": s.unexplained, "orders changed by an unrelated edit": s.unstable,
				"orders changed by the order of the input": s.nonUnique,
			} {
				if got != 0 {
					t.Errorf("%s: got %d, want 0 (%v)", what, got, s.broken)
				}
			}
			for _, b := range baselines {
				if by := lead(1, s.of[ours], s.of[b.name]); by.value <= 0 {
					t.Errorf("nDCG@10 against %s: %+.1f %%, want more", b.name, 100*by.value)
				}
			}
			if s.threeAll <= s.threeOwn {
				t.Errorf("people with three good opportunities: %d federated, %d in their own instance, want more", s.threeAll, s.threeOwn)
			}
		})
	}
}

func TestAttentionReachesMoreOpportunities(t *testing.T) {
	w := generate(11, rural, full)
	with, without := w.simulate(true), w.simulate(false)
	if float64(with.reached()) < 1.08*float64(without.reached()) || gini(with.contacts) > gini(without.contacts)-.02 {
		t.Errorf("with attention %d opportunities have a contact, Gini %.3f; without %d, Gini %.3f", with.reached(), gini(with.contacts), without.reached(), gini(without.contacts))
	}
	if float64(with.total()) < .98*float64(without.total()) {
		t.Errorf("with attention there are %d contacts, without %d", with.total(), without.total())
	}
}

// The demo prints the line that is read here; its own test runs the whole of it.
func TestTheLineOfTheDemoAboutPersonalDataIsUnderstood(t *testing.T) {
	check, err := os.ReadFile("../../../cmd/seestern/demo_check.go")
	if err != nil {
		t.Fatal(err)
	}
	name, says := "no personal byte left B so far", "0 of %d recorded requests and answers hold"
	if !strings.Contains(string(check), name) || !strings.Contains(string(check), says) {
		t.Fatalf("demo_check.go has no step %q that says %q", name, says)
	}
	match := privacy.FindStringSubmatch(" 9 ok   " + name + ": " + fmt.Sprintf(says, 159) + " a name")
	if match == nil || match[2] != "0" {
		t.Errorf("understood as %q", match)
	}
}

func TestGoldSetIsCompleteAndNoGateKeepsAGoodPairOut(t *testing.T) {
	w := goldWorld()
	pairs, of, err := readGold(w)
	if err != nil {
		t.Fatal(err)
	}
	if of != fingerprint() {
		t.Errorf("gold.tsv was judged for %s, drawn is %s", of, fingerprint())
	}
	seen := map[[2]int]bool{}
	for _, p := range pairs {
		if seen[[2]int{p.person, p.offer}] || p.reason == "" {
			t.Errorf("volunteer %d with opportunity %d: judged twice or without a reason", p.person, p.offer)
		}
		seen[[2]int{p.person, p.offer}] = true
	}
	if len(seen) != goldPeople*goldCandidates {
		t.Errorf("got %d judgements, want %d", len(seen), goldPeople*goldCandidates)
	}
	g := judgeGold(w, pairs, german(t))
	if len(g.excluded) > 0 || g.good < 50 {
		t.Errorf("of %d good pairs gates keep out %v", g.good, g.excluded)
	}
	for _, b := range baselines {
		if by := lead(1, g.of[ours], g.of[b.name]); by.value <= 0 {
			t.Errorf("nDCG@10 against %s: %+.1f %%, want more", b.name, 100*by.value)
		}
	}
	if plain, _ := kappa(g.first, g.second); plain < .6 {
		t.Errorf("κ of the two passes is %.2f", plain)
	}
}

func TestTheSameSeedDrawsTheSameWorld(t *testing.T) {
	a, b, c := generate(5, rural, small), generate(5, rural, small), generate(6, rural, small)
	titles := func(w *world) (list []string) {
		for _, f := range w.offers {
			list = append(list, f.told.Title+string(f.told.Commitment))
		}
		for _, p := range w.people {
			list = append(list, p.place+grid(p.told.Grid))
		}
		return list
	}
	if !slices.Equal(titles(a), titles(b)) || slices.Equal(titles(a), titles(c)) {
		t.Error("the seed does not decide about the world")
	}
	if want := small.offers + small.offers/20; len(a.offers) != want {
		t.Errorf("got %d opportunities with fakes, want %d", len(a.offers), want)
	}
}

func TestFullWorldHasTheSharesThatWereAskedFor(t *testing.T) {
	w := generate(1, town, full)
	reach, hard, empty := 0, 0, 0
	for _, p := range w.people {
		if w.reaches(p) {
			reach++
		}
		if len(p.access) > 0 || len(p.refuses) > 0 {
			hard++
		}
		if p.told.Grid == 0 {
			empty++
		}
	}
	for what, share := range map[string]struct{ got, want float64 }{
		"reach a neighbor's opportunity": {float64(reach) / 600, .12}, "hard access or proof": {float64(hard) / 600, .10}, "no times told": {float64(empty) / 600, .15},
	} {
		if math.Abs(share.got-share.want) > .035 {
			t.Errorf("%s: got %.3f, want about %.2f", what, share.got, share.want)
		}
	}
}

func TestMeasuresOfKnownLists(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("%s: got %.5f, want %.5f", what, got, want)
		}
	}
	s, _ := measure([]int{0, 3, 1}, []int{3, 1, 0, 2})
	near("nDCG", s.ndcg, (7/math.Log2(3)+1/math.Log2(4))/(7+3/math.Log2(3)+1/math.Log2(4)))
	near("P@5", s.p5, .2)
	near("MRR", s.mrr, .5)
	if _, counts := measure([]int{0}, []int{0, 0}); counts {
		t.Error("where nothing is relevant, an order counts")
	}
	near("Gini of equals", gini([]int{2, 2, 2}), 0)
	near("Gini of one who has all", gini([]int{0, 0, 0, 8}), .75)
	plain, weighted := kappa([]int{0, 0, 1, 1}, []int{0, 1, 1, 1})
	near("κ", plain, .5)
	near("weighted κ", weighted, .5)
	all := bootstrap(1, 50, func(which []int) float64 { return mean(slices.Repeat([]float64{0, 1}, 25), which) })
	near("mean", all.value, .5)
	if !(all.low > .3 && all.low < .5 && all.high > .5 && all.high < .7) {
		t.Errorf("interval of 50 coins: %v", all)
	}
}

// matched is a pair that breaks nothing.
func matched() (engagement.Profile, engagement.Opportunity) {
	home := at(52.4586, 13.5815)
	p := engagement.Profile{
		Home: home, RadiusKM: 2, AgeBand: "27-59", Licenses: held("juleica"), Skills: []engagement.Skill{{Code: "instrument"}},
		Languages: []engagement.LanguageSkill{{Code: "de", Level: "B2"}}, AccessNeeds: []engagement.AccessNeed{{Code: "aufzug", Hard: true}},
	}
	o := engagement.Opportunity{
		State: engagement.Published, Published: now, Mode: "vor-ort", Places: []engagement.Place{{Point: home, Centroid: home}}, Topics: codes{"museum"},
		Capacity: 2, MinAge: 18, Licenses: codes{"juleica"}, Languages: []engagement.LanguageNeed{{Code: "de", Level: "B1"}},
		Skills: []engagement.SkillNeed{{Code: "instrument", Mandatory: true}}, Access: map[code]code{"aufzug": "ja"},
	}
	return p, o
}

func TestBrokenConstraintsAreSeen(t *testing.T) {
	type (
		profile     = *engagement.Profile
		opportunity = *engagement.Opportunity
		facts       = *matching.Facts
	)
	for _, tc := range []struct {
		rule   string
		breaks func(profile, opportunity, facts)
	}{
		{"", func(profile, opportunity, facts) {}},
		{"hidden", func(_ profile, _ opportunity, f facts) { f.Visible = false }},
		{"not open", func(_ profile, o opportunity, _ facts) { o.State = engagement.Paused }},
		{"over", func(_ profile, o opportunity, _ facts) { o.EndsOn = date(-1) }},
		{"stale", func(_ profile, o opportunity, _ facts) { o.Published = now.AddDate(0, 0, -91) }},
		{"full", func(_ profile, o opportunity, _ facts) { o.Taken = 2 }},
		{"too young", func(p profile, _ opportunity, _ facts) { p.AgeBand = "16-17" }},
		{"too far", func(p profile, _ opportunity, _ facts) { p.Home = at(52.43, 13.5815) }},
		{"language", func(p profile, _ opportunity, _ facts) { p.Languages[0].Level = "A2" }},
		{"license", func(p profile, _ opportunity, _ facts) { p.Licenses = held("trainer-c") }},
		{"license", func(p profile, _ opportunity, _ facts) { p.Licenses[0].Until = date(-1) }},
		{"skill", func(p profile, _ opportunity, _ facts) { p.Skills[0].Code = "holz" }},
		{"proof", func(p profile, o opportunity, _ facts) {
			p.Excluded.Proofs, o.Proofs = codes{"masernschutz"}, codes{"masernschutz"}
		}},
		{"excluded", func(p profile, _ opportunity, _ facts) { p.Excluded.Areas = codes{"kultur"} }},
		{"access", func(_ profile, o opportunity, _ facts) { o.Access = map[code]code{"aufzug": "nein"} }},
	} {
		p, o := matched()
		f := matching.Facts{Visible: true}
		tc.breaks(&p, &o, &f)
		if got := broken(&p, matching.Candidate{Opportunity: &o, Facts: f}, 16, false); got != tc.rule {
			t.Errorf("got %q, want %q", got, tc.rule)
		}
	}
}

func TestWrongExplanationsAreSeen(t *testing.T) {
	p, o := matched()
	p.Topics, p.Activities, o.Activities = codes{"museum"}, codes{"vorlesen"}, codes{"recht"}
	p.Grid, o.Grid = gridOf(codes{"mo-abend"}), gridOf(codes{"mo-abend"})
	m := matching.New(matching.Default(), p, now)
	r := m.Assess(matching.Candidate{Opportunity: &o, Facts: matching.Facts{Visible: true}})
	e := m.Explain(&r)
	if wrong := unfaithful(&p, &r, e); wrong != "" {
		t.Fatalf("right explanation %+v: %s", e, wrong)
	}
	for what, spoil := range map[string]func(*matching.Result, *matching.Explanation){
		"a sum that is not the fit":    func(r *matching.Result, _ *matching.Explanation) { r.Fit += .01 },
		"a topic that nobody wished":   func(_ *matching.Result, e *matching.Explanation) { e.Pro[0].Codes = codes{"hospiz"} },
		"a reason that is left out":    func(_ *matching.Result, e *matching.Explanation) { e.Contra = nil },
		"a reason of another kind":     func(_ *matching.Result, e *matching.Explanation) { e.Contra[0].Key = "contra.target" },
		"a smaller one before a large": func(_ *matching.Result, e *matching.Explanation) { e.Pro = e.Pro[1:] },
		"a distance that is not so":    func(_ *matching.Result, e *matching.Explanation) { e.Pro[2].KM++ },
	} {
		r, e := r, m.Explain(&r)
		spoil(&r, &e)
		if unfaithful(&p, &r, e) == "" {
			t.Errorf("%s goes through: %+v", what, e)
		}
	}
}

// The figures are those of the scheme, by hand.
func TestTaxonomyScoreOfAKnownPair(t *testing.T) {
	home := at(50.776, 6.084)
	p := engagement.Profile{Home: home, RadiusKM: 10, AgeBand: "27-59", Areas: codes{"kultur", "sport"}, Activities: codes{"vorlesen"}, Commitments: codes{"einmalig"}}
	offer := func(id engagement.ID, change func(*engagement.Opportunity)) matching.Candidate {
		o := engagement.Opportunity{
			ID: id, State: engagement.Published, Published: now, Areas: codes{"kultur"}, Activities: codes{"vorlesen"}, Commitment: "regelmaessig", Mode: "vor-ort",
			Places: []engagement.Place{{Point: geo.Point{Lat: home.Lat + .045, Lon: home.Lon}, Precision: "genau"}},
		}
		change(&o)
		return matching.Candidate{Opportunity: &o, Facts: matching.Facts{Visible: true}}
	}
	s := &seeker{profile: &p, candidates: []matching.Candidate{
		offer("adults-only-unknown-age", func(o *engagement.Opportunity) { o.MinAge = 30 }), // 27 is in the band: gated
		offer("known", func(*engagement.Opportunity) {}),
		offer("remote", func(o *engagement.Opportunity) { o.Mode, o.Areas = "online", codes{"justiz"} }),
	}}
	// known: (1.5·.75 + 1.5·1 + 0) / 4.2 = .625, proximity 1 − 5.004/10 = .4996; remote: 1.5/4.2 = .3571, .9.
	if got := taxonomyScore(s); !slices.Equal(got, []int{2, 1}) {
		t.Errorf("order: got %v, want the remote one, then the known one, and not the gated one", got)
	}
	if near := s.proximity(1); math.Abs(near-.4996) > .001 {
		t.Errorf("proximity: got %.4f, want .4996", near)
	}
	p.RadiusKM = 40 // proximity .875: now the known one leads
	if got := taxonomyScore(s); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("order in a wide radius: got %v", got)
	}
}

func TestTextSearchFindsTheWordsOfTheProfile(t *testing.T) {
	l := german(t)
	w := generate(1, town, full)
	p := engagement.Profile{Topics: codes{"tierheim"}}
	s := &seeker{profile: &p, candidates: w.candidates(0, false), texts: w.index(l), labels: l}
	best := textSearch(s)[0]
	if got := s.candidates[best].Opportunity.Title; got != "Tiere füttern im Tierheim" {
		t.Errorf("first for Tierheim: %q", got)
	}
}

func TestMotivesAreKnownForEveryTopic(t *testing.T) {
	for _, topic := range engagement.Topics.Codes() {
		if motivesOf(topic) == [motives]float64{} {
			t.Errorf("nothing moves people to %s", topic)
		}
	}
	if extra := slices.DeleteFunc(slices.Collect(maps.Keys(movedBy)), engagement.Topics.Has); len(extra) > 0 {
		t.Errorf("unknown topics %v", extra)
	}
}

func TestTasksUseKnownCodes(t *testing.T) {
	for _, task := range tasks {
		for v, list := range map[*engagement.Vocabulary]codes{
			engagement.Topics: task.topics, engagement.Areas: task.areas, engagement.Activities: task.activities, engagement.TargetGroups: task.groups,
			engagement.Skills: slices.Concat(task.required, task.mandatory, task.helpful), engagement.Licenses: task.licenses,
			engagement.Proofs: task.proofs, engagement.Commitments: task.commitments, engagement.TeamSizes: {task.team}, engagement.Guidances: {task.guidance},
		} {
			for _, c := range list {
				if !v.Has(c) {
					t.Errorf("%s: %s has no %s", task.title, v.Name, c)
				}
			}
		}
	}
	for _, p := range personas {
		for v, list := range map[*engagement.Vocabulary]codes{
			engagement.Topics: p.topics, engagement.Activities: p.activities, engagement.TargetGroups: p.groups, engagement.Skills: p.skills,
			engagement.Licenses: p.licenses, engagement.Travels: p.travels,
		} {
			for _, c := range list {
				if !v.Has(c) {
					t.Errorf("%s: %s has no %s", p.name, v.Name, c)
				}
			}
		}
	}
}

func TestTheIntervalOfAMean(t *testing.T) {
	var values []float64
	for i := range fairSeeds {
		values = append(values, float64(i+1))
	}
	got := spread(values) // standard deviation 5.9161, of the mean 1.3229
	for what, values := range map[string][2]float64{"mean": {got.value, 10.5}, "low": {got.low, 10.5 - 2.7688}, "high": {got.high, 10.5 + 2.7688}} {
		if math.Abs(values[0]-values[1]) > .001 {
			t.Errorf("%s: got %.4f, want %.4f", what, values[0], values[1])
		}
	}
}
