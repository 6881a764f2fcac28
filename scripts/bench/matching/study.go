package main

import (
	"slices"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// study is one world with everything measured on it.
type study struct {
	w       *world
	methods []string            // ours first, then the baselines
	of      map[string][]scores // by method, one for each of counted
	gated   map[string][]scores // of the baselines, if they kept our gates
	own     []scores            // ours, with the opportunities of the own instance alone
	counted int                 // people for whom something is relevant at all

	reach              int // people who reach an opportunity of the neighbor
	threeAll, threeOwn int // people with at least three good opportunities in their radius

	suggested, violations int
	broken                map[string]int
	unfaithful, unnamed   int // explanations that are wrong, or say nothing
	unexplained, gatedOut int // what was gated out without a reason, of all
	unstable, nonUnique   int // people whose first ten changed by an edit that has nothing to do with them, or by the order of the input
}

const ours = "seestern"

// examine ranks for everybody and measures.
func examine(w *world, l labels) *study {
	s := &study{w: w, methods: []string{ours}, of: map[string][]scores{}, gated: map[string][]scores{}, broken: map[string]int{}}
	for _, b := range baselines {
		s.methods = append(s.methods, b.name)
	}
	index := w.index(l)
	all, own := make([][]matching.Candidate, len(communities)), make([][]matching.Candidate, len(communities))
	for c := range communities {
		all[c], own[c] = w.candidates(c, false), w.candidates(c, true)
	}
	for _, p := range w.people {
		s.person(p, &seeker{profile: &p.told, candidates: all[p.community], rural: communities[p.community].home.rural, texts: index, labels: l}, own[p.community])
	}
	return s
}

func (s *study) person(p *person, view *seeker, own []matching.Candidate) {
	w := s.w
	at := map[engagement.ID]int{}
	grades := make([]int, len(w.offers))
	for i, f := range w.offers {
		at[f.told.ID] = i
		if view.candidates[i].Facts.Visible {
			grades[i] = w.grade(p, f)
		}
	}
	matcher := matching.New(w.config(p.community), p.told, now)
	results := flat(matcher.Rank(view.candidates))
	order := indexes(results, at)
	s.check(p, view, matcher, results)
	s.boundary(p, view, grades, order)

	graded := func(list []int) (out []int) {
		for _, i := range list {
			out = append(out, grades[i])
		}
		return out
	}
	mine, counts := measure(graded(order), grades)
	if !counts {
		return
	}
	s.counted++
	s.of[ours] = append(s.of[ours], mine)
	alone, _ := measure(graded(indexes(flat(matcher.Rank(own)), at)), grades)
	s.own = append(s.own, alone)
	for _, b := range baselines {
		list := b.rank(view)
		m, _ := measure(graded(list), grades)
		s.of[b.name] = append(s.of[b.name], m)
		kept := slices.DeleteFunc(slices.Clone(list), func(i int) bool { return !slices.Contains(order, i) })
		m, _ = measure(graded(kept), grades)
		s.gated[b.name] = append(s.gated[b.name], m)
	}
}

// flat are the suggestions in the order of the page, those that fit less behind the others.
func flat(r matching.Ranking) []*matching.Result { return slices.Concat(r.Fitting, r.Less) }

func indexes(results []*matching.Result, at map[engagement.ID]int) []int {
	list := make([]int, len(results))
	for i, r := range results {
		list[i] = at[r.Opportunity.ID]
	}
	return list
}

// boundary counts what the neighbors add.
func (s *study) boundary(p *person, view *seeker, grades, order []int) {
	if s.w.reaches(p) {
		s.reach++
	}
	home := communities[p.community].home.host
	all, own := 0, 0
	for _, i := range order {
		f := s.w.offers[i]
		inRadius := f.told.Mode == "online" || f.told.Mode == "hybrid" || p.told.Home != (geo.Point{}) && view.km(i) <= view.radius()
		if grades[i] < 2 || !inRadius {
			continue
		}
		all++
		if f.host == home {
			own++
		}
	}
	if all >= 3 {
		s.threeAll++
	}
	if own >= 3 {
		s.threeOwn++
	}
}

// check looks for broken constraints, explanations that do not hold and orders that do not keep.
func (s *study) check(p *person, view *seeker, m *matching.Matcher, results []*matching.Result) {
	s.suggested += len(results)
	suggested := map[engagement.ID]bool{}
	for _, r := range results {
		suggested[r.Opportunity.ID] = true
		if rule := broken(&p.told, r.Candidate, communities[p.community].minorsFrom, communities[p.community].home.rural); rule != "" {
			s.violations++
			s.broken[rule]++
		}
	}
	for _, c := range view.candidates {
		if !suggested[c.Opportunity.ID] {
			s.gatedOut++
			if len(m.WhyNot(c)) == 0 {
				s.unexplained++
			}
		}
	}
	for _, r := range results[:min(depth, len(results))] {
		e := m.Explain(r)
		if len(e.Pro)+len(e.Contra)+len(e.Open) == 0 && r.Coverage > 0 {
			s.unnamed++
		}
		if unfaithful(&p.told, r, e) != "" {
			s.unfaithful++
		}
	}
	config := s.w.config(p.community)
	if !sameOrder(results, flat(matching.New(config, unrelated(p.told), now).Rank(view.candidates))) {
		s.unstable++
	}
	shuffled := slices.Clone(view.candidates)
	slices.Reverse(shuffled)
	if !sameOrder(results, flat(m.Rank(shuffled))) {
		s.nonUnique++
	}
}

// unrelated edits a profile where no candidate of these worlds asks: the name of the home, a topic to avoid that nobody offers, what is
// for wording only.
func unrelated(p engagement.Profile) engagement.Profile {
	p.HomeName += " (umgezogen)"
	p.Updated = now
	p.Excluded.Topics = append(slices.Clone(p.Excluded.Topics), "schoeffenamt")
	p.Motivations, p.Expertise = codes{"menschen"}, "Kirschkerne"
	return p
}

func sameOrder(a, b []*matching.Result) bool {
	a, b = a[:min(depth, len(a))], b[:min(depth, len(b))]
	return slices.EqualFunc(a, b, func(x, y *matching.Result) bool { return x.Opportunity.ID == y.Opportunity.ID })
}
