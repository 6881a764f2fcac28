package store

import (
	"time"

	"seestern/engagement"
)

// PutToken stores a token. Older ones of the same purpose, subject and address end.
func (tx *Tx) PutToken(t engagement.Token) error {
	if err := tx.DeleteTokensTo(t.Subject, t.Purpose, t.Email); err != nil {
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

// Session is a signed-in browser.
func (tx *Tx) Session(hash string) (engagement.Session, error) {
	var s engagement.Session
	var created, used, verified, staff int64
	err := tx.scan(`SELECT hash, account, device, created, last_used, verified, staff, COALESCE(helps, '') FROM session WHERE hash = $1`, []any{hash},
		&s.Hash, &s.Account, &s.Device, &created, &used, &verified, &staff, &s.Helps)
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
	return tx.run(`INSERT INTO session (hash, account, created, last_used, verified, staff, helps, device) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (hash) DO UPDATE SET last_used = excluded.last_used, verified = excluded.verified, staff = excluded.staff`,
		s.Hash, string(s.Account), ms(s.Created), ms(s.LastUsed), ms(s.Verified), bit(s.Staff), null(string(s.Helps)), s.Device)
}

// TouchSession notes that a session was used.
func (tx *Tx) TouchSession(hash string) error {
	return tx.run(`UPDATE session SET last_used = $2 WHERE hash = $1`, hash, ms(tx.now))
}

// ExpireSession ends a session that nobody has used for too long, so that a clock which goes back does not begin it again. It may still be
// named.
func (tx *Tx) ExpireSession(hash string) error {
	return tx.run(`UPDATE session SET last_used = 0 WHERE hash = $1`, hash)
}

// DeleteSession signs out.
func (tx *Tx) DeleteSession(hash string) error {
	return tx.run(`DELETE FROM session WHERE hash = $1`, hash)
}

// DeleteSessions ends the sessions of an account, and of who acts for it, except the one with that hash, and the links by which it could
// sign in or change its password or address.
func (tx *Tx) DeleteSessions(account engagement.ID, except string) error {
	if err := tx.run(`DELETE FROM session WHERE (account = $1 OR helps = $1) AND hash <> $2`, string(account), except); err != nil {
		return err
	}
	for _, purpose := range []engagement.TokenPurpose{engagement.TokenSignIn, engagement.TokenReset, engagement.TokenSecondFactor, engagement.TokenEmail} {
		if err := tx.DeleteTokens(account, purpose); err != nil {
			return err
		}
	}
	return nil
}

// DeleteTokens ends all open tokens of a purpose for a subject.
func (tx *Tx) DeleteTokens(subject engagement.ID, purpose engagement.TokenPurpose) error {
	return tx.DeleteTokensFrom(subject, purpose, time.Time{})
}

// DeleteTokensFrom ends those of them that expire at a time or later.
func (tx *Tx) DeleteTokensFrom(subject engagement.ID, purpose engagement.TokenPurpose, expires time.Time) error {
	return tx.run(`DELETE FROM token WHERE subject = $1 AND purpose = $2 AND expires >= $3`, string(subject), string(purpose), ms(expires))
}

// DeleteTokensTo ends those of them that were sent to an address.
func (tx *Tx) DeleteTokensTo(subject engagement.ID, purpose engagement.TokenPurpose, email string) error {
	return tx.run(`DELETE FROM token WHERE subject = $1 AND purpose = $2 AND email = $3`, string(subject), string(purpose), email)
}
