package engagement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// says stores how old somebody says to be.
func (h *house) says(by Actor, account ID, age Code) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.Profile(account)
		if err != nil {
			return err
		}
		p.AgeBand, p.AgeSaid = age, time.Time{}
		return SaveProfile(tx, by, &p)
	})
}

func TestAChildDoesNotGrowUpByAClick(t *testing.T) {
	eachHouse(t, func(h *house) {
		who := h.person()
		h.must(h.says(who, who.Account, "12-13"))
		h.clock.Forward(300 * day)
		h.must(h.says(who, who.Account, "12-13"))
		for _, age := range []Code{"27-59", "16-17", ""} {
			h.refusedAt("from 12-13 to "+string(age), h.says(who, who.Account, age), "age")
		}
		h.must(h.says(System, who.Account, "16-17"))
		h.must(h.says(who, who.Account, "18-26"))
		h.must(h.says(who, who.Account, "12-13"))
		h.must(h.says(who, who.Account, "14-15"))
		h.refusedAt("from 14-15 to 16-17", h.says(who, who.Account, "16-17"), "age")
		h.clock.Forward(300 * day)
		h.must(h.says(who, who.Account, "14-15")) // does not put off the review
		h.clock.Forward(66 * day)
		h.must(h.says(who, who.Account, "16-17"))
	})
}

func TestTheYoungerOfTwoAnswersCounts(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.update(func(tx *store.Tx) error {
			h.o.MinorPolicy = "keine"
			return tx.PutOpportunity(&h.o)
		})
		for profile, refusal := range map[Code]string{"14-15": "error.age.profile", "16-17": "error.age.profile", "18-26": "", "": ""} {
			who := h.person()
			h.must(h.says(who, who.Account, profile))
			_, err := h.tries(who, func(w *Wish) { w.AgeBand = "ab-18" })
			var bad *Invalid
			switch {
			case refusal == "" && err != nil, refusal != "" && (!errors.As(err, &bad) || bad.Key != refusal):
				h.t.Errorf("an offer for adults to %q: got %v, want %q", profile, err, refusal)
			}
		}
		h.update(func(tx *store.Tx) error {
			h.o.MinorPolicy = "ab-16"
			return tx.PutOpportunity(&h.o)
		})
		who := h.person()
		h.must(h.says(who, who.Account, "16-17"))
		if m := h.asks(who, func(w *Wish) { w.AgeBand = "ab-18" }); m.AgeBand != "16-17" {
			h.t.Errorf("got %q", m.AgeBand)
		}
	})
}

func TestWhoSaysToBeYoungerIsNotPublicAnyMore(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.center()
		who := h.person()
		public, err := h.shows(who, "27-59", Presence{Handle: "ada_liest", Name: "Ada"}, true)
		h.must(err)
		offer := h.offered(who)
		open := func() (is bool) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				p, err := tx.Presence(public.ID)
				is = p.Open()
				return err
			}))
			return is
		}
		h.must(h.says(who, who.Account, "16-17"))
		if state := h.helpOffer(offer).State; state != Withdrawn || !open() {
			h.t.Errorf("at 16: the offer is %s, the profile open: %v", state, open())
		}
		h.must(h.says(who, who.Account, "14-15"))
		if open() {
			h.t.Error("under 16 somebody is still public")
		}
	})
}

func TestNoOrganizationKnowsAChild(t *testing.T) {
	eachHouse(t, func(h *house) {
		people, requests := h.team(3)
		who, declined := people[0], requests[2]
		shift := h.plans(func(s *Shift) { s.Capacity = 1 })
		place, next := h.takes(who, requests[0], shift), h.takes(people[1], requests[1], shift)
		party, dance := h.hosts(func(o *Occasion) { o.Capacity = 1 }), h.hosts()
		comes, waits, refused := h.guest(who, party, 1), h.guest(people[1], party, 1), h.guest(who, dance, 1)
		away := h.away(who, Step{Ask: []string{"name"}})
		h.releases(who, away)
		h.update(func(tx *store.Tx) error {
			_, err := AnswerSignUp(tx, h.manager, refused.ID, false)
			return err
		})
		h.must(h.answers(declined, EventCancel))
		if len(h.request(requests[0]).Card) == 0 || len(h.request(declined).Card) == 0 || len(h.request(away).Card) == 0 {
			h.t.Fatal("no card is with the organization")
		}
		h.told()
		h.mails()

		h.must(h.says(who, who.Account, "14-15"))
		h.must(h.says(people[2], people[2].Account, "14-15"))
		h.want("requests", h.states(requests[0], away, declined), "withdrawn withdrawn canceled")
		for _, m := range []MatchRequest{requests[0], away, declined} {
			if now := h.request(m); len(now.Card) > 0 || now.Reason != "" && now.State == WithdrawnRequest {
				h.t.Errorf("the organization keeps the card %v, reason %q", now.Card, now.Reason)
			}
		}
		h.want("told the other instance", strings.Join(h.told(), ", "), "unshare , withdraw ")
		h.want("shift places", h.comings(place, next), "canceled offered")
		h.want("guests", h.guestStates(comes, waits), "canceled accepted")
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			if _, err := tx.SignUp(refused.ID); !errors.Is(err, ErrNotFound) {
				h.t.Errorf("who was declined still stands on the list: %v", err)
			}
			return nil
		}))
		if kinds := h.mails(); !slices.Contains(kinds, MailRequestChanged) {
			h.t.Errorf("the organization is not told: %v", kinds)
		}
		_, err := h.comes(who, h.hosts(), Guest{})
		h.refuses("a child signs up", err, "", "error.age.under16")

		h.must(h.says(who, who.Account, "14-15"))
		h.want("said again", strings.Join(append(h.told(), h.mails()...), ", "), "")
		older := h.person()
		m, s := h.asks(older, nil), h.guest(older, dance, 1)
		h.must(h.says(older, older.Account, "16-17"))
		h.want("at 16", h.states(m)+" "+h.guestStates(s), "interested accepted")
	})
}
