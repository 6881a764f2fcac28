package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestBoards(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		put := func(handle, name string, kind engagement.BoardKind, state engagement.BoardState) engagement.Board {
			t.Helper()
			b := engagement.Board{Handle: handle, Name: name, Kind: kind, State: state}
			update(t, s, func(tx *store.Tx) error {
				b.ID, b.Version = tx.NewID(), 0
				return tx.PutBoard(&b)
			})
			return b
		}
		names := func(list []engagement.Board) (all []string) {
			for _, b := range list {
				all = append(all, b.Handle)
			}
			return all
		}
		put("lesen", "Lesen", engagement.TopicBoard, engagement.BoardActive)
		put("zoo", "Zoo", engagement.PlaceBoard, engagement.BoardActive)
		put("alt", "Alt", engagement.PlaceBoard, engagement.BoardArchived)
		b := put("ahlbeck", "Ähem", engagement.PlaceBoard, engagement.BoardActive)

		active := get(t, s, func(tx *store.Tx) ([]engagement.Board, error) { return tx.Boards() })
		if got := names(active); !slices.Equal(got, []string{"ahlbeck", "zoo", "lesen"}) {
			t.Errorf("active: %v", got)
		}
		all := get(t, s, func(tx *store.Tx) ([]engagement.Board, error) { return tx.AllBoards() })
		if got := names(all); !slices.Equal(got, []string{"ahlbeck", "zoo", "lesen", "alt"}) {
			t.Errorf("all: %v", got)
		}
		t.Run("a handle is given out once", func(t *testing.T) {
			err := s.Update(ctx, func(tx *store.Tx) error { return tx.PutBoard(&engagement.Board{ID: tx.NewID(), Handle: "alt"}) })
			if !errors.Is(err, engagement.ErrConflict) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("remembers what it announced first, latest first", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error {
				for n := range 3 {
					if err := tx.PutBoardEntry(store.BoardEntry{Board: b.ID, Subject: engagement.ID(fmt.Sprint(n)), Version: 1, At: tx.Now().Add(time.Duration(n) * hour)}); err != nil {
						return err
					}
				}
				return tx.PutBoardEntry(store.BoardEntry{Board: b.ID, Subject: "0", Version: 2, At: tx.Now().Add(9 * hour)})
			})
			list := get(t, s, func(tx *store.Tx) ([]store.BoardEntry, error) { return tx.BoardEntries(b.ID, 9) })
			if len(list) != 3 || list[0].Subject != "2" || list[2].Version != 2 || !list[2].At.Equal(clock.Now()) {
				t.Errorf("got %+v", list)
			}
			update(t, s, func(tx *store.Tx) error { return tx.DeleteBoardEntries("1") })
			if list = get(t, s, func(tx *store.Tx) ([]store.BoardEntry, error) { return tx.BoardEntries(b.ID, 1) }); len(list) != 1 || list[0].Subject != "2" {
				t.Errorf("got %+v", list)
			}
		})
		t.Run("counts its followers", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error {
				for actor, state := range map[string]store.FollowState{"a": store.FollowAccepted, "b": store.FollowAccepted, "c": store.FollowPending} {
					if err := tx.PutFollower(store.Follower{Owner: "board/" + string(b.ID), Actor: actor, State: state}); err != nil {
						return err
					}
				}
				return tx.PutFollower(store.Follower{Owner: "org/" + string(b.ID), Actor: "a", State: store.FollowAccepted})
			})
			counts := get(t, s, func(tx *store.Tx) (map[engagement.ID]int, error) { return tx.CountBoardFollowers() })
			if len(counts) != 1 || counts[b.ID] != 2 {
				t.Errorf("got %v", counts)
			}
		})
	})
}
