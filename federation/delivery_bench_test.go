package federation_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// readers are followers of one organization, each on a host of its own. Every host is a name for one listener: of a server that takes
// everything, or, if the host is dead, of one where nobody answers.
type readers struct {
	service *federation.Service
	store   *store.Store
	org     engagement.Organization
	got     atomic.Int64 // by those that are alive
	first   atomic.Int64 // when the first of them got something, in ns
	since   atomic.Int64 // ns from then until they all had it
}

func newReaders(b *testing.B, hosts int, dead func(n int) bool) *readers {
	r := &readers{}
	alive := int64(0)
	for n := range hosts {
		if !dead(n) {
			alive++
		}
	}
	receivers := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		switch r.got.Add(1) {
		case 1:
			r.first.Store(time.Now().UnixNano()) // the key is made by now
		case alive:
			r.since.Store(time.Now().UnixNano() - r.first.Load())
		}
		w.WriteHeader(http.StatusAccepted)
	})}
	var addresses [2]netip.AddrPort // of the living and the dead
	for i, address := range []string{"127.1.0.1:0", "127.1.0.2:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { listener.Close() })
		addresses[i] = netip.MustParseAddrPort(listener.Addr().String())
		if i == 0 {
			go func() { _ = receivers.Serve(listener) }()
			b.Cleanup(func() { receivers.Close() })
		}
	}
	config := storetest.SQLite(b)
	base := mustBase(b, "http://me.test")
	config.BaseURL, config.Log = base.String(), slog.New(slog.DiscardHandler)
	r.store = storetest.Open(b, config)
	codec := testCodec(b, base.String())
	var err error
	if r.service, err = federation.New(federation.Config{
		Base: base, Store: r.store, Words: codec.Words, Pages: codec.Pages, Log: config.Log,
		Client: federation.ClientConfig{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.1.0.0/16")},
			Lookup: func(_ context.Context, host string, _ uint16) ([]netip.AddrPort, error) {
				var n int
				if _, err := fmt.Sscanf(host, "h%d.test", &n); err != nil || !dead(n) {
					return addresses[:1], err
				}
				return addresses[1:], nil
			},
		},
	}); err != nil {
		b.Fatal(err)
	}
	if err := r.store.Update(b.Context(), func(tx *store.Tx) (err error) {
		i, org := testInstance(), testOrganization()
		i.Mode, org.ID, org.Code = "open", "", ""
		if err := tx.PutInstance(&i); err != nil {
			return err
		}
		if r.org, err = engagement.RegisterOrganization(tx, engagement.System, org); err != nil {
			return err
		}
		for n := range hosts {
			host := fmt.Sprintf("h%d.test", n)
			actor := "http://" + host + "/u/reader"
			f := store.Follower{Owner: "org/" + string(r.org.ID), Actor: actor, Host: host, Inbox: actor + "/inbox", Follow: actor + "#follow", State: store.FollowAccepted}
			if err := tx.PutFollower(f); err != nil {
				return err
			}
		}
		return engagement.ApproveOrganization(tx, engagement.System, r.org.ID, "")
	}); err != nil {
		b.Fatal(err)
	}
	return r
}

// announce publishes something and works until nothing is left to do now.
func (r *readers) announce(b *testing.B, text string) {
	err := r.store.Update(b.Context(), func(tx *store.Tx) error {
		_, err := engagement.Announce(tx, engagement.System, r.org.ID, engagement.News{Text: text})
		return err
	})
	if err == nil {
		err = r.service.Work(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
}

func nobody(int) bool { return false }

// BenchmarkDelivery sends one announcement to 1,000 inboxes on as many hosts: rendered once, stored, signed for each, sent over HTTP,
// written back. Besides deliveries/s it reports %rsa, the rate compared with what the cores can sign when they do nothing else; it was
// measured in the same run.
func BenchmarkDelivery(b *testing.B) {
	const inboxes = 1000
	r := newReaders(b, inboxes, nobody)
	r.announce(b, "Makes the key and warms everything up.")
	raw := signingRate(b)

	r.got.Store(0)
	sent := 0
	for b.Loop() {
		r.announce(b, fmt.Sprintf("Sprechstunde %d", sent))
		sent += inboxes
	}
	if r.got.Load() != int64(sent) {
		b.Fatalf("%d of %d arrived", r.got.Load(), sent)
	}
	rate := float64(sent) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "deliveries/s")
	b.ReportMetric(100*rate/raw, "%rsa")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDeadHosts sends one announcement to 1,000 hosts, all alive or a tenth of them dead: connections are made, and nobody answers. It
// reports as %longer how much more time passes for each living one. Everything is new each time, so that no breaker helps.
func BenchmarkDeadHosts(b *testing.B) {
	const hosts = 1000
	took := func(dead func(int) bool) time.Duration {
		r := newReaders(b, hosts, dead)
		r.announce(b, "Sprechstunde")
		if r.since.Load() == 0 {
			b.Fatalf("only %d got it", r.got.Load())
		}
		return time.Duration(r.since.Load() / r.got.Load())
	}
	var without, with time.Duration
	for b.Loop() {
		without += took(nobody)
		with += took(func(n int) bool { return n%10 == 3 })
	}
	b.ReportMetric(100*(with.Seconds()/without.Seconds()-1), "%longer")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkQueue drains 100,000 deliveries to 2,000 hosts, 30 % of them dead, after a restart: the service is new, the rows are old. It
// reports the time until the living ones have everything and how much the process grew meanwhile. FLT-23.
func BenchmarkQueue(b *testing.B) {
	const hosts, each = 2000, 50
	for b.Loop() {
		r := newReaders(b, hosts, func(n int) bool { return n%10 < 3 })
		for n := range each {
			p := store.Payload{
				Activity: fmt.Sprintf("http://me.test/ap/activity/%d", n), Signer: "org/" + string(r.org.ID),
				Object: fmt.Sprintf("http://me.test/ap/announcement/%d", n), Kind: "Create", Bytes: bytes.Repeat([]byte{' '}, 3000),
			}
			if err := r.store.Update(b.Context(), func(tx *store.Tx) error {
				payload, err := tx.PutPayload(p)
				if err != nil {
					return err
				}
				for host := range hosts {
					name := fmt.Sprintf("h%d.test", host)
					if err := tx.PutDelivery(payload, p, name, "http://"+name+"/u/reader/inbox", store.Normal); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		debug.FreeOSMemory()
		before := resident(b)
		var most int
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- r.service.Run(ctx) }()
		for r.got.Load() < hosts*each*7/10 {
			most = max(most, resident(b))
			time.Sleep(100 * time.Millisecond) // between two looks
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-drained")
		b.ReportMetric(float64(most-before)/1e6, "MB-more")
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// resident is the memory of this process, in bytes.
func resident(b *testing.B) int {
	text, err := os.ReadFile("/proc/self/statm") // proc(5): in pages; the second is resident
	if err != nil {
		b.Skip("memory is read as Linux shows it: ", err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// signingRate is how many RSA-2048 signatures all cores make in a second.
func signingRate(b *testing.B) float64 {
	key := fedtest.RSAKey("raw", 0)
	sum := sha256.Sum256([]byte("x"))
	var signed atomic.Int64
	var wg sync.WaitGroup
	begin := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Since(begin) < time.Second {
				if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:]); err != nil {
					b.Error(err)
				}
				signed.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(signed.Load()) / time.Since(begin).Seconds()
}
