package store

import (
	"slices"

	"seestern/engagement"
)

// HostRule is what was decided about a host.
func (tx *Tx) HostRule(host string) (engagement.HostRule, error) {
	p, err := tx.Peer(host)
	return p.rule(), err
}

func (p Peer) rule() engagement.HostRule {
	return engagement.HostRule{Host: p.Host, Standing: p.Standing, Paused: p.Paused, Note: p.Note, Automatic: p.Automatic, Asked: p.Asked}
}

// PutHostRule writes it. Who is resumed gets at once what waits.
func (tx *Tx) PutHostRule(r engagement.HostRule) error {
	p, err := tx.Peer(r.Host)
	if err != nil {
		return err
	}
	p.Standing, p.Paused, p.Note, p.Automatic, p.Asked = r.Standing, r.Paused, r.Note, r.Automatic, r.Asked
	if p.Seen.IsZero() {
		p.Seen = tx.now
	}
	return tx.PutPeer(p)
}

// HostRules are the hosts that are limited or suspended, by name.
func (tx *Tx) HostRules() ([]engagement.HostRule, error) {
	peers, err := list(tx, scanPeer, `SELECT `+peerColumns+` FROM peer WHERE standing <> '' ORDER BY host`)
	rules := make([]engagement.HostRule, len(peers))
	for i, p := range peers {
		rules[i] = p.rule()
	}
	return rules, err
}

// FloodingHosts are those that were limited because they sent too much, and that no admin has looked at since.
func (tx *Tx) FloodingHosts() ([]string, error) {
	limited, err := tx.Peers(Limited)
	var hosts []string
	for _, p := range limited {
		if p.Automatic {
			hosts = append(hosts, p.Host)
		}
	}
	return hosts, err
}

// KnownHosts are all hosts that something here belongs to, or that something waits for.
func (tx *Tx) KnownHosts() ([]string, error) {
	hosts, err := texts(tx.conn, `SELECT host FROM partner UNION SELECT host FROM follower UNION SELECT host FROM remote_actor
		UNION SELECT origin FROM organization UNION SELECT origin FROM occasion UNION SELECT host FROM followed UNION SELECT host FROM match_request WHERE final = 0 UNION SELECT DISTINCT host FROM delivery WHERE state = 'waiting'`)
	return slices.DeleteFunc(hosts, func(h string) bool { return h == "" }), err
}

// CopiedOrganizations are the IRIs of the copies from a host.
func (tx *Tx) CopiedOrganizations(host string) ([]string, error) {
	return list(tx, func(row func(...any) error) (iri string, err error) { return iri, row(&iri) },
		`SELECT iri FROM organization WHERE origin = $1 AND origin <> '' ORDER BY iri`, host)
}

// OpenInterestsFrom are the requests via fediverse of people on a host that are not final.
func (tx *Tx) OpenInterestsFrom(host string) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE final = 0 AND remote IN (SELECT iri FROM remote_actor WHERE host = $1) ORDER BY created, id`, host)
}

// ForgetHost removes followers, reactions, sign-ups, events and actors of a host, and what waits for it.
func (tx *Tx) ForgetHost(host string) error {
	for _, sql := range []string{
		`DELETE FROM follower WHERE host = $1`,
		`DELETE FROM reaction WHERE actor IN (SELECT iri FROM remote_actor WHERE host = $1)`,
		`DELETE FROM sign_up WHERE actor <> '' AND actor IN (SELECT iri FROM remote_actor WHERE host = $1)`,
		`DELETE FROM occasion WHERE origin = $1 AND origin <> ''`,
		`DELETE FROM followed WHERE host = $1`,
		`DELETE FROM remote_actor WHERE host = $1`,
	} {
		if err := tx.run(sql, host); err != nil {
			return err
		}
	}
	_, err := tx.DropDeliveries(host, "host is suspended")
	return err
}

// Host is another server as admins see it.
type Host struct {
	Peer
	Waiting   int // deliveries
	Followers int
}

// Hosts are the known servers with a part of their name, those in trouble first, then by last contact.
func (tx *Tx) Hosts(part string, limit int) ([]Host, error) {
	return list(tx, scanHost, hostColumns+` WHERE $1 = '' OR k.host LIKE '%' || $1 || '%'
		ORDER BY coalesce(p.failures, 0) DESC, coalesce(p.seen, 0) DESC, k.host LIMIT $2`, part, limit)
}

// Host is one of them; nothing but its name if it is new.
func (tx *Tx) Host(host string) (Host, error) {
	h, err := scanHost(func(targets ...any) error { return tx.scan(hostColumns+` WHERE k.host = $1`, []any{host}, targets...) })
	return orZero(h, err, Host{Peer: Peer{Host: host}})
}

const hostColumns = `SELECT k.host, coalesce(p.doc, '{}'), coalesce(p.open, 0), coalesce(p.probe, 0),
	(SELECT count(*) FROM delivery d WHERE d.host = k.host AND d.state = 'waiting'), (SELECT count(*) FROM follower f WHERE f.host = k.host)
	FROM (SELECT host FROM peer UNION SELECT host FROM remote_actor UNION SELECT host FROM delivery WHERE state = 'waiting') AS k LEFT JOIN peer p ON p.host = k.host`

func scanHost(row func(...any) error) (h Host, err error) {
	var name string
	h.Peer, err = scanPeer(func(targets ...any) error {
		return row(append(append([]any{&name}, targets...), &h.Waiting, &h.Followers)...)
	})
	h.Host = name
	return h, err
}
