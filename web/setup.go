package web

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// adminArea is the administration: settings, texts, people, network, deliveries.
var adminArea = area{
	name: "admin",
	pages: map[string]any{
		"admin-home":     adminHomePage{},
		"admin-form":     adminFormPage{},
		"admin-network":  networkPage{},
		"admin-partner":  partnerPage{},
		"admin-delivery": deliveryPage{},
		"admin-people":   peoplePage{},

		"admin-hosts":     hostsPage{},
		"admin-host":      hostPage{},
		"admin-blocklist": blockListPage{},
		"admin-activity":  activityPage{},
	},
	routes: []route{
		{path: "/verwaltung", get: (*Server).adminHome, who: role(engagement.Admin)},
		{path: "/verwaltung/allgemein", get: (*Server).settings, post: (*Server).settings, who: role(engagement.Admin)},
		{path: "/verwaltung/vorschlaege", get: (*Server).sortingSettings, post: (*Server).sortingSettings, who: role(engagement.Admin)},
		{path: "/verwaltung/texte", get: (*Server).legalTexts, post: (*Server).legalTexts, who: role(engagement.Admin)},
		{path: "/verwaltung/netzwerk", get: (*Server).network, post: (*Server).network, who: role(engagement.Admin), fresh: true},
		{path: "/verwaltung/netzwerk/notbremse", post: (*Server).freeze, who: role(engagement.Admin)},
		{path: "/verwaltung/netzwerk/schluessel", post: (*Server).renewKeys, who: role(engagement.Admin), fresh: true},
		{path: "/verwaltung/netzwerk/server", get: (*Server).hosts, who: role(engagement.Admin)},
		{path: "/verwaltung/netzwerk/server/{host}", get: (*Server).host, post: (*Server).host, who: role(engagement.Admin), fresh: true},
		{path: "/verwaltung/netzwerk/server/{host}/{act}", post: (*Server).moveHost, who: role(engagement.Admin), fresh: true},
		{path: "/verwaltung/netzwerk/sperrliste", get: (*Server).blockList, post: (*Server).blockList, who: role(engagement.Admin), fresh: true},
		{path: "/verwaltung/netzwerk/sperrliste.csv", get: (*Server).blockListFile, who: role(engagement.Admin)},
		{path: "/verwaltung/netzwerk/{host}", get: (*Server).partner, post: (*Server).partner, who: role(engagement.Admin), fresh: true},
		{path: "/verwaltung/netzwerk/{host}/{act}", post: (*Server).movePartner, who: role(engagement.Admin), fresh: true},
		{path: "/verwaltung/zustellung", get: (*Server).deliveries, who: role(engagement.Admin)},
		{path: "/verwaltung/zustellung/wiederholen", post: (*Server).retryDeliveries, who: role(engagement.Admin)},
		{path: "/verwaltung/zustellung/aktivitaet", get: (*Server).activity, who: role(engagement.Admin)},
		{path: "/verwaltung/personen", get: (*Server).people, post: (*Server).people, who: role(engagement.Admin), fresh: true},
	},
}

type adminHomePage struct {
	Page
	Todo       []Link // what is missing before visitors see content
	Statistics store.Statistics
	Asked      int // partners that wait for an answer
}

func (s *Server) adminHome(w *Response, r *Request) error {
	p := &adminHomePage{Page: r.Page("admin.title")}
	i := s.instance.Load()
	for _, t := range []struct {
		missing   bool
		path, key string
	}{
		{i.ContactMail == "", "/verwaltung/allgemein", "admin.todo.contact"},
		{!i.Written("impressum"), "/verwaltung/texte", "admin.todo.imprint"},
		{!i.Written("datenschutz"), "/verwaltung/texte", "admin.todo.privacy"},
		{!i.Written("barrierefreiheit"), "/verwaltung/texte", "admin.todo.access"},
		{!i.Mail.Works(), mailCheckPath, "admin.todo.mail"},
		{!i.Public, setupPath, "admin.todo.public"},
		{CheckAssets() != nil, "/verwaltung", "admin.todo.assets"},
	} {
		if t.missing {
			p.Todo = append(p.Todo, Link{Path: t.path, Words: say(t.key)})
		}
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if p.Statistics, err = tx.Statistics(); err != nil {
			return err
		}
		moderators, err := tx.AccountsWithRole(engagement.Moderator)
		if err != nil {
			return err
		}
		if len(moderators) < fewModerators {
			p.Todo = append(p.Todo, Link{Path: "/verwaltung/personen", Words: say("admin.todo.moderators", "n", fewModerators)})
		}
		if !r.Actor().Has(engagement.Moderator) { // who finds them in the queue
			cases, err := adviceInPlace(tx, r)
			if err != nil {
				return err
			}
			for _, c := range cases {
				p.Todo = append(p.Todo, Link{Path: c.At, Words: say("admin.todo.advice", "x", cmp.Or(c.Title, c.Case.Number))})
			}
		}
		barriers, err := tx.OpenBarriers(barriersShown)
		if err != nil {
			return err
		}
		if len(barriers) > 0 {
			due, err := format{words: s.words, lang: r.Language.Lang, zone: s.zone}.dayShort(barriers[0].Due())
			if err != nil {
				return err
			}
			p.Todo = append(p.Todo, Link{Path: barrierDesk, Words: say("admin.todo.barriers", "n", len(barriers), "x", due)})
		}
		partners, err := tx.Partners()
		for _, q := range partners {
			if q.Follower != "" && !q.Following && q.State != engagement.PartnerEnded {
				p.Asked++
			}
			if len(q.Suspects) > 0 {
				p.Todo = append(p.Todo, Link{Path: "/verwaltung/netzwerk/" + q.Host, Words: say("admin.todo.keys", "x", q.Host)})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// fewModerators: an objection goes to another moderator than who decided.
const fewModerators = 2

type adminFormPage struct {
	Page
	Lead Words
	Form *Form
}

// settings are name, contact, languages and visibility of the instance.
func (s *Server) settings(w *Response, r *Request) error {
	i := *s.instance.Load()
	f := r.Form([]Field{
		{Name: "name", Label: "admin.name", Hint: "admin.name.hint", Need: "error.text.empty", Max: 100},
		{Name: "summary", Label: "admin.summary", Max: 300},
		{Name: "operator", Label: "admin.operator", Max: 200, Auto: "organization"},
		{Name: "kind", Kind: Radio, Label: "admin.kind", Need: "error.choice.empty", Options: vocabularyOptions(engagement.InstanceKinds)},
		{Name: "contact_name", Label: "admin.contact.name", Max: 100},
		{Name: "contact_mail", Kind: Email, Label: "admin.contact.mail"},
		{Name: "contact_phone", Kind: Tel, Label: "admin.contact.phone", Max: 50},
		{Name: "answer_days", Kind: Number, Label: "admin.days", Hint: "admin.days.hint"},
		{Name: "stranger_mail", Kind: Number, Label: "admin.mails", Hint: "admin.mails.hint", Need: "error.number.shape"},
		modeField,
		languagesField,
		{Name: "public", Kind: Box, Label: "admin.public", Hint: "admin.public.hint"},
		{Name: "contributor", Label: "admin.contributor", Hint: "admin.contributor.hint", Max: 200},
		{Name: "embedders", Kind: Area, Label: "admin.embedders", Hint: "admin.embedders.hint", Max: 5000, Rows: 4},
		{Name: "version", Kind: Hidden},
	})
	for name, value := range map[string]string{
		"embedders": strings.Join(i.Embedders, "\n"), "contributor": i.Contributor,
		"name": i.Name, "summary": i.Summary, "operator": i.Operator, "kind": string(i.Kind), "contact_name": i.ContactName, "contact_mail": i.ContactMail, "contact_phone": i.ContactPhone, "answer_days": countText(i.AnswerDays), "stranger_mail": countText(i.MailLimit()),
		"mode": string(i.Mode), "public": tick(i.Public), "version": countText(i.Version),
	} {
		f.Set(name, value)
	}
	f.Set("languages", spoken(i)...)
	if f.OK() {
		i.Name, i.Summary, i.Operator, i.Kind = f.Text("name"), f.Text("summary"), f.Text("operator"), engagement.Code(f.Text("kind"))
		i.Languages = languagesOf(f)
		i.ContactName, i.ContactMail, i.ContactPhone = f.Text("contact_name"), f.Text("contact_mail"), f.Text("contact_phone")
		i.AnswerDays, i.Mode, i.Public, i.Version = f.Int("answer_days"), engagement.Code(f.Text("mode")), f.On("public"), f.Int("version")
		i.StrangerMail = f.Int("stranger_mail")
		i.Embedders, i.Contributor = originsOf(f.Text("embedders")), strings.TrimPrefix(f.Text("contributor"), contributors)
	}
	return s.saveInstance(w, r, f, i, &adminFormPage{Page: r.Page("admin.settings"), Form: f})
}

// originsOf are the addresses of web sites, one a line, as a person writes them.
func originsOf(text string) (origins []string) {
	for _, line := range strings.Fields(text) {
		if line = strings.ToLower(strings.TrimRight(line, "/")); line != "*" && !strings.Contains(line, "://") {
			line = "https://" + line
		}
		origins = append(origins, line)
	}
	return origins
}

// saveInstance stores the settings of an answered form, or shows the form.
func (s *Server) saveInstance(w *Response, r *Request, f *Form, i engagement.Instance, p pager) error {
	if f.OK() {
		err := r.update(func(tx *store.Tx) error { return engagement.EditInstance(tx, r.Actor(), i) })
		switch {
		case err == nil:
			return w.SeeOther("/verwaltung")
		case errors.Is(err, engagement.ErrStale):
			f.Conflict(s.instance.Load().Version, map[string]string{"name": s.instance.Load().Name})
		case missesTexts(err) && f.field("public") != nil:
			f.Bad("public", "error.public.texts")
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(p)
}

// missesTexts says whether a public instance lacks a legal text, which another page asks for.
func missesTexts(err error) bool {
	return slices.ContainsFunc(invalids(err), func(e *engagement.Invalid) bool { return strings.HasPrefix(e.Field, "texts_") })
}

// legalTexts are the pages that the law asks for. They start from a template with marked gaps, which may stay while nobody sees the site.
func (s *Server) legalTexts(w *Response, r *Request) error {
	i := *s.instance.Load()
	f := r.Form(append(legalFields(), Field{Name: "version", Kind: Hidden}))
	s.setLegal(f, i)
	f.Set("version", countText(i.Version))
	if f.OK() {
		i.Texts = maps.Clone(i.Texts)
		takeLegal(f, &i)
		i.Version = f.Int("version")
	}
	return s.saveInstance(w, r, f, i, &adminFormPage{Page: r.Page("admin.texts"), Lead: say("admin.texts.lead"), Form: f})
}

// legalFields ask for the texts of the operator, in Markdown.
func legalFields() (fields []Field) {
	for _, page := range engagement.RequiredTexts {
		fields = append(fields, Field{Name: "texts_" + page, Kind: Area, Label: "legal." + page + ".title", Hint: "admin.texts.hint", Max: 50000, Rows: 14})
	}
	return fields
}

// setLegal fills them: with what is stored, or with a template that has what is known already.
func (s *Server) setLegal(f *Form, i engagement.Instance) {
	known := func(text string) string { return cmp.Or(text, engagement.Gap) }
	body := func(kind string) string { // whose name is the same in the whole Land, where it is known
		key := "admin." + kind + "." + i.Land
		if _, ok := s.words[German][key]; !ok {
			return engagement.Gap
		}
		return s.words.T(German, key, nil)
	}
	for _, page := range engagement.RequiredTexts {
		f.Set("texts_"+page, cmp.Or(i.Texts[page+".de"], s.words.T(German, "admin.template."+page, map[string]any{
			"operator": known(i.Operator), "phone": known(i.ContactPhone), "mail": known(i.ContactMail), "protection": body("protection"), "enforcement": body("enforcement"),
		})))
	}
}

// takeLegal stores them.
func takeLegal(f *Form, i *engagement.Instance) {
	if i.Texts == nil {
		i.Texts = map[string]string{}
	}
	for _, page := range engagement.RequiredTexts {
		i.Texts[page+".de"] = f.Text("texts_" + page)
	}
}

// sortingSettings are how much counts what for suggestions.
func (s *Server) sortingSettings(w *Response, r *Request) error {
	i := *s.instance.Load()
	var fields []Field
	for _, part := range engagement.SortingParts.Codes() {
		least, most := engagement.SortingBounds(part)
		fields = append(fields, Field{
			Name: string(part), Kind: Number, Label: "code.sorting_part." + string(part), Need: "error.number.shape",
			Hint: "admin.sorting.hint", Args: map[string]any{"from": least, "to": most},
		})
	}
	f := r.Form(append(fields, Field{Name: "version", Kind: Hidden}))
	for _, part := range engagement.SortingParts.Codes() {
		percent, changed := i.Sorting[part]
		if !changed {
			percent = 100
		}
		f.Set(string(part), strconv.Itoa(percent))
	}
	f.Set("version", countText(i.Version))
	if f.OK() {
		i.Sorting, i.Version = map[engagement.Code]int{}, f.Int("version")
		for _, part := range engagement.SortingParts.Codes() {
			if percent := f.Int(string(part)); percent != 100 {
				i.Sorting[part] = percent
			}
		}
	}
	return s.saveInstance(w, r, f, i, &adminFormPage{Page: r.Page("admin.sorting"), Lead: say("admin.sorting.lead"), Form: f})
}

// ---- people ----

type peoplePage struct {
	Page
	Form   *Form
	Wishes []roleWish
	Staff  []engagement.Account
}

// roleWish is a role that one admin wants somebody to have.
type roleWish struct {
	engagement.Account
	Role engagement.Role
	Mine bool // it is for another admin to agree
	Do   []Action
}

// people lists who has a staff role and grants or takes one.
func (s *Server) people(w *Response, r *Request) error {
	var roles []Option
	for _, role := range engagement.StaffRoles {
		roles = append(roles, Option{Value: string(role), Key: "admin.role." + string(role)})
	}
	f := r.Form([]Field{
		loginField,
		{Name: "role", Kind: Radio, Label: "admin.role", Need: "error.choice.empty", Options: roles},
		{Name: "off", Kind: Box, Label: "admin.role.off"},
	})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin(strings.ToLower(f.Text("login")))
			if err != nil {
				return err
			}
			return engagement.GrantRole(tx, r.Actor(), a.ID, engagement.Role(f.Text("role")), !f.On("off"))
		})
		switch {
		case err == nil:
			return w.SeeOther("/verwaltung/personen")
		case errors.Is(err, engagement.ErrNotFound):
			f.Bad("login", "error.login.unknown")
		case !f.Refused(err):
			return err
		}
	}
	p := &peoplePage{Page: r.Page("admin.people"), Form: f}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		seen := map[engagement.ID]bool{}
		for _, role := range engagement.StaffRoles {
			list, err := tx.AccountsWithRole(role)
			if err != nil {
				return err
			}
			for _, a := range list {
				if !seen[a.ID] {
					seen[a.ID] = true
					p.Staff = append(p.Staff, a)
				}
			}
		}
		for _, admin := range p.Staff { // only admins have wishes
			for _, wish := range admin.Wishes {
				a, err := tx.Account(wish.For)
				if err != nil {
					return err
				}
				p.Wishes = append(p.Wishes, wished(r, admin, a, wish.Role))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// wished is a wish with what the viewer can do about it.
func wished(r *Request, admin, a engagement.Account, role engagement.Role) roleWish {
	w := roleWish{Account: a, Role: role, Mine: admin.ID == r.Actor().Account}
	about, what := []HiddenField{{"login", cmp.Or(a.Username, a.Email)}, {"role", string(role)}}, []any{"name", a.Name, "role", r.T("admin.role." + string(role))}
	end := "admin.role.refuse"
	if w.Mine {
		end = "admin.role.withdraw"
	}
	agree, refuse := r.Action(r.Path, "admin.role.agree", what...), r.Action(r.Path, end, what...)
	agree.Style, agree.Hidden, refuse.Hidden = "primary", about, append(slices.Clone(about), HiddenField{"off", "1"})
	if !w.Mine {
		w.Do = append(w.Do, agree)
	}
	w.Do = append(w.Do, refuse)
	return w
}
