package engagement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"seestern/geo"
)

// Lookup is that somebody asked how many people of this instance something fits, and what they were told. An officer who searches for
// expertise says for what; the people whose anonymous cards were shown can see it.
type Lookup struct {
	ID           ID        `class:"tec"`
	Organization ID        `class:"org"` // on whose behalf
	Account      ID        `class:"per"` // who asked
	Way          Code      `class:"org"` // the switch of the people who were counted, vocabulary switch
	Opportunity  ID        `class:"org"` // for which they were counted; empty: a search for expertise, or one that is not sent yet
	Purpose      string    `class:"org"` // of a search for expertise, 10–300
	Criteria     Criteria  `class:"org"`
	Rough        int       `class:"org"` // the answer, see [Roughly]
	At           time.Time `class:"org"`
	Version      int       `class:"tec"`
}

// Criteria narrow whom something fits. They are coarse, so that no combination of them is one person.
type Criteria struct {
	Skill    Code
	Language Code
	Time     Code      // vocabulary time_filter
	Where    string    // name of the place
	Near     geo.Point // middle of a place that the gazetteer knows
	RadiusKM float64   // see [CallRadiuses]; 0: anywhere
}

// CallRadiuses are the distances around a place, in kilometres.
var CallRadiuses = []float64{5, 10, 25, 50}

// Limits of what can be found out (domain.md §4.6).
const (
	lookupsOfPerson  = 30  // a day, of an officer or adviser
	lookupsOfTeam    = 10  // a day, of an organization
	crowd            = 5   // fewer people are never told from none
	blur             = 2   // people that are added or taken away by chance
	common           = 3   // people who have to share what a card says
	glimpses         = 20  // cards of a search, which are half of the people, roughly
	PurposeMost      = 300 // characters
	LookupKept       = 365 * 24 * time.Hour
	roundedTo        = 10
	shortestPurpose  = 10
	lookupSpacePlace = 100
)

// check finds what is wrong with the criteria.
func (c Criteria) check(bad *Invalids) {
	bad.Code("skill", Skills, c.Skill, false)
	bad.Code("language", Languages, c.Language, false)
	bad.Code("time", TimeFilters, c.Time, false)
	bad.Text("place", c.Where, 0, lookupSpacePlace)
	if c.RadiusKM != 0 && (!slices.Contains(CallRadiuses, c.RadiusKM) || c.Near == geo.Point{}) {
		bad.Add("radius", "error.choice.unknown", "codes", fmt.Sprint(c.RadiusKM))
	}
}

// Empty says whether nothing is narrowed.
func (c Criteria) Empty() bool { return c == Criteria{} }

// Roughly is how many people there are, as it may be told to somebody who shall not find out about one of them: 0 if they are none or few,
// else tens. Up to two are added or taken away by chance, always the same for the same people, so that neither asking again nor asking
// with and without one person says more.
func Roughly(tx Tx, people []ID) int {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = string(p)
	}
	slices.Sort(ids)
	chance := tx.LinkToken(ID("crowd " + Hash(strings.Join(ids, " "))))
	n := len(people) + int(chance[0])%(2*blur+1) - blur
	if len(people) < crowd || n < crowd {
		return 0
	}
	return max(roundedTo, (n+roundedTo/2)/roundedTo*roundedTo)
}

// key recognizes the same question of the same day.
func (l Lookup) key(o Opportunity, day Date) string {
	return Hash(fmt.Sprintf("%s|%s|%s|%s|%+v|%v|%v|%v|%+v|%v|%v|%v|%v|%v|%d|%v|%v|%v|%v", day, l.Organization, l.Way, l.Purpose, l.Criteria, o.Areas, o.Topics,
		o.Activities, o.Skills, o.Languages, o.Licenses, o.TargetGroups, o.Grid, o.Commitment, o.MinAge, o.Mode, o.Places, o.Access, o.Proofs))
}

// LookUp answers how many people something fits, and records it. fits are all of them; o is what they are asked for, if anything. Asked again
// on the same day the answer is the same. Some of the people of a search for expertise are returned, whose cards may be shown, in
// an order that is another one for every search.
func LookUp(tx Tx, by Actor, l Lookup, o Opportunity, fits []ID) (Lookup, []ID, error) {
	if err := mayCall(tx, by, l.Organization, l.Way); err != nil {
		return l, nil, err
	}
	var bad Invalids
	l.Criteria.check(&bad)
	if l.Way == ExpertiseSearchable {
		bad.Text("purpose", l.Purpose, shortestPurpose, PurposeMost)
		bad.Code("skill", Skills, l.Criteria.Skill, true)
	}
	if err := bad.Err(); err != nil {
		return l, nil, err
	}
	today := DateOf(tx.Now())
	key := l.key(o, today)
	known, err := tx.LookupsSince(today.Time(), key)
	if err != nil {
		return l, nil, err
	}
	if len(known) == 0 {
		if l, err = ask(tx, by, l, key, today, fits); err != nil {
			return l, nil, err
		}
	} else {
		l = known[0]
	}
	shown, err := tx.ShownIn(l.ID)
	if err != nil {
		return l, nil, err
	}
	shown = slices.DeleteFunc(shown, func(p ID) bool { return !slices.Contains(fits, p) }) // since then they may have changed their mind
	if len(shown) < crowd {
		shown = nil
	}
	return l, l.shuffle(tx, shown), nil
}

// shuffle puts people into an order that is another one for every search.
func (l Lookup) shuffle(tx Tx, people []ID) []ID {
	return slices.SortedFunc(slices.Values(people), func(a, b ID) int {
		return cmp.Compare(tx.LinkToken(ID("order "+l.ID+a)), tx.LinkToken(ID("order "+l.ID+b)))
	})
}

// ask records a question that nobody has asked today.
func ask(tx Tx, by Actor, l Lookup, key string, today Date, fits []ID) (Lookup, error) {
	account, organization, most := by.Account, ID(""), lookupsOfPerson
	if l.Way == ByOrganizations {
		account, organization, most = "", l.Organization, lookupsOfTeam
	}
	n, err := tx.CountLookups(account, organization, today.Time())
	if err != nil {
		return l, err
	}
	if n >= most {
		return l, &Invalid{Key: "error.lookup.many", Args: map[string]any{"n": most}}
	}
	l.ID, l.Account, l.At, l.Rough, l.Version = tx.NewSecretID(), by.Account, tx.Now(), Roughly(tx, fits), 0
	if err := tx.PutLookup(&l, key); err != nil {
		return l, err
	}
	if l.Way == ExpertiseSearchable {
		for _, p := range l.shuffle(tx, fits)[:min(l.Rough/2, glimpses)] { // how many cards there are says nothing more
			if err := tx.Show(l.ID, p); err != nil {
				return l, err
			}
		}
	}
	return l, audit(tx, by, Call{Way: l.Way}.role(), AuditEntry{Action: "lookup", Object: l.ID})
}

// Glimpse is an anonymous card: what a search for expertise shows of somebody. It holds nothing that only one or two of the people have.
type Glimpse struct {
	Skills    []Code
	Languages []Code
	Dayparts  []Code
	Area      string // a district or town
}

// Glimpse is the most that a card of the person can say, beside the area.
func (p Profile) Glimpse() (g Glimpse) {
	g.Skills = each(p.Skills, func(s Skill) Code { return s.Code })
	g.Languages = each(p.Languages, func(l LanguageSkill) Code { return Code(l.Code) })
	for _, d := range Dayparts.Codes() {
		if FilterGrid([]Code{d})&p.Grid != 0 {
			g.Dayparts = append(g.Dayparts, d)
		}
	}
	return g
}

// Glimpses are the cards of people, in their order; area names the coarse area of a home.
func Glimpses(people []Profile, area func(Profile) string) []Glimpse {
	list := make([]Glimpse, len(people))
	held := map[string]int{} // how many people have it
	for i, p := range people {
		g := p.Glimpse()
		g.Area = area(p)
		for _, v := range g.values() {
			held[v]++
		}
		list[i] = g
	}
	rare := func(kind string, c Code) bool { return held[kind+string(c)] < common }
	for i := range list {
		g := &list[i]
		g.Skills = slices.DeleteFunc(g.Skills, func(c Code) bool { return rare("skill ", c) })
		g.Languages = slices.DeleteFunc(g.Languages, func(c Code) bool { return rare("language ", c) })
		g.Dayparts = slices.DeleteFunc(g.Dayparts, func(c Code) bool { return rare("daypart ", c) })
		if rare("area ", Code(g.Area)) {
			g.Area = ""
		}
	}
	return list
}

// values are all that the card says, each with its kind.
func (g Glimpse) values() (all []string) {
	for kind, codes := range map[string][]Code{"skill ": g.Skills, "language ": g.Languages, "daypart ": g.Dayparts, "area ": {Code(g.Area)}} {
		for _, c := range codes {
			all = append(all, kind+string(c))
		}
	}
	return all
}
