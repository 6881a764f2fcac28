package federation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

const activityJSON = "application/activity+json"

// get asks an instance unsigned; headers come in pairs.
func (s *peer) get(path string, headers ...string) fedtest.Response {
	s.t.Helper()
	return s.do(http.MethodGet, path, headers...)
}

func (s *peer) do(method, path string, headers ...string) fedtest.Response {
	s.t.Helper()
	url := path
	if strings.HasPrefix(path, "/") {
		url = s.base.String() + path
	}
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", activityJSON)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.world.Do(r)
}

// newInstance is a fresh instance on SQLite with one organization.
func newInstance(t *testing.T) (*peer, engagement.Organization) {
	t.Helper()
	w, clock := newWorld(t)
	s := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	return s, s.organization("beispielverein")
}

// PRV-03: of people it knows nobody.
func TestWebFingerKnowsEverySpellingOfWhoIsPublic(t *testing.T) {
	s, org := newInstance(t)
	volunteer := engagement.Account{Name: "Ada", Username: "volunteer1", Email: canaryEmail}
	s.update(func(tx *store.Tx) error {
		volunteer.ID = tx.NewID()
		return tx.PutAccount(&volunteer)
	})
	var draft engagement.Organization
	s.update(func(tx *store.Tx) (err error) {
		d := testOrganization()
		d.ID, d.Code, d.Handle = "", "", "entwurf"
		draft, err = engagement.RegisterOrganization(tx, engagement.System, d)
		return err
	})
	id, instance := s.base.OrganizationID(org), s.base.Actor()
	page := s.base.String() + testCodec(t, s.base.String()).Pages.Organization(org)
	for resource, want := range map[string]string{
		"acct:beispielverein@me.test": id, "beispielverein@me.test": id, "acct:BeispielVerein@ME.test": id, "@beispielverein@me.test": id, id: id, page: id,
		"acct:me.test@me.test": instance, "https://me.test/": instance, "https://me.test": instance, instance: instance,
		"acct:nobody@me.test": "", "acct:volunteer1@me.test": "", "acct:" + canaryEmail: "", "acct:" + string(volunteer.ID) + "@me.test": "", "https://me.test/meine": "",
		"acct:beispielverein@other.test": "", "acct:entwurf@me.test": "", s.base.OrganizationID(draft): "",
		id + "/inbox": "", id + "#main-key": "", page + "x": "", "https://me.test/ap/org/x": "", "beispielverein": "", "acct:": "",
	} {
		t.Run(resource, func(t *testing.T) {
			got := s.get("/.well-known/webfinger?resource=" + strings.ReplaceAll(resource, "#", "%23"))
			if want == "" {
				unknown := s.get("/.well-known/webfinger?resource=acct:unknown@me.test")
				got.Header.Del("Date")
				unknown.Header.Del("Date")
				if got.Status != 404 || string(got.Body) != string(unknown.Body) || fmt.Sprint(got.Header) != fmt.Sprint(unknown.Header) {
					t.Errorf("got %d %s %s", got.Status, got.Header, got.Body)
				}
				return
			}
			var d struct {
				Links []struct{ Rel, Type, Href string }
			}
			if err := json.Unmarshal(got.Body, &d); err != nil || got.Status != 200 {
				t.Fatalf("got %d %s", got.Status, got.Body)
			}
			if l := d.Links[0]; l.Rel != "self" || l.Type != activityJSON || l.Href != want {
				t.Errorf("self is %v, want %s", l, want)
			}
			for name, want := range map[string]string{"Content-Type": "application/jrd+json", "Access-Control-Allow-Origin": "*"} {
				if h := got.Header.Get(name); h != want {
					t.Errorf("%s: %q, want %q", name, h, want)
				}
			}
		})
	}
	t.Run("without resource the question is malformed", func(t *testing.T) {
		if got := s.get("/.well-known/webfinger"); got.Status != 400 {
			t.Errorf("got %d", got.Status)
		}
	})
}

func TestDiscoveryLeadsToTheInstanceActor(t *testing.T) {
	s, org := newInstance(t)
	s.opportunity(org, "Vorlesen in der Grundschule")
	s.announce(org, "Sprechstunde: mittwochs.")

	meta := s.get("/.well-known/host-meta")
	if got := meta.Header.Get("Content-Type"); got != "application/xrd+xml" || !strings.Contains(string(meta.Body), `template="https://me.test/.well-known/webfinger?resource={uri}"`) {
		t.Errorf("host-meta is %s: %s", got, meta.Body)
	}
	links := map[string]string{}
	for _, l := range s.get("/.well-known/nodeinfo").JSON()["links"].([]any) {
		links[l.(map[string]any)["rel"].(string)] = l.(map[string]any)["href"].(string)
	}
	if got := links["https://www.w3.org/ns/activitystreams#Application"]; got != s.base.Actor() {
		t.Errorf("the instance actor is %q", got)
	}
	for _, version := range []string{"2.0", "2.1"} {
		info := s.get(links["http://nodeinfo.diaspora.software/ns/schema/"+version])
		if got, want := info.Header.Get("Content-Type"), `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/`+version+`#"`; got != want {
			t.Errorf("NodeInfo is %q, want %q", got, want)
		}
		d := info.JSON()
		usage, software := d["usage"].(map[string]any), d["software"].(map[string]any)
		if d["version"] != version || software["version"] != "1.0.3" || usage["localPosts"] != 2.0 || len(usage["users"].(map[string]any)) != 0 {
			t.Errorf("NodeInfo %s is %s", version, info.Body)
		}
	}
	if got := s.get("/nodeinfo/3.0"); got.Status != 404 {
		t.Errorf("an unknown NodeInfo is answered %d", got.Status)
	}
	actor := s.get("/ap/actor").JSON()
	if actor["type"] != "Application" || actor["id"] != s.base.Actor() {
		t.Errorf("the instance actor is %v", actor)
	}
}

func TestWithoutRegionCodesNothingIsNull(t *testing.T) {
	s, _ := newInstance(t)
	s.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Regions, i.Place = nil, "Erkner"
		return tx.PutInstance(&i)
	})
	for _, path := range []string{"/nodeinfo/2.1", "/ap/actor"} {
		if raw := string(s.get(path).Body); strings.Contains(raw, "null") || !strings.Contains(raw, `"Mitmachen im Bezirk"`) {
			t.Errorf("%s is %s", path, raw)
		}
	}
}

func TestTheDocumentOrThePageByWhatIsPreferred(t *testing.T) {
	s, org := newInstance(t)
	o := s.opportunity(org, "Vorlesen in der Grundschule")
	id, page := s.base.OpportunityID(o), s.base.String()+testCodec(t, s.base.String()).Pages.Opportunity(o)
	document := ""
	for accept, want := range map[string]string{
		activityJSON:           document,
		`application/ld+json`:  document,
		"*/*":                  document,
		"":                     document,
		"image/png":            document,
		"text/html":            page,
		"text/html;q=0.9, */*": document,
		"text/html, application/activity+json;q=0.9":                                      page,
		"text/html;q=0.8, application/activity+json":                                      document,
		`text/html, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`: document,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8":                 page,
	} {
		t.Run("Accept: "+accept, func(t *testing.T) {
			got := s.get(id, "Accept", accept)
			if want == document {
				if got.Status != 200 || got.Header.Get("Content-Type") != activityJSON || got.JSON()["id"] != id {
					t.Errorf("got %d %s", got.Status, got.Header)
				}
			} else if got.Status != 303 || got.Header.Get("Location") != want {
				t.Errorf("got %d to %q, want %q", got.Status, got.Header.Get("Location"), want)
			}
			if got := got.Header.Get("Vary"); got != "Accept, Signature" {
				t.Errorf("Vary: %q", got)
			}
		})
	}
	t.Run("what has no page is not found as a page", func(t *testing.T) {
		if got := s.get("/ap/collections/opportunities", "Accept", "text/html"); got.Status != 404 {
			t.Errorf("got %d", got.Status)
		}
	})
}

func TestPublicDocumentsCanBeCachedAndPrivateOnesCannot(t *testing.T) {
	s, org := newInstance(t)
	o := s.opportunity(org, "Vorlesen in der Grundschule")
	first := s.get(s.base.OpportunityID(o))
	etag := first.Header.Get("ETag")
	for name, want := range map[string]string{
		"Cache-Control": "public, max-age=180", "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Credentials": "",
	} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, header := range []string{etag, "W/" + etag, `"x", ` + etag} {
		if got := s.get(s.base.OpportunityID(o), "If-None-Match", header); got.Status != 304 || len(got.Body) != 0 || etag == "" {
			t.Errorf("If-None-Match %s: got %d", header, got.Status)
		}
	}
	s.update(func(tx *store.Tx) error {
		_, err := engagement.PauseOpportunity(tx, engagement.System, o.ID, true)
		return err
	})
	if got := s.get(s.base.OpportunityID(o), "If-None-Match", etag); got.Status != 200 {
		t.Errorf("a changed document is answered %d", got.Status)
	}
	missing := s.get("/ap/opportunity/01890a5d-ac96-774b-bcce-b302099a8057")
	if got := missing.Header.Get("Cache-Control"); got != "private, no-store" || missing.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("an unknown id: Cache-Control %q", got)
	}
}

// PRV-11.
func TestNotVisibleIsExactlyNotFound(t *testing.T) {
	s, org := newInstance(t)
	partnersOnly := s.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
	internal := s.opportunity(org, "Nur auf dieser Seite gesucht", func(o *engagement.Opportunity) { o.Visibility = "instanz" })
	var unpublished engagement.Opportunity
	s.update(func(tx *store.Tx) (err error) {
		unpublished, err = engagement.SaveOpportunity(tx, engagement.System, draft(org, "Noch nicht fertig"))
		return err
	})
	stranger := s.world.Host("good.test").Actor("remote_good")
	unknown := "/ap/opportunity/01890a5d-ac96-774b-bcce-b302099a8057"
	for name, path := range map[string]string{
		"for partners only": s.base.OpportunityID(partnersOnly), "for this instance only": s.base.OpportunityID(internal),
		"a draft": s.base.OpportunityID(unpublished), "an unknown organization": "/ap/org/01890a5d-ac96-774b-bcce-b302099a8057",
		"an unknown person": "/ap/person/5f0c6e1d8a9b4c2e8f7a6b5c4d3e2f10", "an unknown activity": "/ap/activity/01890a5d-ac96-774b-bcce-b302099a8057",
		"an unknown kind": "/ap/board/01890a5d-ac96-774b-bcce-b302099a8057", "another spelling": "/ap/opportunity/01890A5D-AC96-774B-BCCE-B302099A8057", "nothing of ours": "/ap/",
		"a part that is none": s.base.OrganizationID(org) + "/likes", "an agreement": "/ap/agreement/0e5d2a1c-6d65-4b0e-9e5b-7f0f1d2e5555",
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(path, "/") {
				path = s.base.String() + path
			}
			asked := func(url, language string) fedtest.Response {
				return s.world.Do(stranger.Request(http.MethodGet, url, nil, fedtest.Signing{Header: http.Header{"Accept-Language": {language}}}))
			}
			unknown := s.base.String() + unknown
			for who, pair := range map[string][2]fedtest.Response{
				"unsigned": {s.get(path), s.get(unknown)}, "stranger": {stranger.Get(path), stranger.Get(unknown)},
				"French stranger": {asked(path, "fr"), asked(unknown, "fr")}, "strange stranger": {asked(path, "xx"), asked(unknown, "xx")},
			} {
				got, want := pair[0], pair[1]
				got.Header.Del("Date")
				want.Header.Del("Date")
				if got.Status != 404 || string(got.Body) != string(want.Body) || fmt.Sprint(got.Header) != fmt.Sprint(want.Header) {
					t.Errorf("%s: got %d %s %s", who, got.Status, got.Header, got.Body)
				}
			}
		})
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPost} {
		t.Run(method+" of an outbox is not allowed", func(t *testing.T) {
			if got := s.do(method, s.base.OrganizationID(org)+"/outbox"); got.Status != 405 || got.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("got %d, Allow %q", got.Status, got.Header.Get("Allow"))
			}
		})
	}
}

func TestDeletedPublicThingsLeaveATombstone(t *testing.T) {
	s, org := newInstance(t)
	withdrawn := s.opportunity(org, "Vorlesen in der Grundschule")
	erased := s.opportunity(org, "Garten pflegen am Nachmittag")
	private := s.opportunity(org, "Nur auf dieser Seite gesucht", func(o *engagement.Opportunity) { o.Visibility = "instanz" })
	shared := s.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
	var offers [2]engagement.HelpOffer
	for i, visibility := range []engagement.Code{"offen", "verbund"} {
		offers[i] = testHelpOffer()
		offers[i].ID, offers[i].Code, offers[i].Organization, offers[i].Visibility, offers[i].Version = engagement.ID(fmt.Sprintf("01890a5d-ac96-774b-bcce-b30209%06d", i)), fmt.Sprintf("m4t7xa%d", 22+i), org.ID, visibility, 0
	}
	news := s.announce(org, "Sprechstunde: mittwochs.")
	other := s.organization("aufgeloest")
	s.update(func(tx *store.Tx) error {
		for _, o := range []engagement.Opportunity{withdrawn, erased, private, shared} {
			if _, err := engagement.WithdrawOpportunity(tx, engagement.System, o.ID); err != nil {
				return err
			}
		}
		for _, o := range []engagement.Opportunity{erased, shared} {
			if err := tx.DeleteOpportunity(o.ID); err != nil {
				return err
			}
		}
		for _, h := range offers {
			if err := errors.Join(tx.PutHelpOffer(&h), tx.DeleteHelpOffer(h.ID)); err != nil {
				return err
			}
		}
		if err := engagement.WithdrawAnnouncement(tx, engagement.System, news.ID); err != nil {
			return err
		}
		return engagement.DissolveOrganization(tx, engagement.System, other.ID)
	})
	codec := testCodec(t, s.base.String())
	for id, former := range map[string]string{
		s.base.OpportunityID(withdrawn): "Note", s.base.OpportunityID(erased): "Note", codec.AnnouncementID(news): "Note", s.base.OrganizationID(other): "Organization",
		s.base.HelpOfferID(offers[0]): "Note",
	} {
		got := s.get(id)
		d := got.JSON()
		if got.Status != 410 || d["type"] != "Tombstone" || d["formerType"] != former || d["id"] != id || got.Header.Get("Content-Type") != activityJSON {
			t.Errorf("%s: got %d %s", id, got.Status, got.Body)
		}
	}
	for _, id := range []string{s.base.OpportunityID(private), s.base.OpportunityID(shared), s.base.HelpOfferID(offers[1])} {
		if got := s.get(id); got.Status != 404 {
			t.Errorf("%s, which was never for everybody, is answered %d", id, got.Status)
		}
	}
}

// What a moderator hides is not to be read in the activities that showed it either.
func TestActivitiesAboutWhatIsHiddenAreNotServed(t *testing.T) {
	s, org := newInstance(t)
	reader := s.world.Host("good.test").Actor("reader")
	s.follow(org, reader)
	o, news, occasion := s.opportunity(org, "Vorlesen in der Grundschule"), s.announce(org, "Sprechstunde: mittwochs."), s.occasion(org)
	settle(t, s)
	decide := func(d engagement.Decision) {
		s.clock.Forward(time.Minute)
		s.update(func(tx *store.Tx) error {
			_, err1 := engagement.DecideOpportunity(tx, engagement.System, o.ID, d, "irrefuehrend", "")
			_, err2 := engagement.DecideOccasion(tx, engagement.System, occasion.ID, d, "irrefuehrend")
			return errors.Join(err1, err2, engagement.DecideAnnouncement(tx, engagement.System, news.ID, d))
		})
		settle(t, s)
	}
	want := func(status int) {
		t.Helper()
		created := of("Create", reader.Inbox())
		if len(created) < 3 {
			t.Fatalf("%d were created", len(created))
		}
		for _, a := range append(created, of("Update", reader.Inbox())...) {
			if got := s.get(a.JSON["id"].(string)); got.Status != status {
				t.Errorf("%s of %v is answered %d, want %d", a.Type(), a.JSON["object"].(map[string]any)["id"], got.Status, status)
			}
		}
	}
	want(200)
	decide(engagement.DecideHide)
	want(404)
	decide(engagement.DecideRestore)
	want(200)
}

func TestCollectionsTellNumbersAndPublicThingsOnly(t *testing.T) {
	s, org := newInstance(t)
	var titles []string
	for n := range 25 {
		title := fmt.Sprintf("Vorlesen in Gruppe %02d", n)
		s.opportunity(org, title)
		titles = append(titles, title)
		s.clock.Forward(time.Minute)
	}
	s.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
	s.announce(org, "Sprechstunde: mittwochs.")
	s.follow(org, s.world.Host("good.test").Actor("reader"), s.world.Host("good.test").Actor("second"))
	actor := s.base.OrganizationID(org)

	for part, want := range map[string]float64{"followers": 2, "following": 0, "inbox": 0} {
		d := s.get(actor + "/" + part).JSON()
		if d["totalItems"] != want || d["orderedItems"] != nil && len(d["orderedItems"].([]any)) > 0 || d["first"] != nil {
			t.Errorf("%s: %v", part, d)
		}
	}
	outbox := s.get(actor + "/outbox").JSON()
	if outbox["totalItems"] != 26.0 {
		t.Errorf("the outbox has %v entries, want 26", outbox["totalItems"])
	}
	var found []string
	for next, _ := outbox["first"].(string); next != ""; {
		page := s.get(next).JSON()
		for _, item := range page["orderedItems"].([]any) {
			create := item.(map[string]any)
			name, _ := create["object"].(map[string]any)["name"].(string)
			if create["type"] != "Create" || create["actor"] != actor {
				t.Errorf("entry %v", create)
			}
			found = append(found, name)
		}
		next, _ = page["next"].(string)
	}
	slices.Reverse(titles)
	if want := append([]string{""}, titles...); !slices.Equal(found, want) {
		t.Errorf("got %v, want %v", found, want)
	}
	if got := s.get(actor + "/outbox?cursor=x"); got.Status != 404 {
		t.Errorf("a made-up cursor is answered %d", got.Status)
	}
}

func TestTheOpportunitiesAreListedByVersion(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		var titles []string
		for n := range 60 {
			titles = append(titles, fmt.Sprintf("Vorlesen in Gruppe %02d", n))
			a.opportunity(org, titles[n], func(o *engagement.Opportunity) {
				if n == 30 {
					o.Visibility = "verbund"
				}
			})
			a.clock.Forward(time.Second)
		}
		half := a.clock.Now().Add(-30 * time.Second)
		collect := func(get func(string) fedtest.Response, query string) (names []string, total any) {
			d := get(a.base.Opportunities() + query).JSON()
			total = d["totalItems"]
			for next, _ := d["first"].(string); next != ""; {
				page := get(next).JSON()
				for _, item := range page["orderedItems"].([]any) {
					names = append(names, item.(map[string]any)["name"].(string))
				}
				next, _ = page["next"].(string)
			}
			slices.Reverse(names)
			return names, total
		}
		unsigned := func(url string) fedtest.Response { return a.get(url) }
		public := slices.Delete(slices.Clone(titles), 30, 31)
		if names, total := collect(unsigned, ""); !slices.Equal(names, public) || total != 59.0 {
			t.Errorf("everybody sees %v of %v", total, names)
		}
		if names, _ := collect(unsigned, "?updated_since="+half.Format(time.RFC3339)); !slices.Equal(names, titles[31:]) {
			t.Errorf("since half of the time there are %d: %v", len(names), names)
		}
		if got := a.get("/ap/collections/opportunities?updated_since=gestern"); got.Status != 400 {
			t.Errorf("a time that is none is answered %d", got.Status)
		}
		settle(t, a, b)
		held := 0
		b.view(func(tx *store.Tx) error {
			copies, err := tx.CopiesOf("a.test")
			held = len(copies)
			return err
		})
		if held != 60 {
			t.Errorf("the partner holds %d copies, want 60", held)
		}
	})
}
