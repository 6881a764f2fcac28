package store

import (
	"encoding/base64"
	"fmt"

	"seestern/engagement"
)

// SecondFactor is the one of an account. Its secret is sealed with the key of the configuration, which is in no backup.
func (tx *Tx) SecondFactor(account engagement.ID) (engagement.SecondFactor, error) {
	f, err := doc[engagement.SecondFactor](tx, `SELECT doc FROM second_factor WHERE account = $1`, string(account))
	if err != nil {
		return f, err
	}
	sealed, err := base64.StdEncoding.DecodeString(f.Secret)
	if err != nil {
		return f, fmt.Errorf("secret of a second factor: %w", err)
	}
	plain, err := tx.decrypt(sealed, "second factor "+string(account))
	if err != nil {
		return f, fmt.Errorf("secret of a second factor: %w", err)
	}
	f.Secret = string(plain)
	return f, nil
}

// PutSecondFactor writes it.
func (tx *Tx) PutSecondFactor(f *engagement.SecondFactor) error {
	sealed, err := tx.encrypt([]byte(f.Secret), "second factor "+string(f.Account))
	if err != nil {
		return err
	}
	row := *f
	row.Secret = base64.StdEncoding.EncodeToString(sealed)
	err = tx.put("second_factor", "account", string(f.Account), &row.Version, &row)
	f.Version = row.Version
	return err
}

// DeleteSecondFactor erases it.
func (tx *Tx) DeleteSecondFactor(account engagement.ID) error {
	return tx.run(`DELETE FROM second_factor WHERE account = $1`, string(account))
}
