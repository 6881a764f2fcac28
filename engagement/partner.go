package engagement

import "time"

// Partner is another instance with which requests and search are shared, once both sides confirmed it.
type Partner struct {
	Host       string       `class:"org"` // host and port of the base URL; the exact host counts
	Actor      string       `class:"org"` // IRI of its instance actor
	Name       string       `class:"org"`
	Regions    []string     `class:"org"` // region codes it declares
	State      PartnerState `class:"org"`
	Level      Code         `class:"org"` // vocabulary partner_level: vertraut, geprueft, nur-lesen, gesperrt
	Capability string       `class:"tec"` // "profile-1", "fep-0837" or ""
	Follow     ID           `class:"tec"` // activity id of our Follow; empty: not sent
	Followed   bool         `class:"tec"` // they accepted our Follow
	Follower   string       `class:"tec"` // IRI of their Follow; empty: none came
	Following  bool         `class:"tec"` // we accepted their Follow
	Note       string       `class:"org"`
	Contact    time.Time    `class:"tec"` // last successful contact
	Created    time.Time    `class:"tec"`
	Ended      time.Time    `class:"tec"`
	Version    int          `class:"tec"`
}

// PartnerState follows the table of domain.md §3.10.
type PartnerState string

const (
	PartnerProposed  PartnerState = "proposed"  // their Follow came, or an admin entered the host
	PartnerRequested PartnerState = "requested" // our Follow is out
	PartnerActive    PartnerState = "active"    // both Follows are accepted
	PartnerPaused    PartnerState = "paused"
	PartnerEnded     PartnerState = "ended"
)

// MayMatch says whether match requests are exchanged with the partner now.
func (p Partner) MayMatch() bool {
	return p.State == PartnerActive && p.Level != "nur-lesen" && p.Level != "gesperrt"
}
