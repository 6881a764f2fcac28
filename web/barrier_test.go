package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

func TestABarrierIsReportedAndAnswered(t *testing.T) {
	h := newHouse(t)
	form := func() interface {
		Get(string) string
	} {
		return h.visitor().Get("/barriere-melden").Want(200).Form(mainForm).Values
	}
	if got := form().Get("email"); got != "" {
		t.Errorf("a visitor's address is %q", got)
	}
	h.visitor().Get("/barriere-melden").Form(mainForm).Submit().Want(422)
	visitor := h.visitor()
	receipt := visitor.Get("/barriere-melden").Form(mainForm).Set("text", "Der Knopf wird nicht vorgelesen.").Set("page", "Angebote finden").Set("email", "Eva@mail.example").Submit().Want(200)
	if got := receipt.Text("main"); !strings.Contains(got, "B-") || !strings.Contains(got, "25. Dezember 2026") || receipt.Header.Get("X-Robots-Tag") == "" {
		t.Errorf("the receipt says %q", got)
	}
	mails := map[string]string{}
	for _, m := range h.post() {
		mails[m.To] = m.Text
	}
	if len(mails) != 2 || !strings.Contains(mails["eva@mail.example"], receipt.Path) || !strings.Contains(mails["admin1@mail.example"], "/verwaltung/barrieren") {
		t.Errorf("mails: %v", mails)
	}
	h.visitor().Get("/barriere-melden/" + strings.Repeat("0", 32)).Want(404)
	h.moderator.Get("/verwaltung/barrieren").Want(403)

	todo := func() string { return h.admin.Get("/verwaltung").Want(200).Text(".s-panel") }
	if got := todo(); !strings.Contains(got, "1 gemeldete Barriere beantworten, bis 25.12.") {
		t.Errorf("to do: %q", got)
	}
	h.clock.Forward(31 * 24 * time.Hour)
	h.admin = h.place(h.person("admin2", withRole(engagement.Admin)))
	list := h.admin.Get("/verwaltung/barrieren").Want(200)
	if got := list.Text(".s-hits"); !strings.Contains(got, "überfällig") {
		t.Errorf("after a month: %q", got)
	}
	one := h.admin.Get(list.Click(receipt.Texts(".s-summary dd")[0]).Path).Want(200)
	one.Form(mainForm).Submit().Want(422)
	one.Form(mainForm).Set("answer", "Der Knopf hat jetzt einen Namen.").Submit().Want(200)
	h.admin.Get(one.Path).Want(200)
	if got := visitor.Get(receipt.Path).Text("main"); !strings.Contains(got, "Der Knopf hat jetzt einen Namen.") {
		t.Errorf("the answer is not there: %q", got)
	}
	if got := h.mail("eva@mail.example").Text; !strings.Contains(got, receipt.Path) || strings.Contains(got, "Knopf hat") {
		t.Errorf("mail: %q", got)
	}
	if strings.Contains(todo(), "Barriere beantworten") {
		t.Error("still to do")
	}
	h.clock.Forward(engagement.BarrierKept + time.Hour)
	if _, err := h.store.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	visitor.Get(receipt.Path).Want(404)
}

func TestThePrivacyPageSaysWhatIsConfigured(t *testing.T) {
	h := newHouse(t)
	page := func() string {
		return h.visitor().Get("/datenschutz?mal=" + time.Now().Format("150405.000000")).Want(200).Text("main")
	}
	change := func(f func(*engagement.Instance)) {
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			if err != nil {
				return err
			}
			f(&i)
			return tx.PutInstance(&i)
		})
	}
	change(func(i *engagement.Instance) { i.Mode, i.Kind = "off", "freiwilligenzentrum" })
	if got := page(); !strings.Contains(got, "tauscht nichts mit anderen Seiten aus") || !strings.Contains(got, "Art. 6 Abs. 1 f") {
		t.Errorf("off: %s", got)
	}
	h.ally("mitte.example", "Mitmachen in Mitte")
	change(func(i *engagement.Instance) { i.Mode, i.Kind = "partners", "bezirk" })
	got := page()
	for _, want := range []string{"Mitmachen in Mitte (mitte.example)", "Art. 6 Abs. 1 e", "bis 90 Tage nach dem Ende", "14 Tage lang zurückholen", "Gemeldete Barrieren Wie lange: bis 365 Tage"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	change(func(i *engagement.Instance) {
		i.Texts = map[string]string{"datenschutz.de": "**Verantwortlich**\n\nAnschrift: […]"}
	})
	if got := h.visitor().Get("/ls/datenschutz").Want(200); !strings.Contains(got.Text("main"), "nur in schwerer Sprache") || strings.Contains(got.Text("main"), "fehlt noch") {
		t.Errorf("got %q", got.Text("main"))
	}
	if got := h.admin.Get("/datenschutz").Want(200).Text("main"); !strings.Contains(got, "Hier fehlt noch 1 Stelle.") {
		t.Errorf("an admin reads %q", got)
	}
	for _, k := range engagement.Retention {
		if k.ID != "visit" && k.Days() < 1 {
			t.Errorf("%s is kept for %d days", k.ID, k.Days())
		}
	}
}

func TestPagesThatTheLawAsksForLeadOn(t *testing.T) {
	h := newHouse(t)
	for _, prefix := range []string{"", "/en", "/ls"} {
		for _, path := range []string{"/nutzungsbedingungen", "/charta", "/kontakt", "/leichte-sprache", "/gebaerdensprache", "/barrierefreiheit", "/barriere-melden"} {
			page := h.visitor().Get(prefix + path).Want(200)
			if strings.Contains(page.Text("main"), "{") || strings.Contains(page.Text("main"), "](") {
				t.Errorf("%s%s: %s", prefix, path, page.Text("main"))
			}
			for _, a := range page.Find("main a") {
				for _, at := range a.Attr {
					if at.Key == "href" && strings.HasPrefix(at.Val, "/") && !strings.HasPrefix(at.Val, prefix) {
						t.Errorf("%s%s leads to %s", prefix, path, at.Val)
					}
				}
			}
		}
	}
	if got := h.visitor().Get("/barrierefreiheit").Text("main"); !strings.Contains(got, "Gebärdensprache") || !strings.Contains(got, "Barriere melden") {
		t.Errorf("got %q", got)
	}
}
