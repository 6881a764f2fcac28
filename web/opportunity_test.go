package web_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"seestern/engagement"
	"seestern/store"
)

const reading = "Kindern vorlesen in der Kita"

func TestThePageOfAnOpportunity(t *testing.T) {
	s := realSite(t).furnish()
	page := s.Get(s.path(reading)).Want(200)
	t.Run("has one right address", func(t *testing.T) {
		want := s.path(reading) + "-kindern-vorlesen-in-der-kita"
		if page.Path != want {
			t.Errorf("got %s, want %s", page.Path, want)
		}
		if got := s.Get(s.path(reading) + "-falsch?x=1").Path; got != want+"?x=1" {
			t.Errorf("got %s, want %s", got, want+"?x=1")
		}
	})
	t.Run("tells what, when, where and who", func(t *testing.T) {
		text := page.Text("main")
		for _, want := range []string{
			"Leseinsel Dahmeufer e. V. (Demo)", "Register geprüft", "2 von 6 Plätzen frei", "Dienstag und Donnerstag nachmittags", "1 bis 2 Stunden", "12555 Berlin-Köpenick",
			"stufenloser Eingang", "ab 16 Jahren", "Erweitertes Führungszeugnis", "zuletzt bestätigt gestern", "Koordination Ehrenamt",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing", want)
			}
		}
		if !page.Has(".s-prose strong") || !page.Has(".s-prose li") {
			t.Error("the description is no Markdown")
		}
	})
	t.Run("leads to the offer of help, the poster and the calendar", func(t *testing.T) {
		for _, path := range []string{"/helfen", "/aushang", ".ics"} {
			if !page.Has(`.s-actions a[href="` + s.path(reading) + path + `"]`) {
				t.Errorf("no link to %s", path)
			}
		}
	})
	t.Run("shows similar ones, not itself", func(t *testing.T) {
		s.opportunity("Märchen erzählen", s.orgs["Leseinsel Dahmeufer e. V. (Demo)"])
		wantTexts(t, titles(s.Get(s.path(reading))), []string{"Märchen erzählen"})
	})
	t.Run("of a partner names its origin and is not indexed", func(t *testing.T) {
		page := s.Get(s.path("Sprachcafé begleiten")).Want(200)
		if !strings.Contains(page.Text("main"), "Dieses Angebot kommt von Mitmachen in Pankow (pankow.example). Sie können hier helfen.") {
			t.Error("origin is missing")
		}
		if got := s.Get("/angebote?q=Sprachcafé").Text(".s-hits"); !strings.Contains(got, "Von Mitmachen in Pankow") {
			t.Errorf("the list shows %q", got)
		}
		if !page.Has(`meta[name=robots][content=noindex]`) || !page.Has(`link[rel=canonical][href="https://pankow.example/angebote/abcdefgh-sprachcafe"]`) {
			t.Error("may be indexed")
		}
	})
	t.Run("in simple language says when there is no simple text", func(t *testing.T) {
		if got := s.Get("/ls" + s.path(reading)).Text("main"); !strings.Contains(got, "Diesen Text gibt es nur in schwerer Sprache.") {
			t.Errorf("got %q", got)
		}
		s.opportunity("Leicht gesagt", s.orgs["Kiezgärten Adlershof (Demo)"], func(o *engagement.Opportunity) { o.Simple = "Sie lesen vor.\nDas macht Freude." })
		wantTexts(t, s.Get("/ls"+s.path("Leicht gesagt")).Texts(".s-prose p"), []string{"Sie lesen vor.", "Das macht Freude."})
	})
}

func TestTheNameOfAnInstanceIsShownWhileItIsAPartner(t *testing.T) {
	s := realSite(t).furnish()
	s.update(func(tx *store.Tx) error {
		p, err := tx.Partner("pankow.example")
		p.State = engagement.PartnerEnded
		return errors.Join(err, tx.PutPartner(&p))
	})
	if got := s.Get(s.path("Sprachcafé begleiten")).Want(200).Text("main"); !strings.Contains(got, "Dieses Angebot kommt von pankow.example. ") {
		t.Errorf("got %q", got)
	}
}

func TestWhenItIs(t *testing.T) {
	s := realSite(t).furnish()
	org := s.orgs["Kiezgärten Adlershof (Demo)"]
	for want, change := range map[string]func(*engagement.Opportunity){
		"regelmäßig · jede Woche · Montag bis Mittwoch vormittags":          slots("mo-vormittag", "di-vormittag", "mi-vormittag"),
		"regelmäßig · jede Woche · Montag, Mittwoch und Freitag abends":     slots("mo-abend", "mi-abend", "fr-abend"),
		"regelmäßig · jede Woche · Montag vormittags und Freitag abends":    slots("mo-vormittag", "fr-abend"),
		"regelmäßig · jede Woche · Sonntag ganztags und in den Schulferien": slots("so-vormittag", "so-mittag", "so-nachmittag", "so-abend", "ferien"),
		"einmalig (ein Tag) · Samstag, 5. Dezember 2026, vormittags": func(o *engagement.Opportunity) {
			slots("sa-vormittag", "so-abend")(o)
			o.Commitment, o.Rhythm, o.StartsOn = "einmalig", "", "2026-12-05"
		},
		"flexibel · ab Dienstag, 1. Dezember 2026": func(o *engagement.Opportunity) {
			o.Commitment, o.Rhythm, o.StartsOn, o.Grid = "flexibel", "", "2026-12-01", 0
		},
	} {
		t.Run(want, func(t *testing.T) {
			o := s.opportunity("Zeitfrage", org, change)
			if got := s.Get("/angebote/" + o.Code + "/aushang").Want(200).Text(".s-poster dd"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func slots(codes ...engagement.Code) func(*engagement.Opportunity) {
	return func(o *engagement.Opportunity) { o.Grid, _ = engagement.ParseGrid(codes) }
}

func TestWhoSeesAnOpportunity(t *testing.T) {
	s := realSite(t).furnish()
	org := s.orgs["Kiezgärten Adlershof (Demo)"]
	member := s.person("member1", func(tx *store.Tx, a engagement.Account) error {
		return tx.PutMembership(engagement.Membership{Account: a.ID, Organization: org.ID, Role: engagement.Member, Since: tx.Now()})
	})
	for _, test := range []struct {
		says             string
		change           func(*engagement.Opportunity)
		visitor, members int
		help             bool
	}{
		{"a draft", func(o *engagement.Opportunity) { o.State, o.Published = engagement.Draft, time.Time{} }, 404, 200, false},
		{"one for the team", func(o *engagement.Opportunity) { o.Visibility = "intern" }, 404, 200, true},
		{"one for this site", func(o *engagement.Opportunity) { o.Visibility = "instanz" }, 200, 200, true},
		{"a hidden one", func(o *engagement.Opportunity) { o.State = engagement.Hidden }, 404, 200, false},
		{"a paused one", func(o *engagement.Opportunity) { o.State = engagement.Paused }, 200, 200, false},
		{"a full one", func(o *engagement.Opportunity) { o.State, o.Taken = engagement.Filled, 6 }, 200, 200, false},
		{"a full one with a waiting list", func(o *engagement.Opportunity) { o.State, o.Taken, o.Waitlist = engagement.Filled, 6, true }, 200, 200, true},
		{"an expired one", func(o *engagement.Opportunity) { o.State = engagement.Expired }, 200, 200, false},
		{"a withdrawn one", func(o *engagement.Opportunity) { o.State = engagement.Withdrawn }, 410, 200, false},
		{"a suspended one", func(o *engagement.Opportunity) { o.State = engagement.Suspended }, 410, 200, false},
	} {
		t.Run(test.says, func(t *testing.T) {
			o := s.opportunity(test.says, org, test.change)
			for _, path := range []string{"", "/aushang", ".ics"} {
				page := s.Get("/angebote/" + o.Code + path).Want(test.visitor)
				if test.visitor >= 400 && (strings.Contains(page.Body, o.Title) || strings.Contains(page.Path, "-")) {
					t.Errorf("%s gives away the title: %s", path, page.Path)
				}
			}
			page := member.Get("/angebote/" + o.Code).Want(test.members)
			if got := page.Has(".s-actions .kern-btn--primary"); got != test.help {
				t.Errorf("help offered: %v, want %v", got, test.help)
			}
		})
	}
	t.Run("a deleted one is gone", func(t *testing.T) {
		o := s.opportunity("Gelöscht", org)
		s.update(func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })
		s.Get("/angebote/" + o.Code).Want(410)
	})
	t.Run("that of a suspended organization is not found", func(t *testing.T) {
		s.update(func(tx *store.Tx) error {
			o, err := tx.Organization(org.ID)
			if err != nil {
				return err
			}
			o.State = engagement.OrganizationSuspended
			return tx.PutOrganization(&o)
		})
		s.Get(s.path("Beete pflegen im Gemeinschaftsgarten")).Want(404)
	})
}

func TestDoesItSuitMe(t *testing.T) {
	s := realSite(t).furnish()
	t.Run("reasons for somebody whom it suits", func(t *testing.T) {
		page := s.person("volunteer1", withProfile()).Get(s.path(reading)).Want(200)
		if got := page.Text(".s-fit"); !strings.HasPrefix(got, "passt sehr gut Passt: ") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("what speaks against it for somebody else", func(t *testing.T) {
		page := s.person("volunteer2", withProfile(func(p *engagement.Profile) { p.Excluded.Proofs = []engagement.Code{"fuehrungszeugnis-erweitert"} })).Get(s.path(reading)).Want(200)
		if page.Has(".s-fit") || !strings.Contains(page.Text("main"), "Verlangt: Erweitertes Führungszeugnis.") {
			t.Errorf("got %q", page.Text("main"))
		}
	})
	t.Run("nothing for a visitor", func(t *testing.T) {
		if slices.Contains(s.Get(s.path(reading)).Texts("h2"), "Passt das zu mir?") {
			t.Error("asked of a visitor")
		}
	})
}

// calendarFrom reads a calendar file the way programs do.
func calendarFrom(t *testing.T, body string) *ics.Calendar {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
	c, err := ics.ParseCalendar(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func property(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

func TestCalendarFiles(t *testing.T) {
	s := realSite(t).furnish()
	org := s.orgs["Kiezgärten Adlershof (Demo)"]
	grid := func(codes ...engagement.Code) engagement.Grid {
		g, _ := engagement.ParseGrid(codes)
		return g
	}
	for _, test := range []struct {
		says   string
		change func(*engagement.Opportunity)
		want   []string // DTSTART DTEND RRULE STATUS of every entry
	}{
		{"weekly slots come back", func(o *engagement.Opportunity) {}, []string{"20261126T150000 20261126T180000 FREQ=WEEKLY;BYDAY=TU,TH TENTATIVE"}},
		{"until the last day", func(o *engagement.Opportunity) {
			o.Grid, o.AllSlots, o.StartsOn, o.EndsOn = grid("mo-vormittag", "mo-mittag", "di-vormittag", "di-mittag"), true, "2026-12-01", "2027-03-31"
		}, []string{"20261201T080000 20261201T150000 FREQ=WEEKLY;BYDAY=MO,TU;UNTIL=20270331T215959Z CONFIRMED"}},
		{
			"different hours are entries of their own", func(o *engagement.Opportunity) { o.StartsOn, o.Grid = "2026-12-01", grid("mo-vormittag", "fr-abend") },
			[]string{"20261207T080000 20261207T120000 FREQ=WEEKLY;BYDAY=MO TENTATIVE", "20261204T180000 20261204T220000 FREQ=WEEKLY;BYDAY=FR TENTATIVE"},
		},
		{
			"every other week", func(o *engagement.Opportunity) {
				o.StartsOn, o.Grid, o.Rhythm = "2026-12-01", grid("di-abend"), "pro-zwei-wochen"
			},
			[]string{"20261201T180000 20261201T220000 FREQ=WEEKLY;INTERVAL=2;BYDAY=TU CONFIRMED"},
		},
		{
			"once a month", func(o *engagement.Opportunity) {
				o.StartsOn, o.Grid, o.Rhythm = "2026-12-09", grid("mi-abend"), "pro-monat"
			},
			[]string{"20261209T180000 20261209T220000 FREQ=MONTHLY;BYDAY=2WE CONFIRMED"},
		},
		{"one day with hours", func(o *engagement.Opportunity) {
			o.Commitment, o.Rhythm, o.StartsOn, o.Grid = "einmalig", "", "2026-12-05", grid("sa-vormittag")
		}, []string{"20261205T080000 20261205T120000  CONFIRMED"}},
		{
			"one day without hours", func(o *engagement.Opportunity) {
				o.Commitment, o.Rhythm, o.StartsOn, o.Grid = "einmalig", "", "2026-12-05", 0
			},
			[]string{"20261205 20261206  CONFIRMED"},
		},
		{"several whole days", func(o *engagement.Opportunity) {
			o.Commitment, o.Rhythm, o.StartsOn, o.EndsOn, o.Grid = "einmalig", "", "2026-12-05", "2026-12-07", 0
		}, []string{"20261205 20261208  CONFIRMED"}},
		{"what is over is canceled", func(o *engagement.Opportunity) {
			o.Commitment, o.Rhythm, o.StartsOn, o.Grid, o.State = "einmalig", "", "2026-11-20", 0, engagement.Expired
		}, []string{"20261120 20261121  CANCELLED"}},
	} {
		t.Run(test.says, func(t *testing.T) {
			o := s.opportunity(test.says, org, func(o *engagement.Opportunity) {
				o.Published = s.clock.Now()
				test.change(o)
			})
			page := s.Get("/angebote/" + o.Code + ".ics").Want(200)
			if got := page.Header.Get("Content-Type"); got != "text/calendar; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
			var got []string
			for _, e := range calendarFrom(t, page.Body).Events() {
				got = append(got, strings.Join([]string{property(e, ics.ComponentPropertyDtStart), property(e, ics.ComponentPropertyDtEnd), property(e, ics.ComponentPropertyRrule), property(e, ics.ComponentPropertyStatus)}, " "))
			}
			wantTexts(t, got, test.want)
		})
	}
	t.Run("nothing without any day", func(t *testing.T) { s.Get(s.path("Plakate gestalten von zu Hause") + ".ics").Want(404) })
	t.Run("titles cannot break out, and long ones are folded between letters", func(t *testing.T) {
		title := "Größere Öfen; Bücher, Ängste\\ " + strings.Repeat("ü", 45)
		o := s.opportunity(title, org, func(o *engagement.Opportunity) { o.Summary = "Eins\r\nEND:VEVENT\r\nBEGIN:VEVENT" })
		events := calendarFrom(t, s.Get("/angebote/"+o.Code+".ics").Want(200).Body).Events()
		if len(events) != 1 || property(events[0], ics.ComponentPropertySummary) != title {
			t.Errorf("%d events, title %q", len(events), property(events[0], ics.ComponentPropertySummary))
		}
	})
	t.Run("name nobody and keep to the public precision", func(t *testing.T) {
		body := s.Get(s.path(reading) + ".ics").Body
		if regexp.MustCompile("ATTENDEE|ORGANIZER|GEO").MatchString(body) || !strings.Contains(body, "LOCATION:12555 Berlin-Köpenick\r\n") {
			t.Errorf("got %s", body)
		}
	})
	t.Run("have the rules of the time zone", func(t *testing.T) {
		body := s.Get(s.path(reading) + ".ics").Body
		for _, want := range []string{"TZID:Europe/Berlin", "BEGIN:DAYLIGHT", "BEGIN:STANDARD", "TZOFFSETTO:+0200", "BYMONTH=10;BYDAY=-1SU"} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is missing", want)
			}
		}
	})
	t.Run("the same question gives the same file", func(t *testing.T) {
		first := s.Get(s.path(reading) + ".ics").Body
		s.clock.Forward(48 * time.Hour)
		if second := s.Get(s.path(reading) + ".ics").Body; first != second {
			t.Errorf("got %s, want %s", second, first)
		}
	})
	t.Run("a search is a calendar, too", func(t *testing.T) {
		var got []string
		for _, e := range calendarFrom(t, s.Get("/angebote.ics?thema=kultur&thema=lokales").Want(200).Body).Events() {
			got = append(got, property(e, ics.ComponentPropertySummary))
		}
		wantTexts(t, got, []string{"Kiezfest aufbauen"})
		s.Get("/angebote.ics?ort=Atlantis").Want(422)
	})
}

func TestTheFeedOfASearch(t *testing.T) {
	s := realSite(t).furnish()
	page := s.Get("/angebote.atom?thema=schule-kita&thema=jugend-bildung").Want(200)
	for _, want := range []string{
		"<title>Kindern vorlesen in der Kita</title>", "<id>urn:uuid:" + string(s.opps[reading].ID) + "</id>", "<id>https://pankow.example/ap/n/1</id>", `xml:lang="de"`,
		`href="` + s.Base + s.path(reading) + `-kindern-vorlesen-in-der-kita"`, "<updated>2026-11-24T10:00:00Z</updated>",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("%q is missing in %s", want, page.Body)
		}
	}
	if strings.Contains(page.Body, "Kiezfest") {
		t.Error("the filter was ignored")
	}
}
