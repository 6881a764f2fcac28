package store

import (
	"cmp"
	"slices"
	"time"

	"seestern/engagement"
)

// Peer is what is remembered about another server (protocol.md §4.8).
type Peer struct {
	Host        string
	Standing    Standing
	Note        string            // why it has that standing
	Automatic   bool              // it is limited because it sent too much, and no admin has looked at it since
	Asked       engagement.ID     // the admin who wants it suspended, until another one agrees
	Paused      bool              // nothing is sent, not even probes, until an admin resumes
	GetVariant  string            // "", "query" or "no-query": which signature of a GET it understands
	Inboxes     map[string]string // inbox → shared inbox, where that is known
	Capability  string            // "profile-1", "fep-0837" or ""
	Software    string            // as NodeInfo says
	Open        bool              // the circuit breaker is open: nothing is sent but probes
	Probe       time.Time         // next try while it is open
	OpenSince   time.Time
	Failures    int // in a row
	LastSuccess time.Time
	LastFailure time.Time
	LastClass   string // class of the last error
	LastError   string
	Seen        time.Time // last contact in either direction
}

// Standing is how a host is treated.
type Standing = engagement.Standing

const (
	Ordinary  = engagement.OrdinaryHost
	Limited   = engagement.LimitedHost
	Suspended = engagement.SuspendedHost
)

// Peer is what is known of a host; nothing but its name if it is new.
func (tx *Tx) Peer(host string) (Peer, error) {
	p, err := scanPeer(func(targets ...any) error {
		return tx.scan(`SELECT `+peerColumns+` FROM peer WHERE host = $1`, []any{host}, targets...)
	})
	return orZero(p, err, Peer{Host: host})
}

// PeersAt are the hosts with those names, by name: also those never seen before.
func (tx *Tx) PeersAt(hosts []string) (map[string]Peer, error) {
	at := make(map[string]Peer, len(hosts))
	for _, host := range hosts {
		at[host] = Peer{Host: host}
	}
	for in, args := range portions(hosts, text) {
		found, err := list(tx, scanPeer, `SELECT `+peerColumns+` FROM peer WHERE host IN `+in, args...)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			at[p.Host] = p
		}
	}
	return at, nil
}

// The columns win over what the document says: leasing changes probe in place.
const peerColumns = `doc, open, probe`

func scanPeer(row func(...any) error) (p Peer, err error) {
	var text []byte
	var open, probe int64
	if err := row(&text, &open, &probe); err != nil {
		return p, err
	}
	err = decode(text, &p)
	if !p.Paused {
		p.Open, p.Probe = open != 0, at(probe)
	}
	return p, err
}

// never is the probe of a host that is paused: for delivering, its breaker is open for good.
const (
	never     = 1 << 60
	notPaused = `probe < CAST(1 AS bigint) << 60`
)

// PutPeer writes what is known of a host. A breaker that closes releases everything that waits for the host, whatever its own schedule says.
func (tx *Tx) PutPeer(p Peer) error {
	before, err := tx.Peer(p.Host)
	if err != nil {
		return err
	}
	text, err := encode(p)
	if err != nil {
		return err
	}
	open, probe := p.Open, ms(p.Probe)
	if p.Paused {
		open, probe = true, never
	}
	if err := tx.run(`INSERT INTO peer (host, standing, open, probe, failures, last_success, last_failure, seen, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (host) DO UPDATE SET standing = excluded.standing, open = excluded.open, probe = excluded.probe, failures = excluded.failures,
		last_success = excluded.last_success, last_failure = excluded.last_failure, seen = excluded.seen, doc = excluded.doc`,
		p.Host, string(p.Standing), bit(open), probe, p.Failures, ms(p.LastSuccess), ms(p.LastFailure), ms(p.Seen), text); err != nil {
		return err
	}
	if before.Open && !open || before.Paused && !p.Paused {
		return tx.release(p.Host)
	}
	return nil
}

// release makes everything that waits for a host due.
func (tx *Tx) release(host string) error {
	tx.woke = true
	if err := tx.run(`UPDATE delivery SET next = $2 WHERE host = $1 AND state = 'waiting' AND owner = '' AND next > $2`, host, ms(tx.now)); err != nil {
		return err
	}
	return tx.run(`UPDATE lane SET next = $2 WHERE host = $1 AND busy = 0`, host, ms(tx.now))
}

// Peers are the hosts with a standing, by name.
func (tx *Tx) Peers(standing Standing) ([]Peer, error) {
	return list(tx, scanPeer, `SELECT `+peerColumns+` FROM peer WHERE standing = $1 ORDER BY host`, string(standing))
}

// PeersInTrouble are the hosts with an open breaker or failures in a row, the worst first.
func (tx *Tx) PeersInTrouble() ([]Peer, error) {
	peers, err := list(tx, scanPeer, `SELECT `+peerColumns+` FROM peer WHERE failures > 0`)
	slices.SortFunc(peers, func(a, b Peer) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), cmp.Compare(a.Host, b.Host))
	})
	return peers, err
}

// PeersActive counts the hosts with a success or failure since a time, and those of them whose last result was a failure: when most fail at
// once it is our own outage.
func (tx *Tx) PeersActive(since time.Time) (active, failing int, err error) {
	err = tx.scan(`SELECT count(*), coalesce(sum(CASE WHEN last_failure > last_success THEN 1 ELSE 0 END), 0) FROM peer WHERE last_success >= $1 OR last_failure >= $1`,
		[]any{ms(since)}, &active, &failing)
	return active, failing, err
}

// StandingOf is the standing of a host, where a suspended parent domain counts for its subdomains, and a partner of level "gesperrt" as
// suspended.
func (tx *Tx) StandingOf(host string) (Standing, error) {
	standings, _, err := tx.Standings([]string{host})
	return standings[host], err
}

// Standings is StandingOf for several hosts; all of them are in the map. partners are those that are partners, in any state.
func (tx *Tx) Standings(hosts []string) (standings map[string]Standing, partners map[string]engagement.Partner, err error) {
	var names []string
	asked := map[string]bool{}
	for _, host := range hosts {
		for _, name := range parents(host) {
			if !asked[name] {
				asked[name], names = true, append(names, name)
			}
		}
	}
	found := map[string]Standing{}
	for in, args := range portions(names, text) {
		peers, err := list(tx, func(row func(...any) error) (p Peer, err error) { return p, row(&p.Host, &p.Standing) },
			`SELECT host, standing FROM peer WHERE standing <> '' AND host IN `+in, args...)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range peers {
			found[p.Host] = p.Standing
		}
	}
	if partners, err = tx.partnersAt(names); err != nil {
		return nil, nil, err
	}
	for host, p := range partners {
		if p.Level == "gesperrt" {
			found[host] = Suspended
		}
	}
	standings = make(map[string]Standing, len(hosts))
	for _, host := range hosts {
		standings[host] = found[host]
		if slices.ContainsFunc(parents(host), func(name string) bool { return found[name] == Suspended }) {
			standings[host] = Suspended
		}
	}
	return standings, partners, nil
}

// parents are a host and the domains above it, without ports above the first: "a.b.example:8080", "b.example", "example".
func parents(host string) []string {
	names := []string{host}
	name := host
	for i := 0; i < len(host); i++ {
		if host[i] == ':' {
			name = host[:i]
			names = append(names, name)
			break
		}
	}
	for i := 0; i < len(name); i++ {
		if name[i] == '.' {
			names = append(names, name[i+1:])
		}
	}
	return names
}
