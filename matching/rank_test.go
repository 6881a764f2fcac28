package matching_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// ids names ranked opportunities in order.
func ids(results []*matching.Result) []string {
	out := make([]string, len(results))
	for i, r := range results {
		out[i] = string(r.Opportunity.ID)
	}
	return out
}

// many makes candidates like the worked example that differ in freshness: a1 is the best, each of its own organization.
func many(n int, change func(i int, c *matching.Candidate)) []matching.Candidate {
	cs := make([]matching.Candidate, n)
	for i := range cs {
		o := reading()
		o.ID, o.Organization = engagement.ID(fmt.Sprint("a", i+1)), engagement.ID(fmt.Sprint("org", i+1))
		o.Confirmed = now.AddDate(0, 0, -i)
		cs[i] = candidate(o)
		if change != nil {
			change(i+1, &cs[i])
		}
	}
	return cs
}

func rank(cs []matching.Candidate) matching.Ranking {
	return matching.New(matching.Default(), volunteer(), now).Rank(cs)
}

func TestOrder(t *testing.T) {
	t.Run("the better before the worse", func(t *testing.T) {
		if diff := cmp.Diff([]string{"a1", "a2", "a3"}, ids(rank(many(3, nil)).Fitting)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what nobody asks for moves forward", func(t *testing.T) {
		cs := many(4, func(i int, c *matching.Candidate) { c.Facts.Asked = i < 4 })
		if diff := cmp.Diff([]string{"a4", "a1", "a2", "a3"}, ids(rank(cs).Fitting)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what fits less is kept apart", func(t *testing.T) {
		cs := many(3, func(i int, c *matching.Candidate) {
			if i < 3 {
				c.Opportunity.Areas, c.Opportunity.Topics, c.Opportunity.Activities = codes{"sport"}, nil, codes{"recht"}
			}
		})
		slices.Reverse(cs)
		got := rank(cs)
		if diff := cmp.Diff([][]string{{"a3"}, {"a1", "a2"}}, [][]string{ids(got.Fitting), ids(got.Less)}); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what has no fit comes last, the fresh first", func(t *testing.T) {
		m := matching.New(matching.Default(), profile{Activities: codes{"vorlesen"}}, now)
		got := m.Rank(many(4, func(i int, c *matching.Candidate) {
			if i < 3 {
				c.Opportunity.Activities = nil
			}
		}))
		if diff := cmp.Diff([]string{"a3", "a4", "a1", "a2"}, ids(got.Fitting)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("equals stand in an order that differs from person to person", func(t *testing.T) {
		cs := many(8, func(_ int, c *matching.Candidate) { c.Opportunity.Confirmed = now })
		orders := map[string]bool{}
		for _, account := range []engagement.ID{"one", "two", "three"} {
			p := volunteer()
			p.Account = account
			orders[fmt.Sprint(ids(matching.New(matching.Default(), p, now).Rank(cs).Fitting))] = true
		}
		if len(orders) < 2 {
			t.Errorf("three people see the same order: %v", orders)
		}
	})
	t.Run("equals stand by the hash of profile and opportunity", func(t *testing.T) {
		p := volunteer()
		p.Account = "volunteer1"
		cs := many(4, func(_ int, c *matching.Candidate) { c.Opportunity.Confirmed = now })
		// for i in 1 2 3 4; do echo "$(printf volunteer1a$i | sha256sum) a$i"; done | sort
		want := []string{"a2", "a3", "a4", "a1"}
		if diff := cmp.Diff(want, ids(matching.New(matching.Default(), p, now).Rank(cs).Fitting)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAttention(t *testing.T) {
	asked := func(c *matching.Candidate, _ *profile) { c.Facts.Asked = true }
	for _, tc := range []struct {
		name   string
		days   int
		change func(*matching.Candidate, *profile)
		want   float64
	}{
		{"somebody asked", 45, asked, .925},
		{"nobody asked, of today", 0, nil, 1 + .25*.8},
		{"nobody asked, of long ago", 90, nil, 1 + .25*.8},
		{"less is known", 90, func(_ *matching.Candidate, p *profile) { p.Grid = 0 }, 1 + .25*.64},
		{"it fits only partly, but is what is wished and in reach", 90, func(c *matching.Candidate, _ *profile) {
			c.Opportunity.Topics, c.Opportunity.Activities = nil, codes{"recht"}
		}, 1 + .25*.8},
		{"it hardly fits, and stands apart", 90, func(c *matching.Candidate, p *profile) {
			c.Opportunity.Topics, c.Opportunity.Activities, c.Opportunity.TargetGroups = nil, codes{"recht"}, codes{"aeltere"}
			c.Opportunity.Grid = slots("mo-abend")
		}, .85},
		{"it needs no way", 90, func(c *matching.Candidate, _ *profile) { c.Opportunity.Mode, c.Opportunity.Places = "online", nil }, 1 + .25*.8},
		{"nobody knows where it lies", 90, func(c *matching.Candidate, _ *profile) { c.Opportunity.Places = nil }, .85},
		{"the person does not say where", 90, func(_ *matching.Candidate, p *profile) { p.Home = geo.Point{} }, .85},
		{"it is of an area that is only near to what is wished", 90, func(c *matching.Candidate, _ *profile) {
			c.Opportunity.Areas, c.Opportunity.Topics = codes{"jugend-bildung"}, nil
		}, .85},
		{"nobody knows of which area it is", 90, func(c *matching.Candidate, _ *profile) {
			c.Opportunity.Areas, c.Opportunity.Topics = nil, nil
		}, .85},
		{"the person wishes no area", 90, func(_ *matching.Candidate, p *profile) { p.Areas, p.Topics = nil, nil }, 1 + .25*.54},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, p := reading(), volunteer()
			o.Confirmed = now.AddDate(0, 0, -tc.days)
			c := candidate(o)
			c.Facts.Asked = false
			if tc.change != nil {
				tc.change(&c, &p)
			}
			r := matching.New(matching.Default(), p, now).Assess(c)
			near(t, "attention", r.Rank/r.Fit, tc.want, 1e-9)
		})
	}
	t.Run("is off", func(t *testing.T) {
		o, config := reading(), matching.Default()
		o.Confirmed, config.Lambda = now.AddDate(0, 0, -45), 0
		c := candidate(o)
		c.Facts.Asked = false
		r := matching.New(config, volunteer(), now).Assess(c)
		near(t, "attention", r.Rank/r.Fit, .925, 1e-9)
	})
}

func TestFreshness(t *testing.T) {
	for _, tc := range []struct {
		name string
		days int
		want float64
	}{
		{"today", 0, 1}, {"45 days ago", 45, .925}, {"90 days ago", 90, .85}, {"long ago", 200, .85}, {"a clock that is ahead", -3, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := reading()
			o.Confirmed = now.AddDate(0, 0, -tc.days)
			c := candidate(o)
			r := matching.New(matching.Default(), volunteer(), now).Assess(c)
			near(t, "freshness", r.Rank/r.Fit, tc.want, 1e-9)
		})
	}
}

func TestTheThirdOfAnOrganizationWaitsUntilPosition11(t *testing.T) {
	cs := many(14, func(i int, c *matching.Candidate) {
		if i <= 4 {
			c.Opportunity.Organization = "busy"
		}
	})
	want := []string{"a1", "a2", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a3", "a4", "a13", "a14"}
	if diff := cmp.Diff(want, ids(rank(cs).Fitting)); diff != "" {
		t.Error(diff)
	}
	t.Run("unless there is nothing else", func(t *testing.T) {
		cs := many(4, func(_ int, c *matching.Candidate) { c.Opportunity.Organization = "only" })
		if diff := cmp.Diff([]string{"a1", "a2", "a3", "a4"}, ids(rank(cs).Fitting)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOneOfTheFirstTenAtMostStandsThereBecauseNobodyAsksForIt(t *testing.T) {
	// In steps of three days: what is asked for loses .15/90 a day. What nobody asks for is equal, and a12 comes before a11 and a13 by its hash.
	neglected := func(numbers ...int) func(int, *matching.Candidate) {
		return func(i int, c *matching.Candidate) {
			c.Opportunity.Confirmed = now.AddDate(0, 0, -3*(i-1))
			c.Facts.Asked = !slices.Contains(numbers, i)
		}
	}
	for _, tc := range []struct {
		name   string
		n      int
		change func(int, *matching.Candidate)
		want   []string
	}{
		{"there is none", 12, neglected(), []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12"}},
		{"there is one", 12, neglected(12), []string{"a12", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11"}},
		{"there are three, and the others wait until position 11", 13, neglected(11, 12, 13), []string{"a12", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a11", "a13", "a10"}},
		{"there are two, and one would be the best anyway", 12, neglected(1, 12), []string{"a12", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11"}},
		{"not even a third of the same organization", 12, func(i int, c *matching.Candidate) {
			neglected(12)(i, c)
			if i == 1 || i == 2 || i == 12 {
				c.Opportunity.Organization = "busy"
			}
		}, []string{"a12", "a1", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a2", "a11"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, ids(rank(many(tc.n, tc.change)).Fitting)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheOrderDependsOnTheSetAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyProfile.Draw(t, "profile")
		offers := rapid.SliceOfNDistinct(anyOpportunity, 0, 15, func(o opportunity) engagement.ID { return o.ID }).Draw(t, "opportunities")
		var cs []matching.Candidate
		for _, o := range offers {
			if rapid.Bool().Draw(t, "alike") { // equals that only the hash tells apart
				id, organization := o.ID, o.Organization
				o = reading()
				o.ID, o.Organization = id, organization
			}
			cs = append(cs, matching.Candidate{Opportunity: &o, Facts: anyFacts.Draw(t, "facts")})
		}
		shuffled := rapid.Permutation(cs).Draw(t, "shuffled")
		want := matching.New(matching.Default(), p, now).Rank(cs)
		got := matching.New(matching.Default(), p, now).Rank(shuffled)
		if diff := cmp.Diff([][]string{ids(want.Fitting), ids(want.Less)}, [][]string{ids(got.Fitting), ids(got.Less)}); diff != "" {
			t.Errorf("another sequence of candidates, another order (-want +got):\n%s", diff)
		}

		all := slices.Concat(want.Fitting, want.Less)
		suggested := 0
		m := matching.New(matching.Default(), p, now)
		for _, c := range cs {
			if m.WhyNot(c) == nil {
				suggested++
			}
		}
		if len(all) != suggested {
			t.Errorf("%d are suggested, %d pass all gates", len(all), suggested)
		}
		for _, r := range all {
			if !r.Suggested() {
				t.Errorf("%s is suggested although a gate fails", r.Opportunity.ID)
			}
		}
		of := map[engagement.ID]int{}
		for i, r := range want.Fitting[:min(10, len(want.Fitting))] {
			of[r.Opportunity.Organization]++
			another := slices.ContainsFunc(want.Fitting[i:], func(r *matching.Result) bool { return of[r.Opportunity.Organization] < 2 })
			if of[r.Opportunity.Organization] > 2 && another {
				t.Errorf("position %d is a third of %s while others wait", i+1, r.Opportunity.Organization)
			}
		}
	})
}
