package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// PRV-27: whatever the umask is, nothing that the program writes can be read by others.
func TestNothingIsForOthers(t *testing.T) {
	i := filledInstance(t)
	s := exec.Command("sh", "-c", `umask 000 && exec "$@"`, "sh", os.Args[0], "serve", "--config", i.config)
	s.Stderr = os.Stderr
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Process.Kill() // it has ended already unless the test failed
		_ = s.Wait()
	})
	if err := eventually(t.Context(), func() error { return health(t.Context(), i.listen) }); err != nil {
		t.Fatal(err)
	}
	backup := exec.Command("sh", "-c", `umask 000 && exec "$@"`, "sh", os.Args[0], "backup", filepath.Join(i.dir, "copy.db"), "--config", i.config)
	if out, err := backup.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var seen []string
	err := filepath.WalkDir(i.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == i.dir {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if seen = append(seen, e.Name()); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil || len(seen) < 4 { // configuration, secret, database, its log, the copy
		t.Errorf("there are %q, %v", seen, err)
	}
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
}
