package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// lines collects what a running server prints.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newServer is an operator with an address of their own, and newServer.serve runs it.
func newServer(t *testing.T, more string) (o operator, base string) {
	port := freePorts(t, 1)
	base = fmt.Sprintf("http://localhost:%d", port)
	return operator{t, write(t, fmt.Sprintf("base_url = %q\nlisten = \"127.0.0.1:%d\"\n%s[mail]\ntransport = \"folder\"\nfrom = \"a@seestern.example\"\n", base, port, more))}, base
}

// serve runs the server until the test ends, or until it is stopped, and returns what it prints once it answers.
func (o operator) serve() (log *lines, stop func()) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log = &lines{}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "--config", o.config}, log, log) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if code := <-ended; code != 0 {
			o.t.Errorf("serve ended with %d:\n%s", code, log)
		}
	})
	o.t.Cleanup(stop)
	if err := eventually(ctx, func() error {
		if code, _, errs := o.run("health"); code != 0 {
			return fmt.Errorf("health: %s", errs)
		}
		return nil
	}); err != nil {
		o.t.Fatalf("%v\n%s", err, log)
	}
	return log, stop
}

var setUpAddress = regexp.MustCompile(`http://\S+/einrichten\?schluessel=[0-9a-f]{32}`)

var firstAccount = map[string]string{"person": "Ada", "email": "ada@mail.example", "passwort": "Ein Satz mit fuenf Armen"}

// step is the address of a page of the set-up.
func step(address, n string) string {
	return strings.Replace(address, "/einrichten?", "/einrichten/"+n+"?", 1)
}

func TestTheFirstStartPrintsTheAddressThatSetsTheInstanceUp(t *testing.T) {
	o, base := newServer(t, "")
	log, _ := o.serve()
	address := setUpAddress.FindString(log.String())
	if address == "" {
		t.Fatalf("no address in:\n%s", log)
	}
	b := newBrowser(base)
	p, err := b.fill(t.Context(), step(address, "1"), "/einrichten/1", map[string]string{"name": "Mitmachen in Köpenick", "kind": "bezirk", "place": "12555"})
	if err != nil || p.url.Path != "/einrichten" {
		t.Fatalf("the set-up leads to %v: %v", p.url, err)
	}
	if p, err = b.fill(t.Context(), step(address, "2"), "/einrichten/2", firstAccount); err != nil || p.url.Path != "/konto/sicherheit/zweiter-faktor" {
		t.Fatalf("the first account leads to %v: %v", p.url, err)
	}
	if again, err := newBrowser(base).get(t.Context(), address); err != nil || again.status != 404 {
		t.Errorf("the second visit: got %d, %v, want 404", again.status, err)
	}
	if list := o.must("account", "list")["list"].([]any); len(list) != 1 || !strings.Contains(fmt.Sprint(list), "admin moderator") {
		t.Errorf("accounts: %v, want one, admin and moderator", list)
	}
}

func TestTheKeyOfTheSetUpEndsWithTheFirstAccount(t *testing.T) {
	o, base := newServer(t, "")
	log, _ := o.serve()
	b := newBrowser(base)
	p, err := b.get(t.Context(), step(setUpAddress.FindString(log.String()), "2"))
	if err != nil {
		t.Fatal(err)
	}
	o.must("account", "add", "--email", "eve@mail.example", "--name", "Eve", "--role", "admin")
	if p, err = p.fill(t.Context(), "/einrichten/2", firstAccount); p == nil || p.status != 410 {
		t.Errorf("got %v, want 410", err)
	}
	if list := o.must("account", "list")["list"].([]any); len(list) != 1 {
		t.Errorf("accounts: %v, want the one of the operator", list)
	}
}

func TestAnInstanceIsSetUpAtTheCommandLine(t *testing.T) {
	o := newOperator(t)
	if code, _, errs := o.run("setup", "--name", "Mitmachen", "--kind", "bezirk", "--place", "12555"); code != 0 {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := o.run("setup", "--public"); code != 1 || !strings.Contains(errs, "impressum") {
		t.Errorf("public without texts: exit %d, %s", code, errs)
	}
}
