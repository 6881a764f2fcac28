package federation

import (
	"context"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// flood is a domain that asks for more than it may, again and again.
type flood struct {
	since, last time.Time
	told        bool // the admins know
}

const (
	floodPause = 10 * time.Minute // without a refusal, and it is over
	floodLimit = time.Hour        // after which its hosts are limited
	maxLimited = 20               // hosts of a registrable domain and day, so that subdomains do not fill the list of hosts
)

// flooded notes that something of a host was refused because it is too much. If that has gone on for an hour, the host is limited and the
// admins are told, once for all hosts of the domain.
func (s *Service) flooded(ctx context.Context, host string, standing store.Standing, now time.Time) {
	domain := registrable(host)
	f, _ := s.inbox.floods.Get(domain)
	if now.Sub(f.last) > floodPause {
		f = flood{since: now}
	}
	f.last = now
	if standing == store.Ordinary && now.Sub(f.since) >= floodLimit && s.inbox.limited.take(domain, now) == nil {
		err := s.store.Update(ctx, func(tx *store.Tx) error { return engagement.LimitFlooder(tx, host, !f.told) })
		if err != nil {
			s.log.Error("host could not be limited", "host", host, "err", err)
		}
		f.told = f.told || err == nil
	}
	s.inbox.floods.Add(domain, f)
}
