package web_test

import (
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
)

// gets a message from elsewhere, to the organization or, with the empty ID, to the instance.
func (h *house) gets(to engagement.ID, text string) engagement.ID {
	h.t.Helper()
	var id engagement.ID
	h.update(func(tx *store.Tx) error {
		if err := tx.PutRemoteActor(store.RemoteActor{IRI: "https://social.example/kim", Host: "social.example", Fetched: tx.Now()}); err != nil {
			return err
		}
		from := engagement.RemotePerson{Actor: "https://social.example/kim", Handle: "@kim@social.example", Note: "https://social.example/" + text, FollowersToo: true}
		if err := engagement.ReceiveMessage(tx, engagement.Message{Organization: to, From: from, Text: text}); err != nil {
			return err
		}
		list, err := tx.MessagesTo(to)
		id = list[len(list)-1].ID
		return err
	})
	return id
}

func TestATeamReadsAndAnswersMessages(t *testing.T) {
	h := newHouse(t)
	h.post()
	id := h.gets(h.org.ID, "Wann ist <b>offen</b>?")
	list := "/meine/organisationen/" + h.org.Code + "/nachrichten"
	if got := h.mail(h.org.ContactMail); h.link(got) != h.Base+list {
		t.Errorf("the mail leads to %s", h.link(got))
	}
	if h.gets(h.org.ID, "Und wo?"); len(h.post()) != 0 {
		t.Error("a mail for every message")
	}
	if page := h.manager.Get(list).Want(200); len(page.Find(".s-hit strong")) != 2 {
		t.Error(page.Text("main"))
	}
	page := h.manager.Get(list + "/" + string(id)).Want(200)
	if got := page.Text("main"); !strings.Contains(got, "@kim@social.example") || !strings.Contains(got, "Wann ist <b>offen</b>?") || !strings.Contains(got, "Follower") {
		t.Error(got)
	}
	if got := len(h.manager.Get(list).Find(".s-hit strong")); got != 1 {
		t.Errorf("%d are new, want 1", got)
	}
	page.Form("main form[novalidate]").Submit().Want(422)
	if got := page.Form("main form[novalidate]").Set("text", "Mittwochs.").Submit().Want(200); !strings.Contains(got.Text("main"), "Mittwochs.") || got.Has("main form[novalidate]") {
		t.Error(got.Text("main"))
	}
	events, err := h.store.LeaseEvents(t.Context(), engagement.Wire, "test", 10, 1e9)
	if err != nil || len(events) != 1 || events[0].Kind != engagement.WireMessage || events[0].Subject != id {
		t.Errorf("%v: %+v", err, events)
	}
	t.Run("nobody else does", func(t *testing.T) {
		h.moderator.Get(list + "/" + string(id)).Want(404)
		h.moderator.Get("/moderation/nachricht/" + string(id)).Want(404)
		h.place(h.person("volunteer1")).Get(list).Want(404)
	})
	t.Run("and deletes them", func(t *testing.T) {
		h.manager.Get(list + "/" + string(id)).Form("main form[action*=/loeschen]").Submit().Want(200)
		h.manager.Get(list + "/" + string(id)).Want(404)
	})
}

func TestModeratorsReadMessagesToTheInstance(t *testing.T) {
	h := newHouse(t)
	id := h.gets("", "Seid ihr das Freiwilligenzentrum?")
	path := h.firstCase(h.moderator)
	if path != "/moderation/nachricht/"+string(id) {
		t.Fatalf("the first case is %s", path)
	}
	h.admin.Get(path).Want(403)
	page := h.moderator.Get(path).Want(200)
	if got := page.Text(".s-lead"); !strings.Contains(got, "Mitmachen in Treptow-Köpenick") {
		t.Error(got)
	}
	page.Form("main form[novalidate]").Set("text", "Ja.").Submit().Want(200)
	if got := h.moderator.Get("/moderation").Text("main"); !strings.Contains(got, "beantwortet") {
		t.Error(got)
	}
	h.moderator.Get(path).Form("main form[action*=/loeschen]").Submit().Want(200)
	if got := h.moderator.Get("/moderation").Text("main"); strings.Contains(got, "@kim@") {
		t.Error(got)
	}
}
