package federation_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"github.com/superseriousbusiness/httpsig"
	"github.com/yaronf/httpsign"

	"seestern/federation/fedtest"
)

// Our signature policy works around these. When one of them is no longer so, the code that expects it can change.
func TestFactsAboutTheCavageLibrary(t *testing.T) {
	key := fedtest.RSAKey("good.test", 0)
	body := []byte("body")
	request := func(target string) *http.Request {
		r, err := http.NewRequest(http.MethodPost, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Host", r.Host)
		r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		return r
	}
	signer := func(expiresIn int64, headers ...string) httpsig.SignerWithOptions {
		s, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, headers, httpsig.Signature, expiresIn)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	signed := func(target string, headers ...string) *http.Request {
		r := request(target)
		if err := signer(0, headers...).SignRequest(key, "key", r, body); err != nil {
			t.Fatal(err)
		}
		return r
	}
	verify := func(r *http.Request) error {
		v, err := httpsig.NewVerifier(r)
		if err != nil {
			return err
		}
		return v.Verify(key.Public(), httpsig.RSA_SHA256)
	}
	const target = "https://me.test/ap/inbox"
	all := []string{httpsig.RequestTarget, "host", "date", "digest"}
	change := func(r *http.Request, old, new string) {
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), old, new, 1))
	}
	// handmade is a signature over one line of text.
	handmade := func(r *http.Request, params, headers, text string) {
		sum := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Signature", fmt.Sprintf(`keyId="key",%sheaders="%s",signature="%s"`, params, headers, base64.StdEncoding.EncodeToString(signature)))
	}

	t.Run("the digest is never compared with the body, which the verifier does not even get", func(t *testing.T) {
		r := signed(target, all...)
		r.Body = http.NoBody
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("the sender decides what is signed", func(t *testing.T) {
		if err := verify(signed(target, "date")); err != nil {
			t.Error(err)
		}
	})
	t.Run("an old date and an old created verify", func(t *testing.T) {
		r := request(target)
		r.Header.Set("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
		handmade(r, "", "date", "date: Sun, 06 Nov 1994 08:49:37 GMT")
		if err := verify(r); err != nil {
			t.Error(err)
		}
		handmade(r, "created=1,", "(created)", "(created): 1")
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("created is refused only when more than ten seconds ahead, whatever our own window says", func(t *testing.T) {
		r := request(target)
		for ahead, ok := range map[time.Duration]bool{5 * time.Second: true, time.Minute: false} {
			created := time.Now().Add(ahead).Unix()
			handmade(r, fmt.Sprintf("created=%d,", created), "(created)", fmt.Sprintf("(created): %d", created))
			if err := verify(r); (err == nil) != ok {
				t.Errorf("%v ahead: %v", ahead, err)
			}
		}
	})
	t.Run("expires is believed although it is not covered", func(t *testing.T) {
		r := signed(target, all...)
		change(r, `keyId=`, fmt.Sprintf(`expires=%d,keyId=`, time.Now().Add(time.Hour).Unix()))
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("the last of repeated parameters wins", func(t *testing.T) {
		r := signed(target, "date")
		change(r, `keyId=`, `headers="(request-target) host date digest",keyId=`)
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("the first of two Signature lines wins", func(t *testing.T) {
		r := signed(target, all...)
		r.Header.Add("Signature", "nonsense")
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("a blank after a comma, and a comma inside keyId, are errors", func(t *testing.T) {
		for old, new := range map[string]string{",headers": ", headers", `"key"`: `"k,y"`} {
			r := signed(target, all...)
			change(r, old, new)
			if err := verify(r); err == nil {
				t.Errorf("%q verifies", new)
			}
		}
	})
	t.Run("the decoded path is what is signed", func(t *testing.T) {
		r := signed(target, all...)
		r.URL.Path, r.URL.RawPath = "/ap/inbox", "/ap/%69nbox"
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("the label is written as hs2019 and ignored when verifying", func(t *testing.T) {
		r := signed(target, all...)
		if !strings.Contains(r.Header.Get("Signature"), `algorithm="hs2019"`) {
			t.Errorf("got %s", r.Header.Get("Signature"))
		}
		change(r, "hs2019", "ed25519")
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("keys of any size are used", func(t *testing.T) {
		n := new(big.Int).Lsh(big.NewInt(1), 8191)
		huge := &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 3}
		v, err := httpsig.NewVerifier(signed(target, all...))
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(huge, httpsig.RSA_SHA256); err == nil || !strings.Contains(err.Error(), "verification error") {
			t.Errorf("got %v, want to see that it tried", err)
		}
	})
	t.Run("signing twice fails for a body and repeats the header without", func(t *testing.T) {
		r := signed(target, all...)
		if err := signer(0, all...).SignRequest(key, "key", r, body); err == nil {
			t.Error("the second digest was accepted")
		}
		r = request(target)
		for range 2 {
			if err := signer(0, "date").SignRequest(key, "key", r, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(r.Header.Values("Signature")); got != 2 {
			t.Errorf("%d lines", got)
		}
	})
	t.Run("created and expires are those of the moment the signer was made", func(t *testing.T) {
		s := signer(60, "(created)", "(expires)")
		var lines []string
		for range 2 {
			r := request(target)
			if err := s.SignRequest(key, "key", r, nil); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, r.Header.Get("Signature"))
		}
		if lines[0] != lines[1] {
			t.Errorf("got %v", lines)
		}
	})
	t.Run("the signer needs Host among the headers, the verifier puts it there", func(t *testing.T) {
		r := request(target)
		r.Header.Del("Host")
		if err := signer(0, all...).SignRequest(key, "key", r, body); err == nil {
			t.Error("signed without Host")
		}
		r = signed(target, all...)
		r.Header.Del("Host")
		if err := verify(r); err != nil || r.Header.Get("Host") != "me.test" {
			t.Errorf("got %v and %q", err, r.Header.Get("Host"))
		}
	})
	t.Run("an unknown algorithm silently becomes RSA-SHA256", func(t *testing.T) {
		_, got, err := httpsig.NewSigner([]httpsig.Algorithm{"rot13"}, httpsig.DigestSha256, all, httpsig.Signature, 0)
		if err != nil || got != httpsig.RSA_SHA256 {
			t.Errorf("got %s, %v", got, err)
		}
	})
	t.Run("the query can be left out on both sides", func(t *testing.T) {
		without := httpsig.SignatureOption{ExcludeQueryStringFromPathPseudoHeader: true}
		r := request(target + "?page=1")
		if err := signer(0, all...).SignRequestWithOptions(key, "key", r, body, without); err != nil {
			t.Fatal(err)
		}
		v, err := httpsig.NewVerifier(r)
		if err != nil {
			t.Fatal(err)
		}
		if v.Verify(key.Public(), httpsig.RSA_SHA256) == nil || v.VerifyWithOptions(key.Public(), httpsig.RSA_SHA256, without) != nil {
			t.Error("the option makes no difference")
		}
	})
	t.Run("signatures in two headers are an error", func(t *testing.T) {
		r := signed(target, all...)
		r.Header.Set("Authorization", `Signature keyId="x"`)
		if verify(r) == nil {
			t.Error("verified")
		}
	})
	t.Run("a signature in Authorization would be read", func(t *testing.T) {
		r := signed(target, all...)
		r.Header.Set("Authorization", "Signature "+r.Header.Get("Signature"))
		r.Header.Del("Signature")
		if err := verify(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ed25519 works end to end", func(t *testing.T) {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s, algorithm, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.ED25519}, httpsig.DigestSha256, all, httpsig.Signature, 0)
		if err != nil || algorithm != httpsig.ED25519 {
			t.Fatal(algorithm, err)
		}
		r := request(target)
		if err := s.SignRequest(private, "key", r, body); err != nil {
			t.Fatal(err)
		}
		v, err := httpsig.NewVerifier(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(public, httpsig.ED25519); err != nil {
			t.Error(err)
		}
	})
}

func TestFactsAboutTheRFC9421Library(t *testing.T) {
	key := fedtest.RSAKey("good.test", 0)
	const target = "https://me.test/ap/inbox"
	components := []string{"@method", "@target-uri", "content-digest"}
	signed := func() *http.Request {
		r, err := http.NewRequest(http.MethodPost, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Digest", "sha-256=:AAAA:")
		fedtest.Signing{RFC9421: true, Key: key, KeyID: "key", Digest: "-", Covered: components}.Sign(r, nil, time.Now().Add(-time.Minute))
		return r
	}
	verify := func(r *http.Request, config *httpsign.VerifyConfig) error {
		v, err := httpsign.NewRSAVerifier(key.PublicKey, config, httpsign.Headers(components...))
		if err != nil {
			t.Fatal(err)
		}
		return httpsign.VerifyRequest("sig1", *v, r)
	}
	open := func() *httpsign.VerifyConfig {
		return httpsign.NewVerifyConfig().SetVerifyCreated(false).SetRejectExpired(false)
	}
	t.Run("an independently built signature base is verified", func(t *testing.T) {
		if err := verify(signed(), open()); err != nil {
			t.Error(err)
		}
	})
	t.Run("the content digest is never compared with the body", func(t *testing.T) {
		r := signed() // its digest is nonsense
		if err := verify(r, open()); err != nil {
			t.Error(err)
		}
	})
	t.Run("by default a minute is too old", func(t *testing.T) {
		if verify(signed(), nil) == nil {
			t.Error("verified")
		}
	})
	t.Run("host, path, query and method are protected", func(t *testing.T) {
		for _, change := range []func(*http.Request){
			func(r *http.Request) { r.URL.Host = "other.test" },
			func(r *http.Request) { r.URL.Path = "/ap/inbox/" },
			func(r *http.Request) { r.URL.RawQuery = "x" },
			func(r *http.Request) { r.Method = http.MethodPut },
			func(r *http.Request) { r.Header.Set("Content-Digest", "sha-256=:BBBB:") },
		} {
			r := signed()
			change(r)
			if verify(r, open()) == nil {
				t.Errorf("verified after the change to %s %s", r.Method, r.URL)
			}
		}
	})
	t.Run("without an absolute target the address comes from the request, and behind a proxy it is the wrong one", func(t *testing.T) {
		r := signed()
		r.URL = &url.URL{Path: "/ap/inbox"} // as a server sees it
		if verify(r, open()) == nil {
			t.Error("verified as http")
		}
	})
	t.Run("a component's parameter of the wrong kind panics", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		r := signed()
		r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), `"@method"`, `"@method" "x";sf=1`, 1))
		r.Header.Set("X", "1")
		_ = verify(r, open())
	})
}

func TestFactsAboutTheAddressGuard(t *testing.T) {
	if !slices.Contains(ssrf.IPv4DeniedPrefixes, netip.MustParsePrefix("100.64.0.0/10")) {
		t.Error("shared address space is not denied")
	}
	t.Run("an IPv4 address written as IPv6 is not public", func(t *testing.T) {
		if ssrf.New().SafeAddr(netip.MustParseAddr("::ffff:9.9.9.9")) == nil {
			t.Error("allowed")
		}
	})
	t.Run("an allowed network opens nothing beside it", func(t *testing.T) {
		g := ssrf.New(ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.1.0.0/16")))
		for address, ok := range map[string]bool{"127.1.2.3": true, "127.0.0.1": false, "127.2.0.1": false, "9.9.9.9": true} {
			if err := g.SafeAddr(netip.MustParseAddr(address)); (err == nil) != ok {
				t.Errorf("%s: %v", address, err)
			}
		}
	})
}
