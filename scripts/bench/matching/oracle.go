package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/geo"
)

// The oracle says how much good an opportunity would do a person. It was written before any result was seen and shares no form with
// package matching: it multiplies where matching adds, cuts off below thresholds, knows what nobody told (tastes, the true place, how
// long a way takes, who is charming) and adds a part that nobody can know. What is near in taste follows from motives of topics, not from
// neighboring areas.

// Grades of relevance, from a utility on.
const (
	perfect = .32 // 3: exactly hers
	good    = .16 // 2: would gladly do it
	maybe   = .07 // 1: would think about it
)

// motives move people: care, teaching, culture, nature, sport, craft, civic, rescue, faith, company.
const (
	motives = 10
	letters = "ctknphvrfg"
)

// movedBy are the motives behind a topic, the strongest first.
var movedBy = map[code]string{
	"kindersport": "ptg", "seniorensport": "pcg", "inklusionssport": "pc", "lauf-radtreff": "pg", "sportplatzpflege": "hpn",
	"museum": "kt", "chor-orchester": "kg", "bibliothek": "kt", "geschichte": "kv", "stadtteilfest": "gvk",
	"spieletreff": "gc", "gemeinsam-kochen": "gc", "gemeinschaftsgarten": "ng", "ausfluege": "gc",
	"nachbarschaftshilfe": "cg", "besuchsdienst": "cg", "obdachlosigkeit": "cr", "tafel-lebensmittel": "cv", "kleiderkammer": "cv",
	"flucht-integration": "ctv", "sprachmittlung": "tc", "inklusion": "cg", "familien-paten": "ct", "senioren": "cg",
	"senioren-technik": "thc", "hospiz": "cf", "queer": "gcv",
	"klinikbesuch": "cg", "demenz": "c", "selbsthilfe": "cg", "suchthilfe": "cr", "blutspende": "rv",
	"lesepate": "tk", "hausaufgaben": "t", "schulweg": "ctv", "mentoring": "tc", "kita-mithilfe": "tcg", "schulgarten": "nt",
	"jugendgruppe": "tg", "ferienfreizeit": "tgn", "erwachsenenbildung": "tk", "alphabetisierung": "tc", "sprachcafe": "tgc",
	"clean-up": "nv", "baumpflege": "nh", "artenschutz": "n", "tierheim": "nc", "repair": "hn",
	"interessenvertretung": "v", "wahlhilfe": "v", "menschenrechte": "vc", "berufsverband": "v", "gewerkschaft": "vc",
	"gemeindeleben": "fgc", "kirchenmusik": "kf", "religioese-bildung": "ft",
	"feuerwehr": "rpg", "jugendfeuerwehr": "rtg", "sanitaet": "rc", "katastrophenschutz": "rh", "wasserrettung": "rp",
	"opferhilfe": "cv", "straffaelligenhilfe": "cv", "schoeffenamt": "v", "rechtliche-betreuung": "cv",
	"schulwegsicherheit": "vt", "verkehr": "v", "kiezgestaltung": "vhg", "buergerbeteiligung": "vg", "prozessbegleitung": "vt",
	"vorstandsarbeit": "v", "vereins-it": "hv", "social-media": "kv", "open-data": "hv",
}

func motivesOf(topic code) (v [motives]float64) {
	for i, m := range movedBy[topic] {
		v[strings.IndexRune(letters, m)] = 1 / float64(1+i)
	}
	return v
}

func cosine(a, b [motives]float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// bonds are how binding a commitment is: 0 a day, 1 years.
var bonds = map[code]float64{"einmalig": 0, "kurz": .35, "saisonal": .5, "flexibel": .5, "auf-abruf": .55, "regelmaessig": .9}

// utility is what the opportunity is worth to the person, 0 and up; about 1 is the best imaginable.
func (w *world) utility(p *person, f *offer) float64 {
	if !p.possible(f) {
		return 0
	}
	u := p.appeal(f) * p.way(f) * p.fitsTime(f) * p.fitsBond(f) * p.ability(f) * p.setting(f) * f.charm
	return u * math.Exp(w.dist.surprise*surprise(w.seed, p, f))
}

// surprise is a standard normal number that belongs to the pair.
func surprise(seed uint64, p *person, f *offer) float64 {
	d := rand.New(rand.NewPCG(seed^hash(string(p.told.Account)), hash(string(f.told.ID))))
	return d.NormFloat64()
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(s) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

func (w *world) grade(p *person, f *offer) int {
	switch u := w.utility(p, f); {
	case u >= perfect:
		return 3
	case u >= good:
		return 2
	case u >= maybe:
		return 1
	}
	return 0
}

// possible is what cannot be helped: nobody is needed, too young, no German, no licence, no way in.
func (p *person) possible(f *offer) bool {
	o := &f.true
	child := p.age < 18 && (o.MinorPolicy == "keine" || o.MinorPolicy == "klasse") || p.age < 16 && o.MinorPolicy == "ab-16"
	if f.gone || f.twin || p.age < o.MinAge || child || p.age < 16 && f.host != communities[p.community].home.host {
		return false
	}
	for _, l := range o.Languages {
		if slices.Index(levels, p.german) < slices.Index(levels, l.Level) {
			return false
		}
	}
	for _, s := range o.Skills {
		if s.Mandatory && !slices.Contains(p.skills, s.Code) {
			return false
		}
	}
	for _, l := range o.Licenses {
		if !slices.Contains(p.licenses, l) {
			return false
		}
	}
	for _, a := range p.access {
		if o.Mode != "online" && o.Access[a] != "ja" {
			return false
		}
	}
	refused := slices.ContainsFunc(o.Proofs, func(c code) bool { return slices.Contains(p.refuses, c) })
	excluded := slices.ContainsFunc(o.Topics, func(c code) bool { return slices.Contains(p.excludes, c) })
	return !refused && !excluded
}

// appeal is what it is about and what there is to do.
func (p *person) appeal(f *offer) float64 {
	taste, doing, sum := 0.0, 0.0, 0.0
	for _, t := range f.true.Topics {
		taste = max(taste, p.taste[t])
	}
	for _, a := range f.true.Activities {
		doing, sum = max(doing, p.doing[a]), sum+p.doing[a]
	}
	if taste < .15 {
		return 0
	}
	doing = .7*doing + .3*sum/float64(len(f.true.Activities))
	appeal := math.Pow(taste, .8) * (.3 + .7*doing)
	switch {
	case intersects(f.true.TargetGroups, p.avoids):
		appeal *= .3
	case intersects(f.true.TargetGroups, p.enjoys):
		appeal *= 1.15
	}
	if slices.Contains(f.true.Areas, engagement.Code("kirche-religion")) && !p.religious {
		appeal *= .35
	}
	return appeal
}

func intersects(a, b codes) bool {
	return slices.ContainsFunc(a, func(c code) bool { return slices.Contains(b, c) })
}

// way falls slowly at first, then fast, and ends where nobody goes for an afternoon.
func (p *person) way(f *offer) float64 {
	there := 0.0
	for _, place := range f.true.Places {
		minutes := p.minutesFor(geo.Distance(p.home, place.Point))
		if minutes < 1.9*p.minutes {
			there = max(there, 1/(1+math.Pow(minutes/p.minutes, 4)))
		}
	}
	away := .25 + .75*p.online
	switch f.true.Mode {
	case "online", "zuhause":
		return away
	case "hybrid":
		return max(there, .9*away)
	}
	return there
}

func (p *person) fitsTime(f *offer) float64 {
	needed := f.true.Grid
	if needed == 0 {
		return .9 // a matter of agreement
	}
	common := (needed & p.times).Slots()
	switch {
	case needed.Slots() == 0 || common == 0 && needed&p.times != 0: // holidays
		if needed&p.times != 0 {
			return 1
		}
		return .15
	case common == 0:
		return .12
	case f.true.AllSlots:
		return max(.1, math.Pow(float64(common)/float64(needed.Slots()), 1.5))
	}
	return 1
}

func (p *person) fitsBond(f *offer) float64 {
	fit := 1.0
	if f.true.Commitment != "flexibel" {
		gap := (p.bond - bonds[f.true.Commitment]) / .55
		fit = max(.2, math.Exp(-gap*gap))
	}
	week := map[code]float64{"pro-woche": 1, "pro-zwei-wochen": .5, "pro-monat": .25}[f.true.Rhythm]
	if load := f.true.HoursMin * week; load > p.hours {
		fit *= max(.2, p.hours/load)
	}
	return fit
}

func (p *person) ability(f *offer) float64 {
	able := 1.0
	for _, need := range f.true.Skills {
		has := slices.Contains(p.skills, need.Code)
		switch {
		case has && !need.Required:
			able *= 1.08
		case !has && need.Required && (slices.Contains(p.learns, need.Code) || f.true.Guidance == "eng"):
			able *= .75
		case !has && need.Required:
			able *= .4
		}
	}
	return able
}

// setting is with whom, how well guided and at whose cost.
func (p *person) setting(f *offer) float64 {
	fit := 1.0
	if p.company != "" && p.company != f.true.TeamSize {
		fit *= .85
	}
	if p.support && f.true.Guidance == "selbststaendig" {
		fit *= .7
	}
	if p.money && f.true.Expenses == "keine" {
		fit *= .65
	}
	return fit
}
