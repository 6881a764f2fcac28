package federation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// as signs with the key of an instance.
func (s *peer) as() fedtest.Signing {
	s.t.Helper()
	key, err := s.service.InstanceKey(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return fedtest.Signing{Key: key.Private, KeyID: key.ID}
}

// released is a request from b for an opportunity of a, whose volunteer has shown the name and nothing else, and which was agreed.
func released(t *testing.T, a, b *peer, o engagement.Opportunity) (home, origin engagement.MatchRequest) {
	t.Helper()
	home = b.wish(mustCopy(t, b, a, o).ID)
	settle(t, a, b)
	origin = a.requestFor(o.ID)
	a.answer(origin.ID, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name", "email"}, Text: "Gern!"})
	settle(t, a, b)
	b.update(func(tx *store.Tx) error {
		_, err := engagement.ReleaseContact(tx, engagement.Actor{Request: home.ID}, home.ID, engagement.Card{"name": "Ada"})
		return err
	})
	settle(t, a, b)
	a.answer(origin.ID, engagement.Answer{Event: engagement.EventAgree})
	settle(t, a, b)
	return b.request(home.ID), a.request(origin.ID)
}

var iris = regexp.MustCompile(`https://[ab]\.test/[^"\\<>\s#]*`)

// PRV-02, PRV-04, PRV-06, PRV-07: whoever follows every address that was ever said or answered, finds nobody; and of what a volunteer
// knows, the other side of a match learns what was shown to it.
func TestWhoFollowsEveryAddressFindsNobody(t *testing.T) {
	w, clock := newWorld(t)
	a, b := newPeer(t, w, clock, "a.test", storetest.SQLite(t)), newPeer(t, w, clock, "b.test", storetest.SQLite(t))
	c := newPeer(t, w, clock, "c.test", storetest.SQLite(t))
	partners(t, a, b)
	partners(t, a, c)
	partners(t, b, c)
	org := a.organization("verein")
	o := a.opportunity(org, "Vorlesen in der Grundschule")
	reader := w.Host("good.test").Actor("reader")
	a.follow(org, reader)
	settle(t, a, b, c)
	home, _ := released(t, a, b, o)
	if home.State != engagement.Agreed {
		t.Fatalf("the request is %s", home.State)
	}
	secrets := append(slices.Clone(canaries), "ab-18", "Ada")
	for _, r := range w.Requests() {
		for _, secret := range secrets {
			if (bytes.Contains(r.Body, []byte(secret)) || bytes.Contains(r.Answer, []byte(secret))) && !(secret == "Ada" && r.Host == "a.test" && bytes.Contains(r.Body, []byte(`"type":"Profile"`))) {
				t.Errorf("%s %s%s has %q", r.Method, r.Host, r.Target, secret)
			}
		}
		if r.Method != http.MethodPost || len(r.Body) == 0 {
			continue
		}
		var said map[string]any
		if err := json.Unmarshal(r.Body, &said); err != nil {
			t.Fatal(err)
		}
		walk(said, func(name string, v any) {
			if list, isList := v.([]any); name == "bto" || name == "bcc" || name == "to" && isList && len(list) > 1 && said["seestern:match"] != nil {
				t.Errorf("%s of %v to %v", name, said["type"], v)
			}
		})
	}

	evil := w.Host("evil.test").Actor("remote_evil")
	for _, mode := range []engagement.Code{"open", "partners"} {
		a.setMode(mode)
		b.setMode(mode)
		for who, s := range map[string]fedtest.Signing{"nobody": {None: true}, "a stranger": {}, "a partner that is not asked": c.as()} {
			t.Run(fmt.Sprintf("as %s in mode %s", who, mode), func(t *testing.T) {
				known := map[string]bool{}
				for _, r := range w.Requests() {
					for _, found := range iris.FindAllString(string(r.Body)+" "+string(r.Answer)+` https://`+r.Host+r.Target, -1) {
						known[found] = true
					}
				}
				for _, s := range []*peer{a, b} {
					known[s.base.String()+"/ap/person/"+home.Person] = true
					known[s.base.String()+"/.well-known/webfinger?resource=acct:"+home.Person+"@"+s.base.Host] = true
				}
				left := slices.Sorted(maps.Keys(known))
				for len(left) > 0 {
					url := left[0]
					left = left[1:]
					answer := w.Do(evil.Request(http.MethodGet, url, nil, s))
					for _, secret := range secrets {
						if bytes.Contains(answer.Body, []byte(secret)) {
							t.Errorf("%s: %q", url, secret)
						}
					}
					if answer.Status != http.StatusOK {
						continue
					}
					var d map[string]any
					if strings.Contains(url, "/person/") || strings.Contains(url, "/agreement/") || strings.Contains(url, "/card/") {
						t.Errorf("%s is readable: %s", url, answer.Body)
					}
					if json.Unmarshal(answer.Body, &d) == nil && (strings.HasSuffix(url, "/followers") || strings.HasSuffix(url, "/following") && !strings.HasSuffix(url, "/ap/actor/following") || strings.HasSuffix(url, "/inbox")) {
						if items, _ := d["orderedItems"].([]any); len(items) > 0 || d["first"] != nil {
							t.Errorf("%s lists %s", url, answer.Body)
						}
					}
					for _, found := range iris.FindAllString(string(answer.Body), -1) {
						if !known[found] {
							known[found] = true
							left = append(left, found)
						}
					}
				}
				if len(known) < 40 {
					t.Errorf("only %d addresses were found", len(known))
				}
			})
		}
	}
}

// PRV-08: what is private stays so, whatever others say about its id.
func TestNobodyElseMakesPublicWhatIsPrivate(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		author, evil := h.actor("good.test", "author", person), h.actor("evil.test", "evil", person)
		h.meet(author, evil)
		create := noteOf(author, "Ich wohne in der Lindenstraße 4.", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()})
		note := create["object"].(map[string]any)
		h.want(author, create, 202)
		private := h.interest(author)
		if private.Text == "" {
			t.Fatal("the message did not arrive")
		}
		h.unchanged(func() {
			for _, to := range []string{"https://www.w3.org/ns/activitystreams#Public", evil.ID, h.base.OrganizationID(h.other)} {
				widened := maps.Clone(note)
				widened["to"], widened["cc"] = []string{to}, []string{evil.ID}
				for _, kind := range []string{"Create", "Update"} {
					h.want(evil, carry(evil, kind, widened), 400)
					claimed := maps.Clone(widened)
					claimed["attributedTo"] = evil.ID
					h.want(evil, carry(evil, kind, claimed), 400)
				}
				h.want(evil, evil.Activity("Announce", note["id"], map[string]any{"to": []string{to}}), 202)
			}
		})
	})
}

// PRV-09: what was visible to a partner is not any more, at once.
func TestAnEndedRelationSeesNothing(t *testing.T) {
	for name, end := range map[string]struct {
		do   func(tx *store.Tx) error
		want int
	}{
		"the partnership has ended": {func(tx *store.Tx) error { _, err := engagement.EndPartner(tx, engagement.System, "b.test"); return err }, 404},
		"the host is suspended":     {func(tx *store.Tx) error { return tx.PutPeer(store.Peer{Host: "b.test", Standing: store.Suspended}) }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			w, clock := newWorld(t)
			a, b := newPeer(t, w, clock, "a.test", storetest.SQLite(t)), newPeer(t, w, clock, "b.test", storetest.SQLite(t))
			partners(t, a, b)
			o := a.opportunity(a.organization("verein"), "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
			settle(t, a, b)
			read := func() int {
				return w.Do(w.Host("b2.test").Actor("x").Request(http.MethodGet, a.base.OpportunityID(o), nil, b.as())).Status
			}
			if got := read(); got != 200 {
				t.Fatalf("a partner gets %d", got)
			}
			a.update(end.do)
			if got := read(); got != end.want {
				t.Errorf("got %d, want %d", got, end.want)
			}
		})
	}
}

// DEL-15: when a partnership ends, what was shared for a match is gone on both sides, and both people know that it ended.
func TestTheEndOfAPartnershipErasesWhatWasShared(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		o := a.opportunity(a.organization("verein"), "Vorlesen in der Grundschule")
		settle(t, a, b)
		home, origin := released(t, a, b, o)
		if origin.Card["name"] != "Ada" {
			t.Fatalf("the organization has the card %v", origin.Card)
		}
		a.update(func(tx *store.Tx) error { _, err := engagement.EndPartner(tx, engagement.System, "b.test"); return err })
		settle(t, a, b)
		for _, side := range []struct {
			peer *peer
			id   engagement.ID
		}{{a, origin.ID}, {b, home.ID}} {
			if m := side.peer.request(side.id); !m.State.Final() || len(m.Card) > 0 {
				t.Errorf("%s has it as %s with the card %v", side.peer.base.Host, m.State, m.Card)
			}
		}
	})
}
