package engagement

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// Invitation is one person of this instance who was asked: because of a call here, or on behalf of a partner's organization. Nobody else learns
// of it; only a yes becomes a match request.
type Invitation struct {
	ID           ID              `class:"tec"`
	Account      ID              `class:"per"`
	Opportunity  ID              `class:"per"` // of a partner: the copy of the directed request
	Organization ID              `class:"per"` // whose it is
	Call         ID              `class:"per"` // empty: on behalf of a partner
	Way          Code            `class:"per"` // the switch that let the person be reached; empty: by partners
	State        InvitationState `class:"per"`
	Request      ID              `class:"per"` // what became of a yes
	Created      time.Time       `class:"per"`
	Ended        time.Time       `class:"per"` // when it was answered or lapsed
	Version      int             `class:"tec"`
}

// InvitationState is a state of domain.md §3.15.
type InvitationState string

const (
	InvitationDelivered InvitationState = "delivered"
	InvitationSeen      InvitationState = "seen"
	InvitationAccepted  InvitationState = "accepted"
	InvitationDeclined  InvitationState = "declined"
	InvitationExpired   InvitationState = "expired"
)

// Open says whether the person can still answer.
func (i Invitation) Open() bool { return i.State == InvitationDelivered || i.State == InvitationSeen }

// Limits of invitations (domain.md §3.11, §3.15, §4.6).
const (
	InvitationKept     = 90 * 24 * time.Hour // after it has ended
	inviteMost         = CallAlone           // people for one request of a partner
	inviteMonthly      = 3                   // invitations of one person
	inviteMonth        = 30 * 24 * time.Hour
	inviteQuarter      = 91 * 24 * time.Hour // between two of one organization, unless the person answered
	quietFrom, quietTo = 20, 8               // clock times between which nobody is asked
)

// Quiet says whether people are left alone now: in the evening and at night, on Sundays and holidays.
func Quiet(t time.Time, land string) bool {
	t = t.In(Berlin())
	return t.Hour() >= quietFrom || t.Hour() < quietTo || t.Weekday() == time.Sunday || IsHoliday(t, land)
}

// Answerable says whether the person can answer now; o is what it is about.
func (i Invitation) Answerable(o Opportunity, now time.Time) bool {
	return i.Open() && (o.Invites(now) || o.Callable(now))
}

// Invites says whether people may be asked on behalf of a directed request now.
func (o Opportunity) Invites(now time.Time) bool {
	return o.Directed() && !o.Local() && o.State == Published && !o.Over(now)
}

// invites is [Opportunity.Invites] with what stands outside of it.
func (o Opportunity) invites(tx Tx) (bool, error) {
	if !o.Invites(tx.Now()) {
		return false, nil
	}
	i, err := tx.Instance()
	if err != nil {
		return false, err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return false, err
	}
	p, err := tx.Partner(o.Origin)
	if err != nil {
		return false, err
	}
	return i.Federates() && p.MayDirect() && org.State == OrganizationActive, nil
}

// asking is on whose behalf people are asked.
type asking struct {
	Opportunity
	call ID   // empty: of a partner
	way  Code // switch in whose way
	most int  // people, one after the other
}

// Invite asks people on behalf of a directed request of a partner, in the given order as far as the limits allow, and returns how many it has
// asked. At quiet hours nobody is; whoever was asked for the same is not asked again.
func Invite(tx Tx, request ID, people []ID) (n int, err error) {
	o, err := tx.Opportunity(request)
	if err != nil {
		return 0, err
	}
	if may, err := o.invites(tx); !may || err != nil {
		return 0, err
	}
	return asking{o, "", ByPartnerInstances, inviteMost}.ask(tx, people)
}

// InviteFor does the same for a call of this instance that was sent.
func InviteFor(tx Tx, call ID, people []ID) (n int, err error) {
	c, err := tx.Call(call)
	if err != nil {
		return 0, err
	}
	o, err := tx.Opportunity(c.Opportunity)
	if err != nil {
		return 0, err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return 0, err
	}
	if c.State != CallSent || !tx.Now().Before(c.Until) || !o.Callable(tx.Now()) || org.State != OrganizationActive || c.Way == ByOrganizations && !org.Verified() {
		return 0, nil
	}
	most := CallAlone
	if c.Second != "" {
		most = CallMost
	}
	return asking{o, c.ID, c.Way, most}.ask(tx, people)
}

func (a asking) ask(tx Tx, people []ID) (n int, err error) {
	i, err := tx.Instance()
	if err != nil || Quiet(tx.Now(), i.Land) {
		return 0, err
	}
	asked, err := tx.InvitationsTo(a.ID)
	if err != nil {
		return 0, err
	}
	before := count(asked, func(i Invitation) bool { return i.Call == a.call })
	for _, account := range people {
		if before+n >= a.most {
			break
		}
		may, err := a.may(tx, account)
		if err != nil {
			return n, err
		}
		if !may {
			continue
		}
		invitation := Invitation{
			ID: tx.NewSecretID(), Account: account, Opportunity: a.ID, Organization: a.Organization, Call: a.call, Way: a.way,
			State: InvitationDelivered, Created: tx.Now(),
		}
		if err := tx.PutInvitation(&invitation); err != nil {
			return n, err
		}
		if err := mail(tx, MailInvitation, invitation.ID, Recipient{Account: account}, nil); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// may checks what protects the person.
func (a asking) may(tx Tx, account ID) (bool, error) {
	p, err := tx.Profile(account)
	if err != nil || !p.Reachable(a.way, tx.Now()) || p.Hides(a.Organization) {
		return false, err
	}
	list, err := tx.InvitationsOf(account)
	if err != nil {
		return false, err
	}
	recent := func(i Invitation, span time.Duration) bool { return tx.Now().Sub(i.Created) < span }
	answered := func(i Invitation) bool { return i.State == InvitationAccepted || i.State == InvitationDeclined }
	if count(list, func(i Invitation) bool { return recent(i, inviteMonth) }) >= inviteMonthly {
		return false, nil
	}
	if slices.ContainsFunc(list, func(i Invitation) bool {
		return i.Opportunity == a.ID || i.Organization == a.Organization && recent(i, inviteQuarter) && !answered(i)
	}) {
		return false, nil
	}
	return a.stranger(tx, account)
}

// stranger says whether the person stays, does not belong to the organization and never asked whether to help.
func (a asking) stranger(tx Tx, account ID) (bool, error) {
	who, err := tx.Account(account)
	if err != nil || !who.stays() {
		return false, err
	}
	asked, err := tx.RequestsOfPerson(account, "", a.ID)
	if err != nil || len(asked) > 0 {
		return false, err
	}
	team, err := tx.Memberships(a.Organization)
	return !slices.ContainsFunc(team, func(m Membership) bool { return m.Account == account }), err
}

// By is the switch in whose way the person was reached.
func (i Invitation) By() Code { return cmp.Or(i.Way, ByPartnerInstances) }

// Thing describes the invitation to [Can].
func (i Invitation) Thing() Thing { return Thing{Noun: AnInvitation, Person: i.Account} }

// end closes an open invitation.
func (i *Invitation) end(tx Tx, state InvitationState) error {
	if !i.Open() {
		return nil
	}
	i.State, i.Ended = state, tx.Now()
	return tx.PutInvitation(i)
}

// endInvitations ends those to a request for which nobody is sought here any more.
func endInvitations(tx Tx, request ID) error {
	list, err := tx.InvitationsTo(request)
	if err != nil {
		return err
	}
	for _, i := range list {
		if err := i.end(tx, InvitationExpired); err != nil {
			return err
		}
	}
	return nil
}

// SeeInvitation notes that the person has opened it.
func SeeInvitation(tx Tx, by Actor, id ID) (Invitation, error) {
	i, err := tx.Invitation(id)
	if err != nil {
		return i, err
	}
	if err := must(by, Read, i.Thing()); err != nil || i.State != InvitationDelivered {
		return i, err
	}
	i.State = InvitationSeen
	return i, tx.PutInvitation(&i)
}

// DeclineInvitation is a no, of which nobody else learns. With never the person is not invited on behalf of partners any more.
func DeclineInvitation(tx Tx, by Actor, id ID, never bool) error {
	i, err := tx.Invitation(id)
	if err != nil {
		return err
	}
	if err := must(by, Change, i.Thing()); err != nil {
		return err
	}
	if never {
		return AllowReach(tx, by, i.By(), false)
	}
	if !i.Open() {
		return ErrConflict
	}
	return i.end(tx, InvitationDeclined)
}

// AcceptInvitation is a yes: the organization, here or at another instance, learns that a person wants to help, and gets the released fields
// at once, because it has asked for them. gates are the passed ones that may travel. It returns ErrGone when nobody is sought any more.
func AcceptInvitation(tx Tx, by Actor, id ID, card Card, gates []string) (MatchRequest, error) {
	i, err := tx.Invitation(id)
	if err != nil {
		return MatchRequest{}, err
	}
	if err := must(by, Change, i.Thing()); err != nil {
		return MatchRequest{}, err
	}
	if !i.Open() {
		return MatchRequest{}, ErrConflict
	}
	o, err := tx.Opportunity(i.Opportunity)
	if err != nil {
		return MatchRequest{}, err
	}
	if err := mayAccept(tx, by, o); err != nil {
		return MatchRequest{}, err
	}
	var bad Invalids
	bad.card(card)
	if err := bad.Err(); err != nil {
		return MatchRequest{}, err
	}
	wished := o.Project.Ask
	if i.Call != "" {
		c, err := tx.Call(i.Call)
		if err != nil {
			return MatchRequest{}, err
		}
		wished = c.Ask
	}
	m, err := answerInvitation(tx, by, o, wished, card, gates)
	if err != nil {
		return m, err
	}
	i.Request = m.ID
	return m, i.end(tx, InvitationAccepted)
}

// mayAccept checks what stands against a yes now.
func mayAccept(tx Tx, by Actor, o Opportunity) error {
	profile, err := tx.Profile(by.Account)
	if err != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	switch {
	case o.State != Published || o.Over(tx.Now()):
		return ErrGone
	case !profile.Adult(), org.State != OrganizationActive:
		return ErrForbidden
	case o.Local():
		return mayAcceptHere(tx, by, o)
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	p, err := tx.Partner(o.Origin)
	if errors.Is(err, ErrNotFound) || err == nil && !p.MayMatch() || !i.Federates() {
		return ErrForbidden
	}
	return err
}

// mayAcceptHere keeps the limits of requests for an opportunity of this instance.
func mayAcceptHere(tx Tx, by Actor, o Opportunity) error {
	all, err := tx.RequestsFor(o.ID)
	if err != nil {
		return err
	}
	switch {
	case slices.ContainsFunc(all, func(m MatchRequest) bool { return m.Account == by.Account && !m.State.Final() }):
		return ErrConflict
	case undecided(all) >= maxOpen:
		return ErrGone
	}
	return nil
}

// answerInvitation makes the match request of a yes and sends it, with the card right behind it.
func answerInvitation(tx Tx, by Actor, o Opportunity, wished []string, card Card, gates []string) (MatchRequest, error) {
	a, err := tx.Account(by.Account)
	if err != nil {
		return MatchRequest{}, err
	}
	code, err := tx.NewCode()
	if err != nil {
		return MatchRequest{}, err
	}
	now := tx.Now()
	m := MatchRequest{
		ID: tx.NewSecretID(), Number: "A-" + strings.ToUpper(code), Direction: "invitation", Opportunity: o.ID, Organization: o.Organization, Material: o.Material,
		SeenVersion: o.VersionTime(), Origin: o.Origin, Account: a.ID, Contact: Contact{Name: a.Name, Email: a.Email, Phone: a.Phone}, AgeBand: "ab-18", Lang: a.Lang,
		Via: "direkt", Quantity: 1, Gates: gates, Ask: wished, State: ContactWanted, Delivery: DeliveryLocal, SentAt: now, Created: now, Updated: now,
	}
	m.Secret = Hash(tx.LinkToken(m.ID))
	if !o.Local() {
		m.Person = tx.NewToken()
	}
	m.waitForPerson(now, time.Time{}, false)
	if err := m.tell(tx, EventSend, Step{Until: m.ExpiresAt}); err != nil {
		return m, err
	}
	if err := tx.PutMatchRequest(&m); err != nil {
		return m, err
	}
	m.Card = card
	return m, m.apply(tx, EventRelease, Step{Until: now.Add(CardLife)})
}
