package web

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
	"seestern/store"
)

// checkArea is the Engagement-Check: some questions, and what fits the answers. The answers travel in hidden fields and are neither
// stored nor logged, until somebody chooses to keep them as a profile.
var checkArea = area{
	name:   "check",
	simple: true,
	pages: map[string]any{
		"check": checkPage{}, "check-result": checkResultPage{}, "check-sheet": checkSheetPage{}, "check-keep": checkKeepPage{},
	},
	routes: []route{
		{path: "/check", get: beginCheck},
		{path: "/check/{n:[1-9]|1[0-2]}", get: whenPublic((*Server).check), post: whenPublic((*Server).check), bare: true, ends: true},
		{path: "/check/alles", get: whenPublic((*Server).check), post: whenPublic((*Server).check), bare: true, ends: true},
		{path: checkResult, get: beginCheck, post: whenPublic((*Server).checkResult), limit: searches, bare: true, ends: true},
		{path: "/check/druck", get: beginCheck, post: whenPublic((*Server).checkSheet), limit: searches, bare: true, ends: true},
		{path: "/check/merkliste", get: beginCheck, post: whenPublic((*Server).checkShortlist), bare: true, ends: true},
		{path: checkKeep, get: beginCheck, post: whenPublic((*Server).keepCheck), bare: true, ends: true},
		{path: checkKeep + "/ja", post: (*Server).saveCheck, who: signedIn, helps: helpsSearch},
	},
}

const (
	checkResult = "/check/ergebnis"
	checkKeep   = "/check/speichern"
)

// beginCheck answers who comes without answers: after a change of the language, or with a bookmark.
func beginCheck(_ *Server, w *Response, _ *Request) error { return w.SeeOther(checkStep(1)) }

// checkQuestions are the pages of the check in order, each with its fields.
var checkQuestions = []struct {
	key    string // its title is "check.q." + key
	fields []string
}{
	{"where", []string{"place", "travel", "radius"}},
	{"topics", []string{"areas", "topics", "sensitive"}},
	{"do", []string{"activities"}},
	{"whom", []string{"target_groups"}},
	{"when", []string{"slots"}},
	{"often", []string{"commitments"}},
	{"team", []string{"team"}},
	{"languages", []string{"german", "languages"}},
	{"access", []string{"access"}},
	{"not", []string{"not_areas", "not_target_groups", "not_proofs"}},
	{"double", []string{"double"}},
	{"age", []string{"age"}},
}

// What a check may count twice, and how many of it.
var (
	checkDoubles = []matching.Dimension{matching.Topic, matching.Activity, matching.Target, matching.Time, matching.Distance, matching.Frame}
	mostDoubles  = 3
)

// checkFields are the fields of all questions in order, as the profile has them. No field asks the server while somebody types: the
// address of that request would hold the answer.
func checkFields() []Field {
	double := Field{Name: "double", Kind: Boxes, Label: "check.double", Hint: "check.double.hint"}
	for _, d := range checkDoubles {
		double.Options = append(double.Options, Option{Value: d.String(), Key: "check.double." + d.String()})
	}
	known := append(profileFields(), double)
	var fields []Field
	for _, q := range checkQuestions {
		for _, name := range q.fields {
			field := known[slices.IndexFunc(known, func(f Field) bool { return f.Name == name })]
			field.Need, field.Quiet, field.Suggest = "", true, ""
			fields = append(fields, field)
		}
	}
	return fields
}

// Buttons of the check, beside the one that goes on.
const (
	checkSkip  = "ohne"    // its value is the question that is left open
	checkBack  = "zurueck" // what is wrong with an answer is not in the way back
	checkFrom  = "von"     // number of the question on the page; empty: all of them
	checkSteps = "seiten"  // how many pages of hits are shown
	checkLess  = "weniger" // "1": what fits less is shown, too
	checkMark  = "a"       // codes of the shortlist
	mostSteps  = 10        // pages
	mostMarks  = engagement.MostShortlisted
	sheetSize  = 10          // hits on paper if none was marked
	checkLimit = fittingPool // of one search
)

type checkPage struct {
	Page
	Before      []checkSection
	Week        *week // the question between them
	After       []checkSection
	Hidden      []HiddenField
	Step, Steps int // zero: all questions are on the page
	Next, Prev  string
}

// checkSection is a question with its fields.
type checkSection struct {
	Key    string // locale key of the heading
	Fields []*FieldView
}

// ask sets the questions of a step, 0 for all.
func (p *checkPage) ask(f *Form, step int) {
	list := &p.Before
	for i, q := range checkQuestions {
		switch week := slices.Contains(q.fields, "slots"); {
		case step != 0 && step != i+1:
			continue
		case week:
			p.Week, list = weekOf(f), &p.After
			continue
		}
		section := checkSection{Key: "check.q." + q.key}
		for _, name := range q.fields {
			section.Fields = append(section.Fields, f.Field(name))
		}
		*list = append(*list, section)
	}
}

// askCheck reads the answers.
func (s *Server) askCheck(r *Request) *Form {
	f := r.Form(checkFields())
	if n, err := strconv.Atoi(r.PostForm.Get(checkSkip)); err == nil && n >= 1 && n <= len(checkQuestions) {
		for _, name := range checkQuestions[n-1].fields {
			delete(f.values, name)
			f.Errors = slices.DeleteFunc(f.Errors, func(e FieldError) bool { return e.ID == name })
		}
	}
	s.checkAnswers(f)
	return f
}

// checkAnswers finds what is wrong beyond the shape of a field.
func (s *Server) checkAnswers(f *Form) {
	if len(f.Texts("double")) > mostDoubles {
		f.Bad("double", "error.choice.many", "n", mostDoubles)
	}
	p := s.profileOf(f, engagement.Profile{})
	f.Refused(p.Check())
}

// check shows one question, or all of them.
func (s *Server) check(w *Response, r *Request) error {
	step, _ := strconv.Atoi(r.Var("n"))
	if r.Method != "POST" {
		return s.showCheck(w, r, r.Form(checkFields()), step)
	}
	f := s.askCheck(r)
	if r.PostForm.Get(checkBack) != "" {
		f.Errors = nil
	}
	return s.showCheck(w, r, f, step)
}

// showCheck shows a question, 0 for all. Whoever goes on with an answer that is wrong sees its question again.
func (s *Server) showCheck(w *Response, r *Request, f *Form, step int) error {
	if len(f.Errors) > 0 && r.PostForm.Get(checkFrom) != "" {
		step = questionOf(f.Errors[0].ID)
	}
	page := &checkPage{Page: r.Page("check.all.title"), Next: checkResult}
	page.ask(f, step)
	if step == 0 {
		return w.Page(page)
	}
	q := checkQuestions[step-1]
	page.Title, page.Step, page.Steps = r.T("check.q."+q.key), step, len(checkQuestions)
	if step < len(checkQuestions) {
		page.Next = checkStep(step + 1)
	}
	if step > 1 {
		page.Prev = checkStep(step - 1)
	}
	page.Hidden = append(f.Carry(q.fields...), HiddenField{checkFrom, strconv.Itoa(step)})
	return w.Page(page)
}

func checkStep(n int) string { return "/check/" + strconv.Itoa(n) }

// questionOf is the number of the question with a control; the first for what belongs to none.
func questionOf(control string) int {
	for i, q := range checkQuestions {
		if slices.Contains(q.fields, control) {
			return i + 1
		}
	}
	return 1
}

// checked are the hits of a check, best first.
type checked struct {
	matcher *matching.Matcher
	hits    map[engagement.ID]store.Hit
	ranking matching.Ranking
}

// answered finds what fits the answers of a form.
func (s *Server) answered(r *Request, f *Form) (c checked, err error) {
	p := s.profileOf(f, engagement.Profile{})
	p.Account = engagement.ID(engagement.DateOf(r.Now)) // equals are ordered by the day: the check has nobody to order them for
	config := matching.Default().For(*s.instance.Load()).Double(doublesOf(f)...)
	c.matcher = matching.New(config, p, r.Now)
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		c.hits = map[engagement.ID]store.Hit{}
		var all []store.Hit
		for _, q := range c.searches() {
			found, err := tx.Search(q, store.Viewer{})
			if err != nil {
				return err
			}
			for _, h := range found.List {
				if _, known := c.hits[h.ID]; !known {
					c.hits[h.ID], all = h, append(all, h)
				}
			}
		}
		list, err := hitCandidates(tx, all)
		c.ranking = c.matcher.Rank(list)
		return err
	})
	return c, err
}

// searches are what may fit: everything as far as somebody goes, and what needs no way. Without a place it is everything that is new.
func (c checked) searches() []engagement.Search {
	all := engagement.Search{Order: engagement.Newest, Limit: checkLimit}
	home, km := c.matcher.Reach()
	if home == (geo.Point{}) {
		return []engagement.Search{all}
	}
	near, remote := all, all
	near.Order, near.Center, near.RadiusKM = engagement.Nearest, home, km
	remote.Modes = []engagement.Code{"online", "zuhause"}
	return []engagement.Search{near, remote}
}

func doublesOf(f *Form) (ds []matching.Dimension) {
	for _, d := range checkDoubles {
		if slices.Contains(f.Texts("double"), d.String()) {
			ds = append(ds, d)
		}
	}
	return ds
}

type checkResultPage struct {
	Page
	Count   Words
	Hits    []markedHit
	Hidden  []HiddenField
	Less    bool // there is more that fits less
	More    int  // pages with more hits; 0: all are shown
	NoMarks bool // nothing was marked, but something was to be done with it
	Asked   bool // less fitting ones are shown
}

// markedHit is a hit that can be put onto the shortlist.
type markedHit struct {
	Card
	Code   string
	Marked bool
}

// publicCode is the shape of the short code of a public thing.
var publicCode = regexp.MustCompile(`^[23456789abcdefghjkmnpqrstuvwxyz]{8}$`)

// markedCodes are the codes of a shortlist, in their order; what is no code is left out.
func markedCodes(values url.Values) (codes []string) {
	for _, code := range values[checkMark] {
		if publicCode.MatchString(code) && !slices.Contains(codes, code) && len(codes) < mostMarks {
			codes = append(codes, code)
		}
	}
	return codes
}

// checkResult shows what fits.
func (s *Server) checkResult(w *Response, r *Request) error {
	return s.showResult(w, r, false)
}

func (s *Server) showResult(w *Response, r *Request, noMarks bool) error {
	f := s.askCheck(r)
	if len(f.Errors) > 0 {
		return s.showCheck(w, r, f, 0)
	}
	c, err := s.answered(r, f)
	if err != nil {
		return err
	}
	steps, _ := strconv.Atoi(r.PostForm.Get(checkSteps))
	steps = min(max(steps, 1), mostSteps)
	page := &checkResultPage{Page: r.Page("check.result.title"), NoMarks: noMarks, Asked: r.PostForm.Get(checkLess) == "1"}
	results := c.ranking.Fitting
	if page.Asked {
		results = slices.Concat(results, c.ranking.Less)
	} else {
		page.Less = len(c.ranking.Less) > 0
	}
	page.Count = say("check.count", "n", len(results))
	if len(results) > steps*pageSize && steps < mostSteps {
		page.More = steps + 1
	}
	marked := markedCodes(r.PostForm)
	page.Hits = c.marked(r, results[:min(len(results), steps*pageSize)], &marked)
	page.Hidden = f.Carry()
	for _, code := range marked { // beyond what is shown
		page.Hidden = append(page.Hidden, HiddenField{checkMark, code})
	}
	return w.Page(page)
}

// marked are the cards of results; codes that are among them are taken out of the list.
func (c checked) marked(r *Request, results []*matching.Result, codes *[]string) []markedHit {
	hits := make([]markedHit, len(results))
	for i, result := range results {
		h := c.hits[result.Opportunity.ID]
		card := r.card(h)
		card.Fit = r.format().fit(c.matcher, result)
		hits[i] = markedHit{Card: card, Code: h.Code, Marked: slices.Contains(*codes, h.Code)}
		*codes = slices.DeleteFunc(*codes, func(code string) bool { return code == h.Code })
	}
	return hits
}

// checkShortlist goes on with what was marked: the codes stand in the address, the answers do not.
func (s *Server) checkShortlist(w *Response, r *Request) error {
	codes := markedCodes(r.PostForm)
	if len(codes) == 0 {
		return s.showResult(w, r, true)
	}
	return w.SeeOther(shortlistPath(codes))
}

func shortlistPath(codes []string) string {
	return "/merkliste?" + url.Values{checkMark: codes}.Encode()
}

type checkSheetPage struct {
	Page
	Sheet  Sheet
	Hidden []HiddenField // the answers, for the way back
}

// Sheet is a list of opportunities on paper.
type Sheet []sheetRow

type sheetRow struct {
	Card
	Phone, Short string
	QR           QRCode
	Less         string // path of the list without it; empty: it cannot be taken off
}

// sheet is hits for paper: with a phone number and a short address, as text and as code.
func (s *Server) sheet(r *Request, hits []store.Hit) (Sheet, error) {
	rows := make(Sheet, len(hits))
	for i, h := range hits {
		short := "/a/" + h.Code
		code, err := NewQRCode(s.base.String() + short)
		if err != nil {
			return nil, err
		}
		rows[i] = sheetRow{Card: r.card(h), Phone: contactOf(h.Opportunity).Phone, Short: code.Says, QR: code}
	}
	return rows, nil
}

// checkSheet is what was marked, else the first hits, to be printed.
func (s *Server) checkSheet(w *Response, r *Request) error {
	f := s.askCheck(r)
	if len(f.Errors) > 0 {
		return s.showCheck(w, r, f, 0)
	}
	c, err := s.answered(r, f)
	if err != nil {
		return err
	}
	codes := markedCodes(r.PostForm)
	results := slices.Concat(c.ranking.Fitting, c.ranking.Less)
	if len(codes) > 0 {
		results = slices.DeleteFunc(results, func(m *matching.Result) bool { return !slices.Contains(codes, m.Opportunity.Code) })
	} else {
		results = c.ranking.Fitting[:min(len(c.ranking.Fitting), sheetSize)]
	}
	hits := make([]store.Hit, len(results))
	for i, result := range results {
		hits[i] = c.hits[result.Opportunity.ID]
	}
	page := &checkSheetPage{Page: r.Page("check.sheet.title"), Hidden: f.Carry()}
	if page.Sheet, err = s.sheet(r, hits); err != nil {
		return err
	}
	for i, result := range results {
		page.Sheet[i].Fit = r.format().fit(c.matcher, result)
	}
	for _, code := range codes {
		page.Hidden = append(page.Hidden, HiddenField{checkMark, code})
	}
	return w.Page(page)
}

type checkKeepPage struct {
	Page
	Answers []Answer
	Hidden  []HiddenField
	Save    string   // path that saves; empty: first sign in
	Had     bool     // there is a profile already
	Ways    []Action // to sign in or register, with the answers
	For     *Action  // keeps them for somebody with an assisted account; nil: who looks advises nobody
}

// EditOnce protects the button that saves.
func (p *checkKeepPage) EditOnce() string { return p.Once(p.Save) }

// keepCheck shows what would be kept as a profile. Visitors sign in or register first, and the answers go along, sealed.
func (s *Server) keepCheck(w *Response, r *Request) error {
	f := s.askCheck(r)
	if len(f.Errors) > 0 {
		return s.showCheck(w, r, f, 0)
	}
	page := &checkKeepPage{Page: r.Page("check.keep.title"), Hidden: f.Carry("double")}
	page.Answers = slices.DeleteFunc(f.Answers(""), func(a Answer) bool {
		return len(a.Values) == 0 || a.Key == "check.double" || a.Key == "profile.sensitive" && !f.On("sensitive")
	})
	if r.Session == nil {
		sealed, err := s.seal(draft{Path: checkKeep, Fields: hiddenValues(page.Hidden), Until: r.Now.Add(keptLife)})
		if err != nil {
			return err
		}
		for _, way := range []struct{ path, key string }{{"/registrieren", "account.register.title"}, {"/anmelden", "nav.signin"}} {
			page.Ways = append(page.Ways, Action{Path: way.path, Key: way.key, Hidden: []HiddenField{{draftField, sealed}, {showOnly, "1"}}, request: r})
		}
		return w.Page(page)
	}
	if r.Actor().Has(engagement.Adviser) {
		sealed, err := s.seal(draft{Path: checkKeep, Fields: hiddenValues(page.Hidden), Until: r.Now.Add(draftLife)})
		if err != nil {
			return err
		}
		page.For = &Action{Path: assistedAccounts, Key: "assisted.check", Hidden: []HiddenField{{draftField, sealed}}, request: r}
	}
	page.Save = checkKeep + "/ja"
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		p, err := tx.Profile(r.Session.Account.ID)
		page.Had = !p.Updated.IsZero()
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(page)
}

func hiddenValues(hidden []HiddenField) url.Values {
	fields := url.Values{}
	for _, h := range hidden {
		fields.Add(h.Name, h.Value)
	}
	return fields
}

// saveCheck keeps the answers as the profile of the person. What was not answered stays as it was.
func (s *Server) saveCheck(w *Response, r *Request) error {
	f := s.askCheck(r)
	if len(f.Errors) > 0 {
		return s.showCheck(w, r, f, 0)
	}
	err := r.update(func(tx *store.Tx) error {
		p, err := tx.Profile(r.Session.Account.ID)
		if err != nil {
			return err
		}
		p = s.profileOf(f.answered(), p)
		return engagement.SaveProfile(tx, r.Actor(), &p)
	})
	switch {
	case err == nil:
		return w.SeeOther(ownProfile)
	case f.Refused(err):
		return s.showCheck(w, r, f, 0)
	}
	return err
}

// answered is the form with only the fields in which something stands.
func (f *Form) answered() *Form {
	only := *f
	only.fields = slices.DeleteFunc(slices.Clone(f.fields), func(field Field) bool { return strings.Join(f.values[field.Name], "") == "" })
	return &only
}
