package federation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/golang-lru/v2"

	"seestern/engagement"
	"seestern/store"
)

// inbox is what all inboxes of an instance share: how much others may ask of us, and what went wrong lately.
type inbox struct {
	gate      *gatekeeper
	unknown   *limiter // by network: requests that were refused before it was clear who sent them
	ordinary  *limiter // by registrable domain: activities of everybody but partners
	partners  *limiter // by host
	offers    *limiter // by host
	follows   *limiter // by host
	flags     *limiter // by registrable domain: reports of everybody but partners
	newcomers *limiter // by registrable domain: actors nobody here had heard of
	authors   *limiter // by actor: automatic answers
	answers   *limiter // by organization: automatic answers
	replies   *limiter // by actor: public replies
	wishes    *limiter // by presence: mails about who would like to follow
	parked    *limiter // by actor: activities that wait for an admin
	noted     *limiter // by host: entries of the audit log
	compared  *limiter // by registrable domain: lists of followers that are asked for
	failures  *lru.Cache[string, int]
	floods    *lru.Cache[string, flood] // by registrable domain
	limited   *limiter                  // by registrable domain: hosts that are limited because they sent too much
}

// Limits of protocol.md §7.3 and §6.4. Several processes count each for themselves.
const (
	maxWorking = 32
	maxWaiting = 256

	requestSpan  = 5 * time.Minute
	maxUnknown   = 300  // per requestSpan
	maxOrdinary  = 300  // per requestSpan
	maxPartner   = 6000 // per requestSpan
	maxOffers    = 60   // per hour
	maxFollows   = 300  // per hour
	maxNewcomers = 200  // per hour

	maxAuthorAnswers = 3  // per day
	maxAnswers       = 20 // per hour
	maxWishes        = 3  // per day

	maxParked = 100 // per day
	maxNoted  = 20  // per day

	maxFailures        = 3
	rememberedFailures = 1000
)

func newInbox() *inbox {
	failures, err := lru.New[string, int](rememberedFailures)
	if err != nil {
		panic(err) // only for a size below one
	}
	floods, err := lru.New[string, flood](limiterKeys)
	if err != nil {
		panic(err) // likewise
	}
	return &inbox{
		gate:      newGatekeeper(maxWorking, maxWaiting),
		unknown:   newLimiter(maxUnknown, requestSpan),
		ordinary:  newLimiter(maxOrdinary, requestSpan),
		partners:  newLimiter(maxPartner, requestSpan),
		offers:    newLimiter(maxOffers, time.Hour),
		follows:   newLimiter(maxFollows, time.Hour),
		flags:     newLimiter(maxFlags, 24*time.Hour),
		newcomers: newLimiter(maxNewcomers, time.Hour),
		authors:   newLimiter(maxAuthorAnswers, 24*time.Hour),
		answers:   newLimiter(maxAnswers, time.Hour),
		replies:   newLimiter(maxReplies, 24*time.Hour),
		wishes:    newLimiter(maxWishes, 24*time.Hour),
		parked:    newLimiter(maxParked, 24*time.Hour),
		noted:     newLimiter(maxNoted, 24*time.Hour),
		compared:  newLimiter(maxCompared, time.Hour),
		failures:  failures,
		floods:    floods,
		limited:   newLimiter(maxLimited, 24*time.Hour),
	}
}

// mountInboxes mounts what other servers write to. All of them do the same: whom an activity is for stands in it, and which inbox it
// came through decides only whether there is one.
func (s *Service) mountInboxes(r *mux.Router) {
	for _, path := range []string{"/ap/{kind:inbox}", "/ap/{kind:org|board|person}/{key}/inbox"} {
		r.Path(path).Methods(http.MethodPost).Handler(s.handle(s.postInbox))
	}
}

// postInbox takes an activity through the gates of protocol.md §7.1. Nothing of it is stored before the last one.
func (s *Service) postInbox(w http.ResponseWriter, r *http.Request) error {
	ctx, source := r.Context(), s.source(r)
	if source != "" && s.inbox.unknown.full(source, s.now()) {
		return fmt.Errorf("requests of %s: %w", source, engagement.ErrTooMany)
	}
	body, err := ReadActivity(w, r)
	if err != nil {
		return err
	}
	// Whoever sends slowly has not cost a place so far.
	if err := s.inbox.gate.enter(); err != nil {
		return err
	}
	defer s.inbox.gate.leave()
	if err := s.fail("I1"); err != nil {
		return err
	}
	from, e, sender, err := s.verify(r, body)
	if err != nil {
		if status, _ := StatusOf(err); source != "" && status >= 400 && status < 500 {
			_ = s.inbox.unknown.take(source, s.now())
		}
		return err
	}
	if err := s.fail("I2"); err != nil {
		return err
	}
	a, err := s.arrive(ctx, from, e, sender)
	if err != nil {
		return err
	}
	if err := s.inbox.gate.work(ctx, func() error { return s.attempt(ctx, a) }); err != nil {
		return err
	}
	s.verifier.Acknowledge(from)
	s.compareFollows(ctx, a)
	w.WriteHeader(http.StatusAccepted)
	_ = s.fail("I8") // whatever happens now, the sender has its answer
	return nil
}

// door is an inbox that exists.
type door struct {
	instance engagement.Instance
	host     string // the only one for whom it exists: the inbox of a pseudonymous person; empty for all others
}

// openInbox finds the inbox of the request.
func (s *Service) openInbox(tx *store.Tx, r *http.Request) (d door, err error) {
	d.instance, err = tx.Instance()
	switch {
	case err != nil:
		return d, err
	case !d.instance.Federates():
		return d, fmt.Errorf("federation is off: %w", engagement.ErrNotFound)
	case d.instance.Frozen:
		return d, fmt.Errorf("federation is frozen: %w", ErrFrozen)
	}
	switch vars := mux.Vars(r); vars["kind"] {
	case string(KindOrganization):
		err = s.openOrganization(tx, vars["key"])
	case string(KindBoard):
		_, err = tx.Board(engagement.ID(vars["key"])) // an archived one too: followers leave it
	case string(KindPerson):
		d.host, err = s.openPerson(tx, vars["key"])
	}
	return d, err
}

func (s *Service) openOrganization(tx *store.Tx, key string) error {
	org, err := tx.Organization(engagement.ID(key))
	switch {
	case err != nil:
		return err
	case org.Local() && org.State == engagement.OrganizationDissolved:
		return fmt.Errorf("inbox of organization %s: %w", key, engagement.ErrGone)
	case !org.Local() || org.State != engagement.OrganizationActive:
		return fmt.Errorf("inbox of organization %s: %w", key, engagement.ErrNotFound)
	}
	return nil
}

func (s *Service) openPerson(tx *store.Tx, token string) (host string, err error) {
	switch p, err := tx.Presence(engagement.ID(token)); {
	case err == nil && !p.Open():
		return "", fmt.Errorf("inbox of person %s: %w", token, engagement.ErrGone)
	case !errors.Is(err, engagement.ErrNotFound):
		return "", err
	}
	m, err := tx.MatchRequestByPerson(token)
	if err == nil && (!m.HomeHere() || m.Origin == "") {
		err = engagement.ErrNotFound
	}
	return m.Origin, err
}

// source is the network a request comes from; empty if that is not known.
func (s *Service) source(r *http.Request) string {
	if s.config.Source == nil {
		return ""
	}
	return network(s.config.Source(r))
}

// verify finds out who sent an activity, and how its host stands. One transaction reads all that is known here before the key: floods of
// Deletes of strangers end there. An inbox that is there for one host only answers everybody else like one that does not exist.
func (s *Service) verify(r *http.Request, body []byte) (from Verified, e Envelope, sender hostNow, err error) {
	var d door
	var c Signed // what it says of itself
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		if d, err = s.openInbox(tx, r); err != nil {
			return err
		}
		if c, e, err = s.verifier.Read(r, body); err != nil {
			return err
		}
		if e.aboutItself() { // most are of strangers, and nothing to us whoever sends them
			switch _, err := tx.RemoteActor(e.Actor); {
			case errors.Is(err, engagement.ErrNotFound):
				return ErrIgnored
			case err != nil:
				return err
			}
		}
		host := HostOf(c.keyID)
		if sender, err = lookAt(tx, host); err != nil {
			return err
		}
		return s.admitActivity(d.instance, sender, host, e)
	})
	if err == nil {
		from, err = s.verifier.Check(r.Context(), c, e)
	}
	if err == nil {
		err = checkOrigin(e)
	}
	if d.host != "" && (err == nil && from.Host != d.host || errors.Is(err, ErrSignature) || errors.Is(err, engagement.ErrForbidden)) {
		err = fmt.Errorf("inbox of %s: %w", d.host, engagement.ErrNotFound)
	}
	return from, e, sender, err
}

// checkOrigin is the fourth gate: an activity speaks for nobody but its actor, and about nothing of another server as if it were the
// actor's. That the actor signed it has been seen to.
func checkOrigin(e Envelope) error {
	if !SameOrigin(e.ID, e.Actor) {
		return malformed("id of another origin than the actor")
	}
	if e.Type != "Create" && e.Type != "Update" || e.Object == nil || e.Object["id"] == nil {
		return nil
	}
	if !SameOrigin(e.Object.ID(), e.Actor) {
		return malformed("object of another origin than the actor")
	}
	if e.ObjectID == e.Actor { // an account may name who runs it, as groups do
		return nil
	}
	names := []string{"attributedTo", "actor"}
	spokenFor := func(name string) bool { return slices.Contains(e.Object.IRIs(name), e.Actor) }
	if hasType(e.Object, "Event") && slices.ContainsFunc(names, spokenFor) {
		return nil // a group invites, and one of it writes (E1)
	}
	for _, name := range names {
		if e.Object[name] != nil && !spokenFor(name) {
			return malformed("object of another author than the actor")
		}
	}
	return nil
}

// admitActivity refuses hosts that may not send such an activity.
func (s *Service) admitActivity(i engagement.Instance, h hostNow, host string, e Envelope) error {
	p, known := h.partner, h.known && h.partner.State != engagement.PartnerEnded
	switch {
	case h.blocked():
		return suspended(host)
	case s.store.Tight() && !slices.Contains(endings, e.Type):
		return fmt.Errorf("%s of %s: little space is left: %w", e.Type, host, store.ErrFull)
	case e.Type == "Offer" && !(known && p.State != engagement.PartnerProposed && p.State != engagement.PartnerRequested):
		return fmt.Errorf("offer of %s, which is no partner: %w", host, engagement.ErrForbidden)
	case i.Mode == "partners" && !known && !s.asksToBePartner(e),
		i.Mode == "partners" && known && !active(p) && !s.asksToBePartner(e) && !slices.Contains(partnerAnswers, e.Type):
		return fmt.Errorf("%s of %s, which is no partner: %w", e.Type, host, engagement.ErrForbidden)
	}
	return nil
}

// endings are what is taken in even when little space is left.
var endings = []string{"Delete", "Undo", "Reject", "Block", "Leave"}

// partnerAnswers are what a host says that is about to become a partner, or ceases to be one.
var partnerAnswers = []string{"Accept", "Reject", "Undo"}

func (s *Service) asksToBePartner(e Envelope) bool {
	return e.Type == "Follow" && e.ObjectID == s.Base.Actor()
}

// arrival is an activity that came through the first five gates.
type arrival struct {
	Envelope
	From    Verified
	Limited bool // its host may not bother people
	Suspect bool // its actor has to explain a new key first
	Now     time.Time
}

// arrive is the fifth gate: what the sender may still ask of us.
func (s *Service) arrive(ctx context.Context, from Verified, e Envelope, sender hostNow) (arrival, error) {
	a := arrival{Envelope: e, From: from, Limited: sender.standing == store.Limited, Now: s.now()}
	err := s.store.View(ctx, func(tx *store.Tx) error {
		actor, err := tx.RemoteActor(from.Actor) // as it is after its key was looked up
		a.Suspect = err == nil && suspicious(actor, from, e)
		return ignore(err, engagement.ErrNotFound)
	})
	if err != nil {
		return a, err
	}
	err = s.allowed(a, active(sender.partner))
	if errors.Is(err, engagement.ErrTooMany) {
		s.flooded(ctx, from.Host, sender.standing, a.Now)
	}
	return a, err
}

// allowed uses one of the things that the sender may ask of us, or returns ErrTooMany.
func (s *Service) allowed(a arrival, partner bool) (err error) {
	host, domain := a.From.Host, registrable(a.From.Host)
	if partner {
		err = s.inbox.partners.take(host, a.Now)
	} else {
		err = s.inbox.ordinary.take(domain, a.Now)
	}
	switch {
	case err != nil:
		return err
	case a.Type == "Offer":
		return s.inbox.offers.take(host, a.Now)
	case a.Type == "Follow":
		return s.inbox.follows.take(host, a.Now)
	case a.Type == "Flag" && !partner:
		return s.inbox.flags.take(domain, a.Now)
	}
	return nil
}

// Audience is who an activity and its object are for: only who is named by both. It says nothing about the inbox it came through.
func (a arrival) Audience() []string {
	outer := append(slices.Clone(a.To), a.Cc...)
	inner := append(a.Object.Recipients("to"), a.Object.Recipients("cc")...)
	switch {
	case len(inner) == 0:
		return outer
	case len(outer) == 0:
		return inner
	}
	return slices.DeleteFunc(outer, func(iri string) bool { return !slices.Contains(inner, iri) })
}

// effect is what an activity does. It returns ErrIgnored (or a Violation, which wraps it) if it does nothing: then nothing of the
// activity is kept, not even that it came.
type effect func(*store.Tx) error

// attempt is the sixth and the seventh gate: what the activity means, and its effect, exactly once. If that fails for the third time
// through a fault of ours, the activity is put aside for the admin, so that its sender stops repeating it.
func (s *Service) attempt(ctx context.Context, a arrival) error {
	if a.Suspect {
		return s.park(ctx, a)
	}
	err := s.try(ctx, a)
	if errors.Is(err, ErrIgnored) {
		return s.withoutEffect(ctx, a, err)
	}
	status, _ := StatusOf(err)
	if err == nil || status != http.StatusInternalServerError || errors.Is(err, errStopped) || ctx.Err() != nil {
		return err
	}
	key := a.Actor + "\n" + a.ID
	count, _ := s.inbox.failures.Get(key)
	s.inbox.failures.Add(key, count+1)
	if count+1 < maxFailures {
		return fmt.Errorf("%s %s by %s: %w", a.Type, a.ID, a.Actor, err)
	}
	s.log.Error("activity put aside", "activity", a.ID, "actor", a.Actor, "type", a.Type, "err", err)
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if fresh, _, err := tx.Seen(a.Actor, a.ID, a.Bytes); err != nil || !fresh {
			return err
		}
		return tx.ParkJob(a.job(), err.Error())
	})
}

// errChanged is an activity that came before with other bytes; the first ones stay.
var errChanged = fmt.Errorf("activity came before with other content: %w", ErrIgnored)

// withoutEffect leaves a trace of what had no effect: a line of the log, and for what nobody says by mistake (an answer that is not the
// sender's to give, an activity in two versions) an entry for the admin, for each host so many a day.
func (s *Service) withoutEffect(ctx context.Context, a arrival, why error) error {
	s.log.Info("activity without effect", "activity", a.ID, "actor", a.Actor, "type", a.Type, "why", why)
	entry := engagement.AuditEntry{At: a.Now, Action: "activity.answer-ignored", Object: engagement.ID(a.From.Host), New: a.Type}
	switch {
	case errors.Is(why, errChanged):
		entry.Action = "activity.changed"
	case !slices.Contains(replies, a.Type):
		return nil
	}
	if s.inbox.noted.take(a.From.Host, a.Now) != nil {
		return nil
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.Audit(entry) })
}

// replies are the types of what is said to somebody who asked.
var replies = []string{"Accept", "Reject", "TentativeAccept", "TentativeReject"}

// try finds out what an activity means and carries it out. A panic is an error of ours.
func (s *Service) try(ctx context.Context, a arrival) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic in inbox", "activity", a.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	do, err := s.meaning(a)
	if err != nil {
		return err
	}
	if err := s.store.Update(ctx, func(tx *store.Tx) error { return s.carryOut(tx, a, do) }); err != nil {
		return err
	}
	if a.ObjectID == a.Actor { // an actor about itself: its keys may have changed
		s.keyring.Forget(a.Actor)
	}
	return s.fail("I7")
}

// carryOut is the one transaction of an activity.
func (s *Service) carryOut(tx *store.Tx, a arrival, do effect) error {
	if err := s.fail("I3"); err != nil {
		return err
	}
	fresh, same, err := tx.Seen(a.Actor, a.ID, a.Bytes)
	if err != nil {
		return err
	}
	if !fresh {
		if !same {
			return errChanged
		}
		return nil
	}
	if err := s.fail("I4"); err != nil {
		return err
	}
	if err := engagement.PartnerContact(tx, a.From.Host); err != nil {
		return err
	}
	switch err := do(tx); {
	case errors.Is(err, errStranger):
		if err := tx.PutJob(a.job()); err != nil {
			return err
		}
	case errors.Is(err, engagement.ErrNotFound), errors.Is(err, engagement.ErrGone): // what it is about has ended here
		return fmt.Errorf("%w: %w", ErrIgnored, err)
	case err != nil:
		return err
	}
	if err := s.fail("I5"); err != nil {
		return err
	}
	if err := s.heardFrom(tx, a.From.Host); err != nil {
		return err
	}
	return s.fail("I6")
}

// heardFrom notes that a host we have to do with is alive, once an hour at most.
func (s *Service) heardFrom(tx *store.Tx, host string) error {
	p, err := tx.Peer(host)
	if err != nil || p.Seen.IsZero() || tx.Now().Sub(p.Seen) < time.Hour {
		return err
	}
	p.Seen = tx.Now()
	return tx.PutPeer(p)
}

// errStranger says that an activity cannot be carried out before its actor's document was retrieved.
var errStranger = errors.New("actor is not stored")

// jobArrival is the queue of activities that came but could not be carried out at once.
const jobArrival = "arrival"

// job is the activity as a job: marked as seen already, to be carried out when its actor is known, or on an admin's word.
func (a arrival) job() store.Job {
	return store.Job{Queue: jobArrival, Key: a.Actor + "\n" + a.ID, Data: map[string]string{
		"actor": a.From.Actor, "key": a.From.KeyID, "limited": fmt.Sprint(a.Limited), "activity": string(a.Bytes),
	}}
}

// arrivalJob does what an activity means whose actor had to be retrieved first, or whose effect failed.
func (s *Service) arrivalJob(ctx context.Context, j store.LeasedJob) error {
	if err := s.fail("I9"); err != nil {
		return err
	}
	e, err := Parse([]byte(j.Data["activity"]))
	if err != nil {
		return err
	}
	from := Verified{Actor: j.Data["actor"], KeyID: j.Data["key"], Host: HostOf(j.Data["actor"])}
	a := arrival{Envelope: e, From: from, Limited: j.Data["limited"] == "true", Now: s.now()}
	known, err := s.keyring.Known(ctx, a.Actor)
	if err == nil && !known {
		err = s.learn(ctx, a.Actor)
	}
	if err != nil {
		return err
	}
	do, err := s.meaning(a)
	if err == nil {
		err = s.store.Update(ctx, func(tx *store.Tx) error {
			if err := s.fail("I10"); err != nil {
				return err
			}
			if err := do(tx); err != nil {
				return err
			}
			if err := s.fail("I11"); err != nil {
				return err
			}
			return tx.JobDone(j)
		})
	}
	if err == nil {
		return s.fail("I12")
	}
	if !errors.Is(err, ErrIgnored) {
		return err
	}
	if err := s.withoutEffect(ctx, a, err); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(j) })
}

// learn reads the document of an actor and keeps it.
func (s *Service) learn(ctx context.Context, actor string) error {
	d, err := s.client.Get(ctx, actor)
	if err != nil {
		return err
	}
	return s.keyring.Learn(ctx, d)
}
