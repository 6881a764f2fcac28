package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// BenchmarkColdStart starts the program with the data of the demo and asks for the first page: s.
func BenchmarkColdStart(b *testing.B) {
	i := filledInstance(b)
	var total time.Duration
	for b.Loop() {
		began := time.Now()
		stop := i.run(b)
		total += time.Since(began)
		stop()
	}
	b.ReportMetric(total.Seconds()/float64(b.N), "s")
}

// BenchmarkIdleMemory is the resident memory of the program after its first page: MB.
func BenchmarkIdleMemory(b *testing.B) {
	i := filledInstance(b)
	megabytes := 0.0
	for b.Loop() {
		stop := i.run(b)
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.process.Process.Pid))
		if err != nil {
			b.Skip("no /proc: ", err)
		}
		kilobytes, err := strconv.Atoi(string(regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(status)[1]))
		if err != nil {
			b.Fatal(err)
		}
		megabytes = float64(kilobytes) / 1024
		stop()
	}
	b.ReportMetric(megabytes, "MB")
}

// BenchmarkBinary is the size of the program as the Makefile builds it: MB.
func BenchmarkBinary(b *testing.B) {
	path := filepath.Join(b.TempDir(), "seestern")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "MB")
}

// filledInstance is an instance with the data of the demo.
func filledInstance(t testing.TB) *demoInstance {
	t.Helper()
	port := freePorts(t, 1)
	i := &demoInstance{name: "tk", dir: t.TempDir(), base: fmt.Sprintf("http://localhost:%d", port), listen: fmt.Sprintf("127.0.0.1:%d", port)}
	i.config = filepath.Join(i.dir, "config.toml")
	if _, err := i.configure("seestern.db"); err != nil {
		t.Fatal(err)
	}
	if err := i.fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Setenv(asProgram, "1")
	return i
}

// run starts the instance and gets its first page.
func (i *demoInstance) run(b *testing.B) (stop func()) {
	var log bytes.Buffer
	if err := i.start(b.Context(), &console{out: &log, errs: &log}); err != nil {
		b.Fatalf("%v\n%s", err, log.String())
	}
	answer, err := http.Get(i.base + "/")
	if err != nil {
		b.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		b.Fatalf("the first page answers %s", answer.Status)
	}
	return i.stop
}
