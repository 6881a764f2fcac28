package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/time/rate"

	"seestern/engagement"
)

// limit is how often one visitor may ask: count requests per span, and burst at once. Its name is the key, so no spelling of
// a path and no language gets a budget of its own.
type limit struct {
	name  string
	count int
	span  time.Duration
	burst int
	all   bool // for signed-in people, too
}

// The limits of web.md §6.10. Those that protect people over several app nodes are kept by rules in the database as well.
var (
	anonymousPages = limit{name: "pages", count: 120, span: time.Minute, burst: 120}
	searches       = limit{name: "search", count: 30, span: time.Minute, burst: 60}
	tiles          = limit{name: "tiles", count: 300, span: time.Minute, burst: 300, all: true}
	signUps        = limit{name: "sign-up", count: 60, span: time.Hour, burst: 60} // for an occasion: form and answer
	signIns        = limit{name: "sign-in", count: 10, span: 15 * time.Minute, burst: 10, all: true}
	passwords      = limit{name: "password", count: 10, span: 15 * time.Minute, burst: 10}   // tried for one account, from anywhere
	lookups        = limit{name: "lookup", count: 30, span: time.Hour, burst: 30, all: true} // what makes us ask another server
	rareForms      = limit{name: "form", count: 5, span: time.Hour, burst: 5, all: true}     // registration, report, barrier, callback
)

// limits holds one bucket per limit and address block, and from where accounts were signed in to. The oldest are forgotten first.
type limits struct {
	mu      sync.Mutex
	buckets *expirable.LRU[limitKey, *rate.Limiter]
	homes   *expirable.LRU[home, bool]
}

type limitKey struct {
	name  string
	block netip.Prefix
	login string
}

// home is an address block from which somebody signed in to an account.
type home struct {
	account engagement.ID
	block   netip.Prefix
}

// Enough for a busy hour; about 10 MB when full. Homes are kept as long as the web server's log keeps addresses, and nowhere but here.
const (
	limitBuckets = 50_000
	homeLife     = 7 * 24 * time.Hour
)

func newLimits() *limits {
	return &limits{
		buckets: expirable.NewLRU[limitKey, *rate.Limiter](limitBuckets, nil, time.Hour),
		homes:   expirable.NewLRU[home, bool](limitBuckets, nil, homeLife),
	}
}

// take uses one of the requests of the block, or returns how long to wait.
func (l *limits) take(of limit, client netip.Addr, now time.Time) error {
	return l.use(of, limitKey{name: of.name, block: block(client)}, now)
}

// tryPassword uses one of the attempts at a login, which is of the account if there is one. All addresses share them, but those from which
// the account was signed in to lately: whoever guesses from elsewhere does not keep the person out (WEB-09).
// Name and address of an account count apart: together they would tell which address belongs to which name.
func (l *limits) tryPassword(login string, account engagement.ID, client netip.Addr, now time.Time) error {
	key := limitKey{name: passwords.name, login: login}
	if at := (home{account, block(client)}); l.homes.Contains(at) {
		key.block = at.block
	}
	return l.use(passwords, key, now)
}

// signedIn remembers from where.
func (l *limits) signedIn(account engagement.ID, client netip.Addr) {
	l.homes.Add(home{account, block(client)}, true)
}

func (l *limits) use(of limit, key limitKey, now time.Time) error {
	bucket := l.bucket(of, key)
	if bucket.AllowN(now, 1) {
		return nil
	}
	lacks := max(0, 1-bucket.TokensAt(now))
	return tooMany{time.Duration(lacks / float64(bucket.Limit()) * float64(time.Second))}
}

// bucket is the one of the key, the same for all requests that come at once. It is forgotten an hour after its last use, when it would
// be full again.
func (l *limits) bucket(of limit, key limitKey) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket, ok := l.buckets.Get(key)
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(float64(of.count)/of.span.Seconds()), of.burst)
	}
	l.buckets.Add(key, bucket)
	return bucket
}

// block is the unit that counts as one visitor: an IPv4 address or an IPv6 /64.
func block(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // the zero Addr gives the zero Prefix: one bucket for whoever cannot be told apart
	return p
}

// ClientAddress is the right-most hop that is no trusted proxy. What X-Forwarded-For says counts only when a trusted proxy
// wrote it.
func ClientAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !trusted(addr, proxies) {
			break
		}
		next, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			break
		}
		addr = next
	}
	return addr
}

func trusted(a netip.Addr, proxies []netip.Prefix) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// parseHop reads "203.0.113.7", "2001:db8::1", and both with a port.
func parseHop(hop string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(hop); err == nil {
		return a.Unmap(), true
	}
	if p, err := netip.ParseAddrPort(hop); err == nil {
		return p.Addr().Unmap(), true
	}
	return netip.Addr{}, false
}
