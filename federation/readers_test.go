package federation_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/federation"
)

// obj is a document as a reader of plain JSON has it.
type obj = map[string]any

// namesOfOthers are the names on our documents that the two contexts we name define: ActivityStreams and security/v1.
var namesOfOthers = strings.Fields(`
	@context id type actor attachment attributedTo audience cc content contentMap context deleted describes describesMap endTime endpoints followers following formerType
	generator href icon inReplyTo inbox latitude location longitude mediaType name next object orderedItems outbox owner partOf preferredUsername preview
	publicKey publicKeyPem published radius result proof cryptosuite verificationMethod created proofPurpose proofValue sharedInbox startTime streams summary tag target to totalItems units updated url first`)

// names are the names that a JSON-LD processor finds in our context.
func names(t testing.TB) []string {
	t.Helper()
	var parts []any
	if err := json.Unmarshal(constantContext(t), &parts); err != nil {
		t.Fatal(err)
	}
	if parts[0] != "https://www.w3.org/ns/activitystreams" || parts[1] != "https://w3id.org/security/v1" || len(parts) != 3 {
		t.Fatalf("the context begins with %v, %v", parts[0], parts[1])
	}
	return append(slices.Collect(maps.Keys(parts[2].(obj))), namesOfOthers...)
}

func TestEveryNameIsDefinedInTheContext(t *testing.T) {
	known := names(t)
	for _, g := range goldens {
		d := load(t, g.name)
		if d["@context"] == nil {
			continue // discovery documents are not ActivityStreams
		}
		walk(d, func(name string, v any) {
			if !strings.HasPrefix(name, "seestern:") && !slices.Contains(known, name) && name != "de" {
				t.Errorf("%s: %s is defined nowhere", g.name, name)
			}
			if typeName, ok := v.(string); ok && name == "type" && !slices.Contains(typesOfOthers, typeName) && !slices.Contains(known, typeName) {
				t.Errorf("%s: type %s is defined nowhere", g.name, typeName)
			}
		})
	}
}

var typesOfOthers = strings.Fields(`Accept Announce Application Article Create DataIntegrityProof Delete Document Event Flag Follow Group Ignore Join Link Mention Move Note Offer OrderedCollection OrderedCollectionPage
	Organization Person Place Profile Reject TentativeAccept TentativeReject Tombstone Undo Update seestern:Attestation`)

func load(t testing.TB, name string) obj {
	t.Helper()
	var d obj
	if err := json.Unmarshal(golden{name: name}.file(t), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// What follows is how other servers read, each reduced to the rules that decide whether and how something of ours is shown there.

func strs(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	var out []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func hasContext(d obj) bool {
	return slices.Contains(strs(d["@context"]), "https://www.w3.org/ns/activitystreams")
}

func str(d obj, name string) string { s, _ := d[name].(string); return s }

// usableActor is what every server wants of an actor.
func usableActor(d obj) bool {
	key, _ := d["publicKey"].(obj)
	return str(d, "inbox") != "" && str(d, "preferredUsername") != "" && str(key, "owner") == str(d, "id") && str(key, "publicKeyPem") != ""
}

// mastodon asks WebFinger for the handle and believes it only if it leads back.
func mastodon(t testing.TB, d obj) string {
	if !hasContext(d) {
		return "nothing"
	}
	switch d["type"] {
	case "Note":
		visibility := "direct"
		switch followers := func(iri string) bool { return strings.HasSuffix(iri, "/followers") }; {
		case slices.Contains(strs(d["to"]), federation.Public):
			visibility = "public"
		case slices.Contains(strs(d["cc"]), federation.Public):
			visibility = "unlisted"
		case slices.ContainsFunc(append(strs(d["to"]), strs(d["cc"])...), followers):
			visibility = "private"
		}
		if _, array := d["attachment"].([]any); !array || d["summary"] != nil || d["sensitive"] == true {
			return visibility + ", folded or without media"
		}
		return visibility + " " + str(d, "content")
	case "Event": // of what it does not know, title, summary and address
		return str(d, "name") + " " + str(d, "summary") + " " + str(d, "url")
	case "Organization", "Group", "Person", "Application", "Service":
		finger := load(t, map[any]string{"Organization": "webfinger", "Group": "webfinger-board", "Application": "webfinger-instance"}[d["type"]])
		self := finger["links"].([]any)[0].(obj)
		if !usableActor(d) || self["rel"] != "self" || self["href"] != d["id"] || !strings.HasPrefix(str(finger, "subject"), "acct:"+str(d, "preferredUsername")+"@") {
			return "nothing"
		}
		fields, _ := d["attachment"].([]any)
		if d["type"] == "Application" || d["type"] == "Service" {
			return "automated account"
		}
		return "account with " + []string{"no fields", "one field", "two fields"}[min(len(fields), 2)]
	}
	return "nothing"
}

// gotosocial refuses what has no context or was changed before it was published, and folds a text that has a name.
func gotosocial(_ testing.TB, d obj) string {
	if !hasContext(d) {
		return "500"
	}
	if u := str(d, "updated"); u != "" && u < str(d, "published") {
		return "refused"
	}
	switch d["type"] {
	case "Note":
		if d["name"] != nil || d["summary"] != nil {
			return "folded " + str(d, "content")
		}
		return str(d, "content")
	case "Event":
		return str(d, "content")
	case "Organization", "Group", "Person", "Application", "Service":
		if usableActor(d) {
			return "account"
		}
	}
	return "nothing"
}

// tootik refuses actors that are younger than a day.
func tootik(_ testing.TB, d obj) string {
	switch d["type"] {
	case "Note":
		return str(d, "content")
	case "Organization", "Group", "Person", "Application", "Service":
		published, err := time.Parse(time.RFC3339, str(d, "published"))
		if err == nil && usableActor(d) && at("2026-11-02T08:00:00Z").Sub(published) >= 24*time.Hour {
			return "account"
		}
	}
	return "nothing"
}

// misskey looks at the first type only, and takes a note with a name that answers another for a vote.
func misskey(_ testing.TB, d obj) string {
	typeName, single := d["type"].(string)
	switch {
	case !single:
		return "nothing"
	case typeName == "Note" && (d["inReplyTo"] == nil || d["name"] == nil), typeName == "Event":
		return str(d, "content")
	case slices.Contains([]string{"Person", "Service", "Group", "Organization", "Application"}, typeName) && usableActor(d):
		return "account"
	}
	return "nothing"
}

// pleroma wants lists as lists.
func pleroma(_ testing.TB, d obj) string {
	switch d["type"] {
	case "Note":
		for _, name := range []string{"to", "cc", "tag", "attachment"} {
			if _, array := d[name].([]any); !array {
				return "nothing"
			}
		}
		return str(d, "content")
	case "Organization", "Group", "Person", "Application", "Service":
		if usableActor(d) {
			return "account"
		}
	}
	return "nothing"
}

// lemmy (and piefed) take a note only inside a community, and fail on attachments they do not know.
func lemmy(t testing.TB, d obj) string {
	switch d["type"] {
	case "Note":
		for _, a := range d["attachment"].([]any) {
			if typeName := str(a.(obj), "type"); typeName != "Image" && typeName != "Document" && typeName != "Link" {
				return "cannot be parsed"
			}
		}
		if d["audience"] == nil && d["inReplyTo"] == nil {
			return "nothing"
		}
		return str(d, "content")
	case "Announce": // of the community: a whole activity
		create, whole := d["object"].(obj)
		if !whole || create["type"] != "Create" || str(create["object"].(obj), "audience") != str(d, "actor") {
			return "nothing"
		}
		return lemmy(t, create["object"].(obj))
	case "Group":
		if moderators, ok := d["attributedTo"].(string); ok && moderators != "" && usableActor(d) {
			return "community"
		}
	case "Person", "Service", "Organization":
		return "user"
	case "Application":
		return "site"
	}
	return "nothing"
}

// mobilizon wants one type, one place, and numbers with a fraction; of notes only answers.
func mobilizon(_ testing.TB, d obj) string {
	typeName, single := d["type"].(string)
	if place, given := d["location"]; given {
		p, one := place.(obj)
		raw, _ := json.Marshal(p["latitude"])
		if !one || !regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`).Match(raw) {
			return "ignored place"
		}
	}
	switch {
	case !single:
		return "error"
	case typeName == "Event":
		return mobilizonEvent(d)
	case typeName == "Note" && d["inReplyTo"] == nil:
		return "nothing"
	case typeName == "Note":
		return str(d, "content")
	case (typeName == "Organization" || typeName == "Group") && usableActor(d):
		return "group"
	case typeName == "Application" && usableActor(d):
		return "instance"
	}
	return "nothing"
}

// mobilizonEvent wants its own names for how one takes part and whether it takes place, a list of attachments with media types, and an end.
func mobilizonEvent(d obj) string {
	attachments, array := d["attachment"].([]any)
	for _, a := range attachments {
		array = array && str(a.(obj), "mediaType") != ""
	}
	starts, err1 := time.Parse(time.RFC3339, str(d, "startTime"))
	ends, err2 := time.Parse(time.RFC3339, str(d, "endTime"))
	join := str(d, "joinMode")
	switch {
	case !array, err1 != nil, err2 != nil, ends.Before(starts), len(str(d, "name")) < 3:
		return "error"
	case !slices.Contains([]string{"free", "restricted", "external", "invite"}, join), join == "external" && str(d, "externalParticipationUrl") == "":
		return "error"
	case !slices.Contains([]string{"TENTATIVE", "CONFIRMED", "CANCELLED"}, str(d, "status")):
		return "error"
	}
	return "event " + str(d, "status")
}

// gancio wants the first attachment to say what it is, and one place with an address that it can write down.
func gancio(_ testing.TB, d obj) string {
	if d["type"] != "Event" {
		return "nothing"
	}
	first := d["attachment"].([]any)[0].(obj)
	place, one := d["location"].(obj)
	if !one || str(first, "mediaType") == "" || str(place, "name") == "" {
		return "error"
	}
	address, _ := place["address"].(obj)
	return "event at " + str(address, "streetAddress")
}

func TestWhatOtherServersShowOfOurDocuments(t *testing.T) {
	text := func(name string) string { return str(load(t, name), "content") }
	opportunity, news := text("opportunity"), text("announcement")
	readers := map[string]func(testing.TB, obj) string{
		"Mastodon": mastodon, "GoToSocial": gotosocial, "tootik": tootik, "Misskey": misskey, "Pleroma": pleroma, "Lemmy": lemmy, "Mobilizon": mobilizon, "Gancio": gancio,
	}
	for document, cells := range map[string]map[string]string{
		"opportunity": {
			"Mastodon": "public " + opportunity, "GoToSocial": "folded " + opportunity, "tootik": opportunity, "Misskey": opportunity,
			"Pleroma": opportunity, "Lemmy": "nothing", "Mobilizon": "nothing",
		},
		"help-offer": {
			"Mastodon": "public " + text("help-offer"), "GoToSocial": "folded " + text("help-offer"), "tootik": text("help-offer"), "Misskey": text("help-offer"),
			"Pleroma": text("help-offer"), "Lemmy": "nothing", "Mobilizon": "nothing",
		},
		"announcement": {
			"Mastodon": "public " + news, "GoToSocial": news, "tootik": news, "Misskey": news, "Pleroma": news, "Lemmy": "nothing", "Mobilizon": "nothing",
		},
		"organization": {
			"Mastodon": "account with two fields", "GoToSocial": "account", "tootik": "account", "Misskey": "account", "Pleroma": "account", "Lemmy": "user",
			"Mobilizon": "group",
		},
		"instance": {
			"Mastodon": "automated account", "GoToSocial": "account", "tootik": "account", "Misskey": "account", "Pleroma": "account", "Lemmy": "site",
			"Mobilizon": "instance",
		},
		"board": {
			"Mastodon": "account with no fields", "GoToSocial": "account", "tootik": "account", "Misskey": "account", "Pleroma": "account", "Lemmy": "community",
			"Mobilizon": "group",
		},
		"event": {
			"Mastodon":   "Uferputz am Beispielufer 5.12.2026, 10–13 Uhr, Berlin-Grünau. Handschuhe sind da. https://a.example/termine/r5n2tk7w-uferputz",
			"GoToSocial": text("event"), "Misskey": text("event"), "Mobilizon": "event CONFIRMED", "Gancio": "event at Beispielufer 1",
		},
		"event-canceled":    {"Mobilizon": "event CANCELLED", "Mastodon": "Uferputz am Beispielufer Fällt aus: 5.12.2026, 10–13 Uhr, Onlinetreffen. Handschuhe sind da. https://a.example/termine/r5n2tk7w-uferputz"},
		"announce-activity": {"Lemmy": opportunity},
		"announce-iri":      {"Lemmy": "nothing"},
		"match-offer": {
			"Mastodon": "nothing", "GoToSocial": "nothing", "tootik": "nothing", "Misskey": "nothing", "Pleroma": "nothing", "Lemmy": "nothing", "Mobilizon": "nothing",
		},
	} {
		for reader, want := range cells {
			t.Run(reader+" reads "+document, func(t *testing.T) {
				if got := readers[reader](t, load(t, document)); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		}
	}
	t.Run("a direct note reaches one person in Mastodon and mentions them", func(t *testing.T) {
		note := load(t, "direct-note")["object"].(obj)
		note["@context"] = load(t, "direct-note")["@context"]
		if got := mastodon(t, note); !strings.HasPrefix(got, "direct ") {
			t.Errorf("got %s", got)
		}
		mention := note["tag"].([]any)[0].(obj)
		if to := strs(note["to"]); len(to) != 1 || mention["type"] != "Mention" || mention["href"] != to[0] {
			t.Errorf("to %v, mention %v", note["to"], mention)
		}
	})
	t.Run("the content says everything that a person must know", func(t *testing.T) {
		for _, fact := range []string{
			"Vorlesen in der Grundschule", "Kindern dienstags vorlesen", "in kleinen Gruppen", "jede Woche", "1 bis 1,5 Stunden", "Dienstag nachmittags",
			"ab 17.11.2026", "12555 Berlin-Köpenick", "Ab 16 Jahren", "Erweitertes Führungszeugnis", "Noch 2 Plätze frei",
			`href="https://a.example/angebote/k3v9qd2x-vorlesen-in-der-grundschule"`, "#Ehrenamt",
		} {
			if !strings.Contains(opportunity, fact) {
				t.Errorf("%q is missing in %s", fact, opportunity)
			}
		}
	})
}
