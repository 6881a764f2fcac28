package matching

import (
	"slices"
	"time"

	"seestern/engagement"
	"seestern/geo"
)

// Verdict is what a gate says. Higher is worse.
type Verdict uint8

const (
	Pass    Verdict = iota
	Unknown         // somebody has to be asked; never keeps an opportunity out
	Fail            // not suggested
)

func (v Verdict) String() string { return [...]string{"pass", "unknown", "fail"}[v] }

// finding is a verdict with what it is about.
type finding struct {
	verdict    Verdict
	question   string // Unknown: which question, a key of [Keys] without "open."
	vocabulary string // of code
	code       engagement.Code
	level      engagement.Code
	years      int
	km         float64
}

// add keeps the worse of two findings, the first of equals.
func (f *finding) add(g finding) {
	if g.verdict > f.verdict {
		*f = g
	}
}

// on is a finding about one code. The question about it is named like the vocabulary.
func on(v Verdict, vocabulary *engagement.Vocabulary, code, level engagement.Code) finding {
	return finding{verdict: v, question: vocabulary.Name, vocabulary: vocabulary.Name, code: code, level: level}
}

// gate is a hard criterion.
type gate struct {
	code  engagement.Code
	check func(*pair) finding
	asked func(*Candidate) bool // whether the opportunity asks for it; nil: passing it is nobody else's business
}

// gates are the hard criteria, in the order in which people are told.
var gates = [...]gate{
	{code: "status", check: (*pair).statusGate},
	{code: "capacity", check: (*pair).capacityGate},
	{code: "visibility", check: (*pair).visibilityGate},
	{code: "min-age", check: (*pair).minAgeGate, asked: func(c *Candidate) bool { return c.Opportunity.MinAge > 0 }},
	{code: "minor", check: (*pair).minorGate},
	{code: "distance", check: (*pair).distanceGate},
	{code: "time", check: (*pair).timeGate, asked: func(c *Candidate) bool { return len(c.Shifts) > 0 }},
	{code: "language", check: (*pair).languageGate, asked: func(c *Candidate) bool { return len(c.Opportunity.Languages) > 0 }},
	{code: "license", check: (*pair).licenseGate, asked: asksLicense},
	{code: "proof", check: (*pair).proofGate},
	{code: "excluded", check: (*pair).excludedGate},
	{code: "access", check: (*pair).accessGate},
	{code: "blocked", check: (*pair).blockedGate},
}

// Gates are the codes of all gates in order.
func Gates() []engagement.Code {
	codes := make([]engagement.Code, len(gates))
	for i := range gates {
		codes[i] = gates[i].code
	}
	return codes
}

// PassedGates are the codes that a match request may carry to the other instance: of the gates whose passing may be told at all, those
// the opportunity asks for and the person passes.
func PassedGates(profile engagement.Profile, c Candidate, now time.Time) []string {
	p := New(Default(), profile, now).pair(c) // none of these gates asks the instance
	var passed []string
	for _, g := range gates {
		if g.asked != nil && g.asked(&c) && g.check(p).verdict == Pass {
			passed = append(passed, string(g.code)+"-ok")
		}
	}
	return passed
}

// staleDays is how long a confirmation holds.
const staleDays = 90

// statusGate lets a filled opportunity pass: whether a place is left is the next gate's question.
func (p *pair) statusGate() finding {
	running := p.o.State == engagement.Published || p.o.State == engagement.Filled
	if !running || p.age() > staleDays || p.o.Over(p.now) {
		return finding{verdict: Fail}
	}
	return finding{}
}

func (p *pair) capacityGate() finding {
	free, stated := p.o.Free()
	switch {
	case p.o.Waitlist || free > 0 && p.o.State != engagement.Filled:
		return finding{}
	case stated || p.o.State == engagement.Filled:
		return finding{verdict: Fail}
	case p.o.Local(): // no number means no limit here; on a copy nobody said
		return finding{}
	}
	return finding{verdict: Unknown, question: "capacity"}
}

func (p *pair) visibilityGate() finding {
	if !p.facts.Visible {
		return finding{verdict: Fail}
	}
	return finding{}
}

func (p *pair) minAgeGate() finding {
	f := finding{question: "min-age", years: p.o.MinAge}
	switch {
	case p.o.MinAge == 0:
	case p.aged && p.oldest < p.o.MinAge:
		f.verdict = Fail
	case !p.aged || p.youngest < p.o.MinAge:
		f.verdict = Unknown
	}
	return f
}

// minorGate keeps people under 18 from what is not meant for them, and people under 16 from other instances altogether.
func (p *pair) minorGate() finding {
	policy := p.o.MinorPolicy
	adultsOnly := policy == "keine" || policy == "klasse" // a class takes part through its teacher
	switch {
	case p.aged && p.oldest >= 18:
		return finding{}
	case !p.aged && (adultsOnly || policy == "ab-16"):
		return finding{verdict: Unknown, question: "adult"}
	case !p.aged:
		return finding{}
	case adultsOnly,
		p.oldest < p.config.MinorsFrom,
		p.oldest < 16 && (policy == "ab-16" || !p.o.Local()):
		return finding{verdict: Fail}
	case policy == "ab-16" || policy == "mit-zustimmung":
		return finding{}
	}
	return finding{verdict: Unknown, question: "minor"}
}

// reachFactor is how many radiuses away something may be: it loses from one radius on and is left out only here.
const reachFactor = 1.5

func (p *pair) distanceGate() finding {
	onSite := p.o.Mode == "vor-ort" || p.o.Mode == "unterwegs"
	switch {
	case !onSite && engagement.Modes.Has(p.o.Mode):
		return finding{}
	case p.profile.Home == (geo.Point{}):
		return finding{verdict: Unknown, question: "home"}
	case p.km < 0:
		return finding{verdict: Unknown, question: "place"}
	case p.km <= reachFactor*p.radius:
		return finding{}
	case !p.radiusStated:
		return finding{verdict: Unknown, question: "radius", km: p.km}
	case !onSite:
		return finding{verdict: Unknown, question: "mode", km: p.km}
	}
	return finding{verdict: Fail, km: p.km}
}

// timeGate asks only for shifts, because other times are a matter of agreement.
func (p *pair) timeGate() finding {
	if len(p.shifts) == 0 {
		return finding{}
	}
	_, verdict := p.shift()
	return finding{verdict: verdict, question: "shift"}
}

// shift is the next free shift at which the person has time, and whether there is one. Holidays and nights are no slots of the week, so that
// nobody knows who has only said that they have time in the holidays, or of a shift at night.
func (p *pair) shift() (next engagement.ShiftTime, v Verdict) {
	if p.profile.Grid == 0 {
		return next, Unknown
	}
	v = Fail
	for _, t := range p.shifts {
		grid := t.Grid()
		switch {
		case !t.Free():
		case grid != 0 && p.profile.Grid.Has(grid):
			return t, Pass
		case grid == 0 || p.profile.Grid&^engagement.AllSlots != 0:
			v = Unknown
		}
	}
	return next, v
}

func (p *pair) languageGate() (f finding) {
	for _, need := range p.o.Languages {
		f.add(on(p.speaks(need), engagement.Languages, engagement.Code(need.Code), need.Level))
	}
	return f
}

// speaks compares one language. Who lists languages is taken at their word, but those who fill in a German form rarely list German.
func (p *pair) speaks(need engagement.LanguageNeed) Verdict {
	i := slices.IndexFunc(p.profile.Languages, func(l engagement.LanguageSkill) bool { return l.Code == need.Code })
	if i < 0 {
		return missing(len(p.profile.Languages) > 0 && need.Code != "de")
	}
	needed, own := engagement.LanguageLevels.Index(need.Level), engagement.LanguageLevels.Index(p.profile.Languages[i].Level)
	switch {
	case needed < 0: // any level will do
		return Pass
	case own < 0:
		return Unknown
	case own < needed:
		return Fail
	}
	return Pass
}

// missing is the verdict about something that is not in the person's list: it fails only if they made one.
func missing(listed bool) Verdict {
	if listed {
		return Fail
	}
	return Unknown
}

func asksLicense(c *Candidate) bool {
	return len(c.Opportunity.Licenses) > 0 || slices.ContainsFunc(c.Opportunity.Skills, func(s engagement.SkillNeed) bool { return s.Mandatory })
}

func (p *pair) licenseGate() (f finding) {
	for _, c := range p.o.Licenses {
		if engagement.Licenses.Has(c) && !p.profile.Holds(c, p.today) {
			f.add(on(missing(len(p.profile.Licenses) > 0), engagement.Licenses, c, ""))
		}
	}
	for _, need := range p.o.Skills {
		i := engagement.Skills.Index(need.Code)
		if !need.Mandatory || i < 0 {
			continue
		}
		switch needed := int8(engagement.SkillLevels.Index(need.Level)); {
		case p.skills[i] == noSkill:
			f.add(on(missing(len(p.profile.Skills) > 0), engagement.Skills, need.Code, need.Level))
		case p.skills[i] < needed: // less than hoped for or of an unknown level: may be enough
			f.add(on(Unknown, engagement.Skills, need.Code, need.Level))
		}
	}
	return f
}

func (p *pair) proofGate() (f finding) {
	for _, c := range p.o.Proofs {
		switch {
		case c == "fuehrungszeugnis-nach-pruefung": // the organization decides case by case
			f.add(on(Unknown, engagement.Proofs, c, ""))
		case slices.Contains(p.profile.Excluded.Proofs, c):
			f.add(on(Fail, engagement.Proofs, c, ""))
		}
	}
	return f
}

func (p *pair) excludedGate() finding {
	x := &p.profile.Excluded
	for _, kind := range [...]struct {
		vocabulary        *engagement.Vocabulary
		excluded, offered []engagement.Code
	}{
		{engagement.Areas, x.Areas, p.o.Areas},
		{engagement.Topics, x.Topics, p.o.Topics},
		{engagement.TargetGroups, x.TargetGroups, p.o.TargetGroups},
		{engagement.Activities, x.Activities, p.o.Activities},
	} {
		for _, c := range kind.excluded {
			if slices.Contains(kind.offered, c) {
				return on(Fail, kind.vocabulary, c, "")
			}
		}
	}
	for _, area := range x.Areas {
		if slices.ContainsFunc(p.o.Topics, func(t engagement.Code) bool { return engagement.Topics.Parent(t) == area }) {
			return on(Fail, engagement.Areas, area, "")
		}
	}
	return finding{}
}

// anywhere are the access features that are needed without a common place, too.
var anywhere = []engagement.Code{"gebaerdensprache-moeglich", "leichte-sprache-moeglich"}

// elsewhere says whether what is needed at a place does not matter, because there is no common one.
func (p *pair) elsewhere(need engagement.Code) bool {
	return (p.o.Mode == "online" || p.o.Mode == "zuhause") && !slices.Contains(anywhere, need)
}

func (p *pair) accessGate() (f finding) {
	for _, need := range p.profile.AccessNeeds {
		if !need.Hard || p.elsewhere(need.Code) {
			continue
		}
		switch p.o.Access[need.Code] {
		case "ja":
		case "nein":
			f.add(on(Fail, engagement.AccessFeatures, need.Code, ""))
		default:
			f.add(on(Unknown, engagement.AccessFeatures, need.Code, ""))
		}
	}
	return f
}

func (p *pair) blockedGate() finding {
	if p.facts.Blocked || p.profile.Hides(p.o.Organization) {
		return finding{verdict: Fail}
	}
	return finding{}
}
