package federation_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/federation"
	"seestern/federation/fedtest"
)

// wantClass fails unless the error has the class ("" for no error).
func wantClass(t *testing.T, err error, want federation.Class) {
	t.Helper()
	if got := federation.ClassOf(err); got != want || (err == nil) != (want == "") {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func note(id string) map[string]any {
	return map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Note", "content": "x"}
}

func TestRetrievalIsSignedByTheInstance(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test")
	good.Document("/n/1", note("https://good.test/n/1"))
	d, err := n.client.Get(t.Context(), "https://GOOD.test:443/n/1#part")
	if err != nil {
		t.Fatal(err)
	}
	if d.ID != "https://good.test/n/1" || d.Raw.String("content") != "x" || !bytes.Contains(d.Bytes, []byte(`"content":"x"`)) {
		t.Errorf("got %+v", d)
	}
	r := good.Requests()[0]
	keyID, err := r.Verify(n.key.Private.Public(), n.clock.Now())
	if err != nil || keyID != "https://me.test/ap/actor#main-key" {
		t.Errorf("signed by %s, %v", keyID, err)
	}
	for name, want := range map[string]string{
		"Accept":          `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`,
		"User-Agent":      "Seestern (+https://me.test/)",
		"Date":            n.clock.Now().UTC().Format(http.TimeFormat),
		"Accept-Encoding": "gzip",
		"Cookie":          "",
		"Digest":          "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if r.Host != "good.test" || r.Target != "/n/1" {
		t.Errorf("asked %s for %s", r.Host, r.Target)
	}
	t.Run("a path with escapes is signed as it is sent", func(t *testing.T) {
		good.Document("/n/ü", note("https://good.test/n/%C3%BC"))
		_, err := n.client.Get(t.Context(), "https://good.test/n/%C3%BC")
		wantClass(t, err, "")
		if _, err := good.Requests()[1].Verify(n.key.Private.Public(), n.clock.Now()); err != nil {
			t.Error(err)
		}
	})
	t.Run("an id without a path is signed as it is sent", func(t *testing.T) {
		good.Document("/", note("https://good.test"))
		_, err := n.client.Get(t.Context(), "https://good.test")
		wantClass(t, err, "")
		if _, err := good.Requests()[2].Verify(n.key.Private.Public(), n.clock.Now()); err != nil {
			t.Error(err)
		}
	})
	t.Run("cookies are not kept", func(t *testing.T) {
		good.Reply("/n/2", fedtest.Reply{Status: 404, Header: http.Header{"Set-Cookie": {"a=b; Path=/"}}})
		_, err := n.client.Get(t.Context(), good.URL("/n/2"))
		wantClass(t, err, federation.ClassNotFound)
		_, err = n.client.Get(t.Context(), good.URL("/n/3"))
		wantClass(t, err, federation.ClassNotFound)
		if got := good.Requests()[4].Header.Values("Cookie"); got != nil {
			t.Errorf("sent %v", got)
		}
	})
}

func TestDocumentIsBelievedOnlyFromItsOwnID(t *testing.T) {
	n := newNode(t)
	good, victim := n.world.Host("good.test"), n.world.Host("victim.test")
	victim.Document("/n/1", note("https://victim.test/n/1"))
	good.Document("/self", note("https://good.test/self#fragment"))
	good.Document("/page", note("https://good.test/self"))
	good.Document("/foreign", note("https://victim.test/n/1"))
	good.Document("/foreign-missing", note("https://victim.test/n/2"))
	good.Document("/chain", note("https://good.test/page"))
	good.Document("/none", map[string]any{"type": "Note"})
	good.Document("/odd", note("relative"))
	for _, tt := range []struct {
		name, path, id string
		class          federation.Class
	}{
		{"the document of its own id", "/self", "https://good.test/self#fragment", ""},
		{"a page that names its id", "/page", "https://good.test/self#fragment", federation.ClassDocument},
		{"ORG-07 the genuine document of another id", "/foreign", "https://victim.test/n/1", ""},
		{"ORG-02 an id that does not exist", "/foreign-missing", "", federation.ClassNotFound},
		{"an id that names yet another one", "/chain", "", federation.ClassDocument},
		{"no id", "/none", "", federation.ClassDocument},
		{"an id that is none", "/odd", "", federation.ClassDocument},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := n.client.Get(t.Context(), good.URL(tt.path))
			if tt.path == "/page" { // it names "/self", which carries itself
				tt.class = ""
			}
			wantClass(t, err, tt.class)
			if err == nil && d.ID != tt.id {
				t.Errorf("got %s, want %s", d.ID, tt.id)
			}
		})
	}
	if got := victim.Asked("/n/1"); got != 1 {
		t.Errorf("ORG-07 the claimed id was asked %d times, want once", got)
	}
}

func TestMediaTypeOfAnswers(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test")
	for i, tt := range []struct {
		header http.Header
		class  federation.Class
	}{
		{http.Header{"Content-Type": {"application/activity+json; charset=utf-8"}}, ""},
		{http.Header{"Content-Type": {`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`}}, ""},
		{http.Header{"Content-Type": {"application/json"}}, federation.ClassDocument},
		{http.Header{"Content-Type": {"text/plain"}}, federation.ClassDocument},
		{http.Header{"Content-Type": {"application/octet-stream"}}, federation.ClassDocument},
		{http.Header{"Content-Type": {"text/html"}}, federation.ClassDocument},
		{http.Header{"Content-Type": {"application/ld+json"}}, federation.ClassDocument},
		{http.Header{"Content-Type": {"application/activity+json", "application/activity+json"}}, federation.ClassDocument},
		{http.Header{"Content-Type": nil}, federation.ClassDocument},
	} {
		t.Run(fmt.Sprintf("ORG-08 %q", tt.header["Content-Type"]), func(t *testing.T) {
			path := fmt.Sprintf("/uploads/%d.json", i)
			good.Reply(path, fedtest.Reply{Header: tt.header, Body: mustJSON(t, note(good.URL(path)))})
			_, err := n.client.Get(t.Context(), good.URL(path))
			wantClass(t, err, tt.class)
		})
	}
}

func TestRedirectsAreFollowedByHand(t *testing.T) {
	n := newNode(t)
	v4, v6 := n.world.CanaryPorts()
	good, other := n.world.Host("good.test"), n.world.Host("other.test")
	redirect := func(from string, status int, to ...string) {
		good.Reply(from, fedtest.Reply{Status: status, Header: http.Header{"Location": to}})
	}
	for i := range 5 {
		redirect(fmt.Sprintf("/four/%d", i), http.StatusFound, fmt.Sprintf("/four/%d", i+1))
		redirect(fmt.Sprintf("/three/%d", i), http.StatusMovedPermanently, fmt.Sprintf("https://good.test/three/%d", i+1))
	}
	good.Document("/three/3", note(good.URL("/three/3")))
	good.Document("/four/4", note(good.URL("/four/4")))
	redirect("/loop/a", http.StatusTemporaryRedirect, "/loop/b")
	redirect("/loop/b", http.StatusPermanentRedirect, "/loop/a")
	redirect("/self", http.StatusSeeOther, "/self")
	redirect("/other", http.StatusFound, "https://other.test/n/1")
	redirect("/thief", http.StatusFound, "https://other.test/n/2")
	other.Document("/n/1", note("https://other.test/n/1"))
	other.Document("/n/2", note("https://good.test/thief"))
	redirect("/http", http.StatusFound, "http://good.test/three/3")
	redirect("/v4", http.StatusFound, fmt.Sprintf("http://127.0.0.1:%d/", v4))
	redirect("/v4s", http.StatusFound, fmt.Sprintf("https://127.0.0.1:%d/", v4))
	redirect("/v6", http.StatusFound, fmt.Sprintf("https://[::1]:%d/", v6))
	redirect("/localhost", http.StatusFound, fmt.Sprintf("https://localhost:%d/", v4))
	redirect("/own", http.StatusFound, "https://me.test/ap/actor")
	redirect("/file", http.StatusFound, "file:///etc/passwd")
	redirect("/gopher", http.StatusFound, "gopher://good.test/")
	redirect("/nowhere", http.StatusFound)
	redirect("/twice", http.StatusFound, "/three/3", "/four/4")
	redirect("/break", http.StatusFound, "/three/3%0d%0aX-Evil:%201")

	for _, tt := range []struct {
		name, path, id string
		class          federation.Class
		requests       int
	}{
		{"SSRF-06 three hops work", "/three/0", good.URL("/three/3"), "", 4},
		{"SSRF-06 four are refused", "/four/0", "", federation.ClassDocument, 4},
		{"SSRF-06 a loop ends", "/loop/a", "", federation.ClassDocument, 4},
		{"SSRF-06 a redirect to itself ends", "/self", "", federation.ClassDocument, 4},
		{"SSRF-06 another origin counts under its own id", "/other", "https://other.test/n/1", "", 2},
		{"SSRF-06 another origin does not speak for the first", "/thief", "", federation.ClassDocument, 5},
		{"SSRF-06 https to http is refused", "/http", "", federation.ClassPolicy, 1},
		{"SSRF-05 to an address", "/v4", "", federation.ClassDocument, 1},
		{"SSRF-05 to an address with TLS", "/v4s", "", federation.ClassDocument, 1},
		{"SSRF-05 to an IPv6 address", "/v6", "", federation.ClassDocument, 1},
		{"SSRF-05 to localhost", "/localhost", "", federation.ClassPolicy, 1},
		{"SSRF-17 to ourselves", "/own", "", federation.ClassPolicy, 1},
		{"SSRF-05 to a file", "/file", "", federation.ClassDocument, 1},
		{"SSRF-05 to gopher", "/gopher", "", federation.ClassDocument, 1},
		{"without a location", "/nowhere", "", federation.ClassDocument, 1},
		{"with two locations", "/twice", "", federation.ClassDocument, 1},
		{"SSRF-13 with a line break", "/break", "", federation.ClassNotFound, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(n.world.Requests())
			d, err := n.client.Get(t.Context(), good.URL(tt.path))
			wantClass(t, err, tt.class)
			if d.ID != tt.id {
				t.Errorf("got %q, want %q", d.ID, tt.id)
			}
			if got := len(n.world.Requests()) - before; got > tt.requests {
				t.Errorf("%d requests, want at most %d", got, tt.requests)
			}
		})
	}
	for _, r := range n.world.Requests() {
		if _, err := r.Verify(n.key.Private.Public(), n.clock.Now()); err != nil {
			t.Errorf("%s%s is not signed for itself: %v", r.Host, r.Target, err)
		}
		if r.Header.Get("X-Evil") != "" {
			t.Error("SSRF-13 a header was injected")
		}
	}
	t.Run("SSRF-05 a redirected POST is an answer like others", func(t *testing.T) {
		redirect("/inbox", http.StatusTemporaryRedirect, fmt.Sprintf("http://127.0.0.1:%d/", v4))
		before := len(n.world.Requests())
		a, err := n.client.Post(t.Context(), good.URL("/inbox"), []byte("{}"), n.key, "")
		wantClass(t, err, "")
		if a.Status != http.StatusTemporaryRedirect || len(n.world.Requests()) != before+1 {
			t.Errorf("got %d", a.Status)
		}
	})
}

func TestAddressesThatAreNeverAsked(t *testing.T) {
	n := newNode(t)
	v4, v6 := n.world.CanaryPorts()
	n.world.Host("good.test")
	n.blocked = []string{"evil.test"}
	for _, tt := range []struct{ name, iri string }{
		{"SSRF-01 IPv4 loopback", fmt.Sprintf("https://127.0.0.1:%d/", v4)},
		{"SSRF-01 localhost over http", fmt.Sprintf("http://localhost:%d/", v4)},
		{"SSRF-01 localhost over https", fmt.Sprintf("https://localhost:%d/", v4)},
		{"SSRF-01 IPv6 loopback", fmt.Sprintf("https://[::1]:%d/", v6)},
		{"SSRF-01 any address", fmt.Sprintf("https://0.0.0.0:%d/", v4)},
		{"SSRF-02 a metadata address", "https://169.254.169.254/latest/meta-data"},
		{"SSRF-02 an IPv6 metadata address", "https://[fd00:ec2::254]/"},
		{"SSRF-12 port 22", "https://good.test:22/"},
		{"SSRF-12 port 25", "https://good.test:25/"},
		{"SSRF-12 port 6379", "https://good.test:6379/"},
		{"SSRF-12 port 8080", "https://good.test:8080/"},
		{"SSRF-16 a unix socket", "http+unix://%2Frun%2Fx.sock/"},
		{"SSRF-16 without scheme", "//127.0.0.1"},
		{"SSRF-16 without slashes", "https:127.0.0.1"},
		{"SSRF-16 upper-case http", "HTTP://good.test/"},
		{"SSRF-17 our own name", "https://me.test/ap/actor"},
		{"SSRF-17 our own name in another spelling", "https://ME.test:443/ap/actor"},
		{"SSRF-13 a line break", "https://good.test/x\r\nX-Evil: 1"},
		{"SSRF-13 a blank in the host", "https://good.test /x"},
		{"SSRF-13 a backslash", `https://good.test\@127.0.0.1/`},
		{"ORG-17 a blocked host", "https://evil.test/u/remote_evil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := n.client.Get(t.Context(), tt.iri)
			wantClass(t, err, federation.ClassPolicy)
			_, err = n.client.Post(t.Context(), tt.iri, []byte("{}"), n.key, "")
			wantClass(t, err, federation.ClassPolicy)
			_, _, err = n.client.GetPlain(t.Context(), tt.iri, "application/jrd+json")
			wantClass(t, err, federation.ClassPolicy)
			if !strings.HasPrefix(tt.name, "ORG-17") && n.client.CheckAddress(tt.iri) == nil {
				t.Error("SSRF-10 it is not recorded as undeliverable")
			}
		})
	}
	if got := len(n.world.Requests()); got != 0 {
		t.Errorf("%d requests went out", got)
	}
	if err := n.client.CheckAddress("https://good.test/inbox?x=1"); err != nil {
		t.Error(err)
	}
}

func TestAddressesAreCheckedWhenTheyAreDialed(t *testing.T) {
	n := newNode(t)
	for i, address := range []string{
		"10.0.0.5", "192.168.1.1", "172.16.0.1", "100.64.0.1", "198.18.0.1", "192.0.0.8", "127.0.0.1", "127.2.0.1", "0.0.0.0",
		"169.254.169.254", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.5", "64:ff9b::7f00:1",
		"2001:db8::1", "2002:7f00:1::", "2001::1",
	} {
		t.Run("SSRF-03 SSRF-04 "+address, func(t *testing.T) {
			name := fmt.Sprintf("private-%d.test", i)
			n.world.Name(name, addresses(address))
			_, err := n.client.Get(t.Context(), "https://"+name+"/x")
			wantClass(t, err, federation.ClassPolicy)
			_, err = n.client.Post(t.Context(), "https://"+name+"/inbox", []byte("{}"), n.key, "")
			wantClass(t, err, federation.ClassPolicy)
		})
	}
	t.Run("a private address beside an allowed one is skipped", func(t *testing.T) {
		good := n.world.Host("good.test")
		good.Document("/n/1", note("https://mixed.test/n/1"))
		good.UseTLS(func(c *tls.Config) {
			c.Certificates = []tls.Certificate{n.world.Certificate(fedtest.CertificateOptions{Name: "mixed.test"})}
		})
		at, err := n.world.Lookup(t.Context(), "good.test", 443)
		if err != nil {
			t.Fatal(err)
		}
		v4, _ := n.world.CanaryPorts()
		mixed := newNode(t, func(m *node, c *federation.ClientConfig) {
			c.Roots = n.world.Roots()
			c.Lookup = func(context.Context, string, uint16) ([]netip.AddrPort, error) {
				return append([]netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), v4)}, at...), nil
			}
		})
		_, err = mixed.client.Get(t.Context(), "https://mixed.test/n/1")
		wantClass(t, err, "")
	})
	t.Run("SSRF-07 a name that changes its address reaches only allowed ones", func(t *testing.T) {
		good := n.world.Host("rebind.test")
		good.Handle("/x", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close") // so that every request dials
			w.WriteHeader(http.StatusNoContent)
		})
		v4, _ := n.world.CanaryPorts()
		attempt := 0
		rebind := newNode(t, func(m *node, c *federation.ClientConfig) {
			c.Roots = n.world.Roots()
			c.Lookup = func(ctx context.Context, name string, port uint16) ([]netip.AddrPort, error) {
				if attempt++; attempt%2 == 0 {
					return []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), v4)}, nil
				}
				return n.world.Lookup(ctx, name, port)
			}
		})
		for i := range 200 {
			_, err := rebind.client.Get(t.Context(), fmt.Sprintf("https://rebind.test/x?%d", i))
			wantClass(t, err, map[bool]federation.Class{true: federation.ClassDocument, false: federation.ClassPolicy}[i%2 == 0])
		}
	})
	t.Run("a network is allowed only under a local name", func(t *testing.T) {
		config := federation.ClientConfig{Base: mustBase(t, "https://a.example"), Allow: n.world.Allow()}
		if _, err := federation.NewClient(config); err == nil {
			t.Error("accepted under a public name")
		}
	})
	t.Run("under a public name loopback is not reached", func(t *testing.T) {
		n.world.Host("public.test")
		public := newNode(t, func(m *node, c *federation.ClientConfig) {
			c.Base, c.Allow, c.Lookup = mustBase(t, "https://a.example"), nil, n.world.Lookup
		})
		_, err := public.client.Get(t.Context(), "https://public.test/")
		wantClass(t, err, federation.ClassPolicy)
	})
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	n := newNode(t)
	v4, _ := n.world.CanaryPorts()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, fmt.Sprintf("http://127.0.0.1:%d", v4))
	}
	n.world.Host("good.test").Document("/n/1", note("https://good.test/n/1"))
	_, err := n.client.Get(t.Context(), "https://good.test/n/1")
	wantClass(t, err, "") // SSRF-14; the canary is the proxy
}

func TestTLSIsVerified(t *testing.T) {
	n := newNode(t)
	certificate := func(o fedtest.CertificateOptions) func(*tls.Config) {
		return func(c *tls.Config) { c.Certificates = []tls.Certificate{n.world.Certificate(o)} }
	}
	for i, tt := range []struct {
		name   string
		change func(*tls.Config)
		class  federation.Class
	}{
		{"a right certificate", certificate(fedtest.CertificateOptions{Name: "host-0.test"}), ""},
		{"SSRF-15 a self-signed one", certificate(fedtest.CertificateOptions{Name: "host-1.test", SelfSigned: true}), federation.ClassTLS},
		{"SSRF-15 an expired one", certificate(fedtest.CertificateOptions{Name: "host-2.test", Expires: time.Now().Add(-time.Hour)}), federation.ClassTLS},
		{"SSRF-15 one for another name", certificate(fedtest.CertificateOptions{Name: "other.test"}), federation.ClassTLS},
		{"SSRF-15 TLS 1.1", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, federation.ClassTLS},
		{"TLS 1.2", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host := n.world.Host(fmt.Sprintf("host-%d.test", i))
			host.UseTLS(tt.change)
			host.Document("/n/1", note(host.URL("/n/1")))
			_, err := n.client.Get(t.Context(), host.URL("/n/1"))
			wantClass(t, err, tt.class)
			a, err := n.client.Post(t.Context(), host.URL("/inbox"), []byte("{}"), n.key, "")
			wantClass(t, err, tt.class)
			if tt.class != "" && (a.Status != 0 || len(host.Requests()) != 0) {
				t.Errorf("the host got %d requests", len(host.Requests()))
			}
		})
	}
}

func TestAnswersAreReadUpToTheirLimit(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test")
	document := func(path string, size int) []byte {
		raw := []byte(fmt.Sprintf(`{"id":%q,"x":""}`, good.URL(path)))
		return append(raw, bytes.Repeat([]byte(" "), size-len(raw))...)
	}
	zipped := func(raw []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(raw)
		z.Close()
		return b.Bytes()
	}
	encoded := func(encoding string, body []byte) fedtest.Reply {
		return fedtest.Reply{Type: federation.ContentType, Header: http.Header{"Content-Encoding": {encoding}}, Body: body}
	}
	const limit = 1 << 20
	for _, tt := range []struct {
		path  string
		reply fedtest.Reply
		page  bool
		class federation.Class
	}{
		{"/1-MiB", fedtest.Reply{Type: federation.ContentType, Body: document("/1-MiB", limit)}, false, ""},
		{"/over-1-MiB", fedtest.Reply{Type: federation.ContentType, Body: document("/over-1-MiB", limit+1)}, false, federation.ClassDocument},
		{"/page-of-2-MiB", fedtest.Reply{Type: federation.ContentType, Body: document("/page-of-2-MiB", 2*limit)}, true, ""},
		{"/page-over-2-MiB", fedtest.Reply{Type: federation.ContentType, Body: document("/page-over-2-MiB", 2*limit+1)}, true, federation.ClassDocument},
		{"/gzip", encoded("gzip", zipped(document("/gzip", limit))), false, ""},
		{"/RES-01-gzip-bomb", encoded("gzip", zipped(document("/RES-01-gzip-bomb", 100*limit))), false, federation.ClassDocument},
		{"/RES-01-gzip-of-gzip", encoded("gzip, gzip", zipped(zipped(document("/x", 100)))), false, federation.ClassDocument},
		{"/RES-01-gzip-twice-in-two-lines", fedtest.Reply{
			Type: federation.ContentType, Header: http.Header{"Content-Encoding": {"gzip", "gzip"}}, Body: zipped(zipped(document("/x", 100))),
		}, false, federation.ClassDocument},
		{"/RES-01-deflate", encoded("deflate", document("/x", 100)), false, federation.ClassDocument},
		{"/RES-01-brotli", encoded("br", document("/x", 100)), false, federation.ClassDocument},
		{"/RES-02-announces-10-MB", fedtest.Reply{Raw: []byte("HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 10000000\r\n\r\n{}")}, false, federation.ClassDocument},
		{"/RES-02-announces-too-much", fedtest.Reply{Raw: []byte("HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 100\r\n\r\n{}")}, false, federation.ClassNetwork},
		{"/cut", fedtest.Reply{Type: federation.ContentType, Body: document("/cut", 100), Cut: 50}, false, federation.ClassNetwork},
		{"/no-HTTP", fedtest.Reply{Raw: []byte("SSH-2.0-x\r\n")}, false, federation.ClassNetwork},
		{"/header-over-32-KiB", fedtest.Reply{Type: federation.ContentType, Header: http.Header{"X": {strings.Repeat("x", 64<<10)}}, Body: document("/x", 100)}, false, federation.ClassNetwork},
		{"/no-JSON", fedtest.Reply{Type: federation.ContentType, Body: []byte("<html>")}, false, federation.ClassDocument},
		{"/empty", fedtest.Reply{Type: federation.ContentType}, false, federation.ClassDocument},
		{"/no-content", fedtest.Reply{Status: 204, Type: federation.ContentType}, false, federation.ClassDocument},
		{"/partial", fedtest.Reply{Status: 206, Type: federation.ContentType, Body: document("/partial", 100)}, false, federation.ClassDocument},
	} {
		t.Run(tt.path[1:], func(t *testing.T) {
			good.Reply(tt.path, tt.reply)
			get := n.client.Get
			if tt.page {
				get = n.client.GetPage
			}
			_, err := get(t.Context(), good.URL(tt.path))
			wantClass(t, err, tt.class)
		})
	}
	t.Run("RES-02 a body without end is left", func(t *testing.T) {
		for _, encoding := range []string{"", "gzip"} {
			written := make(chan int, 1)
			good.Handle("/endless"+encoding, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", federation.ContentType)
				block := []byte(strings.Repeat(" ", 1<<16))
				if encoding != "" {
					w.Header().Set("Content-Encoding", encoding)
					z := gzip.NewWriter(w)
					defer z.Close()
					for n := 0; ; n++ {
						if _, err := z.Write(block); err != nil || r.Context().Err() != nil {
							written <- n << 16
							return
						}
					}
				}
				for n := 0; ; n++ {
					if _, err := w.Write(block); err != nil {
						written <- n << 16
						return
					}
				}
			})
			got := make(chan error)
			go func() {
				_, err := n.client.Get(t.Context(), good.URL("/endless"+encoding))
				got <- err
			}()
			wantClass(t, <-got, federation.ClassDocument)
			<-written // the server noticed that nobody listens any more
		}
	})
}

func TestWholeRequestHasOneDeadline(t *testing.T) {
	silent, err := net.Listen("tcp", "127.1.255.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	n := newNode(t, func(n *node, c *federation.ClientConfig) {
		c.Timeout = 200 * time.Millisecond
		c.Lookup = func(ctx context.Context, name string, port uint16) ([]netip.AddrPort, error) {
			if name == "silent.test" {
				return []netip.AddrPort{netip.MustParseAddrPort(silent.Addr().String())}, nil
			}
			return n.world.Lookup(ctx, name, port)
		}
	})
	slow := n.world.Host("slow.test")
	never := make(chan struct{})
	defer close(never)
	slow.Reply("/headers", fedtest.Reply{Until: never})
	left := make(chan struct{})
	slow.Handle("/body", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", federation.ContentType)
		_, _ = w.Write([]byte(`{"id":`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(left)
		panic(http.ErrAbortHandler) // a proper end would make it a whole answer
	})
	slow.Reply("/hop", fedtest.Reply{Status: 302, Header: http.Header{"Location": {"/headers"}}})
	for _, tt := range []struct{ name, iri string }{
		{"RES-03 headers that do not come", slow.URL("/headers")},
		{"RES-03 a body that stops", slow.URL("/body")},
		{"RES-03 a slow answer behind a redirect", slow.URL("/hop")},
		{"RES-03 a TLS handshake that stops", "https://silent.test/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := n.client.Get(t.Context(), tt.iri)
			wantClass(t, err, federation.ClassTimeout)
		})
	}
	<-left // the connection was given up, not only the wait for it
	t.Run("a delivery too", func(t *testing.T) {
		_, err := n.client.Post(t.Context(), slow.URL("/headers"), []byte("{}"), n.key, "")
		wantClass(t, err, federation.ClassTimeout)
	})
}

func TestCallersShareARetrieval(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test")
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	good.Handle("/n/1", func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		w.Header().Set("Content-Type", federation.ContentType)
		_, _ = w.Write(mustJSON(t, note(good.URL("/n/1"))))
	})
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := n.client.Get(ctx, good.URL("/n/1"))
		first <- err
	}()
	<-arrived
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := n.client.Get(gone, good.URL("/n/1"))
	wantClass(t, err, federation.ClassTimeout)
	cancel() // who asked first goes away; who joined still gets the document
	wantClass(t, <-first, federation.ClassTimeout)
	go func() {
		_, err := n.client.Get(t.Context(), good.URL("/n/1"))
		second <- err
	}()
	close(release)
	wantClass(t, <-second, "")
	if got := good.Asked("/n/1"); got > 2 {
		t.Errorf("asked %d times", got)
	}
}

func TestFailuresAreRememberedForFiveMinutes(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test")
	for status, class := range map[int]federation.Class{
		400: federation.ClassNotFound, 401: federation.ClassRefused, 403: federation.ClassRefused, 404: federation.ClassNotFound,
		408: federation.ClassServer, 410: federation.ClassGone, 429: federation.ClassServer, 500: federation.ClassServer, 503: federation.ClassServer,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			path := fmt.Sprintf("/%d", status)
			good.Reply(path, fedtest.Reply{Status: status})
			var failed *federation.RequestError
			_, err := n.client.Get(t.Context(), good.URL(path))
			wantClass(t, err, class)
			if !errors.As(err, &failed) || failed.Status != status {
				t.Errorf("got %v, want status %d", err, status)
			}
			good.Document(path, note(good.URL(path)))
			n.clock.Advance(5*time.Minute - time.Second)
			_, err = n.client.Get(t.Context(), good.URL(path))
			wantClass(t, err, class)
			if got := good.Asked(path); got != 1 {
				t.Errorf("asked %d times within five minutes", got)
			}
			n.clock.Advance(time.Second)
			_, err = n.client.Get(t.Context(), good.URL(path))
			wantClass(t, err, "")
		})
	}
}

// crowd counts how many requests are under way at once, and lets none go before the end.
type crowd struct {
	mu               sync.Mutex
	now, most        int
	arrived, release chan struct{}
}

func newCrowd() *crowd {
	return &crowd{arrived: make(chan struct{}, 1000), release: make(chan struct{})}
}

func (c *crowd) answer(status int) http.HandlerFunc {
	count := func(n int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.now += n
		c.most = max(c.most, c.now)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		count(1)
		c.arrived <- struct{}{}
		<-c.release
		count(-1)
		w.WriteHeader(status)
	}
}

func TestAtMost32RetrievalsAtOnce(t *testing.T) {
	n := newNode(t)
	c := newCrowd()
	var wait sync.WaitGroup
	for i := range 5 {
		host := n.world.Host(fmt.Sprintf("host-%d.test", i))
		for j := range 10 {
			path := fmt.Sprintf("/%d", j)
			host.Handle(path, c.answer(http.StatusNotFound))
			wait.Go(func() {
				_, err := n.client.Get(t.Context(), host.URL(path))
				wantClass(t, err, federation.ClassNotFound)
			})
		}
	}
	for range 32 {
		<-c.arrived
	}
	// While 32 are under way, deliveries are not held up, and their round trips give a 33rd retrieval time to show itself.
	for range 40 {
		_, err := n.client.Post(t.Context(), "https://host-0.test/inbox", []byte("{}"), n.key, "")
		wantClass(t, err, "")
	}
	close(c.release)
	wait.Wait()
	if c.most > 32 {
		t.Errorf("RES-04 %d at once", c.most)
	}
}

// RES-19: however many followers there are and however slow their servers, so many deliveries are under way and no more.
func TestAtMost256DeliveriesAtOnce(t *testing.T) {
	n := newNode(t)
	c := newCrowd()
	var wait sync.WaitGroup
	for i := range 150 {
		host := n.world.Host(fmt.Sprintf("hole-%d.test", i))
		host.Handle("/inbox", c.answer(http.StatusAccepted))
		for range 2 {
			wait.Go(func() {
				_, err := n.client.Post(t.Context(), host.URL("/inbox"), []byte("{}"), n.key, "")
				wantClass(t, err, "")
			})
		}
	}
	for range 256 {
		<-c.arrived
	}
	good := n.world.Host("good.test")
	for i := range 20 { // documents are retrieved meanwhile, and their round trips give a 257th delivery time to show itself
		good.Document(fmt.Sprintf("/%d", i), map[string]any{"id": good.URL(fmt.Sprintf("/%d", i)), "type": "Note"})
		_, err := n.client.Get(t.Context(), good.URL(fmt.Sprintf("/%d", i)))
		wantClass(t, err, "")
	}
	close(c.release)
	wait.Wait()
	if c.most > 256 {
		t.Errorf("%d at once", c.most)
	}
}

func TestQueryIsLeftOutOfTheSignatureForThoseWhoWantThat(t *testing.T) {
	n := newNode(t)
	old := n.world.Host("old.test")
	page := func(path string) {
		old.Handle(path, func(w http.ResponseWriter, r *http.Request) {
			asked := fedtest.Request{Host: r.Host, Method: r.Method, Target: r.URL.Path, Header: r.Header}
			if _, err := asked.Verify(n.key.Private.Public(), n.clock.Now()); err != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", federation.ContentType)
			_, _ = w.Write(mustJSON(t, note(old.URL(path))))
		})
	}
	page("/outbox?page=1")
	_, err := n.client.Get(t.Context(), old.URL("/outbox?page=1"))
	wantClass(t, err, "")
	if got := old.Asked("/outbox"); got != 2 {
		t.Errorf("asked %d times, want twice", got)
	}
	t.Run("a refusal without a query is final", func(t *testing.T) {
		old.Reply("/closed", fedtest.Reply{Status: 401})
		_, err := n.client.Get(t.Context(), old.URL("/closed"))
		wantClass(t, err, federation.ClassRefused)
		if got := old.Asked("/closed"); got != 1 {
			t.Errorf("asked %d times", got)
		}
	})
}

func TestPlainRetrieval(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good").Host
	good.Reply("/moved", fedtest.Reply{Status: 301, Header: http.Header{"Location": {"/.well-known/webfinger?resource=acct:remote_good@good.test"}}})
	body, final, err := n.client.GetPlain(t.Context(), good.URL("/moved"), "application/jrd+json", "application/json")
	wantClass(t, err, "")
	if final != good.URL("/.well-known/webfinger?resource=acct:remote_good@good.test") || !bytes.Contains(body, []byte(`"subject":"acct:remote_good@good.test"`)) {
		t.Errorf("got %s from %s", body, final)
	}
	for _, r := range good.Requests() {
		if r.Header.Get("Signature") != "" || r.Header.Get("Accept") != "application/jrd+json, application/json" {
			t.Errorf("asked with %v", r.Header)
		}
	}
	_, _, err = n.client.GetPlain(t.Context(), good.URL("/moved"), "application/xrd+xml")
	wantClass(t, err, federation.ClassDocument)
	good.Reply("/closed", fedtest.Reply{Status: 401})
	_, _, err = n.client.GetPlain(t.Context(), good.URL("/closed?x"), "application/json")
	wantClass(t, err, federation.ClassRefused)
	if got := good.Asked("/closed"); got != 1 {
		t.Errorf("asked %d times; there is no signature that could be wrong", got)
	}
}

func TestDelivery(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test")
	key := federation.Key{ID: "https://me.test/ap/org/x#main-key", Private: fedtest.RSAKey("me.test", 1)}
	body := []byte(`{ "id" : "https://me.test/ap/activity/1",  "type":"Create" }`)

	t.Run("sends the stored bytes, signed by the actor, every time anew", func(t *testing.T) {
		good.Reply("/inbox", fedtest.Reply{Status: 202})
		for range 2 {
			a, err := n.client.Post(t.Context(), good.URL("/inbox?rest_route=/inbox"), body, key, "")
			wantClass(t, err, "")
			if a.Status != 202 {
				t.Errorf("got %d", a.Status)
			}
			n.clock.Advance(time.Minute)
		}
		for i, r := range good.Requests() {
			keyID, err := r.Verify(key.Private.Public(), n.clock.Now())
			if err != nil || keyID != key.ID || !bytes.Equal(r.Body, body) || r.Header.Get("Content-Type") != federation.ContentType {
				t.Errorf("%d: key %s, %v, type %s, body %s", i, keyID, err, r.Header.Get("Content-Type"), r.Body)
			}
		}
		if a, b := good.Requests()[0].Header, good.Requests()[1].Header; a.Get("Date") == b.Get("Date") || a.Get("Signature") == b.Get("Signature") {
			t.Error("the second attempt repeats date or signature")
		}
	})
	t.Run("the answer tells status, clock and when to come again", func(t *testing.T) {
		now := n.clock.Now()
		for _, tt := range []struct {
			value string
			want  time.Duration
		}{
			{"120", 2 * time.Minute},
			{now.Add(time.Hour).UTC().Format(http.TimeFormat), time.Hour},
			{now.Add(-time.Hour).UTC().Format(http.TimeFormat), 0},
			{"-5", 0},
			{"soon", 0},
			{"", 0},
		} {
			good.Reply("/inbox", fedtest.Reply{Status: 429, Header: http.Header{"Retry-After": {tt.value}, "Date": {"Sun, 01 Mar 2026 10:00:00 GMT"}}})
			a, err := n.client.Post(t.Context(), good.URL("/inbox"), body, key, "")
			wantClass(t, err, "")
			want := federation.Answer{Status: 429, RetryAfter: tt.want, Date: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
			if a != want {
				t.Errorf("%q: got %+v, want %+v", tt.value, a, want)
			}
		}
	})
	t.Run("an Ed25519 key signs too", func(t *testing.T) {
		_, ed := ed25519Actor(n.world)
		good.Reply("/inbox", fedtest.Reply{Status: 202})
		_, err := n.client.Post(t.Context(), good.URL("/inbox"), body, federation.Key{ID: "https://me.test/ap/actor#ed25519-1", Private: ed}, "")
		wantClass(t, err, "")
		requests := good.Requests()
		if _, err := requests[len(requests)-1].Verify(ed.Public(), n.clock.Now()); err != nil {
			t.Error(err)
		}
	})
	t.Run("an inbox path with escapes is refused", func(t *testing.T) {
		_, err := n.client.Post(t.Context(), good.URL("/%69nbox"), body, key, "")
		wantClass(t, err, federation.ClassPolicy)
	})
	t.Run("no such name", func(t *testing.T) {
		_, err := n.client.Post(t.Context(), "https://nowhere.test/inbox", body, key, "")
		wantClass(t, err, federation.ClassDNS)
	})
	t.Run("a closed host, and the same one open again", func(t *testing.T) {
		good.Close()
		_, err := n.client.Post(t.Context(), good.URL("/inbox"), body, key, "")
		wantClass(t, err, federation.ClassNetwork)
		good.Reopen()
		_, err = n.client.Post(t.Context(), good.URL("/inbox"), body, key, "")
		wantClass(t, err, "")
	})
	t.Run("cut before the answer", func(t *testing.T) {
		good.Reply("/inbox", fedtest.Reply{Raw: []byte{}})
		_, err := n.client.Post(t.Context(), good.URL("/inbox"), body, key, "")
		wantClass(t, err, federation.ClassNetwork)
	})
}

func TestPlainHTTPOnlyAmongPlainHTTP(t *testing.T) {
	n := newNode(t, func(n *node, c *federation.ClientConfig) { c.Base = mustBase(t, "http://demo.test") })
	plain, secure := n.world.PlainHost("plain.test"), n.world.Host("secure.test")
	plain.Document("/n/1", note(plain.URL("/n/1")))
	secure.Document("/n/1", note(secure.URL("/n/1")))
	_, err := n.client.Get(t.Context(), plain.URL("/n/1"))
	wantClass(t, err, "")
	_, err = n.client.Get(t.Context(), secure.URL("/n/1"))
	wantClass(t, err, federation.ClassPolicy)
}

// The demo: instances on ports of localhost, found by the resolver of the machine.
func TestLocalhostIsReachedOnlyWhereItIsAllowed(t *testing.T) {
	served := 0
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served++
		w.Header().Set("Content-Type", federation.ContentType)
		_, _ = w.Write(mustJSON(t, note("http://"+r.Host+r.URL.Path)))
	}))
	defer peer.Close()
	id := strings.Replace(peer.URL, "127.0.0.1", "localhost", 1) + "/n/1"
	get := func(allow ...netip.Prefix) error {
		client, err := federation.NewClient(federation.ClientConfig{
			Base: mustBase(t, "http://localhost:1"), Allow: allow,
			Key: func(context.Context) (federation.Key, error) {
				return federation.Key{ID: "http://localhost:1/ap/actor#main-key", Private: fedtest.RSAKey("me.test", 0)}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Get(t.Context(), id)
		return err
	}
	wantClass(t, get(), federation.ClassPolicy)
	wantClass(t, get(netip.MustParsePrefix("10.0.0.0/8")), federation.ClassPolicy)
	if served != 0 {
		t.Errorf("%d requests arrived", served)
	}
	wantClass(t, get(netip.MustParsePrefix("127.0.0.1/32")), "")
}

func TestPicturesAreAskedForByNobody(t *testing.T) {
	n := newNode(t)
	host := n.world.Host("tiles.test")
	image := func(status int, mediaType string, size int) fedtest.Reply {
		return fedtest.Reply{Status: status, Header: http.Header{"Content-Type": {mediaType}}, Body: bytes.Repeat([]byte{1}, size)}
	}
	host.Reply("/1.png", image(200, "image/png", 512<<10))
	got, err := n.client.GetImage(t.Context(), host.URL("/1.png"))
	wantClass(t, err, "")
	if len(got) != 512<<10 {
		t.Errorf("%d bytes", len(got))
	}
	r := host.Requests()[0]
	for _, name := range []string{"Signature", "Cookie", "Referer", "X-Forwarded-For", "From"} {
		if value := r.Header.Get(name); value != "" {
			t.Errorf("%s: %s", name, value)
		}
	}
	host.Reply("/2.png", image(200, "image/png", 512<<10+1))
	host.Reply("/3.png", image(200, "text/html", 9))
	elsewhere := image(302, "image/png", 0)
	elsewhere.Header.Set("Location", "https://other.test/1.png")
	host.Reply("/4.png", elsewhere)
	other := n.world.Host("other.test")
	other.Reply("/1.png", image(200, "image/png", 9))
	for _, path := range []string{"/2.png", "/3.png", "/4.png"} {
		_, err := n.client.GetImage(t.Context(), host.URL(path))
		wantClass(t, err, federation.ClassDocument)
	}
	if other.Asked("/1.png") != 0 {
		t.Error("another host was asked")
	}
	_, err = n.client.GetImage(t.Context(), "https://127.0.0.1/1.png")
	wantClass(t, err, federation.ClassPolicy)
}
