package engagement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// center makes the organization of the house a volunteer center.
func (h *house) center() {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		o, err := tx.Organization(h.org.ID)
		if err != nil {
			return err
		}
		o.Kind = "volunteer-center"
		return tx.PutOrganization(&o)
	})
}

// helpful is a help offer that can be published.
func (h *house) helpful() HelpOffer {
	return HelpOffer{
		Organization: h.org.ID, Title: "Türkisch übersetzen", Text: "Ich helfe beim Übersetzen von Briefen und bei Gesprächen.", Areas: []Code{"soziales"},
		Activities: []Code{"uebersetzen-dolmetschen"}, Mode: "hybrid", RadiusKM: 3,
		Place: Place{Name: "Zu Hause", Street: "Beispielweg", House: "7", Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4499, Lon: 13.5799}, Exact: true, Centroid: geo.Point{Lat: 52.4455, Lon: 13.5745}, Precision: "genau"},
	}
}

func (h *house) triesToOffer(by Actor, age Code, change func(*HelpOffer)) (o HelpOffer, err error) {
	o = h.helpful()
	if change != nil {
		change(&o)
	}
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		o, err = OfferHelp(tx, by, o, age)
		return err
	})
	h.clock.Forward(time.Minute)
	return o, err
}

// offered is a help offer that was checked and published.
func (h *house) offered(by Actor) HelpOffer {
	h.t.Helper()
	o, err := h.triesToOffer(by, "ab-18", nil)
	h.must(err)
	h.must(h.decides(o, DecideApprove, ""))
	return h.helpOffer(o)
}

func (h *house) decides(o HelpOffer, d Decision, reason Code) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		_, err := DecideHelpOffer(tx, Actor{Account: "adviser", Roles: []Role{Adviser}}, o.ID, d, reason, "")
		return err
	})
}

func (h *house) helpOffer(o HelpOffer) (now HelpOffer) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.HelpOffer(o.ID)
		return err
	}))
	return now
}

// wire are the kinds of what other servers were to be told since the last call.
func (h *house) wire() (kinds []string) {
	h.t.Helper()
	events, err := h.s.LeaseEvents(ctx, Wire, "test", 100, 365*day)
	h.must(err)
	h.update(func(tx *store.Tx) error {
		kinds = nil
		for _, e := range events {
			kinds = append(kinds, e.Kind)
			if err := tx.EventDone(e); err != nil {
				return err
			}
		}
		return nil
	})
	return kinds
}

func (h *house) refusedAt(what string, err error, field string) {
	h.t.Helper()
	var bad *Invalid
	if !errors.As(err, &bad) || bad.Field != field {
		h.t.Errorf("%s: got %v, want a refusal of %s", what, err, field)
	}
}

func TestWhatAVolunteerOffersIsCheckedFirst(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.center()
		who := h.person()
		h.wire()
		o, err := h.triesToOffer(who, "ab-18", nil)
		h.must(err)
		if o.State != Submitted || o.Thing().Public || o.Account != who.Account || len(h.wire()) != 0 {
			t.Fatalf("got %+v", o)
		}
		h.want("told", strings.Join(h.mails(), " "), MailNewCase)
		if p := h.helpOffer(o).Place; p.Street+p.House+p.Name+p.Note != "" || p.Exact || p.Point != (geo.Point{Lat: 52.4455, Lon: 13.5745}) {
			t.Errorf("the place is stored as %+v", p)
		}
		err = h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := DecideHelpOffer(tx, Actor{Account: who.Account, Roles: []Role{Adviser, Moderator}}, o.ID, DecideApprove, "", "")
			return err
		})
		if !errors.Is(err, ErrForbidden) {
			t.Errorf("an adviser about what they offer themselves: got %v", err)
		}
		h.must(h.decides(o, DecideApprove, ""))
		o = h.helpOffer(o)
		if o.State != Published || !o.Thing().Public || o.Expires.Sub(o.Published) != HelpOfferLife {
			t.Errorf("got %s until %s", o.State, o.Expires)
		}
		h.want("on the wire", strings.Join(h.wire(), " "), WireCreate)
		h.want("told", strings.Join(h.mails(), " "), MailHelpOfferDecision)

		t.Run("and again when it is changed, closed meanwhile", func(t *testing.T) {
			changed := o
			changed.Text = "Ich helfe beim Übersetzen, auch am Wochenende."
			h.update(func(tx *store.Tx) error { _, err := EditHelpOffer(tx, who, changed); return err })
			if now := h.helpOffer(o); now.State != Submitted || now.Thing().Public || !now.OnWire() {
				t.Errorf("got %s", now.State)
			}
			h.want("on the wire", strings.Join(h.wire(), " "), WireUpdate)
			h.must(h.decides(o, DecideAsk, "unvollstaendig"))
			if now := h.helpOffer(o); now.State != NeedsChanges || now.Reason != "unvollstaendig" {
				t.Errorf("got %s because of %q", now.State, now.Reason)
			}
			changed = h.helpOffer(o)
			h.update(func(tx *store.Tx) error { _, err := EditHelpOffer(tx, who, changed); return err })
			h.must(h.decides(o, DecideApprove, ""))
			if now := h.helpOffer(o); now.State != Published || now.Reason != "" || !now.Published.Equal(o.Published) || !now.Updated.After(o.Published) {
				t.Errorf("got %+v", now)
			}
		})
		t.Run("a refusal needs a reason", func(t *testing.T) {
			other, err := h.triesToOffer(who, "ab-18", nil)
			h.must(err)
			h.refusedAt("without", h.decides(other, DecideReject, ""), "reason")
			h.must(h.decides(other, DecideReject, "irrefuehrend"))
			if h.helpOffer(other).State != Rejected {
				t.Error("it is not rejected")
			}
		})
	})
}

func TestWhoMayOfferHelpAndWhatMayStandInIt(t *testing.T) {
	eachHouse(t, func(h *house) {
		who := h.person()
		_, err := h.triesToOffer(who, "ab-18", nil)
		h.refusedAt("an organization that is no volunteer center", err, "center")
		h.center()
		for age, ok := range map[Code]bool{"unter-16": false, "16-17": false, "": false, "ab-18": true} {
			if _, err := h.triesToOffer(h.person(), age, nil); ok != (err == nil) {
				t.Errorf("age %q: got %v", age, err)
			} else if !ok {
				h.refusedAt("age "+string(age), err, "age")
			}
		}
		young := h.person()
		h.update(func(tx *store.Tx) error { return tx.PutProfile(&Profile{Account: young.Account, AgeBand: "16-17"}) })
		_, err = h.triesToOffer(young, "ab-18", nil)
		h.refusedAt("a profile that says 16 or 17", err, "age")

		for field, change := range map[string]func(*HelpOffer){
			"title":      func(o *HelpOffer) { o.Title = "Volunteer1 übersetzt" },
			"text":       func(o *HelpOffer) { o.Text = "Rufen Sie an: 030 5550 0123, ich übersetze gern." },
			"areas":      func(o *HelpOffer) { o.Areas = nil },
			"activities": func(o *HelpOffer) { o.Activities = []Code{"zaubern"} },
			"place":      func(o *HelpOffer) { o.Place = Place{}; o.Mode = "vor-ort" },
			"radius":     func(o *HelpOffer) { o.RadiusKM = 500 },
			"visibility": func(o *HelpOffer) { o.Visibility = "anfrage" },
			"kind":       func(o *HelpOffer) { o.Kind = "geld" },
		} {
			_, err := h.triesToOffer(who, "ab-18", change)
			h.refusedAt(field, err, field)
		}
		_, err = h.triesToOffer(who, "ab-18", func(o *HelpOffer) { o.Text = "Ich übersetze. Schreiben Sie an ich@mail.example." })
		h.refusedAt("an address", err, "text")

		busy := h.person()
		for range 10 {
			_, err := h.triesToOffer(busy, "ab-18", nil)
			h.must(err)
		}
		if _, err := h.triesToOffer(busy, "ab-18", nil); !errors.Is(err, ErrTooMany) {
			t.Errorf("the eleventh: got %v", err)
		}
	})
}

func TestAHelpOfferEnds(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.center()
		who := h.person()
		o := h.offered(who)
		h.mails()
		h.wire()
		log := slices.DeleteFunc(h.days(91), func(s string) bool { return !strings.Contains(s, "help-offer") })
		h.want("mails", strings.Join(log, ", "), "80 help-offer-remind, 90 help-offer-expired")
		if now := h.helpOffer(o); now.State != Expired || now.Open(h.clock.Now()) {
			t.Errorf("after 90 days it is %s", now.State)
		}
		h.update(func(tx *store.Tx) error { _, err := ExtendHelpOffer(tx, who, o.ID); return err })
		if now := h.helpOffer(o); now.State != Published || now.Expires.Sub(h.clock.Now()) != HelpOfferLife {
			t.Errorf("extended it is %s until %s", now.State, now.Expires)
		}
		h.days(91)
		h.wire()
		h.days(91)
		h.want("on the wire after its archive", strings.Join(h.wire(), " "), WireDelete)
		h.days(31)
		if err := h.s.View(ctx, func(tx *store.Tx) error { _, err := tx.HelpOffer(o.ID); return err }); !errors.Is(err, ErrNotFound) {
			t.Errorf("it is not erased: %v", err)
		}
		t.Run("when its volunteer says so", func(t *testing.T) {
			o := h.offered(who)
			h.wire()
			if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := CloseHelpOffer(tx, h.person2(), o.ID); return err }); !errors.Is(err, ErrForbidden) {
				t.Errorf("somebody else: got %v", err)
			}
			h.update(func(tx *store.Tx) error { _, err := CloseHelpOffer(tx, who, o.ID); return err })
			h.want("on the wire", strings.Join(h.wire(), " "), WireDelete)
			if h.helpOffer(o).State != Withdrawn {
				t.Error("it is not withdrawn")
			}
		})
		t.Run("with its center", func(t *testing.T) {
			o := h.offered(who)
			h.update(func(tx *store.Tx) error { return DissolveOrganization(tx, h.manager, h.org.ID) })
			if h.helpOffer(o).State != Withdrawn {
				t.Error("it is not withdrawn")
			}
		})
	})
}

// person2 is somebody who has nothing to do with anything.
func (h *house) person2() Actor { return Actor{Account: "0199aaaa-0000-7000-8000-00000000000b"} }

func TestAnAnswerToAHelpOffer(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.center()
		who := h.person()
		var verein Organization
		member := Actor{Account: "0199aaaa-0000-7000-8000-00000000000c"}
		h.update(func(tx *store.Tx) (err error) {
			verein, err = RegisterOrganization(tx, System, Organization{
				Kind: "association", LegalForm: "ev", Name: "Elternverein", Areas: []Code{"soziales"}, Place: Place{Locality: "Berlin-Köpenick"}, ContactRole: "Büro", ContactMail: "buero@verein.example",
			})
			if err != nil {
				return err
			}
			return ApproveOrganization(tx, System, verein.ID, "")
		})
		member.Members = map[ID]Role{verein.ID: Member}
		asks := func(o HelpOffer) (m MatchRequest, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				m, err = AnswerHelpOffer(tx, member, verein.ID, o.ID, "Wir suchen jemanden für ein Elterngespräch.")
				return err
			})
			h.clock.Forward(time.Minute)
			return m, err
		}
		o := h.offered(who)
		h.mails()
		m, err := asks(o)
		h.must(err)
		h.want("mails", strings.Join(h.mails(), " "), MailHelpOfferAnswer)
		if m.State != Interested || !m.Answers() || m.Account != who.Account || m.Organization != verein.ID || m.Center != h.org.ID {
			t.Fatalf("got %+v", m)
		}
		if _, err := asks(o); !errors.Is(err, ErrConflict) {
			t.Errorf("a second open answer: got %v", err)
		}

		t.Run("before the yes nobody but the person sees anything of it but that it was asked", func(t *testing.T) {
			for name, may := range map[string]bool{
				"its organization reads it": Can(member, Read, m.Thing()), "its organization reads no contact": !Can(member, Read, m.ContactThing()),
				"the center reads nothing": !Can(h.manager, Read, m.Thing()) && !m.MayHome(h.manager), "the organization cannot say yes": !m.MayHome(member),
				"the person decides": m.MayHome(who),
			} {
				if !may {
					t.Errorf("not so: %s", name)
				}
			}
			for _, e := range []RequestEvent{EventAsk, EventAgree, EventDecline, EventCancel, EventWait} {
				if err := h.s.Update(ctx, func(tx *store.Tx) error {
					_, err := AnswerRequest(tx, member, m.ID, Answer{Event: e, Ask: []string{"name"}})
					return err
				}); !errors.Is(err, ErrConflict) {
					t.Errorf("%s by who asked: got %v", e, err)
				}
			}
		})
		h.releases(who, m)
		if now := h.request(m); now.State != ContactShared || now.Card["name"] != "Vorname N." || !Can(member, Read, now.ContactThing()) {
			t.Errorf("after the yes: %s, %v", now.State, now.Card)
		}
		h.want("mails", strings.Join(h.mails(), " "), MailRequestChanged)
		agree := func(tx *store.Tx) error { _, err := AgreeToAnswer(tx, who, m.ID); return err }
		h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, System, verein.ID, true, "") })
		if err := h.s.Update(ctx, agree); !errors.Is(err, ErrForbidden) {
			t.Errorf("with an organization that is suspended: got %v", err)
		}
		h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, System, verein.ID, false, "") })
		h.update(agree)
		if now := h.request(m); now.State != Agreed || now.Agreement == "" || !now.ExpiresAt.IsZero() {
			t.Errorf("got %+v", now)
		}
		h.mails()
		h.update(func(tx *store.Tx) error {
			_, err := AnswerRequest(tx, member, m.ID, Answer{Event: EventFinish, Worked: Worked{From: "2026-12-01", Until: "2026-12-01", Hours: 2}})
			return err
		})
		h.want("at the end", h.states(m), "completed")
		h.want("mails", strings.Join(h.mails(), " "), MailRequestNews)

		t.Run("ends with a no, after which the card is gone", func(t *testing.T) {
			m, err := asks(o)
			h.must(err)
			h.releases(who, m)
			h.withdraws(who, m)
			if now := h.request(m); now.State != Declined || len(now.Card) != 0 {
				t.Errorf("got %s with %v", now.State, now.Card)
			}
		})
		t.Run("is withdrawn by its organization", func(t *testing.T) {
			m, err := asks(o)
			h.must(err)
			if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := WithdrawAnswer(tx, who, m.ID, ""); return err }); !errors.Is(err, ErrForbidden) {
				t.Errorf("by the person: got %v", err)
			}
			h.mails()
			h.update(func(tx *store.Tx) error { _, err := WithdrawAnswer(tx, member, m.ID, ""); return err })
			h.want("state", h.states(m), "withdrawn")
			h.want("mails", strings.Join(h.mails(), " "), MailRequestNews)
			if _, err := asks(o); !errors.Is(err, ErrTooMany) {
				t.Errorf("a fourth: got %v", err)
			}
		})
		t.Run("is reminded of once, and runs out", func(t *testing.T) {
			m, err := asks(h.offered(who))
			h.must(err)
			h.mails()
			log := h.days(14)
			h.want("mails", strings.Join(slices.DeleteFunc(log, func(s string) bool { return !strings.Contains(s, "request") }), ", "), "5 request-reminder, 14 request-changed")
			h.want("state", h.states(m), "expired")
		})
		t.Run("ends when the help offer does", func(t *testing.T) {
			o := h.offered(who)
			m, err := asks(o)
			h.must(err)
			h.update(func(tx *store.Tx) error { _, err := CloseHelpOffer(tx, who, o.ID); return err })
			if now := h.request(m); now.State != Declined || now.Reason != "angebot-beendet" {
				t.Errorf("got %s because of %q", now.State, now.Reason)
			}
			if _, err := asks(o); !errors.Is(err, ErrGone) {
				t.Errorf("after its end: got %v", err)
			}
		})
	})
}

func TestWhatAnOrganizationOffersItself(t *testing.T) {
	eachHouse(t, func(h *house) {
		own := func(by Actor) (o HelpOffer, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				o = h.helpful()
				o.Kind, o.Quantity, o.Title = "csr-teamtag", 12, "Ein Teamtag mit zwölf Leuten"
				o, err = OfferOwnHelp(tx, by, o)
				return err
			})
			return o, err
		}
		o, err := own(h.manager)
		h.must(err)
		if o.State != Submitted || o.Account != "" {
			t.Errorf("the first is %s", o.State)
		}
		h.update(func(tx *store.Tx) error {
			org, err := tx.Organization(h.org.ID)
			if err != nil {
				return err
			}
			org.Trusted = true
			return tx.PutOrganization(&org)
		})
		o, err = own(h.manager)
		h.must(err)
		if o.State != Published {
			t.Errorf("of one that is trusted it is %s", o.State)
		}
		if _, err := own(Actor{Account: "x", Members: map[ID]Role{h.org.ID: Member}}); !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
			t.Errorf("by a member: got %v", err)
		}
		if err := h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := AnswerHelpOffer(tx, h.manager, h.org.ID, o.ID, "Wir fragen uns selbst, ob das geht.")
			return err
		}); !errors.Is(err, ErrForbidden) {
			t.Errorf("an answer to oneself: got %v", err)
		}
	})
}

// A help offer that was removed is kept as long as somebody can object, and comes back only if its person is there.
func TestAnObjectionGivesBackAHelpOfferAfterMonths(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.center()
		for name, c := range map[string]struct {
			meanwhile func(Actor)
			back      int // how many there are of the person after the objection
		}{
			"nothing happens": {func(Actor) {}, 2},
			"the account is gone": {func(who Actor) {
				h.update(func(tx *store.Tx) error { _, err := EraseAccount(tx, who.Account); return err })
			}, 0},
			"said to be younger": {func(who Actor) { h.must(h.says(who, who.Account, "16-17")) }, 1},
		} {
			who := h.person()
			offer := h.offered(who)
			r := h.reports(h.person(), Complaint{Object: offer.ID})
			for range 2 {
				_, err := h.rules(h.moderator(), r, MakeRemoved, false)
				h.must(err)
			}
			h.passes(150 * day)
			c.meanwhile(who)
			h.must(h.objects(h.token(h.report(r).Statement), "Das stimmt doch."))
			h.wires()
			h.rulesNow(h.moderator(), r, NoAction, false)
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				list, err := tx.HelpOffersOfAccount(who.Account)
				if len(list) != c.back {
					t.Errorf("%s: got %+v", name, list)
				}
				return err
			}))
			if wires := h.wires(); len(wires) != max(0, c.back-1) {
				t.Errorf("%s: other servers learn %+v", name, wires)
			}
		}
		h.passes(220 * day)
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			list, err := tx.HelpOffersByState(Suspended, 10)
			if len(list) != 0 {
				t.Errorf("kept for ever: %+v", list)
			}
			return err
		}))
	})
}
