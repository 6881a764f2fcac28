package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

// morning is the next time at which news are looked for, and looks for them.
func (h *house) morning(days int) {
	h.t.Helper()
	h.clock.Forward(time.Duration(days) * 24 * time.Hour)
	h.looksForNews()
}

func (h *house) looksForNews() {
	h.t.Helper()
	for more := true; more; {
		var err error
		if more, err = h.handler.(*web.Server).TellNews(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
	}
}

// again signs somebody in who was away for long.
func (h *house) again(name string) *webtest.Client {
	h.t.Helper()
	token := name + h.clock.Now().String()
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin(name + "@mail.example")
		if err != nil {
			return err
		}
		return tx.PutSession(engagement.Session{Hash: engagement.Hash(token), Account: a.ID, Created: tx.Now(), LastUsed: tx.Now(), Verified: tx.Now()})
	})
	c := h.visitor()
	c.SetCookie(sessionCookie(c, token))
	return c
}

// The two kinds of form in which RFC 8058 lets a mail program unsubscribe.
const (
	asMultipart = "multipart/form-data; boundary=b"
	asFields    = "application/x-www-form-urlencoded"
)

// oneClick is what a mail program posts.
func (h *house) oneClick(off, kind string) int {
	h.t.Helper()
	body := "List-Unsubscribe=One-Click"
	if kind == asMultipart {
		body = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	}
	return h.posted(off, kind, body)
}

// posted is the status that a body gets which no page has sent.
func (h *house) posted(address, kind, body string) int {
	h.t.Helper()
	answer, err := http.Post(address, kind, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

func TestASearchIsKeptWithoutAnAccount(t *testing.T) {
	h := newHouse(t)
	h.waking()
	c := h.visitor()
	form := c.Get("/angebote?q=Vorlesen&ort=12555&umkreis=10&thema=schule-kita").Want(200).Click("Neue Angebote per E-Mail").Want(200)
	for _, want := range []string{"„Vorlesen“", "bis 10 km um 12555", "Worum geht es? Schule oder Kindergarten"} {
		if !strings.Contains(form.Text("main"), want) {
			t.Errorf("%q is missing in %q", want, form.Text("main"))
		}
	}
	if p := form.Problems(); p != nil {
		t.Error(p)
	}
	form.Form(mainForm).Submit().Want(422)
	sent := form.Form(mainForm).Set("email", "leser@mail.example").Set("every", "taeglich").Submit().Want(200)
	if sent.Path != "/angebote/merken/gesendet" {
		t.Fatalf("at %s", sent.Path)
	}
	ask := h.mail("leser@mail.example")
	if strings.Contains(ask.Subject+ask.Text, "orlesen") || ask.Off != "" {
		t.Errorf("got %+v", ask)
	}
	confirm := c.Get(h.link(ask)).Want(200)
	if !strings.Contains(confirm.Text("main"), "„Vorlesen“") {
		t.Errorf("got %q", confirm.Text("main"))
	}
	h.real.opportunity("Vorlesen vor der Bestätigung", h.org)
	h.clock.Forward(time.Minute)
	status := confirm.Form(mainForm).Submit().Want(200)
	link := status.Path
	c.Get(h.link(ask)).Want(410)
	h.clock.Forward(time.Minute)
	h.real.opportunity("Vorlesen am Abend", h.org)
	h.real.opportunity("Vorlesen weit weg", h.org, func(o *engagement.Opportunity) { o.Places[0].Point.Lat++ })
	h.real.opportunity("Gärtnern", h.org, func(o *engagement.Opportunity) {
		o.Areas, o.Topics, o.Activities = []engagement.Code{"umwelt-tiere"}, nil, nil
	})
	h.looksForNews()
	if mails := h.post(); len(mails) != 0 {
		t.Fatalf("before the day is over: %+v", mails)
	}
	h.morning(1)
	news := h.mail("leser@mail.example")
	t.Run("the mail says how many there are and nothing else", func(t *testing.T) {
		if news.Subject != "Neue Angebote für Sie" || !strings.Contains(news.Text, "1 neues Angebot.") || strings.Contains(news.Text, "orlesen") {
			t.Errorf("got %+v", news)
		}
		page := h.visitor().Get(h.link(news)).Want(200)
		wantTexts(t, titles(page), []string{"Vorlesen am Abend"})
		if page.Path != link {
			t.Errorf("it leads to %s, want %s", page.Path, link)
		}
		wantTexts(t, titles(page.Click("Alle Angebote dieser Suche zeigen").Want(200)), []string{"Kindern vorlesen in der Kita", "Vorlesen vor der Bestätigung", "Vorlesen am Abend"})
	})
	t.Run("nothing new, no mail", func(t *testing.T) {
		h.looksForNews()
		h.morning(1)
		if mails := h.post(); len(mails) != 0 {
			t.Errorf("got %+v", mails)
		}
	})
	t.Run("it ends with one click, without signing in", func(t *testing.T) {
		if page := h.visitor().Get(strings.TrimPrefix(news.Off, h.Base)).Want(200); !page.Has("form.s-action") {
			t.Error("opening the link is enough, or there is no button")
		}
		c.Get(link).Want(200)
		large := "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n" + strings.Repeat("x", 16<<10) + "\r\n--b--\r\n"
		if got := h.posted(news.Off, asMultipart, large); got != 413 {
			t.Errorf("got %d for a large form", got)
		}
		if got := h.posted(h.Base+link+"/beenden", asMultipart, "--b--\r\n"); got != 415 {
			t.Errorf("got %d for a multipart form elsewhere", got)
		}
		c.Get(link).Want(200)
		if got := h.oneClick(news.Off, asMultipart); got != 200 {
			t.Errorf("got %d", got)
		}
		c.Get(link).Want(410)
		h.real.opportunity("Vorlesen am Morgen", h.org)
		h.morning(3)
		if mails := h.post(); len(mails) != 0 {
			t.Errorf("got %+v", mails)
		}
		h.visitor().Get("/abbestellen/" + strings.Repeat("0", 32)).Want(404)
	})
}

func TestAKeptSearchIsUnderstoodBeforeItIsKept(t *testing.T) {
	h := newHouse(t)
	if page := h.visitor().Get("/angebote/merken?ort=Atlantis"); page.Status != 422 || !strings.HasPrefix(page.Path, "/angebote") {
		t.Errorf("an unknown place: got %d at %s", page.Status, page.Path)
	}
	page := h.visitor().Get("/angebote/merken").Want(200)
	if !strings.Contains(page.Text("main"), "alle Angebote") {
		t.Errorf("got %q", page.Text("main"))
	}
	h.visitor().Get("/ls/angebote/merken?q=lesen&von-zuhause=1").Want(200)
}

func TestNotificationsOfAnAccount(t *testing.T) {
	h := newHouse(t)
	h.waking()
	ada := h.place(h.person("ada", withProfile()))
	h.person("ben")
	page := ada.Get("/meine").Want(200).Click("Benachrichtigungen").Want(200)
	t.Run("none without being asked for", func(t *testing.T) {
		if got := page.Form(mainForm).Values.Get("matches"); got != "nie" {
			t.Errorf("got %q", got)
		}
		h.real.opportunity("Vorlesen für alle", h.org)
		h.morning(8)
		if mails := h.post(); len(mails) != 0 {
			t.Errorf("got %+v", mails)
		}
	})
	ada = h.again("ada")
	ben := h.again("ben")
	ada.Get("/meine/benachrichtigungen").Form(mainForm).Set("matches", "gruende").Submit().Want(200)
	ben.Get("/meine/benachrichtigungen").Want(200).Form(mainForm).Set("matches", "hinweis").Submit().Want(200)
	h.clock.Forward(time.Minute)
	o := h.real.opportunity("Märchen vorlesen", h.org)
	h.real.opportunity("Steuern erklären", h.org, func(o *engagement.Opportunity) {
		o.Areas, o.Topics, o.Activities, o.Grid = []engagement.Code{"sport-bewegung"}, nil, []engagement.Code{"verwalten"}, 0
		o.Places[0].Point.Lat += 2
	})
	h.morning(7)
	ada = h.again("ada")
	mail := h.mail("ada@mail.example")
	t.Run("a mail with reasons, for who wants them", func(t *testing.T) {
		for _, want := range []string{"1 neues Angebot", "Märchen vorlesen", "Passt: ", "/a/" + o.Code} {
			if !strings.Contains(mail.Text, want) {
				t.Errorf("%q is missing in %q", want, mail.Text)
			}
		}
		if strings.Contains(mail.Subject, "Märchen") || strings.Contains(mail.Text, "Steuern") {
			t.Errorf("got %q: %q", mail.Subject, mail.Text)
		}
		news := ada.Get("/meine/benachrichtigungen/neues").Want(200)
		wantTexts(t, titles(news), []string{"Märchen vorlesen"})
		if !strings.Contains(news.Text("main"), "passt") {
			t.Errorf("no reasons: %q", news.Text("main"))
		}
	})
	t.Run("without a profile nothing is known that fits", func(t *testing.T) {
		ben := h.again("ben")
		if got := ben.Get("/meine/benachrichtigungen").Want(200).Text("main"); !strings.Contains(got, "noch kein Engagement-Profil") {
			t.Errorf("got %q", got)
		}
		ben.Get("/meine/benachrichtigungen/neues").Want(200)
	})
	t.Run("the link without signing in shows nothing of the profile, and ends it", func(t *testing.T) {
		off := strings.TrimPrefix(mail.Off, h.Base)
		page := h.visitor().Get("/gemerkt/" + strings.TrimPrefix(off, "/abbestellen/")).Want(200)
		if strings.Contains(page.Body, "Märchen") || !strings.Contains(page.Text("main"), "Passende neue Angebote") {
			t.Errorf("got %q", page.Text("main"))
		}
		if got := h.oneClick(mail.Off, asFields); got != 200 {
			t.Errorf("got %d", got)
		}
		if got := ada.Get("/meine/benachrichtigungen").Form(mainForm).Values.Get("matches"); got != "nie" {
			t.Errorf("got %q", got)
		}
		ada.Get("/meine/benachrichtigungen").Form(mainForm).Set("matches", "nie").Submit().Want(200)
	})
	t.Run("searches are listed and end there", func(t *testing.T) {
		list := ada.Get("/angebote?q=lesen").Click("Neue Angebote per E-Mail").Form(mainForm).Submit().Want(200)
		if list.Path != "/meine/benachrichtigungen" {
			t.Fatalf("at %s", list.Path)
		}
		ada.Get("/angebote/merken?q=lesen&sortierung=neu").Form(mainForm).Set("every", "taeglich").Submit().Want(200)
		one := ada.Get("/meine/benachrichtigungen").Click("„lesen“").Want(200)
		if !strings.Contains(one.Text("main"), "Höchstens einmal am Tag") {
			t.Errorf("got %q", one.Text("main"))
		}
		one.Form("form[action*=/beenden]").Submit().Want(200)
		if got := ada.Get("/meine/benachrichtigungen").Text("main"); strings.Contains(got, "„lesen“") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a year later it can be prolonged", func(t *testing.T) {
		ada.Get("/angebote?q=lesen").Click("Neue Angebote per E-Mail").Form(mainForm).Submit().Want(200)
		h.morning(7 * 49)
		h.looksForNews()
		var ends web.Message
		for _, m := range h.post() {
			if m.Subject == "Ihre Benachrichtigung endet bald" && m.To == "ada@mail.example" {
				ends = m
			}
		}
		page := h.visitor().Get(h.link(ends)).Want(200)
		page.Form("form[action*=/verlaengern]").Submit().Want(200)
		h.update(func(tx *store.Tx) error {
			told, err := tx.SubscriptionBySecret(engagement.Hash(strings.TrimPrefix(page.Path, "/gemerkt/")))
			if err != nil || told.Until.Before(tx.Now().AddDate(1, 0, -1)) || told.Reminded {
				t.Errorf("got %+v, %v", told, err)
			}
			return err
		})
	})
}

func TestNobodyIsWrittenToAtQuietHours(t *testing.T) {
	h := newHouse(t)
	h.waking()
	ada := h.place(h.person("ada"))
	ada.Get("/angebote/merken?q=vorlesen").Form(mainForm).Set("every", "taeglich").Submit().Want(200)
	h.clock.Forward(time.Minute)
	h.real.opportunity("Vorlesen am Abend", h.org)
	h.clock.Forward(48 * time.Hour)
	for !engagement.Quiet(h.clock.Now(), "BE") { // nobody looked in the morning
		h.clock.Forward(time.Hour)
	}
	h.looksForNews()
	if mails := h.post(); len(mails) != 0 {
		t.Errorf("got %+v", mails)
	}
	h.waking()
	h.looksForNews()
	h.mail("ada@mail.example")
}
