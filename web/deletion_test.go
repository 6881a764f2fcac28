package web_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

func wants(t *testing.T, page *webtest.Page, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("no %q in %q", want, page.Text("main"))
		}
	}
}

// DEL-13
func TestSomebodyHasTheirAccountDeleted(t *testing.T) {
	h := newHouse(t)
	alone := h.manager.Get("/meine/daten/loeschen").Form(mainForm).Set("sure", "1").Submit().Want(422)
	wants(t, alone, "Nur Sie leiten diese Organisation", h.org.Name)

	ada := h.visitor()
	h.register(ada, "ada", goodPassword)
	ada.Get("/angebote/"+h.opportunity.Code+"/helfen").Want(200).Form(mainForm).Set("age", "ab-18").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
	h.post()
	page := ada.Get("/meine").Want(200).Click("Meine Daten").Click("Konto löschen").Want(200)
	wants(t, page, "14 Tage", "1 Anfrage ist offen", "12 Monate", "30 Tage", "Keine andere Seite")
	page.Form(mainForm).Submit().Want(422)

	h.clock.Forward(11 * time.Minute)
	again := page.Form(mainForm).Set("sure", "1").Submit().Want(403)
	wants(t, again, "länger als 10 Minuten")
	if got := len(h.post()); got != 0 {
		t.Fatalf("it was done without a sign-in: %d mails", got)
	}
	signIn := again.Form(mainForm).Submit().Want(200)
	resumed := signIn.Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
	planned := resumed.Form(mainForm).Submit().Want(200)
	if planned.Path != "/konto/loeschung-geplant" || len(ada.Cookies()) != 0 || planned.Text("h1") != "Wir löschen Ihr Konto in 14 Tagen" {
		t.Errorf("got %s, %q with %d cookies", planned.Path, planned.Text("h1"), len(ada.Cookies()))
	}

	link := h.link(h.mail("ada@mail.example"))
	h.visitor().Get(link).Want(200) // programs that check mail open links
	back := h.visitor()
	back.Get("/anmelden").Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
	wants(t, back.Get("/meine").Want(200), "Wir löschen Ihr Konto am Mittwoch, 9. Dezember 2026")
	if shown := back.Get("/meine/daten/loeschen").Want(200); shown.Has("[name=sure]") {
		t.Error("it can be asked for twice")
	}
	if kept := h.visitor().Get(link).Form(mainForm).Submit().Want(200); kept.Text("h1") != "Ihr Konto bleibt" {
		t.Errorf("got %q", kept.Text("h1"))
	}
	h.visitor().Get(link).Want(410)

	page = back.Get("/meine/daten/loeschen").Want(200)
	page.Form(mainForm).Set("sure", "1").Submit().Want(200)
	back.Get("/anmelden").Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
	if kept := back.Get("/meine/daten/loeschen").Form("main form").Submit().Want(200); !kept.Has("[name=sure]") {
		t.Errorf("got %q", kept.Text("main"))
	}
	back.Get("/meine/daten/loeschen").Form(mainForm).Set("sure", "1").Submit().Want(200)
	h.post()
	h.clock.Forward(engagement.DeletionGrace)
	h.update(func(tx *store.Tx) error { _, err := engagement.Tick(tx, 100); return err })
	mails := h.post()
	if !slices.ContainsFunc(mails, func(m web.Message) bool { return m.To == "ada@mail.example" && m.Subject == "Ihr Konto ist gelöscht" }) {
		t.Errorf("got %+v", mails)
	}
	h.visitor().Get("/anmelden").Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(422)
}

// WEB-31: what is hard to undo is done only by who has just proven who they are, once, and that it was tried is recorded.
func TestImportantStepsNeedAFreshSignIn(t *testing.T) {
	h := newHouse(t, func(o *web.Options) { o.StaffAlone = true })
	boss := h.visitor()
	h.register(boss, "boss", goodPassword)
	n := h.news(h.org, "Unser Lesefest war schön.")
	var account engagement.ID
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin("boss@mail.example")
		account = a.ID
		for _, role := range []engagement.Role{engagement.Admin, engagement.Moderator} {
			if err == nil {
				err = engagement.GrantRole(tx, engagement.System, a.ID, role, true)
			}
		}
		reply := engagement.Reaction{ID: tx.NewID(), Subject: n.ID, Kind: engagement.Reply, Actor: "https://pankow.example/@x", IRI: "https://pankow.example/1", Text: "Unsinn!", Shown: true, At: tx.Now()}
		if err == nil {
			err = tx.PutReaction(reply)
		}
		if err == nil {
			_, err = engagement.SendReport(tx, engagement.Actor{Account: "somebody"}, engagement.Complaint{Object: reply.ID, Reason: "hass"})
		}
		return err
	})
	signIn := func(page *webtest.Page) *webtest.Page {
		return page.Form(mainForm).Set("login", "boss@mail.example").Set("passwort", goodPassword).Submit().Want(200)
	}
	signIn(boss.Get("/anmelden"))
	roles := func() (all []engagement.Role) {
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("manager1@mail.example")
			all = a.Roles
			return err
		})
		return all
	}
	standing := func(host string) (s engagement.Standing) {
		h.update(func(tx *store.Tx) error {
			r, err := tx.HostRule(host)
			s = r.Standing
			return err
		})
		return s
	}
	asked := 0
	for what, c := range map[string]struct {
		form func() *webtest.Form
		done func() bool
	}{
		"a role is granted": {
			func() *webtest.Form {
				return boss.Get("/verwaltung/personen").Form(mainForm).Set("login", "manager1@mail.example").Set("role", "adviser")
			},
			func() bool { return len(roles()) > 0 },
		},
		"a host is suspended": {
			func() *webtest.Form {
				return boss.Get("/verwaltung/netzwerk/server/bad.example").Form("main form[action=/verwaltung/netzwerk/server/bad.example]").Set("standing", "suspended")
			},
			func() bool { return standing("bad.example") == engagement.LimitedHost }, // until a second admin agrees
		},
		"a moderator limits the host of what was reported": {
			func() *webtest.Form {
				path := h.firstCase(boss)
				return boss.Get(path).Form("main form[action="+path+"]").Set("outcome", string(engagement.MakeLimited)).Set("reason", "irrefuehrend").Set("text", "Das geht so nicht.")
			},
			func() bool { return standing("pankow.example") == engagement.LimitedHost },
		},
	} {
		t.Run(what, func(t *testing.T) {
			signIn(boss.Get("/anmelden"))
			form := c.form()
			h.clock.Forward(11 * time.Minute)
			again := form.Submit().Want(403)
			asked++
			wants(t, again, "länger als 10 Minuten")
			if c.done() {
				t.Fatal("it was done")
			}
			resumed := signIn(again.Form(mainForm).Submit().Want(200))
			if c.done() {
				t.Fatal("it was done by signing in")
			}
			resumed.Form(mainForm).Submit().Want(200)
			if !c.done() {
				t.Error("it was not done after the sign-in")
			}
		})
	}
	h.update(func(tx *store.Tx) error {
		about, err := tx.AuditAbout(account, 100)
		about = slices.DeleteFunc(about, func(e engagement.AuditEntry) bool { return e.Action != "account.step-up" })
		if len(about) != asked {
			t.Errorf("%d entries that a sign-in was asked for, want %d", len(about), asked)
		}
		return err
	})
}
