package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"

	"seestern/geo"
)

// Partner is another instance with which requests and search are shared, once both sides confirmed it.
type Partner struct {
	Host       string       `class:"org"` // host and port of the base URL; the exact host counts
	Actor      string       `class:"org"` // IRI of its instance actor
	Name       string       `class:"org"`
	Regions    []string     `class:"org"` // region codes it declares
	Center     geo.Point    `class:"org"` // centre of its region; zero: not declared
	RadiusKM   float64      `class:"org"` // how far its region reaches around Center
	State      PartnerState `class:"org"`
	Level      Code         `class:"org"` // vocabulary partner_level: vertraut, geprueft, nur-lesen, gesperrt
	Capability string       `class:"tec"` // "profile-1", "fep-0837" or ""
	Follow     ID           `class:"tec"` // activity id of our Follow; empty: not sent
	Followed   bool         `class:"tec"` // they accepted our Follow
	Follower   string       `class:"tec"` // IRI of their Follow; empty: none came
	Following  bool         `class:"tec"` // we accepted their Follow
	Suspects   []string     `class:"org"` // IRIs of actors there whose key changed and nobody who had the old one said so
	Directed   bool         `class:"org"` // directed requests are exchanged with it, as far as this side is concerned
	Attests    []Code       `class:"org"` // levels that count when it vouches, vocabulary attestation_level
	Note       string       `class:"org"`
	Contact    time.Time    `class:"tec"` // last successful contact
	Created    time.Time    `class:"tec"`
	Ended      time.Time    `class:"tec"`
	Version    int          `class:"tec"`
}

// PartnerState follows the table of domain.md §3.10.
type PartnerState string

const (
	PartnerProposed  PartnerState = "proposed"  // their Follow came, or an admin entered the host
	PartnerRequested PartnerState = "requested" // our Follow is out
	PartnerActive    PartnerState = "active"    // both Follows are accepted
	PartnerPaused    PartnerState = "paused"
	PartnerEnded     PartnerState = "ended"
)

// Shown says whether what it publishes is shown here.
func (p Partner) Shown() bool { return p.State == PartnerActive && p.Level != "gesperrt" }

// MayMatch says whether match requests are exchanged with the partner now.
func (p Partner) MayMatch() bool {
	return p.Shown() && p.Level != "nur-lesen"
}

// silence after which the content of a partner is hidden, and then deleted.
const (
	pauseAfter = 14 * 24 * time.Hour
	dropAfter  = 90 * 24 * time.Hour
)

// ProposePartner is an admin entering the host of another instance, whose documents the caller has read: the Follow goes out at once,
// because the admin's act is this side's confirmation.
func ProposePartner(tx Tx, by Actor, found Partner) (Partner, error) {
	if err := must(by, Create, Thing{Noun: APartner}); err != nil {
		return found, err
	}
	p, err := tx.Partner(found.Host)
	switch {
	case errors.Is(err, ErrNotFound):
		p = Partner{Host: found.Host, Level: "geprueft", State: PartnerProposed, Created: tx.Now()}
	case err != nil:
		return p, err
	case p.State == PartnerActive || p.State == PartnerRequested && p.Following:
		return p, ErrConflict
	case p.State == PartnerEnded:
		p.State, p.Ended, p.Follow, p.Followed, p.Following, p.Follower = PartnerProposed, time.Time{}, "", false, false, ""
	}
	p.describe(found)
	return p, p.confirm(tx, by)
}

// describe takes over what the other instance says about itself.
func (p *Partner) describe(found Partner) {
	p.Actor, p.Name, p.Regions, p.Capability = found.Actor, found.Name, found.Regions, found.Capability
	p.Center, p.RadiusKM = found.Center, found.RadiusKM
}

// ConfirmPartner accepts an instance that asked to be a partner.
func ConfirmPartner(tx Tx, by Actor, host string) (Partner, error) {
	p, err := tx.Partner(host)
	if err != nil {
		return p, err
	}
	if err := must(by, Change, Thing{Noun: APartner}); err != nil {
		return p, err
	}
	if p.State != PartnerProposed && p.State != PartnerRequested {
		return p, ErrConflict
	}
	return p, p.confirm(tx, by)
}

// confirm sends our Follow unless it is out already, and accepts theirs if it is there.
func (p *Partner) confirm(tx Tx, by Actor) error {
	old := p.State
	if p.Follow == "" {
		p.Follow = tx.NewSecretID()
		if err := p.emit(tx, WireFollow, p.Follow); err != nil {
			return err
		}
	}
	if p.Follower != "" && !p.Following {
		p.Following = true
		if err := p.emit(tx, WireAccept, tx.NewSecretID()); err != nil {
			return err
		}
	}
	p.settle()
	if err := tx.PutPartner(p); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "partner.confirm", Object: ID(p.Host), Old: string(old), New: string(p.State)})
}

// settle derives the state of a partnership that is being made from the two Follows.
func (p *Partner) settle() {
	if p.State != PartnerProposed && p.State != PartnerRequested {
		return
	}
	switch {
	case p.Followed && p.Following:
		p.State = PartnerActive
	case p.Follow != "":
		p.State = PartnerRequested
	}
}

func (p *Partner) emit(tx Tx, kind string, activity ID) error {
	return tx.Emit(Event{ID: activity, For: Wire, Kind: kind, Subject: ID(p.Host), At: tx.Now()})
}

// FollowedByInstance records that another instance asked to be a partner, by its Follow. An admin decides, unless this side has asked
// first: then it is the answer.
func FollowedByInstance(tx Tx, found Partner, follow string) error {
	p, err := tx.Partner(found.Host)
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && p.State == PartnerEnded:
		old := p
		p = Partner{Host: found.Host, Level: "geprueft", State: PartnerProposed, Created: tx.Now(), Note: old.Note, Version: old.Version}
		if old.Level == "gesperrt" { // asking again does not lift a block
			p.Level = old.Level
		}
		if err := mailProposal(tx, found.Host); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	p.describe(found)
	p.Follower, p.Contact = follow, tx.Now()
	if p.Follow != "" { // our admin has confirmed already; a repeated Follow is accepted again
		p.Following = true
		if err := p.emit(tx, WireAccept, tx.NewSecretID()); err != nil {
			return err
		}
	}
	p.settle()
	return tx.PutPartner(&p)
}

// mailProposal tells the admins that somebody asks to be a partner, once a day: who else asks, or asks again, stands on the same page.
func mailProposal(tx Tx, host string) error {
	partners, err := tx.Partners()
	if err != nil {
		return err
	}
	for _, p := range partners {
		if (p.State == PartnerProposed || p.State == PartnerEnded) && tx.Now().Sub(p.Created) < 24*time.Hour {
			return nil
		}
	}
	return mail(tx, MailPartnerRequest, "", Recipient{Role: Admin}, map[string]string{"host": host})
}

// DescribePartner takes over what a partner says about itself now.
func DescribePartner(tx Tx, found Partner) error {
	p, err := tx.Partner(found.Host)
	if err != nil {
		return err
	}
	p.describe(found)
	return tx.PutPartner(&p)
}

// FollowAnswered records the answer of the other instance to our Follow.
func FollowAnswered(tx Tx, host string, accepted bool) error {
	p, err := tx.Partner(host)
	if err != nil || p.Follow == "" {
		return err
	}
	p.Contact = tx.Now()
	if !accepted {
		return p.end(tx)
	}
	p.Followed = true
	p.settle()
	return tx.PutPartner(&p)
}

// PartnerLeft records that the other instance took its Follow back.
func PartnerLeft(tx Tx, host string) error {
	p, err := tx.Partner(host)
	if err != nil || p.State == PartnerEnded {
		return err
	}
	return p.end(tx)
}

// EndPartner ends a partnership from this side, or refuses one that was asked for.
func EndPartner(tx Tx, by Actor, host string) (Partner, error) {
	p, err := tx.Partner(host)
	if err != nil {
		return p, err
	}
	if err := must(by, Remove, Thing{Noun: APartner}); err != nil {
		return p, err
	}
	if p.State == PartnerEnded {
		return p, ErrConflict
	}
	old := p.State
	if p.Follower != "" && !p.Following {
		err = p.emit(tx, WireReject, tx.NewSecretID())
	} else if p.Follow != "" {
		err = p.emit(tx, WireUndo, tx.NewSecretID())
	}
	if err != nil {
		return p, err
	}
	if err := p.end(tx); err != nil {
		return p, err
	}
	return p, audit(tx, by, Admin, AuditEntry{Action: "partner.end", Object: ID(host), Old: string(old), New: string(p.State)})
}

// end closes the partnership here: copies go, open requests with that host end with an honest message.
func (p *Partner) end(tx Tx) error {
	p.State, p.Ended, p.Followed, p.Following = PartnerEnded, tx.Now(), false, false
	if err := tx.PutPartner(p); err != nil {
		return err
	}
	open, err := tx.OpenRequestsWith(p.Host)
	if err != nil {
		return err
	}
	for _, m := range open {
		if err := m.abandon(tx); err != nil {
			return err
		}
	}
	return tx.DeleteCopiesOf(p.Host, true)
}

// abandon ends a request whose other side is no partner any more. Each side tells its own people; the card is erased.
func (m *MatchRequest) abandon(tx Tx) error {
	e := EventDecline
	switch {
	case m.holdsPlace():
		e = EventCancel
	case m.State == Unconfirmed:
		return tx.DeleteMatchRequest(m.ID)
	}
	next, ok := m.after(e)
	if !ok {
		return nil
	}
	before := *m
	if err := m.enter(tx, e, next, Step{Reason: "angebot-beendet"}); err != nil {
		return err
	}
	m.eraseCard()
	if err := tx.PutMatchRequest(m); err != nil {
		return err
	}
	switch {
	case m.HomeHere() && m.Answers():
		return mail(tx, MailRequestNews, m.ID, m.person(), nil)
	case m.HomeHere():
		return m.notify(tx, e, before)
	}
	return mail(tx, MailRequestChanged, m.ID, Recipient{Organization: m.Organization}, nil)
}

// SetPartner changes level and note of a partner, and pauses or resumes it.
func SetPartner(tx Tx, by Actor, host string, level Code, paused bool, note string) (Partner, error) {
	p, err := tx.Partner(host)
	if err != nil {
		return p, err
	}
	if err := must(by, Change, Thing{Noun: APartner}); err != nil {
		return p, err
	}
	var bad Invalids
	bad.Code("level", PartnerLevels, level, true)
	bad.Text("note", note, 0, partnerNoteLimit)
	if err := bad.Err(); err != nil {
		return p, err
	}
	old := p
	p.Level, p.Note = level, note
	switch {
	case paused && p.State == PartnerActive:
		p.State = PartnerPaused
	case !paused && p.State == PartnerPaused:
		p.State, p.Contact = PartnerActive, tx.Now()
	}
	if err := tx.PutPartner(&p); err != nil {
		return p, err
	}
	return p, audit(tx, by, Admin, AuditEntry{
		Action: "partner.set", Object: ID(host), Old: string(old.State) + " " + string(old.Level),
		New: string(p.State) + " " + string(p.Level),
	})
}

// Lower are the levels that a moderator can give a partner: below what it has, but not blocked, which is final and for admins.
func (p Partner) Lower() []Code {
	levels := []Code{"vertraut", "geprueft", "nur-lesen"}
	if i := slices.Index(levels, p.Level); i >= 0 && p.State != PartnerEnded {
		return levels[i+1:]
	}
	return nil
}

// LimitPartner is a moderator giving a partner a lower level, and why. The admins, who can give it back, get a mail.
func LimitPartner(tx Tx, by Actor, host string, level Code, why string) (Partner, error) {
	p, err := tx.Partner(host)
	if err != nil {
		return p, err
	}
	if err := must(by, Decide, Thing{Noun: APartner}); err != nil {
		return p, err
	}
	var bad Invalids
	if !slices.Contains(p.Lower(), level) {
		bad.Add("level", "error.choice.empty")
	}
	bad.Text("text", why, 1, partnerNoteLimit)
	if err := bad.Err(); err != nil {
		return p, err
	}
	old := p.Level
	p.Level, p.Note = level, shorten(strings.TrimSpace(why+"\n"+p.Note), partnerNoteLimit)
	if err := tx.PutPartner(&p); err != nil {
		return p, err
	}
	if err := mail(tx, MailPartnerLimited, "", Recipient{Role: Admin}, map[string]string{"host": host}); err != nil {
		return p, err
	}
	return p, audit(tx, by, Moderator, AuditEntry{Action: "partner.limit", Object: ID(host), Old: string(old), New: string(level)})
}

const partnerNoteLimit = 1000

// PartnerContact notes a successful contact with a partner; one that was silent comes back.
func PartnerContact(tx Tx, host string) error {
	p, err := tx.Partner(host)
	if errors.Is(err, ErrNotFound) || err == nil && (p.State == PartnerEnded || tx.Now().Sub(p.Contact) < time.Hour) {
		return nil
	}
	if err != nil {
		return err
	}
	if p.State == PartnerPaused && tx.Now().Sub(p.Contact) >= pauseAfter {
		p.State = PartnerActive
	}
	p.Contact = tx.Now()
	return tx.PutPartner(&p)
}

// KeysChanged records that an actor of another instance shows a key which nothing signed with the old one has announced, and says whether
// that matters: it does for the partner itself and for whoever has got contact data or whose contact data are here. Somebody who
// has only the domain must not inherit what its last owner was trusted with, so an admin has to ask.
func KeysChanged(tx Tx, host, actor string) (bool, error) {
	p, err := tx.Partner(host)
	if errors.Is(err, ErrNotFound) || err == nil && p.State == PartnerEnded {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if matters, err := p.hasPrivate(tx, actor); !matters || err != nil || slices.Contains(p.Suspects, actor) {
		return matters, err
	}
	p.Suspects = append(p.Suspects, actor)
	if err := tx.PutPartner(&p); err != nil {
		return true, err
	}
	return true, mail(tx, MailPartnerKeys, "", Recipient{Role: Admin}, map[string]string{"host": host})
}

// hasPrivate says whether something private is shared with an actor of the partner.
func (p Partner) hasPrivate(tx Tx, actor string) (bool, error) {
	if p.Actor == actor {
		return true, nil
	}
	open, err := tx.OpenRequestsWith(p.Host)
	if err != nil {
		return false, err
	}
	for _, m := range open {
		other := m.Person
		if m.HomeHere() {
			org, err := tx.Organization(m.Organization)
			if err != nil {
				return false, err
			}
			other = org.IRI
		}
		if other == actor && len(m.Card) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// KeysExplained records that the new key of an actor was announced with the old one after all.
func KeysExplained(tx Tx, host, actor string) error {
	p, err := tx.Partner(host)
	if errors.Is(err, ErrNotFound) || err == nil && !slices.Contains(p.Suspects, actor) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Suspects = slices.DeleteFunc(p.Suspects, func(s string) bool { return s == actor })
	return tx.PutPartner(&p)
}

// TrustKeys is somebody who has asked the people of a partner whether they changed their keys, and they have.
func TrustKeys(tx Tx, by Actor, host string) (Partner, error) {
	p, err := tx.Partner(host)
	if err != nil {
		return p, err
	}
	if err := must(by, Change, Thing{Noun: APartner}); err != nil {
		return p, err
	}
	if len(p.Suspects) == 0 {
		return p, ErrConflict
	}
	for _, actor := range p.Suspects {
		e := Event{ID: tx.NewID(), For: Wire, Kind: WireTrust, Subject: ID(host), At: tx.Now(), Args: map[string]string{"actor": actor}}
		if err := tx.Emit(e); err != nil {
			return p, err
		}
	}
	p.Suspects = nil
	if err := tx.PutPartner(&p); err != nil {
		return p, err
	}
	return p, audit(tx, by, Admin, AuditEntry{Action: "partner.keys", Object: ID(host)})
}
