package federation_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// What the instance signs for people can be checked with the key in its actor, which it announces once.
func TestCredentialsAreSignedWithAPublicKey(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		settle(t, a, b)
		token := func() (header map[string]any, claims string) {
			t.Helper()
			signed, err := a.service.Sign(t.Context(), []byte(`{"id":"urn:uuid:1"}`))
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.Split(string(signed), ".")
			if len(parts) != 3 {
				t.Fatalf("signed %s", signed)
			}
			var raw [3][]byte
			for i, part := range parts {
				if raw[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
					t.Fatal(err)
				}
			}
			if err := json.Unmarshal(raw[0], &header); err != nil {
				t.Fatal(err)
			}
			key, err := base64.RawURLEncoding.DecodeString(header["jwk"].(map[string]any)["x"].(string))
			if err != nil || !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), raw[2]) {
				t.Errorf("the signature does not fit the key, %v", err)
			}
			return header, string(raw[1])
		}
		header, claims := token()
		if claims != `{"id":"urn:uuid:1"}` || header["alg"] != "EdDSA" {
			t.Errorf("signed %v, %s", header, claims)
		}
		if again, _ := token(); again["kid"] != header["kid"] {
			t.Errorf("another key: %v", again)
		}
		settle(t, a, b)
		if got := b.partner("a.test"); len(got.Suspects) != 0 {
			t.Errorf("the partner suspects %v", got.Suspects)
		}
		shown, err := json.Marshal(a.get(a.base.Actor()).JSON()["assertionMethod"])
		if err != nil || !strings.Contains(string(shown), header["kid"].(string)) {
			t.Errorf("the actor shows %s, signed with %v", shown, header["kid"])
		}
	})
}
