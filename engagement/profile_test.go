package engagement_test

import (
	"errors"
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
