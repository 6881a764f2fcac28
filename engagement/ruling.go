package engagement

import (
	"errors"
	"slices"
	"time"
)

// UndoTime is how long a moderator can undo a ruling. What is hidden is hidden at once; mails and messages to other servers wait so long.
const UndoTime = 10 * time.Minute

// holding is a transaction whose mails and messages wait until a time.
type holding struct {
	Tx
	until time.Time
	held  *[]ID // ids of their events
}

// Emit implements [Tx].
func (h holding) Emit(e Event) error {
	if e.After.Before(h.until) {
		e.After = h.until
	}
	*h.held = append(*h.held, e.ID)
	return h.Tx.Emit(e)
}

// silent is a transaction that tells nobody: what it brings back nobody else knew to be gone.
type silent struct{ Tx }

// Emit implements [Tx].
func (silent) Emit(Event) error { return nil }

// Final says whether an outcome cannot be taken back, or takes a whole organization away, so that a second moderator has to agree. Replies from
// elsewhere are removed by one.
func (r Reportable) Final(outcome Outcome) bool {
	return outcome == MakeAccountSuspended || outcome == MakeRemoved && r.Noun != AReaction || outcome == MakeHidden && r.Noun == AnOrganization && r.Origin == ""
}

// Choices are what can be decided about the report now. Who objects does not risk more than was decided already.
func (r Report) Choices(about Reportable) []Outcome {
	can := []Outcome{NoAction} // what is gone cannot be hidden
	if about.Noun != "" {
		can = about.Outcomes()
	}
	if !r.contested() {
		return can
	}
	can = slices.DeleteFunc(can, func(o Outcome) bool {
		return (o == MakeRemoved || o == MakeAccountSuspended) && r.Ruling.Outcome != o
	})
	if !slices.Contains(can, r.Ruling.Outcome) {
		can = append(can, r.Ruling.Outcome)
	}
	return can
}

// Mine says whether the actor made the decision that somebody else has to look at, or proposed it.
func (r Report) Mine(by Actor) bool {
	return (r.State == ReportSeconded || r.State == ReportObjected) && r.Proposed.By == by.Account ||
		r.State == ReportObjected && r.Ruling.By == by.Account
}

// contested says whether what is decided from now on is about an objection.
func (r Report) contested() bool { return !r.Objection.At.IsZero() }

// needsTwo says whether another moderator has to agree to the ruling: one that cannot be taken back, or, about an objection, such a one that is
// not what was decided before. As the first moderator may agree then too, two are enough for an instance.
func (r Report) needsTwo(by Actor, about Reportable, d Ruling) bool {
	if by.System || about.Noun == "" || !about.Final(d.Outcome) || r.State == ReportObjected && r.Ruling.Outcome == d.Outcome {
		return false
	}
	return r.State != ReportSeconded || r.Proposed.Outcome != d.Outcome
}

// Restrict is a moderator acting without a report: it is written down as one, so that the author gets reasons and can object.
func Restrict(tx Tx, by Actor, object ID, d Ruling) (Report, error) {
	about, err := Reported(tx, object)
	if err != nil {
		return Report{}, err
	}
	if err := must(by, Decide, about.Thing()); err != nil {
		return Report{}, err
	}
	if d.Outcome == NoAction || about.hidden() && d.Outcome == MakeHidden {
		return Report{}, ErrConflict
	}
	r := Report{Own: true}
	if err := r.open(tx, object, about); err != nil {
		return r, err
	}
	r, _, err = DecideReport(tx, by, r.ID, d, false)
	return r, err
}

// propose hides what one moderator wants to be gone for good, as far as it can be hidden, and asks for a second one.
func (r *Report) propose(tx Tx, by Actor, about Reportable, d Ruling) error {
	r.Held = nil
	h := holding{tx, d.At.Add(UndoTime), &r.Held}
	r.Proposed, r.State, r.Turned, r.Final = d, ReportSeconded, false, false
	r.ClaimedBy, r.ClaimedAt = "", time.Time{}
	if now := d; slices.Contains(about.Outcomes(), MakeHidden) {
		now.Outcome = MakeHidden
		if r.Turned = !about.hidden(); r.contested() {
			r.Second = now
		} else {
			r.Ruling = now
		}
		if err := about.show(h, by, false, now); err != nil {
			return err
		}
		if err := r.tellAuthor(h, about, now); err != nil {
			return err
		}
	}
	if err := mail(h, MailNewCase, r.ID, Recipient{Role: Moderator}, nil); err != nil {
		return err
	}
	if err := tx.PutReport(r); err != nil {
		return err
	}
	return audit(tx, by, Moderator, AuditEntry{Action: "report.propose", Object: r.ID, New: string(d.Outcome), Reason: d.Reason})
}

// carryOut makes a ruling true. What a second moderator has agreed to is told at once, because it cannot be undone.
func (r *Report) carryOut(tx Tx, by Actor, about Reportable, d Ruling) error {
	before, until := r.Last().Outcome, d.At.Add(UndoTime)
	r.Turned, r.Held, r.Final = false, nil, d.Outcome == MakeRemoved || about.Final(d.Outcome) || before == MakeAccountSuspended || before == MakeRemoved
	if r.Final {
		until = time.Time{}
	}
	h := holding{tx, until, &r.Held}
	switch {
	case r.suspends(before, d):
		if err := r.suspend(h, by, about, before, d); err != nil {
			return err
		}
	case about.Noun != "":
		limited, err := about.limited(tx)
		if err != nil {
			return err
		}
		if d.Outcome == MakeRemoved && before != MakeRemoved {
			r.Removed = about.removed()
		}
		if err := about.rule(h, by, before, d); err != nil {
			return err
		}
		switch {
		case r.Final:
		case d.Outcome == MakeHidden:
			r.Turned = !about.hidden()
		case d.Outcome == NoAction:
			r.Turned = before == MakeHidden && about.hidden()
		case d.Outcome == MakeLimited:
			r.Turned = !limited
		}
	}
	return r.close(h, by, about, d)
}

// limited says whether its host is limited already.
func (r Reportable) limited(tx Tx) (bool, error) {
	if r.Origin == "" {
		return false, nil
	}
	rule, err := tx.HostRule(r.Origin)
	return rule.Standing != OrdinaryHost, err
}

// latest is what was decided or proposed last.
func (r Report) latest() Ruling {
	if r.State == ReportSeconded {
		return r.Proposed
	}
	return r.Last()
}

// UndoUntil is until when the actor can undo what they decided last; zero if they cannot, because it was somebody else, or for good.
func (r Report) UndoUntil(by Actor, now time.Time) time.Time {
	d := r.latest()
	until := d.At.Add(UndoTime)
	if d.At.IsZero() || d.By != by.Account || r.Open() && r.State != ReportSeconded || r.Final || r.Own && d.Outcome == NoAction || !now.Before(until) {
		return time.Time{}
	}
	return until
}

// UndoRuling takes back what the actor decided last, with other reports that were decided alike. Nobody hears of it: what was to be told waits until
// nothing can be undone any more.
func UndoRuling(tx Tx, by Actor, id ID) (Report, error) {
	r, err := tx.Report(id)
	if err != nil {
		return r, err
	}
	if err := must(by, Decide, r.Thing()); err != nil {
		return r, err
	}
	if r.UndoUntil(by, tx.Now()).IsZero() {
		return r, ErrConflict
	}
	all, err := tx.ReportsAbout(r.Object)
	if err != nil {
		return r, err
	}
	done := r.latest()
	for _, o := range all {
		if o.ID != r.ID && o.latest() == done {
			if err := o.undo(tx, by); err != nil {
				return r, err
			}
		}
	}
	return r, r.undo(tx, by)
}

func (r *Report) undo(tx Tx, by Actor) error {
	done := r.latest()
	if r.Turned {
		if err := r.turnBack(tx, by, done); err != nil {
			return err
		}
	}
	if err := tx.Unsend(r.Held); err != nil {
		return err
	}
	old := r.State
	if old != ReportSeconded {
		if err := r.count(tx, done.Outcome, -1); err != nil {
			return err
		}
	}
	switch {
	case r.contested() && old != ReportSeconded && r.Proposed.At.After(r.Objection.At):
		held := r.Proposed
		held.Outcome = MakeHidden
		r.Second, r.State = held, ReportSeconded
	case r.contested():
		if r.Second, r.State = (Ruling{}), ReportObjected; old == ReportSeconded {
			r.Proposed = Ruling{}
		}
	case r.Own:
		r.Proposed, r.Ruling, r.State, r.Statement = Ruling{}, Ruling{Outcome: NoAction, By: by.Account, At: tx.Now()}, ReportDecided, ""
	case old == ReportDecided && !r.Proposed.At.IsZero():
		held := r.Proposed
		held.Outcome = MakeHidden
		r.Ruling, r.State = held, ReportSeconded
	default:
		r.Proposed, r.Ruling, r.State, r.Statement = Ruling{}, Ruling{}, ReportReceived, ""
	}
	r.Turned, r.Held = false, nil
	if err := tx.PutReport(r); err != nil {
		return err
	}
	return audit(tx, by, Moderator, AuditEntry{Action: "report.undo", Object: r.ID, Old: string(old), New: string(r.State)})
}

// turnBack makes visible what was hidden, and the other way round.
func (r *Report) turnBack(tx Tx, by Actor, done Ruling) error {
	about, err := Reported(tx, r.Object)
	if errors.Is(err, ErrNotFound) {
		return nil // its owner has deleted it meanwhile
	}
	if err != nil {
		return err
	}
	switch {
	case done.Outcome == MakeLimited:
		rule, err := tx.HostRule(about.Origin)
		if err != nil || rule.Standing != LimitedHost {
			return err
		}
		rule.Standing = OrdinaryHost
		return rule.apply(tx, by, nil)
	case done.Outcome == NoAction:
		return about.show(silent{tx}, by, false, r.Ruling)
	}
	return about.show(silent{tx}, by, true, Ruling{})
}

// ---- numbers for everybody ----

// What is counted by year: see [Tally].
const (
	TallyReport    = "report"    // by reason
	TallyRuling    = "ruling"    // about a report, by outcome
	TallyOwn       = "own"       // without a report, by outcome
	TallyObjection = "objection" // made; by "upheld" or "reversed": decided
)

// Tally is how often something happened in a year, without whom it concerned.
type Tally struct {
	Year int
	What string // one of the constants
	Code Code
	N    int
}

// count counts a decision in the numbers of the year, or takes it out again.
func (r Report) count(tx Tx, outcome Outcome, n int) error {
	what, code := TallyRuling, Code(outcome)
	switch {
	case r.contested():
		what, code = TallyObjection, Code(ReportReversed)
		if outcome == r.Ruling.Outcome {
			code = Code(ReportUpheld)
		}
	case r.Own:
		what = TallyOwn
	}
	return tx.Tally(what, code, n)
}
