package matching_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// The three ways in which a dimension may not count, beside a score.
const (
	notAsked = -1.0 // the person did not answer, or the question does not arise
	open     = -2.0 // the opportunity did not answer
)

func TestEveryDimension(t *testing.T) {
	type (
		person = func(*profile)
		offer  = func(*opportunity)
	)
	wishes := func(areas, topics codes) person { return func(p *profile) { p.Areas, p.Topics = areas, topics } }
	about := func(areas, topics codes) offer { return func(o *opportunity) { o.Areas, o.Topics = areas, topics } }
	do := func(c ...engagement.Code) person { return func(p *profile) { p.Activities = c } }
	done := func(c ...engagement.Code) offer { return func(o *opportunity) { o.Activities = c } }
	can := func(learn codes, s ...engagement.Skill) person {
		return func(p *profile) { p.Skills, p.Learn = s, learn }
	}
	need := func(s ...engagement.SkillNeed) offer { return func(o *opportunity) { o.Skills = s } }
	free := func(commitments codes, grid ...engagement.Code) person {
		return func(p *profile) { p.Grid, p.Commitments = slots(grid...), commitments }
	}
	when := func(all bool, commitment engagement.Code, grid ...engagement.Code) offer {
		return func(o *opportunity) { o.Grid, o.AllSlots, o.Commitment = slots(grid...), all, commitment }
	}
	km := func(d float64) offer { // due north of home
		return func(o *opportunity) {
			o.Places = []engagement.Place{at(geo.Point{Lat: friedrichshagen.Lat + d/111.19508, Lon: friedrichshagen.Lon})}
		}
	}
	mode := func(c engagement.Code, place offer) offer { return func(o *opportunity) { place(o); o.Mode = c } }
	hours := func(rhythm engagement.Code, least, most float64) offer {
		return func(o *opportunity) { o.Rhythm, o.HoursMin, o.HoursMax = rhythm, least, most }
	}
	wants := func(list ...engagement.Code) person {
		return func(p *profile) {
			for _, c := range list {
				p.AccessNeeds = append(p.AccessNeeds, engagement.AccessNeed{Code: c})
			}
		}
	}
	has := func(c, answer engagement.Code) offer {
		return func(o *opportunity) { o.Access = map[engagement.Code]engagement.Code{c: answer} }
	}
	at4 := func(p *profile) { p.RadiusKM = 4 }

	for _, tc := range []struct {
		name string
		d    matching.Dimension
		p    person
		o    offer
		want float64
	}{
		{"the same topic", matching.Topic, wishes(nil, codes{"lesepate"}), nil, 1},
		{"the same area by area", matching.Topic, wishes(codes{"schule-kita"}, nil), nil, .6},
		{"the same area by another topic", matching.Topic, wishes(nil, codes{"schulweg"}), nil, .6},
		{"a topic alone names its area", matching.Topic, wishes(codes{"schule-kita"}, nil), about(nil, codes{"lesepate"}), .6},
		{"a neighbouring area", matching.Topic, wishes(codes{"soziales"}, nil), nil, .3},
		{"nothing in common", matching.Topic, wishes(codes{"sport"}, nil), nil, 0},
		{"two shared areas", matching.Topic, wishes(codes{"sport", "kultur"}, nil), about(codes{"sport", "kultur"}, nil), .7},
		{"a shared area and a neighbour", matching.Topic, wishes(codes{"sport"}, nil), about(codes{"sport", "freizeit"}, nil), .7},
		{"an area that is shared is no neighbour, too", matching.Topic, wishes(codes{"schule-kita", "soziales"}, nil), nil, .6},
		{"three areas are two further hits", matching.Topic, wishes(codes{"sport", "kultur", "justiz"}, nil), about(codes{"sport", "kultur", "justiz"}, nil), .8},
		{"area and topic of one wish are one hit", matching.Topic, wishes(codes{"schule-kita"}, codes{"schulweg"}), nil, .6},
		{"more than 1 is 1", matching.Topic, wishes(codes{"sport", "kultur", "freizeit", "soziales", "gesundheit", "justiz"}, nil), about(codes{"sport", "kultur", "freizeit"}, codes{"senioren", "demenz", "opferhilfe"}), 1},
		{"two shared topics", matching.Topic, wishes(nil, codes{"lesepate", "schulweg"}), about(nil, codes{"lesepate", "schulweg"}), 1},
		{"nothing next to a sensitive area", matching.Topic, func(p *profile) { p.Areas, p.Topics, p.Sensitive = codes{"politik"}, nil, true }, about(codes{"lokales"}, nil), 0},
		{"no topic wished", matching.Topic, wishes(nil, nil), nil, notAsked},
		{"no topic said", matching.Topic, nil, about(nil, nil), open},
		{"a topic nobody knows", matching.Topic, nil, about(codes{"andere-angabe"}, nil), open},

		{"no shared activity", matching.Activity, do("recht"), nil, 0},
		{"one of two", matching.Activity, do("vorlesen", "recht"), nil, .75},
		{"the only wish is met", matching.Activity, do("vorlesen"), nil, 1},
		{"the only offer is wished", matching.Activity, do("vorlesen", "recht", "beraten"), done("vorlesen"), 1},
		{"no activity wished", matching.Activity, do(), nil, notAsked},
		{"no activity said", matching.Activity, nil, done(), open},

		{"required and there", matching.Skill, can(nil, engagement.Skill{Code: "holz"}), need(engagement.SkillNeed{Code: "holz", Required: true}), 1},
		{"required and missing", matching.Skill, can(nil, engagement.Skill{Code: "metall"}), need(engagement.SkillNeed{Code: "holz", Required: true}), 0},
		{"one of two required", matching.Skill, can(nil, engagement.Skill{Code: "holz"}), need(engagement.SkillNeed{Code: "holz", Required: true}, engagement.SkillNeed{Code: "metall", Required: true}), .5},
		{"a lower level counts half", matching.Skill, can(nil, engagement.Skill{Code: "holz", Level: "grundkenntnisse"}), need(engagement.SkillNeed{Code: "holz", Level: "profi", Required: true}), .5},
		{"a level that was not stated counts", matching.Skill, can(nil, engagement.Skill{Code: "holz"}), need(engagement.SkillNeed{Code: "holz", Level: "profi", Required: true}), 1},
		{"a higher level counts once", matching.Skill, can(nil, engagement.Skill{Code: "holz", Level: "profi"}), need(engagement.SkillNeed{Code: "holz", Level: "sicher", Required: true}), 1},
		{"required there, helpful missing", matching.Skill, can(nil, engagement.Skill{Code: "holz"}), need(engagement.SkillNeed{Code: "holz", Required: true}, engagement.SkillNeed{Code: "metall"}), .6 / .9},
		{"helpful alone", matching.Skill, can(nil, engagement.Skill{Code: "holz"}), need(engagement.SkillNeed{Code: "holz"}), 1},
		{"a learning wish is hit", matching.Skill, can(codes{"holz"}, engagement.Skill{Code: "metall"}), need(engagement.SkillNeed{Code: "holz", Required: true}), .1 / .7},
		{"a learning wish is missed", matching.Skill, can(codes{"video"}, engagement.Skill{Code: "holz"}), need(engagement.SkillNeed{Code: "holz", Required: true}), .6 / .7},
		{"only a learning wish", matching.Skill, can(codes{"holz"}), need(engagement.SkillNeed{Code: "holz", Required: true}), 1},
		{"no skills stated", matching.Skill, nil, need(engagement.SkillNeed{Code: "holz", Required: true}), notAsked},
		{"no skills asked", matching.Skill, can(nil, engagement.Skill{Code: "holz"}), nil, notAsked},

		{"one common slot of any", matching.Time, free(nil, "di-vormittag", "do-vormittag"), when(false, "", "di-vormittag", "mi-abend"), 1},
		{"no common slot", matching.Time, free(nil, "di-vormittag"), when(false, "", "mi-abend"), 0},
		{"one of two that are all needed", matching.Time, free(nil, "di-vormittag"), when(true, "", "di-vormittag", "mi-abend"), .5},
		{"the holiday flag alone is no slot", matching.Time, free(nil, "di-vormittag", "ferien"), when(false, "", "mi-abend", "ferien"), 0},
		{"only in the holidays", matching.Time, free(nil, "di-vormittag", "ferien"), when(true, "", "ferien"), 1},
		{"flexible", matching.Time, free(nil, "di-vormittag"), when(false, "flexibel"), .8},
		{"on call", matching.Time, free(nil, "di-vormittag"), when(false, "auf-abruf"), .8},
		{"flexible beside a slot that does not fit", matching.Time, free(nil, "di-vormittag"), when(false, "flexibel", "mi-abend"), .8},
		{"flexible beside a slot that fits", matching.Time, free(nil, "di-vormittag"), when(false, "flexibel", "di-vormittag"), 1},
		{"another commitment halves", matching.Time, free(codes{"einmalig"}, "di-vormittag"), when(false, "regelmaessig", "di-vormittag"), .5},
		{"the wished commitment", matching.Time, free(codes{"einmalig", "regelmaessig"}, "di-vormittag"), when(false, "regelmaessig", "di-vormittag"), 1},
		{"flexible goes with every commitment", matching.Time, free(codes{"einmalig"}, "di-vormittag"), when(false, "flexibel"), .8},
		{"on call is a commitment", matching.Time, free(codes{"einmalig"}, "di-vormittag"), when(false, "auf-abruf"), .4},
		{"only the commitment is wished and met", matching.Time, free(codes{"einmalig"}), when(false, "einmalig", "mi-abend"), 1},
		{"only the commitment is wished and missed", matching.Time, free(codes{"einmalig"}), when(false, "kurz", "mi-abend"), .5},
		{"only the commitment is wished and nothing said", matching.Time, free(codes{"einmalig"}), when(false, "", "mi-abend"), open},
		{"the commitment is known, the times are not", matching.Time, free(codes{"einmalig"}, "di-vormittag"), when(false, "einmalig"), 1},
		{"no time stated", matching.Time, free(nil), nil, notAsked},
		{"no time said", matching.Time, nil, when(false, "regelmaessig"), open},

		{"a quarter of the radius", matching.Distance, at4, km(1), 1},
		{"half of the radius", matching.Distance, at4, km(2), 1 - .8/3},
		{"the radius", matching.Distance, at4, km(4), .2},
		{"one and a quarter radiuses", matching.Distance, at4, km(5), .1},
		{"one and a half radiuses", matching.Distance, at4, km(6), 0},
		{"beyond", matching.Distance, at4, km(7), 0},
		{"a radius is at least 1 km", matching.Distance, func(p *profile) { p.RadiusKM = .1 }, km(1), .2},
		{"the usual radius of the way of travel", matching.Distance, func(p *profile) { p.RadiusKM, p.Travel = 0, "rad" }, km(6), .2},
		{"an assumed radius of 10 km", matching.Distance, func(p *profile) { p.RadiusKM, p.Travel = 0, "" }, km(10), .2},
		{"online", matching.Distance, at4, mode("online", km(100)), .9},
		{"from home", matching.Distance, at4, mode("zuhause", func(o *opportunity) { o.Places = nil }), .9},
		{"both and far", matching.Distance, at4, mode("hybrid", km(100)), .8},
		{"both and near", matching.Distance, at4, mode("hybrid", km(1)), 1},
		{"no home", matching.Distance, func(p *profile) { p.Home = geo.Point{} }, nil, notAsked},
		{"no place", matching.Distance, at4, func(o *opportunity) { o.Places = nil }, open},

		{"a preferred group", matching.Target, nil, nil, 1},
		{"another group", matching.Target, nil, func(o *opportunity) { o.TargetGroups = codes{"tiere"} }, .5},
		{"no group preferred", matching.Target, func(p *profile) { p.TargetGroups = nil }, nil, notAsked},
		{"no group said", matching.Target, nil, func(o *opportunity) { o.TargetGroups = nil }, open},

		{"both preferences met", matching.Frame, func(p *profile) { p.TeamSizes, p.Taster = codes{"tandem", "allein"}, true }, func(o *opportunity) { o.TeamSize, o.Taster = "allein", true }, 1},
		{"one of two preferences met", matching.Frame, func(p *profile) { p.TeamSizes, p.Taster = codes{"tandem"}, true }, func(o *opportunity) { o.TeamSize = "tandem" }, .5},
		{"what was not said is left out", matching.Frame, func(p *profile) { p.TeamSizes, p.Guidance = codes{"tandem"}, codes{"eng"} }, func(o *opportunity) { o.TeamSize = "tandem" }, 1},
		{"no guidance as wished", matching.Frame, func(p *profile) { p.Guidance = codes{"eng"} }, func(o *opportunity) { o.Guidance = "selbststaendig" }, 0},
		{"expenses are paid", matching.Frame, func(p *profile) { p.Expenses = true }, func(o *opportunity) { o.Expenses = "fahrtkosten" }, 1},
		{"expenses are not paid", matching.Frame, func(p *profile) { p.Expenses = true }, func(o *opportunity) { o.Expenses = "keine" }, 0},
		{"nothing said about expenses", matching.Frame, func(p *profile) { p.Expenses = true }, nil, open},
		{"a code nobody knows", matching.Frame, func(p *profile) { p.Expenses = true }, func(o *opportunity) { o.Expenses = "andere-angabe" }, open},
		{"what would help is there", matching.Frame, wants("aufzug"), has("aufzug", "ja"), 1},
		{"what would help is not there", matching.Frame, wants("aufzug"), has("aufzug", "nein"), 0},
		{"nobody said whether it is there", matching.Frame, wants("aufzug"), nil, open},
		{"all of what would help has to be there", matching.Frame, wants("aufzug", "rolli-wc"), has("aufzug", "ja"), open},
		{"one thing that is missing is enough", matching.Frame, wants("aufzug", "rolli-wc"), has("rolli-wc", "nein"), 0},
		{"from home no lift is wished", matching.Frame, wants("aufzug"), mode("zuhause", has("aufzug", "nein")), notAsked},
		{"what is needed is a matter of the gate", matching.Frame, func(p *profile) { p.AccessNeeds = []engagement.AccessNeed{{Code: "aufzug", Hard: true}} }, has("aufzug", "ja"), notAsked},
		{"no preference", matching.Frame, nil, func(o *opportunity) { o.TeamSize = "tandem" }, notAsked},

		{"as many hours as wished", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("pro-woche", 2, 4), 1},
		{"half as many again", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("pro-woche", 3, 4), .5},
		{"twice as many", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("pro-woche", 4, 4), 0},
		{"three times as many", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("pro-woche", 6, 6), 0},
		{"only the most hours are said", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("pro-woche", 0, 3), .5},
		{"every two weeks", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("pro-zwei-wochen", 6, 0), .5},
		{"every month", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("pro-monat", 13, 0), .5},
		{"now and then", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, hours("unregelmaessig", 6, 0), open},
		{"a single day", matching.Effort, func(p *profile) { p.HoursPerWeek = 2 }, func(o *opportunity) { o.Commitment, o.HoursMin = "einmalig", 8 }, notAsked},
		{"no maximum stated", matching.Effort, nil, hours("pro-woche", 6, 0), notAsked},
	} {
		t.Run(tc.d.String()+": "+tc.name, func(t *testing.T) {
			_, r := compare(tc.p, tc.o)
			term := r.Terms[tc.d]
			switch tc.want {
			case notAsked, open:
				if term.Counts || term.Open != (tc.want == open) {
					t.Errorf("counts and open: got %v and %v, want %v and %v", term.Counts, term.Open, false, tc.want == open)
				}
			default:
				if !term.Counts {
					t.Fatalf("does not count, want %v", tc.want)
				}
				near(t, "score", term.Score, tc.want, 1e-4) // a degree of latitude is no round number of kilometres
			}
		})
	}
}

func TestADimensionThatIsKnownInPartCountsAndIsOpen(t *testing.T) {
	_, r := compare(
		func(p *profile) { p.Commitments, p.Taster, p.Expenses = codes{"kurz"}, true, true },
		func(o *opportunity) { o.Grid, o.Commitment = 0, "kurz" },
	)
	for _, d := range []matching.Dimension{matching.Time, matching.Frame} {
		if term := r.Terms[d]; !term.Counts || !term.Open {
			t.Errorf("%v: counts %v, open %v, want both", d, term.Counts, term.Open)
		}
	}
}

func TestWords(t *testing.T) {
	// Topic, activity and distance count .26, .18 and .14; the scores of the last two are chosen so that the fit comes near a limit.
	fitting := func(topics codes, activities codes) matching.Result {
		_, r := compare(func(p *profile) {
			p.Grid, p.TargetGroups, p.Areas, p.Topics, p.Activities, p.RadiusKM = 0, nil, nil, topics, activities, 100
		}, nil)
		return r
	}
	for _, tc := range []struct {
		name       string
		topics, do codes
		want       matching.Word
	}{
		{"all fits", codes{"lesepate"}, codes{"vorlesen"}, matching.VeryGoodFit},                           // 1
		{"same area and nothing to do", codes{"schulweg"}, codes{"recht"}, matching.PartialFit},            // .51
		{"same area and half to do", codes{"schulweg"}, codes{"vorlesen", "recht"}, matching.GoodFit},      // .743
		{"neighbour and nothing to do", codes{"demenz", "senioren"}, codes{"recht"}, matching.LowFit},      // .376
		{"no topic and half to do", codes{"kindersport"}, codes{"vorlesen", "recht"}, matching.PartialFit}, // .474
	} {
		t.Run(tc.name, func(t *testing.T) {
			if r := fitting(tc.topics, tc.do); r.Word != tc.want {
				t.Errorf("fit %.4f, coverage %.2f: got %q, want %q", r.Fit, r.Coverage, r.Word, tc.want)
			}
		})
	}
	t.Run("rounding does not cost a word", func(t *testing.T) {
		_, r := compare(func(p *profile) { // (.26·.6 + .18·1 + .12·0) / .56
			*p = profile{Areas: codes{"schule-kita"}, Activities: codes{"vorlesen"}, Skills: []engagement.Skill{{Code: "metall"}}}
		}, func(o *opportunity) { o.Skills = []engagement.SkillNeed{{Code: "holz", Required: true}} })
		if r.Word != matching.GoodFit {
			t.Errorf("fit %.20f: got %q, want %q", r.Fit, r.Word, matching.GoodFit)
		}
	})
	t.Run("too few answers have no word and lower the order value", func(t *testing.T) {
		_, r := compare(func(p *profile) { *p = profile{Topics: codes{"lesepate"}} }, nil)
		if r.Word != matching.ThinData {
			t.Errorf("coverage %.2f: got %q, want %q", r.Coverage, r.Word, matching.ThinData)
		}
		near(t, "rank value", r.Rank, (.85+.15*(1-19.0/90))*.26/.35, 1e-9)
	})
	t.Run("no answers have no word", func(t *testing.T) {
		_, r := compare(func(p *profile) { *p = profile{} }, nil)
		if r.Word != matching.ThinData || r.Coverage != 0 || r.Fit != 0 {
			t.Errorf("got %q with coverage %v and fit %v", r.Word, r.Coverage, r.Fit)
		}
	})
}

func TestContributionsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, o := anyProfile.Draw(t, "profile"), anyOpportunity.Draw(t, "opportunity")
		related(t, p, &o)
		r := matching.New(matching.Default(), p, now).Assess(candidate(o))
		fit, coverage := 0.0, 0.0
		for d, term := range r.Terms {
			if term.Score < 0 || term.Score > 1 || !term.Counts && term.Contribution != 0 {
				t.Errorf("%v: %+v", matching.Dimension(d), term)
			}
			fit += term.Contribution
			if term.Counts {
				coverage += term.Weight
			}
		}
		if d := fit - r.Fit; d > .001 || d < -.001 {
			t.Errorf("contributions add up to %v, fit is %v", fit, r.Fit)
		}
		if d := coverage - r.Coverage; d > .001 || d < -.001 {
			t.Errorf("weights that count add up to %v, coverage is %v", coverage, r.Coverage)
		}
		if !(r.Fit >= 0 && r.Fit <= 1+1e-9 && r.Rank >= 0 && r.Rank <= 1.33+1e-9) {
			t.Errorf("fit %v, rank value %v", r.Fit, r.Rank)
		}
	})
}

// unanswer takes back the answers that a dimension asks for.
var unanswer = map[matching.Dimension]func(*profile){
	matching.Topic:    func(p *profile) { p.Areas, p.Topics = nil, nil },
	matching.Activity: func(p *profile) { p.Activities = nil },
	matching.Skill:    func(p *profile) { p.Skills, p.Learn = nil, nil },
	matching.Time:     func(p *profile) { p.Grid, p.Commitments = 0, nil },
	matching.Distance: func(p *profile) { p.Home = geo.Point{} },
	matching.Target:   func(p *profile) { p.TargetGroups = nil },
	matching.Frame: func(p *profile) {
		p.TeamSizes, p.Guidance, p.Taster, p.Expenses = nil, nil, false, false
		p.AccessNeeds = slices.DeleteFunc(slices.Clone(p.AccessNeeds), func(n engagement.AccessNeed) bool { return !n.Hard })
	},
	matching.Effort: func(p *profile) { p.HoursPerWeek = 0 },
}

func TestWhatIsUnansweredLeavesTheDenominator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, o := anyProfile.Draw(t, "profile"), anyOpportunity.Draw(t, "opportunity")
		related(t, p, &o)
		before := matching.New(matching.Default(), p, now).Assess(candidate(o))
		d := matching.Dimension(rapid.IntRange(0, len(unanswer)-1).Draw(t, "dimension"))
		unanswer[d](&p)
		after := matching.New(matching.Default(), p, now).Assess(candidate(o))

		if after.Terms[d].Counts || after.Terms[d].Open {
			t.Fatalf("%v was taken back and is still there: %+v", d, after.Terms[d])
		}
		sum, weights := 0.0, 0.0
		for i, term := range before.Terms {
			if matching.Dimension(i) == d {
				continue
			}
			if got := after.Terms[i]; got.Score != term.Score || got.Counts != term.Counts || got.Open != term.Open {
				t.Errorf("%v changed with %v: got %+v, want %+v", matching.Dimension(i), d, got, term)
			}
			if term.Counts {
				sum, weights = sum+term.Weight*term.Score, weights+term.Weight
			}
		}
		if weights > 0 {
			sum /= weights
		}
		if diff := after.Fit - sum; diff > 1e-9 || diff < -1e-9 {
			t.Errorf("fit without %v: got %v, want %v", d, after.Fit, sum)
		}
	})
}

func TestSensitiveWishesWithoutConsentDoNotCount(t *testing.T) {
	t.Run("an area, a topic and a group count only with consent", func(t *testing.T) {
		for _, consent := range []bool{false, true} {
			_, r := compare(func(p *profile) {
				*p = profile{Areas: codes{"politik"}, Topics: codes{"queer"}, TargetGroups: codes{"lsbtiq"}, Sensitive: consent}
			}, func(o *opportunity) {
				o.Areas, o.Topics, o.TargetGroups = codes{"politik", "soziales"}, codes{"queer"}, codes{"lsbtiq"}
			})
			if topic, target := r.Terms[matching.Topic].Counts, r.Terms[matching.Target].Counts; topic != consent || target != consent {
				t.Errorf("consent %v: topic counts %v, target counts %v", consent, topic, target)
			}
		}
	})
	t.Run("without consent they might as well not be there", rapid.MakeCheck(func(t *rapid.T) {
		p, o := anyProfile.Draw(t, "profile"), anyOpportunity.Draw(t, "opportunity")
		related(t, p, &o)
		p.Sensitive = false
		without := p
		for v, list := range map[*engagement.Vocabulary]*codes{
			engagement.Areas: &without.Areas, engagement.Topics: &without.Topics, engagement.TargetGroups: &without.TargetGroups,
		} {
			*list = slices.DeleteFunc(slices.Clone(*list), func(c engagement.Code) bool { return v.Any(engagement.FlagSensitive, c) })
		}
		c := candidate(o)
		m, n := matching.New(matching.Default(), p, now), matching.New(matching.Default(), without, now)
		got, want := m.Assess(c), n.Assess(c)
		if got.Terms != want.Terms || got.Fit != want.Fit || got.Rank != want.Rank {
			t.Errorf("got %+v, want %+v", got.Terms, want.Terms)
		}
		if diff := cmp.Diff(n.Explain(&want), m.Explain(&got)); diff != "" {
			t.Errorf("explanation (-want +got):\n%s", diff)
		}
	}))
}
