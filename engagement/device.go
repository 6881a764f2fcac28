package engagement

import (
	"slices"
	"time"
)

// Device is a kind of browser with which somebody signed in to an account.
type Device struct {
	Name string    // "Firefox, Windows"; empty: not known
	Last time.Time // by the month
}

// Limits of what is remembered of devices.
const (
	deviceMonths = 12
	mostDevices  = 10
)

// meet notes a sign-in with a device in the year's list and says whether it is news that the person should hear of: the first one of an
// account is none.
func (a *Account) meet(device string, now time.Time) (news bool) {
	before := len(a.Devices)
	devices := slices.DeleteFunc(slices.Clone(a.Devices), func(d Device) bool { return d.Last.AddDate(0, deviceMonths, 0).Before(month(now)) })
	known := slices.ContainsFunc(devices, func(d Device) bool { return d.Name == device })
	devices = slices.DeleteFunc(devices, func(d Device) bool { return d.Name == device })
	devices = append(devices, Device{device, month(now)}) // the last used one at the end
	a.Devices = devices[max(0, len(devices)-mostDevices):]
	return !known && before > 0
}

// EndSession signs a device of an account out: the one whose session has the hash, or, without one, all but the session with the hash keep.
func EndSession(tx Tx, by Actor, account ID, hash, keep string) error {
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	if err := must(by, Change, a.Thing()); err != nil {
		return err
	}
	if hash == "" {
		return tx.DeleteSessions(account, keep)
	}
	sessions, err := tx.SessionsOf(account)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(sessions, func(s Session) bool { return s.Hash == hash }) {
		return ErrNotFound
	}
	return tx.DeleteSession(hash)
}
