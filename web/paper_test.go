package web_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"seestern/engagement"
	"seestern/web/webtest"
)

func TestThePoster(t *testing.T) {
	s := realSite(t).furnish()
	o := s.opps[reading]
	page := s.Get(s.path(reading) + "/aushang").Want(200)
	address := strings.TrimPrefix(s.Base, "http://") + "/a/" + o.Code
	if got := page.Text(".s-poster-address"); got != address {
		t.Errorf("address %q, want %q", got, address)
	}
	if got := len(page.Find(".s-strips li")); got != 8 {
		t.Errorf("%d strips, want 8", got)
	}
	if !page.Has(".s-qr path[d]") || !strings.Contains(page.Text(".s-poster"), "+49 30 23125 111") {
		t.Error("no code or no phone number")
	}
	if p := page.Problems(); p != nil {
		t.Error(p)
	}
	t.Run("has the size and the strips that were chosen", func(t *testing.T) {
		small := page.Click("A5 mit Streifen")
		if got := len(small.Find(".s-poster-a5 .s-strips li")); got != 6 {
			t.Errorf("%d strips on A5, want 6", got)
		}
		if bare := small.Click("A4 ohne Streifen"); bare.Has(".s-strips") || !bare.Has(".s-poster-a4") || bare.Text(".s-subnav [aria-current]") != "A4 ohne Streifen" {
			t.Error("strips on a sheet without")
		}
	})
	t.Run("is in simple language, if there is such a text", func(t *testing.T) {
		simple := s.opportunity("Vorlesen", s.orgs["Leseinsel Dahmeufer e. V. (Demo)"], func(o *engagement.Opportunity) { o.Simple = "Sie lesen Kindern vor.\nDas macht Spaß." })
		easy := s.Get("/ls/angebote/" + simple.Code + "/aushang").Want(200)
		if got, want := easy.Text(".s-poster-text"), "Sie lesen Kindern vor. Das macht Spaß."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		const hard = "Diesen Text gibt es nur in schwerer Sprache."
		if strings.Contains(easy.Text("main"), hard) || !strings.Contains(s.Get("/ls"+s.path(reading)+"/aushang").Want(200).Text("main"), hard) {
			t.Error("does not say which texts are in simple language")
		}
	})
	t.Run("is there for events and boards", func(t *testing.T) {
		b := s.board(koepenickBoard())
		event := s.occasion(s.orgs["Leseinsel Dahmeufer e. V. (Demo)"], "Lesefest", func(o *engagement.Occasion) { o.State = engagement.OccasionCanceled })
		if got := s.Get("/termine/" + event.Code).Want(200).Click("Aushang drucken"); got.Text(".s-poster-address") != strings.TrimPrefix(s.Base, "http://")+"/a/"+event.Code || !strings.Contains(got.Text(".s-poster"), "Fällt aus") {
			t.Errorf("event: got %q", got.Text(".s-poster"))
		}
		board := s.Get("/orte/koepenick").Want(200).Click("Aushang drucken")
		if got := board.Text(".s-poster"); !strings.Contains(got, b.Name) || !strings.Contains(got, reading) || !strings.HasSuffix(board.Text(".s-poster-address"), "/@koepenick") {
			t.Errorf("board: got %q", got)
		}
		s.Get("/themen/koepenick/aushang").Want(404)
	})
}

func TestTextsToPassOn(t *testing.T) {
	s := realSite(t).furnish()
	org := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	long := s.opportunity(strings.Repeat("Lesepatenschaft ", 5), org, func(o *engagement.Opportunity) { o.Summary = strings.Repeat("Wir lesen gemeinsam vor. ", 8) })
	for _, path := range []string{s.path(reading), "/angebote/" + long.Code, "/en/angebote/" + long.Code, "/ls" + s.path(reading)} {
		page := s.Get(path + "/weitersagen").Want(200)
		texts := page.Texts(".s-lines")
		if len(texts) != 3 {
			t.Fatalf("%s: %d texts, want 3", path, len(texts))
		}
		for i, most := range []int{1000, 300, 600} {
			if n := utf8.RuneCountInString(texts[i]); n > most || n < 60 || !strings.Contains(texts[i], "/a/") {
				t.Errorf("%s: %d characters, want at most %d and the address: %q", path, n, most, texts[i])
			}
		}
		if !strings.Contains(texts[2], "Telefon: +49 30 23125 111.") && !strings.Contains(texts[2], "Phone: +49 30 23125 111.") {
			t.Errorf("%s: nobody can call: %q", path, texts[2])
		}
	}
	t.Run("a short text ends with a sentence", func(t *testing.T) {
		if got := s.Get("/angebote/" + long.Code + "/weitersagen").Texts(".s-lines")[2]; !strings.Contains(got, "Wir lesen gemeinsam vor. Wann:") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a screen shows it without anything to click", func(t *testing.T) {
		slide := s.Get(s.path(reading) + "/weitersagen").Click("Bild für einen Bildschirm (16:9)")
		if slide.Text("h1") != reading || slide.Has("a, button, form, script, header, nav") || !slide.Has(".s-qr") {
			t.Errorf("got %q", slide.Body)
		}
	})
	t.Run("what is not public is not passed on", func(t *testing.T) {
		draft := s.opportunity("Entwurf", org, func(o *engagement.Opportunity) { o.State = engagement.Draft })
		for _, path := range []string{"/aushang", "/folie", "/weitersagen"} {
			s.Get("/angebote/" + draft.Code + path).Want(404)
		}
	})
}

func TestAListForTheCounter(t *testing.T) {
	s := realSite(t).furnish()
	page := s.Get("/angebote?thema=schule-kita").Want(200)
	want := titles(page)
	list := page.Click("Liste zum Ausdrucken")
	wantTexts(t, list.Texts(".s-sheet h2"), want)
	if got := list.Text(".s-sheet"); len(want) == 0 || !strings.Contains(got, s.base()+"/a/"+s.opps[reading].Code) {
		t.Errorf("no short address: %q", got)
	}
	if back := webtest.Attr(list.Find(".s-back a")[0], "href"); back != "/angebote?thema=schule-kita" {
		t.Errorf("leads back to %s", back)
	}
	s.Get("/angebote/liste?ort=Atlantis").Want(422)
}

// base is the host of the site, as it stands on paper.
func (s *real) base() string { return strings.TrimPrefix(s.Base, "http://") }

func TestPagesLeadToTheirFeeds(t *testing.T) {
	s := realSite(t, withIDs).furnishWhole()
	org := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	s.news(org, "Unser Lesefest war ein Erfolg!")
	for path, calendar := range map[string]bool{
		"/angebote": true, "/angebote?thema=schule-kita": true, "/termine": true, "/neuigkeiten": false, "/orte/koepenick": true, "/themen/lesen": true, "/organisationen/" + org.Code: true, "/en/angebote": true,
	} {
		page := s.Get(path).Want(200)
		kinds := map[string]string{"application/atom+xml": "application/atom+xml; charset=utf-8", "application/feed+json": "application/feed+json"}
		if calendar {
			kinds["text/calendar"] = "text/calendar; charset=utf-8"
		}
		for kind, want := range kinds {
			links := page.Find(`link[rel=alternate][type="` + kind + `"]`)
			if len(links) != 1 {
				t.Fatalf("%s: %d links of type %s", path, len(links), kind)
			}
			href := webtest.Attr(links[0], "href")
			if resp, _ := ask(t, s.Client, "GET", href); resp.StatusCode != 200 || resp.Header.Get("Content-Type") != want {
				t.Errorf("%s: %s answers %d %s", path, href, resp.StatusCode, resp.Header.Get("Content-Type"))
			}
			if !page.Has(`main a[href="` + href + `"]`) {
				t.Errorf("%s: nobody sees %s", path, href)
			}
		}
		if calendar && !page.Has(`main a[href^="webcal://"]`) {
			t.Errorf("%s: no calendar program opens", path)
		}
	}
	t.Run("that of an organization has its opportunities, news and dates, and those of nobody else", func(t *testing.T) {
		s.occasion(org, "Lesefest")
		feed, dates := s.Get("/organisationen/"+org.Code+".atom").Want(200).Body, s.Get("/organisationen/"+org.Code+".ics").Want(200).Body
		for _, want := range []string{reading, "Unser Lesefest war ein Erfolg!", "<author><name>Leseinsel"} {
			if !strings.Contains(feed, want) {
				t.Errorf("%q is missing", want)
			}
		}
		if strings.Contains(feed, "Sprachcafé begleiten") || !strings.Contains(dates, "SUMMARY:Lesefest") || !strings.Contains(dates, "SUMMARY:"+reading) || strings.Contains(dates, "Sprachcafé begleiten") {
			t.Errorf("got %s", dates)
		}
	})
	t.Run("there is none of an organization that is not public", func(t *testing.T) {
		waiting := s.organization("Noch nicht", func(o *engagement.Organization) { o.State = engagement.OrganizationSubmitted })
		for _, suffix := range []string{".atom", ".json", ".ics"} {
			s.Get("/organisationen/" + waiting.Code + suffix).Want(404)
		}
	})
}
