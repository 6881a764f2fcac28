package store

import "time"

// Once remembers a form that was sent with a key of its own, so that sending it again does nothing twice.
type Once struct {
	Key      string    // of the form, bound to who sent it
	Location string    // where the answer led; empty: it is being answered
	At       time.Time // of the last Put
}

// Once is the stored answer; it lives for 24 hours.
func (tx *Tx) Once(key string) (Once, error) {
	return doc[Once](tx, `SELECT doc FROM once WHERE key = $1 AND at > $2`, key, ms(tx.now.Add(-onceLife)))
}

const onceLife = 24 * time.Hour

// PutOnce stores the claim or the answer of a form.
func (tx *Tx) PutOnce(o Once) error {
	o.At = tx.now
	text, err := encode(o)
	if err != nil {
		return err
	}
	return tx.run(`INSERT INTO once (key, at, doc) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET at = excluded.at, doc = excluded.doc`,
		o.Key, ms(o.At), text)
}

// DropOnce gives a key back: the form may be sent again.
func (tx *Tx) DropOnce(key string) error { return tx.run(`DELETE FROM once WHERE key = $1`, key) }
