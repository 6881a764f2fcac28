package store

import "time"

// Block is somebody on another server who does not want to have to do with one of our actors. It lives as long as what is known of them.
type Block struct {
	Owner    string // our actor: see ActorKey.Owner
	Actor    string // IRI of a stored actor
	Activity string // IRI of the Block
	At       time.Time
}

const blockColumns = `owner, actor, activity, at`

func scanBlock(row func(...any) error) (b Block, err error) {
	var since int64
	err = row(&b.Owner, &b.Actor, &b.Activity, &since)
	b.At = at(since)
	return b, err
}

// Block finds it by both sides.
func (tx *Tx) Block(owner, actor string) (Block, error) {
	return scanBlock(func(targets ...any) error {
		return tx.scan(`SELECT `+blockColumns+` FROM block WHERE owner = $1 AND actor = $2`, []any{owner, actor}, targets...)
	})
}

// BlockByActivity finds it by the actor and the id of its Block.
func (tx *Tx) BlockByActivity(actor, iri string) (Block, error) {
	return scanBlock(func(targets ...any) error {
		return tx.scan(`SELECT `+blockColumns+` FROM block WHERE actor = $1 AND activity = $2 ORDER BY owner LIMIT 1`, []any{actor, iri}, targets...)
	})
}

// PutBlock stores a block. What waits for the inbox of the one who blocks does not go out, except what takes something back.
func (tx *Tx) PutBlock(b Block, inbox string) error {
	if b.At.IsZero() {
		b.At = tx.now
	}
	if err := tx.run(`UPDATE delivery SET state = 'dropped', error = 'blocked', ended = $3
		WHERE inbox = $1 AND signer = $2 AND state = 'waiting' AND lane = 'normal' AND (owner = '' OR next <= $3)`, inbox, b.Owner, ms(tx.now)); err != nil {
		return err
	}
	return tx.run(`INSERT INTO block (`+blockColumns+`) VALUES ($1, $2, $3, $4)
		ON CONFLICT (actor, owner) DO UPDATE SET activity = excluded.activity`, b.Owner, b.Actor, b.Activity, ms(b.At))
}

// DeleteBlock lifts it. It does nothing if there is none.
func (tx *Tx) DeleteBlock(owner, actor string) error {
	return tx.run(`DELETE FROM block WHERE owner = $1 AND actor = $2`, owner, actor)
}
