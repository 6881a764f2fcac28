package main

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// logLines passes lines on to a writer that may be slow, blocked or gone. Who writes a line never waits for it: when too many are waiting,
// lines are dropped and counted, and the count is written when there is room again (FLT-31).
type logLines struct {
	lines   chan []byte
	dropped atomic.Int64
}

const (
	maxLogLines = 4096
	logFlush    = time.Second // what waits at the end may take this long
)

// passOn starts writing to w; own makes the logger for the line about dropped ones. What is logged after end is not written.
func passOn(w io.Writer, own func(io.Writer) *slog.Logger) (l *logLines, end func()) {
	l = &logLines{lines: make(chan []byte, maxLogLines)}
	written := make(chan struct{})
	report := own(w)
	go func() {
		defer close(written)
		for line := range l.lines {
			_, _ = w.Write(line) // a log that is gone cannot be told of
			if n := l.dropped.Load(); n > 0 && (line == nil || len(l.lines) == 0) {
				l.dropped.Add(-n)
				report.Warn("lines of the log were dropped, because whatever reads it is too slow", "count", n)
			}
			if line == nil {
				return
			}
		}
	}()
	return l, func() {
		late := time.After(logFlush)
		select {
		case l.lines <- nil: // not closed: a request that was given up may still log
		case <-late:
			return
		}
		select {
		case <-written:
		case <-late:
		}
	}
}

// Write takes one line.
func (l *logLines) Write(line []byte) (int, error) {
	kept := make([]byte, len(line)) // never nil, which is the end
	copy(kept, line)
	select {
	case l.lines <- kept:
	default:
		l.dropped.Add(1)
	}
	return len(line), nil
}
