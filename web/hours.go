package web

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// hoursArea is the time that people give: their own record, and what an organization says about it in its workspace.
var hoursArea = area{
	name:   "hours",
	simple: true,
	pages: map[string]any{
		"hours": ownHoursPage{}, "hours-form": hoursFormPage{}, "hours-team": teamHoursPage{}, "hours-decide": hoursDecidePage{}, "hours-off": hoursOffPage{},
	},
	routes: []route{
		{path: ownHours, get: (*Server).hours, who: signedIn, helps: helpsHours},
		{path: ownHours + ".csv", get: (*Server).hoursFile, who: signedIn},
		{path: ownHours + "/neu", get: (*Server).enterHours, post: (*Server).enterHours, who: signedIn, helps: helpsHours},
		{path: ownHours + "/mails", post: (*Server).hoursMails, who: signedIn, ends: true},
		{path: ownHours + "/" + hoursVar, get: (*Server).editHours, post: (*Server).editHours, who: signedIn, helps: helpsHours},
		{path: ownHours + "/" + hoursVar + "/loeschen", post: (*Server).removeHours, who: signedIn, ends: true},
		{path: workspace + hoursTab, get: (*Server).teamHours, post: (*Server).teamHours, who: signedIn},
		{path: workspace + hoursTab + ".csv", get: (*Server).teamHoursFile, who: signedIn},
		{path: workspace + hoursTab + "/mails", post: (*Server).teamHoursMails, who: signedIn, ends: true},
		{path: workspace + hoursTab + "/" + hoursVar, get: (*Server).decideHours, post: (*Server).decideHours, who: signedIn},
	},
}

const (
	ownHours     = "/meine/stunden"
	hoursTab     = "/stunden" // in a workspace
	hoursVar     = "{entry:[0-9a-f-]{36}}"
	teamHoursMax = 300 // confirmed entries on the page of a workspace
)

// hoursRow is an entry on a page.
type hoursRow struct {
	engagement.HoursEntry
	Organization string // its name
	About        string // title of what the request was about
	Who          string // for the team: name, else number of the request; empty: nobody's any more
	Own          bool   // for the team: the reader's own, which somebody else confirms
	Elsewhere    bool   // the organization is of another instance, which never sees single entries
	Value        string // the entry as it is seen
	Edit         string // path
	Remove       *Action
}

// hoursValue names an entry as somebody sees it, and back.
func hoursValue(h engagement.HoursEntry) string { return string(h.ID) + "." + strconv.Itoa(h.Version) }

func seenHours(value string) engagement.SeenHours {
	id, version, _ := strings.Cut(value, ".")
	n, _ := strconv.Atoi(version) // a wrong one is no version
	return engagement.SeenHours{ID: engagement.ID(id), Version: n}
}

// names remembers names of organizations and titles for the rows of one page.
type names struct {
	tx     *store.Tx
	orgs   map[engagement.ID]engagement.Organization
	titles map[engagement.ID]string
}

func newNames(tx *store.Tx) names {
	return names{tx, map[engagement.ID]engagement.Organization{}, map[engagement.ID]string{}}
}

func (n names) organization(id engagement.ID) engagement.Organization {
	if _, known := n.orgs[id]; !known {
		n.orgs[id], _ = n.tx.Organization(id) // of one that is gone there is no name
	}
	return n.orgs[id]
}

// title is that of an opportunity or help offer; empty: it is gone.
func (n names) title(id engagement.ID) string {
	if _, known := n.titles[id]; !known && id != "" {
		o, err := n.tx.Opportunity(id)
		if n.titles[id] = o.Title; err != nil {
			n.titles[id] = offerTitle(n.tx, engagement.MatchRequest{HelpOffer: id})
		}
	}
	return n.titles[id]
}

// ofRequest is the title of what a request was about.
func (n names) ofRequest(id engagement.ID) string {
	if id == "" {
		return ""
	}
	m, err := n.tx.MatchRequest(id)
	if err != nil {
		return ""
	}
	return n.title(m.Subject())
}

// ---- a person's own record ----

type ownHoursPage struct {
	Page
	New       string // path of the form; empty: there is no organization to write hours for
	Waiting   []hoursRow
	Confirmed []hoursRow
	AtTheEnd  []endRow
	Years     []engagement.Year
	File      string
	Mails     Action
	MailsOff  bool
}

// endRow are the hours that were confirmed at the end of a request.
type endRow struct {
	engagement.Worked
	Organization, About string
	Minutes             int
}

func (s *Server) hours(w *Response, r *Request) error {
	p := &ownHoursPage{Page: r.Page("hours.title"), File: ownHours + ".csv"}
	p.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}}
	account := r.Session.Account.ID
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		ties, err := engagement.Ties(tx, account)
		if err != nil {
			return err
		}
		if len(ties) > 0 {
			p.New = ownHours + "/neu"
		}
		rows, err := ownHoursRows(tx, r)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.State == engagement.HoursConfirmed {
				p.Confirmed = append(p.Confirmed, row)
			} else {
				p.Waiting = append(p.Waiting, row)
			}
		}
		sum, err := engagement.SumHours(tx, account)
		p.Years = sum.Years()
		known := newNames(tx)
		for _, m := range sum.AtTheEnd() {
			p.AtTheEnd = append(p.AtTheEnd, endRow{m.Worked, known.organization(m.Organization).Name, known.title(m.Subject()), int(math.Round(m.Worked.Hours * 60))})
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Mails, p.MailsOff = hoursMailAction(r, ownHours+"/mails", r.Session.Account.NoHoursMail)
	return w.Page(p)
}

// hoursMailAction is the button that turns mails about hours and certificates off, or on again.
func hoursMailAction(r *Request, path string, off bool) (Action, bool) {
	a := r.Action(path, "hours.mails.stop")
	if off {
		a = r.Action(path, "hours.mails.start")
		a.Hidden = []HiddenField{{"an", "1"}}
	}
	a.Style = "tertiary"
	return a, off
}

// ownHoursRows are all entries of the reader.
func ownHoursRows(tx *store.Tx, r *Request) (rows []hoursRow, err error) {
	list, err := tx.HoursOf(r.Session.Account.ID)
	known := newNames(tx)
	for _, h := range list {
		o := known.organization(h.Organization)
		row := hoursRow{HoursEntry: h, Organization: o.Name, About: known.ofRequest(h.Request), Elsewhere: !o.Local()}
		path := ownHours + "/" + string(h.ID)
		if h.Editable() {
			row.Edit = path
		}
		if engagement.Can(r.Actor(), engagement.Remove, h.Thing()) {
			a := r.Action(path+"/loeschen", "hours.remove")
			a.Style, a.Sure = "tertiary", "hours.remove.sure"
			if h.State == engagement.HoursConfirmed {
				a.Sure = "hours.remove.confirmed"
			}
			row.Remove = &a
		}
		rows = append(rows, row)
	}
	return rows, err
}

var hoursColumns = strings.Split("tag;monat;organisation;einsatz;art;minuten;stunden;stand;quelle;grund", ";")

// cells are an entry in a table, after whose it is.
func (h hoursRow) cells() []string {
	day := string(h.Day)
	if h.Month {
		day = ""
	}
	return []string{
		day, string(h.Day[:len("2026-11")]), h.Organization, h.About, string(h.Kind), strconv.Itoa(h.Minutes), decimals(float64(h.Minutes) / 60), string(h.State), string(h.Source), h.Reason,
	}
}

func (s *Server) hoursFile(w *Response, r *Request) error {
	var cells [][]string
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		rows, err := ownHoursRows(tx, r)
		cells = nil
		for _, row := range rows {
			cells = append(cells, row.cells())
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.File("text/csv; charset=utf-8", "stunden.csv", csvFile(hoursColumns, cells))
}

type hoursFormPage struct {
	Page
	Form *Form // nil: there is no organization to write hours for
}

// tieOptions are what somebody can choose who did something for an organization.
func tieOptions(tx *store.Tx, account engagement.ID) ([]Option, error) {
	ties, err := engagement.Ties(tx, account)
	known := newNames(tx)
	var options []Option
	for _, t := range ties {
		text := known.organization(t.Organization).Name
		if title := known.title(t.Subject); title != "" {
			text = title + " – " + text
		}
		options = append(options, Option{Value: string(t.ID()), Text: text})
	}
	return options, err
}

// hoursForm asks for the time. More than one way of saying when is a mistake.
func (s *Server) hoursForm(r *Request) (*Form, error) {
	var ties []Option
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		ties, err = tieOptions(tx, r.Session.Account.ID)
		return err
	})
	if err != nil || len(ties) == 0 {
		return nil, err
	}
	f := r.format()
	months := make([]Option, engagement.HoursBack+1)
	for i := range months {
		first := engagement.DateOf(r.Now)[:len("2026-11")] + "-01"
		for range i { // the day before the first of a month is of the month before
			first = first.Add(-1)[:len("2026-11")] + "-01"
		}
		text, err := f.monthOf(first)
		if err != nil {
			return nil, err
		}
		months[i] = Option{Value: string(first), Text: text}
	}
	return r.Form([]Field{
		{Name: "tie", Kind: Select, Label: "hours.f.tie", Need: "error.choice.empty", Options: ties, Always: len(ties) == 1},
		{Name: "day", Kind: Day, Label: "hours.f.day", Hint: "hours.f.day.hint", Quiet: true},
		{Name: "month", Kind: Select, Label: "hours.f.month", Hint: "hours.f.month.hint", Options: months, Quiet: true},
		{Name: "hours", Label: "hours.f.hours", Hint: "hours.f.hours.hint", Need: "error.hours.shape", Max: 6},
		{Name: "kind", Kind: Radio, Label: "hours.f.kind", Need: "error.choice.empty", Options: vocabularyOptions(engagement.HoursKinds)},
		{Name: "version", Kind: Hidden},
	}), nil
}

// timeOf reads the form.
func timeOf(f *Form) engagement.Time {
	t := engagement.Time{Tie: engagement.ID(f.Text("tie")), Kind: engagement.Code(f.Text("kind")), Minutes: minutesOf(f, "hours")}
	day, month := f.Date("day"), engagement.Date(f.Text("month"))
	switch {
	case (day == "") == (month == ""):
		f.Bad("day", "error.entry.when")
	case month != "":
		t.Day, t.Month = month, true
	default:
		t.Day = day
	}
	return t
}

// minutesOf reads a number of hours; 0 for what cannot be one.
func minutesOf(f *Form, name string) int {
	x := hoursOf(f, name)
	if !(x > 0 && x <= 100) {
		return 0
	}
	return int(math.Round(x * 60))
}

func (s *Server) enterHours(w *Response, r *Request) error {
	f, err := s.hoursForm(r)
	if err != nil {
		return err
	}
	p := &hoursFormPage{Page: r.Page("hours.new"), Form: f}
	p.Crumbs = []Link{{Path: ownHours, Words: say("hours.title")}}
	if f == nil {
		return w.Page(p)
	}
	f.Set("tie", r.URL.Query().Get("fuer"))
	f.Set("kind", "einsatz")
	if f.OK() {
		t := timeOf(f)
		if f.OK() {
			err := r.update(func(tx *store.Tx) error {
				_, err := engagement.EnterHours(tx, r.Actor(), t)
				return err
			})
			switch {
			case err == nil:
				return w.SeeOther(ownHours)
			case !f.Refused(err):
				return err
			}
		}
	}
	return w.Page(p)
}

func (s *Server) editHours(w *Response, r *Request) error {
	id := engagement.ID(r.Var("entry"))
	var h engagement.HoursEntry
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		h, err = tx.Hours(id)
		return err
	})
	switch {
	case err != nil:
		return err
	case !engagement.Can(r.Actor(), engagement.Change, h.Thing()):
		return engagement.ErrNotFound
	case !h.Editable():
		return w.SeeOther(ownHours)
	}
	f, err := s.hoursForm(r)
	if err != nil || f == nil {
		return errors.Join(err, engagement.ErrNotFound)
	}
	tie := h.Request
	if tie == "" {
		tie = h.Organization
	}
	f.Set("tie", string(tie))
	if h.Month {
		f.Set("month", string(h.Day))
	} else {
		f.Set("day", string(h.Day))
	}
	f.Set("hours", r.format().decimal(float64(h.Minutes)/60, 2))
	f.Set("kind", string(h.Kind))
	f.Set("version", strconv.Itoa(h.Version))
	if f.OK() {
		t := timeOf(f)
		if f.OK() {
			err := r.update(func(tx *store.Tx) error {
				_, err := engagement.EditHours(tx, r.Actor(), id, f.Int("version"), t)
				return err
			})
			switch {
			case err == nil, errors.Is(err, engagement.ErrConflict) && !errors.Is(err, engagement.ErrStale): // confirmed meanwhile: the list says so
				return w.SeeOther(ownHours)
			case errors.Is(err, engagement.ErrStale):
				f.Conflict(h.Version, map[string]string{"hours": r.format().decimal(float64(h.Minutes)/60, 2)})
			case !f.Refused(err):
				return err
			}
		}
	}
	p := &hoursFormPage{Page: r.Page("hours.edit"), Form: f}
	p.Crumbs = []Link{{Path: ownHours, Words: say("hours.title")}}
	return w.Page(p)
}

func (s *Server) removeHours(w *Response, r *Request) error {
	return r.updateThen(w, ownHours, func(tx *store.Tx) error {
		return engagement.RemoveHours(tx, r.Actor(), engagement.ID(r.Var("entry")))
	})
}

func (s *Server) hoursMails(w *Response, r *Request) error {
	return r.updateThen(w, ownHours, func(tx *store.Tx) error { return engagement.TakeHoursMail(tx, r.Actor(), r.PostForm.Get("an") == "1") })
}

// hoursOffPage ends mails about hours for whoever has only such a mail.
type hoursOffPage struct {
	Page
	Done bool
	Off  *Action
}

// stopHours is the page of the link in a mail about hours.
func (s *Server) stopHours(w *Response, r *Request) error {
	token := r.Var("token")
	p := &hoursOffPage{Page: r.Page("hours.off.title"), Done: r.Method == "POST"}
	err := r.update(func(tx *store.Tx) error {
		if _, err := tx.Token(engagement.Hash(token), engagement.TokenHoursMail); err != nil || !p.Done {
			return err
		}
		return engagement.StopHoursMail(tx, token)
	})
	if err != nil {
		return err
	}
	if !p.Done {
		a := r.Action(r.Path, "hours.mails.stop")
		a.Style, p.Off = "primary", &a
	}
	return w.Page(p)
}

// ---- in the workspace of an organization ----

type teamHoursPage struct {
	Page
	bench
	Form      *Form
	Waiting   []hoursRow
	Others    bool // some of them the reader can confirm
	Confirmed []hoursRow
	Years     []engagement.Year
	File      string
	Mails     *Action
	MailsOff  bool
}

// teamHoursRows are entries as the team sees them. Whoever sees names reads contact data, which their persons learn.
func (s *Server) teamHoursRows(tx *store.Tx, r *Request, b bench, list []engagement.HoursEntry) (rows []hoursRow, err error) {
	known, read, who := newNames(tx), map[engagement.ID]bool{}, map[engagement.ID]string{}
	for _, h := range list {
		row := hoursRow{
			HoursEntry: h, Organization: b.Organization.Name, About: known.ofRequest(h.Request), Value: hoursValue(h), Edit: b.Root + hoursTab + "/" + string(h.ID),
			Own: !engagement.Can(r.Actor(), engagement.Decide, h.Thing()),
		}
		switch {
		case h.Request != "" && !read[h.Request]:
			read[h.Request] = true
			m, err := tx.MatchRequest(h.Request)
			if err != nil && !errors.Is(err, engagement.ErrNotFound) {
				return nil, err
			}
			who[h.Request] = m.Number
			if name := m.Card["name"]; name != "" && engagement.Can(r.Actor(), engagement.Read, m.ContactThing()) {
				who[h.Request] = name
				if err := engagement.ReadContact(tx, r.Actor(), m); err != nil {
					return nil, err
				}
			}
		case h.Account != "" && who[h.Account] == "":
			a, err := tx.Account(h.Account)
			if err != nil {
				return nil, err
			}
			who[h.Account] = a.Name
		}
		if row.Who = who[h.Request]; h.Request == "" {
			row.Who = who[h.Account]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// hoursSince is from when an organization sees single entries.
func hoursSince(r *Request) engagement.Date {
	return engagement.DateOf(r.Now.AddDate(0, -engagement.HoursKept, 0))
}

// teamHours shows what waits for the organization, and confirms what is ticked.
func (s *Server) teamHours(w *Response, r *Request) error {
	ticks := Field{Name: "entry", Kind: Boxes, Label: "hours.team.waiting", Need: "error.hours.none"}
	for _, value := range r.PostForm["entry"] {
		ticks.Options = append(ticks.Options, Option{Value: value}) // what is none any more is left alone by the rule
	}
	f := r.Form([]Field{ticks})
	if f.OK() {
		var seen []engagement.SeenHours
		for _, value := range f.Texts("entry") {
			seen = append(seen, seenHours(value))
		}
		return s.benchAct(w, r, hoursTab, func(tx *store.Tx, b bench) error {
			_, err := engagement.ConfirmHours(tx, r.Actor(), b.Organization.ID, seen)
			return err
		})
	}
	p := &teamHoursPage{Page: r.Page("hours.team.title"), Form: f}
	err := r.update(func(tx *store.Tx) (err error) {
		*p = teamHoursPage{Page: p.Page, Form: f}
		if p.bench, err = s.bench(tx, r); err != nil {
			return err
		}
		open, err := tx.OpenHours(p.Organization.ID)
		if err != nil {
			return err
		}
		if p.Waiting, err = s.teamHoursRows(tx, r, p.bench, open); err != nil {
			return err
		}
		confirmed, err := tx.ConfirmedHours(p.Organization.ID, hoursSince(r), teamHoursMax)
		if err != nil {
			return err
		}
		if p.Confirmed, err = s.teamHoursRows(tx, r, p.bench, confirmed); err != nil {
			return err
		}
		sums, err := tx.ConfirmedYears(p.Organization.ID)
		for _, year := range slices.Backward(slices.Sorted(maps.Keys(sums))) {
			p.Years = append(p.Years, engagement.Year{Year: year, Minutes: sums[year]})
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Others = slices.ContainsFunc(p.Waiting, func(row hoursRow) bool { return !row.Own })
	p.File = p.Root + hoursTab + ".csv"
	if p.Manager {
		a, off := hoursMailAction(r, p.Root+hoursTab+"/mails", p.Organization.NoHoursMail)
		p.Mails, p.MailsOff = &a, off
	}
	return w.Page(p)
}

func (s *Server) teamHoursMails(w *Response, r *Request) error {
	return s.benchAct(w, r, hoursTab, func(tx *store.Tx, b bench) error {
		return engagement.TakeTeamHoursMail(tx, r.Actor(), b.Organization.ID, r.PostForm.Get("an") == "1")
	})
}

// teamHoursFile is the table of what the organization confirmed. That somebody took it is recorded.
func (s *Server) teamHoursFile(w *Response, r *Request) error {
	var cells [][]string
	err := r.update(func(tx *store.Tx) error {
		b, err := s.bench(tx, r)
		if err != nil {
			return err
		}
		list, err := tx.ConfirmedHours(b.Organization.ID, hoursSince(r), math.MaxInt32)
		if err != nil {
			return err
		}
		rows, err := s.teamHoursRows(tx, r, b, list)
		if err != nil {
			return err
		}
		cells = nil
		for _, row := range rows {
			cells = append(cells, append([]string{row.Who}, row.cells()...))
		}
		return engagement.ExportHours(tx, r.Actor(), b.Organization.ID, len(cells))
	})
	if err != nil {
		return err
	}
	return w.File("text/csv; charset=utf-8", "stunden.csv", csvFile(append([]string{"person"}, hoursColumns...), cells))
}

// hoursDecidePage corrects or rejects one entry, with the reason.
type hoursDecidePage struct {
	Page
	bench
	Row  hoursRow
	Form *Form
	Back string
}

func (s *Server) decideHours(w *Response, r *Request) error {
	p := &hoursDecidePage{Page: r.Page("hours.decide.title")}
	err := r.update(func(tx *store.Tx) (err error) {
		*p = hoursDecidePage{Page: p.Page}
		if p.bench, err = s.bench(tx, r); err != nil {
			return err
		}
		h, err := tx.Hours(engagement.ID(r.Var("entry")))
		if err == nil && (h.Organization != p.Organization.ID || !engagement.Can(r.Actor(), engagement.Decide, h.Thing())) {
			err = engagement.ErrNotFound
		}
		if err != nil {
			return err
		}
		rows, err := s.teamHoursRows(tx, r, p.bench, []engagement.HoursEntry{h})
		p.Row = rows[0]
		return err
	})
	if err != nil {
		return err
	}
	p.Back = p.Root + hoursTab
	if p.Row.State != engagement.HoursOpen { // from an old page
		return w.SeeOther(p.Back)
	}
	f := r.Form([]Field{
		{Name: "what", Kind: Radio, Label: "hours.decide.what", Need: "error.choice.empty", Options: []Option{{Value: "anders", Key: "hours.decide.correct"}, {Value: "nein", Key: "hours.decide.reject"}}},
		{Name: "hours", Label: "hours.decide.hours", Hint: "hours.f.hours.hint", Max: 6},
		{Name: "reason", Kind: Area, Label: "hours.decide.reason", Hint: "hours.decide.reason.hint", Need: "error.text.empty", Max: engagement.HoursReasonLimit, Rows: 3},
		{Name: "seen", Kind: Hidden},
	})
	p.Form = f
	f.Set("hours", r.format().decimal(float64(p.Row.Minutes)/60, 2))
	f.Set("seen", p.Row.Value)
	if f.OK() {
		seen, minutes := seenHours(f.Text("seen")), minutesOf(f, "hours")
		seen.ID = p.Row.ID
		if f.OK() {
			err := r.update(func(tx *store.Tx) error {
				if f.Text("what") == "nein" {
					return engagement.RejectHours(tx, r.Actor(), p.Organization.ID, seen, f.Text("reason"))
				}
				return engagement.CorrectHours(tx, r.Actor(), p.Organization.ID, seen, minutes, f.Text("reason"))
			})
			switch {
			case err == nil:
				return w.SeeOther(p.Back)
			case errors.Is(err, engagement.ErrConflict): // the person changed it: the page shows how
				f.Bad("", "error.entry.changed")
				f.values.Set("seen", p.Row.Value)
			case !f.Refused(err):
				return err
			}
		}
	}
	return w.Page(p)
}
