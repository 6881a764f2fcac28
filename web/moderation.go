package web

import (
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
	Cases    []moderationCase
	Messages []messageRow // read already
	Replies  []replyCase

	Duplicates []Link // copies that are hidden because what they say stands here already
}

type moderationCase struct {
	Kind   string // "organization", "opportunity", "help-offer", "copy", "report", "objection", "message", "event", "news"
	Title  string
	By     string // organization
	Since  time.Time
	Path   string
	Late   bool            // waits longer than two working days
	Reason engagement.Code // of a report
	Urgent bool            // somebody may be in danger
	Taken  bool            // somebody else looks at it
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

func (s *Server) moderation(w *Response, r *Request) error {
	p := &moderationPage{Page: r.Page("nav.moderation")}
	land := s.instance.Load().Land
	late := func(since time.Time) bool { return r.Now.After(engagement.AddWorkingDays(since, 2, land)) }
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		organizations, err := tx.OrganizationsByState(engagement.OrganizationSubmitted, queueLimit)
		if err != nil {
			return err
		}
		for _, o := range organizations {
			since := o.Updated
			p.Cases = append(p.Cases, moderationCase{Kind: "organization", Title: o.Name, Since: since, Path: "/moderation/organisation/" + o.Code, Late: late(since)})
		}
		for _, state := range []engagement.OpportunityState{engagement.Submitted, engagement.Queued} {
			list, err := tx.OpportunitiesByState(state, queueLimit)
			if err != nil {
				return err
			}
			for _, o := range list {
				org, err := tx.Organization(o.Organization)
				if err != nil {
					return err
				}
				kind, since := "opportunity", o.Submitted
				if !o.Local() {
					kind, since = "copy", o.Received
				}
				p.Cases = append(p.Cases, moderationCase{Kind: kind, Title: o.Title, By: org.Name, Since: since, Path: "/moderation/angebot/" + o.Code, Late: late(since)})
			}
		}
		reports, err := tx.ReportsToDecide(queueLimit)
		if err != nil {
			return err
		}
		for _, found := range reports {
			if !engagement.Can(r.Actor(), engagement.Decide, found.Thing()) {
				continue
			}
			_, about, err := readReported(tx, found.Object)
			if err != nil {
				return err
			}
			c := moderationCase{
				Kind: "report", Title: about.Title, By: about.By, Since: found.Since(), Path: reportCases + string(found.ID), Late: late(found.Since()), Reason: found.Reason,
				Urgent: found.Urgent(), Taken: found.Busy(r.Actor(), r.Now),
			}
			if found.State == engagement.ReportObjected {
				c.Kind = "objection"
			}
			if about.Noun == "" {
				c.Title = found.Number
			}
			p.Cases = append(p.Cases, c)
		}
		messages, err := tx.MessagesTo("")
		if err != nil {
			return err
		}
		for _, m := range messages {
			if m.Answered.IsZero() && m.Seen.IsZero() {
				p.Cases = append(p.Cases, moderationCase{Kind: "message", Title: m.From.Handle, Since: m.Received, Path: moderatedMessages + string(m.ID), Late: late(m.Received)})
			} else {
				p.Messages = append(p.Messages, messageRowOf(m, moderatedMessages))
			}
		}
		occasions, err := tx.QueuedOccasions(queueLimit)
		if err != nil {
			return err
		}
		series := map[string]bool{}
		for _, o := range occasions {
			whole := o.Author + " " + o.Series
			if o.Series != "" && series[whole] {
				continue // it is released with the first
			}
			series[whole] = true
			p.Cases = append(p.Cases, moderationCase{Kind: "event", Title: o.Title, By: o.Organizer, Since: o.Received, Path: "/moderation/termin/" + o.Code, Late: late(o.Received)})
		}
		news, err := tx.QueuedAnnouncements(queueLimit)
		if err != nil {
			return err
		}
		for _, n := range news {
			org, err := tx.Organization(n.Organization)
			if err != nil {
				return err
			}
			title, _ := titleOf(n)
			p.Cases = append(p.Cases, moderationCase{Kind: "news", Title: title, By: org.Name, Since: n.Published, Path: "/moderation/neuigkeit/" + n.Code, Late: late(n.Published)})
		}
		for _, state := range []engagement.OpportunityState{engagement.Submitted, engagement.Queued} {
			offers, err := helpOfferCases(tx, state)
			if err != nil {
				return err
			}
			for _, c := range offers {
				c.Late = late(c.Since)
				p.Cases = append(p.Cases, c)
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
	slices.SortStableFunc(p.Cases, func(a, b moderationCase) int {
		switch {
		case a.Urgent != b.Urgent && a.Urgent:
			return -1
		case a.Urgent != b.Urgent:
			return 1
		}
		return a.Since.Compare(b.Since)
	})
	return w.Page(p)
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
	f := r.Form([]Field{
		decisionField(decisions...),
		{Name: "level", Kind: Radio, Label: "moderation.level", Options: vocabularyOptions(engagement.AttestationLevels)},
		decisionText,
	})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			switch engagement.Decision(f.Text("decision")) {
			case engagement.DecideApprove:
				return engagement.ApproveOrganization(tx, r.Actor(), o.ID, engagement.Code(f.Text("level")))
			case engagement.DecideAsk:
				return engagement.AskOrganization(tx, r.Actor(), o.ID, f.Text("text"))
			default:
				return engagement.SuspendOrganization(tx, r.Actor(), o.ID, f.Text("decision") == string(engagement.DecideHide), f.Text("text"))
			}
		})
		if err == nil {
			return w.SeeOther("/moderation")
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &casePage{Page: r.Page("moderation.organization"), Organization: o, Form: f, Facts: []Answer{
		{Key: "workspace.f.kind", Values: []string{r.T("code.organization_kind." + string(o.Kind))}},
		{Key: "workspace.f.legal", Values: []string{r.T("code.legal_form." + string(o.LegalForm))}},
		{Key: "search.place", Values: lines(o.Place.Locality)},
		{Key: "workspace.f.register", Values: lines(o.Register)},
		{Key: "workspace.f.web", Values: lines(o.Web)},
		{Key: "workspace.f.role", Values: lines(o.ContactRole)},
		{Key: "workspace.f.mail", Values: lines(o.ContactMail)},
		{Key: "workspace.f.phone", Values: lines(o.ContactPhone)},
	}}
	return w.Page(p)
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
		{Name: "reason", Kind: Select, Label: "moderation.reason", Options: vocabularyOptions(engagement.DecisionReasons)},
		decisionText,
	})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.DecideOpportunity(tx, r.Actor(), o.ID, engagement.Decision(f.Text("decision")), engagement.Code(f.Text("reason")), f.Text("text"))
			return err
		})
		if err == nil {
			return w.SeeOther("/moderation")
		}
		if !f.Refused(err) {
			return err
		}
	}
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
	return w.Page(p)
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
	f := r.Form([]Field{decisionField(decisions...)})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			return engagement.DecideAnnouncement(tx, r.Actor(), n.ID, engagement.Decision(f.Text("decision")))
		})
		if err == nil {
			return w.SeeOther("/moderation")
		}
		if !f.Refused(err) {
			return err
		}
	}
	item := newsItem(n, org, r.Now)
	return w.Page(&announcementCasePage{Page: r.Page("moderation.news"), Item: item, Teaser: n.Teaser, Paragraphs: paragraphs(n.Text), Source: n.URL, Form: f})
}

// replyCase shows a public reply from another server on the page, or deletes it.
func (s *Server) replyCase(w *Response, r *Request) error {
	if act := r.Var("act"); act != "zeigen" && act != "loeschen" {
		return engagement.ErrNotFound
	}
	err := r.update(func(tx *store.Tx) error {
		return engagement.DecideReply(tx, r.Actor(), engagement.ID(r.Var("reply")), r.Var("act") == "zeigen")
	})
	if err != nil {
		return err
	}
	return w.SeeOther("/moderation")
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
