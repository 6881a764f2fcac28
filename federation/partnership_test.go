package federation_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// eachPair runs a test with two instances, a.test and b.test, on every engine.
func eachPair(t *testing.T, test func(t *testing.T, a, b *peer)) {
	t.Helper()
	open := map[string]func(testing.TB) store.Config{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres}
	for name, config := range open {
		t.Run(name, func(t *testing.T) {
			w, clock := newWorld(t)
			test(t, newPeer(t, w, clock, "a.test", config(t)), newPeer(t, w, clock, "b.test", config(t)))
		})
	}
}

// copyOf is the copy of an opportunity of another instance.
func (s *peer) copyOf(origin *peer, o engagement.Opportunity) (found engagement.Opportunity, exists bool) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		found, err = tx.OpportunityByIRI(origin.base.OpportunityID(o))
		exists = err == nil
		if errors.Is(err, engagement.ErrNotFound) {
			return nil
		}
		return err
	})
	return found, exists
}

// Canaries of a volunteer: they must not leave home before the volunteer says so.
const (
	canaryName  = "Zwiebelfisch-7Q1"
	canaryEmail = "volunteer1.canary@mail.example"
	canaryPhone = "+49 171 0000001"
)

var canaries = []string{canaryName, canaryEmail, canaryPhone, "ab Mai"}

// wish is a volunteer without account who wants to help and has confirmed the e-mail address; change may make it another one.
func (s *peer) wish(opportunity engagement.ID, change ...func(*engagement.Wish)) engagement.MatchRequest {
	s.t.Helper()
	var m engagement.MatchRequest
	wish := engagement.Wish{
		Contact: engagement.Contact{Name: canaryName, Email: canaryEmail, Phone: canaryPhone, Available: "ab Mai"}, AgeBand: "ab-18",
		Text: "Dienstags passt mir gut.", SendText: true, Lang: "de", Gates: []string{"min-age-ok"},
	}
	for _, c := range change {
		c(&wish)
	}
	s.update(func(tx *store.Tx) (err error) {
		m, err = engagement.Request(tx, engagement.Actor{}, opportunity, wish)
		return err
	})
	token := ""
	s.view(func(tx *store.Tx) error {
		events, err := tx.Events(engagement.Mail, store.Waiting, 100)
		for _, e := range events {
			if e.Kind == engagement.MailConfirm && e.Subject == m.ID {
				token = e.Args["token"]
			}
		}
		return err
	})
	s.update(func(tx *store.Tx) (err error) {
		m, err = engagement.ConfirmRequest(tx, token)
		return err
	})
	return m
}

func (s *peer) request(id engagement.ID) (m engagement.MatchRequest) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		m, err = tx.MatchRequest(id)
		return err
	})
	return m
}

// requestFor is the newest request for one of the own opportunities.
func (s *peer) requestFor(opportunity engagement.ID) engagement.MatchRequest {
	s.t.Helper()
	var list []engagement.MatchRequest
	s.view(func(tx *store.Tx) (err error) {
		list, err = tx.RequestsFor(opportunity)
		return err
	})
	if len(list) == 0 {
		s.t.Fatalf("%s has no request", s.base.Host)
	}
	return list[len(list)-1]
}

// answer is the organization's.
func (s *peer) answer(id engagement.ID, a engagement.Answer) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		m, err := tx.MatchRequest(id)
		if err != nil {
			return err
		}
		member := engagement.Actor{Account: "0199aaaa-0000-7000-8000-00000000000a", Members: map[engagement.ID]engagement.Role{m.Organization: engagement.Member}}
		_, err = engagement.AnswerRequest(tx, member, id, a)
		return err
	})
}

// leaks are the requests in which personal data of the volunteer stood.
func leaks(w *fedtest.World) (found []string) {
	for _, r := range w.Requests() {
		for _, canary := range canaries {
			if bytes.Contains(r.Body, []byte(canary)) || bytes.Contains(r.Answer, []byte(canary)) || strings.Contains(fmt.Sprint(r.Header), canary) {
				found = append(found, r.Method+" "+r.Host+r.Target+": "+canary)
			}
		}
	}
	return found
}

func TestTheMainJobRunsBetweenTwoInstances(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		org := a.organization("verein")
		early := a.opportunity(org, "Vorlesen in der Grundschule")
		partners(t, a, b)
		late := a.opportunity(org, "Garten pflegen am Nachmittag")
		settle(t, a, b)
		for _, o := range []engagement.Opportunity{early, late} {
			if got, ok := b.copyOf(a, o); !ok || got.Title != o.Title || got.Origin != "a.test" || got.State != engagement.Published {
				t.Fatalf("copy of %q is %q of %q, %s", o.Title, got.Title, got.Origin, got.State)
			}
		}

		copied, _ := b.copyOf(a, late)
		home := b.wish(copied.ID)
		settle(t, a, b)
		origin := a.requestFor(late.ID)
		if origin.State != engagement.Interested || origin.Text != "Dienstags passt mir gut." {
			t.Fatalf("the organization sees a request that is %s: %q", origin.State, origin.Text)
		}
		if got := b.request(home.ID); got.Delivery != engagement.DeliveryDelivered {
			t.Errorf("the Offer is %s", got.Delivery)
		}
		a.answer(origin.ID, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"name", "email"}, Text: "Gern!"})
		settle(t, a, b)
		if got := b.request(home.ID); got.State != engagement.ContactWanted || got.Message != "Gern!" {
			t.Fatalf("the volunteer sees %s, %q", got.State, got.Message)
		}
		if found := leaks(a.world); len(found) > 0 {
			t.Fatalf("personal data left before release: %v", found)
		}

		b.update(func(tx *store.Tx) error {
			_, err := engagement.ReleaseContact(tx, engagement.Actor{Request: home.ID}, home.ID, engagement.Card{"name": canaryName, "email": canaryEmail})
			return err
		})
		settle(t, a, b)
		if got := a.request(origin.ID); got.State != engagement.ContactShared || got.Card["name"] != canaryName || got.Card["email"] != canaryEmail {
			t.Fatalf("the organization has %s and the card %v", got.State, got.Card)
		}
		a.answer(origin.ID, engagement.Answer{Event: engagement.EventAgree})
		settle(t, a, b)
		if got := b.request(home.ID); got.State != engagement.Agreed {
			t.Fatalf("the volunteer sees %s", got.State)
		}
		pass(t, 10*time.Minute, 10*time.Minute, a, b) // the number of free places is told at most that often
		if got, _ := b.copyOf(a, late); free(got) != 2 {
			t.Errorf("%d places are free at the other instance, want 2", free(got))
		}
		a.answer(origin.ID, engagement.Answer{Event: engagement.EventFinish, Worked: engagement.Worked{From: "2026-11-25", Until: "2026-12-20", Hours: 9}})
		settle(t, a, b)
		if got := b.request(home.ID); got.State != engagement.Completed || got.Worked.Hours != 9 {
			t.Errorf("the volunteer sees %s with %v", got.State, got.Worked)
		}

		second := b.wish(mustCopy(t, b, a, early).ID)
		settle(t, a, b)
		b.update(func(tx *store.Tx) error {
			_, err := engagement.WithdrawRequest(tx, engagement.Actor{Request: second.ID}, second.ID, "keine-zeit")
			return err
		})
		settle(t, a, b)
		if got := a.requestFor(early.ID); got.State != engagement.WithdrawnRequest {
			t.Errorf("the organization sees %s", got.State)
		}
		if second.Person == home.Person || second.Person == "" {
			t.Error("two requests of one volunteer have the same person")
		}

		a.update(func(tx *store.Tx) error {
			_, err := engagement.WithdrawOpportunity(tx, engagement.System, late.ID)
			return err
		})
		settle(t, a, b)
		if _, ok := b.copyOf(a, late); ok {
			t.Error("the withdrawn opportunity is still on the other instance")
		}
	})
}

func free(o engagement.Opportunity) int {
	n, _ := o.Free()
	return n
}

func mustCopy(t testing.TB, s, origin *peer, o engagement.Opportunity) engagement.Opportunity {
	t.Helper()
	found, ok := s.copyOf(origin, o)
	if !ok {
		t.Fatalf("%s has no copy of %q", s.base.Host, o.Title)
	}
	return found
}

func TestACandidateIsReadBeforeItIsAsked(t *testing.T) {
	w, clock := newWorld(t)
	me, other := newPeer(t, w, clock, "me.test", storetest.SQLite(t)), newPeer(t, w, clock, "other.test", storetest.SQLite(t))
	for _, address := range []string{"other.test", "https://other.test", "https://other.test/", " OTHER.test "} {
		found, err := me.service.Lookup(t.Context(), address)
		if err != nil {
			t.Errorf("%q: %v", address, err)
			continue
		}
		want := engagement.Partner{Host: "other.test", Actor: other.base.Actor(), Name: "Mitmachen im Bezirk", Capability: "profile-1", RadiusKM: 12}
		if found.Host != want.Host || found.Actor != want.Actor || found.Name != want.Name || found.Capability != want.Capability || found.RadiusKM != want.RadiusKM || len(found.Regions) != 2 {
			t.Errorf("%q is %+v", address, found)
		}
	}
	plain := w.Host("plain.test")
	plain.Reply("/.well-known/nodeinfo", fedtest.Reply{Type: "application/json", Body: []byte(`{"links":[]}`)})
	liar := w.Host("liar.test")
	liar.Reply("/.well-known/nodeinfo", fedtest.Reply{Type: "application/json", Body: []byte(
		`{"links":[{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"https://other.test/ap/actor"}]}`)})
	person := w.Host("person.test")
	person.Actor("somebody").Change(func(d map[string]any) { d["type"] = "Person" })
	person.Reply("/.well-known/nodeinfo", fedtest.Reply{Type: "application/json", Body: []byte(
		`{"links":[{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"https://person.test/u/somebody"}]}`)})
	w.Host("empty.test")
	for _, address := range []string{
		"", "not a host", "http://other.test", "https://me.test", "https://127.0.0.1", "nobody.test", "empty.test", "plain.test", "liar.test", "person.test",
	} {
		found, err := me.service.Lookup(t.Context(), address)
		var bad *engagement.Invalid
		if !errors.As(err, &bad) || bad.Field != "address" {
			t.Errorf("%q: got %+v, %v", address, found, err)
		}
	}
}

func TestAnAccountElsewhereIsFoundByHandleAndAddress(t *testing.T) {
	w, clock := newWorld(t)
	me := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	host := w.Host("good.test")
	club := host.Actor("club")
	for _, address := range []string{"@club@good.test", "club@good.test", "acct:club@good.test", " @club@good.test ", club.ID} {
		if a, err := me.service.LookupActor(t.Context(), address); err != nil || a.ID != club.ID {
			t.Errorf("%q: got %s, %v", address, a.ID, err)
		}
	}
	moved := w.Host("moved.test")
	moved.Reply("/.well-known/webfinger", fedtest.Reply{Type: "application/jrd+json", Body: []byte(
		`{"subject":"acct:club@good.test","links":[{"rel":"self","type":"application/activity+json","href":"https://good.test/u/club"}]}`)})
	if a, err := me.service.LookupActor(t.Context(), "@club@moved.test"); err != nil || a.ID != club.ID {
		t.Errorf("a domain that points elsewhere: got %s, %v", a.ID, err)
	}
	thief := w.Host("thief.test")
	thief.Reply("/.well-known/webfinger", fedtest.Reply{Type: "application/jrd+json", Body: []byte(
		`{"subject":"acct:famous@thief.test","links":[{"rel":"self","type":"application/activity+json","href":"https://good.test/u/club"}]}`)})
	for _, address := range []string{"@nobody@good.test", "@famous@thief.test", "@club@nowhere.test", "club", "https://good.test/u/nobody"} {
		if a, err := me.service.LookupActor(t.Context(), address); err == nil {
			t.Errorf("%q is %s", address, a.ID)
		}
	}
}

func TestTheNightlyComparisonRemovesWhatIsGoneAndKeepsWhatIsSilent(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		var list []engagement.Opportunity
		for n := range 5 {
			list = append(list, a.opportunity(org, fmt.Sprintf("Vorlesen in Gruppe %d", n)))
		}
		settle(t, a, b)
		// a changes behind b's back: what it tells goes astray.
		lose := func(change func(*store.Tx) error) {
			a.update(change)
			a.update(func(tx *store.Tx) error { _, err := tx.DropDeliveries("b.test", "lost"); return err })
			a.service.OnStep(func(step string) error {
				if step == "lease" {
					return errLost
				}
				return nil
			})
			_ = a.service.Work(t.Context())
			a.service.OnStep(func(string) error { return nil })
			a.update(func(tx *store.Tx) error { _, err := tx.DropDeliveries("b.test", "lost"); return err })
		}
		a.clock.Forward(time.Minute)
		lose(func(tx *store.Tx) error {
			_, err := engagement.WithdrawOpportunity(tx, engagement.System, list[0].ID)
			return err
		})
		lose(func(tx *store.Tx) error {
			_, err := engagement.CloseOpportunity(tx, engagement.System, list[1].ID)
			return err
		})
		lose(func(tx *store.Tx) error {
			_, err := engagement.DecideOpportunity(tx, engagement.System, list[2].ID, engagement.DecideHide, "sonstiges", "")
			return err
		})
		var extra engagement.Opportunity
		lose(func(tx *store.Tx) error {
			o, err := engagement.SaveOpportunity(tx, engagement.System, draft(org, "Garten pflegen am Nachmittag"))
			if err == nil {
				extra, err = engagement.SubmitOpportunity(tx, engagement.System, o.ID)
			}
			return err
		})
		if _, ok := b.copyOf(a, extra); ok {
			t.Fatal("it was not lost at all")
		}

		t.Run("while the partner is silent everything stays", func(t *testing.T) {
			a.server.Close()
			pass(t, 24*time.Hour, time.Hour, b)
			for _, o := range list {
				if _, ok := b.copyOf(a, o); !ok {
					t.Errorf("%q is gone", o.Title)
				}
			}
			a.server.Reopen()
		})
		pass(t, 24*time.Hour, time.Hour, a, b)
		if _, ok := b.copyOf(a, list[0]); ok {
			t.Error("the withdrawn one is still there")
		}
		for n, want := range map[int]engagement.OpportunityState{1: engagement.Expired, 2: engagement.Expired, 3: engagement.Published, 4: engagement.Published} {
			if got := mustCopy(t, b, a, list[n]); got.State != want {
				t.Errorf("%q is %s, want %s", got.Title, got.State, want)
			}
		}
		mustCopy(t, b, a, extra)
	})
}

// What a scripted partner answers when it is asked for copies that it does not list any more.
func TestOnlyAClearNoRemovesACopy(t *testing.T) {
	w, clock := newWorld(t)
	me := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	codec := testCodec(t, "https://good.test")
	host := w.Host("good.test")
	actor := host.Actor("instance")
	actor.Change(func(d map[string]any) {
		d["type"], d["streams"] = "Application", []any{host.URL("/list")}
		d["implements"] = []any{map[string]any{"href": "https://w3id.org/seestern/ns#profile-1"}}
	})
	org := testOrganization()
	serve := func(path string, d federation.Doc, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		host.Document(path, raw)
	}
	author, err := codec.Organization(org, testKey(t, codec.Base.OrganizationID(org)), false)
	serve("/ap/org/"+string(org.ID), author, err)
	replies := []fedtest.Reply{
		{Status: 404}, {Status: 410}, {Status: 500}, {Status: 403}, {Status: 400}, {Type: "text/html", Body: []byte("<p>Bitte warten</p>")}, {Type: activityJSON, Body: []byte("{")},
	}
	var items []federation.Doc
	var list []engagement.Opportunity
	for n := range replies {
		o := testOpportunity()
		o.ID = engagement.ID(fmt.Sprintf("01890a5d-ac96-774b-bcce-b302099a80%02d", n))
		o.Title, o.Published, o.Confirmed, o.UrgentUntil = fmt.Sprintf("Vorlesen in Gruppe %d", n), clock.Now(), clock.Now(), ""
		d, err := codec.Opportunity(o, org)
		if err != nil {
			t.Fatal(err)
		}
		items, list = append(items, d), append(list, o)
	}
	page := func(items []federation.Doc) {
		serve("/list", federation.Collection(host.URL("/list"), len(items), host.URL("/list?cursor=0")), nil)
		serve("/list?cursor=0", federation.Page(host.URL("/list"), "0", "", items), nil)
	}
	page(items)
	me.update(func(tx *store.Tx) error {
		if err := tx.PutJob(store.Job{Queue: "partner", Key: "good.test"}); err != nil {
			return err
		}
		return tx.PutPartner(&engagement.Partner{Host: "good.test", Actor: actor.ID, State: engagement.PartnerActive, Level: "vertraut", Capability: "profile-1", Contact: tx.Now()})
	})
	settle(t, me)
	copies := func() (n int) {
		me.view(func(tx *store.Tx) error {
			held, err := tx.CopiesOf("good.test")
			n = len(held)
			return err
		})
		return n
	}
	if copies() != len(replies) {
		t.Fatalf("%d of %d are copied", copies(), len(replies))
	}
	page(nil)
	for n, reply := range replies {
		host.Reply("/ap/opportunity/"+string(list[n].ID), reply)
	}
	pass(t, 24*time.Hour, 24*time.Hour, me)
	for n, o := range list {
		me.view(func(tx *store.Tx) error {
			_, err := tx.OpportunityByIRI(codec.Base.OpportunityID(o))
			if kept := err == nil; kept != (n >= 2) {
				t.Errorf("answer %+v: kept is %t", replies[n], kept)
			}
			return nil
		})
	}
}

// errLost stops a delivery for ever.
var errLost = errors.New("lost")

func TestTheEndOfAPartnershipRemovesTheCopies(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		o := a.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, a, b)
		mustCopy(t, b, a, o)
		b.update(func(tx *store.Tx) error {
			_, err := engagement.EndPartner(tx, engagement.System, "a.test")
			return err
		})
		settle(t, a, b)
		if _, ok := b.copyOf(a, o); ok {
			t.Error("the copy is still there")
		}
		if got := a.partner("b.test"); got.State != engagement.PartnerEnded {
			t.Errorf("the other side has the partnership as %s", got.State)
		}
		before := b.server.Asked("/ap/inbox")
		a.opportunity(org, "Garten pflegen am Nachmittag")
		pass(t, 48*time.Hour, time.Hour, a, b)
		if got := b.server.Asked("/ap/inbox") - before; got != 0 {
			t.Errorf("the former partner still got %d activities", got)
		}
	})
}

func TestAnInstanceWithoutOurProfileIsOnlyPointedToThings(t *testing.T) {
	w, clock := newWorld(t)
	me := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	relay := w.Host("relay.test").Actor("relay")
	relay.Change(func(d map[string]any) { d["type"] = "Application" })
	if _, got := relay.Follow(me.base.Actor()); got.Status != 202 {
		t.Fatalf("Follow answered %d", got.Status)
	}
	me.update(func(tx *store.Tx) error {
		_, err := engagement.ConfirmPartner(tx, engagement.System, "relay.test")
		return err
	})
	settle(t, me)
	ours := of("Follow", relay.Inbox())
	if len(ours) != 1 {
		t.Fatalf("got %v", keyIDsOf(relay.Inbox()))
	}
	if got := relay.Post(me.base.Inbox(), relay.Activity("Accept", ours[0].JSON["id"])); got.Status != 202 {
		t.Fatalf("Accept answered %d", got.Status)
	}
	settle(t, me)
	org := me.organization("verein")
	o := me.opportunity(org, "Vorlesen in der Grundschule")
	me.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
	settle(t, me)
	announces := of("Announce", relay.Inbox())
	if len(announces) != 1 || announces[0].JSON["object"] != me.base.OpportunityID(o) || announces[0].KeyID() != me.base.Actor()+"#main-key" {
		t.Errorf("got %v", keyIDsOf(relay.Inbox()))
	}
	if got := of("Create", relay.Inbox()); len(got) > 0 {
		t.Errorf("got %d documents", len(got))
	}
}

// D6: a list that was read before a Delete came does not bring back what that took away, and what is shown again comes back.
func TestANightlyListDoesNotReviveWhatWasJustDeleted(t *testing.T) {
	w, clock := newWorld(t)
	a, b := newPeer(t, w, clock, "a.test", storetest.SQLite(t)), newPeer(t, w, clock, "b.test", storetest.SQLite(t))
	partners(t, a, b)
	o := a.opportunity(a.organization("verein"), "Vorlesen in der Grundschule")
	who := a.volunteer()
	help := a.offers(who, a.center("zentrum"))
	settle(t, a, b)
	mustCopy(t, b, a, o)
	show := func(visibility engagement.Code) {
		a.update(func(tx *store.Tx) error {
			now, err := tx.Opportunity(o.ID)
			if err != nil {
				return err
			}
			now.Visibility = visibility
			_, err = engagement.SaveOpportunity(tx, engagement.System, now)
			return err
		})
		settle(t, a)
	}
	serve, deleted := a.handler, false
	a.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := httptest.NewRecorder()
		serve.ServeHTTP(before, r)
		if r.URL.Path == "/ap/collections/opportunities" && r.FormValue("cursor") != "" && !deleted { // while the list is on its way
			deleted = true
			show("instanz")
			a.update(func(tx *store.Tx) error { _, err := engagement.CloseHelpOffer(tx, who, help.ID); return err })
			settle(t, a)
		}
		maps.Copy(w.Header(), before.Header())
		w.WriteHeader(before.Code)
		_, _ = w.Write(before.Body.Bytes())
	})
	night := func() (opportunity, helpOffer bool) {
		pass(t, 24*time.Hour, time.Hour, b, a)
		_, opportunity = b.copyOf(a, o)
		_, helpOffer = b.offered(a, help)
		return opportunity, helpOffer
	}
	pass(t, 18*time.Hour, time.Hour, b)
	if _, there := b.copyOf(a, o); there || !deleted {
		t.Errorf("the opportunity is back")
	}
	if _, there := b.offered(a, help); there {
		t.Errorf("the help offer is back")
	}
	show("offen")
	if opportunity, helpOffer := night(); !opportunity || helpOffer {
		t.Errorf("what is shown again is there: %t; what is not: %t", opportunity, helpOffer)
	}
}
