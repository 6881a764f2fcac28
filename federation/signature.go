package federation

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"github.com/superseriousbusiness/httpsig"

	"seestern/engagement"
)

// Verified is who really sent a request. It is a parameter of everything that happens with the request afterwards.
type Verified struct {
	Actor string // id of the actor that owns the key
	KeyID string
	Host  string // of actor and key, with its port unless that is the default one; rights of servers hang on it

	synchronization string // header of that name, if the signature covers it

	key    [sha256.Size]byte // fingerprint of the key that verified the request
	replay [sha256.Size]byte
}

// KeySource finds the public key of another server's actor.
type KeySource interface {
	// Key returns the key with that id, whose owner lists it. With refresh it looks again, if it has not just done so.
	// Errors wrap ErrSignature (there is no such key, and asking again soon is no use), ErrKeyTrouble (its server does not
	// answer) or ErrOverloaded.
	Key(ctx context.Context, keyID string, refresh bool) (PublicKey, error)
	// Known reports whether the actor is stored here.
	Known(ctx context.Context, actor string) (bool, error)
}

// Policy is what the operator and the layers above decide about verification.
type Policy struct {
	// Past is how old a signature may be: 1 h if zero, never more than 12 h.
	Past time.Duration
	// Admit refuses hosts, with engagement.ErrForbidden, before anything is retrieved from them. Nil admits all.
	Admit func(ctx context.Context, host string) error
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Windows of time and sizes of the signature policy.
const (
	defaultPast   = time.Hour
	maxPast       = 12 * time.Hour
	maxFuture     = 5 * time.Minute
	maxLife       = time.Hour // from (created) to (expires)
	maxSignature  = 4 << 10   // bytes of the header
	maxRetrievals = 3         // requests that one inbound request may cause
	replayEntries = 100_000
	replayWindow  = 2 * time.Hour
)

// Verifier checks signatures of requests: draft-cavage, and RFC 9421 where a Signature-Input header announces it.
type Verifier struct {
	base   Base
	keys   KeySource
	policy Policy
	seen   *lru.Cache[[sha256.Size]byte, time.Time] // acknowledged requests
}

// NewVerifier makes the verifier of an instance.
func NewVerifier(base Base, keys KeySource, policy Policy) *Verifier {
	if policy.Past == 0 {
		policy.Past = defaultPast
	}
	policy.Past = min(policy.Past, maxPast)
	if policy.Admit == nil {
		policy.Admit = func(context.Context, string) error { return nil }
	}
	if policy.Now == nil {
		policy.Now = time.Now
	}
	seen, err := lru.New[[sha256.Size]byte, time.Time](replayEntries)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Verifier{base: base, keys: keys, policy: policy, seen: seen}
}

// Signed is what a signature header says, after every check that needs no key.
type Signed struct {
	keyID  string
	value  []byte // the signature itself, decoded
	verify func(crypto.PublicKey) error

	synchronization string
}

// Read reads the activity of a request to an inbox, and checks of its signature what needs neither key nor database. The body has to be the
// raw bytes of the request: one that was changed on the way is refused, as is a malformed activity, or one that claims to be ours.
//
// Errors are those of the table in errors.go.
func (v *Verifier) Read(r *http.Request, body []byte) (Signed, Envelope, error) {
	c, err := v.claim(r, body)
	if err != nil {
		return Signed{}, Envelope{}, err
	}
	e, err := Parse(body)
	if err != nil {
		return Signed{}, Envelope{}, err
	}
	if !SameOrigin(e.Actor, c.keyID) {
		return Signed{}, Envelope{}, notAccepted("actor %s of another origin than key %s", e.Actor, c.keyID)
	}
	return c, e, nil
}

// Check verifies what was read with the key it names, which may have to be retrieved. Errors are those of the table in errors.go.
func (v *Verifier) Check(ctx context.Context, c Signed, e Envelope) (Verified, error) {
	key, err := v.check(ctx, c, e.Actor)
	if err != nil {
		return Verified{}, err
	}
	if key.Owner != e.Actor {
		return Verified{}, notAccepted("actor %s is not the owner of key %s", e.Actor, c.keyID)
	}
	verified := c.verified(key)
	if at, ok := v.seen.Get(verified.replay); ok && v.policy.Now().Sub(at) < max(replayWindow, v.policy.Past+maxFuture) {
		return verified, ErrReplayed
	}
	return verified, nil
}

// Get verifies who asks for a document. ErrUnsigned means that nobody tried to say so.
func (v *Verifier) Get(ctx context.Context, r *http.Request) (Verified, error) {
	c, err := v.claim(r, nil)
	if err != nil {
		return Verified{}, err
	}
	if err := v.policy.Admit(ctx, HostOf(c.keyID)); err != nil {
		return Verified{}, err
	}
	key, err := v.check(ctx, c, WithoutFragment(c.keyID))
	if err != nil {
		return Verified{}, err
	}
	return c.verified(key), nil
}

// Acknowledge remembers a request whose effect is committed, so that its exact repetition is answered without work. A request
// that failed must not be remembered: its sender may repeat it.
func (v *Verifier) Acknowledge(verified Verified) {
	v.seen.Add(verified.replay, v.policy.Now())
}

// claim runs the checks that need no key, in the order of protocol.md.
func (v *Verifier) claim(r *http.Request, body []byte) (Signed, error) {
	if err := v.checkTarget(r); err != nil {
		return Signed{}, err
	}
	read := v.cavage
	if len(r.Header.Values("Signature-Input")) > 0 {
		read = v.rfc9421
	}
	c, err := read(r, body)
	if err != nil {
		return Signed{}, err
	}
	if c.keyID, err = NormalizeIRI(c.keyID); err != nil {
		return Signed{}, notAccepted("keyId: %w", err)
	}
	if err := v.base.CheckPeer(c.keyID); err != nil {
		return Signed{}, notAccepted("keyId %s: %w", c.keyID, err)
	}
	return c, nil
}

// checkTarget makes sure that what the signature names is what is served: our host, a path in its only spelling, no query on POST.
func (v *Verifier) checkTarget(r *http.Request) error {
	host := strings.ToLower(r.Host)
	if name, port, ok := strings.Cut(host, ":"); ok && port == defaultPorts[v.base.Scheme] {
		host = name
	}
	switch {
	case host != v.base.Host:
		return ErrWrongHost
	case r.URL.EscapedPath() != r.URL.Path:
		return fmt.Errorf("path with escapes: %w", engagement.ErrNotFound)
	case r.Method == http.MethodPost && (r.URL.RawQuery != "" || r.URL.ForceQuery):
		return malformed("query on POST")
	}
	return nil
}

// check looks up the key and verifies with it; if that fails, once more with a freshly retrieved one.
// The claimed actor decides what trouble with the key means.
func (v *Verifier) check(ctx context.Context, c Signed, actor string) (PublicKey, error) {
	ctx = WithBudget(ctx, maxRetrievals)
	key, err := v.keys.Key(ctx, c.keyID, false)
	if err != nil {
		return PublicKey{}, v.keyError(ctx, err, actor)
	}
	if c.verify(key.Key) == nil {
		return key, nil
	}
	fresh, err := v.keys.Key(ctx, c.keyID, true)
	if err != nil {
		return PublicKey{}, v.keyError(ctx, err, actor)
	}
	if err := c.verify(fresh.Key); err != nil {
		return PublicKey{}, notAccepted("key %s: %w", c.keyID, err)
	}
	return fresh, nil
}

// keyError is ErrKeyTrouble only for a known actor, whose peer shall try again; a stranger is refused.
func (v *Verifier) keyError(ctx context.Context, err error, actor string) error {
	if !errors.Is(err, ErrKeyTrouble) {
		return err
	}
	known, knownErr := v.keys.Known(ctx, actor)
	if knownErr != nil {
		return knownErr
	}
	if !known {
		return notAccepted("stranger's key: %s", err.Error())
	}
	return err
}

func (c Signed) verified(key PublicKey) Verified {
	h := sha256.New()
	h.Write([]byte(c.keyID))
	h.Write([]byte{0})
	h.Write(c.value)
	verified := Verified{Actor: key.Owner, KeyID: c.keyID, Host: HostOf(key.Owner), synchronization: c.synchronization, key: fingerprint(key.Key)}
	h.Sum(verified.replay[:0])
	return verified
}

// within reports whether a moment given by the sender lies in the window of the policy.
func (v *Verifier) within(t time.Time) bool {
	age := v.policy.Now().Sub(t)
	return age <= v.policy.Past && age >= -maxFuture
}

func notAccepted(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrSignature, fmt.Errorf(format, args...))
}

// sign puts Date, Digest (with a body) and a draft-cavage Signature on a request that has not been signed before. It covers these, and what
// the request says of followers.
// withoutQuery leaves the query out of what is signed, as some servers verify it.
func sign(r *http.Request, key Key, body []byte, now time.Time, withoutQuery bool) error {
	want, headers := httpsig.RSA_SHA256, []string{httpsig.RequestTarget, "host", "date"}
	if _, ok := key.Private.(ed25519.PrivateKey); ok {
		want = httpsig.ED25519
	} else if _, ok := key.Private.(*rsa.PrivateKey); !ok {
		return errKeyType
	}
	if body != nil {
		headers = append(headers, "digest")
	}
	if r.Header.Get(syncHeader) != "" {
		headers = append(headers, strings.ToLower(syncHeader))
	}
	signer, got, err := httpsig.NewSigner([]httpsig.Algorithm{want}, httpsig.DigestSha256, headers, httpsig.Signature, 0)
	if err != nil || got != want {
		return fmt.Errorf("signer for %s: got %s, %w", want, got, err)
	}
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	r.Header.Set("Host", r.Host)
	// The library signs the decoded path; the wire carries the escaped one.
	target := &url.URL{Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery}
	if target.Path == "" {
		target.Path = "/"
	}
	signed := &http.Request{Method: r.Method, URL: target, Header: r.Header}
	options := httpsig.SignatureOption{ExcludeQueryStringFromPathPseudoHeader: withoutQuery}
	if err := signer.SignRequestWithOptions(key.Private, key.ID, signed, body, options); err != nil {
		return fmt.Errorf("sign for %s: %w", key.ID, err)
	}
	return nil
}
