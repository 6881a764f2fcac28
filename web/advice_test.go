package web_test

import (
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

func TestAShortlist(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		h := newHouseOn(t, config)
		second := h.real.opportunity("Bücherkisten packen", h.org)
		secret := h.real.opportunity("Noch ein Entwurf", h.org, func(o *engagement.Opportunity) { o.State, o.Published = engagement.Draft, time.Time{} })
		list := "/merkliste?a=" + h.opportunity.Code + "&a=" + second.Code + "&a=" + secret.Code
		t.Run("stands in its address, without what nobody may see", func(t *testing.T) {
			page := h.visitor().Get(list).Want(200)
			if got := page.Texts(".s-sheet h2"); !slices.Equal(got, []string{"Kindern vorlesen in der Kita", "Bücherkisten packen"}) || len(page.Find(".s-qr")) != 2 {
				t.Errorf("got %q", got)
			}
			for _, problem := range page.Problems() {
				t.Error(problem)
			}
			less := h.visitor().Get(webtest.Attr(page.Find(".s-sheet p a")[1], "href")).Want(200)
			if got := less.Texts(".s-sheet h2"); !slices.Equal(got, []string{"Kindern vorlesen in der Kita"}) {
				t.Errorf("without one: %q", got)
			}
		})
		t.Run("comes from the check", func(t *testing.T) {
			page := h.checked(h.visitor()).Form(mainForm).Press("Zur Merkliste").Want(200)
			wants(t, page, "Bitte merken Sie sich mindestens ein Angebot.")
			if got := page.Form(mainForm).Set("a", h.opportunity.Code).Press("Zur Merkliste").Want(200).Path; got != "/merkliste?a="+h.opportunity.Code {
				t.Errorf("leads to %s", got)
			}
		})
		t.Run("becomes a case of the volunteer center", func(t *testing.T) {
			form := h.visitor().Get(list).Click("An das Freiwilligenzentrum senden").Want(200).Form(mainForm)
			wants(t, form.Set("name", "Grace").Submit().Want(422), "E-Mail-Adresse oder eine Telefonnummer", "dass wir uns melden dürfen")
			sent := form.Set("email", "grace@mail.example").Set("text", "Beides klingt gut.").Set("agreed", "1").Submit().Want(200)
			wants(t, sent, "Wir melden uns")
			mails := h.post()
			if len(mails) != 2 || !slices.ContainsFunc(mails, func(m web.Message) bool { return m.To == "grace@mail.example" && !strings.Contains(m.Text, "Kita") }) {
				t.Errorf("mails %+v", mails)
			}
			page := h.adviser.Get("/vermittlung").Want(200).Click("Grace").Want(200)
			wants(t, page, "Merkliste", "grace@mail.example", "Beides klingt gut.", "Kindern vorlesen", "Bücherkisten packen", "Neu")
			page = page.Form("main form[action*=uebernehmen]").Submit().Want(200)
			wants(t, page, "In Arbeit")
			page.Form("main form[novalidate]").Set("note", "Sie fängt im Dezember an.").Submit().Want(200)
			closed := h.adviser.Get("/vermittlung").Click("Grace").Want(200)
			wants(t, closed, "Abgeschlossen", "Sie fängt im Dezember an.")
			if closed.Has("main form") {
				t.Error("a closed case can be closed")
			}
			h.manager.Get(closed.Path).Want(403)
		})
	})
}

func TestACallBack(t *testing.T) {
	h := newHouse(t)
	c := h.visitor()
	form := c.Get("/rueckruf").Want(200).Form(mainForm).Set("name", "Ada")
	wants(t, form.Submit().Want(422), "Telefonnummer, unter der wir Sie erreichen")
	form.Set("phone", "030 12345").Set("hours", "werktags nach 16 Uhr").Set("agreed", "1").Submit().Want(200)
	wants(t, h.adviser.Get("/vermittlung").Click("Ada").Want(200), "Rückruf", "030 12345", "werktags nach 16 Uhr")
	for range 5 {
		c.Get("/rueckruf").Form(mainForm).Submit()
	}
	c.Get("/rueckruf").Form(mainForm).Submit().Want(429)
}

// leaves takes all roles from somebody.
func (h *house) leaves(name string) {
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin(name + "@mail.example")
		if err != nil {
			return err
		}
		a.Roles = nil
		return tx.PutAccount(&a)
	})
}

// Who wishes a call reaches somebody where nobody advises: the moderators, or else the admins.
func TestWhereNobodyAdvises(t *testing.T) {
	h := newHouse(t)
	h.leaves("adviser1")
	asks := func(name string) (to []string) {
		h.visitor().Get("/rueckruf").Want(200).Form(mainForm).Set("name", name).Set("phone", "030 12345").Set("agreed", "1").Submit().Want(200)
		for _, m := range h.post() {
			to = append(to, m.To)
		}
		return to
	}
	h.ask(h.visitor(), h.opportunity, "grace")
	h.post()
	if to := asks("Ada"); !slices.Equal(to, []string{"moderator1@mail.example"}) {
		t.Errorf("mails to %q", to)
	}
	page := h.moderator.Get("/moderation").Want(200).Click("Ada").Want(200)
	wants(t, page, "Rückruf", "030 12345")
	h.admin.Get(page.Path).Want(404)
	page = page.Form("main form[action*=uebernehmen]").Submit().Want(200)
	wants(t, page, "In Arbeit")
	if got := page.Form("main form[novalidate]").Set("note", "Ist vermittelt.").Submit().Want(200); got.Path != "/moderation" || strings.Contains(got.Text("main"), "Ada") {
		t.Errorf("leads to %s", got.Path)
	}
	for range 12 {
		h.clock.Forward(24 * time.Hour)
		tick(h)
	}
	h.moderator = h.place(h.person("moderator2", withRole(engagement.Moderator)))
	wants(t, h.moderator.Get("/moderation").Want(200).Click("Kindern vorlesen in der Kita").Want(200), "Anfrage ohne Antwort", "grace@mail.example")
	h.leaves("moderator1")
	h.leaves("moderator2")
	h.post()
	if to := asks("Berta"); !slices.Equal(to, []string{"admin1@mail.example"}) {
		t.Errorf("mails to %q", to)
	}
	admin := h.place(h.person("admin2", withRole(engagement.Admin)))
	wants(t, admin.Get("/verwaltung").Want(200).Click("Jemand wartet auf Beratung oder Rückruf, und niemand hat die Rolle Beratung: Berta").Want(200), "030 12345")
}

// TestARequestWithoutAnswer follows one of this instance to the volunteer center, and one for a partner, which the person hands over.
func TestARequestWithoutAnswer(t *testing.T) {
	h := newHouse(t)
	h.real.opportunity("Vorlesen am Abend", h.org)
	status := h.ask(h.visitor(), h.opportunity, "grace")
	later := func(name string) (adviser *webtest.Client) {
		t.Helper()
		for range 12 {
			h.clock.Forward(24 * time.Hour)
			tick(h)
		}
		return h.place(h.person(name, withRole(engagement.Adviser))) // nobody stays signed in so long
	}
	adviser := later("adviser2")
	page := adviser.Get("/vermittlung").Want(200).Click("Kindern vorlesen in der Kita").Want(200)
	wants(t, page, "Anfrage ohne Antwort", "grace@mail.example", h.org.Name)
	again := h.visitor().Get(status.Path).Want(200)
	wants(t, again, "Jetzt kümmert sich die Beratung", "Ähnliche Angebote", "Vorlesen am Abend")
	h.update(func(tx *store.Tx) error {
		entries, err := tx.AuditOf(requestOf(t, tx, h.opportunity).ID)
		if !slices.ContainsFunc(entries, func(e engagement.AuditEntry) bool {
			return e.Action == engagement.ActionReadContact && e.Role == engagement.Adviser
		}) {
			t.Errorf("nobody wrote down who read the contact: %+v", entries)
		}
		return err
	})

	h.update(func(tx *store.Tx) error {
		_, err := engagement.AnswerRequest(tx, engagement.System, requestOf(t, tx, h.opportunity).ID, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"phone"}})
		return err
	})
	closed := adviser.Get(page.Path).Want(200)
	wants(t, closed, "Abgeschlossen", "Von selbst abgeschlossen", "Die Organisation hat geantwortet.")
	if closed.Has("main form") {
		t.Error("a case that ended by itself can be closed")
	}

	away := h.real.opportunity("Sprachcafé begleiten", h.organization("Nachbarn (Demo)", func(o *engagement.Organization) { o.Origin = "pankow.example" }))
	own := h.ask(h.visitor(), h.real.opportunity("Für die Ferne", h.org), "ada")
	h.update(func(tx *store.Tx) error { // as if it had been sent to the partner
		m := requestOf(t, tx, h.opps["Für die Ferne"])
		m.Opportunity, m.Organization, m.Origin = away.ID, away.Organization, "pankow.example"
		return tx.PutMatchRequest(&m)
	})
	if h.visitor().Get(own.Path).Want(200).Has("form[action*=abgeben]") {
		t.Error("it can be handed over on the first day")
	}
	adviser = later("adviser3")
	if got := len(adviser.Get("/vermittlung").Want(200).Find("h3 a")); got != 1 {
		t.Errorf("%d cases before the person wishes it", got)
	}
	late := h.visitor().Get(own.Path).Want(200)
	late.Form("form[action*=abgeben]").Submit().Want(200)
	wants(t, h.visitor().Get(own.Path).Want(200), "Jetzt kümmert sich die Beratung")
	wants(t, adviser.Get("/vermittlung").Click("Sprachcafé begleiten").Want(200), "ada@mail.example")
	h.visitor().Get(own.Path + "/absagen").Want(200).Form(mainForm).Submit().Want(200)
	wants(t, adviser.Get("/vermittlung").Click("Sprachcafé begleiten").Want(200), "Die Anfrage ist zu Ende.")
}

func tick(h *house) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		_, err := engagement.Tick(tx, 100)
		return err
	})
}

// requestOf is the only request for an opportunity.
func requestOf(t *testing.T, tx *store.Tx, o engagement.Opportunity) engagement.MatchRequest {
	t.Helper()
	list, err := tx.RequestsFor(o.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d requests, %v", len(list), err)
	}
	return list[0]
}

// TestAdviceAtTheCounter does the check with somebody, and mails what was found.
func TestAdviceAtTheCounter(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		h := newHouseOn(t, config)
		h.adviser.Get("/vermittlung").Want(200).Click("Beratung am Tresen und am Telefon").Want(200).Click("Engagement-Check beginnen").Want(200)
		list := h.checked(h.adviser).Form(mainForm).Set("a", h.opportunity.Code).Press("Zur Merkliste").Want(200)
		form := list.Click("Per E-Mail schicken").Want(200).Form(mainForm)
		form.Set("email", "grace@mail.example").Submit().Want(200)
		sent := h.mail("grace@mail.example")
		if got := h.link(sent); !strings.HasSuffix(got, "/merkliste?a="+h.opportunity.Code) || strings.Contains(sent.Text, "Kita") {
			t.Errorf("the mail leads to %s: %q", got, sent.Text)
		}
		if h.visitor().Get(list.Path).Want(200).Has("a[href*=beratung]") {
			t.Error("everybody may mail a list to anybody")
		}
		h.manager.Get("/vermittlung/beratung").Want(403)
	})
}
