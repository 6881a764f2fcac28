package matching

import (
	"cmp"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/geo"
)

// aboutWork are the dimensions of which one has to meet for somebody to be asked: what it is about, what is done, what one can.
var aboutWork = [...]Dimension{Topic, Activity, Skill}

// meets is the score from which on such a dimension does.
const meets = .5

// Narrow are the people who say of themselves what the criteria ask for. What somebody does not say counts as no.
func Narrow(c engagement.Criteria, profiles []engagement.Profile) (left []engagement.Profile) {
	when := engagement.FilterGrid([]engagement.Code{c.Time})
	for _, p := range profiles {
		can := c.Skill == "" || slices.ContainsFunc(p.Skills, func(s engagement.Skill) bool { return s.Code == c.Skill })
		speaks := c.Language == "" || slices.ContainsFunc(p.Languages, func(l engagement.LanguageSkill) bool { return engagement.Code(l.Code) == c.Language })
		near := c.RadiusKM == 0 || p.Home != geo.Point{} && geo.Distance(c.Near, p.Home) <= c.RadiusKM
		if can && speaks && near && (c.Time == "" || p.Grid&when != 0) {
			left = append(left, p)
		}
	}
	return left
}

// Whom are the people whom a request fits, best first: no gate fails, and it is about something that they wish to do or can do.
// Whether somebody may be asked at all is decided elsewhere; everybody who may sees it.
func Whom(config Config, c Candidate, profiles []engagement.Profile, now time.Time) []engagement.ID {
	type fitting struct {
		account engagement.ID
		result  Result
	}
	var found []fitting
	c.Facts.Visible = true
	for _, p := range profiles {
		m := New(config, p, now)
		r := m.Assess(c)
		about := slices.ContainsFunc(aboutWork[:], func(d Dimension) bool { return r.Terms[d].Counts && r.Terms[d].Score >= meets })
		if !r.Suggested() || !about || r.Fit+tolerance < config.Partial {
			continue
		}
		r.tie = m.tie(c.Opportunity.ID)
		found = append(found, fitting{p.Account, r})
	}
	slices.SortFunc(found, func(a, b fitting) int {
		return cmp.Or(cmp.Compare(b.result.Fit, a.result.Fit), byRank(&a.result, &b.result))
	})
	people := make([]engagement.ID, len(found))
	for i, f := range found {
		people[i] = f.account
	}
	return people
}
