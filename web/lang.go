package web

import (
	"strings"

	"golang.org/x/text/language"

	"seestern/engagement"
)

// Lang is a language of pages and mails: [German], [English] or [Simple].
type Lang = engagement.Lang

// The languages. Simple is German in plain words ("Leichte Sprache").
const (
	German  Lang = "de"
	English Lang = "en"
	Simple  Lang = "ls"
)

// Language is one row of the table that decides about prefix, words and attributes.
type Language struct {
	Lang   Lang
	Prefix string       // in front of every path: "", "/en", "/ls"
	HTML   string       // lang attribute: screen readers know "de", not "de-simple"
	Href   string       // hreflang attribute
	Dir    string       // writing direction: "ltr" or "rtl"
	Folder string       // of its words in locale/
	Then   Lang         // where to look for a word that is missing; "" ends the chain
	Tag    language.Tag // plural rules and sorting
}

// Languages in the order of the language switch. The first has no prefix.
var Languages = []Language{
	{Lang: German, HTML: "de", Href: "de", Dir: "ltr", Folder: "de", Tag: language.German},
	{Lang: English, Prefix: "/en", HTML: "en", Href: "en", Dir: "ltr", Folder: "en", Then: German, Tag: language.English},
	{Lang: Simple, Prefix: "/ls", HTML: "de", Href: "de-simple", Dir: "ltr", Folder: "de-simple", Then: German, Tag: language.German},
}

// languageOf is the row of a language, or the first one for a language that is not known.
func languageOf(lang Lang) Language {
	for _, l := range Languages {
		if l.Lang == lang {
			return l
		}
	}
	return Languages[0]
}

// splitLang takes the language prefix from a path: "/en/angebote" is English and "/angebote".
func splitLang(path string) (Language, string) {
	for _, l := range Languages[1:] {
		if rest, ok := strings.CutPrefix(path, l.Prefix); ok && (rest == "" || rest[0] == '/') {
			return l, "/" + strings.TrimPrefix(rest, "/")
		}
	}
	return Languages[0], path
}

// To puts the prefix of the language in front of a path of this site.
func (l Language) To(path string) string {
	if path == "/" && l.Prefix != "" {
		return l.Prefix
	}
	return l.Prefix + path
}
