package store

import "strings"

// stopWords say nothing in a query of several words.
var stopWords = set("der die das den dem des ein eine einen einem einer und oder mit fur von im in am an bei zu zum zur auf als ist ich wir the and for with of to a")

// synonyms name what is the same here by one word (domain.md §0). Keys and values are stems.
var synonyms = func() map[string]string {
	all := map[string]string{}
	for _, line := range []string{
		"angebot gesuch ehrenamt freiwilligenarbeit mithilfe engagement hilfsangebot volunteering",
		"pate patenschaft mentor",
		"senior aeltere rentner",
		"gefluchtete fluchtling asylbewerber refugee",
		"rollstuhl rolli",
		"computer pc",
		"auto pkw",
		"rad fahrrad",
	} {
		words := strings.Fields(line)
		for _, w := range words {
			all[stem(fold(w))] = stem(fold(words[0]))
		}
	}
	return all
}()

// parts are words of which compounds are made in this field, folded. The list is curated: splitting at every known word would find
// "Rat" in "Rathaus".
var parts = set(`
	abend alltag alphabet alt alten altenheim amt anfanger arbeit aufgabe aufgaben ausbildung ausflug ausgabe bahn ball bank bau baum beet begleiter begleitung
	beratung beratungs berg besuch besuchs betreuer betreuung bibliothek bienen bild bildung bildungs blumen boot brot buch bucher bucherei buhne burger burger
	bus cafe chor computer demenz deutsch dienst dolmetscher dorf druck eltern englisch essen essens fahr fahrdienst fahrer fahrrad fahrt familie familien
	feier ferien fest feuer feuerwehr film fluchtlings forder forderung foto frauen freizeit freiwilligen friedhof fruhstuck fuhrung fussball garten
	gartner gemeinde gemeinschaft gemeinschafts gemuse gerate geschichte gesundheit gesundheits grund grundschule grundschul gruppe gruppen gymnastik hand handwerk haus
	hausaufgaben heim helfer herbst hilfe hilfs hof hospiz hund hunde information instrument integration integrations jugend jugendliche karten katzen kinder kindergarten kino
	kirche kirchen kita kiez klasse kleider kleidung kochen koch konzert kranken krankenhaus kreis kuche kuchen kultur kunst kurs lager lauf leben lebens lebensmittel leiter leitung
	lern lernen lese lesen literatur lotse lotsen mahl mal malen markt mathe mentor mieter mittag mobil museum musik mutter nach nachbar nachbarschaft nachbarschafts nachhilfe
	nachmittag nachmittags nahen natur netz nest obst offentlichkeit offentlichkeits park partner pate paten pflanzen pflege platz post presse projekt putz rad rat reinigung reise reparatur
	rettung rettungs rikscha roll rollstuhl sach sammel sammlung sanitats schach schatz schicht schiff schuler schule schul schulung schutz schwimm schwimmen see seelsorge
	senioren server singen sommer sonntag spazier spazieren spende spenden spiel spiele spielplatz sport sprach sprache sprachen stadt stadtteil stall stand
	straffalligen strassen streich stuhl tafel tag tages tandem tanz team technik teil telefon theater tier tiere tierheim tisch trainer training transport trauer trauer treff treffen treff
	ubersetzer ubung umwelt umzug unfall unterricht unterstutzung veranstaltung veranstaltungs verein vereins verkehr verkehrs verkauf vor vorlese vorlesen vormittag vormund vorstand vorstands wald
	wander wanderung wasser web weg wege weihnachts werk werkstatt winter woche wochenende wohn wohnung wohnungslosen zeit zeitung zentrum zirkus zoo zug
	clean up cleanup gang gassi geh gehen mensch menschen mitte muttersprache nacht naturschutz pflaster schau spaziergang sterbe sucht suppe suppen tandems teller tuch ufer wehr welt`)

// canonical turns the form that a part has in a compound into the word it stands for.
var canonical = map[string]string{
	"vorlese": "vorlesen", "lese": "lesen", "lern": "lernen", "koch": "kochen", "schul": "schule", "grundschul": "grundschule", "sprach": "sprache",
	"schwimm": "schwimmen", "spazier": "spazieren", "mal": "malen", "wander": "wanderung", "fahr": "fahrt",
}

// joints are letters that stand between the parts of a compound.
var joints = []string{"", "s", "n", "es", "en", "er"}

// decompound returns the stems of the parts of a compound, nil if it is none that we know: "vorlesepate" gives "vorles" and "pat".
func decompound(word string) []string {
	found := takeApart(word, 4)
	if len(found) < 2 {
		return nil
	}
	stems := make([]string, len(found))
	for i, p := range found {
		if whole, ok := canonical[p]; ok {
			p = whole
		}
		stems[i] = stem(p)
	}
	return stems
}

// takeApart finds the fewest known parts that make up the word, preferring long ones in front; nil if there are none.
func takeApart(word string, most int) []string {
	if ending(word) {
		return []string{word}
	}
	if most == 1 {
		return nil
	}
	for i := len(word) - 3; i >= 3; i-- {
		if !parts[word[:i]] {
			continue
		}
		for _, joint := range joints {
			rest, ok := strings.CutPrefix(word[i:], joint)
			if !ok || len(rest) < 3 {
				continue
			}
			if more := takeApart(rest, most-1); more != nil {
				return append([]string{word[:i]}, more...)
			}
		}
	}
	return nil
}

// ending says whether a word, or a form of it, may end a compound.
func ending(word string) bool {
	return parts[word] || endings[stem(word)]
}

// endings are the stems of all parts, so that inflected compounds are taken apart too.
var endings = func() map[string]bool {
	all := map[string]bool{}
	for p := range parts {
		all[stem(p)] = true
	}
	return all
}()

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}
