package engagement_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// subscribes is what somebody wants to be told, and the token of the mail if there is one.
func (h *house) subscribes(by Actor, wish Subscription) (s Subscription, token string) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		s, err = Subscribe(tx, by, wish)
		return err
	})
	events, err := h.s.LeaseEvents(ctx, Mail, "test", 100, time.Hour)
	h.must(err)
	for _, e := range events {
		if token = e.Args["token"]; e.Kind != MailSubscriptionConfirm || e.To.Address == "" {
			h.t.Errorf("got a mail %s to %+v", e.Kind, e.To)
		}
		h.update(func(tx *store.Tx) error { return tx.EventDone(e) })
	}
	return s, token
}

func (h *house) subscription(id ID) (s Subscription, err error) {
	err = h.s.View(ctx, func(tx *store.Tx) (err error) {
		s, err = tx.Subscription(id)
		return err
	})
	return s, err
}

// tells lets a subscription be looked at that has so much news.
func (h *house) tells(s Subscription, news ...ID) []string {
	h.t.Helper()
	h.update(func(tx *store.Tx) error { return TellNews(tx, s, news, tx.Now().Add(-time.Minute)) })
	return h.mails()
}

func TestSubscribingWithoutAnAccount(t *testing.T) {
	eachHouse(t, func(h *house) {
		wish := Subscription{Email: " Leser@Mail.example ", Lang: "de", Query: "q=lesen", Search: Search{Text: "lesen"}, Every: "taeglich"}
		asked, token := h.subscribes(Actor{}, wish)
		if asked.Confirmed || asked.Email != "leser@mail.example" || token == "" {
			t.Fatalf("got %+v, token %q", asked, token)
		}
		var due []Subscription
		h.clock.Forward(2 * time.Hour)
		h.update(func(tx *store.Tx) (err error) {
			if _, err = ConfirmSubscription(tx, token); err != nil {
				return err
			}
			due, err = tx.DueSubscriptions(10)
			return err
		})
		s, err := h.subscription(asked.ID)
		h.must(err)
		if !s.Confirmed || !s.Since.Equal(h.clock.Now()) || len(due) != 0 {
			t.Errorf("got %+v, due %v", s, due)
		}
		if again := h.s.Update(ctx, func(tx *store.Tx) error { _, err := ConfirmSubscription(tx, token); return err }); !errors.Is(again, ErrNotFound) {
			t.Errorf("the link a second time: got %v, want ErrNotFound", again)
		}
		if same, token := h.subscribes(Actor{}, wish); same.ID != "" || token != "" {
			t.Error("a second mail for the same")
		}
		h.must(h.s.Update(ctx, func(tx *store.Tx) error { return Unsubscribe(tx, Actor{Request: s.ID}, s.ID) }))
		if _, err := h.subscription(s.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("what was ended: got %v, want ErrNotFound", err)
		}
	})
}

func TestSubscribingIsLimited(t *testing.T) {
	eachHouse(t, func(h *house) {
		ada, ben := h.person(), h.person()
		bad := func(by Actor, s Subscription) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := Subscribe(tx, by, s); return err })
		}
		var invalid Invalids
		if err := bad(Actor{}, Subscription{Email: "x", Every: "stuendlich"}); !errors.As(err, &invalid) || len(invalid) != 2 {
			t.Errorf("got %v, want two refusals", err)
		}
		if err := bad(Actor{}, Subscription{Email: "a@mail.example", Every: "taeglich", Fitting: true}); !errors.Is(err, ErrForbidden) {
			t.Errorf("by a profile that there is not: got %v", err)
		}
		var one *Invalid
		for i := range 21 {
			if err := bad(ada, Subscription{Query: "q=" + string(rune('a'+i)), Every: "taeglich"}); (i == 20) != errors.As(err, &one) {
				t.Errorf("%d: got %v", i, err)
			}
		}
		for range 5 {
			h.subscribes(Actor{}, Subscription{Email: "fremd@mail.example", Query: "q=x", Every: "taeglich"})
		}
		h.update(func(tx *store.Tx) error {
			if n, err := tx.CountMails("fremd@mail.example", tx.Now().Add(-time.Hour)); n != 3 || err != nil {
				t.Errorf("mails to a stranger: got %d, %v; want 3", n, err)
			}
			list, err := tx.SubscriptionsOf(ada.Account, "")
			h.must(err)
			if err := Unsubscribe(tx, ben, list[0].ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("somebody else ends it: got %v", err)
			}
			if err := Prolong(tx, ben, list[0].ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("somebody else prolongs it: got %v", err)
			}
			return nil
		})
		first, _ := h.subscribes(ben, Subscription{Fitting: true, Every: "taeglich"})
		second, _ := h.subscribes(ben, Subscription{Fitting: true, Every: "woechentlich", Reasons: true})
		if first.ID != second.ID || !second.Reasons || second.Every != "woechentlich" {
			t.Errorf("changed: got %+v, was %+v", second, first)
		}
	})
}

func TestNewsAreToldOnceAndNeverAtQuietHours(t *testing.T) {
	eachHouse(t, func(h *house) { // it is Wednesday
		weekly, _ := h.subscribes(h.person(), Subscription{Fitting: true, Reasons: true, Every: "woechentlich"})
		daily, _ := h.subscribes(h.person(), Subscription{Query: "q=x", Every: "taeglich"})
		for range 400 {
			for _, s := range []*Subscription{&weekly, &daily} {
				before := *s
				if Quiet(s.Next, "BE") {
					t.Fatalf("it is looked for news on %s", s.Next)
				}
				if h.clock.Now().Before(s.Next) {
					continue
				}
				news := []ID{"a", "b", "c", "d", "e", "f"}
				h.update(func(tx *store.Tx) error { return TellNews(tx, before, news, tx.Now().Add(-time.Minute)) })
				now, err := h.subscription(s.ID)
				if errors.Is(err, ErrNotFound) {
					continue
				}
				h.must(err)
				if mails := h.mails(); len(mails) == 0 || mails[len(mails)-1] != map[bool]string{true: MailMatches, false: MailSearchNews}[s.Fitting] {
					t.Fatalf("got the mails %v", mails)
				}
				now, err = h.subscription(s.ID)
				h.must(err)
				h.clock.Forward(time.Hour)
				if mails := h.tells(before, news...); len(mails) != 0 {
					t.Fatalf("told twice: %v", mails)
				}
				if !now.From.Equal(before.Since) || !now.Since.Equal(h.clock.Now().Add(-time.Hour-time.Minute)) {
					t.Fatalf("the next window begins %s after one from %s", now.Since, now.From)
				}
				if mails := h.tells(now); len(mails) != 0 {
					t.Fatalf("a mail about nothing: %v", mails)
				}
				*s, err = h.subscription(s.ID)
				h.must(err)
			}
			h.clock.Forward(day)
		}
		for _, s := range []Subscription{weekly, daily} {
			if _, err := h.subscription(s.ID); !errors.Is(err, ErrNotFound) || !s.Reminded {
				t.Errorf("after a year: got %v, reminded %v", err, s.Reminded)
			}
		}
	})
}

func TestWhoLeavesIsToldNothing(t *testing.T) {
	eachHouse(t, func(h *house) {
		ada := h.person()
		s, _ := h.subscribes(ada, Subscription{Query: "q=x", Every: "taeglich"})
		h.update(func(tx *store.Tx) error {
			a, err := tx.Account(ada.Account)
			if err != nil {
				return err
			}
			a.DeleteAfter = tx.Now().Add(9 * day)
			return tx.PutAccount(&a)
		})
		h.clock.Forward(day)
		if got := h.tells(s, "news"); got != nil {
			t.Errorf("got %v", got)
		}
	})
}

func TestASubscriptionEndsAfterAYearUnlessItIsProlonged(t *testing.T) {
	eachHouse(t, func(h *house) {
		ada := h.person()
		s, _ := h.subscribes(ada, Subscription{Query: "q=x", Every: "taeglich"})
		look := func() []string {
			t.Helper()
			now, err := h.subscription(s.ID)
			h.must(err)
			return h.tells(now)
		}
		h.clock.Forward(330 * day)
		if got := look(); got != nil {
			t.Errorf("on day 330: got %v", got)
		}
		h.clock.Forward(6 * day)
		if got := look(); !slices.Equal(got, []string{MailSubscriptionEnds}) {
			t.Errorf("on day 336: got %v", got)
		}
		if got := look(); got != nil {
			t.Errorf("once more: got %v", got)
		}
		h.must(h.s.Update(ctx, func(tx *store.Tx) error { return Prolong(tx, ada, s.ID) }))
		h.clock.Forward(60 * day)
		if got := look(); got != nil {
			t.Errorf("prolonged: got %v", got)
		}
		h.clock.Forward(310 * day)
		look()
		if _, err := h.subscription(s.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("after the second year: got %v, want ErrNotFound", err)
		}
	})
}
