package web_test

import (
	"fmt"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

// reachable is somebody of age whom the opportunity of the house fits, and who can be reached in the given ways.
func (h *house) reachable(name string, ways ...engagement.Code) *webtest.Client {
	h.t.Helper()
	return h.place(h.person(name, func(tx *store.Tx, a engagement.Account) error {
		who := engagement.Actor{Account: a.ID}
		p := engagement.Profile{
			Account: a.ID, AgeBand: "27-59", HomeName: "12555", Activities: []engagement.Code{"vorlesen", "moderieren"}, Areas: []engagement.Code{"schule-kita", "lokales"},
			Skills: []engagement.Skill{{Code: "moderation"}}, Languages: []engagement.LanguageSkill{{Code: "de"}, {Code: "tr"}}, Grid: engagement.AllSlots,
		}
		p.Home = geo.Point{Lat: 52.4455, Lon: 13.5745}
		if err := engagement.SaveProfile(tx, who, &p); err != nil {
			return err
		}
		for _, way := range ways {
			if err := engagement.AllowReach(tx, who, way, true); err != nil {
				return err
			}
		}
		return nil
	}))
}

// rings asks people as the clock does.
func (h *house) rings() {
	h.t.Helper()
	h.waking()
	h.update(func(tx *store.Tx) error {
		calls, err := tx.OpenCalls()
		if err != nil {
			return err
		}
		for _, c := range calls {
			o, err := tx.Opportunity(c.Opportunity)
			if err != nil {
				return err
			}
			profiles, err := tx.ReachableProfiles(c.Way)
			if err != nil {
				return err
			}
			if _, err := engagement.InviteFor(tx, c.ID, matching.Whom(matching.Default(), matching.Candidate{Opportunity: &o}, matching.Narrow(c.Narrow, profiles), tx.Now())); err != nil {
				return err
			}
		}
		return nil
	})
}

// calledHere invites somebody for the opportunity of the house. It returns the id of the invitation and the path that stops such.
func (h *house) calledHere(name string) (invitation, off string) {
	h.t.Helper()
	c := h.called(h.opportunity, engagement.ByVolunteerCenter)
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin(name + "@mail.example")
		if err != nil {
			return err
		}
		if err := engagement.AllowReach(tx, engagement.Actor{Account: a.ID}, c.Way, true); err != nil {
			return err
		}
		i := engagement.Invitation{
			ID: tx.NewSecretID(), Account: a.ID, Opportunity: c.Opportunity, Organization: c.Organization, Call: c.ID, Way: c.Way,
			State: engagement.InvitationDelivered, Created: tx.Now(),
		}
		invitation, off = string(i.ID), "/abbestellen/"+tx.LinkToken(i.ID)
		return tx.PutInvitation(&i)
	})
	return invitation, off
}

// last day of a call.
func (h *house) until(f *webtest.Form) *webtest.Form {
	day := h.clock.Now().AddDate(0, 0, 7)
	return f.Set("until-tag", day.Format("2")).Set("until-monat", day.Format("1")).Set("until-jahr", day.Format("2006"))
}

func TestAnOrganizationInvitesPeopleHere(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code
	ada := h.reachable("ada", engagement.ByOrganizations)
	ben := h.reachable("benjamin", engagement.ByOrganizations, engagement.ByVolunteerCenter)
	h.reachable("carl", engagement.ByAdministration)
	for n := range 8 {
		h.reachable(fmt.Sprint("reader", n), engagement.ByOrganizations)
	}
	form := h.manager.Get("/a/" + h.opportunity.Code).Want(200).Click("Menschen dafür einladen").Want(200).Form(mainForm)
	if form.Values.Get("angebot") != h.opportunity.Code {
		t.Errorf("it is for %q", form.Values.Get("angebot"))
	}
	t.Run("what is wrong is said", func(t *testing.T) {
		form.Submit().Want(422)
		bad := h.until(h.manager.Get(bench+"/einladen/neu").Form(mainForm)).Set("angebot", h.opportunity.Code).Set("text", "Rufen Sie an: 030 1234567").Submit().Want(422)
		if !bad.Has("#fehler") || bad.Form(mainForm).Values.Get("text") == "" {
			t.Errorf("got %q", bad.Text("main"))
		}
	})
	form = h.manager.Get(bench + "/einladen/neu?angebot=" + h.opportunity.Code).Want(200).Form(mainForm)
	check := h.until(form).Set("text", "Wir freuen uns auf Sie.").Set("language", "tr").Set("radius", "25").Submit().Want(200)
	for _, want := range []string{"rund 10", "Wir freuen uns auf Sie.", h.opportunity.Title, h.org.Name, "Geprüfte Organisationen dürfen mich fragen", "So sehen es die Menschen"} {
		if !strings.Contains(check.Text("main"), want) {
			t.Errorf("%q is missing in %q", want, check.Text("main"))
		}
	}
	if strings.Contains(check.Text("main"), "zweite Person") {
		t.Error("a second person is asked for")
	}
	t.Run("the answer is the same all day, and rough", func(t *testing.T) {
		again := h.until(h.manager.Get(bench+"/einladen/neu?angebot="+h.opportunity.Code).Form(mainForm)).Set("language", "ar").Submit().Want(200)
		if got := again.Text("#reichweite"); !strings.Contains(got, "niemandem oder zu wenigen") {
			t.Errorf("got %q", got)
		}
	})
	list := check.Form("form[action*=/pruefen]").Submit().Want(200)
	if list.Path != bench+"/einladen" || !strings.Contains(list.Text(".s-hit"), "Läuft") || !strings.Contains(list.Text(".s-hit"), "keine oder wenige") {
		t.Fatalf("got %q at %s", list.Text("main"), list.Path)
	}
	h.rings()
	mails := map[string]web.Message{}
	for _, m := range h.post() {
		mails[m.To] = m
	}
	mail := mails["ada@mail.example"]
	if strings.Contains(mail.Text, h.opportunity.Title) || mail.Off == "" {
		t.Errorf("got %+v", mail)
	}
	if got := h.manager.Get(bench + "/einladen").Text(".s-hit"); !strings.Contains(got, "rund 10") {
		t.Errorf("got %q", got)
	}
	page := ada.Get(strings.TrimPrefix(h.link(mail), h.Base)).Want(200)
	for _, want := range []string{h.org.Name, "Wir freuen uns auf Sie.", "weil Sie das erlaubt haben", "Geprüfte Organisationen dürfen mich fragen", "Ja, gern", "Nein, danke", "Keine Einladungen dieser Art mehr"} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("%q is missing in %q", want, page.Text("main"))
		}
	}
	page.Click("Erlaubnis ändern").Want(200)
	t.Run("yes", func(t *testing.T) {
		status := page.Click("Ja, gern").Want(200).Form(mainForm).Set("fields", "name", "email").Submit().Want(200)
		if status.Text("#stand") != "Kontakt freigegeben" {
			t.Fatalf("got %q", status.Text("main"))
		}
		row := h.manager.Get(bench + "/einladen").Want(200)
		if !strings.Contains(row.Text(".s-hit"), "1 Mensch hat Ja gesagt") {
			t.Errorf("got %q", row.Text(".s-hit"))
		}
		row.Click("1 Mensch hat Ja gesagt").Want(200)
		request := h.manager.Get(h.teamPathOf("")).Want(200)
		if !strings.Contains(request.Text("main"), "ada@mail.example") {
			t.Errorf("the team sees %q", request.Text("main"))
		}
	})
	t.Run("one click ends exactly the switch it came by", func(t *testing.T) {
		off := strings.TrimPrefix(mails["benjamin@mail.example"].Off, h.Base)
		if got := h.visitor().Get(off).Want(200).Text("main"); !strings.Contains(got, "Geprüfte Organisationen") {
			t.Errorf("got %q", got)
		}
		if got := h.oneClick(h.Base+off, asMultipart); got != 200 {
			t.Errorf("got %d", got)
		}
		values := ben.Get("/meine/angaben/erreichbarkeit").Want(200).Form(mainForm).Values
		if values.Get(string(engagement.ByOrganizations)) != "" || values.Get(string(engagement.ByVolunteerCenter)) != "1" {
			t.Errorf("got %v", values)
		}
	})
	t.Run("who is asked and who says no is shown to nobody", func(t *testing.T) {
		for _, path := range []string{"/einladen", "/anfragen"} {
			body := h.manager.Get(bench + path).Want(200).Body
			for _, name := range []string{"benjamin", "reader0", "reader7"} {
				if strings.Contains(body, name) {
					t.Errorf("%s names %s", path, name)
				}
			}
		}
		h.visitor().Get(bench + "/einladen").Want(200) // sign-in
		ada.Get(bench + "/einladen").Want(404)
		h.adviser.Get(bench + "/einladen").Want(404)
	})
	t.Run("members see it, and only managers write", func(t *testing.T) {
		member := h.place(h.person("member", memberOf(h.org, engagement.Member)))
		if got := member.Get(bench + "/einladen").Want(200); !got.Has(".s-hit") || got.Has("form[action*=/beenden]") {
			t.Errorf("got %q", got.Text("main"))
		}
		if got := member.Get(bench + "/einladen/neu").Want(200); got.Has(mainForm) {
			t.Error("there is a form")
		}
	})
	t.Run("stop", func(t *testing.T) {
		page := h.manager.Get(bench + "/einladen").Form("form[action*=/beenden]").Submit().Want(200)
		if !strings.Contains(page.Text(".s-hit"), "Beendet") {
			t.Errorf("got %q", page.Text(".s-hit"))
		}
	})
}

func TestTheVolunteerCenterInvitesForAnyOpportunity(t *testing.T) {
	h := newHouse(t)
	ada := h.reachable("ada", engagement.ByVolunteerCenter)
	h.reachable("benjamin", engagement.ByOrganizations)
	list := h.adviser.Get("/vermittlung").Want(200).Click("Menschen einladen").Want(200)
	form := list.Click("Menschen einladen").Want(200).Form(mainForm)
	h.until(form).Set("angebot", "zzzzzzzz").Submit().Want(422)
	form = h.adviser.Get("/vermittlung/einladen/neu").Form(mainForm)
	check := h.until(form).Set("angebot", h.Base+"/angebote/"+h.opportunity.Code+"-kindern-vorlesen").Submit().Want(200)
	list = check.Form("form[action*=/pruefen]").Submit().Want(200)
	if list.Path != "/vermittlung/einladen" || !strings.Contains(list.Text(".s-hit"), h.opportunity.Title) {
		t.Fatalf("got %q at %s", list.Text("main"), list.Path)
	}
	h.rings()
	page := ada.Get(strings.TrimPrefix(h.link(h.mail("ada@mail.example")), h.Base)).Want(200)
	if got := page.Text("main"); !strings.Contains(got, "Das Freiwilligenzentrum fragt Sie für "+h.org.Name) || !strings.Contains(got, "Das Freiwilligenzentrum darf mich fragen") {
		t.Errorf("got %q", got)
	}
	if got := h.manager.Get("/meine/organisationen/" + h.org.Code + "/einladen").Want(200); !strings.Contains(got.Text(".s-hit"), "durch das Freiwilligenzentrum") || got.Has("form[action*=/beenden]") {
		t.Errorf("the organization sees %q", got.Text("main"))
	}
	h.manager.Get("/vermittlung/einladen").Want(403)
	no := page.Form("form[action*=/nein]").Submit().Want(200)
	if !strings.Contains(no.Text("#stand"), "Niemand erfährt davon") {
		t.Errorf("got %q", no.Text("main"))
	}
}

func TestManyAreInvitedWithASecondPerson(t *testing.T) {
	h := newHouse(t)
	bench := "/meine/organisationen/" + h.org.Code
	c := h.called(h.opportunity, engagement.ByOrganizations)
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin("manager1@mail.example")
		if err != nil {
			return err
		}
		c, err = tx.Call(c.ID)
		c.State, c.Rough, c.Account = engagement.CallAwaiting, 80, a.ID
		if err != nil {
			return err
		}
		return tx.PutCall(&c)
	})
	if got := h.manager.Get(bench + "/einladen").Want(200); got.Has("form[action*=/freigeben]") || !strings.Contains(got.Text(".s-hit"), "Wartet auf eine zweite Person") {
		t.Errorf("got %q", got.Text("main"))
	}
	member := h.place(h.person("member", memberOf(h.org, engagement.Member)))
	page := member.Get(bench + "/einladen").Want(200).Form("form[action*=/freigeben]").Submit().Want(200)
	if !strings.Contains(page.Text(".s-hit"), "Läuft") {
		t.Errorf("got %q", page.Text(".s-hit"))
	}
}
