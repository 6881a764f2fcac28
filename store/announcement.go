package store

import (
	"time"

	"seestern/engagement"
)

// Announcement is a piece of news.
func (tx *Tx) Announcement(id engagement.ID) (engagement.Announcement, error) {
	return doc[engagement.Announcement](tx, `SELECT doc FROM announcement WHERE id = $1`, string(id))
}

// AnnouncementByCode finds one by its short public id.
func (tx *Tx) AnnouncementByCode(code string) (engagement.Announcement, error) {
	return doc[engagement.Announcement](tx, `SELECT doc FROM announcement WHERE code = $1`, code)
}

// AnnouncementByIRI finds a copy.
func (tx *Tx) AnnouncementByIRI(iri string) (engagement.Announcement, error) {
	return doc[engagement.Announcement](tx, `SELECT doc FROM announcement WHERE iri = $1`, iri)
}

// AnnouncementsOf are those of an organization that are published, newest first, published before the given time (zero: now).
func (tx *Tx) AnnouncementsOf(organization engagement.ID, before time.Time, limit int) ([]engagement.Announcement, error) {
	return docs[engagement.Announcement](tx, `SELECT doc FROM announcement WHERE organization = $1 AND state = 'published' AND published < $2
		ORDER BY published DESC, id DESC LIMIT $3`, string(organization), beforeMS(before), limit)
}

// StandingAnnouncements are all of an organization that were not withdrawn.
func (tx *Tx) StandingAnnouncements(organization engagement.ID) ([]engagement.Announcement, error) {
	return docs[engagement.Announcement](tx, `SELECT doc FROM announcement WHERE organization = $1 AND state <> 'withdrawn' ORDER BY id`, string(organization))
}

// newsShown keeps copies of partners that are not shown, and of limited hosts, from a list.
const newsShown = ` AND (n.origin = '' OR EXISTS (SELECT 1 FROM partner p WHERE p.host = n.origin AND p.shown = 1)
	AND NOT EXISTS (SELECT 1 FROM peer p WHERE p.host = n.origin AND p.standing <> ''))`

// Announcements are the published ones of all active organizations, newest first, before the given time of publication (zero: now) and, of those
// of that very time, the given id. Those of partners are among them.
func (tx *Tx) Announcements(before time.Time, id engagement.ID, limit int) ([]engagement.Announcement, error) {
	return docs[engagement.Announcement](tx, `SELECT n.doc FROM announcement n JOIN organization o ON o.id = n.organization
		WHERE n.state = 'published' AND o.state = 'active' AND (n.published, n.id) < ($1, $2)`+newsShown+` ORDER BY n.published DESC, n.id DESC LIMIT $3`,
		beforeMS(before), string(id), limit)
}

// UrgentAnnouncements are the urgent calls of active organizations that have not ended on a day, those that end first before others.
func (tx *Tx) UrgentAnnouncements(today engagement.Date, limit int) ([]engagement.Announcement, error) {
	return docs[engagement.Announcement](tx, `SELECT n.doc FROM announcement n JOIN organization o ON o.id = n.organization
		WHERE n.urgent >= $1 AND n.urgent <> '' AND n.state = 'published' AND o.state = 'active'`+newsShown+` ORDER BY n.urgent, n.published DESC, n.id LIMIT $2`, string(today), limit)
}

// AnnouncementsChanged are own ones published after a time, as [Tx.OpportunitiesChanged] lists opportunities.
func (tx *Tx) AnnouncementsChanged(since, before time.Time, id engagement.ID, limit int) ([]engagement.Announcement, error) {
	return docs[engagement.Announcement](tx, `SELECT doc FROM announcement WHERE origin = '' AND state = 'published' AND published > $1 AND (changed, id) < ($2, $3)
		ORDER BY changed DESC, id DESC LIMIT $4`, ms(since), beforeMS(before), string(id), limit)
}

// CountAnnouncements counts the published ones of this instance after a time.
func (tx *Tx) CountAnnouncements(since time.Time) (int, error) {
	return tx.count(`SELECT count(*) FROM announcement WHERE origin = '' AND state = 'published' AND published > $1`, ms(since))
}

// QueuedAnnouncements are the copies that wait for a moderator, oldest first.
func (tx *Tx) QueuedAnnouncements(limit int) ([]engagement.Announcement, error) {
	return docs[engagement.Announcement](tx, `SELECT doc FROM announcement WHERE state = 'queued' ORDER BY published, id LIMIT $1`, limit)
}

// beforeMS is a bound that a zero time leaves open.
func beforeMS(t time.Time) int64 {
	if t.IsZero() {
		return 1 << 52
	}
	return ms(t)
}

// PutAnnouncement writes it. What others replied goes with one that was withdrawn.
func (tx *Tx) PutAnnouncement(n *engagement.Announcement) error {
	err := tx.put("announcement", "id", string(n.ID), &n.Version, n,
		column{"code", n.Code},
		column{"organization", string(n.Organization)},
		column{"origin", n.Origin},
		column{"iri", null(n.IRI)},
		column{"state", string(n.State)},
		column{"urgent", string(n.UrgentUntil)},
		column{"published", ms(n.Published)},
		column{"changed", ms(n.VersionTime())})
	if err != nil {
		return err
	}
	if n.State == engagement.AnnouncementWithdrawn {
		if err := tx.run(`DELETE FROM reaction WHERE subject = $1`, string(n.ID)); err != nil {
			return err
		}
	}
	return tx.putCode(n.Code, NounAnnouncement, n.ID)
}

// DeleteAnnouncement erases a copy.
func (tx *Tx) DeleteAnnouncement(id engagement.ID) error {
	return tx.run(`DELETE FROM announcement WHERE id = $1 AND origin <> ''`, string(id))
}

// DeleteAnnouncementsOf erases the copies of an organization.
func (tx *Tx) DeleteAnnouncementsOf(organization engagement.ID) error {
	return tx.run(`DELETE FROM announcement WHERE organization = $1 AND origin <> ''`, string(organization))
}

// PutReaction stores what somebody on another server did with one of our things. The same actor and IRI replace what was there.
func (tx *Tx) PutReaction(r engagement.Reaction) error {
	text, err := encode(r)
	if err != nil {
		return err
	}
	return tx.run(`INSERT INTO reaction (id, subject, kind, actor, iri, shown, at, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (actor, iri) DO UPDATE SET subject = excluded.subject, kind = excluded.kind, shown = excluded.shown, doc = excluded.doc`,
		string(r.ID), string(r.Subject), string(r.Kind), r.Actor, r.IRI, bit(r.Shown), ms(r.At), text)
}

// Reaction is one of them.
func (tx *Tx) Reaction(id engagement.ID) (engagement.Reaction, error) {
	return doc[engagement.Reaction](tx, `SELECT doc FROM reaction WHERE id = $1`, string(id))
}

// ReactionByIRI finds what an actor did by the id it gave.
func (tx *Tx) ReactionByIRI(actor, iri string) (engagement.Reaction, error) {
	return doc[engagement.Reaction](tx, `SELECT doc FROM reaction WHERE actor = $1 AND iri = $2`, actor, iri)
}

// ReactionOf finds what an actor did with a thing: its like, its share, or the first of its replies.
func (tx *Tx) ReactionOf(actor string, subject engagement.ID, kind engagement.ReactionKind) (engagement.Reaction, error) {
	return doc[engagement.Reaction](tx, `SELECT doc FROM reaction WHERE subject = $1 AND kind = $2 AND actor = $3 ORDER BY at, id LIMIT 1`,
		string(subject), string(kind), actor)
}

// DeleteReaction removes what an actor did, by the id it gave. It does nothing if there is nothing.
func (tx *Tx) DeleteReaction(actor, iri string) error {
	return tx.run(`DELETE FROM reaction WHERE actor = $1 AND iri = $2`, actor, iri)
}

// DeleteReactionsOf removes everything an actor did.
func (tx *Tx) DeleteReactionsOf(actor string) error {
	return tx.run(`DELETE FROM reaction WHERE actor = $1`, actor)
}

// CountReactions counts the reactions to a thing by kind.
func (tx *Tx) CountReactions(subject engagement.ID) (map[engagement.ReactionKind]int, error) {
	return counts[engagement.ReactionKind](tx, `SELECT kind, count(*) FROM reaction WHERE subject = $1 GROUP BY kind`, string(subject))
}

// CountWaiting counts the replies to a thing that no moderator has released.
func (tx *Tx) CountWaiting(subject engagement.ID) (int, error) {
	return tx.count(`SELECT count(*) FROM reaction WHERE subject = $1 AND kind = 'reply' AND shown = 0`, string(subject))
}

// Reactions are the reactions of a kind to a thing, oldest first; if shown only the released ones of those who have not blocked its organization.
func (tx *Tx) Reactions(subject engagement.ID, kind engagement.ReactionKind, shown bool) ([]engagement.Reaction, error) {
	return docs[engagement.Reaction](tx, `SELECT doc FROM reaction WHERE subject = $1 AND kind = $2 AND ($3 = 0 OR shown = 1
		AND NOT EXISTS (SELECT 1 FROM block b WHERE b.actor = reaction.actor AND b.owner IN ('instance', 'org/' || (SELECT n.organization FROM announcement n WHERE n.id = reaction.subject))))
		ORDER BY at, id`,
		string(subject), string(kind), bit(shown))
}

// RepliesToRelease are the replies that wait for a moderator, oldest first.
func (tx *Tx) RepliesToRelease(limit int) ([]engagement.Reaction, error) {
	return docs[engagement.Reaction](tx, `SELECT doc FROM reaction WHERE kind = 'reply' AND shown = 0 ORDER BY at, id LIMIT $1`, limit)
}
