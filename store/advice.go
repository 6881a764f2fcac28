package store

import "seestern/engagement"

// Advice is a case of the volunteer center.
func (tx *Tx) Advice(id engagement.ID) (engagement.AdviceRequest, error) {
	return doc[engagement.AdviceRequest](tx, `SELECT doc FROM advice WHERE id = $1`, string(id))
}

// AdviceToDo are the cases that have not ended, oldest first.
func (tx *Tx) AdviceToDo(limit int) ([]engagement.AdviceRequest, error) {
	return docs[engagement.AdviceRequest](tx, `SELECT doc FROM advice WHERE ended = 0 ORDER BY received, id LIMIT $1`, limit)
}

// AdviceDone are the cases that have ended, the last first.
func (tx *Tx) AdviceDone(limit int) ([]engagement.AdviceRequest, error) {
	return docs[engagement.AdviceRequest](tx, `SELECT doc FROM advice WHERE ended > 0 ORDER BY ended DESC, id LIMIT $1`, limit)
}

// AdviceOf are the cases of an account, oldest first.
func (tx *Tx) AdviceOf(account engagement.ID) ([]engagement.AdviceRequest, error) {
	return docs[engagement.AdviceRequest](tx, `SELECT doc FROM advice WHERE account = $1 AND account <> '' ORDER BY received`, string(account))
}

// PutAdvice writes it.
func (tx *Tx) PutAdvice(a *engagement.AdviceRequest) error {
	return tx.put("advice", "id", string(a.ID), &a.Version, a,
		column{"account", string(a.Account)},
		column{"email", a.Email},
		column{"received", ms(a.Received)},
		column{"ended", ms(a.Ended)})
}
