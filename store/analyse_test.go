package store_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"seestern/store"
)

func TestWordsFindEachOther(t *testing.T) {
	for _, c := range []struct{ name, query, text string }{
		{"case", "VORLESEN", "Vorlesen in der Kita"},
		{"plural", "Kind", "Für Kinder und Kindern"},
		{"verb forms", "begleiten", "Wir begleiten, wer begleitet werden will"},
		{"umlaut written with e", "Koepenick", "Köpenick"},
		{"umlaut left out", "Kopenick", "Köpenick"},
		{"umlaut typed for none", "Köpenick", "Koepenick"},
		{"sharp s", "Strasse", "Straße"},
		{"decomposed umlaut", "Ko\u0308penick", "Köpenick"},
		{"accent", "cafe", "Sprachcafé im Café"},
		{"feminine form", "Pate", "Patin gesucht"},
		{"feminine plural", "Paten", "Patinnen gesucht"},
		{"gender colon", "Paten", "Pat:innen und Helfer:innen"},
		{"gender star", "Helfer", "Helfer*innen"},
		{"masculine finds feminine", "Trainer", "Trainerin für Kinder"},
		{"part of a compound", "Pate", "Vorlesepate für die Grundschule"},
		{"other part", "vorlesen", "Vorlesepatin gesucht"},
		{"compound in plural", "Vorlesepate", "Vorlesepaten"},
		{"compound finds its parts", "Vorlesepate", "Pate zum Vorlesen"},
		{"homework help", "Hausaufgaben", "Hausaufgabenhilfe am Nachmittag"},
		{"help in homework help", "Hilfe", "Hausaufgabenhilfe"},
		{"homework help apart", "Hausaufgabenhilfe", "Hilfe bei den Hausaufgaben"},
		{"neighbours", "Nachbarn", "Nachbarschaftshilfe"},
		{"visiting service", "Besuch", "Besuchsdienst im Krankenhaus"},
		{"garden", "Garten", "Gemeinschaftsgarten"},
		{"language café", "Sprache", "Sprachcafé"},
		{"sports club", "Sport", "Sportverein"},
		{"swimming", "schwimmen", "Schwimmtraining"},
		{"unfinished last word", "Vorle", "Vorlesen"},
		{"unfinished compound", "Nachbarsch", "Nachbarschaftshilfe"},
		{"Gesuch", "Gesuch", "Vorlesen"},
		{"Ehrenamt", "Ehrenamt", "Hausaufgabenhilfe"},
		{"Freiwilligenarbeit", "Freiwilligenarbeit für Kinder", "Kinder betreuen"},
		{"Mithilfe", "Mithilfe Kinder", "Kinder betreuen"},
		{"Engagement", "Engagement", "Gartenpflege"},
		{"words in any order", "Kinder vorlesen", "Vorlesen für Kinder"},
		{"little words do not matter", "Vorlesen für die Kinder", "Kinder, vorlesen"},
		{"postcode", "12555", "12555 Berlin"},
		{"part of a postcode", "125", "12555 Berlin"},
		{"punctuation", "\"vorlesen\" -(kinder)*", "Kinder vorlesen"},
	} {
		if !store.Finds(c.query, c.text) {
			t.Errorf("%s: %q does not find %q (%v)", c.name, c.query, c.text, store.Analyse(c.text))
		}
	}
}

func TestOtherWordsAreNotFound(t *testing.T) {
	for _, c := range []struct{ query, text string }{
		{"Kinder Garten", "Kinder"},
		{"Rat", "Rathaus"}, // a known word at the beginning of an unknown one is no part
		{"Ei", "Einarbeitung"},
		{"Pate", "Patent"},
		{"Hund", "Hundert Menschen"},
		{"Chor", "Chorweiler"},
		{"Schule", "Schuld"},
		{"Tag", "Vertrag"},
		{"Tier", "Quartier"},
		{"Arm", "Wärme"},
		{"lesen", "gewesen"},
		{"Ehrenamt Garten", "Ehrenamt"},
	} {
		if store.Finds(c.query+" ist", c.text) { // not the last word, so not a beginning
			t.Errorf("%q finds %q (%v)", c.query, c.text, store.Analyse(c.text))
		}
	}
}

func TestEveryTextFindsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		words := strings.Fields(text)
		if len(words) == 0 || len(store.Analyse(text)) == 0 {
			return
		}
		if query := words[rapid.IntRange(0, len(words)-1).Draw(t, "word")]; len(store.Analyse(query)) > 0 && !store.Finds(query, text) {
			t.Fatalf("%q does not find %q", query, text)
		}
	})
}

// The engines read analysed words as they are: they must be free of anything that means something to them.
func TestAnalysedWordsAreSafeInEveryEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := store.Analyse(rapid.String().Draw(t, "text"))
		if !slices.IsSorted(words) {
			t.Fatalf("%q is not in order", words)
		}
		for _, w := range words {
			if w == "" || len(w) > 60 || strings.ContainsAny(w, " \t\r\n\"'\\:*&|!()<>-\x00") {
				t.Fatalf("word %q", w)
			}
		}
	})
}
