package store

import (
	"time"

	"seestern/engagement"
)

// pictureDraft is how long a picture is there that was sent for a form which was not finished.
const pictureDraft = 24 * time.Hour

// AddPicture stores a picture. It is deleted after a day unless something keeps it.
func (tx *Tx) AddPicture(p engagement.Picture) error {
	return tx.run(`INSERT INTO picture (id, type, width, height, bytes, kept, created) VALUES ($1, $2, $3, $4, $5, 0, $6)`,
		string(p.ID), p.Type, p.Width, p.Height, p.Bytes, ms(tx.now))
}

// Picture is a picture with its bytes.
func (tx *Tx) Picture(id engagement.ID) (p engagement.Picture, err error) {
	err = tx.scan(`SELECT id, type, width, height, bytes FROM picture WHERE id = $1`, []any{string(id)}, &p.ID, &p.Type, &p.Width, &p.Height, &p.Bytes)
	return p, err
}

// KeepPicture keeps a picture for good in the place of another, which is deleted. Either may be empty.
func (tx *Tx) KeepPicture(id, instead engagement.ID) error {
	if id == instead {
		return nil
	}
	if id != "" {
		n, err := tx.exec(`UPDATE picture SET kept = 1 WHERE id = $1`, string(id))
		if err != nil {
			return err
		}
		if n == 0 {
			return engagement.ErrNotFound
		}
	}
	return tx.run(`DELETE FROM picture WHERE id = $1`, string(instead))
}
