package store

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Job is work that needs no event: a fetch, a reconciliation, a daily tick. There is at most one with the same queue and key; on several
// nodes each runs once.
type Job struct {
	Queue string
	Key   string
	At    time.Time // not before; zero: at once
	Data  map[string]string
}

// PutJob records a job. One with the same key that waits already stays and runs at the earlier of both times, with the new data; one that is
// being done is done again, and a parked one waits again.
func (tx *Tx) PutJob(j Job) error {
	if j.At.IsZero() {
		j.At = tx.now
	}
	text, err := encode(j.Data)
	if err != nil {
		return err
	}
	tx.woke = true
	return tx.run(`INSERT INTO job (queue, key, doc, state, next, owner, epoch, tries, failures, error, ended) VALUES ($1, $2, $3, 'waiting', $4, '', 0, 0, 0, '', 0)
		ON CONFLICT (queue, key) DO UPDATE SET doc = excluded.doc, state = 'waiting', failures = 0, ended = 0,
		owner = '', epoch = job.epoch + CASE WHEN job.owner = '' THEN 0 ELSE 1 END,
		next = CASE WHEN job.state = 'waiting' AND job.next < excluded.next THEN job.next ELSE excluded.next END`, j.Queue, j.Key, text, ms(j.At))
}

// ParkJob records a job that is not to be done before an admin says so.
func (tx *Tx) ParkJob(j Job, reason string) error {
	if err := tx.PutJob(j); err != nil {
		return err
	}
	return tx.run(`UPDATE job SET state = 'parked', error = $3, ended = $4 WHERE queue = $1 AND key = $2`, j.Queue, j.Key, reason, ms(tx.now))
}

// LeasedJob is a job that the caller is to do.
type LeasedJob struct {
	Job
	Lease
}

// LeaseJobs gives out up to n jobs of a queue for a while.
func (s *Store) LeaseJobs(ctx context.Context, queue, owner string, n int, d time.Duration) ([]LeasedJob, error) {
	due, err := s.due(ctx, `SELECT 1 FROM job WHERE queue = $1 AND state = 'waiting' AND next <= $2`, queue, ms(s.now()))
	if err != nil || !due {
		return nil, err
	}
	var leased []LeasedJob
	err = s.leaseRows(ctx, "job", "queue = $5", owner, n, d, []any{queue}, func(tx *Tx, leases []Lease) error {
		leased = make([]LeasedJob, len(leases))
		for i, l := range leases {
			j := LeasedJob{Job{Queue: queue, At: tx.now}, l}
			var text []byte
			if err := tx.scan(`SELECT key, doc FROM job WHERE n = $1`, []any{l.n}, &j.Key, &text); err != nil {
				return err
			}
			if err := decode(text, &j.Data); err != nil {
				return err
			}
			leased[i] = j
		}
		return nil
	})
	sortLeases(leased, func(j LeasedJob) int64 { return j.n })
	return leased, err
}

// JobDone removes a job. It returns ErrConflict if the lease is over, or if the job was put again meanwhile.
func (tx *Tx) JobDone(j LeasedJob) error {
	return tx.held(tx.exec(`DELETE FROM job WHERE n = $1 AND epoch = $2`, j.n, j.Epoch))
}

// JobAgain lets a job run again at a time, as if for the first time: ticks.
func (tx *Tx) JobAgain(j LeasedJob, next time.Time) error {
	tx.woke = true
	return tx.held(tx.exec(`UPDATE job SET next = $3, tries = 0, failures = 0, error = '', owner = '' WHERE n = $1 AND epoch = $2`, j.n, j.Epoch, ms(next)))
}

// JobFailed gives a job back until a time, or parks it if the time is zero.
func (tx *Tx) JobFailed(j LeasedJob, reason string, again time.Time) error {
	if again.IsZero() {
		return tx.finish("job", j.Lease, Parked, reason)
	}
	return tx.postpone("job", j.Lease, reason, again)
}

// JobRow is a job as admins see it.
type JobRow struct {
	Job
	Row
}

// Jobs are the jobs of a queue in a state, by time.
func (tx *Tx) Jobs(queue string, state QueueState, limit int) ([]JobRow, error) {
	return list(tx, func(row func(...any) error) (j JobRow, err error) {
		var text []byte
		var next, ended int64
		if err := row(&j.Queue, &j.Key, &text, &j.N, &j.State, &next, &j.Failures, &j.Error, &ended); err != nil {
			return j, err
		}
		j.Next, j.Ended = at(next), at(ended)
		j.At = j.Next
		return j, decode(text, &j.Data)
	}, `SELECT queue, key, doc, n, state, next, failures, error, ended FROM job WHERE queue = $1 AND state = $2 ORDER BY next, n LIMIT $3`,
		queue, string(state), limit)
}

// sortLeases puts what RETURNING gave in any order into the order of the queue.
func sortLeases[T any](all []T, n func(T) int64) {
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(n(a), n(b)) })
}
