package web

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// occasionBenchArea is where the team of an organization publishes occasions and sees who comes, and where a moderator decides about one.
var occasionBenchArea = area{
	name: "occasionbench",
	pages: map[string]any{
		"occasion-bench": occasionBenchPage{}, "occasion-edit": occasionEditPage{}, "occasion-guests": guestsPage{}, "occasion-case": occasionCasePage{},
	},
	routes: []route{
		{path: workspace + "/termine", get: (*Server).workspaceOccasions, who: signedIn},
		{path: workspace + "/termine/neu", get: (*Server).addOccasion, post: (*Server).addOccasion, who: signedIn},
		{path: workspaceOccasion, get: (*Server).editOccasion, post: (*Server).editOccasion, who: signedIn},
		{path: workspaceOccasion + "/anmeldungen", get: (*Server).guests, who: signedIn},
		{path: workspaceOccasion + "/anmeldungen/{guest:[0-9a-f-]{36}}/{act}", post: (*Server).answerGuest, who: signedIn, ends: true},
		{path: workspaceOccasion + "/{act}", post: (*Server).moveOccasion, who: signedIn, ends: true},
		{path: "/moderation/termin/" + codeVar, get: (*Server).occasionCase, post: (*Server).occasionCase, who: role(engagement.Moderator)},
	},
}

const workspaceOccasion = workspace + "/termine/{occasion:[23456789abcdefghjkmnpqrstuvwxyz]{8}}"

// occasionBenchPage are the occasions of an organization: those to come, and what is over.
type occasionBenchPage struct {
	Page
	bench
	Next, Over []occasionRow
	More       int    // of series, that are not shown
	All        string // path of the page that shows them
}

// fewRows is how many of a series to come are shown at once.
const fewRows = 3

type occasionRow struct {
	OccasionItem
	Change, Guests     string // paths
	Coming, Ask, Waits int
}

func (s *Server) workspaceOccasions(w *Response, r *Request) error {
	p := &occasionBenchPage{Page: r.Page("nav.events")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		list, err := tx.OccasionsOf(b.Organization.ID)
		if err != nil {
			return err
		}
		p.Next, p.Over, p.More, p.All = nil, nil, 0, b.Root+"/termine?alle=1"
		slices.Reverse(list)
		shown := map[string]int{}
		for _, o := range list {
			if o.Series != "" && !o.Over(r.Now) && r.URL.Query().Get("alle") == "" {
				if shown[o.Series]++; shown[o.Series] > fewRows {
					p.More++
					continue
				}
			}
			guests, err := tx.SignUpsFor(o.ID)
			if err != nil {
				return err
			}
			all := engagement.Guests(guests)
			root := b.Root + "/termine/" + o.Code
			row := occasionRow{
				OccasionItem: r.occasionItem(o, b.Organization), Change: root, Guests: root + "/anmeldungen",
				Coming: all.Taken(), Ask: all.People(engagement.SignUpAsked), Waits: all.People(engagement.SignUpWaiting),
			}
			if row.Over {
				p.Over = append(p.Over, row)
			} else {
				p.Next = append(p.Next, row)
			}
		}
		slices.Reverse(p.Over)
		return nil
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// occasionEditPage is the form about an occasion, and what else can be done with it.
type occasionEditPage struct {
	Page
	bench
	Form  *Form
	Fresh bool
	Still Words  // why there is no form
	Link  string // of its public page
	Acts  []Action
}

// occasionQuestions are the fields of the form.
var occasionQuestions = []Field{
	{Name: "title", Label: "event.f.title", Need: "error.text.empty", Max: engagement.OccasionTitleLimit},
	{Name: "kind", Kind: Select, Label: "event.f.kind", Need: "error.choice.empty", Options: vocabularyOptions(engagement.OccasionKinds)},
	{Name: "teaser", Label: "event.f.teaser", Hint: "event.f.teaser.hint", Max: engagement.OccasionTeaserLimit},
	{Name: "text", Kind: Area, Label: "event.f.text", Max: engagement.OccasionTextLimit, Rows: 8},
	{Name: "starts_on", As: "starts", Kind: Day, Label: "event.f.starts", Need: "error.date.empty"},
	{Name: "starts_at", Label: "event.f.starts.at", Hint: "event.f.clock.hint", Need: "error.clock.shape", Max: 9},
	{Name: "ends_on", Kind: Day, Label: "event.f.ends"},
	{Name: "ends_at", As: "ends", Label: "event.f.ends.at", Hint: "event.f.clock.hint", Need: "error.clock.shape", Max: 9},
	{Name: "online", Kind: Box, Label: "event.f.online"},
	{Name: "place", Label: "search.place", Hint: "posting.place.hint", Max: 100},
	{Name: "name", Label: "event.f.house", Hint: "event.f.house.hint", Max: 100},
	{Name: "street", Label: "posting.street", Max: 100},
	{Name: "house", Label: "posting.house", Max: 20},
	{Name: "link", Label: "event.f.link", Hint: "event.f.link.hint", Max: 500},
	{Name: "sign_up", Kind: Radio, Label: "event.f.signup", Need: "error.choice.empty", Options: []Option{
		{Value: "ohne", Key: "code.sign_up.ohne"},
		{Value: "hier", Key: "code.sign_up.hier", Hint: "event.f.signup.hier"},
		{Value: "mit-zusage", Key: "code.sign_up.mit-zusage", Hint: "event.f.signup.zusage"},
	}},
	{Name: "capacity", Kind: Number, Label: "event.f.capacity", Hint: "event.f.capacity.hint"},
}

var versionField = Field{Name: "version", Kind: Hidden}

var clockShape = regexp.MustCompile(`^(\d{1,2})(?:[:.](\d{2}))?(?: ?Uhr| ?h)?$`)

// instantOf is the day and clock time of two fields, in Berlin. What is no time becomes an error of the field.
func instantOf(f *Form, day engagement.Date, clock string) (t time.Time) {
	text := f.Text(clock)
	m := clockShape.FindStringSubmatch(text)
	if m == nil {
		if text != "" {
			f.Bad(clock, "error.clock.shape")
		}
		return t
	}
	hour, _ := strconv.Atoi(m[1])   // digits, by the shape
	minute, _ := strconv.Atoi(m[2]) // 0 for an empty one
	if hour > 24 || minute > 59 || hour == 24 && minute > 0 {
		f.Bad(clock, "error.clock.shape")
		return t
	}
	if day == "" {
		return t
	}
	start := day.Time()
	return time.Date(start.Year(), start.Month(), start.Day(), hour, minute, 0, 0, start.Location())
}

// occasionOf reads the form onto an occasion. Without a day of its own it ends on the day on which it begins.
func (s *Server) occasionOf(f *Form, o engagement.Occasion) engagement.Occasion {
	o.Title, o.Kind, o.Teaser, o.Text = f.Text("title"), engagement.Code(f.Text("kind")), f.Text("teaser"), f.Text("text")
	o.Online, o.Link, o.SignUp, o.Capacity = f.On("online"), f.Text("link"), engagement.Code(f.Text("sign_up")), f.Int("capacity")
	last := f.Date("ends_on")
	if last == "" {
		last = f.Date("starts_on")
	}
	o.Starts, o.Ends = instantOf(f, f.Date("starts_on"), "starts_at"), instantOf(f, last, "ends_at")
	if o.Online {
		o.Place = engagement.Place{}
		return o
	}
	if f.Text("place") != o.Place.Locality || !o.Place.Known() {
		o.Place = engagement.Place{}
		if place, ok := s.placeOf(f, "place"); ok {
			o.Place = place
		}
	}
	o.Place.Name, o.Place.Street, o.Place.House, o.Place.Precision = f.Text("name"), f.Text("street"), f.Text("house"), "genau"
	return o
}

// setOccasion fills the form.
func setOccasion(f *Form, o engagement.Occasion) {
	for name, value := range map[string]string{
		"title": o.Title, "kind": string(o.Kind), "teaser": o.Teaser, "text": o.Text, "place": o.Place.Locality, "name": o.Place.Name, "street": o.Place.Street,
		"house": o.Place.House, "link": o.Link, "sign_up": string(o.SignUp), "version": countText(o.Version),
		"starts_on": string(engagement.DateOf(o.Starts)), "starts_at": o.Starts.In(engagement.Berlin()).Format("15:04"),
		"ends_on": string(engagement.DateOf(o.Ends)), "ends_at": o.Ends.In(engagement.Berlin()).Format("15:04"),
	} {
		f.Set(name, value)
	}
	if o.Online {
		f.Set("online", "1")
	}
	if o.Capacity > 0 {
		f.Set("capacity", strconv.Itoa(o.Capacity))
	}
}

func (s *Server) addOccasion(w *Response, r *Request) error {
	p := &occasionEditPage{Page: r.Page("event.add"), Form: r.Form(slices.Concat(occasionQuestions, seriesQuestions)), Fresh: true}
	var err error
	if p.bench, err = s.viewBench(r, nil); err != nil {
		return err
	}
	f := p.Form
	f.Set("sign_up", "ohne")
	o := engagement.Occasion{Organization: p.Organization.ID}
	var rule engagement.Recurrence
	var times int
	if f.OK() {
		o = s.occasionOf(f, o)
		rule, times = recurrenceOf(f)
	}
	if f.OK() {
		var made engagement.Occasion
		err := r.update(func(tx *store.Tx) (err error) {
			if rule.Repeat != "" {
				made, err = engagement.AddSeries(tx, r.Actor(), o, rule, times)
			} else {
				made, err = engagement.AddOccasion(tx, r.Actor(), o)
			}
			return err
		})
		if err == nil {
			return w.SeeOther(occasionPath(made))
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

// occasionOfBench is the occasion that the path names, if it is one of the organization and was not removed.
func occasionOfBench(tx *store.Tx, r *Request, b bench) (engagement.Occasion, error) {
	o, err := tx.OccasionByCode(r.Var("occasion"))
	if err == nil && (o.Organization != b.Organization.ID || !o.Standing()) {
		return o, engagement.ErrNotFound
	}
	return o, err
}

// occasionActs are what a team can do with an occasion beside changing it: the last part of the path and the state.
var occasionActs = map[string]engagement.OccasionState{
	"verschieben": engagement.OccasionPostponed, "absagen": engagement.OccasionCanceled, "findet-statt": engagement.OccasionScheduled,
}

func (s *Server) editOccasion(w *Response, r *Request) error {
	var o engagement.Occasion
	var series engagement.Series
	b, err := s.viewBench(r, func(tx *store.Tx, b bench) (err error) {
		if o, err = occasionOfBench(tx, r, b); err != nil || o.Series == "" {
			return err
		}
		series, err = tx.Series(engagement.ID(o.Series))
		return err
	})
	if err != nil {
		return err
	}
	p := &occasionEditPage{Page: r.Page("event.edit"), bench: b, Form: r.Form(occasionFieldsOf(o)), Link: occasionPath(o)}
	p.actions(r, o)
	f := p.Form
	setOccasion(f, o)
	if o.Series != "" {
		setRecurrence(f, series.Rule)
	}
	switch o.State {
	case engagement.OccasionCanceled:
		p.Form, p.Still = nil, say("event.edit.canceled")
	case engagement.OccasionHidden:
		p.Form, p.Still = nil, say("event.edit.hidden", "x", r.format().code("decision_reason", o.Reason))
	}
	if p.Form == nil {
		return w.Page(p)
	}
	changed, rule, times := o, engagement.Recurrence{}, 0
	if f.OK() {
		changed = s.occasionOf(f, o)
		changed.Version = f.Int("version")
		rule, times = recurrenceOf(f)
		if o.Series != "" && f.Text("scope") == "dieser" && !rule.Same(series.Rule) {
			f.Bad("scope", "error.repeat.scope")
		}
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) (err error) {
			if f.Text("scope") == "folgende" || o.Series == "" && rule.Repeat != "" {
				_, err = engagement.EditSeries(tx, r.Actor(), changed, rule, times)
			} else {
				_, err = engagement.EditOccasion(tx, r.Actor(), changed)
			}
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(occasionPath(changed))
		case errors.Is(err, engagement.ErrStale):
			f.Conflict(o.Version, map[string]string{"title": o.Title, "teaser": o.Teaser, "text": o.Text})
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(p)
}

// occasionFieldsOf are the questions about one that exists.
func occasionFieldsOf(o engagement.Occasion) []Field {
	fields := slices.Concat(occasionQuestions, seriesQuestions, []Field{versionField})
	if o.Series != "" {
		fields = append(fields, scopeQuestion)
	}
	return fields
}

// actions are the buttons for a state.
func (p *occasionEditPage) actions(r *Request, o engagement.Occasion) {
	add := func(act string) {
		a := r.Action(r.Path+"/"+act, "event.act."+act)
		a.Sure = "event.act." + act + ".sure"
		p.Acts = append(p.Acts, a)
	}
	if !o.Over(r.Now) {
		switch o.State {
		case engagement.OccasionScheduled:
			add("verschieben")
			add("absagen")
			if o.Series != "" {
				add("absagen-folgende")
			}
		case engagement.OccasionPostponed:
			add("findet-statt")
			add("absagen")
		case engagement.OccasionCanceled:
			add("findet-statt")
		}
	}
	if p.Manager {
		add("entfernen")
	}
	if p.Manager && o.Series != "" && o.Live() && !o.Over(r.Now) {
		add("entfernen-folgende")
	}
}

// moveOccasion cancels, postpones or removes one.
func (s *Server) moveOccasion(w *Response, r *Request) error {
	act := r.Var("act")
	state, known := occasionActs[act]
	if !known && act != "entfernen" && act != "absagen-folgende" && act != "entfernen-folgende" {
		return engagement.ErrNotFound
	}
	return s.benchAct(w, r, "/termine", func(tx *store.Tx, b bench) error {
		o, err := occasionOfBench(tx, r, b)
		if err != nil {
			return err
		}
		switch {
		case act == "entfernen":
			return engagement.RemoveOccasion(tx, r.Actor(), o.ID)
		case !known:
			return engagement.EndSeries(tx, r.Actor(), o.ID, act == "entfernen-folgende")
		}
		_, err = engagement.MoveOccasion(tx, r.Actor(), o.ID, state)
		return err
	})
}

// guestsPage is who comes.
type guestsPage struct {
	Page
	bench
	Item     OccasionItem
	Edit     string
	Taken    int
	Capacity int // 0: unlimited
	Rows     []guestRow
	Form     *Form // carries what was refused
}

type guestRow struct {
	Name, Handle, Mail, Text string
	People                   int
	State                    engagement.SignUpState
	At                       time.Time
	Yes, No                  *Action
}

func (s *Server) guests(w *Response, r *Request) error { return s.showGuests(w, r, nil) }

func (s *Server) showGuests(w *Response, r *Request, refused error) error {
	p := &guestsPage{Page: r.Page("event.guests"), Form: r.Form(nil)}
	if refused != nil && !p.Form.Refused(refused) {
		return refused
	}
	err := r.update(func(tx *store.Tx) error { // who reads contact data is noted
		b, err := s.bench(tx, r)
		if err != nil {
			return err
		}
		o, err := occasionOfBench(tx, r, b)
		if err != nil {
			return err
		}
		p.bench = b
		guests, err := tx.SignUpsFor(o.ID)
		p.Item, p.Edit, p.Capacity, p.Taken, p.Rows = r.occasionItem(o, b.Organization), b.Root+"/termine/"+o.Code, o.Capacity, engagement.Guests(guests).Taken(), nil
		for _, g := range guests {
			if g.State == engagement.SignUpUnconfirmed || g.State == engagement.SignUpCanceled {
				continue
			}
			row := guestRow{Name: g.Name, Handle: g.Handle, Mail: g.Email, Text: g.Text, People: g.People, State: g.State, At: g.Created}
			if g.Account != "" {
				a, err := tx.Account(g.Account)
				if err != nil {
					return err
				}
				row.Mail = a.Email
			}
			if err := engagement.ReadGuest(tx, r.Actor(), g); err != nil {
				return err
			}
			base := p.Edit + "/anmeldungen/" + string(g.ID)
			if !p.Item.Over && (g.State == engagement.SignUpAsked || g.State == engagement.SignUpWaiting) {
				a := r.Action(base+"/zusagen", "event.guests.yes")
				row.Yes = &a
			}
			if !p.Item.Over && g.State != engagement.SignUpDeclined {
				a := r.Action(base+"/absagen", "event.guests.no")
				a.Sure = "event.guests.no.sure"
				row.No = &a
			}
			p.Rows = append(p.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// answerGuest is the word of the organization about one sign-up.
func (s *Server) answerGuest(w *Response, r *Request) error {
	yes, known := map[string]bool{"zusagen": true, "absagen": false}[r.Var("act")]
	if !known {
		return engagement.ErrNotFound
	}
	err := r.update(func(tx *store.Tx) error {
		b, err := s.bench(tx, r)
		if err != nil {
			return err
		}
		o, err := occasionOfBench(tx, r, b)
		if err != nil {
			return err
		}
		guest, err := tx.SignUp(engagement.ID(r.Var("guest")))
		if err != nil {
			return err
		}
		if guest.Occasion != o.ID {
			return engagement.ErrNotFound
		}
		_, err = engagement.AnswerSignUp(tx, r.Actor(), guest.ID, yes)
		return err
	})
	if err != nil {
		return s.showGuests(w, r, err)
	}
	to, _, _ := strings.Cut(r.Path, "/anmeldungen")
	return w.SeeOther(to + "/anmeldungen")
}

// occasionCasePage is an occasion before a moderator.
type occasionCasePage struct {
	Page
	Item       OccasionItem
	Paragraphs []string
	Source     string
	Series     bool // others of its series are released with it
	Form       *Form
}

func (s *Server) occasionCase(w *Response, r *Request) error {
	var o engagement.Occasion
	var org engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if o, err = tx.OccasionByCode(r.Var("id")); err != nil || o.Organization == "" {
			return err
		}
		org, err = tx.Organization(o.Organization)
		return err
	})
	if err != nil {
		return err
	}
	var decisions []engagement.Decision
	switch {
	case o.State == engagement.OccasionQueued:
		decisions = []engagement.Decision{engagement.DecideApprove, engagement.DecideHide}
	case o.State == engagement.OccasionHidden:
		decisions = []engagement.Decision{engagement.DecideRestore}
	case o.Live():
		decisions = []engagement.Decision{engagement.DecideHide}
	}
	if o.Local() && o.Standing() {
		decisions = append(decisions, engagement.DecideSuspend)
	}
	f := r.Form([]Field{
		decisionField(decisions...), reasonField, decisionText,
	})
	show := func() error {
		return w.Page(&occasionCasePage{Page: r.Page("moderation.event"), Item: r.occasionItem(o, org), Paragraphs: paragraphs(o.Text), Source: o.URL, Series: o.Series != "" && o.State == engagement.OccasionQueued, Form: f})
	}
	if restricts(f) && o.State != engagement.OccasionQueued {
		return s.restrict(w, r, f, o.ID, show)
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.DecideOccasion(tx, r.Actor(), o.ID, engagement.Decision(f.Text("decision")), engagement.Code(f.Text("reason")))
			return err
		})
		if err == nil {
			return s.goOn(w, r)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return show()
}
