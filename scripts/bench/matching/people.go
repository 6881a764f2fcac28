package main

import (
	"fmt"
	"math"
	"slices"

	"seestern/engagement"
	"seestern/geo"
)

// latent is what a person is like. The profile tells a part of it, with gaps; relevance is judged by all of it (see utility).
type latent struct {
	age       int
	place     string
	home      geo.Point
	travel    code
	minutes   float64          // ready to spend on the way
	online    float64          // 0–1
	taste     map[code]float64 // by topic, 0–1
	doing     map[code]float64 // by activity, 0–1
	avoids    codes            // target groups
	enjoys    codes            // target groups
	times     engagement.Grid
	bond      float64 // 0: single days, 1: for years
	hours     float64 // a week
	skills    codes
	learns    codes
	licenses  codes
	german    code // level
	company   code // team size one likes, empty: any
	support   bool // needs guidance
	money     bool // cannot bear expenses
	religious bool
	access    codes // needed without exception
	refuses   codes // proofs
	excludes  codes // topics
}

// levels of German, rising.
var levels = codes{"A1", "A2", "B1", "B2", "C1", "C2", "muttersprache"}

func (w *world) drawPerson(d drawing, i int) *person {
	weights := make([]float64, len(personas))
	for k, p := range personas {
		weights[k] = p.town
		if w.dist.rural {
			weights[k] = p.rural
		}
	}
	p := &person{persona: &personas[d.weighted(weights...)]}
	border := d.chance(w.dist.reach)
	for range 60 { // until home and way fit what is wanted; a persona without a car may never reach the border
		p.community = d.weighted(w.dist.communities...)
		w.settle(d, p)
		if w.reaches(p) == border {
			break
		}
	}
	p.like(d)
	p.can(d)
	w.tell(d, p, i)
	return p
}

// settle gives a person a home and a way to travel.
func (w *world) settle(d drawing, p *person) {
	r := communities[p.community].home
	s := drawSpot(d, r)
	p.place, p.home = r.locality(s), s.point
	p.age = p.persona.from + d.IntN(p.persona.to-p.persona.from+1)
	p.travel = pick(d, p.persona.travels)
	if p.age >= 18 && p.persona.name != "adviser-wheelchair" && d.chance(w.dist.cars) {
		p.travel = "auto"
	}
	p.minutes = 1.5 * p.persona.minutes * math.Exp(.3*d.NormFloat64())
}

// ways are speed in km/h and minutes that every way takes beside it.
var ways = map[code]struct{ speed, overhead float64 }{
	"zu-fuss": {4.5, 0}, "rad": {13, 2}, "oepnv": {18, 9}, "auto": {34, 6},
}

// detour is how much longer a way is than the straight line.
const detour = 1.3

// minutesFor is how long a person travels for a straight distance.
func (p *latent) minutesFor(km float64) float64 {
	way := ways[p.travel]
	return km*detour/way.speed*60 + way.overhead
}

// circle is the radius that a person would name: as far as she is ready to go, rounded as people do.
func (p *latent) circle() float64 {
	way := ways[p.travel]
	km := max(.5, (p.minutes-way.overhead)/60*way.speed/detour)
	steps := []float64{1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 50}
	best := steps[0]
	for _, s := range steps {
		if math.Abs(math.Log(s/km)) < math.Abs(math.Log(best/km)) {
			best = s
		}
	}
	return best
}

// reaches says whether an opportunity of the neighbor lies in the person's circle.
func (w *world) reaches(p *person) bool {
	host := communities[p.community].neighbor.host
	return slices.ContainsFunc(w.offers, func(f *offer) bool {
		return f.host == host && !f.gone && len(f.true.Places) > 0 && f.true.Mode != "hybrid" && f.true.Visibility != "instanz" &&
			geo.Distance(p.home, f.true.Places[0].Point) <= p.circle()
	})
}

// like draws tastes: some topics are loved, others are liked as far as they move the same motives.
func (p *person) like(d drawing) {
	loved := some(d, p.persona.topics, 2+d.IntN(3))
	if d.chance(.25) {
		loved = append(loved, pick(d, engagement.Topics.Codes()))
	}
	var heart [motives]float64
	for _, t := range loved {
		for m, x := range motivesOf(t) {
			heart[m] += x
		}
	}
	for m := range heart {
		heart[m] += .3 * math.Abs(d.NormFloat64())
	}
	p.taste = map[code]float64{}
	for _, t := range engagement.Topics.Codes() {
		kin := cosine(heart, motivesOf(t))
		p.taste[t] = kin * kin * d.between(.3, .85)
	}
	for _, t := range loved {
		p.taste[t] = d.between(.8, 1)
	}
	p.doing = map[code]float64{}
	for _, a := range engagement.Activities.Codes() {
		p.doing[a] = d.between(.1, .6)
	}
	for _, a := range some(d, p.persona.activities, 2+d.IntN(3)) {
		p.doing[a] = d.between(.8, 1)
	}
	p.enjoys = some(d, p.persona.groups, 1+d.IntN(2))
	for _, g := range (codes{"wohnungslose", "suchtbetroffene", "straffaellige-opfer", "menschen-mit-demenz", "kinder-0-6", "jugendliche", "kranke-angehoerige"}) {
		if !slices.Contains(p.persona.groups, g) && d.chance(.2) {
			p.avoids = append(p.avoids, g)
		}
	}
}

// can draws time, abilities and conditions.
func (p *person) can(d drawing) {
	share := d.between(.4, .95)
	for _, part := range slotsOf(p.persona.when) {
		for _, s := range part {
			if d.chance(share) {
				p.times |= gridOf(codes{s})
			}
		}
	}
	if p.times == 0 {
		p.times = gridOf(slotsOf(p.persona.when)[0][:1])
	}
	p.bond = min(1, max(0, p.persona.bond+.15*d.NormFloat64()))
	p.hours = max(1, math.Round(p.persona.hours*math.Exp(.3*d.NormFloat64())))
	p.online = min(1, max(0, p.persona.online+.15*d.NormFloat64()))
	p.skills = some(d, p.persona.skills, 1+d.IntN(len(p.persona.skills)))
	if d.chance(.3) {
		p.learns = codes{pick(d, engagement.Skills.Codes())}
	}
	if len(p.persona.licenses) > 0 {
		p.licenses = some(d, p.persona.licenses, d.IntN(len(p.persona.licenses)+1))
	}
	if p.travel == "auto" && !slices.Contains(p.licenses, "fuehrerschein-b") {
		p.licenses = append(p.licenses, "fuehrerschein-b")
	}
	p.german = "muttersprache"
	if p.persona.german != "" {
		p.german = levels[max(0, min(5, slices.Index(levels, p.persona.german)+d.IntN(3)-1))]
	}
	if d.chance(.5) {
		p.company = pick(d, codes{"allein", "tandem", "kleingruppe", "kleingruppe", "grossgruppe"})
	}
	p.support = d.chance(.2 + p.persona.needsSupport)
	p.money = d.chance(.2)
	p.religious = d.chance(p.persona.religious)
	switch { // one in ten cannot do without
	case p.persona.name == "adviser-wheelchair":
		p.access = codes{"stufenlos-eingang"}
		if d.chance(.5) {
			p.access = append(p.access, "rolli-wc")
		}
	case d.chance(.035):
		p.access = codes{pick(d, accessFeatures)}
	case d.chance(.035):
		p.refuses = codes{"fuehrungszeugnis-erweitert", "fuehrungszeugnis-einfach"}
	}
	if d.chance(.15) {
		p.excludes = codes{p.worst()}
	}
}

// worst is the topic a person likes least.
func (p *latent) worst() code {
	all := engagement.Topics.Codes()
	return slices.MinFunc(all, func(a, b code) int {
		switch {
		case p.taste[a] < p.taste[b]:
			return -1
		case p.taste[a] > p.taste[b]:
			return 1
		}
		return 0
	})
}

var bands = []struct {
	from int
	band code
}{{60, "60-plus"}, {27, "27-59"}, {18, "18-26"}, {16, "16-17"}, {14, "14-15"}}

// tell fills in the profile. Every field may stay empty; hard conditions are told.
func (w *world) tell(d drawing, p *person, i int) {
	t := &p.told
	t.Account = engagement.ID(fmt.Sprintf("person-%03d", i))
	says := func(fill func()) {
		if !d.chance(w.dist.unknown) {
			fill()
		}
	}
	says(func() {
		for _, b := range bands {
			if p.age >= b.from {
				t.AgeBand = b.band
				break
			}
		}
	})
	if d.chance(.95) {
		t.Home, t.HomeName = p.home, p.place
	}
	says(func() { t.Travel = p.travel })
	says(func() { t.RadiusKM = p.circle() })
	loved := above(p.taste, engagement.Topics.Codes(), .7)
	says(func() { t.Topics = some(d, loved, 3) })
	says(func() {
		for _, topic := range loved {
			if a := engagement.Topics.Parent(topic); !slices.Contains(t.Areas, a) && len(t.Areas) < 3 && d.chance(.6) {
				t.Areas = append(t.Areas, a)
			}
		}
	})
	says(func() { t.Activities = some(d, above(p.doing, engagement.Activities.Codes(), .7), 4) })
	says(func() { t.TargetGroups = slices.Clone(p.enjoys) })
	says(func() { t.Grid = p.times })
	says(func() { t.Commitments = p.commitments() })
	says(func() { t.HoursPerWeek = p.hours })
	says(func() {
		for _, s := range p.skills {
			t.Skills = append(t.Skills, engagement.Skill{Code: s, Level: pick(d, codes{"", "grundkenntnisse", "sicher", "profi"})})
		}
	})
	t.Learn = p.learns
	says(func() { t.Licenses = held(p.licenses...) })
	p.tellConditions(d)
}

// tellConditions fills in languages, wishes about the frame and what is hard.
func (p *person) tellConditions(d drawing) {
	t := &p.told
	if p.german != "muttersprache" || d.chance(.3) {
		t.Languages = append(t.Languages, engagement.LanguageSkill{Code: "de", Level: p.german})
	}
	for _, l := range []string{"en", "ar", "uk"} {
		if level := p.persona.languages[l]; level != "" && len(t.Languages) > 0 {
			t.Languages = append(t.Languages, engagement.LanguageSkill{Code: l, Level: level})
		}
	}
	if p.company != "" && d.chance(.7) {
		t.TeamSizes = codes{p.company}
	}
	if p.support && d.chance(.6) {
		t.Guidance = codes{"eng", "anfangs"}
	}
	t.Expenses, t.Taster = p.money && d.chance(.7), d.chance(.2)
	for _, a := range p.access {
		t.AccessNeeds = append(t.AccessNeeds, engagement.AccessNeed{Code: a, Hard: true})
	}
	t.Excluded = engagement.Exclusions{Topics: p.excludes, Proofs: p.refuses}
	if len(p.avoids) > 0 && d.chance(.4) {
		t.Excluded.TargetGroups = p.avoids[:1]
	}
	t.Sensitive = d.chance(.6)
}

// held are licenses without an end.
func held(list ...code) (licenses []engagement.License) {
	for _, c := range list {
		licenses = append(licenses, engagement.License{Code: c})
	}
	return licenses
}

// above are the codes with a value over a limit.
func above(values map[code]float64, all codes, limit float64) (list codes) {
	for _, c := range all {
		if values[c] > limit {
			list = append(list, c)
		}
	}
	return list
}

// commitments are what a person would tick.
func (p *latent) commitments() codes {
	var list codes
	for _, c := range engagement.Commitments.Codes() {
		if math.Abs(p.bond-bonds[c]) < .3 {
			list = append(list, c)
		}
	}
	if p.bond > .3 {
		list = append(list, "flexibel")
	}
	slices.Sort(list)
	return slices.Compact(list)
}
