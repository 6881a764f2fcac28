package store

import "seestern/engagement"

// Barrier is a reported barrier.
func (tx *Tx) Barrier(id engagement.ID) (engagement.Barrier, error) {
	return doc[engagement.Barrier](tx, `SELECT doc FROM barrier WHERE id = $1`, string(id))
}

// BarrierBySecret finds it by the hash of the link token of its ID.
func (tx *Tx) BarrierBySecret(hash string) (engagement.Barrier, error) {
	return doc[engagement.Barrier](tx, `SELECT doc FROM barrier WHERE secret = $1`, hash)
}

// OpenBarriers are those without an answer, oldest first.
func (tx *Tx) OpenBarriers(limit int) ([]engagement.Barrier, error) {
	return docs[engagement.Barrier](tx, `SELECT doc FROM barrier WHERE answered = 0 ORDER BY received, id LIMIT $1`, limit)
}

// AnsweredBarriers are those with an answer, the last first.
func (tx *Tx) AnsweredBarriers(limit int) ([]engagement.Barrier, error) {
	return docs[engagement.Barrier](tx, `SELECT doc FROM barrier WHERE answered > 0 ORDER BY answered DESC, id LIMIT $1`, limit)
}

// PutBarrier writes it.
func (tx *Tx) PutBarrier(b *engagement.Barrier) error {
	return tx.put("barrier", "id", string(b.ID), &b.Version, b,
		column{"secret", engagement.Hash(tx.LinkToken(b.ID))},
		column{"email", b.Email},
		column{"received", ms(b.Received)},
		column{"answered", ms(b.Answered)})
}
