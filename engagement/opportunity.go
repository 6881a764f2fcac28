package engagement

import (
	"cmp"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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
	Description  string           `class:"pub"` // Markdown subset, ≤ 4,000; copies of other software: plain text with paragraphs
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
	Hosts        []string         `class:"org"` // visibility anfrage: of the partners that are asked; unknown of a copy
	Project      Project          `class:"pub"` // visibility anfrage: see [Project]
	License      Code             `class:"pub"` // cc-by-4.0 or empty
	State        OpportunityState `class:"pub"`
	Hidden       OpportunityState `class:"org"` // state to return to when restored
	Reason       Code             `class:"org"` // moderation reason
	ReasonText   string           `class:"org"`
	Submitted    time.Time        `class:"org"` // copies of visibility anfrage: when it came
	Published    time.Time        `class:"pub"`
	Updated      time.Time        `class:"pub"` // last public change after publication; zero before
	Confirmed    time.Time        `class:"pub"` // last confirmation that it still holds
	Expires      time.Time        `class:"pub"` // copies: endTime; visibility anfrage: when it lapses
	Received     time.Time        `class:"tec"` // copies: when the last version came, or when it ended
	CountSent    time.Time        `class:"tec"` // when the number of free places was or will be announced last
	Reminded     int              `class:"tec"` // reminders to confirm sent since Confirmed
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

// Deadlines of an opportunity (domain.md §3.12, §3.21).
const (
	ConfirmEvery = 90 * 24 * time.Hour  // without confirmation it expires
	confirmAsk1  = 75 * 24 * time.Hour  // first reminder
	confirmAsk2  = 85 * 24 * time.Hour  // second reminder
	archiveAfter = 90 * 24 * time.Hour  // from its end to the archive
	deleteAfter  = 185 * 24 * time.Hour // from the archive to the tombstone
	countPause   = 10 * time.Minute     // least time between two announcements of free places alone
	checkedFirst = 3                    // the first opportunities of an organization are checked before publication
)

// Check is the quality gate before anything becomes public (domain.md §3.12). Each failure names its field.
func (o *Opportunity) Check(today Date) error {
	var bad Invalids
	bad.Text("title", o.Title, 5, 80)
	bad.Text("summary", o.Summary, 0, 200)
	bad.Text("description", o.Description, 0, 4000)
	bad.Text("simple", o.Simple, 0, 2000)
	bad.Text("details", o.Details, 0, 1000)
	bad.Text("load", o.Load, 0, 300)
	bad.Text("induction", o.Induction, 0, 300)
	if n := utf8.RuneCountInString(o.Title + o.Summary + o.Description); n < 300 {
		bad.Add("description", "error.description.short", "n", 300, "have", n)
	}
	for _, f := range []struct{ field, text string }{{"title", o.Title}, {"summary", o.Summary}, {"description", o.Description}, {"simple", o.Simple}} {
		if found := privateContact(f.text, o.ContactMail, o.ContactPhone); found != "" {
			bad.Add(f.field, "error.text."+found)
		}
	}
	bad.Code("kind", OpportunityKinds, o.Kind, true)
	bad.Codes("areas", Areas, o.Areas, 1, 3)
	bad.Codes("topics", Topics, o.Topics, 0, 5)
	bad.Codes("activities", Activities, o.Activities, 1, 4)
	bad.Codes("target_groups", TargetGroups, o.TargetGroups, 0, 5)
	bad.Codes("licenses", Licenses, o.Licenses, 0, 8)
	for _, required := range []bool{true, false} {
		var codes []Code
		for _, s := range o.Skills {
			if s.Required == required {
				codes = append(codes, s.Code)
			}
		}
		bad.Codes("skills", Skills, codes, 0, 5)
	}
	for _, s := range o.Skills {
		bad.Code("skills", SkillLevels, s.Level, false)
	}
	bad.Codes("languages", Languages, each(o.Languages, func(l LanguageNeed) Code { return Code(l.Code) }), 0, len(Languages.Terms))
	for _, l := range o.Languages {
		bad.Code("languages", LanguageLevels, l.Level, false)
	}
	o.checkTime(&bad, today)
	o.checkPlace(&bad)
	bad.Codes("proofs", Proofs, o.Proofs, 0, 8)
	bad.Code("proof_basis", ProofBases, o.ProofBasis, o.asksCertificate())
	bad.Code("min_age", MinAges, Code(strconv.Itoa(o.MinAge)), true)
	bad.Code("minor_policy", MinorPolicies, o.MinorPolicy, false)
	bad.Code("team_size", TeamSizes, o.TeamSize, false)
	bad.Code("guidance", Guidances, o.Guidance, false)
	bad.Code("expenses", Expenses, o.Expenses, false)
	bad.Code("allowance", Allowances, o.Allowance, false)
	bad.Codes("insurance", Insurances, o.Insurance, 1, 5)
	bad.Code("visibility", Visibilities, o.Visibility, true)
	bad.Code("contact_via", ContactVias, o.ContactVia, true)
	bad.Text("contact_role", o.ContactRole, 2, 100)
	if o.ContactMail != "" {
		if _, err := NormalizeEmail(o.ContactMail); err != nil {
			bad.Rename("contact_mail", err)
		}
	}
	if o.Capacity < 0 || o.Capacity > 500 {
		bad.Add("capacity", "error.capacity.range", "from", 1, "to", 500)
	}
	if o.License != "" && o.License != "cc-by-4.0" {
		bad.Add("license", "error.choice.unknown", "codes", string(o.License))
	}
	return bad.Err()
}

func (o *Opportunity) checkTime(bad *Invalids, today Date) {
	bad.Code("commitment", Commitments, o.Commitment, true)
	bad.Code("rhythm", Rhythms, o.Rhythm, false)
	if o.Grid == 0 && o.StartsOn == "" && o.Commitment != "flexibel" && o.Commitment != "auf-abruf" {
		bad.Add("grid", "error.time.empty")
	}
	for _, d := range []struct {
		field string
		date  Date
	}{{"starts_on", o.StartsOn}, {"ends_on", o.EndsOn}, {"urgent_until", o.UrgentUntil}} {
		if d.date != "" && !d.date.Valid() {
			bad.Add(d.field, "error.date.unknown")
		}
	}
	switch {
	case o.EndsOn != "" && o.EndsOn < today:
		bad.Add("ends_on", "error.date.past")
	case o.EndsOn != "" && o.StartsOn != "" && o.EndsOn < o.StartsOn:
		bad.Add("ends_on", "error.date.order")
	case o.Commitment == "einmalig" && o.EndsOn == "" && o.StartsOn != "" && o.StartsOn < today:
		bad.Add("starts_on", "error.date.past")
	}
	if o.UrgentUntil != "" && o.UrgentUntil > today.Add(14) {
		bad.Add("urgent_until", "error.urgent.far", "n", 14)
	}
	for _, h := range []float64{o.HoursMin, o.HoursMax} {
		if h != 0 && (h < 0.5 || h > 24 || h*2 != math.Trunc(h*2)) {
			bad.Add("hours", "error.hours.range", "from", 0.5, "to", 24)
			break
		}
	}
	if o.HoursMax != 0 && o.HoursMin > o.HoursMax {
		bad.Add("hours", "error.hours.order")
	}
	if o.MinMonths < 0 || o.MinMonths > 36 {
		bad.Add("min_months", "error.months.range", "from", 0, "to", 36)
	}
}

func (o *Opportunity) checkPlace(bad *Invalids) {
	bad.Code("mode", Modes, o.Mode, true)
	switch {
	case len(o.Places) > 10:
		bad.Add("places", "error.places.many", "n", 10)
	case len(o.Places) == 0 && o.Mode != "online" && o.Mode != "zuhause":
		bad.Add("places", "error.place.empty")
	}
	for _, p := range o.Places {
		bad.Code("precision", PublicPrecisions, p.Precision, true)
		if !p.Known() || math.Abs(p.Point.Lat) > 90 || math.Abs(p.Point.Lon) > 180 {
			bad.Add("places", "error.place.unknown", "x", p.Locality)
		}
	}
	for code, answer := range o.Access {
		bad.Code("access", AccessFeatures, code, true)
		bad.Code("access", AccessAnswers, answer, true)
	}
}

// asksCertificate says whether a Führungszeugnis is asked for, which needs a legal basis.
func (o *Opportunity) asksCertificate() bool {
	return slices.ContainsFunc(o.Proofs, func(c Code) bool { return strings.HasPrefix(string(c), "fuehrungszeugnis") })
}

// WorksWith says whether the target groups include minors or vulnerable people, so that proofs should be considered.
func (o Opportunity) WorksWith() (minors, vulnerable bool) {
	return TargetGroups.Any(FlagMinors, o.TargetGroups...), TargetGroups.Any(FlagVulnerable, o.TargetGroups...)
}

var (
	mailInText  = regexp.MustCompile(`[[:alnum:]._%+-]+@[[:alnum:]-]+\.[[:alnum:].-]+`)
	phoneInText = regexp.MustCompile(`(?:\+|00)?\(?\d[\d\s()/.-]{5,}\d`)
	longNumber  = regexp.MustCompile(`^(\d{1,2}\.\s?\d{1,2}\.(\s?\d{2,4})?|\d{4}-\d{2}-\d{2}|\d{5})([\s–-]+\d{1,2}(\.\d{2})?)*$`) // dates, times and postcodes
	wageWords   = regexp.MustCompile(`(?i)\b(stundenlohn|mindestlohn|minijob|gehalt|festanstellung|vergütung nach tarif)\b`)
)

// privateContact names what a text gives away: "mail", "phone" or nothing. The role mailbox and number of the contact are allowed.
func privateContact(text, mail, phone string) string {
	for _, m := range mailInText.FindAllString(text, -1) {
		if !strings.EqualFold(strings.Trim(m, ".-"), mail) || mail == "" {
			return "mail"
		}
	}
	for _, p := range phoneInText.FindAllString(text, -1) {
		digits := onlyDigits(p)
		if len(digits) < 7 || longNumber.MatchString(strings.TrimSpace(p)) || phone != "" && digits == onlyDigits(phone) {
			continue
		}
		return "phone"
	}
	return ""
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// Valid says whether the date is a day of the calendar.
func (d Date) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Add is the date n days later.
func (d Date) Add(n int) Date {
	t, _ := time.Parse(time.DateOnly, string(d))
	return Date(t.AddDate(0, 0, n).Format(time.DateOnly))
}

// Time is the start of the day in Berlin.
func (d Date) Time() time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, string(d), Berlin())
	return t
}

// DateOf is the calendar day in Berlin of an instant.
func DateOf(t time.Time) Date { return Date(t.In(Berlin()).Format(time.DateOnly)) }

// SaveOpportunity creates an opportunity (ID empty) or replaces what its organization may change of it. A draft may be incomplete;
// what is public must pass [Opportunity.Check]. A material change asks everybody who agreed to confirm again.
func SaveOpportunity(tx Tx, by Actor, o Opportunity) (Opportunity, error) {
	if o.ID == "" {
		return createOpportunity(tx, by, o)
	}
	old, err := tx.Opportunity(o.ID)
	if err != nil {
		return o, err
	}
	if err := must(by, Change, old.Thing()); err != nil {
		return o, err
	}
	switch {
	case !old.Local(), old.Directed():
		return o, ErrForbidden
	case o.Directed():
		return o, &Invalid{Field: "visibility", Key: "error.choice.unknown", Args: map[string]any{"codes": "anfrage"}}
	case old.State != Draft && old.State != NeedsChanges && !old.Live():
		return o, ErrConflict
	}
	o.keep(old)
	if err := o.complete(tx); err != nil {
		return o, err
	}
	if !o.Live() {
		return o, tx.PutOpportunity(&o)
	}
	if err := o.Check(DateOf(tx.Now())); err != nil {
		return o, err
	}
	if o.Capacity != 0 && o.Capacity < o.Taken {
		return o, Invalids{{Field: "capacity", Key: "error.capacity.taken", Args: map[string]any{"n": o.Taken}}}
	}
	o.changed(tx.Now())
	if o.materially(old) {
		o.Material++
	}
	o.fill()
	if err := tx.PutOpportunity(&o); err != nil {
		return o, err
	}
	if o.Material != old.Material {
		if err := askAgain(tx, o); err != nil {
			return o, err
		}
	}
	if o.Capacity != old.Capacity {
		if err := offerPlaces(tx, o.ID, ""); err != nil {
			return o, err
		}
	}
	if !o.onWire() { // whoever has the former version must learn that it is not for them any more
		return o, announce(tx, old, WireUpdate)
	}
	return o, announce(tx, o, WireUpdate)
}

func createOpportunity(tx Tx, by Actor, o Opportunity) (Opportunity, error) {
	if o.Directed() { // see [DirectPartners]
		return o, &Invalid{Field: "visibility", Key: "error.choice.unknown", Args: map[string]any{"codes": "anfrage"}}
	}
	if err := must(by, Create, Thing{Noun: AnOpportunity, Organization: o.Organization}); err != nil {
		return o, err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return o, err
	}
	if !org.Local() || org.State == OrganizationSuspended || org.State == OrganizationDissolved || org.Moved() {
		return o, ErrForbidden
	}
	code, err := tx.NewCode()
	if err != nil {
		return o, err
	}
	o.keep(Opportunity{ID: tx.NewID(), Code: code, Organization: org.ID, State: Draft, Material: 1})
	o.Version = 0
	if err := o.complete(tx); err != nil {
		return o, err
	}
	return o, tx.PutOpportunity(&o)
}

// again publishes a copy. What cannot be published as it is any more becomes a draft; a request to partners is too short for it.
func (o Opportunity) again(tx Tx) error {
	if o.Directed() {
		return nil
	}
	o, err := createOpportunity(tx, System, o)
	if err != nil || o.Check(DateOf(tx.Now())) != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil || org.State != OrganizationActive {
		return err
	}
	if err := publish(tx, &o); err != nil {
		return err
	}
	return tx.PutOpportunity(&o)
}

// keep takes from old what no form may change.
func (o *Opportunity) keep(old Opportunity) {
	o.ID, o.Code, o.Organization, o.Origin, o.IRI, o.URL = old.ID, old.Code, old.Organization, old.Origin, old.IRI, old.URL
	o.State, o.Hidden, o.Reason, o.ReasonText = old.State, old.Hidden, old.Reason, old.ReasonText
	o.Submitted, o.Published, o.Updated, o.Confirmed, o.Expires, o.Received = old.Submitted, old.Published, old.Updated, old.Confirmed, old.Expires, old.Received
	o.Taken, o.CountSent, o.Reminded, o.Material = old.Taken, old.CountSent, old.Reminded, old.Material
}

// complete fills what follows from other fields.
func (o *Opportunity) complete(tx Tx) error {
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	if o.ContactRole == "" {
		o.ContactRole, o.ContactMail, o.ContactPhone = org.ContactRole, org.ContactMail, org.ContactPhone
	}
	for field, value := range map[*Code]Code{&o.Kind: "engagement", &o.Visibility: "offen", &o.ContactVia: "formular"} {
		if *field == "" {
			*field = value
		}
	}
	if o.Lang == "" {
		o.Lang = "de"
	}
	if o.UrgentUntil != "" && o.UrgentUntil < DateOf(tx.Now()) {
		o.UrgentUntil = ""
	}
	o.Fingerprint = Fingerprint(*o, org.Name)
	return nil
}

// Fingerprint recognizes the same opportunity that came on two ways: SHA-256 over folded title, organization, postcode and activities.
func Fingerprint(o Opportunity, organization string) string {
	var b strings.Builder
	fold := func(s string) {
		for _, r := range strings.ToLower(s) {
			switch {
			case umlauts[r] != "":
				b.WriteString(umlauts[r])
			case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
				b.WriteRune(r)
			}
		}
		b.WriteByte('|')
	}
	fold(o.Title)
	fold(strings.TrimSuffix(organization, "(Demo)"))
	if len(o.Places) > 0 {
		fold(o.Places[0].Postcode)
	}
	for _, a := range slices.Sorted(slices.Values(o.Activities)) {
		fold(string(a))
	}
	return Hash(b.String())
}

// materially says whether terms changed that somebody agreed to: time, place, mode, ages, proofs, conditions.
func (o Opportunity) materially(old Opportunity) bool {
	terms := func(o Opportunity) []any {
		return []any{
			o.Grid, o.AllSlots, o.StartsOn, o.EndsOn, o.Commitment, o.Rhythm, o.HoursMin, o.HoursMax, o.Mode, o.Places, o.MinAge, o.Proofs,
			o.Expenses, o.Allowance, o.Insurance, o.Membership,
		}
	}
	return !reflect.DeepEqual(terms(o), terms(old))
}

// fill moves between published and filled as places run out or become free.
func (o *Opportunity) fill() {
	switch free, limited := o.Free(); {
	case o.State == Published && limited && free == 0:
		o.State = Filled
	case o.State == Filled && (!limited || free > 0):
		o.State = Published
	}
}

// Due is when a timer has to look at the opportunity next; zero: never.
func (o Opportunity) Due() time.Time {
	if o.Directed() {
		return o.directedDue()
	}
	if !o.Local() {
		return time.Time{}
	}
	switch o.State {
	case Published, Paused, Filled:
		next := o.Confirmed.Add([]time.Duration{confirmAsk1, confirmAsk2, ConfirmEvery}[min(o.Reminded, 2)])
		if last := o.lastDay(); last != "" && last.Add(2).Time().Before(next) {
			return last.Add(2).Time()
		}
		return next
	case Expired, Withdrawn, Rejected, Hidden, Suspended:
		ended, last := o.Updated, o.lastDay()
		switch {
		case o.busy() && last == "": // the end of the last agreement sets the clock
			return time.Time{}
		case o.busy() && last.Add(1).Time().After(ended):
			ended = last.Add(1).Time()
		}
		return ended.Add(archiveAfter)
	case Archived:
		return o.Updated.Add(deleteAfter)
	}
	return time.Time{}
}

// busy says whether people help with it still, although nobody is looked for any more: what was agreed stays.
func (o Opportunity) busy() bool { return o.Taken > 0 && (o.State == Expired || o.State == Hidden) }

// lastDay is the day after which the opportunity is over; empty: open end.
func (o Opportunity) lastDay() Date {
	if o.EndsOn == "" && o.Commitment == "einmalig" {
		return o.StartsOn
	}
	return o.EndsOn
}

// Over says whether its last day has passed.
func (o Opportunity) Over(now time.Time) bool {
	last := o.lastDay()
	return last != "" && last < DateOf(now) || !o.Expires.IsZero() && now.After(o.Expires)
}

// SubmitOpportunity asks for publication. Once an organization is active and its first three were checked, or it is trusted, the
// opportunity is published at once; wage words always go to a moderator.
func SubmitOpportunity(tx Tx, by Actor, id ID) (Opportunity, error) {
	return moveOpportunity(tx, by, id, Change, "", func(o *Opportunity) error {
		if o.State != Draft && o.State != NeedsChanges {
			return ErrConflict
		}
		if err := o.Check(DateOf(tx.Now())); err != nil {
			return err
		}
		org, err := tx.Organization(o.Organization)
		if err != nil {
			return err
		}
		if org.Moved() {
			return ErrForbidden
		}
		published, err := tx.CountPublished(org.ID)
		if err != nil {
			return err
		}
		wage := wageWords.MatchString(o.Title + " " + o.Summary + " " + o.Description)
		if org.State == OrganizationActive && (by.System || !wage && (org.Trusted || published >= checkedFirst)) {
			return publish(tx, o)
		}
		o.State, o.Submitted, o.Reason = Submitted, tx.Now(), ""
		if wage {
			o.Reason = "arbeitsplatz-ersatz"
		}
		return mail(tx, MailNewCase, o.ID, Recipient{Role: Moderator}, nil)
	})
}

// publish puts the opportunity before the public.
func publish(tx Tx, o *Opportunity) error {
	o.State, o.Reason, o.ReasonText = Published, "", ""
	o.Published, o.Confirmed, o.Reminded = tx.Now(), tx.Now(), 0
	o.fill()
	return announce(tx, *o, WireCreate)
}

// announce tells the other servers if the opportunity is for them at all.
func announce(tx Tx, o Opportunity, kind string) error {
	if !o.onWire() {
		return nil
	}
	return emit(tx, kind, o.ID)
}

// onWire says whether other servers may know of it at all.
func (o Opportunity) onWire() bool {
	return o.Visibility == "offen" || o.Visibility == "verbund" || o.Directed() && len(o.Hosts) > 0
}

// DecideOpportunity is what a moderator does with an opportunity: approve, ask, reject, hide, restore or suspend. All but approve and
// restore need a reason. A copy of a partner can only be approved (shown) or hidden, and its origin never learns of it.
func DecideOpportunity(tx Tx, by Actor, id ID, decision Decision, reason Code, text string) (Opportunity, error) {
	return decideOpportunity(tx, by, id, decision, reason, text, true)
}

// decideOpportunity leaves it to the caller to tell the organization if tell is false.
func decideOpportunity(tx Tx, by Actor, id ID, decision Decision, reason Code, text string, tell bool) (Opportunity, error) {
	if decision != DecideApprove && decision != DecideRestore && !DecisionReasons.Has(reason) {
		return Opportunity{}, &Invalid{Field: "reason", Key: "error.reason.empty"}
	}
	return moveOpportunity(tx, by, id, Decide, "opportunity."+string(decision), func(o *Opportunity) error {
		from := o.State
		switch {
		case decision == DecideApprove && from == Queued:
			o.State, o.Hidden = cmp.Or(o.Hidden, Published), "" // what the owner says by now
			o.fill()
			return nil
		case decision == DecideApprove && from == Submitted:
			org, err := tx.Organization(o.Organization)
			if err != nil {
				return err
			}
			if org.State != OrganizationActive || org.Moved() {
				return &Invalid{Field: "decision", Key: "error.organization.first"}
			}
			if err := publish(tx, o); err != nil {
				return err
			}
		case decision == DecideAsk && from == Submitted && o.Local():
			o.State = NeedsChanges
		case decision == DecideReject && (from == Submitted || from == NeedsChanges) && o.Local():
			o.State = Rejected
		case decision == DecideHide && (o.Live() || from == Queued):
			o.State, o.Hidden = Hidden, from
			if o.Local() {
				if err := announce(tx, *o, WireUpdate); err != nil {
					return err
				}
			}
		case decision == DecideRestore && from == Hidden:
			o.State, o.Hidden = o.Hidden, ""
			if o.Local() {
				if err := announce(tx, *o, WireUpdate); err != nil {
					return err
				}
			}
		case decision == DecideSuspend && (o.Live() || from == Hidden) && o.Local():
			if err := withdrawOpportunity(tx, o, Suspended); err != nil {
				return err
			}
		default:
			return ErrConflict
		}
		if decision == DecideRestore && !o.Local() { // so that a copy is not hidden for the same reason again
			reason = cmp.Or(reason, o.Reason)
		}
		o.Reason, o.ReasonText = reason, text
		if !o.Local() || !tell {
			return nil
		}
		return mail(tx, MailOpportunityDecision, o.ID, Recipient{Organization: o.Organization}, nil)
	})
}

// Decision is a moderator's.
type Decision string

const (
	DecideApprove Decision = "approve"
	DecideAsk     Decision = "ask"
	DecideReject  Decision = "reject"
	DecideHide    Decision = "hide"
	DecideRestore Decision = "restore"
	DecideSuspend Decision = "suspend"
)

// PauseOpportunity pauses an opportunity, or, with on false, takes it up again.
func PauseOpportunity(tx Tx, by Actor, id ID, on bool) (Opportunity, error) {
	return moveOpportunity(tx, by, id, Change, "", func(o *Opportunity) error {
		switch {
		case o.Directed(): // it is too short for a pause
			return ErrConflict
		case on && (o.State == Published || o.State == Filled):
			o.State = Paused
		case !on && o.State == Paused:
			o.State = Published
			o.fill()
		default:
			return ErrConflict
		}
		return announce(tx, *o, WireUpdate)
	})
}

// ConfirmOpportunity says that the opportunity still holds; an expired one whose end is not past comes back.
func ConfirmOpportunity(tx Tx, by Actor, id ID) (Opportunity, error) {
	return moveOpportunity(tx, by, id, Change, "", func(o *Opportunity) error {
		if !o.Live() || o.State == Expired && o.Over(tx.Now()) || o.Directed() {
			return ErrConflict
		}
		if o.State == Expired {
			o.State = Published
			o.fill()
		}
		o.Confirmed, o.Reminded = tx.Now(), 0
		return announce(tx, *o, WireUpdate)
	})
}

// CloseOpportunity ends the search for helpers without deleting the page: it shows as closed everywhere.
func CloseOpportunity(tx Tx, by Actor, id ID) (Opportunity, error) {
	return moveOpportunity(tx, by, id, Change, "", func(o *Opportunity) error {
		if !o.Live() || o.State == Expired {
			return ErrConflict
		}
		return expire(tx, o)
	})
}

func expire(tx Tx, o *Opportunity) error {
	o.State = Expired
	return announce(tx, *o, WireUpdate)
}

// WithdrawOpportunity takes an opportunity back: a draft is erased, a public one is deleted everywhere and open requests end honestly.
func WithdrawOpportunity(tx Tx, by Actor, id ID) (Opportunity, error) {
	o, err := tx.Opportunity(id)
	if err != nil {
		return o, err
	}
	if err := must(by, Remove, o.Thing()); err != nil {
		return o, err
	}
	switch {
	case !o.Local():
		return o, ErrForbidden
	case o.State == Draft || o.State == NeedsChanges || o.State == Submitted:
		return o, tx.DeleteOpportunity(o.ID)
	case !o.Live() && o.State != Hidden:
		return o, ErrConflict
	}
	return o, withdrawOpportunity(tx, &o, Withdrawn)
}

// withdrawOpportunity ends open requests, tells the other servers to delete it and stores the final state.
func withdrawOpportunity(tx Tx, o *Opportunity, final OpportunityState) error {
	o.State = final
	o.changed(tx.Now())
	if err := tx.PutOpportunity(o); err != nil {
		return err
	}
	if err := endRequests(tx, *o); err != nil {
		return err
	}
	if err := settle(tx, o.Fingerprint); err != nil {
		return err
	}
	return announce(tx, *o, WireDelete)
}

// moveOpportunity is the frame of every change of state: permission, change, store, trace.
func moveOpportunity(tx Tx, by Actor, id ID, do Action, auditAs string, change func(*Opportunity) error) (Opportunity, error) {
	o, err := tx.Opportunity(id)
	if err != nil {
		return o, err
	}
	if err := must(by, do, o.Thing()); err != nil {
		return o, err
	}
	if do == Change && !o.Local() {
		return o, ErrForbidden
	}
	old := o
	if err := change(&o); err != nil {
		return old, err
	}
	if o.Version == old.Version { // otherwise change stored it already
		if o.Local() && (!old.Published.IsZero() || o.State == Rejected) { // the timer of what ended starts here
			o.changed(tx.Now())
		}
		if err := tx.PutOpportunity(&o); err != nil {
			return old, err
		}
	}
	if o.State != old.State && o.Local() {
		if err := settle(tx, o.Fingerprint); err != nil {
			return old, err
		}
	}
	if o.State == Published && old.Live() && old.State != Published { // taken up again
		if err := offerPlaces(tx, o.ID, ""); err != nil {
			return old, err
		}
	}
	if o.Live() && old.State == Hidden {
		if err := askWaiting(tx, o); err != nil {
			return old, err
		}
	}
	if auditAs == "" {
		return o, nil
	}
	return o, audit(tx, by, Moderator, AuditEntry{Action: auditAs, Object: o.ID, Old: string(old.State), New: string(o.State), Reason: o.Reason})
}

// changed moves Updated on. It grows by at least a second, because the wire has whole seconds and readers ignore an update that is
// not newer.
func (o *Opportunity) changed(now time.Time) {
	for _, before := range []time.Time{o.Published, o.Updated} {
		if least := before.Add(time.Second); now.Before(least) {
			now = least
		}
	}
	o.Updated = now
}

// take reserves n places, or frees them when n is negative, and announces the new number, at most once in ten minutes unless
// the state changes with it.
func take(tx Tx, o *Opportunity, n int) error {
	if free, limited := o.Free(); limited && n > free {
		return ErrConflict
	}
	before := o.State
	o.Taken = max(0, o.Taken+n)
	o.fill()
	now := tx.Now()
	next := o.CountSent.Add(countPause)
	e := Event{ID: tx.NewID(), For: Wire, Kind: WireUpdate, Subject: o.ID, At: now}
	switch {
	case o.State != before || !next.After(now):
		o.CountSent = now
	case o.CountSent.After(now): // one is waiting already
		e.ID = ""
	default:
		o.CountSent, e.After = next, next
	}
	o.changed(now)
	if err := tx.PutOpportunity(o); err != nil {
		return err
	}
	if e.ID == "" || !o.onWire() {
		return nil
	}
	return tx.Emit(e)
}

// PlaceOf is the place that the gazetteer knows under a name or postal code, shown as its Ortsteil or town.
func PlaceOf(p geo.Place) Place {
	place := Place{Locality: p.Locality(), Region: p.Region(), Point: p.Point, Centroid: p.Point, Precision: "ortsteil"}
	if len(p.Postcodes) > 0 {
		place.Postcode = p.Postcodes[0]
	}
	return place
}
