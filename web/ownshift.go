package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// ownShiftArea is where people take shifts of what they have agreed to help with, and give them back. Like the pages of a request they serve
// people with an account and holders of the link from the mail.
var ownShiftArea = area{
	name:   "ownshift",
	simple: true,
	pages:  map[string]any{"ownshift-list": ownShiftsPage{}, "ownshift-take": takeShiftPage{}, "ownshift-back": giveBackPage{}, "ownshift-off": shiftMailsPage{}},
	routes: append(ownShiftRoutes("/meine/anfragen/{id:[0-9a-f-]{36}}", signedIn, false), ownShiftRoutes("/anfrage/{token:[0-9a-f]{32}}", nil, true)...),
}

func ownShiftRoutes(base string, who access, token bool) []route {
	one := base + "/schichten/{shift:[0-9a-f-]{36}}"
	dates, mails := helpsDates, helpsPaper
	if token {
		dates, mails = nil, nil
	}
	return []route{
		{path: base + "/schichten", get: (*Server).ownShiftsOf, who: who, token: token, helps: dates},
		{path: base + "/schichten/mails", post: (*Server).mailShifts, who: who, token: token, helps: mails, ends: true},
		{path: one, get: (*Server).takeShift, post: (*Server).takeShift, who: who, token: token, helps: dates},
		{path: one + "/zusagen", post: (*Server).acceptShift, who: who, token: token, helps: dates},
		{path: one + "/abgeben", get: (*Server).giveBackShift, post: (*Server).giveBackShift, who: who, token: token, helps: dates, ends: true},
	}
}

// ownShiftItem is a sign-up with its shift.
type ownShiftItem struct {
	shiftItem
	State  engagement.ShiftSignUpState
	By     engagement.CanceledBy
	Until  time.Time // of an offered place; zero: until the beginning
	People int
	Yes    *Action
	Back   string // path of the page where it is given back; empty: not possible
}

// ownShifts describes sign-ups, the first to begin first.
func (r *Request) ownShifts(tx *store.Tx, list []engagement.ShiftSignUp, path func(engagement.ShiftSignUp) string) (items []ownShiftItem, err error) {
	known := map[engagement.ID]engagement.Opportunity{}
	for _, u := range list {
		s, err := tx.Shift(u.Shift)
		if err != nil {
			return nil, err
		}
		o, err := shiftOpportunity(tx, known, s.Opportunity)
		if err != nil {
			return nil, err
		}
		item := ownShiftItem{shiftItem: r.shiftItem(s, o), State: u.State, By: u.By, Until: u.Until, People: u.People}
		item.Path = path(u)
		items = append(items, item)
	}
	slices.SortStableFunc(items, func(a, b ownShiftItem) int { return a.Starts.Compare(b.Starts) })
	return items, nil
}

// ownShiftsPage are the shifts of a person and those that are free.
type ownShiftsPage struct {
	Page
	Back         string // path of the request
	About        string // title of the opportunity
	Organization engagement.Organization
	Next, Past   []ownShiftItem
	Free         []shiftItem
	Paused       bool
	Elsewhere    string // host of the partner instance that the opportunity is of: shifts are told there
	Mails        bool   // reminders and changes come by mail
	Switch       *Action
	Calendar     string // path of the person's calendar; empty: without account
}

// ownAgreement is the request of the path, for who may choose shifts.
func (s *Server) ownAgreement(tx *store.Tx, r *Request) (h holder, m engagement.MatchRequest, o engagement.Opportunity, err error) {
	if h, err = s.holder(tx, r); err != nil {
		return h, m, o, err
	}
	if m, err = tx.MatchRequest(h.id); err != nil {
		return h, m, o, err
	}
	if !m.HomeHere() || !engagement.Can(h.actor, engagement.Change, engagement.ShiftSignUp{}.Thing(m)) || m.AgreedAt.IsZero() || m.Answers() {
		return h, m, o, engagement.ErrNotFound
	}
	o, err = tx.Opportunity(m.Opportunity)
	return h, m, o, err
}

func (s *Server) ownShiftsOf(w *Response, r *Request) error {
	p := &ownShiftsPage{Page: r.Page("ownshift.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		h, m, o, err := s.ownAgreement(tx, r)
		if err != nil {
			return err
		}
		p.Back, p.About, p.Elsewhere, p.Paused = h.path, o.Title, m.Origin, m.Assignment.Paused
		if p.Organization, err = tx.Organization(m.Organization); err != nil || m.Origin != "" {
			return err
		}
		if p.Mails = !m.NoShiftMail; m.Account != "" {
			a, err := tx.Account(m.Account)
			if err != nil {
				return err
			}
			p.Mails, p.Calendar = !a.NoShiftMail, ownCalendar
		}
		return p.fill(tx, r, m, o)
	})
	if err != nil {
		return err
	}
	key := "ownshift.mails.off"
	if !p.Mails {
		key = "ownshift.mails.on"
	}
	a := r.Action(p.Back+"/schichten/mails", key)
	a.Style = "tertiary"
	if r.Actor().May(engagement.ConsentAssisted) {
		p.Switch = &a
	}
	if !r.mayOpen(p.Back) {
		p.Back = ""
	}
	return w.Page(p)
}

// fill finds the person's shifts and those that can be taken.
func (p *ownShiftsPage) fill(tx *store.Tx, r *Request, m engagement.MatchRequest, o engagement.Opportunity) error {
	p.Next, p.Past, p.Free = nil, nil, nil
	list, err := tx.ShiftSignUpsBy(m.ID)
	if err != nil {
		return err
	}
	base := p.Back + "/schichten/"
	own, err := r.ownShifts(tx, list, func(u engagement.ShiftSignUp) string { return base + string(u.Shift) })
	if err != nil {
		return err
	}
	busy := map[engagement.ID]bool{}
	for _, item := range own {
		busy[item.ID] = busy[item.ID] || item.State.Open()
		if item.Ahead(r.Now) && item.State.Open() {
			item.Back = item.Path + "/abgeben"
			if item.State == engagement.ShiftOffered {
				yes := r.Action(item.Path+"/zusagen", "ownshift.yes")
				yes.Style, item.Yes = "primary", &yes
			}
		}
		if item.Over(r.Now) {
			p.Past = append(p.Past, item)
		} else {
			p.Next = append(p.Next, item)
		}
	}
	slices.Reverse(p.Past)
	if !m.ChoosesShifts() || p.Paused {
		return nil
	}
	shifts, err := tx.ShiftsFor(o.ID)
	for _, s := range engagement.NextShifts(shifts, r.Now) {
		if busy[s.ID] || s.Free() == 0 && !s.Waitlist {
			continue
		}
		item := r.shiftItem(s, o)
		item.Path = base + string(s.ID)
		p.Free = append(p.Free, item)
	}
	return err
}

// takeShiftPage shows a shift before somebody signs up for it.
type takeShiftPage struct {
	Page
	Back      string
	Item      shiftItem
	QuitUntil time.Time
	Wait      bool // there is only the waiting list
	LongDay   bool // more than ten hours on that day
	LongWeek  bool // more in that week than the person wants
	Form      *Form
}

func (s *Server) takeShift(w *Response, r *Request) error {
	p := &takeShiftPage{Page: r.Page("ownshift.take")}
	var m engagement.MatchRequest
	var shift engagement.Shift
	taken := false
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		h, agreed, o, err := s.ownAgreement(tx, r)
		if err != nil {
			return err
		}
		m = agreed
		if shift, err = tx.Shift(engagement.ID(r.Var("shift"))); err != nil {
			return err
		}
		if shift.Opportunity != m.Opportunity {
			return engagement.ErrNotFound
		}
		p.Back, p.Item, p.QuitUntil, p.Wait = h.path+"/schichten", r.shiftItem(shift, o), shift.QuitUntil(), shift.Free() == 0
		if p.LongDay, p.LongWeek, err = engagement.Overwork(tx, m, shift); err != nil {
			return err
		}
		list, err := tx.ShiftSignUpsBy(m.ID)
		taken = slices.ContainsFunc(list, func(u engagement.ShiftSignUp) bool { return u.Shift == shift.ID && u.State.Open() })
		return err
	})
	if err != nil {
		return err
	}
	if taken || !m.ChoosesShifts() || !shift.Ahead(r.Now) {
		return w.SeeOther(p.Back)
	}
	var fields []Field
	if m.Quantity > 1 {
		fields = []Field{{Name: "people", Kind: Number, Label: "shift.people", Hint: "shift.people.hint", Need: "error.number.shape"}}
	}
	p.Form = r.Form(fields)
	f := p.Form
	people := 1
	if m.Quantity > 1 {
		f.Set("people", countText(m.Quantity))
		people = f.Int("people")
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			h, err := s.holder(tx, r)
			if err != nil {
				return err
			}
			_, err = engagement.TakeShift(tx, h.actor, h.id, shift.ID, people)
			return err
		})
		switch {
		case err == nil, errors.Is(err, engagement.ErrConflict):
			return w.SeeOther(p.Back)
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(p)
}

// ownComing is the sign-up of the person for the shift of the path that stands.
func (s *Server) ownComing(tx *store.Tx, r *Request) (h holder, u engagement.ShiftSignUp, err error) {
	h, m, _, err := s.ownAgreement(tx, r)
	if err != nil {
		return h, u, err
	}
	list, err := tx.ShiftSignUpsBy(m.ID)
	if err != nil {
		return h, u, err
	}
	i := slices.IndexFunc(list, func(u engagement.ShiftSignUp) bool { return string(u.Shift) == r.Var("shift") && u.State.Open() })
	if i < 0 {
		return h, u, engagement.ErrNotFound
	}
	return h, list[i], nil
}

func (s *Server) acceptShift(w *Response, r *Request) error {
	var back string
	err := r.update(func(tx *store.Tx) error {
		h, u, err := s.ownComing(tx, r)
		if err != nil {
			return err
		}
		back = h.path + "/schichten"
		_, err = engagement.AcceptShift(tx, h.actor, u.ID)
		return err
	})
	if err != nil {
		return err
	}
	return w.SeeOther(back)
}

// giveBackPage asks once more before a shift is given back.
type giveBackPage struct {
	Page
	Back string
	Item shiftItem
	Late bool // the organization is told at once, and why
	Form *Form
}

func (s *Server) giveBackShift(w *Response, r *Request) error {
	p := &giveBackPage{Page: r.Page("ownshift.back")}
	var coming engagement.ShiftSignUp
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		h, u, err := s.ownComing(tx, r)
		if err != nil {
			return err
		}
		shift, err := tx.Shift(u.Shift)
		if err != nil {
			return err
		}
		o, err := tx.Opportunity(shift.Opportunity)
		coming, p.Back, p.Item, p.Late = u, h.path+"/schichten", r.shiftItem(shift, o), u.Late(shift, r.Now)
		return err
	})
	if err != nil {
		return err
	}
	if !p.Item.Ahead(r.Now) {
		return w.SeeOther(p.Back)
	}
	why := Field{Name: "text", Kind: Area, Label: "ownshift.why", Max: engagement.ShiftTextLimit, Rows: 3}
	if p.Late {
		why.Need = "error.text.empty"
	}
	p.Form = r.Form([]Field{why})
	f := p.Form
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			h, err := s.holder(tx, r)
			if err != nil {
				return err
			}
			_, err = engagement.GiveBackShift(tx, h.actor, coming.ID, f.Text("text"))
			return err
		})
		if err == nil {
			return w.SeeOther(p.Back)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

// mailShifts turns mails with reminders and changes off, or on again.
func (s *Server) mailShifts(w *Response, r *Request) error {
	var back string
	err := r.update(func(tx *store.Tx) error {
		h, m, _, err := s.ownAgreement(tx, r)
		if err != nil {
			return err
		}
		off := m.NoShiftMail
		if m.Account != "" {
			a, err := tx.Account(m.Account)
			if err != nil {
				return err
			}
			off = a.NoShiftMail
		}
		back = h.path + "/schichten"
		return engagement.MailShifts(tx, h.actor, m.ID, off)
	})
	if err != nil {
		return err
	}
	return w.SeeOther(back)
}

// shiftMailsPage ends mails about shifts.
type shiftMailsPage struct {
	Page
	Done bool
	Off  *Action
}

// stopShiftMails is one-click unsubscription of mails about shifts.
func (s *Server) stopShiftMails(w *Response, r *Request) error {
	page := &shiftMailsPage{Page: r.Page("ownshift.off.title"), Done: r.Method == http.MethodPost}
	err := r.update(func(tx *store.Tx) error {
		u, err := tx.ShiftSignUpBySecret(engagement.Hash(r.Var("token")))
		if err != nil || !page.Done {
			return err
		}
		m, err := tx.MatchRequest(u.Request)
		if err != nil {
			return err
		}
		return engagement.MailShifts(tx, engagement.Actor{Request: m.ID}, m.ID, false)
	})
	if err != nil {
		return err
	}
	if !page.Done {
		off := r.Action(r.Path, "subscription.end")
		off.Style, page.Off = "primary", &off
	}
	return w.Page(page)
}
