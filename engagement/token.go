package engagement

import "time"

// Token is a single-use key that was sent to somebody by mail. Only its hash is stored.
type Token struct {
	Hash    string       `class:"tec"` // SHA-256 hex of the token
	Purpose TokenPurpose `class:"tec"`
	Subject ID           `class:"tec"` // account, match request or organization, by purpose; may be empty
	Email   string       `class:"per"` // address it was sent to
	Role    Role         `class:"org"` // invitation: Member or Manager
	Lang    Lang         `class:"per"`
	Next    string       `class:"per"` // local path to go on to, and behind a space sealed input that waits for the account
	Expires time.Time    `class:"tec"`
}

// TokenPurpose binds a token to the one thing it can do.
type TokenPurpose string

const (
	TokenRegister     TokenPurpose = "register"      // makes an account for Email
	TokenSignIn       TokenPurpose = "sign-in"       // signs Subject in
	TokenReset        TokenPurpose = "reset"         // sets a new password of Subject
	TokenConfirm      TokenPurpose = "confirm"       // confirms the match request Subject
	TokenInvite       TokenPurpose = "invite"        // joins the organization Subject with Role
	TokenSignUp       TokenPurpose = "sign-up"       // confirms the sign-up Subject
	TokenSetup        TokenPurpose = "setup"         // opens the set-up of a new instance; not bound to an address
	TokenInterest     TokenPurpose = "interest"      // continues the fediverse interest Subject in the form
	TokenKeep         TokenPurpose = "keep"          // takes the planned deletion of the account Subject back
	TokenSubscription TokenPurpose = "subscription"  // confirms the subscription Subject
	TokenHoursMail    TokenPurpose = "hours-mail"    // ends mails about hours to the account or organization Subject; works more than once
	TokenTakeOver     TokenPurpose = "take-over"     // makes the assisted account Subject that of who holds Email
	TokenSecondFactor TokenPurpose = "second-factor" // asks Subject, whose password or link was right, for the second factor
	TokenEmail        TokenPurpose = "email"         // makes Email the address of the account Subject
	TokenEmailBack    TokenPurpose = "email-back"    // makes Email the address of the account Subject again
)

// Lifetimes of tokens (security.md §6.2; protocol.md §6.4 for interest).
var tokenLife = map[TokenPurpose]time.Duration{
	TokenRegister:     24 * time.Hour,
	TokenSignIn:       15 * time.Minute,
	TokenReset:        30 * time.Minute,
	TokenConfirm:      24 * time.Hour,
	TokenInvite:       7 * 24 * time.Hour,
	TokenSignUp:       24 * time.Hour,
	TokenSetup:        10 * 365 * 24 * time.Hour, // until used
	TokenInterest:     14 * 24 * time.Hour,
	TokenKeep:         unusedGrace, // until the account is deleted; an earlier deletion takes it along
	TokenSubscription: 24 * time.Hour,
	TokenHoursMail:    365 * 24 * time.Hour, // after the last mail
	TokenTakeOver:     7 * 24 * time.Hour,
	TokenSecondFactor: 10 * time.Minute,
	TokenEmail:        24 * time.Hour,
	TokenEmailBack:    7 * 24 * time.Hour,
}

// Session is a signed-in browser. The cookie holds the token, the database its hash.
type Session struct {
	Hash     string    `class:"tec"` // SHA-256 hex
	Account  ID        `class:"per"`
	Device   string    `class:"per"` // kind of browser, see [Device]; empty: not known
	Created  time.Time `class:"per"`
	LastUsed time.Time `class:"per"`
	Verified time.Time `class:"tec"` // last time the person proved who they are: step-up
	Staff    bool      `class:"tec"` // shorter life
	Helps    ID        `class:"per"` // account for which the person of Account acts; empty: for themselves
}

// Lives of a session (security.md §6.2): idle and absolute, for volunteers and organizations, and for staff.
const (
	SessionIdle      = 8 * time.Hour
	SessionLife      = 30 * 24 * time.Hour
	StaffSessionIdle = 30 * time.Minute
	StaffSessionLife = 12 * time.Hour
	StepUpAge        = 10 * time.Minute
)

// endAccess ends whatever lets somebody in to an account: sessions but the one with the hash keep, links, and the address of the calendar.
func endAccess(tx Tx, account ID, keep string) error {
	if err := tx.DeleteSessions(account, keep); err != nil {
		return err
	}
	return tx.DeleteCalendarFeed(account)
}

// Ended says whether the session is over at the given time.
func (s Session) Ended(now time.Time) bool {
	idle, life := SessionIdle, SessionLife
	if s.Staff {
		idle, life = StaffSessionIdle, StaffSessionLife
	}
	return now.After(s.LastUsed.Add(idle)) || now.After(s.Created.Add(life))
}
