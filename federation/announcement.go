package federation

import "seestern/engagement"

// AnnouncementID is the id of an announcement.
func (c Codec) AnnouncementID(a engagement.Announcement) string {
	return c.Base.ID(KindAnnouncement, string(a.ID))
}

// Announcement is a piece of news as a Note that every server shows in full. It has no name: servers take that for a title or a
// content warning.
func (c Codec) Announcement(a engagement.Announcement, org engagement.Organization) (Doc, error) {
	author := c.Base.OrganizationID(org)
	d, err := c.audience("offen", author)
	if err != nil {
		return nil, err
	}
	return d.with(content(markdownHTML(a.Text), "")).with(Doc{
		"id": c.AnnouncementID(a), "type": "Note", "attributedTo": author, "url": c.page(c.Pages.Announcement(a)),
		"published": stamp(a.Published), "updated": stamp(a.Updated), "tag": []Doc{}, "attachment": []Doc{},
	}), nil
}
