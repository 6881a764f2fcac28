package fedtest

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Signing says how to sign a request. The zero value does everything right with draft-cavage; each field does one step another way.
type Signing struct {
	RFC9421 bool // instead of draft-cavage
	None    bool // not at all

	Key       crypto.Signer // instead of the actor's
	KeyID     string
	Covered   []string  // headers or components, in order
	Target    string    // signed as path and query (RFC 9421: as target URI) instead of the real one
	Host      string    // sent and signed as Host
	Date      time.Time // sent and signed instead of now; RFC 9421: created
	Digest    string    // header line instead of the right one; "-" for none
	Algorithm string    // label; "-" for none
	Created   int64     // Unix seconds, given if covered
	Expires   int64
	Header    http.Header // further lines, there before signing

	Swap    []byte            // sent as body instead of what was signed
	Rewrite func(http.Header) // changes header lines after signing
}

// Sign signs a request that will be sent with the body.
func (s Signing) Sign(r *http.Request, body []byte, now time.Time) {
	for name, lines := range s.Header {
		r.Header[name] = lines
	}
	if s.Host != "" {
		r.Host = s.Host
	}
	if s.Date.IsZero() {
		s.Date = now
	}
	if !s.None {
		if s.RFC9421 {
			s.rfc9421(r, body)
		} else {
			s.cavage(r, body)
		}
	}
	if s.Rewrite != nil {
		s.Rewrite(r.Header)
	}
}

func (s Signing) cavage(r *http.Request, body []byte) {
	if r.Header.Get("Date") == "" {
		r.Header.Set("Date", s.Date.UTC().Format(http.TimeFormat))
	}
	if s.Digest == "" && body != nil {
		sum := sha256.Sum256(body)
		s.Digest = "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
	}
	if s.Digest != "" && s.Digest != "-" {
		r.Header.Set("Digest", s.Digest)
	}
	if s.Covered == nil {
		s.Covered = []string{"(request-target)", "host", "date"}
		if body != nil {
			s.Covered = append(s.Covered, "digest")
		}
	}
	if s.Target == "" {
		s.Target = r.URL.RequestURI()
	}
	params := []string{fmt.Sprintf(`keyId="%s"`, s.KeyID)}
	if s.Algorithm == "" {
		s.Algorithm = "rsa-sha256"
		if _, ok := s.Key.(ed25519.PrivateKey); ok || slices.Contains(s.Covered, "(created)") {
			s.Algorithm = "hs2019"
		}
	}
	if s.Algorithm != "-" {
		params = append(params, fmt.Sprintf(`algorithm="%s"`, s.Algorithm))
	}
	var lines []string
	for _, name := range s.Covered {
		value := ""
		switch name {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " " + s.Target
		case "host":
			value = hostOf(r)
		case "(created)":
			value = strconv.FormatInt(s.Created, 10)
		case "(expires)":
			value = strconv.FormatInt(s.Expires, 10)
		default:
			value = strings.Join(r.Header.Values(name), ", ")
		}
		lines = append(lines, name+": "+value)
	}
	if s.Created != 0 {
		params = append(params, fmt.Sprintf("created=%d", s.Created))
	}
	if s.Expires != 0 {
		params = append(params, fmt.Sprintf("expires=%d", s.Expires))
	}
	signature := base64.StdEncoding.EncodeToString(signBytes(s.Key, []byte(strings.Join(lines, "\n"))))
	params = append(params, fmt.Sprintf(`headers="%s"`, strings.Join(s.Covered, " ")), fmt.Sprintf(`signature="%s"`, signature))
	r.Header.Set("Signature", strings.Join(params, ","))
}

func (s Signing) rfc9421(r *http.Request, body []byte) {
	if s.Digest == "" && body != nil {
		sum := sha256.Sum256(body)
		s.Digest = "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	}
	if s.Digest != "" && s.Digest != "-" {
		r.Header.Set("Content-Digest", s.Digest)
	}
	if s.Covered == nil {
		s.Covered = []string{"@method", "@target-uri"}
		if body != nil {
			s.Covered = append(s.Covered, "content-digest")
		}
	}
	if s.Target == "" {
		s.Target = r.URL.String()
	}
	var base bytes.Buffer
	for _, name := range s.Covered {
		value := ""
		switch name {
		case "@method":
			value = r.Method
		case "@target-uri":
			value = s.Target
		case "@authority", "host":
			value = hostOf(r)
		default:
			value = strings.Join(r.Header.Values(name), ", ")
		}
		fmt.Fprintf(&base, "%q: %s\n", name, value)
	}
	params := `("` + strings.Join(s.Covered, `" "`) + `")` + fmt.Sprintf(";created=%d", s.Date.Unix())
	if s.Expires != 0 {
		params += fmt.Sprintf(";expires=%d", s.Expires)
	}
	if s.Algorithm != "" && s.Algorithm != "-" {
		params += fmt.Sprintf(";alg=%q", s.Algorithm)
	}
	params += fmt.Sprintf(";keyid=%q", s.KeyID)
	fmt.Fprintf(&base, "%q: %s", "@signature-params", params)
	r.Header.Set("Signature-Input", "sig1="+params)
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(signBytes(s.Key, base.Bytes()))+":")
}

// signBytes is RSA PKCS#1 v1.5 with SHA-256, or Ed25519.
func signBytes(key crypto.Signer, text []byte) []byte {
	var options crypto.SignerOpts = crypto.Hash(0)
	if _, ok := key.(*rsa.PrivateKey); ok {
		sum := sha256.Sum256(text)
		text, options = sum[:], crypto.SHA256
	}
	signature, err := key.Sign(rand.Reader, text, options)
	if err != nil {
		panic(fmt.Sprintf("fedtest: sign: %v", err)) // a mistake in the test itself
	}
	return signature
}

func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// Verify checks a recorded request as a strict server does: one draft-cavage signature over exactly (request-target), host, date
// and, with a body, a digest that is that of the body, and what is said of followers; the date within twelve hours. It returns the key id.
func (r Request) Verify(key crypto.PublicKey, now time.Time) (keyID string, err error) {
	params, err := r.signature()
	if err != nil {
		return "", err
	}
	want := "(request-target) host date"
	if r.Method == http.MethodPost {
		want += " digest"
		sum := sha256.Sum256(r.Body)
		if r.Header.Get("Digest") != "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]) {
			return "", errors.New("digest is not that of the body")
		}
	}
	synchronization := r.Header.Get("Collection-Synchronization")
	if synchronization != "" {
		want += " collection-synchronization"
	}
	if params["headers"] != want {
		return "", fmt.Errorf("covers %q, want %q", params["headers"], want)
	}
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil || now.Sub(date).Abs() > 12*time.Hour {
		return "", fmt.Errorf("date %q", r.Header.Get("Date"))
	}
	text := "(request-target): " + strings.ToLower(r.Method) + " " + r.Target + "\nhost: " + r.Host + "\ndate: " + r.Header.Get("Date")
	if r.Method == http.MethodPost {
		text += "\ndigest: " + r.Header.Get("Digest")
	}
	if synchronization != "" {
		text += "\ncollection-synchronization: " + synchronization
	}
	signature, err := base64.StdEncoding.DecodeString(params["signature"])
	if err != nil {
		return "", err
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		sum := sha256.Sum256([]byte(text))
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	case ed25519.PublicKey:
		if !ed25519.Verify(key, []byte(text), signature) {
			err = errors.New("wrong signature")
		}
	default:
		err = fmt.Errorf("key of type %T", key)
	}
	return params["keyId"], err
}

// KeyID is the key id a recorded request names, without verifying anything.
func (r Request) KeyID() string {
	params, _ := r.signature()
	return params["keyId"]
}

func (r Request) signature() (map[string]string, error) {
	lines := r.Header.Values("Signature")
	if len(lines) != 1 {
		return nil, fmt.Errorf("%d Signature lines", len(lines))
	}
	params := map[string]string{}
	for _, p := range strings.Split(lines[0], ",") {
		name, value, _ := strings.Cut(p, "=")
		params[name] = strings.Trim(value, `"`)
	}
	return params, nil
}

// Path is the path of the request line.
func (r Request) Path() string {
	u, err := url.ParseRequestURI(r.Target)
	if err != nil {
		return r.Target
	}
	return u.Path
}
