package matching

import (
	"slices"

	"seestern/engagement"
	"seestern/geo"
)

// Dimension is a soft criterion.
type Dimension int

const (
	Topic Dimension = iota
	Activity
	Skill
	Time
	Distance
	Target
	Frame
	Effort

	dimensionCount = iota
)

func (d Dimension) String() string { return dimensions[d].name }

var dimensions = [dimensionCount]struct {
	name     string
	score    func(*pair) score
	about    func(p *pair, pro bool) Reason // of a score that counts; its key without the list
	question func(*pair) string             // of a score that is open; key without the list
}{
	Topic:    {"topic", (*pair).topicScore, (*pair).aboutTopic, asks("topic")},
	Activity: {"activity", (*pair).activityScore, (*pair).aboutActivity, asks("activity")},
	Skill:    {"skill", (*pair).skillScore, (*pair).aboutSkill, nil}, // an opportunity that names no skills asks for none
	Time:     {"time", (*pair).timeScore, (*pair).aboutTime, (*pair).timeQuestion},
	Distance: {"distance", (*pair).distanceScore, (*pair).aboutDistance, asks("place")},
	Target:   {"target", (*pair).targetScore, (*pair).aboutTarget, asks("target")},
	Frame:    {"frame", (*pair).frameScore, (*pair).aboutFrame, (*pair).frameQuestion},
	Effort:   {"effort", (*pair).effortScore, (*pair).aboutEffort, asks("effort")},
}

// score is what a dimension says. The zero score: the person did not answer, or the question does not arise.
type score struct {
	s     float64 // 0–1
	known bool    // both sides answered: s counts
	open  bool    // the person answered, the opportunity not, or only in part
}

func known(s float64) score { return score{s: s, known: true} }

// unanswered is the score of a dimension whose question is open on the opportunity's side.
var unanswered = score{open: true}

// Term is one dimension of the sum.
type Term struct {
	Weight       float64 // of the normalized configuration
	Score        float64 // 0–1
	Contribution float64 // Weight·Score / sum of the weights that count; they add up to the fit
	Counts       bool    // both sides answered
	Open         bool    // the person answered, the opportunity not, or only in part
}

// fit fills in terms, fit, coverage, word and order value.
func (p *pair) fit(r *Result) {
	for d := range dimensions {
		s, w := dimensions[d].score(p), p.config.Weights[d]
		r.Terms[d] = Term{Weight: w, Score: s.s, Counts: s.known, Open: s.open}
		if s.known {
			r.Coverage += w
		}
	}
	for d := range r.Terms {
		if t := &r.Terms[d]; t.Counts {
			t.Contribution = t.Weight * t.Score / r.Coverage
			r.Fit += t.Contribution
		}
	}
	r.Word = p.config.word(r.Fit, r.Coverage)
	p.order(r)
}

// word names a fit. Rounding never costs a word.
func (c *Config) word(fit, coverage float64) Word {
	fit, coverage = fit+tolerance, coverage+tolerance
	switch {
	case coverage < c.Thin:
		return ThinData
	case fit >= c.VeryGood:
		return VeryGoodFit
	case fit >= c.Good:
		return GoodFit
	case fit >= c.Partial:
		return PartialFit
	}
	return LowFit
}

// What a hit is worth.
const (
	sameTopic, sameArea, nearArea = 1.0, .6, .3
	furtherHit                    = .1
)

// topicHits are the wished topics of the opportunity, its wished areas, those of its other areas that are next to a wished one, and all
// its areas. Areas include those of topics.
func (p *pair) topicHits() (topics, areas, near, offered set) {
	topics = setOf(engagement.Topics, p.o.Topics)
	offered = setOf(engagement.Areas, p.o.Areas)
	for i := range areaOfTopic {
		if topics.has(i) {
			offered.add(areaOfTopic[i])
		}
	}
	areas = offered.intersect(p.wishedAreas)
	return topics.intersect(p.wishedTopics), areas, offered.without(areas).intersect(p.nearAreas), offered
}

func (p *pair) topicScore() score {
	if p.wishedAreas.empty() { // holds the areas of topics, too
		return score{}
	}
	topics, areas, near, offered := p.topicHits()
	best := 0.0
	switch {
	case offered.empty():
		return unanswered
	case !topics.empty():
		return known(sameTopic) // further hits cannot add to it
	case !areas.empty():
		best = sameArea
	case !near.empty():
		best = nearArea
	default:
		return known(0)
	}
	return known(min(1, best+furtherHit*float64(areas.count()+near.count()-1)))
}

func (p *pair) activityScore() score {
	if p.wishedActivities.empty() {
		return score{}
	}
	offered := setOf(engagement.Activities, p.o.Activities)
	if offered.empty() {
		return unanswered
	}
	shared := offered.intersect(p.wishedActivities).count()
	if shared == 0 {
		return known(0)
	}
	return known(.5 + .5*float64(shared)/float64(min(offered.count(), p.wishedActivities.count())))
}

// skillScore weighs what is required, what is helpful and what the person wants to learn. A part that one side has nothing to say
// about leaves the sum.
func (p *pair) skillScore() score {
	var required, helpful struct{ covered, asked float64 }
	var asked set
	for _, need := range p.o.Skills {
		i := engagement.Skills.Index(need.Code)
		if i < 0 {
			continue
		}
		asked.add(i)
		part := &helpful
		if need.Required {
			part = &required
		}
		part.asked++
		part.covered += p.covers(i, need.Level)
	}
	if asked.empty() {
		return score{}
	}
	sum, weights := 0.0, 0.0
	if len(p.profile.Skills) > 0 {
		if required.asked > 0 {
			sum, weights = sum+.6*required.covered/required.asked, weights+.6
		}
		if helpful.asked > 0 {
			sum, weights = sum+.3*helpful.covered/helpful.asked, weights+.3
		}
	}
	if !p.learn.empty() {
		weights += .1
		if !asked.intersect(p.learn).empty() {
			sum += .1
		}
	}
	if weights == 0 {
		return score{}
	}
	return known(sum / weights)
}

// covers is how far the person has a skill: a level below the needed one counts half, one that was not stated counts.
func (p *pair) covers(skill int, level engagement.Code) float64 {
	switch own := p.skills[skill]; {
	case own == noSkill:
		return 0
	case own != anyLevel && own < int8(engagement.SkillLevels.Index(level)):
		return .5
	}
	return 1
}

// Values of the time dimension.
const (
	flexibleTime    = .8 // times are a matter of agreement
	otherCommitment = .5 // factor
)

// timing compares times and commitment.
type timing struct {
	slots      float64         // 0–1
	common     engagement.Grid // slots of both
	gridKnown  bool            // slots comes from two grids
	flexible   bool
	shift      engagement.ShiftTime // at which the person has time; none: there are no shifts, or none fits
	slotsOpen  bool                 // the person has a grid, the opportunity says nothing about times
	commitment Verdict
	commits    bool // the person wishes a commitment
}

func (p *pair) timing() timing {
	t := timing{slots: 1, common: p.o.Grid & p.profile.Grid, commits: !p.wishedCommitments.empty()}
	t.flexible = p.o.Commitment == "flexibel" || p.o.Commitment == "auf-abruf"
	t.gridKnown = p.o.Grid != 0 && p.profile.Grid != 0
	t.slotsOpen = p.o.Grid == 0 && p.profile.Grid != 0 && !t.flexible
	if t.gridKnown {
		t.slots = overlap(p.o.Grid, t.common, p.o.AllSlots)
	}
	if len(p.shifts) > 0 { // then nothing else is possible
		var fits Verdict
		t.shift, fits = p.shift()
		t.flexible, t.gridKnown, t.slotsOpen, t.slots = false, fits != Unknown, fits == Unknown && p.profile.Grid != 0, 1
		if fits == Fail {
			t.slots = 0
		}
	}
	if t.flexible && !(t.gridKnown && t.slots > flexibleTime) {
		t.slots, t.gridKnown = flexibleTime, false
	}
	switch i := engagement.Commitments.Index(p.o.Commitment); {
	case !t.commits || p.o.Commitment == "flexibel": // goes with every wish
	case i < 0:
		t.commitment = Unknown
	case !p.wishedCommitments.has(i):
		t.commitment = Fail
	}
	return t
}

// overlap is the share of the needed slots that is common. Holiday flags count only where no weekly slot is named.
func overlap(offered, common engagement.Grid, all bool) float64 {
	needed := 1
	switch {
	case offered.Slots() == 0 && common != 0:
		return 1
	case all:
		needed = max(1, offered.Slots())
	}
	return min(1, float64(common.Slots())/float64(needed))
}

func (p *pair) timeScore() score {
	if p.profile.Grid == 0 && p.wishedCommitments.empty() {
		return score{}
	}
	t := p.timing()
	open := t.slotsOpen || t.commitment == Unknown
	if !t.gridKnown && !t.flexible && (!t.commits || t.commitment == Unknown) {
		return score{open: open}
	}
	if t.commitment == Fail {
		t.slots *= otherCommitment
	}
	return score{s: t.slots, known: true, open: open}
}

// Values of the distance dimension.
const (
	withoutPlace = .9 // online or from home
	partlyOnline = .8 // at least
	atRadius     = .2 // falls to it at the radius, and on to 0 at 1.5 radiuses
)

func (p *pair) distanceScore() score {
	if p.profile.Home == (geo.Point{}) {
		return score{}
	}
	near := 0.0
	switch d, r := p.km, p.radius; {
	case d < 0, d > reachFactor*r:
	case d <= .25*r:
		near = 1
	case d <= r:
		near = 1 - (1-atRadius)*(d-.25*r)/(.75*r)
	default:
		near = atRadius * (reachFactor*r - d) / ((reachFactor - 1) * r)
	}
	switch {
	case p.o.Mode == "online" || p.o.Mode == "zuhause":
		return known(withoutPlace)
	case p.o.Mode == "hybrid":
		return known(max(partlyOnline, near))
	case p.km < 0:
		return unanswered
	}
	return known(near)
}

func (p *pair) targetScore() score {
	if p.wishedGroups.empty() {
		return score{}
	}
	offered := setOf(engagement.TargetGroups, p.o.TargetGroups)
	switch {
	case offered.empty():
		return unanswered
	case offered.intersect(p.wishedGroups).empty():
		return known(.5)
	}
	return known(1)
}

// preference is one wish about the frame of the work.
type preference struct {
	name       string // as in [Keys]
	wished     bool
	met        Verdict
	offer      engagement.Code // what the opportunity says, of vocabulary
	vocabulary *engagement.Vocabulary
}

func (p *pair) preferences() [5]preference {
	is := func(met bool) Verdict {
		if met {
			return Pass
		}
		return Fail
	}
	wishes := [...]preference{
		{"team", len(p.profile.TeamSizes) > 0, is(slices.Contains(p.profile.TeamSizes, p.o.TeamSize)), p.o.TeamSize, engagement.TeamSizes},
		{"guidance", len(p.profile.Guidance) > 0, is(slices.Contains(p.profile.Guidance, p.o.Guidance)), p.o.Guidance, engagement.Guidances},
		{"expenses", p.profile.Expenses, is(p.o.Expenses != "keine"), p.o.Expenses, engagement.Expenses},
		{"taster", p.profile.Taster, is(p.o.Taster), "", nil},
		p.accessWish(),
	}
	for i := range wishes {
		if w := &wishes[i]; w.vocabulary != nil && !w.vocabulary.Has(w.offer) {
			w.met = Unknown
		}
	}
	return wishes
}

// accessWish is about what would help at the place but is not needed: met if all of it is there, missed if something is not.
func (p *pair) accessWish() preference {
	wish := preference{name: "access", vocabulary: engagement.AccessFeatures}
	for _, need := range p.profile.AccessNeeds {
		if need.Hard || p.elsewhere(need.Code) {
			continue
		}
		met := Unknown
		switch p.o.Access[need.Code] {
		case "ja":
			met = Pass
		case "nein":
			met = Fail
		}
		if !wish.wished || met > wish.met {
			wish.wished, wish.met, wish.offer = true, met, need.Code
		}
	}
	return wish
}

func (p *pair) frameScore() score {
	var met, answered float64
	var s score
	for _, wish := range p.preferences() {
		switch {
		case !wish.wished:
		case wish.met == Unknown:
			s.open = true
		case wish.met == Pass:
			met++
			fallthrough
		default:
			answered++
		}
	}
	if answered > 0 {
		s.s, s.known = met/answered, true
	}
	return s
}

// perWeek is how often a rhythm comes round in a week.
var perWeek = map[engagement.Code]float64{"pro-woche": 1, "pro-zwei-wochen": .5, "pro-monat": 12.0 / 52}

// weeklyHours are the hours a week that the opportunity needs at least, 0 if it does not say.
func (p *pair) weeklyHours() float64 {
	hours := p.o.HoursMin
	if hours == 0 {
		hours = p.o.HoursMax
	}
	return hours * perWeek[p.o.Rhythm]
}

func (p *pair) effortScore() score {
	most := p.profile.HoursPerWeek
	if most == 0 || p.o.Commitment == "einmalig" { // a single day is no weekly load
		return score{}
	}
	hours := p.weeklyHours()
	if hours == 0 {
		return unanswered
	}
	return known(max(0, min(1, 2-hours/most)))
}
