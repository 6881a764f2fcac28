package store

import (
	"strconv"
	"time"

	"seestern/engagement"
)

// Shift is a time at which people help.
func (tx *Tx) Shift(id engagement.ID) (engagement.Shift, error) {
	return doc[engagement.Shift](tx, `SELECT doc FROM shift WHERE id = $1`, string(id))
}

// ShiftsFor are those of an opportunity, the first to begin first.
func (tx *Tx) ShiftsFor(opportunity engagement.ID) ([]engagement.Shift, error) {
	return docs[engagement.Shift](tx, `SELECT doc FROM shift WHERE opportunity = $1 ORDER BY starts, id`, string(opportunity))
}

// ShiftsInSeries are those of a series, the first to begin first.
func (tx *Tx) ShiftsInSeries(series engagement.ID) ([]engagement.Shift, error) {
	return docs[engagement.Shift](tx, `SELECT doc FROM shift WHERE series = $1 AND series <> '' ORDER BY starts, id`, string(series))
}

// ShiftsOf are those of an organization that end in a time, the first to begin first.
func (tx *Tx) ShiftsOf(organization engagement.ID, from, until time.Time) ([]engagement.Shift, error) {
	return docs[engagement.Shift](tx, `SELECT doc FROM shift WHERE organization = $1 AND ends >= $2 AND ends < $3 ORDER BY starts, id`,
		string(organization), ms(from), ms(until))
}

// ShiftsAhead are the shifts of opportunities that take place and have not begun, by opportunity, the first to begin first. An opportunity
// without any is not in the map.
func (tx *Tx) ShiftsAhead(opportunities []engagement.ID) (map[engagement.ID][]engagement.Shift, error) {
	ahead := map[engagement.ID][]engagement.Shift{}
	for in, ids := range portions(opportunities, text) {
		list, err := docs[engagement.Shift](tx, `SELECT doc FROM shift WHERE opportunity IN `+in+` AND starts > `+placeholder(len(ids)+1)+` ORDER BY starts, id`,
			append(ids, ms(tx.now))...)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			if s.Ahead(tx.now) {
				ahead[s.Opportunity] = append(ahead[s.Opportunity], s)
			}
		}
	}
	return ahead, nil
}

// shiftWeek is after how many milliseconds it is the same time of the week; where the clock is put forward or back there is a second one.
const shiftWeek = 7 * 24 * 60 * 60 * 1000

// ShiftTimes are the times of the week at which opportunities have shifts to come, by opportunity: first those of which all are taken,
// then those of which one is free, the next one first. An opportunity without shifts is not in the map.
func (tx *Tx) ShiftTimes(opportunities []engagement.ID) (map[engagement.ID][]engagement.ShiftTime, error) {
	type timeOf struct {
		opportunity engagement.ID
		engagement.ShiftTime
	}
	times := map[engagement.ID][]engagement.ShiftTime{}
	for in, ids := range portions(opportunities, text) {
		found, err := list(tx, func(row func(...any) error) (t timeOf, err error) {
			var length, starts int64
			if err := row(&t.opportunity, &length, &starts); err != nil || starts == 0 {
				return t, err
			}
			t.Starts, t.Ends = at(starts), at(starts+length)
			return t, nil
		}, `SELECT opportunity, ends - starts, coalesce(min(CASE WHEN free > 0 THEN starts END), 0) FROM shift
			WHERE opportunity IN `+in+` AND starts > `+placeholder(len(ids)+1)+` AND free IS NOT NULL
			GROUP BY opportunity, starts % `+strconv.Itoa(shiftWeek)+`, ends - starts ORDER BY 3, 2`, append(ids, ms(tx.now))...)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			times[t.opportunity] = append(times[t.opportunity], t.ShiftTime)
		}
	}
	return times, nil
}

// DueShifts are those that a timer has to look at.
func (tx *Tx) DueShifts(before time.Time, limit int) ([]engagement.Shift, error) {
	return docs[engagement.Shift](tx, `SELECT doc FROM shift WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}

// PutShift writes a shift and what search knows of the times of its opportunity.
func (tx *Tx) PutShift(s *engagement.Shift) error {
	var free any
	if s.State == engagement.ShiftPlanned {
		free = int64(s.Free())
	}
	err := tx.put("shift", "id", string(s.ID), &s.Version, s,
		column{"series", string(s.Series)},
		column{"opportunity", string(s.Opportunity)},
		column{"organization", string(s.Organization)},
		column{"starts", ms(s.Starts)},
		column{"ends", ms(s.Ends)},
		column{"free", free},
		column{"due", ms(s.DueAt)})
	if err != nil {
		return err
	}
	return tx.indexShifts(s.Opportunity)
}

// ShiftSeries is the rule by which shifts are planned.
func (tx *Tx) ShiftSeries(id engagement.ID) (engagement.ShiftSeries, error) {
	return doc[engagement.ShiftSeries](tx, `SELECT doc FROM shift_series WHERE id = $1`, string(id))
}

// PutShiftSeries writes it.
func (tx *Tx) PutShiftSeries(s *engagement.ShiftSeries) error {
	return tx.put("shift_series", "id", string(s.ID), &s.Version, s,
		column{"opportunity", string(s.Opportunity)},
		column{"due", ms(s.DueAt)})
}

// DueShiftSeries are those of which more shifts have to be written out.
func (tx *Tx) DueShiftSeries(before time.Time, limit int) ([]engagement.ShiftSeries, error) {
	return docs[engagement.ShiftSeries](tx, `SELECT doc FROM shift_series WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}

// ShiftSignUp is somebody who wants to be at a shift.
func (tx *Tx) ShiftSignUp(id engagement.ID) (engagement.ShiftSignUp, error) {
	return doc[engagement.ShiftSignUp](tx, `SELECT doc FROM shift_sign_up WHERE id = $1`, string(id))
}

// ShiftSignUpBySecret finds it by the hash of the token with which mails about shifts are ended.
func (tx *Tx) ShiftSignUpBySecret(hash string) (engagement.ShiftSignUp, error) {
	return doc[engagement.ShiftSignUp](tx, `SELECT doc FROM shift_sign_up WHERE secret = $1`, hash)
}

// ShiftSignUpsFor are those for a shift, oldest first.
func (tx *Tx) ShiftSignUpsFor(shift engagement.ID) ([]engagement.ShiftSignUp, error) {
	return docs[engagement.ShiftSignUp](tx, `SELECT doc FROM shift_sign_up WHERE shift = $1 ORDER BY created, id`, string(shift))
}

// ShiftSignUpsBy are those of a match request, oldest first.
func (tx *Tx) ShiftSignUpsBy(request engagement.ID) ([]engagement.ShiftSignUp, error) {
	return docs[engagement.ShiftSignUp](tx, `SELECT doc FROM shift_sign_up WHERE request = $1 ORDER BY created, id`, string(request))
}

// ShiftSignUpsOf are those of an account, oldest first.
func (tx *Tx) ShiftSignUpsOf(account engagement.ID) ([]engagement.ShiftSignUp, error) {
	return docs[engagement.ShiftSignUp](tx, `SELECT doc FROM shift_sign_up WHERE account = $1 AND account <> '' ORDER BY created, id`, string(account))
}

// PutShiftSignUp writes it.
func (tx *Tx) PutShiftSignUp(u *engagement.ShiftSignUp) error {
	return tx.put("shift_sign_up", "id", string(u.ID), &u.Version, u,
		column{"shift", string(u.Shift)},
		column{"request", string(u.Request)},
		column{"account", string(u.Account)},
		column{"secret", engagement.Hash(tx.LinkToken(u.ID))},
		column{"created", ms(u.Created)})
}

// DeleteShiftSignUps erases those of a match request, with waiting mail.
func (tx *Tx) DeleteShiftSignUps(request engagement.ID) error {
	for _, s := range []string{
		`DELETE FROM event WHERE audience = 'mail' AND subject IN (SELECT id FROM shift_sign_up WHERE request = $1)`,
		`DELETE FROM shift_sign_up WHERE request = $1`,
	} {
		if err := tx.run(s, string(request)); err != nil {
			return err
		}
	}
	return nil
}
