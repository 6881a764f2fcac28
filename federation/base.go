package federation

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Base is the public address of this instance. It comes from the configuration only: no header of a request can change who we are.
type Base struct {
	Scheme string // "https"; "http" only under a local name
	Host   string // lower case, with the port unless it is the default one
	Local  bool   // localhost, *.localhost or *.test: the world of demos and tests
}

// ParseBase reads the configured base URL. It has to be written in the one form in which it appears in ids: https (http only
// under a local name), a host name in lower-case ASCII, no user info, no path, no trailing slash or dot, no IP address.
func ParseBase(s string) (Base, error) {
	origin, err := Origin(s)
	if err != nil {
		return Base{}, fmt.Errorf("base URL %q: %w", s, err)
	}
	if origin != s {
		return Base{}, fmt.Errorf("base URL %q: must be written as %q", s, origin)
	}
	var b Base
	b.Scheme, b.Host, _ = strings.Cut(s, "://")
	b.Local = isLocal(b.Host)
	if !b.Local && (b.Scheme != "https" || strings.Contains(b.Host, ":") || !strings.Contains(b.Host, ".")) {
		return Base{}, fmt.Errorf("base URL %q: only localhost, *.localhost and *.test may be plain http, have a port or a host without a dot", s)
	}
	return b, nil
}

func isLocal(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".test")
}

// String is the base URL without a trailing slash.
func (b Base) String() string { return b.Scheme + "://" + b.Host }

// Actor is the id of the instance actor. It signs what we retrieve.
func (b Base) Actor() string { return b.String() + "/ap/actor" }

// Inbox is the shared inbox of all actors of this instance.
func (b Base) Inbox() string { return b.String() + "/ap/inbox" }

// Owns reports whether an IRI is of this instance.
func (b Base) Owns(iri string) bool {
	origin, err := Origin(iri)
	return err == nil && origin == b.String()
}

var (
	errOwnName   = errors.New("own name")
	errScheme    = errors.New("other scheme than ours")
	errPort      = errors.New("port not allowed")
	errBareLabel = errors.New("host without a dot")
)

// CheckPeer returns an error unless the IRI may belong to another server: https on its standard port. An instance whose own base
// URL is plain http or has a port lives in a local world, where its scheme and any port are right.
// The address behind the name is checked later, at every dial.
func (b Base) CheckPeer(iri string) error {
	origin, err := Origin(iri)
	if err != nil {
		return err
	}
	scheme, host, _ := strings.Cut(origin, "://")
	switch {
	case origin == b.String():
		return errOwnName
	case scheme != b.Scheme:
		return errScheme
	case !b.anyPort() && strings.Contains(host, ":"):
		return errPort
	case !b.Local && !strings.Contains(host, "."):
		return errBareLabel
	}
	return nil
}

// anyPort reports whether peers of this instance may use other ports than 443.
func (b Base) anyPort() bool {
	return b.Local && (b.Scheme == "http" || strings.Contains(b.Host, ":"))
}

// Kind is a sort of local id; its value is the path segment after /ap/.
type Kind string

// The kinds of local ids (protocol.md, ids). Keys are UUIDs; those of persons are 32 hexadecimal digits.
const (
	KindOrganization Kind = "org"
	KindBoard        Kind = "board"
	KindPerson       Kind = "person"
	KindOpportunity  Kind = "opportunity"
	KindHelpOffer    Kind = "help-offer"
	KindEvent        Kind = "event"
	KindAnnouncement Kind = "announcement"
	KindNote         Kind = "note"
	KindActivity     Kind = "activity"
	KindAgreement    Kind = "agreement"
	KindAttestation  Kind = "attestation"
)

// LocalID is an id of this instance taken apart: /ap/{Kind}/{Key}[/{Part}][#{Fragment}].
type LocalID struct {
	Kind     Kind
	Key      string // UUID, or 32 hexadecimal digits for persons; lower case
	Part     string // "", "inbox", "outbox", "followers", …
	Fragment string // "", "main-key", "primary", …
}

// ID is the id of a local thing.
func (b Base) ID(kind Kind, key string) string {
	return b.String() + "/ap/" + string(kind) + "/" + key
}

var localPath = regexp.MustCompile(`^/ap/(org|board|person|opportunity|help-offer|event|announcement|note|activity|agreement|attestation)` +
	`/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})(?:/([a-z]+))?(?:#([a-z0-9-]+))?$`)

// ParseID takes a local id apart. It reports false for anything that is not, letter by letter, an id of the form this instance
// gives out; whether the thing exists is the store's knowledge.
func (b Base) ParseID(iri string) (LocalID, bool) {
	rest, ok := strings.CutPrefix(iri, b.String())
	if !ok {
		return LocalID{}, false
	}
	m := localPath.FindStringSubmatch(rest)
	if m == nil || (len(m[2]) == 32) != (m[1] == string(KindPerson)) {
		return LocalID{}, false
	}
	return LocalID{Kind: Kind(m[1]), Key: m[2], Part: m[3], Fragment: m[4]}, true
}
