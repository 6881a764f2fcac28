package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superseriousbusiness/httpsig"
)

// cavage reads a draft-cavage Signature header. Everything a signature must be about is decided here; the library only compares
// the signature with the key.
func (v *Verifier) cavage(r *http.Request, body []byte) (Signed, error) {
	lines := r.Header.Values("Signature")
	if len(lines) == 0 {
		return Signed{}, ErrUnsigned
	}
	if len(lines) > 1 || len(lines[0]) > maxSignature {
		return Signed{}, notAccepted("Signature header repeated or too long")
	}
	params, err := parseSignature(lines[0])
	if err != nil {
		return Signed{}, notAccepted("Signature header: %w", err)
	}
	value, err := base64.StdEncoding.Strict().DecodeString(params["signature"])
	if err != nil || len(value) == 0 || params["keyId"] == "" {
		return Signed{}, notAccepted("Signature header without keyId or signature")
	}
	if !slices.Contains([]string{"", "rsa-sha256", "hs2019", "ed25519"}, params["algorithm"]) {
		return Signed{}, notAccepted("algorithm %q", params["algorithm"])
	}
	covered := strings.Split(params["headers"], " ")
	if err := checkCovered(r.Method, covered); err != nil {
		return Signed{}, notAccepted("%w", err)
	}
	if err := v.checkTimes(r.Header, params, covered); err != nil {
		return Signed{}, notAccepted("%w", err)
	}
	if r.Method == http.MethodPost {
		if err := checkDigest(r.Header.Values("Digest"), body); err != nil {
			return Signed{}, notAccepted("%w", err)
		}
	}
	return Signed{
		keyID: params["keyId"], value: value, verify: cavageCheck(r, params, covered), synchronization: signedSynchronization(r.Header, covered),
	}, nil
}

// parseSignature reads name="value" and name=number pairs between commas. Nothing may occur twice; what is unknown is kept,
// and nobody asks for it.
func parseSignature(line string) (map[string]string, error) {
	params := map[string]string{}
	for rest := strings.TrimSpace(line); rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, "\", \t") {
			return nil, errors.New("no name")
		}
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("%q twice", name)
		}
		after = strings.TrimSpace(after)
		var value string
		if quoted, ok := strings.CutPrefix(after, `"`); ok {
			if value, after, ok = strings.Cut(quoted, `"`); !ok || strings.Contains(value, `\`) {
				return nil, errors.New("broken quotes")
			}
			after = strings.TrimSpace(after)
			if after != "" && after[0] != ',' {
				return nil, errors.New("no comma")
			}
		} else {
			end := strings.IndexByte(after+",", ',')
			value, after = strings.TrimSpace(after[:end]), after[end:]
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return nil, errors.New("neither quoted nor a number")
			}
		}
		params[name] = value
		comma := after != ""
		rest = strings.TrimSpace(strings.TrimPrefix(after, ","))
		if comma && rest == "" {
			return nil, errors.New("ends with a comma")
		}
	}
	return params, nil
}

// checkCovered requires the signature to be about the request: target, host, body and time.
func checkCovered(method string, covered []string) error {
	required := []string{"(request-target)", "host"}
	if method == http.MethodPost {
		required = append(required, "digest")
	}
	if !slices.Contains(covered, "date") {
		required = append(required, "(created)", "(expires)")
	}
	for i, name := range covered {
		if name == "" || name != strings.ToLower(name) || slices.Contains(covered[:i], name) {
			return fmt.Errorf("covered header %q empty, in upper case or repeated", name)
		}
	}
	for _, name := range required {
		if !slices.Contains(covered, name) {
			return fmt.Errorf("%s not covered", name)
		}
	}
	return nil
}

// checkTimes applies the window to every moment the signature covers.
func (v *Verifier) checkTimes(h http.Header, params map[string]string, covered []string) error {
	if slices.Contains(covered, "date") {
		lines := h.Values("Date")
		if len(lines) != 1 {
			return errors.New("header Date missing or repeated")
		}
		if date, err := time.Parse(http.TimeFormat, lines[0]); err != nil || !v.within(date) {
			return errors.New("header Date unreadable or outside the window")
		}
	}
	var created time.Time
	if slices.Contains(covered, "(created)") {
		seconds, err := strconv.ParseInt(params["created"], 10, 64)
		created = time.Unix(seconds, 0)
		if err != nil || !v.within(created) || params["algorithm"] != "hs2019" {
			return errors.New("(created) unreadable, outside the window or without hs2019")
		}
	}
	if _, given := params["expires"]; !given {
		return nil // covering it without giving it fails in the library
	}
	seconds, err := strconv.ParseInt(params["expires"], 10, 64)
	expires := time.Unix(seconds, 0)
	switch {
	case err != nil, !slices.Contains(covered, "(expires)"):
		return errors.New("expires unreadable or not covered")
	case !expires.After(v.policy.Now()), expires.Sub(created) > maxLife: // without (created), that is the year 1
		return errors.New("expired, or valid for more than an hour")
	}
	return nil
}

// checkDigest compares Digest with the bytes received. At least one SHA-256 has to be there, and no value of an algorithm we know
// may be wrong.
func checkDigest(lines []string, body []byte) error {
	found := false
	for _, member := range strings.Split(strings.Join(lines, ","), ",") {
		name, given, _ := strings.Cut(strings.TrimSpace(member), "=")
		var sum []byte
		switch strings.ToLower(name) {
		case "sha-256":
			s := sha256.Sum256(body)
			sum, found = s[:], true
		case "sha-512":
			s := sha512.Sum512(body)
			sum = s[:]
		default:
			continue
		}
		if given != base64.StdEncoding.EncodeToString(sum) {
			return fmt.Errorf("digest %s is not that of the body", name)
		}
	}
	if !found {
		return errors.New("no SHA-256 digest")
	}
	return nil
}

// cavageCheck hands the library a request that has only what the signature covers, and a header written from the parsed
// parameters, so that both of us read the same. The key's type decides about the algorithm.
func cavageCheck(r *http.Request, params map[string]string, covered []string) func(crypto.PublicKey) error {
	header := http.Header{}
	for _, name := range covered {
		if lines := r.Header.Values(name); len(lines) > 0 {
			header[http.CanonicalHeaderKey(name)] = lines
		}
	}
	header.Set("Host", r.Host)
	line := fmt.Sprintf(`keyId="key",headers="%s",signature="%s"`, params["headers"], params["signature"])
	for _, name := range []string{"created", "expires"} {
		if slices.Contains(covered, "("+name+")") {
			line += "," + name + "=" + params[name]
		}
	}
	header.Set("Signature", line)
	target := &url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}

	return func(key crypto.PublicKey) error {
		var algorithm httpsig.Algorithm
		switch key.(type) {
		case *rsa.PublicKey:
			algorithm = httpsig.RSA_SHA256
		case ed25519.PublicKey:
			algorithm = httpsig.ED25519
		default:
			return errKeyType
		}
		fresh := &http.Request{Method: r.Method, URL: target, Host: r.Host, Header: maps.Clone(header)}
		verifier, err := httpsig.NewVerifier(fresh)
		if err != nil {
			return err
		}
		err = verifier.Verify(key, algorithm)
		if err != nil && target.RawQuery != "" { // never on POST
			options := httpsig.SignatureOption{ExcludeQueryStringFromPathPseudoHeader: true}
			err = verifier.VerifyWithOptions(key, algorithm, options)
		}
		return err
	}
}
