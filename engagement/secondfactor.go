package engagement

import (
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
)

// SecondFactor is what somebody shows beside their password, or the link in a mail, to sign in: a code of an app (TOTP, RFC 6238: six digits
// that change every 30 seconds), or, when the app is lost, one of ten codes on paper.
type SecondFactor struct {
	Account ID        `class:"per"`
	Secret  string    `class:"tec"` // 160 bits in base32, shared with the app; sealed in the database
	Since   time.Time `class:"per"` // zero: it is being set up and protects nothing yet
	Step    int64     `class:"tec"` // time step of the last code that was taken: none is taken twice
	Wrong   int       `class:"tec"` // wrong codes in a row
	Tried   time.Time `class:"tec"` // when the last wrong one came
	Codes   []string  `class:"tec"` // hashes of the codes on paper that are left
	Renewed time.Time `class:"tec"` // when they were made
	Version int       `class:"tec"`
}

const (
	secondStep    = 30 // seconds for which a code of the app is good; the one before and after it are taken, too
	secondTries   = 5  // wrong codes until a pause
	secondPause   = 15 * time.Minute
	recoveryCodes = 10
)

// Trusted is the actor with those rights that the proofs of an account are good for: nobody acts as staff without a second factor
// (security.md §6.2). Whoever sets one up has the rights from the next sign-in on.
func (a Account) Trusted(actor Actor) Actor {
	if a.SecondFactor.IsZero() {
		actor.Roles = nil
	}
	return actor
}

// StartSecondFactor makes the secret that the app has to learn. Nothing depends on it before [ConfirmSecondFactor].
func StartSecondFactor(tx Tx, by Actor, account ID) error {
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	if err := must(by, Change, a.Thing()); err != nil {
		return err
	}
	if !a.SecondFactor.IsZero() {
		return ErrConflict
	}
	if err := tx.DeleteSecondFactor(account); err != nil {
		return err
	}
	secret, err := hex.DecodeString(tx.NewToken() + tx.NewToken()[:8])
	if err != nil {
		return err
	}
	return tx.PutSecondFactor(&SecondFactor{Account: account, Secret: base32.StdEncoding.EncodeToString(secret)})
}

// ConfirmSecondFactor turns the second factor on with a code that shows that the app has learned the secret. It returns the codes for paper,
// which nobody can read again. All sessions end: whoever calls it begins a new one.
func ConfirmSecondFactor(tx Tx, by Actor, account ID, code string) (codes []string, err error) {
	a, f, err := secondFactorOf(tx, by, account)
	if err != nil {
		return nil, err
	}
	if !f.Since.IsZero() {
		return nil, ErrConflict
	}
	if !f.takes(code, tx.Now()) {
		return nil, &Invalid{Field: "code", Key: "error.second.wrong"}
	}
	f.Since = tx.Now()
	codes = f.renew(tx)
	if err := tx.PutSecondFactor(&f); err != nil {
		return nil, err
	}
	return codes, a.setSecondFactor(tx, by, f.Since)
}

// RenewRecoveryCodes makes ten new codes for paper; the old ones are void.
func RenewRecoveryCodes(tx Tx, by Actor, account ID) (codes []string, err error) {
	_, f, err := secondFactorOf(tx, by, account)
	if err != nil {
		return nil, err
	}
	if f.Since.IsZero() {
		return nil, ErrConflict
	}
	codes = f.renew(tx)
	if err := tx.PutSecondFactor(&f); err != nil {
		return nil, err
	}
	if err := mail(tx, MailSecondFactor, account, Recipient{Account: account}, nil); err != nil {
		return nil, err
	}
	return codes, audit(tx, by, Volunteer, AuditEntry{Action: "account.recovery-codes", Object: account, Person: account})
}

// EndSecondFactor turns the second factor off. Staff cannot do without, unless alone says that they may; the operator can take a lost one
// from anybody, who then has to set up another before acting as staff. All sessions end.
func EndSecondFactor(tx Tx, by Actor, account ID, alone bool) error {
	a, _, err := secondFactorOf(tx, by, account)
	if err != nil {
		return err
	}
	if len(a.Roles) > 0 && !alone && !by.System {
		return &Invalid{Key: "error.second.needed"}
	}
	if err := tx.DeleteSecondFactor(account); err != nil {
		return err
	}
	return a.setSecondFactor(tx, by, time.Time{})
}

func secondFactorOf(tx Tx, by Actor, account ID) (a Account, f SecondFactor, err error) {
	if a, err = tx.Account(account); err != nil {
		return a, f, err
	}
	if err := must(by, Change, a.Thing()); err != nil {
		return a, f, err
	}
	f, err = tx.SecondFactor(account)
	return a, f, err
}

// setSecondFactor notes that an account has, or has no longer, a second factor, ends its sessions and tells the person.
func (a *Account) setSecondFactor(tx Tx, by Actor, since time.Time) error {
	was := !a.SecondFactor.IsZero()
	a.SecondFactor = since
	if err := tx.PutAccount(a); err != nil {
		return err
	}
	if err := endAccess(tx, a.ID, ""); err != nil {
		return err
	}
	if err := mail(tx, MailSecondFactor, a.ID, Recipient{Account: a.ID}, nil); err != nil {
		return err
	}
	return audit(tx, by, Volunteer, AuditEntry{Action: "account.second-factor", Object: a.ID, Person: a.ID, Old: onOff(was), New: onOff(!since.IsZero())})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// FirstFactor is called when somebody has shown the password or link of an account. If the account has a second factor, it returns the token
// of the page that asks for it; else nothing, and they are signed in. next is where they want to go, as in [Token].
func FirstFactor(tx Tx, account ID, next string) (token string, err error) {
	a, err := tx.Account(account)
	if err != nil || a.SecondFactor.IsZero() {
		return "", err
	}
	return issue(tx, Token{Purpose: TokenSecondFactor, Subject: a.ID, Next: next})
}

// PassSecondFactor is the second step of a sign-in: the token of [FirstFactor] and a code of the app or from paper. A wrong code is counted,
// so the caller commits also when right is false. After five wrong ones in a row there is a pause, which an [Invalid] tells.
func PassSecondFactor(tx Tx, token, code string) (a Account, next string, right bool, err error) {
	t, err := tx.Token(Hash(token), TokenSecondFactor)
	if err != nil {
		return a, "", false, err
	}
	f, err := tx.SecondFactor(t.Subject)
	if err != nil {
		return a, "", false, err
	}
	now := tx.Now()
	if now.Sub(f.Tried) >= secondPause {
		f.Wrong = 0
	}
	if f.Wrong >= secondTries {
		return a, "", false, &Invalid{Field: "code", Key: "error.second.pause", Args: map[string]any{"n": int(secondPause.Minutes())}}
	}
	if right = f.takes(code, now) || f.takesPaper(code); !right {
		f.Wrong, f.Tried = f.Wrong+1, now
		return a, "", false, tx.PutSecondFactor(&f)
	}
	f.Wrong, f.Tried = 0, time.Time{}
	if err := tx.PutSecondFactor(&f); err != nil {
		return a, "", false, err
	}
	if _, err := tx.TakeToken(t.Hash, TokenSecondFactor); err != nil {
		return a, "", false, err
	}
	a, err = tx.Account(t.Subject)
	return a, t.Next, err == nil, err
}

// takes says whether a code of the app is right now and was not used before, and notes that it is used.
func (f *SecondFactor) takes(code string, now time.Time) bool {
	code = plainCode(code)
	for step := now.Unix()/secondStep - 1; step <= now.Unix()/secondStep+1; step++ {
		want, err := hotp.GenerateCode(f.Secret, uint64(step))
		if err == nil && step > f.Step && subtle.ConstantTimeCompare([]byte(code), []byte(want)) == 1 {
			f.Step = step
			return true
		}
	}
	return false
}

// takesPaper uses up a code on paper.
func (f *SecondFactor) takesPaper(code string) bool {
	i := slices.Index(f.Codes, Hash(plainCode(code)))
	if i >= 0 {
		f.Codes = slices.Delete(slices.Clone(f.Codes), i, i+1)
	}
	return i >= 0
}

// renew puts new codes for paper in the place of all others and returns them as people read them: 64 random bits in four groups.
func (f *SecondFactor) renew(tx Tx) (codes []string) {
	f.Codes, f.Renewed = nil, tx.Now()
	for range recoveryCodes {
		code := tx.NewToken()[:16]
		f.Codes = append(f.Codes, Hash(code))
		codes = append(codes, strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:]}, "-"))
	}
	return codes
}

// plainCode is a code without what people write between its groups.
func plainCode(code string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(code))
}
