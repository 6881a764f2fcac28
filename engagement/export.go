package engagement

import (
	"errors"
	"strconv"
	"time"
)

// Export is the file with everything that is stored about a person, made because they asked for it (Art. 15 and 20 GDPR). There is one at a
// time, and none of it outlives a day.
type Export struct {
	Account ID        `class:"per"`
	Asked   time.Time `class:"per"`
	Ready   time.Time `class:"per"` // zero: it is being made
	Size    int       `class:"tec"` // bytes
	Times   int       `class:"tec"` // asked for since there was none
	Version int       `class:"tec"`
}

const (
	exportLife = 24 * time.Hour
	exportMost = 5 // while there is one: it can be made anew when something has changed
)

// Until is when the file is erased; of one that cannot be made, when that is given up.
func (e Export) Until() time.Time {
	if e.Ready.IsZero() {
		return e.Asked.Add(exportLife)
	}
	return e.Ready.Add(exportLife)
}

// AskExport wants a new file; an old one is gone at once. Whoever makes it calls [FinishExport]. It returns ErrTooMany for the sixth in a row.
func AskExport(tx Tx, by Actor, account ID) error {
	if err := must(by, Read, Thing{Noun: AnAccount, Person: account}); err != nil {
		return err
	}
	e, err := tx.Export(account)
	switch {
	case errors.Is(err, ErrNotFound):
		e = Export{Account: account}
	case err != nil:
		return err
	case e.Ready.IsZero(): // it is being made
		return nil
	case e.Times >= exportMost:
		return ErrTooMany
	}
	e.Asked, e.Ready, e.Size, e.Times = tx.Now(), time.Time{}, 0, e.Times+1
	return tx.PutExport(&e, nil)
}

// FinishExport stores the file for an export as it was when the making began, and tells the person. entries is how many records it holds. A
// file that nobody waits for any more is dropped.
func FinishExport(tx Tx, begun Export, file []byte, entries int) error {
	e, err := tx.Export(begun.Account)
	if errors.Is(err, ErrNotFound) || err == nil && e.Version != begun.Version {
		return nil
	}
	if err != nil {
		return err
	}
	e.Ready, e.Size = tx.Now(), len(file)
	if err := tx.PutExport(&e, file); err != nil {
		return err
	}
	if err := mail(tx, MailExportReady, e.Account, Recipient{Account: e.Account}, nil); err != nil {
		return err
	}
	return audit(tx, Actor{Account: e.Account}, Volunteer, AuditEntry{Action: "account.export", Object: e.Account, Person: e.Account, New: strconv.Itoa(entries)})
}

// tickExports erases files whose day is over.
func tickExports(tx Tx, limit int) (int, error) {
	due, err := tx.DueExports(tx.Now(), limit)
	if err != nil {
		return 0, err
	}
	for _, e := range due {
		if err := tx.DeleteExport(e.Account); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}
