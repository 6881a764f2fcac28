package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"seestern/engagement"
	"seestern/store"
)

// backups writes encrypted copies of the database into a folder and removes old ones. Only public keys are here: what it writes it cannot
// read, and neither can who steals the machine or the folder.
type backups struct {
	folder  string
	every   time.Duration
	keep    time.Duration
	to      []age.Recipient
	scratch string // folder for the copy before it is encrypted
	store   *store.Store
	log     *slog.Logger

	tried, told time.Time
}

const (
	backupRetry = 10 * time.Minute // after one that failed
	backupAge   = 26 * time.Hour   // of the newest one, from which the admins are told: once a day at most (security.md §4.1 R12)
	maxBackups  = 30               // days that one is kept: what was deleted is gone from everywhere after that (security.md §5)
)

// The name of a backup says when it was made, so that a copy of the folder keeps it.
const (
	backupPrefix = "seestern-"
	backupSuffix = ".db.age"
	partSuffix   = ".part" // until it is whole
	backupTime   = "20060102T150405Z"
)

// backups are those of the configuration; nil if it wants none.
func (i *instance) backups(log *slog.Logger) (*backups, error) {
	if i.Backup.Folder == "" {
		return nil, nil
	}
	every, err := time.ParseDuration(i.Backup.Every)
	if err != nil {
		return nil, err
	}
	to, err := recipients(i.Backup.Recipients)
	if err != nil {
		return nil, err
	}
	b := &backups{
		folder: i.path(i.Backup.Folder), every: every, keep: time.Duration(i.Backup.KeepDays) * 24 * time.Hour, to: to,
		scratch: i.scratch(), store: i.store, log: log,
	}
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return nil, err
	}
	return b, i.closedBackups()
}

// closedBackups refuses a folder that everybody on the machine may use: who may write there can take backups away. That of a group is left
// to the operator, who may copy them to another machine by it.
func (c Config) closedBackups() error {
	folder := c.path(c.Backup.Folder)
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return fmt.Errorf("%s can be used by others (mode %04o); run chmod o= on it", folder, mode)
	}
	return nil
}

// scratch is where a copy of the database may lie for a moment: beside it, where there is room. Of PostgreSQL it is the system's folder.
func (c Config) scratch() string {
	if isPostgres(c.Database.URL) {
		return ""
	}
	return filepath.Dir(c.databaseURL())
}

func recipients(keys []string) ([]age.Recipient, error) {
	return age.ParseRecipients(strings.NewReader(strings.Join(keys, "\n")))
}

// run looks every minute until ctx ends.
func (b *backups) run(ctx context.Context) error {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for {
		if err := b.tick(ctx, time.Now()); err != nil && ctx.Err() == nil {
			b.log.Error("backup", "folder", b.folder, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-minute.C:
		}
	}
}

// tick makes a backup if it is time, removes those that are too old, and tells the admins if there has been none for too long.
func (b *backups) tick(ctx context.Context, now time.Time) error {
	newest, err := b.clean(now)
	if err = errors.Join(err, store.RemoveScratch(b.scratch, now)); err != nil {
		return errors.Join(err, b.alarm(ctx, now, newest))
	}
	if now.Sub(newest) < b.every || now.Sub(b.tried).Abs() < min(backupRetry, b.every) {
		return nil
	}
	b.tried = now
	path := filepath.Join(b.folder, backupPrefix+now.UTC().Format(backupTime)+backupSuffix)
	if err := writeEncrypted(ctx, b.store, path, b.scratch, b.to); err != nil {
		return errors.Join(err, b.alarm(ctx, now, newest))
	}
	b.log.Info("backup written and verified", "file", path)
	return nil
}

// clean removes what has been kept long enough, and what a killed process has left, and returns when the newest one was made; zero if there
// is none. Nothing is removed before there is a newer one: neither a clock that was wrong for a moment nor a full disk may cost the last backup.
func (b *backups) clean(now time.Time) (newest time.Time, err error) {
	parts, err := filepath.Glob(filepath.Join(b.folder, backupPrefix+"*"+backupSuffix+partSuffix))
	for _, path := range parts { // nobody writes one now
		err = errors.Join(err, os.Remove(path))
	}
	made, madeErr := madeBackups(b.folder)
	if err = errors.Join(err, madeErr); err != nil {
		return newest, err
	}
	for _, at := range made {
		if at.After(newest) && !inFuture(at, now) {
			newest = at
		}
	}
	if now.Sub(newest) >= b.keep {
		return newest, nil
	}
	for path, at := range made {
		if now.Sub(at) >= b.keep || inFuture(at, now) {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return newest, err
}

// inFuture says whether the clock was wrong when a backup was made: nobody knows how old it is.
func inFuture(at, now time.Time) bool { return at.After(now.Add(time.Hour)) }

// madeBackups are the backups in a folder, with the time at which each was made.
func madeBackups(folder string) (map[string]time.Time, error) {
	files, err := filepath.Glob(filepath.Join(folder, backupPrefix+"*"+backupSuffix))
	made := map[string]time.Time{}
	for _, path := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), backupPrefix), backupSuffix)
		if at, err := time.Parse(backupTime, name); err == nil {
			made[path] = at
		}
	}
	return made, err
}

// alarm tells the admins that the newest backup is too old.
func (b *backups) alarm(ctx context.Context, now, newest time.Time) error {
	if now.Sub(newest) < backupAge || now.Sub(b.told).Abs() < 24*time.Hour {
		return nil
	}
	err := b.store.Update(ctx, func(tx *store.Tx) error { return engagement.TellOfBackup(tx) })
	if err == nil {
		b.told = now
	}
	return err
}

// writeEncrypted writes a verified copy of the database to a new file that only the owners of the keys can read. The copy itself lies in the
// scratch folder until it is encrypted.
func writeEncrypted(ctx context.Context, s *store.Store, path, scratch string, to []age.Recipient) error {
	dir, err := store.ScratchFolder(scratch)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	plain := filepath.Join(dir, "copy.db")
	if err := s.Backup(ctx, plain); err != nil {
		return err
	}
	from, err := os.Open(plain)
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s: %w", path, fs.ErrExist), err)
	}
	part := path + partSuffix
	defer os.Remove(part) // what is left after a failure
	if err := encrypt(part, from, to); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func encrypt(path string, from io.Reader, to []age.Recipient) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w, err := age.Encrypt(file, to...)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, from); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return file.Sync()
}

// encryptedBackup begins a file of age.
const encryptedBackup = "age-encryption.org/"

// decrypted is the path of a readable copy of a backup, and what removes it again. One that is not encrypted is its own.
func decrypted(path, keyFile, scratch string) (plain string, remove func(), err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	from := bufio.NewReader(file)
	if head, _ := from.Peek(len(encryptedBackup)); string(head) != encryptedBackup {
		return path, func() {}, nil
	}
	if keyFile == "" {
		return "", nil, usageError{fmt.Errorf("%s is encrypted; name the file with its key: --key FILE", path)}
	}
	keys, err := os.Open(keyFile)
	if err != nil {
		return "", nil, usageError{err}
	}
	defer keys.Close()
	identities, err := age.ParseIdentities(keys)
	if err != nil {
		return "", nil, usageError{fmt.Errorf("%s: %w", keyFile, err)}
	}
	var wrong *age.NoIdentityMatchError
	opened, err := age.Decrypt(from, identities...)
	if errors.As(err, &wrong) {
		return "", nil, usageError{fmt.Errorf("%s is not a key of this backup", keyFile)}
	}
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", path, err)
	}
	dir, err := store.ScratchFolder(scratch)
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	plain = filepath.Join(dir, "backup.db")
	if err := writeFile(plain, opened); err != nil {
		remove()
		return "", nil, fmt.Errorf("%s: %w", path, err)
	}
	return plain, remove, nil
}

func writeFile(path string, from io.Reader) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}

type keyBackup struct {
	File string `arg:"" type:"path" help:"New file for the key; it must not exist. Keep it away from this machine: whoever has it can read the backups, and without it nobody can."`
}

func (k *keyBackup) Run(c *console) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	err = writeFile(k.File, strings.NewReader(identity.String()+"\n"))
	if errors.Is(err, fs.ErrExist) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	public := identity.Recipient().String()
	return c.print(map[string]any{"recipient": public, "file": k.File},
		public, fmt.Sprintf("Write this line into backup.recipients. Then move %s away from this machine, to where the backups are not.", k.File))
}
