package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

// real is the whole site with a database of its own and a few opportunities of Treptow-Köpenick.
type real struct {
	*webtest.Client
	t        testing.TB
	store    *store.Store
	clock    *storetest.Clock
	handler  http.Handler
	orgs     map[string]engagement.Organization
	opps     map[string]engagement.Opportunity // by title
	n        int
	visitors int
}

// realSite runs the real site. It is public unless changed.
func realSite(t testing.TB, change ...func(*web.Options)) *real {
	t.Helper()
	return realSiteOn(t, storetest.SQLite(t), change...)
}

// realSiteOn runs it on an empty database.
func realSiteOn(t testing.TB, config store.Config, change ...func(*web.Options)) *real {
	t.Helper()
	s := &real{t: t, clock: &storetest.Clock{}, orgs: map[string]engagement.Organization{}, opps: map[string]engagement.Opportunity{}}
	words, err := web.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	config.Clock, config.Words, config.Twice = s.clock.Now, words.SearchWords, true
	s.store = storetest.Open(t, config)
	s.Client = webtest.Serve(t, func(base string) http.Handler {
		options := web.Options{Base: base, Secret: []byte("a secret of thirty-two bytes for tests"), Log: slog.New(slog.DiscardHandler), Now: s.clock.Now, Store: s.store, Places: geo.Builtin()}
		for _, f := range change {
			f(&options)
		}
		server, err := web.New(options)
		if err != nil {
			t.Fatal(err)
		}
		s.handler = server
		return server
	})
	s.update(func(tx *store.Tx) error {
		i := engagement.NewInstance()
		i.Name, i.Operator, i.Summary = "Mitmachen in Treptow-Köpenick", "Freiwilligenzentrum (Demo)", "Hier finden Sie Menschen und Vereine, die Ihre Hilfe brauchen."
		i.Regions, i.Place, i.Center, i.RadiusKM = []string{"lor:09"}, "Treptow-Köpenick", geo.Point{Lat: 52.4455, Lon: 13.5745}, 15
		i.ContactName, i.ContactPhone, i.ContactMail = "Beratung im Freiwilligenzentrum", "+49 30 23125 000", "hallo@seestern.example"
		i.Public = true
		return tx.PutInstance(&i)
	})
	return s
}

func (s *real) update(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.store.Update(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// organization adds an active organization.
func (s *real) organization(name string, change ...func(*engagement.Organization)) engagement.Organization {
	s.t.Helper()
	var o engagement.Organization
	s.update(func(tx *store.Tx) error {
		o = engagement.Organization{
			ID: tx.NewID(), Handle: engagement.Handle(name), Name: name, Kind: "association", LegalForm: "ev", Areas: []engagement.Code{"schule-kita"},
			Summary: "Wir lesen vor und machen Lust auf Bücher.", Description: "Seit 2011 lesen wir in Kitas und Schulen **vor**.", ContactRole: "Koordination Ehrenamt", ContactMail: "ehrenamt@leseinsel.example",
			Languages: []string{"de"}, Level: "register-geprueft", State: engagement.OrganizationActive, Created: tx.Now(),
			Place: engagement.Place{Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4455, Lon: 13.5745}, Precision: "ortsteil"},
		}
		o.Place.Centroid = o.Place.Point
		for _, f := range change {
			f(&o)
		}
		var err error
		if o.Code, err = tx.NewCode(); err != nil {
			return err
		}
		return tx.PutOrganization(&o)
	})
	s.orgs[name] = o
	return o
}

// opportunity adds a published opportunity.
func (s *real) opportunity(title string, org engagement.Organization, change ...func(*engagement.Opportunity)) engagement.Opportunity {
	s.t.Helper()
	var o engagement.Opportunity
	s.n++
	s.update(func(tx *store.Tx) error {
		at := s.clock.Now().Add(-time.Duration(s.n) * 24 * time.Hour)
		grid, _ := engagement.ParseGrid([]engagement.Code{"di-nachmittag", "do-nachmittag"})
		o = engagement.Opportunity{
			ID: tx.NewID(), Organization: org.ID, Kind: "engagement", Title: title, Lang: "de",
			Summary:     "Einmal in der Woche lesen Sie Kindern vor, mit Einarbeitung.",
			Description: "Sie besuchen eine Kita und lesen kleinen Gruppen **vor**. Die Bücher suchen wir gemeinsam aus.\n\n- Bilderbücher\n- Märchen",
			Areas:       []engagement.Code{"schule-kita"}, Topics: []engagement.Code{"lesepate"}, Activities: []engagement.Code{"vorlesen"}, TargetGroups: []engagement.Code{"kinder-0-6"},
			Commitment: "regelmaessig", Rhythm: "pro-woche", Grid: grid, HoursMin: 1, HoursMax: 2, Mode: "vor-ort", MinAge: 16, MinorPolicy: "ab-16",
			Access: map[engagement.Code]engagement.Code{"stufenlos-eingang": "ja", "aufzug": "nein"},
			Proofs: []engagement.Code{"fuehrungszeugnis-erweitert"}, Languages: []engagement.LanguageNeed{{Code: "de", Level: "B2"}}, Taster: true, Induction: "Ein Nachmittag mit erfahrenen Lesepatinnen.",
			Expenses: "fahrtkosten", Insurance: []engagement.Code{"haftpflicht-traeger"}, Capacity: 6, Taken: 4, ContactRole: "Koordination Ehrenamt", ContactPhone: "+49 30 23125 111", ContactVia: "formular",
			Visibility: "offen", License: "cc-by-4.0", State: engagement.Published, Published: at, Confirmed: at, Material: 1,
			Places: []engagement.Place{berlinPlace("12555", "Berlin-Köpenick", 52.4455, 13.5745)},
		}
		for _, f := range change {
			f(&o)
		}
		var err error
		if o.Code, err = tx.NewCode(); err != nil {
			return err
		}
		return tx.PutOpportunity(&o)
	})
	s.opps[title] = o
	return o
}

func berlinPlace(postcode, locality string, lat, lon float64) engagement.Place {
	return engagement.Place{Postcode: postcode, Locality: locality, Point: geo.Point{Lat: lat, Lon: lon}, Centroid: geo.Point{Lat: lat, Lon: lon}, Precision: "ortsteil"}
}

// furnish adds what the pages of a living site have.
func (s *real) furnish() *real {
	s.t.Helper()
	reading := s.organization("Leseinsel Dahmeufer e. V. (Demo)")
	park := s.organization("Kiezgärten Adlershof (Demo)", func(o *engagement.Organization) {
		o.Kind, o.Areas, o.Level, o.Summary = "initiative", []engagement.Code{"umwelt-tiere", "freizeit"}, "", "Wir pflegen Beete und Bäume im Kiez."
	})
	care := s.organization("Haus am Müggelsee (Demo)", func(o *engagement.Organization) {
		o.Kind, o.Areas, o.Summary = "office", []engagement.Code{"soziales", "gesundheit"}, "Seniorenzentrum mit offenem Garten."
	})
	s.opportunity("Kindern vorlesen in der Kita", reading)
	s.opportunity("Spaziergänge mit älteren Menschen", care, func(o *engagement.Opportunity) {
		o.Areas, o.Topics, o.Activities, o.TargetGroups = []engagement.Code{"soziales"}, []engagement.Code{"besuchsdienst"}, []engagement.Code{"begleiten-besuchen"}, []engagement.Code{"aeltere"}
		o.Summary, o.Proofs, o.UrgentUntil = "Begleiten Sie jemanden an die frische Luft. Zeit und Weg sprechen Sie gemeinsam ab.", nil, "2026-12-01"
		o.Places = []engagement.Place{berlinPlace("12587", "Berlin-Friedrichshagen", 52.4574, 13.6236)}
	})
	s.opportunity("Beete pflegen im Gemeinschaftsgarten", park, func(o *engagement.Opportunity) {
		o.Areas, o.Topics, o.Activities, o.TargetGroups = []engagement.Code{"umwelt-tiere", "freizeit"}, []engagement.Code{"gemeinschaftsgarten"}, []engagement.Code{"gaertnern-naturpflege"}, []engagement.Code{"allgemeinheit"}
		o.Summary, o.Proofs, o.Capacity, o.MinAge, o.MinorPolicy = "Jeden Samstag graben, gießen und ernten wir zusammen.", nil, 0, 0, "mit-zustimmung"
		o.Grid, _ = engagement.ParseGrid([]engagement.Code{"sa-vormittag", "sa-mittag"})
		o.Places = []engagement.Place{berlinPlace("12489", "Berlin-Adlershof", 52.4353, 13.5473)}
	})
	s.opportunity("Plakate gestalten von zu Hause", park, func(o *engagement.Opportunity) {
		o.Areas, o.Topics, o.Activities = []engagement.Code{"lokales"}, []engagement.Code{"social-media"}, []engagement.Code{"gestalten-foto-video"}
		o.Summary, o.Proofs, o.Mode, o.Places, o.Access, o.Grid, o.Commitment = "Für drei Aktionen im Jahr brauchen wir schöne Plakate.", nil, "zuhause", nil, nil, 0, "flexibel"
	})
	s.opportunity("Kiezfest aufbauen", park, func(o *engagement.Opportunity) {
		o.Areas, o.Topics, o.Activities = []engagement.Code{"kultur"}, []engagement.Code{"stadtteilfest"}, []engagement.Code{"veranstaltung-helfen"}
		o.Summary, o.Proofs, o.Commitment, o.Rhythm, o.StartsOn = "Tische, Zelte, Lichterketten: Wir bauen gemeinsam auf.", nil, "einmalig", "", "2026-12-05"
		o.Grid, _ = engagement.ParseGrid([]engagement.Code{"sa-vormittag"})
		o.Places = []engagement.Place{berlinPlace("12555", "Berlin-Köpenick", 52.4470, 13.5790)}
	})
	s.update(func(tx *store.Tx) error {
		p := engagement.Partner{Host: "pankow.example", Name: "Mitmachen in Pankow", State: engagement.PartnerActive, Level: "vertraut", Contact: tx.Now(), Created: tx.Now()}
		return tx.PutPartner(&p)
	})
	away := s.organization("Nachbarn in Pankow (Demo)", func(o *engagement.Organization) {
		o.Origin, o.IRI, o.URL, o.Handle = "pankow.example", "https://pankow.example/ap/o/1", "https://pankow.example/organisationen/1", "nachbarn"
	})
	s.opportunity("Sprachcafé begleiten", away, func(o *engagement.Opportunity) {
		o.Origin, o.IRI, o.URL = "pankow.example", "https://pankow.example/ap/n/1", "https://pankow.example/angebote/abcdefgh-sprachcafe"
		o.Areas, o.Topics, o.Activities = []engagement.Code{"jugend-bildung"}, []engagement.Code{"sprachcafe"}, []engagement.Code{"lehren-nachhilfe"}
		o.Description, o.Proofs = "Wir sprechen Deutsch bei Tee und Keksen.", nil
		o.Places = []engagement.Place{berlinPlace("12435", "Berlin-Alt-Treptow", 52.4905, 13.4535)}
	})
	s.helpOffer("Türkisch übersetzen", care)
	s.news(reading, "Unser Lesefest war ein Erfolg!\n\nÜber **80 Kinder** waren da. Danke an alle, die geholfen haben.")
	return s
}

// news adds a piece of news.
func (s *real) news(org engagement.Organization, text string, change ...func(*engagement.Announcement)) engagement.Announcement {
	s.t.Helper()
	var n engagement.Announcement
	s.update(func(tx *store.Tx) error {
		code, err := tx.NewCode()
		n = engagement.Announcement{ID: tx.NewID(), Code: code, Organization: org.ID, Text: text, State: engagement.AnnouncementPublished, Published: tx.Now().Add(-time.Hour)}
		if err != nil {
			return err
		}
		for _, f := range change {
			f(&n)
		}
		return tx.PutAnnouncement(&n)
	})
	return n
}

// occasion adds one of the day after tomorrow, 15 to 17 o'clock.
func (s *real) occasion(org engagement.Organization, title string, change ...func(*engagement.Occasion)) engagement.Occasion {
	s.t.Helper()
	var o engagement.Occasion
	s.update(func(tx *store.Tx) error {
		starts := engagement.DateOf(tx.Now()).Add(2).Time().Add(15 * time.Hour)
		o = engagement.Occasion{
			ID: tx.NewID(), Organization: org.ID, Title: title, Kind: "treffen", Teaser: "Kekse sind da.", Text: "Wir lesen **zusammen**.", Lang: "de", Starts: starts, Ends: starts.Add(2 * time.Hour),
			Zone: "Europe/Berlin", SignUp: "hier", State: engagement.OccasionScheduled, Published: tx.Now(), Place: berlinPlace("12555", "Berlin-Köpenick", 52.4455, 13.5745),
		}
		o.Place.Name, o.Place.Street, o.Place.House, o.Place.Precision = "Bootshaus", "Uferweg", "1", "genau"
		for _, f := range change {
			f(&o)
		}
		var err error
		if o.Code, err = tx.NewCode(); err != nil {
			return err
		}
		return tx.PutOccasion(&o)
	})
	return o
}

// helpOffer adds a published help offer in the name of an organization.
func (s *real) helpOffer(title string, org engagement.Organization, change ...func(*engagement.HelpOffer)) engagement.HelpOffer {
	s.t.Helper()
	var h engagement.HelpOffer
	s.update(func(tx *store.Tx) error {
		code, err := tx.NewCode()
		h = engagement.HelpOffer{
			ID: tx.NewID(), Code: code, Organization: org.ID, Kind: "hilfe", Title: title, Text: "Ich helfe beim Übersetzen von Briefen und bei Gesprächen.", Lang: "de",
			Areas: []engagement.Code{"soziales"}, Activities: []engagement.Code{"uebersetzen-dolmetschen"}, Languages: []engagement.Code{"tr"}, Mode: "hybrid",
			Place: berlinPlace("12555", "Berlin-Köpenick", 52.4455, 13.5745), RadiusKM: 5, Quantity: 1, Visibility: "offen", State: engagement.Published,
			Published: tx.Now().Add(-time.Hour), Expires: tx.Now().Add(engagement.HelpOfferLife),
		}
		if err != nil {
			return err
		}
		for _, f := range change {
			f(&h)
		}
		return tx.PutHelpOffer(&h)
	})
	return h
}

// person signs somebody in and returns their browser.
func (s *real) person(name string, change ...func(tx *store.Tx, a engagement.Account) error) *webtest.Client {
	s.t.Helper()
	token := "token-of-" + name
	s.update(func(tx *store.Tx) error {
		a := engagement.Account{ID: tx.NewID(), Name: name, Email: name + "@mail.example", EmailConfirmed: tx.Now(), Created: tx.Now(), LastActive: tx.Now()}
		if err := tx.PutAccount(&a); err != nil {
			return err
		}
		for _, f := range change {
			if err := f(tx, a); err != nil {
				return err
			}
		}
		return tx.PutSession(engagement.Session{Hash: engagement.Hash(token), Account: a.ID, Created: tx.Now(), LastUsed: tx.Now(), Verified: tx.Now()})
	})
	c := s.Another()
	c.SetCookie(sessionCookie(c, token))
	return c
}

// withProfile gives a person a profile near Köpenick.
func withProfile(change ...func(*engagement.Profile)) func(*store.Tx, engagement.Account) error {
	return func(tx *store.Tx, a engagement.Account) error {
		grid, _ := engagement.ParseGrid([]engagement.Code{"di-nachmittag"})
		p := engagement.Profile{
			Account: a.ID, AgeBand: "27-59", Home: geo.Point{Lat: 52.4574, Lon: 13.6236}, HomeName: "Friedrichshagen", RadiusKM: 5, Travel: "rad",
			Areas: []engagement.Code{"schule-kita"}, Topics: []engagement.Code{"lesepate"}, Activities: []engagement.Code{"vorlesen"}, Grid: grid, Commitments: []engagement.Code{"regelmaessig"}, Updated: tx.Now(),
		}
		for _, f := range change {
			f(&p)
		}
		return tx.PutProfile(&p)
	}
}

// path of an opportunity by its title, without slug.
func (s *real) path(title string) string {
	s.t.Helper()
	o, ok := s.opps[title]
	if !ok {
		s.t.Fatalf("no opportunity %q", title)
	}
	return "/angebote/" + o.Code
}
