package web

import (
	"errors"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// helpOfferTeamArea is "Wir bieten" in the workspace of an organization, and the check of what is offered.
var helpOfferTeamArea = area{
	name: "helpoffer-team",
	pages: map[string]any{
		"helpoffer-team": teamHelpPage{},
		"helpoffer-case": helpOfferCasePage{},
	},
	routes: append([]route{
		{path: workspace + "/wir-bieten", get: (*Server).teamHelp, who: signedIn},
		{path: workspace + "/wir-bieten/neu", get: (*Server).newTeamHelp, post: (*Server).newTeamHelp, who: signedIn},
		{path: teamOffer, get: (*Server).editTeamHelp, post: (*Server).editTeamHelp, who: signedIn},
		{path: teamOffer + "/{act}", post: (*Server).moveTeamHelp, who: signedIn, ends: true},
		{path: "/vermittlung/ich-biete/" + codeVar, get: (*Server).helpOfferCase, post: (*Server).helpOfferCase, who: role(engagement.Adviser, engagement.Moderator)},
	}, requestRoutes(workspace+"/wir-bieten/anfrage/{request:[0-9a-f-]{36}}", signedIn, false)...),
}

const teamOffer = workspace + "/wir-bieten/{offer:[23456789abcdefghjkmnpqrstuvwxyz]{8}}"

// teamHelpPage is what an organization offers, and who asks for it.
type teamHelpPage struct {
	Page
	bench
	Center  bool // it also speaks for volunteers, of whose help offers nothing is shown here
	Rows    []ownHelpRow
	Answers []teamAnswer
}

// teamAnswer is another organization that asks for the help.
type teamAnswer struct {
	Request engagement.MatchRequest
	Title   string
	By      string
	Path    string
}

func (s *Server) teamHelp(w *Response, r *Request) error {
	p := &teamHelpPage{Page: r.Page("workspace.offers")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		all, err := tx.HelpOffersOf(b.Organization.ID)
		if err != nil {
			return err
		}
		p.Center = b.Organization.PublishesForOthers()
		for _, h := range all {
			if h.Account == "" {
				row := r.ownHelpRow(h, b.Root+"/wir-bieten/"+h.Code)
				if !b.Manager {
					row.Edit, row.Actions = "", nil
				}
				p.Rows = append(p.Rows, row)
			}
		}
		answers, err := tx.AnswersToOrganization(b.Organization.ID, 200)
		if err != nil {
			return err
		}
		for _, m := range answers {
			if !m.HomeHere() {
				continue
			}
			org, err := tx.Organization(m.Organization)
			if err != nil {
				return err
			}
			p.Answers = append(p.Answers, teamAnswer{m, offerTitle(tx, m), org.Name, b.Root + "/wir-bieten/anfrage/" + string(m.ID)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

func (s *Server) newTeamHelp(w *Response, r *Request) error {
	b, err := s.viewBench(r, nil)
	if err != nil {
		return err
	}
	if !b.Manager {
		return engagement.ErrForbidden
	}
	f := r.Form(helpOfferFields(true, true, nil))
	fillHelpOffer(f, engagement.HelpOffer{RadiusKM: radiusTown, Visibility: "offen", Quantity: 1})
	var h engagement.HelpOffer
	if f.OK() {
		h = s.helpOfferOf(f, engagement.HelpOffer{Organization: b.Organization.ID}, r.Language.Lang)
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.OfferOwnHelp(tx, r.Actor(), h)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(b.Root + "/wir-bieten")
		case errors.Is(err, engagement.ErrForbidden):
			f.Bad("", "error.organization.first")
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(&helpOfferFormPage{Page: r.Page("workspace.offers.new"), Back: b.Root + "/wir-bieten", Form: f, Week: weekOf(f), Button: "offer.new.button"})
}

// teamHelpOffer is the help offer of the path, if it is one of the organization itself.
func teamHelpOffer(tx *store.Tx, r *Request, b bench) (engagement.HelpOffer, error) {
	h, err := tx.HelpOfferByCode(r.Var("offer"))
	if err == nil && (h.Organization != b.Organization.ID || h.Account != "") {
		return h, engagement.ErrNotFound
	}
	return h, err
}

func (s *Server) editTeamHelp(w *Response, r *Request) error {
	var h engagement.HelpOffer
	b, err := s.viewBench(r, func(tx *store.Tx, b bench) (err error) {
		h, err = teamHelpOffer(tx, r, b)
		return err
	})
	if err != nil {
		return err
	}
	p := &helpOfferFormPage{Page: r.Page("workspace.offers.edit"), Back: b.Root + "/wir-bieten", Reason: h.ReasonText, Button: "button.save"}
	return s.changeHelpOffer(w, r, p, h, true)
}

func (s *Server) moveTeamHelp(w *Response, r *Request) error {
	act := helpOfferActs[r.Var("act")]
	if act == nil {
		return engagement.ErrNotFound
	}
	return s.benchAct(w, r, "/wir-bieten", func(tx *store.Tx, b bench) error {
		h, err := teamHelpOffer(tx, r, b)
		if err != nil {
			return err
		}
		_, err = act(tx, r.Actor(), h.ID)
		return err
	})
}

// ---- the check ----

// helpOfferCasePage is a help offer as the public would see it, and the decision. Nobody learns here who offers it.
type helpOfferCasePage struct {
	Page
	Item  HelpOfferItem
	Text  []string
	Facts []Fact
	Form  *Form
}

// helpOfferCases are the help offers in a state as cases of the queue.
func helpOfferCases(tx *store.Tx, state engagement.OpportunityState) (cases []moderationCase, err error) {
	list, err := tx.HelpOffersByState(state, queueLimit)
	if err != nil {
		return nil, err
	}
	for _, h := range list {
		org, err := tx.Organization(h.Organization)
		if err != nil {
			return nil, err
		}
		kind, since := "help-offer", h.Submitted
		if !h.Local() {
			kind, since = "copy", h.Received
		}
		cases = append(cases, moderationCase{Kind: kind, Title: h.Title, By: org.Name, Since: since, Path: "/vermittlung/ich-biete/" + h.Code})
	}
	return cases, nil
}

func (s *Server) helpOfferCase(w *Response, r *Request) error {
	var h engagement.HelpOffer
	var org engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if h, err = tx.HelpOfferByCode(r.Var("id")); err != nil {
			return err
		}
		if !engagement.Can(r.Actor(), engagement.Decide, h.Thing()) {
			return engagement.ErrForbidden
		}
		org, err = tx.Organization(h.Organization)
		return err
	})
	if err != nil {
		return err
	}
	var decisions []engagement.Decision
	switch {
	case h.State == engagement.Submitted:
		decisions = []engagement.Decision{engagement.DecideApprove, engagement.DecideAsk, engagement.DecideReject}
	case h.State == engagement.Queued:
		decisions = []engagement.Decision{engagement.DecideApprove, engagement.DecideHide}
	case h.State == engagement.Hidden:
		decisions = []engagement.Decision{engagement.DecideRestore}
	case h.Live():
		decisions = []engagement.Decision{engagement.DecideHide}
	}
	if h.Local() && (h.Live() || h.State == engagement.Hidden) {
		decisions = append(decisions, engagement.DecideSuspend)
	}
	text := decisionText
	text.Label, text.Hint = "moderation.offer.text", ""
	f := r.Form([]Field{
		decisionField(decisions...),
		{Name: "reason", Kind: Select, Label: "moderation.reason", Options: vocabularyOptions(engagement.DecisionReasons)},
		text,
	})
	above := Link{Path: "/moderation", Words: say("nav.moderation")}
	if !slices.Contains(r.Actor().Roles, engagement.Moderator) {
		above = Link{Path: "/vermittlung", Words: say("nav.mediation")}
	}
	show := func() error {
		p := &helpOfferCasePage{Page: r.Page("moderation.offer"), Item: r.helpOfferItem(h, org), Text: paragraphs(h.Text), Facts: r.format().offerFacts(h), Form: f}
		p.Crumbs = []Link{above}
		return w.Page(p)
	}
	if restricts(f) && h.State != engagement.Queued && r.Actor().Has(engagement.Moderator) {
		return s.restrict(w, r, f, h.ID, show)
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.DecideHelpOffer(tx, r.Actor(), h.ID, engagement.Decision(f.Text("decision")), engagement.Code(f.Text("reason")), f.Text("text"))
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(above.Path)
		case errors.Is(err, engagement.ErrConflict):
			f.Bad("decision", "error.answer.late")
		case !f.Refused(err):
			return err
		}
	}
	return show()
}
