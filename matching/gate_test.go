package matching_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

const (
	pass    = matching.Pass
	unknown = matching.Unknown
	fail    = matching.Fail
)

func TestGatesAreThoseOfTheVocabularyThatExist(t *testing.T) {
	want := slices.DeleteFunc(engagement.Gates.Codes(), func(c engagement.Code) bool {
		return c == "consent" // needs the opposite direction
	})
	if diff := cmp.Diff(want, matching.Gates()); diff != "" {
		t.Errorf("gates (-want +got):\n%s", diff)
	}
}

func TestEveryGate(t *testing.T) {
	type (
		person = func(*profile)
		offer  = func(*opportunity)
	)
	band := func(b engagement.Code) person { return func(p *profile) { p.AgeBand = b } }
	minAge := func(years int) offer { return func(o *opportunity) { o.MinAge = years } }
	policy := func(c engagement.Code) offer { return func(o *opportunity) { o.MinorPolicy = c } }
	copied := func(change offer) offer { return func(o *opportunity) { change(o); o.Origin = "b.example" } }
	speaks := func(l ...engagement.LanguageSkill) person { return func(p *profile) { p.Languages = l } }
	needs := func(code string, level engagement.Code) offer {
		return func(o *opportunity) { o.Languages = []engagement.LanguageNeed{{Code: code, Level: level}} }
	}
	can := func(s ...engagement.Skill) person { return func(p *profile) { p.Skills = s } }
	must := func(code, level engagement.Code) offer {
		return func(o *opportunity) {
			o.Skills = []engagement.SkillNeed{{Code: code, Level: level, Required: true, Mandatory: true}}
		}
	}
	licensed := func(c ...engagement.Code) offer { return func(o *opportunity) { o.Licenses = c } }
	excludes := func(x engagement.Exclusions) person { return func(p *profile) { p.Excluded = x } }
	access := func(hard bool, c engagement.Code) person {
		return func(p *profile) { p.AccessNeeds = []engagement.AccessNeed{{Code: c, Hard: hard}} }
	}
	offers := func(c, answer engagement.Code) offer {
		return func(o *opportunity) { o.Access = map[engagement.Code]engagement.Code{c: answer} }
	}
	far := func(mode engagement.Code) offer {
		return func(o *opportunity) { o.Places, o.Mode = []engagement.Place{at(aachen)}, mode }
	}

	for _, tc := range []struct {
		name string
		gate engagement.Code
		p    person
		o    offer
		want matching.Verdict
	}{
		{"published and confirmed lately is open", "status", nil, nil, pass},
		{"confirmed 90 days ago still holds", "status", nil, func(o *opportunity) { o.Confirmed = now.AddDate(0, 0, -90) }, pass},
		{"confirmed 91 days ago is stale", "status", nil, func(o *opportunity) { o.Confirmed = now.AddDate(0, 0, -91) }, fail},
		{"never confirmed counts from publication", "status", nil, func(o *opportunity) { o.Confirmed = time.Time{} }, pass},
		{"paused is not open", "status", nil, func(o *opportunity) { o.State = engagement.Paused }, fail},
		{"a draft is not open", "status", nil, func(o *opportunity) { o.State = engagement.Draft }, fail},
		{"ended yesterday is over", "status", nil, func(o *opportunity) { o.EndsOn = "2026-03-19" }, fail},
		{"ending today is not over", "status", nil, func(o *opportunity) { o.EndsOn = "2026-03-20" }, pass},
		{"filled is told by the capacity", "status", nil, func(o *opportunity) { o.State = engagement.Filled }, pass},

		{"a free place is left", "capacity", nil, nil, pass},
		{"all places are taken", "capacity", nil, func(o *opportunity) { o.Taken = 2 }, fail},
		{"all places are taken but there is a waiting list", "capacity", nil, func(o *opportunity) { o.Taken, o.Waitlist = 2, true }, pass},
		{"filled without waiting list", "capacity", nil, func(o *opportunity) { o.State, o.Capacity = engagement.Filled, 0 }, fail},
		{"filled says more than the numbers", "capacity", nil, func(o *opportunity) { o.State = engagement.Filled }, fail},
		{"filled with waiting list", "capacity", nil, func(o *opportunity) { o.State, o.Waitlist = engagement.Filled, true }, pass},
		{"no number means no limit here", "capacity", nil, func(o *opportunity) { o.Capacity = 0 }, pass},
		{"no number on a copy is not stated", "capacity", nil, copied(func(o *opportunity) { o.Capacity = 0 }), unknown},

		{"no minimum age", "min-age", nil, nil, pass},
		{"no band", "min-age", nil, minAge(16), unknown},
		{"the band begins at the minimum", "min-age", band("16-17"), minAge(16), pass},
		{"the minimum lies inside the band", "min-age", band("18-26"), minAge(21), unknown},
		{"the band ends at the minimum", "min-age", band("12-13"), minAge(13), unknown},
		{"the band ends below the minimum", "min-age", band("16-17"), minAge(18), fail},

		{"adults may everywhere", "minor", band("18-26"), policy("keine"), pass},
		{"adults may with a class", "minor", band("60-plus"), policy("klasse"), pass},
		{"no minors", "minor", band("16-17"), policy("keine"), fail},
		{"a class takes part through its teacher", "minor", band("16-17"), policy("klasse"), fail},
		{"from 16 on", "minor", band("16-17"), policy("ab-16"), pass},
		{"with consent", "minor", band("16-17"), policy("mit-zustimmung"), pass},
		{"a minor and no policy", "minor", band("16-17"), nil, unknown},
		{"16 and 17 may ask partners", "minor", band("16-17"), copied(policy("ab-16")), pass},
		{"no band and no minors", "minor", nil, policy("keine"), unknown},
		{"no band and from 16", "minor", nil, policy("ab-16"), unknown},
		{"no band and a class", "minor", nil, policy("klasse"), unknown},
		{"no band and no policy", "minor", nil, nil, pass},
		{"no band and with consent", "minor", nil, policy("mit-zustimmung"), pass},
		{"under 16 where 16 is the least age", "minor", band("14-15"), policy("mit-zustimmung"), fail},

		{"within the radius", "distance", nil, nil, pass},
		{"within one and a half radiuses", "distance", func(p *profile) { p.RadiusKM = 2.4 }, nil, pass},
		{"beyond one and a half radiuses", "distance", func(p *profile) { p.RadiusKM = 2.38 }, nil, fail},
		{"the nearest place decides", "distance", nil, func(o *opportunity) { o.Places = append(o.Places, at(aachen)) }, pass},
		{"the usual radius of the way of travel", "distance", func(p *profile) { p.RadiusKM, p.Travel = 0, "zu-fuss" }, nil, fail},
		{"an assumed radius keeps nothing out", "distance", func(p *profile) { p.RadiusKM, p.Travel = 0, "" }, far("vor-ort"), unknown},
		{"no home", "distance", func(p *profile) { p.Home = geo.Point{} }, nil, unknown},
		{"no place", "distance", nil, func(o *opportunity) { o.Places = nil }, unknown},
		{"only an address that is not public", "distance", nil, func(o *opportunity) {
			o.Places = []engagement.Place{{Point: koepenick, Exact: true, Precision: "ortsteil"}}
		}, unknown},
		{"far away on the way", "distance", nil, far("unterwegs"), fail},
		{"far away and online", "distance", nil, far("online"), pass},
		{"far away and from home", "distance", nil, far("zuhause"), pass},
		{"far away and both", "distance", nil, far("hybrid"), pass},
		{"far away in a way nobody knows", "distance", nil, far("andere-angabe"), unknown},

		{"no language asked", "language", nil, nil, pass},
		{"no language stated", "language", nil, needs("tr", "B1"), unknown},
		{"a language is missing from the list", "language", speaks(engagement.LanguageSkill{Code: "en", Level: "C1"}), needs("tr", ""), fail},
		{"German is missing from the list", "language", speaks(engagement.LanguageSkill{Code: "en", Level: "C1"}), needs("de", "B1"), unknown},
		{"the level is enough", "language", speaks(engagement.LanguageSkill{Code: "tr", Level: "B1"}), needs("tr", "B1"), pass},
		{"the level is too low", "language", speaks(engagement.LanguageSkill{Code: "tr", Level: "A2"}), needs("tr", "B1"), fail},
		{"German with too low a level", "language", speaks(engagement.LanguageSkill{Code: "de", Level: "A2"}), needs("de", "B1"), fail},
		{"no own level", "language", speaks(engagement.LanguageSkill{Code: "tr"}), needs("tr", "B1"), unknown},
		{"no own level and any will do", "language", speaks(engagement.LanguageSkill{Code: "tr"}), needs("tr", ""), pass},
		{"mother tongue is above C2", "language", speaks(engagement.LanguageSkill{Code: "tr", Level: "muttersprache"}), needs("tr", "C2"), pass},
		{"one of two languages is missing", "language", speaks(engagement.LanguageSkill{Code: "tr"}), func(o *opportunity) {
			o.Languages = []engagement.LanguageNeed{{Code: "tr", Level: "B1"}, {Code: "ar"}}
		}, fail},

		{"no license asked", "license", nil, nil, pass},
		{"no license stated", "license", nil, licensed("juleica"), unknown},
		{"the license is there", "license", func(p *profile) { p.Licenses = held("juleica") }, licensed("juleica"), pass},
		{"the license is missing", "license", func(p *profile) { p.Licenses = held("ersthelfer") }, licensed("juleica"), fail},
		{"the license holds to this day", "license", func(p *profile) { p.Licenses = []engagement.License{{Code: "juleica", Until: engagement.DateOf(now)}} }, licensed("juleica"), pass},
		{"the license is over", "license", func(p *profile) {
			p.Licenses = []engagement.License{{Code: "juleica", Until: engagement.DateOf(now).Add(-1)}}
		}, licensed("juleica"), fail},
		{"a license nobody knows", "license", func(p *profile) { p.Licenses = held("ersthelfer") }, licensed("andere-angabe"), pass},
		{"no skill stated", "license", nil, must("dolmetschen", ""), unknown},
		{"the mandatory skill is there", "license", can(engagement.Skill{Code: "dolmetschen"}), must("dolmetschen", ""), pass},
		{"the mandatory skill is missing", "license", can(engagement.Skill{Code: "holz"}), must("dolmetschen", ""), fail},
		{"a lower level may be enough", "license", can(engagement.Skill{Code: "dolmetschen", Level: "sicher"}), must("dolmetschen", "profi"), unknown},
		{"a level that was not stated may be enough", "license", can(engagement.Skill{Code: "dolmetschen"}), must("dolmetschen", "profi"), unknown},
		{"a skill that is only required", "license", can(engagement.Skill{Code: "holz"}), func(o *opportunity) {
			o.Skills = []engagement.SkillNeed{{Code: "dolmetschen", Required: true}}
		}, pass},

		{"no proof asked", "proof", excludes(engagement.Exclusions{Proofs: codes{"masernschutz"}}), nil, pass},
		{"a proof asked that is fine", "proof", nil, func(o *opportunity) { o.Proofs = codes{"masernschutz"} }, pass},
		{"a proof asked that is excluded", "proof", excludes(engagement.Exclusions{Proofs: codes{"masernschutz"}}), func(o *opportunity) { o.Proofs = codes{"masernschutz"} }, fail},
		{"a proof the organization decides about", "proof", excludes(engagement.Exclusions{Proofs: codes{"fuehrungszeugnis-nach-pruefung"}}), func(o *opportunity) { o.Proofs = codes{"fuehrungszeugnis-nach-pruefung"} }, unknown},

		{"nothing excluded", "excluded", nil, nil, pass},
		{"something else excluded", "excluded", excludes(engagement.Exclusions{Areas: codes{"sport"}, Topics: codes{"schulweg"}, Activities: codes{"recht"}, TargetGroups: codes{"tiere"}}), nil, pass},
		{"the area excluded", "excluded", excludes(engagement.Exclusions{Areas: codes{"schule-kita"}}), nil, fail},
		{"the area of a topic excluded", "excluded", excludes(engagement.Exclusions{Areas: codes{"schule-kita"}}), func(o *opportunity) { o.Areas = nil }, fail},
		{"the topic excluded", "excluded", excludes(engagement.Exclusions{Topics: codes{"lesepate"}}), nil, fail},
		{"the activity excluded", "excluded", excludes(engagement.Exclusions{Activities: codes{"vorlesen"}}), nil, fail},
		{"the group excluded", "excluded", excludes(engagement.Exclusions{TargetGroups: codes{"kinder-6-12"}}), nil, fail},

		{"no access needed", "access", nil, offers("rolli-wc", "nein"), pass},
		{"a hard need is met", "access", access(true, "rolli-wc"), offers("rolli-wc", "ja"), pass},
		{"a hard need is not met", "access", access(true, "rolli-wc"), offers("rolli-wc", "nein"), fail},
		{"a hard need is expressly unknown", "access", access(true, "rolli-wc"), offers("rolli-wc", "unbekannt"), unknown},
		{"a hard need was not answered", "access", access(true, "rolli-wc"), nil, unknown},
		{"a soft need is not met", "access", access(false, "rolli-wc"), offers("rolli-wc", "nein"), pass},
		{"a place does not matter online", "access", access(true, "rolli-wc"), func(o *opportunity) { offers("rolli-wc", "nein")(o); o.Mode = "online" }, pass},
		{"sign language matters online", "access", access(true, "gebaerdensprache-moeglich"), func(o *opportunity) { o.Mode = "online" }, unknown},
	} {
		t.Run(string(tc.gate)+": "+tc.name, func(t *testing.T) {
			m, r := compare(tc.p, tc.o)
			if got := r.Verdict(tc.gate); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			told := slices.ContainsFunc(m.WhyNot(r.Candidate), func(reason matching.Reason) bool { return reason.Key == "fail."+string(tc.gate) })
			if told != (tc.want == fail) {
				t.Errorf("named among the reasons why not: got %v, want %v", told, tc.want == fail)
			}
			if ranked := len(m.Rank([]matching.Candidate{r.Candidate}).Fitting) > 0; tc.want == fail && ranked {
				t.Error("suggested although the gate fails")
			}
		})
	}
}

func TestWhatTheCallerKnowsGates(t *testing.T) {
	o := reading()
	m := matching.New(matching.Default(), volunteer(), now)
	for _, tc := range []struct {
		name                string
		facts               matching.Facts
		visibility, blocked matching.Verdict
	}{
		{"visible", matching.Facts{Visible: true}, pass, pass},
		{"nothing known is not visible", matching.Facts{}, fail, pass},
		{"blocked", matching.Facts{Visible: true, Blocked: true}, pass, fail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := m.Assess(matching.Candidate{Opportunity: &o, Facts: tc.facts})
			if got := r.Verdict("visibility"); got != tc.visibility {
				t.Errorf("visibility: got %v, want %v", got, tc.visibility)
			}
			if got := r.Verdict("blocked"); got != tc.blocked {
				t.Errorf("blocked: got %v, want %v", got, tc.blocked)
			}
		})
	}
}

func TestWhatThePersonHidesIsNotSuggested(t *testing.T) {
	o, p := reading(), volunteer()
	for _, tc := range []struct {
		hidden []engagement.ID
		want   matching.Verdict
	}{
		{nil, pass},
		{[]engagement.ID{"another"}, pass},
		{[]engagement.ID{"another", o.Organization}, fail},
	} {
		p.Excluded.Organizations = tc.hidden
		r := matching.New(matching.Default(), p, now).Assess(matching.Candidate{Opportunity: &o, Facts: matching.Facts{Visible: true}})
		if got := r.Verdict("blocked"); got != tc.want {
			t.Errorf("hidden %v: got %v, want %v", tc.hidden, got, tc.want)
		}
	}
	if asked := matching.Whom(matching.Default(), candidate(o), []engagement.Profile{p}, now); len(asked) != 0 {
		t.Error("the organization may ask the person")
	}
	p.Excluded.Organizations = nil
	if asked := matching.Whom(matching.Default(), candidate(o), []engagement.Profile{p}, now); len(asked) != 1 {
		t.Error("it could not before")
	}
}

func TestUnder16OnlyHereAndOnlyWhereTheInstanceAdmitsThem(t *testing.T) {
	for _, tc := range []struct {
		name   string
		from   int
		band   engagement.Code
		origin string
		policy engagement.Code
		want   matching.Verdict
	}{
		{"14 and 15 where 14 is the least age", 14, "14-15", "", "mit-zustimmung", pass},
		{"14 and 15 where 12 is the least age", 12, "14-15", "", "mit-zustimmung", pass},
		{"14 and 15 where 16 is the least age", 16, "14-15", "", "mit-zustimmung", fail},
		{"12 and 13 where 14 is the least age", 14, "12-13", "", "mit-zustimmung", fail},
		{"14 and 15 at a partner", 14, "14-15", "b.example", "mit-zustimmung", fail},
		{"14 and 15 at a partner that says nothing", 14, "14-15", "b.example", "", fail},
		{"14 and 15 where the opportunity is from 16 on", 14, "14-15", "", "ab-16", fail},
		{"14 and 15 where the opportunity says nothing", 14, "14-15", "", "", unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, o := volunteer(), reading()
			p.AgeBand, o.Origin, o.MinorPolicy = tc.band, tc.origin, tc.policy
			config := matching.Default().For(engagement.Instance{MinorsFrom: tc.from})
			r := matching.New(config, p, now).Assess(candidate(o))
			if got := r.Verdict("minor"); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestMinorsAreNeverSuggestedWhatIsNotForThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, o := anyProfile.Draw(t, "profile"), anyOpportunity.Draw(t, "opportunity")
		p.AgeBand = rapid.SampledFrom(codes{"12-13", "14-15", "16-17"}).Draw(t, "band")
		config := matching.Default()
		config.MinorsFrom = rapid.SampledFrom([]int{12, 14, 16}).Draw(t, "minors from")
		r := matching.New(config, p, now).Assess(candidate(o))
		if !r.Suggested() {
			return
		}
		_, oldest, _ := engagement.Ages(p.AgeBand)
		if o.MinorPolicy == "keine" || o.MinorPolicy == "klasse" || oldest < o.MinAge {
			t.Errorf("a minor is suggested something with policy %q from %d", o.MinorPolicy, o.MinAge)
		}
		if oldest < 16 && (!o.Local() || oldest < config.MinorsFrom || o.MinorPolicy == "ab-16") {
			t.Errorf("somebody under 16 is suggested something of %q with policy %q where %d is the least age", o.Origin, o.MinorPolicy, config.MinorsFrom)
		}
	})
}

func TestWhatIsUnknownNeverFailsAGate(t *testing.T) {
	t.Run("an empty profile fails no gate that asks the person", rapid.MakeCheck(func(t *rapid.T) {
		r := matching.New(matching.Default(), profile{}, now).Assess(shifted(t, anyOpportunity.Draw(t, "opportunity")))
		for _, gate := range []engagement.Code{"min-age", "minor", "distance", "time", "language", "license", "proof", "excluded", "access"} {
			if r.Verdict(gate) == fail {
				t.Errorf("%s fails", gate)
			}
		}
	}))
	t.Run("an opportunity that says nothing fails for nobody over 15", rapid.MakeCheck(func(t *rapid.T) {
		p := anyProfile.Draw(t, "profile")
		if _, oldest, aged := engagement.Ages(p.AgeBand); aged && oldest < 16 {
			p.AgeBand = ""
		}
		o := opportunity{State: engagement.Published, Published: now, Origin: rapid.SampledFrom([]string{"", "b.example"}).Draw(t, "origin")}
		m := matching.New(matching.Default(), p, now)
		if why := m.WhyNot(candidate(o)); why != nil {
			t.Errorf("fails: %+v", why)
		}
	}))
}

func TestPassedGatesTellOnlyWhatTheOpportunityAskedFor(t *testing.T) {
	grown := volunteer()
	grown.AgeBand = "27-59"
	grown.Languages = []engagement.LanguageSkill{{Code: "de", Level: "C1"}}
	grown.Licenses = held("juleica")
	grown.AccessNeeds = []engagement.AccessNeed{{Code: "rolli-wc", Hard: true}}
	asking := reading()
	asking.MinAge, asking.Languages, asking.Licenses = 16, []engagement.LanguageNeed{{Code: "de", Level: "B1"}}, codes{"juleica"}
	asking.Access, asking.Proofs, asking.MinorPolicy = map[engagement.Code]engagement.Code{"rolli-wc": "ja"}, codes{"masernschutz"}, "ab-16"

	for _, tc := range []struct {
		name   string
		change func(*profile, *opportunity)
		want   []string
	}{
		{"everything asked and passed", func(*profile, *opportunity) {}, []string{"min-age-ok", "language-ok", "license-ok"}},
		{"nothing asked", func(_ *profile, o *opportunity) { *o = reading() }, nil},
		{"nothing said", func(p *profile, _ *opportunity) { *p = profile{} }, nil},
		{"age is not asked", func(_ *profile, o *opportunity) { o.MinAge = 0 }, []string{"language-ok", "license-ok"}},
		{"too young", func(p *profile, _ *opportunity) { p.AgeBand = "14-15" }, []string{"language-ok", "license-ok"}},
		{"a visitor who only said their age", func(p *profile, _ *opportunity) { *p = profile{AgeBand: "ab-18"} }, []string{"min-age-ok"}},
		{"a mandatory skill", func(p *profile, o *opportunity) {
			p.Skills, o.Licenses = []engagement.Skill{{Code: "holz"}}, nil
			o.Skills = []engagement.SkillNeed{{Code: "holz", Required: true, Mandatory: true}}
		}, []string{"min-age-ok", "language-ok", "license-ok"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, o := grown, asking
			tc.change(&p, &o)
			if diff := cmp.Diff(tc.want, matching.PassedGates(p, candidate(o), now)); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("never another code than those that may travel", rapid.MakeCheck(func(t *rapid.T) {
		for _, code := range matching.PassedGates(anyProfile.Draw(t, "profile"), shifted(t, anyOpportunity.Draw(t, "opportunity")), now) {
			if !engagement.PassedGates.Has(engagement.Code(code)) {
				t.Errorf("%q would travel", code)
			}
		}
	}))
}
