package store_test

import (
	"errors"
	"testing"

	"seestern/store/storetest"
)

// RES-21: how much space is left.
func TestLittleSpaceIsLeft(t *testing.T) {
	c := storetest.SQLite(t)
	var free uint64
	var failed error
	c.Space = func() (uint64, error) { return free, failed }
	s := storetest.Open(t, c)
	for _, test := range []struct {
		says   string
		free   uint64
		failed error
		want   bool
	}{
		{"one byte less than the floor", 500<<20 - 1, nil, true},
		{"the floor", 500 << 20, nil, false},
		{"nobody knows", 0, errors.New("no such disk"), false},
	} {
		t.Run(test.says, func(t *testing.T) {
			if free, failed = test.free, test.failed; s.Tight() != test.want {
				t.Errorf("tight: got %v, want %v", s.Tight(), test.want)
			}
		})
	}
	t.Run("the file system is asked where nobody else is", func(t *testing.T) {
		c := storetest.SQLite(t)
		c.Space = nil
		if free, err := storetest.Open(t, c).Space(); err != nil || free == 0 {
			t.Errorf("got %d, %v", free, err)
		}
	})
}
