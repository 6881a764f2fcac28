package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
)

// Payload is an activity as it goes out: rendered once, and these bytes are sent on every attempt.
type Payload struct {
	Activity string        // IRI; unique, so that rendering again after a crash makes no second one
	Signer   string        // local actor: see ActorKey.Owner
	Object   string        // IRI of what it is about; deliveries about the same one keep their order
	Subject  engagement.ID // our noun; of match traffic the match request
	Kind     string        // "Create", "Update", "Delete", "Offer" …: see PutDelivery
	Private  bool          // the bytes are erased as soon as no delivery needs them
	Bytes    []byte
}

// Lane keeps what must not wait away from the rest. Each host has one delivery in flight per lane.
type Lane string

const (
	Normal   Lane = "normal"
	Priority Lane = "priority" // Delete, Undo, card deletion, Reject
)

// Delivery is one payload on its way to one inbox.
type Delivery struct {
	Payload int64 // number of the payload
	Host    string
	Inbox   string
	Lane    Lane
	Signer  string
	Object  string
	Kind    string
	Created time.Time
}

// PutPayload stores a payload and returns its number. If the activity is stored already, that one's number is returned and nothing changes.
func (tx *Tx) PutPayload(p Payload) (n int64, err error) {
	sum := sha256.Sum256(p.Bytes)
	err = tx.scan(`INSERT INTO payload (activity, signer, object, subject, kind, private, bytes, sha256, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (activity) DO NOTHING RETURNING n`,
		[]any{p.Activity, p.Signer, p.Object, string(p.Subject), p.Kind, bit(p.Private), p.Bytes, hex.EncodeToString(sum[:]), ms(tx.now)}, &n)
	if errors.Is(err, engagement.ErrNotFound) {
		err = tx.scan(`SELECT n FROM payload WHERE activity = $1`, []any{p.Activity}, &n)
	}
	return n, err
}

// Payload is the stored activity with an IRI. Its bytes are empty when they were erased.
func (tx *Tx) Payload(activity string) (p Payload, err error) {
	var private int64
	err = tx.scan(`SELECT activity, signer, object, subject, kind, private, bytes FROM payload WHERE activity = $1`, []any{activity},
		&p.Activity, &p.Signer, &p.Object, &p.Subject, &p.Kind, &private, &p.Bytes)
	p.Private = private != 0
	return p, err
}

// replaces says which kinds of activities that have not arrived a newer one about the same object makes superfluous.
func replaces(kind string, private bool) []string {
	switch {
	case kind == "Update" && private: // a contact card: what it does not have any more must not arrive first
		return []string{"Create", "Update"}
	case kind == "Update":
		return []string{"Update"}
	case kind == "Delete":
		return shows
	}
	return nil
}

// shows are the kinds of activities that show an object.
var shows = []string{"Create", "Update", "Announce"}

// anyOf is a list of kinds in SQL.
func anyOf(kinds []string) string { return "('" + strings.Join(kinds, "', '") + "')" }

const replaced = "replaced by a newer one"

// PutDelivery sends a stored payload to an inbox. What waits there about the same object, or was parked, gives way: an Update to a newer one,
// of something private a Create as well, Create, Update and Announce to a Delete; what is in flight at this moment does so if it fails. The
// inbox of what shows an object, and not to one alone, is remembered as its recipient. Putting the same payload for the same inbox again does
// nothing.
func (tx *Tx) PutDelivery(payload int64, p Payload, host, inbox string, lane Lane) error {
	n, err := tx.exec(`INSERT INTO delivery (payload, host, inbox, lane, signer, object, kind, created, state, next, owner, epoch, tries, failures, class, error, ended)
		SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS BIGINT),
			'waiting', CAST($8 AS BIGINT), '', 0, 0, 0, '', '', 0
		WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE payload = $1 AND inbox = $3)`,
		payload, host, inbox, string(lane), p.Signer, p.Object, p.Kind, ms(tx.now))
	if err != nil || n == 0 {
		return err
	}
	if older := replaces(p.Kind, p.Private); older != nil {
		if err := tx.run(`UPDATE delivery SET state = 'dropped', error = $5, ended = $3
			WHERE object = $1 AND inbox = $2 AND payload <> $4 AND kind IN `+anyOf(older)+` AND (state = 'parked' OR state = 'waiting' AND (owner = '' OR next <= $3))`,
			p.Object, inbox, ms(tx.now), payload, replaced); err != nil {
			return err
		}
	}
	if p.Private { // nor may what gave way be read here any more
		if err := tx.run(`UPDATE payload SET bytes = $3 WHERE n IN (SELECT payload FROM delivery WHERE object = $1 AND inbox = $2 AND state = 'dropped')
			AND private = 1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE payload = payload.n AND state = 'waiting')`, p.Object, inbox, []byte{}); err != nil {
			return err
		}
	}
	tx.woke = true
	if err := tx.run(`INSERT INTO lane_hint (host, lane) VALUES ($1, $2)`, host, string(lane)); err != nil {
		return err
	}
	if p.Private || !slices.Contains(shows, p.Kind) {
		return nil
	}
	return tx.run(`INSERT INTO recipient (object, inbox, host, since) VALUES ($1, $2, $3, $4) ON CONFLICT (object, inbox) DO NOTHING`,
		p.Object, inbox, host, ms(tx.now))
}

// Recipient is an inbox that got an object.
type Recipient struct{ Host, Inbox string }

// Recipients are all inboxes that an object ever went to and where its Delete has not arrived since.
func (tx *Tx) Recipients(object string) ([]Recipient, error) {
	return list(tx, func(row func(...any) error) (r Recipient, err error) { return r, row(&r.Host, &r.Inbox) },
		`SELECT host, inbox FROM recipient WHERE object = $1 ORDER BY host, inbox`, object)
}

// LeasedDelivery is a delivery that the caller is to try now.
type LeasedDelivery struct {
	Delivery
	Lease
	Activity string
	Subject  engagement.ID
	Private  bool // see Payload
	Bytes    []byte
	Class    string // of the last error
	Spent    bool   // given out many times without a report: it may be what the process dies of, and is to be ended without another try
}

// LeaseDeliveries gives out up to n deliveries, each of another lane: one in flight per host and lane, in order for the same object and
// inbox, and for a host with an open breaker one probe when it is due.
func (s *Store) LeaseDeliveries(ctx context.Context, owner string, n int, d time.Duration) ([]LeasedDelivery, error) {
	due, err := s.due(ctx, `SELECT 1 FROM lane_hint UNION ALL SELECT 1 FROM lane WHERE next <= $1`, ms(s.now()))
	if err != nil || !due {
		return nil, err
	}
	var leased []LeasedDelivery
	err = s.write(ctx, s.engine.lease, func(tx *Tx) error {
		leased = nil
		if err := tx.openLanes(); err != nil {
			return err
		}
		lanes, err := list(tx, func(row func(...any) error) (l openLane, err error) { return l, row(&l.host, &l.lane, &l.probe) },
			`SELECT host, lane, coalesce((SELECT probe FROM peer WHERE peer.host = lane.host AND open <> 0), 0) FROM lane
			WHERE next <= $1 ORDER BY next, host, lane LIMIT $2`+s.engine.skipLocked(), ms(tx.now), n)
		if err != nil {
			return err
		}
		for _, l := range lanes {
			one, ok, err := tx.leaseFrom(l, owner, d)
			if err != nil {
				return err
			}
			if ok {
				leased = append(leased, one)
			}
		}
		return nil
	})
	return leased, err
}

// laneKey names a lane.
type laneKey struct {
	host string
	lane Lane
}

// openLane is a lane in which something may be due.
type openLane struct {
	laneKey
	probe int64 // when its host may be asked whether it is back; 0 while its breaker is closed
}

func scanLane(row func(...any) error) (l laneKey, err error) { return l, row(&l.host, &l.lane) }

// openLanes takes up what was put since the last time. Putting itself touches no lane, so that publishing never meets delivering.
func (tx *Tx) openLanes() error {
	lanes, err := list(tx, scanLane, `DELETE FROM lane_hint
		WHERE n IN (SELECT n FROM lane_hint ORDER BY n LIMIT 1000`+tx.store.engine.skipLocked()+`) RETURNING host, lane`)
	if err != nil {
		return err
	}
	// In one order on all nodes, so that no two wait for each other.
	slices.SortFunc(lanes, func(a, b laneKey) int {
		return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(string(a.lane), string(b.lane)))
	})
	for _, l := range slices.Compact(lanes) {
		// A lane with something in flight stays as it is: its report opens it again.
		if err := tx.run(`INSERT INTO lane (host, lane, next, busy) VALUES ($1, $2, $3, 0)
			ON CONFLICT (host, lane) DO UPDATE SET next = excluded.next WHERE lane.busy = 0 AND lane.next > excluded.next`, l.host, string(l.lane), ms(tx.now)); err != nil {
			return err
		}
	}
	return nil
}

// leaseFrom takes the next delivery of a lane, or sets the lane to the time when there may be one. If it is a probe, the next one waits until
// the lease ends.
func (tx *Tx) leaseFrom(l openLane, owner string, d time.Duration) (one LeasedDelivery, ok bool, err error) {
	now, until := ms(tx.now), ms(tx.now.Add(d))
	if l.probe > now {
		return one, false, tx.setLane(l.laneKey, l.probe, false)
	}
	var created, private int64
	err = tx.scan(`SELECT d.n, d.payload, d.host, d.inbox, d.lane, d.signer, d.object, d.kind, d.created, d.epoch + 1, d.failures, d.tries, d.class,
			p.activity, p.subject, p.private, p.bytes
		FROM delivery d JOIN payload p ON p.n = d.payload
		WHERE d.host = $1 AND d.lane = $2 AND d.state = 'waiting' AND d.next <= $3
		AND NOT EXISTS (SELECT 1 FROM delivery o WHERE o.object = d.object AND o.inbox = d.inbox AND o.state = 'waiting' AND o.n < d.n AND o.signer = d.signer)
		ORDER BY d.next, d.n LIMIT 1`, []any{l.host, string(l.lane), now},
		&one.n, &one.Payload, &one.Host, &one.Inbox, &one.Lane, &one.Signer, &one.Object, &one.Kind, &created, &one.Epoch, &one.Failures, &one.tries, &one.Class,
		&one.Activity, &one.Subject, &private, &one.Bytes)
	if errors.Is(err, engagement.ErrNotFound) {
		return one, false, tx.restLane(l.laneKey)
	}
	if err != nil {
		return one, false, err
	}
	one.Spent = one.tries >= maxTries
	if l.probe > 0 {
		if n, err := tx.exec(`UPDATE peer SET probe = $2 WHERE host = $1 AND probe = $3`, l.host, until, l.probe); err != nil || n == 0 { // another node took it
			return one, false, errors.Join(err, tx.setLane(l.laneKey, until, false))
		}
	}
	one.Created, one.Private = at(created), private != 0
	if err := tx.run(`UPDATE delivery SET next = `+rested+`, owner = $3, epoch = epoch + 1, tries = tries + 1 WHERE n = $4`, now, until, owner, one.n); err != nil {
		return one, false, err
	}
	return one, true, tx.setLane(l.laneKey, until, true)
}

func (tx *Tx) setLane(l laneKey, next int64, busy bool) error {
	return tx.run(`UPDATE lane SET next = $3, busy = $4 WHERE host = $1 AND lane = $2`, l.host, string(l.lane), next, bit(busy))
}

// restLane sets a lane without anything to do now to the time when there may be, or removes it. A delivery that waits for an older one
// about the same object in the other lane is due when that one is; while that one is in flight, soon.
func (tx *Tx) restLane(l laneKey) error {
	n, err := tx.exec(`DELETE FROM lane WHERE host = $1 AND lane = $2
		AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.host = $1 AND d.lane = $2 AND d.state = 'waiting')`, l.host, string(l.lane))
	if err != nil || n > 0 {
		return err
	}
	var next int64
	err = tx.scan(`SELECT min(CASE WHEN older > next THEN older ELSE next END) FROM (
			SELECT d.next AS next, coalesce((SELECT max(CASE WHEN o.owner <> '' THEN 0 ELSE o.next END) FROM delivery o
				WHERE o.object = d.object AND o.inbox = d.inbox AND o.state = 'waiting' AND o.n < d.n AND o.signer = d.signer), 0) AS older
			FROM delivery d WHERE d.host = $1 AND d.lane = $2 AND d.state = 'waiting' ORDER BY d.next LIMIT 100) AS first`,
		[]any{l.host, string(l.lane)}, &next)
	if err != nil {
		return err
	}
	return tx.setLane(l, max(next, ms(tx.now.Add(time.Second))), false)
}

// DeliveryDone ends a delivery that arrived; after a Delete its inbox has nothing any more that would have to be taken back. Like the other
// reports it returns ErrConflict if the lease is over.
func (tx *Tx) DeliveryDone(d LeasedDelivery) error {
	if err := tx.endDelivery(d, Done, "", ""); err != nil || d.Kind != "Delete" {
		return err
	}
	return tx.run(`DELETE FROM recipient WHERE object = $1 AND inbox = $2
		AND NOT EXISTS (SELECT 1 FROM delivery WHERE object = $1 AND inbox = $2 AND n > $3 AND kind IN `+anyOf(shows)+`)`, d.Object, d.Inbox, d.n)
}

// DeliveryParked ends a delivery that cannot arrive, for the admin to see; one that something newer has replaced meanwhile is dropped.
func (tx *Tx) DeliveryParked(d LeasedDelivery, class, reason string) error {
	if gone, err := tx.giveWay(d, class); gone || err != nil {
		return err
	}
	return tx.endDelivery(d, Parked, class, reason)
}

// giveWay drops a delivery that failed if something newer replaces it, and says whether it did.
func (tx *Tx) giveWay(d LeasedDelivery, class string) (bool, error) {
	var by []string
	for _, newer := range []string{"Update", "Delete"} {
		if slices.Contains(replaces(newer, d.Private), d.Kind) {
			by = append(by, newer)
		}
	}
	if by == nil {
		return false, nil
	}
	newer, err := tx.count(`SELECT count(*) FROM delivery WHERE object = $1 AND inbox = $2 AND n > $3 AND payload <> $4 AND kind IN `+anyOf(by), d.Object, d.Inbox, d.n, d.Payload)
	if err != nil || newer == 0 {
		return false, err
	}
	return true, tx.endDelivery(d, Dropped, class, replaced)
}

// DeliveryDropped ends a delivery that is not needed any more.
func (tx *Tx) DeliveryDropped(d LeasedDelivery, class, reason string) error {
	return tx.endDelivery(d, Dropped, class, reason)
}

func (tx *Tx) endDelivery(d LeasedDelivery, state QueueState, class, reason string) error {
	if err := tx.finish("delivery", d.Lease, state, reason); err != nil {
		return err
	}
	if class != "" {
		if err := tx.run(`UPDATE delivery SET class = $2 WHERE n = $1`, d.n, class); err != nil {
			return err
		}
	}
	if err := tx.freeLane(d); err != nil {
		return err
	}
	if !d.Private {
		return nil
	}
	return tx.run(`UPDATE payload SET bytes = $2 WHERE n = $1
		AND NOT EXISTS (SELECT 1 FROM delivery WHERE payload = $1 AND state = 'waiting')`, d.Payload, []byte{})
}

// classRefused is the class whose failures are counted by themselves: a server that answered at last, but does not believe the
// signature yet, gets its full number of tries.
const classRefused = "refused"

// DeliveryRetry gives a delivery back until a time, and everything behind it about the same object with it; one that something newer has
// replaced meanwhile is dropped instead, and stands in nobody's way.
func (tx *Tx) DeliveryRetry(d LeasedDelivery, class, reason string, again time.Time) error {
	if gone, err := tx.giveWay(d, class); gone || err != nil {
		return err
	}
	if err := tx.postpone("delivery", d.Lease, reason, again); err != nil {
		return err
	}
	if err := tx.run(`UPDATE delivery SET class = $2, failures = CASE WHEN class <> '' AND (class = $3) <> ($2 = $3) THEN 1 ELSE failures END WHERE n = $1`,
		d.n, class, classRefused); err != nil {
		return err
	}
	if err := tx.run(`UPDATE delivery SET next = $4 WHERE object = $1 AND inbox = $2 AND state = 'waiting' AND n > $3 AND next < $4 AND owner = ''`,
		d.Object, d.Inbox, d.n, ms(again)); err != nil {
		return err
	}
	return tx.freeLane(d)
}

func (tx *Tx) freeLane(d LeasedDelivery) error {
	tx.woke = true
	return tx.setLane(laneKey{d.Host, d.Lane}, ms(tx.now), false)
}

// DropDeliveries ends everything that waits for a host.
func (tx *Tx) DropDeliveries(host, reason string) (int64, error) {
	return tx.exec(`UPDATE delivery SET state = 'dropped', error = $2, ended = $3, owner = '' WHERE host = $1 AND state = 'waiting'`, host, reason, ms(tx.now))
}

// MoveDeliveries sends what waits for an inbox to another one, at once.
func (tx *Tx) MoveDeliveries(inbox string, to Recipient) error {
	tx.woke = true
	if err := tx.run(`INSERT INTO recipient (object, inbox, host, since) SELECT DISTINCT d.object, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT)
		FROM delivery d JOIN recipient r ON r.object = d.object AND r.inbox = d.inbox WHERE d.inbox = $1 AND d.state = 'waiting' ON CONFLICT (object, inbox) DO NOTHING`, inbox, to.Inbox, to.Host, ms(tx.now)); err != nil {
		return err
	}
	if err := tx.run(`UPDATE delivery SET inbox = $2, host = $3, next = $4, failures = 0, tries = 0, class = ''
		WHERE inbox = $1 AND state = 'waiting' AND owner = ''`, inbox, to.Inbox, to.Host, ms(tx.now)); err != nil {
		return err
	}
	return tx.hint(to.Host)
}

// hint lets the lanes of a host be looked at; of all hosts for the empty one.
func (tx *Tx) hint(host string) error {
	return tx.run(`INSERT INTO lane_hint (host, lane) SELECT DISTINCT host, lane FROM delivery WHERE (host = $1 OR $1 = '') AND state = 'waiting'`, host)
}

// RetryDeliveries lets everything that waits for a host, or was parked, be tried now; of all hosts for the empty one. The breaker closes.
func (tx *Tx) RetryDeliveries(host string) (int64, error) {
	tx.woke = true
	n, err := tx.exec(`UPDATE delivery SET state = 'waiting', next = $2, failures = 0, tries = 0, ended = 0
		WHERE (host = $1 OR $1 = '') AND (state = 'parked' OR state = 'waiting' AND (owner = '' OR next <= $2))
		AND EXISTS (SELECT 1 FROM payload p WHERE p.n = delivery.payload AND length(p.bytes) > 0)`, host, ms(tx.now))
	if err != nil {
		return 0, err
	}
	if err := tx.run(`UPDATE peer SET open = 0, failures = 0 WHERE (host = $1 OR $1 = '') AND `+notPaused, host); err != nil {
		return 0, err
	}
	return n, tx.hint(host)
}

// DeliveryRow is a delivery as admins see it.
type DeliveryRow struct {
	Delivery
	Row
	Activity string
	Class    string // of the last error
}

// Deliveries are deliveries in a state, of a host unless it is empty, newest first.
func (tx *Tx) Deliveries(state QueueState, host string, limit int) ([]DeliveryRow, error) {
	return list(tx, scanDeliveryRow, deliveryRows+` WHERE d.state = $1 AND (d.host = $2 OR $2 = '') ORDER BY d.n DESC LIMIT $3`, string(state), host, limit)
}

const deliveryRows = `SELECT d.n, d.payload, d.host, d.inbox, d.lane, d.signer, d.object, d.kind, d.created, d.state, d.next, d.failures, d.class, d.error, d.ended, p.activity
	FROM delivery d JOIN payload p ON p.n = d.payload`

func scanDeliveryRow(row func(...any) error) (d DeliveryRow, err error) {
	var created, next, ended int64
	err = row(&d.N, &d.Payload, &d.Host, &d.Inbox, &d.Lane, &d.Signer, &d.Object, &d.Kind, &created, &d.State, &next, &d.Failures, &d.Class, &d.Error, &ended, &d.Activity)
	d.Created, d.Next, d.Ended = at(created), at(next), at(ended)
	return d, err
}

// DeliveriesOf are the deliveries about an object, oldest first: receipts.
func (tx *Tx) DeliveriesOf(object string) ([]DeliveryRow, error) {
	return list(tx, func(row func(...any) error) (d DeliveryRow, err error) {
		err = row(&d.N, &d.Host, &d.Inbox, &d.Kind, &d.State, &d.Failures, &d.Class, &d.Error)
		d.Object = object
		return d, err
	}, `SELECT n, host, inbox, kind, state, failures, class, error FROM delivery WHERE object = $1 ORDER BY n`, object)
}

// DeliveriesSigned are the deliveries that an actor of ours signed: where it is known. See ActorKey.Owner.
func (tx *Tx) DeliveriesSigned(signer string) ([]DeliveryRow, error) {
	return list(tx, func(row func(...any) error) (d DeliveryRow, err error) {
		err = row(&d.N, &d.Host, &d.Inbox, &d.State)
		d.Signer = signer
		return d, err
	}, `SELECT n, host, inbox, state FROM delivery WHERE signer = $1 ORDER BY n`, signer)
}

// CountDeliveries counts deliveries by state; of one host unless it is empty.
func (tx *Tx) CountDeliveries(host string) (map[QueueState]int, error) {
	return counts[QueueState](tx, `SELECT state, count(*) FROM delivery WHERE host = $1 OR $1 = '' GROUP BY state`, host)
}
