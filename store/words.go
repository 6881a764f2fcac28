package store

import "strings"

// stopWords say nothing in a query of several words.
var stopWords = set(`der die das den dem des ein eine einen einem einer und oder mit für von im in am an bei zu zum zur auf als ist ich wir
	the a and or for with of to in at`)

// everything are the stems of words for what this search is about (domain.md §0): they find all of it.
var everything = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range split("angebot gesuch ehrenamt ehrenamtlich freiwilligenarbeit mithilfe engagement hilfsangebot volunteering volunteer") {
		all[stem(w)] = true
	}
	return all
}()

// synonyms name what is the same here by one word: the first of a line. Keys and values are stems.
var synonyms = func() map[string]string {
	all := map[string]string{}
	for _, line := range []string{
		"pate patenschaft mentor",
		"nachbar nachbarn nachbarschaft",
		"senioren ältere rentner",
		"geflüchtete flüchtling asylbewerber refugees",
		"rollstuhl rolli",
		"computer pc",
		"auto pkw",
		"fahrrad rad",
	} {
		words := split(line)
		for _, w := range words {
			all[stem(w)] = stem(words[0])
		}
	}
	return all
}()

// parts are words of which compounds are made in this field. The list is curated: splitting at every word of the language would find
// "Rat" in "Rathaus" and "Pate" in "Patent".
var parts = set(`
	abend abitur acker advent alltag alphabet alter amt anfänger angehörige arbeit archiv arzt asyl aufgabe aufsicht ausbildung ausflug ausgabe ausländer auto baby bad
	bahn ball band bank basar basteln bau bauer baum beet begegnung begleiter begleitung behinderung beratung berg beruf besuch betreuer betreuung bewegung bewohner
	bibliothek biene bild bildung blinde blume boot brot brunnen buch bücherei bühne büro bürger bus café camp chor clean clown computer demenz denkmal deutsch dienst
	dolmetscher dorf druck eltern energie englisch ensemble enkel essen fahrdienst fahrer fahrrad fahrt familie fasching feier feld ferien fest feuer feuerwehr film
	flohmarkt flucht flüchtling förderung foto frau freizeit freund friedhof friedens frühstück führung fußball garten gärtner gast gedenk gehörlosen gemeinde gemeinschaft
	gemüse gerät geschichte gespräch gesundheit grundschule gruppe gymnastik hafen hand handwerk haus hausaufgabe heim helfer herbst hilfe hochschule hof hospiz hund
	imker information inklusion insekten instrument integration internet jugend jugendliche junge kaffee karneval karte kasse katze kind kindergarten kino kirche kita kiez klasse
	kleider kleidung klima klinik kochen konzert körper kranke krankenhaus kreis krise küche kuchen kultur kunst kurs lager land laufen leben lebensmittel leiter leitung lernen lesen
	literatur lotse mädchen mahlzeit malen mann markt mathe medien mensch mentor mieter migranten mittag mobil moderation moschee müll museum musik mutter nachbar nachbarschaft
	nachhilfe nachmittag nacht natur naturschutz netzwerk obdachlose obst öffentlichkeit opfer orchester orga park partner pate pferd pflanze pflege platz politik post praxis
	presse projekt prüfung quartier rad radio reinigung reise reparatur retter rettung rikscha rollstuhl sammlung sanitäter schach schicht schiff schüler schule schulung schutz
	schwimmbad schwimmen seelsorge sekretariat senioren service singen sommer sonntag soziales spaziergang spende spiel spieler spielen spielplatz sport sprache sprechstunde stadt
	stadtteil stall straße sucht suppe tafel tag tandem tanz tanzen taschengeld team technik telefon theater therapie tier tierheim tisch training transport trauer treff treffen
	turnen turnier übersetzer übung umwelt umzug unfall unterricht unterstützung vater veranstaltung verein verkehr verkauf verwaltung vogel volk vorlesen vormittag vormund vorstand
	wache wald wanderung wasser weg weihnacht werkstatt wiese winter wissen woche wochenende wohnung wohnungslose zeit zeitung zeltlager zentrum zirkus zug`)

// beginnings are what becomes of a part in front of another.
var beginnings = map[string]string{
	"bast": "basteln", "fahr": "fahrt", "koch": "kochen", "lauf": "laufen", "lern": "lernen", "lese": "lesen", "mal": "malen", "sammel": "sammlung",
	"schul": "schule", "schwimm": "schwimmen", "sing": "singen", "spazier": "spaziergang", "sprach": "sprache", "tanz": "tanzen", "turn": "turnen",
	"vorlese": "vorlesen", "wander": "wanderung", "grundschul": "grundschule", "hochschul": "hochschule", "freiwillig": "freiwillige", "wohn": "wohnung",
	"bucher": "buch", "hauser": "haus", "manner": "mann",
}

// joints are letters that stand between the parts of a compound.
var joints = []string{"", "s", "n", "es", "en", "er"}

// decompound returns the bases of the parts of a compound, nil if it is none that we know: "vorlesepate" gives "vorles" and "pat".
func decompound(word string) []string {
	const longest = 60 // bytes
	if len(word) > longest {
		return nil
	}
	found := takeApart(word, 4)
	if len(found) < 2 {
		return nil
	}
	for i, p := range found {
		found[i] = base(p)
	}
	return found
}

// takeApart finds known parts that make up the word, at most so many, preferring long ones in front; nil if there are none.
func takeApart(word string, most int) []string {
	if parts[word] || endings[stem(word)] {
		return []string{word}
	}
	if most == 1 {
		return nil
	}
	for i := len(word) - 3; i >= 3; i-- {
		front := word[:i]
		if whole, ok := beginnings[front]; ok {
			front = whole
		} else if !parts[front] {
			continue
		}
		for _, joint := range joints {
			rest, ok := strings.CutPrefix(word[i:], joint)
			if !ok || len(rest) < 3 {
				continue
			}
			if more := takeApart(rest, most-1); more != nil {
				return append([]string{front}, more...)
			}
		}
	}
	return nil
}

// endings are the stems of all parts, so that inflected compounds are taken apart too.
var endings = func() map[string]bool {
	all := map[string]bool{}
	for p := range parts {
		all[stem(p)] = true
	}
	return all
}()

func set(text string) map[string]bool {
	all := map[string]bool{}
	for _, w := range split(text) {
		all[w] = true
	}
	return all
}
