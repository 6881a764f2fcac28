package engagement

import (
	"errors"
	"time"
)

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

// Announce publishes a piece of news of an organization.
func Announce(tx Tx, by Actor, organization ID, text string) (Announcement, error) {
	if err := must(by, Create, Thing{Noun: AnAnnouncement, Organization: organization}); err != nil {
		return Announcement{}, err
	}
	org, err := tx.Organization(organization)
	if err != nil {
		return Announcement{}, err
	}
	if !org.Local() || org.State != OrganizationActive {
		return Announcement{}, ErrForbidden
	}
	var bad Invalids
	bad.Text("text", text, 1, AnnouncementLimit)
	if err := bad.Err(); err != nil {
		return Announcement{}, err
	}
	code, err := tx.NewCode()
	if err != nil {
		return Announcement{}, err
	}
	n := Announcement{ID: tx.NewID(), Code: code, Organization: org.ID, Text: text, State: AnnouncementPublished, Published: tx.Now()}
	if err := tx.PutAnnouncement(&n); err != nil {
		return n, err
	}
	return n, emit(tx, WireCreate, n.ID)
}

// EditAnnouncement replaces the text.
func EditAnnouncement(tx Tx, by Actor, id ID, text string) (Announcement, error) {
	n, err := tx.Announcement(id)
	if err != nil {
		return n, err
	}
	if err := must(by, Change, n.Thing()); err != nil {
		return n, err
	}
	var bad Invalids
	bad.Text("text", text, 1, AnnouncementLimit)
	if err := bad.Err(); err != nil {
		return n, err
	}
	if n.State != AnnouncementPublished {
		return n, ErrConflict
	}
	n.Text, n.Updated = text, tx.Now()
	if least := n.Published.Add(time.Second); n.Updated.Before(least) {
		n.Updated = least
	}
	if err := tx.PutAnnouncement(&n); err != nil {
		return n, err
	}
	return n, emit(tx, WireUpdate, n.ID)
}

// WithdrawAnnouncement takes a piece of news back, here and everywhere it went.
func WithdrawAnnouncement(tx Tx, by Actor, id ID) error {
	n, err := tx.Announcement(id)
	if err != nil {
		return err
	}
	if err := must(by, Remove, n.Thing()); err != nil {
		return err
	}
	if n.State != AnnouncementPublished {
		return ErrConflict
	}
	n.State, n.Text, n.Updated = AnnouncementWithdrawn, "", tx.Now()
	if err := tx.PutAnnouncement(&n); err != nil {
		return err
	}
	return emit(tx, WireDelete, n.ID)
}

// DecideReply releases a public reply from another server, so that the page shows it, or deletes it.
func DecideReply(tx Tx, by Actor, id ID, show bool) error {
	r, err := tx.Reaction(id)
	if err != nil {
		return err
	}
	about, err := ownerOf(tx, r.Subject)
	if err != nil {
		return err
	}
	if err := must(by, Decide, Thing{Noun: AReaction, Organization: about}); err != nil {
		return err
	}
	if show {
		r.Shown = true
		err = tx.PutReaction(r)
	} else {
		err = tx.DeleteReaction(r.Actor, r.IRI)
	}
	if err != nil {
		return err
	}
	return audit(tx, by, Moderator, AuditEntry{Action: "reply.decide", Object: r.ID, New: map[bool]string{true: "shown", false: "deleted"}[show]})
}

// ownerOf is the organization whose opportunity or announcement it is.
func ownerOf(tx Tx, subject ID) (ID, error) {
	o, err := tx.Opportunity(subject)
	if !errors.Is(err, ErrNotFound) {
		return o.Organization, err
	}
	n, err := tx.Announcement(subject)
	return n.Organization, err
}
