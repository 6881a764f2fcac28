package federation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// messages are those to an organization; to the instance and its boards for the empty ID.
func (s *peer) messages(organization engagement.ID) (all []engagement.Message) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		all, err = tx.MessagesTo(organization)
		return err
	})
	return all
}

// replies sends the words of whoever may answer a message.
func (s *peer) replies(by engagement.Actor, m engagement.Message, text string) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		_, err := engagement.AnswerMessage(tx, by, m.ID, text)
		return err
	})
	settle(s.t, s)
}

var moderates = engagement.Actor{Account: "moderator", Roles: []engagement.Role{engagement.Moderator}}

func memberOf(o engagement.Organization) engagement.Actor {
	return engagement.Actor{Account: "member", Members: map[engagement.ID]engagement.Role{o.ID: engagement.Member}}
}

// last is the newest note that somebody got.
func last(t *testing.T, a *fedtest.Actor) map[string]any {
	t.Helper()
	all := of("Create", a.Inbox())
	if len(all) == 0 {
		t.Fatalf("%s got nothing", a.Name)
	}
	return all[len(all)-1].JSON["object"].(map[string]any)
}

// protocol.md §6.4: a direct message about nothing we offer is read by people, and answered by them.
func TestC15MessagesWithoutASubject(t *testing.T) {
	for server, address := range writers {
		t.Run(server, func(t *testing.T) {
			eachHouse(t, func(t *testing.T, h *house) {
				board := h.topicBoard("lesepate")
				for name, to := range map[string]struct {
					iri       string
					id        engagement.ID
					by        engagement.Actor
					automatic int
				}{
					"an organization": {h.orgIRI(), h.org.ID, memberOf(h.org), 0},
					"the instance":    {h.base.Actor(), "", moderates, 1},
					"a board":         {h.base.BoardID(board), "", moderates, 1},
				} {
					t.Run("to "+name, func(t *testing.T) {
						a := h.actor("social.test", strings.ReplaceAll(name, " ", "-"), person)
						note := noteOf(a, "Wann ist <b>Sprechstunde</b>?", address(a, to.iri, "direct"))
						h.want(a, note, 202)
						settle(t, h.peer)
						got := h.messages(to.id)
						m := got[len(got)-1]
						if m.Text != "Wann ist Sprechstunde?" || m.From.Actor != a.ID || m.From.Note != note["object"].(map[string]any)["id"] || len(h.requests()) != 0 {
							t.Fatalf("got %+v and %d requests", m, len(h.requests()))
						}
						if n := len(answers(a)); n != to.automatic {
							t.Errorf("%d automatic answers, want %d", n, to.automatic)
						}
						h.replies(to.by, m, "Mittwochs, <ab> 15 Uhr.")
						answer := last(t, a)
						if answer["attributedTo"] != to.iri || answer["inReplyTo"] != m.From.Note || !strings.Contains(fmt.Sprint(answer["content"]), "Mittwochs, &lt;ab&gt; 15 Uhr.") || !slices.Equal(answer["to"].([]any), []any{a.ID}) {
							t.Errorf("got %v", answer)
						}
						h.want(a, noteOf(a, "Danke!", with(address(a, to.iri, "direct"), map[string]any{"inReplyTo": answer["id"]})), 202)
						settle(t, h.peer)
						if n := len(h.messages(to.id)); n != len(got)+1 || len(answers(a)) != to.automatic+1 {
							t.Errorf("after a further word: %d messages, %d answers", n, len(answers(a)))
						}
					})
				}
			})
		})
	}
}

func TestMessagesAreTheirAuthors(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		a, b := h.actor("social.test", "a", person), h.actor("social.test", "b", person)
		create := noteOf(a, "Wann?", map[string]any{"to": []string{h.orgIRI(), h.base.OrganizationID(h.other)}, "cc": []string{a.ID + "/followers"}})
		h.want(a, create, 202)
		note := create["object"].(map[string]any)
		edit := func(text string) map[string]any {
			object := with(map[string]any{}, note)
			object["content"] = "<p>" + text + "</p>"
			return carry(a, "Update", object)
		}
		h.want(a, edit("Wann genau?"), 202)
		for _, org := range []engagement.ID{h.org.ID, h.other.ID} {
			if got := h.messages(org); len(got) != 1 || got[0].Text != "Wann genau?" || !got[0].From.FollowersToo {
				t.Fatalf("got %+v", got)
			}
		}
		h.update(func(tx *store.Tx) error {
			_, err := engagement.ReadMessage(tx, memberOf(h.org), h.messages(h.org.ID)[0].ID)
			return err
		})
		h.want(a, edit("Egal"), 202)
		if read, unread := h.messages(h.org.ID)[0].Text, h.messages(h.other.ID)[0].Text; read != "Wann genau?" || unread != "Egal" {
			t.Errorf("what was read says %q, what was not %q", read, unread)
		}
		h.want(b, b.Activity("Delete", note["id"]), 202)
		if len(h.messages(h.org.ID)) != 1 {
			t.Error("somebody else deleted it")
		}
		h.want(a, a.Activity("Delete", note["id"]), 202)
		if got := len(h.messages(h.org.ID)) + len(h.messages(h.other.ID)); got != 0 {
			t.Errorf("%d are left after Delete", got)
		}
		t.Run("who is gone leaves none", func(t *testing.T) {
			h.want(b, noteOf(b, "Hallo", map[string]any{"to": h.orgIRI()}), 202)
			h.want(b, b.Activity("Delete", b.ID), 202)
			if got := h.messages(h.org.ID); len(got) != 0 {
				t.Errorf("got %+v", got)
			}
		})
	})
}

func TestWhoseMessagesNobodyReads(t *testing.T) {
	h := newHouse(t)
	direct := func(a *fedtest.Actor, to string) map[string]any { return noteOf(a, "Hallo", map[string]any{"to": to}) }
	t.Run("those of machines", func(t *testing.T) {
		for _, kind := range []string{"Application", "Service"} {
			a := h.actor("social.test", kind, func(d map[string]any) { d["type"] = kind })
			h.unchanged(func() { h.want(a, direct(a, h.orgIRI()), 202) })
		}
	})
	t.Run("those of a limited server", func(t *testing.T) {
		a := h.actor("limited.test", "a", person)
		h.setStanding("limited.test", store.Limited)
		h.unchanged(func() { h.want(a, direct(a, h.orgIRI()), 202) })
	})
	t.Run("the eleventh of a day", func(t *testing.T) {
		a := h.actor("social.test", "much", person)
		for range 12 {
			h.want(a, direct(a, h.orgIRI()), 202)
		}
		if got := len(h.messages(h.org.ID)); got != 10 {
			t.Errorf("%d messages, want 10", got)
		}
	})
	t.Run("the answer to one who has blocked meanwhile", func(t *testing.T) {
		a := h.actor("social.test", "shy", person)
		h.want(a, direct(a, h.base.OrganizationID(h.other)), 202)
		h.want(a, a.Activity("Block", h.base.OrganizationID(h.other)), 202)
		h.replies(memberOf(h.other), h.messages(h.other.ID)[0], "Gern.")
		if len(a.Inbox()) != 0 {
			t.Errorf("got %+v", a.Inbox())
		}
	})
	t.Run("another organization's are read, without automatic answer", func(t *testing.T) {
		a := h.actor("elsewhere.test", "org")
		h.want(a, direct(a, h.base.Actor()), 202)
		settle(t, h.peer)
		if got := h.messages(""); len(got) != 1 || len(a.Inbox()) != 0 {
			t.Errorf("got %+v and %d answers", got, len(a.Inbox()))
		}
	})
}
