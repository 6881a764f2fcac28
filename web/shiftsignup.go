package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// shiftTeamPage is who comes to a shift, and who could.
type shiftTeamPage struct {
	Page
	bench
	Item   shiftItem
	Rows   []comingRow
	Form   *Form // plans somebody in; nil: there is nobody, or no time left
	Edit   string
	List   string
	Attend string // path of the page where attendance is recorded; empty: before the beginning
	Acts   []Action
}

type comingRow struct {
	Name, Path    string
	State         engagement.ShiftSignUpState
	People        int
	Text          string
	Until         time.Time
	Phone, Mail   string // on the list only
	Confirm, Take *Action
	Elsewhere     string
}

// comings are the sign-ups for a shift as the team sees them, with what each belongs to.
func comings(tx *store.Tx, b bench, s engagement.Shift) (rows []comingRow, list []engagement.ShiftSignUp, requests []engagement.MatchRequest, err error) {
	if list, err = tx.ShiftSignUpsFor(s.ID); err != nil {
		return nil, nil, nil, err
	}
	for _, u := range list {
		m, err := tx.MatchRequest(u.Request)
		if err != nil {
			return nil, nil, nil, err
		}
		rows = append(rows, comingRow{
			Name: helperName(m), Path: b.Root + shiftTab + "/" + string(m.ID), State: u.State, People: u.People, Text: u.Text, Until: u.Until, Elsewhere: m.Home,
		})
		requests = append(requests, m)
	}
	return rows, list, requests, nil
}

func (s *Server) shiftTeam(w *Response, r *Request) error {
	p := &shiftTeamPage{Page: r.Page("shift.one")}
	var shift engagement.Shift
	var free []engagement.MatchRequest
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		var o engagement.Opportunity
		if shift, o, err = shiftOfBench(tx, r, b); err != nil {
			return err
		}
		p.Item, free = r.shiftItem(shift, o), nil
		rows, list, _, err := comings(tx, b, shift)
		if err != nil {
			return err
		}
		p.Rows = rows
		busy := map[engagement.ID]bool{}
		base := b.Root + shiftTab + "/schichten/" + string(shift.ID)
		for i, u := range list {
			busy[u.Request] = busy[u.Request] || u.State.Open() && u.State != engagement.ShiftWaitlisted
			p.Rows[i].actions(r, base, u, shift)
		}
		agreed, err := tx.AgreedWith(b.Organization.ID)
		for _, m := range agreed {
			if m.Opportunity == shift.Opportunity && m.TakesShifts() && !m.Assignment.Paused && !busy[m.ID] {
				free = append(free, m)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	base := p.Root + shiftTab + "/schichten/" + string(shift.ID)
	p.List = base + "/liste"
	if shift.Ahead(r.Now) {
		p.Edit = base + "/aendern"
		p.acts(r, base, shift)
	} else if shift.State == engagement.ShiftPlanned {
		p.Attend = p.Root + shiftTab + "/anwesenheit/" + string(shift.ID)
	}
	if shift.Ahead(r.Now) && len(free) > 0 && shift.Free() > 0 || r.Method == http.MethodPost {
		return s.planIn(w, r, p, shift, free)
	}
	return w.Page(p)
}

// acts are the buttons about the shift itself.
func (p *shiftTeamPage) acts(r *Request, base string, s engagement.Shift) {
	cancel := r.Action(base+"/absagen", "shift.cancel")
	cancel.Sure = "shift.cancel.sure"
	p.Acts = append(p.Acts, cancel)
	if s.Series != "" {
		all := r.Action(base+"/absagen-folgende", "shift.cancel.following")
		all.Sure = "shift.cancel.following.sure"
		p.Acts = append(p.Acts, all)
	}
}

// actions are the buttons about one sign-up.
func (row *comingRow) actions(r *Request, base string, u engagement.ShiftSignUp, s engagement.Shift) {
	if !s.Ahead(r.Now) {
		return
	}
	base += "/" + string(u.ID)
	if u.State == engagement.ShiftSignedUp || u.State == engagement.ShiftOffered {
		key := "shift.confirm"
		if u.State == engagement.ShiftOffered {
			key = "shift.confirm.said"
		}
		a := r.Action(base+"/bestaetigen", key)
		row.Confirm = &a
	}
	if u.State.Open() {
		a := r.Action(base+"/austragen", "shift.release")
		a.Sure, a.Style = "shift.release.sure", "tertiary"
		row.Take = &a
	}
}

// planIn plans somebody in who has an agreement.
func (s *Server) planIn(w *Response, r *Request, p *shiftTeamPage, shift engagement.Shift, free []engagement.MatchRequest) error {
	who := Field{Name: "person", As: "shift", Kind: Select, Label: "shift.assign.who", Hint: "shift.assign.hint", Need: "error.choice.empty"}
	many := Field{Name: "people", Kind: Number, Label: "shift.people", Hint: "shift.people.hint"}
	most := 1
	for _, m := range free {
		who.Options = append(who.Options, Option{Value: string(m.ID), Text: helperName(m)})
		most = max(most, m.Quantity)
	}
	fields := []Field{who}
	if most > 1 {
		fields = append(fields, many)
	}
	p.Form = r.Form(fields)
	f := p.Form
	if f.OK() {
		people := 1
		if most > 1 && f.Text("people") != "" {
			people = f.Int("people")
		}
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.AssignShift(tx, r.Actor(), engagement.ID(f.Text("person")), shift.ID, people)
			return err
		})
		if err == nil {
			return w.SeeOther(r.Path)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

// moveComing confirms somebody, or takes them off the shift.
func (s *Server) moveComing(w *Response, r *Request) error {
	act := map[string]func(engagement.Tx, engagement.Actor, engagement.ID) (engagement.ShiftSignUp, error){
		"bestaetigen": engagement.ConfirmShift, "austragen": engagement.TakeOffShift,
	}[r.Var("act")]
	if act == nil {
		return engagement.ErrNotFound
	}
	return s.benchAct(w, r, shiftTab+"/schichten/"+r.Var("shift"), func(tx *store.Tx, b bench) error {
		u, err := comingOfBench(tx, r, b)
		if err != nil {
			return err
		}
		_, err = act(tx, r.Actor(), u.ID)
		return err
	})
}

// comingOfBench is the sign-up that the path names, if it is one for the shift of the path.
func comingOfBench(tx *store.Tx, r *Request, b bench) (engagement.ShiftSignUp, error) {
	u, err := tx.ShiftSignUp(engagement.ID(r.Var("coming")))
	if err == nil && (u.Organization != b.Organization.ID || string(u.Shift) != r.Var("shift")) {
		err = engagement.ErrNotFound
	}
	return u, err
}

// shiftListPage is who comes, on paper, with how to reach them.
type shiftListPage struct {
	Page
	Item   shiftItem
	Name   string // of the organization
	Back   string
	Rows   []comingRow
	Letter string // address of a mail to all, who do not see each other
}

func (s *Server) shiftList(w *Response, r *Request) error {
	p := &shiftListPage{Page: r.Page("shift.list")}
	err := r.update(func(tx *store.Tx) error { // who reads contact data is noted
		b, err := s.bench(tx, r)
		if err != nil {
			return err
		}
		shift, o, err := shiftOfBench(tx, r, b)
		if err != nil {
			return err
		}
		rows, list, requests, err := comings(tx, b, shift)
		if err != nil {
			return err
		}
		p.Item, p.Name, p.Back, p.Rows, p.Letter = r.shiftItem(shift, o), b.Organization.Name, b.Root+shiftTab+"/schichten/"+string(shift.ID), nil, ""
		var mails []string
		for i, u := range list {
			if !u.Recordable(shift) {
				continue
			}
			m := requests[i]
			if engagement.Can(r.Actor(), engagement.Read, m.ContactThing()) && len(m.Card) > 0 {
				rows[i].Phone, rows[i].Mail = m.Card["phone"], m.Card["email"]
				if err := engagement.ReadContact(tx, r.Actor(), m); err != nil {
					return err
				}
			}
			if rows[i].Mail != "" {
				mails = append(mails, url.PathEscape(rows[i].Mail))
			}
			p.Rows = append(p.Rows, rows[i])
		}
		if len(mails) > 0 {
			p.Letter = "mailto:?bcc=" + strings.Join(mails, ",")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// ---- who was there ----

// attendancePage asks what came of every sign-up.
type attendancePage struct {
	Page
	bench
	Item shiftItem
	Back string
	Form *Form // nil: nobody was expected
}

func (s *Server) attendance(w *Response, r *Request) error {
	p := &attendancePage{Page: r.Page("shift.attendance.one")}
	var shift engagement.Shift
	var fields []Field
	var list []engagement.ShiftSignUp
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		var o engagement.Opportunity
		if shift, o, err = shiftOfBench(tx, r, b); err != nil {
			return err
		}
		if shift.State != engagement.ShiftPlanned || !shift.Started(r.Now) {
			return engagement.ErrNotFound
		}
		p.Item, fields = r.shiftItem(shift, o), nil
		var rows []comingRow
		if rows, list, _, err = comings(tx, b, shift); err != nil {
			return err
		}
		for i, u := range list {
			if !u.Recordable(shift) {
				continue
			}
			fields = append(fields, Field{Name: string(u.ID), Kind: Radio, Label: "shift.attendance.who", Args: map[string]any{"x": rows[i].Name}, Options: attendances(), Quiet: true})
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Back = p.Root + shiftTab + "/anwesenheit"
	if len(fields) == 0 {
		return w.Page(p)
	}
	p.Form = r.Form(fields)
	f := p.Form
	for _, u := range list {
		if slices.Contains(engagement.Attendances, u.State) {
			f.Set(string(u.ID), string(u.State))
		}
	}
	if f.OK() {
		came := map[engagement.ID]engagement.ShiftSignUpState{}
		for _, field := range fields {
			if said := f.Text(field.Name); said != "" {
				came[engagement.ID(field.Name)] = engagement.ShiftSignUpState(said)
			}
		}
		err := r.update(func(tx *store.Tx) error { return engagement.RecordAttendance(tx, r.Actor(), shift.ID, came) })
		if err == nil {
			return w.SeeOther(p.Back)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

func attendances() (options []Option) {
	for _, state := range engagement.Attendances {
		options = append(options, Option{Value: string(state), Key: "shift.state." + string(state)})
	}
	return options
}
