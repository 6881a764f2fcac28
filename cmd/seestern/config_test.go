package main

import (
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
	uncommented := regexp.MustCompile(`(?m)^# ([a-z_]+ = )`).ReplaceAllString(string(raw), "$1")
	got, err := ReadConfig(write(t, uncommented))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.BaseURL = "https://mitmachen.example.org"
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

func TestAWrongConfigurationNamesTheKey(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an unknown key":               {"base_url = 'https://a.example'\ncolour = 'red'", "line 2: unknown key colour"},
		"an unknown key in a table":    {"base_url = 'https://a.example'\n[mail]\nhots = 'x'", "line 3: unknown key mail.hots"},
		"a key that occurs twice":      {"base_url = 'https://a.example'\nbase_url = 'https://b.example'", "base_url"},
		"a number for a text":          {"base_url = 5", "line 1: base_url"},
		"no base URL":                  {"", "base_url: is missing"},
		"plain http on a public name":  {"base_url = 'http://a.example'", "must begin with https://"},
		"a path":                       {"base_url = 'https://a.example/x'", "scheme and host only"},
		"a slash at the end":           {"base_url = 'https://a.example/'", "scheme and host only"},
		"a user":                       {"base_url = 'https://u@a.example'", "scheme and host only"},
		"an IP address":                {"base_url = 'https://192.0.2.1'", "not an IP address"},
		"upper case":                   {"base_url = 'https://A.example'", "lower case"},
		"a dot at the end":             {"base_url = 'https://a.example.'", "without a dot"},
		"the standard port":            {"base_url = 'https://a.example:443'", "standard port"},
		"allowed addresses in public":  {"base_url = 'https://a.example'\n[federation]\nallow_addresses = ['127.0.0.0/8']", "federation.allow_addresses"},
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
	first, err := c.secret()
	if err != nil || len(first) != 32 {
		t.Fatalf("got %d bytes, %v", len(first), err)
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
