package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Config is the one configuration file. Everything a person decides about the instance (name, region, texts, mode) is set in the
// browser and lives in the database; here is only what must be known before that.
type Config struct {
	BaseURL  string         `toml:"base_url"` // scheme and host under which everybody reaches the instance; never changes
	Listen   string         `toml:"listen"`   // address of the HTTP listener
	Database DatabaseConfig `toml:"database"`
	// SecretFile holds the key that encrypts actor keys and signs links: 64 hex digits, mode 0600, made at the first start. It belongs
	// into the backup of the operator, apart from the database.
	SecretFile string           `toml:"secret_file"`
	Mail       MailConfig       `toml:"mail"`
	Federation FederationConfig `toml:"federation"`
	Web        WebConfig        `toml:"web"`
	Log        LogConfig        `toml:"log"`

	dir string // folder of the file; relative paths in it start there
}

// DatabaseConfig says where the memory is.
type DatabaseConfig struct {
	URL     string `toml:"url"`      // path of the SQLite file, or postgres://…
	URLFile string `toml:"url_file"` // file that holds the URL, for passwords
	Sync    string `toml:"sync"`     // SQLite: "full" survives power loss, "normal" survives crashes only
}

// MailConfig says how mail leaves.
type MailConfig struct {
	Transport    string `toml:"transport"` // "smtp", "folder" (files, for trying out) or "none"
	From         string `toml:"from"`
	Host         string `toml:"host"`
	Port         int    `toml:"port"`
	TLS          string `toml:"tls"` // "starttls", "tls" or "none" (only for this machine)
	Username     string `toml:"username"`
	PasswordFile string `toml:"password_file"`
	Folder       string `toml:"folder"`
}

// FederationConfig holds what only the operator of the server may decide; modes and partners are set in the browser.
type FederationConfig struct {
	AllowAddresses []string `toml:"allow_addresses"` // CIDR blocks that may be dialed though not public; local base URLs only
	KeyBits        int      `toml:"key_bits"`        // RSA keys of actors: 2048 or 3072
	HideVersion    bool     `toml:"hide_version"`    // NodeInfo without patch level
}

// WebConfig concerns the listener.
type WebConfig struct {
	TrustedProxies []string `toml:"trusted_proxies"` // CIDR blocks whose X-Forwarded-For is believed
}

// LogConfig concerns the log on standard error.
type LogConfig struct {
	Level  string `toml:"level"`  // "debug", "info", "warn", "error"
	Format string `toml:"format"` // "text" or "json"
}

// DefaultConfig is what config.example.toml shows.
func DefaultConfig() Config {
	return Config{
		Listen:     "127.0.0.1:8080",
		Database:   DatabaseConfig{URL: "seestern.db", Sync: "full"},
		SecretFile: "secret.key",
		Mail:       MailConfig{Transport: "none", Port: 587, TLS: "starttls", Folder: "mail"},
		Federation: FederationConfig{AllowAddresses: []string{}, KeyBits: 2048},
		Web:        WebConfig{TrustedProxies: []string{}},
		Log:        LogConfig{Level: "info", Format: "text"},
	}
}

// ReadConfig reads and checks a configuration file. Every failure names file, line and key.
func ReadConfig(path string) (Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	c := DefaultConfig()
	if err := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(&c); err != nil {
		return c, fmt.Errorf("%s: %w", path, explain(err))
	}
	if c.dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return c, err
	}
	if c.Database.URLFile != "" {
		if c.Database.URL, err = c.readSecret("database.url_file", c.Database.URLFile); err != nil {
			return c, err
		}
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// explain turns the decoder's failures into "line 3: key: what".
func explain(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var all []error
		for _, e := range strict.Errors {
			row, _ := e.Position()
			all = append(all, fmt.Errorf("line %d: unknown key %s", row, strings.Join(e.Key(), ".")))
		}
		return errors.Join(all...)
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		row, _ := decode.Position()
		return fmt.Errorf("line %d: %s %s", row, strings.Join(decode.Key(), "."), decode.Error())
	}
	return err
}

// Local says whether the base URL has a local name, the only case in which plain http and private addresses are allowed.
func (c Config) Local() bool {
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".test")
}

// check finds everything that must not start.
func (c Config) check() error {
	var bad []error
	fail := func(key, text string, args ...any) {
		bad = append(bad, fmt.Errorf("%s: %s", key, fmt.Sprintf(text, args...)))
	}
	u, err := url.Parse(c.BaseURL)
	switch {
	case c.BaseURL == "":
		fail("base_url", "is missing; for example https://mitmachen.example.org")
	case err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		fail("base_url", "%q must be scheme and host only, like https://mitmachen.example.org", c.BaseURL)
	case strings.ToLower(c.BaseURL) != c.BaseURL || strings.HasSuffix(u.Hostname(), "."):
		fail("base_url", "%q must be lower case and without a dot at the end", c.BaseURL)
	case isIP(u.Hostname()):
		fail("base_url", "%q must be a name, not an IP address", c.BaseURL)
	case u.Scheme != "https" && !(u.Scheme == "http" && c.Local()):
		fail("base_url", "%q must begin with https:// (http is possible for localhost, *.localhost and *.test only)", c.BaseURL)
	case u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80":
		fail("base_url", "%q names the standard port; leave it out", c.BaseURL)
	}
	if len(c.Federation.AllowAddresses) > 0 && !c.Local() {
		fail("federation.allow_addresses", "is possible only with a local base_url (localhost, *.localhost, *.test)")
	}
	for key, list := range map[string][]string{"federation.allow_addresses": c.Federation.AllowAddresses, "web.trusted_proxies": c.Web.TrustedProxies} {
		for _, s := range list {
			if _, err := netip.ParsePrefix(s); err != nil {
				fail(key, "%q is no address block; write it like 127.0.0.0/8", s)
			}
		}
	}
	oneOf := func(key, got string, want ...string) {
		for _, w := range want {
			if got == w {
				return
			}
		}
		fail(key, "%q must be one of %s", got, strings.Join(want, ", "))
	}
	oneOf("database.sync", c.Database.Sync, "full", "normal")
	oneOf("mail.transport", c.Mail.Transport, "smtp", "folder", "none")
	oneOf("mail.tls", c.Mail.TLS, "starttls", "tls", "none")
	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", c.Log.Format, "text", "json")
	if c.Mail.Transport != "none" && !strings.Contains(c.Mail.From, "@") {
		fail("mail.from", "%q must be an e-mail address", c.Mail.From)
	}
	if c.Mail.Transport == "smtp" && c.Mail.Host == "" {
		fail("mail.host", "is missing")
	}
	if c.Federation.KeyBits != 2048 && c.Federation.KeyBits != 3072 {
		fail("federation.key_bits", "%d must be 2048 or 3072", c.Federation.KeyBits)
	}
	if c.Database.URL == "" {
		fail("database.url", "is missing")
	}
	return errors.Join(bad...)
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// path resolves a path of the file.
func (c Config) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// databaseURL is the SQLite path, resolved, or the PostgreSQL URL.
func (c Config) databaseURL() string {
	if strings.HasPrefix(c.Database.URL, "postgres://") || strings.HasPrefix(c.Database.URL, "postgresql://") {
		return c.Database.URL
	}
	return c.path(c.Database.URL)
}

// readSecret reads a file that only its owner may read.
func (c Config) readSecret(key, path string) (string, error) {
	path = c.path(path)
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s: %s can be read by others; run chmod 600 on it", key, path)
	}
	raw, err := os.ReadFile(path)
	return strings.TrimSpace(string(raw)), err
}

// secret reads the instance's key, or makes it at the first start.
func (c Config) secret() ([]byte, error) {
	path := c.path(c.SecretFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := writeNewSecret(path); err != nil {
			return nil, err
		}
	}
	text, err := c.readSecret("secret_file", c.SecretFile)
	if err != nil {
		return nil, err
	}
	return parseSecret(path, text)
}

// logger writes to standard error in the configured form.
func (c Config) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // checked with the configuration
	o := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// host is the name in the base URL.
func (c Config) host() string {
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// withoutSecrets is the configuration as it may be shown.
func (c Config) withoutSecrets() Config {
	if u, err := url.Parse(c.Database.URL); err == nil && u.User != nil {
		c.Database.URL = u.Redacted()
	}
	return c
}
