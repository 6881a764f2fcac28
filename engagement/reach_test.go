package engagement_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

func TestSwitches(t *testing.T) {
	eachHouse(t, func(h *house) {
		who := h.willing("27-59")
		h.update(func(tx *store.Tx) error { _, err := WithdrawOpportunity(tx, h.manager, h.o.ID); return err }) // what has mails of its own
		profile := func() (p Profile) {
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				p, err = tx.Profile(who.Account)
				return err
			}))
			return p
		}
		on := func() (ways []string) {
			p := profile()
			for _, s := range Switches.Codes() {
				if p.Reachable(s, h.clock.Now()) {
					ways = append(ways, string(s))
				}
			}
			return ways
		}
		set := func(s Code, to bool) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return AllowReach(tx, who, s, to) })
		}
		pause := func(until Date) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return Pause(tx, who, until) })
		}
		today := func() Date { return DateOf(h.clock.Now()) }

		h.want("one is on, the others are off", strings.Join(on(), " "), string(ByPartnerInstances))
		h.must(set(ByAdministration, true))
		h.want("each is its own", strings.Join(on(), " "), string(ByAdministration)+" "+string(ByPartnerInstances))
		h.must(set(ByPartnerInstances, false))
		h.want("off at once", strings.Join(on(), " "), string(ByAdministration))
		h.must(set(ByPartnerInstances, false))
		h.refusedAt("another way", set("by-anybody", true), "by-anybody")

		p := profile()
		i := slices.IndexFunc(p.Consents, func(c Consent) bool { return c.Purpose == ByPartnerInstances })
		if c := p.Consents[i]; c.Text != ConsentText || c.Given.IsZero() || c.Withdrawn.IsZero() || c.Until != c.Given.AddDate(1, 0, 0) {
			h.t.Errorf("the proof of what was withdrawn: got %+v", c)
		}

		h.refusedAt("a pause of yesterday", pause(today().Add(-1)), "pause")
		h.refusedAt("a pause without end", pause(today().Add(1000)), "pause")
		h.must(pause(today().Add(2)))
		h.want("in the pause", strings.Join(on(), " "), "")
		h.passes(2 * day)
		h.want("on its last day", strings.Join(on(), " "), "")
		h.passes(day)
		h.want("after it", strings.Join(on(), " "), string(ByAdministration))

		h.must(set(ByAdministration, true))
		before := len(profile().Consents)
		h.mails()
		h.lives(who, 334*day)
		h.want("a month before the end", strings.Join(h.mails(), " "), MailInviteRemind)
		h.must(set(ByAdministration, true))
		if after := profile().Consents; len(after) != before+1 {
			h.t.Errorf("saying yes again prolongs: got %+v", after)
		}
		h.lives(who, 60*day)
		h.want("beyond the first end", strings.Join(on(), " "), string(ByAdministration))
		h.lives(who, 400*day)
		h.want("after the second", strings.Join(on(), " "), "")
		h.lives(who, 36*31*day)
		if left := profile().Consents; len(left) != 0 {
			h.t.Errorf("proofs are kept: got %+v", left)
		}
	})
}

func TestOpenInvitationsEndWithTheirPermission(t *testing.T) {
	for name, stop := range map[string]func(Tx, Actor) error{
		"withdrawn": func(tx Tx, who Actor) error { return AllowReach(tx, who, ByPartnerInstances, false) },
		"paused":    func(tx Tx, who Actor) error { return Pause(tx, who, DateOf(tx.Now()).Add(9)) },
		"only kept": func(tx Tx, who Actor) error { return RestrictProfile(tx, who, true) },
		"too young": func(tx Tx, who Actor) error {
			p, err := tx.Profile(who.Account)
			if err != nil {
				return err
			}
			p.AgeBand = "16-17"
			return SaveProfile(tx, who, &p)
		},
		"over": func(tx Tx, who Actor) error { // the year has passed
			p, err := tx.Profile(who.Account)
			if err != nil {
				return err
			}
			for i := range p.Consents {
				p.Consents[i].Until, p.Consents[i].Asked = tx.Now().Add(time.Hour), true
			}
			return tx.PutProfile(&p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachHouse(t, func(h *house) {
				p := h.ally("b.example")
				o, err := h.reaches(p, h.visits(p, "amt"), "1", nil)
				h.must(err)
				who := h.willing("27-59")
				if h.invites(o, who) != 1 {
					h.t.Fatal("nobody was asked")
				}
				h.update(func(tx *store.Tx) error { return AllowReach(tx, who, ByAdministration, true) })
				if i := h.invitation(who); !i.Open() {
					h.t.Errorf("ends with another permission that was given: %s", i.State)
				}
				h.update(func(tx *store.Tx) error { return stop(tx, who) })
				h.passes(2 * time.Hour)
				if i := h.invitation(who); i.Open() {
					h.t.Errorf("it is still %s", i.State)
				}
			})
		})
	}
}

func TestSensitiveWishesHaveAProof(t *testing.T) {
	eachHouse(t, func(h *house) {
		who := h.person()
		save := func(sensitive bool) (p Profile) {
			h.update(func(tx *store.Tx) (err error) {
				if p, err = tx.Profile(who.Account); err != nil {
					return err
				}
				p.Sensitive = sensitive
				return SaveProfile(tx, who, &p)
			})
			return p
		}
		if p := save(false); len(p.Consents) != 0 {
			h.t.Errorf("got %+v", p.Consents)
		}
		save(true)
		if p := save(true); len(p.Consents) != 1 || p.Consents[0].Purpose != ConsentSensitive || !p.Consents[0].Active(h.clock.Now()) {
			h.t.Errorf("got %+v", p.Consents)
		}
		if p := save(false); len(p.Consents) != 1 || p.Consents[0].Active(h.clock.Now()) {
			h.t.Errorf("got %+v", p.Consents)
		}
	})
}
