package web_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// titles are the headings of the cards of a page.
func titles(p *webtest.Page) []string { return p.Texts(".s-hits h3 a") }

func wantTexts(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBeforeTheSetUpIsFinished(t *testing.T) {
	s := realSite(t).furnish()
	s.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Public = false
		return tx.PutInstance(&i)
	})
	somebody := s.person("volunteer1")
	o := s.opps["Kindern vorlesen in der Kita"]
	for _, path := range []string{
		"/", "/angebote", "/angebote/" + o.Code, "/angebote/" + o.Code + ".ics", "/angebote/" + o.Code + "/aushang", "/angebote/" + o.Code + "/helfen", "/angebote.ics", "/angebote.atom",
		"/organisationen", "/neuigkeiten", "/neuigkeiten.atom", "/a/" + o.Code, "/@leseinsel_dahmeufer_e_v_demo", "/sitemap.xml",
	} {
		t.Run(path+" is not shown to visitors", func(t *testing.T) {
			page := s.Get(path)
			if got, want := page.Text("h1"), "Diese Seite wird gerade eingerichtet"; page.Status != 503 || got != want {
				t.Errorf("got %d %q, want 503 %q", page.Status, got, want)
			}
			if strings.Contains(page.Body, o.Title) {
				t.Error("the page names an opportunity")
			}
		})
		t.Run(path+" is shown to signed-in people", func(t *testing.T) { somebody.Get(path).Want(200) })
	}
}

func TestTheFirstPage(t *testing.T) {
	s := realSite(t).furnish()
	page := s.Get("/").Want(200)
	t.Run("has two fields that lead to the search", func(t *testing.T) {
		found := page.Form("main form").Set("q", "vorlesen").Set("ort", "12555").Submit().Want(200)
		wantTexts(t, titles(found), []string{"Kindern vorlesen in der Kita"})
	})
	t.Run("has six topics", func(t *testing.T) {
		if got := len(page.Find(".s-topics a")); got != 6 {
			t.Errorf("got %d, want 6", got)
		}
	})
	t.Run("names what is urgent today, and only that", func(t *testing.T) {
		wantTexts(t, page.Texts(".s-hits h3 a")[:1], []string{"Spaziergänge mit älteren Menschen"})
		s.clock.Forward(7 * 24 * time.Hour) // until 1 December
		if got := s.Get("/").Texts("h2"); slices.Contains(got, "Dringend gesucht") {
			t.Errorf("still urgent: %q", got)
		}
	})
	t.Run("tells whom to call", func(t *testing.T) {
		if !page.Has(`main a[href^="tel:"]`) {
			t.Error("no phone number")
		}
	})
	t.Run("gives no cookie", func(t *testing.T) {
		if got := s.Cookies(); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("works on an empty site", func(t *testing.T) {
		if got := len(realSite(t).Get("/").Want(200).Find(".s-topics a")); got != 6 {
			t.Errorf("%d topics, want 6", got)
		}
	})
}

func TestShortAddresses(t *testing.T) {
	s := realSite(t).furnish()
	o, org := s.opps["Kindern vorlesen in der Kita"], s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	for path, want := range map[string]string{
		"/a/" + o.Code:                       "Kindern vorlesen in der Kita",
		"/a/" + strings.ToUpper(o.Code):      "Kindern vorlesen in der Kita",
		"/a/" + org.Code:                     org.Name,
		"/@" + org.Handle:                    org.Name,
		"/en/a/" + o.Code:                    "Kindern vorlesen in der Kita",
		"/angebote/" + o.Code + "-irgendwas": "Kindern vorlesen in der Kita",
	} {
		t.Run(path+" leads to the page", func(t *testing.T) {
			if got := s.Get(path).Want(200).Text("h1"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	for _, path := range []string{"/a/22222222", "/@niemand", "/angebote/22222222-nichts", "/organisationen/22222222", "/neuigkeiten/22222222"} {
		t.Run(path+" does not exist", func(t *testing.T) { s.Get(path).Want(404) })
	}
}

func TestTheListForSearchEnginesHasOurOwnPublicPages(t *testing.T) {
	s := realSite(t).furnish()
	inner := s.opportunity("Nur hier zu sehen", s.orgs["Kiezgärten Adlershof (Demo)"], func(o *engagement.Opportunity) { o.Visibility = "instanz" })
	partners := s.opportunity("Für den Verbund", s.orgs["Kiezgärten Adlershof (Demo)"], func(o *engagement.Opportunity) { o.Visibility = "verbund" })
	list := s.Get("/sitemap.xml").Want(200).Body
	for title, want := range map[string]bool{"Kindern vorlesen in der Kita": true, "Sprachcafé begleiten": false, inner.Title: false, partners.Title: false} {
		if got := strings.Contains(list, s.opps[title].Code); got != want {
			t.Errorf("%s: listed %v, want %v", title, got, want)
		}
	}
}

func TestTheDirectoryOfOrganizations(t *testing.T) {
	s := realSite(t).furnish()
	s.organization("Wartet noch (Demo)", func(o *engagement.Organization) { o.State = engagement.OrganizationSubmitted })
	for path, want := range map[string][]string{
		"/organisationen":                                         {"Haus am Müggelsee (Demo)", "Kiezgärten Adlershof (Demo)", "Leseinsel Dahmeufer e. V. (Demo)", "Nachbarn in Pankow (Demo)"},
		"/organisationen?q=m%C3%BCggel":                           {"Haus am Müggelsee (Demo)"},
		"/organisationen?bereich=umwelt-tiere":                    {"Kiezgärten Adlershof (Demo)"},
		"/organisationen?q=gibtesnicht":                           nil,
		"/organisationen?art=office&bereich=soziales":             {"Haus am Müggelsee (Demo)"},
		"/organisationen?ort=Berlin-K%C3%B6penick&art=initiative": {"Kiezgärten Adlershof (Demo)"},
	} {
		t.Run(path, func(t *testing.T) { wantTexts(t, titles(s.Get(path).Want(200)), want) })
	}
	t.Run("goes on after twenty", func(t *testing.T) {
		for i := range 20 {
			s.organization("Verein " + string(rune('A'+i)))
		}
		first := s.Get("/organisationen").Want(200)
		rest := first.Click("Nächste Seite").Want(200)
		if got := len(titles(first)) + len(titles(rest)); got != 24 || slices.Contains(titles(rest), titles(first)[0]) {
			t.Errorf("%d organizations on two pages, want 24", got)
		}
	})
}

func TestThePageOfAnOrganization(t *testing.T) {
	s := realSite(t).furnish()
	org := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	page := s.Get("/organisationen/" + org.Code).Want(200)
	t.Run("has opportunities and news", func(t *testing.T) {
		wantTexts(t, titles(page), []string{"Kindern vorlesen in der Kita", "Unser Lesefest war ein Erfolg!"})
	})
	t.Run("says how to follow", func(t *testing.T) {
		if got, want := page.Text("code"), "@"+org.Handle+"@"+strings.TrimPrefix(s.Base, "http://"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("of a partner is followed at home and not indexed", func(t *testing.T) {
		page := s.Get("/organisationen/" + s.orgs["Nachbarn in Pankow (Demo)"].Code).Want(200)
		if got, want := page.Text("code"), "@nachbarn@pankow.example"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if !page.Has(`meta[name=robots][content=noindex]`) || !page.Has(`link[rel=canonical][href="https://pankow.example/organisationen/1"]`) {
			t.Error("may be indexed")
		}
	})
	for state, want := range map[engagement.OrganizationState]int{engagement.OrganizationSubmitted: 404, engagement.OrganizationSuspended: 404, engagement.OrganizationDissolved: 410} {
		t.Run("that is "+string(state), func(t *testing.T) {
			o := s.organization("Verein "+string(state), func(o *engagement.Organization) { o.State = state })
			s.Get("/organisationen/" + o.Code).Want(want)
		})
	}
}

func TestNews(t *testing.T) {
	s := realSite(t).furnish()
	org := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	s.clock.Forward(time.Minute)
	n := s.news(org, "Neue Bücher sind da\n\nKommen Sie vorbei.")
	s.update(func(tx *store.Tx) error {
		for i, shown := range []bool{true, false} {
			r := engagement.Reaction{
				ID: tx.NewID(), Subject: n.ID, Kind: engagement.Reply, Actor: "https://else.example/u/" + string(rune('a'+i)), Handle: "@a@else.example", IRI: "https://else.example/n/" + string(rune('a'+i)),
				Text: "Das **freut** mich <b>sehr</b>", Shown: shown, At: tx.Now(),
			}
			if err := tx.PutReaction(r); err != nil {
				return err
			}
		}
		return nil
	})
	t.Run("are listed", func(t *testing.T) {
		wantTexts(t, titles(s.Get("/neuigkeiten").Want(200)), []string{"Neue Bücher sind da", "Unser Lesefest war ein Erfolg!"})
	})
	t.Run("have their first sentence as title when the first line is long", func(t *testing.T) {
		s.clock.Forward(time.Minute)
		long := s.news(org, "Am 1. Advent liest die Leseinsel e. V. von 15 bis 18 Uhr in der Bibliothek. Kommen Sie alle, und bringen Sie Kissen mit.")
		item := s.Get("/neuigkeiten").Find(".s-hits li")[0]
		if got, want := webtest.TextOf(item), "Am 1. Advent liest die Leseinsel e. V. von 15 bis 18 Uhr in der Bibliothek. Kommen Sie alle"; !strings.Contains(got, want) || strings.Count(got, "Advent") != 1 {
			t.Errorf("got %q, want %q", got, want)
		}
		s.update(func(tx *store.Tx) error {
			return engagement.WithdrawAnnouncement(tx, engagement.Actor{System: true}, long.ID)
		})
	})
	t.Run("in the long form have title and teaser, in the feed the whole text", func(t *testing.T) {
		s.clock.Forward(time.Minute)
		report := s.news(org, "Alles **über** die drei Ecken & mehr.", func(n *engagement.Announcement) {
			n.Long, n.Title, n.Teaser = true, "Vorlesen zu dritt", "So klappt es mit drei Generationen."
		})
		path := "/neuigkeiten/" + report.Code + "-vorlesen-zu-dritt"
		wantTexts(t, s.Get(path).Want(200).Texts("h1, .s-lead, .s-prose p"), []string{"Vorlesen zu dritt", "So klappt es mit drei Generationen.", "Alles über die drei Ecken & mehr."})
		if got := webtest.TextOf(s.Get("/neuigkeiten").Find(".s-hits li")[0]); !strings.Contains(got, "Vorlesen zu dritt So klappt es mit drei Generationen.") || strings.Contains(got, "Ecken") {
			t.Errorf("list: got %q", got)
		}
		feed := s.Get("/neuigkeiten.atom").Want(200)
		for _, want := range []string{
			"<title>Vorlesen zu dritt</title>", "<summary>So klappt es mit drei Generationen.</summary>", `href="` + s.Base + path + `"`, "<name>" + org.Name + "</name>", "urn:uuid:" + string(report.ID),
			`<content type="html">&lt;p&gt;Alles &lt;strong&gt;über&lt;/strong&gt; die drei Ecken &amp;amp; mehr.&lt;/p&gt;`, "<title>Unser Lesefest war ein Erfolg!</title>",
		} {
			if !strings.Contains(feed.Body, want) {
				t.Errorf("the feed lacks %s in %s", want, feed.Body)
			}
		}
		s.update(func(tx *store.Tx) error {
			return engagement.WithdrawAnnouncement(tx, engagement.Actor{System: true}, report.ID)
		})
	})
	page := s.Get("/neuigkeiten/" + n.Code).Want(200)
	t.Run("show released replies only, as plain text", func(t *testing.T) {
		wantTexts(t, page.Texts(".s-hits li p"), []string{"@a@else.example Mittwoch, 25. November 2026", "Das **freut** mich <b>sehr</b>", "Diese Antwort melden"})
	})
	t.Run("that were taken back are gone", func(t *testing.T) {
		s.update(func(tx *store.Tx) error {
			return engagement.WithdrawAnnouncement(tx, engagement.Actor{System: true}, n.ID)
		})
		s.Get("/neuigkeiten/" + n.Code).Want(410)
		wantTexts(t, titles(s.Get("/neuigkeiten").Want(200)), []string{"Unser Lesefest war ein Erfolg!"})
	})
	t.Run("that are urgent stand first on the first page, until their end", func(t *testing.T) {
		call := s.news(org, "Wer liest am Samstag vor?", func(n *engagement.Announcement) { n.UrgentUntil = engagement.DateOf(s.clock.Now()).Add(1) })
		for i := range 3 {
			s.clock.Forward(time.Minute)
			s.news(org, "Gute Nachricht "+string(rune('a'+i)), func(n *engagement.Announcement) { n.Published = n.Published.AddDate(0, 0, -20) })
		}
		urgent := func() string {
			for _, section := range s.Get("/").Want(200).Find("main section") {
				if text := webtest.TextOf(section); strings.HasPrefix(text, "Dringend gesucht") {
					return text
				}
			}
			return ""
		}
		first := strings.Index(urgent(), "Wer liest am Samstag vor?")
		if second := strings.Index(urgent(), "Spaziergänge"); first < 0 || second < first {
			t.Errorf("got %q", urgent())
		}
		if got := strings.Count(s.Get("/").Text("main"), "Wer liest am Samstag vor?"); got != 1 {
			t.Errorf("the call stands %d times on the first page", got)
		}
		if got := s.Get("/neuigkeiten/" + call.Code).Text(".s-urgent"); got != "Bis Donnerstag, 26. November 2026 dringend" {
			t.Errorf("got %q", got)
		}
		s.clock.Forward(48 * time.Hour)
		if got := urgent(); strings.Contains(got, "Wer liest am Samstag vor?") {
			t.Errorf("after its end: got %q", got)
		}
		if got := s.Get("/neuigkeiten/" + call.Code).Find(".s-urgent"); len(got) != 0 {
			t.Error("its page says that it is urgent after its end")
		}
	})
}
