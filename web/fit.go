package web

import (
	"errors"
	"strings"

	"seestern/engagement"
	"seestern/matching"
	"seestern/store"
)

// Fit is how well an opportunity fits the profile of who looks at it, in words.
type Fit struct {
	Word              string // locale key
	Strong            bool   // fits well or very well
	Low               bool   // so little that it is shown only on demand
	Pro, Contra, Open string // reasons, ready to be read; empty: none
	Out               string // why it is not suggested, instead of all this
}

// matcher compares opportunities with the profile of the signed-in person; nil for visitors, people without a profile that is used, and who may
// not see it.
func (r *Request) matcher(tx *store.Tx, i engagement.Instance) (*matching.Matcher, error) {
	if r.Session == nil || !r.Actor().May(engagement.HelpSearch) {
		return nil, nil
	}
	p, err := tx.Profile(r.Session.Account.ID)
	if errors.Is(err, engagement.ErrNotFound) || err == nil && !p.Used() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return matching.New(matching.Default().For(i), p, tx.Now()), nil
}

// attentionDays is for how long a request for an opportunity is remembered when attention is shared (domain.md §4.4).
const attentionDays = 14

// candidates are opportunities with what the store knows about requests for them and about their shifts. All of them may be seen.
func candidates(tx *store.Tx, all []*engagement.Opportunity) ([]matching.Candidate, error) {
	ids := make([]engagement.ID, len(all))
	for i, o := range all {
		ids[i] = o.ID
	}
	asked, err := tx.AskedFor(ids, tx.Now().AddDate(0, 0, -attentionDays))
	if err != nil {
		return nil, err
	}
	shifts, err := tx.ShiftTimes(ids)
	if err != nil {
		return nil, err
	}
	list := make([]matching.Candidate, len(all))
	for i, o := range all {
		list[i] = matching.Candidate{Opportunity: o, Facts: matching.Facts{Visible: true, Asked: asked[o.ID]}, Shifts: shifts[o.ID]}
	}
	return list, nil
}

// fit puts a result into words.
func (f format) fit(m *matching.Matcher, r *matching.Result) *Fit {
	if !r.Suggested() {
		return &Fit{Out: strings.Join(f.reasons(m.WhyNot(r.Candidate)), " ")}
	}
	e := m.Explain(r)
	return &Fit{
		Word:   "match.word." + string(r.Word),
		Strong: r.Word == matching.VeryGoodFit || r.Word == matching.GoodFit, Low: m.Less(r),
		Pro: strings.Join(f.reasons(e.Pro), " · "), Contra: strings.Join(f.reasons(e.Contra), " · "), Open: strings.Join(f.reasons(e.Open), " "),
	}
}

func (f format) reasons(all []matching.Reason) []string {
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = f.reason(r)
	}
	return texts
}

// reason is one reason as a part of a sentence, or, of what is open and why not, as a sentence.
func (f format) reason(r matching.Reason) string {
	names := f.labels(r.Vocabulary, r.Codes)
	if level := f.level(r); level != "" && len(names) > 0 {
		names[len(names)-1] += " " + level
	}
	travel, shift := "", ""
	if r.Travel != "" {
		travel = f.t("match.by." + string(r.Travel))
	}
	if r.Shift.Free() {
		shift = f.stretch(r.Shift.Starts, r.Shift.Ends)
	}
	return f.t("match."+r.Key,
		"x", f.and(names), "wished", f.and(f.labels(engagement.Commitments.Name, r.Wished)), "n", r.Years, "slots", f.and(f.slots(r.Grid)),
		"km", f.km(r.KM, false), "radius", f.km(r.RadiusKM, true), "travel", travel, "shift", shift,
		"hours", f.hours(int(r.Hours*60)), "most", f.hours(int(r.MaxHours*60)))
}

// level is the short name of the level that a language or skill needs.
func (f format) level(r matching.Reason) string {
	switch {
	case engagement.LanguageLevels.Has(r.Level):
		return f.t("code.language_level." + string(r.Level) + ".short")
	case engagement.SkillLevels.Has(r.Level):
		return "(" + f.code(engagement.SkillLevels.Name, r.Level) + ")"
	}
	return ""
}
