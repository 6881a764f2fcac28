package federation_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store/storetest"
)

func TestRunTakesUpWhatIsCommittedAndStopsWhenItIsTold(t *testing.T) {
	s, org := newInstance(t)
	reader := s.mailboxes(org, 1)[0]
	arrived := make(chan struct{}, 10)
	reader.host.Handle("/inbox", func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		w.WriteHeader(http.StatusAccepted)
	})
	s.announce(org, "Vor dem Start")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.service.Run(ctx) }()
	<-arrived
	s.announce(org, "Während des Laufs")
	<-arrived
	stop()
	if err := <-done; err != nil {
		t.Errorf("got %v", err)
	}
	s.announce(org, "Nach dem Ende")
	select {
	case <-arrived:
		t.Error("it goes on after the end")
	default:
	}
}

func TestTwoProcessesShareOneQueue(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		readers := s.mailboxes(org, 12)
		first := s.service
		s.start()
		second := s.service
		for range 3 {
			s.announce(org, "Sprechstunde: mittwochs.")
		}
		errs := make(chan error)
		for _, service := range []*federation.Service{first, second} {
			go func() { errs <- service.Work(t.Context()) }()
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		settle(t, s)
		for _, r := range readers {
			if got := len(r.requests()); got != 3 {
				t.Errorf("%s got %d, want 3", r.host.Name, got)
			}
		}
	})
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	for name, change := range map[string]func(*federation.Config){
		"key_bits": func(c *federation.Config) { c.KeyBits = 1024 },
		"allow_addresses": func(c *federation.Config) {
			c.Base, c.Client.Allow = mustBase(t, "https://a.example"), fedtest.New(t).Allow()
		},
	} {
		codec := testCodec(t, "https://a.test")
		config := federation.Config{Base: codec.Base, Store: s, Words: codec.Words, Pages: codec.Pages}
		change(&config)
		if _, err := federation.New(config); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTheVersionCanBeKeptVague(t *testing.T) {
	w, clock := newWorld(t)
	s := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	for hide, want := range map[bool]string{false: "1.0.3", true: "1.0"} {
		s.configure = func(c *federation.Config) { c.HideVersion = hide }
		s.start()
		if got := s.get("/nodeinfo/2.1").JSON()["software"].(map[string]any)["version"]; got != want {
			t.Errorf("hidden %t: %v, want %s", hide, got, want)
		}
	}
}

func TestLongKeysAreMadeOnRequest(t *testing.T) {
	w, clock := newWorld(t)
	s := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	s.configure = func(c *federation.Config) { c.KeyBits = 3072 }
	s.start()
	key, err := s.service.InstanceKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := key.Private.Public().(interface{ Size() int }).Size() * 8; got != 3072 {
		t.Errorf("the key has %d bit", got)
	}
}
