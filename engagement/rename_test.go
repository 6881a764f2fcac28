package engagement_test

import (
	"encoding/json"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

// DEL-11
func TestAnOldNameIsNowhereLeft(t *testing.T) {
	eachHouse(t, func(h *house) {
		ada := h.person()
		const old, now = "Adam Alt", "Ada Neu"
		h.update(func(tx *store.Tx) error { return Rename(tx, ada, ada.Account, old) })
		m := h.asks(ada, nil)
		h.must(h.answers(m, EventAsk))
		h.update(func(tx *store.Tx) error {
			m, err := tx.MatchRequest(m.ID)
			if err != nil {
				return err
			}
			m.Contact.Name = old
			if err := tx.PutMatchRequest(&m); err != nil {
				return err
			}
			if _, err = ReleaseContact(tx, ada, m.ID, Card{"name": old, "note": "Bitte klingeln."}); err != nil {
				return err
			}
			p := Profile{Account: ada.Account, AgeBand: "27-59"}
			if err := SaveProfile(tx, ada, &p); err != nil {
				return err
			}
			if _, err := OpenPresence(tx, ada, Presence{Handle: "ada_liest", Name: old}, true); err != nil {
				return err
			}
			c := AdviceRequest{ID: tx.NewSecretID(), Number: "F-1", Account: ada.Account, Name: old, Received: tx.Now()}
			return tx.PutAdvice(&c)
		})
		h.mails()
		h.update(func(tx *store.Tx) error { return Rename(tx, ada, ada.Account, "  "+now+" ") })
		h.update(func(tx *store.Tx) error {
			all, err := tx.PersonalOf(ada.Account)
			if err != nil {
				return err
			}
			text, err := json.Marshal(all)
			if strings.Contains(string(text), old) || strings.Count(string(text), now) < 5 {
				t.Errorf("got %s", text)
			}
			return err
		})
		if got := h.request(m); got.Card["note"] != "Bitte klingeln." || got.Card["name"] != now || got.State != ContactShared {
			t.Errorf("got %+v", got)
		}
		if got := strings.Join(h.mails(), " "); got != MailRequestChanged {
			t.Errorf("told %q", got)
		}
		for _, bad := range []string{" ", strings.Repeat("a", 101)} {
			if err := h.s.Update(ctx, func(tx *store.Tx) error { return Rename(tx, ada, ada.Account, bad) }); err == nil {
				t.Errorf("%q is taken", bad)
			}
		}
		h.refused(ErrNotFound, func(tx *store.Tx) error { return Rename(tx, h.manager, ada.Account, "Eva") })
	})
}
