package web

import (
	"cmp"
	"context"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"seestern/engagement"
	"seestern/store"
)

// origins are the names of the instances things come from, by host, as an admin confirmed them. They are read again after a minute.
type origins struct {
	store *store.Store
	names *expirable.LRU[string, string]
}

func newOrigins(s *store.Store) origins {
	return origins{s, expirable.NewLRU[string, string](1000, nil, time.Minute)}
}

// name is what an active partner calls itself, else the host.
func (s origins) name(host string) string {
	if name, ok := s.names.Get(host); ok || s.store == nil {
		return cmp.Or(name, host)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	name := ""
	if err := s.store.View(ctx, func(tx *store.Tx) error {
		p, err := tx.Partner(host)
		if err == nil && p.State == engagement.PartnerActive {
			name = p.Name
		}
		return err
	}); err != nil {
		return host // nobody's partner, or nobody knows now
	}
	s.names.Add(host, name)
	return cmp.Or(name, host)
}

// full is the name with the host, where somebody decides by it whom to trust.
func (s origins) full(host string) string {
	if name := s.name(host); name != host {
		return name + " (" + host + ")"
	}
	return host
}
