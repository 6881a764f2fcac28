package engagement

import (
	"time"
)

// Organization is who seeks help: a club, an initiative, an office, a school, a company … Its page and its actor are public
// once it is active. A copy of another instance's organization has Origin and IRI.
type Organization struct {
	ID              ID                `class:"tec"`
	Code            string            `class:"pub"` // short public id, unique on this instance
	Handle          string            `class:"pub"` // [a-z0-9_]{2,30} with a letter, never changes; copies: as the origin says
	Origin          string            `class:"pub"` // host of the instance it lives on; empty: this one
	IRI             string            `class:"pub"` // copies: ActivityPub id
	URL             string            `class:"pub"` // copies: page at the origin
	Kind            Code              `class:"pub"` // vocabulary organization_kind
	LegalForm       Code              `class:"pub"` // vocabulary legal_form
	Name            string            `class:"pub"` // ≤ 100
	Summary         string            `class:"pub"` // ≤ 500
	Description     string            `class:"pub"` // Markdown subset, ≤ 4,000
	Web             string            `class:"pub"` // https address
	Register        string            `class:"pub"` // court and number
	Charitable      bool              `class:"pub"` // exemption notice was seen
	Place           Place             `class:"pub"`
	Areas           []Code            `class:"pub"` // 1–5
	Languages       []string          `class:"pub"` // ISO 639
	ContactRole     string            `class:"pub"` // "Koordination Ehrenamt"
	ContactMail     string            `class:"pub"` // role mailbox
	ContactPhone    string            `class:"pub"`
	ChildProtection bool              `class:"org"` // has a child-protection concept
	InsuranceNote   string            `class:"org"`
	Level           Code              `class:"pub"` // highest attestation level of this instance, vocabulary attestation_level; empty: none
	Trusted         bool              `class:"org"` // opportunities need no check before publication
	CharterAccepted time.Time         `class:"org"`
	State           OrganizationState `class:"pub"`
	Reason          string            `class:"org"` // last question or reason of a moderator
	Created         time.Time         `class:"pub"`
	Updated         time.Time         `class:"pub"` // zero until the first change
	Version         int               `class:"tec"`
}

// Local says whether the organization lives on this instance.
func (o Organization) Local() bool { return o.Origin == "" }

// OrganizationState follows the table of domain.md §3.10.
type OrganizationState string

const (
	OrganizationDraft     OrganizationState = "draft"
	OrganizationSubmitted OrganizationState = "submitted"
	OrganizationActive    OrganizationState = "active"
	OrganizationSuspended OrganizationState = "suspended"
	OrganizationDissolved OrganizationState = "dissolved"
)
