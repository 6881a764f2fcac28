package web_test

import (
	"strings"
	"testing"
	"time"

	"seestern/store"
	"seestern/store/storetest"
)

// RES-21: with little space left nothing new is taken in. What ends something, signing in and administration go on.
func TestLittleSpaceIsKeptForWhatMustGoOn(t *testing.T) {
	free := uint64(1 << 40)
	config := storetest.SQLite(t)
	config.Space = func() (uint64, error) { return free, nil }
	h := newHouseOn(t, config)
	person := h.visitor()
	status := h.ask(person, h.opportunity, "reader1")
	bench := "/meine/organisationen/" + h.org.Code
	news := h.manager.Get(bench+"/neuigkeiten").Want(200).Form(mainForm).Set("text", "Sprechstunde mittwochs.")
	withdraw := person.Get(status.Path + "/absagen").Want(200).Form(mainForm)
	hide := h.moderator.Get("/moderation/angebot/"+h.opportunity.Code).Form(mainForm).Set("decision", "hide").Set("reason", "irrefuehrend").Set("text", "Das stimmt so nicht.")
	signIn := h.visitor().Get("/anmelden/link").Form(mainForm).Set("login", "manager1@mail.example")

	free = 1 << 20
	page := news.Submit().Want(503)
	if !strings.Contains(page.Text("main"), "kein Platz") || !strings.Contains(page.Body, "Sprechstunde mittwochs.") {
		t.Errorf("says %q", page.Text("main"))
	}
	h.visitor().Get("/angebote/" + h.opportunity.Code).Want(200)
	signIn.Submit().Want(200)
	h.visitor().Get(h.link(h.mail("manager1@mail.example"))).Want(200).Form(mainForm).Submit().Want(200)
	withdraw.Submit().Want(200)
	if got := person.Get(status.Path).Text("main"); !strings.Contains(got, "Zurückgezogen") {
		t.Errorf("after it was withdrawn the request says %q", got)
	}
	hide.Submit().Want(200)

	free = 1 << 40
	page.Form(mainForm).Submit().Want(200)
	h.update(func(tx *store.Tx) error {
		news, err := tx.AnnouncementsOf(h.org.ID, time.Time{}, 10)
		if len(news) != 1 {
			t.Errorf("%d news, want 1", len(news))
		}
		return err
	})
}
