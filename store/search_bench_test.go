package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/store/storetest"
)

// generator writes plausible opportunities: half of them within 20 km of one city, the others all over Germany.
type generator struct {
	random *rand.Rand
	clock  *storetest.Clock
}

var (
	berlin = geo.Point{Lat: 52.52, Lon: 13.405}
	tasks  = strings.Fields(`Vorlesen Hausaufgabenhilfe Besuchsdienst Nachbarschaftshilfe Sprachcafé Gartenpflege Tafel Kleiderkammer Fahrdienst Chor
		Lauftreff Reparaturcafé Hospizbegleitung Lernpaten Museum Tierheim Feuerwehr Schwimmtraining Bibliothek Stadtteilfest Baumpflege Demenzbegleitung
		Integrationslotsen Mentoring Kochgruppe Spielenachmittag Naturschutz Wohnungslosenhilfe Familienpaten Computerhilfe`)
	fillers = strings.Fields(`wir suchen Menschen mit Freude an einer Aufgabe und etwas Zeit in der Woche gemeinsam Kinder Senioren Nachmittag Gruppe Verein Hilfe
		Unterstützung Einarbeitung Team Termine nach Absprache herzlich willkommen Erfahrung nicht nötig Räume barrierefrei Auslagen werden erstattet Treffen
		Schule Garten lesen spielen kochen begleiten helfen fahren reden lernen zuhören organisieren Stadtteil Nachbarn offen freundlich regelmäßig`)
)

func (g generator) pick(list []engagement.Code, least, most int) []engagement.Code {
	n := least + g.random.IntN(most-least+1)
	var picked []engagement.Code
	for len(picked) < n {
		if c := list[g.random.IntN(len(list))]; !slices.Contains(picked, c) {
			picked = append(picked, c)
		}
	}
	return picked
}

func (g generator) text(words int) string {
	var b strings.Builder
	for range words {
		b.WriteString(fillers[g.random.IntN(len(fillers))])
		b.WriteByte(' ')
	}
	return b.String()
}

func (g generator) point() geo.Point {
	if g.random.IntN(2) == 0 {
		return geo.Point{Lat: berlin.Lat + (g.random.Float64()-.5)*.36, Lon: berlin.Lon + (g.random.Float64()-.5)*.59}
	}
	return geo.Point{Lat: 47.5 + g.random.Float64()*7, Lon: 6 + g.random.Float64()*9}
}

func (g generator) opportunity(tx *store.Tx, org engagement.ID, n int) engagement.Opportunity {
	task := tasks[g.random.IntN(len(tasks))]
	age := time.Duration(g.random.IntN(80*24)) * time.Hour
	return engagement.Opportunity{
		ID: tx.NewID(), Code: fmt.Sprintf("c%07d", n), Organization: org, Kind: "engagement",
		Title: task + " " + g.text(3), Summary: g.text(15), Description: task + " " + g.text(80), Lang: "de",
		Areas: g.pick(engagement.Areas.Codes(), 1, 3), Topics: g.pick(engagement.Topics.Codes(), 0, 3), Activities: g.pick(engagement.Activities.Codes(), 1, 3),
		TargetGroups: g.pick(engagement.TargetGroups.Codes(), 0, 3), Commitment: engagement.Commitments.Codes()[g.random.IntN(6)],
		Mode: "vor-ort", Grid: engagement.Grid(g.random.Uint32()) & engagement.AllSlots, MinAge: []int{0, 0, 14, 16, 18}[g.random.IntN(5)],
		Places:     []engagement.Place{{Postcode: "10115", Locality: "Berlin-Mitte", Point: g.point(), Precision: "genau"}},
		Access:     map[engagement.Code]engagement.Code{"stufenlos-eingang": []engagement.Code{"ja", "nein"}[g.random.IntN(2)]},
		Visibility: "offen", State: engagement.Published, Published: tx.Now().Add(-age), Confirmed: tx.Now().Add(-age), Version: 0,
	}
}

// fill writes n opportunities of n/20 organizations.
func (g generator) fill(tb testing.TB, s *store.Store, n int) {
	tb.Helper()
	for first := 0; first < n; first += 500 {
		err := s.Update(context.Background(), func(tx *store.Tx) error {
			var org engagement.Organization
			for i := first; i < min(first+500, n); i++ {
				if i%20 == 0 {
					org = engagement.Organization{
						ID: tx.NewID(), Code: fmt.Sprintf("g%07d", i), Handle: fmt.Sprintf("verein_%d", i),
						Name: fmt.Sprintf("Verein %d", i), State: engagement.OrganizationActive, Created: tx.Now(),
					}
					if err := tx.PutOrganization(&org); err != nil {
						return err
					}
				}
				o := g.opportunity(tx, org.ID, i)
				if err := tx.PutOpportunity(&o); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkSearch is radius and text search over 100,000 opportunities, half of them in one city.
func BenchmarkSearch(b *testing.B) { benchmarkSearch(b, storetest.SQLite(b), 100_000) }

// BenchmarkSearchPostgres is the same on the other engine.
func BenchmarkSearchPostgres(b *testing.B) { benchmarkSearch(b, storetest.Postgres(b), 100_000) }

// BenchmarkSearchMillion is the same over ten times as many; filling the database takes many minutes.
func BenchmarkSearchMillion(b *testing.B) { benchmarkSearch(b, storetest.SQLite(b), 1_000_000) }

// BenchmarkSearchMillionPostgres is that on the other engine.
func BenchmarkSearchMillionPostgres(b *testing.B) {
	benchmarkSearch(b, storetest.Postgres(b), 1_000_000)
}

func benchmarkSearch(b *testing.B, c store.Config, n int) {
	clock := &storetest.Clock{}
	c.Clock = clock.Now
	s := storetest.Open(b, c)
	generator{rand.New(rand.NewPCG(1, 2)), clock}.fill(b, s, n)
	view(b, s, func(tx *store.Tx) error { // reads the index
		_, err := tx.Search(engagement.Search{}, store.Viewer{})
		return err
	})
	for _, q := range []struct {
		name string
		engagement.Search
	}{
		{"rare word, 5 km in the city", engagement.Search{Text: "Hospizbegleitung", Center: berlin, RadiusKM: 5}},
		{"rare word, 25 km in the city", engagement.Search{Text: "hospiz", Center: berlin, RadiusKM: 25}},
		{"common word, 5 km in the city", engagement.Search{Text: "helfen", Center: berlin, RadiusKM: 5}},
		{"common words, 25 km in the city", engagement.Search{Text: "kinder lesen", Center: berlin, RadiusKM: 25}},
		{"word in every one, everywhere", engagement.Search{Text: "Menschen"}},
		{"25 km in the country", engagement.Search{Text: "garten", Center: geo.Point{Lat: 50.78, Lon: 6.08}, RadiusKM: 25}},
		{"misspelt word, 25 km in the city", engagement.Search{Text: "Hospizbegleitnug", Center: berlin, RadiusKM: 25}},
		{"misspelt word with the error in front", engagement.Search{Text: "Hopsizbegleitung", Center: berlin, RadiusKM: 25}},
		{"word that nobody has", engagement.Search{Text: "Unterwasserkorbflechten", Center: berlin, RadiusKM: 25}},
		{"no text, 25 km in the city", engagement.Search{Center: berlin, RadiusKM: 25}},
		{"no text, no place", engagement.Search{}},
		{"next date first, 25 km in the city", engagement.Search{Order: engagement.Soonest, Center: berlin, RadiusKM: 25}},
		{"filters, no place", engagement.Search{Order: engagement.Newest, Topics: []engagement.Code{"sport"}, Activities: []engagement.Code{"vorlesen"}, Slots: 7, Age: 16}},
	} {
		b.Run(q.name, func(b *testing.B) {
			took := make([]time.Duration, 0, b.N)
			total, used := 0, cpuTime()
			for b.Loop() {
				start := time.Now()
				err := s.View(context.Background(), func(tx *store.Tx) error {
					hits, err := tx.Search(q.Search, store.Viewer{})
					total = hits.Total
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(total), "hits")
			b.ReportMetric(float64((cpuTime()-used).Microseconds())/1000/float64(len(took)), "cpu-ms") // of this process, whoever else is at work
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
