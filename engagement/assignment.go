package engagement

import (
	"errors"
	"strings"
)

// Assignment is what somebody does after it was agreed on (UI: Einsatz). It is a part of its match request, and follows it.
type Assignment struct {
	Role   string // what the person does, ≤ 100
	From   Date   // first day; empty: not said
	Until  Date   // last day; empty: open
	Paused bool
}

// AssignmentState is a state of domain.md §3.16.
type AssignmentState string

const (
	AssignmentPlanned  AssignmentState = "planned"
	AssignmentActive   AssignmentState = "active"
	AssignmentPaused   AssignmentState = "paused"
	AssignmentEnded    AssignmentState = "ended"
	AssignmentCanceled AssignmentState = "canceled"
)

// AssignmentState is how far the assignment has come; empty before the agreement.
func (m MatchRequest) AssignmentState() AssignmentState {
	switch {
	case m.AgreedAt.IsZero() || m.Answers():
		return ""
	case m.State == Completed:
		return AssignmentEnded
	case m.State.Final():
		return AssignmentCanceled
	case m.Assignment.Paused:
		return AssignmentPaused
	case m.State == Active:
		return AssignmentActive
	}
	return AssignmentPlanned
}

// assign begins the assignment of an agreement, for the time of the opportunity.
func (m *MatchRequest) assign(tx Tx) error {
	o, err := tx.Opportunity(m.Opportunity)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	m.Assignment = Assignment{From: max(o.StartsOn, DateOf(tx.Now())), Until: o.lastDay()}
	return err
}

// AssignmentRoleLimit is how long the text about what somebody does can be.
const AssignmentRoleLimit = 100

// EditAssignment says what somebody does, from when and until when.
func EditAssignment(tx Tx, by Actor, id ID, a Assignment) (MatchRequest, error) {
	return changeAssignment(tx, by, id, "assignment.change", func(m *MatchRequest) error {
		a.Role, a.Paused = strings.TrimSpace(a.Role), m.Assignment.Paused
		var bad Invalids
		bad.Text("role", a.Role, 0, AssignmentRoleLimit)
		for field, day := range map[string]Date{"from": a.From, "until": a.Until} {
			if day != "" && !day.Valid() {
				bad.Add(field, "error.date.unknown")
			}
		}
		if bad == nil && a.From != "" && a.Until != "" && a.Until < a.From {
			bad.Add("until", "error.date.order")
		}
		m.Assignment = a
		return bad.Err()
	})
}

// PauseAssignment lets an assignment rest, or go on. While it rests the person takes no new shifts.
func PauseAssignment(tx Tx, by Actor, id ID, on bool) (MatchRequest, error) {
	return changeAssignment(tx, by, id, "assignment.pause", func(m *MatchRequest) error {
		if m.Assignment.Paused == on {
			return ErrConflict
		}
		m.Assignment.Paused = on
		return nil
	})
}

func changeAssignment(tx Tx, by Actor, id ID, auditAs string, change func(*MatchRequest) error) (MatchRequest, error) {
	m, err := tx.MatchRequest(id)
	if err != nil {
		return m, err
	}
	if err := must(by, Decide, m.Thing()); err != nil {
		return m, err
	}
	if !m.TakesShifts() {
		return m, ErrConflict
	}
	old := m.AssignmentState()
	if err := change(&m); err != nil {
		return m, err
	}
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, err
	}
	return m, audit(tx, by, m.actsAs(by), AuditEntry{Action: auditAs, Object: m.ID, Person: m.Account, Old: string(old), New: string(m.AssignmentState())})
}
