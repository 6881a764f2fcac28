package federation_test

import (
	"strings"
	"testing"

	"seestern/federation"
)

func TestOriginsAreComparedInOneNormalForm(t *testing.T) {
	const good = "https://good.test/u/remote_good"
	for _, tt := range []struct {
		name, iri string
		same      bool
	}{
		{"ORG-14 upper case is the same origin", "https://GOOD.test/u/remote_good", true},
		{"ORG-14 an upper-case scheme is the same origin", "HTTPS://good.test/u/remote_good", true},
		{"ORG-14 the default port is the same origin", "https://good.test:443/u/remote_good", true},
		{"ORG-14 a trailing dot is refused", "https://good.test./u/remote_good", false},
		{"ORG-14 plain http is another origin", "http://good.test/u/remote_good", false},
		{"ORG-14 another port is another origin", "https://good.test:8443/u/remote_good", false},
		{"ORG-14 user info is refused", "https://user@good.test/u/remote_good", false},
		{"ORG-14 empty user info is refused", "https://@good.test/u/remote_good", false},
		{"ORG-15 Cyrillic letters are another origin", "https://gооd.test/u/remote_good", false},
		{"ORG-15 full-width letters are refused", "https://ｇood.test/u/remote_good", false},
		{"ORG-15 an ideographic full stop is refused", "https://good。test/u/remote_good", false},
		{"ORG-15 a soft hyphen is refused", "https://go\u00adod.test/u/remote_good", false},
		{"ORG-16 a longer name is another origin", "https://evilgood.test/u/remote_good", false},
		{"ORG-16 a subdomain is another origin", "https://sub.good.test/u/remote_good", false},
		{"ORG-16 a name in front of another domain is another origin", "https://good.test.evil.test/u/remote_good", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := federation.SameOrigin(tt.iri, good); got != tt.same {
				t.Errorf("got %v, want %v", got, tt.same)
			}
			normal, err := federation.NormalizeIRI(tt.iri)
			if (err == nil && normal == good) != tt.same {
				t.Errorf("normal form %q, %v", normal, err)
			}
		})
	}
}

func TestNormalFormOfIRIs(t *testing.T) {
	for _, tt := range []struct{ name, iri, want string }{
		{"a plain one stays", "https://a.example/ap/actor#main-key", "https://a.example/ap/actor#main-key"},
		{"path and query keep their bytes", "https://A.example/X/%c3%9C?Q=Ü&x#F", "https://a.example/X/%c3%9C?Q=Ü&x#F"},
		{"without a path it stays without", "https://a.example", "https://a.example"},
		{"a query may follow the host", "https://a.example?rest_route=/x", "https://a.example?rest_route=/x"},
		{"ORG-15 umlauts become punycode", "https://köln.example/x", "https://xn--kln-sna.example/x"},
		{"ORG-15 upper-case umlauts become the same", "https://KÖLN.example/x", "https://xn--kln-sna.example/x"},
		{"ORG-15 punycode in mixed case is lowered", "https://Xn--Kln-SNA.example/x", "https://xn--kln-sna.example/x"},
		{"ß is kept apart from ss (IDNA2008)", "https://straße.example/", "https://xn--strae-oqa.example/"},
		{"http has its own default port", "http://a.example:80/", "http://a.example/"},
		{"another port stays", "https://a.example:8443/", "https://a.example:8443/"},

		{"empty", "", ""},
		{"relative", "/x", ""},
		{"SSRF-16 without scheme", "//a.example/x", ""},
		{"SSRF-16 without slashes", "https:a.example", ""},
		{"SSRF-16 another scheme", "http+unix://a.example/x", ""},
		{"SSRF-16 a file", "file:///etc/passwd", ""},
		{"data", "data:application/activity+json,{}", ""},
		{"no host", "https:///x", ""},
		{"an empty port", "https://a.example:/x", ""},
		{"port 0", "https://a.example:0/x", ""},
		{"a port with a leading zero", "https://a.example:0443/x", ""},
		{"a port that is too large", "https://a.example:65536/x", ""},
		{"an empty label", "https://a..example/x", ""},
		{"an underscore", "https://a_b.example/x", ""},
		{"punycode of nothing", "https://xn--.example/x", ""},
		{"a label of 64 bytes", "https://" + strings.Repeat("a", 64) + ".example/x", ""},
		{"a name of 254 bytes", "https://" + strings.Repeat(strings.Repeat("a", 60)+".", 4) + "abcdefghij/x", ""},
		{"broken punycode", "https://xn--a.example/x", ""},
		{"SSRF-01 IPv4", "https://127.0.0.1/x", ""},
		{"SSRF-01 IPv6", "https://[::1]/x", ""},
		{"an IPv4 address as one number", "https://2130706433/x", ""},
		{"an IPv4 address in hexadecimal", "https://0x7f.0x1/x", ""},
		{"SSRF-13 a line break in the path", "https://a.example/x\r\nX-Evil: 1", ""},
		{"SSRF-13 a blank in the path", "https://a.example/x y", ""},
		{"SSRF-13 a blank in the host", "https://a.exam ple/x", ""},
		{"SSRF-13 a tab in the host", "https://a.example\t/x", ""},
		{"SSRF-13 an escape in the host", "https://a.example%00/x", ""},
		{"SSRF-13 a backslash", `https://a.example/x\y`, ""},
		{"SSRF-13 a backslash that ends the host for others", `https://a.example\@evil.example/`, ""},
		{"a broken escape", "https://a.example/%zz", ""},
		{"a cut escape", "https://a.example/%a", ""},
		{"invalid UTF-8", "https://a.example/\xff", ""},
		{"a no-break space", "https://a.example/\u00a0", ""},
		{"2,049 bytes", "https://a.example/" + strings.Repeat("x", 2049-18), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := federation.NormalizeIRI(tt.iri)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	t.Run("2,048 bytes are not too many", func(t *testing.T) {
		if _, err := federation.NormalizeIRI("https://a.example/" + strings.Repeat("x", 2048-18)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzNormalizeIRI(f *testing.F) {
	for _, s := range []string{"https://a.example/x#y", "https://KÖLN.example:443?x", "http://good。test:80", "https://xn--kln-sna.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		normal, err := federation.NormalizeIRI(s)
		if err != nil {
			return
		}
		again, err := federation.NormalizeIRI(normal)
		if err != nil || again != normal {
			t.Errorf("%q has the normal form %q, which has %q, %v", s, normal, again, err)
		}
		if !federation.SameOrigin(s, normal) {
			t.Errorf("%q and its normal form %q have different origins", s, normal)
		}
	})
}
