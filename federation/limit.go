package federation

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/time/rate"

	"seestern/engagement"
)

// limiter allows every key a number of things per span, all of them at once if it has been quiet. Keys that have not been seen for
// longest are forgotten first.
type limiter struct {
	most    int
	span    time.Duration
	buckets *lru.Cache[string, *rate.Limiter]
}

const limiterKeys = 10_000

func newLimiter(most int, span time.Duration) *limiter {
	buckets, err := lru.New[string, *rate.Limiter](limiterKeys)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &limiter{most: most, span: span, buckets: buckets}
}

// take uses one of the key's things, or returns ErrTooMany.
func (l *limiter) take(key string, now time.Time) error {
	if !l.bucket(key).AllowN(now, 1) {
		return fmt.Errorf("%d per %s for %s: %w", l.most, l.span, key, engagement.ErrTooMany)
	}
	return nil
}

// full says whether the key has nothing left, without using anything.
func (l *limiter) full(key string, now time.Time) bool { return l.bucket(key).TokensAt(now) < 1 }

func (l *limiter) bucket(key string) *rate.Limiter {
	if bucket, ok := l.buckets.Get(key); ok {
		return bucket
	}
	bucket := rate.NewLimiter(rate.Limit(float64(l.most)/l.span.Seconds()), l.most)
	if earlier, ok, _ := l.buckets.PeekOrAdd(key, bucket); ok {
		return earlier
	}
	return bucket
}

// registrable is what somebody had to pay for of a host, so that many subdomains get no more than one: "b.example.co.uk" →
// "example.co.uk". Names without such a part, and hosts with a port, stand for themselves.
func registrable(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

// network is the unit in which addresses count as one sender: an IPv4 address, an IPv6 /64.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		prefix, _ := a.Prefix(64)
		return prefix.String()
	}
	return a.String()
}

// gatekeeper lets a number of requests work at once and some more wait, and turns away the rest, so that an overload stays short.
type gatekeeper struct {
	inside, working chan struct{}
}

func newGatekeeper(working, waiting int) *gatekeeper {
	return &gatekeeper{inside: make(chan struct{}, working+waiting), working: make(chan struct{}, working)}
}

// enter returns ErrOverloaded at once if too many wait already. Whoever entered has to leave.
func (g *gatekeeper) enter() error {
	select {
	case g.inside <- struct{}{}:
		return nil
	default:
		return fmt.Errorf("%d requests wait: %w", cap(g.inside), ErrOverloaded)
	}
}

func (g *gatekeeper) leave() { <-g.inside }

// work waits for a place among those who work and runs f there.
func (g *gatekeeper) work(ctx context.Context, f func() error) error {
	select {
	case g.working <- struct{}{}:
		defer func() { <-g.working }()
		return f()
	case <-ctx.Done():
		return fmt.Errorf("waited in vain: %w: %w", ErrOverloaded, ctx.Err())
	}
}
