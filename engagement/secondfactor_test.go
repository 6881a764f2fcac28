package engagement_test

import (
	"encoding/base32"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	. "seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// bare is an empty instance.
func bare(t *testing.T) *house {
	h := &house{t: t, clock: &storetest.Clock{}}
	c := storetest.SQLite(t)
	c.Clock = h.clock.Now
	h.s = storetest.Open(t, c)
	return h
}

// refused says whether a change was refused with the given error.
func (h *house) refused(want error, change func(*store.Tx) error) {
	h.t.Helper()
	if err := h.s.Update(ctx, change); !errors.Is(err, want) {
		h.t.Errorf("got %v, want %v", err, want)
	}
}

// guarded is an account with a second factor, whose secret the test knows.
func (h *house) guarded(secret string) Account {
	h.t.Helper()
	var a Account
	h.update(func(tx *store.Tx) (err error) {
		a, err = NewAccount(tx, "Ada", "ada@mail.example", "", "hash", "de")
		if err != nil {
			return err
		}
		a.SecondFactor = tx.Now()
		f := SecondFactor{Account: a.ID, Secret: secret, Since: tx.Now(), Codes: []string{Hash("0123456789abcdef")}}
		return errors.Join(tx.PutAccount(&a), tx.PutSecondFactor(&f))
	})
	return a
}

func (h *house) firstFactor(a Account) (token string) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		token, err = FirstFactor(tx, a.ID, "/meine")
		return err
	})
	return token
}

func (h *house) passesWith(token, code string) (right bool) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		_, _, right, err = PassSecondFactor(tx, token, code)
		return err
	})
	return right
}

// mailed is the last mail of a kind since the last call; all others are forgotten.
func (h *house) mailed(kind string) (found Event) {
	h.t.Helper()
	events, err := h.s.LeaseEvents(ctx, Mail, "test", 99, time.Minute)
	for _, e := range events {
		if e.Kind == kind {
			found = e.Event
		}
		h.update(func(tx *store.Tx) error { return tx.EventDone(e) })
	}
	if err != nil || found.Kind == "" {
		h.t.Fatalf("no mail %s, %v", kind, err)
	}
	return found
}

// The vectors of RFC 6238, appendix B, for SHA-1, of which apps show the last six digits.
func TestACodeOfTheAppIsThatOfTheStandard(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		h := bare(t)
		h.clock.Forward(time.Unix(at, 0).Sub(h.clock.Now()))
		a := h.guarded(secret)
		if !h.passesWith(h.firstFactor(a), code) {
			t.Errorf("at %d: %s is not taken", at, code)
		}
	}
}

func TestACodeIsTakenOnceAndAtItsTime(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	code := func(at time.Time) string {
		c, err := totp.GenerateCode(secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	h := bare(t)
	a := h.guarded(secret)
	for step, want := range map[int]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		h := bare(t)
		a := h.guarded(secret)
		if got := h.passesWith(h.firstFactor(a), code(h.clock.Now().Add(time.Duration(step)*30*time.Second))); got != want {
			t.Errorf("the code %d steps away is taken: %v", step, got)
		}
	}
	now := code(h.clock.Now())
	if !h.passesWith(h.firstFactor(a), now) || h.passesWith(h.firstFactor(a), now) || h.passesWith(h.firstFactor(a), code(h.clock.Now().Add(-30*time.Second))) {
		t.Error("a code, or one before it, is taken after it was used")
	}
	token := h.firstFactor(a)
	h.clock.Forward(11 * time.Minute)
	h.update(func(tx *store.Tx) error {
		if _, _, _, err := PassSecondFactor(tx, token, code(tx.Now())); !errors.Is(err, ErrNotFound) {
			t.Errorf("after eleven minutes: %v", err)
		}
		if _, err := SignedIn(tx, a.ID, "", false); !errors.Is(err, ErrForbidden) {
			t.Errorf("a session without the second factor: %v", err)
		}
		return nil
	})
}

// CON-08
func TestACodeIsTakenOnceAmongMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
		var a Account
		var token string
		update := func(f func(*store.Tx) error) {
			t.Helper()
			if err := s.Update(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		update(func(tx *store.Tx) (err error) {
			if a, err = NewAccount(tx, "Ada", "ada@mail.example", "", "", "de"); err != nil {
				return err
			}
			a.SecondFactor = tx.Now()
			f := SecondFactor{Account: a.ID, Secret: secret, Since: tx.Now(), Codes: []string{Hash("0123456789abcdef"), Hash("fedcba9876543210")}}
			return errors.Join(tx.PutAccount(&a), tx.PutSecondFactor(&f))
		})
		for _, code := range []string{"", "0123-4567-89ab-cdef"} {
			update(func(tx *store.Tx) (err error) {
				if code == "" {
					if code, err = totp.GenerateCode(secret, tx.Now()); err != nil {
						return err
					}
				}
				token, err = FirstFactor(tx, a.ID, "")
				return err
			})
			var passed atomic.Int32
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					var right bool
					err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
						_, _, right, err = PassSecondFactor(tx, token, code)
						return err
					})
					if err == nil && right {
						passed.Add(1)
					}
				})
			}
			wait.Wait()
			if got := passed.Load(); got != 1 {
				t.Errorf("%s passes %d times", code, got)
			}
		}
	})
}

// Who changed an address may have been in the account before: what they set up to keep its owner out goes, what the owner has for longer stays.
func TestWhatTheUndoOfAnAddressTakesAway(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	// changes makes address that of the account and returns the token of the link that went to the former one.
	changes := func(h *house, a Account, address string) string {
		h.update(func(tx *store.Tx) error { return ChangeEmail(tx, Actor{Account: a.ID}, a.ID, address) })
		confirm := h.mailed(MailEmailConfirm).Args["token"]
		h.update(func(tx *store.Tx) error { return ConfirmEmail(tx, confirm) })
		return h.mailed(MailEmailChanged).Args["token"]
	}
	// sets is a second factor that somebody sets up now, of which only the secret is there if it is not confirmed.
	sets := func(h *house, a Account, confirmed bool) {
		by := Actor{Account: a.ID}
		h.update(func(tx *store.Tx) error { return StartSecondFactor(tx, by, a.ID) })
		if !confirmed {
			return
		}
		h.update(func(tx *store.Tx) error {
			f, err := tx.SecondFactor(a.ID)
			if err != nil {
				return err
			}
			code, err := totp.GenerateCode(f.Secret, tx.Now())
			if err != nil {
				return err
			}
			return second(ConfirmSecondFactor(tx, by, a.ID, code))
		})
		h.mailed(MailSecondFactor)
	}
	undone := func(h *house, a Account, token string) (got Account, codes int, secondMail bool) {
		h.update(func(tx *store.Tx) error { return UndoEmail(tx, token) })
		h.update(func(tx *store.Tx) (err error) {
			if got, err = tx.AccountByLogin("ada@mail.example"); err != nil {
				return err
			}
			f, err := tx.SecondFactor(a.ID)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if f.Since.IsZero() {
				t.Error("a secret is left that somebody else knows")
			}
			codes = len(f.Codes)
			return err
		})
		kinds := h.mails()
		if !slices.Contains(kinds, MailReset) || got.Password != "" {
			t.Errorf("no new password is asked for: %v", kinds)
		}
		return got, codes, slices.Contains(kinds, MailSecondFactor)
	}
	// Time passes between the second factor or its codes, the change and the undo.
	for name, c := range map[string]struct {
		before, after time.Duration
		renew         bool          // new codes on paper are made
		renewed       time.Duration // so long before the change
		keeps         bool
		codes         int
	}{
		"minutes before the change":                        {5 * time.Minute, time.Hour, false, 0, false, 0},
		"days before the change":                           {6 * day, 6 * day, false, 0, false, 0},
		"long before the change":                           {8 * day, time.Minute, false, 0, true, 10},
		"long before the change, undone in the last hours": {8 * day, 7*day - time.Hour, false, 0, true, 10},
		"long before, with codes of just now":              {30 * day, time.Hour, true, time.Minute, true, 0},
		"long before, with codes of long ago":              {30 * day, time.Hour, true, 20 * day, true, 10},
	} {
		h := bare(t)
		var a Account
		h.update(func(tx *store.Tx) (err error) {
			a, err = NewAccount(tx, "Ada", "ada@mail.example", "", "hash", "de")
			return err
		})
		sets(h, a, true)
		h.clock.Forward(c.before - c.renewed)
		if c.renew {
			h.update(func(tx *store.Tx) error { return second(RenewRecoveryCodes(tx, Actor{Account: a.ID}, a.ID)) })
			h.mails()
		}
		h.clock.Forward(c.renewed)
		back := changes(h, a, "thief@mail.example")
		h.clock.Forward(c.after)
		got, codes, told := undone(h, a, back)
		if got.SecondFactor.IsZero() == c.keeps || codes != c.codes || told != (c.codes == 0) {
			t.Errorf("%s: on since %v with %d codes, told %v", name, got.SecondFactor, codes, told)
		}
	}

	t.Run("a secret that waits for its first code", func(t *testing.T) {
		h := bare(t)
		a := h.guarded(secret)
		h.update(func(tx *store.Tx) error { return EndSecondFactor(tx, Actor{Account: a.ID}, a.ID, true) })
		h.mails()
		sets(h, a, false)
		if _, _, told := undone(h, a, changes(h, a, "thief@mail.example")); told {
			t.Error("told of what did not count yet")
		}
	})
	t.Run("who acts for the person", func(t *testing.T) {
		h := bare(t)
		var a, thief Account
		h.update(func(tx *store.Tx) (err error) {
			if a, err = NewAccount(tx, "Ada", "ada@mail.example", "", "hash", "de"); err != nil {
				return err
			}
			thief, err = NewAccount(tx, "Thief", "thief2@mail.example", "", "hash", "de")
			return errors.Join(err, SaveProfile(tx, Actor{Account: a.ID}, &Profile{Account: a.ID, AgeBand: "27-59"}))
		})
		old := Actor{Account: thief.ID}
		h.helps(h.person(), Actor{Account: a.ID}, HelpDates)
		h.clock.Forward(8 * day)
		h.helps(old, Actor{Account: a.ID}, HelpDates)
		undone(h, a, changes(h, a, "thief@mail.example"))
		if left := h.links(Actor{Account: a.ID}); len(left) != 1 || left[0].Helper == thief.ID {
			t.Errorf("left: %+v", left)
		}
	})
	t.Run("a deletion", func(t *testing.T) {
		h := bare(t)
		var a Account
		h.update(func(tx *store.Tx) (err error) {
			a, err = NewAccount(tx, "Ada", "ada@mail.example", "", "hash", "de")
			return err
		})
		back := changes(h, a, "thief@mail.example")
		h.update(func(tx *store.Tx) error { return second(AskDeletion(tx, Actor{Account: a.ID}, a.ID)) })
		if got, _, _ := undone(h, a, back); !got.DeleteAfter.IsZero() || got.Deletion != "" {
			t.Errorf("it will be deleted: %+v", got)
		}
	})
	t.Run("not the link, by a second change and its undo", func(t *testing.T) {
		h := bare(t)
		var a Account
		h.update(func(tx *store.Tx) (err error) {
			a, err = NewAccount(tx, "Ada", "ada@mail.example", "", "hash", "de")
			return err
		})
		back := changes(h, a, "thief@mail.example")
		h.clock.Forward(time.Minute)
		theirs := changes(h, a, "thief2@mail.example")
		h.clock.Forward(time.Minute)
		h.update(func(tx *store.Tx) error { return UndoEmail(tx, theirs) })
		last := changes(h, a, "thief3@mail.example")
		if got, _, _ := undone(h, a, back); got.ID != a.ID {
			t.Errorf("got %+v", got)
		}
		h.refused(ErrNotFound, func(tx *store.Tx) error { return UndoEmail(tx, last) })
	})
}

func TestAChangeOfAddress(t *testing.T) {
	h := bare(t)
	var a Account
	h.update(func(tx *store.Tx) (err error) {
		if a, err = NewAccount(tx, "Ada", "old@mail.example", "", "hash", "de"); err != nil {
			return err
		}
		_, err = NewAccount(tx, "Eve", "eve@mail.example", "", "hash", "de")
		return err
	})
	h.update(func(tx *store.Tx) error { return ChangeEmail(tx, Actor{Account: a.ID}, a.ID, "New@mail.example") })
	first := h.mailed(MailEmailConfirm)
	h.update(func(tx *store.Tx) error {
		if a, _ := tx.Account(a.ID); a.Email != "old@mail.example" {
			t.Errorf("it counts before it is confirmed: %q", a.Email)
		}
		return ChangeEmail(tx, Actor{Account: a.ID}, a.ID, "other@mail.example")
	})
	newest := h.mailed(MailEmailConfirm)
	h.refused(ErrNotFound, func(tx *store.Tx) error { return ConfirmEmail(tx, first.Args["token"]) })
	h.update(func(tx *store.Tx) error {
		if err := tx.PutSession(Session{Hash: "thief", Account: a.ID, Created: tx.Now(), LastUsed: tx.Now()}); err != nil {
			return err
		}
		return ConfirmEmail(tx, newest.Args["token"])
	})
	changed := h.mailed(MailEmailChanged)
	if changed.To.Address != "old@mail.example" {
		t.Errorf("told %+v", changed.To)
	}
	h.update(func(tx *store.Tx) error {
		if _, err := tx.Session("thief"); !errors.Is(err, ErrNotFound) {
			t.Error("a session is left")
		}
		return ChangeEmail(tx, Actor{Account: a.ID}, a.ID, "third@mail.example")
	})
	third := h.mailed(MailEmailConfirm)
	h.update(func(tx *store.Tx) error { // what an intruder adds
		thief, err := tx.Account(a.ID)
		thief.SecondFactor, thief.Devices = tx.Now(), []Device{{Name: "Theirs", Last: tx.Now()}}
		if err != nil {
			return err
		}
		if err := tx.PutAccount(&thief); err != nil {
			return err
		}
		if err := tx.PutCalendarFeed(&CalendarFeed{Account: a.ID, Secret: "theirs", Created: tx.Now()}); err != nil {
			return err
		}
		return tx.PutSecondFactor(&SecondFactor{Account: a.ID, Secret: "THEIRS", Since: tx.Now()})
	})
	h.update(func(tx *store.Tx) error { return UndoEmail(tx, changed.Args["token"]) })
	h.refused(ErrNotFound, func(tx *store.Tx) error { return ConfirmEmail(tx, third.Args["token"]) })
	if reset := h.mailed(MailReset); reset.To.Account != a.ID {
		t.Errorf("told %+v", reset.To)
	}
	h.update(func(tx *store.Tx) error {
		got, err := tx.AccountByLogin("old@mail.example")
		if err != nil || got.ID != a.ID || got.Password != "" || !got.SecondFactor.IsZero() || len(got.Devices) > 0 {
			t.Errorf("got %+v, %v", got, err)
		}
		if _, err := tx.SecondFactor(a.ID); !errors.Is(err, ErrNotFound) {
			t.Error("their second factor is left")
		}
		if _, err := tx.CalendarFeed(a.ID); !errors.Is(err, ErrNotFound) {
			t.Error("their calendar is left")
		}
		if err := ChangeEmail(tx, Actor{Account: a.ID}, a.ID, "eve@mail.example"); err != nil { // as if it were free
			t.Error(err)
		}
		return nil
	})
	if e := h.mailed(MailKnownAddress); e.To.Address != "eve@mail.example" {
		t.Errorf("told %+v", e.To)
	}
	h.refused(ErrNotFound, func(tx *store.Tx) error { return ChangeEmail(tx, Actor{Account: "eve"}, a.ID, "eve2@mail.example") })
}
