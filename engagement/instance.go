package engagement

import (
	"time"

	"seestern/geo"
)

// Instance is this Seestern server as its operator configured it. There is one.
type Instance struct {
	Name         string            `class:"pub"` // "Mitmachen in Treptow-Köpenick"
	Summary      string            `class:"pub"` // one sentence
	Kind         Code              `class:"pub"` // vocabulary instance_kind
	Operator     string            `class:"pub"` // who runs it
	Regions      []string          `class:"pub"` // region codes such as "ags:11000000", "lor:09"
	Place        string            `class:"pub"` // name of the region's centre
	Center       geo.Point         `class:"pub"`
	RadiusKM     float64           `class:"pub"` // how far the region reaches around Center
	Land         string            `class:"pub"` // ISO 3166-2 code of the Land, "BE": public holidays
	Rural        bool              `class:"pub"` // larger default radius
	ContactName  string            `class:"pub"` // role, never a person's name by default
	ContactMail  string            `class:"pub"`
	ContactPhone string            `class:"pub"`
	Mode         Code              `class:"pub"` // vocabulary federation_mode: off, partners, open
	MinorsFrom   int               `class:"pub"` // youngest age that may have an account: 12, 14 or 16
	AnswerDays   int               `class:"pub"` // response clock in working days, 3–15
	Texts        map[string]string `class:"pub"` // "<page>.<lang>" → Markdown of imprint, privacy, accessibility, terms
	Public       bool              `class:"pub"` // false: only signed-in people see content
	Frozen       bool              `class:"org"` // emergency brake: inbound federation is refused
	Created      time.Time         `class:"tec"`
	Updated      time.Time         `class:"tec"`
	Version      int               `class:"tec"`
}

// Started says whether the set-up has the minimum to run: name, region and a first account.
func (i Instance) Started() bool { return i.Name != "" && len(i.Regions) > 0 }

// Federates says whether other servers are talked to at all.
func (i Instance) Federates() bool { return i.Mode != "off" }
