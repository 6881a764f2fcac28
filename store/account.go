package store

import (
	"errors"
	"strings"
	"time"

	"seestern/engagement"
)

// Account is a person who can sign in.
func (tx *Tx) Account(id engagement.ID) (engagement.Account, error) {
	return doc[engagement.Account](tx, `SELECT doc FROM account WHERE id = $1`, string(id))
}

// AccountByLogin finds an account by e-mail address or user name, in any case.
func (tx *Tx) AccountByLogin(login string) (engagement.Account, error) {
	return doc[engagement.Account](tx, `SELECT doc FROM account WHERE email = $1 OR username = $1`, strings.ToLower(login))
}

// AccountsWithRole are all that have a staff role.
func (tx *Tx) AccountsWithRole(role engagement.Role) ([]engagement.Account, error) {
	return docs[engagement.Account](tx, `SELECT a.doc FROM account_role r JOIN account a ON a.id = r.account WHERE r.role = $1 ORDER BY a.id`, string(role))
}

// Accounts are at most limit accounts after the given id, oldest first.
func (tx *Tx) Accounts(after engagement.ID, limit int) ([]engagement.Account, error) {
	return docs[engagement.Account](tx, `SELECT doc FROM account WHERE id > $1 ORDER BY id LIMIT $2`, string(after), limit)
}

// DueAccounts are those a timer has to look at: see [engagement.Account.Due].
func (tx *Tx) DueAccounts(before time.Time, limit int) ([]engagement.Account, error) {
	return docs[engagement.Account](tx, `SELECT doc FROM account WHERE due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}

// AssistedAccounts are those that the volunteer center keeps, at most limit after the given id, oldest first.
func (tx *Tx) AssistedAccounts(after engagement.ID, limit int) ([]engagement.Account, error) {
	return docs[engagement.Account](tx, `SELECT doc FROM account WHERE assisted = 1 AND id > $1 ORDER BY id LIMIT $2`, string(after), limit)
}

// CountAccounts counts them.
func (tx *Tx) CountAccounts() (int, error) { return tx.count(`SELECT count(*) FROM account`) }

// PutAccount writes an account. It returns ErrConflict when another one has its e-mail address or user name.
func (tx *Tx) PutAccount(a *engagement.Account) error {
	fresh := a.Version == 0
	err := tx.put("account", "id", string(a.ID), &a.Version, a,
		column{"email", null(strings.ToLower(a.Email))},
		column{"username", null(strings.ToLower(a.Username))},
		column{"assisted", bit(a.Assisted)},
		column{"created", ms(a.Created)},
		column{"due", ms(a.Due())})
	if err != nil {
		return err
	}
	if !fresh {
		if err := tx.run(`DELETE FROM account_role WHERE account = $1`, string(a.ID)); err != nil {
			return err
		}
	}
	for _, role := range a.Roles {
		if err := tx.run(`INSERT INTO account_role (account, role) VALUES ($1, $2)`, string(a.ID), string(role)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteAccount erases an account with its sessions, tokens, memberships, profile, help offers and waiting mail. Only the hash of its id stays.
func (tx *Tx) DeleteAccount(id engagement.ID) error {
	a, err := tx.Account(id)
	if err != nil {
		return err
	}
	offers, err := tx.HelpOffersOfAccount(id)
	if err != nil {
		return err
	}
	for _, h := range offers {
		if err := tx.DeleteHelpOffer(h.ID); err != nil {
			return err
		}
	}
	switch p, err := tx.PresenceOf(id); {
	case err == nil:
		if err := p.Retire(tx); err != nil {
			return err
		}
	case !errors.Is(err, engagement.ErrNotFound):
		return err
	}
	if a.Email != "" { // also those from before the account
		subscriptions, err := tx.SubscriptionsOf("", a.Email)
		if err != nil {
			return err
		}
		for _, s := range subscriptions {
			if err := tx.DeleteSubscription(s.ID); err != nil {
				return err
			}
		}
	}
	if err := tx.deleteMailsTo(a); err != nil {
		return err
	}
	for _, s := range []statement{
		{`DELETE FROM token WHERE subject = $1`, []any{string(id)}},
		{`DELETE FROM token WHERE email = $1`, []any{null(a.Email)}},
		{`DELETE FROM event WHERE audience = 'mail' AND subject = $1`, []any{string(id)}},
		{`DELETE FROM barrier WHERE email = $1`, []any{null(a.Email)}},
		{`DELETE FROM advice WHERE account = $1 OR email = $2`, []any{string(id), null(a.Email)}},
		{`DELETE FROM account WHERE id = $1`, []any{string(id)}}, // the rest hangs on it
	} {
		if err := tx.run(s.sql, s.args...); err != nil {
			return err
		}
	}
	if err := tx.blankReports(a); err != nil {
		return err
	}
	if err := tx.blankAudit(id); err != nil {
		return err
	}
	return tx.bury("account", string(id), false)
}

// statement is an SQL text with its parameters.
type statement struct {
	sql  string
	args []any
}

// Actor reads who an account acts as now. It is read anew for every request.
func (tx *Tx) Actor(account engagement.ID) (engagement.Actor, error) {
	actor := engagement.Actor{Account: account, Members: map[engagement.ID]engagement.Role{}}
	if _, err := tx.count(`SELECT 1 FROM account WHERE id = $1`, string(account)); err != nil {
		return engagement.Actor{}, err
	}
	var err error
	actor.Roles, err = list(tx, func(row func(...any) error) (r engagement.Role, err error) {
		return r, row(&r)
	}, `SELECT role FROM account_role WHERE account = $1 ORDER BY role`, string(account))
	if err != nil {
		return engagement.Actor{}, err
	}
	members, err := tx.MembershipsOf(account)
	for _, m := range members {
		actor.Members[m.Organization] = m.Role
	}
	return actor, err
}
