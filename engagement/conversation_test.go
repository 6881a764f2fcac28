package engagement_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// §3.14: what the table says holds in the database too, whoever tries: an event that means nothing changes nothing.
func TestNoRuleLeavesTheTable(t *testing.T) {
	eachHouse(t, func(h *house) {
		for _, s := range RequestStates[1:] {
			for _, e := range RequestEvents {
				for _, fromAway := range []bool{false, true} {
					var m, got MatchRequest
					err := h.s.Update(ctx, func(tx *store.Tx) error {
						m = MatchRequest{
							ID: tx.NewSecretID(), Number: string(tx.NewSecretID()), Opportunity: h.o.ID, Organization: h.org.ID, State: s, Quantity: 1,
							SentAt: tx.Now(), Created: tx.Now(), Ask: []string{"name"},
						}
						if fromAway {
							m.Home, m.Person, m.Offer = "b.example", string(m.ID), string(m.ID)
						}
						if err := tx.PutMatchRequest(&m); err != nil {
							return err
						}
						got = m
						var err error
						if fromAway {
							_, err = got.Receive(tx, Step{Event: e, Number: 1}, Card{"name": "Vorname N."})
						} else {
							got, err = AnswerRequest(tx, h.manager, m.ID, Answer{Event: e, Ask: []string{"name"}})
						}
						if err != nil && got.State != s {
							t.Errorf("%s meets %s: refused, but now %s", s, e, got.State)
						}
						return errors.Join(err, errUndo)
					})
					next, known := s.After(e)
					switch {
					case got.State != s && (!known || got.State != next):
						t.Errorf("%s meets %s (from away: %v): got %s, the table has %q", s, e, fromAway, got.State, next)
					case errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) || err == errUndo: //nolint:errorlint // nothing else failed
					case !errors.Is(err, errUndo):
						t.Errorf("%s meets %s: %v", s, e, err)
					}
				}
			}
		}
	})
}

var errUndo = errors.New("undo")

// CON-02, R5: as many agree at once as want to; the places are never oversold, and they are free again when somebody goes.
func TestPlacesAreNeverOversold(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 4, true })
		type one struct {
			by Actor
			m  MatchRequest
		}
		var all []one
		for i := range 8 {
			by := h.person()
			m := h.asks(by, func(w *Wish) { w.Quantity = 1 + i%2 })
			h.must(h.answers(m, EventAsk))
			h.releases(by, m)
			all = append(all, one{by, m})
		}
		var wg sync.WaitGroup
		errs := make([]error, len(all))
		for i, x := range all {
			wg.Go(func() {
				for errs[i] = h.answers(x.m, EventAgree); errors.Is(errs[i], store.ErrBusy); {
					errs[i] = h.answers(x.m, EventAgree)
				}
			})
		}
		wg.Wait()
		taken := 0
		for i, x := range all {
			switch m := h.request(x.m); {
			case errs[i] == nil && m.State == Agreed:
				taken += m.Quantity
			case !errors.Is(errs[i], ErrConflict) || m.State != ContactShared:
				h.t.Errorf("got %v in state %s", errs[i], m.State)
			}
		}
		o := h.opportunity()
		if taken > 4 || taken < 3 || o.Taken != taken {
			h.t.Errorf("%d places agreed, %d counted, of 4", taken, o.Taken)
		}
		for i, x := range all {
			if errs[i] == nil {
				h.withdraws(x.by, x.m)
			}
		}
		if o := h.opportunity(); o.Taken != 0 || o.State != Published {
			h.t.Errorf("after all went: %d places taken, %s", o.Taken, o.State)
		}
	})
}

// §3.14, R6: first in line, 48 hours, then the next.
func TestTheWaitingList(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 1, true })
		a, b, c, d := h.person(), h.person(), h.person(), h.person()
		first := h.agreed(a, nil)
		h.want("with its last place taken", string(h.opportunity().State), "filled")
		second, third, fourth := h.asks(b, nil), h.asks(c, nil), h.asks(d, nil)
		h.want("requests for a full one", h.states(second, third, fourth), "waitlisted waitlisted waitlisted")
		h.mails()

		h.withdraws(a, first)
		h.want("a place is free", h.states(second, third, fourth), "contact_wanted waitlisted waitlisted")
		newcomer := h.asks(h.person(), nil)
		h.want("who comes while the place is kept for somebody", h.states(newcomer), "waitlisted")
		h.passes(47 * time.Hour)
		h.want("before two days have passed", h.states(second, third), "contact_wanted waitlisted")
		h.passes(time.Hour)
		h.want("nobody answered for two days", h.states(second, third, fourth), "waitlisted contact_wanted waitlisted")
		h.withdraws(c, third)
		h.want("somebody said no", h.states(second, fourth, newcomer), "waitlisted contact_wanted waitlisted")
		h.passes(48 * time.Hour)
		h.want("the one behind was asked", h.states(second, fourth, newcomer), "waitlisted waitlisted contact_wanted")
		h.passes(48 * time.Hour)
		h.want("everybody was asked once", h.states(second, fourth, newcomer), "waitlisted waitlisted waitlisted")
		h.want("the place is free for others", h.states(h.asks(h.person(), nil)), "interested")

		h.edit(func(o *Opportunity) { o.Capacity = 3 })
		h.want("more places: in the order of their requests", h.states(second, fourth, newcomer), "contact_wanted contact_wanted contact_wanted")
		h.releases(b, second)
		h.want("said yes", h.states(second), "contact_shared")
		h.passes(30 * day)
		h.want("who said yes waits for the organization", h.states(second), "contact_shared")

		h.must(h.answers(second, EventWait))
		h.edit(func(o *Opportunity) { o.Capacity = 4 })
		h.want("whose contact is here already", h.states(second), "contact_shared")
		h.passes(48 * time.Hour)
		h.want("and does not say yes again", h.states(second), "waitlisted")
	})
}

func TestThoseWhoNeedMorePlacesThanAreFreeArePassedOver(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 2, true })
		a := h.person()
		pair := h.agreed(a, func(w *Wish) { w.Quantity = 2 })
		three := h.asks(h.person(), func(w *Wish) { w.Quantity = 2 })
		one, another, last := h.asks(h.person(), nil), h.asks(h.person(), nil), h.asks(h.person(), nil)
		h.edit(func(o *Opportunity) { o.Capacity = 3 })
		h.want("one place more", h.states(three, one, another), "waitlisted contact_wanted waitlisted")
		h.withdraws(a, pair)
		h.want("two are free", h.states(three, one, another, last), "contact_wanted contact_wanted waitlisted waitlisted")
	})
}

// Timers of §3.14 and §3.21, from Wednesday, 25 November 2026, 11 o'clock in Berlin: what is mailed on which day.
func TestTheResponseClock(t *testing.T) {
	for name, c := range map[string]struct {
		land   string
		days   int
		before time.Duration
		share  bool
		want   string
		end    RequestState
	}{
		"in Berlin": {
			"BE", 5, 0, false,
			"5 request-remind, 7 request-remind, 9 request-handover, 9 request-unanswered, 14 request-news", ExpiredRequest,
		},
		"with the contact sent along": {
			"BE", 5, 0, true,
			"5 request-remind, 7 request-remind, 9 request-handover, 9 request-unanswered, 14 request-news", ExpiredRequest,
		},
		"over Christmas in Saxony": { // from 22 December: 23, 24, 28, 29, 30, 31, 4 January
			"SN", 5, 27 * day, false,
			"6 request-remind, 8 request-remind, 13 request-handover, 13 request-unanswered, 18 request-news", ExpiredRequest,
		},
		"with Epiphany in Bavaria": { // from 30 December: 31, 4 January, 5, 7, 8, 11, 12
			"BY", 5, 35 * day, false,
			"6 request-remind, 9 request-remind, 13 request-handover, 13 request-unanswered, 18 request-news", ExpiredRequest,
		},
		"with three days to answer": {
			"BE", 3, 0, false,
			"1 request-remind, 5 request-remind, 7 request-handover, 7 request-unanswered, 14 request-news", ExpiredRequest,
		},
		"with fifteen days to answer": { // the end comes after the hand-over
			"BE", 15, 0, false,
			"19 request-remind, 21 request-remind, 23 request-handover, 23 request-unanswered, 28 request-news", ExpiredRequest,
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachHouse(t, func(h *house) {
				h.clock.Forward(c.before)
				h.update(func(tx *store.Tx) error {
					i, err := tx.Instance()
					i.Land, i.AnswerDays = c.land, c.days
					return errors.Join(err, tx.PutInstance(&i))
				})
				h.update(func(tx *store.Tx) error { _, err := ConfirmOpportunity(tx, h.manager, h.o.ID); return err })
				m := h.asks(h.person(), func(w *Wish) { w.ShareNow = c.share })
				h.mails()
				h.want("mails", strings.Join(h.days(40), ", "), c.want)
				if got := h.request(m); got.State != c.end || got.Reason != "keine-antwort" || got.EscalatedAt.IsZero() {
					h.t.Errorf("got %s because of %q, handed over at %s", got.State, got.Reason, got.EscalatedAt)
				}
			})
		})
	}
}

func TestWhoIsAskedForContactHasTwoWeeks(t *testing.T) {
	eachHouse(t, func(h *house) {
		by := h.person()
		m := h.asks(by, nil)
		h.must(h.answers(m, EventAsk))
		h.mails()
		h.want("mails", strings.Join(h.days(30), ", "), "5 request-reminder, 14 request-news")
		if got := h.request(m); got.State != ExpiredRequest || got.Reason != "keine-rueckmeldung" {
			h.t.Errorf("got %s because of %q", got.State, got.Reason)
		}

		m = h.asks(by, nil)
		h.must(h.answers(m, EventAsk))
		h.releases(by, m)
		h.passes(30 * day)
		h.want("released in time", h.states(m), "contact_shared")
		h.update(func(tx *store.Tx) error { _, err := UnshareContact(tx, by, m.ID); return err })
		h.want("taken back", h.states(m), "contact_wanted")
		h.passes(14*day + time.Minute)
		h.want("and not given again", h.states(m), "expired")
	})
}

func TestAnAgreementBeginsOnItsFirstDay(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.StartsOn = "2026-12-01" })
		m := h.agreed(h.person(), nil)
		h.passes(5 * day)
		h.want("the day before", h.states(m), "agreed")
		h.edit(func(o *Opportunity) { o.StartsOn = "2026-12-03" })
		h.passes(day)
		h.want("after it was put off", h.states(m), "agreed")
		h.passes(2 * day)
		h.want("on the first day", h.states(m), "active")
		if o := h.opportunity(); o.Taken != 1 {
			h.t.Errorf("got %d places taken, want 1", o.Taken)
		}
	})
}

// §3.11, §3.9: who is too young is told so before anything is stored.
func TestAgesOfARequest(t *testing.T) {
	eachHouse(t, func(h *house) {
		for _, c := range []struct {
			age    Code
			least  int
			policy Code
			key    string
		}{
			{"unter-16", 0, "", "error.age.under16"},
			{"unter-16", 14, "mit-zustimmung", "error.age.under16"},
			{"16-17", 0, "", ""},
			{"16-17", 16, "ab-16", ""},
			{"16-17", 14, "mit-zustimmung", ""},
			{"16-17", 0, "keine", "error.age.adults"},
			{"16-17", 0, "klasse", "error.age.adults"},
			{"16-17", 18, "", "error.age.young"},
			{"16-17", 21, "", "error.age.young"},
			{"ab-18", 21, "keine", ""},
			{"ab-18", 18, "klasse", ""},
			{"", 0, "", "error.choice.empty"},
			{"erwachsen", 0, "", "error.choice.unknown"},
		} {
			h.edit(func(o *Opportunity) { o.MinAge, o.MinorPolicy = c.least, c.policy })
			m, err := h.tries(h.person(), func(w *Wish) { w.AgeBand = c.age })
			var bad *Invalid
			switch {
			case c.key == "" && err != nil:
				h.t.Errorf("%q from %d with %q: %v", c.age, c.least, c.policy, err)
			case c.key != "" && (!errors.As(err, &bad) || bad.Key != c.key || bad.Field != "age" || !h.gone(m)):
				h.t.Errorf("%q from %d with %q: got %v, want %s", c.age, c.least, c.policy, err, c.key)
			}
		}
	})
}

func TestLimitsOfRequests(t *testing.T) {
	eachHouse(t, func(h *house) {
		visitor := func(w *Wish) { w.Contact = Contact{Name: "Gast", Email: "gast@mail.example"} }
		confirm := func(m MatchRequest) (sent MatchRequest, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				token := tx.NewToken()
				if err := tx.PutToken(Token{Hash: Hash(token), Purpose: TokenConfirm, Subject: m.ID, Expires: tx.Now().Add(time.Hour)}); err != nil {
					return err
				}
				sent, err = ConfirmRequest(tx, token)
				return err
			})
			return sent, err
		}
		for range 3 {
			m := h.asks(Actor{}, visitor)
			h.must(second(confirm(m)))
			if open, err := confirm(h.asks(Actor{}, visitor)); !errors.Is(err, ErrConflict) || open.ID != m.ID {
				h.t.Errorf("a second one while the first is open: got %v and %q, want %q", err, open.ID, m.ID)
			}
			h.withdraws(Actor{Request: m.ID}, m)
		}
		if _, err := confirm(h.asks(Actor{}, visitor)); !errors.Is(err, ErrTooMany) {
			h.t.Errorf("the fourth: got %v", err)
		}
		p := h.person()
		own := h.asks(p, nil)
		if open, err := h.tries(p, nil); !errors.Is(err, ErrConflict) {
			h.t.Errorf("a second one with an account: got %v, %v", err, open)
		}
		h.withdraws(p, own)
		if _, err := h.tries(h.person(), func(w *Wish) { w.Quantity = 501 }); !errors.As(err, new(*Invalid)) {
			h.t.Errorf("501 people: got %v", err)
		}
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 1, true })
		for range 30 {
			h.asks(h.person(), nil)
		}
		if _, err := h.tries(h.person(), nil); !errors.Is(err, ErrTooMany) {
			h.t.Errorf("the 31st open one: got %v", err)
		}
	})
}

func TestAReasonBelongsToASide(t *testing.T) {
	eachHouse(t, func(h *house) {
		by := h.person()
		m := h.asks(by, nil)
		for _, reason := range []Code{"keine-zeit", "keine-antwort", "nie-gehoert"} {
			err := h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := AnswerRequest(tx, h.manager, m.ID, Answer{Event: EventDecline, Reason: reason})
				return err
			})
			if !errors.As(err, new(*Invalid)) {
				h.t.Errorf("the organization says %s: got %v", reason, err)
			}
		}
		for _, reason := range []Code{"besetzt", "keine-rueckmeldung", "nie-gehoert"} {
			err := h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := WithdrawRequest(tx, by, m.ID, reason)
				return err
			})
			if !errors.As(err, new(*Invalid)) {
				h.t.Errorf("the volunteer says %s: got %v", reason, err)
			}
		}
		h.want("after all that", h.states(m), "interested")
	})
}

//
func TestRequestsAreErasedInTime(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity = 0 })
		confirmed := func() {
			h.update(func(tx *store.Tx) error { _, err := ConfirmOpportunity(tx, h.manager, h.o.ID); return err })
		}
		unconfirmed := h.asks(Actor{}, func(w *Wish) { w.Contact = Contact{Name: "Gast", Email: "gast@mail.example"} })
		h.passes(71 * time.Hour)
		if h.gone(unconfirmed) {
			h.t.Error("R-01: an unconfirmed request is gone before 72 hours")
		}
		h.passes(time.Hour)
		if !h.gone(unconfirmed) {
			h.t.Error("R-01: an unconfirmed request is there after 72 hours")
		}

		a, b := h.person(), h.person()
		text := func(w *Wish) { w.Text = "Ich habe dienstags Zeit." }
		open, ended := h.agreed(a, text), h.asks(b, text)
		h.withdraws(b, ended)
		h.passes(85 * day)
		confirmed()
		if h.gone(ended) {
			h.t.Error("R-02: a request is gone before 90 days")
		}
		h.passes(5 * day)
		if !h.gone(ended) {
			h.t.Error("R-02: a request without agreement is there 90 days after its end")
		}
		h.passes(85 * day)
		confirmed()
		h.passes(85 * day)
		confirmed()
		if got := h.request(open); got.State != Agreed || got.Card["name"] == "" {
			h.t.Errorf("R-03: the contact of somebody who still helps: %s, %v", got.State, got.Card)
		}
		h.must(h.answers(open, EventFinish))
		h.passes(80 * day)
		confirmed()
		if got := h.request(open); got.Card["name"] == "" || got.Text == "" {
			h.t.Error("R-03: the contact is gone before 90 days")
		}
		h.passes(10 * day)
		if got := h.request(open); len(got.Card) > 0 || got.Text != "" || got.Contact != (Contact{}) || got.State != Completed || !got.Due().IsZero() {
			h.t.Errorf("R-05: 90 days after the end there is still %+v", got)
		}
	})
}

func TestAnEndedOpportunityEndsWhatIsNotAgreed(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist, o.EndsOn = 1, true, "2026-11-30" })
		agreed, waits := h.agreed(h.person(), nil), h.asks(h.person(), nil)
		h.passes(7 * day)
		h.want("after its last day", string(h.opportunity().State), "expired")
		h.want("requests", h.states(agreed, waits), "agreed declined")
		if got := h.request(waits).Reason; got != "angebot-beendet" {
			h.t.Errorf("got reason %q", got)
		}
	})
}

// §3.12, §3.21, R-09.
func TestTimersOfAnOpportunity(t *testing.T) {
	eachHouse(t, func(h *house) {
		var rejected Opportunity
		h.update(func(tx *store.Tx) (err error) {
			o := complete()
			o.Organization = h.org.ID
			if rejected, err = SaveOpportunity(tx, h.manager, o); err != nil {
				return err
			}
			if rejected, err = SubmitOpportunity(tx, h.manager, rejected.ID); err != nil {
				return err
			}
			rejected, err = DecideOpportunity(tx, Actor{Account: h.person0(tx), Roles: []Role{Moderator}}, rejected.ID, DecideReject, "doppelt", "Gibt es schon.")
			return err
		})
		state := func(id ID) (s OpportunityState) {
			err := h.s.View(ctx, func(tx *store.Tx) error {
				o, err := tx.Opportunity(id)
				s = o.State
				return err
			})
			if errors.Is(err, ErrNotFound) {
				return Deleted
			}
			h.must(err)
			return s
		}
		h.mails()
		log := h.days(89)
		h.want("mails", strings.Join(log, ", "), "75 opportunity-remind, 85 opportunity-remind")
		h.want("rejected for 89 days", string(state(rejected.ID)), "rejected")
		h.want("unconfirmed for 89 days", string(state(h.o.ID)), "published")
		h.want("the 90th day", strings.Join(h.days(1), ", "), "1 opportunity-expired")
		h.want("rejected for 90 days", string(state(rejected.ID)), "archived")
		h.want("unconfirmed for 90 days", string(state(h.o.ID)), "expired")
		h.passes(89 * day)
		h.want("expired for 89 days", string(state(h.o.ID)), "expired")
		h.passes(day)
		h.want("expired for 90 days", string(state(h.o.ID)), "archived")
		h.passes(184 * day)
		h.want("archived for 184 days", string(state(h.o.ID)), "archived")
		h.passes(day)
		h.want("day 365", string(state(h.o.ID)), "deleted")
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			if buried, err := tx.Buried(string(h.o.ID)); err != nil || !buried {
				h.t.Errorf("no tombstone: %v", err)
			}
			return nil
		}))
	})
}

// person0 is an account made inside a transaction.
func (h *house) person0(tx *store.Tx) ID {
	h.people++
	a := Account{ID: tx.NewID(), Name: "moderator", Created: tx.Now()}
	if err := tx.PutAccount(&a); err != nil {
		h.t.Fatal(err)
	}
	return a.ID
}

// A change and what announces it are one.
func TestWhatFailsAnnouncesNothing(t *testing.T) {
	eachHouse(t, func(h *house) {
		m := h.asks(h.person(), nil)
		h.mails()
		wires := func() int {
			events, err := h.s.LeaseEvents(ctx, Wire, "test", 100, day)
			h.must(err)
			return len(events)
		}
		wires()
		err := h.s.Update(ctx, func(tx *store.Tx) error {
			if _, err := AnswerRequest(tx, h.manager, m.ID, Answer{Event: EventDecline, Reason: "besetzt"}); err != nil {
				return err
			}
			if _, err := WithdrawOpportunity(tx, h.manager, h.o.ID); err != nil {
				return err
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			h.t.Fatal(err)
		}
		h.want("state", h.states(m), "interested")
		if got := append(h.mails(), slices.Repeat([]string{"wire"}, wires())...); len(got) > 0 {
			h.t.Errorf("announced all the same: %v", got)
		}
		h.must(h.answers(m, EventDecline))
		h.want("mails of what did happen", strings.Join(h.mails(), " "), "request-news")
	})
}

// §3.22: every act is done as one role, and the audit says which.
func TestTheAuditSaysAsWhom(t *testing.T) {
	eachHouse(t, func(h *house) {
		m := h.asks(h.person(), nil)
		h.days(9)
		adviser := h.person()
		adviser.Roles = []Role{Adviser}
		h.update(func(tx *store.Tx) error {
			m, err := tx.MatchRequest(m.ID)
			if err != nil {
				return err
			}
			if err := ReadContact(tx, adviser, m); err != nil {
				return err
			}
			_, err = AnswerRequest(tx, adviser, m.ID, Answer{Event: EventAsk, Ask: []string{"name"}})
			return err
		})
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			entries, err := tx.AuditAbout(m.Account, 10)
			for _, e := range entries {
				if e.Account != adviser.Account || e.Role != Adviser {
					h.t.Errorf("got %s as %s", e.Action, e.Role)
				}
			}
			if len(entries) != 2 {
				h.t.Errorf("got %d entries, want 2", len(entries))
			}
			return err
		}))
	})
}

// away is a request of ours at another instance, as it stands here: that one asked for contact, or offers a place.
func (h *house) away(by Actor, ask Step) (m MatchRequest) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		m = MatchRequest{
			ID: tx.NewSecretID(), Number: string(tx.NewSecretID()), Opportunity: h.o.ID, Organization: h.org.ID, Origin: "b.example", Account: by.Account,
			State: Interested, Quantity: 1, Person: tx.NewToken(), Offer: "https://a.example/offer/" + tx.NewToken(), SentAt: tx.Now(), Created: tx.Now(),
		}
		if err := tx.PutMatchRequest(&m); err != nil {
			return err
		}
		ask.Event, ask.Number = EventAsk, 1
		ok, err := m.Receive(tx, ask, nil)
		if !ok {
			h.t.Error("the question was ignored")
		}
		return err
	})
	return m
}

// told are the steps of match requests that went out since the last call.
func (h *house) told() (steps []string) {
	h.t.Helper()
	events, err := h.s.LeaseEvents(ctx, Wire, "test", 100, 365*day)
	h.must(err)
	for _, e := range events {
		if e.Kind == WireMatch {
			steps = append(steps, string(e.Step.Event)+" "+string(e.Step.Reason))
		}
	}
	return steps
}

// R6: the owner says what comes of a place that was not taken; only if its word is lost the request ends here.
func TestAnOfferedPlaceOnAnotherInstance(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.told()
		m := h.away(h.person(), Step{Until: h.clock.Now().Add(48 * time.Hour)})
		h.passes(49 * time.Hour)
		h.want("after 48 hours", h.states(m), "contact_wanted")
		h.want("told", strings.Join(h.told(), ", "), "")
		h.passes(13 * day)
		h.want("two weeks later without a word", h.states(m), "contact_wanted")
		h.passes(day)
		h.want("after two weeks", h.states(m), "expired")
		h.want("told", strings.Join(h.told(), ", "), "withdraw keine-rueckmeldung")
	})
}

// R9: while the request is open the other side gets the card again before it has to erase it.
func TestACardOnAnotherInstanceIsRenewed(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.told()
		by := h.person()
		m := h.away(by, Step{Ask: []string{"name"}})
		h.releases(by, m)
		until := h.request(m).CardUntil
		h.want("told", strings.Join(h.told(), ", "), "release ")
		h.passes(82 * day)
		h.want("after 82 days", strings.Join(h.told(), ", "), "")
		h.passes(day)
		h.want("a week before the end", strings.Join(h.told(), ", "), "release ")
		if got := h.request(m); !got.CardUntil.After(until.Add(80*day)) || got.Card["name"] == "" {
			h.t.Errorf("the card is kept until %s", got.CardUntil)
		}
	})
}

func TestAskingAgainLiftsNoBlock(t *testing.T) {
	eachHouse(t, func(h *house) {
		for level, want := range map[Code]Code{"gesperrt": "gesperrt", "vertraut": "geprueft"} {
			var p Partner
			h.update(func(tx *store.Tx) error {
				found := Partner{Host: string(level) + ".example", Actor: "https://" + string(level) + ".example/actor"}
				if err := FollowedByInstance(tx, found, "https://x.example/1"); err != nil {
					return err
				}
				if _, err := SetPartner(tx, System, found.Host, level, false, ""); err != nil {
					return err
				}
				if _, err := EndPartner(tx, System, found.Host); err != nil {
					return err
				}
				if err := FollowedByInstance(tx, found, "https://x.example/2"); err != nil {
					return err
				}
				var err error
				p, err = tx.Partner(found.Host)
				return err
			})
			if p.Level != want || p.State != PartnerProposed {
				h.t.Errorf("%s that ended and asks again: level %s, %s", level, p.Level, p.State)
			}
		}
	})
}

// §3.22, rule 2: nobody moderates what concerns their own organization.
func TestARepliesModeratorIsNotOfTheOrganization(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, b := h.person(), h.person()
		a.Roles, b.Roles = []Role{Moderator}, []Role{Moderator}
		a.Members = map[ID]Role{h.org.ID: Member}
		decide := func(by Actor, show bool) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				r := Reaction{ID: tx.NewID(), Subject: h.o.ID, Kind: Reply, Actor: "https://m.example/u", IRI: "https://m.example/" + string(tx.NewID()), Text: "Wann?", At: tx.Now()}
				if err := tx.PutReaction(r); err != nil {
					return err
				}
				return DecideReply(tx, by, r.ID, show)
			})
		}
		for _, show := range []bool{true, false} {
			if err := decide(a, show); !errors.Is(err, ErrForbidden) {
				h.t.Errorf("a moderator who is a member: got %v", err)
			}
			h.must(decide(b, show))
		}
	})
}

func TestWhatWasAgreedOutlastsTheSearch(t *testing.T) {
	eachHouse(t, func(h *house) {
		by, talks := h.person(), h.person()
		h.edit(func(o *Opportunity) { o.Capacity = 3 })
		m, talk := h.agreed(by, nil), h.asks(talks, nil)
		h.update(func(tx *store.Tx) error {
			_, err := CloseOpportunity(tx, h.manager, h.o.ID)
			return err
		})
		h.passes(400 * day)
		h.want("more than a year after the end of the search", h.states(m, talk)+" "+string(h.opportunity().State), "agreed expired expired")
		h.must(h.answers(m, EventFinish))
		h.passes(89 * day)
		h.want("89 days after the last one has ended", string(h.opportunity().State), "expired")
		h.passes(day)
		h.want("a day later", string(h.opportunity().State), "archived")
	})
}

func TestWhatNobodyEndedIsCompletedAfterItsDay(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) {
			o.Commitment, o.StartsOn, o.Rhythm = "einmalig", DateOf(h.clock.Now().Add(20*day)), ""
		})
		m := h.agreed(h.person(), nil)
		h.passes(25 * day)
		h.want("after its day", h.states(m)+" "+string(h.opportunity().State), "active expired")
		h.passes(91 * day)
		h.want("90 days later", h.states(m)+" "+string(h.opportunity().State), "completed expired")
		h.passes(91 * day)
		h.want("another 90 days later", h.states(m)+" "+string(h.opportunity().State), "completed archived")
	})
}

func TestWhoHelpsTakesNoPlaceOfThoseWhoAsk(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 31, true })
		for range 30 {
			h.agreed(h.person(), nil)
		}
		h.agreed(h.person(), nil)
		for range 31 {
			h.want("everybody else waits", h.states(h.asks(h.person(), nil)), "waitlisted")
		}
	})
}

// What becomes free while nobody can be asked is offered when somebody can.
func TestWhoWaitsIsAskedWhenTheModerationGivesBack(t *testing.T) {
	moderated := map[string]func(h *house, tx *store.Tx, on bool) error{
		"an organization": func(h *house, tx *store.Tx, on bool) error {
			return SuspendOrganization(tx, System, h.org.ID, on, "Betrug")
		},
		"an opportunity": func(h *house, tx *store.Tx, on bool) error {
			_, err := DecideOpportunity(tx, System, h.o.ID, map[bool]Decision{true: DecideHide, false: DecideRestore}[on], "irrefuehrend", "Betrug")
			return err
		},
	}
	for what, moderate := range moderated {
		t.Run(what, func(t *testing.T) {
			eachHouse(t, func(h *house) {
				h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 2, true })
				first, second := h.person(), h.person()
				a, b := h.agreed(first, nil), h.agreed(second, nil)
				w := h.asks(h.person(), nil)
				s := h.plans(func(s *Shift) { s.Capacity = 1 })
				taken := h.takes(first, a, s)
				waits := h.takes(second, b, s)
				h.want("before", h.states(w)+" "+h.comings(taken, waits), "waitlisted signed_up waitlisted")
				h.update(func(tx *store.Tx) error { return moderate(h, tx, true) })
				h.withdraws(first, a)
				h.want("meanwhile", h.states(w)+" "+h.comings(waits), "waitlisted waitlisted")
				h.update(func(tx *store.Tx) error { return moderate(h, tx, false) })
				h.want("afterwards", h.states(w)+" "+h.comings(waits), "contact_wanted offered")
			})
		})
	}
}

func TestASuspendedOrganizationMayOnlyReadAndEndWhatGoesOn(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.edit(func(o *Opportunity) { o.Capacity, o.Waitlist = 4, true })
		agreed, free, waiting, shared, asked, asks := h.person(), h.person(), h.person(), h.person(), h.person(), h.person()
		a, b := h.agreed(agreed, nil), h.agreed(free, nil)
		c, d, e := h.asks(shared, nil), h.asks(asked, nil), h.asks(asks, nil)
		for _, m := range []MatchRequest{c, d} {
			h.must(h.answers(m, EventAsk))
		}
		h.releases(shared, c)
		h.edit(func(o *Opportunity) { o.Capacity = 2 })
		w := h.asks(waiting, nil)
		s := h.plans()
		u := h.takes(agreed, a, s)
		before := h.states(a, w, c, d, e)
		h.mails()
		h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, System, h.org.ID, true, "Betrug") })
		h.mails()

		if _, err := h.tries(h.person(), nil); !errors.Is(err, ErrGone) {
			t.Errorf("a new request: %v", err)
		}
		_, taken := h.tryTake(free, b, s)
		_, planned := h.tryPlan(h.manager, h.shift(), Recurrence{}, 0)
		for what, err := range map[string]error{
			"asking for contact": h.answers(e, EventAsk), "an agreement": h.answers(h.request(c), EventAgree), "an end with a confirmation": h.answers(a, EventFinish),
			"giving contact data": h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := ReleaseContact(tx, asked, d.ID, Card{"name": "Vorname N."})
				return err
			}),
			"a place in a shift": taken, "a new shift": planned, "counting on somebody": h.does(ConfirmShift, h.manager, u),
		} {
			if !errors.Is(err, ErrForbidden) {
				t.Errorf("%s: %v", what, err)
			}
		}
		h.want("nothing has happened", h.states(a, w, c, d, e), before)
		h.must(h.answers(e, EventDecline))
		h.must(h.answers(a, EventCancel))
		h.want("who waits is not asked into it", h.states(a, w, e)+" "+strings.Join(h.mails(), " "), "canceled waitlisted declined request-news request-news")
		h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, System, h.org.ID, false, "") })
		h.want("when it may work again, who waits is asked", h.states(w)+" "+strings.Join(h.mails(), " "), "contact_wanted organization-decision request-news")
		h.must(h.answers(h.request(c), EventAgree))
	})
}
