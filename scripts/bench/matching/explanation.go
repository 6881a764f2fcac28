package main

import (
	"math"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// dimensionOf says which dimension a reason speaks of, by the last part of its key.
var dimensionOf = map[string]matching.Dimension{
	"topic": matching.Topic, "area": matching.Topic, "near": matching.Topic, "activity": matching.Activity,
	"skill": matching.Skill, "learn": matching.Skill, "slots": matching.Time, "flexible": matching.Time, "commitment": matching.Time,
	"distance": matching.Distance, "mode": matching.Distance, "target": matching.Target,
	"team": matching.Frame, "guidance": matching.Frame, "taster": matching.Frame, "expenses": matching.Frame, "access": matching.Frame,
	"effort": matching.Effort,
}

// refit does the sum of the fit again, with another score for one dimension.
func refit(r *matching.Result, change matching.Dimension, score float64) float64 {
	sum, weights := 0.0, 0.0
	for d, t := range r.Terms {
		if !t.Counts {
			continue
		}
		s := t.Score
		if matching.Dimension(d) == change {
			s = score
		}
		sum, weights = sum+t.Weight*s, weights+t.Weight
	}
	if weights == 0 {
		return 0
	}
	return sum / weights
}

// unfaithful says what is wrong with an explanation, or nothing. The sum is done again; without a dimension that is named in favour the
// fit must fall, with a full score of one that is named against it must rise; nothing larger of its kind stays unnamed; and what a
// reason says must be in the profile and the opportunity.
func unfaithful(p *engagement.Profile, r *matching.Result, e matching.Explanation) string {
	fit := func(change matching.Dimension, score float64) float64 { return refit(r, change, score) }
	if math.Abs(fit(-1, 0)-r.Fit) > .001 {
		return "contributions do not sum to the fit"
	}
	named := map[matching.Dimension]bool{}
	least := map[bool]float64{true: math.Inf(1), false: math.Inf(1)} // of what is named, in favour or against
	size := func(d matching.Dimension, pro bool) float64 {
		if t := r.Terms[d]; pro {
			return t.Weight * t.Score
		}
		return r.Terms[d].Weight * (1 - r.Terms[d].Score)
	}
	for _, list := range []struct {
		reasons []matching.Reason
		pro     bool
	}{{e.Pro, true}, {e.Contra, false}} {
		for _, reason := range list.reasons {
			d, known := dimensionOf[reason.Key[strings.Index(reason.Key, ".")+1:]]
			if !known || !r.Terms[d].Counts {
				return "names what does not count: " + reason.Key
			}
			if list.pro && fit(d, 0) >= r.Fit || !list.pro && fit(d, 1) <= r.Fit {
				return "does not matter: " + reason.Key
			}
			if !holds(p, r, reason, list.pro) {
				return "is not so: " + reason.Key
			}
			named[d], least[list.pro] = true, min(least[list.pro], size(d, list.pro))
		}
	}
	for d, t := range r.Terms {
		if d := matching.Dimension(d); t.Counts && !named[d] {
			pro := t.Score > .5
			room := pro && len(e.Pro) < 3 || !pro && len(e.Contra) < 2
			if room || size(d, pro) > least[pro]+1e-9 {
				return "does not name " + d.String()
			}
		}
	}
	return ""
}

// holds looks into profile and opportunity for what a reason says.
func holds(p *engagement.Profile, r *matching.Result, reason matching.Reason, pro bool) bool {
	o := r.Opportunity
	both := func(a, b codes) bool {
		return len(reason.Codes) > 0 && !slices.ContainsFunc(reason.Codes, func(c code) bool { return !slices.Contains(a, c) || !slices.Contains(b, c) })
	}
	switch key := reason.Key[strings.Index(reason.Key, ".")+1:]; {
	case key == "topic":
		return both(p.Topics, o.Topics)
	case key == "activity" && pro:
		return both(p.Activities, o.Activities)
	case key == "activity":
		return !intersects(p.Activities, o.Activities) || r.Terms[matching.Activity].Score <= .5
	case key == "target" && pro:
		return both(p.TargetGroups, o.TargetGroups)
	case key == "area" && pro:
		_, wished := (&seeker{profile: p}).interests()
		return both(wished, areasOffered(o))
	case key == "slots" && pro:
		return reason.Grid != 0 && p.Grid.Has(reason.Grid) && o.Grid.Has(reason.Grid)
	case key == "distance":
		km := math.Inf(1)
		for _, place := range o.Places {
			km = min(km, geo.Distance(p.Home, place.Public().Point))
		}
		return math.Abs(km-reason.KM) < .001
	case key == "mode":
		return o.Mode == "online" || o.Mode == "zuhause" || o.Mode == "hybrid"
	case key == "taster":
		return o.Taster == pro
	}
	return true
}
