package web_test

import (
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// public is a person who is public, whom somebody asks to follow.
func (h *house) public(name string) (who *webtest.Client, p engagement.Presence) {
	h.t.Helper()
	who = h.person(name, withProfile())
	who.Get("/meine").Click("Öffentliches Profil").Want(200).Form(mainForm).
		Set("handle", name).Set("name", "Ada").Set("summary", "Lese gern vor.\n\nAuch am Abend.").Set("consent", "1").Submit().Want(200)
	h.update(func(tx *store.Tx) (err error) {
		if p, err = tx.PresenceByHandle(name); err != nil {
			return err
		}
		const kim = "https://m.example/@kim"
		return tx.PutFollower(store.Follower{Owner: "person/" + string(p.ID), Actor: kim, Host: "m.example", Inbox: kim + "/inbox", Follow: kim + "/f", State: store.FollowPending})
	})
	return who, p
}

func TestAPublicPresence(t *testing.T) {
	h := newHouse(t)
	young := h.person("volunteer7")
	form := young.Get("/meine/oeffentlich").Want(200)
	if !strings.Contains(form.Text("main"), "Das geht ab 16 Jahren.") {
		t.Errorf("the page says %q", form.Text("main"))
	}
	refused := form.Form(mainForm).Set("handle", "vvv").Set("name", "Vic").Set("summary", "Rufen Sie an: 030 1234567").Submit().Want(422)
	for _, want := range []string{"Altersgruppe", "Bitte kreuzen Sie an", "Telefonnummer"} {
		if !strings.Contains(refused.Text("main"), want) {
			t.Errorf("no %q in %q", want, refused.Text("main"))
		}
	}
	if got := refused.Form(mainForm).Values.Get("name"); got != "Vic" {
		t.Errorf("the name is lost: %q", got)
	}

	ada, p := h.public("ada_liest")
	page := h.visitor().Get("/@ada_liest").Want(200)
	if page.Path != "/personen/ada_liest" || page.Text("h1") != "Ada" || !strings.Contains(page.Text("main"), "Auch am Abend.") || !page.Has("meta[name=robots][content=noindex]") {
		t.Errorf("%s shows %q", page.Path, page.Text("main"))
	}
	if strings.Contains(page.Body, "volunteer") || strings.Contains(page.Body, "mail.example") {
		t.Error("the page leads to the account")
	}
	own := ada.Get("/meine/oeffentlich").Want(200)
	if !strings.Contains(own.Text("main"), "https://m.example/@kim") {
		t.Errorf("nobody asks: %q", own.Text("main"))
	}
	kim := func() (state store.FollowState) {
		h.update(func(tx *store.Tx) error {
			f, err := tx.Follower("person/"+string(p.ID), "https://m.example/@kim")
			state = f.State
			return err
		})
		return state
	}
	own = own.Form("main form[action=/meine/oeffentlich/folgen/erlauben]").Submit().Want(200)
	if got := kim(); got != store.FollowAccepted || !strings.Contains(own.Text("main"), "Wer Ihnen folgt") {
		t.Errorf("after a yes: %s, %q", got, own.Text("main"))
	}
	own = own.Form("main form[action=/meine/oeffentlich/folgen/ablehnen]").Submit().Want(200)
	if got := kim(); got != store.FollowRefused || strings.Contains(own.Text("main"), "m.example") {
		t.Errorf("after a no: %s, %q", got, own.Text("main"))
	}
	own = own.Form("main form[action=/meine/oeffentlich]").Set("name", "Ada L.").Submit().Want(200)
	if got := h.visitor().Get("/personen/ada_liest").Text("h1"); got != "Ada L." {
		t.Errorf("after a change: %q", got)
	}
	told := h.visitor().Get("/personen/ada_liest").Click("Profil melden").Want(200)
	if !strings.Contains(told.Text("main"), "Ada L.") {
		t.Errorf("the report is about %q", told.Text("main"))
	}
	own.Form("main form[action=/meine/oeffentlich/beenden]").Submit().Want(200)
	h.visitor().Get("/personen/ada_liest").Want(410)
	h.visitor().Get("/personen/niemand").Want(404)
	h.moderator.Get("/meine/oeffentlich/beenden").Want(405)
}
