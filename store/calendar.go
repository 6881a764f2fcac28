package store

import (
	"errors"

	"seestern/engagement"
)

// CalendarFeed is the address of somebody's own calendar.
func (tx *Tx) CalendarFeed(account engagement.ID) (engagement.CalendarFeed, error) {
	return doc[engagement.CalendarFeed](tx, `SELECT doc FROM calendar_feed WHERE account = $1`, string(account))
}

// CalendarFeedBySecret finds it by the hash of the token in its address.
func (tx *Tx) CalendarFeedBySecret(hash string) (engagement.CalendarFeed, error) {
	return doc[engagement.CalendarFeed](tx, `SELECT doc FROM calendar_feed WHERE secret = $1`, hash)
}

// PutCalendarFeed writes it.
func (tx *Tx) PutCalendarFeed(c *engagement.CalendarFeed) error {
	return tx.put("calendar_feed", "account", string(c.Account), &c.Version, c, column{"secret", c.Secret})
}

// DeleteCalendarFeed ends it, if there is one. A backup that is restored does not bring it back.
func (tx *Tx) DeleteCalendarFeed(account engagement.ID) error {
	c, err := tx.CalendarFeed(account)
	if errors.Is(err, engagement.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.run(`DELETE FROM calendar_feed WHERE account = $1`, string(account)); err != nil {
		return err
	}
	return tx.bury(nounCalendar, c.Secret, false)
}

// nounCalendar stands on tombstones.
const nounCalendar = "calendar"
