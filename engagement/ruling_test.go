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

// undoes takes back what a moderator decided last.
func (h *house) undoes(by Actor, r Report) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		_, err := UndoRuling(tx, by, r.ID)
		return err
	})
}

// rulesNow decides without waiting until it cannot be undone.
func (h *house) rulesNow(by Actor, r Report, outcome Outcome, all bool) {
	h.t.Helper()
	_, err := h.rules(by, r, outcome, all)
	h.must(err)
	h.clock.Forward(-UndoTime + time.Minute)
}

// tallies are the numbers of the year, "what code n".
func (h *house) tallies() (all map[string]int) {
	all = map[string]int{}
	h.must(h.s.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Tallies()
		for _, t := range list {
			all[t.What+" "+string(t.Code)] = t.N
		}
		return err
	}))
	return all
}

// web.md §6.7: hiding acts at once, mails and messages to others wait ten minutes, in which it can be undone.
func TestARulingCanBeUndone(t *testing.T) {
	eachHouse(t, func(h *house) {
		mod, other := h.moderator(), h.moderator()
		first, second := h.reports(h.person(), Complaint{}), h.reports(h.person(), Complaint{})
		h.mails()
		h.wires()
		h.rulesNow(mod, first, MakeHidden, true)
		if got := h.opportunity().State; got != Hidden {
			t.Fatalf("it is %s at once, want hidden", got)
		}
		if mails, wires := h.mails(), h.wires(); len(mails)+len(wires) != 0 {
			t.Errorf("told before it could be undone: %v, %v", mails, wires)
		}
		if err := h.undoes(other, first); !errors.Is(err, ErrConflict) {
			t.Errorf("by somebody else: got %v", err)
		}
		h.must(h.undoes(mod, first))
		if got := h.opportunity(); got.State != Published {
			t.Errorf("it is %s, want published", got.State)
		}
		for _, r := range []Report{first, second} {
			if now := h.report(r); now.State != ReportReceived || !now.Ruling.At.IsZero() || now.Statement != "" {
				t.Errorf("got %+v", now)
			}
		}
		h.clock.Forward(day)
		if mails, wires := h.mails(), h.wires(); len(mails)+len(wires) != 0 {
			t.Errorf("told what was undone: %v, %v", mails, wires)
		}
		if got := h.tallies(); got["ruling hidden"] != 0 || got["report irrefuehrend"] != 2 {
			t.Errorf("counted %v", got)
		}
		h.rulesNow(mod, first, MakeHidden, false)
		h.clock.Forward(UndoTime)
		if err := h.undoes(mod, first); !errors.Is(err, ErrConflict) {
			t.Errorf("after ten minutes: got %v", err)
		}
		h.want("mails", strings.Join(h.mails(), " "), "content-decision report-decided")
		if got := len(h.wires()); got != 1 {
			t.Errorf("%d events for others, want 1", got)
		}
		t.Run("that about an objection too, and what was shown again is hidden again", func(t *testing.T) {
			h.must(h.objects(h.token(first.ID), "Nein."))
			h.rulesNow(other, first, NoAction, false)
			if got := h.opportunity().State; got != Published {
				t.Errorf("it is %s", got)
			}
			h.must(h.undoes(other, first))
			if now := h.report(first); h.opportunity().State != Hidden || now.State != ReportObjected || !now.Second.At.IsZero() || now.Ruling.Outcome != MakeHidden {
				t.Errorf("got %+v", now)
			}
			if got := h.tallies(); got["objection "] != 1 || got["objection reversed"] != 0 {
				t.Errorf("counted %v", got)
			}
		})
	})
}

// §3.22, rule 3: what is for good needs two moderators; meanwhile it is hidden.
func TestWhatIsForGoodNeedsTwo(t *testing.T) {
	eachHouse(t, func(h *house) {
		one, two := h.moderator(), h.moderator()
		r := h.reports(h.person(), Complaint{})
		h.mails()
		h.rulesNow(one, r, MakeRemoved, false)
		if now := h.report(r); h.opportunity().State != Hidden || now.State != ReportSeconded || now.Proposed.Outcome != MakeRemoved || !now.Open() {
			t.Fatalf("got %+v", now)
		}
		if _, err := h.rules(one, r, MakeRemoved, false); !errors.Is(err, ErrForbidden) {
			t.Errorf("one moderator twice: got %v", err)
		}
		h.want("mails", strings.Join(h.mails(), " "), "content-decision moderation-new")
		h.rulesNow(two, r, MakeRemoved, false)
		if now := h.report(r); h.opportunity().State != Suspended || now.State != ReportDecided || now.Ruling.By != two.Account || now.Proposed.By != one.Account {
			t.Errorf("got %+v", now)
		}
		h.want("mails at once", strings.Join(h.mails(), " "), "content-decision report-decided")
		if err := h.undoes(two, r); !errors.Is(err, ErrConflict) {
			t.Errorf("undone: got %v", err)
		}
		if got := h.tallies(); got["ruling removed"] != 1 || got["ruling hidden"] != 0 {
			t.Errorf("counted %v", got)
		}
		t.Run("the second may see it otherwise", func(t *testing.T) {
			r := h.reports(h.person(), Complaint{Object: h.org.ID})
			h.rulesNow(one, r, MakeHidden, false)
			organization := func() (s OrganizationState) {
				h.must(h.s.View(ctx, func(tx *store.Tx) error {
					o, err := tx.Organization(h.org.ID)
					s = o.State
					return err
				}))
				return s
			}
			if got := organization(); got != OrganizationSuspended || h.report(r).State != ReportSeconded {
				t.Errorf("%s, report %s", got, h.report(r).State)
			}
			h.rulesNow(two, r, NoAction, false)
			if got := organization(); got != OrganizationActive {
				t.Errorf("the organization is %s", got)
			}
			h.must(h.undoes(two, r))
			if now := h.report(r); organization() != OrganizationSuspended || now.State != ReportSeconded || now.Ruling.Outcome != MakeHidden {
				t.Errorf("undone: %s, %+v", organization(), now)
			}
			h.rulesNow(two, r, NoAction, false)
		})
		t.Run("and the first may take it back", func(t *testing.T) {
			r := h.reports(h.person(), Complaint{Object: h.org.ID})
			h.rulesNow(one, r, MakeHidden, false)
			h.must(h.undoes(one, r))
			if now := h.report(r); now.State != ReportReceived || !now.Proposed.At.IsZero() {
				t.Errorf("got %+v", now)
			}
		})
		t.Run("an objection does not make it worse", func(t *testing.T) {
			n := h.announce("Unser Lesefest")
			r := h.reports(h.person(), Complaint{Object: n.ID})
			h.must(func() error { _, err := h.rules(one, r, MakeHidden, false); return err }())
			h.must(h.objects(h.token(r.ID), "Nein."))
			if _, err := h.rules(two, r, MakeRemoved, false); !errors.As(err, new(*Invalid)) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("and can be refused when it was for good", func(t *testing.T) {
			n := h.announce("Noch ein Lesefest")
			r := h.reports(h.person(), Complaint{Object: n.ID})
			for _, by := range []Actor{one, two} {
				_, err := h.rules(by, r, MakeRemoved, false)
				h.must(err)
			}
			h.must(h.objects(h.token(r.ID), "Nein."))
			_, err := h.rules(h.moderator(), r, MakeRemoved, false)
			h.must(err)
			if got := h.report(r).State; got != ReportUpheld {
				t.Errorf("the report is %s", got)
			}
		})
	})
}

// §3.22, rules 2 and 3, about objections: never who decided or proposed, and a whole organization never by one.
func TestObjectionsToWhatTwoDecideOrOneWantsHarder(t *testing.T) {
	eachHouse(t, func(h *house) {
		one, two, three := h.moderator(), h.moderator(), h.moderator()
		organization := func() (s OrganizationState) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				o, err := tx.Organization(h.org.ID)
				s = o.State
				return err
			}))
			return s
		}
		r := h.reports(h.person(), Complaint{Object: h.announce("Unser Lesefest").ID})
		h.rulesNow(one, r, MakeRemoved, false)
		h.rulesNow(two, r, MakeRemoved, false)
		h.must(h.objects(h.token(h.report(r).Statement), "Nein."))
		for _, by := range []Actor{one, two} {
			if _, err := h.rules(by, r, MakeRemoved, false); !errors.Is(err, ErrForbidden) {
				t.Errorf("who removed it with another one: got %v", err)
			}
		}
		r = h.reports(h.person(), Complaint{Object: h.org.ID})
		h.rulesNow(one, r, NoAction, false)
		h.must(h.objects(h.token(r.ID), "Doch."))
		h.clock.Forward(time.Minute)
		h.rulesNow(two, r, MakeHidden, false)
		if now := h.report(r); organization() != OrganizationSuspended || now.State != ReportSeconded || now.Ruling.Outcome != NoAction {
			t.Errorf("one moderator: %s, %+v", organization(), now)
		}
		if _, err := h.rules(two, r, MakeHidden, false); !errors.Is(err, ErrForbidden) {
			t.Errorf("the same one again: got %v", err)
		}
		h.clock.Forward(-UndoTime)
		h.must(h.undoes(two, r))
		if now := h.report(r); organization() != OrganizationActive || now.State != ReportObjected || !now.Second.At.IsZero() || !now.Proposed.At.IsZero() {
			t.Errorf("undone: %s, %+v", organization(), now)
		}
		h.rulesNow(two, r, MakeHidden, false)
		h.rulesNow(three, r, NoAction, false)
		if now := h.report(r); organization() != OrganizationActive || now.State != ReportUpheld {
			t.Errorf("not agreed to: %s, %+v", organization(), now)
		}
		h.must(h.undoes(three, r))
		if now := h.report(r); organization() != OrganizationSuspended || now.State != ReportSeconded || now.Proposed.By != two.Account {
			t.Errorf("that undone: %s, %+v", organization(), now)
		}
		h.rulesNow(three, r, MakeHidden, false)
		if now := h.report(r); organization() != OrganizationSuspended || now.State != ReportReversed || now.Second.By != three.Account || now.Ruling.By != one.Account {
			t.Errorf("agreed to: %s, %+v", organization(), now)
		}
		if got := h.tallies(); got["objection reversed"] != 1 || got["objection upheld"] != 0 {
			t.Errorf("counted %v", got)
		}
	})
}

func (h *house) announce(text string) (n Announcement) {
	h.update(func(tx *store.Tx) (err error) {
		n, err = Announce(tx, h.manager, h.org.ID, News{Text: text})
		return err
	})
	return n
}

// DSA Art. 17: what moderators do by themselves has reasons and can be objected to as well.
func TestModeratorsActByThemselves(t *testing.T) {
	eachHouse(t, func(h *house) {
		mod := h.moderator()
		restrict := func(by Actor, outcome Outcome, text string) (r Report, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				r, err = Restrict(tx, by, h.o.ID, Ruling{Outcome: outcome, Reason: "irrefuehrend", Text: text})
				return err
			})
			return r, err
		}
		for name, by := range map[string]Actor{"somebody": h.person(), "the manager": h.manager, "a moderator of the organization": {Account: mod.Account, Roles: mod.Roles, Members: map[ID]Role{h.org.ID: Member}}} {
			if _, err := restrict(by, MakeHidden, "So nicht."); !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if _, err := restrict(mod, MakeHidden, " "); !errors.As(err, new(*Invalid)) {
			t.Errorf("without words: got %v", err)
		}
		r, err := restrict(mod, MakeHidden, "Den Ort gibt es nicht.")
		h.must(err)
		if !r.Own || r.State != ReportDecided || h.opportunity().State != Hidden {
			t.Errorf("got %+v", r)
		}
		if _, err := restrict(mod, MakeHidden, "Noch einmal."); !errors.Is(err, ErrConflict) {
			t.Errorf("twice: got %v", err)
		}
		h.clock.Forward(UndoTime)
		if got := h.mails(); !slices.Equal(got, []string{MailContentDecision}) {
			t.Errorf("mails %v", got)
		}
		if got := h.tallies(); got["own hidden"] != 1 || got["ruling hidden"] != 0 || len(got) != 1 {
			t.Errorf("counted %v", got)
		}
		h.must(h.objects(h.token(h.report(r).Statement), "Es gibt ihn."))
		if _, err := h.rules(mod, r, NoAction, false); !errors.Is(err, ErrForbidden) {
			t.Errorf("who decided first: got %v", err)
		}
		_, err = h.rules(h.moderator(), r, NoAction, false)
		h.must(err)
		if got := h.opportunity().State; got != Published {
			t.Errorf("it is %s", got)
		}
	})
}
