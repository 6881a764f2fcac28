package federation

import (
	"html"
	"strings"

	"seestern/engagement"
)

// AnnouncementID is the id of an announcement.
func (c Codec) AnnouncementID(a engagement.Announcement) string {
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
