package web_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

func TestHelpWithoutAnAccount(t *testing.T) {
	h := newHouse(t)
	reader := h.visitor()
	status := h.ask(reader, h.opportunity, "reader1")
	t.Run("leads to a status page that needs no account", func(t *testing.T) {
		if got, want := status.Text("#stand"), "Anfrage gesendet"; got != want || !strings.HasPrefix(status.Path, "/anfrage/") {
			t.Errorf("got %q at %s, want %q", got, status.Path, want)
		}
		if got := len(reader.Cookies()); got != 0 {
			t.Errorf("%d cookies", got)
		}
	})
	t.Run("tells the organization nothing about the person", func(t *testing.T) {
		mail := h.mail(h.org.ContactMail)
		page := h.manager.Get(h.link(mail)).Want(200)
		for _, secret := range []string{"reader1", "mail.example"} {
			if strings.Contains(page.Body, secret) || strings.Contains(mail.Text+mail.Subject, secret) {
				t.Errorf("the organization sees %q", secret)
			}
		}
		if !strings.Contains(page.Text("main"), "Ich lese gern vor.") {
			t.Error("the message is missing")
		}
	})
	t.Run("shows that it was read", func(t *testing.T) {
		if got := reader.Get(status.Path).Text("main"); !strings.Contains(got, "Die Organisation hat Ihre Anfrage gelesen.") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("goes on when the organization asks for contact", func(t *testing.T) {
		h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name", "email").Set("text", "Wir freuen uns!") })
		h.mail("reader1@mail.example")
		page := reader.Get(status.Path).Want(200)
		if got, want := page.Text("#stand"), "Möchte Sie kennenlernen"; got != want || !strings.Contains(page.Text("main"), "Wir freuen uns!") {
			t.Errorf("got %q, want %q: %q", got, want, page.Text("main"))
		}
	})
	t.Run("releases only what is ticked, and nothing is ticked before", func(t *testing.T) {
		form := reader.Get(status.Path + "/kontakt").Want(200).Form(mainForm)
		if got := form.Values["fields"]; len(got) != 0 {
			t.Errorf("ticked: %q", got)
		}
		if got := form.Submit().Want(422).Text("#fields-error"); got == "" {
			t.Error("no sentence at the field")
		}
		form = reader.Get(status.Path + "/kontakt").Form(mainForm)
		form.Set("fields", "name").Submit().Want(200)
		page := h.manager.Get(h.teamPath())
		if !strings.Contains(page.Text("main"), "reader1") || strings.Contains(page.Body, "reader1@mail.example") {
			t.Errorf("the organization sees %q", page.Text("main"))
		}
	})
	t.Run("is agreed", func(t *testing.T) {
		h.answer("zusagen", nil)
		page := reader.Get(status.Path)
		if got, want := page.Text("#stand"), "Vereinbart"; got != want || !strings.Contains(page.Text("main"), h.org.ContactMail) {
			t.Errorf("got %q, want %q and the contact: %q", got, want, page.Text("main"))
		}
		file := reader.Get(status.Path + "/termin.ics").Want(200)
		if !strings.HasPrefix(file.Header.Get("Content-Type"), "text/calendar") || !strings.Contains(file.Body, "BEGIN:VEVENT") {
			t.Errorf("no calendar file: %q", file.Body)
		}
	})
	t.Run("is taken back after one more question", func(t *testing.T) {
		reader.Get(status.Path + "/absagen").Want(200).Form(mainForm).Submit()
		if got, want := reader.Get(status.Path).Text("#stand"), "Zurückgezogen"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if page := h.manager.Get(h.teamPath()); strings.Contains(page.Body, "reader1") {
			t.Error("the organization still sees the name")
		}
	})
}

func TestARequest(t *testing.T) {
	h := newHouse(t)
	path := "/angebote/" + h.opportunity.Code + "/helfen/ohne-konto"
	t.Run("of somebody under 16 is refused, with a way to call", func(t *testing.T) {
		form := h.visitor().Get(path).Form(mainForm).Set("name", "Kim").Set("email", "kim@mail.example").Set("age", "unter-16").Set("text", "Ich möchte vorlesen.")
		check := form.Submit().Want(200)
		page := check.Form("main form[action*=/pruefen]").Submit().Want(422)
		if !strings.Contains(page.Text("#fehler"), "Unter 16") || !page.Has(`a[href^="tel:"]`) {
			t.Errorf("got %q", page.Text("#fehler"))
		}
		if got := page.Form(mainForm).Values.Get("text"); got != "Ich möchte vorlesen." {
			t.Errorf("the text is %q", got)
		}
		if got := len(h.post()); got != 0 {
			t.Errorf("%d mails", got)
		}
	})
	t.Run("keeps what was typed when something is missing", func(t *testing.T) {
		page := h.visitor().Get(path).Form(mainForm).Set("email", "kim@mail.example").Set("text", "Hallo").Submit().Want(422)
		form := page.Form(mainForm)
		if form.Values.Get("email") != "kim@mail.example" || form.Values.Get("text") != "Hallo" || !strings.HasPrefix(page.Text("title"), "Fehler: ") {
			t.Errorf("kept %v, title %q", form.Values, page.Text("title"))
		}
	})
	t.Run("can be changed before it is sent", func(t *testing.T) {
		check := h.visitor().Get(path).Form(mainForm).Set("name", "Kim").Set("email", "kim@mail.example").Set("age", "ab-18").Submit().Want(200)
		form := check.Form("main form[action=" + path + "]").Submit().Want(200).Form(mainForm)
		if form.Values.Get("name") != "Kim" || form.Values.Get("age") != "ab-18" {
			t.Errorf("got %v", form.Values)
		}
	})
	t.Run("that is sent twice is one", func(t *testing.T) {
		c := h.visitor()
		send := c.Get(path).Form(mainForm).Set("name", "Kim").Set("email", "kim@mail.example").Set("age", "ab-18").Submit().Form("main form[action*=/pruefen]")
		send.Submit().Want(200)
		send.Submit().Want(200)
		link := h.link(h.mail("kim@mail.example"))
		confirm := c.Get(link).Form(mainForm)
		first, second := confirm.Submit().Want(200), confirm.Submit().Want(200)
		if first.Path != second.Path {
			t.Errorf("two status pages: %s and %s", first.Path, second.Path)
		}
		c.Get(link).Want(410)
	})
	// PRV-12: whoever types an address may be anybody.
	t.Run("tells only the mailbox of another one that is open, or of too many", func(t *testing.T) {
		asks := func(name string) *webtest.Page {
			form := h.visitor().Get(path).Form(mainForm).Set("name", name).Set("email", name+"@mail.example").Set("age", "ab-18")
			return form.Submit().Form("main form[action*=/pruefen]").Submit()
		}
		same := func(known, unknown *webtest.Page) {
			t.Helper()
			if known.Status != 200 || known.Status != unknown.Status || known.Path != unknown.Path || known.Text("body") != unknown.Text("body") {
				t.Errorf("an address with requests gets %d %s %q, another one %d %s %q", known.Status, known.Path, known.Text("main"), unknown.Status, unknown.Path, unknown.Text("main"))
			}
		}
		confirms := func(name string) *webtest.Page {
			return h.visitor().Get(h.link(h.mail(name + "@mail.example"))).Want(200).Form(mainForm).Submit()
		}
		h.post()
		same(asks("kim"), asks("noa"))
		page := confirms("kim").Want(422)
		if got := page.Text("#fehler"); !strings.Contains(got, "schon eine offene Anfrage") || page.Has("main form") {
			t.Errorf("got %q", got)
		}
		for _, p := range page.Problems() {
			t.Error(p)
		}
		status := page.Click("Ihre Anfrage").Want(200)
		ends := func() {
			h.visitor().Get(status.Path + "/absagen").Want(200).Form(mainForm).Submit().Want(200)
			h.clock.Forward(time.Hour + time.Minute) // mails to one address are limited
			h.post()
		}
		for range 2 {
			ends()
			asks("kim")
			status = confirms("kim").Want(200)
		}
		ends()
		same(asks("kim"), asks("uli"))
		if got := confirms("kim").Want(422).Text("#fehler"); !strings.Contains(got, "keine weiteren Anfragen") {
			t.Errorf("the fourth: got %q", got)
		}
		h.place(h.person("ada")).Get(path[:len(path)-len("/ohne-konto")]).Want(200).Form(mainForm).Set("age", "ab-18").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
		same(asks("ada"), asks("zoe"))
		if page := confirms("ada").Want(422); !page.Has(`main a[href^="/meine/anfragen/"]`) {
			t.Errorf("no way to the request of the account: %q", page.Text("main"))
		}
	})
	t.Run("cannot be seen with a wrong link", func(t *testing.T) {
		h.visitor().Get("/anfrage/" + strings.Repeat("0", 32)).Want(404)
	})
	t.Run("is not possible for what is not there", func(t *testing.T) {
		h.visitor().Get("/angebote/22222222/helfen").Want(404)
	})
}

func TestNobodyIsAskedForWhatNobodyTakes(t *testing.T) {
	h := newHouse(t)
	code, closed := "/angebote/"+h.opportunity.Code, "Zu diesem Angebot sind gerade keine weiteren Anfragen möglich."
	ada := h.place(h.person("ada"))
	check := ada.Get(code+"/helfen").Want(200).Form(mainForm).Set("age", "ab-18").Set("text", "Ich lese gern vor.").Submit().Want(200)
	h.real.update(func(tx *store.Tx) error {
		_, err := engagement.PauseOpportunity(tx, engagement.System, h.opportunity.ID, true)
		return err
	})
	page := check.Form("main form[action*=/pruefen]").Submit().Want(422)
	if got := page.Form(mainForm).Values.Get("text"); got != "Ich lese gern vor." || !strings.Contains(page.Text("#fehler"), closed) {
		t.Errorf("paused while somebody writes: kept %q, says %q", got, page.Text("#fehler"))
	}
	for path, c := range map[string]*webtest.Client{"/helfen": h.visitor(), "/helfen/ohne-konto": h.visitor(), "/helfen/mit-konto": ada} {
		if page := c.Get(code + path).Want(200); !strings.Contains(page.Text("main"), closed) || page.Has("main form") {
			t.Errorf("%s says %q", path, page.Text("main"))
		}
	}
}

// W-10: what ends while somebody writes to it says so, and shows what they wrote.
func TestATextIsNotLostWithWhatItIsAbout(t *testing.T) {
	const text = "Ich lese gern vor, am liebsten dienstags."
	h := newHouse(t)
	h.center()
	ada := h.place(h.person("ada"))
	h.offers(ada, nil).Want(200)
	h.adviser.Get("/vermittlung").Click("Türkisch übersetzen").Form(mainForm).Set("decision", "approve").Submit().Want(200)
	offer := h.manager.Get("/ich-biete").Want(200).Click("Türkisch übersetzen").Click("Hilfe anfragen").Want(200)
	help := "/angebote/" + h.opportunity.Code + "/helfen"
	first := h.visitor().Get(help+"/ohne-konto").Want(200).Form(mainForm).Set("name", "Kim").Set("email", "kim@mail.example").Set("age", "ab-18").Set("text", text)
	last := ada.Get(help).Want(200).Form(mainForm).Set("age", "ab-18").Set("text", text).Submit().Want(200).Form("main form[action*=/pruefen]")
	hidden := h.real.opportunity("Bücherkisten packen", h.org)
	secret := ada.Get("/angebote/"+hidden.Code+"/helfen").Want(200).Form(mainForm).Set("age", "ab-18").Set("text", text)
	h.real.update(func(tx *store.Tx) error {
		hiding := func(id engagement.ID, decision engagement.Decision) error {
			_, err := engagement.DecideOpportunity(tx, engagement.System, id, decision, "irrefuehrend", "Nein.")
			return err
		}
		return errors.Join(hiding(h.opportunity.ID, engagement.DecideSuspend), hiding(hidden.ID, engagement.DecideHide))
	})
	ada.Get("/meine/ich-biete").Form("main form[action*=/beenden]").Submit().Want(200)
	for what, c := range map[string]struct {
		form   *webtest.Form
		status int
	}{
		"the form": {first, 410}, "its check page": {last, 410}, "something hidden": {secret, 404}, "a help offer": {offer.Form(mainForm).Set("text", text), 410},
	} {
		page := c.form.Submit().Want(c.status)
		if got := page.Texts("blockquote"); !slices.Equal(got, []string{text}) {
			t.Errorf("%s: kept %q", what, got)
		}
		for _, p := range page.Problems() {
			t.Errorf("%s: %s", what, p)
		}
	}
	if page := h.visitor().Get(help + "/ohne-konto").Want(410); page.Has("blockquote") {
		t.Error("who only looks wrote nothing")
	}
}

func TestNothingOfASuspendedOrganizationGoesOn(t *testing.T) {
	h := newHouse(t)
	code := "/angebote/" + h.opportunity.Code
	reader := h.visitor()
	status := h.ask(reader, h.opportunity, "reader1")
	request := h.link(h.mail(h.org.ContactMail))
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
	h.real.update(func(tx *store.Tx) error {
		return engagement.SuspendOrganization(tx, engagement.System, h.org.ID, true, "")
	})
	for _, path := range []string{"/helfen", "/helfen/ohne-konto"} {
		h.visitor().Get(code + path).Want(404)
	}
	if page := h.visitor().Get("/melden?id=" + h.opportunity.Code).Want(422); strings.Contains(page.Body, h.opportunity.Title) {
		t.Error("the form of reports shows its title")
	}
	if page := reader.Get(status.Path + "/kontakt"); page.Path != status.Path || page.Has(`main a[href*=/kontakt]`) {
		t.Errorf("the person is asked for contact data at %s", page.Path)
	}
	wantTexts(t, h.manager.Get(request).Want(200).Texts(".s-actions a"), []string{"Absagen"})
}

func TestHelpWithAnAccount(t *testing.T) {
	h := newHouse(t)
	ada := h.place(h.person("ada"))
	form := ada.Get("/angebote/" + h.opportunity.Code + "/helfen").Want(200).Form(mainForm)
	if form.Values.Has("email") {
		t.Error("asks for the address again")
	}
	status := form.Set("age", "ab-18").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
	if got, want := status.Text("#stand"), "Anfrage gesendet"; got != want || !strings.HasPrefix(status.Path, "/meine/anfragen/") {
		t.Fatalf("got %q at %s, want %q", got, status.Path, want)
	}
	t.Run("is refused while another one is open, which is no field's fault", func(t *testing.T) {
		check := ada.Get("/angebote/"+h.opportunity.Code+"/helfen").Form(mainForm).Set("age", "ab-18").Submit()
		page := check.Form("main form[action*=/pruefen]").Submit().Want(422)
		if !strings.Contains(page.Text("#fehler"), "schon eine offene Anfrage") || page.Has("#fehler a") {
			t.Errorf("got %q", page.Text("#fehler"))
		}
	})
	t.Run("is in the list", func(t *testing.T) {
		wantTexts(t, ada.Get("/meine/anfragen").Texts(".s-hit h3"), []string{h.opportunity.Title})
	})
	t.Run("is nobody else's business", func(t *testing.T) {
		other, nothing := h.place(h.person("grace")), strings.Replace(status.Path, status.Path[len(status.Path)-4:], "0000", 1)
		for _, path := range []string{status.Path, status.Path + "/kontakt", status.Path + "/absagen", status.Path + "/termin.ics"} {
			other.Get(path).Want(404)
		}
		if got, want := other.Get(status.Path).Text("h1"), other.Get(nothing).Want(404).Text("h1"); got != want {
			t.Errorf("a strange request says %q, a missing one %q", got, want)
		}
	})
	t.Run("asks again after a material change", func(t *testing.T) {
		h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
		ada.Get(status.Path+"/kontakt").Form(mainForm).Set("fields", "name").Submit().Want(200)
		h.answer("zusagen", nil)
		h.manager.Get("/angebot-einstellen/"+h.opportunity.Code+"/2").Form(mainForm).Set("slots", "mi-nachmittag").Submit().Want(200)
		page := ada.Get(status.Path)
		if !slices.Contains(page.Texts("h2"), "Etwas hat sich geändert") {
			t.Fatalf("got %q", page.Text("main"))
		}
		page.Form("main form[action*=/bestaetigen]").Submit().Want(200)
		if slices.Contains(ada.Get(status.Path).Texts("h2"), "Etwas hat sich geändert") {
			t.Error("still asks")
		}
	})
}

func TestAnUnansweredRequestIsExplained(t *testing.T) {
	h := newHouse(t)
	reader := h.visitor()
	status := h.ask(reader, h.opportunity, "reader1")
	h.post()
	for range 10 {
		h.clock.Forward(24 * time.Hour)
		h.update(func(tx *store.Tx) error { _, err := engagement.Tick(tx, 100); return err })
	}
	if got := reader.Get(status.Path).Text("main"); !strings.Contains(got, "zweimal erinnert") {
		t.Errorf("got %q", got)
	}
	if got := h.person("adviser2", withRole(engagement.Adviser)).Get("/vermittlung").Want(200).Click(h.opportunity.Title).Want(200).Text("main"); !strings.Contains(got, h.opportunity.Title) || !strings.Contains(got, h.org.ContactMail) {
		t.Errorf("the adviser sees %q", got)
	}
	var subjects []string
	for _, m := range h.post() {
		subjects = append(subjects, m.To+": "+m.Subject)
	}
	for _, want := range []string{h.org.ContactMail + ": Bitte antworten Sie bald", "reader1@mail.example: Neues zu Ihrer Anfrage"} {
		if !slices.Contains(subjects, want) {
			t.Errorf("no mail %q, only %q", want, subjects)
		}
	}
}
