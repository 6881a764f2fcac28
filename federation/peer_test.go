package federation_test

import (
	"context"
	"crypto"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// peer is a complete instance among others: its database, its federation and the HTTP server in front. What is in it was made by the
// rules, as people make it.
type peer struct {
	t       testing.TB
	world   *fedtest.World
	clock   *storetest.Clock
	base    federation.Base
	config  store.Config
	store   *store.Store
	service *federation.Service
	server  *fedtest.Host
	wake    <-chan struct{}
	handler http.Handler

	configure func(*federation.Config) // what start does differently; may be nil
}

// newWorld is a world whose clock a test moves.
func newWorld(t testing.TB) (*fedtest.World, *storetest.Clock) {
	t.Helper()
	w, clock := fedtest.New(t), &storetest.Clock{}
	w.Now = clock.Now
	return w, clock
}

// newPeer serves an instance at https://{name} on the given empty database. It is set up, and open to everybody.
func newPeer(t testing.TB, w *fedtest.World, clock *storetest.Clock, name string, c store.Config) *peer {
	t.Helper()
	s := &peer{t: t, world: w, clock: clock, base: mustBase(t, "https://"+name), config: c}
	s.config.BaseURL, s.config.Clock = s.base.String(), clock.Now
	if s.config.Log == nil {
		s.config.Log = slog.New(slog.DiscardHandler)
	}
	s.store = storetest.Open(t, s.config)
	s.update(func(tx *store.Tx) error {
		i := testInstance()
		i.Mode, i.MinorsFrom, i.AnswerDays = "open", 16, 5
		return tx.PutInstance(&i)
	})
	s.server = w.Serve(name, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }))
	s.start()
	return s
}

// eachPeer runs a test with an instance at https://me.test, on every engine.
func eachPeer(t *testing.T, test func(t *testing.T, s *peer)) {
	t.Helper()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		w, clock := newWorld(t)
		test(t, newPeer(t, w, clock, "me.test", c))
	})
}

// start begins with a fresh process: nothing that was in memory is there any more.
func (s *peer) start() {
	s.t.Helper()
	codec := testCodec(s.t, s.base.String())
	config := federation.Config{
		Base: s.base, Store: s.store, Words: codec.Words, Pages: codec.Pages, Version: "1.0.3", Clock: s.clock.Now, Log: s.config.Log,
		Repository: "https://code.example/seestern", Homepage: "https://seestern.example",
		Client: federation.ClientConfig{Allow: s.world.Allow(), Lookup: s.world.Lookup, Roots: s.world.Roots()},
	}
	if s.configure != nil {
		s.configure(&config)
	}
	service, err := federation.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	service.Hurry()
	r := mux.NewRouter().SkipClean(true)
	service.Routes(r)
	s.service, s.handler = service, r
	s.wake, _ = s.store.Wake()
}

func (s *peer) update(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.store.Update(context.Background(), f); err != nil {
		s.t.Fatalf("%s: %v", s.base.Host, err)
	}
}

func (s *peer) view(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.store.View(context.Background(), f); err != nil {
		s.t.Fatalf("%s: %v", s.base.Host, err)
	}
}

// settle lets everything that is due at all peers happen, until nothing is left to do at this moment of the clock. A failpoint ends
// the work of a peer for that time.
func settle(t testing.TB, peers ...*peer) {
	t.Helper()
	for range 100 {
		worked := false
		for _, s := range peers {
			if err := s.service.Work(context.Background()); err != nil && !errors.Is(err, federation.ErrStopped) {
				t.Fatalf("%s: %v", s.base.Host, err)
			}
			select {
			case <-s.wake:
				worked = true
			default:
			}
		}
		if !worked {
			return
		}
	}
	t.Fatal("it never comes to rest")
}

// pass lets time go by in steps, with everything that happens on the way.
func pass(t testing.TB, d, step time.Duration, peers ...*peer) {
	t.Helper()
	for ; d > 0; d -= step {
		peers[0].clock.Forward(step)
		settle(t, peers...)
	}
}

// setMode changes the federation mode.
func (s *peer) setMode(mode engagement.Code) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Mode = mode
		return tx.PutInstance(&i)
	})
}

// organization makes an active organization.
func (s *peer) organization(handle string) engagement.Organization {
	s.t.Helper()
	var o engagement.Organization
	s.update(func(tx *store.Tx) (err error) {
		o = testOrganization()
		o.ID, o.Code, o.Handle, o.Name = "", "", handle, "Verein "+handle
		if o, err = engagement.RegisterOrganization(tx, engagement.System, o); err != nil {
			return err
		}
		if err := engagement.ApproveOrganization(tx, engagement.System, o.ID, "register-geprueft"); err != nil {
			return err
		}
		o, err = tx.Organization(o.ID)
		return err
	})
	return o
}

// opportunity publishes an opportunity of an organization; change may alter it before.
func (s *peer) opportunity(org engagement.Organization, title string, change ...func(*engagement.Opportunity)) engagement.Opportunity {
	s.t.Helper()
	var o engagement.Opportunity
	s.update(func(tx *store.Tx) (err error) {
		o = draft(org, title)
		for _, c := range change {
			c(&o)
		}
		if o, err = engagement.SaveOpportunity(tx, engagement.System, o); err != nil {
			return err
		}
		o, err = engagement.SubmitOpportunity(tx, engagement.System, o.ID)
		return err
	})
	if o.State != engagement.Published {
		s.t.Fatalf("opportunity is %s", o.State)
	}
	return o
}

// draft is an opportunity that passes the quality gate.
func draft(org engagement.Organization, title string) engagement.Opportunity {
	o := testOpportunity()
	o.ID, o.Code, o.Organization, o.State, o.Title, o.Taken = "", "", org.ID, "", title, 0
	o.Published, o.Confirmed = time.Time{}, time.Time{}
	o.Description = "Eine Stunde in der Woche lesen Sie Kindern in kleinen Gruppen vor. Die Bücher sind da, und wir arbeiten Sie ein. Sie kommen einmal " +
		"in der Woche am Nachmittag für eine Stunde in die Schule, lesen vor und sprechen mit den Kindern über das Gelesene. Alle zwei Monate " +
		"treffen sich alle Vorlesenden zum Austausch, und wer möchte, bekommt eine Fortbildung."
	o.Details, o.Load, o.Reason, o.ReasonText, o.UrgentUntil = "", "", "", "", ""
	o.ContactRole, o.ContactMail, o.ContactPhone, o.ContactVia = "Koordination", "kontakt@verein.example", "", "formular"
	o.Fingerprint, o.Hidden = "", ""
	return o
}

// announce publishes a piece of news.
func (s *peer) announce(org engagement.Organization, text string) engagement.Announcement {
	s.t.Helper()
	var a engagement.Announcement
	s.update(func(tx *store.Tx) (err error) {
		a, err = engagement.Announce(tx, engagement.System, org.ID, engagement.News{Text: text})
		return err
	})
	return a
}

// partners makes two instances partners of each other, at the level that shows everything at once.
func partners(t testing.TB, a, b *peer) {
	t.Helper()
	found, err := a.service.Lookup(context.Background(), b.base.String())
	if err != nil {
		t.Fatal(err)
	}
	a.update(func(tx *store.Tx) error {
		_, err := engagement.ProposePartner(tx, engagement.System, found)
		return err
	})
	a.trust(b)
	settle(t, a, b)
	b.update(func(tx *store.Tx) error {
		_, err := engagement.ConfirmPartner(tx, engagement.System, a.base.Host)
		return err
	})
	b.trust(a)
	settle(t, a, b)
	for _, pair := range [][2]*peer{{a, b}, {b, a}} {
		if got := pair[0].partner(pair[1].base.Host); got.State != engagement.PartnerActive {
			t.Fatalf("%s has %s as %s", pair[0].base.Host, pair[1].base.Host, got.State)
		}
	}
}

func (s *peer) trust(other *peer) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		_, err := engagement.SetPartner(tx, engagement.System, other.base.Host, "vertraut", false, "")
		return err
	})
}

func (s *peer) partner(host string) (p engagement.Partner) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		p, err = tx.Partner(host)
		return err
	})
	return p
}

// follow makes actors of other servers followers of an organization, by their own signed Follow.
func (s *peer) follow(org engagement.Organization, followers ...*fedtest.Actor) {
	s.t.Helper()
	for _, f := range followers {
		if _, got := f.Follow(s.base.OrganizationID(org)); got.Status != http.StatusAccepted {
			s.t.Fatalf("Follow of %s answered %d: %s", f.ID, got.Status, got.Body)
		}
		s.clock.Forward(time.Second) // strangers are looked up ten a second
	}
	settle(s.t, s)
}

// deliveries are the deliveries in a state, oldest first.
func (s *peer) deliveries(state store.QueueState) (list []store.DeliveryRow) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		list, err = tx.Deliveries(state, "", 10_000)
		return err
	})
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// of are the activities of a type.
func of(kind string, list []fedtest.Activity) (found []fedtest.Activity) {
	for _, a := range list {
		if a.Type() == kind {
			found = append(found, a)
		}
	}
	return found
}

// publicKey is the key that the document of an actor of this instance shows.
func (s *peer) publicKey(actor string) crypto.PublicKey {
	s.t.Helper()
	shown := s.get(actor).JSON()["publicKey"].(map[string]any)
	key, err := federation.ParsePublicKey(shown["publicKeyPem"].(string))
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}
