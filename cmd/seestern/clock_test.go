package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestTheClockTellsOfWorkThatNobodyTakesUp(t *testing.T) {
	now := &storetest.Clock{}
	config := storetest.SQLite(t)
	config.Clock = now.Now
	s := storetest.Open(t, config)
	var said bytes.Buffer
	c := clock{store: s, log: slog.New(slog.NewTextHandler(&said, nil))}
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Kind: engagement.MailMessage, At: tx.Now(), After: tx.Now().Add(time.Hour)})
	}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		passes time.Duration
		want   bool
	}{{time.Hour, false}, {50 * time.Second, false}, {11 * time.Second, true}} {
		now.Forward(step.passes)
		said.Reset()
		c.warnOfBacklog(t.Context())
		if got := strings.Contains(said.String(), "work waits"); got != step.want {
			t.Errorf("after another %s: said %q", step.passes, said.String())
		}
	}
}
