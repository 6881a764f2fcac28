package web_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
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

// assist lets the adviser open an assisted account, and returns the page of it.
func (h *house) assist(name string, change ...func(*webtest.Form)) *webtest.Page {
	h.t.Helper()
	form := h.adviser.Get("/vermittlung/begleitkonten/neu").Want(200).Form(mainForm)
	for _, f := range append([]func(*webtest.Form){h.paper(name)}, change...) {
		f(form)
	}
	return form.Submit().Want(200)
}

// paper fills in what stands on a paper that somebody signed today.
func (h *house) paper(name string) func(*webtest.Form) {
	return func(f *webtest.Form) {
		now := h.clock.Now()
		f.Set("name", name).Set("phone", "030 1234").Set("age", "60-plus").Set("lang", "de").Set("form", "B-17").Set("sure", "1")
		f.Set("signed-tag", now.Format("2")).Set("signed-monat", now.Format("1")).Set("signed-jahr", now.Format("2006"))
	}
}

// act lets an adviser begin to act for the person of a page.
func act(page *webtest.Page) *webtest.Page {
	return page.Form("main form[action*=handeln]").Submit().Want(200)
}

// helper is an adviser who acts for somebody.
func (h *house) helper(name string) *webtest.Client {
	h.t.Helper()
	own := h.adviser
	h.adviser = h.place(h.person("adviser-of-"+name, withRole(engagement.Adviser)))
	act(h.assist(name))
	c := h.adviser
	h.adviser = own
	return c
}

// acting checks that a page says for whom somebody acts.
func acting(t *testing.T, page *webtest.Page, name string) {
	t.Helper()
	if !page.Has(".s-acting form") || !strings.Contains(page.Text(".s-acting"), "Sie handeln für: "+name) {
		t.Errorf("%s does not say that somebody acts for %s", page.Path, name)
	}
}

func TestSomebodyWithoutEMailIsHelped(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		h := newHouseOn(t, config)
		list := h.adviser.Get("/vermittlung").Want(200).Click("Begleitkonten").Want(200)
		paper := list.Click("Einwilligung zum Ausdrucken").Want(200)
		wants(t, paper, "Worum es geht", "Ihre Rechte", "jederzeit zurücknehmen", "Art. 6 Abs. 1", "nach 14 Tagen", "Freiwilligenzentrum (Demo)", "Unterschrift", "Nummer des Papiers")
		form := list.Click("Begleitkonto anlegen").Want(200).Form(mainForm)
		h.paper("Karl")(form)
		refused := form.Set("form", "").Set("signed-jahr", "2031").Set("sure").Submit().Want(422)
		wants(t, refused, "unterschriebene Papier vorliegt")
		if got := webtest.Attr(refused.One("#name"), "value"); got != "Karl" {
			t.Errorf("what was typed is lost: %q", got)
		}
		page := h.assist("Karl")
		wants(t, page, "Begleitkonto: Karl", "Papier B-17", "030 1234")

		home := act(page)
		acting(t, home, "Karl")
		if home.Path != "/meine" || home.Has("a[href='/konto/sicherheit']") || home.Has("a[href='/vermittlung']") {
			t.Errorf("got %s with more than is for the person", home.Path)
		}
		for _, path := range []string{"/", "/angebote", "/meine/angaben", "/nirgendwo", "/ls/meine"} {
			acting(t, h.adviser.Get(path), "Karl")
		}
		profile := h.adviser.Get("/meine/angaben").Want(200).Form(mainForm).Set("areas", "schule-kita").Set("age", "60-plus").Submit().Want(200)
		wants(t, profile, "Engagement-Profil")

		ask := h.adviser.Get("/angebote/" + h.opportunity.Code).Click("Ich möchte helfen").Want(200)
		wants(t, ask, "Wie hat Karl dieser Anfrage zugestimmt?", "noch keinen Namen")
		wants(t, ask.Form(mainForm).Submit().Want(422), "Bitte wählen Sie, wie die Person zugestimmt hat.")
		status := ask.Form(mainForm).Set("via", "telefon").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
		team := h.manager.Get(h.teamPath()).Want(200)
		wants(t, team, "über das Freiwilligenzentrum")
		if strings.Contains(team.Body, "Karl") {
			t.Error("the organization sees the name before it is released")
		}
		h.adviser.Get("/meine").Form(".s-acting form").Submit().Want(200)
		h.post()
		h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name", "phone") })
		h.post()
		if len(h.mails) == 0 || h.mails[len(h.mails)-1].To != "adviser1@mail.example" {
			t.Errorf("nobody tells the adviser: %+v", h.mails)
		}
		told := h.adviser.Get("/vermittlung").Want(200).Click("Karl").Want(200)
		wants(t, told, "Antwort weitersagen", "Bitte sagen Sie der Person Bescheid", "030 1234", "Kindern vorlesen")
		act(told.Click("Zum Begleitkonto").Want(200))
		h.adviser.Get(status.Path+"/kontakt").Want(200).Form(mainForm).Set("fields", "name", "phone").Set("name", "Karl Kiesel").Submit().Want(200)
		wants(t, h.manager.Get(h.teamPath()), "Karl Kiesel", "030 1234")
		said := []string{"hat Ihr Begleitkonto angelegt.", "handelt ab jetzt für Sie", "hat Ihr Engagement-Profil geändert.", "hat für Sie angefragt: Kindern vorlesen", "hat für Sie Kontaktdaten freigegeben: Kindern", "handelt nicht mehr"}
		wants(t, h.adviser.Get("/meine/daten/zugriffe").Want(200), said...)
		own := h.adviser.Get("/meine").Form(".s-acting form").Submit().Want(200)
		wants(t, own.Click("Was für die Person getan wurde, zum Ausdrucken").Want(200), append(said, "Was für Karl getan wurde")...)

		own.Click("Konto übergeben").Want(200).Form(mainForm).Set("email", "karl@mail.example").Submit().Want(200)
		link := h.link(h.mail("karl@mail.example"))
		karl := h.visitor()
		wants(t, karl.Get(link).Want(200), "Guten Tag, Karl", "niemand handelt mehr für Sie")
		mine := karl.Get(link).Form(mainForm).Set("passwort", "eine lange Reihe von Wörtern").Submit().Want(200)
		if mine.Path != "/meine" {
			t.Errorf("leads to %s", mine.Path)
		}
		wants(t, karl.Get("/meine/daten/zugriffe").Want(200), said...)
		wants(t, karl.Get("/meine/anfragen").Want(200), "Kindern vorlesen")
		wants(t, karl.Get("/meine/daten/einwilligungen").Want(200), "Das Freiwilligenzentrum führt das Konto", "Papier B-17", "Beendet")
		karl.Get(link).Want(410)
		h.adviser.Get(own.Path).Want(404)
		h.adviser.Post(strings.Replace(own.Path, "/vermittlung/begleitkonten", "/meine/handeln", 1), url.Values{"once": {"x"}}).Want(403)
		if strings.Contains(h.adviser.Get("/vermittlung/begleitkonten").Want(200).Body, "Karl") {
			t.Error("the list still has the account")
		}
	})
}

// WEB-18: what somebody must not do for another person is refused, whatever the adviser may do for themselves.
func TestWhatNobodyDoesForAnotherPerson(t *testing.T) {
	h := newHouse(t)
	page := h.assist("Karl")
	stale := h.adviser.Get("/meine/angaben").Want(200).Form(mainForm).Set("age", "27-59")
	typed := h.adviser.Get("/vermittlung/begleitkonten/neu").Want(200).Form(mainForm)
	act(page)
	for _, path := range []string{
		"/konto/sicherheit", "/meine/daten", "/meine/daten/export", "/meine/daten/einwilligungen", "/meine/angaben/erreichbarkeit", "/meine/oeffentlich", "/meine/benachrichtigungen", "/meine/ich-biete", "/meine/organisationen",
		"/vermittlung", "/vermittlung/begleitkonten", "/vermittlung/beratung", page.Path, page.Path + "/protokoll",
	} {
		refused := h.adviser.Get(path).Want(403)
		wants(t, refused, "Das kann die Person nur selbst tun")
		acting(t, refused, "Karl")
	}
	h.adviser.Post("/melden", url.Values{}).Want(403)
	old := stale.Submit().Want(403)
	if old.Has("main form") {
		t.Error("what was typed for oneself can be sent for the person")
	}
	typed.Submit().Want(403)
	other := h.ask(h.visitor(), h.opportunity, "grace")
	h.adviser.Get(other.Path).Want(403)
	var id engagement.ID
	h.update(func(tx *store.Tx) error {
		id = requestOf(t, tx, h.opportunity).ID
		return nil
	})
	h.adviser.Get("/meine/anfragen/" + string(id)).Want(404)
	h.adviser.Get("/meine/angaben").Want(200).Form(mainForm).Set("areas", "schule-kita").Set("age", "60-plus").Submit().Want(200)
	wants(t, h.adviser.Get("/meine/angaben/themen").Want(200).Form(mainForm).Set("sensitive", "1").Submit().Want(422), "noch nicht auf Papier zugestimmt")

	t.Run("and it ends by itself", func(t *testing.T) {
		h.clock.Forward(31 * time.Minute)
		if got := h.adviser.Get("/meine").Path; !strings.HasPrefix(got, "/anmelden") {
			t.Errorf("after half an hour: %s", got)
		}
	})
	t.Run("or when the account ends", func(t *testing.T) {
		h.adviser = h.place(h.person("adviser2", withRole(engagement.Adviser)))
		page := h.adviser.Get("/vermittlung/begleitkonten").Want(200).Click("Karl").Want(200)
		other := h.place(h.person("adviser3", withRole(engagement.Adviser)))
		act(other.Get(page.Path).Want(200))
		ended := page.Form("main form[action*=beenden]").Submit().Want(200)
		wants(t, ended, "Wird gelöscht am")
		if ended.Has("form[action*=handeln]") {
			t.Error("somebody can still act for the person")
		}
		if got := other.Get("/meine").Path; !strings.HasPrefix(got, "/anmelden") {
			t.Errorf("who acted for the person still does: %s", got)
		}
		ended.Form("main form[action*=behalten]").Submit().Want(200)
		acting(t, act(h.adviser.Get(page.Path).Want(200)), "Karl")
	})
}

// What was typed for somebody when the half hour was over is there again after signing in, but only for that person.
func TestWhatWasTypedForSomebodyStaysTheirs(t *testing.T) {
	h := newHouse(t, func(o *web.Options) { o.StaffAlone = true })
	const password = "eine lange Reihe von Wörtern"
	hash, err := web.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	h.adviser = h.place(h.person("adviser2", func(tx *store.Tx, a engagement.Account) error {
		a.Roles, a.Password = []engagement.Role{engagement.Adviser}, hash
		return tx.PutAccount(&a)
	}))
	act(h.assist("Karl"))
	form := h.adviser.Get("/meine/angaben").Want(200).Form(mainForm).Set("areas", "schule-kita").Set("age", "60-plus")
	h.clock.Forward(31 * time.Minute)
	signIn := form.Submit().Want(403).Form(mainForm).Submit().Want(200)
	again := signIn.Form(mainForm).Set("login", "adviser2@mail.example").Set("passwort", password).Submit().Want(200)
	wants(t, again, "Sie haben sie für jemand anderen gemacht")
	if again.Has(".s-acting") || again.Has("main form[action='/meine/angaben']") {
		t.Error("it could be sent for oneself")
	}
	typed := again.Form("main form[action*=handeln]").Submit().Want(200)
	acting(t, typed, "Karl")
	saved := typed.Form("main form[action='/meine/angaben']").Submit().Want(200)
	acting(t, saved, "Karl")
	h.update(func(tx *store.Tx) error {
		list, err := tx.AssistedAccounts("", 10)
		if err != nil {
			return err
		}
		p, err := tx.Profile(list[0].ID)
		if !slices.Contains(p.Areas, "schule-kita") {
			t.Errorf("got %+v", p)
		}
		own, err2 := tx.AccountByLogin("adviser2@mail.example")
		mine, err3 := tx.Profile(own.ID)
		if !mine.Updated.IsZero() {
			t.Errorf("the adviser's: %+v", mine)
		}
		return errors.Join(err, err2, err3)
	})
}

// Everything that is written down about what is done for a person has words for the person.
func TestWhatIsDoneForSomebodyHasWords(t *testing.T) {
	files, err := filepath.Glob("../engagement/*.go")
	if err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile("access.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`helped\(tx, by, "([a-z]+)"|"(assistance\.[a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			action := m[2]
			if m[1] != "" {
				action = "helper." + m[1]
			}
			if found++; action != "assistance.take-over" && !strings.Contains(string(told), `"`+action+`": "access.`) { // that the person did
				t.Errorf("%s of %s is told to nobody", action, name)
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d were found", found)
	}
}

func TestAnswersOfACheckAreKeptForSomebody(t *testing.T) {
	h := newHouse(t)
	h.assist("Karl")
	chosen := h.checked(h.adviser).Form(mainForm).Press("Als Profil speichern").Want(200).Form("main form[action*=begleitkonten]").Submit().Want(200)
	wants(t, chosen, "Für wen geht es weiter?", "Karl")
	again := act(chosen)
	kept := again.Form("main form").Submit().Want(200)
	acting(t, kept, "Karl")
	saved := kept.Form("main form[action*=/ja]").Submit().Want(200)
	if saved.Path != "/meine/angaben" {
		t.Errorf("leads to %s", saved.Path)
	}
	h.update(func(tx *store.Tx) error {
		list, err := tx.AssistedAccounts("", 10)
		if err != nil {
			return err
		}
		p, err := tx.Profile(list[0].ID)
		if !slices.Contains(p.Activities, "vorlesen") || p.AgeBand == "" {
			t.Errorf("got %+v", p)
		}
		return err
	})
}

func TestWhoWasAdvisedSendsTheRequestThemselves(t *testing.T) {
	h := newHouse(t)
	h.visitor().Get("/merkliste/senden?a="+h.opportunity.Code).Want(200).Form(mainForm).Set("name", "Karla").Set("email", "karla@mail.example").Set("agreed", "1").Submit().Want(200)
	h.post()
	asks := h.adviser.Get("/vermittlung").Want(200).Click("Karla").Want(200).Click("Für jemanden anfragen").Want(200)
	form := asks.Click("Kindern vorlesen in der Kita").Want(200).Form(mainForm).Set("name", "Karla").Set("email", "karla@mail.example").Set("text", "Dienstags passt es mir.")
	wants(t, form.Submit().Want(422), "Wie haben Sie mit der Person gesprochen?")
	sent := form.Set("via", "telefon").Set("age", "ab-18").Submit().Want(200)
	wants(t, sent, "Die Person bekommt jetzt eine E-Mail.")
	wants(t, h.manager.Get("/meine/organisationen/"+h.org.Code+"/anfragen").Want(200), "keine")
	karla := h.visitor()
	confirm := karla.Get(h.link(h.mail("karla@mail.example"))).Want(200)
	wants(t, confirm, "Dienstags passt es mir.")
	confirm.Form(mainForm).Submit().Want(200)
	wants(t, h.manager.Get(h.teamPath()).Want(200), "über das Freiwilligenzentrum")
	h.manager.Get("/vermittlung/anfragen/" + h.opportunity.Code).Want(403)
}

func TestAShortlistIsAskedForSomebody(t *testing.T) {
	h := newHouse(t)
	list := h.adviser.Get("/merkliste?a=" + h.opportunity.Code).Want(200).Click("Für jemanden anfragen").Want(200)
	form := list.Form("main form[action*=neu]").Submit().Want(200).Form(mainForm)
	h.paper("Karla")(form)
	back := form.Submit().Want(200)
	acting(t, back, "Karla")
	wants(t, back, "Kindern vorlesen in der Kita")
	if h.visitor().Get("/merkliste?a=" + h.opportunity.Code).Has("a[href*=begleitkonten]") {
		t.Error("everybody is offered to ask for others")
	}
}
