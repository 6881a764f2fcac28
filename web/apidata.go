package web

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// This file says what programs of others read, of every noun exactly the fields that are written out here: no record of ours is ever handed
// out as it is. Names are those of the properties on the wire. The tags make the description: "about" is a sentence, "codes" the vocabulary
// of a code, "enum" the values of a text; what has "omitempty" or "omitzero" may be missing.

// apiOpportunity is an opportunity as everybody may have it. Who answers for it is not in it, because that may be the name of a person.
type apiOpportunity struct {
	apiSource

	Status         string            `json:"status" about:"Whether somebody can help now." enum:"open,paused,filled,closed"`
	Kind           engagement.Code   `json:"kind,omitempty" codes:"opportunity_kind"`
	Title          string            `json:"title"`
	Summary        string            `json:"summary,omitempty"`
	Description    string            `json:"description,omitempty" about:"Markdown; of other sites plain text."`
	SimpleText     string            `json:"simpleText,omitempty" about:"The same in simple German."`
	Language       string            `json:"language,omitempty" about:"Language of the texts, BCP 47."`
	Organization   apiOrganizer      `json:"organization"`
	Areas          []engagement.Code `json:"areas" codes:"area"`
	Topics         []engagement.Code `json:"topics" codes:"topic"`
	Activities     []engagement.Code `json:"activities" codes:"activity"`
	TargetGroups   []engagement.Code `json:"targetGroups" codes:"target_group"`
	Skills         []apiSkill        `json:"skills"`
	Licenses       []engagement.Code `json:"licenses" codes:"license"`
	Commitment     engagement.Code   `json:"commitment,omitempty" codes:"commitment"`
	Rhythm         engagement.Code   `json:"rhythm,omitempty" codes:"rhythm"`
	HoursMin       float64           `json:"hoursMin,omitempty" about:"Hours each time, at least."`
	HoursMax       float64           `json:"hoursMax,omitempty" about:"Hours each time, at most."`
	MinMonths      int               `json:"minDurationMonths,omitempty"`
	Slots          []engagement.Code `json:"slots" about:"Times of the week, such as di-nachmittag: codes of weekday and daypart."`
	AllSlots       bool              `json:"allSlots" about:"Every one of the slots is needed; otherwise one is enough."`
	StartsOn       engagement.Date   `json:"startsOn,omitempty"`
	EndsOn         engagement.Date   `json:"endsOn,omitempty"`
	Mode           engagement.Code   `json:"mode,omitempty" codes:"mode"`
	Places         []apiPlace        `json:"places"`
	AccessYes      []engagement.Code `json:"access" about:"Features that are there." codes:"access"`
	AccessNo       []engagement.Code `json:"accessMissing" about:"Features that are not there; of the others nothing is known." codes:"access"`
	MinAge         int               `json:"minAge" about:"Years; 0: none."`
	MinorPolicy    engagement.Code   `json:"minorPolicy,omitempty" codes:"minor_policy"`
	Proofs         []engagement.Code `json:"proofs" codes:"proof"`
	Load           string            `json:"load,omitempty" about:"What is hard about it, such as lifting."`
	Taster         bool              `json:"taster" about:"Trying out is possible."`
	Languages      []apiLanguage     `json:"languages" about:"Languages that are needed."`
	TeamSize       engagement.Code   `json:"teamSize,omitempty" codes:"team_size"`
	Guidance       engagement.Code   `json:"guidance,omitempty" codes:"guidance"`
	Induction      string            `json:"induction,omitempty"`
	Expenses       engagement.Code   `json:"expenses,omitempty" codes:"expenses"`
	Allowance      engagement.Code   `json:"allowance,omitempty" codes:"allowance"`
	Insurance      []engagement.Code `json:"insurance" codes:"insurance"`
	Membership     bool              `json:"membershipNeeded"`
	Capacity       int               `json:"capacity,omitempty" about:"Places in all; missing: no limit, or the other site does not say."`
	Free           *int              `json:"free,omitempty" about:"Places that are free; missing: no limit."`
	Waitlist       bool              `json:"waitlist"`
	UrgentUntil    engagement.Date   `json:"urgentUntil,omitempty"`
	License        engagement.Code   `json:"license,omitempty" about:"cc-by-4.0, or missing: all rights reserved." enum:"cc-by-4.0"`
	Published      time.Time         `json:"published,omitzero"`
	Updated        time.Time         `json:"updated,omitzero"`
	Confirmed      time.Time         `json:"confirmedAt,omitzero" about:"When the organization last said that it still holds."`
	DistanceKM     *float64          `json:"distanceKm,omitempty" about:"From the place that was searched, to the tenth of a kilometre."`
	NearestPlaceNo *int              `json:"nearestPlace,omitempty" about:"Which of the places that is, counted from 0."`
}

// apiSource is where something stands, and where it comes from.
type apiSource struct {
	ID     string `json:"id" about:"Short code, unique on this site."`
	URI    string `json:"uri,omitempty" about:"ActivityPub id, the same on every server." format:"uri"`
	Page   string `json:"page" about:"Page for people on this site." format:"uri"`
	Origin string `json:"origin,omitempty" about:"Host it comes from, if that is not this site."`
	Source string `json:"source,omitempty" about:"Page at its origin." format:"uri"`
}

// apiOrganizer is who something belongs to.
type apiOrganizer struct {
	ID    string          `json:"id,omitempty" about:"Short code; missing: it has no page here."`
	Name  string          `json:"name"`
	Page  string          `json:"page,omitempty" format:"uri"`
	Level engagement.Code `json:"level,omitempty" about:"Highest confirmation." codes:"attestation_level"`
}

type apiSkill struct {
	Code      engagement.Code `json:"code" codes:"skill"`
	Level     engagement.Code `json:"level,omitempty" codes:"skill_level"`
	Required  bool            `json:"required" about:"Otherwise it helps."`
	Mandatory bool            `json:"mandatory" about:"Nobody can help without it."`
}

type apiLanguage struct {
	Code  string          `json:"code" about:"ISO 639."`
	Level engagement.Code `json:"level,omitempty" codes:"language_level"`
}

// apiPlace is a place as exactly as its organization allows.
type apiPlace struct {
	Name      string          `json:"name,omitempty"`
	Street    string          `json:"street,omitempty"`
	Postcode  string          `json:"postcode,omitempty"`
	Locality  string          `json:"locality,omitempty"`
	Region    string          `json:"region,omitempty" about:"Such as ags:11000000 or lor:09."`
	Note      string          `json:"note,omitempty"`
	Lat       *float64        `json:"lat,omitempty" about:"WGS 84."`
	Lon       *float64        `json:"lon,omitempty" about:"WGS 84."`
	Precision engagement.Code `json:"precision" about:"How exact this is: with ortsteil the point is the middle of the neighbourhood." codes:"public_precision"`
}

// apiShift is a time at which people help, without who does.
type apiShift struct {
	ID       string    `json:"id" about:"The same as in calendars, before the @."`
	Status   string    `json:"status" enum:"planned,canceled"`
	Starts   time.Time `json:"starts"`
	Ends     time.Time `json:"ends"`
	Place    *apiPlace `json:"place,omitempty" about:"Missing: those of the opportunity."`
	Capacity int       `json:"capacity" about:"Places in all."`
	Free     int       `json:"free" about:"Places that are free; 0 of one that is canceled."`
	Waitlist bool      `json:"waitlist" about:"Who comes when all places are taken can wait for one."`
	Updated  time.Time `json:"updated,omitzero"`
}

// apiOrganization is an organization without its contact person.
type apiOrganization struct {
	apiSource

	Handle      string            `json:"handle,omitempty" about:"@name@host, to be followed by."`
	Name        string            `json:"name"`
	Kind        engagement.Code   `json:"kind,omitempty" codes:"organization_kind"`
	LegalForm   engagement.Code   `json:"legalForm,omitempty" codes:"legal_form"`
	Summary     string            `json:"summary,omitempty"`
	Description string            `json:"description,omitempty" about:"Markdown; of other sites plain text."`
	Areas       []engagement.Code `json:"areas" codes:"area"`
	Languages   []string          `json:"languages" about:"ISO 639."`
	Web         string            `json:"web,omitempty" format:"uri"`
	Register    string            `json:"register,omitempty" about:"Court and number."`
	Charitable  bool              `json:"charitable"`
	Level       engagement.Code   `json:"level,omitempty" about:"Highest confirmation." codes:"attestation_level"`
	Place       *apiPlace         `json:"place,omitempty"`
	Created     time.Time         `json:"created,omitzero"`
	Updated     time.Time         `json:"updated,omitzero"`
}

// apiEvent is an event without the address of an online meeting.
type apiEvent struct {
	apiSource

	Status       string          `json:"status" enum:"scheduled,postponed,canceled"`
	Kind         engagement.Code `json:"kind,omitempty" codes:"event_kind"`
	Title        string          `json:"title"`
	Teaser       string          `json:"teaser,omitempty"`
	Text         string          `json:"text,omitempty" about:"Markdown; of other sites plain text."`
	Language     string          `json:"language,omitempty" about:"Language of the texts, BCP 47."`
	Organization apiOrganizer    `json:"organization"`
	Starts       time.Time       `json:"starts"`
	Ends         time.Time       `json:"ends"`
	Zone         string          `json:"zone,omitempty" about:"Time zone of the place: IANA name, or an offset."`
	Online       bool            `json:"online"`
	Place        *apiPlace       `json:"place,omitempty"`
	Capacity     int             `json:"capacity,omitempty" about:"Places in all; missing: no limit."`
	SignUp       engagement.Code `json:"signUp,omitempty" codes:"sign_up"`
	Published    time.Time       `json:"published,omitzero"`
	Updated      time.Time       `json:"updated,omitzero"`
}

// apiAnnouncement is a piece of news, without what others replied.
type apiAnnouncement struct {
	apiSource

	Title        string          `json:"title" about:"Of a short one its first sentence, which the text begins with, too."`
	Teaser       string          `json:"teaser,omitempty" about:"Of a long one."`
	Text         string          `json:"text" about:"Markdown; of other sites plain text."`
	Organization apiOrganizer    `json:"organization"`
	UrgentUntil  engagement.Date `json:"urgentUntil,omitempty" about:"Last day of an urgent call."`
	Published    time.Time       `json:"published"`
	Updated      time.Time       `json:"updated,omitzero"`
}

// apiBoard is the page of a place or a topic.
type apiBoard struct {
	ID       string            `json:"id" about:"Its name in addresses."`
	URI      string            `json:"uri,omitempty" about:"ActivityPub id, the same on every server." format:"uri"`
	Page     string            `json:"page" about:"Page for people on this site." format:"uri"`
	Feed     string            `json:"feed,omitempty" about:"What stands on it, as JSON Feed; missing: it gets nothing new." format:"uri"`
	Kind     string            `json:"kind" about:"A place or a topic." enum:"ort,thema"`
	Status   string            `json:"status" enum:"active,archived"`
	Name     string            `json:"name"`
	Summary  string            `json:"summary,omitempty"`
	Place    *apiPlace         `json:"place,omitempty" about:"Middle of a place."`
	RadiusKM float64           `json:"radiusKm,omitempty" about:"How far a place reaches."`
	Areas    []engagement.Code `json:"areas" about:"Of a topic: one of these, or of the topics, is enough." codes:"area"`
	Topics   []engagement.Code `json:"topics" codes:"topic"`
	Created  time.Time         `json:"created,omitzero"`
	Updated  time.Time         `json:"updated,omitzero"`
}

// apiStatus is what others learn of a state.
func apiStatus(s engagement.OpportunityState) string {
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

func (r *Request) apiOpportunity(o engagement.Opportunity, org store.Organizer) apiOpportunity {
	out := apiOpportunity{
		apiSource: apiSource{ID: o.Code, URI: r.wireOf(store.NounOpportunity, o.ID, o.IRI), Page: r.Absolute(opportunityPath(o)), Origin: o.Origin, Source: webAddress(o.URL)},
		Status:    apiStatus(o.State), Kind: o.Kind,
		Title: clean(o.Title, false), Summary: clean(o.Summary, true), Description: clean(o.Description, true), SimpleText: clean(o.Simple, true), Language: string(o.Lang),
		Organization: r.apiOrganizer(org), Areas: given(o.Areas), Topics: given(o.Topics), Activities: given(o.Activities), TargetGroups: given(o.TargetGroups),
		Skills: []apiSkill{}, Licenses: given(o.Licenses), Commitment: o.Commitment, Rhythm: o.Rhythm, HoursMin: o.HoursMin, HoursMax: o.HoursMax, MinMonths: o.MinMonths,
		Slots: given(o.Grid.Codes()), AllSlots: o.AllSlots, StartsOn: o.StartsOn, EndsOn: o.EndsOn, Mode: o.Mode, Places: []apiPlace{},
		AccessYes: given(accessWith(o, "ja")), AccessNo: given(accessWith(o, "nein")), MinAge: o.MinAge, MinorPolicy: o.MinorPolicy, Proofs: given(o.Proofs),
		Load: clean(o.Load, true), Taster: o.Taster, Languages: []apiLanguage{}, TeamSize: o.TeamSize, Guidance: o.Guidance, Induction: clean(o.Induction, true),
		Expenses: o.Expenses, Allowance: o.Allowance, Insurance: given(o.Insurance), Membership: o.Membership, Waitlist: o.Waitlist, UrgentUntil: o.UrgentUntil,
		License: o.License, Published: second(o.Published), Updated: second(o.Updated), Confirmed: second(o.Confirmed),
	}
	for _, s := range o.Skills {
		out.Skills = append(out.Skills, apiSkill(s))
	}
	for _, l := range o.Languages {
		out.Languages = append(out.Languages, apiLanguage(l))
	}
	for _, p := range o.Places {
		out.Places = append(out.Places, newAPIPlace(p))
	}
	if free, limited := o.Free(); limited {
		out.Free = &free
		if o.Local() { // the other site tells how many are free, not how many there are
			out.Capacity = o.Capacity
		}
	}
	return out
}

func newAPIShift(s engagement.Shift) apiShift {
	out := apiShift{
		ID: string(s.ID), Status: string(s.State), Starts: second(s.Starts), Ends: second(s.Ends), Place: somewhere(s.Place), Capacity: s.Capacity,
		Waitlist: s.Waitlist, Updated: second(s.Updated),
	}
	if s.State == engagement.ShiftPlanned {
		out.Free = s.Free()
	}
	return out
}

func (r *Request) apiOrganizer(o store.Organizer) apiOrganizer {
	out := apiOrganizer{ID: o.Code, Name: clean(o.Name, false), Level: o.Level}
	if o.Code != "" {
		out.Page = r.Absolute(organizationPage(engagement.Organization{Code: o.Code, Name: o.Name}))
	}
	return out
}

// organizer is what is told of an organization beside something of it.
func organizer(o engagement.Organization) store.Organizer {
	return store.Organizer{ID: o.ID, Code: o.Code, Name: o.Name, Level: o.Level}
}

// newAPIPlace takes care that only the public part of a place gets out.
func newAPIPlace(p engagement.Place) apiPlace {
	p = p.Public()
	out := apiPlace{
		Name: clean(p.Name, false), Street: clean(strings.TrimSpace(p.Street+" "+p.House), false), Postcode: p.Postcode, Locality: clean(p.Locality, false), Region: p.Region,
		Note: clean(p.Note, true), Precision: p.Precision,
	}
	if !slices.Contains(engagement.PublicPrecisions.Codes(), p.Precision) {
		out.Precision = "ortsteil"
	}
	if p.Known() {
		out.Lat, out.Lon = &p.Point.Lat, &p.Point.Lon
	}
	return out
}

// somewhere is a place, or nil if there is none.
func somewhere(p engagement.Place) *apiPlace {
	if p.Locality == "" && p.Postcode == "" && !p.Known() {
		return nil
	}
	out := newAPIPlace(p)
	return &out
}

func (r *Request) apiOrganization(o engagement.Organization) apiOrganization {
	out := apiOrganization{
		apiSource: apiSource{ID: o.Code, URI: r.wireOf(store.NounOrganization, o.ID, o.IRI), Page: r.Absolute(organizationPage(o)), Origin: o.Origin, Source: webAddress(o.URL)},
		Handle:    r.server.handle(o),
		Name:      clean(o.Name, false), Kind: o.Kind, LegalForm: o.LegalForm, Summary: clean(o.Summary, true), Description: clean(o.Description, true), Areas: given(o.Areas), Languages: []string{},
		Web: webAddress(o.Web), Register: clean(o.Register, false), Charitable: o.Charitable, Level: o.Level, Place: somewhere(o.Place), Created: second(o.Created), Updated: second(o.Updated),
	}
	out.Languages = append(out.Languages, o.Languages...)
	return out
}

func (r *Request) apiEvent(o engagement.Occasion, org engagement.Organization) apiEvent {
	out := apiEvent{
		apiSource: apiSource{ID: o.Code, URI: r.wireOf(store.NounOccasion, o.ID, o.IRI), Page: r.Absolute(occasionPath(o)), Origin: o.Origin, Source: webAddress(o.URL)},
		Status:    string(o.State), Kind: o.Kind,
		Title: clean(o.Title, false), Teaser: clean(o.Teaser, true), Text: clean(o.Text, true), Language: string(o.Lang), Organization: r.apiOrganizer(organizer(org)),
		Starts: second(o.Starts), Ends: second(o.Ends), Zone: o.Zone, Online: o.Online, Capacity: o.Capacity, SignUp: o.SignUp, Published: second(o.Published), Updated: second(o.Updated),
	}
	if !o.Local() {
		out.Organization = apiOrganizer{Name: clean(o.Organizer, false)}
	}
	if !o.Online {
		out.Place = somewhere(o.Place)
	}
	return out
}

func (r *Request) apiAnnouncement(n engagement.Announcement, org engagement.Organization) apiAnnouncement {
	title, _ := titleOf(n)
	return apiAnnouncement{
		apiSource: apiSource{ID: n.Code, URI: r.wireOf(store.NounAnnouncement, n.ID, n.IRI), Page: r.Absolute(announcementPath(n)), Origin: n.Origin, Source: webAddress(n.URL)},
		Title:     clean(title, false),
		Teaser:    clean(n.Teaser, true), Text: clean(n.Text, true), Organization: r.apiOrganizer(organizer(org)), UrgentUntil: n.UrgentUntil, Published: second(n.Published), Updated: second(n.Updated),
	}
}

func (r *Request) apiBoard(b engagement.Board) apiBoard {
	out := apiBoard{
		ID: b.Handle, URI: r.server.wireID(store.NounBoard, b.ID), Page: r.Absolute(boardPath(b)), Kind: string(b.Kind), Status: string(b.State), Name: clean(b.Name, false),
		Summary: clean(b.Summary, true), RadiusKM: b.RadiusKM, Areas: given(b.Areas), Topics: given(b.Topics), Created: second(b.Created), Updated: second(b.Updated),
	}
	if b.Kind == engagement.PlaceBoard {
		out.Place = somewhere(b.Place)
	}
	if b.State == engagement.BoardActive {
		out.Feed = r.Absolute(boardPath(b) + jsonSuffix)
	}
	return out
}

// wireOf is the ActivityPub id: the one a copy came with, or our own while this site talks to others.
func (r *Request) wireOf(noun string, id engagement.ID, iri string) string {
	if iri != "" {
		return iri
	}
	return r.server.wireID(noun, id)
}

// webAddress is an address that a browser may be sent to, or nothing.
func webAddress(address string) string {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return address
}

// given is a list that is written as one even when there is nothing in it.
func given(codes []engagement.Code) []engagement.Code {
	if codes == nil {
		return []engagement.Code{}
	}
	return codes
}

// second is a time as it is told: in UTC, without fractions.
func second(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}
