package engagement

import "time"

// CalendarFeed is the secret address under which programs read the dates of a person (UI: Kalender-Adresse). There is one at most.
type CalendarFeed struct {
	Account ID        `class:"per"`
	Secret  string    `class:"tec"` // SHA-256 hex of the token in the address
	Neutral bool      `class:"per"` // nothing but time and link is in it
	Created time.Time `class:"per"`
	Version int       `class:"tec"`
}

// Thing describes the calendar to [Can].
func (c CalendarFeed) Thing() Thing { return Thing{Noun: ACalendar, Person: c.Account} }

// OpenCalendar makes the address of somebody's calendar anew; the one before ends. Its token is returned once, and not kept.
func OpenCalendar(tx Tx, by Actor, neutral bool) (token string, err error) {
	c := CalendarFeed{Account: by.Account}
	if err := must(by, Change, c.Thing()); err != nil {
		return "", err
	}
	if err := tx.DeleteCalendarFeed(by.Account); err != nil {
		return "", err
	}
	token = tx.NewToken()
	c.Secret, c.Neutral, c.Created = Hash(token), neutral, tx.Now()
	return token, tx.PutCalendarFeed(&c)
}

// CloseCalendar ends the address of somebody's calendar.
func CloseCalendar(tx Tx, by Actor) error {
	if err := must(by, Remove, CalendarFeed{Account: by.Account}.Thing()); err != nil {
		return err
	}
	return tx.DeleteCalendarFeed(by.Account)
}
