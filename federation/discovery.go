package federation

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"seestern/engagement"
)

// JRD is a WebFinger answer (RFC 7033), or, without subject, the index of NodeInfo documents.
type JRD struct {
	Subject string    `json:"subject,omitempty"`
	Aliases []string  `json:"aliases,omitempty"`
	Links   []JRDLink `json:"links"`
}

// Bytes renders the answer.
func (d JRD) Bytes() ([]byte, error) { return encode(d) }

// JRDLink is one link of it.
type JRDLink struct {
	Rel  string `json:"rel"`
	Type string `json:"type,omitempty"`
	Href string `json:"href,omitempty"`
	// Template is the address of a page for an object whose id takes the place of {object}.
	Template string `json:"template,omitempty"`
}

// Media types of discovery.
const (
	JRDType     = "application/jrd+json"
	XRDType     = "application/xrd+xml"
	ProblemType = "application/problem+json"
)

// OrganizationFinger is what WebFinger says about an organization.
func (c Codec) OrganizationFinger(o engagement.Organization) JRD {
	return c.finger(o.Handle, c.Base.OrganizationID(o), c.page(c.Pages.Organization(o)))
}

// BoardFinger is what WebFinger says about a board.
func (c Codec) BoardFinger(b engagement.Board) JRD {
	return c.finger(b.Handle, c.Base.BoardID(b), c.page(c.Pages.Board(b)))
}

func (c Codec) finger(handle, id, page string) JRD {
	return JRD{
		Subject: "acct:" + c.Base.acct(handle), Aliases: []string{id, page},
		Links: []JRDLink{
			{Rel: "self", Type: ContentType, Href: id},
			{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: page},
		},
	}
}

// intents begins the names of what people can do here with something they saw elsewhere (FEP-3b86). They have no account that other
// servers know, so it is the instance that tells.
const intents = "https://w3id.org/fep/3b86/"

// InstanceFinger is what WebFinger says about the instance (FEP-d556).
func (c Codec) InstanceFinger() JRD {
	return JRD{
		Subject: "acct:" + c.Base.acct(c.InstanceHandle()), Aliases: []string{c.Base.Actor(), c.page("/")},
		Links: []JRDLink{
			{Rel: "self", Type: ContentType, Href: c.Base.Actor()},
			{Rel: "https://www.w3.org/ns/activitystreams#Service", Type: ContentType, Href: c.Base.Actor()},
			{Rel: intents + "Object", Template: c.page(c.Pages.Open("{object}"))},
			{Rel: intents + "Offer", Template: c.page(c.Pages.Help("{object}"))},
		},
	}
}

// Finger is a question to WebFinger about somebody here: exactly one of the two is set.
type Finger struct {
	Handle string // of an account, in lower case
	IRI    string // of an actor or a page, as it was asked
}

// ReadResource reads the resource that WebFinger is asked about: "acct:u@h", "u@h", or an address. It reports false for an account
// of another host.
func (c Codec) ReadResource(resource string) (Finger, bool) {
	if strings.HasPrefix(resource, "https://") || strings.HasPrefix(resource, "http://") {
		return Finger{IRI: resource}, c.Base.Owns(resource)
	}
	account := strings.TrimPrefix(strings.TrimPrefix(resource, "acct:"), "@")
	name, host, ok := strings.Cut(strings.ToLower(account), "@")
	if !ok || name == "" || host != c.Base.Host {
		return Finger{}, false
	}
	return Finger{Handle: name}, true
}

// ReadFinger is the actor that a WebFinger answer names. The caller retrieves it and compares its id.
func ReadFinger(raw []byte) (subject, actor string, err error) {
	m, err := Decode(raw)
	if err != nil {
		return "", "", err
	}
	for _, l := range m.Maps("links") {
		mediaType := strings.ToLower(l.String("type"))
		activity := strings.HasPrefix(mediaType, ContentType) ||
			strings.HasPrefix(mediaType, "application/ld+json") && strings.Contains(mediaType, profileActivityStreams)
		if l.String("rel") == "self" && activity && l.IRI("href") != "" {
			return strings.TrimPrefix(m.String("subject"), "acct:"), l.IRI("href"), nil
		}
	}
	return "", "", malformed("no link to an actor")
}

// HostMeta is the document that leads to WebFinger (RFC 6415).
func (c Codec) HostMeta() []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="` +
		html.EscapeString(c.page("/.well-known/webfinger?resource=")) + `{uri}"/></XRD>` + "\n")
}

// NodeInfo versions, schema names and the link to the instance actor (FEP-2677).
const (
	nodeInfoSchema = "http://nodeinfo.diaspora.software/ns/schema/"
	relApplication = "https://www.w3.org/ns/activitystreams#Application"
)

// NodeInfoVersions are the versions we serve under /nodeinfo/.
var NodeInfoVersions = []string{"2.0", "2.1"}

// NodeInfoType is the media type of a NodeInfo document.
func NodeInfoType(version string) string {
	return `application/json; profile="` + nodeInfoSchema + version + `#"`
}

// NodeInfoIndex lists the NodeInfo documents and the instance actor.
func (c Codec) NodeInfoIndex() JRD {
	var d JRD
	for _, v := range NodeInfoVersions {
		d.Links = append(d.Links, JRDLink{Rel: nodeInfoSchema + v, Href: c.page("/nodeinfo/" + v)})
	}
	d.Links = append(d.Links, JRDLink{Rel: relApplication, Href: c.Base.Actor()})
	return d
}

// ReadNodeInfoIndex is the instance actor that a NodeInfo index names; empty if it names none.
func ReadNodeInfoIndex(raw []byte) (string, error) {
	m, err := Decode(raw)
	if err != nil {
		return "", err
	}
	for _, l := range m.Maps("links") {
		if l.String("rel") == relApplication {
			return l.IRI("href"), nil
		}
	}
	return "", nil
}

// Usage is what an instance tells about itself to everybody.
type Usage struct {
	Version      string // of the software
	Repository   string // address of the source code
	Homepage     string // address of the project
	Registration bool   // people can make accounts
	ActiveUsers  int    // in the last half year; told only from 50 on, in tens
	Posts        int    // public opportunities and announcements
}

// NodeInfo is the NodeInfo document of a version.
func (c Codec) NodeInfo(version string, i engagement.Instance, u Usage) ([]byte, error) {
	if !slices.Contains(NodeInfoVersions, version) {
		return nil, fmt.Errorf("nodeinfo %q: %w", version, engagement.ErrNotFound)
	}
	software := map[string]any{"name": "seestern", "version": u.Version}
	if version == "2.1" {
		software["repository"], software["homepage"] = u.Repository, u.Homepage
	}
	users := map[string]any{}
	if u.ActiveUsers >= 50 {
		users["activeHalfyear"] = u.ActiveUsers / 10 * 10
	}
	return encode(map[string]any{
		"version": version, "software": software, "protocols": []string{"activitypub"},
		"services":          map[string]any{"inbound": []string{}, "outbound": []string{"atom1.0"}},
		"openRegistrations": u.Registration, "usage": map[string]any{"users": users, "localPosts": u.Posts},
		"metadata": map[string]any{
			"nodeName": i.Name, "nodeDescription": i.Summary, "seestern": map[string]any{"profile": 1, "regions": append([]string{}, i.Regions...)},
		},
	})
}
