package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestWhatAppearedHereIsToldFromWhatOnlyChanged(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		clock := &storetest.Clock{}
		c.Clock = clock.Now
		s := storetest.Open(t, c)
		org := putOrganization(t, s, "verein")
		early := putOpportunity(t, s, org.ID, "early", nil)
		draft := putOpportunity(t, s, org.ID, "draft", func(o *engagement.Opportunity) { o.State = engagement.Draft })
		clock.Forward(hour)
		since := clock.Now()
		late := putOpportunity(t, s, org.ID, "late", func(o *engagement.Opportunity) { o.Published = since.Add(-900 * hour) }) // a copy of something old
		change := func(o *engagement.Opportunity, state engagement.OpportunityState) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				o.State = state
				return tx.PutOpportunity(o)
			})
		}
		change(&draft, engagement.Published)
		change(&early, engagement.Paused)
		change(&early, engagement.Published)
		names := func(q engagement.Search) (all []string) {
			t.Helper()
			q.Order = engagement.Newest
			for _, h := range get(t, s, func(tx *store.Tx) (store.Hits, error) { return tx.Search(q, store.Viewer{}) }).List {
				all = append(all, h.Title)
			}
			return all
		}
		wants := func(what string, q engagement.Search, want ...string) {
			t.Helper()
			if got := names(q); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", what, got, want)
			}
		}
		wants("since then", engagement.Search{AppearedFrom: since}, "draft", "late")
		wants("before", engagement.Search{AppearedTo: since}, "early")
		clock.Forward(hour)
		wants("since now", engagement.Search{AppearedFrom: clock.Now()})
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(late.ID) })
		wants("of what is left", engagement.Search{AppearedFrom: since}, "draft")
	})
}

func TestSubscriptionsAreErasedWithTheirMails(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		clock := &storetest.Clock{}
		c.Clock = clock.Now
		s := storetest.Open(t, c)
		put := func(change func(*engagement.Subscription)) (told engagement.Subscription) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				told = engagement.Subscription{ID: tx.NewSecretID(), Email: "leser@mail.example", Created: tx.Now(), Next: tx.Now().Add(hour)}
				change(&told)
				return errors.Join(
					tx.PutSubscription(&told), tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Subject: told.ID, At: tx.Now(), To: engagement.Recipient{Address: told.Email}}),
					tx.PutToken(engagement.Token{Hash: string(told.ID), Purpose: engagement.TokenSubscription, Subject: told.ID, Expires: tx.Now().Add(hour)}))
			})
			return told
		}
		ended := put(func(*engagement.Subscription) {})
		update(t, s, func(tx *store.Tx) error { return tx.DeleteSubscription(ended.ID) })
		view(t, s, func(tx *store.Tx) error {
			events, err := tx.Events(engagement.Mail, store.Waiting, 10)
			_, tokenErr := tx.Token(string(ended.ID), engagement.TokenSubscription)
			if len(events) != 0 || err != nil || !errors.Is(tokenErr, engagement.ErrNotFound) {
				t.Errorf("left: %d mails, %v, token %v", len(events), err, tokenErr)
			}
			return nil
		})

		kept := put(func(*engagement.Subscription) {})
		open := put(func(s *engagement.Subscription) { s.Next = time.Time{} })
		clock.Forward(73 * hour)
		if _, err := s.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		view(t, s, func(tx *store.Tx) error {
			if _, err := tx.Subscription(open.ID); !errors.Is(err, engagement.ErrNotFound) {
				t.Errorf("an address that nobody confirmed: got %v, want ErrNotFound", err)
			}
			due, err := tx.DueSubscriptions(10)
			if len(due) != 1 || due[0].ID != kept.ID || err != nil {
				t.Errorf("due: got %v, %v", due, err)
			}
			same, err := tx.SubscriptionBySecret(engagement.Hash(tx.LinkToken(kept.ID)))
			if same.ID != kept.ID || err != nil {
				t.Errorf("by its link: got %v, %v", same, err)
			}
			return nil
		})
	})
}
