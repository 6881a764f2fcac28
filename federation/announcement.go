package federation

import (
	"html"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
)

// AnnouncementID is the id of an announcement, ours or the one its server gave it.
func (c Codec) AnnouncementID(a engagement.Announcement) string {
	if a.IRI != "" {
		return a.IRI
	}
	return c.Base.ID(KindAnnouncement, string(a.ID))
}

// Announcement is a piece of news. The short form is a Note that every server shows in full; it has no name, which servers take for
// a title or a content warning. The long form is an Article, of which some servers show title, summary and link only. The boards are
// those that announce it.
func (c Codec) Announcement(a engagement.Announcement, org engagement.Organization, boards ...engagement.Board) (Doc, error) {
	author := c.Base.OrganizationID(org)
	d, err := c.audience("offen", author, boards)
	if err != nil {
		return nil, err
	}
	if a.State == engagement.AnnouncementHidden {
		return d.with(content("<p>"+html.EscapeString(c.Words("").text("wire.hidden"))+"</p>", "")).with(Doc{
			"id": c.AnnouncementID(a), "type": announcementType(a), "attributedTo": author, "url": c.page(c.Pages.Announcement(a)),
			"published": stamp(a.Published), "updated": stamp(a.Updated), "tag": []Doc{}, "attachment": []Doc{},
		}), nil
	}
	body := markdownHTML(a.Text)
	if len(body) > maxBody {
		body = c.teaser(a)
	}
	d.with(content(body, "")).with(Doc{
		"id": c.AnnouncementID(a), "type": announcementType(a), "attributedTo": author, "url": c.page(c.Pages.Announcement(a)),
		"published": stamp(a.Published), "updated": stamp(a.Updated), "tag": []Doc{}, "attachment": []Doc{},
	})
	if a.UrgentUntil != "" {
		d.with(Doc{"seestern:urgent": true, "endTime": stamp(a.UrgentUntil.Add(1).Time())})
	}
	if a.Long {
		d.with(Doc{"name": a.Title, "summary": html.EscapeString(a.Teaser), "preview": Doc{"type": "Note", "content": c.teaser(a), "published": stamp(a.Published)}})
	}
	return d, nil
}

func announcementType(a engagement.Announcement) string {
	if a.Long {
		return "Article"
	}
	return "Note"
}

// maxBody is how many bytes of HTML are sent, because they stand in a document twice; of more, only the teaser is.
const maxBody = 24 << 10

// teaser is what servers that know notes only show of an article: the teaser and where to read on.
func (c Codec) teaser(a engagement.Announcement) string {
	teaser := strings.TrimSuffix(a.Teaser, ".")
	if strings.TrimRight(teaser, "!?…") == teaser {
		teaser += ":"
	}
	more := link(c.page(c.Pages.Announcement(a)), "nofollow noopener", c.Words("").text("wire.news.more"))
	return "<p>" + html.EscapeString(teaser) + " " + more + "</p>"
}

// FoundAnnouncement is what another instance tells about a piece of news. Whether the author may speak is decided with the store.
type FoundAnnouncement struct {
	engagement.Announcement // without ID, Code, Organization, Origin and State
	Author                  string
}

// IsAnnouncement says whether something that was published may be news: a text for everybody that answers nobody, mentions nobody, and does not
// go along with an event.
func IsAnnouncement(m Map) bool {
	mentions := slices.ContainsFunc(m.Maps("tag"), func(tag Map) bool { return tag.Type() == "Mention" })
	return (hasType(m, "Note") || hasType(m, "Article")) && m["purpose"] == nil && m["inReplyTo"] == nil && m["seestern:event"] == nil && !mentions && slices.Contains(m.Recipients("to"), Public)
}

// ReadAnnouncement reads news by the rules O1, O6 and O7; now is the time of arrival. An urgent call without an end that we would give one
// is news like others.
func ReadAnnouncement(m Map, now time.Time) (FoundAnnouncement, error) {
	f := FoundAnnouncement{Author: m.IRI("attributedTo")}
	f.IRI = m.ID()
	if !SameOrigin(f.IRI, f.Author) {
		return f, violation("O1", "%q is by %q", f.IRI, f.Author)
	}
	note, err := read[vocab.ActivityStreamsNote](m, "Note", "url", "published", "updated", "endTime")
	if err != nil {
		return f, violation("O2", "%s: %v", f.IRI, err)
	}
	f.Text, _ = plainText(firstText(m, "content"))
	most := engagement.AnnouncementLimit + plainSlack
	if f.Long = hasType(m, "Article"); f.Long {
		f.Title, most = cleanLine(firstText(m, "name")), engagement.LongAnnouncementLimit+plainSlack
		teaser, _ := plainText(firstText(m, "summary"))
		f.Teaser = cut(cleanLine(teaser), engagement.NewsTeaserLimit)
	}
	if f.URL = pageOf(note.GetActivityStreamsUrl()); !SameOrigin(f.URL, f.IRI) {
		f.URL = f.IRI
	}
	f.Published, f.Updated = timeOf(note.GetActivityStreamsPublished()), timeOf(note.GetActivityStreamsUpdated())
	switch {
	case f.Text == "", f.Long && f.Title == "":
		return f, violation("O6", "%s says nothing", f.IRI)
	case characters(f.Text) > most, characters(f.Title) > maxTitle, len(m.List("tag")) > maxTags, len(m.List("attachment")) > maxMedia:
		return f, violation("O6", "%s is too long", f.IRI)
	case f.Published.IsZero(), f.Published.After(now.Add(clockSkew)):
		return f, violation("O7", "%s was published %q", f.IRI, m.String("published"))
	case !f.Updated.IsZero() && (f.Updated.Before(f.Published) || f.Updated.After(now.Add(clockSkew))):
		return f, violation("O7", "%s was updated %q", f.IRI, m.String("updated"))
	}
	if urgent, _ := m.Bool("seestern:urgent"); urgent && !f.Long {
		last := engagement.DateOf(timeOf(note.GetActivityStreamsEndTime()).Add(-time.Second)) // long ago without an end
		if last >= engagement.DateOf(f.Published) && last <= engagement.DateOf(f.VersionTime()).Add(engagement.UrgentNewsDays) {
			f.UrgentUntil = last
		}
	}
	return f, nil
}

// plainSlack is how much longer than its Markdown a text may be without it, in characters: addresses of links stand beside their words.
const plainSlack = 1000
