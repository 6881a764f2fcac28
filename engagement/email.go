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

// undoReach is how long before a change of address, and of course after it, somebody else may have been in the account: what was set up then is
// theirs. It is as long as the link that takes the change back works, so that who reads mail once a week is in time for both.
const undoReach = 7 * day

// UndoEmail gives the account back to the address that it had. Whoever changed it knew the password, so that is void, too: a link for a new
// one goes to the address. What they may have set up goes: sessions, links, devices that are known, a second factor, codes on paper, who
// acts for the person, and a deletion. Somebody who has a second factor for longer keeps it. The links of earlier changes stay, those of later ones do not: else a second
// change would take the first link from its owner.
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
	if !a.stays() {
		a.keep(tx.Now())
	}
	since := t.Expires.Add(-tokenLife[TokenEmailBack] - undoReach)
	other, err := a.doubtSecondFactor(tx, since)
	if err != nil {
		return err
	}
	if err := tx.DeleteTokensFrom(a.ID, TokenEmailBack, t.Expires); err != nil {
		return err
	}
	if err := a.setEmail(tx, t.Email); err != nil {
		return err
	}
	if err := a.doubtHelpers(tx, since); err != nil {
		return err
	}
	if other {
		if err := mail(tx, MailSecondFactor, a.ID, Recipient{Account: a.ID}, nil); err != nil {
			return err
		}
	}
	return SendReset(tx, a.Email)
}

// doubtSecondFactor takes away what of a second factor was set up since a time, also a secret that waits for its first code, and says whether
// the person has to hear of it. It leaves it to the caller to store the account.
func (a *Account) doubtSecondFactor(tx Tx, since time.Time) (other bool, err error) {
	f, err := tx.SecondFactor(a.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case f.Since.IsZero() || !f.Since.Before(since):
		other, a.SecondFactor = !a.SecondFactor.IsZero(), time.Time{}
		return other, tx.DeleteSecondFactor(a.ID)
	case !f.Renewed.Before(since):
		f.Codes = nil
		return true, tx.PutSecondFactor(&f)
	}
	return false, nil
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
