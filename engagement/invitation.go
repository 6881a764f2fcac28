package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Invitation is one person of this instance who was asked on behalf of a partner's organization. Nothing of it leaves the instance; only
// a yes becomes a match request.
type Invitation struct {
	ID           ID              `class:"tec"`
	Account      ID              `class:"per"`
	Opportunity  ID              `class:"per"` // the copy of the directed request
	Organization ID              `class:"per"` // the copy of whose it is
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
	inviteMost         = 50                  // people for one request; for more a second person would have to agree
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

// Invite asks people on behalf of a directed request, in the given order as far as the limits allow, and returns how many it has asked.
// At quiet hours nobody is; whoever was asked for the same is not asked again.
func Invite(tx Tx, request ID, people []ID) (n int, err error) {
	o, err := tx.Opportunity(request)
	if err != nil {
		return 0, err
	}
	i, err := tx.Instance()
	if err != nil || Quiet(tx.Now(), i.Land) {
		return 0, err
	}
	if may, err := o.invites(tx); !may || err != nil {
		return 0, err
	}
	asked, err := tx.InvitationsTo(o.ID)
	if err != nil {
		return 0, err
	}
	for _, account := range people {
		if len(asked)+n >= inviteMost {
			break
		}
		may, err := mayInvite(tx, account, o)
		if err != nil {
			return n, err
		}
		if !may {
			continue
		}
		invitation := Invitation{ID: tx.NewSecretID(), Account: account, Opportunity: o.ID, Organization: o.Organization, State: InvitationDelivered, Created: tx.Now()}
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

// mayInvite checks what protects the person.
func mayInvite(tx Tx, account ID, o Opportunity) (bool, error) {
	p, err := tx.Profile(account)
	if err != nil || !p.Reachable(ByPartnerInstances, tx.Now()) {
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
	return !slices.ContainsFunc(list, func(i Invitation) bool {
		return i.Opportunity == o.ID || i.Organization == o.Organization && recent(i, inviteQuarter) && !answered(i)
	}), nil
}

// By is the switch in whose way the person was reached.
func (i Invitation) By() Code { return ByPartnerInstances }

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

// AcceptInvitation is a yes: the organization at the other instance learns that a person wants to help, and gets the released fields at
// once, because it has asked for them. gates are the passed ones that may travel. It returns ErrGone when nobody is sought any more.
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
	m, err := answerInvitation(tx, by, o, card, gates)
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
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	p, err := tx.Partner(o.Origin)
	switch {
	case o.State != Published || o.Over(tx.Now()):
		return ErrGone
	case errors.Is(err, ErrNotFound), err == nil && !p.MayMatch(), !profile.Adult(), !i.Federates(), org.State != OrganizationActive:
		return ErrForbidden
	}
	return err
}

// answerInvitation makes the match request of a yes and sends it, with the card right behind it.
func answerInvitation(tx Tx, by Actor, o Opportunity, card Card, gates []string) (MatchRequest, error) {
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
		Person: tx.NewToken(), Via: "direkt", Quantity: 1, Gates: gates, Ask: o.Project.Ask, State: ContactWanted, SentAt: now, Created: now, Updated: now,
	}
	m.Secret = Hash(tx.LinkToken(m.ID))
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
