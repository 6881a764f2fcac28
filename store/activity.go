package store

import (
	"errors"
	"slices"
	"time"

	"seestern/engagement"
)

// ActivityTrace is what is left here of one activity or document with an IRI: of one that went out its deliveries, of one that came in when
// it had its effect.
type ActivityTrace struct {
	IRI        string
	Out        bool
	Kind       string // of one that went out
	Signer     string // our actor: see ActorKey.Owner
	Object     string
	Deliveries []DeliveryRow // at most 100
	Sender     string        // of one that came in, if its actor is still known
	At         time.Time     // when it was written here, or had its effect
	Error      string        // of one that was put aside
	Private    bool          // its bytes are not shown
	Bytes      []byte
}

const traceDeliveries = 100

// Trace finds an activity by its IRI. Of those that came in only a hash is kept, so they are found among the actors of their server.
func (tx *Tx) Trace(iri, host string) (t ActivityTrace, err error) {
	t.IRI = iri
	var n, created int64
	p, err := tx.Payload(iri)
	switch {
	case err == nil:
		t.Out, t.Kind, t.Signer, t.Object, t.Private = true, p.Kind, p.Signer, p.Object, p.Private
		if !p.Private {
			t.Bytes = p.Bytes
		}
		if err := tx.scan(`SELECT n, created FROM payload WHERE activity = $1`, []any{iri}, &n, &created); err != nil {
			return t, err
		}
		t.At = at(created)
		t.Deliveries, err = list(tx, scanDeliveryRow, deliveryRows+` WHERE d.payload = $1 ORDER BY d.n DESC LIMIT $2`, n, traceDeliveries)
		return t, err
	case !errors.Is(err, engagement.ErrNotFound):
		return t, err
	}
	if raw, err := tx.Raw(iri); err == nil {
		t.Bytes = raw
	} else if !errors.Is(err, engagement.ErrNotFound) {
		return t, err
	}
	actors, err := texts(tx.conn, `SELECT iri FROM remote_actor WHERE host = $1 ORDER BY fetched DESC LIMIT 1000`, host)
	if err != nil {
		return t, err
	}
	for _, actor := range actors {
		var when int64
		err := tx.scan(`SELECT at FROM seen WHERE hash = $1`, []any{pairHash(actor, iri)}, &when)
		if errors.Is(err, engagement.ErrNotFound) {
			continue
		}
		if err != nil {
			return t, err
		}
		t.Sender, t.At = actor, at(when)
		break
	}
	if t.Sender != "" {
		jobs, err := texts(tx.conn, `SELECT error FROM job WHERE key = $1 AND state = 'parked'`, t.Sender+"\n"+iri)
		if err != nil {
			return t, err
		}
		t.Error = slices.Concat(jobs, []string{""})[0]
	}
	if t.Sender == "" && t.Bytes == nil {
		return t, engagement.ErrNotFound
	}
	return t, nil
}
