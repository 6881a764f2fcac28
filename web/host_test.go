package web_test

import (
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

func TestThePagesAboutOtherServers(t *testing.T) {
	h := newHouse(t)
	h.update(h.trouble)
	second := h.place(h.person("admin2", withRole(engagement.Admin)))
	const list, own = "/verwaltung/netzwerk/server", "/verwaltung/netzwerk/server/social.example"
	peer := func(host string) (p store.Peer) {
		h.update(func(tx *store.Tx) (err error) {
			p, err = tx.Peer(host)
			return err
		})
		return p
	}
	t.Run("are for admins", func(t *testing.T) {
		for _, path := range []string{list, own, "/verwaltung/netzwerk/sperrliste", "/verwaltung/netzwerk/sperrliste.csv", "/verwaltung/zustellung/aktivitaet"} {
			if got := h.moderator.Get(path).Status; got != 403 {
				t.Errorf("a moderator gets %d at %s", got, path)
			}
		}
	})
	t.Run("lead from trouble to the server", func(t *testing.T) {
		page := h.admin.Get("/verwaltung/zustellung").Want(200).Click("social.example").Want(200)
		if got := page.Text("main"); page.Path != own || !strings.Contains(got, "Keine Antwort in der Zeit") || page.Text("#stand") != "Antwortet nicht" {
			t.Errorf("%s says %q", page.Path, got)
		}
	})
	t.Run("find a server by a part of its name, and a new one by its name", func(t *testing.T) {
		if got := h.admin.Get(list + "?q=SOC").Want(200).Texts(".s-hit h2"); len(got) != 1 || got[0] != "social.example" {
			t.Errorf("got %q", got)
		}
		if got := h.admin.Get(list + "?q=new.example").Want(200).Path; got != list+"/new.example" {
			t.Errorf("leads to %s", got)
		}
		if got := h.admin.Get(list + "?q=nichts").Want(200).Path; got != list+"?q=nichts" {
			t.Errorf("leads to %s", got)
		}
		h.admin.Get(list + "/no%20host").Want(404)
	})
	t.Run("pause, resume and try again", func(t *testing.T) {
		h.admin.Get(own).Form("main form[action*=/anhalten]").Submit().Want(200)
		if !peer("social.example").Paused {
			t.Error("not paused")
		}
		h.admin.Get(own).Form("main form[action*=/fortsetzen]").Submit().Want(200)
		if peer("social.example").Paused {
			t.Error("still paused")
		}
		h.admin.Get(own).Form("main form[action*=/wiederholen]").Submit().Want(200)
		if got := peer("social.example"); got.Open {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("suspend and allow, and leave a trace", func(t *testing.T) {
		for _, admin := range []*webtest.Client{h.admin, second} {
			admin.Get(own).Form("main form[action="+own+"]").Set("standing", "suspended").Set("note", "Spam").Submit().Want(200)
		}
		if got := peer("social.example"); got.Standing != store.Suspended || got.Note != "Spam" {
			t.Errorf("got %+v", got)
		}
		h.admin.Get(own).Form("main form[action="+own+"]").Set("standing", "ordinary").Submit().Want(200)
		if got := peer("social.example"); got.Standing != store.Ordinary {
			t.Errorf("got %+v", got)
		}
		h.update(func(tx *store.Tx) error {
			entries, err := tx.AuditOf("social.example")
			var acts []string
			for _, e := range entries {
				acts = append(acts, e.Action)
			}
			if got := strings.Join(acts, " "); got != "host.pause host.resume delivery.retry host.propose host.suspend host.allow" {
				t.Errorf("audit: %s", got)
			}
			return err
		})
	})
	t.Run("refuse what would hit this site or a partner", func(t *testing.T) {
		self := strings.TrimPrefix(h.Base, "http://")
		if got := h.admin.Get(list+"/"+self).Form("main form[action="+list+"/"+self+"]").Set("standing", "suspended").Submit().Want(422).Text("#fehler"); !strings.Contains(got, "diese Seite selbst") {
			t.Errorf("got %q", got)
		}
		h.update(func(tx *store.Tx) error {
			return tx.PutPartner(&engagement.Partner{Host: "friend.example", State: engagement.PartnerActive, Level: "geprueft", Created: tx.Now()})
		})
		if got := h.admin.Get(list+"/friend.example").Form("main form[action="+list+"/friend.example]").Set("standing", "limited").Submit().Want(422).Text("#fehler"); !strings.Contains(got, "friend.example ist eine Partner-Seite") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("take over a block list after showing what it changes", func(t *testing.T) {
		const path, head = "/verwaltung/netzwerk/sperrliste", "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
		bad := h.admin.Get(path).Form(mainForm).Set("list", head+"evil.example,suspend,,,,\nkaputt,,,\n").Submit().Want(422)
		if got := bad.Text("#list-error"); !strings.Contains(got, "Zeile 3") {
			t.Errorf("got %q", got)
		}
		for i, admin := range []*webtest.Client{h.admin, second} {
			page := admin.Get(path).Form(mainForm).Set("list", head+"evil.example,suspend,true,true,Hass,false\n").Submit().Want(200)
			if got := page.Text("#vorschau"); !strings.Contains(got, "1 Server ändert sich") || i == 0 && peer("evil.example").Standing != "" {
				t.Errorf("got %q", got)
			}
			page.Form(mainForm).Set("sure", "1").Submit().Want(200)
		}
		if got := peer("evil.example"); got.Standing != store.Suspended || got.Note != "Hass" {
			t.Errorf("got %+v", got)
		}
		if got := h.admin.Get(path + ".csv").Want(200).Body; got != head+"evil.example,suspend,true,true,Hass,false\n" {
			t.Errorf("saved %q", got)
		}
	})
	t.Run("show one activity", func(t *testing.T) {
		page := h.admin.Get("/verwaltung/zustellung/aktivitaet?id=https%3A%2F%2Fseestern.example%2Fap%2Factivity%2F1").Want(200)
		if got := page.Text("main"); !strings.Contains(got, "Von hier gesendet") || !strings.Contains(got, `{"type":"Create"}`) {
			t.Errorf("got %q", got)
		}
		h.admin.Get("/verwaltung/zustellung/aktivitaet?id=https%3A%2F%2Fseestern.example%2Fap%2Factivity%2F2").Want(422)
	})
}

func TestHostsThatFloodUsAreShown(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error { return engagement.LimitFlooder(tx, "loud.example", true) })
	if m := h.mail("admin1@mail.example"); !strings.Contains(m.Text, "zu viel geschickt") || !strings.Contains(m.Text, "/verwaltung/netzwerk") {
		t.Errorf("the mail says %q", m.Text)
	}
	page := h.admin.Get("/verwaltung/netzwerk").Want(200)
	if got := page.Text("main"); !strings.Contains(got, "zu viel geschickt") {
		t.Errorf("the network says %q", got)
	}
	if got := h.admin.Get("/verwaltung/netzwerk/server").Want(200).Text("main"); !strings.Contains(got, "weil von dort zu viel kam") {
		t.Errorf("the list says %q", got)
	}
	page = page.Click("loud.example").Want(200)
	if got := page.Text("main"); !strings.Contains(got, "weil von dort zu viel kam") {
		t.Errorf("the page of the server says %q", got)
	}
	page = page.Form("main form[action=/verwaltung/netzwerk/server/loud.example]").Set("note", "Ein Versehen dort.").Submit().Want(200)
	if got := page.Text("main"); strings.Contains(got, "weil von dort zu viel kam") || page.Form("main form[action=/verwaltung/netzwerk/server/loud.example]").Values.Get("standing") != "limited" {
		t.Errorf("after a decision the page says %q", got)
	}
	if got := h.admin.Get("/verwaltung/netzwerk").Want(200).Text("main"); strings.Contains(got, "loud.example") {
		t.Errorf("still to be decided: %q", got)
	}
}

func TestASecondAdminAgreesToBlockAHost(t *testing.T) {
	h := newHouse(t)
	second := h.place(h.person("admin2", withRole(engagement.Admin)))
	const path = "/verwaltung/netzwerk/server/bad.test"
	h.post()
	block := func(c *webtest.Client) string {
		return c.Get(path).Want(200).Form("main form[novalidate]").Set("standing", "suspended").Set("note", "Hass").Submit().Want(200).Text("main")
	}
	if got := block(h.admin); !strings.Contains(got, "Eine zweite Person der Verwaltung muss zustimmen.") {
		t.Errorf("got %s", got)
	}
	if got := second.Get(h.link(h.mail("admin2@mail.example"))).Want(200); got.Path != path || !strings.Contains(got.Text("main"), "Eine zweite muss zustimmen") {
		t.Errorf("%s: %s", got.Path, got.Text("main"))
	}
	if got := second.Get("/verwaltung/netzwerk/sperrliste").Want(200).Text("main"); !strings.Contains(got, "Eingeschränkt (wartet auf eine zweite Person)") {
		t.Errorf("got %s", got)
	}
	if got := block(second); strings.Contains(got, "Server sperren") {
		t.Errorf("got %s", got)
	}
}
