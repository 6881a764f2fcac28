package store

import "seestern/engagement"

// PutRaw keeps the document of a copy as it was read.
func (tx *Tx) PutRaw(iri string, subject engagement.ID, document []byte) error {
	return tx.run(`INSERT INTO raw_document (iri, subject, bytes, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (iri) DO UPDATE SET subject = excluded.subject, bytes = excluded.bytes, at = excluded.at`, iri, string(subject), document, ms(tx.now))
}

// Raw is the document of a copy as it was read.
func (tx *Tx) Raw(iri string) (document []byte, err error) {
	err = tx.scan(`SELECT bytes FROM raw_document WHERE iri = $1`, []any{iri}, &document)
	return document, err
}

// PutAlias remembers that an IRI means one of our things: a note in its conversation, an Announce of it.
func (tx *Tx) PutAlias(iri string, subject engagement.ID) error {
	return tx.run(`INSERT INTO alias (iri, subject, at) VALUES ($1, $2, $3) ON CONFLICT (iri) DO UPDATE SET subject = excluded.subject, at = excluded.at`,
		iri, string(subject), ms(tx.now))
}

// Alias is what an IRI means.
func (tx *Tx) Alias(iri string) (subject engagement.ID, err error) {
	err = tx.scan(`SELECT subject FROM alias WHERE iri = $1`, []any{iri}, &subject)
	return subject, err
}
