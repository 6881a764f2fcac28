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

// fillOrganization answers the questions about an organization.
func fillOrganization(f *webtest.Form) *webtest.Form {
	return f.Set("name", "Radwerkstatt Adlershof (Demo)").Set("kind", "initiative").Set("legal_form", "privatinitiative").Set("summary", "Wir reparieren Räder.").
		Set("areas", "umwelt-tiere").Set("place", "12489").Set("contact_role", "Werkstattrat").Set("contact_mail", "rad@werkstatt.example").Set("charter", "1")
}

func TestAnOrganizationComesIn(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada"))
	t.Run("not without the charter, and nothing typed is lost", func(t *testing.T) {
		page := fillOrganization(ada.Get("/organisation-anmelden").Form(mainForm)).Set("charter").Submit().Want(422)
		if got := page.Form(mainForm).Values.Get("name"); got != "Radwerkstatt Adlershof (Demo)" {
			t.Errorf("the name is %q", got)
		}
	})
	t.Run("after a last look", func(t *testing.T) {
		check := fillOrganization(ada.Get("/organisation-anmelden").Form(mainForm)).Submit().Want(200)
		send := check.Form("main form[action*=/pruefen]")
		page, again := send.Submit().Want(200), send.Submit().Want(200)
		if page.Text("h1") != "Radwerkstatt Adlershof (Demo)" || page.Path != again.Path {
			t.Errorf("got %q at %s and %s", page.Text("h1"), page.Path, again.Path)
		}
		wantTexts(t, ada.Get("/meine/organisationen").Texts(".s-hit h2"), []string{"Radwerkstatt Adlershof (Demo)"})
	})
	t.Run("and is public when a moderator has looked", func(t *testing.T) {
		if got := h.visitor().Get("/organisationen").Text("main"); strings.Contains(got, "Radwerkstatt") {
			t.Error("it is public before")
		}
		if got := h.mail("moderator1@mail.example"); !strings.HasSuffix(h.link(got), "/moderation") {
			t.Errorf("the mail leads to %s", h.link(got))
		}
		page := h.moderator.Get("/moderation").Click("Radwerkstatt Adlershof (Demo)").Want(200)
		page.Form(mainForm).Set("decision", "approve").Set("level", "persoenlich-bekannt").Submit().Want(200)
		h.mail("rad@werkstatt.example")
		if got := h.visitor().Get("/organisationen").Text("main"); !strings.Contains(got, "Radwerkstatt") {
			t.Errorf("got %q", got)
		}
	})
}

func TestTheWorkspace(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code
	t.Run("does not exist for others", func(t *testing.T) {
		stranger := h.place(h.person("stranger"))
		for _, path := range []string{"", "/angaben", "/angebote", "/anfragen", "/neuigkeiten", "/team"} {
			stranger.Get(bench + path).Want(404)
			h.admin.Get(bench + path).Want(404)
		}
		stranger.Get("/angebot-einstellen/neu/" + h.org.Code).Want(404)
		for _, step := range []string{"1", "2", "3", "4", "fertig"} {
			stranger.Get("/angebot-einstellen/" + h.opportunity.Code + "/" + step).Want(404)
		}
	})
	t.Run("invites to the team, and only who was invited joins", func(t *testing.T) {
		h.manager.Get(bench+"/team").Form("main form[action="+bench+"/team]").Set("email", "grace@mail.example").Set("role", "member").Submit().Want(200)
		link := h.link(h.mail("grace@mail.example"))
		page := h.place(h.person("mallory")).Get(link).Want(200).Form(mainForm).Submit().Want(422)
		if page.Text("#fehler") == "" {
			t.Error("no sentence")
		}
		grace := h.place(h.person("grace"))
		if got := grace.Get(link).Want(200).Form(mainForm).Submit().Want(200); got.Path != bench {
			t.Errorf("got %s", got.Path)
		}
		grace.Get(link).Want(410)
		t.Run("as a member without the rights of a manager", func(t *testing.T) {
			if page := grace.Get(bench + "/team").Want(200); page.Has("#email") || !page.Has("main form[action*=entfernen]") {
				t.Error("may invite, or may not leave")
			}
			if got := grace.Get(bench + "/angaben").Status; got != 403 && got != 404 {
				t.Errorf("details: got %d", got)
			}
			grace.Get(bench + "/anfragen").Want(200)
		})
		t.Run("and can leave", func(t *testing.T) {
			grace.Get(bench + "/team").Form("main form[action*=entfernen]").Submit()
			grace.Get(bench).Want(404)
		})
	})
	t.Run("CON-05 changes its details, with two people at once", func(t *testing.T) {
		first, second := h.manager.Get(bench+"/angaben").Form(mainForm), h.manager.Get(bench+"/angaben").Form(mainForm)
		first.Set("summary", "Wir lesen überall vor.").Submit().Want(200)
		page := second.Set("summary", "Wir lesen auch nachts vor.").Submit().Want(409)
		if got := page.Text(".s-stored"); !strings.Contains(page.Text("main"), "Wir lesen überall vor.") {
			t.Errorf("does not show what is stored: %q", got)
		}
		if got := page.Form(mainForm).Submit().Want(200); got.Path != bench {
			t.Errorf("sent again: %s", got.Path)
		}
	})
	t.Run("writes news and takes them back", func(t *testing.T) {
		h.manager.Get(bench+"/neuigkeiten").Form(mainForm).Set("text", "Am Samstag lesen wir im Park.").Submit().Want(200)
		if got := h.visitor().Get("/neuigkeiten").Text("main"); !strings.Contains(got, "Am Samstag lesen wir im Park.") {
			t.Errorf("got %q", got)
		}
		h.manager.Get(bench + "/neuigkeiten").Form("main form[action*=zurueckziehen]").Submit().Want(200)
		if got := h.visitor().Get("/neuigkeiten").Text("main"); strings.Contains(got, "Am Samstag") {
			t.Error("still there")
		}
	})
	t.Run("writes a report and an urgent call, and changes them", func(t *testing.T) {
		news := bench + "/neuigkeiten"
		page := h.manager.Get(news).Form(mainForm).Set("text", strings.Repeat("Wir lesen vor. ", 101)).Submit().Want(422)
		if got, want := page.Text(".kern-error"), "Ein Text mit mehr als 1.500 Zeichen braucht eine Überschrift und einen Kurztext."; !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		page.Form(mainForm).Set("title", "Vorlesen zu dritt").Set("teaser", "So klappt es.").Submit().Want(200)
		h.clock.Forward(time.Minute)
		h.manager.Get(news).Form("main form[action="+news+"]").Set("text", "Wer hilft beim Aufbau?").Set("urgent-tag", "27").Set("urgent-monat", "11").Set("urgent-jahr", "2026").Submit().Want(200)
		if got, want := webtest.TextOf(h.visitor().Get("/").Want(200).Find("main section .s-urgent")[0]), "Dringend"; got != want {
			t.Errorf("first page: got %q, want %q", got, want)
		}
		list := h.manager.Get(news)
		links := list.Find(".s-hit .s-actions a")
		call, report := webtest.Attr(links[0], "href"), webtest.Attr(links[1], "href")
		if fields := h.manager.Get(report).Want(200).Find(mainForm + " [name=urgent-tag]"); len(fields) != 0 {
			t.Error("a report can become urgent")
		}
		h.manager.Get(report).Form(mainForm).Set("title", "Vorlesen zu viert").Submit().Want(200)
		if got := h.visitor().Get("/neuigkeiten").Text("main"); !strings.Contains(got, "Vorlesen zu viert So klappt es.") {
			t.Errorf("got %q", got)
		}
		h.manager.Get(call).Form(mainForm).Set("text", "Danke, es sind alle da.").Set("urgent-tag", "").Set("urgent-monat", "").Set("urgent-jahr", "").Submit().Want(200)
		if got := h.visitor().Get("/").Find("main .s-urgent"); len(got) != 0 {
			t.Error("still urgent")
		}
		h.manager.Get(news + "/" + h.news(h.organization("Andere (Demo)"), "Von anderen").Code).Want(404)
	})
	t.Run("moves an opportunity", func(t *testing.T) {
		for _, move := range []struct{ act, want string }{{"pausieren", "Pausiert"}, {"fortsetzen", "Veröffentlicht"}, {"bestaetigen", "Veröffentlicht"}, {"beenden", "Abgelaufen"}} {
			page := h.manager.Get(bench + "/angebote").Form("main form[action*=/" + move.act + "]").Submit().Want(200)
			if got := page.Text(".s-hit strong"); got != move.want {
				t.Errorf("%s: got %q, want %q", move.act, got, move.want)
			}
		}
	})
}

func TestAnswersOfTheTeam(t *testing.T) {
	for _, way := range []struct {
		name  string
		acts  []string // of the team; "+" is the release by the person
		state string   // as the person sees it at the end
	}{
		{"asking for contact, talking, trying, agreeing, beginning, ending", []string{"kontakt", "+", "gespraech", "schnuppern", "zusagen", "begonnen", "beenden"}, "Beendet"},
		{"declining", []string{"absagen"}, "Absage"},
		{"the waiting list", []string{"warteliste"}, "Warteliste"},
		{"cancelling what was agreed", []string{"kontakt", "+", "zusagen", "abbrechen"}, "Abgesagt"},
	} {
		t.Run(way.name, func(t *testing.T) {
			h := newHouse(t)
			h.update(func(tx *store.Tx) error {
				o, err := tx.Opportunity(h.opportunity.ID)
				if err != nil {
					return err
				}
				o.Waitlist = true
				return tx.PutOpportunity(&o)
			})
			reader := h.visitor()
			status := h.ask(reader, h.opportunity, "reader1")
			for _, act := range way.acts {
				if act == "+" {
					h.release(reader, status)
					continue
				}
				h.answer(act, func(f *webtest.Form) {
					if act == "kontakt" {
						f.Set("ask", "name")
					}
					if act == "absagen" {
						f.Set("reason", "besetzt").Set("text", "Danke für Ihr Interesse!")
					}
				})
			}
			if got := reader.Get(status.Path).Text("#stand"); got != way.state {
				t.Errorf("the person reads %q, want %q", got, way.state)
			}
		})
	}
	t.Run("that come too late change nothing", func(t *testing.T) {
		h := newHouse(t)
		reader := h.visitor()
		status := h.ask(reader, h.opportunity, "reader1")
		form := h.manager.Get(h.teamPath()+"/kontakt").Form(mainForm).Set("ask", "name").Set("text", "Wir freuen uns auf Sie.")
		reader.Get(status.Path + "/absagen").Form(mainForm).Submit()
		late := form.Submit().Want(422)
		if got := late.Text("textarea[name=text]"); got != "Wir freuen uns auf Sie." || !strings.Contains(late.Text("#fehler"), "Inzwischen hat sich etwas geändert") {
			t.Errorf("the words have become %q, the reason is %q", got, late.Text("#fehler"))
		}
		if got, want := reader.Get(status.Path).Text("#stand"), "Zurückgezogen"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("are of the own organization only", func(t *testing.T) {
		h := newHouse(t)
		h.ask(h.visitor(), h.opportunity, "reader1")
		other := h.organization("Kiezgärten Adlershof (Demo)")
		stranger := h.place(h.person("stranger", memberOf(other, engagement.Manager)))
		stranger.Get(h.teamPath()).Want(404)
		stranger.Get(strings.Replace(h.teamPath(), h.org.Code, other.Code, 1)).Want(404)
	})
	t.Run("offer only what is possible", func(t *testing.T) {
		h := newHouse(t)
		h.ask(h.visitor(), h.opportunity, "reader1")
		links := h.manager.Get(h.teamPath()).Texts(".s-actions a")
		if !slices.Contains(links, "Kontakt erbitten") || slices.Contains(links, "Zusagen") {
			t.Errorf("got %q", links)
		}
		if page := h.manager.Get(h.teamPath() + "/zusagen").Want(200); page.Path != h.teamPath() {
			t.Errorf("an old page leads to %s, want the request", page.Path)
		}
		h.manager.Get(h.teamPath() + "/verschenken").Want(404)
	})
}

func TestTheTeamSeesThatAnAdviceCenterAsks(t *testing.T) {
	h := newHouse(t)
	var m engagement.MatchRequest
	h.update(func(tx *store.Tx) (err error) {
		m, err = engagement.ReceiveOffer(tx, engagement.MatchRequest{
			Home: "pankow.example", Person: "https://pankow.example/ap/org/1", Offer: "https://pankow.example/ap/activity/1", Opportunity: h.opportunity.ID,
			Quantity: 1, Via: "beratung", Handle: "8f1b", ExpiresAt: tx.Now().AddDate(0, 0, 14),
		})
		return err
	})
	page := h.manager.Get("/meine/organisationen/" + h.org.Code + "/anfragen/" + string(m.ID)).Want(200)
	if got := page.Text(".s-summary"); !strings.Contains(got, "Eine Beratungsstelle fragt für jemanden an.") {
		t.Errorf("got %q", got)
	}
}

func TestRequestsStandUnderWhoHasToAct(t *testing.T) {
	h := newHouse(t)
	person := h.place(h.person("volunteer1"))
	for title, state := range map[string]engagement.RequestState{
		"Neu": engagement.Interested, "Gefragt": engagement.ContactWanted, "Dabei": engagement.Agreed, "Vorbei": engagement.Completed,
	} {
		m := h.agreement("volunteer1", h.real.opportunity(title, h.org))
		h.update(func(tx *store.Tx) error {
			m, err := tx.MatchRequest(m.ID)
			if err != nil {
				return err
			}
			m.State = state
			return tx.PutMatchRequest(&m)
		})
	}
	for path, want := range map[string]struct {
		who   *webtest.Client
		lines []string
	}{
		"/meine/anfragen": {person, []string{"Sie sind an der Reihe", "Gefragt", "Die Organisation ist an der Reihe", "Neu", "Läuft", "Dabei", "Beendet", "Vorbei"}},
		"/meine/organisationen/" + h.org.Code + "/anfragen": {h.manager, []string{"Ihr Team ist an der Reihe", "Neu", "Die Person ist an der Reihe", "Gefragt", "Läuft", "Dabei", "Beendet", "Vorbei"}},
	} {
		var got []string
		for _, line := range want.who.Get(path).Want(200).Texts("main h2, main h3 a") {
			line, _, _ = strings.Cut(line, " · ")
			got = append(got, line)
		}
		if !slices.Equal(got, want.lines) {
			t.Errorf("%s: got %q, want %q", path, got, want.lines)
		}
	}
}
