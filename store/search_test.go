package store_test

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/store/storetest"
)

// searchModel is what search must find, computed from everything there is, one by one.
type searchModel struct {
	now           time.Time
	organizations map[engagement.ID]engagement.Organization
	opportunities map[engagement.ID]engagement.Opportunity
	partners      map[string]engagement.Partner
}

// visible is the rule of domain.md §3.12 in words.
func (m searchModel) visible(o engagement.Opportunity, viewer store.Viewer) bool {
	if o.State != engagement.Published && o.State != engagement.Filled || m.organizations[o.Organization].State != engagement.OrganizationActive {
		return false
	}
	if o.Visibility == "anfrage" || o.Visibility == "intern" && !slices.Contains(viewer.Organizations, o.Organization) {
		return false
	}
	if p := m.partners[o.Origin]; o.Origin != "" && (p.State != engagement.PartnerActive || p.Level == "gesperrt") {
		return false
	}
	return !o.Over(m.now) && m.now.Sub(o.Confirmed) <= 90*day
}

// distance is to the nearest public place; infinite without one.
func distance(o engagement.Opportunity, from geo.Point) float64 {
	least := math.Inf(1)
	for _, p := range o.PublicPlaces() {
		if p.Known() {
			least = min(least, geo.Distance(from, p.Point))
		}
	}
	return least
}

func overlaps(a, b []engagement.Code) bool {
	return slices.ContainsFunc(a, func(c engagement.Code) bool { return slices.Contains(b, c) })
}

// topical are the codes a topic search looks at: topics, areas, and the areas of topics.
func topical(o engagement.Opportunity) []engagement.Code {
	all := append(slices.Clone(o.Areas), o.Topics...)
	for _, t := range o.Topics {
		all = append(all, engagement.AreaOf(t))
	}
	return all
}

func (m searchModel) fits(o engagement.Opportunity, q engagement.Search) bool {
	var languages []engagement.Code
	for _, l := range o.Languages {
		languages = append(languages, engagement.Code(l.Code))
	}
	if q.Open && o.Visibility != "offen" {
		return false
	}
	if languages == nil {
		languages = []engagement.Code{"de"}
	}
	certificate := slices.ContainsFunc(o.Proofs, func(c engagement.Code) bool { return strings.HasPrefix(string(c), "fuehrungszeugnis") })
	switch {
	case q.Text != "" && !store.Finds(q.Text, o.Title+" "+m.organizations[o.Organization].Name),
		len(q.Topics) > 0 && !overlaps(q.Topics, topical(o)),
		len(q.Activities) > 0 && !overlaps(q.Activities, o.Activities),
		len(q.TargetGroups) > 0 && !overlaps(q.TargetGroups, o.TargetGroups),
		len(q.Commitments) > 0 && !slices.Contains(q.Commitments, o.Commitment),
		len(q.Modes) > 0 && !slices.Contains(q.Modes, o.Mode),
		slices.ContainsFunc(q.Access, func(c engagement.Code) bool { return o.Access[c] != "ja" }),
		q.Slots != 0 && o.Grid != 0 && q.Slots&o.Grid == 0,
		q.Language != "" && !slices.Contains(languages, engagement.Code(q.Language)),
		q.Age != 0 && (o.MinAge > q.Age || q.Age < 18 && o.MinorPolicy == "keine"),
		overlaps(q.Excluded, append(topical(o), o.TargetGroups...)),
		slices.Contains(q.Excluded, "fuehrungszeugnis") && certificate,
		overlaps(q.Excluded, o.Proofs),
		slices.Contains(q.Excluded, "vorkenntnisse") && (len(o.Licenses) > 0 || len(o.Skills) > 0 && o.Skills[0].Required && o.Skills[0].Mandatory),
		q.Soon && o.UrgentUntil < engagement.DateOf(m.now) && (o.StartsOn < engagement.DateOf(m.now) || o.StartsOn > engagement.DateOf(m.now).Add(1)),
		q.Urgent && o.UrgentUntil < engagement.DateOf(m.now),
		q.Source == engagement.OnlyHere && !o.Local(),
		q.Organization != "" && q.Organization != o.Organization:
		return false
	}
	return true
}

// next is the next day on which something takes place.
func (m searchModel) next(o engagement.Opportunity) engagement.Date {
	today := engagement.DateOf(m.now)
	if o.StartsOn > today {
		return o.StartsOn
	}
	for d := today; d < today.Add(7); d = d.Add(1) {
		weekday := (int(d.Time().Weekday()) + 6) % 7 // from Monday
		if o.Grid>>(4*weekday)&0xf != 0 {
			return d
		}
	}
	if o.StartsOn == today {
		return today
	}
	return "9999-12-31"
}

// search returns the ids of all hits in order, and how many there are within another radius.
func (m searchModel) search(q engagement.Search, viewer store.Viewer, otherRadius float64) (ids []engagement.ID, other int) {
	near := q.Center != geo.Point{}
	var hits []engagement.Opportunity
	for _, o := range m.opportunities {
		if !m.visible(o, viewer) || !m.fits(o, q) {
			continue
		}
		km := distance(o, q.Center)
		anywhere := math.IsInf(km, 1) && len(q.Modes) > 0
		if near && !anywhere && km > q.RadiusKM {
			if km <= otherRadius {
				other++
			}
			continue
		}
		other++
		hits = append(hits, o)
	}
	slices.SortFunc(hits, func(a, b engagement.Opportunity) int {
		fresh := b.Published.Compare(a.Published)
		switch {
		case q.Order == engagement.Soonest && !near:
			return cmp.Or(cmp.Compare(m.next(a), m.next(b)), fresh)
		case q.Order == engagement.Newest || !near:
			return fresh
		}
		return cmp.Or(cmp.Compare(distance(a, q.Center), distance(b, q.Center)), fresh)
	})
	for _, o := range hits {
		ids = append(ids, o.ID)
	}
	return ids, other
}

var (
	someAreas    = []engagement.Code{"sport", "kultur", "soziales"}
	someTopics   = []engagement.Code{"lesepate", "museum", "clean-up"}
	someGroups   = []engagement.Code{"kinder-6-12", "aeltere"}
	someTasks    = []engagement.Code{"vorlesen", "beraten", "fahren-transport"}
	someWords    = []string{"Vorlesen", "Garten", "Hausaufgabenhilfe", "Sport", "Kinder"}
	someOrigins  = []string{"", "", "b.example", "c.example"}
	someModes    = []engagement.Code{"vor-ort", "online", "zuhause"}
	visibilities = []engagement.Code{"offen", "verbund", "instanz", "intern", "anfrage"}
)

func draw[T any](t *rapid.T, label string, from []T) T { return rapid.SampledFrom(from).Draw(t, label) }

func drawSome(t *rapid.T, label string, from []engagement.Code, most int) []engagement.Code {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, most, rapid.ID).Draw(t, label)
}

// drawPoint is within about 40 km of the city.
func drawPoint(t *rapid.T, label string) geo.Point {
	return geo.Point{Lat: berlin.Lat + rapid.Float64Range(-.3, .3).Draw(t, label), Lon: berlin.Lon + rapid.Float64Range(-.5, .5).Draw(t, label)}
}

func (m searchModel) drawOpportunity(t *rapid.T, n int) engagement.Opportunity {
	orgs := slices.Sorted(maps.Keys(m.organizations))
	org := m.organizations[draw(t, "organization", orgs)]
	o := engagement.Opportunity{
		ID: engagement.ID(fmt.Sprintf("id-%d", n)), Code: fmt.Sprintf("code%04d", n), Organization: org.ID, Origin: org.Origin,
		Title: draw(t, "word", someWords) + " " + draw(t, "word", someWords), Areas: drawSome(t, "areas", someAreas, 2), Topics: drawSome(t, "topics", someTopics, 2),
		Activities: drawSome(t, "activities", someTasks, 2), TargetGroups: drawSome(t, "groups", someGroups, 2), Commitment: draw(t, "commitment", []engagement.Code{"einmalig", "regelmaessig"}),
		Mode: draw(t, "mode", someModes), Grid: engagement.Grid(draw(t, "grid", []uint32{0, 1, 1 << 9, 1 << 20, 1 << 27})), MinAge: draw(t, "age", []int{0, 16, 18}),
		MinorPolicy: draw(t, "minors", []engagement.Code{"keine", "ab-16"}), Proofs: draw(t, "proofs", [][]engagement.Code{nil, {"fuehrungszeugnis-erweitert"}, {"masernschutz"}}),
		UrgentUntil: draw(t, "urgent", []engagement.Date{"", "2026-11-24", "2026-11-25"}),
		Access:      map[engagement.Code]engagement.Code{"aufzug": draw(t, "access", []engagement.Code{"ja", "nein"})},
		Languages:   draw(t, "languages", [][]engagement.LanguageNeed{nil, {{Code: "tr"}}, {{Code: "de"}, {Code: "tr"}}}),
		Visibility:  draw(t, "visibility", visibilities),
		State:       draw(t, "state", []engagement.OpportunityState{engagement.Published, engagement.Published, engagement.Filled, engagement.Paused, engagement.Hidden, engagement.Queued, engagement.Draft}),
		Published:   m.now.Add(-time.Duration(n) * time.Minute), Confirmed: m.now.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "confirmed")) * day),
		StartsOn: draw(t, "starts", []engagement.Date{"", "", "2026-11-20", "2026-11-25", "2026-11-26", "2026-12-20"}), EndsOn: draw(t, "ends", []engagement.Date{"", "", "2026-11-24", "2026-11-25", "2026-12-24"}),
	}
	if o.Origin != "" {
		o.IRI = fmt.Sprintf("https://%s/ap/opportunity/%d", o.Origin, n)
	}
	if o.Mode == "vor-ort" {
		for range rapid.IntRange(1, 2).Draw(t, "places") {
			p := engagement.Place{Point: drawPoint(t, "place"), Exact: true, Precision: draw(t, "precision", []engagement.Code{"genau", "ortsteil"})}
			p.Centroid = geo.Point{Lat: p.Point.Lat + 0.01, Lon: p.Point.Lon}
			o.Places = append(o.Places, p)
		}
	}
	return o
}

func drawQuery(t *rapid.T) engagement.Search {
	q := engagement.Search{
		Topics: drawSome(t, "q topics", append(someAreas, someTopics...), 2), Activities: drawSome(t, "q activities", someTasks, 1),
		TargetGroups: drawSome(t, "q groups", someGroups, 1), Modes: drawSome(t, "q modes", someModes, 1), Limit: rapid.IntRange(1, 5).Draw(t, "limit"),
		Order: draw(t, "order", []engagement.Order{engagement.Nearest, engagement.Newest, engagement.Soonest}),
	}
	rare := func(label string, set func()) {
		if rapid.IntRange(0, 5).Draw(t, label) == 0 {
			set()
		}
	}
	rare("text", func() { q.Text = draw(t, "q word", append(someWords, "lesen", "Gart", "Hausaufgabe")) })
	rare("access", func() { q.Access = []engagement.Code{"aufzug"} })
	rare("age", func() { q.Age = draw(t, "q age", []int{14, 16, 18}) })
	rare("slots", func() { q.Slots = 1 | 1<<9 })
	rare("language", func() { q.Language = draw(t, "q language", []string{"de", "tr"}) })
	rare("soon", func() { q.Soon = true })
	rare("open", func() { q.Open = true })
	rare("urgent", func() { q.Urgent = true })
	rare("organization", func() { q.Organization = "org-0" })
	rare("source", func() { q.Source = engagement.OnlyHere })
	rare("commitment", func() { q.Commitments = []engagement.Code{"einmalig"} })
	rare("excluded", func() {
		q.Excluded = draw(t, "q excluded", [][]engagement.Code{{"sport"}, {"lesepate"}, {"kinder-6-12"}, {"fuehrungszeugnis"}, {"schweigepflicht"}, {"vorkenntnisse"}})
	})
	if rapid.Bool().Draw(t, "near") {
		q.Center, q.RadiusKM = drawPoint(t, "center"), draw(t, "radius", []float64{3, 10, 25, 30})
	}
	return q
}

func TestSearchFindsExactlyWhatAReferenceFinds(t *testing.T) {
	clock := &storetest.Clock{}
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		c.Clock = clock.Now
		s := storetest.Open(t, c)
		m := searchModel{
			now: clock.Now(), organizations: map[engagement.ID]engagement.Organization{}, opportunities: map[engagement.ID]engagement.Opportunity{},
			partners: map[string]engagement.Partner{"b.example": {Host: "b.example", State: engagement.PartnerActive}, "c.example": {Host: "c.example", State: engagement.PartnerPaused}},
		}
		update(t, s, func(tx *store.Tx) error {
			for host, p := range m.partners {
				if err := tx.PutPartner(&p); err != nil {
					return err
				}
				m.partners[host] = p
			}
			for i, origin := range someOrigins {
				o := engagement.Organization{
					ID: engagement.ID(fmt.Sprint("org-", i)), Code: fmt.Sprint("org", i), Handle: fmt.Sprint("org_", i), Name: "Verein", Origin: origin,
					State: engagement.OrganizationActive,
				}
				if origin != "" {
					o.IRI = "https://" + origin + "/org"
				}
				if err := tx.PutOrganization(&o); err != nil {
					return err
				}
				m.organizations[o.ID] = o
			}
			return nil
		})
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			m.change(t, s, &n)
			q := drawQuery(t)
			var viewer store.Viewer
			if rapid.IntRange(0, 3).Draw(t, "viewer") == 0 {
				viewer.Organizations = []engagement.ID{"org-0"}
			}
			m.compare(t, s, q, viewer)
		})
	})
}

// change changes a few things, in the store and in the model.
func (m searchModel) change(t *rapid.T, s *store.Store, n *int) {
	known := slices.Sorted(maps.Keys(m.opportunities))
	err := s.Update(ctx, func(tx *store.Tx) error {
		for range 3 {
			*n++
			o := m.drawOpportunity(t, *n)
			if err := tx.PutOpportunity(&o); err != nil {
				return err
			}
			m.opportunities[o.ID] = o
		}
		switch what := rapid.IntRange(0, 4).Draw(t, "what"); {
		case len(known) < 5:
		case what == 0: // edited
			o := m.drawOpportunity(t, *n)
			old := m.opportunities[draw(t, "edited", known)]
			o.ID, o.Code, o.Version, o.IRI, o.Published = old.ID, old.Code, old.Version, old.IRI, old.Published
			o.Organization, o.Origin = old.Organization, old.Origin
			if err := tx.PutOpportunity(&o); err != nil {
				return err
			}
			m.opportunities[o.ID] = o
		case what == 1:
			id := draw(t, "deleted", known)
			delete(m.opportunities, id)
			return tx.DeleteOpportunity(id)
		case what == 2: // suspended, back again, or renamed
			o := m.organizations["org-1"]
			o.State = draw(t, "state", []engagement.OrganizationState{engagement.OrganizationActive, engagement.OrganizationSuspended})
			o.Name = draw(t, "name", []string{"Verein", "Gartenverein"})
			if err := tx.PutOrganization(&o); err != nil {
				return err
			}
			m.organizations[o.ID] = o
		case what == 3:
			p := m.partners["c.example"]
			p.State = draw(t, "partner", []engagement.PartnerState{engagement.PartnerActive, engagement.PartnerPaused})
			if err := tx.PutPartner(&p); err != nil {
				return err
			}
			m.partners[p.Host] = p
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compare pages through a search and compares everything with the model.
func (m searchModel) compare(t *rapid.T, s *store.Store, q engagement.Search, viewer store.Viewer) {
	var got []engagement.ID
	var first store.Hits
	for page := 0; ; page++ {
		var hits store.Hits
		if err := s.View(ctx, func(tx *store.Tx) (err error) {
			hits, err = tx.Search(q, viewer)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if page == 0 {
			first = hits
		}
		for _, h := range hits.List {
			got = append(got, h.ID)
			if want := distance(h.Opportunity, q.Center); h.Known && math.Abs(h.Km-want) > 1e-9 { // of two places equally far either is the nearest
				t.Fatalf("%s: distance %f, want %f", h.ID, h.Km, want)
			}
			if h.Organizer.Name != m.organizations[h.Organization].Name {
				t.Fatalf("%s: organizer %+v", h.ID, h.Organizer)
			}
		}
		if q.After = hits.Next; q.After == "" {
			break
		}
		if len(hits.List) != q.Limit {
			t.Fatalf("got %d hits on a page of %d with a next one", len(hits.List), q.Limit)
		}
	}
	want, wider := m.search(q, viewer, first.WiderKM)
	if q.Center != (geo.Point{}) && q.Order != engagement.Newest { // equal distances are ordered by the next date too
		slices.Sort(want)
		slices.Sort(got)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v:\ngot  %v\nwant %v", q, got, want)
	}
	if first.Total != len(want) {
		t.Fatalf("got total %d, want %d", first.Total, len(want))
	}
	if first.WiderKM > 0 && first.Wider != wider {
		t.Fatalf("got %d within %g km, want %d", first.Wider, first.WiderKM, wider)
	}
	m.compareFacets(t, q, viewer, first.Facets)
}

// compareFacets counts every code as if the search filtered by it alone in its dimension.
func (m searchModel) compareFacets(t *rapid.T, q engagement.Search, viewer store.Viewer, got store.Facets) {
	for _, f := range []struct {
		name   string
		counts map[engagement.Code]int
		codes  []engagement.Code
		set    func(*engagement.Search, engagement.Code)
	}{
		{"areas", got.Areas, someAreas, func(q *engagement.Search, c engagement.Code) { q.Topics = []engagement.Code{c} }},
		{"topics", got.Topics, someTopics, func(q *engagement.Search, c engagement.Code) { q.Topics = []engagement.Code{c} }},
		{"activities", got.Activities, someTasks, func(q *engagement.Search, c engagement.Code) { q.Activities = []engagement.Code{c} }},
		{"target groups", got.TargetGroups, someGroups, func(q *engagement.Search, c engagement.Code) { q.TargetGroups = []engagement.Code{c} }},
		{"commitments", got.Commitments, []engagement.Code{"einmalig"}, func(q *engagement.Search, c engagement.Code) { q.Commitments = []engagement.Code{c} }},
		{"access", got.Access, []engagement.Code{"aufzug"}, func(q *engagement.Search, c engagement.Code) { q.Access = []engagement.Code{c} }},
	} {
		for _, c := range f.codes {
			one := q
			f.set(&one, c)
			if want, _ := m.search(one, viewer, 0); f.counts[c] != len(want) {
				t.Fatalf("%+v: facet %s %s: got %d, want %d", q, f.name, c, f.counts[c], len(want))
			}
		}
	}
}

// The lists of common words are kept in memory; with a thousand rows they are used, and must follow every change.
func TestSearchForCommonWordsFollowsChanges(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		clock := &storetest.Clock{}
		c.Clock = clock.Now
		s, other := storetest.Open(t, c), storetest.Open(t, c)
		generator{rand.New(rand.NewPCG(1, 2)), clock}.fill(t, s, 1000)
		total := func(s *store.Store, text string) int {
			return get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{Text: text}, store.Viewer{})
			}).Total
		}
		before := total(s, "kinder")
		if before < 600 {
			t.Fatalf("got %d hits, want a common word", before)
		}
		org := putOrganization(t, other, "another")
		added := putOpportunity(t, other, org.ID, "Kinder betreuen", nil)
		if got := total(s, "kinder"); got != before+1 {
			t.Errorf("after another process added one: got %d, want %d", got, before+1)
		}
		added.Title = "Hunde betreuen"
		update(t, other, func(tx *store.Tx) error { return tx.PutOpportunity(&added) })
		if got := total(s, "kinder"); got != before {
			t.Errorf("after it was renamed: got %d, want %d", got, before)
		}
		update(t, other, func(tx *store.Tx) error { return tx.DeleteOpportunity(added.ID) })
		if got := total(s, "hunde"); got != 0 {
			t.Errorf("after it was deleted: got %d, want 0", got)
		}
		first := get(t, s, func(tx *store.Tx) (store.Hits, error) {
			return tx.Search(engagement.Search{Text: "kinder", Limit: 100}, store.Viewer{})
		}).List
		total(s, "lesen")
		update(t, other, func(tx *store.Tx) error { // the gaps are filled with other rows
			for i, h := range first {
				if o := h.Opportunity; i%2 == 0 {
					if err := tx.DeleteOpportunity(o.ID); err != nil {
						return err
					}
				} else if o.Title, o.Summary, o.Description = "Hunde", "", ""; i%3 == 0 {
					if err := tx.PutOpportunity(&o); err != nil {
						return err
					}
				}
			}
			return nil
		})
		found := func(s *store.Store, text string) (ids []engagement.ID) {
			for _, h := range get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{Text: text, Limit: 2000, Order: engagement.Newest}, store.Viewer{})
			}).List {
				ids = append(ids, h.ID)
			}
			return ids
		}
		fresh := storetest.Open(t, c)
		for _, text := range []string{"kinder", "lesen", "hunde"} {
			if got, want := found(s, text), found(fresh, text); !slices.Equal(got, want) {
				t.Errorf("%s after many were deleted: got %d hits, want the %d that are found after a start", text, len(got), len(want))
			}
		}
	})
}

// Before the first search everything is to be read, and nothing after a server has started.
func TestTheIndexIsReadBeforeTheFirstSearch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		putOpportunity(t, s, putOrganization(t, s, "verein").ID, "Vorlesen", nil)
		if got := get(t, s, store.ReadChanges).Indexed(); got != 0 {
			t.Errorf("before the index is read it has %d", got)
		}
		if err := s.ReadIndex(ctx); err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, store.ReadChanges).Indexed(); got != 1 {
			t.Errorf("after the index was read it has %d, want 1", got)
		}
	})
}

// While an older transaction is at work on PostgreSQL, two snapshots reach equally far and still see different things. A list of words that the
// older one reads lacks what the index has from the newer one, so it is not kept.
func TestAnOlderSnapshotKeepsNoListOfWords(t *testing.T) {
	c, clock := storetest.Postgres(t), &storetest.Clock{}
	c.Clock = clock.Now
	s := storetest.Open(t, c)
	generator{rand.New(rand.NewPCG(1, 2)), clock}.fill(t, s, 1000)
	org := putOrganization(t, s, "verein").ID
	kinder := func(tx *store.Tx) (store.Hits, error) {
		return tx.Search(engagement.Search{Text: "kinder"}, store.Viewer{})
	}
	wrote, end, ended := make(chan bool), make(chan bool), make(chan error)
	go func() {
		ended <- s.Update(ctx, func(tx *store.Tx) error {
			defer func() { <-end }()
			defer close(wrote)
			return tx.PutJob(store.Job{Queue: "test", Key: "older"})
		})
	}()
	<-wrote
	var before int
	view(t, s, func(tx *store.Tx) error {
		if _, err := tx.Search(engagement.Search{Text: "hospiz"}, store.Viewer{}); err != nil { // the snapshot is taken
			return err
		}
		putOpportunity(t, s, org, "Vorlesen", func(o *engagement.Opportunity) { o.Description = "Wir lesen mit Kindern." })
		get(t, s, func(tx *store.Tx) (store.Hits, error) { return tx.Search(engagement.Search{}, store.Viewer{}) }) // the index has it
		hits, err := kinder(tx)
		before = hits.Total
		return err
	})
	if got := get(t, s, kinder).Total; got != before+1 || before < 500 {
		t.Errorf("%d have the word, and %d when there was one more", before, got)
	}
	close(end)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// Many search at once, from the first search on, while something comes and goes.
func TestManySearchAtOnce(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		clock := &storetest.Clock{}
		c.Clock = clock.Now
		s := storetest.Open(t, c)
		generator{rand.New(rand.NewPCG(1, 2)), clock}.fill(t, s, 700)
		org := putOrganization(t, s, "verein")
		total := func(q engagement.Search) int {
			return get(t, s, func(tx *store.Tx) (store.Hits, error) { return tx.Search(q, store.Viewer{}) }).Total
		}
		const changes = 10
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range changes {
					if got := total(engagement.Search{}); got < 700 || got > 701 {
						t.Errorf("got %d hits, want 700 or 701", got)
					}
					total(engagement.Search{Text: "kinder", Center: berlin, RadiusKM: 25})
				}
			})
		}
		all.Go(func() {
			for range changes {
				o := putOpportunity(t, s, org.ID, "Kinder betreuen", nil)
				update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })
			}
		})
		all.Wait()
		if got := total(engagement.Search{}); got != 700 {
			t.Errorf("at the end: got %d hits, want 700", got)
		}
	})
}

func TestTheListsOfTheMostCommonWordsStayInMemory(t *testing.T) {
	const bytes = 1000 / 64 * 8 // of each
	left, size := store.KeptTerms(2*bytes+bytes/2, map[string]int{"selten": 100, "oft": 700, "meist": 900, "kaum": 50})
	if want := []string{"meist", "oft"}; !slices.Equal(left, want) || size < 2*bytes || size > 2*bytes+bytes/2 {
		t.Errorf("got %v in %d bytes, want %v", left, size, want)
	}
}

// Two searches read what changed at the same time; the one that read first takes it over last.
func TestASearchThatIsOvertakenReadsAgain(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		clock := &storetest.Clock{}
		c.Clock = clock.Now
		s := storetest.Open(t, c)
		generator{rand.New(rand.NewPCG(1, 2)), clock}.fill(t, s, 1000)
		total := func(text string) int {
			return get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{Text: text}, store.Viewer{})
			}).Total
		}
		slow := get(t, s, store.ReadChanges)
		before := total("kinder")
		if before < 600 {
			t.Fatalf("got %d hits, want a common word", before)
		}
		if slow.Apply() {
			t.Error("what was read before the index was filled was taken over after it")
		}
		if got := total("kinder"); got != before {
			t.Errorf("after the first two searches at once: got %d hits, want %d", got, before)
		}

		o := putOpportunity(t, s, putOrganization(t, s, "gone").ID, "Kinder betreuen", nil)
		slow = get(t, s, store.ReadChanges)
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })
		if got := total("kinder"); got != before {
			t.Fatalf("after it was deleted: got %d hits, want %d", got, before)
		}
		if slow.Apply() {
			t.Error("what was read before the deletion was taken over after it")
		}
		if got := total("kinder"); got != before {
			t.Errorf("after the deleted one was read by a slower search: got %d hits, want %d", got, before)
		}
	})
}

// The index may know more than the snapshot of a search: what it finds is shown only if it was public then.
func TestASearchShowsNothingThatWasNotPublicInItsSnapshot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "later")
		for name, before := range map[string]func(*engagement.Opportunity){
			"a draft":                func(o *engagement.Opportunity) { o.State = engagement.Draft },
			"what the team kept":     func(o *engagement.Opportunity) { o.Visibility = "intern" },
			"what was asked of some": func(o *engagement.Opportunity) { o.Visibility = "anfrage" },
		} {
			t.Run(name, func(t *testing.T) {
				search := engagement.Search{Text: "geheim"}
				o := putOpportunity(t, s, org.ID, "Geheim", before)
				view(t, s, func(old *store.Tx) error {
					if _, err := old.Opportunity(o.ID); err != nil {
						return err
					}
					update(t, s, func(tx *store.Tx) error {
						o.State, o.Visibility = engagement.Published, "offen"
						return tx.PutOpportunity(&o)
					})
					if got := get(t, s, func(tx *store.Tx) (store.Hits, error) { return tx.Search(search, store.Viewer{}) }); len(got.List) != 1 {
						t.Errorf("published: got %d hits, want 1", len(got.List))
					}
					got, err := old.Search(search, store.Viewer{})
					if err != nil {
						return err
					}
					for _, h := range got.List {
						t.Errorf("an older snapshot shows it as it was: state %s, visibility %s", h.State, h.Visibility)
					}
					return nil
				})
				update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })
			})
		}
	})
}

// The grid of places has edges: the date line, the poles, and the borders of its cells.
func TestSearchAtTheEdgesOfTheGrid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "edges")
		var points []geo.Point
		for _, lat := range []float64{-90, -89.99, -0.01, 0, 52.5, 52.499999, 89.99, 90} {
			for _, lon := range []float64{-180, -179.99, -0.01, 0.01, 13.4, 13.399999, 179.95, 180} {
				points = append(points, geo.Point{Lat: lat, Lon: lon})
			}
		}
		at := map[engagement.ID]geo.Point{}
		put := func(p geo.Point) {
			o := putOpportunity(t, s, org.ID, "Vorlesen", func(o *engagement.Opportunity) {
				o.Places = []engagement.Place{{Point: p, Exact: true, Precision: "genau"}}
			})
			at[o.ID] = p
		}
		for _, p := range points {
			put(p)
		}
		compare := func() {
			t.Helper()
			for _, center := range points {
				for _, km := range []float64{3, 25, 3000} {
					hits := get(t, s, func(tx *store.Tx) (store.Hits, error) {
						return tx.Search(engagement.Search{Center: center, RadiusKM: km, Limit: 200}, store.Viewer{})
					})
					want := 0
					for _, p := range at {
						if geo.Distance(p, center) <= km {
							want++
						}
					}
					if len(hits.List) != want || hits.Total != want {
						t.Errorf("%v km around %v: got %d of %d, want %d", km, center, len(hits.List), hits.Total, want)
					}
				}
			}
		}
		compare()
		for i, id := range slices.Sorted(maps.Keys(at)) { // gaps are filled with other rows
			if i%3 == 0 {
				update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(id) })
				delete(at, id)
			}
		}
		compare()
		put(points[0])
		compare()
	})
}

// A database that pg_restore brought to another server numbers its changes anew.
func TestSearchAfterAMoveToAnotherServer(t *testing.T) {
	c := storetest.Postgres(t)
	s := storetest.Open(t, c)
	o := putOpportunity(t, s, putOrganization(t, s, "moved").ID, "Vorlesen", nil)
	db, err := sql.Open("pgx", c.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE search SET changed = changed + 1000000000`); err != nil {
		t.Fatal(err)
	}
	s = storetest.Open(t, c)
	total := func() int {
		return get(t, s, func(tx *store.Tx) (store.Hits, error) { return tx.Search(engagement.Search{}, store.Viewer{}) }).Total
	}
	if got := total(); got != 1 {
		t.Errorf("got %d hits, want 1", got)
	}
	update(t, s, func(tx *store.Tx) error {
		o.State = engagement.Paused
		return tx.PutOpportunity(&o)
	})
	if got := total(); got != 0 {
		t.Errorf("after it was paused: got %d hits, want 0", got)
	}
}

// The index keeps sets of codes as bits: a vocabulary that outgrows its field would lose codes.
func TestEveryCodeCanBeSearchedFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		put := func(change func(o *engagement.Opportunity)) {
			putOpportunity(t, s, org.ID, "Vorlesen", func(o *engagement.Opportunity) {
				o.Areas, o.Topics, o.Activities, o.TargetGroups, o.Commitment, o.Mode, o.Languages = nil, nil, nil, nil, "", "", nil
				change(o)
			})
		}
		put(func(o *engagement.Opportunity) {
			o.Areas, o.Topics = engagement.Areas.Codes(), engagement.Topics.Codes()
			o.Activities, o.TargetGroups = engagement.Activities.Codes(), engagement.TargetGroups.Codes()
			o.Access = map[engagement.Code]engagement.Code{}
			for _, c := range engagement.AccessFeatures.Codes() {
				o.Access[c] = "ja"
			}
		})
		for _, c := range engagement.Commitments.Codes() {
			put(func(o *engagement.Opportunity) { o.Commitment = c })
		}
		for _, c := range engagement.Modes.Codes() {
			put(func(o *engagement.Opportunity) { o.Mode = c })
		}
		for _, c := range engagement.Languages.Codes() {
			put(func(o *engagement.Opportunity) { o.Languages = []engagement.LanguageNeed{{Code: string(c)}} })
		}
		search := func(q engagement.Search) store.Hits {
			return get(t, s, func(tx *store.Tx) (store.Hits, error) { return tx.Search(q, store.Viewer{}) })
		}
		counted := search(engagement.Search{}).Facets
		for v, facet := range map[*engagement.Vocabulary]map[engagement.Code]int{
			engagement.Areas: counted.Areas, engagement.Topics: counted.Topics, engagement.Activities: counted.Activities,
			engagement.TargetGroups: counted.TargetGroups, engagement.AccessFeatures: counted.Access, engagement.Commitments: counted.Commitments,
			engagement.Modes: counted.Modes,
		} {
			for _, c := range v.Codes() {
				if facet[c] != 1 {
					t.Errorf("%s %s: counted %d times, want 1", v.Name, c, facet[c])
				}
			}
		}
		for _, c := range engagement.Languages.Codes() {
			if got := search(engagement.Search{Language: string(c)}).Total; c != "de" && got != 1 {
				t.Errorf("language %s: got %d hits, want 1", c, got)
			}
		}
	})
}

func TestSearchText(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		c.Words = func(o engagement.Opportunity) []string {
			if slices.Contains(o.Areas, "umwelt-tiere") {
				return []string{"Umwelt und Tiere"}
			}
			return nil
		}
		s := storetest.Open(t, c)
		org := putOrganization(t, s, "verein")
		putOpportunity(t, s, org.ID, "Vorlesen", func(o *engagement.Opportunity) {
			o.Summary, o.Description, o.Areas = "Zusammenfassung", "Beschreibung", []engagement.Code{"umwelt-tiere"}
			o.Details, o.ContactMail = "Geheimnis", "intern@mail.example"
			o.Places = []engagement.Place{{
				Name: "Grundschule", Street: "Bölschestraße", Postcode: "12587", Locality: "Friedrichshagen", Precision: "ortsteil",
				Point: geo.Point{Lat: 52.4, Lon: 13.6},
			}}
		})
		for text, want := range map[string]int{
			"vorlesen": 1, "zusammenfassung": 1, "beschreibung": 1, "Verein": 1, "12587": 1, "Friedrichshagen": 1, "tiere": 1, "vorlesen friedrichshagen": 1,
			"geheimnis": 0, "intern": 0, "Bölschestraße": 0, "grundschule": 0, // not public
			"vorlesen fehlt": 0, "!!": 0, `" OR 1=1 --`: 0, "vorl*": 1, "NOT vorlesen": 0, "vorlesen\x00": 1, "'": 0, ")": 0, "": 1, "  ": 1,
		} {
			hits := get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{Text: text}, store.Viewer{})
			})
			if hits.Total != want {
				t.Errorf("%q: got %d hits, want %d", text, hits.Total, want)
			}
		}
	})
}

// RES-13: no word means anything to the text index of an engine, which is asked when there are many candidates.
func TestOperatorsOfTheTextIndexAreWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		update(t, s, func(tx *store.Tx) error {
			for i := range 201 {
				title := fmt.Sprintf("Vorlesen not and or near %d", i)
				o := engagement.Opportunity{
					ID: tx.NewID(), Code: newCode(tx), Organization: org.ID, Title: title, Mode: "vor-ort", Visibility: "offen",
					State: engagement.Published, Published: tx.Now(), Confirmed: tx.Now(), Fingerprint: title,
				}
				if err := tx.PutOpportunity(&o); err != nil {
					return err
				}
			}
			return nil
		})
		for text, want := range map[string]int{
			"vorlesen": 201, "NOT": 201, "AND": 201, "vorlesen OR": 201, "NEAR(vorlesen and)": 201, "vorlesen:*": 201, `"vorlesen`: 201, "^vorlesen": 201, "vorlesen & ! | <->": 201, "words:vorlesen": 0,
			strings.Repeat("vorlesen ", 200): 201, strings.Repeat("%", 500): 0, strings.Repeat("a* b* c* ", 200): 0,
		} {
			hits := get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{Text: text}, store.Viewer{})
			})
			if hits.Total != want {
				t.Errorf("%.40q: got %d hits, want %d", text, hits.Total, want)
			}
		}
	})
}

func TestASearchWithABrokenCursorBeginsAtTheBeginning(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		putOpportunity(t, s, org.ID, "Vorlesen", nil)
		for _, cursor := range []string{"x", "AAAA", "LCwsLA", strings.Repeat("a", 10000)} {
			hits := get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{After: cursor}, store.Viewer{})
			})
			if len(hits.List) != 1 {
				t.Errorf("%.20q: got %d hits, want 1", cursor, len(hits.List))
			}
		}
	})
}

// 410: what is deleted is forgotten, but not that it was there.
func TestADeletedOpportunityLeavesATombstone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		public := putOpportunity(t, s, org.ID, "public", nil)
		draft := putOpportunity(t, s, org.ID, "draft", func(o *engagement.Opportunity) { o.State, o.Published = engagement.Draft, time.Time{} })
		copied := putOpportunity(t, s, org.ID, "copy", func(o *engagement.Opportunity) { o.Origin, o.IRI = "b.example", "https://b.example/ap/opportunity/1" })
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.DeleteOpportunity(public.ID), tx.DeleteOpportunity(draft.ID), tx.DeleteOpportunity(copied.ID))
		})
		view(t, s, func(tx *store.Tx) error {
			for id, want := range map[string]bool{string(public.ID): true, string(draft.ID): false, copied.IRI: true, string(copied.ID): false} {
				if got, err := tx.Buried(id); got != want || err != nil {
					t.Errorf("%s: got %v, %v; want %v", id, got, err, want)
				}
			}
			noun, id, err := tx.Code(public.Code)
			if noun != store.NounOpportunity || id != public.ID || err != nil {
				t.Errorf("its code: got %s %s, %v", noun, id, err)
			}
			return nil
		})
	})
}
