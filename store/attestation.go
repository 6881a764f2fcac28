package store

import (
	"time"

	"seestern/engagement"
)

// Attestation is one statement about an organization.
func (tx *Tx) Attestation(id engagement.ID) (engagement.Attestation, error) {
	return doc[engagement.Attestation](tx, `SELECT doc FROM attestation WHERE id = $1`, string(id))
}

// Attestations are all statements about an organization, in force or not, oldest first.
func (tx *Tx) Attestations(organization engagement.ID) ([]engagement.Attestation, error) {
	return docs[engagement.Attestation](tx, `SELECT doc FROM attestation WHERE organization = $1 ORDER BY stated, id`, string(organization))
}

// PutAttestation writes a statement. It returns ErrConflict when a copy with its id exists.
func (tx *Tx) PutAttestation(a *engagement.Attestation) error {
	return tx.put("attestation", "id", string(a.ID), &a.Version, a,
		column{"organization", string(a.Organization)},
		column{"iri", null(a.IRI)},
		column{"stated", ms(a.Stated)},
		column{"due", ms(a.Due())})
}

// DueAttestations are those a timer has to look at: see [engagement.Attestation.Due].
func (tx *Tx) DueAttestations(before time.Time, limit int) ([]engagement.Attestation, error) {
	return docs[engagement.Attestation](tx, `SELECT doc FROM attestation WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}

// DeleteAttestation forgets a statement.
func (tx *Tx) DeleteAttestation(id engagement.ID) error {
	return tx.run(`DELETE FROM attestation WHERE id = $1`, string(id))
}
