package engagement

import (
	"errors"
	"time"
)

// ChangeEmail mails a link to a new address, which takes effect when the link is used. The answer is the same if the address has an account
// already; then its owner is told so.
func ChangeEmail(tx Tx, by Actor, account ID, address string) error {
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	if err := must(by, Change, a.Thing()); err != nil {
		return err
	}
	if address, err = NormalizeEmail(address); err != nil {
		return err
	}
	if address == a.Email {
		return &Invalid{Field: "email", Key: "error.email.same"}
	}
	if ok, err := mayMail(tx, address); err != nil || !ok {
		return err
	}
	to := Recipient{Address: address, Lang: a.Lang}
	switch _, err := tx.AccountByLogin(address); {
	case err == nil:
		return mail(tx, MailKnownAddress, "", to, nil)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if err := tx.DeleteTokens(a.ID, TokenEmail); err != nil { // only the newest one counts
		return err
	}
	token, err := issue(tx, Token{Purpose: TokenEmail, Subject: a.ID, Email: address})
	if err != nil {
		return err
	}
	return mail(tx, MailEmailConfirm, a.ID, to, map[string]string{"token": token})
}

// ConfirmEmail makes the address to which the link was sent the one of the account. All sessions end, and the old address is told, with a
// link that takes the change back. It returns ErrConflict if another account has the address meanwhile.
func ConfirmEmail(tx Tx, token string) error {
	t, err := tx.TakeToken(Hash(token), TokenEmail)
	if err != nil {
		return err
	}
	a, err := tx.Account(t.Subject)
	if err != nil {
		return err
	}
	old := a.Email
	if err := a.setEmail(tx, t.Email); err != nil {
		return err
	}
	if old == "" {
		return nil
	}
	back, err := issue(tx, Token{Purpose: TokenEmailBack, Subject: a.ID, Email: old})
	if err != nil {
		return err
	}
	return mail(tx, MailEmailChanged, a.ID, Recipient{Address: old, Lang: a.Lang}, map[string]string{"token": back})
}

// UndoEmail gives the account back to the address that it had. Whoever changed it knew the password, so that is void, too: a link for a new
// one goes to the address. A second factor that came with or after the change is theirs, and so may be the devices that are known.
func UndoEmail(tx Tx, token string) error {
	t, err := tx.TakeToken(Hash(token), TokenEmailBack)
	if err != nil {
		return err
	}
	a, err := tx.Account(t.Subject)
	if err != nil {
		return err
	}
	a.Password, a.Devices = "", nil
	if changed := t.Expires.Add(-tokenLife[TokenEmailBack]); !a.SecondFactor.Before(changed) {
		a.SecondFactor = time.Time{}
		if err := tx.DeleteSecondFactor(a.ID); err != nil {
			return err
		}
	}
	if err := tx.DeleteTokens(a.ID, TokenEmailBack); err != nil {
		return err
	}
	if err := a.setEmail(tx, t.Email); err != nil {
		return err
	}
	return SendReset(tx, a.Email)
}

func (a *Account) setEmail(tx Tx, address string) error {
	a.Email, a.EmailConfirmed = address, tx.Now()
	if err := tx.PutAccount(a); err != nil {
		return err
	}
	if err := endAccess(tx, a.ID, ""); err != nil {
		return err
	}
	return audit(tx, Actor{Account: a.ID}, Volunteer, AuditEntry{Action: "account.email", Object: a.ID, Person: a.ID})
}
