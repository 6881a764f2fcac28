package federation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"seestern/engagement"
	"seestern/store"
)

// Queues of jobs.
const (
	jobPartner = "partner" // key: host; copies what a partner has, at the start and every night
	jobActor   = "actor"   // key: IRI; retrieves an actor's document anew, which may be gone or have another inbox than data "inbox"
	jobRotate  = "rotate"  // key: owner of a key, which gets a new one
	jobKey     = "key"     // key: owner of a key, or "retired"; erases keys that nobody needs any more
)

// jobs says who does the jobs of a queue. Whoever does a job ends it, in the transaction of its effect; an error gives it back.
var jobs = map[string]func(*Service, context.Context, store.LeasedJob) error{
	jobPartner: (*Service).syncJob,
	jobActor:   (*Service).actorJob,
	jobKey:     (*Service).keyJob,
	jobRotate:  (*Service).rotateJob,
	jobArrival: (*Service).arrivalJob,
	jobMove:    (*Service).moveJob,

	jobAttestation: (*Service).attestationJob,
	jobHint:        (*Service).hintJob,
	jobFollow:      (*Service).followJob,
	jobOutbox:      (*Service).outboxJob,
}

const (
	jobBatch = 4
	jobLease = 10 * time.Minute // a partner with many pages takes minutes
	maxJob   = 3                // failures that are no trouble of the network
	maxFetch = 12               // failures that are: about two days
)

// runJobs does jobs until ctx ends, those of each queue one after the other.
func (s *Service) runJobs(ctx context.Context) error {
	if err := s.watchPartners(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for queue := range jobs {
		g.Go(func() error {
			return s.loop(ctx, func(ctx context.Context) (bool, error) { return s.jobsDue(ctx, queue) })
		})
	}
	return g.Wait()
}

// loop works until ctx ends: as long as there is more to do at once, then whenever the store says that there may be something.
func (s *Service) loop(ctx context.Context, work func(context.Context) (more bool, err error)) error {
	wake, stop := s.store.Wake()
	defer stop()
	for {
		more, err := work(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case s.survive(ctx, true, err) != nil:
			return err
		case more && err == nil:
			continue
		}
		timer := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// runEvents renders events until ctx ends.
func (s *Service) runEvents(ctx context.Context) error { return s.loop(ctx, s.renderDue) }

// jobsDue does the jobs of a queue that are due and reports whether there may be more.
func (s *Service) jobsDue(ctx context.Context, queue string) (more bool, err error) {
	leased, err := s.store.LeaseJobs(ctx, queue, s.owner, jobBatch, jobLease)
	if err != nil {
		return false, fmt.Errorf("lease jobs: %w", err)
	}
	for _, j := range leased {
		if err := s.doJob(ctx, j); err != nil {
			return false, err
		}
	}
	return len(leased) == jobBatch, nil
}

// doJob does a job. One that fails is given back, or parked for the admin in the end.
func (s *Service) doJob(ctx context.Context, j store.LeasedJob) error {
	cause := s.tryJob(ctx, j)
	if cause == nil || errors.Is(cause, engagement.ErrConflict) || ctx.Err() != nil {
		return nil
	}
	s.log.Warn("job failed", "queue", j.Queue, "key", j.Key, "failures", j.Failures, "err", cause)
	return s.store.Update(ctx, func(tx *store.Tx) error {
		again, most := tx.Now().Add(delay(j.Failures, s.jitter())), maxJob
		if ClassOf(cause).Passing() {
			most = maxFetch
		}
		if j.Failures+1 >= most {
			again = time.Time{}
		}
		return ignore(tx.JobFailed(j, cause.Error(), again), engagement.ErrConflict)
	})
}

func (s *Service) tryJob(ctx context.Context, j store.LeasedJob) (err error) {
	defer s.recovered("job "+j.Queue, &err)
	return jobs[j.Queue](s, ctx, j)
}

// actorJob retrieves an actor anew. If it moved to another inbox, what waits for the old one goes there; if it is gone, it is
// forgotten, and what waits for it ends with its next try.
func (s *Service) actorJob(ctx context.Context, j store.LeasedJob) error {
	old := j.Data["inbox"]
	d, err := s.client.Get(ctx, j.Key)
	switch class := ClassOf(err); {
	case class == ClassGone:
		s.actorGone(ctx, j.Key)
		return s.store.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(j) })
	case absent(err) && old != "":
		return s.store.Update(ctx, func(tx *store.Tx) error {
			return errors.Join(tx.DeleteFollowersOf("", j.Key), tx.JobDone(j))
		})
	case err != nil:
		return err
	}
	actor, err := ReadActor(d.Raw)
	if err != nil {
		return err
	}
	if err := s.keyring.Learn(ctx, d); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.MoveFollower(actor.ID, actor.Inbox, actor.SharedInbox); err != nil {
			return err
		}
		if old != "" && actor.Inbox != "" && old != actor.Inbox && old != actor.SharedInbox {
			if err := tx.MoveDeliveries(old, inboxAt(actor.Inbox)); err != nil {
				return err
			}
		}
		return tx.JobDone(j)
	})
}

// keyJob erases keys: replaced ones after a day, those of deleted organizations after thirty, and those of pseudonymous persons thirty
// days after the last trace of their request.
func (s *Service) keyJob(ctx context.Context, j store.LeasedJob) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if j.Key == "retired" {
			now := tx.Now().Add(time.Millisecond)
			return errors.Join(tx.DeleteRetiredKeys(now.Add(-engagement.KeyOverlap), ownerAttestations, now.AddDate(0, -engagement.AttestationMonths, 0)), tx.JobDone(j))
		}
		until, err := s.keyNeeded(tx, j)
		switch {
		case err != nil:
			return err
		case until.After(tx.Now()):
			return tx.JobAgain(j, until)
		}
		return errors.Join(tx.DeleteActorKeys(j.Key), tx.JobDone(j))
	})
}

// keyNeeded is until when the key of a job is needed, as far as that is known now.
func (s *Service) keyNeeded(tx *store.Tx, j store.LeasedJob) (time.Time, error) {
	if !strings.HasPrefix(j.Key, ownerPerson) {
		return tx.Now(), nil
	}
	m, err := tx.MatchRequest(engagement.ID(j.Data["request"]))
	switch {
	case err == nil && m.EndedAt.IsZero():
		return tx.Now().Add(personKeyLife), nil
	case err == nil:
		return m.EndedAt.Add(personKeyLife), nil
	case !errors.Is(err, engagement.ErrNotFound):
		return time.Time{}, err
	}
	t, err := tx.Tombstone(j.Data["request"])
	return t.At.Add(deletedKeyLife), ignore(err, engagement.ErrNotFound)
}
