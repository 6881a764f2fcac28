package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
)

// Emit records an event in the transaction of the change that it announces.
func (tx *Tx) Emit(e engagement.Event) error {
	address, err := tx.address(e)
	if err != nil {
		return err
	}
	text, err := encode(e)
	if err != nil {
		return err
	}
	next := e.After
	if next.IsZero() {
		next = e.At
	}
	tx.woke = true
	return tx.run(`INSERT INTO event (id, audience, kind, subject, at, address, doc, state, next, owner, epoch, tries, failures, error, ended)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, '', 0, 0, 0, '', 0)`,
		string(e.ID), string(e.For), e.Kind, string(e.Subject), ms(e.At), address, text, ms(next))
}

// address is where a mail to one person goes: the limit of mails counts by it.
func (tx *Tx) address(e engagement.Event) (string, error) {
	if e.For != engagement.Mail || e.To.Account == "" {
		return mailbox(e.To.Address), nil
	}
	a, err := tx.Account(e.To.Account)
	if errors.Is(err, engagement.ErrNotFound) {
		return "", nil
	}
	return mailbox(a.Email), err
}

// mailbox is where mails to an address arrive: what stands behind a + in it is no other one.
func mailbox(address string) string {
	local, host, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	if local == "" && host == "" {
		return ""
	}
	return local + "@" + host
}

// deleteMailsTo removes the mails to an account, sent or waiting.
func (tx *Tx) deleteMailsTo(a engagement.Account) error {
	all, err := list(tx, func(row func(...any) error) (e LeasedEvent, err error) {
		var text []byte
		if err := row(&e.n, &text); err != nil {
			return e, err
		}
		return e, decode(text, &e.Event)
	}, `SELECT n, doc FROM event WHERE address = $1 AND address <> '' AND audience = 'mail'`, mailbox(a.Email))
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.To.Account != a.ID && !strings.EqualFold(e.To.Address, a.Email) { // another address of the same mailbox
			continue
		}
		if err := tx.run(`DELETE FROM event WHERE n = $1`, e.n); err != nil {
			return err
		}
	}
	return nil
}

// CountMails counts the mails to an address that a stranger can cause, since a time, sent or waiting. For the empty address it counts
// those to all addresses, without those that only people with an account get. Addresses of one mailbox are one.
func (tx *Tx) CountMails(address string, since time.Time) (int, error) {
	kinds, args, places := engagement.StrangerMails, []any{ms(since)}, []string{}
	if address == "" {
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return slices.Contains(engagement.AccountMails, kind) })
	}
	for i, kind := range kinds {
		args, places = append(args, kind), append(places, placeholder(i+2))
	}
	where := `audience = 'mail' AND address <> ''`
	if address != "" {
		args = append(args, mailbox(address))
		where = `address = ` + placeholder(len(args)) + ` AND address <> ''`
	}
	return tx.count(`SELECT count(*) FROM event WHERE `+where+` AND at >= $1 AND kind IN (`+strings.Join(places, ", ")+`)`, args...)
}

// LeasedEvent is an event that the caller is to handle.
type LeasedEvent struct {
	engagement.Event
	Lease
}

// LeaseEvents gives out up to n events of an audience for a while, oldest first. Every event is handled at least once.
func (s *Store) LeaseEvents(ctx context.Context, audience engagement.Audience, owner string, n int, d time.Duration) ([]LeasedEvent, error) {
	due, err := s.due(ctx, `SELECT 1 FROM event WHERE audience = $1 AND state = 'waiting' AND next <= $2`, string(audience), ms(s.now()))
	if err != nil || !due {
		return nil, err
	}
	var leased []LeasedEvent
	err = s.leaseRows(ctx, "event", "audience = $5", owner, n, d, []any{string(audience)}, func(tx *Tx, leases []Lease) error {
		leased = make([]LeasedEvent, len(leases))
		for i, l := range leases {
			e, err := doc[engagement.Event](tx, `SELECT doc FROM event WHERE n = $1`, l.n)
			if err != nil {
				return err
			}
			leased[i] = LeasedEvent{e, l}
		}
		return nil
	})
	sortLeases(leased, func(e LeasedEvent) int64 { return e.n })
	return leased, err
}

// EventDone ends an event, in the transaction that stores what came of it. Arguments are erased: they may hold tokens. It returns
// ErrConflict if the lease is over.
func (tx *Tx) EventDone(e LeasedEvent) error {
	if err := tx.finish("event", e.Lease, Done, ""); err != nil {
		return err
	}
	return tx.forgetWords(e)
}

// EventFailed gives an event back until a time, or parks it for the admin if the time is zero.
func (tx *Tx) EventFailed(e LeasedEvent, reason string, again time.Time) error {
	if !again.IsZero() {
		return tx.postpone("event", e.Lease, reason, again)
	}
	if err := tx.finish("event", e.Lease, Parked, reason); err != nil {
		return err
	}
	return tx.forgetWords(e)
}

// forgetWords erases what only the sending of an event needs: arguments, the words of a step, the address of somebody who is gone.
func (tx *Tx) forgetWords(e LeasedEvent) error {
	said := e.Step != nil && e.Step.Text != ""
	gone := e.Kind == engagement.MailAccountDeleted
	if len(e.Args) == 0 && !said && !gone {
		return nil
	}
	e.Args = nil
	if said {
		silent := *e.Step
		silent.Text = ""
		e.Step = &silent
	}
	if gone {
		e.To.Address = ""
		if err := tx.run(`UPDATE event SET address = '' WHERE n = $1`, e.n); err != nil {
			return err
		}
	}
	text, err := encode(e.Event)
	if err != nil {
		return err
	}
	return tx.run(`UPDATE event SET doc = $2 WHERE n = $1`, e.n, text)
}

// EventRow is an event as admins see it.
type EventRow struct {
	engagement.Event
	Row
}

// Row says how a row of a queue is doing.
type Row struct {
	N        int64
	State    QueueState
	Next     time.Time // next try
	Failures int
	Error    string // of the last failure
	Ended    time.Time
}

// Events are the events of an audience in a state, newest first.
func (tx *Tx) Events(audience engagement.Audience, state QueueState, limit int) ([]EventRow, error) {
	return list(tx, func(row func(...any) error) (e EventRow, err error) {
		var text []byte
		var next, ended int64
		if err := row(&text, &e.N, &e.State, &next, &e.Failures, &e.Error, &ended); err != nil {
			return e, err
		}
		e.Next, e.Row.Ended = at(next), at(ended)
		return e, decode(text, &e.Event)
	}, `SELECT doc, n, state, next, failures, error, ended FROM event WHERE audience = $1 AND state = $2 ORDER BY n DESC LIMIT $3`,
		string(audience), string(state), limit)
}

// OldestWaiting is since when the event has been due that nobody has taken up for longest, zero if there is none.
func (tx *Tx) OldestWaiting(audience engagement.Audience) (time.Time, error) {
	n, err := tx.count(`SELECT coalesce(min(next), 0) FROM event WHERE audience = $1 AND state = 'waiting' AND next <= $2`, string(audience), ms(tx.now))
	return at(int64(n)), err
}
