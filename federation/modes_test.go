package federation_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// answers are the statuses for a request that is unsigned, signed by a stranger, by a partner, and by a suspended host.
type statuses [4]int

// The table of protocol.md §1.4, row by row and mode by mode. Inboxes are tested with the gates they have.
func TestModesDecideWhoReadsWhat(t *testing.T) {
	w, clock := newWorld(t)
	me := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	other := newPeer(t, w, clock, "partner.test", storetest.SQLite(t))
	partners(t, me, other)
	org := me.organization("beispielverein")
	public := me.opportunity(org, "Vorlesen in der Grundschule")
	partnersOnly := me.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
	news, event := me.announce(org, "Sprechstunde: mittwochs."), me.occasion(org)
	me.update(func(tx *store.Tx) error {
		return tx.PutPeer(store.Peer{Host: "evil.test", Standing: store.Suspended})
	})
	stranger, suspended := w.Host("good.test").Actor("remote_good"), w.Host("sub.evil.test").Actor("remote_evil")
	partnerKey, err := other.service.InstanceKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	codec := testCodec(t, me.base.String())
	orgID := me.base.OrganizationID(org)

	everybody, nobody := statuses{200, 200, 200, 403}, statuses{404, 404, 404, 404}
	onlyPartners := statuses{404, 404, 200, 403}
	for _, row := range []struct {
		what, path          string
		off, partners, open statuses
	}{
		{"the instance actor", "/ap/actor", nobody, everybody, everybody},
		{"its collections", "/ap/actor/following", nobody, everybody, everybody},
		{"an organization", orgID, nobody, everybody, everybody},
		{"followers of an organization", orgID + "/followers", nobody, everybody, everybody},
		{"an outbox", orgID + "/outbox", nobody, statuses{401, 404, 200, 403}, everybody},
		{"a public opportunity", me.base.OpportunityID(public), nobody, statuses{401, 404, 200, 403}, everybody},
		{"an announcement", codec.AnnouncementID(news), nobody, statuses{401, 404, 200, 403}, everybody},
		{"an event", me.base.ID(federation.KindEvent, string(event.ID)), nobody, statuses{401, 404, 200, 403}, everybody},
		{"the opportunities", "/ap/collections/opportunities?cursor=0", nobody, statuses{401, 404, 200, 403}, everybody},
		{"an opportunity for partners", me.base.OpportunityID(partnersOnly), nobody, onlyPartners, onlyPartners},
		{"an unknown id", "/ap/opportunity/01890a5d-ac96-774b-bcce-b302099a8057", nobody, statuses{404, 404, 404, 403}, statuses{404, 404, 404, 403}},
		{"WebFinger", "/.well-known/webfinger?resource=acct:beispielverein@me.test", nobody, statuses{200, 200, 200, 200}, statuses{200, 200, 200, 200}},
		{"NodeInfo", "/nodeinfo/2.1", nobody, statuses{200, 200, 200, 200}, statuses{200, 200, 200, 200}},
		{"host-meta", "/.well-known/host-meta", nobody, statuses{200, 200, 200, 200}, statuses{200, 200, 200, 200}},
	} {
		for mode, want := range map[engagement.Code]statuses{"off": row.off, "partners": row.partners, "open": row.open} {
			t.Run(row.what+" in mode "+string(mode), func(t *testing.T) {
				me.setMode(mode)
				url := row.path
				if url[0] == '/' {
					url = me.base.String() + url
				}
				signed := fedtest.Signing{Key: partnerKey.Private, KeyID: partnerKey.ID}
				got := statuses{me.get(url).Status, stranger.Get(url).Status, w.Do(stranger.Request(http.MethodGet, url, nil, signed)).Status, suspended.Get(url).Status}
				if got != want {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		}
	}
	t.Run("in mode partners strangers see who an organization is and nothing else", func(t *testing.T) {
		me.setMode("partners")
		signed := fedtest.Signing{Key: partnerKey.Private, KeyID: partnerKey.ID}
		forAll, forPartner := me.get(orgID), w.Do(stranger.Request(http.MethodGet, orgID, nil, signed))
		short, full := forAll.JSON(), forPartner.JSON()
		for want, got := range map[string]fedtest.Response{"public, max-age=180": forAll, "private, no-store": forPartner} { // PRV-10
			if got.Header.Get("Cache-Control") != want || (got.Header.Get("Access-Control-Allow-Origin") != "") != (want[:2] == "pu") {
				t.Errorf("Cache-Control is %q, want %q", got.Header.Get("Cache-Control"), want)
			}
		}
		for _, name := range []string{"summary", "attachment", "location", "seestern:org"} {
			if list, isList := short[name].([]any); short[name] != nil && !(isList && len(list) == 0) {
				t.Errorf("strangers see %s: %v", name, short[name])
			}
			if full[name] == nil {
				t.Errorf("partners do not see %s", name)
			}
		}
		if short["publicKey"] == nil || short["name"] == nil {
			t.Errorf("strangers see %v", short)
		}
	})
	t.Run("who claims to be a partner and is not gets what a stranger gets", func(t *testing.T) {
		me.setMode("open")
		forged := fedtest.Signing{Key: fedtest.RSAKey("forger", 1), KeyID: partnerKey.ID}
		if got := w.Do(stranger.Request(http.MethodGet, me.base.OpportunityID(partnersOnly), nil, forged)); got.Status != 404 {
			t.Errorf("got %d", got.Status)
		}
	})
	t.Run("a partner sees what is for partners in the list that partners copy", func(t *testing.T) {
		signed := fedtest.Signing{Key: partnerKey.Private, KeyID: partnerKey.ID}
		url := me.base.Opportunities() + "?cursor=0"
		for who, want := range map[string]int{"partner": 4, "stranger": 3} {
			r := stranger.Request(http.MethodGet, url, nil, fedtest.Signing{})
			if who == "partner" {
				r = stranger.Request(http.MethodGet, url, nil, signed)
			}
			if got := len(w.Do(r).JSON()["orderedItems"].([]any)); got != want {
				t.Errorf("%s sees %d, want %d", who, got, want)
			}
		}
	})
}

func TestModesDecideWhoIsTold(t *testing.T) {
	w, clock := newWorld(t)
	me := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	other := newPeer(t, w, clock, "partner.test", storetest.SQLite(t))
	partners(t, me, other)
	org := me.organization("beispielverein")
	reader := w.Host("good.test").Actor("reader")
	me.follow(org, reader)
	for _, row := range []struct {
		mode              engagement.Code
		follower, partner int // how many learn of a new opportunity
	}{{"off", 0, 0}, {"partners", 0, 1}, {"open", 1, 1}} {
		t.Run("in mode "+string(row.mode), func(t *testing.T) {
			me.setMode(row.mode)
			before := [2]int{len(of("Create", reader.Inbox())), other.server.Asked("/ap/inbox")}
			o := me.opportunity(org, "Vorlesen im Modus "+string(row.mode))
			settle(t, me, other)
			got := [2]int{len(of("Create", reader.Inbox())) - before[0], other.server.Asked("/ap/inbox") - before[1]}
			if want := [2]int{row.follower, row.partner}; got != want {
				t.Errorf("follower and partner got %v, want %v", got, want)
			}
			if dropped := me.deliveries(store.Dropped); len(dropped) > 0 {
				t.Errorf("queued, but not sent: %v", dropped)
			}
			if _, ok := other.copyOf(me, o); ok != (row.partner == 1) {
				t.Errorf("the partner has a copy: %t", ok)
			}
		})
	}
	t.Run("in mode off nothing is looked up", func(t *testing.T) {
		me.setMode("off")
		before := len(w.Requests())
		_, err := me.service.Lookup(context.Background(), "good.test")
		_, err2 := me.service.LookupActor(context.Background(), "@reader@good.test")
		if !errors.Is(err, engagement.ErrForbidden) || !errors.Is(err2, engagement.ErrForbidden) || len(w.Requests()) != before {
			t.Errorf("got %v, %v and %d requests", err, err2, len(w.Requests())-before)
		}
	})
	t.Run("in mode partners only partners are looked up", func(t *testing.T) {
		me.setMode("partners")
		if _, err := me.service.LookupActor(context.Background(), "@reader@good.test"); !errors.Is(err, engagement.ErrForbidden) {
			t.Errorf("got %v", err)
		}
		if a, err := me.service.LookupActor(context.Background(), other.base.Actor()); err != nil || a.Type != "Application" {
			t.Errorf("got %v, %v", a, err)
		}
	})
}

func TestThePseudonymousPersonIsThereForItsCounterpartOnly(t *testing.T) {
	w, clock := newWorld(t)
	a, b, c := newPeer(t, w, clock, "a.test", storetest.SQLite(t)), newPeer(t, w, clock, "b.test", storetest.SQLite(t)), newPeer(t, w, clock, "c.test", storetest.SQLite(t))
	partners(t, a, b)
	partners(t, b, c)
	org := a.organization("verein")
	o, other := a.opportunity(org, "Vorlesen in der Grundschule"), a.opportunity(org, "Garten pflegen am Nachmittag")
	settle(t, a, b, c)
	m := b.wish(mustCopy(t, b, a, o).ID)
	settle(t, a, b, c)
	person := b.base.ID(federation.KindPerson, m.Person)
	reader := w.Host("good.test").Actor("reader")
	as := func(s *peer, url string) fedtest.Response {
		key, err := s.service.InstanceKey(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return w.Do(reader.Request(http.MethodGet, url, nil, fedtest.Signing{Key: key.Private, KeyID: key.ID}))
	}
	for _, url := range []string{person, person + "/inbox", b.request(m.ID).Offer} {
		unknown := b.get("/ap/person/00000000000000000000000000000000")
		for who, got := range map[string]fedtest.Response{"nobody in particular": b.get(url), "a stranger": reader.Get(url), "another partner": as(c, url)} {
			if got.Status != 404 || string(got.Body) != string(unknown.Body) {
				t.Errorf("%s: %s gets %d %s", url, who, got.Status, got.Body)
			}
		}
	}
	got := as(a, person)
	if d := got.JSON(); got.Status != 200 || d["id"] != person || d["type"] != "Person" || got.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the counterpart gets %d %s %s", got.Status, got.Header, got.Body)
	}
	if got := as(a, person+"/inbox"); got.Status != 200 {
		t.Errorf("the counterpart gets %d for the inbox", got.Status)
	}

	t.Run("while its last word is on the way it is there although the request is erased", func(t *testing.T) {
		second := b.wish(mustCopy(t, b, a, other).ID)
		settle(t, a, b, c)
		person := b.base.ID(federation.KindPerson, second.Person)
		a.server.Close()
		b.update(func(tx *store.Tx) error {
			_, err := engagement.WithdrawRequest(tx, engagement.Actor{Request: second.ID}, second.ID, "")
			return err
		})
		settle(t, b, c)
		b.update(func(tx *store.Tx) error { return tx.DeleteMatchRequest(second.ID) })
		if got := as(a, person); got.Status != 200 || got.JSON()["publicKey"] == nil {
			t.Errorf("the counterpart gets %d %s", got.Status, got.Body)
		}
		if got := as(c, person); got.Status != 404 {
			t.Errorf("another partner gets %d", got.Status)
		}
		a.server.Reopen()
		pass(t, 2*time.Hour, 10*time.Minute, a, b, c)
		if got := a.requestFor(other.ID); got.State != engagement.WithdrawnRequest {
			t.Errorf("the organization sees %s", got.State)
		}
		if got := as(a, person); got.Status != 410 {
			t.Errorf("then the counterpart gets %d", got.Status)
		}
	})
	t.Run("once the request is over for long, the person is gone", func(t *testing.T) {
		b.update(func(tx *store.Tx) error {
			_, err := engagement.WithdrawRequest(tx, engagement.Actor{Request: m.ID}, m.ID, "")
			return err
		})
		settle(t, a, b, c)
		clock.Forward(engagement.CardLife)
		if got := as(a, person); got.Status != 410 || got.JSON()["formerType"] != "Person" {
			t.Errorf("the counterpart gets %d %s", got.Status, got.Body)
		}
		if got := as(c, person); got.Status != 404 {
			t.Errorf("another partner gets %d", got.Status)
		}
	})
}
