package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// DEL-08: backups are encrypted for a key that is elsewhere, hold the database, and none is older than it may be.
func TestBackupsAreEncryptedVerifiedAndRemovedInTime(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		s := storetest.Open(t, c)
		const name = "Volunteer One of Friedrichshagen"
		if err := s.Update(t.Context(), func(tx *store.Tx) error {
			i := engagement.NewInstance()
			i.Name = name
			return tx.PutInstance(&i)
		}); err != nil {
			t.Fatal(err)
		}
		key, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		scratch := t.TempDir()
		b := &backups{
			folder: folder, every: 24 * time.Hour, keep: 30 * 24 * time.Hour, to: []age.Recipient{key.Recipient()}, scratch: scratch, store: s,
			log: slog.New(slog.DiscardHandler),
		}
		start := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
		for hour := range 24 * 40 {
			if err := b.tick(t.Context(), start.Add(time.Duration(hour)*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		end := start.Add((24*40 - 1) * time.Hour)
		made, err := madeBackups(folder)
		if err != nil || len(made) != 30 {
			t.Fatalf("after 40 days there are %d backups, %v; want those of 30 days", len(made), err)
		}
		var newest string
		for path, at := range made {
			if end.Sub(at) > 30*24*time.Hour {
				t.Errorf("%s is older than 30 days", path)
			}
			newest = max(newest, path)
		}
		if mode := modeOf(t, newest); mode != 0o600 {
			t.Errorf("a backup has mode %v, want 0600", mode)
		}
		for _, dir := range []string{folder, scratch} {
			all, err := filepath.Glob(filepath.Join(dir, "*"))
			hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
			if all = append(all, hidden...); err != nil || len(all) > len(made) {
				t.Errorf("besides backups there are %v", all)
			}
		}
		raw, err := os.ReadFile(newest)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(name)) || bytes.Contains(raw, []byte("SQLite format")) {
			t.Error("the backup can be read without its key")
		}
		opened, err := age.Decrypt(bytes.NewReader(raw), key)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(opened)
		if err != nil || !bytes.Contains(plain, []byte(name)) {
			t.Errorf("what was encrypted is not the database: %d bytes, %v", len(plain), err)
		}
	})
}

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// A clock that is wrong for a while neither removes the last backup nor keeps new ones from being made, and what a killed server left goes.
func TestBackupsOutliveAWrongClock(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b := &backups{
		folder: t.TempDir(), every: 24 * time.Hour, keep: 30 * 24 * time.Hour, to: []age.Recipient{key.Recipient()}, scratch: t.TempDir(), store: s,
		log: slog.New(slog.DiscardHandler),
	}
	right := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	tick := func(now time.Time) (newest time.Time) {
		t.Helper()
		if err := b.tick(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		made, err := madeBackups(b.folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range made {
			if at.After(newest) {
				newest = at
			}
		}
		return newest
	}
	tick(right)
	wrong := right.AddDate(12, 0, 0)
	scratch := b.scratch
	b.scratch = filepath.Join(t.TempDir(), "missing") // no backup can be made
	if err := b.tick(t.Context(), wrong); err == nil {
		t.Fatal("a backup was made without a place for its copy")
	}
	if made, err := madeBackups(b.folder); err != nil || len(made) != 1 {
		t.Fatalf("while none can be made there are %v, %v; want the last one", made, err)
	}
	b.scratch = scratch
	if got := tick(wrong.Add(time.Hour)); !got.Equal(wrong.Add(time.Hour)) {
		t.Fatalf("the newest backup is of %v", got)
	}
	left, part := filepath.Join(scratch, "seestern-copy-1"), filepath.Join(b.folder, "seestern-20261201T030000Z.db.age.part")
	if err := errors.Join(os.Mkdir(left, 0o700), os.Chtimes(left, right, right), os.WriteFile(part, []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, want := tick(right.AddDate(0, 0, 2)), right.AddDate(0, 0, 2); !got.Equal(want) {
		t.Errorf("after the clock was set right the newest backup is of %v, want %v", got, want)
	}
	if got := tick(right.AddDate(0, 0, 2).Add(time.Minute)); got.After(right.AddDate(0, 0, 3)) {
		t.Errorf("a backup of %v is still there", got)
	}
	for _, path := range []string{left, part} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
}

// When there has been no backup for 26 hours the admins get a mail, once a day.
func TestAdminsHearOfMissingBackups(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b := &backups{folder: t.TempDir(), every: time.Hour, keep: 24 * time.Hour, to: []age.Recipient{key.Recipient()}, store: s, log: slog.New(slog.DiscardHandler)}
	start := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	if err := b.tick(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	b.scratch = filepath.Join(t.TempDir(), "missing")
	mails := func() (n int) {
		events, err := s.LeaseEvents(t.Context(), engagement.Mail, "test", 100, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind == engagement.MailBackupMissing && e.To.Role == engagement.Admin {
				n++
			}
			if err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.EventDone(e) }); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	for _, step := range []struct {
		after time.Duration
		mails int
	}{{2 * time.Hour, 0}, {25 * time.Hour, 0}, {26 * time.Hour, 1}, {27 * time.Hour, 0}, {49 * time.Hour, 0}, {50 * time.Hour, 1}} {
		if err := b.tick(t.Context(), start.Add(step.after)); err == nil {
			t.Fatal("there is no place for a backup, and nobody says so")
		}
		if got := mails(); got != step.mails {
			t.Errorf("after %v: %d mails, want %d", step.after, got, step.mails)
		}
	}
}

func TestAnEncryptedBackupIsRestoredWithItsKeyOnly(t *testing.T) {
	o := newOperator(t)
	dir := t.TempDir()
	right, wrong := filepath.Join(dir, "key"), filepath.Join(dir, "other-key")
	recipient := o.must("keys", "backup", right)["recipient"].(string)
	o.must("keys", "backup", wrong)
	if mode := modeOf(t, right); mode != 0o600 {
		t.Errorf("the key has mode %v, want 0600", mode)
	}
	if code, _, errs := o.run("keys", "backup", right); code != 2 || !strings.Contains(errs, "exists") {
		t.Errorf("a key over a key: exit %d, %q", code, errs)
	}
	file := filepath.Join(dir, "copy.db.age")
	if code, _, errs := o.run("backup", file); code != 2 || !strings.Contains(errs, "backup.recipients") {
		t.Errorf("without a key: exit %d, %q", code, errs)
	}
	text, err := os.ReadFile(o.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.config, append(text, []byte("[backup]\nrecipients = [\""+recipient+"\"]\n")...), 0o600); err != nil {
		t.Fatal(err)
	}
	o.must("setup", "--name", "Mitmachen Mitte", "--place", "12555")
	o.must("backup", file)

	home := filepath.Dir(o.config)
	gone, err := filepath.Glob(filepath.Join(home, "seestern.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range gone {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, try := range []struct {
		args []string
		says string
	}{
		{[]string{"restore", file}, "--key"},
		{[]string{"restore", file, "--key", wrong}, "is not a key of this backup"},
		{[]string{"restore", file, "--key", file}, file},
	} {
		if code, _, errs := o.run(try.args...); code != 2 || !strings.Contains(errs, try.says) {
			t.Errorf("%v: exit %d, %q", try.args, code, errs)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.db.age")
	if err := os.WriteFile(cut, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := o.run("restore", cut, "--key", right); code == 0 {
		t.Errorf("half a backup was restored: %q", errs)
	}
	o.must("restore", file, "--key", right)
	if left, _ := filepath.Glob(filepath.Join(home, "seestern-copy-*")); len(left) > 0 {
		t.Errorf("a readable copy is left: %v", left)
	}
	if _, out, _ := o.run("doctor"); !strings.Contains(out, "seestern claim") {
		t.Errorf("after the restore the doctor says %s", out)
	}
	if got := o.must("setup", "--name", "Mitmachen Mitte"); got == nil {
		t.Error("the instance is not there")
	}
}

// The server makes its first backup at once, and the doctor finds it; without one he complains.
func TestTheServerMakesBackups(t *testing.T) {
	o := newOperator(t)
	key := o.must("keys", "backup", filepath.Join(t.TempDir(), "key"))
	text, err := os.ReadFile(o.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.config, append(text, []byte("[backup]\nfolder = \"copies\"\nrecipients = [\""+key["recipient"].(string)+"\"]\n")...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, out, _ := o.run("doctor"); !strings.Contains(out, "PROBLEM backup") {
		t.Errorf("without a backup the doctor says %s", out)
	}
	config, err := ReadConfig(o.config)
	if err != nil {
		t.Fatal(err)
	}
	i, err := openInstance(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer i.close()
	b, err := i.backups(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for mode, fine := range map[os.FileMode]bool{0o700: true, 0o750: true, 0o755: false, 0o701: false} {
		if err := os.Chmod(b.folder, mode); err != nil {
			t.Fatal(err)
		}
		_, err := i.backups(slog.New(slog.DiscardHandler))
		if (err == nil) != fine {
			t.Errorf("a folder of mode %04o: %v", mode, err)
		}
		if _, out, _ := o.run("doctor"); strings.Contains(out, "can be used by others") == fine {
			t.Errorf("of a folder of mode %04o the doctor says %s", mode, out)
		}
	}
	if err := os.Chmod(b.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	made := make(chan struct{})
	b.log = slog.New(slog.NewTextHandler(writerFunc(func(p []byte) {
		if strings.Contains(string(p), "backup written") {
			close(made)
		}
	}), nil))
	ended := make(chan error, 1)
	go func() { ended <- b.run(ctx) }()
	<-made
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if _, out, _ := o.run("doctor"); strings.Contains(out, "PROBLEM backup") {
		t.Errorf("with a backup the doctor says %s", out)
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

func TestBackupSettingsAreChecked(t *testing.T) {
	for name, c := range map[string]struct{ text, key string }{
		"too seldom":      {`every = "25h"`, "backup.every"},
		"too often":       {`every = "1m"`, "backup.every"},
		"no duration":     {`every = "daily"`, "backup.every"},
		"kept too long":   {`keep_days = 31`, "backup.keep_days"},
		"not kept":        {`keep_days = 0`, "backup.keep_days"},
		"not encrypted":   {`folder = "copies"`, "backup.recipients"},
		"not a key":       {"folder = \"copies\"\nrecipients = [\"secret\"]", "backup.recipients"},
		"a key, not ours": {`recipients = ["AGE-SECRET-KEY-1"]`, "backup.recipients"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadConfig(write(t, "base_url = \"http://localhost:8099\"\n[backup]\n"+c.text+"\n"))
			if err == nil || !strings.Contains(err.Error(), c.key) || slices.Contains(strings.Fields(err.Error()), "secret") {
				t.Errorf("got %v, want an error about %s", err, c.key)
			}
		})
	}
}
