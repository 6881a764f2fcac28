package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// writer lets many goroutines share one writing connection and one flush to disk. Whose turn it is runs its own function in the open
// transaction, behind a savepoint if others have been there before. While others are waiting the transaction stays open for them; the last one, or the one that fills it, commits
// for the whole group, and no update returns nil before that.
type writer struct {
	connect func(context.Context) (*session, error)
	waiting atomic.Int64 // who wants the turn
	mu      sync.Mutex   // the turn; guards what follows
	session *session
	group   *group // the open transaction, nil for none
	blocked bool   // the last transaction could not begin, because another process held the file
}

// group are the updates of one transaction.
type group struct {
	size int
	done chan struct{}
	err  error // of the transaction; may be read once done is closed
}

// maxGroup bounds how long the first of a group waits for the last.
const maxGroup = 64

func (w *writer) update(ctx context.Context, f func(conn) error) error {
	g, err := w.turn(ctx, f)
	if err != nil {
		return err
	}
	<-g.done
	return g.err
}

// turn runs f in a group and returns the group if f succeeded.
func (w *writer) turn(ctx context.Context, f func(conn) error) (g *group, err error) {
	arrived := time.Now()
	w.waiting.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.Add(-1)
	defer w.pass()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.group == nil {
		if err := w.begin(arrived); err != nil {
			return nil, err
		}
	}
	c, first := w.session.conn(), w.group.size == 0
	if !first {
		if _, err := c.exec("SAVEPOINT turn"); err != nil {
			return nil, err
		}
	}
	kept := false
	defer func() {
		if !kept { // also when f panicked
			w.undo(c, first, err)
		}
	}()
	if err := f(c); err != nil {
		return nil, err
	}
	if !first {
		if _, err := c.exec("RELEASE turn"); err != nil {
			return nil, err
		}
	}
	kept = true
	w.group.size++
	return w.group, nil
}

// begin opens a transaction. Who has waited long already behind others that could not begin does not try for as long again.
func (w *writer) begin(arrived time.Time) (err error) {
	if w.blocked && time.Since(arrived) > maxWait {
		return fmt.Errorf("%w for %s", ErrBusy, time.Since(arrived).Round(time.Second))
	}
	if w.session == nil {
		if w.session, err = w.connect(context.Background()); err != nil {
			return err
		}
	}
	if _, err := w.session.conn().exec("BEGIN IMMEDIATE"); err != nil {
		w.blocked = true
		return err
	}
	w.blocked = false
	w.group = &group{done: make(chan struct{})}
	return nil
}

// undo takes back what one function did: the whole transaction if it was the first. Some errors end the whole transaction by themselves, a
// full disk for example: then nothing of the group is kept, and the others learn why.
func (w *writer) undo(c conn, first bool, cause error) {
	if first {
		w.end(errRolledBack)
		return
	}
	_, err := c.exec("ROLLBACK TO turn")
	if err == nil {
		_, err = c.exec("RELEASE turn")
	}
	if err != nil {
		w.end(fmt.Errorf("transaction was ended by another change: %w", cause))
	}
}

var errRolledBack = errors.New("rolled back") // nobody sees it

// pass commits, unless somebody is waiting who can join.
func (w *writer) pass() {
	if w.group == nil || w.waiting.Load() > 0 && w.group.size < maxGroup {
		return
	}
	_, err := w.session.conn().exec("COMMIT")
	w.end(err)
}

// end closes the group with the error of its transaction.
func (w *writer) end(err error) {
	if err != nil {
		w.session.conn().exec("ROLLBACK") // there may be nothing left to roll back
		w.group.err = err
	}
	close(w.group.done)
	w.group = nil
}

// alone runs f between transactions.
func (w *writer) alone(ctx context.Context, f func(*session) error) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.group != nil {
		_, err := w.session.conn().exec("COMMIT")
		w.end(err)
	}
	if w.session == nil {
		if w.session, err = w.connect(ctx); err != nil {
			return err
		}
	}
	return f(w.session)
}
