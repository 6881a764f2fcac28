package matching_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// BenchmarkRank ranks 5,000 opportunities around a volunteer and reports the times of single rankings, preparation of the profile
// included. The aim is p95 ≤ 20 ms on one core.
func BenchmarkRank(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2)) // the same opportunities every time
	some := func(v *engagement.Vocabulary, most int) (out codes) {
		for range 1 + random.IntN(most) {
			out = append(out, v.Terms[random.IntN(len(v.Terms))].Code)
		}
		return out
	}
	cs := make([]matching.Candidate, 5000)
	for i := range cs {
		o := reading()
		o.ID = engagement.ID(fmt.Sprintf("0195a1b2-0000-7000-8000-%012x", i))
		o.Organization = engagement.ID(fmt.Sprintf("0195a1b2-0000-7000-8000-f%011x", random.IntN(1500)))
		o.Areas, o.Topics, o.Activities, o.TargetGroups = some(engagement.Areas, 3), some(engagement.Topics, 5), some(engagement.Activities, 4), some(engagement.TargetGroups, 5)
		o.Commitment, o.Rhythm, o.HoursMin = some(engagement.Commitments, 1)[0], "pro-woche", 2
		o.Grid = engagement.Grid(random.Uint32()) & engagement.AllSlots
		o.Places = []engagement.Place{
			at(geo.Point{Lat: friedrichshagen.Lat + random.NormFloat64()/40, Lon: friedrichshagen.Lon + random.NormFloat64()/25}),
		}
		o.MinAge, o.MinorPolicy, o.Proofs = 16, "ab-16", some(engagement.Proofs, 2)
		o.Languages = []engagement.LanguageNeed{{Code: "de", Level: "B1"}}
		for _, s := range some(engagement.Skills, 4) {
			o.Skills = append(o.Skills, engagement.SkillNeed{Code: s, Required: random.IntN(2) == 0})
		}
		o.Access = map[engagement.Code]engagement.Code{"stufenlos-eingang": "ja"}
		o.TeamSize, o.Expenses, o.Taster = some(engagement.TeamSizes, 1)[0], "fahrtkosten", random.IntN(2) == 0
		o.EndsOn = "2026-12-31"
		o.Confirmed = now.Add(-time.Duration(random.IntN(90*24)) * time.Hour)
		cs[i] = candidate(o)
		cs[i].Facts.Asked = random.IntN(2) == 0
	}
	p := volunteer()
	p.RadiusKM, p.AgeBand, p.HoursPerWeek = 10, "27-59", 3
	p.Areas, p.Topics, p.Activities = some(engagement.Areas, 3), some(engagement.Topics, 5), some(engagement.Activities, 6)
	p.Commitments, p.TeamSizes, p.Taster, p.Expenses = codes{"regelmaessig", "kurz"}, codes{"tandem", "kleingruppe"}, true, true
	p.Skills = []engagement.Skill{{Code: "holz", Level: "sicher"}, {Code: "garten"}, {Code: "texten", Level: "profi"}}
	p.Languages = []engagement.LanguageSkill{{Code: "de", Level: "muttersprache"}, {Code: "en", Level: "B2"}}
	p.AccessNeeds = []engagement.AccessNeed{{Code: "stufenlos-eingang", Hard: true}}
	p.Excluded = engagement.Exclusions{Areas: codes{"politik"}, Proofs: codes{"masernschutz"}}

	var times []time.Duration
	suggested := 0
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		ranking := matching.New(matching.Default(), p, now).Rank(cs)
		times = append(times, time.Since(start))
		suggested = len(ranking.Fitting) + len(ranking.Less)
	}
	slices.Sort(times)
	at := func(share float64) float64 { return times[int(share*float64(len(times)-1))].Seconds() * 1000 }
	b.ReportMetric(at(.50), "p50-ms")
	b.ReportMetric(at(.95), "p95-ms")
	b.ReportMetric(float64(suggested), "suggested")
}
