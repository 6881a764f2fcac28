package web_test

import (
	"time"

	"seestern/engagement"
	"seestern/store"
)

// stateLooks are pages in a state of which nothing else is among the looks: what waits for a second person, what somebody signed in sees of a
// public page, lists with something on them where the others are empty.
func (h *house) stateLooks() []look {
	h.t.Helper()
	boss := h.place(h.person("admin2", withRole(engagement.Admin)))
	h.person("volunteer5")
	h.admin.Get("/verwaltung/personen").Want(200).Form(mainForm).Set("login", "volunteer5@mail.example").Set("role", "moderator").Submit().Want(200)
	boss.Get("/verwaltung/personen").Want(200).Form("main form[novalidate]").Set("login", "volunteer5@mail.example").Set("role", "admin").Submit().Want(200)
	h.admin.Get("/verwaltung/netzwerk/server/social.example").Want(200).Form("main form[novalidate]").Set("standing", "suspended").Submit().Want(200)
	resting := h.place(h.person("moderator3", func(tx *store.Tx, a engagement.Account) error {
		a, err := tx.Account(a.ID)
		if err != nil {
			return err
		}
		a.Roles = []engagement.Role{engagement.Moderator}
		return tx.PutAccount(&a)
	}))
	b := h.board(koepenickBoard())
	plain := h.place(h.person("volunteer7"))
	helping, m := h.active("volunteer4")
	news := h.news(h.org, "Wir lesen auch im Winter.")
	h.real.opportunity("Zweimal dasselbe", h.org, func(o *engagement.Opportunity) {
		o.State, o.Reason, o.Origin, o.IRI = engagement.Hidden, "doppelt", "pankow.example", "https://pankow.example/ap/o/2"
	})
	moving := h.organization("Spielmobil Bohnsdorf (Demo)", func(o *engagement.Organization) {
		o.AlsoKnownAs = []string{"https://frueher.example/ap/org/1"}
	})
	mover := h.place(h.person("manager4", memberOf(moving, engagement.Manager)))
	moved := h.organization("Nähstube Grünau (Demo)", func(o *engagement.Organization) {
		o.MovedTo, o.MovedName, o.MovedPage = "https://neu.example/ap/org/1", "Nähstube Grünau", "https://neu.example/organisationen/1"
	})
	gone := h.place(h.person("manager5", memberOf(moved, engagement.Manager)))
	h.update(func(tx *store.Tx) error {
		for _, shown := range []bool{true, false} {
			reply := engagement.Reaction{ID: tx.NewID(), Subject: news.ID, Kind: engagement.Reply, Handle: "@kim@social.example", Actor: "https://social.example/kim", Text: "Ich komme gern wieder!", At: tx.Now(), Shown: shown}
			if err := tx.PutReaction(reply); err != nil {
				return err
			}
		}
		again, err := tx.MatchRequest(m.ID)
		if err != nil {
			return err
		}
		again.Reconfirm = tx.Now().Add(72 * time.Hour)
		if err := tx.PutMatchRequest(&again); err != nil {
			return err
		}
		p, err := tx.Partner("mitte.example")
		if err != nil {
			return err
		}
		p.Suspects = []string{"https://mitte.example/ap/org/7"}
		return tx.PutPartner(&p)
	})
	admin := "/verwaltung/orte-und-themen"
	return []look{
		{"host-proposed", "/verwaltung/netzwerk/server/social.example", boss},
		{"host-proposed-mine", "/verwaltung/netzwerk/server/social.example", h.admin},
		{"partner-suspect", "/verwaltung/netzwerk/mitte.example", h.admin},
		{"home-resting", "/meine", resting},
		{"home-team", "/meine", h.manager},
		{"boards", "/orte", nil},
		{"boards-easy", "/ls/orte", nil},
		{"board", "/orte/" + b.Handle, nil},
		{"boards-admin", admin, h.admin},
		{"board-edit", admin + "/" + b.Handle, h.admin},
		{"organization-moved", "/organisationen/" + moved.Code, nil},
		{"request-list", "/meine/anfragen", helping},
		{"request-list-easy", "/ls/meine/anfragen", helping},
		{"request-again", "/meine/anfragen/" + string(m.ID), helping},
		{"news-replies", "/neuigkeiten/" + news.Code, nil},
		{"subscription-none", "/meine/benachrichtigungen", plain},
		{"calendar-none", "/meine/kalender", plain},
		{"move-aliases", "/meine/organisationen/" + moving.Code + "/umzug", mover},
		{"moved", "/meine/organisationen/" + moved.Code + "/umzug", gone},
		{"moved-home", "/meine/organisationen/" + moved.Code, gone},
	}
}

// openLooks are public pages as people see them who have signed in; after [house.looks].
func (h *house) openLooks() []look {
	h.t.Helper()
	public := "/angebote/" + h.opportunity.Code
	near, plain := h.place(h.person("reader6", withProfile())), h.place(h.person("reader7"))
	helping, _ := h.active("reader8")
	return []look{
		{"board-own", "/orte/koepenick", h.admin},
		{"opportunity-fit", public, near},
		{"opportunity-fit-easy", "/ls" + public, near},
		{"opportunity-helping", public, helping},
		{"opportunity-team", public, h.manager},
		{"organization-signed-in", "/organisationen/" + h.org.Code, near},
		{"organization-adviser", "/organisationen/" + h.org.Code, h.adviser},
		{"search-fit", "/angebote?sortierung=passend", near},
		{"post-choose", "/angebot-einstellen", h.manager},
		{"post-nobody", "/angebot-einstellen", plain},
	}
}
