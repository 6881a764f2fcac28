package fedtest

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Host is a virtual host. Paths answer as they are scripted, everything else with 404.
type Host struct {
	Name string

	world   *World
	scheme  string
	port    uint16         // the one its URLs imply
	address netip.AddrPort // where it really listens
	tls     *tls.Config    // nil for plain http
	handler http.Handler   // of a complete server, nil for a scripted one

	mu       sync.Mutex
	stop     func() // nil while closed
	script   map[string]http.HandlerFunc
	requests []*Request
	actors   map[string]*Actor
}

// Request is one request as it arrived, and what was answered.
type Request struct {
	Host   string // as the client named it
	Method string
	Target string // path and query as they stood in the request line
	Header http.Header
	Body   []byte
	At     time.Time

	Status int    // 0 until answered
	Answer []byte // body of the answer
}

// Host is the virtual host of that name, https on port 443 to everybody who uses Lookup. It is made on first use.
func (w *World) Host(name string) *Host {
	return w.host(name, "https", nil)
}

// PlainHost is a virtual host that speaks http on port 80.
func (w *World) PlainHost(name string) *Host {
	return w.host(name, "http", nil)
}

// Serve puts a complete server, such as an instance under test, at an https name. What it receives is recorded too.
func (w *World) Serve(name string, handler http.Handler) *Host {
	return w.host(name, "https", handler)
}

func (w *World) host(name, scheme string, handler http.Handler) *Host {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.hosts[name]; h != nil {
		if h.scheme != scheme || handler != nil {
			w.t.Fatalf("host %s exists already", name)
		}
		return h
	}
	h := &Host{Name: name, world: w, scheme: scheme, handler: handler, script: map[string]http.HandlerFunc{}, actors: map[string]*Actor{}}
	h.port = 80
	if scheme == "https" {
		h.port = 443
		h.tls = &tls.Config{Certificates: []tls.Certificate{w.Certificate(CertificateOptions{Name: name})}}
	}
	n := len(w.hosts) + 1
	h.address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(n / 250), byte(n%250 + 1)}), 0)
	w.hosts[name] = h
	h.open()
	return h
}

// URL is an address on this host.
func (h *Host) URL(path string) string { return h.scheme + "://" + h.Name + path }

// Handle scripts a path with a function. A path with a query goes before the path alone.
func (h *Host) Handle(path string, f http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.script[path] = f
}

// Reply is a scripted answer.
type Reply struct {
	Status int // 200 if zero
	Type   string
	Header http.Header
	Body   []byte
	// Raw are the bytes of a whole answer, status line included, instead of all of the above. The connection is closed after them.
	Raw []byte
	// Until holds the answer back until it is closed, or the client has gone.
	Until <-chan struct{}
	// Cut closes the connection after that many bytes of the body, which it announces in full.
	Cut int
}

// Reply scripts a path with an answer.
func (h *Host) Reply(path string, a Reply) {
	h.Handle(path, func(w http.ResponseWriter, r *http.Request) { a.write(w, r) })
}

// Document scripts a path with an ActivityStreams document.
func (h *Host) Document(path string, document any) {
	h.Reply(path, Reply{Type: "application/activity+json", Body: mustJSON(document)})
}

func (a Reply) write(w http.ResponseWriter, r *http.Request) {
	if a.Until != nil {
		select {
		case <-a.Until:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	if a.Raw != nil {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = conn.Write(a.Raw)
			conn.Close()
		}
		return
	}
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	if a.Type != "" {
		w.Header().Set("Content-Type", a.Type)
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Cut > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		w.WriteHeader(a.Status)
		_, _ = w.Write(a.Body[:a.Cut])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// Requests are the requests this host got, in order.
func (h *Host) Requests() []Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Request
	for _, r := range h.requests {
		list = append(list, *r)
	}
	return list
}

// Asked is how many requests a path got, whatever their query.
func (h *Host) Asked(path string) int {
	n := 0
	for _, r := range h.Requests() {
		if target, _, _ := bytes.Cut([]byte(r.Target), []byte("?")); string(target) == path {
			n++
		}
	}
	return n
}

// Close cuts all connections and listens no more.
func (h *Host) Close() {
	h.mu.Lock()
	stop := h.stop
	h.stop = nil
	h.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// Reopen listens again where the host listened before.
func (h *Host) Reopen() {
	h.world.t.Helper()
	h.Close()
	h.open()
}

// UseTLS changes the TLS of the host, from the next connection on.
func (h *Host) UseTLS(change func(*tls.Config)) {
	h.world.t.Helper()
	changed := h.tls.Clone()
	change(changed)
	h.tls = changed
	h.Reopen()
}

func (h *Host) open() {
	h.world.t.Helper()
	listener, err := net.Listen("tcp", h.address.String())
	if err != nil {
		h.world.t.Fatalf("host %s: %v", h.Name, err)
	}
	if h.address.Port() == 0 {
		h.address = netip.MustParseAddrPort(listener.Addr().String())
	}
	if h.tls != nil {
		listener = tls.NewListener(listener, h.tls)
	}
	server, done := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}, make(chan error)
	go func() { done <- server.Serve(listener) }()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stop = func() {
		listener.Close() // before Serve has begun, the server does not know it
		server.Close()
		<-done
	}
}

// ServeHTTP records the request and answers it.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	record := &Request{
		Host: r.Host, Method: r.Method, Target: r.RequestURI, Header: r.Header.Clone(), Body: body, At: h.world.Now(),
	}
	h.world.mu.Lock()
	h.world.requests = append(h.world.requests, record)
	h.world.mu.Unlock()
	h.mu.Lock()
	h.requests = append(h.requests, record)
	f := h.script[r.URL.RequestURI()]
	if f == nil {
		f = h.script[r.URL.Path]
	}
	h.mu.Unlock()

	answer := &recorder{ResponseWriter: w}
	defer func() {
		h.world.mu.Lock()
		defer h.world.mu.Unlock()
		h.mu.Lock()
		defer h.mu.Unlock()
		record.Status, record.Answer = answer.status, answer.body.Bytes()
	}()
	switch {
	case h.handler != nil:
		h.handler.ServeHTTP(answer, r)
	case f != nil:
		f(answer, r)
	default:
		http.NotFound(answer, r)
	}
}

type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func mustJSON(v any) []byte {
	if raw, ok := v.([]byte); ok {
		return slices.Clone(raw)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fedtest: %v", err)) // a mistake in the test itself
	}
	return raw
}
