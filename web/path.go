package web

import (
	"strings"
	"unicode/utf8"

	"seestern/engagement"
	"seestern/geo"
)

// Paths of public pages, without language prefix. The code decides, the slug is for people.

func opportunityPath(o engagement.Opportunity) string { return "/angebote/" + o.Code + slug(o.Title) }

func organizationPage(o engagement.Organization) string {
	return "/organisationen/" + o.Code + slug(o.Name)
}

func announcementPath(n engagement.Announcement) string {
	title, _, _ := strings.Cut(n.Text, "\n")
	if n.Long {
		title = n.Title
	}
	return "/neuigkeiten/" + n.Code + slug(title)
}

// slug is "-" and the words of a title in the letters of addresses, at most 60; empty if nothing is left of it.
func slug(title string) string {
	s := strings.ReplaceAll(geo.Normalize(title), " ", "-")
	s = strings.Map(func(r rune) rune {
		if r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if utf8.RuneCountInString(s) > 60 {
		s = s[:60]
	}
	if s = strings.Trim(s, "-"); s == "" {
		return ""
	}
	return "-" + s
}
