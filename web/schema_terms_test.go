package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// term says which properties a type of schema.org has here (domain.md §6.5), those in need on every thing of that type that has a page of its own.
type term struct{ need, may []string }

var terms = map[string]term{
	"Demand":                  {[]string{"@id", "name", "url"}, []string{"description", "inLanguage", "seller", "availabilityStarts", "availabilityEnds", "validThrough", "eligibleQuantity", "itemOffered", "license"}},
	"Service":                 {[]string{"name"}, []string{"serviceType", "audience", "areaServed"}},
	"Offer":                   {[]string{"@id", "name", "url", "price", "priceCurrency", "itemOffered"}, []string{"description", "offeredBy"}},
	"Organization":            {[]string{"name", "url"}, organizationTerms},
	"NGO":                     {[]string{"name", "url"}, organizationTerms},
	"GovernmentOrganization":  {[]string{"name", "url"}, organizationTerms},
	"EducationalOrganization": {[]string{"name", "url"}, organizationTerms},
	"Event":                   {[]string{"@id", "name", "url", "startDate", "endDate", "eventStatus", "eventAttendanceMode", "location", "organizer"}, []string{"description", "inLanguage", "maximumAttendeeCapacity"}},
	"Place":                   {nil, []string{"name", "address", "geo"}},
	"VirtualLocation":         {[]string{"url"}, nil},
	"PostalAddress":           {[]string{"addressCountry"}, []string{"streetAddress", "postalCode", "addressLocality"}},
	"GeoCoordinates":          {[]string{"latitude", "longitude"}, nil},
	"QuantitativeValue":       {[]string{"value"}, nil},
}

var organizationTerms = []string{"@id", "description", "sameAs", "identifier", "knowsAbout", "location", "seeks", "makesOffer"}

// wrongTerms are what does not follow the table, in a document and everything in it.
func wrongTerms(doc any, path string) (wrong []string) {
	switch v := doc.(type) {
	case []any:
		for i, one := range v {
			wrong = append(wrong, wrongTerms(one, fmt.Sprint(path, "[", i, "]"))...)
		}
	case map[string]any:
		kind, _ := v["@type"].(string)
		known, ok := terms[kind]
		if !ok {
			return []string{path + ": type " + kind}
		}
		for _, property := range known.need {
			if v[property] == nil {
				wrong = append(wrong, path+": a "+kind+" without "+property)
			}
		}
		for property, value := range v {
			switch {
			case property == "@type" || property == "@context":
				continue
			case !slices.Contains(known.need, property) && !slices.Contains(known.may, property):
				wrong = append(wrong, path+": a "+kind+" with "+property)
			case slices.Contains([]string{"url", "@id", "sameAs", "license", "eventStatus", "eventAttendanceMode"}, property) && !strings.HasPrefix(fmt.Sprint(value), "http"):
				wrong = append(wrong, fmt.Sprint(path, ".", property, ": no address: ", value))
			case slices.Contains([]string{"startDate", "endDate", "validThrough"}, property):
				if _, err := time.Parse(time.RFC3339, fmt.Sprint(value)); err != nil {
					wrong = append(wrong, path+"."+property+": "+err.Error())
				}
			case strings.HasPrefix(property, "availability"):
				if _, err := time.Parse(time.DateOnly, fmt.Sprint(value)); err != nil {
					wrong = append(wrong, path+"."+property+": "+err.Error())
				}
			}
			wrong = append(wrong, wrongTerms(value, path+"."+property)...)
		}
	}
	return wrong
}

func TestWhatIsSaidInTheWordsOfSchemaOrgFollowsTheTable(t *testing.T) {
	s := realSite(t, withIDs).furnishWhole()
	org := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	event, online := s.occasion(org, "Lesefest"), s.occasion(org, "Netztreff", func(o *engagement.Occasion) { o.Online, o.Place = true, engagement.Place{} })
	offer := s.helpOffer("Türkisch übersetzen", org)
	paths := []string{"/termine/" + event.Code, "/termine/" + online.Code, "/ich-biete/" + offer.Code}
	for _, o := range s.orgs {
		if o.Local() && o.State == engagement.OrganizationActive {
			paths = append(paths, "/organisationen/"+o.Code)
		}
	}
	for _, o := range s.opps {
		if o.Local() && o.Live() && o.Visibility == "offen" {
			paths = append(paths, "/angebote/"+o.Code)
		}
	}
	kinds := map[string]bool{}
	for _, path := range paths {
		_, body := ask(t, s.Client, "GET", path+".jsonld")
		doc, err := parseJSON(body)
		if err != nil || doc["@context"] != "https://schema.org" {
			t.Fatalf("%s: %v, %s", path, err, body)
		}
		kinds[fmt.Sprint(doc["@type"])] = true
		for _, wrong := range wrongTerms(doc, path) {
			t.Error(wrong)
		}
		if len(s.Get(path).Want(200).Find(`link[type="application/ld+json"]`)) != 1 {
			t.Errorf("%s does not lead there", path)
		}
	}
	for _, kind := range []string{"Demand", "Offer", "NGO", "Event"} {
		if !kinds[kind] {
			t.Errorf("no %s was looked at", kind)
		}
	}
	t.Run("an organization says what it seeks and offers", func(t *testing.T) {
		_, body := ask(t, s.Client, "GET", "/organisationen/"+org.Code+".jsonld")
		doc, err := parseJSON(body)
		if err != nil || !slices.Contains(itemsOf(map[string]any{"items": doc["seeks"]}, "name"), reading) {
			t.Errorf("%v: seeks %v", err, doc["seeks"])
		}
		wantTexts(t, itemsOf(map[string]any{"items": doc["makesOffer"]}, "name"), []string{"Türkisch übersetzen"})
	})
	t.Run("and what is wrong is found", func(t *testing.T) {
		for _, doc := range []map[string]any{
			{"@type": "JobPosting"},
			{"@type": "Demand", "name": "x", "url": "https://a.example", "@id": "https://a.example", "baseSalary": 1},
			{"@type": "Event", "name": "x"},
			{"@type": "VirtualLocation", "url": "/termine"},
			{"@type": "Demand", "name": "x", "url": "https://a.example", "@id": "https://a.example", "validThrough": "bald"},
		} {
			if len(wrongTerms(doc, "")) == 0 {
				t.Errorf("found nothing in %v", doc)
			}
		}
	})
}

// shapes are the rules of DCAT-AP.de as far as they are ours (domain.md §6.6): how often a property is said of a thing, and what it is.
var shapes = []struct {
	kind, property string
	least, most    int // most 0: any number
	is             string
}{
	{"dcat:Catalog", "dct:title", 1, 0, "text"},
	{"dcat:Catalog", "dct:description", 1, 0, "text"},
	{"dcat:Catalog", "dct:publisher", 1, 1, "foaf:Agent"},
	{"dcat:Catalog", "dcat:dataset", 1, 0, "dcat:Dataset"},
	{"dcat:Catalog", "dct:license", 1, 1, "address"},
	{"dcat:Catalog", "foaf:homepage", 1, 1, "address"},
	{"foaf:Agent", "foaf:name", 1, 0, "text"},
	{"dcat:Dataset", "dct:title", 1, 0, "text"},
	{"dcat:Dataset", "dct:description", 1, 0, "text"},
	{"dcat:Dataset", "dct:identifier", 1, 1, "text"},
	{"dcat:Dataset", "dct:publisher", 1, 1, "address"},
	{"dcat:Dataset", "dcatde:contributorID", 1, 0, "http://dcat-ap.de/def/contributors/"},
	{"dcat:Dataset", "dcat:contactPoint", 1, 0, "vcard:Organization"},
	{"dcat:Dataset", "dcat:theme", 1, 0, "http://publications.europa.eu/resource/authority/data-theme/"},
	{"dcat:Dataset", "dcat:keyword", 1, 0, "text"},
	{"dcat:Dataset", "dct:issued", 0, 1, "time"},
	{"dcat:Dataset", "dct:modified", 0, 1, "time"},
	{"dcat:Dataset", "dct:accrualPeriodicity", 1, 1, "http://publications.europa.eu/resource/authority/frequency/"},
	{"dcat:Dataset", "dct:spatial", 1, 0, "http://dcat-ap.de/def/politicalGeocoding/"},
	{"dcat:Dataset", "dcatde:politicalGeocodingURI", 1, 0, "http://dcat-ap.de/def/politicalGeocoding/"},
	{"dcat:Dataset", "dcatde:politicalGeocodingLevelURI", 1, 1, "http://dcat-ap.de/def/politicalGeocoding/Level/"},
	{"dcat:Dataset", "dcat:distribution", 1, 0, "dcat:Distribution"},
	{"dcat:Distribution", "dcat:accessURL", 1, 0, "address"},
	{"dcat:Distribution", "dcat:downloadURL", 1, 0, "address"},
	{"dcat:Distribution", "dct:license", 1, 1, "http://dcat-ap.de/def/licenses/"},
	{"dcat:Distribution", "dcatde:licenseAttributionByText", 1, 0, "text"},
	{"dcat:Distribution", "dct:format", 1, 1, "http://publications.europa.eu/resource/authority/file-type/"},
	{"dcat:Distribution", "dcat:mediaType", 1, 1, "https://www.iana.org/assignments/media-types/"},
	{"vcard:Organization", "vcard:fn", 1, 1, "text"},
	{"vcard:Organization", "vcard:hasEmail", 0, 1, "mailto:"},
}

// brokenShapes are the rules that a graph in JSON-LD breaks, for one thing and those in it.
func brokenShapes(node map[string]any) (broken []string) {
	id := fmt.Sprint(node["@type"], " ", node["@id"])
	for _, rule := range shapes {
		if rule.kind != node["@type"] {
			continue
		}
		values, _ := node[rule.property].([]any)
		if n := len(values); n < rule.least || rule.most > 0 && n > rule.most {
			broken = append(broken, fmt.Sprint(id, ": ", n, " × ", rule.property))
		}
		for _, v := range values {
			m := v.(map[string]any)
			address, text := fmt.Sprint(m["@id"]), fmt.Sprint(m["@value"])
			ok := strings.HasPrefix(address, rule.is)
			switch rule.is {
			case "text":
				ok = m["@value"] != nil && strings.TrimSpace(text) != ""
			case "time":
				_, err := time.Parse(time.RFC3339, text)
				ok = err == nil && m["@type"] == "xsd:dateTime"
			case "address":
				ok = strings.HasPrefix(address, "http")
			default:
				if strings.Contains(rule.is, ":") && !strings.Contains(rule.is, "/") && rule.is != "mailto:" {
					ok = m["@type"] == rule.is
				}
			}
			if !ok {
				broken = append(broken, fmt.Sprint(id, ": ", rule.property, " is ", v, ", want ", rule.is))
			}
		}
	}
	for _, values := range node {
		list, _ := values.([]any)
		for _, v := range list {
			if m, ok := v.(map[string]any); ok && m["@value"] == nil && len(m) > 1 {
				broken = append(broken, brokenShapes(m)...)
			}
		}
	}
	return broken
}

func TestTheCatalogueHoldsTheRulesOfItsProfile(t *testing.T) {
	s := realSite(t).furnish()
	with := func(name string) map[string]any {
		s.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			i.Regions, i.Contributor = []string{"lor:09", "ags:11000000"}, name
			if err != nil {
				return err
			}
			return tx.PutInstance(&i)
		})
		_, text := ask(t, s.Client, "GET", "/offene-daten.jsonld")
		doc, err := parseJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	for _, b := range brokenShapes(with("landBerlin")) {
		t.Error(b)
	}
	t.Run("and one without its contributor does not", func(t *testing.T) {
		if got := brokenShapes(with("")); len(got) != 3 { // datasets
			t.Errorf("got %q", got)
		}
	})
}
