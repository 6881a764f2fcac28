package federation_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/federation"
	"seestern/federation/fedtest"
)

// learned makes the node know an actor, as an earlier contact would have.
func learned(t *testing.T, n *node, a *fedtest.Actor) {
	t.Helper()
	d, err := n.client.Get(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.keyring.Learn(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestKeyAndActorHaveToNameEachOther(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	evil := n.world.Host("evil.test").Actor("remote_evil")
	victim := n.world.Host("victim.test").Actor("remote_victim")
	learned(t, n, victim)
	before := victim.Host.Asked("/u/remote_victim")
	evilPEM := fedtest.PublicPEM(evil.Key().Public())
	keyDocument := func(id, owner string) map[string]any {
		return map[string]any{"@context": "https://w3id.org/security/v1", "id": id, "owner": owner, "publicKeyPem": evilPEM}
	}
	claims := func(id string, listed bool) map[string]any {
		m := map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Person", "inbox": id + "/inbox"}
		if listed {
			m["publicKey"] = []any{map[string]any{"id": "https://evil.test/k7", "owner": id, "publicKeyPem": evilPEM}}
		}
		return m
	}
	evil.Host.Document("/k1", keyDocument("https://evil.test/k1", victim.ID))
	evil.Host.Document("/k2", keyDocument("https://evil.test/k2", evil.ID))
	evil.Host.Document("/k3", map[string]any{"id": victim.ID, "type": "Person", "publicKey": map[string]any{"id": "https://evil.test/k3", "owner": victim.ID, "publicKeyPem": evilPEM}})
	evil.Host.Document("/k4", map[string]any{"id": "https://evil.test/k4", "type": "Person", "publicKey": map[string]any{"id": "https://evil.test/k4", "owner": victim.ID, "publicKeyPem": evilPEM}})
	evil.Host.Document("/k5", claims("https://evil.test/k5", false))
	evil.Host.Document("/k6", map[string]any{"id": "https://evil.test/k6", "type": "Note", "publicKey": map[string]any{"id": "https://evil.test/k6", "owner": "https://evil.test/k6", "publicKeyPem": evilPEM}})
	evil.Host.Document("/k7", keyDocument("https://evil.test/k7", "https://evil.test/u/k7"))
	evil.Host.Document("/u/k7", claims("https://evil.test/u/k7", true))
	evil.Host.Document("/k8", keyDocument("https://evil.test/k8", "https://evil.test/u/k8"))
	evil.Host.Document("/u/k8", map[string]any{"id": "https://evil.test/u/k8", "type": "Person", "publicKey": map[string]any{
		"id": "https://evil.test/k8", "owner": "https://evil.test/u/k8", "publicKeyPem": fedtest.PublicPEM(good.Key().Public()),
	}})
	evil.Host.Document("/k9", keyDocument("https://evil.test/k9", "https://evil.test/u/k9"))
	evil.Host.Reply("/u/k9", fedtest.Reply{Status: http.StatusFound, Header: http.Header{"Location": {"/u/other"}}})
	evil.Host.Document("/u/other", map[string]any{"id": "https://evil.test/u/other", "type": "Person", "publicKey": map[string]any{
		"id": "https://evil.test/k9", "owner": "https://evil.test/u/other", "publicKeyPem": evilPEM,
	}})
	// As GoToSocial does it: the key has a path of its own, where a stub of the actor is served.
	evil.Host.Document("/u/stub/main-key", map[string]any{"id": "https://evil.test/u/stub", "type": "Person", "publicKey": map[string]any{
		"id": "https://evil.test/u/stub/main-key", "owner": "https://evil.test/u/stub", "publicKeyPem": evilPEM,
	}})
	evil.Host.Document("/u/stub", map[string]any{"id": "https://evil.test/u/stub", "type": "Person", "inbox": "https://evil.test/u/stub/inbox", "publicKey": map[string]any{
		"id": "https://evil.test/u/stub/main-key", "owner": "https://evil.test/u/stub", "publicKeyPem": evilPEM,
	}})

	for _, tt := range []struct {
		name, keyID, actor string
		want               int
	}{
		{"SIG-09 a key document that names a foreign owner is refused", "https://evil.test/k1", victim.ID, 401},
		{"SIG-09 also for an actor of the key's own host", "https://evil.test/k1", evil.ID, 401},
		{"a key that its owner does not list is refused", "https://evil.test/k2", evil.ID, 401},
		{"ORG-07 a document that claims another id is not believed", "https://evil.test/k3", victim.ID, 401},
		{"a stub that names a foreign owner is refused", "https://evil.test/k4", "https://evil.test/k4", 401},
		{"an actor without the key is refused", "https://evil.test/k5", "https://evil.test/k5", 401},
		{"something that is no actor owns no key", "https://evil.test/k6", "https://evil.test/k6", 401},
		{"a key document and an owner that lists the key are accepted", "https://evil.test/k7", "https://evil.test/u/k7", 202},
		{"a key document and an owner with different keys are refused", "https://evil.test/k8", "https://evil.test/u/k8", 401},
		{"an owner that leads to another actor is refused", "https://evil.test/k9", "https://evil.test/u/other", 401},
		{"a stub at the key's own path is accepted", "https://evil.test/u/stub/main-key", "https://evil.test/u/stub", 202},
		{"an actor that lists the key is accepted", evil.KeyID, evil.ID, 202},
	} {
		t.Run(tt.name, func(t *testing.T) {
			activity := map[string]any{"id": "https://evil.test/a/1", "type": "Like", "actor": tt.actor, "object": "x"}
			n.wantPost(t, evil, activity, fedtest.Signing{KeyID: tt.keyID}, tt.want)
		})
	}
	t.Run("SIG-09 the victim's stored key is unchanged, its server was asked at most once", func(t *testing.T) {
		n.wantPost(t, victim, victim.Activity("Like", "x"), fedtest.Signing{}, 202)
		if got := victim.Host.Asked("/u/remote_victim") - before; got > 1 {
			t.Errorf("asked %d times", got)
		}
	})
	t.Run("what was found to be no key is remembered for five minutes", func(t *testing.T) {
		before := len(evil.Host.Requests())
		like := map[string]any{"id": "https://evil.test/a/2", "type": "Like", "actor": evil.ID, "object": "x"}
		n.wantPost(t, evil, like, fedtest.Signing{KeyID: "https://evil.test/k2"}, 401)
		if got := len(evil.Host.Requests()) - before; got != 0 {
			t.Errorf("asked %d times within five minutes", got)
		}
		n.clock.Advance(5 * time.Minute)
		n.wantPost(t, evil, like, fedtest.Signing{KeyID: "https://evil.test/k2"}, 401)
		if got := len(evil.Host.Requests()) - before; got == 0 {
			t.Error("not asked again after five minutes")
		}
	})
}

// An actor that lists somebody else's key id must not push the real one out of the store.
func TestActorSpeaksOnlyForKeysOfItsOwnOrigin(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	evil := n.world.Host("evil.test").Actor("remote_evil")
	learned(t, n, good)
	evil.Change(func(document map[string]any) {
		mine, _ := document["publicKey"].(map[string]any)
		document["publicKey"] = []any{
			mine,
			map[string]any{"id": good.KeyID, "owner": evil.ID, "publicKeyPem": mine["publicKeyPem"]},
			map[string]any{"id": evil.ID + "#lent", "owner": evil.Host.URL("/u/else"), "publicKeyPem": mine["publicKeyPem"]},
		}
		document["assertionMethod"] = []any{
			map[string]any{"id": evil.ID + "#odd", "type": "Key", "controller": evil.ID, "publicKeyMultibase": multikey},
			map[string]any{"id": evil.ID + "#lent-too", "type": "Multikey", "controller": good.ID, "publicKeyMultibase": multikey},
		}
	})
	n.wantPost(t, evil, evil.Activity("Like", "x"), fedtest.Signing{}, 202)
	if got := n.store.actors[evil.ID].KeyIDs; len(got) != 1 || got[0] != evil.KeyID {
		t.Errorf("stored keys %v", got)
	}
	n.wantPost(t, evil, evil.Activity("Like", "x"), fedtest.Signing{KeyID: good.KeyID}, 401)
	n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{}, 202)
}

func TestKnownKeysAreNotRetrievedAgain(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	like := func(want int) { t.Helper(); n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{}, want) }
	like(202)
	like(202)
	if got := good.Host.Asked("/u/remote_good"); got != 1 {
		t.Errorf("retrieved %d times, want once", got)
	}
	t.Run("a restart does not forget them", func(t *testing.T) {
		keyring, err := federation.NewKeyring(n.client, n.store, federation.KeyringConfig{Now: n.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		n.verifier = federation.NewVerifier(n.base, keyring, n.policy)
		like(202)
		if got := good.Host.Asked("/u/remote_good"); got != 1 {
			t.Errorf("retrieved %d times, want once", got)
		}
	})
	t.Run("after 24 hours they are", func(t *testing.T) {
		n.clock.Advance(24 * time.Hour)
		like(202)
		if got := good.Host.Asked("/u/remote_good"); got != 2 {
			t.Errorf("retrieved %d times, want twice", got)
		}
	})
}

func TestKeyRotation(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	k1, k2, k3 := good.Key(), fedtest.RSAKey("good.test", 102), fedtest.RSAKey("good.test", 103)
	like := func(s fedtest.Signing, want int) {
		t.Helper()
		n.wantPost(t, good, good.Activity("Like", "x"), s, want)
	}
	asked := func() int { return good.Host.Asked("/u/remote_good") }
	like(fedtest.Signing{}, 202)

	t.Run("SIG-14 a new key is found by one new retrieval", func(t *testing.T) {
		good.SetKey(k2, "")
		like(fedtest.Signing{}, 202)
		like(fedtest.Signing{}, 202)
		if asked() != 2 {
			t.Errorf("retrieved %d times, want 2", asked())
		}
		if stored := n.store.actors[good.ID]; !bytes.Contains(stored.Document, []byte(strings.Split(fedtest.PublicPEM(k2.Public()), "\n")[3])) {
			t.Error("the store still has the old key")
		}
	})
	t.Run("SIG-14 the next failure within the hour retrieves nothing", func(t *testing.T) {
		good.SetKey(k3, "")
		n.clock.Advance(59 * time.Minute)
		like(fedtest.Signing{}, 401)
		like(fedtest.Signing{Key: k1}, 401)
		if asked() != 2 {
			t.Errorf("retrieved %d times, want 2", asked())
		}
	})
	t.Run("SIG-14 after the hour it does", func(t *testing.T) {
		n.clock.Advance(time.Minute)
		like(fedtest.Signing{}, 202)
		if asked() != 3 {
			t.Errorf("retrieved %d times, want 3", asked())
		}
	})
	t.Run("SIG-15 a withdrawn key is refused for good", func(t *testing.T) {
		n.clock.Advance(25 * time.Hour)
		like(fedtest.Signing{}, 202)
		like(fedtest.Signing{Key: k1}, 401)
		like(fedtest.Signing{Key: k2}, 401)
	})
	t.Run("C7 a new key id is found at once, and the old one is gone", func(t *testing.T) {
		old := good.KeyID
		k4 := fedtest.RSAKey("good.test", 104)
		good.SetKey(k4, good.ID+"#key-2")
		before := asked()
		like(fedtest.Signing{}, 202)
		if asked() != before+1 {
			t.Errorf("retrieved %d times, want once", asked()-before)
		}
		like(fedtest.Signing{Key: k3, KeyID: old}, 401)
	})
	t.Run("C7 an Update that was signed with the old key replaces it without a retrieval", func(t *testing.T) {
		before := asked()
		old, oldID := good.Key(), good.KeyID
		good.SetKey(fedtest.RSAKey("good.test", 105), good.ID+"#key-3")
		raw := mustJSON(t, good.Document())
		m, err := federation.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.keyring.Learn(t.Context(), federation.Document{ID: good.ID, Raw: m, Bytes: raw}); err != nil {
			t.Fatal(err)
		}
		like(fedtest.Signing{}, 202)
		if asked() != before {
			t.Errorf("retrieved %d times, want never", asked()-before)
		}
		like(fedtest.Signing{Key: old, KeyID: oldID}, 401)
	})
}

func TestKeyLearnedByAnotherNodeIsUsed(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{}, 202)
	good.SetKey(fedtest.RSAKey("good.test", 102), "")
	other, err := federation.NewKeyring(n.client, n.store, federation.KeyringConfig{Now: n.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	d, err := n.client.Get(t.Context(), good.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Learn(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	before := good.Host.Asked("/u/remote_good")
	n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{}, 202)
	if got := good.Host.Asked("/u/remote_good") - before; got != 0 {
		t.Errorf("retrieved %d times although the store had the key", got)
	}
}

func TestTroubleWithAKeyServer(t *testing.T) {
	n := newNode(t, func(_ *node, c *federation.ClientConfig) { c.Timeout = 300 * time.Millisecond })
	slow := make(chan struct{})
	defer close(slow)
	answers := map[string]fedtest.Reply{
		"404": {Status: 404}, "410": {Status: 410}, "500": {Status: 500}, "429": {Status: 429},
		"timeout": {Until: slow}, "cut": {Type: federation.ContentType, Body: []byte(`{"id":"x"}`), Cut: 3},
		"no JSON": {Type: federation.ContentType, Body: []byte(`<html>`)},
	}
	for _, tt := range []struct {
		answer          string
		stranger, known int
	}{
		{"404", 401, 401},
		{"410", 401, 401},
		{"no JSON", 401, 401},
		{"500", 401, 503},
		{"429", 401, 503},
		{"timeout", 401, 503},
		{"cut", 401, 503},
	} {
		t.Run("SIG-18 "+tt.answer, func(t *testing.T) {
			host := n.world.Host(strings.ToLower(strings.ReplaceAll(tt.answer, " ", "-")) + ".test")
			stranger, known := host.Actor("stranger"), host.Actor("known")
			learned(t, n, known)
			n.clock.Advance(25 * time.Hour)
			host.Reply("/u/stranger", answers[tt.answer])
			host.Reply("/u/known", answers[tt.answer])
			n.wantPost(t, stranger, stranger.Activity("Like", "x"), fedtest.Signing{}, tt.stranger)
			got := known.Post(inbox, known.Activity("Like", "x"))
			if got.Status != tt.known {
				t.Errorf("known actor: got %d, want %d", got.Status, tt.known)
			}
			if tt.known == 503 && got.Header.Get("Retry-After") != "300" {
				t.Errorf("Retry-After %q, want 300", got.Header.Get("Retry-After"))
			}
			n.wantPost(t, stranger, stranger.Activity("Like", "x"), fedtest.Signing{}, tt.stranger)
			if got := host.Asked("/u/stranger"); got != 1 {
				t.Errorf("the stranger's document was asked for %d times, want once", got)
			}
		})
	}
	t.Run("SIG-18 a gone stranger is remembered for a day", func(t *testing.T) {
		stranger := n.world.Host("gone.test").Actor("stranger")
		stranger.SetGone()
		for _, want := range []int{1, 1, 2} {
			n.wantPost(t, stranger, stranger.Activity("Like", "x"), fedtest.Signing{}, 401)
			if got := stranger.Host.Asked("/u/stranger"); got != want {
				t.Errorf("asked %d times, want %d", got, want)
			}
			n.clock.Advance(12 * time.Hour)
		}
	})
	t.Run("SIG-18 an acquaintance that is gone is reported", func(t *testing.T) {
		if want := "https://410.test/u/known"; len(n.gone) != 1 || n.gone[0] != want {
			t.Errorf("reported %v, want %s", n.gone, want)
		}
	})
}

func TestOddKeysAreRefused(t *testing.T) {
	spki := func(key any) string {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	modulus := func(bits int) *big.Int {
		m := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return m.Add(m, big.NewInt(1))
	}
	good := fedtest.RSAKey("good.test", 0)
	private, err := federation.EncodePrivateKey(good)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&good.PublicKey)}))
	for _, tt := range []struct {
		name, text string
		ok         bool
	}{
		{"RSA of 2,048 bit as SPKI is accepted", fedtest.PublicPEM(good.Public()), true},
		{"RSA of 2,048 bit as PKCS#1 is accepted", pkcs1, true},
		{"RSA of 4,096 bit is accepted", spki(&rsa.PublicKey{N: modulus(4096), E: 65537}), true},
		{"SIG-16 RSA of 1,024 bit", spki(&rsa.PublicKey{N: modulus(1024), E: 65537}), false},
		{"SIG-16 RSA of 2,047 bit", spki(&rsa.PublicKey{N: modulus(2047), E: 65537}), false},
		{"SIG-16 RSA of 4,097 bit", spki(&rsa.PublicKey{N: modulus(4097), E: 65537}), false},
		{"SIG-16 RSA of 65,536 bit with a huge exponent", spki(&rsa.PublicKey{N: modulus(65536), E: 1<<31 - 1}), false},
		{"SIG-16 RSA with exponent 1", spki(&rsa.PublicKey{N: modulus(2048), E: 1}), false},
		{"SIG-16 RSA with exponent 3", spki(&rsa.PublicKey{N: modulus(2048), E: 3}), false},
		{"SIG-16 a curve", spki(&curve.PublicKey), false},
		{"SIG-16 a private key", string(private), false},
		{"SIG-16 a megabyte after the key", fedtest.PublicPEM(good.Public()) + strings.Repeat("x", 1<<20), false},
		{"SIG-16 more than 8 KiB before the key", strings.Repeat("x", 8<<10) + "\n" + fedtest.PublicPEM(good.Public()), false},
		{"SIG-16 another block after the key", fedtest.PublicPEM(good.Public()) + pkcs1, false},
		{"no PEM", "key", false},
		{"nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := federation.ParsePublicKey(tt.text)
			if (err == nil) != tt.ok {
				t.Errorf("got error %v, want accepted %v", err, tt.ok)
			}
		})
	}
	t.Run("SIG-16 an actor with an odd key is refused, whatever it signs", func(t *testing.T) {
		n := newNode(t)
		a := n.world.Host("good.test").Actor("remote_good")
		small, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		a.SetKey(small, "")
		n.wantPost(t, a, a.Activity("Like", "x"), fedtest.Signing{}, 401)
	})
}

// However many strangers write at once, at most four requests per host are under way; the others are told to come again.
func TestKeyLookupsPerHostAreLimited(t *testing.T) {
	n := newNode(t)
	slow := n.world.Host("slow.test")
	arrived, release := make(chan struct{}, 20), make(chan struct{})
	for i := range 8 {
		slow.Handle("/u/"+string(rune('a'+i)), func(w http.ResponseWriter, _ *http.Request) {
			arrived <- struct{}{}
			<-release
			w.WriteHeader(http.StatusNotFound)
		})
	}
	good := n.world.Host("good.test").Actor("remote_good")
	key := func(i int) error {
		_, err := n.keyring.Key(context.Background(), slow.URL("/u/"+string(rune('a'+i))+"#main-key"), false)
		return err
	}
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			if err := key(i); !errors.Is(err, federation.ErrSignature) {
				t.Errorf("got %v", err)
			}
		})
	}
	for range 4 {
		<-arrived
	}
	t.Run("RES-04 the fifth for the same host is told to come again", func(t *testing.T) {
		if err := key(4); !errors.Is(err, federation.ErrOverloaded) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("RES-04 another host is not affected", func(t *testing.T) {
		n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{}, 202)
	})
	close(release)
	wait.Wait()
	t.Run("RES-04 when they are done, there is room again", func(t *testing.T) {
		if err := key(4); !errors.Is(err, federation.ErrSignature) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("lookups of strangers are limited to ten in a second", func(t *testing.T) {
		n.clock.Advance(time.Second)
		over := 0
		for i := range 15 {
			host := n.world.Host("many-" + string(rune('a'+i)) + ".test")
			_, err := n.keyring.Key(t.Context(), host.URL("/u/x#main-key"), false)
			if errors.Is(err, federation.ErrOverloaded) {
				over++
			}
		}
		if over != 5 {
			t.Errorf("%d of 15 were turned away, want 5", over)
		}
	})
}

func TestOneInboundRequestCausesAtMostThreeRequests(t *testing.T) {
	n := newNode(t)
	evil := n.world.Host("evil.test").Actor("remote_evil")
	redirect := func(from, to string) {
		evil.Host.Reply(from, fedtest.Reply{Status: 302, Header: http.Header{"Location": {to}}})
	}
	redirect("/k", "/k/1")
	redirect("/k/1", "/k/2")
	evil.Host.Document("/k/2", map[string]any{"id": "https://evil.test/k/3", "type": "Person"})
	redirect("/k/3", "/k/4")
	like := map[string]any{"id": "https://evil.test/a/1", "type": "Like", "actor": evil.ID, "object": "x"}
	got := evil.PostSigned(inbox, like, fedtest.Signing{KeyID: "https://evil.test/k#main-key"})
	if got.Status != http.StatusServiceUnavailable || len(evil.Host.Requests()) != 3 {
		t.Errorf("RES-05 got %d and %d requests, want 503 and 3", got.Status, len(evil.Host.Requests()))
	}
}

func TestKeyPool(t *testing.T) {
	pool := federation.NewKeyPool(2)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- pool.Run(ctx) }()
	seen := map[string]bool{}
	for range 3 {
		key, err := pool.Take()
		if err != nil {
			t.Fatal(err)
		}
		if key.N.BitLen() != 2048 || seen[key.N.String()] {
			t.Errorf("key of %d bit, seen before: %v", key.N.BitLen(), seen[key.N.String()])
		}
		seen[key.N.String()] = true
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// multikey is an example that the W3C published.
const multikey = "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"

func TestKeysSurviveTheirTextForm(t *testing.T) {
	_, ed := ed25519Actor(fedtest.New(t))
	private := fedtest.RSAKey("good.test", 0)
	text, err := federation.EncodePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	back, err := federation.ParsePrivateKey(text)
	if err != nil || !private.Equal(back) {
		t.Errorf("RSA: got %v, %v", back, err)
	}
	if text, err = federation.EncodePrivateKey(ed); err != nil {
		t.Fatal(err)
	}
	if back, err = federation.ParsePrivateKey(text); err != nil || !ed.Equal(back) {
		t.Errorf("Ed25519: got %v, %v", back, err)
	}
	public, err := federation.EncodePublicKey(private.Public())
	if err != nil || public != fedtest.PublicPEM(private.Public()) {
		t.Errorf("got %s, %v", public, err)
	}
	key, err := federation.ParseMultikey(multikey)
	if err != nil || federation.EncodeMultikey(key) != multikey {
		t.Errorf("Multikey: got %s, %v", federation.EncodeMultikey(key), err)
	}
	for _, odd := range []string{"", "z", "z6Mk", "u" + multikey[1:], multikey + "1", multikey[:47] + "0", "z" + strings.Repeat("1", 80)} {
		if _, err := federation.ParseMultikey(odd); err == nil {
			t.Errorf("%q was accepted", odd)
		}
	}
}
