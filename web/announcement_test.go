package web_test

import (
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
)

// copyFrom makes a piece of news a copy of a partner's.
func copyFrom(host string) func(*engagement.Announcement) {
	return func(n *engagement.Announcement) {
		n.Origin, n.IRI, n.URL = host, "https://"+host+"/ap/announcement/"+string(n.ID), "https://"+host+"/neuigkeiten/basar"
	}
}

func TestNewsOfPartnersStandAmongOurs(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error {
		return tx.PutPartner(&engagement.Partner{Host: "mitte.example", Actor: "https://mitte.example/ap/actor", Name: "Mitte macht mit", State: engagement.PartnerActive, Level: "geprueft"})
	})
	org := h.organization("Nachbarn in Mitte (Demo)", func(o *engagement.Organization) { o.Origin, o.IRI = "mitte.example", "https://mitte.example/ap/org/1" })
	h.news(h.org, "Unser Lesefest war ein Erfolg!")
	n := h.news(org, "Basar am Samstag.\n\n**Alle** <b>sind</b> willkommen.", copyFrom("mitte.example"), func(n *engagement.Announcement) { n.UrgentUntil = engagement.DateOf(h.clock.Now()).Add(3) })
	queued := h.news(org, "Geheimes Sommerfest.", copyFrom("mitte.example"), func(n *engagement.Announcement) { n.State = engagement.AnnouncementQueued })
	path := "/neuigkeiten/" + n.Code

	t.Run("with where they come from", func(t *testing.T) {
		for _, list := range []string{"/neuigkeiten", "/", "/en/neuigkeiten", "/ls/neuigkeiten"} {
			got := h.visitor().Get(list).Want(200).Text("main")
			if !strings.Contains(got, "Basar am Samstag.") || !strings.Contains(got, "Mitte macht mit") || strings.Contains(got, "Sommerfest") {
				t.Errorf("%s says %q", list, got)
			}
		}
		if got := h.visitor().Get("/organisationen/" + org.Code).Want(200).Text("main"); !strings.Contains(got, "Basar am Samstag.") || strings.Contains(got, "Sommerfest") {
			t.Errorf("the page of the organization says %q", got)
		}
	})
	t.Run("as they were written", func(t *testing.T) {
		page := h.visitor().Get(path).Want(200)
		if got := page.Text(".s-prose"); !strings.Contains(got, "**Alle** <b>sind</b> willkommen.") {
			t.Errorf("got %q", got)
		}
		if !page.Has("main a[href='"+n.URL+"'][rel~=nofollow]") || !page.Has("link[rel=canonical][href='"+n.URL+"']") {
			t.Error("no way to where it comes from")
		}
		if got := page.Text("main"); !strings.Contains(got, "Diese Neuigkeit kommt von Mitte macht mit (mitte.example).") || strings.Contains(got, "Antworten") {
			t.Errorf("got %q", got)
		}
		if page.Has("link[type='application/activity+json']") {
			t.Error("it has an address of ours for other servers")
		}
	})
	t.Run("in the feed, and not in the sitemap", func(t *testing.T) {
		feed := h.visitor().Get("/neuigkeiten.atom").Want(200).Body
		if !strings.Contains(feed, "<id>"+n.IRI+"</id>") || !strings.Contains(feed, "**Alle** &lt;b&gt;sind&lt;/b&gt; willkommen.") || strings.Contains(feed, "Sommerfest") {
			t.Errorf("got %s", feed)
		}
		if got := h.visitor().Get("/sitemap.xml").Want(200).Body; strings.Contains(got, n.Code) {
			t.Error("search engines are sent to a copy")
		}
	})
	t.Run("after a moderator has looked at them", func(t *testing.T) {
		h.visitor().Get("/neuigkeiten/" + queued.Code).Want(404)
		h.place(h.person("nobody")).Get("/moderation/neuigkeit/" + queued.Code).Want(403)
		page := h.moderator.Get("/moderation").Want(200).Click("Geheimes Sommerfest.").Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Mitte macht mit (mitte.example)") || !strings.Contains(got, org.Name) {
			t.Errorf("got %q", got)
		}
		page.Form(mainForm).Submit().Want(422)
		page.Form(mainForm).Set("decision", "approve").Submit().Want(200)
		h.visitor().Get("/neuigkeiten/" + queued.Code).Want(200)
		h.moderator.Get("/moderation/neuigkeit/"+queued.Code).Want(200).Form(mainForm).Set("decision", "hide").Set("reason", "irrefuehrend").Set("text", "Das Fest gibt es nicht.").Submit().Want(200)
		h.visitor().Get("/neuigkeiten/" + queued.Code).Want(404)
	})
	t.Run("as long as the server is a partner, and not limited", func(t *testing.T) {
		shown := func() bool { return strings.Contains(h.visitor().Get("/neuigkeiten").Want(200).Text("main"), "Basar") }
		limit := func(s store.Standing) {
			h.update(func(tx *store.Tx) error { return tx.PutPeer(store.Peer{Host: "mitte.example", Standing: s}) })
		}
		limit(store.Limited)
		limited := shown()
		limit(store.Ordinary)
		h.update(func(tx *store.Tx) error {
			p, err := tx.Partner("mitte.example")
			p.State = engagement.PartnerPaused
			if err == nil {
				err = tx.PutPartner(&p)
			}
			return err
		})
		if limited || shown() {
			t.Errorf("still shown: limited %t", limited)
		}
	})
	t.Run("and a report hides them here and does not remove them there", func(t *testing.T) {
		h.tells(h.visitor(), n.Code, "hass", nil)
		page := h.moderator.Get(h.firstCase(h.moderator)).Want(200)
		if got := page.Texts("main form label"); !slices.Contains(got, "Ausblenden") || slices.Contains(got, "Endgültig entfernen") {
			t.Errorf("the outcomes are %q", got)
		}
	})
}
