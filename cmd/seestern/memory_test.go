package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"seestern/federation"
)

// memory is how much the processes in it may use together. The kernel kills what needs more.
type memory struct {
	t   *testing.T
	dir string // of the kernel
}

func newMemory(t *testing.T) memory {
	root := "/sys/fs/cgroup"
	if _, err := os.Stat(root + "/memory"); err == nil { // version 1
		root += "/memory"
	}
	dir, err := os.MkdirTemp(root, "seestern-test-")
	m := memory{t, dir}
	if err == nil {
		t.Cleanup(func() { _ = os.Remove(dir) }) // left where a process still ends
		err = m.limit(256)
	}
	if err != nil {
		t.Skip("no memory can be limited here: ", err)
	}
	return m
}

func (m memory) limit(megabytes int) error {
	name := "memory.max"
	if strings.HasPrefix(m.dir, "/sys/fs/cgroup/memory/") {
		name = "memory.limit_in_bytes"
	}
	return os.WriteFile(filepath.Join(m.dir, name), []byte(strconv.Itoa(megabytes<<20)), 0)
}

// serve starts the instance within the limit.
func (m memory) serve(i *demoInstance) *exec.Cmd {
	m.t.Helper()
	s := exec.Command("sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(m.dir, "cgroup.procs"), os.Args[0], "serve", "--config", i.config)
	s.Stderr = os.Stderr
	if err := s.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		_ = s.Process.Kill() // it has ended already unless the test failed
		_ = s.Wait()
	})
	if err := eventually(m.t.Context(), func() error { return health(m.t.Context(), i.listen) }); err != nil {
		m.t.Fatal(err)
	}
	return s
}

// FLT-32: with the memory of a small machine the server answers everybody; with less than it needs it is killed, and what was acknowledged
// is there when it is started again.
func TestLittleMemory(t *testing.T) {
	m, i := newMemory(t), filledInstance(t)
	config, err := os.ReadFile(i.config)
	if err != nil {
		t.Fatal(err)
	}
	config = bytes.Replace(config, []byte("[web]\n"), []byte("[web]\ntrusted_proxies = [\"127.0.0.0/8\", \"::1/128\"]\n"), 1)
	if err := os.WriteFile(i.config, config, 0o600); err != nil {
		t.Fatal(err)
	}
	s := m.serve(i)
	for code, n := range crowd(i.base, 400) {
		if code == 0 || code >= 500 && code != http.StatusServiceUnavailable {
			t.Errorf("%d times %d", n, code)
		}
	}

	// A new one: who has answered a crowd keeps the memory that the next crowd needs.
	if err := errors.Join(s.Process.Signal(syscall.SIGTERM), s.Wait()); err != nil {
		t.Fatal(err)
	}
	s = m.serve(i)
	o := operator{t, i.config}
	known := o.must("account", "add", "--email", "ada@mail.example", "--name", "Ada")["id"]
	for megabytes := 24; m.limit(megabytes) != nil; megabytes++ { // version 1 refuses what is in use now
		if megabytes == 256 {
			t.Fatal("the limit cannot be lowered")
		}
	}
	for round := 0; crowd(i.base, 100)[0] == 0; round++ {
		if round == 20 {
			t.Fatal("it lives with what it needs at rest")
		}
	}
	var exit *exec.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %v", err)
	}

	if err := m.limit(256); err != nil {
		t.Fatal(err)
	}
	m.serve(i)
	if out := fmt.Sprint(o.must("account", "list")["list"]); !strings.Contains(out, known.(string)) {
		t.Errorf("the account %v is gone: %s", known, out)
	}
	if code, out, errs := o.run("doctor"); code != 0 {
		t.Errorf("doctor: exit %d\n%s%s", code, out, errs)
	}
}

// crowd sends many requests at once, each from an address of its own, and counts the answers by status, 0 for none.
func crowd(base string, n int) map[int]int {
	answers := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			code, err := burden(base, i)
			if err != nil {
				code = 0
			}
			mu.Lock()
			defer mu.Unlock()
			answers[code]++
		})
	}
	all.Wait()
	return answers
}

var onceField = regexp.MustCompile(`name="?once"? value="?([^" >]+)`)

// burden is a request that costs memory: the hash of a password, a body as large as one may be, or a search.
func burden(base string, i int) (int, error) {
	send := func(method, path, kind string, body []byte) (int, []byte, error) {
		r, err := http.NewRequest(method, base+path, bytes.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.%d.%d", i/250, i%250))
		r.Header.Set("Content-Type", kind)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, nil, err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return answer.StatusCode, text, err
	}
	switch i % 3 {
	case 0:
		code, page, err := send(http.MethodGet, "/anmelden", "", nil)
		once := onceField.FindSubmatch(page)
		if err != nil || once == nil {
			return code, err
		}
		form := url.Values{"once": {string(once[1])}, "email": {"somebody@mail.example"}, "passwort": {"Ein Satz mit fuenf Armen"}}
		code, _, err = send(http.MethodPost, "/anmelden", "application/x-www-form-urlencoded", []byte(form.Encode()))
		return code, err
	case 1:
		code, _, err := send(http.MethodPost, "/ap/inbox", "application/activity+json", bytes.Repeat([]byte("["), federation.MaxInbox))
		return code, err
	}
	code, _, err := send(http.MethodGet, "/angebote?q="+strings.Repeat(strconv.Itoa(i)+"+", 20), "", nil)
	return code, err
}
