package store

import (
	"errors"

	"seestern/engagement"
)

// codeAlphabet leaves out what is read for something else (web.md §6.2).
const (
	codeAlphabet = "23456789abcdefghjkmnpqrstuvwxyz"
	codeLength   = 8
)

// NewCode is a short public id that nothing on this instance has or ever had.
func (tx *Tx) NewCode() (string, error) {
	for range 10 {
		code := make([]byte, 0, codeLength)
		for len(code) < codeLength {
			for _, b := range tx.must16() {
				// 248 is the largest multiple of 31 in a byte: what is above would favour the first letters.
				if b < 248 && len(code) < codeLength {
					code = append(code, codeAlphabet[b%31])
				}
			}
		}
		if _, _, err := tx.Code(string(code)); errors.Is(err, engagement.ErrNotFound) {
			return string(code), nil
		} else if err != nil {
			return "", err
		}
	}
	return "", errors.New("no unused code in ten tries")
}

// Nouns of codes, tombstones and aliases.
const (
	NounOrganization = "organization"
	NounOpportunity  = "opportunity"
	NounHelpOffer    = "help offer"
	NounAnnouncement = "announcement"
	NounBoard        = "board"
	NounOccasion     = "occasion"
)

// Code is what a short public id stands for, also when it is deleted by now: see [Tx.Tombstone].
func (tx *Tx) Code(code string) (noun string, id engagement.ID, err error) {
	err = tx.scan(`SELECT noun, id FROM code WHERE code = $1`, []any{code}, &noun, &id)
	return noun, id, err
}

func (tx *Tx) putCode(code, noun string, id engagement.ID) error {
	n, err := tx.exec(`INSERT INTO code (code, noun, id) VALUES ($1, $2, $3)
		ON CONFLICT (code) DO UPDATE SET noun = excluded.noun WHERE code.id = excluded.id`, code, noun, string(id))
	if err == nil && n == 0 {
		return engagement.ErrConflict
	}
	return err
}
