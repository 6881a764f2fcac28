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

// elsewhere makes an occasion a copy of another server's.
func elsewhere(host string) func(*engagement.Occasion) {
	return func(o *engagement.Occasion) {
		o.Organization, o.Origin, o.Author, o.Organizer = "", host, "https://"+host+"/@group", "Nachbarn"
		o.IRI, o.URL = "https://"+host+"/events/"+string(o.ID), "https://"+host+"/events/fest"
		o.Kind, o.SignUp, o.Text, o.Place.Precision = "", "", "Musik\n\n**und** <b>Kuchen</b>", "genau"
	}
}

func TestThePagesOfOccasions(t *testing.T) {
	s := realSite(t, withIDs)
	org := s.organization("Leseinsel Dahmeufer e. V.")
	near := s.occasion(org, "Uferputz; mit, allen\\Nachbarn", func(o *engagement.Occasion) { o.Kind, o.Capacity, o.Link = "aktion", 30, "https://meet.example/geheim" })
	s.occasion(org, "Onlinetreff", func(o *engagement.Occasion) {
		o.Online, o.Place, o.Starts, o.Ends = true, engagement.Place{}, o.Starts.AddDate(0, 0, 7), o.Ends.AddDate(0, 0, 9)
	})
	s.occasion(org, "Weit weg", func(o *engagement.Occasion) {
		o.Place, o.Starts = berlinPlace("52066", "Aachen-Burtscheid", 50.77, 6.08), o.Starts.Add(time.Minute)
	})
	s.occasion(org, "Vorbei", func(o *engagement.Occasion) { o.Starts, o.Ends = o.Starts.AddDate(0, 0, -9), o.Ends.AddDate(0, 0, -9) })
	gone := s.occasion(org, "Gelöscht", func(o *engagement.Occasion) { o.State = engagement.OccasionWithdrawn })
	copied := s.occasion(engagement.Organization{}, "Sommerfest", elsewhere("m.example"), func(o *engagement.Occasion) { o.Zone, o.Starts = "America/New_York", o.Starts.Add(-time.Hour) })
	queued := s.occasion(engagement.Organization{}, "Geheim", elsewhere("m.example"), func(o *engagement.Occasion) { o.State = engagement.OccasionQueued })
	titlesOf := func(p *webtest.Page) []string { return p.Want(200).Texts(".s-hit h3") }

	t.Run("list what is to come", func(t *testing.T) {
		wantTexts(t, titlesOf(s.Get("/termine")), []string{"Sommerfest", near.Title, "Weit weg", "Onlinetreff"})
		if got := s.Get("/").Want(200).Texts(`a[href="/termine"]`); !slices.Contains(got, "Termine") {
			t.Errorf("the navigation has %q", got)
		}
	})
	t.Run("search by place, day and kind", func(t *testing.T) {
		for query, want := range map[string][]string{
			"ort=12555&umkreis=10":                    {"Sommerfest", near.Title},
			"von-tag=30&von-monat=11&von-jahr=2026":   {"Onlinetreff"},
			"art=aktion":                              {near.Title},
			"ort=12555&umkreis=10&art=fortbildung":    nil,
			"ort=gibtesnicht":                         nil,
			"von-tag=31&von-monat=11&von-jahr=2026":   nil,
			"art=quatsch&ab=999-nichts":               {"Sommerfest", near.Title, "Weit weg", "Onlinetreff"},
			"von-tag=1&von-monat=1&von-jahr=2020&ab=": {"Sommerfest", near.Title, "Weit weg", "Onlinetreff"},
		} {
			got := s.Get("/termine?" + query)
			if got.Status == 422 || strings.Contains(query, "gibtesnicht") || strings.Contains(query, "tag=31") {
				if n := len(got.Find(".kern-error")); n != 1 {
					t.Errorf("%s: %d errors", query, n)
				}
				continue
			}
			if titles := titlesOf(got); !slices.Equal(titles, want) {
				t.Errorf("%s: got %q, want %q", query, titles, want)
			}
		}
		form := s.Get("/termine").Form(mainForm).Set("ort", "12555").Set("umkreis", "25").Submit().Want(200)
		if got := titlesOf(form); !slices.Equal(got, []string{"Sommerfest", near.Title}) || webtest.Attr(form.Find("#ort")[0], "value") != "12555" {
			t.Errorf("the form finds %q", got)
		}
	})
	t.Run("show one, and keep the online address for guests", func(t *testing.T) {
		page := s.Get("/termine/" + near.Code).Want(200)
		text := page.Text("main")
		for _, want := range []string{"Freitag, 27. November 2026, 15–17 Uhr", "Bootshaus, Uferweg 1, 12555 Berlin-Köpenick", "Leseinsel", "30 Plätze, noch 30 frei", "Mit Anmeldung", "Aktion"} {
			if !strings.Contains(text, want) {
				t.Errorf("without %q: %s", want, text)
			}
		}
		if strings.Contains(string(page.Body), "geheim") || !strings.Contains(page.Path, "-uferputz") {
			t.Errorf("%s: %s", page.Path, page.Body)
		}
		if got := webtest.Attr(page.Find(`link[type="application/activity+json"]`)[0], "href"); !strings.HasSuffix(got, "/ap/occasion/"+string(near.ID)) {
			t.Errorf("id %q", got)
		}
		if got := s.Get("/a/" + near.Code).Want(200).Path; got != page.Path {
			t.Errorf("the short address leads to %s", got)
		}
	})
	t.Run("show a copy as quoted text in the time of its place, and where it is at home", func(t *testing.T) {
		page := s.Get("/termine/" + copied.Code).Want(200)
		text := page.Text("main")
		for _, want := range []string{"Freitag, 27. November 2026, 8–11 Uhr (Ortszeit, UTC-05:00)", "Nachbarn", "m.example", "**und** <b>Kuchen</b>"} {
			if !strings.Contains(text, want) {
				t.Errorf("without %q: %s", want, text)
			}
		}
		if link := page.Find(`a[href="https://m.example/events/fest"]`); len(link) != 1 || !strings.Contains(webtest.Attr(link[0], "rel"), "ugc") {
			t.Errorf("link %v", link)
		}
		if len(page.Find(`a[href*=anmelden]`)) > 0 && strings.Contains(text, "anmelden") {
			t.Error("offers to sign up here")
		}
	})
	t.Run("do not show what is not public", func(t *testing.T) {
		for path, status := range map[string]int{"/termine/" + gone.Code: 410, "/termine/" + queued.Code: 404, "/termine/22222222": 404, "/termine/" + gone.Code + ".ics": 410, "/termine/" + queued.Code + ".ics": 404} {
			s.Get(path).Want(status)
		}
		s.update(func(tx *store.Tx) error {
			o, err := tx.Organization(org.ID)
			o.State = engagement.OrganizationSuspended
			if err == nil {
				err = tx.PutOrganization(&o)
			}
			return err
		})
		wantTexts(t, titlesOf(s.Get("/termine")), []string{"Sommerfest"})
		s.Get("/termine/" + near.Code).Want(404)
		s.update(func(tx *store.Tx) error {
			o, err := tx.Organization(org.ID)
			o.State = engagement.OrganizationActive
			if err == nil {
				err = tx.PutOrganization(&o)
			}
			return err
		})
	})
	t.Run("are calendar files", func(t *testing.T) {
		one := string(s.Get("/termine/" + near.Code + ".ics").Want(200).Body)
		for _, want := range []string{
			"BEGIN:VEVENT", "SUMMARY:Uferputz\\; mit\\, allen\\\\Nachbarn\r\n", "DTSTART;TZID=Europe/Berlin:20261127T150000", "DTEND;TZID=Europe/Berlin:20261127T170000", "BEGIN:VTIMEZONE",
			"STATUS:CONFIRMED", "UID:" + string(near.ID) + "@", "LOCATION:Bootshaus",
		} {
			if !strings.Contains(one, want) {
				t.Errorf("without %q:\n%s", want, one)
			}
		}
		if strings.Contains(one, "geheim") || strings.Contains(one, "ATTENDEE") || strings.Contains(one, "ORGANIZER") {
			t.Errorf("tells too much:\n%s", one)
		}
		all := string(s.Get("/termine.ics?ort=12555&umkreis=10").Want(200).Body)
		if strings.Count(all, "BEGIN:VEVENT") != 2 || !strings.Contains(all, "DTSTART:20261127T130000Z") {
			t.Errorf("the search:\n%s", all)
		}
		s.Get("/termine.ics?ort=gibtesnicht").Want(422)
		s.update(func(tx *store.Tx) error {
			_, err := engagement.MoveOccasion(tx, engagement.System, near.ID, engagement.OccasionCanceled)
			return err
		})
		if got := string(s.Get("/termine/" + near.Code + ".ics").Want(200).Body); !strings.Contains(got, "STATUS:CANCELLED") {
			t.Errorf("canceled:\n%s", got)
		}
		if got := s.Get("/termine/" + near.Code).Want(200).Text("main"); !strings.Contains(got, "Fällt aus") || strings.Contains(got, "noch 30 frei") {
			t.Errorf("canceled: %s", got)
		}
	})
	t.Run("are a feed", func(t *testing.T) {
		got := string(s.Get("/termine.atom").Want(200).Body)
		for _, want := range []string{"<title>Onlinetreff</title>", "/ap/occasion/" + string(near.ID) + "</id>", "<id>" + copied.IRI + "</id>", "Bootshaus"} {
			if !strings.Contains(got, want) {
				t.Errorf("without %q:\n%s", want, got)
			}
		}
		if strings.Contains(got, "Geheim") || strings.Contains(got, "geheim") {
			t.Errorf("tells too much:\n%s", got)
		}
	})
	t.Run("stand on the pages of organization and place", func(t *testing.T) {
		s.board(koepenickBoard())
		for path, want := range map[string]string{"/organisationen/" + org.Code: "Onlinetreff", "/orte/koepenick": "Sommerfest"} {
			if got := s.Get(path).Want(200).Texts(".s-hit h3"); !slices.Contains(got, want) {
				t.Errorf("%s has %q", path, got)
			}
		}
	})
	t.Run("stand in the sitemap, copies do not", func(t *testing.T) {
		if got := string(s.Get("/sitemap.xml").Want(200).Body); !strings.Contains(got, "/termine/"+near.Code) || strings.Contains(got, copied.Code) {
			t.Errorf("got %s", got)
		}
	})
}

// typed fills the form about an occasion.
func typed(f *webtest.Form) *webtest.Form {
	return f.Set("title", "Uferputz").Set("kind", "aktion").Set("teaser", "Handschuhe sind da.").Set("text", "Wir sammeln Müll.").
		Set("starts_on-tag", "5").Set("starts_on-monat", "12").Set("starts_on-jahr", "2026").Set("starts_at", "10").Set("ends_at", "13.30 Uhr").
		Set("place", "12555").Set("name", "Bootshaus").Set("street", "Uferweg").Set("house", "1").Set("sign_up", "hier").Set("capacity", "30")
}

func TestTheTeamPublishesOccasions(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code + "/termine"
	var code string

	t.Run("what is wrong is named at its field, and nothing is lost", func(t *testing.T) {
		for name, c := range map[string]struct {
			change func(*webtest.Form)
			field  string
		}{
			"no title":           {func(f *webtest.Form) { f.Set("title", "") }, "title"},
			"no day":             {func(f *webtest.Form) { f.Set("starts_on-tag", "").Set("starts_on-monat", "").Set("starts_on-jahr", "") }, "starts_on-tag"},
			"a day that is none": {func(f *webtest.Form) { f.Set("starts_on-tag", "31").Set("starts_on-monat", "11") }, "starts_on-tag"},
			"yesterday":          {func(f *webtest.Form) { f.Set("starts_on-tag", "1").Set("starts_on-monat", "1") }, "starts_on-tag"},
			"no clock":           {func(f *webtest.Form) { f.Set("starts_at", "früh") }, "starts_at"},
			"25 o'clock":         {func(f *webtest.Form) { f.Set("ends_at", "25:00") }, "ends_at"},
			"an end before":      {func(f *webtest.Form) { f.Set("ends_at", "9:59") }, "ends_at"},
			"an unknown place":   {func(f *webtest.Form) { f.Set("place", "Nirgendwo") }, "place"},
			"no place":           {func(f *webtest.Form) { f.Set("place", "") }, "place"},
			"a bad link":         {func(f *webtest.Form) { f.Set("link", "javascript:alert(1)") }, "link"},
			"bad places":         {func(f *webtest.Form) { f.Set("capacity", "viele") }, "capacity"},
		} {
			form := typed(h.manager.Get(bench + "/neu").Want(200).Form(mainForm))
			c.change(form)
			page := form.Submit().Want(422)
			if got := page.Find("[aria-invalid=true]"); len(got) == 0 || webtest.Attr(got[0], "id") != c.field {
				t.Errorf("%s: %v", name, got)
			}
			if got := webtest.Attr(page.Find("#teaser")[0], "value"); got != "Handschuhe sind da." {
				t.Errorf("%s: the teaser is %q", name, got)
			}
		}
	})
	t.Run("publishes", func(t *testing.T) {
		page := typed(h.manager.Get(bench).Want(200).Click("Termin eintragen").Form(mainForm)).Submit().Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Samstag, 5. Dezember 2026, 10–13:30 Uhr") || !strings.Contains(got, "Bootshaus, Uferweg 1") {
			t.Errorf("got %s", got)
		}
		code = strings.SplitN(strings.TrimPrefix(page.Path, "/termine/"), "-", 2)[0]
	})
	t.Run("changes it, with everything in the form", func(t *testing.T) {
		page := h.manager.Get(bench + "/" + code).Want(200)
		for field, want := range map[string]string{"title": "Uferputz", "starts_on-tag": "5", "starts_at": "10:00", "ends_at": "13:30", "place": "Berlin-Köpenick", "house": "1", "capacity": "30"} {
			if got := webtest.Attr(page.Find("#" + field)[0], "value"); got != want && field != "place" || got == "" {
				t.Errorf("%s is %q, want %q", field, got, want)
			}
		}
		form := "main form[action=" + bench + "/" + code + "]"
		stale := h.manager.Get(bench+"/"+code).Form(form).Set("title", "Uferputz im Regen")
		page.Form(form).Set("title", "Uferputz mit Suppe").Submit().Want(200)
		if got := stale.Submit().Want(409); !strings.Contains(string(got.Body), "Uferputz mit Suppe") || webtest.Attr(got.Find("#title")[0], "value") != "Uferputz im Regen" {
			t.Errorf("a conflict loses what was typed")
		}
	})
	t.Run("cancels, brings back and deletes", func(t *testing.T) {
		act := func(name string) *webtest.Page {
			return h.manager.Get(bench + "/" + code).Want(200).Form("main form[action*=/" + name + "]").Submit().Want(200)
		}
		act("absagen")
		if got := h.visitor().Get("/termine/" + code).Text("main"); !strings.Contains(got, "Fällt aus") {
			t.Errorf("canceled: %s", got)
		}
		act("findet-statt")
		act("verschieben")
		if got := h.visitor().Get("/termine/" + code).Text("main"); !strings.Contains(got, "Verschoben") {
			t.Errorf("postponed: %s", got)
		}
		act("entfernen")
		h.visitor().Get("/termine/" + code).Want(410)
		h.manager.Get(bench + "/" + code).Want(404)
	})
	t.Run("only the own organization", func(t *testing.T) {
		other := h.occasion(h.organization("Andere (Demo)"), "Von anderen")
		h.manager.Get(bench + "/" + other.Code).Want(404)
		h.manager.Get(bench + "/" + other.Code + "/anmeldungen").Want(404)
		own := h.occasion(h.org, "Eigener")
		h.place(h.person("stranger")).Get(bench + "/" + own.Code).Want(404)
		member := h.place(h.person("member", memberOf(h.org, engagement.Member)))
		if got := member.Get(bench + "/" + own.Code).Want(200).Find("main form[action*=/entfernen]"); len(got) != 0 {
			t.Error("a member can delete")
		}
		member.Get(bench + "/" + own.Code).Form("main form[action*=/absagen]").Submit().Want(200)
	})
}

func TestPeopleSignUp(t *testing.T) {
	h := newHouse(t)
	o := h.occasion(h.org, "Lesetreff", func(o *engagement.Occasion) { o.Capacity, o.Link = 3, "https://meet.example/lesetreff" })
	path := "/termine/" + o.Code
	reader := h.visitor()
	var status string

	t.Run("without an account, by a link in a mail", func(t *testing.T) {
		form := reader.Get(path).Want(200).Click("Zum Termin anmelden").Form(mainForm)
		page := form.Set("name", "Ada").Set("email", "ada").Set("people", "4").Submit().Want(422)
		if got := webtest.Attr(page.Find("#name")[0], "value"); got != "Ada" || len(page.Find("#email[aria-invalid=true]")) != 1 {
			t.Errorf("name %q", got)
		}
		page.Form(mainForm).Set("email", "ada@mail.example").Submit().Want(422)
		if got := page.Form(mainForm).Set("email", "ada@mail.example").Set("people", "2").Set("text", "Wir freuen uns.").Submit().Want(200).Text("main"); !strings.Contains(got, "E-Mail") {
			t.Errorf("got %s", got)
		}
		if got := h.visitor().Get(path).Text("main"); !strings.Contains(got, "noch 3 frei") {
			t.Errorf("unconfirmed takes a place: %s", got)
		}
		link := h.link(h.mail("ada@mail.example"))
		page = reader.Get(link).Want(200)
		if got := h.visitor().Get(path).Text("main"); !strings.Contains(got, "noch 3 frei") {
			t.Errorf("opening the link confirms: %s", got)
		}
		page = page.Form(mainForm).Submit().Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Sie sind angemeldet.") || !strings.Contains(got, "https://meet.example/lesetreff") || !strings.Contains(got, "2 Personen") {
			t.Errorf("got %s", got)
		}
		status = page.Path
		reader.Get(link).Want(410)
		if got := h.link(h.mail("ada@mail.example")); !strings.HasSuffix(got, status) {
			t.Errorf("the mail leads to %s", got)
		}
		if got := string(reader.Get(status + "/termin.ics").Want(200).Body); !strings.Contains(got, "meet.example") {
			t.Errorf("calendar: %s", got)
		}
	})
	person := h.place(h.person("volunteer1"))
	t.Run("with an account, and are on the waiting list when it is full", func(t *testing.T) {
		page := person.Get(path+"/anmelden").Want(200).Form(mainForm).Set("people", "2").Submit().Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Warteliste") || strings.Contains(got, "meet.example") {
			t.Errorf("got %s", got)
		}
		again := person.Get(path + "/anmelden").Form(mainForm).Submit().Want(200)
		if again.Path != page.Path {
			t.Errorf("twice: %s and %s", again.Path, page.Path)
		}
		if got := person.Get("/meine").Want(200).Texts(`a[href="` + page.Path + `"]`); len(got) != 1 || got[0] != "Lesetreff" {
			t.Errorf("own area: %q", got)
		}
		h.visitor().Get(page.Path + "/termin.ics").Want(404)
		h.post()
		reader.Get(status).Form("main form[action*=/absagen]").Submit().Want(200)
		h.mail("volunteer1@mail.example")
		if got := person.Get(page.Path).Text("main"); !strings.Contains(got, "Sie sind angemeldet.") {
			t.Errorf("after a place became free: %s", got)
		}
		if got := reader.Get(status).Want(200).Text("main"); !strings.Contains(got, "abgesagt") || strings.Contains(got, "meet.example") {
			t.Errorf("canceled: %s", got)
		}
	})
	t.Run("and the team sees them", func(t *testing.T) {
		page := h.manager.Get("/meine/organisationen/" + h.org.Code + "/termine").Want(200).Click("2 kommen : Lesetreff").Want(200)
		got := page.Text("main")
		if !strings.Contains(got, "volunteer1@mail.example") || strings.Contains(got, "Ada") || !strings.Contains(got, "2 von 3 Plätzen") {
			t.Errorf("got %s", got)
		}
		for range 2 { // PRV-28: each look is noted, and told
			h.manager.Get(page.Path).Want(200)
		}
		if got := person.Get("/meine/daten/zugriffe").Want(200).Text("main"); strings.Count(got, "hat Ihre Kontaktdaten angesehen, für: Lesetreff") != 3 || !strings.Contains(got, h.org.Name) {
			t.Errorf("who looked at the contact data: %s", got)
		}
		page.Form("main form[action*=/absagen]").Submit().Want(200)
		if got := h.mail("volunteer1@mail.example"); !strings.Contains(got.Text, h.Base) {
			t.Errorf("mail %s", got.Text)
		}
	})
	t.Run("and a link that is none leads nowhere", func(t *testing.T) {
		h.visitor().Get("/anmeldung/" + strings.Repeat("0", 32)).Want(410)
		h.visitor().Get("/anmeldung/bestaetigen/" + strings.Repeat("0", 32)).Want(410)
	})
	t.Run("and the team decides where it wants to", func(t *testing.T) {
		h.meet("grace")
		guests := "/meine/organisationen/" + h.org.Code + "/termine/" + h.meeting.Code + "/anmeldungen"
		if got := h.visitor().Get(h.guestPath()).Text("main"); strings.Contains(got, "meet.example") {
			t.Errorf("not decided: %s", got)
		}
		h.manager.Get(guests).Want(200).Form("main form[action*=/zusagen]").Submit().Want(200)
		h.mail("grace@mail.example")
		if got := h.visitor().Get(h.guestPath()).Text("main"); !strings.Contains(got, "Sie sind angemeldet.") || !strings.Contains(got, "meet.example") {
			t.Errorf("accepted: %s", got)
		}
	})
	t.Run("and what is canceled or deleted says so", func(t *testing.T) {
		h.update(func(tx *store.Tx) error { return engagement.RemoveOccasion(tx, engagement.System, h.meeting.ID) })
		if got := h.visitor().Get(h.link(h.mail("grace@mail.example"))).Want(200).Text("main"); !strings.Contains(got, "gelöscht") || strings.Contains(got, "meet.example") {
			t.Errorf("got %s", got)
		}
		if got := h.visitor().Get(path + "/anmelden").Want(200).Path; !strings.HasSuffix(got, "/anmelden") {
			t.Errorf("an open one leads to %s", got)
		}
		h.update(func(tx *store.Tx) error {
			_, err := engagement.MoveOccasion(tx, engagement.System, o.ID, engagement.OccasionCanceled)
			return err
		})
		if got := h.visitor().Get(path + "/anmelden").Want(200).Path; strings.HasSuffix(got, "/anmelden") {
			t.Errorf("a canceled one takes sign-ups at %s", got)
		}
	})
}

// PRV-12: people with an account use up the limit of mails by signing in, and without one nobody can.
func TestALimitOfMailsTellsNobodyOfAnAccount(t *testing.T) {
	h := newHouse(t)
	h.person("ada")
	h.meet("uli")
	team := "/meine/organisationen/" + h.org.Code + "/team"
	h.post()
	h.real.update(func(tx *store.Tx) error {
		for range 3 {
			if err := engagement.SendSignInLink(tx, "ada@mail.example", ""); err != nil {
				return err
			}
		}
		return nil
	})
	if got := len(h.post()); got != 3 {
		t.Fatalf("%d mails", got)
	}
	for what, form := range map[string]func() *webtest.Form{
		"a sign-up": func() *webtest.Form {
			return h.visitor().Get("/termine/"+h.meeting.Code+"/anmelden").Want(200).Form(mainForm).Set("name", "Ada").Set("people", "1")
		},
		"an invitation": func() *webtest.Form {
			return h.manager.Get(team).Want(200).Form("main form[action="+team+"]").Set("role", "member")
		},
	} {
		known, unknown := form().Set("email", "ada@mail.example"), form().Set("email", "noa@mail.example")
		got, want := known.Submit().Want(200), unknown.Submit().Want(200)
		said := func(p *webtest.Page) string {
			text := strings.NewReplacer("ada@mail.example", "", "noa@mail.example", "").Replace(p.Text("body"))
			return p.Path + " " + strings.Join(strings.Fields(text), " ")
		}
		if said(got) != said(want) {
			t.Errorf("%s: with an account %q, without %q", what, said(got), said(want))
		}
		if what == "an invitation" && !strings.Contains(want.Text("main"), "ada@mail.example") {
			t.Errorf("the invited are %q", want.Text("main"))
		}
		if mails := h.post(); len(mails) != 1 || mails[0].To != "noa@mail.example" {
			t.Errorf("%s: got the mails %+v", what, mails)
		}
	}
}

func TestModeratorsDecideAboutOccasions(t *testing.T) {
	h := newHouse(t)
	queued := func(o *engagement.Occasion) {
		o.State, o.Said, o.Series = engagement.OccasionQueued, engagement.OccasionScheduled, "https://m.example/s/1"
	}
	o := h.occasion(engagement.Organization{}, "Sommerfest", elsewhere("m.example"), queued)
	second := h.occasion(engagement.Organization{}, "Sommerfest", elsewhere("m.example"), queued)
	if got := strings.Count(h.moderator.Get("/moderation").Want(200).Text("main"), "Sommerfest"); got != 1 {
		t.Errorf("a series waits %d times", got)
	}
	page := h.moderator.Get("/moderation").Want(200).Click("Sommerfest").Want(200)
	if got := page.Text("main"); !strings.Contains(got, "Musik") || !strings.Contains(got, "m.example") {
		t.Errorf("got %s", got)
	}
	page.Form(mainForm).Set("decision", "approve").Submit().Want(200)
	h.visitor().Get("/termine/" + o.Code).Want(200)
	h.visitor().Get("/termine/" + second.Code).Want(200)
	form := h.moderator.Get("/moderation/termin/"+o.Code).Want(200).Form(mainForm).Set("decision", "hide")
	if got := form.Submit().Want(422).Find("#reason[aria-invalid=true]"); len(got) != 1 {
		t.Error("hidden without a reason")
	}
	form.Set("reason", "sonstiges").Set("text", "Das gehört nicht hierher.").Submit().Want(200)
	h.visitor().Get("/termine/" + o.Code).Want(404)
	h.manager.Get("/moderation/termin/" + o.Code).Want(403)
	own := h.occasion(h.org, "Vorlesefest")
	person := h.place(h.person("volunteer1"))
	form = person.Get("/termine/" + own.Code).Want(200).Click("Zum Termin anmelden").Form(mainForm)
	guest := form.Set("people", "1").Submit().Want(200).Path
	form = h.moderator.Get("/moderation/termin/"+own.Code).Want(200).Form(mainForm).Set("decision", "hide").Set("reason", "irrefuehrend").Set("text", "Den Termin gibt es nicht.")
	form.Submit().Want(200)
	h.visitor().Get("/termine/" + own.Code).Want(404)
	if got := h.visitor().Get("/termine").Want(200).Text("main"); strings.Contains(got, "Vorlesefest") {
		t.Error("a hidden one is listed")
	}
	if got := person.Get(guest).Want(200); strings.Contains(got.Body, `href="/termine/`+own.Code) || !strings.Contains(got.Text("main"), "Ausgeblendet") {
		t.Errorf("who comes sees %s", got.Text("main"))
	}
	bench := "/meine/organisationen/" + h.org.Code + "/termine"
	if got := h.manager.Get(bench).Want(200).Text("main"); !strings.Contains(got, "Ausgeblendet") {
		t.Errorf("the team sees %s", got)
	}
	edit := h.manager.Get(bench + "/" + own.Code).Want(200)
	if got := edit.Text("main"); !strings.Contains(got, "Irreführend") || len(edit.Find("#title")) != 0 {
		t.Errorf("the team sees %s", got)
	}
	h.moderator.Get("/moderation/termin/"+own.Code).Want(200).Form(mainForm).Set("decision", "restore").Submit().Want(200)
	h.visitor().Get("/termine/" + own.Code).Want(200)
}

func TestAdminsChooseWhoseEventsAreShown(t *testing.T) {
	accounts := map[string]engagement.Elsewhere{}
	h := newHouse(t, withAccounts(accounts))
	page := h.admin.Get("/verwaltung/netzwerk").Want(200).Click("Termine von anderen Seiten").Want(200)
	page = page.Form("main form[action=/verwaltung/netzwerk/termine]").Set("address", "@kiez@m.example").Submit().Want(422)
	if got := webtest.Attr(page.Find("#address")[0], "value"); got != "@kiez@m.example" || len(page.Find("#address[aria-invalid=true]")) != 1 {
		t.Errorf("an address that leads nowhere: %q", got)
	}
	accounts["@kiez@m.example"] = engagement.Elsewhere{IRI: "https://m.example/@kiez", Handle: "@kiez@m.example", Name: "Kiezgruppe"}
	page = page.Form("main form[action=/verwaltung/netzwerk/termine]").Set("address", "@kiez@m.example").Submit().Want(200)
	if got := page.Text("main"); !strings.Contains(got, "Kiezgruppe") || !strings.Contains(got, "angefragt") {
		t.Errorf("got %s", got)
	}
	copied := h.occasion(engagement.Organization{}, "Kiezfest", elsewhere("m.example"), func(o *engagement.Occasion) { o.Author = "https://m.example/@kiez" })
	page = page.Form("main form[action*=/beenden]").Submit().Want(200)
	if got := page.Text("main"); strings.Contains(got, "Kiezgruppe") {
		t.Errorf("after the end: %s", got)
	}
	h.visitor().Get("/termine/" + copied.Code).Want(410)
	h.moderator.Get("/verwaltung/netzwerk/termine").Want(403)
}
