package matching

import (
	"math/bits"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/geo"
)

// Candidate is an opportunity with what only the caller knows about it. The opportunity is read, never changed.
type Candidate struct {
	Opportunity *engagement.Opportunity
	Facts       Facts
	Shifts      []engagement.ShiftTime // to come, the next free one first; none: the grid of the opportunity says when
}

// Facts about an opportunity and this person, beside its record.
type Facts struct {
	Visible bool // visibility, diffusion and moderation let the person see it
	Blocked bool // one of the two sides blocked the other
	Asked   bool // somebody has asked for it in the last 14 days, as far as this instance knows
}

// Matcher compares one profile with opportunities at one instant. It does not change and may be used by several goroutines.
type Matcher struct {
	config  Config
	now     time.Time
	today   engagement.Date
	profile engagement.Profile

	oldest, youngest int // years of the age band
	aged             bool
	radius           float64 // km, at least 1
	radiusStated     bool    // by distance or by way of travel; otherwise assumed

	wishedTopics, wishedAreas, nearAreas set // without sensitive ones unless the person consented; areas include those of topics
	wishedActivities, wishedGroups       set
	wishedCommitments                    set
	learn                                set
	skills                               []int8 // by index of the skill: see noSkill
}

// Values of Matcher.skills; a stated level is its index in the vocabulary.
const (
	noSkill  int8 = -2
	anyLevel int8 = -1
)

// New prepares a profile for comparison. The configuration must be valid.
func New(config Config, profile engagement.Profile, now time.Time) *Matcher {
	m := &Matcher{config: config.Normalize(), now: now, today: engagement.DateOf(now), profile: profile}
	m.youngest, m.oldest, m.aged = engagement.Ages(profile.AgeBand)

	m.radius, m.radiusStated = profile.RadiusKM, true
	if m.radius == 0 {
		m.radius = engagement.DefaultRadiusKM(profile.Travel, config.Rural)
	}
	if m.radius == 0 {
		m.radius, m.radiusStated = engagement.DefaultRadiusKM("oepnv", config.Rural), false
	}
	m.radius = max(1, m.radius)

	m.wishedTopics = m.wishes(engagement.Topics, profile.Topics)
	m.wishedAreas = m.wishes(engagement.Areas, profile.Areas)
	for i := range engagement.Topics.Terms {
		if m.wishedTopics.has(i) {
			m.wishedAreas.add(areaOfTopic[i])
		}
	}
	for i := range engagement.Areas.Terms {
		if m.wishedAreas.has(i) {
			m.nearAreas = m.nearAreas.union(neighbors[i])
		}
	}
	m.wishedActivities = setOf(engagement.Activities, profile.Activities)
	m.wishedGroups = m.wishes(engagement.TargetGroups, profile.TargetGroups)
	m.wishedCommitments = setOf(engagement.Commitments, profile.Commitments)
	m.learn = setOf(engagement.Skills, profile.Learn)

	m.skills = slices.Repeat([]int8{noSkill}, len(engagement.Skills.Terms))
	for _, s := range profile.Skills {
		if i := engagement.Skills.Index(s.Code); i >= 0 {
			m.skills[i] = int8(engagement.SkillLevels.Index(s.Level)) // −1 for no level is anyLevel
		}
	}
	return m
}

// Reach is where the person starts and how far the gate of distance lets through, in kilometres. The zero point: nobody knows where.
func (m *Matcher) Reach() (home geo.Point, km float64) {
	return m.profile.Home, reachFactor * m.radius
}

// wishes are the codes that may count: sensitive ones only with the person's consent.
func (m *Matcher) wishes(v *engagement.Vocabulary, codes []engagement.Code) set {
	wished := setOf(v, codes)
	for i, t := range v.Terms {
		if t.Flags&engagement.FlagSensitive != 0 && !m.profile.Sensitive {
			wished.remove(i)
		}
	}
	return wished
}

// Result is what came out for one opportunity.
type Result struct {
	Candidate
	KM       float64              // straight line from home to the nearest place at public precision; negative: unknown
	Terms    [dimensionCount]Term // by Dimension
	Fit      float64              // 0–1: sum of the contributions; means nothing when Coverage is 0
	Coverage float64              // weight of the dimensions that both sides answered, 0–1
	Word     Word
	Rank     float64 // order value: fit with freshness and attention; freshness alone when Coverage is 0

	plain    float64 // order value without attention
	verdicts [len(gates)]Verdict
	tie      [32]byte // orders equals
}

// Word says in one word how well it fits.
type Word string

const (
	VeryGoodFit Word = "very-good"
	GoodFit     Word = "good"
	PartialFit  Word = "partial"
	LowFit      Word = "low"
	ThinData    Word = "thin" // too few answers for a word
)

// Words are all words.
var Words = []Word{VeryGoodFit, GoodFit, PartialFit, LowFit, ThinData}

// Suggested says whether no gate failed.
func (r *Result) Suggested() bool { return !slices.Contains(r.verdicts[:], Fail) }

// Verdict is the result of one gate; Pass for a code that is none of [Gates].
func (r *Result) Verdict(gate engagement.Code) Verdict {
	for i := range gates {
		if gates[i].code == gate {
			return r.verdicts[i]
		}
	}
	return Pass
}

// RadiusKM is how far the person goes, or is assumed to go.
func (m *Matcher) RadiusKM() float64 { return m.radius }

// Assess compares the profile with one opportunity.
func (m *Matcher) Assess(c Candidate) Result {
	var r Result
	p := pair{Matcher: m}
	p.judge(&r, c)
	p.fit(&r)
	return r
}

// pair is a profile and the opportunity it is compared with now.
type pair struct {
	*Matcher
	o      *engagement.Opportunity
	facts  Facts
	shifts []engagement.ShiftTime
	km     float64 // as Result.KM
}

func (m *Matcher) pair(c Candidate) *pair {
	p := &pair{Matcher: m}
	p.look(c)
	return p
}

// look turns to another opportunity.
func (p *pair) look(c Candidate) {
	p.o, p.facts, p.shifts, p.km = c.Opportunity, c.Facts, c.Shifts, p.nearest(c.Opportunity)
}

// judge turns to an opportunity and asks all gates.
func (p *pair) judge(r *Result, c Candidate) {
	p.look(c)
	r.Candidate, r.KM = c, p.km
	for i := range gates {
		r.verdicts[i] = gates[i].check(p).verdict
	}
}

// nearest is the distance in km to the nearest place as the public sees it, negative if home or places are unknown.
func (m *Matcher) nearest(o *engagement.Opportunity) float64 {
	km := -1.0
	if m.profile.Home == (geo.Point{}) {
		return km
	}
	for i := range o.Places {
		if place := o.Places[i].Public(); place.Known() {
			if d := geo.Distance(m.profile.Home, place.Point); km < 0 || d < km {
				km = d
			}
		}
	}
	return km
}

// age is the time in days since the opportunity was confirmed or, if it never was, published.
func (p *pair) age() float64 {
	last := p.o.Confirmed
	if last.IsZero() {
		last = p.o.Published
	}
	return p.now.Sub(last).Hours() / 24
}

// set is a set of terms of one vocabulary, by index.
type set [2]uint64

func (s *set) add(i int)          { s[i/64] |= 1 << (i % 64) }
func (s *set) remove(i int)       { s[i/64] &^= 1 << (i % 64) }
func (s set) has(i int) bool      { return s[i/64]&(1<<(i%64)) != 0 }
func (s set) empty() bool         { return s == set{} }
func (s set) count() int          { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }
func (s set) union(t set) set     { return set{s[0] | t[0], s[1] | t[1]} }
func (s set) intersect(t set) set { return set{s[0] & t[0], s[1] & t[1]} }
func (s set) without(t set) set   { return set{s[0] &^ t[0], s[1] &^ t[1]} }

// setOf are the codes that the vocabulary knows.
func setOf(v *engagement.Vocabulary, codes []engagement.Code) (s set) {
	for _, c := range codes {
		if i := v.Index(c); i >= 0 {
			s.add(i)
		}
	}
	return s
}

// codes are the codes of a set, in the order of the vocabulary.
func (s set) codes(v *engagement.Vocabulary) []engagement.Code {
	var codes []engagement.Code
	for i, t := range v.Terms {
		if s.has(i) {
			codes = append(codes, t.Code)
		}
	}
	return codes
}

// areaOfTopic and neighbors are the relations of the vocabularies by index.
var (
	areaOfTopic = func() (areas []int) {
		for _, t := range engagement.Topics.Terms {
			areas = append(areas, engagement.Areas.Index(t.Parent))
		}
		return areas
	}()
	neighbors = func() (near []set) {
		for _, a := range engagement.Areas.Terms {
			near = append(near, setOf(engagement.Areas, engagement.NeighborAreas(a.Code)))
		}
		return near
	}()
)
