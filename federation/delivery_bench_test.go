package federation_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
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

// BenchmarkDelivery sends one announcement to 1,000 inboxes on as many hosts: rendered once, stored, signed for each, sent over HTTP,
// written back. Besides deliveries/s it reports %rsa, the rate compared with what the cores can sign when they do nothing else; it was
// measured in the same run.
func BenchmarkDelivery(b *testing.B) {
	const inboxes = 1000
	var got atomic.Int64
	receivers := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got.Add(1)
		w.WriteHeader(http.StatusAccepted)
	})}
	listener, err := net.Listen("tcp", "127.1.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = receivers.Serve(listener) }()
	b.Cleanup(func() { receivers.Close() })
	address := netip.MustParseAddrPort(listener.Addr().String())

	config := storetest.SQLite(b)
	base := mustBase(b, "http://me.test")
	config.BaseURL, config.Log = base.String(), slog.New(slog.DiscardHandler)
	s := storetest.Open(b, config)
	codec := testCodec(b, base.String())
	service, err := federation.New(federation.Config{
		Base: base, Store: s, Words: codec.Words, Pages: codec.Pages, Log: config.Log,
		Client: federation.ClientConfig{
			Allow:  []netip.Prefix{netip.MustParsePrefix("127.1.0.0/16")},
			Lookup: func(context.Context, string, uint16) ([]netip.AddrPort, error) { return []netip.AddrPort{address}, nil },
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	var org engagement.Organization
	err = s.Update(b.Context(), func(tx *store.Tx) (err error) {
		i, org2 := testInstance(), testOrganization()
		i.Mode, org2.ID, org2.Code = "open", "", ""
		if err := tx.PutInstance(&i); err != nil {
			return err
		}
		if org, err = engagement.RegisterOrganization(tx, engagement.System, org2); err != nil {
			return err
		}
		for n := range inboxes {
			host := fmt.Sprintf("h%d.test", n)
			actor := "http://" + host + "/u/reader"
			f := store.Follower{Owner: "org/" + string(org.ID), Actor: actor, Host: host, Inbox: actor + "/inbox", Follow: actor + "#follow", State: store.FollowAccepted}
			if err := tx.PutFollower(f); err != nil {
				return err
			}
		}
		return engagement.ApproveOrganization(tx, engagement.System, org.ID, "")
	})
	if err != nil {
		b.Fatal(err)
	}
	announce := func(text string) {
		err := s.Update(b.Context(), func(tx *store.Tx) error {
			_, err := engagement.Announce(tx, engagement.System, org.ID, engagement.News{Text: text})
			return err
		})
		if err == nil {
			err = service.Work(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	announce("Makes the key and warms everything up.")
	raw := signingRate(b)

	got.Store(0)
	sent := 0
	for b.Loop() {
		announce(fmt.Sprintf("Sprechstunde %d", sent))
		sent += inboxes
	}
	if got.Load() != int64(sent) {
		b.Fatalf("%d of %d arrived", got.Load(), sent)
	}
	rate := float64(sent) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "deliveries/s")
	b.ReportMetric(100*rate/raw, "%rsa")
	b.ReportMetric(0, "ns/op")
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
