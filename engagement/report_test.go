package engagement_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// moderator is a new account that moderates.
func (h *house) moderator() Actor {
	h.t.Helper()
	a := h.person()
	a.Roles = []Role{Moderator}
	return a
}

// reports what is not right.
func (h *house) reports(by Actor, c Complaint) Report {
	h.t.Helper()
	r, err := h.complains(by, c)
	h.must(err)
	return r
}

func (h *house) complains(by Actor, c Complaint) (r Report, err error) {
	h.t.Helper()
	if c.Object == "" {
		c.Object = h.o.ID
	}
	if c.Reason == "" {
		c.Reason = "irrefuehrend"
	}
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		r, err = SendReport(tx, by, c)
		return err
	})
	h.clock.Forward(time.Minute)
	return r, err
}

// rules decides about a report.
func (h *house) rules(by Actor, r Report, outcome Outcome, all bool) (counts bool, err error) {
	h.t.Helper()
	d := Ruling{Outcome: outcome, Reason: "rechtswidrig", Text: "Das geht so nicht."}
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		_, counts, err = DecideReport(tx, by, r.ID, d, all)
		return err
	})
	h.clock.Forward(UndoTime)
	return counts, err
}

// report is one as it is now.
func (h *house) report(r Report) (now Report) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.Report(r.ID)
		return err
	}))
	return now
}

// token is the end of the address at which one side of a report reads what was decided.
func (h *house) token(id ID) (token string) {
	h.must(h.s.View(ctx, func(tx *store.Tx) error {
		token = tx.LinkToken(id)
		return nil
	}))
	return token
}

func (h *house) objects(token, text string) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		_, err := ObjectToDecision(tx, token, text)
		return err
	})
}

// §5.5: received, claimed, decided; both sides hear of it, and nobody hears who the other is.
func TestAReportIsDecided(t *testing.T) {
	eachHouse(t, func(h *house) {
		person, one, two := h.person(), h.moderator(), h.moderator()
		r := h.reports(person, Complaint{Text: " Das stimmt nicht. "})
		h.want("after the report", strings.Join(h.mails(), " "), "moderation-new report-received")
		if r.Text != "Das stimmt nicht." || r.State != ReportReceived || r.Organization != h.org.ID || !strings.HasPrefix(r.Number, "M-") {
			t.Errorf("got %+v", r)
		}
		claim := func(by Actor) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := ClaimReport(tx, by, r.ID)
				return err
			})
		}
		h.must(claim(one))
		if err := claim(two); !errors.Is(err, ErrConflict) {
			t.Errorf("claimed twice: got %v", err)
		}
		if counts, err := h.rules(two, r, NoAction, false); counts || err != nil {
			t.Errorf("decided while somebody else looks at it: %v, %v", counts, err)
		}
		h.clock.Forward(time.Hour)
		h.must(claim(two))
		counts, err := h.rules(two, r, MakeHidden, false)
		h.must(err)
		if o := h.opportunity(); !counts || o.State != Hidden || o.Reason != "rechtswidrig" || o.ReasonText != "Das geht so nicht." {
			t.Errorf("counts %v, opportunity %s %s %q", counts, o.State, o.Reason, o.ReasonText)
		}
		h.want("after the decision", strings.Join(h.mails(), " "), "content-decision report-decided")
		now := h.report(r)
		if now.State != ReportDecided || now.Ruling.By != two.Account || now.Ruling.Outcome != MakeHidden || now.ClaimedBy != "" || now.Statement == "" {
			t.Errorf("got %+v", now)
		}
		// CON-04: the first decision counts, and the audit has both attempts.
		if counts, err := h.rules(one, r, NoAction, false); counts || err != nil {
			t.Errorf("decided again: %v, %v", counts, err)
		}
		if got := h.report(r); got.Ruling != now.Ruling || h.opportunity().State != Hidden || len(h.mails()) != 0 {
			t.Errorf("the second decision changed something: %+v", got)
		}
		var log []string
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			entries, err := tx.AuditOf(r.ID)
			for _, e := range entries {
				log = append(log, fmt.Sprint(e.Action, " ", e.New, " ", e.Account == two.Account))
			}
			return err
		}))
		h.want("audit", strings.Join(log, ", "), "report.late no_action true, report.decide hidden true, report.late no_action false")
	})
}

func TestTwoModeratorsAtOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		r := h.reports(Actor{}, Complaint{})
		type answer struct {
			counts bool
			err    error
		}
		answers := make(chan answer)
		for _, outcome := range []Outcome{MakeHidden, NoAction} {
			by := h.moderator()
			go func() {
				counts, err := h.rules(by, r, outcome, false)
				answers <- answer{counts, err}
			}()
		}
		a, b := <-answers, <-answers
		h.must(errors.Join(a.err, b.err))
		if a.counts == b.counts {
			t.Errorf("both or none count: %v, %v", a, b)
		}
		if hidden := h.opportunity().State == Hidden; hidden != (h.report(r).Ruling.Outcome == MakeHidden) {
			t.Errorf("the opportunity is hidden: %v, the decision says %s", hidden, h.report(r).Ruling.Outcome)
		}
	})
}

func TestWhoMayReportWhat(t *testing.T) {
	eachHouse(t, func(h *house) {
		person := h.person()
		var draft Opportunity
		h.update(func(tx *store.Tx) (err error) {
			draft, err = SaveOpportunity(tx, h.manager, Opportunity{Organization: h.org.ID, Title: "Entwurf"})
			return err
		})
		for name, c := range map[string]struct {
			by    Actor
			what  Complaint
			field string // empty: something else is wrong
			is    error
		}{
			"what is not public":          {Actor{}, Complaint{Object: draft.ID}, "", ErrNotFound},
			"what does not exist":         {Actor{}, Complaint{Object: "00000000-0000-7000-8000-000000000000"}, "", ErrNotFound},
			"an unknown reason":           {Actor{}, Complaint{Reason: "egal"}, "reason", nil},
			"another reason without text": {Actor{}, Complaint{Reason: "sonstiges"}, "text", nil},
			"too long a text":             {Actor{}, Complaint{Text: strings.Repeat("ä", 2001)}, "text", nil},
			"an address that is none":     {Actor{}, Complaint{Email: "niemand"}, "email", nil},
		} {
			_, err := h.complains(c.by, c.what)
			var bad *Invalid
			if c.is != nil && !errors.Is(err, c.is) || c.field != "" && (!errors.As(err, &bad) || bad.Field != c.field) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if got := h.mails(); len(got) != 0 {
			t.Errorf("mails %v", got)
		}
		h.reports(person, Complaint{})
		var again *Invalid
		if _, err := h.complains(person, Complaint{Reason: "spam"}); !errors.As(err, &again) || again.Key != "error.report.again" {
			t.Errorf("twice a day: got %v", err)
		}
		h.reports(person, Complaint{Object: h.org.ID})
		h.clock.Forward(day)
		h.reports(person, Complaint{})
		h.reports(Actor{}, Complaint{})
		h.reports(Actor{}, Complaint{}) // who they are nobody knows
		for range 46 {
			h.reports(Actor{}, Complaint{})
		}
		if _, err := h.complains(Actor{}, Complaint{}); !errors.Is(err, ErrTooMany) {
			t.Errorf("after fifty open ones: got %v", err)
		}
	})
}

func TestReceiptsForUnprovenAddressesAreLimited(t *testing.T) {
	eachHouse(t, func(h *house) {
		for range 5 {
			h.reports(Actor{}, Complaint{Email: " Victim@Mail.example", Lang: "en"})
		}
		receipts := slices.DeleteFunc(h.mails(), func(kind string) bool { return kind != MailReportReceived })
		if len(receipts) != 3 {
			t.Errorf("%d receipts, want 3", len(receipts))
		}
	})
}

func TestDangerCallsAllModeratorsAndComesFirst(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.reports(Actor{}, Complaint{})
		h.reports(Actor{}, Complaint{Reason: "gefahr-kind"})
		h.reports(Actor{}, Complaint{Reason: "gefahr-person"})
		h.reports(Actor{}, Complaint{Reason: "spam"})
		h.want("mails", strings.Join(h.mails(), " "), "moderation-new report-urgent")
		var reasons []string
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			list, err := tx.ReportsToDecide(10)
			for _, r := range list {
				reasons = append(reasons, string(r.Reason))
			}
			return err
		}))
		h.want("queue", strings.Join(reasons, " "), "gefahr-kind gefahr-person irrefuehrend spam")
	})
}

// §3.22: nobody decides in a case of one's own organization or of one's own report.
func TestModeratorsKeepOutOfTheirOwnCases(t *testing.T) {
	eachHouse(t, func(h *house) {
		reporter, member := h.moderator(), h.moderator()
		member.Members = map[ID]Role{h.org.ID: Member}
		r := h.reports(reporter, Complaint{})
		for name, by := range map[string]Actor{"who reported": reporter, "of the organization": member, "no moderator": h.person(), "an admin": {Account: "admin", Roles: []Role{Admin}}} {
			if _, err := h.rules(by, r, NoAction, false); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if h.report(r).State != ReportReceived {
			t.Error("decided")
		}
	})
}

// Every outcome for every kind of thing, and back again after an objection.
func TestWhatADecisionDoes(t *testing.T) {
	eachHouse(t, func(h *house) {
		var n Announcement
		var b Board
		var reply Reaction
		var copied Opportunity
		var away Organization
		var o, elsewhere Occasion
		h.update(func(tx *store.Tx) (err error) {
			if n, err = Announce(tx, h.manager, h.org.ID, News{Text: "Unser Lesefest"}); err != nil {
				return err
			}
			starts := tx.Now().Add(48 * time.Hour)
			if o, err = AddOccasion(tx, h.manager, Occasion{Organization: h.org.ID, Kind: "treffen", Title: "Lesefest", Starts: starts, Ends: starts.Add(time.Hour), Zone: "Europe/Berlin", Online: true, SignUp: "ohne"}); err != nil {
				return err
			}
			if elsewhere, err = MirrorOccasion(tx, Occasion{Origin: "b.test", IRI: "https://b.test/e", Author: "https://b.test/o", Organizer: "Nachbarn", Title: "Uferputz", Starts: starts, Ends: starts.Add(time.Hour), Zone: "Europe/Berlin", State: OccasionScheduled, Published: tx.Now()}, true); err != nil {
				return err
			}
			if b, err = AddBoard(tx, System, Board{Kind: TopicBoard, Name: "Lesen", Areas: []Code{"kultur"}, Organization: h.org.ID}); err != nil {
				return err
			}
			reply = Reaction{ID: tx.NewID(), Subject: n.ID, Kind: Reply, Actor: "https://social.test/u/a", Handle: "@a@social.test", IRI: "https://social.test/n/1", Text: "Hm.", Shown: true, At: tx.Now()}
			if err := tx.PutReaction(reply); err != nil {
				return err
			}
			if away, err = MirrorOrganization(tx, Organization{Origin: "b.test", IRI: "https://b.test/o", Name: "Nachbarn"}); err != nil {
				return err
			}
			copied, err = MirrorOpportunity(tx, Partner{Host: "b.test", Level: "vertraut"}, Opportunity{Organization: away.ID, IRI: "https://b.test/n", Title: "Sprachcafé", State: Published, Visibility: "offen", Published: tx.Now()})
			return err
		})
		h.center()
		offer := h.offered(h.person())
		state := func(id ID) (s string) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				about, err := Reported(tx, id)
				if errors.Is(err, ErrNotFound) {
					s = "gone"
					return nil
				}
				s = string(about.Opportunity.State) + string(about.Organization.State) + string(about.Announcement.State) + string(about.Board.State) + string(about.Occasion.State) + string(about.HelpOffer.State)
				if about.Noun == AReaction {
					s = "reply"
				}
				return err
			}))
			return s
		}
		for _, c := range []struct {
			name     string
			object   ID
			outcomes []Outcome
			hidden   string // state when hidden; empty: cannot be hidden
			wire     int    // events for other servers when hidden
			author   bool   // somebody here gets the reasons
		}{
			{"a reply", reply.ID, []Outcome{NoAction, MakeRemoved, MakeLimited}, "", 0, false},
			{"news", n.ID, []Outcome{NoAction, MakeHidden, MakeRemoved}, string(AnnouncementHidden), 1, true},
			{"an opportunity", h.o.ID, []Outcome{NoAction, MakeHidden, MakeRemoved}, string(Hidden), 1, true},
			{"a board", b.ID, []Outcome{NoAction, MakeHidden}, string(BoardArchived), 1, true},
			{"an organization", h.org.ID, []Outcome{NoAction, MakeHidden}, string(OrganizationSuspended), 1, true},
			{"an event", o.ID, []Outcome{NoAction, MakeHidden, MakeRemoved}, string(OccasionHidden), 1, true},
			{"a volunteer's help offer", offer.ID, []Outcome{NoAction, MakeHidden, MakeRemoved, MakeAccountSuspended}, string(Hidden), 1, true},
			{"a copy of an event", elsewhere.ID, []Outcome{NoAction, MakeHidden}, string(OccasionHidden), 0, false},
			{"a copy of an opportunity", copied.ID, []Outcome{NoAction, MakeHidden}, string(Hidden), 0, false},
			{"a copy of an organization", away.ID, []Outcome{NoAction, MakeHidden}, string(OrganizationSuspended), 0, false},
		} {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				about, err := Reported(tx, c.object)
				if !slices.Equal(about.Outcomes(), c.outcomes) || about.ID() != c.object {
					t.Errorf("%s: got %v, want %v", c.name, about.Outcomes(), c.outcomes)
				}
				return err
			}))
			if c.hidden == "" {
				continue
			}
			before := state(c.object)
			r := h.reports(h.person(), Complaint{Object: c.object})
			h.mails()
			h.wires()
			_, err := h.rules(h.moderator(), r, MakeHidden, false)
			h.must(err)
			if got := state(c.object); got != c.hidden {
				t.Errorf("%s: state %s, want %s", c.name, got, c.hidden)
			}
			if got := len(h.wires()); got != c.wire {
				t.Errorf("%s: %d events for others, want %d", c.name, got, c.wire)
			}
			want := "report-decided"
			if c.author {
				want = "content-decision report-decided"
			}
			got := strings.Join(h.mails(), " ")
			if c.object == h.org.ID { // a second moderator looks at it
				want = "content-decision moderation-new"
				_, err := h.rules(h.moderator(), r, MakeHidden, false)
				h.must(err)
				got = got + " then " + strings.Join(h.mails(), " ")
				want += " then content-decision report-decided"
			}
			if c.object == offer.ID { // the center gets the reasons, and the volunteer a word
				got = strings.Replace(got, "help-offer-decision ", "", 1)
			}
			h.want(c.name, got, want)
			h.must(h.objects(h.token(r.ID), "Warum?"))
			_, err = h.rules(h.moderator(), r, NoAction, false)
			h.must(err)
			if got := state(c.object); got != before || h.report(r).State != ReportReversed {
				t.Errorf("%s: shown again it is %s, want %s; the report is %s", c.name, got, before, h.report(r).State)
			}
		}
		t.Run("a copy that its moderators hid stays hidden when its server says something new", func(t *testing.T) {
			r := h.reports(h.person(), Complaint{Object: away.ID})
			_, err := h.rules(h.moderator(), r, MakeHidden, false)
			h.must(err)
			h.update(func(tx *store.Tx) error {
				_, err := MirrorOrganization(tx, Organization{Origin: "b.test", IRI: "https://b.test/o", Name: "Nachbarn neu"})
				return err
			})
			if got := state(away.ID); got != string(OrganizationSuspended) {
				t.Errorf("state %s", got)
			}
		})
		t.Run("what is removed is gone for good", func(t *testing.T) {
			for _, c := range []struct {
				id   ID
				want string
			}{{reply.ID, "gone"}, {n.ID, string(AnnouncementWithdrawn)}, {h.o.ID, string(Suspended)}, {o.ID, string(OccasionWithdrawn)}} {
				id, want := c.id, c.want
				r := h.reports(h.person(), Complaint{Object: id})
				if id == reply.ID {
					if _, err := h.rules(h.moderator(), h.reports(h.person(), Complaint{Object: id}), MakeLimited, false); err != nil {
						t.Error(err)
					}
					h.must(h.s.View(ctx, func(tx *store.Tx) error {
						rule, err := tx.HostRule("social.test")
						if rule.Standing != LimitedHost {
							t.Errorf("got %+v", rule)
						}
						return err
					}))
				}
				_, err := h.rules(h.moderator(), r, MakeRemoved, false)
				h.must(err)
				if id != reply.ID {
					if got := state(id); got == want || h.report(r).State != ReportSeconded {
						t.Errorf("one moderator has removed it: state %s", got)
					}
					_, err := h.rules(h.moderator(), r, MakeRemoved, false)
					h.must(err)
				}
				if got := state(id); got != want {
					t.Errorf("state %s, want %s", got, want)
				}
			}
		})
		t.Run("nothing can be done about what is gone, but the report ends", func(t *testing.T) {
			r := h.reports(h.person(), Complaint{Object: h.org.ID})
			h.update(func(tx *store.Tx) error {
				now, err := tx.Report(r.ID)
				now.Object = "00000000-0000-7000-8000-000000000000"
				return errors.Join(err, tx.PutReport(&now))
			})
			if _, err := h.rules(h.moderator(), r, MakeHidden, false); !errors.As(err, new(*Invalid)) {
				t.Errorf("got %v", err)
			}
			_, err := h.rules(h.moderator(), r, NoAction, false)
			h.must(err)
		})
	})
}

// wires are the wire events written since the last call.
func (h *house) wires() []store.LeasedEvent {
	h.t.Helper()
	events, err := h.s.LeaseEvents(ctx, Wire, "test", 100, time.Minute)
	h.must(err)
	h.update(func(tx *store.Tx) error {
		for _, e := range events {
			if err := tx.EventDone(e); err != nil {
				return err
			}
		}
		return nil
	})
	return events
}

func TestOneDecisionForAllWhoReported(t *testing.T) {
	eachHouse(t, func(h *house) {
		mod := h.moderator()
		first, second, own := h.reports(h.person(), Complaint{}), h.reports(Actor{}, Complaint{Email: "a@mail.example", Lang: "de"}), h.reports(mod, Complaint{})
		h.mails()
		_, err := h.rules(mod, first, MakeHidden, true)
		h.must(err)
		h.want("states", string(h.report(first).State+" "+h.report(second).State+" "+h.report(own).State), "decided decided received")
		h.want("mails", strings.Join(h.mails(), " "), "content-decision report-decided content-decision report-decided")
	})
}

// DSA Art. 20: an objection goes to somebody else, for six months.
func TestObjections(t *testing.T) {
	eachHouse(t, func(h *house) {
		first, second := h.moderator(), h.moderator()
		r := h.reports(h.person(), Complaint{})
		if err := h.objects(h.token(r.ID), "Zu früh"); !errors.Is(err, ErrConflict) {
			t.Errorf("before the decision: got %v", err)
		}
		_, err := h.rules(first, r, MakeHidden, false)
		h.must(err)
		h.mails()
		if err := h.objects(h.token("00000000-0000-4000-8000-000000000000"), "Ich"); !errors.Is(err, ErrNotFound) {
			t.Errorf("with another token: got %v", err)
		}
		if err := h.objects(h.token(r.ID), " "); !errors.As(err, new(*Invalid)) {
			t.Errorf("without words: got %v", err)
		}
		h.must(h.objects(h.token(h.report(r).Statement), "Es stimmt doch."))
		if now := h.report(r); now.State != ReportObjected || !now.Objection.Author || !now.Open() {
			t.Errorf("got %+v", now)
		}
		h.want("mails", strings.Join(h.mails(), " "), "moderation-new")
		if _, err := h.rules(first, r, NoAction, false); !errors.Is(err, ErrForbidden) {
			t.Errorf("whoever decided first: got %v", err)
		}
		_, err = h.rules(second, r, MakeHidden, false)
		h.must(err)
		if now := h.report(r); now.State != ReportUpheld || now.Last().By != second.Account || h.opportunity().State != Hidden {
			t.Errorf("got %+v", now)
		}
		if err := h.objects(h.token(r.ID), "Noch einmal"); !errors.Is(err, ErrConflict) {
			t.Errorf("a second objection: got %v", err)
		}
		late := h.reports(h.person(), Complaint{Object: h.org.ID})
		_, err = h.rules(first, late, NoAction, false)
		h.must(err)
		if got := h.report(late); got.Statement != "" {
			t.Error("the organization is told of a report without consequence")
		}
		h.clock.Forward(184 * day)
		if err := h.objects(h.token(late.ID), "Zu spät"); !errors.Is(err, ErrConflict) {
			t.Errorf("after half a year: got %v", err)
		}
	})
}

// domain.md §3.12: what was removed for good comes back under a new id, as other servers know it to be deleted.
func TestAnObjectionGivesBackWhatWasRemoved(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.center()
		offer := h.offered(h.person())
		for _, object := range []ID{h.o.ID, offer.ID} {
			one, two, three := h.moderator(), h.moderator(), h.moderator()
			r := h.reports(h.person(), Complaint{Object: object})
			for _, by := range []Actor{one, two} {
				_, err := h.rules(by, r, MakeRemoved, false)
				h.must(err)
			}
			h.must(h.objects(h.token(h.report(r).Statement), "Das stimmt doch."))
			h.wires()
			h.rulesNow(three, r, NoAction, false)
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				old, err := Reported(tx, object)
				if err != nil {
					return err
				}
				var again []string
				if old.Noun == AHelpOffer {
					list, err := tx.HelpOffersOfAccount(old.HelpOffer.Account)
					if err != nil {
						return err
					}
					for _, o := range list {
						again = append(again, fmt.Sprint(o.State, " ", o.ID != object && o.Code != old.HelpOffer.Code, " ", o.Title == old.HelpOffer.Title))
					}
				} else {
					list, err := tx.OpportunitiesOf(h.org.ID)
					if err != nil {
						return err
					}
					for _, o := range list {
						again = append(again, fmt.Sprint(o.State, " ", o.ID != object && o.Code != old.Opportunity.Code, " ", o.Title == old.Opportunity.Title))
					}
				}
				slices.Sort(again)
				h.want(string(old.Noun), strings.Join(again, ", "), "published true true, suspended false true")
				return nil
			}))
			if wires := h.wires(); len(wires) != 1 || wires[0].Kind != WireCreate || wires[0].Subject == object {
				t.Errorf("other servers learn %+v", wires)
			}
			if err := h.undoes(three, r); !errors.Is(err, ErrConflict) {
				t.Errorf("undone: %v", err)
			}
		}
	})
}

// Of news and events nothing is left where they stood; the report keeps them for who decides about the objection.
func TestAnObjectionGivesBackNewsAndEvents(t *testing.T) {
	eachHouse(t, func(h *house) {
		// removed has two moderators remove something, and others who reported it decided alike.
		removed := func(object ID) (one, other Report) {
			one, other = h.reports(h.person(), Complaint{Object: object}), h.reports(h.person(), Complaint{Object: object})
			for _, by := range []Actor{h.moderator(), h.moderator()} {
				h.must(second(h.rules(by, one, MakeRemoved, true)))
			}
			h.wires()
			return one, other
		}
		granted := func(r Report) {
			h.must(h.objects(h.token(h.report(r).Statement), "Das stimmt doch."))
			h.must(second(h.rules(h.moderator(), r, NoAction, false)))
		}
		reported := func(id ID) (about Reportable) {
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				about, err = Reported(tx, id)
				return err
			}))
			return about
		}
		news := func() (list []Announcement) {
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				list, err = tx.AnnouncementsOf(h.org.ID, time.Time{}, 10)
				return err
			}))
			return list
		}
		occasions := func() (list []Occasion) {
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
				list, err = tx.OccasionsOf(h.org.ID)
				return err
			}))
			return list
		}

		t.Run("news, once for all who object", func(t *testing.T) {
			n := h.announce("Unser Lesefest")
			first, later := removed(n.ID)
			if got := news(); len(got) != 0 {
				t.Fatalf("still there: %+v", got)
			}
			h.update(func(tx *store.Tx) error {
				left, err := tx.Announcement(n.ID)
				if left.Text != "" || left.State != AnnouncementWithdrawn {
					t.Errorf("where it stood is %+v", left)
				}
				return err
			})
			if about := reported(n.ID); about.Announcement.Text != n.Text || !slices.Equal(about.Outcomes(), []Outcome{NoAction}) {
				t.Errorf("who decides about the objection sees %+v", about)
			}
			granted(later)
			got := news()
			if len(got) != 1 || got[0].ID == n.ID || got[0].Code == n.Code || got[0].Text != n.Text || !got[0].Updated.IsZero() {
				t.Fatalf("got %+v", got)
			}
			if wires := h.wires(); len(wires) != 1 || wires[0].Kind != WireCreate || wires[0].Subject != got[0].ID {
				t.Errorf("other servers learn %+v", wires)
			}
			granted(first)
			if again := news(); len(again) != 1 || len(h.wires()) != 0 {
				t.Errorf("a second objection: %+v", again)
			}
		})
		t.Run("an event that its organization has canceled", func(t *testing.T) {
			o := h.hosts(func(o *Occasion) { o.Text, o.Capacity = "Alle sind willkommen.", 7 })
			h.update(func(tx *store.Tx) error { return second(MoveOccasion(tx, h.manager, o.ID, OccasionCanceled)) })
			r, _ := removed(o.ID)
			if about := reported(o.ID); about.Occasion.Title != o.Title || !slices.Equal(about.Outcomes(), []Outcome{NoAction}) {
				t.Errorf("who decides about the objection sees %+v", about.Occasion)
			}
			if got := occasions(); len(got) != 0 {
				t.Fatalf("still there: %+v", got)
			}
			granted(r)
			got := occasions()
			if len(got) != 1 || got[0].ID == o.ID || got[0].Code == o.Code {
				t.Fatalf("got %+v", got)
			}
			o.ID, o.Code, o.State, o.Published, o.Version = got[0].ID, got[0].Code, OccasionCanceled, got[0].Published, got[0].Version
			if got[0] != o {
				t.Errorf("got %+v, want %+v", got[0], o)
			}
			if wires := h.wires(); len(wires) != 1 || wires[0].Kind != WireCreate || wires[0].Subject != o.ID {
				t.Errorf("other servers learn %+v", wires)
			}
		})
		t.Run("one that the operator removed without hiding it first", func(t *testing.T) {
			o := h.hosts()
			r := h.reports(h.person(), Complaint{Object: o.ID})
			h.must(second(h.rules(System, r, MakeRemoved, false)))
			granted(r)
			if got := occasions()[0]; got.ID == o.ID || got.State != OccasionScheduled {
				t.Errorf("got %+v", got)
			}
			h.wires()
		})
		t.Run("one that is over by then, of which nobody else has to hear", func(t *testing.T) {
			o := h.hosts()
			r, _ := removed(o.ID)
			h.clock.Forward(7 * day)
			granted(r)
			if n := len(occasions()); n != 3 || len(h.wires()) != 0 {
				t.Errorf("there are %d", n)
			}
		})
		t.Run("one of a series, as part of it", func(t *testing.T) {
			first := h.readings()
			whole := h.program(first)
			r, _ := removed(h.series(first)[1].ID)
			if h.program(first) == whole {
				t.Fatal("still there")
			}
			granted(r)
			h.want("the series", h.program(first), whole)
			h.update(func(tx *store.Tx) error {
				s, err := tx.Series(ID(first.Series))
				if len(s.Rule.Except) != 0 {
					t.Errorf("left out are %v", s.Rule.Except)
				}
				return err
			})
			kinds := map[string]int{}
			for _, e := range h.wires() {
				kinds[e.Kind]++
			}
			if len(kinds) != 1 || kinds[WireCreate] != 1 {
				t.Errorf("other servers learn %v", kinds)
			}
		})
		t.Run("one of a series whose day is another's by now", func(t *testing.T) {
			first := h.readings()
			whole := h.program(first)
			r, _ := removed(h.series(first)[1].ID)
			h.update(func(tx *store.Tx) error {
				return second(EditSeries(tx, h.manager, h.series(first)[0], weekly(""), 4))
			})
			h.want("the organization has put another in its place", h.program(first), whole)
			before := len(occasions())
			granted(r)
			h.want("the series", h.program(first), whole)
			if n := len(occasions()); n != before+1 {
				t.Errorf("%d are there, before the objection %d", n, before)
			}
		})
		t.Run("but not to an organization that is suspended", func(t *testing.T) {
			n := h.announce("Noch ein Lesefest")
			r, _ := removed(n.ID)
			mod := h.moderator()
			h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, mod, h.org.ID, true, "irrefuehrend") })
			h.wires()
			granted(r)
			if got := h.report(r).State; got != ReportReversed || len(h.wires()) != 0 {
				t.Errorf("the report is %s", got)
			}
		})
	})
}

// protocol.md §5.11: only what its reporter ticked is passed on, by a moderator, once a day for each thing.
func TestForwarding(t *testing.T) {
	eachHouse(t, func(h *house) {
		var copied Opportunity
		h.update(func(tx *store.Tx) error {
			away, err := MirrorOrganization(tx, Organization{Origin: "b.test", IRI: "https://b.test/o", Name: "Nachbarn"})
			if err != nil {
				return err
			}
			copied, err = MirrorOpportunity(tx, Partner{Host: "b.test", Level: "vertraut"}, Opportunity{Organization: away.ID, IRI: "https://b.test/n", Title: "Sprachcafé", State: Published, Visibility: "offen", Published: tx.Now()})
			return err
		})
		h.wires()
		forward := func(by Actor, r Report, text string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := ForwardReport(tx, by, r.ID, text)
				return err
			})
		}
		mod := h.moderator()
		ticked, plain := Complaint{Object: copied.ID, Forward: true}, Complaint{Object: copied.ID}
		r := h.reports(h.person(), ticked)
		for name, c := range map[string]struct {
			by Actor
			r  Report
			is error
		}{
			"nobody ticked it":     {mod, h.reports(Actor{}, plain), ErrConflict},
			"something of our own": {mod, h.reports(Actor{}, Complaint{Forward: true}), ErrConflict},
			"by whoever reported":  {Actor{Account: r.Account}, r, ErrNotFound},
			"by nobody":            {Actor{}, r, ErrNotFound},
		} {
			if err := forward(c.by, c.r, ""); !errors.Is(err, c.is) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if err := forward(mod, r, strings.Repeat("x", 1001)); !errors.As(err, new(*Invalid)) {
			t.Errorf("too long a text: got %v", err)
		}
		h.must(forward(mod, r, "Bitte prüfen."))
		events := h.wires()
		if len(events) != 1 || events[0].Kind != WireFlag || events[0].Subject != r.ID || events[0].Args["text"] != "Bitte prüfen." {
			t.Fatalf("got %+v", events)
		}
		if err := forward(mod, r, ""); !errors.Is(err, ErrConflict) {
			t.Errorf("twice: got %v", err)
		}
		next := h.reports(h.person(), ticked)
		if err := forward(mod, next, ""); !errors.As(err, new(*Invalid)) {
			t.Errorf("another one about the same within a day: got %v", err)
		}
		h.clock.Forward(day)
		h.must(forward(mod, next, ""))
	})
}

func TestReportsOfOtherServers(t *testing.T) {
	eachHouse(t, func(h *house) {
		var r Report
		h.update(func(tx *store.Tx) (err error) {
			r, err = ReceiveReport(tx, ForeignReport{Host: "evil.test", Actor: "https://evil.test/a", Objects: []ID{h.o.ID, h.org.ID}, Reason: "unbekannt", Text: strings.Repeat("x", 6000)})
			return err
		})
		if r.Reason != "sonstiges" || len(r.Text) != 5000 || r.Object != h.o.ID || !slices.Equal(r.Also, []ID{h.org.ID}) || r.Host != "evil.test" || r.Forward {
			t.Errorf("got %+v", r)
		}
		if h.opportunity().State != Published {
			t.Error("it had an effect")
		}
		h.want("mails", strings.Join(h.mails(), " "), "moderation-new")
		_, err := h.rules(h.moderator(), r, NoAction, false)
		h.must(err)
		h.want("mails after the decision", strings.Join(h.mails(), " "), "")
		if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := ReceiveReport(tx, ForeignReport{Host: "evil.test"}); return err }); !errors.Is(err, ErrNotFound) {
			t.Errorf("about nothing: got %v", err)
		}
	})
}
