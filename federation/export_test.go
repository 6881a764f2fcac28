package federation

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Hurry leaves out the pauses between requests to one host.
func (s *Service) Hurry() { s.pause = func(context.Context, time.Duration) error { return nil } }

// InstanceKey is the key of the instance actor.
func (s *Service) InstanceKey(ctx context.Context) (Key, error) { return s.instanceKey(ctx) }

// Read reads a document elsewhere as this instance, with its signature.
func (s *Service) Read(ctx context.Context, iri string) (Map, error) {
	d, err := s.client.Get(ctx, iri)
	return d.Raw, err
}

// TakenAtOnce is how many of n things of one sender that come at the same instant a limit of most an hour lets through.
func TakenAtOnce(n, most int, now time.Time) int {
	l := newLimiter(most, time.Hour)
	var passed atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			if l.take("good.test", now) == nil {
				passed.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(passed.Load())
}

// EncodeBase58 is for proofs that tests make themselves.
var EncodeBase58 = encodeBase58
