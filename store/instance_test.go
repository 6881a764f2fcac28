package store_test

import (
	"errors"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// The instance is kept decoded; nobody gets another one than what is committed, and nobody changes what others get.
func TestTheInstanceIsTheOneThatIsCommitted(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		here, there := storetest.Open(t, c), storetest.Open(t, c)
		name := func(s *store.Store) (name string) {
			view(t, s, func(tx *store.Tx) error {
				i, err := tx.Instance()
				name = i.Name + " " + i.Texts["impressum.de"]
				if i.Texts != nil {
					i.Texts["impressum.de"] = "changed by a reader"
				}
				return err
			})
			return name
		}
		change := func(s *store.Store, to string, err error) {
			if got := s.Update(ctx, func(tx *store.Tx) error {
				i, err2 := tx.Instance()
				if err2 != nil {
					return err2
				}
				i.Name, i.Texts = to, map[string]string{"impressum.de": "Text von " + to}
				if err2 := tx.PutInstance(&i); err2 != nil {
					return err2
				}
				if now, err2 := tx.Instance(); err2 != nil || now.Name != to {
					t.Errorf("in its own transaction it is %q, %v", now.Name, err2)
				}
				return err
			}); !errors.Is(got, err) {
				t.Fatal(got)
			}
		}
		change(here, "A", nil)
		for range 2 {
			if got := name(here); got != "A Text von A" {
				t.Errorf("got %q", got)
			}
		}
		change(here, "B", engagement.ErrConflict) // taken back
		change(there, "C", nil)
		for who, s := range map[string]*store.Store{"here": here, "there": there} {
			if got := name(s); got != "C Text von C" {
				t.Errorf("%s it is %q", who, got)
			}
		}
	})
}
