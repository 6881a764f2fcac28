package store

import "seestern/engagement"

// SignUp is somebody who wants to come to an occasion.
func (tx *Tx) SignUp(id engagement.ID) (engagement.SignUp, error) {
	return doc[engagement.SignUp](tx, `SELECT doc FROM sign_up WHERE id = $1`, string(id))
}

// SignUpBySecret finds it by the hash of the token of its link.
func (tx *Tx) SignUpBySecret(hash string) (engagement.SignUp, error) {
	return doc[engagement.SignUp](tx, `SELECT doc FROM sign_up WHERE secret = $1`, hash)
}

// SignUpsFor are those for an occasion, oldest first.
func (tx *Tx) SignUpsFor(occasion engagement.ID) ([]engagement.SignUp, error) {
	return docs[engagement.SignUp](tx, `SELECT doc FROM sign_up WHERE occasion = $1 ORDER BY created, id`, string(occasion))
}

// SignUpsOf are those of an account, the newest first.
func (tx *Tx) SignUpsOf(account engagement.ID) ([]engagement.SignUp, error) {
	return docs[engagement.SignUp](tx, `SELECT doc FROM sign_up WHERE account = $1 ORDER BY created DESC, id`, string(account))
}

// SignUpsOfActor are those of an actor of another server, oldest first.
func (tx *Tx) SignUpsOfActor(iri string) ([]engagement.SignUp, error) {
	return docs[engagement.SignUp](tx, `SELECT doc FROM sign_up WHERE actor = $1 AND actor <> '' ORDER BY created, id`, iri)
}

// nounSignUp stands on tombstones.
const nounSignUp = "sign-up"

// PutSignUp writes it. One that was canceled is deleted again when a backup is restored in which it was not.
func (tx *Tx) PutSignUp(s *engagement.SignUp) error {
	if s.State == engagement.SignUpCanceled {
		if err := tx.bury(nounSignUp, string(s.ID), false); err != nil {
			return err
		}
	}
	return tx.put("sign_up", "id", string(s.ID), &s.Version, s,
		column{"occasion", string(s.Occasion)},
		column{"account", null(s.Account)},
		column{"actor", s.Actor},
		column{"secret", engagement.Hash(tx.LinkToken(s.ID))},
		column{"state", string(s.State)},
		column{"created", ms(s.Created)})
}

// DeleteSignUp erases it with its token and waiting mail.
func (tx *Tx) DeleteSignUp(id engagement.ID) error {
	for _, s := range []string{
		`DELETE FROM sign_up WHERE id = $1`,
		`DELETE FROM token WHERE subject = $1`,
		`DELETE FROM event WHERE audience = 'mail' AND subject = $1`,
	} {
		if err := tx.run(s, string(id)); err != nil {
			return err
		}
	}
	return tx.bury(nounSignUp, string(id), false)
}
