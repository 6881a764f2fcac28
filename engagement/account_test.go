package engagement_test

import (
	"fmt"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// WEB-22
func TestMailsThatStrangersCauseAreFew(t *testing.T) {
	eachHouse(t, func(h *house) {
		register := func(address string) int {
			h.update(func(tx *store.Tx) error { return Register(tx, address, "de", "") })
			return len(h.mails())
		}
		for n, want := range []int{1, 1, 1, 0} {
			if got := register("ada@mail.example"); got != want {
				t.Errorf("mail %d to one address in an hour: got %d, want %d", n+1, got, want)
			}
		}
		sent := 0
		for n := range 300 {
			sent += register(fmt.Sprintf("v%d@mail.example", n))
		}
		if sent != 197 {
			t.Errorf("%d mails to others in the same hour, want 197", sent)
		}
		h.update(func(tx *store.Tx) error { return SendSignInLink(tx, "manager@verein.example", "") })
		if got := len(h.mails()); got != 0 {
			t.Errorf("another kind: got %d mails", got)
		}
		h.clock.Forward(time.Hour + time.Minute)
		if got := register("later@mail.example"); got != 1 {
			t.Errorf("an hour later: got %d", got)
		}
	})
}
