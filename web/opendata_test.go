package web_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// readCSV reads a file as a spreadsheet does, by column.
func readCSV(t *testing.T, text string) []map[string]string {
	t.Helper()
	body, marked := strings.CutPrefix(text, "\ufeff")
	if !marked {
		t.Errorf("the file begins without the mark of UTF-8: %.20q", text)
	}
	r := csv.NewReader(strings.NewReader(body))
	r.Comma = ';'
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			row[all[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func column(rows []map[string]string, name string) (values []string) {
	for _, row := range rows {
		values = append(values, row[name])
	}
	return values
}

func TestOpenDataHasWhatMayBeUsedByEverybody(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		s := realSiteOn(t, config).furnishWhole()
		org := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
		private := s.organization("Initiative Nachbarn (Demo)", func(o *engagement.Organization) { o.LegalForm = "privatinitiative" })
		gone := s.organization("Ehemalige e. V. (Demo)", func(o *engagement.Organization) { o.State = engagement.OrganizationSuspended })
		s.opportunity("Ohne Lizenz", org, func(o *engagement.Opportunity) { o.License = "" })
		s.opportunity("Nur hier", org, func(o *engagement.Opportunity) { o.Visibility = "instanz" })
		s.opportunity("Nur im Verbund", org, func(o *engagement.Opportunity) { o.Visibility = "verbund" })
		s.opportunity("Von Privatleuten", private)
		s.opportunity("Von Ehemaligen", gone)
		s.opportunity("Abgelaufen", org, func(o *engagement.Opportunity) { o.State = engagement.Expired })
		s.opportunity("Vorbei", org, func(o *engagement.Opportunity) { o.Commitment, o.StartsOn = "einmalig", "2026-11-01" })
		s.opportunity("Versteckt", org, func(o *engagement.Opportunity) { o.State = engagement.Hidden })
		s.opportunity("Pausiert", org, func(o *engagement.Opportunity) { o.State = engagement.Paused })
		s.occasion(private, "Treffen bei uns")
		s.occasion(org, "Zurückgezogen", func(o *engagement.Occasion) { o.State = engagement.OccasionWithdrawn })
		for name, want := range map[string][]string{
			"angebote": {
				"Beete pflegen im Gemeinschaftsgarten", "Kiezfest aufbauen", "Kindern vorlesen in der Kita", "Pausiert", "Plakate gestalten von zu Hause", "Spaziergänge mit älteren Menschen", "Von allem etwas",
			},
			"organisationen": {"Alles und mehr gGmbH (Demo)", "Haus am Müggelsee (Demo)", "Kiezgärten Adlershof (Demo)", "Leseinsel Dahmeufer e. V. (Demo)"},
			"termine":        {"Bootsfest", "Onlinetreff"},
		} {
			t.Run(name, func(t *testing.T) {
				property := map[bool]string{true: "name", false: "titel"}[name == "organisationen"]
				resp, text := ask(t, s.Client, "GET", "/offene-daten/"+name+".csv")
				rows := readCSV(t, text)
				got := column(rows, property)
				slices.Sort(got)
				wantTexts(t, got, want)
				if resp.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(resp.Header.Get("Link"), "licenses/by/4.0") || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/csv") {
					t.Errorf("headers %v", resp.Header)
				}
				_, text = ask(t, s.Client, "GET", "/offene-daten/"+name+".json")
				doc, err := parseJSON(text)
				if err != nil {
					t.Fatal(err)
				}
				got = itemsOf(doc, map[bool]string{true: "name", false: "title"}[name == "organisationen"])
				slices.Sort(got)
				wantTexts(t, got, want)
				if got := fmt.Sprint(doc["attribution"]); !strings.HasPrefix(got, "Mitmachen in Treptow-Köpenick, ") {
					t.Errorf("attribution %q", got)
				}
				_, schema := described(t, s.Client)
				for _, item := range doc["items"].([]any) {
					for _, p := range schema.check(name, map[string]any{"$ref": "#/components/schemas/" + map[string]string{"angebote": "Opportunity", "organisationen": "Organization", "termine": "Event"}[name]}, item) {
						t.Error(p)
					}
				}
				_, text = ask(t, s.Client, "GET", "/offene-daten/"+name+".geojson")
				if doc, err = parseJSON(text); err != nil || doc["type"] != "FeatureCollection" || len(doc["features"].([]any)) == 0 {
					t.Fatalf("%v: %s", err, text)
				}
				for _, f := range doc["features"].([]any) {
					at := dig(f, "geometry", "coordinates").([]any)
					if dig(f, "type") != "Feature" || dig(f, "geometry", "type") != "Point" || at[0].(float64) > 15 || at[1].(float64) < 47 {
						t.Errorf("not a point in Germany, longitude first: %v", f)
					}
				}
			})
		}
	})
}

func TestTheCSVOfOpportunitiesHasTheColumnsOfTheHandbook(t *testing.T) {
	s := realSite(t).furnish()
	_, text := ask(t, s.Client, "GET", "/offene-daten/angebote.csv")
	head, _, _ := strings.Cut(strings.TrimPrefix(text, "\ufeff"), "\r\n")
	want := "id;organisation;titel;kurztext;beschreibung;bereiche;themen;taetigkeiten;zielgruppen;kompetenzen;engagementform;tage;stunden_min;stunden_max;beginn;ende;modus;strasse;plz;ort;genauigkeit;zugang;" +
		"mindestalter;nachweise;plaetze;sprachen;auslagen;versicherung;kontakt_rolle;kontakt_mail;sichtbarkeit;bestaetigt_am;url"
	if got := strings.ReplaceAll(head, `"`, ""); got != want {
		t.Errorf("got %s", got)
	}
	rows := readCSV(t, text)
	i := slices.Index(column(rows, "titel"), "Kindern vorlesen in der Kita")
	for name, want := range map[string]string{
		"organisation": "Leseinsel Dahmeufer e. V. (Demo)", "bereiche": "schule-kita", "tage": "di-nachmittag|do-nachmittag", "stunden_max": "2", "plz": "12555", "genauigkeit": "ortsteil", "zugang": "stufenlos-eingang",
		"mindestalter": "16", "plaetze": "6", "sprachen": "de", "kontakt_rolle": "", "kontakt_mail": "", "sichtbarkeit": "offen", "bestaetigt_am": "2026-11-24",
	} {
		if got := rows[i][name]; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// UPL-08: no cell is a formula, and no text breaks out of its cell.
func TestNoCellOfACSVFileIsAFormula(t *testing.T) {
	s := realSite(t)
	org := s.organization("=HYPERLINK(\"https://evil.example\") e. V.")
	texts := []string{"=1+1", "+49 30 1", "-2", "@SUM(A1)", "|calc", "＝1+1", " =1+1", "\t=1", `"=1+1";=2`, "'=1", "\"\"=1", "a;b\n=c", "=cmd|' /C calc'!A0"}
	for i, text := range texts {
		s.opportunity(fmt.Sprintf("Angebot %d", i), org, func(o *engagement.Opportunity) { o.Summary, o.Description = text, text })
	}
	_, text := ask(t, s.Client, "GET", "/offene-daten/angebote.csv")
	rows := readCSV(t, text)
	if len(rows) != len(texts) {
		t.Fatalf("%d rows, want %d", len(rows), len(texts))
	}
	for _, row := range rows {
		for name, cell := range row {
			if start := strings.TrimLeft(cell, " \t\r\n\""); start != "" && strings.ContainsAny(start[:1], "=+-@|") || strings.HasPrefix(start, "＝") {
				t.Errorf("%s: %q is a formula", name, cell)
			}
		}
		if got := row["organisation"]; !strings.HasPrefix(got, "'=HYPERLINK") {
			t.Errorf("organisation %q", got)
		}
	}
}

// triples are the statements of the catalogue in JSON-LD as lines, to be compared with those of Turtle.
func triples(node map[string]any, into map[string]bool) string {
	id, _ := node["@id"].(string)
	if id == "" {
		id = "_:"
	}
	for property, values := range node {
		list, ok := values.([]any)
		if !ok {
			continue
		}
		for _, v := range list {
			m := v.(map[string]any)
			object := fmt.Sprint(m["@value"], "@", m["@language"], "^", m["@type"])
			switch {
			case m["@value"] != nil:
			case len(m) == 1:
				object = m["@id"].(string)
			default:
				object = triples(m, into)
			}
			into[id+" "+property+" "+object] = true
		}
	}
	return id
}

func TestTheCatalogueSaysWhatThereIs(t *testing.T) {
	s := realSite(t).furnish()
	s.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		i.Regions, i.Name = []string{"lor:09", "ags:11000000"}, `Mitmachen "in" Köpenick\`
		if err != nil {
			return err
		}
		return tx.PutInstance(&i)
	})
	resp, text := ask(t, s.Client, "GET", "/offene-daten.jsonld")
	doc, err := parseJSON(text)
	if err != nil || resp.Header.Get("Content-Type") != "application/ld+json" {
		t.Fatalf("%v, %s", err, resp.Header.Get("Content-Type"))
	}
	said := map[string]bool{}
	triples(doc, said)
	page := s.Base + "/offene-daten"
	for _, want := range []string{
		page + " dcat:dataset " + page + "#angebote", page + " dct:publisher " + page + "#betreiber", page + "#angebote dcat:theme http://publications.europa.eu/resource/authority/data-theme/SOCI",
		page + "#angebote dcatde:politicalGeocodingURI http://dcat-ap.de/def/politicalGeocoding/municipalityKey/11000000",
		page + "#angebote dcatde:politicalGeocodingLevelURI http://dcat-ap.de/def/politicalGeocoding/Level/municipality",
		page + "#termine dct:accrualPeriodicity http://publications.europa.eu/resource/authority/frequency/DAILY", page + "/termine.csv dct:license http://dcat-ap.de/def/licenses/cc-by/4.0",
		page + "/angebote.geojson dct:format http://publications.europa.eu/resource/authority/file-type/GEOJSON", "_: vcard:hasEmail mailto:hallo@seestern.example", "_: vcard:fn Freiwilligenzentrum (Demo)@de^<nil>",
	} {
		if !said[want] {
			t.Errorf("not said: %s", want)
		}
	}
	for _, set := range doc["dcat:dataset"].([]any) {
		for _, file := range dig(set, "dcat:distribution").([]any) {
			address := dig(dig(file, "dcat:downloadURL").([]any)[0], "@id").(string)
			media := strings.TrimPrefix(dig(dig(file, "dcat:mediaType").([]any)[0], "@id").(string), "https://www.iana.org/assignments/media-types/")
			if resp, _ := ask(t, s.Client, "GET", strings.TrimPrefix(address, s.Base)); resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), media) {
				t.Errorf("%s: got %d, %s, want %s", address, resp.StatusCode, resp.Header.Get("Content-Type"), media)
			}
		}
	}
	t.Run("in Turtle, too", func(t *testing.T) {
		resp, text := ask(t, s.Client, "GET", "/offene-daten.ttl")
		if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/turtle") {
			t.Fatalf("%d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
		}
		got := turtleTriples(t, text)
		for want := range said {
			if !got[want] {
				t.Errorf("not said: %s", want)
			}
		}
		if len(got) != len(said) {
			t.Errorf("%d statements, want %d", len(got), len(said))
		}
	})
}

// turtleTriples reads the part of Turtle that the catalogue is written in, and nothing else.
func turtleTriples(t *testing.T, text string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	rest := text
	skip := func() { rest = strings.TrimLeft(rest, " \n") }
	token := func() string {
		skip()
		end := 0
		switch {
		case rest[0] == '<':
			end = strings.Index(rest, ">") + 1
		case rest[0] == '"':
			for end = 1; rest[end] != '"'; end++ {
				if rest[end] == '\\' {
					end++
				}
			}
			end += 1 + strings.IndexAny(rest[end+1:], " \n")
			end++
			end--
		default:
			end = strings.IndexAny(rest, " \n")
		}
		out := rest[:end]
		rest = rest[end:]
		return out
	}
	for strings.HasPrefix(rest, "@prefix") {
		_, rest, _ = strings.Cut(rest, " .\n")
	}
	var says func(subject, end string)
	object := func() string {
		switch v := token(); {
		case v == "[":
			says("_:", "]")
			return "_:"
		case v[0] == '<':
			return strings.Trim(v, "<>")
		default:
			value, mark := v[1:strings.LastIndex(v, `"`)], v[strings.LastIndex(v, `"`)+1:]
			lang, datatype := "<nil>", "<nil>"
			if l, ok := strings.CutPrefix(mark, "@"); ok {
				lang = l
			}
			if d, ok := strings.CutPrefix(mark, "^^"); ok {
				datatype = d
			}
			return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(value) + "@" + lang + "^" + datatype
		}
	}
	says = func(subject, end string) {
		for {
			if property := token(); property == "a" {
				token()
			} else {
				all[subject+" "+property+" "+object()] = true
			}
			if mark := token(); mark == end {
				return
			} else if mark != ";" {
				t.Fatalf("%q in front of %.60q", mark, rest)
			}
		}
	}
	for skip(); rest != ""; skip() {
		says(strings.Trim(token(), "<>"), ".")
	}
	return all
}

func TestThePageOfOpenData(t *testing.T) {
	s := realSite(t).furnish()
	for _, prefix := range []string{"", "/en", "/ls"} {
		page := s.Get(prefix + "/offene-daten").Want(200)
		for _, p := range page.Problems() {
			t.Error(p)
		}
		if !slices.Contains(page.Texts(".s-footer a"), map[string]string{"": "Offene Daten", "/en": "Open data", "/ls": "Offene Daten"}[prefix]) {
			t.Errorf("%s: the footer does not lead to it", prefix)
		}
		for _, link := range page.Find("main a[href^='/offene-daten']") {
			for _, a := range link.Attr {
				if a.Key == "href" {
					s.Another().Get(a.Val).Want(200)
				}
			}
		}
		if got := len(page.Find("main a[href^='/offene-daten']")); got != 11 {
			t.Errorf("%s: %d files, want 11", prefix, got)
		}
	}
}
