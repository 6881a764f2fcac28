package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
)

type profile = engagement.Profile

// profileField is one answer of a profile: how it is asked and how it is kept. On which page, and who sees it, stands in
// [engagement.ProfileAnswers].
type profileField struct {
	Field
	kept
	show func(format, *profile) []string // in words; nil: as the field has it
}

// kept is how the values of a field stand in a profile.
type kept struct {
	get func(*profile) []string
	set func(*profile, []string)
}

// profileTable are all answers in order.
var profileTable = []profileField{
	{Field{Name: "place", Label: "profile.place", Hint: "profile.place.hint", Max: 100, Auto: "postal-code"}, homeName, nil},
	{Field{Name: "travel", Kind: Radio, Label: "profile.travel", Options: vocabularyOptions(engagement.Travels)}, oneCode(func(p *profile) *engagement.Code { return &p.Travel }), nil},
	{Field{Name: "radius", Kind: Number, Label: "profile.radius", Hint: "profile.radius.hint"}, number(func(p *profile) *float64 { return &p.RadiusKM }), showRadius},

	{Field{Name: "areas", Kind: Boxes, Label: "profile.areas", Options: vocabularyOptions(engagement.Areas)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Areas }), nil},
	{Field{Name: "topics", Kind: Boxes, Label: "profile.topics", Options: groupedOptions(engagement.Topics, engagement.Areas)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Topics }), nil},
	{Field{Name: "sensitive", Kind: Box, Label: "profile.sensitive", Hint: "profile.sensitive.hint"}, box(func(p *profile) *bool { return &p.Sensitive }), nil},

	{Field{Name: "activities", Kind: Boxes, Label: "profile.activities", Options: vocabularyOptions(engagement.Activities)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Activities }), nil},
	{Field{Name: "target_groups", Kind: Boxes, Label: "profile.targets", Options: folded(vocabularyOptions(engagement.TargetGroups))}, codesAt(func(p *profile) *[]engagement.Code { return &p.TargetGroups }), nil},

	{Field{Name: "slots", Kind: Boxes, Label: "profile.slots", Hint: "profile.slots.hint", Options: slotOptions()}, slotsOf(engagement.AllSlots), showGrid(engagement.AllSlots)},
	{Field{Name: "holidays", Kind: Boxes, Label: "profile.holidays", Options: vocabularyOptions(engagement.TimeFlags)}, slotsOf(^engagement.AllSlots), nil},
	{Field{Name: "commitments", Kind: Boxes, Label: "profile.commitments", Options: vocabularyOptions(engagement.Commitments)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Commitments }), nil},
	{Field{Name: "hours", Kind: Number, Label: "profile.hours", Hint: "profile.hours.hint"}, number(func(p *profile) *float64 { return &p.HoursPerWeek }), nil},

	{Field{Name: "team", Kind: Boxes, Label: "profile.team", Options: vocabularyOptions(engagement.TeamSizes)}, codesAt(func(p *profile) *[]engagement.Code { return &p.TeamSizes }), nil},
	{Field{Name: "guidance", Kind: Boxes, Label: "profile.guidance", Options: vocabularyOptions(engagement.Guidances)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Guidance }), nil},
	{Field{Name: "taster", Kind: Box, Label: "profile.taster"}, box(func(p *profile) *bool { return &p.Taster }), nil},
	{Field{Name: "expenses", Kind: Box, Label: "profile.expenses"}, box(func(p *profile) *bool { return &p.Expenses }), nil},

	{Field{Name: "skills", Kind: Boxes, Label: "profile.skills", Options: groupedOptions(engagement.Skills, engagement.SkillGroups)}, skills, showSkills},
	{Field{Name: "learn", Kind: Boxes, Label: "profile.learn", Options: groupedOptions(engagement.Skills, engagement.SkillGroups)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Learn }), nil},
	{Field{Name: "licenses", Kind: Boxes, Label: "profile.licenses", Options: vocabularyOptions(engagement.Licenses)}, licenses, showLicenses},
	{Field{Name: "german", Kind: Select, Label: "profile.german", Options: vocabularyOptions(engagement.LanguageLevels)}, german, nil},
	{Field{Name: "languages", Kind: Boxes, Label: "profile.languages", Options: folded(vocabularyOptions(engagement.Languages)[1:])}, languages, showLanguages},

	{Field{Name: "access", Kind: Boxes, Label: "profile.access", Hint: "profile.access.hint", Options: folded(vocabularyOptions(engagement.AccessFeatures))}, needs(true), nil},
	{Field{Name: "access_wish", Kind: Boxes, Label: "profile.access.wish", Hint: "profile.access.wish.hint", Options: folded(vocabularyOptions(engagement.AccessFeatures))}, needs(false), nil},

	{Field{Name: "not_areas", Kind: Boxes, Label: "profile.not.areas", Options: folded(vocabularyOptions(engagement.Areas))}, codesAt(func(p *profile) *[]engagement.Code { return &p.Excluded.Areas }), nil},
	{Field{Name: "not_topics", Kind: Boxes, Label: "profile.not.topics", Options: groupedOptions(engagement.Topics, engagement.Areas)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Excluded.Topics }), nil},
	{Field{Name: "not_activities", Kind: Boxes, Label: "profile.not.activities", Options: folded(vocabularyOptions(engagement.Activities))}, codesAt(func(p *profile) *[]engagement.Code { return &p.Excluded.Activities }), nil},
	{Field{Name: "not_target_groups", Kind: Boxes, Label: "profile.not.targets", Options: folded(vocabularyOptions(engagement.TargetGroups))}, codesAt(func(p *profile) *[]engagement.Code { return &p.Excluded.TargetGroups }), nil},
	{Field{Name: "not_proofs", Kind: Boxes, Label: "profile.not.proofs", Options: folded(vocabularyOptions(engagement.Proofs))}, codesAt(func(p *profile) *[]engagement.Code { return &p.Excluded.Proofs }), nil},

	{Field{Name: "age", Kind: Select, Label: "profile.age", Hint: "profile.age.hint", Options: vocabularyOptions(engagement.AgeBands)}, ageBand, nil},
	{Field{Name: "motivations", Kind: Boxes, Label: "profile.motivations", Options: vocabularyOptions(engagement.Motivations)}, codesAt(func(p *profile) *[]engagement.Code { return &p.Motivations }), nil},
	{Field{Name: "expertise", Kind: Area, Label: "profile.expertise", Hint: "profile.expertise.hint", Max: engagement.ExpertiseMax}, expertise, nil},
}

// profileFieldOf is the field of an answer.
func profileFieldOf(a engagement.ProfileAnswer) profileField {
	return profileTable[slices.IndexFunc(profileTable, func(one profileField) bool { return one.Name == a.Name })]
}

// profileFields are the fields with these names, in the order of the profile; without names all. They are followed by the version, so
// that a form cannot overwrite what was changed elsewhere meanwhile.
func profileFields(names ...string) []Field {
	var fields []Field
	for _, one := range profileTable {
		if len(names) == 0 || slices.Contains(names, one.Name) {
			fields = append(fields, one.Field)
		}
	}
	return append(fields, Field{Name: "version", Kind: Hidden})
}

// fillProfile shows what is stored in those of its fields that the form has.
func fillProfile(f *Form, p profile) {
	for _, one := range profileTable {
		if f.field(one.Name) != nil {
			f.Set(one.Name, one.get(&p)...)
		}
	}
	fillDetails(f, p)
	f.Set("version", strconv.Itoa(p.Version))
}

// profileOf is the profile with the answers of the form; what the form does not ask stays. An unknown place stands in the form as an error.
func (s *Server) profileOf(f *Form, p profile) profile {
	if text := f.Text("place"); f.field("place") != nil && text != p.HomeName {
		p.Home, p.HomeName = profile{}.Home, text
		if text != "" {
			if place, ok := s.placeOf(f, "place"); ok {
				p.Home = place.Point
			}
		}
	}
	p.Skills, p.Licenses, p.Languages = slices.Clone(p.Skills), slices.Clone(p.Licenses), slices.Clone(p.Languages)
	readDetails(f, &p)
	for _, one := range profileTable {
		if one.set != nil && f.field(one.Name) != nil {
			one.set(&p, f.Texts(one.Name))
		}
	}
	if f.field("version") != nil {
		p.Version = f.Int("version")
	}
	return p
}

// ---- how answers are kept ----

func oneCode(at func(*profile) *engagement.Code) kept {
	return kept{
		func(p *profile) []string { return texts([]engagement.Code{*at(p)}) },
		func(p *profile, values []string) { *at(p) = engagement.Code(strings.Join(values, "")) },
	}
}

func codesAt(at func(*profile) *[]engagement.Code) kept {
	return kept{
		func(p *profile) []string { return texts(*at(p)) },
		func(p *profile, values []string) { *at(p) = codes(values) },
	}
}

func box(at func(*profile) *bool) kept {
	return kept{
		func(p *profile) []string { return []string{tick(*at(p))} },
		func(p *profile, values []string) { *at(p) = slices.Contains(values, "1") },
	}
}

func number(at func(*profile) *float64) kept {
	return kept{
		func(p *profile) []string {
			if *at(p) == 0 {
				return nil
			}
			return []string{strconv.Itoa(int(*at(p)))}
		},
		func(p *profile, values []string) {
			n, _ := strconv.Atoi(strings.Join(values, "")) // its shape was checked when the field was read
			*at(p) = float64(n)
		},
	}
}

var homeName = kept{get: func(p *profile) []string { return []string{p.HomeName} }} // set by profileOf, which knows places

// ageBand is said again whenever it is saved.
var ageBand = kept{
	func(p *profile) []string { return []string{string(p.AgeBand)} },
	func(p *profile, values []string) {
		p.AgeBand, p.AgeSaid = engagement.Code(strings.Join(values, "")), time.Time{}
	},
}

var expertise = kept{
	func(p *profile) []string { return []string{p.Expertise} },
	func(p *profile, values []string) { p.Expertise = strings.Join(values, "") },
}

// slotsOf are those of one part of the grid.
func slotsOf(part engagement.Grid) kept {
	return kept{
		func(p *profile) []string { return texts((p.Grid & part).Codes()) },
		func(p *profile, values []string) {
			chosen, _ := engagement.ParseGrid(codes(values)) // the form knows only these codes
			p.Grid = p.Grid&^part | chosen&part
		},
	}
}

var skills = kept{
	func(p *profile) []string {
		return codesIn(p.Skills, func(k *engagement.Skill) *engagement.Code { return &k.Code })
	},
	func(p *profile, values []string) {
		p.Skills = chosen(p.Skills, values, func(k *engagement.Skill) *engagement.Code { return &k.Code })
	},
}

var licenses = kept{
	func(p *profile) []string {
		return codesIn(p.Licenses, func(l *engagement.License) *engagement.Code { return &l.Code })
	},
	func(p *profile, values []string) {
		p.Licenses = chosen(p.Licenses, values, func(l *engagement.License) *engagement.Code { return &l.Code })
	},
}

// german and languages stand in one list: nearly everybody is asked for German, and few for another language.
var german = kept{
	func(p *profile) []string {
		for _, l := range p.Languages {
			if l.Code == "de" {
				return []string{string(l.Level)}
			}
		}
		return nil
	},
	func(p *profile, values []string) {
		p.Languages = slices.DeleteFunc(p.Languages, func(l engagement.LanguageSkill) bool { return l.Code == "de" })
		if level := strings.Join(values, ""); level != "" {
			p.Languages = slices.Insert(p.Languages, 0, engagement.LanguageSkill{Code: "de", Level: engagement.Code(level)})
		}
	},
}

var languages = kept{
	func(p *profile) []string {
		var others []string
		for _, l := range p.Languages {
			if l.Code != "de" {
				others = append(others, l.Code)
			}
		}
		return others
	},
	func(p *profile, values []string) {
		known := slices.Clone(p.Languages)
		p.Languages = slices.DeleteFunc(p.Languages, func(l engagement.LanguageSkill) bool { return l.Code != "de" })
		for _, code := range values {
			one := engagement.LanguageSkill{Code: code}
			if at := slices.IndexFunc(known, func(l engagement.LanguageSkill) bool { return l.Code == code }); at >= 0 {
				one = known[at]
			}
			p.Languages = append(p.Languages, one)
		}
	},
}

// needs are what the person cannot do without, or would like. What is both is needed.
func needs(hard bool) kept {
	return kept{
		func(p *profile) (list []string) {
			for _, n := range p.AccessNeeds {
				if n.Hard == hard {
					list = append(list, string(n.Code))
				}
			}
			return list
		},
		func(p *profile, values []string) {
			rest := slices.DeleteFunc(slices.Clone(p.AccessNeeds), func(n engagement.AccessNeed) bool {
				return n.Hard == hard || hard && slices.Contains(values, string(n.Code))
			})
			for _, code := range codes(values) {
				if !slices.ContainsFunc(rest, func(n engagement.AccessNeed) bool { return n.Code == code }) {
					rest = append(rest, engagement.AccessNeed{Code: code, Hard: hard})
				}
			}
			p.AccessNeeds = rest
		},
	}
}

// codes are values of a form as codes.
func codes(values []string) []engagement.Code {
	list := make([]engagement.Code, len(values))
	for i, v := range values {
		list[i] = engagement.Code(v)
	}
	return list
}

func codesIn[T any](list []T, code func(*T) *engagement.Code) (values []string) {
	for i := range list {
		values = append(values, string(*code(&list[i])))
	}
	return values
}

// chosen are the entries for the chosen codes, with what was known of them beside the code.
func chosen[T any](known []T, values []string, code func(*T) *engagement.Code) []T {
	list := make([]T, len(values))
	for i, v := range values {
		if at := slices.IndexFunc(known, func(t T) bool { return *code(&t) == engagement.Code(v) }); at >= 0 {
			list[i] = known[at]
		}
		*code(&list[i]) = engagement.Code(v)
	}
	return list
}

// ---- what is asked about single skills, licenses and languages ----

// Names of fields about one of them, before its code.
const (
	skillLevel   = "stufe-"
	skillTeaches = "anleiten-"
	licenseUntil = "gilt-bis-"
	spokenLevel  = "niveau-"
)

// profileDetails are the fields about what somebody has chosen on a page.
var profileDetails = map[string]func(profile) []Field{
	"kenntnisse": func(p profile) (fields []Field) {
		for _, k := range p.Skills {
			args := map[string]any{"code": string(k.Code)}
			fields = append(fields,
				Field{Name: skillLevel + string(k.Code), Kind: Radio, Label: "code.skill." + string(k.Code), Options: vocabularyOptions(engagement.SkillLevels)},
				Field{Name: skillTeaches + string(k.Code), Kind: Box, Label: "profile.teaches", Args: args})
		}
		return fields
	},
	"scheine": func(p profile) (fields []Field) {
		for _, l := range p.Licenses {
			fields = append(fields, Field{Name: licenseUntil + string(l.Code), Kind: Day, Label: "code.license." + string(l.Code), Hint: "profile.license.until"})
		}
		return fields
	},
	"sprachen": func(p profile) (fields []Field) {
		for _, code := range languages.get(&p) {
			fields = append(fields, Field{Name: spokenLevel + code, Kind: Select, Label: "code.language." + code, Options: vocabularyOptions(engagement.LanguageLevels)})
		}
		return fields
	},
}

func fillDetails(f *Form, p profile) {
	for _, k := range p.Skills {
		f.Set(skillLevel+string(k.Code), string(k.Level))
		f.Set(skillTeaches+string(k.Code), tick(k.Teaches))
	}
	for _, l := range p.Licenses {
		f.Set(licenseUntil+string(l.Code), string(l.Until))
	}
	for _, l := range p.Languages {
		f.Set(spokenLevel+l.Code, string(l.Level))
	}
}

func readDetails(f *Form, p *profile) {
	for i := range p.Skills {
		k := &p.Skills[i]
		if name := skillLevel + string(k.Code); f.field(name) != nil {
			k.Level, k.Teaches = engagement.Code(f.Text(name)), f.On(skillTeaches+string(k.Code))
		}
	}
	for i := range p.Licenses {
		if name := licenseUntil + string(p.Licenses[i].Code); f.field(name) != nil {
			p.Licenses[i].Until = f.Date(name)
		}
	}
	for i := range p.Languages {
		if name := spokenLevel + p.Languages[i].Code; f.field(name) != nil {
			p.Languages[i].Level = engagement.Code(f.Text(name))
		}
	}
}

// ---- in words ----

// values are an answer in words; none if there is none.
func (one profileField) values(f format, p *profile) []string {
	if one.show != nil {
		return one.show(f, p)
	}
	var list []string
	for _, v := range one.get(p) {
		switch {
		case v == "":
		case one.Kind == Box:
			list = append(list, f.t("form.yes"))
		case len(one.Options) > 0:
			if at := slices.IndexFunc(one.Options, func(o Option) bool { return o.Value == v }); at >= 0 {
				list = append(list, optionLabel(f, one.Options[at]))
			}
		default:
			list = append(list, v)
		}
	}
	return list
}

func showRadius(f format, p *profile) []string {
	if p.RadiusKM == 0 {
		return nil
	}
	return []string{f.km(p.RadiusKM, true)}
}

func showGrid(part engagement.Grid) func(format, *profile) []string {
	return func(f format, p *profile) []string { return f.slots(p.Grid & part) }
}

func showSkills(f format, p *profile) (list []string) {
	for _, k := range p.Skills {
		var more []string
		if k.Level != "" {
			more = append(more, f.code(engagement.SkillLevels.Name, k.Level))
		}
		if k.Teaches {
			more = append(more, f.t("profile.teaches"))
		}
		list = append(list, named(f.code(engagement.Skills.Name, k.Code), more...))
	}
	return list
}

func showLicenses(f format, p *profile) (list []string) {
	for _, l := range p.Licenses {
		var more []string
		if day, _ := f.dayShort(l.Until); l.Until != "" { // a Date is always a day
			more = append(more, f.t("profile.license.valid", "x", day))
		}
		list = append(list, named(f.code(engagement.Licenses.Name, l.Code), more...))
	}
	return list
}

func showLanguages(f format, p *profile) (list []string) {
	for _, l := range p.Languages {
		var more []string
		if l.Code == "de" {
			continue
		}
		if l.Level != "" {
			more = append(more, f.code(engagement.LanguageLevels.Name, l.Level))
		}
		list = append(list, named(f.code(engagement.Languages.Name, engagement.Code(l.Code)), more...))
	}
	return list
}

// named is a name with what is said about it.
func named(name string, more ...string) string {
	if len(more) == 0 {
		return name
	}
	return name + " (" + strings.Join(more, ", ") + ")"
}
