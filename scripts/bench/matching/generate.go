package main

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// now is the instant of every ranking.
var now = time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)

// distribution is what the population looks like.
type distribution struct {
	name        string
	communities []float64        // weights of [communities]
	rural       bool             // which column of [personas] counts
	unknown     float64          // share of fields that were left empty
	reach       float64          // share of volunteers who reach a neighbor's opportunity
	cars        float64          // share of adults who come by car whatever their persona does
	areas       map[code]float64 // factors on [areaShares]
	surprise    float64          // standard deviation of the logarithm of what nobody can know about a pair
}

var (
	town = distribution{name: "town", communities: []float64{.5, .3, .2}, unknown: .15, reach: .12, surprise: .25}
	// rural is the shifted one: other places, people, fields, gaps and chances.
	rural = distribution{
		name: "rural", communities: []float64{.1, .15, .75}, rural: true, unknown: .25, reach: .30, cars: .35, surprise: .35,
		areas: map[code]float64{"rettung-feuerwehr": 3, "kirche-religion": 1.5, "kultur": .7, "lokales": 1.5, "jugend-bildung": .6},
	}
)

// areaShares are the shares of engaged people by area (Freiwilligensurvey 2009, % of people from 14 on).
var areaShares = map[code]float64{
	"sport": 10.1, "kultur": 5.2, "freizeit": 4.6, "soziales": 5.2, "gesundheit": 2.2, "schule-kita": 6.9, "jugend-bildung": 2.6,
	"umwelt-tiere": 2.8, "politik": 2.7, "beruf": 1.8, "kirche-religion": 6.9, "rettung-feuerwehr": 3.1, "justiz": .7, "lokales": 1.9,
}

// size is how much is drawn.
type size struct{ people, offers, organizations int }

var full = size{people: 600, offers: 300, organizations: 120}

// offer is an opportunity as it is and as it was written down.
type offer struct {
	task  *task
	host  string                 // of the instance it lives on
	true  engagement.Opportunity // complete, with the place where it really is
	told  engagement.Opportunity // with gaps
	gone  bool                   // nobody is needed any more
	twin  bool                   // the same as another one from another origin: the platform hides it
	charm float64                // of the organization and its way of asking, around 1
}

// person is a volunteer as she is and as she filled in her profile.
type person struct {
	persona   *persona
	community int
	told      engagement.Profile
	latent
}

// world is one draw.
type world struct {
	seed   uint64
	dist   distribution
	size   size
	people []*person
	offers []*offer
}

// drawing is a source of chance.
type drawing struct{ *rand.Rand }

func (d drawing) chance(p float64) bool { return d.Float64() < p }

func (d drawing) between(a, b float64) float64 { return a + (b-a)*d.Float64() }

// weighted is an index drawn by weights.
func (d drawing) weighted(weights ...float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	x := d.Float64() * sum
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func pick[T any](d drawing, list []T) T { return list[d.IntN(len(list))] }

// some are n different ones, in the order of the list.
func some[T comparable](d drawing, list []T, n int) []T {
	var out []T
	for _, i := range slices.Sorted(slices.Values(d.Perm(len(list))[:min(n, len(list))])) {
		out = append(out, list[i])
	}
	return out
}

// generate draws a world. The same seed, distribution and size give the same world.
func generate(seed uint64, dist distribution, n size) *world {
	w := &world{seed: seed, dist: dist, size: n}
	d := drawing{rand.New(rand.NewPCG(seed, 1))}
	w.drawOffers(d)
	w.injectFakes(d)
	for i := range n.people {
		w.people = append(w.people, w.drawPerson(drawing{rand.New(rand.NewPCG(seed, 1000+uint64(i)))}, i))
	}
	return w
}

// organization is who looks for people.
type organization struct {
	id, name string
	area     code
	host     string
	region   region
	spot     spot
	charm    float64
}

func (w *world) drawOffers(d drawing) {
	var orgs []organization
	for i := range w.size.organizations {
		c := communities[d.weighted(w.dist.communities...)]
		r := c.home
		if d.chance(.2) {
			r = c.neighbor
		}
		area := w.drawArea(d)
		s := drawSpot(d, r)
		orgs = append(orgs, organization{
			id: fmt.Sprintf("org-%03d", i), name: pick(d, tasksIn(area)).by + " " + s.name + " (Demo)", area: area, host: r.host, region: r, spot: s,
			charm: math.Exp(.15 * d.NormFloat64()),
		})
	}
	for i := range w.size.offers {
		o := orgs[i%len(orgs)]
		if i >= len(orgs) { // a few organizations look for many
			o = orgs[int(float64(len(orgs))*math.Pow(d.Float64(), 1.5))]
		}
		w.offers = append(w.offers, w.drawOffer(d, i, o))
	}
}

func (w *world) drawArea(d drawing) code {
	weights := make([]float64, len(engagement.Areas.Terms))
	for i, t := range engagement.Areas.Terms {
		weights[i] = areaShares[t.Code]
		if f, ok := w.dist.areas[t.Code]; ok {
			weights[i] *= f
		}
	}
	return engagement.Areas.Terms[d.weighted(weights...)].Code
}

func tasksIn(area code) (list []*task) {
	for i := range tasks {
		if tasks[i].areasOf()[0] == area {
			list = append(list, &tasks[i])
		}
	}
	return list
}

// areasOf are the areas of a task: that of an explicit list first, then those of its topics.
func (t *task) areasOf() codes {
	areas := codes{}
	for _, topic := range t.topics {
		if a := engagement.Topics.Parent(topic); !slices.Contains(areas, a) {
			areas = append(areas, a)
		}
	}
	for _, a := range t.areas {
		if !slices.Contains(areas, a) {
			areas = append(areas, a)
		}
	}
	return areas[:min(3, len(areas))]
}

func drawSpot(d drawing, r region) spot {
	weights := make([]float64, len(r.spots))
	for i, s := range r.spots {
		weights[i] = s.people
	}
	return r.spots[d.weighted(weights...)]
}

func (r region) locality(s spot) string {
	if r.town == "" {
		return s.name
	}
	return r.town + "-" + s.name
}

func (w *world) drawOffer(d drawing, i int, org organization) *offer {
	t := pick(d, tasksIn(org.area))
	s := org.spot
	if d.chance(.3) {
		s = drawSpot(d, org.region)
	}
	o := engagement.Opportunity{
		ID: engagement.ID(fmt.Sprintf("offer-%03d", i)), Organization: engagement.ID(org.id), Kind: "engagement",
		Title: t.title, Summary: t.text, Description: t.text + " " + org.name, Lang: "de",
		Areas: t.areasOf(), Topics: t.topics, Activities: t.activities, TargetGroups: t.groups,
		Licenses: t.licenses, Proofs: t.proofs, MinAge: t.minAge, MinorPolicy: t.minors,
		TeamSize: t.team, Guidance: t.guidance, Expenses: pick(d, codes{"keine", "fahrtkosten", "fahrtkosten", "alle-auslagen"}),
		Taster: d.chance(.4), Commitment: pick(d, t.commitments), HoursMin: t.hours,
		Mode: t.mode, Visibility: [...]code{"offen", "verbund", "instanz"}[d.weighted(.82, .10, .08)],
		State: engagement.Published, Access: drawAccess(d),
	}
	if o.Mode == "" {
		o.Mode = "vor-ort"
	}
	if o.Mode != "online" {
		p := geo.Point{Lat: s.point.Lat + .004*d.NormFloat64(), Lon: s.point.Lon + .006*d.NormFloat64()}
		o.Places = []engagement.Place{{Point: p, Centroid: p, Precision: "ortsteil", Locality: org.region.locality(s)}}
	}
	o.Grid, o.AllSlots = drawSlots(d, t.when)
	switch o.Commitment {
	case "regelmaessig", "saisonal":
		o.Rhythm = [...]code{"pro-woche", "pro-zwei-wochen", "pro-monat"}[d.weighted(.6, .25, .15)]
	case "einmalig", "kurz":
		o.StartsOn = date(5 + d.IntN(60))
		o.EndsOn = o.StartsOn
		if o.Commitment == "kurz" {
			o.EndsOn = date(75 + d.IntN(20))
		}
	}
	o.Skills = drawNeeds(t)
	if t.language != "" {
		o.Languages = []engagement.LanguageNeed{{Code: "de", Level: t.language}}
	}
	if d.chance(.75) {
		o.Capacity = 1 + d.IntN(5)
		o.Taken = d.IntN(o.Capacity)
	}
	o.Published = now.Add(-time.Duration(d.between(1, 200)*24) * time.Hour)
	o.Confirmed = now.Add(-time.Duration(min(d.between(0, 88), now.Sub(o.Published).Hours()/24)*24) * time.Hour)
	f := &offer{task: t, host: org.host, true: o, charm: org.charm}
	w.age(d, f)
	f.told = f.true
	w.forget(d, &f.told)
	return f
}

func date(days int) engagement.Date {
	return engagement.Date(now.AddDate(0, 0, days).Format("2006-01-02"))
}

// age ends or fills some opportunities.
func (w *world) age(d drawing, f *offer) {
	o := &f.true
	switch d.weighted(.93, .03, .02, .02) {
	case 1:
		o.Capacity = max(1, o.Capacity)
		o.Taken, o.State, o.Waitlist = o.Capacity, engagement.Filled, d.chance(.5)
		f.gone = !o.Waitlist
	case 2:
		o.State, f.gone = engagement.Paused, true
	case 3:
		o.EndsOn, f.gone = date(-1-d.IntN(20)), true
	}
}

// accessFeatures are those that people here need or places state.
var accessFeatures = codes{"stufenlos-eingang", "rolli-wc", "aufzug", "oepnv-nah", "leichte-sprache-moeglich", "ruheraum", "gebaerdensprache-moeglich"}

func drawAccess(d drawing) map[code]code {
	access := map[code]code{}
	for i, f := range accessFeatures {
		access[f] = "nein"
		if d.chance([]float64{.6, .35, .4, .7, .4, .2, .1}[i]) {
			access[f] = "ja"
		}
	}
	return access
}

func drawNeeds(t *task) (needs []engagement.SkillNeed) {
	for _, c := range t.mandatory {
		needs = append(needs, engagement.SkillNeed{Code: c, Required: true, Mandatory: true})
	}
	for _, c := range t.required {
		needs = append(needs, engagement.SkillNeed{Code: c, Required: true})
	}
	for _, c := range t.helpful {
		needs = append(needs, engagement.SkillNeed{Code: c})
	}
	return needs
}

// forget leaves fields empty that nobody filled in. What must be told before publication and what keeps people out stays.
func (w *world) forget(d drawing, o *engagement.Opportunity) {
	for _, empty := range []func(){
		func() { o.Topics = nil }, func() { o.TargetGroups = nil }, func() { o.Grid, o.AllSlots = 0, false }, func() { o.Commitment, o.Rhythm = "", "" },
		func() { o.HoursMin = 0 }, func() { o.TeamSize = "" }, func() { o.Guidance = "" }, func() { o.Expenses = "" }, func() { o.Skills = keepMandatory(o.Skills) },
	} {
		if d.chance(w.dist.unknown) {
			empty()
		}
	}
	o.Access = maps.Clone(o.Access)
	for _, f := range accessFeatures {
		if d.chance(.45) {
			delete(o.Access, f)
		}
	}
}

func keepMandatory(needs []engagement.SkillNeed) (kept []engagement.SkillNeed) {
	for _, n := range needs {
		if n.Mandatory {
			kept = append(kept, n)
		}
	}
	return kept
}

// injectFakes adds what a careless partner sends: one in twenty is stale, a duplicate, or lies elsewhere.
func (w *world) injectFakes(d drawing) {
	real := len(w.offers)
	for i := range real / 20 {
		source := w.offers[d.IntN(real)]
		f := *source
		f.host, f.twin = "fake.seestern.example", false
		f.told.ID = engagement.ID(fmt.Sprintf("fake-%03d", i))
		f.true.ID = f.told.ID
		switch i % 3 {
		case 0:
			f.told.Confirmed = now.AddDate(0, 0, -91-d.IntN(100))
			f.told.Published = f.told.Confirmed
			f.gone = true
		case 1:
			f.twin = true
		case 2:
			f.true.Places = []engagement.Place{{Point: at(48.137, 11.575), Precision: "ortsteil"}}
			if f.true.Mode == "online" {
				f.gone = true
			}
		}
		w.offers = append(w.offers, &f)
	}
}

// patterns are times of the week as weekdays and dayparts.
var patterns = map[string][]string{
	"vormittag":  {"mo-vormittag", "di-vormittag", "mi-vormittag", "do-vormittag", "fr-vormittag"},
	"mittag":     {"mo-mittag", "di-mittag", "mi-mittag", "do-mittag", "fr-mittag"},
	"nachmittag": {"mo-nachmittag", "di-nachmittag", "mi-nachmittag", "do-nachmittag", "fr-nachmittag"},
	"abend":      {"mo-abend", "di-abend", "mi-abend", "do-abend", "fr-abend"},
	"wochenende": {"sa-vormittag", "sa-mittag", "sa-nachmittag", "so-vormittag", "so-mittag", "so-nachmittag"},
	"samstag":    {"sa-vormittag", "sa-mittag", "sa-nachmittag"},
	"sonntag":    {"so-vormittag", "so-mittag", "so-nachmittag"},
	"ferien":     {"ferien"},
}

// slotsOf are all slots of a pattern like "abend-wochenende", by its parts.
func slotsOf(when string) (parts [][]code) {
	for part := range strings.SplitSeq(when, "-") {
		var list []code
		for _, s := range patterns[part] {
			list = append(list, code(s))
		}
		parts = append(parts, list)
	}
	return parts
}

func gridOf(list []code) engagement.Grid {
	g, unknown := engagement.ParseGrid(list)
	if len(unknown) > 0 {
		panic(fmt.Sprintf("unknown slots %v", unknown))
	}
	return g
}

// drawSlots are the times of an opportunity, and whether all of them are needed.
func drawSlots(d drawing, when string) (g engagement.Grid, all bool) {
	if when == "frei" {
		return 0, false
	}
	parts := slotsOf(when)
	for _, part := range parts {
		g |= gridOf(some(d, part, 1+d.IntN(2)))
	}
	return g, g.Slots() > 1 && d.chance(.25)
}

// candidates are the opportunities that a member of a community is offered, as the instance there keeps them: copies have an origin.
// With own, only those of the own instance.
func (w *world) candidates(community int, own bool) []matching.Candidate {
	home := communities[community].home.host
	var list []matching.Candidate
	for i, f := range w.offers {
		if own && f.host != home {
			continue
		}
		o := f.told
		if f.host != home {
			o.Origin = f.host
		}
		visible := !f.twin && (f.host == home || o.Visibility != "instanz")
		d := drawing{rand.New(rand.NewPCG(w.seed, 500_000+uint64(i)))} // what was asked before
		asked := d.chance(.6) && int(d.ExpFloat64()*1.5*f.charm) > 0   // in the last fortnight
		list = append(list, matching.Candidate{Opportunity: &o, Facts: matching.Facts{Visible: visible, Asked: asked}})
	}
	return list
}

// config is how the instance of a community matches.
func (w *world) config(community int) matching.Config {
	c := communities[community]
	return matching.Default().For(engagement.Instance{Rural: c.home.rural, MinorsFrom: c.minorsFrom})
}
