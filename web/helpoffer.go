package web

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// helpOfferArea is "Ich biete": what is offered, one of it, the answer of an organization, and the help offers of a person.
var helpOfferArea = area{
	name:   "helpoffer",
	simple: true,
	pages: map[string]any{
		"helpoffer-list": HelpOfferListPage{}, "helpoffer": HelpOfferPage{}, "helpoffer-answer": helpAnswerPage{}, "helpoffer-form": helpOfferFormPage{},
		"helpoffer-mine": ownHelpPage{},
	},
	routes: []route{
		{path: "/ich-biete", get: whenPublic((*Server).helpOffers), limit: searches},
		{path: "/ich-biete/neu", get: (*Server).newHelpOffer, post: (*Server).newHelpOffer, who: signedIn},
		{path: "/ich-biete/" + codeVar, get: whenPublic((*Server).helpOffer)},
		{path: "/ich-biete/" + codeVar + "/anfragen", get: (*Server).answerHelpOffer, post: (*Server).answerHelpOffer, who: signedIn},
		{path: "/ich-biete/" + codeVar + "-{slug}", get: whenPublic((*Server).helpOffer)},
		{path: "/meine/ich-biete", get: (*Server).ownHelp, who: signedIn},
		{path: "/meine/ich-biete/" + codeVar, get: (*Server).editHelpOffer, post: (*Server).editHelpOffer, who: signedIn},
		{path: "/meine/ich-biete/" + codeVar + "/{act}", post: (*Server).moveOwnHelp, who: signedIn, ends: true},
	},
}

// HelpOfferListPage is what is offered, the latest first.
type HelpOfferListPage struct {
	Page
	Form  *Form
	List  []HelpOfferItem
	Pages Pages
}

// HelpOfferItem is a help offer in a list.
type HelpOfferItem struct {
	Path, Title, Line string
	Lang              string // of title and line, if it is not that of the page
	By                string // organization
	Place             string
	KM                int
	Online            engagement.Code // mode, if it needs no way
	Activities        []engagement.Code
	Origin            string // host; empty: this instance
}

// HelpOfferPage is everything that everybody may know about a help offer.
type HelpOfferPage struct {
	Page
	Item         HelpOfferItem
	Kind         engagement.Code
	Person       bool // it is of a volunteer, whom the organization speaks for
	State        Words
	Organization Link
	Text         []string
	Facts        []Fact
	Expires      time.Time
	Answer       string // path of the form for organizations; empty: not now
	Report       string
}

// What the list of help offers reads: all of a region, of which the address chooses.
const helpOffersRead = 1000

var helpOfferFilter = []Field{
	{Name: "thema", Kind: Select, Label: "search.topic", Quiet: true, Options: vocabularyOptions(engagement.Areas)},
	{Name: "taetigkeit", Kind: Select, Label: "offer.activity", Quiet: true, Options: vocabularyOptions(engagement.Activities)},
	{Name: "ort", As: "place", Label: "search.place", Quiet: true, Max: 100, Suggest: "/ortssuche/vorschlag"},
	{Name: "ab", Kind: Hidden},
}

func helpOfferPath(h engagement.HelpOffer) string { return "/ich-biete/" + h.Code + slug(h.Title) }

func (s *Server) helpOffers(w *Response, r *Request) error {
	f := r.Form(helpOfferFilter)
	page := &HelpOfferListPage{Page: r.Page("offer.title"), Form: f}
	near := engagement.Place{}
	if f.Text("ort") != "" {
		near, _ = s.placeOf(f, "ort")
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.OpenHelpOffers(helpOffersRead)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(h engagement.HelpOffer) bool {
			return !h.Open(r.Now) || !offerFits(h, engagement.Code(f.Text("thema")), engagement.Code(f.Text("taetigkeit")), near.Point)
		})
		first := min(max(0, f.Int("ab")), len(all))
		if last := first + pageSize; last < len(all) {
			query := url.Values{"thema": {f.Text("thema")}, "taetigkeit": {f.Text("taetigkeit")}, "ort": {f.Text("ort")}, "ab": {strconv.Itoa(last)}}
			page.Pages, all = Pages{Next: "/ich-biete?" + query.Encode()}, all[:last]
		}
		page.List, err = helpOfferItems(tx, r, all[first:])
		return err
	})
	if err != nil {
		return err
	}
	page.NoIndex = r.URL.RawQuery != ""
	return w.Page(page)
}

// offerFits says whether a help offer is about what was asked for, and reaches the place: online help reaches every one.
func offerFits(h engagement.HelpOffer, area, activity engagement.Code, near geo.Point) bool {
	return (area == "" || slices.Contains(h.Areas, area)) && (activity == "" || slices.Contains(h.Activities, activity)) &&
		(near == geo.Point{} || !h.Place.Known() || geo.Distance(near, h.Place.Point) <= h.RadiusKM+radiusTown)
}

func helpOfferItems(tx *store.Tx, r *Request, all []engagement.HelpOffer) ([]HelpOfferItem, error) {
	ids := make([]engagement.ID, len(all))
	for i, h := range all {
		ids[i] = h.Organization
	}
	orgs, err := tx.OrganizationsByID(ids)
	items := make([]HelpOfferItem, len(all))
	for i, h := range all {
		items[i] = r.helpOfferItem(h, orgs[h.Organization])
	}
	return items, err
}

func (r *Request) helpOfferItem(h engagement.HelpOffer, org engagement.Organization) HelpOfferItem {
	item := HelpOfferItem{
		Path: helpOfferPath(h), Title: h.Title, Line: shorten(h.Text, newsText), Lang: r.foreign(h.Lang), By: org.Name, Activities: h.Activities, Origin: h.Origin,
	}
	if h.Place.Known() {
		item.Place, item.KM = h.Place.Public().Locality, int(h.RadiusKM)
	}
	if h.Mode == "online" || h.Mode == "zuhause" || h.Mode == "hybrid" {
		item.Online = h.Mode
	}
	return item
}

// seeHelpOffer reads the help offer of the path. What the viewer may not see is not found; what was public and is over for good is gone.
func seeHelpOffer(tx *store.Tx, r *Request) (h engagement.HelpOffer, org engagement.Organization, err error) {
	if h, err = tx.HelpOfferByCode(r.Var("id")); err != nil {
		return h, org, goneOr(tx, r.Var("id"), err)
	}
	if org, err = tx.Organization(h.Organization); err != nil {
		return h, org, err
	}
	switch {
	case engagement.Can(r.Actor(), engagement.Read, h.Thing()) && (org.State == engagement.OrganizationActive || r.Actor().Of(org.ID)):
		return h, org, nil
	case slices.Contains(goneStates, h.State) && !h.Published.IsZero():
		return h, org, engagement.ErrGone
	}
	return h, org, engagement.ErrNotFound
}

func (s *Server) helpOffer(w *Response, r *Request) error {
	var h engagement.HelpOffer
	var org engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		h, org, err = seeHelpOffer(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	if moved, err := r.rightPath(w, helpOfferPath(h)); moved {
		return err
	}
	page := &HelpOfferPage{
		Page: Page{Title: h.Title}, Item: r.helpOfferItem(h, org), Kind: h.Kind, Person: h.Account != "" || !h.Local() && org.Kind == "volunteer-center",
		Organization: Link{Path: organizationPage(org), Text: org.Name}, Text: paragraphs(h.Text), Facts: r.format().offerFacts(h), Expires: h.Expires,
		Report: reportPath(h.Code),
	}
	page.Crumbs = []Link{{Path: "/ich-biete", Words: say("offer.title")}}
	page.Canonical, page.NoIndex = h.URL, h.Visibility != "offen" || !h.Live()
	switch {
	case !h.Live():
		page.State = say("offer.state.check")
	case !h.Open(r.Now):
		page.State = say("offer.state.over")
	default:
		page.Answer = "/ich-biete/" + h.Code + "/anfragen"
	}
	if h.Visibility == "offen" && h.Local() && h.Live() && org.State == engagement.OrganizationActive {
		page.WireID = s.wireID(store.NounHelpOffer, h.ID)
		if h.Open(r.Now) {
			page.Linked = "/ich-biete/" + h.Code + linkedSuffix
		}
	}
	return w.Page(page)
}

// offerFacts are "Auf einen Blick". What nobody said is left out.
func (f format) offerFacts(h engagement.HelpOffer) []Fact {
	var facts []Fact
	add := func(key string, values ...string) {
		if values = slices.DeleteFunc(values, func(v string) bool { return v == "" }); len(values) > 0 {
			facts = append(facts, Fact{Key: key, Values: values})
		}
	}
	add("opp.when", f.when(engagement.Opportunity{Grid: h.Grid})...)
	where, mode := "", ""
	if h.Place.Known() {
		where = f.t("offer.around", "x", h.Place.Public().Locality, "n", int(h.RadiusKM))
	}
	if h.Mode != "" {
		mode = f.code("mode", h.Mode)
	}
	add("opp.where", where, mode)
	add("offer.activity", f.labels("activity", h.Activities)...)
	add("offer.skills", f.labels("skill", h.Skills)...)
	add("opp.languages", f.labels("language", h.Languages)...)
	if h.Quantity > 1 {
		add("offer.quantity", strconv.Itoa(h.Quantity))
	}
	add("offer.thanks", f.t("offer.thanks.text"))
	return facts
}

// helpAnswerPage is where an organization asks for the help. Without an organization it says how to get one.
type helpAnswerPage struct {
	Page
	Item HelpOfferItem
	Form *Form // nil: the person is in no organization
}

func (s *Server) answerHelpOffer(w *Response, r *Request) error {
	var h engagement.HelpOffer
	var org engagement.Organization
	var mine []engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if h, org, err = seeHelpOffer(tx, r); err != nil {
			return err
		}
		mine, err = tx.OrganizationsOf(r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	p := &helpAnswerPage{Page: r.Page("offer.answer.title"), Item: r.helpOfferItem(h, org)}
	mine = slices.DeleteFunc(mine, func(o engagement.Organization) bool {
		return o.State != engagement.OrganizationActive || o.ID == h.Organization
	})
	if len(mine) == 0 {
		return w.Page(p)
	}
	who := Field{Name: "organization", Kind: Radio, Label: "offer.answer.who", Need: "error.choice.empty"}
	for _, o := range mine {
		who.Options = append(who.Options, Option{Value: o.Code, Text: o.Name})
	}
	f := r.Form([]Field{who, {Name: "text", Kind: Area, Label: "offer.answer.text", Hint: "offer.answer.text.hint", Need: "error.text.empty", Max: engagement.RequestTextLimit, Rows: 6}})
	if len(mine) == 1 {
		f.Set("organization", mine[0].Code)
	}
	p.Form = f
	if f.OK() {
		asks := mine[slices.IndexFunc(mine, func(o engagement.Organization) bool { return o.Code == f.Text("organization") })]
		var m engagement.MatchRequest
		err := r.update(func(tx *store.Tx) (err error) {
			m, err = engagement.AnswerHelpOffer(tx, r.Actor(), asks.ID, h.ID, f.Text("text"))
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther("/meine/organisationen/" + asks.Code + "/anfragen/" + string(m.ID))
		case errors.Is(err, engagement.ErrGone):
			f.Bad("", "offer.state.over")
		case errors.Is(err, engagement.ErrConflict):
			f.Bad("", "error.request.open")
		case errors.Is(err, engagement.ErrTooMany):
			f.Bad("", "error.request.many")
		case errors.Is(err, engagement.ErrForbidden):
			f.Bad("", "error.request.partner", "host", h.Origin)
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(p)
}

// ---- what a person offers ----

// helpOfferFormPage asks about a help offer, of a person or of an organization.
type helpOfferFormPage struct {
	Page
	Back   string
	Lead   Words
	Reason string // what the moderator wrote
	Form   *Form  // nil: there is no volunteer center here
	Week   *week
	Button string
}

// Before are the fields before the table of the week.
func (p *helpOfferFormPage) Before() []*FieldView { return aroundWeek(p.Form, false) }

// After are the fields behind it.
func (p *helpOfferFormPage) After() []*FieldView { return aroundWeek(p.Form, true) }

// helpOfferFields are the questions. A person is asked for the age once, and which center publishes it if there are several; an
// organization for the kind of help and how many people help.
func helpOfferFields(team, fresh bool, centers []engagement.Organization) []Field {
	fields := []Field{
		{Name: "title", Label: "offer.f.title", Hint: "offer.f.title.hint", Need: "error.text.empty", Max: 80},
		{Name: "text", Kind: Area, Label: "offer.f.text", Hint: "offer.f.text.hint", Need: "error.text.empty", Max: engagement.HelpOfferTextLimit, Rows: 6},
	}
	if team {
		fields[1].Hint = ""
		fields = append(fields,
			Field{Name: "kind", Kind: Select, Label: "offer.f.kind", Need: "error.choice.empty", Options: vocabularyOptions(engagement.HelpOfferKinds)},
			Field{Name: "quantity", Kind: Number, Label: "offer.quantity"})
	}
	fields = append(fields,
		Field{Name: "areas", Kind: Boxes, Label: "offer.f.areas", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Areas)},
		Field{Name: "activities", Kind: Boxes, Label: "offer.f.activities", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Activities)},
		Field{Name: "skills", Kind: Boxes, Label: "offer.skills", Options: groupedOptions(engagement.Skills, engagement.SkillGroups)},
		Field{Name: "languages", Kind: Boxes, Label: "offer.f.languages", Options: folded(vocabularyOptions(engagement.Languages))},
		Field{Name: "slots", As: "grid", Kind: Boxes, Label: "offer.f.slots", Hint: "offer.f.slots.hint", Options: slotOptions()},
		Field{Name: "mode", Kind: Radio, Label: "offer.f.mode", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Modes)},
		Field{Name: "place", Label: "search.place", Hint: "offer.f.place.hint", Max: 100},
		Field{Name: "radius", Kind: Number, Label: "offer.f.radius"})
	if fresh {
		fields = append(fields, Field{Name: "visibility", Kind: Radio, Label: "offer.f.visibility", Need: "error.choice.empty", Options: []Option{
			{Value: "offen", Key: "offer.visibility.open"}, {Value: "verbund", Key: "offer.visibility.partners"},
		}})
	}
	if !team && fresh {
		if len(centers) > 1 {
			center := Field{Name: "center", Kind: Radio, Label: "offer.f.center", Need: "error.choice.empty"}
			for _, o := range centers {
				center.Options = append(center.Options, Option{Value: o.Code, Text: o.Name})
			}
			fields = append(fields, center)
		}
		fields = append(fields, Field{Name: "age", Kind: Radio, Label: "help.age", Hint: "offer.f.age.hint", Need: "error.choice.empty", Options: vocabularyOptions(engagement.RequestAges)})
	}
	return append(fields, Field{Name: "version", Kind: Hidden})
}

// helpOfferOf reads the form onto a help offer.
func (s *Server) helpOfferOf(f *Form, h engagement.HelpOffer, lang Lang) engagement.HelpOffer {
	h.Title, h.Text, h.Kind = f.Text("title"), f.Text("text"), engagement.Code(f.Text("kind"))
	h.Areas, h.Activities, h.Skills, h.Languages = codesOf(f, "areas"), codesOf(f, "activities"), codesOf(f, "skills"), codesOf(f, "languages")
	h.Grid, _ = engagement.ParseGrid(codesOf(f, "slots")) // the form knows only these codes
	h.Mode, h.RadiusKM, h.Quantity, h.Version = engagement.Code(f.Text("mode")), float64(f.Int("radius")), f.Int("quantity"), f.Int("version")
	if v := engagement.Code(f.Text("visibility")); v != "" {
		h.Visibility = v
	}
	if h.Lang == "" {
		h.Lang = map[bool]engagement.Lang{true: "en", false: "de"}[lang == English]
	}
	switch text := f.Text("place"); {
	case text == "":
		h.Place = engagement.Place{}
	case text != h.Place.Locality:
		h.Place, _ = s.placeOf(f, "place")
	}
	return h
}

func fillHelpOffer(f *Form, h engagement.HelpOffer) {
	for name, values := range map[string][]string{
		"title": {h.Title}, "text": {h.Text}, "kind": {string(h.Kind)}, "quantity": {countText(h.Quantity)}, "areas": texts(h.Areas), "activities": texts(h.Activities),
		"skills": texts(h.Skills), "languages": texts(h.Languages), "slots": texts(h.Grid.Codes()), "mode": {string(h.Mode)}, "place": {h.Place.Locality},
		"radius": {countText(int(h.RadiusKM))}, "visibility": {string(h.Visibility)}, "version": {strconv.Itoa(h.Version)},
	} {
		if f.field(name) != nil {
			f.Set(name, values...)
		}
	}
}

func (s *Server) newHelpOffer(w *Response, r *Request) error {
	var centers []engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		centers, err = volunteerCenters(tx)
		return err
	})
	if err != nil {
		return err
	}
	p := &helpOfferFormPage{Page: r.Page("offer.new"), Back: "/ich-biete", Lead: say("offer.new.lead"), Button: "offer.new.button"}
	if len(centers) == 0 {
		p.Lead = say("offer.new.none")
		return w.Page(p)
	}
	f := r.Form(helpOfferFields(false, true, centers))
	fillHelpOffer(f, engagement.HelpOffer{RadiusKM: radiusTown, Visibility: "offen"})
	var h engagement.HelpOffer
	if f.OK() {
		h = s.helpOfferOf(f, engagement.HelpOffer{}, r.Language.Lang)
		h.Organization = centers[0].ID
		if i := slices.IndexFunc(centers, func(o engagement.Organization) bool { return o.Code == f.Text("center") }); i >= 0 {
			h.Organization = centers[i].ID
		}
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.OfferHelp(tx, r.Actor(), h, engagement.Code(f.Text("age")))
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther("/meine/ich-biete")
		case errors.Is(err, engagement.ErrTooMany):
			f.Bad("", "error.offer.many")
		case !f.Refused(err):
			return err
		}
	}
	p.Form, p.Week = f, weekOf(f)
	return w.Page(p)
}

// volunteerCenters are the organizations here that publish what volunteers offer.
func volunteerCenters(tx *store.Tx) ([]engagement.Organization, error) {
	all, err := tx.OrganizationsByState(engagement.OrganizationActive, 1000)
	all = slices.DeleteFunc(all, func(o engagement.Organization) bool { return !o.PublishesForOthers() })
	slices.SortFunc(all, func(a, b engagement.Organization) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// ownHelpPage is what a person offers.
type ownHelpPage struct {
	Page
	Rows []ownHelpRow
}

type ownHelpRow struct {
	engagement.HelpOffer
	Link    string // public page; empty: there is none
	Edit    string
	Actions []Action
}

func (s *Server) ownHelp(w *Response, r *Request) error {
	p := &ownHelpPage{Page: r.Page("offer.mine")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.HelpOffersOfAccount(r.Session.Account.ID)
		for _, h := range all {
			p.Rows = append(p.Rows, r.ownHelpRow(h, "/meine/ich-biete/"+h.Code))
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// ownHelpRow is a help offer with what can be done with it, under the given path.
func (r *Request) ownHelpRow(h engagement.HelpOffer, path string) ownHelpRow {
	row := ownHelpRow{HelpOffer: h}
	if h.Live() {
		row.Link = helpOfferPath(h)
		row.Actions = append(row.Actions, r.Action(path+"/verlaengern", "offer.extend"))
	}
	switch h.State {
	case engagement.Published, engagement.Submitted, engagement.NeedsChanges:
		row.Edit = path
	}
	switch h.State {
	case engagement.Published, engagement.Submitted, engagement.NeedsChanges, engagement.Expired, engagement.Hidden:
		a := r.Action(path+"/beenden", "offer.close")
		a.Sure = "offer.close.sure"
		row.Actions = append(row.Actions, a)
	}
	return row
}

// ownHelpOffer is the help offer of the path, if it is of whoever asks.
func ownHelpOffer(tx *store.Tx, r *Request) (engagement.HelpOffer, error) {
	h, err := tx.HelpOfferByCode(r.Var("id"))
	if err == nil && h.Account != r.Session.Account.ID {
		return h, engagement.ErrNotFound
	}
	return h, err
}

func (s *Server) editHelpOffer(w *Response, r *Request) error {
	var h engagement.HelpOffer
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		h, err = ownHelpOffer(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	p := &helpOfferFormPage{Page: r.Page("offer.edit"), Back: "/meine/ich-biete", Lead: say("offer.edit.lead"), Reason: h.ReasonText, Button: "button.save"}
	return s.changeHelpOffer(w, r, p, h, false)
}

// changeHelpOffer shows the form of a help offer and stores what was changed.
func (s *Server) changeHelpOffer(w *Response, r *Request, p *helpOfferFormPage, h engagement.HelpOffer, team bool) error {
	f := r.Form(helpOfferFields(team, false, nil))
	fillHelpOffer(f, h)
	p.Form = f
	if f.OK() {
		changed := s.helpOfferOf(f, h, r.Language.Lang)
		if !team {
			changed.Kind, changed.Quantity = h.Kind, h.Quantity
		}
		if f.OK() {
			err := r.update(func(tx *store.Tx) error {
				_, err := engagement.EditHelpOffer(tx, r.Actor(), changed)
				return err
			})
			switch {
			case err == nil:
				return w.SeeOther(p.Back)
			case errors.Is(err, engagement.ErrStale):
				f.Conflict(h.Version, map[string]string{"title": h.Title, "text": h.Text})
			case !f.Refused(err):
				return err
			}
		}
	}
	p.Week = weekOf(f)
	return w.Page(p)
}

// helpOfferActs are what who offers can do with one press, by the last part of the path.
var helpOfferActs = map[string]func(engagement.Tx, engagement.Actor, engagement.ID) (engagement.HelpOffer, error){
	"verlaengern": engagement.ExtendHelpOffer,
	"beenden":     engagement.CloseHelpOffer,
}

func (s *Server) moveOwnHelp(w *Response, r *Request) error {
	act := helpOfferActs[r.Var("act")]
	if act == nil {
		return engagement.ErrNotFound
	}
	return r.updateThen(w, "/meine/ich-biete", func(tx *store.Tx) error {
		h, err := ownHelpOffer(tx, r)
		if err != nil {
			return err
		}
		_, err = act(tx, r.Actor(), h.ID)
		return err
	})
}

// offerTitle is the title of a help offer for lists of requests.
func offerTitle(tx *store.Tx, m engagement.MatchRequest) string {
	h, err := tx.HelpOffer(m.HelpOffer)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(h.Title)
}
