package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

func TestTheSearch(t *testing.T) {
	s := realSite(t).furnish()
	const (
		reading, walking, garden = "Kindern vorlesen in der Kita", "Spaziergänge mit älteren Menschen", "Beete pflegen im Gemeinschaftsgarten"
		home, party, talking     = "Plakate gestalten von zu Hause", "Kiezfest aufbauen", "Sprachcafé begleiten"
	)
	for _, test := range []struct {
		says, query string
		want        []string
	}{
		{"without a question shows everything, the newest first", "", []string{reading, walking, garden, home, party, talking}},
		{"finds words", "q=Spaziergang", []string{walking}},
		{"finds the labels of codes", "q=Lesepatenschaft", []string{reading}},
		{"finds the labels of codes in English, in both spellings", "q=neighbourhood+festival", []string{party}},
		{"orders by distance", "ort=12555&umkreis=10", []string{party, reading, walking, garden, talking}},
		{"keeps to the radius", "ort=12555&umkreis=5", []string{party, reading, walking, garden}},
		{"reads a quarter", "ort=Adlershof&umkreis=1", []string{garden}},
		{"filters by area", "thema=kultur", []string{party}},
		{"filters by several areas", "thema=kultur&thema=soziales", []string{walking, party}},
		{"filters by activity", "taetigkeit=gaertnern-naturpflege", []string{garden}},
		{"filters by target group", "fuer=aeltere", []string{walking}},
		{"filters by time", "zeit=wochenende", []string{garden, home, party}},
		{"filters by a day of the week and a part of the day", "zeit=sa&zeit=mittag&thema=umwelt-tiere&thema=kultur", []string{garden}},
		{"finds what is needed today and tomorrow", "heute=1", []string{walking}},
		{"filters by commitment", "aufwand=einmalig", []string{party}},
		{"filters by access", "zugang=stufenlos-eingang&thema=soziales", []string{walking}},
		{"finds what can be done at home", "von-zuhause=1", []string{home}},
		{"leaves out what is excluded", "ohne=fuehrungszeugnis&ohne=soziales&zugang=stufenlos-eingang", []string{garden, party, talking}},
		{"respects the age", "alter=14&thema=schule-kita&thema=umwelt-tiere", []string{garden}},
		{"keeps to this site", "quelle=hier&thema=jugend-bildung", nil},
		{"orders by date", "sortierung=termin&thema=kultur&thema=umwelt-tiere", []string{garden, party}},
		{"takes no unknown order", "sortierung=beliebt&thema=kultur", []string{party}},
	} {
		t.Run(test.says, func(t *testing.T) {
			page := s.Get("/angebote?" + test.query).Want(200)
			wantTexts(t, titles(page), test.want)
			if p := page.Problems(); p != nil {
				t.Error(p)
			}
		})
	}
	t.Run("says how many there are and where", func(t *testing.T) {
		if got, want := s.Get("/angebote?ort=12555&umkreis=10").Text("#treffer h2"), "5 Angebote im Umkreis von 10 km um 12555 Berlin-Köpenick"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("names values it does not know", func(t *testing.T) {
		page := s.Get("/angebote?thema=zauberei").Want(200)
		if !strings.Contains(page.Text("#treffer"), "zauberei") || len(titles(page)) != 6 {
			t.Errorf("got %q", page.Text("#treffer"))
		}
	})
	t.Run("proposes a larger radius", func(t *testing.T) {
		page := s.Get("/angebote?ort=12435&umkreis=1&thema=kultur").Want(200)
		for range 4 {
			if len(titles(page)) > 0 {
				break
			}
			links := page.Find(".s-empty a.kern-btn")
			if len(links) == 0 {
				page = s.Get(strings.Replace(page.Path, "umkreis=1", "umkreis=5", 1))
				continue
			}
			page = page.Click("Größeren Umkreis zeigen").Want(200)
		}
		wantTexts(t, titles(page), []string{party})
	})
	t.Run("is empty politely", func(t *testing.T) {
		page := s.Get("/angebote?q=Unterwasserkorbflechten").Want(200)
		if !page.Has(".s-empty") || !strings.Contains(page.Text(".s-empty"), "+49 30 23125 000") {
			t.Errorf("got %q", page.Text("#treffer"))
		}
	})
	t.Run("mends a typing error, and says so", func(t *testing.T) {
		page := s.Get("/angebote?q=Sprachcaffé&thema=integration").Want(200)
		wantTexts(t, titles(page), []string{talking})
		if got := page.Text("#treffer"); !strings.Contains(got, "Zu „Sprachcaffé“ finden wir hier nichts. Auch gezeigt: „Sprachcafé“.") {
			t.Errorf("got %q", got)
		}
		if feed := page.Click("Feed (Atom)"); !strings.Contains(feed.Body, talking) {
			t.Errorf("the feed: got %q", feed.Body)
		}
		if feed := s.Get("/angebote.atom?q=Sprachcaffé"); strings.Contains(feed.Body, talking) {
			t.Error("a feed mends what was typed and cannot say so")
		}
	})
	t.Run("keeps what was typed when the place is unknown", func(t *testing.T) {
		page := s.Get("/angebote?q=lesen&ort=Atlantis").Want(422)
		if got, want := page.Text("#fehler li"), "PLZ oder Ortsteil – „Atlantis“ kennen wir nicht. Geben Sie 5 Ziffern oder einen Ortsteil ein."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		form := page.Form("main form")
		if form.Values.Get("q") != "lesen" || form.Values.Get("ort") != "Atlantis" {
			t.Errorf("lost: %v", form.Values)
		}
	})
	t.Run("asks which place is meant and keeps the rest", func(t *testing.T) {
		page := s.Get("/angebote?q=lesen&umkreis=3&ort=Neustadt").Want(200)
		if page.Text("h1") != "Welchen Ort meinen Sie?" {
			page = s.Get("/angebote?q=lesen&umkreis=3&ort=Frankfurt").Want(200)
		}
		if got, want := page.Text("h1"), "Welchen Ort meinen Sie?"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		choice := webtest.Attr(page.Find("input[type=radio]")[1], "value")
		found := page.Form("main form").Set("ort", choice).Submit().Want(200)
		if form := found.Form("main form"); form.Values.Get("ort") != choice || form.Values.Get("q") != "lesen" || form.Values.Get("umkreis") != "3" {
			t.Errorf("got %v", form.Values)
		}
	})
	t.Run("answers a script with the list alone", func(t *testing.T) {
		script := s.Another().Header("Seestern-Part", "treffer")
		page := script.Get("/angebote?thema=kultur").Want(200)
		if page.Has("main") || !page.Has("#treffer") || webtest.Attr(page.One("#treffer"), "data-message") != "1 Angebot" {
			t.Errorf("got %.200s", page.Body)
		}
	})
	t.Run("does not give away what is not public", func(t *testing.T) {
		for title, change := range map[string]func(*engagement.Opportunity){
			"Entwurf eines Angebots": func(o *engagement.Opportunity) { o.State = engagement.Draft },
			"Nur für das Team":       func(o *engagement.Opportunity) { o.Visibility = "intern" },
			"Ausgeblendet":           func(o *engagement.Opportunity) { o.State = engagement.Hidden },
			"Abgelaufen":             func(o *engagement.Opportunity) { o.State = engagement.Expired },
		} {
			s.opportunity(title, s.orgs["Kiezgärten Adlershof (Demo)"], change)
		}
		if got := len(titles(s.Get("/angebote"))); got != 6 {
			t.Errorf("%d hits, want 6", got)
		}
	})
}

func TestALongListGoesOn(t *testing.T) {
	s := realSite(t)
	org := s.organization("Verein (Demo)")
	for i := range 45 {
		s.opportunity(fmt.Sprintf("Angebot %02d", i), org)
	}
	var all []string
	page := s.Get("/angebote?thema=schule-kita")
	for {
		all = append(all, titles(page.Want(200))...)
		if !page.Has(".s-pages a[rel=next]") {
			break
		}
		page = page.Click("Nächste Seite")
	}
	if slices.Sort(all); len(all) != 45 || len(slices.Compact(all)) != 45 {
		t.Errorf("%d hits, %d different, want 45", len(all), len(slices.Compact(all)))
	}
	if first := page.Click("Zum Anfang der Liste").Want(200); len(titles(first)) != 20 {
		t.Errorf("first page has %d hits, want 20", len(titles(first)))
	}
}

func TestTheSearchOfSomebodyWithAProfile(t *testing.T) {
	s := realSite(t).furnish()
	reader := s.person("volunteer1", withProfile())
	t.Run("says how well it fits and why", func(t *testing.T) {
		page := reader.Get("/angebote?q=vorlesen").Want(200)
		if got, want := page.Text(".s-fit"), "passt sehr gut Passt: Lesepatenschaft · Vorlesen · Dienstag nachmittags"; !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("can be ordered by it", func(t *testing.T) {
		got := titles(reader.Get("/angebote?sortierung=passend").Want(200))
		if len(got) == 0 || got[0] != "Kindern vorlesen in der Kita" {
			t.Errorf("got %q", got)
		}
		all := titles(reader.Get("/angebote?sortierung=passend").Click("Weniger passende zeigen").Want(200))
		if len(all) <= len(got) {
			t.Errorf("less fitting ones did not come: %q, then %q", got, all)
		}
	})
	t.Run("is kept by no cache", func(t *testing.T) {
		if got := reader.Get("/angebote").Header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("says nothing about fit without a profile", func(t *testing.T) {
		for _, c := range []*webtest.Client{s.Client, s.person("volunteer2")} {
			page := c.Get("/angebote?sortierung=passend").Want(200)
			if page.Has(".s-fit") || page.Has("option[value=passend]") || len(titles(page)) != 6 {
				t.Error("fit is shown, or hits are missing")
			}
		}
	})
	t.Run("shows members what is for their team", func(t *testing.T) {
		org := s.orgs["Kiezgärten Adlershof (Demo)"]
		s.opportunity("Nur für das Team", org, func(o *engagement.Opportunity) { o.Visibility = "intern" })
		member := s.person("member1", func(tx *store.Tx, a engagement.Account) error {
			return tx.PutMembership(engagement.Membership{Account: a.ID, Organization: org.ID, Role: engagement.Member, Since: tx.Now()})
		})
		if got := titles(member.Get("/angebote")); !slices.Contains(got, "Nur für das Team") {
			t.Errorf("got %q", got)
		}
	})
}

func TestPlaceNamesWhileTyping(t *testing.T) {
	s := realSite(t)
	for q, want := range map[string]string{"K%C3%B6p": "Köpenick", "1255": "12555", "k": "[]", "": "[]", "zzzz": "[]"} {
		t.Run(q, func(t *testing.T) {
			page := s.Get("/ortssuche/vorschlag?q=" + q).Want(200)
			if !strings.Contains(page.Body, want) {
				t.Errorf("got %s, want %s in it", page.Body, want)
			}
		})
	}
}
