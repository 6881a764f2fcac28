package engagement

import "time"

const day = 24 * time.Hour

// How long what has no constant beside its noun is kept (domain.md §5.4).
const (
	MailKept      = 7 * day   // sent mails and other events that were handled
	MessageKept   = 90 * day  // after the last word
	ReportKept    = 365 * day // after the decision
	AuditKept     = 365 * day
	BarrierKept   = 365 * day // after the answer
	TombstoneKept = 365 * day // that something was deleted, without what it was
)

// Kept is one row of what this instance keeps: ID as in domain.md or a name, and how long. What the rows say is what timers and the
// daily deletion do: they use the same numbers.
type Kept struct {
	ID   string
	Time time.Duration
}

// Retention is everything about people that ends by itself, for the privacy page.
var Retention = []Kept{
	{"visit", 0},
	{"R-01", ConfirmLife},
	{"R-02", CardLife},
	{"sign-up", SignUpLife},
	{"R-08", InvitationKept},
	{"subscription", SubscriptionKept},
	{"message", MessageKept},
	{"R-18", AdviceLife},
	{"R-20", ReportKept},
	{"barrier", BarrierKept},
	{"R-11", unusedMonths*30*day + unusedGrace},
	{"R-12", DeletionGrace},
	{"R-25", AuditKept},
	{"R-26", MailKept},
	{"session", SessionLife},
}

// Days of the row.
func (k Kept) Days() int { return int(k.Time / day) }
