package federation_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

const attestationIRI = "https://a.example/ap/attestation/2b8f6a10-3c5d-4f0a-9a51-8f0d5b6c7d01"

// vouchingKey is the key of the instance in the golden documents.
func vouchingKey() federation.Key {
	return federation.Key{ID: "https://a.example/ap/actor#ed25519-1", Private: ed25519.NewKeyFromSeed([]byte("thirty-two bytes of a known seed"))}
}

func vouchingPublic() federation.PublicKey {
	k := vouchingKey()
	return federation.PublicKey{ID: k.ID, Owner: "https://a.example/ap/actor", Key: k.Private.Public()}
}

func testAttestation() engagement.Attestation {
	return engagement.Attestation{
		ID: "2b8f6a10-3c5d-4f0a-9a51-8f0d5b6c7d01", Organization: orgKey, Level: "register-geprueft", Basis: "Vereinsregister eingesehen",
		Stated: at("2026-10-01T00:00:00Z"), Until: at("2028-09-30T00:00:00Z"),
	}
}

// asRead is a document as it comes from its id.
func asRead(t testing.TB, raw []byte) federation.Document {
	t.Helper()
	m := decode(t, raw)
	return federation.Document{ID: m.ID(), Raw: m, Bytes: raw}
}

// maker is the document of the instance that vouches.
func maker(t testing.TB) federation.Document {
	t.Helper()
	raw, err := testCodec(t, "https://a.example").Instance(testInstance(), testKey(t, "https://a.example/ap/actor"), vouchingPublic())
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := raw.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return asRead(t, bytes)
}

// signedAttestation is the attestation after a change, signed as it then is unless the change is to the proof.
func signedAttestation(t testing.TB, change func(a *engagement.Attestation)) []byte {
	t.Helper()
	a := testAttestation()
	if change != nil {
		change(&a)
	}
	raw, err := testCodec(t, "https://a.example").Attestation(a, testOrganization(), vouchingKey())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// signAnew is the attestation after a change, signed as FEP-8b32 says, which is written out here once more.
func signAnew(t testing.TB, change func(d, proof map[string]any)) []byte {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(signedAttestation(t, nil), &d); err != nil {
		t.Fatal(err)
	}
	proof := d["proof"].(map[string]any)
	delete(d, "proof")
	delete(proof, "proofValue")
	change(d, proof)
	var hashes []byte
	for _, part := range []any{proof, d} {
		text, err := jcs.Transform(mustJSON(t, part))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		hashes = append(hashes, sum[:]...)
	}
	proof["proofValue"] = "z" + federation.EncodeBase58(ed25519.Sign(vouchingKey().Private.(ed25519.PrivateKey), hashes))
	d["proof"] = proof
	return mustJSON(t, d)
}

// Each rule of protocol.md §5.9 that one document can break, with the number of the rule.
func TestAnAttestationIsBelievedOnlyAsItWasSigned(t *testing.T) {
	now := at("2026-11-01T00:00:00Z")
	believe := func(raw []byte, by federation.Document) error {
		c, err := federation.ReadAttestation(asRead(t, raw), now)
		if err != nil {
			return err
		}
		return c.Verify(by)
	}
	if err := believe(signedAttestation(t, nil), maker(t)); err != nil {
		t.Fatalf("what is right is refused: %v", err)
	}
	t.Run("also with members that we do not know, in any order", func(t *testing.T) {
		if err := believe(signAnew(t, func(d, _ map[string]any) { d["name"] = "Mehr < davon" }), maker(t)); err != nil {
			t.Error(err)
		}
	})
	t.Run("also with the name of an office", func(t *testing.T) {
		if err := believe(signedAttestation(t, func(a *engagement.Attestation) { a.By = "Amt für Beteiligung" }), maker(t)); err != nil {
			t.Error(err)
		}
	})
	edit := func(do func(d, proof map[string]any)) []byte {
		var d map[string]any
		if err := json.Unmarshal(signedAttestation(t, nil), &d); err != nil {
			t.Fatal(err)
		}
		do(d, d["proof"].(map[string]any))
		return mustJSON(t, d)
	}
	text := func(old, new string) []byte {
		raw := string(signedAttestation(t, nil))
		if !strings.Contains(raw, old) {
			t.Fatalf("no %s in %s", old, raw)
		}
		return []byte(strings.ReplaceAll(raw, old, new))
	}
	for _, c := range []struct {
		name, rule string
		raw        []byte
	}{
		{"of another type", "T1", edit(func(d, _ map[string]any) { d["type"] = "Note" })},
		{"about nobody", "T2", edit(func(d, _ map[string]any) { delete(d, "object") })},
		{"of nobody", "T2", edit(func(d, _ map[string]any) { delete(d, "attributedTo") })},
		{"of an actor on another server", "T2", text(`"attributedTo":"https://a.example`, `"attributedTo":"https://b.example`)},
		{"with a key on another server", "T2", text(`"verificationMethod":"https://a.example`, `"verificationMethod":"https://b.example`)},
		{"with a key that is not listed", "T2", text("#ed25519-1", "#ed25519-2")},
		{"with a key that is for something else", "T2", text("#ed25519-1", "#main-key")},
		{"without a proof", "T2", edit(func(d, _ map[string]any) { delete(d, "proof") })},
		{"without a signature", "T3", edit(func(_, p map[string]any) { delete(p, "proofValue") })},
		{"with a signature in hexadecimal digits", "T3", edit(func(_, p map[string]any) { p["proofValue"] = "f00" })},
		{"with a short signature", "T3", edit(func(_, p map[string]any) { p["proofValue"] = "z2222" })},
		{"with another type of proof", "T3", edit(func(_, p map[string]any) { p["type"] = "Ed25519Signature2020" })},
		{"with another cryptosuite", "T3", edit(func(_, p map[string]any) { p["cryptosuite"] = "eddsa-rdfc-2022" })},
		{"with another purpose", "T3", edit(func(_, p map[string]any) { p["proofPurpose"] = "authentication" })},
		{"with another date in the proof", "T3", edit(func(_, p map[string]any) { p["created"] = "2026-10-02T00:00:00Z" })},
		{"with another context in the proof", "T3", edit(func(_, p map[string]any) { p["@context"] = []string{"https://www.w3.org/ns/activitystreams"} })},
		{"signed with another context in the proof", "T3", signAnew(t, func(_, p map[string]any) { p["@context"] = "https://www.w3.org/ns/activitystreams" })},
		{"signed without a context in the proof", "T3", signAnew(t, func(_, p map[string]any) { delete(p, "@context") })},
		{"with another context", "T3", edit(func(d, _ map[string]any) { d["@context"] = "https://www.w3.org/ns/activitystreams" })},
		{"about another organization", "T3", text(orgKey, "7b1c0f0e-5a55-7b0f-9d0a-0d6c3b1b9a02")},
		{"with a higher level", "T3", text("register-geprueft", "vereinbarung-72a")},
		{"with another basis", "T3", text("eingesehen", "gelesen")},
		{"with a longer life", "T3", text("2028-09-30", "2028-10-01")},
		{"with something added", "T3", edit(func(d, _ map[string]any) { d["name"] = "Mehr" })},
		{"that has ended", "T4", signedAttestation(t, func(a *engagement.Attestation) { a.Until = now })},
		{"of the future", "T4", signedAttestation(t, func(a *engagement.Attestation) { a.Stated = now.Add(time.Hour) })},
		{"for longer than 24 months", "T4", signedAttestation(t, func(a *engagement.Attestation) { a.Until = at("2028-10-01T00:00:01Z") })},
		{"without an end", "T4", edit(func(d, _ map[string]any) { delete(d, "endTime") })},
		{"with a basis that is too long", "T6", signedAttestation(t, func(a *engagement.Attestation) { a.Basis = strings.Repeat("ä", 301) })},
	} {
		t.Run("not one "+c.name, func(t *testing.T) {
			var refused *federation.Violation
			if err := believe(c.raw, maker(t)); !errors.As(err, &refused) || refused.Rule != c.rule {
				t.Errorf("got %v, want rule %s", err, c.rule)
			}
		})
	}
	t.Run("not with somebody else's document of its maker", func(t *testing.T) {
		d := maker(t)
		d.ID = "https://a.example/ap/org/" + orgKey
		if err := believe(signedAttestation(t, nil), d); err == nil {
			t.Error("believed")
		}
	})
}

// attest vouches for an organization in the name of the instance.
func (s *peer) attest(o engagement.Organization, level engagement.Code, basis string) engagement.Attestation {
	s.t.Helper()
	var a engagement.Attestation
	s.update(func(tx *store.Tx) (err error) {
		a, err = engagement.Attest(tx, engagement.System, o.ID, engagement.Statement{Level: level, Basis: basis, Until: engagement.DateOf(tx.Now()).Add(700)})
		return err
	})
	return a
}

// shownOf are the bases of what counts about a copy of an organization.
func (s *peer) shownOf(iri string) (bases []string) {
	s.t.Helper()
	s.view(func(tx *store.Tx) error {
		o, err := tx.OrganizationByIRI(iri)
		if err != nil {
			return err
		}
		list, err := tx.Attestations(o.ID)
		for _, a := range list {
			p, err := tx.Partner(a.Issuer)
			if err == nil && a.Counts(p, tx.Now()) {
				bases = append(bases, a.Basis)
			}
		}
		return err
	})
	return bases
}

func (s *peer) accepts(host string, levels ...engagement.Code) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error { return engagement.AcceptAttestations(tx, engagement.System, host, levels) })
}

func TestAnAttestationIsShownAtAPartner(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		org := a.organization("verein")
		iri := a.base.OrganizationID(org)
		partners(t, a, b)
		a.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, a, b)
		b.accepts("a.test", "register-geprueft")
		before := a.get(a.base.Actor()).JSON()
		said := a.attest(org, "register-geprueft", "Register eingesehen")
		settle(t, a, b)
		id := a.base.AttestationID(said)

		t.Run("after the key for it was announced with the old one", func(t *testing.T) {
			d := a.get(a.base.Actor()).JSON()
			methods, _ := d["assertionMethod"].([]any)
			if before["assertionMethod"] != nil || len(methods) != 1 || d["publicKey"].(map[string]any)["id"] != before["publicKey"].(map[string]any)["id"] {
				t.Errorf("got %v", d["assertionMethod"])
			}
			if got := b.partner("a.test"); len(got.Suspects) != 0 {
				t.Errorf("the partner suspects %v", got.Suspects)
			}
		})
		t.Run("by everybody who reads it", func(t *testing.T) {
			got := a.get(id)
			c, err := federation.ReadAttestation(asRead(t, got.Body), a.clock.Now())
			if err == nil {
				err = c.Verify(asRead(t, a.get(a.base.Actor()).Body))
			}
			if got.Status != 200 || err != nil || c.About != iri || got.Header.Get("Content-Type") != "application/activity+json" {
				t.Errorf("%d %v %v", got.Status, err, got.Header)
			}
			if d := a.get(iri).JSON()["seestern:org"].(map[string]any); !slices.Equal(strs(d["seestern:attestations"]), []string{id}) {
				t.Errorf("the organization links %v", d["seestern:attestations"])
			}
		})
		t.Run("with its basis", func(t *testing.T) {
			if got := b.shownOf(iri); !slices.Equal(got, []string{"Register eingesehen"}) {
				t.Errorf("got %v", got)
			}
		})
		t.Run("only as far as its level is accepted", func(t *testing.T) { // T6
			b.accepts("a.test", "vereinbarung-72a")
			if got := b.shownOf(iri); len(got) != 0 {
				t.Errorf("got %v", got)
			}
			b.accepts("a.test", "register-geprueft")
		})
		t.Run("and stays while nobody answers, for 14 days", func(t *testing.T) { // T5
			a.server.Close()
			pass(t, 13*24*time.Hour, 12*time.Hour, b)
			if got := b.shownOf(iri); len(got) != 1 {
				t.Errorf("after 13 days: %v", got)
			}
			b.clock.Forward(36 * time.Hour)
			if got := b.shownOf(iri); len(got) != 0 {
				t.Errorf("after 14 days: %v", got)
			}
			a.server.Reopen()
			pass(t, 48*time.Hour, 6*time.Hour, a, b)
			if got := b.shownOf(iri); len(got) != 1 {
				t.Errorf("when it answers again: %v", got)
			}
		})
		t.Run("also after its key was rotated, of which the partner hears", func(t *testing.T) {
			kept := asRead(t, a.get(id).Body)
			if _, err := a.service.RotateKey(t.Context(), a.base.Actor(), false); err != nil {
				t.Fatal(err)
			}
			settle(t, a, b)
			now := asRead(t, a.get(id).Body)
			if got := now.Raw.Map("proof").String("verificationMethod"); got != a.base.Actor()+"#ed25519-2" {
				t.Errorf("signed with %s", got)
			}
			actor := asRead(t, a.get(a.base.Actor()).Body)
			for name, d := range map[string]federation.Document{"that was kept": kept, "of today": now} {
				c, err := federation.ReadAttestation(d, a.clock.Now())
				if err = errors.Join(err, c.Verify(actor)); err != nil {
					t.Errorf("the statement %s: %v", name, err)
				}
			}
			pass(t, 48*time.Hour, 6*time.Hour, a, b)
			if got := b.partner("a.test"); len(got.Suspects) != 0 || len(b.shownOf(iri)) != 1 {
				t.Errorf("the partner suspects %v and shows %v", got.Suspects, b.shownOf(iri))
			}
			a.view(func(tx *store.Tx) error {
				keys, err := tx.ActorKeys("attestations")
				if len(keys) != 2 || len(keys[0].Private) == 0 || len(keys[1].Private) != 0 {
					t.Errorf("%d keys", len(keys))
				}
				return err
			})
		})
		t.Run("until it is revoked", func(t *testing.T) {
			a.update(func(tx *store.Tx) error { return engagement.RevokeAttestation(tx, engagement.System, said.ID) })
			if got := a.get(id); got.Status != 410 || got.JSON()["formerType"] != "seestern:Attestation" {
				t.Errorf("answered %d %s", got.Status, got.Body)
			}
			settle(t, a, b)
			if got := b.shownOf(iri); len(got) != 0 {
				t.Errorf("got %v", got)
			}
		})
		t.Run("and the next one has the same key", func(t *testing.T) {
			key := a.get(a.base.Actor()).JSON()["assertionMethod"]
			a.attest(org, "register-geprueft", "Noch einmal eingesehen")
			settle(t, a, b)
			if got := a.get(a.base.Actor()).JSON()["assertionMethod"]; string(mustJSON(t, got)) != string(mustJSON(t, key)) {
				t.Errorf("got %v, had %v", got, key)
			}
			if got := b.shownOf(iri); !slices.Equal(got, []string{"Noch einmal eingesehen"}) {
				t.Errorf("got %v", got)
			}
		})
	})
}

// What a partner's organization links is read only where it may count, and counts only as it was said (T1, T2, T5, T6).
func TestWhatIsLinkedAsAttestationHasToBeOne(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.befriend("far.test")
		server, far := h.world.Host("far.test"), h.actor("far.test", "club", indexable)
		codec, key := testCodec(t, "https://far.test"), ed25519.NewKeyFromSeed([]byte("another seed of thirty-two bytes"))
		actor := codec.Base.Actor()
		server.Document("/ap/actor", map[string]any{
			"@context": "https://www.w3.org/ns/activitystreams", "id": actor, "type": "Application", "preferredUsername": "far.test", "inbox": actor + "/inbox",
			"assertionMethod": []any{map[string]any{
				"id": actor + "#v", "type": "Multikey", "controller": actor, "publicKeyMultibase": federation.EncodeMultikey(key.Public().(ed25519.PublicKey)),
			}},
		})
		serve := func(n string, about string) string {
			a := testAttestation()
			a.ID, a.Stated, a.Until, a.Basis = engagement.ID("00000000-0000-4000-8000-00000000000"+n), h.clock.Now().Add(-time.Hour), h.clock.Now().Add(1000*time.Hour), "Grundlage "+n
			raw, err := codec.Attestation(a, engagement.Organization{IRI: about}, federation.Key{ID: actor + "#v", Private: key})
			if err != nil {
				t.Fatal(err)
			}
			path := "/ap/attestation/" + string(a.ID)
			server.Reply(path, fedtest.Reply{Type: federation.ContentType, Body: raw})
			return "https://far.test" + path
		}
		h.want(far, carry(far, "Create", h.proposal(far, "/opp/1")), 202)
		h.accepts("far.test", "register-geprueft")
		right, wrong := serve("1", far.ID), serve("2", far.ID+"/other")
		link := func(links ...string) {
			far.Change(func(d map[string]any) { d["seestern:org"] = map[string]any{"seestern:attestations": links} })
			h.clock.Forward(time.Minute)
			h.want(far, far.Activity("Update", far.Document()), 202)
			settle(t, h.peer)
		}
		stranger := h.world.Host("stranger.test")
		link(wrong, "https://stranger.test/ap/attestation/1", "https://far.test/nothing", "not an address", right)
		if got := h.shownOf(far.ID); !slices.Equal(got, []string{"Grundlage 1"}) {
			t.Errorf("counted: %v", got)
		}
		if asked := stranger.Requests(); len(asked) != 0 {
			t.Errorf("a server that is no partner was asked: %v", asked)
		}
		t.Run("and is none any more when the organization does not link it", func(t *testing.T) {
			link(wrong)
			if got := h.shownOf(far.ID); len(got) != 0 {
				t.Errorf("counted: %v", got)
			}
			link(right)
			if got := h.shownOf(far.ID); len(got) != 1 {
				t.Errorf("linked again: %v", got)
			}
		})
		t.Run("or is gone, the next day", func(t *testing.T) {
			server.Reply(strings.TrimPrefix(right, "https://far.test"), fedtest.Reply{Status: 410})
			pass(t, 26*time.Hour, 13*time.Hour, h.peer)
			if got := h.shownOf(far.ID); len(got) != 0 {
				t.Errorf("counted: %v", got)
			}
		})
	})
}
