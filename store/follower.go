package store

import (
	"time"

	"seestern/engagement"
)

// Follower is somebody who follows one of our actors.
type Follower struct {
	Owner       string // our actor: see ActorKey.Owner
	Actor       string // IRI
	Host        string
	Inbox       string
	SharedInbox string // empty for none
	Follow      string // IRI of the Follow
	State       FollowState
	Since       time.Time
}

// FollowState is pending until the Follow is accepted, and refused until that was told.
type FollowState string

const (
	FollowPending  FollowState = "pending"
	FollowAccepted FollowState = "accepted"
	FollowRefused  FollowState = "refused"
)

const followerColumns = `owner, actor, host, inbox, shared, follow, state, since`

func scanFollower(row func(...any) error) (f Follower, err error) {
	var since int64
	err = row(&f.Owner, &f.Actor, &f.Host, &f.Inbox, &f.SharedInbox, &f.Follow, &f.State, &since)
	f.Since = at(since)
	return f, err
}

// PutFollower stores a follower, once per actor; a repeated Follow replaces the older one and keeps its date.
func (tx *Tx) PutFollower(f Follower) error {
	if f.Since.IsZero() {
		f.Since = tx.now
	}
	return tx.run(`INSERT INTO follower (`+followerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (owner, actor) DO UPDATE SET host = excluded.host, inbox = excluded.inbox, shared = excluded.shared, follow = excluded.follow, state = excluded.state`,
		f.Owner, f.Actor, f.Host, f.Inbox, f.SharedInbox, f.Follow, string(f.State), ms(f.Since))
}

// Follower is one follower.
func (tx *Tx) Follower(owner, actor string) (Follower, error) {
	return scanFollower(func(targets ...any) error {
		return tx.scan(`SELECT `+followerColumns+` FROM follower WHERE owner = $1 AND actor = $2`, []any{owner, actor}, targets...)
	})
}

// FollowerByFollow finds a follower by the actor and the id of its Follow.
func (tx *Tx) FollowerByFollow(actor, iri string) (Follower, error) {
	return scanFollower(func(targets ...any) error {
		return tx.scan(`SELECT `+followerColumns+` FROM follower WHERE follow = $1 AND actor = $2 ORDER BY owner LIMIT 1`, []any{iri, actor}, targets...)
	})
}

// Followers are the followers of one of our actors, in both states, oldest first.
func (tx *Tx) Followers(owner string) ([]Follower, error) {
	return list(tx, scanFollower, `SELECT `+followerColumns+` FROM follower WHERE owner = $1 ORDER BY since, actor`, owner)
}

// FollowsOf are the follows of one actor, in both states.
func (tx *Tx) FollowsOf(actor string) ([]Follower, error) {
	return list(tx, scanFollower, `SELECT `+followerColumns+` FROM follower WHERE actor = $1 ORDER BY owner`, actor)
}

// CountFollowers counts the accepted ones.
func (tx *Tx) CountFollowers(owner string) (int, error) {
	return tx.count(`SELECT count(*) FROM follower WHERE owner = $1 AND state = 'accepted'`, owner)
}

// CountOrganizationFollowers counts the accepted followers of an organization of ours.
func (tx *Tx) CountOrganizationFollowers(organization engagement.ID) (int, error) {
	return tx.CountFollowers("org/" + string(organization))
}

// FollowerInboxes are the distinct inboxes of the accepted followers of an actor: the shared one where there is one.
func (tx *Tx) FollowerInboxes(owner string) ([]Recipient, error) {
	return list(tx, func(row func(...any) error) (r Recipient, err error) { return r, row(&r.Host, &r.Inbox) },
		`SELECT DISTINCT host, CASE WHEN shared <> '' THEN shared ELSE inbox END AS box FROM follower WHERE owner = $1 AND state = 'accepted' ORDER BY host, box`, owner)
}

// FollowersOn are the accepted followers of an actor that are accounts of some hosts, by host and at most limit of each.
func (tx *Tx) FollowersOn(owner string, hosts []string, limit int) (map[string][]string, error) {
	type account struct{ host, actor string }
	on := map[string][]string{}
	for in, args := range portions(hosts, text) {
		found, err := list(tx, func(row func(...any) error) (a account, err error) { return a, row(&a.host, &a.actor) },
			`SELECT host, actor FROM (
				SELECT host, actor, row_number() OVER (PARTITION BY host ORDER BY actor) AS nth FROM follower
				WHERE host IN `+in+` AND owner = `+placeholder(len(args)+1)+` AND state = 'accepted'
			) AS ranked WHERE nth <= `+placeholder(len(args)+2)+` ORDER BY host, actor`, append(args, owner, limit)...)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			on[a.host] = append(on[a.host], a.actor)
		}
	}
	return on, nil
}

// MoveFollower changes where an actor gets what it follows.
func (tx *Tx) MoveFollower(actor, inbox, sharedInbox string) error {
	return tx.run(`UPDATE follower SET inbox = $2, shared = $3 WHERE actor = $1`, actor, inbox, sharedInbox)
}

// FollowersAt are the actors that get what they follow at an inbox, their own or a shared one.
func (tx *Tx) FollowersAt(inbox string) ([]string, error) {
	return list(tx, func(row func(...any) error) (actor string, err error) { return actor, row(&actor) },
		`SELECT DISTINCT actor FROM follower WHERE inbox = $1 OR shared = $1 ORDER BY actor`, inbox)
}

// DeleteFollower removes one; it does nothing if there is none.
func (tx *Tx) DeleteFollower(owner, actor string) error {
	return tx.run(`DELETE FROM follower WHERE owner = $1 AND actor = $2`, owner, actor)
}

// DeleteFollowersOf removes an actor everywhere, or with an empty actor everybody of a host.
func (tx *Tx) DeleteFollowersOf(host, actor string) error {
	if actor != "" {
		return tx.run(`DELETE FROM follower WHERE actor = $1`, actor)
	}
	return tx.run(`DELETE FROM follower WHERE host = $1`, host)
}
