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
	requestsAPlace  = 3   // so many requests for every open place take away all of Lambda
	first           = 10  // positions with rules
	perOrganization = 2   // among the first
)

// exploring are the positions kept for opportunities that nobody has asked for.
var exploring = []int{5, 10}

// rankValue is the order value of a result whose fit is computed.
func (p *pair) rankValue(r *Result) float64 {
	freshness := min(1, max(0, 1-p.age()/staleDays))
	if r.Coverage == 0 {
		return freshness
	}
	value := r.Fit * (1 - staleShare + staleShare*freshness) * p.attention()
	if r.Coverage < p.config.Thin {
		value *= r.Coverage / p.config.Thin
	}
	return value
}

// attention falls with the requests an opportunity already has for each of its places. A copy that does not state its places counts
// as one place.
func (p *pair) attention() float64 {
	places, stated := p.o.Free()
	if !stated {
		if p.o.Local() { // no limit
			return 1
		}
		places = 1
	}
	crowded := float64(p.facts.Contacts14d) / float64(max(1, requestsAPlace*places))
	return 1 - p.config.Lambda*min(1, crowded)
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
	pick := func(eligible func(*Result) bool) bool {
		i := slices.IndexFunc(sorted, func(r *Result) bool {
			return of[r.Opportunity.Organization] < perOrganization && !slices.Contains(arranged, r) && eligible(r)
		})
		if i < 0 {
			return false
		}
		of[sorted[i].Opportunity.Organization]++
		arranged = append(arranged, sorted[i])
		return true
	}
	for position := 1; position <= first; position++ {
		if slices.Contains(exploring, position) && pick(m.explores) {
			continue
		}
		if !pick(func(*Result) bool { return true }) {
			break
		}
	}
	top := slices.Clone(arranged)
	for _, r := range sorted {
		if !slices.Contains(top, r) {
			arranged = append(arranged, r)
		}
	}
	return arranged
}

// explores says whether a result may take a position kept for what nobody has asked for.
func (m *Matcher) explores(r *Result) bool {
	return !r.Facts.HasRequests && r.Coverage > 0 && r.Fit+tolerance >= m.config.Explore
}
