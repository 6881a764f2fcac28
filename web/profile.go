package web

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// profileArea is "Mein Engagement-Profil": where, when and how somebody wants to help. It stays on this instance.
var profileArea = area{
	name:   "profile",
	simple: true,
	pages:  map[string]any{"profile": profilePage{}, "reach": reachPage{}},
	routes: []route{
		{path: "/meine/angaben", get: (*Server).profile, post: (*Server).profile, who: signedIn},
		{path: ownReach, get: (*Server).reach, post: (*Server).reach, who: signedIn},
	},
}

type profilePage struct {
	Page
	Form *Form
	Week *week
}

// Before are the fields before the table of the week.
func (p *profilePage) Before() []*FieldView { return aroundWeek(p.Form, false) }

// After are the fields behind it.
func (p *profilePage) After() []*FieldView { return aroundWeek(p.Form, true) }

func profileFields() []Field {
	return []Field{
		{Name: "place", Label: "search.place", Hint: "profile.place.hint", Max: 100, Auto: "postal-code"},
		{Name: "travel", Kind: Radio, Label: "profile.travel", Options: vocabularyOptions(engagement.Travels)},
		{Name: "radius", Kind: Number, Label: "profile.radius", Hint: "profile.radius.hint"},
		{Name: "areas", Kind: Boxes, Label: "profile.areas", Options: vocabularyOptions(engagement.Areas)},
		{Name: "topics", Kind: Boxes, Label: "profile.topics", Options: groupedOptions(engagement.Topics, engagement.Areas)},
		{Name: "activities", Kind: Boxes, Label: "profile.activities", Options: vocabularyOptions(engagement.Activities)},
		{Name: "target_groups", Kind: Boxes, Label: "profile.targets", Options: folded(vocabularyOptions(engagement.TargetGroups))},
		{Name: "slots", Kind: Boxes, Label: "profile.slots", Hint: "profile.slots.hint", Options: slotOptions()},
		{Name: "commitments", Kind: Boxes, Label: "profile.commitments", Options: vocabularyOptions(engagement.Commitments)},
		{Name: "age", Kind: Select, Label: "profile.age", Hint: "profile.age.hint", Options: vocabularyOptions(engagement.AgeBands)},
		{Name: "german", Kind: Select, Label: "profile.german", Options: vocabularyOptions(engagement.LanguageLevels)},
		{Name: "languages", Kind: Boxes, Label: "profile.languages", Options: folded(vocabularyOptions(engagement.Languages)[1:])},
		{Name: "skills", Kind: Boxes, Label: "profile.skills", Options: groupedOptions(engagement.Skills, engagement.SkillGroups)},
		{Name: "licenses", Kind: Boxes, Label: "profile.licenses", Options: folded(vocabularyOptions(engagement.Licenses))},
		{Name: "access", Kind: Boxes, Label: "profile.access", Hint: "profile.access.hint", Options: folded(vocabularyOptions(engagement.AccessFeatures))},
		{Name: "not_areas", Kind: Boxes, Label: "profile.not.areas", Options: folded(vocabularyOptions(engagement.Areas))},
		{Name: "not_proofs", Kind: Boxes, Label: "profile.not.proofs", Options: folded(vocabularyOptions(engagement.Proofs))},
		{Name: "sensitive", Kind: Box, Label: "profile.sensitive", Hint: "profile.sensitive.hint"},
		{Name: "version", Kind: Hidden},
	}
}

func (s *Server) profile(w *Response, r *Request) error {
	var stored engagement.Profile
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		stored, err = tx.Profile(r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	f := r.Form(profileFields())
	fillProfile(f, stored)
	if f.OK() {
		p := s.profileOf(f, stored)
		if f.OK() {
			err := r.update(func(tx *store.Tx) error {
				again := p // saving counts its version up, and the transaction may run twice
				return engagement.SaveProfile(tx, r.Actor(), &again)
			})
			switch {
			case err == nil:
				return w.SeeOther("/angebote?sortierung=passend")
			case errors.Is(err, engagement.ErrStale):
				f.Conflict(stored.Version, map[string]string{"place": stored.HomeName})
			case !f.Refused(err):
				return err
			}
		}
	}
	return w.Page(&profilePage{Page: r.Page("profile.title"), Form: f, Week: weekOf(f)})
}

func fillProfile(f *Form, p engagement.Profile) {
	german, languages, skills, access, licenses := "", []string{}, []string{}, []string{}, []string{}
	for _, l := range p.Licenses {
		licenses = append(licenses, string(l.Code))
	}
	for _, l := range p.Languages {
		if l.Code == "de" {
			german = string(l.Level)
		} else {
			languages = append(languages, l.Code)
		}
	}
	for _, k := range p.Skills {
		skills = append(skills, string(k.Code))
	}
	for _, n := range p.AccessNeeds {
		access = append(access, string(n.Code))
	}
	radius := ""
	if p.RadiusKM != 0 {
		radius = strconv.Itoa(int(p.RadiusKM))
	}
	for name, values := range map[string][]string{
		"place": {p.HomeName}, "travel": {string(p.Travel)}, "radius": {radius}, "areas": texts(p.Areas), "topics": texts(p.Topics),
		"activities": texts(p.Activities), "target_groups": texts(p.TargetGroups), "slots": texts(p.Grid.Codes()), "commitments": texts(p.Commitments),
		"age": {string(p.AgeBand)}, "german": {german}, "languages": languages, "skills": skills, "licenses": licenses, "access": access,
		"not_areas": texts(p.Excluded.Areas), "not_proofs": texts(p.Excluded.Proofs), "sensitive": {tick(p.Sensitive)}, "version": {strconv.Itoa(p.Version)},
	} {
		f.Set(name, values...)
	}
}

func (s *Server) profileOf(f *Form, p engagement.Profile) engagement.Profile {
	switch text := f.Text("place"); {
	case text == "":
		p.Home, p.HomeName = engagement.Profile{}.Home, ""
	case text != p.HomeName:
		if place, ok := s.placeOf(f, "place"); ok {
			p.Home, p.HomeName = place.Point, text
		}
	}
	p.Travel, p.RadiusKM, p.AgeBand = engagement.Code(f.Text("travel")), float64(f.Int("radius")), engagement.Code(f.Text("age"))
	p.Areas, p.Topics, p.Activities, p.TargetGroups = codesOf(f, "areas"), codesOf(f, "topics"), codesOf(f, "activities"), codesOf(f, "target_groups")
	p.Grid, _ = engagement.ParseGrid(codesOf(f, "slots")) // the form knows only these codes
	p.Commitments = codesOf(f, "commitments")
	p.Licenses = kept(p.Licenses, codesOf(f, "licenses"), func(l *engagement.License) *engagement.Code { return &l.Code })
	p.Languages = nil
	if level := f.Text("german"); level != "" {
		p.Languages = append(p.Languages, engagement.LanguageSkill{Code: "de", Level: engagement.Code(level)})
	}
	for _, l := range f.Texts("languages") {
		p.Languages = append(p.Languages, engagement.LanguageSkill{Code: l})
	}
	p.Skills = kept(p.Skills, codesOf(f, "skills"), func(k *engagement.Skill) *engagement.Code { return &k.Code })
	p.AccessNeeds = nil
	for _, c := range codesOf(f, "access") {
		p.AccessNeeds = append(p.AccessNeeds, engagement.AccessNeed{Code: c, Hard: true})
	}
	p.Excluded.Areas, p.Excluded.Proofs, p.Sensitive, p.Version = codesOf(f, "not_areas"), codesOf(f, "not_proofs"), f.On("sensitive"), f.Int("version")
	return p
}

// kept are the entries for the codes, with what was known of them beside the code.
func kept[T any](old []T, codes []engagement.Code, code func(*T) *engagement.Code) []T {
	list := make([]T, len(codes))
	for i, c := range codes {
		if at := slices.IndexFunc(old, func(t T) bool { return *code(&t) == c }); at >= 0 {
			list[i] = old[at]
		}
		*code(&list[i]) = c
	}
	return list
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
