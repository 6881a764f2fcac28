package store

import (
	"context"
	"fmt"
	"time"

	"seestern/engagement"
)

// Lease is the right to handle a row of a queue. It ends by itself; then somebody else gets the row, with a higher epoch.
type Lease struct {
	n        int64
	Epoch    int64
	Failures int // reported so far
	tries    int // given out since the last report
}

// Waiting, Done, Parked and Dropped are the states of a row of a queue.
type QueueState string

const (
	Waiting QueueState = "waiting"
	Done    QueueState = "done"
	Parked  QueueState = "parked"  // failed for good; an admin decides
	Dropped QueueState = "dropped" // not needed any more
)

// A row that was given out and never reported may be what the process died of, or was only there when it died. So it is given out again,
// but after ever longer: a row that kills does so less and less, and is parked in the end, while an innocent one is done long before.
const (
	maxTries = 20

	// Silent is why it is parked.
	Silent = "given out many times without a report"

	// rested is the time after which a row is given out again that is leased from $1 to $2, in SQL.
	rested = `CAST($1 AS bigint) + (CAST($2 AS bigint) - CAST($1 AS bigint)) * (1 << CAST(CASE WHEN tries < 10 THEN tries ELSE 10 END AS int))`
)

// leaseRows gives out up to n due rows of a queue in the order of their time. where narrows the rows; its parameters begin at $5.
func (s *Store) leaseRows(ctx context.Context, table, where, owner string, n int, d time.Duration, args []any, read func(*Tx, []Lease) error) error {
	return s.write(ctx, s.engine.lease, func(tx *Tx) error {
		leases, err := list(tx, func(row func(...any) error) (l Lease, err error) {
			return l, row(&l.n, &l.Epoch, &l.Failures, &l.tries)
		}, `UPDATE `+table+` SET next = `+rested+`, owner = $3, epoch = epoch + 1, tries = tries + 1
			WHERE n IN (SELECT n FROM `+table+` WHERE state = 'waiting' AND next <= $1 AND `+where+` ORDER BY next, n LIMIT $4`+s.engine.skipLocked()+`)
			RETURNING n, epoch, failures, tries`, append([]any{ms(tx.now), ms(tx.now.Add(d)), owner, n}, args...)...)
		if err != nil {
			return err
		}
		alive := leases[:0]
		for _, l := range leases {
			if l.tries <= maxTries {
				alive = append(alive, l)
			} else if err := tx.finish(table, l, Parked, Silent); err != nil {
				return err
			}
		}
		return read(tx, alive)
	})
}

// due says whether anything can be leased, so that an idle worker writes nothing. Nothing is due in a restored database before it is claimed.
func (s *Store) due(ctx context.Context, query string, args ...any) (yes bool, err error) {
	err = s.run(ctx, s.engine.ask, func(tx *Tx) error {
		n, err := tx.count(`SELECT CASE WHEN EXISTS (`+query+`) AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'paused' AND value = '1') THEN 1 ELSE 0 END`, args...)
		yes = n == 1
		return err
	})
	return yes, err
}

// finish ends a row as done, if the lease is still the newest. Otherwise it returns ErrConflict: somebody else has the row now.
func (tx *Tx) finish(table string, l Lease, state QueueState, reason string) error {
	return tx.held(tx.exec(`UPDATE `+table+` SET state = $3, error = $4, ended = $5, owner = '' WHERE n = $1 AND epoch = $2 AND state = 'waiting'`,
		l.n, l.Epoch, string(state), reason, ms(tx.now)))
}

// postpone gives a row back until a time, if the lease is still the newest.
func (tx *Tx) postpone(table string, l Lease, reason string, again time.Time) error {
	tx.woke = true
	return tx.held(tx.exec(`UPDATE `+table+` SET next = $3, error = $4, failures = failures + 1, tries = 0, owner = ''
		WHERE n = $1 AND epoch = $2 AND state = 'waiting'`, l.n, l.Epoch, ms(again), reason))
}

func (tx *Tx) held(n int64, err error) error {
	if err == nil && n == 0 {
		return fmt.Errorf("lease is over: %w", engagement.ErrConflict)
	}
	return err
}
