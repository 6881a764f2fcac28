package federation

import (
	"cmp"
	"encoding/json"
	"html"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
)

// OccasionID is the id of an occasion, ours or the one its server gave it.
func (c Codec) OccasionID(o engagement.Occasion) string {
	if o.IRI != "" {
		return o.IRI
	}
	return c.Base.ID(KindEvent, string(o.ID))
}

// seriesID is the IRI that the events of a series have in common. There is nothing to be read there.
func (c Codec) seriesID(o engagement.Occasion) string {
	if o.IRI != "" {
		return o.Series
	}
	return c.Base.ID(KindEvent, o.Series)
}

// eventStatus says what other servers learn of a state: by FEP-8a8e and schema.org, and by iCalendar as Mobilizon has it.
var eventStatus = map[engagement.OccasionState][2]string{
	engagement.OccasionScheduled: {"EventScheduled", "CONFIRMED"},
	engagement.OccasionPostponed: {"EventPostponed", "TENTATIVE"},
	engagement.OccasionCanceled:  {"EventCancelled", "CANCELLED"},
}

// eventCategory is one of Mobilizon's categories; kinds that are not listed are of the community.
var eventCategory = map[engagement.Code]string{"benefiz": "CAUSES", "fortbildung": "LEARNING"}

// Occasion is an event with the names of Mobilizon and of FEP-8a8e. Mastodon shows of it title, summary and link, so the summary says day,
// time and place. The address of an online meeting and who takes part are never told. A hidden one has a neutral text and no place, and is
// postponed: whether it takes place is not for us to say. The boards are those that announce it.
func (c Codec) Occasion(o engagement.Occasion, org engagement.Organization, boards ...engagement.Board) (Doc, error) {
	id, author, page := c.OccasionID(o), c.Base.OrganizationID(org), c.page(c.Pages.Occasion(o))
	d, err := c.audience("offen", author, boards)
	if err != nil {
		return nil, err
	}
	summary, hidden := c.Words(o.Lang).occasion(o), o.State == engagement.OccasionHidden
	if hidden {
		summary = c.Words(o.Lang).text("wire.event.hidden")
		o.State, o.Title, o.Teaser, o.Text, o.Kind, o.Capacity = engagement.OccasionPostponed, summary, summary, "", "", 0
	}
	body := markdownHTML(o.Text)
	if o.Text == "" {
		body = plainHTML(cmp.Or(o.Teaser, summary))
	}
	status := eventStatus[o.State]
	d.with(content(body, o.Lang)).with(Doc{
		"id": id, "type": "Event", "actor": author, "attributedTo": author, "organizers": json.RawMessage("null"), "name": o.Title,
		"summary": html.EscapeString(summary), "url": page, "startTime": localStamp(o.Starts, o), "endTime": localStamp(o.Ends, o), "timezone": o.Zone,
		"eventStatus": status[0], "status": status[1], "isOnline": o.Online, "category": cmp.Or(eventCategory[o.Kind], "COMMUNITY"), "repliesModerationOption": "allow_all",
		"joinMode":   "restricted",
		"attachment": []Doc{{"type": "Link", "href": page, "mediaType": "text/html", "name": "Website"}}, "tag": []Doc{},
		"published": stamp(o.Published), "updated": stamp(o.Updated),
	})
	if !o.Restricted() {
		d["joinMode"], d["externalParticipationUrl"] = "external", page
	}
	if o.Note {
		d["cc"] = slices.DeleteFunc(d["cc"].([]string), func(to string) bool { return to == author+"/followers" })
	}
	if o.Series != "" {
		d["seestern:series"] = c.seriesID(o)
	}
	if o.Capacity > 0 {
		d["maximumAttendeeCapacity"] = o.Capacity
	}
	if !o.Online && !hidden {
		place := placeDoc(o.Place)
		place["address"].(Doc)["addressCountry"] = "Deutschland"
		d["location"] = place.with(Doc{"id": id + placeFragment})
	}
	return d, nil
}

// occasion is the line that stands for an occasion where nothing else of it is shown.
func (w Words) occasion(o engagement.Occasion) string {
	where := w.Label("event_kind", "onlinetreffen")
	if !o.Online {
		where = o.Place.Public().Locality
	}
	line := w.Span(o.Starts.In(o.Located()), o.Ends.In(o.Located())) + ", " + where + "."
	switch o.State {
	case engagement.OccasionCanceled:
		line = w.text("wire.event.canceled") + " " + line
	case engagement.OccasionPostponed:
		line = w.text("wire.event.postponed") + " " + line
	}
	return strings.TrimSpace(line + " " + o.Teaser)
}

// localStamp is an instant in whole seconds with the offset that people at the place of an occasion live by.
func localStamp(t time.Time, o engagement.Occasion) string {
	return t.In(o.Located()).Format("2006-01-02T15:04:05-07:00")
}

// companionID is the id of the note that goes along with an occasion.
func (c Codec) companionID(o engagement.Occasion) string { return c.Base.ID(KindNote, string(o.ID)) }

// Companion is a note about an occasion for who follows the organization. Where events are shown by their title only, it is read in full;
// the event itself goes to the boards alone, so that nobody gets both.
func (c Codec) Companion(o engagement.Occasion, org engagement.Organization) Doc {
	author, page, words := c.Base.OrganizationID(org), c.page(c.Pages.Occasion(o)), c.Words(o.Lang)
	body := "<p><strong>" + html.EscapeString(o.Title) + "</strong></p>" + plainHTML(words.occasion(o)) + "<p>" + link(page, "nofollow noopener", words.text("wire.event.more")) + "</p>"
	if o.State == engagement.OccasionHidden {
		body = plainHTML(words.text("wire.event.hidden"))
	}
	return content(body, o.Lang).with(Doc{
		"id": c.companionID(o), "type": "Note", "attributedTo": author, "url": page, "published": stamp(o.Published), "updated": stamp(o.Updated),
		"to": []string{Public}, "cc": []string{author + "/followers"}, "tag": []Doc{}, "attachment": []Doc{}, "seestern:event": c.OccasionID(o),
	})
}

// DeleteCompanion takes the note back.
func (c Codec) DeleteCompanion(event engagement.ID, at time.Time, o engagement.Occasion, org engagement.Organization) Doc {
	author := c.Base.OrganizationID(org)
	return Doc{
		"id": c.Base.ActivityID(event), "type": "Delete", "actor": author, "published": stamp(at), "object": Tombstone(c.companionID(o), "Note", at),
		"to": []string{Public}, "cc": []string{author + "/followers"},
	}
}

// DeleteOccasion takes an occasion back.
func (c Codec) DeleteOccasion(event engagement.ID, at time.Time, o engagement.Occasion, org engagement.Organization, boards ...engagement.Board) (Doc, error) {
	return c.remove(event, at, Tombstone(c.OccasionID(o), "Event", at), "offen", org, boards)
}

// Join is somebody on another server who wants to come.
type Join struct {
	ID     string // of the activity
	Actor  string
	Object string // id of the occasion
	Text   string // plain
}

// ReadJoin reads a Join.
func ReadJoin(e Envelope) Join {
	text, _ := plainText(e.Raw.String("participationMessage"))
	return Join{ID: e.ID, Actor: e.Actor, Object: e.ObjectID, Text: cut(cleanText(text), engagement.SignUpTextLimit)}
}

// AnswerJoin says yes or no to a Join, which stands inside as Mobilizon expects it; to the participant alone.
func (c Codec) AnswerJoin(event engagement.ID, yes bool, j Join, org engagement.Organization) Doc {
	kind := map[bool]string{true: "Accept", false: "Reject"}[yes]
	return Doc{
		"id": c.Base.ActivityID(event), "type": kind, "actor": c.Base.OrganizationID(org), "to": []string{j.Actor},
		"object": Doc{"id": j.ID, "type": "Join", "actor": j.Actor, "object": j.Object},
	}
}

// IgnoreJoin says that a Join has no effect, which FEP-8a8e requires.
func (c Codec) IgnoreJoin(event engagement.ID, j Join, org engagement.Organization) Doc {
	return Doc{"id": c.Base.ActivityID(event), "type": "Ignore", "actor": c.Base.OrganizationID(org), "object": j.ID, "to": []string{j.Actor}}
}

// Limits of events that we read.
const (
	maxAhead    = 2 // years
	defaultSpan = time.Hour
)

// FoundOccasion is what another server tells about an event. Whether the author may speak and whether it is shown is decided with the store.
type FoundOccasion struct {
	engagement.Occasion // without ID, Code, Organizer and Received
	To, Cc              []string
}

// By says whether an actor may speak for the event: who invites, or who wrote it for them.
func (f FoundOccasion) By(actor string) bool {
	return actor != "" && (actor == f.Author || actor == f.Poster)
}

// ReadOccasion reads an event by the rules E1 to E6 and E8; now is the time of arrival.
func ReadOccasion(m Map, now time.Time) (FoundOccasion, error) {
	f := FoundOccasion{To: m.Recipients("to"), Cc: m.Recipients("cc")}
	f.IRI, f.Author, f.Poster, f.Origin = m.ID(), m.IRI("attributedTo"), m.IRI("actor"), HostOf(m.ID())
	if f.Author == "" {
		f.Author = f.Poster
	}
	if f.Poster == f.Author {
		f.Poster = ""
	}
	switch {
	case !SameOrigin(f.IRI, f.Author) || f.Poster != "" && !SameOrigin(f.IRI, f.Poster):
		return f, violation("E1", "%q is by %q and %q", f.IRI, f.Author, f.Poster)
	case len(m.List("tag")) > maxTags || len(m.List("attachment")) > maxMedia:
		return f, violation("E6", "%s has too many tags or attachments", f.IRI)
	}
	// What else there is, "duration" above all, the library does not get to see (E8).
	event, err := read[vocab.ActivityStreamsEvent](m, "Event", "url", "published", "updated", "startTime", "endTime")
	if err != nil {
		return f, violation("E2", "%s: %v", f.IRI, err)
	}
	if err := f.readTimes(m, event, now); err != nil {
		return f, err
	}
	if err := f.readTexts(m, event); err != nil {
		return f, err
	}
	f.readPlace(m)
	f.State = readEventStatus(m)
	if f.Series = m.IRI("seestern:series"); !SameOrigin(f.Series, f.IRI) {
		f.Series = ""
	}
	for kind, category := range eventCategory {
		if strings.EqualFold(m.String("category"), category) {
			f.Kind = kind
		}
	}
	if n, ok := m.Int("maximumAttendeeCapacity"); ok && n > 0 && n <= engagement.OccasionPlaces {
		f.Capacity = int(n)
	}
	return f, nil
}

func (f *FoundOccasion) readTimes(m Map, event vocab.ActivityStreamsEvent, now time.Time) error {
	f.Starts, f.Ends = timeOf(event.GetActivityStreamsStartTime()), timeOf(event.GetActivityStreamsEndTime())
	f.Published, f.Updated = timeOf(event.GetActivityStreamsPublished()), timeOf(event.GetActivityStreamsUpdated())
	if m["endTime"] == nil {
		f.Ends = f.Starts.Add(defaultSpan)
	}
	if m["published"] == nil {
		f.Published = now
	}
	switch {
	case f.Starts.IsZero(), f.Starts.After(now.AddDate(maxAhead, 0, 0)):
		return violation("E2", "%s begins %q", f.IRI, m.String("startTime"))
	case !f.Ends.After(f.Starts), f.Ends.Sub(f.Starts) > engagement.OccasionLength:
		return violation("E2", "%s lasts from %q to %q", f.IRI, m.String("startTime"), m.String("endTime"))
	case f.Published.IsZero(), f.Published.After(now.Add(clockSkew)):
		return violation("O7", "%s was published %q", f.IRI, m.String("published"))
	case !f.Updated.IsZero() && (f.Updated.Before(f.Published) || f.Updated.After(now.Add(clockSkew))):
		return violation("O7", "%s was updated %q", f.IRI, m.String("updated"))
	}
	// A zone that we do not know is told by its offset (E4).
	f.Zone = m.String("timezone")
	if zone, err := time.LoadLocation(f.Zone); err != nil || f.Zone == "" || zone == time.Local {
		f.Zone = "+00:00"
		if t, err := time.Parse(time.RFC3339, m.String("startTime")); err == nil {
			f.Zone = t.Format("-07:00")
		}
	}
	return nil
}

func (f *FoundOccasion) readTexts(m Map, event vocab.ActivityStreamsEvent) error {
	f.Title = cleanLine(firstText(m, "name"))
	f.Text, _ = plainText(firstText(m, "content"))
	if f.Text == "" {
		f.Text, _ = plainText(firstText(m, "summary"))
	}
	f.Lang, f.URL = langOf(m), pageOf(event.GetActivityStreamsUrl())
	if !SameOrigin(f.URL, f.IRI) {
		f.URL = f.IRI
	}
	switch {
	case f.Title == "":
		return violation("E2", "%s has no name", f.IRI)
	case characters(f.Title) > maxTitle, characters(f.Text) > maxDescription:
		return violation("E6", "%s is too long", f.IRI)
	}
	return nil
}

// readPlace takes the first usable place (E3): an object with name, address or coordinates, or a plain text.
func (f *FoundOccasion) readPlace(m Map) {
	f.Online, _ = m.Bool("isOnline")
	for _, l := range m.List("location") {
		switch l := l.(type) {
		case string:
			f.Place = engagement.Place{Locality: cut(cleanLine(l), maxLine), Precision: "genau"}
		case map[string]any:
			f.Place, _ = readPlace(plainPlace(l))
			if Map(l).Type() == "VirtualLocation" {
				f.Place, f.Online = engagement.Place{}, true
			}
		}
		if f.Place.Locality != "" || f.Place.Known() {
			f.Online = false
			return
		}
	}
}

// plainPlace brings a place into the form in which we read places: addresses as objects and coordinates as numbers.
func plainPlace(m Map) Map {
	plain := make(Map, len(m))
	for name, v := range m {
		text, isText := v.(string)
		switch {
		case name == "address" && isText:
			v = map[string]any{"addressLocality": text}
		case (name == "latitude" || name == "longitude") && isText:
			if f, err := strconv.ParseFloat(text, 64); err == nil {
				v = f
			}
		}
		plain[name] = v
	}
	return plain
}

// readEventStatus reads both names of the state; eventStatus counts more (E5). What we do not know takes place.
func readEventStatus(m Map) engagement.OccasionState {
	for i, names := range [][]string{{"eventStatus"}, {"ical:status", "status"}} {
		for _, name := range names {
			said := path.Base(strings.ReplaceAll(m.String(name), ":", "/"))
			for state, words := range eventStatus {
				if said == words[i] && said != "TENTATIVE" { // tentative is not sure yet, and may well take place
					return state
				}
			}
			if said != "." && i == 0 {
				return engagement.OccasionScheduled
			}
		}
	}
	return engagement.OccasionScheduled
}
