package engagement

import "time"

// AnnouncementLimit is the longest text of an announcement in characters; longer news need the long form.
const AnnouncementLimit = 1500

// Announcement is a piece of news of an organization for everybody who follows it (UI: Neuigkeit).
type Announcement struct {
	ID           ID                `class:"tec"`
	Code         string            `class:"pub"` // short public id, unique on this instance
	Organization ID                `class:"pub"`
	Text         string            `class:"pub"` // Markdown subset, ≤ AnnouncementLimit characters
	State        AnnouncementState `class:"pub"`
	Published    time.Time         `class:"pub"`
	Updated      time.Time         `class:"pub"` // zero until the first change
	Version      int               `class:"tec"`
}

// AnnouncementState is the life of an announcement.
type AnnouncementState string

const (
	AnnouncementPublished AnnouncementState = "published"
	AnnouncementWithdrawn AnnouncementState = "withdrawn"
)

// Reaction is what somebody on another server did with one of our public things. Likes and shares are only counted;
// a public reply is a question that a moderator releases; none of them is ever interest.
type Reaction struct {
	ID      ID           `class:"tec"`
	Subject ID           `class:"pub"` // opportunity or announcement
	Kind    ReactionKind `class:"pub"`
	Actor   string       `class:"per"` // IRI of who did it
	Handle  string       `class:"per"` // @name@host, as its server tells
	IRI     string       `class:"tec"` // id of the activity (like, share) or note (reply)
	Text    string       `class:"per"` // reply: plain text, quoted and untrusted
	Shown   bool         `class:"org"` // reply: released by a moderator
	At      time.Time    `class:"tec"`
}

// ReactionKind is one of like, share, reply.
type ReactionKind string

const (
	Like  ReactionKind = "like"
	Share ReactionKind = "share"
	Reply ReactionKind = "reply"
)
