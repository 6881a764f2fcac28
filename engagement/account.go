package engagement

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ID is a UUID in its canonical lower-case text form: v7 for rows and public objects, v4 for what must not show its age.
// The empty ID means none.
type ID string

// Lang is the language of a page, mail or account: "de", "en" or "ls" (simple German).
type Lang string

// Account is a person who can sign in.
type Account struct {
	ID             ID         `class:"tec"`
	Name           string     `class:"per"` // what to be called; default for the contact card
	Username       string     `class:"per"` // optional second name to sign in with, 3–30 of [a-z0-9_]
	Email          string     `class:"per"` // lower case; empty: none (assisted accounts)
	Phone          string     `class:"per"`
	Password       string     `class:"tec"` // argon2id PHC string; empty: sign-in by mail link only
	Lang           Lang       `class:"per"`
	Roles          []Role     `class:"org"` // staff roles on this instance
	Assisted       bool       `class:"org"` // kept by the volunteer center for somebody without e-mail, see [OpenAssisted]
	Offered        string     `class:"per"` // assisted: address to which the link went by which the person takes it over; empty: none
	EmailConfirmed time.Time  `class:"tec"`
	Created        time.Time  `class:"tec"`
	LastActive     time.Time  `class:"tec"` // rounded to the month
	NoHoursMail    bool       `class:"per"` // no mails about hours and certificates
	SecondFactor   time.Time  `class:"per"` // since when every sign-in needs a [SecondFactor]; zero: none does
	Devices        []Device   `class:"per"` // kinds of browsers that it was used with in the last year
	Deletion       Deletion   `class:"tec"` // why it is about to be deleted; empty: it is not
	DeleteAfter    time.Time  `class:"tec"` // erased at this time; zero: it stays
	NoShiftMail    bool       `class:"per"` // see [MailShifts]
	Suspended      time.Time  `class:"org"` // by moderators, since when; zero: it is not
	Wishes         []RoleWish `class:"org"` // of an admin
	Version        int        `class:"tec"`
}

// RoleWish is a role that an admin wants an account to have, as long as no other admin has agreed: see [GrantRole].
type RoleWish struct {
	Role Role `class:"org"`
	For  ID   `class:"per"`
}

// Membership ties an account to an organization.
type Membership struct {
	Account      ID        `class:"per"`
	Organization ID        `class:"org"`
	Role         Role      `class:"org"` // Member or Manager
	Since        time.Time `class:"org"`
}

// Role is what somebody acts as.
type Role string

// The roles of domain.md §3.22. Member and Manager come from memberships, the staff roles are granted on the instance.
const (
	Visitor     Role = "visitor"
	Volunteer   Role = "volunteer"
	Member      Role = "member"
	Manager     Role = "manager"
	Adviser     Role = "adviser"
	Officer     Role = "officer"
	Facilitator Role = "facilitator"
	Moderator   Role = "moderator"
	Mediator    Role = "mediator"
	Admin       Role = "admin"
	HelperFor   Role = "helper-for" // acts for another person, see [ActFor]
)

// StaffRoles are the roles an admin can grant.
var StaffRoles = []Role{Adviser, Officer, Facilitator, Moderator, Mediator, Admin}

// Actor is who acts. It is a parameter of every rule, read anew for every request, and never kept.
type Actor struct {
	Account ID          // empty: nobody is signed in
	Roles   []Role      // staff roles
	Members map[ID]Role // organization → Member or Manager
	Request ID          // match request or sign-up whose secret link the actor holds
	Helper  ID          // account of who acts for the person of Account; empty: the person does
	Scopes  []Code      // with Helper: what the person has granted, vocabulary helper_scope; with ConsentAssisted they did so on paper
	System  bool        // timers and the operator at the command line
}

// System is the actor of timers and of the operator's command line.
var System = Actor{System: true}

// Has says whether the actor holds a staff role.
func (a Actor) Has(r Role) bool {
	for _, have := range a.Roles {
		if have == r {
			return true
		}
	}
	return false
}

// Staff says whether the actor holds any staff role.
func (a Actor) Staff() bool { return len(a.Roles) > 0 }

// Of says whether the actor is a member or manager of an organization.
func (a Actor) Of(organization ID) bool { return a.Members[organization] != "" }

// Limits of mail that a stranger can cause to one address, over all kinds (security.md §6.2).
const (
	mailsPerHour = 3
	mailsPerDay  = 10
)

// NormalizeEmail is the one spelling under which an address is stored and compared, or an [Invalid] for what is no address.
// Only the subset that every mail server reads alike is accepted: one recipient, ASCII, no quotes, comments or routes.
func NormalizeEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch {
	case s == "":
		return "", &Invalid{Field: "email", Key: "error.email.empty"}
	case !strings.Contains(s, "@"):
		return "", &Invalid{Field: "email", Key: "error.email.at"}
	case len(s) > 254 || !emailShape.MatchString(s):
		return "", &Invalid{Field: "email", Key: "error.email.shape"}
	}
	return s, nil
}

var emailShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._%+-]{0,63}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$|^[a-z0-9][a-z0-9._%+-]{0,63}@localhost$`)

// Hash is how a token is stored: SHA-256 of its text, in hex.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// issue makes a token for a purpose and returns its text, which goes into a mail and nowhere else.
func issue(tx Tx, t Token) (string, error) {
	token := tx.NewToken()
	t.Hash, t.Expires = Hash(token), tx.Now().Add(tokenLife[t.Purpose])
	return token, tx.PutToken(t)
}

// mayMail says whether an address may still get a mail that a stranger caused. All addresses without an account have a limit together, too; it never
// keeps people from their own account.
func mayMail(tx Tx, address string) (bool, error) {
	for _, limit := range []struct {
		span time.Duration
		most int
	}{{time.Hour, mailsPerHour}, {24 * time.Hour, mailsPerDay}} {
		n, err := tx.CountMails(address, tx.Now().Add(-limit.span))
		if err != nil || n >= limit.most {
			return false, err
		}
	}
	if _, err := tx.AccountByLogin(address); !errors.Is(err, ErrNotFound) {
		return err == nil, err
	}
	i, err := tx.Instance()
	if err != nil {
		return false, err
	}
	n, err := tx.CountMails("", tx.Now().Add(-time.Hour))
	return n < i.MailLimit(), err
}

// pretend stores a token that nobody gets. That takes as long as storing one that is sent, so that the time of the answer does not tell either
// who has an account.
func pretend(tx Tx, purpose TokenPurpose) error {
	_, err := issue(tx, Token{Purpose: purpose})
	return err
}

// Register starts an account for an address: a mail with a link goes out, or, if the address has an account, a mail that
// says so. Nobody learns from the answer which of the two it was, nor whether a limit held the mail back.
func Register(tx Tx, email string, lang Lang, next string) error {
	email, err := NormalizeEmail(email)
	if err != nil {
		return err
	}
	switch ok, err := mayMail(tx, email); {
	case err != nil:
		return err
	case !ok:
		return pretend(tx, TokenRegister)
	}
	to := Recipient{Address: email, Lang: lang}
	switch _, err := tx.AccountByLogin(email); {
	case err == nil && strings.Contains(next, " "): // what was typed waits for the account: its link brings both together
		return mailToken(tx, email, MailSignIn, TokenSignIn, next)
	case err == nil:
		return errors.Join(pretend(tx, TokenRegister), mail(tx, MailKnownAddress, "", to, nil))
	case !errors.Is(err, ErrNotFound):
		return err
	}
	token, err := issue(tx, Token{Purpose: TokenRegister, Email: email, Lang: lang, Next: next})
	if err != nil {
		return err
	}
	return mail(tx, MailRegister, "", to, map[string]string{"token": token})
}

// NewAccount makes an account. Name must be given; passwordHash is empty for sign-in by mail link only.
func NewAccount(tx Tx, name, email, username, passwordHash string, lang Lang) (Account, error) {
	var bad Invalids
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		bad.Add("name", "error.name.empty")
	case utf8.RuneCountInString(name) > nameLimit:
		bad.Add("name", "error.text.long", "n", nameLimit)
	}
	if username != "" && !usernameShape.MatchString(username) {
		bad.Add("username", "error.username.shape")
	}
	for _, login := range []string{email, username} {
		if login == "" {
			continue
		}
		if _, err := tx.AccountByLogin(login); err == nil {
			field := "email"
			if login == username {
				field = "username"
			}
			bad.Add(field, "error."+field+".taken")
		} else if !errors.Is(err, ErrNotFound) {
			return Account{}, err
		}
	}
	if err := bad.Err(); err != nil {
		return Account{}, err
	}
	a := Account{ID: tx.NewID(), Name: name, Email: email, Username: username, Password: passwordHash, Lang: lang, Created: tx.Now(), LastActive: month(tx.Now())}
	if email != "" {
		a.EmailConfirmed = tx.Now()
	}
	return a, tx.PutAccount(&a)
}

var usernameShape = regexp.MustCompile(`^[a-z0-9_]{3,30}$`)

// FinishRegistration makes the account that a registration link promises and returns the local path to go on to.
func FinishRegistration(tx Tx, token, name, passwordHash string) (Account, string, error) {
	t, err := tx.TakeToken(Hash(token), TokenRegister)
	if err != nil {
		return Account{}, "", err
	}
	a, err := NewAccount(tx, name, t.Email, "", passwordHash, t.Lang)
	return a, t.Next, err
}

// SendSignInLink mails a link that signs in. The answer does not tell whether the account exists.
func SendSignInLink(tx Tx, login, next string) error {
	return mailToken(tx, login, MailSignIn, TokenSignIn, next)
}

// SendReset mails a link that sets a new password. The answer does not tell whether the account exists.
func SendReset(tx Tx, login string) error {
	return mailToken(tx, login, MailReset, TokenReset, "")
}

func mailToken(tx Tx, login, kind string, purpose TokenPurpose, next string) error {
	login = strings.ToLower(strings.TrimSpace(login))
	a, err := tx.AccountByLogin(login)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	switch ok, err := mayMail(tx, cmp.Or(a.Email, login)); {
	case err != nil:
		return err
	case !ok || a.Email == "":
		return pretend(tx, purpose)
	}
	token, err := issue(tx, Token{Purpose: purpose, Subject: a.ID, Email: a.Email, Next: next})
	if err != nil {
		return err
	}
	return mail(tx, kind, a.ID, Recipient{Account: a.ID}, map[string]string{"token": token})
}

// UseSignInLink takes the token of a sign-in link and returns the account and the local path to go on to.
func UseSignInLink(tx Tx, token string) (Account, string, error) {
	t, err := tx.TakeToken(Hash(token), TokenSignIn)
	if err != nil {
		return Account{}, "", err
	}
	a, err := tx.Account(t.Subject)
	return a, t.Next, err
}

// SetPassword stores a new password hash, ends all other sessions and open links, and tells the person.
func SetPassword(tx Tx, a Account, passwordHash, keepSession string) error {
	a.Password = passwordHash
	if err := tx.PutAccount(&a); err != nil {
		return err
	}
	if err := endAccess(tx, a.ID, keepSession); err != nil {
		return err
	}
	return mail(tx, MailAccessChanged, a.ID, Recipient{Account: a.ID}, nil)
}

// UseReset takes the token of a reset link and sets the password.
func UseReset(tx Tx, token, passwordHash string) (Account, error) {
	t, err := tx.TakeToken(Hash(token), TokenReset)
	if err != nil {
		return Account{}, err
	}
	a, err := tx.Account(t.Subject)
	if err != nil {
		return Account{}, err
	}
	return a, SetPassword(tx, a, passwordHash, "")
}

// grantedByTwo are the roles that one admin alone gives to nobody (domain.md §3.22, rule 3).
var grantedByTwo = []Role{Moderator, Admin}

// GrantRole gives a staff role to an account, or takes it or the wish that the account had it away. Where there are several admins, the first one's
// word about [grantedByTwo] is a wish, and the role is given when another one says the same. The instance keeps an admin, unless the operator wills.
func GrantRole(tx Tx, by Actor, account ID, role Role, on bool) error {
	if err := must(by, Change, Thing{Noun: ARoleGrant, Person: account}); err != nil {
		return err
	}
	if !slices.Contains(StaffRoles, role) {
		return &Invalid{Field: "role", Key: "error.role.unknown", Args: map[string]any{"x": string(role)}}
	}
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	admins, err := tx.AccountsWithRole(Admin)
	if err != nil {
		return err
	}
	had, wish := slices.Contains(a.Roles, role), RoleWish{role, a.ID}
	wished := slices.DeleteFunc(slices.Clone(admins), func(other Account) bool { return !slices.Contains(other.Wishes, wish) })
	remains := func(without ID) bool {
		return slices.ContainsFunc(admins, func(other Account) bool { return other.ID != without && other.stays() })
	}
	switch {
	case had == on && (on || len(wished) == 0):
		return nil
	case had && role == Admin && !by.System && !remains(a.ID):
		return &Invalid{Field: "off", Key: "error.role.last"}
	case on && !by.System && slices.Contains(grantedByTwo, role) && remains(by.Account) &&
		!slices.ContainsFunc(wished, func(other Account) bool { return other.ID != by.Account }):
		if len(wished) > 0 {
			return nil
		}
		return wish.ask(tx, by)
	}
	if err := forgetWishes(tx, func(w RoleWish) bool { return w == wish }); err != nil {
		return err
	}
	entry := AuditEntry{Action: "role.refuse", Object: a.ID, Person: a.ID, Old: string(role)}
	if on || had {
		if a, err = tx.Account(account); err != nil { // perhaps its own wish was just forgotten
			return err
		}
		if on {
			entry.Action, entry.Old, entry.New = "role.grant", "", string(role)
			a.Roles = append(a.Roles, role)
		} else {
			entry.Action = "role.revoke"
			a.Roles = slices.DeleteFunc(a.Roles, func(r Role) bool { return r == role })
			if role == Admin {
				a.Wishes = nil
			}
		}
		if err := tx.PutAccount(&a); err != nil {
			return err
		}
		if err := endAccess(tx, a.ID, ""); err != nil {
			return err
		}
	}
	return audit(tx, by, Admin, entry)
}

// ask writes the wish down with the admin whose it is, and calls the others.
func (w RoleWish) ask(tx Tx, by Actor) error {
	me, err := tx.Account(by.Account)
	if err != nil {
		return err
	}
	me.Wishes = append(me.Wishes, w)
	if err := tx.PutAccount(&me); err != nil {
		return err
	}
	if err := mail(tx, MailRoleAsked, "", Recipient{Role: Admin}, nil); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "role.propose", Object: w.For, Person: w.For, New: string(w.Role)})
}

// forgetWishes drops wishes of all admins.
func forgetWishes(tx Tx, drop func(RoleWish) bool) error {
	admins, err := tx.AccountsWithRole(Admin)
	if err != nil {
		return err
	}
	for _, a := range admins {
		if !slices.ContainsFunc(a.Wishes, drop) {
			continue
		}
		a.Wishes = slices.DeleteFunc(a.Wishes, drop)
		if err := tx.PutAccount(&a); err != nil {
			return err
		}
	}
	return nil
}

// mail records a mail to be sent after the commit. To whom the volunteer center keeps the account of it is a case: somebody tells the person.
func mail(tx Tx, kind string, subject ID, to Recipient, args map[string]string) error {
	if to.Account != "" {
		switch a, err := tx.Account(to.Account); {
		case err == nil && a.Assisted:
			return a.callBack(tx, kind, subject)
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		}
	}
	return tx.Emit(Event{ID: tx.NewID(), For: Mail, Kind: kind, Subject: subject, At: tx.Now(), To: to, Args: args})
}

// audit records an act of somebody in a role. Acts of the system are recorded with the role given, those for another person with who did them.
func audit(tx Tx, by Actor, as Role, e AuditEntry) error {
	e.At, e.Account, e.Role = tx.Now(), by.Account, as
	if by.Helper != "" {
		e.Account, e.Role, e.Person = by.Helper, HelperFor, by.Account
	}
	return tx.Audit(e)
}

func month(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// InviteSetup issues the key of the set-up pages while the instance has no account; empty once it has one.
func InviteSetup(tx Tx) (string, error) {
	n, err := tx.CountAccounts()
	if err != nil || n > 0 {
		return "", err
	}
	return issue(tx, Token{Purpose: TokenSetup})
}

// FirstAccount makes the first account, an admin and moderator, with the key of the set-up pages. It returns ErrGone if there is an
// account already: the operator may have made one at the command line after the key was printed.
func FirstAccount(tx Tx, key, name, email, passwordHash string, lang Lang) (Account, error) {
	if _, err := tx.TakeToken(Hash(key), TokenSetup); err != nil {
		return Account{}, err
	}
	if n, err := tx.CountAccounts(); err != nil || n > 0 {
		return Account{}, errors.Join(err, ErrGone)
	}
	email, err := NormalizeEmail(email)
	if err != nil {
		return Account{}, err
	}
	a, err := NewAccount(tx, name, email, "", passwordHash, lang)
	if err != nil {
		return a, err
	}
	a.Roles = []Role{Admin, Moderator}
	if err := tx.PutAccount(&a); err != nil {
		return a, err
	}
	return a, audit(tx, Actor{Account: a.ID}, Admin, AuditEntry{Action: "role.grant", Object: a.ID, Person: a.ID, New: "admin moderator"})
}
