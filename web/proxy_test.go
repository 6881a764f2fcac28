package web_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"seestern/web"
)

// proxyMap is what the shipped configuration of nginx maps a value to: by the first expression that matches, as nginx does.
func proxyMap(t *testing.T, name string) func(value string) string {
	t.Helper()
	config, err := os.ReadFile("../deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	_, body, found := strings.Cut(string(config), " $"+name+" {\n")
	body, _, closed := strings.Cut(body, "\n}")
	if !found || !closed {
		t.Fatalf("there is no map %s", name)
	}
	type rule struct {
		when *regexp.Regexp
		then string
	}
	var rules []rule
	for line := range strings.Lines(body) {
		part := regexp.MustCompile(`^\t(?:"~(\*?)(.+)"|default) (?:"(.+)"|(\w+));\n?$`).FindStringSubmatch(line)
		if part == nil {
			t.Fatalf("not understood: %s", line)
		}
		if part[1] == "*" {
			part[2] = "(?i)" + part[2]
		}
		rules = append(rules, rule{regexp.MustCompile(part[2]), part[3] + part[4]}) // default stands last and matches all
	}
	return func(value string) string {
		for _, r := range rules {
			if at := r.when.FindStringSubmatchIndex(value); at != nil {
				return string(r.when.ExpandString(nil, r.then, value, at))
			}
		}
		t.Fatalf("no default in %s", name)
		return ""
	}
}

// PRV-14: the access log of the proxy holds no key that opens something, and no whole address.
func TestTheProxyLogsNoKey(t *testing.T) {
	logged := proxyMap(t, "seestern_logged")
	keys := 0
	for _, r := range web.Routes() {
		for _, prefix := range []string{"", "/en", "/ls"} {
			path := prefix + r.Path
			if strings.HasPrefix(r.Pattern, "/einrichten") { // its key is in the query
				continue
			}
			if r.Token {
				keys++
				for _, path := range []string{path, path + "/", path + ")", strings.ToUpper(path)} {
					if logged(path) != "0" {
						t.Errorf("%s is logged", path)
					}
				}
			}
		}
	}
	if keys < 60 {
		t.Errorf("only %d paths with a key", keys)
	}
	if path := "/anfrage/" + strings.Repeat("a", 31); logged(path) != "0" {
		t.Errorf("%s lacks one digit and is logged", path)
	}
	for _, path := range []string{"/", "/en/angebote/7k3m9p2x", "/meine/anfragen/01234567-89ab-7def-8123-456789abcdef", "/anmelden", "/ap/inbox"} {
		if logged(path) != "1" {
			t.Errorf("%s is not logged", path)
		}
	}

	net := proxyMap(t, "seestern_net")
	for address, want := range map[string]string{
		"203.0.113.77":                         "203.0.113.0",
		"2001:db8:12:3456:789a:bcde:f012:3456": "2001:db8:12::",
		"2001:db8:12::5":                       "2001:db8:12::",
		"2001:db8::5":                          "2001:db8::",
		"2001::7:8:9":                          "2001::",
		"::1":                                  "-",
		"unix:":                                "-",
	} {
		if got := net(address); got != want {
			t.Errorf("%s becomes %s, want %s", address, got, want)
		}
	}

	config, err := os.ReadFile("../deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	formats := regexp.MustCompile(`(?m)^\s*log_format .*$`).FindAllString(string(config), -1)
	if want := "log_format seestern '$seestern_net $time_iso8601 $request_method $uri $status $body_bytes_sent $request_time';"; len(formats) != 1 || formats[0] != want {
		t.Errorf("got %q", formats)
	}
	for _, log := range regexp.MustCompile(`access_log (.*);`).FindAllStringSubmatch(string(config), -1) {
		if log[1] != "off" && !strings.HasSuffix(log[1], " seestern if=$seestern_logged") {
			t.Errorf("got %q", log[0])
		}
	}
}
