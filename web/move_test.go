package web_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
)

// withAccounts gives other servers accounts by their address.
func withAccounts(accounts map[string]engagement.Elsewhere) func(*web.Options) {
	return func(o *web.Options) {
		o.Network.Account = func(_ context.Context, address string) (engagement.Elsewhere, error) {
			if a, ok := accounts[address]; ok {
				return a, nil
			}
			return engagement.Elsewhere{}, errors.New("nobody there")
		}
	}
}

func TestAnOrganizationMovesOnItsPages(t *testing.T) {
	accounts := map[string]engagement.Elsewhere{"@alt@old.example": {IRI: "https://old.example/users/alt", Name: "Alt"}}
	h := newHouse(t, withAccounts(accounts))
	own := h.Base + "/ap/" + store.NounOrganization + "/" + string(h.org.ID)
	there := engagement.Elsewhere{IRI: "https://new.example/users/neu", Handle: "@neu@new.example", Name: "Leseinsel Neu", Page: "https://new.example/@neu"}
	accounts["@neu@new.example"], accounts[there.IRI] = there, there
	bench := "/meine/organisationen/" + h.org.Code
	h.update(func(tx *store.Tx) error {
		return tx.PutFollower(store.Follower{Owner: "org/" + string(h.org.ID), Actor: "https://m.example/a", Host: "m.example", Inbox: "https://m.example/i", Follow: "https://m.example/f", State: store.FollowAccepted})
	})
	h.ask(h.visitor(), h.opportunity, "reader1")

	t.Run("which only its managers see", func(t *testing.T) {
		h.place(h.person("stranger")).Get(bench + "/umzug").Want(404)
		member := h.place(h.person("member", memberOf(h.org, engagement.Member)))
		for _, path := range []string{"/umzug", "/umzug/frueher", "/umzug/ziel"} {
			member.Get(bench + path).Want(403)
		}
		if got := member.Get(bench).Want(200).Text("main nav"); strings.Contains(got, "Umzug") {
			t.Errorf("a member is offered %q", got)
		}
	})
	t.Run("with its former accounts", func(t *testing.T) {
		form := h.manager.Get(bench).Click("Umzug").Want(200).Click("Früheres Konto nennen").Want(200).Form(mainForm)
		page := form.Set("address", "@niemand@old.example").Submit().Want(422)
		if got := page.Text("#address-error"); !strings.Contains(got, "kein Konto gefunden") || page.Form(mainForm).Values.Get("address") != "@niemand@old.example" {
			t.Errorf("got %q and %v", got, page.Form(mainForm).Values)
		}
		page = page.Form(mainForm).Set("address", "@alt@old.example").Submit().Want(200)
		if got := page.Text("main"); page.Path != bench+"/umzug" || !strings.Contains(got, "https://old.example/users/alt") || !strings.Contains(got, own) {
			t.Errorf("got %s %q", page.Path, got)
		}
		page = page.Form("main form[action*=entfernen]").Submit().Want(200)
		if got := page.Text("main"); strings.Contains(got, "https://old.example/users/alt") {
			t.Errorf("still there: %q", got)
		}
	})
	t.Run("not to an account that does not name it", func(t *testing.T) {
		form := h.manager.Get(bench + "/umzug").Click("Umzug vorbereiten").Want(200).Form(mainForm)
		page := form.Set("address", "@neu@new.example").Submit().Want(422)
		if got := page.Text("#address-error"); !strings.Contains(got, "noch nicht als früheres Konto") {
			t.Errorf("got %q", got)
		}
		if got := page.Form(mainForm).Values.Get("address"); got != "@neu@new.example" {
			t.Errorf("what was typed is lost: %q", got)
		}
	})
	t.Run("after a last look", func(t *testing.T) {
		there.KnownAs = []string{own}
		accounts["@neu@new.example"], accounts[there.IRI] = there, there
		page := h.manager.Get(bench+"/umzug/ziel").Form(mainForm).Set("address", "@neu@new.example").Submit().Want(200)
		for _, want := range []string{"Leseinsel Neu", "@neu@new.example", "1 Konto folgt", "1 Angebot endet", "1 offene Anfrage"} {
			if got := page.Text("main"); !strings.Contains(got, want) {
				t.Errorf("without %q: %q", want, got)
			}
		}
		t.Run("which is not enough when the account has changed its mind", func(t *testing.T) {
			changed := there
			changed.KnownAs = nil
			accounts[there.IRI] = changed
			again := page.Form("main form[action*=los]").Submit().Want(422)
			if again.Text("#address-error") == "" || again.Form(mainForm).Values.Get("address") != there.IRI {
				t.Errorf("got %q", again.Text("main"))
			}
			accounts[there.IRI] = there
		})
		page = page.Form("main form[action*=los]").Submit().Want(200)
		if got := page.Text("main"); page.Path != bench+"/umzug" || !strings.Contains(got, "umgezogen") {
			t.Errorf("got %s %q", page.Path, got)
		}
	})
	t.Run("and its page says where it is", func(t *testing.T) {
		page := h.visitor().Get("/organisationen/" + h.org.Code).Want(200)
		if !page.Has("main a[href='https://new.example/@neu'][rel~=nofollow]") || page.Has(".s-address") {
			t.Errorf("got %q", page.Text("main"))
		}
		h.visitor().Get("/angebote/" + h.opportunity.Code).Want(410)
		if home := h.manager.Get(bench).Want(200); home.Has("main a[href*=angebot-einstellen]") || !strings.Contains(home.Text("main"), "Leseinsel Neu") {
			t.Errorf("the workspace says %q", home.Text("main"))
		}
	})
	t.Run("and back", func(t *testing.T) {
		page := h.manager.Get(bench + "/umzug").Form("main form[action*=zurueck]").Submit().Want(200)
		if strings.Contains(page.Text("main"), "umgezogen") {
			t.Errorf("got %q", page.Text("main"))
		}
	})
}

func TestAnOrganizationTakesAnArchiveAlong(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code
	page := h.manager.Get(bench + "/umzug").Want(200)
	const form = "main form[action*=archiv]"
	file := page.Form(form).Submit().Want(200)
	if got := file.Header.Get("Content-Type"); got != "application/x-tar" || file.Body != "archive of "+string(h.org.ID) {
		t.Errorf("got %s %q", got, file.Body)
	}
	if got, want := file.Header.Get("Content-Disposition"), "attachment; filename="+h.org.Handle+"-2026-11-25.tar"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	audited := func() (n int) {
		h.update(func(tx *store.Tx) error {
			n = 0
			list, err := tx.AuditOf(h.org.ID)
			for _, e := range list {
				if e.Action == "organization.export" {
					n++
				}
			}
			return err
		})
		return n
	}
	if n := audited(); n != 1 {
		t.Errorf("%d entries", n)
	}
	var account engagement.Account
	second := h.person("second", func(tx *store.Tx, a engagement.Account) error {
		account = a
		return memberOf(h.org, engagement.Manager)(tx, a)
	})
	stale := h.place(second).Get(bench + "/umzug").Want(200).Form(form)
	h.update(func(tx *store.Tx) error { return memberOf(h.org, engagement.Member)(tx, account) })
	if got := stale.Submit().Want(403); strings.Contains(got.Body, "archive of") || audited() != 1 {
		t.Errorf("who manages it no more got %q", got.Body)
	}
}

func TestThereIsNoMoveWhereNothingFederates(t *testing.T) {
	h := newHouse(t, func(o *web.Options) { o.Network.ID = nil })
	bench := "/meine/organisationen/" + h.org.Code
	h.manager.Get(bench + "/umzug").Want(404)
	if got := h.manager.Get(bench).Want(200).Text("main"); strings.Contains(got, "Umzug") {
		t.Errorf("offered: %q", got)
	}
}
