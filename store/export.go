package store

import (
	"time"

	"seestern/engagement"
)

// Export is what there is, or will be, of a person's file.
func (tx *Tx) Export(account engagement.ID) (engagement.Export, error) {
	return doc[engagement.Export](tx, `SELECT doc FROM export WHERE account = $1`, string(account))
}

// PutExport writes it with the file, which is sealed; none while it is being made.
func (tx *Tx) PutExport(e *engagement.Export, file []byte) error {
	sealed := []byte{}
	if file != nil {
		var err error
		if sealed, err = tx.encrypt(file, "export "+string(e.Account)); err != nil {
			return err
		}
	}
	return tx.put("export", "account", string(e.Account), &e.Version, e, column{"due", ms(e.Until())}, column{"waits", bit(e.Ready.IsZero())}, column{"file", sealed})
}

// ExportFile is the file of an export that is ready, ErrNotFound before and after.
func (tx *Tx) ExportFile(account engagement.ID) ([]byte, error) {
	var sealed []byte
	if err := tx.scan(`SELECT file FROM export WHERE account = $1 AND waits = 0 AND due > $2`, []any{string(account), ms(tx.now)}, &sealed); err != nil {
		return nil, err
	}
	return tx.decrypt(sealed, "export "+string(account))
}

// WaitingExports are at most limit of those that have to be made.
func (tx *Tx) WaitingExports(limit int) ([]engagement.Export, error) {
	return docs[engagement.Export](tx, `SELECT doc FROM export WHERE waits = 1 ORDER BY due LIMIT $1`, limit)
}

// DueExports are those that have to be erased.
func (tx *Tx) DueExports(before time.Time, limit int) ([]engagement.Export, error) {
	return docs[engagement.Export](tx, `SELECT doc FROM export WHERE due <= $1 ORDER BY due LIMIT $2`, ms(before), limit)
}

// DeleteExport erases the file.
func (tx *Tx) DeleteExport(account engagement.ID) error {
	return tx.run(`DELETE FROM export WHERE account = $1`, string(account))
}
