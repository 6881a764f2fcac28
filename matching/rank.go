package matching

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"

	"seestern/engagement"
)

// Ranking are the suggestions in order.
type Ranking struct {
	Fitting []*Result
	Less    []*Result // fit below Config.Partial: behind "Weniger passende zeigen"
}

// Values of the order.
const (
	staleShare      = .15 // of the fit: what an opportunity loses that was confirmed 90 days ago
	first           = 10  // positions with rules
	perOrganization = 2   // among the first
)

// order sets the order values of a result whose fit is computed.
func (p *pair) order(r *Result) {
	freshness := min(1, max(0, 1-p.age()/staleDays))
	if r.Coverage == 0 {
		r.Rank, r.plain = freshness, freshness
		return
	}
	sure := min(1, r.Coverage/p.config.Thin)
	r.plain = r.Fit * (1 - staleShare + staleShare*freshness) * sure
	r.Rank = r.plain
	if p.neglected(r) {
		r.Rank = r.Fit * (1 + p.config.Lambda*r.Coverage) * sure
	}
}

// neglected says whether nobody asks for an opportunity that is known to be in the person's reach and is of an area she wishes. Then it
// loses nothing by its age, but gains: the more sure its fit is, the more. How well it fits in all does not matter here, as what it gains
// is a share of that; but nobody asks for what may be too far away or is of no interest, however good the rest, so that its place would be
// lost. The design (domain.md §4.4) takes from what is asked for instead and keeps positions 5 and 10, which cost more contacts and
// reached fewer opportunities on the seeds that this was chosen on.
func (p *pair) neglected(r *Result) bool {
	return p.config.Lambda > 0 && !p.facts.Asked && !p.Less(r) &&
		r.Terms[Distance].Counts && (p.wishedAreas.empty() || r.Terms[Topic].Score > middling)
}

// Rank are the candidates that pass all gates, best first. The order depends on the set of candidates alone, not on their sequence.
func (m *Matcher) Rank(candidates []Candidate) Ranking {
	results := make([]Result, len(candidates))
	p := pair{Matcher: m}
	var ranking Ranking
	for i, c := range candidates {
		r := &results[i]
		if p.judge(r, c); !r.Suggested() {
			continue
		}
		p.fit(r)
		r.tie = m.tie(c.Opportunity.ID)
		if m.Less(r) {
			ranking.Less = append(ranking.Less, r)
		} else {
			ranking.Fitting = append(ranking.Fitting, r)
		}
	}
	slices.SortFunc(ranking.Less, byRank)
	slices.SortFunc(ranking.Fitting, byRank)
	ranking.Fitting = m.arrange(ranking.Fitting)
	return ranking
}

// Less says whether a result fits so little that it is shown only on demand.
func (m *Matcher) Less(r *Result) bool { return r.Coverage > 0 && r.Fit+tolerance < m.config.Partial }

// byRank puts what has a fit before what has none (then without a known distance, too), the better before the worse, and equals in an
// order that differs from person to person.
func byRank(a, b *Result) int {
	if (a.Coverage > 0) != (b.Coverage > 0) {
		return cmp.Compare(b.Coverage, a.Coverage)
	}
	return cmp.Or(cmp.Compare(b.Rank, a.Rank), bytes.Compare(a.tie[:], b.tie[:]))
}

func (m *Matcher) tie(opportunity engagement.ID) [sha256.Size]byte {
	var buf [128]byte
	return sha256.Sum256(append(append(buf[:0], m.profile.Account...), opportunity...))
}

// arrange fills the first positions by their rules; everything else follows as sorted.
func (m *Matcher) arrange(sorted []*Result) []*Result {
	arranged := make([]*Result, 0, len(sorted))
	of := map[engagement.ID]int{} // how many of each organization
	forward := false              // one stands before what would stand above without attention
	for len(arranged) < first {
		best, plain := next(sorted, func(r *Result) bool {
			return of[r.Opportunity.Organization] < perOrganization && !slices.Contains(arranged, r)
		})
		if best == nil {
			break
		}
		if forward {
			best = plain
		}
		forward = forward || best != plain
		of[best.Opportunity.Organization]++
		arranged = append(arranged, best)
	}
	top := slices.Clone(arranged)
	for _, r := range sorted {
		if !slices.Contains(top, r) {
			arranged = append(arranged, r)
		}
	}
	return arranged
}

// next are the first of the eligible results, and the one that would be if attention did not count: the same one unless that moved it.
func next(sorted []*Result, eligible func(*Result) bool) (best, plain *Result) {
	for _, r := range sorted {
		if plain != nil && (r.Rank < plain.plain || r.Coverage == 0) { // attention takes nothing away, so that nothing behind can be better
			break
		}
		if !eligible(r) {
			continue
		}
		if best == nil {
			best = r
		}
		if plain == nil || r.plain > plain.plain {
			plain = r
		}
	}
	return best, plain
}
