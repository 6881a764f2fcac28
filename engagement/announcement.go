package engagement

import (
	"errors"
	"time"
	"unicode/utf8"
)

// Longest texts of an announcement in characters: of the short form, and of the long form with its title and teaser.
const (
	AnnouncementLimit     = 1500
	LongAnnouncementLimit = 20000
	NewsTitleLimit        = 120
	NewsTeaserLimit       = 300
)

// Announcement is a piece of news of an organization for everybody who follows it (UI: Neuigkeit). A copy of a partner's has Origin and IRI,
// belongs to the copy of its organization, and is changed only by what the partner sends.
type Announcement struct {
	ID           ID                `class:"tec"`
	Code         string            `class:"pub"` // short public id, unique on this instance
	Organization ID                `class:"pub"`
	Origin       string            `class:"pub"` // host of the instance it lives on; empty: this one
	IRI          string            `class:"pub"` // copies: ActivityPub id
	URL          string            `class:"pub"` // copies: page at the origin
	Long         bool              `class:"pub"` // an article with title and teaser; stays what it began as, because others keep it as that
	Title        string            `class:"pub"` // long form only
	Teaser       string            `class:"pub"` // long form only; plain text
	Text         string            `class:"pub"` // Markdown subset, ≤ AnnouncementLimit or LongAnnouncementLimit characters; copies: plain text with paragraphs
	UrgentUntil  Date              `class:"pub"` // an urgent call: shown first until the end of this day, ≤ 14 days ahead; short form only
	State        AnnouncementState `class:"pub"`
	Published    time.Time         `class:"pub"`
	Updated      time.Time         `class:"pub"` // zero until the first change
	Version      int               `class:"tec"`
}

// News is what an organization writes: a text alone, or a longer one with title and teaser.
type News struct {
	Title, Teaser, Text string
	UrgentUntil         Date
}

// long says whether it is the long form.
func (n News) long() bool { return n.Title != "" || n.Teaser != "" }

// check finds what is wrong with it in one of the two forms.
func (n News) check(tx Tx, long bool) error {
	var bad Invalids
	if long {
		bad.Text("title", n.Title, 3, NewsTitleLimit)
		bad.Text("teaser", n.Teaser, 1, NewsTeaserLimit)
		bad.Text("text", n.Text, 1, LongAnnouncementLimit)
	} else {
		bad.Text("text", n.Text, 1, AnnouncementLimit)
	}
	switch today := DateOf(tx.Now()); {
	case n.UrgentUntil == "":
	case long:
		bad.Add("urgent_until", "error.urgent.news")
	case !n.UrgentUntil.Valid():
		bad.Add("urgent_until", "error.date.unknown")
	case n.UrgentUntil < today:
		bad.Add("urgent_until", "error.date.past")
	case n.UrgentUntil > today.Add(UrgentNewsDays):
		bad.Add("urgent_until", "error.urgent.far", "n", UrgentNewsDays)
	}
	return bad.Err()
}

// Urgent says whether it is an urgent call whose end has not come.
func (n Announcement) Urgent(now time.Time) bool { return n.UrgentUntil >= DateOf(now) }

// AnnouncementState is the life of an announcement.
type AnnouncementState string

const (
	AnnouncementPublished AnnouncementState = "published"
	AnnouncementHidden    AnnouncementState = "hidden" // by a moderator
	AnnouncementWithdrawn AnnouncementState = "withdrawn"
	AnnouncementQueued    AnnouncementState = "queued" // copy that waits for a moderator
)

// UrgentNewsDays is how far ahead an urgent call can end.
const UrgentNewsDays = 14

// NewsShared is how long a piece of news is on the list that partners copy.
const NewsShared = 90 * 24 * time.Hour

// Local says whether the announcement lives on this instance.
func (n Announcement) Local() bool { return n.Origin == "" }

// VersionTime is when the present version was made.
func (n Announcement) VersionTime() time.Time {
	if n.Updated.IsZero() {
		return n.Published
	}
	return n.Updated
}

// Reaction is what somebody on another server did with one of our public things. Likes and shares are only counted;
// a public reply is a question that a moderator releases; none of them is ever interest.
type Reaction struct {
	ID      ID           `class:"tec"`
	Subject ID           `class:"pub"` // opportunity, announcement or occasion
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
func Announce(tx Tx, by Actor, organization ID, news News) (Announcement, error) {
	if err := must(by, Create, Thing{Noun: AnAnnouncement, Organization: organization}); err != nil {
		return Announcement{}, err
	}
	n := Announcement{Organization: organization, Long: news.long(), Title: news.Title, Teaser: news.Teaser, Text: news.Text, UrgentUntil: news.UrgentUntil}
	if !n.Long && utf8.RuneCountInString(news.Text) > AnnouncementLimit {
		return Announcement{}, &Invalid{Field: "title", Key: "error.news.long", Args: map[string]any{"n": AnnouncementLimit}}
	}
	if err := news.check(tx, n.Long); err != nil {
		return Announcement{}, err
	}
	return n, n.publish(tx)
}

// publish puts it before the public as something new. Organizations that are not active publish nothing.
func (n *Announcement) publish(tx Tx) error {
	org, err := tx.Organization(n.Organization)
	if err != nil {
		return err
	}
	if !org.Local() || org.State != OrganizationActive || org.Moved() {
		return ErrForbidden
	}
	if n.Code, err = tx.NewCode(); err != nil {
		return err
	}
	n.ID, n.State, n.Published, n.Updated, n.Version = tx.NewID(), AnnouncementPublished, tx.Now(), time.Time{}, 0
	if err := tx.PutAnnouncement(n); err != nil {
		return err
	}
	return emit(tx, WireCreate, n.ID)
}

// EditAnnouncement replaces what was written. An urgent call that has ended may keep its day.
func EditAnnouncement(tx Tx, by Actor, id ID, news News) (Announcement, error) {
	n, err := tx.Announcement(id)
	if err != nil {
		return n, err
	}
	if err := must(by, Change, n.Thing()); err != nil {
		return n, err
	}
	if n.State != AnnouncementPublished || !n.Local() {
		return n, ErrConflict
	}
	if news.long() && !n.Long {
		return n, &Invalid{Field: "title", Key: "error.news.short"}
	}
	checked := news
	if news.UrgentUntil == n.UrgentUntil {
		checked.UrgentUntil = ""
	}
	if err := checked.check(tx, n.Long); err != nil {
		return n, err
	}
	n.Title, n.Teaser, n.Text, n.UrgentUntil = news.Title, news.Teaser, news.Text, news.UrgentUntil
	n.changed(tx.Now())
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
	if n.State == AnnouncementWithdrawn || !n.Local() {
		return ErrConflict
	}
	return n.withdraw(tx)
}

func (n *Announcement) withdraw(tx Tx) error {
	n.Title, n.Teaser, n.Text, n.UrgentUntil = "", "", "", ""
	n.State, n.Updated = AnnouncementWithdrawn, tx.Now()
	if err := tx.PutAnnouncement(n); err != nil {
		return err
	}
	return emit(tx, WireDelete, n.ID)
}

// DecideAnnouncement is what a moderator does with a piece of news: hide or restore it, suspend an own one for good, release a copy.
func DecideAnnouncement(tx Tx, by Actor, id ID, decision Decision) error {
	n, err := tx.Announcement(id)
	if err != nil {
		return err
	}
	if err := must(by, Decide, n.Thing()); err != nil {
		return err
	}
	old := n.State
	switch {
	case decision == DecideHide && (old == AnnouncementPublished || old == AnnouncementQueued):
		err = n.turn(tx, AnnouncementHidden)
	case decision == DecideRestore && old == AnnouncementHidden, decision == DecideApprove && old == AnnouncementQueued:
		err = n.turn(tx, AnnouncementPublished)
	case decision == DecideSuspend && old != AnnouncementWithdrawn && n.Local():
		err = n.withdraw(tx)
	default:
		return ErrConflict
	}
	if err != nil {
		return err
	}
	return audit(tx, by, Moderator, AuditEntry{Action: "announcement." + string(decision), Object: n.ID, Old: string(old), New: string(n.State)})
}

// turn hides or shows it, here and everywhere it went; of a copy others hear nothing.
func (n *Announcement) turn(tx Tx, to AnnouncementState) error {
	n.State = to
	if !n.Local() {
		return tx.PutAnnouncement(n)
	}
	n.changed(tx.Now())
	if err := tx.PutAnnouncement(n); err != nil {
		return err
	}
	return emit(tx, WireUpdate, n.ID)
}

// changed moves Updated on, by at least a second: see [Opportunity.changed].
func (n *Announcement) changed(now time.Time) {
	for _, before := range []time.Time{n.Published, n.Updated} {
		if least := before.Add(time.Second); now.Before(least) {
			now = least
		}
	}
	n.Updated = now
}

// MirrorAnnouncement stores a partner's piece of news as its owner describes it now; IRI identifies it. Of a partner that is checked a moderator
// looks at it first. The decision of this instance's moderators stays. A version that is not newer has no effect.
func MirrorAnnouncement(tx Tx, p Partner, n Announcement) error {
	old, err := tx.AnnouncementByIRI(n.IRI)
	switch {
	case errors.Is(err, ErrNotFound):
		n.ID = tx.NewID()
		if n.Code, err = tx.NewCode(); err != nil {
			return err
		}
		n.State = AnnouncementPublished
		if p.Level == "geprueft" {
			n.State = AnnouncementQueued
		}
	case err != nil:
		return err
	case !n.VersionTime().After(old.VersionTime()):
		return nil
	default:
		n.ID, n.Code, n.Version, n.State = old.ID, old.Code, old.Version, old.State
	}
	n.Origin = p.Host
	return tx.PutAnnouncement(&n)
}

// UnmirrorAnnouncement removes a copy because its owner deleted it.
func UnmirrorAnnouncement(tx Tx, iri string) error {
	n, err := tx.AnnouncementByIRI(iri)
	if err != nil {
		return err
	}
	return tx.DeleteAnnouncement(n.ID)
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

// ownerOf is the organization whose opportunity, announcement or occasion it is.
func ownerOf(tx Tx, subject ID) (ID, error) {
	o, err := tx.Opportunity(subject)
	if !errors.Is(err, ErrNotFound) {
		return o.Organization, err
	}
	n, err := tx.Announcement(subject)
	if !errors.Is(err, ErrNotFound) {
		return n.Organization, err
	}
	oc, err := tx.Occasion(subject)
	return oc.Organization, err
}
