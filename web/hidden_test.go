package web_test

import (
	"slices"
	"strings"
	"testing"
)

func TestSomebodyHidesAnOrganizationAndShowsItAgain(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada", withProfile()))
	home := "/organisationen/" + h.org.Code
	suggested := func() bool {
		return slices.Contains(titles(ada.Get("/angebote?sortierung=passend").Want(200)), h.opportunity.Title)
	}
	if !suggested() {
		t.Fatal("it is not suggested to begin with")
	}
	if h.visitor().Get(home).Want(200).Has("form[action*=ausblenden]") {
		t.Error("a visitor can hide it")
	}
	list := ada.Get(home).Want(200).Form("form[action*=ausblenden]").Submit().Want(200)
	if list.Path != "/meine/angaben/ausgeblendet" || !strings.Contains(list.Text("main"), h.org.Name) {
		t.Errorf("got %s: %s", list.Path, list.Text("main"))
	}
	if suggested() {
		t.Error("it is suggested")
	}
	if got := ada.Get("/angebote?sortierung=neu").Want(200).Text("#treffer"); !strings.Contains(got, "Das Angebot wird nicht angezeigt.") {
		t.Errorf("the list of all says: %s", got)
	}
	page := ada.Get(home).Want(200)
	if page.Has("form[action*=ausblenden]") || !strings.Contains(page.Text("main"), "Sie haben diese Organisation ausgeblendet") {
		t.Errorf("its page says: %s", page.Text("main"))
	}
	ada.Get("/meine/angaben/ausschluss").Want(200).Form(mainForm).Set("not_areas", "politik").Submit().Want(200) // keeps what it does not ask
	list = ada.Get("/meine/angaben").Want(200).Click("Ausgeblendete Organisationen").Want(200).Form("form[action*=einblenden]").Submit().Want(200)
	if list.Path != "/meine/angaben/ausgeblendet" || strings.Contains(list.Text("main"), h.org.Name) {
		t.Errorf("got %s: %s", list.Path, list.Text("main"))
	}
	if !suggested() {
		t.Error("it is not suggested again")
	}
}
