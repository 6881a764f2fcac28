package federation_test

import (
	"testing"

	"seestern/store/storetest"
)

func TestAnAnnouncementReachesAFollower(t *testing.T) {
	w, clock := newWorld(t)
	s := newPeer(t, w, clock, "me.test", storetest.SQLite(t))
	org := s.organization("verein")
	reader := w.Host("good.test").Actor("reader")
	s.follow(org, reader)
	s.announce(org, "Sprechstunde: mittwochs.")
	settle(t, s)
	if got := len(of("Create", reader.Inbox())); got != 1 {
		t.Errorf("got %d, inbox %v", got, reader.Inbox())
	}
}
