package web_test

import (
	"encoding/xml"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestAFeedHasTheSameEntriesInBothFormats(t *testing.T) {
	s := realSite(t, withIDs).furnishWhole()
	for _, path := range []string{"/angebote", "/angebote?thema=schule-kita", "/neuigkeiten", "/termine", "/orte/koepenick", "/themen/lesen", "/en/angebote", "/organisationen/" + s.orgs["Alles und mehr gGmbH (Demo)"].Code} {
		page, query, _ := strings.Cut(path, "?")
		if query != "" {
			query = "?" + query
		}
		var atom struct {
			Entries []struct {
				ID    string `xml:"id"`
				Title string `xml:"title"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal([]byte(s.Get(page+".atom"+query).Want(200).Body), &atom); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, e := range atom.Entries {
			want = append(want, e.ID)
		}
		resp, body := ask(t, s.Client, "GET", page+".json"+query)
		doc, err := parseJSON(body)
		if err != nil || resp.Header.Get("Content-Type") != "application/feed+json" {
			t.Fatalf("%s: %v, %s", path, err, resp.Header.Get("Content-Type"))
		}
		list := map[string]any{"items": doc["items"]}
		wantTexts(t, itemsOf(list, "id"), want)
		if len(want) == 0 || doc["version"] != "https://jsonfeed.org/version/1.1" || doc["feed_url"] != s.Base+page+".json"+query || !strings.HasPrefix(fmt.Sprint(doc["home_page_url"]), s.Base+path) {
			t.Errorf("%s: %d entries, version %v, feed %v, page %v", path, len(want), doc["version"], doc["feed_url"], doc["home_page_url"])
		}
		for _, item := range doc["items"].([]any) {
			if dig(item, "content_html") == nil && dig(item, "content_text") == nil || dig(item, "url") == nil {
				t.Errorf("%s: an entry without content or address: %v", path, item)
			}
		}
	}
}

func TestPagesLeadToWhatTheySayInTheWordsOfSchemaOrg(t *testing.T) {
	s := realSite(t, withIDs).furnishWhole()
	o, org := s.opps["Von allem etwas"], s.orgs["Alles und mehr gGmbH (Demo)"]
	event := s.occasion(org, "Lesefest", func(o *engagement.Occasion) { o.State = engagement.OccasionCanceled })
	online := s.occasion(org, "Netztreff", func(o *engagement.Occasion) {
		o.Online, o.Place, o.Link = true, engagement.Place{}, "https://meet.example/geheim"
	})
	linked := func(path string) map[string]any {
		t.Helper()
		links := s.Get(path).Want(200).Find(`link[rel=alternate][type="application/ld+json"]`)
		if len(links) != 1 {
			t.Fatalf("%s: %d links", path, len(links))
		}
		for _, a := range links[0].Attr {
			if a.Key == "href" {
				resp, body := ask(t, s.Client, "GET", a.Val)
				doc, err := parseJSON(body)
				if err != nil || resp.Header.Get("Content-Type") != "application/ld+json" || doc["@context"] != "https://schema.org" {
					t.Fatalf("%s: %v %s", a.Val, err, body)
				}
				return doc
			}
		}
		return nil
	}
	for path, want := range map[string]map[string]any{
		"/angebote/" + o.Code:         {"@type": "Demand", "name": o.Title, "availabilityStarts": "2026-12-01"},
		"/organisationen/" + org.Code: {"@type": "Organization", "name": org.Name, "identifier": "Berlin HRB 1", "sameAs": "https://alles.example/"},
		"/termine/" + event.Code:      {"@type": "Event", "eventStatus": "https://schema.org/EventCancelled", "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode"},
		"/termine/" + online.Code:     {"@type": "Event", "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode"},
	} {
		if want["@type"] == "Organization" {
			want["@type"] = "NGO"
		}
		doc := linked(path)
		for property, value := range want {
			if doc[property] != value {
				t.Errorf("%s: %s is %v, want %v", path, property, doc[property], value)
			}
		}
	}
	demand := linked("/angebote/" + o.Code)
	if got := dig(demand, "itemOffered", "@type"); got != "Service" || dig(demand, "eligibleQuantity", "value") != 2.0 || dig(demand, "seller", "name") != org.Name {
		t.Errorf("got %v", demand)
	}
	for _, copied := range []string{"/angebote/" + s.opps["Sprachcafé begleiten"].Code, "/organisationen/" + s.orgs["Nachbarn in Pankow (Demo)"].Code} {
		if len(s.Get(copied).Want(200).Find(`link[type="application/ld+json"]`)) != 0 {
			t.Errorf("%s: a copy is told as ours", copied)
		}
		s.Get(copied + ".jsonld").Want(404)
	}
	narrow := s.opportunity("Nur hier", org, func(o *engagement.Opportunity) { o.Visibility = "instanz" })
	s.Get("/angebote/" + narrow.Code + ".jsonld").Want(404)
}

// outputs are the addresses of everything that leaves for programs, with all that is in it, read page by page.
func (s *real) outputs() map[string]string {
	s.t.Helper()
	n := 0
	read := func(path string) (int, string) {
		n++
		c := s.Another().Header("X-Forwarded-For", "203.0.113."+string(rune('0'+n%10))+string(rune('0'+n/10%10)))
		resp, body := ask(s.t.(*testing.T), c, "GET", path)
		return resp.StatusCode, body
	}
	all := map[string]string{}
	take := func(path string) {
		if status, body := read(path); status == 200 {
			all[path] = body
		} else if status != 404 && status != 410 {
			s.t.Errorf("%s: got %d", path, status)
		}
	}
	for _, list := range []string{"/opportunities", "/organizations", "/events", "/announcements", "/boards", "/codes"} {
		take("/api/v1" + list)
	}
	feeds := []string{"/angebote", "/neuigkeiten", "/termine", "/orte/koepenick", "/themen/lesen"}
	for _, o := range s.orgs {
		feeds = append(feeds, "/organisationen/"+o.Code)
	}
	for _, feed := range feeds {
		take(feed + ".json")
		take(feed + ".atom")
	}
	for _, set := range []string{"/angebote", "/organisationen", "/termine"} {
		for _, format := range []string{".csv", ".json", ".geojson"} {
			take("/offene-daten" + set + format)
		}
	}
	take("/offene-daten.jsonld")
	take("/offene-daten.ttl")
	var codes []string
	s.update(func(tx *store.Tx) error {
		codes = nil
		for _, o := range s.opps {
			codes = append(codes, "/angebote/"+o.Code+".jsonld", "/api/v1/opportunities/"+o.Code, "/api/v1/opportunities/"+o.Code+"/shifts")
		}
		for _, o := range s.orgs {
			codes = append(codes, "/organisationen/"+o.Code+".jsonld", "/api/v1/organizations/"+o.Code)
			occasions, err := tx.OccasionsOf(o.ID)
			if err != nil {
				return err
			}
			for _, e := range occasions {
				codes = append(codes, "/termine/"+e.Code+".jsonld", "/api/v1/events/"+e.Code)
			}
			news, err := tx.StandingAnnouncements(o.ID)
			if err != nil {
				return err
			}
			for _, n := range news {
				codes = append(codes, "/api/v1/announcements/"+n.Code)
			}
		}
		return nil
	})
	for _, path := range codes {
		take(path)
	}
	return all
}

const secretMark = "geheim7x"

// conceal writes a mark into every text of a record that is not public, and into what names a contact.
func conceal(record any) {
	v := reflect.ValueOf(record).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		contact := strings.HasPrefix(field.Name, "Contact")
		if v.Field(i).Kind() != reflect.String || !contact && field.Tag.Get("class") == "pub" || slices.Contains([]string{"ID", "Hidden", "Said", "Reason", "ContactVia", "Fingerprint"}, field.Name) && field.Type.Name() != "string" {
			continue
		}
		v.Field(i).SetString(secretMark + field.Name)
	}
}

// hide makes a place whose exact address is not public.
func hide(p *engagement.Place) {
	p.Name, p.Street, p.House, p.Note, p.Precision, p.Exact = secretMark+"Name", secretMark+"Street", secretMark+"House", secretMark+"Note", "ortsteil", true
	p.Point.Lat, p.Point.Lon = 52.447777, 13.577777
}

// What never leaves (domain.md §5.3) is in nothing that programs read, and what is taken back is gone from all of it at once.
func TestNothingPrivateLeavesForPrograms(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		s := realSiteOn(t, config, withIDs, withProxy).furnishWhole()
		org := s.organization("Offene Runde e. V. (Demo)", func(o *engagement.Organization) {
			conceal(o)
			o.State = engagement.OrganizationActive
			hide(&o.Place)
		})
		o := s.opportunity("Offen sichtbar", org, func(o *engagement.Opportunity) {
			conceal(o)
			hide(&o.Places[0])
		})
		e := s.occasion(org, "Offenes Treffen", func(o *engagement.Occasion) {
			conceal(o)
			hide(&o.Place)
		})
		n := s.news(org, "Offene Nachricht", func(n *engagement.Announcement) { conceal(n) })
		marks := []string{"Offen sichtbar", "Offenes Treffen", "Offene Nachricht", "Offene Runde"}
		found := func(all map[string]string, mark string) (paths []string) {
			for path, body := range all {
				if strings.Contains(body, mark) {
					paths = append(paths, path)
				}
			}
			slices.Sort(paths)
			return paths
		}
		all := s.outputs()
		for _, private := range []string{secretMark, "52.4477", "13.5777", "ehrenamt@leseinsel.example", "+49 30 23125 111", "Koordination Ehrenamt"} {
			if got := found(all, private); len(got) > 0 {
				t.Errorf("%q is in %q", private, got)
			}
		}
		for mark, least := range map[string]int{marks[0]: 7, marks[1]: 7, marks[2]: 4, marks[3]: 8} {
			if got := found(all, mark); len(got) < least {
				t.Errorf("%q is only in %q, so that the test shows nothing", mark, got)
			}
		}
		s.update(func(tx *store.Tx) error {
			if err := engagement.WithdrawAnnouncement(tx, engagement.System, n.ID); err != nil {
				return err
			}
			e, err := tx.Occasion(e.ID)
			e.State = engagement.OccasionHidden
			if err != nil {
				return err
			}
			if err := tx.PutOccasion(&e); err != nil {
				return err
			}
			o, err := tx.Opportunity(o.ID)
			o.State = engagement.Hidden
			if err != nil {
				return err
			}
			return tx.PutOpportunity(&o)
		})
		all = s.outputs()
		for _, mark := range marks[:3] {
			if got := found(all, mark); len(got) > 0 {
				t.Errorf("hidden or withdrawn, %q is still in %q", mark, got)
			}
		}
		s.update(func(tx *store.Tx) error {
			o, err := tx.Organization(org.ID)
			o.State = engagement.OrganizationSuspended
			if err != nil {
				return err
			}
			return tx.PutOrganization(&o)
		})
		if got := found(s.outputs(), marks[3]); len(got) > 0 {
			t.Errorf("of a suspended organization something is still in %q", got)
		}
	})
}
