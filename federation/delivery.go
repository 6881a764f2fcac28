package federation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// schedule is how long a delivery waits after each failure; the last entry repeats. Each wait varies by a fifth, so that servers that
// come back are not met by everything at once.
var schedule = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour,
}

// doubts is how long a delivery waits that was not believed: a new key needs time to get around. After that somebody has to look.
var doubts = []time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour, 16 * time.Hour}

const (
	horizon         = 7 * 24 * time.Hour  // after which news are given up
	priorityHorizon = 30 * 24 * time.Hour // after which what takes something back is given up
	missingHorizon  = 48 * time.Hour      // after which an inbox that was not found counts as gone
	leastRetry      = time.Minute         // bounds of what a server may ask for with Retry-After
	mostRetry       = 24 * time.Hour
	deliveryLease   = time.Minute
	clockTolerance  = 5 * time.Minute // between a peer's Date and ours
)

// jitter is a number between 0.8 and 1.2.
func (s *Service) jitter() float64 { return 0.8 + 0.4*rand.Float64() }

// delay is how long to wait after so many failures before this one.
func delay(failures int, jitter float64) time.Duration {
	wait := schedule[min(failures, len(schedule)-1)]
	return time.Duration(float64(wait) * jitter)
}

// outcome is what an answer, or the lack of one, means for a delivery.
type outcome string

const (
	deliveryArrived  outcome = "arrived"
	deliveryRefused  outcome = "refused"  // this activity will never be taken
	deliveryDoubted  outcome = "doubted"  // signature or sender not accepted
	deliveryMissing  outcome = "missing"  // no such inbox, for now
	deliveryGone     outcome = "gone"     // no such inbox any more
	deliveryMoved    outcome = "moved"    // a redirect, which is never followed
	deliveryLater    outcome = "later"    // may work another time
	deliveryHindered outcome = "hindered" // we could not even try
)

// answered is the one table from what an inbox answers to what that means. The first row that fits counts.
var answered = []struct {
	from, to int // status
	outcome  outcome
}{
	{200, 299, deliveryArrived},
	{300, 399, deliveryMoved},
	{401, 401, deliveryDoubted},
	{403, 403, deliveryDoubted},
	{404, 404, deliveryMissing},
	{408, 408, deliveryLater},
	{410, 410, deliveryGone},
	{425, 425, deliveryLater},
	{429, 429, deliveryLater},
	{400, 499, deliveryRefused}, // 400, 405, 406, 413, 415, 422 and whatever else there may be
	{500, 599, deliveryLater},
}

// unanswered is the same for requests without an answer.
var unanswered = map[Class]outcome{
	ClassPolicy:  deliveryRefused,
	ClassDNS:     deliveryLater, // names lapse for hours and come back
	ClassTLS:     deliveryLater,
	ClassTimeout: deliveryLater,
	ClassNetwork: deliveryLater,
	ClassOwn:     deliveryHindered,
}

// attempt is one try of a delivery.
type attempt struct {
	store.LeasedDelivery
	answer Answer
	err    error         // there was no answer
	drop   string        // why it must not be sent; empty: it was tried
	off    time.Duration // the clock of the host minus ours, if it said what time it is

	partner bool // the host is or was one

	synchronization string // what the host is told of its accounts among the followers
}

func (a attempt) outcome() outcome {
	if a.err != nil {
		if o, ok := unanswered[ClassOf(a.err)]; ok {
			return o
		}
		return deliveryHindered
	}
	for _, row := range answered {
		if a.answer.Status >= row.from && a.answer.Status <= row.to {
			return row.outcome
		}
	}
	return deliveryRefused
}

// class is what the administrator sees of a failure.
func (a attempt) class() string {
	if a.err != nil {
		return string(ClassOf(a.err))
	}
	return string(classOfStatus(a.answer.Status))
}

func (a attempt) reason() string {
	if a.err != nil {
		return a.err.Error()
	}
	said := fmt.Sprintf("status %d", a.answer.Status)
	if a.outcome() == deliveryDoubted && a.off.Abs() > clockTolerance { // then every signature of ours is too old or not valid yet
		said += fmt.Sprintf("; its clock and the one of this machine differ by %s", a.off.Abs())
	}
	return said
}

// errStopped is what a failpoint returns: from there on nothing happens any more, as if the process had died.
var errStopped = errors.New("stopped by a test")

// errSpent is why a delivery is put aside that was given out many times and never reported.
var errSpent = errors.New(store.Silent)

// lookEvery is how often a worker looks for work that nobody told it of.
const lookEvery = 5 * time.Second

// runDeliveries sends whatever is due until ctx ends.
func (s *Service) runDeliveries(ctx context.Context) error {
	wake, stop := s.store.Wake()
	defer stop()
	return s.deliver(ctx, func(results <-chan attempt) (a attempt, ok bool) {
		timer := time.NewTimer(lookEvery)
		defer timer.Stop()
		select {
		case a = <-results:
			return a, true
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		return a, false
	})
}

// deliver sends what is due, several deliveries at once but one at a time per host and lane. Without wait it returns when nothing is
// due; otherwise it waits for results and for more to do until ctx ends, and finishes what is in flight. All reading and writing of
// the queue is done by the calling goroutine, which reports as many results at once as have come.
func (s *Service) deliver(ctx context.Context, wait func(results <-chan attempt) (attempt, bool)) error {
	results, inFlight := make(chan attempt, maxDeliveries), 0
	last := context.WithoutCancel(ctx) // what is in flight may finish
	var failed error
	for {
		ending := ctx.Err() != nil || failed != nil
		if !ending && inFlight <= maxDeliveries-leasedTogether {
			leased, err := s.lease(ctx, maxDeliveries-inFlight)
			failed = s.survive(ctx, wait != nil, err)
			for _, d := range leased {
				inFlight++
				go func() {
					s.send(last, &d)
					results <- d
				}()
			}
			ending = failed != nil
		}
		var batch []attempt
		switch {
		case inFlight == 0 && (ending || wait == nil):
			return failed
		case ending || wait == nil:
			batch = append(batch, <-results)
		default:
			if a, ok := wait(results); ok {
				batch = append(batch, a)
			}
		}
		if len(batch) > 0 {
			batch = append(batch, together(results, inFlight-len(batch))...)
		}
		inFlight -= len(batch)
		failed = errors.Join(failed, s.survive(ctx, wait != nil, s.report(last, batch)))
	}
}

// together are the further results that share a commit with one that has come: those of the next moment, unless these are many or all that
// are in flight.
func together(results <-chan attempt, inFlight int) (batch []attempt) {
	moment := time.NewTimer(reportMoment)
	defer moment.Stop()
	for len(batch) < min(inFlight, reportedTogether) {
		select {
		case a := <-results:
			batch = append(batch, a)
		case <-moment.C:
			return batch
		}
	}
	return batch
}

// survive is nil for trouble that may pass while the service goes on: it is logged, and what was leased comes back by itself.
func (s *Service) survive(ctx context.Context, goOn bool, err error) error {
	if err == nil || !goOn || ctx.Err() != nil || errors.Is(err, store.ErrBroken) {
		return err
	}
	s.log.Error("federation: queue", "err", err)
	return nil
}

// lease takes deliveries that are due. Those that must not be sent any more are ended at once.
func (s *Service) lease(ctx context.Context, n int) (due []attempt, err error) {
	leased, err := s.store.LeaseDeliveries(ctx, s.owner, n, deliveryLease)
	if err != nil || len(leased) == 0 {
		return nil, err
	}
	if err := s.fail("lease"); err != nil {
		return nil, err
	}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		due = due[:0]
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		hosts := make([]string, len(leased))
		for i, d := range leased {
			hosts[i] = d.Host
		}
		now, err := lookAtAll(tx, hosts)
		if err != nil {
			return err
		}
		told, err := s.synchronizations(tx, leased)
		if err != nil {
			return err
		}
		for n, d := range leased {
			h := now[d.Host]
			a := attempt{LeasedDelivery: d, drop: s.forbids(i, h, d), partner: h.known, synchronization: told[n]}
			if d.Lane != store.Priority && isMatch(d.Object) && len(h.partner.Suspects) > 0 {
				a.err = &RequestError{Class: ClassOwn, URL: d.Inbox, Err: errors.New("a key of the host has changed without a word")}
			}
			if d.Spent {
				a.err = errSpent
			}
			due = append(due, a)
		}
		return nil
	})
	return due, err
}

// forbids says why a delivery must not be sent now; empty if it may. What takes something back goes to everybody who got it, except to
// hosts with which nothing is exchanged at all.
func (s *Service) forbids(i engagement.Instance, h hostNow, d store.LeasedDelivery) string {
	opens := d.Kind == "Offer" || d.Kind == "Create" || d.Kind == "Update"
	switch {
	case !i.Federates():
		return "federation is off"
	case h.blocked():
		return "host is suspended"
	case d.Lane == store.Priority:
		return ""
	case i.Mode == "partners" && !h.known:
		return "host is no partner"
	case isMatch(d.Object) && opens && !h.partner.MayMatch():
		return "host is no partner for match requests"
	case h.known && !active(h.partner) && opens && !isMatch(d.Object) && s.forPartners(d.Bytes):
		return "host is no partner any more"
	}
	return ""
}

// forPartners says whether an activity of ours is for nobody but partners.
func (s *Service) forPartners(raw []byte) bool {
	m, err := Decode(raw)
	return err != nil || slices.Equal(m.Recipients("to"), []string{s.Base.instanceFollowers()})
}

// send makes one attempt. Date, digest and signature are new each time, the bytes are not.
func (s *Service) send(ctx context.Context, a *attempt) {
	defer s.recovered("send", &a.err)
	if a.drop != "" || a.err != nil {
		return
	}
	if a.err = s.fail("send to " + a.Host); a.err != nil {
		return
	}
	key, err := s.signingKey(ctx, a.Signer)
	if err != nil {
		class := ClassOwn
		if errors.Is(err, engagement.ErrNotFound) { // the actor is erased
			class = ClassPolicy
		}
		a.err = &RequestError{Class: class, URL: a.Inbox, Err: err}
		return
	}
	a.answer, a.err = s.client.Post(admitted(ctx, a.Host), a.Inbox, a.Bytes, key, a.synchronization)
	if !a.answer.Date.IsZero() {
		a.off = a.answer.Date.Sub(s.now()).Round(time.Second)
	}
	if err := s.fail("answer"); err != nil {
		a.err = err
	}
}

// report writes back what became of attempts, in one transaction; if that fails through one of them, each in its own, so that it harms
// none of the others.
func (s *Service) report(ctx context.Context, batch []attempt) error {
	if len(batch) == 0 {
		return nil
	}
	for _, a := range batch {
		if errors.Is(a.err, errStopped) {
			return a.err
		}
	}
	err := s.writeBack(ctx, batch)
	status, _ := StatusOf(err)
	switch {
	case err == nil, errors.Is(err, errStopped), status != http.StatusInternalServerError:
		return err
	case len(batch) == 1:
		s.log.Error("result of a delivery could not be written", "activity", batch[0].Activity, "inbox", batch[0].Inbox, "err", err)
		return s.store.Update(ctx, func(tx *store.Tx) error { return ignore(s.hinder(tx, batch[0], err.Error()), engagement.ErrConflict) })
	}
	for i := range batch {
		if err := s.report(ctx, batch[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) writeBack(ctx context.Context, batch []attempt) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		hosts := make([]string, len(batch))
		for i, a := range batch {
			hosts[i] = a.Host
		}
		peers, err := tx.PeersAt(hosts)
		if err != nil {
			return err
		}
		for _, a := range batch {
			err := s.conclude(tx, a, peers)
			if errors.Is(err, engagement.ErrConflict) {
				s.log.Info("delivery has another holder by now", "activity", a.Activity, "inbox", a.Inbox)
				continue
			}
			if err != nil {
				return fmt.Errorf("delivery of %s to %s: %w", a.Activity, a.Inbox, err)
			}
		}
		return s.fail("write back")
	})
}

// conclude does what the outcome of an attempt asks for. peers are the hosts as they stand, and kept so.
func (s *Service) conclude(tx *store.Tx, a attempt, peers map[string]store.Peer) (err error) {
	defer s.recovered("conclude delivery", &err)
	if err := s.fail("conclude " + a.Host); err != nil {
		return err
	}
	if a.drop != "" {
		if err := tx.DeliveryDropped(a.LeasedDelivery, string(ClassPolicy), a.drop); err != nil {
			return err
		}
		return s.lost(tx, a)
	}
	if a.Spent {
		return s.putAside(tx, a, a.reason())
	}
	next, err := s.notePeer(tx, a, peers)
	if err != nil {
		return err
	}
	o, age := a.outcome(), tx.Now().Sub(a.Created)
	if o == deliveryMissing && age >= missingHorizon {
		o = deliveryGone
	}
	switch o {
	case deliveryArrived:
		return s.arrived(tx, a)
	case deliveryRefused:
		return s.giveUp(tx, a)
	case deliveryDoubted:
		return s.doubt(tx, a)
	case deliveryGone:
		if a.Class == string(ClassGone) { // it has been looked at since
			return s.giveUp(tx, a)
		}
		if err := s.lookAgain(tx, a); err != nil {
			return err
		}
		return tx.DeliveryRetry(a.LeasedDelivery, string(ClassGone), a.reason(), tx.Now().Add(schedule[1]))
	case deliveryMoved:
		if a.Class != a.class() {
			if err := s.lookAgain(tx, a); err != nil {
				return err
			}
		}
	case deliveryHindered:
		if ClassOf(a.err) == "" {
			return s.hinder(tx, a, a.reason())
		}
		next = tx.Now().Add(schedule[0])
	}
	if age >= a.horizon() {
		return s.giveUp(tx, a)
	}
	if next.IsZero() {
		next = tx.Now().Add(delay(a.Failures, s.jitter()))
	}
	return tx.DeliveryRetry(a.LeasedDelivery, a.class(), a.reason(), next)
}

// hinder puts a delivery back that failed through a fault of ours; after some tries it waits for the admin.
func (s *Service) hinder(tx *store.Tx, a attempt, reason string) error {
	if a.Failures+1 < maxJob {
		return tx.DeliveryRetry(a.LeasedDelivery, a.class(), reason, tx.Now().Add(schedule[0]))
	}
	return s.putAside(tx, a, reason)
}

// putAside ends a delivery for an admin to decide about.
func (s *Service) putAside(tx *store.Tx, a attempt, reason string) error {
	if err := tx.DeliveryParked(a.LeasedDelivery, a.class(), reason); err != nil {
		return err
	}
	return s.lost(tx, a)
}

// horizon is how long a delivery is tried.
func (a attempt) horizon() time.Duration {
	if a.Lane == store.Priority {
		return priorityHorizon
	}
	return horizon
}

// arrived ends a delivery that was taken.
func (s *Service) arrived(tx *store.Tx, a attempt) error {
	if err := tx.DeliveryDone(a.LeasedDelivery); err != nil {
		return err
	}
	if isMatch(a.Object) {
		if err := heard(tx, a); err != nil {
			return err
		}
	}
	if !a.partner {
		return nil
	}
	return engagement.PartnerContact(tx, a.Host)
}

// heard notes that the other side of a match request has our last step, unless another one is on its way.
func heard(tx *store.Tx, a attempt) error {
	m, err := tx.MatchRequest(a.Subject)
	if err != nil || m.Delivery == engagement.DeliveryDelivered {
		return ignore(err, engagement.ErrNotFound)
	}
	all, err := tx.DeliveriesOf(a.Object)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.State != store.Done && d.State != store.Dropped {
			return nil
		}
	}
	m.Delivery = engagement.DeliveryDelivered
	return tx.PutMatchRequest(&m)
}

// doubt waits for keys to get around; after a day somebody has to look, also at our clock.
func (s *Service) doubt(tx *store.Tx, a attempt) error {
	tries := 0
	if a.Class == a.class() { // failures count those of the same sort
		tries = a.Failures
	}
	if tries < len(doubts) {
		wait := time.Duration(float64(doubts[tries]) * s.jitter())
		return tx.DeliveryRetry(a.LeasedDelivery, a.class(), a.reason(), tx.Now().Add(wait))
	}
	s.log.Error("host does not accept our signature", "host", a.Host, "inbox", a.Inbox, "signer", a.Signer, "why", a.reason())
	return s.giveUp(tx, a)
}

// giveUp ends a delivery that failed for good. News are not missed; for the rest an admin decides.
func (s *Service) giveUp(tx *store.Tx, a attempt) error {
	end := tx.DeliveryParked
	if slices.Contains(news, a.Kind) && !isMatch(a.Object) && a.outcome() != deliveryRefused && a.outcome() != deliveryDoubted {
		end = tx.DeliveryDropped
	}
	if err := end(a.LeasedDelivery, a.class(), a.reason()); err != nil {
		return err
	}
	return s.lost(tx, a)
}

// lost tells the people of a match request that a step of it never arrived.
func (s *Service) lost(tx *store.Tx, a attempt) error {
	if !isMatch(a.Object) {
		return nil
	}
	return undelivered(tx, a.Subject)
}

// lookAgain has the actors behind an inbox retrieved anew: they may be gone, or live somewhere else by now.
func (s *Service) lookAgain(tx *store.Tx, a attempt) error {
	actors, err := tx.FollowersAt(a.Inbox)
	if err != nil {
		return err
	}
	actors = actors[:min(len(actors), maxLooks)]
	if p, err := tx.Partner(a.Host); err == nil {
		actors = append(actors, p.Actor)
	} else if !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	if isMatch(a.Object) {
		m, err := tx.MatchRequest(a.Subject)
		if err == nil {
			var other string
			other, err = s.counterpart(tx, m)
			actors = append(actors, other)
		}
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
	}
	for _, actor := range actors {
		if err := tx.PutJob(store.Job{Queue: jobActor, Key: actor, Data: map[string]string{"inbox": a.Inbox}}); err != nil {
			return err
		}
	}
	return nil
}

// maxLooks bounds how many followers are retrieved because of one shared inbox.
const maxLooks = 5
