package engagement

import (
	"errors"
	"slices"
	"time"
)

// Attestation is a statement that an organization was checked: by whom, how far, on which basis, until when (UI: Bestätigung). One of
// another instance is a copy with Issuer and IRI. It never is about a person.
type Attestation struct {
	ID           ID        `class:"pub"` // not to be guessed
	Organization ID        `class:"pub"` // whom it is about: an own one or a copy
	By           string    `class:"pub"` // name of the office or center that vouches; empty: the instance itself
	Level        Code      `class:"pub"` // vocabulary attestation_level; of copies: whatever their issuer writes
	Basis        string    `class:"pub"` // what was looked at, ≤ 300
	Stated       time.Time `class:"pub"`
	Until        time.Time `class:"pub"` // ≤ 24 months later
	Revoked      time.Time `class:"pub"` // zero: not
	Issuer       string    `class:"pub"` // copies: host of the instance that says it; empty: this one
	IRI          string    `class:"pub"` // copies: ActivityPub id
	Read         time.Time `class:"tec"` // copies: last time it was read there
	Reminded     bool      `class:"tec"` // that it ends soon; own ones
	Version      int       `class:"tec"`
}

// Limits of attestations.
const (
	AttestationBasisLimit  = 300
	AttestationMonths      = 24
	maxAttestations        = 20
	attestationUnconfirmed = 14 * 24 * time.Hour // so long a copy counts that cannot be read any more
	attestationNotice      = 30 * 24 * time.Hour // before its end those are reminded who can renew it
)

// Local says whether this instance vouches.
func (a Attestation) Local() bool { return a.Issuer == "" }

// InForce says whether the statement holds at a time, whoever made it.
func (a Attestation) InForce(now time.Time) bool { return a.Revoked.IsZero() && now.Before(a.Until) }

// Counts says whether the statement is shown and weighed here: an own one while it holds, a copy if besides its issuer, p, is a partner
// whose statements of that level are accepted, and it was there not long ago. A level that nobody here knows has no weight.
func (a Attestation) Counts(p Partner, now time.Time) bool {
	return a.Shows(p, now) && AttestationLevels.Has(a.Level)
}

// Shows says whether the statement is shown: one that counts, or one with a level that nobody here knows, of a partner whose statements are
// accepted at all.
func (a Attestation) Shows(p Partner, now time.Time) bool {
	if a.Local() {
		return a.InForce(now)
	}
	accepted := slices.Contains(p.Attests, a.Level) || !AttestationLevels.Has(a.Level) && len(p.Attests) > 0
	return a.InForce(now) && now.Sub(a.Read) < attestationUnconfirmed && accepted &&
		p.Host == a.Issuer && p.State == PartnerActive && p.Level != "gesperrt" && len(p.Suspects) == 0
}

// Due is when a timer has to look at the statement; zero: never.
func (a Attestation) Due() time.Time {
	if !a.Local() || !a.Revoked.IsZero() || a.Reminded {
		return time.Time{}
	}
	return a.Until.Add(-attestationNotice)
}

// tick reminds the organization, and the advisers who can renew it, that a statement ends soon.
func (a *Attestation) tick(tx Tx) error {
	if a.Due().After(tx.Now()) { // one from before there was this timer
		return tx.PutAttestation(a)
	}
	a.Reminded = true
	if a.InForce(tx.Now()) {
		for _, to := range []Recipient{{Organization: a.Organization}, {Role: Adviser}} {
			if err := mail(tx, MailAttestationEnds, a.Organization, to, nil); err != nil {
				return err
			}
		}
	}
	return tx.PutAttestation(a)
}

// tickAttestations reminds of those that end soon, and says of how many.
func tickAttestations(tx Tx, limit int) (int, error) {
	due, err := tx.DueAttestations(tx.Now(), limit)
	if err != nil {
		return 0, err
	}
	for _, a := range due {
		if err := a.tick(tx); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// Statement is what somebody says about an organization.
type Statement struct {
	Level   Code
	Basis   string
	Until   Date
	By      ID   // office or volunteer center in whose name it is said; empty: the instance
	Consent bool // of the people concerned, where the organization is nothing but them
}

// ends is the last second of the last day.
func (s Statement) ends() time.Time { return s.Until.Add(1).Time().Add(-time.Second).UTC() }

// Vouches says whether an organization may vouch for others.
func (o Organization) Vouches() bool {
	return o.Local() && o.State == OrganizationActive && !o.Moved() && (o.Kind == "office" || o.Kind == "volunteer-center")
}

// OfPersons says whether the organization is nothing but natural persons, who have to agree before somebody speaks about them.
func (o Organization) OfPersons() bool { return o.LegalForm == "privatinitiative" }

// Attest vouches for an organization of this instance. What the same office said about it before is replaced. Nobody vouches for an
// organization that is their own.
func Attest(tx Tx, by Actor, organization ID, s Statement) (Attestation, error) {
	o, err := tx.Organization(organization)
	if err != nil {
		return Attestation{}, err
	}
	if err := must(by, Create, o.AttestationThing()); err != nil {
		return Attestation{}, err
	}
	if !o.Local() || o.State != OrganizationActive || o.Moved() {
		return Attestation{}, ErrConflict
	}
	office, err := s.check(tx, by, o)
	if err != nil {
		return Attestation{}, err
	}
	list, err := tx.Attestations(o.ID)
	if err != nil {
		return Attestation{}, err
	}
	inForce := 0
	for _, old := range list {
		switch {
		case !old.Local() || !old.InForce(tx.Now()):
		case old.By == office:
			old.Revoked = tx.Now()
			if err := tx.PutAttestation(&old); err != nil {
				return old, err
			}
		default:
			inForce++
		}
	}
	if inForce >= maxAttestations {
		return Attestation{}, ErrTooMany
	}
	a := Attestation{
		ID: tx.NewSecretID(), Organization: o.ID, By: office, Level: s.Level, Basis: s.Basis, Stated: tx.Now().Truncate(time.Second), Until: s.ends(),
	}
	if err := tx.PutAttestation(&a); err != nil {
		return a, err
	}
	if err := audit(tx, by, Adviser, AuditEntry{Action: "attestation.state", Object: o.ID, New: string(a.Level)}); err != nil {
		return a, err
	}
	return a, emit(tx, WireAttest, o.ID)
}

// check finds what is wrong with the statement, and the name of the office that makes it.
func (s Statement) check(tx Tx, by Actor, about Organization) (office string, err error) {
	var bad Invalids
	bad.Code("level", AttestationLevels, s.Level, true)
	bad.Text("basis", s.Basis, 3, AttestationBasisLimit)
	switch {
	case !s.Until.Valid():
		bad.Add("until", "error.date.unknown")
	case s.Until <= DateOf(tx.Now()):
		bad.Add("until", "error.date.past")
	case s.ends().After(tx.Now().AddDate(0, AttestationMonths, 0)):
		bad.Add("until", "error.attestation.long", "n", AttestationMonths)
	}
	if about.OfPersons() && !s.Consent {
		bad.Add("consent", "error.attestation.consent")
	}
	if s.By == "" && !by.System && !by.Has(Adviser) { // an officer speaks for the own office alone
		bad.Add("by", "error.choice.empty")
	}
	if s.By != "" {
		o, err := tx.Organization(s.By)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
		if err != nil || !o.Vouches() || o.ID == about.ID || !by.System && !by.Of(o.ID) {
			bad.Add("by", "error.attestation.by")
		}
		office = o.Name
	}
	return office, bad.Err()
}

// RevokeAttestation takes a statement of this instance back, at once and for everybody.
func RevokeAttestation(tx Tx, by Actor, id ID) error {
	a, err := tx.Attestation(id)
	if err != nil {
		return err
	}
	o, err := tx.Organization(a.Organization)
	if err != nil {
		return err
	}
	if err := must(by, Decide, o.AttestationThing()); err != nil {
		return err
	}
	if !a.Local() || !a.Revoked.IsZero() {
		return ErrConflict
	}
	a.Revoked = tx.Now()
	if err := tx.PutAttestation(&a); err != nil {
		return err
	}
	if err := audit(tx, by, Adviser, AuditEntry{Action: "attestation.revoke", Object: o.ID, Old: string(a.Level)}); err != nil {
		return err
	}
	return o.tell(tx, WireUpdate)
}

// AcceptAttestations says which levels count when a partner vouches.
func AcceptAttestations(tx Tx, by Actor, host string, levels []Code) error {
	p, err := tx.Partner(host)
	if err != nil {
		return err
	}
	if err := must(by, Change, Thing{Noun: APartner}); err != nil {
		return err
	}
	var bad Invalids
	bad.Codes("attests", AttestationLevels, levels, 0, len(AttestationLevels.Terms))
	if err := bad.Err(); err != nil {
		return err
	}
	p.Attests = levels
	return tx.PutPartner(&p)
}

// MirrorAttestations keeps what others say about an organization as it was read just now. found are those that were read, unread the ids of
// those that are linked but could not be; what is neither is gone.
func MirrorAttestations(tx Tx, organization ID, found []Attestation, unread []string) error {
	stored, err := tx.Attestations(organization)
	if err != nil {
		return err
	}
	known := map[string]Attestation{}
	for _, a := range stored {
		if a.Local() {
			continue
		}
		known[a.IRI] = a
		read := slices.ContainsFunc(found, func(f Attestation) bool { return f.IRI == a.IRI })
		if !read && !slices.Contains(unread, a.IRI) {
			if err := tx.DeleteAttestation(a.ID); err != nil {
				return err
			}
		}
	}
	for _, a := range found {
		old := known[a.IRI]
		a.ID, a.Version, a.Organization, a.Read = old.ID, old.Version, organization, tx.Now()
		if a.ID == "" {
			a.ID = tx.NewSecretID()
		}
		if err := tx.PutAttestation(&a); err != nil {
			return err
		}
	}
	return nil
}

// AttestationThing describes what is said about the organization to [Can].
func (o Organization) AttestationThing() Thing {
	return Thing{Noun: AnAttestation, Organization: o.ID, Public: true}
}
