package engagement_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// reachable is somebody of age who may be reached in the given ways.
func (h *house) reachable(ways ...Code) Actor {
	h.t.Helper()
	who := h.person()
	h.update(func(tx *store.Tx) error {
		err := SaveProfile(tx, who, &Profile{Account: who.Account, AgeBand: "27-59", Skills: []Skill{{Code: "moderation"}}})
		for _, way := range ways {
			err = errors.Join(err, AllowReach(tx, who, way, true))
		}
		return err
	})
	return who
}

// waking is an hour at which people may be asked.
func (h *house) waking() {
	for Quiet(h.clock.Now(), "BE") {
		h.clock.Forward(time.Hour)
	}
}

// crowd are n people whom something fits, who need not exist.
func crowd(n int) (people []ID) {
	for i := range n {
		people = append(people, ID(fmt.Sprintf("person %d", i)))
	}
	return people
}

func (h *house) call(way Code) Call {
	return Call{Opportunity: h.o.ID, Way: way, Ask: []string{"name", "email"}, Text: "Wir freuen uns auf Sie.", Until: h.clock.Now().Add(10 * day)}
}

func (h *house) calls(by Actor, c Call, fits []ID) (sent Call, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		sent, err = SendCall(tx, by, c, fits)
		return err
	})
	h.clock.Forward(time.Second)
	return sent, err
}

func (h *house) invitesFor(c Call, people ...Actor) (n int) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		var ids []ID
		for _, who := range people {
			ids = append(ids, who.Account)
		}
		n, err = InviteFor(tx, c.ID, ids)
		return err
	})
	return n
}

func (h *house) callNow(c Call) (now Call) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.Call(c.ID)
		return err
	}))
	return now
}

func TestAnOrganizationAsksPeopleHere(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.waking()
		ada, ben, otherwise, nobody := h.reachable(ByOrganizations), h.reachable(ByOrganizations), h.reachable(ByPartnerInstances, ByVolunteerCenter, ByAdministration), h.person()
		h.wire()
		h.mails()
		c, err := h.calls(h.manager, h.call(ByOrganizations), []ID{ada.Account, ben.Account})
		h.must(err)
		if c.State != CallSent || c.Rough != 0 || c.Organization != h.org.ID || DateOf(c.LastMoment()) != DateOf(h.clock.Now().Add(10*day)) {
			t.Fatalf("got %+v", c)
		}
		if n := h.invitesFor(c, ada, otherwise, nobody, h.manager, ben, ada); n != 2 {
			t.Fatalf("%d were asked", n)
		}
		i := h.invitation(ada)
		if i.Call != c.ID || i.By() != ByOrganizations || i.State != InvitationDelivered {
			t.Errorf("got %+v", i)
		}
		h.want("told", strings.Join(h.mails(), " "), MailInvitation+" "+MailInvitation)
		t.Run("a yes shares the contact at once, and nothing of it goes out", func(t *testing.T) {
			m, err := h.accepts(ada)
			h.must(err)
			if m.State != ContactShared || m.Direction != "invitation" || m.Account != ada.Account || m.Card["name"] != "Vorname N." || !slices.Equal(m.Ask, c.Ask) || !m.OriginHere() {
				t.Errorf("got %+v", m)
			}
			h.want("told", strings.Join(h.mails(), " "), MailRequestChanged)
			h.want("on the wire", strings.Join(h.wire(), " "), "")
			h.must(h.answers(m, EventAgree))
		})
		t.Run("no to all of the kind turns the one switch off, and others stay", func(t *testing.T) {
			h.update(func(tx *store.Tx) error { return AllowReach(tx, ben, ByVolunteerCenter, true) })
			h.declines(ben, true)
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				p, err := tx.Profile(ben.Account)
				if p.Reachable(ByOrganizations, tx.Now()) || !p.Reachable(ByVolunteerCenter, tx.Now()) {
					t.Errorf("got %+v", p.Consents)
				}
				return err
			}))
			h.want("the invitation", string(h.invitation(ben).State), string(InvitationDeclined))
		})
		t.Run("one at a time", func(t *testing.T) {
			_, err := h.calls(h.manager, h.call(ByOrganizations), nil)
			h.refusedAt("a second", err, "")
		})
		t.Run("stop", func(t *testing.T) {
			late := h.reachable(ByOrganizations)
			if n := h.invitesFor(c, late); n != 1 {
				t.Fatalf("%d were asked", n)
			}
			h.update(func(tx *store.Tx) error { _, err := StopCall(tx, h.manager, c.ID); return err })
			h.want("the invitation", string(h.invitation(late).State), string(InvitationExpired))
			if _, err := h.accepts(late); !errors.Is(err, ErrConflict) {
				t.Errorf("a late yes: %v", err)
			}
			if n := h.invitesFor(c, h.reachable(ByOrganizations)); n != 0 {
				t.Error("somebody is asked")
			}
			if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := StopCall(tx, h.manager, c.ID); return err }); !errors.Is(err, ErrConflict) {
				t.Errorf("stopped twice: %v", err)
			}
		})
	})
}

func TestWhatStandsAgainstACall(t *testing.T) {
	eachHouse(t, func(h *house) {
		for field, change := range map[string]func(*Call){
			"text":  func(c *Call) { c.Text = "Rufen Sie an: 030 1234567." },
			"ask":   func(c *Call) { c.Ask = nil },
			"until": func(c *Call) { c.Until = h.clock.Now().Add(14 * day) },
			"skill": func(c *Call) { c.Narrow.Skill = "zaubern" },
			"radius": func(c *Call) {
				c.Narrow.RadiusKM, c.Narrow.Near = 1, geo.Point{Lat: 52.4, Lon: 13.5} // so little is one house
			},
		} {
			c := h.call(ByOrganizations)
			change(&c)
			_, err := h.calls(h.manager, c, nil)
			h.refusedAt(field, err, field)
		}
		c := h.call(ByOrganizations)
		c.Text = "Sie bekommen den Mindestlohn."
		_, err := h.calls(h.manager, c, nil)
		h.refusedAt("wage", err, "text")

		member := Actor{Account: h.manager.Account, Members: map[ID]Role{h.org.ID: Member}}
		for who, refused := range map[string]struct {
			by  Actor
			way Code
		}{
			"a member":                         {member, ByOrganizations},
			"a stranger":                       {h.person(), ByOrganizations},
			"a manager as volunteer center":    {h.manager, ByVolunteerCenter},
			"a manager as administration":      {h.manager, ByAdministration},
			"an officer of no office":          {Actor{Account: "o", Roles: []Role{Officer}}, ByAdministration},
			"an officer for what is no office": {Actor{Account: "o", Roles: []Role{Officer}, Members: map[ID]Role{h.org.ID: Manager}}, ByAdministration},
			"an adviser as the organization":   {Actor{Account: "a", Roles: []Role{Adviser}}, ByOrganizations},
		} {
			if _, err := h.calls(refused.by, h.call(refused.way), nil); !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", who, err)
			}
		}
		t.Run("an organization that nobody checked", func(t *testing.T) {
			h.org.Level = "email-bestaetigt"
			h.update(func(tx *store.Tx) error {
				o, err := tx.Organization(h.org.ID)
				o.Level = "email-bestaetigt"
				return errors.Join(err, tx.PutOrganization(&o))
			})
			if _, err := h.calls(h.manager, h.call(ByOrganizations), nil); !errors.Is(err, ErrForbidden) {
				t.Errorf("got %v", err)
			}
			_, err := h.calls(Actor{Account: "a", Roles: []Role{Adviser}}, h.call(ByVolunteerCenter), nil)
			h.must(err) // the center knows whom it helps
		})
		t.Run("an opportunity that is not before the public", func(t *testing.T) {
			for _, change := range []func(*Opportunity){
				func(o *Opportunity) { o.State = Draft }, func(o *Opportunity) { o.State = Filled }, func(o *Opportunity) { o.Visibility = "intern" },
			} {
				var o Opportunity
				h.update(func(tx *store.Tx) (err error) {
					if o, err = h.publish(tx, func(*Opportunity) {}); err != nil {
						return err
					}
					change(&o)
					return tx.PutOpportunity(&o)
				})
				c := h.call(ByVolunteerCenter)
				c.Opportunity = o.ID
				if _, err := h.calls(Actor{Account: "a", Roles: []Role{Adviser}}, c, nil); !errors.Is(err, ErrConflict) {
					t.Errorf("%s, %s: %v", o.State, o.Visibility, err)
				}
			}
		})
	})
}

func TestWhoIsNotAsked(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.waking()
		c, err := h.calls(h.manager, h.call(ByOrganizations), nil)
		h.must(err)
		asker, leaving, busy, young, paused, colleague, fits := h.reachable(ByOrganizations), h.reachable(ByOrganizations), h.reachable(ByOrganizations), h.reachable(ByOrganizations), h.reachable(ByOrganizations), h.reachable(ByOrganizations), h.reachable(ByOrganizations)
		h.asks(asker, nil)
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(young.Account)
			p.AgeBand = "16-17"
			err = errors.Join(err, tx.PutProfile(&p), Pause(tx, paused, DateOf(h.clock.Now()).Add(2)))
			_, e := AskDeletion(tx, leaving, leaving.Account)
			err = errors.Join(err, e)
			for n := range 3 {
				o, e := h.publish(tx, func(o *Opportunity) { o.Title = fmt.Sprint("Etwas anderes ", n) })
				i := Invitation{ID: tx.NewSecretID(), Account: busy.Account, Opportunity: o.ID, Organization: "another", State: InvitationDeclined, Created: tx.Now(), Ended: tx.Now()}
				err = errors.Join(err, e, tx.PutInvitation(&i))
			}
			return errors.Join(err, tx.PutMembership(Membership{Account: colleague.Account, Organization: h.org.ID, Role: Member}))
		})
		all := []Actor{asker, leaving, busy, young, paused, colleague, fits}
		t.Run("at night nobody", func(t *testing.T) {
			for !Quiet(h.clock.Now(), "BE") {
				h.clock.Forward(time.Hour)
			}
			if n := h.invitesFor(c, all...); n != 0 {
				t.Errorf("%d were asked", n)
			}
			h.waking()
		})
		if n := h.invitesFor(c, all...); n != 1 || h.invitation(fits).Call != c.ID {
			t.Errorf("%d were asked, %+v", n, h.invitation(fits))
		}
		t.Run("once in a quarter by one organization, unless answered", func(t *testing.T) {
			h.update(func(tx *store.Tx) error { _, err := StopCall(tx, h.manager, c.ID); return err })
			next := h.call(ByOrganizations)
			h.update(func(tx *store.Tx) error {
				o, err := h.publish(tx, func(o *Opportunity) { o.Title = "Ein anderes Angebot" })
				next.Opportunity = o.ID
				return err
			})
			second, err := h.calls(h.manager, next, nil)
			h.must(err)
			if n := h.invitesFor(second, fits); n != 0 {
				t.Error("asked again")
			}
		})
	})
}

func TestManyAreAskedWithASecondPerson(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.waking()
		h.mails()
		c, err := h.calls(h.manager, h.call(ByOrganizations), crowd(90))
		h.must(err)
		ada := h.reachable(ByOrganizations)
		if c.State != CallAwaiting || h.invitesFor(c, ada) != 0 {
			t.Fatalf("got %+v", c)
		}
		h.want("told", strings.Join(h.mails(), " "), MailCallRelease)
		release := func(by Actor) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := ReleaseCall(tx, by, c.ID); return err })
		}
		if err := release(h.manager); !errors.Is(err, ErrForbidden) {
			t.Errorf("released by the same: %v", err)
		}
		if err := release(Actor{Account: "a", Roles: []Role{Adviser}}); err == nil {
			t.Error("released by somebody else")
		}
		h.must(release(Actor{Account: "second", Members: map[ID]Role{h.org.ID: Member}}))
		if got := h.callNow(c); got.State != CallSent || got.Second != "second" || h.invitesFor(c, ada) != 1 {
			t.Errorf("got %+v", got)
		}
		h.update(func(tx *store.Tx) error { _, err := StopCall(tx, h.manager, c.ID); return err })
		again, err := h.calls(h.manager, h.call(ByOrganizations), crowd(20))
		h.must(err)
		if again.State != CallAwaiting {
			t.Error("another question of the same day has another answer")
		}
		h.update(func(tx *store.Tx) error { _, err := StopCall(tx, h.manager, again.ID); return err })
		h.clock.Forward(day)
		_, err = h.calls(h.manager, h.call(ByOrganizations), crowd(230))
		h.refusedAt("more than two hundred", err, "")
	})
}

func TestFiftyAreAskedByOnePerson(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.waking()
		c, err := h.calls(h.manager, h.call(ByOrganizations), crowd(20))
		h.must(err)
		var people []Actor
		for range CallAlone + 2 { // more have come since then
			people = append(people, h.reachable(ByOrganizations))
		}
		if n := h.invitesFor(c, people...); n != CallAlone {
			t.Errorf("%d were asked", n)
		}
	})
}

func TestACallEnds(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.waking()
		for what, end := range map[string]func(o *Opportunity){
			"on its last day": nil,
			"when it is full": func(o *Opportunity) { o.State = Filled },
			"when it is gone": func(o *Opportunity) { o.State = Withdrawn },
		} {
			var c Call
			var o Opportunity
			who := h.reachable(ByVolunteerCenter)
			h.update(func(tx *store.Tx) (err error) {
				o, err = h.publish(tx, func(o *Opportunity) { o.Title = "Ein Angebot, " + what })
				return err
			})
			c = h.call(ByVolunteerCenter)
			c.Opportunity = o.ID
			c, err := h.calls(Actor{Account: "a", Roles: []Role{Adviser}}, c, []ID{who.Account})
			h.must(err)
			if h.invitesFor(c, who) != 1 {
				t.Fatal("nobody was asked")
			}
			h.passes(time.Minute)
			if got := h.callNow(c); got.State != CallSent {
				t.Errorf("%s: it ended before: %+v", what, got)
			}
			if end == nil {
				h.passes(11 * day)
				h.waking()
			} else {
				h.update(func(tx *store.Tx) error {
					now, err := tx.Opportunity(o.ID)
					end(&now)
					return errors.Join(err, tx.PutOpportunity(&now))
				})
				h.passes(time.Minute)
			}
			if got := h.callNow(c); got.State != CallClosed || h.invitation(who).State != InvitationExpired {
				t.Errorf("%s: %+v", what, got)
			}
		}
	})
}

func TestAnswersDoNotTellAboutOnePerson(t *testing.T) {
	eachHouse(t, func(h *house) {
		rough := func(people []ID) (n int) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error { n = Roughly(tx, people); return nil }))
			return n
		}
		for n := range 5 {
			if got := rough(crowd(n)); got != 0 {
				t.Errorf("%d people are told as %d", n, got)
			}
		}
		several := map[int]bool{}
		for shift := range 40 { // other people, as many
			people := crowd(16 + shift)[shift:]
			got := rough(people)
			several[got] = true
			slices.Reverse(people)
			if got%10 != 0 || got < 10 || got > 20 || got != rough(people) {
				t.Errorf("got %d and %d", got, rough(people))
			}
		}
		if len(several) != 2 {
			t.Errorf("sixteen people are always told as %v", several)
		}
		told := 0
		for shift := range 200 { // the last one is there or not
			people := crowd(8 + shift)[shift:]
			if rough(people) != rough(people[1:]) {
				told++
			}
		}
		if told > 60 {
			t.Errorf("in %d of 200 cases one person changes the answer", told)
		}
		for n := 20; n < 300; n += 7 {
			if got := rough(crowd(n)); got < n-7 || got > n+7 {
				t.Errorf("%d are told as %d", n, got)
			}
		}
	})
}

// office is an office with an officer.
func (h *house) office() (o Organization, officer Actor) {
	h.t.Helper()
	officer = h.person()
	h.update(func(tx *store.Tx) (err error) {
		o, err = RegisterOrganization(tx, officer, Organization{
			Kind: "office", LegalForm: "oeffentliche-stelle", Name: "Amt Nord", Areas: []Code{"lokales"}, Place: Place{Locality: "Berlin"},
			ContactRole: "Anlaufstelle", ContactMail: "amt@nord.example",
		})
		if err != nil {
			return err
		}
		return ApproveOrganization(tx, System, o.ID, "")
	})
	return o, Actor{Account: officer.Account, Roles: []Role{Officer}, Members: map[ID]Role{o.ID: Member}}
}

func (h *house) looksUp(by Actor, l Lookup, fits []ID) (found Lookup, shown []ID, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		found, shown, err = LookUp(tx, by, l, Opportunity{}, fits)
		return err
	})
	h.clock.Forward(time.Second)
	return found, shown, err
}

func TestOfficersSearchForExpertise(t *testing.T) {
	eachHouse(t, func(h *house) {
		office, officer := h.office()
		var people []ID
		for range 6 {
			people = append(people, h.reachable(ExpertiseSearchable).Account)
		}
		search := Lookup{Organization: office.ID, Way: ExpertiseSearchable, Purpose: "Bürgerwerkstatt zum Schulweg", Criteria: Criteria{Skill: "moderation"}}
		for roughly(h, people) == 0 { // chance hides small crowds
			people = append(people, h.reachable(ExpertiseSearchable).Account)
		}
		found, shown, err := h.looksUp(officer, search, people)
		h.must(err)
		if found.Rough != 10 || len(shown) != 5 {
			t.Fatalf("got %+v and %d people", found, len(shown))
		}
		about := func(who ID) (list []Lookup) {
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				list, err = tx.LookupsAbout(who, 9)
				return err
			}))
			return list
		}
		t.Run("whoever was shown sees it", func(t *testing.T) {
			if list := about(shown[0]); len(list) != 1 || list[0].Purpose != search.Purpose || list[0].Organization != office.ID {
				t.Errorf("got %+v", list)
			}
			if list := about(h.reachable(ExpertiseSearchable).Account); len(list) != 0 {
				t.Errorf("somebody else sees %+v", list)
			}
		})
		t.Run("on the same day the answer stays", func(t *testing.T) {
			again, same, err := h.looksUp(officer, search, append(people, h.reachable(ExpertiseSearchable).Account))
			h.must(err)
			if again.ID != found.ID || again.Rough != found.Rough || !slices.Equal(same, shown) {
				t.Errorf("got %+v, %v", again, same)
			}
			_, fewer, err := h.looksUp(officer, search, slices.DeleteFunc(slices.Clone(people), func(p ID) bool { return p == shown[0] }))
			h.must(err)
			if len(fewer) > 0 {
				t.Error("somebody is shown who does not want to be found any more")
			}
		})
		t.Run("how many cards there are tells no more than the answer", func(t *testing.T) {
			for n := 5; n < 60; n++ {
				l := search
				l.Purpose = fmt.Sprint("Eine Werkstatt für ", n)
				if n%25 == 0 {
					h.clock.Forward(day)
				}
				all := people[:min(n, len(people))]
				for len(all) < n {
					all = append(slices.Clone(all), h.reachable(ExpertiseSearchable).Account)
				}
				people = all
				found, shown, err := h.looksUp(officer, l, all)
				h.must(err)
				if want := min(found.Rough/2, 20); len(shown) != want {
					t.Errorf("%d people, told as %d: %d cards", n, found.Rough, len(shown))
				}
			}
		})
		t.Run("on another day the order is another one", func(t *testing.T) {
			orders := map[string]bool{}
			for range 4 {
				h.clock.Forward(day)
				_, shown, err := h.looksUp(officer, search, people)
				h.must(err)
				orders[fmt.Sprint(shown)] = true
			}
			if len(orders) < 3 {
				t.Errorf("only %d orders", len(orders))
			}
		})
		t.Run("of fewer than five nothing is told, and nobody shown", func(t *testing.T) {
			narrow := search
			narrow.Criteria.Language = "tr"
			found, shown, err := h.looksUp(officer, narrow, people[:4])
			h.must(err)
			if found.Rough != 0 || len(shown) != 0 {
				t.Errorf("got %+v and %d people", found, len(shown))
			}
		})
		t.Run("not without purpose, not without skill, not by others", func(t *testing.T) {
			for field, change := range map[string]func(*Lookup){"purpose": func(l *Lookup) { l.Purpose = "so" }, "skill": func(l *Lookup) { l.Criteria.Skill = "" }} {
				l := search
				change(&l)
				_, _, err := h.looksUp(officer, l, people)
				h.refusedAt(field, err, field)
			}
			other, stranger := h.office()
			for _, by := range []Actor{stranger, {Account: officer.Account, Members: officer.Members}, h.manager, {Account: "a", Roles: []Role{Admin, Adviser}}} {
				if _, _, err := h.looksUp(by, search, people); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrForbidden) {
					t.Errorf("%+v: %v", by, err)
				}
			}
			elsewhere := search
			elsewhere.Organization = other.ID
			if _, _, err := h.looksUp(officer, elsewhere, people); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrForbidden) {
				t.Errorf("for another office: %v", err)
			}
		})
		t.Run("thirty a day", func(t *testing.T) {
			h.clock.Forward(day)
			for n := range 31 {
				l := search
				l.Purpose = fmt.Sprint("Vorhaben Nummer ", n)
				_, _, err := h.looksUp(officer, l, people)
				if n < 30 {
					h.must(err)
				} else {
					h.refusedAt("the 31st", err, "")
				}
			}
			_, _, err := h.looksUp(officer, Lookup{Organization: office.ID, Way: ExpertiseSearchable, Purpose: "Vorhaben Nummer 1", Criteria: search.Criteria}, people)
			h.must(err) // known already
		})
	})
}

func roughly(h *house, people []ID) (n int) {
	h.must(h.s.View(ctx, func(tx *store.Tx) error { n = Roughly(tx, people); return nil }))
	return n
}

func TestAnOrganizationCannotAskAgainAndAgain(t *testing.T) {
	eachHouse(t, func(h *house) {
		codes := Skills.Codes()
		for n := range 11 {
			l := Lookup{Organization: h.org.ID, Way: ByOrganizations, Criteria: Criteria{Skill: codes[n]}}
			by := h.manager
			if n%2 == 1 {
				by.Account = h.person().Account // another manager
			}
			_, _, err := h.looksUp(by, l, nil)
			if n < 10 {
				h.must(err)
			} else {
				h.refusedAt("the eleventh", err, "")
			}
		}
		c := h.call(ByOrganizations)
		c.Narrow.Skill = codes[20]
		_, err := h.calls(h.manager, c, nil)
		h.refusedAt("a call is no way around it", err, "")
		h.clock.Forward(day)
		_, err = h.calls(h.manager, h.call(ByOrganizations), nil)
		h.must(err)
	})
}

func TestACardHoldsNothingThatIsRare(t *testing.T) {
	people := make([]Profile, 5)
	for i := range people {
		people[i].Skills, people[i].Languages = []Skill{{Code: "moderation"}}, []LanguageSkill{{Code: "de"}}
		people[i].Grid = Slot("mo", "abend")
	}
	people[0].Skills = append(people[0].Skills, Skill{Code: "holz"})
	people[0].Languages, people[0].Grid = append(people[0].Languages, LanguageSkill{Code: "tr"}), people[0].Grid|Slot("di", "vormittag")
	people[4].HomeName = "Erkner"
	cards := Glimpses(people, func(p Profile) string { return p.HomeName + "?" })
	for i, g := range cards {
		want := "?"
		if i == 4 {
			want = ""
		}
		if !slices.Equal(g.Skills, []Code{"moderation"}) || !slices.Equal(g.Languages, []Code{"de"}) || !slices.Equal(g.Dayparts, []Code{"abend"}) || g.Area != want {
			t.Errorf("card %d: %+v", i, g)
		}
	}
	for i := range 2 {
		people[i+1].Skills = people[0].Skills
	}
	if g := Glimpses(people, func(Profile) string { return "" })[0]; !slices.Equal(g.Skills, []Code{"moderation", "holz"}) {
		t.Errorf("what three have is not shown: %+v", g)
	}
}

func TestAnOfficeStartsAProject(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.waking()
		office, officer := h.office()
		ada := h.reachable(ByAdministration)
		start := func(by Actor, change func(*Opportunity)) (o Opportunity, c Call, err error) {
			plan := h.workshop()
			plan.Organization, plan.Hosts = office.ID, nil
			if change != nil {
				change(&plan)
			}
			err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
				o, c, err = StartProject(tx, by, plan, Call{Text: "Wir freuen uns."}, []ID{ada.Account})
				return err
			})
			h.clock.Forward(time.Second)
			return o, c, err
		}
		h.wire()
		o, c, err := start(officer, nil)
		h.must(err)
		if o.State != Published || o.Kind != "projektanfrage" || !o.Directed() || o.Thing().Public || c.Way != ByAdministration || c.Opportunity != o.ID || !c.Until.Equal(o.Expires) {
			t.Fatalf("got %+v, %+v", o, c)
		}
		h.want("on the wire", strings.Join(h.wire(), " "), "")
		if n := h.invitesFor(c, ada); n != 1 || h.invitation(ada).By() != ByAdministration {
			t.Fatalf("%d were asked", n)
		}
		m, err := h.accepts(ada)
		h.must(err)
		if m.State != ContactShared || m.Organization != office.ID {
			t.Errorf("got %+v", m)
		}
		h.want("on the wire", strings.Join(h.wire(), " "), "")
		t.Run("partners may be asked besides", func(t *testing.T) {
			h.ally("b.example")
			_, _, err := start(officer, func(o *Opportunity) { o.Hosts = []string{"b.example"} })
			h.must(err)
			h.want("on the wire", strings.Join(h.wire(), " "), WireCreate)
			_, _, err = start(officer, func(o *Opportunity) { o.Hosts = []string{"c.example"} })
			h.refusedAt("a stranger", err, "hosts")
		})
		t.Run("what is missing is said", func(t *testing.T) {
			for field, change := range map[string]func(*Opportunity){
				"goal": func(o *Opportunity) { o.Project.Goal = "" }, "effort": func(o *Opportunity) { o.Project.Effort = "" },
				"contact_role": func(o *Opportunity) { o.ContactRole = "x" }, "until": func(o *Opportunity) { o.Expires = h.clock.Now() },
			} {
				_, _, err := start(officer, change)
				h.refusedAt(field, err, field)
			}
		})
		t.Run("only officers, for their own office", func(t *testing.T) {
			_, other := h.office()
			for _, by := range []Actor{other, h.manager, {Account: officer.Account, Members: map[ID]Role{office.ID: Manager}}} {
				if _, _, err := start(by, nil); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrForbidden) {
					t.Errorf("%+v: %v", by, err)
				}
			}
			if _, _, err := start(officer, func(o *Opportunity) { o.Organization = h.org.ID }); err == nil {
				t.Error("for what is no office")
			}
		})
		t.Run("one question is asked, and stopping ends the request, too", func(t *testing.T) {
			second, again, err := start(officer, func(o *Opportunity) { o.Title = "Eine zweite Werkstatt" })
			h.must(err)
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				n, err := tx.CountLookups(officer.Account, "", h.clock.Now().Add(-day))
				if n != 1 {
					t.Errorf("%d questions are counted", n)
				}
				return err
			}))
			h.update(func(tx *store.Tx) error { _, err := StopCall(tx, officer, again.ID); return err })
			h.want("the request", string(h.fresh(second.ID).State), string(Expired))
		})
		t.Run("it ends with its last day", func(t *testing.T) {
			h.passes(11 * day)
			h.want("the call", string(h.callNow(c).State), string(CallClosed))
			h.want("the request", string(h.fresh(o.ID).State), string(Expired))
		})
	})
}
