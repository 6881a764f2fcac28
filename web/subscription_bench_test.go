package web_test

import (
	"fmt"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// BenchmarkDigest looks for what is new and fits 10,000 people, among 500 opportunities that appeared in the week, and has it told.
func BenchmarkDigest(b *testing.B) {
	const people, fresh, batch = 10_000, 500, 500
	h := newHouse(b)
	h.waking()
	since := h.clock.Now()
	h.clock.Forward(time.Minute)
	for i := range fresh {
		h.real.opportunity(fmt.Sprintf("Vorlesen %d", i), h.org, func(o *engagement.Opportunity) {
			o.Places[0].Point.Lat += float64(i%40-20) / 200
			o.Areas = []engagement.Code{engagement.Areas.Codes()[i%10]}
		})
	}
	for first := 0; first < people; first += batch {
		h.update(func(tx *store.Tx) error {
			for i := first; i < first+batch; i++ {
				a := engagement.Account{ID: tx.NewID(), Name: "Ada", Email: fmt.Sprintf("ada%d@mail.example", i), Created: tx.Now()}
				if err := tx.PutAccount(&a); err != nil {
					return err
				}
				if err := withProfile(func(p *engagement.Profile) { p.Home.Lat += float64(i%100-50) / 500 })(tx, a); err != nil {
					return err
				}
				told := engagement.Subscription{
					ID: tx.NewSecretID(), Account: a.ID, Fitting: true, Every: "woechentlich", Confirmed: true, Since: since, From: since,
					Next: tx.Now(), Until: tx.Now().AddDate(1, 0, 0), Created: tx.Now(),
				}
				if err := tx.PutSubscription(&told); err != nil {
					return err
				}
			}
			return nil
		})
	}
	h.clock.Forward(10 * time.Minute)
	rounds := 0
	for b.Loop() {
		start := time.Now()
		h.looksForNews()
		if rounds++; rounds == 1 { // afterwards nothing is due
			b.ReportMetric(time.Since(start).Seconds(), "s")
			b.ReportMetric(people, "people")
		}
	}
}
