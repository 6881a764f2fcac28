package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a process that serves an instance.
type server struct {
	*exec.Cmd
	base string
}

// startServer starts the program in a process of its own and waits until it answers.
func startServer(t *testing.T, errs *os.File, more string) (s server, o operator) {
	t.Helper()
	o, base := newServer(t, more)
	s = server{exec.Command(os.Args[0], "serve", "--config", o.config), base}
	s.Env = append(os.Environ(), asProgram+"=1")
	s.Stderr = errs
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Process.Kill() // it has ended already unless the test failed
		_ = s.Wait()
	})
	if err := eventually(t.Context(), func() error { return health(t.Context(), s.address()) }); err != nil {
		t.Fatal(err)
	}
	return s, o
}

func (s server) address() string { return "127.0.0.1:" + s.base[strings.LastIndex(s.base, ":")+1:] }

// begin opens a connection and sends all but the last byte of a request, so that it is in flight.
func (s server) begin(t *testing.T) (conn net.Conn, finish func() (*http.Response, error)) {
	t.Helper()
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST /ap/inbox HTTP/1.1\r\nHost: %s\r\nContent-Type: application/activity+json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", s.base[len("http://"):]); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if goOn, err := http.ReadResponse(answers, nil); err != nil || goOn.StatusCode != http.StatusContinue { // a handler reads the body
		t.Fatalf("%v, %v", goOn, err)
	}
	return conn, func() (*http.Response, error) {
		if _, err := io.WriteString(conn, "{}"); err != nil {
			return nil, err
		}
		return http.ReadResponse(answers, nil)
	}
}

// refuses waits until nobody is let in any more.
func (s server) refuses(t *testing.T) {
	t.Helper()
	if err := eventually(t.Context(), func() error {
		conn, err := net.Dial("tcp", s.address())
		if err == nil {
			conn.Close()
			return errors.New("still accepts connections")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// FLT-11: told to stop, the server lets nobody in, finishes what is in flight and ends in order; told twice, it ends at once.
func TestAServerThatIsToldToStop(t *testing.T) {
	t.Run("finishes what is in flight", func(t *testing.T) {
		s, _ := startServer(t, os.Stderr, "")
		_, finish := s.begin(t)
		if err := s.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		s.refuses(t)
		answer, err := finish()
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusUnauthorized { // nobody signed it
			t.Errorf("got %s", answer.Status)
		}
		if err := s.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Run("twice ends at once", func(t *testing.T) {
		s, _ := startServer(t, os.Stderr, "")
		s.begin(t) // never finished: alone it would be waited for
		for range 2 {
			if err := s.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			s.refuses(t)
		}
		var exit *exec.ExitError
		if err := s.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
			t.Errorf("it ended with %v", err)
		}
	})
}

// FLT-31: nobody reads the log any more.
func TestALogThatNobodyReads(t *testing.T) {
	ask := func(t *testing.T, s server) {
		t.Helper()
		answer, err := http.Get(s.base + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusOK {
			t.Errorf("got %s", answer.Status)
		}
	}
	// talk makes the server write more into its log than a pipe holds.
	talk := func(t *testing.T, s server) {
		t.Helper()
		for range 1500 {
			request, err := http.NewRequest(http.MethodPost, s.base+"/ap/inbox", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/activity+json")
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	}
	t.Run("because it is gone", func(t *testing.T) {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		s, _ := startServer(t, write, "[log]\nlevel = \"debug\"\n")
		write.Close()
		read.Close()
		talk(t, s)
		ask(t, s)
	})
	t.Run("because it waits", func(t *testing.T) {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer read.Close()
		s, _ := startServer(t, write, "[log]\nlevel = \"debug\"\n")
		write.Close()
		talk(t, s)
		ask(t, s)
	})
	t.Run("for a while is told how much it missed", func(t *testing.T) {
		slow := gate{open: make(chan struct{})}
		l, end := passOn(&slow, Config{}.logger)
		for n := range maxLogLines + 100 {
			fmt.Fprintf(l, "line %d\n", n)
		}
		close(slow.open)
		end()
		fmt.Fprintln(l, "after the end") // and this harms nobody
		if got := slow.String(); dropped(got) == 0 || !strings.HasPrefix(got, "line 0\nline 1\n") || strings.Count(got, "line ")+dropped(got) != maxLogLines+100 {
			t.Errorf("got %.200s", got)
		}
	})
}

// dropped is the number of lines that a log says it lacks.
func dropped(log string) (n int) {
	_, count, _ := strings.Cut(log, "count=")
	_, _ = fmt.Sscan(count, &n)
	return n
}

// gate writes nothing before it is open.
type gate struct {
	open chan struct{}
	bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	return g.Buffer.Write(p)
}

// FLT-07, FLT-08: the disk fails under a running server. It ends with a reason, and is not started again at once.
func TestAServerWhoseDiskFailsEnds(t *testing.T) {
	var log bytes.Buffer
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s, o := startServer(t, write, "")
	write.Close()
	file, err := os.OpenFile(filepath.Join(filepath.Dir(o.config), "seestern.db-wal"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Truncate(filepath.Join(filepath.Dir(o.config), "seestern.db"), 4096); err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(0); err != nil {
		t.Fatal(err)
	}
	for range 50 { // what it reads and writes is not there
		if answer, err := http.PostForm(s.base+"/anmelden", nil); err == nil {
			answer.Body.Close()
		}
	}
	_, _ = io.Copy(&log, read)
	var exit *exec.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(log.String(), "seestern: ") {
		t.Errorf("it ended with %v:\n%s", err, &log)
	}
	unit, err := os.ReadFile("../../deploy/seestern.service")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(unit), "Restart=on-failure\nRestartSec=10\n") {
		t.Error("the unit starts it again at once")
	}
}

// FLT-08: somebody else owns the database, or nobody may write it.
func TestADatabaseThatMayNotBeWritten(t *testing.T) {
	o, _ := newServer(t, "")
	_, stop := o.serve()
	stop()
	dir, self := filepath.Dir(o.config), os.Args[0]
	command := func(args ...string) *exec.Cmd {
		c := exec.Command(self, append(args, "--config", o.config)...)
		c.Env = append(os.Environ(), asProgram+"=1")
		return c
	}
	mode := os.FileMode(0o400)
	if os.Geteuid() == 0 { // may do everything: so the program runs as somebody else
		const nobody = 65534
		program := t.TempDir()
		if err := os.Link(self, filepath.Join(program, "seestern")); err != nil {
			t.Fatal(err)
		}
		self, mode = filepath.Join(program, "seestern"), 0o600
		own := command
		command = func(args ...string) *exec.Cmd {
			c := own(args...)
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			return c
		}
		for _, name := range []string{dir, filepath.Dir(dir), program, filepath.Dir(program)} {
			if err := os.Chmod(name, 0o711); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{dir, o.config, filepath.Join(dir, "secret.key")} {
			if err := os.Chown(name, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(filepath.Join(dir, "seestern.db"), mode); err != nil {
		t.Fatal(err)
	}
	out, err := command("serve").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "cannot be read and written by the user of this program: permission denied") {
		t.Errorf("got %v:\n%s", err, out)
	}
}

// FLT-25: a machine without a battery wakes up in 1970.
func TestAClockThatIsBeforeTheProgramIsRefused(t *testing.T) {
	for at, fine := range map[time.Time]bool{time.Unix(0, 0): false, built.Add(-time.Second): false, built: true, time.Now(): true, time.Date(2038, 1, 20, 0, 0, 0, 0, time.UTC): true} {
		if err := checkClock(at); (err == nil) != fine {
			t.Errorf("%s: %v", at, err)
		}
	}
}
