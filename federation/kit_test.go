package federation_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"seestern/federation"
	"seestern/federation/fedtest"
)

// node is the smallest instance that can receive: a real HTTP server in front of client, keyring and verifier, whose inboxes
// only write down who sent what.
type node struct {
	base     federation.Base
	world    *fedtest.World
	clock    *clock
	key      federation.Key
	store    *actorStore
	client   *federation.Client
	keyring  *federation.Keyring
	verifier *federation.Verifier
	host     *fedtest.Host
	policy   federation.Policy

	mu      sync.Mutex
	effects []string // "Type Actor", one for each accepted activity
	readers []string // host of each verified GET
	gone    []string // actors reported as gone
	blocked []string // hosts
}

// newNode serves an instance at https://me.test in a world of its own.
func newNode(t *testing.T, change ...func(*node, *federation.ClientConfig)) *node {
	t.Helper()
	n := &node{world: fedtest.New(t), clock: &clock{now: time.Now().Truncate(time.Second)}, store: newActorStore()}
	n.world.Now = n.clock.Now
	n.base = mustBase(t, "https://me.test")
	n.key = federation.Key{ID: n.base.Actor() + "#main-key", Private: fedtest.RSAKey("me.test", 0)}
	config := federation.ClientConfig{
		Base: n.base, Allow: n.world.Allow(), Lookup: n.world.Lookup, Roots: n.world.Roots(), Now: n.clock.Now,
		Key:     func(context.Context) (federation.Key, error) { return n.key, nil },
		Blocked: func(_ context.Context, host string) bool { return slices.Contains(n.blocked, host) },
	}
	for _, c := range change {
		c(n, &config)
	}
	var err error
	if n.client, err = federation.NewClient(config); err != nil {
		t.Fatal(err)
	}
	n.keyring, err = federation.NewKeyring(n.client, n.store, federation.KeyringConfig{
		Now: n.clock.Now, Gone: func(_ context.Context, actor string) { n.gone = append(n.gone, actor) },
	})
	if err != nil {
		t.Fatal(err)
	}
	n.policy.Now = n.clock.Now
	n.verifier = federation.NewVerifier(n.base, n.keyring, n.policy)
	n.host = n.world.Serve("me.test", n)
	return n
}

// forget makes the verifier take the next exact repetition for a new request.
func (n *node) forget() { n.verifier = federation.NewVerifier(n.base, n.keyring, n.policy) }

func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := n.serve(w, r); err != nil {
		federation.WriteError(w, r, err)
	}
}

func (n *node) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		verified, err := n.verifier.Get(r.Context(), r)
		if err != nil {
			return err
		}
		n.note(&n.readers, verified.Host)
		_, err = io.WriteString(w, verified.Actor)
		return err
	}
	body, err := federation.ReadActivity(w, r)
	if err != nil {
		return err
	}
	verified, e, err := received(r.Context(), n.verifier, r, body)
	if err != nil {
		return err
	}
	n.note(&n.effects, e.Type+" "+verified.Actor)
	n.verifier.Acknowledge(verified)
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// received verifies a request to an inbox as the service does, but for what the service knows of who sends.
func received(ctx context.Context, v *federation.Verifier, r *http.Request, body []byte) (federation.Verified, federation.Envelope, error) {
	signed, e, err := v.Read(r, body)
	if err != nil {
		return federation.Verified{}, e, err
	}
	verified, err := v.Check(ctx, signed, e)
	return verified, e, err
}

func (n *node) note(list *[]string, s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	*list = append(*list, s)
}

// Effects is how many activities had an effect.
func (n *node) Effects() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.effects)
}

const inbox = "https://me.test/ap/org/7b1c0f0e-5a55-7b0f-9d0a-0d6c3b1b9a01/inbox"

// wantPost sends an activity and compares status, effect and the shape of the answer.
func (n *node) wantPost(t *testing.T, a *fedtest.Actor, activity any, s fedtest.Signing, want int) {
	t.Helper()
	before := n.Effects()
	got := a.PostSigned(inbox, activity, s)
	effects := n.Effects() - before
	if wantEffects := map[bool]int{true: 1}[want == http.StatusAccepted]; got.Status != want || effects != wantEffects {
		t.Errorf("got status %d and %d effects, want %d and %d", got.Status, effects, want, wantEffects)
	}
	if want == http.StatusUnauthorized && string(got.Body) != `{"title":"Unauthorized","status":401}`+"\n" {
		t.Errorf("the answer gives a hint: %s", got.Body)
	}
}

// clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// actorStore keeps remote actors in memory.
type actorStore struct {
	mu     sync.Mutex
	actors map[string]federation.RemoteActor
}

func newActorStore() *actorStore { return &actorStore{actors: map[string]federation.RemoteActor{}} }

func (s *actorStore) RemoteActor(_ context.Context, id string) (federation.RemoteActor, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.actors[id]
	return a, ok, nil
}

func (s *actorStore) RemoteActorByKey(_ context.Context, keyID string) (federation.RemoteActor, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.actors {
		if slices.Contains(a.KeyIDs, keyID) {
			return a, true, nil
		}
	}
	return federation.RemoteActor{}, false, nil
}

func (s *actorStore) PutRemoteActor(_ context.Context, a federation.RemoteActor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.actors[a.ID] = a
	return nil
}

func mustBase(t testing.TB, s string) federation.Base {
	t.Helper()
	base, err := federation.ParseBase(s)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func addresses(list ...string) func(int) ([]netip.Addr, error) {
	return func(int) ([]netip.Addr, error) {
		var addrs []netip.Addr
		for _, a := range list {
			addrs = append(addrs, netip.MustParseAddr(a))
		}
		return addrs, nil
	}
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
