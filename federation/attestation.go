package federation

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"seestern/engagement"
	"seestern/store"
)

// Attestations (protocol.md §5.9) are the only documents that carry a signature of their own (FEP-8b32), because they are read long after
// they were made, and the only ones with another context. They are never delivered: the organization links them, and who cares reads them.
const (
	typeAttestation = "seestern:Attestation"
	proofType       = "DataIntegrityProof"
	cryptosuite     = "eddsa-jcs-2022"
	assertion       = "assertionMethod"

	// ownerAttestations names the keys that vouch in the store; the actor that shows them is the instance.
	ownerAttestations = "attestations"
	attestationKey    = "ed25519-" // and a number
)

var attestationContext = []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1", map[string]any{"seestern": Namespace}}

// AttestationID is the id of a statement of ours.
func (b Base) AttestationID(a engagement.Attestation) string {
	return b.ID(KindAttestation, string(a.ID))
}

// Attestation renders a statement about an organization of ours, signed with a key that the instance actor shows. The same statement always
// gives the same bytes.
func (c Codec) Attestation(a engagement.Attestation, about engagement.Organization, key Key) ([]byte, error) {
	private, ok := key.Private.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("attestation %s: %w", a.ID, errKeyType)
	}
	document := map[string]any{
		"@context": attestationContext, "id": c.Base.AttestationID(a), "type": typeAttestation, "attributedTo": c.Base.Actor(),
		"object": c.Base.OrganizationID(about), "seestern:level": string(a.Level), "seestern:basis": a.Basis,
		"published": stamp(a.Stated), "endTime": stamp(a.Until),
	}
	if a.By != "" {
		document["seestern:by"] = a.By
	}
	proof := map[string]any{
		"@context": attestationContext, "type": proofType, "cryptosuite": cryptosuite, "verificationMethod": key.ID,
		"created": stamp(a.Stated), "proofPurpose": assertion,
	}
	signed, err := signedText(document, proof)
	if err != nil {
		return nil, err
	}
	proof["proofValue"] = "z" + encodeBase58(ed25519.Sign(private, signed))
	document["proof"] = proof
	return encode(document)
}

// signedText is what the signature of a proof is about: the hash of its options, then that of the document, neither with the signature.
func signedText(document, options any) ([]byte, error) {
	var text []byte
	for _, part := range []any{options, document} {
		raw, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		canonical, err := jcs.Transform(raw)
		if err != nil {
			return nil, fmt.Errorf("canonical form: %w", err)
		}
		sum := sha256.Sum256(canonical)
		text = append(text, sum[:]...)
	}
	return text, nil
}

// Claim is a statement of another server before it is believed.
type Claim struct {
	engagement.Attestation
	Maker string // id of the actor that says it
	About string // id of the organization
	Key   string // id of the key that is said to have signed
	raw   []byte
}

// ReadAttestation reads a statement that was retrieved from its id at a time (T1, T4).
func ReadAttestation(d Document, now time.Time) (c Claim, err error) {
	m, proof := d.Raw, d.Raw.Map("proof")
	c = Claim{Maker: m.IRI("attributedTo"), About: m.IRI("object"), Key: proof.IRI("verificationMethod"), raw: d.Bytes}
	c.Attestation = engagement.Attestation{
		IRI: m.ID(), Issuer: HostOf(m.ID()), Level: codeOf(m, "seestern:level"),
		By: cut(cleanLine(m.String("seestern:by")), maxActorName), Basis: cleanLine(m.String("seestern:basis")),
	}
	var bad [2]error
	c.Stated, bad[0] = time.Parse(time.RFC3339, m.String("published"))
	c.Until, bad[1] = time.Parse(time.RFC3339, m.String("endTime"))
	switch {
	case m.Type() != typeAttestation || m.ID() == "":
		return c, violation("T1", "%s is a %q", m.ID(), m.Type())
	case c.Maker == "" || c.About == "" || c.Key == "":
		return c, violation("T2", "%s says not who vouches for whom", m.ID())
	case !SameOrigin(c.IRI, c.Maker) || !SameOrigin(c.Key, c.Maker):
		return c, violation("T2", "%s is of another server than %s or %s", c.IRI, c.Maker, c.Key)
	case proof.Type() != proofType || proof.String("cryptosuite") != cryptosuite || proof.String("proofPurpose") != assertion:
		return c, violation("T3", "%s has a proof %q with %q for %q", c.IRI, proof.Type(), proof.String("cryptosuite"), proof.String("proofPurpose"))
	case bad[0] != nil || bad[1] != nil:
		return c, violation("T4", "%s: %v", c.IRI, errors.Join(bad[:]...))
	case !now.Before(c.Until):
		return c, violation("T4", "%s ended %s", c.IRI, stamp(c.Until))
	case c.Stated.After(now.Add(aheadWindow)) || c.Until.After(c.Stated.AddDate(0, engagement.AttestationMonths, 0)):
		return c, violation("T4", "%s holds from %s to %s", c.IRI, stamp(c.Stated), stamp(c.Until))
	case c.Level == "" || characters(c.Basis) > engagement.AttestationBasisLimit:
		return c, violation("T6", "%s has level %q and a basis of %d characters", c.IRI, c.Level, characters(c.Basis))
	}
	return c, nil
}

// aheadWindow is how far the clock of another server may be ahead.
const aheadWindow = 5 * time.Minute

// Verify says whether the statement is signed with a key that its maker's own document, read from its id, lists for this (T2, T3).
func (c Claim) Verify(maker Document) error {
	if maker.ID != c.Maker {
		return violation("T2", "%s is not %s", maker.ID, c.Maker)
	}
	listed := actorKeys(Document{ID: maker.ID, Raw: Map{assertion: maker.Raw[assertion]}})
	k := slices.IndexFunc(listed, func(k PublicKey) bool { return k.ID == c.Key })
	if k < 0 {
		return violation("T2", "%s does not list %s", c.Maker, c.Key)
	}
	// What was decoded is without inner contexts, but they are signed. The same bytes were refused if they could be read in two ways.
	var document, proof map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(c.raw, &document), json.Unmarshal(document["proof"], &proof)); err != nil {
		return violation("T3", "%s: %v", c.IRI, err)
	}
	value := ""
	_ = json.Unmarshal(proof["proofValue"], &value) // then it is empty
	delete(document, "proof")
	delete(proof, "proofValue")
	digits, ok := strings.CutPrefix(value, "z")
	if !ok || len(digits) > 100 {
		return violation("T3", "%s is not signed", c.IRI)
	}
	signature, err := decodeBase58(digits)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return violation("T3", "%s has a signature of another kind", c.IRI)
	}
	if !slices.Equal(compact(document["@context"]), compact(proof["@context"])) {
		return violation("T3", "the proof of %s has another context", c.IRI)
	}
	signed, err := signedText(document, proof)
	if err != nil {
		return violation("T3", "%s: %v", c.IRI, err)
	}
	if !ed25519.Verify(listed[k].Key.(ed25519.PublicKey), signed, signature) {
		return violation("T3", "%s is not signed by %s", c.IRI, c.Key)
	}
	return nil
}

func compact(raw json.RawMessage) []byte {
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return raw
	}
	return canonical
}

// assertionKey is the key that vouches now; ErrNotFound as long as nobody has vouched for anybody.
func (s *Service) assertionKey(tx *store.Tx) (Key, error) {
	keys, err := tx.ActorKeys(ownerAttestations)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("key of attestations: %w", engagement.ErrNotFound)
	}
	if err != nil {
		return Key{}, err
	}
	private, err := ParsePrivateKey(keys[0].Private)
	return Key{ID: s.Base.Actor() + "#" + keys[0].Fragment, Private: private}, err
}

// instanceDocument is the actor of the instance with all its keys: also those that vouch no more, so that what somebody keeps of a statement
// can still be verified. They have no private half that could be stolen, and statements count only as they are read from their ids.
func (s *Service) instanceDocument(tx *store.Tx, i engagement.Instance, key PublicKey) (Doc, error) {
	keys, err := tx.ActorKeys(ownerAttestations)
	if err != nil {
		return nil, err
	}
	var vouching []PublicKey
	for _, k := range keys {
		public, err := parseAssertionKey(k.Public)
		if err != nil {
			return nil, err
		}
		vouching = append(vouching, PublicKey{ID: s.Base.Actor() + "#" + k.Fragment, Owner: s.Base.Actor(), Key: public})
	}
	return s.Codec.Instance(i, key, vouching...)
}

// rotateAssertionKey makes a new key vouch, if there is one that does, and keeps of the old one what others verify with. The document of the
// instance, with its own new key, has to be announced after it.
func (s *Service) rotateAssertionKey(tx *store.Tx) error {
	keys, err := tx.ActorKeys(ownerAttestations)
	if err != nil || len(keys) == 0 {
		return err
	}
	old := keys[0]
	n, err := strconv.Atoi(strings.TrimPrefix(old.Fragment, attestationKey))
	if err != nil {
		return fmt.Errorf("key of attestations %q: %w", old.Fragment, err)
	}
	made, err := newAssertionKey(n + 1)
	if err != nil {
		return err
	}
	old.Retired, old.Private = tx.Now(), nil
	return errors.Join(tx.PutActorKey(old), tx.PutActorKey(made))
}

// parseAssertionKey reads the public half of a key that vouches as we store it.
func parseAssertionKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("key of attestations: %w", errKeyType)
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}

func newAssertionKey(n int) (store.ActorKey, error) {
	k := store.ActorKey{Owner: ownerAttestations, Fragment: attestationKey + strconv.Itoa(n)}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return k, err
	}
	var bad [2]error
	k.Private, bad[0] = EncodePrivateKey(private)
	k.Public, bad[1] = EncodePublicKey(public)
	return k, errors.Join(bad[:]...)
}

// attestationIDs are the statements that the document of an organization links.
func (s *Service) attestationIDs(tx *store.Tx, o engagement.Organization) (ids []string, err error) {
	list, err := tx.Attestations(o.ID)
	for _, a := range list {
		if a.Local() && a.InForce(tx.Now()) {
			ids = append(ids, s.Base.AttestationID(a))
		}
	}
	return ids, err
}

// renderAttestation tells others that an organization has a new statement about it. With the first one the instance gets the key for it, and
// announces that key, signed with the one it has: a key that appears without a word makes partners stop.
func (s *Service) renderAttestation(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	if _, err := s.assertionKey(tx); errors.Is(err, engagement.ErrNotFound) {
		if err := s.makeAssertionKey(tx, i, e); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	e.Kind = engagement.WireUpdate
	return s.renderOrganization(tx, i, e)
}

func (s *Service) makeAssertionKey(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	k, err := newAssertionKey(1)
	if err != nil {
		return err
	}
	if err := tx.PutActorKey(k); err != nil {
		return err
	}
	announced := engagement.Event{ID: derived(e.ID, "key"), Kind: engagement.WireUpdate, At: e.At}
	return ignore(s.renderNoun(tx, i, announced), errMeaningless) // nobody has seen the instance yet
}

// attestationThing is a statement of ours about an organization of ours.
func (s *Service) attestationThing(tx *store.Tx, key string) (thing, error) {
	a, err := tx.Attestation(engagement.ID(key))
	if err != nil {
		return thing{}, err
	}
	o, err := tx.Organization(a.Organization)
	if err != nil {
		return thing{}, err
	}
	t := thing{readers: audience{public: true}, public: true, page: s.Pages.Organization(o)}
	switch {
	case !a.Local(), o.State == engagement.OrganizationSuspended:
		return t, hidden("attestation", a.ID)
	case !a.Revoked.IsZero():
		t.gone = Tombstone(s.Base.AttestationID(a), typeAttestation, a.Revoked)
		return t, nil
	case o.State == engagement.OrganizationDissolved:
		t.gone = Tombstone(s.Base.AttestationID(a), typeAttestation, o.Updated)
		return t, nil
	}
	k, err := s.assertionKey(tx)
	if err != nil {
		return t, err
	}
	t.raw, err = s.Codec.Attestation(a, o, k)
	return t, err
}

// jobAttestation is the queue of organizations elsewhere whose statements are read every day; key: id of the organization.
const jobAttestation = "attestation"

const attestationEvery = 24 * time.Hour

// watchAttestations has the statements read that an organization elsewhere links, or does not link any more.
func (s *Service) watchAttestations(tx *store.Tx, o engagement.Organization, a Actor) error {
	if len(a.Attestations) == 0 {
		stored, err := tx.Attestations(o.ID)
		if err != nil || len(stored) == 0 {
			return err
		}
	}
	return tx.PutJob(store.Job{Queue: jobAttestation, Key: a.ID})
}

// attestationJob reads what others say about an organization elsewhere: the links from the organization, each statement from its id, and the
// document of whoever says it. What is gone or wrong is forgotten, what cannot be read today stays as it was.
func (s *Service) attestationJob(ctx context.Context, j store.LeasedJob) error {
	done := func(do func(*store.Tx) error) error { return s.store.Update(ctx, do) }
	d, err := s.client.Get(ctx, j.Key)
	switch {
	case absent(err):
		return done(func(tx *store.Tx) error { return tx.JobDone(j) })
	case err != nil:
		s.log.Info("attestations not read", "organization", j.Key, "err", err)
		return done(func(tx *store.Tx) error { return tx.JobAgain(j, tx.Now().Add(attestationEvery)) })
	}
	a, err := ReadActor(d.Raw)
	if err != nil {
		return err
	}
	if err := s.keyring.Learn(ctx, d); err != nil {
		return err
	}
	var found []engagement.Attestation
	var unread []string
	for _, iri := range a.Attestations {
		c, err := s.readClaim(ctx, iri, a.ID)
		switch {
		case err == nil:
			found = append(found, c)
		case errors.Is(err, ErrIgnored), isGone(err):
			s.log.Info("attestation without effect", "id", iri, "why", err)
		default:
			s.log.Info("attestation not read", "id", iri, "err", err)
			unread = append(unread, iri)
		}
	}
	return done(func(tx *store.Tx) error {
		o, err := tx.OrganizationByIRI(j.Key)
		if errors.Is(err, engagement.ErrNotFound) || err == nil && o.State != engagement.OrganizationActive {
			return tx.JobDone(j)
		}
		if err != nil {
			return err
		}
		if err := engagement.MirrorAttestations(tx, o.ID, found, unread); err != nil {
			return err
		}
		if len(a.Attestations) == 0 {
			return tx.JobDone(j)
		}
		return tx.JobAgain(j, tx.Now().Add(attestationEvery))
	})
}

// readClaim reads one statement about an organization and proves it. Only partners are asked: the statements of others do not count.
func (s *Service) readClaim(ctx context.Context, iri, about string) (engagement.Attestation, error) {
	if !s.isPartner(ctx, HostOf(iri)) {
		return engagement.Attestation{}, violation("T6", "%s is of no partner", iri)
	}
	d, err := s.client.Get(ctx, iri)
	if err != nil {
		return engagement.Attestation{}, err
	}
	c, err := ReadAttestation(d, s.now())
	if err != nil {
		return c.Attestation, err
	}
	if c.About != about || c.IRI != iri {
		return c.Attestation, violation("T1", "%s is %s about %s", iri, c.IRI, c.About)
	}
	maker, err := s.client.Get(ctx, c.Maker)
	if err != nil {
		return c.Attestation, err
	}
	if err := c.Verify(maker); err != nil {
		return c.Attestation, err
	}
	return c.Attestation, s.keyring.Learn(ctx, maker) // a key that nobody announced is noticed here too
}

// isGone says whether an answer was that there is no such thing any more.
func isGone(err error) bool {
	var e *RequestError
	return errors.As(err, &e) && e.Status == http.StatusGone
}
