package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// The catalogue of the open data in the words of DCAT-AP.de, from which data portals harvest. It is one graph that is written in two ways.

// prefixes of the vocabularies.
var prefixes = map[string]string{
	"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "dcatde": "http://dcat-ap.de/def/dcatde/", "foaf": "http://xmlns.com/foaf/0.1/",
	"vcard": "http://www.w3.org/2006/vcard/ns#", "xsd": "http://www.w3.org/2001/XMLSchema#",
}

const (
	authority    = "http://publications.europa.eu/resource/authority/"
	geocoding    = "http://dcat-ap.de/def/politicalGeocoding/"
	licenseOfGov = "http://dcat-ap.de/def/licenses/cc-by/4.0"
	contributors = "http://dcat-ap.de/def/contributors/"
)

// resource is a thing of the graph with what is said about it.
type resource struct {
	id   string // empty: it has no name of its own
	kind string // with prefix
	says []statement
}

// statement is a property with one value.
type statement struct {
	property string // with prefix
	value    any    // iri, literal or *resource
}

type iri string

type literal struct{ text, lang, datatype string }

func (r *resource) say(property string, values ...any) {
	for _, v := range values {
		if v != nil {
			r.says = append(r.says, statement{property, v})
		}
	}
}

func inGerman(text string) any { return literal{text: text, lang: "de"} }
func unmarked(text string) any { return literal{text: text} }

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return literal{text: second(t).Format(time.RFC3339), datatype: "xsd:dateTime"}
}

// catalogue is the graph.
func (s *Server) catalogue(r *Request) (*resource, error) {
	site := s.instance.Load()
	var newest map[string]time.Time
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		newest, err = datesOf(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	page := s.base.String() + openDataPath
	publisher := &resource{id: page + "#betreiber", kind: "foaf:Agent"}
	publisher.say("foaf:name", inGerman(clean(cmp.Or(site.Operator, site.Name), false)))
	c := &resource{id: page, kind: "dcat:Catalog"}
	c.say("dct:title", inGerman(s.words.T(German, "data.catalogue", pairs([]any{"site", clean(site.Name, false)}))))
	c.say("dct:description", inGerman(s.words.T(German, "data.lead", nil)))
	c.say("dct:publisher", publisher)
	c.say("dct:license", iri(licenseOfGov))
	c.say("dct:language", iri(authority+"language/DEU"))
	c.say("foaf:homepage", iri(s.base.String()+"/"))
	c.say("dcat:themeTaxonomy", iri(authority+"data-theme"))
	c.say("dct:issued", moment(site.Created))
	for _, d := range datasets {
		c.say("dcat:dataset", s.describeData(d, page, publisher.id, newest[d.name]))
	}
	return c, nil
}

// datesOf are the times of the newest version in each dataset.
func datesOf(tx *store.Tx) (map[string]time.Time, error) {
	newest := map[string]time.Time{}
	opportunities, err := tx.OpportunitiesChanged(true, time.Time{}, "", 1)
	if err != nil {
		return nil, err
	}
	for _, o := range opportunities {
		newest["angebote"] = o.Changed
	}
	occasions, err := tx.OccasionsChanged(tx.Now(), time.Time{}, "", 1)
	for _, o := range occasions {
		newest["termine"] = o.VersionTime()
	}
	return newest, err
}

func (s *Server) describeData(d dataset, page, publisher string, newest time.Time) *resource {
	site := s.instance.Load()
	title := s.words.T(German, d.title, nil)
	r := &resource{id: page + "#" + d.name, kind: "dcat:Dataset"}
	r.say("dct:title", inGerman(title))
	r.say("dct:description", inGerman(s.words.T(German, d.about, nil)))
	r.say("dct:identifier", unmarked(page+"#"+d.name))
	r.say("dct:publisher", iri(publisher))
	if site.Contributor != "" {
		r.say("dcatde:contributorID", iri(contributors+site.Contributor))
	}
	r.say("dcat:contactPoint", s.contactPoint())
	for _, theme := range d.themes {
		r.say("dcat:theme", iri(authority+"data-theme/"+theme))
	}
	for _, word := range d.keywords {
		r.say("dcat:keyword", inGerman(word))
	}
	r.say("dct:issued", moment(site.Created))
	r.say("dct:modified", moment(newest))
	r.say("dct:accrualPeriodicity", iri(authority+"frequency/DAILY"))
	r.say("dct:accessRights", iri(authority+"access-right/PUBLIC"))
	r.say("dct:language", iri(authority+"language/DEU"))
	r.say("dcat:landingPage", iri(page))
	for _, region := range site.Regions {
		if place, level := geocoded(region); place != "" {
			r.say("dct:spatial", iri(place))
			r.say("dcatde:politicalGeocodingURI", iri(place))
			r.say("dcatde:politicalGeocodingLevelURI", iri(level))
		}
	}
	for _, f := range dataFormats {
		file := &resource{id: s.base.String() + d.path(f), kind: "dcat:Distribution"}
		file.say("dct:title", inGerman(title+" ("+f.name()+")"))
		file.say("dcat:accessURL", iri(file.id))
		file.say("dcat:downloadURL", iri(file.id))
		file.say("dct:format", iri(authority+"file-type/"+f.fileType))
		file.say("dcat:mediaType", iri("https://www.iana.org/assignments/media-types/"+f.media))
		file.say("dct:license", iri(licenseOfGov))
		file.say("dcatde:licenseAttributionByText", inGerman(s.attribution()))
		r.say("dcat:distribution", file)
	}
	return r
}

// contactPoint is whom to ask about the data: the operator, not a person.
func (s *Server) contactPoint() *resource {
	site := s.instance.Load()
	r := &resource{kind: "vcard:Organization"}
	r.say("vcard:fn", inGerman(clean(cmp.Or(site.Operator, site.Name), false)))
	if mail, err := engagement.NormalizeEmail(site.ContactMail); err == nil {
		r.say("vcard:hasEmail", iri((&url.URL{Scheme: "mailto", Opaque: url.PathEscape(mail)}).String()))
	}
	return r
}

// geocodings are the lists of keys by the length of an official municipality key.
var geocodings = map[int][2]string{
	2: {"stateKey", "state"}, 5: {"districtKey", "administrativeDistrict"}, 8: {"municipalityKey", "municipality"},
}

// geocoded is a region of ours as DCAT-AP.de names it. Berlin's districts have no name there.
func geocoded(region string) (place, level string) {
	key, ok := strings.CutPrefix(region, "ags:")
	list, known := geocodings[len(key)]
	if !ok || !known || strings.Trim(key, "0123456789") != "" {
		return "", ""
	}
	return geocoding + list[0] + "/" + key, geocoding + "Level/" + list[1]
}

func (s *Server) catalogueJSON(w *Response, r *Request) error {
	c, err := s.catalogue(r)
	if err != nil {
		return err
	}
	doc := c.json()
	doc["@context"] = prefixes
	return w.JSON("application/ld+json", doc)
}

// json is the thing as JSON-LD.
func (r *resource) json() map[string]any {
	doc := map[string]any{"@type": r.kind}
	if r.id != "" {
		doc["@id"] = r.id
	}
	for _, st := range r.says {
		values, _ := doc[st.property].([]any)
		doc[st.property] = append(values, jsonValue(st.value))
	}
	return doc
}

func jsonValue(value any) any {
	switch v := value.(type) {
	case *resource:
		return v.json()
	case iri:
		return map[string]any{"@id": string(v)}
	case literal:
		out := map[string]any{"@value": v.text}
		if v.lang != "" {
			out["@language"] = v.lang
		}
		if v.datatype != "" {
			out["@type"] = v.datatype
		}
		return out
	}
	return nil
}

func (s *Server) catalogueTurtle(w *Response, r *Request) error {
	c, err := s.catalogue(r)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(prefixes)) {
		b.WriteString("@prefix " + name + ": <" + prefixes[name] + "> .\n")
	}
	c.turtle(&b)
	return w.File("text/turtle; charset=utf-8", "", []byte(b.String()))
}

// turtle writes the thing, and after it those with names of their own that it leads to.
func (r *resource) turtle(b *strings.Builder) {
	b.WriteString("\n<" + r.id + "> a " + r.kind)
	var named []*resource
	for _, st := range r.says {
		b.WriteString(" ;\n  " + st.property + " " + turtleValue(st.value))
		if v, ok := st.value.(*resource); ok && v.id != "" {
			named = append(named, v)
		}
	}
	b.WriteString(" .\n")
	for _, other := range named {
		other.turtle(b)
	}
}

func turtleValue(value any) string {
	switch v := value.(type) {
	case *resource:
		if v.id != "" {
			return "<" + v.id + ">"
		}
		text := "[ a " + v.kind
		for _, st := range v.says {
			text += " ; " + st.property + " " + turtleValue(st.value)
		}
		return text + " ]"
	case iri:
		return "<" + string(v) + ">"
	case literal:
		text := `"` + turtleText.Replace(v.text) + `"`
		switch {
		case v.lang != "":
			text += "@" + v.lang
		case v.datatype != "":
			text += "^^" + v.datatype
		}
		return text
	}
	return ""
}

var turtleText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)
