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

// active is somebody with an account who helps with the opportunity of the house, and the request.
func (h *house) active(name string) (*webtest.Client, engagement.MatchRequest) {
	h.t.Helper()
	person := h.place(h.person(name))
	var m engagement.MatchRequest
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin(name + "@mail.example")
		if err != nil {
			return err
		}
		m = engagement.MatchRequest{
			ID: tx.NewSecretID(), Number: "A-" + strings.ToUpper(name), Direction: "interest", Opportunity: h.opportunity.ID, Organization: h.org.ID, Account: a.ID, Via: "direkt", Quantity: 1,
			State: engagement.Active, Card: engagement.Card{"name": "Ada Beispiel"}, SentAt: tx.Now(), AgreedAt: tx.Now(), Created: tx.Now(),
		}
		return tx.PutMatchRequest(&m)
	})
	return person, m
}

// wrote enters hours of a day for the only thing that somebody does.
func wrote(c *webtest.Client, day time.Time, hours string) *webtest.Page {
	return c.Get("/meine/stunden/neu").Want(200).Form(mainForm).
		Set("day-tag", day.Format("2")).Set("day-monat", day.Format("1")).Set("day-jahr", day.Format("2006")).Set("hours", hours).Submit()
}

// changeOf is the link that changes the entry with those hours.
func changeOf(t *testing.T, page *webtest.Page, hours string) string {
	t.Helper()
	for _, link := range page.Find(".s-hit .s-actions a") {
		if strings.Contains(webtest.TextOf(link), ": "+hours) {
			return webtest.Attr(link, "href")
		}
	}
	t.Fatalf("no entry of %s on %s", hours, page.Path)
	return ""
}

// decideOf is the link to the first entry that waits.
func decideOf(page *webtest.Page) string {
	for _, link := range page.Find(".s-hit a") {
		if strings.HasPrefix(webtest.TextOf(link), "Ändern oder ablehnen") {
			return webtest.Attr(link, "href")
		}
	}
	return ""
}

func TestHoursOnThePages(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code + "/stunden"
	stranger := h.place(h.person("stranger"))
	wants(t, stranger.Get("/meine/stunden").Want(200), "sobald Sie mit einer Organisation etwas vereinbart haben")
	wants(t, stranger.Get("/meine/stunden/neu").Want(200), "sobald Sie mit einer Organisation")
	stranger.Get(bench).Want(404)

	ada, m := h.active("ada")
	today := h.clock.Now()
	status := ada.Get("/meine/anfragen/" + string(m.ID)).Want(200)
	form := status.Click("Stunden eintragen").Want(200)
	for _, problem := range form.Problems() {
		t.Error(problem)
	}
	t.Run("what is wrong is said, and nothing is lost", func(t *testing.T) {
		wrong := wrote(ada, today, "2,1").Want(422)
		wants(t, wrong, "volle Viertelstunden")
		if got := webtest.Attr(wrong.Find("#hours")[0], "value"); got != "2,1" {
			t.Errorf("the input became %q", got)
		}
		wants(t, wrote(ada, today, "25").Want(422), "eine Viertelstunde bis 24 Stunden")
		wants(t, wrote(ada, today.AddDate(0, 0, 1), "2").Want(422), "kommt erst noch")
		both := form.Form(mainForm).Set("hours", "1").Submit().Want(422)
		wants(t, both, "entweder einen Tag oder einen Monat")
	})
	list := wrote(ada, today, "2,5").Want(200)
	wants(t, list, "2,5 Stunden", "Wartet auf die Organisation", "Kindern vorlesen in der Kita")
	month := form.Form(mainForm).Set("month", today.AddDate(0, 0, 1-today.Day()).Format("2006-01")+"-01").Set("hours", "10").Set("kind", "vorbereitung").Submit().Want(200)
	wants(t, month, "10 Stunden", "Vorbereitung")
	mail := h.mail("ehrenamt@leseinsel.example")
	if mail.Subject != "Stunden bestätigen" || strings.Contains(mail.Text, "Ada") || strings.Contains(mail.Text, "Kita") {
		t.Errorf("mail %+v", mail)
	}

	t.Run("a row can be changed and deleted until it is confirmed", func(t *testing.T) {
		wrote(ada, today, "1").Want(200)
		page := ada.Get("/meine/stunden").Want(200)
		n := len(page.Find(".s-hit"))
		edit := ada.Get(changeOf(t, page, "1 Stunde")).Want(200)
		wants(t, edit.Form(mainForm).Set("hours", "3").Submit().Want(200), "3 Stunden")
		stranger.Get(edit.Path).Want(404)
		stranger.Get("/meine/stunden").Want(200)
		deleted := ada.Get("/meine/stunden").Form("form[action*=" + strings.TrimPrefix(edit.Path, "/meine/stunden/") + "]").Submit().Want(200)
		if got := len(deleted.Find(".s-hit")); got != n-1 {
			t.Errorf("%d rows after one of %d was deleted", got, n)
		}
	})
	t.Run("the organization confirms several at once", func(t *testing.T) {
		page := h.manager.Get(h.link(mail)).Want(200)
		wants(t, page, "Ada Beispiel", "Warten auf Ihre Bestätigung")
		for _, problem := range page.Problems() {
			t.Error(problem)
		}
		wants(t, page.Form("main form[novalidate]").Submit().Want(422), "mindestens einen Eintrag")
		var ticks []string
		for _, box := range page.Find("input[name=entry]") {
			ticks = append(ticks, webtest.Attr(box, "value"))
		}
		if len(ticks) != 2 {
			t.Fatalf("%d rows wait", len(ticks))
		}
		done := page.Form("main form[novalidate]").Set("entry", ticks...).Submit().Want(200)
		wants(t, done, "Zurzeit wartet kein Eintrag", "Bestätigt")
		news := h.mail("ada@mail.example")
		if news.Subject != "Ihre Stunden" {
			t.Errorf("mail %+v", news)
		}
		confirmed := ada.Get(h.link(news)).Want(200)
		wants(t, confirmed, "Bestätigte Stunden im Jahr", today.Format("2006"))
		if len(confirmed.Find(".s-hit")) != 2 {
			t.Errorf("%d rows", len(confirmed.Find(".s-hit")))
		}
		wants(t, ada.Get("/meine/daten/zugriffe").Want(200), h.org.Name) // reading the name is recorded
	})
	t.Run("it corrects or rejects with a reason, which the person reads", func(t *testing.T) {
		wrote(ada, today, "4").Want(200)
		page := h.manager.Get(decideOf(h.manager.Get(bench).Want(200))).Want(200)
		wants(t, page, "Ada Beispiel", "4 Stunden")
		wants(t, page.Form(mainForm).Set("what", "anders").Set("hours", "3,5").Submit().Want(422), "Warum?")
		page.Form(mainForm).Set("what", "anders").Set("hours", "3,5").Set("reason", "Es ging früher zu Ende.").Submit().Want(200)
		wants(t, ada.Get("/meine/stunden").Want(200), "3,5 Stunden", "Eingetragen waren 4 Stunden", "Es ging früher zu Ende.")

		wrote(ada, today, "6").Want(200)
		open := h.manager.Get(decideOf(h.manager.Get(bench).Want(200))).Want(200)
		ada.Get(changeOf(t, ada.Get("/meine/stunden").Want(200), "6 Stunden")).Form(mainForm).Set("hours", "7").Submit().Want(200)
		late := open.Form(mainForm).Set("what", "nein").Set("reason", "Da war niemand.").Submit().Want(422)
		wants(t, late, "hat sich inzwischen geändert", "7 Stunden", "Da war niemand.")
		late.Form(mainForm).Submit().Want(200)
		wants(t, ada.Get("/meine/stunden").Want(200), "Nicht bestätigt", "Da war niemand.")
	})
	t.Run("tables are for spreadsheets", func(t *testing.T) {
		file := ada.Get("/meine/stunden.csv").Want(200)
		if !strings.HasPrefix(file.Body, "\ufeff\"tag\";") || !strings.Contains(file.Body, `"150";"2,5";"confirmed";"selbst"`) {
			t.Errorf("table %q", file.Body)
		}
		team := h.manager.Get(bench + ".csv").Want(200)
		if !strings.Contains(team.Body, `"Ada Beispiel"`) || strings.Contains(team.Body, "rejected") {
			t.Errorf("table of the team %q", team.Body)
		}
		h.update(func(tx *store.Tx) error {
			entries, err := tx.AuditOf(h.org.ID)
			if !slices.ContainsFunc(entries, func(e engagement.AuditEntry) bool { return e.Action == "hours.export" && e.New == "3" }) {
				t.Errorf("the table of the team left no trace: %+v", entries)
			}
			return err
		})
		stranger.Get(bench + ".csv").Want(404)
	})
	t.Run("mails can be ended by one click", func(t *testing.T) {
		wrote(ada, today, "1").Want(200)
		ada.Get("/meine/stunden").Want(200)
		h.post()
		h.clock.Forward(25 * time.Hour)
		ada, manager := h.again("ada"), h.again("manager1")
		wrote(ada, h.clock.Now(), "1").Want(200)
		off := h.mail("ehrenamt@leseinsel.example").Off
		page := h.visitor().Get(strings.TrimPrefix(off, h.Base)).Want(200)
		wants(t, page.Form("main form").Submit().Want(200), "Es kommen keine E-Mails")
		wants(t, manager.Get(bench).Want(200), "Es kommen keine E-Mails", "Wieder E-Mails schicken")
		h.clock.Forward(25 * time.Hour)
		ada = h.again("ada")
		wrote(ada, h.clock.Now(), "1").Want(200)
		if got := h.post(); len(got) != 0 {
			t.Errorf("mails %+v", got)
		}
		wants(t, ada.Get("/meine/stunden").Want(200).Form("form[action*=mails]").Submit().Want(200), "Wieder E-Mails schicken")
	})
}

// hoursLooks are the pages about hours, with something on them.
func (h *house) hoursLooks() []look {
	h.t.Helper()
	grace, _ := h.active("grace")
	today := h.clock.Now()
	for _, hours := range []string{"2,5", "0,75", "3", "8"} {
		wrote(grace, today, hours).Want(200)
	}
	bench := "/meine/organisationen/" + h.org.Code + "/stunden"
	page := h.manager.Get(bench).Want(200)
	confirmed := webtest.Attr(page.Find("input[name=entry]")[0], "value")
	rejected := h.manager.Get(decideOf(page.Form("main form[novalidate]").Set("entry", confirmed).Submit().Want(200))).Want(200)
	rejected.Form(mainForm).Set("what", "nein").Set("reason", "Der Termin fiel aus.").Submit().Want(200)
	waits := h.manager.Get(bench).Want(200)
	edit := ""
	for _, link := range grace.Get("/meine/stunden").Want(200).Find(".s-hit .s-actions a") {
		edit = webtest.Attr(link, "href")
	}
	return append(h.certificateLooks(), []look{
		{"hours", "/meine/stunden", grace},
		{"hours-easy", "/ls/meine/stunden", grace},
		{"hours-none", "/meine/stunden", h.adviser},
		{"hours-new", "/meine/stunden/neu", grace},
		{"hours-new-easy", "/ls/meine/stunden/neu", grace},
		{"hours-edit", edit, grace},
		{"hours-team", bench, h.manager},
		{"hours-decide", decideOf(waits), h.manager},
	}...)
}
