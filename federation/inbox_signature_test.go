package federation_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// The group SIG of security-cases.md against a complete instance: what is refused leaves no trace in the database, causes no retrieval,
// and gets an answer that gives no hint. The details of every rule are in TestCavageSignatures and TestRFC9421Signatures.
func TestSIG(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		good2 := h.actor("good.test", "remote_good2")
		evil := h.actor("evil.test", "remote_evil")
		victim := h.actor("victim.test", "remote_victim")
		now := h.clock.Now()
		all := []string{"(request-target)", "host", "date", "digest"}
		// The one look an hour whether good has changed its key is spent, so that from here on nothing is asked and nothing written.
		if got := good.PostSigned(h.inbox(), good.Activity("View", h.orgIRI()), fedtest.Signing{Key: evil.Key()}); got.Status != 401 {
			t.Errorf("signed by another key: got status %d, want 401", got.Status)
		}
		swapped := []byte(fmt.Sprintf(`{"id":"https://good.test/a/d","type":"Delete","actor":%q,"object":%q}`, good.ID, good.ID))

		for _, tt := range []struct {
			name string
			by   *fedtest.Actor // whose activity it is; good if nil
			s    fedtest.Signing
			want int
		}{
			{"R0 is taken", nil, fedtest.Signing{}, 202},
			{"R0 with RFC 9421 is taken", nil, fedtest.Signing{RFC9421: true}, 202},
			{"SIG-01 a swapped body is refused", nil, fedtest.Signing{Swap: swapped}, 401},
			{"SIG-01 with RFC 9421", nil, fedtest.Signing{RFC9421: true, Swap: swapped}, 401},
			{"SIG-02 a body without digest is refused", nil, fedtest.Signing{Digest: "-", Covered: all[:3]}, 401},
			{"SIG-02 with RFC 9421", nil, fedtest.Signing{RFC9421: true, Digest: "-", Covered: []string{"@method", "@target-uri"}}, 401},
			{"SIG-03 a digest that is not signed is refused", nil, fedtest.Signing{Covered: all[:3]}, 401},
			{"SIG-04 a signature over the date alone is refused", nil, fedtest.Signing{Covered: []string{"date"}}, 401},
			{"SIG-05 a signature for another inbox is refused", nil, fedtest.Signing{Target: "/ap/org/" + string(h.other.ID) + "/inbox"}, 401},
			{"SIG-05 with RFC 9421", nil, fedtest.Signing{RFC9421: true, Target: h.base.OrganizationID(h.other) + "/inbox"}, 401},
			{"SIG-06 a request for another host is refused", nil, fedtest.Signing{Host: "other.test"}, 421},
			{"SIG-07 a date two hours old is refused", nil, fedtest.Signing{Date: now.Add(-2 * time.Hour)}, 401},
			{"SIG-07 a date two hours ahead is refused", nil, fedtest.Signing{Date: now.Add(2 * time.Hour)}, 401},
			{"SIG-07 a date 50 minutes old is taken", nil, fedtest.Signing{Date: now.Add(-50 * time.Minute)}, 202},
			{"SIG-10 the key of an actor elsewhere is refused", nil, fedtest.Signing{Key: evil.Key(), KeyID: evil.KeyID}, 401},
			{"SIG-10 the key of another actor of the same host is refused", nil, fedtest.Signing{Key: good2.Key(), KeyID: good2.KeyID}, 401},
			{"SIG-11 a repeated parameter is refused", nil, fedtest.Signing{Covered: []string{"date"}, Rewrite: func(h http.Header) {
				h.Set("Signature", `headers="(request-target) host date digest",`+h.Get("Signature"))
			}}, 401},
			{"SIG-12 an Authorization header is not read", nil, fedtest.Signing{Rewrite: func(h http.Header) {
				h.Set("Authorization", "Signature "+h.Get("Signature"))
				h.Del("Signature")
			}}, 401},
			{"SIG-12 an Authorization header heals no wrong signature", nil, fedtest.Signing{Rewrite: func(h http.Header) {
				h.Set("Authorization", "Signature "+h.Get("Signature"))
				h.Set("Signature", strings.Replace(h.Get("Signature"), `signature="`, `signature="AAAA`, 1))
			}}, 401},
			{"SIG-13 an MD5 digest does not count", nil, fedtest.Signing{Digest: "MD5=1B2M2Y8AsgTpgAmY7PhCfg=="}, 401},
			{"SIG-13 an empty digest is refused", nil, fedtest.Signing{Digest: "SHA-256="}, 401},
			{"SIG-13 an SHA-1 digest does not count", nil, fedtest.Signing{Digest: "SHA-1=2jmj7l5rSw0yVb/vlWAYkK/YBwk="}, 401},
			{"SIG-17 a signature inside of the body is not read", victim, fedtest.Signing{Key: evil.Key(), KeyID: evil.KeyID}, 401},
			{"R0 is still taken", nil, fedtest.Signing{}, 202},
		} {
			t.Run(tt.name, func(t *testing.T) {
				by := tt.by
				if by == nil {
					by = good
				}
				follow := by.Activity("Follow", h.orgIRI(), map[string]any{"signature": map[string]any{"type": "RsaSignature2017", "creator": victim.KeyID}})
				post := func() {
					got := by.PostSigned(h.inbox(), follow, tt.s)
					if got.Status != tt.want {
						t.Errorf("got status %d, want %d", got.Status, tt.want)
					}
					if got.Status == 401 && string(got.Body) != `{"title":"Unauthorized","status":401}`+"\n" {
						t.Errorf("the answer gives a hint: %s", got.Body)
					}
				}
				asked := len(h.world.Requests())
				if tt.want == 202 {
					post()
				} else {
					h.unchanged(post)
				}
				for _, r := range h.world.Requests()[asked:] {
					if r.Host != "me.test" && r.Host != "other.test" {
						t.Errorf("asked %s for %s", r.Host, r.Target)
					}
				}
				if got := h.followers(); tt.want == 202 && (len(got) != 1 || got[0] != good.ID) {
					t.Errorf("got followers %v", got)
				}
			})
		}
	})
}

func TestSIG08AnExactRepetitionHasOneEffect(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.world.Host("good.test").Actor("remote_good")
		request := func() *http.Request {
			return good.Request(http.MethodPost, h.inbox(), []byte(fmt.Sprintf(`{"id":"https://good.test/a/1","type":"Follow","actor":%q,"object":%q}`, good.ID, h.orgIRI())), fedtest.Signing{})
		}
		for i := range 4 {
			if i == 3 { // another process, or a longer time, which knows nothing of the request any more
				h.service.Forgetful()
			}
			if got := h.world.Do(request()); got.Status != 202 {
				t.Errorf("repetition %d: got status %d", i, got.Status)
			}
		}
		settle(t, h.peer)
		if got := len(of("Accept", good.Inbox())); got != 1 || len(h.followers()) != 1 {
			t.Errorf("got %d Accepts and followers %v", got, h.followers())
		}
	})
}

func TestSIG09AKeyThatNamesAForeignOwnerIsRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		evil, victim := h.world.Host("evil.test").Actor("remote_evil"), h.actor("victim.test", "remote_victim")
		h.world.Host("evil.test").Document("/k1", map[string]any{
			"id": "https://evil.test/k1", "owner": victim.ID, "publicKeyPem": fedtest.PublicPEM(evil.Key().Public()),
		})
		victims := h.world.Host("victim.test").Asked("/u/remote_victim")
		h.unchanged(func() {
			if got := victim.PostSigned(h.inbox(), victim.Activity("Follow", h.orgIRI()), fedtest.Signing{Key: evil.Key(), KeyID: "https://evil.test/k1"}); got.Status != 401 {
				t.Errorf("got status %d", got.Status)
			}
		})
		if asked := h.world.Host("evil.test").Asked("/k1"); asked > 1 {
			t.Errorf("the key was asked for %d times", asked)
		}
		if asked := h.world.Host("victim.test").Asked("/u/remote_victim") - victims; asked > 1 {
			t.Errorf("the owner was asked for %d times", asked)
		}
	})
}

func TestSIG14ARotatedKeyIsLookedUpOnceAnHour(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		asked := h.world.Host("good.test").Asked("/u/remote_good")
		good.SetKey(fedtest.RSAKey("good.test second", 0), "")
		h.want(good, good.Activity("Follow", h.orgIRI()), 202)
		if got := h.world.Host("good.test").Asked("/u/remote_good") - asked; got != 1 {
			t.Errorf("looked up %d times, want 1", got)
		}
		good.SetKey(fedtest.RSAKey("good.test third", 0), "")
		for range 2 {
			h.want(good, good.Activity("Follow", h.orgIRI()), 401)
		}
		if got := h.world.Host("good.test").Asked("/u/remote_good") - asked; got != 1 {
			t.Errorf("looked up %d times within the hour, want 1", got)
		}
		h.clock.Forward(61 * time.Minute)
		h.want(good, good.Activity("Follow", h.orgIRI()), 202)
	})
}

func TestSIG15AWithdrawnKeyIsRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		first := good.Key()
		good.SetKey(fedtest.RSAKey("good.test second", 0), "")
		h.want(good, good.Activity("View", h.orgIRI()), 202)
		h.clock.Forward(25 * time.Hour)
		if got := good.PostSigned(h.inbox(), good.Activity("Follow", h.orgIRI()), fedtest.Signing{Key: first}); got.Status != 401 || len(h.followers()) != 0 {
			t.Errorf("got status %d, followers %v", got.Status, h.followers())
		}
	})
}

func TestSIG16OddKeysAreRefused(t *testing.T) {
	h := newHouse(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	h.check(err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.check(err)
	private, err := x509.MarshalPKCS8PrivateKey(fedtest.RSAKey("odd.test", 0))
	h.check(err)
	right := fedtest.PublicPEM(fedtest.RSAKey("odd.test", 0).Public())
	keyOf := func(bits uint, exponent int) string {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return fedtest.PublicPEM(&rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: exponent})
	}
	for name, text := range map[string]string{
		"RSA of 65,536 bit": keyOf(65_536, 1<<31-1),
		"exponent 1":        keyOf(2048, 1),
		"RSA of 1,024 bit":  fedtest.PublicPEM(small.Public()),
		"P-256":             fedtest.PublicPEM(curve.Public()),
		"a private key":     string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		"one MB behind it":  right + strings.Repeat("x", 1<<20-10_000),
		"nothing but a PEM": "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
	} {
		t.Run(name, func(t *testing.T) {
			odd := h.world.Host("odd.test").Actor(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", ""), "-", "_"))
			odd.SetKey(fedtest.RSAKey("odd.test", 0), "")
			odd.Change(func(d map[string]any) {
				d["publicKey"] = map[string]any{"id": odd.KeyID, "owner": odd.ID, "publicKeyPem": text}
			})
			got := odd.Post(h.inbox(), odd.Activity("Follow", h.orgIRI()))
			if got.Status != 401 || string(got.Body) != `{"title":"Unauthorized","status":401}`+"\n" || len(h.followers()) != 0 {
				t.Errorf("got status %d %s, followers %v", got.Status, got.Body, h.followers())
			}
		})
	}
	for _, key := range h.dump()["remote_key"] {
		if strings.Contains(key, "odd.test") {
			t.Errorf("a key was taken for one: %s", key)
		}
	}
	good := h.actor("good.test", "remote_good")
	h.want(good, good.Activity("Follow", h.orgIRI()), 202)
}

func TestSIG18TroubleWithTheKeysServer(t *testing.T) {
	h := newHouse(t)
	known, stranger := h.actor("known.test", "k"), h.world.Host("strange.test").Actor("s")
	h.clock.Forward(25 * time.Hour) // what is known of the key has to be looked up again
	for _, tt := range []struct {
		name  string
		who   *fedtest.Actor
		reply fedtest.Reply
		want  int
	}{
		{"a stranger's key that is not there is refused", stranger, fedtest.Reply{Status: 404}, 401},
		{"a stranger's key that is gone is refused", stranger, fedtest.Reply{Status: 410}, 401},
		{"a stranger's server in trouble is refused", stranger, fedtest.Reply{Status: 500}, 401},
		{"a known actor's server in trouble is asked to come again", known, fedtest.Reply{Status: 500}, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.clock.Forward(25 * time.Hour)
			tt.who.Host.Reply("/u/"+tt.who.Name, tt.reply)
			got := tt.who.Post(h.inbox(), tt.who.Activity("Follow", h.orgIRI()))
			if got.Status != tt.want || (got.Header.Get("Retry-After") != "") != (tt.want == 503) || len(h.followers()) != 0 {
				t.Errorf("got status %d, Retry-After %q, followers %v", got.Status, got.Header.Get("Retry-After"), h.followers())
			}
		})
	}
}

func TestSIG19AQueryOnPostIsRefused(t *testing.T) {
	h := newHouse(t)
	good := h.actor("good.test", "remote_good")
	for name, s := range map[string]fedtest.Signing{"signed with it": {}, "signed without it": {Target: "/ap/inbox"}} {
		t.Run(name, func(t *testing.T) {
			h.unchanged(func() {
				if got := good.PostSigned(h.base.Inbox()+"?x=1", good.Activity("Follow", h.orgIRI()), s); got.Status != 400 {
					t.Errorf("got status %d", got.Status)
				}
			})
		})
	}
}

func TestSIG19AReaderMaySignWithOrWithoutTheQuery(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.opportunity(h.org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
		good, evil := h.actor("good.test", "remote_good"), h.actor("evil.test", "remote_evil")
		for _, tt := range []struct {
			name string
			by   *fedtest.Actor
			s    fedtest.Signing
			want int // how many opportunities it is shown
		}{
			{"a partner with it", good, fedtest.Signing{}, 2},
			{"a partner without it", good, fedtest.Signing{Target: "/ap/collections/opportunities"}, 2},
			{"a partner with RFC 9421", good, fedtest.Signing{RFC9421: true}, 2},
			{"a stranger", evil, fedtest.Signing{}, 1},
			{"nobody", evil, fedtest.Signing{None: true}, 1},
		} {
			t.Run(tt.name, func(t *testing.T) {
				got := h.world.Do(tt.by.Request(http.MethodGet, h.base.Opportunities()+"?cursor=0", nil, tt.s))
				items, _ := got.JSON()["orderedItems"].([]any)
				if got.Status != 200 || len(items) != tt.want {
					t.Errorf("got status %d and %d opportunities, want %d", got.Status, len(items), tt.want)
				}
			})
		}
		t.Run("a partner with another query is not believed", func(t *testing.T) {
			got := h.world.Do(good.Request(http.MethodGet, h.base.Opportunities()+"?cursor=0", nil, fedtest.Signing{Target: "/ap/collections/opportunities?cursor=1"}))
			if got.Status == 200 && len(got.JSON()["orderedItems"].([]any)) != 1 {
				t.Errorf("got status %d %s", got.Status, got.Body)
			}
		})
	})
}

// A replay window in memory is no substitute for the mark in the database: two processes on one database.
func TestTheSameActivityThroughTwoProcessesHasOneEffect(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		good := h.actor("good.test", "remote_good")
		follow := good.Activity("Follow", h.orgIRI())
		h.want(good, follow, 202)
		h.start()
		h.want(good, follow, 202)
		if got := len(h.deliveries(store.Waiting)); got != 1 {
			t.Errorf("got %d deliveries, want 1", got)
		}
	})
}
