package federation

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// MaxIRI is the longest id, key id or inbox we read, in bytes.
const MaxIRI = 2048

var errIRI = errors.New("not an acceptable IRI")

// NormalizeIRI brings an absolute http(s) IRI into the one form in which ids are stored and compared: scheme and host in lower
// case, the host as punycode (IDNA2008 lookup profile), the default port left out. Path, query and fragment stay byte for byte.
//
// Refused are user info, IP addresses, trailing dots, empty or odd ports, control characters, blanks and backslashes, broken
// percent escapes, and hosts whose non-ASCII characters map to plain ASCII (a full-width letter or an ideographic full stop
// only imitates another name).
func NormalizeIRI(iri string) (string, error) {
	origin, rest, err := splitIRI(iri)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errIRI, err)
	}
	return origin + rest, nil
}

// Origin is scheme, host and port of an absolute http(s) IRI in normal form, such as "https://a.example". Two things belong to
// the same server if and only if their origins are equal.
func Origin(iri string) (string, error) {
	origin, _, err := splitIRI(iri)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errIRI, err)
	}
	return origin, nil
}

// SameOrigin reports whether both IRIs are acceptable and have one origin.
func SameOrigin(a, b string) bool {
	oa, errA := Origin(a)
	ob, errB := Origin(b)
	return errA == nil && errB == nil && oa == ob
}

// HostOf is the host of an IRI in normal form, with its port unless that is the default one; empty if the IRI is not acceptable.
// Blocks, partners and limits are kept by it.
func HostOf(iri string) string {
	origin, err := Origin(iri)
	if err != nil {
		return ""
	}
	_, host, _ := strings.Cut(origin, "://")
	return host
}

// WithoutFragment is the IRI up to its "#": the document in which a key or another embedded thing is described.
func WithoutFragment(iri string) string {
	doc, _, _ := strings.Cut(iri, "#")
	return doc
}

func splitIRI(iri string) (origin, rest string, err error) {
	if len(iri) > MaxIRI {
		return "", "", fmt.Errorf("longer than %d bytes", MaxIRI)
	}
	scheme, after, ok := strings.Cut(iri, "://")
	if !ok {
		return "", "", errors.New("not absolute")
	}
	scheme = strings.ToLower(scheme)
	defaultPort, ok := defaultPorts[scheme]
	if !ok {
		return "", "", errors.New("neither http nor https")
	}
	authority := after
	if i := strings.IndexAny(after, "/?#"); i >= 0 {
		authority, rest = after[:i], after[i:]
	}
	if err := checkRest(rest); err != nil {
		return "", "", err
	}
	host, port, hasPort := strings.Cut(authority, ":")
	host, err = normalizeHost(host)
	if err != nil {
		return "", "", err
	}
	origin = scheme + "://" + host
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", "", errors.New("odd port")
		}
		if port != defaultPort {
			origin += ":" + port
		}
	}
	return origin, rest, nil
}

var defaultPorts = map[string]string{"https": "443", "http": "80"}

// normalizeHost is strict where the lookup profile is lenient: each label is mapped by itself, and one that needed mapping has
// to stay recognizable as international.
func normalizeHost(host string) (string, error) {
	labels := strings.Split(strings.ToLower(host), ".")
	for i, label := range labels {
		if label == "" || len(label) > 63 {
			return "", errors.New("host with an empty or too long label")
		}
		if isASCII(label) {
			continue
		}
		puny, err := idna.Lookup.ToASCII(label)
		if err != nil {
			return "", fmt.Errorf("host: %w", err)
		}
		if !strings.HasPrefix(puny, "xn--") || strings.Contains(puny, ".") {
			return "", errors.New("host imitates an ASCII name")
		}
		labels[i] = puny
	}
	// No top-level domain begins with a digit; "2130706433" and "0x7f.1" are addresses in disguise.
	if last := labels[len(labels)-1]; last[0] < 'a' || last[0] > 'z' {
		return "", errors.New("host is an address")
	}
	name := strings.Join(labels, ".")
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", fmt.Errorf("host: %w", err)
	}
	if ascii != name || len(name) > 253 {
		return "", errors.New("host has no normal form")
	}
	return name, nil
}

// checkRest refuses what other parsers might read differently from us.
func checkRest(rest string) error {
	if !utf8.ValidString(rest) {
		return errors.New("not UTF-8")
	}
	for i, r := range rest {
		switch {
		case unicode.IsControl(r), unicode.IsSpace(r), strings.ContainsRune("\\\"<>^`{|}", r), r == utf8.RuneError:
			return errors.New("forbidden character")
		case r == '%' && (len(rest) < i+3 || !isHex(rest[i+1]) || !isHex(rest[i+2])):
			return errors.New("broken percent escape")
		}
	}
	return nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
