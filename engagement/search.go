package engagement

import (
	"time"

	"seestern/geo"
)

// Search is what somebody looks for. Zero fields do not filter.
type Search struct {
	Text         string
	Exact        bool      // typing errors in Text are not mended
	Place        string    // as the person wrote it
	Center       geo.Point // resolved place; zero: none
	RadiusKM     float64
	Topics       []Code // areas or topics, one is enough
	Activities   []Code
	TargetGroups []Code
	Slots        Grid // one common slot is enough; opportunities without a grid stay in
	Commitments  []Code
	Access       []Code // every one answered "ja"
	Modes        []Code // online, zuhause …
	Language     string
	Age          int       // the person's age band floor: only what is possible at that age
	Excluded     []Code    // topics, areas or target groups that must not occur; proofs that must not be asked for, see [WithoutCertificate]
	AppearedFrom time.Time // only what could be found here for the first time from then on; zero: whenever
	AppearedTo   time.Time // and before then
	Open         bool      // only what may be shown everywhere: visibility offen
	Soon         bool      // only what is urgent today or begins today or tomorrow
	Urgent       bool      // only what is urgent today
	Source       Source
	Order        Order
	Organization ID
	After        string // keyset cursor of the page before
	Limit        int    // 20 when zero
}

// Exclusions that stand for several codes.
const (
	WithoutCertificate Code = "fuehrungszeugnis" // of any kind
	WithoutSkills      Code = "vorkenntnisse"    // skills that must be there, and licenses
)

// Source says whose opportunities are searched.
type Source string

const (
	Everywhere Source = ""
	OnlyHere   Source = "hier"
)

// Order of the hits.
type Order string

const (
	Nearest Order = "nah"     // distance, then next date, then freshness; without a place: Newest
	Newest  Order = "neu"     // last published first
	Soonest Order = "termin"  // next date first
	Fitting Order = "passend" // by the match with the person's profile
)
