package federation

import (
	"sync"
	"time"

	"seestern/store"
)

// The circuit breaker of a host.
const (
	breakerOpens  = 5           // failures in a row
	firstProbe    = time.Minute // doubling
	slowestProbe  = time.Hour
	successMemory = time.Minute // how exactly the last success is kept
)

// notePeer notes whether a host answers. After several failures in a row its breaker opens: then nothing is sent but a probe now and
// then, and the first answer releases everything that waits. It returns when the delivery is to be tried next, zero if its own
// schedule counts.
func (s *Service) notePeer(tx *store.Tx, a attempt, peers map[string]store.Peer) (next time.Time, err error) {
	o, now := a.outcome(), tx.Now()
	if o == deliveryHindered || o == deliveryRefused && a.err != nil {
		return next, nil // says nothing about the host
	}
	p := peers[a.Host]
	failing := o == deliveryLater
	frozen := s.outage.note(a.Host, now, failing)
	if !failing {
		if p.Failures == 0 && !p.Open && now.Sub(p.LastSuccess) < successMemory {
			return next, nil
		}
		p.Failures, p.Open, p.Probe, p.OpenSince, p.LastSuccess, p.Seen = 0, false, time.Time{}, time.Time{}, now, now
		peers[a.Host] = p
		return next, tx.PutPeer(p)
	}
	p.LastFailure, p.LastClass, p.LastError = now, a.class(), a.reason()
	if !frozen {
		p.Failures++
	}
	if p.Failures >= breakerOpens || frozen {
		p.Open, p.Probe = true, now.Add(probeAfter(p.Failures))
	}
	if p.Failures >= breakerOpens && p.OpenSince.IsZero() {
		p.OpenSince = now
	}
	if wait := a.answer.RetryAfter; wait > 0 {
		wait = min(max(wait, leastRetry), mostRetry)
		if at := now.Add(wait); at.After(p.Probe) {
			p.Open, p.Probe = true, at
		}
	}
	if p.Open {
		next = p.Probe
	}
	peers[a.Host] = p
	return next, tx.PutPeer(p)
}

// probeAfter is how long after the last of so many failures the host is tried again.
func probeAfter(failures int) time.Duration {
	wait := firstProbe
	for range max(0, failures-breakerOpens) {
		if wait *= 2; wait >= slowestProbe {
			return slowestProbe
		}
	}
	return wait
}

// outage recognizes that it is this side that has no network: when most hosts fail at once, their failures count for nothing.
type outage struct {
	mu   sync.Mutex
	last map[string]lastResult // by host
}

type lastResult struct {
	at     time.Time
	failed bool
}

const (
	outageSpan  = 5 * time.Minute
	outageHosts = 10 // with fewer nothing can be said
	outageShare = 80 // percent
)

// note records a result and reports whether failures are our own fault now.
func (o *outage) note(host string, now time.Time, failed bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last == nil {
		o.last = map[string]lastResult{}
	}
	o.last[host] = lastResult{now, failed}
	if !failed && len(o.last) < rememberedHosts {
		return false
	}
	failing := 0
	for h, r := range o.last {
		switch {
		case now.Sub(r.at) > outageSpan:
			delete(o.last, h)
		case r.failed:
			failing++
		}
	}
	return failed && len(o.last) >= outageHosts && failing*100 > len(o.last)*outageShare
}
