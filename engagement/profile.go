package engagement

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"seestern/geo"
)

// Profile is what a volunteer told about where, how and on which topics they want to help. It is private: nothing of it ever
// leaves the instance, and matching reads it only at home. Every field may be empty.
type Profile struct {
	Account      ID              `class:"per"`
	AgeBand      Code            `class:"per"` // "12-13", "14-15", "16-17", "18-26", "27-59", "60-plus"
	AgeSaid      time.Time       `class:"per"` // when
	Home         geo.Point       `class:"per"` // centroid of postal code or Ortsteil, never an address
	HomeName     string          `class:"per"` // as the person wrote it
	RadiusKM     float64         `class:"per"` // 1–100
	Travel       Code            `class:"per"`
	Areas        []Code          `class:"sen"`
	Topics       []Code          `class:"sen"`
	Activities   []Code          `class:"per"`
	TargetGroups []Code          `class:"sen"`
	Skills       []Skill         `class:"per"`
	Learn        []Code          `class:"per"` // skills the person wants to learn
	Licenses     []License       `class:"per"`
	Languages    []LanguageSkill `class:"per"`
	Grid         Grid            `class:"per"` // when; 0: not said
	Commitments  []Code          `class:"per"`
	HoursPerWeek float64         `class:"per"` // maximum; 0: not said
	TeamSizes    []Code          `class:"per"`
	Guidance     []Code          `class:"per"`
	Taster       bool            `class:"per"`
	Expenses     bool            `class:"per"` // expenses must be paid
	Excluded     Exclusions      `class:"sen"`
	AccessNeeds  []AccessNeed    `class:"sen"`
	Motivations  []Code          `class:"per"` // why the person helps; for wording only
	Expertise    string          `class:"per"` // ≤ 1,500, for the administration; shown to nobody unless the person says yes to an invitation
	Sensitive    bool            `class:"per"` // sensitive wishes may be used for matching; its proof is a consent
	Visible      []Code          `class:"per"` // parts that organizations see which have the person's contact data for a request; vocabulary profile_part
	Consents     []Consent       `class:"per"`
	PausedUntil  Date            `class:"per"` // last day on which nobody may invite or find the person; empty: no pause
	RestrictedAt time.Time       `class:"per"` // since when it is only kept, as the person wishes; zero: it is used
	Updated      time.Time       `class:"tec"`
	Version      int             `class:"tec"`
}

// Restricted says whether the profile is only kept (Art. 18 GDPR): compared with nothing, found by nobody and shown to no organization.
func (p Profile) Restricted() bool { return !p.RestrictedAt.IsZero() }

// Used says whether opportunities are compared with the profile.
func (p Profile) Used() bool { return !p.Updated.IsZero() && !p.Restricted() }

// RestrictProfile has a profile only kept from now on, or used again. Open invitations end with it.
func RestrictProfile(tx Tx, by Actor, on bool) error {
	if err := must(by, Change, Thing{Noun: AProfile, Person: by.Account}); err != nil {
		return err
	}
	p, err := tx.Profile(by.Account)
	if err != nil || on == p.Restricted() {
		return err
	}
	p.RestrictedAt = time.Time{}
	if on {
		p.RestrictedAt = tx.Now()
	}
	if err := helped(tx, by, "profile", p.Account); err != nil {
		return err
	}
	if err := tx.PutProfile(&p); err != nil {
		return err
	}
	return p.endInvitations(tx)
}

// Skill is something the person can.
type Skill struct {
	Code    Code
	Level   Code // vocabulary skill_level
	Teaches bool // can show others how
}

// License is something the person was allowed or certified to do. Its number is never asked.
type License struct {
	Code  Code
	Until Date // last day; empty: not said
}

// Holds says whether the person has a license that is not over.
func (p Profile) Holds(license Code, today Date) bool {
	return slices.ContainsFunc(p.Licenses, func(l License) bool { return l.Code == license && (l.Until == "" || l.Until >= today) })
}

// LanguageSkill is a language the person speaks.
type LanguageSkill struct {
	Code  string // ISO 639
	Level Code   // vocabulary language_level
}

// AccessNeed is what the person needs at a place.
type AccessNeed struct {
	Code Code // vocabulary access
	Hard bool // without it the place is not possible
}

// Exclusions are what the person does not want, by vocabulary.
type Exclusions struct {
	Areas, Topics, Activities, TargetGroups, Proofs []Code

	Organizations []ID // hidden: see [HideOrganization]
}

// AgeDue says whether the person should be asked again how old they are.
func (p Profile) AgeDue(now time.Time) bool {
	said := p.AgeSaid
	if said.IsZero() { // before there was that date
		said = p.Updated
	}
	return p.AgeBand != "" && !now.Before(said.AddDate(0, ageAsk, 0))
}

// ageAsk is after how many months somebody is asked again how old they are.
const ageAsk = 12

// ExpertiseMax is how many characters somebody can say about their expertise.
const ExpertiseMax = 1500

// SaveProfile stores what a volunteer told about their engagement.
func SaveProfile(tx Tx, by Actor, p *Profile) error {
	if err := must(by, Change, Thing{Noun: AProfile, Person: p.Account}); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	stored, err := tx.Profile(p.Account)
	if err != nil {
		return err
	}
	due := stored.AgeDue(tx.Now())
	if stored.child() && !p.child() && !due && by.Helper == "" && !by.System {
		return &Invalid{Field: "age", Key: "error.profile.age"}
	}
	switch {
	case p.AgeBand == "":
		p.AgeSaid = time.Time{}
	case !p.AgeSaid.IsZero():
	case p.child() && p.AgeBand == stored.AgeBand && !due: // saying it again does not put off the day from which it may be changed
		p.AgeSaid = stored.AgeSaid
	}
	if p.AgeBand != "" && p.AgeSaid.IsZero() {
		p.AgeSaid = tx.Now()
	}
	if by.Helper != "" {
		if err := p.helped(tx, by, stored); err != nil {
			return err
		}
	}
	p.agree(ConsentSensitive, p.Sensitive, tx.Now(), time.Time{})
	if !p.Adult() {
		for _, s := range Switches.Codes() {
			p.agree(s, false, tx.Now(), time.Time{})
		}
	}
	p.Updated = tx.Now()
	if err := helped(tx, by, "profile", p.Account); err != nil {
		return err
	}
	if err := tx.PutProfile(p); err != nil || p.Adult() {
		return err
	}
	return errors.Join(p.endInvitations(tx), p.grewYounger(tx))
}

// child says whether the person said that they are younger than people who decide for themselves (domain.md §3.11).
func (p Profile) child() bool {
	_, oldest, known := Ages(p.AgeBand)
	return known && oldest < presenceFrom
}

// grewYounger ends what the person is too young for by what they say now: help offers and that others act for them, and for a child a public presence
// and whatever an organization knows them by.
func (p Profile) grewYounger(tx Tx) error {
	if p.AgeBand == "" {
		return nil
	}
	if p.child() {
		switch public, err := tx.PresenceOf(p.Account); {
		case err == nil:
			if err := public.Retire(tx); err != nil {
				return err
			}
		case !errors.Is(err, ErrNotFound):
			return err
		}
		if err := errors.Join(withdrawRequests(tx, p.Account), withdrawSignUps(tx, p.Account)); err != nil {
			return err
		}
	}
	if err := withdrawHelpers(tx, Actor{Account: p.Account}); err != nil {
		return err
	}
	offers, err := tx.HelpOffersOfAccount(p.Account)
	if err != nil {
		return err
	}
	return withdrawAll(tx, offers)
}

// Younger is the younger of two bands, that of the profile and the answer to a question, and whether it is the profile's.
func (p Profile) Younger(answer Code) (band Code, profile bool) {
	_, said, _ := Ages(answer)
	_, oldest, known := Ages(p.AgeBand)
	switch {
	case !known || oldest >= min(said, 18):
		return answer, false
	case oldest < 16:
		return "unter-16", true
	}
	return "16-17", true
}

// helped refuses what changes consents of the person: that somebody agrees stands on paper, or is said by themselves.
func (p *Profile) helped(tx Tx, by Actor, stored Profile) error {
	_, agreed := stored.Consent(ConsentSensitive, tx.Now())
	switch {
	case by.May(ConsentAssisted) && p.Sensitive && !agreed:
		return &Invalid{Field: "sensitive", Key: "error.assisted.sensitive"}
	case by.May(ConsentAssisted):
	case p.Sensitive != agreed:
		return &Invalid{Field: "sensitive", Key: "error.helper.sensitive"}
	case !p.Adult() || !stored.Adult(): // with that, what depends on it would end
		return &Invalid{Field: "age", Key: "error.helper.age"}
	}
	return nil
}

// Check finds what cannot be stored. Codes outside their vocabulary are refused, because only our own forms write profiles.
func (p *Profile) Check() error {
	var bad Invalids
	if p.RadiusKM != 0 && (p.RadiusKM < 1 || p.RadiusKM > 100) {
		bad.Add("radius", "error.radius.range", "from", 1, "to", 100)
	}
	if p.HoursPerWeek < 0 || p.HoursPerWeek > 80 {
		bad.Add("hours", "error.hours.range", "from", 0, "to", 80)
	}
	bad.Code("age", AgeBands, p.AgeBand, false)
	bad.Code("travel", Travels, p.Travel, false)
	for _, c := range []struct {
		field string
		v     *Vocabulary
		codes []Code
	}{
		{"areas", Areas, p.Areas},
		{"topics", Topics, p.Topics},
		{"activities", Activities, p.Activities},
		{"target_groups", TargetGroups, p.TargetGroups},
		{"skills", Skills, each(p.Skills, func(s Skill) Code { return s.Code })},
		{"learn", Skills, p.Learn},
		{"licenses", Licenses, each(p.Licenses, func(l License) Code { return l.Code })},
		{"motivations", Motivations, p.Motivations},
		{"languages", Languages, each(p.Languages, func(l LanguageSkill) Code { return Code(l.Code) })},
		{"commitments", Commitments, p.Commitments},
		{"team", TeamSizes, p.TeamSizes},
		{"guidance", Guidances, p.Guidance},
		{"access", AccessFeatures, each(p.AccessNeeds, func(n AccessNeed) Code { return n.Code })},
		{"not_areas", Areas, p.Excluded.Areas},
		{"not_topics", Topics, p.Excluded.Topics},
		{"not_activities", Activities, p.Excluded.Activities},
		{"not_target_groups", TargetGroups, p.Excluded.TargetGroups},
		{"not_proofs", Proofs, p.Excluded.Proofs},
	} {
		bad.Codes(c.field, c.v, c.codes, 0, len(c.v.Terms))
	}
	for _, part := range p.Visible {
		if !MayShow(part) {
			bad.Add("visible", "error.choice.unknown", "codes", string(part))
		}
	}
	for _, s := range p.Skills {
		bad.Code("skills", SkillLevels, s.Level, false)
	}
	for _, l := range p.Licenses {
		if l.Until != "" && !l.Until.Valid() {
			bad.Add("licenses", "error.date.unknown")
		}
	}
	if utf8.RuneCountInString(p.Expertise) > ExpertiseMax {
		bad.Add("expertise", "error.text.long", "n", ExpertiseMax)
	}
	for _, l := range p.Languages {
		bad.Code("languages", LanguageLevels, l.Level, false)
	}
	return bad.Err()
}

func each[T any](list []T, code func(T) Code) (codes []Code) {
	for _, one := range list {
		codes = append(codes, code(one))
	}
	return codes
}
