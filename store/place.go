package store

import "seestern/geo"

// ReplacePlaces stores the places of an imported file instead of those imported under the same name before.
func (tx *Tx) ReplacePlaces(source string, places []geo.Place) error {
	if err := tx.run(`DELETE FROM place WHERE source = $1`, source); err != nil {
		return err
	}
	for n, p := range places {
		text, err := encode(p)
		if err != nil {
			return err
		}
		if err := tx.run(`INSERT INTO place (source, n, doc) VALUES ($1, $2, $3)`, source, n, text); err != nil {
			return err
		}
	}
	return tx.setMeta("places", tx.NewToken())
}

// Places are all imported places.
func (tx *Tx) Places() ([]geo.Place, error) {
	return docs[geo.Place](tx, `SELECT doc FROM place ORDER BY source, n`)
}

// PlacesVersion changes whenever places were imported, so that a running server notices.
func (tx *Tx) PlacesVersion() (string, error) { return tx.meta("places") }
