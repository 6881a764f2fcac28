package web_test

import (
	"context"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

// house is the real site with its mail, an organization, an opportunity, and people in every role.
type house struct {
	*real
	mails       []web.Message // sent so far
	found       engagement.Partner
	lost        error // what asking another server answers
	refuses     error // what the mail server says
	org         engagement.Organization
	opportunity engagement.Opportunity
	meeting     engagement.Occasion // see meet
	guest       engagement.SignUp
	offer       engagement.HelpOffer   // of a test that needs one
	asking      engagement.ID          // an invitation, of a test that needs one
	coming      engagement.ShiftSignUp // of a test that needs one
	told        engagement.ID          // a subscription, of a test that needs one
	manager     *webtest.Client
	moderator   *webtest.Client
	admin       *webtest.Client
	adviser     *webtest.Client
	browsers    int
}

// Send implements [web.Post].
func (h *house) Send(_ context.Context, m web.Message) error {
	if h.refuses != nil {
		return h.refuses
	}
	h.mails = append(h.mails, m)
	return nil
}

func newHouse(t testing.TB, change ...func(*web.Options)) *house {
	t.Helper()
	return newHouseOn(t, storetest.SQLite(t), change...)
}

func newHouseOn(t testing.TB, config store.Config, change ...func(*web.Options)) *house {
	t.Helper()
	h := &house{}
	h.real = realSiteOn(t, config, func(o *web.Options) {
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} // so that every browser has an address, and a budget, of its own
		withIDs(o)
		o.Network.Partner = func(context.Context, string) (engagement.Partner, error) { return h.found, h.lost }
		o.Network.Archive = func(_ context.Context, id engagement.ID) ([]byte, error) { return []byte("archive of " + id), nil }
		for _, f := range change {
			f(o)
		}
	})
	h.org = h.organization("Leseinsel Dahmeufer e. V. (Demo)")
	h.opportunity = h.real.opportunity("Kindern vorlesen in der Kita", h.org, func(o *engagement.Opportunity) {
		o.Proofs, o.Description = nil, strings.Repeat("Sie lesen kleinen Gruppen Bilderbücher und Märchen vor. ", 6)
	})
	h.manager = h.person("manager1", memberOf(h.org, engagement.Manager))
	h.moderator, h.admin, h.adviser = h.person("moderator1", withRole(engagement.Moderator)), h.person("admin1", withRole(engagement.Admin)), h.person("adviser1", withRole(engagement.Adviser))
	for _, c := range []*webtest.Client{h.manager, h.moderator, h.admin, h.adviser} {
		h.place(c)
	}
	return h
}

// visitor is somebody new.
func (h *house) visitor() *webtest.Client { return h.place(h.Another()) }

// place gives a browser an address of its own.
func (h *house) place(c *webtest.Client) *webtest.Client {
	h.browsers++
	return c.Header("X-Forwarded-For", netip.AddrFrom4([4]byte{192, 0, 2, byte(h.browsers)}).String())
}

func memberOf(o engagement.Organization, role engagement.Role) func(*store.Tx, engagement.Account) error {
	return func(tx *store.Tx, a engagement.Account) error {
		return tx.PutMembership(engagement.Membership{Account: a.ID, Organization: o.ID, Role: role, Since: tx.Now()})
	}
}

func withRole(role engagement.Role) func(*store.Tx, engagement.Account) error {
	return func(tx *store.Tx, a engagement.Account) error {
		a, err := tx.Account(a.ID)
		if err != nil {
			return err
		}
		a.Roles, a.SecondFactor = append(a.Roles, role), tx.Now()
		return tx.PutAccount(&a)
	}
}

// post sends what waits, and returns the new mails.
func (h *house) post() []web.Message {
	h.t.Helper()
	before := len(h.mails)
	if err := (web.Postman{Server: h.handler.(*web.Server), Store: h.store, Post: h}).Deliver(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return h.mails[before:]
}

// mail sends what waits, and returns the only new mail to an address.
func (h *house) mail(to string) web.Message {
	h.t.Helper()
	var got []web.Message
	for _, m := range h.post() {
		if m.To == to {
			got = append(got, m)
		}
	}
	if len(got) != 1 {
		h.t.Fatalf("%d mails to %s, want 1: %+v", len(got), to, got)
	}
	return got[0]
}

var address = regexp.MustCompile(`https?://\S+`)

// link is the address of ours in a mail.
func (h *house) link(m web.Message) string {
	h.t.Helper()
	for _, found := range address.FindAllString(m.Text, -1) {
		if strings.HasPrefix(found, h.Base) {
			return found
		}
	}
	h.t.Fatalf("no link in %q", m.Text)
	return ""
}

const mainForm = "main form"

// ask sends a request of somebody without an account up to the confirmation, and returns the status page.
func (h *house) ask(c *webtest.Client, o engagement.Opportunity, name string) *webtest.Page {
	h.t.Helper()
	form := c.Get("/angebote/" + o.Code + "/helfen").Want(200).Click("Ohne Konto helfen").Form(mainForm)
	form.Set("name", name).Set("email", name+"@mail.example").Set("age", "ab-18").Set("available", "Ab Dezember").Set("text", "Ich lese gern vor.")
	form.Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
	return c.Get(h.link(h.mail(name + "@mail.example"))).Want(200).Form(mainForm).Submit().Want(200)
}

// answer gives one answer of the organization to its only request.
func (h *house) answer(act string, fill func(*webtest.Form)) *webtest.Page {
	h.t.Helper()
	return h.answerAt(h.teamPath(), act, fill)
}

// answerAt gives one answer to the request with this path in the workspace.
func (h *house) answerAt(path, act string, fill func(*webtest.Form)) *webtest.Page {
	h.t.Helper()
	form := h.manager.Get(path + "/" + act).Want(200).Form(mainForm)
	if fill != nil {
		fill(form)
	}
	return form.Submit().Want(200)
}

// meet is an occasion to which somebody wants to come.
func (h *house) meet(name string) {
	h.t.Helper()
	h.meeting = h.occasion(h.org, "Lesetreff am Ufer", func(o *engagement.Occasion) {
		o.SignUp, o.Capacity, o.Link = "mit-zusage", 20, "https://meet.example/lesetreff"
	})
	h.update(func(tx *store.Tx) error {
		h.guest = engagement.SignUp{
			ID: tx.NewSecretID(), Occasion: h.meeting.ID, Name: name, Email: name + "@mail.example", Lang: "de", People: 2, Text: "Wir kommen mit dem Rollstuhl.", State: engagement.SignUpAsked, Created: tx.Now(),
		}
		return tx.PutSignUp(&h.guest)
	})
}

// guestPath is the page of the sign-up.
func (h *house) guestPath() (path string) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		path = "/anmeldung/" + tx.LinkToken(h.guest.ID)
		return nil
	})
	return path
}

// release lets the organization see the name of who asked.
func (h *house) release(c *webtest.Client, status *webtest.Page) {
	h.t.Helper()
	c.Get(status.Path+"/kontakt").Want(200).Form(mainForm).Set("fields", "name").Submit().Want(200)
}

// teamPath is the path of the first request in the workspace.
func (h *house) teamPath() string { return h.teamPathOf("") }

// teamPathOf is the path of the first request for an opportunity.
func (h *house) teamPathOf(title string) string {
	h.t.Helper()
	for _, link := range h.manager.Get("/meine/organisationen/" + h.org.Code + "/anfragen").Want(200).Find(".s-hit h3 a") {
		if strings.Contains(webtest.TextOf(link), title) {
			return webtest.Attr(link, "href")
		}
	}
	h.t.Fatalf("no request for %q in the workspace", title)
	return ""
}

// look is one page for the eye.
type look struct {
	name, path string
	who        *webtest.Client // nil: a visitor
}

// trouble is another server that does not answer, with something that was given up.
func (h *house) trouble(tx *store.Tx) error {
	activity := store.Payload{Activity: "https://seestern.example/ap/activity/1", Signer: "org/1", Object: "https://seestern.example/ap/announcement/1", Kind: "Create", Bytes: []byte(`{"type":"Create"}`)}
	n, err := tx.PutPayload(activity)
	if err != nil {
		return err
	}
	if err := tx.PutDelivery(n, activity, "social.example", "https://social.example/inbox", store.Normal); err != nil {
		return err
	}
	return tx.PutPeer(store.Peer{
		Host: "social.example", Standing: store.Limited, Note: "Werbung", Failures: 6, Open: true, LastFailure: tx.Now(), LastClass: "timeout", LastError: "no answer within 10 s", Seen: tx.Now(),
	})
}

// looks are all pages behind a sign-in, a link or a flow, with something on them.
func (h *house) looks() []look {
	h.t.Helper()
	help, bench, code := "/angebote/"+h.opportunity.Code+"/helfen", "/meine/organisationen/"+h.org.Code, h.opportunity.Code
	reader := h.visitor()
	status := h.ask(reader, h.opportunity, "reader1").Path
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name", "phone") })
	wanted := h.teamPath()
	known := h.ask(reader, h.real.opportunity("Bücherkisten packen", h.org), "reader2")
	shared := h.teamPathOf("Bücherkisten")
	h.answerAt(shared, "kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
	h.release(reader, known)
	turned := h.ask(reader, h.real.opportunity("Kuchen backen", h.org), "reader3").Path
	h.answerAt(h.teamPathOf("Kuchen"), "absagen", func(f *webtest.Form) { f.Set("reason", "besetzt").Set("text", "Danke für Ihr Interesse!") })
	draft := h.real.opportunity("Märchen erzählen im Advent", h.org, func(o *engagement.Opportunity) { o.State, o.Published = engagement.Draft, time.Time{} })
	asked := h.real.opportunity("Bücher für die Ferien packen", h.org, func(o *engagement.Opportunity) {
		o.State, o.Published, o.Submitted = engagement.Submitted, time.Time{}, h.clock.Now().Add(-96*time.Hour)
	})
	fresh := h.organization("Repair-Café Altglienicke (Demo)", func(o *engagement.Organization) {
		o.State, o.Level, o.Updated = engagement.OrganizationSubmitted, "", h.clock.Now()
	})
	h.news(h.org, "Unser Lesefest war ein Erfolg!\n\nÜber **80 Kinder** waren da.")
	h.update(func(tx *store.Tx) error {
		p := engagement.Partner{Host: "pankow.example", Actor: "https://pankow.example/ap/instance", Name: "Mitmachen in Pankow", Regions: []string{"lor:03"}, State: engagement.PartnerProposed, Follower: "https://pankow.example/ap/f/1", Level: "geprueft", Capability: "profile-1", Contact: tx.Now(), Created: tx.Now()}
		if err := tx.PutPartner(&p); err != nil {
			return err
		}
		f := engagement.Followed{Actor: "https://m.example/@kiez", Host: "m.example", Handle: "@kiez@m.example", Name: "Kiezgruppe", Follow: "f", State: engagement.FollowedAccepted}
		f.Posts = []engagement.FollowedPost{{IRI: f.Actor + "/p/1", Title: "Rückblick auf das Sommerfest", URL: "https://termine.example/p/1", Published: tx.Now().Add(-time.Hour)}}
		if err := tx.PutFollowed(&f); err != nil {
			return err
		}
		if err := engagement.LimitFlooder(tx, "loud.example", false); err != nil {
			return err
		}
		return h.trouble(tx)
	})
	h.meet("Grace")
	h.update(func(tx *store.Tx) error {
		_, err := engagement.EditSeries(tx, engagement.System, h.meeting, engagement.Recurrence{Repeat: "woechentlich", Every: 2, Except: []engagement.Date{"2026-12-24"}}, 0)
		return err
	})
	h.occasion(h.org, "Lesefest", func(o *engagement.Occasion) { o.State, o.Capacity = engagement.OccasionCanceled, 3 })
	h.occasion(h.org, "Rückblick", func(o *engagement.Occasion) {
		o.Starts, o.Ends = o.Starts.AddDate(0, 0, -9), o.Ends.AddDate(0, 0, -9)
	})
	queued := h.occasion(engagement.Organization{}, "Sommerfest nebenan", elsewhere("pankow.example"), func(o *engagement.Occasion) {
		o.State, o.Said = engagement.OccasionQueued, engagement.OccasionScheduled
	})
	person := h.place(h.person("volunteer1", withProfile(func(p *engagement.Profile) {
		p.Skills, p.Licenses = []engagement.Skill{{Code: "holz", Level: "sicher", Teaches: true}, {Code: "texten"}}, []engagement.License{{Code: "juleica", Until: "2030-05-01"}}
		p.Languages, p.Visible = []engagement.LanguageSkill{{Code: "de", Level: "muttersprache"}, {Code: "tr", Level: "B1"}}, []engagement.Code{"kenntnisse"}
	})))
	keeper := h.place(h.person("volunteer10", withProfile(func(p *engagement.Profile) { p.RestrictedAt = h.clock.Now() })))
	hider := h.place(h.person("volunteer9", withProfile(func(p *engagement.Profile) { p.Excluded.Organizations = []engagement.ID{h.org.ID} })))
	h.center()
	h.offers(person, nil).Want(200)
	waiting := h.adviser.Get("/vermittlung").Want(200).Click("Türkisch übersetzen").Path
	h.offers(person, func(f *webtest.Form) { f.Set("title", "Briefe vorlesen") }).Want(200)
	h.adviser.Get("/vermittlung").Click("Briefe vorlesen").Form(mainForm).Set("decision", "approve").Submit().Want(200)
	offer := h.visitor().Get("/ich-biete").Want(200).Click("Briefe vorlesen").Want(200)
	asks := h.manager.Get(offer.Path).Click("Hilfe anfragen").Want(200)
	offerAsked := asks.Form(mainForm).Set("text", "Wir suchen jemanden, der Briefe vorliest.").Submit().Want(200).Path
	offerAsking := person.Get("/meine/anfragen").Want(200).Click("Briefe vorlesen").Want(200).Path
	h.helpOffer("Ein Teamtag im Garten", h.org, func(o *engagement.HelpOffer) { o.Kind, o.Quantity = "csr-teamtag", 12 })
	call := h.news(h.org, "Wer hilft beim Aufbau?", func(n *engagement.Announcement) { n.UrgentUntil = engagement.DateOf(h.clock.Now()).Add(3) })
	report := h.news(h.org, "Drei Generationen lesen vor.", func(n *engagement.Announcement) {
		n.Long, n.Title, n.Teaser = true, "Vorlesen zu dritt", "So klappt es."
	})
	told := h.tells(h.visitor(), h.opportunity.Code, "gefahr-kind", func(f *webtest.Form) { f.Set("text", "Ein Kind war allein.") })
	danger := h.firstCase(h.moderator)
	foreign := h.organization("Nachbarn in Pankow (Demo)", func(o *engagement.Organization) { o.Origin, o.IRI = "pankow.example", "https://pankow.example/ap/o/1" })
	foreignNews := h.news(foreign, "Das Sprachcafé zieht um.", copyFrom("pankow.example"))
	queuedNews := h.news(foreign, "Sommerfest in Pankow.", copyFrom("pankow.example"), func(n *engagement.Announcement) { n.State = engagement.AnnouncementQueued })
	abroad := h.real.opportunity("Sprachcafé begleiten", foreign, func(o *engagement.Opportunity) { o.Origin, o.IRI = "pankow.example", "https://pankow.example/ap/n/1" })
	var decided, forward string
	h.update(func(tx *store.Tx) error {
		mod, r := engagement.Actor{Account: "moderator", Roles: []engagement.Role{engagement.Moderator}}, engagement.Report{}
		for _, c := range []engagement.Complaint{{Object: fresh.ID, Reason: "spam"}, {Object: abroad.ID, Reason: "hass", Forward: true, Text: "Bitte lesen Sie den zweiten Absatz."}} {
			var err error
			if r, err = engagement.SendReport(tx, mod, c); err != nil {
				return err
			}
			if forward = "/moderation/meldung/" + string(r.ID) + "/weiterleiten"; c.Object != fresh.ID {
				break
			}
			decided = "/entscheidungen/" + tx.LinkToken(r.ID)
			mod.Account = "another"
			ruling := engagement.Ruling{Outcome: engagement.NoAction, Text: "Das ist keine Werbung."}
			if _, _, err := engagement.DecideReport(tx, mod, r.ID, ruling, false); err != nil {
				return err
			}
			mod.Account = "moderator"
		}
		return nil
	})
	var proposed, done string
	h.update(func(tx *store.Tx) error {
		account, err := tx.AccountByLogin("moderator1@mail.example")
		if err != nil {
			return err
		}
		mod, d := engagement.Actor{Account: account.ID, Roles: []engagement.Role{engagement.Moderator}}, engagement.Ruling{Outcome: engagement.MakeRemoved, Reason: "irrefuehrend", Text: "Das Fest gibt es nicht."}
		for _, path := range []*string{&done, &proposed} {
			n, err := engagement.Announce(tx, engagement.System, h.org.ID, engagement.News{Text: "Fest am Ufer."})
			if err != nil {
				return err
			}
			r, err := engagement.Restrict(tx, mod, n.ID, d)
			if err != nil {
				return err
			}
			*path = "/moderation/meldung/" + string(r.ID)
			mod.Account = "another"
		}
		return tx.Tally(engagement.TallyReport, "spam", 12)
	})
	written := h.gets(h.org.ID, "Guten Tag, wann ist die Leseinsel geöffnet?")
	asking := h.gets("", "Guten Tag, sind Sie das Freiwilligenzentrum?")
	h.waking()
	ally := h.ally("mitte.example", "Mitmachen in Mitte")
	invitation, over := string(h.invited(h.asked(ally, "Moderation für eine Bürgerwerkstatt"), "volunteer1")), ""
	h.update(func(tx *store.Tx) error {
		if _, err := engagement.DirectPartners(tx, engagement.System, engagement.Opportunity{
			Organization: h.org.ID, Title: "Zeichnen auf dem Kiezfest", Description: strings.Repeat("Wir suchen Menschen, die zeichnen. ", 3), Areas: []engagement.Code{"kultur"},
			Activities: []engagement.Code{"moderieren"}, Mode: "online", Capacity: 2, Hosts: []string{"mitte.example"}, Expires: tx.Now().Add(5 * 24 * time.Hour),
			Project: engagement.Project{Goal: "Ein buntes Fest", Effort: "ein Nachmittag", Ask: []string{"name"}},
		}); err != nil {
			return err
		}
		ended, err := tx.Invitation(engagement.ID(invitation))
		if err != nil {
			return err
		}
		ended.ID, ended.Opportunity, ended.State, ended.Ended, ended.Version = tx.NewSecretID(), abroad.ID, engagement.InvitationExpired, tx.Now(), 0
		over = string(ended.ID)
		return tx.PutInvitation(&ended)
	})
	here, off := h.calledHere("volunteer1")
	_, officer := h.officer("Bezirksamt Nord (Demo)", "officer1")
	ada, _ := h.public("ada_liest")
	keep := strings.Repeat("0123456789abcdef", 2)
	leaving := h.person("volunteer8", func(tx *store.Tx, a engagement.Account) error {
		a.Deletion, a.DeleteAfter = engagement.DeletionUnused, tx.Now().Add(engagement.DeletionGrace)
		return errors.Join(tx.PutAccount(&a), tx.PutToken(engagement.Token{Hash: engagement.Hash(keep), Purpose: engagement.TokenKeep, Subject: a.ID, Expires: a.DeleteAfter}))
	})
	starting, guarded := h.visitor(), h.visitor()
	h.register(starting, "volunteer11", goodPassword)
	starting.Get("/konto/sicherheit/zweiter-faktor").Form(mainForm).Submit().Want(200)
	h.register(guarded, "volunteer12", goodPassword)
	h.guard(guarded)
	second, address, back := strings.Repeat("2", 32), strings.Repeat("3", 32), strings.Repeat("4", 32)
	h.update(func(tx *store.Tx) error {
		for token, purpose := range map[string]engagement.TokenPurpose{second: engagement.TokenSecondFactor, address: engagement.TokenEmail, back: engagement.TokenEmailBack} {
			if err := tx.PutToken(engagement.Token{Hash: engagement.Hash(token), Purpose: purpose, Subject: "somebody", Expires: tx.Now().Add(time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	})
	guarded.Get("/meine/daten/export").Form(mainForm).Submit().Want(200)
	if err := h.handler.(*web.Server).MakeExports(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	starting.Get("/meine/daten/export").Form(mainForm).Submit().Want(200)
	reachable := h.place(h.person("volunteer13", withProfile(func(p *engagement.Profile) {
		p.Consents = []engagement.Consent{
			{Purpose: engagement.ByOrganizations, Text: "2025-01", Given: h.clock.Now().AddDate(-1, 0, 0), Withdrawn: h.clock.Now().AddDate(0, -2, 0)},
			{Purpose: engagement.ConsentSensitive, Text: engagement.ConsentText, Given: h.clock.Now()},
			{Purpose: engagement.ByOrganizations, Text: engagement.ConsentText, Given: h.clock.Now(), Until: h.clock.Now().AddDate(1, 0, 0)},
		}
	})))
	kept := ""
	h.update(func(tx *store.Tx) error {
		reader, err := tx.AccountByLogin("volunteer1@mail.example")
		if err != nil {
			return err
		}
		lesen := engagement.Search{Text: "lesen"}
		for _, told := range []engagement.Subscription{
			{Account: reader.ID, Query: "q=lesen&ort=12555&umkreis=10&thema=schule-kita", Search: lesen, Every: "taeglich", Confirmed: true},
			{Account: reader.ID, Fitting: true, Every: "woechentlich", Confirmed: true, Next: tx.Now().Add(96 * time.Hour), Since: tx.Now().Add(time.Hour)},
			{Email: "leser@mail.example", Query: "q=lesen", Search: lesen, Every: "woechentlich", Confirmed: true, Since: tx.Now().Add(time.Hour), Until: tx.Now().Add(500 * time.Hour), Reminded: true},
		} {
			told.ID = tx.NewSecretID()
			kept = tx.LinkToken(told.ID)
			if err := tx.PutSubscription(&told); err != nil {
				return err
			}
		}
		return nil
	})
	cafe := h.real.opportunity("Café am Ufer", h.org)
	agreed := h.agreement("volunteer1", cafe)
	h.coming = h.comes(agreed, 72*time.Hour)
	h.agreement("volunteer8", cafe)
	freeShift := h.shift(cafe, 96*time.Hour)
	begun := h.comes(agreed, time.Hour)
	h.update(func(tx *store.Tx) error {
		s, err := tx.Shift(begun.Shift)
		if err != nil {
			return err
		}
		s.Starts, s.Ends, s.Begun = s.Starts.Add(-72*time.Hour), s.Ends.Add(-72*time.Hour), true
		return tx.PutShift(&s)
	})
	shifts, own := bench+"/einsaetze", "/meine/anfragen/"+string(agreed.ID)+"/schichten"
	list := "a=" + h.opportunity.Code + "&a=" + abroad.Code
	h.visitor().Get("/merkliste/senden?"+list).Want(200).Form(mainForm).Set("name", "Ada").Set("phone", "030 1234").Set("agreed", "1").Submit().Want(200)
	assisted := h.assist("Karl")
	assisted.Click("Konto übergeben").Want(200).Form(mainForm).Set("email", "karl@mail.example").Submit().Want(200)
	takeOver := h.link(h.mail("karl@mail.example"))
	helper := h.helper("Karla")
	status2 := helper.Get(help+"/mit-konto").Want(200).Form(mainForm).Set("via", "telefon").Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200).Path
	h.update(func(tx *store.Tx) error {
		requests, err := tx.RequestsFor(h.opportunity.ID)
		if err != nil {
			return err
		}
		_, err = engagement.AnswerRequest(tx, engagement.System, requests[len(requests)-1].ID, engagement.Answer{Event: engagement.EventAsk, Ask: []string{"phone"}})
		return err
	})
	trusting, trusted, stepping := h.place(h.person("mother", withProfile(elderly))), h.place(h.person("daughter")), h.place(h.person("neighbor"))
	h.trusts(trusting, "daughter@mail.example", "anfragen", "termine").Want(200)
	h.trusts(h.place(h.person("aunt", withProfile(elderly))), "daughter@mail.example", "stunden").Want(200)
	h.trusts(trusting, "neighbor@mail.example", "termine").Want(200)
	for _, c := range []*webtest.Client{trusted, stepping} {
		page := c.Get("/meine/helfer").Want(200)
		page = page.Form("main form[action='" + webtest.Attr(page.Find("main form[action*=annehmen]")[0], "action") + "']").Submit().Want(200)
		if c == stepping {
			act(page)
		}
	}
	h.agreement("mother", h.opportunity)
	reported := h.visitor().Get("/barriere-melden").Want(200).Form(mainForm).Set("text", "Der Knopf wird nicht vorgelesen.").Submit().Want(200)
	barrier, barrierNumber := reported.Path, reported.Texts(".s-summary dd")[0]
	looks := []look{
		{"assisted-list", "/vermittlung/begleitkonten", h.adviser},
		{"assisted-list-for", "/vermittlung/begleitkonten?" + list, h.adviser},
		{"assisted-list-easy", "/ls/vermittlung/begleitkonten", h.adviser},
		{"assisted-place", "/vermittlung/anfragen/" + code, h.adviser},
		{"assisted-place-sent", "/ls/vermittlung/anfragen/gesendet", h.adviser},
		{"assisted-new", "/vermittlung/begleitkonten/neu", h.adviser},
		{"assisted-new-easy", "/ls/vermittlung/begleitkonten/neu", h.adviser},
		{"assisted-paper", "/vermittlung/begleitkonten/einwilligung", h.adviser},
		{"assisted-paper-easy", "/ls/vermittlung/begleitkonten/einwilligung", h.adviser},
		{"assisted", assisted.Path, h.adviser},
		{"assisted-change", assisted.Path + "/angaben", h.adviser},
		{"assisted-record", assisted.Path + "/einwilligung", h.adviser},
		{"assisted-offer", assisted.Path + "/uebergeben", h.adviser},
		{"assisted-log", assisted.Path + "/protokoll", h.adviser},
		{"assisted-case", h.adviser.Get("/vermittlung").Want(200).Click("Karla").Path, h.adviser},
		{"take-over", takeOver, nil},
		{"helping", "/meine", helper},
		{"helping-easy", "/ls/meine", helper},
		{"helping-ask", help + "/mit-konto", helper},
		{"helping-status", status2, helper},
		{"helping-access", "/meine/daten/zugriffe", helper},
		{"helper", "/meine/helfer", trusting},
		{"helper-easy", "/ls/meine/helfer", trusting},
		{"helper-new", "/meine/helfer/neu", trusting},
		{"helper-new-easy", "/ls/meine/helfer/neu", trusting},
		{"helper-for", "/meine/helfer", trusted},
		{"helper-acts", "/meine", stepping},
		{"helper-acts-calendar", "/meine/kalender", stepping},
		{"shifts", shifts, h.manager},
		{"shifts-all", shifts + "/schichten", h.manager},
		{"shift-plan", shifts + "/schichten/neu", h.manager},
		{"shift", shifts + "/schichten/" + string(h.coming.Shift), h.manager},
		{"shift-edit", shifts + "/schichten/" + string(h.coming.Shift) + "/aendern", h.manager},
		{"shift-list", shifts + "/schichten/" + string(h.coming.Shift) + "/liste", h.manager},
		{"shifts-over", shifts + "/anwesenheit", h.manager},
		{"attendance", shifts + "/anwesenheit/" + string(begun.Shift), h.manager},
		{"assignment", shifts + "/" + string(agreed.ID), h.manager},
		{"own-shifts", own, person},
		{"own-shifts-easy", "/ls" + own, person},
		{"shift-take", own + "/" + string(freeShift.ID), person},
		{"shift-take-easy", "/ls" + own + "/" + string(freeShift.ID), person},
		{"shift-back", own + "/" + string(h.coming.Shift) + "/abgeben", person},
		{"shift-mails", h.shiftMails(), nil},
		{"opportunity-shifts", "/angebote/" + cafe.Code, nil},
		{"calendar", "/meine/kalender", person},
		{"calendar-easy", "/ls/meine/kalender", person},
		{"calendar-address", "/meine/kalender/adresse", person},
		{"shortlist", "/merkliste?" + list, nil},
		{"shortlist-empty", "/merkliste", nil},
		{"shortlist-easy", "/ls/merkliste?" + list, nil},
		{"shortlist-send", "/merkliste/senden?" + list, nil},
		{"shortlist-send-easy", "/ls/merkliste/senden?" + list, nil},
		{"advice-sent", "/merkliste/gesendet", nil},
		{"call-back", "/rueckruf", nil},
		{"counter", "/vermittlung/beratung", h.adviser},
		{"counter-mail", "/vermittlung/beratung/senden?" + list, h.adviser},
		{"advice-case", h.adviser.Get("/vermittlung").Want(200).Click("Ada").Path, h.adviser},
		{"data", "/meine/daten", person},
		{"data-easy", "/ls/meine/daten", person},
		{"name", "/meine/daten/name", person},
		{"name-easy", "/ls/meine/daten/name", person},
		{"consents", "/meine/daten/einwilligungen", reachable},
		{"consents-none", "/meine/daten/einwilligungen", leaving},
		{"consents-easy", "/ls/meine/daten/einwilligungen", reachable},
		{"export", "/meine/daten/export", person},
		{"export-easy", "/ls/meine/daten/export", person},
		{"export-waits", "/meine/daten/export", starting},
		{"export-ready", "/meine/daten/export", guarded},
		{"deletion", "/meine/daten/loeschen", ada},
		{"deletion-team", "/meine/daten/loeschen", h.manager},
		{"deletion-easy", "/ls/meine/daten/loeschen", person},
		{"deletion-planned", "/meine/daten/loeschen", leaving},
		{"home-planned", "/meine", leaving},
		{"data-keep", "/konto/behalten/" + keep, nil},
		{"data-said", "/konto/loeschung-geplant", nil},
		{"check-1", "/check/1", nil},
		{"check-5", "/check/5", nil},
		{"check-all", "/check/alles", nil},
		{"check-all-easy", "/ls/check/alles", nil},
		{"subscription-form", "/angebote/merken?q=lesen&ort=12555&umkreis=10&thema=schule-kita", nil},
		{"subscription-form-easy", "/ls/angebote/merken?q=lesen", nil},
		{"subscription", "/gemerkt/" + kept, nil},
		{"subscription-easy", "/ls/gemerkt/" + kept, nil},
		{"subscription-off", "/abbestellen/" + kept, nil},
		{"subscription-own", "/meine/benachrichtigungen", person},
		{"subscription-own-easy", "/ls/meine/benachrichtigungen", person},
		{"subscription-news", "/meine/benachrichtigungen/neues", person},
		{"search-mended", "/angebote?q=Kinndern", nil},
		{"presence", "/personen/ada_liest", nil},
		{"presence-own", "/meine/oeffentlich", ada},
		{"presence-new", "/meine/oeffentlich", person},
		{"presence-new-easy", "/ls/meine/oeffentlich", person},
		{"presence-new-young", "/meine/oeffentlich", h.adviser},
		{"messages", bench + "/nachrichten", h.manager},
		{"message", bench + "/nachrichten/" + string(written), h.manager},
		{"message-moderated", "/moderation/nachricht/" + string(asking), h.moderator},
		{"rulings", "/moderation/entscheidungen", h.moderator},
		{"partner-sites", "/moderation/partner-seiten", h.moderator},
		{"partner-site", "/moderation/partner-seiten/mitte.example", h.moderator},
		{"brake", "/moderation/notbremse", h.moderator},
		{"transparency", "/transparenz", nil},
		{"transparency-easy", "/ls/transparenz", nil},
		{"report-second", proposed, h.moderator},
		{"report-done", done, h.moderator},
		{"report-form", "/melden?id=" + h.opportunity.Code, nil},
		{"report-form-copy", "/melden?id=" + abroad.Code, nil},
		{"report-which", "/melden", nil},
		{"report-sent", told.Path, nil},
		{"report-waits", h.status(told), nil},
		{"report-decided", decided, nil},
		{"report-form-easy", "/ls/melden?id=" + h.opportunity.Code, nil},
		{"report-decided-easy", "/ls" + decided, nil},
		{"report-case", danger, h.moderator},
		{"report-forward", forward, h.moderator},
		{"register", "/registrieren", nil},
		{"sign-in", "/anmelden", nil},
		{"sign-in-link", "/anmelden/link", nil},
		{"sent", "/registrieren/gesendet", nil},
		{"home", "/meine", person},
		{"security", "/konto/sicherheit", person},
		{"security-easy", "/ls/konto/sicherheit", person},
		{"devices", "/konto/sicherheit/geraete", person},
		{"devices-easy", "/ls/konto/sicherheit/geraete", person},
		{"second", "/konto/sicherheit/zweiter-faktor", person},
		{"second-easy", "/ls/konto/sicherheit/zweiter-faktor", person},
		{"second-started", "/konto/sicherheit/zweiter-faktor", starting},
		{"second-on", "/konto/sicherheit/zweiter-faktor", guarded},
		{"second-asked", "/anmelden/zweiter-faktor/" + second, nil},
		{"second-asked-easy", "/ls/anmelden/zweiter-faktor/" + second, nil},
		{"email", "/konto/sicherheit/email", person},
		{"email-easy", "/ls/konto/sicherheit/email", person},
		{"email-confirm", "/konto/email/" + address, nil},
		{"email-back", "/konto/email/zurueck/" + back, nil},
		{"password", "/konto/sicherheit/passwort", person},
		{"profile", "/meine/angaben", person},
		{"profile-first", "/meine/angaben", h.adviser},
		{"profile-place", "/meine/angaben/ort", person},
		{"profile-skills", "/meine/angaben/kenntnisse", person},
		{"profile-levels", "/meine/angaben/kenntnisse/genauer", person},
		{"profile-until", "/meine/angaben/scheine/genauer", person},
		{"profile-times", "/meine/angaben/zeiten", person},
		{"profile-not", "/meine/angaben/ausschluss", person},
		{"profile-preview", "/meine/angaben/vorschau", person},
		{"sorting-easy", "/ls/so-sortieren-wir", nil},
		{"sorting-settings", "/verwaltung/vorschlaege", h.admin},
		{"map-admin", "/verwaltung/karte", h.admin},
		{"reach", "/meine/angaben/erreichbarkeit", person},
		{"restriction-easy", "/ls/meine/angaben/nur-aufbewahren", person},
		{"restriction-kept", "/meine/angaben/nur-aufbewahren", keeper},
		{"profile-kept", "/meine/angaben", keeper},
		{"hidden", "/meine/angaben/ausgeblendet", hider},
		{"hidden-none", "/meine/angaben/ausgeblendet", person},
		{"hidden-easy", "/ls/meine/angaben/ausgeblendet", hider},
		{"requests-empty", "/meine/anfragen", h.adviser},
		{"offers", "/ich-biete", nil},
		{"offer", offer.Path, nil},
		{"offer-ask", asks.Path, h.manager},
		{"offer-ask-nobody", asks.Path, person},
		{"offer-asked", offerAsked, h.manager},
		{"offer-asking", offerAsking, person},
		{"offer-no", offerAsking + "/absagen", person},
		{"offer-new", "/ich-biete/neu", person},
		{"offer-mine", "/meine/ich-biete", person},
		{"offer-team", bench + "/wir-bieten", h.manager},
		{"offer-team-new", bench + "/wir-bieten/neu", h.manager},
		{"offer-case", waiting, h.adviser},
		{"offers-easy", "/ls/ich-biete", nil},
		{"offer-new-easy", "/ls/ich-biete/neu", person},
		{"help-choice", help, nil},
		{"help-form", help + "/ohne-konto", nil},
		{"help-form-account", help + "/mit-konto", person},
		{"help-sent", help + "/bestaetigen", nil},
		{"status", status, nil},
		{"contact", status + "/kontakt", nil},
		{"withdraw", status + "/absagen", nil},
		{"status-shared", known.Path, nil},
		{"status-declined", turned, nil},
		{"register-organization", "/organisation-anmelden", person},
		{"workspaces", "/meine/organisationen", h.manager},
		{"workspace", bench, h.manager},
		{"details", bench + "/angaben", h.manager},
		{"opportunities", bench + "/angebote", h.manager},
		{"team-requests", bench + "/anfragen", h.manager},
		{"team-request", wanted, h.manager},
		{"team-request-shared", shared, h.manager},
		{"agree", shared + "/zusagen", h.manager},
		{"decline", wanted + "/absagen", h.manager},
		{"news", bench + "/neuigkeiten", h.manager},
		{"news-call", bench + "/neuigkeiten/" + call.Code, h.manager},
		{"news-report", bench + "/neuigkeiten/" + report.Code, h.manager},
		{"occasions-bench", bench + "/termine", h.manager},
		{"occasion-add", bench + "/termine/neu", h.manager},
		{"occasion-edit", bench + "/termine/" + h.meeting.Code, h.manager},
		{"guests", bench + "/termine/" + h.meeting.Code + "/anmeldungen", h.manager},
		{"occasions", "/termine", nil},
		{"occasion", "/termine/" + h.meeting.Code, nil},
		{"sign-up", "/termine/" + h.meeting.Code + "/anmelden", nil},
		{"sign-up-status", h.guestPath(), nil},
		{"sign-up-easy", "/ls/termine/" + h.meeting.Code + "/anmelden", nil},
		{"case-news", "/moderation/neuigkeit/" + queuedNews.Code, h.moderator},
		{"news-copy", "/neuigkeiten/" + foreignNews.Code, nil},
		{"news-copy-easy", "/ls/neuigkeiten/" + foreignNews.Code, nil},
		{"case-occasion", "/moderation/termin/" + queued.Code, h.moderator},
		{"start-call", "/", nil},
		{"report", "/neuigkeiten/" + report.Code, nil},
		{"team", bench + "/team", h.manager},
		{"attestation", "/organisationen/" + h.org.Code + "/bestaetigung", h.adviser},
		{"move", bench + "/umzug", h.manager},
		{"move-alias", bench + "/umzug/frueher", h.manager},
		{"move-target", bench + "/umzug/ziel", h.manager},
		{"post", "/angebot-einstellen", nil},
		{"post-1", "/angebot-einstellen/" + code + "/1", h.manager},
		{"post-2", "/angebot-einstellen/" + code + "/2", h.manager},
		{"post-3", "/angebot-einstellen/" + code + "/3", h.manager},
		{"post-4", "/angebot-einstellen/" + draft.Code + "/4", h.manager},
		{"post-done", "/angebot-einstellen/" + code + "/fertig", h.manager},
		{"admin", "/verwaltung", h.admin},
		{"settings", "/verwaltung/allgemein", h.admin},
		{"texts", "/verwaltung/texte", h.admin},
		{"theme", "/verwaltung/aussehen", h.admin},
		{"audit-log", "/verwaltung/protokoll", h.admin},
		{"barrier", "/barriere-melden", nil},
		{"barrier-easy", "/ls/barriere-melden", nil},
		{"barrier-state", barrier, nil},
		{"barrier-desk", "/verwaltung/barrieren", h.admin},
		{"barrier-case", h.admin.Get("/verwaltung/barrieren").Want(200).Click(barrierNumber).Path, h.admin},
		{"terms", "/nutzungsbedingungen", nil},
		{"charter", "/charta", nil},
		{"contact-point", "/kontakt", nil},
		{"easy", "/ls/leichte-sprache", nil},
		{"sign", "/gebaerdensprache", nil},
		{"privacy-easy", "/ls/datenschutz", nil},
		{"mailcheck", "/verwaltung/mail", h.admin},
		{"region", "/verwaltung/region", h.admin},
		{"network", "/verwaltung/netzwerk", h.admin},
		{"partner", "/verwaltung/netzwerk/pankow.example", h.admin},
		{"delivery", "/verwaltung/zustellung", h.admin},
		{"followed", "/verwaltung/netzwerk/termine", h.admin},
		{"news-outside", "/neuigkeiten", nil},
		{"hosts", "/verwaltung/netzwerk/server", h.admin},
		{"host", "/verwaltung/netzwerk/server/social.example", h.admin},
		{"block-list", "/verwaltung/netzwerk/sperrliste", h.admin},
		{"activity", "/verwaltung/zustellung/aktivitaet?id=https%3A%2F%2Fseestern.example%2Fap%2Factivity%2F1", h.admin},
		{"people", "/verwaltung/personen", h.admin},
		{"moderation", "/moderation", h.moderator},
		{"case-opportunity", "/moderation/angebot/" + asked.Code, h.moderator},
		{"case-organization", "/moderation/organisation/" + fresh.Code, h.moderator},
		{"handover", "/vermittlung", h.adviser},
		{"calls", bench + "/einladen", h.manager},
		{"calls-office", "/amt/projektanfragen", officer},
		{"project-form", "/amt/projektanfragen/neu", officer},
		{"expertise", "/amt/suche", officer},
		{"access", "/meine/daten/zugriffe", person},
		{"access-easy", "/ls/meine/daten/zugriffe", person},
		{"call-form", bench + "/einladen/neu", h.manager},
		{"calls-center", "/vermittlung/einladen", h.adviser},
		{"call-form-center", "/vermittlung/einladen/neu", h.adviser},
		{"invitation-here", "/meine/einladungen/" + here, person},
		{"invitation-here-easy", "/ls/meine/einladungen/" + here, person},
		{"invitation-off", off, nil},
		{"directed-list", bench + "/gezielte-anfragen", h.manager},
		{"directed-form", bench + "/gezielte-anfragen/neu", h.manager},
		{"directed-came", "/vermittlung/gezielte-anfragen", h.adviser},
		{"invitation", "/meine/einladungen/" + invitation, person},
		{"invitation-yes", "/meine/einladungen/" + invitation + "/ja", person},
		{"invitation-easy", "/ls/meine/einladungen/" + invitation, person},
		{"invitation-over", "/meine/einladungen/" + over, person},
		{"imprint", "/impressum", nil},
		{"privacy", "/datenschutz", nil},
		{"accessibility", "/barrierefreiheit", nil},
		{"help", "/hilfe", nil},
		{"partners", "/netzwerk", nil},
		{"sorting", "/so-sortieren-wir", nil},
		{"source", "/quellcode", nil},
		{"open-data", "/offene-daten", nil},
		{"open-data-easy", "/ls/offene-daten", nil},
		{"help-easy", "/ls/hilfe", nil},
		{"help-form-easy", "/ls" + help + "/ohne-konto", nil},
		{"profile-easy", "/ls/meine/angaben", person},
		{"reach-easy", "/ls/meine/angaben/erreichbarkeit", person},
	}
	for _, state := range []engagement.RequestState{
		engagement.Interested, engagement.Waitlisted, engagement.Talking, engagement.Trial, engagement.Agreed, engagement.Active, engagement.Completed,
		engagement.Canceled, engagement.WithdrawnRequest, engagement.ExpiredRequest,
	} {
		title := "Platz für " + string(state)
		opportunity := h.real.opportunity(title, h.org)
		reader := h.visitor() // with limits of its own
		status := h.ask(reader, opportunity, "reader-"+string(state))
		team := h.teamPathOf(title)
		if !slices.Contains([]engagement.RequestState{engagement.Interested, engagement.Waitlisted, engagement.ExpiredRequest}, state) {
			h.answerAt(team, "kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
			h.release(reader, status)
		}
		h.update(func(tx *store.Tx) error {
			requests, err := tx.RequestsFor(opportunity.ID)
			if err != nil {
				return err
			}
			if requests[0].State = state; state == engagement.Agreed || state == engagement.Active || state == engagement.Completed {
				requests[0].AgreedAt = tx.Now()
			}
			if state == engagement.Interested {
				requests[0].EscalatedAt = tx.Now() // and lies with the volunteer center
			}
			return tx.PutMatchRequest(&requests[0])
		})
		looks = append(looks, look{"status-" + string(state), status.Path, nil}, look{"team-" + string(state), team, h.manager})
	}
	return slices.Concat(looks, h.hoursLooks(), h.stateLooks())
}

func TestPagesOfPeopleAreWellFormed(t *testing.T) {
	h := newHouse(t)
	words, err := web.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	areas := map[string]bool{} // first parts of keys
	for key := range words[web.German] {
		area, _, _ := strings.Cut(key, ".")
		areas[area] = true
	}
	closed := h.looks()
	for n, l := range slices.Concat(closed, h.openLooks()) {
		t.Run(l.name, func(t *testing.T) {
			c := l.who
			if c == nil {
				c = h.visitor()
			}
			page := c.Get(l.path).Want(200)
			for _, p := range page.Problems() {
				t.Error(p)
			}
			for _, word := range strings.Fields(page.Text("body")) {
				if area, rest, dotted := strings.Cut(strings.Trim(word, "():,;·"), "."); dotted && areas[area] && !strings.Contains(rest, "example") && rest != "" {
					t.Errorf("a key stands where words should: %s", word)
				}
			}
			if l.who != nil && n < len(closed) {
				if got := h.visitor().Get(l.path); got.Status != 200 || !strings.HasPrefix(strings.TrimPrefix(got.Path, "/ls"), "/anmelden") {
					t.Errorf("a visitor gets %d at %s, want the sign-in", got.Status, got.Path)
				}
			}
		})
	}
}
