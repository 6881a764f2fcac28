package web_test

import (
	"net/url"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// tells fills the form of a report and returns the receipt.
func (h *house) tells(c *webtest.Client, id, reason string, fill func(*webtest.Form)) *webtest.Page {
	h.t.Helper()
	form := c.Get("/melden?id="+url.QueryEscape(id)).Want(200).Form(mainForm).Set("reason", reason)
	if fill != nil {
		fill(form)
	}
	return form.Submit().Want(200)
}

// status is the page that says what became of a report.
func (h *house) status(receipt *webtest.Page) string {
	return "/entscheidungen/" + receipt.Path[strings.LastIndexByte(receipt.Path, '/')+1:]
}

// firstCase is the path of the first case in the queue.
func (h *house) firstCase(c *webtest.Client) string {
	h.t.Helper()
	links := c.Get("/moderation").Want(200).Find(".s-hit h2 a")
	if len(links) == 0 {
		h.t.Fatal("nothing waits")
	}
	return webtest.Attr(links[0], "href")
}

func TestAnybodyCanReportWhatTheySee(t *testing.T) {
	h := newHouse(t)
	offer := h.helpOffer("Türkisch übersetzen", h.org)
	if got := h.visitor().Get("/ich-biete/" + offer.Code).Want(200).Click("Stimmt hier etwas nicht? Melden").Want(200).Text("main"); !strings.Contains(got, "Türkisch übersetzen") {
		t.Errorf("a help offer cannot be reported: %s", got)
	}
	n, meeting := h.news(h.org, "Unser Lesefest war ein Erfolg!"), h.occasion(h.org, "Lesetreff am Ufer")
	reply := engagement.Reaction{Subject: n.ID, Kind: engagement.Reply, Handle: "@kim@social.example", Actor: "https://social.example/kim", IRI: "https://social.example/1", Text: "Unsinn!", Shown: true}
	h.update(func(tx *store.Tx) error {
		reply.ID, reply.At = tx.NewID(), tx.Now()
		if err := tx.PutReaction(reply); err != nil {
			return err
		}
		_, err := engagement.AddBoard(tx, engagement.System, engagement.Board{Kind: engagement.TopicBoard, Name: "Lesen", Areas: []engagement.Code{"kultur"}})
		return err
	})
	for path, title := range map[string]string{
		"/angebote/" + h.opportunity.Code: h.opportunity.Title, "/organisationen/" + h.org.Code: h.org.Name, "/neuigkeiten/" + n.Code: "Unser Lesefest war ein Erfolg!", "/themen/lesen": "Lesen", "/termine/" + meeting.Code: meeting.Title,
	} {
		t.Run(path, func(t *testing.T) {
			c := h.visitor()
			links := c.Get(path).Want(200).Find("main > p a[href*=/melden]")
			if len(links) != 1 {
				t.Fatalf("%d links", len(links))
			}
			form := c.Get(webtest.Attr(links[0], "href")).Want(200)
			if got := form.Text(".s-lead"); !strings.Contains(got, title) {
				t.Errorf("it is about %q", got)
			}
			form.Form(mainForm).Set("reason", "spam").Submit().Want(200)
		})
	}
	t.Run("a reply from elsewhere", func(t *testing.T) {
		c := h.visitor()
		link := c.Get("/neuigkeiten/" + n.Code).Want(200).Find(".s-hits a[href*=/melden]")[0]
		if got := c.Get(webtest.Attr(link, "href")).Want(200).Text(".s-lead"); !strings.Contains(got, "@kim@social.example") {
			t.Errorf("it is about %q", got)
		}
	})
	t.Run("by the address of its page, in any language", func(t *testing.T) {
		for _, address := range []string{h.Base + "/en/angebote/" + h.opportunity.Code + "-kindern?x=1", h.Base + "/themen/lesen", h.opportunity.Code, "@lesen"} {
			page := h.visitor().Get("/melden").Want(200).Form(mainForm).Set("id", address).Set("reason", "spam").Submit().Want(200)
			if !strings.HasPrefix(page.Path, "/melden/fertig/") {
				t.Errorf("%s: got %s: %s", address, page.Path, page.Text("main"))
			}
		}
	})
	t.Run("an unknown address is named, and nothing typed is lost", func(t *testing.T) {
		for _, address := range []string{"https://else.example/x", "22222222", "@niemand", "00000000-0000-7000-8000-000000000000", "/themen/niemand", "%zz/"} {
			page := h.visitor().Get("/melden").Form(mainForm).Set("id", address).Set("reason", "hass").Set("text", "Das ist mein Text.").Submit().Want(422)
			if !page.Has("#id[aria-invalid]") || !strings.Contains(page.Body, "Das ist mein Text.") || !page.Has("#reason-hass[checked]") {
				t.Errorf("%s: %s", address, page.Text("main"))
			}
		}
	})
	t.Run("what is not public is not there", func(t *testing.T) {
		draft := h.real.opportunity("Märchen erzählen", h.org, func(o *engagement.Opportunity) { o.State = engagement.Draft })
		if page := h.visitor().Get("/melden?id=" + draft.Code).Want(422); strings.Contains(page.Body, "Märchen") {
			t.Error("it says what it is")
		}
	})
	t.Run("a reason is needed", func(t *testing.T) {
		page := h.visitor().Get("/melden?id="+h.opportunity.Code).Form(mainForm).Set("text", "Hier!").Submit().Want(422)
		if !strings.Contains(page.Body, "Hier!") || !strings.Contains(page.Text("main"), h.opportunity.Title) {
			t.Error(page.Text("main"))
		}
	})
	t.Run("five times an hour", func(t *testing.T) {
		c := h.visitor()
		for range 5 {
			h.tells(c, h.opportunity.Code, "spam", nil)
		}
		if page := c.Get("/melden?id="+h.opportunity.Code).Form(mainForm).Set("reason", "spam").Set("text", "Auch das noch").Submit().Want(429); !strings.Contains(page.Body, "Auch das noch") {
			t.Error("what was typed is lost")
		}
	})
	t.Run("somebody with an account, once a day", func(t *testing.T) {
		c := h.place(h.person("volunteer1"))
		if page := h.tells(c, h.opportunity.Code, "spam", nil); !strings.Contains(page.Text("main"), "M-") {
			t.Error(page.Text("main"))
		}
		page := c.Get("/melden?id="+h.opportunity.Code).Form(mainForm).Set("reason", "spam").Submit().Want(422)
		if !strings.Contains(page.Text(".kern-alert"), "schon gemeldet") {
			t.Error(page.Text("main"))
		}
	})
}

// PRV-26: both sides read what was decided and why, and neither who the other is.
func TestAReportAndItsDecision(t *testing.T) {
	h := newHouse(t)
	h.post()
	reader := h.visitor()
	receipt := h.tells(reader, h.opportunity.Code, "irrefuehrend", func(f *webtest.Form) {
		f.Set("text", "Zwiebelfisch war dort, <b>es stimmt nicht</b>.").Set("email", "zwiebelfisch@mail.example")
	})
	status := h.status(receipt)
	received := h.mail("zwiebelfisch@mail.example")
	if got := h.link(received); got != h.Base+status || received.Subject != "Ihre Meldung" {
		t.Errorf("the mail %q leads to %s", received.Subject, got)
	}
	if page := reader.Get(status).Want(200); !strings.Contains(page.Text("#stand"), "noch nicht entschieden") || page.Has("main form") || page.Header.Get("X-Robots-Tag") == "" {
		t.Error(page.Text("main"))
	}
	path := h.firstCase(h.moderator)
	page := h.moderator.Get(path).Want(200)
	if !strings.Contains(page.Text("main"), "es stimmt nicht") || strings.Contains(page.Body, "<b>es") || strings.Contains(page.Text("main"), "zwiebelfisch@") {
		t.Error(page.Text("main"))
	}
	t.Run("is for moderators who belong to neither side", func(t *testing.T) {
		both := h.place(h.person("both", withRole(engagement.Moderator), memberOf(h.org, engagement.Member)))
		both.Get(path).Want(404)
		if got := both.Get("/moderation").Want(200); !got.Has(".s-empty") {
			t.Error(got.Text("main"))
		}
		h.admin.Get(path).Want(403)
		h.manager.Get(path).Want(403)
	})
	t.Run("is taken by one of them", func(t *testing.T) {
		page.Form("main form[action*=/uebernehmen]").Submit().Want(200)
		other := h.place(h.person("moderator2", withRole(engagement.Moderator)))
		if got := other.Get(path).Want(200); got.Has(mainForm) || !strings.Contains(got.Text("main"), "anderen Person") {
			t.Error(got.Text("main"))
		}
		if got := other.Get("/moderation").Text(".s-hit"); !strings.Contains(got, "in Arbeit") {
			t.Error(got)
		}
	})
	t.Run("needs a reason to hide something", func(t *testing.T) {
		if got := h.moderator.Get(path).Form("main form[novalidate]").Set("outcome", "hidden").Set("text", "Bitte ändern Sie das.").Submit().Want(422); !strings.Contains(got.Body, "Bitte ändern Sie das.") {
			t.Error("what was typed is lost")
		}
	})
	stale := h.moderator.Get(path).Form("main form[novalidate]").Set("outcome", "no_action")
	h.moderator.Get(path).Form("main form[novalidate]").Set("outcome", "hidden").Set("reason", "irrefuehrend").Set("text", "Die Kita gibt es nicht.").Submit().Want(200)
	h.visitor().Get("/angebote/" + h.opportunity.Code).Want(404)
	h.clock.Forward(engagement.UndoTime)
	mails := h.post()
	if len(mails) != 2 {
		t.Fatalf("mails %+v", mails)
	}
	author := ""
	for _, m := range mails {
		if strings.Contains(m.Subject+m.Text+m.HTML, "wiebelfisch war") || strings.Contains(m.Subject+m.Text, h.opportunity.Title) {
			t.Errorf("a mail tells too much: %s", m.Text)
		}
		if m.To != "zwiebelfisch@mail.example" {
			author = strings.TrimPrefix(h.link(m), h.Base)
		}
	}
	t.Run("a second decision does not count", func(t *testing.T) {
		got := stale.Submit().Want(422)
		if !strings.Contains(got.Text(".kern-alert"), "gilt nicht") || !strings.Contains(got.Text("main"), "nicht mehr gezeigt") {
			t.Error(got.Text("main"))
		}
		h.visitor().Get("/angebote/" + h.opportunity.Code).Want(404)
	})
	t.Run("both sides read it", func(t *testing.T) {
		for _, side := range []string{status, author} {
			if got := h.visitor().Get(side).Want(200).Text("main"); !strings.Contains(got, "nicht mehr gezeigt") || !strings.Contains(got, "Die Kita gibt es nicht.") || !strings.Contains(got, "Irreführend") {
				t.Errorf("%s: %s", side, got)
			}
		}
		for _, l := range []string{"/en", "/ls"} {
			h.visitor().Get(l + author).Want(200)
		}
		got := h.visitor().Get(author)
		for _, secret := range []string{"wiebelfisch", "M-", "es stimmt nicht"} {
			if strings.Contains(got.Text("main"), secret) {
				t.Errorf("the author reads %q", secret)
			}
		}
		h.visitor().Get("/melden/fertig" + strings.TrimPrefix(author, "/entscheidungen")).Want(404)
	})
	t.Run("and the author can object, to somebody else", func(t *testing.T) {
		h.visitor().Get(author).Form(mainForm).Submit().Want(422)
		got := h.visitor().Get(author).Form(mainForm).Set("text", "Es gibt sie doch, fragen Sie Bülbül.").Submit().Want(200)
		if !strings.Contains(got.Text("#stand"), "Widerspruch") || got.Has(mainForm) {
			t.Error(got.Text("main"))
		}
		if got := h.visitor().Get(status).Text("main"); strings.Contains(got, "Bülbül") {
			t.Error("who reported reads the objection")
		}
		if got := h.moderator.Get(path).Want(200); got.Has(mainForm) {
			t.Error("the first moderator may decide again")
		}
		other := h.place(h.person("moderator3", withRole(engagement.Moderator)))
		if got := other.Get("/moderation").Text(".s-hit"); !strings.Contains(got, "Widerspruch") {
			t.Error(got)
		}
		other.Get(path).Want(200).Form("main form[novalidate]").Set("outcome", "no_action").Submit().Want(200)
		h.visitor().Get("/angebote/" + h.opportunity.Code).Want(200)
		for _, side := range []string{status, author} {
			if got := h.visitor().Get(side).Text("#stand"); !strings.Contains(got, "geändert") {
				t.Errorf("%s: %s", side, got)
			}
		}
	})
	t.Run("a made-up address is nothing", func(t *testing.T) {
		h.visitor().Get("/entscheidungen/" + strings.Repeat("0", 32)).Want(404)
		h.visitor().Get("/melden/fertig/" + strings.Repeat("0", 32)).Want(404)
	})
}

func TestDangerComesFirst(t *testing.T) {
	h := newHouse(t)
	h.tells(h.visitor(), h.org.Code, "spam", nil)
	h.post()
	receipt := h.tells(h.visitor(), h.opportunity.Code, "gefahr-kind", nil)
	if got := receipt.Text(".kern-alert"); !strings.Contains(got, "110") || !strings.Contains(got, "Jugendamt") {
		t.Errorf("the receipt says %q", got)
	}
	if got := h.mail("moderator1@mail.example").Subject; !strings.HasPrefix(got, "Dringend") {
		t.Errorf("the moderators get %q", got)
	}
	page := h.moderator.Get("/moderation")
	wantTexts(t, page.Texts(".s-hit h2"), []string{h.opportunity.Title, h.org.Name})
	if !strings.Contains(page.Text(".s-hit"), "dringend") {
		t.Error(page.Text("main"))
	}
}

func TestTheOtherSideIsToldByAModeratorOnly(t *testing.T) {
	h := newHouse(t)
	away := h.organization("Nachbarn in Pankow (Demo)", func(o *engagement.Organization) {
		o.Origin, o.IRI, o.Handle = "pankow.example", "https://pankow.example/ap/o/1", "nachbarn"
	})
	copied := h.real.opportunity("Sprachcafé begleiten", away, func(o *engagement.Opportunity) {
		o.Origin, o.IRI = "pankow.example", "https://pankow.example/ap/n/1"
	})
	if h.visitor().Get("/melden?id=" + h.opportunity.Code).Has("#forward") {
		t.Error("there is nobody to be told of something of our own")
	}
	h.tells(h.visitor(), copied.Code, "hass", func(f *webtest.Form) { f.Set("forward", "1").Set("text", "Gezeichnet Zwiebelfisch") })
	path := h.firstCase(h.moderator)
	link := h.moderator.Get(path).Want(200).Find("main a[href*=/weiterleiten]")
	if len(link) != 1 {
		t.Fatalf("%d links", len(link))
	}
	form := h.moderator.Get(path + "/weiterleiten").Want(200)
	if !strings.Contains(form.Text(".s-lead"), "pankow.example") || !strings.Contains(form.Body, "Gezeichnet Zwiebelfisch") {
		t.Error(form.Text("main"))
	}
	form.Form(mainForm).Submit().Want(200)
	var events []store.LeasedEvent
	events, err := h.store.LeaseEvents(t.Context(), engagement.Wire, "test", 10, 1e9)
	if err != nil || len(events) != 1 || events[0].Kind != engagement.WireFlag || events[0].Args["text"] != "" {
		t.Fatalf("%v: %+v", err, events)
	}
	if page := h.moderator.Get(path); page.Has("main a[href*=/weiterleiten]") || !strings.Contains(page.Text("main"), "Andere Seite informiert") {
		t.Error(page.Text("main"))
	}
	h.moderator.Get(path + "/weiterleiten").Want(404)
}

func TestReportsFromElsewhereAreQuoted(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error {
		_, err := engagement.ReceiveReport(tx, engagement.ForeignReport{
			Host: "evil.example", Actor: "https://evil.example/actor", Objects: []engagement.ID{h.opportunity.ID, h.org.ID}, Reason: "spam", Text: "Klicken Sie https://evil.example/x <i>jetzt</i>",
		})
		return err
	})
	page := h.moderator.Get(h.firstCase(h.moderator)).Want(200)
	if got := page.Text("main"); !strings.Contains(got, "evil.example") || !strings.Contains(got, h.org.Name) || !strings.Contains(got, "Prüfen Sie ihn") {
		t.Error(got)
	}
	if page.Has("main a[href*=evil]") || page.Has("blockquote i") {
		t.Error("the text acts")
	}
	page.Form("main form[novalidate]").Set("outcome", "no_action").Submit().Want(200)
	h.visitor().Get("/angebote/" + h.opportunity.Code).Want(200)
}
