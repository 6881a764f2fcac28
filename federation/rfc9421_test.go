package federation_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"seestern/federation"
	"seestern/federation/fedtest"
)

func TestRFC9421Signatures(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	evil := n.world.Host("evil.test").Actor("remote_evil")
	body := []byte(fmt.Sprintf(`{"id":"https://good.test/a/1","type":"Follow","actor":%q,"object":"https://me.test/ap/actor"}`, good.ID))
	sum256, sum512 := sha256.Sum256(body), sha512.Sum512(body)
	digest := func(name string, sum []byte) string {
		return name + "=:" + base64.StdEncoding.EncodeToString(sum) + ":"
	}
	right := digest("sha-256", sum256[:])
	now := n.clock.Now()
	all := []string{"@method", "@target-uri", "content-digest"}
	with := func(more ...string) []string { return append(append([]string{}, all...), more...) }
	input := func(change func(string) string) func(http.Header) {
		return func(h http.Header) {
			before := h.Get("Signature-Input")
			h.Set("Signature-Input", change(before))
			if h.Get("Signature-Input") == before {
				t.Errorf("vector does not apply to %s", before)
			}
		}
	}

	for _, tt := range []struct {
		name string
		s    fedtest.Signing
		want int
	}{
		{"a right signature is accepted", fedtest.Signing{}, 202},
		{"SIG-01 a swapped body is refused", fedtest.Signing{Swap: []byte(strings.Replace(string(body), "Follow", "Delete", 1))}, 401},
		{"SIG-02 a body without digest is refused", fedtest.Signing{Digest: "-", Covered: all[:2]}, 401},
		{"SIG-03 a right digest that is not signed is refused", fedtest.Signing{Covered: all[:2]}, 401},
		{"SIG-04 a signature over the date alone is refused", fedtest.Signing{Covered: []string{"date"}, Header: http.Header{"Date": {now.UTC().Format(http.TimeFormat)}}}, 401},
		{"SIG-05 a signature for another inbox is refused", fedtest.Signing{Target: "https://me.test/ap/org/7b1c0f0e-5a55-7b0f-9d0a-0d6c3b1b9a02/inbox"}, 401},
		{"SIG-06 a signature for another host is refused", fedtest.Signing{Target: strings.Replace(inbox, "me.test", "other.test", 1)}, 401},
		{"SIG-06 a request for another host is refused", fedtest.Signing{Host: "other.test", Target: strings.Replace(inbox, "me.test", "other.test", 1)}, 421},
		{"SIG-07 created two hours ago is refused", fedtest.Signing{Date: now.Add(-2 * time.Hour)}, 401},
		{"SIG-07 created two hours ahead is refused", fedtest.Signing{Date: now.Add(2 * time.Hour)}, 401},
		{"SIG-07 created 50 minutes ago is accepted", fedtest.Signing{Date: now.Add(-50 * time.Minute)}, 202},
		{"SIG-07 created 4 minutes ahead is accepted", fedtest.Signing{Date: now.Add(4 * time.Minute)}, 202},
		{"SIG-10 another actor's key is refused", fedtest.Signing{Key: evil.Key(), KeyID: evil.KeyID}, 401},
		{"SIG-10 another key under the actor's key id is refused", fedtest.Signing{Key: evil.Key()}, 401},
		{"SIG-13 an empty digest is refused", fedtest.Signing{Digest: "sha-256=::"}, 401},
		{"SIG-13 a digest of another kind does not count", fedtest.Signing{Digest: digest("md5", sum256[:16])}, 401},

		{"label: the first usable one counts", fedtest.Signing{Rewrite: func(h http.Header) {
			h.Set("Signature-Input", `other=("@method");created=1;keyid="x", `+h.Get("Signature-Input"))
			h.Set("Signature", `other=:AAAA:, `+h.Get("Signature"))
		}}, 202},
		{"label: a usable but wrong first one is not healed by the next", fedtest.Signing{Rewrite: func(h http.Header) {
			h.Set("Signature-Input", strings.Replace(h.Get("Signature-Input"), "sig1=", "sig0=", 1)+", "+h.Get("Signature-Input"))
			h.Set("Signature", `sig0=:AAAA:, `+h.Get("Signature"))
		}}, 401},
		{"label: four are too many", fedtest.Signing{Rewrite: input(func(s string) string { return `a=("x"), b=("x"), c=("x"), ` + s })}, 401},
		{"label: one without a signature is refused", fedtest.Signing{Rewrite: func(h http.Header) { h.Del("Signature") }}, 401},
		{"label: a header that is no structured field is refused", fedtest.Signing{Rewrite: input(func(string) string { return `sig1=(` })}, 401},
		{"label: a header over 4 KiB is refused", fedtest.Signing{Rewrite: input(func(s string) string { return s + `, b="` + strings.Repeat("x", 4<<10) + `"` })}, 401},
		{"label: a wrong one is not tried as draft-cavage", fedtest.Signing{Rewrite: func(h http.Header) {
			r := good.Request(http.MethodPost, inbox, body, fedtest.Signing{})
			for _, name := range []string{"Signature", "Digest", "Date"} {
				h.Set(name, r.Header.Get(name))
			}
		}}, 401},
		{"components: more may be covered", fedtest.Signing{Covered: with("content-type", "host", "date", "@authority"), Header: http.Header{"Date": {now.UTC().Format(http.TimeFormat)}}}, 202},
		{"components: without the method it is refused", fedtest.Signing{Covered: all[1:]}, 401},
		{"components: without the target it is refused", fedtest.Signing{Covered: []string{"@method", "content-digest"}}, 401},
		{"components: the path alone is no target", fedtest.Signing{Covered: []string{"@method", "@path", "content-digest"}}, 401},
		{"components: parameters are not understood", fedtest.Signing{Rewrite: input(func(s string) string { return strings.Replace(s, `"@method"`, `"@method";sf="x"`, 1) })}, 401},
		{"components: parameters of the wrong kind are refused", fedtest.Signing{Rewrite: input(func(s string) string { return strings.Replace(s, `"@method"`, `"@method" "content-type";sf=1`, 1) })}, 401},
		{"components: one that is not there is refused", fedtest.Signing{Rewrite: input(func(s string) string { return strings.Replace(s, `"@method"`, `"@method" "x-missing"`, 1) })}, 401},
		{"parameters: without keyid it is refused", fedtest.Signing{Rewrite: input(func(s string) string { return s[:strings.Index(s, ";keyid")] })}, 401},
		{"parameters: without created it is refused", fedtest.Signing{Rewrite: input(func(s string) string { return strings.Replace(s, ";created", ";x", 1) })}, 401},
		{"parameters: created has to be a number", fedtest.Signing{Rewrite: input(func(s string) string { return strings.Replace(s, ";created=", ";created=1.", 1) })}, 401},
		{"parameters: expires in the future is accepted", fedtest.Signing{Expires: now.Add(2 * time.Hour).Unix()}, 202},
		{"parameters: expires in the past is refused", fedtest.Signing{Expires: now.Add(-time.Second).Unix()}, 401},
		{"parameters: alg of the key's type is accepted", fedtest.Signing{Algorithm: "rsa-v1_5-sha256"}, 202},
		{"parameters: alg of another type is refused", fedtest.Signing{Algorithm: "ed25519"}, 401},
		{"parameters: an alg we do not verify is refused", fedtest.Signing{Algorithm: "rsa-pss-sha512"}, 401},
		{"digest: a right sha-512 beside it is fine", fedtest.Signing{Digest: right + ", " + digest("sha-512", sum512[:])}, 202},
		{"digest: a wrong sha-512 beside it is refused", fedtest.Signing{Digest: right + ", " + digest("sha-512", sum256[:])}, 401},
		{"digest: sha-512 alone is refused", fedtest.Signing{Digest: digest("sha-512", sum512[:])}, 401},
		{"digest: an unknown one beside it is ignored", fedtest.Signing{Digest: right + ", unixsum=1"}, 202},
		{"target: the name in the Host header does not matter beyond being ours", fedtest.Signing{Host: "ME.test:443", Target: inbox}, 202},
		{"a right signature is still accepted", fedtest.Signing{}, 202},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n.forget()
			tt.s.RFC9421 = true
			n.wantPost(t, good, body, tt.s, tt.want)
		})
	}
}

// ed25519Actor is an actor of good.test that also has an Ed25519 key, as a Multikey.
func ed25519Actor(w *fedtest.World) (*fedtest.Actor, ed25519.PrivateKey) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	a := w.Host("good.test").Actor("modern")
	a.Change(func(document map[string]any) {
		document["assertionMethod"] = []any{map[string]any{
			"id": a.ID + "#ed25519-1", "type": "Multikey", "controller": a.ID, "publicKeyMultibase": federation.EncodeMultikey(public),
		}}
	})
	return a, private
}
