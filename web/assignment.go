package web

import (
	"seestern/engagement"
	"seestern/store"
)

// assignmentPage is what somebody does for the organization, and when.
type assignmentPage struct {
	Page
	bench
	Name, Opportunity string
	Elsewhere         string
	State             engagement.AssignmentState
	Request           string // path of the request
	Shifts            []ownShiftItem
	Form              *Form
	Pause             *Action
}

func (s *Server) assignment(w *Response, r *Request) error {
	p := &assignmentPage{Page: r.Page("shift.assignment")}
	var m engagement.MatchRequest
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		if m, err = assignmentOfBench(tx, r, b); err != nil {
			return err
		}
		o, err := tx.Opportunity(m.Opportunity)
		if err != nil {
			return err
		}
		p.Name, p.Opportunity, p.Elsewhere, p.State, p.Request = helperName(m), o.Title, m.Home, m.AssignmentState(), b.Root+"/anfragen/"+string(m.ID)
		list, err := tx.ShiftSignUpsBy(m.ID)
		if err != nil {
			return err
		}
		p.Shifts, err = r.ownShifts(tx, list, func(u engagement.ShiftSignUp) string { return b.Root + shiftTab + "/schichten/" + string(u.Shift) })
		return err
	})
	if err != nil {
		return err
	}
	p.Form = r.Form([]Field{
		{Name: "role", Label: "shift.role", Hint: "shift.role.hint", Max: engagement.AssignmentRoleLimit},
		{Name: "from", Kind: Day, Label: "shift.from"},
		{Name: "until", Kind: Day, Label: "shift.last"},
	})
	f := p.Form
	f.Set("role", m.Assignment.Role)
	f.Set("from", string(m.Assignment.From))
	f.Set("until", string(m.Assignment.Until))
	act, key := "pausieren", "shift.pause"
	if m.Assignment.Paused {
		act, key = "fortsetzen", "shift.resume"
	}
	pause := r.Action(p.Root+shiftTab+"/"+string(m.ID)+"/"+act, key)
	p.Pause = &pause
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.EditAssignment(tx, r.Actor(), m.ID, engagement.Assignment{Role: f.Text("role"), From: f.Date("from"), Until: f.Date("until")})
			return err
		})
		if err == nil {
			return w.SeeOther(p.Root + shiftTab)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

// assignmentOfBench is the agreement that the path names, if it is one of the organization and not over.
func assignmentOfBench(tx *store.Tx, r *Request, b bench) (engagement.MatchRequest, error) {
	m, err := tx.MatchRequest(engagement.ID(r.Var("request")))
	if err == nil && (m.Organization != b.Organization.ID || !m.TakesShifts()) {
		err = engagement.ErrNotFound
	}
	return m, err
}

func (s *Server) pauseAssignment(w *Response, r *Request) error {
	pause, known := map[string]bool{"pausieren": true, "fortsetzen": false}[r.Var("act")]
	if !known {
		return engagement.ErrNotFound
	}
	return s.benchAct(w, r, shiftTab+"/"+r.Var("request"), func(tx *store.Tx, b bench) error {
		m, err := assignmentOfBench(tx, r, b)
		if err != nil {
			return err
		}
		_, err = engagement.PauseAssignment(tx, r.Actor(), m.ID, pause)
		return err
	})
}
