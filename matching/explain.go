package matching

import (
	"cmp"
	"slices"

	"seestern/engagement"
)

// Explanation says why an opportunity is suggested, what speaks against it and what is left to ask.
type Explanation struct {
	Pro    []Reason // ≤ 3, the largest contributions first
	Contra []Reason // ≤ 2, the largest losses first
	Open   []Reason // ≤ 2, gates before dimensions
}

// Reason is a sentence without words: its key and what it can name. Fields that the key does not need are zero.
type Reason struct {
	Key        string               // one of [Keys]; the sentence is "match." + Key
	Vocabulary string               // of Codes, for their labels
	Codes      []engagement.Code    // what is shared, or what the opportunity says
	Level      engagement.Code      // needed level of a language or skill
	Wished     []engagement.Code    // commitments the person wishes instead
	Years      int                  // minimum age
	Grid       engagement.Grid      // common slots, or those the person does not have
	Travel     engagement.Code      // how the person gets there
	KM         float64              // straight line between centroids: "etwa"
	RadiusKM   float64              // how far the person goes
	Shift      engagement.ShiftTime // that is free
	Hours      float64              // a week, as the opportunity needs
	MaxHours   float64              // a week, as the person has
}

// Keys are the keys of all sentences: why it fits, why not quite, what is open, and why it is not suggested.
var Keys = func() (keys []string) {
	for _, list := range []struct {
		prefix string
		names  []string
	}{
		{"pro.", []string{"topic", "area", "near", "activity", "skill", "learn", "slots", "shift", "flexible", "commitment", "distance", "mode", "target", "team", "guidance", "taster", "expenses", "access", "effort"}},
		{"contra.", []string{"area", "near", "activity", "skill", "learn", "slots", "shift", "commitment", "distance", "target", "team", "guidance", "taster", "expenses", "access", "effort"}},
		{"open.", []string{"capacity", "min-age", "adult", "minor", "home", "place", "radius", "mode", "language", "license", "skill", "proof", "access", "topic", "activity", "slots", "shift", "commitment", "target", "team", "guidance", "expenses", "effort"}},
	} {
		for _, name := range list.names {
			keys = append(keys, list.prefix+name)
		}
	}
	for _, g := range gates {
		keys = append(keys, "fail."+string(g.code))
	}
	return keys
}()

// Limits of an explanation.
const (
	maxPro, maxContra, maxOpen = 3, 2, 2
	middling                   = .5 // a score above it speaks for, one up to it against: another group or commitment than wished gets just this
)

// Explain gives the reasons behind a result of the same matcher.
func (m *Matcher) Explain(r *Result) Explanation {
	p := m.pair(r.Candidate)
	gain := func(d Dimension) float64 { return r.Terms[d].Weight * r.Terms[d].Score }
	loss := func(d Dimension) float64 { return r.Terms[d].Weight * (1 - r.Terms[d].Score) }
	weight := func(d Dimension) float64 { return r.Terms[d].Weight }

	var e Explanation
	for _, d := range largest(gain, maxPro, func(d Dimension) bool { return r.Terms[d].Counts && r.Terms[d].Score > middling }) {
		e.Pro = append(e.Pro, dimensions[d].about(p, true).under("pro."))
	}
	for _, d := range largest(loss, maxContra, func(d Dimension) bool { return r.Terms[d].Counts && r.Terms[d].Score <= middling }) {
		e.Contra = append(e.Contra, dimensions[d].about(p, false).under("contra."))
	}
	ask := func(q Reason) {
		if asked := slices.ContainsFunc(e.Open, func(o Reason) bool { return o.Key == q.Key }); !asked && len(e.Open) < maxOpen {
			e.Open = append(e.Open, q)
		}
	}
	for i := range gates {
		if f := gates[i].check(p); f.verdict == Unknown {
			ask(f.reason().as("open." + f.question))
		}
	}
	for _, d := range largest(weight, dimensionCount, func(d Dimension) bool { return r.Terms[d].Open }) {
		ask(Reason{Key: "open." + dimensions[d].question(p)})
	}
	return e
}

// largest are at most n of the dimensions that qualify, the largest value first.
func largest(value func(Dimension) float64, n int, qualifies func(Dimension) bool) []Dimension {
	var ds []Dimension
	for d := range Dimension(dimensionCount) {
		if qualifies(d) {
			ds = append(ds, d)
		}
	}
	slices.SortStableFunc(ds, func(a, b Dimension) int { return cmp.Compare(value(b), value(a)) })
	return ds[:min(n, len(ds))]
}

// WhyNot are the gates that keep the opportunity out of the suggestions; none if it is suggested.
func (m *Matcher) WhyNot(c Candidate) []Reason {
	p := m.pair(c)
	var reasons []Reason
	for i := range gates {
		if f := gates[i].check(p); f.verdict == Fail {
			reasons = append(reasons, f.reason().as("fail."+string(gates[i].code)))
		}
	}
	return reasons
}

func (f finding) reason() Reason {
	r := Reason{Vocabulary: f.vocabulary, Level: f.level, Years: f.years, KM: f.km}
	if f.code != "" {
		r.Codes = []engagement.Code{f.code}
	}
	return r
}

func (r Reason) as(key string) Reason {
	r.Key = key
	return r
}

func (r Reason) under(list string) Reason { return r.as(list + r.Key) }

func naming(key string, v *engagement.Vocabulary, codes ...engagement.Code) Reason {
	return Reason{Key: key, Vocabulary: v.Name, Codes: codes}
}

func (p *pair) aboutTopic(bool) Reason {
	topics, areas, near, offered := p.topicHits()
	switch {
	case !topics.empty():
		return naming("topic", engagement.Topics, topics.codes(engagement.Topics)...)
	case !areas.empty():
		return naming("area", engagement.Areas, areas.codes(engagement.Areas)...)
	case !near.empty():
		return naming("near", engagement.Areas, near.codes(engagement.Areas)...)
	}
	return naming("area", engagement.Areas, offered.codes(engagement.Areas)...)
}

func (p *pair) aboutActivity(pro bool) Reason {
	offered := setOf(engagement.Activities, p.o.Activities)
	if pro {
		offered = offered.intersect(p.wishedActivities)
	}
	return naming("activity", engagement.Activities, offered.codes(engagement.Activities)...)
}

func (p *pair) aboutSkill(pro bool) Reason {
	var asked, covered, lacking set
	for _, need := range p.o.Skills {
		i := engagement.Skills.Index(need.Code)
		if i < 0 {
			continue
		}
		asked.add(i)
		share := p.covers(i, need.Level)
		if share > 0 {
			covered.add(i)
		}
		if share < 1 {
			lacking.add(i)
		}
	}
	switch onlyLearns := len(p.profile.Skills) == 0; {
	case pro && onlyLearns:
		return naming("learn", engagement.Skills, asked.intersect(p.learn).codes(engagement.Skills)...)
	case pro:
		return naming("skill", engagement.Skills, covered.codes(engagement.Skills)...)
	case onlyLearns:
		return naming("learn", engagement.Skills, asked.codes(engagement.Skills)...)
	}
	return naming("skill", engagement.Skills, lacking.codes(engagement.Skills)...)
}

func (p *pair) aboutTime(pro bool) Reason {
	t := p.timing()
	switch fixed := len(p.shifts) > 0; {
	case fixed && t.gridKnown && pro:
		return Reason{Key: "shift", Shift: t.shift}
	case fixed && t.gridKnown && t.slots <= middling:
		return Reason{Key: "shift"}
	case t.gridKnown && pro:
		return Reason{Key: "slots", Grid: t.common}
	case t.gridKnown && t.slots <= middling:
		return Reason{Key: "slots", Grid: p.o.Grid &^ p.profile.Grid}
	case t.flexible && pro:
		return naming("flexible", engagement.Commitments, p.o.Commitment)
	}
	r := naming("commitment", engagement.Commitments, p.o.Commitment)
	if !pro {
		r.Wished = p.wishedCommitments.codes(engagement.Commitments)
	}
	return r
}

func (p *pair) timeQuestion() string {
	switch open := p.timing().slotsOpen; {
	case open && len(p.shifts) > 0:
		return "shift"
	case open:
		return "slots"
	}
	return "commitment"
}

func (p *pair) aboutDistance(bool) Reason {
	if p.o.Mode == "online" || p.o.Mode == "zuhause" || p.o.Mode == "hybrid" {
		return naming("mode", engagement.Modes, p.o.Mode)
	}
	return Reason{Key: "distance", KM: p.km, RadiusKM: p.radius, Travel: p.profile.Travel}
}

func (p *pair) aboutTarget(pro bool) Reason {
	offered := setOf(engagement.TargetGroups, p.o.TargetGroups)
	if pro {
		offered = offered.intersect(p.wishedGroups)
	}
	return naming("target", engagement.TargetGroups, offered.codes(engagement.TargetGroups)...)
}

// aboutFrame names the first wish that is met, or the first that is not.
func (p *pair) aboutFrame(pro bool) Reason {
	verdict := Fail
	if pro {
		verdict = Pass
	}
	wish := p.firstPreference(verdict)
	if wish.offer == "" {
		return Reason{Key: wish.name}
	}
	return naming(wish.name, wish.vocabulary, wish.offer)
}

func (p *pair) frameQuestion() string { return p.firstPreference(Unknown).name }

// firstPreference is the first wish with that verdict; there is one.
func (p *pair) firstPreference(v Verdict) preference {
	wishes := p.preferences()
	return wishes[slices.IndexFunc(wishes[:], func(w preference) bool { return w.wished && w.met == v })]
}

func (p *pair) aboutEffort(bool) Reason {
	return Reason{Key: "effort", Hours: p.weeklyHours(), MaxHours: p.profile.HoursPerWeek}
}

// asks is a dimension with one question.
func asks(key string) func(*pair) string { return func(*pair) string { return key } }
