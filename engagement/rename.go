package engagement

import (
	"errors"
	"maps"
	"strings"
	"unicode/utf8"
)

// Rename changes what somebody is called (Art. 16 GDPR): in the account and everywhere they gave the old name, be it in requests, on contact
// cards that they released, here or to another instance, in sign-ups, in messages to the advisers or in their public presence, whose
// rules for names then count, too. Nobody can read the old name again.
func Rename(tx Tx, by Actor, account ID, name string) error {
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	if err := must(by, Change, a.Thing()); err != nil {
		return err
	}
	if changed, err := a.rename(tx, name); err != nil || !changed {
		return err
	}
	return audit(tx, by, Volunteer, AuditEntry{Action: "account.rename", Object: a.ID, Person: a.ID})
}

// rename gives the account, and everything that has its old name, another one; false: it has that name already.
func (a *Account) rename(tx Tx, name string) (changed bool, err error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return false, &Invalid{Field: "name", Key: "error.name.empty"}
	case utf8.RuneCountInString(name) > nameLimit:
		return false, &Invalid{Field: "name", Key: "error.text.long", Args: map[string]any{"n": nameLimit}}
	case name == a.Name:
		return false, nil
	}
	old := a.Name
	a.Name = name
	if err := tx.PutAccount(a); err != nil {
		return false, err
	}
	for _, rename := range []func(tx Tx, account ID, old, name string) error{renameRequests, renameSignUps, renameAdvice, renamePresence} {
		if err := rename(tx, a.ID, old, name); err != nil {
			return false, err
		}
	}
	return true, nil
}

// nameLimit is how many characters a name of an account may have.
const nameLimit = 100

func renameRequests(tx Tx, account ID, old, name string) error {
	requests, err := tx.RequestsOfAccount(account)
	if err != nil {
		return err
	}
	for _, m := range requests {
		carded := m.Card["name"] == old
		if !carded && m.Contact.Name != old {
			continue
		}
		if m.Contact.Name == old {
			m.Contact.Name = name
		}
		if carded {
			m.Card = maps.Clone(m.Card)
			m.Card["name"] = name
		}
		if carded && m.Offers(EventRelease) { // the other side gets the card anew
			err = m.apply(tx, EventRelease, Step{Until: tx.Now().Add(CardLife)})
		} else {
			err = tx.PutMatchRequest(&m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func renameSignUps(tx Tx, account ID, old, name string) error {
	guests, err := tx.SignUpsOf(account)
	if err != nil {
		return err
	}
	for _, s := range guests {
		if s.Name != old {
			continue
		}
		s.Name = name
		if err := tx.PutSignUp(&s); err != nil {
			return err
		}
	}
	return nil
}

func renameAdvice(tx Tx, account ID, old, name string) error {
	cases, err := tx.AdviceOf(account)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.Name != old {
			continue
		}
		c.Name = name
		if err := tx.PutAdvice(&c); err != nil {
			return err
		}
	}
	return nil
}

func renamePresence(tx Tx, account ID, old, name string) error {
	p, err := tx.PresenceOf(account)
	if errors.Is(err, ErrNotFound) || err == nil && p.Name != old {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = EditPresence(tx, Actor{Account: account}, name, p.Summary)
	return err
}
