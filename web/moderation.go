package web

import (
	"cmp"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// moderationArea is the queue of what waits for a check, one case a page, and the cases that organizations left without an answer.
var moderationArea = area{
	name: "moderation",
	pages: map[string]any{
		"moderation-list":  moderationPage{},
		"moderation-case":  casePage{},
		"moderation-news":  announcementCasePage{},
		"moderation-cases": handoverPage{},
	},
	routes: []route{
		{path: "/moderation", get: (*Server).moderation, who: role(engagement.Moderator)},
		{path: "/moderation/organisation/" + codeVar, get: (*Server).organizationCase, post: (*Server).organizationCase, who: role(engagement.Moderator)},
		{path: "/moderation/angebot/" + codeVar, get: (*Server).opportunityCase, post: (*Server).opportunityCase, who: role(engagement.Moderator)},
		{path: "/moderation/neuigkeit/" + codeVar, get: (*Server).announcementCase, post: (*Server).announcementCase, who: role(engagement.Moderator)},
		{path: "/moderation/antwort/{reply:[0-9a-f-]{36}}/{act}", post: (*Server).replyCase, who: role(engagement.Moderator)},
		{path: "/vermittlung", get: (*Server).handovers, who: role(engagement.Adviser)},
	},
}

// moderationPage is the queue: where somebody may be in danger first, then the oldest.
type moderationPage struct {
	Page
	Views    []Link // everything, and what the moderator has taken over
	Cases    []moderationCase
	Messages []messageRow // read already
	Replies  []replyCase

	Duplicates []Link // copies that are hidden because what they say stands here already
}

type moderationCase struct {
	Kind   string // "organization", "opportunity", "help-offer", "copy", "report", "objection", "second", "message", "event", "news", "advice"
	Title  string
	By     string // organization
	Since  time.Time
	Path   string
	Due    time.Time       // in two working days
	Late   bool            // waits longer
	Reason engagement.Code // of a report
	Urgent bool            // somebody may be in danger
	Taken  bool            // somebody else looks at it
	Mine   bool            // the moderator does
	Own    bool            // somebody else has to, because the moderator decided about it before
}

// duplicates are the copies that are hidden because the same came on a shorter way.
func duplicates(tx *store.Tx) (links []Link, err error) {
	list, err := tx.HiddenDuplicates(queueLimit)
	for _, o := range list {
		links = append(links, Link{Path: "/moderation/angebot/" + o.Code, Text: o.Title + " – " + o.Origin})
	}
	return links, err
}

type replyCase struct {
	engagement.Reaction
	Show, Delete Action
}

const queueLimit = 100

// moderationDays is how many working days a case may wait.
const moderationDays = 2

func (s *Server) moderation(w *Response, r *Request) error {
	p := &moderationPage{Page: r.Page("nav.moderation")}
	mine := r.URL.Query().Get("meine") != ""
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := s.moderationQueue(tx, r)
		if err != nil {
			return err
		}
		own := slices.DeleteFunc(slices.Clone(all), func(c moderationCase) bool { return !c.Mine })
		p.Views = []Link{{Path: "/moderation", Words: say("moderation.all", "n", len(all)), Current: !mine}, {Path: "/moderation?meine=1", Words: say("moderation.mine", "n", len(own)), Current: mine}}
		p.Replies, p.Messages = nil, nil
		if p.Cases = all; mine {
			p.Cases = own
			return nil
		}
		messages, err := tx.MessagesTo("")
		if err != nil {
			return err
		}
		for _, m := range messages {
			if !m.Answered.IsZero() || !m.Seen.IsZero() {
				p.Messages = append(p.Messages, messageRowOf(m, moderatedMessages))
			}
		}
		if p.Duplicates, err = duplicates(tx); err != nil {
			return err
		}
		replies, err := tx.RepliesToRelease(queueLimit)
		for _, reply := range replies {
			base := "/moderation/antwort/" + string(reply.ID)
			p.Replies = append(p.Replies, replyCase{reply, r.Action(base+"/zeigen", "moderation.reply.show"), r.Action(base+"/loeschen", "moderation.reply.delete")})
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// nextCase is the path of the first case that nobody else looks at and the moderator may decide about; empty: there is none.
func (s *Server) nextCase(r *Request) (path string, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		path = ""
		all, err := s.moderationQueue(tx, r)
		for _, c := range all {
			if path == "" && !c.Taken && !c.Own && c.Path != r.Path {
				path = c.Path
			}
		}
		return err
	})
	return path, err
}

// goOn leads to the next case, or to the empty list.
func (s *Server) goOn(w *Response, r *Request) error {
	next, err := s.nextCase(r)
	if err != nil {
		return err
	}
	return w.SeeOther(cmp.Or(next, "/moderation"))
}

// moderationQueue is everything that waits: where somebody may be in danger first, then the oldest.
func (s *Server) moderationQueue(tx *store.Tx, r *Request) (cases []moderationCase, err error) {
	for _, waiting := range []func(*store.Tx, *Request) ([]moderationCase, error){
		organizationsWaiting, opportunitiesWaiting, reportsWaiting, messagesWaiting, occasionsWaiting, newsWaiting, helpOffersWaiting, adviceWaiting,
	} {
		found, err := waiting(tx, r)
		if err != nil {
			return nil, err
		}
		cases = append(cases, found...)
	}
	land := s.instance.Load().Land
	for i, c := range cases {
		cases[i].Due = engagement.AddWorkingDays(c.Since, moderationDays, land)
		cases[i].Late = r.Now.After(cases[i].Due)
	}
	slices.SortStableFunc(cases, func(a, b moderationCase) int {
		switch {
		case a.Urgent != b.Urgent && a.Urgent:
			return -1
		case a.Urgent != b.Urgent:
			return 1
		}
		return a.Since.Compare(b.Since)
	})
	return cases, nil
}

func adviceWaiting(tx *store.Tx, r *Request) (cases []moderationCase, err error) {
	rows, err := adviceInPlace(tx, r)
	for _, row := range rows {
		cases = append(cases, moderationCase{
			Kind: "advice", Title: cmp.Or(row.Title, row.Case.Number), Since: row.Case.Received, Path: row.At,
			Taken: row.Case.Adviser != "" && row.Case.Adviser != r.Actor().Account, Mine: row.Case.Adviser == r.Actor().Account,
		})
	}
	return cases, err
}

func organizationsWaiting(tx *store.Tx, _ *Request) (cases []moderationCase, err error) {
	list, err := tx.OrganizationsByState(engagement.OrganizationSubmitted, queueLimit)
	for _, o := range list {
		cases = append(cases, moderationCase{Kind: "organization", Title: o.Name, Since: o.Updated, Path: "/moderation/organisation/" + o.Code})
	}
	return cases, err
}

func opportunitiesWaiting(tx *store.Tx, _ *Request) (cases []moderationCase, err error) {
	for _, state := range []engagement.OpportunityState{engagement.Submitted, engagement.Queued} {
		list, err := tx.OpportunitiesByState(state, queueLimit)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			org, err := tx.Organization(o.Organization)
			if err != nil {
				return nil, err
			}
			c := moderationCase{Kind: "opportunity", Title: o.Title, By: org.Name, Since: o.Submitted, Path: "/moderation/angebot/" + o.Code}
			if !o.Local() {
				c.Kind, c.Since = "copy", o.Received
			}
			cases = append(cases, c)
		}
	}
	return cases, nil
}

func reportsWaiting(tx *store.Tx, r *Request) (cases []moderationCase, err error) {
	list, err := tx.ReportsToDecide(queueLimit)
	if err != nil {
		return nil, err
	}
	for _, found := range list {
		if !engagement.Can(r.Actor(), engagement.Decide, found.Thing()) {
			continue
		}
		_, about, err := readReported(tx, found.Object)
		if err != nil {
			return nil, err
		}
		c := moderationCase{
			Kind: "report", Title: about.Title, By: about.By, Since: found.Since(), Path: reportCases + string(found.ID), Reason: found.Reason,
			Urgent: found.Urgent(), Taken: found.Busy(r.Actor(), r.Now), Mine: found.ClaimedBy == r.Actor().Account, Own: found.Mine(r.Actor()),
		}
		switch found.State {
		case engagement.ReportObjected:
			c.Kind = "objection"
		case engagement.ReportSeconded:
			c.Kind = "second"
		}
		if about.Noun == "" {
			c.Title = found.Number
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func messagesWaiting(tx *store.Tx, _ *Request) (cases []moderationCase, err error) {
	list, err := tx.MessagesTo("")
	for _, m := range list {
		if m.Answered.IsZero() && m.Seen.IsZero() {
			cases = append(cases, moderationCase{Kind: "message", Title: m.From.Handle, Since: m.Received, Path: moderatedMessages + string(m.ID)})
		}
	}
	return cases, err
}

// occasionsWaiting has the first of a series only, with which the others are released.
func occasionsWaiting(tx *store.Tx, _ *Request) (cases []moderationCase, err error) {
	list, err := tx.QueuedOccasions(queueLimit)
	series := map[string]bool{}
	for _, o := range list {
		whole := o.Author + " " + o.Series
		if o.Series != "" && series[whole] {
			continue
		}
		series[whole] = true
		cases = append(cases, moderationCase{Kind: "event", Title: o.Title, By: o.Organizer, Since: o.Received, Path: "/moderation/termin/" + o.Code})
	}
	return cases, err
}

func newsWaiting(tx *store.Tx, _ *Request) (cases []moderationCase, err error) {
	list, err := tx.QueuedAnnouncements(queueLimit)
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		org, err := tx.Organization(n.Organization)
		if err != nil {
			return nil, err
		}
		title, _ := titleOf(n)
		cases = append(cases, moderationCase{Kind: "news", Title: title, By: org.Name, Since: n.Published, Path: "/moderation/neuigkeit/" + n.Code})
	}
	return cases, nil
}

func helpOffersWaiting(tx *store.Tx, _ *Request) (cases []moderationCase, err error) {
	for _, state := range []engagement.OpportunityState{engagement.Submitted, engagement.Queued} {
		offers, err := helpOfferCases(tx, state)
		if err != nil {
			return nil, err
		}
		cases = append(cases, offers...)
	}
	return cases, nil
}

// casePage is one case: the content as the public would see it, and the decision.
type casePage struct {
	Page
	Organization engagement.Organization
	Opportunity  *engagement.Opportunity // nil: the case is the organization
	Form         *Form
	Facts        []Answer
}

var decisionText = Field{Name: "text", Kind: Area, Label: "moderation.text", Hint: "moderation.text.hint", Max: 1000, Rows: 4}

var reasonField = Field{Name: "reason", Kind: Select, Label: "moderation.reason", Hint: "report.why.hint", Options: vocabularyOptions(engagement.DecisionReasons)}

func decisionField(decisions ...engagement.Decision) Field {
	f := Field{Name: "decision", Kind: Radio, Label: "moderation.decision", Need: "error.choice.empty"}
	for _, d := range decisions {
		f.Options = append(f.Options, Option{Value: string(d), Key: "moderation.decide." + string(d)})
	}
	return f
}

func (s *Server) organizationCase(w *Response, r *Request) error {
	var o engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		o, err = tx.OrganizationByCode(r.Var("id"))
		return err
	})
	if err != nil {
		return err
	}
	decisions := []engagement.Decision{engagement.DecideApprove, engagement.DecideAsk}
	switch o.State {
	case engagement.OrganizationActive:
		decisions = []engagement.Decision{engagement.DecideHide}
	case engagement.OrganizationSuspended:
		decisions = []engagement.Decision{engagement.DecideRestore}
	}
	fields := []Field{decisionField(decisions...)}
	switch o.State {
	case engagement.OrganizationActive:
		fields = append(fields, reasonField)
	case engagement.OrganizationSubmitted:
		fields = append(fields, Field{Name: "level", Kind: Radio, Label: "moderation.level", Options: vocabularyOptions(engagement.AttestationLevels)})
	}
	f := r.Form(append(fields, decisionText))
	if restricts(f) {
		return s.restrict(w, r, f, o.ID, func() error { return w.Page(organizationCaseOf(r, o, f)) })
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			switch engagement.Decision(f.Text("decision")) {
			case engagement.DecideApprove:
				return engagement.ApproveOrganization(tx, r.Actor(), o.ID, engagement.Code(f.Text("level")))
			case engagement.DecideAsk:
				return engagement.AskOrganization(tx, r.Actor(), o.ID, f.Text("text"))
			default:
				return engagement.SuspendOrganization(tx, r.Actor(), o.ID, false, f.Text("text"))
			}
		})
		if err == nil {
			return s.goOn(w, r)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(organizationCaseOf(r, o, f))
}

func organizationCaseOf(r *Request, o engagement.Organization, f *Form) *casePage {
	return &casePage{Page: r.Page("moderation.organization"), Organization: o, Form: f, Facts: []Answer{
		{Key: "workspace.f.kind", Values: []string{r.T("code.organization_kind." + string(o.Kind))}},
		{Key: "workspace.f.legal", Values: []string{r.T("code.legal_form." + string(o.LegalForm))}},
		{Key: "search.place", Values: lines(o.Place.Locality)},
		{Key: "workspace.f.register", Values: lines(o.Register)},
		{Key: "workspace.f.web", Values: lines(o.Web)},
		{Key: "workspace.f.role", Values: lines(o.ContactRole)},
		{Key: "workspace.f.mail", Values: lines(o.ContactMail)},
		{Key: "workspace.f.phone", Values: lines(o.ContactPhone)},
	}}
}

func (s *Server) opportunityCase(w *Response, r *Request) error {
	var o engagement.Opportunity
	var org engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if o, err = tx.OpportunityByCode(r.Var("id")); err != nil {
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
	case o.State == engagement.Submitted:
		decisions = []engagement.Decision{engagement.DecideApprove, engagement.DecideAsk, engagement.DecideReject}
	case o.State == engagement.Queued:
		decisions = []engagement.Decision{engagement.DecideApprove, engagement.DecideHide}
	case o.State == engagement.Hidden:
		decisions = []engagement.Decision{engagement.DecideRestore}
	case o.Live():
		decisions = []engagement.Decision{engagement.DecideHide}
	}
	if o.Local() && (o.Live() || o.State == engagement.Hidden) {
		decisions = append(decisions, engagement.DecideSuspend)
	}
	f := r.Form([]Field{
		decisionField(decisions...),
		reasonField,
		decisionText,
	})
	if restricts(f) && o.State != engagement.Queued {
		return s.restrict(w, r, f, o.ID, func() error { return w.Page(s.opportunityCaseOf(r, o, org, f)) })
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.DecideOpportunity(tx, r.Actor(), o.ID, engagement.Decision(f.Text("decision")), engagement.Code(f.Text("reason")), f.Text("text"))
			return err
		})
		if err == nil {
			return s.goOn(w, r)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(s.opportunityCaseOf(r, o, org, f))
}

func (s *Server) opportunityCaseOf(r *Request, o engagement.Opportunity, org engagement.Organization, f *Form) *casePage {
	p := &casePage{Page: r.Page("moderation.opportunity"), Organization: org, Opportunity: &o, Form: f}
	if o.Local() {
		parts, _ := s.parts(r, o, "")
		for _, part := range parts {
			for _, a := range part.Answers {
				if a.Change = ""; a.Key != "posting.description" {
					p.Facts = append(p.Facts, a)
				}
			}
		}
	}
	return p
}

// announcementCasePage is a copy of a piece of news before a moderator.
type announcementCasePage struct {
	Page
	Item       NewsItem
	Teaser     string
	Paragraphs []string
	Source     string
	Form       *Form
}

func (s *Server) announcementCase(w *Response, r *Request) error {
	var n engagement.Announcement
	var org engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if n, err = tx.AnnouncementByCode(r.Var("id")); err != nil {
			return err
		}
		org, err = tx.Organization(n.Organization)
		return err
	})
	if err != nil {
		return err
	}
	var decisions []engagement.Decision
	switch n.State {
	case engagement.AnnouncementQueued:
		decisions = []engagement.Decision{engagement.DecideApprove, engagement.DecideHide}
	case engagement.AnnouncementHidden:
		decisions = []engagement.Decision{engagement.DecideRestore}
	case engagement.AnnouncementPublished:
		decisions = []engagement.Decision{engagement.DecideHide}
	}
	item := newsItem(n, org, r.Now)
	show := func(f *Form) error {
		return w.Page(&announcementCasePage{Page: r.Page("moderation.news"), Item: item, Teaser: n.Teaser, Paragraphs: paragraphs(n.Text), Source: n.URL, Form: f})
	}
	fields := []Field{decisionField(decisions...)}
	if n.State == engagement.AnnouncementPublished {
		fields = append(fields, reasonField, decisionText)
	}
	f := r.Form(fields)
	if restricts(f) && n.State == engagement.AnnouncementPublished {
		return s.restrict(w, r, f, n.ID, func() error { return show(f) })
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.DecideAnnouncement(tx, r.Actor(), n.ID, engagement.Decision(f.Text("decision")))
		})
		if err == nil {
			return s.goOn(w, r)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return show(f)
}

// restricts says whether the answered form of a case asks to hide or remove what is public.
func restricts(f *Form) bool { return f.OK() && rulings[engagement.Decision(f.Text("decision"))] != "" }

// rulings are the decisions of a case without a report that are written down as one.
var rulings = map[engagement.Decision]engagement.Outcome{engagement.DecideHide: engagement.MakeHidden, engagement.DecideSuspend: engagement.MakeRemoved}

// restrict hides or removes something that nobody reported, with reasons for its author, and leads to what was written down.
func (s *Server) restrict(w *Response, r *Request, f *Form, object engagement.ID, again func() error) error {
	var made engagement.Report
	err := r.update(func(tx *store.Tx) (err error) {
		d := engagement.Ruling{Outcome: rulings[engagement.Decision(f.Text("decision"))], Reason: engagement.Code(f.Text("reason")), Text: f.Text("text")}
		made, err = engagement.Restrict(tx, r.Actor(), object, d)
		return err
	})
	switch {
	case err == nil:
		return w.SeeOther(reportCases + string(made.ID))
	case !f.Refused(err):
		return err
	}
	return again()
}

// replyCase shows a public reply from another server on the page, or deletes it.
func (s *Server) replyCase(w *Response, r *Request) error {
	if act := r.Var("act"); act != "zeigen" && act != "loeschen" {
		return engagement.ErrNotFound
	}
	return r.updateThen(w, "/moderation", func(tx *store.Tx) error {
		return engagement.DecideReply(tx, r.Actor(), engagement.ID(r.Var("reply")), r.Var("act") == "zeigen")
	})
}

// handoverPage are the cases of the volunteer center, and the help offers that wait for a check.
type handoverPage struct {
	Page
	Cases []moderationCase
	Rows  []adviceRow
	Done  []adviceRow // closed lately
}

const doneShown = 10 // cases

func (s *Server) handovers(w *Response, r *Request) error {
	p := &handoverPage{Page: r.Page("nav.mediation")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		open, err := tx.AdviceToDo(queueLimit)
		if err != nil {
			return err
		}
		if p.Rows, err = adviceRows(tx, open); err != nil {
			return err
		}
		done, err := tx.AdviceDone(doneShown)
		if err != nil {
			return err
		}
		if p.Done, err = adviceRows(tx, done); err != nil {
			return err
		}
		p.Cases, err = helpOfferCases(tx, engagement.Submitted)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}
