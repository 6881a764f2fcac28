package web

import (
	"net/url"
	"strings"
	"time"

	"seestern/engagement"
)

// This file is what the program hands from the pages to the federation and to the store. None of it needs an open store.

// Wire are the sentences and labels inside documents for other servers, in one language. Its fields are those of
// federation.Words, so that the program can convert one into the other.
type Wire struct {
	Text   func(key string, args map[string]any) string
	Label  func(vocabulary string, code engagement.Code) string
	Day    func(engagement.Date) string
	Number func(float64) string
	Span   func(from, to time.Time) string // in the zone of from
}

// WireWords are the words for other servers in a language; in German for the empty one.
func (c Catalogue) WireWords(lang Lang) Wire {
	f := format{words: c, lang: languageOf(lang).Lang}
	return Wire{
		Text:  func(key string, args map[string]any) string { return c.T(f.lang, key, args) },
		Label: f.code,
		Day: func(d engagement.Date) string {
			day, err := f.dayShort(d)
			if err != nil { // no day of the calendar: as it came
				return string(d)
			}
			return day
		},
		Number: func(x float64) string { return f.decimal(x, 2) },
		Span: func(from, to time.Time) string {
			there := f
			there.zone = from.Location()
			return there.stretch(from, to)
		},
	}
}

// SearchWords are the labels of the codes of an opportunity in German and English: it is found by them, too.
func (c Catalogue) SearchWords(o engagement.Opportunity) []string {
	var words []string
	for _, lang := range []Lang{German, English} {
		for _, l := range codesOfOpportunity(o) {
			for _, code := range l.codes {
				key := "code." + l.vocabulary.Name + "." + string(code)
				if label := c.T(lang, key, nil); label != key {
					words = append(words, label)
				}
			}
		}
	}
	return words
}

type labelled struct {
	vocabulary *engagement.Vocabulary
	codes      []engagement.Code
}

// codesOfOpportunity are the codes that people search for by name.
func codesOfOpportunity(o engagement.Opportunity) []labelled {
	var skills, languages []engagement.Code
	for _, s := range o.Skills {
		skills = append(skills, s.Code)
	}
	for _, l := range o.Languages {
		languages = append(languages, engagement.Code(l.Code))
	}
	return []labelled{
		{engagement.Areas, o.Areas},
		{engagement.Topics, o.Topics},
		{engagement.Activities, o.Activities},
		{engagement.TargetGroups, o.TargetGroups},
		{engagement.Skills, skills},
		{engagement.Licenses, o.Licenses},
		{engagement.Languages, languages},
		{engagement.Commitments, []engagement.Code{o.Commitment}},
		{engagement.Modes, []engagement.Code{o.Mode}},
	}
}

// Paths are the addresses of pages that documents for other servers name. Its fields are those of federation.Pages.
type Paths struct {
	Opportunity   func(engagement.Opportunity) string
	HelpOffer     func(engagement.HelpOffer) string
	Organization  func(engagement.Organization) string
	Announcement  func(engagement.Announcement) string
	Board         func(engagement.Board) string
	Presence      func(engagement.Presence) string
	Occasion      func(engagement.Occasion) string
	SignUp        func(engagement.Occasion) string
	Organizations func() string
	Search        func(words string) string
	Open          func(object string) string // the page of a thing by its id, as it stands in an address
	Help          func(object string) string // the same, to help with it
	Interest      func(o engagement.Opportunity, token string) string
}

// PublicPaths are the paths of the public pages, without language prefix.
func PublicPaths() Paths {
	return Paths{
		Opportunity:   opportunityPath,
		HelpOffer:     helpOfferPath,
		Organization:  organizationPage,
		Announcement:  announcementPath,
		Board:         boardPath,
		Presence:      presencePath,
		Occasion:      occasionPath,
		SignUp:        func(o engagement.Occasion) string { return "/termine/" + o.Code + "/anmelden" },
		Organizations: func() string { return "/organisationen" },
		Search:        func(words string) string { return "/angebote?q=" + url.QueryEscape(words) },
		Open:          func(object string) string { return "/oeffnen?objekt=" + object },
		Help:          func(object string) string { return "/helfen?objekt=" + object },
		Interest: func(o engagement.Opportunity, token string) string {
			path := opportunityPath(o)
			if !strings.Contains(path, "-") { // a title without any letter of addresses
				path += "-angebot"
			}
			return path + "/interesse?t=" + url.QueryEscape(token)
		},
	}
}
