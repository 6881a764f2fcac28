package web_test

import (
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

// rules decides about the report at a path.
func (h *house) rules(c *webtest.Client, path, outcome string) *webtest.Page {
	h.t.Helper()
	return c.Get(path).Want(200).Form("main form[novalidate]").Set("outcome", outcome).Set("reason", "irrefuehrend").Set("text", "Die Kita gibt es nicht.").Submit().Want(200)
}

func TestADecisionCanBeUndoneAndLeadsToTheNextCase(t *testing.T) {
	h := newHouse(t)
	h.tells(h.visitor(), h.opportunity.Code, "spam", nil)
	h.clock.Forward(time.Minute)
	h.tells(h.visitor(), h.org.Code, "spam", nil)
	h.post()
	first := h.firstCase(h.moderator)
	public := "/angebote/" + h.opportunity.Code
	page := h.rules(h.moderator, first, "hidden")
	h.visitor().Get(public).Want(404)
	if mails := h.post(); len(mails) != 0 {
		t.Errorf("told at once: %+v", mails)
	}
	if page.Path != first || !strings.Contains(page.Text("main"), "Bis 11:11 Uhr") {
		t.Errorf("at %s: %s", page.Path, page.Text("main"))
	}
	if got := h.moderator.Get("/moderation/entscheidungen").Want(200).Text(".s-hit"); !strings.Contains(got, "Sie können es noch zurücknehmen") || !strings.Contains(got, "moderator1") {
		t.Errorf("the list says %q", got)
	}
	t.Run("by who made it only", func(t *testing.T) {
		other := h.place(h.person("moderator2", withRole(engagement.Moderator)))
		if other.Get(first).Want(200).Has("main form[action*=rueckgaengig]") {
			t.Error("somebody else may undo it")
		}
	})
	again := page.Form("main form[action*=rueckgaengig]").Submit().Want(200)
	h.visitor().Get(public).Want(200)
	if !again.Has("main form[novalidate]") {
		t.Error("it cannot be decided again")
	}
	h.clock.Forward(2 * engagement.UndoTime)
	if mails := h.post(); len(mails) != 0 {
		t.Errorf("told what was undone: %+v", mails)
	}
	next := h.rules(h.moderator, first, "no_action").Click("Nächster Fall").Want(200)
	if !strings.Contains(next.Text("main"), h.org.Name) {
		t.Errorf("the next case is %s", next.Text("main"))
	}
	t.Run("after ten minutes it stands", func(t *testing.T) {
		late := h.moderator.Get(first).Want(200).Form("main form[action*=rueckgaengig]")
		h.clock.Forward(engagement.UndoTime)
		if h.moderator.Get(first).Want(200).Has("main form[action*=rueckgaengig]") {
			t.Error("still offered")
		}
		late.Submit().Want(409)
	})
	t.Run("and what one has taken over is a list of its own", func(t *testing.T) {
		next.Form("main form[action*=/uebernehmen]").Submit().Want(200)
		h.tells(h.visitor(), h.opportunity.Code, "hass", nil)
		page := h.moderator.Get("/moderation").Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Alle (2)") || !strings.Contains(got, "bis Freitag, 27. November 2026") && !strings.Contains(got, "bis Montag, 30. November 2026") {
			t.Error(got)
		}
		wantTexts(t, page.Click("Von mir übernommen (1)").Texts(".s-hit h2"), []string{h.org.Name})
	})
}

func TestTwoModeratorsRemoveForGood(t *testing.T) {
	h := newHouse(t)
	h.tells(h.visitor(), h.opportunity.Code, "spam", nil)
	h.post()
	path, public := h.firstCase(h.moderator), "/angebote/"+h.opportunity.Code
	page := h.rules(h.moderator, path, "removed")
	h.visitor().Get(public).Want(404)
	if got := page.Text("main"); !strings.Contains(got, "Eine andere Person sieht sich Ihren Vorschlag an.") || page.Has("main form[novalidate]") {
		t.Errorf("got %s", got)
	}
	h.clock.Forward(engagement.UndoTime)
	author := ""
	for _, m := range h.post() {
		if m.To == h.org.ContactMail {
			author = strings.TrimPrefix(h.link(m), h.Base)
		}
	}
	if got := h.visitor().Get(author).Want(200).Text("main"); !strings.Contains(got, "Eine zweite Person sieht es sich an.") || !strings.Contains(got, "Wer es liest, erwartet etwas anderes, als es ist.") {
		t.Errorf("the author reads %s", got)
	}
	other := h.place(h.person("moderator2", withRole(engagement.Moderator)))
	if got := other.Get("/moderation").Text(".s-hit"); !strings.Contains(got, "Zweite Entscheidung nötig") {
		t.Error(got)
	}
	form := other.Get(path).Want(200)
	if !form.Has("#outcome-removed[checked]") || !strings.Contains(form.Text("main"), "Die Kita gibt es nicht.") {
		t.Errorf("the proposal is not there: %s", form.Text("main"))
	}
	if done := form.Form("main form[novalidate]").Submit().Want(200); done.Has("main form[action*=rueckgaengig]") {
		t.Error("what is for good can be undone")
	}
	h.visitor().Get(public).Want(410)
	if got := h.post(); len(got) != 1 {
		t.Errorf("mails %+v", got)
	}
	h.visitor().Get(author).Want(200)
}

// DSA Art. 17 and 20, for what moderators do by themselves.
func TestWhatModeratorsHideHasReasonsAndCanBeObjectedTo(t *testing.T) {
	h := newHouse(t)
	n, offer := h.news(h.org, "Unser Lesefest war ein Erfolg!"), h.helpOffer("Türkisch übersetzen", h.org)
	for path, public := range map[string]string{
		"/moderation/angebot/" + h.opportunity.Code: "/angebote/" + h.opportunity.Code, "/moderation/neuigkeit/" + n.Code: "/neuigkeiten/" + n.Code, "/vermittlung/ich-biete/" + offer.Code: "/ich-biete/" + offer.Code,
	} {
		form := h.moderator.Get(path).Want(200).Form(mainForm).Set("decision", "hide").Set("reason", "irrefuehrend")
		if got := form.Submit().Want(422); !got.Has("#text[aria-invalid=true]") {
			t.Errorf("%s: hidden without a word", path)
		}
		page := form.Set("text", "Das stimmt nicht.").Submit().Want(200)
		if !strings.HasPrefix(page.Path, "/moderation/meldung/") || !strings.Contains(page.Text("main"), "der Moderation selbst") {
			t.Errorf("%s leads to %s: %s", path, page.Path, page.Text("main"))
		}
		h.visitor().Get(public).Want(404)
		h.clock.Forward(engagement.UndoTime)
		author := strings.TrimPrefix(h.link(h.mail(h.org.ContactMail)), h.Base)
		reasons := h.visitor().Get(author).Want(200)
		if got := reasons.Text("main"); !strings.Contains(got, "niemand hat ihn gemeldet") || !strings.Contains(got, "Das stimmt nicht.") || !strings.Contains(got, "Irreführend") {
			t.Errorf("%s: the author reads %s", path, got)
		}
		reasons.Form(mainForm).Set("text", "Doch.").Submit().Want(200)
		if h.moderator.Get(page.Path).Want(200).Has("main form[novalidate]") {
			t.Errorf("%s: the same moderator decides again", path)
		}
	}
	other := h.place(h.person("moderator2", withRole(engagement.Moderator)))
	other.Get(h.firstCase(other)).Want(200).Form("main form[novalidate]").Set("outcome", "no_action").Submit().Want(200)
}

// What was removed by mistake is back on the pages of its organization, under another address.
func TestAnObjectionBringsNewsAndEventsBack(t *testing.T) {
	h := newHouse(t)
	n, o := h.news(h.org, "Unser Lesefest war ein Erfolg!"), h.occasion(h.org, "Lesetreff am Ufer")
	two, three := h.place(h.person("moderator2", withRole(engagement.Moderator))), h.place(h.person("moderator3", withRole(engagement.Moderator)))
	for old, public := range map[string]string{"/neuigkeiten/" + n.Code: "/neuigkeiten", "/termine/" + o.Code: "/termine"} {
		title := map[bool]string{true: n.Text, false: o.Title}[strings.Contains(old, n.Code)]
		decision := h.status(h.tells(h.visitor(), old[strings.LastIndexByte(old, '/')+1:], "spam", nil))
		path := h.firstCase(h.moderator)
		h.rules(h.moderator, path, "removed")
		two.Get(path).Want(200).Form("main form[novalidate]").Submit().Want(200)
		h.visitor().Get(old).Want(410)
		if got := h.visitor().Get(public).Want(200).Text("main"); strings.Contains(got, title) {
			t.Errorf("%s: still there", public)
		}
		h.visitor().Get(decision).Want(200).Form(mainForm).Set("text", "Doch.").Submit().Want(200)
		page := three.Get(path).Want(200)
		if got := page.Text("main"); !strings.Contains(got, title) {
			t.Errorf("who decides about the objection does not see what it is about: %s", got)
		}
		page.Form("main form[novalidate]").Set("outcome", "no_action").Submit().Want(200)
		h.visitor().Get(old).Want(410)
		h.clock.Forward(engagement.UndoTime)
		hit := h.visitor().Get(public).Want(200).Click(title).Want(200)
		if strings.Contains(hit.Path, n.Code) || strings.Contains(hit.Path, o.Code) || !strings.Contains(hit.Text("h1"), title) {
			t.Errorf("%s leads to %s, %q", public, hit.Path, hit.Text("h1"))
		}
	}
}

func TestModeratorsLimitPartnerSites(t *testing.T) {
	h := newHouse(t)
	h.ally("mitte.example", "Mitmachen in Mitte")
	h.moderator.Get("/moderation/partner-seiten").Want(200).Click("Mitmachen in Mitte").Want(200)
	page := h.moderator.Get("/moderation/partner-seiten/mitte.example").Want(200)
	if page.Has("#level-gesperrt") {
		t.Error("a moderator may block")
	}
	form := page.Form(mainForm).Set("level", "nur-lesen")
	form.Submit().Want(422)
	form.Set("text", "Dreimal Werbung in einer Woche.").Submit().Want(200)
	h.update(func(tx *store.Tx) error {
		q, err := tx.Partner("mitte.example")
		if q.Level != "nur-lesen" || q.MayMatch() || !strings.HasPrefix(q.Note, "Dreimal Werbung") {
			t.Errorf("got %+v", q)
		}
		return err
	})
	if got := h.mail("admin1@mail.example"); strings.Contains(got.Text, "Werbung") {
		t.Errorf("the mail tells %s", got.Text)
	}
	if h.moderator.Get("/moderation/partner-seiten/mitte.example").Want(200).Has(mainForm) {
		t.Error("it can be lowered further")
	}
	h.manager.Get("/moderation/partner-seiten").Want(403)
	h.moderator.Get("/moderation/partner-seiten/nobody.example").Want(404)
}

func TestModeratorsPullTheBrake(t *testing.T) {
	h := newHouse(t)
	frozen := func() (on bool) {
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			on = i.Frozen
			return err
		})
		return on
	}
	pull := h.moderator.Get("/moderation/notbremse").Want(200)
	second := h.place(h.person("moderator2", withRole(engagement.Moderator))).Get("/moderation/notbremse").Want(200)
	if page := pull.Form(mainForm).Submit().Want(200); !frozen() || !strings.Contains(page.Text("main"), "Die Notbremse ist gezogen.") {
		t.Error(page.Text("main"))
	}
	if second.Form(mainForm).Submit().Want(200); !frozen() {
		t.Error("two who pull it release it")
	}
	if h.moderator.Get("/moderation/notbremse").Want(200).Form(mainForm).Submit().Want(200); frozen() {
		t.Error("not released")
	}
	h.manager.Get("/moderation/notbremse").Want(403)
}

func TestNumbersOfModeration(t *testing.T) {
	h := newHouse(t)
	if got := h.visitor().Get("/transparenz").Want(200); !got.Has(".s-empty") {
		t.Error(got.Text("main"))
	}
	h.update(func(tx *store.Tx) error {
		for code, n := range map[engagement.Code]int{"spam": 5, "hass": 4} {
			if err := tx.Tally(engagement.TallyReport, code, n); err != nil {
				return err
			}
		}
		return tx.Tally(engagement.TallyRuling, "hidden", 4)
	})
	for _, l := range []string{"", "/en", "/ls"} {
		h.visitor().Get(l + "/transparenz").Want(200)
	}
	wantTexts(t, h.visitor().Get("/transparenz").Texts(".s-summary dd p"), []string{"9", "Werbung, Spam: 5", "weniger als 5", "weniger als 5", "weniger als 5"})
}

// WEB-07, WEB-08
func TestWhoIsSuspendedCannotSignIn(t *testing.T) {
	h := newHouse(t)
	who, p := h.public("ada_liest")
	h.tells(h.visitor(), "@ada_liest", "spam", nil)
	h.post()
	path := h.firstCase(h.moderator)
	other := h.place(h.person("moderator2", withRole(engagement.Moderator)))
	h.rules(h.moderator, path, "account_suspended")
	who.Get("/meine").Want(200)
	h.rules(other, path, "account_suspended")
	h.visitor().Get("/personen/" + p.Handle).Want(410)
	if got := who.Get("/meine").Want(200); got.Path == "/meine" {
		t.Error("still signed in")
	}
	reasons := ""
	h.clock.Forward(engagement.UndoTime)
	for _, m := range h.post() {
		if m.Subject == "Entscheidung zu Ihrem Inhalt" {
			reasons = strings.TrimPrefix(h.link(m), h.Base)
		}
	}
	page := h.visitor().Get(reasons).Want(200)
	if got := page.Text("main"); !strings.Contains(got, "Diese Entscheidung betrifft Ihr Konto.") || !strings.Contains(got, "Das Konto wurde gesperrt") || !page.Has(mainForm) {
		t.Error(got)
	}
	hash, err := web.HashPassword(t.Context(), "Seestern hat fuenf Arme")
	if err != nil {
		t.Fatal(err)
	}
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin("ada_liest@mail.example")
		if err != nil {
			return err
		}
		a.Password = hash
		return tx.PutAccount(&a)
	})
	for path, want := range map[string]string{"/anmelden": "Dieses Konto ist gesperrt.", "/ls/anmelden": "Ihr Konto ist gesperrt."} {
		form := h.visitor().Get(path).Want(200).Form(mainForm).Set("login", "ada_liest@mail.example").Set("passwort", "Seestern hat fuenf Arme")
		if got := form.Submit().Want(422).Text("main"); !strings.Contains(got, want) {
			t.Error(got)
		}
	}
}
