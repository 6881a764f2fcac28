package federation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Doc is a document of ours before it is rendered. It looks like the JSON it becomes; its values are strings, booleans, numbers,
// Docs, and slices of Docs or strings. What is nil or empty is left out, except for the lists that readers expect to be there.
// The same Doc can be rendered by itself or stand inside another.
type Doc map[string]any

// contextJSON is the @context of every document, and never computed: readers of plain JSON look for the first string in it, JSON-LD
// processors find every name we use. It is neither retrieved nor read by us.
const contextJSON = `["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",{` +
	`"vf":"https://w3id.org/valueflows/ont/vf#","om2":"http://www.ontology-of-units-of-measure.org/resource/om-2/",` +
	`"Proposal":"vf:Proposal","Intent":"vf:Intent","Agreement":"vf:Agreement","Commitment":"vf:Commitment",` +
	`"purpose":"vf:purpose","action":"vf:action","unitBased":"vf:unitBased","publishes":"vf:publishes",` +
	`"resourceConformsTo":{"@id":"vf:resourceConformsTo","@type":"@id"},"resourceQuantity":"vf:resourceQuantity",` +
	`"availableQuantity":"vf:availableQuantity","minimumQuantity":"vf:minimumQuantity","effortQuantity":"vf:effortQuantity",` +
	`"stipulates":"vf:stipulates","satisfies":{"@id":"vf:satisfies","@type":"@id"},` +
	`"hasUnit":"om2:hasUnit","hasNumericalValue":"om2:hasNumericalValue",` +
	`"toot":"http://joinmastodon.org/ns#","discoverable":"toot:discoverable","indexable":"toot:indexable",` +
	`"schema":"http://schema.org#","PropertyValue":"schema:PropertyValue","value":"schema:value",` +
	`"PostalAddress":"schema:PostalAddress","address":"schema:address","streetAddress":"schema:streetAddress","postalCode":"schema:postalCode",` +
	`"addressLocality":"schema:addressLocality","addressRegion":"schema:addressRegion","addressCountry":"schema:addressCountry",` +
	`"Hashtag":"as:Hashtag","sensitive":"as:sensitive","manuallyApprovesFollowers":"as:manuallyApprovesFollowers",` +
	`"alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},` +
	`"webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger",` +
	`"implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@list"},` +
	`"lemmy":"https://join-lemmy.org/ns#","postingRestrictedToMods":"lemmy:postingRestrictedToMods",` +
	`"sec":"https://w3id.org/security#","Multikey":"sec:Multikey","assertionMethod":{"@id":"sec:assertionMethod","@type":"@id","@container":"@set"},` +
	`"controller":{"@id":"sec:controller","@type":"@id"},"publicKeyMultibase":"sec:publicKeyMultibase",` +
	`"e8":"https://w3id.org/fep/8a8e/","timezone":"e8:timezone","joinMode":"e8:joinMode","externalParticipationUrl":"e8:externalParticipationUrl",` +
	`"eventStatus":"e8:eventStatus","organizers":"e8:organizers","displayEndTime":"e8:displayEndTime",` +
	`"mz":"https://joinmobilizon.org/ns#","isOnline":"mz:isOnline","category":"mz:category","participationMessage":"mz:participationMessage",` +
	`"repliesModerationOption":"mz:repliesModerationOption","maximumAttendeeCapacity":"schema:maximumAttendeeCapacity",` +
	`"status":"http://www.w3.org/2002/12/cal/ical#status",` +
	`"seestern":"https://w3id.org/seestern/ns#"}]`

// Namespace is where our own names live.
const Namespace = "https://w3id.org/seestern/ns#"

// lists are written as arrays however many entries they have: several servers read nothing else.
var lists = []string{"to", "cc", "tag", "attachment", "orderedItems", "items", "alsoKnownAs", "implements", "streams", "assertionMethod"}

// Limits of what we send, in bytes. Others refuse more (1 MB in Mastodon), partners refuse a match activity above its limit.
const (
	maxEmitted = 64 << 10
	maxMatch   = 16 << 10
	maxPage    = 2 << 20
)

// Bytes renders the document. The same document always gives the same bytes. It returns an error if the library would not read
// what we mean, or if the result is larger than others accept; such a document must not be sent.
func (d Doc) Bytes() ([]byte, error) {
	m, _ := finish("", d).(map[string]any)
	if m["type"] == nil {
		return nil, fmt.Errorf("document %v has no type", m["id"])
	}
	body, err := encode(m)
	if err != nil {
		return nil, fmt.Errorf("document %v: %w", m["id"], err)
	}
	raw := inContext(body)
	limit := maxEmitted
	switch {
	case m["seestern:match"] != nil:
		limit = maxMatch
	case m["orderedItems"] != nil:
		limit = maxPage
	}
	if len(raw) > limit {
		return nil, fmt.Errorf("document %v has %d bytes, the limit is %d", m["id"], len(raw), limit)
	}
	if err := readable(body); err != nil {
		return nil, fmt.Errorf("document %v: %w", m["id"], err)
	}
	return raw, nil
}

// inContext puts the context in front of a rendered object. It is the same everywhere, and longer than most of what stands in it: encoding
// and reading it each time would cost more than the rest.
func inContext(body []byte) []byte {
	return append([]byte(`{"@context":`+contextJSON+`,`), body[1:]...)
}

// encode is JSON with sorted names and without the escapes that only HTML pages need.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// finish is the last pass over a value that stands under a name: nothing empty, lists as lists, no context inside. It returns nil
// for what is to be left out.
func finish(name string, v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return v
	case Doc:
		m := make(map[string]any, len(v))
		for k, e := range v {
			if e = finish(k, e); e != nil {
				m[k] = e
			}
		}
		if len(m) == 0 {
			return nil
		}
		return m
	case []string:
		return finishList(name, v)
	case []Doc:
		return finishList(name, v)
	}
	return v
}

func finishList[T any](name string, list []T) any {
	if len(list) == 0 && !slices.Contains(lists, name) {
		return nil
	}
	out := make([]any, 0, len(list))
	for _, e := range list {
		if f := finish("", e); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// extensions are the names that the library does not know on our documents. Whatever else it does not recognize is a mistake of
// ours: a name at the wrong type, which others would not find either.
var extensions = []string{
	"@context", "address", "assertionMethod", "contentMap", "effortQuantity", "endpoints", "implements", "indexable",
	"actor", "category", "eventStatus", "externalParticipationUrl", "isOnline", "joinMode", "manuallyApprovesFollowers", "maximumAttendeeCapacity", "organizers",
	"participationMessage", "postingRestrictedToMods", "repliesModerationOption", "status", "timezone", "publishes", "purpose", "unitBased", "webfinger", "alsoKnownAs", "movedTo",
}

// readable reads a rendered object with the library, as another server would: every object of a known type must be that type and
// have no name but the library's and our extensions.
func readable(raw []byte) error {
	m, err := decode(raw, pageBudget, documentBudget)
	if err != nil {
		return err
	}
	return readableObject(m)
}

func readableObject(m Map) error {
	flat := make(Map, len(m))
	for name, v := range m {
		flat[name] = flatten(v)
	}
	switch t, err := read[interface{ GetUnknownProperties() map[string]any }](flat, m.Type()); {
	case err == nil:
		for name := range t.GetUnknownProperties() {
			if !strings.HasPrefix(name, "seestern:") && !slices.Contains(extensions, name) {
				return fmt.Errorf("%s has no %s", m.Type(), name)
			}
		}
	case !unknownType(err):
		return err
	}
	for name := range m {
		for _, inner := range m.Maps(name) {
			if err := readableObject(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// flatten puts a name in the place of embedded objects, which are looked at one by one: the library would read them anew with
// everything they stand in.
func flatten(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return "urn:embedded"
	case []any:
		flat := make([]any, min(len(v), maxFlat))
		for i := range flat {
			flat[i] = flatten(v[i])
		}
		return flat
	}
	return v
}

// maxFlat is how many entries of a list the library is shown at once: in long ones, as of a thousand followers, all are alike.
const maxFlat = 100

// stamp is an instant as we write it: UTC in whole seconds; nothing for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// decimal is a number that always shows a fraction: readers in typed languages take "52" for another kind of number than "52.5".
func decimal(f float64) json.Number {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return json.Number(s)
}

// texts are codes as plain strings.
func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// with returns the document with more members; it changes the document itself.
func (d Doc) with(more Doc) Doc {
	for k, v := range more {
		d[k] = v
	}
	return d
}
