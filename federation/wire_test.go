package federation_test

import (
	"crypto"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
)

// What the documents of these tests are about: an organization of a.example seeks people who read to children, and a volunteer of
// b.example would like to.
const (
	boardKey       = "9a8b7c6d-2222-7333-8444-555566667777"
	orgKey         = "7b1c0f0e-5a55-7b0f-9d0a-0d6c3b1b9a01"
	eventKey       = "4c5d6e7f-1111-7222-8333-444455556666"
	opportunityKey = "01890a5d-ac96-774b-bcce-b302099a8057"
	personToken    = "5f0c6e1d8a9b4c2e8f7a6b5c4d3e2f10"
	helpOfferKey   = "01890a60-0c11-7f4e-9d1a-5e6f7a8b9c01"
	centerKey      = "3c9d7e10-8f0a-7e1b-a2c3-d4e5f6a7b802"
	offerKey       = "0b9d6c4e-9f7e-4a37-8a63-6b8f0d8a1111"
	acceptKey      = "b7e0b5a8-5d7d-4d6a-8c5c-1e5a4c6d4444"
	agreementKey   = "0e5d2a1c-6d65-4b0e-9e5b-7f0f1d2e5555"

	boardIRI       = "https://a.example/ap/board/" + boardKey
	orgIRI         = "https://a.example/ap/org/" + orgKey
	eventIRI       = "https://a.example/ap/event/" + eventKey
	joinIRI        = "https://m.example/join/1"
	opportunityIRI = "https://a.example/ap/opportunity/" + opportunityKey
	personIRI      = "https://b.example/ap/person/" + personToken
	offerIRI       = "https://b.example/ap/activity/" + offerKey
	acceptIRI      = "https://a.example/ap/activity/" + acceptKey
	agreementIRI   = "https://a.example/ap/agreement/" + agreementKey
	helpOfferIRI   = "https://b.example/ap/help-offer/" + helpOfferKey
	centerIRI      = "https://b.example/ap/org/" + centerKey
	memberIRI      = "https://m.example/users/member_a"
)

// secret stands in every field of the nouns that must not be on the wire.
const secret = "GEHEIM"

// publicPEM is a key of which nobody has the private half.
const publicPEM = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmPxkFlW3Jq93G8XQLIrn
IXdV8UAZ/Arzf5lxmLT3/DzjcDCGcxcj4JEO4MNOX4UJTTWTLQmtgPWSV1s8XwdP
gGl0x7Ns0UCgIPngEM1kxCbyiIXg1d8DeyUqHVM7LXv2Nr/CmKm7tpBwPmTINsau
BhsXj92dQs4XrcJaoZAaCqxb9hndF6rv0/MOBLGKL2ZJIfW8NZFLYmSDlK9PqQbB
ZETqw6SrmHEzYTykQl8UFZ1wXsG4V3SKBBwFLH8H/t0iLZ8gckwu7l35qLe/cQzB
MThg+CatqmkzQ5O+Pm2vIhkP+1rykJQFrrOaCne0MrX6k0rWvrpg6affTMbY617d
YQIDAQAB
-----END PUBLIC KEY-----
`

func testKey(t testing.TB, owner string) federation.PublicKey {
	t.Helper()
	key, err := federation.ParsePublicKey(publicPEM)
	if err != nil {
		t.Fatal(err)
	}
	return federation.PublicKey{ID: owner + "#main-key", Owner: owner, Key: crypto.PublicKey(key)}
}

// testCodec is the codec of an instance with the real words and made-up page addresses.
func testCodec(t testing.TB, base string) federation.Codec {
	t.Helper()
	return federation.Codec{
		Base:  mustBase(t, base),
		Words: func(l engagement.Lang) federation.Words { return testWords(t, l) },
		Pages: federation.Pages{
			Opportunity: func(o engagement.Opportunity) string { return "/angebote/" + o.Code + "-vorlesen-in-der-grundschule" },
			Organization: func(o engagement.Organization) string {
				return "/organisationen/" + o.Code + "-beispielverein-vorlesen"
			},
			Announcement: func(a engagement.Announcement) string { return "/neuigkeiten/" + a.Code + "-sprechstunde-ehrenamt" },
			Board: func(b engagement.Board) string {
				return map[engagement.BoardKind]string{engagement.PlaceBoard: "/orte/", engagement.TopicBoard: "/themen/"}[b.Kind] + b.Handle
			},
			Presence:      func(p engagement.Presence) string { return "/personen/" + p.Handle },
			Occasion:      func(o engagement.Occasion) string { return "/termine/" + o.Code + "-uferputz" },
			SignUp:        func(o engagement.Occasion) string { return "/termine/" + o.Code + "/anmelden" },
			HelpOffer:     func(h engagement.HelpOffer) string { return "/ich-biete/" + h.Code + "-tuerkisch-uebersetzen" },
			Organizations: func() string { return "/organisationen" },
			Open:          func(object string) string { return "/oeffnen?objekt=" + object },
			Help:          func(object string) string { return "/helfen?objekt=" + object },
			Search:        func(words string) string { return "/angebote?q=" + strings.ToLower(words) },
			Interest: func(o engagement.Opportunity, token string) string {
				return "/angebote/" + o.Code + "-vorlesen-in-der-grundschule/interesse?t=" + token
			},
		},
	}
}

var catalogues = map[string]map[string]any{}

// testWords reads the locale files of web, as cmd lets web do.
func testWords(t testing.TB, l engagement.Lang) federation.Words {
	t.Helper()
	folder := "de"
	if l == "en" {
		folder = "en"
	}
	words := catalogues[folder]
	if words == nil {
		words = map[string]any{}
		for _, name := range []string{"wire", "codes"} {
			raw, err := os.ReadFile(filepath.Join("..", "web", "locale", folder, name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &words); err != nil {
				t.Fatal(err)
			}
		}
		catalogues[folder] = words
	}
	say := func(key string, args map[string]any) string {
		pattern, ok := words[key].(string)
		if forms, plural := words[key].(map[string]any); plural {
			form := "other"
			if args["n"] == 1 {
				form = "one"
			}
			pattern, ok = forms[form].(string)
		}
		if !ok {
			t.Errorf("%s/*.json has no %s", folder, key)
		}
		for name, value := range args {
			pattern = strings.ReplaceAll(pattern, "{"+name+"}", fmt.Sprint(value))
		}
		return pattern
	}
	return federation.Words{
		Text: say,
		Label: func(vocabulary string, code engagement.Code) string {
			return say("code."+vocabulary+"."+string(code), nil)
		},
		Day: func(d engagement.Date) string { return d.Time().Format("2.1.2006") },
		Span: func(from, to time.Time) string {
			return from.Format("2.1.2006, 15") + "–" + to.Format("15") + " Uhr"
		},
		Number: func(f float64) string { return strings.Replace(strconv.FormatFloat(f, 'f', -1, 64), ".", ",", 1) },
	}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// withSecrets fills every empty text field whose class keeps it from the public.
func withSecrets[T any](noun T) T {
	v := reflect.ValueOf(&noun).Elem()
	for i := range v.NumField() {
		f, class := v.Field(i), v.Type().Field(i).Tag.Get("class")
		if class == "pub" || class == "tec" && v.Type().Field(i).Name == "ID" {
			continue
		}
		hide(f)
	}
	return noun
}

func hide(f reflect.Value) {
	switch {
	case f.Kind() == reflect.String && f.Len() == 0:
		f.SetString(secret)
	case f.Kind() == reflect.Struct:
		for i := range f.NumField() {
			if f.Field(i).CanSet() {
				hide(f.Field(i))
			}
		}
	}
}

func testOrganization() engagement.Organization {
	o := withSecrets(engagement.Organization{
		ID: orgKey, Code: "n7w2k8rt", Handle: "beispielverein_vorlesen", Kind: "association", LegalForm: "ev", Name: "Beispielverein Vorlesen e. V.",
		Summary: "Wir lesen in Grundschulen vor.", Description: "Seit 2009, mit **dreißig** Menschen.", Web: "https://verein.example/",
		Register: "VR 00000, Beispielgericht", Charitable: true, Place: koepenick(), Areas: []engagement.Code{"schule-kita"}, Languages: []string{"de"},
		ContactRole: "Koordination", ContactMail: "kontakt@verein.example", State: engagement.OrganizationActive, Created: at("2026-03-01T00:00:00Z"),
	})
	o.Origin, o.IRI, o.URL = "", "", ""
	return o
}

func testBoard() engagement.Board {
	return engagement.Board{
		ID: boardKey, Handle: "koepenick", Kind: engagement.PlaceBoard, Name: "Mitmachen in Köpenick", Summary: "Alle Angebote und Neuigkeiten aus Köpenick.",
		Place: koepenick(), RadiusKM: 5, Organization: orgKey, State: engagement.BoardActive, Created: at("2026-03-01T00:00:00Z"),
	}
}

// koepenick has an address that only people who agreed may know.
func koepenick() engagement.Place {
	return engagement.Place{
		Name: secret, Street: secret, House: "7", Postcode: "12555", Locality: "Berlin-Köpenick", Region: "lor:09",
		Point: geo.Point{Lat: 52.4499, Lon: 13.5799}, Exact: true, Centroid: geo.Point{Lat: 52.4455, Lon: 13.5745}, Precision: "ortsteil", Note: secret,
	}
}

func testOpportunity() engagement.Opportunity {
	o := withSecrets(engagement.Opportunity{
		ID: opportunityKey, Code: "k3v9qd2x", Organization: orgKey, Kind: "engagement", Title: "Vorlesen in der Grundschule",
		Summary:     "Wir suchen zwei Menschen, die Kindern dienstags vorlesen.",
		Description: "Eine Stunde in der Woche, in kleinen Gruppen:\n\n- Bücher sind **da**\n- wir arbeiten Sie ein",
		Lang:        "de", Areas: []engagement.Code{"schule-kita"}, Topics: []engagement.Code{"lesepate"}, Activities: []engagement.Code{"vorlesen"},
		Skills: []engagement.SkillNeed{
			{Code: "lesefoerderung", Required: true, Mandatory: true},
			{Code: "gruppen-anleiten", Level: "grundkenntnisse"},
		},
		TargetGroups: []engagement.Code{"kinder-6-12"}, Commitment: "regelmaessig", Rhythm: "pro-woche", HoursMin: 1, HoursMax: 1.5, MinMonths: 6,
		Grid: engagement.Slot("di", "nachmittag"), StartsOn: "2026-11-17", Mode: "vor-ort", Places: []engagement.Place{koepenick()},
		Access: map[engagement.Code]engagement.Code{"stufenlos-eingang": "ja", "aufzug": "nein"}, MinAge: 16, MinorPolicy: "ab-16",
		Proofs: []engagement.Code{"fuehrungszeugnis-erweitert"}, ProofBasis: "sgb8-72a", Taster: true,
		Languages: []engagement.LanguageNeed{{Code: "de", Level: "B1"}}, TeamSize: "tandem", Guidance: "anfangs", Induction: "Ein Nachmittag vorab.",
		Expenses: "fahrtkosten", Allowance: "keine", Insurance: []engagement.Code{"unfall-traeger"}, Capacity: 3, Taken: 1, Waitlist: true,
		UrgentUntil: "2026-11-14", ContactRole: secret, Visibility: "offen", License: "cc-by-4.0", State: engagement.Published,
		Published: at("2026-11-02T08:00:00Z"), Confirmed: at("2026-11-02T08:00:00Z"),
	})
	o.Origin, o.IRI, o.URL = "", "", ""
	return o
}

// testOccasion takes place at an address that everybody may know.
func testOccasion() engagement.Occasion {
	o := withSecrets(engagement.Occasion{
		ID: eventKey, Code: "r5n2tk7w", Organization: orgKey, Kind: "aktion", Title: "Uferputz am Beispielufer", Teaser: "Handschuhe sind da.",
		Text: "Wir sammeln **Müll** am Ufer.", Lang: "de", Starts: at("2026-12-05T09:00:00Z"), Ends: at("2026-12-05T12:00:00Z"), Zone: "Europe/Berlin",
		Place: engagement.Place{
			Name: "Bootshaus am Beispielufer", Street: "Beispielufer", House: "1", Postcode: "12527", Locality: "Berlin-Grünau", Region: "lor:09",
			Point: geo.Point{Lat: 52.4125, Lon: 13.5805}, Exact: true, Centroid: geo.Point{Lat: 52.42, Lon: 13.58}, Precision: "genau", Note: "am Steg",
		},
		Capacity: 30, SignUp: "hier", State: engagement.OccasionScheduled, Published: at("2026-11-02T08:00:00Z"),
	})
	o.Origin, o.IRI, o.URL = "", "", ""
	return o
}

const directedIRI = "https://a.example/ap/opportunity/f5778899-cccc-7ddd-8eee-ffff00001111"

// testDirected is what an organization of a.example asks b.example.
func testDirected() engagement.Opportunity {
	o := testOpportunity()
	return engagement.Opportunity{
		ID: "f5778899-cccc-7ddd-8eee-ffff00001111", Code: "w4erk5tt", Organization: o.Organization, Kind: "projektanfrage", Lang: "de", Visibility: "anfrage",
		Title: "Moderation für Bürgerwerkstatt gesucht", Hosts: []string{"b.example"},
		Description: "Für eine Bürgerwerkstatt zum Schulweg suchen wir zwei Menschen mit Erfahrung in Moderation.",
		Areas:       []engagement.Code{"lokales"}, Activities: []engagement.Code{"moderieren"}, Mode: "vor-ort", Places: o.Places[:1], Capacity: 2, State: engagement.Published,
		Published: at("2026-11-04T10:00:00Z"), Confirmed: at("2026-11-04T10:00:00Z"), Expires: at("2026-11-18T10:00:00Z"), ContactRole: "Anlaufstelle Beteiligung",
		Project: engagement.Project{Goal: "Bürgerwerkstatt Schulweg", Effort: "zwei Abende zu drei Stunden", Results: true, Ask: []string{"name", "email"}},
	}
}

// testHelpOffer is what a volunteer of b.example offers in the name of its volunteer center.
func testHelpOffer() engagement.HelpOffer {
	h := withSecrets(engagement.HelpOffer{
		ID: helpOfferKey, Code: "m4t7xa2k", Organization: centerKey, Kind: "hilfe", Title: "Türkisch übersetzen",
		Text: "Ich helfe beim Übersetzen von Briefen und bei Gesprächen.", Lang: "de", Areas: []engagement.Code{"soziales"},
		Activities: []engagement.Code{"uebersetzen-dolmetschen"}, Skills: []engagement.Code{"dolmetschen"}, Languages: []engagement.Code{"de", "tr"},
		Grid: engagement.Slot("di", "abend"), Mode: "hybrid", Place: koepenick(), RadiusKM: 3, Quantity: 1, Visibility: "offen", State: engagement.Published,
		Published: at("2026-11-02T09:00:00Z"), Expires: at("2027-01-31T09:00:00Z"),
	})
	h.Origin, h.IRI, h.URL = "", "", ""
	return h
}

func testCenter() engagement.Organization {
	o := testOrganization()
	o.ID, o.Code, o.Handle, o.Kind, o.Name = centerKey, "p6r2t9wx", "freiwilligenzentrum", "volunteer-center", "Freiwilligenzentrum Beispielstadt"
	return o
}

func testInstance() engagement.Instance {
	return withSecrets(engagement.Instance{
		Name: "Mitmachen im Bezirk", Summary: "Engagement im Bezirk", Kind: "bezirk", Regions: []string{"ags:11000000", "lor:09"},
		Place: "Berlin Treptow-Köpenick", Center: geo.Point{Lat: 52.4421, Lon: 13.5751}, RadiusKM: 12, Created: at("2026-01-10T00:00:00Z"),
	})
}

// homeRequest is the request as the volunteer's instance has it, originRequest as the organization's.
func homeRequest() engagement.MatchRequest {
	m := withSecrets(engagement.MatchRequest{
		Direction: "interest", Opportunity: opportunityKey, Organization: orgKey, Person: personToken, Via: "ohne-konto", Quantity: 1,
		SeenVersion: at("2026-11-02T08:00:00Z"), Text: "Dienstags passt mir gut.", SendText: true, Gates: []string{"min-age-ok", "time-ok", "access-ok"},
		Card: engagement.Card{"name": "Vorname N.", "email": "name@mail.example"}, CardUntil: at("2027-02-02T12:00:00Z"), Offer: offerIRI,
		AcceptIRI: acceptIRI, Agreement: agreementIRI,
	})
	m.Home, m.Origin, m.HelpOffer = "", "a.example", ""
	return m
}

func originRequest() engagement.MatchRequest {
	m := withSecrets(engagement.MatchRequest{
		Direction: "interest", Opportunity: opportunityKey, Organization: orgKey, Person: personIRI, Via: "direkt", Quantity: 1,
		SeenVersion: at("2026-11-02T08:00:00Z"), Offer: offerIRI, Accept: acceptKey, Agreement: agreementKey,
		Worked: engagement.Worked{From: "2026-11-17", Until: "2027-01-26", Hours: 9},
	})
	m.Home, m.Origin, m.HelpOffer = "b.example", "", ""
	return m
}

// copies are opportunity and organization as b.example has them.
func copies() (engagement.Opportunity, engagement.Organization) {
	o, org := testOpportunity(), testOrganization()
	o.ID, o.Origin, o.IRI = "0199aaaa-0000-7000-8000-000000000001", "a.example", opportunityIRI
	org.ID, org.Origin, org.IRI = "0199aaaa-0000-7000-8000-000000000002", "a.example", orgIRI
	return o, org
}
