package web

import (
	"errors"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// reportArea is how anybody says that something is not right, and the pages on which both sides read what was decided and can object.
var reportArea = area{
	name:   "report",
	simple: true,
	pages:  map[string]any{"report-form": reportPage{}, "report-sent": reportSentPage{}, "report-decision": decisionPage{}},
	routes: []route{
		{path: "/melden", get: whenPublic((*Server).report), post: whenPublic((*Server).report), limit: rareForms},
		{path: "/melden/fertig/" + reportToken, get: (*Server).reportSent, token: true},
		{path: "/entscheidungen/" + reportToken, get: (*Server).decision, post: (*Server).decision, token: true},
	},
}

const reportToken = "{token:[0-9a-f]{32}}"

// reportPath is where something is reported: by its short code, by "@" and its handle, or by its id.
func reportPath(id string) string { return "/melden?id=" + url.QueryEscape(id) }

type reportPage struct {
	Page
	About Reported
	Form  *Form
}

type reportSentPage struct {
	Page
	Number string
	Danger bool
	Mail   bool   // a mail will tell what was decided
	State  string // path of the page with the decision
}

// decisionPage is what became of a report, for who reported or for whose content it is. The one never learns who the other is.
type decisionPage struct {
	Page
	About     Reported
	Number    string // for who reported
	Author    bool   // for whose content it is
	Own       bool   // nobody reported it
	Person    bool   // it is about the account of the reader
	State     engagement.ReportState
	Reason    engagement.Code // to report; for who reported
	Ruling    engagement.Ruling
	Objection string // of the reader
	Form      *Form  // nil: no objection is possible
}

// Reported is something that was reported, in a list or at the head of a page.
type Reported struct {
	Noun       engagement.Noun // empty: gone
	Title      string
	Path       string // empty: there is no page, or it is not for everybody
	By         string // organization or author
	Origin     string // server it comes from; empty: this one
	Paragraphs []string
}

// Kind is the locale key of what it is.
func (r Reported) Kind() string {
	return map[engagement.Noun]string{
		"": "report.kind.gone", engagement.AnOpportunity: "report.kind.opportunity", engagement.AnOrganization: "report.kind.organization",
		engagement.AnAnnouncement: "report.kind.announcement", engagement.ABoard: "report.kind.board", engagement.AnOccasion: "report.kind.event", engagement.AReaction: "report.kind.reply",
		engagement.APresence: "report.kind.presence", engagement.AHelpOffer: "report.kind.offer",
	}[r.Noun]
}

// reportedOf describes something that was reported.
func reportedOf(tx *store.Tx, about engagement.Reportable) (r Reported, err error) {
	r = Reported{Noun: about.Noun, Origin: about.Origin}
	if about.Owner != "" && about.Noun != engagement.AReaction {
		org, err := tx.Organization(about.Owner)
		if err != nil {
			return r, err
		}
		r.By = org.Name
	}
	switch about.Noun {
	case engagement.AnOpportunity:
		o := about.Opportunity
		r.Title, r.Path, r.Paragraphs = o.Title, opportunityPath(o), append(paragraphs(o.Summary), paragraphs(o.Description)...)
	case engagement.AnOrganization:
		o := about.Organization
		r.Title, r.Path, r.By, r.Paragraphs = o.Name, organizationPage(o), "", append(paragraphs(o.Summary), paragraphs(o.Description)...)
	case engagement.AnAnnouncement:
		n := about.Announcement
		r.Title, _ = titleOf(n)
		r.Path, r.Paragraphs = announcementPath(n), append(paragraphs(n.Teaser), paragraphs(n.Text)...)
	case engagement.ABoard:
		r.Title, r.Path, r.Paragraphs = about.Board.Name, boardPath(about.Board), paragraphs(about.Board.Summary)
	case engagement.AnOccasion:
		o := about.Occasion
		r.Title, r.Path, r.Paragraphs = o.Title, occasionPath(o), append(paragraphs(o.Teaser), paragraphs(o.Text)...)
		if r.By == "" {
			r.By = o.Organizer
		}
	case engagement.AHelpOffer:
		h := about.HelpOffer
		r.Title, r.Path, r.Paragraphs = h.Title, helpOfferPath(h), paragraphs(h.Text)
	case engagement.APresence:
		p := about.Presence
		r.Title, r.Path, r.Paragraphs = p.Name, presencePath(p), paragraphs(p.Summary)
	case engagement.AReaction:
		r.Title, r.By, r.Paragraphs = about.Reply.Handle, about.Reply.Handle, paragraphs(about.Reply.Text)
	}
	if !engagement.Can(engagement.Actor{}, engagement.Read, about.Thing()) {
		r.Path = ""
	}
	return r, nil
}

// readReported describes what a report is about; nothing but its kind if it is gone.
func readReported(tx *store.Tx, id engagement.ID) (engagement.Reportable, Reported, error) {
	about, err := engagement.Reported(tx, id)
	if errors.Is(err, engagement.ErrNotFound) {
		return about, Reported{}, nil
	}
	if err != nil {
		return about, Reported{}, err
	}
	r, err := reportedOf(tx, about)
	return about, r, err
}

var (
	aCode = regexp.MustCompile(`^[23456789abcdefghjkmnpqrstuvwxyz]{8}$`)
	anID  = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$`) // or the token of a public presence
)

// toReport finds what somebody means: by the parameter of a link, or by the address of its page as people copy it.
func toReport(tx *store.Tx, r *Request, text string) (about engagement.Reportable, err error) {
	id, last := engagement.ID(""), text
	board, person := "", ""
	if u, err := url.Parse(text); err == nil && strings.Contains(text, "/") {
		last, _, _ = strings.Cut(path.Base(u.Path), "-")
		if slices.Contains([]string{"orte", "themen"}, path.Base(path.Dir(u.Path))) {
			board = path.Base(u.Path)
		}
		if path.Base(path.Dir(u.Path)) == "personen" {
			person = path.Base(u.Path)
		}
	}
	handle, isHandle := strings.CutPrefix(last, "@")
	switch {
	case board != "":
		b, err := tx.BoardByHandle(board)
		if err != nil {
			return about, err
		}
		id = b.ID
	case person != "":
		p, err := tx.PresenceByHandle(person)
		if err != nil {
			return about, err
		}
		id = p.ID
	case isHandle:
		o, orgErr := tx.OrganizationByHandle(handle)
		b, boardErr := tx.BoardByHandle(handle)
		p, personErr := tx.PresenceByHandle(handle)
		if orgErr != nil && boardErr != nil && personErr != nil {
			return about, errors.Join(orgErr, boardErr, personErr)
		}
		id = o.ID + b.ID + p.ID // a handle belongs to one of them
	case aCode.MatchString(strings.ToLower(last)):
		if _, id, err = tx.Code(strings.ToLower(last)); err != nil {
			return about, err
		}
	case anID.MatchString(last):
		id = engagement.ID(last)
	default:
		return about, engagement.ErrNotFound
	}
	if about, err = engagement.Reported(tx, id); err != nil {
		return about, err
	}
	readable := engagement.Can(r.Actor(), engagement.Read, about.Thing())
	if slices.Contains(ownedNouns, about.Noun) && about.Owner != "" { // nothing of an organization that is hidden is public
		org, err := tx.Organization(about.Owner)
		if err != nil {
			return about, err
		}
		readable = readable && (org.State == engagement.OrganizationActive || r.Actor().Of(org.ID))
	}
	if !readable {
		return about, engagement.ErrNotFound
	}
	return about, nil
}

// ownedNouns are what is an organization's and is not to be seen without it.
var ownedNouns = []engagement.Noun{engagement.AnOpportunity, engagement.AnAnnouncement, engagement.AnOccasion, engagement.AHelpOffer}

// report asks what is not right. Without a link that says which page is meant, it is asked for too.
func (s *Server) report(w *Response, r *Request) error {
	asked := r.URL.Query().Get("id")
	if r.Method == "POST" {
		asked = clean(r.PostForm.Get("id"), false)
	}
	var about engagement.Reportable
	p := &reportPage{Page: r.Page("report.title")}
	p.NoIndex = true
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if about, err = toReport(tx, r, asked); err != nil {
			return err
		}
		p.About, err = reportedOf(tx, about)
		return err
	})
	found := err == nil
	if err != nil && !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	f := r.Form(reportFields(r, about, found))
	f.Set("id", asked)
	p.Form = f
	if !found && asked != "" {
		f.Bad("id", "error.report.unknown")
	}
	if !f.OK() {
		return w.Page(p)
	}
	var sent engagement.Report
	token := ""
	err = r.update(func(tx *store.Tx) (err error) {
		sent, err = engagement.SendReport(tx, r.Actor(), engagement.Complaint{
			Object: about.ID(), Reason: engagement.Code(f.Text("reason")), Text: f.Text("text"), Email: f.Text("email"), Lang: r.Language.Lang, Forward: f.On("forward"),
		})
		token = tx.LinkToken(sent.ID)
		return err
	})
	if err == nil {
		return w.SeeOther("/melden/fertig/" + token)
	}
	if !f.Refused(err) {
		return err
	}
	return w.Page(p)
}

// commonReasons are those that are shown at once.
var commonReasons = []engagement.Code{"gefahr-kind", "gefahr-person", "belaestigung", "hass", "persoenliche-daten", "spam", "irrefuehrend", "rechtswidrig", "sonstiges"}

func reportFields(r *Request, about engagement.Reportable, found bool) []Field {
	id := Field{Name: "id", Kind: Hidden, Max: 500}
	if !found {
		id = Field{Name: "id", Label: "report.page", Hint: "report.page.hint", Need: "error.text.empty", Max: 500}
	}
	reasons := vocabularyOptions(engagement.ReportReasons)
	for i := range reasons {
		if !slices.Contains(commonReasons, engagement.Code(reasons[i].Value)) {
			reasons[i].Group = "report.more"
		}
	}
	fields := []Field{
		id,
		{Name: "reason", Kind: Radio, Label: "report.reason", Need: "error.choice.empty", Options: reasons},
		{Name: "text", Kind: Area, Label: "report.text", Hint: "report.text.hint", Max: engagement.ReportTextLimit, Rows: 5},
	}
	if r.Session == nil {
		email := emailField
		email.Hint, email.Need = "report.email.hint", ""
		fields = append(fields, email)
	}
	if found && about.Origin != "" && about.Noun != engagement.AReaction {
		fields = append(fields, Field{Name: "forward", Kind: Box, Label: "report.forward", Hint: "report.forward.hint", Args: map[string]any{"host": about.Origin}})
	}
	return fields
}

// reportSent is the receipt.
func (s *Server) reportSent(w *Response, r *Request) error {
	p := &reportSentPage{Page: r.Page("report.sent.title"), State: "/entscheidungen/" + r.Var("token")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		found, err := tx.ReportBySecret(engagement.Hash(r.Var("token")))
		if err == nil && tx.LinkToken(found.ID) != r.Var("token") {
			err = engagement.ErrNotFound
		}
		p.Number, p.Danger, p.Mail = found.Number, found.Urgent(), found.Account != "" || found.Email != ""
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// decision shows what was decided and takes an objection.
func (s *Server) decision(w *Response, r *Request) error {
	token := r.Var("token")
	f := r.Form([]Field{{Name: "text", Kind: Area, Label: "report.objection", Hint: "report.objection.hint", Need: "error.text.empty", Max: engagement.ReportTextLimit, Rows: 5}})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.ObjectToDecision(tx, token, f.Text("text"))
			return err
		})
		if err == nil {
			return w.SeeOther(r.Path)
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &decisionPage{Page: r.Page("report.state.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		found, err := tx.ReportBySecret(engagement.Hash(token))
		if err != nil {
			return err
		}
		p.State, p.Ruling, p.Author, p.Own, p.Person = found.State, found.Last(), tx.LinkToken(found.ID) != token, found.Own, found.Person != ""
		if !p.Author {
			p.Number, p.Reason = found.Number, found.Reason
		}
		if found.Objection.Author == p.Author {
			p.Objection = found.Objection.Text
		}
		if found.MayObject(tx.Now()) {
			p.Form = f
		}
		_, p.About, err = readReported(tx, found.Object)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}
