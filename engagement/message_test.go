package engagement_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// writes is a message from another server.
func (h *house) writes(author string, to ID) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutRemoteActor(store.RemoteActor{IRI: author, Host: "social.test", Fetched: tx.Now()}); err != nil {
			return err
		}
		return ReceiveMessage(tx, Message{Organization: to, From: RemotePerson{Actor: author, Note: author + "/" + tx.NewToken()}, Text: strings.Repeat("x", MessageLimit+9)})
	})
}

func (h *house) messages(to ID) (all []Message) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.MessagesTo(to)
		return err
	}))
	return all
}

func TestAMessageFromItsArrivalToItsAnswer(t *testing.T) {
	eachHouse(t, func(h *house) {
		const kim = "https://social.test/kim"
		h.must(h.writes(kim, h.org.ID))
		h.want("of the first the team hears", strings.Join(h.mails(), " "), MailMessage)
		h.must(h.writes(kim, h.org.ID))
		h.want("of the next it does not", strings.Join(h.mails(), " "), "")
		h.must(h.writes(kim, ""))
		h.want("of what nobody is named for the moderators hear", strings.Join(h.mails(), " "), MailNewCase)
		first := h.messages(h.org.ID)[0]
		if len([]rune(first.Text)) != MessageLimit {
			t.Errorf("kept %d characters, want %d", len([]rune(first.Text)), MessageLimit)
		}

		edit := func(text string) string {
			h.update(func(tx *store.Tx) error {
				m, err := tx.Message(first.ID)
				if err != nil {
					return err
				}
				return EditMessage(tx, m, text)
			})
			return h.messages(h.org.ID)[0].Text
		}
		h.want("changed before it was read", edit("Guten Tag"), "Guten Tag")
		read := func(by Actor) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := ReadMessage(tx, by, first.ID); return err })
		}
		if err := read(h.person()); !errors.Is(err, ErrNotFound) {
			t.Errorf("read by somebody else: got %v, want ErrNotFound", err)
		}
		h.must(read(h.manager))
		seen := h.messages(h.org.ID)[0].Seen
		h.clock.Forward(time.Hour)
		h.must(read(h.manager))
		if again := h.messages(h.org.ID)[0].Seen; seen.IsZero() || !again.Equal(seen) {
			t.Errorf("first read at %s, then at %s", seen, again)
		}
		h.want("changed after it was read", edit("Etwas anderes"), "Guten Tag")

		answer := func(by Actor, text string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := AnswerMessage(tx, by, first.ID, text); return err })
		}
		if err := answer(h.moderator(), "Nein."); !errors.Is(err, ErrNotFound) {
			t.Errorf("answered by a moderator: got %v, want ErrNotFound", err)
		}
		h.refusedAt("an empty answer", answer(h.manager, " "), "text")
		h.wires()
		h.must(answer(h.manager, " Gern! "))
		if sent := h.wires(); len(sent) != 1 || sent[0].Kind != WireMessage || sent[0].Subject != first.ID {
			t.Errorf("sent %+v", sent)
		}
		if now := h.messages(h.org.ID)[0]; now.Answer != "Gern!" || now.Answered.IsZero() {
			t.Errorf("kept %+v", now)
		}
		if err := answer(h.manager, "Und noch etwas"); !errors.Is(err, ErrConflict) {
			t.Errorf("answered twice: got %v, want ErrConflict", err)
		}
		second := h.messages(h.org.ID)[1]
		h.update(func(tx *store.Tx) error { _, err := AnswerMessage(tx, h.manager, second.ID, "Ja."); return err })
		if h.messages(h.org.ID)[1].Seen.IsZero() {
			t.Error("what is answered counts as unread")
		}
		somebody := h.person()
		if err := h.s.Update(ctx, func(tx *store.Tx) error { return DiscardMessage(tx, somebody, second.ID) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("discarded by somebody else: got %v, want ErrNotFound", err)
		}
		h.update(func(tx *store.Tx) error { return DiscardMessage(tx, h.manager, second.ID) })
		if got := len(h.messages(h.org.ID)); got != 1 {
			t.Errorf("%d messages are left, want 1", got)
		}
	})
}

func TestMessagesAreLimited(t *testing.T) {
	eachHouse(t, func(h *house) {
		for n := range 12 {
			if err := h.writes("https://social.test/kim", h.org.ID); (n < 10) != (err == nil) || err != nil && !errors.Is(err, ErrTooMany) {
				t.Errorf("message %d of a day: %v", n+1, err)
			}
		}
		h.clock.Forward(25 * time.Hour)
		h.must(h.writes("https://social.test/kim", h.org.ID))
		h.update(func(tx *store.Tx) error {
			for n := range 500 {
				m := Message{ID: tx.NewSecretID(), From: RemotePerson{Actor: "https://social.test/kim", Note: fmt.Sprint("https://social.test/", n)}, Received: tx.Now()}
				if err := tx.PutMessage(&m); err != nil {
					return err
				}
			}
			return nil
		})
		if err := h.writes("https://social.test/late", ""); !errors.Is(err, ErrTooMany) {
			t.Errorf("beyond what is kept: got %v, want ErrTooMany", err)
		}
	})
}
