package main

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
)

// seeker is a person looking through what the instance shows her.
type seeker struct {
	profile    *engagement.Profile
	candidates []matching.Candidate // by index of world.offers
	rural      bool
	texts      *texts
	labels     labels
}

// method orders what a person could be shown: indexes of candidates, best first.
type method struct {
	name string
	rank func(*seeker) []int
}

// baselines are the ways in which platforms order opportunities today. All of them leave out what is hidden, closed or over. Where people
// would use a search form, the radius is filled in.
var baselines = []method{
	{"newest first", newest},
	{"distance only", distanceOnly},
	{"topic filter, nearest first", topicFilter},
	{"BM25 text in the radius", textSearch},
	{"agreement count of 20 questions", quiz},
	{"gate-and-taxonomy score (m4)", taxonomyScore},
}

// open are the candidates that any platform would show.
func (s *seeker) open() (list []int) {
	for i, c := range s.candidates {
		o := c.Opportunity
		closed := o.State != engagement.Published && (o.State != engagement.Filled || !o.Waitlist)
		if c.Facts.Visible && !closed && !(o.EndsOn != "" && o.EndsOn < date(0)) {
			list = append(list, i)
		}
	}
	return list
}

// km is the distance to a candidate; infinite if unknown.
func (s *seeker) km(i int) float64 {
	least := math.Inf(1)
	if s.profile.Home != (geo.Point{}) {
		for _, p := range s.candidates[i].Opportunity.Places {
			least = min(least, geo.Distance(s.profile.Home, p.Public().Point))
		}
	}
	return least
}

func (s *seeker) radius() float64 {
	return cmp.Or(s.profile.RadiusKM, engagement.DefaultRadiusKM(s.profile.Travel, s.rural), engagement.DefaultRadiusKM("oepnv", s.rural))
}

// near are the open candidates in the radius, with those that need no way; all, if the home is unknown.
func (s *seeker) near() []int {
	if s.profile.Home == (geo.Point{}) {
		return s.open()
	}
	return slices.DeleteFunc(s.open(), func(i int) bool {
		mode := s.candidates[i].Opportunity.Mode
		return s.km(i) > s.radius() && mode != "online" && mode != "hybrid" && mode != "zuhause"
	})
}

// sorted orders by values, the largest first, then by distance, then as published.
func (s *seeker) sorted(list []int, value func(int) float64) []int {
	values := map[int]float64{}
	for _, i := range list {
		values[i] = value(i)
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(s.km(a), s.km(b))) })
	return list
}

func newest(s *seeker) []int {
	return s.sorted(s.open(), func(i int) float64 { return float64(s.candidates[i].Opportunity.Published.Unix()) })
}

func distanceOnly(s *seeker) []int {
	return s.sorted(s.open(), func(i int) float64 { return -s.km(i) })
}

// interests are the wished topics, and the wished areas with those of the topics.
func (s *seeker) interests() (topics, areas codes) {
	areas = slices.Clone(s.profile.Areas)
	for _, t := range s.profile.Topics {
		areas = append(areas, engagement.Topics.Parent(t))
	}
	return s.profile.Topics, areas
}

func areasOffered(o *engagement.Opportunity) codes {
	areas := slices.Clone(o.Areas)
	for _, t := range o.Topics {
		if a := engagement.Topics.Parent(t); !slices.Contains(areas, a) {
			areas = append(areas, a)
		}
	}
	return areas
}

func topicFilter(s *seeker) []int {
	_, areas := s.interests()
	list := s.open()
	if len(areas) > 0 {
		list = slices.DeleteFunc(list, func(i int) bool { return !intersects(areasOffered(s.candidates[i].Opportunity), areas) })
	}
	return s.sorted(list, func(i int) float64 { return -s.km(i) })
}

// texts is an index of the words of all opportunities.
type texts struct {
	words  []map[string]float64 // frequency by candidate
	length []float64
	mean   float64
	in     map[string]float64 // candidates with the word
}

// stem folds a German word roughly: case, umlauts, common endings.
func stem(word string) string {
	word = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss").Replace(strings.ToLower(word))
	for _, end := range []string{"innen", "ungen", "schaft", "ern", "en", "er", "es", "in", "e", "n", "s"} {
		if base, ok := strings.CutSuffix(word, end); ok && len(base) >= 4 {
			return base
		}
	}
	return word
}

func words(text string) (list []string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127) }) {
		if len(w) > 2 && !slices.Contains([]string{"und", "der", "die", "das", "mit", "für", "ein", "eine", "bei", "von", "den", "dem", "sie"}, strings.ToLower(w)) {
			list = append(list, stem(w))
		}
	}
	return list
}

// index reads the titles and texts of the opportunities and the labels that stand on their pages.
func (w *world) index(l labels) *texts {
	t := &texts{in: map[string]float64{}}
	for _, f := range w.offers {
		o := &f.told
		freq := map[string]float64{}
		all := words(strings.Join([]string{
			o.Title, o.Title, o.Summary, l.of(engagement.Areas, o.Areas...), l.of(engagement.Topics, o.Topics...),
			l.of(engagement.Activities, o.Activities...), l.of(engagement.TargetGroups, o.TargetGroups...),
		}, " "))
		for _, word := range all {
			if freq[word]++; freq[word] == 1 {
				t.in[word]++
			}
		}
		t.words, t.length = append(t.words, freq), append(t.length, float64(len(all)))
		t.mean += float64(len(all)) / float64(len(w.offers))
	}
	return t
}

// bm25 scores a candidate with the usual constants.
func (t *texts) bm25(query []string, i int) float64 {
	const k, b = 1.2, .75
	score := 0.0
	for _, word := range query {
		f := t.words[i][word]
		idf := math.Log(1 + (float64(len(t.words))-t.in[word]+.5)/(t.in[word]+.5))
		score += idf * f * (k + 1) / (f + k*(1-b+b*t.length[i]/t.mean))
	}
	return score
}

// textSearch asks with the words of what the person wishes.
func textSearch(s *seeker) []int {
	p := s.profile
	query := words(strings.Join([]string{
		s.labels.of(engagement.Topics, p.Topics...), s.labels.of(engagement.Areas, p.Areas...),
		s.labels.of(engagement.Activities, p.Activities...), s.labels.of(engagement.TargetGroups, p.TargetGroups...),
	}, " "))
	return s.sorted(s.near(), func(i int) float64 { return s.texts.bm25(query, i) })
}

// questions of a questionnaire as voting advice and volunteer finders have it: a yes of both sides is an agreement. The person's answer
// comes from the profile; what was left empty is skipped.
var questions = func() []question {
	about := func(areas ...code) question {
		return question{func(s *seeker) bool { _, a := s.interests(); return intersects(a, areas) }, func(o *engagement.Opportunity) bool { return intersects(areasOffered(o), areas) }}
	}
	do := func(activities ...code) question {
		return question{func(s *seeker) bool { return intersects(s.profile.Activities, activities) }, func(o *engagement.Opportunity) bool { return intersects(o.Activities, activities) }}
	}
	with := func(groups ...code) question {
		return question{func(s *seeker) bool { return intersects(s.profile.TargetGroups, groups) }, func(o *engagement.Opportunity) bool { return intersects(o.TargetGroups, groups) }}
	}
	when := func(patternNames ...string) question {
		var g engagement.Grid
		for _, n := range patternNames {
			g |= gridOf(slotsOf(n)[0])
		}
		return question{func(s *seeker) bool { return s.profile.Grid&g != 0 }, func(o *engagement.Opportunity) bool { return o.Grid&g != 0 }}
	}
	bound := func(commitments ...code) question {
		return question{func(s *seeker) bool { return intersects(s.profile.Commitments, commitments) }, func(o *engagement.Opportunity) bool { return slices.Contains(commitments, o.Commitment) }}
	}
	return []question{
		about("sport"), about("kultur", "freizeit"), about("soziales", "gesundheit"), about("schule-kita", "jugend-bildung"),
		about("umwelt-tiere"), about("rettung-feuerwehr"), about("politik", "beruf", "justiz", "lokales"), about("kirche-religion"),
		do("begleiten-besuchen", "betreuen", "beraten"), do("lehren-nachhilfe", "vorlesen", "trainieren-anleiten"),
		do("handwerken-reparieren", "gaertnern-naturpflege", "tiere-versorgen", "kochen-backen", "fahren-transport", "sammeln-sortieren-ausgeben"),
		do("organisieren-planen", "verwaltung-buero", "vorstand-leitung", "kasse-finanzen", "moderieren", "it-technik", "oeffentlichkeitsarbeit"),
		with("kinder-0-6", "kinder-6-12", "jugendliche", "familien"), with("aeltere", "hochbetagte-pflegebeduerftige", "menschen-mit-demenz"),
		with("gefluechtete", "zugewanderte", "wohnungslose", "armutsbetroffene", "menschen-mit-behinderung", "kranke-angehoerige"),
		when("vormittag", "mittag"), when("nachmittag"), when("abend"), when("wochenende"), bound("regelmaessig", "saisonal"),
	}
}()

type question struct {
	person func(*seeker) bool
	offer  func(*engagement.Opportunity) bool
}

func quiz(s *seeker) []int {
	return s.sorted(s.near(), func(i int) float64 {
		agreed := 0.0
		for _, q := range questions {
			if q.person(s) && q.offer(s.candidates[i].Opportunity) {
				agreed++
			}
		}
		return agreed
	})
}

// taxonomyScore is the public scheme of betagouv/api-engagement, version m4, written anew from its description. A mission that states
// values of a gate taxonomy (there: age brackets) is kept only for people who answered with one of them. Of every taxonomy that the person
// answered and that shares a value, (0.5 + 0.5 × share of her values that match) × weight counts; the sum is divided by the weights of
// all taxonomies she answered. Geography falls linearly to 0 at the radius (20 km if none), is 0.9 for remote missions and 0.1 where an
// address is missing, and counts as much as the taxonomies (0.3 and 0.3). Its taxonomies are ours by meaning: domain of engagement = area,
// activity = activity, rhythm = commitment, team, autonomy = guidance, interaction = target group, motivation = topic. Its taxonomy of
// unforeseen events has no counterpart.
func taxonomyScore(s *seeker) []int {
	p := s.profile
	_, areas := s.interests()
	taxonomies := []struct {
		weight float64
		person codes
		offer  func(*engagement.Opportunity) codes
	}{
		{1.5, unique(areas), areasOffered},
		{1.5, p.Activities, func(o *engagement.Opportunity) codes { return o.Activities }},
		{1.2, p.Commitments, func(o *engagement.Opportunity) codes { return codes{o.Commitment} }},
		{1, p.Topics, func(o *engagement.Opportunity) codes { return o.Topics }},
		{.6, p.TargetGroups, func(o *engagement.Opportunity) codes { return o.TargetGroups }},
		{.6, p.TeamSizes, func(o *engagement.Opportunity) codes { return codes{o.TeamSize} }},
		{.6, p.Guidance, func(o *engagement.Opportunity) codes { return codes{o.Guidance} }},
	}
	list := slices.DeleteFunc(s.open(), func(i int) bool {
		youngest, _, known := engagement.Ages(p.AgeBand)
		least := s.candidates[i].Opportunity.MinAge
		return least > 0 && (!known || youngest < least)
	})
	return s.sorted(list, func(i int) float64 {
		o := s.candidates[i].Opportunity
		sum, weights := 0.0, 0.0
		for _, t := range taxonomies {
			if len(t.person) == 0 {
				continue
			}
			weights += t.weight
			if hits := shared(t.person, t.offer(o)); hits > 0 {
				sum += t.weight * (.5 + .5*float64(hits)/float64(len(t.person)))
			}
		}
		taxonomy := 0.0
		if weights > 0 {
			taxonomy = sum / weights
		}
		if p.Home == (geo.Point{}) {
			return taxonomy
		}
		return (.3*taxonomy + .3*s.proximity(i)) / .6
	})
}

// proximity is the geographic part of [taxonomyScore].
func (s *seeker) proximity(i int) float64 {
	o := s.candidates[i].Opportunity
	switch {
	case o.Mode == "online" || o.Mode == "zuhause":
		return .9
	case len(o.Places) == 0:
		return .1
	}
	return max(0, 1-s.km(i)/cmp.Or(s.profile.RadiusKM, 20))
}

func unique(list codes) codes {
	list = slices.Sorted(slices.Values(list))
	return slices.Compact(list)
}

func shared(a, b codes) (n int) {
	for _, c := range a {
		if c != "" && slices.Contains(b, c) {
			n++
		}
	}
	return n
}
