package federation

import (
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
)

// Capabilities as implements names them.
const (
	capabilityMarket   = "https://w3id.org/fep/0837"
	capabilityProfile  = Namespace + "profile-1"
	capabilityRFC9421  = "https://datatracker.ietf.org/doc/html/rfc9421"
	maxAttributes      = 20 // entries of implements, regions, streams
	maxPropertyValues  = 50
	maxActorName       = 100    // characters
	maxActorSummary    = 20_000 // bytes
	maxPreferredHandle = 100    // characters
)

var implements = []Doc{
	{"href": capabilityMarket, "name": "FEP-0837"},
	{"href": capabilityProfile, "name": "Seestern profile 1"},
}

// generator says in every actor's document which software speaks for it and what that understands.
func (c Codec) generator() Doc {
	return Doc{"type": "Application", "id": c.Base.Actor(), "implements": implements}
}

// publicKey is a key as an actor's document shows it.
func publicKey(key PublicKey) (Doc, error) {
	pem, err := EncodePublicKey(key.Key)
	return Doc{"id": key.ID, "owner": key.Owner, "publicKeyPem": pem}, err
}

// Actor is somebody on another server as far as we use what they say about themselves. Texts are plain.
type Actor struct {
	ID               string
	Type             string // Application, Group, Organization, Person or Service
	Name             string // the account's name if there is none
	Account          string // preferredUsername
	Summary          string
	URL              string // page for people
	Inbox            string // empty: nothing can be sent to it
	SharedInbox      string // empty: it has none
	Outbox           string
	Followers        string
	Published        time.Time
	ManuallyApproves bool
	Discoverable     bool
	Indexable        bool
	Implements       []string // capabilities of its server
	Regions          []string // instances: region codes such as "ags:11000000"
	Streams          []string // instances: collections to replicate from
	Attestations     []string // organizations: statements about it
	MovedTo          string   // the account it has now instead; empty: this one
	KnownAs          []string // accounts it says it had before
	Place            engagement.Place
	RadiusKM         float64 // instances: how far the region reaches around Place
	org              Map     // seestern:org
}

// ReadActor reads the document of another server's actor, which the caller retrieved from its id. What breaks a rule makes it no
// actor for us (a [Violation]); addresses outside its own server are dropped.
func ReadActor(m Map) (Actor, error) {
	a := Actor{ID: m.ID(), Type: m.Type()}
	if a.ID == "" {
		return a, violation("A1", "no usable id")
	}
	if !slices.Contains(actorTypes, a.Type) {
		return a, violation("A2", "%s has type %q", a.ID, a.Type)
	}
	t, err := read[interface {
		GetActivityStreamsPublished() vocab.ActivityStreamsPublishedProperty
		GetActivityStreamsUrl() vocab.ActivityStreamsUrlProperty
	}](m, a.Type, "published", "url")
	if err != nil {
		return a, violation("A2", "%s: %v", a.ID, err)
	}
	summary := firstText(m, "summary")
	a.Account, a.Name = cleanLine(firstText(m, "preferredUsername")), cleanLine(firstText(m, "name"))
	a.URL, a.Published = pageOf(t.GetActivityStreamsUrl()), timeOf(t.GetActivityStreamsPublished())
	if a.Name == "" {
		a.Name = a.Account
	}
	switch {
	case characters(a.Account) > maxPreferredHandle, characters(a.Name) > maxActorName, len(summary) > maxActorSummary:
		return a, violation("A5", "%s: name or summary too long", a.ID)
	case len(m.List("attachment")) > maxPropertyValues:
		return a, violation("A5", "%s: %d attachments", a.ID, len(m.List("attachment")))
	}
	a.Summary, _ = plainText(summary)
	a.readAddresses(m)
	a.ManuallyApproves, _ = m.Bool("manuallyApprovesFollowers")
	a.Discoverable, _ = m.Bool("discoverable")
	a.Indexable, _ = m.Bool("indexable")
	a.Implements = capabilities(m)
	a.Regions = few(cleanLines(m.Strings("seestern:regions")))
	a.MovedTo, a.KnownAs = m.IRI("movedTo"), few(m.IRIs("alsoKnownAs"))
	if places := m.Maps("location"); len(places) > 0 {
		var metres float64
		a.Place, metres = readPlace(places[0])
		a.RadiusKM = metres / 1000
	}
	a.org = m.Map("seestern:org")
	a.Attestations = few(a.org.IRIs("seestern:attestations"))
	return a, nil
}

// readAddresses takes the addresses that lie on the actor's own server (A3).
func (a *Actor) readAddresses(m Map) {
	own := func(iri string) string {
		if !SameOrigin(iri, a.ID) {
			return ""
		}
		return iri
	}
	a.Inbox, a.Outbox, a.Followers = own(m.IRI("inbox")), own(m.IRI("outbox")), own(m.IRI("followers"))
	a.SharedInbox = own(m.Map("endpoints").IRI("sharedInbox"))
	for _, s := range few(m.IRIs("streams")) {
		if own(s) != "" {
			a.Streams = append(a.Streams, s)
		}
	}
}

// capabilities are the links of implements, on the actor itself or in its generator (FEP-844e).
func capabilities(m Map) []string {
	list := append(m.List("implements"), m.Map("generator").List("implements")...)
	var hrefs []string
	for _, v := range few(list) {
		switch v := v.(type) {
		case string:
			hrefs = append(hrefs, v)
		case map[string]any:
			if href := Map(v).String("href"); href != "" {
				hrefs = append(hrefs, href)
			}
		}
	}
	return hrefs
}

// Capability is what of the match conversation the actor's server understands: "profile-1", "fep-0837" or nothing.
func (a Actor) Capability() string {
	switch {
	case slices.Contains(a.Implements, capabilityProfile):
		return "profile-1"
	case slices.Contains(a.Implements, capabilityMarket):
		return "fep-0837"
	}
	return ""
}

// Handle is how people write the actor: "@name@host".
func (a Actor) Handle() string { return "@" + a.Account + "@" + HostOf(a.ID) }

// Elsewhere is the actor as somebody an organization of ours may have been or become.
func (a Actor) Elsewhere() engagement.Elsewhere {
	return engagement.Elsewhere{IRI: a.ID, Handle: a.Handle(), Name: a.Name, Page: a.URL, KnownAs: a.KnownAs}
}

// Organization is the actor as an organization to be kept as a copy. ID, Code and State are the caller's.
func (a Actor) Organization() engagement.Organization {
	o := engagement.Organization{
		Handle: a.Account, Origin: HostOf(a.ID), IRI: a.ID, URL: a.URL, Name: a.Name, Summary: cut(a.Summary, 500), Place: a.Place,
		Description: cut(cleanText(a.org.String("seestern:description")), maxDescription),
		Kind:        codeOf(a.org, "seestern:kind"),
		LegalForm:   codeOf(a.org, "seestern:legalForm"),
		Register:    cut(cleanLine(a.org.String("seestern:register")), 200),
		Areas:       codesOf(a.org, "seestern:areas"),
		ContactMail: cut(cleanLine(a.org.String("seestern:contact")), 200),
		ContactRole: cut(cleanLine(a.org.String("seestern:contactRole")), 100),
		Created:     a.Published,
		MovedTo:     a.MovedTo,
	}
	o.Charitable, _ = a.org.Bool("seestern:charitable")
	for _, l := range codesOf(a.org, "seestern:languages") {
		o.Languages = append(o.Languages, string(l))
	}
	if web, err := NormalizeIRI(a.org.String("seestern:web")); err == nil {
		o.Web = web
	}
	return o
}

func few[T any](list []T) []T { return list[:min(len(list), maxAttributes)] }

func cleanLines(list []string) []string {
	var out []string
	for _, s := range list {
		if s = cleanLine(s); s != "" && len(s) <= maxCode {
			out = append(out, s)
		}
	}
	return out
}

// cut shortens a text to a number of characters.
func cut(s string, characters int) string {
	for i := range s {
		if characters--; characters < 0 {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}
