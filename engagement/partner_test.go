package engagement_test

import (
	"errors"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

func TestAKeyThatChangedWithoutAWord(t *testing.T) {
	eachHouse(t, func(h *house) {
		p := Partner{Host: "b.example", Actor: "https://b.example/actor", State: PartnerActive, Level: "vertraut"}
		ended := Partner{Host: "c.example", Actor: "https://c.example/actor", State: PartnerEnded, Level: "vertraut"}
		h.update(func(tx *store.Tx) error { return errors.Join(tx.PutPartner(&p), tx.PutPartner(&ended)) })
		h.mails()
		for _, c := range []struct {
			what, host, actor string
			want              bool
		}{
			{"the partner itself", "b.example", p.Actor, true},
			{"the same once more", "b.example", p.Actor, true},
			{"somebody there who shares nothing", "b.example", "https://b.example/u/x", false},
			{"a partner that is none any more", "c.example", ended.Actor, false},
			{"a stranger", "d.example", "https://d.example/u/x", false},
		} {
			h.update(func(tx *store.Tx) error {
				matters, err := KeysChanged(tx, c.host, c.actor)
				if matters != c.want {
					h.t.Errorf("%s: got %v", c.what, matters)
				}
				return err
			})
		}
		h.want("mails", strings.Join(h.mails(), " "), "partner-keys")
		trust := func(by Actor) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				_, err := TrustKeys(tx, by, "b.example")
				return err
			})
		}
		if err := trust(h.manager); !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
			h.t.Errorf("an organization: %v", err)
		}
		h.must(trust(System))
		if err := trust(System); !errors.Is(err, ErrConflict) {
			h.t.Errorf("a second time: %v", err)
		}
	})
}
