package engagement_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// adult is somebody who has said that they are of age.
func (h *house) adult() Actor {
	h.t.Helper()
	who := h.person()
	h.update(func(tx *store.Tx) error {
		return SaveProfile(tx, who, &Profile{Account: who.Account, AgeBand: "60-plus"})
	})
	return who
}

// ends takes the only link of somebody back.
func (h *house) ends(who, helper Actor) error {
	h.t.Helper()
	l := h.links(helper)[0]
	return h.tryUpdate(func(tx *store.Tx) error { return EndHelping(tx, who, l.ID) })
}

// trusts asks somebody to act for the person, by the login.
func (h *house) trusts(who Actor, login string, scopes ...Code) error {
	return h.tryUpdate(func(tx *store.Tx) error { return AskHelper(tx, who, login, scopes) })
}

// links are those of somebody, on either side.
func (h *house) links(of Actor) (list []HelperLink) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		list, err = tx.HelperLinksOf(of.Account)
		return err
	})
	return list
}

func (h *house) login(of Actor) string {
	h.t.Helper()
	a, there := h.account(of)
	if !there {
		h.t.Fatal("there is no such account")
	}
	return a.Email
}

// helps lets the one act for the other, and returns the link.
func (h *house) helps(helper, person Actor, scopes ...Code) (l HelperLink) {
	h.t.Helper()
	h.must(h.trusts(person, h.login(helper), scopes...))
	for _, l = range h.links(helper) {
		if l.Person == person.Account {
			h.must(h.tryUpdate(func(tx *store.Tx) error { return AcceptHelping(tx, helper, l.ID) }))
		}
	}
	h.mails()
	return l
}

// as is who somebody acts as for a person now.
func (h *house) as(helper, person Actor) (as Actor, err error) {
	err = h.tryUpdate(func(tx *store.Tx) error {
		a, err := tx.Account(person.Account)
		if err != nil {
			return err
		}
		as, err = ActFor(tx, helper, a)
		return err
	})
	return as, err
}

// consents says whether the consent to be acted for holds.
func (h *house) consents(who Actor) (holds bool) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		p, err := tx.Profile(who.Account)
		_, holds = p.Consent(ConsentAssisted, tx.Now())
		return err
	})
	return holds
}

func TestSomebodyLetsAnotherPersonAct(t *testing.T) {
	eachHouse(t, func(h *house) {
		mother, daughter, stranger := h.adult(), h.adult(), h.adult()
		h.mails()
		h.must(h.trusts(mother, " "+h.login(daughter), HelpRequests, HelpDates))
		if got := h.mails(); !slices.Equal(got, []string{MailHelperAsked}) {
			t.Errorf("mails: %v", got)
		}
		l := h.links(daughter)[0]
		if _, err := h.as(daughter, mother); !errors.Is(err, ErrForbidden) || h.consents(mother) {
			t.Errorf("before she has accepted: %v, consent %t", err, h.consents(mother))
		}
		accept := func(who Actor) error {
			return h.tryUpdate(func(tx *store.Tx) error { return AcceptHelping(tx, who, l.ID) })
		}
		for _, who := range []Actor{stranger, mother} {
			if err := accept(who); !errors.Is(err, ErrNotFound) {
				t.Errorf("accepted by somebody else: %v", err)
			}
		}
		asked := h.clock.Now()
		h.passes(3 * day)
		h.must(accept(daughter))
		if err := accept(daughter); !errors.Is(err, ErrConflict) {
			t.Errorf("again: %v", err)
		}
		if got := h.mails(); !slices.Equal(got, []string{MailHelperAccepted}) {
			t.Errorf("mails: %v", got)
		}
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(mother.Account)
			if c, holds := p.Consent(ConsentAssisted, tx.Now()); !holds || c.Given.Sub(asked).Abs() > time.Minute || c.Text != ConsentText {
				t.Errorf("the consent: %+v", p.Consents)
			}
			return err
		})

		as, err := h.as(daughter, mother)
		h.must(err)
		if as.Account != mother.Account || as.Helper != daughter.Account || len(as.Roles) > 0 || !slices.Equal(as.Scopes, []Code{HelpRequests, HelpDates}) {
			t.Errorf("acts as %+v", as)
		}
		for _, no := range []struct{ helper, person Actor }{{mother, daughter}, {stranger, mother}, {as, daughter}, {Actor{}, mother}, {Actor{Account: stranger.Account, Roles: StaffRoles}, mother}} {
			if _, err := h.as(no.helper, no.person); !errors.Is(err, ErrForbidden) {
				t.Errorf("%+v for %s: %v", no.helper, no.person.Account, err)
			}
		}
		h.must(h.tryUpdate(func(tx *store.Tx) error { _, _, err := StartHelping(tx, daughter, mother.Account); return err }))
		if m := h.asks(as, func(w *Wish) { w.AgeBand = "" }); m.Account != mother.Account || m.Via != "direkt" || m.AgeBand != "ab-18" {
			t.Errorf("asked for her: %+v", m)
		}
		if _, err := h.tries(as, onTheSpot); !errors.As(err, new(*Invalid)) {
			t.Errorf("as if an adviser had asked: %v", err)
		}
		if err := h.trusts(as, h.login(stranger), HelpSearch); !errors.Is(err, ErrNotFound) {
			t.Errorf("a helper makes a helper: %v", err)
		}
		for says, do := range map[string]func(tx *store.Tx) error{
			"end it as the person": func(tx *store.Tx) error { return EndHelping(tx, as, l.ID) },
			"withdraw a consent":   func(tx *store.Tx) error { return Withdraw(tx, as, ConsentAssisted) },
			"delete the account":   func(tx *store.Tx) error { _, err := AskDeletion(tx, as, mother.Account); return err },
			"take the mails off":   func(tx *store.Tx) error { return AllowReach(tx, as, ByVolunteerCenter, true) },
		} {
			if err := h.tryUpdate(do); !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", says, err)
			}
		}
		h.must(h.tryUpdate(func(tx *store.Tx) error { return StopHelping(tx, as) }))
		h.must(h.tryUpdate(func(tx *store.Tx) error { return EndHelping(tx, mother, l.ID) }))
		if _, err := h.as(daughter, mother); !errors.Is(err, ErrForbidden) || h.consents(mother) || len(h.links(daughter)) > 0 {
			t.Errorf("it has ended: %v, consent %t", err, h.consents(mother))
		}
		if got := h.mails(); !slices.Contains(got, MailHelperEnded) {
			t.Errorf("nobody tells the daughter: %v", got)
		}
		want := []string{
			"volunteer helper.ask", "volunteer helper.accept", "helper-for helper.start", "helper-for helper.request", "helper-for helper.stop", "volunteer helper.remove",
		}
		if got := h.acts(mother.Account); !slices.Equal(got, want) {
			t.Errorf("written down:\n%q, want\n%q", got, want)
		}
	})
}

// What somebody may do for another person is what the person has granted, and no more.
func TestScopesOfAHelper(t *testing.T) {
	agreed := MatchRequest{ID: "request", Organization: "org", Account: "person", State: Agreed}
	things := []struct {
		do     Action
		on     Thing
		scopes []Code
	}{
		{Change, Thing{Noun: AProfile, Person: "person"}, []Code{HelpSearch}},
		{Read, Thing{Noun: AProfile, Person: "person"}, []Code{HelpSearch}},
		{Create, Thing{Noun: AnAdvice}, []Code{HelpSearch}},
		{Create, Thing{Noun: AMatchRequest}, []Code{HelpRequests}},
		{Read, agreed.Thing(), []Code{HelpRequests}},
		{Change, agreed.Thing(), []Code{HelpRequests}},
		{Change, agreed.ContactThing(), []Code{HelpRequests}},
		{Read, agreed.DetailsThing(), []Code{HelpRequests, HelpDates}},
		{Change, ShiftSignUp{}.Thing(agreed), []Code{HelpDates}},
		{Create, HoursEntry{Account: "person"}.Thing(), []Code{HelpHours}},
		{Create, Certificate{Account: "person"}.Thing(), []Code{HelpHours}},
		{Change, Certificate{Account: "person"}.Thing(), nil},
		{Read, Thing{Noun: AnAudit, Person: "person"}, nil},
		{Change, Account{ID: "person"}.Thing(), nil},
		{Create, HelperLink{Person: "person"}.Thing(), nil},
		{Read, HelperLink{Person: "person"}.Thing(), nil},
		{Decide, HelperLink{Helper: "person"}.HelperThing(), nil},
		{Change, CalendarFeed{Account: "person"}.Thing(), nil},
	}
	for _, s := range HelperScopes.Codes() {
		as := Actor{Account: "person", Helper: "helper", Scopes: []Code{s}}
		for _, q := range things {
			if got, want := Can(as, q.do, q.on), slices.Contains(q.scopes, s); got != want {
				t.Errorf("%s %s with %s: %t", q.do, q.on.Noun, s, got)
			}
		}
	}
}

// Nobody learns from the answer whether there is an account.
func TestAskingAHelper(t *testing.T) {
	eachHouse(t, func(h *house) {
		who, other, young := h.adult(), h.adult(), h.person()
		own := h.login(who)
		h.mails()
		for _, bad := range []struct {
			who        Actor
			login      string
			scopes     []Code
			field, key string
		}{
			{who, "", []Code{HelpDates}, "login", "error.text.empty"},
			{who, "nobody", nil, "scopes", "error.choice.few"},
			{who, "nobody", []Code{"alles"}, "scopes", "error.choice.unknown"},
			{who, own, []Code{HelpDates}, "login", "error.helper.self"},
			{young, "nobody", []Code{HelpDates}, "", "error.helper.adult"},
		} {
			h.refuses(bad.login, h.trusts(bad.who, bad.login, bad.scopes...), bad.field, bad.key)
		}
		h.must(h.trusts(who, "Nobody@mail.example", HelpDates))
		h.clock.Forward(time.Minute)
		h.must(h.trusts(who, h.login(other), HelpDates))
		h.refuses("twice", h.trusts(who, "nobody@mail.example", HelpDates), "login", "error.helper.twice")
		if got := h.links(who); len(got) != 2 || got[0].Login != "nobody@mail.example" || got[0].Helper != "" || got[1].Helper != other.Account {
			t.Errorf("got %+v", got)
		}
		if got := h.mails(); !slices.Equal(got, []string{MailHelperAsked}) {
			t.Errorf("mails: %v", got)
		}
		for _, login := range []string{"a", "b", "c"} {
			h.must(h.trusts(who, login, HelpDates))
		}
		h.refuses("six", h.trusts(who, "d", HelpDates), "", "error.helper.many")

		l := h.links(other)[0]
		h.must(h.tryUpdate(func(tx *store.Tx) error { return EndHelping(tx, other, l.ID) }))
		if got := h.mails(); !slices.Equal(got, []string{MailHelperDeclined}) || h.consents(who) {
			t.Errorf("declined: %v", got)
		}
		h.must(h.trusts(who, h.login(other), HelpDates))
		l = h.links(other)[0]
		h.mails()
		h.clock.Forward(HelperAskedLife + time.Minute)
		if err := h.tryUpdate(func(tx *store.Tx) error { return AcceptHelping(tx, other, l.ID) }); !errors.Is(err, ErrGone) {
			t.Errorf("after two weeks: %v", err)
		}
		_, err := h.s.Purge(ctx)
		h.must(err)
		if got := h.links(who); len(got) > 0 {
			t.Errorf("kept: %+v", got)
		}
	})
}

// A link ends with either account, and with the consent; it rests while the person's account is about to be deleted.
func TestHelpingEnds(t *testing.T) {
	eachHouse(t, func(h *house) {
		person, helper, second := h.adult(), h.adult(), h.adult()
		for _, end := range []struct {
			says string
			do   func() error
			mail string
		}{
			{"by the helper", func() error {
				return h.ends(helper, helper)
			}, MailHelperEnded},
			{"with the consent", func() error {
				return h.tryUpdate(func(tx *store.Tx) error { return Withdraw(tx, person, ConsentAssisted) })
			}, MailHelperEnded},
		} {
			h.helps(helper, person, HelpHours)
			h.must(end.do())
			if _, err := h.as(helper, person); !errors.Is(err, ErrForbidden) || h.consents(person) {
				t.Errorf("%s: %v, consent %t", end.says, err, h.consents(person))
			}
			if got := h.mails(); !slices.Equal(got, []string{end.mail}) {
				t.Errorf("%s: mails %v", end.says, got)
			}
		}
		h.helps(helper, person, HelpHours)
		h.helps(second, person, HelpHours)
		h.must(h.ends(helper, helper))
		if _, err := h.as(second, person); err != nil || !h.consents(person) {
			t.Errorf("the other helper: %v, consent %t", err, h.consents(person))
		}
		h.must(h.goes(person, person))
		if _, err := h.as(second, person); !errors.Is(err, ErrForbidden) {
			t.Errorf("while the account is about to be deleted: %v", err)
		}
		h.must(h.keeps(person, person))
		if _, err := h.as(second, person); err != nil {
			t.Errorf("it was kept: %v", err)
		}
		h.mails()
		h.update(func(tx *store.Tx) error { _, err := EraseAccount(tx, second.Account); return err })
		if got := h.mails(); len(h.links(person)) > 0 || h.consents(person) || !slices.Contains(got, MailHelperEnded) {
			t.Errorf("the helper's account is gone: %+v, mails %v", h.links(person), got)
		}
		h.helps(helper, person, HelpHours)
		h.update(func(tx *store.Tx) error { _, err := EraseAccount(tx, person.Account); return err })
		if got := h.mails(); len(h.links(helper)) > 0 || !slices.Contains(got, MailHelperEnded) {
			t.Errorf("the person's account is gone: %+v, mails %v", h.links(helper), got)
		}
	})
}

// A helper changes a profile, but not what the person has consented to.
func TestAHelperChangesNoConsents(t *testing.T) {
	eachHouse(t, func(h *house) {
		person, helper := h.adult(), h.adult()
		h.helps(helper, person, HelpSearch)
		as, err := h.as(helper, person)
		h.must(err)
		save := func(by Actor, change func(*Profile)) error {
			return h.tryUpdate(func(tx *store.Tx) error {
				p, err := tx.Profile(person.Account)
				if err != nil {
					return err
				}
				change(&p)
				return SaveProfile(tx, by, &p)
			})
		}
		h.must(save(as, func(p *Profile) { p.Topics = []Code{"lesepate"} }))
		h.refuses("agree", save(as, func(p *Profile) { p.Sensitive = true }), "sensitive", "error.helper.sensitive")
		h.refuses("a minor", save(as, func(p *Profile) { p.AgeBand = "16-17" }), "age", "error.helper.age")
		h.must(save(person, func(p *Profile) { p.Sensitive = true }))
		h.refuses("withdraw", save(as, func(p *Profile) { p.Sensitive = false }), "sensitive", "error.helper.sensitive")
		h.must(save(as, func(p *Profile) { p.Topics = nil }))
		h.must(save(person, func(p *Profile) { p.AgeBand = "16-17" }))
		if len(h.links(person)) > 0 || h.consents(person) {
			t.Error("somebody acts for a person who says to be a minor")
		}
	})
}
