package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// profileArea is "Mein Engagement-Profil": where, when and how somebody wants to help. It stays on this instance.
var profileArea = area{
	name:   "profile",
	simple: true,
	pages:  map[string]any{"profile": profilePage{}, "profile-part": profilePartPage{}, "profile-preview": profilePreviewPage{}, "profile-restriction": restrictionPage{}, "reach": reachPage{}},
	routes: []route{
		{path: ownProfile, get: (*Server).profile, post: (*Server).profile, who: signedIn, helps: helpsSearch},
		{path: ownReach, get: (*Server).reach, post: (*Server).reach, who: signedIn},
		{path: ownRestriction, get: (*Server).restriction, post: (*Server).restriction, who: signedIn, helps: helpsSearch, ends: true},
		{path: ownProfile + "/vorschau", get: (*Server).profilePreview, who: signedIn, helps: helpsSearch},
		{path: ownProfile + "/{part:[a-z-]+}", get: (*Server).profilePart, post: (*Server).profilePart, who: signedIn, helps: helpsSearch},
		{path: ownProfile + "/{part:[a-z-]+}/genauer", get: (*Server).profileDetails, post: (*Server).profileDetails, who: signedIn, helps: helpsSearch},
	},
}

const (
	ownProfile     = "/meine/angaben"
	ownRestriction = ownProfile + "/nur-aufbewahren"
)

// firstFields are asked of somebody who has no profile yet: little enough for one page, and enough for suggestions.
var firstFields = []string{"place", "travel", "areas", "slots", "age"}

type profilePage struct {
	Page
	Form  *Form // for the first time; nil: there is a profile
	Week  *week
	Parts []profilePart
	Fits  int // how many opportunities fit now
	Best  []Card
	Was   int       // how many did before the last change; negative: nothing was changed
	Older bool      // the age group was said long ago
	Kept  time.Time // since when the profile is only kept; zero: it is used
}

// Before are the fields before the table of the week.
func (p *profilePage) Before() []*FieldView { return aroundWeek(p.Form, false) }

// After are the fields behind it.
func (p *profilePage) After() []*FieldView { return aroundWeek(p.Form, true) }

// profilePart are the answers that stand on one page.
type profilePart struct {
	Code    engagement.Code
	Answers []Answer
	Unsaid  []Answer // questions without an answer
	Who     string   // sees it
	Whos    []Answer // sees what, if that is not the same for all answers
	Details string   // path of the page about single answers; empty: there is none
}

// partsOf are the parts of a profile with its answers.
func partsOf(f format, p *profile, now time.Time) []profilePart {
	parts := make([]profilePart, len(engagement.ProfileParts.Terms))
	for i, code := range engagement.ProfileParts.Codes() {
		part := &parts[i]
		part.Code = code
		path := ownProfile + "/" + string(code)
		var all engagement.ProfileAnswer
		same := true
		for _, a := range engagement.ProfileAnswers {
			if a.Part != code {
				continue
			}
			one, seen := profileFieldOf(a), p.Seen(a, now)
			answer := Answer{Key: one.Label, Values: one.values(f, p), Change: path + "#" + one.Name}
			if len(answer.Values) == 0 {
				part.Unsaid = append(part.Unsaid, answer)
			} else {
				part.Answers = append(part.Answers, answer)
			}
			part.Whos = append(part.Whos, Answer{Key: one.Label, Values: []string{f.who(seen)}})
			all.Taking, all.Card = all.Taking || seen.Taking, all.Card || seen.Card
			same = same && part.Whos[0].Values[0] == f.who(seen)
		}
		if part.Who = f.who(all); same {
			part.Who, part.Whos = part.Whos[0].Values[0], nil
		}
		if details := profileDetails[string(code)]; details != nil && len(details(*p)) > 0 {
			part.Details = path + "/genauer"
		}
	}
	return parts
}

// who says who sees an answer.
func (f format) who(a engagement.ProfileAnswer) string {
	var who []string
	if a.Taking {
		who = append(who, f.t("profile.who.taking"))
	}
	if a.Card {
		who = append(who, f.t("profile.who.nameless"))
	}
	if len(who) == 0 {
		who = append(who, f.t("profile.who.nobody"))
	}
	if a.Gate != "" {
		who = append(who, f.t("profile.who.gate", "x", f.t("code.passed_gate."+string(a.Gate))))
	}
	return strings.Join(who, " · ")
}

// profile shows what somebody said and what fits it, or asks for the first time.
func (s *Server) profile(w *Response, r *Request) error {
	page := &profilePage{Page: r.Page("profile.title"), Was: -1}
	stored, err := s.ownProfile(r)
	if err != nil {
		return err
	}
	if stored.Updated.IsZero() || r.Method == http.MethodPost {
		f := r.Form(profileFields(firstFields...))
		fillProfile(f, stored)
		if done, err := s.saveProfile(w, r, f, stored); done || err != nil {
			return err
		}
		page.Form, page.Week = f, weekOf(f)
		return w.Page(page)
	}
	if was, err := strconv.Atoi(r.URL.Query().Get("vorher")); err == nil {
		page.Was = was
	}
	page.Older, page.Kept = stored.AgeDue(r.Now), stored.RestrictedAt
	page.Parts = partsOf(r.format(), &stored, r.Now)
	page.Fits, page.Best, err = s.bestOf(r)
	if err != nil {
		return err
	}
	return w.Page(page)
}

// restrictionPage says what becomes of a profile that is only kept.
type restrictionPage struct {
	Page
	Since  time.Time // zero: it is used
	Change Action    // its button
}

func (s *Server) restriction(w *Response, r *Request) error {
	if r.Method == http.MethodPost {
		return r.updateThen(w, ownRestriction, func(tx *store.Tx) error {
			return engagement.RestrictProfile(tx, r.Actor(), r.PostFormValue("an") == "1")
		})
	}
	stored, err := s.ownProfile(r)
	if err != nil {
		return err
	}
	page := &restrictionPage{Page: r.Page("restriction.title"), Since: stored.RestrictedAt}
	page.Change = r.Action(ownRestriction, "restriction.end")
	if !stored.Restricted() {
		page.Change.Key, page.Change.Hidden = "restriction.start", []HiddenField{{"an", "1"}}
	}
	return w.Page(page)
}

func (s *Server) ownProfile(r *Request) (p profile, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p, err = tx.Profile(r.Session.Account.ID)
		return err
	})
	return p, err
}

// saveProfile stores the answers of a form that is in order, and leads to what fits now.
func (s *Server) saveProfile(w *Response, r *Request, f *Form, stored profile) (done bool, err error) {
	if !f.OK() {
		return false, nil
	}
	p := s.profileOf(f, stored)
	if part := r.Var("part"); f.field("visible") != nil {
		p.Visible = slices.DeleteFunc(slices.Clone(p.Visible), func(c engagement.Code) bool { return string(c) == part })
		if f.Text("visible") == visibleToPartners {
			p.Visible = append(p.Visible, engagement.Code(part))
		}
	}
	if !f.OK() {
		return false, nil
	}
	was, _, err := s.bestOf(r)
	if err != nil {
		return false, err
	}
	err = r.update(func(tx *store.Tx) error {
		again := p // saving counts its version up, and the transaction may run twice
		return engagement.SaveProfile(tx, r.Actor(), &again)
	})
	switch {
	case err == nil:
		return true, w.SeeOther(ownProfile + "?vorher=" + strconv.Itoa(was))
	case errors.Is(err, engagement.ErrStale):
		return false, s.profileConflict(f, r)
	case !f.Refused(err):
		return false, err
	}
	return false, nil
}

// profileConflict shows what was stored meanwhile beside what was typed.
func (s *Server) profileConflict(f *Form, r *Request) error {
	now, err := s.ownProfile(r)
	if err != nil {
		return err
	}
	stored := map[string]string{}
	for _, one := range profileTable {
		if f.field(one.Name) != nil {
			stored[one.Name] = r.format().list(one.values(r.format(), &now))
		}
	}
	f.Conflict(now.Version, stored)
	return nil
}

// bestOf says how many opportunities fit the person and shows the first of them.
func (s *Server) bestOf(r *Request) (n int, best []Card, err error) {
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		n, best = 0, nil
		m, err := r.matcher(tx, *s.instance.Load())
		if err != nil || m == nil {
			return err
		}
		pool, _, err := poolFor(tx, m, engagement.Search{}, r.viewer())
		if err != nil {
			return err
		}
		list, err := hitCandidates(tx, pool)
		if err != nil {
			return err
		}
		fitting := m.Rank(list).Fitting
		n = len(fitting)
		for _, result := range fitting[:min(n, bestOnes)] {
			at := slices.IndexFunc(pool, func(h store.Hit) bool { return h.ID == result.Opportunity.ID })
			card := r.card(pool[at])
			card.Fit = r.format().fit(m, result)
			best = append(best, card)
		}
		return nil
	})
	return n, best, err
}

// bestOnes is how many suggestions stand above the profile.
const bestOnes = 3

type profilePartPage struct {
	Page
	Form *Form
	Week *week
}

// Before are the fields before the table of the week.
func (p *profilePartPage) Before() []*FieldView { return aroundWeek(p.Form, false) }

// After are the fields behind it.
func (p *profilePartPage) After() []*FieldView {
	if p.Week == nil {
		return nil
	}
	return aroundWeek(p.Form, true)
}

// Values of the field "visible".
const (
	visibleToNobody   = "niemand"
	visibleToPartners = "beteiligte"
)

var visibleField = Field{Name: "visible", Kind: Radio, Label: "profile.who", Quiet: true, Options: []Option{
	{Value: visibleToNobody, Key: "profile.who.nobody"},
	{Value: visibleToPartners, Key: "profile.who.taking", Hint: "profile.who.taking.hint"},
}}

// profilePart changes one part.
func (s *Server) profilePart(w *Response, r *Request) error {
	part := engagement.Code(r.Var("part"))
	if !engagement.ProfileParts.Has(part) {
		return engagement.ErrNotFound
	}
	var names []string
	for _, a := range engagement.ProfileAnswers {
		if a.Part == part {
			names = append(names, a.Name)
		}
	}
	stored, err := s.ownProfile(r)
	if err != nil {
		return err
	}
	fields := profileFields(names...)
	if engagement.MayShow(part) {
		fields = append(fields, visibleField)
	}
	f := r.Form(fields)
	fillProfile(f, stored)
	visible := visibleToNobody
	if slices.Contains(stored.Visible, part) {
		visible = visibleToPartners
	}
	f.Set("visible", visible)
	if done, err := s.saveProfile(w, r, f, stored); done || err != nil {
		return err
	}
	page := &profilePartPage{Page: r.Page("code.profile_part." + string(part)), Form: f}
	if f.field("slots") != nil {
		page.Week = weekOf(f)
	}
	return w.Page(page)
}

// profileDetails asks about single answers of a part: how well, until when.
func (s *Server) profileDetails(w *Response, r *Request) error {
	fields := profileDetails[r.Var("part")]
	if fields == nil {
		return engagement.ErrNotFound
	}
	stored, err := s.ownProfile(r)
	if err != nil {
		return err
	}
	asked := fields(stored)
	if len(asked) == 0 {
		return w.SeeOther(ownProfile + "/" + r.Var("part"))
	}
	f := r.Form(append(asked, Field{Name: "version", Kind: Hidden}))
	fillProfile(f, stored)
	if done, err := s.saveProfile(w, r, f, stored); done || err != nil {
		return err
	}
	return w.Page(&profilePartPage{Page: r.Page("profile.details." + r.Var("part")), Form: f})
}

// profilePreviewPage is the profile as others see it.
type profilePreviewPage struct {
	Page
	Public   string        // path of the public page; empty: there is none
	Handle   string        // of the public page
	Parts    []profilePart // what organizations see which the person takes part with
	Findable bool          // the administration may search for skills
	Card     []Answer      // the most that it sees of the person then
}

func (s *Server) profilePreview(w *Response, r *Request) error {
	page := &profilePreviewPage{Page: r.Page("profile.preview")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		p, err := tx.Profile(r.Session.Account.ID)
		if err != nil {
			return err
		}
		page.Parts, page.Findable = visibleParts(r.format(), &p, r.Now), p.Reachable(engagement.ExpertiseSearchable, tx.Now())
		if page.Findable {
			card := p.Glimpse()
			card.Area = s.coarse(p)
			page.Card = r.format().glimpse(card)
		}
		own, err := tx.PresenceOf(r.Session.Account.ID)
		switch {
		case errors.Is(err, engagement.ErrNotFound):
			return nil
		case err == nil:
			page.Public, page.Handle = presencePath(own), "@"+own.Handle+"@"+s.base.Host
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(page)
}

// glimpse is a card without a name, in words.
func (f format) glimpse(g engagement.Glimpse) []Answer {
	area := []string{g.Area}
	if g.Area == "" {
		area = nil
	}
	return []Answer{
		{Key: "profile.card.skills", Values: f.labels(engagement.Skills.Name, g.Skills)},
		{Key: "profile.card.languages", Values: f.labels(engagement.Languages.Name, g.Languages)},
		{Key: "profile.card.times", Values: f.labels(engagement.Dayparts.Name, g.Dayparts)},
		{Key: "profile.card.area", Values: area},
	}
}

// sharedProfile are the parts of somebody's profile that the organization of a request sees.
func sharedProfile(tx *store.Tx, r *Request, m engagement.MatchRequest) ([]profilePart, error) {
	if !m.ShowsProfile() {
		return nil, nil
	}
	p, err := tx.Profile(m.Account)
	return visibleParts(r.format(), &p, r.Now), err
}

// visibleParts are the answers that organizations see which somebody takes part with, by part, without empty ones.
func visibleParts(f format, p *profile, now time.Time) (parts []profilePart) {
	for _, a := range engagement.ProfileAnswers {
		one := profileFieldOf(a)
		values := one.values(f, p)
		if len(values) == 0 || !p.Seen(a, now).Taking {
			continue
		}
		if len(parts) == 0 || parts[len(parts)-1].Code != a.Part {
			parts = append(parts, profilePart{Code: a.Part})
		}
		part := &parts[len(parts)-1]
		part.Answers = append(part.Answers, Answer{Key: one.Label, Values: values})
	}
	return parts
}

// week is the field "slots" of a form as a table: days down, parts of the day across.
type week struct {
	Field *FieldView
	Parts []engagement.Code
	Rows  []weekRow
}

type weekRow struct {
	Day   engagement.Code
	Slots []slot
}

type slot struct {
	Option OptionView
	Part   engagement.Code
}

func weekOf(f *Form) *week {
	w := &week{Field: f.Field("slots"), Parts: engagement.Dayparts.Codes()}
	for i, day := range engagement.Weekdays.Codes() {
		row := weekRow{Day: day}
		for k, part := range w.Parts {
			row.Slots = append(row.Slots, slot{w.Field.Options[i*len(w.Parts)+k], part})
		}
		w.Rows = append(w.Rows, row)
	}
	return w
}

// aroundWeek are the fields of a form before or after the table of the week, without those that have their own layout.
func aroundWeek(f *Form, after bool) (views []*FieldView) {
	seen := false
	for _, v := range f.All() {
		switch {
		case v.Name == "slots":
			seen = true
		case strings.HasPrefix(v.Name, "access-"):
		case seen == after:
			views = append(views, v)
		}
	}
	return views
}
