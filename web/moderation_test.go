package web_test

import (
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

func TestModeration(t *testing.T) {
	h := newHouse(t)
	t.Run("is for moderators", func(t *testing.T) {
		for _, path := range []string{"/moderation", "/moderation/angebot/" + h.opportunity.Code, "/moderation/organisation/" + h.org.Code} {
			if got := h.admin.Get(path).Status; got != 403 && got != 404 {
				t.Errorf("an admin gets %d at %s", got, path)
			}
			if got := h.visitor().Get(path).Path; !strings.HasPrefix(got, "/anmelden") {
				t.Errorf("a visitor gets %s", got)
			}
		}
		h.moderator.Get("/vermittlung").Want(403)
	})
	t.Run("says when nothing waits", func(t *testing.T) {
		if page := h.moderator.Get("/moderation").Want(200); !page.Has(".s-empty") {
			t.Errorf("got %q", page.Text("main"))
		}
	})
	t.Run("names what waits too long", func(t *testing.T) {
		h.real.opportunity("Bücher für die Ferien packen", h.org, func(o *engagement.Opportunity) {
			o.State, o.Submitted = engagement.Submitted, h.clock.Now().Add(-7*24*time.Hour)
		})
		h.real.opportunity("Märchen erzählen im Advent", h.org, func(o *engagement.Opportunity) {
			o.State, o.Submitted = engagement.Submitted, h.clock.Now()
		})
		page := h.moderator.Get("/moderation")
		wantTexts(t, page.Texts(".s-hit h2"), []string{"Bücher für die Ferien packen", "Märchen erzählen im Advent"})
		if got := len(page.Find(".s-hit strong")); got != 1 {
			t.Errorf("%d cases are late, want 1", got)
		}
	})
	t.Run("hides an opportunity and shows it again", func(t *testing.T) {
		path, public := "/moderation/angebot/"+h.opportunity.Code, "/angebote/"+h.opportunity.Code
		h.moderator.Get(path).Form(mainForm).Set("decision", "hide").Submit().Want(422)
		h.moderator.Get(path).Form(mainForm).Set("decision", "hide").Set("reason", "irrefuehrend").Set("text", "Die Kita gibt es nicht.").Submit().Want(200)
		h.visitor().Get(public).Want(404)
		h.moderator.Get(path).Form(mainForm).Set("decision", "restore").Submit().Want(200)
		h.visitor().Get(public).Want(200)
	})
	t.Run("suspends an organization with its opportunities", func(t *testing.T) {
		path := "/moderation/organisation/" + h.org.Code
		h.moderator.Get(path).Form(mainForm).Set("decision", "hide").Set("reason", "irrefuehrend").Set("text", "Bitte melden Sie sich.").Submit().Want(200)
		h.visitor().Get("/organisationen/" + h.org.Code).Want(404)
		h.moderator.Get(path).Form(mainForm).Set("decision", "restore").Set("text", "Alles geklärt.").Submit().Want(200)
		h.visitor().Get("/organisationen/" + h.org.Code).Want(200)
	})
	t.Run("shows a reply from elsewhere only after a look", func(t *testing.T) {
		n := h.news(h.org, "Unser Lesefest war ein Erfolg!")
		h.update(func(tx *store.Tx) error {
			return tx.PutReaction(engagement.Reaction{ID: tx.NewID(), Subject: n.ID, Kind: engagement.Reply, Handle: "@kim@social.example", Actor: "https://social.example/kim", Text: "Ich war dabei!", At: tx.Now()})
		})
		public := "/neuigkeiten/" + n.Code
		if strings.Contains(h.visitor().Get(public).Body, "Ich war dabei!") {
			t.Error("shown before")
		}
		h.moderator.Get("/moderation").Form("main form[action*=/zeigen]").Submit().Want(200)
		if h.moderator.Get("/moderation").Has("main form[action*=/zeigen]") {
			t.Error("still waits")
		}
		if !strings.Contains(h.visitor().Get(public).Body, "Ich war dabei!") {
			t.Error("not shown after")
		}
	})
}
