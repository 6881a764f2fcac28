package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web/webtest"
)

// trusts lets somebody ask another person to act for them.
func (h *house) trusts(c *webtest.Client, login string, scopes ...string) *webtest.Page {
	h.t.Helper()
	form := c.Get("/meine/daten").Want(200).Click("Wer für Sie handeln darf").Want(200).Click("Jemanden bitten").Want(200).Form(mainForm)
	return form.Set("login", login).Set("scopes", scopes...).Set("agree", "1").Submit()
}

// stops is the button by which a person ends that somebody acts for them, or the question whether they will.
func stops(page *webtest.Page, name string) *webtest.Form {
	for i, row := range page.Texts("main li.s-hit") {
		if strings.HasPrefix(row, name) {
			return page.Form("main form[action='" + webtest.Attr(page.Find("main li.s-hit form")[i], "action") + "']")
		}
	}
	return page.Form("form of " + name)
}

func elderly(p *engagement.Profile) { p.AgeBand = "60-plus" }

func TestADaughterActsForHerMother(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		h := newHouseOn(t, config)
		cafe := h.real.opportunity("Café am Ufer", h.org)
		mother, daughter := h.place(h.person("mother", withProfile(elderly))), h.place(h.person("daughter"))
		agreed := h.agreement("mother", cafe)
		shifts := "/meine/anfragen/" + string(agreed.ID) + "/schichten"
		free := h.shift(cafe, 96*time.Hour)

		form := mother.Get("/meine/helfer/neu").Want(200).Form(mainForm)
		refused := form.Set("login", "daughter").Set("scopes", "termine").Submit().Want(422)
		wants(t, refused, "Ohne Ihre Einwilligung darf niemand")
		asked := h.trusts(mother, "daughter@mail.example", "anfragen", "termine").Want(200)
		none := h.trusts(mother, "nobody@mail.example", "anfragen", "termine").Want(200)
		wants(t, asked, "Noch keine Antwort", "daughter@mail.example", "Schichten übernehmen")
		if got := strings.ReplaceAll(none.Texts("main li.s-hit")[1], "nobody", "daughter"); got != strings.ReplaceAll(none.Texts("main li.s-hit")[0], "nobody", "daughter") {
			t.Errorf("whether there is an account shows:\n%s\n%s", got, none.Texts("main li.s-hit")[0])
		}
		told := h.mail("daughter@mail.example")
		if strings.Contains(told.Text, "mother") {
			t.Errorf("the mail says who asks: %s", told.Text)
		}
		page := daughter.Get("/meine").Want(200).Click("Für wen Sie handeln").Want(200)
		wants(t, page, "Für wen Sie handeln", "mother", "Kontaktdaten freigeben")
		if page.Has("form[action*=handeln]") {
			t.Error("she can act without having accepted")
		}
		page = page.Form("main form[action*=annehmen]").Submit().Want(200)
		h.mail("mother@mail.example")
		wants(t, mother.Get("/meine/daten/einwilligungen").Want(200), "Jemand, den Sie gebeten haben, darf für Sie handeln")

		own := daughter.Get("/meine/helfer/neu").Want(200).Form(mainForm)
		home := act(page)
		acting(t, home, "mother")
		if home.Path != "/meine" || home.Has("a[href='/konto/sicherheit']") || home.Has("a[href='/meine/stunden']") || home.Has("a[href='/meine/angaben']") || home.Has("a[href='/meine/daten/zugriffe']") || !home.Has("a[href='/meine/kalender']") {
			t.Errorf("got %s with %v", home.Path, home.Texts("main a"))
		}
		status := daughter.Get("/angebote/" + h.opportunity.Code).Want(200).Click("Ich möchte helfen").Want(200)
		acting(t, status, "mother")
		wants(t, status, "nur, wenn mother das möchte")
		status = status.Form(mainForm).Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
		if team := h.manager.Get(h.teamPath()).Want(200); strings.Contains(team.Body, "über das Freiwilligenzentrum") {
			t.Error("the organization hears of a volunteer center")
		}
		h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name", "email") })
		daughter.Get(status.Path+"/kontakt").Want(200).Form(mainForm).Set("fields", "name", "email").Set("name", "Mutter Kiesel").Submit().Want(200)
		wants(t, h.manager.Get(h.teamPath()), "Mutter Kiesel", "mother@mail.example")
		took := daughter.Get(shifts + "/" + string(free.ID)).Want(200).Form(mainForm).Submit().Want(200)
		wants(t, took, "Meine Schichten")
		if took.Has("form[action*=mails]") {
			t.Error("she can switch off the mails of her mother")
		}
		wants(t, daughter.Get("/meine/kalender").Want(200), "Café am Ufer")

		for _, path := range []string{
			"/meine/angaben", "/meine/stunden", "/meine/nachweise", "/merkliste/senden", // not granted
			"/konto/sicherheit", "/konto/sicherheit/email", "/konto/sicherheit/passwort", "/meine/daten", "/meine/daten/name", "/meine/daten/export", "/meine/daten/loeschen", "/meine/daten/einwilligungen",
			"/meine/daten/zugriffe", "/meine/helfer", "/meine/helfer/neu", "/meine/benachrichtigungen", "/meine/kalender/adresse", "/meine/oeffentlich",
		} {
			refused := daughter.Get(path).Want(403)
			wants(t, refused, "Das kann die Person nur selbst tun")
		}
		for _, path := range []string{"/meine/daten/einwilligungen/begleitung/widerrufen", shifts + "/mails", "/meine/stunden/neu", "/meine/handeln/" + string(agreed.Account)} {
			daughter.Post(path, url.Values{"once": {"x"}}).Want(403)
		}
		if refused := own.Set("login", "x").Set("scopes", "termine").Set("agree", "1").Submit().Want(403); refused.Has("main form") {
			t.Error("what was typed for oneself can be sent for the person")
		}

		stale := daughter.Get("/meine/anfragen/" + string(agreed.ID) + "/absagen").Want(200).Form(mainForm)
		log := mother.Get("/meine/daten/zugriffe").Want(200)
		wants(t, log, "daughter", "hat zugesagt, für Sie zu handeln.", "handelt ab jetzt für Sie", "hat für Sie angefragt: Kindern vorlesen", "hat für Sie Kontaktdaten freigegeben: Kindern", "hat für Sie eine Schicht übernommen: Café am Ufer")
		ended := stops(mother.Get("/meine/helfer").Want(200), "daughter")
		stale.SubmitMeanwhile(func() { ended.Submit().Want(200) }).Want(403)
		if got := daughter.Get(status.Path).Path; !strings.HasPrefix(got, "/anmelden") {
			t.Errorf("still there: %s", got)
		}
		h.update(func(tx *store.Tx) error {
			m, err := tx.MatchRequest(agreed.ID)
			if m.State.Final() {
				t.Error("it was withdrawn after all")
			}
			return err
		})
		h.mail("daughter@mail.example")
		wants(t, mother.Get("/meine/daten/einwilligungen").Want(200), "Beendet")
	})
}

// Who acted for somebody for whom they are no staff has a session as before, and the helper ends it as well.
func TestAHelperStops(t *testing.T) {
	h := newHouse(t)
	mother, neighbor := h.place(h.person("mother", withProfile(elderly))), h.place(h.person("neighbor", func(tx *store.Tx, a engagement.Account) error {
		a.Username = "neighbor"
		return tx.PutAccount(&a)
	}))
	h.trusts(mother, "neighbor", "suchen", "stunden").Want(200)
	h.trusts(mother, "neighbor@mail.example", "suchen", "stunden").Want(200)
	page := neighbor.Get("/meine/helfer").Want(200)
	page = page.Form("main form[action='" + webtest.Attr(page.Find("main form[action*=annehmen]")[0], "action") + "']").Submit().Want(200)
	if n := len(page.Texts("main li.s-hit")); n != 1 {
		t.Errorf("%d links by two names of the same person, want 1", n)
	}
	home := act(page)
	wants(t, home, "Engagement-Profil")
	neighbor.Get("/meine/anfragen").Want(403)
	neighbor.Get("/angebote/" + h.opportunity.Code + "/helfen/mit-konto").Want(403)
	neighbor.Get("/meine/kalender").Want(403)
	neighbor.Get("/meine/stunden").Want(200)
	saved := neighbor.Get("/meine/angaben/themen").Want(200).Form(mainForm).Set("areas", "schule-kita").Submit().Want(200)
	acting(t, saved, "mother")
	back := saved.Form(".s-acting form").Submit().Want(200)
	if back.Path != "/meine/helfer" || back.Has(".s-acting") {
		t.Errorf("leads to %s", back.Path)
	}
	h.clock.Forward(45 * time.Minute)
	back = neighbor.Get("/meine/helfer").Want(200)
	left := back.Form("main form[action*=beenden]").Submit().Want(200)
	if left.Has("form[action*=handeln]") {
		t.Error("it was not ended")
	}
	h.post()
	wants(t, mother.Get("/meine/helfer").Want(200), "Niemand. Nur Sie selbst.")
	wants(t, mother.Get("/meine/daten/zugriffe").Want(200), "hat Ihr Engagement-Profil geändert.", "handelt nicht mehr für Sie.", "möchte nicht für Sie handeln.")
	wants(t, h.trusts(h.place(h.person("young")), "mother", "termine").Want(422), "Das geht ab 18 Jahren")
}
