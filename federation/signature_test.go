package federation_test

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
)

// Every vector goes through a real HTTP server. A status of 202 means that the activity had its one effect, any other that it
// had none.
func TestCavageSignatures(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	good2 := n.world.Host("good.test").Actor("remote_good2")
	evil := n.world.Host("evil.test").Actor("remote_evil")
	follow := []byte(fmt.Sprintf(`{"id":"https://good.test/a/1","type":"Follow","actor":%q,"object":"https://me.test/ap/actor"}`, good.ID))
	sum := func(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }
	sum256, sum512, sum1, sumMD5 := sha256.Sum256(follow), sha512.Sum512(follow), sha1.Sum(follow), md5.Sum(follow)
	right := "SHA-256=" + sum(sum256[:])
	all := []string{"(request-target)", "host", "date", "digest"}
	timed := []string{"(request-target)", "host", "(created)", "(expires)", "digest"}
	now := n.clock.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	line := func(change func(string) string) func(http.Header) {
		return func(h http.Header) { h.Set("Signature", change(h.Get("Signature"))) }
	}
	replace := func(old, new string) func(http.Header) {
		return line(func(s string) string {
			if !strings.Contains(s, old) {
				t.Errorf("vector does not apply: no %q in %s", old, s)
			}
			return strings.Replace(s, old, new, 1)
		})
	}

	for _, tt := range []struct {
		name string
		s    fedtest.Signing
		want int
	}{
		{"R0 a right signature is accepted", fedtest.Signing{}, 202},
		{"SIG-01 a swapped body is refused", fedtest.Signing{Swap: []byte(fmt.Sprintf(`{"id":"https://good.test/a/1","type":"Delete","actor":%q,"object":%q}`, good.ID, good.ID))}, 401},
		{"SIG-02 a body without digest is refused", fedtest.Signing{Digest: "-", Covered: all[:3]}, 401},
		{"SIG-03 a right digest that is not signed is refused", fedtest.Signing{Covered: all[:3]}, 401},
		{"SIG-04 a signature over the date alone is refused", fedtest.Signing{Covered: []string{"date"}}, 401},
		{"SIG-05 a signature for another inbox is refused", fedtest.Signing{Target: "/ap/org/7b1c0f0e-5a55-7b0f-9d0a-0d6c3b1b9a02/inbox"}, 401},
		{"SIG-06 a request for another host is refused although it signs that host", fedtest.Signing{Host: "other.test"}, 421},
		{"SIG-07 a date two hours old is refused", fedtest.Signing{Date: now.Add(-2 * time.Hour)}, 401},
		{"SIG-07 a date two hours ahead is refused", fedtest.Signing{Date: now.Add(2 * time.Hour)}, 401},
		{"SIG-07 a date 50 minutes old is accepted", fedtest.Signing{Date: now.Add(-50 * time.Minute)}, 202},
		{"SIG-07 a date at the old edge is accepted", fedtest.Signing{Date: now.Add(-time.Hour)}, 202},
		{"SIG-07 a date just past the old edge is refused", fedtest.Signing{Date: now.Add(-time.Hour - time.Second)}, 401},
		{"SIG-07 a date at the new edge is accepted", fedtest.Signing{Date: now.Add(5 * time.Minute)}, 202},
		{"SIG-07 a date just past the new edge is refused", fedtest.Signing{Date: now.Add(5*time.Minute + time.Second)}, 401},
		{"SIG-10 another actor's key is refused", fedtest.Signing{Key: evil.Key(), KeyID: evil.KeyID}, 401},
		{"SIG-10 the key of another actor on the same host is refused", fedtest.Signing{Key: good2.Key(), KeyID: good2.KeyID}, 401},
		{"SIG-10 another key under the actor's key id is refused", fedtest.Signing{Key: evil.Key()}, 401},
		{"SIG-11 repeated parameters are refused", fedtest.Signing{Covered: []string{"date"}, Rewrite: line(func(s string) string {
			return `headers="(request-target) host date digest",` + s
		})}, 401},
		{"SIG-11 also where the last one would be right", fedtest.Signing{Rewrite: line(func(s string) string { return `headers="date",` + s })}, 401},
		{"SIG-12 an Authorization header is not read", fedtest.Signing{Rewrite: func(h http.Header) {
			h.Set("Authorization", "Signature "+h.Get("Signature"))
			h.Del("Signature")
		}}, 401},
		{"SIG-12 an Authorization header does not heal a wrong signature", fedtest.Signing{Rewrite: func(h http.Header) {
			h.Set("Authorization", "Signature "+h.Get("Signature"))
			replace(`signature="`, `signature="AAAA`)(h)
		}}, 401},
		{"SIG-12 an Authorization header does not harm a right signature", fedtest.Signing{Header: http.Header{"Authorization": {`Signature keyId="x"`}}}, 202},
		{"SIG-13 an MD5 digest does not count", fedtest.Signing{Digest: "MD5=" + sum(sumMD5[:])}, 401},
		{"SIG-13 an empty SHA-256 digest is refused", fedtest.Signing{Digest: "SHA-256="}, 401},
		{"SIG-13 an SHA-1 digest does not count", fedtest.Signing{Digest: "SHA-1=" + sum(sum1[:])}, 401},

		{"rule 1: no signature is refused", fedtest.Signing{None: true}, 401},
		{"rule 1: two signature lines are refused", fedtest.Signing{Rewrite: func(h http.Header) { h.Add("Signature", h.Get("Signature")) }}, 401},
		{"rule 1: a line over 4 KiB is refused", fedtest.Signing{Rewrite: line(func(s string) string { return s + `,x="` + strings.Repeat("a", 4<<10) + `"` })}, 401},
		{"rule 2: blanks and unknown parameters are tolerated", fedtest.Signing{Rewrite: line(func(s string) string {
			return `x="y" , n=7 ,` + strings.ReplaceAll(s, `",`, "\" ,\t")
		})}, 202},
		{"rule 2: a comma inside a value is no separator", fedtest.Signing{Rewrite: line(func(s string) string { return s + `,x="a,b=c"` })}, 202},
		{"rule 2: an unquoted value that is no number is refused", fedtest.Signing{Rewrite: line(func(s string) string { return s + `,x=y` })}, 401},
		{"rule 2: a missing comma is refused", fedtest.Signing{Rewrite: replace(`",algorithm`, `" algorithm`)}, 401},
		{"rule 2: a trailing comma is refused", fedtest.Signing{Rewrite: line(func(s string) string { return s + `,` })}, 401},
		{"rule 2: without keyId it is refused", fedtest.Signing{Rewrite: replace("keyId=", "keyid=")}, 401},
		{"rule 2: without headers it is refused", fedtest.Signing{Rewrite: replace("headers=", "header=")}, 401},
		{"rule 2: without signature it is refused", fedtest.Signing{Rewrite: replace("signature=", "sig=")}, 401},
		{"rule 2: a signature that is no base64 is refused", fedtest.Signing{Rewrite: replace(`signature="`, `signature="*`)}, 401},
		{"rule 3: a plain http key is refused", fedtest.Signing{KeyID: "http://good.test/u/remote_good#main-key"}, 401},
		{"rule 3: a key on another port is refused", fedtest.Signing{KeyID: "https://good.test:8443/u/remote_good#main-key"}, 401},
		{"rule 3: a key with user info is refused", fedtest.Signing{KeyID: "https://a@good.test/u/remote_good#main-key"}, 401},
		{"rule 3: a relative key is refused", fedtest.Signing{KeyID: "/u/remote_good#main-key"}, 401},
		{"rule 3: a key id over 2,048 bytes is refused", fedtest.Signing{KeyID: good.KeyID + strings.Repeat("x", 2048)}, 401},
		{"rule 3: host and port of a key id have one normal form", fedtest.Signing{KeyID: "https://GOOD.test:443/u/remote_good#main-key"}, 202},
		{"rule 4: more may be covered", fedtest.Signing{Covered: append(slices.Clone(all), "content-type", "user-agent"), Header: http.Header{"User-Agent": {"x"}}}, 202},
		{"rule 4: without the target it is refused", fedtest.Signing{Covered: all[1:]}, 401},
		{"rule 4: without the host it is refused", fedtest.Signing{Covered: []string{"(request-target)", "date", "digest"}}, 401},
		{"rule 4: without a time it is refused", fedtest.Signing{Covered: []string{"(request-target)", "host", "digest"}}, 401},
		{"rule 4: created without expires does not replace the date", fedtest.Signing{Covered: []string{"(request-target)", "host", "(created)", "digest"}, Created: at(0)}, 401},
		{"rule 4: created and expires replace the date", fedtest.Signing{Covered: timed, Created: at(0), Expires: at(time.Minute)}, 202},
		{"rule 4: upper case is refused", fedtest.Signing{
			Covered: append(slices.Clone(all), "content-type"), Rewrite: replace(` content-type`, ` Content-Type`),
		}, 401},
		{"rule 4: repetition is refused", fedtest.Signing{Covered: append(slices.Clone(all), "date")}, 401},
		{"rule 4: a covered header that is not there is refused", fedtest.Signing{Covered: append(slices.Clone(all), "x-missing")}, 401},
		{"rule 5: the default port belongs to our host", fedtest.Signing{Host: "me.test:443"}, 202},
		{"rule 5: the host is read without regard to case", fedtest.Signing{Host: "Me.Test"}, 202},
		{"rule 5: another port is another host", fedtest.Signing{Host: "me.test:8443"}, 421},
		{"rule 6: two dates are refused", fedtest.Signing{Header: http.Header{"Date": {now.UTC().Format(http.TimeFormat), now.UTC().Format(http.TimeFormat)}}}, 401},
		{"rule 6: an unreadable date is refused", fedtest.Signing{Header: http.Header{"Date": {"yesterday"}}}, 401},
		{"rule 6: a date in local time is refused", fedtest.Signing{Header: http.Header{"Date": {now.In(time.FixedZone("CET", 3600)).Format(time.RFC1123)}}}, 401},
		{"rule 6: created too long ago is refused", fedtest.Signing{Covered: timed, Created: at(-2 * time.Hour), Expires: at(time.Minute)}, 401},
		{"rule 6: created two hours ahead is refused", fedtest.Signing{Covered: timed, Created: at(2 * time.Hour), Expires: at(2*time.Hour + time.Minute)}, 401},
		{"rule 6: an expired signature is refused", fedtest.Signing{Covered: timed, Created: at(-time.Minute), Expires: at(-time.Second)}, 401},
		{"rule 6: validity of more than an hour is refused", fedtest.Signing{Covered: timed, Created: at(0), Expires: at(time.Hour + time.Second)}, 401},
		{"rule 6: created beside a date has to be in the window too", fedtest.Signing{Covered: append(slices.Clone(all), "(created)"), Created: at(-2 * time.Hour)}, 401},
		{"rule 6: created beside a date is accepted", fedtest.Signing{Covered: append(slices.Clone(all), "(created)"), Created: at(0)}, 202},
		{"rule 6: expires beside created has to be covered", fedtest.Signing{Covered: append(slices.Clone(all), "(created)"), Created: at(0), Expires: at(time.Minute)}, 401},
		{"rule 6: expires has to be covered", fedtest.Signing{Expires: at(time.Minute)}, 401},
		{"rule 6: expires has to be covered together with created", fedtest.Signing{Covered: append(slices.Clone(all), "(expires)"), Expires: at(time.Minute)}, 401},
		{"rule 6: created belongs to hs2019", fedtest.Signing{Covered: timed, Created: at(0), Expires: at(time.Minute), Algorithm: "rsa-sha256"}, 401},
		{"rule 7: the algorithm's name may have any case", fedtest.Signing{Digest: strings.Replace(right, "SHA", "sha", 1)}, 202},
		{"rule 7: a right SHA-512 beside it is fine", fedtest.Signing{Digest: right + ",SHA-512=" + sum(sum512[:])}, 202},
		{"rule 7: a wrong SHA-512 beside it is refused", fedtest.Signing{Digest: right + ",SHA-512=" + sum(sum256[:])}, 401},
		{"rule 7: SHA-512 alone is refused", fedtest.Signing{Digest: "SHA-512=" + sum(sum512[:])}, 401},
		{"rule 7: a wrong SHA-256 beside a right one is refused", fedtest.Signing{Digest: right + ", SHA-256=" + sum(sum1[:])}, 401},
		{"rule 7: several lines are joined", fedtest.Signing{Header: http.Header{"Digest": {right, "unixsum=1"}}, Digest: "-", Covered: all}, 202},
		{"rule 7: a wrong second line is refused", fedtest.Signing{Header: http.Header{"Digest": {right, "SHA-256=AA=="}}, Digest: "-", Covered: all}, 401},
		{"rule 8: the label may be absent", fedtest.Signing{Algorithm: "-"}, 202},
		{"rule 8: hs2019 is fine for RSA", fedtest.Signing{Algorithm: "hs2019"}, 202},
		{"rule 8: another label is refused", fedtest.Signing{Algorithm: "rsa-sha512"}, 401},
		{"rule 8: hmac is refused", fedtest.Signing{Algorithm: "hmac-sha256"}, 401},
		{"R0 a right signature is still accepted", fedtest.Signing{}, 202},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n.forget()
			n.wantPost(t, good, follow, tt.s, tt.want)
		})
	}
	if n.world.CanaryTouched() {
		t.Error("a canary was touched")
	}
}

func TestSignedPathIsTheOneInItsOnlySpelling(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	for _, tt := range []struct {
		name, url string
		want      int
	}{
		{"rule 5: a query on POST is malformed", inbox + "?x=1", 400},
		{"rule 5: an empty query on POST is malformed", inbox + "?", 400},
		{"rule 5: an escape in the path is not found", strings.Replace(inbox, "/inbox", "/%69nbox", 1), 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := good.Post(tt.url, good.Activity("Follow", "https://me.test/ap/actor"))
			if got.Status != tt.want || n.Effects() != 0 {
				t.Errorf("got status %d and %d effects, want %d and none", got.Status, n.Effects(), tt.want)
			}
		})
	}
	t.Run("SIG-19 a POST that signs its target without the query is refused", func(t *testing.T) {
		got := good.PostSigned(inbox+"?x=1", good.Activity("Follow", "x"), fedtest.Signing{Target: strings.TrimPrefix(inbox, "https://me.test")})
		if got.Status == http.StatusAccepted || n.Effects() != 0 {
			t.Errorf("got status %d and %d effects", got.Status, n.Effects())
		}
	})
}

func TestEd25519KeySigns(t *testing.T) {
	n := newNode(t)
	a, key := ed25519Actor(n.world)
	for _, tt := range []struct {
		name string
		s    fedtest.Signing
		want int
	}{
		{"hs2019 is accepted", fedtest.Signing{}, 202},
		{"rule 8: the label ed25519 is accepted", fedtest.Signing{Algorithm: "ed25519"}, 202},
		{"a changed date is refused", fedtest.Signing{Rewrite: func(h http.Header) {
			h.Set("Date", n.clock.Now().Add(-time.Minute).UTC().Format(http.TimeFormat))
		}}, 401},
		{"RFC 9421: it is accepted", fedtest.Signing{RFC9421: true}, 202},
		{"RFC 9421: alg ed25519 is accepted", fedtest.Signing{RFC9421: true, Algorithm: "ed25519"}, 202},
		{"RFC 9421: alg of another key type is refused", fedtest.Signing{RFC9421: true, Algorithm: "rsa-v1_5-sha256"}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.s.Key, tt.s.KeyID = key, a.ID+"#ed25519-1"
			n.wantPost(t, a, a.Activity("Like", "https://me.test/ap/actor"), tt.s, tt.want)
		})
	}
}

func TestSignedGet(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	const url = "https://me.test/ap/collections/opportunities?page=2"
	for _, tt := range []struct {
		name string
		s    fedtest.Signing
		want int
	}{
		{"SIG-19 the target with its query is verified", fedtest.Signing{}, 200},
		{"SIG-19 the target without its query is verified", fedtest.Signing{Target: "/ap/collections/opportunities"}, 200},
		{"the target with another query is refused", fedtest.Signing{Target: "/ap/collections/opportunities?page=3"}, 401},
		{"without a date it is refused", fedtest.Signing{Covered: []string{"(request-target)", "host"}}, 401},
		{"unsigned it is refused", fedtest.Signing{None: true}, 401},
		{"RFC 9421: the target with its query is verified", fedtest.Signing{RFC9421: true}, 200},
		{"RFC 9421: the target without its query is refused", fedtest.Signing{RFC9421: true, Target: "https://me.test/ap/collections/opportunities"}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := n.world.Do(good.Request(http.MethodGet, url, nil, tt.s))
			if got.Status != tt.want {
				t.Errorf("got %d, want %d", got.Status, tt.want)
			}
			if tt.want == 200 && string(got.Body) != good.ID {
				t.Errorf("verified as %s, want %s", got.Body, good.ID)
			}
		})
	}
	if want := []string{"good.test", "good.test", "good.test"}; !slices.Equal(n.readers, want) {
		t.Errorf("rights belong to %v, want %v", n.readers, want)
	}
}

func TestExactRepetitionHasOneEffect(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	body := []byte(fmt.Sprintf(`{"id":"https://good.test/a/1","type":"Follow","actor":%q,"object":"x"}`, good.ID))
	signed := good.Request(http.MethodPost, inbox, body, fedtest.Signing{})
	again := fedtest.Signing{None: true, Header: signed.Header}

	t.Run("a request that failed may be repeated", func(t *testing.T) {
		first, _, err := received(t.Context(), n.verifier, inboxRequest(signed), body)
		if err != nil {
			t.Fatal(err)
		}
		second, _, err := received(t.Context(), n.verifier, inboxRequest(signed), body)
		if err != nil || second != first {
			t.Fatalf("got %v, %v", second, err)
		}
	})
	t.Run("SIG-08 an acknowledged one is answered 202 without a second effect", func(t *testing.T) {
		for i := range 4 {
			if got := good.PostSigned(inbox, body, again); got.Status != http.StatusAccepted {
				t.Errorf("repetition %d: got %d", i, got.Status)
			}
			n.clock.Advance(10 * time.Second)
		}
		if n.Effects() != 1 {
			t.Errorf("got %d effects, want 1", n.Effects())
		}
	})
	t.Run("the same activity signed anew is not taken for a repetition", func(t *testing.T) {
		n.wantPost(t, good, body, fedtest.Signing{}, 202)
	})
}

// inboxRequest is a request as the server sees it.
func inboxRequest(sent *http.Request) *http.Request {
	return &http.Request{Method: sent.Method, URL: sent.URL, Host: sent.URL.Host, Header: sent.Header}
}

func TestPastSideOfTheWindowCanBeWidened(t *testing.T) {
	n := newNode(t, func(n *node, _ *federation.ClientConfig) { n.policy.Past = 100 * time.Hour })
	good := n.world.Host("good.test").Actor("remote_good")
	n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{Date: n.clock.Now().Add(-12 * time.Hour)}, 202)
	n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{Date: n.clock.Now().Add(-12*time.Hour - time.Second)}, 401)
	n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{Date: n.clock.Now().Add(6 * time.Minute)}, 401)
}

func TestWhoIsRefusedCausesNoRetrieval(t *testing.T) {
	n := newNode(t, func(n *node, _ *federation.ClientConfig) {
		n.policy.Admit = func(_ context.Context, host string) error {
			if host == "evil.test" {
				return engagement.ErrForbidden
			}
			return nil
		}
	})
	evil := n.world.Host("evil.test").Actor("remote_evil")
	good := n.world.Host("good.test").Actor("remote_good")
	asked := func() int { return len(evil.Host.Requests()) + len(good.Host.Requests()) }

	for _, tt := range []struct {
		name     string
		actor    *fedtest.Actor
		activity any
		s        fedtest.Signing
		want     int
	}{
		{"ORG-29 our own key id is refused", evil, map[string]any{"id": "https://me.test/a/1", "type": "Follow", "actor": n.base.Actor(), "object": "x"}, fedtest.Signing{KeyID: n.key.ID}, 401},
		{"ORG-29 also when it deletes itself", evil, map[string]any{"id": "https://me.test/a/1", "type": "Delete", "actor": n.base.Actor(), "object": n.base.Actor()}, fedtest.Signing{KeyID: n.key.ID}, 401},
		{"an actor of ours under a stranger's key is refused", good, map[string]any{"id": "https://good.test/a/1", "type": "Follow", "actor": n.base.Actor(), "object": "x"}, fedtest.Signing{}, 401},
		{"SIG-10 a key of another origin than the actor is refused", good, map[string]any{"id": "https://good.test/a/1", "type": "Follow", "actor": "https://victim.test/u/remote_victim", "object": "x"}, fedtest.Signing{}, 401},
		{"SIG-17 a signature inside the document does not count", good, map[string]any{
			"id": "https://victim.test/a/1", "type": "Create", "actor": "https://victim.test/u/remote_victim", "object": map[string]any{},
			"signature": map[string]any{"type": "RsaSignature2017", "creator": "https://victim.test/u/remote_victim#main-key", "signatureValue": "AAAA"},
		}, fedtest.Signing{}, 401},
		{"a malformed activity is refused before its key is looked for", good, map[string]any{"id": "https://good.test/a/1", "type": "Follow", "actor": []any{}}, fedtest.Signing{}, 400},
		{"an old date is refused before its key is looked for", good, good.Activity("Follow", "x"), fedtest.Signing{Date: n.clock.Now().AddDate(-1, 0, 0)}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := asked()
			n.wantPost(t, tt.actor, tt.activity, tt.s, tt.want)
			if got := asked() - before; got != 0 {
				t.Errorf("%d requests went out", got)
			}
		})
	}
	t.Run("ORG-17 a suspended host is forbidden to read", func(t *testing.T) {
		if got := evil.Get("https://me.test/ap/actor"); got.Status != http.StatusForbidden {
			t.Errorf("got %d", got.Status)
		}
	})
	t.Run("a known actor's self-deletion is verified", func(t *testing.T) {
		n.wantPost(t, good, good.Activity("Like", "x"), fedtest.Signing{}, 202)
		n.wantPost(t, good, good.Activity("Delete", good.ID), fedtest.Signing{Key: evil.Key()}, 401)
		n.wantPost(t, good, good.Activity("Delete", good.ID), fedtest.Signing{}, 202)
	})
}

func TestInboxTakesOnlyPlainDocuments(t *testing.T) {
	n := newNode(t)
	good := n.world.Host("good.test").Actor("remote_good")
	like := good.Activity("Like", "x")
	header := func(name, value string) fedtest.Signing {
		return fedtest.Signing{Header: http.Header{name: {value}}}
	}
	for _, tt := range []struct {
		name string
		body any
		s    fedtest.Signing
		want int
	}{
		{"ld+json with the profile is accepted", like, header("Content-Type", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`), 202},
		{"JSON is refused", like, header("Content-Type", "application/json"), 415},
		{"two media types are refused", like, fedtest.Signing{Header: http.Header{"Content-Type": {federation.ContentType, federation.ContentType}}}, 415},
		{"a compressed body is refused", like, header("Content-Encoding", "gzip"), 415},
		{"a body over 256 KiB is refused", []byte(`{"x":"` + strings.Repeat("a", federation.MaxInbox) + `"}`), fedtest.Signing{}, 413},
	} {
		t.Run(tt.name, func(t *testing.T) { n.wantPost(t, good, tt.body, tt.s, tt.want) })
	}
	t.Run("a body over 256 KiB of unknown length is refused", func(t *testing.T) {
		r := good.Request(http.MethodPost, inbox, []byte(strings.Repeat("a", federation.MaxInbox+1)), fedtest.Signing{})
		r.ContentLength = -1
		if got := n.world.Do(r); got.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", got.Status)
		}
	})
}
