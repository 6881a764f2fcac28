package main

import (
	"slices"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// broken names the first hard constraint of the raw data that a suggestion breaks, or nothing. It is written from the rules as people are
// told them and asks nothing of package matching, so that a gate left open there is seen here.
func broken(p *engagement.Profile, c matching.Candidate, minorsFrom int, rural bool) string {
	o := c.Opportunity
	for _, rule := range []struct {
		name   string
		broken bool
	}{
		{"hidden", !c.Facts.Visible || c.Facts.Blocked},
		{"not open", o.State != engagement.Published && (o.State != engagement.Filled || !o.Waitlist)},
		{"over", o.EndsOn != "" && o.EndsOn < date(0)},
		{"stale", confirmedDays(o) > 90},
		{"full", o.Capacity > 0 && o.Taken >= o.Capacity && !o.Waitlist},
		{"too young", tooYoung(p, o, minorsFrom)},
		{"too far", tooFar(p, o, rural)},
		{"language", lacksLanguage(p, o)},
		{"license", lacksLicense(p, o)},
		{"skill", lacksSkill(p, o)},
		{"proof", intersects(o.Proofs, p.Excluded.Proofs)},
		{"excluded", excluded(p, o)},
		{"access", noAccess(p, o)},
	} {
		if rule.broken {
			return rule.name
		}
	}
	return ""
}

func confirmedDays(o *engagement.Opportunity) float64 {
	last := o.Published
	if !o.Confirmed.IsZero() {
		last = o.Confirmed
	}
	return now.Sub(last).Hours() / 24
}

func tooYoung(p *engagement.Profile, o *engagement.Opportunity, minorsFrom int) bool {
	upto := map[code]int{"12-13": 13, "14-15": 15, "16-17": 17, "18-26": 26, "27-59": 59, "60-plus": 120}[p.AgeBand]
	if upto == 0 {
		return false // not said: to be asked
	}
	if upto < o.MinAge {
		return true
	}
	adults := o.MinorPolicy == "keine" || o.MinorPolicy == "klasse"
	return upto < 18 && (adults || upto < minorsFrom) || upto < 16 && (o.Origin != "" || o.MinorPolicy == "ab-16")
}

func tooFar(p *engagement.Profile, o *engagement.Opportunity, rural bool) bool {
	limit := p.RadiusKM
	if limit == 0 {
		limit = map[code]float64{"zu-fuss": 2, "rad": 6, "oepnv": 10, "auto": 25}[p.Travel]
		if rural {
			limit = map[code]float64{"zu-fuss": 2, "rad": 8, "oepnv": 15, "auto": 25}[p.Travel]
		}
	}
	if limit == 0 || p.Home == (geo.Point{}) || len(o.Places) == 0 || o.Mode != "vor-ort" && o.Mode != "unterwegs" {
		return false
	}
	return !slices.ContainsFunc(o.Places, func(place engagement.Place) bool {
		return geo.Distance(p.Home, place.Public().Point) <= 1.5*limit
	})
}

func lacksLanguage(p *engagement.Profile, o *engagement.Opportunity) bool {
	for _, need := range o.Languages {
		listed := false
		for _, own := range p.Languages {
			if own.Code == need.Code {
				listed = true
				if own.Level != "" && slices.Index(levels, own.Level) < slices.Index(levels, need.Level) {
					return true
				}
			}
		}
		if !listed && len(p.Languages) > 0 && need.Code != "de" {
			return true
		}
	}
	return false
}

func lacksLicense(p *engagement.Profile, o *engagement.Opportunity) bool {
	return len(p.Licenses) > 0 && slices.ContainsFunc(o.Licenses, func(need code) bool {
		return !slices.ContainsFunc(p.Licenses, func(l engagement.License) bool { return l.Code == need && (l.Until == "" || l.Until >= date(0)) })
	})
}

func lacksSkill(p *engagement.Profile, o *engagement.Opportunity) bool {
	return len(p.Skills) > 0 && slices.ContainsFunc(o.Skills, func(need engagement.SkillNeed) bool {
		return need.Mandatory && !slices.ContainsFunc(p.Skills, func(s engagement.Skill) bool { return s.Code == need.Code })
	})
}

func excluded(p *engagement.Profile, o *engagement.Opportunity) bool {
	x := &p.Excluded
	areas := slices.Clone(o.Areas)
	for _, t := range o.Topics {
		areas = append(areas, engagement.Topics.Parent(t))
	}
	return intersects(x.Topics, o.Topics) || intersects(x.Areas, areas) || intersects(x.Activities, o.Activities) || intersects(x.TargetGroups, o.TargetGroups)
}

func noAccess(p *engagement.Profile, o *engagement.Opportunity) bool {
	away := o.Mode == "online" || o.Mode == "zuhause"
	return slices.ContainsFunc(p.AccessNeeds, func(n engagement.AccessNeed) bool {
		bodily := n.Code != "gebaerdensprache-moeglich" && n.Code != "leichte-sprache-moeglich"
		return n.Hard && o.Access[n.Code] == "nein" && !(away && bodily)
	})
}
