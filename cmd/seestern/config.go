package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

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
	SecretFile string `toml:"secret_file"`
	// JournalFile says what was deleted lately, so that a restore can delete it again. It must not lie where backups do.
	JournalFile string           `toml:"journal_file"`
	Backup      BackupConfig     `toml:"backup"`
	Mail        MailConfig       `toml:"mail"`
	Federation  FederationConfig `toml:"federation"`
	Web         WebConfig        `toml:"web"`
	Log         LogConfig        `toml:"log"`

	dir string // folder of the file; relative paths in it start there
}

// DatabaseConfig says where the memory is.
type DatabaseConfig struct {
	URL     string `toml:"url"`      // path of the SQLite file, or postgres://…
	URLFile string `toml:"url_file"` // file that holds the URL, for passwords
	Sync    string `toml:"sync"`     // SQLite: "full" survives power loss, "normal" survives crashes only
}

// BackupConfig says where the server writes backups while it runs.
type BackupConfig struct {
	Folder     string   `toml:"folder"`     // empty: it writes none
	Every      string   `toml:"every"`      // duration, from 5m to 24h
	KeepDays   int      `toml:"keep_days"`  // from 1 to 30
	Recipients []string `toml:"recipients"` // public keys of age, for whom they are encrypted
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
	SecondFactor   bool     `toml:"second_factor"`   // staff need one; false only with a local base URL
	TileFolder     string   `toml:"tile_folder"`
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
		SecretFile: "secret.key", JournalFile: "deletions.log",
		Backup:     BackupConfig{Every: "24h", KeepDays: maxBackups, Recipients: []string{}},
		Mail:       MailConfig{Transport: "none", Port: 587, TLS: "starttls", Folder: "mail"},
		Federation: FederationConfig{AllowAddresses: []string{}, KeyBits: 2048},
		Web:        WebConfig{TrustedProxies: []string{}, SecondFactor: true, TileFolder: "tiles"},
		Log:        LogConfig{Level: "info", Format: "text"},
	}
}

// ReadConfig reads and checks a configuration file. Every failure names file, line and key.
func ReadConfig(path string) (Config, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("%s does not exist: copy config.example.toml there, or name another file with --config", path)
	}
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // as editors on Windows begin a text
	c := DefaultConfig()
	if err := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(&c); err != nil {
		return c, located(path, explain(raw, err)...)
	}
	if c.dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return c, err
	}
	if c.Database.URLFile != "" {
		if c.Database.URL, err = c.readSecret("database.url_file", c.Database.URLFile); err != nil {
			return c, fmt.Errorf("%s: %w", path, err)
		}
	}
	bad := c.check()
	if info, err := os.Stat(path); err == nil && c.Database.URLFile == "" && info.Mode().Perm()&0o077 != 0 && c.databaseURL() != c.withoutSecrets().databaseURL() {
		bad = append(bad, mistake{key: "database.url", text: "holds a password, and this file can be read by others; run chmod 600 on it"})
	}
	for i := range bad {
		bad[i].line = lineOf(raw, bad[i].key)
	}
	return c, located(path, bad...)
}

// mistake is something wrong in a configuration file.
type mistake struct {
	line int    // 0: the key is not in the file
	key  string // "mail.port"; empty if the file is no TOML
	text string
}

// located joins mistakes to "config.toml:3: mail.port: what would be right", one a line; nil if there are none.
func located(path string, bad ...mistake) error {
	var all []error
	for _, m := range bad {
		at := path + ": "
		if m.line > 0 {
			at = fmt.Sprintf("%s:%d: ", path, m.line)
		}
		if m.key != "" {
			at += m.key + ": "
		}
		all = append(all, errors.New(at+m.text))
	}
	return errors.Join(all...)
}

// explain turns the decoder's failures into mistakes. Its own words name types of this program.
func explain(raw []byte, err error) (bad []mistake) {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		for _, e := range strict.Errors {
			row, _ := e.Position()
			bad = append(bad, mistake{row, strings.Join(e.Key(), "."), "there is no such key; config.example.toml lists all"})
		}
		return bad
	}
	var decode *toml.DecodeError
	if !errors.As(err, &decode) {
		return []mistake{{text: err.Error()}}
	}
	row, _ := decode.Position()
	m := mistake{line: row, key: strings.Join(decode.Key(), ".")}
	switch first := lineOf(raw, m.key); {
	case m.key == "":
		m.text = strings.TrimPrefix(decode.Error(), "toml: ")
	case 0 < first && first < row:
		m.text = fmt.Sprintf("stands in line %d already", first)
	default:
		m.text = "must be " + wanted(reflect.TypeFor[Config](), decode.Key())
	}
	return []mistake{m}
}

// wanted says in words what a key of the configuration holds.
func wanted(t reflect.Type, key []string) string {
	if len(key) > 0 && t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if f.Tag.Get("toml") == key[0] {
				return wanted(f.Type, key[1:])
			}
		}
	}
	switch t.Kind() {
	case reflect.String:
		return `a text in quotes`
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return `a list of texts, like ["127.0.0.1/32"]`
	}
	return "a table, like [mail]"
}

// lineOf finds the first line of a key or table; 0 if it is not there.
func lineOf(raw []byte, key string) int {
	table := ""
	for n, line := range strings.Split(string(raw), "\n") {
		line = strings.TrimSpace(line)
		if name, found := strings.CutPrefix(line, "["); found {
			name, _, _ = strings.Cut(name, "]")
			if table = strings.TrimSpace(name) + "."; table == key+"." {
				return n + 1
			}
		} else if name, _, found := strings.Cut(line, "="); found && table+strings.TrimSpace(name) == key {
			return n + 1
		}
	}
	return 0
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

// exampleBase stands in config.example.toml and must be replaced.
const exampleBase = "https://mitmachen.example.org"

// hostName is a name as it is written in addresses: lower case, umlauts as xn--.
var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// check finds everything that must not start.
func (c Config) check() (bad []mistake) {
	fail := func(key, text string, args ...any) {
		bad = append(bad, mistake{key: key, text: fmt.Sprintf(text, args...)})
	}
	u, err := url.Parse(c.BaseURL)
	switch {
	case c.BaseURL == "":
		fail("base_url", "is missing; write scheme and host, like %s", exampleBase)
	case err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		fail("base_url", "%q must be scheme and host only, like %s", c.BaseURL, exampleBase)
	case c.BaseURL == exampleBase:
		fail("base_url", "%q is the example; write the address of this instance", c.BaseURL)
	case strings.ToLower(c.BaseURL) != c.BaseURL || strings.HasSuffix(u.Hostname(), "."):
		fail("base_url", "%q must be lower case and without a dot at the end", c.BaseURL)
	case isIP(u.Hostname()):
		fail("base_url", "%q must be a name, not an IP address", c.BaseURL)
	case !hostName.MatchString(u.Hostname()):
		fail("base_url", "%q must have a host of a–z, 0–9, dots and hyphens; write umlauts in their xn-- form", c.BaseURL)
	case u.Scheme != "https" && !(u.Scheme == "http" && c.Local()):
		fail("base_url", "%q must begin with https:// (http is possible for localhost, *.localhost and *.test only)", c.BaseURL)
	case u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80":
		fail("base_url", "%q names the standard port; leave it out", c.BaseURL)
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || !isPort(port, 0) {
		fail("listen", "%q must be address and port, like 127.0.0.1:8080", c.Listen)
	}
	if c.SecretFile == "" {
		fail("secret_file", "is missing; write the path of a file, like secret.key")
	}
	if c.JournalFile == "" {
		fail("journal_file", "is missing; write the path of a file, like deletions.log")
	}
	if every, err := time.ParseDuration(c.Backup.Every); err != nil || every < 5*time.Minute || every > 24*time.Hour {
		fail("backup.every", "%q must be from 5m to 24h, like 6h", c.Backup.Every)
	}
	if c.Backup.KeepDays < 1 || c.Backup.KeepDays > maxBackups {
		fail("backup.keep_days", "%d must be from 1 to %d: what people have deleted must be gone after that", c.Backup.KeepDays, maxBackups)
	}
	if c.Backup.Folder != "" && len(c.Backup.Recipients) == 0 {
		fail("backup.recipients", "is missing; 'seestern keys backup FILE' makes a key")
	} else if _, err := recipients(c.Backup.Recipients); err != nil && len(c.Backup.Recipients) > 0 {
		fail("backup.recipients", "must be public keys like age1…; 'seestern keys backup FILE' makes one")
	}
	if c.Database.URL == "" {
		fail("database.url", "is missing; write the path of a SQLite file or postgres://user@host/name")
	} else if strings.Contains(c.Database.URL, "://") && !isPostgres(c.Database.URL) {
		fail("database.url", "must be the path of a SQLite file or begin with postgres://")
	}
	if !c.Web.SecondFactor && !c.Local() {
		fail("web.second_factor", "can be false only with a local base_url (localhost, *.localhost, *.test)")
	}
	if len(c.Federation.AllowAddresses) > 0 && !c.Local() {
		fail("federation.allow_addresses", "is possible only with a local base_url (localhost, *.localhost, *.test)")
	}
	for _, l := range []struct {
		key  string
		list []string
	}{{"federation.allow_addresses", c.Federation.AllowAddresses}, {"web.trusted_proxies", c.Web.TrustedProxies}} {
		for _, s := range l.list {
			if _, err := netip.ParsePrefix(s); err != nil {
				fail(l.key, "%q is no address block; write it like 127.0.0.0/8", s)
			}
		}
	}
	oneOf := func(key, got string, want ...string) {
		if !slices.Contains(want, got) {
			fail(key, "%q must be one of %s", got, strings.Join(want, ", "))
		}
	}
	oneOf("database.sync", c.Database.Sync, "full", "normal")
	oneOf("mail.transport", c.Mail.Transport, "smtp", "folder", "none")
	oneOf("mail.tls", c.Mail.TLS, "starttls", "tls", "none")
	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", c.Log.Format, "text", "json")
	if _, err := mail.ParseAddress(c.Mail.From); c.Mail.Transport != "none" && err != nil {
		fail("mail.from", "%q must be an e-mail address", c.Mail.From)
	}
	if c.Mail.Transport == "smtp" && c.Mail.Host == "" {
		fail("mail.host", "is missing; write the name of the mail server")
	}
	if !isPort(strconv.Itoa(c.Mail.Port), 1) {
		fail("mail.port", "%d must be a port from 1 to 65535", c.Mail.Port)
	}
	if c.Federation.KeyBits != 2048 && c.Federation.KeyBits != 3072 {
		fail("federation.key_bits", "%d must be 2048 or 3072", c.Federation.KeyBits)
	}
	return bad
}

func isPort(s string, least int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= least && n <= 65535
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
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
	if isPostgres(c.Database.URL) {
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

// secret reads the instance's key, which the first start makes.
func (c Config) secret() ([]byte, error) {
	text, err := c.readSecret("secret_file", c.SecretFile)
	if err != nil {
		return nil, err
	}
	return parseSecret(c.path(c.SecretFile), text)
}

// logger writes to standard error in the configured form.
func (c Config) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // checked with the configuration
	return c.loggerFrom(w, level)
}

// commandLogger is that of a command which prints its own result.
func (c Config) commandLogger(w io.Writer) *slog.Logger { return c.loggerFrom(w, slog.LevelWarn) }

func (c Config) loggerFrom(w io.Writer, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: shorten}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// maxLogged is how many bytes of one value are logged: what strangers send may be a megabyte (INP-12).
const maxLogged = 1024

// shorten cuts what is longer. A panic's stack is our own words, and is kept.
func shorten(_ []string, a slog.Attr) slog.Attr {
	text := ""
	switch v := a.Value.Any().(type) {
	case string:
		text = v
	case error:
		text = v.Error()
	}
	if len(text) > maxLogged && a.Key != "stack" {
		return slog.String(a.Key, strings.ToValidUTF8(text[:maxLogged], "")+"…")
	}
	return a
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
	if !isPostgres(c.Database.URL) {
		return c
	}
	u, err := url.Parse(c.Database.URL)
	if err != nil { // where the password is, nobody knows
		c.Database.URL = "postgres://xxxxx"
		return c
	}
	if query := u.Query(); query.Has("password") || query.Has("sslpassword") {
		for _, key := range []string{"password", "sslpassword"} {
			if query.Has(key) {
				query.Set(key, "xxxxx")
			}
		}
		u.RawQuery = query.Encode()
	}
	if _, has := u.User.Password(); has || u.RawQuery != "" {
		c.Database.URL = u.Redacted()
	}
	return c
}
