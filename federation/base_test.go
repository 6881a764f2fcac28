package federation_test

import (
	"testing"

	"seestern/federation"
)

func TestBaseURLHasOneForm(t *testing.T) {
	for _, tt := range []struct {
		name, url string
		ok        bool
	}{
		{"https and a name", "https://a.example", true},
		{"punycode", "https://xn--kln-sna.example", true},
		{"https under a local name", "https://me.test", true},
		{"plain http under a local name", "http://localhost:8081", true},
		{"plain http under localhost", "http://a.localhost", true},
		{"a port under a local name", "https://me.test:8443", true},
		{"plain http under a public name", "http://a.example", false},
		{"a port under a public name", "https://a.example:8443", false},
		{"a host without a dot", "https://intern", false},
		{"a path", "https://a.example/x", false},
		{"a trailing slash", "https://a.example/", false},
		{"user info", "https://u@a.example", false},
		{"an IP address", "https://192.0.2.1", false},
		{"an IP address on loopback", "http://127.0.0.1:8081", false},
		{"upper case", "https://A.example", false},
		{"a trailing dot", "https://a.example.", false},
		{"the default port", "https://a.example:443", false},
		{"umlauts", "https://köln.example", false},
		{"a name that only ends like a local one", "http://notlocalhost", false},
		{"nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := federation.ParseBase(tt.url)
			if (err == nil) != tt.ok {
				t.Fatalf("got %v, want accepted %v", err, tt.ok)
			}
			if tt.ok && b.String() != tt.url {
				t.Errorf("reads as %s", b)
			}
		})
	}
}

func TestPeersLiveInTheSameWorldAsWe(t *testing.T) {
	for _, tt := range []struct {
		base, iri string
		ok        bool
	}{
		{"https://a.example", "https://b.example/x", true},
		{"https://a.example", "https://b.example:443/x", true},
		{"https://a.example", "https://b.example:8443/x", false},
		{"https://a.example", "http://b.example/x", false},
		{"https://a.example", "https://intern/x", false},
		{"https://a.example", "https://a.example/x", false},
		{"https://a.example", "https://A.example:443/x", false},
		{"https://me.test", "https://good.test/x", true},
		{"https://me.test", "https://good.test:22/x", false},
		{"https://me.test", "http://good.test/x", false},
		{"http://localhost:8081", "http://localhost:8082/x", true},
		{"http://localhost:8081", "http://localhost:8081/x", false},
		{"http://localhost:8081", "https://localhost:8082/x", false},
		{"https://localhost:8441", "https://localhost:8442/x", true},
	} {
		t.Run(tt.base+" and "+tt.iri, func(t *testing.T) {
			if err := mustBase(t, tt.base).CheckPeer(tt.iri); (err == nil) != tt.ok {
				t.Errorf("got %v, want accepted %v", err, tt.ok)
			}
		})
	}
}

func TestLocalIDs(t *testing.T) {
	base := mustBase(t, "https://a.example")
	const uuid, token = "7b1c0f0e-5a55-7b0f-9d0a-0d6c3b1b9a01", "0123456789abcdef0123456789abcdef"
	for _, tt := range []struct {
		iri  string
		want federation.LocalID
	}{
		{base.ID(federation.KindOrganization, uuid), federation.LocalID{Kind: federation.KindOrganization, Key: uuid}},
		{base.ID(federation.KindOrganization, uuid) + "/inbox", federation.LocalID{Kind: federation.KindOrganization, Key: uuid, Part: "inbox"}},
		{base.ID(federation.KindOpportunity, uuid) + "#primary", federation.LocalID{Kind: federation.KindOpportunity, Key: uuid, Fragment: "primary"}},
		{base.ID(federation.KindHelpOffer, uuid), federation.LocalID{Kind: federation.KindHelpOffer, Key: uuid}},
		{base.ID(federation.KindPerson, token) + "#main-key", federation.LocalID{Kind: federation.KindPerson, Key: token, Fragment: "main-key"}},
		{base.ID(federation.KindPerson, uuid), federation.LocalID{}},
		{base.ID(federation.KindOrganization, token), federation.LocalID{}},
		{base.ID(federation.KindOrganization, "7B1C0F0E-5a55-7b0f-9d0a-0d6c3b1b9a01"), federation.LocalID{}},
		{base.ID("thing", uuid), federation.LocalID{}},
		{base.ID(federation.KindOrganization, uuid) + "/", federation.LocalID{}},
		{base.ID(federation.KindOrganization, uuid) + "?x", federation.LocalID{}},
		{base.ID(federation.KindOrganization, uuid) + "\n", federation.LocalID{}},
		{"https://b.example/ap/org/" + uuid, federation.LocalID{}},
		{"https://a.example.evil.example/ap/org/" + uuid, federation.LocalID{}},
		{base.Actor(), federation.LocalID{}},
	} {
		t.Run(tt.iri, func(t *testing.T) {
			got, ok := base.ParseID(tt.iri)
			if got != tt.want || ok != (tt.want != federation.LocalID{}) {
				t.Errorf("got %+v, %v, want %+v", got, ok, tt.want)
			}
		})
	}
}
