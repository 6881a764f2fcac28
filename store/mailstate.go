package store

import (
	"time"

	"seestern/engagement"
)

// MailState says how the queue of mails is doing.
type MailState struct {
	Waiting  int       // to be sent, or to be tried again
	Failing  int       // of these, failed at least once
	Parked   int       // given up
	Sent     time.Time // the last one that left in the last days; zero: none
	Error    string    // of the newest that failed
	ErrorFor time.Time // when that is tried again; zero: it was given up
}

// MailState counts.
func (tx *Tx) MailState() (s MailState, err error) {
	var sent, next int64
	mail := string(engagement.Mail)
	if err := tx.scan(`SELECT
		(SELECT count(*) FROM event WHERE audience = $1 AND state = 'waiting'),
		(SELECT count(*) FROM event WHERE audience = $1 AND state = 'waiting' AND failures > 0),
		(SELECT count(*) FROM event WHERE audience = $1 AND state = 'parked'),
		(SELECT coalesce(max(ended), 0) FROM event WHERE audience = $1 AND state = 'done')`, []any{mail}, &s.Waiting, &s.Failing, &s.Parked, &sent); err != nil {
		return s, err
	}
	s.Sent = at(sent)
	if s.Failing+s.Parked == 0 {
		return s, nil
	}
	err = tx.scan(`SELECT error, CASE state WHEN 'waiting' THEN next ELSE 0 END FROM event WHERE audience = $1 AND state IN ('waiting', 'parked') AND error <> '' ORDER BY n DESC LIMIT 1`,
		[]any{mail}, &s.Error, &next)
	s.ErrorFor = at(next)
	return orZero(s, err, s)
}
