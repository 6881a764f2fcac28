package engagement

import (
	"strconv"
	"time"
)

// ActionReadContact is the act of reading the contact data of a match request.
const ActionReadContact = "request.read-contact"

// ActionReadGuest is the act of reading the contact data of a sign-up for an event.
const ActionReadGuest = "event.read-guest"

// ActionErase is the act of deleting an account.
const ActionErase = "account.erase"

// AuditEntry records who did what as which role. It never holds personal text; reads of somebody's contact card, profile or
// proofs are entries too, and the person concerned sees them.
type AuditEntry struct {
	At      time.Time `class:"tec"`
	Account ID        `class:"per"` // empty: system or operator
	Role    Role      `class:"org"`
	Action  string    `class:"org"` // "opportunity.approve", "request.read-contact" …
	Object  ID        `class:"org"`
	Person  ID        `class:"per"` // whose data it concerned; empty: nobody's
	Old     string    `class:"org"` // rights, states and numbers only
	New     string    `class:"org"`
	Reason  Code      `class:"org"`
}

// AuditExported records that somebody took entries of the log along.
func AuditExported(tx Tx, by Actor, rows int) error {
	if err := must(by, Read, Thing{Noun: AnAudit}); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "audit.export", New: strconv.Itoa(rows)})
}
