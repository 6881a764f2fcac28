package federation

import (
	"errors"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
)

// sendName says that an opportunity carries its title as name. FEP-0837 readers need it; GoToSocial takes it for a content warning
// and folds the text.
const sendName = true

// errPrivate is the answer to rendering what is never on the wire.
var errPrivate = errors.New("its visibility keeps it on this instance")

// audience says who a public thing of an organization is for, and which boards announce it. It is the only place where that is decided.
func (c Codec) audience(visibility engagement.Code, organization string, boards []engagement.Board) (Doc, error) {
	switch visibility {
	case "offen":
		d, cc := Doc{"to": []string{Public}}, []string{organization + "/followers"}
		for _, b := range boards {
			cc = append(cc, c.Base.BoardID(b))
		}
		if len(boards) > 0 {
			d["audience"] = c.Base.BoardID(boards[0]) // where Lemmy and PieFed find the community (FEP-1b12)
		}
		d["cc"] = append(cc, c.Base.instanceFollowers())
		return d, nil
	case "verbund":
		return Doc{"to": []string{c.Base.instanceFollowers()}, "cc": []string{}}, nil
	}
	return nil, errPrivate
}

// wireStatus is what other servers learn of a state.
func wireStatus(s engagement.OpportunityState) string {
	switch s {
	case engagement.Published:
		return "open"
	case engagement.Paused:
		return "paused"
	case engagement.Filled:
		return "filled"
	}
	return "closed"
}

// stateOf is the state of a copy by what its owner says. What we do not know is taken for closed.
var stateOf = map[string]engagement.OpportunityState{
	"open": engagement.Published, "paused": engagement.Paused, "filled": engagement.Filled,
}

// Opportunity is an opportunity of ours as a Note with the properties of FEP-0837. Everything a person must know is in its content;
// the rest is for machines. A hidden one has a neutral text and is closed. The boards are those that announce it.
func (c Codec) Opportunity(o engagement.Opportunity, org engagement.Organization, boards ...engagement.Board) (Doc, error) {
	id, author := c.Base.OpportunityID(o), c.Base.OrganizationID(org)
	d, err := c.audience(o.Visibility, author, boards)
	if err != nil {
		return nil, err
	}
	w := c.Words(o.Lang)
	d.with(Doc{
		"id": id, "type": "Note", "attributedTo": author, "url": c.page(c.Pages.Opportunity(o)),
		"published": stamp(o.Published), "updated": stamp(o.Updated), "endTime": stamp(expiry(o)),
		"tag": []Doc{}, "attachment": []Doc{}, "purpose": "request", "unitBased": true,
	})
	if o.State == engagement.Hidden {
		return d.with(content("<p>"+html.EscapeString(w.text("wire.hidden"))+"</p>", o.Lang)).with(Doc{
			"publishes": Doc{"type": "Intent", "id": id + intentFragment, "action": "deliverService"},
			"seestern:details": Doc{
				"seestern:version": 1, "seestern:kind": string(o.Kind), "seestern:status": "closed", "seestern:visibility": string(o.Visibility),
			},
		}), nil
	}
	tag, taglink := c.hashtag(w.text("wire.hashtag"))
	if sendName {
		d["name"] = o.Title
	}
	if places := o.PublicPlaces(); len(places) > 0 && o.Mode != "online" {
		d["location"] = placeDoc(places[0])
	}
	return d.with(content(c.opportunityHTML(o, w, taglink), o.Lang)).with(Doc{
		"tag": []Doc{tag}, "publishes": intent(id, o), "seestern:details": details(o),
	}), nil
}

// opportunityHTML is the text for people: title, what it is about, the facts, and the way to answer.
func (c Codec) opportunityHTML(o engagement.Opportunity, w Words, taglink string) string {
	facts := w.facts(o)
	for i, f := range facts {
		facts[i] = html.EscapeString(f)
	}
	return "<p><strong>" + html.EscapeString(o.Title) + "</strong></p>" + plainHTML(o.Summary) + markdownHTML(o.Description) +
		"<p>" + strings.Join(facts, "<br>") + "</p>" +
		"<p>" + link(c.page(c.Pages.Opportunity(o)), "nofollow noopener", w.text("wire.more")) + " " + taglink + "</p>"
}

// expiry is when others drop the opportunity unless it is confirmed: after its last day, at most 90 days after the last confirmation.
func expiry(o engagement.Opportunity) time.Time {
	end := o.Confirmed.Add(engagement.ConfirmEvery)
	last := o.EndsOn
	if last == "" && o.Commitment == "einmalig" {
		last = o.StartsOn
	}
	if last != "" && last.Add(1).Time().Before(end) {
		return last.Add(1).Time()
	}
	return end
}

// intent is what is sought: one unit is one person, because the owner counts places.
func intent(opportunity string, o engagement.Opportunity) Doc {
	d := Doc{
		"type": "Intent", "id": opportunity + intentFragment, "action": "deliverService",
		"resourceQuantity": quantity("one", 1), "minimumQuantity": quantity("one", 1),
	}
	if len(o.Activities) > 0 {
		d["resourceConformsTo"] = Namespace + "activity-" + string(o.Activities[0])
	}
	if free, limited := o.Free(); limited {
		d["availableQuantity"] = quantity("one", float64(free))
	}
	if hours := max(o.HoursMin, o.HoursMax); hours > 0 {
		d["effortQuantity"] = quantity("hour", hours)
	}
	return d
}

// details is everything else that a partner's search and matching use.
func details(o engagement.Opportunity) Doc {
	d := Doc{
		"seestern:version": 1, "seestern:kind": string(o.Kind), "seestern:status": wireStatus(o.State), "seestern:visibility": string(o.Visibility),
		"seestern:confirmedAt": stamp(o.Confirmed), "seestern:summary": o.Summary, "seestern:description": o.Description,
		"seestern:areas": texts(o.Areas), "seestern:topics": texts(o.Topics), "seestern:activities": texts(o.Activities),
		"seestern:skillsRequired": skills(o, true, false), "seestern:skillsMandatory": skills(o, true, true),
		"seestern:skillsHelpful": skills(o, false, false),
		"seestern:licenses":      texts(o.Licenses), "seestern:targetGroups": texts(o.TargetGroups),
		"seestern:commitment": string(o.Commitment), "seestern:rhythm": string(o.Rhythm),
		"seestern:hoursMin": positive(o.HoursMin), "seestern:hoursMax": positive(o.HoursMax), "seestern:minDurationMonths": positive(float64(o.MinMonths)),
		"seestern:availability": availability(o), "seestern:notBefore": string(o.StartsOn), "seestern:notAfter": string(o.EndsOn),
		"seestern:mode": string(o.Mode), "seestern:access": accessible(o.Access),
		"seestern:minAge": o.MinAge, "seestern:minorPolicy": string(o.MinorPolicy), "seestern:proofs": texts(o.Proofs), "seestern:load": o.Load,
		"seestern:taster": truth(o.Taster), "seestern:languages": languages(o.Languages),
		"seestern:teamSize": string(o.TeamSize), "seestern:guidance": string(o.Guidance), "seestern:induction": o.Induction,
		"seestern:expenses": string(o.Expenses), "seestern:allowance": string(o.Allowance), "seestern:insurance": texts(o.Insurance),
		"seestern:membershipNeeded": truth(o.Membership), "seestern:waitlist": truth(o.Waitlist), "seestern:urgentUntil": string(o.UrgentUntil),
		"seestern:license": string(o.License),
	}
	if places := o.PublicPlaces(); len(places) > 1 {
		var more []Doc
		for _, p := range places[1:] {
			more = append(more, placeDoc(p))
		}
		d["seestern:places"] = more
	}
	return d
}

func positive(f float64) any {
	if f <= 0 {
		return nil
	}
	return f
}

// skills are required or helpful competences as "holz" or "holz:sicher".
func skills(o engagement.Opportunity, required, mandatory bool) []string {
	var list []string
	for _, s := range o.Skills {
		if s.Required == required && (s.Mandatory || !mandatory) {
			list = append(list, leveled(string(s.Code), s.Level))
		}
	}
	return list
}

func languages(needs []engagement.LanguageNeed) []string {
	var list []string
	for _, n := range needs {
		list = append(list, leveled(n.Code, n.Level))
	}
	return list
}

func leveled(code string, level engagement.Code) string {
	if level == "" {
		return code
	}
	return code + ":" + string(level)
}

// availability are the slots of the week, of which one or all are needed.
func availability(o engagement.Opportunity) Doc {
	if o.AllSlots {
		return Doc{"seestern:all": texts(o.Grid.Codes())}
	}
	return Doc{"seestern:any": texts(o.Grid.Codes())}
}

// accessible are the features that are there; "no" and "unknown" read the same to others.
func accessible(access map[engagement.Code]engagement.Code) []string {
	var list []string
	for _, c := range engagement.AccessFeatures.Codes() {
		if access[c] == "ja" {
			list = append(list, string(c))
		}
	}
	return list
}

// Limits of what we read about an opportunity, in characters after sanitizing unless said otherwise.
const (
	maxTitle       = 200
	maxDescription = 20_000
	maxLine        = 300
	maxCode        = 64 // bytes
	maxCodes       = 40 // a longer list says nothing and is ignored
	maxTags        = 20
	maxMedia       = 4
	maxPlaces      = 9 // beside location
	maxAvailable   = 10_000
	maxLifetime    = 400 * 24 * time.Hour
	defaultLife    = 90 * 24 * time.Hour
	clockSkew      = 10 * time.Minute
)

// Proposal is what another server tells about an opportunity. It is not yet anybody's: whether the author may speak, whether the
// place lies in the partner's region and whether it is shown is decided with the store.
type Proposal struct {
	engagement.Opportunity        // without ID, Code, Organization, Origin and Received
	Author                 string // id of the organization's actor
	To, Cc                 []string
	Paid                   bool // something is asked in return: not volunteering, for a moderator (O5)
	Matchable              bool // an action that matching understands (O3)
	Plain                  bool // without our details: a base FEP-0837 peer
}

// IsProposal says whether an object offers or seeks something in the sense of FEP-0837 (O2); otherwise it is an ordinary note.
func IsProposal(m Map) bool {
	purpose, published := m.String("purpose"), m.Map("publishes")
	return (purpose == "request" || purpose == "offer") && published.String("type") == "Intent" &&
		m.ID() != "" && strings.HasPrefix(published.ID(), m.ID()+"#") && hasType(m, "Note", "Proposal")
}

func hasType(m Map, names ...string) bool {
	for _, t := range m.Strings("type") {
		for _, name := range names {
			if t == name {
				return true
			}
		}
	}
	return false
}

// ReadOpportunity reads somebody's search for help by the rules O1 to O7 and O11; now is the time of arrival.
func ReadOpportunity(m Map, now time.Time) (Proposal, error) { return readProposal(m, "request", now) }

func readProposal(m Map, purpose string, now time.Time) (Proposal, error) {
	var p Proposal
	p.IRI, p.Author, p.To, p.Cc = m.ID(), m.IRI("attributedTo"), m.Recipients("to"), m.Recipients("cc")
	switch {
	case !SameOrigin(p.IRI, p.Author):
		return p, violation("O1", "%q is by %q", p.IRI, p.Author)
	case !IsProposal(m) || m.String("purpose") != purpose:
		return p, violation("O2", "%s is no %s", p.IRI, purpose)
	case len(m.List("tag")) > maxTags || len(m.List("attachment")) > maxMedia:
		return p, violation("O6", "%s has too many tags or attachments", p.IRI)
	}
	note, err := read[vocab.ActivityStreamsNote](m, "Note", "url", "published", "updated", "endTime")
	if err != nil {
		return p, violation("O2", "%s: %v", p.IRI, err)
	}
	d := m.Map("seestern:details")
	p.Plain = d == nil
	p.Paid = m["reciprocal"] != nil || m.Map("publishes")["reciprocal"] != nil
	if err := p.readTexts(m, d, note); err != nil {
		return p, err
	}
	if err := p.readTimes(m, d, note, now); err != nil {
		return p, err
	}
	if err := p.readIntent(m.Map("publishes")); err != nil {
		return p, err
	}
	p.readDetails(d, now)
	p.readPlaces(m, d)
	p.readStanding(d)
	if p.Directed() {
		p.readProject(d)
	}
	return p, nil
}

// readTexts takes title and description. A peer of our kind sends the description by itself; of others the content is all there is.
func (p *Proposal) readTexts(m, d Map, note vocab.ActivityStreamsNote) error {
	plain, _ := plainText(firstText(m, "content"))
	p.Title = cleanLine(firstText(m, "name"))
	if p.Title == "" {
		p.Title, _, _ = strings.Cut(plain, "\n")
		p.Title = cut(p.Title, maxTitle)
	}
	p.Summary, p.Description = cleanText(d.String("seestern:summary")), cleanText(d.String("seestern:description"))
	if p.Summary == "" && p.Description == "" {
		p.Description = plain
	}
	p.Load, p.Induction = cut(cleanText(d.String("seestern:load")), maxLine), cut(cleanText(d.String("seestern:induction")), maxLine)
	p.Lang, p.URL = langOf(m), pageOf(note.GetActivityStreamsUrl())
	if !SameOrigin(p.URL, p.IRI) {
		p.URL = p.IRI
	}
	switch {
	case p.Title == "":
		return violation("O6", "%s has no text", p.IRI)
	case characters(p.Title) > maxTitle, characters(plain) > maxDescription, characters(p.Summary+p.Description) > maxDescription:
		return violation("O6", "%s is too long", p.IRI)
	}
	return nil
}

// langOf is the language a text is in, by the only language signal there is on the wire.
func langOf(m Map) engagement.Lang {
	languages := m.Map("contentMap")
	for lang := range languages {
		if len(languages) == 1 && langShape.MatchString(lang) {
			return engagement.Lang(lang)
		}
	}
	return ""
}

var langShape = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// readTimes takes the times. An end is measured against now and not against the publication, because an opportunity that is
// confirmed again and again may live for years.
func (p *Proposal) readTimes(m, d Map, note vocab.ActivityStreamsNote, now time.Time) error {
	p.Published, p.Updated = timeOf(note.GetActivityStreamsPublished()), timeOf(note.GetActivityStreamsUpdated())
	p.Expires = timeOf(note.GetActivityStreamsEndTime())
	if m["published"] == nil {
		p.Published = now
	}
	if p.Expires.IsZero() {
		p.Expires = p.Published.Add(defaultLife)
	}
	switch {
	case p.Published.IsZero(), p.Published.After(now.Add(clockSkew)):
		return violation("O7", "%s was published %q", p.IRI, m.String("published"))
	case !p.Updated.IsZero() && (p.Updated.Before(p.Published) || p.Updated.After(now.Add(clockSkew))):
		return violation("O7", "%s was updated %q", p.IRI, m.String("updated"))
	case p.Expires.After(now.Add(maxLifetime)):
		return violation("O7", "%s ends %q", p.IRI, m.String("endTime"))
	}
	p.Confirmed = p.VersionTime()
	if at, ok := d.Time("seestern:confirmedAt"); ok && at.After(p.Published) && !at.After(now.Add(clockSkew)) {
		p.Confirmed = at
	}
	return nil
}

// readIntent takes what is sought and how many places are free (O3, O4).
func (p *Proposal) readIntent(m Map) error {
	switch m.String("action") {
	case "deliverService", "transfer", "work":
		p.Matchable = true
	}
	one, ok := readQuantity(m, "resourceQuantity")
	if !ok || one > maxAvailable {
		return violation("O4", "%s: resourceQuantity", p.IRI)
	}
	if _, ok := readQuantity(m, "minimumQuantity"); !ok {
		return violation("O4", "%s: minimumQuantity", p.IRI)
	}
	if hours, ok := readQuantity(m, "effortQuantity"); !ok {
		return violation("O4", "%s: effortQuantity", p.IRI)
	} else if hours >= 0.5 && hours <= 24 && m.Map("effortQuantity").String("hasUnit") == "hour" {
		p.HoursMin = hours
	}
	free, ok := readQuantity(m, "availableQuantity")
	if !ok || free > maxAvailable {
		return violation("O4", "%s: availableQuantity", p.IRI)
	}
	if m["availableQuantity"] == nil {
		return nil
	}
	p.Capacity = int(free)
	if p.Capacity == 0 { // zero places in all would mean unlimited
		p.Capacity, p.Taken = 1, 1
	}
	return nil
}

var quantityShape = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,3})?$`)

// readQuantity reads an amount, given as text or number. A missing one is 0 and right.
func readQuantity(m Map, name string) (float64, bool) {
	if m[name] == nil {
		return 0, true
	}
	q := m.Map(name)
	value := q.String("hasNumericalValue")
	if value == "" {
		value = string(numberText(q["hasNumericalValue"]))
	}
	if characters(q.String("hasUnit")) > 20 || !quantityShape.MatchString(value) {
		return 0, false
	}
	n, err := strconv.ParseFloat(value, 64)
	return n, err == nil
}

// readDetails takes the codes and numbers; what is out of range is left out, and codes we do not know are kept.
func (p *Proposal) readDetails(d Map, now time.Time) {
	for name, to := range map[string]*engagement.Code{
		"kind": &p.Kind, "commitment": &p.Commitment, "rhythm": &p.Rhythm, "mode": &p.Mode, "minorPolicy": &p.MinorPolicy,
		"teamSize": &p.TeamSize, "guidance": &p.Guidance, "expenses": &p.Expenses, "allowance": &p.Allowance,
	} {
		*to = codeOf(d, "seestern:"+name)
	}
	for name, to := range map[string]*[]engagement.Code{
		"areas": &p.Areas, "topics": &p.Topics, "activities": &p.Activities, "targetGroups": &p.TargetGroups,
		"licenses": &p.Licenses, "proofs": &p.Proofs, "insurance": &p.Insurance,
	} {
		*to = codesOf(d, "seestern:"+name)
	}
	if p.Plain {
		p.Kind = "engagement"
	}
	if l := codeOf(d, "seestern:license"); l == "cc-by-4.0" {
		p.License = l
	}
	if d["seestern:hoursMin"] != nil || d["seestern:hoursMax"] != nil {
		p.HoursMin, p.HoursMax = within(d, "seestern:hoursMin", 0.5, 24), within(d, "seestern:hoursMax", 0.5, 24)
	}
	p.MinMonths, p.MinAge = int(within(d, "seestern:minDurationMonths", 1, 36)), int(within(d, "seestern:minAge", 0, 99))
	p.Taster, _ = d.Bool("seestern:taster")
	p.Membership, _ = d.Bool("seestern:membershipNeeded")
	p.Waitlist, _ = d.Bool("seestern:waitlist")
	p.StartsOn, p.EndsOn = dateOf(d, "seestern:notBefore"), dateOf(d, "seestern:notAfter")
	if until := dateOf(d, "seestern:urgentUntil"); until >= engagement.DateOf(now) && until <= engagement.DateOf(now).Add(14) {
		p.UrgentUntil = until
	}
	slots := d.Map("seestern:availability")
	p.AllSlots = slots["seestern:all"] != nil
	p.Grid, _ = engagement.ParseGrid(append(codesOf(slots, "seestern:any"), codesOf(slots, "seestern:all")...))
	for _, c := range codesOf(d, "seestern:access") {
		if p.Access == nil {
			p.Access = map[engagement.Code]engagement.Code{}
		}
		p.Access[c] = "ja"
	}
	for _, c := range codesOf(d, "seestern:languages") {
		code, level, _ := strings.Cut(string(c), ":")
		p.Languages = append(p.Languages, engagement.LanguageNeed{Code: code, Level: engagement.Code(level)})
	}
	p.readSkills(d)
}

func (p *Proposal) readSkills(d Map) {
	mandatory := map[engagement.Code]bool{}
	for _, c := range codesOf(d, "seestern:skillsMandatory") {
		mandatory[c] = true
	}
	for _, required := range []bool{true, false} {
		name := "seestern:skillsHelpful"
		if required {
			name = "seestern:skillsRequired"
		}
		for _, c := range codesOf(d, name) {
			code, level, _ := strings.Cut(string(c), ":")
			p.Skills = append(p.Skills, engagement.SkillNeed{
				Code: engagement.Code(code), Level: engagement.Code(level), Required: required, Mandatory: required && mandatory[c],
			})
		}
	}
}

// readPlaces takes location and the further places.
func (p *Proposal) readPlaces(m, d Map) {
	locations := m.Maps("location")
	locations = append(locations[:min(len(locations), 1)], d.Maps("seestern:places")...)
	for _, l := range locations[:min(len(locations), 1+maxPlaces)] {
		if place, _ := readPlace(l); place.Locality != "" || place.Known() {
			p.Places = append(p.Places, place)
		}
	}
}

// readStanding takes status and visibility. The narrower of what is said and who it is addressed to counts.
func (p *Proposal) readStanding(d Map) {
	p.State = stateOf[d.String("seestern:status")]
	if p.Plain {
		p.State = engagement.Published
	}
	if p.State == "" {
		p.State = engagement.Expired
	}
	p.Visibility = codeOf(d, "seestern:visibility")
	public := slices.Contains(p.To, Public) || slices.Contains(p.Cc, Public)
	switch {
	case p.Visibility == "anfrage":
	case public && (p.Plain || p.Visibility == "offen"):
		p.Visibility = "offen"
	default:
		p.Visibility = "verbund"
	}
}
