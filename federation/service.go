package federation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"seestern/engagement"
	"seestern/store"
)

// Config is what the federation of an instance is made of.
type Config struct {
	Base  Base
	Store *store.Store
	// Client says which addresses may be dialed; Base, Key, Blocked and Now are filled in by New.
	Client ClientConfig
	Words  func(engagement.Lang) Words
	Pages  Pages

	KeyBits     int    // of RSA keys made from now on: 2048 (also when 0) or 3072
	Version     string // of the software, "1.0.3"
	HideVersion bool   // NodeInfo leaves the patch level out
	Repository  string // address of the source code
	Homepage    string // address of the project

	// Source is the address a request comes from, behind whatever proxies are trusted. Nil: nobody is limited by address.
	Source func(*http.Request) netip.Addr

	Log   *slog.Logger     // slog.Default() if nil
	Clock func() time.Time // time.Now if nil; the store must have the same
}

// Service is the federation of one instance at work: it answers other servers, renders and delivers what happened here, and keeps
// up with partners. Several processes may run one each on the same database.
//
// What the inbox builds on: Codec, store, verifier, keyring, client, log, now; [Service.enqueue] (render.go) to send something in the
// transaction of its cause, [mirrorOpportunity] and its sisters (mirror.go) to take over what partners tell, and jobs (jobs.go) for what
// needs the network. mountInboxes is the inbox's own.
type Service struct {
	Codec // Base, Words, Pages

	store    *store.Store
	client   *Client
	keyring  *Keyring
	verifier *Verifier // Check and Get say who sent a request; call Acknowledge after the commit
	inbox    *inbox    // what others may ask of us
	pool     *KeyPool
	making   singleflight.Group          // of first keys, by owner
	signing  *lru.Cache[string, usedKey] // by signer
	outage   outage
	reads    *limiter // by network: requests to read something
	config   Config
	log      *slog.Logger
	now      func() time.Time
	owner    string // names this process in leases

	// For tests: fail is called with the name of each step and may stop everything there, pause waits between requests to one host.
	fail  func(step string) error
	pause func(context.Context, time.Duration) error
}

// New makes the federation of an instance. Nothing happens before Run, and no request is answered before Routes.
func New(config Config) (*Service, error) {
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if config.KeyBits == 0 {
		config.KeyBits = rsaBits
	}
	if config.KeyBits != rsaBits && config.KeyBits != 3072 {
		return nil, fmt.Errorf("federation.key_bits: %d is neither 2048 nor 3072", config.KeyBits)
	}
	s := &Service{
		Codec: Codec{Base: config.Base, Words: config.Words, Pages: config.Pages},
		store: config.Store, config: config, log: config.Log, now: config.Clock, owner: newOwner(),
		inbox: newInbox(), reads: newLimiter(maxReads, requestSpan), pool: NewKeyPool(poolSize), fail: func(string) error { return nil }, pause: sleep,
	}
	var err error
	if s.signing, err = lru.New[string, usedKey](usedKeys); err != nil {
		return nil, err
	}
	c := config.Client
	c.Base, c.Key, c.Blocked, c.Now = config.Base, s.instanceKey, s.blocked, config.Clock
	c.SignsQuery, c.LearnQuery = s.signsQuery, s.learnQuery
	if s.client, err = NewClient(c); err != nil {
		return nil, err
	}
	actors := actorStore{store: s.store, newcomer: s.newcomer}
	s.keyring, err = NewKeyring(s.client, actors, KeyringConfig{Partner: s.isPartner, Gone: s.lookFor, Now: config.Clock})
	if err != nil {
		return nil, err
	}
	s.verifier = NewVerifier(config.Base, s.keyring, Policy{Admit: s.admit, Now: config.Clock})
	return s, nil
}

const (
	poolSize = 20  // key pairs for pseudonymous persons that are kept ready
	usedKeys = 500 // private keys that are kept parsed for a moment
)

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newOwner() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Routes mounts everything other servers ask for: ids, discovery, inboxes.
func (s *Service) Routes(r *mux.Router) {
	s.mountReads(r)
	s.mountInboxes(r)
	s.mountRest(r)
}

// handler is one answer to another server. It returns an error instead of writing one; see the table in errors.go.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle turns an error or a panic of a handler into an answer.
func (s *Service) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.log.Error("panic in federation", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				WriteError(w, r, fmt.Errorf("panic: %v", p))
			}
		}()
		if err := h(w, r); err != nil {
			WriteError(w, r, err)
		}
	})
}

// recovered turns a panic into an error; for defer.
func (s *Service) recovered(what string, err *error) {
	if p := recover(); p != nil {
		s.log.Error("panic in federation", "at", what, "panic", p, "stack", string(debug.Stack()))
		*err = fmt.Errorf("%s: panic: %v", what, p)
	}
}

// Run renders and delivers events, does jobs, and fills the key pool until ctx ends. It returns after everything in flight is
// finished or its lease given back; the error is nil when ctx ended.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for name, work := range map[string]func(context.Context) error{
		"key pool": s.pool.Run, "events": s.runEvents, "deliveries": s.runDeliveries, "jobs": s.runJobs,
	} {
		g.Go(func() (err error) {
			defer s.recovered(name, &err)
			if err := work(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("federation %s: %w", name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// admit is the first gate for everybody who asks and signs: suspended hosts are refused before a key is retrieved.
func (s *Service) admit(ctx context.Context, host string) error {
	if s.blocked(ctx, host) {
		return suspended(host)
	}
	return nil
}

func suspended(host string) error {
	return fmt.Errorf("host %s is suspended: %w", host, engagement.ErrForbidden)
}

// isPartner reports whether a host is a partner now.
func (s *Service) isPartner(ctx context.Context, host string) bool {
	h, err := s.lookAt(ctx, host)
	return err == nil && active(h.partner)
}

type admittedKey struct{}

// admitted says in a context that the standing of a host was looked at just now.
func admitted(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, admittedKey{}, host)
}

// blocked reports whether nothing is exchanged with a host. In doubt it is.
func (s *Service) blocked(ctx context.Context, host string) bool {
	if ctx.Value(admittedKey{}) == host {
		return false
	}
	h, err := s.lookAt(ctx, host)
	return err != nil || h.blocked()
}

// The two ways to sign a retrieval with a query, as the store has them for a host (protocol.md §4.6).
const (
	variantQuery   = "query"
	variantNoQuery = "no-query"
)

// signsQuery is whether a host wants the query of a target signed, as far as it is known.
func (s *Service) signsQuery(ctx context.Context, host string) bool {
	var p store.Peer
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Peer(host)
		return err
	})
	if err != nil {
		s.log.Error("cannot read how a host wants to be asked", "host", host, "err", err)
	}
	return p.GetVariant != variantNoQuery
}

// learnQuery remembers it. Failing to costs a second request the next time.
func (s *Service) learnQuery(ctx context.Context, host string, with bool) {
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.Peer(host)
		if err != nil {
			return err
		}
		p.GetVariant, p.Seen = variantNoQuery, tx.Now()
		if with {
			p.GetVariant = variantQuery
		}
		return tx.PutPeer(p)
	})
	if err != nil {
		s.log.Error("cannot remember how a host wants to be asked", "host", host, "err", err)
	}
}

// hostNow is how a host stands at this moment.
type hostNow struct {
	standing store.Standing
	partner  engagement.Partner
	known    bool // as a partner, in any state
}

func (h hostNow) blocked() bool {
	return h.standing == store.Suspended
}

func (s *Service) lookAt(ctx context.Context, host string) (h hostNow, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		h, err = lookAt(tx, host)
		return err
	})
	if err != nil {
		s.log.Error("cannot read the standing of a host", "host", host, "err", err)
	}
	return h, err
}

func lookAt(tx *store.Tx, host string) (hostNow, error) {
	now, err := lookAtAll(tx, []string{host})
	return now[host], err
}

// lookAtAll is lookAt for several hosts.
func lookAtAll(tx *store.Tx, hosts []string) (map[string]hostNow, error) {
	standings, partners, err := tx.Standings(hosts)
	if err != nil {
		return nil, err
	}
	now := make(map[string]hostNow, len(hosts))
	for host, standing := range standings {
		p, known := partners[host]
		now[host] = hostNow{standing, p, known}
	}
	return now, nil
}
