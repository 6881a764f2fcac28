package main

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/geo"
)

// The gold set are pairs that were judged by reading, not by a formula: goldPeople volunteers with goldCandidates opportunities each, drawn
// by strata of the raw data so that no ranking decides what is judged. The judgements are in gold.tsv.
const (
	goldSeed       = 60
	goldPeople     = 60
	goldCandidates = 20
)

//go:embed gold.tsv
var goldFile string

// pair is one judged pair.
type pair struct {
	person, offer int // indexes in the world
	first, second int // grades of the two passes
	reason        string
}

func goldWorld() *world { return generate(goldSeed, town, full) }

// goldDraw are the candidates of every volunteer as indexes of opportunities, in the order of reading.
func goldDraw(w *world) [][]int {
	var drawn [][]int
	for i := range goldPeople {
		d := drawing{rand.New(rand.NewPCG(goldSeed, 900_000+uint64(i)))}
		drawn = append(drawn, w.strata(d, w.people[i]))
	}
	return drawn
}

// strata draws candidates: about the same topics, of the same kind of work, near, and any.
func (w *world) strata(d drawing, p *person) []int {
	areas := slices.Clone(p.told.Areas)
	for _, t := range p.told.Topics {
		areas = append(areas, engagement.Topics.Parent(t))
	}
	hosts := []string{communities[p.community].home.host, communities[p.community].neighbor.host}
	here := func(f *offer) bool { return slices.Contains(hosts, f.host) || f.told.Mode == "online" }
	shuffled := d.Perm(len(w.offers))
	nearest := slices.Clone(shuffled)
	slices.SortStableFunc(nearest, func(a, b int) int { return cmp.Compare(w.offers[a].km(p), w.offers[b].km(p)) })
	var chosen []int
	take := func(order []int, n int, fits func(*offer) bool) {
		for _, k := range order {
			if n == 0 || len(chosen) == goldCandidates {
				return
			}
			if f := w.offers[k]; !f.twin && fits(f) && !slices.Contains(chosen, k) {
				chosen = append(chosen, k)
				n--
			}
		}
	}
	take(shuffled, 6, func(f *offer) bool {
		return here(f) && (intersects(f.told.Topics, p.told.Topics) || intersects(f.told.Areas, areas))
	})
	take(shuffled, 5, func(f *offer) bool { return here(f) && intersects(f.told.Activities, p.told.Activities) })
	take(nearest, 6, func(f *offer) bool { return here(f) && f.told.Mode != "online" })
	take(shuffled, goldCandidates, here)
	take(shuffled, goldCandidates, func(*offer) bool { return true })
	d.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen
}

// km is the distance from a person's home to where the opportunity says it is, or far away.
func (f *offer) km(p *person) float64 {
	least := 1e6
	for _, place := range f.told.Places {
		least = min(least, geo.Distance(p.home, place.Point))
	}
	return least
}

// labels are the German names of codes.
type labels map[string]string

func readLabels(path string) (labels, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	l := labels{}
	return l, json.Unmarshal(data, &l)
}

func (l labels) of(v *engagement.Vocabulary, list ...code) string {
	var names []string
	for _, c := range list {
		if c != "" {
			names = append(names, cmp.Or(l["code."+v.Name+"."+string(c)], string(c)))
		}
	}
	return strings.Join(names, ", ")
}

// printGold writes the gold set as text to read: who they are, what is offered. For the second pass people and candidates come in
// another order.
func printGold(out io.Writer, l labels, again bool) {
	w := goldWorld()
	drawn := goldDraw(w)
	d := drawing{rand.New(rand.NewPCG(goldSeed, 2))}
	people := d.Perm(len(drawn))
	if !again {
		slices.Sort(people)
	}
	for _, i := range people {
		p := w.people[i]
		fmt.Fprintf(out, "\nP%02d %s\n", i, l.person(&p.told))
		letters := d.Perm(len(drawn[i]))
		if !again {
			slices.Sort(letters)
		}
		for _, n := range letters {
			fmt.Fprintf(out, "%c %s\n", 'a'+n, l.offer(p, w.offers[drawn[i][n]]))
		}
	}
}

// facts joins what is known, each with its name.
func facts(pairs ...string) string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			parts = append(parts, pairs[i]+pairs[i+1])
		}
	}
	return strings.Join(parts, " | ")
}

func (l labels) person(p *engagement.Profile) string {
	var can, speaks, needs []string
	var may codes
	for _, s := range p.Skills {
		can = append(can, l.of(engagement.Skills, s.Code))
	}
	for _, s := range p.Licenses {
		may = append(may, s.Code)
	}
	for _, s := range p.Languages {
		speaks = append(speaks, s.Code+" "+string(s.Level))
	}
	for _, a := range p.AccessNeeds {
		needs = append(needs, l.of(engagement.AccessFeatures, a.Code))
	}
	radius := ""
	if p.RadiusKM > 0 {
		radius = fmt.Sprintf("%g km", p.RadiusKM)
	}
	hours := ""
	if p.HoursPerWeek > 0 {
		hours = fmt.Sprintf("%g h/Woche", p.HoursPerWeek)
	}
	wish := ""
	if p.Expenses {
		wish = "Auslagen ersetzt"
	}
	return facts("", string(p.AgeBand), "", cmp.Or(p.HomeName, "Ort unbekannt"), "", l.of(engagement.Travels, p.Travel), "bis ", radius,
		"Bereiche: ", l.of(engagement.Areas, p.Areas...), "Themen: ", l.of(engagement.Topics, p.Topics...),
		"tun: ", l.of(engagement.Activities, p.Activities...), "für: ", l.of(engagement.TargetGroups, p.TargetGroups...),
		"Zeit: ", grid(p.Grid), "", l.of(engagement.Commitments, p.Commitments...), "", hours,
		"kann: ", strings.Join(can, ", "), "lernen: ", l.of(engagement.Skills, p.Learn...), "hat: ", l.of(engagement.Licenses, may...),
		"spricht: ", strings.Join(speaks, ", "), "Team: ", l.of(engagement.TeamSizes, p.TeamSizes...), "Begleitung: ", l.of(engagement.Guidances, p.Guidance...),
		"", wish, "BRAUCHT: ", strings.Join(needs, ", "),
		"NICHT: ", strings.Join(slices.DeleteFunc([]string{l.of(engagement.Topics, p.Excluded.Topics...), l.of(engagement.TargetGroups, p.Excluded.TargetGroups...), l.of(engagement.Proofs, p.Excluded.Proofs...)}, func(s string) bool { return s == "" }), ", "))
}

func (l labels) offer(p *person, f *offer) string {
	o := &f.told
	where := l.of(engagement.Modes, o.Mode)
	if len(o.Places) > 0 {
		where = o.Places[0].Locality
		if p.told.Home != (geo.Point{}) {
			where += fmt.Sprintf(", %.0f km", f.km(p))
		}
		if o.Mode != "vor-ort" {
			where += " " + l.of(engagement.Modes, o.Mode)
		}
	}
	all := ""
	if o.AllSlots {
		all = "alle "
	}
	age := ""
	if o.MinAge > 0 {
		age = fmt.Sprintf("ab %d", o.MinAge)
	}
	hours := ""
	if o.HoursMin > 0 {
		hours = fmt.Sprintf("%g h", o.HoursMin)
	}
	state := ""
	if o.State != engagement.Published {
		state = string(o.State)
	}
	days := int(now.Sub(o.Confirmed).Hours() / 24)
	if days > 90 {
		state += fmt.Sprintf(" vor %d Tagen bestätigt", days)
	}
	access := ""
	for _, n := range p.told.AccessNeeds {
		access += l.of(engagement.AccessFeatures, n.Code) + ": " + cmp.Or(string(o.Access[n.Code]), "unbekannt") + " "
	}
	expenses, team, guidance := "", "", "" // only for who cares
	if p.told.Expenses {
		expenses = l.of(engagement.Expenses, o.Expenses)
	}
	if len(p.told.TeamSizes) > 0 {
		team = l.of(engagement.TeamSizes, o.TeamSize)
	}
	if len(p.told.Guidance) > 0 {
		guidance = l.of(engagement.Guidances, o.Guidance)
	}
	return facts("", o.Title, "", where, "", l.of(engagement.Topics, o.Topics...), "tun: ", l.of(engagement.Activities, o.Activities...),
		"für: ", l.of(engagement.TargetGroups, o.TargetGroups...), "", all+grid(o.Grid), "", l.of(engagement.Commitments, o.Commitment),
		"", l.of(engagement.Rhythms, o.Rhythm), "", hours, "bis ", ended(o), "verlangt: ", l.needs(o),
		"", l.of(engagement.Licenses, o.Licenses...), "", l.of(engagement.Proofs, o.Proofs...), "", age, "Jugend: ", minors(p, l.of(engagement.MinorPolicies, o.MinorPolicy)),
		"", team, "", guidance, "Auslagen: ", expenses, "", strings.TrimSpace(state), "", strings.TrimSpace(access))
}

// needs are the skills and languages that an opportunity asks for.
func (l labels) needs(o *engagement.Opportunity) string {
	var needs []string
	for _, s := range o.Skills {
		name := l.of(engagement.Skills, s.Code)
		switch {
		case s.Mandatory:
			name += " (zwingend)"
		case s.Required:
			name += " (nötig)"
		}
		needs = append(needs, name)
	}
	for _, n := range o.Languages {
		needs = append(needs, n.Code+" "+string(n.Level))
	}
	return strings.Join(needs, ", ")
}

// minors is a rule that only concerns the young.
func minors(p *person, rule string) string {
	if p.age >= 18 {
		return ""
	}
	return rule
}

// ended is the last day if it is over.
func ended(o *engagement.Opportunity) string {
	if o.EndsOn != "" && o.EndsOn < date(0) {
		return string(o.EndsOn) + " (vorbei)"
	}
	return ""
}

// grid names slots by day: "Di Vo Na, Do Vo".
func grid(g engagement.Grid) string {
	var days []string
	last := ""
	for _, c := range g.Codes() {
		day, part, ok := strings.Cut(string(c), "-")
		switch {
		case !ok:
			days = append(days, string(c))
		case day == last:
			days[len(days)-1] += "/" + part
		default:
			days = append(days, day+" "+part)
		}
		last = day
	}
	return strings.Join(days, ", ")
}

// fingerprint tells whether the judgements still belong to what the generator draws. It is that of the printed text with codes instead of
// their labels, which may be worded anew.
func fingerprint() string {
	h := sha256.New()
	printGold(h, labels{}, false)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// readGold reads gold.tsv: lines of person, letter, first grade, second grade, reason; and the fingerprint of what was judged.
func readGold(w *world) (pairs []pair, of string, err error) {
	drawn := goldDraw(w)
	for n, line := range strings.Split(goldFile, "\n") {
		if value, ok := strings.CutPrefix(line, "# fingerprint: "); ok {
			of = strings.TrimSpace(value)
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 || len(f[0]) != 3 || len(f[1]) != 1 {
			return nil, "", fmt.Errorf("gold.tsv:%d: want person, letter, two grades and a reason", n+1)
		}
		person, err := strconv.Atoi(f[0][1:])
		letter := int(f[1][0] - 'a')
		if err != nil || person >= len(drawn) || letter < 0 || letter >= len(drawn[person]) {
			return nil, "", fmt.Errorf("gold.tsv:%d: no pair %s %s", n+1, f[0], f[1])
		}
		p := pair{person: person, offer: drawn[person][letter], reason: f[4]}
		for i, grade := range []*int{&p.first, &p.second} {
			if *grade, err = strconv.Atoi(f[2+i]); err != nil || *grade < 0 || *grade > 3 {
				return nil, "", fmt.Errorf("gold.tsv:%d: grade %q", n+1, f[2+i])
			}
		}
		pairs = append(pairs, p)
	}
	return pairs, of, nil
}
