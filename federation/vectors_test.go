package federation_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/federation"
	"seestern/federation/fedtest"
)

// vectors are requests of another server with fixed keys, bytes and time, and whether they are accepted. They were signed by the
// code of fedtest, which shares nothing with ours. Signatures with (expires) are not among them: the library compares it with the
// clock of the machine.
type vectors struct {
	Now      time.Time
	RSA      string // PEM
	Ed25519  string // Multikey
	Requests []vector
}

type vector struct {
	Name   string
	Accept bool
	Method string
	Target string // path and query
	Header map[string][]string
	Body   string
}

const vectorFile = "testdata/signatures.json"

const (
	vectorActor   = "https://m.example/u/a"
	vectorRSA     = vectorActor + "#main-key"
	vectorEd25519 = vectorActor + "#ed25519-1"
	vectorBody    = `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://m.example/a/1","type":"Like","actor":"` + vectorActor + `","object":"https://a.example/ap/actor"}`
)

// vectorKeys is a KeySource that knows two keys.
type vectorKeys map[string]crypto.PublicKey

func (k vectorKeys) Key(_ context.Context, id string, _ bool) (federation.PublicKey, error) {
	if k[id] == nil {
		return federation.PublicKey{}, federation.ErrSignature
	}
	return federation.PublicKey{ID: id, Owner: vectorActor, Key: k[id]}, nil
}

func (k vectorKeys) Known(context.Context, string) (bool, error) { return true, nil }

func TestSignatureVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	raw, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	rsaKey, err := federation.ParsePublicKey(v.RSA)
	if err != nil {
		t.Fatal(err)
	}
	edKey, err := federation.ParseMultikey(v.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(r vector) error {
		verifier := federation.NewVerifier(mustBase(t, "https://a.example"), vectorKeys{vectorRSA: rsaKey, vectorEd25519: edKey},
			federation.Policy{Now: func() time.Time { return v.Now }})
		target, err := url.ParseRequestURI(r.Target)
		if err != nil {
			t.Fatal(err)
		}
		request := &http.Request{Method: r.Method, URL: target, Host: "a.example", Header: r.Header}
		if r.Method == http.MethodGet {
			_, err = verifier.Get(t.Context(), request)
		} else {
			_, _, err = received(t.Context(), verifier, request, []byte(r.Body))
		}
		return err
	}
	for _, r := range v.Requests {
		t.Run(r.Name, func(t *testing.T) {
			err := verify(r)
			if (err == nil) != r.Accept || err != nil && !errors.Is(err, federation.ErrSignature) {
				t.Fatalf("got %v, want accepted %v", err, r.Accept)
			}
			if !r.Accept {
				return
			}
			for _, line := range []string{"Date", "Digest", "Content-Digest", "Signature", "Signature-Input"} {
				if r.Header[line] == nil {
					continue
				}
				changed := r
				changed.Header = maps.Clone(r.Header)
				changed.Header[line] = []string{flip(r.Header[line][0])}
				if verify(changed) == nil {
					t.Errorf("still accepted with %s: %s", line, changed.Header[line][0])
				}
			}
			changed := r
			changed.Target = strings.Replace(r.Target, "a", "b", 1)
			if verify(changed) == nil {
				t.Errorf("still accepted for %s", changed.Target)
			}
		})
	}
}

// flip changes one digit that matters: of the minute in a date, of created in Signature-Input, of the value elsewhere.
func flip(s string) string {
	i := len(s) - 10 // inside the base64 text
	switch {
	case strings.HasSuffix(s, "GMT"):
		i = len(s) - len("0 GMT")
	case strings.Contains(s, "created="):
		i = strings.Index(s, "created=") + len("created=123456789")
	}
	other := byte('1')
	if s[i] == other {
		other = '2'
	}
	return s[:i] + string(other) + s[i+1:]
}

func writeVectors(t *testing.T) {
	rsaKey, err := federation.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v := vectors{Now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), RSA: fedtest.PublicPEM(rsaKey.Public()), Ed25519: federation.EncodeMultikey(edPublic)}
	rsaSigned := fedtest.Signing{Key: rsaKey, KeyID: vectorRSA}
	edSigned := fedtest.Signing{Key: edKey, KeyID: vectorEd25519}
	add := func(name string, accept bool, method, target string, s fedtest.Signing, change func(*fedtest.Signing)) {
		var body []byte
		if method == http.MethodPost {
			body = []byte(vectorBody)
		}
		if change != nil {
			change(&s)
		}
		r, err := http.NewRequest(method, "https://a.example"+target, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		s.Sign(r, body, v.Now.Add(-time.Minute))
		sent := string(body)
		if s.Swap != nil {
			sent = string(s.Swap)
		}
		v.Requests = append(v.Requests, vector{name, accept, method, target, r.Header, sent})
	}
	const inbox, page = "/ap/inbox", "/ap/collections/opportunities?page=2"
	rfc9421 := func(s *fedtest.Signing) { s.RFC9421 = true }
	add("draft-cavage POST with RSA", true, "POST", inbox, rsaSigned, nil)
	add("draft-cavage POST with RSA as hs2019", true, "POST", inbox, rsaSigned, func(s *fedtest.Signing) { s.Algorithm = "hs2019" })
	add("draft-cavage POST with Ed25519", true, "POST", inbox, edSigned, nil)
	add("draft-cavage GET with the query", true, "GET", page, rsaSigned, nil)
	add("draft-cavage GET without the query", true, "GET", page, rsaSigned, func(s *fedtest.Signing) { s.Target = "/ap/collections/opportunities" })
	add("draft-cavage POST of another body", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) { s.Swap = []byte(strings.Replace(vectorBody, "Like", "Undo", 1)) })
	add("draft-cavage POST without digest", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) { s.Covered = []string{"(request-target)", "host", "date"} })
	add("draft-cavage POST over the date alone", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) { s.Covered = []string{"date"} })
	add("draft-cavage POST for another path", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) { s.Target = "/ap/actor" })
	add("draft-cavage POST with the other key", false, "POST", inbox, edSigned, func(s *fedtest.Signing) { s.KeyID = vectorRSA })
	add("draft-cavage POST two hours old", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) { s.Date = v.Now.Add(-2 * time.Hour) })
	add("RFC 9421 POST with RSA", true, "POST", inbox, rsaSigned, rfc9421)
	add("RFC 9421 POST with Ed25519", true, "POST", inbox, edSigned, rfc9421)
	add("RFC 9421 POST with more components", true, "POST", inbox, rsaSigned, func(s *fedtest.Signing) {
		s.RFC9421, s.Algorithm, s.Header = true, "rsa-v1_5-sha256", http.Header{"Content-Type": {federation.ContentType}}
		s.Covered = []string{"@method", "@target-uri", "content-type", "content-digest"}
	})
	add("RFC 9421 GET with RSA", true, "GET", page, rsaSigned, rfc9421)
	add("RFC 9421 POST of another body", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) {
		s.RFC9421, s.Swap = true, []byte(strings.Replace(vectorBody, "Like", "Undo", 1))
	})
	add("RFC 9421 POST without digest", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) {
		s.RFC9421, s.Covered = true, []string{"@method", "@target-uri"}
	})
	add("RFC 9421 POST for another target", false, "POST", inbox, rsaSigned, func(s *fedtest.Signing) {
		s.RFC9421, s.Target = true, "https://b.example/ap/inbox"
	})
	raw, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func FuzzSignatureHeader(f *testing.F) {
	raw, err := os.ReadFile(vectorFile)
	if err != nil {
		f.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		f.Fatal(err)
	}
	for _, r := range v.Requests {
		signature, input := strings.Join(r.Header["Signature"], ""), strings.Join(r.Header["Signature-Input"], "")
		f.Add(signature, input)
	}
	f.Add(`a="b",n=1 , keyId="https://m.example/u/a#main-key",headers="(request-target) host date digest",signature="AAAA"`, "")
	f.Add(`sig1=:AAAA:`, `sig1=("@method";sf=1 "@target-uri");created=1;keyid="x", b=1;x`)
	post := slices.IndexFunc(v.Requests, func(r vector) bool { return r.Method == http.MethodPost })
	header, body := v.Requests[post].Header, []byte(v.Requests[post].Body)
	rsaKey, err := federation.ParsePublicKey(v.RSA)
	if err != nil {
		f.Fatal(err)
	}
	verifier := federation.NewVerifier(mustBase(f, "https://a.example"), vectorKeys{vectorRSA: rsaKey},
		federation.Policy{Now: func() time.Time { return v.Now }})
	f.Fuzz(func(t *testing.T, signature, input string) {
		h := http.Header(header).Clone()
		h.Set("Signature", signature)
		if input != "" {
			h.Set("Signature-Input", input)
			h.Set("Content-Digest", "sha-256=:"+strings.TrimPrefix(h.Get("Digest"), "SHA-256=")+":")
		}
		r := &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/ap/inbox"}, Host: "a.example", Header: h}
		verified, _, err := received(t.Context(), verifier, r, body)
		if err == nil && verified.Actor != vectorActor {
			t.Errorf("verified as %q", verified.Actor)
		}
	})
}
