package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"

	"seestern/engagement"
	"seestern/store"
)

// setupArea is the first run: six pages that do not depend on each other, a page that shows what was said, and a button that opens the
// instance. The key that the program prints opens them until the first account is made; from then on they are the admins'.
var setupArea = area{
	name:  "wizard",
	pages: map[string]any{"wizard": setupPage{}, "wizard-step": setupStepPage{}, "wizard-check": setupCheckPage{}},
	routes: []route{
		{path: setupPath, get: (*Server).setup, token: true},
		{path: setupPath + "/1", get: setupStep(0), post: setupStep(0), token: true},
		{path: setupPath + "/2", get: setupStep(1), post: setupStep(1), token: true, limit: signIns},
		{path: setupPath + "/3", get: setupStep(2), post: setupStep(2), token: true},
		{path: setupPath + "/4", get: setupStep(3), post: setupStep(3), token: true},
		{path: setupPath + "/5", get: setupStep(4), post: setupStep(4), token: true},
		{path: setupPath + "/6", get: setupStep(5), post: setupStep(5), token: true, upload: logoBytes},
		{path: setupPath + "/6/speichern", post: (*Server).setupLook, token: true},
		{path: setupPath + "/pruefen", get: (*Server).setupCheck, post: (*Server).setupCheck, token: true},
	},
}

const setupPath = "/einrichten"

// founder is who sets the instance up.
type founder struct {
	*Request
	key string // empty: an admin
}

// founder finds out who sets the instance up. For everybody else these pages do not exist.
func (s *Server) founder(r *Request) (by founder, err error) {
	by = founder{r, ""}
	if r.Actor().Has(engagement.Admin) {
		return by, nil
	}
	if by.key = r.URL.Query().Get(setupKey); r.Method == "POST" {
		by.key = r.PostForm.Get(setupKey)
	}
	if by.key == "" {
		return by, engagement.ErrNotFound
	}
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		_, err := by.actor(tx)
		return err
	})
	return by, err
}

const setupKey = "schluessel"

func (by founder) actor(tx *store.Tx) (engagement.Actor, error) {
	if by.key == "" {
		return by.Actor(), nil
	}
	return engagement.SetUpActor(tx, by.key)
}

// change does something as the founder.
func (by founder) change(do func(tx *store.Tx, actor engagement.Actor) error) error {
	return by.update(func(tx *store.Tx) error {
		actor, err := by.actor(tx)
		if err != nil {
			return err
		}
		return do(tx, actor)
	})
}

// edit changes the settings.
func (by founder) edit(change func(*engagement.Instance)) error {
	return by.change(func(tx *store.Tx, actor engagement.Actor) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		change(&i)
		return engagement.EditInstance(tx, actor, i)
	})
}

// to is a path of the set-up that opens for the founder.
func (by founder) to(path string) string {
	if by.key == "" {
		return path
	}
	return path + "?" + url.Values{setupKey: {by.key}}.Encode()
}

// carry adds the field that lets a form in.
func (by founder) carry(fields ...Field) []Field {
	if by.key == "" {
		return fields
	}
	return append(fields, Field{Name: setupKey, Kind: Hidden, Max: 32})
}

// form is a form of the set-up.
func (by founder) form(fields ...Field) *Form {
	f := by.Form(by.carry(fields...))
	f.Set(setupKey, by.key)
	return f
}

// setupSteps are the pages of the set-up in order.
var setupSteps = []struct {
	name string // end of its locale keys
	show func(*Server, *Response, founder, *setupStepPage) error
	done func(engagement.Instance, int) bool // of the number of accounts
	need bool                                // the instance cannot begin without
}{
	{"place", (*Server).setupPlace, func(i engagement.Instance, _ int) bool { return i.Started() }, true},
	{"account", (*Server).setupAccount, func(_ engagement.Instance, accounts int) bool { return accounts > 0 }, true},
	{"mail", (*Server).setupMail, func(i engagement.Instance, _ int) bool { return i.Mail.Works() }, true},
	{"texts", (*Server).setupTexts, func(i engagement.Instance, _ int) bool { return len(i.MissingTexts()) == 0 && i.ContactMail != "" }, true},
	{"network", (*Server).setupNetwork, func(i engagement.Instance, _ int) bool { return i.Started() }, false},
	{"look", (*Server).setupTheme, func(i engagement.Instance, _ int) bool { return i.Theme != engagement.Theme{} }, false},
}

// setupTask is a page of the set-up in the list.
type setupTask struct {
	Name, Path string
	Done, Need bool
}

type setupPage struct {
	Page
	Tasks []setupTask
	Check string // path of the last page
}

type setupStepPage struct {
	Page
	Step, Steps int
	Lead        string // locale key
	Back        string
	Form        *Form
	Button      string // locale key
	Map         MapView
	Mail        *postState
	Done        Words // instead of the form: nothing is to do
}

type setupCheckPage struct {
	Page
	Tasks   []setupTask
	Answers []Answer
	Missing []setupTask
	Back    string
	Form    *Form // nil: something is missing
}

// setupTasks are all pages with their state.
func (s *Server) setupTasks(by founder) (tasks []setupTask, err error) {
	accounts := 0
	err = s.store.View(by.Context(), func(tx *store.Tx) (err error) {
		accounts, err = tx.CountAccounts()
		return err
	})
	for n, step := range setupSteps {
		tasks = append(tasks, setupTask{step.name, by.to(setupPath + "/" + strconv.Itoa(n+1)), step.done(*s.instance.Load(), accounts), step.need})
	}
	return tasks, err
}

func (s *Server) setup(w *Response, r *Request) error {
	by, err := s.founder(r)
	if err != nil {
		return err
	}
	p := &setupPage{Page: r.Page("setup.title"), Check: by.to(setupPath + "/pruefen")}
	if p.Tasks, err = s.setupTasks(by); err != nil {
		return err
	}
	return w.Page(p)
}

// setupStep is a page of the set-up, counted from 0.
func setupStep(n int) handler {
	return func(s *Server, w *Response, r *Request) error {
		by, err := s.founder(r)
		if err != nil {
			return err
		}
		step := setupSteps[n]
		p := &setupStepPage{Page: r.Page("setup.step." + step.name), Step: n + 1, Steps: len(setupSteps), Lead: "setup.lead." + step.name, Back: by.to(setupPath), Button: "button.save"}
		return step.show(s, w, by, p)
	}
}

// settled leads back to the list after a change, or shows the form with what the rules found.
func (p *setupStepPage) settled(w *Response, by founder, err error) error {
	if err == nil {
		return w.SeeOther(by.to(setupPath))
	}
	if !p.Form.Refused(err) {
		return err
	}
	return w.Page(p)
}

// setupPlace asks for name, region and languages.
func (s *Server) setupPlace(w *Response, by founder, p *setupStepPage) error {
	i := *s.instance.Load()
	p.Form = by.form(
		Field{Name: "name", Label: "admin.name", Hint: "admin.name.hint", Need: "error.text.empty", Max: 100},
		Field{Name: "kind", Kind: Radio, Label: "admin.kind", Need: "error.choice.empty", Options: vocabularyOptions(engagement.InstanceKinds)},
		Field{Name: "place", Label: "admin.place", Hint: "admin.place.hint", Need: "error.place.empty", Max: 100},
		Field{Name: "radius", Kind: Number, Label: "admin.radius", Need: "error.number.shape"},
		languagesField,
	)
	p.Map = s.mapOfRegion(i)
	f := p.Form
	for name, value := range map[string]string{"name": i.Name, "kind": string(i.Kind), "place": i.Place, "radius": countText(int(i.RadiusKM))} {
		f.Set(name, value)
	}
	f.Set("languages", spoken(i)...)
	var region engagement.Instance
	if f.OK() {
		region = s.regionAround(f, i)
	}
	if !f.OK() {
		return w.Page(p)
	}
	return p.settled(w, by, by.edit(func(i *engagement.Instance) {
		i.Name, i.Kind = f.Text("name"), engagement.Code(f.Text("kind"))
		i.Place, i.Center, i.Regions, i.Land, i.RadiusKM = region.Place, region.Center, region.Regions, region.Land, float64(f.Int("radius"))
		i.Languages = languagesOf(f)
	}))
}

// setupAccount makes the first account, which is signed in then.
func (s *Server) setupAccount(w *Response, by founder, p *setupStepPage) error {
	if by.key == "" {
		p.Done = say("setup.account.done", "x", by.Session.Account.Name)
		return w.Page(p)
	}
	p.Form = by.form(
		Field{Name: "person", Label: "account.name", Need: "error.name.empty", Auto: "name", Max: 100},
		emailField,
		Field{Name: "passwort", As: "password", Kind: Password, Label: "account.password.new", Hint: "setup.password.hint", Auto: "new-password", Need: "error.password.empty", Max: 1024},
	)
	f := p.Form
	if f.OK() {
		checkPassword(f, "passwort", true, f.Text("person"), s.instance.Load().Name)
	}
	if !f.OK() {
		return w.Page(p)
	}
	hash, err := HashPassword(by.Context(), f.Text("passwort"))
	if err != nil {
		return err
	}
	var a engagement.Account
	err = by.update(func(tx *store.Tx) (err error) {
		a, err = engagement.FirstAccount(tx, by.key, f.Text("person"), f.Text("email"), hash, by.Language.Lang)
		return err
	})
	if err == nil {
		if err := s.begin(w, by.Request, a, false); err != nil {
			return err
		}
		by.key = ""
	}
	return p.settled(w, by, err)
}

// setupMail sends a test mail.
func (s *Server) setupMail(w *Response, by founder, p *setupStepPage) error {
	view, err := s.postState(by.Request)
	if err != nil {
		return err
	}
	p.Mail, p.Button = &view, "mailcheck.button"
	if s.options.Mail.Post == nil {
		p.Done = say("mailcheck.none")
		return w.Page(p)
	}
	p.Form = by.form(emailField)
	if by.Session != nil {
		p.Form.Set("email", by.Session.Account.Email)
	}
	if !p.Form.OK() {
		return w.Page(p)
	}
	if err := s.testMail(by.Request, p.Form.Text("email"), by.change); err != nil {
		return err
	}
	return w.SeeOther(by.to(setupPath + "/3")) // where the result stands
}

// setupTexts asks for the contact and the legal texts. Gaps may stay for later.
func (s *Server) setupTexts(w *Response, by founder, p *setupStepPage) error {
	i := *s.instance.Load()
	fields := []Field{
		{Name: "operator", Label: "admin.operator", Max: 200, Auto: "organization"},
		{Name: "contact_name", Label: "admin.contact.name", Hint: "setup.contact.hint", Max: 100},
		{Name: "contact_mail", Kind: Email, Label: "admin.contact.mail", Need: "error.text.empty"},
		{Name: "contact_phone", Kind: Tel, Label: "admin.contact.phone", Max: 50},
	}
	p.Form = by.form(append(fields, legalFields()...)...)
	f := p.Form
	for name, value := range map[string]string{"operator": i.Operator, "contact_name": i.ContactName, "contact_mail": i.ContactMail, "contact_phone": i.ContactPhone} {
		f.Set(name, value)
	}
	s.setLegal(f, i)
	if !f.OK() {
		return w.Page(p)
	}
	return p.settled(w, by, by.edit(func(i *engagement.Instance) {
		i.Operator, i.ContactName, i.ContactMail, i.ContactPhone = f.Text("operator"), f.Text("contact_name"), f.Text("contact_mail"), f.Text("contact_phone")
		i.Texts = maps.Clone(i.Texts)
		takeLegal(f, i)
	}))
}

// setupNetwork asks how open the instance is to others.
func (s *Server) setupNetwork(w *Response, by founder, p *setupStepPage) error {
	p.Form = by.form(modeField)
	p.Form.Set("mode", string(s.instance.Load().Mode))
	if !p.Form.OK() {
		return w.Page(p)
	}
	return p.settled(w, by, by.edit(func(i *engagement.Instance) { i.Mode = engagement.Code(p.Form.Text("mode")) }))
}

// modeField is the network mode, each with what it means.
var modeField = Field{Name: "mode", Kind: Radio, Label: "admin.mode", Need: "error.choice.empty", Options: modeOptions()}

func modeOptions() []Option {
	options := vocabularyOptions(engagement.FederationModes)
	for n := range options {
		options[n].Hint = "setup.mode." + options[n].Value
	}
	return options
}

// setupTheme asks for the look.
func (s *Server) setupTheme(w *Response, by founder, _ *setupStepPage) error {
	return s.chooseTheme(w, looking{by, setupPath + "/6", setupPath})
}

func (s *Server) setupLook(w *Response, r *Request) error {
	by, err := s.founder(r)
	if err != nil {
		return err
	}
	return s.storeTheme(w, looking{by, setupPath + "/6", setupPath})
}

// setupCheck shows what was said, names what is missing, and opens the instance.
func (s *Server) setupCheck(w *Response, r *Request) error {
	by, err := s.founder(r)
	if err != nil {
		return err
	}
	p := &setupCheckPage{Page: r.Page("setup.check"), Back: by.to(setupPath)}
	if p.Tasks, err = s.setupTasks(by); err != nil {
		return err
	}
	p.Missing = slices.DeleteFunc(slices.Clone(p.Tasks), func(t setupTask) bool { return t.Done || !t.Need })
	p.Answers = s.setupAnswers(r)
	if len(p.Missing) > 0 || by.key != "" {
		return w.Page(p)
	}
	p.Form = by.form()
	if p.Form.OK() {
		err := by.change(func(tx *store.Tx, actor engagement.Actor) error { return engagement.Launch(tx, actor) })
		if err == nil {
			return w.SeeOther("/")
		}
		if !p.Form.Refused(err) {
			return err
		}
	}
	return w.Page(p)
}

// setupAnswers are the settings in short.
func (s *Server) setupAnswers(r *Request) []Answer {
	i := s.instance.Load()
	f := format{words: s.words, lang: r.Language.Lang, zone: s.zone}
	languages := []string{}
	for _, l := range s.languages() {
		languages = append(languages, s.words.T(l.Lang, "lang.name", nil))
	}
	answers := []Answer{
		{Key: "admin.name", Values: []string{i.Name}},
		{Key: "admin.place", Values: []string{i.Place}},
		{Key: "setup.languages", Values: languages},
		{Key: "admin.contact.mail", Values: []string{i.ContactMail}},
		{Key: "admin.mode", Values: []string{f.code("federation_mode", i.Mode)}},
	}
	return answers
}

// ---- languages of an instance ----

var languagesField = Field{Name: "languages", Kind: Boxes, Label: "setup.languages", Hint: "setup.languages.hint", Options: languageOptions()}

func languageOptions() (options []Option) {
	for _, l := range Languages[1:] {
		options = append(options, Option{Value: string(l.Lang), Key: "setup.language." + string(l.Lang)})
	}
	return options
}

// spoken are the languages of an instance beside German.
func spoken(i engagement.Instance) (languages []string) {
	for _, l := range Languages[1:] {
		if i.Speaks(l.Lang) {
			languages = append(languages, string(l.Lang))
		}
	}
	return languages
}

// languagesOf are those that were chosen; nil: all, also those that a later version brings.
func languagesOf(f *Form) []engagement.Lang {
	chosen := []engagement.Lang{}
	for _, l := range f.Texts("languages") {
		chosen = append(chosen, engagement.Lang(l))
	}
	if len(chosen) == len(Languages)-1 {
		return nil
	}
	return chosen
}

// languages are those in which this instance has pages.
func (s *Server) languages() []Language {
	return slices.DeleteFunc(slices.Clone(Languages), func(l Language) bool { return !s.instance.Load().Speaks(l.Lang) })
}

// spokenOr is the language, or German if this instance does not have it.
func spokenOr(i engagement.Instance, l Lang) Lang {
	if i.Speaks(l) {
		return l
	}
	return German
}
