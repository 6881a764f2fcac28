package web_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web/webtest"
)

// bigForm is the form that is not only a button.
const bigForm = "main form[novalidate]"

// takes opens the page on which the first free shift of a list is taken.
func takes(c *webtest.Client, list *webtest.Page) *webtest.Page {
	return c.Get(webtest.Attr(list.Find(".s-hit a.kern-btn--primary")[0], "href")).Want(200)
}

// agreement is a request of an account that was agreed on.
func (h *house) agreement(name string, o engagement.Opportunity) (m engagement.MatchRequest) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin(name + "@mail.example")
		if err != nil {
			return err
		}
		code, err := tx.NewCode()
		if err != nil {
			return err
		}
		now := tx.Now()
		m = engagement.MatchRequest{
			ID: tx.NewSecretID(), Number: "A-" + strings.ToUpper(code), Direction: "interest", Opportunity: o.ID, Organization: o.Organization, Account: a.ID,
			Contact: engagement.Contact{Name: a.Name, Email: a.Email}, AgeBand: "ab-18", Via: "direkt", Quantity: 1, State: engagement.Agreed,
			Card: engagement.Card{"name": a.Name, "email": a.Email}, CardUntil: now.Add(engagement.CardLife), SentAt: now, AgreedAt: now, Created: now, Updated: now,
		}
		m.Secret = engagement.Hash(tx.LinkToken(m.ID))
		return tx.PutMatchRequest(&m)
	})
	return m
}

// shift is one of an opportunity that begins after a time and lasts two hours, with two places.
func (s *real) shift(o engagement.Opportunity, after time.Duration, change ...func(*engagement.Shift)) (made engagement.Shift) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		starts := tx.Now().Add(after)
		shift := engagement.Shift{Opportunity: o.ID, Starts: starts, Ends: starts.Add(2 * time.Hour), Capacity: 2, Least: 2, Waitlist: true, QuitHours: 24}
		for _, f := range change {
			f(&shift)
		}
		made, err = engagement.PlanShift(tx, engagement.System, shift, engagement.Recurrence{}, 0)
		return err
	})
	return made
}

// comes signs somebody up for a new shift of what was agreed.
func (h *house) comes(m engagement.MatchRequest, after time.Duration) (u engagement.ShiftSignUp) {
	h.t.Helper()
	s := h.shift(engagement.Opportunity{ID: m.Opportunity}, after)
	h.update(func(tx *store.Tx) (err error) {
		u, err = engagement.TakeShift(tx, engagement.System, m.ID, s.ID, 1)
		return err
	})
	return u
}

// shiftMails is the page where mails about shifts end.
func (h *house) shiftMails() (path string) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		path = "/abbestellen/" + tx.LinkToken(h.coming.ID)
		return nil
	})
	return path
}

// clockStrikes moves the clock on and lets timers do what is due.
func (h *house) clockStrikes(d time.Duration) {
	h.t.Helper()
	h.clock.Forward(d)
	tick(h)
}

func TestShiftsFromThePlanToTheHours(t *testing.T) {
	h := newHouse(t)
	o := h.real.opportunity("Café am Ufer", h.org, func(o *engagement.Opportunity) { o.Details = "Der Schlüssel hängt im Schuppen." })
	person := h.place(h.person("volunteer1"))
	m := h.agreement("volunteer1", o)
	bench, own := "/meine/organisationen/"+h.org.Code+"/einsaetze", "/meine/anfragen/"+string(m.ID)+"/schichten"
	h.post()

	form := h.manager.Get(bench).Want(200).Click("Schicht planen").Form(mainForm)
	t.Run("what is missing is said, and nothing is lost", func(t *testing.T) {
		page := form.Set("angebot", o.Code).Set("capacity", "2").Set("starts_at", "25 Uhr").Submit().Want(422)
		if got := webtest.Attr(page.Find("#capacity")[0], "value"); got != "2" || len(page.Find(".kern-error")) < 2 {
			t.Errorf("capacity %q: %s", got, page.Text("main"))
		}
	})
	page := h.manager.Get(bench+"/schichten/neu").Form(mainForm).Set("angebot", o.Code).Set("starts_on-tag", "28").Set("starts_on-monat", "11").Set("starts_on-jahr", "2026").
		Set("starts_at", "22").Set("ends_at", "1 Uhr").Set("capacity", "2").Set("repeat", "woechentlich").Set("times", "3").Submit().Want(200)
	if got := page.Text(".s-lead"); got != "Samstag, 28. November 2026, 22 Uhr, bis Sonntag, 29. November 2026, 1 Uhr" {
		t.Errorf("got %q", got)
	}
	shift := page.Path
	if got := h.manager.Get(bench).Want(200).Texts(".s-hit h3 a"); len(got) != 4 { // three shifts and a person
		t.Errorf("got %q", got)
	}

	public := h.visitor().Get("/angebote/" + o.Code).Want(200)
	if text := public.Text("main"); !strings.Contains(text, "Samstag, 5. Dezember 2026, 22 Uhr, bis Sonntag, 6. Dezember 2026, 1 Uhr: 2 von 2 Plätzen frei") || strings.Contains(text, "volunteer1") {
		t.Errorf("the public page says %s", text)
	}
	if got := strings.Count(string(h.visitor().Get("/angebote/"+o.Code+".ics").Want(200).Body), "BEGIN:VEVENT"); got != 3 {
		t.Errorf("%d dates in the calendar, want 3", got)
	}

	take := takes(person, person.Get("/angebote/"+o.Code).Want(200).Click("Schichten wählen").Want(200))
	if text := take.Text("main"); !strings.Contains(text, "Ohne Grund absagen können Sie bis: Freitag, 27. November 2026 , 22 Uhr") {
		t.Errorf("the check page says %s", text)
	}
	took := take.Form(mainForm).Submit().Want(200)
	if took.Path != own || !slices.Contains(took.Texts(".s-hit strong"), "Eingetragen") {
		t.Errorf("%s says %s", took.Path, took.Text("main"))
	}
	t.Run("others do not see it", func(t *testing.T) {
		other := h.place(h.person("volunteer2"))
		other.Get(own).Want(404)
		other.Get(shift).Want(404)
	})

	h.manager.Get(shift).Want(200).Form("form[action*=bestaetigen]").Submit().Want(200)
	h.mail("volunteer1@mail.example")
	h.clockStrikes(2*24*time.Hour + 10*time.Hour) // Friday, 21:00 in Berlin
	reminder := h.mail("volunteer1@mail.example")
	if reminder.Subject != "Erinnerung an Ihren Einsatz" || strings.Contains(reminder.Text, o.Title) || reminder.Off == "" {
		t.Errorf("got %+v", reminder)
	}
	person.Get(h.link(reminder)).Want(200)
	person = h.again("volunteer1")
	if text := person.Get(own).Click("Schicht abgeben").Want(200).Text("main"); !strings.Contains(text, "Ihr Platz wird frei.") { // until 22:00
		t.Errorf("it is late an hour too early: %s", text)
	}

	h.clockStrikes(28 * time.Hour) // the shift is over
	h.manager, person = h.again("manager1"), h.again("volunteer1")
	open := h.manager.Get(bench).Want(200).Click("Anwesenheit (1)")
	if text := open.Text("main"); !strings.Contains(text, "Bei 1 Person ist offen, ob sie da war.") {
		t.Errorf("got %s", text)
	}
	row := h.manager.Get(webtest.Attr(open.Find(".s-hit h3 a")[0], "href")).Want(200).Form(mainForm)
	row.Set(h.comingOf(m, shift), string(engagement.ShiftAttended)).Submit().Want(200)
	h.update(func(tx *store.Tx) error {
		hours, err := tx.HoursOf(m.Account)
		if err == nil && (len(hours) != 1 || hours[0].Minutes != 180 || hours[0].State != engagement.HoursConfirmed) {
			t.Errorf("got %+v", hours)
		}
		return err
	})
	if got := person.Get(own).Want(200).Text("main"); !strings.Contains(got, "War da") {
		t.Errorf("the person reads %s", got)
	}
}

// comingOf is the name of the field about the sign-up of a request for the shift with a path.
func (h *house) comingOf(m engagement.MatchRequest, shift string) (id string) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		list, err := tx.ShiftSignUpsBy(m.ID)
		for _, u := range list {
			if strings.HasSuffix(shift, string(u.Shift)) {
				id = string(u.ID)
			}
		}
		return err
	})
	return id
}

func TestTheNextOfTheWaitingListGetsTheShift(t *testing.T) {
	h := newHouse(t)
	o := h.real.opportunity("Café am Ufer", h.org)
	h.shift(o, 96*time.Hour) // two places
	var people []*webtest.Client
	var own []string
	for _, name := range []string{"volunteer1", "volunteer2", "volunteer3"} {
		people = append(people, h.place(h.person(name)))
		own = append(own, "/meine/anfragen/"+string(h.agreement(name, o).ID)+"/schichten")
	}
	h.post()
	says := func(page *webtest.Page, want string) {
		t.Helper()
		if got := page.Texts(".s-hit strong"); !slices.Contains(got, want) {
			t.Errorf("no %q in %s", want, page.Text("main"))
		}
	}
	for i, want := range []string{"Eingetragen", "Eingetragen", "Warteliste"} {
		says(takes(people[i], people[i].Get(own[i])).Form(mainForm).Submit().Want(200), want)
	}
	says(people[0].Get(own[0]).Click("Schicht abgeben").Form(mainForm).Submit().Want(200), "Abgegeben")
	says(people[1].Get(own[1]).Want(200), "Eingetragen")
	offered := people[2].Get(h.link(h.mail("volunteer3@mail.example"))).Want(200)
	says(offered, "Zusage steht noch aus")
	says(offered.Form("form[action*=zusagen]").Submit().Want(200), "Eingetragen")
}

func TestATeamPlansPeopleInAndTakesThemOff(t *testing.T) {
	h := newHouse(t)
	o := h.real.opportunity("Café am Ufer", h.org)
	person := h.place(h.person("volunteer1"))
	m := h.agreement("volunteer1", o)
	s := h.shift(o, 96*time.Hour)
	shift, own := "/meine/organisationen/"+h.org.Code+"/einsaetze/schichten/"+string(s.ID), "/meine/anfragen/"+string(m.ID)+"/schichten"

	planned := h.manager.Get(shift).Want(200).Form(bigForm).Set("person", string(m.ID)).Submit().Want(200)
	if !slices.Contains(planned.Texts(".s-hit strong"), "Zusage steht noch aus") {
		t.Errorf("got %s", planned.Text("main"))
	}
	asked := h.mail("volunteer1@mail.example")
	if asked.Subject != "Änderung bei Ihrem Einsatz" {
		t.Errorf("got %q", asked.Subject)
	}
	yes := person.Get(h.link(asked)).Want(200).Form("form[action*=zusagen]").Submit().Want(200)
	if !slices.Contains(yes.Texts(".s-hit strong"), "Zugesagt") {
		t.Errorf("got %s", yes.Text("main"))
	}

	edit := h.manager.Get(shift + "/aendern").Want(200).Form(mainForm)
	stale := h.manager.Get(shift + "/aendern").Want(200).Form(mainForm)
	edit.Set("starts_at", "9").Set("ends_at", "12:30").Set("place", "12555").Set("street", "Uferweg").Set("house", "1").Submit().Want(200)
	h.mail("volunteer1@mail.example")
	if text := person.Get(own).Want(200).Text("main"); !strings.Contains(text, "9–12:30 Uhr") || !strings.Contains(text, "Zusage steht noch aus") || !strings.Contains(text, "Uferweg 1") {
		t.Errorf("after the change: %s", text)
	}
	stale.Set("capacity", "5").Submit().Want(409)

	list := h.manager.Get(shift).Form("form[action*=bestaetigen]").Submit().Want(200).Click("Liste zum Ausdrucken").Want(200)
	if text := list.Text("main"); !strings.Contains(text, "volunteer1@mail.example") || webtest.Attr(list.Find(`a[href*="bcc="]`)[0], "href") != "mailto:?bcc=volunteer1@mail.example" {
		t.Errorf("the list says %s", text)
	}
	if text := person.Get("/meine/daten/zugriffe").Want(200).Text("main"); !strings.Contains(text, o.Title) {
		t.Errorf("who saw the contact data: %s", text)
	}
	h.post()
	h.manager.Get(shift).Form("form[action*=austragen]").Submit().Want(200)
	if off := h.mail("volunteer1@mail.example"); off.Off != "" || off.Subject != "Änderung bei Ihrem Einsatz" {
		t.Errorf("got %+v", off)
	}
	if text := person.Get(own).Want(200).Text("main"); !strings.Contains(text, "Von der Organisation abgesagt") {
		t.Errorf("got %s", text)
	}
	h.manager.Get(shift).Form("form[action*=absagen]").Submit().Want(200)
	if text := h.visitor().Get("/angebote/" + o.Code).Want(200).Text("main"); strings.Contains(text, "Nächste Schichten") {
		t.Errorf("a canceled shift is public: %s", text)
	}
	if got := string(h.visitor().Get("/angebote/" + o.Code + ".ics").Want(200).Body); !strings.Contains(got, "STATUS:CANCELLED") {
		t.Errorf("calendars do not learn of it: %s", got)
	}
}

func TestShiftsOfSomebodyWithoutAnAccount(t *testing.T) {
	h := newHouse(t)
	reader := h.visitor()
	status := h.ask(reader, h.opportunity, "reader1")
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
	h.release(reader, status)
	h.answer("zusagen", nil)
	h.shift(h.opportunity, 96*time.Hour)
	h.shift(h.opportunity, 120*time.Hour)
	h.post()
	took := takes(reader, reader.Get(status.Path).Want(200).Click("Meine Schichten")).Form(mainForm).Submit().Want(200)
	if !slices.Contains(took.Texts(".s-hit strong"), "Eingetragen") {
		t.Errorf("got %s", took.Text("main"))
	}
	back := took.Click("Schicht abgeben").Form(mainForm).Submit().Want(200)
	if !slices.Contains(back.Texts(".s-hit strong"), "Abgegeben") {
		t.Errorf("got %s", back.Text("main"))
	}
	off := reader.Get(took.Path).Want(200).Form("form[action*=mails]").Submit().Want(200)
	if !strings.Contains(off.Text("main"), "Sie bekommen keine Erinnerungen und Änderungen.") {
		t.Errorf("got %s", off.Text("main"))
	}
	on := off.Form("form[action*=mails]").Submit().Want(200)
	if !strings.Contains(on.Text("main"), "Wir erinnern Sie einen Tag vorher") {
		t.Errorf("got %s", on.Text("main"))
	}
}

func TestGivingAShiftBackLate(t *testing.T) {
	h := newHouse(t)
	o := h.real.opportunity("Café am Ufer", h.org)
	person := h.place(h.person("volunteer1"))
	m := h.agreement("volunteer1", o)
	u := h.comes(m, 20*time.Hour)
	own := "/meine/anfragen/" + string(m.ID) + "/schichten"
	h.post()
	form := person.Get(own + "/" + string(u.Shift) + "/abgeben").Want(200)
	if !strings.Contains(form.Text("main"), "Die Schicht beginnt bald.") {
		t.Errorf("got %s", form.Text("main"))
	}
	form.Form(mainForm).Submit().Want(422).Form(mainForm).Set("text", "Ich liege im Bett.").Submit().Want(200)
	mail := h.mail(h.org.ContactMail)
	if strings.Contains(mail.Text, "Bett") {
		t.Errorf("the mail says why: %s", mail.Text)
	}
	if text := h.manager.Get(h.link(mail)).Want(200).Text("main"); !strings.Contains(text, "Ich liege im Bett.") {
		t.Errorf("the team reads %s", text)
	}
}

func TestMailsAboutShiftsEndWithOneClick(t *testing.T) {
	h := newHouse(t)
	h.person("volunteer1")
	m := h.agreement("volunteer1", h.real.opportunity("Café am Ufer", h.org))
	h.coming = h.comes(m, 72*time.Hour)
	h.clockStrikes(49 * time.Hour)
	if got := h.oneClick(h.mail("volunteer1@mail.example").Off, asMultipart); got != http.StatusOK {
		t.Errorf("one click answers %d", got)
	}
	if text := h.again("volunteer1").Get("/meine/anfragen/" + string(m.ID) + "/schichten").Want(200).Text("main"); !strings.Contains(text, "Sie bekommen keine Erinnerungen") {
		t.Errorf("got %s", text)
	}
	h.comes(m, 49*time.Hour)
	h.clockStrikes(26 * time.Hour)
	if got := h.post(); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAPersonsCalendar(t *testing.T) {
	h := newHouse(t)
	cafe := h.real.opportunity("Café am Ufer", h.org, func(o *engagement.Opportunity) { o.Details = "Der Schlüssel hängt im Schuppen." })
	weekly := h.real.opportunity("Hausaufgaben am Dienstag", h.org, func(o *engagement.Opportunity) {
		o.Commitment, o.Rhythm, o.Grid, o.StartsOn = "regelmaessig", "pro-woche", engagement.Slot("di", "nachmittag"), "2026-11-24"
	})
	loose := h.real.opportunity("Nach Absprache", h.org, func(o *engagement.Opportunity) { o.Grid, o.StartsOn, o.EndsOn, o.Commitment = 0, "", "", "flexibel" })
	person := h.place(h.person("volunteer1"))
	agreed := h.agreement("volunteer1", cafe)
	h.agreement("volunteer1", weekly)
	h.agreement("volunteer1", loose)
	h.comes(agreed, 72*time.Hour)
	h.meet("Grace")
	h.update(func(tx *store.Tx) error {
		g, err := tx.SignUp(h.guest.ID)
		g.Account, g.State = agreed.Account, engagement.SignUpAccepted
		if err != nil {
			return err
		}
		return tx.PutSignUp(&g)
	})

	page := person.Get("/meine/kalender").Want(200)
	if got := page.Texts(".s-summary dt")[:3]; !slices.Equal(got, []string{"Freitag, 27. November 2026", "Samstag, 28. November 2026", "Dienstag, 1. Dezember 2026"}) {
		t.Errorf("days %q", got)
	}
	text := page.Text("main")
	for _, want := range []string{"11–13 Uhr: Café am Ufer", "15–18 Uhr: Hausaufgaben am Dienstag", "15–17 Uhr: Lesetreff am Ufer", "Nach Absprache – die Zeit sprechen Sie ab", "November 2026"} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q: %s", want, text)
		}
	}
	if list, table := strings.Index(text, "Café am Ufer"), strings.Index(text, "Monat davor"); list > table {
		t.Error("the table stands before the list")
	}
	december := page.Click("Monat danach").Want(200)
	if got := december.Texts(".s-month a"); len(got) != 5 { // Tuesdays
		t.Errorf("days of December with dates: %q", got)
	}
	if got := len(december.Find(".s-month tbody tr")); got != 5 {
		t.Errorf("%d weeks", got)
	}
	for _, odd := range []string{"?monat=2030-01", "?monat=x", "?monat=2026-13"} {
		person.Get("/meine/kalender" + odd).Want(200)
	}

	addresses := regexp.MustCompile(`/kalender/[0-9a-f]{32}\.ics`)
	make := func(set func(*webtest.Form)) string {
		form := person.Get("/meine/kalender/adresse").Want(200).Form(bigForm)
		if set != nil {
			set(form)
		}
		made := form.Submit().Want(200)
		address := addresses.FindString(string(made.Body))
		if address == "" || made.Header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("%v: %s", made.Header, made.Body)
		}
		if !strings.Contains(string(made.Body), `href="webcal://`) {
			t.Error("programs cannot open it")
		}
		return address
	}
	first := make(nil)
	if strings.Contains(string(person.Get("/meine/kalender/adresse").Want(200).Body), first) {
		t.Error("the address is shown again")
	}
	feed := h.visitor().Get(first).Want(200)
	body := strings.ReplaceAll(string(feed.Body), "\r\n ", "")
	if got := feed.Header.Get("Cache-Control"); got != "private, no-store" || !strings.HasPrefix(feed.Header.Get("Content-Type"), "text/calendar") {
		t.Errorf("header %v", feed.Header)
	}
	for _, want := range []string{"SUMMARY:Café am Ufer", "Schlüssel hängt", "RRULE:FREQ=WEEKLY;BYDAY=TU", "SUMMARY:Lesetreff am Ufer", "DTSTART;TZID=Europe/Berlin:20261128T110000", "PRODID:-//Seestern//", "BEGIN:VTIMEZONE"} {
		if !strings.Contains(body, want) {
			t.Errorf("without %q: %s", want, body)
		}
	}
	if strings.Contains(body, "volunteer1") || strings.Contains(body, "ATTENDEE") || strings.Contains(body, "ORGANIZER") {
		t.Errorf("it names people: %s", body)
	}
	for _, line := range strings.Split(string(feed.Body), "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}

	second := make(func(f *webtest.Form) { f.Set("neutral", "1") })
	h.visitor().Get(first).Want(404)
	_, secret, _ := strings.Cut(string(h.visitor().Get(second).Want(200).Body), "END:VTIMEZONE")
	for _, bad := range []string{"Café", "afe-am", "ausaufgaben", "esetreff", "Köpenick", "Schlüssel", "Leseinsel", "CATEGORIES", "GEO:"} {
		if strings.Contains(secret, bad) {
			t.Errorf("neutral titles tell %q: %s", bad, secret)
		}
	}
	if got := strings.Count(secret, "SUMMARY:Ehrenamt"); got != 3 {
		t.Errorf("%d neutral titles, want 3: %s", got, secret)
	}
	person.Get("/meine/kalender/adresse").Form("form[action*=beenden]").Submit().Want(200)
	h.visitor().Get(second).Want(404)
	h.visitor().Get("/kalender/" + strings.Repeat("0", 32) + ".ics").Want(404)
}

func TestFreeShiftsSayWhenSomebodyCanHelp(t *testing.T) {
	h := newHouse(t)
	for h.clock.Now().In(engagement.Berlin()).Weekday() != time.Friday {
		h.clock.Forward(24 * time.Hour)
	}
	tuesday := engagement.DateOf(h.clock.Now()).Add(4).Time()
	o := h.opportunity
	h.update(func(tx *store.Tx) (err error) {
		if o, err = tx.Opportunity(o.ID); err != nil {
			return err
		}
		o.Grid, o.Confirmed = engagement.Slot("mo", "abend"), tx.Now()
		return tx.PutOpportunity(&o)
	})
	s := h.shift(o, tuesday.Add(15*time.Hour).Sub(h.clock.Now()))
	h.shift(o, tuesday.Add(33*time.Hour).Sub(h.clock.Now())) // Wednesday, 9 to 11 o'clock
	ada := h.place(h.person("ada", withProfile()))
	list := func() string { return ada.Get("/angebote?sortierung=neu").Want(200).Text("#treffer") }
	found := func(query string) bool {
		return slices.Contains(titles(ada.Get("/angebote?"+query).Want(200)), o.Title)
	}
	checked := func(slot string) bool {
		page := h.visitor().Get("/check/alles").Form(mainForm).Set("slots", slot).Submit().Want(200)
		return strings.Contains(page.Text("main"), o.Title)
	}

	when := "Schicht frei: Dienstag, " + tuesday.Format("2") + ". "
	if got := list(); !strings.Contains(got, when) || !strings.Contains(got, "15–17 Uhr") {
		t.Errorf("the list does not say %q: %s", when, got)
	}
	if !found("sortierung=passend") || !found("zeit=di&zeit=nachmittag") || !found("zeit=mi&zeit=vormittag") || found("zeit=mo") {
		t.Error("it is not found by the time of its shifts alone")
	}
	if !checked("di-nachmittag") || !checked("mi-vormittag") || checked("mo-abend") {
		t.Error("the check does not know the time of its shifts")
	}

	h.update(func(tx *store.Tx) (err error) {
		if s, err = tx.Shift(s.ID); err != nil {
			return err
		}
		s.Taken = s.Capacity
		return tx.PutShift(&s)
	})
	if found("sortierung=passend") || found("zeit=di") || checked("di-nachmittag") {
		t.Error("it is suggested although the only shift that fits is taken")
	}
	if !found("sortierung=neu") || !strings.Contains(list(), "Keine freie Schicht passt zu Ihren Zeiten.") {
		t.Errorf("the list does not say why: %s", list())
	}
	page := ada.Get("/angebote/" + o.Code).Want(200).Text("main")
	if !strings.Contains(page, "Warum sehe ich dieses Angebot nicht?") || !strings.Contains(page, "Keine freie Schicht passt zu Ihren Zeiten.") {
		t.Errorf("its page does not say why: %s", page)
	}
}

func TestWhoHelpsKeepsTheirDatesWhenNobodyIsLookedForAnyMore(t *testing.T) {
	h := newHouse(t)
	weekly := h.real.opportunity("Hausaufgaben am Dienstag", h.org, func(o *engagement.Opportunity) {
		o.Commitment, o.Rhythm, o.Grid, o.StartsOn = "regelmaessig", "pro-woche", engagement.Slot("di", "nachmittag"), "2026-11-24"
	})
	person := h.place(h.person("volunteer1"))
	m := h.agreement("volunteer1", weekly)
	made := person.Get("/meine/kalender/adresse").Want(200).Form(bigForm).Submit().Want(200)
	feed := regexp.MustCompile(`/kalender/[0-9a-f]{32}\.ics`).FindString(made.Body)
	for _, end := range []func(tx *store.Tx) error{
		func(tx *store.Tx) error {
			_, err := engagement.PauseOpportunity(tx, engagement.System, weekly.ID, true)
			return err
		},
		func(tx *store.Tx) error {
			_, err := engagement.CloseOpportunity(tx, engagement.System, weekly.ID)
			return err
		},
	} {
		h.update(end)
		for _, path := range []string{"/meine/anfragen/" + string(m.ID) + "/termin.ics", feed} {
			if body := person.Get(path).Want(200).Body; !strings.Contains(body, "STATUS:CONFIRMED") || strings.Contains(body, "STATUS:CANCELLED") {
				t.Errorf("%s: %s", path, body)
			}
		}
		if body := h.visitor().Get("/angebote/" + weekly.Code + ".ics").Want(200).Body; !strings.Contains(body, "STATUS:CANCELLED") {
			t.Errorf("for everybody: %s", body)
		}
	}
}

func TestTheAddressOfAShiftIsNoMorePublicThanThatOfTheOffer(t *testing.T) {
	h := newHouse(t)
	o := h.real.opportunity("Begleiten im Frauenhaus", h.org, func(o *engagement.Opportunity) { o.Places[0].Precision = "ortsteil" })
	person := h.place(h.person("volunteer1"))
	m := h.agreement("volunteer1", o)
	place := engagement.Place{Name: "Haus am Ufer", Street: "Uferweg", House: "1", Postcode: "12555", Locality: "Berlin-Köpenick", Point: o.Places[0].Point, Precision: "genau"}
	s := h.shift(o, 96*time.Hour, func(s *engagement.Shift) { s.Place = place })
	h.update(func(tx *store.Tx) error {
		_, err := engagement.TakeShift(tx, engagement.System, m.ID, s.ID, 1)
		return err
	})
	bench := "/meine/organisationen/" + h.org.Code + "/einsaetze/schichten/" + string(s.ID)
	for path, c := range map[string]struct {
		who   *webtest.Client
		whole bool
	}{
		"/angebote/" + o.Code:                            {h.visitor(), false},
		"/angebote/" + o.Code + ".ics":                   {h.visitor(), false},
		"/api/v1/opportunities/" + o.Code + "/shifts":    {h.visitor(), false},
		"/meine/anfragen/" + string(m.ID) + "/schichten": {person, true},
		"/meine/kalender":                                {person, true},
		bench:                                            {h.manager, true},
	} {
		body := c.who.Get(path).Want(200).Body
		if got := strings.Contains(body, "Uferweg"); got != c.whole || !strings.Contains(body, "12555") {
			t.Errorf("%s: the street is there: %v", path, got)
		}
	}
}
