package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dunglas/httpsfv"
	"github.com/yaronf/httpsign"
)

// maxLabels is how many signatures one request may carry.
const maxLabels = 3

// rfc9421 reads Signature-Input and Signature (RFC 9421). The first label with a key, a time and the required components is
// used; the others are ignored. As with draft-cavage, what a signature must be about is decided here.
func (v *Verifier) rfc9421(r *http.Request, body []byte) (Signed, error) {
	inputs, err := dictionary(r.Header.Values("Signature-Input"))
	if err != nil {
		return Signed{}, notAccepted("Signature-Input: %w", err)
	}
	signatures, err := dictionary(r.Header.Values("Signature"))
	if err != nil {
		return Signed{}, notAccepted("Signature: %w", err)
	}
	if len(inputs.Names()) > maxLabels {
		return Signed{}, notAccepted("more than %d signatures", maxLabels)
	}
	required := []string{"@method", "@target-uri"}
	if r.Method == http.MethodPost {
		required = append(required, "content-digest")
	}
	for _, label := range inputs.Names() {
		s, ok := readLabel(label, inputs, signatures, required)
		if !ok {
			continue
		}
		if !v.within(s.created) || s.expires != nil && !s.expires.After(v.policy.Now()) {
			return Signed{}, notAccepted("created or expires outside the window")
		}
		if r.Method == http.MethodPost {
			if err := checkContentDigest(r.Header.Values("Content-Digest"), body); err != nil {
				return Signed{}, notAccepted("%w", err)
			}
		}
		return Signed{
			keyID: s.keyID, value: s.value, verify: v.rfc9421Check(r, s, required), synchronization: signedSynchronization(r.Header, s.covered),
		}, nil
	}
	return Signed{}, notAccepted("no signature with keyid, created and %v", required)
}

func dictionary(lines []string) (*httpsfv.Dictionary, error) {
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	if size > maxSignature {
		return nil, errors.New("too long")
	}
	return httpsfv.UnmarshalDictionary(lines)
}

// label is one signature of a request.
type label struct {
	name    string
	keyID   string
	alg     string     // "" if not given
	created time.Time  //
	expires *time.Time // nil if not given
	value   []byte
	covered []string // components
}

// readLabel reports false for a label that has not what we need. Components with parameters are not understood, so a label that
// has one is not either.
func readLabel(name string, inputs, signatures *httpsfv.Dictionary, required []string) (label, bool) {
	member, _ := inputs.Get(name)
	input, ok := member.(httpsfv.InnerList)
	if !ok {
		return label{}, false
	}
	var components []string
	for _, item := range input.Items {
		component, ok := item.Value.(string)
		if !ok || len(item.Params.Names()) > 0 || slices.Contains(components, component) {
			return label{}, false
		}
		components = append(components, component)
	}
	for _, component := range required {
		if !slices.Contains(components, component) {
			return label{}, false
		}
	}
	member, _ = signatures.Get(name)
	signature, _ := member.(httpsfv.Item)
	value, isBytes := signature.Value.([]byte)
	keyID, hasKey := param[string](input, "keyid")
	created, hasCreated := param[int64](input, "created")
	if !isBytes || !hasKey || !hasCreated {
		return label{}, false
	}
	s := label{name: name, keyID: keyID, created: time.Unix(created, 0), value: value, covered: components}
	if _, given := input.Params.Get("alg"); given {
		if s.alg, ok = param[string](input, "alg"); !ok || s.alg == "" {
			return label{}, false
		}
	}
	if _, given := input.Params.Get("expires"); given {
		expires, ok := param[int64](input, "expires")
		if !ok {
			return label{}, false
		}
		at := time.Unix(expires, 0)
		s.expires = &at
	}
	return s, true
}

func param[T any](input httpsfv.InnerList, name string) (T, bool) {
	value, _ := input.Params.Get(name)
	t, ok := value.(T)
	return t, ok
}

// checkContentDigest is checkDigest for RFC 9530. The library verifies that the header was signed, never that it is true.
func checkContentDigest(lines []string, body []byte) error {
	digests, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return fmt.Errorf("Content-Digest: %w", err)
	}
	found := false
	for _, name := range digests.Names() {
		var sum []byte
		switch name {
		case "sha-256":
			s := sha256.Sum256(body)
			sum, found = s[:], true
		case "sha-512":
			s := sha512.Sum512(body)
			sum = s[:]
		default:
			continue
		}
		member, _ := digests.Get(name)
		item, _ := member.(httpsfv.Item)
		if given, _ := item.Value.([]byte); !bytes.Equal(given, sum) {
			return fmt.Errorf("content digest %s is not that of the body", name)
		}
	}
	if !found {
		return errors.New("no sha-256 content digest")
	}
	return nil
}

// rfc9421Check verifies against the address that the configuration gives this instance, not the one the request arrived with.
// The library's own windows are off: they are narrower than ours and read another clock.
func (v *Verifier) rfc9421Check(r *http.Request, s label, required []string) func(crypto.PublicKey) error {
	return func(key crypto.PublicKey) error {
		config := httpsign.NewVerifyConfig().SetVerifyCreated(false).SetRejectExpired(false).SetKeyID(s.keyID)
		fields := httpsign.Headers(required...)
		var verifier *httpsign.Verifier
		var alg string
		var err error
		switch key := key.(type) {
		case *rsa.PublicKey:
			alg = "rsa-v1_5-sha256"
			verifier, err = httpsign.NewRSAVerifier(*key, config, fields)
		case ed25519.PublicKey:
			alg = "ed25519"
			verifier, err = httpsign.NewEd25519Verifier(key, config, fields)
		default:
			err = errKeyType
		}
		if err != nil {
			return err
		}
		if s.alg != "" && s.alg != alg {
			return fmt.Errorf("alg %q for a key of %s", s.alg, alg)
		}
		public := &http.Request{
			Method: r.Method,
			URL:    &url.URL{Scheme: v.base.Scheme, Host: v.base.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery},
			Host:   v.base.Host,
			Header: r.Header.Clone(),
			Body:   http.NoBody,
		}
		public.Header.Set("Host", r.Host)
		return httpsign.VerifyRequest(s.name, *verifier, public)
	}
}
