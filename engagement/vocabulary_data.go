package engagement

// The vocabularies. To add a code: write it here, give it labels in web/locale/*/codes.json, raise VocabularyVersion. Codes are never
// renamed or removed.

// What it is about.
var (
	// Areas (Engagementbereich) are the 14 areas of the Deutscher Freiwilligensurvey.
	Areas = define("area",
		"sport", "kultur", "freizeit", "soziales", "gesundheit", "schule-kita", "jugend-bildung",
		"umwelt-tiere", "politik", "beruf", "kirche-religion", "rettung-feuerwehr", "justiz", "lokales",
	).flag(FlagSensitive, "politik", "beruf", "kirche-religion")

	// Topics (Thema) belong to one area each.
	Topics = define("topic").within(Areas).
		under("sport", "kindersport", "seniorensport", "inklusionssport", "lauf-radtreff", "sportplatzpflege").
		under("kultur", "museum", "chor-orchester", "bibliothek", "geschichte", "stadtteilfest").
		under("freizeit", "spieletreff", "gemeinsam-kochen", "gemeinschaftsgarten", "ausfluege").
		under("soziales", "nachbarschaftshilfe", "besuchsdienst", "obdachlosigkeit", "tafel-lebensmittel", "kleiderkammer", "flucht-integration",
			"sprachmittlung", "inklusion", "familien-paten", "senioren", "senioren-technik", "hospiz", "queer").
		under("gesundheit", "klinikbesuch", "demenz", "selbsthilfe", "suchthilfe", "blutspende").
		under("schule-kita", "lesepate", "hausaufgaben", "schulweg", "mentoring", "kita-mithilfe", "schulgarten").
		under("jugend-bildung", "jugendgruppe", "ferienfreizeit", "erwachsenenbildung", "alphabetisierung", "sprachcafe").
		under("umwelt-tiere", "clean-up", "baumpflege", "artenschutz", "tierheim", "repair").
		under("politik", "interessenvertretung", "wahlhilfe", "menschenrechte").
		under("beruf", "berufsverband", "gewerkschaft").
		under("kirche-religion", "gemeindeleben", "kirchenmusik", "religioese-bildung").
		under("rettung-feuerwehr", "feuerwehr", "jugendfeuerwehr", "sanitaet", "katastrophenschutz", "wasserrettung").
		under("justiz", "opferhilfe", "straffaelligenhilfe", "schoeffenamt", "rechtliche-betreuung").
		under("lokales", "schulwegsicherheit", "verkehr", "kiezgestaltung", "buergerbeteiligung", "prozessbegleitung", "vorstandsarbeit",
			"vereins-it", "social-media", "open-data").
		flag(FlagSensitive, "queer", "selbsthilfe", "suchthilfe")

	// Activities (Was will ich tun?) are also the values of resourceConformsTo on the wire.
	Activities = define("activity",
		"begleiten-besuchen", "beraten", "betreuen", "lehren-nachhilfe", "vorlesen", "trainieren-anleiten", "kochen-backen",
		"handwerken-reparieren", "gaertnern-naturpflege", "fahren-transport", "organisieren-planen", "verwaltung-buero",
		"vorstand-leitung", "kasse-finanzen", "recht", "foerdermittel", "oeffentlichkeitsarbeit", "gestalten-foto-video", "it-technik",
		"uebersetzen-dolmetschen", "musizieren", "sammeln-sortieren-ausgeben", "veranstaltung-helfen", "moderieren", "mediieren",
		"erste-hilfe-rettung", "forschen-zaehlen", "tiere-versorgen", "online-mitarbeit")

	// TargetGroups (Für wen?) tell whether proofs are due.
	TargetGroups = define("target_group",
		"kinder-0-6", "kinder-6-12", "jugendliche", "familien", "erwachsene", "aeltere", "hochbetagte-pflegebeduerftige",
		"menschen-mit-behinderung", "menschen-mit-demenz", "kranke-angehoerige", "gefluechtete", "zugewanderte", "wohnungslose",
		"armutsbetroffene", "suchtbetroffene", "straffaellige-opfer", "lsbtiq", "frauen", "alleinlebende-einsame", "vereine-engagierte",
		"verwaltung", "tiere", "natur-umwelt", "allgemeinheit",
	).flag(FlagMinors, "kinder-0-6", "kinder-6-12", "jugendliche", "familien").
		flag(FlagVulnerable, "hochbetagte-pflegebeduerftige", "menschen-mit-behinderung", "menschen-mit-demenz", "kranke-angehoerige",
			"gefluechtete", "wohnungslose", "suchtbetroffene", "straffaellige-opfer").
		flag(FlagSensitive, "suchtbetroffene", "lsbtiq")

	OpportunityKinds = define("opportunity_kind",
		"engagement", "schicht-einsatz", "leitung-vorstand", "projektgruppe", "online", "csr-platz", "servicelearning", "lotse",
		"prozessbegleitung", "projektanfrage")
	HelpOfferKinds = define("help_offer_kind",
		"hilfe", "csr-teamtag", "csr-pro-bono", "csr-raum", "csr-material", "csr-schulungsplatz", "service-learning")
)

// neighborAreas are worth something in matching, in both directions; never into or out of a sensitive area.
var neighborAreas = [][2]Code{
	{"sport", "freizeit"},
	{"sport", "gesundheit"},
	{"sport", "jugend-bildung"},
	{"kultur", "freizeit"},
	{"kultur", "jugend-bildung"},
	{"kultur", "lokales"},
	{"freizeit", "soziales"},
	{"soziales", "gesundheit"},
	{"soziales", "schule-kita"},
	{"soziales", "justiz"},
	{"gesundheit", "rettung-feuerwehr"},
	{"schule-kita", "jugend-bildung"},
	{"umwelt-tiere", "lokales"},
	{"rettung-feuerwehr", "lokales"},
}

// NeighborAreas are the areas next to an area, in the order of [Areas].
func NeighborAreas(area Code) []Code {
	return Areas.filter(func(t Term) bool {
		for _, n := range neighborAreas {
			if n == [2]Code{area, t.Code} || n == [2]Code{t.Code, area} {
				return true
			}
		}
		return false
	})
}

// AreaOf is the area of a topic, or the area itself; empty for other codes.
func AreaOf(topicOrArea Code) Code {
	if Areas.Has(topicOrArea) {
		return topicOrArea
	}
	return Topics.Parent(topicOrArea)
}

// What people can.
var (
	SkillGroups = define("skill_group",
		"sprache", "handwerk", "paedagogik", "pflege", "it", "buero", "recht-finanzen", "kommunikation", "leitung", "musik-kunst", "sport",
		"fahren", "natur", "moderation")

	Skills = define("skill").within(SkillGroups).
		under("sprache", "uebersetzen-schriftlich", "dolmetschen", "gebaerdensprache", "leichte-sprache-schreiben", "deutsch-als-zweitsprache").
		under("handwerk", "holz", "elektro", "sanitaer", "malen-renovieren", "metall", "naehen-textil", "fahrrad-reparieren", "geraete-reparieren").
		under("paedagogik", "lesefoerderung", "nachhilfe-mathe", "nachhilfe-sprachen", "gruppen-anleiten", "kinderbetreuung", "inklusionspaedagogik").
		under("pflege", "pflege-grundwissen", "demenzbegleitung", "hospizbegleitung", "medizinisches-fachwissen").
		under("it", "geraete-hilfe", "webseiten", "programmieren", "tabellen-datenbanken", "datenschutz-praxis", "online-treffen").
		under("buero", "schriftverkehr", "protokoll", "terminplanung", "antraege-formulare").
		under("recht-finanzen", "buchhaltung", "vereinssteuern", "rechtsfragen", "foerderantraege", "fundraising").
		under("kommunikation", "texten", "social-media-pflege", "presse", "fotografie", "video", "grafik-layout").
		under("leitung", "vereinsleitung", "projektleitung", "freiwilligenkoordination", "veranstaltungsorganisation").
		under("musik-kunst", "gesang", "instrument", "theater", "malen-gestalten").
		under("sport", "uebungsleitung", "schwimmen", "ballsport", "tanz").
		under("fahren", "pkw-fahren", "transporter-fahren", "lastenrad", "rolli-begleitung").
		under("natur", "garten", "gehoelzpflege", "artenkunde", "tierpflege").
		under("moderation", "moderation", "mediation", "prozessbegleitung-methode", "gespraechsfuehrung", "interkulturell")

	SkillLevels = define("skill_level", "grundkenntnisse", "sicher", "profi") // rising

	Licenses = define("license",
		"fuehrerschein-b", "fuehrerschein-c", "personenbefoerderung", "bootsfuehrerschein", "juleica", "trainer-c", "ersthelfer",
		"rettungsschwimmer", "hygienebelehrung")

	// Languages are offered in forms: ISO 639 codes, with gsg for German Sign Language. Others may arrive from partners.
	Languages = define("language",
		"de", "gsg", "en", "tr", "ar", "uk", "ru", "pl", "fa", "ku", "ro", "bg", "bs", "hr", "sr", "sq", "mk", "el", "it", "es", "pt", "fr", "nl",
		"hu", "cs", "rom", "vi", "zh", "ko", "th", "hi", "ur", "ps", "ti", "am", "so", "he")

	LanguageLevels = define("language_level", "A1", "A2", "B1", "B2", "C1", "C2", "muttersprache") // CEFR, rising
)

// When and how often.
var (
	Commitments = define("commitment", "einmalig", "kurz", "regelmaessig", "saisonal", "auf-abruf", "flexibel")
	Rhythms     = define("rhythm", "pro-woche", "pro-zwei-wochen", "pro-monat", "unregelmaessig")
	Cadences    = define("cadence", "woechentlich", "taeglich")                                                      // of mails about what is new
	Weekdays    = define("weekday", "mo", "di", "mi", "do", "fr", "sa", "so")                                        // index = row of [Grid]
	Dayparts    = define("daypart", "vormittag", "mittag", "nachmittag", "abend")                                    // index = column of [Grid]
	TimeFlags   = define("time_flag", "ferien", "feiertag")                                                          // beside the weekly slots of [Grid]
	TimeFilters = define("time_filter", "werktags", "wochenende").under("", Dayparts.Codes()...).under("", "ferien") // see [FilterGrid]
)

// Where.
var (
	Modes   = define("mode", "vor-ort", "online", "hybrid", "zuhause", "unterwegs")
	Travels = define("travel", "zu-fuss", "rad", "oepnv", "auto") // see [DefaultRadiusKM]

	AccessFeatures = define("access",
		"stufenlos-eingang", "aufzug", "rolli-wc", "leitsystem", "induktive-hoeranlage", "ruheraum", "behinderten-parkplatz", "oepnv-nah",
		"gebaerdensprache-moeglich", "leichte-sprache-moeglich", "assistenz-willkommen", "hund-willkommen")
	AccessAnswers = define("access_answer", "ja", "nein", "unbekannt")

	PublicPrecisions = define("public_precision", "genau", "strasse", "ortsteil")

	// Lands are the Länder by the last part of their ISO 3166-2 code.
	Lands = define("land", "BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH")
)

// radiusKM are the default search radiuses by way of travel.
var radiusKM = map[Code]struct{ town, rural float64 }{
	"zu-fuss": {2, 2},
	"rad":     {6, 8},
	"oepnv":   {10, 15},
	"auto":    {25, 25},
}

// DefaultRadiusKM is how far somebody goes who named a way of travel but no distance; 0 for an unknown way.
func DefaultRadiusKM(travel Code, rural bool) float64 {
	if rural {
		return radiusKM[travel].rural
	}
	return radiusKM[travel].town
}

// Who may, what is asked, what is given.
var (
	MinAges       = define("min_age", "0", "12", "14", "16", "18", "21") // years; 0: none
	MinorPolicies = define("minor_policy", "keine", "ab-16", "mit-zustimmung", "klasse")
	AgeBands      = define("age_band", "12-13", "14-15", "16-17", "18-26", "27-59", "60-plus") // of a profile, see [Ages]
	RequestAges   = define("request_age", "unter-16", "16-17", "ab-18")                        // asked of visitors, see [Ages]

	Proofs = define("proof",
		"fuehrungszeugnis-einfach", "fuehrungszeugnis-erweitert", "fuehrungszeugnis-nach-pruefung", "masernschutz", "erste-hilfe",
		"schulung-vorab", "schweigepflicht", "hygienebelehrung")
	ProofBases = define("proof_basis", "sgb8-72a", "bzrg-30a", "schutzkonzept")

	TeamSizes  = define("team_size", "allein", "tandem", "kleingruppe", "grossgruppe")
	Guidances  = define("guidance", "eng", "anfangs", "selbststaendig")
	Expenses   = define("expenses", "keine", "fahrtkosten", "alle-auslagen")
	Allowances = define("allowance", "keine", "betrag", "pauschal")
	TaxTypes   = define("tax_type", "keine", "ehrenamtspauschale", "uebungsleiter", "betreuer") // see [TaxLimit]
	Insurances = define("insurance", "unfall-gesetzlich", "unfall-traeger", "haftpflicht-traeger", "land-subsidiaer", "offen")
)

// ages are the first and last year of life in every band of AgeBands and RequestAges.
var ages = map[Code][2]int{
	"unter-16": {0, 15},
	"12-13":    {12, 13},
	"14-15":    {14, 15},
	"16-17":    {16, 17},
	"18-26":    {18, 26},
	"27-59":    {27, 59},
	"60-plus":  {60, 120},
	"ab-18":    {18, 120},
}

// Ages are the youngest and the oldest age of a band of [AgeBands] or [RequestAges]; false for an unknown or empty band.
func Ages(band Code) (youngest, oldest int, known bool) {
	a, known := ages[band]
	return a[0], a[1], known
}

// taxLimits are yearly amounts free of tax in euros, newest first within a type. Source: § 3 EStG as in force in the given year; a
// Betreuer shares the amount of the Übungsleiter.
var taxLimits = []struct {
	taxType Code
	law     string
	since   int // first calendar year
	euros   int
}{
	{"uebungsleiter", "§ 3 Nr. 26 EStG", 2026, 3300},
	{"uebungsleiter", "§ 3 Nr. 26 EStG", 2021, 3000},
	{"ehrenamtspauschale", "§ 3 Nr. 26a EStG", 2026, 960},
	{"ehrenamtspauschale", "§ 3 Nr. 26a EStG", 2021, 840},
	{"betreuer", "§ 3 Nr. 26b EStG", 2026, 3300},
	{"betreuer", "§ 3 Nr. 26b EStG", 2021, 3000},
}

// TaxLimit is how many euros of an allowance of that type are free of tax in a year, and by which law; false when the type has no
// limit or the year is before our table.
func TaxLimit(taxType Code, year int) (euros int, law string, ok bool) {
	for _, l := range taxLimits {
		if l.taxType == taxType && l.since <= year {
			return l.euros, l.law, true
		}
	}
	return 0, "", false
}

// Who is behind it.
var (
	OrganizationKinds = define("organization_kind",
		"association", "initiative", "office", "volunteer-center", "company", "school", "religious-community", "foundation")
	LegalForms = define("legal_form",
		"ev", "nicht-eingetragen", "ggmbh", "stiftung", "koerperschaft", "oeffentliche-stelle", "bildungseinrichtung", "unternehmen",
		"genossenschaft", "privatinitiative",
	).flag(FlagLegalPerson, "ev", "ggmbh", "stiftung", "koerperschaft", "oeffentliche-stelle", "bildungseinrichtung", "genossenschaft") // a company can be its owner
	AttestationLevels = define("attestation_level", "email-bestaetigt", "register-geprueft", "persoenlich-bekannt", "vereinbarung-72a") // rising

	InstanceKinds   = define("instance_kind", "bezirk", "kommune", "freiwilligenzentrum", "land")
	FederationModes = define("federation_mode", "off", "partners", "open")
	OutlineLayers   = define("outline_layer", "region", "teil")
	PartnerLevels   = define("partner_level", "vertraut", "geprueft", "nur-lesen", "gesperrt")

	// What a theme chooses of: corners, letters, and the ground behind the name of the site.
	ThemeRadii   = define("theme_radius", "rund", "klein", "eckig")
	ThemeFonts   = define("theme_font", "fira-sans", "system")
	ThemeHeaders = define("theme_header", "hell", "farbig")
)

// What somebody says about themselves and agrees to.
var (
	// ProfileParts are the parts of a profile that are shown or hidden together.
	ProfileParts = define("profile_part",
		"ort", "themen", "taetigkeiten", "zeiten", "rahmen", "kenntnisse", "lernen", "scheine", "sprachen", "zugang", "ausschluss", "alter", "ueber-mich")

	Motivations = define("motivation", "menschen", "lernen", "bewegung", "natur", "etwas-zurueckgeben", "beruf")

	// Switches are the ways in which others may find or invite somebody, and the purposes of the consents that allow it.
	Switches = define("switch", ByVolunteerCenter, ByOrganizations, ByAdministration, ByPartnerInstances, ExpertiseSearchable)
)

// Publishing, requests, decisions.
var (
	Visibilities = define("visibility", "intern", "instanz", "verbund", "offen", "anfrage")
	ContactVias  = define("contact_via", "formular", "agentur")
	Vias         = define("via", "direkt", "ohne-konto", "beratung", "telefon", "fediverse")

	// DecisionReasons are given by moderators.
	DecisionReasons = define("decision_reason",
		"unvollstaendig", "termin-unmoeglich", "doppelt", "nicht-gemeinnuetzig", "nicht-konform-charta", "organisation-ungeprueft",
		"rechtswidrig", "irrefuehrend", "arbeitsplatz-ersatz", "ungewoehnlicher-ort", "sonstiges")

	// ReportReasons are given by whoever reports something: what is dangerous first, then by how often it is meant.
	ReportReasons = define("report_reason",
		"gefahr-kind", "gefahr-person", "belaestigung", "hass", "persoenliche-daten", "spam", "irrefuehrend", "rechtswidrig", "arbeitsplatz-ersatz",
		"nicht-gemeinnuetzig", "nicht-konform-charta", "organisation-ungeprueft", "unvollstaendig", "termin-unmoeglich", "ungewoehnlicher-ort",
		"doppelt", "urheberrecht", "sonstiges")

	// DeclineReasons end a match request.
	DeclineReasons = define("decline_reason",
		"besetzt", "passt-zeitlich-nicht", "voraussetzung-fehlt", "anderes-angebot", "angebot-beendet", "keine-antwort", "keine-rueckmeldung",
		"keine-zeit", "zu-weit", "anderes-gefunden", "keine-angabe",
	).flag(FlagOrganization, "besetzt", "passt-zeitlich-nicht", "voraussetzung-fehlt", "anderes-angebot", "angebot-beendet", "keine-angabe").
		flag(FlagVolunteer, "keine-zeit", "zu-weit", "anderes-gefunden", "keine-angabe")

	// AdviceKinds are sorts of cases of the volunteer center; people ask for those with FlagVolunteer themselves.
	AdviceKinds = define("advice_kind", "beratung", "rueckruf", "merkliste", "anfrage", "nachricht").
			flag(FlagVolunteer, "beratung", "rueckruf", "merkliste")

	// HoursKinds say what time was given for, HoursSources who wrote it down.
	HoursKinds   = define("hours_kind", "einsatz", "vorbereitung", "fahrt", "schulung", "gremium")
	HoursSources = define("hours_source", "selbst", "organisation", "schicht-checkin")

	// PaperPurposes are what people agree to on paper, besides the assisted account itself.
	PaperPurposes = define("paper_purpose", ConsentSensitive, ByVolunteerCenter)

	// HelperScopes are what people let somebody do for them whom they trust.
	HelperScopes = define("helper_scope", HelpSearch, HelpRequests, HelpDates, HelpHours)

	// AdviceEnds are why a case of the volunteer center ends by itself.
	AdviceEnds = define("advice_end", "beantwortet", "beendet")
	// CertificateTypes are sorts of certificates; people ask for those with FlagVolunteer.
	CertificateTypes = define("certificate_type",
		"engagementnachweis", "freiwilligenpass-berlin-vorbereitung", "schueler-freiwilligenpass", "eak-nachweis", "kompetenznachweis", "schulungsteilnahme", "dankeskarte",
	).flag(FlagVolunteer, "engagementnachweis", "freiwilligenpass-berlin-vorbereitung", "schueler-freiwilligenpass", "eak-nachweis", "kompetenznachweis", "schulungsteilnahme")

	// CertificateParts are what a certificate says besides organization and period.
	CertificateParts = define("certificate_part", "name", "rolle", "stunden", "taetigkeiten", "kompetenzen", "zielgruppen")

	// OccasionKinds are sorts of events.
	OccasionKinds = define("event_kind",
		"treffen", "aktion", "benefiz", "austausch", "sprechstunde", "fortbildung", "ehrung", "marktplatz", "freiwilligentag", "onlinetreffen")

	// Repeats say how an event takes place again and again: on the same date of each month, on the same weekday counted from its beginning,
	// or on the last such weekday.
	Repeats = define("repeat", "taeglich", "woechentlich", "monatlich", "monatlich-wochentag", "monatlich-letzter")

	// SignUpKinds say whether one signs up for an event, and who decides.
	SignUpKinds = define("sign_up", "ohne", "hier", "mit-zusage")

	// Gates are the hard criteria of matching, in the order they are checked.
	Gates = define("gate",
		"status", "capacity", "visibility", "min-age", "minor", "distance", "time", "language", "license", "proof", "excluded", "access",
		"blocked", "consent")

	// SortingParts are what the order of suggestions depends on: the dimensions of matching, and how much attention is shared.
	SortingParts = define("sorting_part", "topic", "activity", "skill", "time", "distance", "target", "frame", "effort", "attention")

	// PassedGates may travel with a request, and only those the opportunity asked for: nothing about access needs, proofs or exclusions.
	PassedGates = define("passed_gate", "min-age-ok", "time-ok", "language-ok", "license-ok")
)
