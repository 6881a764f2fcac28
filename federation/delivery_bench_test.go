package federation_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// readers are followers of one organization, each on a host of its own. Every host is a name for one listener: of a server that takes
// everything, or, if the host is dead, of one where nobody answers. The server is a process of its own, so that what it costs is not counted
// as ours.
type readers struct {
	service *federation.Service
	store   *store.Store
	org     engagement.Organization
	ask     io.Writer
	answers *bufio.Scanner
}

// tally is what the readers got since they were asked last.
type tally struct {
	Got         int
	First, Last int64 // ns
}

const asReaders = "SEESTERN_TEST_READERS"

// What readers do with a connection after a delivery.
const (
	keep = "keep it"
	hang = "hang up"
)

// TestReaders is the process of the readers. It prints where it listens, and a tally whenever it reads a line. What hosts get that dead
// has among them is taken, but not counted: they are the others.
func TestReaders(t *testing.T) {
	then := os.Getenv(asReaders)
	if then == "" {
		return // nobody started it
	}
	var mu sync.Mutex
	var all tally
	listener, err := net.Listen("tcp", "127.1.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(io.Discard, req.Body)
			now := time.Now().UnixNano()
			mu.Lock()
			defer mu.Unlock()
			if n, err := hostNumber(req.Host); err != nil || !tenth(n) {
				if all.Got++; all.Got == 1 {
					all.First = now
				}
				all.Last = now
			}
			if then == hang {
				w.Header().Set("Connection", "close")
			}
			w.WriteHeader(http.StatusAccepted)
		}))
	}()
	fmt.Println(listener.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		mu.Lock()
		text, err := json.Marshal(all)
		all = tally{}
		mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%s\n", text)
	}
}

func hostNumber(host string) (n int, err error) {
	_, err = fmt.Sscanf(host, "h%d.test", &n)
	return n, err
}

// tally asks the readers.
func (r *readers) tally(b *testing.B) (t tally) {
	b.Helper()
	if _, err := fmt.Fprintln(r.ask); err != nil {
		b.Fatal(err)
	}
	if !r.answers.Scan() {
		b.Fatal("the readers are gone: ", r.answers.Err())
	}
	if err := json.Unmarshal(r.answers.Bytes(), &t); err != nil {
		b.Fatal(err)
	}
	return t
}

func newReaders(b *testing.B, hosts int, then string, dead func(n int) bool) *readers {
	r := &readers{}
	process := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestReaders$")
	process.Env = append(os.Environ(), asReaders+"="+then)
	var err error
	if r.ask, err = process.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := process.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = process.Wait() }) // the context has ended it
	r.answers = bufio.NewScanner(out)
	if !r.answers.Scan() {
		b.Fatal("the readers did not start")
	}
	living := []netip.AddrPort{netip.MustParseAddrPort(r.answers.Text())}
	silent, err := net.Listen("tcp", "127.1.0.2:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { silent.Close() })
	nobody := []netip.AddrPort{netip.MustParseAddrPort(silent.Addr().String())}
	config := storetest.SQLite(b)
	base := mustBase(b, "http://me.test")
	config.BaseURL, config.Log = base.String(), slog.New(slog.DiscardHandler)
	r.store = storetest.Open(b, config)
	codec := testCodec(b, base.String())
	if r.service, err = federation.New(federation.Config{
		Base: base, Store: r.store, Words: codec.Words, Pages: codec.Pages, Log: config.Log,
		Client: federation.ClientConfig{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.1.0.0/16")},
			Lookup: func(_ context.Context, host string, _ uint16) ([]netip.AddrPort, error) {
				n, err := hostNumber(host)
				if err != nil || !dead(n) {
					return living, err
				}
				return nobody, nil
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

func none(int) bool { return false }

func tenth(n int) bool { return n%10 == 3 }

// BenchmarkDelivery sends one announcement to 1,000 inboxes on as many hosts: rendered once, stored, signed for each, sent over HTTP,
// written back. Besides deliveries/s it reports how many cores this process used, and as %rsa how that rate compares with what so many
// cores can sign when they do nothing else; that was measured in the same run, before and after. "kept" is what follows another announcement
// at once, while the connections are still there; "new" needs a connection for each.
func BenchmarkDelivery(b *testing.B) {
	b.Run("kept", func(b *testing.B) { benchmarkDelivery(b, keep) })
	b.Run("new", func(b *testing.B) { benchmarkDelivery(b, hang) })
}

func benchmarkDelivery(b *testing.B, then string) {
	const inboxes = 1000
	r := newReaders(b, inboxes, then, none)
	r.announce(b, "Makes the key and warms everything up.")
	raw := signingRate(b)

	r.tally(b)
	sent, before := 0, processorTime(b)
	for b.Loop() {
		r.announce(b, fmt.Sprintf("Sprechstunde %d", sent))
		sent += inboxes
	}
	used := processorTime(b) - before
	if got := r.tally(b).Got; got != sent*9/10 { // a tenth is not counted
		b.Fatalf("%d of %d arrived", got, sent*9/10)
	}
	raw = (raw + signingRate(b)) / 2
	rate, cores := float64(sent)/b.Elapsed().Seconds(), used.Seconds()/b.Elapsed().Seconds()
	b.ReportMetric(rate, "deliveries/s")
	b.ReportMetric(cores, "cores")
	b.ReportMetric(100*rate/(cores*raw), "%rsa")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDeadHosts sends one announcement to 1,000 hosts, all alive or a tenth of them dead: connections are made, and nobody answers. It
// reports as %longer how much later the other nine tenths all have it. Everything is new each time, so that no breaker helps.
func BenchmarkDeadHosts(b *testing.B) {
	const hosts = 1000
	took := func(dead func(int) bool) time.Duration {
		r := newReaders(b, hosts, keep, dead)
		r.announce(b, "Sprechstunde")
		t := r.tally(b)
		if t.Got != hosts*9/10 {
			b.Fatalf("only %d got it", t.Got)
		}
		return time.Duration(t.Last - t.First) // the key is made by the first
	}
	var without, with time.Duration
	for b.Loop() {
		without += took(none)
		with += took(tenth)
	}
	b.ReportMetric(100*(with.Seconds()/without.Seconds()-1), "%longer")
	b.ReportMetric(0, "ns/op")
}

// processorTime is what this process has used of all cores together.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkQueue drains 100,000 deliveries to 2,000 hosts, 30 % of them dead, after a restart: the service is new, the rows are old. It
// reports the time until the living ones have everything and how much the process grew meanwhile. FLT-23.
func BenchmarkQueue(b *testing.B) {
	const hosts, each = 2000, 50
	for b.Loop() {
		r := newReaders(b, hosts, keep, func(n int) bool { return n%10 > 3 && n%10 < 7 })
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
		for got := 0; got < hosts*each*6/10; got += r.tally(b).Got { // of the living a seventh is not counted
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

// signingRate is how many RSA-2048 signatures one core makes in a second while all are busy with it.
func signingRate(b *testing.B) float64 {
	key := fedtest.RSAKey("raw", 0)
	sum := sha256.Sum256([]byte("x"))
	var signed atomic.Int64
	var wg sync.WaitGroup
	begin, before := time.Now(), processorTime(b)
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
	return float64(signed.Load()) / (processorTime(b) - before).Seconds()
}
