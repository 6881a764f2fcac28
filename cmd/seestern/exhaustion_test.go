package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// doorway is a listener that keeps what the server does with each connection.
type doorway struct {
	net.Listener
	mu    sync.Mutex
	taken []*taken
}

// taken is a connection as the server sees it.
type taken struct {
	net.Conn
	asked    chan struct{} // closed when the server begins to read, which is after it has set a limit
	ask      sync.Once
	mu       sync.Mutex
	bytes    int       // read
	began    time.Time // when the first deadline was set
	deadline time.Time // of the next read; zero: none
	late     bool      // its time is up
}

func (d *doorway) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &taken{Conn: conn, asked: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken = append(d.taken, c)
	return c, nil
}

func (d *doorway) connections() []*taken {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*taken{}, d.taken...)
}

func (c *taken) Read(b []byte) (int, error) {
	c.ask.Do(func() { close(c.asked) })
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += n
	return n, err
}

func (c *taken) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.began.IsZero() {
		c.began = time.Now()
	}
	if c.deadline = t; c.late {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// waits is how long the server waits for this client in all; false if it has set no limit.
func (c *taken) waits() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deadline.Sub(c.began).Round(time.Second), !c.deadline.IsZero()
}

// expire lets the time pass that the server has set.
func (c *taken) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late = true
	_ = c.Conn.SetReadDeadline(time.Now()) // of a closed connection: then there is nothing to end
}

// serveThrough runs an instance whose listener is watched, until the test ends.
func serveThrough(t *testing.T) (d *doorway, base string) {
	t.Helper()
	o, base := newServer(t, "")
	c := &console{config: o.config, out: io.Discard, errs: io.Discard}
	i, err := c.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", i.Listen)
	if err != nil {
		t.Fatal(err)
	}
	d = &doorway{Listener: listener}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- i.serve(ctx, c, slog.New(slog.DiscardHandler), d) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		i.close()
	})
	return d, base
}

// knock opens a connection and sends the beginning of a request.
func (d *doorway) knock(t *testing.T, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// RES-09: what is too long to be a header is not read to its end.
func TestAHeaderWithoutEndIsRefused(t *testing.T) {
	d, base := serveThrough(t)
	host := strings.TrimPrefix(base, "http://")
	for name, header := range map[string]string{
		"20,000 headers":  strings.Repeat("X-A: b\r\n", 20_000),
		"one of a MB":     "X-A: " + strings.Repeat("a", 1<<20) + "\r\n",
		"500,000 cookies": "Cookie: " + strings.Repeat("a=;", 500_000) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			before := len(d.connections())
			conn := d.knock(t, "GET / HTTP/1.1\r\nHost: "+host+"\r\n")
			var sent sync.WaitGroup
			sent.Go(func() { _, _ = io.WriteString(conn, header+"\r\n") }) // the server hangs up in the middle
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("got %s", answer.Status)
			}
			conn.Close()
			sent.Wait()
			c := d.connections()[before]
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.bytes > 1<<20/4 {
				t.Errorf("%d bytes were read", c.bytes)
			}
		})
	}
}

// RES-10: who sends slowly is hung up on in time, and until then stands in nobody's way.
func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	d, base := serveThrough(t)
	host := strings.TrimPrefix(base, "http://")
	for _, slow := range []struct {
		name, text string
		n          int
		most       time.Duration
		handler    bool // a handler waits for the body
	}{
		{"in the middle of the header", "GET / HTTP/1.1\r\nHost: " + host + "\r\nX-A: b", 50, 10 * time.Second, false},
		{"in the middle of an activity", "POST /ap/inbox HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/activity+json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", 32 + 256 + 12, 30 * time.Second, true},
		{"in the middle of a form", "POST /anmelden HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", 5, 30 * time.Second, true},
	} {
		t.Run(slow.name, func(t *testing.T) {
			before := len(d.connections())
			conns := make([]net.Conn, slow.n)
			for i := range conns {
				conns[i] = d.knock(t, slow.text)
				if !slow.handler {
					continue
				}
				if goOn, err := http.ReadResponse(bufio.NewReader(conns[i]), nil); err != nil || goOn.StatusCode != http.StatusContinue {
					t.Fatalf("%v, %v", goOn, err)
				}
				if _, err := io.WriteString(conns[i], "x"); err != nil {
					t.Fatal(err)
				}
			}
			for _, path := range []string{"/healthz", "/impressum"} {
				if got := status(t, http.MethodGet, base+path, ""); got != http.StatusOK {
					t.Errorf("%s: got %d", path, got)
				}
			}
			if got := status(t, http.MethodPost, base+"/ap/inbox", "{}"); got != http.StatusUnauthorized { // nobody signed it; no 503
				t.Errorf("an activity: got %d", got)
			}
			for _, c := range d.connections()[before : before+slow.n] {
				<-c.asked // it is accepted, but its goroutine may not have run yet
				if waits, limited := c.waits(); !limited || waits > slow.most {
					t.Fatalf("the server waits for %s (limited: %v), want at most %s", waits, limited, slow.most)
				}
				c.expire()
			}
			for _, conn := range conns {
				_, _ = io.Copy(io.Discard, conn) // ends, because the server hangs up
			}
		})
	}
}

// status is how a request is answered.
func status(t *testing.T, method, address, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/activity+json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// RES-22: nothing of the inside of the process is shown, and a look at its health tells nothing else.
func TestTheInsideOfTheProcessIsNotShown(t *testing.T) {
	_, base := serveThrough(t)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile", "/debug/vars", "/debug/requests", "/metrics", "/ap/metrics", "/healthz/x"} {
		if got := status(t, http.MethodGet, base+path, ""); got != http.StatusNotFound {
			t.Errorf("%s: got %d", path, got)
		}
	}
	for _, query := range []string{"", "?verbose=1", "?debug=2"} {
		answer, err := http.Get(base + "/healthz" + query)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || string(body) != "ok\n" || answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Server") != "" {
			t.Errorf("health%s: got %q, %v, %v", query, body, answer.Header, err)
		}
	}
}
