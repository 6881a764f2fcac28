package store_test

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// eachEngine runs a benchmark on SQLite, and on PostgreSQL where there is a server.
func eachEngine(b *testing.B, bench func(b *testing.B, s *store.Store)) {
	b.Run("SQLite", func(b *testing.B) { bench(b, storetest.Open(b, storetest.SQLite(b))) })
	b.Run("PostgreSQL", func(b *testing.B) { bench(b, storetest.Open(b, storetest.Postgres(b))) })
}

// BenchmarkInbound is what the store does for an activity that comes in, durably: the activity is marked as seen, has an effect and leaves an
// event. 64 requests come at a time.
func BenchmarkInbound(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *store.Store) {
		org := putOrganization(b, s, "verein")
		o := putOpportunity(b, s, org.ID, "Vorlesen", nil)
		var n atomic.Int64
		b.SetParallelism(32) // goroutines per core
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := n.Add(1)
				actor, activity := fmt.Sprintf("https://m%d.example/users/a", i%1000), fmt.Sprintf("https://m%d.example/activity/%d", i%1000, i)
				err := s.Update(ctx, func(tx *store.Tx) error {
					if fresh, _, err := tx.Seen(actor, activity, []byte(activity)); err != nil || !fresh {
						return fmt.Errorf("seen %v: %w", fresh, err)
					}
					if _, err := tx.Opportunity(o.ID); err != nil {
						return err
					}
					m := newRequest(tx, o)
					m.Person, m.Offer = actor+activity, activity
					if err := tx.PutMatchRequest(&m); err != nil {
						return err
					}
					return tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Subject: m.ID, At: tx.Now(), To: engagement.Recipient{Organization: org.ID}})
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "activities/s")
	})
}

// BenchmarkDeliveries leases and reports deliveries out of a queue of 100,000 to 2,000 hosts, 64 at a time.
func BenchmarkDeliveries(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *store.Store) {
		const rows, hosts = 100_000, 2000
		for first := 0; first < rows; first += hosts {
			update(b, s, func(tx *store.Tx) error {
				p := store.Payload{Activity: strconv.Itoa(first), Signer: "org/1", Object: strconv.Itoa(first), Kind: "Create", Bytes: make([]byte, 2000)}
				n, err := tx.PutPayload(p)
				if err != nil {
					return err
				}
				for i := range hosts {
					host := fmt.Sprintf("h%d.example", i)
					if err := tx.PutDelivery(n, p, host, "https://"+host+"/inbox", store.Normal); err != nil {
						return err
					}
				}
				return nil
			})
		}
		start, done := time.Now(), 0
		for b.Loop() {
			leased, err := s.LeaseDeliveries(ctx, "worker", 64, time.Minute)
			if err != nil {
				b.Fatal(err)
			}
			for _, err := range parallel(len(leased), func(i int) error {
				return s.Update(ctx, func(tx *store.Tx) error { return tx.DeliveryDone(leased[i]) })
			}) {
				if err != nil {
					b.Fatal(err)
				}
			}
			done += len(leased)
		}
		b.ReportMetric(float64(done)/time.Since(start).Seconds(), "deliveries/s")
	})
}
