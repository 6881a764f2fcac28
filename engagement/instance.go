package engagement

import (
	"cmp"
	"regexp"
	"strings"
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
	Sorting      map[Code]int      `class:"pub"` // vocabulary sorting_part → how much it counts for suggestions, in percent of what is usual; missing: 100
	Languages    []Lang            `class:"pub"` // of pages, beside German; nil: all
	Theme        Theme             `class:"pub"`
	Texts        map[string]string `class:"pub"` // "<page>.<lang>" → Markdown of imprint, privacy, accessibility, terms
	Tiles        Tiles             `class:"pub"` // pictures of the map that can be moved
	Public       bool              `class:"pub"` // false: only signed-in people see content
	Embedders    []string          `class:"pub"` // origins of web sites that may show the list of opportunities in a frame, "https://www.example"; "*": all
	Mail         MailCheck         `class:"org"`
	StrangerMail int               `class:"org"` // most mails an hour to addresses without an account; 0: usualStrangerMail
	Contributor  string            `class:"pub"` // by which GovData knows who delivers the open data, "landBerlin"; empty: not registered
	Frozen       bool              `class:"org"` // emergency brake: inbound federation is refused
	KeysRenewed  time.Time         `class:"tec"` // when an admin last asked for new keys
	Created      time.Time         `class:"tec"`
	Updated      time.Time         `class:"tec"`
	Version      int               `class:"tec"`
}

// MailCheck is what came of the last test mail.
type MailCheck struct {
	At     time.Time `class:"tec"`
	Failed string    `class:"org"` // what the mail server said; empty: it took the mail
}

// Works says whether a test mail left.
func (m MailCheck) Works() bool { return !m.At.IsZero() && m.Failed == "" }

// Bounds of the response clock, in working days.
const leastAnswerDays, mostAnswerDays = 3, 15

// Mails an hour to all addresses without an account: what is usual (security.md §6.2), and the bounds of the setting.
const (
	usualStrangerMail = 200
	leastStrangerMail = 20
	mostStrangerMail  = 10_000
)

// MailLimit is how many mails an hour strangers can cause to all addresses without an account.
func (i Instance) MailLimit() int { return cmp.Or(i.StrangerMail, usualStrangerMail) }

// mostEmbedders keeps the header that names them small.
const mostEmbedders = 50

var origin = regexp.MustCompile(`^https://[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?$`)

// contributor is a name of the list http://dcat-ap.de/def/contributors/.
var contributor = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{1,59}$`)

// Origin says whether a text is the origin of a web site on the Internet and nothing more: "https://www.example".
func Origin(text string) bool { return len(text) <= 260 && origin.MatchString(text) }

// SortingBounds are the least and the most percent that a part of the order may count. Fair attention may be turned off.
func SortingBounds(part Code) (least, most int) {
	if part == "attention" {
		return 0, 200
	}
	return 50, 150
}

// NewInstance is what an instance is before anybody set it up: open to followers, and nothing shown to visitors.
func NewInstance() Instance {
	return Instance{Kind: "kommune", Mode: "open", MinorsFrom: 16, AnswerDays: 5, RadiusKM: 15}
}

// Started says whether the set-up has the minimum to run: name, region and a first account.
func (i Instance) Started() bool { return i.Name != "" && len(i.Regions) > 0 }

// Federates says whether other servers are talked to at all.
func (i Instance) Federates() bool { return i.Mode != "off" }

// EditInstance stores the settings of the instance. A public instance needs an imprint, a privacy notice and an accessibility
// statement without gaps, and whoever makes it public has seen that its mail works.
func EditInstance(tx Tx, by Actor, i Instance) error {
	if err := must(by, Change, Thing{Noun: AnInstance}); err != nil {
		return err
	}
	stored, err := tx.Instance()
	if err != nil {
		return err
	}
	var bad Invalids
	if i.Public || stored.Started() { // the pages of the set-up come in any order
		bad.Text("name", i.Name, 2, 100)
		if len(i.Regions) == 0 && i.Place == "" {
			bad.Add("place", "error.place.empty")
		}
	}
	bad.Text("name", i.Name, 0, 100)
	bad.Text("summary", i.Summary, 0, 300)
	bad.Text("operator", i.Operator, 0, 200)
	bad.Code("kind", InstanceKinds, i.Kind, true)
	bad.Code("mode", FederationModes, i.Mode, true)
	if n := i.MailLimit(); n < leastStrangerMail || n > mostStrangerMail {
		bad.Add("stranger_mail", "error.number.range", "from", leastStrangerMail, "to", mostStrangerMail)
	}
	if i.AnswerDays < leastAnswerDays || i.AnswerDays > mostAnswerDays {
		bad.Add("answer_days", "error.days.range", "from", leastAnswerDays, "to", mostAnswerDays)
	}
	if i.MinorsFrom != 12 && i.MinorsFrom != 14 && i.MinorsFrom != 16 {
		bad.Add("minors_from", "error.choice.empty")
	}
	for part, percent := range i.Sorting {
		least, most := SortingBounds(part)
		if !SortingParts.Has(part) || percent < least || percent > most {
			bad.Add(string(part), "error.number.range", "from", least, "to", most)
		}
	}
	if i.Contributor != "" && !contributor.MatchString(i.Contributor) {
		bad.Add("contributor", "error.contributor.shape")
	}
	if len(i.Embedders) > mostEmbedders {
		bad.Add("embedders", "error.embedders.most", "n", mostEmbedders)
	}
	for _, origin := range i.Embedders {
		if origin != "*" && !Origin(origin) {
			bad.Add("embedders", "error.embedders.shape", "x", shorten(origin, 100))
			break
		}
	}
	if i.ContactMail != "" {
		if _, err := NormalizeEmail(i.ContactMail); err != nil {
			bad.Rename("contact_mail", err)
		}
	}
	if i.Tiles.On() {
		if err := i.Tiles.Check(); err != nil {
			return err
		}
	}
	if i.Public {
		for _, page := range RequiredTexts {
			bad.Text("texts_"+page, i.Texts[page+".de"], 20, 50000)
			if strings.Contains(i.Texts[page+".de"], Gap) {
				bad.Add("texts_"+page, "error.text.gap")
			}
		}
		if !stored.Public && !by.System && !stored.Mail.Works() {
			bad.Add("public", "error.public.mail")
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	if i.Created.IsZero() {
		i.Created = tx.Now()
	}
	i.Updated = tx.Now()
	if err := tx.PutInstance(&i); err != nil {
		return err
	}
	if err := audit(tx, by, Admin, AuditEntry{Action: "instance.change", New: string(i.Mode)}); err != nil {
		return err
	}
	return emit(tx, WireUpdate, "")
}

// Freeze is the emergency brake: inbound federation is refused until it is released.
func Freeze(tx Tx, by Actor, on bool) error {
	if err := must(by, Decide, Thing{Noun: AnInstance}); err != nil {
		return err
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	i.Frozen, i.Updated = on, tx.Now()
	if err := tx.PutInstance(&i); err != nil {
		return err
	}
	as := Admin
	if !by.Has(Admin) && by.Has(Moderator) {
		as = Moderator
	}
	return audit(tx, by, as, AuditEntry{Action: "instance.freeze", New: map[bool]string{true: "frozen", false: "open"}[on]})
}

// KeyOverlap is how long a replaced key is kept, for the retries of what announces the new one.
const KeyOverlap = 24 * time.Hour

// RenewingKeys says whether the keys were renewed so lately that other servers may not have heard of it yet.
func (i Instance) RenewingKeys(now time.Time) bool {
	return !i.KeysRenewed.IsZero() && now.Sub(i.KeysRenewed) < KeyOverlap
}

// RenewKeys gives every actor of the instance a new signing key, which the old one announces to everybody who knows it. It returns
// ErrConflict as long as the last renewal is under way.
func RenewKeys(tx Tx, by Actor) error {
	if err := must(by, Change, Thing{Noun: AnInstance}); err != nil {
		return err
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	if i.RenewingKeys(tx.Now()) {
		return ErrConflict
	}
	i.KeysRenewed = tx.Now()
	if err := tx.PutInstance(&i); err != nil {
		return err
	}
	if err := audit(tx, by, Admin, AuditEntry{Action: "instance.keys"}); err != nil {
		return err
	}
	return emit(tx, WireKeys, "")
}

// TellOfBackup tells the admins that there has been no new backup for too long.
func TellOfBackup(tx Tx) error {
	return mail(tx, MailBackupMissing, "", Recipient{Role: Admin}, nil)
}
