package engagement

import (
	"slices"
	"time"
)

// ProfileAnswer is one answer of a profile, and who beside the person learns it. Every answer may be compared with opportunities at home: of
// that others get no more than rounded numbers of people.
type ProfileAnswer struct {
	Name   string // of its field in forms
	Part   Code   // vocabulary profile_part
	Taking bool   // organizations which the person takes part with see it as it is, if the person shows the part
	Card   bool   // the administration sees it coarsely, on cards without a name, if it may search for the person
	Gate   Code   // who gets a request of the person, here or at a partner, learns only that this gate is passed, vocabulary passed_gate
}

// ProfileAnswers are all of them in order.
var ProfileAnswers = []ProfileAnswer{
	{"place", "ort", true, true, ""},
	{"travel", "ort", true, false, ""},
	{"radius", "ort", true, false, ""},
	{"areas", "themen", true, false, ""},
	{"topics", "themen", true, false, ""},
	{"sensitive", "themen", false, false, ""},
	{"activities", "taetigkeiten", true, false, ""},
	{"target_groups", "taetigkeiten", true, false, ""},
	{"slots", "zeiten", true, true, "time-ok"},
	{"holidays", "zeiten", true, false, ""},
	{"commitments", "zeiten", true, false, ""},
	{"hours", "zeiten", true, false, ""},
	{"team", "rahmen", true, false, ""},
	{"guidance", "rahmen", true, false, ""},
	{"taster", "rahmen", true, false, ""},
	{"expenses", "rahmen", true, false, ""},
	{"skills", "kenntnisse", true, true, "license-ok"},
	{"learn", "lernen", true, false, ""},
	{"licenses", "scheine", true, false, "license-ok"},
	{"german", "sprachen", true, true, "language-ok"},
	{"languages", "sprachen", true, true, "language-ok"},
	{"access", "zugang", true, false, ""},
	{"access_wish", "zugang", true, false, ""},
	{"not_areas", "ausschluss", true, false, ""},
	{"not_topics", "ausschluss", true, false, ""},
	{"not_activities", "ausschluss", true, false, ""},
	{"not_target_groups", "ausschluss", true, false, ""},
	{"not_proofs", "ausschluss", true, false, ""},
	{"age", "alter", false, false, "min-age-ok"},
	{"motivations", "ueber-mich", true, false, ""},
	{"expertise", "ueber-mich", true, false, ""},
}

// MayShow says whether something of a part of a profile may be seen by others as it is. The age never is: only whether somebody is 16 or 18.
func MayShow(part Code) bool {
	return slices.ContainsFunc(ProfileAnswers, func(a ProfileAnswer) bool { return a.Part == part && a.Taking })
}

// Seen is who sees an answer now: as far as the person allows it.
func (p Profile) Seen(a ProfileAnswer, now time.Time) ProfileAnswer {
	_, searchable := p.Consent(ExpertiseSearchable, now)
	a.Taking = a.Taking && slices.Contains(p.Visible, a.Part)
	a.Card = a.Card && searchable
	if p.Restricted() {
		a.Taking, a.Card = false, false
		if a.Name != "age" { // that somebody is too young must not be hidden so
			a.Gate = ""
		}
	}
	return a
}
