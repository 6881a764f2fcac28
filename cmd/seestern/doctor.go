package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
)

type doctorCommand struct{}

// finding is the result of one check.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
}

func (doctorCommand) Run(ctx context.Context, c *console) error {
	config, err := ReadConfig(c.config)
	if err != nil {
		return usageError{err}
	}
	findings := []finding{{"configuration", true, c.config}}
	add := func(check string, err error, fine string) {
		if err != nil {
			fine = err.Error()
		}
		findings = append(findings, finding{check, err == nil, fine})
	}
	i, err := openInstance(ctx, config, config.commandLogger(c.errs))
	add("database", err, config.database())
	if err == nil {
		defer i.close()
		add("instance", i.checkInstance(ctx), "set up")
		add("places", i.checkPlaces(ctx), "found")
		add("backup", config.checkBackup(time.Now()), config.backupSays())
		add("space", i.checkSpace(), "enough for the database")
	}
	add("clock", checkClock(time.Now()), time.Now().Format(time.RFC3339))
	add("base URL", checkBase(ctx, config), config.BaseURL)
	add("mail", config.checkMail(ctx), config.Mail.Transport)
	add("assets", web.CheckAssets(), "built")

	effective, err := toml.Marshal(config.withoutSecrets())
	if err != nil {
		return err
	}
	bad := 0
	lines := []string{"# effective configuration, without secrets", string(effective)}
	for _, f := range findings {
		mark := "ok     "
		if !f.OK {
			mark, bad = "PROBLEM", bad+1
		}
		lines = append(lines, fmt.Sprintf("%s %-14s %s", mark, f.Check, f.Says))
	}
	keys := map[string]any{} // named as in the file
	if err := toml.Unmarshal(effective, &keys); err != nil {
		return err
	}
	if err := c.print(map[string]any{"configuration": keys, "findings": findings}, lines...); err != nil {
		return err
	}
	switch bad {
	case 0:
		return nil
	case 1:
		return errors.New("1 problem found")
	}
	return fmt.Errorf("%d problems found", bad)
}

// database names the database without a password.
func (c Config) database() string { return c.withoutSecrets().Database.URL }

func (i *instance) checkInstance(ctx context.Context) error {
	return i.store.View(ctx, func(tx *store.Tx) error {
		settings, err := tx.Instance()
		if err != nil {
			return err
		}
		n, err := tx.CountAccounts()
		if err != nil {
			return err
		}
		paused, err := tx.Paused()
		switch {
		case err != nil:
			return err
		case paused:
			return fmt.Errorf("it came out of a backup and sends nothing: run seestern claim when no other copy of it runs")
		case n == 0:
			return fmt.Errorf("nobody has an account yet: start the server and open the address it prints")
		case !settings.Started():
			return fmt.Errorf("name and region are missing: run seestern setup --name NAME --place PLACE")
		case len(settings.MissingTexts()) > 0:
			return fmt.Errorf("missing before visitors may see anything: %s", strings.Join(settings.MissingTexts(), ", "))
		case !settings.Public:
			return fmt.Errorf("visitors see nothing yet: open it in the administration or with seestern setup --public")
		}
		return nil
	})
}

func (i *instance) checkPlaces(ctx context.Context) error {
	places, err := i.gazetteer(ctx)
	if err == nil && len(places.Lookup("Berlin")) == 0 {
		err = fmt.Errorf("the gazetteer does not know Berlin: %w", engagement.ErrNotFound)
	}
	return err
}

// checkBackup finds the newest backup, where the server writes some.
func (c Config) checkBackup(now time.Time) error {
	if c.Backup.Folder == "" {
		return nil
	}
	made, err := madeBackups(c.path(c.Backup.Folder))
	if err != nil {
		return err
	}
	if err := c.closedBackups(); err != nil {
		return fmt.Errorf("backup.folder: %w", err)
	}
	for _, at := range made {
		if now.Sub(at) < backupAge && !inFuture(at, now) {
			return nil
		}
	}
	return fmt.Errorf("backup.folder: the newest backup is older than %.0f hours, or there is none", backupAge.Hours())
}

func (c Config) backupSays() string {
	if c.Backup.Folder == "" {
		return "the server writes none (backup.folder)"
	}
	return c.path(c.Backup.Folder)
}

func (i *instance) checkSpace() error {
	if i.store.Tight() {
		return errors.New(littleSpace)
	}
	return nil
}

// built is a time before which this program did not exist.
var built = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func checkClock(now time.Time) error {
	if now.Before(built) {
		return fmt.Errorf("the clock says %s; that is before this program was built", now.Format(time.DateOnly))
	}
	return nil
}

// checkBase looks the name of the base URL up.
func checkBase(ctx context.Context, c Config) error {
	if c.Local() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := net.DefaultResolver.LookupHost(ctx, c.host()); err != nil {
		return fmt.Errorf("base_url: the name is not known yet: %w", err)
	}
	return nil
}

// checkMail connects to the mail server, or writes into the folder.
func (c Config) checkMail(ctx context.Context) error {
	switch c.Mail.Transport {
	case "none":
		return fmt.Errorf("mail.transport is none: nobody can register or confirm")
	case "folder":
		folder := c.path(c.Mail.Folder)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		probe := filepath.Join(folder, ".doctor")
		if err := os.WriteFile(probe, nil, 0o600); err != nil {
			return err
		}
		return os.Remove(probe)
	}
	if c.Mail.PasswordFile != "" {
		if _, err := c.readSecret("mail.password_file", c.Mail.PasswordFile); err != nil {
			return err
		}
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(c.Mail.Host, fmt.Sprint(c.Mail.Port)))
	if err != nil {
		return fmt.Errorf("mail.host: %w", err)
	}
	return conn.Close()
}
