package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheExampleShowsTheDefaults(t *testing.T) {
	raw, err := os.ReadFile("../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	const address = "https://a.example"
	uncommented := regexp.MustCompile(`(?m)^# ([a-z_]+ = )`).ReplaceAllString(string(raw), "$1")
	got, err := ReadConfig(write(t, strings.Replace(uncommented, exampleBase, address, 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.BaseURL = address
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("config.example.toml differs from the defaults (-default +example):\n%s", diff)
	}
	keys := regexp.MustCompile(`(?m)^[a-z_]+ = `).FindAllString(uncommented, -1)
	if want := options(reflect.TypeFor[Config]()); len(keys) != want {
		t.Errorf("the example has %d keys, the program %d", len(keys), want)
	}
}

// options counts the keys of a configuration type.
func options(c reflect.Type) (n int) {
	for i := range c.NumField() {
		switch f := c.Field(i); {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Struct:
			n += options(f.Type)
		default:
			n++
		}
	}
	return n
}

// INP-07
func TestAWrongConfigurationNamesTheKey(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an unknown key":               {"base_url = 'https://a.example'\ncolour = 'red'", "config.toml:2: colour: there is no such key"},
		"an unknown key in a table":    {"base_url = 'https://a.example'\n[mail]\nhots = 'x'", "config.toml:3: mail.hots: there is no such key"},
		"a key that occurs twice":      {"base_url = 'https://a.example'\nbase_url = 'https://b.example'", "config.toml:2: base_url: stands in line 1 already"},
		"a table that occurs twice":    {"base_url = 'https://a.example'\n[mail]\n[mail]", "config.toml:3: mail: stands in line 2 already"},
		"a number for a text":          {"base_url = 5", "config.toml:1: base_url: must be a text in quotes"},
		"a text for a number":          {"base_url = 'https://a.example'\n[mail]\nport = '25'", "config.toml:3: mail.port: must be a whole number"},
		"a text for a list":            {"base_url = 'https://a.example'\n[web]\ntrusted_proxies = '::1/128'", "config.toml:3: web.trusted_proxies: must be a list"},
		"a text for yes or no":         {"base_url = 'https://a.example'\n[federation]\nhide_version = 'ja'", "federation.hide_version: must be true or false"},
		"a text for a table":           {"base_url = 'https://a.example'\nmail = 'x'", "config.toml:2: mail: must be a table"},
		"a sign before the text":       {"\ufeffbase_url = 5", "config.toml:1: base_url: must be a text in quotes"},
		"lines as Windows ends them":   {"base_url = 'https://a.example'\r\n[mail]\r\nport = '25'\r\n", "config.toml:3: mail.port: must be a whole number"},
		"tabs":                         {"base_url\t=\t'https://a.example'\n\tcolour = 'red'", "config.toml:2: colour: there is no such key"},
		"a number below zero":          {"base_url = 'https://a.example'\n[mail]\nport = -1", "config.toml:3: mail.port: -1 must be a port"},
		"no TOML":                      {"base_url: https://a.example", "config.toml:1: "},
		"no base URL":                  {"", "config.toml: base_url: is missing"},
		"the address of the example":   {"\nbase_url = 'https://mitmachen.example.org'", "config.toml:2: base_url: \"https://mitmachen.example.org\" is the example"},
		"an umlaut":                    {"base_url = 'https://köpenick.example'", "xn--"},
		"an underscore":                {"base_url = 'https://a_b.example'", "hyphens"},
		"a listener without port":      {"base_url = 'https://a.example'\nlisten = '127.0.0.1'", "config.toml:2: listen: \"127.0.0.1\" must be address and port"},
		"no file for the secret":       {"base_url = 'https://a.example'\nsecret_file = ''", "secret_file: is missing"},
		"another database":             {"base_url = 'https://a.example'\n[database]\nurl = 'mysql://b'", "config.toml:3: database.url: must be the path of a SQLite file or begin with postgres://"},
		"no file with the database":    {"base_url = 'https://a.example'\n[database]\nurl_file = 'none'", "database.url_file: "},
		"a port that is none":          {"base_url = 'https://a.example'\n[mail]\nport = 0", "config.toml:3: mail.port: 0 must be a port"},
		"a sender that is none":        {"base_url = 'https://a.example'\n[mail]\ntransport = 'folder'\nfrom = 'a@'", "mail.from: \"a@\" must be an e-mail address"},
		"plain http on a public name":  {"base_url = 'http://a.example'", "must begin with https://"},
		"a path":                       {"base_url = 'https://a.example/x'", "scheme and host only"},
		"a slash at the end":           {"base_url = 'https://a.example/'", "scheme and host only"},
		"a user":                       {"base_url = 'https://u@a.example'", "scheme and host only"},
		"an IP address":                {"base_url = 'https://192.0.2.1'", "not an IP address"},
		"upper case":                   {"base_url = 'https://A.example'", "lower case"},
		"a dot at the end":             {"base_url = 'https://a.example.'", "without a dot"},
		"the standard port":            {"base_url = 'https://a.example:443'", "standard port"},
		"allowed addresses in public":  {"base_url = 'https://a.example'\n[federation]\nallow_addresses = ['127.0.0.0/8']", "federation.allow_addresses"},
		"staff without second factor":  {"base_url = 'https://a.example'\n[web]\nsecond_factor = false", "web.second_factor"},
		"an address without its block": {"base_url = 'http://localhost:1'\n[federation]\nallow_addresses = ['127.0.0.1']", "127.0.0.0/8"},
		"mail without sender":          {"base_url = 'https://a.example'\n[mail]\ntransport = 'folder'", "mail.from"},
		"mail without host":            {"base_url = 'https://a.example'\n[mail]\ntransport = 'smtp'\nfrom = 'a@b.example'", "mail.host"},
		"a short key":                  {"base_url = 'https://a.example'\n[federation]\nkey_bits = 1024", "federation.key_bits"},
		"an unknown transport":         {"base_url = 'https://a.example'\n[mail]\ntransport = 'pigeon'", "mail.transport"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadConfig(write(t, c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestPlainHTTPIsForLocalNamesOnly(t *testing.T) {
	for _, base := range []string{"http://localhost:8081", "http://tk.localhost:8081", "https://me.test"} {
		if _, err := ReadConfig(write(t, "base_url = '"+base+"'\n[federation]\nallow_addresses = ['127.0.0.0/8']")); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestASecretOthersCanReadIsRefused(t *testing.T) {
	c, err := ReadConfig(write(t, "base_url = 'https://a.example'"))
	if err != nil {
		t.Fatal(err)
	}
	if made, err := writeNewSecret(c.path(c.SecretFile)); !made || err != nil {
		t.Fatal(made, err)
	}
	first, err := c.secret()
	if err != nil || len(first) != 32 {
		t.Fatalf("got %d bytes, %v", len(first), err)
	}
	if made, err := writeNewSecret(c.path(c.SecretFile)); made || err != nil {
		t.Errorf("the second start made another key: %v", err)
	}
	if again, _ := c.secret(); string(again) != string(first) {
		t.Error("the second start made another key")
	}
	if err := os.Chmod(c.path(c.SecretFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.secret(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestAMissingConfigurationSaysWhereToStart(t *testing.T) {
	if _, err := ReadConfig(filepath.Join(t.TempDir(), "config.toml")); err == nil || !strings.Contains(err.Error(), "config.example.toml") {
		t.Errorf("got %v", err)
	}
}

func TestThePasswordOfTheDatabaseIsNotShown(t *testing.T) {
	for _, address := range []string{
		"postgres://u:Geheim1@h/d", "postgresql://u:Geheim1@h/d?sslmode=disable", "postgres://u@h/d?password=Geheim1&sslmode=disable",
		"postgres://u@h/d?sslpassword=Geheim1", "postgres://u:Geheim1%zz@h/d",
	} {
		path := write(t, "base_url = 'https://a.example'\n[database]\nurl = '"+address+"'")
		c, err := ReadConfig(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.database(); strings.Contains(got, "Geheim1") || !strings.HasPrefix(got, "postgres") {
			t.Errorf("%s is shown as %q", address, got)
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConfig(path); err == nil || !strings.Contains(err.Error(), "config.toml:3: database.url: holds a password") || strings.Contains(err.Error(), "Geheim1") {
			t.Errorf("%s in a file that others can read: got %v", address, err)
		}
	}
	if c := (Config{Database: DatabaseConfig{URL: "postgres://u@/d?host=/run/postgresql"}}); c.database() != c.Database.URL {
		t.Errorf("got %q, want it as it is", c.database())
	}
}

// INP-12: what strangers send is one line of the log, and a short one.
func TestALogLineStaysOneShortLine(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		var out strings.Builder
		c := DefaultConfig()
		c.Log.Format = format
		c.logger(&out).Info("looked up", "path", "/\n2026-12-01 level=info msg=\"login ok user=admin\"\x1b[31m", "agent", strings.Repeat("ü", 1<<19), "error", errors.New(strings.Repeat("x", 1<<20)), "stack", strings.Repeat("s", 3000))
		if got := out.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") || len(got) < 5000 || len(got) > 6000 {
			t.Errorf("%s: %d bytes in %d lines: %.300q", format, len(got), strings.Count(got, "\n"), got)
		}
	}
}
