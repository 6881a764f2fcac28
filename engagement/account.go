package engagement

import "time"

// ID is a UUID in its canonical lower-case text form: v7 for rows and public objects, v4 for what must not show its age.
// The empty ID means none.
type ID string

// Lang is the language of a page, mail or account: "de", "en" or "ls" (simple German).
type Lang string

// Account is a person who can sign in.
type Account struct {
	ID             ID        `class:"tec"`
	Name           string    `class:"per"` // what to be called; default for the contact card
	Username       string    `class:"per"` // optional second name to sign in with, 3–30 of [a-z0-9_]
	Email          string    `class:"per"` // lower case; empty: none (assisted accounts)
	Phone          string    `class:"per"`
	Password       string    `class:"tec"` // argon2id PHC string; empty: sign-in by mail link only
	Lang           Lang      `class:"per"`
	Roles          []Role    `class:"org"` // staff roles on this instance
	EmailConfirmed time.Time `class:"tec"`
	Created        time.Time `class:"tec"`
	LastActive     time.Time `class:"tec"` // rounded to the month
	DeleteAfter    time.Time `class:"tec"` // deletion asked for; erased at this time
	Version        int       `class:"tec"`
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
)

// StaffRoles are the roles an admin can grant.
var StaffRoles = []Role{Adviser, Officer, Facilitator, Moderator, Mediator, Admin}

// Actor is who acts. It is a parameter of every rule, read anew for every request, and never kept.
type Actor struct {
	Account ID          // empty: nobody is signed in
	Roles   []Role      // staff roles
	Members map[ID]Role // organization → Member or Manager
	Request ID          // match request whose secret link the actor holds
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
