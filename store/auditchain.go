package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"seestern/engagement"
)

// The audit log is a chain: each entry is sealed together with the seal of the one before, with a key of the configuration. Entries are
// sealed a little later than they are written, so that no two changes wait for each other. What a deletion puts into the place of an account
// (see blankAudit) has the same seal as the account had. The oldest entries end after their retention; the rest stays a chain.

// AuditEnd is the end of the chain. Kept outside of the database, it shows whether the newest entries were cut off.
type AuditEnd struct {
	Entries int64  // that were ever sealed
	Seal    string // of the last one
}

// AuditCheck is what became of the chain.
type AuditCheck struct {
	AuditEnd
	Checked int     // entries whose seal was looked at
	Waiting int     // that are not sealed yet
	Broken  []int64 // places of entries that were changed, or before which one is missing
}

const auditBatch = 500

// SealAudit seals what was written since the last time.
func (s *Store) SealAudit(ctx context.Context) (end AuditEnd, err error) {
	for more := true; more && err == nil; {
		err = s.Update(ctx, func(tx *Tx) error {
			rows, err := tx.sealedRows(`SELECT n, place, link, seal, doc FROM audit WHERE place = 0 ORDER BY n LIMIT $1`, auditBatch)
			if err != nil {
				return err
			}
			if end, err = tx.auditEnd(); err != nil {
				return err
			}
			for _, r := range rows {
				r.place, r.link = end.Entries+1, end.Seal
				end = AuditEnd{r.place, tx.auditSeal(r)}
				if err := tx.run(`UPDATE audit SET place = $2, link = $3, seal = $4 WHERE n = $1`, r.n, r.place, r.link, end.Seal); err != nil {
					return err
				}
			}
			if more = len(rows) == auditBatch; len(rows) == 0 {
				return nil
			}
			return tx.setMeta("audit", fmt.Sprintf("%d %s", end.Entries, end.Seal))
		})
	}
	return end, err
}

// CheckAudit looks at the whole chain.
func (s *Store) CheckAudit(ctx context.Context) (c AuditCheck, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		c = AuditCheck{}
		if c.AuditEnd, err = tx.auditEnd(); err != nil {
			return err
		}
		if c.Waiting, err = tx.count(`SELECT count(*) FROM audit WHERE place = 0`); err != nil {
			return err
		}
		rows, err := tx.sealedRows(`SELECT n, place, link, seal, doc FROM audit WHERE place > 0 ORDER BY place LIMIT $1`, noLimit)
		if err != nil {
			return err
		}
		for i, r := range rows {
			c.Checked++
			follows := i == 0 || rows[i-1].place == r.place-1 && rows[i-1].seal == r.link
			if !follows || !hmac.Equal([]byte(r.seal), []byte(tx.auditSeal(r))) {
				c.Broken = append(c.Broken, r.place)
			}
		}
		if n := len(rows); n > 0 && (rows[n-1].place != c.Entries || rows[n-1].seal != c.Seal) {
			c.Broken = append(c.Broken, rows[n-1].place+1) // cut off
		}
		return nil
	})
	return c, err
}

// sealedRow is an entry with its place in the chain.
type sealedRow struct {
	n, place   int64
	link, seal string
	entry      engagement.AuditEntry
}

func (tx *Tx) sealedRows(query string, limit int) ([]sealedRow, error) {
	return list(tx, func(row func(...any) error) (r sealedRow, err error) {
		var text []byte
		if err := row(&r.n, &r.place, &r.link, &r.seal, &text); err != nil {
			return r, err
		}
		return r, decode(text, &r.entry)
	}, query, limit)
}

func (tx *Tx) auditEnd() (end AuditEnd, err error) {
	text, err := tx.meta("audit")
	if errors.Is(err, engagement.ErrNotFound) || text == "" {
		return end, nil
	}
	if err != nil {
		return end, err
	}
	n, seal, _ := strings.Cut(text, " ")
	end.Seal = seal
	end.Entries, err = strconv.ParseInt(n, 10, 64)
	return end, err
}

// auditSeal is the seal of an entry at its place behind another.
func (tx *Tx) auditSeal(r sealedRow) string {
	e := r.entry
	e.Account, e.Object, e.Person = pseudonym(e.Account), pseudonym(e.Object), pseudonym(e.Person)
	mac := hmac.New(sha256.New, tx.store.keys.audit)
	fmt.Fprintf(mac, "%d\n%s\n%d\n%q", r.place, r.link, ms(e.At), []string{string(e.Account), string(e.Role), e.Action, string(e.Object), string(e.Person), e.Old, e.New, string(e.Reason)})
	return hex.EncodeToString(mac.Sum(nil))
}

// pseudonym is what stands in the audit log in the place of an account that was deleted; of a pseudonym itself, the same.
func pseudonym(id engagement.ID) engagement.ID {
	if _, err := hex.DecodeString(string(id)); id == "" || err == nil && len(id) == pseudonymLength {
		return id
	}
	return engagement.ID(idHash(string(id))[:pseudonymLength])
}

const pseudonymLength = 32 // hexadecimal digits; ids of accounts have hyphens
