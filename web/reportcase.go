package web

import (
	"errors"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// reportCaseArea is where moderators look at a report and decide.
var reportCaseArea = area{
	name:  "report-case",
	pages: map[string]any{"report-case": reportCasePage{}, "report-forward": reportForwardPage{}},
	routes: []route{
		{path: reportCases + reportID, get: (*Server).reportCase, post: (*Server).reportCase, who: role(engagement.Moderator)},
		{path: reportCases + reportID + "/uebernehmen", post: (*Server).claimReport, who: role(engagement.Moderator)},
		{path: reportCases + reportID + "/rueckgaengig", post: (*Server).undoRuling, who: role(engagement.Moderator)},
		{path: reportCases + reportID + "/weiterleiten", get: (*Server).forwardReport, post: (*Server).forwardReport, who: role(engagement.Moderator)},
	},
}

const (
	reportCases = "/moderation/meldung/"
	reportID    = "{report:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}}"
)

// reportCasePage is one report with everything that helps to decide.
type reportCasePage struct {
	Page
	Report  engagement.Report
	About   Reported
	Also    []Reported    // what another server names beside it
	Text    []string      // what was written, as plain text
	Claim   *Action       // nil: there is nothing to take over, or it is taken
	Busy    bool          // somebody else looks at it
	Own     bool          // an objection to a decision of the viewer's own: somebody else has to decide
	Others  []reportOther // other reports about the same
	Form    *Form         // nil: nothing can be decided now
	Undo    *Action       // nil: the last decision stands
	Until   time.Time     // then it does
	Next    string        // path of the next case; empty: nothing waits
	Limit   string        // path of the page on which its partner site can be limited; empty: it comes from none
	Case    string        // path of the case of the thing itself; empty: none
	Forward string        // path; empty: the other side cannot be told now
}

type reportOther struct {
	Path, Number string
	Reason       engagement.Code
	State        engagement.ReportState
	Outcome      engagement.Outcome
	Received     time.Time
}

type reportForwardPage struct {
	Page
	Host string
	Back string
	Form *Form
}

// seeReport reads a report that the viewer may decide about.
func seeReport(tx *store.Tx, r *Request) (engagement.Report, error) {
	found, err := tx.Report(engagement.ID(r.Var("report")))
	if err == nil && !engagement.Can(r.Actor(), engagement.Decide, found.Thing()) {
		err = engagement.ErrNotFound
	}
	return found, err
}

func (s *Server) reportCase(w *Response, r *Request) error {
	p := &reportCasePage{}
	var about engagement.Reportable
	read := func(tx *store.Tx) (err error) {
		*p = reportCasePage{Page: r.Page("report.case")}
		if p.Report, err = seeReport(tx, r); err != nil {
			return err
		}
		if about, p.About, err = readReported(tx, p.Report.Object); err != nil {
			return err
		}
		return p.surroundings(tx, about)
	}
	if err := s.store.View(r.Context(), read); err != nil {
		return err
	}
	f := r.Form(rulingFields(about, p))
	if p.Report.State == engagement.ReportSeconded {
		f.Set("outcome", string(p.Report.Proposed.Outcome))
		f.Set("reason", string(p.Report.Proposed.Reason))
		f.Set("text", p.Report.Proposed.Text)
	}
	if f.OK() && engagement.Outcome(f.Text("outcome")) == engagement.MakeLimited && !r.proven() {
		return errStepUp // it is more than one text that disappears
	}
	if f.OK() {
		counts := false
		err := r.update(func(tx *store.Tx) (err error) {
			ruling := engagement.Ruling{Outcome: engagement.Outcome(f.Text("outcome")), Reason: engagement.Code(f.Text("reason")), Text: f.Text("text")}
			_, counts, err = engagement.DecideReport(tx, r.Actor(), p.Report.ID, ruling, f.On("all"))
			return err
		})
		switch {
		case err == nil && counts:
			return w.SeeOther(r.Path)
		case err == nil:
			f.Bad("", "error.report.decided")
			if err := s.store.View(r.Context(), read); err != nil {
				return err
			}
		case !f.Refused(err):
			return err
		}
	}
	p.Own = p.Report.Mine(r.Actor())
	p.Busy = p.Report.Open() && p.Report.Busy(r.Actor(), r.Now)
	if p.Report.Open() && !p.Busy && !p.Own {
		p.Form = f
		if p.Report.ClaimedBy != r.Actor().Account {
			a := r.Action(r.Path+"/uebernehmen", "report.claim")
			p.Claim = &a
		}
	}
	if p.Report.MayForward(about) {
		p.Forward = r.Path + "/weiterleiten"
	}
	if p.Until = p.Report.UndoUntil(r.Actor(), r.Now); !p.Until.IsZero() {
		a := r.Action(r.Path+"/rueckgaengig", "report.undo")
		p.Undo = &a
	}
	if p.Form == nil {
		var err error
		if p.Next, err = s.nextCase(r); err != nil {
			return err
		}
	}
	return w.Page(p)
}

// surroundings reads what else is known about the case.
func (p *reportCasePage) surroundings(tx *store.Tx, about engagement.Reportable) error {
	p.Text = paragraphs(p.Report.Text)
	switch about.Noun {
	case engagement.AnOpportunity:
		p.Case = "/moderation/angebot/" + about.Opportunity.Code
	case engagement.AnOrganization:
		if about.Origin == "" {
			p.Case = "/moderation/organisation/" + about.Organization.Code
		}
	}
	if about.Origin != "" {
		partner, err := tx.Partner(about.Origin)
		if err != nil && !errors.Is(err, engagement.ErrNotFound) {
			return err
		}
		if len(partner.Lower()) > 0 {
			p.Limit = partnerSites + "/" + partner.Host
		}
	}
	for _, id := range p.Report.Also {
		_, also, err := readReported(tx, id)
		if err != nil {
			return err
		}
		p.Also = append(p.Also, also)
	}
	others, err := tx.ReportsAbout(p.Report.Object)
	for _, o := range others {
		if o.ID != p.Report.ID {
			p.Others = append(p.Others, reportOther{reportCases + string(o.ID), o.Number, o.Reason, o.State, o.Last().Outcome, o.Received})
		}
	}
	return err
}

func rulingFields(about engagement.Reportable, p *reportCasePage) []Field {
	outcome := Field{Name: "outcome", Kind: Radio, Label: "moderation.decision", Need: "error.choice.empty"}
	for _, o := range p.Report.Choices(about) {
		hint := ""
		switch {
		case o == engagement.NoAction:
		case about.Noun != "" && about.Final(o):
			hint = "report.do." + string(o) + ".two"
		default:
			hint = "report.do." + string(o) + ".hint"
		}
		outcome.Options = append(outcome.Options, Option{Value: string(o), Key: "report.do." + string(o), Hint: hint})
	}
	fields := []Field{
		outcome,
		reasonField,
		{Name: "text", Kind: Area, Label: "report.words", Hint: "report.words.hint", Max: 1000, Rows: 4},
	}
	for _, o := range p.Others {
		if o.State == engagement.ReportReceived || o.State == engagement.ReportClaimed {
			return append(fields, Field{Name: "all", Kind: Box, Label: "report.all", Hint: "report.all.hint"})
		}
	}
	return fields
}

func (s *Server) claimReport(w *Response, r *Request) error {
	return r.updateThen(w, strings.TrimSuffix(r.Path, "/uebernehmen"), func(tx *store.Tx) error {
		_, err := engagement.ClaimReport(tx, r.Actor(), engagement.ID(r.Var("report")))
		return err
	})
}

// undoRuling takes back what the moderator decided within the last minutes.
func (s *Server) undoRuling(w *Response, r *Request) error {
	return r.updateThen(w, strings.TrimSuffix(r.Path, "/rueckgaengig"), func(tx *store.Tx) error {
		_, err := engagement.UndoRuling(tx, r.Actor(), engagement.ID(r.Var("report")))
		return err
	})
}

// forwardReport tells the server that something comes from. The words of who reported go along only if a moderator has read and ticked them.
func (s *Server) forwardReport(w *Response, r *Request) error {
	p := &reportForwardPage{Page: r.Page("report.forward.title"), Back: strings.TrimSuffix(r.Path, "/weiterleiten")}
	var found engagement.Report
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if found, err = seeReport(tx, r); err != nil {
			return err
		}
		about, err := engagement.Reported(tx, found.Object)
		if err == nil && r.Method != "POST" && !found.MayForward(about) {
			err = engagement.ErrNotFound
		}
		p.Host = about.Origin
		return err
	})
	if err != nil {
		return err
	}
	f := r.Form([]Field{
		{Name: "with_text", Kind: Box, Label: "report.forward.with", Hint: "report.forward.with.hint"},
		{Name: "forward_text", Kind: Area, Label: "report.forward.text", Hint: "report.forward.text.hint", Max: engagement.ForwardTextLimit, Rows: 5},
	})
	f.Set("forward_text", shorten(found.Text, engagement.ForwardTextLimit-2))
	p.Form = f
	if f.OK() {
		text := ""
		if f.On("with_text") {
			text = f.Text("forward_text")
		}
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.ForwardReport(tx, r.Actor(), found.ID, text)
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
