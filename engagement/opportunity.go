package engagement

import (
	"time"

	"seestern/geo"
)

// Opportunity is a public announcement that an organization seeks help (UI: Angebot). A copy of another instance's
// opportunity has Origin and IRI and is changed only by what that instance sends.
type Opportunity struct {
	ID           ID               `class:"tec"`
	Code         string           `class:"pub"` // short public id of 8 letters, unique on this instance over all nouns
	Organization ID               `class:"pub"`
	Origin       string           `class:"pub"` // host of the instance it lives on; empty: this one
	IRI          string           `class:"pub"` // copies: ActivityPub id
	URL          string           `class:"pub"` // copies: page at the origin
	Kind         Code             `class:"pub"` // vocabulary opportunity_kind
	Title        string           `class:"pub"` // 5–80 characters
	Summary      string           `class:"pub"` // ≤ 200
	Description  string           `class:"pub"` // Markdown subset, ≤ 4,000; copies: plain text with paragraphs
	Simple       string           `class:"pub"` // the same in simple language, ≤ 2,000
	Details      string           `class:"org"` // ≤ 1,000, shown to confirmed participants only, never on the wire
	Lang         Lang             `class:"pub"` // language of the texts
	Areas        []Code           `class:"pub"` // 1–3
	Topics       []Code           `class:"pub"` // 0–5
	Activities   []Code           `class:"pub"` // 1–4
	Skills       []SkillNeed      `class:"pub"` // required and helpful, 0–5 each
	Licenses     []Code           `class:"pub"`
	TargetGroups []Code           `class:"pub"` // 0–5
	Commitment   Code             `class:"pub"`
	Rhythm       Code             `class:"pub"`
	HoursMin     float64          `class:"pub"` // per occurrence, 0.5–24 in steps of .5; 0: not said
	HoursMax     float64          `class:"pub"`
	MinMonths    int              `class:"pub"` // least duration, 0–36
	Grid         Grid             `class:"pub"` // when, as weekday and daypart; 0: not said
	AllSlots     bool             `class:"pub"` // every slot of Grid is needed; otherwise one is enough
	StartsOn     Date             `class:"pub"`
	EndsOn       Date             `class:"pub"`
	Mode         Code             `class:"pub"`
	Places       []Place          `class:"pub"` // 0–10; at least one unless online or from home
	Access       map[Code]Code    `class:"pub"` // access code → "ja" or "nein"; absent: unbekannt
	MinAge       int              `class:"pub"` // 0, 12, 14, 16, 18, 21
	MinorPolicy  Code             `class:"pub"`
	Proofs       []Code           `class:"pub"`
	ProofBasis   Code             `class:"pub"` // required when a Führungszeugnis is asked
	Load         string           `class:"pub"` // lifting, heights, nights: ≤ 300
	Taster       bool             `class:"pub"` // trying out is possible
	Languages    []LanguageNeed   `class:"pub"`
	TeamSize     Code             `class:"pub"`
	Guidance     Code             `class:"pub"`
	Induction    string           `class:"pub"` // ≤ 300
	Expenses     Code             `class:"pub"`
	Allowance    Code             `class:"pub"`
	Insurance    []Code           `class:"pub"`
	Membership   bool             `class:"pub"` // membership is needed
	Capacity     int              `class:"pub"` // places in all, 1–500; 0: unlimited
	Taken        int              `class:"pub"` // own: places of agreed requests; copies: Capacity − free places as sent
	Waitlist     bool             `class:"pub"`
	UrgentUntil  Date             `class:"pub"` // ≤ 14 days ahead
	ContactRole  string           `class:"pub"`
	ContactMail  string           `class:"org"` // role mailbox; shown on the page, not on the wire
	ContactPhone string           `class:"org"`
	ContactVia   Code             `class:"org"` // formular or agentur
	Visibility   Code             `class:"pub"`
	License      Code             `class:"pub"` // cc-by-4.0 or empty
	State        OpportunityState `class:"pub"`
	Hidden       OpportunityState `class:"org"` // state to return to when restored
	Reason       Code             `class:"org"` // moderation reason
	ReasonText   string           `class:"org"`
	Submitted    time.Time        `class:"org"`
	Published    time.Time        `class:"pub"`
	Updated      time.Time        `class:"pub"` // last public change after publication; zero before
	Confirmed    time.Time        `class:"pub"` // last confirmation that it still holds
	Expires      time.Time        `class:"pub"` // copies: endTime
	Received     time.Time        `class:"tec"` // copies: when the last version came
	Fingerprint  string           `class:"tec"` // SHA-256 hex of folded title, organization, postcode, activities: duplicates
	Material     int              `class:"pub"` // +1 on every change of time, place, ages, proofs, conditions
	Version      int              `class:"tec"`
}

// SkillNeed is a competence the opportunity asks for.
type SkillNeed struct {
	Code      Code
	Level     Code // vocabulary skill_level; empty: any
	Required  bool // otherwise helpful
	Mandatory bool // required and a gate
}

// LanguageNeed is a language of the work with the least level, "" for any.
type LanguageNeed struct {
	Code  string // ISO 639
	Level Code   // vocabulary language_level
}

// Date is a calendar day in Europe/Berlin, "2006-01-02"; empty: none. Dates compare as strings.
type Date string

// Place is where something happens. Only what Public returns may leave the record: page, map, feed, wire and distance use it.
type Place struct {
	Name      string
	Street    string
	House     string
	Postcode  string
	Locality  string    // "Berlin-Köpenick"
	Region    string    // region code
	Point     geo.Point // of the address when Exact, otherwise the centroid of Ortsteil or postal code
	Exact     bool      // Point belongs to the address
	Centroid  geo.Point // of Ortsteil or postal code; equals Point unless Exact
	Precision Code      // vocabulary public_precision: genau, strasse, ortsteil
	Note      string    // directions
}

// Known says whether the place has coordinates.
func (p Place) Known() bool { return p.Point != geo.Point{} }

// Public is the place at its public precision.
func (p Place) Public() Place {
	switch p.Precision {
	case "genau":
		return p
	case "strasse":
		p.House = ""
	default:
		p.Street, p.House, p.Name, p.Note = "", "", "", ""
	}
	if p.Exact {
		p.Point, p.Exact = p.Centroid, false
	}
	return p
}

// OpportunityState follows the table of domain.md §3.12. A copy is published, paused, filled, expired, hidden or queued.
type OpportunityState string

const (
	Draft        OpportunityState = "draft"
	Submitted    OpportunityState = "submitted"
	NeedsChanges OpportunityState = "needs_changes"
	Rejected     OpportunityState = "rejected"
	Published    OpportunityState = "published"
	Paused       OpportunityState = "paused"
	Filled       OpportunityState = "filled"
	Expired      OpportunityState = "expired"
	Withdrawn    OpportunityState = "withdrawn"
	Hidden       OpportunityState = "hidden"
	Suspended    OpportunityState = "suspended"
	Archived     OpportunityState = "archived"
	Deleted      OpportunityState = "deleted"
	Queued       OpportunityState = "queued" // copy of a partner that waits for moderation
)

// Local says whether the opportunity lives on this instance.
func (o Opportunity) Local() bool { return o.Origin == "" }

// Free is the number of open places, and false when places are unlimited or were not stated.
func (o Opportunity) Free() (int, bool) {
	if o.Capacity == 0 {
		return 0, false
	}
	return max(0, o.Capacity-o.Taken), true
}

// Live says whether the opportunity is before the public: published, paused, filled or expired.
func (o Opportunity) Live() bool {
	switch o.State {
	case Published, Paused, Filled, Expired:
		return true
	}
	return false
}

// Open says whether a request can be sent now.
func (o Opportunity) Open() bool { return o.State == Published || o.State == Filled && o.Waitlist }

// PublicPlaces are the places at public precision.
func (o Opportunity) PublicPlaces() []Place {
	places := make([]Place, len(o.Places))
	for i, p := range o.Places {
		places[i] = p.Public()
	}
	return places
}
