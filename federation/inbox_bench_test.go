package federation_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// BenchmarkInbox posts signed activities of many actors over HTTP, each of which is verified, has its effect and is on disk (SQLite,
// synchronous=FULL) before it is answered, by a server that has been running for a moment: the first thousand are not counted. Besides
// activities/s it reports the processor time of each with its client as cpu-us, and the time to the answer as p50-ms and p99-ms. A quarter each
// are Follow (with its Accept), Like, Undo of the Like, and a reply to one of 400 opportunities. Clients run on the same cores, without TLS: once as
// fast as they are answered, and once 2,000 of them each second, each counted from the moment when it was due.
func BenchmarkInbox(b *testing.B) {
	b.Run("flood", func(b *testing.B) { benchmarkInbox(b, 0) })
	b.Run("2000", func(b *testing.B) { benchmarkInbox(b, time.Second/2000) })
}

// benchmarkInbox posts an activity each time that the interval is over; without one always.
func benchmarkInbox(b *testing.B, interval time.Duration) {
	const (
		actors      = 400
		connections = 64
		first       = 1000
	)
	config := storetest.SQLite(b)
	base := mustBase(b, "http://me.test")
	config.BaseURL, config.Log = base.String(), slog.New(slog.DiscardHandler)
	s := storetest.Open(b, config)
	codec := testCodec(b, base.String())
	service, err := federation.New(federation.Config{Base: base, Store: s, Words: codec.Words, Pages: codec.Pages, Log: config.Log})
	if err != nil {
		b.Fatal(err)
	}
	// Actors of as many servers, with 16 keys among them.
	sender := func(n int) string { return fmt.Sprintf("http://s%d.test/u/a", n%actors) }
	key := func(n int) *fedtest.Signing {
		return &fedtest.Signing{Key: fedtest.RSAKey("bench", n%16), KeyID: sender(n) + "#main-key"}
	}
	var org engagement.Organization
	opportunities := make([]string, 400) // moderators have a lot to read
	err = s.Update(b.Context(), func(tx *store.Tx) (err error) {
		i, o := testInstance(), testOrganization()
		i.Mode, o.ID, o.Code = "open", "", ""
		if err := tx.PutInstance(&i); err != nil {
			return err
		}
		if org, err = engagement.RegisterOrganization(tx, engagement.System, o); err != nil {
			return err
		}
		if err := engagement.ApproveOrganization(tx, engagement.System, org.ID, "register-geprueft"); err != nil {
			return err
		}
		for n := range opportunities {
			help, err := engagement.SaveOpportunity(tx, engagement.System, draft(org, fmt.Sprintf("Vorlesen in der Grundschule %d", n)))
			if err != nil {
				return err
			}
			opportunities[n] = base.OpportunityID(help)
			if _, err := engagement.SubmitOpportunity(tx, engagement.System, help.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for n := range actors {
		id := sender(n)
		document := fmt.Sprintf(`{"id":%q,"type":"Organization","preferredUsername":"a","inbox":"%s/inbox","publicKey":{"id":"%s#main-key","owner":%q,"publicKeyPem":%q}}`,
			id, id, id, id, fedtest.PublicPEM(key(n).Key.Public()))
		err := s.Update(b.Context(), func(tx *store.Tx) error {
			return tx.PutRemoteActor(store.RemoteActor{
				IRI: id, Host: federation.HostOf(id), Type: "Organization", Handle: fmt.Sprintf("@a@s%d.test", n), Inbox: id + "/inbox",
				Keys: []store.RemoteKey{{ID: id + "#main-key"}}, Document: []byte(document), Fetched: tx.Now(),
			})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	router := mux.NewRouter()
	service.Routes(router)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: router}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { server.Close() })

	// Everything is signed before the clock starts.
	requests := make([][]byte, first+b.N)
	var next atomic.Int64
	var signers sync.WaitGroup
	for range 8 {
		signers.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(requests); n = int(next.Add(1)) - 1 {
				requests[n] = signedRequest(b, base.Inbox(), benchActivity(sender(n), n, base.OrganizationID(org), opportunities[n%actors]), *key(n))
			}
		})
	}
	signers.Wait()
	clients := make([]client, connections)
	for n := range clients {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		clients[n] = client{conn, bufio.NewReader(conn)}
	}
	postAll(b, clients, requests[:first], 0)
	b.ResetTimer()
	used := processorTime(b)
	took := postAll(b, clients, requests[first:], interval)
	b.StopTimer()
	used = processorTime(b) - used
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "activities/s")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-us")
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// client is a connection of another server.
type client struct {
	net.Conn
	in *bufio.Reader
}

// post sends a request and waits until it is accepted.
func (c client) post(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	if answer.Body.Close(); answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("got %s", answer.Status)
	}
	return nil
}

// postAll sends requests, one each time that the interval is over, or else as soon as a client is free. It returns the time until each
// was answered, from when it was due.
func postAll(b *testing.B, clients []client, requests [][]byte, interval time.Duration) []time.Duration {
	took := make([]time.Duration, len(requests))
	var next atomic.Int64
	start := time.Now()
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(requests); n = int(next.Add(1)) - 1 {
				began := time.Now()
				if interval > 0 {
					began = start.Add(time.Duration(n) * interval)
					time.Sleep(time.Until(began))
				}
				if err := c.post(requests[n]); err != nil {
					b.Errorf("activity %d: %v", n, err)
					return
				}
				took[n] = time.Since(began)
			}
		})
	}
	wg.Wait()
	return took
}

// benchActivity is the n-th activity: every actor follows, likes, takes that back and replies in turn.
func benchActivity(actor string, n int, org, opportunity string) []byte {
	round, id := n/400, fmt.Sprintf("%s/%d", actor, n)
	switch round % 4 {
	case 0:
		return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Follow","actor":%q,"object":%q,"to":[%q]}`, id, actor, org, org)
	case 1:
		return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Like","actor":%q,"object":%q,"to":[%q]}`, id, actor, opportunity, org)
	case 2:
		return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Undo","actor":%q,"object":{"id":"%s/%d","type":"Like","actor":%q,"object":%q},"to":[%q]}`,
			id, actor, actor, n-400, actor, opportunity, org)
	}
	return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Create","actor":%q,"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":[%q],`+
		`"object":{"id":"%s/note","type":"Note","attributedTo":%q,"inReplyTo":%q,"content":"<p>Geht das auch am Mittwoch? Ich hätte da Zeit.</p>",`+
		`"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":[%q]}}`, id, actor, org, id, actor, opportunity, org)
}

// signedRequest is a whole request as it goes over the wire.
func signedRequest(b *testing.B, inbox string, body []byte, s fedtest.Signing) []byte {
	r, err := http.NewRequest(http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/activity+json")
	s.Sign(r, body, time.Now())
	var raw bytes.Buffer
	if err := r.Write(&raw); err != nil {
		b.Fatal(err)
	}
	return raw.Bytes()
}

// BenchmarkDeletesOfStrangers is the flood that other servers send when an account is closed there: each Delete is of another actor that
// nobody here knows. It reports the time of one on one core, without the connection.
func BenchmarkDeletesOfStrangers(b *testing.B) {
	config := storetest.SQLite(b)
	base := mustBase(b, "http://me.test")
	config.BaseURL, config.Log = base.String(), slog.New(slog.DiscardHandler)
	s := storetest.Open(b, config)
	if err := s.Update(b.Context(), func(tx *store.Tx) error {
		i := testInstance()
		i.Mode = "open"
		return tx.PutInstance(&i)
	}); err != nil {
		b.Fatal(err)
	}
	codec := testCodec(b, base.String())
	service, err := federation.New(federation.Config{Base: base, Store: s, Words: codec.Words, Pages: codec.Pages, Log: config.Log})
	if err != nil {
		b.Fatal(err)
	}
	router := mux.NewRouter()
	service.Routes(router)
	request := func(n int) *http.Request {
		actor := fmt.Sprintf("http://s%d.test/u/a%d", n%500, n)
		activity := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%s#delete","type":"Delete","actor":%q,"object":%q,"to":["https://www.w3.org/ns/activitystreams#Public"]}`, actor, actor, actor)
		raw := signedRequest(b, base.Inbox(), activity, fedtest.Signing{Key: fedtest.RSAKey("bench", n%16), KeyID: actor + "#main-key"})
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			b.Fatal(err)
		}
		r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", n>>16&255, n>>8&255, n&255)
		return r
	}
	const most = 1000 // made beforehand; with all of them the heap would grow to what no server's grows to
	requests := make([]*http.Request, 0, most)
	b.ResetTimer()
	for from := 0; from < b.N; from += most {
		b.StopTimer()
		requests = requests[:0]
		for n := from; n < min(from+most, b.N); n++ {
			requests = append(requests, request(n))
		}
		b.StartTimer()
		for _, r := range requests {
			w := httptest.NewRecorder()
			if router.ServeHTTP(w, r); w.Code != http.StatusAccepted {
				b.Fatalf("got %d %s", w.Code, w.Body)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "us-each")
	b.ReportMetric(0, "ns/op")
}
