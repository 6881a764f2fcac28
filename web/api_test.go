package web_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// ask is a request of a program.
func ask(t *testing.T, c *webtest.Client, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.Base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return c.Raw(req)
}

// asksJSON gets a document.
func asksJSON(t *testing.T, c *webtest.Client, path string) map[string]any {
	t.Helper()
	resp, body := ask(t, c, "GET", path)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("%s: got %d, %s: %s", path, resp.StatusCode, resp.Header.Get("Content-Type"), body)
	}
	doc, err := parseJSON(body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return doc
}

// dig goes down into a document.
func dig(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// items of a list, by a property.
func itemsOf(doc map[string]any, property string) (all []string) {
	list, _ := doc["items"].([]any)
	for _, item := range list {
		all = append(all, fmt.Sprint(dig(item, property)))
	}
	return all
}

// described are the schemas of the description, with the codes that the site names.
func described(t *testing.T, c *webtest.Client) (doc map[string]any, s schemas) {
	t.Helper()
	doc = asksJSON(t, c, "/api/v1/openapi.json")
	s = schemas{components: dig(doc, "components", "schemas").(map[string]any), vocabulary: map[string][]string{}, seen: map[string]bool{}}
	for _, v := range asksJSON(t, c, "/api/v1/codes")["vocabularies"].([]any) {
		for _, code := range dig(v, "codes").([]any) {
			name := dig(v, "name").(string)
			s.vocabulary[name] = append(s.vocabulary[name], dig(code, "code").(string))
		}
	}
	return doc, s
}

// furnishWhole has something in every field that is told, and more than one page of it.
func (s *real) furnishWhole() *real {
	s.t.Helper()
	s.furnish()
	org := s.organization("Alles und mehr gGmbH (Demo)", func(o *engagement.Organization) {
		o.LegalForm, o.Web, o.Register, o.Charitable, o.Updated = "ggmbh", "https://alles.example/", "Berlin HRB 1", true, s.clock.Now()
		o.Place.Region, o.Place.Precision, o.Place.Street, o.Place.House, o.Place.Name, o.Place.Note = "lor:09", "genau", "Uferweg", "1", "Bootshaus", "Hinten klingeln."
	})
	whole := s.opportunity("Von allem etwas", org, func(o *engagement.Opportunity) {
		o.Simple, o.Skills, o.Licenses = "Alles ist einfach.", []engagement.SkillNeed{{Code: "holz", Level: "sicher", Required: true, Mandatory: true}}, []engagement.Code{"juleica"}
		o.MinMonths, o.AllSlots, o.StartsOn, o.EndsOn, o.Load = 3, true, "2026-12-01", "2027-03-01", "Schwere Kisten"
		o.TeamSize, o.Guidance, o.Allowance, o.Membership, o.Waitlist, o.UrgentUntil, o.Updated = "tandem", "eng", "betrag", true, true, "2026-12-02", s.clock.Now()
		o.Places = []engagement.Place{org.Place}
	})
	s.shift(whole, 24*31*time.Hour)
	s.shift(whole, 24*32*time.Hour, func(shift *engagement.Shift) { shift.Place = org.Place })
	s.occasion(org, "Bootsfest", func(o *engagement.Occasion) { o.Capacity, o.Updated = 30, s.clock.Now() })
	s.occasion(org, "Onlinetreff", func(o *engagement.Occasion) { o.Online, o.Place = true, engagement.Place{} })
	s.occasion(engagement.Organization{}, "Fest nebenan", elsewhere("pankow.example"))
	s.news(org, "Wer hilft beim Aufbau?", func(n *engagement.Announcement) { n.UrgentUntil = "2026-11-28" })
	s.news(org, "Der ganze Bericht.", func(n *engagement.Announcement) {
		n.Long, n.Title, n.Teaser, n.Updated = true, "Ein langer Bericht", "So war es.", s.clock.Now()
	})
	s.news(s.orgs["Nachbarn in Pankow (Demo)"], "Das Sprachcafé zieht um.", copyFrom("pankow.example"))
	place := s.board(koepenickBoard())
	s.update(func(tx *store.Tx) error {
		b := place
		b.Updated = tx.Now()
		return tx.PutBoard(&b)
	})
	s.board(engagement.Board{Handle: "lesen", Kind: engagement.TopicBoard, Name: "Lesen", Areas: []engagement.Code{"schule-kita"}, Topics: []engagement.Code{"lesepate"}, State: engagement.BoardActive, Created: s.clock.Now()})
	return s
}

func TestEveryOperationAnswersAsItIsDescribed(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		s := realSiteOn(t, config, withIDs).furnishWhole()
		doc, schema := described(t, s.Client)
		paths := dig(doc, "paths").(map[string]any)
		for path, item := range paths {
			addresses := []string{path}
			if list, more, one := strings.Cut(path, "/{id}"); one {
				addresses = nil
				for _, id := range itemsOf(asksJSON(t, s.Client, list), "id") {
					addresses = append(addresses, list+"/"+id+more)
				}
				if len(addresses) == 0 {
					t.Errorf("%s: there is none", path)
				}
			} else if slices.ContainsFunc(dig(item, "get", "parameters").([]any), func(p any) bool { return dig(p, "name") == "ort" }) {
				addresses = append(addresses, path+"?ort=12555&umkreis=25")
			}
			of := dig(item, "get", "responses", "200", "content", "application/json", "schema").(map[string]any)
			for _, address := range addresses {
				for _, problem := range schema.check(address, of, any(asksJSON(t, s.Client, address))) {
					t.Error(problem)
				}
			}
		}
		for name, component := range schema.components {
			for property := range dig(component, "properties").(map[string]any) {
				if p := name + "." + property; !schema.seen[p] && !strings.HasPrefix(p, "Problem") && !strings.HasSuffix(p, "List.next") { // no list is that long here
					t.Errorf("%s is in no answer: nothing shows that it is told rightly", p)
				}
			}
		}
	})
}

func TestTheCheckOfAnswersFindsWhatIsWrong(t *testing.T) {
	s := schemas{components: map[string]any{"Thing": map[string]any{
		"type": "object", "required": []any{"id"},
		"properties": map[string]any{
			"id": map[string]any{"type": "string"}, "n": map[string]any{"type": "integer"}, "at": map[string]any{"type": "string", "format": "date-time"}, "page": map[string]any{"type": "string", "format": "uri"},
			"kind": map[string]any{"type": "string", "enum": []any{"a", "b"}}, "codes": map[string]any{"type": "array", "items": map[string]any{"type": "string", "x-vocabulary": "area"}},
		},
	}}, vocabulary: map[string][]string{"area": {"sport"}}, seen: map[string]bool{}}
	thing := map[string]any{"$ref": "#/components/schemas/Thing"}
	for text, want := range map[string]string{
		`{"id":"1","n":2,"at":"2026-11-25T10:00:00Z","page":"https://a.example/","kind":"b","codes":["sport"]}`: "",
		`{"n":2}`:                         "lacks id",
		`{"id":1}`:                        "is of type integer, want string",
		`{"id":"1","n":2.5}`:              "is of type number, want integer",
		`{"id":"1","n":null}`:             "is of type null",
		`{"id":"1","secret":"x"}`:         "has secret, which is not described",
		`{"id":"1","at":"2026-11-25"}`:    "is no date-time",
		`{"id":"1","page":"/angebote"}`:   "is no uri",
		`{"id":"1","kind":"c"}`:           "is none of",
		`{"id":"1","codes":["fussball"]}`: "is no code of area",
		`{"id":"1","codes":null}`:         "is of type null",
	} {
		doc, err := parseJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.check("it", thing, any(doc)), "; "); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestEveryRouteForProgramsIsDescribed(t *testing.T) {
	s := realSite(t).furnish()
	doc, _ := described(t, s.Client)
	var described []string
	for path := range dig(doc, "paths").(map[string]any) {
		described = append(described, strings.NewReplacer("/boards/{id}", "/boards/abc", "{id}", "7k3m9p2x").Replace(path))
	}
	var routes []string
	for _, path := range web.Readable() {
		if strings.HasPrefix(path, "/api/") {
			routes = append(routes, path)
		}
	}
	slices.Sort(described)
	slices.Sort(routes)
	if !slices.Equal(described, routes) || len(routes) < 12 {
		t.Errorf("described: %q\nroutes:    %q", described, routes)
	}
}

// The names are a promise to programs of others: what changes here is written down on purpose.
func TestTheDescriptionIsTheOneThatWasPromised(t *testing.T) {
	s := realSite(t).furnish()
	var pretty strings.Builder
	encoder := json.NewEncoder(&pretty)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(asksJSON(t, s.Client, "/api/v1/openapi.json")); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(pretty.String(), s.Base, "https://seestern.example")
	file := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s says something else; if that is meant: go test ./web -run TheDescription -update", file)
	}
}

func TestProgramsPageThroughLists(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		s := realSiteOn(t, config, withProxy).furnishWhole()
		same := s.clock.Now().Add(-30 * time.Minute)
		for i := range 3 { // of one instant
			s.news(s.orgs["Leseinsel Dahmeufer e. V. (Demo)"], fmt.Sprint("Nachricht ", i), func(n *engagement.Announcement) { n.Published = same })
		}
		for i, path := range []string{"/opportunities", "/opportunities?ort=12555&umkreis=50", "/opportunities?sortierung=termin", "/organizations", "/events", "/announcements"} {
			t.Run(path, func(t *testing.T) {
				c := s.Another().Header("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
				whole := asksJSON(t, c, "/api/v1"+path)
				want := itemsOf(whole, "id")
				if len(want) < 3 || whole["next"] != nil {
					t.Fatalf("%d in one page, next %v", len(want), whole["next"])
				}
				var got []string
				address := "/api/v1" + path + "?anzahl=1"
				if strings.Contains(path, "?") {
					address = "/api/v1" + path + "&anzahl=1"
				}
				for address != "" && len(got) <= len(want) {
					page := asksJSON(t, c, address)
					got = append(got, itemsOf(page, "id")...)
					next, _ := page["next"].(string)
					address = strings.TrimPrefix(next, s.Base)
				}
				if !slices.Equal(got, want) {
					t.Errorf("page by page %q, want %q", got, want)
				}
			})
		}
	})
}

func TestProgramsSearchAsPeopleDo(t *testing.T) {
	s := realSite(t, withProxy).furnish()
	for i, query := range []string{
		"", "q=Spaziergang", "q=Lesepatenschaft", "ort=12555&umkreis=5", "ort=12555&umkreis=25&von-zuhause=1", "thema=schule-kita&thema=kultur", "taetigkeit=vorlesen", "fuer=aeltere", "zeit=wochenende", "aufwand=einmalig",
		"zugang=stufenlos-eingang", "sprache=de", "alter=14", "ohne=fuehrungszeugnis", "quelle=hier", "sortierung=termin",
	} {
		t.Run(query, func(t *testing.T) {
			c := s.Another().Header("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
			want := titles(c.Get("/angebote?" + query).Want(200))
			doc := asksJSON(t, c, "/api/v1/opportunities?"+query)
			wantTexts(t, itemsOf(doc, "title"), want)
			if got := int(doc["total"].(float64)); got != len(want) || got == 0 {
				t.Errorf("total %d, want %d", got, len(want))
			}
		})
	}
	t.Run("in the list of one organization", func(t *testing.T) {
		org := s.orgs["Kiezgärten Adlershof (Demo)"]
		wantTexts(t, itemsOf(asksJSON(t, s.Client, "/api/v1/opportunities?organisation="+org.Code), "title"), []string{"Beete pflegen im Gemeinschaftsgarten", "Plakate gestalten von zu Hause", "Kiezfest aufbauen"})
	})
	t.Run("with the distance from the place that was understood", func(t *testing.T) {
		doc := asksJSON(t, s.Client, "/api/v1/opportunities?ort=12555&umkreis=3")
		if doc["place"] == nil || dig(doc["items"].([]any)[0], "distanceKm") == nil {
			t.Errorf("place %v in %v", doc["place"], doc["items"])
		}
	})
}

// What an organization keeps to this site or to some sites is not handed to programs, because these can be anywhere.
func TestProgramsGetOnlyWhatMayBeShownEverywhere(t *testing.T) {
	h := newHouse(t)
	org := h.org
	h.update(func(tx *store.Tx) error {
		p := engagement.Partner{Host: "pankow.example", Name: "Mitmachen in Pankow", State: engagement.PartnerActive, Level: "vertraut", Contact: tx.Now(), Created: tx.Now()}
		return tx.PutPartner(&p)
	})
	away := h.organization("Nachbarn in Pankow (Demo)", func(o *engagement.Organization) {
		o.Origin, o.IRI, o.Handle = "pankow.example", "https://pankow.example/ap/o/1", "nachbarn"
	})
	h.real.opportunity("Sprachcafé begleiten", away, func(o *engagement.Opportunity) { o.Origin, o.IRI = "pankow.example", "https://pankow.example/ap/n/1" })
	for _, visibility := range []engagement.Code{"instanz", "verbund", "intern", "anfrage"} {
		h.real.opportunity("Kreis "+string(visibility), org, func(o *engagement.Opportunity) { o.Visibility = visibility })
	}
	for state, status := range map[engagement.OpportunityState]int{
		engagement.Draft: 404, engagement.Submitted: 404, engagement.Hidden: 404, engagement.Queued: 404, engagement.Withdrawn: 410, engagement.Paused: 200, engagement.Expired: 200, engagement.Filled: 200,
	} {
		o := h.real.opportunity("Stand "+string(state), org, func(o *engagement.Opportunity) { o.State = state })
		if resp, body := ask(t, h.visitor(), "GET", "/api/v1/opportunities/"+o.Code); resp.StatusCode != status {
			t.Errorf("%s: got %d, want %d: %s", state, resp.StatusCode, status, body)
		}
	}
	member := h.person("member1", memberOf(org, engagement.Manager))
	for name, c := range map[string]*webtest.Client{"a visitor": h.visitor(), "a member": member, "a moderator": h.moderator} {
		list := asksJSON(t, c, "/api/v1/opportunities?anzahl=100")
		for _, title := range itemsOf(list, "title") {
			if strings.HasPrefix(title, "Kreis") || strings.HasPrefix(title, "Stand") && title != "Stand filled" {
				t.Errorf("%s gets %q", name, title)
			}
		}
		if got := int(list["total"].(float64)); got != len(list["items"].([]any)) {
			t.Errorf("%s: total %d of %d", name, got, len(list["items"].([]any)))
		}
		for _, visibility := range []string{"instanz", "verbund", "intern", "anfrage"} {
			if resp, _ := ask(t, c, "GET", "/api/v1/opportunities/"+h.opps["Kreis "+visibility].Code); resp.StatusCode != 404 {
				t.Errorf("%s gets one for %s: %d", name, visibility, resp.StatusCode)
			}
		}
	}
	t.Run("and of a partner that is not shown any more nothing at all", func(t *testing.T) {
		n := h.news(away, "Neues aus Pankow", copyFrom("pankow.example"))
		o := h.occasion(engagement.Organization{}, "Fest in Pankow", elsewhere("pankow.example"))
		paths := []string{"/opportunities/" + h.opps["Sprachcafé begleiten"].Code, "/organizations/" + away.Code, "/announcements/" + n.Code, "/events/" + o.Code}
		status := func(want int) {
			t.Helper()
			for _, path := range paths {
				if resp, _ := ask(t, h.visitor(), "GET", "/api/v1"+path); resp.StatusCode != want {
					t.Errorf("%s: got %d, want %d", path, resp.StatusCode, want)
				}
			}
		}
		status(200)
		h.update(func(tx *store.Tx) error {
			p, err := tx.Partner("pankow.example")
			if err != nil {
				return err
			}
			p.State = engagement.PartnerPaused
			return tx.PutPartner(&p)
		})
		status(404)
	})
}

func TestAProgramIsAnsweredByTheRulesOfTheWeb(t *testing.T) {
	s := realSite(t, withProxy).furnish()
	o := s.opps["Kindern vorlesen in der Kita"]
	path := "/api/v1/opportunities/" + o.Code
	t.Run("every site may read it, without a session", func(t *testing.T) {
		c := s.person("reader")
		resp, _ := ask(t, c, "GET", path, "Origin", "https://verein.example")
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=60", "Vary": "Accept-Encoding", "Set-Cookie": "",
			"X-Content-Type-Options": "nosniff",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	})
	t.Run("what has not changed is not sent again", func(t *testing.T) {
		resp, _ := ask(t, s.Client, "GET", path)
		etag := resp.Header.Get("ETag")
		if resp, body := ask(t, s.Client, "GET", path, "If-None-Match", etag); etag == "" || resp.StatusCode != 304 || body != "" {
			t.Errorf("ETag %q: got %d %q", etag, resp.StatusCode, body)
		}
		s.update(func(tx *store.Tx) error {
			o, err := tx.Opportunity(o.ID)
			o.Taken++
			if err != nil {
				return err
			}
			return tx.PutOpportunity(&o)
		})
		if resp, _ := ask(t, s.Client, "GET", path, "If-None-Match", etag); resp.StatusCode != 200 {
			t.Errorf("changed: got %d", resp.StatusCode)
		}
	})
	t.Run("a browser may ask first", func(t *testing.T) {
		resp, _ := ask(t, s.Client, "OPTIONS", path, "Origin", "https://verein.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
		if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Methods") != "GET, HEAD" || resp.Header.Get("Access-Control-Allow-Headers") != "If-None-Match" {
			t.Errorf("got %d %v", resp.StatusCode, resp.Header)
		}
		if resp, _ := ask(t, s.Client, "OPTIONS", "/angebote", "Origin", "https://verein.example"); resp.StatusCode != 405 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a page: got %d %v", resp.StatusCode, resp.Header)
		}
	})
	_, schema := described(t, s.Client)
	problem := map[string]any{"$ref": "#/components/schemas/Problem"}
	check := func(t *testing.T, c *webtest.Client, method, path string, status int, parameter string) map[string]any {
		t.Helper()
		resp, body := ask(t, c, method, path)
		doc, err := parseJSON(body)
		if err != nil || resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/problem+json" || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("got %d %s, want %d: %s", resp.StatusCode, resp.Header.Get("Content-Type"), status, body)
		}
		for _, p := range schema.check("problem", problem, any(doc)) {
			t.Error(p)
		}
		if errs, _ := doc["errors"].([]any); parameter != "" && (len(errs) == 0 || dig(errs[0], "parameter") != parameter) {
			t.Errorf("errors %v, want one of %s", errs, parameter)
		}
		return doc
	}
	for path, want := range map[string]struct {
		status    int
		parameter string
	}{
		"/api/v1/opportunities/22222222":                  {404, ""},
		"/api/v1/boards/gibtesnicht":                      {404, ""},
		"/api/v1/nichts":                                  {404, ""},
		"/api/v1":                                         {404, ""},
		"/api/v1/opportunities?anzahl=101":                {422, "anzahl"},
		"/api/v1/opportunities?anzahl=0":                  {422, "anzahl"},
		"/api/v1/organizations?anzahl=viele":              {422, "anzahl"},
		"/api/v1/opportunities?ort=Atlantis":              {422, "ort"},
		"/api/v1/opportunities?organisation=22222222":     {422, "organisation"},
		"/api/v1/events?von=2026-13-01":                   {422, "von"},
		"/api/v1/opportunities?thema=sport&thema=quatsch": {422, ""},
	} {
		t.Run(path, func(t *testing.T) { check(t, s.Client, "GET", path, want.status, want.parameter) })
	}
	t.Run("in the language of the address", func(t *testing.T) {
		if got := fmt.Sprint(check(t, s.Client, "GET", "/en/api/v1/nichts", 404, "")["detail"]); !strings.Contains(got, "address") {
			t.Errorf("got %q", got)
		}
		doc := asksJSON(t, s.Client, "/en"+path)
		if got := fmt.Sprint(doc["page"]); !strings.HasPrefix(got, s.Base+"/en/angebote/") {
			t.Errorf("page %q", got)
		}
	})
	t.Run("that only read", func(t *testing.T) { check(t, s.Client, "POST", path, 405, "") })
	t.Run("and have limits", func(t *testing.T) {
		c := s.Another().Header("X-Forwarded-For", "198.51.100.77")
		n := 0
		for ; n < 200; n++ {
			if resp, _ := ask(t, c, "GET", "/api/v1/opportunities"); resp.StatusCode != 200 {
				break
			}
		}
		if n != 60 {
			t.Errorf("%d searches, want 60", n)
		}
		check(t, c, "GET", "/api/v1/opportunities", 429, "")
	})
	t.Run("and wait until the site is public, even for its people", func(t *testing.T) {
		reader := s.person("reader2")
		s.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			i.Public = false
			if err != nil {
				return err
			}
			return tx.PutInstance(&i)
		})
		check(t, reader, "GET", path, 503, "")
		check(t, reader, "GET", "/api/v1/codes", 503, "")
	})
}

func TestCodesHaveTheirLabelsInEveryLanguage(t *testing.T) {
	s := realSite(t)
	doc, schema := described(t, s.Client)
	list := asksJSON(t, s.Client, "/api/v1/codes")
	named := map[string]bool{}
	for _, v := range list["vocabularies"].([]any) {
		named[dig(v, "name").(string)] = true
		for _, code := range dig(v, "codes").([]any) {
			for lang, label := range dig(code, "labels").(map[string]any) {
				if label == "" || strings.HasPrefix(label.(string), "code.") {
					t.Errorf("%s has no label in %s: %q", dig(code, "code"), lang, label)
				}
			}
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), `"x-vocabulary":"`)[1:] {
		if name, _, _ := strings.Cut(part, `"`); !named[name] {
			t.Errorf("the codes of %s are not listed", name)
		}
	}
	if got := schema.vocabulary["area"]; len(got) != 14 || dig(list, "version") == nil {
		t.Errorf("areas %q, version %v", got, dig(list, "version"))
	}
	for _, slot := range []string{"weekday", "daypart"} {
		if !named[slot] {
			t.Errorf("slots are made of codes of %s", slot)
		}
	}
}

func TestProgramsReadWhichShiftsHavePlaces(t *testing.T) {
	h := newHouse(t)
	o := h.real.opportunity("Café am Ufer", h.org)
	h.person("volunteer1")
	m := h.agreement("volunteer1", o)
	taken := h.comes(m, 48*time.Hour)
	h.comes(m, time.Hour)
	canceled := h.shift(o, 72*time.Hour, func(s *engagement.Shift) {
		s.Place = engagement.Place{Locality: "Köpenick", Street: "Uferweg", House: "1", Precision: "ortsteil"}
	})
	h.update(func(tx *store.Tx) error {
		_, err := engagement.CancelShift(tx, engagement.System, canceled.ID, false)
		return err
	})
	h.clockStrikes(4 * time.Hour) // the second one is over
	path := "/api/v1/opportunities/" + o.Code + "/shifts"
	doc := asksJSON(t, h.visitor(), path)
	var got []string
	for _, item := range doc["items"].([]any) {
		got = append(got, fmt.Sprint(dig(item, "id"), " ", dig(item, "status"), " ", dig(item, "free"), " of ", dig(item, "capacity")))
	}
	if want := []string{string(taken.Shift) + " planned 1 of 2", string(canceled.ID) + " canceled 0 of 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	t.Run("page by page, also when the last one of a page is gone meanwhile", func(t *testing.T) {
		first := asksJSON(t, h.visitor(), path+"?anzahl=1")
		if items := first["items"].([]any); len(items) != 1 || dig(items[0], "id") != string(taken.Shift) {
			t.Fatalf("the first page has %v", items)
		}
		for range 2 {
			next := asksJSON(t, h.visitor(), strings.TrimPrefix(first["next"].(string), h.Base))
			if items := next["items"].([]any); len(items) != 1 || dig(items[0], "id") != string(canceled.ID) || next["next"] != nil {
				t.Errorf("the second page is %v", next)
			}
			h.clockStrikes(46 * time.Hour)
		}
		if resp, _ := ask(t, h.visitor(), "GET", path+"?anzahl=0"); resp.StatusCode != 422 {
			t.Errorf("a page without entries: %d", resp.StatusCode)
		}
	})
	if _, body := ask(t, h.visitor(), "GET", path); strings.Contains(body, "volunteer1") || strings.Contains(body, "Uferweg") || strings.Contains(body, string(m.Account)) {
		t.Errorf("programs learn too much: %s", body)
	}
	narrow := h.real.opportunity("Nur hier", h.org, func(o *engagement.Opportunity) { o.Visibility = "instanz" })
	h.shift(narrow, 48*time.Hour)
	if resp, _ := ask(t, h.visitor(), "GET", "/api/v1/opportunities/"+narrow.Code+"/shifts"); resp.StatusCode != 404 {
		t.Errorf("shifts of what is shown only here: %d", resp.StatusCode)
	}
}
