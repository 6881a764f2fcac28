package federation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// reports are all that wait for a moderator.
func (s *peer) reports() (all []engagement.Report) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		all, err = tx.ReportsToDecide(1000)
		return err
	})
	return all
}

// report is somebody's here, with everything ticked, about a thing.
func (s *peer) report(object engagement.ID, text string) (r engagement.Report) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		r, err = engagement.SendReport(tx, engagement.Actor{}, engagement.Complaint{Object: object, Reason: "hass", Text: text, Email: canaryEmail, Lang: "de", Forward: true})
		return err
	})
	return r
}

// PRV-26: the other side learns what was reported, from the instance, and never who did it.
func TestPRV26AReportIsForwardedWithoutItsReporter(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		org := a.organization("verein")
		o := a.opportunity(org, "Vorlesen in der Grundschule")
		partners(t, a, b)
		moderator := engagement.Actor{Account: "0199aaaa-0000-7000-8000-00000000000b", Roles: []engagement.Role{engagement.Moderator}}
		forward := func(r engagement.Report, text string) {
			t.Helper()
			b.clock.Forward(time.Minute)
			b.update(func(tx *store.Tx) error {
				_, err := engagement.ForwardReport(tx, moderator, r.ID, text)
				return err
			})
			settle(t, a, b)
		}
		copied := mustCopy(t, b, a, o)
		r := b.report(copied.ID, "Gezeichnet "+canaryName)
		settle(t, a, b)
		if got := a.reports(); len(got) != 0 {
			t.Fatalf("it went by itself: %+v", got)
		}
		forward(r, "")
		got := a.reports()
		if len(got) != 1 || got[0].Object != o.ID || !slices.Equal(got[0].Also, []engagement.ID{org.ID}) || got[0].Reason != "hass" || got[0].Text != "" || got[0].Host != "b.test" || got[0].Actor != b.base.Actor() {
			t.Fatalf("got %+v", got)
		}
		forward(b.report(copied.Organization, "Auch das"), "Bitte sehen Sie nach.")
		got = a.reports()
		if len(got) != 2 || got[1].Object != org.ID || got[1].Text != "Bitte sehen Sie nach." {
			t.Fatalf("got %+v", got)
		}
		if found := leaks(a.world); len(found) > 0 {
			t.Errorf("who reported is known: %v", found)
		}
		t.Run("and hiding it here is nobody else's business", func(t *testing.T) {
			b.update(func(tx *store.Tx) error {
				_, _, err := engagement.DecideReport(tx, moderator, r.ID, engagement.Ruling{Outcome: engagement.MakeHidden, Reason: "rechtswidrig", Text: "Das geht so nicht."}, false)
				return err
			})
			before := len(a.world.Requests())
			settle(t, a, b)
			if got := len(a.world.Requests()) - before; got != 0 || mustCopy(t, b, a, o).State != engagement.Hidden {
				t.Errorf("%d requests, the copy is %s", got, mustCopy(t, b, a, o).State)
			}
		})
	})
}

// A report about the copy of an event goes to who invites, and one about a reply to who wrote it.
// domain.md §3.12: other servers have deleted it and take no news of its id, so it comes back under another one.
func TestWhatAnObjectionGivesBackReachesPartners(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		n, o := a.announce(org, "Sprechstunde: mittwochs."), a.occasion(org)
		settle(t, a, b)
		if b.newsCopy(a.newsID(n)).Text != n.Text || b.occasionCopy(a.eventID(o)).Title != o.Title {
			t.Fatal("the partner has no copies")
		}
		for _, id := range []engagement.ID{n.ID, o.ID} {
			r := a.report(id, "")
			a.update(func(tx *store.Tx) error {
				_, _, err := engagement.DecideReport(tx, engagement.System, r.ID, engagement.Ruling{Outcome: engagement.MakeRemoved, Reason: "rechtswidrig", Text: "Nein."}, false)
				return err
			})
			settle(t, a, b)
			if b.newsCopy(a.newsID(n)).ID != "" && b.occasionCopy(a.eventID(o)).ID != "" {
				t.Error("the partner still has both")
			}
			a.update(func(tx *store.Tx) error {
				if _, err := engagement.ObjectToDecision(tx, tx.LinkToken(r.ID), "Doch."); err != nil {
					return err
				}
				_, _, err := engagement.DecideReport(tx, engagement.System, r.ID, engagement.Ruling{Outcome: engagement.NoAction}, false)
				return err
			})
			settle(t, a, b)
		}
		a.view(func(tx *store.Tx) error {
			news, err := tx.AnnouncementsOf(org.ID, time.Time{}, 10)
			if err != nil {
				return err
			}
			occasions, err := tx.OccasionsOf(org.ID)
			if len(news) != 1 || len(occasions) != 1 {
				t.Fatalf("there are %v and %v", news, occasions)
			}
			if got := b.newsCopy(a.newsID(news[0])); got.Text != n.Text || got.State != engagement.AnnouncementPublished || news[0].ID == n.ID {
				t.Errorf("the partner has of the news %+v", got)
			}
			if got := b.occasionCopy(a.eventID(occasions[0])); got.Title != o.Title || !got.Live() || occasions[0].ID == o.ID {
				t.Errorf("the partner has of the event %+v", got)
			}
			return err
		})
		for _, gone := range []string{a.newsID(n), a.eventID(o)} {
			if got := a.get(gone); got.Status != http.StatusGone {
				t.Errorf("%s: %d", gone, got.Status)
			}
			if b.newsCopy(gone).ID+b.occasionCopy(gone).ID != "" {
				t.Errorf("the partner has %s again", gone)
			}
		}
	})
}

func TestReportsOfEventsAndReplies(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		org := a.organization("verein")
		partners(t, a, b)
		event := a.occasion(org)
		kita := b.organization("kita")
		o := b.opportunity(kita, "Vorlesen in der Grundschule")
		writer := a.world.Host("mastodon.test").Actor("writer")
		writer.Post(b.base.Inbox(), noteOf(writer, "Blöd!", map[string]any{"to": []string{federation.Public}, "cc": []string{b.base.OrganizationID(kita)}, "inReplyTo": b.base.OpportunityID(o)}))
		settle(t, a, b)
		var reply []engagement.Reaction
		b.view(func(tx *store.Tx) (err error) {
			reply, err = tx.RepliesToRelease(10)
			return err
		})
		if len(reply) != 1 {
			t.Fatalf("got %+v", reply)
		}
		moderator := engagement.Actor{Account: "0199aaaa-0000-7000-8000-00000000000b", Roles: []engagement.Role{engagement.Moderator}}
		b.update(func(tx *store.Tx) error { return engagement.DecideReply(tx, moderator, reply[0].ID, true) })
		for _, object := range []engagement.ID{b.occasionCopy(a.eventID(event)).ID, reply[0].ID} {
			r := b.report(object, "Gezeichnet "+canaryName)
			b.update(func(tx *store.Tx) error {
				_, err := engagement.ForwardReport(tx, moderator, r.ID, "")
				return err
			})
		}
		settle(t, a, b)
		if got := a.reports(); len(got) != 1 || got[0].Object != event.ID {
			t.Errorf("of the event, who invites learns %+v", got)
		}
		flags := of("Flag", writer.Inbox())
		if len(flags) != 1 || !slices.Equal(flags[0].JSON["object"].([]any), []any{writer.ID, reply[0].IRI}) {
			t.Errorf("of the reply, its server learns %v", flags)
		}
		if found := leaks(a.world); len(found) > 0 {
			t.Errorf("who reported is known: %v", found)
		}
	})
}

func TestORG28AReportOfAThousandThings(t *testing.T) {
	h := newHouse(t)
	evil := h.actor("evil.test", "evil", person)
	things := []any{h.orgIRI(), "https://else.test/1", map[string]any{"id": h.oppIRI(), "type": "Note"}}
	for n := range 900 {
		things = append(things, fmt.Sprintf("https://evil.test/x/%d", n))
	}
	things = append(things, h.base.OrganizationID(h.other)) // after the first twenty
	h.want(evil, evil.Activity("Flag", things, map[string]any{"content": `<script>alert(1)</script><p onclick="x">Das <b>ist</b> Betrug.</p>` + strings.Repeat("x", 6000)}), 202)
	got := h.reports()
	if len(got) != 1 || got[0].Object != h.opp.ID || !slices.Equal(got[0].Also, []engagement.ID{h.org.ID}) || got[0].Actor != evil.ID || got[0].Host != "evil.test" {
		t.Fatalf("got %+v", got)
	}
	if text := got[0].Text; !strings.HasPrefix(text, "Das ist Betrug.") || strings.ContainsAny(text, "<>") || strings.Contains(text, "alert") || len([]rune(text)) != 5000 {
		t.Errorf("text %.60q of %d", text, len(text))
	}
	settle(t, h.peer)
	if len(evil.Inbox()) != 0 {
		t.Errorf("answered: %+v", evil.Inbox())
	}
	if answer := evil.Post(h.base.Inbox(), evil.Activity("Flag", h.oppIRI())); len(answer.Body) != 0 {
		t.Errorf("answered %s", answer.Body)
	}
	h.view(func(tx *store.Tx) error {
		o, err := tx.Opportunity(h.opp.ID)
		if o.State != engagement.Published || o.Version != h.opp.Version {
			t.Errorf("the opportunity is %s, version %d", o.State, o.Version)
		}
		return err
	})
}

func TestFlagsInTheirForms(t *testing.T) {
	h := newHouse(t)
	good := h.world.Host("good.test").Actor("instance")
	h.want(good, carry(good, "Create", h.proposal(good, "/opp/1")), 202)
	n := h.announce(h.org, "Unser Lesefest")
	b := h.topicBoard("lesepate")
	for name, tt := range map[string]struct {
		object any
		want   engagement.ID
	}{
		"an organization":         {h.orgIRI(), h.org.ID},
		"embedded":                {map[string]any{"id": h.oppIRI()}, h.opp.ID},
		"one in an array":         {[]any{h.oppIRI()}, h.opp.ID},
		"news":                    {[]any{h.orgIRI(), h.base.ID("announcement", string(n.ID))}, n.ID},
		"a board":                 {h.base.BoardID(b), b.ID},
		"a part of something":     {h.orgIRI() + "/followers", ""},
		"the instance":            {h.base.Actor(), ""},
		"what does not exist":     {h.base.ID("opportunity", "00000000-0000-7000-8000-000000000000"), ""},
		"a page of another place": {"https://else.test/1", ""},
		"nothing":                 {[]any{}, ""},
		"numbers":                 {[]any{1, true, nil}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(h.reports())
			h.clock.Forward(time.Second)
			h.want(good, good.Activity("Flag", tt.object, map[string]any{"seestern:reason": "spam"}), 202)
			got := h.reports()[before:]
			if tt.want == "" && len(got) != 0 || tt.want != "" && (len(got) != 1 || got[0].Object != tt.want || got[0].Reason != "spam") {
				t.Errorf("got %+v", got)
			}
		})
	}
	t.Run("what is not public cannot be found out", func(t *testing.T) {
		var hidden engagement.Opportunity
		h.update(func(tx *store.Tx) (err error) {
			hidden, err = engagement.SaveOpportunity(tx, engagement.System, draft(h.org, "Entwurf"))
			return err
		})
		h.unchanged(func() { h.want(good, good.Activity("Flag", h.base.OpportunityID(hidden)), 202) })
	})
	t.Run("what comes twice counts once", func(t *testing.T) {
		before := len(h.reports())
		flag := good.Activity("Flag", h.oppIRI())
		h.want(good, flag, 202)
		h.want(good, flag, 202)
		if got := len(h.reports()) - before; got != 1 {
			t.Errorf("%d reports", got)
		}
	})
}

func TestStrangersReportTenTimesADay(t *testing.T) {
	h := newHouse(t)
	evil := h.actor("one.evil.test", "evil", person)
	other := h.actor("two.evil.test", "evil", person)
	for range 9 {
		h.want(evil, evil.Activity("Flag", h.oppIRI()), 202)
	}
	h.want(other, other.Activity("Flag", h.oppIRI()), 202)
	h.want(evil, evil.Activity("Flag", h.oppIRI()), 429)
	h.want(other, other.Activity("Flag", h.oppIRI()), 429)
	h.want(evil, evil.Activity("Like", h.oppIRI()), 202)
	good := h.world.Host("good.test").Actor("instance")
	for range 12 {
		h.want(good, good.Activity("Flag", h.oppIRI()), 202)
	}
	if got := len(h.reports()); got != 22 {
		t.Errorf("%d reports, want 22", got)
	}
	h.clock.Forward(24 * time.Hour)
	h.want(evil, evil.Activity("Flag", h.oppIRI()), 202)
}

// §5.11: a Block is honored silently, and lifted by its Undo or a new Follow.
func TestABlockEndsEverythingForOneAlone(t *testing.T) {
	direct := func(a *fedtest.Actor, h *house, text string) map[string]any {
		return noteOf(a, text, map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()})
	}
	eachHouse(t, func(t *testing.T, h *house) {
		n := h.announce(h.org, "Unser Lesefest")
		for name, lift := range map[string]func(a *fedtest.Actor, block map[string]any) map[string]any{
			"its Undo by id": func(a *fedtest.Actor, block map[string]any) map[string]any { return a.Activity("Undo", block["id"]) },
			"its Undo in full, with another id": func(a *fedtest.Actor, _ map[string]any) map[string]any {
				return a.Activity("Undo", map[string]any{"id": a.ID + "/blocks/new", "type": "Block", "actor": a.ID, "object": h.orgIRI()})
			},
			"a new Follow": func(a *fedtest.Actor, _ map[string]any) map[string]any { return a.Activity("Follow", h.orgIRI()) },
		} {
			t.Run(name, func(t *testing.T) {
				a := h.actor("social.test", "u"+fmt.Sprint(len(name)), person)
				h.want(a, a.Activity("Follow", h.orgIRI()), 202)
				h.want(a, direct(a, h, "Gern!"), 202)
				h.want(a, noteOf(a, "Schön!", map[string]any{"to": []string{public}, "inReplyTo": h.base.ID("announcement", string(n.ID))}), 202)
				settle(t, h.peer)
				var reply engagement.Reaction
				h.update(func(tx *store.Tx) error {
					list, err := tx.Reactions(n.ID, engagement.Reply, false)
					for _, r := range list {
						if r.Actor == a.ID {
							reply = r
							reply.Shown = true
						}
					}
					if err != nil {
						return err
					}
					return tx.PutReaction(reply)
				})
				shown := func() (yes bool) {
					h.view(func(tx *store.Tx) error {
						list, err := tx.Reactions(n.ID, engagement.Reply, true)
						yes = slices.ContainsFunc(list, func(r engagement.Reaction) bool { return r.Actor == a.ID })
						return err
					})
					return yes
				}
				answers := func() int {
					h.update(func(tx *store.Tx) error {
						member := engagement.Actor{Account: "m", Members: map[engagement.ID]engagement.Role{h.org.ID: engagement.Member}}
						_, err := engagement.ReplyToInterest(tx, member, h.interest(a).ID, "Danke!")
						return err
					})
					before := len(a.Inbox())
					settle(t, h.peer)
					return len(a.Inbox()) - before
				}
				if !shown() || answers() != 1 {
					t.Fatal("nothing to end")
				}
				block := a.Activity("Block", h.orgIRI())
				before := len(a.Inbox())
				h.want(a, block, 202)
				settle(t, h.peer)
				if slices.Contains(h.followers(), a.ID) || len(a.Inbox()) != before || shown() || answers() != 0 {
					t.Errorf("followers %v, %d answers to the Block, shown %v", h.followers(), len(a.Inbox())-before, shown())
				}
				h.want(a, lift(a, block), 202)
				settle(t, h.peer)
				if !shown() || answers() != 1 {
					t.Error("it is not lifted")
				}
			})
		}
		t.Run("taken back before it came, it has no effect", func(t *testing.T) {
			a := h.actor("social.test", "early", person)
			block := a.Activity("Block", h.orgIRI())
			h.want(a, a.Activity("Undo", block["id"]), 202)
			h.unchanged(func() { h.want(a, block, 202) })
		})
		t.Run("nobody lifts the block of somebody else", func(t *testing.T) {
			a, b := h.actor("social.test", "a", person), h.actor("social.test", "b", person)
			block := a.Activity("Block", h.orgIRI())
			h.want(a, block, 202)
			h.want(b, b.Activity("Undo", block), 202)
			h.view(func(tx *store.Tx) error {
				_, err := tx.Block("org/"+string(h.org.ID), a.ID)
				if err != nil {
					t.Error("it is lifted")
				}
				return nil
			})
		})
		t.Run("an automatic answer does not go to who blocks the instance", func(t *testing.T) {
			a := h.actor("social.test", "shy", person)
			h.want(a, a.Activity("Block", h.base.Actor()), 202)
			h.want(a, direct(a, h, "Gern!"), 202)
			settle(t, h.peer)
			if len(a.Inbox()) != 0 {
				t.Errorf("got %+v", a.Inbox())
			}
		})
	})
}
