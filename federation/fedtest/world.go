// Package fedtest is the rest of the fediverse, scripted: many virtual hosts on loopback addresses with real TLS, actors that
// really sign and can do every step of it wrongly, answers that are late, cut, too long or of the wrong kind, and a record of
// everything that was asked of them. It shares no code with package federation, so that a mistake there cannot hide here.
// It is for tests only and needs the loopback network 127.0.0.0/8 (Linux).
package fedtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// World is a network of virtual hosts. Every host has an address of its own in 127.1.0.0/16; the rest of the loopback network is
// forbidden ground, where canaries wait. The world ends with the test, which fails if a canary was touched.
type World struct {
	// Now is the clock by which actors date their requests; time.Now unless a test sets it.
	Now func() time.Time

	t        testing.TB
	ca       tls.Certificate
	roots    *x509.CertPool
	canaries []*canary

	mu       sync.Mutex
	hosts    map[string]*Host
	names    map[string]func(attempt int) ([]netip.Addr, error)
	attempts map[string]int
	requests []*Request
	ids      atomic.Int64
}

// New makes an empty world.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{
		Now: time.Now, t: t,
		hosts: map[string]*Host{}, names: map[string]func(int) ([]netip.Addr, error){}, attempts: map[string]int{},
	}
	w.ca = w.Certificate(CertificateOptions{CA: true})
	w.roots = x509.NewCertPool()
	w.roots.AddCert(w.ca.Leaf)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		w.canaries = append(w.canaries, newCanary(t, address))
	}
	t.Cleanup(func() {
		for _, h := range w.allHosts() {
			h.Close()
		}
		for _, c := range w.canaries {
			c.stop(t)
		}
	})
	return w
}

// Map is where the hosts of a world are and who vouches for them: enough to find them from another process.
type Map struct {
	Addresses map[string]netip.AddrPort
	Authority []byte // certificate, DER
}

// Map is the map of this world as it is now.
func (w *World) Map() Map {
	m := Map{Addresses: map[string]netip.AddrPort{}, Authority: w.ca.Leaf.Raw}
	for _, h := range w.allHosts() {
		m.Addresses[h.Name] = h.address
	}
	return m
}

// Visit is the world of another process: its hosts are found by name, and nothing else can be done with them.
func Visit(t testing.TB, m Map) *World {
	t.Helper()
	w := &World{Now: time.Now, t: t, roots: x509.NewCertPool(), hosts: map[string]*Host{}, names: map[string]func(int) ([]netip.Addr, error){}, attempts: map[string]int{}}
	authority, err := x509.ParseCertificate(m.Authority)
	if err != nil {
		t.Fatal(err)
	}
	w.roots.AddCert(authority)
	for name, address := range m.Addresses {
		w.hosts[name] = &Host{Name: name, address: address, port: 443}
	}
	return w
}

// Allow are the networks an instance has to be allowed to dial, so that it reaches this world and nothing else on loopback.
func (w *World) Allow() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.1.0.0/16")} }

// Roots are the certificate authorities of this world.
func (w *World) Roots() *x509.CertPool { return w.roots }

// Lookup is the name service of this world: scripted names first, then the hosts.
func (w *World) Lookup(_ context.Context, name string, port uint16) ([]netip.AddrPort, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts[name]++
	if script := w.names[name]; script != nil {
		addresses, err := script(w.attempts[name])
		var list []netip.AddrPort
		for _, a := range addresses {
			list = append(list, netip.AddrPortFrom(a, port))
		}
		return list, err
	}
	if h := w.hosts[name]; h != nil {
		if port == h.port {
			return []netip.AddrPort{h.address}, nil
		}
		return []netip.AddrPort{netip.AddrPortFrom(h.address.Addr(), port)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// Name scripts what the name service says of a name. Attempts are counted from 1.
func (w *World) Name(name string, script func(attempt int) ([]netip.Addr, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names[name] = script
}

// Lookups is how often the name service was asked for a name.
func (w *World) Lookups(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.attempts[name]
}

// Requests are all requests that reached any host, in the order of their arrival.
func (w *World) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Request
	for _, r := range w.requests {
		list = append(list, *r)
	}
	return list
}

// Client makes requests as other servers do: it knows the hosts of this world and follows nothing.
func (w *World) Client() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		name, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		n, err := net.LookupPort("tcp", port)
		if err != nil {
			return nil, err
		}
		addresses, err := w.Lookup(ctx, name, uint16(n))
		if err != nil || len(addresses) == 0 {
			return nil, errors.Join(err, fmt.Errorf("no address for %s", name))
		}
		return new(net.Dialer).DialContext(ctx, network, addresses[0].String())
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: w.roots}, DisableCompression: true, DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CanaryPorts are the ports of the canaries on 127.0.0.1 and [::1].
func (w *World) CanaryPorts() (v4, v6 uint16) { return w.canaries[0].port, w.canaries[1].port }

// CanaryTouched reports whether anybody connected to a canary. The test fails for it in any case.
func (w *World) CanaryTouched() bool {
	for _, c := range w.canaries {
		if c.touched.Load() > 0 {
			return true
		}
	}
	return false
}

// NewID is a number that no other caller gets, for ids.
func (w *World) NewID() int64 { return w.ids.Add(1) }

func (w *World) allHosts() []*Host {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []*Host
	for _, h := range w.hosts {
		list = append(list, h)
	}
	return list
}

// CertificateOptions say what is unusual about a certificate.
type CertificateOptions struct {
	Name       string    // the one host name
	Expires    time.Time // in ten years if zero
	SelfSigned bool
	CA         bool
}

// Certificate issues a certificate, by the authority of this world unless it shall be self-signed.
func (w *World) Certificate(o CertificateOptions) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	if o.Expires.IsZero() {
		o.Expires = time.Now().AddDate(10, 0, 0)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "fedtest " + o.Name},
		NotBefore: o.Expires.AddDate(-20, 0, 0), NotAfter: o.Expires,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if o.Name != "" {
		template.DNSNames = []string{o.Name}
	}
	if o.CA {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	}
	parent, signer := template, any(key)
	if !o.SelfSigned && !o.CA {
		parent, signer = w.ca.Leaf, w.ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		w.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// canary listens where nobody may ever connect.
type canary struct {
	listener net.Listener // nil where the machine has no such address
	port     uint16
	touched  atomic.Int32
	done     chan struct{}
}

func newCanary(t testing.TB, address string) *canary {
	c := &canary{done: make(chan struct{}), port: 9}
	var err error
	if c.listener, err = net.Listen("tcp", address); err != nil {
		t.Logf("no canary at %s: %v", address, err)
		close(c.done)
		return c
	}
	c.port = netip.MustParseAddrPort(c.listener.Addr().String()).Port()
	go func() {
		defer close(c.done)
		for {
			conn, err := c.listener.Accept()
			if err != nil {
				return
			}
			c.touched.Add(1)
			conn.Close()
		}
	}()
	return c
}

func (c *canary) stop(t testing.TB) {
	if c.listener != nil {
		c.listener.Close()
	}
	<-c.done
	if n := c.touched.Load(); n > 0 {
		t.Errorf("the canary at port %d was touched %d times", c.port, n)
	}
}
