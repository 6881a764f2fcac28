package store

import (
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

// AccountsToDelete are those whose time of grace is over.
func (tx *Tx) AccountsToDelete(limit int) ([]engagement.Account, error) {
	return docs[engagement.Account](tx, `SELECT doc FROM account WHERE delete_after > 0 AND delete_after <= $1 ORDER BY delete_after LIMIT $2`, ms(tx.now), limit)
}

// CountAccounts counts them.
func (tx *Tx) CountAccounts() (int, error) { return tx.count(`SELECT count(*) FROM account`) }

// PutAccount writes an account. It returns ErrConflict when another one has its e-mail address or user name.
func (tx *Tx) PutAccount(a *engagement.Account) error {
	fresh := a.Version == 0
	err := tx.put("account", "id", string(a.ID), &a.Version, a,
		column{"email", null(strings.ToLower(a.Email))},
		column{"username", null(strings.ToLower(a.Username))},
		column{"created", ms(a.Created)},
		column{"delete_after", ms(a.DeleteAfter)})
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

// DeleteAccount erases an account with its sessions, tokens, memberships, profile and waiting mail. Only the hash of its id stays.
func (tx *Tx) DeleteAccount(id engagement.ID) error {
	a, err := tx.Account(id)
	if err != nil {
		return err
	}
	for _, s := range []statement{
		{`DELETE FROM token WHERE subject = $1`, []any{string(id)}},
		{`DELETE FROM token WHERE email = $1`, []any{null(a.Email)}},
		{`DELETE FROM event WHERE audience = 'mail' AND (subject = $1 OR address = $2)`, []any{string(id), null(a.Email)}},
		{`DELETE FROM account WHERE id = $1`, []any{string(id)}}, // the rest hangs on it
	} {
		if err := tx.run(s.sql, s.args...); err != nil {
			return err
		}
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

// Profile is what a volunteer told; the zero Profile of the account if nothing was saved.
func (tx *Tx) Profile(account engagement.ID) (engagement.Profile, error) {
	p, err := doc[engagement.Profile](tx, `SELECT doc FROM profile WHERE account = $1`, string(account))
	return orZero(p, err, engagement.Profile{Account: account})
}

// PutProfile writes it.
func (tx *Tx) PutProfile(p *engagement.Profile) error {
	return tx.put("profile", "account", string(p.Account), &p.Version, p)
}

// Session is a signed-in browser.
func (tx *Tx) Session(hash string) (engagement.Session, error) {
	var s engagement.Session
	var created, used, verified, staff int64
	err := tx.scan(`SELECT hash, account, created, last_used, verified, staff FROM session WHERE hash = $1`, []any{hash},
		&s.Hash, &s.Account, &created, &used, &verified, &staff)
	s.Created, s.LastUsed, s.Verified, s.Staff = at(created), at(used), at(verified), staff != 0
	return s, err
}

// SessionsOf are the sessions of an account, the last used first.
func (tx *Tx) SessionsOf(account engagement.ID) ([]engagement.Session, error) {
	hashes, err := list(tx, func(row func(...any) error) (h string, err error) { return h, row(&h) },
		`SELECT hash FROM session WHERE account = $1 ORDER BY last_used DESC`, string(account))
	sessions := make([]engagement.Session, len(hashes))
	for i, h := range hashes {
		if sessions[i], err = tx.Session(h); err != nil {
			return nil, err
		}
	}
	return sessions, err
}

// PutSession writes a session, new or used again.
func (tx *Tx) PutSession(s engagement.Session) error {
	return tx.run(`INSERT INTO session (hash, account, created, last_used, verified, staff) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (hash) DO UPDATE SET last_used = excluded.last_used, verified = excluded.verified, staff = excluded.staff`,
		s.Hash, string(s.Account), ms(s.Created), ms(s.LastUsed), ms(s.Verified), bit(s.Staff))
}

// TouchSession notes that a session was used.
func (tx *Tx) TouchSession(hash string) error {
	return tx.run(`UPDATE session SET last_used = $2 WHERE hash = $1`, hash, ms(tx.now))
}

// DeleteSession signs out.
func (tx *Tx) DeleteSession(hash string) error {
	return tx.run(`DELETE FROM session WHERE hash = $1`, hash)
}

// DeleteSessions ends the sessions of an account except the one with that hash, and the links by which it could sign in or change its
// password.
func (tx *Tx) DeleteSessions(account engagement.ID, except string) error {
	if err := tx.run(`DELETE FROM session WHERE account = $1 AND hash <> $2`, string(account), except); err != nil {
		return err
	}
	return tx.run(`DELETE FROM token WHERE subject = $1 AND purpose IN ($2, $3)`, string(account), string(engagement.TokenSignIn), string(engagement.TokenReset))
}

// PutToken stores a token. Older ones of the same purpose, subject and address end.
func (tx *Tx) PutToken(t engagement.Token) error {
	if err := tx.run(`DELETE FROM token WHERE subject = $1 AND purpose = $2 AND email = $3`, string(t.Subject), string(t.Purpose), t.Email); err != nil {
		return err
	}
	text, err := encode(t)
	if err != nil {
		return err
	}
	return tx.run(`INSERT INTO token (hash, purpose, subject, email, expires, doc) VALUES ($1, $2, $3, $4, $5, $6)`,
		t.Hash, string(t.Purpose), string(t.Subject), t.Email, ms(t.Expires), text)
}

// Token looks at a token without using it, for the page on which its owner confirms.
func (tx *Tx) Token(hash string, purpose engagement.TokenPurpose) (engagement.Token, error) {
	return doc[engagement.Token](tx, `SELECT doc FROM token WHERE hash = $1 AND purpose = $2 AND expires > $3`, hash, string(purpose), ms(tx.now))
}

// TakeToken uses a token up. It returns ErrNotFound if it is unknown, used, expired or of another purpose.
func (tx *Tx) TakeToken(hash string, purpose engagement.TokenPurpose) (engagement.Token, error) {
	return doc[engagement.Token](tx, `DELETE FROM token WHERE hash = $1 AND purpose = $2 AND expires > $3 RETURNING doc`, hash, string(purpose), ms(tx.now))
}

// TokensFor are the open tokens of a purpose for a subject, for example the invitations of an organization.
func (tx *Tx) TokensFor(subject engagement.ID, purpose engagement.TokenPurpose) ([]engagement.Token, error) {
	return docs[engagement.Token](tx, `SELECT doc FROM token WHERE subject = $1 AND purpose = $2 AND expires > $3 ORDER BY expires`,
		string(subject), string(purpose), ms(tx.now))
}

// Once remembers a form that was sent with a key of its own, so that sending it again does nothing twice.
type Once struct {
	Key      string    // of the form, bound to who sent it
	Location string    // where the answer led; empty: it is being answered
	At       time.Time // of the last Put
}

// Once is the stored answer; it lives for 24 hours.
func (tx *Tx) Once(key string) (Once, error) {
	return doc[Once](tx, `SELECT doc FROM once WHERE key = $1 AND at > $2`, key, ms(tx.now.Add(-onceLife)))
}

const onceLife = 24 * time.Hour

// PutOnce stores the claim or the answer of a form.
func (tx *Tx) PutOnce(o Once) error {
	o.At = tx.now
	text, err := encode(o)
	if err != nil {
		return err
	}
	return tx.run(`INSERT INTO once (key, at, doc) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET at = excluded.at, doc = excluded.doc`,
		o.Key, ms(o.At), text)
}

// DropOnce gives a key back: the form may be sent again.
func (tx *Tx) DropOnce(key string) error { return tx.run(`DELETE FROM once WHERE key = $1`, key) }
