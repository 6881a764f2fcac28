package store

import "seestern/engagement"

// PutConsentProof adds the proof of a consent whose account is deleted.
func (tx *Tx) PutConsentProof(p engagement.ConsentProof) error {
	return tx.run(`INSERT INTO consent_proof (person, purpose, text, paper, given, ended) VALUES ($1, $2, $3, $4, $5, $6)`,
		p.Person, string(p.Purpose), p.Text, p.Paper, ms(p.Given), ms(p.Ended))
}

// ConsentProofs are those of a person, see [engagement.ConsentMark], and those with the number of a form that was signed, oldest first.
func (tx *Tx) ConsentProofs(person, paper string) ([]engagement.ConsentProof, error) {
	return list(tx, func(row func(...any) error) (p engagement.ConsentProof, err error) {
		var given, ended int64
		err = row(&p.Person, &p.Purpose, &p.Text, &p.Paper, &given, &ended)
		p.Given, p.Ended = at(given), at(ended)
		return p, err
	}, `SELECT person, purpose, text, paper, given, ended FROM consent_proof WHERE person = $1 OR paper = $2 AND paper <> '' ORDER BY given, n`, person, paper)
}
