package federation

import (
	"context"
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

// EncodeBase58 is for proofs that tests make themselves.
var EncodeBase58 = encodeBase58
