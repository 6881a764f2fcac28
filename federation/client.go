package federation

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"code.dny.dev/ssrf"
	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// Limits of outgoing requests.
const (
	requestTimeout   = 10 * time.Second // in total: waiting for a slot, all hops, the body
	connectTimeout   = 5 * time.Second
	headerTimeout    = 5 * time.Second
	maxDocumentBytes = 1 << 20 // bytes after inflating
	maxPageBytes     = 2 << 20 // bytes after inflating
	maxImageBytes    = 512 << 10
	maxAnswer        = 4 << 10 // bytes of the answer to a delivery; only read so that the connection can be used again
	maxHeader        = 32 << 10
	maxHops          = 3
	maxFetches       = 32  // at once
	maxDeliveries    = 256 // at once: most of them wait, for servers that are slow or not there
	leasedTogether   = 64  // deliveries, at least, so that a commit is shared; fewer only when no more are due
	reportedTogether = 64  // results of deliveries, at most, that wait for each other
	reportMoment     = 25 * time.Millisecond
	deliveriesPer    = 2 // connections per host
	maxIdle          = 1024
	idleTime         = 30 * time.Second // long enough for what follows at once: a board shares what an organization just published with the same hosts
	negativeTime     = 5 * time.Minute
	rememberedHosts  = 10_000
)

// ClientConfig is what the one HTTP client needs to know.
type ClientConfig struct {
	Base Base
	// Allow are networks that may be dialed although they are not public (federation.allow_addresses); only under a local base.
	Allow []netip.Prefix
	// Key returns the key of the instance actor, which signs what is retrieved.
	Key func(ctx context.Context) (Key, error)
	// Blocked reports whether a host is suspended: nothing is sent to it. Nil blocks nobody.
	Blocked func(ctx context.Context, host string) bool
	// SignsQuery is what is remembered of how a host wants a retrieval with a query signed: with the query, or without. LearnQuery
	// remembers that it was the other way. Nil: with the query first, always.
	SignsQuery func(ctx context.Context, host string) bool
	LearnQuery func(ctx context.Context, host string, with bool)
	// Now is the clock; time.Now if nil.
	Now func() time.Time

	// What follows is for tests; no configuration leads to it.

	// Lookup replaces DNS. The addresses it returns are dialed only if the guard agrees.
	Lookup func(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error)
	// Roots replaces the certificate authorities of the system.
	Roots *x509.CertPool
	// Timeout replaces the 10 s a request may take in total.
	Timeout time.Duration
}

// Client makes every outgoing HTTP request of Seestern. Addresses are checked when they are dialed, after all name resolution:
// only public unicast, only https on port 443 (see Base.CheckPeer), never ourselves. No proxy, no cookies, no redirect that was
// not checked and signed like a first request.
type Client struct {
	config   ClientConfig
	fetch    *http.Transport
	deliver  *http.Transport
	fetching chan struct{} // slots
	posting  chan struct{}
	flights  singleflight.Group
	failed   *lru.Cache[string, failure] // by variant and URL
}

type failure struct {
	err   error
	until time.Time
}

// NewClient makes the client of an instance. It returns an error if networks are allowed under a base URL that is not local.
func NewClient(config ClientConfig) (*Client, error) {
	if len(config.Allow) > 0 && !config.Base.Local {
		return nil, errors.New("federation.allow_addresses: only for a base URL under localhost, *.localhost or *.test")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Blocked == nil {
		config.Blocked = func(context.Context, string) bool { return false }
	}
	if config.SignsQuery == nil {
		config.SignsQuery = func(context.Context, string) bool { return true }
	}
	if config.LearnQuery == nil {
		config.LearnQuery = func(context.Context, string, bool) {}
	}
	if config.Timeout == 0 {
		config.Timeout = requestTimeout
	}
	failed, err := lru.New[string, failure](rememberedHosts)
	if err != nil {
		return nil, err
	}
	return &Client{
		config:   config,
		fetch:    transport(config, maxFetches),
		deliver:  transport(config, deliveriesPer),
		fetching: make(chan struct{}, maxFetches),
		posting:  make(chan struct{}, maxDeliveries),
		failed:   failed,
	}, nil
}

// transport is used directly, without an http.Client around it: that would follow redirects and keep cookies.
func transport(config ClientConfig, perHost int) *http.Transport {
	// No probes: an idle connection is closed after half a minute, and one in use has deadlines.
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: -1, Resolver: &net.Resolver{PreferGo: true}, Control: guard(config).Safe}
	dial := dialer.DialContext
	if config.Lookup != nil {
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialLooked(ctx, dialer, config.Lookup, network, address)
		}
	}
	return &http.Transport{
		DialContext: dial,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return handshake(ctx, conn, address, config.Roots)
		},
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        perHost,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    deliveriesPer,
		IdleConnTimeout:        idleTime,
	}
}

var errTLS = errors.New("TLS")

func handshake(ctx context.Context, conn net.Conn, address string, roots *x509.CertPool) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, RootCAs: roots})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", errTLS, err)
	}
	return secure, nil
}

// guard decides about every address at the moment it is dialed.
func guard(config ClientConfig) *ssrf.Guardian {
	var v4, v6 []netip.Prefix
	for _, p := range config.Allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	ports := ssrf.WithPorts(443)
	if config.Base.anyPort() || config.Lookup != nil {
		ports = ssrf.WithAnyPort() // the port in the URL was checked before
	}
	return ssrf.New(ports, ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
}

func dialLooked(ctx context.Context, dialer *net.Dialer, lookup func(context.Context, string, uint16) ([]netip.AddrPort, error), network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	addresses, err := lookup(ctx, host, uint16(n))
	if err != nil {
		return nil, err
	}
	err = &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	for _, a := range addresses {
		conn, dialErr := dialer.DialContext(ctx, network, a.String())
		if dialErr == nil {
			return conn, nil
		}
		err = dialErr
	}
	return nil, err
}

// Document is an ActivityStreams document, read from its own id.
type Document struct {
	ID    string // in normal form; equal to the URL that served it, fragments aside
	Raw   Map
	Bytes []byte // as they were received
}

// Get retrieves a document by its id, signed by the instance actor. What it returns was served by the URL that is its id: if the
// document names another one, that is asked once and has to carry exactly itself.
// Documents are shared between callers and must not be changed. The error is a *RequestError.
func (c *Client) Get(ctx context.Context, iri string) (Document, error) {
	return c.document(ctx, iri, maxDocumentBytes, Decode)
}

// GetPage is Get for a page of a collection, with its larger budget.
func (c *Client) GetPage(ctx context.Context, iri string) (Document, error) {
	return c.document(ctx, iri, maxPageBytes, DecodePage)
}

func (c *Client) document(ctx context.Context, iri string, limit int64, decode func([]byte) (Map, error)) (Document, error) {
	target, err := NormalizeIRI(WithoutFragment(iri))
	if err != nil {
		return Document{}, &RequestError{Class: ClassPolicy, URL: iri, Err: err}
	}
	key := fmt.Sprintf("document %d %s", limit, target)
	v, err := c.once(ctx, key, func(ctx context.Context) (any, error) {
		d, final, err := c.readDocument(ctx, target, limit, decode)
		if err != nil || WithoutFragment(d.ID) == final {
			return d, err
		}
		d, final, err = c.readDocument(ctx, WithoutFragment(d.ID), limit, decode)
		if err == nil && WithoutFragment(d.ID) != final {
			err = &RequestError{Class: ClassDocument, URL: final, Err: errors.New("names another id again")}
		}
		return d, err
	})
	if err != nil {
		return Document{}, err
	}
	return v.(Document), nil
}

func (c *Client) readDocument(ctx context.Context, target string, limit int64, decode func([]byte) (Map, error)) (d Document, final string, err error) {
	body, final, err := c.follow(ctx, target, fetchOptions{accept: acceptActivityJSON, accepts: IsActivityJSON, limit: limit, signed: true})
	if err != nil {
		return Document{}, final, err
	}
	m, err := decode(body)
	if err == nil && m.ID() == "" {
		err = errors.New("document without id")
	}
	if err != nil {
		return Document{}, final, &RequestError{Class: ClassDocument, URL: final, Err: err}
	}
	return Document{ID: m.ID(), Raw: m, Bytes: body}, final, nil
}

// GetPlain retrieves something that is no ActivityStreams document (WebFinger, NodeInfo, host-meta), unsigned, if it has one of
// the media types. It returns the bytes, at most 1 MiB, and the URL that served them. The error is a *RequestError.
func (c *Client) GetPlain(ctx context.Context, iri string, mediaTypes ...string) (body []byte, final string, err error) {
	target, err := NormalizeIRI(WithoutFragment(iri))
	if err != nil {
		return nil, "", &RequestError{Class: ClassPolicy, URL: iri, Err: err}
	}
	accepts := func(h http.Header) bool {
		mediaType, _, ok := contentType(h)
		return ok && slices.Contains(mediaTypes, mediaType)
	}
	type result struct {
		body  []byte
		final string
	}
	accept := strings.Join(mediaTypes, ", ")
	v, err := c.once(ctx, "plain "+accept+" "+target, func(ctx context.Context) (any, error) {
		body, final, err := c.follow(ctx, target, fetchOptions{accept: accept, accepts: accepts, limit: maxDocumentBytes})
		return result{body, final}, err
	})
	if err != nil {
		return nil, "", err
	}
	r := v.(result)
	return r.body, r.final, nil
}

// GetImage retrieves a picture of at most 512 KiB, unsigned. It follows nothing: only this host is asked. The error is a *RequestError.
func (c *Client) GetImage(ctx context.Context, iri string) ([]byte, error) {
	u, err := c.check(ctx, iri)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	accepts := func(h http.Header) bool {
		mediaType, _, ok := contentType(h)
		return ok && strings.HasPrefix(mediaType, "image/")
	}
	body, next, err := c.getOnce(ctx, u, fetchOptions{accept: "image/png, image/jpeg, image/webp", accepts: accepts, limit: maxImageBytes}, false)
	if err == nil && next != "" {
		err = &RequestError{Class: ClassDocument, URL: u.String(), Err: errors.New("redirect")}
	}
	return body, err
}

// once lets several callers share one retrieval, and a failure serve for five minutes. The retrieval outlives a caller who goes
// away, but not its own deadline.
func (c *Client) once(ctx context.Context, key string, f func(context.Context) (any, error)) (any, error) {
	if past, ok := c.failed.Get(key); ok && c.config.Now().Before(past.until) {
		return nil, past.err
	}
	flight := c.flights.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.Timeout)
		defer cancel()
		v, err := f(ctx)
		if err != nil && ClassOf(err).lasting() {
			c.failed.Add(key, failure{err, c.config.Now().Add(negativeTime)})
		}
		return v, err
	})
	select {
	case result := <-flight:
		return result.Val, result.Err
	case <-ctx.Done():
		return nil, &RequestError{Class: ClassTimeout, URL: key, Err: ctx.Err()}
	}
}

type fetchOptions struct {
	accept  string
	accepts func(http.Header) bool // Content-Type of the answer
	limit   int64                  // bytes after inflating
	signed  bool
}

// follow makes a GET and, by hand, up to three redirected ones.
func (c *Client) follow(ctx context.Context, target string, o fetchOptions) (body []byte, final string, err error) {
	select {
	case c.fetching <- struct{}{}:
		defer func() { <-c.fetching }()
	case <-ctx.Done():
		return nil, target, &RequestError{Class: ClassOwn, URL: target, Err: ctx.Err()}
	}
	for hop := 0; ; hop++ {
		body, next, err := c.get(ctx, target, o)
		if err != nil || next == "" {
			return body, target, err
		}
		if hop == maxHops {
			return nil, target, &RequestError{Class: ClassDocument, URL: target, Err: fmt.Errorf("more than %d redirects", maxHops)}
		}
		target = next
	}
}

// get makes one GET, and repeats it without the query in the signature where a server wants that.
// It returns the body, or the address a redirect leads to.
func (c *Client) get(ctx context.Context, target string, o fetchOptions) (body []byte, next string, err error) {
	u, err := c.check(ctx, target)
	if err != nil {
		return nil, "", err
	}
	if !o.signed || u.RawQuery == "" {
		return c.getOnce(ctx, u, o, false)
	}
	withQuery := c.config.SignsQuery(ctx, HostOf(target))
	body, next, err = c.getOnce(ctx, u, o, !withQuery)
	if ClassOf(err) == ClassRefused {
		body, next, err = c.getOnce(ctx, u, o, withQuery)
		if err == nil {
			c.config.LearnQuery(ctx, HostOf(target), !withQuery)
		}
	}
	return body, next, err
}

func (c *Client) getOnce(ctx context.Context, u *url.URL, o fetchOptions, withoutQuery bool) (body []byte, next string, err error) {
	if !spend(ctx) {
		return nil, "", &RequestError{Class: ClassOwn, URL: u.String(), Err: errors.New("too many retrievals for one request")}
	}
	fail := func(class Class, err error) error { return &RequestError{Class: class, URL: u.String(), Err: err} }
	r, err := c.request(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, "", fail(ClassPolicy, err)
	}
	r.Header.Set("Accept", o.accept)
	if o.signed {
		key, err := c.config.Key(ctx)
		if err == nil {
			err = sign(r, key, nil, c.config.Now(), withoutQuery)
		}
		if err != nil {
			return nil, "", fail(ClassOwn, err)
		}
	}
	answer, err := c.fetch.RoundTrip(r)
	if err != nil {
		return nil, "", fail(classOf(err), err)
	}
	defer answer.Body.Close()
	switch status := answer.StatusCode; {
	case slices.Contains(redirects, status):
		next, err := resolve(u, answer.Header.Values("Location"))
		if err != nil {
			return nil, "", fail(ClassDocument, err)
		}
		return nil, next, nil
	case status != http.StatusOK:
		return nil, "", &RequestError{Class: classOfStatus(status), URL: u.String(), Status: status, Err: fmt.Errorf("status %d", status)}
	case answer.Header.Get("Content-Encoding") != "": // one layer of gzip is inflated and removed by the transport
		return nil, "", fail(ClassDocument, errors.New("content encoding not accepted"))
	case !o.accepts(answer.Header):
		return nil, "", fail(ClassDocument, fmt.Errorf("media type %q not accepted", answer.Header.Values("Content-Type")))
	case answer.ContentLength > o.limit:
		return nil, "", fail(ClassDocument, errors.New("longer than allowed"))
	}
	body, err = io.ReadAll(io.LimitReader(answer.Body, o.limit+1))
	switch {
	case err != nil:
		return nil, "", fail(classOf(err), err)
	case int64(len(body)) > o.limit:
		return nil, "", fail(ClassDocument, errors.New("longer than allowed"))
	}
	return body, "", nil
}

var redirects = []int{
	http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
}

func resolve(from *url.URL, locations []string) (string, error) {
	if len(locations) != 1 {
		return "", errors.New("redirect without exactly one location")
	}
	to, err := from.Parse(locations[0])
	if err != nil {
		return "", err
	}
	return NormalizeIRI(WithoutFragment(to.String()))
}

// Answer is what an inbox said to a delivery.
type Answer struct {
	Status     int
	RetryAfter time.Duration // 0 if not given
	Date       time.Time     // the peer's clock; zero if not given
}

// Post delivers bytes to an inbox, signed by the activity's actor, with what there is to say of its followers there. It makes one request and follows nothing; any status is an
// Answer. The error is a *RequestError and means that there was no answer.
func (c *Client) Post(ctx context.Context, inbox string, body []byte, key Key, synchronization string) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	u, err := c.check(ctx, inbox)
	if err != nil {
		return Answer{}, err
	}
	fail := func(class Class, err error) error { return &RequestError{Class: class, URL: u.String(), Err: err} }
	if u.EscapedPath() != u.Path {
		return Answer{}, fail(ClassPolicy, errors.New("inbox path with escapes"))
	}
	select {
	case c.posting <- struct{}{}:
		defer func() { <-c.posting }()
	case <-ctx.Done():
		return Answer{}, fail(ClassOwn, ctx.Err())
	}
	r, err := c.request(ctx, http.MethodPost, u, body)
	if err != nil {
		return Answer{}, fail(ClassPolicy, err)
	}
	r.Header.Set("Content-Type", ContentType)
	if synchronization != "" {
		r.Header.Set(syncHeader, synchronization)
	}
	if err := sign(r, key, body, c.config.Now(), false); err != nil {
		return Answer{}, fail(ClassOwn, err)
	}
	answer, err := c.deliver.RoundTrip(r)
	if err != nil {
		return Answer{}, fail(classOf(err), err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	a := Answer{Status: answer.StatusCode}
	a.Date, _ = http.ParseTime(answer.Header.Get("Date"))
	a.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), c.config.Now())
	return a, nil
}

// retryAfter reads seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// CheckAddress returns an error if an IRI can never be reached by this client, such as an inbox in another scheme, on another
// port or of ourselves. Names are not resolved.
func (c *Client) CheckAddress(iri string) error {
	normal, err := NormalizeIRI(iri)
	if err != nil {
		return err
	}
	return c.config.Base.CheckPeer(normal)
}

func (c *Client) check(ctx context.Context, iri string) (*url.URL, error) {
	normal, err := NormalizeIRI(iri)
	if err == nil {
		err = c.config.Base.CheckPeer(normal)
	}
	if err == nil && c.config.Blocked(ctx, HostOf(normal)) {
		err = errors.New("host is blocked")
	}
	var u *url.URL
	if err == nil {
		u, err = url.Parse(normal)
	}
	if err != nil {
		return nil, &RequestError{Class: ClassPolicy, URL: iri, Err: err}
	}
	return u, nil
}

func (c *Client) request(ctx context.Context, method string, u *url.URL, body []byte) (*http.Request, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), reader)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "Seestern (+"+c.config.Base.String()+"/)")
	return r, nil
}

// Class says why a request came to nothing. It is stored with a delivery and shown to administrators.
type Class string

// The classes of failure.
const (
	ClassPolicy   Class = "policy"   // our own rules forbid the address
	ClassDNS      Class = "dns"      // no such name
	ClassTLS      Class = "tls"      // certificate or handshake
	ClassTimeout  Class = "timeout"  //
	ClassNetwork  Class = "network"  // refused, cut, unreachable
	ClassServer   Class = "server"   // 408, 425, 429, 5xx
	ClassRefused  Class = "refused"  // 401, 403
	ClassNotFound Class = "missing"  // 404 and other 4xx
	ClassGone     Class = "gone"     // 410
	ClassDocument Class = "document" // answered, but with nothing we accept
	ClassOwn      Class = "own"      // a limit or trouble of our own
)

// RequestError is a request that came to nothing.
type RequestError struct {
	Class  Class
	URL    string
	Status int // of the answer; 0 if there was none
	Err    error
}

func (e *RequestError) Error() string { return fmt.Sprintf("%s: %s: %v", e.URL, e.Class, e.Err) }

func (e *RequestError) Unwrap() error { return e.Err }

// ClassOf is the class of an error of the client, and "" for other errors and nil.
func ClassOf(err error) Class {
	var e *RequestError
	if errors.As(err, &e) {
		return e.Class
	}
	return ""
}

// Passing reports whether the other side may well answer if it is asked again later.
func (c Class) Passing() bool {
	return slices.Contains([]Class{ClassDNS, ClassTLS, ClassTimeout, ClassNetwork, ClassServer, ClassOwn}, c)
}

// lasting failures serve for a while; our own limits say something else the next moment.
func (c Class) lasting() bool { return c != ClassOwn }

func classOfStatus(status int) Class {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ClassRefused
	case http.StatusGone:
		return ClassGone
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return ClassServer
	}
	switch {
	case status >= 500:
		return ClassServer
	case status >= 400:
		return ClassNotFound
	}
	return ClassDocument
}

func classOf(err error) Class {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return ClassPolicy
	case errors.As(err, &dns) && dns.IsNotFound:
		return ClassDNS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ClassTimeout
	case errors.Is(err, errTLS):
		return ClassTLS
	}
	return ClassNetwork
}

type budgetKey struct{}

// WithBudget limits how many requests may be made on behalf of one inbound request, redirects included.
func WithBudget(ctx context.Context, requests int32) context.Context {
	left := new(atomic.Int32)
	left.Store(requests)
	return context.WithValue(ctx, budgetKey{}, left)
}

// spend reports false when the budget of ctx, if it has one, is used up.
func spend(ctx context.Context) bool {
	left, ok := ctx.Value(budgetKey{}).(*atomic.Int32)
	return !ok || left.Add(-1) >= 0
}
